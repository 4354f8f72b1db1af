//! One file as rows: opened once, understood from its beginning, then read as a stream.

use std::{
    fs::File,
    io::{self, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use encoding_rs::Encoding;

use super::{
    FileFormat, FileInfo, ReadOptions, SetAside, columns,
    dialect::{self, Asked, Dialect},
    encoding::{self, Decoded},
    records::{Next, Record, Records},
    refusal::{self, io_error, name_of, unreadable},
};
use crate::{Error, Result};

/// Bytes from which the delimiter and the header are found.
const SAMPLE: u64 = 256 * 1024;
/// Characters of a set-aside row that are shown.
const SHOWN: usize = 200;

/// A row as it stands in the file: as many cells as there are columns, byte for byte after decoding.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Physical line where it starts, from 1.
    pub line: u64,
    /// Cells the file had nothing for; they are empty.
    pub missing: usize,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    /// The cell of a column, counted from 0.
    pub fn cell(&self, column: usize) -> &'a str {
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        &self.text[start..self.ends[column]]
    }
    /// All cells in column order.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let row = *self;
        (0..row.ends.len()).map(move |column| row.cell(column))
    }
}

/// What a line of the file turned out to be.
#[derive(Debug)]
pub enum Entry<'a> {
    /// A row.
    Row(Row<'a>),
    /// A row that cannot be taken as it stands.
    SetAside(SetAside),
}

/// Counts of what reading forgave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Forgiven {
    short: u64,
    joined: u64,
}

/// A delimited text file, opened and understood. Rows are handed out one at a time and never held.
pub struct Source {
    path: PathBuf,
    info: FileInfo,
    encoding: &'static Encoding,
    dialect: Dialect,
    skips_separator_line: bool,
    columns: Vec<String>,
    header_notes: Vec<String>,
    forgiven: Forgiven,
    records: Records<Decoded<File>>,
}

/// Opens a file; what `options` leave out is detected. Refuses, with a sentence that says what to do, whatever is no delimited text.
pub fn open(path: &Path, options: &ReadOptions) -> Result<Source> {
    let size = refusal::check_place(path)?;
    refusal::check_name(path)?;
    let said = |error: io::Error| io_error(path, &error);
    let mut file = File::open(path).map_err(said)?;
    let mut start = Vec::new();
    (&mut file).take(SAMPLE).read_to_end(&mut start).map_err(said)?;
    refusal::check_magic(path, &start)?;
    let encoding = match &options.encoding {
        Some(label) => named_encoding(label)?,
        None => encoding::detect(&mut file).map_err(said)?,
    };
    let whole = start.len() as u64 >= size;
    let mut text = Vec::new();
    Decoded::new(start.as_slice(), encoding).read_to_end(&mut text).map_err(said)?;
    refusal::check_text(path, &text)?;

    let separator = dialect::separator_line(&text);
    let asked = Asked { delimiter: asked_delimiter(options)?.or(separator.map(Some)), header: options.header };
    let table =
        if separator.is_some() { text.iter().position(|b| matches!(b, b'\r' | b'\n')).map_or(&[][..], |end| &text[end..]) } else { &text };
    let dialect = dialect::detect(table, whole, asked).map_err(said)?;
    let info = FileInfo {
        path: path.display().to_string(),
        name: name_of(path),
        size,
        format: FileFormat::Delimited,
        encoding: encoding.name().to_owned(),
        delimiter: dialect.delimiter.map(|b| char::from(b).to_string()).unwrap_or_default(),
        quote: "\"".to_owned(),
        header: dialect.header,
        sheets: Vec::new(),
        sheet: None,
        split: None,
    };
    let records = Records::new(Decoded::new(file, encoding), dialect.delimiter);
    let mut source = Source {
        path: path.to_owned(),
        info,
        encoding,
        dialect,
        skips_separator_line: separator.is_some(),
        columns: Vec::new(),
        header_notes: Vec::new(),
        forgiven: Forgiven::default(),
        records,
    };
    let header = source.rewind()?;
    (source.columns, source.header_notes) = match header {
        Some(cells) => columns::from_header(&cells),
        None => {
            let names = columns::numbered(source.dialect.width);
            let note = format!("{} has no header row; its columns are called {}.", source.info.name, enumeration(&names));
            (names, vec![note])
        }
    };
    if !source.records.has_more().map_err(said)? {
        return Err(unreadable(format!(
            "{} has a header row only. Add at least one row of data, or say that its first row is not a header.",
            source.info.name
        )));
    }
    Ok(source)
}

fn enumeration(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first, second] => format!("`{first}` and `{second}`"),
        [first, .., last] => format!("`{first}` to `{last}`"),
    }
}

fn named_encoding(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes()).ok_or_else(|| {
        Error::invalid(format!("`{label}` is not the name of an encoding. Use a name such as utf-8, utf-16le or windows-1252."))
    })
}

/// The delimiter asked for; the empty text asks for none, so that a file stays one column.
fn asked_delimiter(options: &ReadOptions) -> Result<Option<Option<u8>>> {
    let Some(text) = &options.delimiter else { return Ok(None) };
    match text.as_bytes() {
        [] => Ok(Some(None)),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n' | 0) => Ok(Some(Some(*byte))),
        b"\\t" => Ok(Some(Some(b'\t'))),
        _ => Err(Error::invalid(format!("`{text}` cannot divide cells. Use one character, such as a comma, a semicolon, a tab or a bar."))),
    }
}

