//! Excel workbooks, a cell at a time; only the texts that cells share are in memory.

use std::{io::BufReader, ops::ControlFlow};

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::{Book, MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED, Odd, SheetCell, SheetRow, SheetVisitor, broken, packed, too_long};
use crate::{
    Result,
    dataset::{
        input::Bytes,
        number::{self, Look},
    },
};

const WHAT: &str = "Excel workbook";

pub(super) struct Workbook {
    bytes: Bytes,
    book: Xlsx<BufReader<Bytes>>,
    sheets: Vec<String>,
    /// The last pass met cells without a value; some may be formulas.
    blanks: bool,
}

impl Workbook {
    pub fn open(bytes: Bytes) -> Result<Self> {
        packed::open(&bytes)?;
        let book = Xlsx::new(BufReader::new(bytes.again()?)).map_err(|error: XlsxError| broken(&bytes, WHAT, &error))?;
        let named = |shown: bool| {
            let sheets = book.sheets_metadata().iter();
            sheets.filter(move |s| s.typ == SheetType::WorkSheet && (s.visible == SheetVisible::Visible) == shown).map(|s| s.name.clone())
        };
        let sheets = named(true).chain(named(false)).collect();
        Ok(Self { bytes, book, sheets, blanks: false })
    }
}

impl Book for Workbook {
    fn sheets(&self) -> &[String] {
        &self.sheets
    }

    fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    fn without_result(&mut self, sheet: &str, from: u64) -> Result<Vec<(usize, u64)>> {
        if !self.blanks {
            return Ok(Vec::new());
        }
        self.formulas_without_result(sheet, from).map_err(|error| broken(&self.bytes, WHAT, &format!("sheet `{sheet}`: {error}")))
    }

    fn rows(&mut self, sheet: &str, visit: &mut SheetVisitor<'_>) -> Result<()> {
        self.blanks = false;
        let (bytes, size, blanks) = (&self.bytes, self.bytes.size(), &mut self.blanks);
        let said = |error: XlsxError| broken(bytes, WHAT, &format!("sheet `{sheet}`: {error}"));
        let mut reader = self.book.worksheet_cells_reader(sheet).map_err(said)?;
        let look = |style: &calamine::Style| style.number_format.as_ref().map_or(Look::Plain, |format| number::look(&format.format_code));
        let looks: Vec<Look> = reader.styles().iter().map(look).collect();
        let last = u64::from(reader.dimensions().end.0) + 1;
        let (mut cells, mut odd): (Vec<SheetCell>, Vec<(usize, Odd)>) = (Vec::new(), Vec::new());
        let (mut row, mut written_out) = (0_u64, 0_u64);
        let read = |row: u64| size.saturating_mul(row.min(last)) / last.max(1);
        while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(said)? {
            let (at, column) = (u64::from(cell.get_position().0) + 1, cell.get_position().1 as usize);
            if at > MOST_ROWS || column >= MOST_COLUMNS {
                // Gaps are filled with empty cells: a place far out would cost gigabytes.
                let why = format!("sheet `{sheet}`: a cell stands in row {at}, column {}, where no sheet has one", column + 1);
                return Err(broken(bytes, WHAT, &why));
            }
            if at != row {
                if !cells.is_empty() {
                    cells.sort_by_key(|cell| cell.column);
                    let found = SheetRow { number: row, cells: &cells, odd: &odd, read: read(row) };
                    if visit(&found)?.is_break() {
                        return Ok(());
                    }
                }
                cells.clear();
                odd.clear();
                row = at;
            }
            *blanks |= matches!(cell.get_value(), DataRef::Empty);
            let (text, strange) = text(cell.get_value(), looks.get(style).copied().unwrap_or_default());
            odd.extend(strange.map(|strange| (column, strange)));
            // Texts that cells share can stand for gigabytes.
            written_out += text.len() as u64;
            if written_out > MOST_UNPACKED {
                return Err(broken(bytes, WHAT, &too_long(sheet)));
            }
            if !text.is_empty() {
                cells.push(SheetCell { column, text });
            }
        }
        if !cells.is_empty() {
            cells.sort_by_key(|cell| cell.column);
            let _ended: ControlFlow<()> = visit(&SheetRow { number: row, cells: &cells, odd: &odd, read: size })?;
        }
        Ok(())
    }
}

impl Workbook {
    fn formulas_without_result(&mut self, sheet: &str, from: u64) -> std::result::Result<Vec<(usize, u64)>, XlsxError> {
        let mut reader = self.book.worksheet_cells_reader(sheet)?;
        let mut found: Vec<(usize, u64)> = Vec::new();
        while let Some(cell) = reader.next_cell_with_formula_metadata()? {
            if cell.formula.is_none() || cell.value != DataRef::Empty || u64::from(cell.pos.0) + 1 < from {
                continue;
            }
            let column = cell.pos.1 as usize;
            match found.iter_mut().find(|(known, _)| *known == column) {
                Some((_, count)) => *count += 1,
                None => found.push((column, 1)),
            }
        }
        Ok(found)
    }
}

/// A cell as text, and what is odd about it.
fn text(value: &DataRef<'_>, look: Look) -> (String, Option<Odd>) {
    match value {
        DataRef::Empty => (String::new(), None),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), None),
        DataRef::SharedString(text) => ((*text).to_owned(), None),
        DataRef::Bool(value) => (if *value { "TRUE" } else { "FALSE" }.to_owned(), None),
        DataRef::Int(number) => (number::text(*number as f64, look), (look == Look::Dressed).then_some(Odd::Dressed)),
        DataRef::Float(number) => (number::text(*number, look), (look == Look::Dressed).then_some(Odd::Dressed)),
        DataRef::DateTime(moment) => (iso(moment, look), None),
        DataRef::Error(error) => (Data::Error(error.clone()).to_string(), Some(Odd::Failed)),
    }
}

/// A date, a time of day or both as ISO 8601; a duration as hours, minutes and seconds.
fn iso(moment: &ExcelDateTime, look: Look) -> String {
    let serial = moment.as_f64();
    if moment.is_duration() {
        let seconds = (serial.abs() * 86_400.0).round();
        let (hours, rest) = ((seconds / 3_600.0).floor(), seconds % 3_600.0);
        let sign = if serial < 0.0 { "-" } else { "" };
        return format!("{sign}{hours:02}:{:02}:{:02}", (rest / 60.0).floor(), rest % 60.0);
    }
    // Days before the calendar of spreadsheets begins have no date.
    if !(0.0..2_958_466.0).contains(&serial) {
        return number::shortest(serial);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    let date = format!("{year:04}-{month:02}-{day:02}");
    let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    let midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
    match look {
        Look::Date { day: false, time: true } if serial < 1.0 => time,
        Look::Date { time: false, .. } if midnight => date,
        Look::Date { .. } => format!("{date}T{time}"),
        _ if midnight => date,
        _ => format!("{date}T{time}"),
    }
}
