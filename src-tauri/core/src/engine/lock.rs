//! Locks of the operating system. On a run: who holds it drives the run; a run recorded as running that nobody holds was interrupted.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::error::{Error, ErrorCode, Result};

/// Held while a run is driven; the system lets it go when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct RunLock(File);

/// The lock of a run.
fn of_run(run: i64) -> String {
    format!("run-{run}.lock")
}

/// The lock that every import shares.
const IMPORTS: &str = "imports.lock";

/// Where the files of processes at work on a database stand.
pub(super) fn folder(database: &Path) -> PathBuf {
    let mut folder = database.as_os_str().to_owned();
    folder.push("-locks");
    PathBuf::from(folder)
}

fn lock_path(database: &Path, name: &str) -> PathBuf {
    folder(database).join(name)
}

fn open(database: &Path, name: &str) -> Result<File> {
    let path = lock_path(database, name);
    let refused = |e: std::io::Error| {
        Error::new(
            ErrorCode::Database,
            format!("The lock file {} cannot be made: {e}. Check that its folder can be written.", path.display()),
        )
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(refused)?;
    }
    OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(refused)
}

/// Takes the lock; an error tells that another process drives the run.
pub(super) async fn acquire(database: &Path, run: i64) -> Result<RunLock> {
    let file = open(database, &of_run(run))?;
    // A look at the lock by another process holds it for an instant.
    for _ in 0..20 {
        match file.try_lock() {
            Ok(()) => return Ok(RunLock(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(TryLockError::Error(e)) => {
                return Err(Error::new(ErrorCode::Database, format!("Run {run} cannot be locked: {e}. Is the folder on a network drive?")));
            }
        }
    }
    Err(Error::new(
        ErrorCode::RunHeld,
        format!("Run {run} is driven by another window or command. Watch it there, or stop it there first."),
    ))
}

/// Whether a process drives the run.
pub(super) fn is_held(database: &Path, run: i64) -> bool {
    if !lock_path(database, &of_run(run)).exists() {
        return false;
    }
    let Ok(file) = open(database, &of_run(run)) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Held while an import writes its rows, or while the remains of interrupted ones are swept.
#[derive(Debug)]
pub(super) struct ImportLock(File);

/// Joins the imports that go on; waits while another process sweeps.
pub(super) async fn importing(database: &Path) -> Result<ImportLock> {
    let file = open(database, IMPORTS)?;
    for _ in 0..3_000 {
        match file.try_lock_shared() {
            Ok(()) => return Ok(ImportLock(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(TryLockError::Error(e)) => {
                return Err(Error::new(
                    ErrorCode::Database,
                    format!("The import cannot be locked: {e}. Is the folder on a network drive?"),
                ));
            }
        }
    }
    Err(Error::new(ErrorCode::Database, "Another program has been tidying this database for a minute. Close it and try again."))
}

/// Makes sure that no process is importing and none begins; none when one is, or where that cannot be told.
pub(super) fn nobody_imports(database: &Path) -> Option<ImportLock> {
    let file = open(database, IMPORTS).ok()?;
    file.try_lock().ok()?;
    Some(ImportLock(file))
}

impl Drop for ImportLock {
    fn drop(&mut self) {
        let _closing_unlocks = self.0.unlock();
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Closing lets go as well; an explicit unlock only makes it immediate.
        let _closing_unlocks = self.0.unlock();
    }
}
