//! Imports as jobs: to the end, cancelled, failed; and the cell that reaches the model.

use std::sync::Arc;

use mlprompt_core::{
    ErrorCode,
    api::{
        EditExamples, ExportState, ImportDataset, ImportJob, ImportProgress, ImportState, ListExamples, NoRequest, PreviewImport,
        ProjectId, RecogniseFile, SaveConnection, TryPrompt,
    },
    clock::SystemClock,
    connection::Connection,
    dataset::{ColumnRoles, Example, ExampleEdit, ExampleFilter, ExampleSelection, PromptOrigin, ReadOptions, SplitPlan},
    engine::{Engine, ImportFiles, RealModels},
    export::ExportFormat,
    metric::{MetricKind, MetricSpec},
    prompt::Prompt,
    run::ModelConfig,
};
use proptest::prelude::*;

use crate::fixtures::{Bench, SIZES, export_of};

async fn bench() -> Bench {
    Bench::new(Arc::new(RealModels::new(SystemClock::shared()).unwrap()), SIZES).await
}

fn roles() -> ColumnRoles {
    ColumnRoles { input: Some("text".into()), truth: Some("label".into()), ..ColumnRoles::default() }
}

fn halves() -> SplitPlan {
    SplitPlan::Ratio { train: 50, validation: 50, test: 0, seed: 0 }
}

fn of_file(bench: &Bench, name: &str, bytes: &[u8], project: Option<i64>) -> ImportDataset {
    let path = bench.folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let paths = vec![path.display().to_string()];
    ImportDataset { project, paths, pasted: None, options: ReadOptions::default(), roles: roles(), plan: halves() }
}

/// The progress from the first on for which something is true.
async fn until(engine: &Engine, job: &ImportJob, mut happened: impl FnMut(&ImportProgress) -> bool) -> ImportProgress {
    loop {
        let progress = engine.import_progress(job.clone()).await.unwrap();
        if happened(&progress) || progress.state != ImportState::Running {
            return progress;
        }
        tokio::task::yield_now().await;
    }
}

async fn ended(engine: &Engine, job: &ImportJob) -> ImportProgress {
    until(engine, job, |progress| progress.state != ImportState::Running).await
}

async fn rows(engine: &Engine, project: i64) -> Vec<Example> {
    let request = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 500 };
    engine.list_examples(request).await.unwrap().rows
}

/// A file too long to be read before anyone asks.
fn long() -> Vec<u8> {
    let mut text = String::from("text,label\n");
    for row in 0..400_000 {
        text.push_str(&format!("some text of row {row} that is a little longer,label {}\n", row % 7));
    }
    text.into_bytes()
}

