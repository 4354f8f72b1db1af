//! The strategy `pareto`: reflective search over a pool of candidates with a minibatch gate, hunk-wise credit and merges.
//!
//! One round, which is one epoch:
//!
//! ```text
//! proposals   several at once, each from a parent and about other failures          (focus, ask)
//! edits       each reply falls into the lines it changes; static checks             (edits, screen)
//! gate        edits about the whole task: each alone against the parent, same rows  (gate)
//! trial       edits about some examples: all at once, each judged on its examples   (gate)
//! merge       what proved good becomes one candidate, without a model call
//! race        against the best on validation, block by block, then confirmed        (race)
//! decision    does the best change?
//! ```
//!
//! Sources: Pareto pool, minibatch gate and merge: GEPA (arXiv 2507.19457). Hypotheses before rewriting: VISTA (2603.18388).
//! Edits instead of rewrites: ACE (2510.04618). Racing: CAPO (2504.16005). Half failing, half passing: Opik's failure-aware sampler.
//! Judging many edits by one trial, each on the examples it speaks of, is this program's own.

mod ask;
mod clauses;
mod earn;
mod edits;
mod focus;
pub mod fresh;
mod gate;
mod mixes;
mod own;
mod plan;
mod pool;
mod race;
mod relevance;
mod screen;
mod sections;

use std::{
    collections::{BTreeMap, HashMap},
    sync::PoisonError,
};

use futures_util::future::BoxFuture;

use self::{
    ask::{Background, Wanted},
    earn::Earnings,
    edits::Edit,
    gate::Gate,
    plan::Sizes,
    pool::{Expected, Pool},
    race::Race,
    screen::Screened,
};
use super::{
    Context, Decided, Round, Strategy, TrainState, decide,
    evaluate::Errand,
    memory::{self, Attempt},
    stop::Stop,
    words,
};
use crate::{
    calls::Halt,
    dataset::{Split, SplitSizes},
    prompt::Prompt,
    random,
    run::{Candidate, Decision, EditFate, EpochSummary, Fate, Outcome, Phase, RunConfig, Technique, TriedEdit},
    stats::Score,
    store::{FreshAnswers, SearchRound},
};

/// Reflective search over a pool.
pub struct Pareto;

pub use ask::explains;
pub use earn::account;

/// Proposals that a whole run will ask for, and the calls they take beyond the baseline, about.
pub fn estimate(config: &RunConfig, splits: SplitSizes, baseline: u64) -> (u64, u64) {
    plan::whole(config, Sizes { train: splits.train.into(), validation: splits.validation.into(), test: splits.test }, baseline)
}

/// A candidate that has not been a best may still be built on when its loss on validation can be chance: up to this p.
const CHANCE: f64 = 0.3;
/// Shares of proposals that techniques start with: the lead, others of the front, from the data alone when stuck.
const SHARES: [(Technique, f64); 3] = [(Technique::Edit, 12.0), (Technique::Front, 4.0), (Technique::Restart, 1.0)];
/// Rounds in a row without a gain after which the search counts as stuck.
const STUCK: usize = 2;
/// A smaller gain may be luck: rounds of such gains alone do not mean that it gets on.
const NOTABLE: f64 = 0.02;

impl Strategy for Pareto {
    fn round<'a>(&'a self, context: &'a Context, state: &'a mut TrainState, epoch: u32) -> BoxFuture<'a, Result<Round, Halt>> {
        Box::pin(async move {
            let pool = Pool::load(context).await?;
            let mut outcome = round(context, &pool, state, epoch).await?;
            if let Round::Decided(decided) = &mut outcome {
                // What the search expects of a prompt is told from answers under others too; what is recorded are its own.
                decided.summary.train = context.score_so_far(state.best_version, Split::Train).await?;
                state.best.train = decided.summary.train;
                if let Some(version) = decided.version {
                    decided.train = context.score_so_far(version, Split::Train).await?;
                    for made in decided.search.candidates.iter_mut().filter(|c| c.version == version) {
                        made.train = decided.train;
                    }
                }
                let new: Vec<i64> = decided.search.candidates.iter().map(|c| c.version).collect();
                count(context, &decided.search);
                decided.search.known = pool.known_now(context, new.into_iter()).await?;
            }
            Ok(outcome)
        })
    }
}

