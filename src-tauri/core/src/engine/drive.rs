//! Driving a run: under its lock, from where the store says it is, to its recorded end.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::sync::watch as signal;

use super::{Driving, Engine, lock, lock::RunLock, prices, run_settings};
use crate::{
    calls::{Control, Desk, DeskConfig, Endpoint, Halt, Meter},
    connection::Connection,
    dataset::{DatasetInfo, Split},
    error::{Error, ErrorCode, Result},
    extract::Extractor,
    metric::Scorer,
    prompt::render_messages,
    run::{ModelConfig, PAUSED_AS_ASKED, RunEvent, RunStatus},
    store::{Role, RunRow, StoredExample, Used},
    tokens,
    train::{self, Context},
};

/// A look at a run that may be waiting. Real time, as it is for those who watch; nothing of the run depends on it.
const BEAT: Duration = Duration::from_secs(1);

/// Does the work; meanwhile what it used and what it waits for is kept up to date.
async fn beating<T>(context: &Context, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut calls = 0;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(BEAT) => match context.beat(calls).await {
                Ok(now) => calls = now,
                // A database that takes nothing is told by the work itself.
                Err(error) => tracing::debug!(run = context.run.id, error = %error.message, "what a run used was not kept"),
            },
        }
    }
}

/// What a run is driven for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drive {
    /// From its beginning.
    Start,
    /// From where it stopped.
    Resume,
    /// From where it stopped to its end in order, and for nothing else.
    Finish,
    /// For its missing examples alone, after its end.
    Missing,
}

impl Engine {
    /// Takes the run's lock, tells that it goes on, and drives it on a task of its own.
    pub(super) async fn begin(&self, run: i64, what: Drive) -> Result<()> {
        let lock = lock::acquire(self.store().path(), run).await?;
        let mut row = self.store().run_row(run).await?;
        let ended_for = self.store().run(run).await?.stop_reason;
        // After the lock: whoever deletes the project looks at the locks after it has gone.
        self.store().project(row.project).await?;
        let resumed = what != Drive::Start;
        let moved = if resumed { self.follow_moved(&mut row).await? } else { Vec::new() };
        let (send, control) = signal::channel(if what == Drive::Finish { Control::Finish } else { Control::Run });
        // A key that went along to the new place is missing at the old one: then both are told.
        let told = |error: Error| Error { message: [moved.join(" "), error.message.clone()].join(" ").trim().to_owned(), ..error };
        let (context, reserve_warning) = self.context(row.clone(), control).await.map_err(told)?;
        let dataset = self.store().dataset_by_id(row.dataset).await?;
        let examples = self.frozen(run).await?;
        let estimate = self.estimate(row.project, &row.config, &dataset, &row.connections, &examples).await?;
        let started = RunEvent::Started { run, config: row.config.clone(), splits: row.splits, estimate, resumed };
        self.store().set_run_status(run, RunStatus::Running, None, row.active_ms, None, Some(started)).await?;
        self.unrecorded().remove(&run);
        if let (Some(warning), false) = (reserve_warning, resumed) {
            context.warn(warning).await?;
        }
        for words in moved {
            context.warn(words).await?;
        }
        self.driven().insert(run, send);
        // Nobody may be listening.
        let _unheard = self.inner.driving.send(Driving::Began(run));
        let engine = self.clone();
        tokio::spawn(async move { engine.drive(context, lock, what, ended_for).await });
        Ok(())
    }

    async fn frozen(&self, run: i64) -> Result<[Vec<i64>; 3]> {
        use crate::dataset::Split;
        let mut examples: [Vec<i64>; 3] = Default::default();
        for (index, split) in [Split::Train, Split::Validation, Split::Test].into_iter().enumerate() {
            examples[index] = self.store().run_example_ids(run, split).await?;
        }
        Ok(examples)
    }

