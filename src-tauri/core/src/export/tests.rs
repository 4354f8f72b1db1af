use std::io::Read;

use super::*;

fn head(columns: &[&str], runs: Vec<AnsweringRun>, safe_for_spreadsheets: bool) -> Head {
    let columns = columns.iter().map(|c| (*c).to_owned()).collect();
    Head { columns, input: 0, truth: 1, metric: MetricKind::Label, excludes: false, runs, safe_for_spreadsheets }
}

fn row(cells: &[&str]) -> ExportedRow {
    ExportedRow {
        number: 7,
        identity: "0123456789abcdef-1-7".into(),
        split: Some(Split::Validation),
        excluded: false,
        cells: cells.iter().map(|c| (*c).to_owned()).collect(),
        answers: Vec::new(),
    }
}

fn written(format: ExportFormat, head: Head, rows: &[ExportedRow]) -> Result<(Vec<u8>, Written)> {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("file");
    let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
    let mut writer = writer(format, head, file, folder.path())?;
    for row in rows {
        writer.row(row)?;
    }
    let written = writer.finish()?;
    let mut bytes = Vec::new();
    File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
    Ok((bytes, written))
}

fn text(format: ExportFormat, head: Head, rows: &[ExportedRow]) -> String {
    String::from_utf8(written(format, head, rows).unwrap().0).unwrap()
}

#[test]
fn names_of_ours_give_way_to_those_of_the_data_and_an_old_identity_to_the_new_one() {
    let run = AnsweringRun { run: 3, extracts: false };
    let flat = Flat::new(&head(&["text", "split", ID_COLUMN, "run 3 score"], vec![run], false));
    assert_eq!(
        flat.names,
        ["text", "split", "run 3 score", "mlprompt_split", "mlprompt_id", "run 3 answer", "run 3 score 2", "run 3 outcome"]
    );
    let row = ExportedRow { answers: vec![None], ..row(&["a", "b", "old", "c"]) };
    let cells = flat.cells(&row);
    assert_eq!(cells, ["a", "b", "c", "validation", "0123456789abcdef-1-7", "", "", ""]);
}

#[test]
fn only_what_a_spreadsheet_would_run_is_changed_and_only_on_request() {
    let cells = ["=1+1", "-5", "+3.5e2", "-inf", "@SUM(A1)", "＝1", "\tx", " =1", "a=1", "'=1", "-", "007"];
    let columns: Vec<String> = (0..cells.len()).map(|i| format!("c{i}")).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let read = |safe: bool| {
        let (bytes, written) = written(ExportFormat::Csv, head(&columns, Vec::new(), safe), &[row(&cells)]).unwrap();
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes).to_vec();
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let record = reader.records().next().unwrap().unwrap();
        (record.iter().take(cells.len()).map(str::to_owned).collect::<Vec<_>>(), written.changed_cells)
    };
    assert_eq!(read(false), (cells.map(str::to_owned).to_vec(), 0));
    let (safe, changed) = read(true);
    assert_eq!(safe, ["'=1+1", "-5", "+3.5e2", "'-inf", "'@SUM(A1)", "'＝1", "'\tx", " =1", "a=1", "'=1", "'-", "007"]);
    assert_eq!(changed, 6);
}

#[test]
fn what_excel_cannot_hold_is_named_and_nothing_is_cut() {
    let fits = "x".repeat(32_767);
    assert!(written(ExportFormat::Xlsx, head(&["a", "b"], Vec::new(), false), &[row(&[&fits, "b"])]).is_ok());
    for (cell, named) in [(format!("{fits}x"), "has 32768 characters"), ("\u{1b}[0m".into(), "U+001B"), ("😀".repeat(16_384), "has 32768")]
    {
        let refused = written(ExportFormat::Xlsx, head(&["a", "b"], Vec::new(), false), &[row(&["good", &cell])]).unwrap_err();
        assert!(refused.message.contains("Example 7, column `b`") && refused.message.contains(named), "{}", refused.message);
    }
}

