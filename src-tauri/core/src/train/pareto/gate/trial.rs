//! Edits about some examples: all in one prompt, each judged on the examples it speaks of.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;

use super::{Gate, LEAST_GAIN, scores};
use crate::{
    calls::Halt,
    random,
    run::{EditFate, Fate, Technique, TriedEdit},
    stats::Score,
    train::{
        pareto::{Making, Suggested, edits, pool::Expected},
        words,
    },
};

/// Examples an edit is judged on, at most.
const MOST_ROWS: usize = 10;
/// Edits of one trial that may speak of the same example before more of them are too many.
const CROWD: usize = 3;
/// Summed gain from which an edit is kept, in what a failing answer lacks.
const LEAST_SUM: f64 = 0.5;

/// An edit with the examples it speaks of.
pub(super) type Local = (Suggested, BTreeSet<i64>);

/// An edit of the trial with the examples it speaks of and those it is judged on.
pub(super) struct OnTrial {
    /// The edit.
    pub s: Suggested,
    /// What it speaks of.
    about: BTreeSet<i64>,
    /// What it is judged on.
    rows: Vec<i64>,
}

/// Whether the examples besides these lost by more than their noise.
fn lost_beside(rows: &[i64], before: &BTreeMap<i64, f64>, answers: &BTreeMap<i64, f64>, unit: f64) -> bool {
    let others = answers.iter().filter(|(id, _)| !rows.contains(id));
    let differences: Vec<f64> = others.filter_map(|(id, after)| Some(after - before.get(id)?)).collect();
    let noise = differences.iter().map(|d| d * d).sum::<f64>().sqrt();
    differences.iter().sum::<f64>() <= -noise.max(unit)
}

