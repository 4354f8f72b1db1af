//! From options to what the engine takes.

use std::path::PathBuf;

use mlprompt_core::{
    Error, ErrorCode, Result,
    api::{CreateSample, NoRequest, ProjectId, ProjectView, SaveConnection, SaveDraft, SplitDataset},
    connection::{Connection, ConnectionKind, KeyReference, without_query},
    dataset::{ColumnRoles, ReadOptions, Split, SplitPlan},
    engine::{Engine, ImportFiles, first_config},
    extract,
    metric::{self, MetricKind, MetricSpec},
    prompt::{Half, LockedSpan, Prompt, PromptDraft},
    run::{AcceptRule, Budget, ModelConfig, RunConfig, Selection, StrategyKind},
};

use crate::options::{AcceptName, DataOptions, ModelOptions, Provider, ReadingOptions, SelectName, StrategyName, TrainOptions};

/// A text option: itself, or the file that `@FILE` names.
pub fn text(option: &str) -> Result<String> {
    match option.strip_prefix('@') {
        None => Ok(option.to_owned()),
        Some(file) => std::fs::read_to_string(file)
            .map_err(|e| Error::new(ErrorCode::FileUnreadable, format!("{file} cannot be read as text: {e}. Check the path after the @."))),
    }
}

impl ReadingOptions {
    /// How files are read.
    pub fn read_options(&self) -> ReadOptions {
        let delimiter = self.delimiter.as_deref().map(|d| match d {
            "\\t" | "tab" => "\t".to_owned(),
            _ => d.to_owned(),
        });
        ReadOptions {
            // The names are those of the API; the options allow no others.
            format: self.format.as_deref().and_then(|format| serde_json::from_value(format.into()).ok()),
            encoding: self.encoding.clone(),
            delimiter,
            quote: self.quote.clone(),
            header: self.no_header.then_some(false),
            sheet: self.sheet.clone(),
        }
    }

    /// What the columns are.
    pub fn roles(&self) -> ColumnRoles {
        ColumnRoles { input: self.input.clone(), truth: self.truth.clone(), split: self.split_column.clone(), id: self.id_column.clone() }
    }
}

fn ratio(text: &str, seed: u64) -> Result<SplitPlan> {
    let parts: Vec<Option<u32>> = text.split('/').map(|p| p.trim().parse().ok()).collect();
    match parts.as_slice() {
        [Some(train), Some(validation), Some(test)] => Ok(SplitPlan::Ratio { train: *train, validation: *validation, test: *test, seed }),
        [Some(train), Some(validation)] => Ok(SplitPlan::Ratio { train: *train, validation: *validation, test: 0, seed }),
        _ => Err(Error::invalid(format!("The split \"{text}\" is no ratio. Write percents such as 60/20/20."))),
    }
}

/// Imports the files that the options name and gives the project.
pub async fn import(engine: &Engine, data: &DataOptions) -> Result<ProjectView> {
    if let Some(sample) = &data.sample {
        return sample_project(engine, sample, data.split_seed).await;
    }
    let files: Vec<PathBuf> = match &data.data {
        Some(file) => vec![file.clone()],
        None => [&data.train, &data.validation, &data.test].into_iter().flatten().cloned().collect(),
    };
    let first = files.first().ok_or_else(|| Error::invalid("No file was named. Use --data F."))?;
    let name = data.project.clone().unwrap_or_else(|| {
        let part = if data.data.is_some() { first.file_stem() } else { first.parent().and_then(|p| p.file_name()).or(first.file_stem()) };
        part.map_or_else(|| "project".into(), |s| s.to_string_lossy().into_owned())
    });
    let plan = match (&data.split, &data.reading.split_column, &data.data) {
        (Some(split), _, _) => Some(ratio(split, data.split_seed.unwrap_or_default())?),
        (None, Some(column), _) => Some(SplitPlan::Column { column: column.clone() }),
        (None, None, None) => Some(SplitPlan::Files),
        (None, None, Some(_)) => None,
    };
    // The option says which split a file is, whatever it is called.
    let named = [(&data.train, Split::Train), (&data.validation, Split::Validation), (&data.test, Split::Test)];
    let file_splits: Vec<Split> = named.into_iter().filter(|(file, _)| file.is_some()).map(|(_, split)| split).collect();
    let import = ImportFiles {
        project: name,
        files,
        file_splits,
        options: data.reading.read_options(),
        roles: data.reading.roles(),
        plan,
        split_seed: data.split_seed.unwrap_or_default(),
    };
    engine.import_files(import).await
}

