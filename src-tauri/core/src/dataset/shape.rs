//! What objects of a JSON file mean: plain rows, or one of the layouts that other tools gave them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    ColumnRoles, FileFormat, ID_COLUMN,
    elements::Layout,
    json::{Object, broken, text_of},
};

/// The column of system messages, where they differ from row to row.
pub(super) const SYSTEM: &str = "system";
const INPUT: &str = "input";
const OUTPUT: &str = "output";
const IDEAL: &str = "ideal";
const IDEALS: &str = "ideals";
const INPUTS: &str = "inputs";
const OUTPUTS: &str = "outputs";

/// One of the layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Names are columns.
    Flat,
    /// `messages` with roles (or `conversations` as ShareGPT has them); the last answer is the ground truth.
    Chat,
    /// OpenAI Evals: `input`, a text or messages, and `ideal`, one or several texts.
    Evals,
    /// Data of the OpenAI Evals API: `item` with the columns, `sample` with what a model answered.
    Item,
    /// Examples of LangSmith: `inputs` and `outputs`, each an object with named values.
    Langsmith,
}

/// Texts by the names of their columns.
type NamedTexts<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// An object as cells.
#[derive(Default)]
pub(super) struct Mapped<'a> {
    /// Columns and their texts.
    pub cells: NamedTexts<'a>,
    /// The system message.
    pub system: Option<String>,
    /// The input and the ground truth, where this object leaves no choice.
    sole: Sole,
    several_turns: bool,
    several_ideals: bool,
    after_answer: bool,
}

/// The only value of `inputs`, and that of `outputs`.
#[derive(Default, Clone, PartialEq)]
struct Sole {
    input: Option<String>,
    output: Option<String>,
}

/// A message as chat APIs and ShareGPT write it.
#[derive(Deserialize)]
struct Turn<'a> {
    #[serde(alias = "from", borrow)]
    role: Cow<'a, str>,
    #[serde(alias = "value", borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<&'a RawValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    System,
    User,
    Assistant,
}

/// A part of a message's content.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

fn turns(value: &RawValue) -> Result<Vec<(Role, String)>, String> {
    let turns: Vec<Turn<'_>> = serde_json::from_str(value.get()).map_err(|error| broken(&error))?;
    let read = |(index, turn): (usize, &Turn<'_>)| {
        let role = match turn.role.as_ref() {
            "system" | "developer" => Role::System,
            "user" | "human" => Role::User,
            "assistant" | "gpt" | "model" => Role::Assistant,
            other => return Err(format!("Message {} has the role `{other}`; system, user and assistant are read.", index + 1)),
        };
        let calls_tool = turn.tool_calls.is_some_and(|calls| calls.get() != "null");
        match turn.content.map(content).transpose()?.unwrap_or_default() {
            text if text.is_empty() && calls_tool => Err(format!("Message {} calls a tool instead of saying something.", index + 1)),
            text => Ok((role, text)),
        }
    };
    turns.iter().enumerate().map(read).collect()
}

/// A text, or the texts of its parts one after another.
fn content(value: &RawValue) -> Result<String, String> {
    if !value.get().starts_with('[') {
        return text_of(value).map(Cow::into_owned);
    }
    let parts: Vec<Part<'_>> = serde_json::from_str(value.get()).map_err(|error| broken(&error))?;
    let text = |part: &Part<'_>| match (part.kind.as_ref(), part.text) {
        ("text" | "input_text" | "output_text", Some(text)) => text_of(text).map(Cow::into_owned),
        (kind, _) => Err(format!("A message holds `{kind}`, which is no text.")),
    };
    parts.iter().map(text).collect()
}

/// System messages, and the rest as one text: a single message of the user as it stands, several as a conversation.
fn spoken(turns: &[(Role, String)]) -> (Option<String>, String, bool) {
    let system: Vec<&str> = turns.iter().filter(|(role, _)| *role == Role::System).map(|(_, text)| text.as_str()).collect();
    let said: Vec<&(Role, String)> = turns.iter().filter(|(role, _)| *role != Role::System).collect();
    let system = (!system.is_empty()).then(|| system.join("\n\n"));
    match said[..] {
        [(Role::User, text)] => (system, text.clone(), false),
        _ => {
            let line = |(role, text): &&(Role, String)| format!("{}: {text}", if *role == Role::User { "User" } else { "Assistant" });
            (system, said.iter().map(line).collect::<Vec<_>>().join("\n\n"), true)
        }
    }
}

impl Shape {
    /// The layout of one object.
    pub fn of(object: &Object<'_>) -> Self {
        let starts = |name: &str, with: char| object.get(name).is_some_and(|value| value.get().starts_with(with));
        if starts("messages", '[') || starts("conversations", '[') {
            Self::Chat
        } else if starts("item", '{') {
            Self::Item
        } else if starts(INPUTS, '{') && object.get(OUTPUTS).is_none_or(|outputs| outputs.get().starts_with('{') || outputs.get() == "null")
        {
            Self::Langsmith
        } else if object.get(INPUT).is_some() && object.get(IDEAL).is_some() {
            Self::Evals
        } else {
            Self::Flat
        }
    }

