//! The pool: every candidate with its per-example scores, read from the store, so that a resumed run knows the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{edits, focus::Batch, relevance::Inputs};
use crate::{
    calls::Halt,
    dataset::Split,
    prompt::{Half, Prompt},
    run::{Candidate, EditFate, Fate, Technique, TriedEdit},
    store::{StoredExample, StoredPrediction},
    train::Context,
};

/// A candidate with what is known of it.
pub struct Member {
    /// As stored.
    pub candidate: Candidate,
    /// Its text.
    pub prompt: Prompt,
    /// Training scores by example.
    pub train: BTreeMap<i64, f64>,
    /// Validation scores by example.
    pub validation: BTreeMap<i64, f64>,
}

/// Everything the search knows when a round begins.
pub struct Pool {
    /// The baseline first, then in the order they were made.
    pub members: Vec<Member>,
    /// Edits that were tried.
    pub tried: Vec<TriedEdit>,
    /// Training examples in the run's order.
    pub training: Vec<StoredExample>,
    /// Which of them an edit speaks of.
    pub inputs: Inputs,
}

/// Mean scores of examples over the samples and the answered ones only.
fn means<'a>(predictions: impl Iterator<Item = &'a StoredPrediction>) -> BTreeMap<i64, f64> {
    let mut sums: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for prediction in predictions {
        if let Some(score) = prediction.score {
            let sum = sums.entry(prediction.example).or_default();
            *sum = (sum.0 + score, sum.1 + 1.0);
        }
    }
    sums.into_iter().map(|(id, (sum, n))| (id, sum / n)).collect()
}

/// A gain from which a line about the whole task makes earlier answers incomparable.
const CHANGES_EVERYTHING: f64 = 0.1;

/// Examples a candidate has to fix, and to break, before it is worth narrowing.
const LEAST_TORN: usize = 3;

/// A candidate that fixed some examples and broke others.
pub struct Torn<'a> {
    /// The candidate.
    pub member: &'a Member,
    /// Examples that match under it and not under the lead.
    pub fixed: Vec<i64>,
    /// Those that match under the lead and not under it.
    pub broken: Vec<i64>,
}

impl Torn<'_> {
    /// What a proposal that narrows it is shown: half broken, half fixed ones.
    pub fn batch(&self, size: usize, random: &mut ChaCha8Rng) -> Batch {
        let draw = |of: &[i64], most: usize, random: &mut ChaCha8Rng| of.sample(random, most).copied().collect::<Vec<_>>();
        let failing = draw(&self.broken, size.div_ceil(2), random);
        let anchors = draw(&self.fixed, size - failing.len(), random);
        Batch { failing, anchors }
    }
}

impl Pool {
    /// From the store.
    pub async fn load(context: &Context) -> Result<Self, Halt> {
        let run = &context.run;
        let train_ids = context.examples_of(Split::Train).await?;
        let validation_ids: BTreeSet<i64> = context.examples_of(Split::Validation).await?.into_iter().collect();
        let known: BTreeSet<i64> = train_ids.iter().copied().collect();
        let by_id: HashMap<i64, StoredExample> =
            context.store.examples_by_id(train_ids.clone().into()).await?.into_iter().map(|e| (e.id, e)).collect();
        let training: Vec<StoredExample> = train_ids.iter().filter_map(|id| by_id.get(id).cloned()).collect();
        let rows = training.iter().map(|e| (e.id, e.user_input.as_str(), e.ground_truth_output.as_str()));
        let inputs = Inputs::new(rows, &context.labels);
        let baseline = Candidate {
            number: 0,
            epoch: 0,
            version: run.baseline_version,
            parents: Vec::new(),
            technique: Technique::Baseline,
            fate: Fate::Baseline,
            reason: String::new(),
            train: None,
            validation: None,
        };
        // A round that is repeated after an interruption must know no more than it did the first time.
        let answered = context.store.search_known(run.id).await?;
        let answered =
            |version: i64, id: i64| answered.as_ref().is_none_or(|a| a.get(&version).is_some_and(|ids| ids.binary_search(&id).is_ok()));
        let mut members = Vec::new();
        for candidate in std::iter::once(baseline).chain(context.store.candidates(run.id).await?) {
            let prompt = context.store.prompt_text(candidate.version).await?;
            let predictions = context.store.predictions(run.id, candidate.version).await?;
            let validated = candidate.validation.is_some() || candidate.fate == Fate::Baseline;
            // Fresh answers of the first prompts tell how far a new best came; as a parent they are what they were from the beginning.
            let is_first = |sample: u32| candidate.fate != Fate::Baseline || sample < context.config.samples.max(1);
            members.push(Member {
                prompt,
                train: means(predictions.iter().filter(|p| known.contains(&p.example) && answered(candidate.version, p.example))),
                validation: means(predictions.iter().filter(|p| validated && validation_ids.contains(&p.example) && is_first(p.sample))),
                candidate,
            });
        }
        Ok(Self { members, tried: context.store.edits(run.id).await?, training, inputs })
    }

