//! A connection that is edited while a run waits.

use std::{net::TcpListener, sync::Arc};

use mlprompt_core::{
    api::{NoRequest, RunId, SaveConnection},
    clock::SystemClock,
    connection::{ConnectionKind, KeyReference},
    engine::RealModels,
    run::{RunConfig, RunStatus},
};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, KEY, SIZES, config, model, over_http, settled},
    world::World,
};

/// Gives the bench's own connection another address.
async fn lead_to(bench: &Bench, address: String, key: Option<&str>) {
    let mut connection = bench.engine.list_connections(NoRequest {}).await.unwrap().pop().unwrap();
    connection.base_url = format!("http://{address}/v1");
    bench.engine.save_connection(SaveConnection { connection, secret: key.map(str::to_owned) }).await.unwrap();
}

#[tokio::test]
async fn a_run_nobody_answered_asks_at_the_address_as_it_was_mended() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = FakeServer::start(World::proposing(["skill 6/6/6"]), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    lead_to(&bench, nobody.to_string(), Some(KEY)).await;
    let waiting = bench.run(config).await.summary;
    assert_eq!(waiting.status, RunStatus::Paused, "{:?}", waiting.stop_reason);

    lead_to(&bench, server.address.to_string(), Some(KEY)).await;
    bench.engine.resume_run(RunId { run: waiting.id }).await.unwrap();
    let ended = settled(&bench.engine, waiting.id).await;
    assert_eq!((ended.summary.status, ended.epochs.len()), (RunStatus::Completed, 2), "{:?}", ended.summary.stop_reason);
    assert_eq!(ended.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn a_run_that_has_answers_goes_on_where_they_came_from_and_says_so() {
    let refuses =
        |seen: &Seen| if seen.number > 5 { Act::Reply(429, vec![("retry-after", "7200".into())], "{}".into()) } else { Act::Answer };
    let began = FakeServer::start(World::default(), refuses).await;
    let bench = Bench::new(Arc::new(RealModels::new(SystemClock::shared()).unwrap()), SIZES).await;
    let connection = began.connection(ConnectionKind::Openai, KeyReference::None);
    let open = bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap().id;
    let config = RunConfig { primary: model("primary", open), optimizer: model("optimizer", open), ..config(1) };
    let waiting = bench.run(config).await.summary;
    assert_eq!(waiting.status, RunStatus::Paused, "{:?}", waiting.stop_reason);
    let asked = began.count();

    let elsewhere = FakeServer::start(World::default(), |_| Act::Answer).await;
    lead_to(&bench, elsewhere.address.to_string(), None).await;
    bench.engine.resume_run(RunId { run: waiting.id }).await.unwrap();
    let still = settled(&bench.engine, waiting.id).await;
    assert!(began.count() > asked && elsewhere.count() == 0, "{} and {}", began.count(), elsewhere.count());
    let told = format!("This run goes on asking http://{}/v1, where its answers came from.", began.address);
    assert!(still.warnings.len() == 1 && still.warnings[0].starts_with(&told), "{:?}", still.warnings);
    assert!(still.warnings[0].contains(&format!("leads to http://{}/v1 now", elsewhere.address)), "{:?}", still.warnings);
}

#[tokio::test]
async fn a_key_that_went_along_to_the_new_place_is_missed_at_the_old_one() {
    let refuses =
        |seen: &Seen| if seen.number > 5 { Act::Reply(429, vec![("retry-after", "7200".into())], "{}".into()) } else { Act::Answer };
    let began = FakeServer::start(World::default(), refuses).await;
    let (bench, config) = over_http(&began, SIZES, 1).await;
    let waiting = bench.run(config).await.summary;
    let elsewhere = FakeServer::start(World::default(), |_| Act::Answer).await;
    lead_to(&bench, elsewhere.address.to_string(), Some(KEY)).await;
    let refused = bench.engine.resume_run(RunId { run: waiting.id }).await.unwrap_err();
    let told = format!("This run goes on asking http://{}/v1, where its answers came from.", began.address);
    assert!(refused.message.starts_with(&told) && refused.message.contains("Enter the key for that host."), "{}", refused.message);
}
