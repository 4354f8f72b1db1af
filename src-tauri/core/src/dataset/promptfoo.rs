//! promptfoo's tests: YAML, JSON and its CSV, with `vars` as columns and what `assert` expects as ground truth and metric.

mod assertion;
mod csv;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    io::Read,
    ops::ControlFlow,
    rc::Rc,
};

use encoding_rs::Encoding;

use super::{
    ColumnRoles, FileFormat, FileInfo, ID_COLUMN, ReadOptions, SetAside, columns, delimited,
    elements::{Element, Elements, Layout},
    encoding::Decoded,
    input::Bytes,
    refusal::unreadable,
    row::{self, Brings, Cells, Entry, LONGEST_CELL, Opened, Rows, Visitor, shown},
    yaml::{self, Node, Value},
};
use crate::{Error, Result};

pub(super) use csv::recognise as recognise_csv;

use assertion::{Assertion, Expected, Findings};

/// Most bytes of a file of tests: it is read as a whole.
pub(crate) const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// Most tests that one test with lists as variables stands for.
const MOST_COMBINATIONS: usize = 1_000;
/// Bytes that a cell takes beside its text.
const CELL: usize = size_of::<(&str, Cow<'_, str>)>();
/// Most texts in memory, combinations written out.
const MOST_TEXT: usize = 256 * 1024 * 1024;
/// Most bytes of what one test asserts, templates filled in: as many as a whole file has.
const MOST_ASSERTED: usize = MOST_BYTES as usize;
/// Parts without a counterpart that are named.
const MOST_LEFT_OUT: usize = 100;
/// The column of what is expected.
const EXPECTED: &str = "expected";
const DESCRIPTION: &str = "description";
const METADATA: &str = "metadata";

/// Opens a file of tests.
pub(super) fn open(bytes: Bytes, encoding: &'static Encoding, text: &[u8], whole: bool, options: &ReadOptions) -> Result<Opened> {
    let name = bytes.name();
    let is_table = name.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension.to_ascii_lowercase().as_str(), "csv" | "tsv"));
    if is_table {
        let opened = csv::recognise(delimited::open(bytes, encoding, text, whole, options)?)?;
        return match opened.info.format {
            FileFormat::Promptfoo => Ok(opened),
            _ => Err(Error::invalid(format!("{name} has no column `__expected`, as promptfoo's tests do. Choose another format."))),
        };
    }
    if bytes.size() > MOST_BYTES {
        return Err(unreadable(format!(
            "{name} has {} MB; tests of promptfoo are read up to {} MB. Save them as CSV or JSON Lines, then import that file.",
            bytes.size() / (1024 * 1024),
            MOST_BYTES / (1024 * 1024)
        )));
    }
    let mut decoded = Vec::new();
    Decoded::new(bytes.again()?, encoding).read_to_end(&mut decoded).map_err(|error| bytes.said(&error))?;
    let decoded = String::from_utf8(decoded).map_err(|error| {
        let line = decoded_line(error.as_bytes(), error.utf8_error().valid_up_to());
        unreadable(format!(
            "Line {line} of {name} is not text in the encoding {}. Choose another encoding, or mend the file.",
            encoding.name()
        ))
    })?;
    let file = read(&name, &decoded)?;
    let mut made = Made::default();
    made.take(&file);
    made.into_opened(bytes, encoding)
}

fn decoded_line(bytes: &[u8], until: usize) -> usize {
    bytes[..until].iter().filter(|&&b| b == b'\n').count() + 1
}

/// What stands in the file: tests, and what is common to them.
struct File {
    tests: Vec<Rc<Node>>,
    config: Option<Rc<Node>>,
    /// Lines that are no tests, and why.
    broken: Vec<SetAside>,
}

fn read(name: &str, text: &str) -> Result<File> {
    let said = |why: String| unreadable(format!("{name} cannot be read as tests. {why} Mend it, then import it again."));
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let whole_json = start.starts_with('[') || (start.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(start).is_ok());
    if start.starts_with('{') && !whole_json {
        return read_lines(name, text);
    }
    let root = if whole_json && let Ok(raw) = serde_json::from_str::<&serde_json::value::RawValue>(start) {
        yaml::from_json(raw, 1).map_err(said)?
    } else {
        yaml::parse(text).map_err(said)?
    };
    if root.is_list() {
        return Ok(File { tests: root.items().to_vec(), config: None, broken: Vec::new() });
    }
    if root.get("vars").is_some() {
        return Ok(File { tests: vec![root], config: None, broken: Vec::new() });
    }
    let tests = match root.get("tests") {
        Some(tests) if tests.is_list() => tests.items().to_vec(),
        Some(tests) if tests.text().is_some() => {
            return Err(unreadable(format!(
                "The tests of {name} stand in `{}`. Import that file.",
                shown(tests.text().unwrap_or_default().as_bytes())
            )));
        }
        _ => {
            return Err(unreadable(format!(
                "{name} has no `tests`, as promptfoo's configurations do. Choose a file with a list of tests, each with `vars`."
            )));
        }
    };
    Ok(File { tests, config: Some(root), broken: Vec::new() })
}

