//! Whole prompts taken apart into edits, and edits put together again: line differences and their three-way merge.

use crate::{prompt::Prompt, run::Half};

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

    /// Both ask for the same, wherever in the text.
    pub fn same_as(&self, other: &Self) -> bool {
        self.half == other.half && self.removed == other.removed && self.added == other.added
    }

    fn end(&self) -> usize {
        self.at + self.removed.len()
    }

    /// They cannot both be made: their lines overlap. Insertions at one place can.
    pub fn conflicts(&self, other: &Self) -> bool {
        if self.half != other.half || (self.inserts() && other.inserts()) {
            return false;
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

/// The half of a prompt.
pub fn half(prompt: &Prompt, half: Half) -> &str {
    match half {
        Half::System => &prompt.system_prompt,
        Half::Output => &prompt.output_prompt,
    }
}

/// Pairs of equal lines of a longest common subsequence.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
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

/// What turns `base` into `changed`, as the smallest edits that stand on their own.
pub fn between(base: &Prompt, changed: &Prompt) -> Vec<Edit> {
    [Half::System, Half::Output].into_iter().flat_map(|h| of_half(h, half(base, h), half(changed, h))).collect()
}

fn of_half(half: Half, base: &str, changed: &str) -> Vec<Edit> {
    let (a, b) = (lines(base), lines(changed));
    let mut pairs = common(&a, &b);
    pairs.push((a.len(), b.len()));
    let (mut i, mut j, mut edits) = (0, 0, Vec::new());
    let owned = |lines: &[&str]| lines.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
    for (to_i, to_j) in pairs {
        if i < to_i || j < to_j {
            let edit = Edit { half, at: i, removed: owned(&a[i..to_i]), added: owned(&b[j..to_j]) };
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
        (i, j) = (to_i + 1, to_j + 1);
    }
    edits
}

/// The base with these edits made; of two that conflict the first is made.
pub fn apply(base: &Prompt, edits: &[Edit]) -> Prompt {
    let text = |h: Half| {
        let lines = lines(half(base, h));
        let mut made: Vec<&Edit> = Vec::new();
        for edit in edits.iter().filter(|e| e.half == h) {
            if !made.iter().any(|m| m.conflicts(edit)) {
                made.push(edit);
            }
        }
        let mut out: Vec<&str> = Vec::new();
        for at in 0..=lines.len() {
            for edit in made.iter().filter(|e| e.at == at) {
                out.extend(edit.added.iter().map(String::as_str));
            }
            if let Some(line) = lines.get(at)
                && !made.iter().any(|e| (e.at..e.end()).contains(&at))
            {
                out.push(line);
            }
        }
        out.join("\n")
    };
    Prompt { system_prompt: text(Half::System), output_prompt: text(Half::Output) }
}

/// An edit of `base` as an edit of `target`, another descendant of the same lines; none when its lines are not there.
pub fn transplant(edit: &Edit, base: &Prompt, target: &Prompt) -> Option<Edit> {
    if base == target {
        return Some(edit.clone());
    }
    let (from, to) = (lines(half(base, edit.half)), lines(half(target, edit.half)));
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
    let (mut kept, mut all) = (0, 0);
    for h in [Half::System, Half::Output] {
        let (a, b) = (lines(half(base, h)), lines(half(changed, h)));
        kept += common(&a, &b).len();
        all += a.len();
    }
    if all == 0 { 1.0 } else { kept as f64 / all as f64 }
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
