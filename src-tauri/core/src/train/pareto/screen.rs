//! Static checks: what is wrong with an edit is said before a call is spent on it.

use super::{
    Suggested,
    ask::{Wanted, hypothesis_of},
    edits::{self, Edit},
    pool::{Member, Pool},
};
use crate::{
    prompt::{Half, Prompt},
    run::{EditFate, ProposalStatus, Technique, TriedEdit},
    store::StoredProposal,
    train::{
        Context,
        check::{self, Checks, Forbidden},
    },
};

/// What a round's replies came to.
pub struct Screened {
    /// Edits of the lead's prompt worth a test.
    pub edits: Vec<Suggested>,
    /// Edits that were turned down, with the reason.
    pub refused: Vec<TriedEdit>,
    /// Replies that could be read.
    pub readable: usize,
}

/// A reply that keeps less than this of its parent is a rewrite, tested as a whole.
const REWRITE: f64 = 0.5;

/// A reply with more edits than a round could ever tell apart is tested as a whole as well.
const MOST_EDITS: usize = 64;

/// A mean loss from which an edit counts as harmful.
const SLIGHT: f64 = 0.05;
/// So often an edit is tested, and so often where what it gained falls just short.
const HEARINGS: usize = 2;
const MOST_HEARINGS: usize = 4;
/// Mean gain of its hearings from which an edit falls just short.
const HOPEFUL: f64 = 0.03;

/// Takes the replies apart and checks every edit.
pub fn screen(context: &Context, pool: &Pool, lead: &Member, wanted: &[Wanted<'_>], proposals: &[StoredProposal], epoch: u32) -> Screened {
    let training = pool.training.iter().map(|e| (e.user_input.as_str(), e.ground_truth_output.as_str()));
    let forbidden = Forbidden::new(training, &context.labels);
    let checks = Checks {
        current: &lead.prompt,
        locked: &context.config.locked,
        columns: &context.columns,
        truth: context.truth.as_deref(),
        max_chars: context.config.max_prompt_chars,
        training: &forbidden,
    };
    let mut screened = Screened { edits: Vec::new(), refused: Vec::new(), readable: 0 };
    for proposal in proposals.iter().filter(|p| p.status == ProposalStatus::Valid) {
        let Some(reply) = &proposal.prompt else { continue };
        screened.readable += 1;
        let failures: Vec<i64> = proposal.shown.iter().filter(|e| e.score < context.config.matched_from()).map(|e| e.example).collect();
        let asked = wanted.iter().find(|w| w.slot == proposal.slot);
        // What a narrowed candidate changed is not in the lead, so its reply is read as a change of the lead.
        let (parent, technique) = asked.map_or((lead, Technique::Edit), |w| (if w.narrowing { lead } else { w.parent }, w.technique));
        let anew = technique == Technique::Restart;
        let as_written = asked.is_some_and(|w| w.as_written) && parent.prompt == lead.prompt;
        let apart = edits::between(&parent.prompt, reply);
        let many = apart.len() > MOST_EDITS || edits::kept_share(&parent.prompt, reply) < REWRITE;
        let rewrite = anew || as_written || !context.config.parts.edits || many;
        let found = match rewrite {
            false => apart,
            true if anew => whole(&lead.prompt, &pool.with_proven(reply, lead)),
            true => whole(&lead.prompt, reply),
        };
        // Where a parent went another way, its edits are moved to the lead; what the lead has already, or no longer, falls away.
        let moved =
            found.into_iter().filter_map(|edit| if rewrite { Some(edit) } else { edits::transplant(&edit, &parent.prompt, &lead.prompt) });
        for edit in moved {
            let known = screened.edits.iter_mut().find(|s| s.edit.same_as(&edit));
            if let Some(known) = known {
                known.votes += 1;
                known.failures.extend(&failures);
                continue;
            }
            let hypothesis = hypothesis_of(proposal, &edit);
            let technique = if rewrite && technique == Technique::Edit { Technique::Rewrite } else { technique };
            let suggested = Suggested { edit, hypothesis, votes: 1, failures: failures.clone(), rewrite, technique };
            match fault(&suggested, pool, lead, &checks) {
                None => screened.edits.push(suggested),
                Some(reason) if screened.refused.iter().any(|r| r.added == suggested.edit.added && r.removed == suggested.edit.removed) => {
                    tracing::debug!("said already: {reason}");
                }
                Some(reason) => screened.refused.push(suggested.tried(epoch, EditFate::Refused, reason, 0, 0.0)),
            }
        }
    }
    screened
}

/// A reply as one edit per half.
fn whole(base: &Prompt, reply: &Prompt) -> Vec<Edit> {
    [Half::System, Half::Output]
        .into_iter()
        .filter(|h| base.half(*h) != reply.half(*h))
        .map(|half| {
            let owned = |text: &str| edits::lines(text).into_iter().map(str::to_owned).collect();
            Edit { half, at: 0, removed: owned(base.half(half)), added: owned(reply.half(half)) }
        })
        .collect()
}

fn fault(suggested: &Suggested, pool: &Pool, lead: &Member, checks: &Checks<'_>) -> Option<String> {
    let edit = &suggested.edit;
    let earlier: Vec<&TriedEdit> = pool.tried.iter().filter(|t| t.fate == EditFate::Dropped && edit.is(t)).collect();
    // What was dropped only together with others was not heard itself.
    if let Some(last) = earlier.iter().rfind(|t| t.together < 2) {
        // Chance alone may have dropped it; who comes up again gets a second hearing, unless it did harm.
        let alone = || earlier.iter().filter(|t| t.together < 2);
        let harmful = alone().any(|t| t.gain <= -SLIGHT);
        let hopeful = alone().map(|t| t.gain).sum::<f64>() >= HOPEFUL * alone().count() as f64;
        if harmful || earlier.len() >= if hopeful { MOST_HEARINGS } else { HEARINGS } {
            return Some(format!("Epoch {} tried this edit already; it was dropped.", last.epoch));
        }
    }
    let own: Vec<&str> = edits::lines(lead.prompt.half(edit.half));
    if edit.inserts() && edit.added.iter().all(|line| own.iter().any(|o| o.trim() == line.trim())) {
        return Some("The prompt has this line already.".into());
    }
    let made = edits::apply(&lead.prompt, std::slice::from_ref(edit));
    if pool.members.iter().any(|m| m.prompt == made) {
        return Some("This prompt is a known candidate.".into());
    }
    check::first_fault(&made, checks)
}
