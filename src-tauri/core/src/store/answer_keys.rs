//! Where an answer lies, by the start of its key: in sorted batches (`answer_key`), or among those that arrived since, which are
//! remembered.
//!
//! The idea is that of a log-structured merge tree with two levels (O'Neil et al. 1996): what arrives in the order of a hash is
//! kept in the order of arrival until there is enough of it to be worth sorting in. Memory only follows the table, also what other
//! processes write to it, so there is nothing to lose.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;

use super::calls::KeyStart;
use crate::error::Result;

/// Answers of a batch. The fewer batches, the fewer times all pages of the index are written; the more answers in one, the more are
/// read when a program first asks for a project's.
const BATCH: i64 = 65_536;

/// Answers that are remembered at most: a table of 2^18 places, 2.3 MB. Beyond them only those that are in no batch yet
/// are read again, so that memory stays as it is however long a run goes on.
const MOST: usize = (1 << 18) / 4 * 3;

/// What is remembered of the answers of each project; shared by all readers of a database.
#[derive(Default)]
pub(super) struct AnswerKeys(Mutex<HashMap<i64, Arrived>>);

/// The answers of a project, as far as they can be seen now. Others wait while it is held.
pub(super) struct Answers<'a> {
    c: &'a Connection,
    project: i64,
    known: MutexGuard<'a, HashMap<i64, Arrived>>,
}

/// Answers of a project with numbers after `from`, up to `to`.
struct Arrived {
    /// Removals until then: after another one the numbers may name other answers.
    removals: i64,
    from: i64,
    to: i64,
    /// Whether the project has answers up to `from`; those are in the batches.
    earlier: bool,
    /// By the first four bytes of a key, the distance of its first answer from `from`.
    first: HashMap<u32, u32>,
    /// The further ones: several answers to a key, or keys that begin alike.
    further: HashMap<u32, Vec<u32>>,
}

