//! The strategy `greedy`: the loop as it is written. One proposal an epoch, a full validation, kept when it beats the best.

use futures_util::future::BoxFuture;

use super::{Context, Decided, Round, Strategy, TrainState, decide, memory::Attempt, select, stop::Stop, validate::Validation, words};
use crate::{
    calls::Halt,
    run::{Decision, EpochSummary, Phase},
};

/// The plainest strategy.
pub struct Greedy;

impl Strategy for Greedy {
    fn round<'a>(&'a self, context: &'a Context, state: &'a mut TrainState, epoch: u32) -> BoxFuture<'a, Result<Round, Halt>> {
        Box::pin(async move {
            let config = &context.config;
            let best = state.best_prompt();

            // 1 and 2: every training example under the best prompt, scored.
            let train = context.evaluate(state.best_version, &best, Phase::Train, epoch).await?;
            if state.best.train.is_none() {
                state.best.train = train.score();
            }
            if train.all_match() {
                return Ok(Round::Nothing(if state.best_validation.all_match() {
                    Stop::Perfect
                } else {
                    Stop::NothingToLearn { validation: state.best.validation.map(|s| s.score), of_best: true }
                }));
            }
            if state.best_validation.is_full() {
                return Ok(Round::Nothing(Stop::NothingHigher));
            }
            let summary = |decision, reason| EpochSummary {
                epoch,
                decision,
                reason,
                train: train.score(),
                validation: None,
                bound: None,
                delta: None,
                p: None,
                fixed: 0,
                broken: 0,
                usage: Default::default(),
                decided_at: 0,
                active_ms: 0,
            };
            if train.too_many_missing() {
                let summary = summary(Decision::Rejected, words::too_many_missing(&train, "training"));
                let attempt = Attempt::new(&summary, String::new());
                return Ok(Round::Decided(Box::new(Decided::nothing(summary, attempt))));
            }

            // 3: the examples the optimizer sees.
            let shown = select::select(&train, config.select, config.examples as usize, config.seed, epoch);

            // 4: its proposal, checked before money is spent on it.
            let proposal = context.propose(state, &train, &shown, epoch).await?;
            let (Some(version), Some(prompt), None) = (proposal.version, proposal.prompt.clone(), &proposal.reason) else {
                let reason = proposal.reason.clone().unwrap_or_else(|| "The reply could not be used.".into());
                let summary = summary(Decision::Invalid, reason);
                let attempt = Attempt::new(&summary, proposal.explanation);
                return Ok(Round::Decided(Box::new(Decided::nothing(summary, attempt))));
            };

            // 5: the new prompts on the validation split, as far as it takes.
            let validation = match context.validate(version, &prompt, epoch, &state.best_validation).await? {
                Validation::Complete(validation) => validation,
                Validation::Bounded(bound) => {
                    let summary = EpochSummary { bound: Some(bound), ..summary(Decision::Rejected, words::bounded(&bound)) };
                    let attempt = Attempt::new(&summary, proposal.explanation);
                    let decided = Decided { version: Some(version), prompt: Some(prompt), ..Decided::nothing(summary, attempt) };
                    return Ok(Round::Decided(Box::new(decided)));
                }
            };

            // 6: accepted when validation beats the best so far.
            let verdict =
                decide::decide(&state.best_validation, &validation, config.accept, config.alpha, config.matched_from(), config.seed);
            let summary = EpochSummary {
                validation: validation.score(),
                delta: (verdict.paired.n > 0).then_some(verdict.paired.delta),
                p: (verdict.paired.n > 0).then_some(verdict.paired.p),
                fixed: verdict.paired.fixed,
                broken: verdict.paired.broken,
                ..summary(verdict.decision, verdict.reason)
            };
            let attempt = Attempt::new(&summary, proposal.explanation);
            Ok(Round::Decided(Box::new(Decided {
                version: Some(version),
                prompt: Some(prompt),
                validation: Some(validation),
                train: None,
                search: Default::default(),
                fresh: Default::default(),
                summary,
                attempt,
            })))
        })
    }
}
