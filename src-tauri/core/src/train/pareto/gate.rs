//! The gate: training examples decide which edits are worth validating.
//!
//! Lines about the whole task (the form of the answer) are tried together and then in mixes that tell what each is worth, rewrites
//! each alone, parent and child on the same few examples.
//! Edits about some examples only are tried all at once in one prompt, and each is judged on the examples it speaks of: they
//! are few, the edits rarely meet there, and one trial of a few dozen answers tells good from bad for a dozen edits.

mod trial;
mod whole_task;

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;

use super::{
    Expectations, Making, Suggested, edits,
    plan::{ROWS_PER_PROPOSAL, Tests},
    pool::{Expected, Member, Pool},
};
use crate::{
    calls::Halt,
    prompt::Prompt,
    random,
    run::{EditFate, Fate, Phase, Technique, TriedEdit},
    stats::Score,
    train::{
        Context,
        evaluate::{Errand, Evaluation},
        words,
    },
};

/// Rows of one block of a gate.
const BLOCK: usize = 8;
/// Blocks of a gate.
const BLOCKS: usize = 3;
/// Blocks while hardly any answer differs, although most are wrong.
const MOST_BLOCKS: usize = 6;
/// Mean gain from which an edit is kept, as a share of what a failing answer lacks.
const LEAST_GAIN: f64 = 0.08;
/// Least of what a failing answer is taken to lack.
const LEAST_UNIT: f64 = 0.05;
/// Answers that have to differ before a test says something, where most are wrong.
const TELLING: f64 = 3.0;

/// What a gate works with.
pub struct Gate<'a> {
    /// The run.
    pub context: &'a Context,
    /// What is known.
    pub pool: &'a Pool,
    /// The parent.
    pub lead: &'a Member,
    /// What its examples may be expected to score.
    pub expected: &'a Expectations,
    /// The epoch.
    pub epoch: u32,
    /// What its tests may take.
    pub tests: Tests,
    /// Whether taking lines away is worth a test of its own.
    pub pruning_due: bool,
}

/// What a test of one or more edits on the same rows came to.
struct Tested {
    number: u32,
    good: bool,
    sum: f64,
    noise: f64,
    changed: f64,
    n: u32,
    mean: f64,
    together: u32,
    reason: String,
}

impl Tested {
    fn tried(&self, s: &Suggested, epoch: u32) -> TriedEdit {
        let fate = if self.good { EditFate::Kept } else { EditFate::Dropped };
        TriedEdit { together: self.together, ..s.tried(epoch, fate, self.reason.clone(), self.n, self.mean) }
    }
}

/// What passed.
pub struct Passed {
    /// The parent with the edits that proved good.
    pub prompt: Prompt,
    /// Numbers of the candidates it was made of.
    pub parents: Vec<u32>,
}

fn scores(evaluation: &Evaluation) -> BTreeMap<i64, f64> {
    evaluation.results.iter().filter_map(|r| Some((r.example, r.score?))).collect()
}

/// Adds the parent's own answers for examples nothing comparable is known of, so that every example has an expectation.
pub async fn complete(context: &Context, pool: &Pool, lead: &Member, mut expected: Expectations, epoch: u32) -> Result<Expectations, Halt> {
    let unknown: Vec<i64> = pool.training.iter().map(|e| e.id).filter(|id| !expected.contains_key(id)).collect();
    // A sample is enough to see what fails; the rest stays unknown until something asks for it.
    let mut sample = unknown;
    sample.shuffle(&mut random::generator(context.config.seed, "unknown examples", &[u64::from(epoch)]));
    let have = expected.len();
    sample.truncate((ROWS_PER_PROPOSAL as usize * 8).saturating_sub(have.min(ROWS_PER_PROPOSAL as usize * 4)).max(16));
    if sample.is_empty() {
        return Ok(expected);
    }
    let errand = Errand { version: lead.candidate.version, prompt: &lead.prompt, phase: Phase::Train, epoch, most: None };
    let index = pool.members.iter().position(|m| m.candidate.number == lead.candidate.number).unwrap_or(0);
    let own = context.answer(errand, sample, None).await?;
    for (id, score) in scores(&own) {
        expected.insert(id, Expected { sum: score, answers: 1, latest: index });
    }
    Ok(expected)
}