/// The sample's project, made when there is none, and divided anew where a seed says so.
async fn sample_project(engine: &Engine, sample: &str, split_seed: Option<u64>) -> Result<ProjectView> {
    let samples = engine.list_samples(NoRequest {}).await?;
    let known = samples.iter().find(|s| s.id == sample).ok_or_else(|| {
        let ids: Vec<&str> = samples.iter().map(|s| s.id.as_str()).collect();
        Error::invalid(format!("There is no sample \"{sample}\". Choose one of: {}.", ids.join(", ")))
    })?;
    let view = match engine.project_id(&known.name).await {
        Ok(project) => engine.open_project(project).await?,
        Err(_) => engine.create_sample(CreateSample { sample: sample.to_owned() }).await?,
    };
    let project = view.project.id;
    match (split_seed, view.dataset.as_ref().map(|d| &d.plan)) {
        (Some(wanted), Some(&SplitPlan::Ratio { train, validation, test, seed })) if seed != wanted => {
            engine.split_dataset(SplitDataset { project, plan: SplitPlan::Ratio { train, validation, test, seed: wanted } }).await?;
            engine.open_project(ProjectId { project }).await
        }
        _ => Ok(view),
    }
}

fn kind(provider: Provider) -> ConnectionKind {
    match provider {
        Provider::Demo => ConnectionKind::Demo,
        Provider::Openai => ConnectionKind::Openai,
        Provider::Anthropic => ConnectionKind::Anthropic,
        Provider::Gemini => ConnectionKind::Gemini,
        Provider::Ollama => ConnectionKind::Ollama,
    }
}

/// Address and key variable of a provider's own service.
fn service(provider: Provider) -> (&'static str, Option<&'static str>) {
    match provider {
        Provider::Demo => ("", None),
        Provider::Openai => ("https://api.openai.com/v1", Some("OPENAI_API_KEY")),
        Provider::Anthropic => ("https://api.anthropic.com/v1", Some("ANTHROPIC_API_KEY")),
        Provider::Gemini => ("https://generativelanguage.googleapis.com/v1beta", Some("GEMINI_API_KEY")),
        Provider::Ollama => ("http://localhost:11434/v1", None),
    }
}

/// Where a model is, as options say it.
#[derive(Clone)]
struct Place {
    provider: Provider,
    base_url: Option<String>,
    key: Option<String>,
}

/// Calls at once where nothing else is said.
const CONCURRENCY: u32 = 16;
/// Seconds one request may take where nothing else is said.
const TIMEOUT: u32 = 120;

/// The saved connection for a place, made when there is none. Only what was asked for changes one that is there: runs of the window use it.
async fn connection(engine: &Engine, place: &Place, options: &ModelOptions, model: &str) -> Result<i64> {
    if place.provider == Provider::Demo {
        return Ok(Connection::DEMO);
    }
    let (service_url, service_key) = service(place.provider);
    let base_url = place.base_url.clone().unwrap_or_else(|| service_url.to_owned());
    let base_url = base_url.trim().trim_end_matches('/').to_owned();
    // Another server than the provider's own gets no key unless one is named.
    let variable = place.key.clone().or_else(|| (base_url == service_url).then(|| service_key.map(str::to_owned)).flatten());
    let key = variable.map_or(KeyReference::None, |variable| KeyReference::Environment { variable });
    let known = engine.list_connections(NoRequest {}).await?;
    let existing = known.into_iter().find(|c| c.kind == kind(place.provider) && c.base_url == base_url && c.key == key);
    let connection = match existing {
        Some(found) => {
            let timeout_seconds = options.timeout.unwrap_or(found.timeout_seconds);
            let concurrency = options.concurrency.unwrap_or(found.concurrency);
            if (timeout_seconds, concurrency) == (found.timeout_seconds, found.concurrency) {
                return Ok(found.id);
            }
            Connection { timeout_seconds, concurrency, ..found }
        }
        None => Connection {
            name: place_name(&base_url),
            kind: kind(place.provider),
            base_url,
            key,
            timeout_seconds: options.timeout.unwrap_or(TIMEOUT),
            concurrency: options.concurrency.unwrap_or(CONCURRENCY),
            default_model: model.to_owned(),
            ..Connection::blank()
        },
    };
    Ok(engine.save_connection(SaveConnection { connection, secret: None }).await?.id)
}

