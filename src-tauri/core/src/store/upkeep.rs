//! Looking after the database file: a copy, the copy before a migration, and whether the file is whole.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use super::{Store, cannot_open};
use crate::{
    error::{Error, Result},
    new_file::NewFile,
};

/// So many problems are named; a damaged file can have thousands.
const MOST_PROBLEMS: usize = 20;

/// What an integrity check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    /// What is wrong, in SQLite's words; empty when the file is whole.
    pub problems: Vec<String>,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Store {
    /// Reads the whole file and says what is wrong with it. Runs beside everything else; a large file takes a while.
    pub async fn check_integrity(&self) -> Result<Integrity> {
        let path = self.path().to_owned();
        aside(move || {
            let bytes = std::fs::metadata(&path).map_err(|e| cannot_open(&path, &e.to_string()))?.len();
            // A damaged file may refuse the check itself; that is an answer and no failure.
            let problems = read_only(&path).and_then(|c| problems(&c)).unwrap_or_else(|error| vec![error.message]);
            Ok(Integrity { problems, bytes })
        })
        .await
    }

    /// Copies the write-ahead log into the database and empties it, as far as others let it. Where it cannot, all is as it was.
    pub(crate) async fn empty_log(&self) {
        let path = self.path().to_owned();
        let emptied = aside(move || {
            let connection = Connection::open(&path)?;
            connection.busy_timeout(Duration::from_secs(2))?;
            Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))?)
        })
        .await;
        if let Err(error) = emptied {
            tracing::warn!(error = %error.message, "the write-ahead log could not be emptied");
        }
    }

    /// Writes a copy as it is at this moment, while runs go on. A file that is there is replaced once the copy is whole.
    pub async fn save_copy(&self, target: &Path) -> Result<()> {
        let (source, target) = (self.path().to_owned(), target.to_owned());
        aside(move || {
            refuse_itself(&source, &target)?;
            copy(&read_only(&source)?, &target)
        })
        .await
    }
}

/// Runs work that blocks where it holds up nobody.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::internal(e.to_string()))?
}

/// A connection of its own, so that no reader of the engine waits.
pub(super) fn read_only(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

pub(super) fn problems(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MOST_PROBLEMS})"))?;
    let mut found = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    found.retain(|line| line != "ok");
    let mut orphans = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = orphans.query([])?;
    while let Some(row) = rows.next()?
        && found.len() < MOST_PROBLEMS
    {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        found.push(format!("a row of {table} names a row of {parent} that is not there"));
    }
    Ok(found)
}

/// A file beside the database, by the end of its name.
pub fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The folder of the backups, `mlprompt.db.backups` beside the database.
pub fn backups_of(database: &Path) -> PathBuf {
    beside(database, ".backups")
}

/// A file is never written over the database it comes from.
pub fn refuse_itself(database: &Path, target: &Path) -> Result<()> {
    let target = std::fs::canonicalize(target).ok();
    let same = target
        .is_some_and(|t| ["", "-wal", "-shm"].iter().any(|end| std::fs::canonicalize(beside(database, end)).is_ok_and(|own| own == t)));
    if same { Err(Error::invalid("That is the database itself. Choose another name for the file.")) } else { Ok(()) }
}

/// Copies through a file beside the target, so that a copy is whole or not there.
pub(super) fn copy(source: &Connection, target: &Path) -> Result<()> {
    let (new, _) = NewFile::beside(target)?;
    let text = new.partial().to_str().ok_or_else(|| new.refusal(&"its name is not Unicode"))?;
    source.execute("VACUUM INTO ?1", [text]).map_err(|e| new.refusal(&e))?;
    new.arrive().map(|_| ())
}

/// Before a migration: a copy beside the database, named after the version it has. A copy of the same version is kept as it is: a
/// migration that failed half way and is tried again must not replace it.
pub(super) fn back_up(connection: &Connection, path: &Path, version: usize) -> Result<PathBuf> {
    let backup = beside(path, &format!(".version-{version}.backup"));
    if !backup.exists() {
        copy(connection, &backup)?;
    }
    Ok(backup)
}
