//! JSON texts of many values, cut into one value after another without holding more than one: a value a line, or a long array.

use std::io::{self, BufRead, BufReader, Read};

/// Most bytes of one value.
const LONGEST_VALUE: usize = 64 * 1024 * 1024;
const CHUNK: usize = 128 * 1024;

/// How the values stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line.
    Lines,
    /// Elements of one array.
    Array,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element<'a> {
    /// The text of a value, still to be parsed.
    Value { line: u64, raw: &'a [u8] },
    /// Text that cannot be a value, and why; reading goes on after it.
    Broken { line: u64, raw: &'a [u8], reason: String },
    /// The end.
    End,
}

/// The values of a text.
pub(super) struct Elements<R> {
    input: BufReader<R>,
    layout: Layout,
    line: u64,
    value: Vec<u8>,
    /// The bracket that opens the array was read.
    inside: bool,
    /// Nothing more is expected.
    ended: bool,
    /// Bytes in front of the values, still to be passed over; then text after them is none of theirs.
    skip: u64,
    alone: bool,
}

impl<R: Read> Elements<R> {
    pub fn new(input: R, layout: Layout) -> Self {
        Self {
            input: BufReader::with_capacity(CHUNK, input),
            layout,
            line: 1,
            value: Vec::new(),
            inside: false,
            ended: false,
            skip: 0,
            alone: true,
        }
    }

    /// The elements of an array that begins after so many bytes, with other text around it.
    pub fn within(input: R, skip: u64) -> Self {
        Self { skip, alone: false, ..Self::new(input, Layout::Array) }
    }

    /// The input, for its counters.
    pub fn input(&self) -> &R {
        self.input.get_ref()
    }

    pub fn next(&mut self) -> io::Result<Element<'_>> {
        match self.layout {
            Layout::Lines => self.next_line(),
            Layout::Array => self.next_in_array(),
        }
    }

    fn next_line(&mut self) -> io::Result<Element<'_>> {
        loop {
            self.value.clear();
            let line = self.line;
            let (mut read, mut too_long, mut closed) = (0, false, false);
            while !closed {
                let chunk = self.input.fill_buf()?;
                if chunk.is_empty() {
                    break;
                }
                let end = memchr::memchr(b'\n', chunk);
                let taken = end.unwrap_or(chunk.len());
                if !too_long {
                    self.value.extend_from_slice(&chunk[..taken]);
                    too_long = self.value.len() > LONGEST_VALUE;
                }
                closed = end.is_some();
                read += taken + usize::from(closed);
                self.input.consume(taken + usize::from(closed));
            }
            if read == 0 {
                return Ok(Element::End);
            }
            self.line += u64::from(closed);
            let raw = trim(&self.value);
            if too_long {
                // Borrowed anew: the loop may not hold on to it.
                return Ok(Element::Broken { line, reason: overlong(), raw: &self.value[..200] });
            }
            if !raw.is_empty() {
                return Ok(Element::Value { line, raw: trim(&self.value) });
            }
        }
    }

    fn next_in_array(&mut self) -> io::Result<Element<'_>> {
        self.value.clear();
        if self.ended {
            return Ok(Element::End);
        }
        while self.skip > 0 {
            let chunk = self.input.fill_buf()?;
            let passed = chunk.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX));
            if passed == 0 {
                break;
            }
            self.line += chunk[..passed].iter().filter(|&&b| b == b'\n').count() as u64;
            self.input.consume(passed);
            self.skip -= passed as u64;
        }
        if !self.inside {
            self.skip_blanks()?;
            if self.byte()? != Some(b'[') {
                self.ended = true;
                return Ok(Element::End);
            }
            self.input.consume(1);
            self.inside = true;
        }
        loop {
            self.skip_blanks()?;
            match self.byte()? {
                Some(b',') => self.input.consume(1),
                Some(b']') => {
                    self.input.consume(1);
                    self.ended = true;
                    return self.after_array();
                }
                Some(_) => return self.value_in_array(),
                None => {
                    self.ended = true;
                    let reason = "The array never closes: the file ends before its `]`. It may be cut off.".to_owned();
                    return Ok(Element::Broken { line: self.line, raw: b"", reason });
                }
            }
        }
    }

    fn after_array(&mut self) -> io::Result<Element<'_>> {
        self.skip_blanks()?;
        if !self.alone || self.byte()?.is_none() {
            return Ok(Element::End);
        }
        let chunk = self.input.fill_buf()?.to_vec();
        self.value = chunk;
        self.value.truncate(200);
        Ok(Element::Broken { line: self.line, raw: &self.value, reason: "Text follows the end of the array; it was not read.".to_owned() })
    }

    /// The value that starts here, up to the comma or bracket that ends it.
    fn value_in_array(&mut self) -> io::Result<Element<'_>> {
        let line = self.line;
        let (mut depth, mut quoted, mut escaped, mut too_long) = (0_u64, false, false, false);
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                self.ended = true;
                let what = if quoted { "A quote" } else { "A bracket" };
                let reason = if depth > 0 || quoted {
                    format!("{what} that opens in this value never closes: the file ends before it. It may be cut off.")
                } else {
                    "The array never closes: the file ends before its `]`. It may be cut off.".to_owned()
                };
                return Ok(Element::Broken { line, raw: trim(&self.value), reason });
            }
            let mut taken = chunk.len();
            let mut done = false;
            for (at, &byte) in chunk.iter().enumerate() {
                self.line += u64::from(byte == b'\n');
                if escaped {
                    escaped = false;
                    continue;
                }
                match byte {
                    b'\\' if quoted => escaped = true,
                    b'"' => quoted = !quoted,
                    _ if quoted => {}
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' if depth > 0 => depth -= 1,
                    b',' | b']' if depth == 0 => {
                        (taken, done) = (at, true);
                        break;
                    }
                    _ => {}
                }
            }
            if !too_long {
                self.value.extend_from_slice(&chunk[..taken]);
                too_long = self.value.len() > LONGEST_VALUE;
            }
            self.input.consume(taken);
            if done {
                let raw = trim(&self.value);
                return Ok(if too_long {
                    Element::Broken { line, raw: &raw[..200], reason: overlong() }
                } else {
                    Element::Value { line, raw }
                });
            }
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn skip_blanks(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.input.fill_buf()?;
            let blanks = chunk.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
            self.line += chunk[..blanks].iter().filter(|&&b| b == b'\n').count() as u64;
            let more = blanks > 0 && blanks == chunk.len();
            self.input.consume(blanks);
            if !more {
                return Ok(());
            }
        }
    }
}

