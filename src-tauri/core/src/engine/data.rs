//! Import.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use tokio::sync::mpsc;

use super::{Engine, door, importing, importing::ImportWatch, lock, projects, reserve::Reserve};
use crate::{
    api::{Done, ImportDataset, ImportPhase, NoRequest, PreviewImport, ProjectId},
    connection::ConnectionKind,
    context::ContextLimit,
    dataset::{
        self, AskedImport, ColumnRoles, DataProfile, DatasetInfo, FileFormat, FileInfo, ImportPreview, Imported, Input, NewExample,
        ReadOptions, Split, SplitPlan, TextLengths,
    },
    error::{Error, ErrorCode, Result},
    metric::{self, MetricKind, MetricSpec, MetricSuggestion},
    project::ProjectView,
    sample::Sample,
    store::{NewDataset, Portion},
};

/// Portions that may wait for the database.
const PORTIONS_WAITING: usize = 4;
/// Bytes of files below which an import holds no room on the disk.
const SMALL: u64 = 1 << 20;
/// Ground truths that a metric is suggested from.
const TRUTHS_LOOKED_AT: usize = 500;
/// More different truths than this are no labels.
pub(super) const MOST_LABELS: u32 = 50;

/// The project of an import.
pub(super) enum Target {
    /// One that is there.
    Project(i64),
    /// One that is made, of this name; none: named after the file.
    New(Option<String>),
}

/// What reading all rows came to.
struct Filled {
    imported: Imported,
    /// The first ground truths.
    truths: Vec<String>,
    lengths: TextLengths,
}

/// What an import is made from.
#[derive(Default)]
pub(super) struct Source {
    inputs: Vec<Input>,
    asked: AskedImport,
    split_seed: u64,
}

/// Files for a project by name, as the command line gives them; what is left out is found.
#[derive(Debug, Clone, Default)]
pub struct ImportFiles {
    /// Name of the project, made when there is none.
    pub project: String,
    /// The files.
    pub files: Vec<PathBuf>,
    /// The split of each file; empty: as their names say, or divided.
    pub file_splits: Vec<Split>,
    /// How they are read.
    pub options: ReadOptions,
    /// Which column is what.
    pub roles: ColumnRoles,
    /// How they are divided.
    pub plan: Option<SplitPlan>,
    /// Seed of the division when no plan is given.
    pub split_seed: u64,
}

