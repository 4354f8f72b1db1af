//! What the user can ask of a run while it goes on: stop and finish, at every step.

use std::time::Duration;

use mlprompt_core::{
    api::{NoRequest, RunId},
    run::{Phase, RunConfig, RunEvent, RunStatus},
};

use crate::{
    fixtures::{Bench, config, eventful, settled},
    scripted_model::{Act, ScriptedModel, Wish},
};

/// Calls of the whole run, and of it before the test split.
const ALL: usize = 20 + 5 + 1 + 4 * 10 + 10 + 2 * 10 + 10;

#[tokio::test]
async fn a_run_stopped_at_any_call_is_cancelled_with_its_test_figures_unmeasured() {
    for at in 1..ALL - 25 {
        let model = ScriptedModel::new(eventful());
        let bench = Bench::scripted(&model).await;
        model.wish_at(at, Wish::Stop, &bench.engine);
        let run = bench.start(RunConfig { concurrency: 3, ..config(5) }).await;
        let view = settled(&bench.engine, run).await;
        assert_eq!(view.summary.status, RunStatus::Cancelled, "stopped at call {at}");
        assert_eq!((view.summary.baseline.test, view.summary.best.test), (None, None), "stopped at call {at}");
        let calls = model.calls();
        let late = calls - model.calls_when_heard();
        assert!(late <= 3, "{late} calls were made after the stop at call {at}");
        // A call is counted before it is sent, so some of those that were dropped may never have left.
        let counted = usize::try_from(view.summary.usage.calls).unwrap();
        assert!((calls..=calls + 3).contains(&counted), "{counted} counted of {calls} sent: a dropped call counts as spent");
        assert_eq!(bench.engine.driven_runs(), Vec::<i64>::new());
    }
}

#[tokio::test]
async fn the_test_split_stays_sealed_when_a_run_is_stopped_before_it() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(25, Wish::Stop, &bench.engine);
    bench.run(config(5)).await;
    assert!(!model.seen().iter().any(|r| r.messages.last().unwrap().content.contains("of the test split")));
    let again = bench.run(config(1)).await;
    assert!(!again.warnings.iter().any(|w| w.contains("opened by an earlier run")), "nothing was opened: {:?}", again.warnings);
}

#[tokio::test]
async fn a_run_stopped_while_the_test_split_is_open_does_not_claim_it_sealed() {
    let open = |r: &mlprompt_core::chat::ChatRequest| r.messages.last().unwrap().content.contains("of the test split");
    let first = {
        let model = ScriptedModel::new(eventful());
        Bench::scripted(&model).await.run(RunConfig { concurrency: 1, ..config(1) }).await;
        model.seen().iter().position(open).unwrap() + 1
    };
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(first + 2, Wish::Stop, &bench.engine);
    let view = bench.run(RunConfig { concurrency: 1, ..config(1) }).await;
    assert_eq!((view.summary.status, view.summary.best.test), (RunStatus::Cancelled, None));
    let reason = view.summary.stop_reason.unwrap();
    assert!(!reason.contains("did not open") && reason.contains("count as opened"), "{reason}");
}

#[tokio::test]
async fn a_run_finished_early_completes_with_test_figures() {
    for at in [1, 5, 20, 21, 22, 30, 45] {
        let model = ScriptedModel::new(eventful());
        let bench = Bench::scripted(&model).await;
        model.wish_at(at, Wish::Finish, &bench.engine);
        let view = bench.run(config(5)).await;
        assert_eq!(view.summary.status, RunStatus::Completed, "finished at call {at}");
        assert_eq!(view.summary.stop_reason.as_deref(), Some("Finished early, as you asked."), "finished at call {at}");
        assert!(view.summary.baseline.test.is_some() && view.summary.best.test.is_some(), "finished at call {at}");
        assert!(view.epochs.len() < 6);
    }
}

#[tokio::test]
async fn a_paused_run_is_finished_with_test_figures_and_without_another_epoch() {
    for at in [9, 30] {
        let model = ScriptedModel::new(eventful());
        let bench = Bench::scripted(&model).await;
        model.wish_at(at, Wish::Pause, &bench.engine);
        let run = bench.start(config(5)).await;
        let paused = settled(&bench.engine, run).await;
        assert_eq!(paused.summary.status, RunStatus::Paused, "paused at call {at}");
        let before = model.calls();
        bench.engine.finish_run(RunId { run }).await.unwrap();
        let view = settled(&bench.engine, run).await;
        assert_eq!(view.summary.status, RunStatus::Completed, "paused at call {at}");
        assert_eq!(view.summary.stop_reason.as_deref(), Some("Finished early, as you asked."), "paused at call {at}");
        assert!(view.summary.baseline.test.is_some() && view.summary.best.test.is_some(), "paused at call {at}");
        assert!(view.epochs.len() <= paused.epochs.len().max(1), "paused at call {at}");
        let asked: Vec<String> = model.seen().split_off(before).iter().map(|request| request.messages[1].content.clone()).collect();
        let of_test = |text: &&String| text.contains("of the test split");
        assert_eq!(asked.iter().find(|text| !of_test(text)), None, "paused at call {at}: only the test split is asked");
    }
}

