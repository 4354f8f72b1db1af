//! Examples whose input stands in others too: duplicates and contradictions, found by sorting hashes.

use super::{RepeatKind, Repeats, SplitKey};

/// Input, truth and place of the rows that count, equal inputs together.
fn sorted(keys: &[SplitKey], counts: impl Fn(u32) -> bool) -> Vec<(u64, u64, u32)> {
    let numbered = (0..).zip(keys).filter(|(place, _)| counts(*place));
    let mut rows: Vec<(u64, u64, u32)> = numbered.map(|(place, key)| (key.input_hash, key.truth_hash, place)).collect();
    rows.sort_unstable();
    rows
}

/// Hands out the groups of a kind, one after another: for duplicates the rows of one pair, for contradictions those of one input.
fn each(rows: &[(u64, u64, u32)], kind: RepeatKind, mut found: impl FnMut(&[(u64, u64, u32)])) {
    for same_input in rows.chunk_by(|a, b| a.0 == b.0) {
        match kind {
            RepeatKind::Duplicates => same_input.chunk_by(|a, b| a.1 == b.1).filter(|group| group.len() > 1).for_each(&mut found),
            RepeatKind::Contradictions if same_input.iter().any(|row| row.1 != same_input[0].1) => found(same_input),
            RepeatKind::Contradictions => {}
        }
    }
}

/// Duplicates and contradictions in numbers. `counts` says which rows, by place.
pub fn count(keys: &[SplitKey], counts: impl Fn(u32) -> bool) -> (Repeats, Repeats) {
    let rows = sorted(keys, counts);
    let of = |kind| {
        let mut repeats = Repeats::default();
        each(&rows, kind, |group| {
            repeats.groups += 1;
            repeats.examples += group.len() as u32;
        });
        repeats
    };
    (of(RepeatKind::Duplicates), of(RepeatKind::Contradictions))
}

/// The groups of a kind, each the places of its rows.
pub fn groups(keys: &[SplitKey], counts: impl Fn(u32) -> bool, kind: RepeatKind) -> Vec<Vec<u32>> {
    let mut groups = Vec::new();
    each(&sorted(keys, counts), kind, |group| groups.push(group.iter().map(|row| row.2).collect()));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_are_pairs_and_contradictions_are_inputs() {
        let texts = [("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"), ("b", "x"), ("c", "z"), ("a", "x")];
        let keys: Vec<SplitKey> = texts.iter().map(|(input, truth)| SplitKey::of(input, truth)).collect();
        let (duplicates, contradictions) = count(&keys, |_| true);
        assert_eq!((duplicates.groups, duplicates.examples), (2, 5));
        assert_eq!((contradictions.groups, contradictions.examples), (1, 4));
        let mut found = groups(&keys, |_| true, RepeatKind::Duplicates);
        found.sort();
        assert_eq!(found, [vec![0, 1, 6], vec![3, 4]]);
        let mut contradicting = groups(&keys, |_| true, RepeatKind::Contradictions);
        contradicting[0].sort_unstable();
        assert_eq!(contradicting, [vec![0, 1, 2, 6]]);
        assert_eq!(count(&keys, |place| place != 2).1, Repeats::default(), "what does not count contradicts nothing");
    }
}
