//! Tests of promptfoo: a YAML list with the cells as `vars`, the ground truth as an assertion, and what is ours as `metadata`.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use super::{ExportedRow, Flat, Head, RowWriter, Written, unwritable};
use crate::{
    calls::grouped,
    error::{Error, Result},
    metric::MetricKind,
};

pub(super) struct PromptfooWriter {
    flat: Flat,
    /// How many of the names are the dataset's.
    own: usize,
    truth: usize,
    assertion: &'static str,
    rows: u64,
    bytes: u64,
    most: u64,
    out: BufWriter<File>,
}

const COMMENT: &str = "# Tests of promptfoo. vars are the columns of the dataset; the assertion is the ground truth.\n";

/// A double-quoted scalar of YAML that reads back as the text, character for character.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Neither printable in YAML nor left alone by line folding.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl PromptfooWriter {
    /// Tests of at most so many bytes: they are read as a whole.
    pub(super) fn new(head: Head, file: File, most: u64) -> Result<Self> {
        let flat = Flat::new(&head);
        let assertion = match head.metric {
            MetricKind::Contains => "contains",
            _ => "equals",
        };
        let mut out = BufWriter::new(file);
        out.write_all(COMMENT.as_bytes()).map_err(|e| unwritable(&e))?;
        let bytes = COMMENT.len() as u64;
        Ok(Self { own: flat.kept.len(), truth: head.truth, flat, assertion, rows: 0, bytes, most, out })
    }

    fn text(&self, row: &ExportedRow) -> String {
        let cells = self.flat.cells(row);
        let mut named = self.flat.names.iter().zip(&cells);
        let mut text = String::from("- vars:\n");
        for (name, cell) in named.by_ref().take(self.own) {
            text.push_str(&format!("    {}: {}\n", quoted(name), quoted(cell)));
        }
        let truth = row.cells.get(self.truth).map_or("", String::as_str);
        text.push_str(&format!("  assert:\n    - type: {}\n      value: {}\n  metadata:\n", self.assertion, quoted(truth)));
        for (name, cell) in named {
            text.push_str(&format!("    {}: {}\n", quoted(name), quoted(cell)));
        }
        text
    }
}

impl RowWriter for PromptfooWriter {
    fn row(&mut self, row: &ExportedRow) -> Result<()> {
        self.rows += 1;
        let text = self.text(row);
        self.bytes += text.len() as u64;
        if self.bytes > self.most {
            return Err(Error::invalid(format!(
                "Tests of promptfoo are read as a whole, so a file holds at most {} MB of them, and these examples come to more after {}. Filter the examples and export them in parts, or export as CSV or JSON Lines. No file was written.",
                self.most / (1024 * 1024),
                grouped(self.rows - 1)
            )));
        }
        self.out.write_all(text.as_bytes()).map_err(|e| unwritable(&e))
    }

    fn finish(mut self: Box<Self>) -> Result<Written> {
        if self.rows == 0 {
            self.out.write_all(b"[]\n").map_err(|e| unwritable(&e))?;
        }
        self.out.flush().map_err(|e| unwritable(&e))?;
        Ok(Written::default())
    }
}
