//! What is asked of a run, and what it would use.

use serde::{Deserialize, Serialize};

use crate::{
    dataset::SplitSizes,
    metric::{ExtractRule, MetricSpec},
    prompt::{LockedSpan, Message, Prompt},
};

/// A model at a connection, with the parameters that are sent; what is unset is not sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ModelConfig {
    /// Id of the connection.
    pub connection: i64,
    /// Exact name, sent untouched.
    pub model: String,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Most tokens of one answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling seed, for servers that take one.
    pub seed: Option<i64>,
}

/// How proposals are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum StrategyKind {
    /// One proposal an epoch, kept when validation beats the best.
    Greedy,
    /// A pool of candidates with a minibatch gate.
    Pareto,
}

/// The parts of the search `pareto`, each of which can be switched off, to see what it is worth. `greedy` has none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SearchParts {
    /// Each reply is taken apart into edits, each tested and kept or dropped alone; off: a reply is one edit.
    pub edits: bool,
    /// Edits are judged on the training examples they speak of; off: on a few drawn at random.
    pub relevance: bool,
    /// Failing and passing examples for each proposal, other ones for each; off: drawn at random.
    pub focus: bool,
    /// Some proposals start from other members of the Pareto front.
    pub front: bool,
    /// The optimizer is told which edits were tried and what became of them.
    pub memory: bool,
    /// Validation goes block by block and stops when it is as good as lost.
    pub racing: bool,
    /// A new best must not lose on the validation examples set apart.
    pub confirmation: bool,
    /// Worked examples of the training split, tried as an edit.
    pub examples: bool,
    /// Lines that carry nothing are dropped.
    pub pruning: bool,
    /// Stuck, it writes new prompts from the data alone.
    pub restart: bool,
    /// Techniques get calls by what they earned per call in this run; off: by a fixed rule.
    pub adaptive: bool,
}

impl Default for SearchParts {
    fn default() -> Self {
        Self {
            edits: true,
            relevance: true,
            focus: true,
            front: true,
            memory: true,
            racing: true,
            confirmation: true,
            examples: true,
            pruning: true,
            restart: true,
            adaptive: true,
        }
    }
}

/// When a proposal replaces the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum AcceptRule {
    /// Strictly greater mean on the common validation examples.
    Any,
    /// Greater, and two-sided paired p below alpha.
    Significant,
}

/// Which training examples the optimizer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Selection {
    /// The lowest scores first.
    Worst,
    /// Half failing, half passing.
    Mixed,
    /// Any.
    Random,
}

/// Limits over everything a run does: primary, optimizer, judge and retries together. None is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Budget {
    /// HTTP requests.
    pub max_calls: Option<u64>,
    /// Tokens in and out.
    pub max_tokens: Option<u64>,
    /// Dollars.
    pub max_cost: Option<f64>,
    /// Seconds of running time.
    pub max_seconds: Option<u64>,
}

/// A run that is one of several with the same settings, each on a division of the dataset of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Repeat {
    /// Unix milliseconds of the moment they were asked for; the same for all of them.
    pub group: i64,
    /// Which one it is, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
    /// Seed of its division.
    pub split_seed: u64,
}

/// Why a run was made from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ParentKind {
    /// The user edited its prompts and went on from there.
    TakeOver,
    /// It starts from the prompts of one of its epochs.
    Branch,
    /// The same start with other settings.
    Again,
    /// The same settings with a larger limit; what was bought is not bought again.
    MoreBudget,
}

/// The run another one was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Parent {
    /// Its id; it may be gone by now.
    pub run: i64,
    /// The epoch whose prompts this run starts from.
    pub epoch: u32,
    /// Why.
    pub kind: ParentKind,
}

