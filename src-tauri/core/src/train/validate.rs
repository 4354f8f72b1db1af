//! Step 5: a proposal on the validation split, given up as soon as it can no longer beat the best.
//!
//! Under the rule `any` a proposal has to lose less than the best, where an example loses 1 - score. What the best loses on
//! the whole split is known, so the proposal is beaten exactly when its own losses reach that sum: the remaining examples can
//! then make it a tie at most, and a tie is rejected. The examples the best loses most on come first, since a proposal tends
//! to lose on them as well; among equals the run's seed draws the order. Only answers up to the deciding one count, so the
//! outcome does not depend on the order in which they arrive.

use std::{collections::HashMap, sync::atomic::Ordering};

use rand::seq::SliceRandom;

use super::{
    Context,
    evaluate::{Errand, Evaluation, ExampleResult, too_many},
};
use crate::{
    calls::Halt,
    prompt::Prompt,
    random,
    run::{AcceptRule, Bound, Phase},
};

/// A proposal on the validation split.
#[derive(Debug, Clone, PartialEq)]
pub enum Validation {
    /// Every example was asked.
    Complete(Evaluation),
    /// It was given up: it cannot beat the best.
    Bounded(Bound),
}

impl Context {
    /// Runs a proposal on the validation split against the best. Under the rule `any`, unless the setting is off, it ends as
    /// soon as the proposal cannot become better than the best; no further answer is bought then.
    pub async fn validate(&self, version: i64, prompt: &Prompt, epoch: u32, best: &Evaluation) -> Result<Validation, Halt> {
        let phase = Phase::Validate;
        if !self.config.early_stop || self.config.accept != AcceptRule::Any {
            return Ok(Validation::Complete(self.evaluate(version, prompt, phase, epoch).await?));
        }
        let ids = self.examples_of(super::evaluate::split_of(phase)).await?;
        let mut race = Race::new(best);
        let order = race.order(&ids, self.config.seed);
        let evaluation = self.answer(Errand { version, prompt, phase, epoch, most: None }, order.clone(), Some(&mut race)).await?;
        // Who is beaten by the last answer alone was answered to the end, so it has a score.
        if race.is_lost() && race.counted() < ids.len() {
            let spared = self.unbought(prompt, &order[race.counted()..]).await?;
            self.spared.fetch_add(spared, Ordering::Relaxed);
            return Ok(Validation::Bounded(race.bound(ids.len())));
        }
        // Back in the run's order, so that a completed validation has the same figures with and without the race.
        let mut by_example: HashMap<i64, ExampleResult> = evaluation.results.into_iter().map(|r| (r.example, r)).collect();
        let results = ids.iter().filter_map(|id| by_example.remove(id)).collect();
        Ok(Validation::Complete(Evaluation { results, ..evaluation }))
    }
}

/// A proposal's losses against those of the best, counted along a fixed order.
#[derive(Debug)]
pub(super) struct Race {
    /// Scores of the best on the examples that were answered under it.
    best: HashMap<i64, f64>,
    /// Losses of the best on the common examples: with as many the proposal cannot win any more.
    allowed: f64,
    /// Losses of the proposal so far.
    lost: f64,
    /// Examples that are common as far as is known.
    common: usize,
    /// Examples counted, and how many of them were answered under both.
    counted: usize,
    answered: u32,
    /// Examples of the split, and those of them that have no answer so far.
    examples: usize,
    missing: usize,
}

impl Race {
    pub(super) fn new(best: &Evaluation) -> Self {
        let examples = best.results.len();
        let best: Vec<(i64, f64)> = best.results.iter().filter_map(|r| Some((r.example, r.score?))).collect();
        Self {
            allowed: best.iter().map(|(_, score)| 1.0 - score).sum(),
            lost: 0.0,
            common: best.len(),
            counted: 0,
            answered: 0,
            examples,
            missing: 0,
            best: best.into_iter().collect(),
        }
    }

    /// The order in which examples count: what the best loses most on first, what has no score under it last.
    pub(super) fn order(&self, ids: &[i64], seed: u64) -> Vec<i64> {
        let mut order = ids.to_vec();
        order.shuffle(&mut random::generator(seed, "validation order", &[]));
        let score = |id: &i64| self.best.get(id).copied().unwrap_or(f64::INFINITY);
        order.sort_by(|a, b| score(a).total_cmp(&score(b)));
        order
    }

    /// Counts on from where it stopped, as far as results are known without a gap, or until it is lost.
    pub(super) fn run_on(&mut self, result: impl Fn(usize) -> Option<ExampleResult>) {
        while !self.is_lost()
            && let Some(result) = result(self.counted)
        {
            self.counted += 1;
            self.missing += usize::from(result.score.is_none());
            let Some(best) = self.best.get(&result.example) else { continue };
            match result.score {
                Some(score) => {
                    self.lost += 1.0 - score;
                    self.answered += 1;
                }
                // Missing examples leave both sides.
                None => {
                    self.allowed -= 1.0 - best;
                    self.common -= 1;
                }
            }
        }
    }

