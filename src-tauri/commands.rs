//! The engine's commands as Tauri commands, and the few that need a window.

use std::{
    future::Future,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use mlprompt_core::{
    Error, ErrorCode, Result,
    api::*,
    engine::{Engine, RunWatch},
    run::NumberedEvent,
};
use serde::Deserialize;
use serde_json::Value;
use tauri::{
    AppHandle, Manager, State,
    ipc::{Invoke, InvokeBody, InvokeError, InvokeMessage, InvokeResponseBody},
};
use tokio::sync::Notify;

use crate::{
    closing::{self, CloseChoice},
    dialogs,
    folder::{self, Written},
    menu,
};

/// Runs a command aside, so that a defect in it is an error in the window and no call that never returns.
async fn guarded<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    match tauri::async_runtime::spawn(work).await {
        Ok(outcome) => outcome,
        Err(defect) => Err(Error::internal(format!("Something in MLprompt broke: {defect}. Nothing stored is lost; please report this."))),
    }
}

/// The watches that go on. A page that was reloaded is another page, and the watches of the old one end with its first. Within a page none
/// ends another: calls may arrive in another order than they were made.
#[derive(Default)]
pub struct Watches {
    open: Mutex<Vec<Open>>,
    /// Number of the last one.
    last: AtomicU64,
}

/// One of them.
struct Open {
    number: u64,
    page: String,
    watch: Arc<tokio::sync::Mutex<RunWatch>>,
    /// Wakes who waits for its events when it ends.
    ends: Arc<Notify>,
}

