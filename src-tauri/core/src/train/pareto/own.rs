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
    store::StoredExample,
    train::Context,
};

/// Proven edits taken up again in one round, at most.
const MOST_REVIVED: usize = 6;
/// A longer input is no worked example.
const LONGEST_EXAMPLE: usize = 400;
/// Worked examples in a prompt, at most.
const MOST_EXAMPLES: usize = 4;
/// Lines about the whole task that may be taken away in one round, at most.
const MOST_PRUNED: usize = 3;
/// Worked examples tried in one round, at most.
const MOST_EXAMPLES_A_ROUND: usize = 3;
/// How a worked example begins.
const EXAMPLE: &str = "Example input: ";
/// How its answer begins, on the line below.
const EXAMPLE_ANSWER: &str = "Example answer: ";

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

impl Moment<'_> {
    /// Whether a technique that needs no proposal is worth a test: by what it earns compared to proposals; without that, when
    /// rounds bring nothing.
    pub fn due(&self, technique: Technique, adaptive: bool) -> bool {
        match technique {
            // What was proven once is no gamble.
            Technique::Merge => true,
            _ if adaptive => self.earnings.worth_a_test(technique),
            Technique::Prune => self.fruitless > 0 || self.epoch.is_multiple_of(3),
            _ => self.fruitless > 0,
        }
    }
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
    let due = |technique: Technique| moment.due(technique, parts.adaptive);
    let mut ideas = Vec::new();
    if due(Technique::Merge) {
        ideas.extend(revived(pool, lead));
    }
    if due(Technique::Cross) {
        ideas.extend(crossed(pool, lead, random));
    }
    if parts.examples && due(Technique::Examples) {
        let most = if parts.adaptive { moment.earnings.times(Technique::Examples, MOST_EXAMPLES_A_ROUND) } else { 1 };
        ideas.extend(examples(pool, lead, expected, context.config.matched_from(), most));
    }
    if parts.pruning {
        ideas.extend(pruned(pool, lead, due(Technique::Prune)));
    }
    ideas.retain(|idea| {
        let made = edits::apply(&lead.prompt, std::slice::from_ref(&idea.edit));
        if context.config.locked.iter().any(|s| s.is_lost(&lead.prompt, &made)) {
            return false;
        }
        !pool.tried.iter().any(|t| t.fate == EditFate::Dropped && idea.edit.is(t))
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

/// Failing examples that many prompts failed on, with their expected answers, as worked examples; of each answer one.
fn examples(pool: &Pool, lead: &Member, expected: &Expectations, threshold: f64, most: usize) -> Vec<Suggested> {
    let lines = edits::lines(&lead.prompt.system_prompt);
    let standing = lines.iter().filter(|l| l.starts_with(EXAMPLE)).count();
    let teaches = |id: i64| expected.get(&id).filter(|e| e.mean() < threshold).map(|e: &Expected| f64::from(e.answers) * (1.0 - e.mean()));
    let fits = |e: &&StoredExample| {
        let length = e.user_input.chars().count() + e.ground_truth_output.chars().count();
        // One line each, so that it stays one edit and cannot be taken for a part of the prompt; braces would be template variables.
        length <= LONGEST_EXAMPLE && ![&e.user_input, &e.ground_truth_output].iter().any(|t| t.contains('\n') || t.contains("{{"))
    };
    let mut teaching: Vec<(f64, &StoredExample)> = pool
        .training
        .iter()
        .filter(fits)
        .filter_map(|e| Some((teaches(e.id)?, e)))
        .filter(|(_, e)| !lead.prompt.system_prompt.contains(&e.user_input))
        .collect();
    teaching.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.user_input.len().cmp(&b.1.user_input.len())));
    let mut answers: BTreeSet<&str> = BTreeSet::new();
    let picked = teaching.into_iter().filter(|(_, e)| answers.insert(&e.ground_truth_output));
    let idea = |(_, e): (f64, &StoredExample)| {
        let added = vec![format!("{EXAMPLE}{}", e.user_input), format!("{EXAMPLE_ANSWER}{}", e.ground_truth_output)];
        let edit = Edit { half: Half::System, at: lines.len(), removed: Vec::new(), added };
        suggested(edit, "A worked example of what keeps failing.".into(), Technique::Examples)
    };
    picked.take(most.min(MOST_EXAMPLES.saturating_sub(standing))).map(idea).collect()
}

/// The lines the search added with the least to show for it. Those about the whole task can be judged on the way, where mixes of
/// other edits are asked for anyway; those about some examples only when it is due.
fn pruned(pool: &Pool, lead: &Member, due: bool) -> Vec<Suggested> {
    let Some(first) = pool.members.first() else { return Vec::new() };
    let mut weakest: Vec<(f64, bool, Edit)> = Vec::new();
    for half in [Half::System, Half::Output] {
        let given = edits::lines(first.prompt.half(half));
        let lines = edits::lines(lead.prompt.half(half));
        for (at, &line) in lines.iter().enumerate() {
            // What the user wrote is the user's; an example goes whole.
            if line.trim().is_empty() || given.contains(&line) || line.starts_with(EXAMPLE_ANSWER) {
                continue;
            }
            let answer = lines.get(at + 1).filter(|next| line.starts_with(EXAMPLE) && next.starts_with(EXAMPLE_ANSWER));
            let shown = pool.tried.iter().rev().find(|t| t.fate == EditFate::Kept && t.half == half && t.added.iter().any(|a| a == line));
            let gain = shown.map_or(0.0, |t| t.gain * f64::from(t.rows));
            let removed = std::iter::once(line).chain(answer.copied()).map(str::to_owned).collect();
            let edit = Edit { half, at, removed, added: Vec::new() };
            weakest.push((gain, pool.inputs.of_edit(&edit).is_empty(), edit));
        }
    }
    weakest.sort_by(|a, b| a.0.total_cmp(&b.0));
    let whole_task = weakest.iter().filter(|(_, whole, _)| *whole).take(MOST_PRUNED);
    let of_some = weakest.iter().filter(|(_, whole, _)| !*whole && due).take(1);
    whole_task.chain(of_some).map(|(.., edit)| suggested(edit.clone(), "This line may carry nothing.".into(), Technique::Prune)).collect()
}
