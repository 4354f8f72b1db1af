//! The third state: what is no answer is never a wrong answer.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use mlprompt_core::{
    api::{GetHistory, GetLearningMap, ListCompared, ProjectId, RunId},
    connection::{ConnectionKind, KeyReference},
    dataset::Split,
    metric::{MetricKind, MetricSpec},
    run::{Bucket, MissingCause, Outcome as Ended, RunConfig, RunStatus},
};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, KEY, Outcome, SIZES, config, eventful, mean, over_http, prompt, settled},
    scripted_model::ScriptedModel,
    world::World,
};

fn world() -> World {
    World::proposing(["skill 6/6/6", "skill 5/5/5"])
}

/// Fails the first request of every body, answers the second.
fn first_time(act: impl Fn(usize) -> Act + Send + Sync + 'static) -> impl Fn(&Seen) -> Act + Send + Sync + 'static {
    let times: Mutex<HashMap<Vec<u8>, usize>> = Mutex::default();
    move |seen| {
        let mut times = times.lock().unwrap();
        let time = times.entry(seen.body.clone()).or_default();
        *time += 1;
        if *time == 1 { act(seen.number) } else { Act::Answer }
    }
}

#[tokio::test]
async fn failures_that_pass_are_asked_again_and_leave_no_trace_in_the_result() {
    let server = FakeServer::start(world(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 2).await;
    let run = bench.run(config).await.summary.id;
    let (expected, calls) = (Outcome::of(&bench.engine, run).await, server.count() as u64);
    type Fault = fn(usize) -> Act;
    let faults: [(&str, Fault); 6] = [
        ("429", |_| Act::Reply(429, vec![("retry-after", "2".into())], r#"{"error": {"message": "slow down"}}"#.into())),
        ("500", |_| Act::status(500, "oops")),
        ("503", |_| Act::status(503, r#"{"error": "overloaded"}"#)),
        ("cut", |_| Act::Cut),
        ("no JSON", |_| Act::status(200, "{\"choices\": [")),
        ("empty", |_| Act::status(200, "")),
    ];
    for (name, fault) in faults {
        let server = FakeServer::start(world(), first_time(fault)).await;
        let (bench, config) = over_http(&server, SIZES, 2).await;
        let view = bench.run(config).await;
        assert_eq!(Outcome::of(&bench.engine, view.summary.id).await, expected, "{name}");
        let usage = view.summary.usage;
        assert_eq!((usage.calls, usage.retries, usage.failed), (2 * calls, calls, 0), "{name}: every call failed once");
        assert_eq!(server.count() as u64, usage.calls, "{name}");
        if name == "429" {
            let shortest = bench.clock.slept.lock().unwrap().iter().min().copied().unwrap();
            assert!(shortest >= Duration::from_secs(2), "the server's wish is kept: {shortest:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_asked_for_again() {
    let late = |seen: &Seen| if seen.number == 3 { Act::Hang(Duration::from_secs(60)) } else { Act::Answer };
    let server = FakeServer::start(world(), late).await;
    let (bench, config) = over_http(&server, [3, 3, 0], 0).await;
    let mut connection = bench.engine.list_connections(mlprompt_core::api::NoRequest {}).await.unwrap().pop().unwrap();
    connection.timeout_seconds = 1;
    bench.engine.save_connection(mlprompt_core::api::SaveConnection { connection, secret: None }).await.unwrap();
    let usage = bench.run(config).await.summary.usage;
    assert_eq!((usage.calls, usage.retries, usage.failed), (7, 1, 0));
}

#[tokio::test]
async fn what_keeps_failing_is_missing_and_never_wrong() {
    let broken = |seen: &Seen| if seen.text().contains("row 1002 ") { Act::status(500, "always") } else { Act::Answer };
    let server = FakeServer::start(world(), broken).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let view = bench.run(config).await;
    let baseline = view.summary.baseline.validation.unwrap();
    assert_eq!((baseline.n, baseline.missing), (9, 1));
    assert!((baseline.score - 2.0 / 9.0).abs() < 1e-9, "two of the nine that were answered, not two of ten: {}", baseline.score);
    assert_eq!(view.summary.usage.failed, 1);
    let page = bench
        .engine
        .list_compared(ListCompared { run: view.summary.id, epoch: 1, bucket: Some(Bucket::NotCompared), offset: 0, limit: 10 })
        .await
        .unwrap();
    assert_eq!(page.total, 1);
    let before = page.rows[0].before.as_ref().unwrap();
    assert_eq!((before.missing, before.score), (Some(MissingCause::ServerError), None));
    let attempts = server.seen().iter().filter(|s| s.text().contains("row 1002 ")).count();
    assert!(attempts % 8 == 0 && attempts > 0, "eight times for each prompt: {attempts}");
}

#[tokio::test]
async fn several_answers_to_an_example_are_told_one_by_one_with_their_mean() {
    let asked = Arc::new(AtomicUsize::new(0));
    let rule = move |seen: &Seen| match seen.text().contains("row 1002 ").then(|| asked.fetch_add(1, Ordering::SeqCst)) {
        None => Act::Answer,
        Some(0) => Act::status(400, "not this time"),
        Some(1) => Act::says("truth-1002-validation", "stop"),
        Some(_) => Act::says("something else", "stop"),
    };
    let server = FakeServer::start(world(), rule).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let view = bench.run(RunConfig { samples: 3, concurrency: 1, ..config }).await;
    let run = view.summary.id;
    let map = bench.engine.learning_map(GetLearningMap { run, split: Split::Validation }).await.unwrap();
    let example = map.rows.iter().find(|r| r.input.contains("row 1002 ")).unwrap().example;
    let history = bench.engine.example_history(GetHistory { run, example }).await.unwrap();
    let told = &history.answers[0].prediction;
    assert_eq!(told.score, Some(0.5), "the mean of the two that were answered");
    assert_eq!(told.missing, None, "an answer stands for them, not the one that is missing");
    let mut samples: Vec<(Ended, Option<f64>, &str)> = told.samples.iter().map(|s| (s.outcome, s.score, s.answer.as_str())).collect();
    samples.sort_by(|a, b| a.2.cmp(b.2));
    let right = (Ended::Match, Some(1.0), "truth-1002-validation");
    assert_eq!(samples, [(Ended::Missing, None, ""), (Ended::NoMatch, Some(0.0), "something else"), right]);
}

#[tokio::test]
async fn a_filtered_example_leaves_the_whole_run() {
    let filter = |seen: &Seen| if seen.text().contains("row 1001 ") { Act::says("", "content_filter") } else { Act::Answer };
    let server = FakeServer::start(world(), filter).await;
    let (bench, config) = over_http(&server, SIZES, 2).await;
    let view = bench.run(config).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    for epoch in &view.epochs {
        let validation = epoch.validation.unwrap();
        assert_eq!((validation.n, validation.missing), (9, 0), "it is on no side of epoch {}", epoch.epoch);
    }
    assert!(view.warnings.iter().any(|w| w.contains("1 filtered by the provider")), "{:?}", view.warnings);
    let asked = server.seen().iter().filter(|s| s.text().contains("row 1001 ")).count();
    assert_eq!(asked, 1, "a permanent cause is asked once");
}

#[tokio::test]
async fn an_empty_answer_with_a_normal_finish_is_scored_as_an_answer() {
    let empty = |seen: &Seen| if seen.text().contains("row 1001 ") { Act::says("", "stop") } else { Act::Answer };
    let server = FakeServer::start(world(), empty).await;
    let (bench, config) = over_http(&server, SIZES, 0).await;
    let validation = bench.run(config).await.summary.baseline.validation.unwrap();
    assert_eq!((validation.n, validation.missing, validation.score), (10, 0, 0.2));
}

#[tokio::test]
async fn a_wrong_key_or_model_fails_the_run_with_its_first_answer() {
    let cases = [
        (401, r#"{"error": {"message": "Incorrect API key provided"}}"#, "Check the key"),
        (403, r#"{"error": {"message": "no access"}}"#, "Check the key"),
        (404, r#"{"error": {"message": "The model `primary` does not exist"}}"#, "Check the model's name"),
        (400, r#"{"error": {"message": "unknown model primary"}}"#, "Check the model's name"),
        (429, r#"{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}"#, "no credit left"),
        (402, r#"{"error": {"message": "Insufficient Balance"}}"#, "Insufficient Balance. The account has no credit left"),
    ];
    for (status, body, advice) in cases {
        let server = FakeServer::start(world(), move |_| Act::status(status, body)).await;
        let (bench, config) = over_http(&server, [40, 40, 0], 2).await;
        let view = bench.run(RunConfig { concurrency: 16, ..config }).await;
        assert_eq!(view.summary.status, RunStatus::Failed, "{status}");
        let reason = view.summary.stop_reason.unwrap();
        assert!(reason.contains(&server.address.to_string()) && reason.contains(advice), "{reason}");
        assert!(server.count() <= 16, "{status}: only what was under way at the first refusal, not {}", server.count());
        assert!(view.epochs.is_empty() && view.warnings.is_empty(), "one message, not one per example");
    }
}

#[tokio::test]
async fn a_key_that_stops_working_in_the_middle_fails_the_run_with_the_calls_in_flight() {
    let revoked = |seen: &Seen| if seen.number > 20 { Act::status(401, r#"{"error": {"message": "revoked"}}"#) } else { Act::Answer };
    let server = FakeServer::start(world(), revoked).await;
    let (bench, config) = over_http(&server, [60, 60, 0], 2).await;
    let view = bench.run(RunConfig { concurrency: 4, ..config }).await;
    assert_eq!(view.summary.status, RunStatus::Failed);
    assert!(server.count() <= 24, "20 answers and at most 4 calls that were on their way, not {}", server.count());
}

#[tokio::test]
async fn servers_that_are_no_models_pause_the_run_with_their_host_named() {
    let html: fn(&Seen) -> Act = |_| Act::status(200, "<!DOCTYPE html><html><body>Welcome</body></html>");
    let empty: fn(&Seen) -> Act = |_| Act::status(200, "");
    let down: fn(&Seen) -> Act = |_| Act::status(502, "<html>bad gateway</html>");
    for (rule, words) in [(html, "is a web page"), (empty, "the answer is empty"), (down, "HTTP 502")] {
        let server = FakeServer::start(world(), rule).await;
        let (bench, config) = over_http(&server, [40, 40, 0], 2).await;
        let run = bench.start(config).await;
        let view = settled(&bench.engine, run).await;
        assert_eq!(view.summary.status, RunStatus::Paused, "{words}");
        let reason = view.summary.stop_reason.unwrap();
        assert!(reason.contains(&server.address.to_string()) && reason.contains(words), "{reason}");
        assert!(server.count() < 40, "a server that never answered is not asked about every example: {}", server.count());
        assert_eq!(
            bench.engine.open_project(ProjectId { project: bench.project }).await.unwrap().runs.len(),
            1,
            "the project stays usable"
        );
    }
}

#[tokio::test]
async fn an_unreachable_server_pauses_the_run_and_resume_completes_it_once_it_is_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let server = FakeServer::start(world(), |_| Act::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let mut connection = bench.engine.list_connections(mlprompt_core::api::NoRequest {}).await.unwrap().pop().unwrap();
    connection.base_url = format!("http://{address}/v1");
    bench
        .engine
        .save_connection(mlprompt_core::api::SaveConnection { connection, secret: Some(crate::fixtures::KEY.into()) })
        .await
        .unwrap();
    let run = bench.start(config).await;
    let view = settled(&bench.engine, run).await;
    assert_eq!(view.summary.status, RunStatus::Paused);
    let reason = view.summary.stop_reason.unwrap();
    assert!(reason.contains(&address.to_string()) && reason.contains("is the server running"), "{reason}");
    assert_eq!(view.summary.baseline.validation, None, "nothing counts as wrong");
    assert_eq!(view.summary.usage.calls, 0, "nobody got a request");
    bench.engine.resume_run(RunId { run }).await.unwrap();
    let again = settled(&bench.engine, run).await;
    assert_eq!(again.summary.status, RunStatus::Paused, "the run keeps the address it was started with");
}

#[tokio::test]
async fn a_baseline_with_too_many_missing_waits_and_resume_asks_for_them_alone() {
    let healed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let switch = std::sync::Arc::clone(&healed);
    let rule = move |seen: &Seen| {
        let sick = ["row 1004 ", "row 1005 "].iter().any(|row| seen.text().contains(row));
        if sick && !switch.load(std::sync::atomic::Ordering::SeqCst) { Act::status(500, "sick") } else { Act::Answer }
    };
    let server = FakeServer::start(world(), rule).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let run = bench.start(config).await;
    let view = settled(&bench.engine, run).await;
    assert_eq!(view.summary.status, RunStatus::Paused);
    let reason = view.summary.stop_reason.unwrap();
    assert!(reason.contains("2 of 10 validation examples have no answer"), "{reason}");
    let before = server.count();
    healed.store(true, std::sync::atomic::Ordering::SeqCst);
    bench.engine.resume_run(RunId { run }).await.unwrap();
    let view = settled(&bench.engine, run).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    assert_eq!(mean(view.summary.baseline.validation), 0.3);
    assert_eq!(view.epochs[0].usage.failed, 0, "who is answered is missing no more, long before the end");
    let asked_again: Vec<String> = server.seen()[before..before + 2].iter().map(Seen::text).collect();
    assert!(asked_again.iter().all(|text| text.contains("row 1004 ") || text.contains("row 1005 ")), "{asked_again:?}");
}

#[tokio::test]
async fn a_redirect_is_told_and_the_key_does_not_follow() {
    let elsewhere = FakeServer::start(world(), |_| Act::Answer).await;
    let target = format!("http://{}/v1/chat/completions", elsewhere.address);
    for status in [301, 302, 307, 308] {
        let target = target.clone();
        let server = FakeServer::start(world(), move |_| Act::Reply(status, vec![("location", target.clone())], String::new())).await;
        let (bench, config) = over_http(&server, [3, 3, 0], 1).await;
        let view = bench.run(config).await;
        assert_eq!(view.summary.status, RunStatus::Failed, "{status}");
        assert!(view.summary.stop_reason.is_some_and(|r| r.contains("redirects")));
        assert!(server.seen().iter().all(|s| s.header("authorization") == Some(&format!("Bearer {KEY}"))));
    }
    assert_eq!(elsewhere.count(), 0, "nothing arrived at the other address");
}

#[tokio::test]
async fn a_server_without_structured_answers_is_asked_without() {
    let rule = |seen: &Seen| match seen.json()["response_format"].is_null() {
        true => Act::Answer,
        false => Act::status(400, r#"{"error": {"message": "response_format json_schema is not supported"}}"#),
    };
    let server = FakeServer::start(world(), rule).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let view = bench.run(config).await;
    assert_eq!((view.summary.status, view.summary.best.epoch), (RunStatus::Completed, 1));
}

#[tokio::test]
async fn an_optimizer_that_does_not_answer_makes_the_epoch_invalid_and_not_the_run_failed() {
    let rule = |seen: &Seen| if seen.model() == "optimizer" { Act::status(500, "busy") } else { Act::Answer };
    let server = FakeServer::start(world(), rule).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let view = bench.run(config).await;
    assert_eq!(view.summary.status, RunStatus::Completed);
    assert!(view.epochs[1].reason.contains("The optimizer did not answer") && view.epochs[1].reason.contains("HTTP 500"));
}

#[tokio::test]
async fn a_tested_connection_says_in_words_what_it_found() {
    use mlprompt_core::api::TestConnection;
    let server = FakeServer::start(world(), |seen: &Seen| match (seen.method.as_str(), seen.header("authorization")) {
        ("GET", Some("Bearer good")) => Act::status(200, r#"{"data": [{"id": "primary"}]}"#),
        (_, Some("Bearer good")) => Act::Answer,
        _ => Act::status(401, r#"{"error": {"message": "bad key"}}"#),
    })
    .await;
    let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
    let test = async |secret: &str, url: String| {
        let connection =
            mlprompt_core::connection::Connection { base_url: url, ..server.connection(ConnectionKind::Openai, KeyReference::Keychain) };
        bench.engine.test_connection(TestConnection { connection, secret: Some(secret.into()) }).await.unwrap()
    };
    let good = test("good", format!("http://{}/v1", server.address)).await;
    assert!(good.ok && good.models == ["primary"] && good.message.starts_with("primary answered"), "{}", good.message);
    let bad = test("bad", format!("http://{}/v1", server.address)).await;
    assert!(!bad.ok && bad.message.contains("HTTP 401") && !bad.message.contains("Bearer"), "{}", bad.message);
    let nonsense = test("good", "ftp://somewhere".into()).await;
    assert!(!nonsense.ok && nonsense.message.contains("http://"), "{}", nonsense.message);
}

#[tokio::test]
async fn a_test_that_meets_a_limit_or_trouble_says_to_wait_and_not_to_name_a_model() {
    use mlprompt_core::api::TestConnection;
    let waits = [
        (429, "it limits how often it is asked. Wait a minute, then test again."),
        (500, "has trouble of its own. Wait a minute, then test again."),
        (404, "If the server has no model list, enter the name of a model and test again."),
    ];
    for (status, next) in waits {
        let server = FakeServer::start(world(), move |_| Act::status(status, "no")).await;
        let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
        let connection = server.connection(ConnectionKind::Openai, KeyReference::None);
        let tested = bench.engine.test_connection(TestConnection { connection, secret: None }).await.unwrap();
        assert!(!tested.ok && tested.message.contains(&format!("HTTP {status}: no")), "{}", tested.message);
        assert!(tested.message.ends_with(next) && !tested.message.contains(".."), "{}", tested.message);
        assert_eq!(tested.message.contains("name of a model"), status == 404, "{}", tested.message);
        assert!(!tested.message.contains("no If") && !tested.message.contains("no The"), "a sentence of its own: {}", tested.message);
    }
}

#[tokio::test]
async fn a_connection_is_tested_with_a_listed_model_that_chats() {
    use mlprompt_core::api::TestConnection;
    let server = FakeServer::start(world(), |seen: &Seen| match (seen.method.as_str(), seen.model().as_str()) {
        ("GET", _) => Act::status(200, r#"{"data": [{"id": "codex"}, {"id": "a-text-embedding"}, {"id": "primary"}]}"#),
        (_, "primary") => Act::Answer,
        // As a server says it of a model that wants another address.
        (_, "codex") => Act::status(404, r#"{"error": {"message": "This is not a chat model."}}"#),
        (_, other) => panic!("{other} is no model to ask"),
    })
    .await;
    let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
    let test = async |default_model: &str| {
        let connection = mlprompt_core::connection::Connection {
            default_model: default_model.into(),
            ..server.connection(ConnectionKind::Openai, KeyReference::None)
        };
        bench.engine.test_connection(TestConnection { connection, secret: None }).await.unwrap()
    };
    let found = test("").await;
    assert!(found.ok && found.message.starts_with("primary answered") && found.models.len() == 3, "{}", found.message);
    // Where none of them answers, the user is asked which one is meant.
    let silent = FakeServer::start(world(), |seen: &Seen| match seen.method.as_str() {
        "GET" => Act::status(200, r#"{"data": [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}]}"#),
        _ => Act::status(404, r#"{"error": {"message": "No such model"}}"#),
    })
    .await;
    let connection = silent.connection(ConnectionKind::Openai, KeyReference::None);
    let none = bench.engine.test_connection(TestConnection { connection, secret: None }).await.unwrap();
    assert!(!none.ok && none.message.ends_with(" Enter the name of the model that you want to use and test again."), "{}", none.message);
    assert_eq!(silent.count(), 1 + 3, "a list is not asked through to its end");
    // What is not there has neither a list nor a model that could be named.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = mlprompt_core::connection::Connection {
        base_url: format!("http://{nobody}/v1"),
        ..server.connection(ConnectionKind::Openai, KeyReference::None)
    };
    let refused = bench.engine.test_connection(TestConnection { connection: gone, secret: None }).await.unwrap();
    assert!(!refused.ok && refused.message.contains("refused") && !refused.message.contains("name of a model"), "{}", refused.message);
    // One that was chosen is the one that is meant, and a server's sentence is not ended twice.
    let chosen = test("codex").await;
    assert!(!chosen.ok && chosen.message.contains("not a chat model. Check the model's name"), "{}", chosen.message);
    assert!(chosen.message.ends_with('.') && !chosen.message.ends_with(".."), "{}", chosen.message);
}

#[tokio::test]
async fn a_test_that_is_refused_for_its_rate_says_what_to_do() {
    use mlprompt_core::api::TestConnection;
    let server = FakeServer::start(world(), |seen: &Seen| match seen.method.as_str() {
        "GET" => Act::status(200, r#"{"data": [{"id": "primary"}, {"id": "another"}]}"#),
        _ => Act::status(429, r#"{"error": {"message": "Rate limit reached"}}"#),
    })
    .await;
    let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
    let connection = server.connection(ConnectionKind::Openai, KeyReference::None);
    let tested = bench.engine.test_connection(TestConnection { connection, secret: None }).await.unwrap();
    assert!(!tested.ok && tested.message.contains("Rate limit reached. The server was reached"), "{}", tested.message);
    assert!(tested.message.contains("Wait a minute") && !tested.message.contains("Enter the name"), "{}", tested.message);
    assert_eq!((server.count(), tested.models.len()), (2, 2), "another model would be one more request too many");
}

#[tokio::test]
async fn a_test_that_waits_for_a_slow_server_can_be_stopped() {
    use mlprompt_core::{ErrorCode, api::NoRequest, api::TestConnection};
    let server = FakeServer::start(world(), |_: &Seen| Act::Hang(std::time::Duration::from_secs(60))).await;
    let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
    let connection = server.connection(ConnectionKind::Openai, KeyReference::None);
    let engine = bench.engine.clone();
    let test = tokio::spawn(async move { engine.test_connection(TestConnection { connection, secret: None }).await });
    while server.count() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    bench.engine.stop_test(NoRequest {}).await.unwrap();
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(5), test).await.expect("the test ends at once").unwrap();
    assert_eq!(stopped.unwrap_err().code, ErrorCode::Cancelled);
}

#[tokio::test]
async fn an_answer_that_reaches_the_threshold_to_the_last_digit_is_a_match_wherever_matches_are_counted() {
    let (bench, _) = Bench::eventful().await;
    // Nine tenths as a sum of weights come out a little below 0.9.
    let never = MetricSpec { metric: MetricKind::Regex { pattern: "^nothing like it$".into() }, weight: 1.0 };
    let metrics = vec![MetricSpec { metric: MetricKind::Exact, weight: 9.0 }, never];
    let run = bench.run(RunConfig { metrics, match_threshold: 0.9, prompt: prompt("skill 9/9/9"), ..config(1) }).await.summary;
    let map = bench.engine.learning_map(GetLearningMap { run: run.id, split: Split::Validation }).await.unwrap();
    let best = run.best.validation.unwrap();
    assert!((best.score - 0.81).abs() < 1e-9, "nine of ten answers are exact: {}", best.score);
    assert_eq!(map.rows.iter().filter(|row| row.cells.starts_with('1')).count(), 9, "{:?}", map.rows);
}

#[tokio::test]
async fn a_defect_pauses_the_run_in_words_and_it_goes_on_when_it_is_resumed() {
    let broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&broken);
    let model = ScriptedModel::with_rule(eventful(), move |number, _| {
        assert!(number != 8 || !breaks.swap(false, Ordering::SeqCst), "a defect on purpose");
        crate::scripted_model::Act::Answer
    });
    let bench = Bench::scripted(&model).await;
    let run = bench.start(config(2)).await;
    let view = settled(&bench.engine, run).await;
    assert_eq!(view.summary.status, RunStatus::Paused);
    let reason = view.summary.stop_reason.unwrap();
    assert!(reason.contains("defect") && reason.contains("resume"), "{reason}");
    assert!(!broken.load(Ordering::SeqCst) && bench.engine.driven_runs().is_empty());
    bench.engine.resume_run(RunId { run }).await.unwrap();
    assert_eq!(settled(&bench.engine, run).await.summary.status, RunStatus::Completed);
}
