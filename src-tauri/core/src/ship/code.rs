//! The request as a function in three languages: input and cells in, answer out.

use super::{
    Parcel, Presence, Sent, comment, gateway_variable,
    literal::{Language, json_text, prompt, rust_text, value},
    presence,
};
use crate::chat::ReplyShape;

const PYTHON: Language = Language {
    comment: "#",
    text: json_text,
    words: ["True", "False", "None"],
    column: |name| format!("columns[{}]", json_text(name)),
    joined: ["\"\".join([", "])"],
    alone: "",
    object: ["", ""],
    variable: |before, name| match before {
        "" => format!("variable({})", json_text(name)),
        _ => format!("{} + variable({})", json_text(before), json_text(name)),
    },
};
const TYPESCRIPT: Language = Language {
    comment: "//",
    text: json_text,
    words: ["true", "false", "null"],
    column: |name| format!("columns[{}] ?? \"\"", json_text(name)),
    joined: ["[", "].join(\"\")"],
    alone: "",
    object: ["", ""],
    variable: |before, name| match before {
        "" => format!("variable({})", json_text(name)),
        _ => format!("{} + variable({})", json_text(before), json_text(name)),
    },
};
const RUST: Language = Language {
    comment: "//",
    text: rust_text,
    words: ["true", "false", "null"],
    column: |name| format!("columns.get({}).copied().unwrap_or_default()", rust_text(name)),
    joined: ["[", "].concat()"],
    alone: ".to_owned()",
    object: ["serde_json::json!(", ")"],
    variable: |before, name| match before {
        "" => format!("variable({})?", rust_text(name)),
        _ => format!("{}.to_owned() + &variable({})?", rust_text(before), rust_text(name)),
    },
};

// Without its key a request would go out all the same, and be refused for a reason that nobody understands.
const PYTHON_VARIABLE: &str = r#"def variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"Set the environment variable {name}.")
    return value


"#;
const RUST_VARIABLE: &str = r#"fn variable(name: &str) -> Result<String, String> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).ok_or_else(|| format!("Set the environment variable {name}."))
}

"#;
const VARIABLE: &str = r#"function variable(name: string): string {
    const value = process.env[name];
    if (!value) throw new Error(`Set the environment variable ${name}.`);
    return value;
}

"#;

/// A header and the expression of its value.
type Header = (String, String);

/// What the three languages have in common.
struct Parts {
    comments: String,
    /// None where no system message is ever sent.
    system: Option<String>,
    /// None where nothing comes after the input.
    output: Option<String>,
    /// The body when there is a system message.
    body: String,
    /// The body without one, where either can happen.
    other_body: Option<String>,
    headers: Vec<Header>,
    takes_columns: bool,
    url: String,
}

fn parts(parcel: &Parcel<'_>, sent: &Sent, language: &Language) -> Parts {
    let (system, output) = (parcel.system(), parcel.output());
    let presence = presence(&system);
    let [open, close] = language.object;
    let body = |marked| format!("{open}{}{close}", value(marked, language, "    "));
    let (text, variable) = (language.text, language.variable);
    let outgoing = &sent.outgoing;
    let mut headers: Vec<Header> = outgoing.headers.iter().map(|(name, value)| (text(name), text(value))).collect();
    if let Some(key) = &outgoing.key {
        headers.push((text(key.header), variable(&key.before, &key.variable)));
    }
    headers.extend(outgoing.gateway_headers.iter().map(|name| (text(name), variable("", &gateway_variable(name)))));
    Parts {
        comments: comment(&parcel.remarks(outgoing), language.comment),
        system: (presence != Presence::Never).then(|| prompt(&system, parcel.columns, language, "    ")),
        output: (!output.parts().is_empty()).then(|| prompt(&output, parcel.columns, language, "    ")),
        body: body(if presence == Presence::Never { &sent.without_system } else { &outgoing.body }),
        other_body: (presence == Presence::Sometimes).then(|| body(&sent.without_system)),
        headers,
        takes_columns: !parcel.used_columns().is_empty(),
        url: text(&outgoing.url),
    }
}

