//! CSV and TSV: every cell in quotes, so that no reader has to guess where one ends.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufWriter, Write},
};

use super::{ExportedRow, Flat, Head, RowWriter, Written, formula, unwritable};
use crate::error::Result;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

struct Records {
    safe: bool,
    changed: u64,
    out: csv::Writer<BufWriter<File>>,
}

impl Records {
    fn add<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<()> {
        for cell in cells {
            let written = if self.safe { formula::safe(cell) } else { Cow::Borrowed(cell) };
            self.changed += u64::from(matches!(written, Cow::Owned(_)));
            self.out.write_field(written.as_bytes()).map_err(|e| unwritable(&e))?;
        }
        self.out.write_record(None::<&[u8]>).map_err(|e| unwritable(&e))
    }
}

pub(super) struct TableWriter {
    flat: Flat,
    records: Records,
}

impl TableWriter {
    pub(super) fn new(head: Head, file: File, delimiter: u8) -> Result<Self> {
        let flat = Flat::new(&head);
        let mut file = BufWriter::new(file);
        // Spreadsheets take a file without the mark for the encoding of their country. It is no part of any cell; a first name that
        // starts with that very character would lose it to readers, were there no mark before it.
        if head.safe_for_spreadsheets || flat.names.first().is_some_and(|n| n.starts_with('\u{feff}')) {
            file.write_all(BYTE_ORDER_MARK).map_err(|e| unwritable(&e))?;
        }
        let out = csv::WriterBuilder::new().delimiter(delimiter).quote_style(csv::QuoteStyle::Always).from_writer(file);
        let mut records = Records { safe: head.safe_for_spreadsheets, changed: 0, out };
        records.add(flat.names.iter().map(String::as_str))?;
        Ok(Self { flat, records })
    }
}

impl RowWriter for TableWriter {
    fn row(&mut self, row: &ExportedRow) -> Result<()> {
        self.records.add(self.flat.cells(row).iter().map(AsRef::as_ref))
    }

    fn finish(mut self: Box<Self>) -> Result<Written> {
        self.records.out.flush().map_err(|e| unwritable(&e))?;
        Ok(Written { changed_cells: self.records.changed })
    }
}
