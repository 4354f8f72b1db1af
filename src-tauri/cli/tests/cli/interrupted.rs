//! Killed with SIGKILL in every phase, interrupted with Ctrl C: resumed runs end like uninterrupted ones and buy nothing twice.

#![cfg(unix)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command},
    time::Duration,
};

use mlprompt_core::{
    ErrorCode,
    api::{NoRequest, RunId, SavePrices},
    price::ModelPrice,
    run::RunStatus,
    store::Store,
};
use serde_json::Value;

use crate::{
    fake_server::{FakeServer, Kind, rows},
    program::{Ended, Program},
};

/// Rows in each split, and calls at once.
const EACH: u32 = 10;
const AT_ONCE: usize = 3;

fn arguments<'a>(file: &'a str, url: &'a str) -> Vec<&'a str> {
    let mut all = vec!["--json", "train", "--data", file, "--split-column", "split", "--provider", "openai", "--base-url", url];
    all.extend(["--model", "primary", "--optimizer-model", "optimizer", "--system-prompt", "skill 3", "--output-prompt", "Name it."]);
    // Every example asked, so that calls can be foretold to the last one.
    all.extend(["--metric", "exact", "--epochs", "3", "--concurrency", "3", "--timeout", "120", "--no-early-stop"]);
    all
}

/// What a run came to, without what depends on time or on how often it was interrupted.
fn result(program: &Program) -> Value {
    let mut view = program.run(&["--json", "show", "1"]).done().last();
    for epoch in view["epochs"].as_array_mut().unwrap() {
        for passing in ["usage", "decided_at", "active_ms"] {
            epoch[passing] = Value::Null;
        }
    }
    let summary = &view["summary"];
    serde_json::json!([summary["status"], summary["stop_reason"], summary["baseline"], summary["best"], view["epochs"], view["verdict"]])
}

async fn uninterrupted() -> (Value, Vec<Kind>) {
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    let ended = program.run(&arguments(&file, &server.url())).done();
    assert_eq!(ended.last()["best"]["system_prompt"], "skill 8");
    (result(&program), server.seen().iter().map(|s| s.kind).collect())
}

