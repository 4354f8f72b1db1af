//! What the calls of a run will come to in tokens, dollars and time: from the texts that are sent, and from how long and how much the
//! same models answered before.

use super::{Engine, prices, run_settings};
use crate::{
    calls::{asked_key, grouped},
    chat::endpoint,
    connection::{Connection, ConnectionKind},
    dataset::{DatasetInfo, sample_rows},
    error::Result,
    judge,
    prompt::render_messages,
    run::{ModelConfig, RunConfig, RunSummary, Span, StrategyKind},
    store::{Role, TimedAnswer},
    tokens,
};

/// Examples that the tokens of a call are taken from.
const LOOKED_AT: usize = 40;
/// Tokens of an answer when nothing is known of it.
pub(super) const UNKNOWN_ANSWER_TOKENS: u64 = 60;
/// Tokens by which prompts usually grow while they are trained.
const GROWTH: u64 = 300;
/// Tokens of what stands around the texts that a judge reads, and of its verdict: the fewest and the most.
const JUDGE_READS: u64 = 40;
const JUDGE_WRITES: (u64, u64) = (15, 60);
/// Tokens an optimizer is told beside prompts and examples, and writes.
const OPTIMIZER_TOKENS: (u64, u64) = (600, 500);
/// The same where it is told and writes much; it may write both prompts anew besides.
const MOST_OPTIMIZER_TOKENS: (u64, u64) = (2_500, 1_500);
/// Milliseconds that a slow service takes for each token it writes. A short answer takes most of its time before the first one, so what
/// it took for each says nothing of a long one.
const SLOW_TOKEN_MS: f64 = 50.0;
/// Answers that say how long a model takes: fewer say nothing, more say no more.
const TIMED: std::ops::RangeInclusive<usize> = 5..=200;
/// Calls of a run that tell how long one takes of its time.
const CALLS_TO_TELL: u64 = 20;
/// Runs that are looked through for them, the newest first.
const RUNS_LOOKED_AT: usize = 20;
/// Milliseconds of a call to the demo model, which answers in this process.
const DEMO_MS: f64 = 2.0;

/// Fewest and most calls of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Of the primary model and the judge.
    pub answered: (u64, u64),
    /// Turns of the optimizer.
    pub turns: (u64, u64),
}

/// What they come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Forecast {
    pub tokens: (u64, u64),
    /// Dollars; none where a price is unknown.
    pub cost: Option<(f64, f64)>,
    /// Share of the tokens that a limit on them allows; none where it allows all.
    pub allowed: Option<f64>,
    /// What one call comes to in dollars; 0 where a price is unknown.
    pub each: Each,
    /// The same in tokens.
    pub each_in_tokens: Each,
    /// None where nobody knows how long a model takes.
    pub seconds: Option<Span>,
    /// What the time is taken from, or why it is not known.
    pub time_from: String,
}

/// What one call comes to, the least and the most.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Each {
    /// Of the primary model and the judge, which are asked in turn.
    pub answered: (f64, f64),
    /// A turn of the optimizer.
    pub turn: (f64, f64),
    /// The upper bound of a turn, which has to be free before it is sent.
    pub bound: (f64, f64),
    /// That of a call of the test split, of which one has to be free as well.
    pub last: (f64, f64),
}

/// Bytes of a token, about: before a call is sent, each byte counts as one.
const BYTES: u64 = 4;

/// A model in its role, from answers it gave before: the middle one, and one that nine of ten stay below.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habit {
    answers: usize,
    ms: (f64, f64),
    read: (u64, u64),
    pub written: (u64, u64),
}

impl Habit {
    fn of(answers: &[TimedAnswer]) -> Option<Self> {
        let both = |value: fn(&TimedAnswer) -> u64| {
            let mut values: Vec<u64> = answers.iter().map(value).collect();
            values.sort_unstable();
            Some((*values.get(values.len() / 2)?, *values.get(values.len() * 9 / 10)?))
        };
        let ms = both(|a| a.latency_ms.into())?;
        Some(Self {
            answers: answers.len(),
            ms: (ms.0 as f64, ms.1 as f64),
            read: both(|a| a.prompt_tokens)?,
            written: both(|a| a.completion_tokens)?,
        })
    }

