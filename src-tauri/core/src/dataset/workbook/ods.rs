//! OpenDocument spreadsheets, read as the stream of XML that they are: cells as they are shown and typed, nothing held but a row.

use std::{io::BufReader, ops::ControlFlow};

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesStart, Event},
};

use super::{Book, MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED, Odd, SheetCell, SheetRow, SheetVisitor, broken, packed, too_long};
use crate::{
    Error, Result,
    dataset::{
        input::Bytes,
        number::{self, Look},
        row::LONGEST_CELL,
    },
};

const WHAT: &str = "OpenDocument spreadsheet";
const CONTENT: &str = "content.xml";

pub(super) struct Workbook {
    bytes: Bytes,
    sheets: Vec<String>,
}

impl Workbook {
    pub fn open(bytes: Bytes) -> Result<Self> {
        packed::open(&bytes)?;
        let mut book = Self { bytes, sheets: Vec::new() };
        let mut sheets = Vec::new();
        book.read(
            &mut |event, _| {
                if let Step::Sheet(name) = event {
                    sheets.push(name.to_owned());
                }
                Ok(ControlFlow::Continue(()))
            },
            None,
        )?;
        book.sheets = sheets;
        Ok(book)
    }

    /// Goes through the content; rows are told of one sheet only.
    fn read(&self, hear: &mut dyn FnMut(Step<'_>, u64) -> Result<ControlFlow<()>>, only: Option<&str>) -> Result<()> {
        let said = |why: &dyn std::fmt::Display| broken(&self.bytes, WHAT, why);
        let mut archive = packed::open_again(&self.bytes)?;
        let part = archive.by_name(CONTENT).map_err(|error| said(&error))?;
        let (size, whole) = (self.bytes.size(), part.size().max(1));
        let mut xml = Reader::from_reader(BufReader::with_capacity(128 * 1024, part));
        xml.config_mut().check_end_names = false;
        let mut sheet = Table::default();
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let read = (u128::from(size) * u128::from(xml.buffer_position()) / u128::from(whole)) as u64;
            let event = xml.read_event_into(&mut buffer).map_err(|error| said(&error))?;
            let step = sheet.take(&event, only).map_err(|why| said(&why))?;
            let flow = match step {
                _ if matches!(event, Event::Eof) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
                Some(Taken::Sheet) => hear(Step::Sheet(&sheet.name), read)?,
                Some(Taken::Rows(count)) => {
                    let mut flow = ControlFlow::Continue(());
                    for _ in 0..count {
                        sheet.row += 1;
                        flow = hear(
                            Step::Row(&SheetRow { number: sheet.row, cells: &sheet.cells, odd: &sheet.odd, read: read.min(size) }),
                            read,
                        )?;
                        if flow.is_break() {
                            break;
                        }
                    }
                    flow
                }
                Some(Taken::End) => ControlFlow::Break(()),
            };
            if flow.is_break() {
                return Ok(());
            }
        }
    }
}

/// What is heard of the content.
enum Step<'s> {
    Sheet(&'s str),
    Row(&'s SheetRow<'s>),
}

/// What an event completed.
enum Taken {
    /// A sheet begins.
    Sheet,
    /// So many equal rows.
    Rows(u64),
    /// The sheet that is wanted has ended.
    End,
}

/// The sheet at hand.
#[derive(Default)]
struct Table {
    name: String,
    /// Rows are wanted.
    wanted: bool,
    /// Rows so far.
    row: u64,
    row_repeats: u64,
    cells: Vec<SheetCell>,
    odd: Vec<(usize, Odd)>,
    column: usize,
    /// Bytes that all cells so far come to with every repetition written out.
    written_out: u64,
    cell: Option<Cell>,
    /// Depth of elements inside a cell whose text is not the cell's: comments, drawings, tables of their own.
    aside: usize,
}

/// The cell at hand.
#[derive(Default)]
struct Cell {
    repeats: usize,
    kind: String,
    value: String,
    /// What is shown.
    text: String,
    paragraphs: usize,
    in_paragraph: bool,
    /// A blank was read that counts only when text follows.
    blank: bool,
}

