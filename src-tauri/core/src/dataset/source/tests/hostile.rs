//! Files that mean harm: small ones that would become huge, and ones that would keep a reader busy for ever.

use std::time::{Duration, Instant};

use super::*;

/// What reading a file of tests comes to, which must not take long.
fn tests(text: &str) -> Result<(Vec<Vec<String>>, Vec<SetAside>), String> {
    let began = Instant::now();
    let (_folder, path) = file("tests.yaml", text);
    let read = open(&path, &ReadOptions::default()).map_err(|error| error.message).map(|mut source| {
        let (rows, aside) = all(&mut source);
        (rows.into_iter().map(|(_, cells)| cells).collect(), aside)
    });
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    read
}

/// An anchor `z` that stands for ten to the power of `levels` texts.
fn laughs(levels: usize) -> String {
    let names: Vec<String> = (0..levels).map(|level| format!("x{level}")).collect();
    let mut yaml = format!("x: &{} [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n", names[0]);
    for pair in names.windows(2) {
        yaml.push_str(&format!("{}: &{} [{}]\n", pair[1], pair[1], vec![format!("*{}", pair[0]); 10].join(", ")));
    }
    yaml.push_str(&format!("z: &z {{all: *{}}}\n", names[levels - 1]));
    yaml
}

#[test]
fn aliases_that_would_write_out_to_gigabytes_are_set_aside_and_the_rest_is_read() {
    let yaml = format!("{}tests:\n- vars: {{text: *z, label: a}}\n- vars: {{text: fine, label: b}}\n", laughs(12));
    let (rows, aside) = tests(&yaml).unwrap();
    assert_eq!((rows, aside.len(), aside[0].line), (vec![vec!["fine".to_owned(), "b".to_owned()]], 1, 15));
    assert!(aside[0].reason.contains("Written out, `text` is longer than 16 MB"), "{}", aside[0].reason);
    assert_eq!(aside[0].file, "tests.yaml");
}

#[test]
fn a_large_value_in_many_combinations_is_set_aside() {
    // Four megabytes, a thousand times.
    let many: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    let yaml = format!("{}tests:\n- vars: {{text: *z, label: [{}]}}\n- vars: {{text: t, label: b}}\n", laughs(6), many.join(", "));
    let (rows, aside) = tests(&yaml).unwrap();
    assert_eq!((rows.len(), aside.len()), (1, 1));
    assert!(aside[0].reason.contains("its variables come to more than 256 MB"), "{}", aside[0].reason);
}

#[test]
fn assertions_that_would_write_out_to_gigabytes_are_set_aside() {
    let long = "x".repeat(100_000);
    let template = "{{text}}".repeat(100_000);
    let filled = format!("tests:\n- vars: {{text: {long}}}\n  assert: [{{type: equals, value: '{template}'}}]\n- vars: {{text: fine}}\n");
    let (rows, aside) = tests(&filled).unwrap();
    assert_eq!((rows.len(), aside.len()), (1, 1));
    assert!(aside[0].reason.contains("what it asserts is too long"), "{}", aside[0].reason);

    let mut sets = String::from("s0: &s0 {type: equals, value: x}\n");
    for level in 1..12 {
        sets.push_str(&format!(
            "s{level}: &s{level} {{type: assert-set, assert: [{}]}}\n",
            vec![format!("*s{}", level - 1); 10].join(", ")
        ));
    }
    let (rows, aside) = tests(&format!("{sets}tests:\n- {{vars: {{text: a}}, assert: [*s11]}}\n- vars: {{text: fine}}\n")).unwrap();
    assert_eq!((rows.len(), aside.len()), (1, 1));
    assert!(aside[0].reason.contains("what it asserts is too long"), "{}", aside[0].reason);
}

