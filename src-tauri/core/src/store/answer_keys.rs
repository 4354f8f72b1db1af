//! Where an answer lies, by the start of its key: in sorted batches (`answer_key`), or among the last answers, which are looked through.
//!
//! The idea is that of a log-structured merge tree with two levels (O'Neil et al. 1996): what arrives in the order of a hash is
//! kept in the order of arrival until there is enough of it to be worth sorting in.

use std::collections::HashMap;

use rusqlite::Connection;

use super::calls::KeyStart;
use crate::error::Result;

/// Answers of a batch. The last answers, fewer than this, are looked through whenever keys are looked up: some milliseconds.
const BATCH: i64 = 8_192;

/// Numbers of a project's answers that are in no batch yet.
#[derive(Default)]
pub(super) struct Recent(HashMap<KeyStart, Vec<i64>>);

impl Recent {
    /// Looks through them. To be taken before a look at the batches: what is sorted in meanwhile is then found in both, not in none.
    pub(super) fn of(c: &Connection, project: i64) -> Result<Self> {
        let mut statement = c.prepare_cached(
            "SELECT substr(key, 1, 8), id FROM completion
             WHERE id > (SELECT completion_id FROM answer_key_batch) AND project_id = ?1",
        )?;
        let mut rows = statement.query([project])?;
        let mut recent: HashMap<KeyStart, Vec<i64>> = HashMap::new();
        while let Some(row) = rows.next()? {
            recent.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        Ok(Self(recent))
    }

    /// Numbers of all answers of the project with this start of a key, in the order they arrived.
    pub(super) fn answers(&self, c: &Connection, project: i64, start: KeyStart) -> Result<Vec<i64>> {
        let mut statement =
            c.prepare_cached("SELECT completion_id FROM answer_key WHERE project_id = ?1 AND start = ?2 ORDER BY completion_id")?;
        let mut found = statement.query_map((project, start), |r| r.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        if let Some(recent) = self.0.get(&start) {
            found.extend(recent.iter().filter(|id| !found.contains(id)).copied().collect::<Vec<_>>());
        }
        Ok(found)
    }
}

/// After an answer was written: sorts a batch in when it is full.
pub(super) fn written(c: &Connection, id: i64) -> Result<()> {
    if id % BATCH == 0 { sort_in(c) } else { Ok(()) }
}

/// Sorts in all answers that are in no batch yet.
pub(super) fn sort_in(c: &Connection) -> Result<()> {
    // A part of this may stand when the disk is full; then it is done again.
    c.execute(
        "INSERT OR IGNORE INTO answer_key SELECT project_id, substr(key, 1, 8), id FROM completion
         WHERE id > (SELECT completion_id FROM answer_key_batch) ORDER BY 1, 2, 3",
        [],
    )?;
    c.execute("UPDATE answer_key_batch SET completion_id = (SELECT coalesce(max(id), 0) FROM completion)", [])?;
    Ok(())
}
