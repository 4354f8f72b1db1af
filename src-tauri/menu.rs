//! The native menu bar. The page says what stands in it, from the same list as its palette, and does what is chosen.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use mlprompt_core::{Error, Result};
use serde::Deserialize;
use tauri::{
    AppHandle, Emitter, Manager,
    menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
};

#[cfg(target_os = "linux")]
mod said_keys;

use crate::window;

/// Ends the program as the window's cross does.
const QUIT: &str = "quit";

/// The bar as the page wants it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Bar {
    menus: Vec<BarMenu>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct BarMenu {
    name: String,
    items: Vec<BarItem>,
}

/// A line of a menu; one without an id is a line between others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct BarItem {
    id: String,
    name: String,
    /// Keys that the menu takes, such as `CmdOrCtrl+K`; those that text fields need stay with the page.
    keys: Option<String>,
    /// Keys of the page that the line names, such as `Ctrl Z`.
    said: Option<String>,
    enabled: bool,
}

impl Bar {
    fn items(&self) -> impl Iterator<Item = &BarItem> {
        self.menus.iter().flat_map(|menu| &menu.items)
    }

    /// The same lines under the same names of menus: only words and states differ.
    fn has_shape_of(&self, other: &Self) -> bool {
        let item = |a: &BarItem, b: &BarItem| a.id == b.id && a.keys == b.keys && a.said == b.said;
        let menu = |a: &BarMenu, b: &BarMenu| {
            a.name == b.name && a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(a, b)| item(a, b))
        };
        self.menus.len() == other.menus.len() && self.menus.iter().zip(&other.menus).all(|(a, b)| menu(a, b))
    }
}

/// The lines that follow the page's state, by id.
type Lines = HashMap<String, MenuItem<tauri::Wry>>;

/// The bar that is shown.
#[derive(Default)]
pub struct Shown(Mutex<Option<(Bar, Lines)>>);

/// The menus that stand in the bar before the page has said what is in them.
const NAMES: [&str; 5] = ["File", "Edit", "View", "Run", "Help"];

/// Shows the bar without its lines, so that nothing moves in the window when they come.
pub fn begin(app: &AppHandle) -> tauri::Result<()> {
    app.set_menu(frame(app, &NAMES)?).map(drop)
}

/// A bar of empty menus.
fn frame(app: &AppHandle, names: &[&str]) -> tauri::Result<Menu<tauri::Wry>> {
    let menu = Menu::new(app)?;
    // This system's first menu is the program's own.
    #[cfg(target_os = "macos")]
    menu.append(&Submenu::with_items(
        app,
        "MLprompt",
        true,
        &[&PredefinedMenuItem::about(app, None, None)?, &PredefinedMenuItem::hide(app, None)?, &PredefinedMenuItem::quit(app, None)?],
    )?)?;
    for name in names {
        menu.append(&Submenu::with_id(app, *name, literal(name), true)?)?;
    }
    Ok(menu)
}

/// What a menu reads as the mark of a letter is written twice.
fn literal(name: &str) -> String {
    name.replace('&', "&&")
}

/// What a line says. Where the system has no place of its own for keys that the menu does not take, they stand behind its name.
fn words(item: &BarItem) -> String {
    let name = literal(&item.name);
    match &item.said {
        Some(said) if cfg!(target_os = "windows") => format!("{name}\t{}", said.replace(' ', "+")),
        Some(said) if cfg!(target_os = "macos") => format!("{name} ({})", said.replace(' ', "+")),
        _ => name,
    }
}

/// Shows the bar, or brings the one that is shown up to date.
pub fn show(app: &AppHandle, shown: &Shown, bar: Bar) -> Result<()> {
    let mut shown = shown.0.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = |e: tauri::Error| Error::internal(format!("The menu could not be shown: {e}."));
    match &mut *shown {
        Some((before, lines)) if before.has_shape_of(&bar) => {
            for (old, new) in before.items().zip(bar.items()) {
                let Some(item) = lines.get(&new.id) else { continue };
                if old.name != new.name {
                    item.set_text(words(new)).map_err(failed)?;
                }
                if old.enabled != new.enabled {
                    item.set_enabled(new.enabled).map_err(failed)?;
                }
            }
            *before = bar;
        }
        _ => {
            let lines = build(app, &bar).map_err(failed)?;
            #[cfg(target_os = "linux")]
            said_keys::show(app, &bar).map_err(failed)?;
            *shown = Some((bar, lines));
        }
    }
    Ok(())
}