    /// The format, as the import sheet calls it.
    pub fn format(self, layout: Layout) -> FileFormat {
        match (self, layout) {
            (Self::Chat, _) => FileFormat::Chat,
            (Self::Evals | Self::Item, _) => FileFormat::OpenaiEvals,
            (Self::Langsmith, _) => FileFormat::Langsmith,
            (Self::Flat, Layout::Lines) => FileFormat::JsonLines,
            (Self::Flat, Layout::Array) => FileFormat::Json,
        }
    }

    /// The roles it gives.
    pub fn roles(self) -> ColumnRoles {
        let roles =
            |input: &str, truth: &str| ColumnRoles { input: Some(input.into()), truth: Some(truth.into()), ..ColumnRoles::default() };
        match self {
            Self::Chat => roles(INPUT, OUTPUT),
            Self::Evals => roles(INPUT, IDEAL),
            Self::Flat | Self::Item | Self::Langsmith => ColumnRoles::default(),
        }
    }

    /// The cells of an object, or why it cannot be a row.
    pub fn map<'a>(self, object: &Object<'a>) -> Result<Mapped<'a>, String> {
        match self {
            Self::Flat => Ok(Mapped { cells: plain(object, &[])?, ..Mapped::default() }),
            Self::Chat => chat(object),
            // A file of the API may mix both.
            Self::Evals if object.get("item").is_none() => evals(object),
            Self::Item | Self::Evals => item(object),
            Self::Langsmith => langsmith(object),
        }
    }
}

/// Every value by its name, except some.
fn plain<'a>(object: &Object<'a>, except: &[&str]) -> Result<NamedTexts<'a>, String> {
    let rest = object.0.iter().filter(|(name, _)| !except.contains(&name.as_ref()));
    rest.map(|(name, value)| Ok((name.clone(), text_of(value)?))).collect()
}

/// As [`plain`]; a name that a made column has already is told apart.
fn beside<'a>(object: &Object<'a>, except: &[&str], made: &[&str]) -> Result<NamedTexts<'a>, String> {
    let mut cells = plain(object, except)?;
    for (name, _) in &mut cells {
        if made.contains(&name.as_ref()) {
            *name = Cow::Owned(format!("{name} (as given)"));
        }
    }
    Ok(cells)
}

fn chat<'a>(object: &Object<'a>) -> Result<Mapped<'a>, String> {
    let messages = object.get("messages").or_else(|| object.get("conversations"));
    let turns = turns(messages.ok_or("The object has no `messages`.")?)?;
    let last = turns.iter().rposition(|(role, _)| *role == Role::Assistant);
    let last = last.ok_or("No message is an answer of the assistant, so there is no ground truth.")?;
    let (system, input, several_turns) = spoken(&turns[..last]);
    let mut cells = vec![(Cow::Borrowed(INPUT), Cow::Owned(input)), (Cow::Borrowed(OUTPUT), Cow::Owned(turns[last].1.clone()))];
    cells.extend(beside(object, &["messages", "conversations"], &[INPUT, OUTPUT, SYSTEM])?);
    Ok(Mapped { cells, system, several_turns, after_answer: last + 1 < turns.len(), ..Mapped::default() })
}

fn evals<'a>(object: &Object<'a>) -> Result<Mapped<'a>, String> {
    let input = object.get(INPUT).ok_or("The object has no `input`.")?;
    let ideal = object.get(IDEAL).ok_or("The object has no `ideal`.")?;
    let (system, input, several_turns) = match input.get().starts_with('[') {
        true => spoken(&turns(input)?),
        false => (None, text_of(input)?.into_owned(), false),
    };
    let mut cells = vec![(Cow::Borrowed(INPUT), Cow::Owned(input))];
    let mut several_ideals = false;
    if ideal.get().starts_with('[') {
        let ideals: Vec<&RawValue> = serde_json::from_str(ideal.get()).map_err(|error| broken(&error))?;
        let first = ideals.first().map(|first| text_of(first)).transpose()?.unwrap_or_default();
        cells.push((Cow::Borrowed(IDEAL), Cow::Owned(first.into_owned())));
        several_ideals = ideals.len() > 1;
        if several_ideals {
            cells.push((Cow::Borrowed(IDEALS), Cow::Borrowed(ideal.get())));
        }
    } else {
        cells.push((Cow::Borrowed(IDEAL), text_of(ideal)?));
    }
    cells.extend(beside(object, &[INPUT, IDEAL], &[IDEALS, SYSTEM])?);
    Ok(Mapped { cells, system, several_turns, several_ideals, ..Mapped::default() })
}

/// An object within an object.
fn inner<'a>(object: &Object<'a>, name: &str) -> Result<Option<Object<'a>>, String> {
    let value = object.get(name).filter(|value| value.get().starts_with('{'));
    value.map(|value| serde_json::from_str::<Object<'a>>(value.get()).map_err(|error| broken(&error))).transpose()
}

