//! Labels: which one an answer names, and how often each is confused with which.

use std::collections::HashMap;

use super::{Confusion, normalise::normalise};

/// The known labels, to read answers against.
///
/// An answer names a label when it *is* that label: both normalised (blanks, case, outer punctuation, quotes and markdown
/// emphasis aside). `**Billing**.` names `billing`; `The label is billing` names none, since the form is part of the task.
/// Labels that only normalising makes equal (`US`, `us`) are told apart by the trimmed text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels {
    names: Vec<String>,
    by_normal_form: HashMap<String, Vec<usize>>,
}

impl Labels {
    pub(crate) fn new(labels: &[String]) -> Self {
        let mut known = Self::default();
        for label in labels {
            known.add(label);
        }
        known
    }

    /// The label that the answer names, as it is written in the data.
    pub(crate) fn name(&self, answer: &str) -> Option<&str> {
        self.named(answer).map(|place| self.names[place].as_str())
    }

    /// Place of the label, which is added when it is new.
    pub(crate) fn add(&mut self, label: &str) -> usize {
        let places = self.by_normal_form.entry(normalise(label)).or_default();
        if let Some(&place) = places.iter().find(|&&i| self.names[i] == label) {
            return place;
        }
        places.push(self.names.len());
        self.names.push(label.to_owned());
        self.names.len() - 1
    }

    /// Place of the label that the answer names.
    pub(super) fn named(&self, answer: &str) -> Option<usize> {
        match self.by_normal_form.get(&normalise(answer))?.as_slice() {
            [only] => Some(*only),
            several => several.iter().copied().find(|&i| self.names[i].trim() == answer.trim()),
        }
    }

    /// Whether the answer names the true label, and if not, what it did instead.
    pub(super) fn judge(&self, answer: &str, truth: &str) -> Result<(), String> {
        let same_form = normalise(answer) == normalise(truth);
        let rivals = self.by_normal_form.get(&normalise(truth)).map_or(0, Vec::len);
        if same_form && (rivals < 2 || answer.trim() == truth.trim()) {
            return Ok(());
        }
        if answer.trim().is_empty() {
            return Err("the answer is empty, a label was expected".to_owned());
        }
        let expected = super::clip(truth.trim(), 60);
        if self.names.is_empty() {
            return Err(format!("expected the label \"{expected}\" and nothing else"));
        }
        Err(match self.named(answer) {
            Some(place) => format!("answered the label \"{}\", expected \"{expected}\"", super::clip(self.names[place].trim(), 60)),
            None if same_form => format!("answered no known label: \"{expected}\" was expected, upper and lower case matter here"),
            None if super::text::contains(answer, truth) => {
                format!("answered no known label: it mentions \"{expected}\" but must be the label and nothing else")
            }
            None => format!("answered no known label, expected \"{expected}\""),
        })
    }
}

