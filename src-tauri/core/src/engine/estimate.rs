//! What a run will use, told before any call.

use super::{
    Engine, door,
    forecast::{Each, Plan},
    run_settings::{check_config, needs_judge},
};
use crate::{
    api::StartRun,
    calls::{dollars, grouped},
    connection::{Connection, ConnectionKind},
    dataset::{DatasetInfo, Split, SplitSizes, sample_rows},
    error::{Error, ErrorCode, Result},
    prompt::{template_variables, unknown_names},
    run::{Budget, Estimate, RunConfig, StrategyKind},
    store::Role,
    train,
};

impl Engine {
    /// What a run would use. Also tells what is wrong with the settings, as an error.
    #[door]
    pub async fn estimate_run(&self, request: StartRun) -> Result<Estimate> {
        let dataset = self.needed_dataset(request.project).await?;
        let connections = self.connections_of(&request.config).await?;
        let labels = self.labels(Some(&dataset)).await?;
        check_config(&request.config, &connections, &labels)?;
        let examples = self.frozen_examples(&dataset, &request.config).await?;
        self.estimate(request.project, &request.config, &dataset, &connections, &examples).await
    }

    /// The connections a run uses, as they are now: primary, optimizer, judge.
    pub(super) async fn connections_of(&self, config: &RunConfig) -> Result<Vec<Connection>> {
        let mut connections: Vec<Connection> = Vec::new();
        for model in [Some(&config.primary), Some(&config.optimizer), config.judge.as_ref()].into_iter().flatten() {
            if !connections.iter().any(|c| c.id == model.connection) {
                connections.push(self.store().connection(model.connection).await?);
            }
        }
        self.freeze_prices(config, &mut connections).await?;
        Ok(connections)
    }

    /// The examples a run freezes: each split, cut to its limit by a seeded draw.
    pub(super) async fn frozen_examples(&self, dataset: &DatasetInfo, config: &RunConfig) -> Result<[Vec<i64>; 3]> {
        let mut examples: [Vec<i64>; 3] = Default::default();
        let limits = [config.train_rows, config.validation_rows, config.test_rows];
        let mut divided = match config.repeat {
            Some(repeat) => Some(self.store().divide(dataset.id, super::repeats::plan_of(dataset, repeat.split_seed)?).await?),
            None => None,
        };
        for (index, split) in [Split::Train, Split::Validation, Split::Test].into_iter().enumerate() {
            let ids = match &mut divided {
                Some(divided) => std::mem::take(&mut divided[index]),
                None => self.store().split_ids(dataset.id, split).await?,
            };
            examples[index] = sample_rows(&ids, limits[index] as usize, config.seed);
        }
        if examples[1].is_empty() {
            return Err(Error::invalid(
                "The validation split is empty, so no prompt can be compared. Give it examples on the Data screen.",
            ));
        }
        if config.epochs > 0 && examples[0].is_empty() {
            return Err(Error::invalid(
                "The training split is empty, so there is nothing to learn from. Give it examples on the Data screen.",
            ));
        }
        Ok(examples)
    }

