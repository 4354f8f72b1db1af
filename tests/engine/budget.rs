//! Budgets: never a call over the limit, also with many in flight, and a reserve for the test split.

use std::time::Duration;

use mlprompt_core::{
    api::{RunId, StartRun},
    run::{Budget, ModelConfig, NextAction, RunConfig, RunEvent, RunStatus},
};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, config, eventful, over_http},
    scripted_model::{self, ScriptedModel},
    world::World,
};

fn calls(most: u64) -> Budget {
    Budget { max_calls: Some(most), ..Budget::default() }
}

/// Every third request fails once more than it should.
fn faulty(seen: &Seen) -> Act {
    if seen.number.is_multiple_of(3) { Act::status(500, "now and then") } else { Act::Answer }
}

#[tokio::test]
async fn calls_that_the_first_prompts_need_are_not_kept_for_a_test_that_would_not_be_opened_without_them() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::new(std::sync::Arc::new(scripted_model::Scripted(model)), [30, 10, 10]).await;
    let limited = |most| RunConfig { budget: calls(most), ..config(3) };
    // 40 calls measure the first prompts, 20 the test split under two prompts: 50 pay for the first alone.
    let config = limited(50);
    let estimate = bench.engine.estimate_run(StartRun { project: bench.project, config: config.clone() }).await.unwrap();
    let run = bench.run(config).await.summary;
    assert!(run.baseline.validation.is_some(), "{run:?}");
    assert!((estimate.calls_low..=estimate.calls_high).contains(&run.usage.calls), "{estimate:?} {:?}", run.usage.calls);
    assert!(estimate.warnings.iter().any(|w| w.contains("too small to keep calls for the test split")), "{:?}", estimate.warnings);
}

#[tokio::test]
async fn not_one_call_more_than_the_budget_with_64_in_flight_and_retries() {
    for most in [1, 7, 40, 100, 150, 233] {
        let server = FakeServer::start(World::proposing(["skill 4/4/4", "skill 5/5/5", "skill 6/6/6"]), faulty).await;
        let (bench, config) = over_http(&server, [40, 40, 10], 3).await;
        let view = bench.run(RunConfig { concurrency: 64, budget: calls(most), ..config }).await;
        assert_eq!(view.summary.status, RunStatus::Completed, "{most}");
        let usage = view.summary.usage;
        assert_eq!(server.count() as u64, usage.calls, "with a budget of {most}: what was sent is what is counted");
        assert!(usage.calls <= most, "{} calls with a budget of {most}", usage.calls);
        assert!(view.summary.stop_reason.is_some_and(|r| r.contains("budget")), "it is said why it ended");
    }
}

