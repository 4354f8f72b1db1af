//! The one door to everything: each command of [`crate::api`] is a method here. Window, command line and tests share it.

mod backups;
mod blame;
mod bought;
mod certificate;
mod commands;
mod connections;
mod data;
mod doubts;
mod drive;
mod estimate;
mod evaluate_file;
mod examples;
mod export;
mod exporting;
mod failures;
mod forecast;
mod importing;
mod jobs;
mod learning;
mod lineage;
mod lock;
mod log;
mod meaning;
mod measuring;
mod merging;
mod missing;
mod moved;
mod notice;
mod outcome;
mod outside;
mod outside_call;
mod preflight;
mod presets;
mod prices;
mod probe;
mod project_file;
mod projects;
mod prompt_pair;
mod prompts;
mod put_away;
mod reasons;
mod repeats;
mod report;
mod reserve;
mod results;
mod row_tries;
mod run_settings;
mod runs;
mod same_examples;
mod ship;
mod silence;
mod try_cost;
mod trying;
mod watch;

pub use data::ImportFiles;
pub use evaluate_file::EvaluationRequest;
pub use notice::Notice;
pub use preflight::suspect_words;
pub use run_settings::first_config;
pub use watch::RunWatch;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::AtomicU64},
};

/// On what others call: the future is boxed and compiled here. Of an `async fn` only its beginning belongs to the crate that has it, its body is
/// compiled again by every crate that awaits it, and behind one door of the engine is all of the engine.
pub(crate) use async_recursion::async_recursion as door;
use secrecy::SecretString;
use tokio::sync::{broadcast, watch as signal};

use crate::{
    api::NoRequest,
    calls::{Control, Gate, Purchases},
    chat::{HttpClient, SharedModel},
    clock::{Clock, SystemClock},
    connection::{Connection, ConnectionKind},
    demo::DemoModel,
    error::Result,
    keys::{KeyStore, PlatformKeys},
    store::Store,
};

/// Makes the model of a connection. Tests hand in their own.
pub trait Models: Send + Sync {
    /// The model behind a connection with its key.
    fn open(&self, connection: &Connection, key: Option<SecretString>) -> Result<SharedModel>;
}

/// The demo model, and every other one over HTTP.
pub struct RealModels {
    http: HttpClient,
    clock: Arc<dyn Clock>,
}

impl RealModels {
    /// Models over one HTTP client.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self> {
        Ok(Self { http: HttpClient::default(), clock })
    }
}

impl Models for RealModels {
    fn open(&self, connection: &Connection, key: Option<SecretString>) -> Result<SharedModel> {
        match connection.kind {
            ConnectionKind::Demo => Ok(Arc::new(DemoModel)),
            _ => self.http.model(connection, key, Arc::clone(&self.clock)),
        }
    }
}

/// A run that this process drives from now on, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driving {
    /// The run begins, or goes on.
    Began(i64),
    /// The run has ended or waits; what it came to is on disk.
    Ended(i64),
}

/// Beginnings and ends that a slow listener may be behind.
const MOST_UNHEARD: usize = 1024;

/// Reads an environment variable.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What an engine is made of; everything from outside is handed in.
pub struct Parts {
    /// The database file.
    pub database: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where keys are kept.
    pub keys: Arc<dyn KeyStore>,
    /// Where models come from.
    pub models: Arc<dyn Models>,
    /// Reads an environment variable.
    pub environment: Environment,
}

impl Parts {
    /// The parts of a real program: the machine's clock, keychain, network and environment.
    pub fn real(database: &Path) -> Result<Self> {
        let clock = SystemClock::shared();
        Ok(Self {
            database: database.to_owned(),
            models: Arc::new(RealModels::new(Arc::clone(&clock))?),
            clock,
            keys: Arc::new(PlatformKeys::default()),
            environment: Arc::new(|name| std::env::var(name).ok()),
        })
    }
}

/// The engine. Clones share it.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    database_id: String,
    clock: Arc<dyn Clock>,
    keys: Arc<dyn KeyStore>,
    /// Keys of connections that were deleted since this process began: who takes that back gets them back.
    taken_keys: Mutex<HashMap<i64, SecretString>>,
    /// Keys of connections whose host was changed since this process began, by the host they were entered for.
    left_keys: Mutex<HashMap<(i64, String), SecretString>>,
    models: Arc<dyn Models>,
    environment: Environment,
    /// Runs that this process drives.
    driven: Mutex<HashMap<i64, signal::Sender<Control>>>,
    /// Runs of this process that ended when the database took no word of it, and why.
    unrecorded: Mutex<HashMap<i64, String>>,
    /// How many of them have ended.
    ends: signal::Sender<u64>,
    /// One gate for each connection, shared by the runs that use it.
    gates: Mutex<HashMap<i64, Arc<Gate>>>,
    /// What runs of a project buy right now, as long as one of them goes on.
    purchases: Mutex<HashMap<i64, Weak<Purchases>>>,
    /// Exports of examples that this process makes.
    exports: jobs::Jobs<exporting::ExportWatch>,
    /// Tries whose answer is read while it comes.
    tries: jobs::Jobs<trying::TryWatch>,
    /// Prompts that are being tried on some rows.
    row_tries: jobs::Jobs<row_tries::RowsWatch>,
    /// First prompts that are being measured before a run.
    measures: jobs::Jobs<measuring::MeasureWatch>,
    /// What they got no answer to.
    silences: Mutex<silence::Silences>,
    /// Told when this process begins or ends to drive a run.
    driving: broadcast::Sender<Driving>,
    /// Told when the tests of connections that still wait are to end.
    tests_end: tokio::sync::Notify,
    /// Number of the latest preview; one of another number stops reading.
    previews: AtomicU64,
    /// Imports of this process.
    imports: jobs::Jobs<importing::ImportWatch>,
    /// Imports whose index is being built.
    indexing: Mutex<HashSet<i64>>,
}

