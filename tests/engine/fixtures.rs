//! A project on a fresh database, a clock that does not wait, and what a run came to.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use mlprompt_core::{
    api::{
        ExportDataset, ExportState, ProjectId, RunId, RunView, SaveConnection, StartRun, TriedRows, TryRows, TryRowsJob, TryRowsProgress,
        TryRowsState,
    },
    clock::{Clock, SystemClock},
    connection::{Connection, ConnectionKind, KeyReference},
    dataset::{ColumnRoles, ExampleFilter, SplitPlan},
    engine::{Engine, ImportFiles, Models, Parts, RealModels, first_config},
    export::ExportFormat,
    keys::{KeyStore, MemoryKeys},
    metric::{MetricKind, MetricSpec},
    prompt::Prompt,
    run::{BestPrompt, Decision, EpochSummary, ModelConfig, RunConfig, RunStatus, RunSummary, SplitScores},
    store::Store,
};
use tempfile::TempDir;

use crate::{
    fake_server::FakeServer,
    scripted_model::{Scripted, ScriptedModel},
    world::{self, World},
};

/// Time that passes only by sleeping, and sleeping that takes no time.
#[derive(Default)]
pub struct TestClock {
    ms: AtomicU64,
    /// Every wait that was asked for.
    pub slept: Mutex<Vec<Duration>>,
    back: AtomicU64,
}

impl TestClock {
    /// The time of day falls back by an hour, as when a machine's clock is set.
    pub fn jump_back(&self) {
        self.back.fetch_add(3_600_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        1_700_000_000_000 + i64::try_from(self.elapsed_ms()).unwrap() - i64::try_from(self.back.load(Ordering::SeqCst)).unwrap()
    }
    fn elapsed_ms(&self) -> u64 {
        self.ms.load(Ordering::SeqCst)
    }
    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn std::future::Future<Output = ()> + Send>> {
        self.ms.fetch_add(u64::try_from(duration.as_millis()).unwrap(), Ordering::SeqCst);
        self.slept.lock().unwrap().push(duration);
        Box::pin(tokio::task::yield_now())
    }
}

/// A whole project as a file of some format, its cells as they are.
pub fn export_of(project: i64, format: ExportFormat) -> ExportDataset {
    ExportDataset { project, filter: ExampleFilter::default(), format, runs: Vec::new(), safe_for_spreadsheets: false }
}

/// A project with data on a database of its own.
pub struct Bench {
    pub folder: TempDir,
    pub engine: Engine,
    pub project: i64,
    pub keys: Arc<MemoryKeys>,
    pub clock: Arc<TestClock>,
    models: Arc<dyn Models>,
}

/// Rows of the three splits.
pub const SIZES: [u32; 3] = [10, 10, 10];

/// The world's rows as a CSV file.
pub fn csv(sizes: [u32; 3]) -> String {
    let mut text = String::from("user_input,ground_truth_output,split,note\n");
    for (place, size) in (0..).zip(sizes) {
        for row in place * 1000..place * 1000 + size {
            text.push_str(&format!("{},{},{},{}\n", world::input(row), world::truth(row), world::split_name(row), world::note(row)));
        }
    }
    text
}

impl Bench {
    /// A bench in the world where every path is taken, and its model.
    pub async fn eventful() -> (Self, Arc<ScriptedModel>) {
        let model = ScriptedModel::new(eventful());
        (Self::scripted(&model).await, model)
    }

    /// A bench with the scripted model and ten rows in every split.
    pub async fn scripted(model: &Arc<ScriptedModel>) -> Self {
        Self::new(Arc::new(Scripted(Arc::clone(model))), SIZES).await
    }

    pub async fn new(models: Arc<dyn Models>, sizes: [u32; 3]) -> Self {
        let folder = TempDir::new().unwrap();
        let (keys, clock) = (Arc::new(MemoryKeys::new("A test.")), Arc::new(TestClock::default()));
        let engine = open(folder.path().join("test.db"), &models, &keys, &clock).await;
        let bench = Self { folder, engine, project: 0, keys, clock, models };
        let project = bench.import("bench", &csv(sizes)).await;
        Self { project, ..bench }
    }

