//! 95 % intervals of a mean score.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Score, Z_95};

/// Resamples of the bootstrap; the shorter count keeps 10,000 scores within a few milliseconds.
const RESAMPLES: usize = 2_000;
const RESAMPLES_OF_MANY: usize = 1_000;
const MANY: usize = 5_000;
/// Random words fetched together.
const DRAWN_AT_ONCE: usize = 256;

impl Score {
    /// Share of matches with the Wilson score interval (Wilson 1927). None when nothing was scored.
    pub fn of_outcomes(matches: u32, n: u32, missing: u32) -> Option<Self> {
        let matches = matches.min(n);
        (n > 0).then(|| {
            let score = f64::from(matches) / f64::from(n);
            let (low, high) = wilson(score, f64::from(n));
            Self { score, n, missing, low, high }
        })
    }

    /// Mean of scores in [0, 1]. None when nothing was scored.
    ///
    /// When every score is 0 or 1 the interval is Wilson's. Otherwise it is the percentile bootstrap (Efron 1979) over
    /// at least 1,000 seeded resamples. Scores that are all alike leave the bootstrap nothing to resample; they too get
    /// Wilson's interval, whose variance is the largest that scores in [0, 1] with this mean can have. The order of the scores changes
    /// nothing.
    pub fn of_scores(scores: &[f64], missing: u32, seed: u64) -> Option<Self> {
        let first = *scores.first()?;
        let n = u32::try_from(scores.len()).unwrap_or(u32::MAX);
        let score = (scores.iter().sum::<f64>() / scores.len() as f64).clamp(0.0, 1.0);
        let binary = scores.iter().all(|&s| s == 0.0 || s == 1.0);
        let (low, high) = if binary || scores.iter().all(|&s| s == first) {
            wilson(score, scores.len() as f64)
        } else {
            let mut scores = scores.to_vec();
            scores.sort_unstable_by(f64::total_cmp);
            let (low, high) = bootstrap(&scores, seed);
            (low.clamp(0.0, score), high.clamp(score, 1.0))
        };
        Some(Self { score, n, missing, low, high })
    }
}

/// Wilson's interval around the share `p` of `n`.
fn wilson(p: f64, n: f64) -> (f64, f64) {
    let z2 = Z_95 * Z_95;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // The interval holds its share; rounding must not put 0 or 1 outside it.
    ((centre - half).clamp(0.0, p), (centre + half).clamp(p, 1.0))
}

/// 2.5 % and 97.5 % quantiles of the resampled means.
fn bootstrap(scores: &[f64], seed: u64) -> (f64, f64) {
    let n = scores.len();
    let resamples = if n > MANY { RESAMPLES_OF_MANY } else { RESAMPLES };
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut bytes = [0_u8; 4 * DRAWN_AT_ONCE];
    let mut means: Vec<f64> = (0..resamples)
        .map(|_| {
            // Four sums side by side, since one would wait for itself.
            let mut sums = [0.0_f64; 4];
            let mut left = n;
            while left > 0 {
                let take = left.min(DRAWN_AT_ONCE);
                random.fill_bytes(&mut bytes[..4 * take]);
                for (i, word) in bytes[..4 * take].as_chunks::<4>().0.iter().enumerate() {
                    // Multiply and shift instead of a division: the bias is below n / 2^32.
                    let index = (u64::from(u32::from_le_bytes(*word)) * n as u64) >> 32;
                    sums[i % 4] += scores[index as usize];
                }
                left -= take;
            }
            sums.iter().sum::<f64>() / n as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    (quantile(&means, 0.025), quantile(&means, 0.975))
}

/// Quantile of sorted values, linear between neighbours (type 7 of Hyndman and Fan 1996).
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// statsmodels 0.15.0, `proportion_confint(k, n, 0.05, "wilson")`.
    #[test]
    fn wilson_agrees_with_statsmodels() {
        for (matches, n, low, high) in [
            (0, 10, 0.0, 0.277_532_799_863),
            (10, 10, 0.722_467_200_137, 1.0),
            (7, 10, 0.396_778_147_461, 0.892_208_732_594),
            (1, 1, 0.206_549_314_377, 1.0),
            (0, 1, 0.0, 0.793_450_685_623),
            (130, 200, 0.581_634_643_360, 0.712_711_758_726),
            (9_973, 10_000, 0.996_074_405_846, 0.998_143_669_374),
        ] {
            let score = Score::of_outcomes(matches, n, 3).unwrap();
            assert!((score.low - low).abs() < 1e-11 && (score.high - high).abs() < 1e-11, "{matches} of {n}: {score:?}");
            assert_eq!((score.n, score.missing), (n, 3));
        }
    }

    #[test]
    fn nothing_scored_is_no_score() {
        assert_eq!(Score::of_outcomes(0, 0, 9), None);
        assert_eq!(Score::of_scores(&[], 9, 0), None);
    }

    #[test]
    fn the_order_of_scores_is_no_part_of_their_interval() {
        let scores: Vec<f64> = (0..64).map(|i| f64::from(i * 37 % 64) / 63.0).collect();
        let mut turned = scores.clone();
        turned.reverse();
        turned.swap(3, 40);
        let both = [scores, turned].map(|scores| Score::of_scores(&scores, 0, 9).unwrap());
        assert_eq!((both[0].low, both[0].high), (both[1].low, both[1].high));
    }

    #[test]
    fn zeros_and_ones_are_a_proportion() {
        assert_eq!(Score::of_scores(&[1.0, 0.0, 1.0, 1.0], 2, 0), Score::of_outcomes(3, 4, 2));
    }

    /// scipy 1.17.1, `bootstrap(..., np.mean, n_resamples=200000, method="percentile")`: 0.43817 to 0.58483.
    #[test]
    fn bootstrap_agrees_with_scipy() {
        let scores: Vec<f64> = (1..=60).map(|i| f64::from(i * 37 % 101) / 100.0).collect();
        for seed in 0..5 {
            let score = Score::of_scores(&scores, 0, seed).unwrap();
            assert!((score.score - 0.511_666_667).abs() < 1e-9);
            assert!((score.low - 0.438_17).abs() < 0.012 && (score.high - 0.584_83).abs() < 0.012, "{score:?}");
        }
        assert_eq!(Score::of_scores(&scores, 0, 7), Score::of_scores(&scores, 0, 7));
        assert_ne!(Score::of_scores(&scores, 0, 7), Score::of_scores(&scores, 0, 8));
    }

    #[test]
    fn one_graded_score_does_not_pretend_to_be_certain() {
        let score = Score::of_scores(&[0.5], 0, 0).unwrap();
        assert!(score.low < 0.1 && score.high > 0.9, "{score:?}");
    }

    #[test]
    fn ten_thousand_scores_have_a_narrow_interval() {
        let scores: Vec<f64> = (0..10_000).map(|i| f64::from(i % 97) / 96.0).collect();
        for seed in 0..5 {
            assert!(Score::of_scores(&scores, 0, seed).unwrap().low > 0.48);
        }
    }

    proptest! {
        #[test]
        fn intervals_hold_their_mean(scores in prop::collection::vec(0.0..=1.0, 1..40), seed: u64) {
            let score = Score::of_scores(&scores, 0, seed).unwrap();
            prop_assert!(0.0 <= score.low && score.low <= score.score && score.score <= score.high && score.high <= 1.0, "{score:?}");
        }
    }
}
