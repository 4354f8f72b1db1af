//! What goes on by itself in this process and can be asked after by number.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, task::JoinError};

/// Ended jobs whose end can still be asked for.
const REMEMBERED: usize = 64;

/// What a job has come to, written by its threads and read by whoever asks.
pub(super) trait Watch {
    /// Whether it is over.
    fn has_ended(&self) -> bool;
}

/// Jobs of one kind, by number.
pub(super) struct Jobs<W>(Mutex<Numbered<W>>);

struct Numbered<W> {
    last: i64,
    jobs: BTreeMap<i64, Arc<W>>,
}

impl<W> Default for Jobs<W> {
    fn default() -> Self {
        Self(Mutex::new(Numbered { last: 0, jobs: BTreeMap::new() }))
    }
}

impl<W: Watch> Jobs<W> {
    /// Gives a job its number. Of those that are over, the oldest are forgotten.
    pub fn add(&self, watch: Arc<W>) -> i64 {
        let mut numbered = lock(&self.0);
        let ended: Vec<i64> = numbered.jobs.iter().filter(|(_, job)| job.has_ended()).map(|(id, _)| *id).collect();
        for id in ended.iter().take(ended.len().saturating_sub(REMEMBERED)) {
            numbered.jobs.remove(id);
        }
        numbered.last += 1;
        let number = numbered.last;
        numbered.jobs.insert(number, watch);
        number
    }

    /// The job of a number, while it is remembered.
    pub fn find(&self, number: i64) -> Option<Arc<W>> {
        lock(&self.0).jobs.get(&number).cloned()
    }
}

/// A lock whose holder may have broken: what it guards is whole at every moment.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of work that somebody may stop.
pub(super) enum Came<T> {
    Done(T),
    Stopped,
    /// A defect ended it.
    Broke(JoinError),
}

/// Does work in a task of its own, so that a defect ends the job instead of leaving it open for ever, until it is done or is to stop.
pub(super) async fn until_stopped<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static, stopped: &Notify) -> Came<T> {
    let mut working = tokio::spawn(work);
    tokio::select! {
        outcome = &mut working => match outcome {
            Ok(done) => Came::Done(done),
            Err(defect) => Came::Broke(defect),
        },
        () = stopped.notified() => {
            // Its connections go with it, so that the server stops as well.
            working.abort();
            // After that nothing comes any more; it may have been done in this moment.
            match working.await {
                Ok(done) => Came::Done(done),
                Err(_) => Came::Stopped,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::*;

    struct Plain(AtomicBool);

    impl Watch for Plain {
        fn has_ended(&self) -> bool {
            self.0.load(Relaxed)
        }
    }

    #[test]
    fn jobs_that_go_on_are_never_forgotten_and_of_the_others_the_last_are_known() {
        let jobs = Jobs::default();
        let first = jobs.add(Arc::new(Plain(AtomicBool::new(false))));
        let ended: Vec<i64> = (0..100).map(|_| jobs.add(Arc::new(Plain(AtomicBool::new(true))))).collect();
        assert!(jobs.find(first).is_some() && jobs.find(ended[99]).is_some() && jobs.find(ended[40]).is_some());
        assert!(jobs.find(ended[0]).is_none() && jobs.find(1_000).is_none());
    }
}