fn overlong() -> String {
    format!("The value is longer than {} MB. Divide it, or leave it out.", LONGEST_VALUE / (1024 * 1024))
}

fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let start = bytes.iter().position(|b| !blank(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !blank(b)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, layout: Layout) -> Vec<(u64, String, bool)> {
        let mut elements = Elements::new(text.as_bytes(), layout);
        let mut seen = Vec::new();
        loop {
            match elements.next().unwrap() {
                Element::Value { line, raw } => seen.push((line, String::from_utf8_lossy(raw).into_owned(), true)),
                Element::Broken { line, reason, .. } => seen.push((line, reason, false)),
                Element::End => return seen,
            }
        }
    }

    #[test]
    fn lines_are_counted_blank_ones_included() {
        let seen = all("{\"a\":1}\r\n\n  {\"b\":\n2}\n{\"c\":3}", Layout::Lines);
        let lines: Vec<(u64, &str)> = seen.iter().map(|(line, raw, _)| (*line, raw.as_str())).collect();
        assert_eq!(lines, [(1, "{\"a\":1}"), (3, "{\"b\":"), (4, "2}"), (5, "{\"c\":3}")]);
    }

    #[test]
    fn elements_of_an_array_are_found_whatever_stands_in_them() {
        let text = "\n[ {\"a\": \"x], \\\" {\"},\n  [1, [2]], 3 ,\n\"s\"\n]\n";
        let seen = all(text, Layout::Array);
        let values: Vec<(u64, &str)> = seen.iter().map(|(line, raw, _)| (*line, raw.as_str())).collect();
        assert_eq!(values, [(2, "{\"a\": \"x], \\\" {\"}"), (3, "[1, [2]]"), (3, "3"), (4, "\"s\"")]);
        assert_eq!(all("[]", Layout::Array), []);
    }

    #[test]
    fn an_array_that_is_cut_off_says_where() {
        let seen = all("[{\"a\":1},\n{\"b\": \"never", Layout::Array);
        assert_eq!((seen.len(), seen[1].0, seen[1].2), (2, 2, false));
        assert!(seen[1].1.contains("never closes"), "{}", seen[1].1);
        assert!(all("[{\"a\":1},\n", Layout::Array)[1].1.contains("before its `]`"));
        assert!(all("[1] x", Layout::Array)[1].1.contains("Text follows"));
    }
}
