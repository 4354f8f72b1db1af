//! The end: baseline and best on the sealed test split, once.

use super::{Context, evaluate::Evaluation};
use crate::{
    calls::Halt,
    dataset::Split,
    prompt::Prompt,
    run::{BestPrompt, Phase},
};

/// Opens the test split and records its scores. Gives a sentence when they could not be measured.
pub async fn open(context: &Context) -> Result<Option<String>, Halt> {
    let run = &context.run;
    let summary = context.store.run(run.id).await?;
    let (mut baseline, mut best) = (summary.baseline, summary.best);
    let epoch = summary.epochs_done;
    let mut unmeasured = None;
    if run.splits.test > 0 && !opens(context, &best).await? {
        unmeasured = Some(super::words::TEST_NOT_OPENED.to_owned());
    } else if run.splits.test > 0 {
        let opened_before = context.store.record_test_opening(run.id, context.clock.now_ms()).await?;
        if opened_before > 0 {
            context.warn(super::words::opened_before(opened_before, run.splits.test)).await?;
        }
        let best_version = context.store.run_row(run.id).await?.best_version;
        let best_prompt = Prompt { system_prompt: best.system_prompt.clone(), output_prompt: best.output_prompt.clone() };
        match both(context, best_version, &best_prompt, epoch).await {
            Ok((first, second)) => {
                baseline.test = first.score();
                best.test = second.score();
            }
            Err(Halt::Budget(_)) => unmeasured = Some(super::words::NOT_ENOUGH_FOR_TEST.to_owned()),
            Err(halt) => return Err(halt),
        }
    }
    let mut usage = context.usage();
    usage.failed = context.store.missing_examples(run.id).await?.len() as u64;
    context.store.save_scores(run.id, baseline, best, usage).await?;
    Ok(unmeasured)
}

/// Whether the limit on calls leaves what the test split still takes: opened for less it would be spent for nothing. One that a session
/// before this one opened is gone on with.
async fn opens(context: &Context, best: &BestPrompt) -> Result<bool, Halt> {
    let run = &context.run;
    let Some(left) = context.desk.meter().calls_left() else { return Ok(true) };
    if context.store.test_opened_at(run.id).await?.is_some() {
        return Ok(true);
    }
    let ids = context.store.run_example_ids(run.id, Split::Test).await?;
    let first = &context.config.prompt;
    let mut needed = context.unbought(first, &ids).await?;
    if (&best.system_prompt, &best.output_prompt) != (&first.system_prompt, &first.output_prompt) {
        let prompt = Prompt { system_prompt: best.system_prompt.clone(), output_prompt: best.output_prompt.clone() };
        needed += context.unbought(&prompt, &ids).await?;
    }
    Ok(needed <= left)
}

async fn both(context: &Context, best_version: i64, best_prompt: &Prompt, epoch: u32) -> Result<(Evaluation, Evaluation), Halt> {
    let first = context.evaluate(context.run.baseline_version, &context.config.prompt, Phase::Test, epoch).await?;
    let second = if best_version == context.run.baseline_version {
        first.clone()
    } else {
        context.evaluate(best_version, best_prompt, Phase::Test, epoch).await?
    };
    Ok((first, second))
}