#[tokio::test]
async fn a_job_goes_on_by_itself_and_says_how_far_it_is() {
    let bench = bench().await;
    let bytes = long();
    let size = bytes.len() as u64;
    let job = bench.engine.start_import(of_file(&bench, "long.csv", &bytes, None)).await.unwrap();
    let mut seen = Vec::new();
    let last = until(&bench.engine, &job, |progress| {
        seen.push((progress.bytes_done, progress.rows));
        false
    })
    .await;
    let ImportState::Done { project } = last.state else { panic!("{last:?}") };
    assert_eq!((last.bytes_done, last.bytes_total, last.rows), (size, size, 400_000));
    assert!(seen.is_sorted(), "progress never goes back");
    assert!(seen.iter().any(|(done, _)| *done > 0 && *done < size), "something is seen on the way");
    let view = bench.engine.open_project(ProjectId { project }).await.unwrap();
    assert_eq!((view.project.name.as_str(), view.dataset.unwrap().rows), ("long", 400_000));
    let unknown = bench.engine.import_progress(ImportJob { job: 99 }).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn cancelling_leaves_nothing_behind_and_the_project_as_it_was() {
    let bench = bench().await;
    let before = (bench.engine.list_projects(NoRequest {}).await.unwrap().len(), rows(&bench.engine, bench.project).await);
    let bytes = long();
    for project in [None, Some(bench.project)] {
        let job = bench.engine.start_import(of_file(&bench, "long.csv", &bytes, project)).await.unwrap();
        let going = until(&bench.engine, &job, |progress| progress.rows > 10_000).await;
        assert_eq!(going.state, ImportState::Running, "cancelled half way");
        bench.engine.cancel_import(job.clone()).await.unwrap();
        assert_eq!(ended(&bench.engine, &job).await.state, ImportState::Cancelled);
        assert!(bench.store().await.incomplete_datasets().await.unwrap().is_empty());
        let after = (bench.engine.list_projects(NoRequest {}).await.unwrap().len(), rows(&bench.engine, bench.project).await);
        assert_eq!(after, before);
    }
    // To the end this time; cancelling what has ended changes nothing.
    let job = bench.engine.start_import(of_file(&bench, "long.csv", &bytes, Some(bench.project))).await.unwrap();
    assert_eq!(ended(&bench.engine, &job).await.state, ImportState::Done { project: bench.project });
    bench.engine.cancel_import(job.clone()).await.unwrap();
    assert_eq!(ended(&bench.engine, &job).await.state, ImportState::Done { project: bench.project });
}

#[tokio::test]
async fn a_file_that_cannot_be_read_fails_the_job_with_its_sentence() {
    let bench = bench().await;
    let before = rows(&bench.engine, bench.project).await;
    for (name, bytes, words) in [
        ("page.csv", &b"<!DOCTYPE html><html>"[..], "page.csv is a web page"),
        (
            "empty.jsonl",
            &b"{\"text\": \"\", \"label\": \"\"}\n"[..],
            "No row can be used. The first, line 1 of empty.jsonl: The input (`text`) is empty.",
        ),
        ("other.csv", &b"a,b\n1,2\n"[..], "other.csv has no column `text`"),
    ] {
        let job = bench.engine.start_import(of_file(&bench, name, bytes, Some(bench.project))).await.unwrap();
        let ImportState::Failed { error } = ended(&bench.engine, &job).await.state else { panic!("{name} was imported") };
        assert!(error.message.contains(words), "{}", error.message);
        assert_eq!(rows(&bench.engine, bench.project).await, before);
    }
}

#[tokio::test]
async fn one_broken_line_in_a_million_is_set_aside_by_name() {
    let bench = bench().await;
    let mut text = String::new();
    for row in 0..1_000_000 {
        text.push_str(&if row == 777_776 {
            "{\"text\": \"broken\n".to_owned()
        } else {
            format!("{{\"text\": \"t{row}\", \"label\": \"l\"}}\n")
        });
    }
    let job = bench.engine.start_import(of_file(&bench, "many.jsonl", text.as_bytes(), None)).await.unwrap();
    let ImportState::Done { project } = ended(&bench.engine, &job).await.state else { panic!() };
    let dataset = bench.engine.open_project(ProjectId { project }).await.unwrap().dataset.unwrap();
    assert_eq!((dataset.rows, dataset.source.as_str(), dataset.report.set_aside_count), (999_999, "JSON Lines", 1));
    let aside = &dataset.report.set_aside[0];
    assert_eq!((aside.line, aside.file.as_str(), aside.text.as_str()), (777_777, "many.jsonl", "{\"text\": \"broken"));
    let last = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 999_998, limit: 10 };
    let last = bench.engine.list_examples(last).await.unwrap().rows;
    assert_eq!(last.iter().map(|row| row.user_input.as_str()).collect::<Vec<_>>(), ["t999999"], "nothing behind it is lost");
}

#[tokio::test]
async fn a_preview_that_another_takes_the_place_of_stops_reading() {
    let bench = bench().await;
    let ImportDataset { paths, pasted, options, roles, .. } = of_file(&bench, "long.csv", &long(), None);
    let ask = |first_rows_only| PreviewImport {
        paths: paths.clone(),
        pasted: pasted.clone(),
        project: None,
        options: options.clone(),
        roles: roles.clone(),
        plan: None,
        first_rows_only,
    };
    let engine = bench.engine.clone();
    let first = tokio::spawn({
        let request = ask(false);
        async move { engine.preview_import(request).await }
    });
    // The first rows disturb nobody; the next whole reading does.
    let rows = bench.engine.preview_import(ask(true)).await.unwrap();
    assert_eq!((rows.rows.len(), rows.report.rows_read), (20, 0));
    assert!(!first.is_finished(), "four hundred thousand rows take longer than the first twenty");
    let second = bench.engine.preview_import(ask(false)).await.unwrap();
    assert_eq!(second.report.rows_ready, 400_000);
    assert_eq!(first.await.unwrap().unwrap_err().code, ErrorCode::Cancelled);
    // Nor is one read to its end whose sheet was closed.
    let third = bench.engine.preview_import(ask(false));
    let closed = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        bench.engine.stop_preview(NoRequest {}).await.unwrap();
    };
    let (third, ()) = tokio::join!(third, closed);
    assert_eq!(third.unwrap_err().code, ErrorCode::Cancelled);
}

