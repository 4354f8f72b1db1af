//! Files as users have them, by a real hand: dropped or pasted, understood, imported, cancelled, edited.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use mlprompt_core::{
    api::{ExampleFilter, ListExamples, NoRequest, ProjectId},
    dataset::Example,
};
use thirtyfour::By;

use crate::{
    TURN,
    app::{App, ROOT},
    desktop::{self, until, xdotool},
    setup::engine,
};

/// Examples of the only project, from a place on.
async fn examples(database: &Path, offset: u32, limit: u32) -> (u32, Vec<Example>) {
    let engine = engine(database).await;
    let project = engine.list_projects(NoRequest {}).await.expect("projects")[0].id;
    let asked = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset, limit };
    let page = engine.list_examples(asked).await.expect("examples");
    (page.total, page.rows)
}

/// What a select of the open sheet stands on.
pub async fn value_of(app: &App, label: &str) -> String {
    let chip = app.see(label, By::XPath(format!("//dialog//select[@aria-label='{label}']"))).await;
    chip.value().await.expect("it has a value").unwrap_or_default()
}

/// Chooses an entry of a select of the open sheet by its value.
pub async fn choose(app: &App, label: &str, value: &str) {
    let option = format!("//dialog//select[@aria-label='{label}']/option[@value='{value}']");
    app.click_on(&format!("{value} as {label}"), By::XPath(option)).await;
}

