//! Quick tries: one prompt on some rows. They go on by themselves, say how far they are, and can be stopped; what has come stays.

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use tokio::sync::Notify;

use super::{
    Engine, door,
    jobs::{Came, Watch, lock, until_stopped},
};
use crate::{
    api::{Done, TriedRow, TriedRows, TryPrompt, TryRows, TryRowsJob, TryRowsProgress, TryRowsState},
    dataset::Example,
    error::{Error, Result},
    stats::Score,
};

/// A quick try, written by its task and read by whoever asks.
pub(super) struct RowsWatch {
    seed: u64,
    seen: Mutex<Seen>,
    stopped: Notify,
}

struct Seen {
    /// In the order they were drawn; none where one is not over.
    rows: Vec<Option<TriedRow>>,
    state: TryRowsState,
}

impl Watch for RowsWatch {
    fn has_ended(&self) -> bool {
        !matches!(lock(&self.seen).state, TryRowsState::Running)
    }
}

impl Engine {
    /// Begins to try one prompt on some examples, as a quick look before a run. Test examples stay sealed.
    #[door]
    pub async fn start_try_rows(&self, request: TryRows) -> Result<TryRowsJob> {
        let examples = self.rows_to_try(request.project, request.rows, request.seed).await?;
        let at_once = self.store().connection(request.model.connection).await?.concurrency.clamp(1, 16) as usize;
        let seen = Seen { rows: vec![None; examples.len()], state: TryRowsState::Running };
        let watch = Arc::new(RowsWatch { seed: request.seed, seen: Mutex::new(seen), stopped: Notify::new() });
        let job = self.inner.row_tries.add(Arc::clone(&watch));
        let engine = self.clone();
        tokio::spawn(async move {
            let heard = Arc::clone(&watch);
            let asking = async move { engine.ask_rows(&request, examples, at_once, &heard).await };
            let state = match until_stopped(asking, &watch.stopped).await {
                Came::Done(()) => TryRowsState::Done,
                Came::Stopped => TryRowsState::Stopped,
                Came::Broke(defect) => TryRowsState::Failed {
                    error: Error::internal(format!("The try broke: {defect}. What was answered is kept; try again.")),
                },
            };
            lock(&watch.seen).state = state;
        });
        Ok(TryRowsJob { job })
    }

    /// How far a quick try is, and what has come.
    #[door]
    pub async fn try_rows_progress(&self, request: TryRowsJob) -> Result<TryRowsProgress> {
        let watch = self.rows_watch(request.job)?;
        let (rows, total, state) = {
            let seen = lock(&watch.seen);
            let came: Vec<TriedRow> = seen.rows.iter().flatten().cloned().collect();
            (came, seen.rows.len(), seen.state.clone())
        };
        Ok(TryRowsProgress { done: count(rows.len()), total: count(total), rows: tried_rows(rows, watch.seed), state })
    }

    /// Ends a quick try; the answers that have come are kept.
    #[door]
    pub async fn stop_try_rows(&self, request: TryRowsJob) -> Result<Done> {
        self.rows_watch(request.job)?.stopped.notify_one();
        Ok(Done {})
    }

    fn rows_watch(&self, job: i64) -> Result<Arc<RowsWatch>> {
        let gone = || Error::not_found(format!("Quick try {job} is not known any more. Try the rows again."));
        self.inner.row_tries.find(job).ok_or_else(gone)
    }

    async fn ask_rows(&self, request: &TryRows, examples: Vec<Example>, at_once: usize, watch: &RowsWatch) {
        // A row that takes long keeps none back that comes after it.
        let mut asked = stream::iter(examples.into_iter().enumerate())
            .map(|(place, example)| async move {
                let TryRows { project, prompt, model, metrics, extract, .. } = request.clone();
                let id = Some(example.id);
                let one = TryPrompt { project, prompt, example: id, input: String::new(), model, metrics, extract, sample: 0 };
                let row = match self.try_prompt(one).await {
                    Ok(result) => TriedRow { example, result: Some(result), error: None },
                    Err(error) => TriedRow { example, result: None, error: Some(error.message) },
                };
                (place, row)
            })
            .buffer_unordered(at_once);
        while let Some((place, row)) = asked.next().await {
            lock(&watch.seen).rows[place] = Some(row);
        }
    }
}

/// What these rows come to. One that was not asked is not among them, so it is not missing either.
fn tried_rows(rows: Vec<TriedRow>, seed: u64) -> TriedRows {
    let results = || rows.iter().filter_map(|row| row.result.as_ref());
    let scores: Vec<f64> = results().filter_map(|result| result.prediction.score).collect();
    let missing = count(rows.len() - results().count());
    let cached = count(results().filter(|result| result.cached).count());
    TriedRows { score: Score::of_scores(&scores, missing, seed), cached, rows }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
