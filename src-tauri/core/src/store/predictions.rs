//! Predictions: one example under one prompt version. The response itself lies with its completion.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::{CompletionKey, Store, datasets::split_number, from_json, from_word, json, word};
use crate::{
    dataset::Split,
    error::Result,
    run::{EpochSummary, MissingCause, Outcome},
};

/// A prediction as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPrediction {
    /// Id of the example.
    pub example: i64,
    /// Which answer, from 0.
    pub sample: u32,
    /// Of its completion.
    pub key: CompletionKey,
    /// In [0, 1]; none when missing.
    pub score: Option<f64>,
    /// Each metric on its own.
    pub scores: Vec<f64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why there is no answer.
    pub missing: Option<MissingCause>,
    /// Cut by the length limit.
    pub cut: bool,
    /// What the metric or judge has to say.
    pub feedback: Option<String>,
}

/// The little of a prediction that a resumed evaluation needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictionMark {
    /// Id of the example.
    pub example: i64,
    /// Which answer, from 0.
    pub sample: u32,
    /// In [0, 1]; none when missing.
    pub score: Option<f64>,
    /// Why there is no answer.
    pub missing: Option<MissingCause>,
}

/// Answers a search asked for anew and counts from an epoch on.
#[derive(Debug, Clone, Default)]
pub struct FreshAnswers {
    /// By prompt version, beside the answers that are there.
    pub kept: Vec<(i64, Vec<StoredPrediction>)>,
    /// The baseline as it is told with its fresh answers counted; none where it got none.
    pub restated: Option<EpochSummary>,
}

const COLUMNS: &str = "example_id, sample, key, score, scores, outcome, missing, cut, feedback";

fn read(row: &rusqlite::Row<'_>) -> Result<StoredPrediction> {
    let missing: Option<String> = row.get(6)?;
    Ok(StoredPrediction {
        example: row.get(0)?,
        sample: row.get(1)?,
        key: row.get(2)?,
        score: row.get(3)?,
        scores: from_json(&row.get::<_, String>(4)?)?,
        outcome: from_word(&row.get::<_, String>(5)?)?,
        missing: missing.map(|w| from_word(&w)).transpose()?,
        cut: row.get(7)?,
        feedback: row.get(8)?,
    })
}

/// Writes predictions; one that is there already (a retried missing one) is replaced.
pub(super) fn insert(c: &Connection, run: i64, version: i64, predictions: &[StoredPrediction]) -> Result<()> {
    let mut statement = c.prepare_cached(
        "INSERT OR REPLACE INTO prediction (run_id, version_id, example_id, sample, key, score, scores, outcome, missing, cut, feedback)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for p in predictions {
        statement.execute(params![
            run,
            version,
            p.example,
            p.sample,
            p.key,
            p.score,
            json(&p.scores)?,
            word(&p.outcome)?,
            p.missing.map(|m| word(&m)).transpose()?,
            p.cut,
            p.feedback
        ])?;
    }
    Ok(())
}

/// Validation examples that one version matches and another does not, as (fixed, broken): of those answered under both.
pub(super) fn changes(c: &Connection, run: i64, (before, after): (i64, i64), threshold: f64) -> Result<(u32, u32)> {
    let sql = "SELECT count(*) FILTER (WHERE was < ?4 AND is_now >= ?4), count(*) FILTER (WHERE was >= ?4 AND is_now < ?4) FROM (
                 SELECT (SELECT avg(score) FROM prediction p WHERE p.run_id = ?1 AND p.version_id = ?2 AND p.example_id = e.example_id) AS was,
                        (SELECT avg(score) FROM prediction p WHERE p.run_id = ?1 AND p.version_id = ?3 AND p.example_id = e.example_id) AS is_now
                 FROM run_example e WHERE e.run_id = ?1 AND e.split = ?5 AND e.left_out IS NULL)";
    let asked = params![run, before, after, threshold, split_number(Split::Validation)];
    Ok(c.prepare_cached(sql)?.query_row(asked, |r| Ok((r.get(0)?, r.get(1)?)))?)
}