impl Engine {
    /// Looks at files before importing them; writes nothing. Reading to the end stops when a later preview is asked for, or
    /// [`Engine::stop_preview`]: nobody waits for what an earlier choice would have given.
    #[door]
    pub async fn preview_import(&self, request: PreviewImport) -> Result<ImportPreview> {
        let previews = &self.inner.previews;
        let number = if request.first_rows_only { 0 } else { previews.fetch_add(1, Relaxed) + 1 };
        let inputs = inputs(&request.paths, request.pasted.as_deref())?;
        let context = self.context_limit(request.project).await?;
        let PreviewImport { options, roles, plan, first_rows_only, .. } = request;
        let asked = AskedImport { options, roles, plan, context, ..AskedImport::default() };
        let inner = Arc::clone(&self.inner);
        let look = move || {
            if first_rows_only {
                return dataset::first_rows(&inputs, &asked);
            }
            dataset::preview(&inputs, &asked, &mut |_, _| match inner.previews.load(Relaxed) == number {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        };
        tokio::task::spawn_blocking(look).await.map_err(|e| Error::internal(e.to_string()))?
    }

    /// Ends the preview that still reads, if there is one: its sheet was closed.
    #[door]
    pub async fn stop_preview(&self, _: NoRequest) -> Result<Done> {
        self.inner.previews.fetch_add(1, Relaxed);
        Ok(Done {})
    }

    /// Imports files into a project: everything or nothing.
    #[door]
    pub async fn import_dataset(&self, request: ImportDataset) -> Result<ProjectView> {
        let (target, source) = Self::import_request(request)?;
        let project = self.import(target, source, &self.unwatched()).await?;
        self.open_project(ProjectId { project }).await
    }

    pub(super) fn import_request(request: ImportDataset) -> Result<(Target, Source)> {
        let inputs = inputs(&request.paths, request.pasted.as_deref())?;
        let asked = AskedImport { options: request.options, roles: request.roles, plan: Some(request.plan), ..AskedImport::default() };
        let source = Source { inputs, asked, ..Source::default() };
        Ok((request.project.map_or(Target::New(None), Target::Project), source))
    }

    /// Progress that nobody asks for.
    fn unwatched(&self) -> Arc<ImportWatch> {
        ImportWatch::new(Arc::clone(&self.inner.clock))
    }

    /// The same for the command line.
    #[door]
    pub async fn import_files(&self, request: ImportFiles) -> Result<ProjectView> {
        let (target, source) = self.import_files_request(request).await?;
        let project = self.import(target, source, &self.unwatched()).await?;
        self.open_project(ProjectId { project }).await
    }

    pub(super) async fn import_files_request(&self, request: ImportFiles) -> Result<(Target, Source)> {
        let name = projects::checked_name(&request.project, "project")?;
        let existing = self.store().project_named(&name).await?;
        let inputs = request
            .files
            .iter()
            .map(|f| std::path::absolute(f).map_err(|e| Error::new(ErrorCode::FileUnreadable, format!("{}: {e}.", f.display()))))
            .map(|path| path.map(Input::File))
            .collect::<Result<Vec<_>>>()?;
        let ImportFiles { file_splits, options, roles, plan, split_seed, .. } = request;
        let source = Source { inputs, asked: AskedImport { options, roles, plan, file_splits, ..AskedImport::default() }, split_seed };
        Ok((existing.map_or(Target::New(Some(name)), Target::Project), source))
    }

    /// Imports a sample's file as any other.
    pub(super) async fn import_sample(&self, project: i64, sample: &Sample) -> Result<()> {
        let file = Input::Text { name: sample.file_name.to_owned(), text: sample.csv.into() };
        let roles = ColumnRoles { input: Some(sample.input.into()), truth: Some(sample.truth.into()), ..ColumnRoles::default() };
        let source = Source { inputs: vec![file], asked: AskedImport { roles, ..AskedImport::default() }, ..Source::default() };
        self.import(Target::Project(project), source, &self.unwatched()).await.map(|_| ())
    }

    pub(super) async fn import(&self, target: Target, source: Source, watch: &Arc<ImportWatch>) -> Result<i64> {
        let (id, made_here) = match target {
            Target::Project(id) => (id, false),
            Target::New(name) => {
                let of_file = |input: &Input| match input {
                    Input::File(path) => Some(path.file_stem()?.to_string_lossy().into_owned()),
                    Input::Text { .. } => None,
                };
                let name = match name {
                    Some(given) => given,
                    // Two that nobody named are told apart.
                    None => {
                        let found = source.inputs.first().and_then(of_file).unwrap_or_else(|| "New project".into());
                        let short: String = found.chars().take(200).collect();
                        self.store().free_project_name(&short).await?
                    }
                };
                (self.store().create_project(&name, &projects::first_draft(), self.now()).await?, true)
            }
        };
        match self.fill_dataset(id, made_here, source, watch).await {
            Ok(()) => Ok(id),
            Err(error) => {
                if made_here && let Err(left) = self.store().remove_project(id).await {
                    tracing::warn!(project = id, error = %left.message, "the project of a failed import could not be removed");
                }
                Err(error)
            }
        }
    }

    async fn fill_dataset(&self, project: i64, made_here: bool, mut source: Source, watch: &Arc<ImportWatch>) -> Result<()> {
        source.asked.context = self.context_limit((!made_here).then_some(project)).await?;
        // Held until the end: while nobody holds it, what is not whole was left behind and is swept.
        let _held = lock::importing(self.store().path()).await?;
        let reserve = self.reserve(&source.inputs).await?;
        let dataset = self.store().begin_dataset(project, made_here, self.now()).await?;
        let filled = self.stream_rows(dataset, source, watch).await;
        watch.phase(ImportPhase::Writing);
        let filled = filled.and_then(|filled| watch.check().map(|()| filled));
        let finished = match filled {
            Ok(filled) => self.store().finish_dataset(project, dataset, describe(filled), self.now()).await,
            Err(error) => Err(error),
        };
        let Err(error) = finished else { return Ok(()) };
        drop(reserve);
        self.discard(dataset).await;
        Err(match error.code {
            ErrorCode::Database => {
                let message = format!(
                    "The import ended before it was whole; nothing of it was kept, and the project is as it was. {}",
                    error.message
                );
                Error::new(error.code, message)
            }
            _ => error,
        })
    }

    /// Room to take an import back on a disk that runs full; a small one needs none.
    async fn reserve(&self, inputs: &[Input]) -> Result<Option<Reserve>> {
        let size = |input: &Input| match input {
            Input::File(path) => std::fs::metadata(path).map_or(0, |file| file.len()),
            Input::Text { text, .. } => text.len() as u64,
        };
        if inputs.iter().map(size).sum::<u64>() < SMALL {
            return Ok(None);
        }
        let database = self.store().path().to_owned();
        let taken = tokio::task::spawn_blocking(move || Reserve::beside(&database));
        taken.await.map_err(|e| Error::internal(e.to_string()))?.map(Some)
    }

    /// Removes what an import wrote. A full disk may not allow even that: then it is nobody's and swept later.
    async fn discard(&self, dataset: i64) {
        let mut discarded = self.store().discard_dataset(dataset).await;
        if discarded.is_err() {
            self.store().empty_log().await;
            discarded = self.store().discard_dataset(dataset).await;
        }
        if let Err(error) = discarded {
            tracing::warn!(dataset, error = %error.message, "an import that failed could not be removed yet");
        }
    }

    /// Removes imports that were interrupted, unless some process is importing just now.
    pub(super) async fn sweep_imports(&self) {
        let Some(_alone) = lock::nobody_imports(self.store().path()) else { return };
        Reserve::sweep(self.store().path());
        match self.store().incomplete_datasets().await {
            Ok(left) => {
                for (dataset, project) in left {
                    self.discard(dataset).await;
                    if let Some(project) = project
                        && let Err(error) = self.store().remove_project(project).await
                    {
                        tracing::warn!(project, error = %error.message, "the project of an interrupted import could not be removed yet");
                    }
                }
            }
            Err(error) => tracing::warn!(error = %error.message, "interrupted imports could not be looked for"),
        }
    }

    /// Reads on one thread, writes on another, a few portions between them.
    async fn stream_rows(&self, dataset: i64, source: Source, watch: &Arc<ImportWatch>) -> Result<Filled> {
        let (send, mut portions) = mpsc::channel::<Portion>(PORTIONS_WAITING);
        let watch = Arc::clone(watch);
        let reading = tokio::task::spawn_blocking(move || {
            let mut portion = Portion::default();
            let mut truths: Vec<String> = Vec::new();
            let mut lengths = TextLengths::new(source.asked.context.clone());
            let mut visit = |example: NewExample<'_>| {
                watch.row();
                if truths.len() < TRUTHS_LOOKED_AT {
                    truths.push(example.ground_truth_output.to_owned());
                }
                lengths.add(example.user_input, example.ground_truth_output);
                portion.add(example.user_input, example.ground_truth_output, example.others);
                if portion.full() {
                    send.blocking_send(std::mem::take(&mut portion)).map_err(|_| importing::cancelled())?;
                }
                Ok(())
            };
            let progress = &mut |done, total| watch.read(done, total);
            let mut imported = dataset::read_examples(&source.inputs, &source.asked, &mut visit, progress)?;
            if let (None, SplitPlan::Ratio { seed, .. }) = (&source.asked.plan, &mut imported.plan)
                && *seed != source.split_seed
            {
                *seed = source.split_seed;
                imported.splits = dataset::split::assign(&imported.plan, &imported.keys);
            }
            send.blocking_send(portion).map_err(|_| importing::cancelled())?;
            Ok::<_, Error>(Filled { imported, truths, lengths })
        });
        let mut number = 1;
        while let Some(portion) = portions.recv().await {
            let count = u32::try_from(portion.len()).unwrap_or(u32::MAX);
            self.store().add_examples(dataset, number, portion).await?;
            number += count;
        }
        let filled = reading.await.map_err(|e| Error::internal(e.to_string()))??;
        if number == 1 {
            let first = filled.imported.report.set_aside.first();
            let why = first.map_or_else(String::new, |row| format!(" The first, line {} of {}: {}", row.line, row.file, row.reason));
            let said = format!("No row can be used.{why} Choose other columns, or mend the file.");
            return Err(Error::new(ErrorCode::FileUnreadable, said));
        }
        Ok(filled)
    }

    /// What the model of a project's next run takes at once; assumed where there is no project, or none but the demo model was chosen.
    async fn context_limit(&self, project: Option<i64>) -> Result<ContextLimit> {
        let Some(project) = project else { return Ok(ContextLimit::default()) };
        let Some(defaults) = self.store().run_defaults(project).await? else { return Ok(ContextLimit::default()) };
        let connections = self.store().connections().await?;
        let connection = connections.iter().find(|c| c.id == defaults.primary.connection && c.kind != ConnectionKind::Demo);
        Ok(connection.map_or_else(ContextLimit::default, |connection| ContextLimit::of(connection, &defaults.primary.model)))
    }

    /// The project's dataset, or what to do without one.
    pub(super) async fn needed_dataset(&self, project: i64) -> Result<DatasetInfo> {
        let none = || Error::invalid("This project has no data yet. Drop a CSV file on the window first.");
        self.store().dataset(project).await?.ok_or_else(none)
    }

    /// The different ground truths when they are labels, else nothing.
    pub(super) async fn labels(&self, dataset: Option<&DatasetInfo>) -> Result<Vec<String>> {
        let Some(dataset) = dataset else { return Ok(Vec::new()) };
        let truths = self.store().truths(dataset.id, MOST_LABELS + 1).await?;
        Ok(if truths.len() > MOST_LABELS as usize { Vec::new() } else { truths })
    }
}

/// The suggested metric as a run's metrics.
pub(super) fn suggested(dataset: &DatasetInfo) -> Vec<MetricSpec> {
    dataset.suggested_metric.metrics()
}

/// Whether a metric works on labels and so brings a confusion matrix.
pub(super) fn has_labels(metrics: &[MetricSpec]) -> bool {
    metrics.iter().any(|m| matches!(m.metric, MetricKind::Label))
}

fn inputs(paths: &[String], pasted: Option<&str>) -> Result<Vec<Input>> {
    match (paths, pasted) {
        ([], None) => Err(Error::invalid("No file was given. Drop a file with examples or choose one.")),
        ([], Some(cells)) => Ok(vec![Input::pasted(cells)]),
        (paths, None) => Ok(paths.iter().map(|path| Input::File(PathBuf::from(path))).collect()),
        (_, Some(_)) => Err(Error::invalid("Files and pasted cells cannot be imported together. Import one after the other.")),
    }
}

fn delimiter_word(delimiter: &str) -> &str {
    match delimiter {
        "," => "comma",
        ";" => "semicolon",
        "\t" => "tab",
        "|" => "pipe",
        other => other,
    }
}

/// How a file was read, in words: `UTF-8, comma`, `JSON Lines`, `XLSX, sheet Orders`.
fn how_read(file: &FileInfo) -> String {
    let format = match file.format {
        FileFormat::Delimited => return format!("{}, {}", file.encoding.to_uppercase(), delimiter_word(&file.delimiter)),
        FileFormat::JsonLines => "JSON Lines",
        FileFormat::Json => "JSON",
        FileFormat::Xlsx => "XLSX",
        FileFormat::Ods => "ODS",
        FileFormat::Parquet => "Parquet",
        FileFormat::Promptfoo => "promptfoo tests",
        FileFormat::OpenaiEvals => "OpenAI Evals",
        FileFormat::Langsmith => "LangSmith examples",
        FileFormat::Chat => "chat messages",
        FileFormat::Alpaca => "Alpaca",
    };
    match &file.sheet {
        Some(sheet) => format!("{format}, sheet {sheet}"),
        None => format.to_owned(),
    }
}

fn describe(filled: Filled) -> NewDataset {
    let Filled { imported, truths, lengths } = filled;
    let first: Option<&FileInfo> = imported.files.first();
    let names: Vec<&str> = imported.files.iter().map(|f| f.name.as_str()).collect();
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let report = &imported.report;
    let mut profile = DataProfile {
        examples: u32::try_from(report.rows_ready).unwrap_or(u32::MAX),
        distinct_truths: u32::try_from(report.distinct_truths).unwrap_or(u32::MAX),
        labels: report.labels.clone(),
        duplicates: imported.duplicates,
        contradictions: imported.contradictions,
        ..DataProfile::default()
    };
    lengths.fill(&mut profile);
    // Its figures are those of all rows.
    let profile = imported.excluded.is_empty().then_some(profile);
    NewDataset {
        name: names.join(", "),
        source: first.map(how_read).unwrap_or_default(),
        suggestion: MetricSuggestion {
            from_file: imported.metrics,
            ..metric::suggest(&truths, count(report.distinct_truths), count(report.rows_ready))
        },
        columns: imported.columns,
        roles: imported.roles,
        plan: imported.plan,
        splits: imported.splits,
        keys: imported.keys,
        leaks: imported.leaks,
        excluded: imported.excluded,
        report: imported.report,
        profile,
    }
}
