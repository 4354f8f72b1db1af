//! A backup on its way back. It is laid beside the database while the program runs, and takes its place before the next one opens it:
//! no connection is open then, and at every moment both are on the disk.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::{Store, cannot_open, migrations, upkeep, upkeep::beside};
use crate::error::{Error, Result};

/// How often it is looked whether the database is free, and how long in between: five seconds in all.
const TRIES: u32 = 50;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// How the names of databases begin that gave way to a backup.
pub const REPLACED: &str = "replaced-";

impl Store {
    /// Lays a copy of a backup ready to take the place of the database when it is opened the next time. A backup that is damaged, or of
    /// a newer program, is refused.
    pub async fn lay_ready(&self, backup: &Path) -> Result<()> {
        let (backup, ready) = (backup.to_owned(), beside(self.path(), ".restore"));
        upkeep::aside(move || {
            let connection = upkeep::read_only(&backup)?;
            migrations::refuse_newer(&connection, &backup)?;
            // What is badly damaged refuses the check itself.
            let problems = upkeep::problems(&connection).unwrap_or_else(|_| vec!["it cannot be read to its end".to_owned()]);
            if let Some(problem) = problems.first() {
                return Err(Error::invalid(format!(
                    "{} is damaged ({problem}). Choose another backup; the database was left as it is.",
                    backup.display()
                )));
            }
            upkeep::copy(&connection, &ready)
        })
        .await
    }
}

/// Puts a backup that lies ready in the place of the database, which is kept among the backups.
pub(super) fn take_ready(database: &Path) -> Result<()> {
    let ready = beside(database, ".restore");
    if !ready.is_file() {
        return Ok(());
    }
    let failed = |e: std::io::Error| cannot_open(database, &format!("the backup that is to take its place could not be put there: {e}"));
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
    }
    fs::rename(&ready, database).map_err(failed)
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
