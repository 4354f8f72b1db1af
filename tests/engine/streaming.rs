//! Answers that come in pieces, on every wire: slowly, cut in the middle, as garbage, from servers that know no streams; and tries that
//! are read and stopped while they go on.

use std::time::{Duration, Instant};

use mlprompt_core::{
    api::{ListExamples, TryJob, TryProgress, TryPrompt, TryResult, TryState, WatchTry},
    chat::{ChatError, ChatErrorKind, ChatRequest, Completion, Finish},
    clock::SystemClock,
    connection::{Connection, ConnectionKind, KeyReference},
    demo::DEMO_MODEL,
    engine::{Engine, Models, RealModels},
    prompt::{Message, MessageRole},
    run::MissingCause,
};
use serde_json::json;

use crate::{
    fake_server::{Act, FakeServer},
    fixtures::{Bench, model, over_http, prompt},
    world::World,
};

const KINDS: [ConnectionKind; 4] = [ConnectionKind::Openai, ConnectionKind::Anthropic, ConnectionKind::Gemini, ConnectionKind::Ollama];
const FAST: Duration = Duration::from_millis(5);

fn data(value: serde_json::Value) -> String {
    format!("data: {value}\n\n")
}

/// `fine, 😀` in pieces, with thoughts, pings and tokens as each provider sends them.
fn pieces(kind: ConnectionKind) -> Vec<String> {
    match kind {
        ConnectionKind::Anthropic => vec![
            data(json!({"type": "message_start", "message": {"model": "served", "usage": {"input_tokens": 11, "output_tokens": 1}}})),
            "event: ping\n".to_owned() + &data(json!({"type": "ping"})),
            data(json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}})),
            data(json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "fine"}})),
            data(json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": ", 😀"}})),
            data(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}})),
            data(json!({"type": "message_stop"})),
        ],
        ConnectionKind::Gemini => vec![
            data(
                json!({"candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "fine"}]}}], "modelVersion": "served"}),
            ),
            data(json!({"candidates": [{"content": {"parts": [{"text": ", 😀"}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 2, "thoughtsTokenCount": 3}})),
        ],
        _ => vec![
            ": keep-alive\n\n".into(),
            data(json!({"model": "served", "choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": null}]})),
            data(json!({"choices": [{"delta": {"content": "fine"}}], "usage": null})),
            data(json!({"choices": [{"delta": {"content": ", 😀"}}]})),
            data(json!({"choices": [{"delta": {}, "finish_reason": "stop"}]})),
            data(json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 5}})),
            "data: [DONE]\n\n".into(),
        ],
    }
}

fn request() -> ChatRequest {
    ChatRequest {
        model: "m".into(),
        messages: vec![Message::new(MessageRole::User, "Go")],
        temperature: Some(0.5),
        max_output_tokens: None,
        seed: None,
        schema: None,
    }
}

/// The answer and the pieces that were heard, with when.
async fn aloud(server: &FakeServer, kind: ConnectionKind, seconds: u32) -> (Result<Completion, ChatError>, Vec<(String, Duration)>) {
    let models = RealModels::new(SystemClock::shared()).unwrap();
    let connection = Connection { timeout_seconds: seconds, ..server.connection(kind, KeyReference::None) };
    let model = models.open(&connection, Some("key-for-tests".to_owned().into())).unwrap();
    let (mut heard, start) = (Vec::new(), Instant::now());
    let mut hear = |piece: &str| heard.push((piece.to_owned(), start.elapsed()));
    let answer = model.complete_aloud(&request(), &mut hear).await;
    (answer, heard)
}

#[tokio::test]
async fn every_wire_is_heard_piece_by_piece_and_comes_to_the_same_answer() {
    for kind in KINDS {
        let every = Duration::from_millis(40);
        let server = FakeServer::start(World::default(), move |_| Act::Stream { pieces: pieces(kind), every, cut: false }).await;
        let (answer, heard) = aloud(&server, kind, 20).await;
        let answer = answer.unwrap();
        assert_eq!((answer.text.as_str(), answer.finish, answer.model.as_deref()), ("fine, 😀", Finish::Stop, Some("served")), "{kind:?}");
        assert_eq!((answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.estimated), (11, 5, false), "{kind:?}");
        assert_eq!(heard.iter().map(|(piece, _)| piece.as_str()).collect::<Vec<_>>(), ["fine", ", 😀"], "{kind:?}");
        assert!(heard[1].1 - heard[0].1 > Duration::from_millis(20), "{kind:?}: a piece is heard when it comes");
        let seen = server.seen().remove(0);
        let streams = seen.path.contains(":streamGenerateContent?alt=sse") || seen.json()["stream"] == true;
        assert!(streams, "{kind:?}: {}", seen.path);
    }
}

