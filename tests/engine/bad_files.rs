//! Files that are broken, hostile, or change while they are read: each is told by name, and the project stays as it was. And files as
//! other programs write them, which arrive to the last character.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use mlprompt_core::{
    ErrorCode,
    api::{ImportDataset, ImportProgress, ImportState, ListExamples, NoRequest, PreviewImport},
    dataset::{ColumnRoles, DatasetInfo, Example, ExampleFilter, ReadOptions, SplitPlan},
    engine::ImportFiles,
};

use crate::fixtures::Bench;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden").join(name)
}

async fn rows(bench: &Bench, project: i64) -> Vec<Example> {
    let request = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 500 };
    bench.engine.list_examples(request).await.unwrap().rows
}

/// Everything that an import could have changed: projects, versions, and all rows on disk.
async fn state(bench: &Bench) -> (usize, Vec<Example>, Vec<i64>) {
    let projects = bench.engine.list_projects(NoRequest {}).await.unwrap().len();
    let connection = rusqlite::Connection::open(bench.database()).unwrap();
    let count = |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
    let on_disk = ["project", "dataset", "example", "example_block", "example_hashes", "packed_text"].map(count).to_vec();
    (projects, rows(bench, bench.project).await, on_disk)
}

fn roles() -> ColumnRoles {
    ColumnRoles { input: Some("text".into()), truth: Some("label".into()), ..ColumnRoles::default() }
}

fn into_project(bench: &Bench, file: &Path) -> ImportDataset {
    ImportDataset {
        project: Some(bench.project),
        paths: vec![file.display().to_string()],
        pasted: None,
        options: ReadOptions::default(),
        roles: roles(),
        plan: SplitPlan::Ratio { train: 50, validation: 50, test: 0, seed: 0 },
    }
}

/// Imports into the bench's project, with something done to the file once a row was read.
async fn meddled(bench: &Bench, file: &Path, meddle: impl FnOnce(&Path)) -> ImportProgress {
    let job = bench.engine.start_import(into_project(bench, file)).await.unwrap();
    let mut meddle = Some(meddle);
    loop {
        let progress = bench.engine.import_progress(job.clone()).await.unwrap();
        match progress.state {
            ImportState::Running => tokio::task::yield_now().await,
            _ => return progress,
        }
        if progress.rows > 0
            && let Some(meddle) = meddle.take()
        {
            meddle(file);
        }
    }
}

/// A packed workbook one part of which unpacks to three hundred megabytes.
fn bomb() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("xl/workbook.xml", options).unwrap();
    zip.write_all(b"<workbook/>").unwrap();
    zip.start_file("xl/sharedStrings.xml", options).unwrap();
    let blanks = vec![b' '; 1024 * 1024];
    (0..300).for_each(|_| zip.write_all(&blanks).unwrap());
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn every_bad_file_is_named_with_what_to_do_and_the_project_stays_as_it_was() {
    let bench = Bench::eventful().await.0;
    let before = state(&bench).await;
    let workbook = fs::read(golden("openpyxl.xlsx")).unwrap();
    let calc = fs::read(golden("libreoffice.ods")).unwrap();
    let parquet = fs::read(golden("pandas-snappy.parquet")).unwrap();
    let written: Vec<(&str, Vec<u8>, &str)> = vec![
        ("cut.xlsx", workbook[..workbook.len() / 2].to_vec(), "its end is missing"),
        ("cut.ods", calc[..calc.len() / 2].to_vec(), "no whole workbook"),
        ("cut.parquet", parquet[..parquet.len() / 2].to_vec(), "no whole Parquet file"),
        ("bomb.xlsx", bomb(), "unpacks to more than 256 MB"),
        ("nested.parquet", fs::read(golden("pyarrow-nested.parquet")).unwrap(), "are nested"),
        ("nul.csv", vec![0; 100_000], "binary data"),
        ("nul.jsonl", vec![0; 100_000], "binary data"),
        ("page.csv", b"\n<!DOCTYPE html>\n<html><body><table><tr><td>text</td></tr></table></body></html>".to_vec(), "web page"),
        ("unclosed.csv", b"text,\"label\na,b\n".to_vec(), "opens a quote on line 1"),
        ("broken.yaml", b"tests:\n- vars: {text: a\n- vars: {text: b}\n".to_vec(), "Line"),
        ("long.csv", format!("text,label\n\"{}\",a\n", "x".repeat(50 * 1024 * 1024)).into_bytes(), "The cell of `text` has 50 MB"),
    ];
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    for (name, bytes, words) in written {
        let path = bench.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        files.push((path, words));
    }
    let place = |name: &str| bench.folder.path().join(name);
    fs::create_dir(place("folder.csv")).unwrap();
    files.push((place("folder.csv"), "is a folder"));
    files.push((place("gone.csv"), "does not exist"));
    files.push((PathBuf::from("https://example.org/data.csv"), "is a web address"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(place("loop.csv"), place("loop.csv")).unwrap();
        files.push((place("loop.csv"), "leads to itself"));
        assert!(std::process::Command::new("mkfifo").arg(place("pipe.csv")).status().unwrap().success());
        files.push((place("pipe.csv"), "is a pipe or a device"));
    }
    for (file, words) in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let ImportDataset { paths, pasted, options, roles, .. } = into_project(&bench, &file);
        let look = PreviewImport { paths, pasted, project: Some(bench.project), options, roles, plan: None, first_rows_only: false };
        let shown = bench.engine.preview_import(look).await;
        let state_of = meddled(&bench, &file, |_| ()).await.state;
        let ImportState::Failed { error } = state_of else { panic!("{name}: {state_of:?}") };
        assert_eq!(error.code, ErrorCode::FileUnreadable, "{name}");
        for part in [words, name.as_str()] {
            assert!(error.message.contains(part), "{name}: {part:?} is missing in: {}", error.message);
        }
        let asks = ["Choose", "save it", "Save", "Mend", "Close", "Check", "Download", "Drop", "Point", "import", "Flatten", "Put"];
        assert!(asks.iter().any(|ask| error.message.contains(ask)), "{name} says what to do: {}", error.message);
        match shown {
            Err(said) => assert_eq!(said, error, "{name}"),
            Ok(preview) => assert_eq!(preview.report.rows_ready, 0, "{name}"),
        }
        assert_eq!(state(&bench).await, before, "{name} changed something");
    }
}

