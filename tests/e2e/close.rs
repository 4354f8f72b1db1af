//! Closing the window while a run goes on, and what the next start shows.

use std::{path::Path, time::Duration};

use mlprompt_core::{
    api::{CreateSample, NoRequest, ProjectId, RunId, SaveConnection, StartRun},
    connection::{Connection, ConnectionKind, KeyReference},
    engine::{Engine, Parts},
    run::{ModelConfig, RunConfig, RunStatus},
};

use crate::{TURN, app::App, desktop, desktop::until, fake_model::FakeModel};

async fn engine(database: &Path) -> Engine {
    Engine::open(Parts::real(database).expect("parts")).await.expect("the database opens")
}

/// A sample project whose next run asks a slow model on loopback.
async fn slow_project(database: &Path, base_url: &str) -> (Engine, i64, RunConfig) {
    let engine = engine(database).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let connection = Connection {
        id: 0,
        name: "slow server".into(),
        kind: ConnectionKind::Openai,
        base_url: base_url.into(),
        key: KeyReference::None,
        timeout_seconds: 30,
        concurrency: 4,
        default_model: "fake-model".into(),
    };
    let id = engine.save_connection(SaveConnection { connection, secret: None }).await.expect("a connection").id;
    let config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    let model = ModelConfig { connection: id, model: "fake-model".into(), temperature: None, max_output_tokens: None, seed: None };
    let config = RunConfig { primary: model.clone(), optimizer: model, concurrency: 4, epochs: 2, ..config };
    (engine, project, config)
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_during_a_run_asks_and_a_paused_run_goes_on_after_the_next_start() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::from_millis(150)).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, config).await);

    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.click("New run").await;
    app.click_starting("Start training").await;
    app.read("Pause").await;
    app.picture("running").await;
    desktop::close("MLprompt").await;
    app.read("still active").await;
    app.picture("close-dialog").await;
    app.click("Cancel").await;
    app.read("Pause").await;
    desktop::close("MLprompt").await;
    app.read("still active").await;
    // By script: the window is gone before a pointer's click could be reported back.
    app.script("[...document.querySelectorAll('dialog button')].find(b => b.textContent.trim() === 'Pause').click()").await;
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
    app.go("Train").await;
    app.click("New run").await;
    app.click_starting("Start training").await;
    app.read("Pause").await;
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

/// Starts a run and stops it at once, so that the window offers its settings next.
async fn offer(engine: Engine, project: i64, config: RunConfig) -> Engine {
    let run = engine.start_run(StartRun { project, config }).await.expect("it starts").id;
    engine.stop_run(RunId { run }).await.expect("it stops");
    until("the stop", 30, async || (engine.run(run).await.expect("the run").status == RunStatus::Cancelled).then_some(())).await;
    engine
}
