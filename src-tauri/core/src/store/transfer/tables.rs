//! Which rows belong to a project, and what in them names other rows.

use super::rewrite::{self, Rewrite};

/// How much of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Extent {
    /// Its current dataset and what is being written.
    Data,
    /// Everything.
    Whole,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Project,
    Dataset,
    Example,
    Version,
    Run,
}

/// What to do with a number that names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// The rows do not fit together.
    Broken,
    /// It is forgotten.
    Null,
    /// Nobody's.
    Zero,
    /// It stays apart from the others, and names nothing.
    Negative,
    /// The whole row stays behind.
    WithoutRow,
}

/// A column that names other rows.
pub(in crate::store) struct Link {
    pub(super) column: &'static str,
    pub(super) kind: Option<Kind>,
    pub(super) otherwise: Otherwise,
    pub(super) json: Option<Rewrite>,
}

/// A table whose rows belong to projects.
pub(in crate::store) struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its `id` counts, when others name it.
    pub(super) numbers: Option<Kind>,
    /// Numbers of deleted rows are not given again.
    pub(super) never_again: bool,
    /// From which extent on it comes along.
    pub(super) extent: Extent,
    belongs: &'static str,
    pub(super) order: Option<&'static str>,
    pub(super) links: &'static [Link],
    /// Columns that get their value anew.
    pub(super) left_behind: &'static [&'static str],
}

impl Table {
    /// The condition on its rows; `?1` is the project.
    pub(super) fn rows(&self, extent: Extent) -> &'static str {
        match (self.name, extent) {
            // A version is told by what it changed of the import and of those before it.
            ("dataset", Extent::Data) => {
                "complete = 1 AND import_id = (SELECT d.import_id FROM project p JOIN dataset d ON d.id = p.dataset_id WHERE p.id = ?1)"
            }
            ("example" | "example_block", Extent::Data) => {
                "dataset_id = (SELECT d.import_id FROM project p JOIN dataset d ON d.id = p.dataset_id WHERE p.id = ?1)"
            }
            ("example_hashes", Extent::Data) => {
                "first_id IN (SELECT b.first_id FROM example_block b JOIN dataset d ON d.import_id = b.dataset_id
                  JOIN project p ON p.dataset_id = d.id WHERE p.id = ?1)"
            }
            ("confirmed_truth", Extent::Data) => {
                "example_id IN (SELECT e.id FROM example e JOIN dataset d ON d.import_id = e.dataset_id
                  JOIN project p ON p.dataset_id = d.id WHERE p.id = ?1)"
            }
            _ => self.belongs,
        }
    }
}

const fn to(column: &'static str, kind: Kind) -> Link {
    Link { column, kind: Some(kind), otherwise: Otherwise::Broken, json: None }
}
const fn loosely(column: &'static str, kind: Kind, otherwise: Otherwise) -> Link {
    Link { column, kind: Some(kind), otherwise, json: None }
}
const fn json(column: &'static str, rewrite: Rewrite) -> Link {
    Link { column, kind: None, otherwise: Otherwise::Broken, json: Some(rewrite) }
}

const PLAIN: Table = Table {
    name: "",
    numbers: None,
    never_again: false,
    extent: Extent::Whole,
    belongs: "project_id = ?1",
    order: None,
    links: &[],
    left_behind: &[],
};
const OF_DATASET: &str = "dataset_id IN (SELECT id FROM dataset WHERE project_id = ?1 AND complete = 1)";
const OF_RUN: &str = "run_id IN (SELECT id FROM run WHERE project_id = ?1 AND deleted_at IS NULL)";

