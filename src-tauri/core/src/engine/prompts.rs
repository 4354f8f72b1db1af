//! Drafts, versions, and trying a prompt.

use super::{
    Engine, door,
    outside_call::{Unreachable, call_outside},
    runs::short_note,
    try_cost::typed_cells,
};
use crate::{
    api::{
        CountTokens, Done, NoRequest, NoteVersion, ProjectId, SaveDraft, SavePromptVersion, TextBody, TryPrompt, TryResult, WithdrawVersion,
    },
    calls::{asked_key, completion_key},
    chat::{Finish, Listener},
    dataset::{Example, Split, sample_rows},
    error::{Error, ErrorCode, Result},
    extract::Extractor,
    metric::{MetricSpec, Scorer},
    prompt::{PromptAuthor, PromptVersion, render_messages},
    run::{Outcome, Prediction},
    store::{Others, Role},
    tokens,
    train::DEFAULT_OPTIMIZER_PROMPT,
};

/// Rows of a quick try at most: more is what a run is for.
const MOST_TRIED: u32 = 100;

impl Engine {
    /// Keeps what is being typed.
    #[door]
    pub async fn save_draft(&self, request: SaveDraft) -> Result<Done> {
        self.store().save_draft(request.project, &request.draft, self.now()).await?;
        Ok(Done {})
    }

    /// The history of the prompt, newest first.
    #[door]
    pub async fn list_prompt_versions(&self, request: ProjectId) -> Result<Vec<PromptVersion>> {
        self.store().prompt_versions(request.project).await
    }

    /// Makes a version.
    #[door]
    pub async fn save_prompt_version(&self, request: SavePromptVersion) -> Result<PromptVersion> {
        self.store().save_prompt_version(request.project, request.prompt, PromptAuthor::Hand, request.note, self.now()).await
    }

    /// Writes the note of a version anew.
    #[door]
    pub async fn note_version(&self, request: NoteVersion) -> Result<PromptVersion> {
        let noted = self.store().note_version(request.project, request.version, short_note(&request.note)?).await?;
        noted.ok_or_else(|| Error::not_found("This version is not there any more. Look at the list of versions again."))
    }

    /// Takes a version that was just saved by hand out of the history again.
    #[door]
    pub async fn withdraw_version(&self, request: WithdrawVersion) -> Result<Done> {
        if self.store().withdraw_version(request.project, request.version).await? {
            return Ok(Done {});
        }
        Err(Error::invalid("Only the newest version can be taken back, and only one that was saved by hand."))
    }

    /// The optimizer's instructions as they ship.
    #[door]
    pub async fn default_optimizer_prompt(&self, _: NoRequest) -> Result<TextBody> {
        Ok(TextBody { text: DEFAULT_OPTIMIZER_PROMPT.into() })
    }

    /// Estimated tokens of texts.
    #[door]
    pub async fn count_tokens(&self, request: CountTokens) -> Result<Vec<u32>> {
        let count = move || request.texts.iter().map(|t| u32::try_from(tokens::count(t)).unwrap_or(u32::MAX)).collect();
        tokio::task::spawn_blocking(count).await.map_err(|e| Error::internal(e.to_string()))
    }

    /// One prompt on one example or a typed input.
    #[door]
    pub async fn try_prompt(&self, request: TryPrompt) -> Result<TryResult> {
        self.tried(request, None).await
    }

    /// The same with the answer handed on as it comes.
    pub(super) async fn try_aloud(&self, request: TryPrompt, mut hear: impl FnMut(&str) + Send) -> Result<TryResult> {
        self.tried(request, Some(&mut hear)).await
    }

