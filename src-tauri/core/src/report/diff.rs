//! What changed between two texts, line by line.

/// A line of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// Stands in both.
    Same(&'a str),
    /// Stands before alone.
    Gone(&'a str),
    /// Stands after alone.
    New(&'a str),
}

/// Pairs of lines that are compared at most; beyond, what differs is shown as a whole.
const MOST_PAIRS: usize = 4_000_000;

/// The lines of both texts in order, as few as possible of them changed (longest common subsequence).
pub fn lines<'a>(before: &'a str, after: &'a str) -> Vec<Line<'a>> {
    let (old, new) = (lines_of(before), lines_of(after));
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, new_middle) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut all: Vec<Line<'a>> = old[..head].iter().map(|line| Line::Same(line)).collect();
    if old_middle.len().saturating_mul(new_middle.len()) > MOST_PAIRS {
        all.extend(old_middle.iter().map(|line| Line::Gone(line)));
        all.extend(new_middle.iter().map(|line| Line::New(line)));
    } else {
        between(old_middle, new_middle, &mut all);
    }
    all.extend(old[old.len() - tail..].iter().map(|line| Line::Same(line)));
    all
}

/// Nothing is no line: who fills an empty text takes nothing away.
fn lines_of(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('\n').collect() }
}

fn between<'a>(old: &[&'a str], new: &[&'a str], all: &mut Vec<Line<'a>>) {
    let width = new.len() + 1;
    // How many lines two ends have in common, from each pair of places on.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            all.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            all.push(Line::Gone(old[i]));
            i += 1;
        } else {
            all.push(Line::New(new[j]));
            j += 1;
        }
    }
}
