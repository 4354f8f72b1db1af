//! Closing the window. The page keeps what is not saved yet; while a run goes on the user is asked: keep it running, pause it, or stop it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use mlprompt_core::{Error, Result, api::RunId, engine::Engine};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Emitter, Manager, Window, WindowEvent};

use crate::{notice, window};

/// How long the page may take to keep what is not saved. One that answers no more must not hold the window open.
const LONGEST_KEEPING: Duration = Duration::from_secs(5);

/// Whether the program waits for runs to come to their end.
#[derive(Default)]
pub struct Closing {
    waiting: AtomicBool,
    /// Requests to close and answers to them so far: a wait that is no longer about the latest is over.
    turns: AtomicU64,
}

impl Closing {
    /// The window is gone, the program stays until its runs have ended.
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Told to the page when the user wants to close.
#[derive(Clone, Serialize)]
struct CloseRequested {
    runs: usize,
}

/// What the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseChoice {
    /// Everything is kept and nothing goes on: the window and the program go.
    Close,
    /// The window goes, the runs end in order, then the program leaves.
    KeepRunning,
    /// Calls in flight finish, then the program leaves; the runs can be resumed.
    Pause,
    /// The runs end now, their test split sealed, then the program leaves.
    Stop,
    /// The window stays.
    Cancel,
}

/// Lets the page keep what is not saved before the window goes, and ask the user while a run goes on.
pub fn on_window_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let turn = window.state::<Closing>().turn();
    let runs = window.state::<Engine>().driven_runs().len();
    if let Err(error) = window.emit("close-requested", CloseRequested { runs }) {
        tracing::warn!(%error, "the page could not be told about closing");
        if runs == 0 {
            return;
        }
    }
    api.prevent_close();
    if runs == 0 {
        let window = window.clone();
        tauri::async_runtime::spawn(async move {
            tokio::time::sleep(LONGEST_KEEPING).await;
            if window.state::<Closing>().turns.load(Ordering::Relaxed) == turn {
                tracing::warn!("the page did not answer; the window closes without it");
                remove(window.app_handle());
            }
        });
    }
}

fn remove(app: &AppHandle) {
    if let Some(Err(error)) = app.get_webview_window(window::MAIN).map(|window| window.destroy()) {
        tracing::warn!(%error, "the window could not be closed");
    }
}

/// Does what the user chose.
pub fn answer(app: &AppHandle, choice: CloseChoice) -> Result<()> {
    let engine = app.state::<Engine>().inner().clone();
    app.state::<Closing>().turn();
    match choice {
        CloseChoice::Cancel => return Ok(()),
        CloseChoice::Close => {
            remove(app);
            return Ok(());
        }
        CloseChoice::KeepRunning | CloseChoice::Pause | CloseChoice::Stop => {}
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
                CloseChoice::KeepRunning | CloseChoice::Cancel | CloseChoice::Close => Ok(()),
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
