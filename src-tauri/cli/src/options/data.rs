//! Files, how they are read, and what is done with the examples in them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// How a file is read and what its columns are.
#[derive(Args)]
pub struct ReadingOptions {
    /// Encoding of the files [default: detected]
    #[arg(long, value_name = "LABEL")]
    pub encoding: Option<String>,
    /// What the files are [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = ["delimited", "json_lines", "json", "xlsx", "ods", "parquet", "promptfoo", "openai_evals", "chat", "alpaca", "langsmith"])]
    pub format: Option<String>,
    /// Separator of the files [default: detected]
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<String>,
    /// Quote around cells; \" where a backslash stands before quotes inside, empty for none [default: detected]
    #[arg(long, value_name = "CHAR")]
    pub quote: Option<String>,
    /// Sheet of a workbook [default: the first with data]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
    /// The first row is data
    #[arg(long)]
    pub no_header: bool,
    /// Input column [default: found in the header]
    #[arg(long, value_name = "C")]
    pub input: Option<String>,
    /// Ground truth column [default: found in the header]
    #[arg(long, value_name = "C")]
    pub truth: Option<String>,
    /// Column that names the split
    #[arg(long, value_name = "C")]
    pub split_column: Option<String>,
    /// Column that names the example, so that a later import knows it again
    #[arg(long, value_name = "C")]
    pub id_column: Option<String>,
}

/// Where the examples come from.
#[derive(Args)]
pub struct DataOptions {
    /// File with all examples
    #[arg(long, value_name = "F", required_unless_present_any = ["train", "sample"], conflicts_with_all = ["train", "validation", "test", "sample"])]
    pub data: Option<PathBuf>,
    /// A sample project instead of a file, with its first prompts: tickets, sentiment, extraction
    #[arg(long, value_name = "NAME", conflicts_with_all = ["train", "validation", "test", "split", "split_column", "input", "truth", "project"])]
    pub sample: Option<String>,
    /// File with the training examples
    #[arg(long, value_name = "F", requires = "validation")]
    pub train: Option<PathBuf>,
    /// File with the validation examples
    #[arg(long, value_name = "F", requires = "train")]
    pub validation: Option<PathBuf>,
    /// File with the test examples
    #[arg(long, value_name = "F", requires = "train")]
    pub test: Option<PathBuf>,
    /// Percent of train/validation/test [default: 60/20/20; 50/50 below 100 rows]
    #[arg(long, value_name = "A/B/C", conflicts_with_all = ["train", "split_column"])]
    pub split: Option<String>,
    /// Seed of the split [default: 0; a sample keeps the division it has]
    #[arg(long, value_name = "N")]
    pub split_seed: Option<u64>,
    /// How the files are read
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Project to work in [default: named after the file]
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
}

/// Options of `import`.
#[derive(Args)]
pub struct ImportOptions {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Project to import into, made when there is none
    #[arg(long, value_name = "NAME")]
    pub project: String,
    /// How the files are read
    #[command(flatten)]
    pub reading: ReadingOptions,
    /// Write the report as JSON into this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// What to do with the data of a project.
#[derive(Subcommand)]
pub enum DataAction {
    /// Labels, lengths, duplicates and contradictions
    Profile,
    /// List the versions of the data
    Versions,
    /// Take the last change back
    Undo,
    /// Do again what was taken back
    Redo,
    /// Make the data as it was in a version
    Restore {
        /// Number of the version
        version: u32,
    },
    /// Do away with duplicates or contradictions
    Resolve {
        /// What becomes of them
        how: ResolveHow,
    },
    /// Examples that most prompts of a run answer alike, and not as the ground truth says
    Doubts {
        /// Number of the run
        run: i64,
    },
    /// Figures of a run under the ground truths of now, from answers on disk
    Rescore {
        /// Number of the run
        run: i64,
    },
}

/// What becomes of repeats.
#[derive(Clone, Copy, ValueEnum)]
pub enum ResolveHow {
    /// Exclude all duplicates but the first of each
    ExcludeDuplicates,
    /// Delete all duplicates but the first of each
    DeleteDuplicates,
    /// Exclude all examples whose input has several ground truths
    ExcludeContradictions,
    /// Of those keep the ground truth of more than half
    KeepMajority,
}
