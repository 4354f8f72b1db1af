//! Shows a folder in the desktop's file manager.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use mlprompt_core::{Error, Result};

const OPENER: &str = if cfg!(target_os = "windows") {
    "explorer"
} else if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens a folder. The path is always the program's own, or one that the user gave to it, never one of the page.
pub fn show(folder: &Path) -> Result<()> {
    let unopened = |e| Error::invalid(format!("{} could not be opened: {e}. Open it in your file manager.", folder.display()));
    let mut opener = Command::new(OPENER).arg(folder).spawn().map_err(unopened)?;
    // Waited for aside, so that nothing of it stays behind.
    std::thread::spawn(move || opener.wait());
    Ok(())
}

/// The files that were written where the user said: the page may ask for the folders of these, and of nothing else.
#[derive(Default)]
pub struct Written(Mutex<HashSet<PathBuf>>);

impl Written {
    /// Takes note of a file, and gives its path as the page shows it.
    pub fn note(&self, path: &Path) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(PathBuf::from(path.display().to_string()));
        path.display().to_string()
    }

    /// The folder of a file that was written.
    pub fn folder_of(&self, file: &Path) -> Result<PathBuf> {
        let is_known = self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(file);
        let folder = file.parent().filter(|_| is_known);
        folder
            .map(Path::to_path_buf)
            .ok_or_else(|| Error::invalid(format!("{} was not written by this window. Look for it in your file manager.", file.display())))
    }
}