impl Source {
    /// Names of the columns; every one can stand in a prompt as `{{name}}`.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The file and how it is read.
    pub fn info(&self) -> &FileInfo {
        &self.info
    }

    /// Sentences about the whole file; those about rows are complete once all rows were visited.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.header_notes.clone();
        let Forgiven { short, joined } = self.forgiven;
        if short > 0 {
            notes.push(format!("{} fewer cells than there are columns; what is missing is empty.", rows(short)));
        }
        if joined > 0 {
            notes.push(format!("{} text after a closing quote; it was joined to the cell.", rows(joined)));
        }
        notes
    }

    /// Goes back to the first row. Returns the header row's cells, when there is one.
    fn rewind(&mut self) -> Result<Option<Vec<String>>> {
        let said = |error: io::Error| io_error(&self.path, &error);
        let file = File::open(&self.path).map_err(said)?;
        self.forgiven = Forgiven::default();
        self.records = Records::new(Decoded::new(file, self.encoding), self.dialect.delimiter);
        if self.skips_separator_line {
            self.records.next().map_err(said)?;
        }
        if !self.dialect.header {
            return Ok(None);
        }
        match self.records.next().map_err(said)? {
            Next::Record(record) => Ok(Some(record.to_strings())),
            Next::Unclosed { opened, .. } => Err(unreadable(format!(
                "The header of {} opens a quote on line {opened} that never closes. Close it in the file, then import it again.",
                self.info.name
            ))),
            Next::End => Ok(Some(Vec::new())),
        }
    }

    /// Visits every row of the file from the first on, in order, until the visitor breaks off. It also hears how many bytes of the
    /// file were read.
    pub fn rows(&mut self, visit: &mut dyn FnMut(Entry<'_>, u64) -> Result<ControlFlow<()>>) -> Result<()> {
        self.rewind()?;
        let mut reader = RowReader { text: Vec::new(), ends: Vec::new() };
        loop {
            let bytes = self.records.input().bytes();
            let next = self.records.next().map_err(|error| io_error(&self.path, &error))?;
            let entry = match next {
                Next::End => return Ok(()),
                Next::Unclosed { line, opened, raw } => {
                    let place = if line == opened { String::new() } else { format!(" on line {opened}") };
                    Entry::SetAside(SetAside {
                        file: self.info.name.clone(),
                        line,
                        reason: format!("A quote opens{place} and never closes. Close it, or double it if it belongs to the text."),
                        text: shown(raw),
                    })
                }
                Next::Record(record) => match reader.read(&record, &self.columns) {
                    Ok(row) => {
                        self.forgiven.short += u64::from(row.missing > 0);
                        self.forgiven.joined += u64::from(record.joins_text_to_a_quote());
                        Entry::Row(row)
                    }
                    Err(reason) => {
                        Entry::SetAside(SetAside { file: self.info.name.clone(), line: record.line, reason, text: shown(record.raw) })
                    }
                },
            };
            if visit(entry, bytes)?.is_break() {
                return Ok(());
            }
        }
    }
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row has".to_owned() } else { format!("{count} rows have") }
}

/// The beginning of a text, for showing.
pub(super) fn shown(raw: &[u8]) -> String {
    // Cutting bytes first: a set-aside row can be very long.
    let start = &raw[..raw.len().min(SHOWN * 4)];
    String::from_utf8_lossy(start).chars().take(SHOWN).collect()
}

fn broken(column: &str) -> String {
    format!("The cell of `{column}` is not text in the file's encoding. Choose another encoding, or mend the cell.")
}

/// Turns records into rows with one cell a column; its memory is used again for every row.
struct RowReader {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl RowReader {
    fn read(&mut self, record: &Record<'_>, columns: &[String]) -> Result<Row<'_>, String> {
        let width = columns.len();
        let found = record.len();
        if (width..found).any(|index| !record.is_empty_cell(index)) {
            return Err(format!(
                "The row has {found} cells, but there are {width} columns. Put quotes around cells that hold the delimiter."
            ));
        }
        self.text.clear();
        self.ends.clear();
        for index in 0..width {
            record.append_cell(index, &mut self.text);
            self.ends.push(self.text.len());
        }
        let text = match std::str::from_utf8(&self.text) {
            Ok(text) if !text.contains('\0') => text,
            Ok(text) => {
                let place = text.find('\0').unwrap_or(0);
                return Err(format!("The cell of `{}` holds a NUL character. Remove it.", self.column_at(place, columns)));
            }
            Err(error) => return Err(broken(self.column_at(error.valid_up_to(), columns))),
        };
        // Two broken halves in neighbouring cells would read as one whole character.
        if let Some(&end) = self.ends.iter().find(|&&end| !text.is_char_boundary(end)) {
            return Err(broken(self.column_at(end - 1, columns)));
        }
        Ok(Row { line: record.line, missing: width.saturating_sub(found), text, ends: &self.ends })
    }

    fn column_at<'c>(&self, place: usize, columns: &'c [String]) -> &'c str {
        columns.get(self.ends.partition_point(|&end| end <= place)).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests;
