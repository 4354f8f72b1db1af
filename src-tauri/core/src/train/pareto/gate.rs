//! The gate: training examples decide which edits are worth validating.
//!
//! Lines about the whole task (the form of the answer) are tried together and then in halves, rewrites each alone, parent and
//! child on the same few examples.
//! Edits about some examples only are tried all at once in one prompt, and each is judged on the examples it speaks of: they
//! are few, the edits rarely meet there, and one trial of a few dozen answers tells good from bad for a dozen edits.

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
/// Examples an edit is judged on, at most.
const MOST_ROWS: usize = 10;
/// Edits of one trial that may speak of the same example before more of them are too many.
const CROWD: usize = 3;
/// Mean gain on its examples from which an edit is kept.
const LEAST_GAIN: f64 = 0.08;
/// Answers that have to differ before a test says something, where most are wrong.
const TELLING: f64 = 3.0;
/// Summed gain from which an edit is kept.
const LEAST_SUM: f64 = 0.5;

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
}

/// What a test of one or more edits on the same rows came to.
struct Tested {
    number: u32,
    good: bool,
    sum: f64,
    noise: f64,
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
    /// Training examples scored under exactly this prompt.
    pub train: Option<Score>,
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
    let errand = Errand { version: lead.candidate.version, prompt: &lead.prompt, phase: Phase::Train, epoch };
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
        let (mut local, mut alone): (Vec<(Suggested, BTreeSet<i64>)>, Vec<Suggested>) = (Vec::new(), Vec::new());
        for s in suggested {
            let about = if s.rewrite || !self.context.config.parts.relevance { BTreeSet::new() } else { self.pool.inputs.of_edit(&s.edit) };
            if about.is_empty() { alone.push(s) } else { local.push((s, about)) }
        }

