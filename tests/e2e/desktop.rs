//! What a hand does on a desktop: find windows, move the pointer, drag files, type, close. Over xdotool.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::app::ROOT;

/// Runs xdotool and gives what it printed; none when it failed.
pub fn xdotool(arguments: &[&str]) -> Option<String> {
    for _ in 0..20 {
        let output = Command::new("xdotool").args(arguments).output().expect("xdotool is installed");
        if output.status.success() {
            return Some(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        // A window that went away during a search ends the search: that one was not found is not told by it.
        if arguments[0] != "search" || !String::from_utf8_lossy(&output.stderr).contains("BadWindow") {
            return None;
        }
    }
    None
}

/// Waits until something is there.
pub async fn until<T>(what: &str, seconds: u64, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    // Counted in looks, so that a slow machine looks less often but as many times.
    for _ in 0..seconds * 10 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} did not come within some {seconds} s");
}

/// Id of the window with this title.
pub async fn window(title: &str) -> String {
    until(&format!("the window \"{title}\""), 15, async || {
        xdotool(&["search", "--onlyvisible", "--name", title])
            .and_then(|ids| ids.lines().last().map(str::to_owned))
            .filter(|id| !id.is_empty())
    })
    .await
}

/// Left, top, width and height of a window's content on the screen.
pub fn geometry(window: &str) -> (i32, i32, i32, i32) {
    let text = xdotool(&["getwindowgeometry", "--shell", window]).expect("the window is there");
    let value =
        |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix('=')?.parse().ok()).expect("xdotool tells the geometry");
    (value("X"), value("Y"), value("WIDTH"), value("HEIGHT"))
}

fn go(x: i32, y: i32) {
    xdotool(&["mousemove", "--sync", &x.to_string(), &y.to_string()]);
}

/// Presses the pointer at one place of a window, moves it in steps and lets go at another.
pub async fn pull(title: &str, from: (i32, i32), to: (i32, i32)) {
    let id = window(title).await;
    let go = |x: i32, y: i32| xdotool(&["mousemove", "--window", &id, &x.to_string(), &y.to_string()]);
    go(from.0, from.1);
    tokio::time::sleep(Duration::from_millis(150)).await;
    xdotool(&["mousedown", "1"]);
    for step in 1..=8 {
        go(from.0 + (to.0 - from.0) * step / 8, from.1 + (to.1 - from.1) * step / 8);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    xdotool(&["mouseup", "1"]);
    tokio::time::sleep(Duration::from_millis(200)).await;
}

/// Moves the pointer along a line of the screen and gives, for each move that changed something there, the milliseconds to the first and to
/// the last change.
pub fn pointer_to_screen(from: (f64, f64), to: (f64, f64), moves: usize) -> Vec<(f64, f64)> {
    let script = Path::new(ROOT).join("tests/desktop/pointer_to_screen.py");
    let places = [from.0, from.1, to.0, to.1].map(|place| format!("{place:.0}"));
    let output = Command::new("/usr/bin/python3").arg(script).args(places).arg(moves.to_string()).output().expect("the script runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the pointer could not be followed to the screen: {told}");
    serde_json::from_slice(&output.stdout).expect("a list of moves")
}

/// Drags files (or addresses) from another program onto the middle of a window: press, ten moves, release.
pub async fn drag(items: &[&Path], target_title: &str) {
    let script = Path::new(ROOT).join("tests/desktop/drag_source.py");
    let mut source: Child =
        Command::new("/usr/bin/python3").arg(script).args(items).stdout(Stdio::null()).spawn().expect("the drag source starts");
    let source_window = window("drag source").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let (x, y, width, height) = geometry(&source_window);
    let (from_x, from_y) = (x + width / 2, y + height / 2);
    let target = window(target_title).await;
    let (x, y, width, height) = geometry(&target);
    let (to_x, to_y) = (x + width / 2, y + height * 3 / 5);
    go(from_x, from_y);
    tokio::time::sleep(Duration::from_millis(150)).await;
    xdotool(&["mousedown", "1"]);
    for step in 1..=12 {
        go(from_x + (to_x - from_x) * step / 12, from_y + (to_y - from_y) * step / 12);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    // A hand rests for a moment before it lets go.
    for jitter in [3, -3, 0] {
        go(to_x + jitter, to_y);
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    xdotool(&["mouseup", "1"]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    source.kill().expect("the drag source ends");
    source.wait().expect("the drag source ends");
}

/// Chooses a file in the toolkit's open dialog by typing its path into the field that `Ctrl L` opens.
pub async fn choose_in_dialog(title: &str, path: &Path) {
    type_path(title, "ctrl+l", path).await;
}

/// Names a file in the toolkit's save dialog by typing its path over the name that is offered.
pub async fn save_in_dialog(title: &str, path: &Path) {
    type_path(title, "ctrl+a", path).await;
}

/// Types a path into a dialog of the toolkit, after the keys that make room for it, and confirms it.
async fn type_path(title: &str, room: &str, path: &Path) {
    let dialog = window(title).await;
    xdotool(&["windowactivate", "--sync", &dialog]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    xdotool(&["key", room]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    xdotool(&["type", "--delay", "15", &path.display().to_string()]);
    // The first Return may only take the toolkit's completion.
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        if xdotool(&["search", "--onlyvisible", "--name", title]).is_none_or(|ids| ids.is_empty()) {
            return;
        }
        xdotool(&["key", "Return"]);
    }
}

/// Closes a window as its cross does.
pub async fn close(title: &str) {
    let id = window(title).await;
    xdotool(&["windowactivate", "--sync", &id]);
    // As from a keyboard: window managers ignore keys that are sent to a window.
    xdotool(&["key", "alt+F4"]);
}

/// Another program that holds a text on the clipboard; gone with its owner.
pub struct Clipboard(Child);

impl Clipboard {
    /// As if the text had been copied in a spreadsheet.
    pub async fn holding(text: &str) -> Self {
        use std::io::Write;
        let script = Path::new(ROOT).join("tests/desktop/clipboard.py");
        let mut child = Command::new("/usr/bin/python3").arg(script).stdin(Stdio::piped()).spawn().expect("the clipboard's program starts");
        child.stdin.take().expect("its input is ours").write_all(text.as_bytes()).expect("it reads");
        tokio::time::sleep(Duration::from_millis(1500)).await;
        Self(child)
    }
}

impl Drop for Clipboard {
    fn drop(&mut self) {
        let _already_gone = self.0.kill();
        let _already_gone = self.0.wait();
    }
}
