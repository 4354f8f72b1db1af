//! Figures and outcomes as sentences.

use super::evaluate::{Evaluation, too_many};
use crate::{
    run::{Bound, Decision, EpochSummary, MissingCause, RunSummary},
    stats::{Paired, in_points},
};

/// Why there is an epoch 0.
pub const AS_WRITTEN: &str = "The first prompts, as written.";

/// Below it a difference is more than chance: that of the 95 % intervals.
const LEVEL: f64 = 0.05;

/// 0.535 as `53.5%`, as the window writes it.
pub fn percent(share: f64) -> String {
    percent_in(share, 1)
}

fn percent_in(share: f64, digits: usize) -> String {
    let percents = share * 100.0;
    // One digit after the point halves exactly at odd quarters alone. The window rounds them up, Rust's formatting to the even digit.
    let halved = digits == 1 && (percents * 4.0) % 2.0 == 1.0;
    format!("{:.digits$}%", if halved { percents + 0.01 } else { percents })
}

/// 0.045 as `+4.5 points`.
pub fn points(delta: f64) -> String {
    format!("{:+.1} points", in_points(delta))
}

/// 0.045 as `4.5 points`: an amount without a direction.
pub fn amount(points: f64) -> String {
    format!("{:.1} points", in_points(points))
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") }
}

/// A paired comparison: `+10.5 points, 13 fixed, 2 broken of 200, p = 0.007`.
pub fn figures(paired: &Paired) -> String {
    format!("{}, {} fixed, {} broken of {}, {}", points(paired.delta), paired.fixed, paired.broken, paired.n, p_value(paired.p))
}

fn cause(cause: MissingCause) -> &'static str {
    match cause {
        MissingCause::ContentFilter => "the provider's content filter",
        MissingCause::TooLong => "inputs too long for the model",
        MissingCause::RateLimited => "the provider's rate limit",
        MissingCause::Timeout => "no answer in time",
        MissingCause::ServerError => "errors of the server",
        MissingCause::Network => "the connection",
        MissingCause::UnreadableBody => "answers that cannot be read",
        MissingCause::Refused => "requests the server refused",
        MissingCause::JudgeFailed => "the judge, which gave no score",
    }
}

/// Why a proposal cannot be accepted, or an epoch cannot be decided.
pub fn too_many_missing(evaluation: &Evaluation, split: &str) -> String {
    let why = match evaluation.main_cause() {
        Some((main, Some(words))) => format!(", mostly because of {} ({})", cause(main), words.trim_end_matches('.')),
        Some((main, None)) => format!(", mostly because of {}", cause(main)),
        None => String::new(),
    };
    format!("{} of {} {split} examples have no answer{why}.", evaluation.missing(), evaluation.results.len())
}

/// The epoch that would be the best but for examples without an answer; the highest of several.
pub fn lost_to_missing(epochs: &[EpochSummary]) -> Option<&EpochSummary> {
    let lost = epochs.iter().filter(|e| {
        let incomplete = e.validation.is_some_and(|s| too_many(s.missing as usize, (s.n + s.missing) as usize));
        e.decision == Decision::Rejected && e.delta.is_some_and(|d| d > 0.0) && incomplete
    });
    highest(lost)
}

fn highest<'e>(epochs: impl Iterator<Item = &'e EpochSummary>) -> Option<&'e EpochSummary> {
    epochs.max_by(|a, b| a.delta.partial_cmp(&b.delta).unwrap_or(std::cmp::Ordering::Equal))
}

/// The highest of the epochs that stood above the best and were not accepted all the same: not beyond chance, or not confirmed.
pub fn higher_but_rejected(epochs: &[EpochSummary]) -> Option<&EpochSummary> {
    let higher = epochs.iter().filter(|e| e.decision == Decision::Rejected && e.validation.is_some() && e.delta.is_some_and(|d| d > 0.0));
    highest(higher)
}

/// Why a validation was stopped early.
pub fn bounded(bound: &Bound) -> String {
    format!("Cannot beat the best: {} after {} of {} validation examples; the rest was not asked.", reach(bound), bound.n, bound.of)
}