#[test]
fn answers_of_runs_stand_beside_each_example() {
    let runs = vec![AnsweringRun { run: 3, extracts: true }];
    let answer =
        ExportedAnswer { answer: "billing".into(), response: "It is billing".into(), score: Some(0.1 + 0.2), outcome: Outcome::NoMatch };
    let rows =
        [ExportedRow { answers: vec![Some(answer)], ..row(&["hi", "sales"]) }, ExportedRow { answers: vec![None], ..row(&["ho", "x"]) }];
    let text = text(ExportFormat::JsonLines, head(&["q", "a"], runs, false), &rows);
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines[0]["run 3 answer"], "billing");
    assert_eq!(lines[0]["run 3 score"], "0.30000000000000004");
    assert_eq!(lines[0]["run 3 outcome"], "no match");
    assert_eq!(lines[0]["run 3 response"], "It is billing");
    assert_eq!(lines[1]["run 3 outcome"], "");
}

#[test]
fn yaml_holds_what_yaml_would_fold_or_forbid() {
    let cells = ["a: b # c\r\n\u{85}\u{2028}", "\u{feff}\u{7f}\u{1b}\"\\ é 😀"];
    let text = text(ExportFormat::Promptfoo, head(&["q", "a"], Vec::new(), false), &[row(&cells)]);
    assert!(text.contains(r##""q": "a: b # c\r\n\u0085\u2028""##), "{text}");
    assert!(text.contains(r##"value: "\ufeff\u007f\u001b\"\\ é 😀""##), "{text}");
    assert!(text.contains("\"mlprompt_id\": \"0123456789abcdef-1-7\""), "{text}");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_back_as_it_was(cells in proptest::collection::vec("(?s).{0,40}", 2..5)) {
        let columns: Vec<String> = (0..cells.len()).map(|i| format!("c{i}")).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let texts: Vec<&str> = cells.iter().map(String::as_str).collect();
        let rows = [row(&texts)];
        let (bytes, _) = written(ExportFormat::Csv, head(&columns, Vec::new(), false), &rows).unwrap();
        let record = csv::Reader::from_reader(&bytes[..]).records().next().unwrap().unwrap();
        proptest::prop_assert_eq!(record.iter().take(cells.len()).collect::<Vec<_>>(), texts.clone());
        for format in [ExportFormat::JsonLines, ExportFormat::OpenaiEvals] {
            let line: serde_json::Value = serde_json::from_str(text(format, head(&columns, Vec::new(), false), &rows).trim_end_matches('\n')).unwrap();
            let object = if format == ExportFormat::JsonLines { &line } else { &line["item"] };
            for (column, cell) in columns.iter().zip(&texts) {
                proptest::prop_assert_eq!(&object[*column], *cell);
            }
        }
    }
}

/// The sentence of a file that would hold more than it may.
fn refused_within(limits: Limits, format: ExportFormat, count: usize) -> Option<String> {
    let folder = tempfile::TempDir::new().unwrap();
    let file = File::options().read(true).write(true).create_new(true).open(folder.path().join("file")).unwrap();
    let mut writer = writer_within(limits, format, head(&["q", "a"], Vec::new(), false), file, folder.path()).unwrap();
    let long = "some & words ".repeat(100_000);
    let long = if format == ExportFormat::Promptfoo { long.as_str() } else { &long[..30_000] };
    let written = (0..count).try_for_each(|_| writer.row(&row(&[long, "a"])));
    written.and_then(|()| writer.finish().map(|_| ())).err().map(|error| error.message)
}

#[test]
fn a_file_that_nobody_could_read_back_is_refused_with_the_way_out() {
    // As many rows as fit, and one more.
    let rows = Limits { sheet_rows: 4, ..LIMITS };
    assert_eq!(refused_within(rows, ExportFormat::Xlsx, 3), None);
    let said = refused_within(rows, ExportFormat::Xlsx, 4).unwrap();
    assert!(said.contains("at most 4 rows with its header") && said.contains("Export as CSV or JSON Lines"), "{said}");
    assert_eq!(LIMITS.sheet_rows, 1_048_576);

    let bytes = Limits { workbook_bytes: 1 << 20, ..LIMITS };
    assert_eq!(refused_within(bytes, ExportFormat::Xlsx, 20), None);
    let said = refused_within(bytes, ExportFormat::Xlsx, 60).unwrap();
    assert!(said.contains("more than 1 MB unpacked") && said.contains("in parts"), "{said}");

    let tests = Limits { promptfoo_bytes: 4 << 20, ..LIMITS };
    assert_eq!(refused_within(tests, ExportFormat::Promptfoo, 3), None);
    let said = refused_within(tests, ExportFormat::Promptfoo, 4).unwrap();
    assert!(said.contains("at most 4 MB") && said.contains("after 3") && said.contains("export as CSV or JSON Lines"), "{said}");
}
