//! Rate limits: the provider's are waited for and told, and cost no example.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use mlprompt_core::{
    api::{NoRequest, RunId, SaveConnection, StartRun},
    clock::SystemClock,
    engine::{Engine, Parts, RealModels},
    run::{Budget, RunConfig, RunEvent, RunStatus, RunSummary, WaitReason},
};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, SIZES, over_http, settled},
    world::World,
};

fn limited(seconds: &str) -> Act {
    Act::Reply(429, vec![("retry-after", seconds.into())], r#"{"error": {"message": "slow down"}}"#.into())
}

/// The same bench with a clock that really waits.
async fn really_waiting(bench: &Bench) -> Engine {
    let clock = SystemClock::shared();
    let parts = Parts {
        database: bench.database(),
        models: Arc::new(RealModels::new(Arc::clone(&clock)).unwrap()),
        clock,
        keys: Arc::clone(&bench.keys) as Arc<dyn mlprompt_core::keys::KeyStore>,
        environment: Arc::new(|_| None),
    };
    Engine::open(parts).await.unwrap()
}

/// Looks at a run until it is as wanted.
async fn looked_at<T>(engine: &Engine, run: i64, wanted: impl Fn(&RunSummary) -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = wanted(&engine.run(run).await.unwrap()) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looking).await.expect("it is told within a minute")
}

#[tokio::test]
async fn a_wait_for_the_provider_is_told_and_ends_within_a_moment_when_the_user_pauses() {
    let server = FakeServer::start(World::default(), |_| limited("60")).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let engine = really_waiting(&bench).await;
    let started = engine.start_run(StartRun { project: bench.project, config }).await.unwrap();
    let waiting = looked_at(&engine, started.id, |run| run.progress.and_then(|p| p.waiting)).await;
    assert_eq!(waiting.reason, WaitReason::ProviderLimit);
    let seconds = (waiting.until - engine.run(started.id).await.unwrap().created_at) / 1000;
    assert!((55..=75).contains(&seconds), "until the server wants to be asked again: {seconds} s");
    engine.pause_run(RunId { run: started.id }).await.unwrap();
    let view = tokio::time::timeout(Duration::from_secs(20), settled(&engine, started.id)).await.expect("it does not wait for the minute");
    assert_eq!(view.summary.status, RunStatus::Paused);
}

