//! One run of a strategy on a simulated task, and what it came to.

use std::sync::Arc;

use mlprompt_core::{
    api::{GetEpoch, RunId, StartRun},
    clock::SystemClock,
    dataset::{ColumnRoles, SplitPlan},
    engine::{Engine, ImportFiles, Models, Parts, first_config},
    keys::MemoryKeys,
    metric::{MetricKind, MetricSpec},
    prompt::Prompt,
    run::{Bound, Budget, Candidate, Decision, EditFate, Fate, ModelConfig, RunConfig, SearchParts, StrategyKind, Technique, TriedEdit},
    tokens,
};
use tempfile::TempDir;

use crate::tasks::{Kind, Only, Task};

/// What is run.
#[derive(Clone, Copy)]
pub struct Setting {
    pub strategy: StrategyKind,
    pub parts: SearchParts,
    /// Training and validation examples.
    pub rows: (u64, u64),
    /// Limit on calls.
    pub calls: Option<u64>,
    /// Whether every edit is looked at afterwards, which takes a while.
    pub closely: bool,
    pub epochs: u32,
}

impl Setting {
    /// The whole search on 100 and 100 examples, with so many calls.
    pub fn with_calls(calls: u64) -> Self {
        Self {
            strategy: StrategyKind::Pareto,
            parts: SearchParts::default(),
            rows: (100, 100),
            calls: Some(calls),
            closely: false,
            epochs: 100,
        }
    }
}

/// What a run came to.
#[derive(Clone)]
pub struct Figures {
    /// Score without noise of the returned prompt.
    pub worth: f64,
    /// The reported best validation minus it.
    pub beyond: f64,
    /// Calls of the run.
    pub calls: f64,
    /// Tokens of the returned prompt.
    pub tokens: f64,
    /// Validation examples asked for each candidate that was decided on.
    pub validated: f64,
    /// Share of the optimizer's edits that were dropped in an earlier round already; 0 unless looked at closely.
    pub repeated: f64,
    /// Calls at each new best, with its score without noise.
    climb: Vec<(f64, f64)>,
}

impl Figures {
    /// Calls until the best was worth so much; all of the limit where it never was.
    pub fn calls_to(&self, worth: f64, limit: Option<u64>) -> f64 {
        let reached = self.climb.iter().find(|(_, w)| *w >= worth);
        reached.map_or(limit.map_or(self.calls, |l| l as f64), |(calls, _)| *calls)
    }
}

/// An engine over a database of its own; the folder is removed when it is dropped.
pub async fn engine(models: Arc<dyn Models>) -> (Engine, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let parts = Parts {
        database: folder.path().join("bench.db"),
        clock: SystemClock::shared(),
        keys: Arc::new(MemoryKeys::new("A bench.")),
        models,
        environment: Arc::new(|_| None),
    };
    (Engine::open(parts).await.unwrap(), folder)
}

