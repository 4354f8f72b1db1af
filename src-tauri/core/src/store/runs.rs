//! Runs: what they freeze, how far they are, and what they came to.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, datasets::split_number, events, from_json, from_word, json, prompts, word};
use crate::{
    connection::Connection as ModelConnection,
    dataset::{Split, SplitSizes, pair_hash},
    error::{Error, Result},
    prompt::{Prompt, PromptAuthor},
    run::{BestPrompt, MissingCause, NumberedEvent, Progress, RunConfig, RunEvent, RunStatus, RunSummary, SplitScores, Usage, Waiting},
};

/// Everything a run freezes when it starts.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Project it belongs to.
    pub project: i64,
    /// Dataset version it uses.
    pub dataset: i64,
    /// Name of that dataset.
    pub dataset_name: String,
    /// What is asked.
    pub config: RunConfig,
    /// Whether an input may stand in more than one of its splits.
    pub leaks: bool,
    /// The connections as they are now, without keys.
    pub connections: Vec<ModelConnection>,
    /// Its examples by split, in order.
    pub examples: [Vec<i64>; 3],
}

/// A run as its driver needs it.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// Database id.
    pub id: i64,
    /// Project it belongs to.
    pub project: i64,
    /// Dataset version it uses.
    pub dataset: i64,
    /// What was asked.
    pub config: RunConfig,
    /// The connections as they were.
    pub connections: Vec<ModelConnection>,
    /// Prompt version it started from.
    pub baseline_version: i64,
    /// The last accepted prompt version.
    pub best_version: i64,
    /// Milliseconds driven so far.
    pub active_ms: u64,
    /// Sizes of its splits.
    pub splits: SplitSizes,
}

pub(super) fn gone() -> Error {
    Error::not_found("That run was deleted.")
}

/// The run as lists show it.
pub(super) fn summary(c: &Connection, id: i64) -> Result<RunSummary> {
    let mut statement = c.prepare_cached(
        "SELECT project_id, name, status, stop_reason, config, connections, dataset_name, splits, created_at, ended_at, active_ms,
                (SELECT count(*) FROM epoch WHERE run_id = run.id AND epoch > 0), progress, baseline, best, usage, archived, test_opened_before,
                measured_on, test_known
         FROM run WHERE id = ?1 AND deleted_at IS NULL",
    )?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or_else(gone)?;
    let text = |i: usize| row.get::<_, String>(i);
    let connections: Vec<ModelConnection> = from_json(&text(5)?)?;
    let progress: Option<String> = row.get(12)?;
    let config = from_json(&text(4)?)?;
    Ok(RunSummary {
        id,
        project: row.get(0)?,
        name: row.get(1)?,
        archived: row.get(16)?,
        status: from_word(&text(2)?)?,
        stop_reason: row.get(3)?,
        simulated_roles: crate::run::simulated_roles(&config, &connections),
        config,
        dataset: row.get(6)?,
        splits: from_json(&text(7)?)?,
        created_at: row.get(8)?,
        ended_at: row.get(9)?,
        active_ms: row.get(10)?,
        epochs_done: row.get(11)?,
        progress: progress.map(|t| from_json(&t)).transpose()?,
        baseline: from_json(&text(13)?)?,
        best: from_json(&text(14)?)?,
        usage: from_json(&text(15)?)?,
        test_opened_before: row.get(17)?,
        measured_on: row.get(18)?,
        test_known: row.get(19)?,
    })
}

/// What examples say, whatever their order and their rows: a hash of their inputs and ground truths, in hex.
fn content_of(c: &Connection, examples: &[i64]) -> Result<String> {
    let mut statement = c.prepare_cached("SELECT user_input, ground_truth_output FROM example WHERE id = ?1")?;
    let hex = |hash: [u8; 8]| format!("{:016x}", u64::from_le_bytes(hash));
    let mut pairs = Vec::with_capacity(examples.len());
    for id in examples {
        let pair = |r: &rusqlite::Row<'_>| Ok(pair_hash(&r.get::<_, String>(0)?, &r.get::<_, String>(1)?));
        pairs.push(hex(statement.query_row([id], pair)?));
    }
    pairs.sort_unstable();
    Ok(hex(pair_hash(&pairs.concat(), "")))
}

