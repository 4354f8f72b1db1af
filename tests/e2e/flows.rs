//! What a user does on Prompts, Train and Compare beside the main job, with pointer and keys, one screen a test. Everything that is missing
//! on the way is collected, so that one walk tells all of it.

use std::time::Duration;

use mlprompt_core::{
    api::{ProjectId, StartRun},
    engine::Engine,
    run::{RunConfig, RunStatus, Selection, StrategyKind},
};
use thirtyfour::By;

use crate::{
    TURN,
    app::{App, quoted},
    desktop::{self, until, window, xdotool},
    fake_model::FakeModel,
    job::type_into,
    setup::{engine, offer, sample_truths, slow_project},
};

struct Walk {
    app: App,
    name: &'static str,
    missing: Vec<String>,
}

impl Walk {
    async fn start(database: &std::path::Path, name: &'static str) -> Self {
        let app = App::start(database, &[]).await;
        xdotool(&["windowsize", "--sync", &window("MLprompt").await, "1280", "820"]);
        Self { app, name, missing: Vec::new() }
    }

    /// Notes what is not as it has to be.
    fn check(&mut self, what: &str, holds: bool) {
        if !holds {
            self.missing.push(what.to_owned());
        }
    }

    async fn holds(&mut self, what: &str, script: &str) {
        let mut holds = false;
        for _ in 0..40 {
            holds = self.app.script(script).await == true;
            if holds {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.check(what, holds);
    }

    async fn reads(&mut self, text: &str) {
        let script = format!("return document.body.innerText.includes({text:?})");
        self.holds(&format!("says \"{text}\""), &script).await;
    }

    async fn click(&mut self, name: &str) {
        let xpath = format!(
            "(//*[self::button or self::a or self::summary or self::label or @role='button' or @role='tab' or starts-with(@role, 'menuitem')]\
             [normalize-space(.)={0} or @aria-label={0}])[not(@disabled)][last()]",
            quoted(name)
        );
        self.click_on(name, By::XPath(xpath)).await;
    }

    async fn click_starting(&mut self, name: &str) {
        let xpath = format!(
            "(//*[self::button or self::a or @role='tab' or starts-with(@role, 'menuitem')]\
             [starts-with(normalize-space(.), {0}) or starts-with(@aria-label, {0})])[not(@disabled)][last()]",
            quoted(name)
        );
        self.click_on(name, By::XPath(xpath)).await;
    }

    async fn click_on(&mut self, what: &str, by: By) {
        let mut why = String::new();
        for _ in 0..40 {
            let Ok(element) = self.app.driver.find(by.clone()).await else {
                "it is not there".clone_into(&mut why);
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            match element.click().await {
                Ok(()) => return,
                Err(error) => why = error.to_string().chars().take(160).collect(),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.check(&format!("can be clicked: {what}: {why}"), false);
    }

    async fn shot(&self, place: &str) {
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.app.picture(&format!("{}-{place}", self.name)).await;
    }

    async fn keys(&self, keys: &[&str]) {
        xdotool(&["windowfocus", "--sync", &window("MLprompt").await]);
        for key in keys {
            xdotool(&["key", key]);
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
    }

    async fn write(&self, text: &str) {
        xdotool(&["type", "--delay", "15", text]);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }

    async fn end(self) {
        let recorded = self.app.recorded().await;
        self.app.quit().await;
        assert!(self.missing.is_empty() && recorded.is_empty(), "missing: {:#?}\nthe page complained: {recorded:#?}", self.missing);
    }
}

/// The sample with the settings that are offered for it.
async fn sample_project(database: &std::path::Path) -> (Engine, i64, RunConfig) {
    let engine = engine(database).await;
    let sample = mlprompt_core::api::CreateSample { sample: "tickets".into() };
    let project = engine.create_sample(sample).await.expect("a sample").project.id;
    let config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    (engine, project, config)
}

async fn ran(engine: &Engine, project: i64, config: RunConfig) {
    let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
    until("a run", 60, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute: make walks"]
async fn prompts_are_written_locked_tried_versioned_and_traced() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let (engine, project, config) = sample_project(&database).await;
    ran(&engine, project, RunConfig { name: "First".into(), epochs: 3, ..config }).await;
    drop(engine);
    let mut walk = Walk::start(&database, "prompts").await;
    walk.app.go("Prompts").await;
    walk.app.read("Versions").await;

    // Variables: completed with the first row's value, unknown ones marked.
    type_into(&walk.app, "System prompt", " It came in as {{").await;
    walk.holds(
        "completion of a column",
        "return document.querySelector('.cm-tooltip-autocomplete')?.innerText.includes('message') === true",
    )
    .await;
    walk.shot("completion").await;
    walk.keys(&["Return"]).await;
    walk.write(" or {{nothing}}").await;
    walk.holds("an unknown variable is marked", "return document.querySelector('.cm-content [class*=unknown]') !== null").await;
    // Found and replaced.
    walk.keys(&["ctrl+f"]).await;
    walk.holds("find and replace", "return document.querySelector('.cm-search, .cm-panel') !== null").await;
    walk.write("queue").await;
    walk.shot("find").await;
    walk.keys(&["Escape"]).await;
    // A text that no optimizer may change.
    walk.keys(&["ctrl+Home", "shift+End"]).await;
    walk.click("Lock the selected text of the system prompt").await;
    walk.holds("a locked text", "return document.querySelector('[aria-label=\"Locked in the system prompt\"]') !== null").await;
    walk.shot("locked").await;

    // Tried: several answers of several models, typed, and on rows.
    walk.click("Add a model").await;
    walk.click_starting("Run").await;
    walk.holds("a column for each model", "return document.querySelector('[aria-label=\"Answers by model\"]') !== null").await;
    walk.shot("two-models").await;
    walk.click("Take out model 2").await;
    walk.click_starting("Run").await;
    walk.reads("user message").await;
    walk.app.script("document.querySelector('[aria-label=\"Input and answer\"]').scrollTop = 1e6").await;
    walk.shot("outcome").await;
    walk.click("Typed input").await;
    walk.app.script("document.querySelector('textarea.typed')?.focus()").await;
    walk.write("Where is my parcel?").await;
    walk.keys(&["ctrl+Return"]).await;
    walk.shot("typed").await;
    walk.click("Row").await;
    walk.click("Try on 20 random rows").await;
    walk.app.read("of 20 right").await;
    walk.app.script("document.querySelector('[aria-label=\"Input and answer\"]').scrollTop = 1e6").await;
    walk.shot("rows").await;

    // Versions: saved with a note, compared, restored, and what brought each sentence.
    walk.app.read("saved").await;
    walk.keys(&["ctrl+s"]).await;
    walk.write("before the holidays").await;
    walk.shot("saving").await;
    walk.click_starting("Save version ").await;
    walk.reads("before the holidays").await;
    walk.click("Compare two").await;
    walk.shot("diff-inline").await;
    walk.click("Side by side").await;
    walk.shot("diff-beside").await;
    walk.keys(&["Escape"]).await;
    walk.click("Restore version 2").await;
    walk.reads("is restored as version").await;
    walk.shot("restored").await;
    walk.click("Origins").await;
    walk.reads("epoch").await;
    walk.shot("origins").await;
    walk.click("Optimizer instructions").await;
    walk.shot("optimizer").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute: make walks"]
async fn a_run_is_steered_read_and_taken_over() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::learning(Duration::from_millis(60), sample_truths().await).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, RunConfig { epochs: 6, ..config }).await);
    let mut walk = Walk::start(&database, "train").await;
    walk.app.go("Train").await;
    walk.app.click("New run").await;

    // Settings under a name, two metrics, and a look at what training could bring.
    walk.click_on("Advanced", By::XPath("//summary[contains(., 'Advanced')]")).await;
    walk.click("Add a metric").await;
    walk.app.script("document.querySelector('[aria-label=\"Metrics and their weights\"]')?.scrollIntoView({ block: 'center' })").await;
    walk.shot("two-metrics").await;
    walk.click("Remove metric 2").await;
    walk.click("Presets").await;
    walk.app.script("document.querySelector('dialog[open] input')?.focus()").await;
    walk.write("careful").await;
    walk.keys(&["Return"]).await;
    walk.reads("careful").await;
    walk.shot("presets").await;
    walk.click("Done").await;
    walk.click("Check before training").await;
    walk.shot("preflight").await;

    // The run is steered from every screen.
    start_training_here(&mut walk).await;
    walk.app.see("epoch 1", By::XPath("//*[@data-epoch='1']")).await;
    for screen in ["Data", "Prompts", "Compare", "Train"] {
        walk.app.go(screen).await;
        let what = format!("the run on {screen}");
        walk.holds(&what, "return document.querySelector('header [role=progressbar]') !== null").await;
        walk.shot(&format!("running-{screen}")).await;
    }
    let line = "const bar = document.querySelector('header.bar'); return bar.getBoundingClientRect().height < 64";
    walk.app.go("Prompts").await;
    walk.holds("one line of head on Prompts during a run", line).await;
    let cut = "const w = document.querySelector('.words .what'); return w.scrollWidth <= w.clientWidth";
    walk.holds("the words of the run are whole", cut).await;
    walk.app.go("Train").await;
    walk.click("Pause").await;
    walk.reads("Resume").await;
    walk.shot("paused").await;
    walk.click("Resume").await;
    walk.app.see("epoch 2", By::XPath("//*[@data-epoch='2']")).await;
    walk.click_on("epoch 1", By::XPath("//*[@data-epoch='1']")).await;
    walk.click("Go on from here").await;
    walk.click_starting("Take over").await;
    walk.shot("take-over-asks").await;
    walk.click("Stop it and take over").await;
    walk.app.read("What this run will use").await;
    walk.shot("take-over").await;
    let going = "return document.querySelector('header [role=progressbar]') === null";
    walk.holds("no head speaks of the run that was stopped", going).await;
    start_training_here(&mut walk).await;
    until("the end of the run", 90, async || walk.app.text().await.contains("Better on").then_some(())).await;
    walk.shot("ended").await;

    // Read: by bracket and click, starred, noted, as a table, over calls.
    walk.keys(&["bracketleft"]).await;
    walk.shot("bracket").await;
    walk.click_on("epoch 1", By::XPath("//*[@data-epoch='1']")).await;
    walk.click("Star epoch 1").await;
    walk.click("Note on epoch 1").await;
    walk.write("this one generalises").await;
    walk.click("Save note").await;
    walk.reads("this one generalises").await;
    for by in ["calls", "time", "epochs"] {
        walk.click(by).await;
        walk.shot(&format!("by-{by}")).await;
    }
    walk.click_on("the chart as a table", By::XPath("(//button[@aria-label='Show as table'])[1]")).await;
    walk.shot("as-table").await;
    walk.click_on("the chart again", By::XPath("(//button[@aria-label='Show as table'])[1]")).await;
    walk.click("Confusion").await;
    walk.click_on("a cell", By::XPath("(//*[@role='tabpanel']//td//button)[last()]")).await;
    walk.shot("cell").await;
    walk.click("Changes").await;
    walk.click("Take single changes").await;
    walk.shot("single-changes").await;
    walk.click_starting("More for run").await;
    walk.shot("menu").await;
    walk.keys(&["Escape"]).await;
    walk.end().await;
}

async fn start_training_here(walk: &mut Walk) {
    walk.click_starting("Start training").await;
    walk.app.read("Pause").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute: make walks"]
async fn runs_are_sorted_grouped_pinned_brushed_and_put_away() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let (engine, project, config) = sample_project(&database).await;
    for (name, examples, epochs, select) in [
        ("Five", 5, 3, Selection::Mixed),
        ("Ten", 10, 2, Selection::Worst),
        ("Three", 3, 3, Selection::Random),
        ("Eight", 8, 2, Selection::Mixed),
    ] {
        ran(&engine, project, RunConfig { name: name.into(), examples, epochs, select, ..config.clone() }).await;
    }
    drop(engine);
    let mut walk = Walk::start(&database, "compare").await;
    walk.app.go("Compare").await;
    walk.app.read("Validation score").await;
    walk.shot("start").await;
    walk.holds("parallel coordinates of four runs", "return document.querySelector('#parallel-title') !== null").await;
    walk.app.script("document.querySelector('#parallel-title')?.closest('section').scrollIntoView({ block: 'center' })").await;
    walk.shot("parallel").await;
    walk.app.script("document.querySelector('#parallel-title')?.closest('section').querySelector('[role=slider]').focus()").await;
    walk.keys(&["Up", "Up", "Up"]).await;
    walk.reads("runs inside").await;
    walk.shot("brushed").await;
    walk.click("Let all through").await;
    walk.app.script("document.querySelector('#settings-title')?.closest('section').scrollIntoView({ block: 'center' })").await;
    walk.shot("settings").await;
    let blank = "const card = document.querySelector('#settings-title').closest('section').getBoundingClientRect();
        const table = document.querySelector('#settings-title').closest('section').querySelector('table').getBoundingClientRect();
        return card.bottom - table.bottom < 24";
    walk.holds("no blank below the settings", blank).await;
    // Pinned by a click, let go by Esc.
    walk.app.script("document.querySelector('main .body')?.scrollTo(0, 0)").await;
    walk.click_on("the token of Ten", By::XPath("//ul[@aria-label='Compared runs']//button[contains(., 'Ten')]")).await;
    walk.holds("a pinned run", "return document.querySelector('.tokens [aria-pressed=true], ul [aria-pressed=true]') !== null").await;
    walk.shot("pinned").await;
    walk.keys(&["Escape"]).await;
    walk.holds("let go", "return document.querySelector('ul[aria-label=\"Compared runs\"] [aria-pressed=true]') === null").await;
    walk.app.script("document.querySelector('.bar input[type=checkbox]')?.click()").await;
    walk.shot("differences").await;
    walk.click("Columns").await;
    walk.shot("columns").await;
    walk.keys(&["Escape"]).await;
    walk.click("Rename Ten").await;
    walk.keys(&["ctrl+a"]).await;
    walk.write("Ten of the worst").await;
    walk.keys(&["Return"]).await;
    walk.reads("Ten of the worst").await;
    // By hand: the driver takes a button that sticks to the edge of what scrolls for one out of reach.
    let (x, y) = walk.app.place_of("[aria-label='Archive Five']").await;
    xdotool(&["mousemove", "--window", &window("MLprompt").await, &x.to_string(), &y.to_string(), "click", "1"]);
    walk.reads("archived (1)").await;
    walk.shot("archived").await;
    walk.keys(&["ctrl+z"]).await;
    walk.holds("an archived run comes back with Ctrl Z", "return !document.body.innerText.includes('archived (1)')").await;
    let token = "return document.querySelector('ul[aria-label=\"Compared runs\"] [aria-label=\"Take Five out\"]') !== null";
    walk.holds("and into the compared runs", token).await;
    // What was said of both lies over the corner of a chart until it is closed or its time is over.
    walk.app.script("document.querySelectorAll('.toasts .toast > button:last-child').forEach((close) => close.click())").await;
    walk.click("Save or copy the chart").await;
    walk.shot("chart-menu").await;
    walk.keys(&["Escape"]).await;
    walk.app
        .script("[...document.querySelectorAll('h2')].find((t) => t.textContent === 'Side by side').closest('section').scrollIntoView()")
        .await;
    walk.shot("pair").await;
    for tab in ["Labels", "Prompts"] {
        walk.click_on(tab, By::XPath(format!("(//*[@role='tab'][normalize-space(.)='{tab}'])[last()]"))).await;
        walk.shot(&format!("pair-{tab}")).await;
    }
    walk.click("Ship a side, or save a report").await;
    walk.shot("pair-menu").await;
    walk.keys(&["Escape"]).await;

    // The other looks, without a new start.
    walk.click("Settings").await;
    walk.click("Dark").await;
    walk.keys(&["Escape"]).await;
    xdotool(&["windowsize", "--sync", &window("MLprompt").await, "900", "600"]);
    for screen in ["Compare", "Train", "Prompts"] {
        walk.app.go(screen).await;
        walk.shot(&format!("dark-small-{screen}")).await;
        let wide = "return document.documentElement.scrollWidth <= innerWidth";
        walk.holds(&format!("{screen} fits a small window"), wide).await;
    }
    // Back at Home: a card, and the search for it.
    walk.app.click_on("the project switcher", By::XPath("(//button[contains(., 'Ticket routing')])[1]")).await;
    walk.click("All projects").await;
    walk.shot("dark-small-Home").await;
    walk.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a while: make walks"]
async fn a_search_is_read_down_to_its_edits_and_its_certificate_is_kept() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let (engine, project, config) = sample_project(&database).await;
    let config = RunConfig { name: "the search".into(), strategy: StrategyKind::Pareto, ..config };
    ran(&engine, project, config).await;
    drop(engine);
    let mut walk = Walk::start(&database, "search").await;
    walk.app.go("Train").await;
    walk.reads("the search").await;
    walk.reads("sealed test").await;
    walk.keys(&["bracketleft", "Home"]).await;
    walk.click_on("epoch 1", By::Css("[aria-label=Epochs] [data-epoch='1']")).await;
    walk.click_starting("Candidates").await;
    walk.reads("What each technique earned").await;
    walk.reads("mixes of").await;
    walk.shot("candidates").await;
    // The mixes of one test are one line, and each of them below it.
    let lines = "return document.querySelectorAll('.search > ul > li').length";
    let shown = walk.app.script(lines).await.as_u64().unwrap_or(99);
    walk.check("mixes are one line", shown <= 8);
    walk.click_on("the mixes", By::Css(".search > ul > li summary")).await;
    walk.holds("each mix is told", "return document.querySelectorAll('.search details[open] li').length > 2").await;
    walk.app.script("document.querySelector('.search > table').scrollIntoView({ block: 'start' })").await;
    walk.shot("edits").await;
    walk.reads("What became of it").await;
    walk.reads("training examples").await;
    walk.app.script("[...document.querySelectorAll('.search h3')].at(-1).scrollIntoView({ block: 'start' })").await;
    walk.shot("tree").await;
    walk.click("Show those that did not reach validation").await;
    walk.shot("whole-tree").await;
    walk.click("More for run the search").await;
    walk.click("Save certificate (Markdown)").await;
    let file = folder.path().join("certificate.md");
    desktop::save_in_dialog("Save as", &file).await;
    let saved = until("the certificate", 10, async || std::fs::read_to_string(&file).ok().filter(|text| !text.is_empty())).await;
    for part in ["Paired on", "95 % interval", " won, ", " lost", "BLAKE3", " calls"] {
        walk.check(&format!("the certificate says {part}"), saved.contains(part));
    }
    if let Some(pictures) = crate::app::pictures() {
        std::fs::copy(&file, pictures.join("certificate.md")).expect("a copy");
    }
    walk.end().await;
}
