//! What is said before a run starts: what it will take, and what measuring the first prompts tells of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use mlprompt_core::{
    Result,
    api::{MeasureJob, MeasureProgress, MeasureState, SaveConnection, SavePrices, SplitDataset, StartRun, TryRows},
    chat::{ChatError, ChatErrorKind, ChatModel, ChatRequest, Completion, SharedModel},
    clock::SystemClock,
    connection::{Connection, ConnectionKind, KeyReference},
    dataset::SplitPlan,
    engine::{Engine, Models, RealModels, first_config},
    metric::{MetricKind, MetricSpec},
    price::ModelPrice,
    prompt::Prompt,
    run::{Budget, MissingCause, Parent, ParentKind, RunConfig, StrategyKind},
};
use secrecy::SecretString;

use crate::{
    fake_server::{Act as Answering, FakeServer},
    fixtures::{Bench, SIZES, config, csv, eventful, model, over_http},
    scripted_model::{Act, Scripted, ScriptedModel, transient},
    world::World,
};

fn start(bench: &Bench, config: &RunConfig) -> StartRun {
    StartRun { project: bench.project, config: config.clone() }
}

/// Looks until a measuring is over.
async fn over(engine: &Engine, job: MeasureJob) -> MeasureProgress {
    loop {
        let progress = engine.measure_progress(job.clone()).await.unwrap();
        if !matches!(progress.state, MeasureState::Running) {
            return progress;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn an_estimate_is_a_range_that_holds_what_the_run_used() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5", "skill 7/7/7"]), |_| Answering::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 2).await;
    let estimate = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    assert!(estimate.tokens_low > 0 && estimate.tokens_low < estimate.tokens_high, "{estimate:?}");
    let usage = bench.run(config.clone()).await.summary.usage;
    let used = usage.prompt_tokens + usage.completion_tokens;
    assert!((estimate.calls_low..=estimate.calls_high).contains(&usage.calls), "{estimate:?} {usage:?}");
    assert!(used <= estimate.tokens_high, "{used} of {estimate:?}");
    let budget = Budget { max_tokens: Some(500), ..Budget::default() };
    let bounded = RunConfig { primary: limited(&config), optimizer: limited(&config), budget, ..config };
    let estimate = bench.engine.estimate_run(start(&bench, &bounded)).await.unwrap();
    assert_eq!((estimate.tokens_low.min(500), estimate.tokens_high), (estimate.tokens_low, 500), "a limit is never exceeded");
    for most in [500, 2_000, 6_000, 10_000] {
        let budget = Budget { max_tokens: Some(most), ..Budget::default() };
        let config = RunConfig { budget, use_cache: false, ..bounded.clone() };
        let estimate = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
        let usage = bench.run(config).await.summary.usage;
        assert!((estimate.calls_low..=estimate.calls_high).contains(&usage.calls), "{most}: {estimate:?} {usage:?}");
    }
}

#[tokio::test]
async fn an_estimate_keeps_to_a_limit_in_dollars_and_says_when_it_buys_no_epoch() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5", "skill 7/7/7"]), |_| Answering::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 2).await;
    let price = |model: &str| mlprompt_core::price::ModelPrice { model: model.into(), input: 10.0, output: 20.0, cached_input: None };
    bench.engine.save_prices(mlprompt_core::api::SavePrices { prices: vec![price("primary"), price("optimizer")] }).await.unwrap();
    let optimizer = mlprompt_core::run::ModelConfig { max_output_tokens: Some(500), ..config.optimizer.clone() };
    let config = RunConfig { primary: limited(&config), optimizer, ..config };
    let free = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    let within = async |most: f64| {
        let config = RunConfig { budget: Budget { max_cost: Some(most), ..Budget::default() }, ..config.clone() };
        (bench.engine.estimate_run(start(&bench, &config)).await.unwrap(), config)
    };
    let (ample, _) = within(1_000.0).await;
    assert_eq!((ample.calls_high, ample.tokens_high, &ample.warnings), (free.calls_high, free.tokens_high, &free.warnings));
    let (short, config) = within(0.04).await;
    assert_eq!(short.proposals, 0, "{short:?}");
    assert!(short.calls_high <= 30 && short.calls_low <= short.calls_high && short.tokens_high < free.tokens_high, "{short:?}");
    let warning = short.warnings.iter().find(|w| w.starts_with("$0.04 will hardly suffice for one epoch. Allow about $")).unwrap();
    let run = bench.run(config).await.summary;
    assert_eq!(run.epochs_done, 0);
    assert!((short.calls_low..=short.calls_high).contains(&run.usage.calls), "{short:?} {:?}", run.usage);
    let reason = run.stop_reason.unwrap();
    assert!(
        reason.starts_with("The budget of $0.04 does not allow another call: $0.0") && reason.contains("kept for the test split"),
        "{reason}"
    );
    // What the warning names suffices.
    let enough = warning.split('$').next_back().and_then(|rest| rest.split(' ').next()).and_then(|amount| amount.parse().ok()).unwrap();
    let (_, config) = within(enough).await;
    assert!(bench.run(RunConfig { use_cache: false, ..config }).await.summary.epochs_done > 0, "{warning}");
}

fn limited(config: &RunConfig) -> mlprompt_core::run::ModelConfig {
    mlprompt_core::run::ModelConfig { max_output_tokens: Some(20), ..config.primary.clone() }
}

#[tokio::test]
async fn answers_on_disk_are_no_part_of_an_estimate_whichever_way_the_run_is_asked_for() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let estimated = async |config: &RunConfig| bench.engine.estimate_run(start(&bench, config)).await.unwrap();
    let anew = estimated(&config(5)).await;
    let before = bench.run(config(5)).await.summary;
    let again = RunConfig { parent: Some(Parent { run: before.id, epoch: 0, kind: ParentKind::Again }), ..config(5) };
    for unchanged in [config(5), again.clone()] {
        let known = estimated(&unchanged).await;
        assert_eq!((known.calls_low, known.tokens_low), (0, 0), "{known:?}");
        assert!(known.calls_high < anew.calls_high, "{known:?}");
    }
    assert_eq!(bench.run(again.clone()).await.summary.usage.calls, 0, "and so it came");
    // Other settings of the search, the same first prompts: measuring them is paid for.
    let changed = RunConfig { examples: 3, ..again };
    let known = estimated(&changed).await;
    assert_eq!((known.calls_low, known.calls_high), (anew.calls_low - 20, anew.calls_high - 20));
    let sent = bench.run(changed.clone()).await.summary.usage.calls;
    assert!(sent <= known.calls_high, "{sent} of {known:?}");
    // Further, and it goes on; with nothing from disk or other prompts all is to be bought.
    let further = estimated(&config(6)).await;
    assert!(further.calls_low >= 11 && further.calls_low < anew.calls_low, "{further:?}");
    for bought in [RunConfig { use_cache: false, ..changed }, RunConfig { prompt: crate::fixtures::prompt("skill 1/1/1"), ..config(5) }] {
        assert_eq!(estimated(&bought).await.calls_low, anew.calls_low);
    }
}

