//! Pictures of every screen for eyes (`make screenshots`): light, dark and high contrast, small and large, text at 200 %. No test, so not
//! among the others.

use std::path::Path;

use mlprompt_core::{
    api::{CreateSample, ProjectId, Settings, StartRepeats, StartRun},
    metric::{MetricKind, MetricSpec},
    run::{RunStatus, Selection},
};
use thirtyfour::By;

use crate::{
    TURN,
    app::{App, pictures},
    desktop::{self, until, window, xdotool},
    setup::engine,
};

/// Two runs, the second scored by two metrics, and a group of repeats. Prepared once: a look begins with a copy.
async fn prepare(database: &Path) {
    let engine = engine(database).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let ended = async |run: i64| {
        until("a run", 60, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
    };
    let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    config.epochs = 3;
    (config.name, config.examples, config.select) = ("Five mixed".into(), 5, Selection::Mixed);
    for run in engine.start_repeats(StartRepeats { project, config: config.clone(), repeats: 2 }).await.expect("repeats") {
        ended(run.id).await;
    }
    (config.name, config.examples, config.select, config.epochs) = ("Ten worst".into(), 10, Selection::Worst, 10);
    config.metrics.push(MetricSpec { metric: MetricKind::Contains, weight: 1.0 });
    ended(engine.start_run(StartRun { project, config }).await.expect("a run").id).await;
}

/// A file with something of everything that the import sheet tells.
fn problem_file() -> String {
    let mut text = String::from("\u{feff}nr;message;queue;<b>note</b>\n");
    for n in 0..140 {
        let queue = if n == 7 { "rare" } else { ["billing", "cards"][n % 2] };
        text.push_str(&format!(
            "{n:03};Message {} about an order that never came;{queue};{}\n",
            n % 125,
            if n % 5 == 0 { "" } else { "x" }
        ));
    }
    text.push_str("900;;billing;a\n901;no truth;;a\n902;too;many;cells;in;this;row\n903;<img src=x onerror=alert(1)>;cards;a\n");
    text
}

/// The window in one look, and its pictures.
struct Look<'a> {
    app: &'a App,
    name: &'a str,
}

