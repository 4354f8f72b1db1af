//! Rate limits: the provider's are waited for and told, and cost no example.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use mlprompt_core::{
    api::{NoRequest, RunId, SaveConnection},
    clock::SystemClock,
    engine::{Engine, Parts, RealModels},
    run::{RunConfig, RunStatus, WaitReason},
};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{SIZES, over_http, settled},
    world::World,
};

fn limited(seconds: &str) -> Act {
    Act::Reply(429, vec![("retry-after", seconds.into())], r#"{"error": {"message": "slow down"}}"#.into())
}

#[tokio::test]
async fn a_wait_for_the_provider_is_told_and_ends_within_a_moment_when_the_user_pauses() {
    let server = FakeServer::start(World::default(), |_| limited("60")).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    // A clock that really waits.
    let clock = SystemClock::shared();
    let parts = Parts {
        database: bench.database(),
        models: Arc::new(RealModels::new(Arc::clone(&clock)).unwrap()),
        clock,
        keys: Arc::clone(&bench.keys) as Arc<dyn mlprompt_core::keys::KeyStore>,
        environment: Arc::new(|_| None),
    };
    let engine = Engine::open(parts).await.unwrap();
    let started = engine.start_run(mlprompt_core::api::StartRun { project: bench.project, config }).await.unwrap();
    let waiting = loop {
        if let Some(waiting) = engine.run(started.id).await.unwrap().progress.and_then(|p| p.waiting) {
            break waiting;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(waiting.reason, WaitReason::ProviderLimit);
    let seconds = (waiting.until - engine.run(started.id).await.unwrap().created_at) / 1000;
    assert!((55..=75).contains(&seconds), "until the server wants to be asked again: {seconds} s");
    engine.pause_run(RunId { run: started.id }).await.unwrap();
    let view = tokio::time::timeout(Duration::from_secs(20), settled(&engine, started.id)).await.expect("it does not wait for the minute");
    assert_eq!(view.summary.status, RunStatus::Paused);
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
