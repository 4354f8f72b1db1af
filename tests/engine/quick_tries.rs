//! Quick tries: one prompt on some rows.

use std::time::Duration;

use mlprompt_core::{
    ErrorCode,
    api::{NoRequest, SaveConnection, TryRows, TryRowsJob, TryRowsState},
    chat::ChatErrorKind,
    clock::Clock,
    connection::Connection,
    dataset::Split,
    run::MissingCause,
};

use crate::{
    fake_server::{Act as Reply, FakeServer, Seen},
    fixtures::{Bench, SIZES, config, eventful, model, over_http, prompt},
    scripted_model::{Act, ScriptedModel},
    world::World,
};

/// There is no answer, and asking again would not bring one.
fn refused(words: &'static str) -> Act {
    Act::Fail(ChatErrorKind::Example(MissingCause::ContentFilter), words)
}

fn quick(bench: &Bench, rows: u32, seed: u64) -> TryRows {
    TryRows {
        project: bench.project,
        prompt: prompt("skill 5/5/5"),
        model: model("primary", Connection::DEMO),
        metrics: config(1).metrics,
        extract: None,
        rows,
        seed,
    }
}

#[tokio::test]
async fn a_quick_try_draws_rows_by_seed_and_leaves_the_test_split_sealed() {
    let scripted = ScriptedModel::with_rule(eventful(), |number, _| if number == 2 { refused("It burns.") } else { Act::Answer });
    let bench = Bench::scripted(&scripted).await;
    let tried = bench.try_rows(quick(&bench, 20, 1)).await;
    assert_eq!(tried.rows.len(), 20, "there are no more than the rows of training and validation");
    assert!(tried.rows.iter().all(|r| r.example.split != Some(Split::Test)));
    let score = tried.score.unwrap();
    assert_eq!((score.n, score.missing), (19, 1), "what failed is missing, not wrong");
    assert_eq!(tried.rows.iter().filter_map(|r| r.error.as_deref()).collect::<Vec<_>>(), ["It burns."]);
    let again = bench.try_rows(quick(&bench, 20, 1)).await;
    assert_eq!((again.cached, again.score.unwrap().n), (19, 20), "what was bought costs nothing, what failed is asked again");
    let few = async |seed| bench.try_rows(quick(&bench, 5, seed)).await.rows.iter().map(|r| r.example.id).collect::<Vec<_>>();
    assert_eq!(few(1).await, few(1).await);
    assert_ne!(few(1).await, few(2).await);
    for rows in [0, 101] {
        assert_eq!(bench.engine.start_try_rows(quick(&bench, rows, 1)).await.unwrap_err().code, ErrorCode::Invalid);
    }
}

#[tokio::test]
async fn a_quick_try_that_is_stopped_shows_what_came_and_asks_only_the_rest_again() {
    let hour = Duration::from_secs(3600);
    let scripted = ScriptedModel::with_rule(eventful(), move |number, _| match number {
        2 | 5 => Act::After(hour),
        7 => refused("It burns."),
        _ => Act::Answer,
    });
    let bench = Bench::scripted(&scripted).await;
    let job = bench.engine.start_try_rows(quick(&bench, 20, 1)).await.unwrap();
    let going = loop {
        let progress = bench.engine.try_rows_progress(job.clone()).await.unwrap();
        assert_eq!((progress.total, progress.rows.rows.len()), (20, progress.done as usize));
        if progress.done == 18 {
            break progress;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    assert!(matches!(going.state, TryRowsState::Running), "{:?}", going.state);
    assert_eq!(going.rows.score.as_ref().map(|score| (score.n, score.missing)), Some((17, 1)), "what waits keeps nothing back");

    // Two answers come in an hour: what ends before them waits for none.
    bench.engine.stop_try_rows(job.clone()).await.unwrap();
    let stopped = bench.rows_over(&job).await;
    assert!(matches!(stopped.state, TryRowsState::Stopped), "{:?}", stopped.state);
    let score = stopped.rows.score.unwrap();
    assert_eq!((stopped.done, stopped.total, score.n, score.missing), (18, 20, 17, 1), "what was not asked to the end is not missing");
    assert!(stopped.rows.rows.is_sorted_by_key(|row| row.example.number), "they stand in the dataset's order, however they came");
    bench.engine.stop_try_rows(job.clone()).await.unwrap();
    assert_eq!(bench.engine.try_rows_progress(job).await.unwrap().done, 18, "what came is still to be had");

    let calls = scripted.calls();
    let again = bench.try_rows(quick(&bench, 20, 1)).await;
    assert_eq!((again.cached, again.score.unwrap().n, scripted.calls() - calls), (17, 20, 3), "only the rest is asked");
    let unknown = bench.engine.try_rows_progress(TryRowsJob { job: 99 }).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn tries_keep_to_what_the_connection_allows_and_ask_again_where_that_helps() {
    let fails_at = 3;
    let server = FakeServer::start(
        World::default(),
        move |seen: &Seen| {
            if seen.number == fails_at { Reply::status(500, "oops") } else { Reply::Answer }
        },
    )
    .await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let mut connection = bench.engine.list_connections(NoRequest {}).await.unwrap().pop().unwrap();
    connection.requests_per_minute = Some(2);
    bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
    let before = bench.clock.elapsed_ms();
    let tried = bench.try_rows(TryRows { model: config.primary, ..quick(&bench, 6, 1) }).await;
    assert!(tried.rows.iter().all(|row| row.error.is_none()), "{:?}", tried.rows);
    assert_eq!(server.count(), 7, "six answers and one asked again");
    let minutes = (bench.clock.elapsed_ms() - before) / 60_000;
    assert!((2..=5).contains(&minutes), "seven calls at two a minute: {minutes} min");
}
