//! The training loop.
//!
//! ```text
//! epoch 0: the first prompts on train and validation (the baseline)
//! epoch e: the strategy runs one optimizer round and the loop takes its decision
//! at the end: baseline and best on the sealed test split, once
//! ```
//!
//! Everything a step needs to be repeated is stored when it happens, so a run that was paused or killed is driven again from
//! its beginning: decided epochs are read, answers come from disk, and the first thing that is not there is the next thing done.

mod check;
mod context;
mod decide;
mod evaluate;
mod greedy;
mod memory;
mod pareto;
mod progress;
mod propose;
mod reply;
mod request;
mod select;
mod stop;
mod test_split;
mod validate;
mod words;

pub use check::is_of_lock;
pub use context::{Context, Missing, SearchCounts};
pub use pareto::{account as account_search, estimate as estimate_search, explains};
pub use request::DEFAULT_OPTIMIZER_PROMPT;
pub use stop::{first_calls, is_limit, keep_for_test, test_calls};
pub use words::{
    amount, examples_have, higher_but_rejected, not_independent, opened_before, percent, points, test_name, test_split_of, verdict_of_run,
};

use futures_util::future::BoxFuture;

use crate::{
    calls::Halt,
    dataset::Split,
    error::Error,
    prompt::Prompt,
    run::{BestPrompt, Decision, EpochSummary, Phase, SplitScores, StrategyKind},
    stats::Score,
    store::{FreshAnswers, SearchRound, StoredEpoch},
    train::{
        evaluate::{Errand, Evaluation},
        memory::Attempt,
        stop::Stop,
    },
};

/// What the loop knows so far. Built from the store alone, so that a resumed run knows the same.
pub struct TrainState {
    /// Scores of the first prompts.
    pub baseline: SplitScores,
    /// The last accepted prompt with its scores.
    pub best: BestPrompt,
    /// Its version.
    pub best_version: i64,
    /// Its validation, example by example.
    pub best_validation: Evaluation,
    /// Decided epochs, the baseline first.
    pub epochs: Vec<EpochSummary>,
    /// What was tried and how it ended, for the optimizer.
    pub attempts: Vec<Attempt>,
}

impl TrainState {
    /// Text of the best prompt.
    pub fn best_prompt(&self) -> Prompt {
        Prompt { system_prompt: self.best.system_prompt.clone(), output_prompt: self.best.output_prompt.clone() }
    }

    fn next_epoch(&self) -> u32 {
        self.epochs.last().map_or(0, |e| e.epoch + 1)
    }
}

/// What one round of a strategy came to.
pub enum Round {
    /// A decision on a proposal (or on the lack of one).
    Decided(Box<Decided>),
    /// There is nothing a further round could do; the reason is how the run ends.
    Nothing(Stop),
}

/// A decision with everything that is recorded of it.
pub struct Decided {
    /// What was evaluated, none when nothing was.
    pub version: Option<i64>,
    /// Its text.
    pub prompt: Option<Prompt>,
    /// Its validation.
    pub validation: Option<Evaluation>,
    /// Its training score, where the search measured one.
    pub train: Option<Score>,
    /// What a search made in this round besides; empty for `greedy`.
    pub search: SearchRound,
    /// Answers that were asked for anew and count from now on.
    pub fresh: FreshAnswers,
    /// The figures; usage and times are filled in by the loop.
    pub summary: EpochSummary,
    /// What the optimizer is told about it later.
    pub attempt: Attempt,
}

impl Decided {
    /// A round that evaluated nothing.
    fn nothing(summary: EpochSummary, attempt: Attempt) -> Self {
        Self {
            version: None,
            prompt: None,
            validation: None,
            train: None,
            search: SearchRound::default(),
            fresh: FreshAnswers::default(),
            summary,
            attempt,
        }
    }
}

/// How proposals are searched: one optimizer round with one decision per epoch.
pub trait Strategy: Send + Sync {
    /// One round. It may ask models through the context; it records nothing but the proposal.
    fn round<'a>(&'a self, context: &'a Context, state: &'a mut TrainState, epoch: u32) -> BoxFuture<'a, Result<Round, Halt>>;
}