/// Everything that defines a run. The same config on the same data with the same answers gives the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RunConfig {
    /// The user's name for it.
    pub name: String,
    /// Where training starts.
    pub prompt: Prompt,
    /// Texts of it that no proposal may change.
    #[serde(default)]
    pub locked: Vec<LockedSpan>,
    /// The optimizer's own instructions.
    pub optimizer_system_prompt: String,
    /// Answers the examples.
    pub primary: ModelConfig,
    /// Writes the proposals.
    pub optimizer: ModelConfig,
    /// Scores by rubric, when a judge metric is used.
    pub judge: Option<ModelConfig>,
    /// Weighted into one score.
    pub metrics: Vec<MetricSpec>,
    /// A score at or above it is a match.
    pub match_threshold: f64,
    /// How the answer is taken out of the response.
    pub extract: Option<ExtractRule>,
    /// The search.
    pub strategy: StrategyKind,
    /// Parts of the search `pareto`; nothing to `greedy`.
    #[serde(default)]
    pub parts: SearchParts,
    /// When a proposal replaces the best.
    pub accept: AcceptRule,
    /// Level of the `significant` rule.
    pub alpha: f64,
    /// Stop a validation as soon as its proposal cannot beat the best any more; only the rule `any` allows it.
    #[serde(default = "on")]
    pub early_stop: bool,
    /// Most epochs.
    pub epochs: u32,
    /// Examples shown to the optimizer.
    pub examples: u32,
    /// Which ones.
    pub select: Selection,
    /// Stop after so many epochs in a row that were not accepted; 0: never.
    pub patience: u32,
    /// Stop when the best validation score reaches it.
    pub target_score: Option<f64>,
    /// Calls at once.
    pub concurrency: u32,
    /// Answers per example, averaged.
    pub samples: u32,
    /// Everything random is drawn from it.
    pub seed: u64,
    /// The group it belongs to; none: it stands alone, on the division the dataset has.
    #[serde(default)]
    pub repeat: Option<Repeat>,
    /// The run it was made from; none: it stands at a beginning of its own.
    #[serde(default)]
    pub parent: Option<Parent>,
    /// Use answers that other runs of the project bought.
    pub use_cache: bool,
    /// Limits.
    pub budget: Budget,
    /// Most training examples used; 0: all.
    pub train_rows: u32,
    /// Most validation examples used; 0: all.
    pub validation_rows: u32,
    /// Most test examples used; 0: all.
    pub test_rows: u32,
    /// Most characters of a proposed prompt (each half).
    pub max_prompt_chars: u32,
}

impl RunConfig {
    /// The least mean score of an example that is a match.
    pub fn matched_from(&self) -> f64 {
        crate::metric::matched_from(self.match_threshold)
    }
}

/// Settings that were stored before there was such a switch have it on.
fn on() -> bool {
    true
}

/// A run that is being prepared, as its form was left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PreparedRun {
    /// What the run would be told.
    pub config: RunConfig,
    /// Whether it starts from prompts of its own, those of another run; otherwise from what is being edited by then.
    pub own_prompts: bool,
    /// On how many divisions of the dataset, 1 to 50.
    pub repeats: u32,
}

/// A range of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Span {
    /// When all goes fast.
    pub low: u64,
    /// When it takes long.
    pub high: u64,
}

/// What a run will use, before it starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Estimate {
    /// Sizes of the splits it will use.
    pub splits: SplitSizes,
    /// Fewest calls (answers on disk cost nothing, patience ends it early).
    pub calls_low: u64,
    /// Most calls, without retries.
    pub calls_high: u64,
    /// Tokens when it ends early, estimated.
    #[serde(default)]
    pub tokens_low: u64,
    /// Tokens when it uses its calls, estimated: prompts and answers that grow take more.
    pub tokens_high: u64,
    /// Dollars likewise; null where a price is unknown.
    #[serde(default)]
    pub cost_low: Option<f64>,
    /// Dollars likewise; null where a price is unknown.
    pub cost_high: Option<f64>,
    /// How long it will take; null where nobody knows how long a model takes.
    #[serde(default)]
    pub seconds: Option<Span>,
    /// What the time is taken from, or why it is not known.
    #[serde(default)]
    pub time_from: String,
    /// Proposals that the limits allow at most.
    pub proposals: u32,
    /// Test examples that a run has opened already, by their content too; 0 in the events of runs that were started before it was counted.
    #[serde(default)]
    pub test_opened: u32,
    /// The hosts that data goes to; empty when it stays on this machine.
    pub hosts: Vec<String>,
    /// What should be known before starting.
    pub warnings: Vec<String>,
}

impl ModelConfig {
    /// The request with this model's parameters.
    pub fn request(&self, messages: Vec<Message>, schema: Option<crate::chat::AnswerSchema>) -> crate::chat::ChatRequest {
        crate::chat::ChatRequest {
            model: self.model.clone(),
            messages,
            temperature: self.temperature,
            max_output_tokens: self.max_output_tokens,
            seed: self.seed,
            schema,
        }
    }
}
