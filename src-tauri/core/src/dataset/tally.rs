//! What an import counts over all rows: duplicates, contradictions, labels. It holds hashes, never the texts.

use super::{ImportReport, LabelCount, Repeats, SetAside, hashes::HashedMap, repeats, split::SplitKey};
use crate::context::ContextLimit;

/// Set-aside rows that a report lists.
const LISTED: usize = 100;
/// Most labels that a report lists.
pub const LABELS: usize = 50;
/// Bytes beyond which a ground truth is no label; one such truth and none is listed.
pub const LONGEST_LABEL: usize = 1_000;

/// Counts rows as they pass.
#[derive(Default)]
pub(super) struct Tally {
    rows_read: u64,
    set_aside_count: u64,
    set_aside: Vec<SetAside>,
    empty_inputs: u64,
    empty_truths: u64,
    duplicates: u64,
    contradictions: u64,
    truths: HashedMap<u64>,
    labels: HashedMap<String>,
    /// A truth was too long for a label, or there were too many.
    not_labels: bool,
    /// The key of every row that is ready, in order.
    pub keys: Vec<SplitKey>,
}

impl Tally {
    /// A row that is not taken.
    pub fn set_aside(&mut self, row: impl FnOnce() -> SetAside) {
        self.rows_read += 1;
        self.set_aside_count += 1;
        if self.set_aside.len() < LISTED {
            self.set_aside.push(row());
        }
    }
    /// A row whose input is empty.
    pub fn empty_input(&mut self, row: impl FnOnce() -> SetAside) {
        self.empty_inputs += 1;
        self.set_aside(row);
    }
    /// A row whose ground truth is empty.
    pub fn empty_truth(&mut self, row: impl FnOnce() -> SetAside) {
        self.empty_truths += 1;
        self.set_aside(row);
    }
    /// A row that was read while no roles are known.
    pub fn unjudged(&mut self) {
        self.rows_read += 1;
    }
    /// A row that is ready to be an example.
    pub fn ready(&mut self, user_input: &str, ground_truth_output: &str) {
        self.rows_read += 1;
        let key = SplitKey::of(user_input, ground_truth_output);
        let count = self.truths.entry(key.truth_hash).or_insert(0);
        *count += 1;
        if *count == 1 && !self.not_labels {
            self.labels.insert(key.truth_hash, ground_truth_output.to_owned());
            self.not_labels = self.labels.len() > LABELS || ground_truth_output.len() > LONGEST_LABEL;
            if self.not_labels {
                self.labels = HashedMap::default();
            }
        }
        self.keys.push(key);
    }

    /// All rows have passed: what stands twice or contradicts is counted.
    pub fn close(&mut self) -> (Repeats, Repeats) {
        let (duplicates, contradictions) = repeats::count(&self.keys, |_| true);
        self.duplicates = u64::from(duplicates.examples - duplicates.groups);
        self.contradictions = u64::from(contradictions.groups);
        (duplicates, contradictions)
    }

    /// The label of a truth, when the truths are labels.
    pub fn label(&self, truth_hash: u64) -> Option<&str> {
        self.labels.get(&truth_hash).map(String::as_str)
    }

    /// The report of all that passed.
    pub fn report(&self, notes: Vec<String>) -> ImportReport {
        let count = |hash: &u64| self.truths.get(hash).copied().unwrap_or(0);
        let mut labels: Vec<LabelCount> =
            self.labels.iter().map(|(hash, label)| LabelCount { label: label.clone(), count: count(hash) }).collect();
        labels.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
        ImportReport {
            rows_read: self.rows_read,
            rows_ready: self.keys.len() as u64,
            set_aside_count: self.set_aside_count,
            set_aside: self.set_aside.clone(),
            duplicates: self.duplicates,
            contradictions: self.contradictions,
            empty_inputs: self.empty_inputs,
            empty_truths: self.empty_truths,
            distinct_truths: self.truths.len() as u64,
            labels,
            empty_cells: Vec::new(),
            rare_labels: Vec::new(),
            too_long: 0,
            context: ContextLimit::default(),
            unmapped: Vec::new(),
            notes,
        }
    }
}
