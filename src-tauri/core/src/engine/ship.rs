//! A prompt on its way into a program, with the figures that speak for it.

use super::{Engine, door};
use crate::{
    api::{ProjectId, ShipPrompt, ShipSource, ShippedPrompt, ShippedText},
    connection::Connection,
    dataset::DatasetInfo,
    error::{Error, Result},
    metric::ExtractRule,
    prompt::{Prompt, PromptAuthor, PromptVersion},
    run::{ModelConfig, RunPoint, RunSummary, SplitScores, simulated_words},
    ship::{Parcel, ShipFormat},
    stats::Score,
    train::{self, percent},
};

/// A prompt with what is known of it.
struct Known {
    name: String,
    prompt: Prompt,
    /// The model it was measured with, or would be.
    model: ModelConfig,
    /// Connections as they were then.
    connections: Vec<Connection>,
    dataset: Option<DatasetInfo>,
    extract: Option<ExtractRule>,
    scores: SplitScores,
    baseline: Option<SplitScores>,
    verdict: Option<String>,
    /// What to say of the demo model's part in the figures.
    simulated: Option<&'static str>,
    /// Test examples that an earlier run had opened.
    opened_before: u32,
}

impl Engine {
    /// A prompt as text, as code, as a configuration.
    #[door]
    pub async fn ship_prompt(&self, request: ShipPrompt) -> Result<ShippedPrompt> {
        let known = match request.source {
            ShipSource::Run { point } => self.of_run(point).await?,
            ShipSource::Prompt { project, prompt } => self.of_project(project, prompt).await?,
        };
        let model = request.model.unwrap_or_else(|| known.model.clone());
        let other_model = model.connection != known.model.connection || model.model != known.model.model;
        let connection = self.shipped_connection(&known, &model).await?;
        if model.model.trim().is_empty() {
            return Err(Error::invalid("Enter the name of a model."));
        }
        let elsewhere = if other_model { Some(self.elsewhere(&known, &model, &connection).await) } else { None };
        let figures = figures(&known, elsewhere);
        let columns = known.dataset.as_ref().map(|d| d.columns.clone()).unwrap_or_default();
        let parcel = Parcel {
            prompt: &known.prompt,
            model: &model,
            connection: &connection,
            columns: &columns,
            input: known.dataset.as_ref().and_then(|d| d.roles.input.as_deref()),
            figures: &figures,
            extract: known.extract.as_ref(),
        };
        let texts = ShipFormat::ALL.into_iter().map(|format| {
            let text = parcel.write(format)?;
            Ok(ShippedText { format, file_name: format!("{}.{}", file_stem(&known.name), format.ending()), text })
        });
        let texts = texts.collect::<Result<_>>()?;
        let Known { name, prompt, scores, baseline, opened_before, .. } = known;
        Ok(ShippedPrompt { name, prompt, model, other_model, scores, test_opened_before: opened_before, baseline, figures, texts })
    }

    async fn of_run(&self, point: RunPoint) -> Result<Known> {
        let (run, epoch, version) = self.point(point).await?;
        let row = self.store().run_row(run.id).await?;
        let is_best = epoch == run.best.epoch;
        let scores = if is_best {
            SplitScores { train: run.best.train, validation: run.best.validation, test: run.best.test }
        } else if epoch == 0 {
            run.baseline
        } else {
            SplitScores { validation: self.epoch(run.id, epoch).await?.summary.validation, ..SplitScores::default() }
        };
        let what = match epoch {
            0 => "first prompts".to_owned(),
            _ if is_best => format!("best prompts, epoch {epoch}"),
            _ => format!("epoch {epoch}"),
        };
        Ok(Known {
            name: format!("{}, {what}", run.name),
            prompt: self.store().prompt_text(version).await?,
            model: run.config.primary.clone(),
            dataset: Some(self.store().dataset_by_id(row.dataset).await?),
            connections: row.connections,
            extract: run.config.extract.clone(),
            scores,
            baseline: (epoch > 0).then_some(run.baseline),
            verdict: if is_best { self.verdict(&run).await? } else { None },
            simulated: simulated_words([&run]),
            opened_before: run.test_opened_before,
        })
    }

    /// A prompt of a project. One that a run has measured is that run's, with its figures and its model.
    async fn of_project(&self, project: i64, prompt: Prompt) -> Result<Known> {
        if let Some(point) = self.measured_point(project, &prompt).await?
            && let Ok(known) = self.of_run(point).await
        {
            return Ok(known);
        }
        let config = self.default_run_config(ProjectId { project }).await?;
        let version = self.store().prompt_versions(project).await?.into_iter().find(|v| v.prompt == prompt);
        let what = version.map_or_else(|| "edited prompts".to_owned(), |v| format!("version {}", v.number));
        Ok(Known {
            name: format!("{}, {what}", self.store().project(project).await?.name),
            prompt,
            model: config.primary,
            connections: Vec::new(),
            dataset: self.store().dataset(project).await?,
            extract: config.extract,
            scores: SplitScores::default(),
            baseline: None,
            verdict: None,
            simulated: None,
            opened_before: 0,
        })
    }

