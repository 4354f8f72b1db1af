//! Which training examples an edit speaks of. A rule moves only the examples it is about; on those few its effect stands out
//! from the noise that drowns it in a mean over all of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::edits::Edit;
use crate::train::words::says;

/// Words that occur in more than this share of the inputs tell nothing.
const COMMON_WORD: f64 = 0.15;
/// An edit about more of the examples than this is about the task as a whole.
const BROAD: f64 = 0.4;

/// The training inputs, prepared for looking up.
pub struct Inputs {
    texts: Vec<(i64, String)>,
    by_word: HashMap<String, Vec<i64>>,
    by_truth: BTreeMap<String, Vec<i64>>,
    labels: Vec<String>,
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 2).map(str::to_lowercase)
}

/// Texts between quotation marks: what a rule quotes is what it looks for.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (open, close) in [('"', '"'), ('\u{201c}', '\u{201d}'), ('`', '`'), ('\u{ab}', '\u{bb}')] {
        let mut rest = text;
        while let Some(start) = rest.find(open) {
            let after = &rest[start + open.len_utf8()..];
            let Some(end) = after.find(close) else { break };
            let phrase = after[..end].trim().to_lowercase();
            if (2..=60).contains(&phrase.chars().count()) {
                found.push(phrase);
            }
            rest = &after[end + close.len_utf8()..];
        }
    }
    found
}

impl Inputs {
    /// From (id, input, truth); `labels` are the class labels where the truth has few values.
    pub fn new<'a>(examples: impl Iterator<Item = (i64, &'a str, &'a str)>, labels: &[String]) -> Self {
        let mut texts = Vec::new();
        let mut by_word: HashMap<String, Vec<i64>> = HashMap::new();
        let mut by_truth: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for (id, input, truth) in examples {
            for word in words(input).collect::<BTreeSet<_>>() {
                by_word.entry(word).or_default().push(id);
            }
            by_truth.entry(truth.to_owned()).or_default().push(id);
            texts.push((id, input.to_lowercase()));
        }
        let most = (texts.len() as f64 * COMMON_WORD).max(2.0);
        by_word.retain(|_, ids| ids.len() as f64 <= most);
        Self { texts, by_word, by_truth, labels: labels.to_vec() }
    }

    /// Labels named in a text, and the text without them.
    fn without_labels(&self, text: &str) -> (Vec<&str>, String) {
        let mut rest = text.to_owned();
        let mut named = Vec::new();
        // Longest first, so that a label inside another one is not taken for it.
        let mut labels: Vec<&String> = self.labels.iter().filter(|l| !l.trim().is_empty()).collect();
        labels.sort_by_key(|l| std::cmp::Reverse(l.len()));
        for label in labels {
            if says(&rest, label) {
                named.push(label.as_str());
                rest = rest.replace(label.as_str(), " ");
            }
        }
        (named, rest)
    }

    /// The examples these lines speak of; empty when they speak of all or of none in particular.
    pub fn of_lines<'a>(&self, lines: impl Iterator<Item = &'a str>) -> BTreeSet<i64> {
        let mut about = BTreeSet::new();
        for line in lines {
            let (named, rest) = self.without_labels(line);
            if named.len() > 3 {
                // A list of labels is about the task as a whole.
                continue;
            }
            let phrases = quoted(&rest);
            let before = about.len();
            for phrase in &phrases {
                about.extend(self.texts.iter().filter(|(_, text)| says(text, phrase)).map(|(id, _)| *id));
            }
            if about.len() == before {
                for word in words(&rest) {
                    about.extend(self.by_word.get(&word).into_iter().flatten());
                }
            }
            if about.len() < before + 4 {
                about.extend(named.iter().filter_map(|label| self.by_truth.get(*label)).flatten());
            }
        }
        if about.len() as f64 > self.texts.len() as f64 * BROAD { BTreeSet::new() } else { about }
    }

    /// The examples a changed line speaks of: those with the words that came or went.
    fn of_change(&self, old: &str, new: &str) -> BTreeSet<i64> {
        let ((old_labels, old_rest), (new_labels, new_rest)) = (self.without_labels(old), self.without_labels(new));
        if old_labels != new_labels {
            return self.of_lines([old, new].into_iter());
        }
        if new_labels.len() > 3 {
            return BTreeSet::new();
        }
        let phrases = |text: &str| quoted(text).into_iter().collect::<BTreeSet<_>>();
        let (old_phrases, new_phrases) = (phrases(&old_rest), phrases(&new_rest));
        let mut about = BTreeSet::new();
        for phrase in old_phrases.symmetric_difference(&new_phrases) {
            about.extend(self.texts.iter().filter(|(_, text)| says(text, phrase)).map(|(id, _)| *id));
        }
        if about.is_empty() {
            let (old_words, new_words): (BTreeSet<String>, BTreeSet<String>) = (words(&old_rest).collect(), words(&new_rest).collect());
            for word in old_words.symmetric_difference(&new_words) {
                about.extend(self.by_word.get(word).into_iter().flatten());
            }
        }
        if about.len() < 4 {
            about.extend(new_labels.iter().filter_map(|label| self.by_truth.get(*label)).flatten());
        }
        if about.len() as f64 > self.texts.len() as f64 * BROAD { BTreeSet::new() } else { about }
    }

    /// The examples an edit speaks of.
    pub fn of_edit(&self, edit: &Edit) -> BTreeSet<i64> {
        if let Some((old, new)) = edit.of_one_line() {
            return self.of_change(old, new);
        }
        self.of_lines(edit.added.iter().chain(&edit.removed).map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs() -> Inputs {
        let rows = [
            (1, "I was charged twice for one order", "billing"),
            (2, "A refund please, the money left twice", "billing"),
            (3, "The parcel never came", "delivery"),
            (4, "Where is my parcel?", "delivery"),
            (5, "Cannot log in", "account"),
            (6, "New password please", "account"),
            (7, "The weather is nice", "other"),
            (8, "Nothing to say", "other"),
        ];
        Inputs::new(rows.into_iter(), &["billing".into(), "delivery".into(), "account".into(), "other".into()])
    }

    fn about(line: &str) -> Vec<i64> {
        inputs().of_lines([line].into_iter()).into_iter().collect()
    }

    #[test]
    fn a_quoted_phrase_is_looked_for_as_whole_words() {
        assert_eq!(about("- If the text mentions \"log in\", answer account."), [5, 6], "few say it, so the label's examples join");
        assert_eq!(about("- \"parcel\" or \"refund\" or \"order\" or \"came\""), Vec::<i64>::new(), "half of all examples: too broad");
    }

    #[test]
    fn words_count_where_nothing_is_quoted() {
        assert_eq!(about("A parcel that is late"), [3, 4]);
    }

    #[test]
    fn a_changed_line_is_about_what_came_or_went() {
        let about = |old: &str, new: &str| inputs().of_change(old, new).into_iter().collect::<Vec<_>>();
        assert_eq!(about("- sold: other", "- sold, weather: other"), [7, 8], "few say it, so the label's examples join");
        assert_eq!(about("- \"parcel\" is delivery", "- \"parcel\" is delivery, mind"), [3, 4]);
        assert_eq!(about("- \"parcel\" is delivery", "- \"parcel\" or \"password\" is delivery"), [3, 4, 6]);
        assert_eq!(about("Be brief.", "Be very brief."), Vec::<i64>::new());
    }

    #[test]
    fn a_line_about_form_is_about_no_example_in_particular() {
        assert_eq!(about("Think step by step."), Vec::<i64>::new());
        assert_eq!(about("Answer with one of billing, delivery, account, other."), Vec::<i64>::new());
    }
}