    async fn drive(&self, context: Context, lock: RunLock, what: Drive, ended_for: Option<String>) {
        let run = context.run.id;
        let work = async {
            match what {
                Drive::Start | Drive::Resume | Drive::Finish => train::train(&context).await,
                Drive::Missing => train::retry_missing(&context, ended_for).await,
            }
        };
        // A defect ends the run's work, not what waits for its end.
        let outcome = match AssertUnwindSafe(beating(&context, work)).catch_unwind().await {
            Ok(outcome) => outcome,
            Err(_) => Err(Halt::Pause(Some(
                "A defect of MLprompt stopped this run; the program's log has more. What was answered is kept: resume it, and report the \
                 defect if it comes again."
                    .to_owned(),
            ))),
        };
        let paused_for = match &outcome {
            Err(Halt::Pause(Some(reason))) => Some(reason.clone()),
            _ => None,
        };
        if let Err(error) = self.record_end(&context, outcome).await {
            // The database does not take the end: this process remembers why it waits, others see it interrupted. Both can resume it.
            tracing::error!(run, error = %error.message, "the end of a run could not be recorded");
            self.unrecorded().insert(run, paused_for.unwrap_or(error.message));
        }
        drop(lock);
        self.driven().remove(&run);
        self.inner.ends.send_modify(|ends| *ends += 1);
        let _unheard = self.inner.driving.send(Driving::Ended(run));
    }

    async fn record_end(&self, context: &Context, outcome: Result<String, Halt>) -> Result<()> {
        let run = context.run.id;
        let (status, reason) = match outcome {
            Ok(reason) => (RunStatus::Completed, reason),
            Err(Halt::Stop) => (RunStatus::Cancelled, self.stopped(run).await?),
            Err(Halt::Fail(error)) => (RunStatus::Failed, error.message),
            Err(Halt::Pause(reason)) => (RunStatus::Paused, reason.unwrap_or_else(|| PAUSED_AS_ASKED.into())),
            // The loop turns these into an end in order; what arrives here came between its steps.
            Err(Halt::Finish) => (RunStatus::Paused, "Finishing was interrupted. Resume completes it.".to_owned()),
            Err(Halt::Budget(limit)) => (RunStatus::Completed, limit),
        };
        let summary = self.store().run(run).await?;
        let mut usage = context.usage();
        usage.failed = self.store().missing_examples(run).await?.len() as u64;
        self.store().save_scores(run, summary.baseline, summary.best.clone(), usage).await?;
        let ended = (status != RunStatus::Paused).then(|| self.now());
        let event = match status {
            RunStatus::Paused => RunEvent::Paused { run, reason: reason.clone() },
            _ => RunEvent::Finished { run, status, stop_reason: reason.clone(), baseline: summary.baseline, best: summary.best, usage },
        };
        self.store().set_run_status(run, status, Some(reason), context.active_ms(), ended, Some(event)).await?;
        Ok(())
    }

    /// Why a stopped run ended, and what that means for the test split.
    pub(super) async fn stopped(&self, run: i64) -> Result<String> {
        Ok(match self.store().ending(run).await? {
            None if self.store().run(run).await?.splits.test == 0 => "Stopped, as you asked.".to_owned(),
            None => "Stopped, as you asked. It did not open its test split.".to_owned(),
            Some(_) => "Stopped, as you asked, while the test split was measured: its examples count as opened.".to_owned(),
        })
    }

    /// Upper bound of the tokens in of a call of the test split under the first prompts.
    async fn largest_test_call(&self, row: &RunRow, dataset: &DatasetInfo) -> Result<u64> {
        let ids = self.store().run_example_ids(row.id, Split::Test).await?;
        let examples = self.store().examples_by_id(ids.into()).await?;
        let of = |example: &StoredExample| {
            let messages = render_messages(&row.config.prompt, &dataset.columns, &example.cells, &example.user_input);
            tokens::upper_bound(messages.iter().map(|message| message.content.as_str()))
        };
        Ok(examples.iter().map(of).max().unwrap_or(0))
    }

    /// The meter of a run that used so much, over the budget and the prices it froze.
    pub(super) fn meter(&self, run: &RunRow, used: HashMap<Role, Used>) -> Meter {
        let prices = prices::of_roles(&run.config, &run.connections);
        Meter::new(run.config.budget, prices, used, run.active_ms, Arc::clone(&self.inner.clock))
    }

