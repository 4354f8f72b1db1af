//! Lineage: the versions that a prompt was made from, one out of the other. An epoch's prompt was made from the best before it. What was
//! written by hand says nothing of where it began, so it is taken to have begun at the earlier version that it has most in common with;
//! a restored text and a run's first prompts have everything in common with theirs.

use std::collections::{HashMap, HashSet};

use super::Engine;
use crate::{
    error::Result,
    prompt::{Half, Prompt, PromptAuthor, PromptVersion, sentences},
    run::Decision,
};

/// What a version that was written by hand has at least in common with the one it was made from, of 1,000; with less it is a new beginning.
const ALIKE: usize = 500;

/// The sentences of a prompt, by their halves.
type Sentences<'a> = HashSet<(Half, &'a str)>;

fn all_of(prompt: &Prompt) -> Sentences<'_> {
    [Half::System, Half::Output].into_iter().flat_map(|half| sentences(prompt.half(half)).into_iter().map(move |s| (half, s))).collect()
}

/// What two texts have in common, of 1,000.
fn likeness(one: &Sentences<'_>, other: &Sentences<'_>) -> usize {
    let both = one.intersection(other).count();
    2_000 * both / (one.len() + other.len()).max(1)
}

/// Of these versions, newest first, the one that a text has most in common with: the same text, or the newest of the most alike.
fn most_alike<'a>(
    prompt: &Prompt,
    known: &Sentences<'_>,
    (older, read): (&'a [PromptVersion], &[Sentences<'a>]),
    least: usize,
) -> Option<&'a PromptVersion> {
    if let Some(same) = older.iter().find(|version| version.prompt == *prompt) {
        return Some(same);
    }
    let alike = older.iter().zip(read).map(|(version, theirs)| (likeness(known, theirs), version));
    let most = alike.rev().max_by_key(|(alike, _)| *alike)?;
    (most.0 >= least).then_some(most.1)
}

impl Engine {
    /// The versions a prompt was made from, from itself, where it is a version, or its nearest back to the first. `versions` is the
    /// whole history, newest first.
    pub(super) async fn lineage<'a>(&self, prompt: &Prompt, versions: &'a [PromptVersion]) -> Result<Vec<&'a PromptVersion>> {
        let read: Vec<Sentences<'a>> = versions.iter().map(|version| all_of(&version.prompt)).collect();
        let place: HashMap<i64, usize> = versions.iter().enumerate().map(|(at, version)| (version.id, at)).collect();
        let mut accepted: HashMap<i64, HashMap<i64, i64>> = HashMap::new();
        let mut line = Vec::new();
        // What is edited now began somewhere, however far it has come.
        let mut next = most_alike(prompt, &all_of(prompt), (versions, &read), 1);
        while let Some(version) = next {
            line.push(version);
            let Some(&at) = place.get(&version.id) else { break };
            let older = at + 1;
            next = match (version.author, version.run) {
                (PromptAuthor::Optimizer, Some(run)) => {
                    if let std::collections::hash_map::Entry::Vacant(place) = accepted.entry(run) {
                        place.insert(self.accepted_from(run).await?);
                    }
                    let before = accepted.get(&run).and_then(|from| from.get(&version.id)).and_then(|before| place.get(before));
                    before.map(|&before| &versions[before]).filter(|before| before.number < version.number)
                }
                // Also of a run that was deleted: its epochs cannot be asked any more.
                _ => most_alike(&version.prompt, &read[at], (&versions[older..], &read[older..]), ALIKE),
            };
        }
        Ok(line)
    }

    /// What a run accepted, each with the best before it.
    async fn accepted_from(&self, run: i64) -> Result<HashMap<i64, i64>> {
        let epochs = self.store().epochs(run).await?;
        let accepted = epochs.into_iter().filter(|epoch| epoch.summary.decision == Decision::Accepted);
        Ok(accepted.filter_map(|epoch| Some((epoch.version?, epoch.before))).collect())
    }
}