#[tokio::test]
async fn a_limit_on_calls_counts_what_is_on_disk_of_the_search_as_well() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    bench.run(config(5)).await;
    let limited = RunConfig { budget: Budget { max_calls: Some(30), ..Budget::default() }, ..config(5) };
    let known = bench.engine.estimate_run(start(&bench, &limited)).await.unwrap();
    let run = bench.run(limited).await.summary;
    assert_eq!(run.epochs_done, 5);
    assert!(known.proposals >= run.epochs_done && known.calls_high >= run.usage.calls, "{known:?}");
    assert!(!known.warnings.iter().any(|warning| warning.contains("not suffice")), "{:?}", known.warnings);
}

#[tokio::test]
async fn what_is_on_disk_of_the_first_prompts_is_left_for_the_search_under_a_limit_on_calls() {
    let model = ScriptedModel::new(World::proposing(["skill 5/5/5", "skill 6/6/6", "skill 7/7/7"]));
    let bench = Bench::new(Arc::new(Scripted(model.clone())), [30, 30, 30]).await;
    bench.run(RunConfig { epochs: 0, ..config(0) }).await;
    let budget = Budget { max_calls: Some(150), ..Budget::default() };
    let searching = RunConfig { strategy: StrategyKind::Pareto, epochs: 3, seed: 9, budget, ..config(3) };
    let estimate = bench.engine.estimate_run(start(&bench, &searching)).await.unwrap();
    let used = bench.run(searching).await.summary.usage.calls;
    assert!(used > 60 && (estimate.calls_low..=estimate.calls_high).contains(&used), "{used}: {estimate:?}");
}

