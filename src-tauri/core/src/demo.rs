//! The embedded demo model: an offline, deterministic stand-in for a language model. Its primary side is a small
//! in-context learner that knows only what the prompt tells it; its optimizer side turns failures into rules.

mod answering;
mod boundary;
mod dice;
mod field_rules;
mod fields;
mod label_rules;
mod optimizing;
mod reading;
mod text;
mod values;

use futures_util::future::BoxFuture;

use std::time::Duration;

use crate::chat::{ChatError, ChatModel, ChatRequest, Completion, Finish, Listener, TokenUsage};

/// Name of the primary side.
pub const DEMO_MODEL: &str = "demo";
/// Name of the optimizer side.
pub const DEMO_OPTIMIZER: &str = "demo-optimizer";

/// Between two words when its answer is read while it comes.
const LONGEST_PAUSE: Duration = Duration::from_millis(25);
/// For a whole answer.
const LONGEST_WRITING: Duration = Duration::from_secs(1);

/// The demo model. Its answers are a pure function of the request.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemoModel;

impl DemoModel {
    /// The answer to a request. Which side answers is decided by what is asked, not by the model's name.
    pub fn respond(&self, request: &ChatRequest) -> Completion {
        let text = if optimizing::is_asked(request) { optimizing::reply(request) } else { answering::answer(request) };
        let prompt_tokens = request.messages.iter().map(|m| estimated_tokens(&m.content)).sum();
        let (text, finish) = cut(text, request.max_output_tokens);
        let usage = TokenUsage { prompt_tokens, cached_tokens: 0, completion_tokens: estimated_tokens(&text), estimated: true };
        Completion { text, finish, usage, model: None, latency_ms: 0 }
    }
}

impl ChatModel for DemoModel {
    fn complete<'a>(&'a self, request: &'a ChatRequest) -> BoxFuture<'a, Result<Completion, ChatError>> {
        Box::pin(async move { Ok(self.respond(request)) })
    }

    fn complete_aloud<'a>(&'a self, request: &'a ChatRequest, hear: Listener<'a>) -> BoxFuture<'a, Result<Completion, ChatError>> {
        Box::pin(async move {
            let mut completion = self.respond(request);
            let words: Vec<&str> = completion.text.split_inclusive(char::is_whitespace).collect();
            // As a reader would see a model write, but never for long.
            let pause =
                LONGEST_WRITING.checked_div(u32::try_from(words.len()).unwrap_or(u32::MAX)).map_or(LONGEST_PAUSE, |p| p.min(LONGEST_PAUSE));
            let writing = pause.saturating_mul(u32::try_from(words.len()).unwrap_or(u32::MAX));
            completion.latency_ms = u32::try_from(writing.as_millis()).unwrap_or(u32::MAX);
            for word in words {
                tokio::time::sleep(pause).await;
                hear(word);
            }
            Ok(completion)
        })
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<String>, ChatError>> {
        Box::pin(async { Ok(vec![DEMO_MODEL.to_owned(), DEMO_OPTIMIZER.to_owned()]) })
    }

    fn identity(&self) -> String {
        DEMO_MODEL.to_owned()
    }
}

/// Four tokens for three words, the usual ratio of English prose.
fn estimated_tokens(text: &str) -> u64 {
    (text.split_whitespace().count() as u64 * 4).div_ceil(3)
}

/// Cuts a text at the limit, behind a whole word.
fn cut(text: String, limit: Option<u32>) -> (String, Finish) {
    let Some(limit) = limit.filter(|&l| estimated_tokens(&text) > u64::from(l)) else { return (text, Finish::Stop) };
    let kept = limit as usize * 3 / 4;
    let end = text.split_whitespace().nth(kept).map_or(text.len(), |word| word.as_ptr() as usize - text.as_ptr() as usize);
    (text[..end].trim_end().to_owned(), Finish::Length)
}