    /// The newest run that measured a prompt: as its best, in an epoch, or at its beginning.
    async fn measured_point(&self, project: i64, prompt: &Prompt) -> Result<Option<RunPoint>> {
        let runs = self.list_runs(ProjectId { project }).await?;
        let is_best = |run: &&RunSummary| {
            run.best.validation.is_some()
                && run.best.system_prompt == prompt.system_prompt
                && run.best.output_prompt == prompt.output_prompt
        };
        if let Some(run) = runs.iter().find(is_best) {
            return Ok(Some(RunPoint { run: run.id, epoch: None }));
        }
        // What was taken by hand out of a proposal names its epoch too, which measured another text.
        let of_run = |v: &PromptVersion| v.author == PromptAuthor::Optimizer && v.prompt == *prompt;
        let version = self.store().prompt_versions(project).await?.into_iter().find(of_run);
        if let Some((run, epoch)) = version.and_then(|v| v.run.zip(v.epoch)) {
            return Ok(Some(RunPoint { run, epoch: Some(epoch) }));
        }
        let begun = runs.iter().find(|run| run.baseline.validation.is_some() && run.config.prompt == *prompt);
        Ok(begun.map(|run| RunPoint { run: run.id, epoch: Some(0) }))
    }

    /// That figures are another model's.
    async fn elsewhere(&self, known: &Known, model: &ModelConfig, connection: &Connection) -> String {
        let measured = self.shipped_connection(known, &known.model).await.ok();
        let [here, there] = told_apart([&known.model, model], [measured.as_ref(), Some(connection)]);
        format!("Measured with {here}; with {there} nothing was measured.")
    }

    /// The connection as the run froze it, with what is known of it today; another model's as it is.
    async fn shipped_connection(&self, known: &Known, model: &ModelConfig) -> Result<Connection> {
        let today = self.store().connection(model.connection).await;
        match known.connections.iter().find(|c| c.id == model.connection) {
            Some(frozen) => Ok(today.map_or_else(|_| frozen.clone(), |today| frozen.completed_by(&today))),
            None => today,
        }
    }
}

/// A model by its name; where two have the same, by their connections as well, and where these have the same name too, by the address.
fn told_apart(models: [&ModelConfig; 2], connections: [Option<&Connection>; 2]) -> [String; 2] {
    let same = |of: fn(&Connection) -> &str| connections[0].map(of) == connections[1].map(of);
    [0, 1].map(|side| {
        let name = &models[side].model;
        match connections[side] {
            _ if models[0].model != models[1].model => name.clone(),
            None => format!("{name} on a connection that is gone"),
            Some(connection) if same(|c| &c.name) => format!("{name} on {} ({})", connection.name, connection.base_url),
            Some(connection) => format!("{name} on {}", connection.name),
        }
    })
}

fn score(split: &str, score: Score, first: Option<Score>) -> String {
    let missing = if score.missing > 0 { format!(", {} missing", score.missing) } else { String::new() };
    let first = first.map(|f| format!("; the first prompts: {}", percent(f.score))).unwrap_or_default();
    format!(
        "{split}: {} (95 % interval {} to {}, n = {}{missing}){first}.",
        percent(score.score),
        percent(score.low),
        percent(score.high),
        score.n
    )
}

/// What speaks for the prompt, and what limits it.
fn figures(known: &Known, elsewhere: Option<String>) -> Vec<String> {
    let mut lines = vec![format!("{}.", known.name)];
    let first = known.baseline.unwrap_or_default();
    let splits =
        [(train::test_name(known.opened_before), known.scores.test, first.test), ("Validation", known.scores.validation, first.validation)];
    lines.extend(splits.into_iter().filter_map(|(split, now, first)| Some(score(split, now?, first))));
    let is_measured = lines.len() > 1;
    lines.extend(known.verdict.clone());
    if !is_measured {
        lines.push("No run has measured these prompts yet.".into());
    } else {
        lines.extend(elsewhere);
    }
    lines.extend(known.simulated.map(str::to_owned));
    lines
}

/// A name of a file out of any name.
fn file_stem(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|w| !w.is_empty()).collect();
    let stem: String = words.join("-").chars().take(60).collect();
    if stem.is_empty() { "prompt".into() } else { stem }
}
