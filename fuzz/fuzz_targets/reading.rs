//! What every target checks: a file is refused in words or read whole, twice the same, and no row is lost.

use std::ops::ControlFlow;

use mlprompt_core::{
    Result,
    dataset::{
        Input, ReadOptions,
        source::{Entry, Source, open},
    },
};

/// Rows and rows set aside, with a fingerprint of their cells.
fn pass(source: &mut Source) -> Result<(u64, u64, u64)> {
    let (mut rows, mut aside, mut print) = (0_u64, 0_u64, 0_u64);
    let width = source.columns().len();
    source.rows(&mut |entry, _| {
        match entry {
            Entry::Row(row) => {
                rows += 1;
                assert_eq!(row.cells().count(), width, "a cell a column");
                for cell in row.cells() {
                    assert!(!cell.contains('\0'));
                    for byte in cell.bytes() {
                        print = print.wrapping_mul(31).wrapping_add(u64::from(byte) + 1);
                    }
                }
            }
            Entry::SetAside(row) => {
                aside += 1;
                assert!(!row.reason.is_empty());
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((rows, aside, print))
}

/// Reads bytes as a file of this name; gives rows and rows set aside, none when it was refused.
pub fn read(name: &str, bytes: &[u8]) -> Option<(u64, u64)> {
    thread_local!(static FOLDER: tempfile::TempDir = tempfile::tempdir().expect("a folder"));
    let path = FOLDER.with(|folder| folder.path().join(name));
    std::fs::write(&path, bytes).expect("a file");
    let mut source = match open(&Input::File(path), &ReadOptions::default()) {
        Ok(source) => source,
        Err(error) => {
            assert!(error.message.contains(name), "the sentence names the file: {}", error.message);
            return None;
        }
    };
    let first = pass(&mut source).expect("what was opened is read");
    let second = pass(&mut source).expect("what was opened is read");
    assert_eq!(first, second, "reading again gives the same");
    Some((first.0, first.1))
}
