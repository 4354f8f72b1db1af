//! Room on the disk that an import holds until its end. Where the disk runs full meanwhile it is let go: taking back what was written
//! needs some, too.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use super::lock;
use crate::error::{Error, ErrorCode, Result};

/// Twice what stands in the write-ahead log before it is copied.
const BYTES: usize = 8 << 20;
const START: &str = "reserve-";

/// A file that is gone when this is dropped.
pub(super) struct Reserve(PathBuf);

impl Reserve {
    /// Takes the room, beside the database. A disk without it is too full to begin.
    pub fn beside(database: &Path) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = lock::folder(database);
        let reserve = Self(folder.join(format!("{START}{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed))));
        let write = || -> io::Result<()> {
            fs::create_dir_all(&folder)?;
            let mut file = File::create(&reserve.0)?;
            let piece = vec![0x5A; 256 << 10];
            for _ in 0..BYTES / piece.len() {
                file.write_all(&piece)?;
            }
            Ok(())
        };
        write().map_err(|e| {
            let message = format!(
                "There is no room for an import on the disk of {} ({e}). Free some space, then try again; nothing was changed.",
                database.display()
            );
            Error::new(ErrorCode::Database, message)
        })?;
        Ok(reserve)
    }

    /// Removes what killed imports left. Only while nobody imports.
    pub fn sweep(database: &Path) {
        let Ok(entries) = fs::read_dir(lock::folder(database)) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(START) {
                let _next_time = fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        let _swept_later = fs::remove_file(&self.0);
    }
}