    /// The remaining examples cannot lift the proposal above the best. Half of the difference that the decision takes for a
    /// tie, so that sums in another order cannot give up what would be accepted. With too many examples missing nothing is said of the
    /// proposal: the decision names their cause.
    pub(super) fn is_lost(&self) -> bool {
        !too_many(self.missing, self.examples) && self.common > 0 && (self.allowed - self.lost) / (self.common as f64) < 0.5e-12
    }

    /// Examples counted so far, from the start of the order.
    pub(super) fn counted(&self) -> usize {
        self.counted
    }

    fn bound(&self, examples: usize) -> Bound {
        let common = self.common as f64;
        Bound {
            score: ((common - self.lost) / common).clamp(0.0, 1.0),
            best: ((common - self.allowed) / common).clamp(0.0, 1.0),
            n: self.answered,
            of: u32::try_from(examples).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{run::Outcome, train::decide};
    use proptest::prelude::*;

    fn evaluation(scores: &[Option<f64>]) -> Evaluation {
        let result = |(example, &score): (i64, &Option<f64>)| ExampleResult {
            example,
            score,
            outcome: if score.is_some() { Outcome::NoMatch } else { Outcome::Missing },
            missing: None,
        };
        Evaluation { results: (1..).zip(scores).map(result).collect(), ..Evaluation::default() }
    }

    fn ids(scores: &[Option<f64>]) -> Vec<i64> {
        (1..=scores.len() as i64).collect()
    }

    /// Runs a race to its end, all answers known.
    fn run(best: &[Option<f64>], proposal: &[Option<f64>], seed: u64) -> Race {
        let mut race = Race::new(&evaluation(best));
        let order = race.order(&ids(best), seed);
        let results = evaluation(proposal).results;
        race.run_on(|at| order.get(at).map(|&id| results[id as usize - 1].clone()));
        race
    }

    fn binary(scores: &[u8]) -> Vec<Option<f64>> {
        scores.iter().map(|&s| Some(f64::from(s))).collect()
    }

    /// By hand: the best fails on two of six. A proposal that fails on the same two is beaten after those two.
    #[test]
    fn a_proposal_that_fails_where_the_best_fails_is_given_up_after_them() {
        let (best, same) = (binary(&[1, 0, 1, 1, 0, 1]), binary(&[1, 0, 1, 1, 0, 1]));
        let race = run(&best, &same, 3);
        assert!(race.is_lost());
        assert_eq!(race.bound(6), Bound { score: 4.0 / 6.0, best: 4.0 / 6.0, n: 2, of: 6 });
    }

    #[test]
    fn nothing_beats_a_perfect_best() {
        let race = run(&binary(&[1, 1, 1]), &binary(&[1, 1, 1]), 0);
        assert_eq!((race.is_lost(), race.counted()), (true, 0), "and no answer is needed to know");
    }

    #[test]
    fn without_common_examples_nothing_is_lost() {
        assert!(!run(&[None, None], &binary(&[1, 0]), 0).is_lost(), "the decision says so itself");
        assert!(!run(&binary(&[0, 0]), &[None, None], 0).is_lost());
    }

    #[test]
    fn the_order_is_the_same_for_the_same_seed_and_draws_among_equals() {
        let scores = vec![Some(1.0); 50];
        let order = |seed| Race::new(&evaluation(&scores)).order(&ids(&scores), seed);
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }

    fn scores() -> impl proptest::strategy::Strategy<Value = Vec<(Option<f64>, Option<f64>)>> {
        let score = || prop_oneof![4 => Just(Some(1.0)), 3 => Just(Some(0.0)), 2 => (0.0..=1.0).prop_map(Some), 1 => Just(None)];
        prop::collection::vec((score(), score()), 1..60)
    }

    proptest! {
        /// The race gives up exactly what a full validation rejects for its score, never what it accepts, and its bound holds. Where
        /// so many examples are missing that they decide, it may go on to the end.
        #[test]
        fn giving_up_is_exact(pairs in scores(), seed: u64) {
            let (best, proposal): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            let race = run(&best, &proposal, seed);
            let paired = decide::compare(&evaluation(&best), &evaluation(&proposal), 1.0, 0);
            if paired.n > 0 {
                let common = f64::from(paired.n);
                let beaten = paired.delta < 0.5e-12;
                if evaluation(&proposal).too_many_missing() {
                    prop_assert!(beaten || !race.is_lost(), "{:?} {}", race, paired.delta);
                } else {
                    prop_assert_eq!(race.is_lost(), beaten, "{:?} {}", race, paired.delta);
                }
                let reached = best.iter().zip(&proposal).filter_map(|(b, p)| b.and(*p)).sum::<f64>() / common;
                // Missing examples beyond the deciding one leave the mean, so the bound is one on what all would have reached.
                if race.is_lost() && proposal.iter().all(Option::is_some) {
                    prop_assert!(reached <= race.bound(best.len()).score + 1e-9);
                }
            }
        }
    }
}