#[tokio::test]
async fn what_is_pasted_is_imported_and_files_name_their_split() {
    let bench = bench().await;
    let pasted = Some("text\tlabel\n007\ta\n\"two\nlines\"\tb\n".to_owned());
    let preview = PreviewImport {
        paths: vec![],
        pasted: pasted.clone(),
        project: None,
        options: ReadOptions::default(),
        roles: ColumnRoles::default(),
        plan: None,
        first_rows_only: false,
    };
    let shown = bench.engine.preview_import(preview).await.unwrap();
    assert_eq!((shown.files[0].name.as_str(), shown.rows.len()), ("pasted cells", 2));
    let request = ImportDataset { project: None, paths: vec![], pasted, options: ReadOptions::default(), roles: roles(), plan: halves() };
    let view = bench.engine.import_dataset(request).await.unwrap();
    assert_eq!(rows(&bench.engine, view.project.id).await[1].user_input, "two\nlines");

    let write = |name: &str, text: &str| {
        let path = bench.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let paths = vec![
        write("train.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n"),
        write("dev.csv", "label,text\ny,b\n"),
        write("test.csv", "text,label\nc,x\n"),
    ];
    let mut preview = PreviewImport {
        paths,
        pasted: None,
        project: None,
        options: ReadOptions::default(),
        roles: ColumnRoles::default(),
        plan: None,
        first_rows_only: false,
    };
    let shown = bench.engine.preview_import(preview.clone()).await.unwrap();
    preview.first_rows_only = true;
    let first = bench.engine.preview_import(preview).await.unwrap();
    assert!(first.first_rows_only && !shown.first_rows_only && first.report.rows_read == 0);
    assert_eq!((first.files, first.columns, first.rows, first.roles), (shown.files, shown.columns, shown.rows, shown.roles));
    assert_eq!(first.plan, shown.plan);
    assert_eq!((shown.plan, shown.sizes.train, shown.sizes.validation, shown.sizes.test), (SplitPlan::Files, 1, 1, 1));
}

/// Any text that a file can hold.
fn cell() -> impl Strategy<Value = String> {
    let tricky = [
        "007",
        "1e5",
        "TRUE",
        "null",
        "=1+1",
        " ",
        "{{label}}",
        "\r\n",
        "\u{feff}x",
        "\u{202e}rtl",
        "e\u{301}",
        "\u{1}\u{7f}",
        "🙂",
        "_x000D_ _x0041_",
    ];
    prop_oneof![
        proptest::sample::select(tricky.to_vec()).prop_map(str::to_owned),
        "[ -~\r\n\t]{1,20}",
        any::<String>().prop_map(|text| text.replace('\0', "")).prop_filter("not empty", |text| !text.is_empty()),
    ]
}

fn as_csv(rows: &[(String, String)]) -> Vec<u8> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let lines: String = rows.iter().map(|(text, label)| format!("{},{}\r\n", quoted(text), quoted(label))).collect();
    format!("text,label\r\n{lines}").into_bytes()
}

fn as_json_lines(rows: &[(String, String)]) -> Vec<u8> {
    rows.iter().map(|(text, label)| format!("{}\n", serde_json::json!({"text": text, "label": label}))).collect::<String>().into_bytes()
}