/// In the order in which they are carried.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "project",
        numbers: Some(Kind::Project),
        never_again: true,
        extent: Extent::Data,
        belongs: "id = ?1",
        links: &[
            to("id", Kind::Project),
            loosely("dataset_id", Kind::Dataset, Otherwise::Null),
            json("draft", rewrite::draft),
            json("defaults", rewrite::config),
        ],
        left_behind: &["archived_at", "deleted_at", "prepared"],
        ..PLAIN
    },
    Table {
        name: "dataset",
        numbers: Some(Kind::Dataset),
        never_again: true,
        extent: Extent::Data,
        belongs: "project_id = ?1 AND complete = 1",
        order: Some("id"),
        links: &[
            to("id", Kind::Dataset),
            to("project_id", Kind::Project),
            json("columns", rewrite::columns),
            json("roles", rewrite::roles),
            json("plan", rewrite::plan),
            json("sizes", rewrite::sizes),
            json("suggestion", rewrite::suggestion),
            json("profile", rewrite::profile),
            to("import_id", Kind::Dataset),
            to("base_id", Kind::Dataset),
            to("head_id", Kind::Dataset),
            // Where undo and redo lead may be another import.
            loosely("undo_id", Kind::Dataset, Otherwise::Null),
            loosely("redo_id", Kind::Dataset, Otherwise::Null),
        ],
        ..PLAIN
    },
    Table {
        name: "example",
        numbers: Some(Kind::Example),
        extent: Extent::Data,
        belongs: OF_DATASET,
        order: Some("id"),
        links: &[to("id", Kind::Example), to("dataset_id", Kind::Dataset)],
        ..PLAIN
    },
    Table {
        name: "example_block",
        extent: Extent::Data,
        belongs: OF_DATASET,
        order: Some("first_id"),
        links: &[to("first_id", Kind::Example), to("dataset_id", Kind::Dataset)],
        ..PLAIN
    },
    Table {
        name: "example_hashes",
        extent: Extent::Data,
        belongs: "first_id IN (SELECT first_id FROM example_block WHERE dataset_id IN (SELECT id FROM dataset WHERE project_id = ?1 AND complete = 1))",
        order: Some("first_id"),
        links: &[to("first_id", Kind::Example)],
        ..PLAIN
    },
    Table {
        name: "confirmed_truth",
        extent: Extent::Data,
        belongs: "example_id IN (SELECT e.id FROM example e JOIN dataset d ON d.id = e.dataset_id WHERE d.project_id = ?1)",
        links: &[loosely("example_id", Kind::Example, Otherwise::WithoutRow)],
        ..PLAIN
    },
    Table {
        name: "prompt_version",
        numbers: Some(Kind::Version),
        never_again: true,
        // Proposals of a deleted run that nobody kept stay behind with it.
        belongs: "project_id = ?1 AND (number IS NOT NULL OR run_id IS NULL OR run_id NOT IN (SELECT id FROM run WHERE deleted_at IS NOT NULL))",
        order: Some("id"),
        links: &[
            to("id", Kind::Version),
            to("project_id", Kind::Project),
            loosely("run_id", Kind::Run, Otherwise::Null),
            json("locked", rewrite::locked),
        ],
        ..PLAIN
    },
    Table {
        name: "run",
        numbers: Some(Kind::Run),
        never_again: true,
        // What is deleted stays behind.
        belongs: "project_id = ?1 AND deleted_at IS NULL",
        order: Some("id"),
        links: &[
            to("id", Kind::Run),
            to("project_id", Kind::Project),
            to("dataset_id", Kind::Dataset),
            to("baseline_version", Kind::Version),
            to("best_version", Kind::Version),
            json("config", rewrite::config),
            json("connections", rewrite::connections),
            json("splits", rewrite::sizes),
            json("baseline", rewrite::scores),
            json("best", rewrite::best),
            json("usage", rewrite::usage),
            json("progress", rewrite::progress),
        ],
        ..PLAIN
    },
    Table { name: "run_example", belongs: OF_RUN, links: &[to("run_id", Kind::Run), to("example_id", Kind::Example)], ..PLAIN },
    Table {
        name: "epoch",
        belongs: OF_RUN,
        links: &[to("run_id", Kind::Run), to("version_id", Kind::Version), to("before_id", Kind::Version), json("summary", rewrite::epoch)],
        ..PLAIN
    },
    Table {
        name: "proposal",
        belongs: OF_RUN,
        links: &[
            to("run_id", Kind::Run),
            to("version_id", Kind::Version),
            json("shown", rewrite::shown),
            json("exchange", rewrite::exchange),
        ],
        ..PLAIN
    },
    Table { name: "candidate", belongs: OF_RUN, links: &[to("run_id", Kind::Run), json("candidate", rewrite::candidate)], ..PLAIN },
    Table { name: "edit", belongs: OF_RUN, links: &[to("run_id", Kind::Run), json("edit", rewrite::edit)], ..PLAIN },
    Table { name: "search_known", belongs: OF_RUN, links: &[to("run_id", Kind::Run), json("known", rewrite::known)], ..PLAIN },
    Table {
        name: "completion",
        order: Some("id"),
        // Bought by a run that was deleted: everybody's.
        links: &[to("project_id", Kind::Project), loosely("run_id", Kind::Run, Otherwise::Zero)],
        left_behind: &["id"],
        ..PLAIN
    },
    Table {
        name: "call",
        belongs: OF_RUN,
        order: Some("id"),
        links: &[to("run_id", Kind::Run), loosely("example_id", Kind::Example, Otherwise::Null)],
        left_behind: &["id"],
        ..PLAIN
    },
    Table {
        name: "prediction",
        belongs: OF_RUN,
        links: &[
            to("run_id", Kind::Run),
            to("version_id", Kind::Version),
            loosely("example_id", Kind::Example, Otherwise::WithoutRow),
            json("scores", rewrite::metric_scores),
        ],
        ..PLAIN
    },
    Table {
        name: "test_opening",
        belongs: "example_id IN (SELECT e.id FROM example e JOIN dataset d ON d.id = e.dataset_id WHERE d.project_id = ?1)",
        links: &[
            loosely("example_id", Kind::Example, Otherwise::WithoutRow),
            // An opening outlives its run.
            loosely("run_id", Kind::Run, Otherwise::Negative),
        ],
        ..PLAIN
    },
    Table { name: "event", belongs: OF_RUN, links: &[to("run_id", Kind::Run), json("event", rewrite::event)], ..PLAIN },
];