impl Cell {
    fn push(&mut self, text: &str) {
        for c in text.chars() {
            // Blanks stand as they are written, as spreadsheet programs do it; what lays out the XML is none of the cell's.
            if matches!(c, '\t' | '\r' | '\n') {
                self.blank = true;
                continue;
            }
            self.settle();
            self.text.push(c);
        }
    }
    /// A blank between two words is one blank, whatever the XML has there.
    fn settle(&mut self) {
        if std::mem::take(&mut self.blank) && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
    }
    fn push_exactly(&mut self, text: &str) {
        self.settle();
        self.text.push_str(text);
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let found = element.try_get_attribute(name).map_err(|error| error.to_string())?;
    found
        .map(|found| found.normalized_value(XmlVersion::Implicit1_0).map(std::borrow::Cow::into_owned).map_err(|error| error.to_string()))
        .transpose()
}

fn count(element: &BytesStart<'_>, name: &str) -> Result<u64, String> {
    let Some(text) = attribute(element, name)? else { return Ok(1) };
    text.parse().map_err(|_| format!("{name} is `{text}`, which is no number"))
}

impl Table {
    fn take(&mut self, event: &Event<'_>, only: Option<&str>) -> Result<Option<Taken>, String> {
        match event {
            Event::Start(element) => self.start(element, only),
            Event::Empty(element) => {
                let taken = self.start(element, only)?;
                let ended = self.end(element.name().as_ref(), only)?;
                Ok(ended.or(taken))
            }
            Event::End(element) => self.end(element.name().as_ref(), only),
            Event::Text(text) => {
                if let Some(cell) = self.cell.as_mut().filter(|cell| cell.in_paragraph && self.aside == 0) {
                    cell.push(&text.xml10_content());
                }
                Ok(None)
            }
            Event::CData(text) => {
                if let Some(cell) = self.cell.as_mut().filter(|cell| cell.in_paragraph && self.aside == 0) {
                    cell.push(&text.xml10_content());
                }
                Ok(None)
            }
            Event::GeneralRef(reference) => {
                let Some(cell) = self.cell.as_mut().filter(|cell| cell.in_paragraph && self.aside == 0) else { return Ok(None) };
                match (resolve_xml_entity(reference), reference.resolve_char_ref()) {
                    (Some(text), _) => cell.push(text),
                    (None, Ok(Some(c))) => cell.push_exactly(c.encode_utf8(&mut [0; 4])),
                    _ => return Err(format!("unknown entity &{};", reference.as_ref() as &str)),
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    fn start(&mut self, element: &BytesStart<'_>, only: Option<&str>) -> Result<Option<Taken>, String> {
        let name = element.name();
        if self.aside > 0 {
            self.aside += 1;
            return Ok(None);
        }
        if let Some(cell) = self.cell.as_mut() {
            match name.as_ref() {
                "text:p" | "text:h" => {
                    if cell.paragraphs > 0 {
                        cell.text.push('\n');
                    }
                    cell.paragraphs += 1;
                    cell.in_paragraph = true;
                    cell.blank = false;
                }
                "text:s" => {
                    let blanks = usize::try_from(count(element, "text:c")?).unwrap_or(usize::MAX);
                    if blanks > LONGEST_CELL.saturating_sub(cell.text.len()) {
                        return Err(format!("a cell has {blanks} blanks in a row"));
                    }
                    cell.push_exactly(&" ".repeat(blanks));
                }
                "text:tab" => cell.push_exactly("\t"),
                "text:line-break" => cell.push_exactly("\n"),
                "office:annotation" | "table:table" | "draw:frame" | "draw:custom-shape" => self.aside = 1,
                _ => {}
            }
            return Ok(None);
        }
        match name.as_ref() {
            "table:table" => {
                self.name = attribute(element, "table:name")?.unwrap_or_default();
                self.wanted = only.is_some_and(|only| only == self.name);
                self.row = 0;
                self.written_out = 0;
                return Ok(Some(Taken::Sheet));
            }
            "table:table-row" if self.wanted => {
                self.row_repeats = count(element, "table:number-rows-repeated")?;
                self.cells.clear();
                self.odd.clear();
                self.column = 0;
            }
            "table:table-cell" | "table:covered-table-cell" if self.wanted => {
                let repeats = count(element, "table:number-columns-repeated")?;
                let kind = attribute(element, "office:value-type")?.unwrap_or_default();
                let value = match kind.as_str() {
                    "float" | "percentage" | "currency" => attribute(element, "office:value")?,
                    "date" => attribute(element, "office:date-value")?,
                    "time" => attribute(element, "office:time-value")?,
                    "boolean" => attribute(element, "office:boolean-value")?,
                    "string" => attribute(element, "office:string-value")?,
                    _ => None,
                };
                let repeats = usize::try_from(repeats).unwrap_or(usize::MAX);
                self.cell = Some(Cell { repeats, kind, value: value.unwrap_or_default(), ..Cell::default() });
            }
            _ => {}
        }
        Ok(None)
    }

    fn end(&mut self, name: &str, only: Option<&str>) -> Result<Option<Taken>, String> {
        if self.aside > 0 {
            self.aside -= 1;
            return Ok(None);
        }
        match (name, self.cell.as_mut()) {
            ("text:p" | "text:h", Some(cell)) => {
                cell.in_paragraph = false;
                cell.blank = false;
            }
            ("table:table-cell" | "table:covered-table-cell", Some(_)) => {
                let cell = self.cell.take().unwrap_or_default();
                self.add(&cell)?;
            }
            ("table:table-row", None) if self.wanted => {
                let first = self.row + 1;
                if self.cells.is_empty() {
                    self.row = self.row.saturating_add(self.row_repeats);
                } else if first.saturating_add(self.row_repeats) > MOST_ROWS + 1 {
                    return Err(format!("sheet `{}` has more than {MOST_ROWS} rows", self.name));
                } else {
                    return Ok(Some(Taken::Rows(self.row_repeats)));
                }
            }
            ("table:table", None) if self.wanted && only.is_some() => return Ok(Some(Taken::End)),
            _ => {}
        }
        Ok(None)
    }

    fn add(&mut self, cell: &Cell) -> Result<(), String> {
        let (text, odd) = cell.read();
        let until = self.column.saturating_add(cell.repeats).min(MOST_COLUMNS);
        if !text.is_empty() {
            // A few words can stand for gigabytes where they are repeated.
            let times = self.row_repeats.saturating_mul((until - self.column) as u64);
            self.written_out = self.written_out.saturating_add(times.saturating_mul(text.len() as u64));
            if self.written_out > MOST_UNPACKED {
                return Err(too_long(&self.name));
            }
            for column in self.column..until {
                self.cells.push(SheetCell { column, text: text.clone() });
                self.odd.extend(odd.map(|odd| (column, odd)));
            }
        }
        self.column = until;
        Ok(())
    }
}

impl Cell {
    /// The cell as text, and what is odd about it.
    fn read(&self) -> (String, Option<Odd>) {
        let number = self.value.parse::<f64>().ok().filter(|number| number.is_finite());
        match (self.kind.as_str(), number) {
            // Zeros in front are part of what is meant, and of nothing but the text that is shown.
            ("float", Some(number)) if is_padded(&self.text) && self.text.parse() == Ok(number) => (self.text.clone(), None),
            // A formula's truth value is written as a number that is shown as a word.
            ("float", Some(1.0)) if self.text.eq_ignore_ascii_case("true") => ("TRUE".to_owned(), None),
            ("float", Some(0.0)) if self.text.eq_ignore_ascii_case("false") => ("FALSE".to_owned(), None),
            ("float", Some(number)) => (number::shortest(number), None),
            ("percentage", Some(number)) => {
                let shown = self.text.trim_end_matches('%').trim();
                let decimals = shown.rsplit_once(['.', ',']).map_or(0, |(_, decimals)| decimals.len());
                (number::text(number, Look::Percent { decimals }), None)
            }
            ("currency", Some(number)) => (number::shortest(number), Some(Odd::Dressed)),
            // A moment at midnight is written without its time, and shown with it.
            ("date", _) if self.text.contains(':') && !self.value.contains('T') => (format!("{}T00:00:00", self.value), None),
            ("date", _) if self.text.contains(':') => (self.value.clone(), None),
            ("date", _) => (self.value.strip_suffix("T00:00:00").unwrap_or(&self.value).to_owned(), None),
            ("time", _) => (clock(&self.value).unwrap_or_else(|| self.value.clone()), None),
            ("boolean", _) => (self.value.to_uppercase(), None),
            ("string", _) if self.paragraphs == 0 => (self.value.clone(), None),
            ("string", _) if is_error(&self.text) => (self.text.clone(), Some(Odd::Failed)),
            _ => (self.text.clone(), None),
        }
    }
}

fn is_padded(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_error(text: &str) -> bool {
    text.starts_with('#') && (text.ends_with('!') || text.ends_with('?') || text == "#N/A") && text.len() < 10 || text.starts_with("Err:5")
}

/// `PT10H30M00S` as `10:30:00`.
fn clock(duration: &str) -> Option<String> {
    let (hours, rest) = duration.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds = rest.strip_suffix('S')?;
    let seconds = seconds.split_once(['.', ',']).map_or(seconds.to_owned(), |(whole, fraction)| match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    });
    Some(format!("{hours}:{minutes}:{seconds}"))
}

impl Book for Workbook {
    fn sheets(&self) -> &[String] {
        &self.sheets
    }

    fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    fn rows(&mut self, sheet: &str, visit: &mut SheetVisitor<'_>) -> Result<()> {
        self.read(
            &mut |step, _| match step {
                Step::Row(row) => visit(row),
                Step::Sheet(_) => Ok::<_, Error>(ControlFlow::Continue(())),
            },
            Some(sheet),
        )
    }
}
