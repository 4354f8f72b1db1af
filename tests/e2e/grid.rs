//! The grid, the splits and what the data says, worked on by a real keyboard and a real pointer.

use std::{path::Path, time::Duration};

use mlprompt_core::{
    api::{RunId, StartRun},
    run::RunStatus,
};
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    data::enter_grid,
    desktop::{self, until, xdotool},
    fake_model::FakeModel,
    setup::{imported, slow_project},
};

fn key(keys: &str) {
    xdotool(&["key", keys]);
}

/// 300 rows: one with blanks, six that repeat, two that contradict each other.
fn tickets() -> String {
    let mut text = String::from("message,queue,lang\n\"  two  blanks \",billing,en\n");
    for n in 1..292 {
        text.push_str(&format!(
            "message {n} about an order,{},{}\n",
            ["billing", "cards", "shipping"][n % 3],
            if n % 4 == 0 { "de" } else { "en" }
        ));
    }
    for n in 1..7 {
        text.push_str(&format!("message {n} about an order,{},en\n", ["billing", "cards", "shipping"][n % 3]));
    }
    text.push_str("which queue,billing,en\nwhich queue,cards,en\n");
    text
}

async fn on_data(database: &Path) -> App {
    let app = App::start(database, &[]).await;
    app.go("Data").await;
    let drawn = "return document.querySelector(\"[data-at='0:3'] .text\") !== null";
    until("the grid", 15, async || (app.script(drawn).await == true).then_some(())).await;
    xdotool(&["windowactivate", "--sync", &desktop::window("MLprompt").await]);
    app
}

