//! The one writer: jobs that arrive while a commit is under way share the next one.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, ErrorCode, Result};

/// Says how a job ended, once its transaction has; the argument is the commit's error.
type Reply = Box<dyn FnOnce(Option<Error>) + Send>;
type Job = Box<dyn FnOnce(&Connection) -> (bool, Reply) + Send>;

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

/// Bounded, so that a slow disk slows those who write instead of filling memory.
const QUEUE: usize = 4096;
const MOST_JOBS_PER_COMMIT: usize = 512;

impl Writer {
    pub(super) fn start(connection: Connection) -> Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new()
            .name("database writer".into())
            .spawn(move || run(&connection, queue))
            .map_err(|e| Error::internal(format!("The database writer could not start: {e}.")))?;
        Ok(Self { jobs })
    }

    pub(super) async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = work(connection);
            let keep = result.is_ok();
            let reply: Reply = Box::new(move |commit_error| {
                // Nobody may be waiting any more; the change stands all the same.
                let _receiver_gone = reply.send(match commit_error {
                    Some(error) if result.is_ok() => Err(error),
                    _ => result,
                });
            });
            (keep, reply)
        });
        let ended = || Error::new(ErrorCode::Database, "The database writer has ended. Start the program again; nothing on disk is lost.");
        self.jobs.send(job).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

fn run(connection: &Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut replies = Vec::new();
        let outcome = group(connection, first, &mut queue, &mut replies);
        if outcome.is_err() && !connection.is_autocommit() {
            // The commit's own error is what the callers are told.
            let _already_failing = connection.execute_batch("ROLLBACK");
        }
        let error = outcome.err().map(Error::from);
        for reply in replies {
            reply(error.clone());
        }
    }
}

fn group(connection: &Connection, first: Job, queue: &mut mpsc::Receiver<Job>, replies: &mut Vec<Reply>) -> rusqlite::Result<()> {
    let mut next = Some(first);
    let begun = connection.execute_batch("BEGIN IMMEDIATE");
    while let Some(job) = next {
        // The first job has the transaction to itself: a savepoint would keep a copy of every page it changes, and it may change all.
        let first = replies.is_empty();
        let protected = begun.is_ok() && (first || step(connection, "SAVEPOINT job").is_ok());
        let (keep, reply) = if protected {
            job(connection)
        } else {
            // Without a transaction nothing may be written; the job runs on a refusing connection so that its caller is told.
            refuse(connection, job)
        };
        replies.push(reply);
        match (protected, first, keep) {
            (true, true, false) => connection.execute_batch("ROLLBACK; BEGIN IMMEDIATE")?,
            (true, false, false) => connection.execute_batch("ROLLBACK TO job; RELEASE job")?,
            (true, false, true) => step(connection, "RELEASE job")?,
            (true, true, true) | (false, ..) => {}
        }
        next = if replies.len() < MOST_JOBS_PER_COMMIT { queue.try_recv().ok() } else { None };
    }
    begun?;
    connection.execute_batch("COMMIT")
}

/// A statement that is run for every job, so it is compiled once.
fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

fn refuse(connection: &Connection, job: Job) -> (bool, Reply) {
    let _read_only = connection.pragma_update(None, "query_only", true);
    let outcome = job(connection);
    let _writable = connection.pragma_update(None, "query_only", false);
    outcome
}
