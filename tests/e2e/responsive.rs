//! Whether a window answers: gaps between ticks of 4 ms and between painted frames, and the memory of its processes.

use std::path::Path;

use crate::app::{App, PROGRAM};

/// Counts from now on; only the worst is kept, so that watching for an hour takes no memory.
const WATCH: &str = "clearInterval(window.__timer); cancelAnimationFrame(window.__raf);
    const seen = window.__seen = { gap: 0, late: 0, ticks: 0, frame: 0 };
    let tick = performance.now(), frame = tick;
    window.__timer = setInterval(() => {
        const now = performance.now(), gap = now - tick;
        tick = now; seen.ticks += 1; seen.gap = Math.max(seen.gap, gap); if (gap >= 50) seen.late += 1;
    }, 4);
    const paint = (now) => { seen.frame = Math.max(seen.frame, now - frame); frame = now; window.__raf = requestAnimationFrame(paint); };
    window.__raf = requestAnimationFrame((now) => { frame = now; window.__raf = requestAnimationFrame(paint); }); return 1";
const SEEN: &str = "const { gap, late, ticks, frame } = window.__seen; return [gap, late, ticks, frame]";

/// How a window answered while it was watched, in milliseconds.
pub struct Answered {
    /// The longest gap between two ticks of 4 ms.
    pub gap: f64,
    /// Gaps of 50 ms and more.
    pub late: u64,
    /// All ticks.
    pub ticks: u64,
    /// The longest gap between two frames.
    pub frame: f64,
}

/// Begins to watch, and forgets what was seen before.
pub async fn watch(app: &App) {
    app.script(WATCH).await;
}

/// What was seen since.
pub async fn answered(app: &App) -> Answered {
    let seen = app.script(SEEN).await;
    let number = |at: usize| seen[at].as_f64().unwrap_or(f64::NAN);
    Answered { gap: number(0), late: number(1) as u64, ticks: number(2) as u64, frame: number(3) }
}

/// A process as the kernel tells of it: its name, its parent, its resident memory in MB.
struct Process {
    id: u32,
    name: String,
    parent: Option<u32>,
    size: f64,
}

fn process(folder: &Path) -> Option<Process> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    let status = std::fs::read_to_string(folder.join("status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next().map(str::to_owned));
    let kilobytes = field("VmRSS:").and_then(|size| size.parse::<f64>().ok()).unwrap_or(0.0);
    let parent = field("PPid:").and_then(|id| id.parse().ok());
    Some(Process { id, name: field("Name:").unwrap_or_default(), parent, size: kilobytes / 1024.0 })
}

/// Resident memory in MB: of the program, and of the process that shows its page. Not a number where it is not found.
pub fn memory() -> (f64, f64) {
    let folders: Vec<_> = std::fs::read_dir("/proc").expect("a Linux desktop").flatten().map(|entry| entry.path()).collect();
    let processes: Vec<Process> = folders.iter().filter_map(|folder| process(folder)).collect();
    let started = |id: u32| std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let program = processes.iter().find(|process| started(process.id).split(|byte| *byte == 0).next() == Some(PROGRAM.as_bytes()));
    let page = processes.iter().find(|process| {
        process.name.starts_with("WebKitWebProc") && process.parent.is_some() && process.parent == program.map(|program| program.id)
    });
    let size = |process: Option<&Process>| process.map_or(f64::NAN, |process| process.size);
    (size(program), size(page))
}
