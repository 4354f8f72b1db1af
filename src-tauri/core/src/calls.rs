//! Calls: every request of a run goes through the desk. It looks for the answer on disk, keeps to the limits, reserves the
//! call on disk before it is sent, asks again where that helps, and stores the answer before it counts.

mod budget;
mod key;
mod recall;

pub use budget::{Meter, grouped};
pub use key::completion_key;
pub use recall::Recall;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::RngExt;
use tokio::sync::{OnceCell, Semaphore, watch};

use crate::{
    chat::{ChatError, ChatErrorKind, ChatRequest, Completion, SharedModel},
    clock::Clock,
    error::{Error, ErrorCode},
    random,
    run::MissingCause,
    store::{CompletionKey, Role, Store},
    tokens,
};

/// What the user asks of a run while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Go on.
    Run,
    /// Let calls in flight finish, then wait.
    Pause,
    /// End in order, with the test split.
    Finish,
    /// End at once; calls in flight are dropped, the test split stays sealed.
    Stop,
}

/// Why a run does not go on.
#[derive(Debug, Clone, PartialEq)]
pub enum Halt {
    /// It waits; the reason in words when the user did not ask for it.
    Pause(Option<String>),
    /// The user wants it to end in order.
    Finish,
    /// The user wants it to end at once.
    Stop,
    /// A limit is reached; in words.
    Budget(String),
    /// An error nothing can mend.
    Fail(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        match error.code {
            // What is on disk stays; with space or the lock back, the run goes on.
            ErrorCode::Database => Self::Pause(Some(error.message)),
            _ => Self::Fail(error),
        }
    }
}

/// A model in a role of a run.
#[derive(Clone)]
pub struct Endpoint {
    /// Who asks.
    pub role: Role,
    /// The model behind its connection.
    pub model: SharedModel,
}

/// A question with the place it is asked from.
pub struct Question<'a> {
    /// The model in its role.
    pub endpoint: &'a Endpoint,
    /// What is sent.
    pub request: ChatRequest,
    /// What its answer is remembered by: [`completion_key`] of the request.
    pub key: CompletionKey,
    /// What was found on disk for it, with whether the run bought it itself.
    pub on_disk: Option<(Completion, bool)>,
    /// The test phase: may use what was kept for it, and is not ended by `Finish`.
    pub test: bool,
    /// May take the question back while it waits to be sent.
    pub recall: Option<&'a Recall>,
}

/// A question's answer, or why the example has none.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The model answered.
    Answered {
        /// The answer.
        completion: Completion,
        /// It cost nothing and was not this run's own.
        cached: bool,
    },
    /// It did not, after all retries.
    Missing {
        /// Why.
        cause: MissingCause,
        /// The server's words.
        message: String,
    },
    /// The question was taken back before it was sent.
    Recalled,
}

/// Most times one request is sent.
const MOST_ATTEMPTS: u32 = 8;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// A server that asks for more patience than this is counted as not answering.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

