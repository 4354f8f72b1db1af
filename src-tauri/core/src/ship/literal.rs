//! Texts and values as literals of a language.

use serde_json::Value;

use super::{SYSTEM, USER};
use crate::prompt::{Part, Template};

/// How a language writes what a request holds.
pub struct Language {
    /// Begins a comment.
    pub comment: &'static str,
    /// A text as a literal.
    pub text: fn(&str) -> String,
    /// True, false and nothing.
    pub words: [&'static str; 3],
    /// The cell of a column as an expression.
    pub column: fn(&str) -> String,
    /// Around a list of texts that are put together.
    pub joined: [&'static str; 2],
    /// After a text that stands alone.
    pub alone: &'static str,
    /// Around a literal of an object.
    pub object: [&'static str; 2],
    /// The value of an environment variable as an expression, after a text that may be empty.
    pub variable: fn(&str, &str) -> String,
}

/// Characters that show as nothing, break a line, or turn the order of what stands around them: in a source they are written out, so
/// that it reads as it runs.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A literal of JSON, which JavaScript and Python read as it is meant.
pub fn json_text(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    let mut out = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        if is_deceptive(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// A literal of Rust.
pub fn rust_text(text: &str) -> String {
    format!("{text:?}")
}

/// A text as a comment can hold it.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_deceptive(c) { ' ' } else { c }).collect()
}

/// A prompt as an expression: its texts line by line, cells between them.
pub fn prompt(template: &Template, columns: &[String], language: &Language, indent: &str) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for part in template.parts() {
        match part {
            Part::Literal(text) => pieces.extend(text.split_inclusive('\n').map(language.text)),
            Part::Column(at) => pieces.push((language.column)(columns.get(*at).map_or("", String::as_str))),
        }
    }
    let [open, close] = language.joined;
    match pieces.as_slice() {
        [one] => format!("{one}{}", language.alone),
        _ => {
            let lines: String = pieces.iter().map(|piece| format!("{indent}    {piece},\n")).collect();
            format!("{open}\n{lines}{indent}{close}")
        }
    }
}

/// A value as an expression. The marked places become the names of what stands there.
pub fn value(value: &Value, language: &Language, indent: &str) -> String {
    let [yes, no, nothing] = language.words;
    match value {
        Value::Null => nothing.into(),
        Value::Bool(true) => yes.into(),
        Value::Bool(false) => no.into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text == SYSTEM => "system".into(),
        Value::String(text) if text == USER => "user".into(),
        Value::String(text) => (language.text)(text),
        Value::Array(items) => {
            let inner = format!("{indent}    ");
            let items: Vec<String> = items.iter().map(|item| self::value(item, language, &inner)).collect();
            enclosed(["[", "]"], &items, indent)
        }
        Value::Object(fields) => {
            let inner = format!("{indent}    ");
            let fields: Vec<String> =
                fields.iter().map(|(key, field)| format!("{}: {}", (language.text)(key), self::value(field, language, &inner))).collect();
            enclosed(["{", "}"], &fields, indent)
        }
    }
}

/// So much of a list fits on a line.
const SHORT: usize = 60;

fn enclosed([open, close]: [&str; 2], items: &[String], indent: &str) -> String {
    let line = items.join(", ");
    if line.len() <= SHORT && !line.contains('\n') {
        return format!("{open}{line}{close}");
    }
    let lines: String = items.iter().map(|item| format!("{indent}    {item},\n")).collect();
    format!("{open}\n{lines}{indent}{close}")
}
