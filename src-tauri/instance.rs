//! One window for each database file: a second start with the same file brings its window forward, one with another file opens its own.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use mlprompt_core::engine::default_database;
use tauri::{Wry, plugin::TauriPlugin};

use crate::window;

/// What finds another start with the same file; none where the system can tell starts apart by the program alone and this is not its usual
/// file. Two windows on one file then do not hurt each other: every run is locked by whoever drives it.
pub fn plugin(database: &Path) -> Option<TauriPlugin<Wry>> {
    if !cfg!(target_os = "linux") && !is_usual(database) {
        return None;
    }
    let plugin = tauri_plugin_single_instance::Builder::new()
        .callback(|app, _arguments, _folder| window::bring_forward(app))
        // Only Linux asks for it.
        .dbus_id(name_of(database));
    Some(plugin.build())
}

fn is_usual(database: &Path) -> bool {
    let environment = |name: &str| std::env::var(name).ok().filter(|_| name != "MLPROMPT_DB");
    default_database(&environment).is_some_and(|usual| whole(&usual) == whole(database))
}

/// A name on the session bus, the same for every way to write the path of an existing file.
fn name_of(database: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    whole(database).hash(&mut hasher);
    format!("app.mlprompt.desktop.db{:016x}", hasher.finish())
}

fn whole(path: &Path) -> std::path::PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}