/// One test a line, as JSON.
fn read_lines(name: &str, text: &str) -> Result<File> {
    let mut elements = Elements::new(text.as_bytes(), Layout::Lines);
    let mut file = File { tests: Vec::new(), config: None, broken: Vec::new() };
    loop {
        let (line, raw, why) = match elements.next().map_err(|error| unreadable(format!("{name} could not be read: {error}.")))? {
            Element::End => return Ok(file),
            Element::Broken { line, raw, reason } => (line, raw, reason),
            Element::Value { line, raw } => {
                let parsed = std::str::from_utf8(raw).map_err(|error| error.to_string());
                let parsed = parsed.and_then(|text| serde_json::from_str(text).map_err(|error| super::json::broken(&error)));
                match parsed.and_then(|raw: &serde_json::value::RawValue| yaml::from_json(raw, line)) {
                    Ok(node) => {
                        file.tests.push(node);
                        continue;
                    }
                    Err(why) => (line, raw, why),
                }
            }
        };
        file.broken.push(SetAside { file: name.to_owned(), line, reason: why, text: shown(raw) });
    }
}

/// One row to be.
struct MadeRow {
    line: u64,
    /// By the place of the column; a test has few of many.
    cells: Vec<(usize, String)>,
    expected: Expected,
}

/// Rows and what was found while they were made.
#[derive(Default)]
struct Made {
    rows: Vec<MadeRow>,
    aside: Vec<SetAside>,
    /// Columns in the order in which they first occur.
    columns: Vec<String>,
    places: HashMap<String, usize>,
    findings: Findings,
    /// What is left out, by its name, with the number of tests.
    left_out: Vec<(String, u64)>,
    system_prompt: Option<String>,
    user_prompt: Option<String>,
    unmapped: Vec<String>,
    /// Bytes that tests and what is said of them take; aliases and templates can make them of a few letters.
    text: usize,
    /// Tests that an export of ours wrote.
    own: usize,
}

/// Parts of a test that have a counterpart here.
const KNOWN: &[&str] = &["vars", "assert", DESCRIPTION, METADATA];
/// Parts of a configuration that say nothing about the examples.
const SILENT: &[&str] = &[
    "tests",
    "defaultTest",
    "prompts",
    DESCRIPTION,
    "providers",
    "targets",
    "outputPath",
    "sharing",
    "env",
    "$schema",
    "evaluateOptions",
    "commandLineOptions",
    "tags",
];

