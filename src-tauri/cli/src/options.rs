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
    },
    /// Ask again for the examples of a run that have no answer
    Retry {
        /// Number of the run
        run: i64,
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
    /// Write a run as text
    Export {
        /// Number of the run
        run: i64,
        /// Format of the text
        #[arg(long, default_value = "json", value_parser = ["json", "csv", "md", "certificate"])]
        format: String,
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
    /// Separator of the files [default: detected]
    #[arg(long, value_name = "CHAR")]
    pub delimiter: Option<String>,
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
    /// Seed of the split
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub split_seed: u64,
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
    /// A pool of candidates (not yet available)
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
    /// Most epochs
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub epochs: u32,
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
