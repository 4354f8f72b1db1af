//! Why prompts changed, in the optimizer's words. Where it gave a reason for a proposal as a whole and only a part of that stands in the
//! prompt, the words say so: they speak of changes that are not there.

use crate::{
    prompt::{Half, Prompt, sentences},
    run::{EditFate, TriedEdit},
    store::StoredProposal,
    train,
};

/// The reason of a proposal, told of a part of it.
fn of_a_part(reason: &str) -> String {
    format!("Part of a proposal whose reason was: {reason}")
}

/// The edit is in the text.
fn stands(edit: &TriedEdit, prompt: &Prompt) -> bool {
    let text = prompt.half(edit.half);
    let has = |line: &String| text.lines().any(|known| known.trim() == line.trim());
    if edit.added.is_empty() { !edit.removed.iter().any(has) } else { edit.added.iter().all(has) }
}

/// What was meant by an edit that stands in a prompt: its own reason, else that of the proposal it is taken from. `proposals` are those of
/// the epochs that had the edit, or more.
pub(super) fn of_edit(edit: &TriedEdit, edits: &[TriedEdit], proposals: &[StoredProposal], prompt: &Prompt) -> String {
    let reason = &edit.hypothesis;
    // What other edits of it were meant for may be told by themselves; its reason speaks of all.
    let whole = |of: &StoredProposal, text: &Prompt| {
        let own = |e: &&TriedEdit| e.epoch == of.epoch && (!e.added.is_empty() || e.hypothesis == *reason) && stands(e, text);
        edits.iter().filter(own).all(|e| stands(e, prompt))
    };
    let sources = proposals.iter().filter(|p| p.epoch <= edit.epoch && train::explains(p, reason));
    let mut sources = sources.filter_map(|p| Some((p, p.prompt.as_ref().filter(|text| stands(edit, text))?))).peekable();
    if sources.peek().is_some() && !sources.any(|(of, text)| whole(of, text)) { of_a_part(reason) } else { reason.clone() }
}

/// Why an edit brought one of its lines: where it brought several, its reason speaks of all of them, and the words say so.
pub(super) fn of_a_line(edit: &TriedEdit, reason: String) -> String {
    match lines(edit) {
        0 | 1 => reason,
        several => format!("One of {several} lines of an edit whose reason was: {reason}"),
    }
}

/// So many lines an edit brought.
pub(super) fn lines(edit: &TriedEdit) -> usize {
    edit.added.iter().filter(|line| !line.trim().is_empty()).count()
}

/// The epochs in which an edit's reason may have been given: what was proven before is taken up again with the reason it had.
pub(super) fn epochs_of(edit: &TriedEdit, edits: &[TriedEdit]) -> [u32; 2] {
    [edits.iter().find(|e| e.hypothesis == edit.hypothesis).map_or(edit.epoch, |first| first.epoch), edit.epoch]
}

/// A proposal's reason for one half, where this much of it stands in a prompt.
pub(super) fn of_proposal(proposal: &StoredProposal, half: Half, prompt: &Prompt) -> String {
    let reason = match half {
        Half::System => &proposal.system_reasoning,
        Half::Output => &proposal.output_reasoning,
    };
    let lacks = |text: &Prompt| sentences(text.half(half)).iter().any(|sentence| !prompt.half(half).contains(sentence));
    if !reason.is_empty() && proposal.prompt.as_ref().is_some_and(lacks) { of_a_part(reason) } else { reason.clone() }
}

/// The edits that lead from one prompt to another by an epoch, those of one half.
pub(super) fn leading<'a>(
    edits: &'a [TriedEdit],
    epoch: u32,
    half: Half,
    (before, after): (&'a Prompt, &'a Prompt),
) -> impl Iterator<Item = &'a TriedEdit> {
    let (before, after) = (before.half(half), after.half(half));
    let has = |text: &str, line: &String| text.lines().any(|known| known.trim() == line.trim());
    edits.iter().filter(move |edit| {
        let added = edit.added.iter().any(|line| has(after, line) && !has(before, line));
        let removed = edit.added.is_empty() && edit.removed.iter().all(|line| has(before, line) && !has(after, line));
        edit.half == half && edit.epoch <= epoch && edit.fate == EditFate::Kept && (added || removed)
    })
}

/// What was meant by edits, a line each, what was said once told once.
pub(super) fn told(reasons: impl Iterator<Item = String>) -> String {
    let mut told: Vec<String> = Vec::new();
    for reason in reasons {
        if !reason.trim().is_empty() && !told.contains(&reason) {
            told.push(reason);
        }
    }
    told.join("\n")
}
