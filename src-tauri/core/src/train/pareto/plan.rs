//! How much a round may spend: so many proposals that asking, testing and validating them stand in a sane proportion, and the
//! calls that are left suffice for all three.

use crate::{run::RunConfig, train::stop::test_calls};

/// Most proposals of one round.
const MOST_PROPOSALS: u64 = 16;
/// Training examples that one proposal's edits are tested on, about.
pub const ROWS_PER_PROPOSAL: u64 = 7;

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

/// Calls of a round with so many proposals, about.
pub fn cost(config: &RunConfig, sizes: Sizes, proposals: u64) -> u64 {
    let each = u64::from(config.samples.max(1)) * if config.judge.is_some() { 2 } else { 1 };
    proposals + (sizes.train.min(proposals * ROWS_PER_PROPOSAL) + sizes.validation) * each
}

/// Proposals of the next round; none when what is left does not suffice for one. More of them in one round would not find more:
/// their edits would meet on the same examples and blur what each is worth.
pub fn proposals(config: &RunConfig, sizes: Sizes, used: u64) -> Option<u64> {
    let wide = u64::from(config.concurrency).clamp(2, MOST_PROPOSALS);
    let natural = wide.min(((sizes.train + sizes.validation) / 8).max(2));
    let Some(left) = calls_left(config, sizes, used) else { return Some(natural) };
    (2..=natural).rev().find(|n| cost(config, sizes, *n) <= left)
}

/// Proposals of all rounds together when nothing ends them early, and the calls they take without the baseline, about.
pub fn whole(config: &RunConfig, sizes: Sizes, baseline: u64) -> (u64, u64) {
    let (mut asked, mut used) = (0, baseline);
    for _ in 0..config.epochs {
        let Some(count) = proposals(config, sizes, used) else { break };
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
            match proposals(&config, SIZES, 0) {
                Some(n) => assert!(cost(&config, SIZES, n) <= most, "{n} proposals of {most} calls"),
                None => assert!(most < 220),
            }
        }
        assert_eq!(proposals(&with_calls(Some(600)), SIZES, 590), None);
    }

    #[test]
    fn few_examples_ask_for_few_proposals() {
        let few = Sizes { train: 10, validation: 10, test: 0 };
        assert_eq!(proposals(&with_calls(None), few, 0), Some(2));
        assert_eq!(proposals(&with_calls(None), SIZES, 0), Some(16));
    }

    #[test]
    fn the_test_split_keeps_its_calls() {
        let config = with_calls(Some(1_000));
        assert_eq!(calls_left(&config, Sizes { test: 100, ..SIZES }, 300), Some(500));
    }
}
