//! Step 3: which training examples the optimizer sees.

use rand::seq::SliceRandom;

use super::evaluate::{Evaluation, ExampleResult};
use crate::{
    random,
    run::{Outcome, Selection},
};

/// Ids of `k` answered examples. Depends on scores, seed and epoch alone, never on the order in which answers arrived.
pub fn select(train: &Evaluation, how: Selection, k: usize, seed: u64, epoch: u32) -> Vec<i64> {
    let mut generator = random::generator(seed, "select examples", &[u64::from(epoch)]);
    let mut answered: Vec<&ExampleResult> = train.results.iter().filter(|r| r.score.is_some()).collect();
    // Shuffled first, so that equal scores are drawn fairly by the stable sorts below.
    answered.shuffle(&mut generator);
    let score = |r: &ExampleResult| r.score.unwrap_or_default();
    let chosen: Vec<&ExampleResult> = match how {
        Selection::Random => answered.into_iter().take(k).collect(),
        Selection::Worst => {
            answered.sort_by(|a, b| score(a).total_cmp(&score(b)));
            answered.into_iter().take(k).collect()
        }
        Selection::Mixed => {
            let (mut failing, passing): (Vec<_>, Vec<_>) = answered.into_iter().partition(|r| r.outcome == Outcome::NoMatch);
            failing.sort_by(|a, b| score(a).total_cmp(&score(b)));
            let wanted = k.div_ceil(2).max(k.saturating_sub(passing.len())).min(failing.len());
            failing.into_iter().take(wanted).chain(passing.into_iter().take(k - wanted)).collect()
        }
    };
    chosen.into_iter().map(|r| r.example).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(scores: &[Option<f64>]) -> Evaluation {
        let results = scores
            .iter()
            .zip(1..)
            .map(|(&score, example)| ExampleResult {
                example,
                score,
                outcome: match score {
                    None => Outcome::Missing,
                    Some(s) if s >= 1.0 => Outcome::Match,
                    Some(_) => Outcome::NoMatch,
                },
                missing: None,
            })
            .collect();
        Evaluation { results, ..Evaluation::default() }
    }

    #[test]
    fn mixed_takes_the_larger_half_from_the_failures() {
        let train = evaluation(&[Some(0.0), Some(1.0), Some(0.0), Some(1.0), Some(0.0), Some(1.0), Some(0.0), Some(1.0)]);
        let chosen = select(&train, Selection::Mixed, 5, 7, 1);
        let failing = chosen.iter().filter(|id| *id % 2 == 1).count();
        assert_eq!((chosen.len(), failing), (5, 3));
    }

    #[test]
    fn mixed_fills_up_from_the_other_side_when_one_is_short() {
        let few_failures = evaluation(&[Some(0.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0)]);
        assert_eq!(select(&few_failures, Selection::Mixed, 5, 7, 1).len(), 5);
        let few_passing = evaluation(&[Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(1.0)]);
        assert_eq!(select(&few_passing, Selection::Mixed, 5, 7, 1).len(), 5);
    }

    #[test]
    fn worst_takes_the_lowest_scores_and_never_a_missing_one() {
        let train = evaluation(&[Some(0.9), None, Some(0.1), Some(0.5), Some(0.2)]);
        let mut chosen = select(&train, Selection::Worst, 2, 3, 1);
        chosen.sort_unstable();
        assert_eq!(chosen, [3, 5]);
    }

    #[test]
    fn the_draw_is_the_same_for_the_same_seed_and_another_for_the_next_epoch() {
        let train = evaluation(&vec![Some(0.0); 100]);
        let draw = |epoch| select(&train, Selection::Random, 5, 11, epoch);
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