impl Engine {
    /// Opens the database and makes the engine.
    #[door]
    pub async fn open(parts: Parts) -> Result<Self> {
        let store = Store::open(&parts.database).await.map_err(|error| backups::beside_its_copy(error, &parts.database))?;
        let engine = Self::over(store, parts).await?;
        let aside = engine.clone();
        tokio::spawn(async move {
            if let Err(error) = aside.remove_long_deleted().await {
                tracing::warn!(error = %error.message, "what was deleted long ago could not be removed");
            }
        });
        Ok(engine)
    }

    /// The engine over a store that is open already: that of `parts.database`.
    #[door]
    pub async fn over(store: Store, parts: Parts) -> Result<Self> {
        let database_id = store.database_id().await?;
        let engine = Self {
            inner: Arc::new(Inner {
                store,
                database_id,
                clock: parts.clock,
                keys: parts.keys,
                taken_keys: Mutex::default(),
                left_keys: Mutex::default(),
                models: parts.models,
                environment: parts.environment,
                driven: Mutex::default(),
                unrecorded: Mutex::default(),
                ends: signal::Sender::new(0),
                gates: Mutex::default(),
                purchases: Mutex::default(),
                exports: jobs::Jobs::default(),
                tries: jobs::Jobs::default(),
                row_tries: jobs::Jobs::default(),
                measures: jobs::Jobs::default(),
                silences: Mutex::default(),
                driving: broadcast::Sender::new(MOST_UNHEARD),
                tests_end: tokio::sync::Notify::new(),
                previews: AtomicU64::new(0),
                imports: jobs::Jobs::default(),
                indexing: Mutex::default(),
            }),
        };
        engine.sweep_imports().await;
        // What calls had cost that nobody lived to write down.
        if let Err(error) = engine.list_interrupted(NoRequest {}).await {
            tracing::warn!(error = %error.message, "runs that were interrupted could not be looked after");
        }
        Ok(engine)
    }

    /// The gate of a connection, with the limits it has now.
    fn gate(&self, connection: &Connection) -> Arc<Gate> {
        let mut gates = self.inner.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = connection.gate_limits();
        let gate = gates.entry(connection.id).or_insert_with(|| Gate::new(Arc::clone(&self.inner.clock), limits));
        gate.set_limits(limits);
        Arc::clone(gate)
    }

    /// What the runs of a project that use one another's answers buy right now.
    fn purchases(&self, project: i64) -> Arc<Purchases> {
        let mut all = self.inner.purchases.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, purchases| purchases.strong_count() > 0);
        all.get(&project).and_then(Weak::upgrade).unwrap_or_else(|| {
            let purchases = Arc::default();
            all.insert(project, Arc::downgrade(&purchases));
            purchases
        })
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn now(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    fn indexing(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.inner.indexing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn driven(&self) -> MutexGuard<'_, HashMap<i64, signal::Sender<Control>>> {
        self.inner.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unrecorded(&self) -> MutexGuard<'_, HashMap<i64, String>> {
        self.inner.unrecorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells from now on when this process begins or ends to drive a run.
    pub fn driving(&self) -> broadcast::Receiver<Driving> {
        self.inner.driving.subscribe()
    }

    /// Runs that this process drives now.
    pub fn driven_runs(&self) -> Vec<i64> {
        let mut runs: Vec<i64> = self.driven().keys().copied().collect();
        runs.sort_unstable();
        runs
    }
}

/// The database file of this user: `mlprompt/mlprompt.db` below the platform's data folder, as the environment names it.
pub fn default_database(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| environment(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = if cfg!(target_os = "windows") {
        set("APPDATA")?
    } else if cfg!(target_os = "macos") {
        set("HOME")?.join("Library/Application Support")
    } else {
        // XDG Base Directory Specification: a relative path is to be ignored.
        set("XDG_DATA_HOME").filter(|p| p.is_absolute()).or_else(|| Some(set("HOME")?.join(".local/share")))?
    };
    Some(set("MLPROMPT_DB").unwrap_or_else(|| folder.join("mlprompt").join("mlprompt.db")))
}
