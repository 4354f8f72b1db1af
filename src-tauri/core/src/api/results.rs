//! What stands behind an epoch, and two prompts against each other.

use serde::{Deserialize, Serialize};

use super::{Bucket, CallFilter, ComparedExample, Example, Failure, FailureGroup, MissingCause, RunPoint, Split, Usage};

requests! {
    /// Names an epoch.
    GetEpoch {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
    }
    /// Validation examples of an epoch against the best before it.
    ListCompared {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
        /// Only this bucket.
        bucket: Option<Bucket>,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// A page of compared examples.
    ComparedPage {
        /// Examples in the bucket.
        total: u32,
        /// The page.
        rows: Vec<ComparedExample>,
    }
    /// Validation answers of an epoch, by why they failed.
    ListFailures {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
        /// Only failures with this cause.
        only: Option<Failure>,
        /// Only the answers that a cell of the confusion matrix counts, matches too; comes before `only`.
        cell: Option<ConfusionCell>,
        /// The cell is one of the best before the epoch, not of its proposal.
        #[serde(default)]
        before: bool,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// A cell of the confusion matrix.
    ConfusionCell {
        /// The true label.
        truth: String,
        /// The label that was answered; null: no known label.
        answered: Option<String>,
    }
    /// A page of failures.
    FailurePage {
        /// All causes, the most frequent first.
        groups: Vec<FailureGroup>,
        /// Examples that `only` or `cell` leaves.
        total: u32,
        /// The page.
        rows: Vec<ComparedExample>,
    }
    /// Examples of a run without an answer.
    ListMissing {
        /// The run.
        run: i64,
        /// Only those with this cause.
        only: Option<MissingCause>,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// A page of them.
    MissingPage {
        /// All causes, the most frequent first.
        groups: Vec<MissingGroup>,
        /// Examples that `only` leaves.
        total: u32,
        /// The page, by split in the run's order.
        rows: Vec<MissingExample>,
    }
    /// Examples that have no answer for one cause.
    MissingGroup {
        /// The cause.
        cause: MissingCause,
        /// Examples with it.
        count: u32,
        /// Those of them that were left out of the whole run.
        left_out: u32,
    }
    /// An example that has no answer under some prompt of a run.
    MissingExample {
        /// The example.
        example: Example,
        /// The split of the run it belongs to.
        split: Split,
        /// Why there is no answer.
        cause: MissingCause,
        /// It left both sides of every comparison for the whole run.
        left_out: bool,
        /// Prompts of the run under which it has no answer.
        prompts: u32,
        /// What the server said; null where it said nothing.
        said: Option<String>,
    }
    /// What a run used after its search.
    TestUsage {
        /// Calls of the test split, and of missing examples asked for again later; null while the test split is sealed.
        usage: Option<Usage>,
        /// What the whole run had used when it ended: what it used since was asked again. Null until then.
        ended: Option<Usage>,
    }
    /// Examples of a run by its epochs.
    GetLearningMap {
        /// The run.
        run: i64,
        /// Training or validation.
        split: Split,
    }
    /// What every prompt of a run made of one example.
    GetHistory {
        /// The run.
        run: i64,
        /// The example.
        example: i64,
    }
    /// A page of a run's raw log.
    ListCalls {
        /// The run.
        run: i64,
        /// Which calls.
        filter: CallFilter,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// A call of a run's raw log.
    GetCall {
        /// The run.
        run: i64,
        /// The call.
        call: i64,
    }
    /// Compare two prompts of runs on one split.
    Compare {
        /// First side.
        first: RunPoint,
        /// Second side.
        second: RunPoint,
        /// Validation, or test where both were tested.
        split: Split,
    }
}
