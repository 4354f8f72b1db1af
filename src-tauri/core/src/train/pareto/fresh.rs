//! Fresh answers: where a model does not always answer the same, a new best has to hold on answers nobody chose it by.
//!
//! Whether it does so is measured once, on a dozen validation examples under the first prompts: their answers are asked for a
//! second time, or read where the run takes several samples anyway. A temperature of 0 counts as steady unasked.

use std::collections::HashMap;

use super::race;
use crate::{
    calls::Halt,
    dataset::Split,
    prompt::Prompt,
    run::Phase,
    train::{
        Context,
        evaluate::{Errand, Evaluation},
    },
};

/// Examples asked twice to learn whether answers vary.
pub const ASKED_TWICE: usize = 12;

/// What is known of a prompt before it becomes the best.
pub struct Contender<'a> {
    /// Its version.
    pub version: i64,
    /// Its text.
    pub prompt: &'a Prompt,
}

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
        let errand = Errand { version, prompt: &context.config.prompt, phase: Phase::Validate, epoch };
        let anew = context.answer_anew(errand, &twice).await?;
        anew.results.iter().filter_map(|r| Some((r.example, r.score?))).collect()
    };
    Ok(twice.iter().any(|id| matches!((first.get(id), second.get(id)), (Some(a), Some(b)) if (a - b).abs() > 1e-9)))
}

/// Best and champion on fresh answers to the examples set apart; none where the model answers the same anyway.
pub async fn answers(
    context: &Context,
    best: &Contender<'_>,
    champion: &Contender<'_>,
    apart: &[i64],
    epoch: u32,
) -> Result<Option<(Evaluation, Evaluation)>, Halt> {
    if apart.is_empty() || !varies(context, epoch).await? {
        return Ok(None);
    }
    let mut both = Vec::new();
    for Contender { version, prompt } in [best, champion] {
        let errand = Errand { version: *version, prompt, phase: Phase::Validate, epoch };
        both.push(context.answer_anew(errand, apart).await?);
    }
    Ok(both.pop().zip(both.pop()).map(|(after, before)| (before, after)))
}
