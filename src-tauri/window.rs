//! The window itself.

use std::process::ExitCode;

use mlprompt_core::Error;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindowBuilder};

/// Label of the one window.
pub const MAIN: &str = "main";

/// Collects what goes wrong in the page, for whoever drives the window by WebDriver; only then is it there.
const RECORDER: &str = r#"
window.__recorded = [];
(() => {
  const keep = (kind, text) => window.__recorded.push(kind + ": " + text);
  const original = console.error.bind(console);
  console.error = (...parts) => { keep("console.error", parts.map(String).join(" ")); original(...parts); };
  addEventListener("error", (e) => keep("error", e.message + " " + (e.filename || "") + ":" + (e.lineno || 0)));
  addEventListener("unhandledrejection", (e) => keep("unhandledrejection", String(e.reason && e.reason.message || e.reason)));
  addEventListener("securitypolicyviolation", (e) => keep("securitypolicyviolation", e.violatedDirective + " " + e.blockedURI));
})();
"#;

/// Keeps the page's memory close to what it holds: call it first, before there are threads. Its engine (JavaScriptCore) otherwise lets a small
/// heap grow to more than six times what lives in it before it is collected whole (`docs/benchmarks.md`, a live run). What the user has set
/// stands. Elsewhere it does nothing.
pub fn spare_memory() {
    #[cfg(target_os = "linux")]
    let _without_it_only_more_is_used = gtk::glib::setenv("JSC_heapGrowthMaxIncrease", "1", false);
}

/// Whether there is a display to open a window on; why not, otherwise. The toolkit's own answer would be a panic.
pub fn display() -> Result<(), String> {
    #[cfg(target_os = "linux")]
    gtk::init().map_err(|error| error.to_string())?;
    Ok(())
}

/// Opens the window. Nothing but the program's own pages can be shown in it.
pub fn open(app: &AppHandle) -> tauri::Result<()> {
    let mut builder = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title("MLprompt")
        .inner_size(1280.0, 820.0)
        .min_inner_size(900.0, 600.0)
        .on_navigation(|url| matches!(url.scheme(), "tauri") || matches!(url.host_str(), Some("tauri.localhost" | "localhost")));
    if std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|v| v == "true") {
        builder = builder.initialization_script(RECORDER);
    }
    builder.build()?;
    Ok(())
}

/// Shows the window again, in front.
pub fn bring_forward(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        for outcome in [window.show(), window.unminimize(), window.set_focus()] {
            if let Err(error) = outcome {
                tracing::warn!(%error, "the window could not be brought forward");
            }
        }
    }
}

/// Says in a dialog why the program cannot start.
pub fn show_start_error(error: &Error) -> ExitCode {
    use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
    let message = error.message.clone();
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .setup(move |app| {
            let handle = app.handle().clone();
            app.dialog()
                .message(message.clone())
                .title("MLprompt cannot start")
                .kind(MessageDialogKind::Error)
                .show(move |_| handle.exit(1));
            Ok(())
        })
        .build(tauri::generate_context!());
    if let Ok(app) = built {
        app.run(|_, _| {});
    }
    ExitCode::FAILURE
}
