//! Datasets: files as users have them, understood without changing one character.
//!
//! `source` opens one file, `import` passes over all rows of an import once, `roles` finds the columns, `split` divides.

use serde::{Deserialize, Serialize};

use crate::{context::ContextLimit, metric::MetricSpec};

mod alpaca;
mod brought;
mod columns;
mod delimited;
mod dialect;
mod doubt;
mod edit;
mod elements;
mod encoding;
mod filter;
mod hashes;
mod identity;
mod import;
mod input;
mod json;
mod lengths;
mod number;
mod parquet;
mod profile;
mod promptfoo;
mod records;
mod refusal;
pub mod repeats;
pub mod roles;
mod row;
mod shape;
pub mod source;
pub mod split;
mod tally;
mod workbook;
mod wrapped;
mod yaml;

pub use brought::{BroughtPrompt, PromptOrigin};
pub use doubt::{Doubt, DoubtAction, Rescored};
pub use edit::{DatasetVersion, ExampleEdit, ExampleSelection, RepeatKind, RepeatResolution};
pub use filter::{ColumnFilter, ColumnOp, ExampleFilter, ExampleSort, OnlyExamples, SplitFilter};
pub use identity::{EXCLUDED, EXCLUDED_COLUMN, ExampleIdentity, ID_COLUMN, is_own_column, is_project_identity, says_excluded};
pub(crate) use import::used;
pub use import::{AskedImport, Imported, NewExample, first_rows, preview, read_examples};
pub use input::Input;
pub use lengths::Lengths;
pub use profile::{DataProfile, LengthBucket, LengthHistogram, Repeats, TextLengths};
pub(crate) use promptfoo::MOST_BYTES as MOST_PROMPTFOO_BYTES;
pub(crate) use refusal::{check_place, io_error};
pub(crate) use split::assign;
pub use split::{SplitKey, pair_hash, sample_rows, split_of_file_name, split_of_word};
pub use tally::{LABELS as MOST_LABELS, LONGEST_LABEL};
pub(crate) use workbook::MOST_UNPACKED as MOST_WORKBOOK_BYTES;

/// The three parts of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Split {
    /// Scored every epoch; failures of it are shown to the optimizer.
    Train,
    /// Decides whether a proposal is accepted; never shown to the optimizer.
    Validation,
    /// Sealed; opened once at the end of a run.
    Test,
}

/// Sizes of the three splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SplitSizes {
    /// Training examples.
    pub train: u32,
    /// Validation examples.
    pub validation: u32,
    /// Test examples.
    pub test: u32,
}

/// How a dataset is divided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum SplitPlan {
    /// By ratio, seeded, stratified when the truth has few values; exact duplicates stay on one side.
    Ratio {
        /// Percent of the examples.
        train: u32,
        /// Percent of the examples.
        validation: u32,
        /// Percent of the examples.
        test: u32,
        /// Seed of the drawing.
        seed: u64,
    },
    /// As a column of the file says.
    Column {
        /// Name of the column.
        column: String,
    },
    /// As the files were named: train, validation, test.
    Files,
}

/// What a file is, as far as its rows are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum FileFormat {
    /// Cells divided by a character: CSV, TSV and others.
    Delimited,
    /// One JSON object a line.
    JsonLines,
    /// A JSON array of objects.
    Json,
    /// An Excel workbook.
    Xlsx,
    /// An OpenDocument spreadsheet.
    Ods,
    /// A Parquet file.
    Parquet,
    /// Tests of promptfoo, YAML or CSV.
    Promptfoo,
    /// OpenAI Evals: `input` and `ideal`, or `item` and `sample`.
    OpenaiEvals,
    /// Examples of LangSmith: `inputs` and `outputs` with named values.
    Langsmith,
    /// Conversations for fine-tuning: `messages`; the last answer is the ground truth.
    Chat,
    /// Instruction, input and output, as Alpaca has them.
    Alpaca,
}

/// How a file is read; every field left out is detected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ReadOptions {
    /// What the file is.
    #[serde(default)]
    pub format: Option<FileFormat>,
    /// WHATWG label such as `utf-8` or `windows-1252`.
    #[serde(default)]
    pub encoding: Option<String>,
    /// One ASCII character; empty for a file of one column.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// One ASCII character; empty when quotes are text like any other.
    #[serde(default)]
    pub quote: Option<String>,
    /// The first row names the columns.
    #[serde(default)]
    pub header: Option<bool>,
    /// Sheet of a workbook.
    #[serde(default)]
    pub sheet: Option<String>,
}

/// Which column is what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ColumnRoles {
    /// Column that goes to the model.
    pub input: Option<String>,
    /// Column with the expected answer.
    pub truth: Option<String>,
    /// Column that names the split.
    pub split: Option<String>,
    /// Column that names the example, so that a later import knows it again.
    #[serde(default)]
    pub id: Option<String>,
}

/// A row that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SetAside {
    /// File it stands in.
    pub file: String,
    /// Line of the file where the row starts, from 1.
    pub line: u64,
    /// One sentence.
    pub reason: String,
    /// The beginning of its text.
    pub text: String,
}