#[tokio::test]
async fn what_breaks_a_stream_is_said_and_never_taken_for_an_answer() {
    for kind in KINDS {
        let half: Vec<String> = pieces(kind).into_iter().take(if kind == ConnectionKind::Gemini { 1 } else { 4 }).collect();
        let with = |more: &str| half.iter().cloned().chain([more.to_owned()]).collect::<Vec<_>>();
        let cases: Vec<(&str, Vec<String>, bool, MissingCause)> = vec![
            ("the connection was cut", half.clone(), true, MissingCause::Network),
            ("cut before its end", half.clone(), false, MissingCause::Network),
            ("not readable JSON", with("data: <html>oops\n\n"), false, MissingCause::UnreadableBody),
            ("overloaded", with(&data(json!({"type": "error", "error": {"message": "overloaded"}}))), false, MissingCause::UnreadableBody),
            ("is empty", Vec::new(), false, MissingCause::Network),
        ];
        for (words, pieces, cut, cause) in cases {
            let server = FakeServer::start(World::default(), move |_| Act::Stream { pieces: pieces.clone(), every: FAST, cut }).await;
            let (answer, _) = aloud(&server, kind, 20).await;
            let error = answer.expect_err(words);
            assert!(error.message.contains(words), "{kind:?}, {words}: {}", error.message);
            assert_eq!(error.kind, ChatErrorKind::Transient(cause), "{kind:?}, {words}");
        }
    }
}

#[tokio::test]
async fn a_stream_is_bounded_in_time_and_size() {
    let endless = || vec![data(json!({"choices": [{"delta": {"content": "x"}}]})); 2000];
    let every = Duration::from_millis(20);
    let server = FakeServer::start(World::default(), move |_| Act::Stream { pieces: endless(), every, cut: false }).await;
    let (answer, heard) = aloud(&server, ConnectionKind::Openai, 1).await;
    assert_eq!(answer.unwrap_err().kind, ChatErrorKind::Transient(MissingCause::Timeout));
    assert!(heard.len() > 5, "what came before was heard");
    let flood = || vec!["data: ".to_owned() + &"x".repeat(1 << 20); 40];
    let server = FakeServer::start(World::default(), move |_| Act::Stream { pieces: flood(), every: Duration::ZERO, cut: false }).await;
    let (answer, _) = aloud(&server, ConnectionKind::Openai, 20).await;
    assert!(answer.unwrap_err().message.contains("longer than 32 MB"));
}

