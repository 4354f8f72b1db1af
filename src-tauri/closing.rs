//! Closing the window while a run goes on: keep it running, pause it, or stop it. The user is asked.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use mlprompt_core::{Error, Result, api::RunId, engine::Engine};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Emitter, Manager, Window, WindowEvent};

use crate::{notice, window};

/// Whether the program waits for runs to come to their end.
#[derive(Default)]
pub struct Closing {
    waiting: AtomicBool,
}

impl Closing {
    /// The window is gone, the program stays until its runs have ended.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Told to the page when the user wants to close while runs go on.
#[derive(Clone, Serialize)]
struct CloseRequested {
    runs: usize,
}

/// What the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseChoice {
    /// The window goes, the runs end in order, then the program leaves.
    KeepRunning,
    /// Calls in flight finish, then the program leaves; the runs can be resumed.
    Pause,
    /// The runs end now, their test split sealed, then the program leaves.
    Stop,
    /// The window stays.
    Cancel,
}

/// Asks before closing a window behind which a run goes on.
pub fn on_window_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let runs = window.state::<Engine>().driven_runs().len();
    if runs == 0 {
        return;
    }
    api.prevent_close();
    if let Err(error) = window.emit("close-requested", CloseRequested { runs }) {
        tracing::warn!(%error, "the page could not be asked about closing");
    }
}

/// Does what the user chose.
pub fn answer(app: &AppHandle, choice: CloseChoice) -> Result<()> {
    let engine = app.state::<Engine>().inner().clone();
    if choice == CloseChoice::Cancel {
        return Ok(());
    }
    app.state::<Closing>().waiting.store(true, Ordering::Relaxed);
    if let Some(window) = app.get_webview_window(window::MAIN) {
        window.hide().map_err(|e| Error::internal(format!("The window could not be hidden: {e}.")))?;
    }
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let runs = engine.driven_runs();
        for &run in &runs {
            // One that has just ended needs nothing more.
            let _already_ended = match choice {
                CloseChoice::Pause => engine.pause_run(RunId { run }).await.map(drop),
                CloseChoice::Stop => engine.stop_run(RunId { run }).await.map(drop),
                CloseChoice::KeepRunning | CloseChoice::Cancel => Ok(()),
            };
        }
        while !engine.driven_runs().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for run in runs {
            notice::tell_end(&app, run).await;
        }
        // A second start may have brought the window back; then the program stays with it.
        let visible = app.get_webview_window(window::MAIN).is_some_and(|w| w.is_visible().unwrap_or(false));
        app.state::<Closing>().waiting.store(false, Ordering::Relaxed);
        if !visible {
            app.exit(0);
        }
    });
    Ok(())
}
