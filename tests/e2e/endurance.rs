//! A run of some 500 results a second, watched for as long as somebody wants (`make endurance`, `MLPROMPT_LIVE_SECONDS`): the window
//! stays responsive and memory flat. It prints figures; no test.

use std::{
    fmt::Write as _,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use mlprompt_core::{
    api::{ProjectId, SaveConnection},
    connection::{Connection, ConnectionKind, KeyReference},
    run::{AcceptRule, ModelConfig, RunConfig, RunStatus, StrategyKind},
    store::Store,
};

use crate::{
    TURN,
    app::App,
    fake_model::FakeModel,
    responsive::{answered, memory, watch},
    setup::{Life, engine, imported, live_through, offer},
};

/// The chart holds so many points at the end; those that the time does not suffice for are there from the start.
const EPOCHS: u64 = 2_000;
const RESULTS_A_SECOND: u32 = 500;
const CONCURRENCY: u32 = 32;
const SAMPLES: u32 = 20;

/// Validation is so large that the run comes to its last epoch at the end of the time, but never so small that epochs are all it does.
fn validation_rows(seconds: u64) -> u64 {
    (u64::from(RESULTS_A_SECOND) * seconds / EPOCHS).clamp(100, 2_000)
}

fn examples(count: u64) -> String {
    let mut text = String::from("message,queue\n");
    for n in 0..count {
        let queue = ["billing", "shipping", "account"][usize::try_from(n % 3).expect("small")];
        writeln!(text, "Message number {n} about an order that never came,{queue}").expect("memory");
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for docs/benchmarks.md: make endurance"]
async fn a_live_run_keeps_the_window_responsive_and_memory_flat() {
    let _turn = TURN.lock().await;
    let seconds = std::env::var("MLPROMPT_LIVE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::enduring(RESULTS_A_SECOND).await;
    let validation = validation_rows(seconds);
    let project = imported(&database, "live.csv", &examples(validation * 5)).await;
    let setup = engine(&database).await;
    let connection = Connection {
        name: "steady server".into(),
        kind: ConnectionKind::Openai,
        base_url: server.base_url.clone(),
        key: KeyReference::None,
        timeout_seconds: 30,
        concurrency: CONCURRENCY,
        default_model: "fake-model".into(),
        ..Connection::blank()
    };
    let id = setup.save_connection(SaveConnection { connection, secret: None }).await.expect("a connection").id;
    let config = setup.default_run_config(ProjectId { project }).await.expect("a config");
    let model = ModelConfig { connection: id, model: "fake-model".into(), temperature: None, max_output_tokens: None, seed: None };
    let config = RunConfig {
        primary: model.clone(),
        optimizer: model,
        concurrency: CONCURRENCY,
        strategy: StrategyKind::Greedy,
        // Every proposal is asked for every example.
        accept: AcceptRule::Significant,
        early_stop: false,
        epochs: u32::try_from(EPOCHS).expect("small") * 2,
        patience: u32::try_from(EPOCHS).expect("small") * 2,
        train_rows: 100,
        validation_rows: 0,
        ..config
    };
    let prompt = config.prompt.clone();
    let setup = offer(setup, project, config).await;
    let run = setup.open_project(ProjectId { project }).await.expect("the project").runs[0].id;
    drop(setup);
    let before = u32::try_from(EPOCHS.saturating_sub(u64::from(RESULTS_A_SECOND) * seconds / (validation + 1))).expect("small");
    let store = Store::open(&database).await.expect("the store opens");
    live_through(&store, run, &prompt, Life { epochs: before, climb: 0.5, accepted: 0, calls: 100 }).await;
    store.set_run_status(run, RunStatus::Paused, None, u64::from(before) * 1_000, None, None).await.expect("it waits");
    drop(store);

    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.click("Resume").await;
    app.read("Pause").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("{validation} validation rows, {seconds} s");
    println!("|  time | epochs | results/s | longest gap | gaps ≥ 50 ms | ticks | program | page |");
    let began = Instant::now();
    let mut sizes = Vec::new();
    let part = Duration::from_secs(seconds) / SAMPLES;
    for _ in 0..SAMPLES {
        watch(&app).await;
        let (answers, at) = (server.answered.load(Ordering::Relaxed), Instant::now());
        tokio::time::sleep(part).await;
        let seen = answered(&app).await;
        let rate = (server.answered.load(Ordering::Relaxed) - answers) as f64 / at.elapsed().as_secs_f64();
        let epochs = app
            .script("return [...document.querySelectorAll('[role=listbox][aria-label=Epochs] [aria-posinset]')].at(-1)?.ariaPosInSet")
            .await;
        let (program, page) = memory();
        sizes.push((program, page));
        println!(
            "| {:5.0} | {} | {rate:.0} | {:.0} ms | {} | {} | {program:.0} MB | {page:.0} MB |",
            began.elapsed().as_secs_f64(),
            epochs.as_str().unwrap_or("-"),
            seen.gap,
            seen.late,
            seen.ticks,
        );
    }
    for (name, at) in [("start", 0), ("middle", sizes.len() / 2), ("end", sizes.len() - 1)] {
        println!("{name}: program {:.0} MB, page {:.0} MB", sizes[at].0, sizes[at].1);
    }
    app.picture("endurance").await;
    app.kill().await;
}