/// Adds a round to what the search made.
fn count(context: &Context, round: &SearchRound) {
    let fates = |wanted: &[Fate]| round.candidates.iter().filter(|c| wanted.contains(&c.fate)).count() as u64;
    let mut made = context.made.lock().unwrap_or_else(PoisonError::into_inner);
    made.candidates += round.candidates.len() as u64;
    made.proposals += round.proposals;
    made.gated += fates(&[Fate::Gated]);
    made.validated += fates(&[Fate::Outrun, Fate::Validated, Fate::Best]);
}

/// What a round has made so far.
struct Making {
    epoch: u32,
    next: u32,
    round: SearchRound,
}

impl Making {
    fn add(&mut self, version: i64, parents: Vec<u32>, technique: Technique, fate: Fate, reason: String, train: Option<Score>) -> u32 {
        let number = self.next;
        self.next += 1;
        let candidate = Candidate { number, epoch: self.epoch, version, parents, technique, fate, reason, train, validation: None };
        self.round.candidates.push(candidate);
        number
    }
}

/// What became of edits of which none was kept. Those that were refused were not tried: that is no word on whether they would help.
fn nothing_helped(edits: &[TriedEdit]) -> String {
    let refused: Vec<&TriedEdit> = edits.iter().filter(|e| e.fate == EditFate::Refused).collect();
    let tried = edits.iter().filter(|e| matches!(e.fate, EditFate::Kept | EditFate::Dropped)).count();
    let times = |reason: &str| refused.iter().filter(|e| e.reason == reason).count();
    // The first of the most frequent, so that it is the same each time.
    let commonest = refused.iter().rev().max_by_key(|e| times(&e.reason)).map_or("", |e| e.reason.as_str());
    let number = |n: usize| if n == 1 { "1 edit".to_owned() } else { format!("{n} edits") };
    match (tried, refused.len()) {
        (0, 0) => format!("{} came too late in this round to be tried; nothing was validated.", number(edits.len())),
        (_, 0) => format!("None of {} helped on the training examples they speak of; nothing was validated.", number(tried)),
        (0, n) => {
            let all = if n == 1 { "The only edit was".to_owned() } else { format!("All {n} edits were") };
            format!("{all} refused before a call was spent on them. {commonest}")
        }
        (_, n) => format!(
            "None of {} that were tried helped on the training examples they speak of; {n} more {} refused. {commonest}",
            number(tried),
            if n == 1 { "was" } else { "were" }
        ),
    }
}

fn summary(epoch: u32, decision: Decision, reason: String) -> EpochSummary {
    EpochSummary {
        epoch,
        decision,
        reason,
        train: None,
        validation: None,
        bound: None,
        delta: None,
        p: None,
        fixed: 0,
        broken: 0,
        usage: Default::default(),
        decided_at: 0,
        active_ms: 0,
    }
}

/// Rounds at the end that brought nothing worth mentioning.
fn crawling(state: &TrainState) -> usize {
    let got_on = |e: &EpochSummary| {
        e.decision == Decision::Baseline || e.decision == Decision::Accepted && e.delta.is_some_and(|delta| delta >= NOTABLE)
    };
    state.epochs.iter().rev().take_while(|e| !got_on(e)).count()
}

/// Whom the round builds on: the best, or a later candidate that lost to it by no more than chance and carries further edits.
fn lead<'a>(pool: &'a Pool, state: &TrainState, threshold: f64, seed: u64) -> &'a pool::Member {
    let best = pool.by_version(state.best_version).unwrap_or(&pool.members[0]);
    let later = pool.members.iter().rev().take_while(|m| m.candidate.number > best.candidate.number);
    let mut close = later.filter(|m| m.candidate.fate == Fate::Validated).filter(|m| {
        let (before, after): (Vec<f64>, Vec<f64>) =
            best.validation.iter().filter_map(|(id, score)| Some((*score, *m.validation.get(id)?))).unzip();
        let paired = crate::stats::paired(&before, &after, threshold, seed);
        paired.delta >= 0.0 || paired.p > CHANCE
    });
    close.next().unwrap_or(best)
}

