//! Calls: every request of a run goes through the desk. It looks for the answer on disk, keeps to the limits, reserves the
//! call on disk before it is sent, asks again where that helps, and stores the answer before it counts.

mod adapt;
mod budget;
mod gate;
mod halt;
mod key;
mod purchases;
mod question;
mod recall;
mod retry;
mod sending;
mod silence;
mod waits;

pub use adapt::Seen;
pub use budget::{Meter, Prices, Refusal, Reservation, dollars, grouped};
pub use gate::{Ended, Gate, GateLimits};
pub use halt::{Control, Halt};
pub use key::{asked_key, completion_key};
pub use purchases::Purchases;
pub use question::{Answer, Endpoint, Look, Question};
pub use recall::Recall;
pub use retry::LONGEST_RETRY_AFTER;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::{Semaphore, watch};

use crate::{
    chat::{ChatError, ChatErrorKind, ChatRequest, Completion},
    clock::Clock,
    error::Error,
    run::{MissingCause, WaitReason, Waiting},
    store::{CompletionKey, NewCall, Others, Role, Store},
};

use gate::Pass;
use halt::{NoAnswer, Unsent, failed, goes_on_not};
use purchases::Bought;
use question::{Bound, recalled};
use retry::Patience;
use silence::Silence;
use waits::Waits;

/// Numbers of runs start at 1; an answer on disk may be anybody's.
const ANOTHER_RUN: i64 = 0;

/// Who asked, what the answer is found by, and the example it is about.
type About = (Role, CompletionKey, Option<i64>);

/// Where all calls of one run go through.
pub struct Desk {
    store: Store,
    clock: Arc<dyn Clock>,
    run: i64,
    project: i64,
    seed: u64,
    use_cache: bool,
    permits: Semaphore,
    control: watch::Receiver<Control>,
    meter: Meter,
    purchases: Arc<Purchases>,
    silence: Silence,
    waits: Waits,
    /// Names that models gave themselves instead of the one asked for; each is told once.
    other_names: Mutex<HashSet<String>>,
    /// Why no further call is made: a failure that concerns all of them.
    ended: watch::Sender<Option<Halt>>,
}

/// What a desk needs to know of its run.
pub struct DeskConfig {
    /// The run.
    pub run: i64,
    /// Its project, whose answers may be used.
    pub project: i64,
    /// Seed of the backoff's jitter.
    pub seed: u64,
    /// Use answers that other runs bought.
    pub use_cache: bool,
    /// Calls at once.
    pub concurrency: u32,
    /// Examples of the run, all splits.
    pub examples: u64,
    /// What is bought right now: shared by the runs that use one another's answers.
    pub purchases: Arc<Purchases>,
}

impl Desk {
    /// A desk with its limits.
    pub fn new(store: Store, clock: Arc<dyn Clock>, config: DeskConfig, meter: Meter, control: watch::Receiver<Control>) -> Self {
        let concurrency = config.concurrency.max(1);
        Self {
            store,
            clock,
            run: config.run,
            project: config.project,
            seed: config.seed,
            use_cache: config.use_cache,
            permits: Semaphore::new(concurrency as usize),
            ended: watch::Sender::new(None),
            control,
            meter,
            purchases: config.purchases,
            silence: Silence::new(concurrency, config.examples),
            waits: Waits::default(),
            other_names: Mutex::default(),
        }
    }

    /// What has been used, and the limits.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Looks on disk for answers to these keys; in their order.
    pub async fn look(&self, keys: Vec<CompletionKey>) -> Result<Vec<Look>, Error> {
        let since = self.purchases.period();
        let found = self.on_disk(keys.clone()).await?;
        Ok(keys.iter().map(|key| Look { found: found.get(key).cloned(), since }).collect())
    }

    /// Looks on disk for an answer to one key.
    pub async fn look_for(&self, key: CompletionKey) -> Result<Look, Error> {
        let since = self.purchases.period();
        Ok(Look { found: self.on_disk(vec![key]).await?.remove(&key), since })
    }

    async fn on_disk(&self, keys: Vec<CompletionKey>) -> Result<HashMap<CompletionKey, (Completion, bool)>, Error> {
        let others = if self.use_cache { Others::Current } else { Others::None };
        self.store.find_completions(self.project, self.run, keys.into(), others).await
    }

    /// Whether the user wants something else than going on, or nothing can go on.
    pub fn check(&self, test: bool) -> Result<(), Halt> {
        match *self.control.borrow() {
            Control::Pause => return Err(Halt::Pause(None)),
            Control::Stop => return Err(Halt::Stop),
            Control::Finish if !test => return Err(Halt::Finish),
            Control::Run | Control::Finish => {}
        }
        self.ended.borrow().clone().map_or(Ok(()), Err)
    }

