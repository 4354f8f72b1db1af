//! The data of a project: what it says, its versions, its doubts.

use mlprompt_core::{
    Error, Result,
    api::{ListDoubts, ProjectId, ResolveRepeats, RestoreDatasetVersion, RunId},
    dataset::{DatasetInfo, LengthHistogram, RepeatKind, RepeatResolution},
    engine::Engine,
};

use crate::out::{say, say_text};
use crate::{
    End,
    list::{head, json_of},
    options::{DataAction, ResolveHow},
    show,
    train::print_line,
};

/// Carries out what was asked of a project's data.
pub async fn data(engine: &Engine, project: &str, action: Option<DataAction>, json: bool) -> Result<End> {
    let id = engine.project_id(project).await?;
    let project = id.project;
    match action.unwrap_or(DataAction::Profile) {
        DataAction::Profile => profile(engine, id, json).await?,
        DataAction::Versions => versions(engine, id, json).await?,
        DataAction::Undo => told(&engine.undo_edit(id).await?, json)?,
        DataAction::Redo => told(&engine.redo_edit(id).await?, json)?,
        DataAction::Restore { version } => {
            let versions = engine.list_dataset_versions(id).await?;
            let found = versions.iter().find(|v| v.version == version);
            let version = found.ok_or_else(|| Error::not_found(format!("There is no dataset version {version}.")))?.id;
            told(&engine.restore_dataset_version(RestoreDatasetVersion { project, version }).await?, json)?;
        }
        DataAction::Resolve { how } => {
            let (kind, how) = match how {
                ResolveHow::ExcludeDuplicates => (RepeatKind::Duplicates, RepeatResolution::ExcludeLater),
                ResolveHow::DeleteDuplicates => (RepeatKind::Duplicates, RepeatResolution::DeleteLater),
                ResolveHow::ExcludeContradictions => (RepeatKind::Contradictions, RepeatResolution::ExcludeAll),
                ResolveHow::KeepMajority => (RepeatKind::Contradictions, RepeatResolution::KeepMajority),
            };
            told(&engine.resolve_repeats(ResolveRepeats { project, kind, how }).await?, json)?;
        }
        DataAction::Doubts { run } => doubts(engine, project, run, json).await?,
        DataAction::Rescore { run } => rescore(engine, run, json).await?,
    }
    Ok(End::Done)
}

fn told(info: &DatasetInfo, json: bool) -> Result<()> {
    if json {
        return print_line(&json_of(info)?);
    }
    let change = info.can_undo.as_deref().unwrap_or("as it was imported");
    say!("Version {} of the data: {}. {} examples, {} excluded.", info.version, show::plain(change), info.rows, info.excluded);
    Ok(())
}

async fn profile(engine: &Engine, project: ProjectId, json: bool) -> Result<()> {
    let profile = engine.data_profile(project).await?;
    if json {
        return print_line(&json_of(&profile)?);
    }
    say!("{} examples, {} excluded, {} different ground truths", profile.examples, profile.excluded, profile.distinct_truths);
    say!("duplicates: {} examples in {} groups", profile.duplicates.examples, profile.duplicates.groups);
    say!("contradictions: {} examples in {} groups", profile.contradictions.examples, profile.contradictions.groups);
    say!("");
    let row = |name: &str, lengths: &LengthHistogram| {
        let figures = [lengths.shortest, lengths.median, lengths.p95, lengths.longest].map(|n| n.to_string());
        std::iter::once(name.to_owned()).chain(figures).collect::<Vec<_>>()
    };
    say_text!(
        "{}",
        show::table(&[
            head(["length of", "shortest", "median", "95 %", "longest"]),
            row("inputs, characters", &profile.input_characters),
            row("inputs, tokens", &profile.input_tokens),
            row("truths, characters", &profile.truth_characters),
            row("truths, tokens", &profile.truth_tokens),
        ])
    );
    if !profile.labels.is_empty() {
        say!("");
        let mut rows = vec![head(["label", "examples"])];
        rows.extend(profile.labels.iter().map(|l| vec![show::plain(&l.label), l.count.to_string()]));
        say_text!("{}", show::table(&rows));
    }
    Ok(())
}

async fn versions(engine: &Engine, project: ProjectId, json: bool) -> Result<()> {
    let versions = engine.list_dataset_versions(project).await?;
    if json {
        return versions.iter().try_for_each(|version| print_line(&json_of(version)?));
    }
    let mut rows = vec![head(["version", "", "change", "examples", "excluded", "runs"])];
    rows.extend(versions.iter().map(|v| {
        let current = if v.current { "current" } else { "" };
        vec![v.version.to_string(), current.into(), show::plain(&v.change), v.rows.to_string(), v.excluded.to_string(), v.runs.to_string()]
    }));
    say_text!("{}", show::table(&rows));
    Ok(())
}

async fn doubts(engine: &Engine, project: i64, run: i64, json: bool) -> Result<()> {
    let doubts = engine.list_doubts(ListDoubts { project, run }).await?;
    if json {
        return doubts.iter().try_for_each(|doubt| print_line(&json_of(doubt)?));
    }
    if doubts.is_empty() {
        say!("No example is in doubt: nowhere do most prompts of the run agree on another answer.");
        return Ok(());
    }
    let mut rows = vec![head(["example", "ground truth", "most answer", "prompts"])];
    rows.extend(doubts.iter().map(|d| {
        vec![
            d.example.number.to_string(),
            show::plain(&d.example.ground_truth_output),
            show::plain(&d.answer),
            format!("{} of {}", d.agreeing, d.prompts),
        ]
    }));
    say_text!("{}", show::table(&rows));
    Ok(())
}

async fn rescore(engine: &Engine, run: i64, json: bool) -> Result<()> {
    let rescored = engine.rescored(RunId { run }).await?;
    if json {
        return print_line(&json_of(&rescored)?);
    }
    say!(
        "Run {run} under version {} of the data: {} examples corrected, {} gone. The run's own figures stand.",
        rescored.version,
        rescored.corrected,
        rescored.gone
    );
    if let Some(note) = &rescored.note {
        say!("{}", show::plain(note));
    }
    say_text!(
        "{}",
        show::table(&[
            head(["", "train", "validation", "test"]),
            show::score_row("baseline".into(), rescored.baseline),
            show::score_row("best".into(), rescored.best),
        ])
    );
    Ok(())
}
