//! Prompt versions: the numbered history of a project, and the proposals of its runs.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, from_json, from_word, json, word};
use crate::{
    error::{Error, Result},
    prompt::{Half, LockedSpan, MeasuredScore, Prompt, PromptAuthor, PromptDraft, PromptVersion, TakenChanges, VersionMark, sentences},
};

/// A prompt that a run proposed and did not accept.
pub struct Unaccepted {
    /// Database id of the version.
    pub version: i64,
    /// The text.
    pub prompt: Prompt,
    /// The run.
    pub run: i64,
    /// Its name.
    pub run_name: String,
    /// The epoch.
    pub epoch: u32,
    /// The best version at that time, which it was made from.
    pub made_from: i64,
}

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
            // What was taken by hand out of a proposal names its run as well.
            "SELECT id FROM prompt_version WHERE run_id = ?1 AND author = ?4 AND system_prompt = ?2 AND output_prompt = ?3 ORDER BY id LIMIT 1",
        )?
        .query_row(params![run, prompt.system_prompt, prompt.output_prompt, word(&PromptAuthor::Optimizer)?], |r| r.get(0))
        .optional()?;
    known.map_or_else(|| proposed(c, project, prompt, run, epoch, now), Ok)
}

/// The version of a text that a run came to: one that had it when the run began, since only what is new is a version of its own.
pub(super) fn proposed(c: &Connection, project: i64, prompt: &Prompt, run: i64, epoch: u32, now: i64) -> Result<i64> {
    // Numbered later it could be another one when a round is repeated.
    let known = c
        .prepare_cached(
            "SELECT v.id FROM run r CROSS JOIN prompt_version v ON v.project_id = r.project_id
             WHERE r.id = ?1 AND v.number IS NOT NULL AND v.created_at <= r.created_at AND v.run_id IS NOT r.id
               AND v.system_prompt = ?2 AND v.output_prompt = ?3 ORDER BY v.number DESC LIMIT 1",
        )?
        .query_row(params![run, prompt.system_prompt, prompt.output_prompt], |r| r.get(0))
        .optional()?;
    known.map_or_else(|| insert(c, project, prompt, PromptAuthor::Optimizer, Some((run, epoch)), now), Ok)
}

/// Whether a version has its place in the history.
pub(super) fn is_numbered(c: &Connection, version: i64) -> Result<bool> {
    Ok(c.prepare_cached("SELECT number IS NOT NULL FROM prompt_version WHERE id = ?1")?.query_row([version], |r| r.get(0))?)
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
            let taken = if author == PromptAuthor::Hand { taken(c, project, prompt)? } else { None };
            let id = insert(c, project, prompt, author, taken, now)?;
            number(c, id)?;
            id
        }
    };
    lock(c, id, &draft(c, project)?.locked)?;
    if !note.is_empty() {
        // A version that is given again keeps the note it was saved with.
        c.execute("UPDATE prompt_version SET note = ?2 WHERE id = ?1 AND note = ''", (id, note))?;
    }
    Ok(id)
}

fn draft(c: &Connection, project: i64) -> Result<PromptDraft> {
    let draft: String = c.query_row("SELECT draft FROM project WHERE id = ?1", [project], |r| r.get(0))?;
    from_json(&draft)
}

/// The run and the epoch out of whose proposal changes in a new text were taken by hand, as the draft knows it. A text that has nothing
/// of them any more, or is a version already, was not made with them.
pub(super) fn taken(c: &Connection, project: i64, prompt: &Prompt) -> Result<Option<(i64, u32)>> {
    let Some(TakenChanges { run, epoch }) = draft(c, project)?.taken else { return Ok(None) };
    if with_text(c, project, prompt)?.is_some() {
        return Ok(None);
    }
    // Of an epoch whose proposals were all invalid any of them may be meant.
    let mut statement = c.prepare_cached(
        "SELECT coalesce(e.version_id, p.version_id), e.before_id FROM epoch e JOIN run r ON r.id = e.run_id
         LEFT JOIN proposal p ON p.run_id = e.run_id AND p.epoch = e.epoch AND e.version_id IS NULL
         WHERE r.id = ?1 AND r.project_id = ?2 AND e.epoch = ?3 AND coalesce(e.version_id, p.version_id) IS NOT NULL",
    )?;
    let mut rows = statement.query((run, project, epoch))?;
    while let Some(row) = rows.next()? {
        if has_changes_of(prompt, &text(c, row.get(1)?)?, &text(c, row.get(0)?)?) {
            return Ok(Some((run, epoch)));
        }
    }
    Ok(None)
}