/// Test examples whose input the other two splits have as well.
fn known_among(c: &Connection, [train, validation, test]: &[Vec<i64>; 3]) -> Result<u32> {
    let mut statement = c.prepare_cached("SELECT user_input FROM example WHERE id = ?1")?;
    let mut input = |id: &i64| Ok(statement.query_row([id], |r| r.get::<_, String>(0))?);
    let seen = train.iter().chain(validation).map(&mut input).collect::<Result<HashSet<_>>>()?;
    let mut known = 0;
    for id in test {
        known += u32::from(seen.contains(&input(id)?));
    }
    Ok(known)
}

/// Removes a run and the proposals nobody kept, for good.
pub(super) fn delete(c: &Connection, run: i64) -> Result<()> {
    let own: Vec<i64> = c
        .prepare_cached("SELECT id FROM prompt_version WHERE run_id = ?1 AND number IS NULL")?
        .query_map([run], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    for table in ["prediction", "epoch", "proposal", "candidate", "edit", "search_known", "event", "call", "run_example"] {
        c.execute(&format!("DELETE FROM {table} WHERE run_id = ?1"), [run])?;
    }
    c.execute("DELETE FROM run WHERE id = ?1", [run])?;
    for version in own {
        c.execute("DELETE FROM prompt_version WHERE id = ?1", [version])?;
    }
    Ok(())
}

impl Store {
    /// Freezes a run: its examples, its connections, its first prompt as a version.
    pub async fn create_run(&self, new: NewRun, now: i64) -> Result<i64> {
        self.write(move |c| {
            if !c.query_row("SELECT count(*) FROM project WHERE id = ?1 AND deleted_at IS NULL", [new.project], |r| r.get::<_, bool>(0))? {
                return Err(super::projects::gone());
            }
            let prompt = &new.config.prompt;
            // A text that is a version already is measured as what it is, however old.
            let baseline = match prompts::with_text(c, new.project, prompt)? {
                Some(known) => known,
                None => {
                    let id = prompts::insert(c, new.project, prompt, PromptAuthor::Hand, prompts::taken(c, new.project, prompt)?, now)?;
                    prompts::number(c, id)?;
                    prompts::lock(c, id, &new.config.locked)?;
                    id
                }
            };
            let count = |i: usize| u32::try_from(new.examples[i].len()).unwrap_or(u32::MAX);
            let splits = SplitSizes { train: count(0), validation: count(1), test: count(2) };
            let best = BestPrompt { system_prompt: prompt.system_prompt.clone(), output_prompt: prompt.output_prompt.clone(), ..BestPrompt::default() };
            c.execute(
                "INSERT INTO run (project_id, dataset_id, name, status, config, connections, dataset_name, splits, baseline_version, best_version,
                                  baseline, best, usage, created_at, measured_on, test_known)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                params![
                    new.project,
                    new.dataset,
                    new.config.name,
                    word(&RunStatus::Queued)?,
                    json(&new.config)?,
                    json(&new.connections)?,
                    new.dataset_name,
                    json(&splits)?,
                    baseline,
                    json(&SplitScores::default())?,
                    json(&best)?,
                    json(&Usage::default())?,
                    now,
                    content_of(c, &new.examples[1])?,
                    if new.leaks { known_among(c, &new.examples)? } else { 0 }
                ],
            )?;
            let run = c.last_insert_rowid();
            let mut insert = c.prepare("INSERT INTO run_example (run_id, split, position, example_id) VALUES (?1, ?2, ?3, ?4)")?;
            for (split, ids) in [Split::Train, Split::Validation, Split::Test].into_iter().zip(&new.examples) {
                for (position, id) in ids.iter().enumerate() {
                    insert.execute(params![run, split_number(split), i64::try_from(position).unwrap_or(i64::MAX), id])?;
                }
            }
            c.execute("UPDATE project SET updated_at = ?2 WHERE id = ?1", (new.project, now))?;
            Ok(run)
        })
        .await
    }

    /// A run as its driver needs it.
    pub async fn run_row(&self, id: i64) -> Result<RunRow> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT project_id, dataset_id, config, connections, baseline_version, best_version, active_ms, splits FROM run
                 WHERE id = ?1 AND deleted_at IS NULL",
            )?;
            let mut rows = statement.query([id])?;
            let row = rows.next()?.ok_or_else(gone)?;
            Ok(RunRow {
                id,
                project: row.get(0)?,
                dataset: row.get(1)?,
                config: from_json(&row.get::<_, String>(2)?)?,
                connections: from_json(&row.get::<_, String>(3)?)?,
                baseline_version: row.get(4)?,
                best_version: row.get(5)?,
                active_ms: row.get(6)?,
                splits: from_json(&row.get::<_, String>(7)?)?,
            })
        })
        .await
    }

    /// A run as lists show it.
    pub async fn run(&self, id: i64) -> Result<RunSummary> {
        self.read(move |c| summary(c, id)).await
    }

    /// Runs recorded with one of these states, newest first.
    pub async fn runs_with_status(&self, status: RunStatus) -> Result<Vec<RunSummary>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT r.id FROM run r JOIN project p ON p.id = r.project_id
                 WHERE r.status = ?1 AND r.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY r.id DESC",
            )?;
            let ids = statement.query_map([word(&status)?], |r| r.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
            ids.into_iter().map(|id| summary(c, id)).collect()
        })
        .await
    }

    /// Every run of the database, newest first.
    pub async fn all_runs(&self) -> Result<Vec<RunSummary>> {
        self.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT r.id FROM run r JOIN project p ON p.id = r.project_id
                 WHERE r.deleted_at IS NULL AND p.deleted_at IS NULL ORDER BY r.id DESC",
            )?;
            let ids = statement.query_map([], |r| r.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
            ids.into_iter().map(|id| summary(c, id)).collect()
        })
        .await
    }

    /// Renames a run.
    pub async fn rename_run(&self, id: i64, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |c| {
            match c.execute("UPDATE run SET name = ?2, config = json_set(config, '$.name', ?2) WHERE id = ?1", (id, name))? {
                0 => Err(gone()),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Puts a run out of sight, or brings it back.
    pub async fn archive_run(&self, id: i64, archived: bool) -> Result<()> {
        self.write(move |c| match c.execute("UPDATE run SET archived = ?2 WHERE id = ?1", (id, archived))? {
            0 => Err(gone()),
            _ => Ok(()),
        })
        .await
    }

    /// Records where a run stands, with the event that tells it.
    pub async fn set_run_status(
        &self,
        id: i64,
        status: RunStatus,
        reason: Option<String>,
        active_ms: u64,
        ended_at: Option<i64>,
        event: Option<RunEvent>,
    ) -> Result<Option<NumberedEvent>> {
        self.write(move |c| {
            let changed = c.execute(
                "UPDATE run SET status = ?2, stop_reason = ?3, active_ms = max(active_ms, ?4), ended_at = ?5 WHERE id = ?1",
                params![id, word(&status)?, reason, active_ms, ended_at],
            )?;
            if changed == 0 {
                return Err(gone());
            }
            event.map(|event| Ok(NumberedEvent { seq: events::append(c, id, &event)?, event })).transpose()
        })
        .await
    }

    /// Records how far a run is.
    pub async fn save_progress(&self, id: i64, progress: Progress, usage: Usage, active_ms: u64) -> Result<()> {
        self.write(move |c| {
            c.prepare_cached("UPDATE run SET progress = ?2, usage = ?3, active_ms = ?4 WHERE id = ?1")?.execute(params![
                id,
                json(&progress)?,
                json(&usage)?,
                active_ms
            ])?;
            Ok(())
        })
        .await
    }

    /// Records what a run has used so far, where it has not come any further.
    pub async fn save_usage(&self, id: i64, usage: Usage, active_ms: u64) -> Result<()> {
        self.write(move |c| {
            c.prepare_cached("UPDATE run SET usage = ?2, active_ms = ?3 WHERE id = ?1")?.execute(params![id, json(&usage)?, active_ms])?;
            Ok(())
        })
        .await
    }

    /// The connections of a run that never answered it, as they were mended since.
    pub async fn save_run_connections(&self, id: i64, connections: Vec<ModelConnection>) -> Result<()> {
        self.write(move |c| {
            c.execute("UPDATE run SET connections = ?2 WHERE id = ?1", params![id, json(&connections)?])?;
            Ok(())
        })
        .await
    }

    /// Tells that everything of a run waits. The next progress takes it back.
    pub async fn save_waiting(&self, id: i64, waiting: Waiting) -> Result<()> {
        self.write(move |c| {
            c.prepare_cached("UPDATE run SET progress = json_set(progress, '$.waiting', json(?2)) WHERE id = ?1 AND progress IS NOT NULL")?
                .execute((id, json(&waiting)?))?;
            Ok(())
        })
        .await
    }

    /// Records the scores of baseline and best.
    pub async fn save_scores(&self, id: i64, baseline: SplitScores, best: BestPrompt, usage: Usage) -> Result<()> {
        self.write(move |c| {
            c.execute(
                "UPDATE run SET baseline = ?2, best = ?3, usage = ?4 WHERE id = ?1",
                params![id, json(&baseline)?, json(&best)?, json(&usage)?],
            )?;
            Ok(())
        })
        .await
    }

    /// Why the search of a run ended, once it has; the test split may still be open.
    pub async fn ending(&self, id: i64) -> Result<Option<String>> {
        self.read(move |c| Ok(c.query_row("SELECT ending FROM run WHERE id = ?1", [id], |r| r.get(0)).optional()?.flatten())).await
    }

    /// Records why the search of a run ended.
    pub async fn save_ending(&self, id: i64, ending: String) -> Result<()> {
        self.write(move |c| {
            c.execute("UPDATE run SET ending = ?2 WHERE id = ?1", (id, ending))?;
            Ok(())
        })
        .await
    }

    /// Ids of the examples of a run's split, in its order, those left out as well.
    pub async fn run_example_ids(&self, run: i64, split: Split) -> Result<Vec<i64>> {
        self.read(move |c| {
            let mut statement =
                c.prepare_cached("SELECT example_id FROM run_example WHERE run_id = ?1 AND split = ?2 ORDER BY position")?;
            let ids = statement.query_map((run, split_number(split)), |r| r.get(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(ids)
        })
        .await
    }

    /// Ids of the examples of a run's split, in its order, without those left out for good.
    pub async fn asked_example_ids(&self, run: i64, split: Split) -> Result<Vec<i64>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT example_id FROM run_example WHERE run_id = ?1 AND split = ?2 AND left_out IS NULL ORDER BY position",
            )?;
            let ids = statement.query_map((run, split_number(split)), |r| r.get(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(ids)
        })
        .await
    }

    /// Leaves examples out of a run for good.
    pub async fn leave_out(&self, run: i64, examples: Vec<(i64, MissingCause)>) -> Result<()> {
        self.write(move |c| {
            for (example, cause) in &examples {
                c.execute(
                    "UPDATE run_example SET left_out = ?3 WHERE run_id = ?1 AND example_id = ?2",
                    params![run, example, word(cause)?],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// The examples of a run's split in its order, those left out for good aside: id, number, and so many characters of the texts.
    pub async fn beginnings(&self, run: i64, split: Split, characters: u32) -> Result<Vec<(i64, u32, String, String)>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT e.id, e.number, substr(e.user_input, 1, ?3) || iif(length(e.user_input) > ?3, '…', ''),
                        substr(e.ground_truth_output, 1, ?3) || iif(length(e.ground_truth_output) > ?3, '…', '')
                 FROM run_example r JOIN example e ON e.id = r.example_id
                 WHERE r.run_id = ?1 AND r.split = ?2 AND r.left_out IS NULL ORDER BY r.position",
            )?;
            let rows = statement.query_map((run, split_number(split), characters), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    /// The text of a prompt version.
    pub async fn prompt_text(&self, version: i64) -> Result<Prompt> {
        self.read(move |c| prompts::text(c, version)).await
    }
}
