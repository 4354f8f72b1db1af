//! Watching a run: the kept events after a number, then what comes, read from the database. It makes no difference who drives
//! the run, or whether the watcher was reloaded meanwhile: nothing is told that is not on disk.

use std::{collections::VecDeque, time::Duration};

use tokio::sync::watch as signal;

use super::{Engine, door};
use crate::{
    error::Result,
    run::{NumberedEvent, Progress, RunEvent, RunStatus, RunSummary},
};

/// Five looks a second.
const INTERVAL: Duration = Duration::from_millis(200);

/// The events of one run, in order.
pub struct RunWatch {
    engine: Engine,
    run: i64,
    seq: u64,
    waiting: VecDeque<NumberedEvent>,
    /// With the calls that were used by then.
    last_progress: Option<(Progress, u64)>,
    first: bool,
    ended: bool,
    /// Runs of this process that ended; who waits need not wait for the next look.
    ends: signal::Receiver<u64>,
}

impl Engine {
    /// Watches a run from after the event of this number.
    pub fn watch(&self, run: i64, after_seq: u64) -> RunWatch {
        RunWatch {
            engine: self.clone(),
            run,
            seq: after_seq,
            waiting: VecDeque::new(),
            last_progress: None,
            first: true,
            ended: false,
            ends: self.inner.ends.subscribe(),
        }
    }
}

impl RunWatch {
    /// The next event; none when the run does not go on any more.
    #[door]
    pub async fn next(&mut self) -> Result<Option<NumberedEvent>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            if !std::mem::take(&mut self.first) {
                tokio::select! {
                    () = tokio::time::sleep(INTERVAL) => {}
                    Ok(()) = self.ends.changed() => {}
                }
            }
            self.look().await?;
        }
    }

    /// All events that are there, as soon as there is one; none when the run does not go on any more.
    #[door]
    pub async fn next_events(&mut self) -> Result<Vec<NumberedEvent>> {
        let first = self.next().await?;
        Ok(first.into_iter().chain(self.waiting.drain(..)).collect())
    }

    async fn look(&mut self) -> Result<()> {
        // The state first: what is recorded before it is then seen for certain.
        let summary = self.engine.run(self.run).await?;
        let goes_on = matches!(summary.status, RunStatus::Running | RunStatus::Queued) || self.engine.driven_runs().contains(&self.run);
        for event in self.engine.store().events_after(self.run, self.seq).await? {
            self.seq = event.seq;
            self.waiting.push_back(event);
        }
        if goes_on {
            self.progress(&summary);
        }
        self.ended = !goes_on;
        if self.ended
            && let Some(reason) = self.engine.unrecorded().get(&self.run)
        {
            // Not on disk, since nothing is written any more; who watches is told all the same.
            let event = RunEvent::Paused { run: self.run, reason: reason.clone() };
            self.waiting.push_back(NumberedEvent { seq: 0, event });
        }
        Ok(())
    }

    fn progress(&mut self, summary: &RunSummary) {
        if let Some(progress) = summary.progress
            && self.last_progress != Some((progress, summary.usage.calls))
        {
            self.last_progress = Some((progress, summary.usage.calls));
            let Progress { epoch, phase, done, total, waiting } = progress;
            let event = RunEvent::Progress {
                run: self.run,
                epoch,
                phase,
                done,
                total,
                waiting,
                usage: summary.usage,
                active_ms: summary.active_ms,
            };
            self.waiting.push_back(NumberedEvent { seq: 0, event });
        }
    }
}