async fn round(context: &Context, pool: &Pool, state: &mut TrainState, epoch: u32) -> Result<Round, Halt> {
    let config = &context.config;
    let used = state.epochs.last().map_or(0, |e| e.usage.calls);
    let sizes =
        Sizes { train: pool.training.len() as u64, validation: state.best_validation.results.len() as u64, test: context.run.splits.test };
    if plan::proposals(config, sizes, used, 1).is_none() {
        return Ok(Round::Nothing(Stop::TooFewCalls(plan::calls_left(config, sizes, used).unwrap_or(0))));
    }
    let lead = lead(pool, state, config.matched_from(), config.seed);
    let mut expected = pool.expected(&lead.prompt);
    if !pool::bears_out(&expected, &lead.validation) {
        expected = pool.own_answers(&lead.prompt);
    }
    expected = gate::complete(context, pool, lead, expected, epoch).await?;
    if expected.values().all(|e| e.mean() >= config.matched_from()) {
        // Earlier answers say so; the prompt's own have the last word.
        let own = context.evaluate(lead.candidate.version, &lead.prompt, Phase::Train, epoch).await?;
        if own.all_match() {
            let of_best = lead.candidate.version == state.best_version;
            if of_best {
                state.best.train = own.score();
            }
            return Ok(Round::Nothing(if state.best_validation.all_match() {
                Stop::Perfect
            } else {
                Stop::NothingToLearn { validation: state.best.validation.map(|s| s.score), of_best }
            }));
        }
    }
    if state.best_validation.is_full() {
        return Ok(Round::Nothing(Stop::NothingHigher));
    }
    let mut making = Making { epoch, next: pool.next_number(), round: SearchRound::default() };

    // Proposals, as many as there are failures to show and calls to pay them, each about other failures.
    let fruitless = state.epochs.iter().rev().take_while(|e| !matches!(e.decision, Decision::Accepted | Decision::Baseline)).count();
    let (mut shown_before, mut shown_in_vain): (HashMap<i64, u32>, HashMap<i64, u32>) = Default::default();
    let last_gain =
        state.epochs.iter().rev().find(|e| matches!(e.decision, Decision::Accepted | Decision::Baseline)).map_or(0, |e| e.epoch);
    for (shown_in, shown) in context.store.shown_before(context.run.id, epoch).await? {
        for example in shown.iter().filter(|e| e.score < config.matched_from()) {
            *shown_before.entry(example.example).or_default() += 1;
            if shown_in > last_gain {
                *shown_in_vain.entry(example.example).or_default() += 1;
            }
        }
    }
    let failing: Vec<i64> = expected.iter().filter(|(_, e)| e.mean() < config.matched_from()).map(|(id, _)| *id).collect();
    // Without a limit that says what may be spent, it ends when showing the same failures again is all that is left.
    let sparing = config.budget.max_calls.is_none();
    if sparing && fruitless >= STUCK && failing.iter().all(|id| shown_in_vain.get(id).is_some_and(|n| *n >= focus::STUBBORN)) {
        // Other prompts answered some of them: those that are built on have the last word.
        let errand = Errand { version: lead.candidate.version, prompt: &lead.prompt, phase: Phase::Train, epoch, most: None };
        let own = context.answer(errand, failing, None).await?;
        let failing = own.results.iter().filter(|result| result.outcome != Outcome::Match).count();
        return Ok(Round::Nothing(Stop::NothingLeft { failing, shown: focus::STUBBORN }));
    }
    let size = config.examples as usize;
    let appetite = plan::appetite(&expected, pool.training.len(), size, u32::try_from(fruitless).unwrap_or(u32::MAX));
    let Some(count) = plan::proposals(config, sizes, used, appetite) else {
        return Ok(Round::Nothing(Stop::TooFewCalls(plan::calls_left(config, sizes, used).unwrap_or(0))));
    };
    let mut random = random::generator(config.seed, "focus", &[u64::from(epoch)]);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let batches = if config.parts.focus {
        focus::batches(&pool.training, &expected, &shown_before, config.matched_from(), size, count, &mut random)
    } else {
        focus::any(&pool.training, &expected, config.matched_from(), size, count, &mut random)
    };
    // Who writes them: most build on the lead, some on others of the front, and, stuck, one forgets the prompts.
    let earnings = Earnings::of(if config.parts.adaptive { &pool.tried } else { &[] }, epoch);
    let eligible = |arm: Technique| match arm {
        Technique::Front => config.parts.front && pool.members.len() > 1,
        Technique::Restart => config.parts.restart && crawling(state) >= STUCK,
        _ => true,
    };
    let arms: Vec<(Technique, f64)> = SHARES.into_iter().filter(|(arm, _)| eligible(*arm)).collect();
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    let mut techniques = earnings.share(count, &arms);
    // Stuck, one proposal at least begins anew, however small its share.
    if eligible(Technique::Restart)
        && !techniques.contains(&Technique::Restart)
        && let Some(last) = techniques.last_mut()
    {
        *last = Technique::Restart;
    }
    for ((slot, batch), technique) in (0..).zip(batches).zip(techniques) {
        let front = technique == Technique::Front;
        // One a round: on few examples luck tears as well.
        let torn = if front && !wanted.iter().any(|w| w.narrowing) {
            pool.draw_torn(lead, &expected, config.matched_from(), &mut random)
        } else {
            None
        };
        let narrowing = torn.is_some();
        let (parent, batch) = match torn {
            Some(torn) => (torn.member, torn.batch(size, &mut random)),
            None if front => (pool.draw_parent(&mut random).unwrap_or(lead), batch),
            None => (lead, batch),
        };
        // Stuck, every second reply is tested as it is written: changes that only help together are never kept one by one.
        let as_written = technique == Technique::Edit && crawling(state) >= STUCK && (slot + epoch).is_multiple_of(2);
        wanted.push(Wanted { slot, parent, batch, narrowing, as_written, technique });
    }
    let background =
        Background { pool, expected: &expected, shown: &shown_before, state, fruitless: u32::try_from(fruitless).unwrap_or(u32::MAX) };
    let proposals = ask::proposals(context, &background, &wanted, epoch).await?;

    // Their edits, checked before a call is spent on them.
    let screened = screen::screen(context, pool, lead, &wanted, &proposals, epoch);
    let Screened { mut edits, refused, readable } = screened;
    making.round.edits = refused;
    making.round.proposals = proposals.len() as u64;
    if readable == 0 {
        let reason = proposals.iter().find_map(|p| p.reason.clone()).unwrap_or_else(|| "No reply could be used.".into());
        let summary = summary(epoch, Decision::Invalid, reason);
        return Ok(Round::Decided(Box::new(Decided {
            search: making.round,
            ..Decided::nothing(summary.clone(), Attempt::new(&summary, String::new()))
        })));
    }

    // What needs no model call: proven edits the lead lacks, halves of other candidates, worked examples, lines that carry nothing.
    let moment = own::Moment { epoch, fruitless, earnings: &earnings };
    let own = own::ideas(context, pool, lead, &expected, &moment, &mut random);
    edits.extend(own.into_iter().filter(|idea| !edits.iter().any(|e| e.edit.same_as(&idea.edit))).collect::<Vec<_>>());

    // The gate: what carries something?
    let pruning_due = moment.due(Technique::Prune, config.parts.adaptive);
    let gate = Gate { context, pool, lead, expected: &expected, epoch, tests: plan::tests(config, sizes, count), pruning_due };
    let passed = gate.run(edits, &mut making).await?;
    let explanation = memory::kept(making.round.edits.iter());
    let nothing = |making: Making, reason: String| {
        let summary = summary(epoch, Decision::Rejected, reason);
        let attempt = Attempt::new(&summary, memory::kept(making.round.edits.iter()));
        Ok(Round::Decided(Box::new(Decided { search: making.round, ..Decided::nothing(summary, attempt) })))
    };
    if passed.prompt == lead.prompt && lead.candidate.version == state.best_version {
        let looked_at = making.round.edits.len();
        if looked_at == 0 {
            return nothing(making, "The proposals change nothing.".into());
        }
        // The optimizer is told of each edit what became of it; of the round it is told the count alone.
        let told = format!("None of {looked_at} edits helped on the training examples they speak of; nothing was validated.");
        let attempt = Attempt::new(&summary(epoch, Decision::Rejected, told), memory::kept(making.round.edits.iter()));
        let summary = summary(epoch, Decision::Rejected, nothing_helped(&making.round.edits));
        let search = making.round;
        return Ok(Round::Decided(Box::new(Decided { search, ..Decided::nothing(summary, attempt) })));
    }
    if let Some(known) = pool.members.iter().find(|m| m.prompt == passed.prompt && m.candidate.fate != Fate::Trial) {
        let number = known.candidate.number;
        return nothing(making, format!("The edits that helped led back to candidate {number}, which is known already."));
    }

    // The race against the best, and the decision.
    let version = context.version_of(&passed.prompt, epoch).await?;
    let child = making.add(version, passed.parents, Technique::Merge, Fate::Validated, String::new(), None);
    let raced = race::race(context, version, &passed.prompt, epoch, &state.best_validation).await?;
    let ids = context.examples_of(Split::Validation).await?;
    let mut fresh = FreshAnswers::default();
    let (summary, validation, fate) = match raced {
        Race::Outrun { n, delta, bound } => {
            let reason = words::given_up(n, delta, &bound);
            (EpochSummary { bound: Some(bound), ..summary(epoch, Decision::Rejected, reason) }, None, Fate::Outrun)
        }
        Race::Complete(validation) => {
            let mut verdict =
                decide::decide(&state.best_validation, &validation, config.accept, config.alpha, config.matched_from(), config.seed);
            let apart = race::confirming(&ids, config.seed);
            let confirmed = !config.parts.confirmation || race::confirmed(&state.best_validation, &validation, &apart, config.accept);
            if verdict.decision == Decision::Accepted && !confirmed {
                verdict.decision = Decision::Rejected;
                let there = |id| apart.contains(&id);
                let on_them = decide::compare_where(there, &state.best_validation, &validation, config.matched_from(), config.seed);
                verdict.reason = format!(
                    "Not confirmed on the {} validation examples set apart for that: {}; on all: {}.",
                    apart.len(),
                    words::figures(&on_them),
                    words::figures(&verdict.paired)
                );
            }
            let mut validation = validation;
            if verdict.decision == Decision::Accepted && config.parts.confirmation {
                let phase = Phase::Validate;
                let best = Errand { version: state.best_version, prompt: &state.best_prompt(), phase, epoch, most: None };
                let champion = Errand { version, prompt: &passed.prompt, phase, epoch, most: None };
                let ids = race::asked_anew(&ids, config.seed);
                if let Some(both) = fresh::answers(context, best, champion, &ids).await? {
                    let (before, after) = both.with_first_answers(&state.best_validation, &validation, config);
                    let again = decide::decide(&before, &after, config.accept, config.alpha, config.matched_from(), config.seed);
                    // Who clearly loses on answers that nobody chose it by is out; chance alone is not held against it.
                    let held = race::confirmed(&both.best, &both.champion, &ids, config.accept);
                    if held && again.decision == Decision::Accepted {
                        fresh = both.kept(version, state, &before);
                        verdict = again;
                        verdict.reason.push_str(&format!(" It held on fresh answers to {} of them, which the score counts.", ids.len()));
                        validation = after;
                    } else {
                        verdict.decision = Decision::Rejected;
                        verdict.reason = format!(
                            "Not confirmed on fresh answers to {} validation examples (the model does not always answer the same): {}; with \
                             the first answers: {}.",
                            ids.len(),
                            words::figures(&decide::compare(&both.best, &both.champion, config.matched_from(), config.seed)),
                            words::figures(&again.paired)
                        );
                    }
                }
            }
            let fate = if verdict.decision == Decision::Accepted { Fate::Best } else { Fate::Validated };
            let compared = verdict.paired.n > 0;
            let summary = EpochSummary {
                validation: validation.score(),
                delta: compared.then_some(verdict.paired.delta),
                p: compared.then_some(verdict.paired.p),
                fixed: verdict.paired.fixed,
                broken: verdict.paired.broken,
                ..summary(epoch, verdict.decision, verdict.reason)
            };
            (summary, Some(validation), fate)
        }
    };
    for candidate in making.round.candidates.iter_mut().filter(|c| c.number == child) {
        candidate.fate = fate;
        candidate.reason.clone_from(&summary.reason);
        candidate.validation = summary.validation;
    }
    let attempt = Attempt::new(&summary, explanation);
    Ok(Round::Decided(Box::new(Decided {
        version: Some(version),
        prompt: Some(passed.prompt),
        validation,
        train: None,
        search: making.round,
        fresh,
        summary,
        attempt,
    })))
}