#[test]
fn a_test_that_is_named_many_times_is_refused_once_it_is_too_much() {
    let yaml = format!("t: &t {{vars: {{text: {}}}}}\ntests: [{}]\n", "x".repeat(1_000_000), ["*t"; 10_000].join(", "));
    // Cells without a text take room as well.
    let names: Vec<String> = (0..5_000).map(|n| format!("name{n}: ''")).collect();
    let empty = format!("t: &t {{vars: {{{}}}}}\ntests: [{}]\n", names.join(", "), ["*t"; 100_000].join(", "));
    for yaml in [yaml, empty] {
        let said = tests(&yaml).unwrap_err();
        assert!(said.contains("the tests of tests.yaml come to more than 256 MB. Divide the file"), "{said}");
    }
}

#[test]
fn braces_without_end_and_thousands_of_names_keep_no_reader_busy() {
    let braces = "{{".repeat(1_000_000);
    for text in [braces.clone(), format!("{braces}}}}}")] {
        let yaml = format!("prompts: ['{text}']\ntests:\n- vars: {{text: a}}\n  assert: [{{type: equals, value: '{text}'}}]\n");
        let (rows, _) = tests(&yaml).unwrap();
        assert_eq!(rows, [[String::from("a"), text]]);
    }
    let apart: String = (0..20_000).map(|n| format!("- vars: {{name{n}: a}}\n")).collect();
    assert!(tests(&apart).unwrap_err().contains("tests.yaml has 20000 columns, more than the 10000"));
    let together: Vec<String> = (0..200_000).map(|n| format!("name{n}: a")).collect();
    let said = tests(&format!("- vars: {{{}}}\n", together.join(", "))).unwrap_err();
    assert!(said.contains("It has 200000 variables; up to 10000 are taken"), "{said}");
    let unknown: Vec<String> = (0..200_000).map(|n| format!("option{n}: a")).collect();
    assert_eq!(tests(&format!("- vars: {{text: a}}\n  {}\n", unknown.join("\n  "))).unwrap().0.len(), 1);
}

#[cfg(unix)]
#[test]
fn files_of_strange_names_are_read_and_named() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    for name in [&b"bad\xFFname.csv"[..], b"two\nlines.csv", b"\x1b[31mred.csv", "e\u{301}\u{202e}vsc.csv".as_bytes()] {
        let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
        fs::write(&path, "text,label\na,b\n").unwrap();
        let mut source = open(&path, &ReadOptions::default()).unwrap();
        assert_eq!(all(&mut source).0.len(), 1);
    }
    // What a name of bytes becomes on its way through a window that knows texts only.
    let shown = refused(&folder.path().join("bad\u{fffd}name.csv"));
    assert!(shown.contains("bytes that are no text. Rename the file"), "{shown}");
}

/// Parts in one packed file.
fn packed(parts: &[(&str, &str)]) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of Excel with one sheet of these rows, as XML; its cells share one long text.
fn excel(rows: &str) -> Vec<u8> {
    let shared = format!(
        r#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{}</t></si></sst>"#,
        "x".repeat(2_000_000)
    );
    let relations = |all: &[(&str, &str)]| {
        let one = |(n, (kind, target)): (usize, &(&str, &str))| {
            format!(
                r#"<Relationship Id="rId{}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/>"#,
                n + 1
            )
        };
        let all: String = all.iter().enumerate().map(one).collect();
        format!(r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{all}</Relationships>"#)
    };
    let workbook = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">{}{}</row>{rows}</sheetData></worksheet>"#,
        filled("A1", "text"),
        filled("B1", "label")
    );
    packed(&[
        ("_rels/.rels", &relations(&[("officeDocument", "xl/workbook.xml")])),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", &relations(&[("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")])),
        ("xl/worksheets/sheet1.xml", &sheet),
        ("xl/sharedStrings.xml", &shared),
    ])
}

fn filled(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// An OpenDocument spreadsheet with one sheet of these rows, as XML.
fn calc(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    packed(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &content)])
}

