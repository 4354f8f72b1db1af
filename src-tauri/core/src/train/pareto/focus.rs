//! Failure-aware sampling: which training examples each proposal of a round is about.
//!
//! Half persistent failures, half passing anchors: batches of failures alone make optimizers fix one thing and break another
//! (comet-ml/opik's failure-aware sampler). Proposals of a round get different failures, so that their edits differ and can be
//! merged. An example that was shown again and again without being fixed comes up less and less.

use std::collections::{BTreeMap, HashMap};

use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::pool::Expected;
use crate::store::StoredExample;

/// After so many showings without effect an example is told to be stubborn.
pub const STUBBORN: u32 = 3;

/// The examples for one proposal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Failing ones, the one it is about first.
    pub failing: Vec<i64>,
    /// Passing ones, to be kept.
    pub anchors: Vec<i64>,
}

/// Draws an index in proportion to its weight; none when nothing has weight.
fn draw(weights: &[f64], random: &mut ChaCha8Rng) -> Option<usize> {
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let mut left = random.random::<f64>() * total;
    for (index, weight) in weights.iter().enumerate() {
        if left < *weight {
            return Some(index);
        }
        left -= weight;
    }
    weights.iter().rposition(|w| *w > 0.0)
}

/// Batches of `size` examples for `count` proposals.
///
/// `shown` counts how often an example was shown failing before. `threshold` is the match threshold.
pub fn batches(
    training: &[StoredExample],
    expected: &BTreeMap<i64, Expected>,
    shown: &HashMap<i64, u32>,
    threshold: f64,
    size: usize,
    count: usize,
    random: &mut ChaCha8Rng,
) -> Vec<Batch> {
    let mut shown = shown.clone();
    let score = |id: i64| expected.get(&id).map(Expected::mean);
    let failing: Vec<&StoredExample> = training.iter().filter(|e| score(e.id).is_some_and(|s| s < threshold)).collect();
    let passing: Vec<&StoredExample> = training.iter().filter(|e| score(e.id).is_some_and(|s| s >= threshold)).collect();
    let wanted = size.div_ceil(2).max(size.saturating_sub(passing.len()));
    let mut batches = Vec::new();
    for _ in 0..count {
        let mut batch = Batch::default();
        // A failure that was seen under several prompts is no accident.
        let weight = |e: &StoredExample, shown: &HashMap<i64, u32>| {
            let entry = expected.get(&e.id).copied().unwrap_or_default();
            let persistent = 1.0 - entry.mean();
            let sure = f64::from(entry.answers) / (f64::from(entry.answers) + 0.5);
            persistent * sure / f64::from(1 + shown.get(&e.id).copied().unwrap_or(0)).powi(2)
        };
        while batch.failing.len() < wanted.min(failing.len()) {
            let about = batch.failing.first().and_then(|id| training.iter().find(|e| e.id == *id));
            // The second failure is of the same kind as the first, so that a pattern can be seen; further ones are of any kind.
            let same_kind = |e: &StoredExample| about.is_some_and(|a| a.ground_truth_output == e.ground_truth_output);
            let weights: Vec<f64> = failing
                .iter()
                .map(|e| match batch.failing.len() {
                    _ if batch.failing.contains(&e.id) => 0.0,
                    1 if same_kind(e) => 4.0 * weight(e, &shown),
                    _ => weight(e, &shown),
                })
                .collect();
            let Some(index) = draw(&weights, random) else { break };
            let id = failing[index].id;
            batch.failing.push(id);
            *shown.entry(id).or_default() += 1;
        }
        let room = size.saturating_sub(batch.failing.len());
        while batch.anchors.len() < room.min(passing.len()) {
            let truths = |e: &StoredExample| {
                training.iter().any(|t| batch.failing.contains(&t.id) && t.ground_truth_output == e.ground_truth_output)
            };
            let weights: Vec<f64> = passing
                .iter()
                .map(|e| match e {
                    e if batch.anchors.contains(&e.id) => 0.0,
                    // What borders on the failures is what a careless fix would break.
                    e if truths(e) => 2.0,
                    _ => 1.0,
                })
                .collect();
            let Some(index) = draw(&weights, random) else { break };
            batch.anchors.push(passing[index].id);
        }
        batches.push(batch);
    }
    batches
}

/// The same without looking at what failed: examples at random, told apart only for the request.
pub fn any(
    training: &[StoredExample],
    expected: &BTreeMap<i64, Expected>,
    threshold: f64,
    size: usize,
    count: usize,
    random: &mut ChaCha8Rng,
) -> Vec<Batch> {
    let known: Vec<i64> = training.iter().map(|e| e.id).filter(|id| expected.contains_key(id)).collect();
    let fails = |id: &i64| expected.get(id).is_some_and(|e| e.mean() < threshold);
    (0..count)
        .map(|_| {
            let drawn: Vec<i64> = known.sample(random, size).copied().collect();
            let (failing, anchors) = drawn.into_iter().partition(fails);
            Batch { failing, anchors }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn example(id: i64, truth: &str) -> StoredExample {
        StoredExample {
            id,
            number: u32::try_from(id).unwrap(),
            user_input: format!("input {id}"),
            ground_truth_output: truth.into(),
            cells: Vec::new(),
        }
    }

    fn world() -> (Vec<StoredExample>, BTreeMap<i64, Expected>) {
        let training: Vec<StoredExample> = (0..20).map(|id| example(id, if id < 10 { "a" } else { "b" })).collect();
        let scores = |id: i64| if id % 2 == 0 { 0.0 } else { 1.0 };
        let expected = (0..20).map(|id| (id, Expected { sum: scores(id), answers: 1, ..Expected::default() })).collect();
        (training, expected)
    }

    #[test]
    fn half_of_a_batch_fails_and_proposals_see_different_failures() {
        let (training, expected) = world();
        let mut random = random::generator(1, "test", &[]);
        let batches = batches(&training, &expected, &HashMap::new(), 1.0, 4, 5, &mut random);
        for batch in &batches {
            assert!(batch.failing.len() == 2 && batch.failing.iter().all(|id| id % 2 == 0), "{batch:?}");
            assert!(batch.anchors.len() == 2 && batch.anchors.iter().all(|id| id % 2 == 1), "{batch:?}");
        }
        let seen: std::collections::BTreeSet<i64> = batches.iter().flat_map(|b| b.failing.clone()).collect();
        assert!(seen.len() >= 6, "ten places for ten failures: {seen:?}");
    }

    #[test]
    fn what_was_shown_in_vain_comes_up_less() {
        let (training, expected) = world();
        let shown: HashMap<i64, u32> = [(0, 9), (2, 9)].into();
        let mut random = random::generator(1, "test", &[]);
        let batches = batches(&training, &expected, &shown, 1.0, 4, 4, &mut random);
        let worn = batches.iter().flat_map(|b| &b.failing).filter(|id| **id < 4).count();
        assert!(worn <= 1, "{batches:?}");
    }

    #[test]
    fn without_failures_there_is_nothing_to_show_but_anchors() {
        let (training, expected) = world();
        let perfect = expected.into_keys().map(|id| (id, Expected { sum: 1.0, answers: 1, ..Expected::default() })).collect();
        let mut random = random::generator(1, "test", &[]);
        let batches = batches(&training, &perfect, &HashMap::new(), 1.0, 4, 1, &mut random);
        assert_eq!((batches[0].failing.len(), batches[0].anchors.len()), (0, 4));
    }
}