    /// Training examples answered by now under the members and these new versions.
    pub async fn known_now(&self, context: &Context, new: impl Iterator<Item = i64>) -> Result<BTreeMap<i64, Vec<i64>>, Halt> {
        let training: BTreeSet<i64> = self.training.iter().map(|e| e.id).collect();
        let mut known = BTreeMap::new();
        for version in self.members.iter().map(|m| m.candidate.version).chain(new) {
            let predictions = context.store.predictions(context.run.id, version).await?;
            let ids: BTreeSet<i64> =
                predictions.iter().filter(|p| p.score.is_some() && training.contains(&p.example)).map(|p| p.example).collect();
            known.insert(version, ids.into_iter().collect());
        }
        Ok(known)
    }

    /// The next free number.
    pub fn next_number(&self) -> u32 {
        self.members.iter().map(|m| m.candidate.number + 1).max().unwrap_or(1)
    }

    /// The member with this prompt version; of several the one that was validated: a trial whose edits all proved good is one
    /// member, and what was made of it another.
    pub fn by_version(&self, version: i64) -> Option<&Member> {
        self.members.iter().filter(|m| m.candidate.version == version).max_by_key(|m| m.validation.len())
    }

    /// A member of the Pareto front over validation examples: for each example those with its highest score; members whose
    /// every place on it is shared with a better one on the whole fall away; drawn in proportion to their places (GEPA).
    pub fn draw_parent(&self, random: &mut ChaCha8Rng) -> Option<&Member> {
        let full = self.members.iter().map(|m| m.validation.len()).max().unwrap_or(0);
        let racers: Vec<&Member> = self.members.iter().filter(|m| full > 0 && m.validation.len() == full).collect();
        let mut places: Vec<BTreeSet<usize>> = Vec::new();
        for id in racers.first()?.validation.keys() {
            let scores: Vec<f64> = racers.iter().map(|m| m.validation.get(id).copied().unwrap_or(0.0)).collect();
            let highest = scores.iter().copied().fold(f64::MIN, f64::max);
            places.push((0..racers.len()).filter(|i| scores[*i] >= highest).collect());
        }
        let total = |i: usize| racers[i].validation.values().sum::<f64>();
        let mut order: Vec<usize> = (0..racers.len()).collect();
        order.sort_by(|a, b| total(*a).total_cmp(&total(*b)));
        let mut alive: BTreeSet<usize> = order.iter().copied().collect();
        for i in order {
            let covered = places.iter().filter(|p| p.contains(&i)).all(|p| p.iter().any(|j| *j != i && alive.contains(j)));
            if covered && alive.len() > 1 {
                alive.remove(&i);
            }
        }
        let weights: Vec<(usize, usize)> = alive.iter().map(|i| (*i, places.iter().filter(|p| p.contains(i)).count())).collect();
        let all: usize = weights.iter().map(|(_, w)| w).sum();
        let mut left = random.random_range(0..all.max(1));
        for (index, weight) in weights {
            if left < weight {
                return Some(racers[index]);
            }
            left -= weight;
        }
        None
    }

