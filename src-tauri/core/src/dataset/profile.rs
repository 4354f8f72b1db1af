//! What the data says: labels, lengths, repeats.

use serde::{Deserialize, Serialize};

use super::LabelCount;

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
    /// Same input, same ground truth.
    pub duplicates: Repeats,
    /// Same input, different ground truths.
    pub contradictions: Repeats,
}
