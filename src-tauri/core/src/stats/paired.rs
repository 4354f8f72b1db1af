//! Two prompts on the same examples.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::{Z_95, verdict::ALPHA};

/// Up to so many differing examples every assignment of signs is counted (2^18 sums).
const EXACT_UP_TO: usize = 18;
/// Random assignments of signs beyond that.
const FLIPS: u32 = 10_000;

/// What changed between two prompts on the examples scored under both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// Examples scored under both.
    pub n: u32,
    /// No match before, match after.
    pub fixed: u32,
    /// Match before, no match after.
    pub broken: u32,
    /// Mean of after minus mean of before, in [-1, 1]; 0 without examples.
    pub delta: f64,
    /// Lower end of the 95 % interval of that difference.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Two-sided p of no difference; 1 without examples.
    pub p: f64,
    /// Every score is 0 or 1, so that `p` is McNemar's and `fixed` and `broken` say all there is.
    pub binary: bool,
    /// Standard deviation of the differences, for planning: as if one example more had gained, and one lost, the largest
    /// difference seen. Without these two, a handful of equal differences would look free of noise.
    pub spread: f64,
}

/// Compares the scores of the same examples, in the same order, under two prompts.
///
/// `threshold` is the match threshold. Scores that are all 0 or 1 are tested with McNemar's exact test, others with the
/// sign-flip permutation test. Where one side is longer its surplus is left out.
pub fn paired(before: &[f64], after: &[f64], threshold: f64, seed: u64) -> Paired {
    let pairs = || before.iter().copied().zip(after.iter().copied());
    let deltas: Vec<f64> = pairs().map(|(b, a)| a - b).collect();
    let count = |test: fn(bool, bool) -> bool| pairs().filter(|&(b, a)| test(b >= threshold, a >= threshold)).count() as u32;
    let (fixed, broken) = (count(|b, a| !b && a), count(|b, a| b && !a));
    let binary = pairs().all(|(b, a)| [b, a].iter().all(|&s| s == 0.0 || s == 1.0));
    let n = deltas.len() as f64;
    let sum: f64 = deltas.iter().sum();
    let p = if binary {
        let gained = deltas.iter().filter(|&&d| d > 0.0).count() as u32;
        let lost = deltas.iter().filter(|&&d| d < 0.0).count() as u32;
        mcnemar_exact(gained, lost)
    } else {
        sign_flip(&deltas, seed)
    };
    let largest = deltas.iter().fold(0.0_f64, |m, d| m.max(d.abs()));
    let squares: f64 = deltas.iter().map(|d| d * d).sum::<f64>() + 2.0 * largest * largest;
    let spread = (squares / (n + 2.0) - (sum / (n + 2.0)).powi(2)).max(0.0).sqrt();
    let delta = if deltas.is_empty() { 0.0 } else { sum / n };
    let (low, high) = interval(delta, spread, n, p);
    Paired { n: u32::try_from(deltas.len()).unwrap_or(u32::MAX), fixed, broken, delta, low, high, p, binary, spread }
}

/// Two-sided p of McNemar's exact test (McNemar 1947): twice the smaller tail of Binomial(fixed + broken, 1/2), at most 1.
pub fn mcnemar_exact(fixed: u32, broken: u32) -> f64 {
    let changed = u64::from(fixed) + u64::from(broken);
    Binomial::new(0.5, changed).map_or(1.0, |chance| (2.0 * chance.cdf(u64::from(fixed.min(broken)))).min(1.0))
}

/// 95 % interval of a mean difference: the differences that the sign-flip test, with a normal distribution in place of its own, would not tell
/// from the one seen. So few examples that it tells nothing leave everything open. Where the test of no difference itself, which is exact, has
/// not told the two apart, no difference is in it.
fn interval(delta: f64, spread: f64, n: f64, p: f64) -> (f64, f64) {
    let free = n - Z_95 * Z_95;
    let half = if spread == 0.0 {
        0.0
    } else if free > 0.0 {
        Z_95 * spread / free.sqrt()
    } else {
        2.0
    };
    let (low, high) = ((delta - half).max(-1.0), (delta + half).min(1.0));
    if p < ALPHA { (low, high) } else { (low.min(0.0), high.max(0.0)) }
}

