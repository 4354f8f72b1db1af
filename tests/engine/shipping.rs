//! What is shipped sends what was measured: the generated programs are run against a server, and what arrives is compared, byte for
//! byte, with what the engine sends.

use std::{
    collections::HashMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use mlprompt_core::{
    api::{ExportRun, RunId, SaveConnection, ShipPrompt, ShipSource, ShippedPrompt},
    clock::SystemClock,
    connection::{Connection, ConnectionKind, ExtraHeader, KeyReference, Network},
    engine::{Models, RealModels},
    prompt::{Prompt, render_messages},
    run::{ModelConfig, RunConfig, RunPoint},
    ship::{Parcel, ShipFormat},
    store::Role,
};
use serde_json::{Value, json};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, config, model, over_http},
    scripted_model::ScriptedModel,
    world::World,
};

/// Everything that ends a literal, a comment, a command or a document somewhere, in a prompt.
const HOSTILE: &str = "it's \"quoted\" \\ \\n $HOME ${HOME} `id` $(id)\nJSON\nEOF\n'''\n\"\"\"\n*/ // # --\r\n{{unknown}} {{{lang}}} {% x %} %s %d \t\u{1b}[31m\u{2028}\u{2029}\u{202e}\u{feff}\u{7f} é 😀 </script> ${x} #{x} r#\"x\"#\nlast";
const INPUT: &str = "an input: 'a' \"b\" \\ $x `y`\n{{lang}} é😀";

const KINDS: [ConnectionKind; 4] = [ConnectionKind::Openai, ConnectionKind::Anthropic, ConnectionKind::Gemini, ConnectionKind::Ollama];

fn columns() -> Vec<String> {
    ["text", "lang", "a \"quoted\" \\ name"].map(str::to_owned).to_vec()
}

fn cells() -> Vec<String> {
    [INPUT, "{{text}} \"de\"", "cell $1"].map(str::to_owned).to_vec()
}

fn prompts() -> Vec<Prompt> {
    let prompt = |system: &str, output: &str| Prompt { system_prompt: system.into(), output_prompt: output.into() };
    vec![
        prompt(HOSTILE, HOSTILE),
        prompt("Answer in {{ lang }}.\n{{a \"quoted\" \\ name}}", "{{lang}}"),
        prompt("", "One word."),
        prompt("{{lang}}", ""),
    ]
}

/// A reply in which every wire finds the answer.
fn reply() -> String {
    json!({
        "choices": [{"message": {"content": "the answer"}, "finish_reason": "stop"}],
        "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "the answer"}],
        "candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "the answer"}]}}],
    })
    .to_string()
}

async fn server() -> FakeServer {
    FakeServer::start(World::default(), |_| Act::status(200, reply())).await
}

fn measured(kind: ConnectionKind) -> ModelConfig {
    let _ = kind;
    ModelConfig { temperature: Some(0.25), max_output_tokens: Some(77), seed: Some(3), ..model("a'b\"/m:1", 2) }
}

fn to(server: &FakeServer, kind: ConnectionKind) -> Connection {
    let headers = vec![ExtraHeader { name: "x-team".into(), value: "red".into() }];
    let network = Network { headers, ..Network::default() };
    Connection { network, ..server.connection(kind, KeyReference::Environment { variable: "TEST_KEY".into() }) }
}

/// What the engine itself sends for this prompt and input.
async fn engine_sends(
    server: &FakeServer,
    connection: &Connection,
    model: &ModelConfig,
    prompt: &Prompt,
    input: &str,
    cells: &[String],
) -> Seen {
    let models = RealModels::new(SystemClock::shared()).unwrap();
    let chat = model.request(render_messages(prompt, &columns(), cells, input), None);
    let before = server.count();
    models.open(connection, Some("key '$x'".to_owned().into())).unwrap().complete(&chat).await.unwrap();
    server.seen().remove(before)
}

fn written(connection: &Connection, model: &ModelConfig, prompt: &Prompt, format: ShipFormat) -> String {
    let columns = columns();
    let figures = ["Run \"x\"\n*/ '''; exit 1".to_owned()];
    let parcel = Parcel { prompt, model, connection, columns: &columns, input: Some("text"), figures: &figures, extract: None };
    parcel.write(format).unwrap().unwrap()
}

