//! From prompt and example to messages, byte for byte as the contract says.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Prompt;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum MessageRole {
    /// Instructions.
    System,
    /// The input.
    User,
    /// An earlier answer (only in the optimizer's repair turn).
    Assistant,
}

/// One message of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Message {
    /// Who speaks.
    pub role: MessageRole,
    /// Text, sent untouched.
    pub content: String,
}

impl Message {
    /// A message of this role.
    pub fn new(role: MessageRole, content: impl Into<String>) -> Self {
        Self { role, content: content.into() }
    }
}

/// A piece of a prompt.
pub enum Part {
    /// Sent as it stands.
    Literal(String),
    /// The cell of a column, by its place in the dataset.
    Column(usize),
}

/// A prompt text with its `{{column}}` places found once, filled per example in one pass.
pub struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Finds the places. Only exact names of columns count (blanks inside the braces aside); all else is literal.
    pub fn parse(text: &str, columns: &[String]) -> Self {
        let index: HashMap<&str, usize> = columns.iter().enumerate().rev().map(|(i, c)| (c.as_str(), i)).collect();
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        // Places are counted from the end, where they do not move: no text is searched twice for its closing braces.
        let mut closes_before_end = rest.find("}}").map(|at| rest.len() - at);
        while let Some(open) = rest.find("{{") {
            literal.push_str(&rest[..open]);
            let after = &rest[open + 2..];
            if closes_before_end.is_some_and(|left| left > after.len()) {
                closes_before_end = after.find("}}").map(|at| after.len() - at);
            }
            let column = closes_before_end.and_then(|left| {
                let close = after.len() - left;
                let inner = &after[..close];
                index.get(inner).or_else(|| index.get(inner.trim())).map(|&i| (i, close))
            });
            match column {
                Some((i, close)) => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Column(i));
                    rest = &after[close + 2..];
                }
                None => {
                    // One brace at a time, so that `{{{column}}` still finds its place.
                    literal.push('{');
                    rest = &rest[open + 1..];
                }
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Self { parts }
    }

    /// Its pieces in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text for one example; cells are never expanded again.
    pub fn fill(&self, cells: &[String]) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.as_str(),
                Part::Column(i) => cells.get(*i).map_or("", String::as_str),
            })
            .collect()
    }

    /// Columns used, in order of first use.
    pub fn columns(&self) -> Vec<usize> {
        let mut seen = Vec::new();
        for part in &self.parts {
            if let Part::Column(i) = part
                && !seen.contains(i)
            {
                seen.push(*i);
            }
        }
        seen
    }
}

/// The messages of one example: system prompt, then input and output prompt with a blank line between.
/// An empty system prompt sends no system message; an empty half of the user message leaves no separator.
pub fn render_messages(prompt: &Prompt, columns: &[String], cells: &[String], user_input: &str) -> Vec<Message> {
    RenderedPrompt::new(prompt, columns).messages(cells, user_input)
}

/// Both halves of a prompt, parsed once for many examples.
pub struct RenderedPrompt {
    system: Template,
    output: Template,
}

impl RenderedPrompt {
    /// Parses both halves.
    pub fn new(prompt: &Prompt, columns: &[String]) -> Self {
        Self { system: Template::parse(&prompt.system_prompt, columns), output: Template::parse(&prompt.output_prompt, columns) }
    }

    /// The messages of one example.
    pub fn messages(&self, cells: &[String], user_input: &str) -> Vec<Message> {
        let system = self.system.fill(cells);
        let output = self.output.fill(cells);
        let separator = if user_input.is_empty() || output.is_empty() { "" } else { "\n\n" };
        let mut messages = Vec::with_capacity(2);
        if !system.is_empty() {
            messages.push(Message::new(MessageRole::System, system));
        }
        messages.push(Message::new(MessageRole::User, format!("{user_input}{separator}{output}")));
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let columns = ["lang".to_owned(), "a b".to_owned(), "{".to_owned()];
        let cells = ["{{a b}}".to_owned(), "two".to_owned(), "brace".to_owned()];
        Template::parse(text, &columns).fill(&cells)
    }

    #[test]
    fn only_names_of_columns_are_replaced_and_only_once() {
        for (text, expected) in [
            ("{{lang}}", "{{a b}}"),
            ("{{ lang }} {{a b}}", "{{a b}} two"),
            ("{{{lang}}}", "{{{a b}}}"),
            ("{{unknown}} {lang} {{lang", "{{unknown}} {lang} {{lang"),
            ("}} {{lang}} }}", "}} {{a b}} }}"),
            ("{{x {{a b}} y}}", "{{x two y}}"),
            ("{{{}}", "brace"),
            ("", ""),
        ] {
            assert_eq!(filled(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_of_braces_alone_is_read_in_one_pass() {
        let braces = "{".repeat(400_000);
        assert_eq!(filled(&braces), braces, "quadratic reading would take minutes here");
    }

    #[test]
    fn messages_follow_the_contract_to_the_byte() {
        let messages = |system: &str, input: &str, output: &str| {
            let prompt = Prompt { system_prompt: system.into(), output_prompt: output.into() };
            render_messages(&prompt, &[], &[], input).into_iter().map(|m| (m.role, m.content)).collect::<Vec<_>>()
        };
        use MessageRole::{System, User};
        assert_eq!(messages("S", " in\r\n", "out"), [(System, "S".to_owned()), (User, " in\r\n\n\nout".to_owned())]);
        assert_eq!(messages("", "in", ""), [(User, "in".to_owned())], "no empty system message, no separator");
        assert_eq!(messages("", "", "out"), [(User, "out".to_owned())]);
        assert_eq!(messages(" ", "in", "{{lang}}"), [(System, " ".to_owned()), (User, "in\n\n{{lang}}".to_owned())]);
    }
}
