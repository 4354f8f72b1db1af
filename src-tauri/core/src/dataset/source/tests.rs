use std::{
    fs, io,
    path::{Path, PathBuf},
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{
    ErrorCode,
    dataset::{SetAside, refusal::io_error},
};

fn open(path: &Path, options: &ReadOptions) -> Result<Source> {
    super::open(&Input::File(path.to_owned()), options)
}
fn file(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}
/// An opened file; its folder lives as long as it does, since reading opens it again.
fn csv(bytes: impl AsRef<[u8]>) -> (TempDir, Source) {
    let (folder, path) = file("data.csv", bytes);
    (folder, open(&path, &ReadOptions::default()).unwrap())
}
fn all(source: &mut Source) -> (Vec<(u64, Vec<String>)>, Vec<SetAside>) {
    let (mut rows, mut aside) = (Vec::new(), Vec::new());
    source
        .rows(&mut |entry, _| {
            match entry {
                Entry::Row(row) => rows.push((row.line, row.cells().map(str::to_owned).collect())),
                Entry::SetAside(row) => aside.push(row),
            }
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    (rows, aside)
}
fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
    (line, cells.iter().map(|&cell| cell.to_owned()).collect())
}
fn refused(path: &Path) -> String {
    let error = open(path, &ReadOptions::default()).err().unwrap();
    assert_eq!(error.code, ErrorCode::FileUnreadable, "{}", error.message);
    error.message
}
fn refused_file(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let (_folder, path) = file(name, bytes);
    let sentence = refused(&path);
    assert!(sentence.contains(name), "{sentence} names the file");
    sentence
}
fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

#[test]
fn places_that_are_no_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(&folder.path().join("gone.csv")).contains("gone.csv does not exist"));
    assert!(refused(folder.path()).contains("is a folder"));
    assert!(refused(Path::new("https://example.org/data.csv")).contains("is a web address. Download"));
    assert!(refused(Path::new("file:///home/me/data.csv")).contains("is a file address"));
    assert!(refused(Path::new("file:data.csv")).contains("is not a full path"));
    assert!(refused(Path::new("data.csv")).contains("is not a full path"));
    assert!(refused(Path::new("")).contains("is not a full path"));
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_without_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(refused(&pipe).contains("is a pipe or a device"));
    assert!(refused(Path::new("/dev/zero")).contains("is a pipe or a device"));
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = file("secret.csv", "a,b\n1,2\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything: for it the sentence is asked for directly.
    let sentence = match open(&path, &ReadOptions::default()) {
        Err(error) => error.message,
        Ok(_) => io_error(&path, &io::ErrorKind::PermissionDenied.into()).message,
    };
    assert!(sentence.contains("secret.csv may not be read. Allow reading it"), "{sentence}");
}

#[test]
fn files_that_are_no_tables_are_refused_with_the_next_step() {
    assert!(refused_file("a.csv", "").contains("is empty"));
    assert!(refused_file("a.csv", "\n\r\n \n").contains("only empty lines"));
    assert!(refused_file("a.csv", "text,label\n").contains("header row only"));
    assert!(refused_file("a.csv", "text,label").contains("header row only"));
    assert!(refused_file("a.csv", "\u{feff}").contains("only empty lines"));
    assert!(refused_file("a.csv", "text,\"label\nrow,1\n").contains("header of a.csv opens a quote on line 1"));
    assert!(refused_file("a.csv", b"PK\x03\x04....notes.txt").contains("packed file (ZIP)"));
    assert!(refused_file("a.csv", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....").contains("old Excel workbook"));
    assert!(refused_file("a.csv", b"%PDF-1.7\n").contains("PDF"));
    assert!(refused_file("a.csv", b"\x89PNG\r\n\x1A\n....").contains("picture"));
    assert!(refused_file("a.csv", b"\x1F\x8B\x08....").contains("unpack it"));
    assert!(refused_file("a.csv", b"BZh91AY....").contains("unpack it"));
    assert!(refused_file("a.csv", b"PAR1....").contains("no whole Parquet file"));
    assert!(refused_file("a.csv", [0_u8; 5_000]).contains("binary data"));
    assert!(refused_file("a.csv", (0..=255).cycle().take(4_000).collect::<Vec<u8>>()).contains("binary data"));
    assert!(refused_file("a.csv", "\n <!DOCTYPE html>\n<html>").contains("web page"));
    assert!(refused_file("a.csv", "<?xml version=\"1.0\"?>").contains("XML"));
}

#[test]
fn kinds_that_are_not_read_say_what_to_save_them_as() {
    assert!(refused_file("a.xls", "x").contains("save it as XLSX or CSV"));
    for name in ["a.arrow", "a.pkl", "a.XML", "a.sqlite"] {
        assert!(refused_file(name, "x").contains("save it as CSV, JSON Lines or Parquet"), "{name}");
    }
    for name in ["a.xlsx", "a.ods", "a.parquet"] {
        assert!(refused_file(name, "x").contains("does not begin like one"), "{name}");
    }
    assert!(refused_file("a.csv.gz", "x").contains("unpack it"));
}

#[test]
fn every_encoding_gives_the_same_cells() {
    let text = "text,label\r\n\"Käse, naïve\",„gut“\r\nΔ日本🙂,schön\r\n";
    let latin = "text,label\r\n\"Käse, naïve\",\u{201e}gut\u{201c}\r\nStraße für 5 €,schön\r\n";
    let latin_bytes = encoding_rs::WINDOWS_1252.encode(latin).0.into_owned();
    for (name, bytes, expected) in [
        ("UTF-8", text.as_bytes().to_vec(), text),
        ("UTF-8", [b"\xEF\xBB\xBF", text.as_bytes()].concat(), text),
        ("UTF-16LE", utf16(text, true, true), text),
        ("UTF-16BE", utf16(text, false, true), text),
        ("UTF-16LE", utf16(latin, true, false), latin),
        ("UTF-16BE", utf16(latin, false, false), latin),
        ("windows-1252", latin_bytes, latin),
    ] {
        let (_folder, mut source) = csv(bytes);
        assert_eq!(source.info().encoding, name);
        assert_eq!(source.columns(), ["text", "label"]);
        let cells = |line: &str| line.replace('"', "").rsplit_once(',').map(|(a, b)| vec![a.to_owned(), b.to_owned()]).unwrap();
        let expected: Vec<_> = expected.lines().enumerate().skip(1).map(|(i, line)| (i as u64 + 1, cells(line))).collect();
        let (rows, aside) = all(&mut source);
        assert_eq!((rows, aside), (expected, vec![]), "{name}");
    }
}

#[test]
fn an_accent_on_the_last_page_decides_the_encoding() {
    let mut bytes = b"text,label\n".to_vec();
    bytes.extend(b"plain words only,a\n".repeat(40_000));
    bytes.extend(b"caf\xE9 \xFCber alles,a\n");
    let (_folder, mut source) = csv(&bytes);
    assert_eq!(source.info().encoding, "windows-1252");
    assert_eq!(all(&mut source).0.last().unwrap().1[0], "café über alles");
}

#[test]
fn other_legacy_encodings_are_guessed_from_the_text() {
    let text = "text,label\nГде моя посылка? Я жду её уже неделю.,доставка\nС меня дважды списали деньги за заказ.,оплата\n";
    let (_folder, mut source) = csv(encoding_rs::WINDOWS_1251.encode(text).0);
    assert_eq!(source.info().encoding, "windows-1251");
    assert_eq!(all(&mut source).0[1].1[1], "оплата");
}

#[test]
fn one_broken_cell_leaves_the_file_utf_8_and_is_set_aside() {
    let mut bytes = "text,label\nä ö ü ß ä ö ü,a\nkein Problem,ä\n".as_bytes().to_vec();
    bytes.extend(b"caf\xE9,b\nnul\0,c\n\xC3,\xA4\nlast\xEF\xBF\xBD,d\n");
    let (_folder, mut source) = csv(&bytes);
    assert_eq!(source.info().encoding, "UTF-8");
    let (rows, aside) = all(&mut source);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[2], row(7, &["last\u{fffd}", "d"]), "a replacement character of the file itself is text");
    assert_eq!(aside.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 5, 6]);
    assert!(aside[0].reason.contains("`text` is not text in the file's encoding"), "{}", aside[0].reason);
    assert!(aside[1].reason.contains("`text` holds a NUL character"), "{}", aside[1].reason);
}

#[test]
fn half_a_surrogate_is_set_aside() {
    let mut bytes = utf16("text,label\na,b\n", true, true);
    bytes.extend([0x00, 0xD8]);
    bytes.extend(utf16("x,c\nd,e\n", true, false));
    let (_folder, mut source) = csv(bytes);
    let (rows, aside) = all(&mut source);
    assert_eq!(rows, [row(2, &["a", "b"]), row(4, &["d", "e"])]);
    assert_eq!(aside[0].line, 3);
}

#[test]
fn what_options_say_is_not_detected() {
    let (_folder, path) = file("a.csv", b"a;b,c\n\xE4;2,3\n");
    let options =
        ReadOptions { encoding: Some("iso-8859-5".into()), delimiter: Some(";".into()), header: Some(false), ..Default::default() };
    let mut source = open(&path, &options).unwrap();
    assert_eq!((source.info().encoding.as_str(), source.info().delimiter.as_str(), source.info().header), ("ISO-8859-5", ";", false));
    assert_eq!(source.columns(), ["column 1", "column 2"]);
    assert_eq!(all(&mut source).0, [row(1, &["a", "b,c"]), row(2, &["ф", "2,3"])]);
    for (given, used) in [("\\t", "\t"), ("", ""), ("|", "|")] {
        let source = open(&path, &ReadOptions { delimiter: Some(given.into()), ..Default::default() }).unwrap();
        assert_eq!(source.info().delimiter, used);
    }
    for (options, word) in [
        (ReadOptions { encoding: Some("klingon".into()), ..Default::default() }, "`klingon` is not the name of an encoding"),
        (ReadOptions { delimiter: Some("::".into()), ..Default::default() }, "`::` cannot divide cells"),
        (ReadOptions { delimiter: Some("\"".into()), ..Default::default() }, "cannot divide cells"),
    ] {
        let error = open(&path, &options).err().unwrap();
        assert_eq!(error.code, ErrorCode::Invalid);
        assert!(error.message.contains(word), "{}", error.message);
    }
}

#[test]
fn a_header_can_be_the_only_row_when_it_is_none() {
    let (_folder, path) = file("a.csv", "text,label\n");
    let mut source = open(&path, &ReadOptions { header: Some(false), ..Default::default() }).unwrap();
    assert_eq!(all(&mut source).0, [row(1, &["text", "label"])]);
    assert!(source.notes()[0].contains("no header row"), "{:?}", source.notes());
}

#[test]
fn short_rows_are_filled_long_rows_set_aside_blank_lines_skipped() {
    let (_folder, mut source) = csv("text,label,more\na\n\nb,x,\nc,x,y,\n\"d\",x,y,,\ne,x,y,z\n\r\nf,\"x\",y\n");
    let (rows, aside) = all(&mut source);
    assert_eq!(
        rows,
        [row(2, &["a", "", ""]), row(4, &["b", "x", ""]), row(5, &["c", "x", "y"]), row(6, &["d", "x", "y"]), row(9, &["f", "x", "y"])]
    );
    assert_eq!((aside.len(), aside[0].line, aside[0].text.as_str()), (1, 7, "e,x,y,z"));
    assert!(aside[0].reason.contains("4 cells, but there are 3 columns"));
    assert_eq!(source.notes(), ["1 row has fewer cells than there are columns; what is missing is empty."]);
}

#[test]
fn an_unclosed_quote_costs_one_row() {
    let (_folder, mut source) = csv("text,label\na,x\nb,\"open\nc,y\nd,\"fine\"\ne,z\n");
    let (rows, aside) = all(&mut source);
    assert_eq!(rows, [row(2, &["a", "x"]), row(4, &["c", "y"]), row(5, &["d", "fine"]), row(6, &["e", "z"])]);
    assert_eq!((aside.len(), aside[0].line, aside[0].text.as_str()), (1, 3, "b,\"open"));
    assert!(aside[0].reason.contains("never closes"));
}

#[test]
fn one_column_keeps_its_commas() {
    let (_folder, mut source) = csv("text\nHello, you, there\n\"quoted, too\"\nPlain\n");
    assert_eq!(source.info().delimiter, "");
    assert_eq!(all(&mut source).0, [row(2, &["Hello, you, there"]), row(3, &["quoted, too"]), row(4, &["Plain"])]);
}

#[test]
fn the_separator_line_of_excel_is_obeyed_and_counted() {
    let (_folder, mut source) = csv("sep=;\r\ntext;label\r\na,b;c\r\n");
    assert_eq!(source.columns(), ["text", "label"]);
    assert_eq!(all(&mut source).0, [row(3, &["a,b", "c"])]);
}

#[test]
fn huge_cells_and_many_columns_are_read() {
    let cell = "x, \"\"y\"\"\n".repeat(120_000);
    let (_folder, mut source) = csv(format!("text,label\n\"{cell}\",a\nb,c\n"));
    let (rows, _) = all(&mut source);
    assert_eq!(rows[0].1[0], cell.replace("\"\"", "\""));
    assert_eq!(rows[1].0, 120_003);

    let names: Vec<String> = (0..5_000).map(|i| format!("c{i}")).collect();
    let line: Vec<String> = (0..5_000).map(|i| i.to_string()).collect();
    let text = format!("{}\n{}\n", names.join(","), [line.join(",").as_str(); 50].join("\n"));
    let (_folder, mut source) = csv(text);
    assert_eq!(source.columns().len(), 5_000);
    let (rows, aside) = all(&mut source);
    assert_eq!((rows.len(), rows[49].1[4_999].as_str(), aside.len()), (50, "4999", 0));
}

#[test]
fn reading_again_gives_the_same() {
    let (_folder, mut source) = csv("text,label\na\nb,c\n");
    let first = all(&mut source);
    assert_eq!(first, all(&mut source));
    assert_eq!(source.notes(), ["1 row has fewer cells than there are columns; what is missing is empty."]);
}

/// What Python's csv module read from the same files, written by `golden.py` beside them.
#[test]
fn python_reads_the_same() {
    #[derive(serde::Deserialize)]
    struct Golden {
        cells: Vec<String>,
        ends_on_line: u64,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/csv");
    for (name, encoding, delimiter) in [
        ("tickets.csv", "UTF-8", ","),
        ("excel-de.csv", "windows-1252", ";"),
        ("unicode.tsv", "UTF-16LE", "\t"),
        ("bom.csv", "UTF-8", ","),
        ("bars.csv", "UTF-8", "|"),
        ("mac.csv", "UTF-8", ","),
    ] {
        let golden: Vec<Golden> = serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap();
        let mut source = open(&folder.join(name), &ReadOptions::default()).unwrap();
        assert_eq!((source.info().encoding.as_str(), source.info().delimiter.as_str()), (encoding, delimiter), "{name}");
        assert_eq!(source.columns(), golden[0].cells, "{name}");
        let (rows, aside) = all(&mut source);
        assert_eq!(aside, [], "{name}");
        let (lines, cells): (Vec<u64>, Vec<Vec<String>>) = rows.into_iter().unzip();
        assert_eq!(cells, golden[1..].iter().map(|row| row.cells.clone()).collect::<Vec<_>>(), "{name}");
        for (line, row) in lines.iter().zip(&golden[1..]) {
            let breaks = row.cells.iter().map(|cell| cell.replace("\r\n", "\n").matches(['\r', '\n']).count() as u64).sum::<u64>();
            assert_eq!(line + breaks, row.ends_on_line, "{name}");
        }
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\r\n\t]{0,12}",
        "[äöüßéèñ€„“ ,;|\"\r\n]{0,10}",
        prop_oneof![Just("007"), Just("1e5"), Just("null"), Just("TRUE"), Just(" "), Just("\u{a0}x\u{a0}")].prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn every_cell_comes_back_byte_for_byte(
        rows in proptest::collection::vec((cell(), cell(), cell()), 1..20),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
        encoding in prop_oneof![Just("utf-8"), Just("utf-16le"), Just("utf-16be"), Just("windows-1252")],
        detected in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(["user_input", "ground_truth_output", "notes"]).unwrap();
        for (a, b, c) in &rows {
            writer.write_record([a, b, c]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let bytes = match encoding {
            "utf-8" => text.into_bytes(),
            "windows-1252" => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
            other => utf16(&text, other == "utf-16le", true),
        };
        let (_folder, path) = file("data.csv", bytes);
        // One legacy encoding cannot be told from another by a few accents: there the user says which.
        let asked = (encoding == "windows-1252" || !detected).then(|| encoding.to_owned());
        let mut source = open(&path, &ReadOptions { encoding: asked, ..Default::default() }).unwrap();
        let (read, aside) = all(&mut source);
        let read: Vec<(String, String, String)> = read.into_iter().map(|(_, mut c)| (c.remove(0), c.remove(0), c.remove(0))).collect();
        prop_assert_eq!(aside, vec![]);
        prop_assert_eq!(read, rows);
    }
}

/// Files that real programs wrote, with the cells they must give: `tests/golden/make.py` made both.
#[test]
fn files_of_other_programs_give_the_cells_they_were_written_from() {
    #[derive(serde::Deserialize)]
    struct Golden {
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
        format: crate::dataset::FileFormat,
        encoding: Option<String>,
        sheets: Option<Vec<String>>,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let mut files = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let expected = entry.unwrap().path();
        if expected.extension().is_none_or(|extension| extension != "json") || expected.file_stem().unwrap() == "pandas" {
            continue;
        }
        files += 1;
        let golden: Golden = serde_json::from_slice(&fs::read(&expected).unwrap()).unwrap();
        let name = expected.file_stem().unwrap().to_string_lossy().into_owned();
        let mut source = match open(&folder.join(&name), &ReadOptions::default()) {
            Ok(source) => source,
            Err(error) => {
                wrong.push(error.message);
                continue;
            }
        };
        let info = source.info().clone();
        let (rows, aside) = all(&mut source);
        let cells: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
        if (&info.format, source.columns(), &cells) != (&golden.format, &golden.columns[..], &golden.rows)
            || !aside.is_empty()
            || golden.encoding.is_some_and(|encoding| encoding != info.encoding)
            || golden.sheets.is_some_and(|sheets| sheets != info.sheets)
        {
            wrong.push(format!("{name}: {info:?}\n  {:?}\n  {cells:?}\n  expected {:?}\n  aside {aside:?}", source.columns(), golden.rows));
        }
    }
    assert!(files >= 30, "{files} files");
    assert!(wrong.is_empty(), "{} of {files} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn read_named(name: &str, text: &str) -> (FileInfo, Vec<String>, Vec<Vec<String>>, Vec<SetAside>, Brings) {
    let (_folder, path) = file(name, text);
    let mut source = open(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{}", error.message));
    let (rows, aside) = all(&mut source);
    let rows = rows.into_iter().map(|(_, cells)| cells).collect();
    (source.info().clone(), source.columns().to_vec(), rows, aside, source.brings().clone())
}

#[test]
fn json_values_keep_their_text_and_broken_lines_are_named() {
    let text = "{\"text\": \"a \\u00e9\\n\", \"label\": 1.10, \"extra\": {\"k\": [1,  2]}}\n\n{\"text\": \"b\", \"label\": null}\n{\"text\": \"c\", \n{\"label\": true, \"text\": \"d\", \"late\": \"x\"}\n[1]\n{\"text\": \"e\", \"text\": \"f\"}\n{\"text\": \"nul\\u0000\"}\n{\"text\": \"\\ud800\"}\n";
    let (info, columns, rows, aside, _) = read_named("a.jsonl", text);
    assert_eq!((info.format, info.encoding.as_str()), (FileFormat::JsonLines, "UTF-8"));
    assert_eq!(columns, ["text", "label", "extra", "late"]);
    assert_eq!(
        rows,
        [["a é\n", "1.10", "{\"k\": [1,  2]}", ""], ["b", "", "", ""], ["d", "true", "", "x"]].map(|row| row.map(str::to_owned).to_vec())
    );
    assert_eq!(aside.iter().map(|aside| aside.line).collect::<Vec<_>>(), [4, 6, 7, 8, 9]);
    for (aside, word) in aside.iter().zip(["not whole JSON", "no object", "names `text` twice", "NUL", "not whole JSON"]) {
        assert!(aside.reason.contains(word), "{}", aside.reason);
    }
}

#[test]
fn json_without_rows_is_refused_in_words() {
    assert!(refused_file("a.json", "{\n  \"data\": [{\"text\": \"a\"}]\n}\n").contains("one JSON object. Its rows must be an array"));
    assert!(
        refused_file("a.jsonl", "nonsense\n").contains("holds no JSON object that could be a row. The first: The value is not whole JSON")
    );
    assert!(refused_file("a.json", "[1, 2]").contains("holds no JSON object"));
    let (_folder, path) = file("cut.json", "[{\"text\": \"a\", \"label\": \"b\"},\n {\"text\": \"c");
    let mut source = open(&path, &ReadOptions::default()).unwrap();
    let (rows, aside) = all(&mut source);
    assert_eq!((rows.len(), aside.len(), aside[0].line), (1, 1, 2));
    assert!(aside[0].reason.contains("may be cut off"), "{}", aside[0].reason);
}

#[test]
fn conversations_give_input_answer_and_system_prompt() {
    let line = |system: &str, question: &str, answer: &str| {
        format!(
            "{{\"messages\": [{{\"role\": \"system\", \"content\": \"{system}\"}}, {{\"role\": \"user\", \"content\": \"{question}\"}}, {{\"role\": \"assistant\", \"content\": \"{answer}\"}}]}}\n"
        )
    };
    let same = line("Be brief.", "Where?", "Here.") + &line("Be brief.", "  Who? ", "Me.");
    let (info, columns, rows, aside, brings) = read_named("chat.jsonl", &same);
    assert_eq!((info.format, columns, aside), (FileFormat::Chat, vec!["input".to_owned(), "output".to_owned()], vec![]));
    assert_eq!(rows, [["Where?", "Here."], ["  Who? ", "Me."]].map(|row| row.map(str::to_owned).to_vec()));
    assert_eq!(brings.system_prompt.as_deref(), Some("Be brief."));
    assert_eq!((brings.roles.input.as_deref(), brings.roles.truth.as_deref()), (Some("input"), Some("output")));

    let mixed = line("Be brief.", "Where?", "Here.")
        + &line("Be long.", "Who?", "Me.")
        + "{\"messages\": [{\"role\": \"user\", \"content\": \"A\"}, {\"role\": \"assistant\", \"content\": \"B\"}, {\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"C\"}]}, {\"role\": \"assistant\", \"content\": \"D\"}], \"id\": 7}\n"
        + "{\"messages\": [{\"role\": \"user\", \"content\": \"no answer\"}]}\n"
        + "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {}}]}, {\"role\": \"assistant\", \"content\": \"x\"}]}\n";
    let (_, columns, rows, aside, brings) = read_named("chat.jsonl", &mixed);
    assert_eq!(columns, ["input", "output", "id", "system"]);
    assert_eq!(rows[1], ["Who?", "Me.", "", "Be long."]);
    assert_eq!(rows[2], ["User: A\n\nAssistant: B\n\nUser: C", "D", "7", ""]);
    assert_eq!(brings.system_prompt.as_deref(), Some("{{system}}"));
    assert_eq!(aside.iter().map(|aside| aside.line).collect::<Vec<_>>(), [4, 5]);
    assert!(aside[0].reason.contains("no ground truth") && aside[1].reason.contains("`image_url`"), "{aside:?}");
}

#[test]
fn evals_of_openai_are_understood() {
    let text = "{\"input\": [{\"role\": \"system\", \"content\": \"Answer.\"}, {\"role\": \"user\", \"content\": \"2+2\"}], \"ideal\": \"4\"}\n{\"input\": [{\"role\": \"system\", \"content\": \"Answer.\"}, {\"role\": \"user\", \"content\": \"Capital?\"}], \"ideal\": [\"Paris\", \"paris\"]}\n";
    let (info, columns, rows, _, brings) = read_named("evals.jsonl", text);
    assert_eq!((info.format, columns), (FileFormat::OpenaiEvals, ["input", "ideal", "ideals"].map(str::to_owned).to_vec()));
    assert_eq!(rows[1], ["Capital?", "Paris", "[\"Paris\", \"paris\"]"]);
    assert_eq!(brings.system_prompt.as_deref(), Some("Answer."));
    assert!(brings.unmapped[0].contains("1 row accepts several answers"), "{:?}", brings.unmapped);
    let text = "{\"item\": {\"question\": \"q\", \"answer\": 007e0}, \"sample\": {\"output_text\": \"o\"}}\n".replace("007e0", "7e0");
    let (_, columns, rows, ..) = read_named("api.jsonl", &text);
    assert_eq!(
        (columns, rows),
        (["question", "answer", "sample.output_text"].map(str::to_owned).to_vec(), vec![["q", "7e0", "o"].map(str::to_owned).to_vec()])
    );
}

#[test]
fn alpaca_joins_instruction_and_input_unless_the_instruction_is_one_for_all() {
    let text = "[{\"instruction\": \"Add.\", \"input\": \"1 1\", \"output\": \"2\"}, {\"instruction\": \"Name one.\", \"input\": \"\", \"output\": \"x\"}]";
    let (info, columns, rows, _, brings) = read_named("alpaca.json", text);
    assert_eq!((info.format, columns[3].as_str()), (FileFormat::Alpaca, "instruction and input"));
    assert_eq!((rows[0][3].as_str(), rows[1][3].as_str()), ("Add.\n\n1 1", "Name one."));
    assert_eq!((brings.roles.input.as_deref(), brings.roles.truth.as_deref()), (Some("instruction and input"), Some("output")));
    let same = "instruction,input,output\nAdd.,1 1,2\nAdd.,2 2,4\n";
    let (info, columns, _, _, brings) = read_named("alpaca.csv", same);
    assert_eq!((info.format, columns.len(), brings.system_prompt.as_deref()), (FileFormat::Alpaca, 3, Some("Add.")));
    assert_eq!(brings.roles.input.as_deref(), Some("input"));
}

#[test]
fn promptfoo_tests_give_variables_answers_and_metrics() {
    use crate::metric::MetricKind;
    let yaml = "description: x\nprompts:\n  - 'Answer in {{ language }}: {{question}}'\n  - file://other.txt\ndefaultTest:\n  vars: {tone: polite}\n  assert:\n    - type: latency\n      threshold: 100\ntests:\n  - description: first\n    vars: {question: 007, language: [French, German]}\n    assert:\n      - {type: icontains, value: 'in {{language}}'}\n      - {type: javascript, value: 'x'}\n  - vars: {question: \"null\"}\n    assert: [{type: icontains, value: ~}]\n    threshold: 1\n  - file://more.yaml\n";
    let (info, columns, rows, aside, brings) = read_named("promptfooconfig.yaml", yaml);
    assert_eq!(
        (info.format, columns),
        (FileFormat::Promptfoo, ["question", "language", "tone", "description", "expected"].map(str::to_owned).to_vec())
    );
    assert_eq!(
        rows,
        [
            ["007", "French", "polite", "first", "in French"],
            ["007", "German", "polite", "first", "in German"],
            ["null", "", "polite", "", "~"]
        ]
        .map(|row| row.map(str::to_owned).to_vec())
    );
    assert_eq!(brings.metrics.iter().map(|spec| spec.metric.clone()).collect::<Vec<_>>(), [MetricKind::Contains]);
    assert_eq!(brings.system_prompt.as_deref(), Some("Answer in {{language}}: {{question}}"));
    assert_eq!((aside.len(), aside[0].line), (1, 19));
    assert!(aside[0].reason.contains("file://more.yaml"), "{}", aside[0].reason);
    let unmapped = brings.unmapped.join("\n");
    for word in [
        "`latency`: no counterpart, left out (3 tests)",
        "`javascript`: no counterpart, left out (2 tests)",
        "`threshold` of 1 test",
        "`prompts` refers to files",
    ] {
        assert!(unmapped.contains(word), "{word} in {unmapped}");
    }

    let csv = "question,__expected,__expected2,__metric\nq1,\"contains: Paris\",llm-rubric: kind,m\nq2,plain: text,,\nq3,\"similar(0.8): x\",,\nq4,contains:Rome,,\n";
    let (info, columns, rows, _, brings) = read_named("tests.csv", csv);
    assert_eq!((info.format, columns.last().unwrap().as_str()), (FileFormat::Promptfoo, "expected answer"));
    let answers: Vec<&str> = rows.iter().map(|row| row.last().unwrap().as_str()).collect();
    assert_eq!(answers, ["Paris", "plain: text", "x", "Rome"]);
    assert_eq!(brings.metrics[0].metric, MetricKind::Contains);
    assert_eq!(brings.roles.truth.as_deref(), Some("expected answer"));

    let lines = "{\"vars\": {\"q\": 1.10}, \"assert\": [{\"type\": \"equals\", \"value\": {\"a\": 1}}]}\n{\"vars\": {\"q\": \"x\"}, \"assert\": [{\"type\": \"llm-rubric\", \"value\": \"is kind\"}]}\n";
    let (_, _, rows, _, brings) = read_named("tests.jsonl", lines);
    assert_eq!(rows, [["1.10", "{\"a\": 1}"], ["x", "is kind"]].map(|row| row.map(str::to_owned).to_vec()));
    assert_eq!(brings.metrics[0].metric, MetricKind::Json);
    assert!(refused_file("a.yaml", "a: [1").contains("Line"));
    assert!(refused_file("a.yaml", "providers: [x]").contains("has no `tests`"));
}

#[test]
fn a_workbook_that_is_cut_off_or_a_bomb_is_refused() {
    use std::io::Write;
    let whole = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/openpyxl.xlsx")).unwrap();
    let (_folder, path) = file("cut.xlsx", &whole[..whole.len() * 2 / 3]);
    assert!(refused(&path).contains("cut.xlsx is no whole workbook (its end is missing)"), "{}", refused(&path));
    let mut middle = whole.clone();
    for byte in &mut middle[400..1_400] {
        *byte ^= 0x5A;
    }
    let (_folder, path) = file("damaged.xlsx", &middle);
    assert!(refused(&path).contains("damaged.xlsx is no whole"), "{}", refused(&path));

    let mut bomb = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    bomb.start_file("xl/workbook.xml", options).unwrap();
    bomb.write_all(b"<workbook/>").unwrap();
    bomb.start_file("xl/sharedStrings.xml", options).unwrap();
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..300 {
        bomb.write_all(&zeros).unwrap();
    }
    let bytes = bomb.finish().unwrap().into_inner();
    assert!(bytes.len() < 2 * 1024 * 1024, "a small file");
    let (_folder, path) = file("bomb.xlsx", &bytes);
    assert!(refused(&path).contains("bomb.xlsx unpacks to more than 256 MB (xl/sharedStrings.xml)"), "{}", refused(&path));
}

#[test]
fn nested_columns_of_parquet_are_refused_by_name() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/pyarrow-nested.parquet");
    let sentence = refused(&path);
    assert!(sentence.contains("`messages`, `tags` of pyarrow-nested.parquet are nested"), "{sentence}");
    let bytes = fs::read(path.with_file_name("pandas-snappy.parquet")).unwrap();
    assert!(refused_file("cut.parquet", &bytes[..bytes.len() / 2]).contains("no whole Parquet file"));
}

#[test]
fn a_sheet_can_be_chosen() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/libreoffice.ods");
    let sheet = |name: &str| ReadOptions { sheet: Some(name.to_owned()), ..ReadOptions::default() };
    let mut source = open(&path, &sheet("Zweites Blatt")).unwrap();
    assert_eq!(source.columns(), ["Frage", "Antwort"]);
    assert_eq!(all(&mut source).0, [row(2, &["Wo?", "hier"])]);
    let error = open(&path, &sheet("Sheet 9")).err().unwrap();
    assert!(error.message.contains("has no sheet `Sheet 9`. Choose one of `Orders`, `Zweites Blatt`"), "{}", error.message);
}

#[test]
fn pasted_cells_are_a_table() {
    let mut source = super::open(&Input::pasted("text\tlabel\r\n\"two\r\nlines\"\t007\r\nb\tc\r\n"), &ReadOptions::default()).unwrap();
    assert_eq!(source.info().delimiter, "\t");
    assert_eq!(all(&mut source).0, [row(2, &["two\r\nlines", "007"]), row(4, &["b", "c"])]);
    let nothing = super::open(&Input::pasted(" \n"), &ReadOptions::default()).err().unwrap();
    assert!(nothing.message.contains("Nothing was pasted"), "{}", nothing.message);
}

#[test]
fn other_quotes_can_be_asked_for() {
    let (_folder, path) = file("a.csv", "text,label\n'a,b',x\n\"c\",y\n");
    let ask = |quote: &str| ReadOptions { quote: Some(quote.to_owned()), ..ReadOptions::default() };
    let mut source = open(&path, &ask("'")).unwrap();
    assert_eq!(source.info().quote, "'");
    assert_eq!(all(&mut source).0, [row(2, &["a,b", "x"]), row(3, &["\"c\"", "y"])]);
    let mut source = open(&path, &ask("")).unwrap();
    assert_eq!(all(&mut source).0, [row(3, &["\"c\"", "y"])]);
    assert!(open(&path, &ask("ab")).err().unwrap().message.contains("`ab` cannot stand around cells"));
}

/// What reading a file comes to when something happens to it after its first row.
fn meddled(happen: impl Fn(&Path)) -> (usize, Option<String>) {
    let (_folder, path) = file("data.csv", format!("text,label\n{}", "some text of a row,a\n".repeat(100_000)));
    let mut source = open(&path, &ReadOptions::default()).unwrap();
    let mut rows = 0;
    let read = source.rows(&mut |_, _| {
        if rows == 0 {
            happen(&path);
        }
        rows += 1;
        Ok(ControlFlow::Continue(()))
    });
    (rows, read.err().map(|error| error.message))
}

#[test]
fn a_file_that_grows_or_shrinks_meanwhile_is_refused_one_that_vanishes_is_read_to_its_end() {
    use std::io::Write;
    let append = |path: &Path| fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"more,b\n").unwrap();
    let (_, said) = meddled(append);
    assert!(said.as_deref().is_some_and(|said| said.contains("data.csv grew from 2100011 to 2100018 bytes")), "{said:?}");
    let (_, said) = meddled(|path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(50).unwrap());
    assert!(said.as_deref().is_some_and(|said| said.contains("shrank from 2100011 to 50 bytes")), "{said:?}");
    assert_eq!(meddled(|path| fs::remove_file(path).unwrap()), (100_000, None));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_to_itself_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("loop.csv");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    assert!(refused(&link).contains("loop.csv is a link that leads to itself"), "{}", refused(&link));
}

#[test]
fn a_cell_and_a_line_that_are_too_long_are_set_aside() {
    let long = "x".repeat(50 * 1024 * 1024);
    let (_folder, mut source) = csv(format!("text,label\n\"{long}\",a\nb,c\n"));
    let (rows, aside) = all(&mut source);
    assert_eq!((rows, aside.len(), aside[0].line), (vec![row(3, &["b", "c"])], 1, 2));
    assert!(aside[0].reason.contains("The cell of `text` has 50 MB; cells of up to 16 MB are taken"), "{}", aside[0].reason);
    let (_folder, mut source) = csv(format!("text,label\n{long}{long},a\nb,c\n"));
    let (rows, aside) = all(&mut source);
    assert_eq!((rows, aside.len(), aside[0].line), (vec![row(3, &["b", "c"])], 1, 2));
    assert!(aside[0].reason.contains("longer than 64 MB"), "{}", aside[0].reason);
}