/// An example of a run without an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingRow {
    /// Id of the example.
    pub example: i64,
    /// Where it belongs.
    pub split: Split,
    /// Why there is none.
    pub cause: MissingCause,
    /// It left the run for good.
    pub left_out: bool,
    /// Prompts of the run under which it has no answer.
    pub prompts: u32,
    /// What the server said, the latest of it.
    pub said: Option<String>,
}

/// What may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Askable {
    /// Examples without an answer.
    pub examples: u64,
    /// Questions: an example counts under each of the prompts that want its answer.
    pub questions: u64,
}

impl Store {
    /// The examples of a run that have no answer under some prompt or were left out, by split in the run's order.
    pub async fn missing(&self, run: i64) -> Result<Vec<MissingRow>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT e.example_id, e.split, e.left_out, m.missing, coalesce(m.prompts, 0), m.feedback
                 FROM run_example e LEFT JOIN (
                   SELECT example_id, missing, feedback, count(DISTINCT version_id) AS prompts, max(version_id)
                   FROM prediction WHERE run_id = ?1 AND outcome = 'missing' GROUP BY example_id
                 ) m ON m.example_id = e.example_id
                 WHERE e.run_id = ?1 AND (e.left_out IS NOT NULL OR m.example_id IS NOT NULL) ORDER BY e.split, e.position",
            )?;
            let mut rows = statement.query([run])?;
            let mut missing = Vec::new();
            while let Some(row) = rows.next()? {
                let left_out: Option<String> = row.get(2)?;
                let cause = left_out.clone().or(row.get(3)?);
                missing.push(MissingRow {
                    example: row.get(0)?,
                    split: [Split::Train, Split::Validation, Split::Test]
                        .into_iter()
                        .find(|split| row.get(1).is_ok_and(|number: i64| number == split_number(*split)))
                        .unwrap_or(Split::Test),
                    cause: cause.map_or(Ok(MissingCause::Network), |word| from_word(&word))?,
                    left_out: left_out.is_some(),
                    prompts: row.get(4)?,
                    said: row.get(5)?,
                });
            }
            Ok(missing)
        })
        .await
    }

    /// Writes predictions.
    pub async fn save_predictions(&self, run: i64, version: i64, predictions: Vec<StoredPrediction>) -> Result<()> {
        self.write(move |c| insert(c, run, version, &predictions)).await
    }

    /// All predictions of a run under one prompt version, by example and sample.
    pub async fn predictions(&self, run: i64, version: i64) -> Result<Vec<StoredPrediction>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM prediction WHERE run_id = ?1 AND version_id = ?2 ORDER BY example_id, sample"
            ))?;
            let mut rows = statement.query((run, version))?;
            let mut predictions = Vec::new();
            while let Some(row) = rows.next()? {
                predictions.push(read(row)?);
            }
            Ok(predictions)
        })
        .await
    }

    /// Score or cause of every prediction of a run under one prompt version.
    pub async fn prediction_marks(&self, run: i64, version: i64) -> Result<Vec<PredictionMark>> {
        self.read(move |c| {
            let mut statement =
                c.prepare_cached("SELECT example_id, sample, score, missing FROM prediction WHERE run_id = ?1 AND version_id = ?2")?;
            let mut rows = statement.query((run, version))?;
            let mut marks = Vec::new();
            while let Some(row) = rows.next()? {
                let missing: Option<String> = row.get(3)?;
                marks.push(PredictionMark {
                    example: row.get(0)?,
                    sample: row.get(1)?,
                    score: row.get(2)?,
                    missing: missing.map(|w| from_word(&w)).transpose()?,
                });
            }
            Ok(marks)
        })
        .await
    }

    /// Mean score of every example of a split under each prompt that an epoch evaluated; none where it is missing.
    pub async fn scores_by_version(&self, run: i64, split: Split) -> Result<HashMap<i64, Vec<(i64, Option<f64>)>>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT p.version_id, p.example_id, avg(p.score) FROM prediction p
                 JOIN run_example e ON e.run_id = p.run_id AND e.split = ?2 AND e.example_id = p.example_id
                 WHERE p.run_id = ?1 AND p.version_id IN (SELECT version_id FROM epoch WHERE run_id = ?1)
                 GROUP BY p.version_id, p.example_id",
            )?;
            let mut rows = statement.query((run, split_number(split)))?;
            let mut scores: HashMap<i64, Vec<(i64, Option<f64>)>> = HashMap::new();
            while let Some(row) = rows.next()? {
                scores.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?));
            }
            Ok(scores)
        })
        .await
    }

    /// Every prediction of one example under these prompt versions, by version and sample.
    pub async fn predictions_of_example(&self, run: i64, versions: Vec<i64>, example: i64) -> Result<HashMap<i64, Vec<StoredPrediction>>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM prediction WHERE run_id = ?1 AND version_id = ?2 AND example_id = ?3 ORDER BY sample"
            ))?;
            let mut predictions = HashMap::new();
            for version in versions {
                let mut rows = statement.query((run, version, example))?;
                let mut own = Vec::new();
                while let Some(row) = rows.next()? {
                    own.push(read(row)?);
                }
                predictions.insert(version, own);
            }
            Ok(predictions)
        })
        .await
    }

    /// Examples a run could not get an answer for, over all its prompts.
    pub async fn missing_examples(&self, run: i64) -> Result<Vec<i64>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT DISTINCT example_id FROM prediction WHERE run_id = ?1 AND outcome = 'missing'")?;
            Ok(statement.query_map([run], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// The answers a run could not get: version, example and sample of each.
    pub async fn missing_answers(&self, run: i64) -> Result<Vec<(i64, i64, u32)>> {
        self.read(move |c| {
            let sql = "SELECT version_id, example_id, sample FROM prediction WHERE run_id = ?1 AND outcome = 'missing'";
            let answers =
                c.prepare_cached(sql)?.query_map([run], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
            Ok(answers)
        })
        .await
    }

    /// Whether all examples of a run have one and the same ground truth; the first other one ends the look.
    pub async fn has_one_truth(&self, run: i64) -> Result<bool> {
        self.read(move |c| {
            let sql = "SELECT NOT EXISTS (
                         SELECT 1 FROM run_example e CROSS JOIN example x ON x.id = e.example_id
                         WHERE e.run_id = ?1 AND x.ground_truth_output <>
                           (SELECT y.ground_truth_output FROM run_example f CROSS JOIN example y ON y.id = f.example_id WHERE f.run_id = ?1 LIMIT 1))";
            Ok(c.query_row(sql, [run], |r| r.get(0))?)
        })
        .await
    }

    /// Examples without an answer that the figures of an ended run want: under its first or best prompts, not refused for good, and only
    /// on splits that were measured.
    pub async fn askable(&self, run: i64) -> Result<Askable> {
        self.read(move |c| {
            let sql = "SELECT count(DISTINCT p.example_id), count(*) FROM run r CROSS JOIN run_example e ON e.run_id = r.id
                       CROSS JOIN prediction p ON p.run_id = r.id AND p.version_id IN (r.baseline_version, r.best_version)
                         AND p.example_id = e.example_id
                       WHERE r.id = ?1 AND p.outcome = 'missing' AND p.missing NOT IN ('content_filter', 'too_long') AND e.left_out IS NULL
                         AND json_extract(r.baseline, CASE e.split WHEN 0 THEN '$.train' WHEN 1 THEN '$.validation' ELSE '$.test' END) IS NOT NULL";
            Ok(c.query_row(sql, [run], |r| Ok(Askable { examples: r.get(0)?, questions: r.get(1)? }))?)
        })
        .await
    }
}
