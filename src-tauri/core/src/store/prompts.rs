//! Prompt versions: the numbered history of a project, and the proposals of its runs.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, from_json, from_word, json, word};
use crate::{
    error::Result,
    prompt::{LockedSpan, Prompt, PromptAuthor, PromptDraft, PromptVersion},
    stats::Score,
};

/// Adds a version without a number.
pub(super) fn insert(
    c: &Connection,
    project: i64,
    prompt: &Prompt,
    author: PromptAuthor,
    run: Option<(i64, u32)>,
    now: i64,
) -> Result<i64> {
    c.prepare_cached(
        "INSERT INTO prompt_version (project_id, system_prompt, output_prompt, author, run_id, epoch, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![project, prompt.system_prompt, prompt.output_prompt, word(&author)?, run.map(|r| r.0), run.map(|r| r.1), now])?;
    Ok(c.last_insert_rowid())
}

/// The version a run gave this text, made when there is none yet: a round that is repeated finds its versions again.
pub(super) fn of_run(c: &Connection, project: i64, prompt: &Prompt, run: i64, epoch: u32, now: i64) -> Result<i64> {
    let known = c
        .prepare_cached(
            "SELECT id FROM prompt_version WHERE run_id = ?1 AND system_prompt = ?2 AND output_prompt = ?3 ORDER BY id LIMIT 1",
        )?
        .query_row(params![run, prompt.system_prompt, prompt.output_prompt], |r| r.get(0))
        .optional()?;
    known.map_or_else(|| insert(c, project, prompt, PromptAuthor::Optimizer, Some((run, epoch)), now), Ok)
}

/// Gives a version its place in the history.
pub(super) fn number(c: &Connection, version: i64) -> Result<u32> {
    let project: i64 = c.query_row("SELECT project_id FROM prompt_version WHERE id = ?1", [version], |r| r.get(0))?;
    c.execute("UPDATE project SET last_version = last_version + 1 WHERE id = ?1", [project])?;
    let number: u32 = c.query_row("SELECT last_version FROM project WHERE id = ?1", [project], |r| r.get(0))?;
    c.execute("UPDATE prompt_version SET number = ?2 WHERE id = ?1", (version, number))?;
    Ok(number)
}

/// Notes which texts of a version are locked; those it does not have are left out.
pub(super) fn lock(c: &Connection, version: i64, locked: &[LockedSpan]) -> Result<()> {
    let prompt = text(c, version)?;
    let standing: Vec<&LockedSpan> = locked.iter().filter(|s| s.stands_in(&prompt)).collect();
    c.execute("UPDATE prompt_version SET locked = ?2 WHERE id = ?1", (version, json(&standing)?))?;
    Ok(())
}

/// The text of a version.
pub(super) fn text(c: &Connection, version: i64) -> Result<Prompt> {
    Ok(c.prepare_cached("SELECT system_prompt, output_prompt FROM prompt_version WHERE id = ?1")?
        .query_row([version], |r| Ok(Prompt { system_prompt: r.get(0)?, output_prompt: r.get(1)? }))?)
}

/// The newest numbered version, when it has this text; else a new one.
fn ensure(c: &Connection, project: i64, prompt: &Prompt, author: PromptAuthor, note: &str, now: i64) -> Result<i64> {
    let newest: Option<i64> = c
        .query_row(
            "SELECT id FROM prompt_version WHERE project_id = ?1 AND number IS NOT NULL ORDER BY number DESC LIMIT 1",
            [project],
            |r| r.get(0),
        )
        .optional()?;
    let id = match newest {
        Some(id) if text(c, id)? == *prompt => id,
        _ => {
            let id = insert(c, project, prompt, author, None, now)?;
            number(c, id)?;
            id
        }
    };
    let draft: String = c.query_row("SELECT draft FROM project WHERE id = ?1", [project], |r| r.get(0))?;
    lock(c, id, &from_json::<PromptDraft>(&draft)?.locked)?;
    if !note.is_empty() {
        c.execute("UPDATE prompt_version SET note = ?2 WHERE id = ?1", (id, note))?;
    }
    Ok(id)
}

fn list(c: &Connection, project: i64, only: Option<i64>) -> Result<Vec<PromptVersion>> {
    let mut statement = c.prepare_cached(
        "SELECT v.id, v.number, v.system_prompt, v.output_prompt, v.author, r.id, r.name, v.epoch, v.note, v.created_at, v.locked,
                (SELECT json_extract(e.summary, '$.validation') FROM epoch e JOIN run er ON er.id = e.run_id AND er.deleted_at IS NULL
                 WHERE er.project_id = ?1 AND e.version_id = v.id ORDER BY e.run_id DESC, e.epoch LIMIT 1)
         FROM prompt_version v LEFT JOIN run r ON r.id = v.run_id AND r.deleted_at IS NULL
         WHERE v.project_id = ?1 AND v.number IS NOT NULL AND (?2 IS NULL OR v.id = ?2) ORDER BY v.number DESC",
    )?;
    let mut rows = statement.query((project, only))?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let validation: Option<String> = row.get(11)?;
        versions.push(PromptVersion {
            id: row.get(0)?,
            number: row.get(1)?,
            prompt: Prompt { system_prompt: row.get(2)?, output_prompt: row.get(3)? },
            author: from_word(&row.get::<_, String>(4)?)?,
            run: row.get(5)?,
            run_name: row.get(6)?,
            epoch: row.get(7)?,
            locked: from_json(&row.get::<_, String>(10)?)?,
            note: row.get(8)?,
            created_at: row.get(9)?,
            validation: validation.map(|t| from_json::<Score>(&t)).transpose()?,
        });
    }
    Ok(versions)
}

impl Store {
    /// The history, newest first.
    pub async fn prompt_versions(&self, project: i64) -> Result<Vec<PromptVersion>> {
        self.read(move |c| list(c, project, None)).await
    }

    /// Makes a version; the newest one is given back when nothing changed.
    pub async fn save_prompt_version(
        &self,
        project: i64,
        prompt: Prompt,
        author: PromptAuthor,
        note: String,
        now: i64,
    ) -> Result<PromptVersion> {
        self.write(move |c| {
            let id = ensure(c, project, &prompt, author, &note, now)?;
            list(c, project, Some(id))?.into_iter().next().ok_or_else(super::projects::gone)
        })
        .await
    }

    /// Number of the newest version, 0 without one.
    pub async fn newest_version(&self, project: i64) -> Result<u32> {
        self.read(move |c| {
            Ok(c.query_row("SELECT coalesce(max(number), 0) FROM prompt_version WHERE project_id = ?1", [project], |r| r.get(0))?)
        })
        .await
    }
}
