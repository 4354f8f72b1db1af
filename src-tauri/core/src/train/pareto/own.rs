//! Edits that need no model call: recombination of what was proven, worked examples, and pruning.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;

use super::{
    Expectations, Suggested,
    earn::Earnings,
    edits::{self, Edit},
    pool::{Expected, Member, Pool},
};
use crate::{
    prompt::Half,
    run::{EditFate, Technique},
    train::Context,
};

/// Proven edits taken up again in one round, at most.
const MOST_REVIVED: usize = 6;
/// A longer input is no worked example.
const LONGEST_EXAMPLE: usize = 400;
/// Worked examples in a prompt, at most.
const MOST_EXAMPLES: usize = 4;
/// How a worked example begins.
const EXAMPLE: &str = "Example input: ";

fn suggested(edit: Edit, hypothesis: String, technique: Technique) -> Suggested {
    Suggested { edit, hypothesis, votes: 1, failures: Vec::new(), rewrite: false, technique }
}

/// Where the run stands.
pub struct Moment<'a> {
    /// The epoch.
    pub epoch: u32,
    /// Rounds in a row that brought nothing.
    pub fruitless: usize,
    /// What techniques earned so far.
    pub earnings: &'a Earnings,
}

/// All of them for a round.
pub fn ideas(
    context: &Context,
    pool: &Pool,
    lead: &Member,
    expected: &Expectations,
    moment: &Moment<'_>,
    random: &mut ChaCha8Rng,
) -> Vec<Suggested> {
    let parts = context.config.parts;
    // By what they earn compared to proposals; without that, when rounds bring nothing.
    let due = |technique: Technique| match technique {
        // What was proven once is no gamble.
        Technique::Merge => true,
        _ if parts.adaptive => moment.earnings.worth_a_test(technique),
        Technique::Prune => moment.fruitless > 0 || moment.epoch.is_multiple_of(3),
        _ => moment.fruitless > 0,
    };
    let mut ideas = Vec::new();
    if due(Technique::Merge) {
        ideas.extend(revived(pool, lead));
    }
    if due(Technique::Cross) {
        ideas.extend(crossed(pool, lead, random));
    }
    if parts.examples && due(Technique::Examples) {
        ideas.extend(example(pool, lead, expected, context.config.match_threshold));
    }
    if parts.pruning && due(Technique::Prune) {
        ideas.extend(pruned(pool, lead));
    }
    ideas.retain(|idea| {
        let made = edits::apply(&lead.prompt, std::slice::from_ref(&idea.edit));
        if context.config.locked.iter().any(|s| s.is_lost(&lead.prompt, &made)) {
            return false;
        }
        let tried = |t: &&crate::run::TriedEdit| t.half == idea.edit.half && t.added == idea.edit.added && t.removed == idea.edit.removed;
        pool.tried.iter().filter(tried).filter(|t| t.fate == EditFate::Dropped).count() == 0
    });
    ideas
}

/// Insertions that proved good under another candidate and are missing in the lead: merged without a model call.
fn revived(pool: &Pool, lead: &Member) -> Vec<Suggested> {
    let own: BTreeSet<(Half, &str)> =
        [Half::System, Half::Output].into_iter().flat_map(|h| edits::lines(lead.prompt.half(h)).into_iter().map(move |l| (h, l))).collect();
    let gone = |e: &&crate::run::TriedEdit| {
        e.fate == EditFate::Kept && e.removed.is_empty() && e.added.iter().all(|l| !own.contains(&(e.half, l.as_str())))
    };
    // What a later edit took away on purpose stays away.
    let removed =
        |e: &crate::run::TriedEdit| pool.tried.iter().any(|t| t.fate == EditFate::Kept && t.half == e.half && t.removed == e.added);
    let mut revived: Vec<Suggested> = Vec::new();
    for e in pool.tried.iter().rev().filter(gone).filter(|e| !removed(e)) {
        let at = edits::lines(lead.prompt.half(e.half)).len();
        let edit = Edit { half: e.half, at, removed: Vec::new(), added: e.added.clone() };
        if revived.len() < MOST_REVIVED && !revived.iter().any(|r| r.edit.same_as(&edit)) {
            revived.push(suggested(edit, e.hypothesis.clone(), Technique::Merge));
        }
    }
    revived
}

