//! Tries whose answer is read while it comes. They go on by themselves, say how far they are, and can be stopped.

use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use super::{
    Engine, door,
    jobs::{Came, Watch, lock, until_stopped},
};
use crate::{
    api::{Done, TryJob, TryProgress, TryPrompt, TryState, WatchTry},
    error::{Error, Result},
};

/// Bytes of an answer that are told while it goes on; the rest comes with the whole.
const MOST_TOLD: usize = 1024 * 1024;

/// A try, written by its task and read by whoever asks.
pub(super) struct TryWatch {
    seen: Mutex<Seen>,
    stopped: Notify,
}

#[derive(Default)]
struct Seen {
    text: String,
    first_ms: Option<u32>,
    /// None while it goes on.
    end: Option<TryState>,
}

impl Watch for TryWatch {
    fn has_ended(&self) -> bool {
        lock(&self.seen).end.is_some()
    }
}

impl Engine {
    /// Begins a try whose answer can be read while it comes.
    #[door]
    pub async fn start_try(&self, request: TryPrompt) -> Result<TryJob> {
        let watch = Arc::new(TryWatch { seen: Mutex::default(), stopped: Notify::new() });
        let job = self.inner.tries.add(Arc::clone(&watch));
        let engine = self.clone();
        tokio::spawn(async move {
            let heard = Arc::clone(&watch);
            let asking = async move {
                let began = engine.inner.clock.elapsed_ms();
                let hear = |piece: &str| {
                    let mut seen = lock(&heard.seen);
                    if seen.first_ms.is_none() {
                        seen.first_ms = Some(u32::try_from(engine.inner.clock.elapsed_ms().saturating_sub(began)).unwrap_or(u32::MAX));
                    }
                    if seen.text.len() + piece.len() <= MOST_TOLD {
                        seen.text.push_str(piece);
                    }
                };
                engine.try_aloud(request, hear).await
            };
            let state = match until_stopped(asking, &watch.stopped).await {
                Came::Done(Ok(result)) => TryState::Done { result: Box::new(result) },
                Came::Done(Err(error)) => TryState::Failed { error },
                Came::Stopped => TryState::Stopped,
                Came::Broke(defect) => {
                    TryState::Failed { error: Error::internal(format!("The try broke: {defect}. Nothing was lost; try again.")) }
                }
            };
            let mut seen = lock(&watch.seen);
            if let TryState::Done { result } = &state {
                // What was heard includes finding the key and the way to the server, which the answer's own time does not.
                seen.first_ms = seen.first_ms.map(|first| first.min(result.latency_ms));
            }
            seen.end = Some(state);
        });
        Ok(TryJob { job })
    }

    /// What has come since, and how the try stands.
    #[door]
    pub async fn watch_try(&self, request: WatchTry) -> Result<TryProgress> {
        let watch = self.try_watch(request.job)?;
        let seen = lock(&watch.seen);
        let from = usize::try_from(request.from).unwrap_or(usize::MAX);
        let text = seen.text.get(from..).unwrap_or_default().to_owned();
        let state = seen.end.clone().unwrap_or(TryState::Running);
        Ok(TryProgress { next: seen.text.len() as u64, text, first_ms: seen.first_ms, state })
    }

    /// Ends a try; its answer is not kept.
    #[door]
    pub async fn stop_try(&self, request: TryJob) -> Result<Done> {
        self.try_watch(request.job)?.stopped.notify_one();
        Ok(Done {})
    }

    fn try_watch(&self, job: i64) -> Result<Arc<TryWatch>> {
        let gone = || Error::not_found(format!("Try {job} is not known any more. Run the prompt again."));
        self.inner.tries.find(job).ok_or_else(gone)
    }
}
