//! Database files that are not what they should be.

use std::{path::Path, sync::Arc};

use mlprompt_core::{
    Error, ErrorCode,
    api::{CreateProject, ExportRun, NoRequest, RunId},
    clock::SystemClock,
    engine::{Engine, Parts, RealModels, default_database},
    keys::MemoryKeys,
    run::RunEvent,
};
use tempfile::TempDir;

use crate::{
    fixtures::{Bench, config, eventful},
    scripted_model::ScriptedModel,
};

async fn open(database: &Path) -> Result<Engine, Error> {
    let clock = SystemClock::shared();
    let models = Arc::new(RealModels::new(Arc::clone(&clock)).unwrap());
    let keys = Arc::new(MemoryKeys::new("A test."));
    Engine::open(Parts { database: database.to_owned(), clock, keys, models, environment: Arc::new(|_| None) }).await
}

async fn refusal(database: &Path) -> Error {
    open(database).await.err().expect("the database is refused")
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_untouched() {
    for journal in ["delete", "wal"] {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("newer.db");
        {
            let newer = rusqlite::Connection::open(&file).unwrap();
            newer.pragma_update(None, "journal_mode", journal).unwrap();
            newer.execute_batch("CREATE TABLE future (thing TEXT); INSERT INTO future VALUES ('kept'); PRAGMA user_version = 999").unwrap();
        }
        let before = std::fs::read(&file).unwrap();
        let refused = refusal(&file).await;
        assert_eq!(refused.code, ErrorCode::DatabaseTooNew);
        assert!(refused.message.contains("newer.db") && refused.message.contains("Update this program"), "{}", refused.message);
        assert_eq!(std::fs::read(&file).unwrap(), before, "not one byte may change (journal mode {journal})");
    }
}

#[tokio::test]
async fn a_database_of_this_program_opens_again_with_what_was_in_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("new folder").join("own.db");
    let name = |engine: Engine| async move { engine.list_projects(NoRequest {}).await.unwrap()[0].name.clone() };
    let engine = open(&file).await.unwrap();
    engine.create_project(CreateProject { name: "Kept".into() }).await.unwrap();
    assert_eq!(name(engine).await, "Kept");
    assert_eq!(name(open(&file).await.unwrap()).await, "Kept");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_untouched() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("letter.db");
    let text = "Dear reader, this is a letter and no database at all.\n".repeat(100);
    std::fs::write(&file, &text).unwrap();
    let refused = refusal(&file).await;
    assert_eq!(refused.code, ErrorCode::Database);
    assert!(refused.message.contains("letter.db"), "{}", refused.message);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_database_is_an_error_and_no_crash() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("damaged.db");
    drop(open(&file).await.unwrap());
    // The engine's threads let go of the file a moment later; a copy is damaged instead.
    let mut bytes = std::fs::read(&file).unwrap();
    let copy = folder.path().join("copy.db");
    let end = bytes.len().max(200);
    bytes.resize(end, 0);
    bytes[100..end].fill(0xAB);
    std::fs::write(&copy, &bytes).unwrap();
    let failed = match open(&copy).await {
        Err(error) => error,
        Ok(engine) => engine.list_projects(NoRequest {}).await.unwrap_err(),
    };
    assert_eq!(failed.code, ErrorCode::Database, "{}", failed.message);
}

#[tokio::test]
async fn a_damaged_database_names_its_newest_copy() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a.db");
    let kept = open(&file).await.unwrap().back_up_now(NoRequest {}).await.unwrap().path;
    // Another place, where no thread of the engine has the file open.
    let elsewhere = TempDir::new().unwrap();
    let damaged = elsewhere.path().join("a.db");
    std::fs::write(&damaged, [0xAB; 8192]).unwrap();
    let without = refusal(&damaged).await;
    assert!(!without.message.contains("copy"), "{}", without.message);
    let kept = std::path::Path::new(&kept);
    let copies = elsewhere.path().join(kept.parent().unwrap().file_name().unwrap());
    std::fs::create_dir(&copies).unwrap();
    let copy = copies.join(kept.file_name().unwrap());
    std::fs::copy(kept, &copy).unwrap();
    let refused = refusal(&damaged).await;
    assert_eq!(refused.code, ErrorCode::Database);
    let words = format!("Its newest copy is {}: open that one with --db", copy.display());
    assert!(refused.message.contains(&words), "{}", refused.message);
    open(&copy).await.unwrap().list_projects(NoRequest {}).await.unwrap();
}