impl Made {
    fn take(&mut self, file: &File) {
        self.aside.clone_from(&file.broken);
        let common = file.config.as_deref().and_then(|config| config.get("defaultTest"));
        let common_vars = common.and_then(|test| test.get("vars")).map(Node::entries).unwrap_or_default();
        let common_assertions = common.and_then(|test| test.get("assert")).map(Node::items).unwrap_or_default();
        for node in common.map(Node::entries).unwrap_or_default().iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())) {
            self.unmapped.push(format!("`defaultTest.{}` has no counterpart and was left out.", node.0));
        }
        for (number, test) in file.tests.iter().enumerate() {
            if let Err(reason) = self.test(test, common_vars, common_assertions) {
                let text = test.to_text(1_000).unwrap_or_default();
                let reason = format!("Test {}: {reason}", number + 1);
                self.text += reason.len() + text.len();
                self.aside.push(SetAside { file: String::new(), line: test.line, reason, text: shown(text.as_bytes()) });
            }
            if self.is_too_much() {
                return;
            }
        }
        if let Some(config) = file.config.as_deref() {
            for (key, _) in config.entries().iter().filter(|(key, _)| !SILENT.contains(&key.as_str())) {
                self.unmapped.push(format!("`{key}` has no counterpart and was left out."));
            }
            self.prompts(config.get("prompts"));
        }
    }

    fn test(&mut self, test: &Node, common_vars: &[(String, Rc<Node>)], common_assertions: &[Rc<Node>]) -> Result<(), String> {
        if let Some(reference) = test.text() {
            return Err(format!("It stands in `{}`. Import that file.", shown(reference.as_bytes())));
        }
        let own = test.get("vars");
        if let Some(reference) = own.and_then(Node::text) {
            return Err(format!("Its variables stand in `{}`. Write them into the test.", shown(reference.as_bytes())));
        }
        let mut vars: Vec<(&str, &Node)> = Vec::new();
        let mut named = HashSet::new();
        for (name, node) in own.map(Node::entries).unwrap_or_default().iter().chain(common_vars) {
            if named.insert(name.as_str()) {
                vars.push((name, node));
            }
        }
        if vars.is_empty() {
            return Err("It has no `vars`, so there is nothing to send.".to_owned());
        }
        if vars.len() > row::MOST_COLUMNS {
            return Err(format!("It has {} variables; up to {} are taken. Keep those that a prompt needs.", vars.len(), row::MOST_COLUMNS));
        }
        for (key, _) in test.entries().iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())) {
            self.leave_out(key);
        }
        let expands = test.get("options").and_then(|options| options.get("disableVarExpansion")).and_then(Node::text) != Some("true");
        let assertions: Vec<&Rc<Node>> = test.get("assert").map(Node::items).unwrap_or_default().iter().chain(common_assertions).collect();
        let description = test.get(DESCRIPTION).and_then(Node::text).map(str::to_owned);
        let metadata = test.get(METADATA).map(Node::entries).unwrap_or_default();
        // Our own export writes texts as they are, whatever looks like a template in them.
        let own = metadata.iter().any(|(name, _)| name == ID_COLUMN);
        for combination in combinations(&vars, expands)? {
            let texts: HashMap<&str, &str> = combination.iter().map(|(name, text)| (*name, text.as_ref())).collect();
            let nothing = HashMap::new();
            let filled_in = if own { &nothing } else { &texts };
            let mut asserted = Vec::new();
            let mut room = MOST_ASSERTED;
            for node in &assertions {
                Assertion::gather(node, filled_in, &mut asserted, &mut room)?;
            }
            self.own += usize::from(own);
            let expected = self.findings.add(&asserted);
            self.text += combination.iter().map(|(_, text)| CELL + text.len()).sum::<usize>() + expected.text.len() + MOST_ASSERTED - room;
            if self.is_too_much() {
                return Ok(());
            }
            let mut cells: Vec<(String, String)> =
                combination.iter().map(|(name, text)| ((*name).to_owned(), text.clone().into_owned())).collect();
            cells.extend(description.clone().filter(|_| !texts.contains_key(DESCRIPTION)).map(|text| (DESCRIPTION.to_owned(), text)));
            for (name, node) in metadata {
                match node.to_text(LONGEST_CELL) {
                    Some(text) if !cells.iter().any(|(known, _)| known == name) => cells.push((name.clone(), text)),
                    _ => self.leave_out(&format!("{METADATA}.{name}")),
                }
            }
            let cells = cells.into_iter().map(|(name, text)| (self.place(name), text)).collect();
            self.rows.push(MadeRow { line: test.line, cells, expected });
        }
        Ok(())
    }

    fn is_too_much(&self) -> bool {
        self.text > MOST_TEXT
    }

    /// The place of a column, which may be new.
    fn place(&mut self, name: String) -> usize {
        let next = self.columns.len();
        *self.places.entry(name).or_insert_with_key(|name| {
            self.columns.push(name.clone());
            next
        })
    }

    fn leave_out(&mut self, key: &str) {
        let room = self.left_out.len() < MOST_LEFT_OUT;
        match self.left_out.iter_mut().find(|(known, _)| known == key) {
            Some((_, count)) => *count += 1,
            None if room => self.left_out.push((key.to_owned(), 1)),
            None => {}
        }
    }

    /// The first prompt is offered: a text is a message of the user, a conversation has its messages.
    fn prompts(&mut self, prompts: Option<&Node>) {
        let Some(prompts) = prompts else { return };
        let all: Vec<&Node> = if prompts.is_list() { prompts.items().iter().map(Rc::as_ref).collect() } else { vec![prompts] };
        let text = |node: &Node| node.text().or_else(|| node.get("raw").and_then(Node::text)).map(str::to_owned);
        let in_file = |text: &str| {
            text.contains("://") || [".txt", ".json", ".yaml", ".yml", ".md", ".py", ".js"].iter().any(|end| text.trim_end().ends_with(end))
        };
        let texts: Vec<String> = all.iter().filter_map(|node| text(node)).filter(|text| !in_file(text)).collect();
        if texts.len() < all.len() {
            self.unmapped.push("`prompts` refers to files or programs; they were not read. Paste the prompt into the editor.".to_owned());
        }
        let Some(first) = texts.first() else { return };
        if texts.len() > 1 {
            self.unmapped.push(format!("Of {} prompts the first is offered; the others were left out.", texts.len()));
        }
        let message_of = |messages: &[serde_json::Value], role: &str| {
            let message = messages.iter().find(|message| message.get("role").and_then(|role| role.as_str()) == Some(role))?;
            Some(message.get("content")?.as_str()?.to_owned())
        };
        let (system, user) = match serde_json::from_str::<Vec<serde_json::Value>>(first) {
            Ok(messages) => (message_of(&messages, "system"), message_of(&messages, "user")),
            Err(_) => (None, Some(first.clone())),
        };
        // `{{ name }}` as `{{name}}`, for the columns there are.
        let plain = |name: &str| self.places.contains_key(name).then(|| Cow::Owned(format!("{{{{{name}}}}}")));
        let written = |prompt: Option<String>| prompt.and_then(|prompt| assertion::filled_in(&prompt, plain));
        (self.system_prompt, self.user_prompt) = (written(system), written(user));
    }

    /// Tests whose rubric nothing here can judge are no examples.
    fn set_rubrics_aside(&mut self) {
        let Some(reason) = self.findings.unjudged() else { return };
        let (judged, kept) = std::mem::take(&mut self.rows).into_iter().partition(|row| row.expected.is_rubric);
        self.rows = kept;
        let judged: Vec<MadeRow> = judged;
        self.aside.extend(judged.into_iter().map(|row| {
            let cells: Vec<&str> = row.cells.iter().map(|(_, text)| text.as_str()).collect();
            SetAside { file: String::new(), line: row.line, reason: reason.clone(), text: shown(cells.join(", ").as_bytes()) }
        }));
        self.aside.sort_by_key(|aside| aside.line);
    }

    fn into_opened(mut self, bytes: Bytes, encoding: &'static Encoding) -> Result<Opened> {
        let name = bytes.name();
        if self.is_too_much() {
            return Err(unreadable(format!(
                "Written out, the tests of {name} come to more than {} MB. Divide the file, or save them as CSV or JSON Lines.",
                MOST_TEXT / (1024 * 1024)
            )));
        }
        row::check_width(&name, self.columns.len())?;
        self.set_rubrics_aside();
        if self.rows.is_empty() {
            let why = self.aside.first().map(|aside| format!(" {}", aside.reason)).unwrap_or_default();
            return Err(unreadable(format!(
                "{name} has no test with `vars`.{why} Give every test its `vars`, or save the rows as CSV or JSON Lines."
            )));
        }
        let mut names = self.columns.clone();
        let mut roles = ColumnRoles::default();
        let mut expects = self.rows.iter().any(|row| !row.expected.text.is_empty());
        if expects && self.own == self.rows.len() {
            // The ground truth is a variable as well: one column of it is enough.
            let holds = |row: &MadeRow, place: usize| row.cells.iter().any(|(at, text)| *at == place && *text == row.expected.text);
            let is_expected = |place: &usize| self.rows.iter().all(|row| holds(row, *place));
            roles.truth = (0..self.columns.len()).find(is_expected).map(|place| self.columns[place].clone());
            expects = roles.truth.is_none();
        }
        if expects {
            let expected = if names.iter().any(|name| name == EXPECTED) { "__expected" } else { EXPECTED };
            names.push(expected.to_owned());
            roles.truth = Some(expected.to_owned());
        }
        let (columns, notes) = columns::from_header(&names);
        if expects {
            for row in &mut self.rows {
                row.cells.push((columns.len() - 1, std::mem::take(&mut row.expected.text)));
            }
        }
        for aside in &mut self.aside {
            aside.file.clone_from(&name);
        }
        let info = FileInfo { encoding: encoding.name().to_owned(), ..bytes.info(FileFormat::Promptfoo) };
        let left_out = self.left_out.iter().map(|(key, count)| format!("`{key}` of {}: no counterpart, left out.", tests(*count)));
        let unmapped = self.findings.unmapped().into_iter().chain(left_out).chain(self.unmapped).collect();
        let brings =
            Brings { roles, system_prompt: self.system_prompt, user_prompt: self.user_prompt, metrics: self.findings.metrics(), unmapped };
        let tests = Tests { size: bytes.size(), bytes, name, rows: self.rows, columns: columns.clone(), aside: self.aside };
        Ok(Opened { info, columns, notes, rows: Box::new(tests), brings })
    }
}

