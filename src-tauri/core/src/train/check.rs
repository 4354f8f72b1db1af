//! Step 4, checking: what a proposal must fulfil before money is spent on it.

use std::collections::{BTreeMap, HashSet};

use super::words::says;
use crate::prompt::{Half, LockedSpan, Prompt, template_variables};

/// Words by which a fault with a locked text is known.
const LOCKED: &str = ", which is locked in the";

/// Whether a fault is that a locked text was changed.
pub fn is_of_lock(fault: &str) -> bool {
    fault.contains(LOCKED)
}

/// What the checks compare a proposal with.
pub struct Checks<'a> {
    /// The prompt it would replace.
    pub current: &'a Prompt,
    /// Texts of it that have to stay.
    pub locked: &'a [LockedSpan],
    /// Columns of the dataset.
    pub columns: &'a [String],
    /// The one of them that holds the ground truth.
    pub truth: Option<&'a str>,
    /// Most characters of each half.
    pub max_chars: u32,
    /// What of the training split a prompt must not contain.
    pub training: &'a Forbidden,
}

/// Training texts that must not be copied into a prompt, folded as a reader compares.
#[derive(Debug, Default)]
pub struct Forbidden {
    /// Inputs and truths, each long enough to be recognised anywhere.
    texts: Vec<String>,
    /// Shorter truths that only one example has, so that they are its answer and no value the task has anyway.
    answers: Vec<String>,
}

/// A shorter text can stand in a prompt by chance.
const SHORTEST_COPY: usize = 24;
/// The same for an answer of a single word; one with a digit or a blank is recognised earlier.
const SHORTEST_WORD: usize = 12;
/// A shorter answer is no copy.
const SHORTEST_ANSWER: usize = 6;

/// White space folded and case aside, as a reader compares.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Forbidden {
    /// From (input, truth) of the training split; class labels may stand in a prompt.
    pub fn new<'a>(examples: impl Iterator<Item = (&'a str, &'a str)>, labels: &[String]) -> Self {
        let labels: HashSet<&str> = labels.iter().map(String::as_str).collect();
        let (mut texts, mut times): (Vec<String>, BTreeMap<String, u32>) = (Vec::new(), BTreeMap::new());
        for (input, truth) in examples {
            texts.push(folded(input));
            if !labels.contains(truth) {
                let truth = folded(truth);
                *times.entry(truth.clone()).or_default() += 1;
                texts.push(truth);
            }
        }
        texts.retain(|text| text.chars().count() >= SHORTEST_COPY);
        texts.sort_unstable();
        texts.dedup();
        let telling = |text: &String| {
            let length = text.chars().count();
            let marked = text.contains(' ') || text.chars().any(|c| c.is_ascii_digit());
            length < SHORTEST_COPY && length >= if marked { SHORTEST_ANSWER } else { SHORTEST_WORD }
        };
        let answers = times.into_iter().filter(|(text, n)| *n == 1 && telling(text)).map(|(text, _)| text).collect();
        Self { texts, answers }
    }

    /// What the new prompt copies that the old one does not have: what the user wrote into it is the user's business.
    fn fault(&self, old: &Prompt, new: &Prompt) -> Option<String> {
        let halves = |prompt: &Prompt| [folded(&prompt.system_prompt), folded(&prompt.output_prompt)];
        let (old, new) = (halves(old), halves(new));
        let copied = |has: &dyn Fn(&str) -> bool| new.iter().any(|half| has(half)) && !old.iter().any(|half| has(half));
        if let Some(text) = self.texts.iter().find(|text| copied(&|half| half.contains(text.as_str()))) {
            return Some(format!("The proposal copies a training example (\"{}\"); it would only be learnt by heart.", start_of(text)));
        }
        let answer = self.answers.iter().find(|answer| copied(&|half| says(half, answer)))?;
        Some(format!("The proposal gives away the answer of a training example (\"{answer}\"); it would only be learnt by heart."))
    }
}