/// Whether a text has something that a proposal brought; of one that only took out, whether something of that is gone.
fn has_changes_of(prompt: &Prompt, before: &Prompt, proposed: &Prompt) -> bool {
    fn all(prompt: &Prompt) -> HashSet<(Half, &str)> {
        [Half::System, Half::Output].into_iter().flat_map(|half| sentences(prompt.half(half)).into_iter().map(move |s| (half, s))).collect()
    }
    let (now, before, proposed) = (all(prompt), all(before), all(proposed));
    let mut brought = proposed.difference(&before).peekable();
    match brought.peek() {
        Some(_) => brought.any(|sentence| now.contains(sentence)),
        None => before.difference(&proposed).any(|sentence| !now.contains(sentence)),
    }
}

/// The newest numbered version with exactly this text.
pub(super) fn with_text(c: &Connection, project: i64, prompt: &Prompt) -> Result<Option<i64>> {
    Ok(c.prepare_cached(
        "SELECT id FROM prompt_version WHERE project_id = ?1 AND number IS NOT NULL AND system_prompt = ?2 AND output_prompt = ?3
         ORDER BY number DESC LIMIT 1",
    )?
    .query_row(params![project, prompt.system_prompt, prompt.output_prompt], |r| r.get(0))
    .optional()?)
}

/// What epochs say of versions, by version.
#[derive(Default)]
struct Evaluated {
    scores: HashMap<i64, Vec<MeasuredScore>>,
    marks: HashMap<i64, Vec<VersionMark>>,
}