#[tokio::test]
async fn a_limit_on_tokens_bounds_calls_and_proposals_too() {
    let (bench, _) = Bench::eventful().await;
    let of = async |max_tokens| {
        let budget = Budget { max_tokens, ..Budget::default() };
        let config = RunConfig { budget, epochs: 20, primary: limited(&config(1)), ..config(1) };
        let optimizer = mlprompt_core::run::ModelConfig { max_output_tokens: Some(500), ..config.optimizer.clone() };
        bench.engine.estimate_run(start(&bench, &RunConfig { optimizer, ..config })).await.unwrap()
    };
    let free = of(None).await;
    let half = of(Some(free.tokens_high / 2)).await;
    assert_eq!(half.tokens_high, free.tokens_high / 2);
    // Twice as many calls as tokens of dear ones would buy, where calls turn out cheap.
    assert!(half.calls_low * 2 <= free.calls_high && half.calls_low <= half.calls_high, "{half:?} {free:?}");
    let few = of(Some(free.tokens_high / 200)).await;
    let told = few.warnings.iter().find(|warning| warning.contains(" tokens will hardly suffice for one epoch. Allow about "));
    assert!(told.is_some_and(|told| told.ends_with(" tokens or more.")), "{:?}", few.warnings);
    assert!(few.proposals < free.proposals && few.calls_high < free.calls_high && few.calls_low < half.calls_low, "{few:?} {free:?}");
    let ample = of(Some(free.tokens_high * 2)).await;
    assert_eq!((ample.calls_high, ample.proposals), (free.calls_high, free.proposals));
}

#[tokio::test]
async fn examples_that_the_prompts_were_trained_on_are_told_where_another_division_brings_them_to_validation_or_test() {
    let (bench, _) = Bench::eventful().await;
    let run = bench.run(config(5)).await.summary;
    assert!(run.best.epoch > 0);
    let prompt = Prompt { system_prompt: run.best.system_prompt.clone(), output_prompt: run.best.output_prompt.clone() };
    let parent = Parent { run: run.id, epoch: run.best.epoch, kind: ParentKind::Branch };
    let going_on = RunConfig { prompt, parent: Some(parent), ..config(1) };
    let said = async |config: &RunConfig| {
        let warnings = bench.engine.estimate_run(start(&bench, config)).await.unwrap().warnings;
        warnings.into_iter().find(|w| w.contains("were training examples of"))
    };
    assert_eq!(said(&going_on).await, None, "the division is the same");
    let plan = SplitPlan::Ratio { train: 34, validation: 33, test: 33, seed: 3 };
    bench.engine.split_dataset(SplitDataset { project: bench.project, plan: plan.clone() }).await.unwrap();
    let told = said(&going_on).await.expect("they are mixed anew");
    assert!(told.contains(" of 10 validation examples and ") && told.contains("“run”"), "{told}");
    assert_eq!(said(&RunConfig { parent: None, ..going_on.clone() }).await, None, "prompts of one's own");
    // An import of the same rows is the same examples.
    bench.import("bench", &csv(SIZES)).await;
    bench.engine.split_dataset(SplitDataset { project: bench.project, plan }).await.unwrap();
    assert!(said(&going_on).await.is_some());
}

