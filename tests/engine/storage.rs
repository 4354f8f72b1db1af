//! The database fails while a run goes on: the run waits with the reason, what is on disk stays, and it goes on to the same end.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    sync::Arc,
    time::Duration,
};

use mlprompt_core::{
    api::{NoRequest, RunId},
    engine::Engine,
    run::{Budget, RunConfig, RunEvent, RunStatus},
    store::Store,
};

use crate::{
    fixtures::{Bench, Outcome, config, eventful, settled},
    scripted_model::{Act, ScriptedModel, Wish},
};

/// A model slow enough for something to happen while a run goes on.
fn slow() -> Arc<ScriptedModel> {
    ScriptedModel::with_rule(eventful(), |_, _| Act::After(Duration::from_millis(3)))
}

async fn undisturbed() -> Outcome {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(5)).await.summary.id;
    Outcome::of(&bench.engine, run).await
}

async fn start(bench: &Bench, engine: &Engine) -> i64 {
    let request = mlprompt_core::api::StartRun { project: bench.project, config: config(5) };
    engine.start_run(request).await.unwrap().id
}

/// The run waits with these words, and whoever watches it is told.
async fn waits(engine: &Engine, run: i64, words: &str) {
    let summary = settled(engine, run).await.summary;
    let reason = summary.stop_reason.unwrap_or_default();
    assert_eq!(summary.status, RunStatus::Paused, "{reason}");
    assert!(reason.contains(words) && reason.contains("Nothing on disk is lost"), "{reason}");
    let mut watch = engine.watch(run, 0);
    let mut last = None;
    while let Some(event) = watch.next().await.unwrap() {
        last = Some(event.event);
    }
    assert!(matches!(&last, Some(RunEvent::Paused { reason, .. }) if reason.contains(words)), "{last:?}");
}

async fn goes_on_to_the_same_end(bench: &Bench, engine: &Engine, run: i64) {
    engine.resume_run(RunId { run }).await.unwrap();
    settled(engine, run).await;
    assert_eq!(Outcome::of(engine, run).await, undisturbed().await);
    assert_eq!(bench.engine.check_database(NoRequest {}).await.unwrap().problems, [""; 0]);
}

#[tokio::test]
async fn a_full_disk_lets_the_run_wait() {
    let model = slow();
    let bench = Bench::scripted(&model).await;
    let store = bench.store().await;
    let engine = bench.engine_over(store.clone()).await;
    let run = start(&bench, &engine).await;
    let pages = async |more: i64| {
        let set = move |c: &rusqlite::Connection| {
            let used: i64 = c.query_row("PRAGMA page_count", [], |r| r.get(0))?;
            Ok(c.pragma_update(None, "max_page_count", used + more)?)
        };
        store.write(set).await.unwrap();
    };
    pages(1).await;
    waits(&engine, run, "The disk is full: free some space").await;
    let asked = model.calls();
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(model.calls(), asked, "nothing is bought that cannot be kept");
    pages(1_000_000).await;
    goes_on_to_the_same_end(&bench, &engine, run).await;
    // Only what was on its way when the disk was full had to be asked again.
    assert!(model.most_answers_to_one_request() <= 2);
}

#[tokio::test]
async fn a_locked_database_lets_the_run_wait_and_can_still_be_read() {
    let bench = Bench::scripted(&slow()).await;
    let store = bench.store().await;
    store.write(|c| Ok(c.busy_timeout(Duration::from_millis(20))?)).await.unwrap();
    let engine = bench.engine_over(store).await;
    let run = start(&bench, &engine).await;
    let other = rusqlite::Connection::open(bench.database()).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    waits(&engine, run, "Another program holds it").await;
    other.execute_batch("ROLLBACK").unwrap();
    goes_on_to_the_same_end(&bench, &engine, run).await;
}

#[tokio::test]
async fn a_database_that_can_only_be_read_lets_the_run_wait() {
    let bench = Bench::scripted(&slow()).await;
    let store = bench.store().await;
    let engine = bench.engine_over(store.clone()).await;
    let run = start(&bench, &engine).await;
    store.write(|c| Ok(c.pragma_update(None, "query_only", true)?)).await.unwrap();
    waits(&engine, run, "cannot be written: check its permissions").await;
    goes_on_to_the_same_end(&bench, &bench.another_engine().await, run).await;
}