    /// Everything the loop works with, from what the run froze, and what is to be said about its test reserve.
    async fn context(&self, row: RunRow, control: signal::Receiver<Control>) -> Result<(Context, Option<String>)> {
        let config = row.config.clone();
        let dataset = self.store().dataset_by_id(row.dataset).await?;
        let labels = self.labels(Some(&dataset)).await?;
        let meter = self.meter(&row, self.store().usage_by_role(row.id).await?);
        meter.expect_of_test(self.largest_test_call(&row, &dataset).await?, u64::from(config.primary.max_output_tokens.unwrap_or(0)));
        let judged = run_settings::needs_judge(&config);
        let keep = train::test_calls(row.splits.test, config.samples, judged);
        let warning = train::keep_for_test(&meter, keep, train::first_calls(row.splits, config.samples, judged));
        let rubric = run_settings::rubric(&config.metrics).map(str::to_owned);
        let desk_config = DeskConfig {
            run: row.id,
            project: row.project,
            seed: config.seed,
            use_cache: config.use_cache,
            concurrency: config.concurrency,
            examples: u64::from(row.splits.train) + u64::from(row.splits.validation) + u64::from(row.splits.test),
            purchases: if config.use_cache { self.purchases(row.project) } else { Arc::default() },
        };
        let recorded = self.store().epochs(row.id).await?.last().map(|e| e.summary.usage).unwrap_or_default();
        let context = Context {
            scorer: Scorer::new(&config.metrics, &labels, config.match_threshold)?,
            extractor: Extractor::new(config.extract.as_ref())?,
            primary: self.endpoint(&row.connections, &config.primary, Role::Primary).await?,
            optimizer: self.endpoint(&row.connections, &config.optimizer, Role::Optimizer).await?,
            judge: match (&config.judge, judged) {
                (Some(judge), true) => Some(self.endpoint(&row.connections, judge, Role::Judge).await?),
                _ => None,
            },
            rubric,
            columns: dataset.columns,
            truth: dataset.roles.truth,
            labels,
            desk: Desk::new(self.store().clone(), Arc::clone(&self.inner.clock), desk_config, meter, control),
            spared: recorded.spared.into(),
            varies: Default::default(),
            made: train::SearchCounts::of(&recorded).into(),
            // A damaged table is told by the loop, which lets the run wait.
            missing: Mutex::new(train::Missing::of(self.store().missing_answers(row.id).await.unwrap_or_default())),
            progress: Default::default(),
            store: self.store().clone(),
            clock: Arc::clone(&self.inner.clock),
            config,
            run: row,
        };
        Ok((context, warning))
    }

    /// A model in its role, at the connection as the run has it (`moved.rs`); only the key is looked up anew.
    async fn endpoint(&self, connections: &[Connection], model: &ModelConfig, role: Role) -> Result<Endpoint> {
        let connection = connections
            .iter()
            .find(|c| c.id == model.connection)
            .ok_or_else(|| Error::new(ErrorCode::Internal, format!("The run lost the connection of {}.", model.model)))?;
        // The limits are those of today: whoever raises or lowers them means the runs that go on as well.
        let today = self.store().connection(connection.id).await.unwrap_or_else(|_| connection.clone());
        Ok(Endpoint {
            role,
            model: self.open_model(&connection.completed_by(&today)).await?,
            host: connection.name.clone(),
            gate: self.gate(&today),
        })
    }

    /// Tells a driven run what the user wants. An error when this process does not drive it.
    pub(super) fn signal(&self, run: i64, wish: Control) -> Result<()> {
        let driven: std::sync::MutexGuard<'_, HashMap<i64, signal::Sender<Control>>> = self.driven();
        match driven.get(&run) {
            Some(sender) => {
                // The run may just have ended; then there is nothing to tell.
                let _ended = sender.send(wish);
                Ok(())
            }
            None if lock::is_held(self.store().path(), run) => {
                Err(Error::new(ErrorCode::RunHeld, format!("Run {run} is driven by another window or command. Pause or stop it there.")))
            }
            None => Err(Error::invalid(format!("Run {run} is not going on."))),
        }
    }
}
