//! A hold on the database that nothing in this process can take away by accident.
//!
//! SQLite locks with POSIX record locks, and the system drops all of a process's record locks on a file as soon as the process closes any
//! handle on it (fcntl(2)). A file dialog of GTK reads the files it lists inside the process, the database among them where it lies in
//! that folder. From then on another program that closes the database would take itself for the last one and remove the write-ahead log
//! that this process still writes to. Locks of an open file description belong to their handle alone, and conflict with those of others
//! in the same way.

use std::{fs::File, path::Path};

/// Where SQLite locks a database that is read: "Locking Protocol", os_unix.c.
#[cfg(target_os = "linux")]
const SHARED: (i64, i64) = (0x4000_0002, 510);
/// Where it locks the shared memory of the write-ahead log that is in use: `UNIX_SHM_DMS`.
#[cfg(target_os = "linux")]
const IN_USE: (i64, i64) = (128, 1);

/// Held while the database is open; let go before its connections close, so that the last one can tidy up.
pub(super) struct Hold {
    _handles: Vec<File>,
}

impl Hold {
    /// Takes the hold on a database whose connections are open. Where the file system knows no such locks there is none.
    pub fn take(database: &Path) -> Self {
        Self { _handles: handles(database) }
    }
}

#[cfg(target_os = "linux")]
fn handles(database: &Path) -> Vec<File> {
    let shared_memory = {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        std::path::PathBuf::from(path)
    };
    let places = [(database, SHARED), (&shared_memory, IN_USE)];
    places.into_iter().filter_map(|(path, place)| File::open(path).ok().filter(|file| lock(file, place))).collect()
}

#[cfg(not(target_os = "linux"))]
fn handles(_: &Path) -> Vec<File> {
    Vec::new()
}

/// Shares a range of a file, for as long as the handle is open.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn lock(file: &File, (start, length): (i64, i64)) -> bool {
    use std::os::fd::AsRawFd;
    // SAFETY: all zeros is a valid flock, whose fields are integers.
    let mut range: libc::flock = unsafe { std::mem::zeroed() };
    range.l_type = libc::F_RDLCK as libc::c_short;
    range.l_whence = libc::SEEK_SET as libc::c_short;
    range.l_start = start as libc::off_t;
    range.l_len = length as libc::off_t;
    // SAFETY: the descriptor is open while `file` is borrowed, and the kernel only reads the structure.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &range) == 0 }
}
