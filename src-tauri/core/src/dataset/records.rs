//! Delimited text, record by record: what RFC 4180 says, as tolerant as Python's `csv` and Excel, with two things they lack:
//! the physical line of every record, and a quote that never closes costs one line instead of the rest of the file.
//!
//! Outside quotes LF, CRLF and a lone CR end a record. Text after a closing quote on the same line is joined to the cell, as
//! everyone does; after a quoted line break it shows that the quote before it was never closed.

use std::io::{self, Read};

/// How quotes are written: doubled inside a quoted cell a quote always stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quoting {
    /// None: quotes are text like any other.
    pub quote: Option<u8>,
    /// A backslash takes the meaning from a quote, delimiter, line end or backslash after it.
    pub escapes: bool,
}

impl Quoting {
    /// As RFC 4180 has it.
    pub const STANDARD: Self = Self { quote: Some(b'"'), escapes: false };
}

const ESCAPE: u8 = b'\\';
/// Bytes asked of the input at a time.
const CHUNK: usize = 128 * 1024;
/// A record that has not ended after this many bytes never will: the memory for looking ahead ends here.
pub(super) const LONGEST_RECORD: usize = 64 * 1024 * 1024;

/// How a cell is written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Its bytes are its text.
    Plain,
    /// Between quotes, with doubled quotes inside.
    Doubled,
    /// With backslashes that take the meaning from what follows.
    Escaped,
    /// Text follows the closing quote.
    Joined,
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    form: Form,
    quoted: bool,
}