#[tokio::test]
async fn a_server_that_refuses_everything_without_a_word_is_waited_for_in_words_and_its_calls_are_counted() {
    let refuse = |_: &Seen| Act::Reply(429, vec![], r#"{"error": {"message": "slow down"}}"#.into());
    let server = FakeServer::start(World::default(), refuse).await;
    let (bench, config) = over_http(&server, [40, 40, 0], 0).await;
    let engine = really_waiting(&bench).await;
    let config = RunConfig { concurrency: 32, ..config };
    let started = engine.start_run(StartRun { project: bench.project, config }).await.unwrap();
    let mut watch = engine.watch(started.id, 0);
    let waiting = looked_at(&engine, started.id, |run| run.progress.and_then(|p| p.waiting)).await;
    assert_eq!(waiting.reason, WaitReason::ProviderLimit);
    let calls = looked_at(&engine, started.id, |run| Some(run.usage.calls).filter(|calls| *calls > 0)).await;
    assert!(calls <= server.count() as u64);
    // Who watches is told, though no answer has come.
    let told = async {
        loop {
            if let RunEvent::Progress { usage, done: 0, .. } = watch.next().await.unwrap().expect("it goes on").event
                && usage.calls > 0
            {
                return usage.calls;
            }
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(20), told).await.expect("it is told") > 0);
    engine.stop_run(RunId { run: started.id }).await.unwrap();
    settled(&engine, started.id).await;
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_while_the_run_waits_for_it() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = FakeServer::start(World::default(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [40, 40, 0], 0).await;
    let mut connection = bench.engine.list_connections(mlprompt_core::api::NoRequest {}).await.unwrap().pop().unwrap();
    connection.base_url = format!("http://{address}/v1");
    bench
        .engine
        .save_connection(mlprompt_core::api::SaveConnection { connection, secret: Some(crate::fixtures::KEY.into()) })
        .await
        .unwrap();
    let engine = really_waiting(&bench).await;
    let started = engine.start_run(StartRun { project: bench.project, config }).await.unwrap();
    let waiting = looked_at(&engine, started.id, |run| run.progress.and_then(|p| p.waiting)).await;
    assert_eq!(waiting.reason, WaitReason::Unreachable);
    let run = settled(&engine, started.id).await.summary;
    assert_eq!((run.status, run.usage.calls), (RunStatus::Paused, 0));
    let reason = run.stop_reason.unwrap();
    assert!(reason.starts_with("The server cannot be reached.") && reason.contains(&address.to_string()), "{reason}");
}

#[tokio::test]
async fn a_quota_of_hours_pauses_the_run_in_words() {
    // The second is more than a clock can count.
    for (asked, told) in [("7200", "2 h"), ("99999999999999999999999", "8760 h")] {
        let server =
            FakeServer::start(World::default(), move |seen: &Seen| if seen.number > 5 { limited(asked) } else { Act::Answer }).await;
        let (bench, config) = over_http(&server, SIZES, 1).await;
        let view = bench.run(config).await;
        assert_eq!(view.summary.status, RunStatus::Paused, "{asked}");
        let reason = view.summary.stop_reason.unwrap();
        assert!(reason.contains(told) && reason.contains(&server.address.to_string()) && reason.contains("Resume"), "{reason}");
        assert!(server.count() <= 5 + 8, "it is not asked on: {}", server.count());
    }
}

#[tokio::test]
async fn a_closed_door_costs_no_example_and_few_requests() {
    let (answered, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, door) = (Arc::clone(&answered), Arc::clone(&open));
    // Sixty refusals in the middle of the run, then all is well.
    let refused = Arc::new(AtomicUsize::new(0));
    let refusals = Arc::clone(&refused);
    let rule = move |_: &Seen| {
        if counted.load(Ordering::SeqCst) >= 12 && !door.load(Ordering::SeqCst) {
            if refusals.fetch_add(1, Ordering::SeqCst) >= 60 {
                door.store(true, Ordering::SeqCst);
            }
            return limited("2");
        }
        counted.fetch_add(1, Ordering::SeqCst);
        Act::Answer
    };
    let server = FakeServer::start(World::default(), rule).await;
    let (bench, config) = over_http(&server, [40, 40, 0], 0).await;
    let view = bench.run(RunConfig { concurrency: 16, ..config }).await;
    assert_eq!((view.summary.status, view.summary.usage.failed), (RunStatus::Completed, 0));
    assert_eq!(view.summary.usage.retries, refused.load(Ordering::SeqCst) as u64, "each refusal is one more request, and no more");
}

#[tokio::test]
async fn a_connection_s_own_limit_a_minute_is_kept() {
    let server = FakeServer::start(World::default(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, [40, 40, 0], 0).await;
    let mut connection = bench.engine.list_connections(NoRequest {}).await.unwrap().pop().unwrap();
    connection.requests_per_minute = Some(20);
    bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
    let view = bench.run(config).await;
    assert_eq!((view.summary.status, view.summary.usage.calls), (RunStatus::Completed, 80));
    let minutes = view.summary.active_ms / 60_000;
    assert!((3..=5).contains(&minutes), "80 calls at 20 a minute take four minutes: {} ms", view.summary.active_ms);
}

#[tokio::test]
async fn a_limit_that_is_spent_ends_a_run_at_once_though_its_connection_lets_one_call_pass_a_minute() {
    let spent = [
        Budget { max_calls: Some(3), ..Budget::default() },
        Budget { max_tokens: Some(400), ..Budget::default() },
        Budget { max_seconds: Some(150), ..Budget::default() },
    ];
    for budget in spent {
        let server = FakeServer::start(World::default(), |_| Act::Answer).await;
        let (bench, config) = over_http(&server, [40, 40, 0], 0).await;
        let mut connection = bench.engine.list_connections(NoRequest {}).await.unwrap().pop().unwrap();
        connection.requests_per_minute = Some(1);
        bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
        let mut config = RunConfig { budget, ..config };
        config.primary.max_output_tokens = Some(20);
        config.optimizer.max_output_tokens = Some(20);
        let summary = bench.run(config).await.summary;
        let reason = summary.stop_reason.unwrap();
        assert!(reason.contains("The budget of") || reason.contains("The time limit of"), "{budget:?}: {reason}");
        assert!((1..=20).contains(&summary.usage.calls), "{budget:?}: {} calls", summary.usage.calls);
        let minutes = summary.active_ms / 60_000;
        // The test's clock adds up waits that pass at the same time.
        assert!(
            minutes <= 2 * summary.usage.calls + 4,
            "{budget:?}: {} calls and then nothing until minute {minutes}",
            summary.usage.calls
        );
    }
}
