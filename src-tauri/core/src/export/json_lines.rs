//! JSON Lines, as a table and as samples of OpenAI Evals.

use std::{
    fs::File,
    io::{BufWriter, Write},
};

use serde::{Serializer, ser::SerializeMap};
use serde_json::json;

use super::{ExportedRow, Flat, Head, RowWriter, Written, unwritable};
use crate::error::Result;

/// Names and cells as one JSON object, in their order.
struct Object<'a>(&'a Flat, &'a ExportedRow);

impl serde::Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.names.len()))?;
        for (name, cell) in self.0.names.iter().zip(self.0.cells(self.1)) {
            map.serialize_entry(name, &cell)?;
        }
        map.end()
    }
}

fn line(out: &mut BufWriter<File>, value: &impl serde::Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, value).map_err(|e| unwritable(&e))?;
    out.write_all(b"\n").map_err(|e| unwritable(&e))
}

pub(super) struct JsonLinesWriter {
    flat: Flat,
    out: BufWriter<File>,
}

impl JsonLinesWriter {
    pub(super) fn new(head: Head, file: File) -> Self {
        Self { flat: Flat::new(&head), out: BufWriter::new(file) }
    }
}

impl RowWriter for JsonLinesWriter {
    fn row(&mut self, row: &ExportedRow) -> Result<()> {
        line(&mut self.out, &Object(&self.flat, row))
    }

    fn finish(mut self: Box<Self>) -> Result<Written> {
        self.out.flush().map_err(|e| unwritable(&e))?;
        Ok(Written::default())
    }
}

/// One sample a line: `input` as messages and `ideal`, as the eval templates of OpenAI Evals read them, and the whole row as `item`.
pub(super) struct EvalsWriter {
    head: Head,
    flat: Flat,
    out: BufWriter<File>,
}

#[derive(serde::Serialize)]
struct Sample<'a> {
    input: serde_json::Value,
    ideal: &'a str,
    item: Object<'a>,
}

impl EvalsWriter {
    pub(super) fn new(head: Head, file: File) -> Self {
        Self { flat: Flat::new(&head), head, out: BufWriter::new(file) }
    }
}

impl RowWriter for EvalsWriter {
    fn row(&mut self, row: &ExportedRow) -> Result<()> {
        let cell = |place: usize| row.cells.get(place).map_or("", String::as_str);
        let sample = Sample {
            input: json!([{"role": "user", "content": cell(self.head.input)}]),
            ideal: cell(self.head.truth),
            item: Object(&self.flat, row),
        };
        line(&mut self.out, &sample)
    }

    fn finish(mut self: Box<Self>) -> Result<Written> {
        self.out.flush().map_err(|e| unwritable(&e))?;
        Ok(Written::default())
    }
}
