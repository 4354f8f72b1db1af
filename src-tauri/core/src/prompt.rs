//! Prompts: the pair that is trained, its versions, and how it becomes messages.

mod locked;
mod render;
mod sentences;
mod variables;
pub use locked::{Half, LockedSpan};
pub use render::{Message, MessageRole, Part, RenderedPrompt, Template, render_messages};
pub use sentences::sentences;
pub use variables::{template_variables, unknown_names};

use serde::{Deserialize, Serialize};

/// The pair that is trained. Either half may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Prompt {
    /// Sent as the system message; an empty one sends no system message.
    pub system_prompt: String,
    /// Put after every input, a blank line between them.
    pub output_prompt: String,
}

/// Who wrote a prompt version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum PromptAuthor {
    /// Written or restored by the user.
    Hand,
    /// Accepted from an optimizer's proposal.
    Optimizer,
    /// Came with a sample project.
    Sample,
}

/// One numbered state of a project's prompt.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PromptVersion {
    /// Database id.
    pub id: i64,
    /// Position in the project's history, from 1.
    pub number: u32,
    /// The text itself.
    pub prompt: Prompt,
    /// Who wrote it.
    pub author: PromptAuthor,
    /// The run that accepted it, when the optimizer wrote it; by hand, the one out of whose proposal changes in it were taken.
    pub run: Option<i64>,
    /// Name of that run.
    pub run_name: Option<String>,
    /// The epoch that accepted it, or proposed what was taken.
    pub epoch: Option<u32>,
    /// Texts of it that no proposal may change.
    pub locked: Vec<LockedSpan>,
    /// The user's note.
    pub note: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Its latest score on a validation split, when it was measured.
    pub validation: Option<crate::stats::Score>,
    /// Its latest score under each model that was measured with it, the newest first.
    pub measured: Vec<MeasuredScore>,
    /// What the user keeps beside the epochs that evaluated it, those of the newest run first.
    pub marks: Vec<VersionMark>,
}

/// A star or a note on an epoch that a prompt version was evaluated in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct VersionMark {
    /// The run.
    pub run: i64,
    /// Its name.
    pub run_name: String,
    /// The epoch.
    pub epoch: u32,
    /// Worth finding again.
    pub starred: bool,
    /// The user's words.
    pub note: String,
}

/// What a prompt version scored on a validation split, and under which model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MeasuredScore {
    /// The run that measured it.
    pub run: i64,
    /// Its name.
    pub run_name: String,
    /// The connection its primary model is reached through.
    pub connection: i64,
    /// Its primary model.
    pub model: String,
    /// The score.
    pub score: crate::stats::Score,
}

/// What the Prompts screen edits; saved as it is typed, before it becomes a version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PromptDraft {
    /// The pair that is trained.
    pub prompt: Prompt,
    /// The optimizer's own instructions.
    pub optimizer_system_prompt: String,
    /// Texts of the pair that no proposal may change.
    #[serde(default)]
    pub locked: Vec<LockedSpan>,
    /// The epoch whose changes the pair was made with, when single ones were taken out of its proposal.
    #[serde(default)]
    pub taken: Option<TakenChanges>,
}

/// The epoch out of whose proposal single changes were taken by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct TakenChanges {
    /// The run.
    pub run: i64,
    /// The epoch.
    pub epoch: u32,
}
