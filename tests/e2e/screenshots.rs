//! Pictures of every screen but the data's for eyes (`make screenshots`): light, dark and high contrast, small and large, text at 200 %. No test, so not
//! among the others.

use std::path::Path;

use mlprompt_core::{
    api::{CreateSample, ProjectId, Settings, StartRun},
    run::{RunStatus, Selection},
};
use thirtyfour::By;

use crate::{
    TURN,
    app::{App, pictures},
    desktop::{until, window, xdotool},
    setup::engine,
};

async fn prepare(database: &Path, theme: &str, text_size: u32) {
    let engine = engine(database).await;
    engine.save_settings(Settings { theme: theme.into(), text_size, ..Settings::default() }).await.expect("settings");
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    for (name, examples, select) in [("Five mixed", 5, Selection::Mixed), ("Ten worst", 10, Selection::Worst)] {
        let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
        (config.name, config.examples, config.select) = (name.into(), examples, select);
        let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
        until("a run", 60, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
    }
}

/// One look of the program: theme, size of text, size of the window, and what pictures of it are called.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    theme: &'static str,
    text_size: u32,
    size: (&'static str, &'static str),
    name: &'static str,
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

/// A started program in a look, on a project with two runs.
pub struct Shown {
    pub app: App,
    pub look: Look,
    pub folder: tempfile::TempDir,
}

impl Shown {
    pub async fn start(look: Look) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        prepare(&database, look.theme, look.text_size).await;
        let app = App::start(&database, &[]).await;
        xdotool(&["windowsize", "--sync", &window("MLprompt").await, look.size.0, look.size.1]);
        Self { app, look, folder }
    }

    /// Keeps a picture once nothing moves any more.
    pub async fn shot(&self, screen: &str) {
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        self.app.picture(&format!("{screen}-{}", self.look.name)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures for eyes: make screenshots"]
async fn every_screen_in_every_look() {
    assert!(pictures().is_some(), "name a folder in MLPROMPT_PICTURES");
    let _turn = TURN.lock().await;
    for look in looks() {
        let shown = Shown::start(look).await;
        let (app, shot) = (&shown.app, async |screen: &str| shown.shot(screen).await);
        app.go("Train").await;
        app.read("Better on").await;
        shot("train").await;
        app.click_on("epoch 3", By::XPath("//*[@data-epoch='3']")).await;
        shot("train-epoch").await;
        for tab in ["Learning map", "Failures", "Confusion", "Calls", "Cost"] {
            app.click(tab).await;
            shot(&format!("train-{}", tab.to_lowercase().replace(' ', "-"))).await;
        }
        app.click("New run").await;
        shot("start").await;
        app.go("Prompts").await;
        shot("prompts").await;
        app.go("Compare").await;
        shot("compare").await;
        app.click("Connections").await;
        shot("connections").await;
        xdotool(&["key", "Escape"]);
        app.click("Settings").await;
        for page in ["General", "Data and backups", "Prices", "Shortcuts", "About"] {
            app.click(page).await;
            shot(&format!("settings-{}", page.to_lowercase().replace(' ', "-"))).await;
        }
        xdotool(&["key", "Escape"]);
        shown.app.quit().await;
    }
}