/// What reading the files found; the same for the preview, the import and the command line.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ImportReport {
    /// Data rows read, those set aside included.
    pub rows_read: u64,
    /// Rows ready to be examples.
    pub rows_ready: u64,
    /// Number of rows set aside.
    pub set_aside_count: u64,
    /// The first 100 of them.
    pub set_aside: Vec<SetAside>,
    /// Rows whose input and truth both occurred before (kept).
    pub duplicates: u64,
    /// Inputs that occur with different truths.
    pub contradictions: u64,
    /// Rows with an empty input (set aside).
    pub empty_inputs: u64,
    /// Rows with an empty ground truth (set aside).
    pub empty_truths: u64,
    /// Different ground truths.
    pub distinct_truths: u64,
    /// Ground truths by frequency, when there are at most 50 and none is longer than 1,000 bytes.
    pub labels: Vec<LabelCount>,
    /// Columns with empty cells, in their order.
    #[serde(default)]
    pub empty_cells: Vec<EmptyCells>,
    /// Labels of which a split of this division has fewer than two examples.
    #[serde(default)]
    pub rare_labels: Vec<LabelCount>,
    /// Examples whose input alone is longer than the model takes, by `context`.
    #[serde(default)]
    pub too_long: u64,
    /// What the model takes: known of the project's model, or assumed.
    #[serde(default)]
    pub context: ContextLimit,
    /// What of the file has no counterpart here and was left out, one sentence each.
    #[serde(default)]
    pub unmapped: Vec<String>,
    /// Sentences about the whole file, such as renamed headers.
    pub notes: Vec<String>,
}

/// How many cells of a column are empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct EmptyCells {
    /// The column.
    pub column: String,
    /// Its empty cells, among the rows that are ready.
    pub count: u64,
}

/// How often a ground truth occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LabelCount {
    /// The ground truth.
    pub label: String,
    /// Examples with it.
    pub count: u64,
}

/// One file of an import, as it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileInfo {
    /// Full path.
    pub path: String,
    /// Its last part.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What it is.
    pub format: FileFormat,
    /// WHATWG label; empty where the format leaves no choice.
    pub encoding: String,
    /// One character; empty for a file of one column and for other formats.
    pub delimiter: String,
    /// One character; empty when quotes are text like any other and for other formats.
    pub quote: String,
    /// The first row names the columns.
    pub header: bool,
    /// Sheets of a workbook.
    pub sheets: Vec<String>,
    /// The sheet that is read.
    pub sheet: Option<String>,
    /// The split its name says, when several files are imported together.
    pub split: Option<Split>,
}

/// What the import sheet shows before anything is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ImportPreview {
    /// The files, as understood.
    pub files: Vec<FileInfo>,
    /// Columns in their order.
    pub columns: Vec<String>,
    /// Different values per column among the rows that were looked at.
    pub distinct: Vec<u64>,
    /// The first 20 rows, cells untouched.
    pub rows: Vec<Vec<String>>,
    /// Roles found from names and content, or those asked for.
    pub roles: ColumnRoles,
    /// The division that would be used.
    pub plan: SplitPlan,
    /// Sizes it gives.
    pub sizes: SplitSizes,
    /// What reading found under these roles.
    pub report: ImportReport,
    /// A prompt that the file brings, offered as the first one.
    pub prompt: Option<BroughtPrompt>,
    /// Metrics that the file asks for.
    pub metrics: Vec<MetricSpec>,
    /// Only the first rows were read: sizes and report do not count the files' rows.
    #[serde(default)]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub first_rows_only: bool,
}

/// The dataset of a project as the Data screen shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct DatasetInfo {
    /// Database id of this dataset version.
    pub id: i64,
    /// Version within the project, from 1.
    pub version: u32,
    /// Name of its file.
    pub name: String,
    /// How it was read, in words: `UTF-8, comma`.
    pub source: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// All columns in file order.
    pub columns: Vec<String>,
    /// Which column is what.
    pub roles: ColumnRoles,
    /// Examples.
    pub rows: u32,
    /// How it is divided.
    pub plan: SplitPlan,
    /// Sizes of the splits.
    pub sizes: SplitSizes,
    /// What the import found.
    pub report: ImportReport,
    /// Inputs that stand in more than one split.
    pub leaks: u32,
    /// The suggested metric for this ground truth, with the reason in words.
    pub suggested_metric: crate::metric::MetricSuggestion,
    /// How often test examples of this dataset have been opened, as runs.
    pub test_openings: u32,
    /// Examples that are kept out of runs; `sizes` is without them.
    pub excluded: u32,
    /// What undo would take back, in words; none when there is nothing.
    pub can_undo: Option<String>,
    /// What redo would do again, in words; none when there is nothing.
    pub can_redo: Option<String>,
}

/// One example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Example {
    /// Database id. Another text in a cell makes another id.
    pub id: i64,
    /// Position in the imported files, from 1; it stays when others are deleted.
    pub number: u32,
    /// Its split, none when it is in no split.
    pub split: Option<Split>,
    /// Kept out of runs.
    pub excluded: bool,
    /// What goes to the model, byte for byte the cell.
    pub user_input: String,
    /// The expected answer, byte for byte the cell.
    pub ground_truth_output: String,
    /// Every cell by column, in column order; usable as `{{column}}`.
    pub variables: Vec<String>,
}

/// A page of the grid.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ExamplePage {
    /// Examples that the filter leaves.
    pub total: u32,
    /// The page.
    pub rows: Vec<Example>,
}