/// Drives a run from where the store says it is to its end, and says in words why it ended.
pub async fn train(context: &Context) -> Result<String, Halt> {
    let strategy: &dyn Strategy = match context.config.strategy {
        StrategyKind::Greedy => &greedy::Greedy,
        StrategyKind::Pareto => &pareto::Pareto,
    };
    let ending = match context.store.ending(context.run.id).await? {
        Some(ending) => ending,
        None => {
            let stop = match search(context, strategy).await {
                Ok(stop) => stop,
                Err(Halt::Finish) => Stop::FinishedNow,
                Err(Halt::Budget(limit)) => Stop::Budget(limit),
                Err(halt) => return Err(halt),
            };
            let ending = stop.to_string();
            context.store.save_ending(context.run.id, ending.clone()).await?;
            ending
        }
    };
    let measured = context.store.run(context.run.id).await?.baseline.validation.is_some();
    if !measured && is_limit(&ending) && context.run.splits.test > 0 {
        // Without them test figures would prove nothing, and the seal would be gone.
        return Ok(format!("{ending} The first prompts were not measured to the end, so the test split is not opened."));
    }
    let unmeasured = test_split::open(context).await?;
    Ok(match unmeasured {
        Some(reason) => format!("{ending} {reason}"),
        None => ending,
    })
}

/// Asks again for what has no answer under the baseline and the best prompt of a run that has completed, and takes over their scores.
/// Gives the reason the run ended for, as it was; what keeps examples from being asked for is a warning.
pub async fn retry_missing(context: &Context, ended_for: Option<String>) -> Result<String, Halt> {
    match answer_missing(context).await {
        Ok(()) => {
            let left = context.store.askable(context.run.id).await?.examples;
            if left > 0 {
                context.warn(format!("{ASKED_AGAIN}{} no answer still. The log of calls says why.", words::examples_have(left))).await?;
            }
        }
        Err(Halt::Finish | Halt::Stop | Halt::Pause(None)) => {}
        Err(Halt::Budget(reason) | Halt::Pause(Some(reason)) | Halt::Fail(Error { message: reason, .. })) => {
            context.warn(format!("{STAY_MISSING}{reason}")).await?;
        }
    }
    Ok(ended_for.unwrap_or_else(|| "The missing examples were asked for again.".into()))
}

const ASKED_AGAIN: &str = "Asked again, ";
const STAY_MISSING: &str = "The missing examples stay missing. ";

/// Whether a warning says what came of asking again: only the last of these is true.
pub fn is_of_retry(warning: &str) -> bool {
    warning.starts_with(ASKED_AGAIN) || warning.starts_with(STAY_MISSING)
}

async fn answer_missing(context: &Context) -> Result<(), Halt> {
    let run = &context.run;
    let summary = context.store.run(run.id).await?;
    let (mut baseline, mut best) = (summary.baseline, summary.best);
    let first = context.config.prompt.clone();
    let last = Prompt { system_prompt: best.system_prompt.clone(), output_prompt: best.output_prompt.clone() };
    for (phase, first_score, best_score) in [
        (Phase::Train, &mut baseline.train, &mut best.train),
        (Phase::Validate, &mut baseline.validation, &mut best.validation),
        (Phase::Test, &mut baseline.test, &mut best.test),
    ] {
        // What was never measured stays so: a sealed test split stays sealed.
        if first_score.is_some() {
            *first_score =
                told(context, run.baseline_version, phase, context.evaluate(run.baseline_version, &first, phase, 0).await?).await?;
        }
        if best_score.is_some() {
            // A search asks the best prompts some of the training examples alone, and no others are missing.
            let ids = match phase {
                Phase::Train => context.asked_so_far(run.best_version, Split::Train).await?,
                _ => context.examples_of(evaluate::split_of(phase)).await?,
            };
            let errand = Errand { version: run.best_version, prompt: &last, phase, epoch: best.epoch, most: None };
            *best_score = told(context, run.best_version, phase, context.answer(errand, ids, None).await?).await?;
        }
    }
    Ok(context.store.save_scores(run.id, baseline, best, context.usage()).await?)
}

/// The score of a prompt as its epoch tells it: fresh answers to validation examples are counted.
async fn told(context: &Context, version: i64, phase: Phase, evaluation: Evaluation) -> Result<Option<Score>, Halt> {
    let counted = match phase {
        Phase::Validate => pareto::fresh::counted(context, version, evaluation).await?,
        _ => evaluation,
    };
    Ok(counted.score())
}

/// Epoch after epoch until a reason to stop.
async fn search(context: &Context, strategy: &dyn Strategy) -> Result<Stop, Halt> {
    let mut state = restore(context).await?;
    let meter = context.desk.meter();
    meter.expect_retries();
    let judged = if context.judge.is_some() { 2 } else { 1 };
    let epoch = 1 + u64::from(context.run.splits.validation) * u64::from(context.config.samples.max(1)) * judged;
    // A run that goes on kept them before its first epoch, or never.
    let beside = if state.next_epoch() > 1 { 0 } else { epoch };
    meter.keep_for_test_after_all(test_calls(context.run.splits.test, context.config.samples, context.judge.is_some()), beside);
    loop {
        if let Some(stop) = stop::after(&context.config, &state, context.run.splits.test) {
            return Ok(stop);
        }
        let epoch = state.next_epoch();
        match strategy.round(context, &mut state, epoch).await? {
            Round::Nothing(stop) => {
                // The round measured the best prompt on the training split to find that out.
                context.store.save_scores(context.run.id, state.baseline, state.best.clone(), context.usage()).await?;
                return Ok(stop);
            }
            Round::Decided(decided) => record(context, &mut state, *decided).await?,
        }
    }
}

