//! What an epoch made of the prompts, and what the optimizer meant by it.

use std::collections::BTreeSet;

use super::{Engine, reasons};
use crate::{
    error::Result,
    prompt::{Half, Prompt},
    run::TriedEdit,
    store::{StoredEpoch, StoredProposal},
};

/// The prompts an epoch came to, with the reason for each half.
#[derive(Default)]
pub(super) struct Meant {
    /// What was validated; where nothing was, the first proposal that can be read.
    pub proposed: Option<Prompt>,
    /// Why the system prompt was changed.
    pub system_reasoning: String,
    /// Why the output prompt was.
    pub output_reasoning: String,
    /// What the change is about.
    pub explanation: String,
}

impl Engine {
    /// What an epoch of a run made of the prompts before it. `proposals` are the epoch's, `edits` the run's.
    pub(super) async fn meant(&self, run: i64, epoch: &StoredEpoch, proposals: &[StoredProposal], edits: &[TriedEdit]) -> Result<Meant> {
        let proposed = match epoch.version {
            Some(version) => Some(self.store().prompt_text(version).await?),
            None => proposals.first().and_then(|proposal| proposal.prompt.clone()),
        };
        // A search decides on edits of its proposals; one of these stands for all only where it was taken as it is.
        let taken = proposals.iter().find(|p| p.version.is_some() && p.version == epoch.version);
        if let (None, Some(_), Some(after)) = (taken, epoch.version, &proposed)
            && !proposals.is_empty()
        {
            let before = self.store().prompt_text(epoch.before).await?;
            let [system_reasoning, output_reasoning] = self.reasons((run, epoch.summary.epoch), edits, (&before, after)).await?;
            let several = if proposals.len() > 1 { "several proposals" } else { "a proposal" };
            let explanation =
                format!("Edits of {several}, each tested by itself, are put together; the reasons are those of the edits in it.");
            return Ok(Meant { proposed, system_reasoning, output_reasoning, explanation });
        }
        let Some(proposal) = taken.or(proposals.first()) else { return Ok(Meant { proposed, ..Meant::default() }) };
        let StoredProposal { system_reasoning, output_reasoning, explanation, .. } = proposal.clone();
        Ok(Meant { proposed, system_reasoning, output_reasoning, explanation })
    }

    /// What the optimizer meant by the edits that lead from one prompt to another by an epoch, for both halves.
    async fn reasons(&self, (run, epoch): (i64, u32), edits: &[TriedEdit], both: (&Prompt, &Prompt)) -> Result<[String; 2]> {
        let leading = |half| reasons::leading(edits, epoch, half, both);
        let given: BTreeSet<u32> =
            leading(Half::System).chain(leading(Half::Output)).flat_map(|edit| reasons::epochs_of(edit, edits)).collect();
        let mut proposals = Vec::new();
        for epoch in given {
            proposals.extend(self.store().proposals_of(run, epoch).await?);
        }
        let told = |half| reasons::told(leading(half).map(|edit| reasons::of_edit(edit, edits, &proposals, both.1)));
        Ok([told(Half::System), told(Half::Output)])
    }
}