impl Watches {
    fn open(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every watch that is not to stay.
    fn keep(&self, stays: impl Fn(&Open) -> bool) {
        self.open().retain(|open| {
            let kept = stays(open);
            if !kept {
                open.ends.notify_one();
            }
            kept
        });
    }
}

/// Which run to watch, from after which event, and the page that asks.
#[derive(Debug, Deserialize)]
pub struct WatchRun {
    run: i64,
    after_seq: u64,
    page: String,
}

/// Begins a watch and gives its number.
#[tauri::command]
fn watch_run(engine: State<'_, Engine>, watches: State<'_, Watches>, request: WatchRun) -> u64 {
    let number = watches.last.fetch_add(1, Ordering::Relaxed) + 1;
    let watch = Arc::new(tokio::sync::Mutex::new(engine.watch(request.run, request.after_seq)));
    watches.keep(|open| open.page == request.page);
    watches.open().push(Open { number, page: request.page, watch, ends: Arc::new(Notify::new()) });
    number
}

/// What came since the last time, as soon as there is anything; nothing when the run does not go on any more, or the watch was ended. The
/// page asks when it has shown what it got: a page that is slow or asleep gets more at once and nothing piles up for it.
#[tauri::command]
async fn next_events(watches: State<'_, Watches>, watch: u64) -> Result<Vec<NumberedEvent>> {
    let found = watches.open().iter().find(|open| open.number == watch).map(|open| (open.watch.clone(), open.ends.clone()));
    let Some((watched, ends)) = found else { return Ok(Vec::new()) };
    let mut watched = watched.lock().await;
    let events = tokio::select! {
        events = watched.next_events() => events,
        () = ends.notified() => Ok(Vec::new()),
    };
    if let Err(error) = &events {
        tracing::warn!(error = %error.message, "a run could not be watched on");
    }
    if !events.as_ref().is_ok_and(|events| !events.is_empty()) {
        watches.keep(|open| open.number != watch);
    }
    events
}

/// Ends a watch.
#[tauri::command]
fn end_watch(watches: State<'_, Watches>, watch: u64) {
    watches.keep(|open| open.number != watch);
}

#[tauri::command]
async fn pick_files(app: AppHandle) -> Result<Vec<String>> {
    dialogs::data_files(&app).await
}

/// A text to be saved where the user says.
#[derive(Debug, Deserialize)]
pub struct SaveText {
    suggested_name: String,
    text: String,
}

/// Asks where to save, saves, and gives the path; none when the user changed their mind. The page never names a place to write to.
#[tauri::command]
async fn save_text(app: AppHandle, written: State<'_, Written>, request: SaveText) -> Result<Option<String>> {
    save(&app, &written, &request.suggested_name, request.text.as_bytes()).await
}

/// A picture to be saved where the user says.
#[derive(Debug, Deserialize)]
pub struct SaveBytes {
    suggested_name: String,
    bytes: Vec<u8>,
}

/// The same for a picture.
#[tauri::command]
async fn save_bytes(app: AppHandle, written: State<'_, Written>, request: SaveBytes) -> Result<Option<String>> {
    save(&app, &written, &request.suggested_name, &request.bytes).await
}

async fn save(app: &AppHandle, written: &Written, suggested_name: &str, bytes: &[u8]) -> Result<Option<String>> {
    let Some(path) = dialogs::place_to_save(app, "Save as", suggested_name).await? else { return Ok(None) };
    std::fs::write(&path, bytes)
        .map_err(|e| Error::new(ErrorCode::Invalid, format!("{} cannot be written: {e}. Choose another place.", path.display())))?;
    Ok(Some(written.note(&path)))
}

/// A file that was written.
#[derive(Debug, Deserialize)]
pub struct ShowFolder {
    path: PathBuf,
}

/// Shows the folder of a file that the user had written.
#[tauri::command]
async fn show_folder(written: State<'_, Written>, request: ShowFolder) -> Result<()> {
    folder::show(&written.folder_of(&request.path)?)
}

/// Asks where to, and writes a copy of the database there; none when the user changed their mind.
#[tauri::command]
async fn save_copy(app: AppHandle, engine: State<'_, Engine>, written: State<'_, Written>) -> Result<Option<String>> {
    let Some(path) = dialogs::place_to_save(&app, "Save a copy of the database", "mlprompt-copy.db").await? else { return Ok(None) };
    let engine = engine.inner().clone();
    let shown = written.note(&path);
    guarded(async move { engine.save_copy(&path).await }).await?;
    Ok(Some(shown))
}

/// Asks where to, and begins to write examples there; none when the user changed their mind.
#[tauri::command]
async fn export_dataset(
    app: AppHandle,
    engine: State<'_, Engine>,
    written: State<'_, Written>,
    request: ExportDataset,
    suggested_name: String,
) -> Result<Option<ExportJob>> {
    let Some(path) = dialogs::place_to_save(&app, "Export examples", &suggested_name).await? else { return Ok(None) };
    written.note(&path);
    let engine = engine.inner().clone();
    guarded(async move { engine.start_export(request, &path).await.map(Some) }).await
}

/// Asks where to, and writes a whole project there; gives its path, none when the user changed their mind.
#[tauri::command]
async fn export_project(
    app: AppHandle,
    engine: State<'_, Engine>,
    written: State<'_, Written>,
    request: ProjectId,
    suggested_name: String,
) -> Result<Option<String>> {
    let Some(path) = dialogs::place_to_save(&app, "Export project", &suggested_name).await? else { return Ok(None) };
    let engine = engine.inner().clone();
    let shown = written.note(&path);
    guarded(async move { engine.export_project(request, &path).await }).await?;
    Ok(Some(shown))
}

/// Which backup.
#[derive(Debug, Deserialize)]
pub struct RestoreBackup {
    path: String,
}

/// The copy that the user chose last: the page may ask to restore this one beside those that the engine lists, and nothing else.
#[derive(Default)]
pub struct ChosenCopy(Mutex<Option<PathBuf>>);

/// Asks for a copy of the database and says what it is; none when the user changed their mind.
#[tauri::command]
async fn pick_copy(app: AppHandle, engine: State<'_, Engine>, chosen: State<'_, ChosenCopy>) -> Result<Option<Backup>> {
    let Some(file) = dialogs::database_copy(&app).await? else { return Ok(None) };
    let (engine, path) = (engine.inner().clone(), file.clone());
    let copy = guarded(async move { engine.describe_copy(&path).await }).await?;
    *chosen.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    Ok(Some(copy))
}

/// Puts a backup in the place of the database: the program starts again, for nothing may be open meanwhile.
#[tauri::command]
async fn restore_backup(app: AppHandle, engine: State<'_, Engine>, chosen: State<'_, ChosenCopy>, request: RestoreBackup) -> Result<()> {
    let engine = engine.inner().clone();
    let chosen = chosen.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let of_user = chosen.filter(|file| file.display().to_string() == request.path);
    guarded(async move {
        match of_user {
            Some(file) => engine.prepare_restore_of(&file).await,
            None => engine.prepare_restore(&request.path).await,
        }
    })
    .await?;
    app.request_restart();
    Ok(())
}

/// Shows the folder of the database in the file manager.
#[tauri::command]
async fn open_data_folder(engine: State<'_, Engine>) -> Result<()> {
    let database = PathBuf::from(engine.app_info(NoRequest {}).await?.database);
    folder::show(database.parent().unwrap_or(&database))
}

/// What the user chose when closing.
#[derive(Debug, Deserialize)]
pub struct AnswerClose {
    choice: CloseChoice,
}

#[tauri::command]
async fn answer_close(app: AppHandle, request: AnswerClose) -> Result<()> {
    closing::answer(&app, request.choice)
}

/// Ends the program as the window's cross does.
#[tauri::command]
async fn quit(window: tauri::WebviewWindow) -> Result<()> {
    window.close().map_err(|e| Error::internal(e.to_string()))
}

/// Shows the menu bar as the page wants it.
#[tauri::command]
async fn set_menu(app: AppHandle, shown: State<'_, menu::Shown>, request: menu::Bar) -> Result<()> {
    menu::show(&app, &shown, request)
}

/// Every command the page can call: those of the engine by their names, and those above.
pub fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    let of_window: Box<dyn Fn(Invoke) -> bool + Send + Sync> = Box::new(tauri::generate_handler![
        watch_run,
        next_events,
        end_watch,
        pick_files,
        save_text,
        save_bytes,
        show_folder,
        save_copy,
        export_dataset,
        export_project,
        open_data_folder,
        pick_copy,
        restore_backup,
        answer_close,
        quit,
        set_menu
    ]);
    move |invoke| {
        let Some(answer) = of_engine(&invoke.message) else { return of_window(invoke) };
        invoke.resolver.respond_async_serialized(async move {
            let written = guarded(answer).await.map_err(InvokeError::from)?;
            Ok(InvokeResponseBody::Json(written))
        });
        true
    }
}

/// One way for all commands of the engine: a Tauri command of its own for each is compiled as long as the engine itself.
fn of_engine(message: &InvokeMessage) -> Option<impl Future<Output = Result<String>> + Send + use<>> {
    let InvokeBody::Json(arguments) = message.payload() else { return None };
    message.webview_ref().state::<Engine>().command(message.command(), arguments.get("request").unwrap_or(&Value::Null))
}
