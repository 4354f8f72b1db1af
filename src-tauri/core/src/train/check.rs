//! Step 4, checking: what a proposal must fulfil before money is spent on it.

use std::collections::HashSet;

use super::request::template_variables;
use crate::prompt::Prompt;

/// What the checks compare a proposal with.
pub struct Checks<'a> {
    /// The prompt it would replace.
    pub current: &'a Prompt,
    /// Columns of the dataset.
    pub columns: &'a [String],
    /// Most characters of each half.
    pub max_chars: u32,
    /// Inputs and truths of the training split that a prompt must not contain; see [`forbidden`].
    pub training_texts: &'a [String],
}

/// A shorter text can stand in a prompt by chance.
const SHORTEST_COPY: usize = 24;

/// White space folded and case aside, as a reader compares.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// The training texts that must not be copied: inputs, and truths that are no class label, each long enough to be recognised.
pub fn forbidden<'a>(examples: impl Iterator<Item = (&'a str, &'a str)>, labels: &[String]) -> Vec<String> {
    let labels: HashSet<&str> = labels.iter().map(String::as_str).collect();
    let mut texts: Vec<String> = examples
        .flat_map(|(input, truth)| [Some(input), (!labels.contains(truth)).then_some(truth)])
        .flatten()
        .map(folded)
        .filter(|text| text.chars().count() >= SHORTEST_COPY)
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// The first thing that is wrong with a proposal, as a sentence.
pub fn first_fault(proposal: &Prompt, checks: &Checks<'_>) -> Option<String> {
    if proposal.system_prompt.trim().is_empty() && proposal.output_prompt.trim().is_empty() {
        return Some("Both proposed prompts are empty.".into());
    }
    if proposal == checks.current {
        return Some("The proposal changes nothing.".into());
    }
    for (name, text) in [("system prompt", &proposal.system_prompt), ("output prompt", &proposal.output_prompt)] {
        let length = text.chars().count();
        if length > checks.max_chars as usize {
            return Some(format!("The proposed {name} has {length} characters; the limit is {}.", checks.max_chars));
        }
    }
    let kept = template_variables(proposal, checks.columns);
    if let Some(lost) = template_variables(checks.current, checks.columns).into_iter().find(|v| !kept.contains(v)) {
        return Some(format!("The proposal lost the template variable {{{{{lost}}}}}."));
    }
    let new_text = [folded(&proposal.system_prompt), folded(&proposal.output_prompt)];
    let old_text = [folded(&checks.current.system_prompt), folded(&checks.current.output_prompt)];
    let copied = checks.training_texts.iter().find(|text| {
        let within = |halves: &[String; 2]| halves.iter().any(|half| half.contains(text.as_str()));
        // What the user wrote into the prompt is the user's business.
        within(&new_text) && !within(&old_text)
    });
    copied.map(|text| {
        let start: String = text.chars().take(60).collect();
        format!("The proposal copies a training example (\"{start}…\"); it would only be learnt by heart.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(system: &str, output: &str) -> Prompt {
        Prompt { system_prompt: system.into(), output_prompt: output.into() }
    }

    fn fault(proposal: &Prompt) -> Option<String> {
        let current = prompt("Route the message in {{lang}}.", "One word.");
        let columns = vec!["lang".to_owned()];
        let labels = vec!["a label that is quite long indeed".to_owned()];
        let examples = [
            ("My card was charged twice last Tuesday", "a label that is quite long indeed"),
            ("short", "the expected answer is this long sentence"),
        ];
        let training_texts = forbidden(examples.into_iter(), &labels);
        first_fault(proposal, &Checks { current: &current, columns: &columns, max_chars: 200, training_texts: &training_texts })
    }

    #[test]
    fn each_fault_is_found_and_named() {
        let cases = [
            (prompt("", " \n"), "empty"),
            (prompt("Route the message in {{lang}}.", "One word."), "changes nothing"),
            (prompt(&format!("{{{{lang}}}} {}", "x".repeat(200)), "One word."), "limit is 200"),
            (prompt("Route the message.", "One word."), "{{lang}}"),
            (prompt("In {{lang}}: \"my card  was charged twice LAST Tuesday\" is billing.", "One word."), "copies a training example"),
            (prompt("In {{lang}}. The expected answer is this long sentence.", "One word."), "copies a training example"),
        ];
        for (proposal, words) in cases {
            let found = fault(&proposal).unwrap_or_default();
            assert!(found.contains(words), "{proposal:?} gave {found:?}");
        }
    }

    #[test]
    fn labels_and_short_texts_may_stand_in_a_prompt() {
        assert_eq!(fault(&prompt("In {{lang}}. Answer a label that is quite long indeed. short", "One word.")), None);
    }
}
