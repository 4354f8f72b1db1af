//! A configuration of promptfoo that measures the prompt again, on the tests that MLprompt exports.

use serde_json::{Map, Value, json};

use super::{Parcel, Sent, comment, gateway_variable};
use crate::{
    chat::ReplyShape,
    export::promptfoo::quoted,
    prompt::{Part, Template},
};

/// A name that a template of promptfoo can hold.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The variable of a column: its own name where that can be one, else one that no column has.
fn variable(columns: &[String], at: usize) -> String {
    if let Some(name) = columns.get(at).filter(|name| is_name(name)) {
        return name.clone();
    }
    let mut name = format!("column_{}", at + 1);
    while columns.contains(&name) {
        name.push('_');
    }
    name
}

/// A line of promptfoo's configuration that gives columns whose names its templates cannot hold a name that they can. None without any.
fn renamed(parcel: &Parcel<'_>) -> Option<String> {
    let columns = parcel.columns;
    let used = |name: &String| parcel.used_columns().contains(&name.as_str()) || parcel.input == Some(name);
    let given: Vec<String> = (columns.iter().enumerate())
        .filter(|(_, name)| !is_name(name) && used(name))
        .map(|(at, name)| format!("{}: vars[{}]", variable(columns, at), Value::from(name.as_str())))
        .collect();
    let script = format!("({{ {} }})", given.join(", "));
    (!given.is_empty()).then(|| format!("defaultTest:\n  options:\n    transformVars: {}\n", quoted(&script)))
}

/// A text that promptfoo's templates leave as it is. `more` says that a variable follows.
fn plain(text: &str, more: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let opens = c == '{' && chars.peek().map_or(more, |next| matches!(next, '{' | '%' | '#'));
        // The end of a comment is an error where none began; the other ends are text.
        let closes = c == '#' && chars.peek() == Some(&'}');
        if opens || closes {
            out.push_str(&format!("{{{{ \"{c}\" }}}}"));
        } else {
            out.push(c);
        }
    }
    out
}

fn template(template: &Template, columns: &[String]) -> String {
    let parts = template.parts();
    let mut out = String::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(text) => out.push_str(&plain(text, at + 1 < parts.len())),
            Part::Column(column) => out.push_str(&format!("{{{{ {} }}}}", variable(columns, *column))),
        }
    }
    out
}

pub(super) fn write(parcel: &Parcel<'_>, sent: &Sent) -> String {
    let columns = parcel.columns;
    let input = parcel.input.and_then(|name| columns.iter().position(|c| c == name));
    let input = input.map_or_else(|| "input".to_owned(), |at| variable(columns, at));
    let (system, output) = (template(&parcel.system(), columns), template(&parcel.output(), columns));
    let separator = if output.is_empty() { "" } else { "\n\n" };
    let mut messages = Vec::new();
    if !system.is_empty() {
        messages.push(json!({"role": "system", "content": system}));
    }
    messages.push(json!({"role": "user", "content": format!("{{{{ {input} }}}}{separator}{output}")}));
    let mut hints = parcel.remarks(&sent.outgoing);
    hints.push("Put the tests beside it: Export examples on the Data screen, as promptfoo tests.".into());
    if sent.outgoing.reply == ReplyShape::Anthropic && parcel.model.temperature.is_none() {
        hints.push("No temperature was sent, which is 1 to Anthropic's API: it is named here because promptfoo would send 0.".into());
    }
    if sent.outgoing.key.is_none() {
        hints.push("The server takes no key: \"none\" is sent as one, so that no key of yours is, whatever the environment holds.".into());
    }
    let (id, config) = provider(parcel, sent);
    // JSON is YAML, and nothing in it can be misread.
    format!(
        "{}prompts:\n  - {}\nproviders:\n  - id: {}\n    config: {}\n{}tests: file://tests.yaml\n",
        comment(&hints, "#"),
        quoted(&format!("{:#}", Value::from(messages))),
        quoted(&id),
        Value::from(config),
        renamed(parcel).unwrap_or_default(),
    )
}

/// What Anthropic's Messages API takes where no temperature is sent.
const ANTHROPIC_TEMPERATURE: f64 = 1.0;

/// promptfoo's name of the model, and what it has to be told. Parameters that were not sent are not sent by it either.
fn provider(parcel: &Parcel<'_>, sent: &Sent) -> (String, Map<String, Value>) {
    let model = parcel.model;
    let mut config = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(name.into(), value);
        }
    };
    // promptfoo puts values of the environment into its configuration.
    let from_environment = |variable: &str| Value::from(format!("{{{{env.{variable}}}}}"));
    let key = sent.outgoing.key.as_ref().map(|key| key.variable.as_str());
    // Without one promptfoo would refuse, or send the key of another service that the environment holds.
    let no_key = || Value::from("none");
    let base = parcel.connection.base_url.trim().trim_end_matches('/');
    let gateway = &sent.outgoing.gateway_headers;
    if !gateway.is_empty() {
        let headers: Map<String, Value> = gateway.iter().map(|name| (name.clone(), from_environment(&gateway_variable(name)))).collect();
        set("headers", Some(headers.into()));
    }
    let id = match sent.outgoing.reply {
        ReplyShape::OpenAi => {
            // The address as it was spoken to, with what a connection to Ollama gets added.
            let base = sent.outgoing.url.trim_end_matches("/chat/completions");
            set("apiBaseUrl", Some(base.into()));
            match key {
                Some(key) => set("apiKeyEnvar", Some(key.into())),
                None => set("apiKey", Some(no_key())),
            }
            set("omitDefaults", Some(true.into()));
            set("temperature", model.temperature.map(Value::from));
            for name in ["max_tokens", "max_completion_tokens"] {
                set(name, sent.outgoing.body.get(name).cloned());
            }
            set("seed", model.seed.map(Value::from));
            format!("openai:chat:{}", model.model)
        }
        ReplyShape::Anthropic => {
            set("apiBaseUrl", Some(base.trim_end_matches("/v1").into()));
            set("apiKey", Some(key.map_or_else(no_key, from_environment)));
            set("max_tokens", sent.outgoing.body.get("max_tokens").cloned());
            set("temperature", Some(model.temperature.unwrap_or(ANTHROPIC_TEMPERATURE).into()));
            format!("anthropic:messages:{}", model.model)
        }
        ReplyShape::Gemini => {
            set("apiBaseUrl", Some(base.trim_end_matches("/v1beta").into()));
            set("apiKey", Some(key.map_or_else(no_key, from_environment)));
            set("generationConfig", sent.outgoing.body.get("generationConfig").cloned());
            format!("google:{}", model.model.strip_prefix("models/").unwrap_or(&model.model))
        }
    };
    (id, config)
}