fn as_json(rows: &[(String, String)]) -> Vec<u8> {
    let rows: Vec<_> = rows.iter().map(|(text, label)| serde_json::json!({"text": text, "label": label})).collect();
    serde_json::to_vec_pretty(&rows).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_reaches_the_model_as_it_stands_in_the_file(cells in proptest::collection::vec((cell(), cell()), 1..8), kind in 0..4) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let bench = bench().await;
            let utf_16 = |bytes: Vec<u8>| {
                let text = String::from_utf8(bytes).unwrap();
                [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>()
            };
            let (name, bytes) = match kind {
                0 => ("data.csv", as_csv(&cells)),
                1 => ("data.csv", utf_16(as_csv(&cells))),
                2 => ("data.jsonl", as_json_lines(&cells)),
                _ => ("data.json", as_json(&cells)),
            };
            let mut request = of_file(&bench, name, &bytes, Some(bench.project));
            if kind < 2 {
                request.options = ReadOptions { delimiter: Some(",".into()), quote: Some("\"".into()), header: Some(true), ..ReadOptions::default() };
            }
            bench.engine.import_dataset(request).await.unwrap();
            let stored = rows(&bench.engine, bench.project).await;
            let read: Vec<(String, String)> = stored.iter().map(|row| (row.user_input.clone(), row.ground_truth_output.clone())).collect();
            assert_eq!(read, cells);
            let row = &stored[0];
            let model = ModelConfig { connection: Connection::DEMO, model: "demo".into(), temperature: None, max_output_tokens: None, seed: None };
            let tried = bench
                .engine
                .try_prompt(TryPrompt {
                    project: bench.project,
                    prompt: Prompt { system_prompt: "S {{label}}".into(), output_prompt: "O".into() },
                    example: Some(row.id),
                    input: String::new(),
                    model,
                    metrics: vec![MetricSpec { metric: MetricKind::Exact, weight: 1.0 }],
                    extract: None,
                    sample: 0,
                })
                .await
                .unwrap();
            let sent: Vec<&str> = tried.messages.iter().map(|message| message.content.as_str()).collect();
            assert_eq!(sent, [format!("S {}", cells[0].1), format!("{}\n\nO", cells[0].0)]);
            for format in ExportFormat::ALL {
                let file = bench.folder.path().join(format!("out.{}", format.extension()));
                match bench.export(export_of(bench.project, format), &file).await.1 {
                    ExportState::Done { .. } => {}
                    // What it cannot hold is refused, not changed.
                    ExportState::Failed { error } if format == ExportFormat::Xlsx && error.message.contains("control character") => continue,
                    other => panic!("{format:?}: {other:?}"),
                }
                let request = ImportFiles { project: format!("{format:?}"), files: vec![file.clone()], roles: roles(), ..ImportFiles::default() };
                let again = bench.engine.import_files(request).await.unwrap();
                let back = rows(&bench.engine, again.project.id).await;
                let read: Vec<(String, String)> = back.iter().map(|row| (row.user_input.clone(), row.ground_truth_output.clone())).collect();
                assert_eq!(read, cells, "{format:?}");
                let asked = RecogniseFile { path: file.display().to_string(), options: ReadOptions::default(), project: None };
                let known = bench.engine.recognise_file(asked).await.unwrap().expect("it is ours");
                assert_eq!((known.known, known.changed, known.new), (cells.len() as u64, 0, 0), "{format:?}");
            }
        });
    }
}

#[tokio::test]
async fn what_the_assertions_of_a_file_ask_for_is_measured_by_the_next_run() {
    let bench = bench().await;
    let mut yaml = String::from("tests:\n");
    for n in 0..40 {
        yaml.push_str(&format!(
            "  - vars: {{text: 'question {n}'}}\n    assert:\n      - {{type: icontains, value: 'word{}'}}\n      - {{type: llm-rubric, value: is kind}}\n",
            n % 3
        ));
    }
    let roles = ColumnRoles { input: Some("text".into()), truth: Some("expected".into()), ..ColumnRoles::default() };
    let request = ImportDataset { roles, ..of_file(&bench, "tests.yaml", yaml.as_bytes(), None) };
    let ImportState::Done { project } = ended(&bench.engine, &bench.engine.start_import(request).await.unwrap()).await.state else {
        panic!("the file is imported")
    };
    let config = bench.engine.default_run_config(ProjectId { project }).await.unwrap();
    let rubric = MetricKind::Judge { rubric: "is kind".into() };
    assert_eq!(config.metrics.iter().map(|spec| spec.metric.clone()).collect::<Vec<_>>(), [MetricKind::Contains, rubric]);
    assert!(config.judge.is_some(), "a rubric needs a model that judges by it");
    // What was chosen for an earlier run goes before it, and the file's wish stays to be taken.
    let dataset = bench.engine.open_project(ProjectId { project }).await.unwrap().dataset.unwrap();
    assert_eq!(dataset.suggested_metric.metrics(), config.metrics);
}

#[tokio::test]
async fn inputs_too_long_for_a_model_are_counted_for_the_version_that_is_shown() {
    let bench = bench().await;
    let mut csv = String::from("text,label\n");
    (0..40).for_each(|n| csv.push_str(&format!("question {n},a\n")));
    csv.push_str(&format!("{},b\n", "long words ".repeat(200_000)));
    let request = of_file(&bench, "long.csv", csv.as_bytes(), None);
    let ImportState::Done { project } = ended(&bench.engine, &bench.engine.start_import(request).await.unwrap()).await.state else {
        panic!("the file is imported")
    };
    let profile = async || bench.engine.data_profile(ProjectId { project }).await.unwrap();
    assert_eq!(profile().await.too_long, 1);
    let long = rows(&bench.engine, project).await.last().unwrap().id;
    let selection = ExampleSelection::Ids { ids: vec![long] };
    let edit = ExampleEdit::Exclude { selection, excluded: true };
    bench.engine.edit_examples(EditExamples { project, edit }).await.unwrap();
    assert_eq!(profile().await.too_long, 0);
}

