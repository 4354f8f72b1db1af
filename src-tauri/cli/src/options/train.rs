//! How proposals are searched and accepted.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{DataOptions, ModelOptions, Provider};

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