fn reads_variables(sent: &Sent) -> bool {
    sent.outgoing.key.is_some() || !sent.outgoing.gateway_headers.is_empty()
}

pub(super) fn python(parcel: &Parcel<'_>, sent: &Sent) -> String {
    let parts = parts(parcel, sent, &PYTHON);
    let system = parts.system.map(|text| format!("    system = {text}\n")).unwrap_or_default();
    let user = match parts.output {
        Some(output) => format!("    output = {output}\n    user = \"\\n\\n\".join(part for part in (text, output) if part)\n"),
        None => "    user = text\n".into(),
    };
    let body = match parts.other_body {
        Some(other) => format!("{} if system else {other}", parts.body),
        None => parts.body,
    };
    // Some hosts refuse the name that this library gives itself.
    let own = [("\"content-type\"", "\"application/json\""), ("\"user-agent\"", "\"python\"")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let headers: String = own.iter().chain(&parts.headers).map(|(name, value)| format!("        {name}: {value},\n")).collect();
    let (os, variable) = if reads_variables(sent) { ("import os\n", PYTHON_VARIABLE) } else { ("", "") };
    let (parameter, argument, wanted) = if parts.takes_columns {
        (", columns: dict[str, str]", ", json.loads(sys.argv[1])", wanted_cells(parcel))
    } else {
        ("", "", String::new())
    };
    let reply = match sent.outgoing.reply {
        ReplyShape::OpenAi => "reply[\"choices\"][0][\"message\"][\"content\"]",
        ReplyShape::Anthropic => "\"\".join(part[\"text\"] for part in reply[\"content\"] if part[\"type\"] == \"text\")",
        ReplyShape::Gemini => {
            "\"\".join(part.get(\"text\", \"\") for part in reply[\"candidates\"][0][\"content\"][\"parts\"] if not part.get(\"thought\"))"
        }
    };
    let (comments, url, timeout) = (parts.comments, parts.url, parcel.connection.timeout_seconds);
    format!(
        r#"{comments}import json
{os}import sys
import urllib.error
import urllib.request


{variable}def answer(text: str{parameter}) -> str:
{system}{user}    body = {body}
    headers = {{
{headers}    }}
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    request = urllib.request.Request({url}, data, headers)
    try:
        with urllib.request.urlopen(request, timeout={timeout}) as response:
            reply = json.load(response)
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")
        raise RuntimeError(f"{{error.code}}: {{said}}") from None
    return {reply}


if __name__ == "__main__":
{wanted}    try:
        print(answer(sys.stdin.read(){argument}))
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(str(error))
"#
    )
}

/// What the Python program says to who leaves out the cells that the prompt names.
fn wanted_cells(parcel: &Parcel<'_>) -> String {
    let cells: Vec<String> = parcel.used_columns().iter().map(|name| format!("{}: \"...\"", json_text(name))).collect();
    let usage = format!("The text comes in on standard input, the cells that the prompt names as one argument: '{{{}}}'", cells.join(", "));
    format!("    if len(sys.argv) != 2:\n        sys.exit({})\n", (PYTHON.text)(&usage))
}

pub(super) fn typescript(parcel: &Parcel<'_>, sent: &Sent) -> String {
    let parts = parts(parcel, sent, &TYPESCRIPT);
    let system = parts.system.map(|text| format!("    const system = {text};\n")).unwrap_or_default();
    let user = match parts.output {
        Some(output) => {
            format!("    const output = {output};\n    const user = [text, output].filter((part) => part !== \"\").join(\"\\n\\n\");\n")
        }
        None => "    const user = text;\n".into(),
    };
    let body = match parts.other_body {
        Some(other) => format!("system !== \"\" ? {} : {other}", parts.body),
        None => parts.body,
    };
    let headers: String = parts.headers.iter().map(|(name, value)| format!("            {name}: {value},\n")).collect();
    let variable = if reads_variables(sent) { VARIABLE } else { "" };
    let parameter = if parts.takes_columns { ", columns: Record<string, string>" } else { "" };
    let reply = match sent.outgoing.reply {
        ReplyShape::OpenAi => "reply.choices[0].message.content",
        ReplyShape::Anthropic => "reply.content.map((part: { text?: string }) => part.text ?? \"\").join(\"\")",
        ReplyShape::Gemini => {
            "reply.candidates[0].content.parts\n        .map((part: { text?: string; thought?: boolean }) => (part.thought ? \"\" : (part.text ?? \"\")))\n        .join(\"\")"
        }
    };
    let (comments, url) = (parts.comments, parts.url);
    let timeout = u64::from(parcel.connection.timeout_seconds) * 1000;
    format!(
        r#"{comments}{variable}export async function answer(text: string{parameter}): Promise<string> {{
{system}{user}    const body = {body};
    const response = await fetch({url}, {{
        method: "POST",
        headers: {{
            "content-type": "application/json",
{headers}        }},
        body: JSON.stringify(body),
        signal: AbortSignal.timeout({timeout}),
    }});
    if (!response.ok) throw new Error(`${{response.status}}: ${{await response.text()}}`);
    const reply = await response.json();
    return {reply};
}}
"#
    )
}

