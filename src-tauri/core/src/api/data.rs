//! Examples: brought in, listed, divided, changed.

use serde::{Deserialize, Serialize};

use super::{
    ColumnRoles, DoubtAction, ExampleEdit, ExampleFilter, ExampleSort, ProjectView, ReadOptions, RepeatKind, RepeatResolution, SplitPlan,
};

requests! {
    /// Ask whether the rows of a file are known: it is an export of ours, or has the id column of a project.
    RecogniseFile {
        /// Absolute path.
        path: String,
        /// How to read it; what is left out is detected.
        options: ReadOptions,
        /// The project whose id column counts.
        project: Option<i64>,
    }
    /// A file whose rows are known, against what is there.
    KnownFile {
        /// The project it belongs to.
        project: i64,
        /// The id column that its rows are known by; none: the identity that our exports carry.
        id_column: Option<String>,
        /// Name of that project.
        name: String,
        /// Rows that are examples of it.
        known: u64,
        /// Of them changed, in a cell or their split.
        changed: u64,
        /// Rows that are none of its examples.
        new: u64,
    }
    /// Take over what changed in a file whose rows are known.
    MergeFile {
        /// Absolute path.
        path: String,
        /// How to read it.
        options: ReadOptions,
        /// The project whose id column counts.
        project: Option<i64>,
        /// Known examples get the cells that the file has.
        update: bool,
        /// Rows that are not known become examples.
        append: bool,
    }
    /// What a merge came to.
    MergedFile {
        /// Examples that changed.
        updated: u64,
        /// Examples that are new.
        added: u64,
        /// The project.
        view: ProjectView,
    }
    /// Rename a project's dataset.
    RenameDataset {
        /// The project.
        project: i64,
        /// New name.
        name: String,
    }
    /// Look at files before importing them.
    PreviewImport {
        /// Absolute paths.
        paths: Vec<String>,
        /// Cells pasted from a spreadsheet; then no paths.
        #[serde(default)]
        pasted: Option<String>,
        /// The project they go to, whose model says which inputs are too long; none: a new one.
        #[serde(default)]
        project: Option<i64>,
        /// How to read them; what is left out is detected.
        options: ReadOptions,
        /// Roles; what is left out is detected.
        roles: ColumnRoles,
        /// Division; none: found from the files.
        plan: Option<SplitPlan>,
        /// Columns, roles and the first rows at once, without reading the files to their end.
        #[serde(default)]
        #[cfg_attr(test, ts(as = "Option<bool>", optional))]
        first_rows_only: bool,
    }
    /// Import files into a project: everything or nothing.
    ImportDataset {
        /// The project; none: a new one named after the file.
        project: Option<i64>,
        /// Absolute paths.
        paths: Vec<String>,
        /// Cells pasted from a spreadsheet; then no paths.
        #[serde(default)]
        pasted: Option<String>,
        /// As the preview was confirmed.
        options: ReadOptions,
        /// As the preview was confirmed; input and truth are needed.
        roles: ColumnRoles,
        /// As the preview was confirmed.
        plan: SplitPlan,
    }
    /// An import that goes on by itself.
    ImportJob {
        /// Its number.
        job: i64,
    }
    /// How far an import is.
    ImportProgress {
        /// What it does now.
        phase: ImportPhase,
        /// Bytes of the files read; while the index is built, steps of that.
        bytes_done: u64,
        /// Bytes of the files; while the index is built, steps in all. The dataset can be used meanwhile.
        bytes_total: u64,
        /// Rows taken so far.
        rows: u64,
        /// Rows taken in a second, on average.
        rows_per_second: f64,
        /// Whether it goes on, or how it ended.
        state: ImportState,
    }
    /// A page of the grid.
    ListExamples {
        /// The project.
        project: i64,
        /// Which examples.
        filter: ExampleFilter,
        /// In which order; none: by number.
        sort: Option<ExampleSort>,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// Divide a dataset anew. Finished runs keep the examples they used.
    SplitDataset {
        /// The project.
        project: i64,
        /// The new division.
        plan: SplitPlan,
    }
    /// Change examples of the current dataset: all of it or nothing.
    EditExamples {
        /// The project.
        project: i64,
        /// The change.
        edit: ExampleEdit,
    }
    /// Go back, or forward, to a dataset version.
    RestoreDatasetVersion {
        /// The project.
        project: i64,
        /// Id of the version.
        version: i64,
    }
    /// Do away with repeats in one go.
    ResolveRepeats {
        /// The project.
        project: i64,
        /// Which.
        kind: RepeatKind,
        /// What becomes of them.
        how: RepeatResolution,
    }
    /// The doubt queue of a run.
    ListDoubts {
        /// The project.
        project: i64,
        /// The run.
        run: i64,
    }
    /// Decide about a doubt.
    ResolveDoubt {
        /// The project.
        project: i64,
        /// The example.
        example: i64,
        /// What becomes of it.
        action: DoubtAction,
    }
}

/// What an import does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ImportPhase {
    /// Rows are read and stored.
    Reading,
    /// All rows are there: they are divided and the dataset is made whole.
    Writing,
    /// The dataset is there; its search index is built.
    Indexing,
    /// The index is built, or left for later: nothing goes on any more.
    Over,
}

/// Whether an import goes on, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ImportState {
    /// It goes on.
    Running,
    /// The data is in this project.
    Done {
        /// The project.
        project: i64,
    },
    /// Nothing was kept.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user cancelled it; nothing was kept.
    Cancelled,
}
