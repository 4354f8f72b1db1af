//! What was put away: archived as long as the user likes, or deleted and not yet gone.

use rusqlite::{Connection, OptionalExtension};

use super::{Store, datasets, projects, rows, runs};
use crate::{
    dataset::DatasetInfo,
    error::{Error, Result},
    project::{ProjectSummary, PutAwayDataset, PutAwayRun},
    run::RunSummary,
};

/// Where a thing is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Away {
    /// Out of sight, for good.
    Archived,
    /// Until deleted things are emptied.
    Deleted,
}

impl Away {
    fn column(self) -> &'static str {
        match self {
            Self::Archived => "archived_at",
            Self::Deleted => "deleted_at",
        }
    }
}

fn no_dataset() -> Error {
    Error::not_found("That dataset is gone for good. Import its file again.")
}

fn put_away_dataset(c: &Connection, id: i64) -> Result<PutAwayDataset> {
    let sql = "SELECT d.id, d.project_id, p.name, d.name, d.row_count, d.archived_at, d.deleted_at
               FROM dataset d JOIN project p ON p.id = d.project_id WHERE d.id = ?1";
    let found = c
        .prepare_cached(sql)?
        .query_row([id], |r| {
            Ok(PutAwayDataset {
                id: r.get(0)?,
                project: r.get(1)?,
                project_name: r.get(2)?,
                name: r.get(3)?,
                rows: r.get(4)?,
                archived_at: r.get(5)?,
                deleted_at: r.get(6)?,
            })
        })
        .optional()?;
    found.ok_or_else(no_dataset)
}

/// Removes a project with all that belongs to it.
fn remove(c: &Connection, project: i64) -> Result<()> {
    let mut statement = c.prepare_cached("SELECT id FROM run WHERE project_id = ?1")?;
    for run in statement.query_map([project], |r| r.get(0))?.collect::<Result<Vec<i64>, _>>()? {
        runs::delete(c, run)?;
    }
    c.execute("DELETE FROM prompt_version WHERE project_id = ?1", [project])?;
    c.execute("UPDATE project SET dataset_id = NULL WHERE id = ?1", [project])?;
    c.execute("DELETE FROM dataset WHERE project_id = ?1", [project])?;
    match c.execute("DELETE FROM project WHERE id = ?1", [project])? {
        0 => Err(projects::gone()),
        _ => Ok(()),
    }
}

