//! Servers as they are on bad days: nothing they do is taken for an answer that it is not, and nothing makes a run hang.

use std::time::Duration;

use mlprompt_core::{
    api::{NoRequest, RunId, SaveConnection},
    run::{Budget, Decision, MissingCause, NextAction, RunConfig, RunStatus},
};
use serde_json::json;

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, SIZES, over_http, settled},
    world::World,
};

fn world() -> World {
    World::proposing(["skill 6/6/6"])
}

/// A bench whose connection waits a second for an answer, with an evaluation of the first prompts.
async fn impatient(server: &FakeServer, sizes: [u32; 3]) -> (Bench, RunConfig) {
    let (bench, config) = over_http(server, sizes, 0).await;
    let mut connection = bench.engine.list_connections(NoRequest {}).await.unwrap().pop().unwrap();
    connection.timeout_seconds = 1;
    bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
    (bench, config)
}

fn is_row(seen: &Seen, row: u32) -> bool {
    seen.text().contains(&format!("row {row} "))
}

#[tokio::test]
async fn a_server_that_drips_a_byte_a_second_is_given_up_and_asked_again() {
    let drip = |seen: &Seen| if seen.number == 2 { Act::Drip(Duration::from_secs(1)) } else { Act::Answer };
    let server = FakeServer::start(world(), drip).await;
    let (bench, config) = impatient(&server, [3, 3, 0]).await;
    let usage = bench.run(config).await.summary.usage;
    assert_eq!((usage.calls, usage.retries, usage.failed), (7, 1, 0));
}

#[tokio::test]
async fn a_body_of_100_megabytes_is_not_read_to_its_end_and_makes_one_example_missing() {
    let server = FakeServer::start(world(), |seen: &Seen| if is_row(seen, 1000) { Act::Flood(100) } else { Act::Answer }).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let view = bench.run(config).await;
    let score = view.summary.baseline.validation.unwrap();
    assert_eq!((view.summary.status, score.n, score.missing), (RunStatus::Completed, 9, 1));
    assert_eq!(server.seen().iter().filter(|s| is_row(s, 1000)).count(), 1, "what is too long once is so again");
}

#[tokio::test]
async fn a_connection_closed_after_the_headers_is_asked_again() {
    let server = FakeServer::start(world(), |seen: &Seen| if seen.number % 3 == 1 { Act::HeadersOnly } else { Act::Answer }).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let usage = bench.run(config).await.summary.usage;
    let closed = (1..=server.count()).filter(|n| n % 3 == 1).count() as u64;
    assert_eq!((usage.failed, usage.retries), (0, closed));
}

#[tokio::test]
async fn an_answer_in_another_charset_than_it_should_be_is_no_answer() {
    // JSON is UTF-8; these bytes are Latin-1.
    let body = [b"{\"choices\": [{\"message\": {\"content\": \"caf".as_slice(), &[0xe9], b"\"}}]}"].concat();
    let server =
        FakeServer::start(world(), move |seen: &Seen| if is_row(seen, 1001) { Act::Bytes(body.clone()) } else { Act::Answer }).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let view = bench.run(config).await;
    let score = view.summary.baseline.validation.unwrap();
    assert_eq!((score.n, score.missing, view.summary.usage.failed), (9, 1, 1));
}