fn assert_same(what: &str, sent: &Seen, expected: &Seen) {
    assert_eq!((&sent.method, &sent.path), (&expected.method, &expected.path), "{what}");
    assert_eq!(sent.text(), expected.text(), "{what}");
    for (name, value) in &expected.headers {
        if !["user-agent", "accept", "accept-encoding", "host", "content-length"].contains(&name.as_str()) {
            assert_eq!(sent.headers.get(name), Some(value), "{what}: {name}");
        }
    }
}

async fn run(program: &str, arguments: &[&str], folder: &Path, input: &str) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("TEST_KEY", "key '$x'").env("X_TEAM_HEADER", "red").env("NO_PROXY", "*");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("this test runs {program}: {e}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    // The server answers on this runtime meanwhile.
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
}

fn assert_answered(what: &str, output: &Output, text: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {error}\n{text}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("the answer"), "{what}: {error}");
}

/// The prompts as a shell command holds them: its places are left to the user.
fn with_places() -> Vec<String> {
    columns().iter().map(|name| format!("{{{{{name}}}}}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shell_command_sends_what_the_engine_sends() {
    let (server, folder) = (server().await, tempfile::TempDir::new().unwrap());
    for kind in KINDS {
        for prompt in prompts() {
            // A place with blanks in it stays as it was written.
            let prompt = Prompt { system_prompt: prompt.system_prompt.replace("{{ lang }}", "{{lang}}"), ..prompt };
            let (connection, model) = (to(&server, kind), measured(kind));
            let expected = engine_sends(&server, &connection, &model, &prompt, "{{text}}", &with_places()).await;
            let text = written(&connection, &model, &prompt, ShipFormat::Curl);
            std::fs::write(folder.path().join("prompt.sh"), &text).unwrap();
            let before = server.count();
            let output = run("sh", &["prompt.sh"], folder.path(), "").await;
            assert_answered(&format!("{kind:?}"), &output, &text);
            assert_same(&format!("{kind:?}"), &server.seen()[before], &expected);
        }
    }
}

/// Writes the program to a file and runs it; the server must see what the engine would have sent.
async fn assert_program_sends(
    server: &FakeServer,
    kind: ConnectionKind,
    prompt: &Prompt,
    format: ShipFormat,
    file: &Path,
    program: &str,
    arguments: &[&str],
) {
    let (connection, model) = (to(server, kind), measured(kind));
    let expected = engine_sends(server, &connection, &model, prompt, INPUT, &cells()).await;
    let text = written(&connection, &model, prompt, format);
    std::fs::write(file, &text).unwrap();
    let before = server.count();
    let output = run(program, arguments, file.parent().unwrap(), INPUT).await;
    assert_answered(&format!("{kind:?}"), &output, &text);
    assert_same(&format!("{kind:?}"), &server.seen()[before], &expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_program_sends_what_the_engine_sends() {
    let (server, folder) = (server().await, tempfile::TempDir::new().unwrap());
    let columns: HashMap<String, String> = columns().into_iter().zip(cells()).collect();
    let columns = serde_json::to_string(&columns).unwrap();
    for kind in KINDS {
        for prompt in prompts() {
            assert_program_sends(
                &server,
                kind,
                &prompt,
                ShipFormat::Python,
                &folder.path().join("prompt.py"),
                "python3",
                &["prompt.py", &columns],
            )
            .await;
        }
    }
}

/// Takes the types away as a build of the user's would; then the program is run.
const RUN_TYPESCRIPT: &str = r#"
const ts = require(process.argv[1]);
const fs = require("fs");
const source = fs.readFileSync("prompt.ts", "utf8");
const made = ts.transpileModule(source, { reportDiagnostics: true, compilerOptions: { module: "esnext", target: "es2022" } });
if (made.diagnostics.length > 0) throw new Error(made.diagnostics.map((d) => d.messageText).join("\n"));
fs.writeFileSync("prompt.mjs", made.outputText);
import(process.cwd() + "/prompt.mjs?" + Date.now())
    .then((program) => program.answer(fs.readFileSync(0, "utf8"), JSON.parse(process.argv[2])))
    .then((answer) => console.log(answer), (error) => { console.error(error); process.exit(1); });
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_program_sends_what_the_engine_sends() {
    let (server, folder) = (server().await, tempfile::TempDir::new().unwrap());
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/node_modules/typescript/lib/typescript.js");
    assert!(compiler.is_file(), "this test needs the page's packages: npm ci --prefix ui");
    let columns: HashMap<String, String> = columns().into_iter().zip(cells()).collect();
    let columns = serde_json::to_string(&columns).unwrap();
    for kind in KINDS {
        for prompt in prompts() {
            assert_program_sends(
                &server,
                kind,
                &prompt,
                ShipFormat::Typescript,
                &folder.path().join("prompt.ts"),
                "node",
                &["-e", RUN_TYPESCRIPT, compiler.to_str().unwrap(), &columns],
            )
            .await;
        }
    }
}

/// In place of the HTTP library: says what would be sent. The rest of the program is the shipped one, with the real `serde_json`.
const RUST_AROUND: &str = r#"
mod reqwest {
    pub struct Client;
    pub struct Request(Vec<(String, String)>, String, String);
    pub struct Response;
    pub struct Status(u16);
    impl Status {
        pub fn is_success(&self) -> bool { self.0 == 200 }
    }
    impl std::fmt::Display for Status {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
    }
    impl Client {
        pub fn new() -> Self { Self }
        pub fn post(self, url: &str) -> Request { Request(Vec::new(), url.to_owned(), String::new()) }
    }
    impl Request {
        pub fn timeout(self, _: std::time::Duration) -> Self { self }
        pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self { self.0.push((name.to_owned(), value.as_ref().to_owned())); self }
        pub fn json(mut self, body: &serde_json::Value) -> Self { self.2 = serde_json::to_string(body).unwrap(); self }
        pub async fn send(self) -> Result<Response, String> {
            println!("{}", serde_json::json!({"url": self.1, "headers": self.0, "body": self.2}));
            Ok(Response)
        }
    }
    impl Response {
        pub fn status(&self) -> Status { Status(std::env::var("STATUS").map_or(200, |status| status.parse().unwrap())) }
        pub async fn text(self) -> Result<String, String> { Ok(std::env::var("REPLY").unwrap()) }
        pub async fn json(self) -> Result<serde_json::Value, String> { Ok(serde_json::from_str(&std::env::var("REPLY").unwrap()).unwrap()) }
    }
}
fn main() {
    let columns: std::collections::HashMap<String, String> = serde_json::from_str(&std::env::args().nth(1).unwrap()).unwrap();
    let columns: std::collections::HashMap<&str, &str> = columns.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let text = std::io::read_to_string(std::io::stdin()).unwrap();
    let _ = &columns;
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut work = std::pin::pin!(answer(&text ARGUMENTS));
    match work.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Ok(answer)) => println!("{answer}"),
        std::task::Poll::Ready(Err(error)) => panic!("{error}"),
        std::task::Poll::Pending => unreachable!(),
    }
}
use std::future::Future;
"#;

/// The library as this build made it. There may be several, for other features or targets: the first that fits is taken.
fn compiled(source: &str, folder: &Path) -> PathBuf {
    let file = folder.join("prompt.rs");
    std::fs::write(&file, source).unwrap();
    let libraries = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let all = std::fs::read_dir(&libraries).unwrap().map(|entry| entry.unwrap().path());
    let fits = |path: &PathBuf| {
        path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("libserde_json-")) && path.extension().is_some_and(|e| e == "rlib")
    };
    let mut said = String::new();
    for library in all.filter(fits) {
        let program = folder.join("prompt");
        let output = Command::new("rustc")
            .args(["--edition", "2024", "-A", "warnings", "-o"])
            .arg(&program)
            .arg("-L")
            .arg(format!("dependency={}", libraries.display()))
            .arg("--extern")
            .arg(format!("serde_json={}", library.display()))
            .arg(&file)
            .output()
            .unwrap();
        if output.status.success() {
            return program;
        }
        said = String::from_utf8_lossy(&output.stderr).into_owned();
    }
    panic!("{said}\n{source}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_program_compiles_and_builds_what_the_engine_sends() {
    let (server, folder) = (server().await, tempfile::TempDir::new().unwrap());
    let columns: HashMap<String, String> = columns().into_iter().zip(cells()).collect();
    let columns = serde_json::to_string(&columns).unwrap();
    // Every wire with the worst prompt, every prompt on one wire: each takes a compilation.
    let cases = KINDS.into_iter().map(|kind| (kind, 0)).chain((1..prompts().len()).map(|at| (ConnectionKind::Openai, at)));
    for (kind, at) in cases {
        let prompt = prompts().remove(at);
        let (connection, model) = (to(&server, kind), measured(kind));
        let expected = engine_sends(&server, &connection, &model, &prompt, INPUT, &cells()).await;
        let text = written(&connection, &model, &prompt, ShipFormat::Rust);
        let arguments = if text.contains("columns:") { ", &columns" } else { "" };
        let program = compiled(&format!("{text}\n{}", RUST_AROUND.replace(" ARGUMENTS", arguments)), folder.path());
        let output = {
            let mut command = Command::new(program);
            command.arg(&columns).env("TEST_KEY", "key '$x'").env("X_TEAM_HEADER", "red").env("REPLY", reply());
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(INPUT.as_bytes()).unwrap();
            child.wait_with_output().unwrap()
        };
        assert_answered(&format!("{kind:?}"), &output, &text);
        let sent: Value = serde_json::from_str(String::from_utf8_lossy(&output.stdout).lines().next().unwrap()).unwrap();
        // The order of its fields is that of the serde_json it is compiled with.
        let body = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(body(sent["body"].as_str().unwrap()), body(&expected.text()), "{kind:?}");
        assert_eq!(sent["url"], format!("http://{}{}", server.address, expected.path), "{kind:?}");
        for header in sent["headers"].as_array().unwrap() {
            assert_eq!(expected.header(header[0].as_str().unwrap()), header[1].as_str(), "{kind:?}");
        }
    }
}

fn text(shipped: &ShippedPrompt, format: ShipFormat) -> &str {
    shipped.texts.iter().find(|t| t.format == format).unwrap().text.as_deref().unwrap()
}

#[tokio::test]
async fn the_best_prompt_of_a_run_is_shipped_with_its_figures() {
    let server = FakeServer::start(World::proposing(["skill 6/6/6"]), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [10, 10, 10], 1).await;
    let run = bench.run(config.clone()).await.summary;
    let source = ShipSource::Run { point: RunPoint { run: run.id, epoch: None } };
    let shipped = bench.engine.ship_prompt(ShipPrompt { source, model: None }).await.unwrap();
    assert_eq!((shipped.scores.test, shipped.baseline.unwrap().test), (run.best.test, run.baseline.test));
    assert_eq!(shipped.prompt.system_prompt, "skill 6/6/6");
    let python = text(&shipped, ShipFormat::Python);
    for part in ["# Sealed test: 60.0%", "the first prompts: 30.0%", "variable(\"API_KEY\")", "\"primary\"", "skill 6/6/6"] {
        assert!(python.contains(part), "{part}: {python}");
    }
    for shipped in &shipped.texts {
        assert!(!shipped.text.as_deref().unwrap_or_default().contains(crate::fixtures::KEY), "a key never leaves");
    }
    // The same prompt, asked for as a text, is known again with what was measured of it.
    let source = ShipSource::Prompt { project: bench.project, prompt: shipped.prompt.clone() };
    let again = bench.engine.ship_prompt(ShipPrompt { source, model: None }).await.unwrap();
    assert_eq!((again.scores, again.model.model.as_str()), (shipped.scores, "primary"));
    let source = ShipSource::Prompt { project: bench.project, prompt: config.prompt.clone() };
    let first = bench.engine.ship_prompt(ShipPrompt { source, model: None }).await.unwrap();
    assert_eq!((first.scores, first.baseline), (run.baseline, None));
    let edited = Prompt { system_prompt: "never measured".into(), ..config.prompt };
    let source = ShipSource::Prompt { project: bench.project, prompt: edited };
    let edited = bench.engine.ship_prompt(ShipPrompt { source: source.clone(), model: None }).await.unwrap();
    assert!(
        edited.scores.validation.is_none() && edited.figures.iter().any(|f| f.contains("No run has measured these prompts")),
        "{:?}",
        edited.figures
    );
    let nobody = bench.engine.ship_prompt(ShipPrompt { source, model: Some(model(" ", config.primary.connection)) }).await;
    assert!(nobody.unwrap_err().message.contains("name of a model"));
}

#[tokio::test]
async fn a_prompt_measured_with_the_demo_model_can_go_to_another_and_says_so() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 6/6/6"]))).await;
    let run = bench.run(config(1)).await.summary;
    let source = ShipSource::Run { point: RunPoint { run: run.id, epoch: None } };
    let shipped = bench.engine.ship_prompt(ShipPrompt { source: source.clone(), model: None }).await.unwrap();
    let is_there = |format| shipped.texts.iter().any(|t| t.format == format && t.text.is_some());
    assert!(is_there(ShipFormat::Text) && is_there(ShipFormat::Messages) && !is_there(ShipFormat::Curl));
    assert!(text(&shipped, ShipFormat::Text).contains("Simulated"), "the figures are labelled");
    let server = server().await;
    let connection = server.connection(ConnectionKind::Openai, KeyReference::Keychain);
    let saved = bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
    let request = ShipPrompt { source, model: Some(model("gpt-x", saved.id)) };
    let shipped = bench.engine.ship_prompt(request).await.unwrap();
    assert!(shipped.other_model);
    let curl = text(&shipped, ShipFormat::Curl);
    assert!(curl.contains("with gpt-x nothing was measured") && curl.contains("skill 6/6/6"), "{curl}");
    assert!(bench.engine.get_run(RunId { run: run.id }).await.unwrap().summary.simulated_roles.contains(&Role::Primary));
}

#[tokio::test]
async fn a_simulated_optimizer_takes_nothing_from_real_figures() {
    let server = FakeServer::start(World::proposing(["skill 6/6/6"]), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [10, 10, 10], 0).await;
    let run = bench.run(RunConfig { optimizer: model("demo-optimizer", Connection::DEMO), ..config }).await.summary;
    assert_eq!(run.simulated_roles, [Role::Optimizer]);
    let source = ShipSource::Run { point: RunPoint { run: run.id, epoch: None } };
    let shipped = bench.engine.ship_prompt(ShipPrompt { source, model: None }).await.unwrap();
    let words = text(&shipped, ShipFormat::Text);
    assert!(words.contains("Simulated optimizer: the answers and the scores are real"), "{words}");
    let report = ExportRun { run: run.id, format: "md".into() };
    let report = bench.engine.export_run(report).await.unwrap().text;
    assert!(report.contains("Simulated optimizer") && !report.contains("say nothing about a real model"), "{report}");
    let page = ExportRun { run: run.id, format: "html".into() };
    let page = bench.engine.export_run(page).await.unwrap().text;
    assert!(page.contains("Validation score over") && !page.contains("Simulated. "), "the curve is that of a real model: {page}");
}

#[tokio::test]
async fn the_same_model_on_another_connection_is_told_apart() {
    let server = FakeServer::start(World::proposing(["skill 6/6/6"]), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [10, 10, 10], 1).await;
    let run = bench.run(config.clone()).await.summary;
    let mut other = server.connection(ConnectionKind::Openai, KeyReference::None);
    other.name = "Elsewhere".into();
    let saved = bench.engine.save_connection(SaveConnection { connection: other, secret: None }).await.unwrap();
    let source = ShipSource::Run { point: RunPoint { run: run.id, epoch: None } };
    let shipped = bench.engine.ship_prompt(ShipPrompt { source, model: Some(model("primary", saved.id)) }).await.unwrap();
    assert!(shipped.other_model);
    let sentence = "Measured with primary on Fake; with primary on Elsewhere nothing was measured.";
    assert!(shipped.figures.iter().any(|f| f == sentence), "{:?}", shipped.figures);
    assert!(text(&shipped, ShipFormat::Python).contains(sentence));
    // Two connections of one name are told apart by their address.
    let mut namesake = server.connection(ConnectionKind::Openai, KeyReference::None);
    namesake.base_url = "http://localhost:9/v1".into();
    let saved = bench.engine.save_connection(SaveConnection { connection: namesake, secret: None }).await.unwrap();
    let source = ShipSource::Run { point: RunPoint { run: run.id, epoch: None } };
    let shipped = bench.engine.ship_prompt(ShipPrompt { source, model: Some(model("primary", saved.id)) }).await.unwrap();
    let address = server.address;
    let sentence =
        format!("Measured with primary on Fake (http://{address}/v1); with primary on Fake (http://localhost:9/v1) nothing was measured.");
    assert!(shipped.figures.contains(&sentence), "{:?}", shipped.figures);
    // Without a key there is nothing to read from the environment.
    let typescript = text(&shipped, ShipFormat::Typescript);
    assert!(!typescript.contains("process.env") && !typescript.contains("function variable"), "{typescript}");
}

#[tokio::test]
async fn figures_on_a_test_split_that_was_opened_before_say_so() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 6/6/6"]))).await;
    for (opened, name) in [(0, "Sealed test: "), (10, "Test, opened before: ")] {
        let run = bench.run(config(1)).await.summary;
        let source = ShipSource::Run { point: RunPoint { run: run.id, epoch: None } };
        let shipped = bench.engine.ship_prompt(ShipPrompt { source, model: None }).await.unwrap();
        assert_eq!(shipped.test_opened_before, opened);
        assert!(shipped.figures.iter().any(|figure| figure.starts_with(name)), "{:?}", shipped.figures);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_program_stops_without_its_key() {
    let (server, folder) = (server().await, tempfile::TempDir::new().unwrap());
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/node_modules/typescript/lib/typescript.js");
    let kind = ConnectionKind::Openai;
    let text = written(&to(&server, kind), &measured(kind), &prompts().remove(0), ShipFormat::Typescript);
    std::fs::write(folder.path().join("prompt.ts"), text).unwrap();
    let output = Command::new("node")
        .args(["-e", RUN_TYPESCRIPT, compiler.to_str().unwrap(), "{}"])
        .current_dir(folder.path())
        .env_remove("TEST_KEY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Set the environment variable TEST_KEY."), "{said}");
    assert_eq!(server.count(), 0, "nothing is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_program_says_in_a_sentence_what_is_missing_and_what_the_server_said() {
    let refusing = FakeServer::start(World::default(), |_| Act::status(401, "{\"error\":\"no such key\"}")).await;
    let folder = tempfile::TempDir::new().unwrap();
    let kind = ConnectionKind::Openai;
    let prompt = Prompt { system_prompt: "Be brief.".into(), output_prompt: String::new() };
    std::fs::write(folder.path().join("prompt.py"), written(&to(&refusing, kind), &measured(kind), &prompt, ShipFormat::Python)).unwrap();
    let plain = |output: Output| {
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let without_key =
        Command::new("python3").arg("prompt.py").current_dir(folder.path()).env_remove("TEST_KEY").stdin(Stdio::null()).output().unwrap();
    assert_eq!(plain(without_key), "Set the environment variable TEST_KEY.\n");
    assert_eq!(refusing.count(), 0, "nothing is sent");
    assert_eq!(plain(run("python3", &["prompt.py"], folder.path(), "hello").await), "401: {\"error\":\"no such key\"}\n");

    let cells = Prompt { system_prompt: "Answer in {{lang}}.".into(), output_prompt: String::new() };
    std::fs::write(folder.path().join("prompt.py"), written(&to(&refusing, kind), &measured(kind), &cells, ShipFormat::Python)).unwrap();
    let asked = refusing.count();
    let wanted = "The text comes in on standard input, the cells that the prompt names as one argument: '{\"lang\": \"...\"}'\n";
    assert_eq!(plain(run("python3", &["prompt.py"], folder.path(), "hello").await), wanted);
    let unreadable = plain(run("python3", &["prompt.py", "German"], folder.path(), "hello").await);
    assert!(!unreadable.contains("Traceback") && refusing.count() == asked, "{unreadable}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_program_says_in_a_sentence_what_is_missing_and_what_the_server_said() {
    let (server, folder) = (server().await, tempfile::TempDir::new().unwrap());
    let kind = ConnectionKind::Openai;
    let prompt = Prompt { system_prompt: "Be brief.".into(), output_prompt: String::new() };
    let text = written(&to(&server, kind), &measured(kind), &prompt, ShipFormat::Rust);
    let program = compiled(&format!("{text}\n{}", RUST_AROUND.replace(" ARGUMENTS", "")), folder.path());
    let said = |key: Option<&str>| {
        let mut command = Command::new(&program);
        command.arg("{}").env_remove("TEST_KEY").envs(key.map(|key| ("TEST_KEY", key)));
        command.env("X_TEAM_HEADER", "red").env("STATUS", "401").env("REPLY", "no such key").stdin(Stdio::null());
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    assert!(said(None).contains("Set the environment variable TEST_KEY."), "{}", said(None));
    assert!(said(Some("key")).contains("401: no such key"), "{}", said(Some("key")));
}
