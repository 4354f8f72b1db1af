//! The request as a command for a POSIX shell.

use serde_json::Value;

use super::{Parcel, SYSTEM, Sent, USER, comment, gateway_variable};

/// A text in single quotes, between which a shell reads nothing.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The body with the messages in it.
fn filled(value: &Value, parcel: &Parcel<'_>) -> Value {
    match value {
        Value::String(text) if text == SYSTEM => parcel.prompt.system_prompt.as_str().into(),
        Value::String(text) if text == USER => parcel.user_message().into(),
        Value::Array(items) => items.iter().map(|item| filled(item, parcel)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), filled(field, parcel))).collect(),
        other => other.clone(),
    }
}

pub(super) fn write(parcel: &Parcel<'_>, sent: &Sent) -> String {
    let outgoing = &sent.outgoing;
    let marked = if parcel.prompt.system_prompt.is_empty() { &sent.without_system } else { &outgoing.body };
    let mut out = comment(&parcel.remarks(outgoing), "#");
    let place = parcel.input_place();
    let mut hints = vec![format!("Put the input in place of {place}, as JSON writes it: \\n for a new line, \\\" for a quote.")];
    if !parcel.used_columns().is_empty() {
        hints.push(format!("Fill in the cells as well: {}.", parcel.used_columns().join(", ")));
    }
    out.push_str(&comment(&hints, "#"));
    // `printf` is part of the shell, so no limit on arguments is in the way of a long prompt.
    out.push_str(&format!("printf '%s' {} |\n", shell(&filled(marked, parcel).to_string())));
    let timeout = parcel.connection.timeout_seconds;
    out.push_str(&format!("  curl --silent --show-error --fail-with-body --globoff --max-time {timeout} {} \\\n", shell(&outgoing.url)));
    out.push_str("    --header 'content-type: application/json' \\\n");
    for (name, value) in &outgoing.headers {
        out.push_str(&format!("    --header {} \\\n", shell(&format!("{name}: {value}"))));
    }
    if let Some(key) = &outgoing.key {
        out.push_str(&format!("    --header \"{}: {}${{{}:?}}\" \\\n", key.header, key.before, key.variable));
    }
    for name in &outgoing.gateway_headers {
        out.push_str(&format!("    --header {}\": ${{{}:?}}\" \\\n", shell(name), gateway_variable(name)));
    }
    out.push_str("    --data-binary @-\n");
    out
}