    /// The same model writing so many tokens, for a role in which nobody was timed: as long as an answer at least, and each further
    /// token as slow as its slow ones at most, or as those of a slow service.
    fn writing(self, written: (u64, u64)) -> Self {
        let each = (self.ms.1 / self.written.0.max(1) as f64).min(SLOW_TOKEN_MS);
        let further = written.1.saturating_sub(self.written.0) as f64;
        Self { answers: 0, ms: (self.ms.0, self.ms.1 + further * each), ..self }
    }
}

/// Tokens in and out of one call, the fewest and the most.
#[derive(Clone, Copy)]
struct Call {
    read: (u64, u64),
    written: (u64, u64),
}

impl Engine {
    pub(super) async fn forecast(
        &self,
        project: i64,
        config: &RunConfig,
        dataset: &DatasetInfo,
        connections: &[Connection],
        validation: &[i64],
        plan: Plan,
    ) -> Result<Forecast> {
        let prices = prices::of_roles(config, connections);
        let judged = prices.contains_key(&Role::Judge);
        let mut forecast = Forecast { cost: Some((0.0, 0.0)), ..Forecast::default() };
        let mut time = Some((0.0, 0.0));
        let (mut timed, mut untimed) = (Vec::new(), None);
        let primary = self.habit(project, config, connections, Role::Primary).await?;
        let grows = if plan.turns.1 > 0 { GROWTH } else { 0 };
        let answer = self.answer_tokens(config, dataset, validation, primary.as_ref(), grows).await?;
        for (role, model) in prices::models(config) {
            let habit = match role {
                Role::Primary => primary,
                _ => self.habit(project, config, connections, role).await?,
            };
            let share = |calls: u64| if judged { calls.div_ceil(2) } else { calls };
            let (calls, tokens) = match role {
                Role::Primary => ((share(plan.answered.0), share(plan.answered.1)), answer),
                Role::Judge => ((share(plan.answered.0), share(plan.answered.1)), judge_call(config, answer)),
                Role::Optimizer => (plan.turns, optimizer_call(config, answer, habit.as_ref())),
            };
            let of = |calls: u64, tokens: u64| calls.saturating_mul(tokens);
            let low = (of(calls.0, tokens.read.0), of(calls.0, tokens.written.0));
            let high = (of(calls.1, tokens.read.1), of(calls.1, tokens.written.1));
            forecast.tokens.0 += low.0 + low.1;
            forecast.tokens.1 += high.0 + high.1;
            let price = prices.get(&role).and_then(Option::as_ref);
            let note = |each: &mut Each, of: &dyn Fn(u64, u64) -> f64| {
                // A limit is said to allow what it allows where a vocabulary needs fewer tokens than most do, and where calls are
                // smaller than those of the run before.
                let one = (of(tokens.read.0 * 4 / 5, tokens.written.0 * 4 / 5), of(tokens.read.1, tokens.written.1));
                let bound = |read: u64| of(read * BYTES, model.max_output_tokens.unwrap_or(0).into());
                match role {
                    Role::Optimizer => (each.turn, each.bound) = (one, (bound(few_of(tokens.read.0)), bound(tokens.read.0))),
                    Role::Primary | Role::Judge => {
                        let share = if judged { 0.5 } else { 1.0 };
                        each.answered = (each.answered.0 + one.0 * share, each.answered.1 + one.1 * share);
                        each.last = (each.last.0.max(bound(tokens.read.0)), each.last.1.max(bound(tokens.read.1)));
                    }
                }
            };
            note(&mut forecast.each_in_tokens, &|read, written| (read + written) as f64);
            if let Some(price) = price {
                note(&mut forecast.each, &|read, written| price.cost(read, 0, written));
            }
            forecast.cost = forecast.cost.zip(price).map(|(sum, p)| (sum.0 + p.cost(low.0, 0, low.1), sum.1 + p.cost(high.0, 0, high.1)));
            let side_by_side = if role == Role::Optimizer { proposals_at_once(config, plan) } else { u32::MAX };
            let pace_of = |habit: Option<&Habit>| paced(config, connections, model, side_by_side, habit);
            let mut pace = pace_of(habit.as_ref());
            match habit.filter(|h| h.answers > 0) {
                Some(habit) => timed.push((habit.answers, model.model.clone())),
                None if pace.is_none() => untimed = untimed.or(Some((role, model.model.clone()))),
                None => {}
            }
            if let (None, Some(primary)) = (pace, primary.filter(|_| role != Role::Primary)) {
                pace = pace_of(Some(&primary.writing(tokens.written)));
            }
            time = time.zip(pace).map(|(sum, each)| (sum.0 + calls.0 as f64 * each.0, sum.1 + calls.1 as f64 * each.1));
        }
        // What is spent on failures is in no answer's latency.
        if let (Some((_, high)), Some(each)) = (&mut time, self.taken_per_call(project, config, connections).await?) {
            *high = high.max((plan.answered.1 + plan.turns.1) as f64 * each);
        }
        let budget = &config.budget;
        let most = |value: u64, limit: Option<u64>| limit.map_or(value, |limit| value.min(limit));
        if let (Some(cost), Some(limit)) = (forecast.cost, budget.max_cost) {
            // Money that is not there buys no tokens.
            let affordable = |tokens: u64, cost: f64| if cost > limit { (tokens as f64 * limit / cost) as u64 } else { tokens };
            forecast.tokens = (affordable(forecast.tokens.0, cost.0), affordable(forecast.tokens.1, cost.1));
            forecast.tokens.1 = forecast.tokens.1.max(forecast.tokens.0);
        }
        let wanted = forecast.tokens.1;
        forecast.tokens = (most(forecast.tokens.0, budget.max_tokens), most(forecast.tokens.1, budget.max_tokens));
        forecast.allowed = (forecast.tokens.1 < wanted).then(|| forecast.tokens.1 as f64 / wanted as f64);
        forecast.cost = forecast.cost.map(|cost| budget.max_cost.map_or(cost, |limit| (cost.0.min(limit), cost.1.min(limit))));
        forecast.seconds = time.map(|(low, high)| {
            let seconds = |ms: f64| most((ms / 1_000.0).ceil().max(1.0) as u64, budget.max_seconds);
            Span { low: seconds(low), high: seconds(high) }
        });
        forecast.time_from = time_from(config, connections, &timed, untimed);
        Ok(forecast)
    }

