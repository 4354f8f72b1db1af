//! What an ended run came to in figures, and what would help most now.

use super::{Engine, door, run_settings::needs_judge};
use crate::{
    api::RunId,
    dataset::Split,
    error::Result,
    run::{Decision, EpochSummary, Gain, NextAction, NextStep, RoleUsage, RunOutcome, RunStatus, RunSummary, Usage},
    stats::{self, Paired, Score},
    store::{Askable, RunRow},
    train::{self, percent},
};

/// A gain below this p is called real.
const REAL: f64 = 0.05;
/// The best is fresh when it was found in so many last epochs: it may not be the last.
const FRESH_EPOCHS: u32 = 2;
/// A search of fewer epochs has hardly begun.
const FEW_EPOCHS: u32 = 4;
/// Training ahead of validation by so much speaks of learning by heart.
const WIDE_GAP: f64 = 0.1;

impl Engine {
    /// What a run came to, for its verdict card.
    #[door]
    pub async fn run_outcome(&self, request: RunId) -> Result<RunOutcome> {
        let run = self.run(request.run).await?;
        if !matches!(run.status, RunStatus::Completed | RunStatus::Cancelled | RunStatus::Failed) {
            return Ok(RunOutcome { validation: None, test: None, next: Vec::new() });
        }
        let row = self.store().run_row(run.id).await?;
        let epochs: Vec<EpochSummary> = self.store().epochs(run.id).await?.into_iter().map(|e| e.summary).collect();
        let mut outcome = RunOutcome { validation: None, test: None, next: Vec::new() };
        if run.best.epoch > 0 {
            if run.baseline.validation.is_some() {
                outcome.validation = self.gain(&run, &row, Split::Validation, run.splits.validation).await?;
            }
            if run.best.test.is_some() && run.baseline.test.is_some() {
                outcome.test = self.gain(&run, &row, Split::Test, run.splits.test).await?;
            }
        }
        outcome.next = next_steps(&run, &epochs, &outcome, self.store().askable(run.id).await?);
        if self.store().has_one_truth(run.id).await? {
            // Whatever else is said of the run, it learnt one answer.
            outcome.next.retain(|step| step.action != NextAction::MoreExamples);
            let reason = "Every ground truth of its data is the same, so prompts that always answer it score 100%: this says nothing about the \
                          task. Check which column is the ground truth, or add examples with other ones.";
            outcome.next.insert(0, NextStep { action: NextAction::MoreExamples, reason: reason.into() });
        }
        Ok(outcome)
    }

    /// The gain on the examples of a split that both prompts answered, both scores taken from them alone. Its 95 % interval agrees with
    /// its test and is the one of Compare.
    async fn gain(&self, run: &RunSummary, row: &RunRow, split: Split, all: u32) -> Result<Option<Gain>> {
        let (before, after) = self.answered_by_both(run, row.baseline_version, row.best_version, split).await?;
        let Paired { n, delta, low, high, p, fixed, broken, .. } =
            stats::paired(&before, &after, run.config.matched_from(), run.config.seed);
        let missing = all.saturating_sub(n);
        let score = |scores: &[f64]| Score::of_scores(scores, missing, run.config.seed);
        Ok(score(&before).zip(score(&after)).map(|(before, after)| Gain { before, after, delta, low, high, p, fixed, broken, n }))
    }
}

/// A limit leaves less than the last epoch took, what is kept for the test split set aside.
fn is_at_its_limit(run: &RunSummary, epochs: &[EpochSummary]) -> bool {
    let Some(last) = epochs.last().map(|e| e.usage) else { return false };
    let before = epochs.iter().rev().nth(1).map(|e| e.usage).unwrap_or_default();
    let judged = run.config.judge.is_some();
    let kept = train::test_calls(run.splits.test, run.config.samples, judged) as f64;
    // What is kept in tokens and dollars is about what a call came to so far.
    let is_short = |most: Option<f64>, of: &dyn Fn(&Usage) -> f64| {
        let spent = of(&last);
        let per_call = spent / (last.calls as f64).max(1.0);
        most.is_some_and(|most| most - spent - kept * per_call < (spent - of(&before)).max(per_call))
    };
    let budget = run.config.budget;
    is_short(budget.max_calls.map(|n| n as f64), &|u| u.calls as f64)
        || is_short(budget.max_tokens.map(|n| n as f64), &|u| (u.prompt_tokens + u.completion_tokens) as f64)
        || is_short(budget.max_cost, &|u| u.cost.unwrap_or(0.0))
        || budget.max_seconds.is_some_and(|most| run.active_ms >= most * 1000)
}