impl Look<'_> {
    async fn shot(&self, screen: &str) {
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        self.app.picture(&format!("{screen}-{}", self.name)).await;
    }

    /// Brings the part of a screen with this heading to the top.
    async fn top(&self, heading: &str) {
        let part = format!(
            "[...document.querySelectorAll('main h2')].find((title) => title.textContent.trim().startsWith({heading:?}))
                ?.closest('section').scrollIntoView({{ block: 'start' }})"
        );
        self.app.script(&part).await;
    }

    /// A first start opens the only project; its switcher leads to all of them, and the project stays open.
    async fn home(&self) {
        let app = self.app;
        app.click_on("the project switcher", By::XPath("(//button[contains(., 'Ticket routing')])[1]")).await;
        app.click("All projects").await;
        self.shot("home").await;
    }

    async fn train(&self) {
        let app = self.app;
        app.go("Train").await;
        app.read("tokens").await;
        self.shot("train").await;
        app.click_on("epoch 3", By::XPath("//*[@data-epoch='3']")).await;
        self.shot("train-epoch").await;
        self.top("Epoch 3").await;
        self.shot("train-changes").await;
        for tab in ["Learning map", "Failures", "Candidates", "Examples shown", "Metrics", "Confusion", "Calls", "Cost"] {
            app.click_on(tab, By::XPath(format!("//*[@role='tab'][starts-with(normalize-space(.), '{tab}')]"))).await;
            self.top("Epoch 3").await;
            self.shot(&format!("train-{}", tab.to_lowercase().replace(' ', "-"))).await;
        }
        app.click("Ship…").await;
        self.shot("ship").await;
        xdotool(&["key", "Escape"]);
        app.click("New run").await;
        self.shot("start").await;
        app.click("Check before training").await;
        app.script("document.querySelector('details summary').click()").await;
        self.shot("start-advanced").await;
    }

    async fn data(&self, problems: &Path) {
        let app = self.app;
        app.go("Data").await;
        self.shot("data").await;
        app.click_starting("More for").await;
        self.shot("data-menu").await;
        xdotool(&["key", "Escape"]);
        app.script("document.querySelector(\"[data-at='0:3']\").click()").await;
        self.shot("data-inspector").await;
        app.click("Close the row inspector").await;
        app.click("Doubts").await;
        self.shot("data-doubts").await;
        app.click("Export…").await;
        self.shot("data-export").await;
        xdotool(&["key", "Escape"]);
        desktop::drag(&[problems], "MLprompt").await;
        app.click("see why").await;
        self.shot("import-problems").await;
        app.click("Cancel").await;
        app.click("Examples").await;
    }

    async fn prompts(&self) {
        let app = self.app;
        app.go("Prompts").await;
        self.shot("prompts").await;
        app.click("Try on 20 random rows").await;
        self.shot("prompts-try").await;
        for tab in ["Origins", "Optimizer instructions"] {
            app.click_on(tab, By::XPath(format!("//*[@role='tab'][normalize-space(.)='{tab}']"))).await;
            self.shot(&format!("prompts-{}", tab.to_lowercase().replace(' ', "-"))).await;
        }
    }

    async fn compare(&self) {
        let app = self.app;
        app.go("Compare").await;
        self.shot("compare").await;
        self.top("Settings that differ").await;
        self.shot("compare-settings").await;
        self.top("Repeats").await;
        self.shot("compare-repeats").await;
        for tab in ["Labels", "Prompts", "Examples"] {
            app.click_on(tab, By::XPath(format!("(//*[@role='tab'][normalize-space(.)='{tab}'])[last()]"))).await;
            self.top("Side by side").await;
            self.shot(&format!("compare-{}", tab.to_lowercase())).await;
        }
    }

    async fn sheets(&self) {
        let app = self.app;
        app.click("Connections").await;
        self.shot("connections").await;
        app.click("Add connection").await;
        self.shot("connection").await;
        app.script("document.querySelector('dialog[open] details summary').click()").await;
        app.click("Add a price").await;
        self.shot("connection-network").await;
        xdotool(&["key", "Escape"]);
        xdotool(&["key", "Escape"]);
        app.click("Settings").await;
        for page in ["General", "Data and backups", "Prices", "Shortcuts", "About"] {
            app.click(page).await;
            self.shot(&format!("settings-{}", page.to_lowercase().replace(' ', "-"))).await;
            // What is folded away is looked at as well.
            if app.script("const folded = document.querySelector('dialog[open] summary'); folded?.click(); return !!folded").await == true {
                self.shot(&format!("settings-{}-open", page.to_lowercase())).await;
            }
        }
        xdotool(&["key", "Escape"]);
        app.click_starting("Search or run").await;
        self.shot("palette").await;
        xdotool(&["key", "Escape"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures for eyes: make screenshots"]
async fn every_screen_in_every_look() {
    assert!(pictures().is_some(), "name a folder in MLPROMPT_PICTURES");
    let _turn = TURN.lock().await;
    let looks = [
        ("light", 100, ("1280", "820"), "light"),
        ("dark", 100, ("1280", "820"), "dark"),
        ("contrast", 100, ("1280", "820"), "contrast"),
        ("light", 100, ("900", "600"), "small"),
        ("light", 100, ("3840", "2160"), "large"),
        ("light", 200, ("1280", "820"), "text-200"),
    ];
    // All of them, or those that are named: MLPROMPT_LOOKS=dark,small.
    let wanted = std::env::var("MLPROMPT_LOOKS").ok();
    let wanted = |name: &str| wanted.as_ref().is_none_or(|names| names.split(',').any(|one| one == name));
    let folder = tempfile::tempdir().expect("a folder");
    let prepared = folder.path().join("prepared.db");
    prepare(&prepared).await;
    let problems = folder.path().join("tickets of May.csv");
    std::fs::write(&problems, problem_file()).expect("a file");
    for (theme, text_size, (width, height), name) in looks.into_iter().filter(|(.., name)| wanted(name)) {
        let database = folder.path().join(name).join("a.db");
        std::fs::create_dir(folder.path().join(name)).expect("a folder");
        let settings = Settings { theme: theme.into(), text_size, ..Settings::default() };
        engine(&prepared).await.save_copy(&database).await.expect("a copy");
        engine(&database).await.save_settings(settings).await.expect("settings");
        let app = App::start(&database, &[]).await;
        let id = window("MLprompt").await;
        xdotool(&["windowsize", "--sync", &id, width, height]);
        let look = Look { app: &app, name };
        look.home().await;
        look.train().await;
        look.data(&problems).await;
        look.prompts().await;
        look.compare().await;
        look.sheets().await;
        app.quit().await;
    }
}