    /// A candidate made of the lead that fixed some examples and broke others: what it changed may be right for the ones, so it is worth
    /// narrowing. Drawn in proportion to the smaller of both numbers, with the broken ones to be shown as failing.
    pub fn draw_torn(
        &self,
        lead: &Member,
        expected: &BTreeMap<i64, Expected>,
        threshold: f64,
        random: &mut ChaCha8Rng,
    ) -> Option<Torn<'_>> {
        let of_lead = |m: &&Member| matches!(m.candidate.fate, Fate::Gated | Fate::Trial) && m.candidate.parents == [lead.candidate.number];
        let near = |m: &&Member| edits::kept_share(&lead.prompt, &m.prompt) >= 0.5;
        let mut torn: Vec<Torn<'_>> = Vec::new();
        for member in self.members.iter().filter(of_lead).filter(near) {
            let (mut fixed, mut broken) = (Vec::new(), Vec::new());
            for (&id, &score) in &member.train {
                let Some(before) = expected.get(&id).map(Expected::mean) else { continue };
                match (before >= threshold, score >= threshold) {
                    (true, false) => broken.push(id),
                    (false, true) => fixed.push(id),
                    _ => {}
                }
            }
            if fixed.len().min(broken.len()) >= LEAST_TORN {
                torn.push(Torn { member, fixed, broken });
            }
        }
        let weight = |t: &Torn<'_>| t.fixed.len().min(t.broken.len());
        let mut left = random.random_range(0..torn.iter().map(weight).sum::<usize>().max(1));
        torn.into_iter().find(|t| {
            let found = left < weight(t);
            left = left.saturating_sub(weight(t));
            found
        })
    }

    /// A prompt written from the data alone, with the lines of the lead that were proven: what it forgets is what nothing speaks for.
    pub fn with_proven(&self, anew: &Prompt, lead: &Member) -> Prompt {
        let mut prompt = anew.clone();
        let proven =
            self.tried.iter().filter(|t| t.fate == EditFate::Kept && !matches!(t.technique, Technique::Rewrite | Technique::Restart));
        for edit in proven {
            let (standing, own) = (edits::lines(lead.prompt.half(edit.half)), edits::lines(prompt.half(edit.half)));
            let missing: Vec<String> =
                edit.added.iter().filter(|l| standing.contains(&l.as_str()) && !own.contains(&l.as_str())).cloned().collect();
            if !missing.is_empty() {
                let at = own.len();
                prompt = edits::apply(&prompt, &[edits::Edit { half: edit.half, at, removed: Vec::new(), added: missing }]);
            }
        }
        prompt
    }

    /// Lines that changed the answers to everything when they came or went.
    fn sweeping(&self) -> BTreeSet<(Half, &str)> {
        let strong = self.tried.iter().filter(|e| e.fate == EditFate::Kept && e.gain.abs() >= CHANGES_EVERYTHING);
        strong.flat_map(|e| e.added.iter().chain(&e.removed).map(move |l| (e.half, l.as_str()))).collect()
    }

    /// What every training example may be expected to score under a prompt: the mean over all answers given under prompts that
    /// say the same about it. A prompt that differs only in lines about other examples is as good a witness as the prompt itself.
    pub fn expected(&self, prompt: &Prompt) -> BTreeMap<i64, Expected> {
        let sweeping = self.sweeping();
        let mut expected: BTreeMap<i64, Expected> = BTreeMap::new();
        for (member_index, member) in self.members.iter().enumerate() {
            if member.train.is_empty() {
                continue;
            }
            let mut touched: BTreeSet<i64> = BTreeSet::new();
            let mut comparable = true;
            for edit in edits::between(&member.prompt, prompt) {
                let about = self.inputs.of_edit(&edit);
                if about.is_empty() && edit.added.iter().chain(&edit.removed).any(|line| sweeping.contains(&(edit.half, line.as_str()))) {
                    comparable = false;
                    break;
                }
                touched.extend(about);
            }
            if !comparable || edits::kept_share(&member.prompt, prompt) < 0.5 && member.prompt != *prompt {
                continue;
            }
            for (&id, &score) in member.train.iter().filter(|(id, _)| !touched.contains(id)) {
                expected.entry(id).or_default().add(score, member_index);
            }
        }
        expected
    }

    /// The same from the answers given under exactly this prompt.
    pub fn own_answers(&self, prompt: &Prompt) -> BTreeMap<i64, Expected> {
        let mut own: BTreeMap<i64, Expected> = BTreeMap::new();
        for (member_index, member) in self.members.iter().enumerate().filter(|(_, m)| m.prompt == *prompt) {
            for (&id, &score) in &member.train {
                own.entry(id).or_default().add(score, member_index);
            }
        }
        own
    }
}

/// Standard errors by which two means have to differ before chance is ruled out.
const BEYOND_CHANCE: f64 = 3.0;
/// Examples that a mean needs before it is compared.
const LEAST_COMPARED: usize = 8;

