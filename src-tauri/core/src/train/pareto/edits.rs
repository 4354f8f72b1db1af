//! Whole prompts taken apart into edits, and edits put together again: line differences and their three-way merge.
//!
//! A changed line is paired with the line it was made of, so that each is an edit of its own; two edits that change the same line
//! are merged clause by clause where they touch different clauses.

use std::ops::Range;

use super::{
    clauses,
    sections::{self, Placed},
};
use crate::{
    prompt::{Half, Prompt},
    run::TriedEdit,
};

/// One change of a base text: lines taken away from a place, and lines put there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edit {
    /// Where.
    pub half: Half,
    /// First base line it takes away, or the line before which it inserts.
    pub at: usize,
    /// Lines it takes away.
    pub removed: Vec<String>,
    /// Lines it puts there.
    pub added: Vec<String>,
}

impl Edit {
    /// It only puts lines in.
    pub fn inserts(&self) -> bool {
        self.removed.is_empty()
    }

    /// It is the one that was tried, wherever in the text.
    pub fn is(&self, tried: &TriedEdit) -> bool {
        self.half == tried.half && self.removed == tried.removed && self.added == tried.added
    }

    /// Both ask for the same, wherever in the text.
    pub fn same_as(&self, other: &Self) -> bool {
        self.half == other.half && self.removed == other.removed && self.added == other.added
    }

    /// Old and new line, where it changes a single one.
    pub fn of_one_line(&self) -> Option<(&str, &str)> {
        match (self.removed.as_slice(), self.added.as_slice()) {
            ([old], [new]) => Some((old, new)),
            _ => None,
        }
    }

    fn end(&self) -> usize {
        self.at + self.removed.len()
    }

    /// Two blocks put in at one place that share most of what they say: two ways to say one thing, not two things. That they have
    /// a heading in common says nothing; they become one section.
    fn is_alternative_to(&self, other: &Self) -> bool {
        let says = |edit: &'_ Self| edit.added.iter().filter(|l| !l.trim().is_empty() && !sections::is_heading(l)).count();
        let smaller = says(self).min(says(other));
        let own = self.added.iter().filter(|l| !l.trim().is_empty() && !sections::is_heading(l));
        let shared = own.filter(|line| other.added.contains(line)).count();
        self.at == other.at && smaller > 1 && shared * 2 > smaller
    }

    /// They cannot both be made: their lines overlap. Insertions at one place can, unless they say the same in other words.
    pub fn conflicts(&self, other: &Self) -> bool {
        if self.half != other.half {
            return false;
        }
        if self.inserts() && other.inserts() {
            return self.is_alternative_to(other);
        }
        if let (Some((old, new)), Some((same, other_new))) = (self.of_one_line(), other.of_one_line())
            && self.at == other.at
            && old == same
        {
            return clauses::merge(old, new, other_new).is_none();
        }
        if self.inserts() || other.inserts() {
            let (place, range) = if self.inserts() { (self.at, other) } else { (other.at, self) };
            return range.at < place && place < range.end();
        }
        self.at < other.end() && other.at < self.end()
    }
}

/// The lines of a text; an empty text has none.
pub fn lines(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('\n').collect() }
}

/// Pairs of equal lines (or pieces of them) of a longest common subsequence.
pub fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Lines that stand on their own can be tested one by one; blocks such as fences, nested lists and JSON cannot.
fn stand_alone(added: &[String]) -> bool {
    added.iter().all(|line| {
        let text = line.trim_end();
        !text.starts_with([' ', '\t', '<', '{', '}', '[', ']', '|']) && !text.ends_with(':') && !text.contains("```")
    })
}

/// Lines that share this much were made of each other.
const SIMILAR: f64 = 0.5;
/// Longer stretches of changed lines are not paired.
const MOST_PAIRED: usize = 200;

