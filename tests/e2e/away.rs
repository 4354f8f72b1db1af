//! What the desktop is asked while nobody looks: to keep the computer awake while a run goes on, and to tell its end.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use mlprompt_core::{
    api::{ProjectId, RenameProject, RunId},
    run::RunStatus,
};
use serde_json::Value;

use crate::{
    TURN,
    app::{App, ROOT},
    desktop,
    desktop::until,
    fake_model::FakeModel,
    setup::{engine, offer, slow_project, start_training},
};

/// A notification daemon and a login manager, with all they were asked.
struct Desktop {
    /// Address of the bus that stands in for the system's.
    system_bus: String,
    told: Arc<Mutex<Vec<Value>>>,
    processes: Vec<Child>,
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _already_gone = process.kill();
            let _already_gone = process.wait();
        }
    }
}

impl Desktop {
    async fn start() -> Self {
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus is installed");
        let mut system_bus = String::new();
        BufReader::new(bus.stdout.take().expect("its output")).read_line(&mut system_bus).expect("the bus tells its address");
        let system_bus = system_bus.trim().to_owned();
        let script = Path::new(ROOT).join("tests/desktop/services.py");
        let mut services = Command::new("/usr/bin/python3")
            .arg(script)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &system_bus)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the desktop's services start");
        let told = Arc::new(Mutex::new(Vec::new()));
        let (lines, kept) = (BufReader::new(services.stdout.take().expect("their output")), Arc::clone(&told));
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                kept.lock().expect("alive").push(serde_json::from_str(&line).expect("a JSON line"));
            }
        });
        let desktop = Self { system_bus, told, processes: vec![services, bus] };
        until("the desktop's services", 10, async || desktop.first("ready")).await;
        desktop
    }

    fn all(&self, event: &str) -> Vec<Value> {
        self.told.lock().expect("alive").iter().filter(|e| e["event"] == event).cloned().collect()
    }

    fn first(&self, event: &str) -> Option<Value> {
        self.all(event).into_iter().next()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_computer_stays_awake_while_a_run_goes_on_and_its_end_is_told_once_when_nobody_looks() {
    let _turn = TURN.lock().await;
    let services = Desktop::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::from_millis(60)).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    setup.rename_project(RenameProject { project, name: "<b>Tickets</b> & more".into() }).await.expect("a name");
    drop(offer(setup, project, config).await);

    let app = App::start_on(&database, &[], &services.system_bus).await;
    assert!(services.all("lock").is_empty(), "nothing goes on yet");
    start_training(&app).await;
    let lock = until("the lock against idle sleep", 10, async || services.first("lock")).await;
    assert_eq!((lock["what"].as_str(), lock["mode"].as_str()), (Some("idle"), Some("block")), "{lock}");
    assert_eq!(lock["who"], "MLprompt");
    assert!(services.all("unlock").is_empty());

    // The user turns to something else.
    desktop::xdotool(&["windowminimize", &desktop::window("MLprompt").await]);
    let check = engine(&database).await;
    let run = until("the end of the run", 120, async || {
        let runs = check.list_runs(ProjectId { project }).await.expect("runs");
        runs.into_iter().find(|r| r.status == RunStatus::Completed)
    })
    .await;
    let told = until("the notification", 10, async || services.first("notification")).await;
    assert!(told["title"].as_str().is_some_and(|t| t.contains(&run.name) && t.ends_with("is done")), "{told}");
    let verdict = check.get_run(RunId { run: run.id }).await.expect("the run").verdict.expect("a verdict");
    assert_eq!(
        told["body"],
        format!("&lt;b&gt;Tickets&lt;/b&gt; &amp; more: {}", verdict.replace('<', "&lt;")),
        "the desktop reads markup"
    );
    until("the lock let go", 10, async || services.first("unlock")).await;
    assert_eq!((services.all("lock").len(), services.all("notification").len()), (1, 1));
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_the_window_is_not_told_what_it_shows() {
    let _turn = TURN.lock().await;
    let services = Desktop::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let app = App::start_on(&database, &["--sample", "tickets"], &services.system_bus).await;
    desktop::xdotool(&["windowactivate", "--sync", &desktop::window("MLprompt").await]);
    app.go("Train").await;
    app.click_starting("Start training").await;
    app.read("Completed").await;
    until("the lock let go", 10, async || services.first("unlock")).await;
    assert!(services.all("notification").is_empty(), "{:?}", services.all("notification"));
    app.quit().await;
}
