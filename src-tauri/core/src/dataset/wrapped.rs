//! One JSON object that holds its rows as an array: `{"version": 1, "data": [{…}, {…}]}`. Found in one pass that holds only names.

use std::io::{self, BufRead, BufReader, Read};

const CHUNK: usize = 128 * 1024;
/// Bytes of a name that are kept.
const LONGEST_NAME: usize = 1_000;
/// Names of arrays that belong to a single row, or to a conversation.
const NO_ROWS: &[&str] = &["messages", "conversations"];

/// Where the rows of an object stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrapped {
    /// The name of the array.
    pub name: String,
    /// Bytes of text in front of its bracket.
    pub start: u64,
    /// The other names, which hold no rows.
    pub beside: Vec<String>,
}

/// What an object holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// One array of objects.
    Rows(Wrapped),
    /// Several, by name.
    Several(Vec<String>),
    /// None, or it is no single object.
    Nothing,
}

/// What is to come at the outermost level.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Object,
    Name,
    Colon,
    Value,
    Comma,
    End,
}

struct Scan {
    /// Bytes read.
    at: u64,
    depth: u64,
    quoted: bool,
    escaped: bool,
    expected: Expected,
    /// The name as it stands in quotes.
    name: Vec<u8>,
    /// An array began here, and its first value is still to come.
    opened: Option<u64>,
    /// Names and where their arrays of objects begin, if they are some.
    found: Vec<(String, Option<u64>)>,
}

impl Scan {
    fn text_of_name(&self) -> String {
        let quoted = [b"\"", self.name.as_slice(), b"\""].concat();
        serde_json::from_slice(&quoted).unwrap_or_else(|_| String::from_utf8_lossy(&self.name).into_owned())
    }

    /// Takes the next byte; false where the text is no single object.
    fn take(&mut self, byte: u8) -> bool {
        let at = self.at;
        self.at += 1;
        if self.quoted {
            let naming = self.depth == 1 && self.expected == Expected::Name;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.quoted = false;
                    if naming {
                        self.expected = Expected::Colon;
                    }
                    return true;
                }
                _ => {}
            }
            if naming && self.name.len() < LONGEST_NAME {
                self.name.push(byte);
            }
            return true;
        }
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            return true;
        }
        if let Some(start) = self.opened.take()
            && byte == b'{'
            && let Some((_, array)) = self.found.last_mut()
        {
            *array = Some(start);
        }
        match (self.depth, self.expected, byte) {
            (0, Expected::Object, b'{') => (self.depth, self.expected) = (1, Expected::Name),
            (0, ..) => return false,
            (1, Expected::Name, b'"') => {
                self.name.clear();
                self.quoted = true;
            }
            (1, Expected::Name | Expected::Comma, b'}') => (self.depth, self.expected) = (0, Expected::End),
            (1, Expected::Colon, b':') => {
                self.found.push((self.text_of_name(), None));
                self.expected = Expected::Value;
            }
            (1, Expected::Comma, b',') => self.expected = Expected::Name,
            (1, Expected::Name | Expected::Colon, _) => return false,
            (depth, _, b'{' | b'[') => {
                if depth == 1 && byte == b'[' {
                    self.opened = Some(at);
                }
                self.depth += 1;
                self.expected = Expected::Comma;
            }
            (_, _, b'}' | b']') => self.depth -= 1,
            (_, _, b'"') => {
                self.quoted = true;
                self.expected = Expected::Comma;
            }
            (1, Expected::Value, _) => self.expected = Expected::Comma,
            _ => {}
        }
        true
    }
}

/// Looks for the rows of a text that begins with an object.
pub(super) fn find(text: impl Read) -> io::Result<Inside> {
    let mut input = BufReader::with_capacity(CHUNK, text);
    let mut scan = Scan {
        at: 0,
        depth: 0,
        quoted: false,
        escaped: false,
        expected: Expected::Object,
        name: Vec::new(),
        opened: None,
        found: Vec::new(),
    };
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        if !chunk.iter().all(|&byte| scan.take(byte)) {
            return Ok(Inside::Nothing);
        }
        let taken = chunk.len();
        input.consume(taken);
    }
    let is_rows = |(name, array): &&(String, Option<u64>)| array.is_some() && !NO_ROWS.contains(&name.as_str());
    let arrays: Vec<&(String, Option<u64>)> = scan.found.iter().filter(is_rows).collect();
    Ok(match arrays[..] {
        [] => Inside::Nothing,
        [(name, start)] => Inside::Rows(Wrapped {
            name: name.clone(),
            start: start.unwrap_or_default(),
            beside: scan.found.iter().map(|(other, _)| other).filter(|other| *other != name).cloned().collect(),
        }),
        _ => Inside::Several(arrays.into_iter().map(|(name, _)| name.clone()).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(name: &str, start: u64, beside: &[&str]) -> Inside {
        Inside::Rows(Wrapped { name: name.into(), start, beside: beside.iter().map(|&name| name.to_owned()).collect() })
    }

    #[test]
    fn the_only_array_of_objects_is_found_whatever_stands_around_it() {
        let find = |text: &str| find(text.as_bytes()).unwrap();
        assert_eq!(find(r#"{"data":[{"a":1}]}"#), rows("data", 8, &[]));
        assert_eq!(
            find("{\n \"v\" : {\"x\": [{}]}, \"n\": [1, 2], \"r\\\"\": [ {\"a\": \"]}\"} ] , \"z\":null }\n"),
            rows("r\"", 42, &["v", "n", "z"])
        );
        assert_eq!(find(r#"{"a":[{}],"b":[{}]}"#), Inside::Several(vec!["a".into(), "b".into()]));
        for text in [
            r#"{"a":1}"#,
            r#"{"a":[1,{}]}"#,
            r#"{"a":[[{}]]}"#,
            "{}",
            "[{}]",
            r#"{"messages":[{"role":"user"}]}"#,
            "{\"a\":[{}]}\n{\"a\":[{}]}",
        ] {
            assert_eq!(find(text), Inside::Nothing, "{text}");
        }
        assert_eq!(find(r#"{"data":[{"a":1},{"b"#), rows("data", 8, &[]), "one that is cut off is read as far as it goes");
    }
}
