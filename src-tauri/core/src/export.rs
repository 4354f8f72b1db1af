//! Examples written into the files of other programs, row by row: nothing is held in memory, and no cell is changed that the format
//! can hold. What a format cannot hold is said with its row and column, and then nothing is written.

mod formula;
mod json_lines;
pub(crate) mod promptfoo;
mod table;
mod workbook;

use std::{fs::File, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    dataset::{EXCLUDED, EXCLUDED_COLUMN, ID_COLUMN, MOST_PROMPTFOO_BYTES, MOST_WORKBOOK_BYTES, Split, is_own_column},
    error::{Error, Result},
    metric::MetricKind,
    run::Outcome,
};

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExportFormat {
    /// Comma-separated, every cell in quotes.
    Csv,
    /// Separated by tabs, every cell in quotes.
    Tsv,
    /// One JSON object a line.
    JsonLines,
    /// An Excel workbook.
    Xlsx,
    /// Tests of promptfoo, YAML.
    Promptfoo,
    /// Samples of OpenAI Evals, one JSON object a line.
    OpenaiEvals,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Csv, Self::Tsv, Self::JsonLines, Self::Xlsx, Self::Promptfoo, Self::OpenaiEvals];

    /// How the names of its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::JsonLines => "jsonl",
            Self::Xlsx => "xlsx",
            Self::Promptfoo => "yaml",
            Self::OpenaiEvals => "evals.jsonl",
        }
    }

    /// The format that the end of a name says.
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let ends = |end: &str| name.ends_with(&format!(".{end}"));
        // The longer end first: Evals are JSON Lines as well.
        [Self::OpenaiEvals, Self::Csv, Self::Tsv, Self::JsonLines, Self::Xlsx, Self::Promptfoo]
            .into_iter()
            .find(|f| ends(f.extension()))
            .or_else(|| ends("yml").then_some(Self::Promptfoo))
    }
}

/// What all rows have in common.
#[derive(Debug, Clone)]
pub struct Head {
    /// The dataset's columns, in their order.
    pub columns: Vec<String>,
    /// Which of them goes to the model.
    pub input: usize,
    /// Which of them is the expected answer.
    pub truth: usize,
    /// How answers are compared with it.
    pub metric: MetricKind,
    /// Some of the examples may be kept out of runs.
    pub excludes: bool,
    /// Runs whose answers are beside each example.
    pub runs: Vec<AnsweringRun>,
    /// Cells that a spreadsheet would run as a formula get an apostrophe in front.
    pub safe_for_spreadsheets: bool,
}

/// A run whose answers are exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnsweringRun {
    /// Its number.
    pub run: i64,
    /// Its answers are taken out of responses, so these are of interest as well.
    pub extracts: bool,
}

/// An example on its way.
#[derive(Debug, Clone)]
pub struct ExportedRow {
    /// Its number in the dataset, for sentences.
    pub number: u32,
    /// What it is known by.
    pub identity: String,
    /// Its split.
    pub split: Option<Split>,
    /// Kept out of runs.
    pub excluded: bool,
    /// Its cells, in the order of the columns.
    pub cells: Vec<String>,
    /// What the runs answered, in their order; none where a run did not ask it.
    pub answers: Vec<Option<ExportedAnswer>>,
}

/// What a run answered under its best prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedAnswer {
    /// What was scored.
    pub answer: String,
    /// The raw response.
    pub response: String,
    /// In [0, 1], the mean over its samples; none when missing.
    pub score: Option<f64>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What writing came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Cells that got an apostrophe.
    pub changed_cells: u64,
}

/// Writes the rows of one file.
pub trait RowWriter {
    /// One row.
    fn row(&mut self, row: &ExportedRow) -> Result<()>;
    /// The end of the file.
    fn finish(self: Box<Self>) -> Result<Written>;
}

/// What a file may hold: its own program could not read more, nor could an import of ours.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Rows of a sheet of Excel, with the header.
    sheet_rows: u32,
    /// Bytes that a workbook unpacks to.
    workbook_bytes: u64,
    /// Bytes of tests of promptfoo.
    promptfoo_bytes: u64,
}

const LIMITS: Limits = Limits { sheet_rows: 1_048_576, workbook_bytes: MOST_WORKBOOK_BYTES, promptfoo_bytes: MOST_PROMPTFOO_BYTES };

