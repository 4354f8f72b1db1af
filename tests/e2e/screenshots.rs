//! Pictures of every screen for eyes (`make screenshots`): light, dark and high contrast, small and large, text at 200 %. No test, so not
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
    desktop::{self, until, window, xdotool},
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
    for (theme, text_size, (width, height), name) in looks.into_iter().filter(|(.., name)| wanted(name)) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        prepare(&database, theme, text_size).await;
        let problems = folder.path().join("tickets of May.csv");
        std::fs::write(&problems, problem_file()).expect("a file");
        let app = App::start(&database, &[]).await;
        let id = window("MLprompt").await;
        xdotool(&["windowsize", "--sync", &id, width, height]);
        let shot = async |screen: &str| {
            tokio::time::sleep(std::time::Duration::from_millis(900)).await;
            app.picture(&format!("{screen}-{name}")).await;
        };
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
        app.go("Data").await;
        shot("data").await;
        app.click_starting("More for").await;
        shot("data-menu").await;
        xdotool(&["key", "Escape"]);
        app.script("document.querySelector(\"[data-at='0:3']\").click()").await;
        shot("data-inspector").await;
        app.click("Close the row inspector").await;
        app.click("Doubts").await;
        shot("data-doubts").await;
        app.click("Export…").await;
        shot("data-export").await;
        xdotool(&["key", "Escape"]);
        desktop::drag(&[&problems], "MLprompt").await;
        app.click("see why").await;
        shot("import-problems").await;
        app.click("Cancel").await;
        app.click("Examples").await;
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
        app.quit().await;
    }
}
