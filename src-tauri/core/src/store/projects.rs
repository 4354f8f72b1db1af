//! Projects and their drafts.

use rusqlite::{Connection, OptionalExtension};

use super::{Store, epochs, from_json, json, runs};
use crate::{
    api::{KnownProjects, KnownRuns},
    error::{Error, Result},
    project::ProjectSummary,
    prompt::PromptDraft,
    run::{PreparedRun, RunConfig, RunSummary},
    stats::Score,
};

pub(super) fn gone() -> Error {
    Error::not_found("That project was deleted. Go back to Home; what was deleted lately can be restored there.")
}

/// A project's card, whether it was put away or not.
pub(super) fn summary(c: &Connection, id: i64) -> Result<ProjectSummary> {
    let mut statement = c.prepare_cached(
        "SELECT p.name, p.created_at, p.updated_at, d.name, coalesce(d.row_count, 0), (SELECT count(*) FROM run WHERE project_id = p.id AND deleted_at IS NULL),
                p.archived_at, p.deleted_at
         FROM project p LEFT JOIN dataset d ON d.id = p.dataset_id WHERE p.id = ?1",
    )?;
    let mut project = statement
        .query_row([id], |r| {
            Ok(ProjectSummary {
                id,
                name: r.get(0)?,
                created_at: r.get(1)?,
                updated_at: r.get(2)?,
                dataset: r.get(3)?,
                rows: r.get(4)?,
                runs: r.get(5)?,
                archived_at: r.get(6)?,
                deleted_at: r.get(7)?,
                best: None,
                best_run: None,
                best_roles: Vec::new(),
                best_simulated: Vec::new(),
                sparkline: Vec::new(),
                last_run: None,
                cost: None,
                unpriced: 0,
            })
        })
        .optional()?
        .ok_or_else(gone)?;
    let mut ids = run_ids(c, id)?;
    ids.reverse();
    let mut best: Option<(Score, RunSummary)> = None;
    for (index, run) in ids.iter().enumerate() {
        let run = runs::summary(c, *run)?;
        match run.usage.cost {
            Some(cost) => *project.cost.get_or_insert(0.0) += cost,
            None => project.unpriced += 1,
        }
        for score in [run.best.validation, run.baseline.validation].into_iter().flatten() {
            if best.as_ref().is_none_or(|(b, _)| score.score > b.score) {
                best = Some((score, run.clone()));
            }
        }
        if index == 0 {
            project.last_run = Some(run);
        }
    }
    if let Some((score, run)) = best {
        project.sparkline = epochs::stored(c, run.id)?.iter().filter_map(|e| e.summary.validation.map(|s| s.score)).collect();
        project.best = Some(score);
        project.best_roles = crate::run::roles(&run.config);
        project.best_simulated = run.simulated_roles;
        project.best_run = Some(run.name);
    }
    Ok(project)
}

impl Store {
    /// What a project has: less to read than the project itself. Runs that are recorded as going on are told to move, whoever drives them.
    pub async fn known_runs(&self, project: i64) -> Result<KnownRuns> {
        self.read(move |c| {
            let sql = "SELECT count(*), max(id), max(ended_at), (SELECT dataset_id FROM project WHERE id = ?1)
                       FROM run WHERE project_id = ?1 AND deleted_at IS NULL";
            let (count, last, ended_at, dataset) = c.query_row(sql, [project], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
            let mut known = KnownRuns { count, last, dataset, moving: Vec::new(), waiting: Vec::new(), ended_at };
            let mut open = c.prepare_cached(
                "SELECT id, status IN ('queued', 'running') FROM run
                 WHERE project_id = ?1 AND deleted_at IS NULL AND status IN ('queued', 'running', 'paused', 'interrupted') ORDER BY id",
            )?;
            let mut rows = open.query([project])?;
            while let Some(row) = rows.next()? {
                let of = if row.get(1)? { &mut known.moving } else { &mut known.waiting };
                of.push(row.get(0)?);
            }
            Ok(known)
        })
        .await
    }

    /// What is known of all projects at a glance: less to read than their cards.
    pub async fn known_projects(&self) -> Result<KnownProjects> {
        self.read(|c| {
            let projects = "SELECT count(*), max(updated_at) FROM project WHERE archived_at IS NULL AND deleted_at IS NULL";
            let (count, changed_at) = c.query_row(projects, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let runs = "SELECT count(*), max(id), max(ended_at) FROM run WHERE deleted_at IS NULL";
            let (runs, last_run, ended_at) = c.query_row(runs, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
            Ok(KnownProjects { count, changed_at, runs, last_run, ended_at })
        })
        .await
    }

    /// All projects that were not put away, the last changed first.
    pub async fn projects(&self) -> Result<Vec<ProjectSummary>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id FROM project WHERE archived_at IS NULL AND deleted_at IS NULL ORDER BY updated_at DESC, id DESC",
            )?;
            let ids = statement.query_map([], |r| r.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
            ids.into_iter().map(|id| summary(c, id)).collect()
        })
        .await
    }

    /// One project that was not deleted.
    pub async fn project(&self, id: i64) -> Result<ProjectSummary> {
        self.read(move |c| summary(c, id).and_then(|p| if p.deleted_at.is_some() { Err(gone()) } else { Ok(p) })).await
    }

    /// The project with this name, none when there is none.
    pub async fn project_named(&self, name: &str) -> Result<Option<i64>> {
        let name = name.to_owned();
        self.read(move |c| {
            Ok(c.query_row("SELECT id FROM project WHERE name = ?1 AND deleted_at IS NULL ORDER BY id LIMIT 1", [name], |r| r.get(0))
                .optional()?)
        })
        .await
    }

