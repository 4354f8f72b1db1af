//! A dataset as a whole: what its file brings, and what becomes of it.

use mlprompt_core::api::{NoRequest, ProjectId};
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    data::{choose, value_of, write},
    desktop::{self, xdotool},
    setup::{engine, imported},
};

fn key(keys: &str) {
    xdotool(&["key", keys]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_and_its_project_are_renamed_put_away_and_brought_back() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let mut text = String::from("message,queue\n");
    (0..120).for_each(|n| text.push_str(&format!("message {n},queue {}\n", n % 3)));
    imported(&database, "tickets.csv", &text).await;
    let app = App::start(&database, &[]).await;
    app.go("Data").await;
    app.click("More for tickets.csv").await;
    app.picture("dataset-menu").await;
    key("Down");
    key("Return");
    app.see("the field", By::Css("input[aria-label='Name of the data']:focus")).await;
    xdotool(&["type", "--delay", "15", "Tickets of May"]);
    app.picture("dataset-renaming").await;
    key("Return");
    app.read("“tickets.csv” is now “Tickets of May”.").await;
    app.see("the focus where it came from", By::Css("[aria-label='More for Tickets of May']:focus")).await;
    app.picture("dataset-renamed").await;

    app.click("More for Tickets of May").await;
    app.click("Delete").await;
    app.read("Drop your examples here").await;
    app.picture("dataset-deleted").await;
    key("ctrl+z");
    app.read("message 0").await;

    app.click("More for Tickets of May").await;
    app.click("Duplicate as a new project").await;
    app.read("is a project of its own with the same examples").await;
    app.picture("dataset-duplicated").await;
    app.click("Undo").await;
    app.see("the project again", By::Css("[aria-label='tickets, switch project']")).await;
    app.click("More for Tickets of May").await;
    app.click("Archive").await;
    app.read("Drop your examples here").await;

    // From Home, later: the data is brought back, the project renamed, deleted and brought back by keyboard alone.
    app.click("tickets, switch project").await;
    app.click("All projects").await;
    app.click_on("what was put away", By::XPath("//summary[contains(., 'Archived and deleted')]")).await;
    app.picture("dataset-put-away").await;
    // What was said lies over the end of the list for a while.
    app.script("document.querySelectorAll('[aria-label=Dismiss]').forEach((button) => button.click())").await;
    app.click("Restore Tickets of May").await;
    app.script("document.querySelector('article h2 button').focus()").await;
    key("F2");
    app.see("the field", By::Css("input[aria-label='Name of the project']:focus")).await;
    xdotool(&["type", "--delay", "15", "Routing"]);
    key("Return");
    app.see("the card", By::XPath("//article[.//h2/button[normalize-space(.)='Routing']]")).await;
    key("Delete");
    app.read("“Routing” is deleted.").await;
    app.picture("project-deleted").await;
    key("ctrl+z");
    app.see("the card again", By::XPath("//article[.//h2/button[normalize-space(.)='Routing']]")).await;
    app.assert_quiet().await;
    app.quit().await;
    let engine = engine(&database).await;
    let projects = engine.list_projects(NoRequest {}).await.expect("projects");
    let named: Vec<_> = projects.iter().map(|project| (project.name.as_str(), project.dataset.as_deref(), project.rows)).collect();
    assert_eq!(named, [("Routing", Some("Tickets of May"), 120)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_promptfoo_tests_bring_is_offered_used_and_what_can_not_be_is_listed() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let mut yaml = String::from("prompts:\n  - 'Answer in one word: {{text}}'\ntests:\n");
    for n in 0..40 {
        yaml.push_str(&format!(
            "  - vars: {{text: 'question {n}', tone: polite}}\n    assert:\n      - {{type: icontains, value: 'word{}'}}\n      - {{type: javascript, value: 'x'}}\n",
            n % 3
        ));
    }
    let file = write(folder.path(), "promptfooconfig.yaml", yaml.as_bytes()).await;
    let app = App::start(&database, &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    app.read("40 rows ready").await;
    app.read("Its asserts become the metric contains of the next run.").await;
    app.read("Use its prompt: what stands before the input as the system prompt").await;
    app.click("see what").await;
    app.read("`javascript`: no counterpart, left out (40 tests)").await;
    app.picture("import-promptfoo").await;
    app.click("Import 40 examples").await;
    app.read("40 examples imported").await;
    app.go("Train").await;
    app.read("As the asserts of the file ask: contains.").await;
    app.picture("train-promptfoo").await;
    app.go("Prompts").await;
    app.read("Answer in one word").await;
    app.assert_quiet().await;
    app.quit().await;
    let engine = engine(&database).await;
    let project = engine.list_projects(NoRequest {}).await.expect("projects")[0].id;
    let config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    assert_eq!(config.metrics.len(), 1);
    assert_eq!(config.prompt.system_prompt, "Answer in one word:", "the input itself goes to the model besides");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_chip_of_the_import_sheet_reads_again_and_every_finding_is_told() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::from("\u{feff}nr;message;queue;note;note\n");
    for n in 0..130 {
        let queue = if n == 7 { "rare" } else { ["billing", "cards"][n % 2] };
        text.push_str(&format!("{n:03};message {};{queue};{};x\n", n % 120, if n % 5 == 0 { "" } else { "note" }));
    }
    text.push_str("900;;billing;a;b\n901;no truth;;a;b\n902;too;many;cells;in;this;row\n");
    text.push_str(&format!("903;{};cards;a;b\n", "long words ".repeat(80_000)));
    let file = write(folder.path(), "problems.csv", text.as_bytes()).await;
    let app = App::start(&folder.path().join("a.db"), &[]).await;
    desktop::drag(&[&file], "MLprompt").await;
    app.read("rows ready").await;
    app.read("3 set aside").await;
    assert_eq!((value_of(&app, "Encoding").await, value_of(&app, "Separator").await), ("utf-8".into(), ";".into()));
    app.click("see why").await;
    app.read("line 132").await;
    app.picture("import-problems-aside").await;
    app.click("see where").await;
    app.click("see which").await;
    app.picture("import-problems").await;
    for words in
        ["duplicates, kept in one split", "empty cells", "with too few examples", "longer than 128,000 tokens, as much as most models take"]
    {
        app.read(words).await;
    }
    choose(&app, "Separator", ",").await;
    app.read("nr;message;queue;note;note").await;
    app.picture("import-one-column").await;
    choose(&app, "Separator", ";").await;
    choose(&app, "First row", "false").await;
    app.read("column 1").await;
    choose(&app, "First row", "true").await;
    choose(&app, "Encoding", "utf-16le").await;
    app.picture("import-wrong-encoding").await;
    choose(&app, "Encoding", "utf-8").await;
    app.read("rows ready").await;
    choose(&app, "Quote", "").await;
    app.read("rows ready").await;
    app.assert_quiet().await;
    app.quit().await;
}
