//! Blame: which version brought each sentence of a prompt, why, and what that epoch fixed and broke.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use super::{Engine, door, reasons};
use crate::{
    api::{Blame, BlamedSentence, EditAlone},
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
    /// Where each sentence of a prompt comes from: the oldest version of the unbroken row of its ancestors, from the newest one back, that
    /// have it word for word. What was gone for a while and is back by hand, restored for instance, still comes from where it came first.
    /// What came by hand was taken from a proposal, where a run had made one with it from an ancestor before. A sentence that no ancestor
    /// has was just written; another version or proposal may have the same text, and is then named as another.
    #[door]
    pub async fn blame(&self, request: Blame) -> Result<Vec<BlamedSentence>> {
        let versions = self.store().prompt_versions(request.project).await?;
        let line = self.lineage(&request.prompt, &versions).await?;
        let unaccepted = self.store().unaccepted(request.project).await?;
        let found: Vec<Found<'_>> = [Half::System, Half::Output]
            .into_iter()
            .flat_map(|half| sentences(request.prompt.half(half)).into_iter().map(move |text| (half, text)))
            .map(|(half, text)| Found { half, text, origin: origin(&line, |version| version.prompt.half(half).contains(text)) })
            .collect();
        let ancestors: HashSet<i64> = line.iter().map(|version| version.id).collect();
        let (related, others) = unaccepted.iter().partition(|proposal| ancestors.contains(&proposal.made_from));
        let (related, others) = (offers(related, &found), offers(others, &found));
        let mut runs: HashMap<i64, Known> = HashMap::new();
        let mut blamed = Vec::new();
        for sentence in &found {
            let origin = sentence.origin;
            let source = origin.and_then(from_an_epoch).or_else(|| taken_from(&related, sentence));
            let elsewhere = origin.is_none() && source.is_none();
            let other = versions.iter().rev().find(|version| elsewhere && sentence.stands_in(&version.prompt));
            let source = source.or_else(|| match other {
                Some(version) => from_an_epoch(version),
                None if elsewhere => taken_from(&others, sentence),
                None => None,
            });
            let version = origin.or(other);
            let mut entry = BlamedSentence {
                half: sentence.half,
                text: sentence.text.to_owned(),
                version: version.map(|v| v.number),
                author: version.map(|v| v.author),
                run: None,
                run_name: None,
                epoch: None,
                taken: false,
                elsewhere: elsewhere && (other.is_some() || source.is_some()),
                reason: String::new(),
                delta: None,
                fixed: None,
                broken: None,
                bound: None,
                edit: None,
            };
            if let Some(source) = source {
                entry.run = Some(source.run);
                entry.run_name = source.run_name.map(str::to_owned);
                entry.epoch = Some(source.epoch);
                entry.taken = source.version.is_none();
                if let Entry::Vacant(place) = runs.entry(source.run) {
                    place.insert(self.known(source.run).await?);
                }
                if let Some(known) = runs.get(&source.run).filter(|_| !entry.elsewhere) {
                    // Of an epoch what it was accepted with counts, however much of it went later.
                    let now = version.filter(|version| Some(version.id) == source.version).map_or(&request.prompt, |v| &v.prompt);
                    known.explain(&mut entry, source.version, source.epoch, now);
                }
            }
            blamed.push(entry);
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

/// A sentence, and the version of the lineage that brought it.
struct Found<'a> {
    half: Half,
    text: &'a str,
    origin: Option<&'a PromptVersion>,
}

impl Found<'_> {
    fn stands_in(&self, prompt: &Prompt) -> bool {
        prompt.half(self.half).contains(self.text)
    }

    /// Whether the proposal has it and is older than the version that brought it by hand.
    fn may_be_from(&self, proposal: &Unaccepted) -> bool {
        // Numbers grow with time, also where two moments are the same millisecond.
        self.origin.is_none_or(|version| proposal.version < version.id) && self.stands_in(&proposal.prompt)
    }

    /// No epoch brought it, as far as the lineage tells.
    fn by_hand(&self) -> bool {
        self.origin.is_none_or(|version| version.author == PromptAuthor::Hand)
    }
}

/// Ancestors stand newest first.
fn origin<'a>(line: &[&'a PromptVersion], has: impl Fn(&PromptVersion) -> bool) -> Option<&'a PromptVersion> {
    let mut found = None;
    let mut older = line.iter().copied().peekable();
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

/// Proposals that were not accepted, oldest first, each with how many of the sentences that came by hand it has: what is taken over in
/// one piece has one source.
fn offers<'a>(proposals: Vec<&'a Unaccepted>, found: &[Found<'_>]) -> Vec<(&'a Unaccepted, usize)> {
    let covers = |proposal: &Unaccepted| found.iter().filter(|s| s.by_hand() && s.may_be_from(proposal)).count();
    proposals.into_iter().map(|proposal| (proposal, covers(proposal))).collect()
}

/// The proposal with the sentence that has most of what came by hand; the first of several.
fn taken_from<'a>(offers: &[(&'a Unaccepted, usize)], sentence: &Found<'_>) -> Option<Source<'a>> {
    let fitting = offers.iter().filter(|(proposal, _)| sentence.by_hand() && sentence.may_be_from(proposal));
    let (best, _) = fitting.rev().max_by_key(|(_, covers)| *covers)?;
    Some(Source { run: best.run, run_name: Some(&best.run_name), epoch: best.epoch, version: None })
}

impl Known {
    /// The reason and the figures of the epoch. A search says why it kept the very line; else the proposal's reasoning stands for it. `now`
    /// is the prompt that has the sentence.
    fn explain(&self, entry: &mut BlamedSentence, version: Option<i64>, epoch: u32, now: &Prompt) {
        if let Some(summary) = self.epochs.iter().find(|e| e.epoch == epoch) {
            entry.delta = summary.delta;
            (entry.fixed, entry.broken) = summary.changes().unzip();
            entry.bound = summary.bound;
        }
        let adds = |edit: &&TriedEdit| {
            edit.half == entry.half
                && edit.epoch <= epoch
                && (edit.fate == EditFate::Kept || version.is_none())
                && edit.added.iter().any(|l| l.contains(&entry.text))
        };
        // The edit that brought least beside it speaks most of the line; of equals the latest.
        let edit = self.edits.iter().rev().filter(adds).min_by_key(|edit| reasons::lines(edit));
        // One that was put to no test has no figure of its own.
        entry.edit = edit.filter(|e| e.rows > 0).map(|e| EditAlone { gain: e.gain, rows: e.rows, together: e.together });
        let edit = edit.map(|edit| reasons::of_a_line(edit, reasons::of_edit(edit, &self.edits, &self.proposals, now)));
        // Of several proposals of an epoch none speaks for what was put together from them.
        let mut of_epoch = self.proposals.iter().filter(|p| p.epoch == epoch);
        let single = of_epoch.next().filter(|_| of_epoch.next().is_none());
        let proposal = self.proposals.iter().find(|p| version.is_some() && p.version == version).or(single);
        entry.reason = edit.or_else(|| proposal.map(|p| reasons::of_proposal(p, entry.half, now))).unwrap_or_default();
    }
}
