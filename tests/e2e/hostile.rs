//! Texts that mean harm, in every place where a text of a file, a model or a user shows.

use mlprompt_core::{
    api::{CreateProject, CreateSample, MarkEpoch, ProjectId, RunPreset, SaveConnection, SaveDraft, SavePromptVersion, StartRun},
    connection::{Connection, ConnectionKind, KeyReference},
    dataset::ColumnRoles,
    engine::ImportFiles,
    prompt::{Prompt, PromptDraft},
    run::{ModelConfig, RunStatus, StrategyKind},
};
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    desktop::{until, xdotool},
    fake_model::FakeModel,
    setup::engine,
};

const SCRIPT: &str = "<img src=x onerror=\"window.__harmed=1\"><script>window.__harmed=1</script><svg onload=\"window.__harmed=1\">";
/// Each beginning is another way to break a page.
const HARM: [&str; 6] = [
    SCRIPT,
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}",
    "\u{202e}gnp.exe\u{202c} \u{2066}\u{200f}שלום",
    "=cmd|' /C calc'!A0",
    "{{constructor}} ${alert(1)} %s %n",
    "\u{feff}\u{0}\u{8}\u{b}",
];
const LABELS: usize = 10_000;

/// Whether anything ran, became markup, or runs out of the window.
const STATE: &str = "const wide = document.documentElement.scrollWidth - innerWidth;
    // The editor puts empty images of its own beside a chip, for the cursor.
    const made = document.querySelectorAll('main img:not(.cm-widgetBuffer), main script, main iframe, aside img, aside script, dialog img').length;
    return [window.__harmed === undefined, made, wide, document.title]";

async fn unharmed(app: &App, place: &str) {
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let state = app.script(STATE).await;
    app.picture(&format!("hostile-{place}")).await;
    assert_eq!((&state[0], &state[1]), (&true.into(), &0.into()), "{place}: a text became markup or ran: {state}");
    assert!(state[2].as_i64().is_some_and(|wide| wide <= 0), "{place}: the page is wider than its window: {state}");
    assert_eq!(state[3], "MLprompt", "{place}: a text changed the title");
}

fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_harms_any_screen() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let engine = engine(&database).await;
    let longest = |start: &str, most: usize| start.chars().chain(std::iter::repeat('x')).take(most).collect::<String>();

    let columns = [longest("<b>input</b>", 300), longest("<i>truth</i>", 300)];
    let mut csv = format!("{},{}\n", field(&columns[0]), field(&columns[1]));
    for row in 0..LABELS {
        let harm = HARM[row % HARM.len()].replace('\0', "");
        let input = if row == 0 { "y".repeat(100_000) } else { format!("{harm} row {row}") };
        csv.push_str(&format!("{},{}\n", field(&input), field(&format!("{} {row}", longest(&harm, 60)))));
    }
    let file = folder.path().join("<img src=x>.csv");
    std::fs::write(&file, csv).expect("a file");
    let name = longest(SCRIPT, 300);
    let roles = ColumnRoles { input: Some(columns[0].clone()), truth: Some(columns[1].clone()), ..ColumnRoles::default() };
    let import = ImportFiles { project: name.clone(), files: vec![file], roles, ..ImportFiles::default() };
    let project = engine.import_files(import).await.expect("it is imported").project.id;
    engine.create_project(CreateProject { name: "Another".into() }).await.expect("a project");
    let prompt = Prompt { system_prompt: HARM.join("\n"), output_prompt: longest(SCRIPT, 5000) };
    let draft = PromptDraft { prompt: prompt.clone(), optimizer_system_prompt: SCRIPT.into(), locked: Vec::new(), taken: None };
    engine.save_draft(SaveDraft { project, draft }).await.expect("a draft");
    engine.save_prompt_version(SavePromptVersion { project, prompt, note: longest(SCRIPT, 300) }).await.expect("a version");
    for _ in 0..2 {
        let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
        (config.name, config.epochs) = (longest(SCRIPT, 300), 2);
        (config.train_rows, config.validation_rows, config.test_rows) = (200, 200, 50);
        let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
        until("a run", 120, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
    }
    drop(engine);

    let app = App::start(&database, &[]).await;
    app.read("Projects").await;
    unharmed(&app, "home").await;
    app.script("[...document.querySelectorAll('main h2 button')].find((b) => b.textContent.includes('img src')).click()").await;
    app.go("Train").await;
    app.see("an epoch", By::XPath("//*[@data-epoch='1']")).await;
    app.click_on("epoch 1", By::XPath("//*[@data-epoch='1']")).await;
    for tab in ["Changes", "Learning map", "Failures", "Examples shown", "Calls", "Cost"] {
        app.click(tab).await;
        unharmed(&app, &format!("train-{}", tab.replace(' ', "-"))).await;
    }
    app.click("Learning map").await;
    app.click_on("a row", By::XPath("(//*[@role='grid']//*[@role='row'])[2]")).await;
    unharmed(&app, "inspector").await;
    app.click("New run").await;
    unharmed(&app, "start").await;
    app.go("Data").await;
    unharmed(&app, "data").await;
    app.go("Prompts").await;
    unharmed(&app, "prompts").await;
    app.go("Compare").await;
    unharmed(&app, "compare").await;
    app.click_on("the labels", By::XPath("//*[@role='tab'][normalize-space(.)='Prompts']")).await;
    unharmed(&app, "compare-prompts").await;
    app.click_starting("Search or run").await;
    unharmed(&app, "palette").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_word_of_a_model_harms_any_screen() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let said = format!("{}\n{}", HARM.join("\n").replace('\0', ""), "z".repeat(100_000));
    let server = FakeModel::saying(&said).await;
    let engine = engine(&database).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let connection = Connection {
        name: SCRIPT.into(),
        kind: ConnectionKind::Openai,
        base_url: server.base_url.clone(),
        key: KeyReference::None,
        timeout_seconds: 30,
        concurrency: 4,
        default_model: SCRIPT.into(),
        ..Connection::blank()
    };
    let id = engine.save_connection(SaveConnection { connection, secret: None }).await.expect("a connection").id;
    let model = ModelConfig { connection: id, model: SCRIPT.into(), temperature: None, max_output_tokens: None, seed: None };
    let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    (config.name, config.epochs, config.strategy) = (SCRIPT.into(), 2, StrategyKind::Greedy);
    (config.primary, config.optimizer) = (model.clone(), model);
    (config.train_rows, config.validation_rows, config.test_rows, config.max_prompt_chars) = (12, 12, 4, 300_000);
    engine.save_preset(RunPreset { name: SCRIPT.chars().take(100).collect(), config: config.clone() }).await.expect("a preset");
    let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
    until("a run", 120, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
    let note = said.chars().take(2000).collect();
    engine.mark_epoch(MarkEpoch { run, epoch: 1, starred: true, note }).await.expect("a note");
    drop(engine);

    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.read("Run again with changes").await;
    app.see("the epoch's tabs", By::XPath("//*[@role='tab'][normalize-space(.)='Learning map']")).await;
    app.click_on("epoch 1", By::XPath("//*[@data-epoch='1']")).await;
    for tab in ["Changes", "Still wrong", "Learning map", "Failures", "Examples shown", "Calls", "Cost"] {
        app.click_starting(tab).await;
        app.script("document.querySelector('.epoch').scrollIntoView()").await;
        unharmed(&app, &format!("model-{}", tab.replace(' ', "-"))).await;
    }
    app.click_starting("Failures").await;
    app.click_on("a row", By::XPath("(//*[@role='grid']//*[@role='row'])[2]")).await;
    unharmed(&app, "model-inspector").await;
    xdotool(&["key", "Escape"]);
    app.click_starting("More for run").await;
    app.click("Ship the best prompts…").await;
    for tab in ["Text", "cURL", "Python", "TypeScript", "Rust", "promptfoo", "Messages"] {
        app.click_on(tab, By::XPath(format!("//dialog//*[@role='tab'][normalize-space(.)='{tab}']"))).await;
        unharmed(&app, &format!("model-ship-{tab}")).await;
    }
    xdotool(&["key", "Escape"]);
    app.click("New run").await;
    app.click("Presets").await;
    unharmed(&app, "model-presets").await;
    xdotool(&["key", "Escape"]);
    app.go("Prompts").await;
    app.click_starting("Run").await;
    app.read("user message").await;
    unharmed(&app, "model-try").await;
    app.click("Origins").await;
    unharmed(&app, "model-origins").await;
    app.go("Compare").await;
    unharmed(&app, "model-compare").await;
    app.click("Connections").await;
    unharmed(&app, "model-connections").await;
    app.click_starting("Edit").await;
    app.click("Test connection").await;
    app.read("answered").await;
    unharmed(&app, "model-connection").await;
    app.assert_quiet().await;
    app.quit().await;
}