/// Training stands far ahead of validation, further than chance explains.
fn is_wide(train: Score, validation: Score) -> bool {
    train.score - validation.score > WIDE_GAP && train.low > validation.score && train.score > validation.high
}

/// What asking again takes at most, retries apart, and about what it costs: what the run's calls came to so far.
fn retry_words(run: &RunSummary, questions: u64) -> String {
    let roles = run.usage.by_role;
    let judged = needs_judge(&run.config);
    let answers = questions * u64::from(run.config.samples.max(1));
    let calls = if judged { answers * 2 } else { answers };
    let count = if calls == 1 { "1 call".to_owned() } else { format!("up to {} calls", crate::calls::grouped(calls)) };
    let per_call = |role: RoleUsage| role.cost.map(|cost| cost / (role.calls.max(1) as f64));
    let judge = if judged { per_call(roles.judge) } else { Some(0.0) };
    match per_call(roles.primary).zip(judge) {
        None => format!("{count}, cost unknown"),
        Some((primary, judge)) if primary + judge > 0.0 => format!("{count}, about ${:.4}", answers as f64 * (primary + judge)),
        Some(_) => count,
    }
}

/// What to do now, the best first. `askable`: what of the missing answers the figures of the run want.
fn next_steps(run: &RunSummary, epochs: &[EpochSummary], outcome: &RunOutcome, askable: Askable) -> Vec<NextStep> {
    let mut next = Vec::new();
    let mut suggest = |action: NextAction, reason: String| next.push(NextStep { action, reason });
    let decided: Vec<&EpochSummary> = epochs.iter().filter(|e| e.epoch > 0).collect();
    let last = decided.last().map_or(0, |e| e.epoch);
    let invalid = decided.iter().filter(|e| e.decision == Decision::Invalid).count();
    let ended_early = last < run.config.epochs;
    let limited = run.stop_reason.as_deref().is_some_and(train::is_limit);
    let at_limit = ended_early && (limited || (run.status == RunStatus::Cancelled && is_at_its_limit(run, epochs)));
    if askable.examples > 0 && run.status == RunStatus::Completed {
        let (examples, takes) = (train::examples_have(askable.examples), retry_words(run, askable.questions));
        suggest(
            NextAction::RetryMissing,
            format!("Under its first or best prompts {examples} no answer. Ask for them again before you trust the figures: {takes}."),
        );
    }
    // Of the best prompts alone: that of those before them says nothing of what they fit.
    let train = run.best.train;
    let asked = |s: Score| s.n + s.missing;
    // A search asks the best prompts some of the examples alone.
    let all = |t: Score| run.baseline.train.is_none_or(|first| asked(t) >= asked(first));
    let nothing_left = train.is_some_and(|t| t.n > 0 && t.score >= 1.0 && all(t));
    if run.best.epoch == 0 {
        if nothing_left {
            suggest(
                NextAction::MoreExamples,
                "Every training example is right from the start, so there is nothing to learn from. Add harder examples.".into(),
            );
        } else if !decided.is_empty() && invalid * 2 > decided.len() {
            let locked = decided.iter().filter(|e| e.decision == Decision::Invalid && train::is_of_lock(&e.reason)).count();
            let all = decided.len();
            let advice = if locked * 2 > invalid {
                format!("{locked} of {all} proposals changed a text that is locked. Lock less, or lock it in shorter parts.")
            } else {
                format!("{invalid} of {all} proposals could not be used. Choose a stronger optimizer model.")
            };
            suggest(NextAction::OtherSettings, advice);
        } else if at_limit {
            suggest(
                NextAction::MoreBudget,
                "A limit ended the search early. With more it goes on; answers on disk are not bought again.".into(),
            );
        } else if !decided.is_empty() {
            if let Some(higher) = train::higher_but_rejected(epochs) {
                suggest(
                    NextAction::MoreExamples,
                    format!(
                        "Epoch {} may be a gain that {} validation examples cannot show. More of them would.",
                        higher.epoch, run.splits.validation
                    ),
                );
            }
            let other = "a stronger optimizer model, more examples shown, or other first prompts";
            let few = run.status == RunStatus::Completed && !ended_early && last < FEW_EPOCHS;
            if few {
                let epochs = if last == 1 { "1 epoch is".to_owned() } else { format!("{last} epochs are") };
                suggest(
                    NextAction::OtherSettings,
                    format!("{epochs} few: run it again with more of them; answers on disk are not bought again. Or try {other}."),
                );
            }
            suggest(
                NextAction::ReviewLabels,
                "Look at the examples that every prompt gets wrong: a wrong label caps the score, and correcting it is the cheapest gain."
                    .into(),
            );
            if !few {
                suggest(NextAction::OtherSettings, format!("Try {other}."));
            }
        }
        if let Some(known) = train::not_independent(run).filter(|_| run.best.test.is_some()) {
            suggest(NextAction::MoreExamples, known);
        }
        return next;
    }
    let judged = outcome.test.as_ref().or(outcome.validation.as_ref());
    let sure = judged.is_some_and(|g| g.delta > 0.0 && g.p < REAL);
    if let (true, Some(known)) = (outcome.test.is_some(), train::not_independent(run)) {
        suggest(NextAction::MoreExamples, known);
    } else if outcome.test.is_some() && sure {
        suggest(NextAction::UsePrompts, format!("The gain holds on {}.", train::test_split_of(run)));
        if run.test_opened_before > 0 {
            // How many had been opened is said with the run's warnings.
            suggest(NextAction::MoreExamples, "New test examples, which no run has seen, would confirm it.".into());
        }
    }
    if at_limit {
        suggest(
            NextAction::MoreBudget,
            "A limit ended the search early. With more it goes on; answers on disk are not bought again.".into(),
        );
    } else if run.status == RunStatus::Completed
        && !ended_early
        && last.saturating_sub(run.best.epoch) < FRESH_EPOCHS
        // From prompts that the test speaks against nobody goes on.
        && judged.is_none_or(|gain| gain.delta > 0.0 || gain.p >= REAL)
    {
        suggest(
            NextAction::GoOn,
            format!("The best came late, in epoch {} of {last}: more epochs may find more. Go on from there.", run.best.epoch),
        );
    }
    if !sure && let Some(gain) = judged {
        let split = if outcome.test.is_some() { "test" } else { "validation" };
        let seen = if gain.delta > 0.0 { "this gain" } else { "this loss" };
        let reason = if gain.delta == 0.0 {
            format!("On {} {split} examples both prompts score the same. More of them would show a smaller difference.", gain.n)
        } else if gain.delta < 0.0 && gain.p < REAL {
            format!("On {} {split} examples the first prompts are better. More validation examples would keep luck from choosing.", gain.n)
        } else {
            format!("{} {split} examples are too few to tell {seen} from chance. More of them would settle it.", gain.n)
        };
        suggest(NextAction::MoreExamples, reason);
    }
    if nothing_left {
        suggest(
            NextAction::MoreExamples,
            "Every training example is right, so there is nothing left to learn from. Add harder examples.".into(),
        );
    } else if let (Some(train), Some(validation)) = (train, run.best.validation)
        // Those that edits were tried on are no fair part of the training split.
        && all(train)
        && is_wide(train, validation)
    {
        suggest(
            NextAction::MoreExamples,
            format!(
                "Training stands at {}, validation at {}: the prompts fit the examples they were made from better than new ones. More \
                 training examples help.",
                percent(train.score),
                percent(validation.score)
            ),
        );
    }
    if outcome.test.is_none() && sure {
        suggest(
            NextAction::UsePrompts,
            format!("The gain on validation is not chance, though no test split confirms it. Epoch {} is the best.", run.best.epoch),
        );
    }
    next
}
