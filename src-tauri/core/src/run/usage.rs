//! What a run has used, per role.

use serde::{Deserialize, Serialize};

/// Tokens, calls and money of one role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RoleUsage {
    /// HTTP requests sent, retries included.
    pub calls: u64,
    /// Answers that cost nothing.
    pub cached: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Those of them that the provider had in its own cache.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
    /// Calls whose tokens the server did not count, so that they are estimated.
    #[serde(default)]
    pub estimated: u64,
    /// Dollars; null where a price is unknown.
    pub cost: Option<f64>,
    /// Dollars that answers from disk would have cost; null where a price is unknown.
    #[serde(default)]
    pub saved: Option<f64>,
}

/// Usage per role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct UsageByRole {
    /// The model that answers the examples.
    pub primary: RoleUsage,
    /// The model that writes proposals.
    pub optimizer: RoleUsage,
    /// The model that scores.
    pub judge: RoleUsage,
}

/// What a run has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Usage {
    /// HTTP requests sent, all roles, retries included.
    pub calls: u64,
    /// Answers that cost nothing.
    pub cached: u64,
    /// Requests that were sent again.
    pub retries: u64,
    /// Examples missing at the end.
    pub failed: u64,
    /// Calls that stopping validations early made unnecessary.
    #[serde(default)]
    pub spared: u64,
    /// Candidates the search made; 0 under `greedy`.
    #[serde(default)]
    pub candidates: u64,
    /// Proposals asked of the optimizer by the search.
    #[serde(default)]
    pub proposals: u64,
    /// Candidates that ended at the gate.
    #[serde(default)]
    pub gated: u64,
    /// Candidates that reached validation.
    #[serde(default)]
    pub validated: u64,
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Those of them that the provider had in its own cache.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
    /// Calls whose tokens the server did not count, so that they are estimated.
    #[serde(default)]
    pub estimated: u64,
    /// Dollars; null where a price is unknown. The demo model costs 0.
    pub cost: Option<f64>,
    /// Dollars that answers from disk would have cost; null where a price is unknown.
    #[serde(default)]
    pub saved: Option<f64>,
    /// The same per role.
    pub by_role: UsageByRole,
}

impl Usage {
    /// The sum over the roles; dollars are known when those of every role are.
    pub fn of_roles(by_role: UsageByRole) -> Self {
        let roles = [by_role.primary, by_role.optimizer, by_role.judge];
        let sum = |part: fn(&RoleUsage) -> u64| roles.iter().map(part).sum();
        Self {
            calls: sum(|u| u.calls),
            cached: sum(|u| u.cached),
            retries: sum(|u| u.retries),
            failed: 0,
            spared: 0,
            candidates: 0,
            proposals: 0,
            gated: 0,
            validated: 0,
            prompt_tokens: sum(|u| u.prompt_tokens),
            cached_tokens: sum(|u| u.cached_tokens),
            completion_tokens: sum(|u| u.completion_tokens),
            estimated: sum(|u| u.estimated),
            cost: roles.iter().map(|u| u.cost).sum(),
            saved: roles.iter().map(|u| u.saved).sum(),
            by_role,
        }
    }
}