    /// Imports a file with the world's columns into a project.
    pub async fn import(&self, project: &str, text: &str) -> i64 {
        self.import_file(project, &format!("{project}.csv"), text).await
    }

    /// The same with a name for the file.
    pub async fn import_file(&self, project: &str, name: &str, text: &str) -> i64 {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let roles = ColumnRoles {
            input: Some("user_input".into()),
            truth: Some("ground_truth_output".into()),
            split: Some("split".into()),
            ..ColumnRoles::default()
        };
        let plan = Some(SplitPlan::Column { column: "split".into() });
        let request = ImportFiles { project: project.into(), files: vec![file], roles, plan, ..ImportFiles::default() };
        self.engine.import_files(request).await.unwrap().project.id
    }

    /// Exports to the end.
    pub async fn export(&self, request: ExportDataset, target: &Path) -> (u64, ExportState) {
        let job = self.engine.start_export(request, target).await.expect("it begins");
        loop {
            let progress = self.engine.export_progress(job.clone()).await.unwrap();
            match progress.state {
                ExportState::Running => tokio::time::sleep(Duration::from_millis(1)).await,
                state => return (progress.rows_done, state),
            }
        }
    }

    /// Tries a prompt on some rows to the end.
    pub async fn try_rows(&self, request: TryRows) -> TriedRows {
        let job = self.engine.start_try_rows(request).await.expect("it begins");
        let ended = self.rows_over(&job).await;
        assert!(matches!(ended.state, TryRowsState::Done), "{:?}", ended.state);
        ended.rows
    }