/// Why a race was given up: it was lost, or as good as lost.
pub fn given_up(n: u32, delta: f64, bound: &Bound) -> String {
    // Sums in another order differ in the last bits; a tie is no win.
    let chance = if bound.score > bound.best + 1e-9 {
        "and hardly a chance to catch up".to_owned()
    } else {
        format!("and no chance to win any more, {}", reach(bound))
    };
    format!("Given up after {n} validation examples: {} {chance}.", points(delta))
}

/// How far a bound reaches, beside the best it cannot beat. Two figures that differ are written so that they do.
fn reach(bound: &Bound) -> String {
    let both = |digits| [bound.score, bound.best].map(|share| percent_in(share, digits));
    // Sums in another order differ in the last bits; that is a tie.
    if bound.best - bound.score < 1e-9 {
        return format!("at most a tie at {}", percent(bound.best));
    }
    let [most, best] = [1, 2, 3].map(both).into_iter().find(|[most, best]| most != best).unwrap_or_else(|| both(4));
    format!("at most {most} against {best}")
}

/// `1 example has`, `12 examples have`.
pub fn examples_have(count: u64) -> String {
    if count == 1 { "1 example has".into() } else { format!("{count} examples have") }
}

/// Which examples leave a run for good.
pub fn left_out(examples: &[(i64, MissingCause)]) -> String {
    let filtered = examples.iter().filter(|(_, c)| *c == MissingCause::ContentFilter).count();
    let long = examples.len() - filtered;
    let mut parts = Vec::new();
    if filtered > 0 {
        parts.push(format!("{filtered} filtered by the provider"));
    }
    if long > 0 {
        parts.push(format!("{long} too long for the model"));
    }
    let plural = if examples.len() == 1 { "example is" } else { "examples are" };
    format!("{} {plural} left out of the whole run: {}.", examples.len(), parts.join(", "))
}

/// What is said when the limit on calls leaves fewer than the test split takes.
pub const TEST_NOT_OPENED: &str = "The budget did not suffice for the test split, so it was not opened: there are no test figures.";

/// What is said when the budget ends within the test split.
pub const NOT_ENOUGH_FOR_TEST: &str =
    "The budget did not suffice for the test split: there are no test figures, though its examples count as opened.";

/// What is known of a test split that is no longer sealed.
pub fn opened_before(opened: u32, all: u32) -> String {
    format!("{opened} of {all} test examples were opened by an earlier run, so the test figures are no longer independent.")
}

/// What the test split is called beside figures on it.
pub fn test_name(opened_before: u32) -> &'static str {
    if opened_before == 0 { "Sealed test" } else { "Test, opened before" }
}

/// A run's test split as part of a sentence: whether it was sealed until the run opened it.
pub fn test_split_of(run: &RunSummary) -> &'static str {
    if run.test_opened_before == 0 { "the sealed test split" } else { "a test split that an earlier run had opened" }
}

/// What must be said of a test split that was no secret: inputs of it stand in training or validation too. None where none does.
pub fn not_independent(run: &RunSummary) -> Option<String> {
    let (known, all) = (run.test_known, run.splits.test);
    let stand = if known == 1 { "example has an input that stands" } else { "examples have inputs that stand" };
    (known > 0).then(|| {
        format!("{known} of {all} test {stand} in training or validation too and prove nothing: take the copies out on Data and run again.")
    })
}

