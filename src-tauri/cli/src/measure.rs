//! `eval`: one prompt on a file.

use std::path::Path;

use mlprompt_core::{
    Error, ErrorCode, Result,
    api::{RunId, StartRun},
    engine::{Engine, EvaluationRequest, suspect_words},
    run::{Preflight, RunConfig, RunStatus},
    train::amount,
};

use crate::out::say;
use crate::{
    End, convert,
    options::{EvalOptions, TrainOptions},
    show, train,
};

/// Validation examples a preflight asks, each twice.
const ASKED: usize = 40;

/// Imports the data, measures the first prompts on some validation examples, each asked twice, and says what to expect.
pub async fn preflight(engine: &Engine, options: TrainOptions, json: bool) -> Result<End> {
    let project = convert::import(engine, &options.data).await?;
    let config = convert::train_config(engine, &options, &project, train::now_ms()).await?;
    let name = format!("preflight of {}", config.name);
    // No epoch, no test: the prompt as it is on a few validation examples, two answers each to see the noise.
    let measuring = RunConfig { name, samples: 2, ..config.clone() };
    let request = EvaluationRequest { project: project.project.id, config: measuring };
    let run = engine.start_measuring(request, ASKED).await?.id;
    while engine.driven_runs().contains(&run) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let ended = engine.get_run(RunId { run }).await?.summary;
    if ended.status != RunStatus::Completed {
        return Ok(End::Failed(ended.stop_reason.unwrap_or_else(|| "The first prompts could not be measured.".into())));
    }
    let report = engine.preflight(StartRun { project: project.project.id, config }).await?;
    if json {
        let mut value = serde_json::to_value(&report).map_err(|e| Error::internal(e.to_string()))?;
        value["event"] = "preflight".into();
        train::print_line(&value)?;
    } else {
        print(&report);
    }
    Ok(End::Done)
}

fn print(report: &Preflight) {
    say!("{}\n", show::plain(&report.verdict));
    say!("score now              {}", show::score(report.score));
    say!("left to gain           {}", report.headroom.map_or("unknown".into(), amount));
    let noise =
        |noise| format!("{}, {} of {} questions scored otherwise when asked again", amount(noise), report.differing, report.asked_twice);
    say!("noise floor            {}", report.noise.map_or("unknown".into(), noise));
    say!("gain that would show   {}", amount(report.detectable));
    say!("in several splits      {}", report.duplicates);
    say!("calls                  {} to {}, {} proposals", report.calls_low, report.calls_high, report.proposals);
    let cost = report.cost_low.zip(report.cost_high).map(|(low, high)| format!("{low:.2} to {high:.2} dollars"));
    say!("cost                   {}", cost.unwrap_or_else(|| "unknown".into()));
    for suspect in &report.suspects {
        say!("Suspect: {}", show::plain(&suspect_words(suspect)));
    }
    for warning in &report.warnings {
        say!("Note: {}", show::plain(warning));
    }
}

/// Imports the file, measures the prompt on every row, and writes the predictions when asked to.
pub async fn eval(engine: &Engine, options: EvalOptions, json: bool) -> Result<End> {
    let project = convert::import(engine, &options.data).await?;
    let config = convert::base_config(engine, &options.model, &project, train::now_ms()).await?;
    convert::keep_prompt(engine, &project, &config).await?;
    let run = engine.start_evaluation(EvaluationRequest { project: project.project.id, config }).await?;
    let end = train::follow_from(engine, run.id, 0, json, true).await?;
    write_predictions(engine, run.id, &end, options.predictions.as_deref()).await?;
    Ok(end)
}

/// Writes the predictions of a run that has come to its end, when a file was named.
pub async fn write_predictions(engine: &Engine, run: i64, end: &End, file: Option<&Path>) -> Result<()> {
    let (End::Done, Some(file)) = (end, file) else { return Ok(()) };
    let text = engine.predictions_csv(run).await?;
    std::fs::write(file, text)
        .map_err(|e| Error::new(ErrorCode::Internal, format!("{} cannot be written: {e}. Check the path.", file.display())))
}
