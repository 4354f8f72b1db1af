//! How far a phase is: on disk at most five times a second, the first and last always.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Context;
use crate::{
    error::Result,
    run::{Phase, Progress},
};

const INTERVAL_MS: u64 = 200;

/// Keeps to the interval.
#[derive(Default)]
pub struct ProgressReporter {
    last_ms: AtomicU64,
}

impl ProgressReporter {
    /// Records the progress when it is due.
    pub async fn report(&self, context: &Context, epoch: u32, phase: Phase, done: u32, total: u32) -> Result<()> {
        let now = context.clock.elapsed_ms();
        let last = self.last_ms.load(Ordering::Relaxed);
        if done != 0 && done != total && now.saturating_sub(last) < INTERVAL_MS {
            return Ok(());
        }
        self.record(context, epoch, phase, done, total).await
    }

    /// Records it at once: where a run halts its last figure stays until it goes on.
    pub async fn record(&self, context: &Context, epoch: u32, phase: Phase, done: u32, total: u32) -> Result<()> {
        self.last_ms.store(context.clock.elapsed_ms(), Ordering::Relaxed);
        context
            .store
            .save_progress(context.run.id, Progress { epoch, phase, done, total, waiting: None }, context.usage(), context.active_ms())
            .await
    }
}
