//! What a run costs, what answers on disk save, and that no dollar is spent beyond the budget.

use std::sync::Arc;

use mlprompt_core::{
    api::{EstimateTry, ListCompared, NoRequest, ProjectId, RunId, SaveConnection, SavePrices, StartRun, TryRows},
    keys::MemoryKeys,
    price::ModelPrice,
    run::{Budget, RunConfig, RunStatus},
};
use serde_json::json;

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, SIZES, over_http},
    world::World,
};

fn price(model: &str, input: f64, output: f64) -> ModelPrice {
    ModelPrice { model: model.into(), input, output, cached_input: Some(input / 10.0) }
}

/// 11 tokens in and 5 out a call, as the fake server counts.
async fn priced(server: &FakeServer, sizes: [u32; 3], epochs: u32) -> (Bench, RunConfig) {
    let (bench, config) = over_http(server, sizes, epochs).await;
    let prices = vec![price("primary", 1000.0, 2000.0), price("optimizer", 10_000.0, 10_000.0)];
    bench.engine.save_prices(SavePrices { prices }).await.unwrap();
    (bench, config)
}

#[tokio::test]
async fn cost_is_told_by_role_and_what_answers_on_disk_saved() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Act::Answer).await;
    let (bench, config) = priced(&server, SIZES, 1).await;
    let run = bench.run(config.clone()).await.summary;
    let (usage, each) = (run.usage, (11.0 * 1000.0 + 5.0 * 2000.0) / 1e6);
    let test = bench.engine.test_usage(RunId { run: run.id }).await.unwrap().usage.unwrap();
    // The clock of this test stands still, so every call counts as one after the opening.
    assert!((test.cost.unwrap() - usage.cost.unwrap()).abs() < 1e-9, "{test:?}");
    let (primary, optimizer) = (usage.by_role.primary, usage.by_role.optimizer);
    assert!((primary.cost.unwrap() - primary.calls as f64 * each).abs() < 1e-9, "{primary:?}");
    assert!((optimizer.cost.unwrap() - optimizer.calls as f64 * 0.16).abs() < 1e-9, "{optimizer:?}");
    assert!((usage.cost.unwrap() - primary.cost.unwrap() - optimizer.cost.unwrap()).abs() < 1e-12);
    assert_eq!(usage.saved, Some(0.0));
    let again = bench.run(config.clone()).await.summary.usage;
    assert_eq!((again.calls, again.cost), (0, Some(0.0)), "everything is on disk");
    let card = bench.engine.list_projects(NoRequest {}).await.unwrap().remove(0);
    assert_eq!((card.cost, card.last_run.unwrap().usage.cost), (usage.cost, Some(0.0)), "a project cost what all its runs did");
    assert!((again.by_role.primary.saved.unwrap() - primary.cost.unwrap()).abs() < 1e-9, "{again:?}");
    let without = bench.run(RunConfig { use_cache: false, ..config }).await.summary.usage;
    assert_eq!((without.calls, without.saved), (usage.calls, Some(0.0)), "the switch is off");
    let card = bench.engine.list_projects(NoRequest {}).await.unwrap().remove(0);
    assert!((card.cost.unwrap() - 2.0 * usage.cost.unwrap()).abs() < 1e-9, "{:?}", card.cost);
}

#[tokio::test]
async fn what_is_kept_for_the_test_split_is_a_call_that_answers_and_not_a_proposal() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let prices = vec![price("primary", 0.001, 0.001), price("optimizer", 0.0, 1000.0)];
    bench.engine.save_prices(SavePrices { prices }).await.unwrap();
    let limited = |model: mlprompt_core::run::ModelConfig, most| mlprompt_core::run::ModelConfig { max_output_tokens: Some(most), ..model };
    let config = RunConfig { primary: limited(config.primary.clone(), 20), optimizer: limited(config.optimizer.clone(), 500), ..config };
    // The first prompts are on disk, so no call that answers was seen when the optimizer is asked, which may take half a dollar.
    bench.run(RunConfig { epochs: 0, ..config.clone() }).await;
    let budget = |most| Budget { max_cost: Some(most), ..Budget::default() };
    let run = bench.run(RunConfig { budget: budget(0.8), ..config.clone() }).await.summary;
    assert_eq!((run.epochs_done, run.usage.by_role.optimizer.calls), (1, 1), "{:?}", run.stop_reason);
    let refused = bench.run(RunConfig { budget: budget(0.4), use_cache: false, ..config }).await.summary;
    let reason = refused.stop_reason.unwrap();
    assert!(refused.epochs_done == 0 && reason.contains(" for its last call, and the next call may take up to $0.50"), "{reason}");
    assert!(reason.contains("up to $0.00"), "the last call is one that answers: {reason}");
}

