//! One HTTP request: reserved on disk before it is sent, settled with what came of it.

use std::sync::PoisonError;

use tokio::sync::SemaphorePermit;

use crate::{
    chat::{ChatError, ChatErrorKind, ChatRequest, Completion, TokenUsage},
    error::Error,
    run::{MissingCause, RunEvent},
    store::{NewCall, Role},
};

use super::{
    Control, Desk, Ended, Endpoint, Halt, Question, Refusal, Reservation, Seen,
    gate::Pass,
    halt::{NoAnswer, Unsent, failed, no},
    question::Bound,
};

impl Desk {
    /// One HTTP request that the gate let through: reserved on disk, sent, settled with its answer.
    pub(super) async fn send(
        &self,
        question: &Question<'_>,
        request: &ChatRequest,
        retry: bool,
        bound: Bound,
        (pass, permit): (Pass, SemaphorePermit<'_>),
    ) -> Result<Completion, Unsent> {
        let Endpoint { role, model, .. } = question.endpoint;
        let Bound { prompt_tokens, completion_tokens } = bound;
        let reservation = self.reserve(*role, retry, prompt_tokens, completion_tokens, question.test).await.map_err(NoAnswer::from)?;
        let Question { key, example, .. } = *question;
        let call = NewCall { run: self.run, role: *role, retry, key, example, prompt_tokens, completion_tokens };
        let call =
            self.store.reserve_call(call, self.clock.now_ms()).await.inspect_err(|_| self.meter.release(&reservation)).map_err(no)?;
        let mut control = self.control.clone();
        let sent = self.waits.sent();
        let started = self.clock.elapsed_ms();
        let outcome = tokio::select! {
            outcome = model.complete(request) => outcome,
            // A dropped call may have reached the server: it stays reserved and counts as spent.
            _ = control.wait_for(|c| *c == Control::Stop) => {
                self.meter.keep(&reservation);
                return Err(no(Halt::Stop));
            }
        };
        drop(sent);
        // Before the place is free: nobody who waits for it may ask in vain.
        if let Err(error) = &outcome
            && error.kind == ChatErrorKind::Connection
        {
            self.end(failed(error.clone()));
        }
        let (seen, retry_after) = match &outcome {
            Ok(_) => (Seen::Answered(self.clock.elapsed_ms().saturating_sub(started) as f64), None),
            Err(error) if error.kind == ChatErrorKind::Transient(MissingCause::RateLimited) => (Seen::RateLimited, error.retry_after),
            Err(error) if matches!(error.kind, ChatErrorKind::Unreached(_)) => (Seen::Unreached, None),
            Err(_) => (Seen::Failed, None),
        };
        pass.end(Ended { seen, retry_after, quota: model.quota() });
        drop(permit);
        match &outcome {
            Ok(completion) => {
                self.store
                    .settle_call(call, self.project, self.run, question.key, completion.clone(), self.clock.now_ms())
                    .await
                    .map_err(no)?;
                self.meter.settle(&reservation, completion.usage);
                self.silence.ends(*role);
                self.tell_other_name(question.endpoint, request, completion).await.map_err(no)?;
            }
            Err(ChatError { kind: ChatErrorKind::Unreached(_), .. }) => {
                self.store.take_back_call(call).await.map_err(no)?;
                self.meter.release(&reservation);
            }
            Err(error) => {
                self.store.settle_failed_call(call, error.message.clone()).await.map_err(no)?;
                self.meter.settle(&reservation, TokenUsage::default());
                match error.kind {
                    ChatErrorKind::Transient(cause) => {
                        self.silence.goes_on(retry, self.clock.elapsed_ms());
                        // What is cut or comes too late may have been sent before the server went away.
                        if !matches!(cause, MissingCause::Network | MissingCause::Timeout) {
                            self.silence.is_there(*role);
                        }
                    }
                    // It speaks, though it does not help.
                    ChatErrorKind::Example(_) | ChatErrorKind::SchemaUnsupported => self.silence.ends(*role),
                    ChatErrorKind::Connection | ChatErrorKind::Unreached(_) => {}
                }
            }
        }
        outcome.map_err(Unsent::Failed)
    }

    /// Counts the call, or ends the run in order when the budget forbids it for good.
    async fn reserve(&self, role: Role, retry: bool, prompt_tokens: u64, completion_tokens: u64, test: bool) -> Result<Reservation, Halt> {
        loop {
            let mut settled = std::pin::pin!(self.meter.next_settled());
            settled.as_mut().enable();
            match self.meter.reserve(role, retry, prompt_tokens, completion_tokens, test) {
                Ok(reservation) => return Ok(reservation),
                Err(Refusal { may_pass: true, .. }) => settled.await,
                Err(Refusal { limit, .. }) => return Err(Halt::Budget(limit)),
            }
            self.check(test)?;
        }
    }

    /// A server that answers under another name than the one asked for may have another model; dates of versions aside.
    async fn tell_other_name(&self, endpoint: &Endpoint, request: &ChatRequest, completion: &Completion) -> Result<(), Error> {
        let Some(name) = completion.model.as_ref().filter(|name| !name.starts_with(&request.model)) else { return Ok(()) };
        // Said once in a run; a resumed run may say it again.
        if !self.other_names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone()) {
            return Ok(());
        }
        let message =
            format!("{} was asked for {} and answers as {name}. Check that this is the model you mean.", endpoint.host, request.model);
        self.store.append_event(self.run, RunEvent::Warning { run: self.run, message }).await?;
        Ok(())
    }
}
