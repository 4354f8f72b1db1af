//! A run of thousands of epochs: what `mlprompt-cli train` holds in memory must not grow with its answers.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    Outcome,
    server::{Latency, Server},
};

const EPOCHS: u64 = 2_000;
const VALIDATION: usize = 900;
/// How often memory is looked at.
const EVERY: u64 = 200;

/// Prints the memory of the process by epochs. The server in this process answers at once.
pub fn measure(program: &Path, runtime: &tokio::runtime::Runtime) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("examples.csv");
    crate::write_examples(&file, VALIDATION * 5)?;
    let server = runtime.block_on(Server::start(Latency::Fixed(0), None))?;
    let epochs = EPOCHS.to_string();
    let mut child = Command::new(program)
        .arg("--db")
        .arg(folder.path().join("bench.db"))
        .args(["--json", "train", "--provider", "openai", "--model", "bench", "--optimizer-model", "bench", "--metric", "normalised"])
        .args(["--input", "text", "--truth", "label", "--system-prompt", "Name the label of the message.", "--base-url", &server.url()])
        // Every proposal is asked for every validation example.
        .args(["--strategy", "greedy", "--accept", "significant", "--no-early-stop", "--patience", "0", "--epochs", &epochs])
        .args(["--train-rows", "100", "--validation-rows", "0", "--concurrency", "32"])
        .arg("--data")
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().ok_or("The program has no output.")?;
    println!("| epochs | answers | memory of its own |");
    println!("| ---: | ---: | ---: |");
    let mut epoch = 0;
    for line in BufReader::new(output).lines() {
        if !line?.starts_with(r#"{"event":"epoch""#) {
            continue;
        }
        if epoch > 0 && epoch % EVERY == 0 {
            let memory = anonymous_kb(child.id()).map_or("–".into(), |kb| format!("{:.1} MB", kb as f64 / 1024.0));
            println!("| {epoch} | {} | {memory} |", server.requests());
        }
        epoch += 1;
    }
    child.wait()?;
    runtime.block_on(async { server.stop() });
    Ok(())
}

/// Memory that no file stands behind, where /proc tells.
fn anonymous_kb(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    text.lines().find_map(|l| l.strip_prefix("Anonymous:"))?.split_whitespace().next()?.parse().ok()
}