/// Waits until every answer that was sent is on disk: then the process may die without losing one.
async fn answers_on_disk(program: &Program, server: &FakeServer) {
    let store = Store::open(&program.database()).await.unwrap();
    // Calls on their way are reserved with no tokens out, answers brought one each.
    let on_disk = async || store.usage_by_role(1).await.unwrap().values().map(|u| u.usage.completion_tokens).sum::<u64>();
    let all = async {
        while on_disk().await != server.answered() as u64 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("an answer that was sent never came to disk");
}

fn ended(child: Child) -> Ended {
    child.wait_with_output().unwrap().into()
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_any_phase_a_run_is_interrupted_and_resumes_to_the_same_end_without_buying_twice() {
    let (expected, kinds) = uninterrupted().await;
    let nth = |kind: Kind, n: usize| kinds.iter().enumerate().filter(|(_, k)| **k == kind).nth(n).expect("the run has this phase").0 + 1;
    let each = EACH as usize;
    let moments = [
        ("the very first call", 1),
        ("the baseline on train", nth(Kind::Train, 4)),
        ("the baseline on validation", nth(Kind::Validation, 6)),
        ("the first proposal", nth(Kind::Optimizer, 0)),
        ("the validation of a proposal", nth(Kind::Validation, each + 4)),
        ("train under an accepted prompt", nth(Kind::Train, each + 5)),
        ("a later proposal", nth(Kind::Optimizer, 2)),
        ("the test split", nth(Kind::Test, 3)),
        ("the very last calls", nth(Kind::Test, 2 * each - 1)),
    ];
    for (name, number) in moments {
        let server = FakeServer::start().await;
        let program = Program::new();
        let file = program.file("rows.csv", rows(EACH));
        server.hold_from(number);
        let mut child = program.spawn(&arguments(&file, &server.url()));
        server.arrived(number).await;
        while server.answered() < number - 1 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        answers_on_disk(&program, &server).await;

        // While the process lives, others see it as it is.
        let other = program.engine().await;
        assert_eq!(other.run(1).await.unwrap().status, RunStatus::Running, "{name}");
        assert_eq!(other.resume_run(RunId { run: 1 }).await.unwrap_err().code, ErrorCode::RunHeld, "{name}");
        assert!(other.list_interrupted(NoRequest {}).await.unwrap().is_empty(), "{name}");

        child.kill().unwrap();
        child.wait().unwrap();
        server.client_died();
        assert_eq!(other.run(1).await.unwrap().status, RunStatus::Interrupted, "{name}");
        assert_eq!(other.list_interrupted(NoRequest {}).await.unwrap().len(), 1, "{name}");
        let lost = server.seen().iter().filter(|s| !s.answered).count();
        assert!((1..=AT_ONCE).contains(&lost), "{name}: {lost} calls were on their way");

        // What hangs in the dead process's connections is never answered.
        let before = server.seen().len();
        server.hold_from(usize::MAX);
        let resumed = program.run(&["--json", "resume", "1"]).done();
        assert_eq!(resumed.lines()[0]["event"], "started", "{name}");
        assert_eq!(resumed.lines()[0]["resumed"], true, "{name}");
        assert_eq!(result(&program), expected, "{name}");
        let bought_again = server.seen()[before..].iter().filter(|s| server.seen()[..number - 1].iter().any(|e| e.body == s.body)).count();
        assert_eq!(bought_again, 0, "{name}: what was answered before the kill was asked again");
        let usage = &resumed.last()["usage"];
        assert_eq!(usage["calls"].as_u64().unwrap(), server.seen().len() as u64, "{name}: calls lost on their way count as spent");
        assert_eq!(usage["calls"].as_u64().unwrap(), (kinds.len() + lost) as u64, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_again_and_again_still_ends_the_same() {
    let (expected, kinds) = uninterrupted().await;
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    let url = server.url();
    let (mut kills, mut start) = (0, arguments(&file, &url));
    loop {
        let number = server.seen().len() + 17;
        server.hold_from(number);
        let mut child = program.spawn(&start);
        let held = loop {
            if server.seen().len() >= number {
                break true;
            }
            if child.try_wait().unwrap().is_some() {
                break false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        if !held {
            break;
        }
        answers_on_disk(&program, &server).await;
        child.kill().unwrap();
        child.wait().unwrap();
        server.client_died();
        kills += 1;
        start = vec!["--json", "resume", "1"];
    }
    assert!(kills >= 4, "{} calls were killed {kills} times", kinds.len());
    assert_eq!(result(&program), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_lets_calls_in_flight_finish_and_ends_with_130_and_resume_completes() {
    let (expected, _) = uninterrupted().await;
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    server.hold_from(25);
    let mut child = program.spawn(&arguments(&file, &server.url()));
    server.arrived(25).await;
    // The program listens for the signal once it watches its run, right after it started it.
    tokio::time::sleep(Duration::from_millis(300)).await;
    interrupt(&child);
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("Letting calls in flight finish"), "{told}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.release();
    let paused = ended(child);
    assert_eq!(paused.code, Some(130));
    let last = paused.last();
    assert_eq!((&last["event"], &last["status"]), (&"finished".into(), &"paused".into()), "the last line is always the same event");
    let resumed = program.run(&["--json", "resume", "1"]).done();
    assert_eq!(resumed.last()["status"], "completed");
    assert_eq!(result(&program), expected);
    assert_eq!(server.most_answers_to_one_request(), 1, "no answer was bought twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_ctrl_c_ends_at_once_and_the_run_can_be_resumed() {
    let (expected, _) = uninterrupted().await;
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    server.hold_from(25);
    let mut child = program.spawn(&arguments(&file, &server.url()));
    server.arrived(25).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    // The held calls never finish, so only a further signal can end it.
    while child.try_wait().unwrap().is_none() {
        interrupt(&child);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let ended = ended(child);
    assert_eq!(ended.code, Some(130), "{}", ended.err);
    assert!(ended.err.contains("Resume with: mlprompt-cli resume 1"), "{}", ended.err);
    server.release();
    program.run(&["--json", "resume", "1"]).done();
    assert_eq!(result(&program), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_fails_with_one_sentence_and_exit_code_1() {
    let server = FakeServer::with_status(Some(401)).await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    let ended = program.run(&arguments(&file, &server.url()));
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.last()["status"], "failed");
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert!(ended.err.contains(&server.address.to_string()) && ended.err.contains("Check the key"), "{}", ended.err);
    assert!(server.seen().len() <= 4, "only what was under way at the first refusal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_is_read_from_the_named_variable_and_told_nowhere() {
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    let url = server.url();
    let mut all = arguments(&file, &url);
    all.extend(["--api-key-env", "OWN_KEY"]);
    let without = program.run(&all);
    assert_eq!(without.code, Some(1));
    assert!(without.err.contains("OWN_KEY is not set"), "{}", without.err);
    let with: Ended = program.command(&all).env("OWN_KEY", "sk-canary-cli").output().unwrap().into();
    let with = with.done();
    assert!(!with.out.contains("sk-canary-cli") && !with.err.contains("sk-canary-cli"));
    for name in ["test.db", "test.db-wal"] {
        let bytes = std::fs::read(program.path(name)).unwrap_or_default();
        assert!(!bytes.windows(13).any(|w| w == b"sk-canary-cli"), "{name} holds the key");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_64_calls_in_flight_again_and_again_a_run_never_spends_a_dollar_more_than_its_budget() {
    // A tenth of a cent a token out: an answer costs one, a call that is under way may cost four.
    let (answer, most_a_call, budget) = (0.001, 0.004, 0.6);
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(150));
    let price = ModelPrice { model: "primary".into(), input: 0.0, output: 1000.0, cached_input: None };
    program.engine().await.save_prices(SavePrices { prices: vec![price] }).await.unwrap();
    let url = server.url();
    let mut start = vec!["--json", "eval", "--data", &file, "--provider", "openai", "--base-url", &url, "--model", "primary"];
    start.extend(["--metric", "exact", "--concurrency", "64", "--max-output-tokens", "4", "--max-cost", "0.6"]);
    let mut kills = 0;
    let ended = loop {
        // Some answers more, then everything hangs with all places taken.
        let number = server.seen().len() + 40;
        server.hold_from(number);
        let mut child = program.spawn(&start);
        let held = loop {
            if server.seen().len() >= number + 63 {
                break true;
            }
            if child.try_wait().unwrap().is_some() {
                break false;
            }
            // Near the budget's end fewer calls may be under way: then nothing moves any more, and it is let go on.
            if server.seen().len() >= number && kills >= 2 {
                break false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        if !held {
            server.release();
            break ended(child);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        server.client_died();
        kills += 1;
        start = vec!["--json", "resume", "1"];
    };
    assert!(kills >= 2, "it was killed {kills} times");
    let last = ended.done().last();
    assert_eq!(last["status"], "completed");
    assert!(last["stop_reason"].as_str().unwrap().contains("The budget of $0.6 does not allow another call: $"), "{last}");
    let answered = server.answered() as f64;
    let lost = server.seen().iter().filter(|s| !s.answered).count() as f64;
    assert!(lost >= 64.0 * f64::from(kills), "{lost} calls were lost on their way");
    let worst = answered * answer + lost * most_a_call;
    assert!(worst <= budget + 1e-9, "{answered} answers and {lost} lost calls may have cost ${worst} of ${budget}");
    assert!(worst > 0.9 * budget, "it stopped too early, at ${worst} of ${budget}");
    let told = last["usage"]["cost"].as_f64().unwrap();
    assert!(told >= answered * answer && told <= budget + 1e-9, "told: ${told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evaluation_that_was_killed_writes_its_predictions_when_it_is_resumed() {
    let server = FakeServer::start().await;
    let program = Program::new();
    let file = program.file("rows.csv", rows(EACH));
    let url = server.url();
    let out = program.path("predictions.csv");
    let mut all = vec!["--json", "eval", "--data", &file, "--provider", "openai", "--base-url", &url, "--model", "primary"];
    all.extend(["--metric", "exact", "--concurrency", "3", "--system-prompt", "skill 3", "--predictions", out.to_str().unwrap()]);
    server.hold_from(12);
    let mut child = program.spawn(&all);
    server.arrived(12).await;
    child.kill().unwrap();
    child.wait().unwrap();
    server.client_died();
    server.release();
    assert!(!out.exists());
    program.run(&["--json", "resume", "1", "--predictions", out.to_str().unwrap()]).done();
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(text.lines().count(), 1 + 3 * EACH as usize);
    assert!(text.contains("row 9 of train") && text.contains("row 2009 of test"));
}
