//! The same question asked twice is paid once: by two runs at the same time, and by one run for rows that are alike.

use std::{sync::Arc, time::Duration};

use mlprompt_core::{
    api::RunId,
    run::{RunConfig, RunStatus},
};

use crate::{
    fixtures::{Bench, config, csv, mean, settled},
    scripted_model::{Act, Scripted, ScriptedModel},
    world::{self, World},
};

/// Every call takes a moment, so that those of two runs are under way together.
fn slow() -> Arc<ScriptedModel> {
    ScriptedModel::with_rule(World::default(), |_, _| Act::After(Duration::from_millis(20)))
}

#[tokio::test]
async fn two_runs_at_once_send_the_same_request_once_and_count_it_once() {
    let model = slow();
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&model))), [20, 20, 0]).await;
    let (first, second) = (bench.start(config(0)).await, bench.start(config(0)).await);
    let (first, second) = (settled(&bench.engine, first).await.summary, settled(&bench.engine, second).await.summary);
    assert_eq!((first.status, second.status), (RunStatus::Completed, RunStatus::Completed));
    assert_eq!(first.baseline, second.baseline);
    assert_eq!((model.calls(), model.most_answers_to_one_request()), (40, 1));
    assert_eq!(first.usage.calls + second.usage.calls, 40);
    assert_eq!(first.usage.cached + second.usage.cached, 40, "what the other bought is counted as saved");
}

#[tokio::test]
async fn a_run_that_ignores_what_others_buy_pays_for_its_own_answers() {
    let model = slow();
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&model))), [20, 20, 0]).await;
    let own = RunConfig { use_cache: false, ..config(0) };
    let (first, second) = (bench.start(config(0)).await, bench.start(own).await);
    settled(&bench.engine, first).await;
    let second = settled(&bench.engine, second).await.summary;
    assert_eq!((second.status, second.usage.calls, second.usage.cached), (RunStatus::Completed, 40, 0));
    assert_eq!(model.calls(), 80);
}

#[tokio::test]
async fn a_run_whose_request_another_run_dropped_sends_it_itself() {
    // The very first call never comes back.
    let rule = |number: usize, _: &_| if number == 1 { Act::After(Duration::from_secs(86_400)) } else { Act::Answer };
    let model = ScriptedModel::with_rule(World::default(), rule);
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&model))), [5, 5, 0]).await;
    let alone = RunConfig { concurrency: 1, ..config(0) };
    let first = bench.start(alone.clone()).await;
    while model.calls() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let second = bench.start(alone).await;
    // It gets the other nine answers and waits for the one that is under way.
    while bench.store().await.usage_by_role(second).await.unwrap().values().map(|u| u.usage.calls).sum::<u64>() < 4 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.engine.stop_run(RunId { run: first }).await.unwrap();
    let second = settled(&bench.engine, second).await.summary;
    assert_eq!((second.status, second.usage.calls), (RunStatus::Completed, 10));
    assert_eq!(bench.engine.run(first).await.unwrap().status, RunStatus::Cancelled);
}

#[tokio::test]
async fn a_run_that_waits_for_another_run_s_call_can_be_paused_and_stopped() {
    for pause in [true, false] {
        let model = ScriptedModel::with_rule(World::default(), |_, _| Act::After(Duration::from_secs(86_400)));
        let bench = Bench::new(Arc::new(Scripted(Arc::clone(&model))), [3, 3, 0]).await;
        let first = bench.start(config(0)).await;
        while model.calls() < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let second = bench.start(config(0)).await;
        // All it can ask is under way already.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(model.calls(), 3);
        let (word, expected) = if pause {
            (bench.engine.pause_run(RunId { run: second }).await, RunStatus::Paused)
        } else {
            (bench.engine.stop_run(RunId { run: second }).await, RunStatus::Cancelled)
        };
        word.unwrap();
        let view = tokio::time::timeout(Duration::from_secs(20), settled(&bench.engine, second)).await.expect("it does not wait on");
        assert_eq!(view.summary.status, expected);
        bench.engine.stop_run(RunId { run: first }).await.unwrap();
        settled(&bench.engine, first).await;
    }
}

#[tokio::test]
async fn rows_that_are_alike_are_asked_once_however_far_apart() {
    let model = ScriptedModel::new(World::default());
    let mut bench = Bench::new(Arc::new(Scripted(Arc::clone(&model))), [2, 2, 0]).await;
    // Row 0 again after 200 others: looked up on disk together with the first, asked long after it.
    let mut text = csv([200, 3, 0]);
    let again = format!("{},{},{},again\n", world::input(0), world::truth(0), "train");
    text.push_str(&again);
    bench.project = bench.import("alike", &text).await;
    let view = bench.run(RunConfig { concurrency: 1, ..config(0) }).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    assert_eq!(view.summary.baseline.train.unwrap().n, 201);
    assert_eq!(mean(view.summary.baseline.validation), 1.0);
    assert_eq!((model.calls(), model.most_answers_to_one_request()), (203, 1));
}