#[tokio::test]
async fn tokens_that_are_negative_or_not_told_are_estimated_and_marked() {
    for usage in [json!(null), json!({"prompt_tokens": -7, "completion_tokens": 5}), json!({"prompt_tokens": "many"})] {
        let told = usage.clone();
        let server = FakeServer::start(world(), move |_| Act::Counting(told.clone())).await;
        let (bench, config) = over_http(&server, SIZES, 0).await;
        let used = bench.run(config).await.summary.usage;
        assert_eq!((used.estimated, used.calls), (30, 30), "{usage}");
        assert!((20..5_000).contains(&used.prompt_tokens) && used.completion_tokens > 0, "{usage}: {used:?}");
    }
    let server = FakeServer::start(world(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    assert_eq!(bench.run(config).await.summary.usage.estimated, 0);
}

#[tokio::test]
async fn another_model_than_the_one_asked_for_is_told_once() {
    let server = FakeServer::start(world(), |_| Act::Named("tiny-model")).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let view = bench.run(config).await;
    let told: Vec<&String> = view.warnings.iter().filter(|w| w.contains("answers as tiny-model")).collect();
    assert_eq!(told.len(), 1, "{:?}", view.warnings);
    assert_eq!(view.summary.status, RunStatus::Completed, "it is a warning and no more");
    let server = FakeServer::start(world(), |_| Act::Named("primary-2026-01-01")).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    assert!(bench.run(config).await.warnings.is_empty(), "the date of a version is no other model");
}

#[tokio::test]
async fn a_written_refusal_is_scored_and_an_empty_answer_too() {
    let refusal = json!({"choices": [{"message": {"content": null, "refusal": "I cannot help with that."}, "finish_reason": "stop"}]});
    let body = refusal.to_string();
    let rule = move |seen: &Seen| match seen {
        seen if is_row(seen, 1000) => Act::status(200, body.clone()),
        seen if is_row(seen, 1001) => Act::says("", "stop"),
        _ => Act::Answer,
    };
    let server = FakeServer::start(world(), rule).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let score = bench.run(config).await.summary.baseline.validation.unwrap();
    assert_eq!((score.n, score.missing, score.score), (10, 0, 0.1), "of three right answers two are gone, and none is missing");
}

#[tokio::test]
async fn a_dataset_where_every_example_is_missing_waits_and_says_why() {
    let too_long = r#"{"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}}"#;
    for (act, cause) in
        [(Act::status as fn(u16, String) -> Act, MissingCause::Refused), (Act::status as fn(u16, String) -> Act, MissingCause::TooLong)]
    {
        let body = if cause == MissingCause::TooLong { too_long.to_owned() } else { r#"{"error": "no"}"#.to_owned() };
        let server = FakeServer::start(world(), move |_| act(400, body.clone())).await;
        let (bench, config) = over_http(&server, SIZES, 2).await;
        let run = bench.start(config).await;
        let view = settled(&bench.engine, run).await;
        assert_ne!(view.summary.status, RunStatus::Running, "{cause:?}");
        assert_eq!(view.summary.baseline.validation.map(|s| s.n), None, "{cause:?}: no figure is made of nothing");
        let reason = view.summary.stop_reason.clone().unwrap_or_default();
        assert!(!reason.is_empty() && view.summary.best.epoch == 0, "{cause:?}: {reason}");
        if cause == MissingCause::Refused {
            let told = format!("{}: HTTP 400: no", server.address);
            assert!(reason.contains(&told), "what the server said is said again: {reason}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_back_changes_nothing_but_dates() {
    let server =
        FakeServer::start(world(), |seen: &Seen| if seen.number.is_multiple_of(4) { Act::status(503, "busy") } else { Act::Answer }).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let steady = bench.run(config).await;
    let server =
        FakeServer::start(world(), |seen: &Seen| if seen.number.is_multiple_of(4) { Act::status(503, "busy") } else { Act::Answer }).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    bench.clock.jump_back();
    let jumping = bench.run(config).await;
    assert_eq!(jumping.summary.best.validation, steady.summary.best.validation);
    assert_eq!(jumping.summary.status, RunStatus::Completed);
}

#[tokio::test]
async fn the_missing_of_a_completed_run_are_asked_for_alone() {
    let healed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let switch = std::sync::Arc::clone(&healed);
    let rule = move |seen: &Seen| {
        let sick = is_row(seen, 1002) && !switch.load(std::sync::atomic::Ordering::SeqCst);
        if sick { Act::status(500, "sick") } else { Act::Answer }
    };
    let server = FakeServer::start(world(), rule).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let before = bench.run(config).await;
    assert_eq!((before.summary.status, before.summary.usage.failed), (RunStatus::Completed, 1));
    let reason = before.summary.stop_reason.clone();
    let run = RunId { run: before.summary.id };
    // What it takes is said before it is asked.
    let next = bench.engine.run_outcome(run.clone()).await.unwrap().next;
    let retry = next.iter().find(|step| step.action == NextAction::RetryMissing).expect("offered");
    assert!(retry.reason.contains("before you trust the figures: up to 2 calls, cost unknown."), "{}", retry.reason);
    // In vain at first, and said; once the answers are there, it is said no more.
    bench.engine.retry_missing(run.clone()).await.unwrap();
    let in_vain = settled(&bench.engine, run.run).await;
    assert_eq!(in_vain.warnings.len(), 1, "{:?}", in_vain.warnings);
    assert!(in_vain.warnings[0].starts_with("The missing examples stay missing. "), "{:?}", in_vain.warnings);
    let asked = server.count();
    healed.store(true, std::sync::atomic::Ordering::SeqCst);
    bench.engine.retry_missing(run.clone()).await.unwrap();
    let after = settled(&bench.engine, run.run).await;
    assert!(server.seen()[asked..].iter().all(|s| is_row(s, 1002)), "only the missing example is asked for");
    assert_eq!((after.summary.status, after.summary.usage.failed), (RunStatus::Completed, 0));
    assert_eq!(after.summary.stop_reason, reason, "the run ended for the reason it ended for");
    assert_eq!(after.summary.baseline.validation.map(|s| (s.n, s.missing)), Some((10, 0)));
    assert_eq!(after.epochs, before.epochs, "decisions stand as they were taken");
    assert_eq!(after.warnings, Vec::<String>::new());
    let used = bench.engine.test_usage(run.clone()).await.unwrap();
    assert_eq!(used.ended.map(|usage| usage.calls), Some(before.summary.usage.calls), "what was asked again is told apart");
    assert!(after.summary.usage.calls > before.summary.usage.calls);
    assert!(bench.engine.retry_missing(run).await.unwrap_err().message.contains("has an answer"));
}

/// Answers all but these rows under the proposal.
fn refusing(rows: &'static [u32]) -> impl Fn(&Seen) -> Act {
    move |seen: &Seen| {
        let proposal = seen.text().contains("skill 6/6/6") && !seen.text().contains("optimizer");
        if proposal && rows.iter().any(|row| is_row(seen, *row)) { Act::status(500, "sick") } else { Act::Answer }
    }
}

#[tokio::test]
async fn what_is_missing_under_prompts_that_were_not_kept_is_not_asked_for_again() {
    let server = FakeServer::start(world(), refusing(&[1002, 1003])).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let view = bench.run(config).await;
    let run = RunId { run: view.summary.id };
    assert_eq!((view.epochs[1].decision, view.epochs[1].usage.failed), (Decision::Rejected, 2), "{}", view.epochs[1].reason);
    assert_eq!((view.summary.usage.failed, view.summary.best.epoch), (2, 0));

    let next = bench.engine.run_outcome(run.clone()).await.unwrap().next;
    assert!(next.iter().all(|step| step.action != NextAction::RetryMissing), "{next:?}");
    let asked = server.count();
    let refused = bench.engine.retry_missing(run.clone()).await.unwrap_err();
    assert!(refused.message.starts_with("Nothing can be asked for again"), "{}", refused.message);
    assert_eq!(server.count(), asked);

    // The verdict does not say that nothing was better.
    let verdict = view.verdict.unwrap();
    assert!(verdict.starts_with("The first prompts stay, though epoch 1 scored 25.0 points more with 50.0%"), "{verdict}");
    assert!(verdict.contains("2 of 10 validation examples have no answer") && !verdict.contains("Resume"), "{verdict}");
}

#[tokio::test]
async fn asked_again_in_vain_it_is_said_and_the_run_ended_for_what_it_ended_for() {
    let server = FakeServer::start(world(), |seen: &Seen| if is_row(seen, 1002) { Act::status(500, "sick") } else { Act::Answer }).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let budget = Budget { max_calls: Some(39), ..Budget::default() };
    let before = bench.run(RunConfig { budget, ..config }).await;
    let reason = before.summary.stop_reason.clone().unwrap();
    assert!(reason.contains("did not suffice for the test split"), "{reason}");
    let run = RunId { run: before.summary.id };
    assert!(bench.engine.run_outcome(run.clone()).await.unwrap().next.iter().any(|step| step.action == NextAction::RetryMissing));
    bench.engine.retry_missing(run.clone()).await.unwrap();
    let after = settled(&bench.engine, run.run).await;
    assert_eq!(after.summary.stop_reason, Some(reason));
    assert!(
        after.warnings.iter().any(|w| w.starts_with("The missing examples stay missing.") || w.starts_with("Asked again, 1 example")),
        "{:?}",
        after.warnings
    );
}