type Flight = Arc<OnceCell<Completion>>;

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
    in_flight: Mutex<HashMap<CompletionKey, Flight>>,
    answered: AtomicU64,
    failed_in_a_row: AtomicU64,
    patience_with_silence: u64,
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
            in_flight: Mutex::default(),
            answered: AtomicU64::new(0),
            failed_in_a_row: AtomicU64::new(0),
            patience_with_silence: u64::from(concurrency) * 2 + 4,
        }
    }

    /// What has been used, and the limits.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Answers on disk for these keys.
    pub async fn on_disk(&self, keys: Vec<CompletionKey>) -> Result<HashMap<CompletionKey, (Completion, bool)>, Error> {
        self.store.find_completions(self.project, self.run, keys.into(), self.use_cache).await
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
        if let Some((completion, own)) = question.on_disk {
            if !own {
                self.meter.count_cached(question.endpoint.role);
                self.store.note_cached(self.run, question.endpoint.role, 1, self.clock.now_ms()).await?;
            }
            return Ok(Answer::Answered { completion, cached: !own });
        }
        let key = question.key;
        let flight = Arc::clone(self.flights().entry(key).or_default());
        let mut sent_here = false;
        let result = flight
            .get_or_try_init(|| {
                sent_here = true;
                self.buy(&question, key)
            })
            .await
            .cloned();
        self.flights().remove(&key);
        match result {
            Ok(completion) => {
                if !sent_here {
                    self.meter.count_cached(question.endpoint.role);
                    self.store.note_cached(self.run, question.endpoint.role, 1, self.clock.now_ms()).await?;
                }
                Ok(Answer::Answered { completion, cached: !sent_here })
            }
            Err(NoAnswer::Missing(cause, message)) => Ok(Answer::Missing { cause, message }),
            Err(NoAnswer::Recalled) => Ok(Answer::Recalled),
            Err(NoAnswer::Halt(halt)) => Err(halt),
        }
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<CompletionKey, Flight>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request until it is answered, cannot be, or the run must not go on.
    async fn buy(&self, question: &Question<'_>, key: CompletionKey) -> Result<Completion, NoAnswer> {
        let mut request = question.request.clone();
        let mut attempt = 0;
        loop {
            match self.send_once(question, &request, key, attempt > 0).await? {
                Ok(completion) => return Ok(completion),
                Err(error) => {
                    attempt += 1;
                    match error.kind {
                        ChatErrorKind::Connection => {
                            return Err(failed(error).into());
                        }
                        ChatErrorKind::Example(cause) => return Err(NoAnswer::Missing(cause, error.message)),
                        // The prompt describes the shape as well, so the answer is asked for without the schema.
                        ChatErrorKind::SchemaUnsupported => request.schema = None,
                        ChatErrorKind::Transient(cause) => {
                            self.give_up_on_silence(cause, &error)?;
                            let too_long = error.retry_after.is_some_and(|wait| wait > LONGEST_RETRY_AFTER);
                            if attempt >= MOST_ATTEMPTS || too_long {
                                return Err(NoAnswer::Missing(cause, error.message));
                            }
                            self.wait(question, self.backoff(&key, attempt, error.retry_after)).await?;
                        }
                    }
                }
            }
        }
    }

    /// One HTTP request: reserved on disk, sent, settled with its answer.
    async fn send_once(
        &self,
        question: &Question<'_>,
        request: &ChatRequest,
        key: CompletionKey,
        retry: bool,
    ) -> Result<Result<Completion, ChatError>, NoAnswer> {
        let role = question.endpoint.role;
        let permit = tokio::select! {
            biased;
            () = recalled(question) => return Err(NoAnswer::Recalled),
            permit = self.permits.acquire() => permit.map_err(|_| Halt::Stop)?,
        };
        self.check(question.test)?;
        let prompt_bound = tokens::upper_bound(request.messages.iter().map(|m| m.content.as_str()));
        let completion_bound = u64::from(request.max_output_tokens.unwrap_or(0));
        let reservation = self.meter.reserve(role, retry, prompt_bound, completion_bound, question.test).map_err(Halt::Budget)?;
        let call = self
            .store
            .reserve_call(self.run, role, retry, prompt_bound, completion_bound, self.clock.now_ms())
            .await
            .inspect_err(|_| self.meter.release(&reservation))
            .map_err(Halt::from)?;
        let mut control = self.control.clone();
        let outcome = tokio::select! {
            outcome = question.endpoint.model.complete(request) => outcome,
            // A dropped call may have reached the server: it stays reserved and counts as spent.
            _ = control.wait_for(|c| *c == Control::Stop) => return Err(Halt::Stop.into()),
        };
        // Before the permit is free: nobody who waits for it may ask in vain.
        if let Err(error) = &outcome
            && error.kind == ChatErrorKind::Connection
        {
            self.end(failed(error.clone()));
        }
        drop(permit);
        match &outcome {
            Ok(completion) => {
                self.store
                    .settle_call(call, self.project, self.run, key, completion.clone(), self.clock.now_ms())
                    .await
                    .map_err(Halt::from)?;
                self.meter.settle(&reservation, completion.usage);
                self.answered.fetch_add(1, Ordering::Relaxed);
                self.failed_in_a_row.store(0, Ordering::Relaxed);
            }
            Err(_) => {
                self.store.settle_failed_call(call).await.map_err(Halt::from)?;
                self.meter.settle(&reservation, crate::chat::TokenUsage::default());
                self.failed_in_a_row.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(outcome)
    }

    /// A server that has answered nothing so far, and keeps failing in other ways than by a rate limit, is not there.
    fn give_up_on_silence(&self, cause: MissingCause, error: &ChatError) -> Result<(), Halt> {
        let silent = self.answered.load(Ordering::Relaxed) == 0 && cause != MissingCause::RateLimited;
        if silent && self.failed_in_a_row.load(Ordering::Relaxed) >= self.patience_with_silence {
            return Err(self.end(Halt::Pause(Some(format!("The model does not answer. {}", error.message)))));
        }
        Ok(())
    }

    /// Full jitter over an exponential window (Brooker, "Exponential Backoff And Jitter", 2015); the server's own wish comes first.
    fn backoff(&self, key: &CompletionKey, attempt: u32, retry_after: Option<Duration>) -> Duration {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&key[..8]);
        let mut generator = random::generator(self.seed, "backoff", &[u64::from_le_bytes(bytes), u64::from(attempt)]);
        let window = FIRST_BACKOFF.saturating_mul(2u32.saturating_pow(attempt - 1)).min(LONGEST_BACKOFF);
        let jitter: f64 = generator.random();
        match retry_after {
            // A little apart, so that all who wait do not come back at once.
            Some(wait) => wait + FIRST_BACKOFF.mul_f64(jitter * 0.2),
            None => window.mul_f64(jitter),
        }
    }

    async fn wait(&self, question: &Question<'_>, duration: Duration) -> Result<(), NoAnswer> {
        let test = question.test;
        let (mut control, mut ended) = (self.control.clone(), self.ended.subscribe());
        tokio::select! {
            () = self.clock.sleep(duration) => {}
            () = recalled(question) => return Err(NoAnswer::Recalled),
            _ = ended.wait_for(Option::is_some) => {}
            _ = control.wait_for(|c| !(*c == Control::Run || test && *c == Control::Finish)) => {}
        }
        Ok(self.check(test)?)
    }
}

/// Returns when the question is taken back; never when nobody can.
async fn recalled(question: &Question<'_>) {
    match question.recall {
        Some(recall) => recall.taken_back().await,
        None => std::future::pending().await,
    }
}

enum NoAnswer {
    Missing(MissingCause, String),
    Recalled,
    Halt(Halt),
}

impl From<Halt> for NoAnswer {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// The end of a run whose connection does not work at all.
fn failed(error: ChatError) -> Halt {
    let unauthorized = error.message.contains("HTTP 401") || error.message.contains("HTTP 403");
    Halt::Fail(Error::new(if unauthorized { ErrorCode::Unauthorized } else { ErrorCode::ModelError }, error.message))
}