/// One record as it stands in the file.
pub(super) struct Record<'a> {
    /// Physical line of its first character, from 1.
    pub line: u64,
    /// Its bytes without the line end.
    pub raw: &'a [u8],
    spans: &'a [Span],
    dialect: (Option<u8>, Quoting),
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
    /// Cells between quotes.
    pub fn quoted_cells(&self) -> usize {
        self.spans.iter().filter(|span| span.quoted).count()
    }
    /// Appends the text of a cell, the quotes of the format taken away.
    pub fn append_cell(&self, index: usize, out: &mut Vec<u8>) {
        let Some(span) = self.spans.get(index) else { return };
        let bytes = &self.raw[span.start..span.end];
        match span.form {
            Form::Plain => out.extend_from_slice(bytes),
            Form::Doubled => self.append_quoted(bytes, out),
            Form::Escaped if span.quoted => self.append_quoted(bytes, out),
            Form::Escaped => self.append_unescaped(bytes, false, out),
            Form::Joined => {
                let (quoted, rest) = self.split_at_closing_quote(&bytes[1..]);
                self.append_quoted(quoted, out);
                self.append_unescaped(rest, false, out);
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

impl Record<'_> {
    fn append_quoted(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let (_, quoting) = self.dialect;
        if quoting.escapes {
            return self.append_unescaped(bytes, true, out);
        }
        let mut rest = bytes;
        while let Some(quote) = rest.iter().position(|&b| Some(b) == quoting.quote) {
            out.extend_from_slice(&rest[..=quote]);
            rest = rest.get(quote + 2..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
    }

    fn append_unescaped(&self, bytes: &[u8], quoted: bool, out: &mut Vec<u8>) {
        let (delimiter, quoting) = self.dialect;
        if !quoting.escapes {
            return out.extend_from_slice(bytes);
        }
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let next = bytes.get(at + 1).copied();
            let escape = byte == ESCAPE && next.is_some_and(|next| is_escapable(next, delimiter, quoting));
            let doubled = quoted && Some(byte) == quoting.quote && next == quoting.quote;
            at += 1;
            out.push(if escape || doubled { bytes[at] } else { byte });
            at += usize::from(escape || doubled);
        }
    }

    fn split_at_closing_quote<'b>(&self, bytes: &'b [u8]) -> (&'b [u8], &'b [u8]) {
        let (delimiter, quoting) = self.dialect;
        let mut at = 0;
        while at < bytes.len() {
            let next = bytes.get(at + 1).copied();
            if Some(bytes[at]) == quoting.quote {
                if next != quoting.quote {
                    return (&bytes[..at], &bytes[at + 1..]);
                }
                at += 1;
            } else if quoting.escapes && bytes[at] == ESCAPE && next.is_some_and(|next| is_escapable(next, delimiter, quoting)) {
                at += 1;
            }
            at += 1;
        }
        (bytes, &[])
    }
}

/// Whether a backslash before this byte is no text of its own.
fn is_escapable(byte: u8, delimiter: Option<u8>, quoting: Quoting) -> bool {
    matches!(byte, ESCAPE | b'\r' | b'\n') || Some(byte) == delimiter || Some(byte) == quoting.quote
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
    /// A line longer than [`LONGEST_RECORD`]. Reading goes on with the line after it.
    Overlong {
        /// Its number.
        line: u64,
        /// The beginning of it.
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
    /// What is left of a line that was too long is to be passed over.
    skipping: bool,
    ended: bool,
    line: u64,
    dialect: (Option<u8>, Quoting),
    plain_stops: Stops,
    quoted_stops: Stops,
    spans: Vec<Span>,
}

/// How the scan of a record ended.
enum Scan {
    Record { end: usize, next: usize, lines: u64 },
    Unclosed { next: usize, lines_before: u64 },
    Overlong { lines_before: u64 },
}

/// Where a search of the text ended.
#[derive(Clone, Copy)]
enum Found {
    At(usize),
    End,
    Overlong,
}

impl<R: Read> Records<R> {
    /// Reads `input`, decoded text that may hold broken bytes; no delimiter means that every record is one cell.
    pub fn new(input: R, delimiter: Option<u8>, quoting: Quoting) -> Self {
        let mut plain = vec![b'\r', b'\n'];
        plain.extend(delimiter);
        let mut quoted = vec![b'\r', b'\n'];
        quoted.extend(quoting.quote);
        if quoting.escapes {
            plain.push(ESCAPE);
            quoted.push(ESCAPE);
        }
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
            taken: 0,
            taken_lines: 0,
            skipping: false,
            ended: false,
            line: 1,
            dialect: (delimiter, quoting),
            plain_stops: stops(&plain),
            quoted_stops: stops(&quoted),
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
                Ok(Next::Record(Record { line: self.line, raw, spans: &self.spans, dialect: self.dialect }))
            }
            Scan::Unclosed { next, lines_before } => {
                self.taken = next;
                self.taken_lines = lines_before + 1;
                let raw = &self.buffer[self.start..self.start + next];
                let end = raw.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |last| last + 1);
                Ok(Next::Unclosed { line: self.line, opened: self.line + lines_before, raw: &raw[..end] })
            }
            Scan::Overlong { lines_before } => {
                self.taken_lines = lines_before;
                self.skipping = true;
                Ok(Next::Overlong { line: self.line, raw: &self.buffer[self.start..] })
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
        if std::mem::take(&mut self.skipping) {
            self.skip_line()?;
        }
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

    fn skip_line(&mut self) -> io::Result<()> {
        // What stands in memory of the line is passed over first, so that the buffer does not keep it.
        loop {
            let unread = &self.buffer[self.start..];
            if let Some(end) = memchr::memchr2(b'\r', b'\n', unread) {
                self.start += end;
                return Ok(());
            }
            self.start = self.buffer.len();
            if !self.fill()? {
                return Ok(());
            }
        }
    }

    fn scan(&mut self) -> io::Result<Scan> {
        let (_, quoting) = self.dialect;
        self.spans.clear();
        let mut at = 0;
        let mut lines = 0;
        loop {
            let quoted = quoting.quote.is_some() && self.byte(at)? == quoting.quote;
            let cell = if quoted { self.quoted_cell(at, &mut lines)? } else { self.plain_cell(at, &mut lines)? };
            match cell {
                Ok((span, after)) => {
                    self.spans.push(span);
                    at = after;
                }
                Err(other) => return Ok(other),
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
        let (delimiter, quoting) = self.dialect;
        loop {
            let stop = match self.find(at, Where::Quoted)? {
                Found::At(stop) => stop,
                Found::Overlong if first_line_end.is_none() => return Ok(Err(Scan::Overlong { lines_before })),
                Found::End | Found::Overlong => break,
            };
            match self.byte(stop)? {
                Some(ESCAPE) if quoting.escapes && quoting.quote != Some(ESCAPE) => {
                    let next = self.byte(stop + 1)?;
                    let escapes = next.is_some_and(|next| is_escapable(next, delimiter, quoting));
                    at = stop + 1;
                    if escapes {
                        form = Form::Escaped;
                        // An escaped line end is counted where it is found.
                        at += usize::from(!matches!(next, Some(b'\r' | b'\n')));
                    }
                }
                Some(byte) if Some(byte) != quoting.quote => {
                    at = stop + self.line_end(stop)?;
                    *lines += 1;
                    first_line_end.get_or_insert(at);
                }
                _ => match self.byte(stop + 1)? {
                    after if after.is_some() && after == quoting.quote => {
                        form = if form == Form::Escaped { form } else { Form::Doubled };
                        at = stop + 2;
                    }
                    after if after.is_none_or(|b| self.ends_cell(b)) => {
                        return Ok(Ok((Span { start: open + 1, end: stop, form, quoted: true }, stop + 1)));
                    }
                    _ if first_line_end.is_some() => break,
                    _ => {
                        let rest = self.plain_cell(stop + 1, lines)?;
                        return Ok(rest.map(|(span, end)| (Span { start: open, end: span.end, form: Form::Joined, quoted: true }, end)));
                    }
                },
            }
        }
        let next = first_line_end.unwrap_or(self.buffer.len() - self.start);
        Ok(Err(Scan::Unclosed { next, lines_before }))
    }

    fn ends_cell(&self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n') || Some(byte) == self.dialect.0
    }

    /// The unquoted cell, or rest of one, that starts at `start`, and where it ends.
    fn plain_cell(&mut self, start: usize, lines: &mut u64) -> io::Result<Result<(Span, usize), Scan>> {
        let (delimiter, quoting) = self.dialect;
        let mut form = Form::Plain;
        let mut at = start;
        loop {
            let end = match self.find(at, Where::Plain)? {
                Found::At(end) => end,
                Found::End => self.buffer.len() - self.start,
                Found::Overlong => return Ok(Err(Scan::Overlong { lines_before: *lines })),
            };
            if quoting.escapes && self.byte(end)? == Some(ESCAPE) {
                let next = self.byte(end + 1)?;
                at = end + 1;
                if next.is_some_and(|next| is_escapable(next, delimiter, quoting)) {
                    form = Form::Escaped;
                    let breaks = matches!(next, Some(b'\r' | b'\n'));
                    at += if breaks { self.line_end(at)? } else { 1 };
                    *lines += u64::from(breaks);
                }
                continue;
            }
            return Ok(Ok((Span { start, end, form, quoted: false }, end)));
        }
    }

    /// The next byte that means something at or after `from`, counted from the start of the record.
    fn find(&mut self, mut from: usize, place: Where) -> io::Result<Found> {
        loop {
            let table = match place {
                Where::Plain => &self.plain_stops,
                Where::Quoted => &self.quoted_stops,
            };
            let unread = &self.buffer[self.start..];
            if let Some(offset) = unread.get(from..).unwrap_or_default().iter().position(|&b| table[usize::from(b)]) {
                return Ok(Found::At(from + offset));
            }
            from = from.max(unread.len());
            if from > LONGEST_RECORD {
                return Ok(Found::Overlong);
            }
            if !self.fill()? {
                return Ok(Found::End);
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

#[derive(Clone, Copy)]
enum Where {
    Plain,
    Quoted,
}

#[cfg(test)]
mod tests;
