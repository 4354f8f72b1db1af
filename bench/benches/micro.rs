//! What is done for every example: scoring its answer, hashing its request, writing its rows.

use criterion::{Criterion, criterion_group, criterion_main};
use mlprompt_core::{
    calls::completion_key,
    chat::{ChatRequest, Completion, Finish, TokenUsage},
    metric::{MetricKind, MetricSpec, Scorer},
    prompt::{Message, MessageRole},
    store::Store,
};

fn request(number: u32) -> ChatRequest {
    ChatRequest {
        model: "bench".into(),
        messages: vec![
            Message::new(MessageRole::System, "Classify the message into exactly one of these labels. Answer with only the label."),
            Message::new(MessageRole::User, format!("Message {number}: my card was charged twice for one order, what now?")),
        ],
        temperature: Some(0.0),
        max_output_tokens: Some(64),
        seed: None,
        schema: None,
    }
}

fn metrics(c: &mut Criterion) {
    let kinds = [
        ("normalised", MetricKind::Normalised, "The label is: Card arrival."),
        ("label", MetricKind::Label, "The label is: card_arrival."),
        ("f1", MetricKind::F1, "My card has not arrived yet"),
        ("edit", MetricKind::Edit, "card arival"),
        ("json", MetricKind::Json, r#"{"id": 7, "items": ["a", "b"]}"#),
    ];
    let labels: Vec<String> = (0..40).map(|n| format!("label_{n}")).chain(["card_arrival".into()]).collect();
    for (name, metric, answer) in kinds {
        let scorer = Scorer::new(&[MetricSpec { metric, weight: 1.0 }], &labels, 1.0).expect("the metric is valid");
        let truth = if name == "json" { r#"{"id": 7, "items": ["a"]}"# } else { "card_arrival" };
        c.bench_function(&format!("metric {name}"), |b| b.iter(|| scorer.score(std::hint::black_box(answer), truth, None)));
    }
}

fn keys(c: &mut Criterion) {
    let request = request(1);
    c.bench_function("cache key", |b| b.iter(|| completion_key("openai http://127.0.0.1/v1", std::hint::black_box(&request), 0)));
}

fn rows(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let folder = tempfile::tempdir().expect("a folder");
    let store = runtime.block_on(Store::open(&folder.path().join("bench.db"))).expect("a database");
    let project = runtime.block_on(store.create_project("bench", &Default::default(), 0)).expect("a project");
    let usage = TokenUsage { prompt_tokens: 30, completion_tokens: 3, ..TokenUsage::default() };
    let completion = Completion { text: "card_arrival".into(), finish: Finish::Stop, usage, model: None, latency_ms: 50 };
    let mut number = 0;
    c.bench_function("32 answers written together", |b| {
        b.iter(|| {
            runtime.block_on(async {
                let writes: Vec<_> = (0..32)
                    .map(|_| {
                        number += 1;
                        let (store, completion) = (store.clone(), completion.clone());
                        let key = completion_key("bench", &request(number), 0);
                        tokio::spawn(async move { store.save_completion(project, key, completion, 0).await })
                    })
                    .collect();
                for write in writes {
                    write.await.expect("the task ends").expect("the row is written");
                }
            });
        });
    });
}

criterion_group!(micro, metrics, keys, rows);
criterion_main!(micro);
