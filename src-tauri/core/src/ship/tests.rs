use super::{
    literal::{json_text, one_line, rust_text},
    *,
};
use crate::connection::{ConnectionKind, ExtraHeader, KeyReference, Network};

fn connection(kind: ConnectionKind) -> Connection {
    let key = KeyReference::Environment { variable: "MY_KEY".into() };
    Connection { kind, base_url: "https://models.example/v1".into(), key, ..Connection::blank() }
}

fn model() -> ModelConfig {
    ModelConfig { connection: 2, model: "m".into(), temperature: Some(0.5), max_output_tokens: Some(9), seed: None }
}

fn written(connection: &Connection, prompt: &Prompt, format: ShipFormat) -> Option<String> {
    let columns = ["text".to_owned(), "lang".to_owned(), "a \"b\"".to_owned()];
    let figures = ["A run.\nimport os; os.system('rm')".to_owned()];
    let model = model();
    let parcel = Parcel { prompt, model: &model, connection, columns: &columns, input: Some("text"), figures: &figures, extract: None };
    parcel.write(format).unwrap()
}

fn plain() -> Prompt {
    Prompt { system_prompt: "Be brief.".into(), output_prompt: "One word.".into() }
}

#[test]
fn a_comment_ends_with_its_line() {
    for format in [ShipFormat::Curl, ShipFormat::Python, ShipFormat::Typescript, ShipFormat::Rust, ShipFormat::Promptfoo] {
        let text = written(&connection(ConnectionKind::Openai), &plain(), format).unwrap();
        let line = text.lines().find(|l| l.contains("rm")).unwrap();
        assert!(line.starts_with('#') || line.starts_with("//"), "{format:?}: {line}");
    }
    assert_eq!(one_line("a\u{2028}b\u{202e}c\r\nd"), "a b c  d");
}

#[test]
fn what_hides_or_turns_text_around_is_written_out() {
    let text = "a\u{202e}b\u{2028}c\u{200b}d\u{feff}e\u{85}";
    assert_eq!(json_text(text), "\"a\\u202eb\\u2028c\\u200bd\\ufeffe\\u0085\"");
    assert_eq!(rust_text(text), "\"a\\u{202e}b\\u{2028}c\\u{200b}d\\u{feff}e\\u{85}\"");
}

#[test]
fn the_key_is_read_from_the_environment_and_named_after_its_provider() {
    let variable = |kind, base: &str, key: KeyReference| {
        let connection = Connection { base_url: base.into(), key, ..connection(kind) };
        Outgoing::of(&connection, &model().request(vec![], None)).unwrap().unwrap().key.map(|k| k.variable)
    };
    let kept = || KeyReference::Keychain;
    let named = |name: &str| KeyReference::Environment { variable: name.into() };
    for (kind, base, key, expected) in [
        (ConnectionKind::Openai, "https://api.openai.com/v1", kept(), Some("OPENAI_API_KEY")),
        (ConnectionKind::Openai, "https://mine.openai.azure.com/openai/v1", kept(), Some("AZURE_OPENAI_API_KEY")),
        (ConnectionKind::Openai, "https://api.groq.com/openai/v1", kept(), Some("GROQ_API_KEY")),
        (ConnectionKind::Openai, "https://other.example/v1", kept(), Some("API_KEY")),
        (ConnectionKind::Anthropic, "https://api.anthropic.com/v1", kept(), Some("ANTHROPIC_API_KEY")),
        (ConnectionKind::Gemini, "https://generativelanguage.googleapis.com/v1beta", kept(), Some("GEMINI_API_KEY")),
        (ConnectionKind::Openai, "https://other.example/v1", named("TEAM_KEY"), Some("TEAM_KEY")),
        (ConnectionKind::Openai, "https://other.example/v1", named("X}\"; rm -r ~; \""), Some("API_KEY")),
        (ConnectionKind::Ollama, "http://127.0.0.1:11434", KeyReference::None, None),
    ] {
        assert_eq!(variable(kind, base, key).as_deref(), expected, "{base}");
    }
}

