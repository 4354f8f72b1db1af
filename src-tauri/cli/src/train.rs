//! `train` and `resume`: start a run, show it while it goes on, end with its report.

use std::{io::Write, path::Path};

use mlprompt_core::{
    Error, ErrorCode, Result,
    api::{RepeatGroup, RunId, RunView, StartRepeats, StartRun},
    engine::Engine,
    run::{RunEvent, RunStatus, RunSummary, SplitScores, simulated_words},
};

use crate::out::{say, say_text};
use crate::{
    End, convert,
    measure::write_predictions,
    options::TrainOptions,
    show::{self, Live},
};

/// Unix milliseconds, for the name of the run.
pub fn now_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(0))
}

/// Imports the data, starts the run and follows it to its end.
pub async fn train(engine: &Engine, options: TrainOptions, json: bool) -> Result<End> {
    let project = convert::import(engine, &options.data).await?;
    let config = convert::train_config(engine, &options, &project, now_ms()).await?;
    convert::keep_prompt(engine, &project, &config).await?;
    let project = project.project.id;
    if options.repeats > 1 {
        return repeat(engine, StartRepeats { project, config, repeats: options.repeats }, json).await;
    }
    let run = engine.start_run(StartRun { project, config }).await?;
    follow(engine, run.id, json).await
}

/// One run of a group after the other, then what they came to together.
async fn repeat(engine: &Engine, request: StartRepeats, json: bool) -> Result<End> {
    let project = request.project;
    let mut group = None;
    for config in engine.repeat_configs(&request).await? {
        group = config.repeat.map(|r| r.group);
        let run = engine.start_run(StartRun { project, config }).await?;
        match follow(engine, run.id, json).await? {
            End::Done => {}
            other => return Ok(other),
        }
    }
    let Some(group) = group else { return Ok(End::Done) };
    let summary = engine.repeats(RepeatGroup { project, group }).await?;
    if json {
        let mut value = serde_json::to_value(&summary).map_err(|e| Error::internal(e.to_string()))?;
        value["event"] = "repeats".into();
        print_line(&value)?;
        return Ok(End::Done);
    }
    say!("");
    say!("{} repeats, a proposal beat the baseline in {} of {}", summary.of, summary.better, summary.completed);
    let rows = [
        ["", "validation", "test"].map(str::to_owned).to_vec(),
        vec!["baseline".into(), show::spread(summary.baseline_validation), show::spread(summary.baseline_test)],
        vec!["best".into(), show::spread(summary.best_validation), show::spread(summary.best_test)],
        vec!["gain".into(), show::spread(summary.gain_validation), show::spread(summary.gain_test)],
    ];
    say_text!("{}", show::table(&rows));
    Ok(End::Done)
}

/// Goes on with a run and follows it to its end.
pub async fn resume(engine: &Engine, run: i64, predictions: Option<&Path>, json: bool) -> Result<End> {
    let before = engine.get_run(RunId { run }).await?;
    engine.resume_run(RunId { run }).await?;
    follow_on(engine, &before, predictions, json).await
}

/// Asks again for what has no answer, and shows the run to its end.
pub async fn retry(engine: &Engine, run: i64, predictions: Option<&Path>, json: bool) -> Result<End> {
    let before = engine.get_run(RunId { run }).await?;
    engine.retry_missing(RunId { run }).await?;
    follow_on(engine, &before, predictions, json).await
}

/// Follows a run that goes on from where it stood, and writes its predictions when it has ended.
async fn follow_on(engine: &Engine, before: &RunView, predictions: Option<&Path>, json: bool) -> Result<End> {
    let run = before.summary.id;
    let end = follow_from(engine, run, before.last_seq, json, before.summary.config.epochs == 0).await?;
    write_predictions(engine, run, &end, predictions).await?;
    Ok(end)
}

async fn follow(engine: &Engine, run: i64, json: bool) -> Result<End> {
    follow_from(engine, run, 0, json, false).await
}

