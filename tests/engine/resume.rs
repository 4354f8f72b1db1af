//! Paused, killed and resumed runs end as if nothing had happened, and buy nothing twice.

use mlprompt_core::{
    ErrorCode,
    api::{NoRequest, RunId},
    run::{Budget, RunConfig, RunEvent, RunStatus},
    store::{NewCall, Role},
};

use crate::{
    fixtures::{Bench, Outcome, config, eventful, settled},
    scripted_model::{ScriptedModel, Wish},
};

async fn uninterrupted(config: RunConfig) -> (Outcome, u64) {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let view = bench.run(config).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    (Outcome::of(&bench.engine, view.summary.id).await, view.summary.usage.calls)
}

#[tokio::test]
async fn a_run_paused_at_any_call_and_resumed_ends_like_an_uninterrupted_one() {
    let settings = RunConfig { concurrency: 3, ..config(5) };
    let (expected, calls) = uninterrupted(settings.clone()).await;
    assert_eq!(expected.epochs.len(), 6, "the run takes every path");
    for at in 1..=usize::try_from(calls).unwrap() {
        let model = ScriptedModel::new(eventful());
        let bench = Bench::scripted(&model).await;
        model.wish_at(at, Wish::Pause, &bench.engine);
        let run = bench.start(settings.clone()).await;
        let paused = settled(&bench.engine, run).await.summary;
        // The last calls may be the end: then there is nothing left to pause.
        if paused.status != RunStatus::Completed {
            assert_eq!(paused.status, RunStatus::Paused, "paused at call {at}");
            // Another process resumes it: all it knows is on disk.
            let engine = bench.another_engine().await;
            engine.resume_run(RunId { run }).await.unwrap();
            settled(&engine, run).await;
        }
        assert_eq!(Outcome::of(&bench.engine, run).await, expected, "paused at call {at}");
        assert_eq!(model.most_answers_to_one_request(), 1, "an answer was bought twice after a pause at call {at}");
        assert_eq!(bench.engine.run(run).await.unwrap().usage.calls, calls, "calls after a pause at call {at}");
    }
}

#[tokio::test]
async fn a_run_paused_after_every_single_call_still_ends_the_same() {
    let settings = RunConfig { concurrency: 1, ..config(5) };
    let (expected, calls) = uninterrupted(settings.clone()).await;
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(1, Wish::Pause, &bench.engine);
    let run = bench.start(settings).await;
    let mut pauses = 0;
    while settled(&bench.engine, run).await.summary.status == RunStatus::Paused {
        pauses += 1;
        assert!(pauses <= calls, "the run makes no progress");
        model.wish_at(model.calls() + 1, Wish::Pause, &bench.engine);
        bench.engine.resume_run(RunId { run }).await.unwrap();
    }
    assert!(pauses > 20, "it was paused {pauses} times");
    assert_eq!(Outcome::of(&bench.engine, run).await, expected);
    assert_eq!((model.most_answers_to_one_request(), bench.engine.run(run).await.unwrap().usage.calls), (1, calls));
}

#[tokio::test]
async fn a_resumed_run_ignores_the_answers_of_others_but_not_its_own() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let settings = RunConfig { use_cache: false, ..config(2) };
    model.wish_at(15, Wish::Pause, &bench.engine);
    let run = bench.start(settings).await;
    settled(&bench.engine, run).await;
    bench.engine.resume_run(RunId { run }).await.unwrap();
    let view = settled(&bench.engine, run).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    assert_eq!((model.most_answers_to_one_request(), view.summary.usage.cached), (1, 0));
}

#[tokio::test]
async fn the_events_of_a_resumed_run_go_on_where_they_stopped() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(35, Wish::Pause, &bench.engine);
    let run = bench.start(config(3)).await;
    settled(&bench.engine, run).await;
    bench.engine.resume_run(RunId { run }).await.unwrap();
    settled(&bench.engine, run).await;
    let (mut watch, mut told) = (bench.engine.watch(run, 0), Vec::new());
    while let Some(event) = watch.next().await.unwrap() {
        told.push(event);
    }
    let numbers: Vec<u64> = told.iter().map(|e| e.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "no number is missing or told twice");
    let started: Vec<bool> =
        told.iter().filter_map(|e| if let RunEvent::Started { resumed, .. } = e.event { Some(resumed) } else { None }).collect();
    assert_eq!(started, [false, true]);
    let epochs: Vec<u32> =
        told.iter().filter_map(|e| if let RunEvent::Epoch { summary, .. } = &e.event { Some(summary.epoch) } else { None }).collect();
    assert_eq!(epochs, [0, 1, 2, 3], "every epoch is decided once");
    assert!(
        matches!(told.first().unwrap().event, RunEvent::Started { .. }) && matches!(told.last().unwrap().event, RunEvent::Finished { .. })
    );
}

