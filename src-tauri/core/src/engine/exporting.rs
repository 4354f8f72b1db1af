//! Exports of examples: they go on by themselves, say how far they are, and leave nothing behind when they are cancelled.

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    Engine, door,
    jobs::{Watch, lock},
};
use crate::{
    api::{Done, ExportDataset, ExportJob, ExportProgress, ExportState},
    error::{Error, ErrorCode, Result},
    export::{self, AnsweringRun, ExportedAnswer, ExportedRow, Head, RowWriter},
    extract::Extractor,
    new_file::NewFile,
    store::{AskedRun, StoredRow},
};

/// Runs whose answers one export takes.
const MOST_RUNS: usize = 50;

/// What an export has come to, written by its thread and read by whoever asks.
#[derive(Default)]
pub(super) struct ExportWatch {
    rows_done: AtomicU64,
    rows_total: AtomicU64,
    cancelled: AtomicBool,
    end: Mutex<Option<ExportState>>,
}

impl Watch for ExportWatch {
    fn has_ended(&self) -> bool {
        lock(&self.end).is_some()
    }
}

impl Engine {
    /// Begins to write the examples of a project into a file. What stood there is replaced once the new file is whole.
    #[door]
    pub async fn start_export(&self, request: ExportDataset, target: &Path) -> Result<ExportJob> {
        crate::store::refuse_itself(self.store().path(), target)?;
        let (head, runs) = self.export_head(&request).await?;
        let watch = Arc::new(ExportWatch::default());
        let job = self.inner.exports.add(Arc::clone(&watch));
        let (engine, target) = (self.clone(), target.to_owned());
        tokio::spawn(async move {
            // A task of its own, so that a defect in a writer ends the job instead of leaving it running for ever.
            let working = tokio::spawn({
                let (watch, target) = (Arc::clone(&watch), target.clone());
                async move { engine.export_rows(request, head, runs, &target, watch).await }
            });
            let outcome =
                working.await.unwrap_or_else(|defect| Err(Error::internal(format!("The export broke: {defect}. No file was written."))));
            let state = match outcome {
                Ok((bytes, written)) => {
                    ExportState::Done { path: target.display().to_string(), bytes, changed_cells: written.changed_cells }
                }
                Err(error) if error.code == ErrorCode::Cancelled => ExportState::Cancelled,
                Err(error) => ExportState::Failed { error },
            };
            *lock(&watch.end) = Some(state);
        });
        Ok(ExportJob { job })
    }

    /// How far an export is, and how it ended.
    #[door]
    pub async fn export_progress(&self, request: ExportJob) -> Result<ExportProgress> {
        let watch = self.export_watch(request)?;
        let state = lock(&watch.end).clone().unwrap_or(ExportState::Running);
        Ok(ExportProgress { rows_done: watch.rows_done.load(Relaxed), rows_total: watch.rows_total.load(Relaxed), state })
    }

    /// Ends an export; nothing of it stays.
    #[door]
    pub async fn cancel_export(&self, request: ExportJob) -> Result<Done> {
        self.export_watch(request)?.cancelled.store(true, Relaxed);
        Ok(Done {})
    }

    fn export_watch(&self, request: ExportJob) -> Result<Arc<ExportWatch>> {
        let gone = || Error::not_found(format!("Export {} is not known any more. Look for its file, or export again.", request.job));
        self.inner.exports.find(request.job).ok_or_else(gone)
    }

    async fn export_head(&self, request: &ExportDataset) -> Result<(Head, Vec<AskedRun>)> {
        let dataset = self.needed_dataset(request.project).await?;
        if request.runs.len() > MOST_RUNS {
            return Err(Error::invalid(format!("An export takes the answers of at most {MOST_RUNS} runs. Choose fewer.")));
        }
        let mut runs = Vec::with_capacity(request.runs.len());
        for &run in &request.runs {
            let row = self.store().run_row(run).await?;
            if row.project != request.project {
                return Err(Error::invalid(format!("Run {run} belongs to another project. Choose a run of this one.")));
            }
            if runs.iter().all(|r: &AskedRun| r.run != run) {
                runs.push(AskedRun { run, version: row.best_version, config: row.config });
            }
        }
        let place = |role: &Option<String>| role.as_ref().and_then(|name| dataset.columns.iter().position(|c| c == name)).unwrap_or(0);
        let head = Head {
            input: place(&dataset.roles.input),
            truth: place(&dataset.roles.truth),
            metric: dataset.suggested_metric.metric.clone(),
            runs: runs.iter().map(|r| AnsweringRun { run: r.run, extracts: r.config.extract.is_some() }).collect(),
            excludes: dataset.excluded > 0,
            safe_for_spreadsheets: request.safe_for_spreadsheets,
            columns: dataset.columns,
        };
        Ok((head, runs))
    }

    async fn export_rows(
        &self,
        request: ExportDataset,
        head: Head,
        runs: Vec<AskedRun>,
        target: &Path,
        watch: Arc<ExportWatch>,
    ) -> Result<(u64, export::Written)> {
        let (new, file) = NewFile::beside(target)?;
        let folder = target.parent().unwrap_or(Path::new(".")).to_owned();
        let extractors = runs.iter().map(|r| Extractor::new(r.config.extract.as_ref())).collect::<Result<Vec<_>>>()?;
        let writer: Arc<Mutex<Option<Box<dyn RowWriter + Send>>>> =
            Arc::new(Mutex::new(Some(export::writer(request.format, head, file, &folder)?)));
        let dataset = self.needed_dataset(request.project).await?;
        let ids = self.filtered_examples(request.project, request.filter).await?;
        watch.rows_total.store(ids.len() as u64, Relaxed);
        let (each, rows) = (Arc::clone(&watch), Arc::clone(&writer));
        let visit = move |row: StoredRow| {
            if each.cancelled.load(Relaxed) {
                return Err(Error::new(ErrorCode::Cancelled, "The export was cancelled; no file was written."));
            }
            let answers = row.answers.into_iter().zip(&extractors).map(|(answer, extractor)| {
                answer.map(|a| ExportedAnswer {
                    answer: extractor.extract(&a.response).answer,
                    response: a.response,
                    score: a.score,
                    outcome: a.outcome,
                })
            });
            let row = ExportedRow {
                number: row.example.number,
                identity: row.identity.to_string(),
                split: row.example.split,
                excluded: row.example.excluded,
                answers: answers.collect(),
                cells: row.example.variables,
            };
            if let Some(writer) = lock(&rows).as_mut() {
                writer.row(&row)?;
            }
            each.rows_done.fetch_add(1, Relaxed);
            Ok(())
        };
        self.store().stream_examples(request.project, dataset.id, ids, runs, visit).await?;
        let finish = move || -> Result<(u64, export::Written)> {
            let writer = lock(&writer).take().ok_or_else(|| Error::internal("The writer of the export is gone."))?;
            let written = writer.finish()?;
            if watch.cancelled.load(Relaxed) {
                return Err(Error::new(ErrorCode::Cancelled, "The export was cancelled; no file was written."));
            }
            Ok((new.arrive()?, written))
        };
        tokio::task::spawn_blocking(finish).await.map_err(|e| Error::internal(e.to_string()))?
    }
}
