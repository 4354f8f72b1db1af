//! Scoring one answer with everything a run measures.

use regex::{Regex, RegexBuilder};

use super::{
    JudgeScore, MetricKind, MetricSpec, Scored, json,
    label::Labels,
    normalise::normalise,
    number::{Number, only_number},
    text::{contains, edit_similarity, token_f1},
};
use crate::{Error, Result, run::Outcome};

/// Stands for the ground truth in a pattern.
const TRUTH: &str = "{{truth}}";
/// As long as [`TRUTH`], so that a position in the compiled pattern is one in the written pattern.
const TRUTH_SAMPLE: &str = "(?:truth)";
/// Bytes a compiled pattern may take; a long ground truth inside one needs more than the default.
const PATTERN_BYTES: usize = 64 << 20;

/// The metrics of a run, checked and compiled once.
#[derive(Debug)]
pub struct Scorer {
    metrics: Vec<(Metric, f64)>,
    labels: Labels,
    match_threshold: f64,
}

/// A metric ready for use.
#[derive(Debug)]
enum Metric {
    Exact,
    Normalised,
    Contains,
    Pattern(Regex),
    PatternWithTruth(String),
    Number(f64),
    F1,
    Edit,
    Json,
    JsonFields(Vec<String>),
    Label,
    Judge,
}

/// The least score that counts as having reached the threshold: sums of weights and means of samples end a little beside what they are
/// (nine tenths and one tenth of nothing come to 0.8999999999999999).
pub fn matched_from(threshold: f64) -> f64 {
    if threshold < 1.0 { threshold - 1e-12 } else { threshold }
}

impl Scorer {
    /// Checks the metrics. `labels` are the different truths where there are at most 50, for the label metric;
    /// `match_threshold` is the score in (0, 1] from which an example is a match.
    pub fn new(specs: &[MetricSpec], labels: &[String], match_threshold: f64) -> Result<Self> {
        if specs.is_empty() {
            return Err(Error::invalid("No metric is chosen. Choose at least one, for instance exact match."));
        }
        if !(match_threshold > 0.0 && match_threshold <= 1.0) {
            return Err(Error::invalid(format!("The match threshold is {match_threshold}. It must be above 0 and at most 1.")));
        }
        if specs.iter().filter(|s| matches!(s.metric, MetricKind::Judge { .. })).count() > 1 {
            return Err(Error::invalid("There is more than one judge. Put everything a good answer needs into one rubric."));
        }
        let mut metrics = Vec::with_capacity(specs.len());
        for MetricSpec { metric, weight } in specs {
            if !(weight.is_finite() && *weight > 0.0) {
                return Err(Error::invalid(format!("The weight of \"{metric}\" is {weight}. It must be a number above 0.")));
            }
            metrics.push((Metric::new(metric)?, *weight));
        }
        // Divided by the largest first, so that a sum of huge weights stays finite.
        let largest = metrics.iter().fold(0.0_f64, |m, (_, w)| m.max(*w));
        let sum: f64 = metrics.iter().map(|(_, w)| w / largest).sum();
        for (_, weight) in &mut metrics {
            *weight = *weight / largest / sum;
        }
        Ok(Self { metrics, labels: Labels::new(labels), match_threshold })
    }

    /// Whether a judge has to be asked before [`Self::score`].
    pub fn needs_judge(&self) -> bool {
        self.metrics.iter().any(|(metric, _)| matches!(metric, Metric::Judge))
    }

