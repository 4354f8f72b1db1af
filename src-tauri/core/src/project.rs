//! Projects: one task, its data, its prompts and its runs.

use serde::{Deserialize, Serialize};

use crate::{dataset::DatasetInfo, prompt::PromptDraft, run::RunSummary, stats::Score, store::Role};

/// A card on Home.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ProjectSummary {
    /// Database id.
    pub id: i64,
    /// The user's name for it.
    pub name: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds of the last change.
    pub updated_at: i64,
    /// Examples in the current dataset, 0 without one.
    pub rows: u32,
    /// Name of the current dataset's file.
    pub dataset: Option<String>,
    /// Unix milliseconds since when it is archived.
    pub archived_at: Option<i64>,
    /// Unix milliseconds since when it is deleted; it can be restored until deleted things are emptied.
    pub deleted_at: Option<i64>,
    /// Number of runs.
    pub runs: u32,
    /// Best validation score over all runs.
    pub best: Option<Score>,
    /// Name of the run that holds it, the newest of several.
    pub best_run: Option<String>,
    /// The models that run was made with.
    pub best_roles: Vec<Role>,
    /// Those of them that the demo model stood for.
    pub best_simulated: Vec<Role>,
    /// Validation scores, epoch by epoch, of that run (0 to 1).
    pub sparkline: Vec<f64>,
    /// The latest run.
    pub last_run: Option<RunSummary>,
    /// Dollars that its runs spent, as far as their prices are known; null where none is.
    pub cost: Option<f64>,
    /// Runs of which it is not known what they spent.
    pub unpriced: u32,
}

/// Everything the window shows of an open project at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ProjectView {
    /// The card of the project.
    pub project: ProjectSummary,
    /// The current dataset.
    pub dataset: Option<DatasetInfo>,
    /// The prompts being edited.
    pub draft: PromptDraft,
    /// Number of the newest prompt version, 0 without one.
    pub version: u32,
    /// All runs, newest first.
    pub runs: Vec<RunSummary>,
}

/// A project that ships with the program.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SampleInfo {
    /// Stable id: `tickets`, `sentiment`, `extraction`.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Examples in it.
    pub rows: u32,
}

/// A run that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PutAwayRun {
    /// Database id.
    pub id: i64,
    /// The project it belongs to.
    pub project: i64,
    /// Name of that project.
    pub project_name: String,
    /// Its own name.
    pub name: String,
    /// Unix milliseconds since when it is deleted.
    pub deleted_at: i64,
}

/// A dataset that is no longer its project's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PutAwayDataset {
    /// Database id.
    pub id: i64,
    /// The project it belongs to.
    pub project: i64,
    /// Name of that project.
    pub project_name: String,
    /// Its own name.
    pub name: String,
    /// Examples in it.
    pub rows: u32,
    /// Unix milliseconds since when it is archived.
    pub archived_at: Option<i64>,
    /// Unix milliseconds since when it is deleted.
    pub deleted_at: Option<i64>,
}
