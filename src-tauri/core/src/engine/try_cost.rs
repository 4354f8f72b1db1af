//! What a try costs, said before it is made. To ask costs nothing: what is on disk under the keys of its questions is not bought again.

use std::collections::HashSet;

use super::{
    Engine, door,
    forecast::{UNKNOWN_ANSWER_TOKENS, few_of, many_of},
    run_settings::first_config,
};
use crate::{
    api::{EstimateTry, PricedModel, TryEstimate},
    calls::completion_key,
    dataset::DatasetInfo,
    error::{Error, Result},
    prompt::{Message, render_messages},
    run::RunConfig,
    store::{CompletionKey, Others, Role},
    tokens,
};

/// Answers to one question at most.
const MOST_SAMPLES: u32 = 100;

/// What one question sends, and the tokens of the answer that is looked for, where that is known.
struct Question {
    messages: Vec<Message>,
    truth: Option<u64>,
}

/// The cells of an input that was typed: it has no row, so what stands in its own column is all there is.
pub(super) fn typed_cells(dataset: Option<&DatasetInfo>, input: &str) -> Vec<String> {
    let Some(dataset) = dataset else { return Vec::new() };
    let cell = |column: &String| if dataset.roles.input.as_ref() == Some(column) { input.to_owned() } else { String::new() };
    dataset.columns.iter().map(cell).collect()
}

impl Engine {
    /// What a try would take.
    #[door]
    pub async fn estimate_try(&self, request: EstimateTry) -> Result<TryEstimate> {
        if !(1..=MOST_SAMPLES).contains(&request.samples) {
            return Err(Error::invalid(format!("A try takes 1 to {MOST_SAMPLES} answers to a question.")));
        }
        let questions = self.questions(&request).await?;
        let connection = self.store().connection(request.model.connection).await?;
        let config = RunConfig { primary: request.model.clone(), epochs: 0, ..first_config() };
        let habit = self.habit(request.project, &config, std::slice::from_ref(&connection), Role::Primary).await?;
        let named = PricedModel { connection: connection.id, model: request.model.model.clone() };
        let price = self.model_price(named).await?;
        let keys = self.keys(&request, &questions, &connection);
        let known: HashSet<CompletionKey> = match &keys {
            Some(keys) => {
                let all: Vec<CompletionKey> = keys.iter().flatten().copied().collect();
                self.store().find_completions(request.project, 0, all.into(), Others::Current).await?.into_keys().collect()
            }
            None => HashSet::new(),
        };
        let limit = |tokens: u64| request.model.max_output_tokens.map_or(tokens, |limit| tokens.min(limit.into()));
        let mut estimate = TryEstimate { calls: 0, cached: 0, tokens_low: 0, tokens_high: 0, cost_low: None, cost_high: None };
        let mut cost = (0.0, 0.0);
        let mut counter = tokens::Counter::default();
        for (at, question) in questions.iter().enumerate() {
            let read: u64 = question.messages.iter().map(|m| counter.tokens(&m.content) + 4).sum();
            let written = habit.map_or_else(|| unknown_answer(question.truth), |habit| habit.written);
            let (low, high) = ((few_of(read), limit(written.0)), (many_of(read), limit(written.1)));
            for sample in 0..request.samples as usize {
                if keys.as_ref().is_some_and(|keys| known.contains(&keys[at][sample])) {
                    estimate.cached += 1;
                    continue;
                }
                estimate.calls += 1;
                estimate.tokens_low += low.0 + low.1;
                estimate.tokens_high += high.0 + high.1;
                if let Some(price) = &price {
                    cost = (cost.0 + price.cost(low.0, 0, low.1), cost.1 + price.cost(high.0, 0, high.1));
                }
            }
        }
        // Answers on disk cost nothing, whatever the price.
        if price.is_some() || estimate.calls == 0 {
            (estimate.cost_low, estimate.cost_high) = (Some(cost.0), Some(cost.1));
        }
        Ok(estimate)
    }

    async fn questions(&self, request: &EstimateTry) -> Result<Vec<Question>> {
        let dataset = self.store().dataset(request.project).await?;
        let typed = typed_cells(dataset.as_ref(), &request.input);
        let columns = dataset.map(|d| d.columns).unwrap_or_default();
        let examples = match request.example {
            _ if request.rows > 0 => self.rows_to_try(request.project, request.rows, request.seed).await?,
            Some(id) => vec![self.example_to_try(request.project, id).await?],
            None => {
                let messages = render_messages(&request.prompt, &columns, &typed, &request.input);
                return Ok(vec![Question { messages, truth: None }]);
            }
        };
        let question = |e: &crate::dataset::Example| Question {
            messages: render_messages(&request.prompt, &columns, &e.variables, &e.user_input),
            truth: Some(tokens::rough(&e.ground_truth_output)),
        };
        Ok(examples.iter().map(question).collect())
    }

    /// What the answers are found by on disk, by question and sample; none where the model cannot be opened. To look needs no key.
    fn keys(
        &self,
        request: &EstimateTry,
        questions: &[Question],
        connection: &crate::connection::Connection,
    ) -> Option<Vec<Vec<CompletionKey>>> {
        let model = self.inner.models.open(connection, None).ok()?;
        let identity = model.identity();
        let of = |question: &Question| {
            let chat = request.model.request(question.messages.clone(), None);
            (0..request.samples).map(|sample| completion_key(&identity, &chat, sample)).collect()
        };
        Some(questions.iter().map(of).collect())
    }
}

/// Tokens of an answer when the model gave none yet.
fn unknown_answer(truth: Option<u64>) -> (u64, u64) {
    let truth = truth.unwrap_or(0);
    (few_of(truth).max(1), (truth * 2 + 16).max(UNKNOWN_ANSWER_TOKENS))
}
