//! How much a round may spend: so many proposals that asking, testing and validating them stand in a sane proportion, there are
//! failures for them to be about, and the calls that are left suffice for all three.

use super::Expectations;
use crate::{run::RunConfig, train::stop::test_calls};

/// Most edits tested alone in one round.
const MOST_ALONE: u64 = 4;
/// Fewest proposals of one round: with a single one there is nothing to merge.
const LEAST_PROPOSALS: u64 = 2;
/// Most proposals of one round.
const MOST_PROPOSALS: u64 = 16;
/// Training examples that a plan counts for one proposal, about.
pub const ROWS_PER_PROPOSAL: u64 = 7;

/// Rows of one gate, about.
const GATE: u64 = 24;
/// Training examples that one proposal's edits are tested on at most: where a limit on calls says what may be spent, and without one.
const ROWS_OF_A_LIMIT: u64 = 10;
const ROWS_WITHOUT_LIMIT: u64 = 8;

/// What the tests of a round may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tests {
    /// Training examples of the trial.
    pub rows: usize,
    /// Edits about the whole task that are tested alone.
    pub alone: usize,
}

/// What the tests of a round with so many proposals may take: alone about as much as validating the outcome, together some rows a proposal.
pub fn tests(config: &RunConfig, sizes: Sizes, proposals: usize) -> Tests {
    let each = if config.budget.max_calls.is_some() { ROWS_OF_A_LIMIT } else { ROWS_WITHOUT_LIMIT };
    let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Tests { rows: proposals.max(2) * whole(each), alone: whole((sizes.validation / GATE).clamp(1, MOST_ALONE)) }
}

/// Sizes that a plan depends on.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Training examples.
    pub train: u64,
    /// Validation examples.
    pub validation: u64,
    /// Test examples.
    pub test: u32,
}

/// What is left for the search of a limit on calls, when there is one.
pub fn calls_left(config: &RunConfig, sizes: Sizes, used: u64) -> Option<u64> {
    let kept = test_calls(sizes.test, config.samples, config.judge.is_some());
    config.budget.max_calls.map(|most| {
        // As the meter keeps it: only where at least as much remains for the search.
        let kept = if most >= kept * 2 { kept } else { 0 };
        most.saturating_sub(used).saturating_sub(kept)
    })
}

/// Proposals that the failures call for: each failing example is shown about once a round. Rounds that brought nothing halve
/// them, as what is left is harder to fix than what it costs to try.
pub fn appetite(expected: &Expectations, training: usize, shown: usize, fruitless: u32) -> u64 {
    let lost: f64 = expected.values().map(|e| 1.0 - e.mean()).sum();
    let all = lost * training as f64 / expected.len().max(1) as f64;
    // Half of what a proposal is shown fails; the other half are anchors.
    let batches = (all / shown.div_ceil(2).max(1) as f64).ceil() as u64;
    (batches >> fruitless.min(4)).max(LEAST_PROPOSALS)
}

/// Calls of a round with so many proposals, about.
pub fn cost(config: &RunConfig, sizes: Sizes, proposals: u64) -> u64 {
    let each = u64::from(config.samples.max(1)) * if config.judge.is_some() { 2 } else { 1 };
    proposals + (sizes.train.min(proposals * ROWS_PER_PROPOSAL) + sizes.validation) * each
}

/// Proposals of the next round; none when what is left does not suffice for one. So many that asking and testing them costs about as
/// much as validating what comes of them, and no more than failures call for. More of them in one round would not find more: their
/// edits would meet on the same examples and blur what each is worth.
pub fn proposals(config: &RunConfig, sizes: Sizes, used: u64, appetite: u64) -> Option<u64> {
    let wide = u64::from(config.concurrency).clamp(2, MOST_PROPOSALS);
    let balanced = sizes.validation.div_ceil(ROWS_PER_PROPOSAL + 1);
    let natural = wide.min(balanced).max(LEAST_PROPOSALS);
    // Without a limit no more is spent than failures call for; a limit says what may be spent.
    let Some(left) = calls_left(config, sizes, used) else { return Some(natural.min(appetite).max(LEAST_PROPOSALS)) };
    (LEAST_PROPOSALS..=natural).rev().find(|n| cost(config, sizes, *n) <= left)
}

/// Proposals of all rounds together when nothing ends them early, and the calls they take without the baseline, about.
pub fn whole(config: &RunConfig, sizes: Sizes, baseline: u64) -> (u64, u64) {
    let (mut asked, mut used) = (0, baseline);
    for _ in 0..config.epochs {
        let Some(count) = proposals(config, sizes, used, u64::MAX) else { break };
        asked += count;
        used += cost(config, sizes, count);
    }
    (asked, used - baseline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engine::first_config, run::Budget};

    const SIZES: Sizes = Sizes { train: 200, validation: 200, test: 0 };

    fn with_calls(max_calls: Option<u64>) -> RunConfig {
        RunConfig { budget: Budget { max_calls, ..Budget::default() }, ..first_config() }
    }

    #[test]
    fn a_round_never_plans_more_than_is_left() {
        for most in [0, 100, 300, 700, 2_000, 10_000] {
            let config = with_calls(Some(most));
            match proposals(&config, SIZES, 0, u64::MAX) {
                Some(n) => assert!(cost(&config, SIZES, n) <= most, "{n} proposals of {most} calls"),
                None => assert!(most < 220),
            }
        }
        assert_eq!(proposals(&with_calls(Some(600)), SIZES, 590, u64::MAX), None);
    }

    #[test]
    fn few_examples_ask_for_few_proposals() {
        let few = Sizes { train: 10, validation: 10, test: 0 };
        assert_eq!(proposals(&with_calls(None), few, 0, u64::MAX), Some(2));
        assert_eq!(proposals(&with_calls(None), SIZES, 0, u64::MAX), Some(16));
    }

    #[test]
    fn the_fewer_failures_are_left_the_fewer_proposals_are_asked_for() {
        let expected = |failing: i64| -> Expectations {
            let score = |id: i64| if id < failing { 0.0 } else { 1.0 };
            (0..100).map(|id| (id, crate::train::pareto::Expected { sum: score(id), answers: 1, latest: 0 })).collect()
        };
        let wanted = |failing, barren| appetite(&expected(failing), 200, 5, barren);
        assert_eq!((wanted(60, 0), wanted(12, 0), wanted(0, 0)), (40, 8, 2), "half of the examples are known");
        assert_eq!((wanted(12, 1), wanted(12, 2), wanted(12, 30)), (4, 2, 2), "rounds without a gain");
        assert_eq!(proposals(&with_calls(None), SIZES, 0, wanted(12, 0)), Some(8));
        assert_eq!(proposals(&with_calls(None), SIZES, 0, wanted(60, 0)), Some(16));
        assert_eq!(proposals(&with_calls(Some(9_000)), SIZES, 0, wanted(12, 0)), Some(16), "a limit says what may be spent");
    }

    #[test]
    fn the_test_split_keeps_its_calls() {
        let config = with_calls(Some(1_000));
        assert_eq!(calls_left(&config, Sizes { test: 100, ..SIZES }, 300), Some(500));
    }
}
