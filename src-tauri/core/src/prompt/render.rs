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

enum Part {
    Literal(String),
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
        while let Some(open) = rest.find("{{") {
            literal.push_str(&rest[..open]);
            let after = &rest[open + 2..];
            let column = after.find("}}").and_then(|close| {
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
