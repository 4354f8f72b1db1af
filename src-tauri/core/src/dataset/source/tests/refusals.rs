//! What is no file with rows, or stops being one.

use super::*;

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
        assert!(refused_file(name, b"\x01\x02\x03").contains("does not begin like one"), "{name}");
        assert!(refused_file(name, "text;label\nä;b\n").contains("holds plain text and is no"), "{name}");
        assert!(refused_file(name, "text;label\nä;b\n").contains("rename it to a.csv"), "{name}");
    }
    assert!(refused_file("a.xlsx", "{\"a\": 1}\n").contains("rename it to a.jsonl"));
    assert!(refused_file("a.xlsx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....").contains("protected by a password"));
    assert!(refused_file("a.csv.gz", "x").contains("unpack it"));
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
