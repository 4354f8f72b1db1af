//! One HTTP request: reserved on disk before it is sent, settled with what came of it.

use std::{sync::PoisonError, time::Duration};

use tokio::sync::SemaphorePermit;

use crate::{
    chat::{ChatError, ChatErrorKind, ChatRequest, Completion, TokenUsage},
    error::Error,
    run::{MissingCause, RunEvent},
    store::NewCall,
};

use super::{
    Control, Desk, Ended, Endpoint, Halt, Meter, Question, Refusal, Reservation,
    gate::Pass,
    halt::{NoAnswer, Unsent, failed, no},
    question::Bound,
};

/// A call that counts against the limits. Whatever becomes of it, those who wait for room hear of its end; one whose end nobody could
/// write down counts as spent.
struct Counted<'a> {
    meter: &'a Meter,
    reservation: Reservation,
    open: bool,
}

impl Counted<'_> {
    fn settle(mut self, used: TokenUsage) {
        self.open = false;
        self.meter.settle(&self.reservation, used);
    }

    /// It was never sent.
    fn release(mut self) {
        self.open = false;
        self.meter.release(&self.reservation);
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        // One that was sent and dropped may have reached the server: it stays at its bound.
        if self.open {
            self.meter.keep(&self.reservation);
        }
    }
}

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
        let counted = self.reserve(question, retry, bound).await?;
        let Question { key, example, .. } = *question;
        let call = NewCall { run: self.run, role: *role, retry, key, example, prompt_tokens, completion_tokens };
        let call = match self.store.reserve_call(call, self.clock.now_ms()).await {
            Ok(call) => call,
            Err(error) => {
                counted.release();
                return Err(no(error));
            }
        };
        let mut control = self.control.clone();
        let sent = self.waits.sent();
        let started = self.clock.elapsed_ms();
        let outcome = tokio::select! {
            outcome = model.complete(request) => outcome,
            // A dropped call may have reached the server: it stays reserved and counts as spent.
            _ = control.wait_for(|c| *c == Control::Stop) => return Err(no(Halt::Stop)),
        };
        drop(sent);
        // Before the place is free: nobody who waits for it may ask in vain.
        if let Err(error) = &outcome
            && error.kind == ChatErrorKind::Connection
        {
            self.end(failed(error.clone()));
        }
        let took = self.clock.elapsed_ms().saturating_sub(started) as f64;
        pass.end(Ended::of(&outcome, took, model.quota()));
        drop(permit);
        match &outcome {
            Ok(completion) => {
                self.store
                    .settle_call(call, self.project, self.run, question.key, completion.clone(), self.clock.now_ms())
                    .await
                    .map_err(no)?;
                counted.settle(completion.usage);
                self.silence.ends(*role);
                self.tell_other_name(question.endpoint, request, completion).await.map_err(no)?;
            }
            Err(ChatError { kind: ChatErrorKind::Unreached(_), .. }) => {
                self.store.take_back_call(call).await.map_err(no)?;
                counted.release();
            }
            Err(error) => {
                self.store.settle_failed_call(call, error.message.clone()).await.map_err(no)?;
                counted.settle(TokenUsage::default());
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
    async fn reserve(&self, question: &Question<'_>, retry: bool, bound: Bound) -> Result<Counted<'_>, NoAnswer> {
        let Bound { prompt_tokens, completion_tokens } = bound;
        loop {
            let mut settled = std::pin::pin!(self.meter.next_settled());
            settled.as_mut().enable();
            match self.meter.reserve(question.endpoint.role, retry, prompt_tokens, completion_tokens, question.test) {
                Ok(reservation) => return Ok(Counted { meter: &self.meter, reservation, open: true }),
                Err(Refusal { may_pass: true, .. }) => {}
                Err(Refusal { limit, .. }) => return Err(Halt::Budget(limit).into()),
            }
            tokio::select! {
                biased;
                why = self.must_leave(question) => return Err(why),
                () = settled => {}
            }
        }
    }

    /// The limit that forbids a call like this for good.
    pub(super) fn limit_on(&self, question: &Question<'_>, bound: Bound) -> Option<Halt> {
        match self.meter.allows(question.endpoint.role, bound.prompt_tokens, bound.completion_tokens, question.test) {
            Err(Refusal { limit, may_pass: false }) => Some(Halt::Budget(limit)),
            _ => None,
        }
    }

    /// Waits until there is one; where the gate waits for time to pass, that of the run passes as well.
    pub(super) async fn forbidden(&self, question: &Question<'_>, bound: Bound) -> Halt {
        loop {
            let mut settled = std::pin::pin!(self.meter.next_settled());
            settled.as_mut().enable();
            if let Some(limit) = self.limit_on(question, bound) {
                return limit;
            }
            match self.meter.ms_left(question.test).filter(|_| question.endpoint.gate.held().is_some()) {
                Some(left) => tokio::select! {
                    () = settled => {}
                    () = self.clock.sleep(Duration::from_millis(left)) => {}
                },
                None => settled.await,
            }
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
