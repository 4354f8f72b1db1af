//! Blame: which version brought each sentence of a prompt, why, and what that epoch fixed and broke.

use std::collections::{HashMap, hash_map::Entry};

use super::Engine;
use crate::{
    api::{Blame, BlamedSentence},
    error::Result,
    prompt::{Half, Prompt, PromptAuthor, PromptVersion, sentences},
    run::{EditFate, EpochSummary, TriedEdit},
    store::{StoredProposal, Unaccepted},
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
    /// sentence that no version has was just written. What a run had proposed before it came by hand was taken from there.
    pub async fn blame(&self, request: Blame) -> Result<Vec<BlamedSentence>> {
        let versions = self.store().prompt_versions(request.project).await?;
        let unaccepted = self.store().unaccepted(request.project).await?;
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
                    taken: false,
                    reason: String::new(),
                    delta: None,
                    fixed: 0,
                    broken: 0,
                };
                let accepted = origin.and_then(from_an_epoch);
                let taken = || taken_from(&unaccepted, origin, |prompt| prompt.half(half).contains(sentence));
                if let Some(source) = accepted.or_else(taken) {
                    if let Entry::Vacant(place) = runs.entry(source.run) {
                        place.insert(self.known(source.run).await?);
                    }
                    entry.run = Some(source.run);
                    entry.run_name = source.run_name.map(str::to_owned);
                    entry.epoch = Some(source.epoch);
                    entry.taken = source.version.is_none();
                    if let Some(known) = runs.get(&source.run) {
                        known.explain(&mut entry, source.version, source.epoch);
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

/// The epoch that a sentence comes from.
struct Source<'a> {
    run: i64,
    run_name: Option<&'a str>,
    epoch: u32,
    /// None where it was taken out of a proposal that was not accepted.
    version: Option<i64>,
}

fn from_an_epoch(version: &PromptVersion) -> Option<Source<'_>> {
    match version.author {
        PromptAuthor::Optimizer => {
            Some(Source { run: version.run?, run_name: version.run_name.as_deref(), epoch: version.epoch?, version: Some(version.id) })
        }
        PromptAuthor::Hand | PromptAuthor::Sample => None,
    }
}

/// The first proposal with the sentence, when it is older than the version that brought the sentence by hand.
fn taken_from<'a>(unaccepted: &'a [Unaccepted], origin: Option<&PromptVersion>, has: impl Fn(&Prompt) -> bool) -> Option<Source<'a>> {
    // Numbers grow with time, also where two moments are the same millisecond.
    let since = origin.map_or(i64::MAX, |version| version.id);
    let by_hand = origin.is_none_or(|version| version.author == PromptAuthor::Hand);
    let first = unaccepted.iter().take_while(|p| by_hand && p.version < since).find(|p| has(&p.prompt))?;
    Some(Source { run: first.run, run_name: Some(&first.run_name), epoch: first.epoch, version: None })
}

impl Known {
    /// The reason and the figures of the epoch. A search says why it kept the very line; else the proposal's reasoning stands for it.
    fn explain(&self, entry: &mut BlamedSentence, version: Option<i64>, epoch: u32) {
        if let Some(summary) = self.epochs.iter().find(|e| e.epoch == epoch) {
            entry.delta = summary.delta;
            entry.fixed = summary.fixed;
            entry.broken = summary.broken;
        }
        let adds = |edit: &&TriedEdit| {
            edit.half == entry.half
                && edit.epoch <= epoch
                && (edit.fate == EditFate::Kept || version.is_none())
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
        let proposal = self.proposals.iter().find(|p| version.is_some() && p.version == version).or(single);
        entry.reason = edit.or_else(|| proposal.map(of_proposal)).unwrap_or_default();
    }
}