/// Whether what is expected of a prompt on training examples is what it scored on validation, but for chance. Where it is not, answers
/// under other prompts were taken for its own: a line that speaks of some examples had changed the answers to all.
pub fn bears_out(expected: &BTreeMap<i64, Expected>, validation: &BTreeMap<i64, f64>) -> bool {
    /// Mean and the square of its standard error.
    fn mean(scores: &[f64]) -> (f64, f64) {
        let n = scores.len() as f64;
        let mean = scores.iter().sum::<f64>() / n;
        (mean, scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
    }
    if expected.len().min(validation.len()) < LEAST_COMPARED {
        return true;
    }
    let (train, of_train) = mean(&expected.values().map(Expected::mean).collect::<Vec<_>>());
    let (held, of_held) = mean(&validation.values().copied().collect::<Vec<_>>());
    (train - held).abs() < (BEYOND_CHANCE * (of_train + of_held).sqrt()).max(CHANGES_EVERYTHING)
}

/// What an example may be expected to score.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expected {
    /// Sum of the scores seen.
    pub sum: f64,
    /// Of so many answers.
    pub answers: u32,
    /// Index of the member that gave the latest of them.
    pub latest: usize,
}

impl Expected {
    /// One answer more, of this member.
    fn add(&mut self, score: f64, member: usize) {
        self.sum += score;
        self.answers += 1;
        self.latest = member;
    }

