//! Pictures of every screen for eyes (`make screenshots`): light, dark and high contrast, small and large, text at 200 %. No test, so not
//! among the others.

use std::path::{Path, PathBuf};

use mlprompt_core::{
    api::{CreateSample, ProjectId, Settings, StartRepeats, StartRun},
    metric::{MetricKind, MetricSpec},
    run::{RunStatus, Selection},
};
use thirtyfour::By;

use crate::{
    TURN,
    app::{App, pictures},
    desktop::{until, window, xdotool},
    setup::engine,
};

/// Two runs, the second scored by two metrics, and a group of repeats. Prepared once: a look begins with a copy.
pub async fn prepare(folder: &Path) -> PathBuf {
    let database = folder.join("prepared.db");
    let engine = engine(&database).await;
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
    database
}

/// One look of the program: theme, size of text, size of the window, and what pictures of it are called.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    theme: &'static str,
    text_size: u32,
    size: (&'static str, &'static str),
    pub name: &'static str,
}

impl Look {
    /// A database as a window in this look finds it.
    pub async fn settle(self, database: &Path) {
        let settings = Settings { theme: self.theme.into(), text_size: self.text_size, ..Settings::default() };
        engine(database).await.save_settings(settings).await.expect("settings");
    }

    /// Gives the window the size of this look.
    pub async fn resize(self) {
        xdotool(&["windowsize", "--sync", &window("MLprompt").await, self.size.0, self.size.1]);
    }
}

/// All looks, or those that are named: MLPROMPT_LOOKS=dark,small.
pub fn looks() -> impl Iterator<Item = Look> {
    let wanted = std::env::var("MLPROMPT_LOOKS").ok();
    [
        ("light", 100, ("1280", "820"), "light"),
        ("dark", 100, ("1280", "820"), "dark"),
        ("contrast", 100, ("1280", "820"), "contrast"),
        ("light", 100, ("900", "600"), "small"),
        ("light", 100, ("3840", "2160"), "large"),
        ("light", 200, ("1280", "820"), "text-200"),
    ]
    .into_iter()
    .map(|(theme, text_size, size, name)| Look { theme, text_size, size, name })
    .filter(move |look| wanted.as_ref().is_none_or(|names| names.split(',').any(|one| one == look.name)))
}

/// A started program in a look, on a project with runs.
pub struct Shown {
    pub app: App,
    pub look: Look,
    pub folder: tempfile::TempDir,
}

impl Shown {
    /// Starts on a copy of what was prepared.
    pub async fn start(look: Look, prepared: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        engine(prepared).await.save_copy(&database).await.expect("a copy");
        look.settle(&database).await;
        let app = App::start(&database, &[]).await;
        look.resize().await;
        Self { app, look, folder }
    }

    /// Keeps a picture once nothing moves any more. The display's pointer waits in its corner: over the window it would bring up a tooltip
    /// of what was clicked last.
    pub async fn shot(&self, screen: &str) {
        xdotool(&["mousemove", "9999", "9999"]);
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        self.app.picture(&format!("{screen}-{}", self.look.name)).await;
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
        let app = &self.app;
        app.click_on("the project switcher", By::XPath("(//button[contains(., 'Ticket routing')])[1]")).await;
        app.click("All projects").await;
        self.shot("home").await;
    }

    async fn train(&self) {
        let app = &self.app;
        app.go("Train").await;
        app.read("tokens").await;
        self.shot("train").await;
        app.click_on("epoch 1", By::XPath("//*[@data-epoch='1']")).await;
        self.shot("train-epoch").await;
        // The window remembers the tab of the look before.
        for tab in ["Changes", "Learning map", "Failures", "Candidates", "Examples shown", "Metrics", "Confusion", "Calls", "Cost"] {
            app.click_on(tab, By::XPath(format!("//*[@role='tab'][starts-with(normalize-space(.), '{tab}')]"))).await;
            self.top("Epoch 1").await;
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

    async fn prompts(&self) {
        let app = &self.app;
        app.go("Prompts").await;
        self.shot("prompts").await;
        app.click("Try on 20 random rows").await;
        app.read("of 20 right").await;
        self.shot("prompts-try").await;
        for tab in ["Origins", "Optimizer instructions"] {
            app.click_on(tab, By::XPath(format!("//*[@role='tab'][normalize-space(.)='{tab}']"))).await;
            self.shot(&format!("prompts-{}", tab.to_lowercase().replace(' ', "-"))).await;
        }
    }

    async fn compare(&self) {
        let app = &self.app;
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
        let app = &self.app;
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
    let folder = tempfile::tempdir().expect("a folder");
    let prepared = prepare(folder.path()).await;
    for look in looks() {
        let shown = Shown::start(look, &prepared).await;
        shown.home().await;
        shown.train().await;
        shown.prompts().await;
        shown.compare().await;
        shown.sheets().await;
        shown.app.quit().await;
    }
}
