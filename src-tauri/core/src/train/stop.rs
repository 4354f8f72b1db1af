//! When a run ends by itself, and how that is said.

use super::{TrainState, words};
use crate::{
    calls::Meter,
    dataset::SplitSizes,
    run::{Decision, EpochSummary, RunConfig},
};

/// Why the search ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// Every training and validation example matches.
    Perfect,
    /// Every training example matches, but not every validation example.
    NothingToLearn {
        /// Validation score of the best.
        validation: Option<f64>,
        /// It is so under the best prompts; else under later ones that validation does not prefer.
        of_best: bool,
    },
    /// Validation has the highest score there is, so that nothing can be accepted any more.
    NothingHigher,
    /// So many epochs in a row brought nothing.
    Patience {
        /// So many.
        epochs: u32,
        /// Calls of the limit that more patience could spend; none where there is no limit, or not enough for an epoch.
        left: Option<u64>,
    },
    /// The target score is reached.
    Target(f64),
    /// All epochs are done.
    EpochsDone {
        /// So many.
        epochs: u32,
        /// Calls of the limit that further epochs could spend; none where there is no limit, or not enough for one.
        left: Option<u64>,
    },
    /// Everything that fails was shown to the optimizer again and again.
    NothingLeft {
        /// Training examples that fail.
        failing: usize,
        /// How often each was shown, at least.
        shown: u32,
    },
    /// Only the first prompts were to be measured.
    BaselineOnly,
    /// So many unusable proposals in a row.
    Unusable(u32),
    /// A limit; in words.
    Budget(String),
    /// So many calls are left, too few for a further round.
    TooFewCalls(u64),
    /// The user asked for it.
    FinishedNow,
}

/// A model that writes nothing usable so often in a row will not.
pub const MOST_UNUSABLE: u32 = 5;

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Perfect => f.write_str("Every training and validation example matches."),
            Self::NothingHigher => f.write_str(
                "Every validation example has the full score, so no proposal can be accepted any more. \
                 More or harder validation examples would show further gains.",
            ),
            Self::NothingToLearn { validation, of_best } => {
                f.write_str(if *of_best {
                    "Every training example matches, so the optimizer has nothing left to learn from"
                } else {
                    "Every training example matches under later prompts, which validation does not prefer, so the optimizer has nothing left \
                     to learn from"
                })?;
                match validation {
                    Some(score) => write!(f, "; validation stands at {}. More training examples would help.", words::percent(*score)),
                    None => f.write_str("."),
                }
            }
            Self::Patience { epochs, left } => {
                match epochs {
                    1 => f.write_str("The last epoch brought no improvement (patience 1).")?,
                    _ => write!(f, "No improvement for {epochs} epochs.")?,
                }
                unspent(f, *left, "more patience")
            }
            Self::Target(target) => write!(f, "The target of {} on validation is reached.", words::percent(*target)),
            Self::EpochsDone { epochs, left } => {
                match epochs {
                    1 => f.write_str("The one epoch asked for is done.")?,
                    _ => write!(f, "All {epochs} epochs are done.")?,
                }
                unspent(f, *left, "more epochs")
            }
            Self::NothingLeft { failing, shown } => {
                if *failing == 0 {
                    return f.write_str(
                        "No training example is known to fail under the best prompts, so there is nothing left to try. \
                         More training examples would help.",
                    );
                }
                let examples = if *failing == 1 {
                    "The one training example that fails was".into()
                } else {
                    format!("The {failing} training examples that fail were")
                };
                write!(
                    f,
                    "{examples} shown to the optimizer {shown} times or more without a fix, so there is nothing left to try. \
                     More training examples or another optimizer model would help."
                )
            }
            Self::BaselineOnly => f.write_str("The prompt was measured as it is."),
            Self::Unusable(count) => {
                write!(f, "The optimizer wrote {count} unusable proposals in a row; each epoch says what was wrong with its own.")
            }
            Self::Budget(limit) => f.write_str(limit),
            Self::TooFewCalls(calls) => {
                write!(f, "{LIMIT_ON_CALLS}{}, the test split apart: too few for another round.", crate::calls::grouped(*calls))
            }
            Self::FinishedNow => f.write_str("Finished early, as you asked."),
        }
    }
}

/// Whether a run ended for this reason because a limit was reached.
pub fn is_limit(reason: &str) -> bool {
    [Meter::BUDGET, Meter::TIME_LIMIT, LIMIT_ON_CALLS].iter().any(|start| reason.starts_with(start))
}

