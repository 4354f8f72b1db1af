//! A real process killed in every phase, with calls on their way, again and again: whatever the moment, the resumed run ends with
//! the same prompts, scores and decisions as one that nobody disturbed.

#![cfg(unix)]

use std::{fmt::Write, process::Child, time::Duration};

use mlprompt_core::{
    run::EpochSummary,
    store::{Store, StoredPrediction},
};

use crate::{
    fake_server::{FakeServer, Kind, rows},
    program::Program,
};

/// Rows in each split, and calls at once.
const EACH: u32 = 20;
const AT_ONCE: usize = 6;

/// Where a run is hit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Train,
    Propose,
    Validate,
    Decide,
    Test,
}

const PHASES: [Phase; 5] = [Phase::Train, Phase::Propose, Phase::Validate, Phase::Decide, Phase::Test];

/// A run in which proposals are accepted, and given up early or after all examples, until every row is right.
fn arguments<'a>(file: &'a str, url: &'a str, phase: Phase) -> Vec<&'a str> {
    let mut all = vec!["--json", "train", "--data", file, "--split-column", "split", "--provider", "openai", "--base-url", url];
    all.extend(["--model", "primary", "--optimizer-model", "optimizer", "--system-prompt", "skill 3", "--output-prompt", "Name it."]);
    all.extend(["--metric", "exact", "--epochs", "10", "--concurrency", "6", "--timeout", "120"]);
    // Only when every example is asked is it known which answer a decision waits for.
    if phase == Phase::Decide {
        all.push("--no-early-stop");
    }
    all
}

/// Everything a run came to: prompts, proposals, scores, decisions, every prediction. Timing and counts of calls are left out.
async fn dump(program: &Program) -> String {
    let store = Store::open(&program.database()).await.unwrap();
    let run = store.run(1).await.unwrap();
    let mut dump = format!("{:?} {:?}\n{:?}\n{:?}\n", run.status, run.stop_reason, run.baseline, run.best);
    for proposal in store.proposals(1).await.unwrap() {
        writeln!(dump, "{proposal:?}").unwrap();
    }
    for epoch in store.epochs(1).await.unwrap() {
        let timeless = EpochSummary { usage: Default::default(), decided_at: 0, active_ms: 0, ..epoch.summary };
        writeln!(dump, "{timeless:?}").unwrap();
        let Some(version) = epoch.version else { continue };
        writeln!(dump, "{:?}", store.prompt_text(version).await.unwrap()).unwrap();
        for prediction in store.predictions(1, version).await.unwrap() {
            // The key holds the address of the server, which is another one for every run here.
            writeln!(dump, "{:?}", StoredPrediction { key: [0; 32], ..prediction }).unwrap();
        }
    }
    dump
}

/// An undisturbed run: what it came to, and the kinds of its requests.
async fn undisturbed(phase: Phase) -> (String, Vec<Kind>) {
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    program.run(&arguments(&file, &server.url(), phase)).done();
    (dump(&program).await, server.seen().iter().map(|s| s.kind).collect())
}

/// Waits until every answer that was sent is on disk: then the process may die without losing one.
async fn answers_on_disk(program: &Program, server: &FakeServer) {
    let store = Store::open(&program.database()).await.unwrap();
    let on_disk = async || store.usage_by_role(1).await.unwrap().values().map(|u| u.usage.completion_tokens).sum::<u64>();
    let all = async {
        while on_disk().await != server.answered() as u64 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("an answer that was sent never came to disk");
}

fn kill(mut child: Child, server: &FakeServer) {
    child.kill().unwrap();
    child.wait().unwrap();
    server.client_died();
}

/// Kills one run in a phase, at the moment `index` of `kills`, resumes it, and compares.
async fn hit(phase: Phase, index: usize, kills: usize, expected: &str, kinds: &[Kind]) {
    let name = format!("kill {index} of {kills} in {phase:?}");
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    let url = server.url();
    let kind = match phase {
        Phase::Train => Kind::Train,
        Phase::Propose => Kind::Optimizer,
        Phase::Validate | Phase::Decide => Kind::Validation,
        Phase::Test => Kind::Test,
    };
    let count = kinds.iter().filter(|k| **k == kind).count();
    let number = match phase {
        // The last answer of a validation, epoch after epoch.
        Phase::Decide => EACH as usize * (2 + index % (count / EACH as usize - 1)),
        _ => 1 + (2 * index + 1) * (count - 1) / (2 * kills),
    };
    server.hold_from_kind(kind, number);
    let child = program.spawn(&arguments(&file, &url, phase));
    let held = server.held().await;
    assert!(held.contains(&kind) && held.len() <= AT_ONCE, "{name}: {held:?} on their way");
    let before = match phase {
        Phase::Decide => {
            // From the arrival of the last answer over the decision to the first calls after it.
            server.release();
            tokio::time::sleep(Duration::from_micros(500 * index as u64)).await;
            kill(child, &server);
            None
        }
        _ => {
            answers_on_disk(&program, &server).await;
            kill(child, &server);
            Some(server.seen())
        }
    };
    server.release();
    program.run(&["--json", "resume", "1"]).done();
    let got = dump(&program).await;
    let difference = expected.lines().zip(got.lines()).find(|(undisturbed, resumed)| undisturbed != resumed);
    assert!(got == expected, "{name}: the dumps differ at {difference:#?}");
    if let Some(before) = before {
        let bought = |body: &str| before.iter().any(|s| s.answered && s.body == body);
        let again = server.seen()[before.len()..].iter().filter(|s| bought(&s.body)).count();
        assert_eq!(again, 0, "{name}: what was answered before the kill was asked again");
    }
    let lost = server.seen().iter().filter(|s| !s.answered).count();
    assert!(lost <= AT_ONCE, "{name}: {lost} calls were lost");
}

async fn soak(kills: usize) {
    for phase in PHASES {
        let (expected, kinds) = undisturbed(phase).await;
        for index in 0..kills {
            hit(phase, index, kills, &expected, &kinds).await;
        }
        println!("{phase:?}: {kills} kills, each resumed to the same end");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_once_in_each_phase_a_run_ends_the_same() {
    soak(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make soak: some minutes"]
async fn killed_many_times_in_each_phase_a_run_ends_the_same() {
    soak(12).await;
}
