mod formats;
mod hostile;
mod refusals;

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