/// Starts a run and waits for its end.
pub async fn finished(engine: &Engine, project: i64, config: RunConfig) -> i64 {
    let run = engine.start_run(StartRun { project, config }).await.unwrap().id;
    while engine.driven_runs().contains(&run) {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    run
}

/// A run on a task; the engine is handed out for a closer look.
pub async fn train(task: &Arc<Task>, setting: Setting) -> (Engine, i64, TempDir) {
    let (engine, folder) = engine(Arc::new(Only(Arc::clone(task)))).await;
    let file = folder.path().join("task.csv");
    std::fs::write(&file, task.csv(setting.rows.0, setting.rows.1, 0)).unwrap();
    let roles = ColumnRoles {
        input: Some("user_input".into()),
        truth: Some("ground_truth_output".into()),
        split: Some("split".into()),
        ..ColumnRoles::default()
    };
    let plan = Some(SplitPlan::Column { column: "split".into() });
    let request = ImportFiles { project: "bench".into(), files: vec![file], roles, plan, ..ImportFiles::default() };
    let project = engine.import_files(request).await.unwrap().project.id;
    let first = first_config();
    let model = |name: &str| ModelConfig { model: name.into(), ..first.primary.clone() };
    let fields = ["date", "amount", "name", "city", "urgent"].map(str::to_owned).to_vec();
    let metric = if task.kind == Kind::Extraction { MetricKind::JsonFields { fields } } else { MetricKind::Exact };
    let config = RunConfig {
        name: "bench".into(),
        prompt: task.start(),
        primary: model("primary"),
        optimizer: model("optimizer"),
        metrics: vec![MetricSpec { metric, weight: 1.0 }],
        strategy: setting.strategy,
        parts: setting.parts,
        epochs: setting.epochs,
        patience: 0,
        seed: task.seed,
        budget: Budget { max_calls: setting.calls, ..Budget::default() },
        ..first
    };
    let run = finished(&engine, project, config).await;
    (engine, run, folder)
}

/// What a run on a task comes to.
pub async fn run(task: Task, setting: Setting) -> Figures {
    let task = Arc::new(task);
    let (engine, run, _folder) = train(&task, setting).await;
    let view = engine.get_run(RunId { run }).await.unwrap();
    let best = view.summary.best;
    let prompt = Prompt { system_prompt: best.system_prompt, output_prompt: best.output_prompt };
    let worth = task.worth(&prompt);
    let (mut climb, mut edits) = (Vec::new(), Vec::new());
    for epoch in view.epochs.iter().skip(1) {
        let accepted = epoch.decision == Decision::Accepted;
        if !accepted && !setting.closely {
            continue;
        }
        let detail = engine.get_epoch(GetEpoch { run, epoch: epoch.epoch }).await.unwrap();
        if let (true, Some(prompt)) = (accepted, &detail.proposed) {
            climb.push((epoch.usage.calls as f64, task.worth(prompt)));
        }
        edits.extend(detail.edits);
    }
    let bound = |epoch: u32| view.epochs.iter().find(|e| e.epoch == epoch).and_then(|e| e.bound);
    let candidates: Vec<(Candidate, Option<Bound>)> =
        engine.search_tree(RunId { run }).await.unwrap().candidates.into_iter().map(|c| (c.clone(), bound(c.epoch))).collect();
    Figures {
        worth,
        beyond: best.validation.map_or(0.0, |s| s.score) - worth,
        calls: view.summary.usage.calls as f64,
        tokens: (tokens::count(&prompt.system_prompt) + tokens::count(&prompt.output_prompt)) as f64,
        validated: validated(&candidates),
        repeated: repeated(&edits),
        climb,
    }
}

/// Validation examples asked for a candidate, on average.
fn validated(candidates: &[(Candidate, Option<Bound>)]) -> f64 {
    let asked = |(candidate, bound): &(Candidate, Option<Bound>)| match candidate.fate {
        Fate::Outrun => bound.map(|b| b.n),
        Fate::Validated | Fate::Best => candidate.validation.map(|s| s.n),
        _ => None,
    };
    let asked: Vec<f64> = candidates.iter().filter_map(asked).map(f64::from).collect();
    asked.iter().sum::<f64>() / asked.len().max(1) as f64
}

/// Share of the optimizer's edits that change what an edit dropped in an earlier round changed.
fn repeated(edits: &[TriedEdit]) -> f64 {
    let written = |e: &&TriedEdit| matches!(e.technique, Technique::Edit | Technique::Front | Technique::Rewrite | Technique::Restart);
    let written: Vec<&TriedEdit> = edits.iter().filter(written).collect();
    let same = |a: &TriedEdit, b: &TriedEdit| (a.half, &a.removed, &a.added) == (b.half, &b.removed, &b.added);
    let known = |e: &TriedEdit| written.iter().any(|t| t.epoch < e.epoch && t.fate == EditFate::Dropped && same(t, e));
    written.iter().filter(|e| known(e)).count() as f64 / written.len().max(1) as f64
}
