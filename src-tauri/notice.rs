//! One desktop notification when a run has ended and nobody looks at the window.

use mlprompt_core::{
    api::NoRequest,
    engine::{Driving, Engine, Notice},
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
    let notice = match app.state::<Engine>().notice(run).await {
        Ok(Some(notice)) => notice,
        Ok(None) => return,
        Err(error) => return tracing::warn!(run, error = %error.message, "the end of a run could not be told"),
    };
    // Aside, on a thread without a runtime: the desktop's bus is asked and waited for.
    let (send, shown) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || send.send(show(&notice)));
    if let Ok(Err(error)) = shown.await {
        // Without a desktop there is nobody to tell.
        tracing::info!(%error, "no notification could be shown");
    }
}

fn show(notice: &Notice) -> Result<(), notify_rust::error::Error> {
    notify_rust::Notification::new().appname("MLprompt").summary(&notice.title).body(&as_body(&notice.body)).show().map(drop)
}

/// A text as the body of a notification. Some desktops read it as markup (Desktop Notifications Specification, "body-markup"); names and the
/// words of servers are text.
#[cfg(target_os = "linux")]
fn as_body(text: &str) -> String {
    let markup = notify_rust::get_capabilities().is_ok_and(|known| known.iter().any(|capability| capability == "body-markup"));
    if markup { gtk::glib::markup_escape_text(text).into() } else { text.to_owned() }
}

#[cfg(not(target_os = "linux"))]
fn as_body(text: &str) -> String {
    text.to_owned()
}
