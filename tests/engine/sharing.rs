//! Projects that leave and come back: as one file, as a second project, from what was deleted.

use std::path::{Path, PathBuf};

use mlprompt_core::{
    ErrorCode,
    api::{
        CreateProject, DatasetId, DuplicateProject, ExampleFilter, ImportProject, ListCalls, ListExamples, NoRequest, ProjectId,
        RenameDataset, RunId, SaveConnection, SaveDraft, SplitDataset, StartRun,
    },
    connection::{Connection, ConnectionKind, ExtraHeader, KeyReference, Network},
    dataset::{Example, SplitPlan},
    engine::Engine,
    prompt::PromptDraft,
    run::{CallFilter, RunConfig, RunStatus},
};

use crate::{
    fake_server::{Act, FakeServer},
    fixtures::{Bench, KEY, Outcome, SIZES, config, eventful, model, over_http, prompt, settled},
    scripted_model::{ScriptedModel, Wish},
};

fn id(project: i64) -> ProjectId {
    ProjectId { project }
}

async fn taken_in(engine: &Engine, file: &Path) -> i64 {
    engine.import_project(ImportProject { path: file.display().to_string() }).await.expect("it is a project file").view.project.id
}

async fn examples(engine: &Engine, project: i64) -> Vec<(u32, Option<mlprompt_core::dataset::Split>, Vec<String>)> {
    let request = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 500 };
    let rows: Vec<Example> = engine.list_examples(request).await.unwrap().rows;
    rows.into_iter().map(|e| (e.number, e.split, e.variables)).collect()
}

/// The examples that the calls of a run were about, by their number; the newest first.
async fn asked_about(engine: &Engine, run: i64) -> Vec<Option<u32>> {
    let request = ListCalls { run, filter: CallFilter::default(), offset: 0, limit: 500 };
    engine.list_calls(request).await.unwrap().rows.iter().map(|call| call.example).collect()
}

fn file_in(bench: &Bench) -> PathBuf {
    bench.folder.path().join("bench.mlprompt")
}

async fn exported(bench: &Bench) -> PathBuf {
    let file = file_in(bench);
    bench.engine.export_project(id(bench.project), &file).await.expect("it is written");
    file
}

/// Names of the files in a folder that were begun and never finished.
fn unfinished(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|n| n.contains(".partial")).collect()
}

#[tokio::test]
async fn a_paused_run_goes_on_on_another_machine_as_if_nothing_had_happened() {
    let whole = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let uninterrupted = whole.run(config(5)).await.summary.id;
    let expected = Outcome::of(&whole.engine, uninterrupted).await;

    let model = ScriptedModel::new(eventful());
    let here = Bench::scripted(&model).await;
    model.wish_at(70, Wish::Pause, &here.engine);
    let run = here.run(config(5)).await;
    assert_eq!(run.summary.status, RunStatus::Paused);
    let asked_here = model.seen().len();
    let file = exported(&here).await;

    let elsewhere = ScriptedModel::new(eventful());
    let there = Bench::scripted(&elsewhere).await;
    // Other rows stand where these would have stood.
    there.run(config(1)).await;
    let before = elsewhere.seen().len();
    let project = taken_in(&there.engine, &file).await;
    assert_eq!(examples(&there.engine, project).await, examples(&here.engine, here.project).await);
    let paused = run.summary.id;
    let run = there.engine.list_runs(id(project)).await.unwrap()[0].id;
    assert_eq!(asked_about(&there.engine, run).await, asked_about(&here.engine, paused).await);
    there.engine.resume_run(RunId { run }).await.unwrap();
    settled(&there.engine, run).await;
    assert_eq!(Outcome::of(&there.engine, run).await, expected);
    let bought = elsewhere.seen().len() - before;
    let asked = |bench: &Bench, run: i64| {
        let engine = bench.engine.clone();
        async move { engine.get_run(RunId { run }).await.unwrap().summary.usage.calls }
    };
    assert_eq!(asked(&there, run).await, asked(&whole, uninterrupted).await, "no answer is bought twice");
    assert_eq!(asked_here + bought, usize::try_from(asked(&there, run).await).unwrap());
}