    /// Lets no further call be made; those in flight come to their end.
    fn end(&self, halt: Halt) -> Halt {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert_with(|| halt.clone());
            first
        });
        halt
    }

    /// Asks a question: from disk, from a request in flight that is the same, or from the model.
    pub async fn ask(&self, question: Question<'_>) -> Result<Answer, Halt> {
        self.check(question.test)?;
        let about = (question.endpoint.role, question.key, question.example);
        if let Some((completion, own)) = question.on_disk.found {
            return self.answered(about, completion, own).await;
        }
        match self.buy(&question).await {
            Ok(bought) => self.answered(about, bought.completion, bought.by == self.run).await,
            Err(NoAnswer::Missing(cause, message)) => Ok(Answer::Missing { cause, message }),
            Err(NoAnswer::Recalled) => Ok(Answer::Recalled),
            Err(NoAnswer::Halt(halt)) => Err(halt),
        }
    }

    /// An answer that lies on disk; one that another run paid for is counted as saved.
    async fn answered(&self, about: About, completion: Completion, own: bool) -> Result<Answer, Halt> {
        if !own {
            self.note_cached(about, &completion).await?;
        }
        Ok(Answer::Answered { completion, cached: !own })
    }

    async fn note_cached(&self, (role, key, example): About, completion: &Completion) -> Result<(), Error> {
        let usage = completion.usage;
        self.meter.count_cached(role, usage);
        let (prompt_tokens, completion_tokens) = (usage.prompt_tokens, usage.completion_tokens);
        let call = NewCall { run: self.run, role, retry: false, key, example, prompt_tokens, completion_tokens };
        self.store.note_cached(call, self.clock.now_ms()).await
    }

    /// Sends a request until it is answered, cannot be, or the run must not go on.
    async fn buy(&self, question: &Question<'_>) -> Result<Bought, NoAnswer> {
        let mut without_schema = None;
        let mut patience = Patience::new(self.seed, &question.key);
        loop {
            let request = without_schema.as_ref().unwrap_or(&question.request);
            let error = match self.attempt(question, request, patience.is_retry()).await {
                Ok(bought) => return Ok(bought),
                Err(Unsent::No(no)) => return Err(no),
                Err(Unsent::Failed(error)) => error,
            };
            match error.kind {
                ChatErrorKind::Connection => return Err(failed(error).into()),
                ChatErrorKind::Example(cause) => return Err(NoAnswer::Missing(cause, error.message)),
                // The prompt describes the shape as well, so the answer is asked for without the schema.
                ChatErrorKind::SchemaUnsupported => {
                    patience.again();
                    without_schema = Some(ChatRequest { schema: None, ..question.request.clone() });
                }
                // Nothing was sent, so it goes out anew; the gate spaces those that look for the server.
                ChatErrorKind::Unreached(_) => self.give_up_on_absence(question.endpoint.role, &error)?,
                ChatErrorKind::Transient(cause) => {
                    self.give_up_on_silence(cause, &error)?;
                    if let Some(wait) = error.retry_after.filter(|wait| *wait > LONGEST_RETRY_AFTER) {
                        let reason = format!("{} The server asks for {} of rest. Resume the run then.", error.message, retry::words(wait));
                        return Err(self.end(Halt::Pause(Some(reason))).into());
                    }
                    let Some(wait) = patience.next_wait(cause, error.retry_after) else {
                        return Err(NoAnswer::Missing(cause, error.message));
                    };
                    let limited = cause == MissingCause::RateLimited;
                    let reason = if limited { WaitReason::ProviderLimit } else { WaitReason::Failures };
                    self.wait(question, wait, reason).await?;
                }
            }
        }
    }

    /// One attempt: when it is this question's turn it looks whether the answer has arrived meanwhile or is on its way, and sends
    /// the request otherwise.
    async fn attempt(&self, question: &Question<'_>, request: &ChatRequest, retry: bool) -> Result<Bought, Unsent> {
        let bound = Bound::of(request);
        loop {
            if let Some(bought) = self.landed(question).await? {
                return Ok(bought);
            }
            let permit = tokio::select! {
                biased;
                () = recalled(question) => return Err(NoAnswer::Recalled.into()),
                permit = self.permits.acquire() => permit.map_err(|_| NoAnswer::from(Halt::Stop))?,
            };
            self.check(question.test).map_err(NoAnswer::from)?;
            let pass = self.enter(question, bound).await?;
            let same = self.purchases.request(question.key, question.on_disk.since);
            if same.landed
                && let Some(bought) = self.landed(question).await?
            {
                return Ok(bought);
            }
            if let Some(lead) = same.lead() {
                let completion = self.send(question, request, retry, bound, (pass, permit)).await?;
                let bought = Bought { completion, by: self.run };
                lead.answered(bought.clone());
                return Ok(bought);
            }
            // Another question has it under way: its place is not needed meanwhile.
            drop((pass, permit));
            let outcome = tokio::select! {
                biased;
                outcome = same.outcome() => outcome,
                why = self.must_leave(question) => return Err(why.into()),
            };
            if let Some(bought) = outcome {
                return Ok(bought);
            }
        }
    }

    /// The answer, when it came to disk after the question was put.
    async fn landed(&self, question: &Question<'_>) -> Result<Option<Bought>, NoAnswer> {
        if !self.purchases.may_have_landed(&question.key, question.on_disk.since) {
            return Ok(None);
        }
        let found = self.on_disk(vec![question.key]).await.map_err(Halt::from)?.remove(&question.key);
        Ok(found.map(|(completion, own)| Bought { completion, by: if own { self.run } else { ANOTHER_RUN } }))
    }

    /// Waits for the gate of the connection, as long as the call may be made once it is through.
    async fn enter(&self, question: &Question<'_>, bound: Bound) -> Result<Pass, NoAnswer> {
        let gate = &question.endpoint.gate;
        // A place at a gate that time opens is not taken in vain.
        if let Some(limit) = self.limit_on(question, bound) {
            return Err(limit.into());
        }
        let entering = gate.enter(self.run, bound.prompt_tokens / 4 + bound.completion_tokens.max(64));
        let held = gate.held();
        let _waiting = match held {
            Some((until, reason)) => Some(self.note_wait(until, reason).await?),
            None => None,
        };
        let pass = tokio::select! {
            biased;
            () = recalled(question) => return Err(NoAnswer::Recalled),
            pass = entering => pass.ok_or(Halt::Stop)?,
            why = self.must_leave(question) => return Err(why),
            limit = self.forbidden(question, bound) => return Err(limit.into()),
        };
        self.check(question.test)?;
        Ok(pass)
    }

    /// Lets the run wait for a server that is not there, or not any more.
    fn give_up_on_silence(&self, cause: MissingCause, error: &ChatError) -> Result<(), Halt> {
        match self.silence.verdict(cause, self.clock.elapsed_ms()) {
            Some(why) => Err(self.end(Halt::Pause(Some(format!("{why} {}", error.message))))),
            None => Ok(()),
        }
    }

    /// The same for one that cannot even be reached.
    fn give_up_on_absence(&self, role: Role, error: &ChatError) -> Result<(), Halt> {
        match self.silence.is_away(role, self.clock.elapsed_ms()) {
            Some(why) => Err(self.end(Halt::Pause(Some(format!(
                "{why} {} Resume the run once it is back; a wrong address is corrected in Connections first.",
                error.message
            ))))),
            None => Ok(()),
        }
    }

    /// Returns when the answer is no longer needed, or the run must not go on.
    async fn must_leave(&self, question: &Question<'_>) -> NoAnswer {
        let test = question.test;
        let (mut control, mut ended) = (self.control.clone(), self.ended.subscribe());
        tokio::select! {
            biased;
            () = recalled(question) => return NoAnswer::Recalled,
            _ = ended.wait_for(Option::is_some) => {}
            _ = control.wait_for(|c| goes_on_not(*c, test)) => {}
        }
        self.check(test).err().unwrap_or(Halt::Stop).into()
    }

    /// Waits before a request is sent again; not beyond the run's time limit.
    async fn wait(&self, question: &Question<'_>, duration: Duration, reason: WaitReason) -> Result<(), NoAnswer> {
        let test = question.test;
        let duration = self.meter.ms_left(test).map_or(duration, |left| duration.min(Duration::from_millis(left)));
        let until = self.clock.elapsed_ms().saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        let _waiting = self.note_wait(until, reason).await?;
        let (mut control, mut ended) = (self.control.clone(), self.ended.subscribe());
        tokio::select! {
            () = self.clock.sleep(duration) => {}
            () = recalled(question) => return Err(NoAnswer::Recalled),
            _ = ended.wait_for(Option::is_some) => {}
            _ = control.wait_for(|c| goes_on_not(*c, test)) => {}
        }
        Ok(self.check(test)?)
    }

    /// Notes that a call waits until then (the clock's milliseconds); tells it when nothing else of the run is under way.
    async fn note_wait(&self, until: u64, reason: WaitReason) -> Result<waits::Waiter<'_>, Halt> {
        let waiter = self.waits.wait(until, reason);
        self.tell_wait_of_all().await?;
        Ok(waiter)
    }

    /// Tells that everything waits, for one of these gates or to be sent again, when that is so and was not told.
    pub async fn tell_waits(&self, gates: &[&Gate]) -> crate::error::Result<()> {
        let held = gates.iter().filter_map(|gate| gate.held()).max_by_key(|(until, _)| *until);
        match held {
            Some((until, reason)) if self.waits.all_wait_for_gate(self.clock.elapsed_ms(), until) => self.tell_wait(until, reason).await,
            // The last that was under way may have ended after the others began to wait.
            _ => self.tell_wait_of_all().await,
        }
    }

    async fn tell_wait_of_all(&self) -> crate::error::Result<()> {
        match self.waits.all_wait_until(self.clock.elapsed_ms()) {
            Some((until, reason)) => self.tell_wait(until, reason).await,
            None => Ok(()),
        }
    }

    async fn tell_wait(&self, until: u64, reason: WaitReason) -> crate::error::Result<()> {
        let ms = i64::try_from(until.saturating_sub(self.clock.elapsed_ms())).unwrap_or(i64::MAX);
        self.store.save_waiting(self.run, Waiting { until: self.clock.now_ms().saturating_add(ms), reason }).await
    }
}