    pub(super) async fn estimate(
        &self,
        project: i64,
        config: &RunConfig,
        dataset: &DatasetInfo,
        connections: &[Connection],
        examples: &[Vec<i64>; 3],
    ) -> Result<Estimate> {
        let count = |i: usize| u32::try_from(examples[i].len()).unwrap_or(u32::MAX);
        let splits = SplitSizes { train: count(0), validation: count(1), test: count(2) };
        let answering = |sizes: SplitSizes| train::first_calls(sizes, config.samples, needs_judge(config));
        let baseline = answering(splits);
        let train = answering(SplitSizes { validation: 0, ..splits });
        let validation = baseline - train;
        let test = train::test_calls(splits.test, config.samples, needs_judge(config)) / 2;
        let epochs = u64::from(config.epochs);
        let fewest_epochs = if config.patience > 0 { u64::from(config.patience).min(epochs) } else { epochs.min(1) };
        let mut low = baseline + fewest_epochs * (1 + validation) + test;
        // Every epoch may be accepted (the training split is answered anew) and may need a repair turn.
        let mut high = baseline + epochs * (2 + validation + train) + 2 * test;
        let bought = self.bought_before(project, config, dataset, connections, examples).await?;
        let on_disk = bought.answers.values().sum::<u64>().max(bought.first);
        if config.strategy == StrategyKind::Pareto {
            // What is on disk is left of the limit for more of the search.
            let max_calls = config.budget.max_calls.map(|most| most + on_disk);
            let budget = Budget { max_calls, ..config.budget };
            let (_, calls) = train::estimate_search(&RunConfig { budget, ..config.clone() }, splits, baseline);
            // Edits tried alone, repairs and a parent measured anew come on top; a round that ends at the gate costs less.
            high = baseline + 2 * calls + 2 * test;
            low = baseline + calls / epochs.max(1) + test;
        }
        let goes_on = if bought.goes_on { 1 + validation } else { 0 };
        let proposals = |max_calls: Option<u64>| {
            let asked = match (config.strategy, max_calls) {
                (StrategyKind::Pareto, _) => {
                    let budget = Budget { max_calls, ..config.budget };
                    train::estimate_search(&RunConfig { budget, ..config.clone() }, splits, baseline).0
                }
                (_, Some(most)) => (most.saturating_sub(baseline + 2 * test) / (1 + validation)).min(epochs),
                (_, None) => epochs,
            };
            u32::try_from(asked).unwrap_or(u32::MAX)
        };
        let turned = bought.answers.get(&Role::Optimizer).copied().unwrap_or(0);
        let within = |limit: Option<u64>, asked: u32| {
            let high = high.saturating_sub(on_disk).max(goes_on).min(limit.unwrap_or(u64::MAX));
            // A limit may allow the first prompts alone, or not even the test split after them.
            let least = match limit {
                Some(most) if most < baseline => most.saturating_sub(2 * test),
                Some(most) if most < baseline + test => baseline,
                Some(_) => baseline + fewest_epochs.min(asked.into()) * (1 + validation) + test,
                None => low,
            };
            let low = if bought.is_all { 0 } else { low.min(least).saturating_sub(on_disk).max(goes_on).min(high) };
            // A reply may need one repair turn; hardly each of many does.
            let repaired = u64::from(asked).max(epochs.min(1));
            let turns = (fewest_epochs.min(asked.into()).saturating_sub(turned).min(low), repaired + repaired.div_ceil(4));
            let answered = (low.saturating_sub(turns.0), high.saturating_sub(u64::from(asked)));
            (low, high, Plan { answered, turns })
        };
        let mut asked = proposals(config.budget.max_calls.map(|most| most + on_disk));
        // Where calls are as cheap as they may be.
        let mut most_asked = asked;
        let (mut low, mut high, plan) = within(config.budget.max_calls, asked);
        let mut forecast = self.forecast(project, config, dataset, connections, &examples[1], plan).await?;
        let mut too_dear = None;
        let in_money = config.budget.max_cost.filter(|_| forecast.cost.is_some()).map(|most| (most, forecast.each, true));
        let in_tokens = config.budget.max_tokens.map(|most| (most as f64, forecast.each_in_tokens, false));
        for (most, each, is_money) in [in_money, in_tokens].into_iter().flatten().filter(|(_, each, _)| *each != Each::default()) {
            let paid = |calls: u64| calls.saturating_sub(on_disk);
            let cost = |calls: u64, at: fn((f64, f64)) -> f64| amount_of(paid(calls), proposals(Some(calls)), validation, each, at);
            let bought = |at: fn((f64, f64)) -> f64| affordable(on_disk + high, |calls| cost(calls, at) <= most);
            let (fewest, calls, highest) = (bought(|both| both.1), bought(middle), bought(|both| both.0));
            let (of_calls, of_limit) = (asked, proposals(Some(calls)));
            if of_limit < of_calls || highest < on_disk + high {
                asked = of_calls.min(of_limit);
                most_asked = most_asked.min(proposals(Some(highest))).max(asked);
                // Without a proposal the first prompts alone are measured, unless calls are as cheap as they may be.
                let alone = asked == 0 && proposals(Some(highest)) == 0;
                let highest = if alone { paid(highest).min(baseline + test) } else { paid(highest) };
                let plan;
                (low, high, plan) = within(Some(highest), asked);
                forecast = self.forecast(project, config, dataset, connections, &examples[1], plan).await?;
            }
            low = low.min(paid(fewest));
            if of_limit == 0 && of_calls > 0 && too_dear.is_none() {
                let least = least(calls, |calls| proposals(Some(calls)) > 0);
                let words = |amount: f64| if is_money { dollars(amount) } else { format!("{} tokens", grouped(amount.round() as u64)) };
                let enough = least.map(|calls| rounded_up(cost(calls, |both| both.1)));
                let most = if is_money { format!("${most}") } else { words(most) };
                too_dear = Some(TooDear { most, enough: enough.map(words), perhaps: most_asked > 0 });
            }
        }
        // Tokens that are not there cost nothing.
        if let Some(share) = forecast.allowed {
            forecast.cost = forecast.cost.map(|(low, high)| (low.min(high * share), high * share));
        }
        let asked_by_calls = if too_dear.is_some() { 1 } else { asked };
        let enough = config.budget.max_calls.filter(|_| asked_by_calls == 0);
        let enough = enough.and_then(|most| enough_calls(most, |calls| proposals(Some(calls + on_disk)) > 0));
        let mut hosts: Vec<String> = connections
            .iter()
            .filter(|c| c.kind != ConnectionKind::Demo)
            .map(|c| crate::chat::base_url(c).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_else(|| c.name.clone()))
            .collect();
        hosts.sort_unstable();
        hosts.dedup();
        let mut said = warnings(config, dataset, splits, Suffices { proposals: asked_by_calls, enough, too_dear, test, first: baseline });
        said.extend(self.learnt_by_heart(config, examples).await?);
        Ok(Estimate {
            warnings: said,
            splits,
            calls_low: low,
            calls_high: high,
            tokens_low: forecast.tokens.0,
            tokens_high: forecast.tokens.1,
            cost_low: forecast.cost.map(|cost| cost.0),
            cost_high: forecast.cost.map(|cost| cost.1),
            seconds: forecast.seconds,
            time_from: forecast.time_from,
            proposals: most_asked,
            test_opened: self.store().opened_of(project, examples[2].clone()).await?,
            hosts,
        })
    }
}

