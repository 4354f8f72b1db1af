//! Candidates and edits of a search, written with the decision of their round.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, from_json, json, prompts};
use crate::{
    error::Result,
    prompt::Prompt,
    run::{Candidate, TriedEdit},
};

/// What one round of a search made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SearchRound {
    /// New candidates.
    pub candidates: Vec<Candidate>,
    /// Edits that were looked at.
    pub edits: Vec<TriedEdit>,
    /// Proposals the optimizer was asked for.
    pub proposals: u64,
    /// Training examples answered under each prompt version, when the round was decided.
    pub known: BTreeMap<i64, Vec<i64>>,
}

/// Writes a round.
pub(super) fn insert(c: &Connection, run: i64, epoch: u32, round: &SearchRound) -> Result<()> {
    for candidate in &round.candidates {
        c.prepare_cached("INSERT INTO candidate (run_id, number, epoch, candidate) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            run,
            candidate.number,
            epoch,
            json(candidate)?
        ])?;
    }
    for (place, edit) in (0_i64..).zip(&round.edits) {
        c.prepare_cached("INSERT INTO edit (run_id, epoch, place, edit) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            run,
            epoch,
            place,
            json(edit)?
        ])?;
    }
    if !round.known.is_empty() {
        c.execute("INSERT INTO search_known (run_id, epoch, known) VALUES (?1, ?2, ?3)", params![run, epoch, json(&round.known)?])?;
        // Only the latest is ever asked for.
        c.execute("DELETE FROM search_known WHERE run_id = ?1 AND epoch < ?2", params![run, epoch])?;
    }
    Ok(())
}

impl Store {
    /// Training examples answered under each prompt version when the latest round was decided; none before the first.
    pub async fn search_known(&self, run: i64) -> Result<Option<BTreeMap<i64, Vec<i64>>>> {
        self.read(move |c| {
            let sql = "SELECT known FROM search_known WHERE run_id = ?1 ORDER BY epoch DESC LIMIT 1";
            let known: Option<String> = c.query_row(sql, [run], |r| r.get(0)).optional()?;
            known.map(|text| from_json(&text)).transpose()
        })
        .await
    }

    /// The candidates of a run, in the order they were made; the baseline has none.
    pub async fn candidates(&self, run: i64) -> Result<Vec<Candidate>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT candidate FROM candidate WHERE run_id = ?1 ORDER BY number")?;
            let mut rows = statement.query([run])?;
            let mut candidates = Vec::new();
            while let Some(row) = rows.next()? {
                candidates.push(from_json(&row.get::<_, String>(0)?)?);
            }
            Ok(candidates)
        })
        .await
    }

    /// The edits a run has looked at, in order.
    pub async fn edits(&self, run: i64) -> Result<Vec<TriedEdit>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT edit FROM edit WHERE run_id = ?1 ORDER BY epoch, place")?;
            let mut rows = statement.query([run])?;
            let mut edits = Vec::new();
            while let Some(row) = rows.next()? {
                edits.push(from_json(&row.get::<_, String>(0)?)?);
            }
            Ok(edits)
        })
        .await
    }

    /// The version a run gave this text; made when there is none yet.
    pub async fn version_of_run(&self, project: i64, run: i64, epoch: u32, prompt: Prompt, now: i64) -> Result<i64> {
        self.write(move |c| prompts::of_run(c, project, &prompt, run, epoch, now)).await
    }
}