impl Gate<'_> {
    /// Those worth a place in the trial: most asked for first, and last those whose examples leave too little to gain for any verdict
    /// but a drop. Where many edits speak of the same examples, an answer says little about each, so there is no crowd. What the trial
    /// may take are answers: an example that two edits are judged on is asked once.
    pub(super) fn chosen(&self, mut local: Vec<Local>, making: &mut Making) -> Vec<OnTrial> {
        let unit = self.unit();
        let room = |about: &BTreeSet<i64>| -> f64 { about.iter().map(|id| 1.0 - self.expected.get(id).map_or(0.0, Expected::mean)).sum() };
        let hopeless = |(s, about): &Local| !s.edit.added.is_empty() && room(about) < LEAST_SUM * unit;
        local.sort_by_key(|l| (hopeless(l), std::cmp::Reverse(l.0.votes)));
        let mut chosen: Vec<OnTrial> = Vec::new();
        let (mut asked, mut claims): (BTreeSet<i64>, BTreeMap<i64, usize>) = Default::default();
        let mut random = random::generator(self.context.config.seed, "trial", &[u64::from(self.epoch)]);
        for (s, about) in local {
            let crowded = about.iter().filter(|id| claims.get(id).is_some_and(|n| *n >= CROWD)).count() * 2 > about.len();
            let mut rows: Vec<i64> = about.iter().copied().collect();
            rows.shuffle(&mut random);
            rows.truncate(MOST_ROWS);
            let more = rows.iter().filter(|id| !asked.contains(id)).count();
            let reason = if crowded || !chosen.is_empty() && asked.len() + more > self.tests.rows {
                "Other edits of this round speak of the same examples, were asked for more often, or leave more to gain."
            } else if chosen.iter().any(|c| c.s.edit.conflicts(&s.edit)) {
                "Another edit of this round changes the same lines."
            } else {
                asked.extend(&rows);
                for id in &about {
                    *claims.entry(*id).or_default() += 1;
                }
                if rows.len() < 3 {
                    // Too few speak for themselves: what the optimizer saw failing is what the edit was written for.
                    rows.extend(s.failures.iter().filter(|id| !about.contains(id)).take(3));
                }
                rows.sort_unstable();
                rows.dedup();
                chosen.push(OnTrial { s, about, rows });
                continue;
            };
            making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason.into(), 0, 0.0));
        }
        chosen
    }

    /// Where something harmed all examples, the edits that were dropped are not to blame: nothing was learnt of them. The worst is
    /// dropped, so that it does not come again.
    fn pardon(&self, together: &[OnTrial], tried: &mut [TriedEdit], before: &BTreeMap<i64, f64>, answers: &BTreeMap<i64, f64>) {
        let Some(worst) = (0..tried.len()).min_by(|a, b| tried[*a].gain.total_cmp(&tried[*b].gain)) else { return };
        if !lost_beside(&together[worst].rows, before, answers, self.unit()) {
            return;
        }
        for (n, t) in tried.iter_mut().enumerate().filter(|(n, t)| *n != worst && t.fate == EditFate::Dropped) {
            let reason = "Something in this trial harmed examples of every kind, so nothing was learnt of this edit.".into();
            *t = together[n].s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0);
        }
    }

    /// All edits at once, each judged on its own examples.
    pub(super) async fn together(
        &self,
        kept: &[Suggested],
        together: &[OnTrial],
        making: &mut Making,
    ) -> Result<(u32, Vec<TriedEdit>), Halt> {
        let (seed, unit) = (self.context.config.seed, self.unit());
        let (least_sum, least_gain) = (LEAST_SUM * unit, LEAST_GAIN * unit);
        let all: Vec<edits::Edit> = kept.iter().chain(together.iter().map(|t| &t.s)).map(|s| s.edit.clone()).collect();
        let prompt = edits::apply(&self.lead.prompt, &all);
        let version = self.context.version_of(&prompt, self.epoch).await?;
        let rows: Vec<i64> = together.iter().flat_map(|t| &t.rows).copied().collect::<BTreeSet<_>>().into_iter().collect();
        let answers = scores(&self.context.answer(self.errand(version, &prompt), rows.clone(), None).await?);
        // What the edits start from: what is known of the parent, or fresh answers where an edit about the whole task was kept.
        let before = if kept.is_empty() {
            self.before(&rows).await?
        } else {
            let base = edits::apply(&self.lead.prompt, &kept.iter().map(|k| k.edit.clone()).collect::<Vec<_>>());
            let base_version = self.context.version_of(&base, self.epoch).await?;
            scores(&self.context.answer(self.errand(base_version, &base), rows.clone(), None).await?)
        };
        let mut claims: BTreeMap<i64, f64> = BTreeMap::new();
        for id in together.iter().flat_map(|t| &t.rows) {
            *claims.entry(*id).or_default() += 1.0;
        }
        let mut tried = Vec::new();
        for OnTrial { s, about, rows } in together {
            let (mut sum, mut weight, mut n) = (0.0, 0.0, 0);
            for id in rows {
                let (Some(after), Some(before)) = (answers.get(id), before.get(id)) else { continue };
                // An example that several edits speak of tells less about each.
                let share = 1.0 / claims.get(id).copied().unwrap_or(1.0).sqrt();
                // An example shown because it failed would often do better by luck alone next time.
                let luck = if about.contains(id) { 0.0 } else { 0.5 * (1.0 - before) * self.overall() };
                sum += share * (after - before - luck);
                weight += share;
                n += 1;
            }
            let mean = if weight == 0.0 { 0.0 } else { sum / weight };
            let shorter = s.edit.added.is_empty();
            let good = if shorter { sum >= -least_sum && mean >= -least_gain } else { mean >= least_gain && sum >= least_sum };
            let examples = if n == 1 { "the 1 training example".to_owned() } else { format!("the {n} training examples") };
            let figures = format!(
                "{} on {examples} it speaks of, where one that other edits speak of counts less and a gain that is likely luck is taken off",
                words::points(mean)
            );
            let (fate, verdict) = if good { (EditFate::Kept, "Kept") } else { (EditFate::Dropped, "Dropped") };
            let reach = about.len() as f64 / self.pool.training.len().max(1) as f64;
            tried.push(TriedEdit { reach, ..s.tried(self.epoch, fate, format!("{verdict}: {figures}."), n, mean) });
        }
        self.pardon(together, &mut tried, &before, &answers);
        let good = tried.iter().filter(|t| t.fate == EditFate::Kept).count();
        let reason = format!("{good} of {} edits helped on the training examples they speak of.", tried.len());
        let train = Score::of_scores(&answers.values().copied().collect::<Vec<_>>(), 0, seed);
        let number = making.add(version, vec![self.lead.candidate.number], Technique::Trial, Fate::Trial, reason, train);
        Ok((number, tried))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_lost_elsewhere_speaks_for_harm_to_all() {
        let scores = |of: &[f64]| (0_i64..).zip(of.iter().copied()).collect::<BTreeMap<i64, f64>>();
        let before = scores(&[1.0; 8]);
        assert!(lost_beside(&[0, 1], &before, &scores(&[0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0]), 1.0));
        assert!(!lost_beside(&[0, 1, 2, 3], &before, &scores(&[0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]), 1.0), "its own loss alone");
        assert!(!lost_beside(&[0, 1], &scores(&[0.5; 8]), &scores(&[0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5, 0.0]), 1.0), "chance");
        // Where answers lack a quarter, two quarters are a loss that says something.
        let parts = scores(&[1.0, 1.0, 0.75, 0.75, 1.0, 1.0, 1.0, 0.75]);
        assert!(lost_beside(&[0, 1], &before, &parts, 0.25) && !lost_beside(&[0, 1], &before, &parts, 1.0));
        let unsteady = scores(&[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        assert!(!lost_beside(&[0, 1], &scores(&[0.5; 8]), &unsteady, 1.0), "a whole point lost, but no more than by chance");
    }
}