#[tokio::test]
async fn time_is_not_known_until_a_model_was_timed() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Answering::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let before = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    assert_eq!(before.seconds, None);
    assert!(before.time_from.starts_with("No answer of primary was timed"), "{}", before.time_from);
    for _ in 0..5 {
        // The optimizer's habits are known after five of its turns.
        bench.run(RunConfig { epochs: 6, use_cache: false, ..config.clone() }).await;
    }
    let after = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    let seconds = after.seconds.expect("both models were timed");
    assert!(seconds.low >= 1 && seconds.low <= seconds.high, "{after:?}");
    assert!(after.time_from.contains("earlier answers of primary and optimizer, 4 at once"), "{}", after.time_from);
    let other = RunConfig { primary: model("another", config.primary.connection), ..config };
    let other = bench.engine.estimate_run(start(&bench, &other)).await.unwrap();
    assert_eq!(other.seconds, None, "another model may take any time");
    let demo = bench.engine.estimate_run(start(&bench, &crate::fixtures::config(1))).await.unwrap();
    assert!(demo.seconds.is_some(), "{demo:?}");
}

#[tokio::test]
async fn time_is_taken_from_answers_of_the_same_endpoint_alone() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Answering::Answer).await;
    let elsewhere = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Answering::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let config = RunConfig { optimizer: first_config().optimizer, ..config };
    let connection = elsewhere.connection(ConnectionKind::Openai, KeyReference::None);
    let other = bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
    let tried = async |connection: i64| {
        let tried = TryRows {
            project: bench.project,
            prompt: config.prompt.clone(),
            model: model("primary", connection),
            metrics: config.metrics.clone(),
            extract: None,
            rows: 20,
            seed: 1,
        };
        let tried = bench.try_rows(tried).await;
        assert!(tried.rows.iter().all(|row| row.error.is_none()), "{:?}", tried.rows[0].error);
    };
    tried(Connection::DEMO).await;
    tried(other.id).await;
    let unknown = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    assert_eq!(unknown.seconds, None, "{}", unknown.time_from);
    assert!(unknown.time_from.starts_with("No answer of primary was timed"), "{}", unknown.time_from);
    tried(config.primary.connection).await;
    let known = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    assert!(known.seconds.is_some() && known.time_from.contains("From 20 earlier answers of primary"), "{}", known.time_from);
    // An optimizer that nobody timed is guessed from the answers, and it is said.
    let real = RunConfig { optimizer: model("optimizer", config.primary.connection), ..config.clone() };
    let guessed = bench.engine.estimate_run(start(&bench, &real)).await.unwrap();
    let (known, guess) = (known.seconds.unwrap(), guessed.seconds.expect("a range before the first run"));
    assert!(guess.high >= known.high, "{guess:?} {known:?}");
    assert!(guessed.time_from.ends_with("How long optimizer takes as optimizer is guessed from them until the first run."), "{guessed:?}");
}

#[tokio::test]
async fn the_time_of_failures_is_part_of_the_range() {
    let failing = |seen: &crate::fake_server::Seen| match seen.number % 3 {
        0 => Answering::status(503, "busy"),
        _ => Answering::Answer,
    };
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), failing).await;
    let (bench, config) = over_http(&server, SIZES, 6).await;
    let config = RunConfig { use_cache: false, ..config };
    let run = bench.run(config.clone()).await.summary;
    let each = run.active_ms as f64 / run.usage.calls as f64;
    assert!(each > 50.0, "retries wait: {each}");
    let estimate = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    let high = estimate.seconds.expect("timed").high as f64 * 1000.0;
    assert!(high >= each * estimate.calls_high as f64, "{high} of {} calls of {each} ms", estimate.calls_high);
}

