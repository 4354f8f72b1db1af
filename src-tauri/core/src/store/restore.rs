//! A backup on its way back. It is laid beside the database while the program runs, and takes its place before the next one opens it:
//! no connection is open then, and at every moment both are on the disk.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::{Store, cannot_open, migrations, project_file::APPLICATION_ID, upkeep, upkeep::beside};
use crate::{
    api::Restored,
    error::{Error, Result},
};

/// How often it is looked whether the database is free, and how long in between: five seconds in all.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Where a backup came from that lies ready, beside it.
const FROM: &str = ".restore-from";

/// How the names of databases begin that gave way to a backup.
pub const REPLACED: &str = "replaced-";

impl Store {
    /// Lays a copy of a backup ready to take the place of the database when it is opened the next time. A backup that is damaged, or of
    /// a newer program, is refused.
    pub async fn lay_ready(&self, backup: &Path) -> Result<()> {
        let (backup, database) = (backup.to_owned(), self.path().to_owned());
        let ready = beside(&database, ".restore");
        upkeep::aside(move || {
            let connection = ours(&backup)?;
            // What is badly damaged refuses the check itself.
            let problems = upkeep::problems(&connection).unwrap_or_else(|_| vec![UNREADABLE.to_owned()]);
            if let Some(problem) = problems.first() {
                return Err(damaged(&backup, problem));
            }
            upkeep::copy(&connection, &ready)?;
            // Only for the words after the next start: without it the restore works as well.
            if let Err(error) = fs::write(beside(&database, FROM), backup.display().to_string()) {
                tracing::warn!(%error, "the name of the backup could not be kept");
            }
            Ok(())
        })
        .await
    }

    /// Refuses a file that is no copy of a database of this program, or of one of a newer one.
    pub async fn refuse_foreign(&self, file: &Path) -> Result<()> {
        let (database, file) = (self.path().to_owned(), file.to_owned());
        upkeep::aside(move || {
            upkeep::refuse_itself(&database, &file)
                .map_err(|error| Error::new(error.code, "That is the database itself, which stands as it is. Choose a copy of it."))?;
            ours(&file).map(drop)
        })
        .await
    }
}

const UNREADABLE: &str = "it cannot be read to its end";

fn damaged(file: &Path, problem: &str) -> Error {
    Error::invalid(format!("{} is damaged ({problem}). Choose another backup; the database was left as it is.", file.display()))
}

/// A database of this program, to be read.
fn ours(file: &Path) -> Result<Connection> {
    let foreign = || {
        Error::invalid(format!(
            "{} is no copy of an MLprompt database. Choose a file that “Save a copy” or a backup wrote; the database was left as it is.",
            file.display()
        ))
    };
    let connection = upkeep::read_only(file).map_err(|_| foreign())?;
    let tables = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('project', 'prompt_version', 'run')";
    let known: i64 = connection.query_row(tables, [], |row| row.get(0)).map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => damaged(file, UNREADABLE),
        _ => foreign(),
    })?;
    if known < 3 {
        return Err(foreign());
    }
    // The file of a project has the same tables.
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if application == APPLICATION_ID {
        return Err(Error::invalid(format!(
            "{} is one project that was exported, and no copy of a database: restored, it would take the place of all the others. Drop it on \
             the window to add its project; the database was left as it is.",
            file.display()
        )));
    }
    migrations::refuse_newer(&connection, file)?;
    Ok(connection)
}

/// Puts a backup that lies ready in the place of the database, which is kept among the backups.
pub(super) fn take_ready(database: &Path) -> Result<Option<Restored>> {
    let ready = beside(database, ".restore");
    if !ready.is_file() {
        return Ok(None);
    }
    let failed = |e: std::io::Error| cannot_open(database, &format!("the backup that is to take its place could not be put there: {e}"));
    let mut before = None;
    if database.exists() {
        refuse_used(database)?;
        let kept = free_name(database).map_err(failed)?;
        // A log is left only where the database is too damaged to take it in.
        for end in ["-wal", "-shm"] {
            let log = beside(database, end);
            if log.exists() {
                fs::rename(&log, beside(&kept, end)).map_err(failed)?;
            }
        }
        fs::rename(database, &kept).map_err(failed)?;
        before = Some(kept.display().to_string());
    }
    fs::rename(&ready, database).map_err(failed)?;
    let named = beside(database, FROM);
    let from = fs::read_to_string(&named).ok();
    if from.is_some()
        && let Err(error) = fs::remove_file(&named)
    {
        tracing::warn!(%error, "the note of a backup that was restored could not be removed");
    }
    Ok(Some(Restored { from, kept: before }))
}

/// Takes the log into the database, which works only while nobody else has it open. A program that starts itself again is still on its way
/// out for a moment.
fn refuse_used(database: &Path) -> Result<()> {
    for _ in 0..TRIES {
        if !is_used(database) {
            return Ok(());
        }
        std::thread::sleep(BETWEEN_TRIES);
    }
    Err(Error::invalid(format!(
        "A backup is to take the place of {}, which another program has open. Close that program, then start again.",
        database.display()
    )))
}

fn is_used(database: &Path) -> bool {
    let alone = || -> rusqlite::Result<String> {
        let connection = Connection::open(database)?;
        connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))
    };
    match alone() {
        Ok(mode) => !mode.eq_ignore_ascii_case("delete"),
        Err(rusqlite::Error::SqliteFailure(error, _)) => {
            matches!(error.code, rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
        }
        // What cannot be read is replaced all the same.
        Err(_) => false,
    }
}

/// A name that is free in the folder of the backups.
fn free_name(database: &Path) -> std::io::Result<PathBuf> {
    let folder = upkeep::backups_of(database);
    fs::create_dir_all(&folder)?;
    let mut number = 1;
    loop {
        let name = folder.join(format!("{REPLACED}{number}.db"));
        if !name.exists() {
            return Ok(name);
        }
        number += 1;
    }
}
