//! Copying the write-ahead log into the database beside the writer, so that commits do not wait for the disk.
//!
//! The writer tells how long the log is after each commit. A thread with a connection of its own copies what is there while the
//! writer goes on; only where it does not keep up the writer copies the rest itself, which lets the log start from its beginning.

use std::{cell::Cell, path::Path, sync::mpsc};

use rusqlite::{Connection, OpenFlags, hooks::Wal};

use crate::error::{Error, Result};

/// Pages of log after which the thread copies: 16 MiB. Each copy waits twice for the disk, and a page that was written often
/// meanwhile is copied once.
const COPY_EVERY: i32 = 4_000;
/// Pages of log that the writer lets stand: 64 MiB.
const MOST_PAGES: i32 = 16_000;

thread_local! {
    /// Pages of the log after the last commit of this thread's connection.
    static PAGES: Cell<i32> = const { Cell::new(0) };
}

/// Beside the one writer.
pub(super) struct Checkpoints {
    wake: mpsc::SyncSender<()>,
    woken_at: i32,
}

impl Checkpoints {
    /// Follows the connection of the calling thread.
    pub(super) fn follow(connection: &Connection, database: &Path) -> Result<Self> {
        connection.wal_hook(Some(note));
        let (wake, wakes) = mpsc::sync_channel(1);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let copier = Connection::open_with_flags(database, flags)?;
        std::thread::Builder::new()
            .name("database log".into())
            .spawn(move || {
                while wakes.recv().is_ok() {
                    copy(&copier);
                }
            })
            .map_err(|e| Error::internal(format!("The thread that copies the database's log could not start: {e}.")))?;
        Ok(Self { wake, woken_at: 0 })
    }

    /// After a commit of the writer.
    pub(super) fn committed(&mut self, connection: &Connection) {
        let pages = PAGES.get();
        if pages < self.woken_at {
            // The log began anew.
            self.woken_at = 0;
        }
        if pages >= MOST_PAGES {
            copy(connection);
        } else if pages - self.woken_at >= COPY_EVERY && self.wake.try_send(()).is_ok() {
            self.woken_at = pages;
        }
    }
}

fn note(_: &Wal, pages: i32) -> rusqlite::Result<()> {
    PAGES.set(pages);
    Ok(())
}

/// Copies as much as can be without waiting for anybody.
fn copy(connection: &Connection) {
    // A disk that is full now is told to whoever writes next; the log holds everything.
    let _later = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}
