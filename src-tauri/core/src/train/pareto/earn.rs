//! What each technique earned per call in this run, and who gets the next calls because of it: a bandit whose arms are the ways to
//! come by an edit (a reply to the best candidate or to another of the front, a restart, recombination, a worked example, pruning).
//!
//! An edit that is kept earns its gain times the share of examples it speaks of, split among those that were tested as one; its test
//! costs the rows it was judged on. Older rounds count less. Every technique starts with the same small credit, so that all are
//! tried once the leading ones earn less than that.

use std::collections::BTreeMap;

use crate::run::{Earned, EditFate, Technique, TriedEdit};

/// An older round counts this much of the one after it.
const FADING: f64 = 0.7;
/// Credit at the start: a gain of one point of a hundred for the calls of one gate.
const CREDIT_GAIN: f64 = 0.01;
/// Calls of that gate.
const CREDIT_CALLS: f64 = 48.0;
/// What a line less is worth of itself: length has a price, and shorter wins a tie.
const SHORTER: f64 = 0.002;
/// An edit of a proposal costs its share of the optimizer's call besides.
const PROPOSAL: f64 = 1.0;

/// Gains and calls by technique, faded.
pub struct Earnings {
    by: BTreeMap<Technique, (f64, f64)>,
}

fn gain(e: &TriedEdit) -> f64 {
    let shorter = if e.added.is_empty() { SHORTER } else { 0.0 };
    // The weakest lines are picked to be taken away; what that seems to gain besides is mostly chance.
    if e.fate == EditFate::Kept && e.technique == Technique::Prune {
        return shorter / f64::from(e.together.max(1));
    }
    if e.fate == EditFate::Kept { (e.gain.max(0.0) * e.reach + shorter) / f64::from(e.together.max(1)) } else { 0.0 }
}

fn calls(e: &TriedEdit) -> f64 {
    f64::from(e.rows) / f64::from(e.together.max(1)) + if by_optimizer(e.technique) { PROPOSAL } else { 0.0 }
}

fn by_optimizer(technique: Technique) -> bool {
    matches!(technique, Technique::Edit | Technique::Front | Technique::Rewrite | Technique::Restart)
}

fn tested(tried: &[TriedEdit]) -> impl Iterator<Item = &TriedEdit> {
    tried.iter().filter(|e| matches!(e.fate, EditFate::Kept | EditFate::Dropped) && e.rows > 0)
}

impl Earnings {
    /// From the edits tried before this epoch.
    pub fn of(tried: &[TriedEdit], epoch: u32) -> Self {
        let mut by: BTreeMap<Technique, (f64, f64)> = BTreeMap::new();
        for e in tested(tried) {
            let weight = FADING.powi(i32::try_from(epoch.saturating_sub(e.epoch + 1)).unwrap_or(i32::MAX));
            let sum = by.entry(e.technique).or_default();
            *sum = (sum.0 + weight * gain(e), sum.1 + weight * calls(e));
        }
        Self { by }
    }

    /// Gain of the mean training score per call, the credit included.
    pub fn rate(&self, technique: Technique) -> f64 {
        let (gain, calls) = self.by.get(&technique).copied().unwrap_or_default();
        (gain + CREDIT_GAIN) / (calls + CREDIT_CALLS)
    }

    /// Whether a technique that needs no proposal is worth its test in the next round: it earns more than proposals do now.
    pub fn worth_a_test(&self, technique: Technique) -> bool {
        self.rate(technique) > self.rate(Technique::Edit)
    }

    /// So many tests in a round a technique that needs no proposal is worth: as many times as it earns what proposals do, at most
    /// `most`.
    pub fn times(&self, technique: Technique, most: usize) -> usize {
        ((self.rate(technique) / self.rate(Technique::Edit)) as usize).clamp(1, most)
    }

    /// Which technique each of so many proposals uses. `arms` carry the share they start with; it grows and shrinks, four times at
    /// most, with what they earn compared to the first of them. The first always has a proposal.
    pub fn share(&self, count: usize, arms: &[(Technique, f64)]) -> Vec<Technique> {
        let Some(&(first, _)) = arms.first() else { return Vec::new() };
        let weight = |(arm, start): (Technique, f64)| start * (self.rate(arm) / self.rate(first)).clamp(0.25, 4.0);
        let total: f64 = arms.iter().map(|a| weight(*a)).sum();
        let mut given: Vec<(Technique, f64)> = arms.iter().map(|a| (a.0, 0.0)).collect();
        let mut techniques = Vec::new();
        for slot in 0..count {
            // Whoever is furthest behind its share is next, so that the order of slots mixes them.
            let behind = |(index, a): (usize, &(Technique, f64))| weight(*a) / total * (slot + 1) as f64 - given[index].1;
            let next = (0..arms.len()).max_by(|a, b| behind((*a, &arms[*a])).total_cmp(&behind((*b, &arms[*b]))).then(b.cmp(a)));
            let Some(next) = next else { break };
            given[next].1 += 1.0;
            techniques.push(arms[next].0);
        }
        techniques
    }
}

