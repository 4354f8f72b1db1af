//! What is taken out of the program, and projects as files.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What a prompt is shipped as.
#[derive(Clone, Copy, ValueEnum)]
pub enum ShipName {
    /// Both prompts as plain text
    Text,
    /// A command for a shell
    Curl,
    /// A function of Python
    Python,
    /// A function of TypeScript
    Typescript,
    /// A function of Rust
    Rust,
    /// A configuration of promptfoo
    Promptfoo,
    /// Messages as OpenAI has them, JSON
    Messages,
}

/// What to do with a project.
#[derive(Subcommand)]
pub enum ProjectCommand {
    /// Give it another name
    Rename {
        /// Its name
        name: String,
        /// Its new name
        to: String,
    },
    /// Make a second project of it
    Duplicate {
        /// Its name
        name: String,
        /// Name of the second one [default: the same with a number]
        to: Option<String>,
        /// Its data alone, without prompts, runs and answers
        #[arg(long)]
        data_only: bool,
    },
    /// Take it off the list and keep it
    Archive {
        /// Its name
        name: String,
    },
    /// Delete it; it can be restored for 30 days
    Delete {
        /// Its name
        name: String,
    },
    /// Bring it back from the archive or from what is deleted
    Restore {
        /// Its name
        name: String,
    },
    /// List archived and deleted projects
    Away,
    /// Remove for good what was deleted
    Empty,
}

/// A format that examples are written in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// Comma-separated
    Csv,
    /// Separated by tabs
    Tsv,
    /// One JSON object a line
    Jsonl,
    /// An Excel workbook
    Xlsx,
    /// Tests of promptfoo (YAML)
    Promptfoo,
    /// Samples of OpenAI Evals
    OpenaiEvals,
}

/// A split by its name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SplitName {
    /// Training
    Train,
    /// Validation
    Validation,
    /// Test
    Test,
}

/// Options of `export-data`.
#[derive(Args)]
pub struct ExportDataOptions {
    /// Name of the project
    pub project: String,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub replace: bool,
    /// Format [default: as the file's name ends: .csv, .jsonl, .xlsx, .yaml, .evals.jsonl]
    #[arg(long, value_enum)]
    pub format: Option<FormatName>,
    /// Only this split
    #[arg(long, value_enum)]
    pub split: Option<SplitName>,
    /// Only examples in which a cell contains it
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub search: String,
    /// With the answers of this run's best prompt, repeatable
    #[arg(long, value_name = "RUN")]
    pub run: Vec<i64>,
    /// Put an apostrophe before cells that a spreadsheet would run as a formula (CSV; other formats never run a cell)
    #[arg(long)]
    pub safe_for_spreadsheets: bool,
}