    /// Their mean.
    pub fn mean(&self) -> f64 {
        if self.answers == 0 { 0.0 } else { self.sum / f64::from(self.answers) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    fn member(number: u32, system: &str, validation: &[f64]) -> Member {
        Member {
            candidate: Candidate {
                number,
                epoch: number,
                version: i64::from(number),
                parents: Vec::new(),
                technique: Technique::Merge,
                fate: Fate::Validated,
                reason: String::new(),
                train: None,
                validation: None,
            },
            prompt: Prompt { system_prompt: system.into(), output_prompt: String::new() },
            train: BTreeMap::new(),
            validation: (0..).zip(validation).map(|(id, score)| (id, *score)).collect(),
        }
    }

    fn pool(members: Vec<Member>, tried: Vec<TriedEdit>) -> Pool {
        Pool { members, tried, training: Vec::new(), inputs: Inputs::new(std::iter::empty(), &[]) }
    }

    fn kept(added: &str, technique: Technique) -> TriedEdit {
        let (removed, hypothesis, reason) = (Vec::new(), String::new(), String::new());
        let added = vec![added.to_owned()];
        TriedEdit {
            epoch: 1,
            half: Half::System,
            removed,
            added,
            hypothesis,
            fate: EditFate::Kept,
            reason,
            rows: 9,
            gain: 0.2,
            technique,
            reach: 1.0,
            together: 1,
        }
    }

    #[test]
    fn parents_are_drawn_from_the_front_in_proportion_to_their_places_on_it() {
        let scores: [&[f64]; 4] = [&[1.0, 1.0, 1.0, 0.0, 0.0], &[0.0, 0.0, 0.0, 1.0, 0.0], &[1.0, 1.0, 0.0, 0.0, 0.0], &[0.0; 3]];
        let pool = pool((0..).zip(scores).map(|(number, of)| member(number, "a", of)).collect(), Vec::new());
        let mut random = random::generator(1, "test", &[]);
        let mut times = [0; 4];
        for _ in 0..300 {
            times[pool.draw_parent(&mut random).unwrap().candidate.number as usize] += 1;
        }
        assert_eq!((times[2], times[3]), (0, 0), "worse everywhere, or not validated to the end: {times:?}");
        assert!(times[0] > times[1] && times[1] > 60, "four places against two: {times:?}");
    }

    #[test]
    fn what_helped_some_and_harmed_others_is_drawn_to_be_narrowed() {
        let expected: BTreeMap<i64, Expected> =
            (0..8).map(|id| (id, Expected { sum: if id < 4 { 1.0 } else { 0.0 }, answers: 1, latest: 0 })).collect();
        let child = |number: u32, parent: u32, fate: Fate, scores: [f64; 8]| {
            let mut member = member(number, "a\n- one", &[]);
            (member.candidate.parents, member.candidate.fate) = (vec![parent], fate);
            member.train = (0..).zip(scores).collect();
            member
        };
        let torn = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0];
        let harmful = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        let members = vec![
            member(0, "a", &[]),
            child(1, 0, Fate::Gated, harmful),
            child(2, 0, Fate::Gated, torn),
            child(3, 1, Fate::Gated, torn),
            child(4, 0, Fate::Best, torn),
            // It shares nothing with the lead, so there is nothing to narrow.
            Member {
                prompt: Prompt { system_prompt: "Something else altogether.".into(), output_prompt: String::new() },
                ..child(5, 0, Fate::Gated, torn)
            },
        ];
        let pool = pool(members, Vec::new());
        let mut random = random::generator(1, "test", &[]);
        for _ in 0..20 {
            let drawn = pool.draw_torn(&pool.members[0], &expected, 1.0, &mut random).unwrap();
            assert_eq!((drawn.member.candidate.number, &drawn.broken, &drawn.fixed), (2, &vec![0, 1, 2], &vec![4, 5, 6]));
            let batch = drawn.batch(5, &mut random);
            assert_eq!((batch.failing.len(), batch.anchors.len()), (3, 2));
        }
        assert!(pool.draw_torn(&pool.members[4], &expected, 1.0, &mut random).is_none(), "nobody was made of it");
    }

    #[test]
    fn of_two_members_with_one_prompt_the_validated_one_stands_for_it() {
        let (trial, mut made_of_it) = (member(1, "a", &[]), member(2, "a", &[1.0, 0.0]));
        made_of_it.candidate.version = 1;
        let pool = pool(vec![member(0, "b", &[0.0, 0.0]), trial, made_of_it, member(3, "c", &[])], Vec::new());
        assert_eq!(pool.by_version(1).unwrap().candidate.number, 2);
        assert!(pool.by_version(9).is_none());
    }

    #[test]
    fn what_validation_contradicts_is_not_expected() {
        let expected =
            |score: f64| (0..40).map(move |id| (id, Expected { sum: if id % 2 == 0 { score } else { 1.0 }, answers: 1, latest: 0 }));
        let validation: BTreeMap<i64, f64> = (0..40).map(|id| (id, if id % 10 == 0 { 0.0 } else { 1.0 })).collect();
        assert!(bears_out(&expected(1.0).collect(), &validation), "0.9 where all was right can be chance");
        assert!(!bears_out(&expected(0.0).collect(), &validation), "half of them wrong can not");
        assert!(bears_out(&expected(0.0).take(6).collect(), &validation), "too few to tell");
        assert!(bears_out(&expected(0.0).collect(), &BTreeMap::new()), "not validated");
    }

    #[test]
    fn a_prompts_own_answers_are_those_to_exactly_it() {
        let answered = |number: u32, system: &str, scores: &[f64]| {
            let mut member = member(number, system, &[]);
            member.train = (0..).zip(scores.iter().copied()).collect();
            member
        };
        let pool = pool(vec![answered(0, "a", &[0.0; 3]), answered(1, "a\n- b", &[1.0]), answered(2, "a\n- b", &[0.0, 1.0])], Vec::new());
        let own = pool.own_answers(&pool.members[1].prompt);
        assert_eq!(own.values().map(|e| (e.mean(), e.answers, e.latest)).collect::<Vec<_>>(), vec![(0.5, 2, 2), (1.0, 1, 2)]);
    }

    #[test]
    fn the_more_a_candidate_fixed_and_broke_the_oftener_it_is_narrowed() {
        let expected: BTreeMap<i64, Expected> =
            (0..16).map(|id| (id, Expected { sum: if id < 8 { 1.0 } else { 0.0 }, answers: 1, latest: 0 })).collect();
        let child = |number: u32, changed: i64| {
            let mut member = member(number, "a\n- one", &[]);
            (member.candidate.parents, member.candidate.fate) = (vec![0], Fate::Gated);
            // So many of those that were right are wrong, and so many of the others right.
            member.train = (0..16).map(|id| (id, if (id < 8) == (id % 8 < changed) { 0.0 } else { 1.0 })).collect();
            member
        };
        let pool = pool(vec![member(0, "a", &[]), child(1, 3), child(2, 8)], Vec::new());
        let mut random = random::generator(1, "test", &[]);
        let drawn = (0..220).filter(|_| {
            let torn = pool.draw_torn(&pool.members[0], &expected, 1.0, &mut random).unwrap();
            torn.member.candidate.number == 2
        });
        let often = drawn.count();
        assert!((140..=180).contains(&often), "eight of eleven times: {often} of 220");
    }

    #[test]
    fn a_prompt_written_anew_keeps_what_was_proven_and_still_stands() {
        let lead = member(1, "Speak like a pirate.\n- one\n- two", &[]);
        let tried = vec![
            kept("- one", Technique::Edit),
            kept("- two", Technique::Edit),
            kept("- gone", Technique::Edit),
            kept("Speak like a pirate.", Technique::Rewrite),
        ];
        let anew = Prompt { system_prompt: "Sort letters.\n- two".into(), output_prompt: String::new() };
        let made = pool(Vec::new(), tried).with_proven(&anew, &lead);
        assert_eq!(made.system_prompt, "Sort letters.\n- two\n- one");
    }
}
