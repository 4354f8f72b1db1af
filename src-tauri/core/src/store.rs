//! The database: one writer that groups commits, a few readers that never wait for it. All SQL of the engine is below this module.

mod answer_keys;
mod call_log;
mod calls;
mod candidates;
mod cells;
mod checkpoint;
mod connections;
mod datasets;
mod doubts;
mod edits;
mod epochs;
mod events;
mod exporting;
mod finding;
mod grid;
mod hold;
mod large_lists;
mod merging;
mod migrations;
mod portion;
mod predictions;
mod profile;
mod project_file;
mod projects;
mod prompts;
mod put_away;
mod restore;
mod rows;
mod runs;
mod settings;
mod transfer;
mod upkeep;
mod writer;

pub use call_log::{LogQuery, TimedAnswer};
pub use calls::{AskedKey, CallState, CompletionKey, NewCall, Others, Role, Used};
pub use candidates::SearchRound;
pub use cells::StoredExample;
pub use datasets::NewDataset;
pub use doubts::{Answered, RunExampleNow};
pub use epochs::{StoredEpoch, StoredProposal};
pub use exporting::{AskedRun, StoredAnswer, StoredRow};
pub use large_lists::{Indexing, LARGE};
pub use merging::{Lineage, MergedRow};
pub use portion::Portion;
pub use predictions::{Askable, FreshAnswers, MissingRow, PredictionMark, StoredPrediction};
pub use project_file::{ArrivedProject, Secret};
pub use projects::LONGEST_NAME;
pub use prompts::Unaccepted;
pub use put_away::Away;
pub use restore::REPLACED;
pub use runs::{NewRun, RunRow};
pub use upkeep::{Integrity, backups_of, beside, refuse_itself};

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::{Connection, OpenFlags};

use crate::{
    api::Restored,
    error::{Error, ErrorCode, Result},
};

/// A handle on one database file. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // The first to go: fields are dropped in their order.
    _hold: hold::Hold,
    path: PathBuf,
    writer: writer::Writer,
    readers: Vec<tokio_rusqlite::Connection>,
    next_reader: AtomicUsize,
    listings: grid::Listings,
    answer_keys: Arc<answer_keys::AnswerKeys>,
    restored: Option<Restored>,
}

const READERS: usize = 3;

impl Store {
    /// Opens or makes the database, brings its schema up to date in one transaction, and refuses one of a newer program.
    pub async fn open(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).map_err(|e| cannot_open(path, &e.to_string()))?;
        let file = path.clone();
        let (connection, restored) = tokio::task::spawn_blocking(move || -> Result<(Connection, Option<Restored>)> {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder).map_err(|e| cannot_open(&file, &e.to_string()))?;
            }
            let restored = restore::take_ready(&file)?;
            let mut connection = Connection::open(&file).map_err(|e| cannot_open(&file, &e.to_string()))?;
            migrations::refuse_newer(&connection, &file)?;
            configure(&connection).map_err(|e| cannot_open(&file, &e.to_string()))?;
            migrations::apply(&mut connection, &file)?;
            grid::order::prepare(&connection)?;
            large_lists::sweep(&connection)?;
            Ok((connection, restored))
        })
        .await
        .map_err(|e| Error::internal(e.to_string()))??;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
            let reader = tokio_rusqlite::Connection::open_with_flags(&path, flags).await.map_err(|e| cannot_open(&path, &e.to_string()))?;
            reader
                .call(|c| -> Result<()> {
                    c.busy_timeout(std::time::Duration::from_secs(10))?;
                    Ok(grid::order::prepare(c)?)
                })
                .await?;
            readers.push(reader);
        }
        let writer = writer::Writer::start(connection, &path)?;
        let hold = hold::Hold::take(&path);
        Ok(Self {
            inner: Arc::new(Inner {
                _hold: hold,
                path,
                writer,
                readers,
                next_reader: AtomicUsize::new(0),
                listings: Default::default(),
                answer_keys: Default::default(),
                restored,
            }),
        })
    }

    /// The backup that took the place of the database when it was opened.
    pub fn restored(&self) -> Option<&Restored> {
        self.inner.restored.as_ref()
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Reads on one of the readers; sees everything whose write has returned.
    pub async fn read<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let next = self.inner.next_reader.fetch_add(1, Ordering::Relaxed);
        let reader = &self.inner.readers[next % self.inner.readers.len()];
        Ok(reader.call(move |connection| work(connection)).await?)
    }

    /// Reads on one of the readers, with what is remembered of where answers lie.
    async fn read_answers<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &answer_keys::AnswerKeys) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let keys = self.inner.answer_keys.clone();
        self.read(move |c| work(c, &keys)).await
    }

    /// Writes; when it returns Ok the change is committed. Either all of `work` takes effect or nothing.
    pub async fn write<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.inner.writer.write(work).await
    }

    /// Writes what may stand as far as it came: cheaper, for the rows of every call. When it returns Ok the change is committed.
    async fn append<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.inner.writer.append(work).await
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode NORMAL survives a kill of the process at any moment; only a power cut may cost the last commits.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn cannot_open(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorCode::Database,
        format!(
            "{} cannot be opened as a database: {why}. Check the path, its permissions and that it is an MLprompt file.",
            path.display()
        ),
    )
}

/// A value as the JSON text that a column holds.
fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::internal(format!("A value could not be written as JSON: {e}.")))
}

/// Reads a JSON column.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| {
        Error::new(
            ErrorCode::Database,
            format!("The database holds a value this version cannot read ({e}). Restore a copy or update the program."),
        )
    })
}

/// A plain enum as the word that a column holds.
fn word<T: serde::Serialize>(value: &T) -> Result<String> {
    Ok(json(value)?.trim_matches('"').to_owned())
}

/// Reads a word column.
fn from_word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    from_json(&format!("\"{text}\""))
}
