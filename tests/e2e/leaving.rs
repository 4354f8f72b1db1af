//! What leaves the window: the best prompts as code, a run as a report; and what the menu bar, the palette and the keys have in common.

use std::{path::Path, time::Duration};

use mlprompt_core::{
    api::{CreateSample, ProjectId, Settings, StartRun},
    run::RunStatus,
};
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    desktop::{self, until, window, xdotool},
    setup::engine,
};

/// A sample project with an ended run.
async fn trained(database: &Path, theme: &str) {
    let engine = engine(database).await;
    engine.save_settings(Settings { theme: theme.into(), ..Settings::default() }).await.expect("settings");
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    config.name = "the run that leaves".into();
    let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
    until("the end of the run", 120, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
}

async fn settle() {
    tokio::time::sleep(Duration::from_millis(700)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_best_prompts_are_shipped_and_the_run_is_reported() {
    let _turn = TURN.lock().await;
    for theme in ["light", "dark"] {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        trained(&database, theme).await;
        let app = App::start(&database, &[]).await;
        app.go("Train").await;
        app.read("the run that leaves").await;
        app.click("Ship…").await;
        app.read("sealed test").await;
        settle().await;
        app.picture(&format!("ship-{theme}")).await;
        // By keyboard from tab to tab; the demo model has no server to call.
        app.click_on("the text's tab", By::XPath("//*[@role='tab'][normalize-space(.)='Text']")).await;
        xdotool(&["key", "Right"]);
        app.read("has no server").await;
        app.picture(&format!("ship-no-server-{theme}")).await;
        xdotool(&["key", "End"]);
        app.read("\"role\": \"user\"").await;
        let file = folder.path().join("messages.json");
        app.click("Save…").await;
        desktop::save_in_dialog("Save as", &file).await;
        let saved = until("the file", 10, async || std::fs::read_to_string(&file).ok().filter(|text| !text.is_empty())).await;
        assert!(serde_json::from_str::<serde_json::Value>(&saved).expect("JSON")[0]["content"].is_string(), "{saved}");
        let id = window("MLprompt").await;
        xdotool(&["windowsize", "--sync", &id, "900", "600"]);
        settle().await;
        app.picture(&format!("ship-{theme}-small")).await;
        xdotool(&["key", "Escape"]);
        settle().await;
        app.click("More for run the run that leaves").await;
        app.picture(&format!("run-menu-{theme}")).await;
        app.click("Save report (HTML page)").await;
        let file = folder.path().join("report.html");
        desktop::save_in_dialog("Save as", &file).await;
        app.read("Saved report.html.").await;
        app.read("Show in folder").await;
        let report = std::fs::read_to_string(&file).expect("the report");
        assert!(report.contains("<svg role=\"img\"") && !report.contains("<script"), "{}", &report[..400]);
        if let Some(pictures) = crate::app::pictures() {
            std::fs::copy(&file, pictures.join("report.html")).expect("a copy");
        }
        app.go("Compare").await;
        settle().await;
        app.picture(&format!("compare-{theme}-small")).await;
        // Messages may cover the lower edge of a low window.
        app.script("document.querySelector(\"[aria-label='Ship a side, or save a report']\").scrollIntoView({ block: 'center' })").await;
        app.click("Ship a side, or save a report").await;
        app.picture(&format!("compare-menu-{theme}")).await;
        xdotool(&["key", "Escape"]);
        app.go("Prompts").await;
        settle().await;
        app.picture(&format!("prompts-ship-{theme}-small")).await;
        app.assert_quiet().await;
        app.quit().await;
    }
}

/// Presses keys one after the other, as a hand does.
async fn press(keys: &[&str]) {
    for key in keys {
        xdotool(&["key", key]);
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// The whole display, menus included.
async fn display_picture(name: &str) {
    let Some(folder) = crate::app::pictures() else { return };
    std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
    let file = folder.join(format!("{name}.png"));
    std::process::Command::new("import").args(["-window", "root"]).arg(&file).status().expect("imagemagick is installed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_menu_bar_gives_the_commands_of_the_palette() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    trained(&database, "light").await;
    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.read("the run that leaves").await;
    let id = window("MLprompt").await;
    xdotool(&["windowactivate", "--sync", &id]);
    settle().await;
    for (name, rights) in [("file", 0), ("edit", 1), ("view", 2), ("run", 3), ("help", 4)] {
        press(&["F10"]).await;
        for _ in 0..rights {
            press(&["Right"]).await;
        }
        press(&["Down"]).await;
        display_picture(&format!("menu-{name}")).await;
        press(&["Escape", "Escape"]).await;
    }
    // View, its first line: the palette. The same key opens it once, and closes it.
    press(&["F10", "Right", "Right", "Down", "Return"]).await;
    app.see("the palette", By::Css("dialog[open][aria-label='Search or run']")).await;
    press(&["Escape"]).await;
    let palette = async |open: bool| {
        until("the palette's state", 5, async || {
            (app.script("return document.querySelectorAll('dialog[open]').length").await == u8::from(open)).then_some(())
        })
        .await;
    };
    palette(false).await;
    press(&["ctrl+k"]).await;
    palette(true).await;
    press(&["ctrl+k"]).await;
    palette(false).await;
    // A key of the page still reaches it, and the fields that are typed in.
    press(&["2"]).await;
    app.read("Save version").await;
    app.click_on("the system prompt", By::Css("[aria-label='System prompt'] .cm-content, [aria-label='System prompt'] textarea")).await;
    press(&["ctrl+End"]).await;
    xdotool(&["type", "--delay", "30", " 1234?"]);
    app.read("1234?").await;
    // Edit, Undo; then Select all and Cut.
    let written =
        async || app.script("return document.querySelector('.cm-content')?.innerText ?? ''").await.as_str().unwrap_or_default().to_owned();
    press(&["F10", "Right", "Down", "Return"]).await;
    until("undo in the editor", 5, async || (!written().await.contains("1234?")).then_some(())).await;
    press(&["F10", "Right", "Down", "Down", "Return"]).await;
    until("redo in the editor", 5, async || written().await.contains("1234?").then_some(())).await;
    // Select all, Copy, then Paste at the end: the clipboard is reached by the menu as by keys.
    let before = written().await;
    for downs in [7, 5] {
        press(&["F10", "Right"]).await;
        for _ in 0..downs - 1 {
            press(&["Down"]).await;
        }
        press(&["Return"]).await;
    }
    press(&["ctrl+End", "F10", "Right", "Down", "Down", "Down", "Down", "Down", "Return"]).await;
    until("the pasted text", 5, async || (written().await.matches("1234?").count() == 2).then_some(())).await;
    assert!(!before.is_empty());
    app.assert_quiet().await;
    // File, its last line: Quit.
    press(&["F10", "Up", "Return"]).await;
    until("the end of the program", 10, async || {
        let gone = xdotool(&["search", "--onlyvisible", "--name", "MLprompt"]).is_none_or(|ids| ids.is_empty());
        gone.then_some(())
    })
    .await;
    app.quit().await;
}
