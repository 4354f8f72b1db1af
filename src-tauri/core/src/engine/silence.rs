//! Models that gave no answer when first prompts were measured: whoever asks then whether training is worth it is told so.

use super::{Engine, jobs::lock};
use crate::{
    api::MeasureProgress,
    calls::grouped,
    chat::ChatErrorKind,
    run::{MissingCause, ModelConfig},
};

/// The model as a project asks it: project, connection, name.
type AskedModel = (i64, i64, String);

/// The latest measurings that questions were left open in. As long as this process goes on: what a later one will find is not known.
#[derive(Default)]
pub(super) struct Silences(std::collections::HashMap<AskedModel, Silence>);

/// Questions that got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Silence {
    /// How many.
    pub questions: u32,
    /// Whether others were answered.
    pub partly: bool,
    /// Whether the provider's rate limit was why.
    pub limited: bool,
}

impl Silence {
    /// What a measuring that has ended left open; none when everything was answered.
    pub fn of(ended: &MeasureProgress, last: Option<ChatErrorKind>) -> Option<Self> {
        let questions = ended.failed.max(u32::from(last == Some(ChatErrorKind::Connection)));
        let answered = ended.cached > 0 || ended.prompt_tokens + ended.completion_tokens > 0;
        let limited = last == Some(ChatErrorKind::Transient(MissingCause::RateLimited));
        (questions > 0).then_some(Self { questions, partly: answered, limited })
    }

    /// Why training should wait, and what to do.
    pub fn verdict(self, model: &str) -> String {
        let why = if self.limited { ", because of its provider's rate limit" } else { "" };
        let told = if self.partly {
            let questions = if self.questions == 1 { "question" } else { "questions" };
            format!("How well {model} does is not known yet: {} {questions} got no answer{why}.", grouped(self.questions.into()))
        } else {
            format!("Not ready to train: {model} did not answer when it was measured{why}.")
        };
        let then = if self.limited {
            "Wait a while, or set fewer requests per minute in Connections, then measure again."
        } else {
            "Test its connection in Connections, then measure again."
        };
        format!("{told} {then}")
    }
}

impl Engine {
    /// Notes what a measuring left open, or that it left nothing open.
    pub(super) fn note_silence(&self, project: i64, model: &ModelConfig, silence: Option<Silence>) {
        let asked = (project, model.connection, model.model.clone());
        let mut known = lock(&self.inner.silences);
        match silence {
            Some(silence) => known.0.insert(asked, silence),
            None => known.0.remove(&asked),
        };
    }

    /// What the latest measuring of a model left open.
    pub(super) fn silence(&self, project: i64, model: &ModelConfig) -> Option<Silence> {
        lock(&self.inner.silences).0.get(&(project, model.connection, model.model.clone())).copied()
    }
}
