//! The model that answers, how its answers are scored, and what a run may cost.

use clap::{Args, ValueEnum};

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
    /// Seconds one request may take [default: 120, or what a saved connection says]
    #[arg(long, value_name = "S")]
    pub timeout: Option<u32>,
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
    /// Calls at once [default: 16, and no more than a saved connection allows]
    #[arg(long, value_name = "N")]
    pub concurrency: Option<u32>,
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
