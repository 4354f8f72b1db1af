//! promptfoo's CSV: a column for every variable, and columns that begin with two underscores for the rest.

use std::ops::ControlFlow;

use super::assertion::{Assertion, Findings};
use crate::{
    Result,
    dataset::{
        ColumnRoles, FileFormat, SetAside,
        row::{self, Cells, Entry, Opened, Row, Rows, Visitor},
    },
};

/// How the column of the expected answer is called here.
const TRUTH: &str = "expected answer";

fn is_expected(column: &str) -> bool {
    column.strip_prefix("__expected").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

/// The file as it is, or, when it has promptfoo's columns, with a column for the answer they expect.
pub(in super::super) fn recognise(mut opened: Opened) -> Result<Opened> {
    let places: Vec<usize> = opened.columns.iter().enumerate().filter(|(_, column)| is_expected(column)).map(|(place, _)| place).collect();
    if places.is_empty() || opened.columns.iter().any(|column| column == TRUTH) {
        return Ok(opened);
    }
    let mut findings = Findings::default();
    opened.rows.visit(&mut |entry, _| {
        if let Entry::Row(row) = entry {
            findings.add(&assertions(&row, &places));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let other = opened.columns.iter().filter(|column| column.starts_with("__") && !is_expected(column) && *column != "__description");
    let unmapped: Vec<String> = other.map(|column| format!("`{column}` has no counterpart; it is a column like any other.")).collect();
    opened.brings.unmapped = [findings.unmapped(), unmapped].concat();
    opened.brings.metrics = findings.metrics();
    opened.brings.roles = ColumnRoles { truth: Some(TRUTH.to_owned()), ..ColumnRoles::default() };
    opened.info.format = FileFormat::Promptfoo;
    opened.notes.push(format!("The column `{TRUTH}` is what `__expected` asks for, without its kind."));
    opened.columns.push(TRUTH.to_owned());
    let file = opened.info.name.clone();
    opened.rows = Box::new(Expecting { rows: opened.rows, places, file, unjudged: findings.unjudged() });
    Ok(opened)
}

fn assertions(row: &Row<'_>, places: &[usize]) -> Vec<Assertion> {
    places.iter().filter_map(|&place| Assertion::of_cell(row.cell(place))).collect()
}

/// Rows with one more column, of the answer that is expected.
struct Expecting {
    rows: Box<dyn Rows>,
    places: Vec<usize>,
    file: String,
    /// Why a row with a rubric is set aside.
    unjudged: Option<String>,
}

impl Rows for Expecting {
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()> {
        let mut cells = Cells::default();
        let mut findings = Findings::default();
        self.rows.visit(&mut |entry, bytes| {
            let row = match entry {
                Entry::Row(row) => row,
                aside @ Entry::SetAside(_) => return visit(aside, bytes),
            };
            let expected = findings.add(&assertions(&row, &self.places));
            let unjudged = self.unjudged.clone().filter(|_| expected.is_rubric);
            if let Some(reason) = unjudged.or_else(|| row::unfit(TRUTH, &expected.text)) {
                let aside = SetAside { file: self.file.clone(), line: row.line, reason, text: row.shown() };
                return visit(Entry::SetAside(aside), bytes);
            }
            cells.clear();
            row.cells().for_each(|cell| cells.push(cell));
            cells.push(&expected.text);
            visit(Entry::Row(Row { missing: row.missing, ..cells.row(row.line) }), bytes)
        })
    }

    fn notes(&self) -> Vec<String> {
        self.rows.notes()
    }

    fn check_unchanged(&self) -> Result<()> {
        self.rows.check_unchanged()
    }
}