/// A stretch of changed lines cut where a line was made of another one: such pairs alone, and what lies between them.
fn paired(old: &[&str], new: &[&str]) -> Vec<(Range<usize>, Range<usize>)> {
    let whole = vec![(0..old.len(), 0..new.len())];
    let block = |lines: &[&str]| !stand_alone(&lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>());
    if old.is_empty() || new.is_empty() || old.len().max(new.len()) > MOST_PAIRED || block(old) || block(new) {
        return whole;
    }
    // The pairs with the most in common, in order.
    let width = new.len() + 1;
    let likeness = |old: &str, new: &str| {
        let shared = clauses::shared(old, new);
        // Another thing said of the same is made of what was said before.
        let same = clauses::subject(old).is_some_and(|subject| clauses::subject(new) == Some(subject));
        if same { shared.max(SIMILAR) } else { shared }
    };
    let alike: Vec<f64> = old.iter().flat_map(|o| new.iter().map(|n| likeness(o, n))).map(|s| if s >= SIMILAR { s } else { 0.0 }).collect();
    let mut most = vec![0.0_f64; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let pair = alike[i * new.len() + j];
            let with = if pair > 0.0 { pair + most[(i + 1) * width + j + 1] } else { 0.0 };
            most[i * width + j] = with.max(most[(i + 1) * width + j]).max(most[i * width + j + 1]);
        }
    }
    let (mut i, mut j, mut from, mut ranges) = (0, 0, (0, 0), Vec::new());
    let mut cut = |from: (usize, usize), to: (usize, usize)| {
        if from != to {
            ranges.push((from.0..to.0, from.1..to.1));
        }
    };
    while i < old.len() && j < new.len() {
        let pair = alike[i * new.len() + j];
        if pair > 0.0 && most[i * width + j] <= pair + most[(i + 1) * width + j + 1] {
            cut(from, (i, j));
            cut((i, j), (i + 1, j + 1));
            (i, j) = (i + 1, j + 1);
            from = (i, j);
        } else if most[(i + 1) * width + j] >= most[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    cut(from, (old.len(), new.len()));
    ranges
}

/// What turns `base` into `changed`, as the smallest edits that stand on their own.
pub fn between(base: &Prompt, changed: &Prompt) -> Vec<Edit> {
    [Half::System, Half::Output].into_iter().flat_map(|h| of_half(h, base.half(h), changed.half(h))).collect()
}

fn of_half(half: Half, base: &str, changed: &str) -> Vec<Edit> {
    let (a, b) = (lines(base), lines(changed));
    let mut pairs = common(&a, &b);
    pairs.push((a.len(), b.len()));
    let (mut i, mut j, mut edits) = (0, 0, Vec::new());
    let owned = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    for (to_i, to_j) in pairs {
        if i < to_i || j < to_j {
            for (old, new) in paired(&a[i..to_i], &b[j..to_j]) {
                let edit = Edit {
                    half,
                    at: i + old.start,
                    removed: owned(&a[i + old.start..i + old.end]),
                    added: owned(&b[j + new.start..j + new.end]),
                };
                let blank = |lines: &[String]| lines.iter().all(|l| l.trim().is_empty());
                if edit.inserts() && edit.added.len() > 1 && stand_alone(&edit.added) {
                    let added = edit.added.iter().filter(|l| !l.trim().is_empty());
                    edits.extend(added.map(|line| Edit { added: vec![line.clone()], ..edit.clone() }));
                } else if edit.added.is_empty() && edit.removed.len() > 1 && stand_alone(&edit.removed) {
                    let each = edit.removed.iter().enumerate().filter(|(_, l)| !l.trim().is_empty());
                    edits.extend(each.map(|(n, line)| Edit { at: edit.at + n, removed: vec![line.clone()], ..edit.clone() }));
                } else if !(blank(&edit.removed) && blank(&edit.added)) {
                    edits.push(edit);
                }
            }
        }
        (i, j) = (to_i + 1, to_j + 1);
    }
    edits
}

/// The base with these edits made; of two that conflict the first is made, and sections of one name become one.
pub fn apply(base: &Prompt, edits: &[Edit]) -> Prompt {
    let text = |h: Half| {
        let lines = lines(base.half(h));
        let mut made: Vec<&Edit> = Vec::new();
        for edit in edits.iter().filter(|e| e.half == h) {
            if !made.iter().any(|m| m.conflicts(edit)) {
                made.push(edit);
            }
        }
        let mut out: Vec<Placed> = Vec::new();
        for at in 0..=lines.len() {
            // Several edits of one line become one line.
            let mut one_line: Option<(&str, String)> = None;
            let mut rewritten: Vec<(usize, &Edit)> = Vec::new();
            for (number, edit) in made.iter().enumerate().filter(|(_, e)| e.at == at) {
                match (edit.of_one_line(), &mut one_line) {
                    (Some((old, new)), None) => one_line = Some((old, new.to_owned())),
                    (Some((old, new)), Some((_, line))) => {
                        if let Some(merged) = clauses::merge(old, line, new) {
                            *line = merged;
                        }
                    }
                    (None, _) => rewritten.push((number, edit)),
                }
            }
            // What replaces lines stands where they stood; what is only put in may join a section.
            let by = |(number, edit): &(usize, &Edit)| edit.inserts().then_some(*number);
            out.extend(rewritten.iter().flat_map(|e| e.1.added.iter().map(|line| Placed { line: line.clone(), by: by(e) })));
            out.extend(one_line.map(|(_, line)| Placed { line, by: None }));
            if let Some(line) = lines.get(at)
                && !made.iter().any(|e| (e.at..e.end()).contains(&at))
            {
                out.push(Placed { line: (*line).to_owned(), by: None });
            }
        }
        sections::folded(out).join("\n")
    };
    Prompt { system_prompt: text(Half::System), output_prompt: text(Half::Output) }
}

/// An edit of `base` as an edit of `target`, another descendant of the same lines; none when its lines are not there.
pub fn transplant(edit: &Edit, base: &Prompt, target: &Prompt) -> Option<Edit> {
    if base == target {
        return Some(edit.clone());
    }
    let (from, to) = (lines(base.half(edit.half)), lines(target.half(edit.half)));
    let pairs = common(&from, &to);
    let place = |line: usize| pairs.iter().find(|(i, _)| *i == line).map(|(_, j)| *j);
    if edit.inserts() {
        if edit.added.iter().all(|line| to.contains(&line.as_str())) {
            return None;
        }
        let at = match edit.at.checked_sub(1) {
            None => 0,
            // Past the lines others have put at the same place, so that later rules stand below earlier ones.
            Some(_) if edit.at >= from.len() => to.len(),
            Some(before) => place(before).map(|j| j + 1).or_else(|| place(edit.at)).unwrap_or(to.len()),
        };
        return Some(Edit { at, ..edit.clone() });
    }
    let at = place(edit.at)?;
    let kept = (0..edit.removed.len()).all(|n| place(edit.at + n) == Some(at + n));
    kept.then(|| Edit { at, ..edit.clone() })
}

/// How much of the base survives, from 0 (nothing) to 1.
pub fn kept_share(base: &Prompt, changed: &Prompt) -> f64 {
    let (mut kept, mut all) = (0.0, 0);
    for h in [Half::System, Half::Output] {
        let (a, b) = (lines(base.half(h)), lines(changed.half(h)));
        let pairs = common(&a, &b);
        kept += pairs.len() as f64;
        all += a.len();
        let (mut i, mut j) = (0, 0);
        for (to_i, to_j) in pairs.into_iter().chain([(a.len(), b.len())]) {
            let of_each_other = paired(&a[i..to_i], &b[j..to_j]).into_iter().filter(|(old, new)| old.len() == 1 && new.len() == 1);
            kept += of_each_other.map(|(old, new)| clauses::shared(a[i + old.start], b[j + new.start])).sum::<f64>();
            (i, j) = (to_i + 1, to_j + 1);
        }
    }
    if all == 0 { 1.0 } else { kept / all as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prompt(system: &str) -> Prompt {
        Prompt { system_prompt: system.into(), output_prompt: "Name it.".into() }
    }

    #[test]
    fn a_reply_falls_into_its_changes() {
        let edits = between(&prompt("a\nb\nc"), &prompt("a\nc\n- one\n- two"));
        let seen: Vec<(usize, &[String], &[String])> = edits.iter().map(|e| (e.at, e.removed.as_slice(), e.added.as_slice())).collect();
        let line = |t: &str| vec![t.to_owned()];
        assert_eq!(seen, [(1, &line("b")[..], &[][..]), (3, &[], &line("- one")), (3, &[], &line("- two"))]);
    }

    #[test]
    fn blocks_stay_whole() {
        assert_eq!(between(&prompt("a"), &prompt("a\nUse:\n  x\n  y")).len(), 1);
        assert_eq!(between(&prompt("a"), &prompt("a\n```\nx\n```")).len(), 1);
    }

    #[test]
    fn edits_of_two_proposals_are_merged() {
        let base = prompt("a\nb\nc");
        let mut edits = between(&base, &prompt("a\nb\nc\n- one"));
        edits.extend(between(&base, &prompt("A\nb\nc\n- two")));
        assert_eq!(apply(&base, &edits).system_prompt, "A\nb\nc\n- one\n- two");
    }

    #[test]
    fn of_two_that_overlap_the_first_is_made() {
        let base = prompt("a\nb");
        let (first, second) = (between(&base, &prompt("x\nb")), between(&base, &prompt("y\nb")));
        assert!(first[0].conflicts(&second[0]));
        assert_eq!(apply(&base, &[first, second].concat()).system_prompt, "x\nb");
        let long = prompt("a\nb\nc\nd");
        let (upper, lower) = (between(&long, &prompt("Use:\n  x\nc\nd")), between(&long, &prompt("a\nSay:\n  y\nd")));
        assert!(upper[0].conflicts(&lower[0]) && lower[0].conflicts(&upper[0]), "both replace the second line: {upper:?}, {lower:?}");
        assert_eq!(apply(&long, &[lower, upper].concat()).system_prompt, "a\nSay:\n  y\nd");
    }

    #[test]
    fn of_two_blocks_that_say_nearly_the_same_the_first_is_made() {
        let base = prompt("a");
        let block = |date: &str| prompt(&format!("a\nFields:\n  name\n  {date}\n  total"));
        let (first, second) = (between(&base, &block("date")), between(&base, &block("day")));
        assert!(first[0].conflicts(&second[0]));
        assert_eq!(apply(&base, &[first.clone(), second].concat()), block("date"));
        let other = between(&base, &prompt("a\nNever:\n  guess\n  total"));
        assert!(!first[0].conflicts(&other[0]), "another block");
    }

    #[test]
    fn blocks_with_the_same_headings_that_say_other_things_become_one_section() {
        let base = prompt("a");
        let block = |items: &str| between(&base, &prompt(&format!("a\n\nDecide:\n- {items}: x\n\nHint:\n- {items}{items}: y")));
        let (first, second) = (block("b"), block("c"));
        assert!(!first[0].conflicts(&second[0]));
        assert_eq!(apply(&base, &[first, second].concat()).system_prompt, "a\n\nDecide:\n- b: x\n- c: x\n\nHint:\n- bb: y\n- cc: y");
    }

    #[test]
    fn an_edit_moves_to_a_text_that_went_another_way() {
        let base = prompt("a\nb\nc");
        let edit = &between(&base, &prompt("a\nb\nc\n- one"))[0];
        let target = prompt("a\nc\n- zero");
        let moved = transplant(edit, &base, &target).expect("it fits");
        assert_eq!(apply(&target, &[moved]).system_prompt, "a\nc\n- zero\n- one");
        let gone = &between(&base, &prompt("a\nB\nc"))[0];
        assert_eq!(transplant(gone, &base, &target), None);
        let block = &between(&base, &prompt("Use:\n  x"))[0];
        assert_eq!(block.removed.len(), 3, "{block:?}");
        assert_eq!(transplant(block, &base, &prompt("a\nnew\nb\nc")), None, "its lines do not stand together any more");
    }

    #[test]
    fn changed_lines_are_edits_of_their_own() {
        let (base, changed) =
            (prompt("- red, blue: warm\n- green, grey: cold"), prompt("- red, blue, pink: warm\n- green, grey, black: cold\n- new"));
        let edits = between(&base, &changed);
        assert_eq!(edits.iter().map(|e| (e.at, e.removed.len(), e.added.len())).collect::<Vec<_>>(), [(0, 1, 1), (1, 1, 1), (2, 0, 1)]);
        assert_eq!(apply(&base, &edits), changed);
    }

    #[test]
    fn lines_that_share_little_or_belong_to_a_block_are_changed_together() {
        let shapes = |base: &str, changed: &str| {
            between(&prompt(base), &prompt(changed)).iter().map(|e| (e.removed.len(), e.added.len())).collect::<Vec<_>>()
        };
        assert_eq!(shapes("- red means a warm colour here", "- blue and grey are cold ones here\n- never guess"), [(1, 2)]);
        assert_eq!(shapes("a\n  red, blue: x\n  one, two: y", "a\n  red, blue, pink: x\n  one, two, three: y"), [(2, 2)], "a block");
    }

    #[test]
    fn what_is_said_anew_of_the_same_thing_replaces_what_was_said() {
        let base = prompt("Fields.\n- city: as asked\n- day: as asked");
        let changed = prompt("Fields.\n- day: as asked\n- city: full name of the town, where the letter names one");
        let edits = between(&prompt("- city: as asked"), &prompt("- city: full name of the town, where the letter names one"));
        assert_eq!(edits.iter().map(|e| (e.removed.len(), e.added.len())).collect::<Vec<_>>(), [(1, 1)], "not one line gone and one new");
        let beside =
            between(&prompt("- city: as asked"), &prompt("- never guess\n- city: full name of the town, where the letter names one"));
        assert_eq!(
            beside.iter().map(|e| (e.removed.len(), e.added.len())).collect::<Vec<_>>(),
            [(0, 1), (1, 1)],
            "the new line is another edit"
        );
        assert_eq!(apply(&base, &between(&base, &changed)), changed);
    }

    #[test]
    fn edits_of_one_line_are_merged_clause_by_clause() {
        let base = prompt("- red, blue: warm");
        let edits = [between(&base, &prompt("- red, blue, pink: warm")), between(&base, &prompt("- red, orange, blue: warm"))].concat();
        assert!(!edits[0].conflicts(&edits[1]));
        assert_eq!(apply(&base, &edits).system_prompt, "- red, orange, blue, pink: warm");
        let other = between(&base, &prompt("- red, blue, gold: cold"));
        assert!(between(&base, &prompt("- red, blue, gold: hot"))[0].conflicts(&other[0]), "both say where it goes");
    }

    proptest! {
        #[test]
        fn all_edits_together_make_the_changed_text(a in "[abc]{0,8}", b in "[abc]{0,8}") {
            let text = |t: &str| t.chars().map(|c| format!("- {c}")).collect::<Vec<_>>().join("\n");
            let (base, changed) = (prompt(&text(&a)), prompt(&text(&b)));
            prop_assert_eq!(apply(&base, &between(&base, &changed)), changed);
        }
    }
}