#[tokio::test]
async fn a_connection_that_was_sent_elsewhere_is_timed_anew() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Answering::Answer).await;
    let elsewhere = FakeServer::start(World::default(), |_| Answering::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let config = RunConfig { optimizer: first_config().optimizer, ..config };
    bench.run(config.clone()).await;
    let known = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    assert!(known.seconds.is_some(), "{}", known.time_from);
    let moved = elsewhere.connection(ConnectionKind::Openai, KeyReference::None);
    let moved = Connection { id: config.primary.connection, ..moved };
    bench.engine.save_connection(SaveConnection { connection: moved, secret: None }).await.unwrap();
    let unknown = bench.engine.estimate_run(start(&bench, &config)).await.unwrap();
    assert_eq!(unknown.seconds, None, "{}", unknown.time_from);
}

#[tokio::test]
async fn the_estimate_of_a_measuring_holds_what_it_used() {
    let bench = Bench::new(Arc::new(RealModels::new(SystemClock::shared()).unwrap()), [20, 30, 0]).await;
    let demo = first_config();
    let config = RunConfig { primary: demo.primary, optimizer: demo.optimizer, ..config(3) };
    let before = bench.engine.preflight(start(&bench, &config)).await.unwrap().measuring;
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let ended = over(&bench.engine, job).await;
    let used = ended.prompt_tokens + ended.completion_tokens;
    assert!((before.tokens_low..=before.tokens_high).contains(&used), "{used} of {before:?}");
    assert!(before.tokens_high < before.tokens_low * 6, "no prompt grows while it is measured: {before:?}");
}

#[tokio::test]
async fn a_model_that_gave_no_answer_is_not_said_to_be_ready() {
    let limited = ChatErrorKind::Transient(MissingCause::RateLimited);
    let model =
        ScriptedModel::with_rule(
            eventful(),
            move |number, _| {
                if number <= 12 { Act::Fail(limited, "The server answered HTTP 429.") } else { Act::Answer }
            },
        );
    let bench = Bench::new(Arc::new(Scripted(model)), [20, 30, 0]).await;
    let config = RunConfig { concurrency: 1, ..config(1) };
    let verdict = async || bench.engine.preflight(start(&bench, &config)).await.unwrap().verdict;
    assert!(verdict().await.starts_with("Ready to train"));
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let ended = over(&bench.engine, job).await;
    assert!(matches!(ended.state, MeasureState::Failed { .. }), "{ended:?}");
    let told = "Not ready to train: primary did not answer when it was measured, because of its provider's rate limit. \
                Wait a while, or set fewer requests per minute in Connections, then measure again.";
    assert_eq!(verdict().await, told);
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    over(&bench.engine, job).await;
    assert!(verdict().await.starts_with("Worth training"), "{}", verdict().await);
}

#[tokio::test]
async fn what_was_measured_stands_under_another_seed() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::new(Arc::new(Scripted(model)), [20, 90, 0]).await;
    let config = config(1);
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    over(&bench.engine, job).await;
    let first = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    let reseeded = bench.engine.preflight(start(&bench, &RunConfig { seed: 7, ..config })).await.unwrap();
    assert_eq!(reseeded.score.map(|s| (s.score, s.n)), first.score.map(|s| (s.score, s.n)));
    assert_eq!((reseeded.asked_twice, reseeded.measuring.calls, first.score.unwrap().n), (40, 0, 40));
}

/// Answers a validation row rightly the first time and wrongly the second.
struct Wavering {
    world: Arc<ScriptedModel>,
    asked: Mutex<HashMap<String, u32>>,
}

