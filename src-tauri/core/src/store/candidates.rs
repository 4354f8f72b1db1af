//! Candidates and edits of a search, written with the decision of their round.

use rusqlite::{Connection, params};

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
    Ok(())
}

impl Store {
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
