//! JSON files: one object a line, or an array of objects. Values keep the text they have in the file.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fmt,
    ops::ControlFlow,
};

use encoding_rs::Encoding;
use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor as Visiting},
};
use serde_json::value::RawValue;

use super::{
    FileFormat, FileInfo, SetAside, columns,
    elements::{Element, Elements, Layout},
    encoding::Decoded,
    input::Bytes,
    refusal::unreadable,
    row::{self, Brings, Cells, Entry, Opened, Rows, Visitor, shown},
    shape::{Mapped, SYSTEM, Seen, Shape},
    wrapped::{self, Inside},
};
use crate::Result;

/// Objects that the shape is found from.
const LOOKED_AT: usize = 100;

/// An object's names and the exact texts of their values, in order.
#[derive(Default)]
pub(super) struct Object<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visiting<'de> for Either {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Either)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visiting<'de> for Entries {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
                let mut entries = Vec::new();
                while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    entries.push((name, value));
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The text of a value: of a string what it says, of `null` nothing, of everything else what stands in the file.
pub(super) fn text_of(value: &RawValue) -> Result<Cow<'_, str>, String> {
    let raw = value.get();
    match raw.as_bytes() {
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => Ok(Cow::Borrowed(&raw[1..raw.len() - 1])),
        [b'"', ..] => serde_json::from_str::<String>(raw).map(Cow::Owned).map_err(|error| broken(&error)),
        b"null" => Ok(Cow::Borrowed("")),
        _ => Ok(Cow::Borrowed(raw)),
    }
}

/// What is wrong with a value, in words.
pub(super) fn broken(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    format!("The value is not whole JSON ({said} at character {}). Mend it, or leave it out.", error.column())
}

/// The object of a value, or why it is none.
fn object<'a>(raw: &'a [u8]) -> Result<Object<'a>, String> {
    let text =
        std::str::from_utf8(raw).map_err(|_| "The text is not in the file's encoding. Choose another encoding, or mend it.".to_owned())?;
    if !text.starts_with('{') {
        return Err(match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => "The value is JSON, but no object with named values.".to_owned(),
            Err(error) => broken(&error),
        });
    }
    let object: Object<'a> = serde_json::from_str(text).map_err(|error| broken(&error))?;
    let mut names = HashSet::with_capacity(object.0.len());
    match object.0.iter().find(|(name, _)| !names.insert(name.as_ref())) {
        Some((name, _)) => Err(format!("The object names `{name}` twice. Keep one of the two.")),
        None => Ok(object),
    }
}

/// A JSON file, understood.
struct Json {
    bytes: Bytes,
    encoding: &'static Encoding,
    at: At,
    shape: Shape,
    /// System messages differ and so have a column.
    with_system: bool,
    places: HashMap<String, usize>,
    columns: Vec<String>,
}

/// Where the values of a file stand, and how.
#[derive(Clone, Copy)]
struct At {
    layout: Layout,
    /// Bytes in front of the array, when it stands in an object.
    within: Option<u64>,
}

/// How the values stand: by the first character, unless the format asked for says it.
fn layout_of(text: &[u8], format: Option<FileFormat>) -> Layout {
    match (format, text.trim_ascii_start().first()) {
        (Some(FileFormat::JsonLines), _) => Layout::Lines,
        (Some(FileFormat::Json), _) | (_, Some(b'[')) => Layout::Array,
        _ => Layout::Lines,
    }
}

/// Whether a text is one of objects as promptfoo has its tests.
pub(super) fn holds_promptfoo_tests(text: &[u8]) -> bool {
    let mut elements = Elements::new(text, layout_of(text, None));
    let Ok(Element::Value { raw, .. }) = elements.next() else { return false };
    object(raw).is_ok_and(|object| object.get("vars").is_some_and(|vars| vars.get().starts_with('{')))
}

/// Whether a text is a whole configuration of promptfoo.
pub(super) fn is_promptfoo_config(text: &[u8]) -> bool {
    let tests = object(text.trim_ascii()).ok().and_then(|object| object.get("tests"));
    tests.is_some_and(|tests| tests.get().starts_with('[') && holds_promptfoo_tests(tests.get().as_bytes()))
}