#[tokio::test]
async fn what_is_too_long_is_said_of_the_project_s_own_model() {
    let bench = bench().await;
    let mut csv = String::from("text,label\n");
    (0..40).for_each(|n| csv.push_str(&format!("question {n},a\n")));
    csv.push_str(&format!("{},b\n", "long words ".repeat(5_000)));
    let preview = async |project: Option<i64>| {
        let ImportDataset { paths, pasted, options, roles, .. } = of_file(&bench, "long.csv", csv.as_bytes(), None);
        let request = PreviewImport { paths, pasted, project, options, roles, plan: None, first_rows_only: false };
        bench.engine.preview_import(request).await.unwrap().report
    };
    // Nothing is known of a model yet, so the usual limit is assumed and said to be.
    let report = preview(Some(bench.project)).await;
    assert_eq!((report.too_long, report.context.tokens, &report.context.model), (0, 128_000, &None));

    let local =
        Connection { name: "Local".into(), base_url: "http://localhost:9/v1".into(), context_tokens: Some(8_192), ..Connection::blank() };
    let local = bench.engine.save_connection(SaveConnection { connection: local, secret: None }).await.unwrap();
    let mut config = bench.engine.default_run_config(ProjectId { project: bench.project }).await.unwrap();
    config.primary = ModelConfig { connection: local.id, model: "llama3".into(), ..config.primary };
    bench.store().await.save_run_defaults(bench.project, &config).await.unwrap();
    let report = preview(Some(bench.project)).await;
    assert_eq!((report.too_long, report.context.tokens, report.context.model.as_deref()), (1, 8_192, Some("llama3")));
    let note = report.notes.iter().find(|note| note.contains("too") || note.contains("longer")).unwrap();
    assert!(note.starts_with("1 input is longer than 8,192 tokens, all that llama3 takes."), "{note}");
    assert_eq!(preview(None).await.too_long, 0, "a new project has no model of its own");

    // What was imported says the same, and still does after a change.
    let request = of_file(&bench, "long.csv", csv.as_bytes(), Some(bench.project));
    bench.engine.import_dataset(request).await.unwrap();
    let profile = async || bench.engine.data_profile(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!((profile().await.too_long, profile().await.context.model.as_deref()), (1, Some("llama3")));
    let first = rows(&bench.engine, bench.project).await[0].id;
    let edit = ExampleEdit::Exclude { selection: ExampleSelection::Ids { ids: vec![first] }, excluded: true };
    bench.engine.edit_examples(EditExamples { project: bench.project, edit }).await.unwrap();
    assert_eq!((profile().await.too_long, profile().await.context.tokens), (1, 8_192));
}

#[tokio::test]
async fn a_prompt_around_the_input_comes_in_two_halves() {
    let bench = bench().await;
    let yaml = "prompts: [\"Route this ticket: {{ ticket }}\\n\\nAnswer with a queue.\"]\ntests:\n  - vars: {ticket: my card is gone}\n    assert: [{type: equals, value: cards}]\n  - vars: {ticket: what is this charge}\n    assert: [{type: llm-rubric, value: is polite}]\n  - vars: {ticket: charged twice}\n    assert: [{type: equals, value: billing}]\n";
    let path = bench.folder.path().join("promptfooconfig.yaml");
    std::fs::write(&path, yaml).unwrap();
    let request = PreviewImport {
        project: None,
        paths: vec![path.display().to_string()],
        pasted: None,
        options: ReadOptions::default(),
        roles: ColumnRoles::default(),
        plan: None,
        first_rows_only: false,
    };
    let preview = bench.engine.preview_import(request.clone()).await.unwrap();
    let brought = preview.prompt.unwrap();
    assert_eq!(
        (brought.prompt.system_prompt.as_str(), brought.prompt.output_prompt.as_str(), brought.origin),
        ("Route this ticket:", "Answer with a queue.", PromptOrigin::AroundInput)
    );
    // A rubric is no answer that exact match could find.
    assert_eq!((preview.report.rows_ready, preview.report.set_aside.len()), (2, 1), "{:?}", preview.report);
    assert!(preview.rows.iter().flatten().all(|cell| cell != "is polite"), "{:?}", preview.rows);
    // The first rows alone say the same of the prompt.
    let first = bench.engine.preview_import(PreviewImport { first_rows_only: true, ..request }).await.unwrap();
    assert_eq!(first.prompt.unwrap(), brought);
}