/// What a connection is called after its address: nothing that may be a key is part of it, as a name is shown.
fn place_name(base_url: &str) -> String {
    let address = without_query(base_url);
    let place = address.split("://").nth(1).unwrap_or(address);
    place.rsplit('@').next().unwrap_or_default().trim_end_matches('/').trim_end_matches("/v1").to_owned()
}

fn model_name(place: &Place, name: Option<&String>, option: &str) -> Result<String> {
    match (name, place.provider) {
        (Some(name), _) => Ok(name.clone()),
        (None, Provider::Demo) => Ok("demo".into()),
        (None, _) => Err(Error::invalid(format!("Name the model with {option}."))),
    }
}

/// The run config for a primary model without an optimizer.
pub async fn base_config(engine: &Engine, options: &ModelOptions, project: &ProjectView, time: i64) -> Result<RunConfig> {
    let primary_place = Place { provider: options.provider, base_url: options.base_url.clone(), key: options.api_key_env.clone() };
    let model = model_name(&primary_place, options.model.as_ref(), "--model")?;
    let primary = ModelConfig {
        connection: connection(engine, &primary_place, options, &model).await?,
        model: model.clone(),
        temperature: options.temperature,
        max_output_tokens: options.max_output_tokens,
        seed: None,
    };
    let metrics = metrics(options, project)?;
    let judged = metrics.iter().any(|m| matches!(m.metric, MetricKind::Judge { .. }));
    let judge = if judged {
        let place =
            other_place(&primary_place, options.judge_provider, options.judge_base_url.as_ref(), options.judge_api_key_env.as_ref());
        let name =
            model_name(&place, options.judge_model.as_ref().or(same_place(&place, &primary_place).then_some(&model)), "--judge-model")?;
        let id = connection(engine, &place, options, &name).await?;
        // What an answer may have at most, a label for instance, would cut a verdict.
        let bounded = options.max_tokens.is_some() || options.max_cost.is_some();
        let max_output_tokens = bounded.then_some(LONGEST_VERDICT);
        Some(ModelConfig { connection: id, model: name, temperature: None, max_output_tokens, seed: None })
    } else {
        None
    };
    let name = options.run_name.clone().unwrap_or_else(|| crate::show::time_name(time));
    Ok(RunConfig {
        name,
        prompt: prompt(options, project)?,
        optimizer: primary.clone(),
        primary,
        judge,
        metrics,
        extract: options.extract.as_deref().map(extract::parse_rule).transpose()?,
        concurrency: options.concurrency.unwrap_or(CONCURRENCY),
        samples: options.samples,
        seed: options.seed,
        use_cache: !options.no_cache,
        budget: Budget {
            max_calls: options.max_calls,
            max_tokens: options.max_tokens,
            max_cost: options.max_cost,
            max_seconds: options.max_seconds,
        },
        ..first_config()
    })
}

/// The prompts as given; those of the project stand where none was given (a sample's; a new project's are empty).
fn prompt(options: &ModelOptions, project: &ProjectView) -> Result<Prompt> {
    match (&options.system_prompt, &options.output_prompt) {
        (None, None) => Ok(project.draft.prompt.clone()),
        (system, output) => {
            let given = |option: &Option<String>| option.as_deref().map(text).transpose().map(Option::unwrap_or_default);
            Ok(Prompt { system_prompt: given(system)?, output_prompt: given(output)? })
        }
    }
}

/// A project that has no prompts yet gets those that it is used with, so that the window opens with them.
pub async fn keep_prompt(engine: &Engine, project: &ProjectView, config: &RunConfig) -> Result<()> {
    if project.draft.prompt != Prompt::default() {
        return Ok(());
    }
    let draft = PromptDraft { prompt: config.prompt.clone(), locked: config.locked.clone(), ..project.draft.clone() };
    engine.save_draft(SaveDraft { project: project.project.id, draft }).await.map(|_| ())
}

fn metrics(options: &ModelOptions, project: &ProjectView) -> Result<Vec<MetricSpec>> {
    if options.metric.is_empty() {
        let suggested = project.dataset.as_ref().map(|d| d.suggested_metric.metrics());
        return suggested.ok_or_else(|| Error::invalid("The project has no data. Name a file with --data."));
    }
    options.metric.iter().map(|m| metric::parse_spec(m, |file| std::fs::read_to_string(file))).collect()
}