#[tokio::test]
async fn a_file_that_is_written_to_while_it_is_imported_is_refused_and_one_that_is_deleted_is_read_to_its_end() {
    let bench = Bench::eventful().await.0;
    let before = state(&bench).await;
    let file = bench.folder.path().join("log.csv");
    let text = format!("text,label\n{}", "some text of a row,a\n".repeat(300_000));
    type Meddle = fn(&Path);
    let cases: [(Meddle, &str); 2] = [
        (|path| fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more,b\n").unwrap(), "log.csv grew from"),
        (|path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(50).unwrap(), "log.csv shrank from"),
    ];
    for (meddle, words) in cases {
        fs::write(&file, &text).unwrap();
        let progress = meddled(&bench, &file, meddle).await;
        let ImportState::Failed { error } = progress.state else { panic!("{progress:?}") };
        assert!(error.message.contains(words), "{}", error.message);
        assert_eq!(state(&bench).await, before, "{words}");
    }
    fs::write(&file, &text).unwrap();
    let progress = meddled(&bench, &file, |path| fs::remove_file(path).unwrap()).await;
    assert_eq!((progress.state, progress.rows), (ImportState::Done { project: bench.project }, 300_000));
    assert!(!file.exists());
}

#[tokio::test]
async fn a_huge_cell_costs_its_row_and_thousands_of_columns_are_taken() {
    let bench = Bench::eventful().await.0;
    let file = bench.folder.path().join("huge.csv");
    fs::write(&file, format!("text,label\na,x\n\"{}\",b\nc,y\n", "x".repeat(50 * 1024 * 1024))).unwrap();
    let view = bench.engine.import_dataset(into_project(&bench, &file)).await.unwrap();
    let DatasetInfo { rows: count, report, .. } = view.dataset.unwrap();
    assert_eq!((count, report.set_aside_count, report.set_aside[0].line), (2, 1, 3));
    assert!(report.set_aside[0].reason.contains("has 50 MB; cells of up to 16 MB are taken"), "{}", report.set_aside[0].reason);
    assert!(report.set_aside[0].text.len() < 10_000, "what is shown of it is short");

    let names: Vec<String> = (0..4_998).map(|n| format!("field {n}")).collect();
    let mut text = format!("text,label,{}\n", names.join(","));
    for row in 0..20 {
        let cells: Vec<String> = (0..4_998).map(|n| format!("{row}.{n}")).collect();
        text.push_str(&format!("row {row},x,{}\n", cells.join(",")));
    }
    fs::write(&file, text).unwrap();
    bench.engine.import_dataset(into_project(&bench, &file)).await.unwrap();
    let rows = rows(&bench, bench.project).await;
    assert_eq!((rows.len(), rows[19].variables.len(), rows[19].variables[4_999].as_str()), (20, 5_000, "19.4997"));
}

#[tokio::test]
async fn files_of_other_programs_arrive_in_the_project_with_every_cell() {
    #[derive(serde::Deserialize)]
    struct Golden {
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
    }
    let bench = Bench::eventful().await.0;
    let mut files = 0;
    for entry in fs::read_dir(golden("")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Ok(text) = fs::read(golden(&format!("{name}.json"))) else { continue };
        let expected: Golden = serde_json::from_slice(&text).unwrap();
        files += 1;
        // The last column that is never empty is the answer, the first the question.
        let full = |at: &usize| expected.rows.iter().all(|row| !row[*at].is_empty());
        let full: Vec<usize> = (0..expected.columns.len()).filter(full).collect();
        let (input, truth) = (full[0], *full.last().unwrap());
        let role = |at: usize| Some(expected.columns[at].clone());
        let roles = ColumnRoles { input: role(input), truth: role(truth), ..ColumnRoles::default() };
        let request = ImportFiles { project: name.clone(), files: vec![path], roles, ..ImportFiles::default() };
        let view = bench.engine.import_files(request).await.unwrap_or_else(|error| panic!("{name}: {}", error.message));
        assert_eq!(view.dataset.unwrap().columns, expected.columns, "{name}");
        let arrived = rows(&bench, view.project.id).await;
        assert!(arrived.iter().all(|row| row.user_input == row.variables[input] && row.ground_truth_output == row.variables[truth]));
        assert_eq!(arrived.into_iter().map(|row| row.variables).collect::<Vec<_>>(), expected.rows, "{name}");
    }
    assert!(files >= 30, "{files} files");
}
