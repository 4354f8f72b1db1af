//! How long lists and changes of a million examples take. A measurement and no test: `scripts/bench.sh import` prints it.

use std::time::Instant;

use mlprompt_core::{
    api::{EditExamples, ExportState, ListExamples, PreviewImport, ProjectId, RecogniseFile, SplitDataset},
    dataset::{
        ColumnFilter, ColumnOp, ColumnRoles, ExampleEdit, ExampleFilter, ExampleSelection, ExampleSort, OnlyExamples, SplitFilter,
        SplitPlan,
    },
    engine::{Engine, ImportFiles},
    export::ExportFormat,
};

use crate::{
    fixtures::{Bench, export_of},
    scripted_model::ScriptedModel,
    world::World,
};

const ROWS: u32 = 1_000_000;

fn rows() -> String {
    let words = ["card", "order", "refund", "parcel", "invoice", "address", "password", "delivery", "account", "charge", "late", "twice"];
    let mut text = String::from("id,text,label\n");
    let mut state = 1_u64;
    for row in 0..ROWS {
        text.push_str(&format!("{row},\"Message {row}:"));
        for _ in 0..9 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!(" {}{}", words[(state >> 33) as usize % words.len()], (state >> 40) % 100));
        }
        text.push_str(&format!(", what now?\",label {}\n", row % 40));
    }
    text
}

/// The most memory that the process had at once since this was asked last, in MB; 0 where /proc does not tell.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let _reset = std::fs::write("/proc/self/clear_refs", "5");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    peak.unwrap_or(0) / 1024
}

/// Time and memory of one piece of work.
struct Measure {
    began: Instant,
    spent: u64,
}

impl Measure {
    fn new() -> Self {
        peak_mb();
        Self { began: Instant::now(), spent: processor_ms() }
    }

    fn told(self, what: &str) {
        let took = self.began.elapsed().as_secs_f64() * 1_000.0;
        println!("| {what} | {took:.0} ms | {} ms | {} MB |", processor_ms() - self.spent, peak_mb());
    }
}

async fn timed<T>(what: &str, work: impl Future<Output = T>) -> T {
    let (began, spent) = (Instant::now(), processor_ms());
    let done = work.await;
    told(what, began, spent);
    done
}

fn told(what: &str, began: Instant, spent: u64) {
    println!("| {what} | {:.0} ms | {} ms |", began.elapsed().as_secs_f64() * 1_000.0, processor_ms() - spent);
}

/// Processor time of this process in milliseconds, a hundredth of a second at a time; 0 where /proc does not tell.
fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> =
        stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    fields.iter().sum::<u64>() * 10
}

fn search(text: &str) -> ExampleFilter {
    ExampleFilter { search: text.into(), ..ExampleFilter::default() }
}

fn contains(text: &str) -> ExampleFilter {
    let columns = vec![ColumnFilter { column: "text".into(), op: ColumnOp::Contains, text: text.into() }];
    ExampleFilter { columns, ..ExampleFilter::default() }
}