    /// Looks until a try on some rows is over.
    pub async fn rows_over(&self, job: &TryRowsJob) -> TryRowsProgress {
        loop {
            let progress = self.engine.try_rows_progress(job.clone()).await.unwrap();
            if !matches!(progress.state, TryRowsState::Running) {
                return progress;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn database(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// A further engine over this store, so that a test can hinder its database.
    pub async fn engine_over(&self, store: Store) -> Engine {
        Engine::over(store, parts(self.database(), &self.models, &self.keys, &self.clock)).await.unwrap()
    }

    /// Ends this engine and opens the database anew, as the program does when it is started again.
    pub async fn started_again(self) -> Self {
        self.started_again_after(|_| ()).await
    }

    /// The same, with something that befalls the database file while no program has it open.
    pub async fn started_again_after(self, befalls: impl FnOnce(&Path)) -> Self {
        let Self { folder, engine, project, keys, clock, models } = self;
        let database = folder.path().join("test.db");
        drop(engine);
        // Its connections close in threads of their own.
        while !is_alone(&database) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        befalls(&database);
        let engine = open(folder.path().join("test.db"), &models, &keys, &clock).await;
        Self { folder, engine, project, keys, clock, models }
    }

    /// A further engine on the same database, as another process would open it.
    pub async fn another_engine(&self) -> Engine {
        open(self.database(), &self.models, &self.keys, &self.clock).await
    }

    /// The store below the engine, to do what only a killed process can leave behind.
    pub async fn store(&self) -> Store {
        Store::open(&self.database()).await.unwrap()
    }

    pub async fn start(&self, config: RunConfig) -> i64 {
        self.engine.start_run(StartRun { project: self.project, config }).await.expect("the run starts").id
    }

    /// Starts a run and waits until it does not go on.
    pub async fn run(&self, config: RunConfig) -> RunView {
        let run = self.start(config).await;
        settled(&self.engine, run).await
    }
}

fn is_alone(database: &Path) -> bool {
    let mode =
        rusqlite::Connection::open(database).and_then(|c| c.query_row("PRAGMA journal_mode = DELETE", [], |r| r.get::<_, String>(0)));
    mode.is_ok_and(|mode| mode == "delete")
}

async fn open(database: PathBuf, models: &Arc<dyn Models>, keys: &Arc<MemoryKeys>, clock: &Arc<TestClock>) -> Engine {
    Engine::open(parts(database, models, keys, clock)).await.expect("the database opens")
}

fn parts(database: PathBuf, models: &Arc<dyn Models>, keys: &Arc<MemoryKeys>, clock: &Arc<TestClock>) -> Parts {
    Parts {
        database,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        keys: Arc::clone(keys) as Arc<dyn KeyStore>,
        models: Arc::clone(models),
        environment: Arc::new(|_| None),
    }
}

/// Waits until nobody drives the run in this process.
pub async fn settled(engine: &Engine, run: i64) -> RunView {
    while engine.driven_runs().contains(&run) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    engine.get_run(RunId { run }).await.unwrap()
}

pub fn prompt(system: &str) -> Prompt {
    Prompt { system_prompt: system.into(), output_prompt: "Name it.".into() }
}

pub fn model(name: &str, connection: i64) -> ModelConfig {
    ModelConfig { connection, model: name.into(), temperature: None, max_output_tokens: None, seed: None }
}

/// A run from `skill 3/3/3` that only ends when its epochs are done, and asks every validation example.
pub fn config(epochs: u32) -> RunConfig {
    RunConfig {
        name: "run".into(),
        prompt: prompt("skill 3/3/3"),
        primary: model("primary", Connection::DEMO),
        optimizer: model("optimizer", Connection::DEMO),
        metrics: vec![MetricSpec { metric: MetricKind::Exact, weight: 1.0 }],
        epochs,
        patience: 0,
        early_stop: false,
        concurrency: 4,
        ..first_config()
    }
}

/// A world in which epochs are accepted, tied, invalid, rejected and accepted again: every path in one run.
pub fn eventful() -> World {
    let mut world = World::proposing(["skill 5/5/5", "skill 5/5/5 as before", "", "skill 2/2/2", "skill 7/7/7"]);
    world.replies[2] = "no JSON".into();
    world
}

/// What a run came to, without what depends on time.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub status: RunStatus,
    pub stop_reason: Option<String>,
    pub baseline: SplitScores,
    pub best: BestPrompt,
    pub epochs: Vec<EpochSummary>,
    pub prompts: Vec<(u32, Prompt, Option<u32>)>,
}

impl Outcome {
    pub async fn of(engine: &Engine, run: i64) -> Self {
        let view = engine.get_run(RunId { run }).await.unwrap();
        let versions = engine.list_prompt_versions(ProjectId { project: view.summary.project }).await.unwrap();
        let RunSummary { status, stop_reason, baseline, best, .. } = view.summary;
        let timeless = |e: EpochSummary| EpochSummary { usage: Default::default(), decided_at: 0, active_ms: 0, ..e };
        Self {
            status,
            stop_reason,
            baseline,
            best,
            epochs: view.epochs.into_iter().map(timeless).collect(),
            prompts: versions.into_iter().map(|v| (v.number, v.prompt, v.epoch)).collect(),
        }
    }
}

/// The decisions of a run, the baseline left out.
pub fn decisions(view: &RunView) -> Vec<Decision> {
    view.epochs.iter().skip(1).map(|e| e.decision).collect()
}

/// The mean of a score that was measured.
pub fn mean(score: Option<mlprompt_core::stats::Score>) -> f64 {
    score.expect("it was measured").score
}

/// The key of the connection that [`over_http`] saves. It must never be seen outside a request's header.
pub const KEY: &str = "sk-canary-4f9d1c77e2";

/// A bench whose models are reached over HTTP, and a config that asks the server for everything.
pub async fn over_http(server: &FakeServer, sizes: [u32; 3], epochs: u32) -> (Bench, RunConfig) {
    let models = RealModels::new(SystemClock::shared()).unwrap();
    let bench = Bench::new(Arc::new(models), sizes).await;
    let connection = server.connection(ConnectionKind::Openai, KeyReference::Keychain);
    let saved = bench.engine.save_connection(SaveConnection { connection, secret: Some(KEY.into()) }).await.unwrap();
    let config = RunConfig { primary: model("primary", saved.id), optimizer: model("optimizer", saved.id), ..config(epochs) };
    (bench, config)
}
