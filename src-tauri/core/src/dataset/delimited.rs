//! Delimited text: CSV, TSV and their relatives.

use std::io;

use encoding_rs::Encoding;

use super::{
    FileFormat, FileInfo, ReadOptions, SetAside, columns,
    dialect::{self, Asked, Dialect},
    encoding::Decoded,
    input::Bytes,
    records::{LONGEST_RECORD, Next, Quoting, Record, Records},
    refusal::unreadable,
    row::{self, Brings, Entry, LONGEST_CELL, Opened, Row, Rows, Visitor, shown},
};
use crate::{Error, Result};

/// A delimited text, understood.
struct Delimited {
    bytes: Bytes,
    encoding: &'static Encoding,
    dialect: Dialect,
    skips_separator_line: bool,
    columns: Vec<String>,
    forgiven: Forgiven,
}

/// Counts of what reading forgave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Forgiven {
    short: u64,
    joined: u64,
}

/// Understands a text by its beginning: `text`, decoded; `whole` when that is all of it.
pub(super) fn open(bytes: Bytes, encoding: &'static Encoding, text: &[u8], whole: bool, options: &ReadOptions) -> Result<Opened> {
    let separator = dialect::separator_line(text);
    let asked =
        Asked { delimiter: asked_delimiter(options)?.or(separator.map(Some)), quoting: asked_quoting(options)?, header: options.header };
    let table =
        if separator.is_some() { text.iter().position(|b| matches!(b, b'\r' | b'\n')).map_or(&[][..], |end| &text[end..]) } else { text };
    let dialect = dialect::detect(table, whole, asked).map_err(|error| bytes.said(&error))?;
    let quote = dialect.quoting.quote.map(|quote| format!("{}{}", if dialect.quoting.escapes { "\\" } else { "" }, char::from(quote)));
    let info = FileInfo {
        encoding: encoding.name().to_owned(),
        delimiter: dialect.delimiter.map(|b| char::from(b).to_string()).unwrap_or_default(),
        quote: quote.unwrap_or_default(),
        header: dialect.header,
        ..bytes.info(FileFormat::Delimited)
    };
    let mut text = Delimited {
        bytes,
        encoding,
        dialect,
        skips_separator_line: separator.is_some(),
        columns: Vec::new(),
        forgiven: Forgiven::default(),
    };
    let (mut records, header) = text.begin()?;
    let (names, notes) = match header {
        Some(cells) => columns::from_header(&cells),
        None => {
            let names = columns::numbered(text.dialect.width);
            let note = format!("{} has no header row; its columns are called {}.", info.name, enumeration(&names));
            (names, vec![note])
        }
    };
    row::check_width(&info.name, names.len())?;
    if !records.has_more().map_err(|error| text.bytes.said(&error))? {
        return Err(unreadable(format!(
            "{} has a header row only. Add at least one row of data, or say that its first row is not a header.",
            info.name
        )));
    }
    text.columns.clone_from(&names);
    Ok(Opened { info, columns: names, notes, rows: Box::new(text), brings: Brings::default() })
}

fn enumeration(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first, second] => format!("`{first}` and `{second}`"),
        [first, .., last] => format!("`{first}` to `{last}`"),
    }
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

/// The quote asked for; a backslash before it says that quotes inside are escaped by one, the empty text asks for none.
fn asked_quoting(options: &ReadOptions) -> Result<Option<Quoting>> {
    let Some(text) = &options.quote else { return Ok(None) };
    let usable = |byte: &u8| byte.is_ascii_punctuation() && *byte != b'\\' && Some(char::from(*byte).to_string()) != options.delimiter;
    match text.as_bytes() {
        [] => Ok(Some(Quoting { quote: None, escapes: false })),
        [quote] if usable(quote) => Ok(Some(Quoting { quote: Some(*quote), escapes: false })),
        [b'\\', quote] if usable(quote) => Ok(Some(Quoting { quote: Some(*quote), escapes: true })),
        _ => Err(Error::invalid(format!("`{text}` cannot stand around cells. Use one character, such as a double or a single quote."))),
    }
}

