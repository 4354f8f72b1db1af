//! Delimited text, record by record: what RFC 4180 says, as tolerant as Python's `csv` and Excel, with two things they lack:
//! the physical line of every record, and a quote that never closes costs one line instead of the rest of the file.
//!
//! Outside quotes LF, CRLF and a lone CR end a record. Text after a closing quote on the same line is joined to the cell, as
//! everyone does; after a quoted line break it shows that the quote before it was never closed.

use std::io::{self, Read};

/// The one quote character that is understood; doubled inside a quoted cell it stands for itself.
const QUOTE: u8 = b'"';
/// Bytes asked of the input at a time.
const CHUNK: usize = 128 * 1024;
/// A quoted cell that has not ended after this many bytes never will: the memory for looking ahead ends here.
const LONGEST_RECORD: usize = 64 * 1024 * 1024;

/// How a cell is written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its bytes are its text.
    Plain,
    /// Between quotes, with doubled quotes inside.
    Doubled,
    /// Text follows the closing quote.
    Joined,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    form: Form,
}

/// One record as it stands in the file.
pub(super) struct Record<'a> {
    /// Physical line of its first character, from 1.
    pub line: u64,
    /// Its bytes without the line end.
    pub raw: &'a [u8],
    spans: &'a [Span],
}

impl Record<'_> {
    /// Number of cells.
    pub fn len(&self) -> usize {
        self.spans.len()
    }
    /// Nothing stands in this cell.
    pub fn is_empty_cell(&self, index: usize) -> bool {
        self.spans.get(index).is_none_or(|span| span.start == span.end)
    }
    /// Some cell goes on after its closing quote.
    pub fn joins_text_to_a_quote(&self) -> bool {
        self.spans.iter().any(|span| span.form == Form::Joined)
    }
    /// Appends the text of a cell, the quotes of the format taken away.
    pub fn append_cell(&self, index: usize, out: &mut Vec<u8>) {
        let Some(span) = self.spans.get(index) else { return };
        let bytes = &self.raw[span.start..span.end];
        match span.form {
            Form::Plain => out.extend_from_slice(bytes),
            Form::Doubled => append_undoubled(bytes, out),
            Form::Joined => {
                let (quoted, rest) = split_at_closing_quote(&bytes[1..]);
                append_undoubled(quoted, out);
                out.extend_from_slice(rest);
            }
        }
    }
    /// The cells as text; broken encoding shows as U+FFFD.
    pub fn to_strings(&self) -> Vec<String> {
        let mut bytes = Vec::new();
        (0..self.len())
            .map(|index| {
                bytes.clear();
                self.append_cell(index, &mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
            .collect()
    }
}

fn append_undoubled(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(quote) = rest.iter().position(|&b| b == QUOTE) {
        out.extend_from_slice(&rest[..=quote]);
        rest = rest.get(quote + 2..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

fn split_at_closing_quote(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == QUOTE {
            if bytes.get(at + 1) != Some(&QUOTE) {
                return (&bytes[..at], &bytes[at + 1..]);
            }
            at += 1;
        }
        at += 1;
    }
    (bytes, &[])
}

/// What comes next in the file.
pub(super) enum Next<'a> {
    /// A record.
    Record(Record<'a>),
    /// A line whose quote never closes. Reading goes on with the line after it.
    Unclosed {
        /// Line where the record starts.
        line: u64,
        /// Line where the quote stands.
        opened: u64,
        /// The text from the start of the record to the end of the line of the quote.
        raw: &'a [u8],
    },
    /// The end of the file.
    End,
}

type Stops = [bool; 256];

fn stops(bytes: &[u8]) -> Stops {
    let mut table = [false; 256];
    for &byte in bytes {
        table[usize::from(byte)] = true;
    }
    table
}

/// The records of a text. Only the record at hand is in memory.
pub(super) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where the unread text starts in `buffer`.
    start: usize,
    /// Bytes of the record handed out last, to be passed over by the next call.
    taken: usize,
    taken_lines: u64,
    ended: bool,
    line: u64,
    plain_stops: Stops,
    quoted_stops: Stops,
    spans: Vec<Span>,
}

/// How the scan of a record ended.
enum Scan {
    Record { end: usize, next: usize, lines: u64 },
    Unclosed { next: usize, lines_before: u64 },
}

impl<R: Read> Records<R> {
    /// Reads `input`, decoded text that may hold broken bytes; no delimiter means that every record is one cell.
    pub fn new(input: R, delimiter: Option<u8>) -> Self {
        let mut plain = vec![b'\r', b'\n'];
        plain.extend(delimiter);
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
            taken: 0,
            taken_lines: 0,
            ended: false,
            line: 1,
            plain_stops: stops(&plain),
            quoted_stops: stops(&[QUOTE, b'\r', b'\n']),
            spans: Vec::new(),
        }
    }

    /// The input, for its counters.
    pub fn input(&self) -> &R {
        &self.input
    }

    /// The next record; lines without any character are passed over.
    pub fn next(&mut self) -> io::Result<Next<'_>> {
        if !self.go_to_next()? {
            return Ok(Next::End);
        }
        match self.scan()? {
            Scan::Record { end, next, lines } => {
                self.taken = next;
                self.taken_lines = lines;
                let raw = &self.buffer[self.start..self.start + end];
                Ok(Next::Record(Record { line: self.line, raw, spans: &self.spans }))
            }
            Scan::Unclosed { next, lines_before } => {
                self.taken = next;
                self.taken_lines = lines_before + 1;
                let raw = &self.buffer[self.start..self.start + next];
                let end = raw.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |last| last + 1);
                Ok(Next::Unclosed { line: self.line, opened: self.line + lines_before, raw: &raw[..end] })
            }
        }
    }

    /// Whether anything but empty lines follows.
    pub fn has_more(&mut self) -> io::Result<bool> {
        self.go_to_next()
    }

    fn go_to_next(&mut self) -> io::Result<bool> {
        self.start += std::mem::take(&mut self.taken);
        self.line += std::mem::take(&mut self.taken_lines);
        loop {
            match self.byte(0)? {
                None => return Ok(false),
                Some(b'\r' | b'\n') => {
                    self.start += self.line_end(0)?;
                    self.line += 1;
                }
                Some(_) => return Ok(true),
            }
        }
    }

    fn scan(&mut self) -> io::Result<Scan> {
        self.spans.clear();
        let mut at = 0;
        let mut lines = 0;
        loop {
            if self.byte(at)? == Some(QUOTE) {
                match self.quoted_cell(at, &mut lines)? {
                    Ok((span, after)) => {
                        self.spans.push(span);
                        at = after;
                    }
                    Err(unclosed) => return Ok(unclosed),
                }
            } else {
                let end = self.find_plain(at)?;
                self.spans.push(Span { start: at, end, form: Form::Plain });
                at = end;
            }
            match self.byte(at)? {
                None => return Ok(Scan::Record { end: at, next: at, lines }),
                Some(b'\r' | b'\n') => {
                    let next = at + self.line_end(at)?;
                    return Ok(Scan::Record { end: at, next, lines: lines + 1 });
                }
                Some(_) => at += 1,
            }
        }
    }

    /// The cell whose quote opens at `open`, and where it ends; or that it never does.
    fn quoted_cell(&mut self, open: usize, lines: &mut u64) -> io::Result<Result<(Span, usize), Scan>> {
        let lines_before = *lines;
        let mut first_line_end = None;
        let mut form = Form::Plain;
        let mut at = open + 1;
        while let Some(stop) = self.find(at, Where::Quoted)? {
            if self.byte(stop)? != Some(QUOTE) {
                at = stop + self.line_end(stop)?;
                *lines += 1;
                first_line_end.get_or_insert(at);
                continue;
            }
            match self.byte(stop + 1)? {
                Some(QUOTE) => {
                    form = Form::Doubled;
                    at = stop + 2;
                }
                after if after.is_none_or(|b| self.plain_stops[usize::from(b)]) => {
                    return Ok(Ok((Span { start: open + 1, end: stop, form }, stop + 1)));
                }
                _ if first_line_end.is_some() => break,
                _ => {
                    let end = self.find_plain(stop + 1)?;
                    return Ok(Ok((Span { start: open, end, form: Form::Joined }, end)));
                }
            }
        }
        let next = first_line_end.unwrap_or(self.buffer.len() - self.start);
        Ok(Err(Scan::Unclosed { next, lines_before }))
    }

    fn find_plain(&mut self, from: usize) -> io::Result<usize> {
        let found = self.find(from, Where::Plain)?;
        Ok(found.unwrap_or(self.buffer.len() - self.start))
    }

    /// The next byte that means something at or after `from`, counted from the start of the record; none at the end of the file
    /// or beyond the longest record.
    fn find(&mut self, mut from: usize, place: Where) -> io::Result<Option<usize>> {
        loop {
            let table = match place {
                Where::Plain => &self.plain_stops,
                Where::Quoted => &self.quoted_stops,
            };
            let unread = &self.buffer[self.start..];
            if let Some(offset) = unread.get(from..).unwrap_or_default().iter().position(|&b| table[usize::from(b)]) {
                return Ok(Some(from + offset));
            }
            from = from.max(unread.len());
            if (place == Where::Quoted && from > LONGEST_RECORD) || !self.fill()? {
                return Ok(None);
            }
        }
    }

    fn byte(&mut self, at: usize) -> io::Result<Option<u8>> {
        loop {
            if let Some(&byte) = self.buffer.get(self.start + at) {
                return Ok(Some(byte));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Bytes of the line end at `at`: 2 for CRLF, else 1.
    fn line_end(&mut self, at: usize) -> io::Result<usize> {
        let pair = self.byte(at)? == Some(b'\r') && self.byte(at + 1)? == Some(b'\n');
        Ok(if pair { 2 } else { 1 })
    }

    /// Reads on; false at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer.truncate(filled + read.as_ref().copied().unwrap_or(0));
        self.ended = read? == 0;
        Ok(!self.ended)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Plain,
    Quoted,
}

#[cfg(test)]
mod tests;
