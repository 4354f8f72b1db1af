//! Runs `mlprompt-cli eval` against a server in this process, scenario by scenario, and prints a table of ratios; with `long` it
//! watches the memory of one long run instead.
//!
//! The ideal of a scenario is what its delays allow with perfect scheduling: a machine twice as slow has the same ratios as long
//! as its processor is not the limit. The figures of a busy machine are worth nothing.

mod long;
mod server;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use server::{Faults, Latency, Server};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Scenario {
    name: &'static str,
    examples: usize,
    at_once: usize,
    latency: Latency,
    faults: Option<Faults>,
}

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "50 ms", examples: 2_000, at_once: 32, latency: Latency::Fixed(50), faults: None },
    Scenario { name: "no latency", examples: 2_000, at_once: 32, latency: Latency::Fixed(0), faults: None },
    Scenario { name: "log-normal", examples: 1_000, at_once: 64, latency: Latency::LogNormal { median: 400.0, sigma: 0.8 }, faults: None },
    Scenario {
        name: "faults",
        examples: 2_000,
        at_once: 32,
        latency: Latency::Fixed(50),
        faults: Some(Faults { limited: 0.10, failed: 0.05, cut: 0.02 }),
    },
    Scenario { name: "200,000 rows", examples: 200_000, at_once: 32, latency: Latency::Fixed(0), faults: None },
];

/// What one run came to.
struct Figures {
    process: Duration,
    span: Duration,
    cpu: Duration,
    peak_kb: u64,
    requests: u64,
    usage: serde_json::Value,
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let program = PathBuf::from(arguments.next().ok_or("Name the mlprompt-cli program to measure.")?);
    let only: Vec<String> = arguments.collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if only == ["long"] {
        return long::measure(&program, &runtime);
    }
    println!(
        "| scenario | examples | at once | first request to last answer | of ideal | whole process | of ideal | calls/s | CPU/call | peak memory | retries / faults | missing |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for scenario in SCENARIOS.iter().filter(|s| only.is_empty() || only.iter().any(|o| s.name.contains(o.as_str()))) {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("examples.csv");
        write_examples(&file, scenario.examples)?;
        let server = runtime.block_on(Server::start(scenario.latency, scenario.faults))?;
        let figures = measure(&program, folder.path(), &file, &server, scenario.at_once)?;
        let faults = server.faults();
        print_row(scenario, &figures, server.ideal(scenario.at_once), faults);
        runtime.block_on(async { server.stop() });
    }
    Ok(())
}

fn write_examples(file: &Path, count: usize) -> Outcome<()> {
    let mut text = String::from("text,label\n");
    for number in 0..count {
        text.push_str(&format!("\"Message {number}: the card was charged twice, what now?\",label {}\n", number % 40));
    }
    Ok(std::fs::write(file, text)?)
}

fn measure(program: &Path, folder: &Path, file: &Path, server: &Server, at_once: usize) -> Outcome<Figures> {
    let started = Instant::now();
    let mut child = std::process::Command::new(program)
        .arg("--db")
        .arg(folder.join("bench.db"))
        .args(["--json", "eval", "--provider", "openai", "--model", "bench", "--metric", "normalised"])
        .args(["--input", "text", "--truth", "label", "--system-prompt", "Name the label of the message."])
        .args(["--concurrency", &at_once.to_string(), "--base-url", &server.url()])
        .arg("--data")
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = child.stdout.take().ok_or("The program has no output.")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut output, &mut text).map(|_| text)
    });
    let (mut cpu, mut peak_kb) = (Duration::ZERO, 0);
    while child.try_wait()?.is_none() {
        // What the process used until a moment before its end; afterwards nobody knows any more.
        if let Some((used, peak)) = used(child.id()) {
            (cpu, peak_kb) = (used, peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let process = started.elapsed();
    let text = reader.join().map_err(|_| "The output could not be read.")??;
    let last = text.lines().last().ok_or("The program printed nothing.")?;
    let usage = serde_json::from_str::<serde_json::Value>(last)?["usage"].clone();
    Ok(Figures { process, span: server.span(), cpu, peak_kb, requests: server.requests(), usage })
}

/// Processor time and peak memory of a process, where /proc tells.
fn used(process: u32) -> Option<(Duration, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()?;
    // Linux counts in hundredths of a second for programs, whatever its own clock.
    Some((Duration::from_millis(ticks * 10), peak))
}

fn print_row(scenario: &Scenario, figures: &Figures, ideal: Option<Duration>, faults: u64) {
    let ratio = |time: Duration| ideal.map_or("–".into(), |ideal| format!("{:.2} x", time.as_secs_f64() / ideal.as_secs_f64()));
    let calls = figures.requests.max(1) as f64;
    println!(
        "| {} | {} | {} | {:.2} s | {} | {:.2} s | {} | {:.0} | {:.3} ms | {:.1} MB | {} / {} | {} |",
        scenario.name,
        scenario.examples,
        scenario.at_once,
        figures.span.as_secs_f64(),
        ratio(figures.span),
        figures.process.as_secs_f64(),
        ratio(figures.process),
        calls / figures.span.as_secs_f64().max(1e-9),
        figures.cpu.as_secs_f64() * 1000.0 / calls,
        figures.peak_kb as f64 / 1024.0,
        figures.usage["retries"],
        faults,
        figures.usage["failed"],
    );
}
