//! What the loop works with: the run, its models, its scorer, the desk, the store and the clock. Nothing global.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::progress::ProgressReporter;
use crate::{
    calls::{Desk, Endpoint},
    clock::Clock,
    error::Result,
    extract::Extractor,
    metric::Scorer,
    run::{Outcome, RunConfig, RunEvent, Usage},
    store::{RunRow, Store, StoredPrediction},
};

/// Everything one run is driven with.
pub struct Context {
    /// Where everything is kept.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The run.
    pub run: RunRow,
    /// What was asked of it.
    pub config: RunConfig,
    /// Columns of its dataset, for `{{column}}`.
    pub columns: Vec<String>,
    /// The one of them that holds the ground truth: no proposal may bring it into a prompt.
    pub truth: Option<String>,
    /// Different ground truths when there are few (labels), else empty.
    pub labels: Vec<String>,
    /// Takes the answer out of the response.
    pub extractor: Extractor,
    /// Scores the answer.
    pub scorer: Scorer,
    /// The model that answers the examples.
    pub primary: Endpoint,
    /// The model that writes proposals.
    pub optimizer: Endpoint,
    /// The model that scores, when a metric needs one.
    pub judge: Option<Endpoint>,
    /// What the judge is told a good answer is.
    pub rubric: Option<String>,
    /// Where calls go through.
    pub desk: Desk,
    /// Calls that validations stopped early made unnecessary, earlier sessions included.
    pub spared: AtomicU64,
    /// Whether the primary model answers the same question differently; measured when it first matters.
    pub varies: tokio::sync::OnceCell<bool>,
    /// What the search made so far.
    pub made: Mutex<SearchCounts>,
    /// What has no answer now.
    pub missing: Mutex<Missing>,
    /// Tells how far the run is.
    pub progress: ProgressReporter,
}

/// An answer of a run: version, example and sample.
pub type Place = (i64, i64, u32);

/// Answers that a run asked for and does not have.
#[derive(Debug, Default)]
pub struct Missing(HashSet<Place>);

impl Missing {
    /// Those that are missing on disk.
    pub fn of(places: impl IntoIterator<Item = Place>) -> Self {
        Self(places.into_iter().collect())
    }

    /// Notes which answers are missing, and which are there now.
    fn note(&mut self, asked: impl IntoIterator<Item = (bool, Place)>) {
        for (missing, place) in asked {
            if missing {
                self.0.insert(place)
            } else {
                self.0.remove(&place)
            };
        }
    }

    /// Examples without an answer under some prompt.
    fn examples(&self) -> u64 {
        self.0.iter().map(|(_, example, _)| example).collect::<HashSet<_>>().len() as u64
    }
}

/// Candidates of a search by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SearchCounts {
    /// All of them.
    pub candidates: u64,
    /// Proposals of the optimizer.
    pub proposals: u64,
    /// Ended at the gate.
    pub gated: u64,
    /// Reached validation.
    pub validated: u64,
}

impl SearchCounts {
    /// As a decided epoch recorded them.
    pub fn of(usage: &Usage) -> Self {
        let Usage { candidates, proposals, gated, validated, .. } = *usage;
        Self { candidates, proposals, gated, validated }
    }
}

impl Context {
    /// What the run has used so far.
    pub fn usage(&self) -> Usage {
        let made = *self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let SearchCounts { candidates, proposals, gated, validated } = made;
        let failed = self.missing.lock().unwrap_or_else(PoisonError::into_inner).examples();
        Usage { spared: self.spared.load(Ordering::Relaxed), candidates, proposals, gated, validated, failed, ..self.desk.meter().usage() }
    }

    /// Stores answers, and counts the examples that have none.
    pub async fn save_predictions(&self, version: i64, predictions: Vec<StoredPrediction>) -> Result<()> {
        let asked: Vec<_> = predictions.iter().map(|p| (p.outcome == Outcome::Missing, (version, p.example, p.sample))).collect();
        self.store.save_predictions(self.run.id, version, predictions).await?;
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).note(asked);
        Ok(())
    }

    /// Keeps what was used up to date where no answer arrives that would: requests that are refused are calls as well. Tells what
    /// everything waits for.
    pub async fn beat(&self, known_calls: u64) -> Result<u64> {
        let gates = [Some(&self.primary), Some(&self.optimizer), self.judge.as_ref()].into_iter().flatten();
        self.desk.tell_waits(&gates.map(|endpoint| &*endpoint.gate).collect::<Vec<_>>()).await?;
        let usage = self.usage();
        if usage.calls != known_calls {
            self.store.save_usage(self.run.id, usage, self.active_ms()).await?;
        }
        Ok(usage.calls)
    }

    /// Tells the user something.
    pub async fn warn(&self, message: String) -> Result<()> {
        self.store.append_event(self.run.id, RunEvent::Warning { run: self.run.id, message }).await?;
        Ok(())
    }

    /// Milliseconds it has been driven.
    pub fn active_ms(&self) -> u64 {
        self.desk.meter().active_ms()
    }
}