/// Counts true against answered labels over pairs of (ground truth, answer).
///
/// Labels stand in the order given, which is that of their frequency in the dataset, so that two matrices line up; a
/// truth that is not among them is put behind. Macro F1 is the unweighted mean of 2 TP / (2 TP + FP + FN) over the labels
/// that are the truth at least once; an answer that is no label is a false negative of its truth.
pub fn confusion<'t>(pairs: impl Iterator<Item = (&'t str, &'t str)>, labels: &[String]) -> Confusion {
    let mut known = Labels::new(labels);
    let pairs: Vec<(usize, &str)> = pairs.map(|(truth, answer)| (known.add(truth), answer)).collect();
    let size = known.names.len();
    let mut counts = vec![vec![0_u32; size + 1]; size];
    for &(truth, answer) in &pairs {
        let answered = known.named(answer).unwrap_or(size);
        counts[truth][answered] += 1;
    }
    let scores: Vec<f64> = (0..size)
        .filter_map(|label| {
            let truths: u32 = counts[label].iter().sum();
            let answers: u32 = counts.iter().map(|row| row[label]).sum();
            (truths > 0).then(|| 2.0 * f64::from(counts[label][label]) / f64::from(truths + answers))
        })
        .collect();
    let macro_f1 = if scores.is_empty() { 0.0 } else { scores.iter().sum::<f64>() / scores.len() as f64 };
    Confusion { labels: known.names, counts, macro_f1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn an_answer_is_the_label_or_it_is_none() {
        let known = Labels::new(&labels(&["billing", "Tech support", "C++", "C"]));
        for (answer, place) in [
            ("billing", Some(0)),
            (" **Billing**.\r\n", Some(0)),
            ("\"tech  SUPPORT\"", Some(1)),
            ("c++", Some(2)),
            ("c", Some(3)),
            ("The label is billing", None),
            ("billing, tech support", None),
            ("Label: billing", None),
            ("", None),
        ] {
            assert_eq!(known.named(answer), place, "{answer:?}");
        }
    }

    #[test]
    fn labels_that_differ_in_case_only_are_told_apart() {
        let known = Labels::new(&labels(&["US", "us"]));
        assert_eq!((known.named("US"), known.named(" us\n"), known.named("Us")), (Some(0), Some(1), None));
        assert!(known.judge("US", "US").is_ok() && known.judge("us", "US").is_err());
        assert!(known.judge("Us", "US").unwrap_err().contains("upper and lower case"));
    }

    #[test]
    fn the_reason_says_what_was_answered_instead() {
        let known = Labels::new(&labels(&["billing", "tech"]));
        let reason = |answer| known.judge(answer, "billing").unwrap_err();
        assert_eq!(reason("Tech"), "answered the label \"tech\", expected \"billing\"");
        assert_eq!(reason("no idea"), "answered no known label, expected \"billing\"");
        assert_eq!(reason("It is billing"), "answered no known label: it mentions \"billing\" but must be the label and nothing else");
        assert_eq!(reason(" "), "the answer is empty, a label was expected");
        assert!(Labels::new(&[]).judge("Billing.", "billing").is_ok());
    }

    /// scikit-learn 1.9.1: `confusion_matrix`, and `f1_score(average="macro")` over the three true labels.
    #[test]
    fn confusion_agrees_with_scikit_learn() {
        let truths = "billing billing billing billing tech tech tech sales sales sales".split(' ');
        let answers = "billing Billing. tech x tech tech billing sales billing tech".split(' ');
        let matrix = confusion(truths.zip(answers), &labels(&["billing", "tech", "sales"]));
        assert_eq!(matrix.counts, vec![vec![2, 1, 0, 1], vec![1, 2, 0, 0], vec![1, 1, 1, 0]]);
        assert!((matrix.macro_f1 - 0.523_809_523_809_523_8).abs() < 1e-12, "{}", matrix.macro_f1);
    }

    #[test]
    fn labels_without_examples_have_a_row_but_no_part_in_macro_f1() {
        let matrix = confusion([("a", "a"), ("new", "b")].into_iter(), &labels(&["b", "a"]));
        assert_eq!(matrix.labels, labels(&["b", "a", "new"]));
        assert_eq!(matrix.counts, vec![vec![0, 0, 0, 0], vec![0, 1, 0, 0], vec![1, 0, 0, 0]]);
        assert_eq!(matrix.macro_f1, 0.5);
        assert_eq!(confusion(std::iter::empty(), &[]), Confusion::default());
    }

    proptest! {
        #[test]
        fn every_pair_is_counted_once(pairs in prop::collection::vec(("[a-c]", "[a-dA-C]"), 0..40)) {
            let matrix = confusion(pairs.iter().map(|(t, a)| (t.as_str(), a.as_str())), &labels(&["a", "b"]));
            prop_assert_eq!(matrix.counts.iter().flatten().sum::<u32>() as usize, pairs.len());
            prop_assert!((0.0..=1.0).contains(&matrix.macro_f1));
        }
    }
}
