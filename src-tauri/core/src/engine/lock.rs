//! The operating system's lock on a run: who holds it drives the run; a run recorded as running that nobody holds was interrupted.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::error::{Error, ErrorCode, Result};

/// Held while a run is driven; the system lets it go when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct RunLock(File);

fn lock_path(database: &Path, run: i64) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-locks");
    PathBuf::from(name).join(format!("run-{run}.lock"))
}

fn open(database: &Path, run: i64) -> Result<File> {
    let path = lock_path(database, run);
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
    let file = open(database, run)?;
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
    if !lock_path(database, run).exists() {
        return false;
    }
    let Ok(file) = open(database, run) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Closing lets go as well; an explicit unlock only makes it immediate.
        let _closing_unlocks = self.0.unlock();
    }
}