async fn lists(engine: &Engine, project: i64, when: &str) {
    let list = async |what: &str, filter: ExampleFilter, sort: Option<&str>, offset: u32| {
        let sort = sort.map(|column| ExampleSort { column: column.into(), descending: false });
        let request = ListExamples { project, filter, sort, offset, limit: 100 };
        let page = timed(&format!("{when}: {what}"), engine.list_examples(request)).await.unwrap();
        assert!(page.total > 0 || what.contains("nothing"), "{what}");
    };
    let split = |split| ExampleFilter { split: Some(split), ..ExampleFilter::default() };
    list("first page", ExampleFilter::default(), None, 0).await;
    list("last page", ExampleFilter::default(), None, ROWS - 100).await;
    list("one split", split(SplitFilter::Validation), None, 100_000).await;
    list("sorted by text", ExampleFilter::default(), Some("text"), 0).await;
    list("sorted by text, deep", ExampleFilter::default(), Some("text"), 700_000).await;
    list("sorted by label", ExampleFilter::default(), Some("label"), 0).await;
    list("search, one example", search("message 314159:"), None, 0).await;
    list("search, some hundred", search("twice99 late98"), None, 0).await;
    list("search, in all", search("what now"), None, 0).await;
    list("search, two letters", search("rd"), None, 0).await;
    list("search, nothing", search("nothing like this"), None, 0).await;
    list("search, nothing, in two letters", search("qz nothing"), None, 0).await;
    list("column contains, sorted", contains("password77 charge"), Some("id"), 0).await;
    let label = |op, text: &str| ExampleFilter {
        columns: vec![ColumnFilter { column: "label".into(), op, text: text.into() }],
        ..ExampleFilter::default()
    };
    list("column equals, one in 40", label(ColumnOp::Equals, "label 7"), None, 0).await;
    list("column not empty, sorted by text", label(ColumnOp::NotEmpty, ""), Some("text"), 500_000).await;
    list("duplicates, nothing", ExampleFilter { only: Some(OnlyExamples::Duplicates), ..ExampleFilter::default() }, None, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn a_million_examples() {
    let bench = Bench::scripted(&ScriptedModel::new(World::default())).await;
    let file = bench.folder.path().join("million.csv");
    std::fs::write(&file, rows()).unwrap();
    let roles = ColumnRoles { input: Some("text".into()), truth: Some("label".into()), ..ColumnRoles::default() };
    let request = ImportFiles { project: "million".into(), files: vec![file], roles, ..ImportFiles::default() };
    println!("\n| what | time of day | processor |\n| --- | ---: | ---: |");
    let project = timed("import", bench.engine.import_files(request)).await.unwrap().project.id;
    let fresh = bench.another_engine().await;
    timed("open the project", fresh.open_project(ProjectId { project })).await.unwrap();
    let store = bench.store().await;
    let version = store.dataset(project).await.unwrap().unwrap().id;
    let (began, spent) = (Instant::now(), processor_ms());
    while store.index_step(version).await.unwrap().is_some() {}
    told("index", began, spent);
    lists(&fresh, project, "with index").await;
    timed("profile, kept", fresh.data_profile(ProjectId { project })).await.unwrap();
    let first = fresh.list_examples(ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 1 }).await;
    let example = first.unwrap().rows[0].id;
    let edit = async |what: &str, edit: ExampleEdit| timed(what, fresh.edit_examples(EditExamples { project, edit })).await.unwrap();
    edit("edit a cell", ExampleEdit::SetCell { example, column: "label".into(), text: "other".into() }).await;
    timed(
        "first page after it",
        fresh.list_examples(ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 100 }),
    )
    .await
    .unwrap();
    let selection = ExampleSelection::Filter { filter: search("late9") };
    edit("exclude what a search leaves", ExampleEdit::Exclude { selection, excluded: true }).await;
    let plan = SplitPlan::Ratio { train: 50, validation: 30, test: 20, seed: 9 };
    timed("divide anew", fresh.split_dataset(SplitDataset { project, plan })).await.unwrap();
    timed("undo that", fresh.undo_edit(ProjectId { project })).await.unwrap();
    timed("profile, worked out", fresh.data_profile(ProjectId { project })).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn a_million_examples_out_and_in_again() {
    let bench = Bench::scripted(&ScriptedModel::new(World::default())).await;
    let file = bench.folder.path().join("million.csv");
    std::fs::write(&file, rows()).unwrap();
    let roles = ColumnRoles { input: Some("text".into()), truth: Some("label".into()), ..ColumnRoles::default() };
    println!("\n| what | time of day | processor | most memory |\n| --- | ---: | ---: | ---: |");
    let preview = |first_rows_only| PreviewImport {
        paths: vec![file.display().to_string()],
        pasted: None,
        project: None,
        options: Default::default(),
        roles: ColumnRoles::default(),
        plan: None,
        first_rows_only,
    };
    for (what, first_rows_only) in [("preview, the first rows", true), ("preview, the whole file", false)] {
        let measure = Measure::new();
        bench.engine.preview_import(preview(first_rows_only)).await.unwrap();
        measure.told(what);
    }
    let request = ImportFiles { project: "million".into(), files: vec![file], roles, ..ImportFiles::default() };
    let project = bench.engine.import_files(request).await.unwrap().project.id;
    for format in ExportFormat::ALL {
        let target = bench.folder.path().join(format!("out.{}", format.extension()));
        let mut request = export_of(project, format);
        if format == ExportFormat::Promptfoo {
            // All of them are more than a file of tests holds.
            let columns = vec![ColumnFilter { column: "label".into(), op: ColumnOp::Equals, text: "label 7".into() }];
            request.filter = ExampleFilter { columns, ..ExampleFilter::default() };
        }
        let measure = Measure::new();
        let (rows, state) = bench.export(request, &target).await;
        assert!(matches!(state, ExportState::Done { .. }), "{state:?}");
        let size = std::fs::metadata(&target).unwrap().len() / 1_000_000;
        measure.told(&format!("export of {rows} as {format:?}, {size} MB"));
        if format != ExportFormat::OpenaiEvals {
            // What is written is read back, and known again to the last row.
            let request = RecogniseFile { path: target.display().to_string(), options: Default::default(), project: None };
            let measure = Measure::new();
            let known = bench.engine.recognise_file(request).await.unwrap().expect("it is ours");
            measure.told(&format!("{format:?} read and known again"));
            assert_eq!((known.known, known.changed, known.new), (rows, 0, 0));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn a_million_examples_without_index() {
    let bench = Bench::scripted(&ScriptedModel::new(World::default())).await;
    let file = bench.folder.path().join("million.csv");
    std::fs::write(&file, rows()).unwrap();
    let roles = ColumnRoles { input: Some("text".into()), truth: Some("label".into()), ..ColumnRoles::default() };
    let request = ImportFiles { project: "million".into(), files: vec![file], roles, ..ImportFiles::default() };
    let project = bench.engine.import_files(request).await.unwrap().project.id;
    let store = bench.store().await;
    let version = store.dataset(project).await.unwrap().unwrap().id;
    println!("\n| what | time of day | processor |\n| --- | ---: | ---: |");
    for (what, filter, sort) in [
        ("search, one example", search("message 314159:"), None),
        ("search, in all", search("what now"), None),
        ("search, two letters", search("rd"), None),
        ("search, nothing", search("nothing like this"), None),
        ("sorted by text", ExampleFilter::default(), Some("text")),
    ] {
        let sort = sort.map(|column: &str| ExampleSort { column: column.into(), descending: false });
        timed(&format!("without index: {what}"), store.examples(version, filter, sort, None, 0, 100)).await.unwrap();
    }
}
