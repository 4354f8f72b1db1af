//! YAML as a tree whose scalars keep the text they have in the file: `007`, `TRUE` and `null` are no numbers, no flags and not nothing.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::value::RawValue;

use super::json::{Object, text_of};

/// Levels of nesting that are read.
const DEEPEST: usize = 64;

/// A value with the line where it starts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub line: u64,
    pub value: Value,
    /// Levels below it, aliases followed: everything that walks the tree may go so deep.
    depth: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A text; `plain` when it stands without quotes and so may mean a number, a flag or nothing.
    Text {
        text: String,
        plain: bool,
    },
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    /// A value whose depth can be borne.
    fn new(line: u64, value: Value) -> Result<Rc<Self>, String> {
        let deepest = match &value {
            Value::Text { .. } => None,
            Value::List(items) => items.iter().map(|item| item.depth).max(),
            Value::Map(entries) => entries.iter().map(|(_, node)| node.depth).max(),
        };
        let depth = deepest.map_or(0, |depth| depth + 1);
        if depth > DEEPEST {
            return Err(too_deep(line));
        }
        Ok(Rc::new(Self { line, value, depth }))
    }
    /// The text, when it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text { text, .. } => Some(text),
            Value::List(_) | Value::Map(_) => None,
        }
    }
    /// The items of a list; of anything else none.
    pub fn items(&self) -> &[Rc<Self>] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }
    /// The entries of a map; of anything else none.
    pub fn entries(&self) -> &[(String, Rc<Self>)] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.entries().iter().find(|(key, _)| key == name).map(|(_, node)| node.as_ref())
    }
    pub fn is_list(&self) -> bool {
        matches!(self.value, Value::List(_))
    }

    /// The text, or the value as JSON. Aliases can make a small file huge: none when it would be longer than `most` bytes.
    pub fn to_text(&self, most: usize) -> Option<String> {
        match &self.value {
            Value::Text { text, .. } => (text.len() <= most).then(|| text.clone()),
            Value::List(_) | Value::Map(_) => {
                let mut json = String::new();
                self.write_json(&mut json, most).then_some(json)
            }
        }
    }

    fn write_json(&self, out: &mut String, most: usize) -> bool {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match &self.value {
            Value::Text { text, plain: true } if text.is_empty() || text == "~" => out.push_str("null"),
            Value::Text { text, plain: true } if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => out.push_str(text),
            Value::Text { text, .. } => out.push_str(&quoted(text)),
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    if !item.write_json(out, most) {
                        return false;
                    }
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                for (index, (key, node)) in entries.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    out.push_str(&quoted(key));
                    out.push_str(": ");
                    if !node.write_json(out, most) {
                        return false;
                    }
                }
                out.push('}');
            }
        }
        out.len() <= most
    }
}

fn too_deep(line: u64) -> String {
    format!("Line {line} is nested more than {DEEPEST} levels deep.")
}

/// A list or map that is still open.
struct Open {
    line: u64,
    anchor: usize,
    key: Option<String>,
    value: Value,
}

/// Reads the first document of a YAML text; the error is a sentence with the line.
pub(super) fn parse(text: &str) -> Result<Rc<Node>, String> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Rc<Node>> = HashMap::new();
    loop {
        let (event, span) = match parser.next_event() {
            None => return Err("The file holds no YAML value.".to_owned()),
            Some(Err(error)) => return Err(format!("Line {} is no YAML ({}).", error.marker().line(), error.info())),
            Some(Ok(event)) => event,
        };
        let line = span.start.line() as u64;
        let (anchor, node) = match event {
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => continue,
            Event::StreamEnd | Event::DocumentEnd => return Err("The file holds no YAML value.".to_owned()),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEEPEST => return Err(too_deep(line)),
            Event::SequenceStart(anchor, _) => {
                open.push(Open { line, anchor, key: None, value: Value::List(Vec::new()) });
                continue;
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open { line, anchor, key: None, value: Value::Map(Vec::new()) });
                continue;
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                (anchor, Node::new(line, Value::Text { text: text.into_owned(), plain })?)
            }
            Event::Alias(anchor) => {
                let known = anchors.get(&anchor).cloned();
                (0, known.ok_or_else(|| format!("Line {line} refers to an anchor that does not stand before it."))?)
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(done) => (done.anchor, Node::new(done.line, merged(done.value))?),
                None => return Err(format!("Line {line} closes what was never opened.")),
            },
        };
        if anchor > 0 {
            anchors.insert(anchor, Rc::clone(&node));
        }
        let Some(parent) = open.last_mut() else { return Ok(node) };
        match (&mut parent.value, parent.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some(key)) => entries.push((key, node)),
            (Value::Map(_), None) => match node.text() {
                Some(key) => parent.key = Some(key.to_owned()),
                None => return Err(format!("Line {line} has a list or map as a name. Use a text.")),
            },
            (Value::Text { .. }, _) => {}
        }
    }
}