const LIMIT_ON_CALLS: &str = "The limit on calls leaves ";

/// What is left of a limit on calls for the search, and what would spend it. The test split is measured after this is said, and may come
/// from disk.
fn unspent(f: &mut std::fmt::Formatter<'_>, left: Option<u64>, by: &str) -> std::fmt::Result {
    left.map_or(Ok(()), |left| {
        let left = crate::calls::grouped(left);
        write!(f, " When the search ended, the limit left {left} calls for more epochs, the test split apart; {by} would spend them.")
    })
}

/// How many epochs at the end fulfil this.
fn in_a_row(epochs: &[EpochSummary], fulfils: impl Fn(&EpochSummary) -> bool) -> u32 {
    u32::try_from(epochs.iter().rev().take_while(|e| fulfils(e)).count()).unwrap_or(u32::MAX)
}

/// The reason to stop after the decided epochs, if there is one.
pub fn after(config: &RunConfig, state: &TrainState, test_examples: u32) -> Option<Stop> {
    if config.epochs == 0 {
        return Some(Stop::BaselineOnly);
    }
    if let (Some(target), Some(score)) = (config.target_score, state.best.validation)
        && score.score >= target
    {
        return Some(Stop::Target(target));
    }
    let unusable = in_a_row(&state.epochs, |e| e.decision == Decision::Invalid);
    if unusable >= MOST_UNUSABLE {
        return Some(Stop::Unusable(unusable));
    }
    let fruitless = in_a_row(&state.epochs, |e| matches!(e.decision, Decision::Rejected | Decision::Invalid));
    if config.patience > 0 && fruitless >= config.patience {
        return Some(Stop::Patience { epochs: fruitless, left: left(config, state, test_examples) });
    }
    let done = state.epochs.last().map_or(0, |e| e.epoch);
    (done >= config.epochs).then(|| Stop::EpochsDone { epochs: config.epochs, left: left(config, state, test_examples) })
}

/// Calls of the limit that are left after the test split, where they are enough for another epoch as the last ones were.
fn left(config: &RunConfig, state: &TrainState, test_examples: u32) -> Option<u64> {
    let (first, last) = (state.epochs.first()?.usage.calls, state.epochs.last()?);
    let kept = test_calls(test_examples, config.samples, config.judge.is_some());
    let left = config.budget.max_calls?.saturating_sub(last.usage.calls).saturating_sub(kept);
    (last.epoch > 0 && left > (last.usage.calls - first) / u64::from(last.epoch)).then_some(left)
}

/// Calls the test split will take at most: baseline and best.
pub fn test_calls(test_examples: u32, samples: u32, judged: bool) -> u64 {
    u64::from(test_examples) * u64::from(samples.max(1)) * 2 * if judged { 2 } else { 1 }
}

/// Calls of the first prompts at most: training and validation.
pub fn first_calls(splits: SplitSizes, samples: u32, judged: bool) -> u64 {
    (u64::from(splits.train) + u64::from(splits.validation)) * u64::from(samples.max(1)) * if judged { 2 } else { 1 }
}

/// Sets aside what the test split will need beside the first prompts; the sentence warns when the budget is too small for it.
pub fn keep_for_test(meter: &Meter, calls: u64, first: u64) -> Option<String> {
    (!meter.keep_for_test(calls, first)).then(|| {
        format!(
            "The budget is too small to keep {} calls for the test split; the run may end without test figures.",
            crate::calls::grouped(calls)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_known_by_its_reason_and_nothing_else_is_taken_for_one() {
        let spent = |start: &str| Stop::Budget(format!("{start}9 is reached."));
        for limit in [spent(Meter::BUDGET), spent(Meter::TIME_LIMIT), Stop::TooFewCalls(7)] {
            assert!(is_limit(&limit.to_string()), "{limit}");
        }
        let others = [
            Stop::Perfect,
            Stop::NothingHigher,
            Stop::NothingToLearn { validation: Some(0.5), of_best: true },
            Stop::Patience { epochs: 2, left: Some(90) },
            Stop::Target(0.9),
            Stop::EpochsDone { epochs: 3, left: Some(90) },
            Stop::NothingLeft { failing: 2, shown: 3 },
            Stop::BaselineOnly,
            Stop::Unusable(5),
            Stop::FinishedNow,
        ];
        for other in others {
            assert!(!is_limit(&other.to_string()), "{other}");
        }
    }
}
