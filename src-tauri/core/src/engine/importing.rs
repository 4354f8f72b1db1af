//! Imports as jobs: they go on by themselves, say how far they are, and can be cancelled without leaving anything behind.

use std::{
    ops::ControlFlow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    Engine, ImportFiles,
    data::{Source, Target},
    door,
    jobs::{Watch, lock},
};
use crate::{
    api::{Done, ImportDataset, ImportJob, ImportPhase, ImportProgress, ImportState},
    clock::Clock,
    error::{Error, ErrorCode, Result},
};

/// What an import has come to, written by its threads and read by whoever asks.
pub(super) struct ImportWatch {
    clock: Arc<dyn Clock>,
    began_ms: i64,
    bytes_done: AtomicU64,
    bytes_total: AtomicU64,
    rows: AtomicU64,
    cancelled: AtomicBool,
    phase: Mutex<ImportPhase>,
    /// How it ended, and when.
    end: Mutex<Option<(ImportState, i64)>>,
}

impl ImportWatch {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            began_ms: clock.now_ms(),
            clock,
            bytes_done: AtomicU64::new(0),
            bytes_total: AtomicU64::new(0),
            rows: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
            phase: Mutex::new(ImportPhase::Reading),
            end: Mutex::new(None),
        })
    }

    /// Hears how far reading is; breaks off when the user cancelled.
    pub(super) fn read(&self, done: u64, total: u64) -> ControlFlow<()> {
        self.bytes_done.store(done, Relaxed);
        self.bytes_total.store(total, Relaxed);
        if self.cancelled.load(Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Hears of one more row.
    pub(super) fn row(&self) {
        self.rows.fetch_add(1, Relaxed);
    }

    /// Hears what happens from now on.
    pub(super) fn phase(&self, phase: ImportPhase) {
        *lock(&self.phase) = phase;
    }

    /// The error that ends a cancelled import; called where its work can still be taken back.
    pub(super) fn check(&self) -> Result<()> {
        if self.cancelled.load(Relaxed) { Err(cancelled()) } else { Ok(()) }
    }

    fn ended(&self, state: ImportState) {
        *lock(&self.end) = Some((state, self.clock.now_ms()));
    }

    fn progress(&self) -> ImportProgress {
        let (state, until) = lock(&self.end).clone().unwrap_or_else(|| (ImportState::Running, self.clock.now_ms()));
        let rows = self.rows.load(Relaxed);
        let seconds = (until - self.began_ms).max(0) as f64 / 1_000.0;
        ImportProgress {
            phase: *lock(&self.phase),
            bytes_done: self.bytes_done.load(Relaxed),
            bytes_total: self.bytes_total.load(Relaxed),
            rows,
            rows_per_second: if seconds > 0.0 { rows as f64 / seconds } else { 0.0 },
            state,
        }
    }
}

pub(super) fn cancelled() -> Error {
    Error::new(ErrorCode::Cancelled, "The import was cancelled; nothing was kept.")
}

impl Watch for ImportWatch {
    fn has_ended(&self) -> bool {
        lock(&self.end).is_some()
    }
}

impl Engine {
    /// Begins an import that goes on by itself: everything or nothing.
    #[door]
    pub async fn start_import(&self, request: ImportDataset) -> Result<ImportJob> {
        let (target, source) = Self::import_request(request)?;
        Ok(self.start(target, source))
    }

    /// The same for the command line.
    #[door]
    pub async fn start_import_files(&self, request: ImportFiles) -> Result<ImportJob> {
        let (target, source) = self.import_files_request(request).await?;
        Ok(self.start(target, source))
    }

    fn start(&self, target: Target, source: Source) -> ImportJob {
        let watch = ImportWatch::new(Arc::clone(&self.inner.clock));
        let job = self.inner.imports.add(Arc::clone(&watch));
        let engine = self.clone();
        tokio::spawn(async move {
            // A task of its own, so that a defect in a reader ends the job instead of leaving it running for ever.
            let working = tokio::spawn({
                let (engine, watch) = (engine.clone(), Arc::clone(&watch));
                async move { engine.import(target, source, &watch).await }
            });
            let state = match working.await.map_err(|defect| Error::internal(format!("The import broke: {defect}. Nothing was kept."))) {
                Ok(Ok(project)) => {
                    // The dataset is whole and can be used; what makes its lists quick is built from here on.
                    watch.phase(ImportPhase::Indexing);
                    watch.ended(ImportState::Done { project });
                    engine.index_current(project, &watch).await;
                    return watch.phase(ImportPhase::Over);
                }
                Ok(Err(error)) if error.code == ErrorCode::Cancelled => ImportState::Cancelled,
                Ok(Err(error)) | Err(error) => ImportState::Failed { error },
            };
            watch.ended(state);
        });
        ImportJob { job }
    }

    fn import_watch(&self, job: i64) -> Result<Arc<ImportWatch>> {
        self.inner.imports.find(job).ok_or_else(|| {
            Error::not_found("That import is not known any more. Look at the project: an import is there as a whole or not at all.")
        })
    }

    /// How far an import is, or how it ended.
    #[door]
    pub async fn import_progress(&self, request: ImportJob) -> Result<ImportProgress> {
        Ok(self.import_watch(request.job)?.progress())
    }

    /// Cancels an import. Its state says so once everything it wrote is gone; one that has ended stays as it ended.
    #[door]
    pub async fn cancel_import(&self, request: ImportJob) -> Result<Done> {
        self.import_watch(request.job)?.cancelled.store(true, Relaxed);
        Ok(Done {})
    }
}