/// A map with what `<<` takes over from another.
fn merged(value: Value) -> Value {
    let Value::Map(entries) = value else { return value };
    let (taken_over, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key == "<<");
    if taken_over.is_empty() {
        return Value::Map(own);
    }
    let mut known: HashSet<String> = own.iter().map(|(key, _)| key.clone()).collect();
    for (_, node) in taken_over {
        let maps: Vec<&Node> = if node.is_list() { node.items().iter().map(Rc::as_ref).collect() } else { vec![node.as_ref()] };
        for (key, value) in maps.into_iter().flat_map(Node::entries) {
            if known.insert(key.clone()) {
                own.push((key.clone(), Rc::clone(value)));
            }
        }
    }
    Value::Map(own)
}

/// The same tree from JSON.
pub(super) fn from_json(value: &RawValue, line: u64) -> Result<Rc<Node>, String> {
    from_json_at(value, line, 0)
}

fn from_json_at(value: &RawValue, line: u64, depth: usize) -> Result<Rc<Node>, String> {
    if depth > DEEPEST {
        return Err(too_deep(line));
    }
    let said = |error: serde_json::Error| super::json::broken(&error);
    let value = match value.get().as_bytes().first() {
        Some(b'{') => {
            let Object(entries) = serde_json::from_str(value.get()).map_err(said)?;
            let entry =
                |(key, value): (std::borrow::Cow<'_, str>, &RawValue)| Ok((key.into_owned(), from_json_at(value, line, depth + 1)?));
            Value::Map(entries.into_iter().map(entry).collect::<Result<_, String>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(said)?;
            Value::List(items.into_iter().map(|item| from_json_at(item, line, depth + 1)).collect::<Result<_, String>>()?)
        }
        Some(b'"') => Value::Text { text: text_of(value)?.into_owned(), plain: false },
        _ => Value::Text { text: text_of(value)?.into_owned(), plain: true },
    };
    Node::new(line, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_text() {
        let node = parse("a: 007\nb: [TRUE, null, ~, '1e5', \"x\\ty\"]\nc: |\n  two\n  lines\n").unwrap();
        assert_eq!(node.get("a").unwrap().text(), Some("007"));
        let texts: Vec<_> = node.get("b").unwrap().items().iter().map(|item| item.text().unwrap().to_owned()).collect();
        assert_eq!(texts, ["TRUE", "null", "~", "1e5", "x\ty"]);
        assert_eq!(node.get("c").unwrap().text(), Some("two\nlines\n"));
        // A block is where its text begins.
        assert_eq!(node.get("c").unwrap().line, 4);
        assert_eq!(node.get("b").unwrap().to_text(100).unwrap(), "[\"TRUE\", null, null, \"1e5\", \"x\\ty\"]");
    }

    #[test]
    fn aliases_and_merges_are_followed_and_bombs_are_not() {
        let node = parse("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\n").unwrap();
        assert_eq!(node.get("use").unwrap().to_text(100).unwrap(), "{\"y\": 3, \"x\": 1}");
        let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..30 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            bomb.push_str(&format!("a{level}: &a{level} [{before}*a{}]\n", level - 1));
        }
        let node = parse(&bomb).unwrap();
        assert_eq!(node.get("a29").unwrap().to_text(1_000_000), None);
    }

    #[test]
    fn what_is_no_yaml_names_its_line() {
        assert!(parse("a: b\n  c: d: e\n").unwrap_err().starts_with("Line 2 "), "{:?}", parse("a: b\n  c: d: e\n"));
        assert!(parse(&"[".repeat(100)).unwrap_err().contains("levels deep"));
        let chain: String = (1..5_000).map(|at| format!("a{at}: &a{at} [*a{}]\n", at - 1)).collect();
        assert!(parse(&format!("a0: &a0 x\n{chain}")).unwrap_err().contains("levels deep"));
        assert!(parse("").unwrap_err().contains("no YAML value"));
        assert!(parse("a: *nowhere\n").is_err());
    }
}