impl Context {
    /// The version of a prompt in this run.
    async fn version_of(&self, prompt: &Prompt, epoch: u32) -> Result<i64, Halt> {
        if *prompt == self.config.prompt {
            return Ok(self.run.baseline_version);
        }
        Ok(self.store.version_of_run(self.run.project, self.run.id, epoch, prompt.clone(), self.clock.now_ms()).await?)
    }
}

/// An edit with where it came from.
#[derive(Debug, Clone)]
struct Suggested {
    /// As an edit of the lead's prompt.
    edit: Edit,
    /// What was meant by it.
    hypothesis: String,
    /// Proposals that asked for it.
    votes: u32,
    /// Training examples the optimizer saw failing when it wrote it.
    failures: Vec<i64>,
    /// Replaces most of the prompt.
    rewrite: bool,
    /// How it came about.
    technique: Technique,
}

impl Suggested {
    fn tried(&self, epoch: u32, fate: EditFate, reason: String, rows: u32, gain: f64) -> TriedEdit {
        let Edit { half, removed, added, .. } = self.edit.clone();
        let (hypothesis, technique) = (self.hypothesis.clone(), self.technique);
        TriedEdit { epoch, half, removed, added, hypothesis, fate, reason, rows, gain, technique, reach: 1.0, together: 1 }
    }
}

type Expectations = BTreeMap<i64, Expected>;