type FileRecords = Records<Decoded<Bytes>>;

impl Delimited {
    /// The records from the first row on, and the header row's cells, when there is one.
    fn begin(&self) -> Result<(FileRecords, Option<Vec<String>>)> {
        let said = |error: io::Error| self.bytes.said(&error);
        let mut records = Records::new(Decoded::new(self.bytes.again()?, self.encoding), self.dialect.delimiter, self.dialect.quoting);
        if self.skips_separator_line {
            records.next().map_err(said)?;
        }
        if !self.dialect.header {
            return Ok((records, None));
        }
        let name = self.bytes.name();
        let header = match records.next().map_err(said)? {
            Next::Record(record) => record.to_strings(),
            Next::Unclosed { opened, .. } => {
                return Err(unreadable(format!(
                    "The header of {name} opens a quote on line {opened} that never closes. Close it in the file, then import it again."
                )));
            }
            Next::Overlong { line, .. } => {
                return Err(unreadable(format!(
                    "Line {line} of {name} is longer than {} MB, so no header can be read. Choose a file with a row a line.",
                    LONGEST_RECORD / (1024 * 1024)
                )));
            }
            Next::End => Vec::new(),
        };
        Ok((records, Some(header)))
    }
}

impl Rows for Delimited {
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()> {
        let (mut records, _) = self.begin()?;
        let name = self.bytes.name();
        self.forgiven = Forgiven::default();
        let mut reader = RowReader { text: Vec::new(), ends: Vec::new() };
        let aside = |line, reason: String, raw: &[u8]| Entry::SetAside(SetAside { file: name.clone(), line, reason, text: shown(raw) });
        loop {
            let bytes = records.input().bytes();
            let entry = match records.next().map_err(|error| self.bytes.said(&error))? {
                Next::End => return Ok(()),
                Next::Unclosed { line, opened, raw } => {
                    let place = if line == opened { String::new() } else { format!(" on line {opened}") };
                    aside(line, format!("A quote opens{place} and never closes. Close it, or double it if it belongs to the text."), raw)
                }
                Next::Overlong { line, raw } => {
                    let most = LONGEST_RECORD / (1024 * 1024);
                    aside(line, format!("The line is longer than {most} MB. Divide it into rows, or leave it out."), raw)
                }
                Next::Record(record) => match reader.read(&record, &self.columns) {
                    Ok(row) => {
                        self.forgiven.short += u64::from(row.missing > 0);
                        self.forgiven.joined += u64::from(record.joins_text_to_a_quote());
                        Entry::Row(row)
                    }
                    Err(reason) => aside(record.line, reason, record.raw),
                },
            };
            if visit(entry, bytes)?.is_break() {
                return Ok(());
            }
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let Forgiven { short, joined } = self.forgiven;
        if short > 0 {
            notes.push(format!("{} fewer cells than there are columns; what is missing is empty.", rows(short)));
        }
        if joined > 0 {
            notes.push(format!("{} text after a closing quote; it was joined to the cell.", rows(joined)));
        }
        notes
    }

    fn check_unchanged(&self) -> Result<()> {
        self.bytes.check_unchanged()
    }
}

fn rows(count: u64) -> String {
    if count == 1 { "1 row has".to_owned() } else { format!("{count} rows have") }
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
        if self.text.len() > LONGEST_CELL {
            let lengths = self.ends.iter().scan(0, |start, &end| Some(end - std::mem::replace(start, end)));
            if let Some((column, length)) = columns.iter().zip(lengths).find(|(_, length)| *length > LONGEST_CELL) {
                return Err(row::too_long(column, length));
            }
        }
        let text = match std::str::from_utf8(&self.text) {
            Ok(text) => text,
            Err(error) => return Err(broken(self.column_at(error.valid_up_to(), columns))),
        };
        if let Some(place) = memchr::memchr(0, text.as_bytes()) {
            return Err(format!("The cell of `{}` holds a NUL character. Remove it.", self.column_at(place, columns)));
        }
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