    /// Scores an answer, taken out of the response already. Judge metrics take the value that was fetched for this
    /// answer; without one they count 0 and say so, which is why an example whose judge failed should be missing instead.
    pub fn score(&self, answer: &str, truth: &str, judge: Option<&JudgeScore>) -> Scored {
        let mut scores = Vec::with_capacity(self.metrics.len());
        let mut reasons = Vec::new();
        for (metric, _) in &self.metrics {
            let (score, reason) = metric.score(answer, truth, judge, &self.labels);
            scores.push(score);
            if let Some(reason) = reason
                && !reasons.contains(&reason)
            {
                reasons.push(reason);
            }
        }
        let perfect = scores.iter().all(|&s| s == 1.0);
        let mean: f64 = scores.iter().zip(&self.metrics).map(|(score, (_, weight))| score * weight).sum();
        // Weights of a third each add up to a little less than 1; a perfect answer is a match all the same.
        let score = if perfect { 1.0 } else { mean.clamp(0.0, 1.0) };
        let outcome = if score >= matched_from(self.match_threshold) && (perfect || self.match_threshold < 1.0) {
            Outcome::Match
        } else {
            Outcome::NoMatch
        };
        Scored { score, scores, outcome, feedback: (!reasons.is_empty()).then(|| reasons.join("\n")) }
    }
}

impl Metric {
    fn new(kind: &MetricKind) -> Result<Self> {
        Ok(match kind {
            MetricKind::Exact => Self::Exact,
            MetricKind::Normalised => Self::Normalised,
            MetricKind::Contains => Self::Contains,
            MetricKind::Regex { pattern } => {
                let compiled = compile_pattern(pattern)?;
                if pattern.contains(TRUTH) { Self::PatternWithTruth(pattern.clone()) } else { Self::Pattern(compiled) }
            }
            MetricKind::Number { tolerance } => {
                if !(tolerance.is_finite() && *tolerance >= 0.0) {
                    return Err(Error::invalid(format!("The tolerance of a number is {tolerance}. It must be 0 or more.")));
                }
                Self::Number(*tolerance)
            }
            MetricKind::F1 => Self::F1,
            MetricKind::Edit => Self::Edit,
            MetricKind::Json => Self::Json,
            MetricKind::JsonFields { fields } => Self::JsonFields(fields.clone()),
            MetricKind::Label => Self::Label,
            MetricKind::Judge { rubric } if rubric.trim().is_empty() => {
                return Err(Error::invalid("The judge has no rubric. Write what a good answer is."));
            }
            MetricKind::Judge { .. } => Self::Judge,
        })
    }

    /// Score in [0, 1], and where it is not 1, what an optimizer could use.
    fn score(&self, answer: &str, truth: &str, judge: Option<&JudgeScore>, labels: &Labels) -> (f64, Option<String>) {
        let said = |good: bool, reason: &dyn Fn() -> Option<String>| (f64::from(good), if good { None } else { reason() });
        match self {
            Self::Exact => said(answer == truth, &|| nearly(answer, truth)),
            Self::Normalised => said(normalise(answer) == normalise(truth), &|| nearly(answer, truth)),
            Self::Contains => said(contains(answer, truth), &|| is_empty(answer)),
            Self::Pattern(pattern) => said(pattern.is_match(answer), &|| Some(format!("does not match the pattern {pattern}"))),
            Self::PatternWithTruth(pattern) => match build(&with_truth(pattern, truth)) {
                Ok(compiled) => said(compiled.is_match(answer), &|| Some(format!("does not match the pattern {pattern}"))),
                Err(_) => (0.0, Some(format!("the ground truth is too long for the pattern {pattern}"))),
            },
            Self::Number(tolerance) => number(answer, truth, *tolerance),
            Self::F1 => {
                let f1 = token_f1(answer, truth);
                let mut parts: Vec<String> = Vec::new();
                for (name, words) in [("lacks the words", &f1.absent), ("has the surplus words", &f1.extra)] {
                    if !words.is_empty() {
                        parts.push(format!("{name}: {}", super::clip(&words.join(" "), 120)));
                    }
                }
                (f1.score, is_empty(answer).or_else(|| (!parts.is_empty()).then(|| parts.join("; "))))
            }
            Self::Edit => (edit_similarity(answer, truth), is_empty(answer)),
            Self::Json => {
                let json = json::equality(answer, truth);
                (json.score, json.difference)
            }
            Self::JsonFields(fields) => {
                let json = json::fields(answer, truth, fields);
                (json.score, json.difference)
            }
            Self::Label => match labels.judge(answer, truth) {
                Ok(()) => (1.0, None),
                Err(reason) => (0.0, Some(reason)),
            },
            Self::Judge => match judge {
                Some(JudgeScore { score, feedback }) => {
                    let score = if score.is_nan() { 0.0 } else { score.clamp(0.0, 1.0) };
                    (score, (!feedback.trim().is_empty()).then(|| feedback.trim().to_owned()))
                }
                None => (0.0, Some("the judge gave no score".to_owned())),
            },
        }
    }
}