/// Two-sided p of the sign-flip permutation test (Fisher 1935): how often random signs bring a sum of differences at
/// least as far from 0 as the one seen.
///
/// Differences of 0 do not matter. Up to 18 others are counted out exactly; beyond, 10,000 seeded random assignments
/// estimate it, the one seen counted among them, so that it is never 0 (Phipson and Smyth 2010).
pub fn sign_flip(deltas: &[f64], seed: u64) -> f64 {
    let deltas: Vec<f64> = deltas.iter().copied().filter(|&d| d != 0.0 && d.is_finite()).collect();
    if deltas.is_empty() {
        return 1.0;
    }
    let sum: f64 = deltas.iter().sum();
    // Sums that differ by rounding alone are ties, and ties count.
    let seen = sum.abs() - 1e-9 * deltas.iter().map(|d| d.abs()).sum::<f64>();
    if deltas.len() <= EXACT_UP_TO {
        // Gray code: each step flips one sign.
        let (mut flipped, mut current, mut hits) = (0_u32, sum, 1_u32);
        let assignments = 1_u32 << deltas.len();
        for step in 1..assignments {
            let bit = step.trailing_zeros();
            let delta = deltas[bit as usize];
            current += if flipped >> bit & 1 == 0 { -2.0 * delta } else { 2.0 * delta };
            flipped ^= 1 << bit;
            hits += u32::from(current.abs() >= seen);
        }
        return f64::from(hits) / f64::from(assignments);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut hits = 1_u32;
    for _ in 0..FLIPS {
        let mut kept = 0.0;
        for chunk in deltas.chunks(64) {
            let bits = random.next_u64();
            for (i, delta) in chunk.iter().enumerate() {
                kept += delta * (bits >> i & 1) as f64;
            }
        }
        hits += u32::from((2.0 * kept - sum).abs() >= seen);
    }
    f64::from(hits) / f64::from(FLIPS + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// scipy 1.17.1 `binomtest(fixed, fixed + broken)`, the same as statsmodels 0.15.0 `mcnemar(exact=True)`.
    #[test]
    fn mcnemar_agrees_with_scipy() {
        for (fixed, broken, p) in [
            (13, 2, 0.007_385_253_906_25),
            (2, 13, 0.007_385_253_906_25),
            (9, 2, 0.065_429_687_5),
            (9, 7, 0.803_619_384_765_625),
            (5, 5, 1.0),
            (1, 0, 1.0),
            (0, 0, 1.0),
            (120, 80, 0.005_685_155_996_750_31),
            (1_000, 800, 2.665_342_881_193_3e-6),
            (40, 0, 1.818_989_403_545_86e-12),
        ] {
            let got = mcnemar_exact(fixed, broken);
            assert!((got - p).abs() <= 1e-9 * p, "{fixed} {broken}: {got} for {p}");
        }
    }

    /// By hand: of the 2^3 signs of 1, 2, 3 only +++ and --- reach a sum of 6.
    #[test]
    fn sign_flip_by_hand() {
        assert_eq!(sign_flip(&[0.1, 0.2, 0.3], 0), 0.25);
        assert_eq!(sign_flip(&[], 0), 1.0);
        assert_eq!(sign_flip(&[0.0, 0.0], 0), 1.0);
    }

    /// scipy 1.17.1 `permutation_test(permutation_type="samples")`, exact.
    #[test]
    fn sign_flip_agrees_with_scipy() {
        for (deltas, p) in [
            (&[0.2, 0.5, -0.1, 0.4, 0.3][..], 0.125),
            (&[0.1, -0.2, 0.3, 0.05, 0.25, -0.15, 0.4, 0.35, 0.0, 0.2], 0.093_75),
            (&[1.0; 6], 0.031_25),
            (&[0.5, -0.5, 0.25, -0.25], 1.0),
        ] {
            assert_eq!(sign_flip(deltas, 0), p, "{deltas:?}");
        }
    }

    /// scipy with 400,000 random resamples: 0.0194; ours has a standard error of 0.0014.
    #[test]
    fn sampled_sign_flip_agrees_with_scipy() {
        let deltas: Vec<f64> = (1..=60).map(|i| f64::from(i * 37 % 101) / 100.0 - 0.42).collect();
        for seed in 0..4 {
            let p = sign_flip(&deltas, seed);
            assert!((p - 0.0194).abs() < 0.005, "{p}");
        }
        assert_eq!(sign_flip(&deltas, 3), sign_flip(&deltas, 3));
        assert!(sign_flip(&[0.5; 200], 0) > 0.0);
    }

    #[test]
    fn zeros_and_ones_take_mcnemar_and_grades_the_sign_flip() {
        let before: Vec<f64> = [vec![0.0; 13], vec![1.0; 2], vec![1.0; 185]].concat();
        let after: Vec<f64> = [vec![1.0; 13], vec![0.0; 2], vec![1.0; 185]].concat();
        let change = paired(&before, &after, 1.0, 0);
        assert_eq!((change.n, change.fixed, change.broken, change.binary), (200, 13, 2, true));
        assert!((change.delta - 0.055).abs() < 1e-12 && (change.p - 0.007_385_253_906_25).abs() < 1e-12);

        // Too many changes to count every sign: only McNemar's p is exact to the last digit.
        let (worse, better) = ([vec![0.0; 120], vec![1.0; 80]].concat(), [vec![1.0; 120], vec![0.0; 80]].concat());
        assert!((paired(&worse, &better, 1.0, 0).p - 0.005_685_155_996_750_31).abs() < 1e-12);

        let graded = paired(&[0.2, 0.9, 0.5], &[0.3, 1.1 - 0.2, 0.8], 0.8, 0);
        assert_eq!((graded.n, graded.fixed, graded.broken, graded.binary), (3, 1, 0, false));
        assert_eq!(graded.p, 0.5);
    }

    /// By hand for 13 gained, 2 lost of 200: spread^2 = 17/202 - (11/202)^2 = 0.081193; 1.96 * 0.284944 / sqrt(200 - 3.84) = 0.039876.
    #[test]
    fn the_interval_agrees_with_the_exact_test() {
        let change = |gained: usize, lost: usize, same: usize| {
            let before = [vec![0.0; gained], vec![1.0; lost], vec![1.0; same]].concat();
            let after = [vec![1.0; gained], vec![0.0; lost], vec![1.0; same]].concat();
            paired(&before, &after, 1.0, 0)
        };
        let clear = change(13, 2, 185);
        assert!((clear.low - 0.015_124).abs() < 1e-5 && (clear.high - 0.094_876).abs() < 1e-5, "{clear:?}");
        for (gained, lost) in [(5, 0), (6, 0), (9, 2), (10, 2), (2, 13), (7, 7), (60, 40), (61, 39)] {
            for same in [0, 3, 20, 500] {
                let seen = change(gained, lost, same);
                assert_eq!(seen.p < 0.05, seen.low > 0.0 || seen.high < 0.0, "{seen:?}");
                assert!(-1.0 <= seen.low && seen.low <= seen.delta && seen.delta <= seen.high && seen.high <= 1.0, "{seen:?}");
            }
        }
    }

    #[test]
    fn the_interval_of_grades_is_wide_where_little_is_known() {
        let few = paired(&[0.2, 0.9, 0.5], &[0.3, 0.9, 0.8], 0.8, 0);
        assert!(few.low == -1.0 && few.high == 1.0, "{few:?}");
        let many = paired(&[0.5; 30], &(0..30).map(|i| 0.5 + f64::from(i % 5) / 20.0).collect::<Vec<_>>(), 0.7, 0);
        assert!((many.low - 0.066_2).abs() < 1e-3 && (many.high - 0.133_8).abs() < 1e-3, "{many:?}");
    }

    #[test]
    fn no_examples_show_nothing() {
        let none = paired(&[], &[], 1.0, 0);
        assert_eq!((none.n, none.delta, none.p, none.spread), (0, 0.0, 1.0, 0.0));
        assert_eq!((none.low, none.high), (0.0, 0.0));
    }

    proptest! {
        #[test]
        fn both_directions_are_equally_sure(pairs in prop::collection::vec((0.0..=1.0, 0.0..=1.0), 0..40), seed: u64) {
            let (before, after): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let (up, down) = (paired(&before, &after, 0.5, seed), paired(&after, &before, 0.5, seed));
            prop_assert_eq!(up.p, down.p);
            prop_assert_eq!((up.fixed, up.broken), (down.broken, down.fixed));
            prop_assert!(up.p > 0.0 && up.p <= 1.0);
        }

        #[test]
        fn exact_sign_flip_of_ones_is_mcnemar(gained in 0_u32..9, lost in 0_u32..9) {
            let deltas = [vec![1.0; gained as usize], vec![-1.0; lost as usize]].concat();
            prop_assert!((sign_flip(&deltas, 0) - mcnemar_exact(gained, lost)).abs() < 1e-9);
        }
    }
}
