//! Pictures of every screen, light and dark, in three sizes, for eyes (`make screenshots`); no test, so not among the others.

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

async fn prepare(database: &Path, theme: &str) {
    let engine = engine(database).await;
    engine.save_settings(Settings { theme: theme.into(), ..Settings::default() }).await.expect("settings");
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    for (name, examples, select) in [("Five mixed", 5, Selection::Mixed), ("Ten worst", 10, Selection::Worst)] {
        let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
        (config.name, config.examples, config.select) = (name.into(), examples, select);
        let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
        until("a run", 60, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures for eyes: make screenshots"]
async fn every_screen_in_both_themes() {
    assert!(pictures().is_some(), "name a folder in MLPROMPT_PICTURES");
    let _turn = TURN.lock().await;
    for theme in ["light", "dark"] {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        prepare(&database, theme).await;
        for (size, (width, height)) in [("", ("1280", "820")), ("-small", ("900", "600")), ("-large", ("2560", "1400"))] {
            let app = App::start(&database, &[]).await;
            let id = window("MLprompt").await;
            xdotool(&["windowsize", "--sync", &id, width, height]);
            let shot = async |name: &str| {
                tokio::time::sleep(std::time::Duration::from_millis(900)).await;
                app.picture(&format!("{name}-{theme}{size}")).await;
            };
            app.go("Train").await;
            app.read("Better on").await;
            shot("train").await;
            app.click_on("epoch 3", By::XPath("//*[@data-epoch='3']")).await;
            shot("train-epoch").await;
            app.click("New run").await;
            shot("start").await;
            app.go("Data").await;
            shot("data").await;
            app.go("Prompts").await;
            shot("prompts").await;
            app.go("Compare").await;
            shot("compare").await;
            app.click("Connections").await;
            shot("connections").await;
            xdotool(&["key", "Escape"]);
            app.click("Settings").await;
            shot("settings").await;
            xdotool(&["key", "Escape"]);
            app.quit().await;
        }
    }
}
