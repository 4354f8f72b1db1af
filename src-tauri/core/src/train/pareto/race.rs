//! Racing on validation: blocks of examples in a fixed seeded order. The exact bound stops what can no longer win, a statistical
//! one what will hardly win (racing as in CAPO, arXiv 2504.16005). The last part of the order is set apart for confirmation.

use std::collections::HashMap;

use rand::seq::SliceRandom;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::{
    calls::Halt,
    dataset::Split,
    prompt::Prompt,
    random,
    run::{AcceptRule, Bound, Phase},
    train::{
        Context,
        evaluate::{Errand, Evaluation, too_many},
    },
};

/// A race goes block by block; as many blocks.
const BLOCKS: usize = 8;
/// Chance of still winning below which a race is given up.
const FUTILE: f64 = 0.04;
/// Share of validation set apart for confirming.
pub const CONFIRMING: f64 = 0.25;

/// How a race ended.
pub enum Race {
    /// All examples were answered.
    Complete(Evaluation),
    /// Given up after so many examples, at this mean difference.
    Outrun {
        /// Examples answered under both.
        n: u32,
        /// Mean difference on them.
        delta: f64,
        /// What it could have reached at most.
        bound: Bound,
    },
}

/// The seeded order of the validation examples.
pub fn order(ids: &[i64], seed: u64) -> Vec<i64> {
    let mut order = ids.to_vec();
    order.shuffle(&mut random::generator(seed, "race order", &[]));
    order
}

/// The examples set apart for confirmation: the end of the order.
pub fn confirming(ids: &[i64], seed: u64) -> Vec<i64> {
    let order = order(ids, seed);
    let kept = (order.len() as f64 * CONFIRMING) as usize;
    order[order.len() - kept..].to_vec()
}

/// Fewest examples whose answers are asked anew, where there are as many: on fewer, luck decides again.
const LEAST_ANEW: usize = 40;

/// The examples whose answers are asked anew before a new best is called so: those set apart, and where that is few, more of the end.
pub fn asked_anew(ids: &[i64], seed: u64) -> Vec<i64> {
    let order = order(ids, seed);
    let kept = ((order.len() as f64 * CONFIRMING) as usize).max(LEAST_ANEW).min(order.len());
    order[order.len() - kept..].to_vec()
}

/// Chance that the mean over all `total` examples ends above 0, after these differences: the remaining ones are taken to be
/// drawn from the same distribution, with one example that gained and one that lost added, so that few examples are never sure.
fn chance_to_win(differences: &[f64], total: usize) -> f64 {
    let (n, left) = (differences.len() as f64, total as f64 - differences.len() as f64);
    if left <= 0.0 {
        return if differences.iter().sum::<f64>() > 0.0 { 1.0 } else { 0.0 };
    }
    let mean = differences.iter().sum::<f64>() / (n + 2.0);
    let variance = ((differences.iter().map(|d| d * d).sum::<f64>() + 2.0) / (n + 2.0) - mean * mean).max(1e-6);
    let sum = differences.iter().sum::<f64>() + left * mean;
    let spread = (variance * (left + left * left / n.max(1.0))).sqrt();
    Normal::new(0.0, 1.0).map_or(1.0, |normal| normal.cdf(sum / spread))
}

