//! Rows as every format hands them out: as many cells as there are columns, on memory that is used again for the next row.

use std::ops::ControlFlow;

use super::{ColumnRoles, FileInfo, SetAside};
use crate::{Result, metric::MetricSpec};

/// Characters of a set-aside row that are shown.
const SHOWN: usize = 200;
/// Most columns a file may have.
pub(super) const MOST_COLUMNS: usize = 10_000;
/// Bytes beyond which no cell is taken: no model reads as much.
pub(super) const LONGEST_CELL: usize = 16 * 1024 * 1024;

/// A row as it stands in the file: as many cells as there are columns, byte for byte after decoding.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Physical line where it starts, from 1; the row of a sheet, the number of a Parquet row.
    pub line: u64,
    /// Cells the file had nothing for; they are empty.
    pub missing: usize,
    pub(super) text: &'a str,
    pub(super) ends: &'a [usize],
}

impl<'a> Row<'a> {
    /// The cell of a column, counted from 0.
    pub fn cell(&self, column: usize) -> &'a str {
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        &self.text[start..self.ends[column]]
    }
    /// All cells in column order.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let row = *self;
        (0..row.ends.len()).map(move |column| row.cell(column))
    }
    /// Its beginning, for showing.
    pub(super) fn shown(&self) -> String {
        let mut text = String::new();
        for (index, cell) in self.cells().enumerate() {
            if index > 0 {
                text.push_str(" | ");
            }
            text.push_str(&shown(cell.as_bytes()));
            if text.len() > 1_000 {
                break;
            }
        }
        shown(text.as_bytes())
    }
}

/// What a line of the file turned out to be.
#[derive(Debug)]
pub enum Entry<'a> {
    /// A row.
    Row(Row<'a>),
    /// A row that cannot be taken as it stands.
    SetAside(SetAside),
}

/// Hears every row and how many bytes of the file were read, and can break off.
pub(super) type Visitor<'v> = dyn FnMut(Entry<'_>, u64) -> Result<ControlFlow<()>> + 'v;

/// The rows of one format.
pub(super) trait Rows: Send {
    /// Visits every row from the first on, in order, until the visitor breaks off.
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()>;
    /// Sentences about the rows, complete once all were visited.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    /// Refuses a file that changed since it was opened.
    fn check_unchanged(&self) -> Result<()>;
}

/// What a file says beside its rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Brings {
    /// Columns whose role the format gives.
    pub roles: ColumnRoles,
    /// A system prompt.
    pub system_prompt: Option<String>,
    /// A message of the user with places for the cells; the input stands somewhere in it.
    pub user_prompt: Option<String>,
    /// Metrics.
    pub metrics: Vec<MetricSpec>,
    /// What has no counterpart here, one sentence each.
    pub unmapped: Vec<String>,
}

/// A file as its format opened it.
pub(super) struct Opened {
    pub info: FileInfo,
    pub columns: Vec<String>,
    /// Sentences about the columns.
    pub notes: Vec<String>,
    pub rows: Box<dyn Rows>,
    pub brings: Brings,
}

/// The cells of one row after another.
#[derive(Default)]
pub(super) struct Cells {
    text: String,
    ends: Vec<usize>,
}

impl Cells {
    /// Begins a new row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
    /// Adds the next cell.
    pub fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }
    /// The row so far.
    pub fn row(&self, line: u64) -> Row<'_> {
        Row { line, missing: 0, text: &self.text, ends: &self.ends }
    }
}

/// Why a cell cannot be taken, none when it can.
pub(super) fn unfit(column: &str, cell: &str) -> Option<String> {
    if cell.len() > LONGEST_CELL {
        return Some(too_long(column, cell.len()));
    }
    // A search for one byte runs many times faster than one for a character.
    cell.as_bytes().contains(&0).then(|| format!("The cell of `{column}` holds a NUL character. Remove it."))
}

pub(super) fn too_long(column: &str, bytes: usize) -> String {
    format!(
        "The cell of `{column}` has {} MB; cells of up to {} MB are taken. Shorten it, or leave the row out.",
        bytes / (1024 * 1024),
        LONGEST_CELL / (1024 * 1024)
    )
}

/// The beginning of a text, for showing.
pub(super) fn shown(raw: &[u8]) -> String {
    // Cutting bytes first: a set-aside row can be very long.
    let start = &raw[..raw.len().min(SHOWN * 4)];
    String::from_utf8_lossy(start).chars().take(SHOWN).collect()
}

/// Refuses a file with more columns than can be shown and stored sensibly.
pub(super) fn check_width(name: &str, width: usize) -> Result<()> {
    if width > MOST_COLUMNS {
        return Err(super::refusal::unreadable(format!(
            "{name} has {width} columns, more than the {MOST_COLUMNS} that can be taken. Keep the columns that a prompt needs, then import it again."
        )));
    }
    Ok(())
}