fn other_place(primary: &Place, provider: Option<Provider>, base_url: Option<&String>, key: Option<&String>) -> Place {
    match (provider, base_url) {
        (None, None) => Place { key: key.cloned().or_else(|| primary.key.clone()), ..primary.clone() },
        // Another address is another host: the primary's key does not go there.
        (provider, base_url) => Place {
            provider: provider.unwrap_or(primary.provider),
            base_url: base_url.cloned(),
            key: key.cloned().or_else(|| (base_url == primary.base_url.as_ref()).then(|| primary.key.clone()).flatten()),
        },
    }
}

fn same_place(one: &Place, other: &Place) -> bool {
    one.provider == other.provider && one.base_url == other.base_url
}

/// Epochs of a search that is to spend its limit on calls: more than any limit in use buys.
const SPENT: u32 = 100;

/// Texts to lock, in the halves they stand in.
fn locked(texts: &[String], prompt: &Prompt) -> Result<Vec<LockedSpan>> {
    let mut locked = Vec::new();
    for text in texts {
        let spans = [Half::System, Half::Output].map(|half| LockedSpan { half, text: text.clone() });
        let standing: Vec<LockedSpan> = spans.into_iter().filter(|s| s.stands_in(prompt)).collect();
        if standing.is_empty() {
            return Err(Error::invalid(format!(
                "--lock \"{text}\": neither prompt has this text. Copy it from the prompt as it stands there."
            )));
        }
        locked.extend(standing);
    }
    Ok(locked)
}

/// Tokens a judge may write when a limit in tokens or dollars needs a bound: a score with its feedback, and room to think.
const LONGEST_VERDICT: u32 = 1_024;
/// Tokens an optimizer may write when a limit in tokens or dollars needs a bound: two long prompts with their reasons.
const LONGEST_PROPOSAL: u32 = 8_192;

/// The run config for training.
pub async fn train_config(engine: &Engine, options: &TrainOptions, project: &ProjectView, time: i64) -> Result<RunConfig> {
    let base = base_config(engine, &options.model, project, time).await?;
    let primary =
        Place { provider: options.model.provider, base_url: options.model.base_url.clone(), key: options.model.api_key_env.clone() };
    let place =
        other_place(&primary, options.optimizer_provider, options.optimizer_base_url.as_ref(), options.optimizer_api_key_env.as_ref());
    let fallback = same_place(&place, &primary).then_some(&base.primary.model);
    let name = model_name(&place, options.optimizer_model.as_ref().or(fallback), "--optimizer-model")?;
    let id = connection(engine, &place, &options.model, &name).await?;
    let bounded = options.model.max_tokens.is_some() || options.model.max_cost.is_some();
    Ok(RunConfig {
        optimizer: ModelConfig {
            connection: id,
            model: name,
            temperature: options.optimizer_temperature,
            max_output_tokens: bounded.then_some(LONGEST_PROPOSAL),
            seed: None,
        },
        optimizer_system_prompt: options.optimizer_prompt.as_deref().map(text).transpose()?.unwrap_or(base.optimizer_system_prompt.clone()),
        locked: locked(&options.lock, &base.prompt)?,
        strategy: match options.strategy {
            StrategyName::Greedy => StrategyKind::Greedy,
            StrategyName::Pareto => StrategyKind::Pareto,
        },
        accept: match options.accept {
            None | Some(AcceptName::Any) => AcceptRule::Any,
            Some(AcceptName::Significant) => AcceptRule::Significant,
        },
        alpha: options.alpha,
        early_stop: !options.no_early_stop,
        epochs: options.epochs.unwrap_or(if options.strategy == StrategyName::Pareto && options.model.max_calls.is_some() {
            SPENT
        } else {
            base.epochs
        }),
        examples: options.examples,
        select: match options.select {
            SelectName::Worst => Selection::Worst,
            SelectName::Mixed => Selection::Mixed,
            SelectName::Random => Selection::Random,
        },
        patience: options.patience,
        target_score: options.target_score,
        train_rows: options.train_rows,
        validation_rows: options.validation_rows,
        test_rows: options.test_rows,
        ..base
    })
}
