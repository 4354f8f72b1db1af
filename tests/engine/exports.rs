//! Examples as files of other programs: whole or not there, and no cell changed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use mlprompt_core::{
    api::{ExampleFilter, ExportDataset, ExportState, ListExamples, NoRequest, ProjectId},
    dataset::{ColumnRoles, SplitFilter},
    engine::ImportFiles,
    export::ExportFormat,
    run::RunConfig,
    store::{AskedRun, StoredRow},
};
use serde_json::Value;

use crate::{
    fixtures::{Bench, config, export_of, settled},
    world,
};

async fn written(bench: &Bench, request: ExportDataset, target: &Path) -> String {
    let (_, state) = bench.export(request, target).await;
    assert!(matches!(state, ExportState::Done { .. }), "{state:?}");
    std::fs::read_to_string(target).unwrap()
}

/// Cells that careless programs change.
const AWKWARD: [&str; 15] = [
    "  leading and trailing\t",
    "007",
    "1e5",
    "TRUE",
    "null",
    "=1+1",
    "\"quoted\", with ; and , and |",
    "two\r\nlines",
    "old\rMac",
    "\u{1b}[31mred",
    "שלום, 你好, e\u{301}, 😀\u{200d}🔥",
    "\u{feff}mark",
    "'apostrophe",
    "\\backslash \\n",
    "_x000D_ and _x0041_",
];

async fn awkward_project(bench: &Bench) -> i64 {
    project_of(bench, "awkward", &AWKWARD).await
}

async fn project_of(bench: &Bench, name: &str, texts: &[&str]) -> i64 {
    let file = bench.folder.path().join(format!("{name}.csv"));
    let mut out = csv::Writer::from_path(&file).unwrap();
    out.write_record(["text", "label", "note, too"]).unwrap();
    for (number, cell) in texts.iter().enumerate() {
        out.write_record([format!("{number} {cell}").as_str(), texts[(number + 3) % texts.len()], cell]).unwrap();
    }
    out.flush().unwrap();
    import(bench, name, file).await
}

async fn import(bench: &Bench, project: &str, file: PathBuf) -> i64 {
    let roles = ColumnRoles { input: Some("text".into()), truth: Some("label".into()), ..ColumnRoles::default() };
    let request = ImportFiles { project: project.into(), files: vec![file], roles, ..ImportFiles::default() };
    bench.engine.import_files(request).await.unwrap().project.id
}

async fn cells(bench: &Bench, project: i64) -> Vec<Vec<String>> {
    let all = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 500 };
    bench.engine.list_examples(all).await.unwrap().rows.into_iter().map(|e| e.variables).collect()
}

#[tokio::test]
async fn files_of_ours_bring_every_cell_back_byte_for_byte() {
    let bench = Bench::eventful().await.0;
    let project = awkward_project(&bench).await;
    let own = cells(&bench, project).await;
    assert_eq!(own.iter().map(|row| row[2].as_str()).collect::<Vec<_>>(), AWKWARD, "the import itself changed nothing");
    for format in ExportFormat::ALL {
        let file = bench.folder.path().join(format!("back.{}", format.extension()));
        let (_, state) = bench.export(export_of(project, format), &file).await;
        if format == ExportFormat::Xlsx {
            let ExportState::Failed { error } = state else { panic!("{state:?}") };
            assert!(error.message.contains("U+001B"), "a cell of Excel holds no escape character: {}", error.message);
            let texts: Vec<&str> = AWKWARD.into_iter().filter(|text| !text.contains('\u{1b}')).collect();
            let project = project_of(&bench, "for Excel", &texts).await;
            let (_, state) = bench.export(export_of(project, format), &file).await;
            assert!(matches!(state, ExportState::Done { .. }), "{state:?}");
            let again = import(&bench, "from Excel", file).await;
            let back: Vec<String> = cells(&bench, again).await.into_iter().map(|mut row| row.swap_remove(2)).collect();
            assert_eq!(back, texts, "{format:?}");
            continue;
        }
        assert!(matches!(state, ExportState::Done { .. }), "{format:?}: {state:?}");
        let again = import(&bench, &format!("{format:?}"), file).await;
        let back: Vec<Vec<String>> = cells(&bench, again).await.into_iter().map(|row| row[..3].to_vec()).collect();
        assert_eq!(back, own, "{format:?}");
    }
}