#[test]
fn cells_that_stand_where_no_sheet_has_any_cost_neither_time_nor_memory() {
    for place in ["ZZZZZZ4", "A4294967295", "XFE4", "A1048577"] {
        let said = refused_file("far.xlsx", excel(&format!(r#"<row r="4">{}</row>"#, filled(place, "z"))));
        assert!(said.contains("where no sheet has one") && said.contains("save it again"), "{place}: {said}");
    }
    let (_folder, path) = file("edge.xlsx", excel(&format!(r#"<row r="1048576">{}</row>"#, filled("XFD1048576", "z"))));
    let (rows, aside) = all(&mut open(&path, &ReadOptions::default()).unwrap());
    assert_eq!((rows.len(), aside.len(), aside[0].line), (0, 1, 1_048_576));
}

#[test]
fn a_cell_that_stands_in_a_workbook_twice_costs_its_row_and_moves_no_other() {
    let row = |number: u32, cells: &[(&str, &str)]| {
        let cells: String = cells.iter().map(|(column, text)| filled(&format!("{column}{number}"), text)).collect();
        format!(r#"<row r="{number}">{cells}</row>"#)
    };
    let rows = [row(2, &[("A", "a"), ("A", "again"), ("B", "x")]), row(3, &[("A", "b"), ("B", "y")])].concat();
    let (_folder, path) = file("twice.xlsx", excel(&rows));
    let (rows, aside) = all(&mut open(&path, &ReadOptions::default()).unwrap());
    assert_eq!((rows, aside.len(), aside[0].line), (vec![super::row(3, &["b", "y"])], 1, 2));
    assert!(aside[0].reason.contains("Cell A2 stands in the file twice"), "{}", aside[0].reason);
}

#[test]
fn a_spreadsheet_whose_repetitions_would_write_out_to_gigabytes_is_refused() {
    let cell = |text: &str, repeats: &str| format!("<table:table-cell {repeats}><text:p>{text}</text:p></table:table-cell>");
    let row = |cells: &str, repeats: &str| format!("<table:table-row {repeats}>{cells}</table:table-row>");
    let head = row(&format!("{}{}", cell("text", ""), cell("label", "")), "");
    let long = "x".repeat(1_000_000);
    for wide in [
        row(&cell(&long, r#"table:number-columns-repeated="16384""#), ""),
        row(&format!("{}{}", cell(&long, ""), cell("a", "")), r#"table:number-rows-repeated="1000000""#),
    ] {
        let said = refused_file("bomb.ods", calc(&format!("{head}{wide}")));
        assert!(said.contains("written out, sheet `S` is longer than 1024 MB"), "{said}");
    }
    let many: String =
        (2..1_000).map(|n| format!(r#"<row r="{n}"><c r="A{n}" t="s"><v>0</v></c>{}</row>"#, filled(&format!("B{n}"), "x"))).collect();
    let (_folder, path) = file("shared.xlsx", excel(&many));
    let read = open(&path, &ReadOptions::default()).unwrap().rows(&mut |_, _| Ok(ControlFlow::Continue(())));
    assert!(read.unwrap_err().message.contains("written out, sheet `S` is longer than 1024 MB"));
    let blanks = r#"<text:s text:c="16000000"/>"#.repeat(1_000);
    let said = refused_file("blanks.ods", calc(&format!("{head}{}", row(&cell(&blanks, ""), ""))));
    assert!(said.contains("blanks in a row"), "{said}");
    // What spreadsheet programs write themselves: rows that are equal, and empty ones to the end of the sheet.
    let usual = [
        row(&format!("{}{}", cell("a", ""), cell("x", "")), r#"table:number-rows-repeated="3""#),
        row(&cell("", r#"table:number-columns-repeated="16384""#), r#"table:number-rows-repeated="1048572""#),
    ];
    let (_folder, path) = file("usual.ods", calc(&format!("{head}{}", usual.concat())));
    assert_eq!(all(&mut open(&path, &ReadOptions::default()).unwrap()).0.len(), 3);
}

#[test]
fn workbooks_behind_a_password_say_so() {
    let kind = ("mimetype", "application/vnd.oasis.opendocument.spreadsheet");
    let manifest = ("META-INF/manifest.xml", "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>");
    for bytes in [packed(&[kind, manifest, ("content.xml", "\u{1}\u{2}noise")]), packed(&[kind, manifest, ("encrypted-package", "noise")])]
    {
        let said = refused_file("secret.ods", bytes);
        assert!(said.contains("secret.ods is protected by a password. Save it without one"), "{said}");
    }
}
