//! What the data says: labels, lengths, repeats.

use serde::{Deserialize, Serialize};

use super::{LabelCount, Lengths};
use crate::{context::ContextLimit, tokens};

/// Texts of a range of lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LengthBucket {
    /// Shortest length that counts here.
    pub from: u32,
    /// Longest length that counts here.
    pub to: u32,
    /// Texts.
    pub count: u32,
}

/// How long texts are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct LengthHistogram {
    /// At most 24 ranges, without gaps, those at the end not empty.
    pub buckets: Vec<LengthBucket>,
    /// The shortest.
    pub shortest: u32,
    /// Half of the texts are no longer.
    pub median: u32,
    /// 95 of 100 are no longer.
    pub p95: u32,
    /// The longest.
    pub longest: u32,
    /// The mean.
    pub mean: f64,
}

/// Repeats of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Repeats {
    /// Different texts that repeat (duplicates: input and ground truth, contradictions: inputs).
    pub groups: u32,
    /// Examples in these groups.
    pub examples: u32,
}

/// The current dataset in figures. Excluded examples count in `excluded` alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct DataProfile {
    /// Examples that are not excluded.
    pub examples: u32,
    /// Excluded ones.
    pub excluded: u32,
    /// Different ground truths.
    pub distinct_truths: u32,
    /// Ground truths by frequency, when there are at most 50 and none is longer than 1,000 bytes.
    pub labels: Vec<LabelCount>,
    /// Characters of the inputs.
    pub input_characters: LengthHistogram,
    /// Characters of the ground truths.
    pub truth_characters: LengthHistogram,
    /// Tokens of the inputs, estimated.
    pub input_tokens: LengthHistogram,
    /// Tokens of the ground truths, estimated.
    pub truth_tokens: LengthHistogram,
    /// Inputs that alone are longer than the model takes, by `context`.
    #[serde(default)]
    pub too_long: u32,
    /// What the model was taken to take at the import.
    #[serde(default)]
    pub context: ContextLimit,
    /// Same input, same ground truth.
    pub duplicates: Repeats,
    /// Same input, different ground truths.
    pub contradictions: Repeats,
}

/// Lengths of inputs and ground truths, counted as rows pass.
#[derive(Debug, Clone, Default)]
pub struct TextLengths {
    input_characters: Lengths,
    truth_characters: Lengths,
    input_tokens: Lengths,
    truth_tokens: Lengths,
    too_long: u32,
    context: ContextLimit,
}

impl TextLengths {
    /// None counted yet; inputs beyond `context` will be.
    pub fn new(context: ContextLimit) -> Self {
        Self { context, ..Self::default() }
    }

    /// One more row.
    pub fn add(&mut self, user_input: &str, ground_truth_output: &str) {
        self.input_characters.add(user_input.chars().count());
        self.truth_characters.add(ground_truth_output.chars().count());
        let input_tokens = tokens::rough(user_input);
        self.too_long += u32::from(input_tokens > self.context.tokens);
        self.input_tokens.add(input_tokens as usize);
        self.truth_tokens.add(tokens::rough(ground_truth_output) as usize);
    }

    /// Puts what was counted into a profile.
    pub fn fill(&self, profile: &mut DataProfile) {
        profile.too_long = self.too_long;
        profile.context.clone_from(&self.context);
        profile.input_characters = self.input_characters.histogram();
        profile.truth_characters = self.truth_characters.histogram();
        profile.input_tokens = self.input_tokens.histogram();
        profile.truth_tokens = self.truth_tokens.histogram();
    }
}