#[tokio::test]
async fn json_lines_hold_every_cell_split_and_identity() {
    let bench = Bench::eventful().await.0;
    let project = awkward_project(&bench).await;
    let (own, file) = (cells(&bench, project).await, bench.folder.path().join("a.jsonl"));
    let text = written(&bench, export_of(project, ExportFormat::JsonLines), &file).await;
    let rows: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let back: Vec<Vec<String>> =
        rows.iter().map(|r| ["text", "label", "note, too"].map(|c| r[c].as_str().unwrap().to_owned()).to_vec()).collect();
    assert_eq!(back, own);
    let ids: std::collections::HashSet<&str> = rows.iter().map(|r| r["mlprompt_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), rows.len(), "every example has an identity of its own");
    assert!(rows.iter().all(|r| ["train", "validation"].contains(&r["split"].as_str().unwrap())));
}

#[tokio::test]
async fn only_what_the_filter_leaves_is_written() {
    let bench = Bench::eventful().await.0;
    let file = bench.folder.path().join("a.jsonl");
    let filter = ExampleFilter { split: Some(SplitFilter::Validation), search: "ROW 1003".into(), ..ExampleFilter::default() };
    let text = written(&bench, ExportDataset { filter, ..export_of(bench.project, ExportFormat::JsonLines) }, &file).await;
    let rows: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["user_input"], world::input(1003).as_str());
    assert_eq!(rows[0]["mlprompt_split"], "validation", "the data has a column named split already");
}

#[tokio::test]
async fn answers_of_chosen_runs_stand_beside_their_examples_and_missing_ones_stay_empty() {
    let bench = Bench::eventful().await.0;
    let config = RunConfig { validation_rows: 4, ..config(5) };
    let run = bench.run(config).await.summary;
    let file = bench.folder.path().join("a.jsonl");
    let text = written(&bench, ExportDataset { runs: vec![run.id], ..export_of(bench.project, ExportFormat::JsonLines) }, &file).await;
    let rows: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let answered: Vec<&Value> = rows.iter().filter(|r| r["split"] == "validation" && r["run 1 outcome"] != "").collect();
    assert_eq!(answered.len(), 4, "a run of four validation examples has four answers");
    for row in &answered {
        let number = world::row_of(row["user_input"].as_str().unwrap()).unwrap();
        let right = row["run 1 answer"] == world::truth(number).as_str();
        assert_eq!(row["run 1 outcome"], if right { "match" } else { "no match" });
        assert_eq!(row["run 1 score"], if right { "1" } else { "0" });
    }
    let mean = answered.iter().filter(|r| r["run 1 outcome"] == "match").count() as f64 / 4.0;
    assert_eq!(mean, run.best.validation.unwrap().score, "these are the answers that the score is made of");
}

#[tokio::test]
async fn a_run_of_another_project_and_filters_that_are_not_known_are_refused() {
    let bench = Bench::eventful().await.0;
    let run = bench.run(config(1)).await.summary.id;
    let other = awkward_project(&bench).await;
    let target = bench.folder.path().join("a.csv");
    let refused = bench.engine.start_export(ExportDataset { runs: vec![run], ..export_of(other, ExportFormat::Csv) }, &target).await;
    assert!(refused.unwrap_err().message.contains("another project"));
    let own = bench.engine.start_export(export_of(other, ExportFormat::Csv), &bench.database()).await.unwrap_err();
    assert!(own.message.contains("database itself"), "{}", own.message);
    let folder = bench.engine.start_export(export_of(other, ExportFormat::Csv), bench.folder.path()).await;
    let job = folder.unwrap();
    let failed = loop {
        match bench.engine.export_progress(job.clone()).await.unwrap().state {
            ExportState::Running => tokio::task::yield_now().await,
            ExportState::Failed { error } => break error,
            other => panic!("{other:?}"),
        }
    };
    assert!(failed.message.contains("is a folder"), "{}", failed.message);
    assert!(!target.exists());
}

#[tokio::test]
async fn what_cannot_be_written_leaves_the_earlier_file_as_it_is() {
    let bench = Bench::eventful().await.0;
    let file = bench.folder.path().join("long.csv");
    std::fs::write(&file, format!("text,label\n{},a\nshort,b\nesc\u{1b},c\n", "x".repeat(40_000))).unwrap();
    let project = import(&bench, "long", file).await;
    let target = bench.folder.path().join("earlier.xlsx");
    std::fs::write(&target, "an earlier file").unwrap();
    let (_, state) = bench.export(export_of(project, ExportFormat::Xlsx), &target).await;
    let ExportState::Failed { error } = state else { panic!("{state:?}") };
    for part in ["Example 1, column `text`: has 40000 characters", "Example 3, column `text`: holds the control character U+001B"] {
        assert!(error.message.contains(part), "{}", error.message);
    }
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "an earlier file");
    let left: Vec<String> = std::fs::read_dir(bench.folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| n.contains("partial") || n.starts_with("rust_xlsx"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn an_export_can_be_cancelled_and_leaves_nothing() {
    let bench = Bench::eventful().await.0;
    let file = bench.folder.path().join("many.csv");
    let rows: String = (0..60_000).map(|i| format!("text number {i},label {}\n", i % 7)).collect();
    std::fs::write(&file, format!("text,label\n{rows}")).unwrap();
    let project = import(&bench, "many", file).await;
    let target = bench.folder.path().join("out.csv");
    let job = bench.engine.start_export(export_of(project, ExportFormat::Csv), &target).await.unwrap();
    bench.engine.cancel_export(job.clone()).await.unwrap();
    let state = loop {
        match bench.engine.export_progress(job.clone()).await.unwrap().state {
            ExportState::Running => tokio::time::sleep(std::time::Duration::from_millis(1)).await,
            state => break state,
        }
    };
    assert_eq!(state, ExportState::Cancelled);
    assert!(!target.exists());
    assert!(bench.engine.list_projects(NoRequest {}).await.unwrap().iter().any(|p| p.id == project));
}

#[tokio::test]
async fn an_export_shows_one_moment_while_a_run_and_a_new_import_go_on() {
    let bench = Bench::eventful().await.0;
    let run = bench.start(config(5)).await;
    let target = bench.folder.path().join("out.jsonl");
    let text = written(&bench, ExportDataset { runs: vec![run], ..export_of(bench.project, ExportFormat::JsonLines) }, &target).await;
    assert_eq!(text.lines().count(), 30);
    settled(&bench.engine, run).await;
    assert_eq!(bench.engine.list_runs(ProjectId { project: bench.project }).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_an_export_goes_on_is_not_in_it() {
    let bench = Bench::eventful().await.0;
    let run = bench.run(config(1)).await.summary;
    let store = bench.store().await;
    let version = store.dataset(bench.project).await.unwrap().unwrap().id;
    let (ids, row) = (store.all_example_ids(version).await.unwrap(), store.run_row(run.id).await.unwrap());
    let asked = vec![AskedRun { run: run.id, version: row.best_version, config: row.config }];
    let (database, scores) = (bench.database(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&scores);
    let visit = move |row: StoredRow| {
        let mut seen = seen.lock().unwrap();
        if seen.is_empty() {
            rusqlite::Connection::open(&database).unwrap().execute("UPDATE prediction SET score = 0.123", []).unwrap();
        }
        seen.push(row.answers[0].as_ref().and_then(|answer| answer.score));
        Ok(())
    };
    store.stream_examples(bench.project, version, ids, asked, visit).await.unwrap();
    let scores = scores.lock().unwrap();
    assert!(scores.iter().flatten().count() > 10, "{scores:?}");
    assert!(scores.iter().flatten().all(|score| *score != 0.123), "as it stood when the export began: {scores:?}");
}