#[tokio::test]
async fn a_project_is_written_while_its_run_goes_on_and_the_file_is_whole() {
    let model = ScriptedModel::with_rule(eventful(), |number, _| match number {
        0..=40 => crate::scripted_model::Act::Answer,
        // Slow enough that the run goes on until the file is written, on a busy machine too.
        _ => crate::scripted_model::Act::After(std::time::Duration::from_millis(80)),
    });
    let bench = Bench::scripted(&model).await;
    let run = bench.start(config(5)).await;
    while model.seen().len() < 45 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let file = exported(&bench).await;
    let project = taken_in(&bench.engine, &file).await;
    let arrived = &bench.engine.list_runs(id(project)).await.unwrap()[0];
    assert_eq!(arrived.status, RunStatus::Interrupted, "nobody drives the one that arrived");
    settled(&bench.engine, run).await;
    bench.engine.resume_run(RunId { run: arrived.id }).await.unwrap();
    let resumed = settled(&bench.engine, arrived.id).await;
    assert_eq!(resumed.summary.status, RunStatus::Completed);
    let ours = Outcome::of(&bench.engine, run).await;
    assert_eq!(Outcome::of(&bench.engine, arrived.id).await.best, ours.best);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_file_shows_one_moment_whatever_is_written_meanwhile() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    bench.run(config(5)).await;
    // Two tables that are carried far apart always say the same.
    let (database, over) = (bench.database(), Arc::new(AtomicBool::new(false)));
    let ended = Arc::clone(&over);
    let c = rusqlite::Connection::open(database).unwrap();
    c.execute_batch("PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF").unwrap();
    c.execute_batch("UPDATE project SET name = '0'; UPDATE run SET stop_reason = '0'").unwrap();
    let writing = std::thread::spawn(move || {
        let mut moments = 0;
        while !ended.load(Ordering::SeqCst) {
            moments += 1;
            let both = format!("BEGIN IMMEDIATE; UPDATE project SET name = '{moments}'; UPDATE run SET stop_reason = '{moments}'; COMMIT");
            c.execute_batch(&both).unwrap();
        }
        moments
    });
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let file = exported(&bench).await;
        let c = rusqlite::Connection::open(&file).unwrap();
        let sql = "SELECT p.name, r.stop_reason FROM project p JOIN run r ON r.project_id = p.id";
        let (project, run): (String, String) = c.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(project, run, "two moments in one file");
        seen.insert(project);
        std::fs::remove_file(file).unwrap();
    }
    over.store(true, Ordering::SeqCst);
    let moments = writing.join().unwrap();
    assert!(seen.len() > 5 && moments > 40, "{} moments of {moments} were seen: too few to say anything", seen.len());
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_key_is_in_a_project_file_whatever_field_it_was_typed_into() {
    let server = FakeServer::start(eventful(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 2).await;
    let id_of = config.primary.connection;
    let saved = bench.engine.list_connections(NoRequest {}).await.unwrap().into_iter().find(|c| c.id == id_of).unwrap();
    let header = |name: &str, value: &str| ExtraHeader { name: name.into(), value: value.into() };
    let careless = Connection {
        name: format!("My server {KEY}"),
        default_model: KEY.into(),
        network: Network {
            headers: vec![
                header("X-Gateway-Key", KEY),
                header("X-Team", "header-canary-93c1"),
                header("X-Proxy-Auth", "Bearer other-canary-771d"),
            ],
            ..saved.network.clone()
        },
        ..saved
    };
    let careless = bench.engine.save_connection(SaveConnection { connection: careless, secret: None }).await.unwrap();
    // A second one, whose key was typed where the name of a variable belongs.
    let variable = Connection {
        id: 0,
        name: "by variable".into(),
        kind: ConnectionKind::Openai,
        base_url: "https://gateway.example.org/v1?api-key=query-canary-30aa".into(),
        key: KeyReference::Environment { variable: "skCANARY5512aa".into() },
        network: Network::default(),
        default_model: String::new(),
        ..careless.clone()
    };
    let refused = bench.engine.save_connection(SaveConnection { connection: variable.clone(), secret: None }).await.unwrap_err();
    assert!(refused.message.contains("end before its ?") && !refused.message.contains("query-canary"), "{}", refused.message);
    // Older databases hold one that was taken.
    let variable = bench.store().await.save_connection(variable).await.unwrap();
    bench.run(config.clone()).await;
    // The settings offered next name the second one; a run with it could not begin, its variable is not set.
    let next = RunConfig { optimizer: model("optimizer", variable.id), ..config };
    bench.store().await.save_run_defaults(bench.project, &next).await.unwrap();
    let file = exported(&bench).await;
    let bytes = std::fs::read(&file).unwrap();
    for canary in [KEY, "sk-canary-4f9", "header-canary", "other-canary", "query-canary", "skCANARY5512aa"] {
        assert!(!holds(&bytes, canary), "{canary} is in the file");
    }
    for there in ["X-Gateway-Key", "My server", "by variable", "gateway.example.org"] {
        assert!(holds(&bytes, there), "{there} is no key and travels");
    }

    // The connection that comes with it leads to the same place, so ours is taken, with its key.
    let before = bench.engine.list_connections(NoRequest {}).await.unwrap().len();
    let project = taken_in(&bench.engine, &file).await;
    assert_eq!(bench.engine.list_connections(NoRequest {}).await.unwrap().len(), before);
    let config = bench.engine.default_run_config(id(project)).await.unwrap();
    assert_eq!(config.primary.connection, careless.id);
}

#[tokio::test]
async fn a_key_in_a_prompt_is_named_and_nothing_is_written() {
    let server = FakeServer::start(eventful(), |_| Act::Answer).await;
    let (bench, _) = over_http(&server, SIZES, 1).await;
    let draft = PromptDraft { prompt: prompt(&format!("Use {KEY}.")), ..PromptDraft::default() };
    bench.engine.save_draft(SaveDraft { project: bench.project, draft }).await.unwrap();
    std::fs::write(file_in(&bench), "an earlier file").unwrap();
    let refused = bench.engine.export_project(id(bench.project), &file_in(&bench)).await.unwrap_err();
    assert!(refused.message.contains("stands in the draft") && !refused.message.contains(KEY), "{}", refused.message);
    assert_eq!(std::fs::read_to_string(file_in(&bench)).unwrap(), "an earlier file");
    assert_eq!(unfinished(bench.folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_of_ours_goes_nowhere_a_file_says() {
    let (ours, theirs) = (FakeServer::start(eventful(), |_| Act::Answer).await, FakeServer::start(eventful(), |_| Act::Answer).await);
    let (bench, config) = over_http(&ours, SIZES, 1).await;
    let run = bench.start(config).await;
    settled(&bench.engine, run).await;
    let file = exported(&bench).await;
    // Somebody bends the run's own copy of the connection, but not the connection.
    {
        let c = rusqlite::Connection::open(&file).unwrap();
        let place = theirs.connection(ConnectionKind::Openai, KeyReference::None).base_url;
        let changed = c.execute(
            "UPDATE run SET status = 'paused', stop_reason = NULL, connections = json_set(connections, '$[0].base_url', ?1)",
            [place],
        );
        assert_eq!(changed.unwrap(), 1);
        c.execute("DELETE FROM completion", []).unwrap();
        c.execute("DELETE FROM epoch", []).unwrap();
        c.execute("DELETE FROM prediction", []).unwrap();
    }
    let project = taken_in(&bench.engine, &file).await;
    let run = bench.engine.list_runs(id(project)).await.unwrap()[0].id;
    if bench.engine.resume_run(RunId { run }).await.is_ok() {
        settled(&bench.engine, run).await;
    }
    for seen in theirs.seen() {
        assert_eq!(seen.header("authorization"), None, "our key went to another place");
    }
}

/// A file that was bent after it was written.
async fn bent(name: &str, bend: impl FnOnce(&Path)) -> (Bench, String) {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    bench.run(config(1)).await;
    let file = exported(&bench).await;
    bend(&file);
    let tables = |bench: &Bench| {
        let c = rusqlite::Connection::open(bench.database()).unwrap();
        let count = |table: &str| c.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get::<_, i64>(0)).unwrap();
        ["project", "dataset", "example", "run", "completion", "connection"].map(count)
    };
    let before = tables(&bench);
    let refused = bench.engine.import_project(ImportProject { path: file.display().to_string() }).await;
    let refused = refused.err().unwrap_or_else(|| panic!("{name} is taken in"));
    assert_eq!(tables(&bench), before, "{name} changed something");
    assert_eq!(unfinished(bench.folder.path()), Vec::<String>::new(), "{name}");
    assert!(refused.message.contains("bench.mlprompt"), "{name}: {}", refused.message);
    (bench, refused.message)
}

fn sql(file: &Path, text: &str) {
    let c = rusqlite::Connection::open(file).unwrap();
    c.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    c.execute_batch(text).unwrap();
}

#[tokio::test]
async fn hostile_and_damaged_files_are_refused_in_words_and_change_nothing() {
    type Bend = fn(&Path);
    let cases: [(&str, Bend, &str); 12] = [
        ("another database", |f| sql(f, "PRAGMA application_id = 0"), "another database"),
        ("a newer file", |f| sql(f, "PRAGMA user_version = 900"), "newer MLprompt"),
        ("a trigger", |f| sql(f, "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END"), "the trigger t in it"),
        ("a view", |f| sql(f, "CREATE VIEW v AS SELECT * FROM run"), "the view v in it"),
        ("a further table", |f| sql(f, "CREATE TABLE extra (x)"), "the table extra in it"),
        ("a missing index", |f| sql(f, "DROP INDEX run_of_project"), "run_of_project is not in it"),
        ("two projects", |f| sql(f, "INSERT INTO project (name, created_at, updated_at, draft) VALUES ('b', 0, 0, '{}')"), "more than one"),
        ("no project", |f| sql(f, "DELETE FROM run; DELETE FROM dataset; DELETE FROM prompt_version; DELETE FROM project"), ""),
        ("settings that are none", |f| sql(f, "UPDATE run SET config = '[]'"), "damaged"),
        ("cells that are none", |f| sql(f, "UPDATE example SET others = '[1' WHERE number = 3"), "1 of its examples"),
        ("a reference to nothing", |f| sql(f, "UPDATE run SET best_version = 4711"), "names a row that is not there"),
        ("half a file", |f| std::fs::write(f, &std::fs::read(f).unwrap()[..9000]).unwrap(), "damaged"),
    ];
    for (name, bend, words) in cases {
        let (_bench, said) = bent(name, bend).await;
        assert!(said.contains(words), "{name}: {said}");
    }
    let (_bench, said) = bent("a letter", |f| std::fs::write(f, "Dear reader").unwrap()).await;
    assert!(said.contains("no MLprompt project"), "{said}");
    let (_bench, said) = bent("pages of noise", |f| {
        let mut bytes = std::fs::read(f).unwrap();
        let end = bytes.len();
        bytes[8192..end].fill(0xAB);
        std::fs::write(f, bytes).unwrap();
    })
    .await;
    assert!(said.contains("damaged"), "{said}");
    let (_bench, said) = bent("nothing", |f| std::fs::write(f, "").unwrap()).await;
    assert!(said.contains("empty"), "{said}");
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number_and_every_import_is_a_project_of_its_own() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let file = exported(&bench).await;
    let (second, third) = (taken_in(&bench.engine, &file).await, taken_in(&bench.engine, &file).await);
    let mut names: Vec<String> = bench.engine.list_projects(NoRequest {}).await.unwrap().into_iter().map(|p| p.name).collect();
    names.sort();
    assert_eq!(names, ["bench", "bench (2)", "bench (3)"]);
    bench.engine.delete_project(id(second)).await.unwrap();
    bench.engine.empty_deleted(NoRequest {}).await.unwrap();
    assert_eq!(examples(&bench.engine, third).await.len(), 30, "nothing of the third went with the second");
    assert!(bench.engine.check_database(NoRequest {}).await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn a_duplicate_is_a_project_of_its_own_down_to_its_answers() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let run = bench.run(config(5)).await.summary.id;
    let copy = |data_only, name: &str| {
        let request = DuplicateProject { project: bench.project, name: name.into(), data_only };
        let engine = bench.engine.clone();
        async move { engine.duplicate_project(request).await.unwrap() }
    };
    let whole = copy(false, "").await;
    assert_eq!((whole.project.name.as_str(), whole.runs.len()), ("bench (2)", 1));
    assert_eq!(Outcome::of(&bench.engine, whole.runs[0].id).await, Outcome::of(&bench.engine, run).await);
    let data = copy(true, "Data alone").await;
    assert_eq!((data.project.name.as_str(), data.runs.len(), data.version), ("Data alone", 0, 0));
    let own = examples(&bench.engine, bench.project).await;
    for project in [whole.project.id, data.project.id] {
        assert_eq!(examples(&bench.engine, project).await, own);
    }
    // The first one goes; the second shows everything and starts a run on its own answers.
    bench.engine.delete_project(id(bench.project)).await.unwrap();
    bench.engine.empty_deleted(NoRequest {}).await.unwrap();
    let asked = model.seen().len();
    let again = bench.engine.start_run(StartRun { project: whole.project.id, config: config(5) }).await.unwrap().id;
    settled(&bench.engine, again).await;
    assert_eq!(model.seen().len(), asked, "answers that the duplicate brought cost nothing");
}

#[tokio::test]
async fn a_deleted_project_comes_back_after_other_work_and_is_gone_once_emptied() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(2)).await.summary.id;
    let before = Outcome::of(&bench.engine, run).await;
    let engine = &bench.engine;
    engine.delete_project(id(bench.project)).await.unwrap();
    assert!(engine.list_projects(NoRequest {}).await.unwrap().is_empty() && engine.all_runs().await.unwrap().is_empty());
    for refused in [
        engine.open_project(id(bench.project)).await.map(|_| ()),
        engine.start_run(StartRun { project: bench.project, config: config(1) }).await.map(|_| ()),
        engine.resume_run(RunId { run }).await.map(|_| ()),
    ] {
        assert!(refused.is_err(), "nothing is done with a deleted project");
    }
    // Other work, under the same name.
    bench.import("bench", &crate::fixtures::csv(SIZES)).await;
    engine.create_project(CreateProject { name: "Other".into() }).await.unwrap();
    let away = engine.list_put_away(NoRequest {}).await.unwrap().projects;
    assert_eq!((away.len(), away[0].id, away[0].deleted_at.is_some()), (1, bench.project, true));
    engine.restore_project(id(bench.project)).await.unwrap();
    assert_eq!(Outcome::of(engine, run).await, before);
    assert_eq!(engine.open_project(id(bench.project)).await.unwrap().runs.len(), 1);

    engine.delete_project(id(bench.project)).await.unwrap();
    assert_eq!(engine.empty_deleted(NoRequest {}).await.unwrap().removed, 1);
    assert!(engine.restore_project(id(bench.project)).await.is_err());
    assert_eq!(engine.list_projects(NoRequest {}).await.unwrap().len(), 2);
    assert!(engine.check_database(NoRequest {}).await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn a_deleted_run_comes_back_with_all_it_had_and_is_gone_once_emptied() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(2)).await.summary.id;
    let engine = &bench.engine;
    let before = Outcome::of(engine, run).await;
    let runs = async |project: i64| engine.open_project(id(project)).await.unwrap().runs.len();
    let delete = async || engine.delete_run(RunId { run }).await.unwrap();
    delete().await;
    assert_eq!((runs(bench.project).await, engine.list_projects(NoRequest {}).await.unwrap()[0].runs), (0, 0));
    assert!(engine.all_runs().await.unwrap().is_empty());
    for refused in [
        engine.get_run(RunId { run }).await.map(|_| ()),
        engine.retry_missing(RunId { run }).await.map(|_| ()),
        engine.delete_run(RunId { run }).await.map(|_| ()),
    ] {
        assert_eq!(refused.unwrap_err().code, ErrorCode::NotFound);
    }
    let versions = engine.list_prompt_versions(id(bench.project)).await.unwrap();
    assert!(versions.iter().all(|version| version.run.is_none()), "what it left leads to no run that is not there");
    let copy = DuplicateProject { project: bench.project, name: "Copy".into(), data_only: false };
    let copied = engine.duplicate_project(copy).await.unwrap().project.id;
    assert_eq!(runs(copied).await, 0, "what is deleted stays behind");

    let away = engine.list_put_away(NoRequest {}).await.unwrap().runs;
    assert_eq!((away.len(), away[0].id, away[0].project), (1, run, bench.project));
    engine.restore_run(RunId { run }).await.unwrap();
    assert_eq!((runs(bench.project).await, Outcome::of(engine, run).await), (1, before));

    delete().await;
    assert_eq!(engine.empty_deleted(NoRequest {}).await.unwrap().removed, 1);
    assert_eq!(engine.restore_run(RunId { run }).await.unwrap_err().code, ErrorCode::NotFound);
    assert!(engine.check_database(NoRequest {}).await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn a_project_with_a_running_run_is_neither_deleted_nor_archived() {
    let model = ScriptedModel::with_rule(eventful(), |_, _| crate::scripted_model::Act::After(std::time::Duration::from_millis(5)));
    let bench = Bench::scripted(&model).await;
    let run = bench.start(config(3)).await;
    let other = bench.another_engine().await;
    for engine in [&bench.engine, &other] {
        for refused in [
            engine.delete_project(id(bench.project)).await.map(|_| ()),
            engine.archive_project(id(bench.project)).await.map(|_| ()),
            engine.delete_dataset(id(bench.project)).await.map(|_| ()),
        ] {
            assert_eq!(refused.unwrap_err().code, ErrorCode::RunHeld);
        }
    }
    bench.engine.stop_run(RunId { run }).await.unwrap();
    settled(&bench.engine, run).await;
    bench.engine.archive_project(id(bench.project)).await.unwrap();
    assert!(bench.engine.list_projects(NoRequest {}).await.unwrap().is_empty());
    assert_eq!(bench.engine.open_project(id(bench.project)).await.unwrap().runs.len(), 1, "an archived project can be opened");
}

#[tokio::test]
async fn a_dataset_is_renamed_deleted_and_brought_back_and_runs_keep_their_examples() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(1)).await.summary.id;
    let engine = &bench.engine;
    let plan = SplitPlan::Ratio { train: 34, validation: 33, test: 33, seed: 3 };
    engine.split_dataset(SplitDataset { project: bench.project, plan }).await.unwrap();
    let renamed = engine.rename_dataset(RenameDataset { project: bench.project, name: " Tickets ".into() }).await.unwrap();
    let earlier = engine.undo_edit(id(bench.project)).await.unwrap();
    assert_eq!((earlier.version, earlier.name.as_str()), (1, "Tickets"), "an earlier version does not bring an old name back");
    assert_eq!(renamed.name, "Tickets");
    assert_eq!(engine.run(run).await.unwrap().dataset, "bench.csv", "a finished run keeps the name it knew");
    let rows = examples(engine, bench.project).await;
    let away = engine.delete_dataset(id(bench.project)).await.unwrap();
    assert!(engine.open_project(id(bench.project)).await.unwrap().dataset.is_none());
    assert!(engine.start_run(StartRun { project: bench.project, config: config(1) }).await.is_err());
    assert_eq!(engine.list_put_away(NoRequest {}).await.unwrap().datasets, std::slice::from_ref(&away));
    engine.restore_dataset(DatasetId { dataset: away.id }).await.unwrap();
    assert_eq!(examples(engine, bench.project).await, rows);
    engine.delete_dataset(id(bench.project)).await.unwrap();
    engine.empty_deleted(NoRequest {}).await.unwrap();
    let detail = engine.get_epoch(mlprompt_core::api::GetEpoch { run, epoch: 1 }).await.unwrap();
    assert_eq!(detail.buckets.fixed + detail.buckets.still_right + detail.buckets.still_wrong + detail.buckets.broken, 10);
}