fn is_empty(answer: &str) -> Option<String> {
    answer.trim().is_empty().then(|| "the answer is empty".to_owned())
}

/// How close an answer that is not equal came.
fn nearly(answer: &str, truth: &str) -> Option<String> {
    if let Some(reason) = is_empty(answer) {
        return Some(reason);
    }
    let reason = if answer.trim() == truth.trim() {
        "equal except for blanks around it"
    } else if normalise(answer) == normalise(truth) {
        "equal except for case, blanks or punctuation"
    } else if contains(answer, truth) {
        "contains the expected answer among other text"
    } else {
        return None;
    };
    Some(reason.to_owned())
}

/// Compares the only number of both. A truth without a number, or with several, is compared normalised.
fn number(answer: &str, truth: &str, tolerance: f64) -> (f64, Option<String>) {
    let Ok(expected) = only_number(truth) else {
        let same = normalise(answer) == normalise(truth);
        return (f64::from(same), if same { None } else { nearly(answer, truth) });
    };
    let written = |number: Number| format!("{}{}", number.written, if number.percent { "%" } else { "" });
    match only_number(answer) {
        Ok(got) if got.is_near(expected, tolerance) => (1.0, None),
        Ok(got) => (0.0, Some(format!("expected {}, got {}", written(expected), written(got)))),
        Err(0) => (0.0, Some("no number found".to_owned())),
        Err(count) => (0.0, Some(format!("{count} numbers found, one was expected"))),
    }
}

fn with_truth(pattern: &str, truth: &str) -> String {
    pattern.replace(TRUTH, &format!("(?:{})", regex::escape(truth)))
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build()
}