fn langsmith<'a>(object: &Object<'a>) -> Result<Mapped<'a>, String> {
    let inputs = inner(object, INPUTS)?.ok_or("The object has no `inputs` with named values.")?;
    let outputs = inner(object, OUTPUTS)?.unwrap_or_default();
    let mut cells = plain(&inputs, &[])?;
    let mut sole = Sole::default();
    if let [(name, _)] = &cells[..] {
        sole.input = Some(name.clone().into_owned());
    }
    let answers = plain(&outputs, &[])?;
    let one = answers.len() == 1;
    for (name, text) in answers {
        let name = if cells.iter().any(|(taken, _)| *taken == name) { Cow::Owned(format!("{OUTPUTS}.{name}")) } else { name };
        sole.output = one.then(|| name.clone().into_owned());
        cells.push((name, text));
    }
    let made: Vec<String> = cells.iter().map(|(name, _)| name.clone().into_owned()).collect();
    let made: Vec<&str> = made.iter().map(String::as_str).collect();
    cells.extend(beside(object, &[INPUTS, OUTPUTS], &made)?);
    Ok(Mapped { cells, sole, ..Mapped::default() })
}

fn item<'a>(object: &Object<'a>) -> Result<Mapped<'a>, String> {
    let item = inner(object, "item")?.ok_or("The object has no `item`.")?;
    let mut cells = plain(&item, &[])?;
    let taken: Vec<String> = cells.iter().map(|(name, _)| name.clone().into_owned()).collect();
    let mut add = |name: String, text: Cow<'a, str>| {
        if !taken.contains(&name) {
            cells.push((Cow::Owned(name), text));
        }
    };
    if let Some(sample) = inner(object, "sample")? {
        for (name, text) in plain(&sample, &[])? {
            add(format!("sample.{name}"), text);
        }
    }
    // Our own export writes the row as `item` and, beside it, what the templates of OpenAI Evals read.
    let own = item.get(ID_COLUMN).is_some();
    let except: &[&str] = if own { &["item", "sample", INPUT, IDEAL] } else { &["item", "sample"] };
    for (name, text) in plain(object, except)? {
        add(name.into_owned(), text);
    }
    Ok(Mapped { cells, ..Mapped::default() })
}

/// What all objects of a file have shown.
#[derive(Default)]
pub(super) struct Seen {
    /// Objects that could be rows.
    pub rows: u64,
    sole: Sole,
    with_system: u64,
    system: Option<String>,
    differ: bool,
    several_turns: u64,
    several_ideals: u64,
    after_answer: u64,
}

fn rows(count: u64, one: &str, more: &str) -> String {
    if count == 1 { format!("1 row {one}") } else { format!("{count} rows {more}") }
}

impl Seen {
    pub fn add(&mut self, mapped: &Mapped<'_>) {
        if self.rows == 0 {
            self.sole = mapped.sole.clone();
        }
        // What one object leaves open, or names otherwise, is open.
        self.sole.input.take_if(|input| mapped.sole.input.as_ref() != Some(input));
        self.sole.output.take_if(|output| mapped.sole.output.as_ref() != Some(output));
        self.rows += 1;
        self.several_turns += u64::from(mapped.several_turns);
        self.several_ideals += u64::from(mapped.several_ideals);
        self.after_answer += u64::from(mapped.after_answer);
        let Some(system) = &mapped.system else { return };
        self.with_system += 1;
        match &self.system {
            None => self.system = Some(system.clone()),
            Some(first) => self.differ |= first != system,
        }
    }

    /// The roles that the layout gives, or that all objects agree upon.
    pub fn roles(&self, shape: Shape) -> ColumnRoles {
        match shape {
            Shape::Langsmith => ColumnRoles { input: self.sole.input.clone(), truth: self.sole.output.clone(), ..ColumnRoles::default() },
            _ => shape.roles(),
        }
    }

    /// System messages are not the same in every row.
    pub fn systems_differ(&self) -> bool {
        self.system.is_some() && (self.differ || self.with_system < self.rows)
    }

    /// The system prompt to offer: the common one, or a reference to the column where they stand.
    pub fn system_prompt(&self) -> Option<String> {
        if self.systems_differ() { Some(format!("{{{{{SYSTEM}}}}}")) } else { self.system.clone() }
    }

    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.systems_differ() {
            notes.push(format!(
                "System messages differ from row to row; they are in the column `{SYSTEM}`, for a prompt with {{{{{SYSTEM}}}}}."
            ));
        }
        if self.several_turns > 0 {
            let which = rows(self.several_turns, "has", "have");
            notes.push(format!("{which} a conversation of several messages as input; it is written out with `User:` and `Assistant:`."));
        }
        notes
    }

    /// What has no counterpart here.
    pub fn unmapped(&self) -> Vec<String> {
        let mut unmapped = Vec::new();
        if self.several_ideals > 0 {
            let which = rows(self.several_ideals, "accepts", "accept");
            unmapped.push(format!("{which} several answers; the first is the ground truth, all are in the column `{IDEALS}`."));
        }
        if self.after_answer > 0 {
            let which = rows(self.after_answer, "has", "have");
            unmapped.push(format!("{which} messages after the last answer of the assistant; they were left out."));
        }
        unmapped
    }
}
