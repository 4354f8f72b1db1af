//! Projects: made, renamed, put away, carried to another place.

use serde::{Deserialize, Serialize};

use super::{ProjectSummary, ProjectView, PutAwayDataset, PutAwayRun};
use crate::run::RunStatus;

requests! {
    /// What Home lists, briefly: where this is what it was, nothing was added, changed or put away.
    KnownProjects {
        /// How many projects that were not put away.
        count: u32,
        /// Unix milliseconds of the last change of one.
        changed_at: Option<i64>,
        /// How many runs, of all projects.
        runs: u32,
        /// The newest of them.
        last_run: Option<i64>,
        /// Unix milliseconds since when the last one of them has ended.
        ended_at: Option<i64>,
    }
    /// Find runs and prompt versions by words of their names.
    FindElsewhere {
        /// All of these words; nothing finds nothing.
        text: String,
        /// A project that is left out, as its own are known.
        project: Option<i64>,
    }
    /// What was found, the newest first, the first fifty of each.
    FoundElsewhere {
        /// Runs by name, project or number.
        runs: Vec<FoundRun>,
        /// Versions by number, with words of project and note.
        versions: Vec<FoundVersion>,
    }
    /// A run of any project.
    FoundRun {
        /// The run.
        id: i64,
        /// Its name.
        name: String,
        /// Its project.
        project: i64,
        /// What that is called.
        project_name: String,
        /// Where it stands.
        status: RunStatus,
        /// Its best validation score (0 to 1).
        best: Option<f64>,
        /// Put out of sight by the user.
        archived: bool,
    }
    /// A prompt version of any project.
    FoundVersion {
        /// Its number.
        number: u32,
        /// Its project.
        project: i64,
        /// What that is called.
        project_name: String,
        /// What the user wrote beside it.
        note: String,
    }
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