/// The result of an ended run in plain words.
pub fn verdict_of_run(run: &RunSummary, epochs: &[EpochSummary], test: Option<&Paired>, validation: Option<&Paired>) -> String {
    if run.best.epoch == 0 && run.baseline.validation.is_none() {
        return "Nothing was compared: the run ended before the first prompts were measured on the validation split.".into();
    }
    if run.best.epoch == 0 && run.epochs_done == 0 {
        return "No proposal was decided, so the first prompts stay as they are.".into();
    }
    let mut proposed = epochs.iter().filter(|e| e.epoch > 0).peekable();
    if run.best.epoch == 0 && proposed.peek().is_some() && proposed.all(|e| e.decision == Decision::Invalid) {
        return "No proposal could be used, so nothing was compared: the first prompts stay as they are.".into();
    }
    if let (0, Some(lost)) = (run.best.epoch, lost_to_missing(epochs)) {
        let score = lost.validation.map_or(String::new(), |s| format!(" with {}", percent(s.score)));
        return format!(
            "The first prompts stay, though epoch {} scored {} more{score}: it does not count, as {} Run it again once the model answers.",
            lost.epoch,
            amount(lost.delta.unwrap_or_default()),
            lost.reason
        );
    }
    if let (0, Some(higher)) = (run.best.epoch, higher_but_rejected(epochs)) {
        let score = higher.validation.map_or(String::new(), |s| format!(" with {}", percent(s.score)));
        return format!(
            "The first prompts stay. Epoch {} scored {} more on validation{score}, which was not taken for a gain: {}",
            higher.epoch,
            amount(higher.delta.unwrap_or_default()),
            higher.reason
        );
    }
    let known = not_independent(run).filter(|_| run.best.test.is_some());
    // After a sentence that claims nothing.
    let besides = known.as_ref().map(|known| format!(" {known}")).unwrap_or_default();
    if run.best.epoch == 0 {
        return format!("Nothing beat the baseline: the first prompts are still the best.{besides}");
    }
    let sealed = test_split_of(run);
    let on_validation = match validation {
        Some(v) if v.n > 0 && v.p >= LEVEL => "Higher on validation, though that may be chance",
        _ => "Better on validation",
    };
    match (test, validation) {
        (Some(test), _) if test.n > 0 && test.delta > 0.0 && test.p < LEVEL => {
            let ready = format!("The prompts of epoch {} are ready to use.", run.best.epoch);
            format!("Better on {sealed}: {}. {}", figures(test), known.map_or(ready, |known| format!("But {known}")))
        }
        (Some(test), _) if test.n > 0 && test.delta <= 0.0 => {
            let advice = match (test.delta, test.p < LEVEL) {
                (_, true) => "The first prompts are the better ones: keep them.",
                (0.0, _) => "Nothing speaks for the new prompts yet: keep the first ones, unless more test examples show a gain.",
                _ => "The gain may be luck: keep the first prompts, unless more test examples show a gain.",
            };
            format!("{on_validation}, but not on {sealed}: {}. {advice}{besides}", figures(test))
        }
        (Some(test), _) if test.n > 0 => {
            format!("{on_validation}; on {sealed} the gain is not beyond chance: {}.{besides}", figures(test))
        }
        (_, Some(validation)) if validation.n > 0 => {
            format!("{on_validation}: {}. There are no test figures, so nothing independent confirms it.", figures(validation))
        }
        _ => format!("The prompts of epoch {} are the best so far.", run.best.epoch),
    }
}

/// The phrase stands in the text as whole words.
pub fn says(text: &str, phrase: &str) -> bool {
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase).any(|(at, _)| !inside(text[..at].chars().next_back()) && !inside(text[at + phrase.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_rounded_as_in_the_window_whichever_side_is_first() {
        assert_eq!([33.0 / 400.0, -33.0 / 400.0, 207.0 / 400.0].map(points), ["+8.3 points", "-8.3 points", "+51.8 points"]);
        assert_eq!((amount(0.0625), amount(1.0 / 3.0), points(0.0)), ("6.3 points".into(), "33.3 points".into(), "+0.0 points".into()));
    }

    #[test]
    fn what_cannot_win_is_not_said_to_have_hardly_a_chance() {
        let bound = |score| Bound { score, best: 0.873, n: 50, of: 55 };
        assert_eq!(
            given_up(50, -0.02, &bound(0.855)),
            "Given up after 50 validation examples: -2.0 points and no chance to win any more, at most 85.5% against 87.3%."
        );
        assert!(given_up(20, -0.1, &bound(0.9)).ends_with("-10.0 points and hardly a chance to catch up."));
    }
}