    /// What earlier answers of the project say of a model in its role, at the same endpoint; tries answer examples too.
    pub(super) async fn habit(&self, project: i64, config: &RunConfig, connections: &[Connection], role: Role) -> Result<Option<Habit>> {
        let Some((_, model)) = prices::models(config).find(|(of, _)| *of == role) else { return Ok(None) };
        let Some(connection) = connections.iter().find(|c| c.id == model.connection) else { return Ok(None) };
        if connection.kind == ConnectionKind::Demo {
            return Ok(None);
        }
        let here = endpoint(connection).ok();
        let most = u32::try_from(*TIMED.end()).unwrap_or(u32::MAX);
        let runs = self.store().runs(project).await?;
        let same = |config: &RunConfig| {
            prices::models(config).any(|(of, then)| of == role && then.connection == model.connection && then.model == model.model)
        };
        for run in runs.iter().filter(|run| same(&run.config)).take(RUNS_LOOKED_AT) {
            // A connection may have been sent elsewhere since.
            let then = self.store().run_row(run.id).await?.connections;
            if !then.iter().any(|then| then.id == connection.id && endpoint(then).ok() == here) {
                continue;
            }
            let answers = self.store().timed_answers(project, run.id, role, most).await?;
            if answers.len() >= *TIMED.start() {
                return Ok(Habit::of(&answers));
            }
        }
        let Some(asked) = asked_key(role, connection, &model.model) else { return Ok(None) };
        let tries = self.store().timed_tries(project, asked, most).await?;
        Ok(Habit::of(&tries).filter(|habit| habit.answers >= *TIMED.start()))
    }

