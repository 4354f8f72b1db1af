//! A model without a network: answers at once, by rule, and remembers what it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use mlprompt_core::{
    Result,
    api::RunId,
    chat::{ChatError, ChatErrorKind, ChatModel, ChatRequest, Completion, Finish, SharedModel, TokenUsage},
    connection::Connection,
    engine::{Engine, Models},
    run::MissingCause,
};
use secrecy::SecretString;

use crate::world::World;

type Future<'a, T> = std::pin::Pin<Box<dyn std::future::Future<Output = T> + Send + 'a>>;

/// What the user does while a call is under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wish {
    Pause,
    Stop,
    Finish,
}

/// What happens to one call.
pub enum Act {
    /// The world answers.
    Answer,
    /// The world answers, after a while.
    After(Duration),
    /// These words are the answer.
    Say(&'static str),
    /// There is no answer.
    Fail(ChatErrorKind, &'static str),
}

type Rule = Box<dyn Fn(usize, &ChatRequest) -> Act + Send + Sync>;

#[derive(Default)]
struct Script {
    seen: Vec<ChatRequest>,
    answered: HashMap<String, usize>,
    wish: Option<(usize, Wish, Engine)>,
    calls_when_heard: usize,
}

/// The model behind every connection of a test.
pub struct ScriptedModel {
    world: World,
    rule: Rule,
    script: Mutex<Script>,
}

impl ScriptedModel {
    pub fn new(world: World) -> Arc<Self> {
        Self::with_rule(world, |_, _| Act::Answer)
    }

    /// The rule is asked first; calls are numbered from 1.
    pub fn with_rule(world: World, rule: impl Fn(usize, &ChatRequest) -> Act + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { world, rule: Box::new(rule), script: Mutex::default() })
    }

    /// While call `number` is under way, the user wants this of the run.
    pub fn wish_at(&self, number: usize, wish: Wish, engine: &Engine) {
        self.script.lock().unwrap().wish = Some((number, wish, engine.clone()));
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<ChatRequest> {
        self.script.lock().unwrap().seen.clone()
    }

    /// Requests to the optimizer so far.
    pub fn optimizer_requests(&self) -> Vec<ChatRequest> {
        self.seen().into_iter().filter(|r| r.model.starts_with("optimizer")).collect()
    }

    /// Calls so far.
    pub fn calls(&self) -> usize {
        self.script.lock().unwrap().seen.len()
    }

    /// Calls that were made when the user's wish had reached the run.
    pub fn calls_when_heard(&self) -> usize {
        self.script.lock().unwrap().calls_when_heard
    }

    /// The most answers that one and the same request was given.
    pub fn most_answers_to_one_request(&self) -> usize {
        self.script.lock().unwrap().answered.values().copied().max().unwrap_or(0)
    }
}

impl ChatModel for ScriptedModel {
    fn complete<'a>(&'a self, request: &'a ChatRequest) -> Future<'a, std::result::Result<Completion, ChatError>> {
        Box::pin(async move {
            let (number, wish) = {
                let mut script = self.script.lock().unwrap();
                script.seen.push(request.clone());
                let number = script.seen.len();
                (number, script.wish.take_if(|(at, ..)| *at == number))
            };
            if let Some((_, wish, engine)) = wish {
                let run = RunId { run: engine.driven_runs()[0] };
                match wish {
                    Wish::Pause => engine.pause_run(run).await.unwrap(),
                    Wish::Stop => engine.stop_run(run).await.unwrap(),
                    Wish::Finish => engine.finish_run(run).await.unwrap(),
                };
                let mut script = self.script.lock().unwrap();
                script.calls_when_heard = script.seen.len();
            }
            let text = match (self.rule)(number, request) {
                Act::Answer => self.world.answer(&request.model, &request.messages),
                Act::After(wait) => {
                    tokio::time::sleep(wait).await;
                    self.world.answer(&request.model, &request.messages)
                }
                Act::Say(words) => words.into(),
                Act::Fail(kind, message) => return Err(ChatError { kind, message: message.into(), retry_after: None }),
            };
            *self.script.lock().unwrap().answered.entry(format!("{request:?}")).or_default() += 1;
            let usage = TokenUsage { prompt_tokens: 7, completion_tokens: 3, ..TokenUsage::default() };
            Ok(Completion { text, finish: Finish::Stop, usage, model: None, latency_ms: 1 })
        })
    }

    fn models(&self) -> Future<'_, std::result::Result<Vec<String>, ChatError>> {
        Box::pin(async { Ok(vec!["primary".into()]) })
    }

    fn identity(&self) -> String {
        "scripted".into()
    }
}

/// Hands the one scripted model to every connection.
pub struct Scripted(pub Arc<ScriptedModel>);

impl Models for Scripted {
    fn open(&self, _: &Connection, _: Option<SecretString>) -> Result<SharedModel> {
        Ok(Arc::clone(&self.0) as SharedModel)
    }
}

/// A failure that asking again may mend.
pub fn transient(message: &'static str) -> Act {
    Act::Fail(ChatErrorKind::Transient(MissingCause::ServerError), message)
}
