//! The settings of a run: what is offered for the next one, what is kept of a form that is filled in, and what cannot be.

use super::{Engine, data, door, prices};
use crate::{
    api::{Done, ProjectId, SavePreparedRun},
    connection::{Connection, ConnectionKind},
    error::{Error, Result},
    extract::Extractor,
    metric::{MetricKind, MetricSpec, Scorer},
    run::{AcceptRule, Budget, ModelConfig, PreparedRun, RunConfig, Selection, StrategyKind},
    store::Role,
    train,
};

/// What serves the user best is offered first; the command line keeps the written loop as its default.
fn begun_with() -> RunConfig {
    RunConfig { strategy: StrategyKind::Pareto, ..first_config() }
}

impl Engine {
    /// Settings to offer for the next run: those of the last one, else those that every project begins with.
    #[door]
    pub async fn default_run_config(&self, request: ProjectId) -> Result<RunConfig> {
        let base = self.store().run_defaults(request.project).await?;
        self.offered(request.project, base.unwrap_or_else(begun_with)).await
    }

    /// Settings that a run of this project would have if there had been none before: what is called unusual is held against them.
    #[door]
    pub async fn first_run_config(&self, request: ProjectId) -> Result<RunConfig> {
        self.offered(request.project, begun_with()).await
    }

    async fn offered(&self, project: i64, base: RunConfig) -> Result<RunConfig> {
        let dataset = self.store().dataset(project).await?;
        let draft = self.store().draft(project).await?;
        let runs = self.store().runs(project).await?;
        let base = self.reachable(base).await?;
        let number = runs.len() + 1;
        let metrics = match &dataset {
            Some(dataset) if base.metrics.is_empty() => data::suggested(dataset),
            _ => base.metrics.clone(),
        };
        let longest = draft.prompt.system_prompt.chars().count().max(draft.prompt.output_prompt.chars().count());
        // Room for what is learned, also beside a long first prompt.
        let room = u32::try_from((longest * 3).div_ceil(2)).unwrap_or(u32::MAX).next_multiple_of(1_000);
        // A rubric that came with the file needs a model that judges by it.
        let judge = base.judge.clone().or_else(|| has_judge(&metrics).then(|| base.optimizer.clone()));
        Ok(RunConfig {
            name: format!("Run {number}"),
            prompt: draft.prompt,
            locked: draft.locked,
            optimizer_system_prompt: draft.optimizer_system_prompt,
            judge,
            metrics,
            max_prompt_chars: base.max_prompt_chars.max(if longest * 10 > base.max_prompt_chars as usize * 9 { room } else { 0 }),
            repeat: None,
            parent: None,
            // Paying for every answer anew was meant for one run: nobody looks for it in the next.
            use_cache: true,
            ..base
        })
    }

    /// The form of a new run as it was left; none when nothing was filled in since the last start.
    #[door]
    pub async fn prepared_run(&self, request: ProjectId) -> Result<Option<PreparedRun>> {
        let Some(prepared) = self.store().prepared_run(request.project).await? else { return Ok(None) };
        Ok(Some(PreparedRun { config: self.reachable(prepared.config).await?, ..prepared }))
    }

    /// Keeps what is filled in for a new run, right or wrong: it is checked when it is estimated and started.
    #[door]
    pub async fn save_prepared_run(&self, request: SavePreparedRun) -> Result<Done> {
        self.store().save_prepared_run(request.project, request.prepared.as_ref()).await?;
        Ok(Done {})
    }

    /// The same settings with the demo model in place of models whose connection is gone, and without a judge that is.
    async fn reachable(&self, config: RunConfig) -> Result<RunConfig> {
        let known: Vec<i64> = self.store().connections().await?.iter().map(|c| c.id).collect();
        let demo = first_config();
        let there = |model: ModelConfig, fallback: ModelConfig| if known.contains(&model.connection) { model } else { fallback };
        let judge = config.judge.filter(|judge| known.contains(&judge.connection));
        Ok(RunConfig { primary: there(config.primary, demo.primary), optimizer: there(config.optimizer, demo.optimizer), judge, ..config })
    }
}

pub(super) fn needs_judge(config: &RunConfig) -> bool {
    has_judge(&config.metrics)
}

fn has_judge(metrics: &[MetricSpec]) -> bool {
    rubric(metrics).is_some()
}

/// What a judge among the metrics judges by.
pub(super) fn rubric(metrics: &[MetricSpec]) -> Option<&str> {
    metrics.iter().find_map(|m| match &m.metric {
        MetricKind::Judge { rubric } => Some(rubric.as_str()),
        _ => None,
    })
}