/// Puts the lines into the menus of the bar; a bar with other menus takes its place.
fn build(app: &AppHandle, bar: &Bar) -> tauri::Result<Lines> {
    let names: Vec<&str> = bar.menus.iter().map(|menu| menu.name.as_str()).collect();
    let shown = app.menu().filter(|menu| names.iter().all(|name| menu.get(*name).is_some()));
    let is_shown = shown.is_some();
    let menu = match shown {
        Some(menu) => menu,
        None => frame(app, &names)?,
    };
    let mut lines = Lines::new();
    for top in &bar.menus {
        let Some(submenu) = menu.get(top.name.as_str()).and_then(|kind| kind.as_submenu().cloned()) else { continue };
        for old in submenu.items()? {
            submenu.remove(&old)?;
        }
        for item in &top.items {
            if item.id.is_empty() {
                submenu.append(&PredefinedMenuItem::separator(app)?)?;
            } else if let Some(own) = of_system(app, &item.id)? {
                submenu.append(&own)?;
            } else {
                let line = MenuItem::with_id(app, &item.id, words(item), item.enabled, item.keys.as_deref())?;
                submenu.append(&line)?;
                lines.insert(item.id.clone(), line);
            }
        }
    }
    // To set it anew would take it away for a moment, and move the page.
    if !is_shown {
        app.set_menu(menu)?;
    }
    Ok(lines)
}

/// Lines that have to be the system's own, because it gives their keys to fields by way of its menu.
#[cfg(target_os = "macos")]
fn of_system(app: &AppHandle, id: &str) -> tauri::Result<Option<PredefinedMenuItem<tauri::Wry>>> {
    Ok(Some(match id {
        "edit-undo" => PredefinedMenuItem::undo(app, None)?,
        "edit-redo" => PredefinedMenuItem::redo(app, None)?,
        "edit-cut" => PredefinedMenuItem::cut(app, None)?,
        "edit-copy" => PredefinedMenuItem::copy(app, None)?,
        "edit-paste" => PredefinedMenuItem::paste(app, None)?,
        "edit-all" => PredefinedMenuItem::select_all(app, None)?,
        _ => return Ok(None),
    }))
}

/// Elsewhere keys reach fields without a menu.
#[cfg(not(target_os = "macos"))]
fn of_system(_: &AppHandle, _: &str) -> tauri::Result<Option<PredefinedMenuItem<tauri::Wry>>> {
    Ok(None)
}

/// What the web view itself does in the field that has the focus: a page may not touch the clipboard without a key or a click in it.
#[cfg(target_os = "linux")]
fn edited(window: &tauri::WebviewWindow, id: &str) -> bool {
    use webkit2gtk::WebViewExt;
    let command = match id {
        "edit-cut" => "Cut",
        "edit-copy" => "Copy",
        "edit-paste" => "Paste",
        _ => return false,
    };
    window.with_webview(move |webview| webview.inner().execute_editing_command(command)).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn edited(_: &tauri::WebviewWindow, _: &str) -> bool {
    false
}

/// Tells the page what was chosen.
pub fn on_event(app: &AppHandle, event: MenuEvent) {
    let id = event.id().as_ref();
    let told = match app.get_webview_window(window::MAIN) {
        Some(window) if id == QUIT => window.close(),
        Some(window) if edited(&window, id) => Ok(()),
        Some(window) => window.emit("menu", id),
        None => Ok(()),
    };
    if let Err(error) = told {
        tracing::warn!(%error, "a choice of the menu did not reach the page");
    }
}