impl Gate<'_> {
    /// Tests the edits and merges what proved good.
    pub async fn run(&self, suggested: Vec<Suggested>, making: &mut Making) -> Result<Passed, Halt> {
        let mut kept: Vec<Suggested> = Vec::new();
        let mut parents = vec![self.lead.candidate.number];
        let (mut local, mut alone): (Vec<trial::Local>, Vec<Suggested>) = (Vec::new(), Vec::new());
        for s in suggested {
            let about = if s.rewrite || !self.context.config.parts.relevance { BTreeSet::new() } else { self.pool.inputs.of_edit(&s.edit) };
            if about.is_empty() { alone.push(s) } else { local.push((s, about)) }
        }

        let (tested, passed) = self.whole_task(alone, making).await?;
        parents.extend(tested);
        kept.extend(passed);

        // What is about some examples: all at once.
        local.retain(|(s, _)| {
            let clash = kept.iter().any(|k| k.edit.conflicts(&s.edit));
            if clash {
                let reason = "It changes the same lines as an edit that was kept.".into();
                making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0));
            }
            !clash
        });
        let together = self.chosen(local, making);
        if !together.is_empty() {
            let (number, tried) = self.together(&kept, &together, making).await?;
            parents.push(number);
            for (trial::OnTrial { s, .. }, tried) in together.into_iter().zip(tried) {
                if tried.fate == EditFate::Kept {
                    kept.push(s);
                }
                making.round.edits.push(tried);
            }
        }
        let prompt = edits::apply(&self.lead.prompt, &kept.iter().map(|k| k.edit.clone()).collect::<Vec<_>>());
        debug_assert!(!self.context.config.locked.iter().any(|s| s.is_lost(&self.lead.prompt, &prompt)), "no edit touches what is locked");
        Ok(Passed { prompt, parents })
    }

    /// The same rows for every edit of the round, so that the parent answers them once.
    fn rows(&self) -> Vec<i64> {
        let mut rows: Vec<i64> = self.pool.training.iter().map(|e| e.id).collect();
        rows.shuffle(&mut random::generator(self.context.config.seed, "gate", &[u64::from(self.epoch)]));
        // Where it is known already what the parent scores, only the child has to answer.
        rows.sort_by_key(|id| !self.expected.contains_key(id));
        rows
    }

    /// What the parent scores on these rows: what is known of it, and its answers where nothing is.
    async fn before(&self, rows: &[i64]) -> Result<BTreeMap<i64, f64>, Halt> {
        let unknown: Vec<i64> = rows.iter().copied().filter(|id| !self.expected.contains_key(id)).collect();
        let parent = self.errand(self.lead.candidate.version, &self.lead.prompt);
        let mut before = scores(&self.context.answer(parent, unknown, None).await?);
        before.extend(rows.iter().filter_map(|id| Some((*id, self.expected.get(id)?.mean()))));
        Ok(before)
    }

    fn errand<'p>(&self, version: i64, prompt: &'p Prompt) -> Errand<'p> {
        Errand { version, prompt, phase: Phase::Train, epoch: self.epoch, most: None }
    }

    /// Parent and child on the same few training examples.
    async fn test(&self, group: &[Suggested], making: &mut Making) -> Result<Tested, Halt> {
        let edits: Vec<edits::Edit> = group.iter().map(|s| s.edit.clone()).collect();
        let prompt = edits::apply(&self.lead.prompt, &edits);
        let version = self.context.version_of(&prompt, self.epoch).await?;
        let rows = self.rows();
        let shorter = edits.iter().all(|e| e.added.is_empty());
        let unit = self.unit();
        let errand = Errand { most: Some((MOST_BLOCKS * BLOCK).min(rows.len())), ..self.errand(version, &prompt) };
        let (mut changed, mut noise, mut sum, mut n, mut own) = (0.0, 0.0, 0.0, 0, BTreeMap::new());
        for block in 1..=MOST_BLOCKS {
            let rows = &rows[..(block * BLOCK).min(rows.len())];
            let before = self.before(rows).await?;
            own = scores(&self.context.answer(errand, rows.to_vec(), None).await?);
            let differences: Vec<f64> = own.iter().filter_map(|(id, score)| Some(score - before.get(id)?)).collect();
            n = differences.len();
            sum = differences.iter().sum::<f64>();
            changed = differences.iter().map(|d| d.abs()).sum::<f64>();
            // As many steps of one unit up as down, by chance.
            noise = (changed * unit).sqrt();
            let hopeless = if shorter { sum <= -2.0 * unit } else { sum <= -noise.max(unit) || block >= BLOCKS && sum < 0.0 };
            // Early on only what is far ahead of its noise is waved through.
            let clear = !shorter && sum >= 2.0 * noise.max(unit);
            // Where hardly any answer changed yet although most are wrong, a few more rows are asked.
            let undecided = changed < TELLING && self.overall() < 0.5;
            if hopeless || clear || block >= BLOCKS && !undecided {
                break;
            }
        }
        // That nothing changes where hardly anything is right proves nothing.
        let mute = changed < TELLING && self.overall() < 0.5;
        // A tie is enough for what only makes the prompt shorter; anything else must gain more than its own noise.
        let good = if shorter { sum >= 0.0 && !mute } else { sum >= noise.max(unit * f64::min(1.0, n as f64 * LEAST_GAIN)) && sum > 0.0 };
        let mean = if n == 0 { 0.0 } else { sum / n as f64 };
        let figures = format!("{} on {n} training examples", words::points(mean));
        let together = if group.len() > 1 { format!(" ({} edits together)", group.len()) } else { String::new() };
        let (fate, reason) = if good {
            (Fate::Merged, format!("Passed the gate: {figures}{together}."))
        } else {
            (Fate::Gated, format!("Stopped at the gate: {figures}{together}."))
        };
        let train = Score::of_scores(&own.into_values().collect::<Vec<_>>(), 0, self.context.config.seed);
        let technique = match group {
            [only] => only.technique,
            _ => Technique::Trial,
        };
        let together = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let number = making.add(version, vec![self.lead.candidate.number], technique, fate, reason.clone(), train);
        Ok(Tested { number, good, sum, noise, changed, n: u32::try_from(n).unwrap_or(u32::MAX), mean, together, reason })
    }

    /// What a failing answer lacks, on average: 1 where answers are right or wrong, less where a metric gives parts, and the less
    /// the more of them are right. Gains are told from chance in this unit; a whole example would be more than is left to gain.
    fn unit(&self) -> f64 {
        let lacking = |m: &Member| -> Vec<f64> {
            let failing = m.train.values().filter(|score| **score < self.context.config.matched_from());
            failing.map(|score| 1.0 - score).collect()
        };
        let of_lead = lacking(self.lead);
        let all = if of_lead.is_empty() { self.pool.members.iter().flat_map(lacking).collect() } else { of_lead };
        if all.is_empty() { 1.0 } else { (all.iter().sum::<f64>() / all.len() as f64).max(LEAST_UNIT) }
    }

    /// Mean of what is expected.
    fn overall(&self) -> f64 {
        self.expected.values().map(Expected::mean).sum::<f64>() / (self.expected.len().max(1) as f64)
    }
}