/// The settings of a first run: the demo model, the loop's defaults.
pub fn first_config() -> RunConfig {
    let model = |name: &str| ModelConfig {
        connection: Connection::DEMO,
        model: name.into(),
        temperature: None,
        max_output_tokens: None,
        seed: None,
    };
    RunConfig {
        name: String::new(),
        prompt: Default::default(),
        locked: Vec::new(),
        optimizer_system_prompt: train::DEFAULT_OPTIMIZER_PROMPT.into(),
        primary: model("demo"),
        optimizer: model("demo-optimizer"),
        judge: None,
        metrics: Vec::new(),
        match_threshold: 1.0,
        extract: None,
        strategy: StrategyKind::Greedy,
        parts: Default::default(),
        accept: AcceptRule::Any,
        alpha: 0.1,
        early_stop: true,
        epochs: 10,
        examples: 5,
        select: Selection::Mixed,
        patience: 5,
        target_score: None,
        concurrency: 16,
        samples: 1,
        seed: 0,
        repeat: None,
        parent: None,
        use_cache: true,
        budget: Budget::default(),
        train_rows: 1000,
        validation_rows: 500,
        test_rows: 1000,
        max_prompt_chars: 12_000,
    }
}

/// The first thing that is wrong with the settings.
pub(super) fn check_config(config: &RunConfig, connections: &[Connection], labels: &[String]) -> Result<()> {
    let invalid = |message: String| Err(Error::invalid(message));
    super::projects::checked_name(&config.name, "run")?;
    for (model, role) in [(Some(&config.primary), "primary"), (Some(&config.optimizer), "optimizer"), (config.judge.as_ref(), "judge")] {
        let Some(model) = model else { continue };
        if model.model.trim().is_empty() {
            return invalid(format!("The {role} model has no name. Choose one, or type its name."));
        }
        if model.temperature.is_some_and(|t| !t.is_finite() || !(0.0..=5.0).contains(&t)) {
            return invalid(format!("The temperature of the {role} model must lie between 0 and 5, or be left empty."));
        }
        if model.max_output_tokens == Some(0) {
            return invalid(format!("The {role} model may write 0 tokens. Leave the limit empty or raise it."));
        }
    }
    Scorer::new(&config.metrics, labels, config.match_threshold)?;
    Extractor::new(config.extract.as_ref())?;
    if needs_judge(config) && config.judge.is_none() {
        return invalid("A judge metric is chosen, but no judge model. Choose the model that scores.".into());
    }
    if config.epochs > 0 && config.examples == 0 {
        return invalid("The optimizer would see no example. Show it at least one.".into());
    }
    if config.examples > 200 || config.epochs > 10_000 || config.concurrency > 1024 || config.samples > 100 {
        return invalid("A setting is too large: at most 200 examples shown, 10,000 epochs, 1,024 calls at once and 100 samples.".into());
    }
    if config.concurrency == 0 || config.samples == 0 {
        return invalid("Concurrency and samples must be at least 1.".into());
    }
    if !(config.alpha > 0.0 && config.alpha < 1.0) {
        return invalid("Alpha must lie between 0 and 1, for instance 0.1.".into());
    }
    if config.target_score.is_some_and(|t| !(t > 0.0 && t <= 1.0)) {
        return invalid("The target score must lie above 0 and at most at 1 (100 %).".into());
    }
    check_budget(config, connections)
}

fn check_budget(config: &RunConfig, connections: &[Connection]) -> Result<()> {
    let budget = &config.budget;
    let zero = [budget.max_calls == Some(0), budget.max_tokens == Some(0), budget.max_seconds == Some(0)];
    if zero.contains(&true) || budget.max_cost.is_some_and(|c| !(c.is_finite() && c > 0.0)) {
        return Err(Error::invalid("A budget of 0 allows nothing. Raise it or leave it empty."));
    }
    let real: Vec<(Role, &ModelConfig)> = prices::models(config)
        .filter(|(_, m)| connections.iter().any(|c| c.id == m.connection && c.kind != ConnectionKind::Demo))
        .collect();
    let unpriced = |(_, model): &&(Role, &ModelConfig)| {
        !connections.iter().any(|c| c.id == model.connection && crate::price::find(c, &[], &model.model).is_some())
    };
    if let (Some(_), Some(model)) = (budget.max_cost, real.iter().find(unpriced).map(|(_, model)| model)) {
        return Err(Error::invalid(format!(
            "The price of {} is unknown, so a limit in dollars cannot be kept. Enter its price in Settings, or limit calls or tokens instead.",
            model.model
        )));
    }
    let limit = if budget.max_tokens.is_some() { Some("tokens") } else { budget.max_cost.map(|_| "dollars") };
    if let (Some(limit), Some((role, ModelConfig { model, .. }))) = (limit, real.iter().find(|(_, m)| m.max_output_tokens.is_none())) {
        let role = match role {
            Role::Primary => "primary",
            Role::Optimizer => "optimizer",
            Role::Judge => "judge",
        };
        return Err(Error::invalid(format!(
            "A limit in {limit} needs the most tokens that the {role} model {model} may write. Set its maximum of output tokens."
        )));
    }
    Ok(())
}