impl ChatModel for Wavering {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> std::pin::Pin<Box<dyn Future<Output = std::result::Result<Completion, ChatError>> + Send + 'a>> {
        Box::pin(async move {
            let mut completion = self.world.complete(request).await?;
            let text = request.messages.last().unwrap().content.clone();
            let times = {
                let mut asked = self.asked.lock().unwrap();
                let times = asked.entry(text.clone()).or_default();
                *times += 1;
                *times
            };
            if times == 2 && text.contains("row 1000 ") {
                completion.text = "something else".into();
            }
            Ok(completion)
        })
    }

    fn models(&self) -> std::pin::Pin<Box<dyn Future<Output = std::result::Result<Vec<String>, ChatError>> + Send + '_>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn identity(&self) -> String {
        "wavering".into()
    }
}

struct Handed(Arc<Wavering>);

impl Models for Handed {
    fn open(&self, _: &Connection, _: Option<SecretString>) -> Result<SharedModel> {
        Ok(Arc::clone(&self.0) as SharedModel)
    }
}

#[tokio::test]
async fn measuring_asks_twice_tells_noise_and_headroom_and_the_run_buys_nothing_again() {
    let world = ScriptedModel::new(eventful());
    let wavering = Arc::new(Wavering { world: Arc::clone(&world), asked: Mutex::default() });
    let bench = Bench::new(Arc::new(Handed(wavering)), [20, 30, 0]).await;
    let config = RunConfig { concurrency: 1, ..config(1) };
    let before = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    assert_eq!((before.score, before.noise, before.measuring.rows, before.measuring.calls), (None, None, 30, 60));
    assert!(before.measuring.tokens_low > 0 && before.measuring.cost_high == Some(0.0), "{before:?}");
    assert_eq!(world.calls(), 0, "to look costs nothing");

    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let ended = over(&bench.engine, job).await;
    assert!(matches!(ended.state, MeasureState::Done), "{ended:?}");
    assert_eq!((ended.done, ended.total, ended.calls, ended.cached, ended.failed), (60, 60, 60, 0, 0));
    assert_eq!((ended.prompt_tokens, ended.completion_tokens, ended.cost), (420, 180, Some(0.0)));

    let after = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    let score = after.score.expect("all of validation was asked");
    // Every ten rows three are right.
    assert!((score.score - 0.3).abs() < 1e-9 && score.n == 30, "{score:?}");
    assert_eq!((after.asked_twice, after.differing, after.measuring.calls), (30, 1, 0));
    assert!((after.noise.unwrap() - 1.0 / 30.0).abs() < 1e-9 && (after.headroom.unwrap() - 0.7).abs() < 1e-9, "{after:?}");
    assert!(after.verdict.contains("70.0 points are left to gain") && after.verdict.contains("3.3 points"), "{}", after.verdict);

    let calls = world.calls();
    bench.run(RunConfig { epochs: 0, ..config.clone() }).await;
    assert_eq!(world.calls() - calls, 20, "the training split alone is asked; validation lies on disk");
    let again = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let again = over(&bench.engine, again).await;
    assert_eq!((again.calls, again.cached, again.cost), (0, 60, Some(0.0)));
}

#[tokio::test]
async fn measuring_asks_the_judge_where_a_judge_scores() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let metrics = vec![MetricSpec { metric: MetricKind::Judge { rubric: "Is it right?".into() }, weight: 1.0 }];
    let config = RunConfig { metrics, judge: Some(crate::fixtures::model("judge", Connection::DEMO)), ..config(0) };
    let before = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    assert_eq!(before.measuring.calls, 40);
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    over(&bench.engine, job).await;
    let after = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    // Three of ten are right, the others get a quarter.
    assert!((after.score.unwrap().score - (3.0 + 7.0 * 0.25) / 10.0).abs() < 1e-9, "{after:?}");
    let calls = model.calls();
    bench.run(config).await;
    let asked: Vec<String> = model.seen()[calls..].iter().map(|r| r.messages.last().unwrap().content.clone()).collect();
    assert!(asked.iter().all(|text| !text.contains("of the validation split")), "validation was answered and judged: {asked:?}");
}