/// The other half of a member of the front (GEPA's system-aware merge, for two components).
fn crossed(pool: &Pool, lead: &Member, random: &mut ChaCha8Rng) -> Option<Suggested> {
    let other = pool.draw_parent(random)?;
    let half = [Half::Output, Half::System].into_iter().find(|h| other.prompt.half(*h) != lead.prompt.half(*h))?;
    let owned = |text: &str| edits::lines(text).into_iter().map(str::to_owned).collect();
    let edit = Edit { half, at: 0, removed: owned(lead.prompt.half(half)), added: owned(other.prompt.half(half)) };
    let hypothesis = format!("This half of candidate {} may do better here.", other.candidate.number);
    Some(Suggested { rewrite: true, ..suggested(edit, hypothesis, Technique::Cross) })
}

/// A failing example that many prompts failed on, with its expected answer, as a worked example.
fn example(pool: &Pool, lead: &Member, expected: &Expectations, threshold: f64) -> Option<Suggested> {
    let lines = edits::lines(&lead.prompt.system_prompt);
    let standing = lines.iter().filter(|l| l.starts_with(EXAMPLE)).count();
    if standing >= MOST_EXAMPLES {
        return None;
    }
    let teaches = |id: i64| expected.get(&id).filter(|e| e.mean() < threshold).map(|e: &Expected| f64::from(e.answers) * (1.0 - e.mean()));
    let fits = |e: &&crate::store::StoredExample| {
        let length = e.user_input.chars().count() + e.ground_truth_output.chars().count();
        // One line each, so that it stays one edit and cannot be taken for a part of the prompt; braces would be template variables.
        length <= LONGEST_EXAMPLE && ![&e.user_input, &e.ground_truth_output].iter().any(|t| t.contains('\n') || t.contains("{{"))
    };
    let best = pool
        .training
        .iter()
        .filter(fits)
        .filter_map(|e| Some((teaches(e.id)?, e)))
        .filter(|(_, e)| !lead.prompt.system_prompt.contains(&e.user_input))
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.user_input.len().cmp(&a.1.user_input.len())))?;
    let added = vec![format!("{EXAMPLE}{}", best.1.user_input), format!("Example answer: {}", best.1.ground_truth_output)];
    let edit = Edit { half: Half::System, at: lines.len(), removed: Vec::new(), added };
    Some(suggested(edit, "A worked example of what keeps failing.".into(), Technique::Examples))
}

/// The line the search added with the least to show for it.
fn pruned(pool: &Pool, lead: &Member) -> Option<Suggested> {
    let first = pool.members.first()?;
    let mut weakest: Option<(f64, Edit)> = None;
    for half in [Half::System, Half::Output] {
        let given = edits::lines(first.prompt.half(half));
        for (at, line) in edits::lines(lead.prompt.half(half)).into_iter().enumerate() {
            // What the user wrote is the user's.
            if line.trim().is_empty() || given.contains(&line) {
                continue;
            }
            let shown = pool.tried.iter().rev().find(|t| t.fate == EditFate::Kept && t.half == half && t.added.iter().any(|a| a == line));
            let gain = shown.map_or(0.0, |t| t.gain * f64::from(t.rows));
            if weakest.as_ref().is_none_or(|(least, _)| gain < *least) {
                weakest = Some((gain, Edit { half, at, removed: vec![line.to_owned()], added: Vec::new() }));
            }
        }
    }
    weakest.map(|(_, edit)| suggested(edit, "This line may carry nothing.".into(), Technique::Prune))
}