#[test]
fn values_of_gateway_headers_stay_here() {
    let headers = vec![ExtraHeader { name: "X-Team".into(), value: "private-value".into() }];
    let connection = Connection { network: Network { headers, ..Network::default() }, ..connection(ConnectionKind::Openai) };
    for format in ShipFormat::ALL {
        let text = written(&connection, &plain(), format).unwrap();
        assert!(!text.contains("private-value"), "{format:?}");
        let calls = matches!(format, ShipFormat::Curl | ShipFormat::Python | ShipFormat::Typescript | ShipFormat::Rust);
        assert_eq!(text.contains("X_TEAM_HEADER"), calls || format == ShipFormat::Promptfoo, "{format:?}: {text}");
    }
}

#[test]
fn the_demo_model_has_no_server_to_call() {
    let demo = Connection { kind: ConnectionKind::Demo, ..Connection::blank() };
    for format in ShipFormat::ALL {
        let is_there = written(&demo, &plain(), format).is_some();
        assert_eq!(is_there, matches!(format, ShipFormat::Text | ShipFormat::Messages), "{format:?}");
    }
}

#[test]
fn promptfoo_sends_no_key_of_another_service_where_the_server_takes_none() {
    let key = |kind: ConnectionKind, key: KeyReference| {
        let connection = Connection { key, ..connection(kind) };
        written(&connection, &plain(), ShipFormat::Promptfoo).unwrap()
    };
    for kind in [ConnectionKind::Openai, ConnectionKind::Ollama, ConnectionKind::Anthropic, ConnectionKind::Gemini] {
        let without = key(kind, KeyReference::None);
        assert!(without.contains(r#""apiKey":"none""#) && !without.contains("apiKeyEnvar"), "{without}");
    }
    let with = key(ConnectionKind::Openai, KeyReference::Environment { variable: "MY_KEY".into() });
    assert!(with.contains(r#""apiKeyEnvar":"MY_KEY""#) && !with.contains(r#""apiKey":"#), "{with}");
}

#[test]
fn promptfoo_sends_anthropic_the_temperature_that_none_stands_for() {
    let connection = connection(ConnectionKind::Anthropic);
    let prompt = plain();
    let of = |temperature| {
        let model = ModelConfig { temperature, ..model() };
        let parcel =
            Parcel { prompt: &prompt, model: &model, connection: &connection, columns: &[], input: None, figures: &[], extract: None };
        parcel.write(ShipFormat::Promptfoo).unwrap().unwrap()
    };
    assert!(of(None).contains("\"temperature\":1.0") && of(None).contains("promptfoo would send 0"), "{}", of(None));
    assert!(of(Some(0.5)).contains("\"temperature\":0.5") && !of(Some(0.5)).contains("would send 0"));
}

#[test]
fn promptfoo_reads_columns_as_variables_and_everything_else_as_text() {
    let prompt = Prompt { system_prompt: "{{lang}} {{unknown}} {% raw %} {# c #} {{{a \"b\"}}".into(), output_prompt: String::new() };
    let text = written(&connection(ConnectionKind::Openai), &prompt, ShipFormat::Promptfoo).unwrap();
    let open = r#"{{ \\\"{\\\" }}"#;
    let close = r##"{{ \\\"#\\\" }}"##;
    let expected = format!("{{{{ lang }}}} {open}{{unknown}}}} {open}% raw %}} {open}# c {close}}} {open}{{{{ column_3 }}}}");
    assert!(text.contains(&expected), "{text}\n{expected}");
    // The tests have the column under its own name, which a template cannot hold: they read it under one that it can.
    let renamed = crate::export::promptfoo::quoted(r#"({ column_3: vars["a \"b\""] })"#);
    assert!(text.contains(&format!("\ndefaultTest:\n  options:\n    transformVars: {renamed}\n")), "{text}");
    let named = written(&connection(ConnectionKind::Openai), &plain(), ShipFormat::Promptfoo).unwrap();
    assert!(!named.contains("transformVars"), "{named}");
    for kind in [ConnectionKind::Anthropic, ConnectionKind::Gemini] {
        let text = written(&connection(kind), &plain(), ShipFormat::Promptfoo).unwrap();
        assert!(text.contains("\"apiKey\":\"{{env.MY_KEY}}\""), "{text}");
    }
    assert!(text.contains("omitDefaults") && text.contains("\"apiBaseUrl\":\"https://models.example/v1\""), "{text}");
}