/// The state as the store has it; a run without epochs gets its baseline here.
async fn restore(context: &Context) -> Result<TrainState, Halt> {
    let run = &context.run;
    let stored = context.store.epochs(run.id).await?;
    if stored.is_empty() {
        return baseline(context).await;
    }
    let summary = context.store.run(run.id).await?;
    let best_prompt = Prompt { system_prompt: summary.best.system_prompt.clone(), output_prompt: summary.best.output_prompt.clone() };
    let best_validation = context.evaluate(run.best_version, &best_prompt, Phase::Validate, summary.best.epoch).await?;
    let best_validation = pareto::fresh::counted(context, run.best_version, best_validation).await?;
    let (proposals, edits) = (context.store.proposals(run.id).await?, context.store.edits(run.id).await?);
    let epochs: Vec<EpochSummary> = stored.into_iter().map(|e| e.summary).collect();
    Ok(TrainState {
        baseline: summary.baseline,
        best: summary.best,
        best_version: run.best_version,
        best_validation,
        attempts: memory::attempts(&epochs, &proposals, &edits, context.config.strategy),
        epochs,
    })
}

/// Epoch 0: the first prompts on train and validation.
async fn baseline(context: &Context) -> Result<TrainState, Halt> {
    let version = context.run.baseline_version;
    let prompt = context.config.prompt.clone();
    let train = context.evaluate(version, &prompt, Phase::Train, 0).await?;
    let validation = context.evaluate(version, &prompt, Phase::Validate, 0).await?;
    let (train, validation) = evaluate::settle_baseline(context, train, validation).await?;
    let usage = context.usage();
    let baseline = SplitScores { train: train.score(), validation: validation.score(), test: None };
    let best = BestPrompt {
        epoch: 0,
        system_prompt: prompt.system_prompt.clone(),
        output_prompt: prompt.output_prompt.clone(),
        train: baseline.train,
        validation: baseline.validation,
        test: None,
    };
    let summary = EpochSummary {
        epoch: 0,
        decision: Decision::Baseline,
        reason: words::AS_WRITTEN.into(),
        train: baseline.train,
        validation: baseline.validation,
        bound: None,
        delta: None,
        p: None,
        fixed: 0,
        broken: 0,
        usage,
        decided_at: context.clock.now_ms(),
        active_ms: context.active_ms(),
    };
    let epoch = StoredEpoch { version: Some(version), before: version, summary: summary.clone() };
    context.store.save_epoch(context.run.id, epoch, baseline, best.clone(), SearchRound::default(), FreshAnswers::default()).await?;
    Ok(TrainState { baseline, best, best_version: version, best_validation: validation, epochs: vec![summary], attempts: Vec::new() })
}

/// Takes over a decision: first on disk, then in the state.
async fn record(context: &Context, state: &mut TrainState, decided: Decided) -> Result<(), Halt> {
    let Decided { version, prompt, validation, train, search, fresh, mut summary, attempt } = decided;
    context.progress.report(context, summary.epoch, Phase::Decide, 1, 1).await?;
    summary.usage = context.usage();
    summary.decided_at = context.clock.now_ms();
    summary.active_ms = context.active_ms();
    let before = state.best_version;
    if let (Decision::Accepted, Some(version), Some(prompt), Some(validation)) = (summary.decision, version, prompt, validation) {
        state.best_version = version;
        state.best = BestPrompt {
            epoch: summary.epoch,
            system_prompt: prompt.system_prompt,
            output_prompt: prompt.output_prompt,
            train,
            validation: summary.validation,
            test: None,
        };
        state.best_validation = validation;
    }
    if let (Some(restated), Some(first)) = (&fresh.restated, state.epochs.first_mut()) {
        state.baseline.validation = restated.validation;
        first.clone_from(restated);
    }
    let epoch = StoredEpoch { version, before, summary: summary.clone() };
    context.store.save_epoch(context.run.id, epoch, state.baseline, state.best.clone(), search, fresh).await?;
    state.epochs.push(summary);
    state.attempts.push(attempt);
    Ok(())
}
