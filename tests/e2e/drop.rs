//! What is dropped or picked: bad things are refused in words, and nothing of them stays.

use std::path::Path;

use mlprompt_core::api::{ExampleFilter, ListExamples, NoRequest};
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    desktop::{self, until, xdotool},
    setup::engine,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_dataset_is_refused_in_words_and_leaves_nothing_behind() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    app.read("Drop a CSV to train a prompt").await;

    let directory = folder.path().join("some folder");
    std::fs::create_dir(&directory).expect("a folder");
    let empty = folder.path().join("empty.csv");
    std::fs::write(&empty, "").expect("a file");
    let header_only = folder.path().join("header only.csv");
    std::fs::write(&header_only, "message,queue\n").expect("a file");
    let picture = folder.path().join("picture.csv");
    std::fs::write(&picture, b"\x89PNG\r\n\x1a\n\0\0\0").expect("a file");
    for (item, words) in [
        (directory.as_path(), "some folder"),
        (empty.as_path(), "empty.csv"),
        (header_only.as_path(), "header only.csv"),
        (picture.as_path(), "picture.csv"),
        (Path::new("https://example.org/data.csv"), "https://example.org"),
    ] {
        desktop::drag(&[item], "MLprompt").await;
        let problem = app.see(&format!("a refusal of {}", item.display()), By::Css("dialog [role=alert]")).await;
        let text = problem.text().await.expect("it has a text");
        assert!(text.contains(words), "the refusal names what was dropped: {text}");
        app.picture(&format!("refused-{}", words.replace(['/', ':', ' '], "-"))).await;
        app.click("Cancel").await;
        let open = "return document.querySelectorAll('dialog[open]').length";
        desktop::until("the sheet to be gone", 10, async || (app.script(open).await == 0).then_some(())).await;
    }
    app.assert_quiet().await;
    app.quit().await;
    let engine = engine(&database).await;
    assert!(engine.list_projects(NoRequest {}).await.expect("projects").is_empty(), "nothing half-imported remains");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_can_be_picked_and_its_columns_changed() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("odd columns.csv");
    let mut text = String::from("note;first;second\n");
    for i in 0..40 {
        text.push_str(&format!("n{i};\"is {i} small; or not?\";00{}\n", i % 2));
    }
    std::fs::write(&file, text).expect("a file");
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    // One that was answered does not come back with a later one.
    app.click("Choose a file").await;
    let answered = desktop::window("Choose data files").await;
    xdotool(&["windowactivate", "--sync", &answered]);
    xdotool(&["key", "Escape"]);
    let shown = || xdotool(&["search", "--onlyvisible", "--name", "Choose data files"]).filter(|ids| !ids.is_empty());
    until("the dialog gone", 15, async || shown().is_none().then_some(())).await;
    app.click("Choose a file").await;
    // The window lies over the dialog by then, and the wish is had again: it comes to the front, and no second one with it.
    let dialog = desktop::window("Choose data files").await;
    let window = desktop::window("MLprompt").await;
    xdotool(&["windowactivate", "--sync", &window]);
    app.click("Choose a file").await;
    until("the dialog in front", 15, async || xdotool(&["getactivewindow"]).filter(|front| *front == dialog)).await;
    assert_eq!(shown(), Some(dialog));
    desktop::choose_in_dialog("Choose data files", &file).await;
    app.see("the import sheet", By::XPath("//dialog//*[contains(., 'odd columns.csv')]")).await;
    for (role, column) in [("Input", "first"), ("Ground truth", "second")] {
        let xpath = format!("//label[normalize-space(.)='{role}']/following::select[1]/option[@value='{column}']");
        app.click_on(&format!("{column} as {role}"), By::XPath(xpath)).await;
    }
    app.picture("import-columns").await;
    app.click("Import 40 examples").await;
    app.read("40 examples imported").await;
    app.read("is 7 small; or not?").await;
    app.read("001").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_50_mb_with_a_cell_of_1_mb_is_imported_whole() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("large.csv");
    let mut text = String::with_capacity(51_000_000);
    text.push_str("message,queue\n");
    text.push_str(&format!("{},billing\n", "a long letter ".repeat(75_000)));
    let mut rows = 1;
    while text.len() < 50_000_000 {
        text.push_str(&format!("Message {rows} about an order that never came and an invoice that came twice,queue {}\n", rows % 5));
        rows += 1;
    }
    std::fs::write(&file, text).expect("a file");
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    app.see("the import sheet", By::XPath("//dialog//*[contains(., 'large.csv')]")).await;
    app.picture("import-large").await;
    app.click_starting("Import ").await;
    desktop::until("the end of the import", 90, async || app.text().await.contains("examples imported").then_some(())).await;
    app.picture("data-large").await;
    app.assert_quiet().await;
    app.quit().await;
    let engine = engine(&database).await;
    let project = engine.list_projects(NoRequest {}).await.expect("projects")[0].id;
    let first = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 1 };
    let page = engine.list_examples(first).await.expect("examples");
    assert_eq!(page.total, rows);
    assert_eq!(page.rows[0].user_input.len(), 14 * 75_000, "the long cell is whole");
}
