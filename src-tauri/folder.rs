//! Shows a folder in the desktop's file manager.

use std::{path::Path, process::Command};

use mlprompt_core::{Error, Result};

const OPENER: &str = if cfg!(target_os = "windows") {
    "explorer"
} else if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens a folder. The path is always the program's own, never one of the page.
pub fn show(folder: &Path) -> Result<()> {
    let unopened = |e| Error::invalid(format!("{} could not be opened: {e}. Open it in your file manager.", folder.display()));
    let mut opener = Command::new(OPENER).arg(folder).spawn().map_err(unopened)?;
    // Waited for aside, so that nothing of it stays behind.
    std::thread::spawn(move || opener.wait());
    Ok(())
}