#[tokio::test]
async fn a_connection_stays_for_as_long_as_a_run_needs_it() {
    use mlprompt_core::{
        api::{ConnectionId, SaveConnection},
        connection::{Connection, KeyReference},
        keys::KeyStore,
    };
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let connection = Connection {
        name: "Mine".into(),
        base_url: "https://models.example/v1".into(),
        key: KeyReference::Keychain,
        default_model: "primary".into(),
        ..Connection::blank()
    };
    let own = bench.engine.save_connection(SaveConnection { connection, secret: Some("key".into()) }).await.unwrap().id;
    model.wish_at(9, Wish::Pause, &bench.engine);
    let mut config = RunConfig { name: "Waiting".into(), ..config(2) };
    config.primary.connection = own;
    let run = bench.start(config).await;
    assert_eq!(settled(&bench.engine, run).await.summary.status, RunStatus::Paused);
    let delete = async || bench.engine.delete_connection(ConnectionId { connection: own }).await;
    let refused = delete().await.unwrap_err();
    assert!(refused.message.starts_with("“Mine” is needed: “Waiting” has not ended"), "{}", refused.message);
    assert_eq!(bench.engine.list_connections(NoRequest {}).await.unwrap().len(), 2, "it is still there");
    // As an earlier version let it go, with its key: nobody is sent to where it is not.
    let store = bench.store().await;
    store.delete_connection(own, 0).await.unwrap();
    bench.keys.delete(&mlprompt_core::keys::key_name(&store.database_id().await.unwrap(), own)).unwrap();
    let gone = bench.engine.resume_run(RunId { run }).await.unwrap_err();
    assert!(gone.message.starts_with("The connection “Mine” was deleted, and its key with it."), "{}", gone.message);
    store.restore_connection(own).await.unwrap();
    bench.engine.stop_run(RunId { run }).await.unwrap();
    delete().await.unwrap();
}

#[tokio::test]
async fn a_paused_run_can_be_stopped_and_says_so_last() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(9, Wish::Pause, &bench.engine);
    let run = bench.start(config(2)).await;
    let paused = settled(&bench.engine, run).await;
    assert_eq!((paused.summary.status, paused.summary.stop_reason.as_deref()), (RunStatus::Paused, Some("Paused, as you asked.")));
    assert!(bench.engine.list_interrupted(NoRequest {}).await.unwrap().is_empty(), "a paused run was not interrupted");
    bench.engine.stop_run(RunId { run }).await.unwrap();
    assert_eq!(bench.engine.run(run).await.unwrap().status, RunStatus::Cancelled);
    let mut watch = bench.engine.watch(run, paused.last_seq);
    let last = watch.next().await.unwrap().unwrap();
    assert!(matches!(last.event, RunEvent::Finished { status: RunStatus::Cancelled, .. }));
    assert!(watch.next().await.unwrap().is_none());
    assert!(bench.engine.resume_run(RunId { run }).await.is_err());
}

#[tokio::test]
async fn a_paused_run_lets_calls_in_flight_finish() {
    let model = ScriptedModel::with_rule(eventful(), |_, _| Act::After(Duration::from_millis(20)));
    let bench = Bench::scripted(&model).await;
    model.wish_at(8, Wish::Pause, &bench.engine);
    let run = bench.start(RunConfig { concurrency: 4, ..config(1) }).await;
    let view = settled(&bench.engine, run).await;
    assert_eq!(view.summary.status, RunStatus::Paused);
    let calls = model.calls();
    // Ten training examples, then those of validation; what came last is told as well.
    let progress = view.summary.progress.unwrap();
    let measured = if progress.phase == Phase::Validate { calls - 10 } else { calls };
    assert_eq!(progress.done as usize, measured, "{progress:?} of {calls} calls");
    bench.engine.resume_run(RunId { run }).await.unwrap();
    settled(&bench.engine, run).await;
    assert!(calls >= 8 && model.most_answers_to_one_request() == 1, "an answer that was on its way got lost");
}

#[tokio::test]
async fn only_a_run_that_goes_on_can_be_steered() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let run = bench.run(config(1)).await.summary.id;
    for refused in [
        bench.engine.pause_run(RunId { run }).await.map(|_| ()),
        bench.engine.finish_run(RunId { run }).await.map(|_| ()),
        bench.engine.stop_run(RunId { run }).await.map(|_| ()),
    ] {
        assert!(refused.unwrap_err().message.contains("is not going on"));
    }
    assert!(bench.engine.pause_run(RunId { run: 999 }).await.is_err());
}
