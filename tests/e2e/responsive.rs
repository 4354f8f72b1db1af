//! Whether a window answers: gaps between ticks of 4 ms and between painted frames, and the memory of its processes.

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

/// Resident memory in MB: of the program, and of the process that shows its page.
pub fn memory() -> (f64, f64) {
    let mut program = None;
    let mut processes = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("a Linux desktop").flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(status) = std::fs::read_to_string(entry.path().join("status")) else { continue };
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next().map(str::to_owned));
        let kilobytes = field("VmRSS:").and_then(|size| size.parse::<f64>().ok()).unwrap_or(0.0);
        if std::fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe.as_os_str() == PROGRAM) {
            program = Some((id, kilobytes / 1024.0));
        }
        let parent = field("PPid:").and_then(|id| id.parse::<u32>().ok());
        processes.push((field("Name:").unwrap_or_default(), parent, kilobytes / 1024.0));
    }
    let (id, own) = program.expect("the program goes on");
    let page = processes.iter().find(|(name, parent, _)| name.starts_with("WebKitWebProc") && *parent == Some(id));
    (own, page.map_or(f64::NAN, |(_, _, size)| *size))
}