/// Runs a candidate against the best.
pub async fn race(context: &Context, version: i64, prompt: &Prompt, epoch: u32, best: &Evaluation) -> Result<Race, Halt> {
    let ids = context.examples_of(Split::Validation).await?;
    let order = order(&ids, context.config.seed);
    let before: HashMap<i64, f64> = best.results.iter().filter_map(|r| Some((r.example, r.score?))).collect();
    let block = order.len().div_ceil(BLOCKS).max(5);
    let errand = Errand { version, prompt, phase: Phase::Validate, epoch, most: Some(order.len()) };
    let racing = context.config.early_stop && context.config.parts.racing;
    let mut to = 0;
    while to < order.len() {
        to = (to + block).min(order.len());
        let answered = context.answer(errand, order[..to].to_vec(), None).await?;
        let differences: Vec<f64> = answered.results.iter().filter_map(|r| Some(r.score? - before.get(&r.example)?)).collect();
        let gained: f64 = differences.iter().sum();
        let possible: f64 = order[to..].iter().map(|id| 1.0 - before.get(id).copied().unwrap_or(0.0)).sum();
        // With `significant` there is no exact bound, but what cannot even get ahead cannot be significantly ahead either.
        // Too many missing say nothing of the candidate: the decision names their cause.
        let racing = racing && !too_many(answered.missing() as usize, order.len());
        let lost = racing && gained + possible <= 1e-12;
        let futile = racing && to >= order.len() / 4 && chance_to_win(&differences, order.len()) < FUTILE;
        if to < order.len() && (lost || futile) {
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let (n, all) = (differences.len(), before.len().max(1) as f64);
            let best = before.values().sum::<f64>() / all;
            let bound = Bound { score: best + (gained + possible) / all, best, n: count(n), of: count(order.len()) };
            return Ok(Race::Outrun { n: count(n), delta: gained / (n.max(1) as f64), bound });
        }
    }
    // In the run's own order, as every other evaluation.
    Ok(Race::Complete(context.answer(errand, ids, None).await?))
}

/// Whether the gain is confirmed on the examples set apart: not clearly lost on them alone. The rule of the run decides over all.
pub fn confirmed(best: &Evaluation, champion: &Evaluation, apart: &[i64], rule: AcceptRule) -> bool {
    let before: HashMap<i64, f64> = best.results.iter().filter_map(|r| Some((r.example, r.score?))).collect();
    let differences: Vec<f64> =
        champion.results.iter().filter(|r| apart.contains(&r.example)).filter_map(|r| Some(r.score? - before.get(&r.example)?)).collect();
    if differences.is_empty() {
        return true;
    }
    let gained: f64 = differences.iter().sum();
    let noise = differences.iter().map(|d| d * d).sum::<f64>().sqrt();
    match rule {
        AcceptRule::Any => gained >= -noise,
        AcceptRule::Significant => gained >= 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Outcome;

    #[test]
    fn a_race_is_given_up_when_it_is_as_good_as_lost_and_not_before() {
        assert!(chance_to_win(&[-1.0; 20], 100) < FUTILE);
        assert!(chance_to_win(&[1.0; 20], 100) > 0.9);
        let even: Vec<f64> = [1.0, -1.0].repeat(10);
        assert!((chance_to_win(&even, 100) - 0.5).abs() < 1e-9);
        assert!(chance_to_win(&[-1.0], 100) > FUTILE, "one example decides nothing");
    }

    #[test]
    fn the_confirming_examples_are_a_fixed_quarter() {
        let ids: Vec<i64> = (0..40).collect();
        assert_eq!(confirming(&ids, 3).len(), 10);
        assert_eq!(confirming(&ids, 3), confirming(&ids, 3));
        assert_ne!(confirming(&ids, 3), confirming(&ids, 4));
    }

    #[test]
    fn few_examples_are_all_asked_anew_and_of_many_those_set_apart() {
        let ids: Vec<i64> = (0..24).collect();
        assert_eq!(asked_anew(&ids, 3).len(), 24);
        let many: Vec<i64> = (0..400).collect();
        assert_eq!(asked_anew(&many, 3), confirming(&many, 3));
    }

    #[test]
    fn a_gain_that_turns_into_a_loss_on_the_examples_set_apart_is_not_confirmed() {
        let evaluation = |scores: &[f64]| Evaluation {
            results: (0..)
                .zip(scores)
                .map(|(example, &score)| crate::train::evaluate::ExampleResult {
                    example,
                    score: Some(score),
                    outcome: Outcome::Match,
                    missing: None,
                })
                .collect(),
            ..Evaluation::default()
        };
        let best = evaluation(&[0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
        let champion = evaluation(&[1.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        assert!(!confirmed(&best, &champion, &[2, 3, 4], AcceptRule::Any));
        assert!(confirmed(&best, &champion, &[0, 1, 2], AcceptRule::Any));
        assert!(confirmed(&best, &champion, &[], AcceptRule::Significant));
    }
}
