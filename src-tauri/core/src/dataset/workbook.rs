//! Workbooks: a sheet as a table, the same for every kind of workbook.

mod ods;
mod packed;
mod xlsx;

use std::ops::ControlFlow;

pub(crate) use packed::MOST_UNPACKED;

use super::{
    FileFormat, FileInfo, ReadOptions, SetAside, columns, dialect,
    input::Bytes,
    refusal::{self, unreadable},
    row::{self, Brings, Cells, Entry, Opened, Rows, Visitor, shown},
};
use crate::{Error, Result};

/// Rows that header and width are found from.
const LOOKED_AT: usize = 100;
/// Rows and columns that spreadsheet programs have.
const MOST_ROWS: u64 = 1_048_576;
const MOST_COLUMNS: usize = 16_384;

/// A cell that is not empty.
struct SheetCell {
    /// Column, from 0.
    column: usize,
    text: String,
}

/// What a sheet shows that its plain values do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Odd {
    /// A number shown with text around it, such as a unit or a currency.
    Dressed,
    /// An error such as `#DIV/0!`.
    Failed,
    /// A formula whose result is not in the file.
    Unstored,
}

/// One row of a sheet.
struct SheetRow<'r> {
    /// Its number, from 1.
    number: u64,
    /// Its filled cells from left to right.
    cells: &'r [SheetCell],
    /// Columns with something odd.
    odd: &'r [(usize, Odd)],
    /// Bytes of the file read, as far as can be told.
    read: u64,
}

/// Hears of every row with a filled cell.
type SheetVisitor<'v> = dyn FnMut(&SheetRow<'_>) -> Result<ControlFlow<()>> + 'v;