/// What versions scored on validation splits, of each one score under each model, the newest first: that of the run which brought it, as
/// every other screen shows it, else the newest. A score is one of a text, so
/// versions with the same have the same; a star or a note on an epoch stands with the version it evaluated alone.
fn evaluated(c: &Connection, project: i64, only: Option<i64>) -> Result<Evaluated> {
    // The settings of a run are long, so each is read once, not with every epoch.
    let mut statement = c.prepare_cached(
        "SELECT id, name, json_extract(config, '$.primary.connection'), json_extract(config, '$.primary.model') FROM run
         WHERE project_id = ?1 AND deleted_at IS NULL ORDER BY id DESC",
    )?;
    let runs = statement
        .query_map([project], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?
        .collect::<Result<Vec<(i64, String, i64, String)>, _>>()?;
    let mut statement = c.prepare_cached(
        "SELECT v.id, json_extract(e.summary, '$.validation'), e.epoch, e.starred, e.note, v.run_id FROM epoch e JOIN prompt_version v ON v.id = e.version_id
         WHERE e.run_id = ?1 AND v.number IS NOT NULL AND (?2 IS NULL OR v.id = ?2) ORDER BY e.epoch",
    )?;
    let twins = twins(c, project, only)?;
    // All of a text are looked for where one is wanted.
    let only = only.filter(|only| !twins.contains_key(only));
    let Evaluated { mut scores, mut marks } = Evaluated::default();
    for (run, run_name, connection, model) in runs {
        let mut rows = statement.query((run, only))?;
        while let Some(row) = rows.next()? {
            let version = row.get(0)?;
            let (starred, note): (bool, String) = (row.get(3)?, row.get(4)?);
            if starred || !note.is_empty() {
                marks.entry(version).or_default().push(VersionMark { run, run_name: run_name.clone(), epoch: row.get(2)?, starred, note });
            }
            let Some(score) = row.get::<_, Option<String>>(1)? else { continue };
            let known = scores.entry(twins.get(&version).copied().unwrap_or(version)).or_default();
            let at = known.iter().position(|m| m.connection == connection && m.model == model);
            let own = row.get::<_, Option<i64>>(5)? == Some(run);
            if own || at.is_none() {
                let (run_name, model, score) = (run_name.clone(), model.clone(), from_json(&score)?);
                let measured = MeasuredScore { run, run_name, connection, model, score };
                match at {
                    Some(at) => known[at] = measured,
                    None => known.push(measured),
                }
            }
        }
    }
    for (version, first) in twins {
        if let (true, Some(known)) = (version != first, scores.get(&first)) {
            scores.insert(version, known.clone());
        }
    }
    Ok(Evaluated { scores, marks })
}

/// Numbered versions whose text another one has too, each with the first that has it; those with the text of one alone.
fn twins(c: &Connection, project: i64, only: Option<i64>) -> Result<HashMap<i64, i64>> {
    let mut statement = c.prepare_cached(
        "SELECT v.id, t.first FROM (
           SELECT min(id) AS first, system_prompt, output_prompt FROM prompt_version
           WHERE project_id = ?1 AND number IS NOT NULL
             AND (?2 IS NULL OR (system_prompt, output_prompt) = (SELECT system_prompt, output_prompt FROM prompt_version WHERE id = ?2))
           GROUP BY system_prompt, output_prompt HAVING count(*) > 1
         ) t JOIN prompt_version v ON v.project_id = ?1 AND v.number IS NOT NULL
           AND v.system_prompt = t.system_prompt AND v.output_prompt = t.output_prompt",
    )?;
    Ok(statement.query_map((project, only), |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

fn list(c: &Connection, project: i64, only: Option<i64>) -> Result<Vec<PromptVersion>> {
    let Evaluated { mut scores, mut marks } = evaluated(c, project, only)?;
    let mut statement = c.prepare_cached(
        "SELECT v.id, v.number, v.system_prompt, v.output_prompt, v.author, r.id, r.name, v.epoch, v.note, v.created_at, v.locked
         FROM prompt_version v LEFT JOIN run r ON r.id = v.run_id AND r.deleted_at IS NULL
         WHERE v.project_id = ?1 AND v.number IS NOT NULL AND (?2 IS NULL OR v.id = ?2) ORDER BY v.number DESC",
    )?;
    let mut rows = statement.query((project, only))?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        let measured = scores.remove(&id).unwrap_or_default();
        versions.push(PromptVersion {
            id,
            number: row.get(1)?,
            prompt: Prompt { system_prompt: row.get(2)?, output_prompt: row.get(3)? },
            author: from_word(&row.get::<_, String>(4)?)?,
            run: row.get(5)?,
            run_name: row.get(6)?,
            epoch: row.get(7)?,
            locked: from_json(&row.get::<_, String>(10)?)?,
            note: row.get(8)?,
            created_at: row.get(9)?,
            validation: measured.first().map(|m| m.score),
            measured,
            marks: marks.remove(&id).unwrap_or_default(),
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

    /// Writes the note of a version anew; none when the project has no such version.
    pub async fn note_version(&self, project: i64, version: i64, note: String) -> Result<Option<PromptVersion>> {
        self.write(move |c| {
            let sql = "UPDATE prompt_version SET note = ?3 WHERE project_id = ?1 AND id = ?2 AND number IS NOT NULL";
            c.execute(sql, (project, version, note))?;
            Ok(list(c, project, Some(version))?.into_iter().next())
        })
        .await
    }

    /// Takes the newest version of a project out of the history again, when it was written by hand and nothing was made with it. False when
    /// it is not the newest, not by hand, or not there.
    pub async fn withdraw_version(&self, project: i64, version: i64) -> Result<bool> {
        self.write(move |c| {
            let used = "SELECT EXISTS (SELECT 1 FROM run WHERE baseline_version = ?1 OR best_version = ?1)
                        OR EXISTS (SELECT 1 FROM epoch WHERE version_id = ?1 OR before_id = ?1)
                        OR EXISTS (SELECT 1 FROM proposal WHERE version_id = ?1) OR EXISTS (SELECT 1 FROM prediction WHERE version_id = ?1)";
            if c.query_row(used, [version], |r| r.get(0))? {
                return Err(Error::invalid("A run was made with this version, so it stays in the history. Restore an earlier one to go on from that."));
            }
            let gone = "DELETE FROM prompt_version WHERE id = ?2 AND project_id = ?1 AND author = ?3
                        AND number = (SELECT max(number) FROM prompt_version WHERE project_id = ?1)";
            let withdrawn = c.execute(gone, params![project, version, word(&PromptAuthor::Hand)?])? > 0;
            if withdrawn {
                // Its number is the next one's.
                let last = "UPDATE project SET last_version =
                            (SELECT coalesce(max(number), 0) FROM prompt_version WHERE project_id = ?1) WHERE id = ?1";
                c.execute(last, [project])?;
            }
            Ok(withdrawn)
        })
        .await
    }

    /// What the runs of a project proposed and did not accept, oldest first.
    pub async fn unaccepted(&self, project: i64) -> Result<Vec<Unaccepted>> {
        self.read(move |c| {
            // The second half: what a run proposed in vain that was a version already.
            let mut statement = c.prepare_cached(
                "SELECT v.id, v.system_prompt, v.output_prompt, r.id, r.name, v.epoch, coalesce(e.before_id, r.best_version) FROM prompt_version v
                 JOIN run r ON r.id = v.run_id AND r.deleted_at IS NULL
                 LEFT JOIN epoch e ON e.run_id = v.run_id AND e.epoch = v.epoch
                 WHERE v.project_id = ?1 AND v.number IS NULL AND v.epoch IS NOT NULL
                 UNION ALL
                 SELECT v.id, v.system_prompt, v.output_prompt, r.id, r.name, e.epoch, e.before_id FROM run r
                 JOIN epoch e ON e.run_id = r.id JOIN prompt_version v ON v.id = e.version_id
                 WHERE r.project_id = ?1 AND r.deleted_at IS NULL AND v.number IS NOT NULL AND v.run_id IS NOT r.id
                   AND json_extract(e.summary, '$.decision') = 'rejected'
                 ORDER BY 4, 6, 1",
            )?;
            let one = |r: &rusqlite::Row<'_>| {
                let prompt = Prompt { system_prompt: r.get(1)?, output_prompt: r.get(2)? };
                Ok(Unaccepted { version: r.get(0)?, prompt, run: r.get(3)?, run_name: r.get(4)?, epoch: r.get(5)?, made_from: r.get(6)? })
            };
            Ok(statement.query_map([project], one)?.collect::<Result<Vec<_>, _>>()?)
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