/// The place of a table's first page in the file, with what stands there.
fn first_page(bench: &Bench, table: &str) -> (u64, Vec<u8>) {
    let c = rusqlite::Connection::open(bench.database()).unwrap();
    c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let size: u64 = c.query_row("PRAGMA page_size", [], |r| r.get(0)).unwrap();
    let root: u64 = c.query_row("SELECT rootpage FROM sqlite_master WHERE name = ?1", [table], |r| r.get(0)).unwrap();
    let mut file = std::fs::File::open(bench.database()).unwrap();
    file.seek(SeekFrom::Start((root - 1) * size)).unwrap();
    let mut page = vec![0; size as usize];
    file.read_exact(&mut page).unwrap();
    ((root - 1) * size, page)
}

fn put(bench: &Bench, at: u64, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().write(true).open(bench.database()).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[tokio::test]
async fn a_damaged_table_is_found_and_lets_the_run_wait() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(40, Wish::Pause, &bench.engine);
    let run = bench.start(config(5)).await;
    settled(&bench.engine, run).await;
    let (at, page) = first_page(&bench, "prediction");
    put(&bench, at, &vec![0xAB; page.len()]);

    let engine = bench.another_engine().await;
    let found = engine.check_database(NoRequest {}).await.unwrap();
    assert!(!found.problems.is_empty() && found.problems.len() <= 20, "{found:?}");
    engine.resume_run(RunId { run }).await.unwrap();
    waits(&engine, run, "The file is damaged").await;

    put(&bench, at, &page);
    let mended = bench.another_engine().await;
    goes_on_to_the_same_end(&bench, &mended, run).await;
    assert_eq!(model.most_answers_to_one_request(), 1);
}

#[tokio::test]
async fn a_copy_made_while_a_run_goes_on_is_whole_and_resumes() {
    let model = slow();
    let bench = Bench::scripted(&model).await;
    let run = bench.start(config(5)).await;
    while model.calls() < 30 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let copy = bench.folder.path().join("copy.db");
    std::fs::write(&copy, "an older copy").unwrap();
    bench.engine.save_copy(&copy).await.unwrap();
    settled(&bench.engine, run).await;

    let copied = bench.engine_over(Store::open(&copy).await.unwrap()).await;
    assert_eq!(copied.check_database(NoRequest {}).await.unwrap().problems, [""; 0]);
    let refused = bench.engine.save_copy(&bench.database()).await.unwrap_err();
    assert!(refused.message.contains("the database itself"), "{}", refused.message);
    let nowhere = bench.engine.save_copy(&bench.folder.path().join("no folder").join("copy.db")).await.unwrap_err();
    assert!(nowhere.message.contains("choose another place"), "{}", nowhere.message);
    assert_eq!(copied.run(run).await.unwrap().status, RunStatus::Interrupted, "in the copy nobody drives it");
    copied.resume_run(RunId { run }).await.unwrap();
    settled(&copied, run).await;
    assert_eq!(Outcome::of(&copied, run).await, undisturbed().await);
}

#[tokio::test]
async fn a_call_whose_end_cannot_be_written_down_keeps_nobody_waiting_for_room() {
    let model = ScriptedModel::with_rule(eventful(), |_, _| Act::After(Duration::from_millis(50)));
    let bench = Bench::scripted(&model).await;
    let database = rusqlite::Connection::open(bench.database()).unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE ON call BEGIN SELECT RAISE(ABORT, 'disk is full'); END";
    database.execute_batch(full).unwrap();
    // One call is all that is allowed: the second question waits for what becomes of the first.
    let budget = Budget { max_calls: Some(1), ..Budget::default() };
    let run = bench.start(RunConfig { budget, concurrency: 2, ..config(1) }).await;
    let view = tokio::time::timeout(Duration::from_secs(30), settled(&bench.engine, run)).await.expect("nobody waits for ever");
    assert_eq!(view.summary.status, RunStatus::Paused);
    let reason = view.summary.stop_reason.unwrap();
    assert!(reason.contains("disk is full") && reason.contains("resume"), "{reason}");
    assert_eq!(model.calls(), 1);
}