/// Shows a run's events until it does not go on any more, then its end.
pub async fn follow_from(engine: &Engine, run: i64, after: u64, json: bool, evaluation: bool) -> Result<End> {
    let live = Live::new();
    let mut watch = engine.watch(run, after);
    let mut interrupts = 0;
    // Kept from one turn to the next: a signal that comes while an event is printed must not be lost.
    let mut ctrl_c = Box::pin(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            event = watch.next() => match event? {
                None => break,
                // The last line is printed below, from what is on disk in the end.
                Some(numbered) if matches!(numbered.event, RunEvent::Finished { .. }) => {}
                Some(numbered) if json => print_line(&serde_json::to_value(&numbered.event).map_err(|e| Error::internal(e.to_string()))?)?,
                Some(numbered) => live.event(&numbered.event),
            },
            signal = &mut ctrl_c => {
                ctrl_c = Box::pin(tokio::signal::ctrl_c());
                signal.map_err(|e| Error::internal(format!("Ctrl C cannot be heard: {e}.")))?;
                interrupts += 1;
                if interrupts > 1 {
                    live.finish();
                    eprintln!("Ended at once. Resume with: mlprompt-cli resume {run}");
                    return Ok(End::Interrupted);
                }
                eprintln!("Letting calls in flight finish; Ctrl C again ends at once.");
                // It may have ended this instant; then its end is shown.
                let _already_ended = engine.pause_run(RunId { run }).await;
            }
        }
    }
    live.finish();
    let summary = engine.run(run).await?;
    let verdict = engine.get_run(RunId { run }).await?.verdict;
    if json {
        print_line(&finished(&summary, evaluation)?)?;
    } else {
        report(&summary, verdict.as_deref(), evaluation);
        show::next_steps(engine, run).await?;
    }
    let reason = summary.stop_reason.unwrap_or_default();
    Ok(match summary.status {
        RunStatus::Completed | RunStatus::Cancelled => End::Done,
        RunStatus::Paused if interrupts > 0 => End::Interrupted,
        RunStatus::Paused => End::Failed(format!("{reason} Resume with: mlprompt-cli resume {run}")),
        _ => End::Failed(reason),
    })
}

/// The last line, as the contract has it.
fn finished(summary: &RunSummary, evaluation: bool) -> Result<serde_json::Value> {
    let event = RunEvent::Finished {
        run: summary.id,
        status: summary.status,
        stop_reason: summary.stop_reason.clone().unwrap_or_default(),
        baseline: summary.baseline,
        best: summary.best.clone(),
        usage: summary.usage,
    };
    let mut value = serde_json::to_value(&event).map_err(|e| Error::internal(e.to_string()))?;
    if evaluation {
        value["score"] = serde_json::to_value(summary.baseline.validation).map_err(|e| Error::internal(e.to_string()))?;
    }
    Ok(value)
}

/// One JSON line on standard output.
pub fn print_line(value: &serde_json::Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")
        .and_then(|()| out.flush())
        .map_err(|e| Error::new(ErrorCode::Internal, format!("Standard output was closed: {e}.")))
}

fn report(summary: &RunSummary, verdict: Option<&str>, evaluation: bool) {
    let usage = &summary.usage;
    say!("");
    if let Some(verdict) = verdict {
        say!("{}", show::plain(verdict));
    }
    if let Some(reason) = &summary.stop_reason {
        say!("Run {} {}: {}", summary.id, show::status(summary.status), show::plain(reason));
    }
    if let Some(words) = simulated_words([summary]) {
        say!("{words}");
    }
    say!("");
    if evaluation {
        say!("score  {}", show::score(summary.baseline.validation));
    } else {
        let best = SplitScores { train: summary.best.train, validation: summary.best.validation, test: summary.best.test };
        let head = ["", "train", "validation", "test"].map(str::to_owned).to_vec();
        let rows = [
            head,
            show::score_row("baseline".into(), summary.baseline),
            show::score_row(format!("best (epoch {})", summary.best.epoch), best),
        ];
        say_text!("{}", show::table(&rows));
    }
    say!("");
    say!(
        "{} calls, {} answers from disk, {} retries, {} examples missing, {} tokens in, {} out",
        usage.calls,
        usage.cached,
        usage.retries,
        usage.failed,
        usage.prompt_tokens,
        usage.completion_tokens
    );
    let dollars = |amount: Option<f64>| amount.map_or_else(|| "unknown".into(), |dollars| format!("${dollars:.4}"));
    say!("cost {}, saved by answers from disk {}", dollars(usage.cost), dollars(usage.saved));
    if usage.estimated > 0 {
        say!("The server counted no tokens for {} calls; those are estimated.", usage.estimated);
    }
    if !evaluation && summary.best.epoch > 0 {
        say!(
            "\nBest system prompt:\n{}\n\nBest output prompt:\n{}",
            show::plain(&summary.best.system_prompt),
            show::plain(&summary.best.output_prompt)
        );
    }
}