/// Enough of a text to recognise it.
fn start_of(text: &str) -> String {
    let start: String = text.chars().take(60).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

/// The first thing that is wrong with a proposal, as a sentence.
pub fn first_fault(proposal: &Prompt, checks: &Checks<'_>) -> Option<String> {
    if proposal.system_prompt.trim().is_empty() && proposal.output_prompt.trim().is_empty() {
        return Some("Both proposed prompts are empty.".into());
    }
    if proposal == checks.current {
        return Some("The proposal changes nothing.".into());
    }
    let current = checks.current;
    for (name, text, before) in [
        ("system prompt", &proposal.system_prompt, &current.system_prompt),
        ("output prompt", &proposal.output_prompt, &current.output_prompt),
    ] {
        // A text that was longer from the beginning may stay as long as it is.
        let most = before.chars().count().max(checks.max_chars as usize);
        let length = text.chars().count();
        if length > most {
            return Some(format!("The proposed {name} has {length} characters; the limit is {most}."));
        }
    }
    let (had, kept) = (template_variables(checks.current, checks.columns), template_variables(proposal, checks.columns));
    if let Some(lost) = had.iter().find(|v| !kept.contains(v)) {
        return Some(format!("The proposal lost the template variable {{{{{lost}}}}}."));
    }
    if let Some(truth) = checks.truth.filter(|truth| kept.iter().any(|v| v == truth) && !had.iter().any(|v| v == truth)) {
        return Some(format!("The proposal brings in {{{{{truth}}}}}, the ground truth: every message would hold its own answer."));
    }
    if let Some(span) = checks.locked.iter().find(|s| s.is_lost(checks.current, proposal)) {
        let name = if span.half == Half::System { "system prompt" } else { "output prompt" };
        return Some(format!("The proposal changes \"{}\"{LOCKED} {name}.", start_of(&span.text)));
    }
    checks.training.fault(checks.current, proposal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(system: &str, output: &str) -> Prompt {
        Prompt { system_prompt: system.into(), output_prompt: output.into() }
    }

    fn fault(proposal: &Prompt) -> Option<String> {
        let current = prompt("Route the message in {{lang}}.", "One word.");
        let columns = vec!["lang".to_owned(), "queue".to_owned()];
        let labels = vec!["a label that is quite long indeed".to_owned()];
        let examples = [
            ("My card was charged twice last Tuesday", "a label that is quite long indeed"),
            ("short", "the expected answer is this long sentence"),
            ("one", "order 4711"),
            ("two", "often said"),
            ("three", "often said"),
            ("four", "simple"),
        ];
        let training = Forbidden::new(examples.into_iter(), &labels);
        let locked = [LockedSpan { half: Half::Output, text: "One word".into() }];
        let checks =
            Checks { current: &current, locked: &locked, columns: &columns, truth: Some("queue"), max_chars: 200, training: &training };
        first_fault(proposal, &checks)
    }

    #[test]
    fn each_fault_is_found_and_named() {
        let cases = [
            (prompt("", " \n"), "empty"),
            (prompt("Route the message in {{lang}}.", "One word."), "changes nothing"),
            (prompt(&format!("{{{{lang}}}} {}", "x".repeat(200)), "One word."), "limit is 200"),
            (prompt("Route the message.", "One word."), "{{lang}}"),
            (prompt("Route the message in {{lang}}.", "One word, {{ queue }}."), "{{queue}}, the ground truth"),
            (prompt("Route the message in {{lang}}.", "One short word."), "\"One word\", which is locked in the output prompt"),
            (prompt("In {{lang}}: \"my card  was charged twice LAST Tuesday\" is billing.", "One word."), "copies a training example"),
            (prompt("In {{lang}}. The expected answer is this long sentence.", "One word."), "copies a training example"),
            (prompt("In {{lang}}: answer Order 4711 then.", "One word."), "answer of a training example (\"order 4711\")"),
        ];
        for (proposal, words) in cases {
            let found = fault(&proposal).unwrap_or_default();
            assert!(found.contains(words), "{proposal:?} gave {found:?}");
        }
    }

    #[test]
    fn what_the_user_wrote_about_the_truth_stays_and_long_texts_are_named_by_their_beginning() {
        let text = "Keep every word of this sentence, which goes on for much longer than a reason should be.";
        let current = prompt(&format!("Mind {{{{queue}}}}. {text}"), "");
        let locked = [LockedSpan { half: Half::System, text: text.into() }];
        let (columns, training) = (vec!["queue".to_owned()], Forbidden::default());
        let checks =
            Checks { current: &current, locked: &locked, columns: &columns, truth: Some("queue"), max_chars: 200, training: &training };
        assert_eq!(first_fault(&prompt(&format!("See {{{{queue}}}}. {text}"), ""), &checks), None);
        let said = first_fault(&prompt("See {{queue}}.", ""), &checks);
        let named = "Keep every word of this sentence, which goes on for much lon…";
        assert_eq!(said, Some(format!("The proposal changes \"{named}\", which is locked in the system prompt.")));
    }

    #[test]
    fn a_prompt_that_is_longer_than_the_limit_may_stay_as_long_as_it_is() {
        let current = prompt(&"x".repeat(300), "One word.");
        let training = Forbidden::default();
        let checks = Checks { current: &current, locked: &[], columns: &[], truth: None, max_chars: 200, training: &training };
        let with = |system: usize, output: &str| first_fault(&prompt(&"y".repeat(system), output), &checks);
        assert_eq!((first_fault(&prompt(&current.system_prompt, "Two words."), &checks), with(300, "One word.")), (None, None));
        assert_eq!(with(301, "One word."), Some("The proposed system prompt has 301 characters; the limit is 300.".into()));
        assert_eq!(with(1, &"z".repeat(201)), Some("The proposed output prompt has 201 characters; the limit is 200.".into()));
    }

    #[test]
    fn labels_and_short_texts_may_stand_in_a_prompt() {
        let text = "In {{lang}}. Answer a label that is quite long indeed. short, often said, simple, border 47110";
        assert_eq!(fault(&prompt(text, "One word.")), None);
    }
}
