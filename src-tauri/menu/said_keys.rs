//! Keys of the page at the right edge of its lines, as this system's own menus have them: shown, and not taken from any field.

use gtk::{gdk::ModifierType, prelude::*};
use tauri::{AppHandle, Manager};

use super::Bar;
use crate::window;

/// Shows the keys of a bar that has just been built.
pub(super) fn show(app: &AppHandle, bar: &Bar) -> tauri::Result<()> {
    let said: Vec<Vec<Option<String>>> = bar.menus.iter().map(|menu| menu.items.iter().map(|item| item.said.clone()).collect()).collect();
    let handle = app.clone();
    // Widgets belong to one thread.
    app.run_on_main_thread(move || {
        let Some(window) = handle.get_webview_window(window::MAIN) else { return };
        let Ok(frame) = window.default_vbox() else { return };
        let Some(menus) = frame.children().into_iter().find_map(|child| child.downcast::<gtk::MenuBar>().ok()) else { return };
        for (menu, said) in menus.children().into_iter().zip(said) {
            let lines =
                menu.downcast::<gtk::MenuItem>().ok().and_then(|menu| menu.submenu()).and_then(|menu| menu.downcast::<gtk::Menu>().ok());
            for (line, said) in lines.map(|menu| menu.children()).unwrap_or_default().into_iter().zip(said) {
                if let Some(((key, modifiers), label)) = said.as_deref().map(key_of).zip(label_in(&line)) {
                    label.set_accel(key, modifiers);
                }
            }
        }
    })
}

/// A chord as the page writes it: its keys with blanks between them.
fn key_of(said: &str) -> (u32, ModifierType) {
    let (modifiers, key) = said.rsplit_once(' ').unwrap_or(("", said));
    let key = match key {
        "+" => "plus",
        "-" => "minus",
        "?" => "question",
        "Enter" => "Return",
        other => other,
    };
    let held: String = modifiers.split(' ').filter(|part| !part.is_empty()).map(|part| format!("<{part}>")).collect();
    gtk::accelerator_parse(&format!("{held}{key}"))
}

/// The part of a line that can show keys.
fn label_in(widget: &gtk::Widget) -> Option<gtk::AccelLabel> {
    if let Some(label) = widget.downcast_ref::<gtk::AccelLabel>() {
        return Some(label.clone());
    }
    widget.downcast_ref::<gtk::Container>()?.children().iter().find_map(label_in)
}
