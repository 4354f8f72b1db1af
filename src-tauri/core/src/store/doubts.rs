//! What the doubt queue and corrected figures need to know of a run's examples.

use std::collections::HashSet;

use super::{
    CompletionKey, Store,
    cells::Reader,
    rows::{Rows, in_one_view},
};
use crate::error::Result;

/// An answer of one of a run's prompts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Id of the example.
    pub example: i64,
    /// The prompt version.
    pub version: i64,
    /// Of its completion.
    pub key: CompletionKey,
}

/// What became of an example that a run used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunExampleNow {
    /// It is as it was.
    Same {
        /// Id that the run knows it by.
        id: i64,
    },
    /// It has another ground truth; nothing else is different.
    Corrected {
        /// Id that the run knows it by.
        id: i64,
        /// The ground truth of now.
        truth: String,
    },
    /// Excluded, deleted, changed beyond its ground truth, or of another import.
    Gone,
}

impl Store {
    /// Those of these examples that the dataset version lets a run use.
    pub async fn usable_of(&self, version: i64, ids: Vec<i64>) -> Result<HashSet<i64>> {
        self.read(move |c| {
            let rows = Rows::at(c, version)?;
            let usable = |id: &i64| rows.place(*id).is_some_and(|place| rows.state(place).usable());
            Ok(ids.into_iter().filter(usable).collect())
        })
        .await
    }

    /// The first answer of every prompt version of a run to each of these examples.
    pub async fn answers_by_version(&self, run: i64, examples: HashSet<i64>) -> Result<Vec<Answered>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT example_id, version_id, key FROM prediction WHERE run_id = ?1 AND sample = 0 AND outcome <> 'missing'",
            )?;
            let mut found = statement.query([run])?;
            let mut answers = Vec::new();
            while let Some(row) = found.next()? {
                let example = row.get(0)?;
                if examples.contains(&example) {
                    answers.push(Answered { example, version: row.get(1)?, key: row.get(2)? });
                }
            }
            Ok(answers)
        })
        .await
    }

    /// What became of a run's examples in a dataset version, in the order of the ids.
    pub async fn run_examples_now(&self, version: i64, ids: Vec<i64>) -> Result<Vec<RunExampleNow>> {
        self.read(move |c| {
            in_one_view(c, || {
                let rows = Rows::at(c, version)?;
                let mut reader = Reader::new(c);
                // By number, which an edited example keeps.
                let by_number = rows.in_order();
                let mut now = |id: i64| -> Result<RunExampleNow> {
                    let Some(place) = rows.place(id) else { return Ok(RunExampleNow::Gone) };
                    if rows.state(place).usable() {
                        return Ok(RunExampleNow::Same { id });
                    }
                    let found = by_number.binary_search_by_key(&rows.number(place), |&other| rows.number(other));
                    let Some(other) = found.ok().map(|at| by_number[at]).filter(|&other| rows.state(other).usable()) else {
                        return Ok(RunExampleNow::Gone);
                    };
                    let (before, mut after) = (reader.stored(id)?, reader.stored(rows.id(other))?);
                    let truth = std::mem::take(&mut after.ground_truth_output);
                    if before.user_input != after.user_input || !reader.same_beside_truth(&before, &after)? {
                        return Ok(RunExampleNow::Gone);
                    }
                    Ok(if before.ground_truth_output == truth {
                        RunExampleNow::Same { id }
                    } else {
                        RunExampleNow::Corrected { id, truth }
                    })
                };
                ids.into_iter().map(&mut now).collect()
            })
        })
        .await
    }
}