fn tests(count: u64) -> String {
    if count == 1 { "1 test".to_owned() } else { format!("{count} tests") }
}

/// A text for every variable.
type Combination<'n> = Vec<(&'n str, Cow<'n, str>)>;

/// The variables of a test as texts; a list stands for one test a value, several lists for every combination.
fn combinations<'n>(vars: &[(&'n str, &'n Node)], expands: bool) -> Result<Vec<Combination<'n>>, String> {
    let too_long = |name: &str| {
        let most = LONGEST_CELL / (1024 * 1024);
        format!("Written out, `{name}` is longer than {most} MB, as much as a cell may have. Shorten it, or leave the test out.")
    };
    let too_much =
        || format!("Written out, its variables come to more than {} MB. Shorten them, or leave the test out.", MOST_TEXT / (1024 * 1024));
    let mut all: Vec<Combination<'_>> = vec![Vec::with_capacity(vars.len())];
    // Bytes of all combinations so far.
    let mut written = 0_usize;
    for (name, node) in vars {
        let whole = [*node];
        let items: Vec<&Node> = node.items().iter().map(Rc::as_ref).collect();
        let values: &[&Node] = if expands && node.is_list() && !items.is_empty() { &items } else { &whole };
        if all.len().saturating_mul(values.len()) > MOST_COMBINATIONS {
            return Err(format!("Its lists of variables make more than {MOST_COMBINATIONS} combinations. Shorten them."));
        }
        let mut texts: Vec<Cow<'_, str>> = Vec::with_capacity(values.len());
        let mut bytes = 0;
        for value in values {
            let text = match &value.value {
                Value::Text { text, .. } => Cow::Borrowed(text.as_str()),
                Value::List(_) | Value::Map(_) => Cow::Owned(value.to_text(LONGEST_CELL).ok_or_else(|| too_long(name))?),
            };
            bytes += CELL + text.len();
            if written * values.len() + bytes * all.len() > MOST_TEXT {
                return Err(too_much());
            }
            texts.push(text);
        }
        written = written * texts.len() + bytes * all.len();
        if let [text] = &texts[..] {
            all.iter_mut().for_each(|combination| combination.push((*name, text.clone())));
            continue;
        }
        let with = |so_far: &Combination<'n>, text: &Cow<'n, str>| so_far.iter().cloned().chain([(*name, text.clone())]).collect();
        all = all.iter().flat_map(|so_far| texts.iter().map(move |text| with(so_far, text))).collect();
    }
    Ok(all)
}

