//! Edits about the whole task: lines together first, then in mixes that tell what each is worth; rewrites alone.

use super::{BLOCK, BLOCKS, Gate, TELLING, scores};
use crate::{
    calls::Halt,
    run::{EditFate, Fate, Technique, TriedEdit},
    stats::Score,
    train::{
        pareto::{Making, Suggested, edits, mixes},
        words,
    },
};

/// Rows of a mix, at least.
const LEAST_ROWS: usize = 4;
/// Effect from which an edit is kept: a line more has its price.
const LEAST_EFFECT: f64 = 0.002;

/// Answers of mixes that have to differ before they tell anything, in what a failing answer lacks.
const TOLD: f64 = 6.0;

/// Numbers of the candidates that were tested, and the edits that passed.
type Passed = (Vec<u32>, Vec<Suggested>);

impl Gate<'_> {
    /// Tests edits about the whole task, most asked for first.
    pub(super) async fn whole_task(&self, mut edits: Vec<Suggested>, making: &mut Making) -> Result<Passed, Halt> {
        edits.sort_by_key(|s| std::cmp::Reverse(s.votes));
        // Of two that clash one is in the group; what replaces most of a prompt is tested as it is.
        let (mut lines, mut prunes, mut single): (Vec<Suggested>, Vec<Suggested>, Vec<Suggested>) = Default::default();
        for s in edits {
            let clashes = lines.iter().chain(&prunes).any(|l: &Suggested| l.edit.conflicts(&s.edit));
            match s.technique {
                _ if s.rewrite || clashes => single.push(s),
                Technique::Prune => prunes.push(s),
                _ => lines.push(s),
            }
        }
        let (mut tested, mut kept) = (Vec::new(), Vec::new());
        if lines.len() > 1 {
            let (numbers, good, open) = self.group(lines, &mut prunes, making).await?;
            if !good.is_empty() {
                tested.extend(numbers);
            }
            kept.extend(good);
            single.extend(open);
        } else {
            single.extend(lines);
        }
        if self.pruning_due && !prunes.is_empty() {
            // They go with a tie, all of them or none.
            let test = self.test(&prunes, making).await?;
            making.round.edits.extend(prunes.iter().map(|s| test.tried(s, self.epoch)));
            if test.good {
                tested.push(test.number);
                kept.append(&mut prunes);
            }
        }
        let single = self.ahead_of_the_others(single, making).await?;
        for (place, s) in single.into_iter().enumerate() {
            let clash = kept.iter().any(|k| k.edit.conflicts(&s.edit));
            if clash || place >= self.tests.alone {
                let reason = if clash {
                    "It changes the same lines as an edit that was kept."
                } else {
                    "Other edits about the whole task were tested first."
                };
                making.round.edits.push(s.tried(self.epoch, EditFate::Waiting, reason.into(), 0, 0.0));
                continue;
            }
            let test = self.test(std::slice::from_ref(&s), making).await?;
            making.round.edits.push(test.tried(&s, self.epoch));
            if test.good {
                tested.push(test.number);
                kept.push(s);
            }
        }
        Ok((tested, kept))
    }

    /// Where more is to be tested as it is than can be to the end, all get a first block of rows and the best go on.
    async fn ahead_of_the_others(&self, mut single: Vec<Suggested>, making: &mut Making) -> Result<Vec<Suggested>, Halt> {
        if single.len() <= self.tests.alone {
            return Ok(single);
        }
        // The blocks take what testing the rest to the end would have taken.
        let over = single.split_off(single.len().min(self.tests.alone * BLOCKS));
        let wait = |s: &Suggested, reason: &str| s.tried(self.epoch, EditFate::Waiting, reason.into(), 0, 0.0);
        making.round.edits.extend(over.iter().map(|s| wait(s, "Other edits about the whole task were tested first.")));
        let rows = self.rows();
        let rows = &rows[..BLOCK.min(rows.len())];
        let before = self.before(rows).await?;
        let mut ranked: Vec<(f64, Suggested)> = Vec::new();
        for s in single {
            let prompt = edits::apply(&self.lead.prompt, std::slice::from_ref(&s.edit));
            let version = self.context.version_of(&prompt, self.epoch).await?;
            let own = scores(&self.context.answer(self.errand(version, &prompt), rows.to_vec(), None).await?);
            ranked.push((own.iter().filter_map(|(id, score)| Some(score - before.get(id)?)).sum(), s));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let last = ranked.split_off(self.tests.alone.div_ceil(2));
        making.round.edits.extend(last.iter().map(|(_, s)| wait(s, "Others did better on the first training examples.")));
        Ok(ranked.into_iter().map(|(_, s)| s).collect())
    }

    /// One test of all lines drops a dozen that do nothing; where it says more, mixes of them tell what each is worth, and on the
    /// way what may be pruned. Gives the numbers of what was tested, the lines that passed, and those nothing was learnt of.
    async fn group(
        &self,
        lines: Vec<Suggested>,
        prunes: &mut Vec<Suggested>,
        making: &mut Making,
    ) -> Result<(Vec<u32>, Vec<Suggested>, Vec<Suggested>), Halt> {
        // Who was dropped with others before is heard alone.
        let dropped = |s: &Suggested| self.pool.tried.iter().any(|t| t.fate == EditFate::Dropped && s.edit.is(t));
        let (mut heard, mut fresh): (Vec<Suggested>, Vec<Suggested>) = lines.into_iter().partition(dropped);
        if fresh.len() < 2 {
            heard.append(&mut fresh);
        }
        let (mut numbers, mut proven) = (Vec::new(), false);
        if !fresh.is_empty() {
            let whole = self.test(&fresh, making).await?;
            // Hardly an answer differs although most are wrong: where several only work together, and one spoils all, that says little.
            let mute = whole.changed < TELLING && self.overall() < 0.5;
            if whole.good || mute || whole.sum < -whole.noise.max(self.unit()) {
                numbers.push(whole.number);
                proven = whole.good;
                fresh.append(&mut heard);
                heard = fresh;
            } else {
                making.round.edits.extend(fresh.iter().map(|s| whole.tried(s, self.epoch)));
            }
        }
        if heard.len() < 2 {
            return Ok((numbers, Vec::new(), heard));
        }
        let open = heard.split_off(heard.len().min(mixes::MOST));
        // What may be pruned takes the places that the mixes have left, so it costs no call.
        let places = mixes::places(heard.len());
        heard.extend(prunes.drain(..(places - heard.len()).min(prunes.len())));
        let (of_mixes, kept) = self.mixed(heard, proven, making).await?;
        numbers.extend(of_mixes);
        Ok((numbers, kept, open))
    }

    /// What each of these edits is worth, told from mixes of them on the same examples. `proven`: together they did good.
    async fn mixed(&self, edits: Vec<Suggested>, proven: bool, making: &mut Making) -> Result<Passed, Halt> {
        let mixes = mixes::mixes(edits.len());
        let rows = self.rows();
        let rows = &rows[..(self.tests.alone * BLOCK * BLOCKS / mixes.len()).clamp(LEAST_ROWS, BLOCK * BLOCKS).min(rows.len())];
        let (mut numbers, mut of_mixes) = (Vec::new(), Vec::new());
        for mix in &mixes {
            let carried: Vec<edits::Edit> = mix.iter().map(|place| edits[*place].edit.clone()).collect();
            let prompt = edits::apply(&self.lead.prompt, &carried);
            if prompt == self.lead.prompt {
                of_mixes.push(self.before(rows).await?);
                continue;
            }
            let version = self.context.version_of(&prompt, self.epoch).await?;
            let answers = scores(&self.context.answer(self.errand(version, &prompt), rows.to_vec(), None).await?);
            if mix.len() < edits.len() {
                let train = Score::of_scores(&answers.values().copied().collect::<Vec<_>>(), 0, self.context.config.seed);
                let reason = format!("One of {} mixes of {} edits about the whole task.", mixes.len(), edits.len());
                numbers.push(making.add(version, vec![self.lead.candidate.number], Technique::Trial, Fate::Trial, reason, train));
            }
            of_mixes.push(answers);
        }
        // An example that one of the mixes has no answer to says nothing.
        let common: Vec<i64> = rows.iter().copied().filter(|id| of_mixes.iter().all(|answers| answers.contains_key(id))).collect();
        let scores: Vec<Vec<f64>> =
            of_mixes.iter().map(|answers| common.iter().filter_map(|id| answers.get(id).copied()).collect()).collect();
        let worth = mixes::worth(edits.len(), &mixes, &scores);
        let each = u32::try_from((common.len() * mixes.len()).div_ceil(edits.len().max(1))).unwrap_or(u32::MAX);
        // What together did good is believed to be good; without that the mean of all has to stand out from chance as well.
        let doubt = if proven { worth.doubt } else { worth.doubt.hypot(worth.error / (edits.len() as f64).sqrt()) };
        let told = mixes::differences(&scores) >= TOLD * self.unit();
        let figures =
            |effect: f64| format!("{} told from {} mixes on {} training examples", words::points(effect), mixes.len(), common.len());
        let mut verdicts: Vec<TriedEdit> = Vec::new();
        for (s, effect) in edits.iter().zip(worth.believed) {
            if !told {
                let reason = "Hardly an answer differed between mixes with and without it: nothing was learnt.".into();
                verdicts.push(s.tried(self.epoch, EditFate::Waiting, reason, 0, 0.0));
                continue;
            }
            // Earlier hearings count as well, each by its answers.
            let (earlier, gains) = self.heard_before(s);
            let all = f64::from(each) + earlier;
            let (pooled, doubt) = ((effect * f64::from(each) + gains) / all.max(1.0), doubt * (f64::from(each) / all.max(1.0)).sqrt());
            let good = if s.edit.added.is_empty() { pooled >= doubt / 2.0 } else { pooled > doubt.max(LEAST_EFFECT) };
            let (fate, verdict) = if good { (EditFate::Kept, "Kept") } else { (EditFate::Dropped, "Dropped") };
            verdicts.push(s.tried(self.epoch, fate, format!("{verdict}: {}.", figures(effect)), each, effect));
        }
        if verdicts.iter().all(|v| v.fate != EditFate::Kept || v.added.is_empty())
            && let Some(best) = mixes::best(&mixes, &scores)
        {
            // Nothing stands out alone. What only works together shows in the mix that did best, if it does so again.
            let mix: Vec<Suggested> = mixes[best].iter().map(|place| edits[*place].clone()).collect();
            let again = self.test(&mix, making).await?;
            if again.good {
                numbers.push(again.number);
                for (place, verdict) in verdicts.iter_mut().enumerate() {
                    let s = &edits[place];
                    if mixes[best].contains(&place) {
                        *verdict = again.tried(s, self.epoch);
                    } else if verdict.fate == EditFate::Kept {
                        *verdict = s.tried(self.epoch, EditFate::Waiting, "The mix that did best does without it.".into(), 0, 0.0);
                    }
                }
            }
        }
        let kept = edits.into_iter().zip(&verdicts).filter(|(_, v)| v.fate == EditFate::Kept).map(|(s, _)| s).collect();
        making.round.edits.extend(verdicts);
        Ok((numbers, kept))
    }

    /// Answers that told of this edit alone before, and the sum of what they said.
    fn heard_before(&self, s: &Suggested) -> (f64, f64) {
        let alone = self.pool.tried.iter().filter(|t| t.fate == EditFate::Dropped && t.together < 2 && s.edit.is(t));
        alone.fold((0.0, 0.0), |(rows, sum), t| (rows + f64::from(t.rows), sum + t.gain * f64::from(t.rows)))
    }
}
