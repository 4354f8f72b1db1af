//! The system's dialogs that choose files and places, one at a time: they leave the window usable, and a second one would lie over the first.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use mlprompt_core::{Error, Result};
use tauri::{AppHandle, Manager, Wry};
use tauri_plugin_dialog::{DialogExt, FileDialogBuilder, FilePath};

/// How often, and how far apart, it is looked whether a dialog that is to be seen no more has been answered.
const LOOKS: u32 = 100;
const LOOK: Duration = Duration::from_millis(50);

/// Whether a dialog is open.
#[derive(Default)]
pub struct Dialogs(AtomicBool);

/// The dialog that is open; dropped when it was answered.
struct Shown<'a>(&'a AtomicBool);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Takes what was chosen; none when the user changed their mind.
type Answer<T> = Box<dyn FnOnce(Option<T>) + Send>;

/// Asks for any number of data files.
pub async fn data_files(app: &AppHandle) -> Result<Vec<String>> {
    let data = ["csv", "tsv", "txt", "tab", "jsonl", "ndjson", "json", "xlsx", "xlsm", "ods", "parquet", "yaml", "yml", "mlprompt"];
    let files = ask(app, |dialog, answer| {
        let dialog = dialog.set_title("Choose data files").add_filter("Data", &data).add_filter("All files", &["*"]);
        dialog.pick_files(answer);
    })
    .await?;
    Ok(files.unwrap_or_default().into_iter().map(|file: FilePath| file.to_string()).collect())
}

/// Asks for a copy of the database.
pub async fn database_copy(app: &AppHandle) -> Result<Option<PathBuf>> {
    let file = ask(app, |dialog, answer| {
        let dialog = dialog.set_title("Choose a copy of the database").add_filter("Copies of the database", &["db", "backup"]);
        dialog.add_filter("All files", &["*"]).pick_file(answer);
    })
    .await?;
    let unreadable = |e| Error::invalid(format!("That file cannot be read: {e}. Choose one on this computer."));
    file.map(FilePath::into_path).transpose().map_err(unreadable)
}

/// Asks where to save; the system's dialog asks before a file is replaced.
pub async fn place_to_save(app: &AppHandle, title: &str, suggested_name: &str) -> Result<Option<PathBuf>> {
    let name: String = suggested_name.chars().map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '-' } else { c }).collect();
    let file = ask(app, |dialog, answer| dialog.set_title(title).set_file_name(name).save_file(answer)).await?;
    let unusable = |e| Error::invalid(format!("That place cannot be written: {e}. Choose a folder on this computer."));
    file.map(FilePath::into_path).transpose().map_err(unusable)
}

/// Shows a dialog and waits for its answer. While one is open, another wish brings it to the front and comes to nothing itself.
async fn ask<T: Send + 'static>(app: &AppHandle, show: impl FnOnce(FileDialogBuilder<Wry>, Answer<T>)) -> Result<Option<T>> {
    let dialogs = app.state::<Dialogs>();
    for look in 1.. {
        if !dialogs.0.swap(true, Ordering::AcqRel) {
            break;
        }
        // One that was just answered is gone from the screen before its answer has arrived: the wish is for the next one.
        if raise(app).await || look == LOOKS {
            return Ok(None);
        }
        tokio::time::sleep(LOOK).await;
    }
    let _shown = Shown(&dialogs.0);
    let (send, chosen) = tokio::sync::oneshot::channel();
    let answer = move |chosen| {
        // The page may be gone by now; then nobody needs the answer.
        let _page_gone = send.send(chosen);
    };
    show(app.dialog().file(), Box::new(answer));
    chosen.await.map_err(|e| Error::internal(e.to_string()))
}

/// Brings the open dialog to the front, as the window may lie over it; false where none is to be seen.
#[cfg(target_os = "linux")]
async fn raise(app: &AppHandle) -> bool {
    use gtk::prelude::{Cast, GtkWindowExt, WidgetExt};
    let (send, raised) = tokio::sync::oneshot::channel();
    let asked = app.run_on_main_thread(move || {
        let mut found = false;
        for window in gtk::Window::list_toplevels() {
            // Answered ones are hidden and still there: shown again, they could not be closed.
            if let Ok(dialog) = window.downcast::<gtk::FileChooserDialog>()
                && dialog.is_visible()
            {
                dialog.present();
                found = true;
            }
        }
        let _nobody_waits = send.send(found);
    });
    if let Err(error) = asked {
        tracing::warn!(%error, "the open dialog could not be brought forward");
    }
    raised.await.unwrap_or(false)
}

/// Elsewhere the system keeps a dialog before its window.
#[cfg(not(target_os = "linux"))]
async fn raise(_: &AppHandle) -> bool {
    true
}
