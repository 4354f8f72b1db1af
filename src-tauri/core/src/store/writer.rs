//! The one writer: jobs that arrive while a commit is under way share the next one.

use std::path::Path;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpoints;
use crate::error::{Error, ErrorCode, Result};

/// Says how a job ended, once its transaction has; the argument is the transaction's error.
type Reply = Box<dyn FnOnce(Option<Error>) + Send>;
/// Works on the connection, if there is a transaction to work in, and gives its error.
type Work = Box<dyn FnOnce(Option<&Connection>) -> (Option<Error>, Reply) + Send>;

struct Job {
    work: Work,
    /// Taken back as a whole when a part of it fails; else what was done until then may stand.
    whole: bool,
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

/// Bounded, so that a slow disk slows those who write instead of filling memory.
const QUEUE: usize = 4096;
const MOST_JOBS_PER_COMMIT: usize = 512;

impl Writer {
    pub(super) fn start(connection: Connection, database: &Path) -> Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let checkpoints = Checkpoints::follow(&connection, database)?;
        std::thread::Builder::new()
            .name("database writer".into())
            .spawn(move || run(&connection, checkpoints, queue))
            .map_err(|e| Error::internal(format!("The database writer could not start: {e}.")))?;
        Ok(Self { jobs })
    }

    /// All of the work takes effect, or nothing.
    pub(super) async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.send(true, work).await
    }

    /// Work whose every beginning may stand: without the savepoint, which costs as much as a row.
    pub(super) async fn append<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.send(false, work).await
    }

    async fn send<T: Send + 'static>(&self, whole: bool, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let result = connection.map(work);
            let error = result.as_ref().and_then(|r| r.as_ref().err().cloned());
            let reply: Reply = Box::new(move |transaction_error| {
                // Nobody may be waiting any more; the change stands all the same.
                let _receiver_gone = reply.send(match (result, transaction_error) {
                    (Some(Err(own)), _) => Err(own),
                    (_, Some(error)) => Err(error),
                    (Some(done), None) => done,
                    (None, None) => Err(Error::internal("A change was never made, and no reason is known.")),
                });
            });
            (error, reply)
        });
        let ended = || Error::new(ErrorCode::Database, "The database writer has ended. Start the program again; nothing on disk is lost.");
        self.jobs.send(Job { work, whole }).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

fn run(connection: &Connection, mut checkpoints: Checkpoints, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut replies = Vec::new();
        let outcome = group(connection, first, &mut queue, &mut replies);
        if outcome.is_err() && !connection.is_autocommit() {
            // The commit's own error is what the callers are told.
            let _already_failing = connection.execute_batch("ROLLBACK");
        }
        let error = outcome.err();
        checkpoints.committed(connection);
        for reply in replies {
            reply(error.clone());
        }
    }
}

fn group(connection: &Connection, first: Job, queue: &mut mpsc::Receiver<Job>, replies: &mut Vec<Reply>) -> Result<()> {
    let mut next = Some(first);
    let mut failed: Option<Error> = step(connection, "BEGIN IMMEDIATE").err().map(Error::from);
    while let Some(Job { work, whole }) = next {
        // The first job has the transaction to itself: a savepoint would keep a copy of every page it changes, and it may change all.
        let first = replies.is_empty();
        let saved = whole && !first;
        if failed.is_none() && saved {
            failed = step(connection, "SAVEPOINT job").err().map(Error::from);
        }
        let (error, reply) = work(failed.is_none().then_some(connection));
        replies.push(reply);
        if failed.is_none() {
            failed = match error {
                // A full or failing disk ends the whole transaction by itself.
                Some(error) if connection.is_autocommit() => Some(error),
                Some(_) if first => connection.execute_batch("ROLLBACK; BEGIN IMMEDIATE").err().map(Error::from),
                Some(_) if saved => connection.execute_batch("ROLLBACK TO job; RELEASE job").err().map(Error::from),
                None if saved => step(connection, "RELEASE job").err().map(Error::from),
                Some(_) | None => None,
            };
        }
        next = if replies.len() < MOST_JOBS_PER_COMMIT { queue.try_recv().ok() } else { None };
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(step(connection, "COMMIT")?),
    }
}

/// A statement that is run for every group or job, so it is compiled once.
fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}