impl Engine {
    /// Validation and test examples that the prompts were trained on, in a sentence: the run they come from had another division.
    async fn learnt_by_heart(&self, config: &RunConfig, examples: &[Vec<i64>; 3]) -> Result<Option<String>> {
        let Some(parent) = config.parent.as_ref().filter(|parent| parent.epoch > 0) else { return Ok(None) };
        let run = match self.run(parent.run).await {
            Ok(run) => run,
            // It may be gone by now.
            Err(Error { code: ErrorCode::NotFound, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let of = async |split| self.store().run_example_ids(parent.run, split).await;
        let (trained, validated) = (of(Split::Train).await?, of(Split::Validation).await?);
        if validated == examples[1] {
            return Ok(None);
        }
        let mut counts = Vec::new();
        for (ids, name) in [(&examples[1], "validation"), (&examples[2], "test")] {
            let the_same = self.same_examples(&trained, ids).await?.len();
            let count = ids.iter().filter(|id| trained.contains(id)).count() + the_same;
            if count > 0 {
                counts.push(format!("{} of {} {name} examples", grouped(count as u64), grouped(ids.len() as u64)));
            }
        }
        let of_run = crate::report::beginning(&run.name, 60);
        Ok((!counts.is_empty()).then(|| {
            format!(
                "{} were training examples of “{of_run}”, whose prompts this run starts from: on those it has an advantage.",
                counts.join(" and ")
            )
        }))
    }
}

/// A budget of more than `most` calls that suffices for a proposal and its decision; none when no budget would do. A quarter is added
/// to the smallest with which one is asked for, as its edits may be tried alone and its answer may need a repair.
fn enough_calls(most: u64, proposes: impl Fn(u64) -> bool) -> Option<u64> {
    least(most, proposes).map(|calls| calls + calls.div_ceil(4))
}

/// The smallest budget of more than `most` calls with which a proposal is asked for; none when no budget would do.
fn least(most: u64, proposes: impl Fn(u64) -> bool) -> Option<u64> {
    let mut high =
        (0..32).map(|doubled| most.max(1) << doubled).take_while(|calls| *calls <= u64::from(u32::MAX)).find(|c| proposes(*c))?;
    let mut low = most;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if proposes(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// The most calls of at most so many that can be paid.
fn affordable(most: u64, pays: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if pays(middle) { low = middle } else { high = middle - 1 }
    }
    low
}

/// Dollars or tokens of so many calls with so many proposals among them, each with so many calls for its validation. Before the optimizer is
/// asked, the upper bounds of its call and of the last one of the test split have to be free; what is left of them is there for its
/// validation.
fn amount_of(calls: u64, proposals: u32, validation: u64, each: Each, at: fn((f64, f64)) -> f64) -> f64 {
    let turns = u64::from(proposals).min(calls);
    let answers = calls - turns;
    let all = answers as f64 * at(each.answered) + turns as f64 * at(each.turn);
    let Some(earlier) = turns.checked_sub(1) else { return all };
    let before = answers.saturating_sub(validation) as f64 * at(each.answered) + earlier as f64 * at(each.turn);
    all.max(before + at(each.bound) + at(each.last))
}

/// The middle of a range whose ends may be many times each other.
fn middle((low, high): (f64, f64)) -> f64 {
    if low > 0.0 { (low * high).sqrt() } else { f64::midpoint(low, high) }
}

/// An amount rounded up to two digits that count.
fn rounded_up(amount: f64) -> f64 {
    let unit = 10_f64.powf(amount.max(1e-8).log10().floor() - 1.0);
    (amount / unit).ceil() * unit
}

/// A limit in dollars or tokens under which hardly a proposal is asked for.
struct TooDear {
    /// The limit.
    most: String,
    /// One that suffices.
    enough: Option<String>,
    /// It suffices all the same where calls are as cheap as they may be.
    perhaps: bool,
}

/// What the limits of a run allow.
struct Suffices {
    /// Proposals within the limit on calls.
    proposals: u32,
    /// Calls that allow one.
    enough: Option<u64>,
    /// A limit in dollars or tokens that hardly allows one, and one that does.
    too_dear: Option<TooDear>,
    /// Calls of the test split under one prompt.
    test: u64,
    /// Calls of the first prompts.
    first: u64,
}

fn warnings(config: &RunConfig, dataset: &DatasetInfo, splits: SplitSizes, limits: Suffices) -> Vec<String> {
    let Suffices { proposals, enough, too_dear, test, first } = limits;
    let mut warnings = Vec::new();
    if config.prompt.system_prompt.trim().is_empty() && config.prompt.output_prompt.trim().is_empty() {
        warnings.push("Both prompts are empty, so the model sees the input alone. One sentence gives the optimizer a start.".into());
    }
    if let Some(truth) = dataset.roles.truth.as_ref().filter(|truth| template_variables(&config.prompt, &dataset.columns).contains(truth)) {
        warnings.push(format!(
            "The prompts use {{{{{truth}}}}}, the column of the ground truth: every message would hold its own answer. Take it out."
        ));
    }
    match unknown_names(&config.prompt, &dataset.columns).as_slice() {
        [] => {}
        [name] => warnings.push(format!("No column is called {name}, so {{{{{name}}}}} is sent to the model as it stands.")),
        [name, rest @ ..] => {
            let more = rest.len();
            warnings.push(format!("No column is called {name}, nor {more} more between double braces: they are sent as they stand."));
        }
    }
    for (name, text) in [("system prompt", &config.prompt.system_prompt), ("output prompt", &config.prompt.output_prompt)] {
        let length = text.chars().count();
        if length * 10 > config.max_prompt_chars as usize * 9 && config.epochs > 0 {
            warnings.push(format!(
                "The {name} has {} characters, and a proposed one may have {}: proposals can hardly add to it, only replace. Raise “longest proposed prompt” under Advanced.",
                grouped(length as u64),
                grouped(length.max(config.max_prompt_chars as usize) as u64)
            ));
        }
    }
    if splits.test == 0 && config.epochs > 0 {
        warnings.push("There is no test split: the result will not be confirmed on examples nobody has seen.".into());
    }
    if splits.validation < 30 && config.epochs > 0 {
        warnings.push(format!(
            "{} validation examples can only show large differences; with fewer than 30 luck decides much.",
            splits.validation
        ));
    }
    for (used, all, name) in [
        (splits.train, dataset.sizes.train, "training"),
        (splits.validation, dataset.sizes.validation, "validation"),
        (splits.test, dataset.sizes.test, "test"),
    ] {
        if used < all {
            warnings.push(format!("{} of {} {name} examples are used, drawn by the seed.", grouped(used.into()), grouped(all.into())));
        }
    }
    if let Some(most) = config.budget.max_calls {
        if most < (test * 4).max(first + test * 2) && test > 0 {
            warnings.push("The budget is too small to keep calls for the test split; the run may end without test figures.".into());
        }
        if proposals == 0 && config.epochs > 0 {
            let enough = enough.map_or(String::new(), |enough| format!(" Allow {} or more.", grouped(enough)));
            let calls = if most == 1 { "1 call does".to_owned() } else { format!("{} calls do", grouped(most)) };
            warnings.push(format!("{calls} not suffice for one epoch.{enough}"));
        }
    }
    if let (Some(TooDear { most, enough, perhaps }), true) = (too_dear, config.epochs > 0) {
        let enough =
            enough.map_or(String::new(), |enough| format!(" Allow about {enough} or more{}.", if perhaps { " to be sure" } else { "" }));
        let suffices = if perhaps { "may not suffice" } else { "will hardly suffice" };
        warnings.push(format!("{most} {suffices} for one epoch.{enough}"));
    }
    if dataset.leaks > 0 {
        let plural = if dataset.leaks == 1 { "input stands" } else { "inputs stand" };
        warnings.push(format!("{} {plural} in more than one split; scores on them say little.", dataset.leaks));
    }
    warnings
}