    /// A name that no project has: this one, or this one with a number.
    pub async fn free_project_name(&self, name: &str) -> Result<String> {
        let name = name.to_owned();
        self.read(move |c| free_name(c, &name, None)).await
    }

    /// Makes a project.
    pub async fn create_project(&self, name: &str, draft: &PromptDraft, now: i64) -> Result<i64> {
        let (name, draft) = (name.to_owned(), json(draft)?);
        self.write(move |c| {
            c.execute(
                "INSERT INTO project (name, created_at, updated_at, draft, identity) VALUES (?1, ?2, ?2, ?3, lower(hex(randomblob(8))))",
                (name, now, draft),
            )?;
            Ok(c.last_insert_rowid())
        })
        .await
    }

    /// Renames a project.
    pub async fn rename_project(&self, id: i64, name: &str, now: i64) -> Result<()> {
        let name = name.to_owned();
        self.write(move |c| {
            match c.execute("UPDATE project SET name = ?2, updated_at = ?3 WHERE id = ?1 AND deleted_at IS NULL", (id, name, now))? {
                0 => Err(gone()),
                _ => Ok(()),
            }
        })
        .await
    }

    /// The prompts being edited.
    pub async fn draft(&self, project: i64) -> Result<PromptDraft> {
        let text = self
            .read(move |c| {
                Ok(c.query_row("SELECT draft FROM project WHERE id = ?1 AND deleted_at IS NULL", [project], |r| r.get::<_, String>(0))
                    .optional()?)
            })
            .await?;
        from_json(&text.ok_or_else(gone)?)
    }

    /// Keeps the prompts being edited.
    pub async fn save_draft(&self, project: i64, draft: &PromptDraft, now: i64) -> Result<()> {
        let draft = json(draft)?;
        self.write(move |c| {
            match c.execute("UPDATE project SET draft = ?2, updated_at = ?3 WHERE id = ?1 AND deleted_at IS NULL", (project, draft, now))? {
                0 => Err(gone()),
                _ => Ok(()),
            }
        })
        .await
    }

    /// The settings of the last run, to offer again.
    pub async fn run_defaults(&self, project: i64) -> Result<Option<RunConfig>> {
        let text = self
            .read(move |c| {
                Ok(c.query_row("SELECT defaults FROM project WHERE id = ?1", [project], |r| r.get::<_, Option<String>>(0)).optional()?)
            })
            .await?;
        text.ok_or_else(gone)?.map(|t| from_json(&t)).transpose()
    }

    /// Remembers the settings to offer next, now that a run was started; what was prepared is that run.
    pub async fn save_run_defaults(&self, project: i64, config: &RunConfig) -> Result<()> {
        let text = json(config)?;
        self.write(move |c| {
            c.execute("UPDATE project SET defaults = ?2, prepared = NULL WHERE id = ?1", (project, text))?;
            Ok(())
        })
        .await
    }

    /// The run that is being prepared. One that an earlier program left in a form of its own is none.
    pub async fn prepared_run(&self, project: i64) -> Result<Option<PreparedRun>> {
        let text = self
            .read(move |c| {
                let prepared = "SELECT prepared FROM project WHERE id = ?1 AND deleted_at IS NULL";
                Ok(c.query_row(prepared, [project], |r| r.get::<_, Option<String>>(0)).optional()?)
            })
            .await?;
        Ok(text.ok_or_else(gone)?.and_then(|text| from_json(&text).ok()))
    }

    /// Keeps the run that is being prepared.
    pub async fn save_prepared_run(&self, project: i64, prepared: Option<&PreparedRun>) -> Result<()> {
        let text = prepared.map(json).transpose()?;
        self.write(move |c| match c.execute("UPDATE project SET prepared = ?2 WHERE id = ?1 AND deleted_at IS NULL", (project, text))? {
            0 => Err(gone()),
            _ => Ok(()),
        })
        .await
    }

    /// All runs of a project, newest first.
    pub async fn runs(&self, project: i64) -> Result<Vec<RunSummary>> {
        self.read(move |c| {
            let mut ids = run_ids(c, project)?;
            ids.reverse();
            ids.into_iter().map(|id| runs::summary(c, id)).collect()
        })
        .await
    }
}

/// A name that no project has: this one, or this one with a number.
pub(super) fn free_name(c: &Connection, name: &str, except: Option<i64>) -> Result<String> {
    let mut taken = c.prepare_cached("SELECT count(*) FROM project WHERE name = ?1 AND deleted_at IS NULL AND id IS NOT ?2")?;
    let short: String = name.chars().take(LONGEST_NAME).collect();
    let mut free = if short.trim().is_empty() { "Project".to_owned() } else { short.clone() };
    let mut number = 1;
    while taken.query_row((&free, except), |r| r.get::<_, bool>(0))? {
        number += 1;
        let end = format!(" ({number})");
        free = short.chars().take(LONGEST_NAME - end.len()).chain(end.chars()).collect();
    }
    Ok(free)
}

/// Characters of the longest name of a project.
pub const LONGEST_NAME: usize = 300;

/// The runs of a project that are not deleted, in order.
pub(super) fn run_ids(c: &Connection, project: i64) -> Result<Vec<i64>> {
    let mut statement = c.prepare_cached("SELECT id FROM run WHERE project_id = ?1 AND deleted_at IS NULL ORDER BY id")?;
    let ids = statement.query_map([project], |r| r.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(ids)
}
