//! Step 4: asking the optimizer, reading its reply, one repair, and the checks.

use std::collections::HashMap;

use super::{
    Context, TrainState,
    check::{self, Checks, Forbidden},
    evaluate::Evaluation,
    reply, request,
};
use crate::{
    calls::{Answer, Halt, Question, completion_key},
    chat::{AnswerSchema, Completion},
    dataset::Split,
    prompt::Message,
    run::{Exchange, Phase, ProposalStatus, ShownExample},
    store::{StoredExample, StoredPrediction, StoredProposal},
};

impl Context {
    /// The optimizer's proposal for this epoch; the one on disk when the run was interrupted after it.
    pub async fn propose(&self, state: &TrainState, train: &Evaluation, shown: &[i64], epoch: u32) -> Result<StoredProposal, Halt> {
        if let Some(stored) = self.store.proposals_of(self.run.id, epoch).await?.into_iter().next() {
            return Ok(stored);
        }
        self.progress.report(self, epoch, Phase::Propose, 0, 1).await?;
        let material = self.training_material(state, shown).await?;
        let messages = request::messages(self, state, train, &material.shown, material.macro_f1);
        let checks = Checks {
            current: &state.best_prompt(),
            locked: &self.config.locked,
            columns: &self.columns,
            truth: self.truth.as_deref(),
            max_chars: self.config.max_prompt_chars,
            training: &material.forbidden,
        };
        let proposal = self.ask_and_repair(messages, request::schema(), Some(&checks), material.shown, (epoch, 0)).await?;
        let (proposal, _event) = self.store.save_proposal(self.run.id, self.run.project, proposal, self.clock.now_ms()).await?;
        self.progress.report(self, epoch, Phase::Propose, 1, 1).await?;
        Ok(proposal)
    }

    /// Asks, and once more when the reply cannot be used. Without checks every readable reply can.
    pub(super) async fn ask_and_repair(
        &self,
        messages: Vec<Message>,
        schema: AnswerSchema,
        checks: Option<&Checks<'_>>,
        shown: Vec<ShownExample>,
        place: (u32, u32),
    ) -> Result<StoredProposal, Halt> {
        let mut exchange = Vec::new();
        let mut next = messages;
        let mut fault = String::new();
        for turn in 0..2 {
            let sent = next.clone();
            let completion = match self.ask_optimizer(next, schema.clone()).await? {
                Ok(completion) => completion,
                Err(message) => {
                    exchange.push(Exchange { messages: sent, reply: String::new(), error: Some(message.clone()) });
                    fault = format!("The optimizer did not answer. {message}");
                    break;
                }
            };
            // A proposal that is readable but breaks a rule is told so as well, and gets the same one chance.
            let (reply, error) = match reply::read(&completion) {
                Ok(reply) => {
                    let error = checks.and_then(|checks| check::first_fault(&reply.prompt, checks));
                    (Some(reply), error)
                }
                Err(error) => (None, Some(error)),
            };
            exchange.push(Exchange { messages: sent.clone(), reply: completion.text.clone(), error: error.clone() });
            match error {
                None => return Ok(proposal(place, reply, None, shown, exchange)),
                Some(error) if turn == 1 => return Ok(proposal(place, reply, Some(error), shown, exchange)),
                Some(error) => {
                    next = request::repair(sent, &completion.text, &error);
                    fault = error;
                }
            }
        }
        Ok(proposal(place, None, Some(fault), shown, exchange))
    }

    /// One turn; the inner error is a sentence when there was no answer.
    async fn ask_optimizer(&self, messages: Vec<Message>, schema: AnswerSchema) -> Result<Result<Completion, String>, Halt> {
        let request = self.config.optimizer.request(messages, Some(schema));
        let key = completion_key(&self.optimizer.model.identity(), &request, 0);
        let on_disk = self.desk.look_for(key).await?;
        let question = Question { endpoint: &self.optimizer, request, key, example: None, on_disk, test: false, recall: None };
        Ok(match self.desk.ask(question).await? {
            Answer::Answered { completion, .. } => Ok(completion),
            Answer::Missing { message, .. } => Err(message),
            Answer::Recalled => Err("The question was taken back.".into()),
        })
    }

    /// What the optimizer sees of the training split, and what it must not copy from it.
    async fn training_material(&self, state: &TrainState, shown: &[i64]) -> Result<Material, Halt> {
        let ids: Vec<i64> = self.store.run_example_ids(self.run.id, Split::Train).await?;
        let examples = self.store.examples_by_id(ids.into()).await?;
        let predictions = self.store.predictions(self.run.id, state.best_version).await?;
        let keys = predictions.iter().map(|p| p.key).collect();
        let responses = self.store.completion_texts(self.run.project, self.run.id, keys).await?;
        let text = |p: &StoredPrediction| responses.get(&p.key).map(|c| c.text.clone()).unwrap_or_default();
        let by_example: HashMap<i64, &StoredPrediction> =
            predictions.iter().rev().filter(|p| p.score.is_some()).map(|p| (p.example, p)).collect();
        let pairs = examples
            .iter()
            .filter_map(|e| Some((e.ground_truth_output.clone(), self.extractor.extract(&text(by_example.get(&e.id)?)).answer)))
            .collect();
        let by_id: HashMap<i64, &StoredExample> = examples.iter().map(|e| (e.id, e)).collect();
        let shown = shown
            .iter()
            .filter_map(|id| {
                let (example, prediction) = (by_id.get(id)?, by_example.get(id)?);
                Some(ShownExample {
                    number: example.number,
                    example: *id,
                    user_input: example.user_input.clone(),
                    ground_truth_output: example.ground_truth_output.clone(),
                    model_response: text(prediction),
                    score: prediction.score.unwrap_or_default(),
                    outcome: prediction.outcome,
                    judge_feedback: prediction.feedback.clone(),
                })
            })
            .collect();
        Ok(Material {
            shown,
            macro_f1: request::macro_f1(self, pairs),
            forbidden: Forbidden::new(examples.iter().map(|e| (e.user_input.as_str(), e.ground_truth_output.as_str())), &self.labels),
        })
    }
}

struct Material {
    shown: Vec<ShownExample>,
    macro_f1: Option<f64>,
    forbidden: Forbidden,
}

fn proposal(
    (epoch, slot): (u32, u32),
    reply: Option<reply::Reply>,
    reason: Option<String>,
    shown: Vec<ShownExample>,
    exchange: Vec<Exchange>,
) -> StoredProposal {
    let status = if reason.is_none() { ProposalStatus::Valid } else { ProposalStatus::Invalid };
    let reply = reply.map(|r| (Some(r.prompt), r.system_reasoning, r.output_reasoning, r.explanation));
    let (prompt, system_reasoning, output_reasoning, explanation) = reply.unwrap_or_default();
    StoredProposal { epoch, slot, version: None, prompt, status, reason, system_reasoning, output_reasoning, explanation, shown, exchange }
}
