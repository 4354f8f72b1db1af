//! The options, as the contract of the command line has them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

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

/// How a file is read and what its columns are.
#[derive(Args)]
pub struct ReadingOptions {
    /// Encoding of the files [default: detected]
    #[arg(long, value_name = "LABEL")]
    pub encoding: Option<String>,
    /// What the files are [default: detected]
    #[arg(long, value_name = "FORMAT", value_parser = ["delimited", "json_lines", "json", "xlsx", "ods", "parquet", "promptfoo", "openai_evals", "chat", "alpaca"])]
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

/// The wire of a connection.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Provider {
    /// The embedded stand-in
    Demo,
    /// Any OpenAI-compatible server
    Openai,
    /// Anthropic
    Anthropic,
    /// Google Gemini
    Gemini,
    /// Ollama
    Ollama,
}

/// The model that answers the examples, and how its answers are scored.
#[derive(Args)]
pub struct ModelOptions {
    /// System prompt; @FILE reads a file [default: empty, or the sample's]
    #[arg(long, value_name = "T")]
    pub system_prompt: Option<String>,
    /// Output prompt; @FILE reads a file [default: empty, or the sample's]
    #[arg(long, value_name = "T")]
    pub output_prompt: Option<String>,
    /// Where the primary model is
    #[arg(long, value_enum, default_value = "demo")]
    pub provider: Provider,
    /// Base URL, with its /v1 where the server has one
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Name of the primary model
    #[arg(long, value_name = "M")]
    pub model: Option<String>,
    /// Environment variable that holds the key
    #[arg(long, value_name = "VAR")]
    pub api_key_env: Option<String>,
    /// Sampling temperature [default: not sent]
    #[arg(long, value_name = "X")]
    pub temperature: Option<f64>,
    /// Most tokens of one answer [default: not sent]
    #[arg(long, value_name = "N")]
    pub max_output_tokens: Option<u32>,
    /// Seconds one request may take
    #[arg(long, value_name = "S", default_value_t = 120)]
    pub timeout: u32,
    /// Metric, repeatable: exact, normalised, contains, regex:PATTERN, number:TOLERANCE, f1, edit, json, json:field,field, label, judge:@RUBRIC; M=WEIGHT [default: suggested from the data]
    #[arg(long, value_name = "M")]
    pub metric: Vec<String>,
    /// How the answer is taken out of the response: thinking, last-line, tag:NAME, regex:PATTERN, json:PATH
    #[arg(long, value_name = "RULE")]
    pub extract: Option<String>,
    /// Where the judge model is [default: as the primary]
    #[arg(long, value_enum)]
    pub judge_provider: Option<Provider>,
    /// Base URL of the judge model
    #[arg(long, value_name = "URL")]
    pub judge_base_url: Option<String>,
    /// Name of the judge model
    #[arg(long, value_name = "M")]
    pub judge_model: Option<String>,
    /// Environment variable that holds the judge's key
    #[arg(long, value_name = "VAR")]
    pub judge_api_key_env: Option<String>,
    /// Calls at once
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub concurrency: u32,
    /// Answers per example, averaged
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub samples: u32,
    /// Everything random is drawn from it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Ignore answers that other runs bought
    #[arg(long)]
    pub no_cache: bool,
    /// Most calls, retries included
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u64>,
    /// Most tokens
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// Most dollars
    #[arg(long, value_name = "USD")]
    pub max_cost: Option<f64>,
    /// Most seconds
    #[arg(long, value_name = "S")]
    pub max_seconds: Option<u64>,
    /// Name of the run [default: from the time]
    #[arg(long, value_name = "NAME")]
    pub run_name: Option<String>,
}

/// How proposals are searched.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StrategyName {
    /// One proposal an epoch
    Greedy,
    /// A pool of candidates; many proposals an epoch, taken apart line by line
    Pareto,
}

/// When a proposal replaces the best.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AcceptName {
    /// Strictly greater mean
    Any,
    /// Greater, and beyond chance
    Significant,
}

/// Which training examples the optimizer sees.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SelectName {
    /// The lowest scores
    Worst,
    /// Half failing, half passing
    Mixed,
    /// Any
    Random,
}

/// Options of `train`.
#[derive(Args)]
pub struct TrainOptions {
    /// Where the examples come from
    #[command(flatten)]
    pub data: DataOptions,
    /// The primary model
    #[command(flatten)]
    pub model: ModelOptions,
    /// Instructions of the optimizer; @FILE reads a file [default: built in]
    #[arg(long, value_name = "T")]
    pub optimizer_prompt: Option<String>,
    /// Text of the prompts that no proposal may change, repeatable
    #[arg(long, value_name = "TEXT")]
    pub lock: Vec<String>,
    /// Where the optimizer model is [default: as the primary]
    #[arg(long, value_enum)]
    pub optimizer_provider: Option<Provider>,
    /// Base URL of the optimizer model
    #[arg(long, value_name = "URL")]
    pub optimizer_base_url: Option<String>,
    /// Name of the optimizer model
    #[arg(long, value_name = "M")]
    pub optimizer_model: Option<String>,
    /// Environment variable that holds the optimizer's key
    #[arg(long, value_name = "VAR")]
    pub optimizer_api_key_env: Option<String>,
    /// Temperature of the optimizer [default: not sent]
    #[arg(long, value_name = "X")]
    pub optimizer_temperature: Option<f64>,
    /// The search
    #[arg(long, value_enum, default_value = "greedy")]
    pub strategy: StrategyName,
    /// When a proposal replaces the best [default: by strategy]
    #[arg(long, value_enum)]
    pub accept: Option<AcceptName>,
    /// Level of the significant rule
    #[arg(long, value_name = "X", default_value_t = 0.1)]
    pub alpha: f64,
    /// Train several times, each on another division of the file (seeds from --split-seed on), and tell mean and spread
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub repeats: u32,
    /// Ask every validation example, also when the proposal cannot beat the best any more
    #[arg(long)]
    pub no_early_stop: bool,
    /// Most epochs [default: 10; with --strategy pareto and --max-calls 100, so that the calls decide]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,
    /// Examples shown to the optimizer
    #[arg(long, value_name = "K", default_value_t = 5)]
    pub examples: u32,
    /// Which ones
    #[arg(long, value_enum, default_value = "mixed")]
    pub select: SelectName,
    /// Stop after so many epochs in a row without improvement; 0: never
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub patience: u32,
    /// Stop when validation reaches it (0 to 1)
    #[arg(long, value_name = "X")]
    pub target_score: Option<f64>,
    /// Most training examples; 0: all
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub train_rows: u32,
    /// Most validation examples; 0: all
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub validation_rows: u32,
    /// Most test examples; 0: all
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub test_rows: u32,
}

/// Options of `eval`.
#[derive(Args)]
pub struct EvalOptions {
    /// Where the examples come from
    #[command(flatten)]
    pub data: DataOptions,
    /// The model
    #[command(flatten)]
    pub model: ModelOptions,
    /// Write one row an example into this CSV file
    #[arg(long, value_name = "F.csv")]
    pub predictions: Option<PathBuf>,
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
