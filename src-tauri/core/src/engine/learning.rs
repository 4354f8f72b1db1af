//! Examples by epochs: the learning map, and what became of one example.

use std::collections::HashMap;

use super::{Engine, door, results::Side};
use crate::{
    api::{GetHistory, GetLearningMap},
    dataset::Split,
    error::{Error, Result},
    extract::Extractor,
    run::{EpochAnswer, ExampleHistory, LearningMap, MapRow},
};

/// Characters of a text that a row of the map shows.
const SHOWN_CHARACTERS: u32 = 100;

impl Engine {
    /// Which example was a match under which evaluated prompt.
    #[door]
    pub async fn learning_map(&self, request: GetLearningMap) -> Result<LearningMap> {
        let GetLearningMap { run, split } = request;
        if split == Split::Test {
            return Err(Error::invalid(
                "The test split is opened once, for baseline and best, so it has no map. Choose validation or training.",
            ));
        }
        let threshold = self.store().run_row(run).await?.config.matched_from();
        let evaluated: Vec<(u32, i64)> =
            self.store().epochs(run).await?.into_iter().filter_map(|e| Some((e.summary.epoch, e.version?))).collect();
        let scores: HashMap<i64, HashMap<i64, Option<f64>>> = self
            .store()
            .scores_by_version(run, split)
            .await?
            .into_iter()
            .map(|(version, rows)| (version, rows.into_iter().collect()))
            .collect();
        // A prompt that this split was never asked under is no column.
        let evaluated: Vec<(u32, i64)> = evaluated.into_iter().filter(|(_, version)| scores.contains_key(version)).collect();
        let rows = self.store().beginnings(run, split, SHOWN_CHARACTERS).await?.into_iter().map(|(example, number, input, truth)| {
            let cells: String = evaluated
                .iter()
                .map(|(_, version)| match scores.get(version).and_then(|known| known.get(&example)) {
                    None => '.',
                    Some(None) => '?',
                    Some(Some(score)) if *score >= threshold => '1',
                    Some(Some(_)) => '0',
                })
                .collect();
            MapRow { example, number, input, truth, flips: flips(&cells), cells }
        });
        Ok(LearningMap { split, rows: rows.collect(), epochs: evaluated.iter().map(|(epoch, _)| *epoch).collect() })
    }

    /// What every evaluated prompt of a run answered to one of its examples.
    #[door]
    pub async fn example_history(&self, request: GetHistory) -> Result<ExampleHistory> {
        let GetHistory { run, example } = request;
        let row = self.store().run_row(run).await?;
        let example = self.store().example_of_project(row.project, example).await?;
        let evaluated: Vec<(u32, i64)> =
            self.store().epochs(run).await?.into_iter().filter_map(|e| Some((e.summary.epoch, e.version?))).collect();
        let versions = evaluated.iter().map(|(_, version)| *version).collect();
        let mut stored = self.store().predictions_of_example(run, versions, example.id).await?;
        let keys = stored.values().flatten().map(|p| p.key).collect();
        let texts = self.store().completion_texts(row.project, run, keys).await?;
        let extractor = Extractor::new(row.config.extract.as_ref())?;
        let answers = evaluated.into_iter().filter_map(|(epoch, version)| {
            let side = Side::new(stored.remove(&version)?, &texts, &extractor, row.config.matched_from());
            Some(EpochAnswer { epoch, prediction: side.prediction(example.id)? })
        });
        Ok(ExampleHistory { answers: answers.collect(), example })
    }
}

/// Changes between match and no match; what is missing or was not asked is passed over.
fn flips(cells: &str) -> u32 {
    let known: Vec<char> = cells.chars().filter(|c| matches!(c, '0' | '1')).collect();
    u32::try_from(known.windows(2).filter(|pair| pair[0] != pair[1]).count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::flips;

    #[test]
    fn what_was_not_answered_is_no_flip() {
        for (cells, expected) in [("", 0), ("1", 0), ("0011", 1), ("0101", 3), ("0??1..0", 2), ("1.?1", 0)] {
            assert_eq!(flips(cells), expected, "{cells}");
        }
    }
}
