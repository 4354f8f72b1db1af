//! The options, as the contract of the command line has them.

mod data;
mod model;
mod share;
mod train;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub use self::{
    data::{DataAction, DataOptions, ImportOptions, ReadingOptions, ResolveHow},
    model::{ModelOptions, Provider},
    share::{ExportDataOptions, FormatName, ProjectCommand, ShipName, SplitName},
    train::{AcceptName, EvalOptions, SelectName, StrategyName, TrainOptions},
};

/// Train prompts like models, without a window.
#[derive(Parser)]
#[command(name = "mlprompt-cli", version, about, max_term_width = 110)]
pub struct Cli {
    /// The database file [default: the window's]
    #[arg(long, global = true, value_name = "FILE", env = "MLPROMPT_DB")]
    pub db: Option<PathBuf>,
    /// Print JSON lines
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Train a prompt on a file
    Train(Box<TrainOptions>),
    /// Say whether training is worth its money: measures the first prompts twice on some examples, then judges the data
    Preflight(Box<TrainOptions>),
    /// Measure one prompt on a file
    Eval(Box<EvalOptions>),
    /// Go on with a paused or interrupted run
    Resume {
        /// Number of the run
        run: i64,
        /// Write the validation predictions of its best prompts when it ends, one row an example
        #[arg(long, value_name = "F.csv")]
        predictions: Option<PathBuf>,
    },
    /// Ask again for the examples of a run that have no answer
    Retry {
        /// Number of the run
        run: i64,
        /// Write the validation predictions of its best prompts when it ends, one row an example
        #[arg(long, value_name = "F.csv")]
        predictions: Option<PathBuf>,
    },
    /// List runs
    Runs {
        /// Only those of this project
        #[arg(long)]
        project: Option<String>,
    },
    /// Show a run with its epochs
    Show {
        /// Number of the run
        run: i64,
    },
    /// Write a run as text, or as a report for people (md, html)
    Export {
        /// Number of the run
        run: i64,
        /// Format of the text
        #[arg(long, default_value = "json", value_parser = ["json", "csv", "md", "html", "certificate"])]
        format: String,
        /// File to write [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write a report on the best prompts of two runs against each other
    Compare {
        /// Number of the first run
        first: i64,
        /// Number of the second run
        second: i64,
        /// On the sealed test split instead of validation, where both were tested
        #[arg(long)]
        test: bool,
        /// Format of the report
        #[arg(long, default_value = "md", value_parser = ["md", "html"])]
        format: String,
        /// File to write [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write a prompt of a run as something to build in: what is sent is what was measured, the key is read from the environment
    Ship {
        /// Number of the run
        run: i64,
        /// Epoch whose prompts are taken [default: the best]
        #[arg(long, value_name = "N")]
        epoch: Option<u32>,
        /// What it is written as
        #[arg(long, value_enum, default_value_t = ShipName::Text)]
        format: ShipName,
        /// File to write [default: standard output]
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List projects
    Projects,
    /// Say what the data of a project says, list its versions, go back and forth between them
    Data {
        /// Name of the project
        project: String,
        /// What to do [default: profile]
        #[command(subcommand)]
        action: Option<DataAction>,
    },
    /// Read the whole database and say whether it is sound
    Check,
    /// Write a copy of the database; runs may go on meanwhile
    Copy {
        /// The file to write; one that is there is replaced
        file: PathBuf,
    },
    /// Import files into a project
    Import(Box<ImportOptions>),
    /// Write the examples of a project into a file
    ExportData(Box<ExportDataOptions>),
    /// Write a whole project into one file; runs may go on meanwhile, and no key is in it
    ExportProject {
        /// Name of the project
        project: String,
        /// The file to write, by custom NAME.mlprompt
        file: PathBuf,
        /// Replace a file that is there
        #[arg(long)]
        replace: bool,
    },
    /// Take over what changed in a file that export-data wrote: examples are known by its column mlprompt_id
    Merge {
        /// The file
        file: PathBuf,
        /// Project whose id column the file has; needed unless the file is an export of this program
        #[arg(long, value_name = "NAME")]
        project: Option<String>,
        /// Leave examples that are known as they are
        #[arg(long)]
        no_update: bool,
        /// Leave rows out that are not known
        #[arg(long)]
        no_append: bool,
    },
    /// Take a project in from a .mlprompt file
    ImportProject {
        /// The file
        file: PathBuf,
    },
    /// Rename, duplicate, archive, delete or restore a project
    Project {
        /// What to do
        #[command(subcommand)]
        command: ProjectCommand,
    },
}