/// A file for a test.
pub async fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let file = folder.join(name);
    tokio::fs::write(&file, bytes).await.expect("a file");
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_semicolon_file_in_windows_1252_is_understood_and_edited() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    // "Größe" and "Straße" as Windows-1252 writes them.
    let mut bytes = b"Frage;Antwort;Nr\r\n".to_vec();
    for n in 0..120 {
        bytes.extend_from_slice(b"Welche Gr\xf6\xdfe hat die Stra\xdfe ");
        bytes.extend_from_slice(
            format!("{n}?;{};00{n}\r\n", if n % 2 == 0 { "gro\u{df}" } else { "klein" }.replace('\u{df}', "ss")).as_bytes(),
        );
    }
    let file = write(folder.path(), "fragen.csv", &bytes).await;
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    app.read("120 rows ready").await;
    assert_eq!(value_of(&app, "Encoding").await, "windows-1252");
    assert_eq!(value_of(&app, "Separator").await, ";");
    app.read("Welche Größe hat die Straße 0?").await;
    app.picture("import-windows-1252").await;
    app.click("Import 120 examples").await;
    app.read("120 examples imported").await;
    app.picture("data-windows-1252").await;

    // A cell is changed by keyboard alone, undone and done again.
    app.click_on("a ground truth", By::Css("[data-at='1:4']")).await;
    let keys = |keys: &str| xdotool(&["key", keys]);
    keys("F2");
    let field = app.see("the cell's field", By::Css("textarea[aria-label='Antwort of example 2']")).await;
    field.send_keys("winzig").await.expect("it takes text");
    app.picture("data-edit").await;
    keys("Return");
    app.read("version 2").await;
    app.read("winzig").await;
    keys("ctrl+z");
    until("the old cell", 10, async || (!app.text().await.contains("winzig")).then_some(())).await;
    keys("ctrl+shift+z");
    app.read("winzig").await;
    app.picture("data-edited").await;
    app.assert_quiet().await;
    app.quit().await;
    let (total, rows) = examples(&database, 0, 2).await;
    assert_eq!((total, rows[1].ground_truth_output.as_str()), (120, "winzig"));
    assert_eq!(rows[0].user_input, "Welche Größe hat die Straße 0?");
    assert_eq!(rows[0].variables[2], "000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_of_a_workbook_is_chosen() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("book.xlsx");
    let script = Path::new(ROOT).join("tests/desktop/two_sheets.py");
    assert!(Command::new("/usr/bin/python3").arg(script).arg(&file).status().expect("python").success());
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    app.read("2 rows ready").await;
    choose(&app, "Sheet", "Tickets").await;
    app.read("60 rows ready").await;
    app.picture("import-workbook").await;
    app.click("Import 60 examples").await;
    app.read("60 examples imported").await;
    app.assert_quiet().await;
    app.quit().await;
    let (_, rows) = examples(&database, 1, 1).await;
    assert_eq!((rows[0].user_input.as_str(), rows[0].ground_truth_output.as_str()), ("Where is parcel 1?", "001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn three_files_become_three_splits() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for (name, rows) in [("train.csv", 40), ("val.csv", 20), ("test.csv", 10)] {
        let mut text = String::from("message,queue\n");
        for n in 0..rows {
            text.push_str(&format!("{name} message {n},queue {}\n", n % 2));
        }
        files.push(write(folder.path(), name, text.as_bytes()).await);
    }
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    let paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    desktop::drag(&paths, "MLprompt").await;
    app.read("40 train, 20 validation, 10 test").await;
    app.picture("import-three-files").await;
    app.click("Import 70 examples").await;
    app.read("70 examples imported").await;
    app.read("Divided as the files were").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_pasted_from_a_spreadsheet_are_imported_as_they_stand() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let mut cells = String::from("message\tqueue\n");
    for n in 0..30 {
        cells.push_str(&format!("Is {n} =1+1?\t00{}\n", n % 2));
    }
    let app = App::start(&database, &[]).await;
    app.read("Drop a CSV to train a prompt").await;
    let _clipboard = desktop::Clipboard::holding(&cells).await;
    let id = desktop::window("MLprompt").await;
    xdotool(&["windowactivate", "--sync", &id]);
    xdotool(&["key", "ctrl+v"]);
    app.read("30 rows ready").await;
    app.picture("import-pasted").await;
    app.click("Import 30 examples").await;
    app.read("30 examples imported").await;
    // In a text field a paste is the field's own.
    app.click_on("the search", By::Css("#search")).await;
    xdotool(&["key", "ctrl+v"]);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(app.script("return document.querySelectorAll('dialog[open]').length").await, 0);
    app.assert_quiet().await;
    app.quit().await;
    let (total, rows) = examples(&database, 0, 1).await;
    assert_eq!((total, rows[0].user_input.as_str(), rows[0].ground_truth_output.as_str()), (30, "Is 0 =1+1?", "000"));
}

/// Puts the keyboard into the first cell of a column, as Tab does after a few steps.
pub async fn enter_grid(app: &App) {
    xdotool(&["windowactivate", "--sync", &desktop::window("MLprompt").await]);
    until("the first cell", 15, async || {
        let focus = "const cell = document.querySelector('[data-at=\"0:3\"]'); cell?.focus(); return document.activeElement === cell";
        (app.script(focus).await == true).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_200_columns_is_seen_to_its_last() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<String> = (0..198).map(|n| format!("field {n}")).collect();
    let mut text = format!("input,label,{}\n", names.join(","));
    for row in 0..100 {
        let cells: Vec<String> = (0..198).map(|n| format!("{row} of {n}")).collect();
        text.push_str(&format!("question {row},{},{}\n", row % 3, cells.join(",")));
    }
    let file = write(folder.path(), "wide.csv", text.as_bytes()).await;
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    app.read("more columns are imported too").await;
    app.picture("import-200-columns").await;
    app.click("Import 100 examples").await;
    app.read("100 examples imported").await;
    enter_grid(&app).await;
    xdotool(&["key", "End"]);
    app.read("0 of 197").await;
    app.picture("data-200-columns").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_rows_are_cancelled_half_way_and_then_imported_to_the_end() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("million.csv");
    let mut out = BufWriter::new(std::fs::File::create(&file).expect("a file"));
    out.write_all(b"message,queue\n").expect("it is written");
    for n in 0..1_000_000 {
        writeln!(out, "Message {n:07} about an order that never came and an invoice that came twice or three times,queue {}", n % 7)
            .expect("it is written");
    }
    out.flush().expect("it is written");
    drop(out);
    let database = folder.path().join("a.db");
    let app = App::start(&database, &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    let ready = async || app.text().await.contains("1,000,000 rows ready").then_some(());
    until("the preview of a million rows", 60, ready).await;
    app.picture("import-million").await;
    app.click("Import 1,000,000 examples").await;
    let half = "const bar = document.querySelector('[role=progressbar]'); return bar ? Number(bar.getAttribute('aria-valuenow')) : -1";
    until("half of the rows", 60, async || (app.script(half).await.as_f64()? >= 40.0).then_some(())).await;
    app.picture("import-half-way").await;
    app.click("Cancel the import").await;
    app.read("The import was cancelled. Nothing of it stays.").await;
    {
        let engine = engine(&database).await;
        assert!(engine.list_projects(NoRequest {}).await.expect("projects").is_empty(), "a cancelled import leaves nothing behind");
    }

    desktop::drag(&[&file], "MLprompt").await;
    until("the preview of a million rows", 60, ready).await;
    app.click("Import 1,000,000 examples").await;
    until("the end of the import", 180, async || app.text().await.contains("1,000,000 examples imported").then_some(())).await;
    app.read("Message 0000000").await;
    // The search index is built afterwards, in sight, while the examples are there.
    app.see("the progress of the index", By::Css("[aria-label='Search index']")).await;
    app.picture("data-million").await;

    // To the last row by keyboard: it is there, and so are all above it in view.
    enter_grid(&app).await;
    xdotool(&["key", "ctrl+End"]);
    app.read("Message 0999999").await;
    until("a view without holes", 10, async || {
        (app.script("return document.querySelectorAll('[role=grid] .coming').length").await == 0).then_some(())
    })
    .await;
    app.picture("data-million-end").await;
    // Searched, sorted and filtered on all of them.
    let search = app.see("the search", By::Css("#search")).await;
    search.send_keys("0765432").await.expect("it takes text");
    app.read("1 of 1,000,000 examples").await;
    app.read("Message 0765432").await;
    search.clear().await.expect("it can be emptied");
    app.click("queue").await;
    app.read("sorted by queue").await;
    app.picture("data-million-sorted").await;
    app.assert_quiet().await;
    app.quit().await;
    let engine = engine(&database).await;
    let project = engine.list_projects(NoRequest {}).await.expect("projects")[0].id;
    let view = engine.open_project(ProjectId { project }).await.expect("the project");
    assert_eq!(view.dataset.map(|dataset| dataset.rows), Some(1_000_000));
}