pub(super) fn rust(parcel: &Parcel<'_>, sent: &Sent) -> String {
    let parts = parts(parcel, sent, &RUST);
    let system = parts.system.map(|text| format!("    let system = {text};\n")).unwrap_or_default();
    let user = match parts.output {
        Some(output) => format!(
            "    let output = {output};\n    let user = [text, output.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(\"\\n\\n\");\n"
        ),
        None => "    let user = text;\n".into(),
    };
    let body = match parts.other_body {
        Some(other) => format!("if system.is_empty() {{ {other} }} else {{ {} }}", parts.body),
        None => parts.body,
    };
    let headers: String = parts.headers.iter().map(|(name, value)| format!("        .header({name}, {value})\n")).collect();
    let variable = if reads_variables(sent) { RUST_VARIABLE } else { "" };
    let parameter = if parts.takes_columns { ", columns: &std::collections::HashMap<&str, &str>" } else { "" };
    let reply = match sent.outgoing.reply {
        ReplyShape::OpenAi => "reply[\"choices\"][0][\"message\"][\"content\"].as_str().unwrap_or_default().to_owned()",
        ReplyShape::Anthropic => "reply[\"content\"].as_array().into_iter().flatten().filter_map(|part| part[\"text\"].as_str()).collect()",
        ReplyShape::Gemini => {
            "reply[\"candidates\"][0][\"content\"][\"parts\"]\n        .as_array()\n        .into_iter()\n        .flatten()\n        .filter(|part| part[\"thought\"] != true)\n        .filter_map(|part| part[\"text\"].as_str())\n        .collect()"
        }
    };
    let (comments, url, timeout) = (parts.comments, parts.url, parcel.connection.timeout_seconds);
    format!(
        r#"{comments}// Cargo.toml: reqwest = {{ version = "0.12", features = ["json"] }} and serde_json = "1"; it runs in tokio.
{variable}pub async fn answer(text: &str{parameter}) -> Result<String, Box<dyn std::error::Error>> {{
{system}{user}    let body = {body};
    let response = reqwest::Client::new()
        .post({url})
        .timeout(std::time::Duration::from_secs({timeout}))
{headers}        .json(&body)
        .send()
        .await?;
    let status = response.status();
    if !status.is_success() {{
        return Err(format!("{{status}}: {{}}", response.text().await?).into());
    }}
    let reply: serde_json::Value = response.json().await?;
    Ok({reply})
}}
"#
    )
}
