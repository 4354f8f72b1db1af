//! A file that is whole or not there: written beside its place, flushed, then renamed.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::error::{Error, ErrorCode, Result};

/// A file on its way. Dropped before [`NewFile::arrive`], it leaves nothing behind, and what stood in its place stays.
#[derive(Debug)]
pub struct NewFile {
    partial: PathBuf,
    target: PathBuf,
    arrived: bool,
}

/// Names that are tried beside a target before giving up.
const TRIES: u32 = 100;

impl NewFile {
    /// Opens an empty file beside the target.
    pub fn beside(target: &Path) -> Result<(Self, File)> {
        let target = std::path::absolute(target).map_err(|e| unwritable(target, &e))?;
        if target.is_dir() {
            return Err(Error::invalid(format!("{} is a folder. Give the file a name in it.", target.display())));
        }
        if target.exists() && !target.is_file() {
            return Err(Error::invalid(format!("{} is a pipe or a device, not a file. Choose another place.", target.display())));
        }
        for number in 0..TRIES {
            let mut partial = target.as_os_str().to_owned();
            partial.push(format!(".{}-{number}.partial", std::process::id()));
            let partial = PathBuf::from(partial);
            match OpenOptions::new().read(true).write(true).create_new(true).open(&partial) {
                Ok(file) => return Ok((Self { partial, target, arrived: false }, file)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(unwritable(&target, &e)),
            }
        }
        Err(unwritable(&target, &"its folder is full of files that were begun and never finished"))
    }

    /// Where it is written meanwhile.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Flushes it to the disk and puts it in its place; a file of that name is replaced. Gives its size in bytes.
    pub fn arrive(mut self) -> Result<u64> {
        let put = || {
            let file = File::open(&self.partial)?;
            file.sync_all()?;
            let bytes = file.metadata()?.len();
            std::fs::rename(&self.partial, &self.target)?;
            Ok(bytes)
        };
        let bytes = put().map_err(|e: io::Error| unwritable(&self.target, &e))?;
        self.arrived = true;
        Ok(bytes)
    }

    /// What to say when it cannot be written.
    pub fn refusal(&self, why: &dyn std::fmt::Display) -> Error {
        unwritable(&self.target, why)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.arrived && self.partial.exists() {
            // Whoever dropped it has an error to tell already.
            let _leftover = std::fs::remove_file(&self.partial);
        }
    }
}

fn unwritable(target: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::new(
        ErrorCode::Invalid,
        format!("{} cannot be written: {why}. Check the folder and its free space, or choose another place.", target.display()),
    )
}