fn unsent(run: i64, prompt_tokens: u64) -> NewCall {
    NewCall { run, role: Role::Primary, retry: false, key: [0; 32], example: None, prompt_tokens, completion_tokens: 0 }
}

#[tokio::test]
async fn calls_found_unsettled_count_as_spent() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(12, Wish::Pause, &bench.engine);
    let run = bench.start(RunConfig { budget: Budget { max_calls: Some(200), ..Budget::default() }, ..config(1) }).await;
    settled(&bench.engine, run).await;
    // What a killed process leaves: three calls that were on their way.
    let store = bench.store().await;
    for _ in 0..3 {
        store.reserve_call(unsent(run, 1000), 0).await.unwrap();
    }
    bench.engine.resume_run(RunId { run }).await.unwrap();
    let view = settled(&bench.engine, run).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    assert_eq!(view.summary.usage.calls, model.calls() as u64 + 3);
    assert!(view.summary.usage.prompt_tokens >= 3000, "their tokens count at the reserved bound");
}

#[tokio::test]
async fn what_an_interrupted_run_used_counts_the_calls_that_nobody_lived_to_add_up() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(12, Wish::Pause, &bench.engine);
    let run = bench.start(config(1)).await;
    let paused = settled(&bench.engine, run).await.summary;
    let store = bench.store().await;
    for _ in 0..3 {
        store.reserve_call(unsent(run, 1000), 0).await.unwrap();
    }
    store.set_run_status(run, RunStatus::Running, None, 0, None, None).await.unwrap();
    drop(store);
    let again = bench.started_again().await;
    let found = again.engine.run(run).await.unwrap();
    assert_eq!((found.status, found.usage.calls), (RunStatus::Interrupted, paused.usage.calls + 3));
    assert_eq!(found.usage.prompt_tokens, paused.usage.prompt_tokens + 3000, "at the reserved bound");
    assert_eq!((found.usage.failed, found.active_ms), (paused.usage.failed, paused.active_ms), "nothing else changed");
}

#[tokio::test]
async fn unsettled_calls_can_exhaust_a_budget() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(12, Wish::Pause, &bench.engine);
    let run = bench.start(RunConfig { budget: Budget { max_calls: Some(60), ..Budget::default() }, ..config(5) }).await;
    settled(&bench.engine, run).await;
    let (before, store) = (model.calls(), bench.store().await);
    for _ in before..60 {
        store.reserve_call(unsent(run, 0), 0).await.unwrap();
    }
    bench.engine.resume_run(RunId { run }).await.unwrap();
    let view = settled(&bench.engine, run).await;
    assert_eq!(model.calls(), before, "nothing is left to spend");
    assert_eq!((view.summary.status, view.summary.usage.calls), (RunStatus::Completed, 60));
}

#[tokio::test]
async fn a_second_engine_neither_drives_a_run_nor_calls_it_interrupted() {
    let model = ScriptedModel::with_rule(eventful(), |_, _| crate::scripted_model::Act::After(std::time::Duration::from_millis(5)));
    let bench = Bench::scripted(&model).await;
    let run = bench.start(config(5)).await;
    let other = bench.another_engine().await;
    assert_eq!(other.run(run).await.unwrap().status, RunStatus::Running);
    assert!(other.list_interrupted(NoRequest {}).await.unwrap().is_empty());
    for refused in [
        other.resume_run(RunId { run }).await.map(|_| ()),
        other.pause_run(RunId { run }).await.map(|_| ()),
        other.stop_run(RunId { run }).await.map(|_| ()),
        other.delete_run(RunId { run }).await.map(|_| ()),
    ] {
        assert_eq!(refused.unwrap_err().code, ErrorCode::RunHeld);
    }
    let deleted = other.delete_project(mlprompt_core::api::ProjectId { project: bench.project }).await;
    assert_eq!(deleted.unwrap_err().code, ErrorCode::RunHeld, "a project with a run going on stays");
    let view = settled(&bench.engine, run).await;
    assert_eq!((view.summary.status, view.epochs.len()), (RunStatus::Completed, 6), "the first engine was not disturbed");
    assert_eq!(other.run(run).await.unwrap().status, RunStatus::Completed);
}

#[tokio::test]
async fn an_ended_run_cannot_be_resumed() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let run = bench.run(config(1)).await.summary.id;
    let calls = model.calls();
    let refused = bench.engine.resume_run(RunId { run }).await.unwrap_err();
    assert!(refused.message.contains("has ended"), "{}", refused.message);
    assert_eq!(model.calls(), calls);
}