#[tokio::test]
async fn a_price_that_is_not_known_is_unknown_and_never_zero() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    bench.engine.save_prices(SavePrices { prices: vec![price("primary", 1.0, 1.0)] }).await.unwrap();
    let estimate = bench.engine.estimate_run(StartRun { project: bench.project, config: config.clone() }).await.unwrap();
    assert_eq!(estimate.cost_high, None);
    let usage = bench.run(config.clone()).await.summary.usage;
    assert!(usage.by_role.primary.cost.is_some_and(|c| c > 0.0));
    assert_eq!((usage.by_role.optimizer.cost, usage.cost), (None, None));
    let from_disk = bench.run(config).await.summary.usage;
    assert_eq!((from_disk.calls, from_disk.cost), (0, Some(0.0)), "without a call nothing was spent, whatever one costs");
    let card = bench.engine.list_projects(NoRequest {}).await.unwrap().remove(0);
    assert_eq!((card.cost, card.unpriced, card.runs), (Some(0.0), 1, 2), "what is known is told, and of how many runs it is not");
}

#[tokio::test]
async fn tokens_in_the_provider_s_cache_cost_what_they_cost() {
    let counting =
        |_: &Seen| Act::Counting(json!({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60}, "completion_tokens": 0}));
    let server = FakeServer::start(World::default(), counting).await;
    let (bench, config) = priced(&server, SIZES, 0).await;
    let usage = bench.run(config).await.summary.usage;
    assert_eq!((usage.prompt_tokens, usage.cached_tokens), (3000, 1800));
    assert!((usage.by_role.primary.cost.unwrap() - 30.0 * (40.0 * 1000.0 + 60.0 * 100.0) / 1e6).abs() < 1e-9);
}

#[tokio::test]
async fn prices_are_those_of_the_start_of_the_run() {
    let server = FakeServer::start(World::default(), |_| Act::Answer).await;
    let (bench, config) = priced(&server, SIZES, 0).await;
    let run = bench.run(config).await.summary;
    bench.engine.save_prices(SavePrices { prices: vec![price("primary", 1.0, 1.0)] }).await.unwrap();
    assert_eq!(bench.engine.run(run.id).await.unwrap().usage.cost, run.usage.cost);
}

#[tokio::test]
async fn not_a_cent_more_than_the_budget_with_64_in_flight_and_the_test_is_paid_from_its_reserve() {
    for (most, measured) in [(0.9, false), (3.4, true), (4.1, true)] {
        let world = World::proposing(["skill 4/4/4", "skill 5/5/5", "skill 6/6/6", "skill 7/7/7"]);
        let server =
            FakeServer::start(world, |seen: &Seen| if seen.number.is_multiple_of(5) { Act::status(500, "busy") } else { Act::Answer })
                .await;
        let (bench, mut config) = priced(&server, [40, 20, 10], 4).await;
        bench
            .engine
            .save_prices(SavePrices { prices: vec![price("primary", 1000.0, 2000.0), price("optimizer", 100.0, 100.0)] })
            .await
            .unwrap();
        config.primary.max_output_tokens = Some(20);
        config.optimizer.max_output_tokens = Some(200);
        let budget = Budget { max_cost: Some(most), ..Budget::default() };
        let view = bench.run(RunConfig { concurrency: 64, budget, ..config }).await;
        let cost = view.summary.usage.cost.unwrap();
        assert!(cost <= most, "${cost} of ${most}");
        assert_eq!(view.summary.status, RunStatus::Completed, "{:?}", view.summary.stop_reason);
        let reason = view.summary.stop_reason.unwrap();
        assert!(
            reason.starts_with(&format!("The budget of ${most} does not allow another call: $")) && reason.contains(" is spent"),
            "{reason}"
        );
        assert_eq!(view.summary.baseline.validation.is_some(), measured, "${most}: {reason}");
        if !measured {
            assert!(reason.ends_with("so the test split is not opened."), "${most} does not suffice for the baseline: {reason}");
            assert_eq!(view.summary.best.test, None);
        } else {
            assert!(cost > 0.5 * most, "calls under way count at their upper bound only until they are settled: ${cost} of ${most}");
            assert!(view.summary.best.test.is_some_and(|s| s.n == 10), "${most}: the test split is measured");
        }
    }
}

