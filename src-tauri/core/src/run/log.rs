//! The raw log of a run: every request and every answer from disk.

use serde::{Deserialize, Serialize};

use crate::store::Role;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum CallEnd {
    /// The model answered.
    Answered,
    /// No request: the answer was on disk.
    Cached,
    /// There was no answer.
    Failed,
    /// Under way, or dropped when its process ended; it counts as spent.
    Unsettled,
}

/// Which calls to list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct CallFilter {
    /// Only those made for this epoch.
    pub epoch: Option<u32>,
    /// Only those of this role.
    pub role: Option<Role>,
    /// Only those that ended like this.
    pub end: Option<CallEnd>,
    /// Only those that were sent again.
    pub retries: bool,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct CallRow {
    /// Its id.
    pub id: i64,
    /// Unix milliseconds of its start.
    pub at: i64,
    /// The epoch it was made for, by its time; null after the last decision, as for the test split.
    pub epoch: Option<u32>,
    /// Who asked.
    pub role: Role,
    /// How it ended.
    pub end: CallEnd,
    /// It was sent again.
    pub retry: bool,
    /// Number of the example it was about, when it was about one.
    pub example: Option<u32>,
    /// Id of that example.
    pub example_id: Option<i64>,
    /// Tokens in; the upper bound while unsettled.
    pub prompt_tokens: u64,
    /// Those of them in the provider's own cache.
    pub cached_tokens: u64,
    /// Tokens out; the upper bound while unsettled.
    pub completion_tokens: u64,
    /// The tokens are estimated: the server gave no figures.
    pub estimated: bool,
    /// Milliseconds until the answer.
    pub latency_ms: Option<u32>,
    /// The model's own name for itself.
    pub model: Option<String>,
    /// The answer; of a long one its beginning.
    pub response: Option<String>,
    /// The answer goes on: `call_answer` gives it whole.
    pub cut: bool,
    /// Why there is none, in the server's words.
    pub error: Option<String>,
}

/// A page of the log, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct CallPage {
    /// Rows that the filter leaves: calls, and answers from disk.
    pub total: u64,
    /// Calls among them: requests that may have been sent, as they are counted against the budget.
    pub calls: u64,
    /// The page.
    pub rows: Vec<CallRow>,
}