impl AnswerKeys {
    /// Follows what was written until now.
    pub(super) fn of<'a>(&'a self, c: &'a Connection, project: i64) -> Result<Answers<'a>> {
        // Numbers that were noted before a panic are right; those that were not are read again.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (batch, removals) =
            c.prepare_cached("SELECT completion_id, removals FROM answer_key_batch")?.query_row([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        if known.values().map(|arrived| arrived.first.len()).sum::<usize>() >= MOST {
            known.clear();
        }
        if known.get(&project).is_none_or(|arrived| arrived.removals != removals) {
            let earlier =
                c.prepare_cached("SELECT EXISTS(SELECT 1 FROM answer_key WHERE project_id = ?1)")?.query_row([project], |r| r.get(0))?;
            known.insert(project, Arrived { removals, from: batch, to: batch, earlier, first: HashMap::new(), further: HashMap::new() });
        }
        if let Some(arrived) = known.get_mut(&project) {
            arrived.follow(c, project)?;
        }
        Ok(Answers { c, project, known })
    }
}

impl Arrived {
    fn follow(&mut self, c: &Connection, project: i64) -> Result<()> {
        let mut statement = c.prepare_cached("SELECT id, project_id, substr(key, 1, 4) FROM completion WHERE id > ?1")?;
        let mut rows = statement.query([self.to])?;
        while let Some(row) = rows.next()? {
            let (id, key) = (row.get(0)?, u32::from_le_bytes(row.get(2)?));
            // Four thousand million answers after the first do not come.
            if row.get::<_, i64>(1)? == project
                && let Ok(distance) = u32::try_from(id - self.from)
            {
                match self.first.entry(key) {
                    Entry::Vacant(place) => {
                        place.insert(distance);
                    }
                    Entry::Occupied(_) => self.further.entry(key).or_default().push(distance),
                }
            }
            // Last: what could not be read is read again.
            self.to = id;
        }
        Ok(())
    }

    fn answers(&self, [a, b, c, d, ..]: KeyStart) -> impl Iterator<Item = i64> {
        let key = u32::from_le_bytes([a, b, c, d]);
        let further = self.further.get(&key).into_iter().flatten();
        self.first.get(&key).into_iter().chain(further).map(|distance| self.from + i64::from(*distance))
    }
}

impl Answers<'_> {
    /// Numbers of all answers of the project with this start of a key, in the order they arrived, and perhaps of a few others: the key
    /// in the row decides.
    pub(super) fn candidates(&self, start: KeyStart) -> Result<Vec<i64>> {
        let Some(arrived) = self.known.get(&self.project) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if arrived.earlier {
            let mut statement = self.c.prepare_cached(
                "SELECT completion_id FROM answer_key WHERE project_id = ?1 AND start = ?2 AND completion_id <= ?3 ORDER BY completion_id",
            )?;
            let mut rows = statement.query((self.project, start, arrived.from))?;
            while let Some(row) = rows.next()? {
                found.push(row.get(0)?);
            }
        }
        found.extend(arrived.answers(start));
        Ok(found)
    }
}

/// After an answer was written: sorts a batch in when it is full.
pub(super) fn written(c: &Connection, id: i64) -> Result<()> {
    if id % BATCH == 0 { sort_in(c) } else { Ok(()) }
}

/// Sorts in all answers that are in no batch yet.
pub(super) fn sort_in(c: &Connection) -> Result<()> {
    // A part of this may stand when the disk is full; then it is done again. Row by row: one statement for all of them would first
    // copy every page that it changes.
    let mut insert = c.prepare_cached("INSERT OR IGNORE INTO answer_key VALUES (?1, ?2, ?3)")?;
    let mut sorted = c.prepare_cached(
        "SELECT project_id, substr(key, 1, 8), id FROM completion
         WHERE id > (SELECT completion_id FROM answer_key_batch) ORDER BY 1, 2, 3",
    )?;
    let mut rows = sorted.query([])?;
    while let Some(row) = rows.next()? {
        insert.execute((row.get::<_, i64>(0)?, row.get::<_, KeyStart>(1)?, row.get::<_, i64>(2)?))?;
    }
    c.execute("UPDATE answer_key_batch SET completion_id = (SELECT coalesce(max(id), 0) FROM completion)", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrations;

    #[test]
    fn every_answer_is_found_and_few_are_remembered_however_many_there_are() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.db");
        let mut c = Connection::open(&path).unwrap();
        migrations::apply(&mut c, &path).unwrap();
        c.execute_batch("INSERT INTO project (id, name, created_at, updated_at, draft) VALUES (1, 'p', 0, 0, '{}'); BEGIN").unwrap();
        let keys = AnswerKeys::default();
        // An odd multiplier goes through all numbers of four bytes before it comes back to one.
        let start = |n: i64| (u64::try_from(n).unwrap() * 2_654_435_761 % (1 << 32)).to_le_bytes();
        let sorted_in = i64::try_from(MOST).unwrap() + 2 * BATCH;
        for n in 1..=sorted_in {
            let key = [start(n); 4].concat();
            c.prepare_cached(
                "INSERT INTO completion (project_id, key, run_id, text, finish, prompt_tokens, cached_tokens, completion_tokens, estimated,
                 latency_ms, created_at) VALUES (1, ?1, 1, '', 'stop', 1, 0, 1, 0, 1, 1)",
            )
            .unwrap()
            .execute([key])
            .unwrap();
            written(&c, n).unwrap();
            if n % 1_000 == 0 || n == sorted_in {
                let answers = keys.of(&c, 1).unwrap();
                for asked in [1, BATCH, BATCH + 1, n / 2, n] {
                    let found = answers.candidates(start(asked)).unwrap();
                    let expected: &[i64] = if asked <= n { &[asked] } else { &[] };
                    assert_eq!(found, expected, "answer {asked} of {n}");
                }
                assert!(answers.known[&1].first.len() <= MOST + 1_000, "{n}");
            }
        }
    }
}