    /// Milliseconds that a call took of the time of the newest run of these models at the same endpoints, with its retries, waits and
    /// timeouts; none without one of some length.
    async fn taken_per_call(&self, project: i64, config: &RunConfig, connections: &[Connection]) -> Result<Option<f64>> {
        let of = |config: &RunConfig| -> Vec<_> { prices::models(config).map(|(role, m)| (role, m.connection, m.model.clone())).collect() };
        let asked = of(config);
        let runs = self.store().runs(project).await?;
        let long = |run: &&RunSummary| run.usage.calls >= CALLS_TO_TELL && of(&run.config) == asked;
        let Some(run) = runs.iter().find(long) else { return Ok(None) };
        let then = self.store().run_row(run.id).await?.connections;
        let stayed = |model: &ModelConfig| {
            let at = |connections: &[Connection]| connections.iter().find(|c| c.id == model.connection).and_then(|c| endpoint(c).ok());
            at(connections).is_some() && at(connections) == at(&then)
        };
        if !prices::models(config).all(|(_, model)| stayed(model)) {
            return Ok(None);
        }
        // The same work with more calls at once takes less time.
        let at_once = |config: &RunConfig, connections: &[Connection]| {
            connections.iter().find(|c| c.id == config.primary.connection).map_or(1, |c| at_once(config, c))
        };
        let slower = f64::from(at_once(&run.config, &then)) / f64::from(at_once(config, connections));
        Ok(Some(run.active_ms as f64 / run.usage.calls as f64 * slower))
    }

    /// Tokens of one answer to a validation example.
    async fn answer_tokens(
        &self,
        config: &RunConfig,
        dataset: &DatasetInfo,
        ids: &[i64],
        habit: Option<&Habit>,
        grows: u64,
    ) -> Result<Call> {
        let few = sample_rows(ids, LOOKED_AT, 0);
        let examples = self.store().examples_by_id(few.into()).await?;
        let (mut read, mut least, mut most, mut counter) = (0, 0, 0, tokens::Counter::default());
        for example in &examples {
            let messages = render_messages(&config.prompt, &dataset.columns, &example.cells, &example.user_input);
            read += messages.iter().map(|m| counter.tokens(&m.content) + 4).sum::<u64>();
            let truth = tokens::rough(&example.ground_truth_output);
            least += few_of(truth).max(1);
            most += (truth * 2 + 16).max(UNKNOWN_ANSWER_TOKENS);
        }
        let each = |sum: u64| sum.div_ceil((examples.len() as u64).max(1));
        let written = habit.map_or((each(least), each(most)), |h| h.written);
        let limit = |tokens: u64| config.primary.max_output_tokens.map_or(tokens, |limit| tokens.min(limit.into()));
        Ok(Call { read: (few_of(each(read)), many_of(each(read)) + grows), written: (limit(written.0), limit(written.1)) })
    }
}

/// Tokens of a text whose tokens were counted roughly, where the model's vocabulary needs few.
pub(super) fn few_of(rough: u64) -> u64 {
    rough * 7 / 10
}

/// The same where it needs many.
pub(super) fn many_of(rough: u64) -> u64 {
    rough * 13 / 10
}

fn judge_call(config: &RunConfig, answer: Call) -> Call {
    let rubric = run_settings::rubric(&config.metrics).map_or(0, tokens::count);
    let told = tokens::count(judge::INSTRUCTIONS) + rubric + JUDGE_READS;
    // It reads the input, the truth, which is about as long as an answer, and the answer, but no prompt.
    let most = many_of(told) + answer.read.1 + 2 * answer.written.1;
    Call { read: (few_of(told) + 2 * answer.written.0, most), written: JUDGE_WRITES }
}

fn optimizer_call(config: &RunConfig, answer: Call, habit: Option<&Habit>) -> Call {
    if let Some(Habit { read, written, .. }) = habit {
        return Call { read: (read.0, read.1 + GROWTH), written: *written };
    }
    let prompts = tokens::count(&config.prompt.system_prompt) + tokens::count(&config.prompt.output_prompt);
    let told = tokens::count(&config.optimizer_system_prompt) + prompts;
    let examples = u64::from(config.examples);
    let read = |told_more: u64, each: u64| told + told_more + examples * each;
    Call {
        read: (
            read(OPTIMIZER_TOKENS.0, 2 * answer.written.0),
            read(MOST_OPTIMIZER_TOKENS.0 + GROWTH, answer.read.1 + 2 * answer.written.1),
        ),
        written: (OPTIMIZER_TOKENS.1, MOST_OPTIMIZER_TOKENS.1 + prompts),
    }
}

