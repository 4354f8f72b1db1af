//! Rows of instruction, input and output, as Alpaca and many fine-tuning sets have them, in whatever kind of file.
//!
//! What goes to the model is the instruction with the input below it, unless one instruction is common to all rows: that is a system
//! prompt, and the input stays by itself.

use std::ops::ControlFlow;

use super::{
    ColumnRoles, FileFormat, SetAside,
    row::{self, Cells, Entry, Opened, Rows, Visitor},
};
use crate::{Error, Result};

const INSTRUCTION: &str = "instruction";
const INPUT: &str = "input";
const OUTPUT: &str = "output";
const JOINED: &str = "instruction and input";

/// The file as it is, or, when it has these columns (or the user says so), with what Alpaca means by them.
pub(super) fn recognise(mut opened: Opened, asked: Option<FileFormat>) -> Result<Opened> {
    let place = |name: &str| opened.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    let (Some(instruction), Some(output)) = (place(INSTRUCTION), place(OUTPUT)) else {
        return match asked {
            Some(FileFormat::Alpaca) => Err(Error::invalid(format!(
                "{} has no columns `{INSTRUCTION}` and `{OUTPUT}`, as Alpaca files do. Choose another format.",
                opened.info.name
            ))),
            _ => Ok(opened),
        };
    };
    let input = place(INPUT);
    let theirs = matches!(asked, None | Some(FileFormat::Alpaca));
    if !theirs || (input.is_none() && asked.is_none()) || place(JOINED).is_some() {
        return Ok(opened);
    }
    let (mut first, mut same, mut any_input) = (None::<String>, true, false);
    opened.rows.visit(&mut |entry, _| {
        if let Entry::Row(row) = entry {
            same &= first.get_or_insert_with(|| row.cell(instruction).to_owned()) == row.cell(instruction);
            any_input |= input.is_some_and(|input| !row.cell(input).is_empty());
        }
        Ok(if !same && any_input { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    opened.info.format = FileFormat::Alpaca;
    let truth = Some(opened.columns[output].clone());
    let roles = |input: String| ColumnRoles { input: Some(input), truth: truth.clone(), ..ColumnRoles::default() };
    match input {
        Some(input) if any_input && same => {
            opened.brings.system_prompt = first.filter(|text| !text.is_empty());
            opened.brings.roles = roles(opened.columns[input].clone());
        }
        Some(input) if any_input => {
            opened.brings.roles = roles(JOINED.to_owned());
            opened.columns.push(JOINED.to_owned());
            opened
                .notes
                .push(format!("The column `{JOINED}` is what Alpaca sends: the instruction, and the input below it where there is one."));
            let file = opened.info.name.clone();
            opened.rows = Box::new(Joined { rows: opened.rows, instruction, input, file });
        }
        _ => opened.brings.roles = roles(opened.columns[instruction].clone()),
    }
    Ok(opened)
}

/// Rows with one more column, of the instruction with the input below it.
struct Joined {
    rows: Box<dyn Rows>,
    instruction: usize,
    input: usize,
    file: String,
}

impl Rows for Joined {
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()> {
        let mut cells = Cells::default();
        let mut joined = String::new();
        self.rows.visit(&mut |entry, bytes| {
            let row = match entry {
                Entry::Row(row) => row,
                aside @ Entry::SetAside(_) => return visit(aside, bytes),
            };
            joined.clear();
            joined.push_str(row.cell(self.instruction));
            if !row.cell(self.input).is_empty() {
                if !joined.is_empty() {
                    joined.push_str("\n\n");
                }
                joined.push_str(row.cell(self.input));
            }
            if let Some(reason) = row::unfit(JOINED, &joined) {
                let aside = SetAside { file: self.file.clone(), line: row.line, reason, text: row.shown() };
                return visit(Entry::SetAside(aside), bytes);
            }
            cells.clear();
            row.cells().for_each(|cell| cells.push(cell));
            cells.push(&joined);
            visit(Entry::Row(row::Row { missing: row.missing, ..cells.row(row.line) }), bytes)
        })
    }

    fn notes(&self) -> Vec<String> {
        self.rows.notes()
    }

    fn check_unchanged(&self) -> Result<()> {
        self.rows.check_unchanged()
    }
}
