//! A prompt as something to build in: what is sent is what was measured, in the words of a language. Every text becomes a literal of
//! that language, so that nothing in a prompt, a name or a label can become code.

mod code;
mod curl;
mod literal;
mod promptfoo;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    chat::{ChatRequest, Outgoing},
    connection::Connection,
    error::Result,
    metric::ExtractRule,
    prompt::{Message, MessageRole, Part, Prompt, Template},
    run::ModelConfig,
};

/// What a prompt is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ShipFormat {
    /// Both prompts as plain text.
    Text,
    /// A command for a shell.
    Curl,
    /// Python with nothing but its standard library.
    Python,
    /// TypeScript with `fetch`.
    Typescript,
    /// Rust with `reqwest` and `serde_json`.
    Rust,
    /// A configuration of promptfoo.
    Promptfoo,
    /// Messages as OpenAI has them, JSON.
    Messages,
}

impl ShipFormat {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 7] = [Self::Text, Self::Curl, Self::Python, Self::Typescript, Self::Rust, Self::Promptfoo, Self::Messages];

    /// How the names of its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Text => "prompt.txt",
            Self::Curl => "sh",
            Self::Python => "py",
            Self::Typescript => "ts",
            Self::Rust => "rs",
            Self::Promptfoo => "promptfooconfig.yaml",
            Self::Messages => "messages.json",
        }
    }

    /// It calls a server.
    fn needs_server(self) -> bool {
        !matches!(self, Self::Text | Self::Messages)
    }
}

/// What is shipped.
#[derive(Clone, Copy)]
pub struct Parcel<'a> {
    /// The prompts.
    pub prompt: &'a Prompt,
    /// The model with its parameters.
    pub model: &'a ModelConfig,
    /// Where it is reached.
    pub connection: &'a Connection,
    /// Columns of the dataset; those that stand in a prompt are filled in.
    pub columns: &'a [String],
    /// The column that goes to the model; none without a dataset.
    pub input: Option<&'a str>,
    /// What was measured, a sentence each.
    pub figures: &'a [String],
    /// How the answer is taken out of the response before it is scored.
    pub extract: Option<&'a ExtractRule>,
}

/// Stand for the two messages in a request until a language puts its own names there. No text of a user is one of them: a request
/// holds them whole, and control characters have no place in the names of models.
const SYSTEM: &str = "\u{1}system\u{1}";
const USER: &str = "\u{1}user\u{1}";

