//! What stands before a test's hand moves: projects and connections, made by the engine on the same database.

use std::path::Path;

use mlprompt_core::{
    api::{CreateSample, ExampleFilter, ImportDataset, ListExamples, PreviewImport, ProjectId, RunId, SaveConnection, StartRun},
    connection::{Connection, ConnectionKind, KeyReference},
    dataset::{ColumnRoles, ImportPreview, ReadOptions},
    engine::{Engine, Parts},
    prompt::Prompt,
    run::{BestPrompt, Decision, EpochSummary, ModelConfig, RunConfig, RunStatus, SplitScores, StrategyKind, Usage},
    stats::Score,
    store::{FreshAnswers, SearchRound, Store, StoredEpoch},
};

use crate::{app::App, desktop::until};

/// The engine on a database, beside the program.
pub async fn engine(database: &Path) -> Engine {
    Engine::open(Parts::real(database).expect("parts")).await.expect("the database opens")
}

/// A sample project whose next run asks a model on loopback, one proposal an epoch.
pub async fn slow_project(database: &Path, base_url: &str) -> (Engine, i64, RunConfig) {
    let engine = engine(database).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let connection = Connection {
        name: "slow server".into(),
        kind: ConnectionKind::Openai,
        base_url: base_url.into(),
        key: KeyReference::None,
        timeout_seconds: 30,
        concurrency: 4,
        default_model: "fake-model".into(),
        ..Connection::blank()
    };
    let id = engine.save_connection(SaveConnection { connection, secret: None }).await.expect("a connection").id;
    let config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    let model = ModelConfig { connection: id, model: "fake-model".into(), temperature: None, max_output_tokens: None, seed: None };
    let config =
        RunConfig { primary: model.clone(), optimizer: model, concurrency: 4, epochs: 2, strategy: StrategyKind::Greedy, ..config };
    (engine, project, config)
}

/// A project of one file, as the import sheet proposes it.
pub async fn imported(database: &Path, name: &str, text: &str) -> i64 {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    tokio::fs::write(&file, text).await.expect("a file");
    let paths = vec![file.display().to_string()];
    let engine = engine(database).await;
    let (options, roles) = (ReadOptions::default(), ColumnRoles::default());
    let seen = PreviewImport {
        paths: paths.clone(),
        pasted: None,
        project: None,
        options: options.clone(),
        roles,
        plan: None,
        first_rows_only: false,
    };
    let ImportPreview { roles, plan, .. } = engine.preview_import(seen).await.expect("a preview");
    let request = ImportDataset { project: None, paths, pasted: None, options, roles, plan };
    engine.import_dataset(request).await.expect("an import").project.id
}

/// Inputs with their ground truths, as the sample has them.
pub async fn sample_truths() -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = engine(&folder.path().join("truths.db")).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let all = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 500 };
    let page = engine.list_examples(all).await.expect("examples");
    page.rows.into_iter().map(|e| (e.user_input, e.ground_truth_output)).collect()
}

/// Starts a run and stops it at once, so that the window offers its settings next.
pub async fn offer(engine: Engine, project: i64, config: RunConfig) -> Engine {
    let run = engine.start_run(StartRun { project, config }).await.expect("it starts").id;
    // On a server that refuses at once it has failed before it can be stopped.
    let _already_ended = engine.stop_run(RunId { run }).await;
    let ended = [RunStatus::Cancelled, RunStatus::Failed];
    until("the stop", 30, async || ended.contains(&engine.run(run).await.expect("the run").status).then_some(())).await;
    engine
}

/// What a run has lived through.
pub struct Life {
    /// Its last epoch.
    pub epochs: u32,
    /// How far validation climbs from 0.4 until the last epoch.
    pub climb: f64,
    /// One epoch of so many is accepted; with 0 none.
    pub accepted: u32,
    /// Calls in each epoch.
    pub calls: u64,
}

/// Gives a run that has decided nothing yet a life, without a call.
pub async fn live_through(store: &Store, run: i64, prompt: &Prompt, life: Life) {
    let epochs = life.epochs;
    let mut best_of = (0, 0.4);
    let version = store.run_row(run).await.expect("the run").baseline_version;
    let score = |value: f64| Some(Score { score: value, n: 100, missing: 0, low: value - 0.05, high: value + 0.05 });
    for epoch in 0..=epochs {
        let value = 0.4 + life.climb * f64::from(epoch) / f64::from(epochs.max(1));
        let accepted = epoch > 0 && life.accepted > 0 && epoch.is_multiple_of(life.accepted);
        if accepted {
            best_of = (epoch, value);
        }
        let summary = EpochSummary {
            epoch,
            decision: match epoch {
                0 => Decision::Baseline,
                _ if accepted => Decision::Accepted,
                _ => Decision::Rejected,
            },
            reason: if accepted { "More rows went right than went wrong." } else { "No gain over the best." }.into(),
            train: score(value),
            validation: score(value),
            bound: None,
            delta: Some(0.01),
            p: Some(0.5),
            fixed: 3,
            broken: 2,
            usage: Usage { calls: u64::from(epoch) * life.calls, cost: Some(0.0), ..Usage::default() },
            decided_at: i64::from(epoch),
            active_ms: u64::from(epoch) * 1_000,
        };
        let best = BestPrompt {
            system_prompt: prompt.system_prompt.clone(),
            output_prompt: prompt.output_prompt.clone(),
            epoch: best_of.0,
            validation: score(best_of.1),
            ..BestPrompt::default()
        };
        let baseline = SplitScores { validation: score(0.4), ..SplitScores::default() };
        let epoch = StoredEpoch { version: Some(version), before: version, summary };
        store.save_epoch(run, epoch, baseline, best, SearchRound::default(), FreshAnswers::default()).await.expect("an epoch");
    }
}

/// Starts the offered run in the window.
pub async fn start_training(app: &App) {
    app.go("Train").await;
    app.click("New run").await;
    app.click_starting("Start training").await;
    app.read("Pause").await;
}