async fn gone(app: &App, text: &str) {
    until(&format!("\"{text}\" to be gone"), 10, async || (!app.text().await.contains(text)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_are_found_chosen_and_changed() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    imported(&database, "tickets.csv", &tickets()).await;
    let app = on_data(&database).await;

    // A column is as wide as it is pulled.
    let width = "return document.querySelector(\"[data-at='-1:4']\").getBoundingClientRect().width";
    let before = app.script(width).await.as_f64().expect("a width");
    let (x, y) = app.place_of("[data-at='-1:4'] .grip").await;
    desktop::pull("MLprompt", (x, y), (x + 60, y)).await;
    let after = app.script(width).await.as_f64().expect("a width");
    assert!((after - before - 60.0).abs() < 4.0, "{before} became {after}");

    app.click("Show blanks and line ends").await;
    app.read("··two··blanks·").await;
    app.picture("grid-blanks").await;
    app.click("Show blanks and line ends").await;

    // To the last row and back, by keyboard; the row is shown beside.
    enter_grid(&app).await;
    key("ctrl+End");
    app.read("which queue").await;
    enter_first(&app).await;
    key("Return");
    app.read("Example 1").await;
    app.picture("grid-inspector").await;
    key("Escape");

    // Chosen row by row and as a range, moved, excluded, deleted, and all of it taken back.
    key("space");
    key("shift+Down");
    key("shift+Down");
    app.read("3 examples chosen").await;
    app.picture("grid-chosen").await;
    app.click_on("the split to move to", By::Css("#bulk-move option[value=test]")).await;
    app.read("version 2").await;
    app.click("Exclude").await;
    app.read("3 examples excluded from runs").await;
    app.picture("grid-excluded").await;
    enter_first(&app).await;
    key("Escape");
    gone(&app, "examples chosen").await;
    key("space");
    app.read("1 example chosen").await;
    key("Delete");
    app.read("299 examples").await;
    for version in [3, 2, 1] {
        key("ctrl+z");
        app.read(&format!("version {version}")).await;
    }
    gone(&app, "excluded from runs").await;

    // Found by words, by a column, and by both.
    let search = app.see("the search", By::Css("#search")).await;
    search.send_keys("message 12").await.expect("it takes text");
    app.read("11 of 300 examples").await;
    app.click("Sort and filter lang").await;
    app.see("the filter", By::Css("form[aria-label='Sort and filter lang'] input.inp")).await.send_keys("de").await.expect("it takes text");
    key("Return");
    app.read("lang contains “de”").await;
    app.read("4 of 300 examples").await;
    app.picture("grid-filtered").await;
    app.click("Remove the filter: lang contains “de”").await;
    search.click().await.expect("it takes the focus");
    key("ctrl+a");
    key("Delete");
    gone(&app, "of 300 examples").await;

    // What repeats is resolved in one go and comes back.
    app.read("6 duplicates").await;
    app.click("Resolve the duplicates").await;
    app.picture("grid-resolve").await;
    app.click("Delete all but the first of each").await;
    app.read("294 examples").await;
    app.read("no duplicates").await;
    app.click("Resolve the contradictions").await;
    app.click("Exclude all of them").await;
    app.read("no contradictions").await;
    app.read("2 examples excluded from runs").await;
    app.picture("grid-resolved").await;
    app.click_on("the versions", By::Css(".versions")).await;
    app.picture("grid-versions").await;
    key("Escape");
    app.assert_quiet().await;
    app.quit().await;
}

/// The keyboard on the first row.
async fn enter_first(app: &App) {
    key("ctrl+Home");
    enter_grid(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn splits_are_moved_by_pointer_and_keyboard_and_leaks_are_told() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    imported(&database, "tickets.csv", &tickets()).await;
    let app = on_data(&database).await;
    app.read("60 / 20 / 20 %").await;
    let (x, y) = app.place_of("[aria-label='End of train']").await;
    let bar = app.script("return document.querySelector('.bar .part').parentElement.getBoundingClientRect().width").await;
    let tenth = (bar.as_f64().expect("a width") / 10.0) as i32;
    desktop::pull("MLprompt", (x, y), (x + tenth, y)).await;
    app.read("70 / 10 / 20 %").await;
    app.read("version 2").await;
    app.picture("splits-pulled").await;
    app.script("document.querySelector('[aria-label=\"End of validation\"]').focus()").await;
    for _ in 0..5 {
        key("Right");
    }
    app.read("70 / 15 / 15 %").await;
    app.read("version 3").await;
    app.click("Draw anew").await;
    app.read("version 4").await;
    app.assert_quiet().await;
    app.quit().await;

    // A split column is respected, and what leaks is reported before and after the import.
    let file = folder.path().join("divided.csv");
    let mut text = String::from("message,queue,split\n");
    for n in 0..60 {
        text.push_str(&format!("message {},queue {},{}\n", n % 55, n % 2, ["train", "dev", "test"][n % 3]));
    }
    std::fs::write(&file, text).expect("a file");
    let app = App::start(&folder.path().join("b.db"), &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    app.read("20 train, 20 validation, 20 test").await;
    app.read("5 inputs").await;
    app.picture("splits-leaks-import").await;
    app.click("Import 60 examples").await;
    app.read("Divided by the column split, as the file says.").await;
    app.read("5 inputs in more than one split: scores will look too good").await;
    app.picture("splits-leaks").await;
    app.click("Divide 60 / 20 / 20 instead").await;
    app.read("no example in two splits").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_run_doubts_are_decided_and_the_test_split_counts_its_openings() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    {
        // A model that answers everything alike, so that every other ground truth is in doubt.
        let server = FakeModel::start(Duration::from_millis(1)).await;
        let (engine, project, config) = slow_project(&database, &server.base_url).await;
        let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
        until("the end of the run", 120, async || {
            let run = engine.get_run(RunId { run }).await.expect("the run").summary;
            (run.status == RunStatus::Completed && engine.driven_runs().is_empty()).then_some(())
        })
        .await;
    }
    let app = on_data(&database).await;
    app.read("it was opened in 1 run").await;
    app.click("Doubts").await;
    app.see("a doubt", By::Css("[data-doubt='0']")).await;
    app.picture("doubts").await;
    let count = async || app.script("return document.querySelectorAll('[data-doubt]').length").await.as_u64().expect("a count");
    let label = "return document.querySelector(\"[data-doubt='0']\").getAttribute('aria-label')";
    let (all, first) = (count().await, app.script(label).await);
    app.script("document.querySelector(\"[data-doubt='0']\").focus()").await;
    for (letter, decided) in [("c", 1), ("x", 2), ("k", 3)] {
        key(letter);
        app.read(&format!("{decided} decided")).await;
    }
    app.read("Nothing was asked again.").await;
    app.picture("doubts-decided").await;
    assert_eq!(count().await, all - 3);
    assert_ne!(app.script(label).await, first);
    app.click("Examples").await;
    app.read("excluded from runs").await;
    app.assert_quiet().await;
    app.quit().await;
}