    async fn tried(&self, request: TryPrompt, hear: Option<Listener<'_>>) -> Result<TryResult> {
        let dataset = self.store().dataset(request.project).await?;
        let columns = dataset.as_ref().map(|d| d.columns.clone()).unwrap_or_default();
        let example = match request.example {
            Some(id) => Some(self.example_to_try(request.project, id).await?),
            None => None,
        };
        let (input, cells, truth) = match &example {
            Some(e) => (e.user_input.clone(), e.variables.clone(), Some(e.ground_truth_output.clone())),
            None => (request.input.clone(), typed_cells(dataset.as_ref(), &request.input), None),
        };
        let metrics = match (&request.metrics, &dataset) {
            (metrics, _) if !metrics.is_empty() => metrics.clone(),
            (_, Some(dataset)) => dataset.suggested_metric.metrics(),
            (_, None) => Vec::new(),
        };
        let metrics: Vec<MetricSpec> = metrics.into_iter().filter(|metric| !is_judge(metric)).collect();
        let messages = render_messages(&request.prompt, &columns, &cells, &input);
        let connection = self.store().connection(request.model.connection).await?;
        let model = self.open_model(&connection).await?;
        let chat = request.model.request(messages.clone(), None);
        let key = completion_key(&model.identity(), &chat, request.sample);
        let found = self.store().find_completions(request.project, 0, vec![key].into(), Others::Current).await?.remove(&key);
        let cached = found.is_some();
        let completion = match found {
            Some((completion, _)) => completion,
            None => {
                let answered = call_outside((&*model, &self.gate(&connection)), &chat, Unreachable::Told, hear, |_| {}).await;
                let completion = answered.map_err(|e| Error::new(ErrorCode::ModelError, e.message))?;
                let asked = asked_key(Role::Primary, &connection, &request.model.model);
                self.store().save_completion(request.project, key, asked, completion.clone(), self.now()).await?;
                completion
            }
        };
        let answer = Extractor::new(request.extract.as_ref())?.extract(&completion.text).answer;
        let scored = match &truth {
            Some(truth) if !metrics.is_empty() => {
                let labels = self.labels(dataset.as_ref()).await?;
                Some(Scorer::new(&metrics, &labels, 1.0)?.score(&answer, truth, None))
            }
            _ => None,
        };
        let outcome = scored.as_ref().map(|s| s.outcome);
        let prediction = Prediction {
            example: request.example.unwrap_or_default(),
            sample: 0,
            response: completion.text,
            answer,
            score: scored.as_ref().map(|s| s.score),
            scores: scored.as_ref().map(|s| s.scores.clone()).unwrap_or_default(),
            outcome: outcome.unwrap_or(Outcome::NoMatch),
            missing: None,
            cut: completion.finish == Finish::Length,
            feedback: scored.and_then(|s| s.feedback),
            samples: Vec::new(),
        };
        let tokens = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(TryResult {
            messages,
            prediction,
            ground_truth_output: truth,
            outcome,
            latency_ms: completion.latency_ms,
            prompt_tokens: tokens(completion.usage.prompt_tokens),
            completion_tokens: tokens(completion.usage.completion_tokens),
            cached,
            answered_by: completion.model.filter(|m| *m != request.model.model),
        })
    }
}

impl Engine {
    /// The rows of a quick try, drawn by a seed. Test examples stay sealed.
    pub(super) async fn rows_to_try(&self, project: i64, rows: u32, seed: u64) -> Result<Vec<Example>> {
        if !(1..=MOST_TRIED).contains(&rows) {
            return Err(Error::invalid(format!("A quick try takes 1 to {MOST_TRIED} rows.")));
        }
        let dataset = self.needed_dataset(project).await?;
        let mut ids = self.store().split_ids(dataset.id, Split::Train).await?;
        ids.extend(self.store().split_ids(dataset.id, Split::Validation).await?);
        ids.sort_unstable();
        let drawn = sample_rows(&ids, rows as usize, seed);
        if drawn.is_empty() {
            return Err(Error::invalid("No row is in the training or validation split. Divide the dataset on the Data screen."));
        }
        self.store().examples_with_split(drawn).await
    }

    /// An example that may be tried.
    pub(super) async fn example_to_try(&self, project: i64, id: i64) -> Result<Example> {
        let example = self.store().example_of_project(project, id).await?;
        if example.split == Some(Split::Test) {
            return Err(Error::invalid("Test examples are sealed until a run ends. Try a training or validation example."));
        }
        Ok(example)
    }
}

fn is_judge(spec: &MetricSpec) -> bool {
    matches!(spec.metric, crate::metric::MetricKind::Judge { .. })
}
