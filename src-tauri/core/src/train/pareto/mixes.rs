//! What each of several edits about the whole task is worth, from a few prompts that carry different mixes of them.
//!
//! Edits about the whole task meet on every example, so one prompt with all of them tells only what they come to together, and a
//! prompt for each costs the more the more there are. Every mix here carries about half of them, any two edits are together
//! in a quarter of the mixes, and so each answer tells something of every edit: the same answers that would test two or three edits one by
//! one tell of seven or fifteen (a two-level design after Plackett and Burman, from Sylvester's matrices).

/// Edits whose worth is told from one set of mixes, at most.
pub const MOST: usize = 15;

/// So many edits can be told apart by the mixes that these need.
pub fn places(edits: usize) -> usize {
    (edits + 1).next_power_of_two() - 1
}

/// The mixes for so many edits, each as the places of those it carries; the first carries all.
pub fn mixes(edits: usize) -> Vec<Vec<usize>> {
    let runs = places(edits) + 1;
    let carries = |run: usize, edit: usize| (run & (edit + 1)).count_ones().is_multiple_of(2);
    (0..runs).map(|run| (0..edits).filter(|edit| carries(run, *edit)).collect()).collect()
}

/// What the edits are worth, with the standard error that all of them share.
#[derive(Debug, Clone, PartialEq)]
pub struct Worth {
    /// Of each edit: mean score with it minus mean score without it.
    pub effects: Vec<f64>,
    /// Of each of these.
    pub error: f64,
    /// What of each effect is to be believed: where they differ by no more than chance, the mean of all; the more they differ beyond
    /// it, the effect itself (empirical Bayes). A dozen small gains that no test could tell apart are so kept or dropped as one.
    pub believed: Vec<f64>,
    /// Standard deviation of what is believed.
    pub doubt: f64,
}

/// From the scores of each mix, on the same examples in the same order.
pub fn worth(edits: usize, mixes: &[Vec<usize>], scores: &[Vec<f64>]) -> Worth {
    let rows = scores.iter().map(Vec::len).min().unwrap_or(0);
    let contrast = |edit: usize, row: usize| -> f64 {
        let signed = mixes.iter().zip(scores).map(|(mix, of_mix)| if mix.contains(&edit) { of_mix[row] } else { -of_mix[row] });
        signed.sum::<f64>() * 2.0 / mixes.len().max(1) as f64
    };
    let (mut effects, mut spread) = (Vec::new(), 0.0);
    for edit in 0..edits {
        let of_rows: Vec<f64> = (0..rows).map(|row| contrast(edit, row)).collect();
        let mean = of_rows.iter().sum::<f64>() / rows.max(1) as f64;
        spread += of_rows.iter().map(|c| (c - mean).powi(2)).sum::<f64>();
        effects.push(mean);
    }
    let freedom = (edits * rows.saturating_sub(1)).max(1) as f64;
    let error = (spread / freedom / rows.max(1) as f64).sqrt();
    let mean = effects.iter().sum::<f64>() / edits.max(1) as f64;
    let variance = effects.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / edits.saturating_sub(1).max(1) as f64;
    let between = (variance - error * error).max(0.0);
    let trust = if variance > 0.0 { between / (between + error * error) } else { 0.0 };
    let believed = effects.iter().map(|e| mean + trust * (e - mean)).collect();
    Worth { effects, error, believed, doubt: trust.sqrt() * error }
}

/// By how many answers the mixes differ: the sum, over examples, of what lies apart from the mean of all mixes.
pub fn differences(scores: &[Vec<f64>]) -> f64 {
    let rows = scores.iter().map(Vec::len).min().unwrap_or(0);
    let apart = |row: usize| -> f64 {
        let mean = scores.iter().map(|of_mix| of_mix[row]).sum::<f64>() / scores.len().max(1) as f64;
        scores.iter().map(|of_mix| (of_mix[row] - mean).abs()).sum()
    };
    (0..rows).map(apart).sum()
}

/// The mix with several edits that scored highest, if it scored at all; the first of those that tie.
pub fn best(mixes: &[Vec<usize>], scores: &[Vec<f64>]) -> Option<usize> {
    let sum = |mix: usize| scores.get(mix).map_or(0.0, |of_mix| of_mix.iter().sum::<f64>());
    let several = (0..mixes.len()).filter(|mix| mixes[*mix].len() > 1 && sum(*mix) > 0.0);
    several.max_by(|a, b| sum(*a).total_cmp(&sum(*b)).then(b.cmp(a)))
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::random;

    #[test]
    fn every_edit_is_in_half_of_the_mixes_and_with_every_other_in_a_quarter() {
        for edits in 2..=MOST {
            let mixes = mixes(edits);
            assert_eq!(mixes[0], (0..edits).collect::<Vec<_>>(), "the first carries all");
            for a in 0..edits {
                assert_eq!(mixes.iter().filter(|m| m.contains(&a)).count() * 2, mixes.len());
                for b in (0..edits).filter(|b| *b != a) {
                    assert_eq!(mixes.iter().filter(|m| m.contains(&a) && m.contains(&b)).count() * 4, mixes.len());
                }
            }
        }
    }

    #[test]
    fn what_each_adds_is_told_from_what_the_mixes_score() {
        let adds = [0.3, -0.2, 0.0, 0.1, 0.0, 0.0];
        let mixes = mixes(adds.len());
        let score = |mix: &Vec<usize>, easy: f64| easy + mix.iter().map(|e| adds[*e]).sum::<f64>();
        let scores: Vec<Vec<f64>> = mixes.iter().map(|m| (0..5).map(|row| score(m, f64::from(row) / 10.0)).collect()).collect();
        let worth = worth(adds.len(), &mixes, &scores);
        assert!(worth.effects.iter().zip(adds).all(|(told, true_worth)| (told - true_worth).abs() < 1e-9), "{worth:?}");
        assert!(worth.believed.iter().zip(&worth.effects).all(|(b, e)| (b - e).abs() < 1e-9), "without chance all is believed");
        assert!(worth.error < 1e-9, "how hard an example is does not blur it: {worth:?}");
    }

    #[test]
    fn the_best_mix_is_the_one_that_scored_most() {
        let mixes = mixes(3);
        let scores = [[0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, 0.0]].map(|s| s.to_vec());
        assert_eq!(best(&mixes, &scores), None, "one edit alone is no mix: {mixes:?}");
        let scores = [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]].map(|s| s.to_vec());
        assert_eq!((best(&mixes, &scores), differences(&scores)), (Some(0), 1.5));
        assert_eq!(best(&mixes, &vec![vec![0.0; 2]; 4]), None, "nothing scored");
    }

    #[test]
    fn where_chance_explains_all_differences_all_share_the_mean() {
        let mixes = mixes(7);
        let mut random = random::generator(1, "test", &[]);
        let scores: Vec<Vec<f64>> = mixes.iter().map(|_| (0..12).map(|_| f64::from(random.random_range(0..2))).collect()).collect();
        let worth = worth(7, &mixes, &scores);
        let spread = |values: &[f64]| values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min);
        assert!(worth.error > 0.05 && spread(&worth.believed) < spread(&worth.effects) / 2.0, "{worth:?}");
    }
}