/// A kind of workbook.
trait Book: Send {
    /// Names of the sheets in their order, those that are shown first.
    fn sheets(&self) -> &[String];
    /// Goes through a sheet from its first row.
    fn rows(&mut self, sheet: &str, visit: &mut SheetVisitor<'_>) -> Result<()>;
    fn bytes(&self) -> &Bytes;
    /// After a whole pass over a sheet: columns with formulas whose result is not in the file, and how many, from a row on.
    fn without_result(&mut self, _sheet: &str, _from: u64) -> Result<Vec<(usize, u64)>> {
        Ok(Vec::new())
    }
}

/// Which kind of workbook a ZIP file is; one that is none is refused.
pub(super) fn format(bytes: &mut Bytes) -> Result<FileFormat> {
    packed::format(bytes)
}

/// Opens an Excel workbook.
pub(super) fn open_xlsx(bytes: Bytes, options: &ReadOptions) -> Result<Opened> {
    open(Box::new(xlsx::Workbook::open(bytes)?), FileFormat::Xlsx, options)
}

/// Opens an OpenDocument spreadsheet.
pub(super) fn open_ods(bytes: Bytes, options: &ReadOptions) -> Result<Opened> {
    open(Box::new(ods::Workbook::open(bytes)?), FileFormat::Ods, options)
}

/// The beginning of a sheet.
#[derive(Default)]
struct Beginning {
    /// Number and filled cells of the first rows.
    rows: Vec<(u64, Vec<(usize, String)>)>,
}

fn beginning(book: &mut dyn Book, sheet: &str) -> Result<Beginning> {
    let mut beginning = Beginning::default();
    book.rows(sheet, &mut |row| {
        beginning.rows.push((row.number, row.cells.iter().map(|cell| (cell.column, cell.text.clone())).collect()));
        Ok(if beginning.rows.len() < LOOKED_AT { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(beginning)
}

fn open(mut book: Box<dyn Book>, format: FileFormat, options: &ReadOptions) -> Result<Opened> {
    let name = book.bytes().name();
    let sheets = book.sheets().to_vec();
    let (sheet, mut first) = chosen_sheet(book.as_mut(), &sheets, options)?;
    let mut notes = Vec::new();
    if options.header != Some(false) {
        // A title above the table.
        while let [(number, title), (_, below), ..] = &first.rows[..]
            && title.len() == 1
            && below.len() > 1
        {
            notes.push(format!("Row {number} (`{}`) stands above the table and was left out.", shown(title[0].1.as_bytes())));
            first.rows.remove(0);
        }
    }
    let left = first.rows.iter().flat_map(|(_, cells)| cells.first()).map(|(column, _)| *column).min().unwrap_or(0);
    let table: Vec<Vec<String>> = first.rows.iter().map(|(_, cells)| filled(cells, left)).collect();
    let header = options.header.unwrap_or_else(|| dialect::has_header(&table));
    let width = if header { table.first().map_or(0, Vec::len) } else { table.iter().map(Vec::len).max().unwrap_or(0) };
    row::check_width(&name, width)?;
    let (columns, more) = match table.first() {
        Some(cells) if header => columns::from_header(cells),
        _ => {
            let names = columns::numbered(width);
            let note = format!("The sheet `{sheet}` has no header row; its columns are called `column 1` and so on.");
            (names, vec![note])
        }
    };
    notes.extend(more);
    if first.rows.len() < 1 + usize::from(header) {
        return Err(unreadable(format!(
            "The sheet `{sheet}` of {name} has a header row only. Choose another sheet, or say that its first row is not a header."
        )));
    }
    let starts = first.rows.get(usize::from(header)).map_or(0, |(number, _)| *number);
    let info = FileInfo { header, sheets, sheet: Some(sheet.clone()), ..book.bytes().info(format) };
    let rows = Sheet { book, sheet, left, starts, columns: columns.clone(), odd: Vec::new() };
    Ok(Opened { info, columns, notes, rows: Box::new(rows), brings: Brings::default() })
}

/// The cells of a row from the leftmost column of the table on, gaps filled.
fn filled(cells: &[(usize, String)], left: usize) -> Vec<String> {
    let width = cells.last().map_or(0, |(column, _)| column + 1 - left);
    let mut row = vec![String::new(); width];
    for (column, text) in cells {
        if let Some(cell) = column.checked_sub(left).and_then(|place| row.get_mut(place)) {
            cell.clone_from(text);
        }
    }
    row
}

/// The sheet asked for, else the first that has rows.
fn chosen_sheet(book: &mut dyn Book, sheets: &[String], options: &ReadOptions) -> Result<(String, Beginning)> {
    let name = book.bytes().name();
    let named = |sheets: &[String]| sheets.iter().map(|sheet| format!("`{sheet}`")).collect::<Vec<_>>().join(", ");
    if let Some(asked) = &options.sheet {
        if !sheets.contains(asked) {
            return Err(Error::invalid(format!("{name} has no sheet `{asked}`. Choose one of {}.", named(sheets))));
        }
        let first = beginning(book, asked)?;
        return match first.rows.is_empty() {
            true => Err(unreadable(format!("The sheet `{asked}` of {name} is empty. Choose one of {}.", named(sheets)))),
            false => Ok((asked.clone(), first)),
        };
    }
    for sheet in sheets {
        let first = beginning(book, sheet)?;
        if !first.rows.is_empty() {
            return Ok((sheet.clone(), first));
        }
    }
    Err(unreadable(format!("{name} has no sheet with any cell filled. Choose a file with a header row and at least one row of data.")))
}

/// A column as spreadsheets call it: A, B, …, Z, AA.
fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.insert(0, char::from(b'A' + (column % 26) as u8));
        match (column / 26).checked_sub(1) {
            Some(next) => column = next,
            None => return letters.into_iter().collect(),
        }
    }
}

/// One sheet of a workbook as rows.
struct Sheet {
    book: Box<dyn Book>,
    sheet: String,
    /// Leftmost column of the table.
    left: usize,
    /// Number of the first row of data.
    starts: u64,
    columns: Vec<String>,
    /// Columns and what was odd in them, with the number of cells.
    odd: Vec<(usize, Odd, u64)>,
}

impl Rows for Sheet {
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()> {
        let file = self.book.bytes().name();
        let mut cells = Cells::default();
        let (left, starts, columns, odd) = (self.left, self.starts, &self.columns, &mut self.odd);
        let mut whole = true;
        odd.clear();
        self.book.rows(&self.sheet, &mut |found| {
            if found.number < starts {
                return Ok(ControlFlow::Continue(()));
            }
            for (column, kind) in found.odd {
                match odd.iter_mut().find(|(place, what, _)| (*place, *what) == (*column, *kind)) {
                    Some((.., count)) => *count += 1,
                    None => odd.push((*column, *kind, 1)),
                }
            }
            cells.clear();
            let mut next = 0;
            let mut problem = None;
            for cell in found.cells {
                let place = cell.column.checked_sub(left).filter(|place| *place < columns.len());
                let Some(place) = place else {
                    problem.get_or_insert_with(|| {
                        format!(
                            "Cell {}{} is filled, but its column has no header. Give it one, or empty the cell.",
                            letters(cell.column),
                            found.number
                        )
                    });
                    continue;
                };
                if place < next {
                    problem.get_or_insert_with(|| {
                        format!(
                            "Cell {}{} stands in the file twice. Save the workbook anew in a spreadsheet program, then import it again.",
                            letters(cell.column),
                            found.number
                        )
                    });
                    continue;
                }
                if let Some(reason) = row::unfit(&columns[place], &cell.text) {
                    problem.get_or_insert(reason);
                    continue;
                }
                while next < place {
                    cells.push("");
                    next += 1;
                }
                cells.push(&cell.text);
                next += 1;
            }
            while next < columns.len() {
                cells.push("");
                next += 1;
            }
            let entry = match problem {
                None => Entry::Row(cells.row(found.number)),
                Some(reason) => {
                    let texts: Vec<String> = found.cells.iter().take(20).map(|cell| shown(cell.text.as_bytes())).collect();
                    Entry::SetAside(SetAside { file: file.clone(), line: found.number, reason, text: shown(texts.join(" | ").as_bytes()) })
                }
            };
            let flow = visit(entry, found.read)?;
            whole = flow.is_continue();
            Ok(flow)
        })?;
        if whole {
            let unstored = self.book.without_result(&self.sheet, starts)?;
            self.odd.extend(unstored.into_iter().map(|(column, count)| (column, Odd::Unstored, count)));
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let name = |column: usize| column.checked_sub(self.left).and_then(|place| self.columns.get(place)).cloned();
        let note = |(column, kind, count): &(usize, Odd, u64)| {
            let column = name(*column)?;
            let one = *count == 1;
            let cells = if one { format!("1 cell of `{column}`") } else { format!("{count} cells of `{column}`") };
            let verb = |plain: &str| format!("{plain}{}", if one { "s" } else { "" });
            Some(match kind {
                Odd::Dressed => format!(
                    "{cells} {} a number with a unit, a currency or another form around it; the plain number was taken.",
                    verb("show")
                ),
                Odd::Failed => {
                    format!("{cells} {} an error of the spreadsheet, such as #DIV/0!; its name was taken as text.", verb("hold"))
                }
                Odd::Unstored => format!(
                    "{cells} {} a formula whose result is not stored in the file, and {} as empty. Open it in a spreadsheet program and save it there, then import it again.",
                    verb("hold"),
                    verb("count")
                ),
            })
        };
        self.odd.iter().filter_map(note).collect()
    }

    fn check_unchanged(&self) -> Result<()> {
        self.book.bytes().check_unchanged()
    }
}

/// A workbook whose inside makes no sense, in words.
fn broken(bytes: &Bytes, what: &str, why: &dyn std::fmt::Display) -> Error {
    refusal::damaged(&bytes.name(), what, &why.to_string())
}

/// Why a sheet is not read whose texts come to more than any workbook may unpack to.
fn too_long(sheet: &str) -> String {
    format!("written out, sheet `{sheet}` is longer than {} MB", MOST_UNPACKED / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        assert_eq!([0, 25, 26, 701, 702, 16_383].map(letters), ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }
}
