//! One desktop notification when a run has ended and nobody looks at the window.

use mlprompt_core::{
    api::NoRequest,
    engine::{Driving, Engine},
    run::{RunStatus, RunSummary},
    train::percent,
};
use tauri::{AppHandle, Manager};
use tokio::sync::broadcast::error::RecvError;

use crate::{awake::Awake, closing::Closing, window};

/// Follows the runs of this process: no idle sleep while they go on, a word at their end.
pub async fn follow(app: AppHandle) {
    let engine = app.state::<Engine>().inner().clone();
    let (awake, mut changes) = (Awake::start(), engine.driving());
    loop {
        let change = changes.recv().await;
        awake.set(!engine.driven_runs().is_empty());
        match change {
            // Who closed the window is told before the program leaves.
            Ok(Driving::Ended(run)) if !app.state::<Closing>().is_waiting() => tell_end(&app, run).await,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => break,
        }
    }
}

/// Tells how a run ended, unless the window is in front.
pub async fn tell_end(app: &AppHandle, run: i64) {
    let in_front = app.get_webview_window(window::MAIN).is_some_and(|w| w.is_visible().unwrap_or(false) && w.is_focused().unwrap_or(false));
    if in_front {
        return;
    }
    if !app.state::<Engine>().get_settings(NoRequest {}).await.is_ok_and(|settings| settings.notify) {
        return;
    }
    let summary = match app.state::<Engine>().run(run).await {
        Ok(summary) => summary,
        Err(error) => return tracing::warn!(run, error = %error.message, "the end of a run could not be told"),
    };
    let Some(words) = words(&summary) else { return };
    // Aside, on a thread without a runtime: the desktop's bus is asked and waited for.
    let (send, shown) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || send.send(show(&words)));
    if let Ok(Err(error)) = shown.await {
        // Without a desktop there is nobody to tell.
        tracing::info!(%error, "no notification could be shown");
    }
}

struct Words {
    title: String,
    body: String,
}

/// What is said of an end; nothing of a pause or of a stop, which the user asked for.
fn words(run: &RunSummary) -> Option<Words> {
    let title = match run.status {
        RunStatus::Completed => format!("{} is done", run.name),
        RunStatus::Failed => format!("{} failed", run.name),
        _ => return None,
    };
    let mut body = run.stop_reason.clone().unwrap_or_default();
    if let (RunStatus::Completed, Some(best)) = (run.status, run.best.test.or(run.best.validation)) {
        let split = if run.best.test.is_some() { "test" } else { "validation" };
        body = format!("Best on {split}: {}. {body}", percent(best.score));
    }
    Some(Words { title, body })
}

fn show(words: &Words) -> Result<(), notify_rust::error::Error> {
    notify_rust::Notification::new().appname("MLprompt").summary(&words.title).body(&words.body).show().map(drop)
}