/// A writer of a format. `scratch` is a folder for what cannot be written in one go.
pub fn writer(format: ExportFormat, head: Head, file: File, scratch: &Path) -> Result<Box<dyn RowWriter + Send>> {
    writer_within(LIMITS, format, head, file, scratch)
}

fn writer_within(limits: Limits, format: ExportFormat, head: Head, file: File, scratch: &Path) -> Result<Box<dyn RowWriter + Send>> {
    Ok(match format {
        ExportFormat::Csv => Box::new(table::TableWriter::new(head, file, b',')?),
        ExportFormat::Tsv => Box::new(table::TableWriter::new(head, file, b'\t')?),
        ExportFormat::Xlsx => Box::new(workbook::WorkbookWriter::new(head, file, scratch, limits)?),
        ExportFormat::JsonLines => Box::new(json_lines::JsonLinesWriter::new(head, file)),
        ExportFormat::OpenaiEvals => Box::new(json_lines::EvalsWriter::new(head, file)),
        ExportFormat::Promptfoo => Box::new(promptfoo::PromptfooWriter::new(head, file, limits.promptfoo_bytes)?),
    })
}

fn split_word(split: Option<Split>) -> &'static str {
    match split {
        Some(Split::Train) => "train",
        Some(Split::Validation) => "validation",
        Some(Split::Test) => "test",
        None => "",
    }
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Match => "match",
        Outcome::NoMatch => "no match",
        Outcome::Missing => "missing",
    }
}

/// The names and cells of a row as one table has them: the dataset's columns, then ours, then those of the runs.
struct Flat {
    /// Places of the dataset's columns; those that came with an earlier export of ours give way to the new ones.
    kept: Vec<usize>,
    excludes: bool,
    names: Vec<String>,
    runs: Vec<AnsweringRun>,
}

impl Flat {
    fn new(head: &Head) -> Self {
        let kept: Vec<usize> = (0..head.columns.len()).filter(|&i| !is_own_column(&head.columns[i])).collect();
        let mut names: Vec<String> = kept.iter().map(|&i| head.columns[i].clone()).collect();
        let mut add = |name: String| {
            let mut free = name.clone();
            let mut number = 2;
            while names.contains(&free) {
                free = format!("{name} {number}");
                number += 1;
            }
            names.push(free);
        };
        add(if head.columns.iter().any(|c| c == "split") { "mlprompt_split".into() } else { "split".into() });
        add(ID_COLUMN.into());
        if head.excludes {
            add(EXCLUDED_COLUMN.into());
        }
        for AnsweringRun { run, extracts } in &head.runs {
            for part in ["answer", "score", "outcome"].into_iter().chain(extracts.then_some("response")) {
                add(format!("run {run} {part}"));
            }
        }
        Self { kept, excludes: head.excludes, names, runs: head.runs.clone() }
    }

    /// The cells in the order of the names; scores as the shortest text that reads back the same.
    fn cells<'a>(&self, row: &'a ExportedRow) -> Vec<std::borrow::Cow<'a, str>> {
        let mut cells: Vec<std::borrow::Cow<'a, str>> = Vec::with_capacity(self.names.len());
        cells.extend(self.kept.iter().map(|&i| row.cells.get(i).map_or("", String::as_str).into()));
        cells.push(split_word(row.split).into());
        cells.push(row.identity.as_str().into());
        if self.excludes {
            cells.push(if row.excluded { EXCLUDED } else { "" }.into());
        }
        for (AnsweringRun { extracts, .. }, answer) in self.runs.iter().zip(&row.answers) {
            let answer = answer.as_ref();
            cells.push(answer.map_or("", |a| a.answer.as_str()).into());
            cells.push(answer.and_then(|a| a.score).map(|s| s.to_string()).unwrap_or_default().into());
            cells.push(answer.map_or("", |a| outcome_word(a.outcome)).into());
            if *extracts {
                cells.push(answer.map_or("", |a| a.response.as_str()).into());
            }
        }
        cells
    }
}

fn unwritable(why: &dyn std::fmt::Display) -> Error {
    Error::invalid(format!("The file cannot be written: {why}. Check the folder and its free space, or choose another place."))
}

#[cfg(test)]
mod tests;
