//! Answers on disk: found by their key, however many there are and wherever they lie.

use std::sync::Arc;

use mlprompt_core::{
    chat::{Completion, Finish, TokenUsage},
    prompt::PromptDraft,
    store::{CompletionKey, Others, Store},
};
use tempfile::TempDir;

fn key(number: u64) -> CompletionKey {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

async fn buy(store: &Store, project: i64, numbers: impl IntoIterator<Item = u64>) {
    let saved = numbers.into_iter().map(|number| {
        let completion =
            Completion { text: number.to_string(), finish: Finish::Stop, usage: TokenUsage::default(), model: None, latency_ms: 1 };
        store.save_completion(project, key(number), None, completion, 0)
    });
    futures_util::future::try_join_all(saved).await.unwrap();
}

/// Of these answers so many are found, each with its own text.
async fn found(store: &Store, project: i64, numbers: std::ops::Range<u64>) -> usize {
    let keys: Arc<[CompletionKey]> = numbers.clone().map(key).collect();
    let answers = store.find_completions(project, 0, keys, Others::Current).await.unwrap();
    let right = |number: &u64| answers.get(&key(*number)).is_some_and(|(answer, _)| answer.text == number.to_string());
    assert_eq!(numbers.filter(right).count(), answers.len(), "every answer is the one that was asked for");
    answers.len()
}

#[tokio::test]
async fn every_answer_is_found_whether_it_is_sorted_in_or_not() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("answers.db");
    let store = Store::open(&database).await.unwrap();
    let project = store.create_project("Many", &PromptDraft::default(), 0).await.unwrap();
    let other = store.create_project("Other", &PromptDraft::default(), 0).await.unwrap();
    // A batch is sorted in on the way, and some are left.
    for bought in [0..5_000, 5_000..65_536, 65_536..65_537, 65_537..70_000] {
        let all = bought.end;
        buy(&store, project, bought).await;
        assert_eq!(found(&store, project, 0..all).await as u64, all);
        let started_again = Store::open(&database).await.unwrap();
        assert_eq!(found(&started_again, project, 0..all).await as u64, all);
    }
    assert_eq!(found(&store, project, 70_000..70_100).await, 0, "nobody bought them");
    assert_eq!(found(&store, other, 0..70_000).await, 0, "another project's are its own");
}

#[tokio::test]
async fn answers_that_another_program_buys_are_found() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("answers.db");
    let (window, terminal) = (Store::open(&database).await.unwrap(), Store::open(&database).await.unwrap());
    let project = window.create_project("Both", &PromptDraft::default(), 0).await.unwrap();
    for bought in [0..50, 50..51, 51..300] {
        let all = bought.end;
        buy(&terminal, project, bought).await;
        assert_eq!((found(&window, project, 0..400).await as u64, found(&terminal, project, 0..400).await as u64), (all, all));
    }
    buy(&window, project, 300..400).await;
    assert_eq!((found(&window, project, 0..400).await, found(&terminal, project, 0..400).await), (400, 400));
}

#[tokio::test]
async fn answers_that_take_the_numbers_of_removed_ones_are_found() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("answers.db");
    let store = Store::open(&database).await.unwrap();
    let kept = store.create_project("Kept", &PromptDraft::default(), 0).await.unwrap();
    buy(&store, kept, 0..100).await;
    let gone = store.create_project("Gone", &PromptDraft::default(), 0).await.unwrap();
    buy(&store, gone, 100..9_000).await;
    assert_eq!(found(&store, gone, 100..9_000).await, 8_900);

    let elsewhere = Store::open(&database).await.unwrap();
    assert_eq!((found(&store, kept, 0..100).await, found(&elsewhere, kept, 0..100).await), (100, 100));

    store.remove_project(gone).await.unwrap();
    buy(&store, kept, 9_000..9_500).await;
    for store in [&store, &elsewhere] {
        assert_eq!((found(store, kept, 0..100).await, found(store, kept, 9_000..9_500).await), (100, 500));
    }
}