#[tokio::test]
async fn tokens_that_are_shown_are_those_of_answers_and_never_fall() {
    let model = ScriptedModel::with_rule(World::proposing(["skill 5/5/5"]), |_, _| scripted_model::Act::After(Duration::from_millis(3)));
    let bench = Bench::scripted(&model).await;
    let plain = config(2);
    let limited = |model| ModelConfig { max_output_tokens: Some(5_000), ..model };
    let config = RunConfig { primary: limited(plain.primary.clone()), optimizer: limited(plain.optimizer.clone()), ..plain };
    let run = bench.start(config).await;
    let mut shown = Vec::new();
    while bench.engine.driven_runs().contains(&run) {
        let usage = bench.engine.run(run).await.unwrap().usage;
        shown.push(usage.prompt_tokens + usage.completion_tokens);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let usage = bench.engine.run(run).await.unwrap().usage;
    shown.push(usage.prompt_tokens + usage.completion_tokens);
    assert!(shown.is_sorted(), "{shown:?}");
    assert!(shown.iter().any(|tokens| *tokens > 0 && tokens < shown.last().unwrap()), "it was looked at on the way: {shown:?}");
}

#[tokio::test]
async fn the_test_split_keeps_its_reserve() {
    let model = ScriptedModel::new(World::proposing(["skill 5/5/5", "skill 6/6/6", "skill 7/7/7"]));
    let bench = Bench::scripted(&model).await;
    let view = bench.run(RunConfig { budget: calls(70), ..config(9) }).await;
    let run = &view.summary;
    let told = "The budget of 70 calls is spent but for the 20 that were kept for the test split.";
    assert_eq!((run.status, run.stop_reason.as_deref()), (RunStatus::Completed, Some(told)));
    assert!(run.best.epoch > 0, "there was enough for an epoch");
    assert!(run.baseline.test.is_some_and(|s| s.n == 10) && run.best.test.is_some_and(|s| s.n == 10), "both are tested in full");
    assert!(run.usage.calls <= 70);
}

#[tokio::test]
async fn the_reserve_grows_with_the_retries_that_a_failing_server_wants() {
    for most in [140, 160, 180, 200] {
        let server = FakeServer::start(World::proposing(["skill 4/4/4", "skill 5/5/5", "skill 6/6/6"]), faulty).await;
        let (bench, config) = over_http(&server, [20, 20, 20], 9).await;
        let view = bench.run(RunConfig { concurrency: 4, budget: calls(most), ..config }).await;
        let run = &view.summary;
        assert!(run.usage.retries > 20, "{most}: {:?}", run.usage);
        assert!(run.stop_reason.as_ref().is_some_and(|r| r.contains("kept for the test split")), "{most}: {:?}", run.stop_reason);
        assert!(run.baseline.test.is_some_and(|s| s.n == 20) && run.best.test.is_some_and(|s| s.n == 20), "{most}: {:?}", run.stop_reason);
        assert!(run.usage.calls <= most);
    }
}

#[tokio::test]
async fn the_reserve_is_kept_after_all_where_the_first_prompts_came_from_disk() {
    let model = ScriptedModel::new(World::proposing(["skill 5/5/5", "skill 6/6/6", "skill 7/7/7"]));
    let bench = Bench::scripted(&model).await;
    // The first prompts alone: nothing is left for a test, which stays sealed.
    let first = bench.run(RunConfig { budget: calls(20), ..config(1) }).await.summary;
    assert_eq!((first.usage.calls, first.baseline.test), (20, None));
    assert_eq!(bench.store().await.test_opened_at(first.id).await.unwrap(), None);
    // Less than twice the test, but for it and an epoch.
    let view = bench.run(RunConfig { budget: calls(35), ..config(9) }).await;
    let run = &view.summary;
    assert!(run.usage.calls <= 35 && run.usage.cached >= 20, "{:?}", run.usage);
    assert!(run.best.epoch > 0 && run.best.test.is_some_and(|s| s.n == 10), "{:?}", run.stop_reason);
    assert_eq!(run.test_opened_before, 0, "the first run opened nothing");
}

#[tokio::test]
async fn a_budget_too_small_for_the_test_split_is_said_after_the_start() {
    let model = ScriptedModel::new(World::proposing(["skill 5/5/5"]));
    let bench = Bench::scripted(&model).await;
    let view = bench.run(RunConfig { budget: calls(33), ..config(1) }).await;
    assert!(view.warnings.iter().any(|w| w.contains("too small to keep 20 calls for the test split")), "{:?}", view.warnings);
    let mut watch = bench.engine.watch(view.summary.id, 0);
    let first = watch.next().await.unwrap().unwrap();
    assert!(matches!(first.event, RunEvent::Started { .. }), "the start is told first, not {:?}", first.event);
    assert_eq!(model.calls(), 31, "two calls are no test: its split stays sealed for a run that can pay for it");
    assert_eq!(bench.store().await.test_opened_at(view.summary.id).await.unwrap(), None);
    assert!(
        view.summary
            .stop_reason
            .is_some_and(|r| r.ends_with("did not suffice for the test split, so it was not opened: there are no test figures."))
    );
    assert_eq!(view.summary.best.test, None, "half a test split is no test figure");
}

#[tokio::test]
async fn a_budget_too_small_for_the_baseline_ends_in_words_and_without_figures() {
    let model = ScriptedModel::new(World::proposing(["skill 5/5/5"]));
    let bench = Bench::scripted(&model).await;
    let view = bench.run(RunConfig { budget: calls(4), ..config(1) }).await;
    assert_eq!((view.summary.status, model.calls()), (RunStatus::Completed, 4));
    assert!(view.epochs.is_empty());
    assert_eq!((view.summary.baseline.validation, view.summary.best.test), (None, None));
    assert!(view.summary.stop_reason.is_some_and(|r| r.starts_with("The budget of 4 calls is spent.")));
    assert!(
        view.verdict.is_some_and(|v| v.starts_with("Nothing was compared")),
        "it is not said that nothing beat a baseline nobody knows"
    );
}

#[tokio::test]
async fn a_budget_that_ends_before_the_first_decision_does_not_speak_of_proposals_that_lost() {
    let model = ScriptedModel::new(World::proposing(["skill 5/5/5"]));
    let bench = Bench::scripted(&model).await;
    let view = bench.run(RunConfig { budget: calls(45), ..config(1) }).await;
    assert!(view.summary.baseline.validation.is_some(), "the first prompts were measured");
    assert_eq!(view.summary.epochs_done, 0);
    assert!(view.verdict.is_some_and(|v| v.starts_with("No proposal was decided")));
    let next = bench.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
    assert_eq!(next.iter().map(|step| step.action).collect::<Vec<_>>(), [NextAction::MoreBudget], "a limit ended it: {next:?}");
}

#[tokio::test]
async fn a_run_that_patience_ended_does_not_blame_its_limit() {
    let model = ScriptedModel::new(World::proposing(["skill 0/0/0", "skill 1/1/1", "skill 0/1/0"]));
    let bench = Bench::scripted(&model).await;
    let view = bench.run(RunConfig { budget: calls(80), patience: 2, ..config(9) }).await;
    assert!(
        view.summary.stop_reason.as_ref().is_some_and(|r| r.starts_with("No improvement for 2 epochs.")),
        "{:?}",
        view.summary.stop_reason
    );
    let next = bench.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
    assert!(next.iter().all(|step| step.action != NextAction::MoreBudget), "{next:?}");
}

#[tokio::test]
async fn not_one_token_more_than_the_budget_with_64_in_flight() {
    for most in (150..400).step_by(17) {
        let server = FakeServer::start(World::proposing(["skill 5/5/5", "skill 6/6/6"]), faulty).await;
        let (bench, mut config) = over_http(&server, [10, 10, 10], 2).await;
        config.budget = Budget { max_tokens: Some(most), ..Budget::default() };
        config.primary.max_output_tokens = Some(20);
        config.optimizer.max_output_tokens = Some(50);
        let view = bench.run(RunConfig { concurrency: 64, ..config }).await;
        let usage = view.summary.usage;
        assert!(usage.prompt_tokens + usage.completion_tokens <= most, "a budget of {most} tokens: {usage:?}");
        assert!(view.summary.stop_reason.is_some_and(|r| r.contains(&format!("{most} tokens"))));
    }
}

#[tokio::test]
async fn a_time_limit_ends_the_search_in_order() {
    let model = ScriptedModel::with_rule(World::proposing(["skill 5/5/5"]), |number, _| {
        // One failure moves the test's clock on by its backoff.
        if number % 7 == 0 { crate::scripted_model::transient("busy") } else { crate::scripted_model::Act::Answer }
    });
    let bench = Bench::scripted(&model).await;
    let view = bench.run(RunConfig { budget: Budget { max_seconds: Some(1), ..Budget::default() }, ..config(200) }).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    assert!(view.summary.stop_reason.is_some_and(|r| r.contains("time limit of 1 s")));
    assert!(view.summary.best.test.is_some(), "the test split is measured all the same");
    let next = bench.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
    assert!(next.iter().any(|step| step.action == NextAction::MoreBudget), "a limit ended it: {next:?}");
}

#[tokio::test]
async fn budgets_that_cannot_be_kept_are_refused_with_a_sentence() {
    let server = FakeServer::start(World::default(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [5, 5, 0], 1).await;
    let cases = [
        (Budget { max_cost: Some(1.0), ..Budget::default() }, "price of primary is unknown"),
        (Budget { max_tokens: Some(1000), ..Budget::default() }, "maximum of output tokens"),
        (calls(0), "allows nothing"),
        (Budget { max_cost: Some(-1.0), ..Budget::default() }, "allows nothing"),
        (Budget { max_seconds: Some(0), ..Budget::default() }, "allows nothing"),
    ];
    for (budget, words) in cases {
        let config = RunConfig { budget, ..config.clone() };
        let refused = bench.engine.start_run(StartRun { project: bench.project, config }).await.unwrap_err();
        assert!(refused.message.contains(words), "{}", refused.message);
    }
    assert_eq!(server.count(), 0);
}
