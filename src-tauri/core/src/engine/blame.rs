//! Blame: which version brought each sentence of a prompt, why, and what that epoch fixed and broke.

use std::collections::{HashMap, hash_map::Entry};

use super::Engine;
use crate::{
    api::{Blame, BlamedSentence},
    error::Result,
    prompt::{Half, PromptAuthor, PromptVersion, sentences},
    run::{EditFate, EpochSummary, TriedEdit},
    store::StoredProposal,
};

/// What a run knows of its epochs.
struct Known {
    epochs: Vec<EpochSummary>,
    proposals: Vec<StoredProposal>,
    edits: Vec<TriedEdit>,
}

impl Engine {
    /// Where each sentence of a prompt comes from: the oldest version of the unbroken row of versions, from the newest one back, that have
    /// it word for word. What was gone for a while and is back by hand, restored for instance, still comes from where it came first; a
    /// sentence that no version has was just written.
    pub async fn blame(&self, request: Blame) -> Result<Vec<BlamedSentence>> {
        let versions = self.store().prompt_versions(request.project).await?;
        let mut runs: HashMap<i64, Known> = HashMap::new();
        let mut blamed = Vec::new();
        for half in [Half::System, Half::Output] {
            for sentence in sentences(request.prompt.half(half)) {
                let origin = origin(&versions, |version| version.prompt.half(half).contains(sentence));
                let mut entry = BlamedSentence {
                    half,
                    text: sentence.to_owned(),
                    version: origin.map(|v| v.number),
                    author: origin.map(|v| v.author),
                    run: None,
                    run_name: None,
                    epoch: None,
                    reason: String::new(),
                    delta: None,
                    fixed: 0,
                    broken: 0,
                };
                if let Some((version, run, epoch)) = origin.and_then(from_an_epoch) {
                    if let Entry::Vacant(place) = runs.entry(run) {
                        place.insert(self.known(run).await?);
                    }
                    entry.run = Some(run);
                    entry.run_name = version.run_name.clone();
                    entry.epoch = Some(epoch);
                    if let Some(known) = runs.get(&run) {
                        known.explain(&mut entry, version.id, epoch);
                    }
                }
                blamed.push(entry);
            }
        }
        Ok(blamed)
    }

    async fn known(&self, run: i64) -> Result<Known> {
        Ok(Known {
            epochs: self.store().epochs(run).await?.into_iter().map(|e| e.summary).collect(),
            proposals: self.store().proposals(run).await?,
            edits: self.store().edits(run).await?,
        })
    }
}

/// Versions stand newest first.
fn origin(versions: &[PromptVersion], has: impl Fn(&PromptVersion) -> bool) -> Option<&PromptVersion> {
    let mut found = None;
    let mut older = versions.iter().peekable();
    // A row of versions that begins by hand may only have brought back what an earlier row had.
    while found.is_none_or(|version: &PromptVersion| version.author == PromptAuthor::Hand) {
        while older.next_if(|version| !has(version)).is_some() {}
        if older.peek().is_none() {
            break;
        }
        while let Some(version) = older.next_if(|version| has(version)) {
            found = Some(version);
        }
    }
    found
}

fn from_an_epoch(version: &PromptVersion) -> Option<(&PromptVersion, i64, u32)> {
    match version.author {
        PromptAuthor::Optimizer => Some((version, version.run?, version.epoch?)),
        PromptAuthor::Hand | PromptAuthor::Sample => None,
    }
}

impl Known {
    /// The reason and the figures of the epoch. A search says why it kept the very line; else the proposal's reasoning stands for it.
    fn explain(&self, entry: &mut BlamedSentence, version: i64, epoch: u32) {
        if let Some(summary) = self.epochs.iter().find(|e| e.epoch == epoch) {
            entry.delta = summary.delta;
            entry.fixed = summary.fixed;
            entry.broken = summary.broken;
        }
        let adds = |edit: &&TriedEdit| {
            edit.half == entry.half
                && edit.epoch <= epoch
                && edit.fate == EditFate::Kept
                && edit.added.iter().any(|l| l.contains(&entry.text))
        };
        let edit = self.edits.iter().rev().find(adds).map(|edit| edit.hypothesis.clone());
        let of_proposal = |p: &StoredProposal| match entry.half {
            Half::System => p.system_reasoning.clone(),
            Half::Output => p.output_reasoning.clone(),
        };
        // Of several proposals of an epoch none speaks for what was put together from them.
        let mut of_epoch = self.proposals.iter().filter(|p| p.epoch == epoch);
        let single = of_epoch.next().filter(|_| of_epoch.next().is_none());
        let proposal = self.proposals.iter().find(|p| p.version == Some(version)).or(single);
        entry.reason = edit.or_else(|| proposal.map(of_proposal)).unwrap_or_default();
    }
}