#[tokio::test]
async fn cleared_answers_are_bought_again_and_still_shown_where_they_belong() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Act::Answer).await;
    let (bench, config) = priced(&server, SIZES, 1).await;
    let first = bench.run(config.clone()).await.summary;
    let cleared = bench.engine.clear_cache(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!(u64::from(cleared.answers), first.usage.calls);
    let second = bench.run(config).await.summary;
    assert_eq!((second.usage.calls, second.usage.cached), (first.usage.calls, 0));
    let page = bench.engine.list_compared(ListCompared { run: first.id, epoch: 1, bucket: None, offset: 0, limit: 10 }).await.unwrap();
    assert!(page.rows.iter().all(|row| row.before.as_ref().is_some_and(|p| !p.response.is_empty())), "the first run shows its answers");
}

#[tokio::test]
async fn a_price_that_cannot_be_is_refused_and_a_key_in_a_header_too() {
    let server = FakeServer::start(World::default(), |_| Act::Answer).await;
    let (bench, _) = over_http(&server, SIZES, 0).await;
    let refused = bench.engine.save_prices(SavePrices { prices: vec![price("m", -1.0, 0.0)] }).await.unwrap_err();
    assert!(refused.message.contains("price of m"), "{}", refused.message);
    let mut connection = bench.engine.list_connections(NoRequest {}).await.unwrap().pop().unwrap();
    let header = |name: &str| mlprompt_core::connection::ExtraHeader { name: name.into(), value: "red".into() };
    connection.network.headers = vec![header("Authorization")];
    let refused = bench.engine.save_connection(SaveConnection { connection: connection.clone(), secret: None }).await.unwrap_err();
    assert!(refused.message.contains("keychain"), "{}", refused.message);
    connection.network.headers = vec![header("X-Team")];
    bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
}

#[tokio::test]
async fn extra_headers_are_sent_with_every_request_of_the_connection() {
    let server = FakeServer::start(World::default(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [3, 3, 0], 0).await;
    let mut connection = bench.engine.list_connections(NoRequest {}).await.unwrap().pop().unwrap();
    connection.network.headers = vec![mlprompt_core::connection::ExtraHeader { name: "X-Team".into(), value: "red".into() }];
    bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
    bench.run(config).await;
    assert!(server.count() == 6 && server.seen().iter().all(|s| s.header("x-team") == Some("red")));
}

#[tokio::test]
async fn what_a_try_costs_is_known_before_it_is_made() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Act::Answer).await;
    let (mut bench, config) = priced(&server, SIZES, 1).await;
    let try_of = |rows, samples, model: &str| EstimateTry {
        project: bench.project,
        prompt: config.prompt.clone(),
        model: mlprompt_core::run::ModelConfig { model: model.into(), ..config.primary.clone() },
        example: None,
        input: "What is it?".into(),
        samples,
        rows,
        seed: 0,
    };
    let estimate = async |request| bench.engine.estimate_try(request).await.unwrap();
    let typed = estimate(try_of(0, 3, "primary")).await;
    assert_eq!((typed.calls, typed.cached), (3, 0));
    let (low, high) = (typed.cost_low.unwrap(), typed.cost_high.unwrap());
    // A call costs 0.021 here.
    assert!(low > 0.0 && low <= 3.0 * 0.021 && high >= 3.0 * 0.021, "{typed:?}");
    assert!(typed.tokens_low < typed.tokens_high);
    let unknown = estimate(try_of(0, 1, "nobody-knows")).await;
    assert_eq!((unknown.calls, unknown.cost_low, unknown.cost_high), (1, None, None));
    let rows = estimate(try_of(5, 1, "primary")).await;
    assert_eq!((rows.calls, rows.cached), (5, 0));
    let asked = TryRows {
        project: bench.project,
        prompt: config.prompt.clone(),
        model: config.primary.clone(),
        metrics: Vec::new(),
        extract: None,
        rows: 5,
        seed: 0,
    };
    bench.try_rows(asked).await;
    let again = estimate(try_of(5, 1, "primary")).await;
    assert_eq!((again.calls, again.cached, again.cost_high), (0, 5, Some(0.0)), "what is on disk is not paid again");
    bench.engine.save_prices(SavePrices { prices: Vec::new() }).await.unwrap();
    let unpriced = estimate(try_of(5, 1, "primary")).await;
    assert_eq!((unpriced.calls, unpriced.cost_high), (0, Some(0.0)), "whatever a call would cost");
    assert_eq!(estimate(try_of(6, 1, "primary")).await.cost_high, None);
    let request = try_of(5, 1, "primary");
    bench.keys = Arc::new(MemoryKeys::new("Another machine."));
    let keyless = bench.another_engine().await.estimate_try(request).await.unwrap();
    assert_eq!((keyless.calls, keyless.cached), (0, 5), "and is found without a key");
}
