//! Locked spans: texts of a prompt that no optimizer may change. A span is the text itself, not a place, so that it stays what it
//! is while everything around it is edited.

use serde::{Deserialize, Serialize};

use super::Prompt;

/// Which half of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Half {
    /// The system prompt.
    System,
    /// The output prompt.
    Output,
}

/// A text that a proposal has to leave as it is, letter by letter, wherever it stands in its half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LockedSpan {
    /// The half it stands in.
    pub half: Half,
    /// The text; an empty one locks nothing.
    pub text: String,
}

impl LockedSpan {
    fn times_in(&self, prompt: &Prompt) -> usize {
        if self.text.is_empty() { 0 } else { prompt.half(self.half).matches(self.text.as_str()).count() }
    }

    /// The prompt has this text.
    pub fn stands_in(&self, prompt: &Prompt) -> bool {
        self.times_in(prompt) > 0
    }

    /// It stands in `before` and less often in `after`: it was changed or dropped.
    pub fn is_lost(&self, before: &Prompt, after: &Prompt) -> bool {
        self.times_in(after) < self.times_in(before)
    }
}

impl Prompt {
    /// One of its halves.
    pub fn half(&self, half: Half) -> &str {
        match half {
            Half::System => &self.system_prompt,
            Half::Output => &self.output_prompt,
        }
    }

    /// Only what is locked of it, each text on lines of its own: where a rewrite from nothing starts.
    pub fn locked_alone(&self, locked: &[LockedSpan]) -> Self {
        let of = |half: Half| {
            let kept = locked.iter().filter(|s| s.half == half && s.stands_in(self));
            kept.flat_map(|s| std::iter::repeat_n(s.text.as_str(), s.times_in(self))).collect::<Vec<_>>().join("\n")
        };
        Self { system_prompt: of(Half::System), output_prompt: of(Half::Output) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(system: &str) -> Prompt {
        Prompt { system_prompt: system.into(), output_prompt: "One word.".into() }
    }

    #[test]
    fn a_span_is_lost_when_its_text_stands_less_often() {
        let span = LockedSpan { half: Half::System, text: "Never guess.".into() };
        let before = prompt("Route it. Never guess. Be brief. Never guess.");
        assert!(!span.is_lost(&before, &prompt("Never guess. Never guess. Anything else.")));
        assert!(span.is_lost(&before, &prompt("Route it. Never guess.")), "one of two is gone");
        assert!(span.is_lost(&before, &prompt("Route it. Never  guess. Never guess.")), "a blank more is a change");
        assert!(!LockedSpan { half: Half::Output, ..span.clone() }.is_lost(&before, &prompt("")), "it never stood in that half");
        assert!(!LockedSpan { text: String::new(), ..span }.is_lost(&before, &prompt("")));
    }

    #[test]
    fn what_is_locked_stays_when_all_else_goes() {
        let spans = [("Never guess.", Half::System), ("gone", Half::System), ("word", Half::Output)];
        let spans = spans.map(|(text, half)| LockedSpan { half, text: text.into() });
        let alone = prompt("Route it. Never guess. Be brief.").locked_alone(&spans);
        assert_eq!(alone, Prompt { system_prompt: "Never guess.".into(), output_prompt: "word".into() });
    }
}
