//! Runs: what is asked of a training, what came out, and what happens meanwhile.

mod candidate;
mod config;
mod epoch;
mod event;
mod insight;
mod log;
mod outcome;
mod preflight;
mod simulated;
mod state;
mod usage;

pub use candidate::{Candidate, Earned, EditFate, Fate, SearchTree, Technique, TriedEdit};
pub use config::{
    AcceptRule, Budget, Estimate, ModelConfig, Parent, ParentKind, PreparedRun, Repeat, RunConfig, SearchParts, Selection, Span,
    StrategyKind,
};
pub use epoch::{Bound, Decision, EpochDetail, EpochMark, EpochSummary, Exchange, MetricScores, ProposalStatus, ShownExample};
pub use event::{NumberedEvent, RunEvent};
pub use insight::{EpochAnswer, ExampleHistory, Failure, FailureGroup, Gain, LearningMap, MapRow, NextAction, NextStep, RunOutcome};
pub use log::{CallEnd, CallFilter, CallPage, CallRow};
pub use outcome::{Bucket, BucketCounts, ComparedExample, Comparison, MissingCause, Outcome, Prediction, RunPoint, SampleAnswer};
pub use preflight::{Measuring, Preflight, SuspectLabel};
pub use simulated::{has_simulated_scores, simulated_words};
pub(crate) use simulated::{roles, simulated_roles, simulated_roles_words};
pub(crate) use state::PAUSED_AS_ASKED;
pub use state::{BestPrompt, Phase, Progress, RunStatus, RunSummary, SplitScores, WaitReason, Waiting};
pub use usage::{RoleUsage, Usage, UsageByRole};
