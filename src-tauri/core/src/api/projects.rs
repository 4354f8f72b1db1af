//! Projects: made, renamed, put away, carried to another place.

use serde::{Deserialize, Serialize};

use super::{ProjectSummary, ProjectView, PutAwayDataset, PutAwayRun};

requests! {
    /// Make a sample project.
    CreateSample {
        /// Id of the sample.
        sample: String,
    }
    /// Make an empty project.
    CreateProject {
        /// Its name.
        name: String,
    }
    /// Rename a project.
    RenameProject {
        /// The project.
        project: i64,
        /// New name.
        name: String,
    }
    /// Make a second project of a project.
    DuplicateProject {
        /// The project.
        project: i64,
        /// Name of the second one; empty: the first one's with a number.
        name: String,
        /// Its data alone, without prompt versions, runs and answers.
        data_only: bool,
    }
    /// Take a project in from a file.
    ImportProject {
        /// Absolute path of the `.mlprompt` file.
        path: String,
    }
    /// A project that came in from a file.
    ArrivedProject {
        /// The project.
        view: ProjectView,
        /// Names of connections that came with it; they have no key here yet.
        new_connections: Vec<String>,
    }
    /// What was put away and can be restored, the last one first.
    PutAway {
        /// Archived and deleted projects.
        projects: Vec<ProjectSummary>,
        /// Archived and deleted datasets of projects that are there.
        datasets: Vec<PutAwayDataset>,
        /// Deleted runs of projects that are there.
        runs: Vec<PutAwayRun>,
    }
    /// What emptying came to.
    Emptied {
        /// Projects, datasets and runs that are gone for good.
        removed: u32,
    }
    /// What clearing a project's answers came to.
    ClearedCache {
        /// Answers that no further run uses.
        answers: u32,
    }
}