#[tokio::test]
async fn measuring_asks_a_judge_anew_that_gave_no_score() {
    let judged = std::sync::atomic::AtomicUsize::new(0);
    let rule = move |_, request: &mlprompt_core::chat::ChatRequest| {
        let early = request.model == "judge" && judged.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 20;
        if early { crate::scripted_model::Act::Say("Fine.") } else { crate::scripted_model::Act::Answer }
    };
    let model = ScriptedModel::with_rule(eventful(), rule);
    let bench = Bench::scripted(&model).await;
    let metrics = vec![MetricSpec { metric: MetricKind::Judge { rubric: "Is it right?".into() }, weight: 1.0 }];
    let config = RunConfig { metrics, judge: Some(crate::fixtures::model("judge", Connection::DEMO)), ..config(0) };
    for (calls, score) in [(40, None), (20, Some((3.0 + 7.0 * 0.25) / 10.0))] {
        let before = model.seen().len();
        let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
        over(&bench.engine, job).await;
        assert_eq!(model.seen().len() - before, calls);
        let measured = bench.engine.preflight(start(&bench, &config)).await.unwrap().score.map(|score| score.score);
        assert_eq!(measured.map(|score| (score * 1e6).round()), score.map(|score: f64| (score * 1e6).round()));
    }
}

#[tokio::test]
async fn the_noise_of_a_judge_is_measured_though_the_answers_are_the_same() {
    let judged = std::sync::atomic::AtomicUsize::new(0);
    let rule = move |_, request: &mlprompt_core::chat::ChatRequest| {
        let first = || judged.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 10;
        match request.model.as_str() {
            "judge" if first() => crate::scripted_model::Act::Say("{\"score\": 1, \"feedback\": \"Good.\"}"),
            "judge" => crate::scripted_model::Act::Say("{\"score\": 0, \"feedback\": \"Bad.\"}"),
            _ => crate::scripted_model::Act::Answer,
        }
    };
    let model = ScriptedModel::with_rule(World::proposing(["skill 6/6/6"]), rule);
    let bench = Bench::scripted(&model).await;
    let metrics = vec![MetricSpec { metric: MetricKind::Judge { rubric: "Is it right?".into() }, weight: 1.0 }];
    let config = RunConfig { metrics, judge: Some(crate::fixtures::model("judge", Connection::DEMO)), concurrency: 1, ..config(0) };
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    over(&bench.engine, job).await;
    let measured = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    assert_eq!((measured.noise, measured.differing), (Some(1.0), 10), "{measured:?}");
    let calls = model.calls();
    bench.run(config).await;
    let asked = model.seen()[calls..].iter().filter(|request| request.model == "judge").count();
    assert_eq!(asked, 20, "training and test answers: of validation the first verdicts are those of a run");
}

#[tokio::test]
async fn measuring_can_be_stopped_keeps_what_came_and_goes_on_from_there() {
    let model = ScriptedModel::with_rule(eventful(), |_, _| Act::After(Duration::from_millis(5)));
    let bench = Bench::scripted(&model).await;
    let config = RunConfig { concurrency: 1, ..config(1) };
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    while bench.engine.measure_progress(job.clone()).await.unwrap().done < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.engine.stop_measure(job.clone()).await.unwrap();
    let stopped = over(&bench.engine, job).await;
    assert!(matches!(stopped.state, MeasureState::Stopped) && stopped.calls < 20, "{stopped:?}");
    let part = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    assert_eq!(part.score, None, "a few answers are no fair sample");
    assert!(part.measuring.calls < 20, "{part:?}");
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let whole = over(&bench.engine, job).await;
    assert!(whole.cached >= 2 && whole.calls + whole.cached == 20, "{whole:?}");
}