/// Understands a file of objects by all of them: their names are the columns, in the order in which they first occur.
pub(super) fn open(bytes: Bytes, encoding: &'static Encoding, text: &[u8], format: Option<FileFormat>) -> Result<Opened> {
    let (name, layout) = (bytes.name(), layout_of(text, format));
    let one_object = layout == Layout::Array && text.trim_ascii_start().first() == Some(&b'{');
    let wrapped = if one_object || (format.is_none() && is_alone(&bytes, text)) {
        let inside = wrapped::find(Decoded::new(bytes.again()?, encoding)).map_err(|error| bytes.said(&error))?;
        match inside {
            Inside::Rows(wrapped) => Some(wrapped),
            Inside::Several(names) if one_object => {
                return Err(unreadable(format!(
                    "{name} holds several arrays of objects: {}. Save the one that holds the rows as a file of its own.",
                    names.iter().map(|name| format!("`{}`", shown(name.as_bytes()))).collect::<Vec<_>>().join(", ")
                )));
            }
            Inside::Several(_) | Inside::Nothing => None,
        }
    } else {
        None
    };
    let at = match &wrapped {
        Some(wrapped) => At { layout: Layout::Array, within: Some(wrapped.start) },
        None if one_object => {
            return Err(unreadable(format!(
                "{name} is one JSON object without an array of rows. Rows are read from an array of objects, or one object a line: save the part that holds them as a file of its own."
            )));
        }
        None => At { layout, within: None },
    };
    let layout = at.layout;
    let shape = match format {
        Some(FileFormat::Chat) => Shape::Chat,
        Some(FileFormat::OpenaiEvals) => Shape::Evals,
        Some(FileFormat::Langsmith) => Shape::Langsmith,
        Some(FileFormat::JsonLines | FileFormat::Json) if wrapped.is_none() => Shape::Flat,
        _ => common_shape(&bytes, encoding, at)?,
    };
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut seen = Seen::default();
    let mut first_problem = None;
    each_element(&bytes, encoding, at, &mut |element, _| {
        let taken = element.map_err(|(_, _, reason)| reason).and_then(|(_, raw)| {
            let object = object(raw)?;
            let mapped = shape.map(&object)?;
            for (name, _) in &mapped.cells {
                if !places.contains_key(name.as_ref()) && names.len() <= row::MOST_COLUMNS {
                    places.insert(name.clone().into_owned(), names.len());
                    names.push(name.clone().into_owned());
                }
            }
            seen.add(&mapped);
            Ok(())
        });
        if let Err(reason) = taken {
            first_problem.get_or_insert(reason);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    row::check_width(&name, names.len())?;
    if seen.rows == 0 {
        let why = first_problem.map(|reason| format!(" The first: {reason}")).unwrap_or_default();
        return Err(unreadable(format!(
            "{name} holds no JSON object that could be a row.{why} Write each row as an object with named values, one a line or all in one array; where a separator divides the cells, call the file .csv."
        )));
    }
    let with_system = seen.systems_differ();
    if with_system {
        places.insert(SYSTEM.to_owned(), names.len());
        names.push(SYSTEM.to_owned());
    }
    let (columns, mut notes) = columns::from_header(&names);
    if let Some(wrapped) = &wrapped {
        notes.push(format!("The rows stand in `{}` of the file.", shown(wrapped.name.as_bytes())));
    }
    let info = FileInfo { encoding: encoding.name().to_owned(), ..bytes.info(shape.format(layout)) };
    let beside = wrapped.map(|wrapped| wrapped.beside).unwrap_or_default();
    let beside = beside.iter().map(|name| format!("`{}` stands beside the rows and was left out.", shown(name.as_bytes())));
    let unmapped = seen.unmapped().into_iter().chain(beside).collect();
    let brings = Brings { roles: seen.roles(shape), system_prompt: seen.system_prompt(), unmapped, ..Brings::default() };
    let json = Json { bytes, encoding, at, shape, with_system, places, columns: columns.clone() };
    Ok(Opened { info, columns, notes: [notes, seen.notes()].concat(), rows: Box::new(json), brings })
}

/// The text of a value with its line, or what is there instead with the reason.
type Found<'a> = Result<(u64, &'a [u8]), (u64, &'a [u8], String)>;

/// Goes through the values of a text from its beginning; hears how many bytes were read, too.
fn each_element(
    bytes: &Bytes,
    encoding: &'static Encoding,
    at: At,
    visit: &mut dyn FnMut(Found<'_>, u64) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let decoded = Decoded::new(bytes.again()?, encoding);
    let mut elements = match at.within {
        Some(start) => Elements::within(decoded, start),
        None => Elements::new(decoded, at.layout),
    };
    loop {
        let read = elements.input().bytes();
        let found = match elements.next().map_err(|error| bytes.said(&error))? {
            Element::End => return Ok(()),
            Element::Value { line, raw } => Ok((line, raw)),
            Element::Broken { line, raw, reason } => Err((line, raw, reason)),
        };
        if visit(found, read)?.is_break() {
            return Ok(());
        }
    }
}

impl Json {
    /// The cells of an object in the order of the columns.
    fn place<'c>(
        &self,
        mapped: Mapped<'_>,
        cells: &'c mut Cells,
        slots: &mut Vec<Option<usize>>,
        line: u64,
    ) -> Result<row::Row<'c>, String> {
        slots.clear();
        slots.resize(self.columns.len(), None);
        for (index, (name, text)) in mapped.cells.iter().enumerate() {
            let Some(&place) = self.places.get(name.as_ref()) else { continue };
            if let Some(reason) = row::unfit(&self.columns[place], text) {
                return Err(reason);
            }
            slots[place] = Some(index);
        }
        let system = self.with_system.then_some(mapped.system.as_deref().unwrap_or_default());
        cells.clear();
        for (place, slot) in slots.iter().enumerate() {
            let text = match slot {
                Some(index) => mapped.cells[*index].1.as_ref(),
                None if place + 1 == self.columns.len() => system.unwrap_or_default(),
                None => "",
            };
            cells.push(text);
        }
        Ok(cells.row(line))
    }
}

impl Rows for Json {
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()> {
        let file = self.bytes.name();
        let (mut cells, mut slots) = (Cells::default(), Vec::new());
        each_element(&self.bytes, self.encoding, self.at, &mut |element, read| {
            let aside = |line, raw: &[u8], reason| Entry::SetAside(SetAside { file: file.clone(), line, reason, text: shown(raw) });
            let entry = match element {
                Err((line, raw, reason)) => aside(line, raw, reason),
                Ok((line, raw)) => {
                    let placed = object(raw).and_then(|object| self.place(self.shape.map(&object)?, &mut cells, &mut slots, line));
                    match placed {
                        Ok(row) => Entry::Row(row),
                        Err(reason) => aside(line, raw, reason),
                    }
                }
            };
            visit(entry, read)
        })
    }

    fn check_unchanged(&self) -> Result<()> {
        self.bytes.check_unchanged()
    }
}

/// Whether a text is a single object in one line that is no row by its name or layout.
fn is_alone(bytes: &Bytes, text: &[u8]) -> bool {
    let lines = bytes.path().and_then(|path| path.extension()).is_some_and(|end| end != "json");
    let text = text.trim_ascii();
    !lines && text.first() == Some(&b'{') && !text.contains(&b'\n') && object(text).is_ok_and(|object| Shape::of(&object) == Shape::Flat)
}

/// The shape nearly all of the first objects have.
fn common_shape(bytes: &Bytes, encoding: &'static Encoding, at: At) -> Result<Shape> {
    let mut shapes = Vec::new();
    each_element(bytes, encoding, at, &mut |element, _| {
        if let Ok((_, raw)) = element {
            shapes.extend(object(raw).ok().map(|object| Shape::of(&object)));
        }
        Ok(if shapes.len() < LOOKED_AT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let [first, ..] = shapes[..] else { return Ok(Shape::Flat) };
    let same = shapes.iter().filter(|shape| **shape == first).count();
    Ok(if same * 10 >= shapes.len() * 9 { first } else { Shape::Flat })
}