/// Milliseconds that one call takes of the run's time, of which so many are made side by side; none where nobody knows.
fn paced(
    config: &RunConfig,
    connections: &[Connection],
    model: &ModelConfig,
    side_by_side: u32,
    habit: Option<&Habit>,
) -> Option<(f64, f64)> {
    let connection = connections.iter().find(|c| c.id == model.connection)?;
    let ms = match habit {
        Some(habit) => habit.ms,
        None if connection.kind == ConnectionKind::Demo => (DEMO_MS, DEMO_MS),
        None => return None,
    };
    let at_once = at_once(config, connection).min(side_by_side).max(1);
    let least = connection.gate_limits().requests_per_minute.map_or(0.0, |most| 60_000.0 / f64::from(most));
    let each = |ms: f64| (ms / f64::from(at_once)).max(least);
    Some((each(ms.0), each(ms.1)))
}

/// Those of a round are asked for at once, the rounds come one after the other.
fn proposals_at_once(config: &RunConfig, plan: Plan) -> u32 {
    match config.strategy {
        StrategyKind::Pareto => u32::try_from(plan.turns.1 / u64::from(config.epochs.max(1))).unwrap_or(u32::MAX),
        StrategyKind::Greedy => 1,
    }
}

fn at_once(config: &RunConfig, connection: &Connection) -> u32 {
    config.concurrency.min(connection.concurrency).max(1)
}

fn time_from(config: &RunConfig, connections: &[Connection], timed: &[(usize, String)], untimed: Option<(Role, String)>) -> String {
    match (untimed, timed) {
        (Some((Role::Primary, model)), _) => {
            format!("No answer of {model} was timed in this project yet. Measuring in the preflight, or a few tries, would tell.")
        }
        (Some((role, model)), timed) => {
            let role = if role == Role::Judge { "judge" } else { "optimizer" };
            match timed {
                [] => format!("How long {model} takes as {role} was not measured in this project yet; the first run tells."),
                timed => format!(
                    "{} How long {model} takes as {role} is guessed from them until the first run.",
                    from_answers(config, connections, timed)
                ),
            }
        }
        (None, []) => "The demo model answers at once.".into(),
        (None, timed) => from_answers(config, connections, timed),
    }
}

fn from_answers(config: &RunConfig, connections: &[Connection], timed: &[(usize, String)]) -> String {
    let answers: usize = timed.iter().map(|(answers, _)| answers).sum();
    let mut names: Vec<&str> = timed.iter().map(|(_, model)| model.as_str()).collect();
    names.dedup();
    let at_once = connections.iter().find(|c| c.id == config.primary.connection).map_or(1, |c| at_once(config, c));
    format!("From {} earlier answers of {}, {at_once} at once.", grouped(answers as u64), names.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answering(ms: f64, tokens: u64) -> Habit {
        Habit { answers: 9, ms: (ms, ms), read: (50, 50), written: (tokens, tokens) }
    }

    #[test]
    fn a_long_text_takes_no_longer_for_each_token_than_a_slow_service_does() {
        // Five tokens in 400 ms: most of that passes before the first.
        let slow = answering(400.0, 5).writing((500, 1_505));
        assert_eq!(slow.ms, (400.0, 400.0 + 1_500.0 * SLOW_TOKEN_MS));
        let quick = answering(100.0, 100).writing((500, 1_100));
        assert_eq!(quick.ms, (100.0, 100.0 + 1_000.0));
        assert_eq!(answering(100.0, 100).writing((1, 10)).ms, (100.0, 100.0), "as long as an answer at least");
    }

    #[test]
    fn proposals_of_a_round_are_asked_for_side_by_side() {
        let plan = Plan { answered: (0, 0), turns: (1, 50) };
        let first = |strategy| proposals_at_once(&RunConfig { strategy, epochs: 10, ..crate::engine::first_config() }, plan);
        assert_eq!((first(StrategyKind::Pareto), first(StrategyKind::Greedy)), (5, 1));
    }
}