#[tokio::test]
async fn places_where_no_database_can_be_are_named() {
    let folder = TempDir::new().unwrap();
    let directory = folder.path().join("directory.db");
    std::fs::create_dir(&directory).unwrap();
    let refused = refusal(&directory).await;
    assert_eq!(refused.code, ErrorCode::Database);
    assert!(refused.message.contains("directory.db"), "{}", refused.message);
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let below = refusal(&file.join("test.db")).await;
    assert!(below.message.contains("test.db") && below.message.contains("Check the path"), "{}", below.message);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let locked = folder.path().join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(locked.join("probe"), "").is_ok() {
        // Permissions do not bind the superuser: then there is nothing to see here.
        return;
    }
    let refused = refusal(&locked.join("test.db")).await;
    assert!(refused.message.contains("test.db") && refused.message.contains("permissions"), "{}", refused.message);
}

#[test]
fn the_default_database_is_where_the_environment_says() {
    let environment = |set: &'static [(&'static str, &'static str)]| {
        move |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    };
    let named = default_database(&environment(&[("MLPROMPT_DB", "/data/own.db"), ("HOME", "/home/me"), ("APPDATA", "/app")]));
    assert_eq!(named, Some("/data/own.db".into()));
    assert_eq!(default_database(&environment(&[])), None);
    if cfg!(target_os = "linux") {
        assert_eq!(default_database(&environment(&[("HOME", "/home/me")])), Some("/home/me/.local/share/mlprompt/mlprompt.db".into()));
    }
}

/// What an estimate had before anything was added to it: events are kept as they were written, so what came later may be absent.
const ESTIMATE: [&str; 12] = [
    "splits",
    "calls_low",
    "calls_high",
    "tokens_low",
    "tokens_high",
    "cost_low",
    "cost_high",
    "seconds",
    "time_from",
    "proposals",
    "hosts",
    "warnings",
];

#[tokio::test]
async fn runs_whose_events_an_earlier_program_wrote_are_read() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(2)).await.summary;
    let connection = rusqlite::Connection::open(bench.database()).unwrap();
    connection.execute("UPDATE run SET measured_on = NULL", []).unwrap();
    let events: Vec<(i64, String)> = connection
        .prepare("SELECT seq, event FROM event WHERE run_id = ?1")
        .unwrap()
        .query_map([run.id], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut found = 0;
    for (seq, event) in events {
        let mut event: serde_json::Value = serde_json::from_str(&event).unwrap();
        let Some(estimate) = event.get_mut("estimate").and_then(|e| e.as_object_mut()) else { continue };
        estimate.retain(|name, _| ESTIMATE.contains(&name.as_str()));
        found += 1;
        connection.execute("UPDATE event SET event = ?2 WHERE run_id = ?1 AND seq = ?3", (run.id, event.to_string(), seq)).unwrap();
    }
    assert_eq!(found, 1, "the start of a run is among its events");
    let view = bench.engine.get_run(RunId { run: run.id }).await.unwrap();
    assert_eq!((view.summary.best, view.summary.measured_on), (run.best, None));
    assert_eq!(view.epochs.len(), 3);
    let told = bench.engine.watch(run.id, 0).next_events().await.unwrap();
    assert!(matches!(told[0].event, RunEvent::Started { ref estimate, .. } if estimate.test_opened == 0), "{told:?}");
    let report = ExportRun { run: run.id, format: "html".into() };
    assert!(bench.engine.export_run(report).await.unwrap().text.contains("</html>"));
}
