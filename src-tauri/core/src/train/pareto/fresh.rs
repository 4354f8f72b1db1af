//! Fresh answers: where a model does not always answer the same, a new best has to hold on answers nobody chose it by.
//!
//! Whether it does so is measured once, on a dozen validation examples under the first prompts: their answers are asked for a
//! second time, or read where the run takes several samples anyway. A temperature of 0 counts as steady unasked.

use std::collections::HashMap;

use super::race;
use crate::{
    calls::Halt,
    dataset::Split,
    run::{EpochSummary, Outcome, Phase, RunConfig, StrategyKind},
    store::{FreshAnswers, StoredPrediction},
    train::{
        Context, TrainState,
        evaluate::{Errand, Evaluation, ExampleResult},
        words::AS_WRITTEN,
    },
};

/// Examples asked twice to learn whether answers vary.
pub const ASKED_TWICE: usize = 12;

/// Whether two answers of the model to the same question scored differently.
pub async fn varies(context: &Context, epoch: u32) -> Result<bool, Halt> {
    let measured = context.varies.get_or_try_init(|| measure(context, epoch)).await?;
    Ok(*measured)
}

async fn measure(context: &Context, epoch: u32) -> Result<bool, Halt> {
    if context.config.primary.temperature.is_some_and(|t| t <= 0.0) {
        return Ok(false);
    }
    let ids = context.examples_of(Split::Validation).await?;
    let mut twice = race::order(&ids, context.config.seed);
    twice.truncate(ASKED_TWICE);
    let version = context.run.baseline_version;
    let known = context.store.predictions(context.run.id, version).await?;
    let of = |sample: u32| -> HashMap<i64, f64> {
        known.iter().filter(|p| p.sample == sample).filter_map(|p| Some((p.example, p.score?))).collect()
    };
    let first = of(0);
    let second: HashMap<i64, f64> = if context.config.samples > 1 {
        of(1)
    } else {
        let errand = Errand { version, prompt: &context.config.prompt, phase: Phase::Validate, epoch, most: None };
        let (anew, _) = context.answer_anew(errand, &twice).await?;
        anew.results.iter().filter_map(|r| Some((r.example, r.score?))).collect()
    };
    Ok(twice.iter().any(|id| matches!((first.get(id), second.get(id)), (Some(a), Some(b)) if (a - b).abs() > 1e-9)))
}

/// Fresh answers under the best and its challenger.
pub struct Both {
    /// Under the best.
    pub best: Evaluation,
    /// Under its challenger.
    pub champion: Evaluation,
    /// The challenger's, to be kept once it is the best.
    kept: Vec<StoredPrediction>,
    /// Those of first prompts, which had none until now; empty under any other best.
    of_baseline: Vec<StoredPrediction>,
    /// The best was confirmed itself, so its fresh answers count already.
    counts: bool,
}

impl Both {
    /// What both score with their first and their fresh answers together.
    pub fn with_first_answers(&self, best: &Evaluation, champion: &Evaluation, config: &RunConfig) -> (Evaluation, Evaluation) {
        let best = if self.counts { best.clone() } else { together(best, &self.best, config) };
        (best, together(champion, &self.champion, config))
    }

    /// What stays of them once the challenger is the best. First prompts that it had to beat keep theirs and are told by their first and
    /// fresh answers as well, so that a comparison with them comes to the same wherever it is made.
    pub fn kept(self, version: i64, state: &TrainState, before: &Evaluation) -> FreshAnswers {
        let restated = (!self.of_baseline.is_empty()).then(|| state.epochs.first()).flatten().map(|first| EpochSummary {
            validation: before.score(),
            reason: format!(
                "{AS_WRITTEN} Its score counts fresh answers to {} examples since epoch {}.",
                self.of_baseline.len(),
                state.next_epoch()
            ),
            ..first.clone()
        });
        FreshAnswers { kept: vec![(version, self.kept), (state.best_version, self.of_baseline)], restated }
    }
}

