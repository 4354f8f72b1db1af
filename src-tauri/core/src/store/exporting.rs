//! The examples of a dataset, one after the other, as they stand at one moment.

use rusqlite::{Connection, params};

use super::{
    Store,
    answer_keys::{AnswerKeys, Answers},
    calls::{self, CompletionKey, Others},
    cells::Reader,
    from_word,
    merging::{self, Lineage},
    rows::{self, Rows},
    upkeep,
};
use crate::{
    dataset::{Example, ExampleIdentity},
    error::Result,
    run::{Outcome, RunConfig},
};

/// A run whose answers are asked for.
#[derive(Debug, Clone)]
pub struct AskedRun {
    /// Its number.
    pub run: i64,
    /// The prompt version whose answers are meant.
    pub version: i64,
    /// What was asked of it.
    pub config: RunConfig,
}

/// An answer as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAnswer {
    /// The raw response to the first sample.
    pub response: String,
    /// Mean score of the samples; none when all are missing.
    pub score: Option<f64>,
    /// How it ended, by the run's threshold.
    pub outcome: Outcome,
}

/// An example with what runs answered to it.
#[derive(Debug, Clone)]
pub struct StoredRow {
    /// The example.
    pub example: Example,
    /// What it is known by: project, import and number within that import.
    pub identity: ExampleIdentity,
    /// Answers in the order of the runs.
    pub answers: Vec<Option<StoredAnswer>>,
}

fn answer(c: &Connection, answers: &Answers<'_>, project: i64, asked: &AskedRun, example: i64) -> Result<Option<StoredAnswer>> {
    let mut statement = c.prepare_cached(
        "SELECT key, score, outcome FROM prediction WHERE run_id = ?1 AND version_id = ?2 AND example_id = ?3 ORDER BY sample",
    )?;
    let mut rows = statement.query(params![asked.run, asked.version, example])?;
    let (mut asked_at_all, mut key, mut scores): (bool, Option<CompletionKey>, Vec<f64>) = (false, None, Vec::new());
    while let Some(row) = rows.next()? {
        let outcome: Outcome = from_word(&row.get::<_, String>(2)?)?;
        if !asked_at_all && outcome != Outcome::Missing {
            key = Some(row.get(0)?);
        }
        asked_at_all = true;
        scores.extend(row.get::<_, Option<f64>>(1)?);
    }
    if !asked_at_all {
        return Ok(None);
    }
    let response = match key {
        Some(key) => calls::find(c, answers, project, asked.run, &key, Others::Retired)?.map(|(found, _)| found.text).unwrap_or_default(),
        None => String::new(),
    };
    let score = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
    let outcome = match score {
        None => Outcome::Missing,
        Some(score) if score >= asked.config.matched_from() => Outcome::Match,
        Some(_) => Outcome::NoMatch,
    };
    Ok(Some(StoredAnswer { response, score, outcome }))
}

impl Store {
    /// Hands examples of a dataset version to `visit`, in the order of these ids, as they stand now, whatever is written meanwhile. On a
    /// connection and a thread of its own.
    pub async fn stream_examples(
        &self,
        project: i64,
        version: i64,
        ids: Vec<i64>,
        runs: Vec<AskedRun>,
        mut visit: impl FnMut(StoredRow) -> Result<()> + Send + 'static,
    ) -> Result<()> {
        let path = self.path().to_owned();
        upkeep::aside(move || {
            let c = upkeep::read_only(&path)?;
            c.execute_batch("BEGIN")?;
            let Lineage { identity, import, .. } = merging::lineage(&c, project, version)?;
            let rows = Rows::at(&c, version)?;
            let keys = AnswerKeys::default();
            let known = keys.of(&c, project)?;
            let mut reader = Reader::new(&c);
            for id in ids {
                let place = rows.place(id).ok_or_else(|| rows::damaged("a list names an example that is not in the data"))?;
                let example = reader.example(id, rows.state(place))?;
                let answers = runs.iter().map(|run| answer(&c, &known, project, run, example.id)).collect::<Result<_>>()?;
                let identity = ExampleIdentity { project: identity.clone(), import, number: example.number };
                visit(StoredRow { identity, answers, example })?;
            }
            Ok(())
        })
        .await
    }
}
