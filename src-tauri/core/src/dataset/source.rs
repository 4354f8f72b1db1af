//! One input as rows: opened once, understood from its beginning, then read as a stream by the reader of its format.

use std::{
    io::{Read, Seek, SeekFrom},
    ops::ControlFlow,
};

use encoding_rs::Encoding;

use super::{
    FileFormat, FileInfo, ReadOptions, alpaca, delimited,
    encoding::{self, Decoded},
    input::{Bytes, Input},
    json, parquet, promptfoo, refusal,
    row::{Brings, Opened},
    workbook,
};
use crate::{Error, Result};

pub use super::row::{Entry, Row};

/// Bytes from which a format is understood.
const SAMPLE: u64 = 256 * 1024;

/// An opened and understood input. Rows are handed out one at a time and never held.
pub struct Source {
    opened: Opened,
}

/// Opens an input; what `options` leave out is detected. Refuses, with a sentence that says what to do, whatever holds no rows.
pub fn open(input: &Input, options: &ReadOptions) -> Result<Source> {
    let mut bytes = Bytes::open(input)?;
    let mut start = Vec::new();
    (&mut bytes).take(SAMPLE).read_to_end(&mut start).map_err(|error| bytes.said(&error))?;
    let format = match options.format {
        // Where a layout stands in a file of another kind, that file is opened first.
        Some(FileFormat::Alpaca) | None => packed_format(&mut bytes, &start)?,
        asked => asked,
    };
    let opened = match format {
        Some(FileFormat::Xlsx) => workbook::open_xlsx(bytes, options),
        Some(FileFormat::Ods) => workbook::open_ods(bytes, options),
        Some(FileFormat::Parquet) => parquet::open(bytes),
        text => open_text(bytes, &start, text, options),
    }?;
    let opened = if opened.info.format == FileFormat::Promptfoo { opened } else { alpaca::recognise(opened, options.format)? };
    Ok(Source { opened })
}

/// The format of a file that is no text, none when it may be one; other files that are no text are refused.
fn packed_format(bytes: &mut Bytes, start: &[u8]) -> Result<Option<FileFormat>> {
    if start.starts_with(b"PAR1") {
        return Ok(Some(FileFormat::Parquet));
    }
    if start.starts_with(b"PK\x03\x04") {
        return workbook::format(bytes).map(Some);
    }
    let Some(path) = bytes.path() else { return Ok(None) };
    refusal::check_name(path)?;
    refusal::check_magic(path, start)?;
    Ok(None)
}

fn open_text(mut bytes: Bytes, start: &[u8], format: Option<FileFormat>, options: &ReadOptions) -> Result<Opened> {
    let encoding = match (&options.encoding, &bytes) {
        (_, Bytes::Text { .. }) => encoding_rs::UTF_8,
        (Some(label), _) => named_encoding(label)?,
        (None, _) => {
            let found = encoding::detect(&mut bytes);
            found.map_err(|error| bytes.said(&error))?
        }
    };
    bytes.seek(SeekFrom::Start(0)).map_err(|error| bytes.said(&error))?;
    let whole = start.len() as u64 >= bytes.size();
    let mut text = Vec::new();
    Decoded::new(start, encoding).read_to_end(&mut text).map_err(|error| bytes.said(&error))?;
    refusal::check_text(&bytes.name(), &text)?;
    match format.unwrap_or_else(|| text_format(&bytes, &text)) {
        FileFormat::Promptfoo => promptfoo::open(bytes, encoding, &text, whole, options),
        FileFormat::Delimited => {
            let opened = delimited::open(bytes, encoding, &text, whole, options)?;
            if options.format.is_none() { promptfoo::recognise_csv(opened) } else { Ok(opened) }
        }
        FileFormat::Alpaca => match text.trim_ascii_start().first() {
            Some(b'{' | b'[') => json::open(bytes, encoding, &text, None),
            _ => delimited::open(bytes, encoding, &text, whole, options),
        },
        json => {
            // One object over many lines is no list of rows, and is said to be none.
            let one_object = json == FileFormat::Json && text.trim_ascii_start().first() == Some(&b'{');
            json::open(bytes, encoding, &text, Some(json).filter(|_| options.format.is_some() || one_object))
        }
    }
}

/// The format of a text by its name and its first characters.
fn text_format(bytes: &Bytes, text: &[u8]) -> FileFormat {
    let extension = bytes.path().and_then(|path| path.extension()).map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let start = text.trim_ascii_start();
    let first_line = start.split(|&b| b == b'\n').next().unwrap_or_default();
    let is_json = |bytes: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
    match (extension.as_str(), start.first()) {
        ("yaml" | "yml", _) => FileFormat::Promptfoo,
        ("jsonl" | "ndjson" | "json", _) | (_, Some(b'{' | b'[')) if json::holds_promptfoo_tests(start) => FileFormat::Promptfoo,
        ("json", Some(b'{')) if json::is_promptfoo_config(start) => FileFormat::Promptfoo,
        ("jsonl" | "ndjson", _) => FileFormat::JsonLines,
        ("json", Some(b'{')) if !is_json(first_line) => FileFormat::Json,
        ("json", _) => FileFormat::JsonLines,
        (_, Some(b'{')) if is_json(first_line) || is_json(start) => FileFormat::JsonLines,
        (_, Some(b'[')) if is_json(first_line) || is_json(start) || starts_array_of_objects(start) => FileFormat::Json,
        _ => FileFormat::Delimited,
    }
}

/// `[` and then `{"`, as no table begins.
fn starts_array_of_objects(text: &[u8]) -> bool {
    let object = text.strip_prefix(b"[").map(<[u8]>::trim_ascii_start).and_then(|rest| rest.strip_prefix(b"{"));
    object.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""))
}

fn named_encoding(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
        Error::invalid(format!("`{label}` is not the name of an encoding. Use a name such as utf-8, utf-16le or windows-1252."))
    })
}

impl Source {
    /// Names of the columns; every one can stand in a prompt as `{{name}}`.
    pub fn columns(&self) -> &[String] {
        &self.opened.columns
    }

    /// The file and how it is read.
    pub fn info(&self) -> &FileInfo {
        &self.opened.info
    }

    /// What the file says beside its rows.
    pub(super) fn brings(&self) -> &Brings {
        &self.opened.brings
    }

    /// Sentences about the whole file; those about rows are complete once all rows were visited.
    pub fn notes(&self) -> Vec<String> {
        [self.opened.notes.clone(), self.opened.rows.notes()].concat()
    }

    /// Visits every row of the file from the first on, in order, until the visitor breaks off. It also hears how many bytes of the
    /// file were read. A file that was written to since it was opened is refused in the end.
    pub fn rows(&mut self, visit: &mut dyn FnMut(Entry<'_>, u64) -> Result<ControlFlow<()>>) -> Result<()> {
        self.opened.rows.visit(visit)?;
        self.opened.rows.check_unchanged()
    }
}

#[cfg(test)]
mod tests;