#[tokio::test]
async fn a_server_without_streams_gives_its_whole_answer() {
    // One that ignores the wish, and one that refuses it.
    let ignoring = FakeServer::start(World::default(), |_| Act::says("whole", "stop")).await;
    let refusing = FakeServer::start(World::default(), |seen| match seen.json()["stream"].is_null() {
        true => Act::says("whole", "stop"),
        false => Act::status(400, r#"{"error": {"message": "Unknown parameter: stream_options"}}"#),
    })
    .await;
    for (server, calls) in [(ignoring, 1), (refusing, 2)] {
        let (answer, heard) = aloud(&server, ConnectionKind::Openai, 20).await;
        assert_eq!(answer.unwrap().text, "whole");
        assert_eq!(heard.iter().map(|(piece, _)| piece.as_str()).collect::<Vec<_>>(), ["whole"]);
        assert_eq!(server.count(), calls);
    }
    let wrong_key = FakeServer::start(World::default(), |_| Act::status(401, r#"{"error": {"message": "bad key"}}"#)).await;
    let (answer, _) = aloud(&wrong_key, ConnectionKind::Openai, 20).await;
    assert_eq!(answer.unwrap_err().kind, ChatErrorKind::Connection, "what else is wrong is said as ever");
}

async fn ask(bench: &Bench, connection: i64, name: &str) -> TryPrompt {
    let list = ListExamples { project: bench.project, filter: Default::default(), sort: None, offset: 0, limit: 1 };
    let example = bench.engine.list_examples(list).await.unwrap().rows[0].id;
    TryPrompt {
        project: bench.project,
        prompt: prompt("skill 9/9/9"),
        example: Some(example),
        input: String::new(),
        model: model(name, connection),
        metrics: Vec::new(),
        extract: None,
        sample: 0,
    }
}

/// Reads a try until it ends or has said so much.
async fn read(engine: &Engine, job: &TryJob, enough: usize) -> (String, TryProgress) {
    let (mut text, mut from) = (String::new(), 0);
    loop {
        let progress = engine.watch_try(WatchTry { job: job.job, from }).await.unwrap();
        text.push_str(&progress.text);
        from = progress.next;
        if text.len() >= enough || !matches!(progress.state, TryState::Running) {
            return (text, progress);
        }
        tokio::time::sleep(FAST).await;
    }
}

fn result(progress: TryProgress) -> TryResult {
    match progress.state {
        TryState::Done { result } => *result,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_try_is_read_while_it_goes_on_and_kept_when_it_is_whole() {
    let server = FakeServer::start(World::default(), |_| Act::Stream {
        pieces: pieces(ConnectionKind::Openai),
        every: Duration::from_millis(30),
        cut: false,
    })
    .await;
    let (bench, config) = over_http(&server, [2, 2, 0], 0).await;
    let asked = ask(&bench, config.primary.connection, "primary").await;
    let job = bench.engine.start_try(asked.clone()).await.unwrap();
    let (text, progress) = read(&bench.engine, &job, 4).await;
    assert_eq!(text, "fine");
    assert!(matches!(progress.state, TryState::Running), "it is read before it is whole");
    let (_, progress) = read(&bench.engine, &job, usize::MAX).await;
    assert!(progress.first_ms.is_some());
    let answer = result(progress);
    assert_eq!((answer.prediction.response.as_str(), answer.prompt_tokens, answer.cached), ("fine, 😀", 11, false));
    // It was paid for, so it is on disk: the same question costs nothing, in pieces or whole.
    let again = bench.engine.start_try(asked.clone()).await.unwrap();
    let (_, progress) = read(&bench.engine, &again, usize::MAX).await;
    assert!(progress.first_ms.is_none() && result(progress).cached);
    assert!(bench.engine.try_prompt(asked).await.unwrap().cached);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_stopped_try_leaves_the_server_and_keeps_nothing() {
    let slow = || vec![data(json!({"choices": [{"delta": {"content": "word "}}]})); 1000];
    let server =
        FakeServer::start(World::default(), move |_| Act::Stream { pieces: slow(), every: Duration::from_millis(10), cut: false }).await;
    let (bench, config) = over_http(&server, [2, 2, 0], 0).await;
    let asked = ask(&bench, config.primary.connection, "primary").await;
    let job = bench.engine.start_try(asked.clone()).await.unwrap();
    let (text, _) = read(&bench.engine, &job, 10).await;
    assert!(text.starts_with("word "));
    bench.engine.stop_try(job.clone()).await.unwrap();
    let (_, progress) = read(&bench.engine, &job, usize::MAX).await;
    assert!(matches!(progress.state, TryState::Stopped), "{:?}", progress.state);
    let length = progress.next;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(bench.engine.watch_try(WatchTry { job: job.job, from: 0 }).await.unwrap().next, length, "nothing comes any more");
    bench.engine.stop_try(job).await.unwrap();
    let again = bench.engine.start_try(asked).await.unwrap();
    let (text, _) = read(&bench.engine, &again, 1).await;
    assert!(text.starts_with("word "));
    assert_eq!(server.count(), 2, "half an answer is none, so it is asked again");
    assert!(bench.engine.watch_try(WatchTry { job: 99, from: 0 }).await.unwrap_err().message.contains("Run the prompt again"));
}

#[tokio::test]
async fn a_failed_try_says_why_and_the_demo_model_is_heard_word_by_word() {
    let server = FakeServer::start(World::default(), |_| Act::status(401, r#"{"error": {"message": "bad key"}}"#)).await;
    let (bench, config) = over_http(&server, [2, 2, 0], 0).await;
    let job = bench.engine.start_try(ask(&bench, config.primary.connection, "primary").await).await.unwrap();
    let (_, progress) = read(&bench.engine, &job, usize::MAX).await;
    let TryState::Failed { error } = progress.state else { panic!("{:?}", progress.state) };
    assert!(error.message.contains("bad key") && error.message.contains("Check the key"), "{}", error.message);
    let job = bench.engine.start_try(ask(&bench, Connection::DEMO, DEMO_MODEL).await).await.unwrap();
    let (text, progress) = read(&bench.engine, &job, usize::MAX).await;
    assert_eq!(text, result(progress).prediction.response);
}