/// First answers with one fresh answer each averaged in, where there is one.
fn together(first: &Evaluation, anew: &Evaluation, config: &RunConfig) -> Evaluation {
    let fresh: HashMap<i64, f64> = anew.results.iter().filter_map(|r| Some((r.example, r.score?))).collect();
    let samples = f64::from(config.samples.max(1));
    let mut both = first.clone();
    for result in &mut both.results {
        if let (Some(score), Some(fresh)) = (result.score, fresh.get(&result.example)) {
            let mean = (score * samples + fresh) / (samples + 1.0);
            result.score = Some(mean);
            result.outcome = if mean >= config.matched_from() { Outcome::Match } else { Outcome::NoMatch };
        }
    }
    both
}

/// The evaluation of a best that was confirmed on fresh answers, these counted; of any other as it is. So is its score told, and so is
/// it compared with whoever comes next: luck of its first answers alone keeps nobody out.
pub async fn counted(context: &Context, version: i64, evaluation: Evaluation) -> Result<Evaluation, Halt> {
    let config = &context.config;
    // Only a search that confirms keeps such answers: a large run of another kind is not read twice for them.
    if config.strategy != StrategyKind::Pareto || !config.parts.confirmation {
        return Ok(evaluation);
    }
    let first = config.samples.max(1);
    let marks = context.store.prediction_marks(context.run.id, version).await?;
    let fresh = marks.iter().filter(|m| m.sample >= first);
    let results = fresh.map(|m| ExampleResult { example: m.example, score: m.score, outcome: Outcome::Match, missing: m.missing });
    let anew = Evaluation { results: results.collect(), seed: evaluation.seed, ..Evaluation::default() };
    Ok(together(&evaluation, &anew, config))
}

/// Best and champion on fresh answers to these examples; none where the model answers the same anyway.
pub async fn answers(context: &Context, best: Errand<'_>, champion: Errand<'_>, ids: &[i64]) -> Result<Option<Both>, Halt> {
    if ids.is_empty() || !varies(context, champion.epoch).await? {
        return Ok(None);
    }
    let first = context.config.samples.max(1);
    let counts = context.store.prediction_marks(context.run.id, best.version).await?.iter().any(|m| m.sample >= first);
    let is_baseline = best.version == context.run.baseline_version;
    let (best, mut of_baseline) = context.answer_anew(best, ids).await?;
    let (champion, mut kept) = context.answer_anew(champion, ids).await?;
    // A fresh answer that did not come counts nowhere, so it is none of the run's missing ones.
    kept.retain(|p| p.score.is_some());
    of_baseline.retain(|p| is_baseline && p.score.is_some());
    Ok(Some(Both { best, champion, kept, of_baseline, counts }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::first_config;

    fn evaluation(scores: &[(i64, f64)]) -> Evaluation {
        let result =
            |&(example, score): &(i64, f64)| ExampleResult { example, score: Some(score), outcome: Outcome::NoMatch, missing: None };
        Evaluation { results: scores.iter().map(result).collect(), ..Evaluation::default() }
    }

    #[test]
    fn fresh_answers_count_as_one_more_sample_where_there_is_one() {
        let both = together(&evaluation(&[(1, 1.0), (2, 1.0), (3, 0.0)]), &evaluation(&[(1, 0.0), (2, 1.0)]), &first_config());
        let seen: Vec<(Option<f64>, Outcome)> = both.results.iter().map(|r| (r.score, r.outcome)).collect();
        assert_eq!(seen, [(Some(0.5), Outcome::NoMatch), (Some(1.0), Outcome::Match), (Some(0.0), Outcome::NoMatch)]);
        let sampled = RunConfig { samples: 3, ..first_config() };
        assert_eq!(together(&evaluation(&[(1, 1.0)]), &evaluation(&[(1, 0.0)]), &sampled).results[0].score, Some(0.75));
    }
}
