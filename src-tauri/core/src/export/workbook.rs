//! XLSX: one sheet of texts. A text is never a formula there, so no cell needs changing; what a cell of Excel cannot hold is refused.

use std::{
    fs::File,
    io::BufWriter,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use rust_xlsxwriter::Workbook;

use super::{ExportedRow, Flat, Head, Limits, RowWriter, Written, unwritable};
use crate::{
    calls::grouped,
    error::{Error, Result},
};

/// Limits of Excel: columns, UTF-16 units of one cell.
const MOST_COLUMNS: usize = 16_384;
const MOST_UNITS: usize = 32_767;
/// Cells that are named before it is only said how many more there are.
const NAMED: usize = 5;
/// Bytes of the marks around a cell, as they stand in the unpacked sheet.
const AROUND_CELL: u64 = 80;

/// The sheet as far as it is written, and the cells it cannot hold.
struct Sheet {
    book: Workbook,
    next_row: u32,
    /// What it unpacks to, about.
    bytes: u64,
    problems: Vec<String>,
    more_problems: u64,
}

pub(super) struct WorkbookWriter {
    flat: Flat,
    sheet: Sheet,
    limits: Limits,
    file: File,
}

/// Bytes of a cell in the unpacked sheet.
fn unpacked(text: &str) -> u64 {
    AROUND_CELL + text.bytes().map(|b| if matches!(b, b'&' | b'<' | b'>' | b'"') { 5 } else { 1 }).sum::<u64>()
}

/// Why a cell of Excel cannot hold a text, if it cannot.
fn obstacle(text: &str) -> Option<String> {
    // Most texts are short, and every unit is at least a byte.
    if text.len() > MOST_UNITS {
        let units = text.encode_utf16().count();
        if units > MOST_UNITS {
            return Some(format!("has {units} characters"));
        }
    }
    let forbidden = |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().find(forbidden).map(|c| format!("holds the control character U+{:04X}", u32::from(c)))
}

impl WorkbookWriter {
    pub(super) fn new(head: Head, file: File, scratch: &Path, limits: Limits) -> Result<Self> {
        let flat = Flat::new(&head);
        if flat.names.len() > MOST_COLUMNS {
            return Err(Error::invalid(format!(
                "A sheet of Excel has at most {MOST_COLUMNS} columns, this export has {}. Export as CSV or JSON Lines.",
                flat.names.len()
            )));
        }
        let mut book = Workbook::new();
        book.set_tempdir(scratch).map_err(|e| unwritable(&e))?;
        book.add_worksheet_with_constant_memory().map_err(|e| unwritable(&e))?;
        let mut sheet = Sheet { book, next_row: 0, bytes: 0, problems: Vec::new(), more_problems: 0 };
        sheet.add("The header", &flat.names, flat.names.iter().map(String::as_str))?;
        Ok(Self { flat, sheet, limits, file })
    }
}

impl Sheet {
    fn add<'a>(&mut self, place: &str, names: &[String], cells: impl Iterator<Item = &'a str>) -> Result<()> {
        let row = self.next_row;
        self.next_row += 1;
        for (column, cell) in (0_u16..).zip(cells) {
            if let Some(obstacle) = obstacle(cell) {
                if self.problems.len() < NAMED {
                    self.problems.push(format!("{place}, column `{}`: {obstacle}", names[usize::from(column)]));
                } else {
                    self.more_problems += 1;
                }
            } else if self.problems.is_empty() && !cell.is_empty() {
                self.bytes += unpacked(cell);
                let book = &mut self.book;
                // The library ends the thread when its scratch file cannot be written.
                let written = catch_unwind(AssertUnwindSafe(|| {
                    book.worksheet_from_index(0).and_then(|sheet| sheet.write_string(row, column, cell).map(|_| ()))
                }));
                written.map_err(|_| unwritable(&"its scratch file cannot be written"))?.map_err(|e| unwritable(&e))?;
            }
        }
        Ok(())
    }
}

impl RowWriter for WorkbookWriter {
    fn row(&mut self, row: &ExportedRow) -> Result<()> {
        let Limits { sheet_rows, workbook_bytes, .. } = self.limits;
        if self.sheet.next_row >= sheet_rows {
            return Err(Error::invalid(format!(
                "A sheet of Excel has at most {} rows with its header, and there are more examples. Export as CSV or JSON Lines, or filter the examples first. No file was written.",
                grouped(sheet_rows.into())
            )));
        }
        if self.sheet.bytes > workbook_bytes {
            return Err(Error::invalid(format!(
                "The examples come to a workbook of more than {} MB unpacked, which hardly a program opens. Export as CSV or JSON Lines, or filter the examples and export them in parts. No file was written.",
                workbook_bytes / (1024 * 1024)
            )));
        }
        let cells = self.flat.cells(row);
        self.sheet.add(&format!("Example {}", row.number), &self.flat.names, cells.iter().map(AsRef::as_ref))
    }

    fn finish(mut self: Box<Self>) -> Result<Written> {
        if !self.sheet.problems.is_empty() {
            let more = match self.sheet.more_problems {
                0 => String::new(),
                more => format!("; and {more} cells more"),
            };
            return Err(Error::invalid(format!(
                "An XLSX cell holds at most {MOST_UNITS} characters and no control characters, and nothing is cut. {}{more}. Export as CSV or JSON Lines, which hold every cell.",
                self.sheet.problems.join("; ")
            )));
        }
        let (book, file) = (&mut self.sheet.book, BufWriter::new(&self.file));
        catch_unwind(AssertUnwindSafe(|| book.save_to_writer(file)))
            .map_err(|_| unwritable(&"there is no room for it"))?
            .map_err(|e| unwritable(&e))?;
        Ok(Written::default())
    }
}
