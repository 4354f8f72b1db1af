//! Closing the window while a run goes on, and what the next start shows.

use std::{
    path::Path,
    process::{Child, Command},
    time::Duration,
};

use mlprompt_core::{
    api::{CreateSample, NoRequest, ProjectId},
    run::{RunConfig, RunStatus},
};

use thirtyfour::By;

use crate::{
    TURN,
    app::{App, PROGRAM, program_on},
    desktop,
    desktop::until,
    fake_model::FakeModel,
    setup::{engine, offer, slow_project, start_training},
};

#[tokio::test(flavor = "multi_thread")]
async fn closing_during_a_run_asks_and_a_paused_run_goes_on_after_the_next_start() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::from_millis(150)).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, config).await);

    let app = App::start(&database, &[]).await;
    start_training(&app).await;
    app.picture("running").await;
    desktop::close("MLprompt").await;
    app.read("still active").await;
    app.picture("close-dialog").await;
    app.click("Cancel").await;
    app.read("Pause").await;
    close_and(&app, "Pause").await;
    let check = engine(&database).await;
    let paused = until("the pause", 30, async || {
        let runs = check.list_runs(ProjectId { project }).await.expect("runs");
        runs.into_iter().find(|r| r.status == RunStatus::Paused)
    })
    .await;
    app.quit().await;
    let asked_before = server.seen.lock().expect("alive").len();

    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.read("Paused").await;
    app.picture("paused").await;
    app.click_starting("Resume").await;
    until("the end of the run", 120, async || {
        let run = check.run(paused.id).await.expect("the run");
        (run.status == RunStatus::Completed).then_some(())
    })
    .await;
    let usage = check.run(paused.id).await.expect("the run").usage;
    let asked = server.seen.lock().expect("alive").len();
    assert!(asked > asked_before, "the run went on");
    assert_eq!(usage.retries, 0);
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_program_was_killed_is_offered_for_resume_and_buys_nothing_twice() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::from_millis(120)).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, RunConfig { epochs: 1, ..config }).await);

    let app = App::start(&database, &[]).await;
    start_training(&app).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    app.kill().await;
    let check = engine(&database).await;
    // A killed process lets go of its lock when the system has taken it down.
    let interrupted = until("the interrupted run", 10, async || {
        let runs = check.list_interrupted(NoRequest {}).await.expect("runs");
        (runs.len() == 1).then_some(runs)
    })
    .await;

    let app = App::start(&database, &[]).await;
    app.read("Resume").await;
    app.picture("interrupted").await;
    app.click_starting("Resume").await;
    until("the end of the run", 120, async || {
        (check.run(interrupted[0].id).await.expect("the run").status == RunStatus::Completed).then_some(())
    })
    .await;
    app.assert_quiet().await;
    app.quit().await;

    let seen = server.seen.lock().expect("alive");
    let mut bodies: Vec<String> = seen.iter().map(|(_, body)| body.to_string()).collect();
    let all = bodies.len();
    bodies.sort_unstable();
    bodies.dedup();
    // What was in flight when each of the two programs ended may be asked again, and nothing else.
    assert!(all - bodies.len() <= 8, "{} of {all} requests were sent twice", all - bodies.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_right_before_the_window_closed_is_there_at_the_next_start() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let project = engine(&database).await.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let app = App::start(&database, &[]).await;
    app.go("Prompts").await;
    app.click_on("the editor", By::Css("[aria-label='System prompt'].cm-content")).await;
    desktop::xdotool(&["type", "--delay", "60", "DRAFTY"]);
    desktop::close("MLprompt").await;
    gone(&database).await;
    app.quit().await;
    let draft = engine(&database).await.open_project(ProjectId { project }).await.expect("the project").draft;
    assert!(draft.prompt.system_prompt.contains("DRAFTY"), "{}", draft.prompt.system_prompt);
}

/// Answers the question of the close dialog. By script: the window is gone before a pointer's click could be reported back.
async fn close_and(app: &App, choice: &str) {
    desktop::close("MLprompt").await;
    app.read("still active").await;
    app.script(&format!("[...document.querySelectorAll('dialog button')].find(b => b.textContent.trim() === '{choice}').click()")).await;
}

fn visible() -> bool {
    windows() > 0
}

fn windows() -> usize {
    desktop::xdotool(&["search", "--onlyvisible", "--name", "MLprompt"]).map_or(0, |ids| ids.lines().count())
}

/// The program once more.
fn start(database: &Path) -> Child {
    Command::new(PROGRAM.as_str()).arg("--db").arg(database).spawn().expect("the program starts")
}

/// Waits until the program has left by itself.
async fn gone(database: &Path) {
    let lives = || Command::new("pgrep").args(["-f", &program_on(database)]).output().expect("pgrep is installed").status.success();
    until("the program's end", 30, async || (!lives()).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_kept_running_ends_without_the_window_and_is_there_at_the_next_start() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::from_millis(100)).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, config).await);

    let app = App::start(&database, &[]).await;
    start_training(&app).await;
    close_and(&app, "Keep running").await;
    until("the window's going", 10, async || (!visible()).then_some(())).await;
    let before = server.seen.lock().expect("alive").len();
    until("more calls without a window", 10, async || (server.seen.lock().expect("alive").len() > before + 8).then_some(())).await;

    // A second start, however it writes the path, shows the window of the first, with the run in it, and leaves.
    let beside = folder.path().join("beside");
    std::fs::create_dir(&beside).expect("a folder");
    let mut second = start(&beside.join("../a.db"));
    let left = until("the second start's end", 30, async || second.try_wait().expect("a child")).await;
    assert!(left.success());
    until("the window again", 10, async || visible().then_some(())).await;
    // One with another file has a window of its own.
    let one = windows();
    let mut other = start(&folder.path().join("b.db"));
    until("a window of another file", 30, async || (windows() > one).then_some(())).await;
    assert!(other.try_wait().expect("a child").is_none(), "it stays");
    other.kill().expect("it lives");
    other.wait().expect("a child");
    until("the one window", 10, async || (windows() == one).then_some(())).await;
    app.read("Pause").await;
    close_and(&app, "Keep running").await;
    gone(&database).await;
    app.quit().await;
    let check = engine(&database).await;
    let runs = check.list_runs(ProjectId { project }).await.expect("runs");
    let run = runs.iter().max_by_key(|r| r.id).expect("the run");
    assert_eq!(run.status, RunStatus::Completed, "{:?}", run.stop_reason);
    assert!(run.best.test.is_some(), "it ended in order, with its test");

    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.read("Completed").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_by_closing_leaves_the_test_split_unopened() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::from_millis(150)).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, config).await);

    let app = App::start(&database, &[]).await;
    start_training(&app).await;
    close_and(&app, "Stop").await;
    gone(&database).await;
    app.quit().await;
    let check = engine(&database).await;
    let runs = check.list_runs(ProjectId { project }).await.expect("runs");
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|r| r.status == RunStatus::Cancelled && r.best.test.is_none()));
    assert!(check.list_interrupted(NoRequest {}).await.expect("runs").is_empty(), "nothing is left to resume");
}
