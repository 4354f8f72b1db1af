//! A server that goes away, or only refuses: the run waits for it, and nothing is said of prompts that nobody asked.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use mlprompt_core::{
    api::{ListCalls, ProjectId, RunId},
    chat::ChatErrorKind,
    run::{AcceptRule, Budget, CallFilter, Decision, MissingCause, NextAction, RunConfig, RunStatus},
};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, Outcome, config, over_http, settled},
    scripted_model::{self, ScriptedModel},
    world::World,
};

fn world() -> World {
    World::proposing(["skill 6/6/6", "skill 7/7/7"])
}

#[tokio::test]
async fn a_server_that_goes_away_in_mid_run_is_waited_for_and_the_run_comes_to_the_same_end() {
    let sizes = [20, 20, 20];
    let server = FakeServer::start(world(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, sizes, 2).await;
    let run = bench.run(config).await.summary.id;
    let expected = Outcome::of(&bench.engine, run).await;

    let (away, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (told, counted) = (Arc::clone(&away), Arc::clone(&answers));
    // It answers the baseline, and then nothing more until it is back.
    let goes_away = move |_: &Seen| {
        let gone = counted.fetch_add(1, Ordering::SeqCst) == 45;
        if gone {
            told.store(true, Ordering::SeqCst);
        }
        if told.load(Ordering::SeqCst) { Act::status(500, "out of memory") } else { Act::Answer }
    };
    let server = FakeServer::start(world(), goes_away).await;
    let (bench, config) = over_http(&server, sizes, 2).await;
    let waiting = bench.run(config).await;
    let reason = waiting.summary.stop_reason.unwrap();
    assert_eq!(waiting.summary.status, RunStatus::Paused, "{reason}");
    assert!(reason.starts_with("The model does not answer any more: ") && reason.contains("out of memory"), "{reason}");
    assert!(waiting.epochs.len() == 1 && waiting.summary.best.epoch == 0, "no proposal is judged by what was not answered");
    assert!(server.count() < 250, "{} calls", server.count());

    away.store(false, Ordering::SeqCst);
    bench.engine.resume_run(RunId { run: waiting.summary.id }).await.unwrap();
    settled(&bench.engine, waiting.summary.id).await;
    assert_eq!(Outcome::of(&bench.engine, waiting.summary.id).await, expected);
}

#[tokio::test]
async fn a_provider_that_lets_nothing_through_does_not_eat_the_budget_nor_open_the_test_split() {
    let refuse = |_: &Seen| Act::Reply(429, vec![], r#"{"error": {"message": "slow down"}}"#.into());
    let server = FakeServer::start(world(), refuse).await;
    let (bench, config) = over_http(&server, [50, 50, 50], 3).await;
    let config = RunConfig { concurrency: 16, budget: Budget { max_calls: Some(900), ..Budget::default() }, ..config };
    let run = bench.run(config).await.summary;
    let reason = run.stop_reason.unwrap();
    assert_eq!(run.status, RunStatus::Paused, "{reason}");
    assert!(reason.starts_with("The provider refuses every request for its rate limit: ") && reason.contains("slow down"), "{reason}");
    assert!(run.usage.calls < 400, "{} calls", run.usage.calls);
    assert_eq!(openings(&bench).await, 0);
}

async fn openings(bench: &crate::fixtures::Bench) -> u32 {
    let project = bench.engine.open_project(ProjectId { project: bench.project }).await.unwrap();
    project.dataset.expect("it has data").test_openings
}

#[tokio::test]
async fn a_run_whose_limit_ends_it_before_the_baseline_leaves_the_test_split_sealed() {
    let server = FakeServer::start(world(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [20, 20, 4], 3).await;
    let config = RunConfig { budget: Budget { max_calls: Some(30), ..Budget::default() }, ..config };
    let run = bench.run(config).await.summary;
    let reason = run.stop_reason.clone().unwrap();
    assert_eq!(run.status, RunStatus::Completed);
    assert!(reason.ends_with("The first prompts were not measured to the end, so the test split is not opened."), "{reason}");
    assert_eq!((run.baseline.test, run.best.test, openings(&bench).await), (None, None, 0));
    assert_eq!(run.usage.calls, 22, "what was kept for the test split is not spent");
    let outcome = bench.engine.run_outcome(RunId { run: run.id }).await.unwrap();
    assert_eq!(outcome.next.iter().map(|step| step.action).collect::<Vec<_>>(), [NextAction::MoreBudget]);
}

#[tokio::test]
async fn a_run_that_was_stopped_before_its_baseline_is_not_said_to_have_met_a_limit() {
    let server = FakeServer::start(world(), |_| Act::Hang(std::time::Duration::from_secs(60))).await;
    let (bench, config) = over_http(&server, [5, 5, 0], 3).await;
    let run = bench.start(config).await;
    while server.count() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    bench.engine.stop_run(RunId { run }).await.unwrap();
    assert_eq!(settled(&bench.engine, run).await.summary.status, RunStatus::Cancelled);
    let outcome = bench.engine.run_outcome(RunId { run }).await.unwrap();
    assert!(outcome.next.iter().all(|step| step.action != NextAction::MoreBudget), "{:?}", outcome.next);
}

#[tokio::test]
async fn a_proposal_whose_examples_have_no_answer_is_not_said_to_be_beaten() {
    // All that the best gets wrong, which is asked first, has no answer under the proposal.
    let broken = |seen: &Seen| {
        let text = seen.text();
        let row = (1000..1010).find(|row| text.contains(&format!("row {row} ")));
        if text.contains("skill 6/6/6") && row.is_some_and(|row| row % 10 >= 3) { Act::status(500, "always") } else { Act::Answer }
    };
    let server = FakeServer::start(world(), broken).await;
    let (bench, config) = over_http(&server, [10, 10, 0], 1).await;
    let config = RunConfig { early_stop: true, accept: AcceptRule::Any, concurrency: 16, ..config };
    let view = bench.run(config).await;
    let epoch = &view.epochs[1];
    assert_eq!((epoch.decision, epoch.bound), (Decision::Rejected, None), "{}", epoch.reason);
    assert!(epoch.reason.contains("7 of 10 validation examples have no answer"), "{}", epoch.reason);
    assert_eq!(epoch.validation.map(|s| (s.n, s.missing)), Some((3, 7)));
}

#[tokio::test]
async fn refusals_that_pass_do_not_cost_a_run_its_baseline() {
    // A limit that suffices for the baseline, the test split and the refusals, but not for as many refusals once more.
    let refused = AtomicUsize::new(0);
    let refuses = move |seen: &Seen| {
        let asked = seen.number > 12 && refused.fetch_add(1, Ordering::SeqCst) < 7;
        if asked { Act::Reply(429, vec![], r#"{"error": {"message": "slow down"}}"#.into()) } else { Act::Answer }
    };
    let server = FakeServer::start(world(), refuses).await;
    let (bench, config) = over_http(&server, [24, 16, 16], 3).await;
    let config = RunConfig { budget: Budget { max_calls: Some(80), ..Budget::default() }, ..config };
    let run = bench.run(config).await.summary;
    let reason = run.stop_reason.clone().unwrap();
    assert!(run.baseline.validation.is_some_and(|s| s.n == 16) && run.baseline.test.is_some_and(|s| s.n == 16), "{reason} {run:?}");
    assert!(run.usage.retries >= 7 && run.usage.calls <= 80, "{:?}", run.usage);
}

/// Answers but for the requests between these two: nobody is there for them.
fn away_between(from: usize, to: usize) -> Arc<ScriptedModel> {
    ScriptedModel::with_rule(world(), move |number, _| {
        let away = ChatErrorKind::Unreached(MissingCause::Network);
        if (from..to).contains(&number) { scripted_model::Act::Fail(away, "host: no connection") } else { scripted_model::Act::Answer }
    })
}

async fn logged(bench: &Bench, run: i64) -> u64 {
    let request = ListCalls { run, filter: CallFilter::default(), offset: 0, limit: 1 };
    bench.engine.list_calls(request).await.unwrap().total
}

#[tokio::test]
async fn a_server_that_is_away_for_a_moment_costs_no_call_and_changes_nothing() {
    // The looks take 1, 2, 4, 4 and so on seconds: six of them stay below half a minute.
    let limited = |config| RunConfig { concurrency: 1, budget: Budget { max_calls: Some(90), ..Budget::default() }, ..config };
    let model = ScriptedModel::new(world());
    let bench = Bench::scripted(&model).await;
    let steady = bench.run(limited(config(2))).await.summary;
    let expected = Outcome::of(&bench.engine, steady.id).await;
    for from in [5, 15, 25, 40] {
        let bench = Bench::scripted(&away_between(from, from + 6)).await;
        let run = bench.run(limited(config(2))).await.summary;
        let usage = run.usage;
        assert_eq!((usage.calls, usage.retries, usage.failed), (steady.usage.calls, 0, 0), "away from {from} on: {:?}", run.stop_reason);
        assert_eq!(logged(&bench, run.id).await, usage.calls + usage.cached, "the log tells the same");
        assert_eq!(Outcome::of(&bench.engine, run.id).await, expected);
    }
}

#[tokio::test]
async fn a_server_that_stays_away_is_waited_for_and_takes_nothing_of_the_budget() {
    let model = away_between(13, 10_000);
    let bench = Bench::scripted(&model).await;
    let budget = Budget { max_calls: Some(44), ..Budget::default() };
    let run = bench.run(RunConfig { concurrency: 4, budget, ..config(2) }).await.summary;
    let reason = run.stop_reason.unwrap();
    assert_eq!(run.status, RunStatus::Paused, "{reason}");
    assert!(reason.starts_with("The server has been away for ") && reason.contains("host: no connection"), "{reason}");
    assert_eq!((run.usage.calls, run.usage.failed, logged(&bench, run.id).await), (12, 0, 12));
    assert!(model.seen().len() < 40, "it is looked for now and then: {}", model.seen().len());
}

#[tokio::test]
async fn a_run_without_a_measured_baseline_does_not_pretend_to_ask_again() {
    let sick = |seen: &Seen| if seen.text().contains("row 3 ") { Act::status(500, "sick") } else { Act::Answer };
    let server = FakeServer::start(world(), sick).await;
    let (bench, config) = over_http(&server, [20, 20, 4], 3).await;
    let config = RunConfig { concurrency: 1, budget: Budget { max_calls: Some(38), ..Budget::default() }, ..config };
    let run = bench.run(config).await.summary;
    assert_eq!((run.status, run.usage.failed, run.baseline.validation), (RunStatus::Completed, 1, None), "{:?}", run.stop_reason);
    let next = bench.engine.run_outcome(RunId { run: run.id }).await.unwrap().next;
    assert_eq!(next.iter().map(|step| step.action).collect::<Vec<_>>(), [NextAction::MoreBudget]);
    let asked = server.count();
    let refused = bench.engine.retry_missing(RunId { run: run.id }).await.unwrap_err().message;
    assert!(refused.contains("were not measured to the end") && refused.contains("more budget"), "{refused}");
    assert_eq!(server.count(), asked);
}