/// Tests in memory, as rows.
struct Tests {
    bytes: Bytes,
    size: u64,
    name: String,
    columns: Vec<String>,
    rows: Vec<MadeRow>,
    aside: Vec<SetAside>,
}

impl Rows for Tests {
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()> {
        for aside in &self.aside {
            if visit(Entry::SetAside(aside.clone()), 0)?.is_break() {
                return Ok(());
            }
        }
        let mut cells = Cells::default();
        let mut texts: Vec<&str> = Vec::new();
        let count = self.rows.len().max(1) as u64;
        for (index, MadeRow { line, cells: made, .. }) in self.rows.iter().enumerate() {
            texts.clear();
            texts.resize(self.columns.len(), "");
            for (place, text) in made {
                texts[*place] = text;
            }
            cells.clear();
            texts.iter().for_each(|text| cells.push(text));
            let problem = made.iter().find_map(|(place, text)| row::unfit(&self.columns[*place], text));
            let entry = match problem {
                None => Entry::Row(cells.row(*line)),
                Some(reason) => Entry::SetAside(SetAside { file: self.name.clone(), line: *line, reason, text: cells.row(*line).shown() }),
            };
            let read = (u128::from(self.size) * (index as u128 + 1) / u128::from(count)) as u64;
            if visit(entry, read)? == ControlFlow::Break(()) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn check_unchanged(&self) -> Result<()> {
        self.bytes.check_unchanged()
    }
}