/// What every technique came to over a whole run, unfaded.
pub fn account(tried: &[TriedEdit]) -> Vec<Earned> {
    let mut by: BTreeMap<Technique, Earned> = BTreeMap::new();
    for e in tested(tried) {
        let earned = by.entry(e.technique).or_insert(Earned { technique: e.technique, tried: 0, kept: 0, calls: 0.0, gain: 0.0 });
        earned.tried += 1;
        earned.kept += u32::from(e.fate == EditFate::Kept);
        earned.calls += calls(e);
        earned.gain += gain(e);
    }
    by.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::Half;

    fn tried(epoch: u32, technique: Technique, fate: EditFate, rows: u32, gain: f64) -> TriedEdit {
        let (removed, added, hypothesis, reason) = (Vec::new(), vec!["x".into()], String::new(), String::new());
        TriedEdit { epoch, half: Half::System, removed, added, hypothesis, fate, reason, rows, gain, technique, reach: 1.0, together: 1 }
    }

    fn times(share: &[Technique], technique: Technique) -> usize {
        share.iter().filter(|t| **t == technique).count()
    }

    const ARMS: [(Technique, f64); 2] = [(Technique::Edit, 3.0), (Technique::Front, 1.0)];

    #[test]
    fn the_shares_follow_what_was_earned_and_nobody_is_starved() {
        let start = Earnings::of(&[], 1).share(16, &ARMS);
        assert_eq!((times(&start, Technique::Front), start[0]), (4, Technique::Edit));
        let good = tried(1, Technique::Front, EditFate::Kept, 10, 0.2);
        let bad = vec![tried(1, Technique::Edit, EditFate::Dropped, 90, 0.0); 3];
        let after = Earnings::of(&[vec![good], bad].concat(), 2).share(16, &ARMS);
        assert!(times(&after, Technique::Front) > 8, "{after:?}");
        assert!(times(&after, Technique::Edit) >= 1, "{after:?}");
    }

    #[test]
    fn others_get_their_turn_when_proposals_earn_less_than_the_credit() {
        let good = Earnings::of(&[tried(1, Technique::Edit, EditFate::Kept, 10, 0.3)], 2);
        assert!(!good.worth_a_test(Technique::Examples));
        let barren = Earnings::of(&[tried(1, Technique::Edit, EditFate::Dropped, 100, -0.1)], 2);
        assert!(barren.worth_a_test(Technique::Examples));
        let both = [tried(1, Technique::Edit, EditFate::Dropped, 50, 0.0), tried(1, Technique::Examples, EditFate::Dropped, 90, 0.0)];
        assert!(!Earnings::of(&both, 2).worth_a_test(Technique::Examples), "it earned nothing for more calls");
        let taught = [tried(1, Technique::Edit, EditFate::Dropped, 90, 0.0), tried(1, Technique::Examples, EditFate::Kept, 10, 0.3)];
        let earnings = Earnings::of(&taught, 2);
        assert_eq!((earnings.times(Technique::Examples, 3), earnings.times(Technique::Prune, 3)), (3, 2));
    }

    #[test]
    fn old_earnings_fade() {
        let once = [tried(1, Technique::Edit, EditFate::Kept, 10, 0.3)];
        assert!(Earnings::of(&once, 2).rate(Technique::Edit) > Earnings::of(&once, 8).rate(Technique::Edit));
    }

    #[test]
    fn those_tested_as_one_share_gain_and_calls() {
        let one = TriedEdit { together: 4, ..tried(1, Technique::Edit, EditFate::Kept, 24, 0.4) };
        let account = account(&vec![one; 4]);
        assert_eq!((account[0].tried, account[0].kept), (4, 4));
        assert!((account[0].gain - 0.4).abs() < 1e-9 && (account[0].calls - 28.0).abs() < 1e-9, "{account:?}");
    }
}