#[tokio::test]
async fn what_nothing_will_mend_ends_measuring_at_once() {
    let refusing = ScriptedModel::with_rule(eventful(), |_, _| Act::Fail(ChatErrorKind::Connection, "The key is wrong."));
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&refusing))), SIZES).await;
    let config = RunConfig { concurrency: 1, ..config(1) };
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let ended = over(&bench.engine, job).await;
    assert!(matches!(&ended.state, MeasureState::Failed { error } if error.message == "The key is wrong."), "{ended:?}");
    assert_eq!((refusing.calls(), ended.calls), (1, 1));
}

#[tokio::test]
async fn measuring_asks_again_what_may_pass_and_gives_up_where_nothing_comes() {
    // Every first sending of a request fails.
    let seen = Mutex::new(std::collections::HashSet::new());
    let passing = ScriptedModel::with_rule(eventful(), move |_, request| {
        if seen.lock().unwrap().insert(format!("{request:?}")) { transient("It burns.") } else { Act::Answer }
    });
    let bench = Bench::scripted(&passing).await;
    let config = RunConfig { concurrency: 1, ..config(1) };
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let ended = over(&bench.engine, job).await;
    assert!(matches!(ended.state, MeasureState::Done) && ended.said.as_deref() == Some("It burns."), "{ended:?}");
    // Both answers to an example are the same request, so it fails once.
    assert_eq!((ended.failed, ended.calls, ended.done), (0, 30, 20));

    let dead = ScriptedModel::with_rule(eventful(), |_, _| transient("It burns."));
    let bench = Bench::scripted(&dead).await;
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let ended = over(&bench.engine, job).await;
    assert!(matches!(&ended.state, MeasureState::Failed { error } if error.message == "It burns."), "{ended:?}");
    assert_eq!((ended.failed, dead.calls()), (4, 12), "four examples, each asked three times");
}

#[tokio::test]
async fn measuring_asks_forty_examples_for_their_price_and_refuses_what_a_run_would() {
    let server = FakeServer::start(World::default(), |_| Answering::Answer).await;
    let (bench, config) = over_http(&server, [2, 60, 0], 1).await;
    let price = |model: &str, input, output| ModelPrice { model: model.into(), input, output, cached_input: None };
    bench.engine.save_prices(SavePrices { prices: vec![price("primary", 1000.0, 2000.0)] }).await.unwrap();
    let before = bench.engine.preflight(start(&bench, &config)).await.unwrap();
    assert_eq!((before.measuring.rows, before.measuring.calls), (40, 80));
    let nobody = RunConfig { primary: model(" ", config.primary.connection), ..config.clone() };
    let refused = bench.engine.start_measure(start(&bench, &nobody)).await.unwrap_err();
    assert!(refused.message.contains("primary model has no name"), "{}", refused.message);
    let job = bench.engine.start_measure(start(&bench, &config)).await.unwrap();
    let ended = over(&bench.engine, job).await;
    assert_eq!((ended.calls, server.count()), (80, 80));
    // 11 tokens in and 5 out a call, as the fake server counts.
    assert!((ended.cost.unwrap() - 80.0 * (11.0 * 1000.0 + 5.0 * 2000.0) / 1e6).abs() < 1e-9, "{ended:?}");
}

#[tokio::test]
async fn answers_that_a_stopped_validation_picked_are_no_score() {
    let model = ScriptedModel::new(World::proposing(["skill 9/0/9"]));
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&model))), [20, 30, 0]).await;
    let config = RunConfig { early_stop: true, concurrency: 1, ..config(1) };
    let view = bench.run(config.clone()).await;
    assert!(view.epochs[1].bound.is_some_and(|bound| bound.n < bound.of));
    let proposal = RunConfig { prompt: crate::fixtures::prompt("skill 9/0/9"), ..config };
    let known = bench.engine.preflight(start(&bench, &proposal)).await.unwrap();
    assert_eq!(known.score, None, "what the best fails on was asked first: {known:?}");
}