/// Compiles a pattern of the user, in which `{{truth}}` stands for the ground truth as one literal piece.
/// The error names the pattern and the character at which it fails.
pub(crate) fn compile_pattern(pattern: &str) -> Result<Regex> {
    if pattern.is_empty() {
        return Err(Error::invalid("The pattern is empty, which would match everything. Write a regular expression."));
    }
    build(&pattern.replace(TRUTH, TRUTH_SAMPLE)).map_err(|error| {
        let text = error.to_string();
        // The regex crate draws the place: the pattern indented by four blanks, below it a caret.
        let caret = text.lines().find(|line| line.trim_start().starts_with('^')).and_then(|line| line.find('^'));
        let place = match caret.filter(|_| !pattern.contains('\n')) {
            Some(column) => format!(" at character {}", column.saturating_sub(3).max(1)),
            None => String::new(),
        };
        let cause = text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or(text.trim());
        Error::invalid(format!("The pattern \"{pattern}\" cannot be used{place}: {cause}. Correct the regular expression."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec(metric: MetricKind) -> MetricSpec {
        MetricSpec { metric, weight: 1.0 }
    }

    fn scorer(metric: MetricKind) -> Scorer {
        Scorer::new(&[spec(metric)], &["billing".into(), "tech".into()], 1.0).unwrap()
    }

    fn score(metric: MetricKind, answer: &str, truth: &str) -> (f64, String) {
        let scored = scorer(metric).score(answer, truth, None);
        (scored.score, scored.feedback.unwrap_or_default())
    }

    fn regex(pattern: &str) -> MetricKind {
        MetricKind::Regex { pattern: pattern.into() }
    }

    #[test]
    fn each_metric_says_what_is_wrong() {
        for (metric, answer, truth, expected, feedback) in [
            (MetricKind::Exact, "a", "a", 1.0, ""),
            (MetricKind::Exact, "a\n", "a", 0.0, "equal except for blanks around it"),
            (MetricKind::Exact, "A", "a", 0.0, "equal except for case, blanks or punctuation"),
            (MetricKind::Exact, "it is a", "a", 0.0, "contains the expected answer among other text"),
            (MetricKind::Exact, "", "a", 0.0, "the answer is empty"),
            (MetricKind::Normalised, " A. ", "a", 1.0, ""),
            (MetricKind::Normalised, "b", "a", 0.0, ""),
            (MetricKind::Contains, "It is A!", "a", 1.0, ""),
            (MetricKind::Number { tolerance: 0.5 }, "about 12.4 km", "12", 1.0, ""),
            (MetricKind::Number { tolerance: 0.5 }, "12.6", "12", 0.0, "expected 12, got 12.6"),
            (MetricKind::Number { tolerance: 0.5 }, "twelve", "12", 0.0, "no number found"),
            (MetricKind::Number { tolerance: 0.5 }, "6 + 6 = 12", "12", 0.0, "3 numbers found, one was expected"),
            (MetricKind::Number { tolerance: 0.5 }, "Unknown.", "unknown", 1.0, ""),
            (MetricKind::F1, "red green", "red blue", 0.5, "lacks the words: blue; has the surplus words: green"),
            (MetricKind::Edit, "kitten", "sitting", 4.0 / 7.0, ""),
            (MetricKind::Json, "{\"a\": 1.0}", "{\"a\":1}", 1.0, ""),
            (MetricKind::JsonFields { fields: vec![] }, "{\"a\": 1}", "{\"a\":1,\"b\":2}", 0.5, "b: expected 2, got nothing"),
            (MetricKind::Label, "Billing.", "billing", 1.0, ""),
            (MetricKind::Label, "tech", "billing", 0.0, "answered the label \"tech\", expected \"billing\""),
            (regex("^{{truth}}$"), "a.c", "a.c", 1.0, ""),
            (regex("^{{truth}}$"), "abc", "a.c", 0.0, "does not match the pattern ^{{truth}}$"),
            (regex("^({{truth}},?)+$"), "ab,ab", "ab", 1.0, ""),
            (regex(r"^\d{3}$"), "12", "x", 0.0, r"does not match the pattern ^\d{3}$"),
        ] {
            let (got, said) = score(metric.clone(), answer, truth);
            assert!((got - expected).abs() < 1e-12, "{metric:?} {answer:?}: {got}");
            assert_eq!(said, feedback, "{metric:?} {answer:?}");
        }
    }

    #[test]
    fn weights_are_parts_of_one_score() {
        let specs = [MetricSpec { metric: MetricKind::Exact, weight: 3.0 }, MetricSpec { metric: MetricKind::Contains, weight: 1.0 }];
        let scored = Scorer::new(&specs, &[], 0.25).unwrap().score("it is a", "a", None);
        assert_eq!((scored.score, scored.scores, scored.outcome), (0.25, vec![0.0, 1.0], Outcome::Match));
        let thirds = vec![spec(MetricKind::Exact); 3];
        let scored = Scorer::new(&thirds, &[], 1.0).unwrap().score("a", "a", None);
        assert_eq!((scored.score, scored.outcome), (1.0, Outcome::Match));
        let huge = vec![MetricSpec { metric: MetricKind::Exact, weight: f64::MAX }; 2];
        assert_eq!(Scorer::new(&huge, &[], 1.0).unwrap().score("a", "a", None).score, 1.0);
    }

    #[test]
    fn the_threshold_is_where_a_match_begins() {
        let at = |threshold| Scorer::new(&[spec(MetricKind::Edit)], &[], threshold).unwrap().score("abcd", "abcx", None).outcome;
        assert_eq!((at(0.75), at(0.76), at(1.0)), (Outcome::Match, Outcome::NoMatch, Outcome::NoMatch));
    }

    #[test]
    fn the_judge_is_asked_outside_and_counted_here() {
        let specs = [spec(MetricKind::Judge { rubric: "polite".into() }), spec(MetricKind::Exact)];
        let scorer = Scorer::new(&specs, &[], 0.5).unwrap();
        assert!(scorer.needs_judge() && !self::scorer(MetricKind::Exact).needs_judge());
        let judged = scorer.score("x", "a", Some(&JudgeScore { score: 1.7, feedback: "Rude.".into() }));
        assert_eq!((judged.score, judged.feedback.as_deref()), (0.5, Some("Rude.")));
        let nothing = scorer.score("a", "a", Some(&JudgeScore { score: f64::NAN, feedback: String::new() }));
        assert_eq!(nothing.scores, vec![0.0, 1.0]);
        assert_eq!(scorer.score("a", "a", None).feedback.as_deref(), Some("the judge gave no score"));
    }

    #[test]
    fn what_cannot_be_measured_is_refused_with_its_name() {
        let refusal = |metric: MetricKind, weight| Scorer::new(&[MetricSpec { metric, weight }], &[], 1.0).unwrap_err().message;
        assert_eq!(
            refusal(regex("ab(c"), 1.0),
            "The pattern \"ab(c\" cannot be used at character 3: unclosed group. Correct the regular expression."
        );
        assert!(refusal(regex("{{truth}}**)"), 1.0).contains("at character 12"));
        assert!(refusal(regex(&format!("{}x", r"\w{1000}".repeat(100))), 1.0).contains("size limit"));
        assert!(refusal(regex(""), 1.0).contains("empty"));
        assert!(refusal(MetricKind::Exact, 0.0).contains("exact match") && refusal(MetricKind::Exact, f64::NAN).contains("NaN"));
        assert!(refusal(MetricKind::Number { tolerance: -1.0 }, 1.0).contains("-1"));
        assert!(refusal(MetricKind::Judge { rubric: " ".into() }, 1.0).contains("rubric"));
        assert!(Scorer::new(&[], &[], 1.0).unwrap_err().message.contains("No metric"));
        assert!(Scorer::new(&[spec(MetricKind::F1)], &[], 0.0).unwrap_err().message.contains("threshold"));
    }

    fn every_metric() -> Vec<MetricSpec> {
        [
            MetricKind::Exact,
            MetricKind::Normalised,
            MetricKind::Contains,
            regex("{{truth}}"),
            MetricKind::Number { tolerance: 0.1 },
            MetricKind::F1,
            MetricKind::Edit,
            MetricKind::Json,
            MetricKind::JsonFields { fields: vec![] },
            MetricKind::Label,
        ]
        .map(spec)
        .to_vec()
    }

    proptest! {
        #[test]
        fn scores_stay_within_bounds_and_in_order(answer in any::<String>(), truth in any::<String>(), near in "[ aA.1é\r\n]{0,6}", other in "[ aA.1é\r\n]{0,6}") {
            let scorer = Scorer::new(&every_metric(), &[], 1.0).unwrap();
            for (answer, truth) in [(&answer, &truth), (&near, &other), (&truth, &truth)] {
                let scored = scorer.score(answer, truth, None);
                prop_assert!((0.0..=1.0).contains(&scored.score) && scored.scores.iter().all(|s| (0.0..=1.0).contains(s)), "{scored:?}");
                prop_assert!(scored.scores[0] <= scored.scores[1] && scored.scores[1] <= scored.scores[2], "{scored:?}");
            }
            let own = scorer.score(&truth, &truth, None);
            prop_assert_eq!((own.score, own.scores), (1.0, vec![1.0; 10]));
            prop_assert_eq!(own.outcome, Outcome::Match);
        }

        #[test]
        fn equality_has_no_direction(a in "[ aA.1é]{0,6}", b in "[ aA.1é]{0,6}") {
            let scorer = Scorer::new(&every_metric(), &[], 1.0).unwrap();
            let (there, back) = (scorer.score(&a, &b, None).scores, scorer.score(&b, &a, None).scores);
            for metric in [0, 1, 5, 6, 9] {
                prop_assert_eq!(there[metric], back[metric]);
            }
        }
    }
}
