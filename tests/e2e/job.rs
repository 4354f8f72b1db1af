//! The main job, end to end.

use std::path::{Path, PathBuf};

use thirtyfour::{By, Key};

use crate::{
    TURN,
    app::{App, ROOT},
    desktop::{self, until},
};

/// A sample's rows under another name, as a user's own file.
fn tickets(folder: &Path) -> PathBuf {
    let file = folder.join("my tickets.csv");
    std::fs::copy(Path::new(ROOT).join("src-tauri/core/src/samples/tickets.csv"), &file).expect("the sample's rows");
    file
}

/// Types into the editor with this label, after what is there.
pub async fn type_into(app: &App, label: &str, text: &str) {
    let xpath = format!("//*[@contenteditable='true' and (@aria-label='{label}' or contains(@aria-label, '{label}'))]");
    let editor = app.see(&format!("the editor of the {label}"), By::XPath(xpath)).await;
    editor.click().await.expect("the editor takes the focus");
    editor.send_keys(Key::Control + Key::End).await.expect("the caret goes to the end");
    editor.send_keys(text).await.expect("the editor takes text");
}

/// Epochs on the timeline that have been decided.
async fn decided(app: &App) -> usize {
    let cards = app.driver.find_all(By::XPath("//*[@data-epoch]")).await.unwrap_or_default();
    cards.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn drop_train_read_edit_train_again_compare_and_come_back_after_a_kill() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("projects.db");
    let app = App::start(&database, &[]).await;
    app.read("Drop a CSV to train a prompt").await;
    app.picture("home-empty").await;

    // A real drag from another program.
    desktop::drag(&[&tickets(folder.path())], "MLprompt").await;
    let input = app.see("the input column", By::XPath("//label[normalize-space(.)='Input']/following::select[1]")).await;
    assert_eq!(input.value().await.expect("it has a value").as_deref(), Some("message"), "the input column is found by itself");
    let truth = app.see("the ground truth column", By::XPath("//label[normalize-space(.)='Ground truth']/following::select[1]")).await;
    assert_eq!(truth.value().await.expect("it has a value").as_deref(), Some("queue"));
    app.picture("import").await;
    app.click_starting("Import 27").await;
    app.read("examples imported").await;
    app.picture("data").await;

    // A first prompt, in an editor that has its styles under the policy of the built program.
    app.go("Prompts").await;
    type_into(&app, "System prompt", "Which queue should this message go to?").await;
    let display = app.script("return getComputedStyle(document.querySelector('.cm-scroller')).display").await;
    assert_eq!(display, "flex", "CodeMirror's own styles apply");
    app.read("saved").await;
    app.picture("prompts").await;

    // Training: the curve and the timeline grow by themselves.
    app.go("Train").await;
    app.read("Start training").await;
    app.picture("start").await;
    app.click_starting("Start training").await;
    until("the end of the run", 60, async || app.text().await.contains("Better on").then_some(())).await;
    let epochs = decided(&app).await;
    assert!(epochs >= 3, "the timeline has {epochs} epochs");
    app.see("the chart", By::Css("svg, canvas")).await;
    let clipped = app
        .script("return [...document.querySelectorAll('svg g[clip-path]')].filter(g => getComputedStyle(g).clipPath !== 'none').length")
        .await;
    assert_eq!(clipped, 0, "this engine hides growing lines behind clip paths");
    app.picture("train").await;

    // One epoch: its diff and its reasons.
    app.click_on("epoch 1", By::XPath("//*[@data-epoch='1']")).await;
    // Where an earlier visit left another tab open, it is open again.
    app.click("Changes").await;
    app.read("Why").await;
    let added = app.script("return [...document.querySelectorAll('main *')].some(e => e.textContent.trim().startsWith('+'))").await;
    assert_eq!(added, true, "the diff shows added lines");
    app.picture("train-epoch").await;

    // Edited by hand, a second run.
    app.go("Prompts").await;
    type_into(&app, "Output prompt", "Answer with one word.").await;
    app.read("saved").await;
    app.go("Train").await;
    app.click("New run").await;
    app.click_starting("Start training").await;
    until("the end of the second run", 60, async || {
        let text = app.text().await;
        (text.contains("Run 2") && ended(&text)).then_some(())
    })
    .await;

    // Both on the chart.
    app.go("Compare").await;
    app.read("Run 1").await;
    app.read("Run 2").await;
    app.see("the curves", By::Css("svg, canvas")).await;
    app.read("Fixed").await;
    app.picture("compare").await;
    // A screen scrolls inside the window; the window's frame stays where it is.
    let bottom = "[...document.querySelectorAll('main section')].at(-1).scrollIntoView({ block: 'start' });
                  return document.querySelector('#app').getBoundingClientRect().top";
    assert_eq!(app.script(bottom).await, 0);
    app.assert_quiet().await;

    // Killed, started again: everything is there, also a third run that was only prepared.
    app.go("Train").await;
    app.click("New run").await;
    app.fill("After epochs", "33").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    app.kill().await;
    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    // Where the window was is no more than a convenience, which a kill may take back to the run.
    let form = until("the form, or the run", 15, async || {
        let text = app.text().await;
        text.contains("Start training").then_some(true).or_else(|| ended(&text).then_some(false))
    })
    .await;
    if !form {
        app.click("New run").await;
    }
    let field = app.see("the stop rule", By::XPath("//label[normalize-space(.)='After epochs']/following::input[1]")).await;
    until("the settings as they were left", 10, async || (field.value().await.ok()??.as_str() == "33").then_some(())).await;
    app.click_starting("Back to Run 2").await;
    until("the second run after the kill", 20, async || app.text().await.contains("Run 2").then_some(())).await;
    assert!(decided(&app).await >= 2, "the timeline is shown again");
    app.go("Data").await;
    app.read("my tickets.csv").await;
    app.assert_quiet().await;
    app.quit().await;
}

/// Whether a run's verdict is shown.
fn ended(text: &str) -> bool {
    text.contains("Better on") || text.contains("Nothing beat")
}
