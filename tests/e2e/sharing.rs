//! A project leaves as one file and comes back by a drop, in another home.

use mlprompt_core::api::{NoRequest, ProjectId, RunId, StartRun};
use mlprompt_core::run::RunStatus;
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    desktop::{self, until},
    setup::engine,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_project_is_dropped_into_a_fresh_home_and_is_there_with_its_run() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("here.db");
    {
        let engine = engine(&database).await;
        let project =
            engine.create_sample(mlprompt_core::api::CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
        let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
        config.epochs = 2;
        config.name = "the run that travels".into();
        let run = engine.start_run(StartRun { project, config }).await.expect("it starts").id;
        until("the end of the run", 120, async || {
            let run = engine.get_run(RunId { run }).await.expect("the run").summary;
            (run.status == RunStatus::Completed && engine.driven_runs().is_empty()).then_some(())
        })
        .await;
    }
    let file = folder.path().join("Ticket-routing.mlprompt");
    let app = App::start(&database, &[]).await;
    app.click("Ticket routing, switch project").await;
    app.click("All projects").await;
    app.click("More for Ticket routing").await;
    app.picture("sharing-menu").await;
    app.click("Export project…").await;
    desktop::save_in_dialog("Export project", &file).await;
    app.read("No key is in it").await;
    app.picture("sharing-exported").await;
    assert!(file.is_file(), "the file is where the dialog said");

    // Deleted, undone, deleted again after other work, restored.
    app.click("More for Ticket routing").await;
    app.click("Delete").await;
    app.read("“Ticket routing” is deleted.").await;
    app.click("Undo").await;
    app.picture("sharing-undone").await;
    app.see("the card again", By::XPath("//article[.//button[normalize-space(.)='Ticket routing']]")).await;
    app.click("More for Ticket routing").await;
    app.click("Archive").await;
    app.click_on("what was put away", By::XPath("//summary[contains(., 'Archived and deleted')]")).await;
    app.picture("sharing-put-away").await;
    app.click("Restore Ticket routing").await;
    app.see("the card again", By::XPath("//article[.//button[normalize-space(.)='Ticket routing']]")).await;
    app.assert_quiet().await;
    app.quit().await;

    let fresh = folder.path().join("there.db");
    let app = App::start(&fresh, &[]).await;
    app.read("Drop a CSV to train a prompt").await;
    desktop::drag(&[&file], "MLprompt").await;
    app.read("“Ticket routing” is here, with 276 examples and 1 run.").await;
    app.read("the run that travels").await;
    app.picture("sharing-arrived").await;
    let letter = folder.path().join("letter.mlprompt");
    std::fs::write(&letter, "Dear reader").expect("a file");
    desktop::drag(&[&letter], "MLprompt").await;
    app.read("letter.mlprompt is another kind of file, no MLprompt project").await;
    app.assert_quiet().await;
    app.quit().await;
    let engine = engine(&fresh).await;
    assert_eq!(engine.list_projects(NoRequest {}).await.expect("projects").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_are_exported_from_the_data_screen() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::start(&folder.path().join("a.db"), &["--sample", "tickets"]).await;
    app.go("Data").await;
    app.click("Export…").await;
    app.read("Export examples").await;
    app.picture("sharing-export-sheet").await;
    let file = folder.path().join("tickets.csv");
    app.click_on("the button that asks where to", By::XPath("//dialog//button[normalize-space(.)='Export…']")).await;
    desktop::save_in_dialog("Export examples", &file).await;
    app.read("276 examples are in").await;
    app.picture("sharing-export-done").await;
    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(text.starts_with("\"") && text.contains("\"mlprompt_id\""), "{}", &text[..200]);
    app.assert_quiet().await;
    app.quit().await;
}