        // What is about the whole task: lines together first, then rewrites and what the group leaves open, most asked for first.
        alone.sort_by_key(|s| std::cmp::Reverse(s.votes));
        let (lines, mut single): (Vec<Suggested>, Vec<Suggested>) = alone.into_iter().partition(|s| !s.rewrite && s.edit.inserts());
        if lines.len() > 1 {
            let (number, good, open) = self.group(lines, making).await?;
            if !good.is_empty() {
                parents.push(number);
            }
            kept.extend(good);
            single.extend(open);
        } else {
            single.extend(lines);
        }
        for (place, s) in single.into_iter().enumerate() {
            if place >= self.tests.alone {
                let reason = "Other edits about the whole task were tested first.".into();
                making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0));
                continue;
            }
            if kept.iter().any(|k| k.edit.conflicts(&s.edit)) {
                let reason = "It changes the same lines as an edit that was kept.".into();
                making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0));
                continue;
            }
            let test = self.test(std::slice::from_ref(&s), making).await?;
            making.round.edits.push(test.tried(&s, self.epoch));
            if test.good {
                parents.push(test.number);
                kept.push(s);
            }
        }

        // What is about some examples: all at once.
        local.retain(|(s, _)| {
            let clash = kept.iter().any(|k| k.edit.conflicts(&s.edit));
            if clash {
                let reason = "It changes the same lines as an edit that was kept.".into();
                making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0));
            }
            !clash
        });
        let (mut together, mut chosen): (Vec<(Suggested, BTreeSet<i64>)>, Vec<edits::Edit>) = (Vec::new(), Vec::new());
        // Where many edits speak of the same examples, an answer says little about each: most asked for first, and no crowd.
        let (mut rows, mut claims): (usize, BTreeMap<i64, usize>) = (0, BTreeMap::new());
        local.sort_by_key(|(s, _)| std::cmp::Reverse(s.votes));
        for (s, about) in local {
            let crowded = about.iter().filter(|id| claims.get(id).is_some_and(|n| *n >= CROWD)).count() * 2 > about.len();
            let judged = about.len().min(MOST_ROWS);
            if crowded || !together.is_empty() && rows + judged > self.tests.rows {
                let reason = "Other edits of this round speak of the same examples, or were asked for more often.".into();
                making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0));
                continue;
            }
            if chosen.iter().any(|c| c.conflicts(&s.edit)) {
                let reason = "Another edit of this round changes the same lines.".into();
                making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0));
            } else {
                rows += judged;
                for id in &about {
                    *claims.entry(*id).or_default() += 1;
                }
                chosen.push(s.edit.clone());
                together.push((s, about));
            }
        }
        let mut trial: Option<(Prompt, BTreeMap<i64, f64>)> = None;
        if !together.is_empty() {
            let (number, prompt, answers, tried) = self.together(&kept, &together, making).await?;
            parents.push(number);
            for ((s, _), tried) in together.into_iter().zip(tried) {
                if tried.fate == EditFate::Kept {
                    kept.push(s);
                }
                making.round.edits.push(tried);
            }
            trial = Some((prompt, answers));
        }
        let prompt = edits::apply(&self.lead.prompt, &kept.iter().map(|k| k.edit.clone()).collect::<Vec<_>>());
        debug_assert!(!self.context.config.locked.iter().any(|s| s.is_lost(&self.lead.prompt, &prompt)), "no edit touches what is locked");
        let train = trial
            .filter(|(p, _)| *p == prompt)
            .and_then(|(_, answers)| Score::of_scores(&answers.into_values().collect::<Vec<_>>(), 0, self.context.config.seed));
        Ok(Passed { prompt, parents, train })
    }

    /// Lines about the whole task, together: one test drops a dozen that do nothing, and finds those that only work together.
    /// Gives its number, the lines that passed, and those that are still open because the group did harm or said nothing.
    async fn group(&self, lines: Vec<Suggested>, making: &mut Making) -> Result<(u32, Vec<Suggested>, Vec<Suggested>), Halt> {
        let whole = self.test(&lines, making).await?;
        if !whole.good {
            // Hardly an answer differs although most are wrong: where several only work together, and one spoils all, that says little.
            let mute = whole.noise.powi(2) < TELLING && self.overall() < 0.5;
            if !mute && whole.sum >= -whole.noise.max(1.0) {
                making.round.edits.extend(lines.iter().map(|s| whole.tried(s, self.epoch)));
                return Ok((whole.number, Vec::new(), Vec::new()));
            }
            // What does harm is rarely asked for twice: fewer and fewer of the most asked for.
            let mut first = lines.len().div_ceil(2);
            while first > 1 && first < lines.len() {
                let test = self.test(&lines[..first], making).await?;
                if test.good {
                    making.round.edits.extend(lines[..first].iter().map(|s| test.tried(s, self.epoch)));
                    return Ok((test.number, lines[..first].to_vec(), lines[first..].to_vec()));
                }
                first /= 2;
            }
            return Ok((whole.number, Vec::new(), lines));
        }
        // A half that does as well alone leaves the other half out.
        let middle = lines.len().div_ceil(2);
        let (first, last) = lines.split_at(middle);
        for (half, rest) in [(first, last), (last, first)] {
            let test = self.test(half, making).await?;
            if test.good && test.sum >= whole.sum {
                making.round.edits.extend(half.iter().map(|s| test.tried(s, self.epoch)));
                let without =
                    |s: &Suggested| s.tried(self.epoch, EditFate::Waiting, "The other lines do as well without it.".into(), 0, 0.0);
                making.round.edits.extend(rest.iter().map(without));
                return Ok((test.number, half.to_vec(), Vec::new()));
            }
        }
        making.round.edits.extend(lines.iter().map(|s| whole.tried(s, self.epoch)));
        Ok((whole.number, lines, Vec::new()))
    }

    /// Parent and child on the same few training examples.
    async fn test(&self, group: &[Suggested], making: &mut Making) -> Result<Tested, Halt> {
        let edits: Vec<edits::Edit> = group.iter().map(|s| s.edit.clone()).collect();
        let prompt = edits::apply(&self.lead.prompt, &edits);
        let version = self.context.version_of(&prompt, self.epoch).await?;
        let mut rows: Vec<i64> = self.pool.training.iter().map(|e| e.id).collect();
        // The same rows for every edit of the round: the parent answers them once.
        rows.shuffle(&mut random::generator(self.context.config.seed, "gate", &[u64::from(self.epoch)]));
        // Where it is known already what the parent scores, only the child has to answer.
        rows.sort_by_key(|id| !self.expected.contains_key(id));
        let shorter = edits.iter().all(|e| e.added.is_empty());
        let (mut gained, mut lost, mut sum, mut n, mut own) = (0.0, 0.0, 0.0, 0, BTreeMap::new());
        for block in 1..=MOST_BLOCKS {
            let rows = &rows[..(block * BLOCK).min(rows.len())];
            let errand = |version, prompt| Errand { version, prompt, phase: Phase::Train, epoch: self.epoch };
            let parent = errand(self.lead.candidate.version, &self.lead.prompt);
            let unknown: Vec<i64> = rows.iter().copied().filter(|id| !self.expected.contains_key(id)).collect();
            let mut before = scores(&self.context.answer(parent, unknown, None).await?);
            before.extend(rows.iter().filter_map(|id| Some((*id, self.expected.get(id)?.mean()))));
            own = scores(&self.context.answer(errand(version, &prompt), rows.to_vec(), None).await?);
            let differences: Vec<f64> = own.iter().filter_map(|(id, score)| Some(score - before.get(id)?)).collect();
            n = differences.len();
            sum = differences.iter().sum::<f64>();
            gained = differences.iter().filter(|d| **d > 0.0).sum::<f64>();
            lost = -differences.iter().filter(|d| **d < 0.0).sum::<f64>();
            let noise = (gained + lost).sqrt();
            let hopeless = if shorter { sum <= -2.0 } else { sum <= -noise.max(1.0) || block >= BLOCKS && sum < 0.0 };
            // Early on only what is far ahead of its noise is waved through.
            let clear = !shorter && sum >= 2.0 * noise.max(1.0);
            // Where hardly any answer changed yet although most are wrong, a few more rows are asked.
            let undecided = gained + lost < TELLING && self.overall() < 0.5;
            if hopeless || clear || block >= BLOCKS && !undecided {
                break;
            }
        }
        // A tie is enough for what only makes the prompt shorter; anything else must gain more than its own noise.
        let noise = (gained + lost).sqrt();
        let good = if shorter { sum >= 0.0 } else { sum >= noise.max(f64::min(1.0, n as f64 * LEAST_GAIN)) && sum > 0.0 };
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
        Ok(Tested { number, good, sum, noise, n: u32::try_from(n).unwrap_or(u32::MAX), mean, together, reason })
    }

    /// All edits at once, each judged on its own examples.
    async fn together(
        &self,
        kept: &[Suggested],
        together: &[(Suggested, BTreeSet<i64>)],
        making: &mut Making,
    ) -> Result<(u32, Prompt, BTreeMap<i64, f64>, Vec<TriedEdit>), Halt> {
        let seed = self.context.config.seed;
        let all: Vec<edits::Edit> = kept.iter().chain(together.iter().map(|(s, _)| s)).map(|s| s.edit.clone()).collect();
        let prompt = edits::apply(&self.lead.prompt, &all);
        let version = self.context.version_of(&prompt, self.epoch).await?;
        let mut judged_on: Vec<Vec<i64>> = Vec::new();
        let mut random = random::generator(seed, "trial", &[u64::from(self.epoch)]);
        for (s, about) in together {
            let mut rows: Vec<i64> = about.iter().copied().collect();
            rows.shuffle(&mut random);
            rows.truncate(MOST_ROWS);
            if rows.len() < 3 {
                // Too few speak for themselves: what the optimizer saw failing is what the edit was written for.
                rows.extend(s.failures.iter().filter(|id| !about.contains(id)).take(3));
            }
            rows.sort_unstable();
            rows.dedup();
            judged_on.push(rows);
        }
        let rows: Vec<i64> = judged_on.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let errand = |version, prompt| Errand { version, prompt, phase: Phase::Train, epoch: self.epoch };
        let answers = scores(&self.context.answer(errand(version, &prompt), rows.clone(), None).await?);
        // What the edits start from: what is known of the parent, or fresh answers where an edit about the whole task was kept.
        let mut before: BTreeMap<i64, f64> = self.expected.iter().map(|(id, e)| (*id, e.mean())).collect();
        if !kept.is_empty() {
            let base = edits::apply(&self.lead.prompt, &kept.iter().map(|k| k.edit.clone()).collect::<Vec<_>>());
            let base_version = self.context.version_of(&base, self.epoch).await?;
            before.extend(scores(&self.context.answer(errand(base_version, &base), rows.clone(), None).await?));
        } else {
            let unknown: Vec<i64> = rows.iter().copied().filter(|id| !before.contains_key(id)).collect();
            before.extend(scores(&self.context.answer(errand(self.lead.candidate.version, &self.lead.prompt), unknown, None).await?));
        }
        let mut claims: BTreeMap<i64, f64> = BTreeMap::new();
        for id in judged_on.iter().flatten() {
            *claims.entry(*id).or_default() += 1.0;
        }
        let mut tried = Vec::new();
        for ((s, about), rows) in together.iter().zip(&judged_on) {
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
            let good = if shorter { sum >= -LEAST_SUM && mean >= -LEAST_GAIN } else { mean >= LEAST_GAIN && sum >= LEAST_SUM };
            let figures = format!("{} on the {n} training examples it speaks of", words::points(mean));
            let (fate, verdict) = if good { (EditFate::Kept, "Kept") } else { (EditFate::Dropped, "Dropped") };
            let reach = about.len() as f64 / self.pool.training.len().max(1) as f64;
            tried.push(TriedEdit { reach, ..s.tried(self.epoch, fate, format!("{verdict}: {figures}."), n, mean) });
        }
        let good = tried.iter().filter(|t| t.fate == EditFate::Kept).count();
        let reason = format!("{good} of {} edits helped on the training examples they speak of.", tried.len());
        let train = Score::of_scores(&answers.values().copied().collect::<Vec<_>>(), 0, seed);
        let number = making.add(version, vec![self.lead.candidate.number], Technique::Trial, Fate::Trial, reason, train);
        Ok((number, prompt, answers, tried))
    }

    /// Mean of what is expected.
    fn overall(&self) -> f64 {
        self.expected.values().map(Expected::mean).sum::<f64>() / (self.expected.len().max(1) as f64)
    }
}