impl Parcel<'_> {
    /// The text in a format; none for a program that would have to call the demo model, which has no server.
    pub fn write(&self, format: ShipFormat) -> Result<Option<String>> {
        let sent = if format.needs_server() { self.sent()? } else { None };
        if format.needs_server() && sent.is_none() {
            return Ok(None);
        }
        Ok(match format {
            ShipFormat::Text => Some(self.text()),
            ShipFormat::Messages => Some(format!("{:#}\n", self.messages())),
            ShipFormat::Curl => sent.map(|sent| curl::write(self, &sent)),
            ShipFormat::Python => sent.map(|sent| code::python(self, &sent)),
            ShipFormat::Typescript => sent.map(|sent| code::typescript(self, &sent)),
            ShipFormat::Rust => sent.map(|sent| code::rust(self, &sent)),
            ShipFormat::Promptfoo => sent.map(|sent| promptfoo::write(self, &sent)),
        })
    }

    /// The request with both messages marked.
    fn sent(&self) -> Result<Option<Sent>> {
        let user = || Message::new(MessageRole::User, USER);
        let with = vec![Message::new(MessageRole::System, SYSTEM), user()];
        let Some(outgoing) = self.outgoing(&self.model.request(with, None))? else { return Ok(None) };
        let Some(without) = self.outgoing(&self.model.request(vec![user()], None))? else { return Ok(None) };
        Ok(Some(Sent { outgoing, without_system: without.body }))
    }

    fn outgoing(&self, request: &ChatRequest) -> Result<Option<Outgoing>> {
        Outgoing::of(self.connection, request)
    }

    fn system(&self) -> Template {
        Template::parse(&self.prompt.system_prompt, self.columns)
    }

    fn output(&self) -> Template {
        Template::parse(&self.prompt.output_prompt, self.columns)
    }

    /// What a program that calls the server says of itself: what was measured, and what it needs.
    fn remarks(&self, outgoing: &Outgoing) -> Vec<String> {
        let mut remarks = self.figures.to_vec();
        if let Some(key) = &outgoing.key {
            remarks.push(format!("The key is read from the environment variable {}.", key.variable));
        }
        for header in &outgoing.gateway_headers {
            remarks.push(format!("The header {header} is read from the environment variable {}.", gateway_variable(header)));
        }
        let network = &self.connection.network;
        if network.root_certificate.is_some() || network.accept_self_signed {
            remarks.push("The certificate of this server has to be trusted first.".into());
        }
        if let Some(rule) = self.extract {
            let taken = match rule {
                ExtractRule::DropThinking => "without its thinking blocks".to_owned(),
                ExtractRule::LastLine => "its last line".into(),
                ExtractRule::Tag { tag } => format!("what stands between <{tag}> and </{tag}>"),
                ExtractRule::Regex { pattern } => format!("the first group of the pattern {pattern}"),
                ExtractRule::JsonPath { path } => format!("the value at {path} of its JSON"),
            };
            remarks.push(format!("This gives the whole response; what was scored is {taken}."));
        }
        remarks
    }

    /// Names of the columns that stand in a prompt.
    fn used_columns(&self) -> Vec<&str> {
        let mut used = self.system().columns();
        used.extend(self.output().columns());
        used.sort_unstable();
        used.dedup();
        used.into_iter().filter_map(|at| self.columns.get(at)).map(String::as_str).collect()
    }

    /// What stands where an input is to come.
    fn input_place(&self) -> String {
        format!("{{{{{}}}}}", self.input.unwrap_or("input"))
    }

    /// The user message around an input that is still to come.
    fn user_message(&self) -> String {
        let output = &self.prompt.output_prompt;
        let separator = if output.is_empty() { "" } else { "\n\n" };
        format!("{}{separator}{output}", self.input_place())
    }

    fn text(&self) -> String {
        let Prompt { system_prompt, output_prompt } = self.prompt;
        let figures: String = self.figures.iter().map(|line| format!("{line}\n")).collect();
        format!(
            "{figures}\n--- System prompt ---\n{system_prompt}\n\n--- Output prompt, after every input and a blank line ---\n{output_prompt}\n"
        )
    }

    fn messages(&self) -> Value {
        let mut messages = Vec::new();
        if !self.prompt.system_prompt.is_empty() {
            messages.push(serde_json::json!({"role": "system", "content": self.prompt.system_prompt}));
        }
        messages.push(serde_json::json!({"role": "user", "content": self.user_message()}));
        messages.into()
    }
}

/// The request to a server, its messages marked.
struct Sent {
    outgoing: Outgoing,
    /// The body when the system prompt is empty.
    without_system: Value,
}

/// How the system prompt of a template can come out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// There is none.
    Never,
    /// It is made of cells alone, and all of them may be empty.
    Sometimes,
    /// It holds text of its own.
    Always,
}

fn presence(template: &Template) -> Presence {
    match template.parts() {
        [] => Presence::Never,
        parts if parts.iter().any(|part| matches!(part, Part::Literal(_))) => Presence::Always,
        _ => Presence::Sometimes,
    }
}

/// Lines of comment. Nothing in them ends the line.
fn comment(lines: &[String], mark: &str) -> String {
    lines.iter().map(|line| format!("{mark} {}\n", literal::one_line(line))).collect()
}

/// The variable that holds the value of a gateway's header.
fn gateway_variable(header: &str) -> String {
    header.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect::<String>() + "_HEADER"
}

#[cfg(test)]
mod tests;
