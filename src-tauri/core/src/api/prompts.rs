//! Prompts: written, tried, traced to where they come from.

use serde::{Deserialize, Serialize};

use super::{
    Comparison, Example, ExtractRule, Half, Message, MetricSpec, ModelConfig, Outcome, Prediction, Prompt, PromptAuthor, PromptDraft,
    RunConfig, Score,
};
use crate::run::{Bound, Measuring};

requests! {
    /// Keep what is being typed.
    SaveDraft {
        /// The project.
        project: i64,
        /// The texts.
        draft: PromptDraft,
    }
    /// Make a version; an unchanged prompt gives the newest version again.
    SavePromptVersion {
        /// The project.
        project: i64,
        /// The text.
        prompt: Prompt,
        /// The user's note.
        note: String,
    }
    /// Write the note of a version anew.
    NoteVersion {
        /// The project.
        project: i64,
        /// Database id of the version.
        version: i64,
        /// At most 2,000 characters; empty: none.
        note: String,
    }
    /// Take a version that was just saved out of the history again.
    WithdrawVersion {
        /// The project.
        project: i64,
        /// Database id of the version.
        version: i64,
    }
    /// Estimated tokens of texts.
    CountTokens {
        /// The texts.
        texts: Vec<String>,
    }
    /// One prompt on one example or a typed input.
    TryPrompt {
        /// The project.
        project: i64,
        /// The prompt.
        prompt: Prompt,
        /// An example of the dataset.
        example: Option<i64>,
        /// A typed input, when no example is named.
        input: String,
        /// The model.
        model: ModelConfig,
        /// How to score; empty: the suggested metric.
        metrics: Vec<MetricSpec>,
        /// How to take out the answer.
        extract: Option<ExtractRule>,
        /// Which of several answers to the same question, from 0; each is asked for, and kept, on its own.
        #[serde(default)]
        sample: u32,
    }
    /// A try that goes on by itself.
    TryJob {
        /// Its number.
        job: i64,
    }
    /// Read on in a try.
    WatchTry {
        /// The try.
        job: i64,
        /// How much of its text is known: `next` of the last answer, 0 at first.
        from: u64,
    }
    /// How far a try is.
    TryProgress {
        /// The text that came since.
        text: String,
        /// How much has come in all.
        next: u64,
        /// Milliseconds until the first of it; null while there is none, and for an answer from disk.
        first_ms: Option<u32>,
        /// Whether it goes on, or how it ended.
        state: TryState,
    }
    /// What a try would take, asked before it is made.
    EstimateTry {
        /// The project.
        project: i64,
        /// The prompt.
        prompt: Prompt,
        /// The model.
        model: ModelConfig,
        /// An example of the dataset.
        example: Option<i64>,
        /// A typed input, when no example is named.
        input: String,
        /// Answers to each question.
        samples: u32,
        /// So many examples out of training and validation in place of one input; 0: the one input.
        rows: u32,
        /// Which ones.
        seed: u64,
    }
    /// What a try would take.
    TryEstimate {
        /// Calls; answers on disk are none.
        calls: u32,
        /// Answers on disk, which cost nothing.
        cached: u32,
        /// Tokens of the calls, estimated.
        tokens_low: u64,
        /// Their tokens at most, estimated.
        tokens_high: u64,
        /// Dollars; null where the price is unknown.
        cost_low: Option<f64>,
        /// Dollars at most; null where the price is unknown.
        cost_high: Option<f64>,
    }
    /// One prompt on some examples, drawn by a seed out of training and validation.
    TryRows {
        /// The project.
        project: i64,
        /// The prompt.
        prompt: Prompt,
        /// The model.
        model: ModelConfig,
        /// How to score; empty: the suggested metric.
        metrics: Vec<MetricSpec>,
        /// How to take out the answer.
        extract: Option<ExtractRule>,
        /// How many, 1 to 100.
        rows: u32,
        /// Which ones.
        seed: u64,
    }
    /// Names a quick try on some rows.
    TryRowsJob {
        /// Its number in this process.
        job: i64,
    }
    /// How far a quick try on some rows is.
    TryRowsProgress {
        /// Examples that are over: answered, or without an answer.
        done: u32,
        /// Examples in all.
        total: u32,
        /// Those that are over, with the score of what came.
        rows: TriedRows,
        /// Whether it goes on, or how it ended.
        state: TryRowsState,
    }
    /// What a quick try on some rows came to.
    TriedRows {
        /// Mean with its interval; null when no example was answered.
        score: Option<Score>,
        /// Answers from disk, which cost nothing.
        cached: u32,
        /// Each example with its answer, or why there is none, in the dataset's order.
        rows: Vec<TriedRow>,
    }
    /// One example of a quick try.
    TriedRow {
        /// The example.
        example: Example,
        /// Its answer; null where there is none.
        result: Option<TryResult>,
        /// Why there is none.
        error: Option<String>,
    }
    /// Two prompts, whoever wrote them, on the same validation examples.
    ComparePrompts {
        /// The project.
        project: i64,
        /// First prompt.
        first: Prompt,
        /// Second prompt.
        second: Prompt,
        /// Model, scoring and most validation examples, as a run has them.
        config: RunConfig,
        /// So many of these validation examples; null: all of them.
        rows: Option<u32>,
        /// Which ones.
        seed: u64,
    }
    /// What the answers on disk say of two prompts; nothing was asked for it.
    ComparedPrompts {
        /// The comparison; an example that is not answered under both is not compared.
        comparison: Comparison,
        /// Validation examples that were looked at.
        rows: u32,
        /// Validation examples of the dataset.
        of: u32,
        /// What the answers that are not on disk would take, of the connections as they are now.
        open: Measuring,
        /// Whose the answers are, where they are not of the connections as they are now.
        elsewhere: Option<String>,
    }
    /// Asks where each sentence of a prompt comes from.
    Blame {
        /// The project whose versions are looked through.
        project: i64,
        /// The prompt, as it is edited now or of a version.
        prompt: Prompt,
    }
    /// A sentence with the version that brought it.
    BlamedSentence {
        /// Where it stands.
        half: Half,
        /// The sentence.
        text: String,
        /// Number of the version that brought it; null: it was just written, and no version has it.
        version: Option<u32>,
        /// Who wrote that version.
        author: Option<PromptAuthor>,
        /// The run, when the optimizer wrote it.
        run: Option<i64>,
        /// Name of that run.
        run_name: Option<String>,
        /// The epoch that accepted it, or proposed it where it was taken.
        epoch: Option<u32>,
        /// Whether it was taken by hand out of a proposal that the run did not accept.
        taken: bool,
        /// Whether it was just written, and what is named, which the prompt was not made from, has the same text.
        elsewhere: bool,
        /// Why, in the optimizer's words; empty where nothing is known.
        reason: String,
        /// What that epoch gained on validation.
        delta: Option<f64>,
        /// Validation examples that epoch fixed; null where its prompts were never asked, as those of an invalid proposal.
        fixed: Option<u32>,
        /// Validation examples that epoch broke.
        broken: Option<u32>,
        /// Where its validation was stopped early: on how many examples it fixed and broke those.
        bound: Option<Bound>,
        /// What the edit that brought it came to by itself, where a search tested it so.
        edit: Option<EditAlone>,
    }
    /// What a version scored that no run measured, by answers that were bought otherwise.
    OutsideScore {
        /// Id of the version.
        version: i64,
        /// The model that answered.
        model: ModelConfig,
        /// Its score on validation examples.
        score: Score,
    }
    /// An edit of a search as it was tested before its epoch was put together.
    EditAlone {
        /// Mean change of the scores, in [-1, 1].
        gain: f64,
        /// Training examples it was tested on.
        rows: u32,
        /// Edits that were tested as one, itself included.
        together: u32,
    }
    /// What came back.
    TryResult {
        /// Exactly what was sent.
        messages: Vec<Message>,
        /// The answer with its score; the outcome says nothing without a ground truth.
        prediction: Prediction,
        /// The ground truth, when the input is an example.
        ground_truth_output: Option<String>,
        /// How it ended, when there is a ground truth.
        outcome: Option<Outcome>,
        /// Milliseconds of the call.
        latency_ms: u32,
        /// Tokens in.
        prompt_tokens: u32,
        /// Tokens out.
        completion_tokens: u32,
        /// It cost nothing: the answer was on disk.
        cached: bool,
        /// The model's own name for itself, when it differs from the one asked for.
        answered_by: Option<String>,
    }
}

/// Whether a try goes on, or how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum TryState {
    /// It goes on.
    Running,
    /// The answer is whole.
    Done {
        /// What came back.
        result: Box<TryResult>,
    },
    /// There is no answer.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user stopped it; what had come is not kept.
    Stopped,
}

/// Whether a quick try on some rows goes on, or how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum TryRowsState {
    /// It goes on.
    Running,
    /// Every example was asked.
    Done,
    /// Nothing more will be asked.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user stopped it; the answers that had come are kept.
    Stopped,
}