impl Store {
    /// Archived and deleted projects, the last one first.
    pub async fn projects_put_away(&self) -> Result<Vec<ProjectSummary>> {
        self.read(|c| {
            let sql = "SELECT id FROM project WHERE archived_at IS NOT NULL OR deleted_at IS NOT NULL
                       ORDER BY max(coalesce(archived_at, 0), coalesce(deleted_at, 0)) DESC, id DESC";
            let ids = c.prepare_cached(sql)?.query_map([], |r| r.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
            ids.into_iter().map(|id| projects::summary(c, id)).collect()
        })
        .await
    }

    /// Archived and deleted datasets of projects that are there, the last one first.
    pub async fn datasets_put_away(&self) -> Result<Vec<PutAwayDataset>> {
        self.read(|c| {
            let sql = "SELECT d.id FROM dataset d JOIN project p ON p.id = d.project_id
                       WHERE (d.archived_at IS NOT NULL OR d.deleted_at IS NOT NULL) AND p.deleted_at IS NULL
                       ORDER BY max(coalesce(d.archived_at, 0), coalesce(d.deleted_at, 0)) DESC, d.id DESC";
            let ids = c.prepare_cached(sql)?.query_map([], |r| r.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
            ids.into_iter().map(|id| put_away_dataset(c, id)).collect()
        })
        .await
    }

    /// Deleted runs of projects that are there, the last one first.
    pub async fn runs_put_away(&self) -> Result<Vec<PutAwayRun>> {
        self.read(|c| {
            let sql = "SELECT r.id, r.project_id, p.name, r.name, r.deleted_at FROM run r JOIN project p ON p.id = r.project_id
                       WHERE r.deleted_at IS NOT NULL AND p.deleted_at IS NULL ORDER BY r.deleted_at DESC, r.id DESC";
            let mut statement = c.prepare_cached(sql)?;
            let found = statement.query_map([], |r| {
                Ok(PutAwayRun { id: r.get(0)?, project: r.get(1)?, project_name: r.get(2)?, name: r.get(3)?, deleted_at: r.get(4)? })
            })?;
            Ok(found.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    /// Deletes a run: nothing of it changes until deleted things are emptied.
    pub async fn delete_run(&self, id: i64, now: i64) -> Result<()> {
        self.write(move |c| match c.execute("UPDATE run SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL", (id, now))? {
            0 => Err(runs::gone()),
            _ => Ok(()),
        })
        .await
    }

    /// Brings a deleted run back.
    pub async fn restore_run(&self, id: i64) -> Result<RunSummary> {
        self.write(move |c| match c.execute("UPDATE run SET deleted_at = NULL WHERE id = ?1", [id])? {
            0 => Err(Error::not_found("That run is gone for good.")),
            _ => runs::summary(c, id),
        })
        .await
    }

    /// Puts a project away; nothing of it changes.
    pub async fn put_project_away(&self, id: i64, away: Away, now: i64) -> Result<()> {
        self.write(move |c| {
            let sql = format!("UPDATE project SET {} = ?2 WHERE id = ?1 AND deleted_at IS NULL", away.column());
            match c.execute(&sql, (id, now))? {
                0 => Err(projects::gone()),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Brings a project back from the archive or from what is deleted.
    pub async fn restore_project(&self, id: i64) -> Result<ProjectSummary> {
        self.write(move |c| {
            // A deleted project of the archive goes back to the archive first.
            let sql = "UPDATE project SET archived_at = iif(deleted_at IS NULL, NULL, archived_at), deleted_at = NULL WHERE id = ?1";
            match c.execute(sql, [id])? {
                0 => Err(Error::not_found("That project is gone for good.")),
                _ => projects::summary(c, id),
            }
        })
        .await
    }

    /// Puts the current dataset of a project away. Runs that used it keep it.
    pub async fn put_dataset_away(&self, project: i64, away: Away, now: i64) -> Result<PutAwayDataset> {
        self.write(move |c| {
            let sql = "SELECT dataset_id FROM project WHERE id = ?1 AND deleted_at IS NULL";
            let current: Option<Option<i64>> = c.query_row(sql, [project], |r| r.get(0)).optional()?;
            let dataset = current.ok_or_else(projects::gone)?.ok_or_else(|| Error::invalid("This project has no data."))?;
            c.execute(&format!("UPDATE dataset SET {} = ?2 WHERE id = ?1", away.column()), (dataset, now))?;
            c.execute("UPDATE project SET dataset_id = NULL, updated_at = ?2 WHERE id = ?1", (project, now))?;
            put_away_dataset(c, dataset)
        })
        .await
    }

    /// Makes a dataset that was put away its project's current one again.
    pub async fn restore_dataset(&self, id: i64, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let sql = "SELECT d.project_id FROM dataset d JOIN project p ON p.id = d.project_id
                       WHERE d.id = ?1 AND d.complete = 1 AND p.deleted_at IS NULL";
            let project: i64 = c.query_row(sql, [id], |r| r.get(0)).optional()?.ok_or_else(no_dataset)?;
            c.execute("UPDATE dataset SET archived_at = NULL, deleted_at = NULL WHERE id = ?1", [id])?;
            rows::move_to(c, id)?;
            c.execute("UPDATE project SET dataset_id = ?2, updated_at = ?3 WHERE id = ?1", (project, id, now))?;
            datasets::info(c, id)
        })
        .await
    }

    /// Gives the project's dataset another name; finished runs keep the one they knew.
    pub async fn rename_dataset(&self, project: i64, name: &str) -> Result<DatasetInfo> {
        let name = name.to_owned();
        self.write(move |c| {
            let sql = "SELECT dataset_id FROM project WHERE id = ?1 AND deleted_at IS NULL";
            let current: Option<Option<i64>> = c.query_row(sql, [project], |r| r.get(0)).optional()?;
            let dataset = current.ok_or_else(projects::gone)?.ok_or_else(|| Error::invalid("This project has no data to rename."))?;
            // The versions of one import are one dataset: going back to one does not bring its old name back.
            let sql = "UPDATE dataset SET name = ?2 WHERE import_id = (SELECT import_id FROM dataset WHERE id = ?1)";
            c.execute(sql, (dataset, name))?;
            datasets::info(c, dataset)
        })
        .await
    }

    /// Removes for good what was deleted before a moment: one project, run or dataset per transaction. Gives how many there were.
    /// A dataset that runs used stays with them.
    pub async fn remove_deleted(&self, before: i64) -> Result<u32> {
        let list = |sql: String| {
            self.read(move |c| Ok(c.prepare_cached(&sql)?.query_map([before], |r| r.get(0))?.collect::<Result<Vec<i64>, _>>()?))
        };
        let mut removed = 0;
        type Remove = fn(&Connection, i64) -> Result<()>;
        for (table, remove) in [("project", remove as Remove), ("run", runs::delete)] {
            for id in list(format!("SELECT id FROM {table} WHERE deleted_at < ?1")).await? {
                // It may have been brought back meanwhile.
                let still = format!("SELECT count(*) FROM {table} WHERE id = ?1 AND deleted_at < ?2");
                let removes = move |c: &Connection| -> Result<bool> {
                    let deleted = c.query_row(&still, (id, before), |r| r.get(0))?;
                    if deleted {
                        remove(c, id)?;
                    }
                    Ok(deleted)
                };
                removed += u32::from(self.write(removes).await?);
            }
        }
        for dataset in list("SELECT id FROM dataset WHERE deleted_at < ?1".into()).await? {
            removed += self
                .write(move |c| {
                    let sql = "SELECT count(*) FROM dataset v JOIN run r ON r.dataset_id = v.id
                               WHERE v.import_id = (SELECT import_id FROM dataset WHERE id = ?1)";
                    let (used, current): (bool, bool) = (
                        c.query_row(sql, [dataset], |r| r.get(0))?,
                        c.query_row(
                            "SELECT count(*) FROM project p JOIN dataset v ON v.id = p.dataset_id
                             WHERE v.import_id = (SELECT import_id FROM dataset WHERE id = ?1)",
                            [dataset],
                            |r| r.get(0),
                        )?,
                    );
                    if used || current {
                        // Its rows belong to runs, or to a version that is in use: from now on it is theirs alone.
                        c.execute("UPDATE dataset SET deleted_at = NULL WHERE id = ?1", [dataset])?;
                        return Ok(0);
                    }
                    let sql = "SELECT import_id FROM dataset WHERE id = ?1 AND deleted_at < ?2";
                    let import: Option<i64> = c.query_row(sql, (dataset, before), |r| r.get(0)).optional()?;
                    let Some(import) = import else { return Ok(0) };
                    c.execute("DELETE FROM dataset WHERE import_id = ?1", [import])?;
                    Ok(1)
                })
                .await?;
        }
        Ok(removed)
    }

    /// Removes a project at once: one whose making failed.
    pub async fn remove_project(&self, id: i64) -> Result<()> {
        self.write(move |c| remove(c, id)).await
    }
}
