//! Lines below the line: what two lines share, and two changes of one line merged clause by clause.

use std::collections::BTreeSet;

/// A line cut into clauses and what stands between them: `a, b: c` is `a`, `, `, `b`, `: `, `c`.
fn cut(line: &str) -> Vec<&str> {
    let (mut pieces, mut from) = (Vec::new(), 0);
    let mut letters = line.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let ends = ",;.:!?".contains(letter) && letters.peek().is_some_and(|(_, next)| next.is_whitespace());
        if !ends {
            continue;
        }
        let mut end = at + letter.len_utf8();
        while let Some((blank, _)) = letters.next_if(|(_, next)| next.is_whitespace()) {
            end = line[blank..].chars().next().map_or(end, |c| blank + c.len_utf8());
        }
        pieces.extend([&line[from..at], &line[at..end]]);
        from = end;
    }
    pieces.push(&line[from..]);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Share of the words that two lines have in common, from 0 to 1.
pub fn shared(a: &str, b: &str) -> f64 {
    let words =
        |text: &str| text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect::<BTreeSet<_>>();
    let (a, b) = (words(a), words(b));
    let smaller = a.len().min(b.len());
    if smaller == 0 {
        0.0
    } else {
        a.intersection(&b).count() as f64 / smaller as f64 * (smaller as f64 / a.len().max(b.len()) as f64).sqrt()
    }
}

/// What a list item is about, where it says so before a colon: `- city: as written` is about `city`.
pub fn subject(line: &str) -> Option<&str> {
    let item = line.trim().strip_prefix(['-', '*', '•'])?;
    let (subject, said) = item.split_once(": ")?;
    let words = subject.split_whitespace().count();
    (item.starts_with(' ') && !said.trim().is_empty() && (1..=3).contains(&words)).then(|| subject.trim())
}

/// A stretch of the base replaced by other pieces.
struct Change<'a> {
    from: usize,
    to: usize,
    pieces: Vec<&'a str>,
}

fn changes<'a>(base: &[&str], changed: &[&'a str]) -> Vec<Change<'a>> {
    let mut pairs = super::edits::common(base, changed);
    pairs.push((base.len(), changed.len()));
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    for (to_i, to_j) in pairs {
        if i < to_i || j < to_j {
            found.push(Change { from: i, to: to_i, pieces: changed[j..to_j].to_vec() });
        }
        (i, j) = (to_i + 1, to_j + 1);
    }
    found
}

/// Both changes of a line in one line; none where they change the same clause in different ways.
pub fn merge(base: &str, one: &str, other: &str) -> Option<String> {
    if one == other {
        return Some(one.to_owned());
    }
    let pieces = cut(base);
    let (first_cut, second_cut) = (cut(one), cut(other));
    let (first, second) = (changes(&pieces, &first_cut), changes(&pieces, &second_cut));
    let clash = |a: &Change<'_>, b: &Change<'_>| match (a.from == a.to, b.from == b.to) {
        // Two insertions stand one after the other.
        (true, true) => false,
        (true, false) => b.from < a.from && a.from < b.to,
        (false, true) => a.from < b.from && b.from < a.to,
        // The same replacement is made once.
        (false, false) => (a.from, a.to, &a.pieces) != (b.from, b.to, &b.pieces) && a.from < b.to && b.from < a.to,
    };
    if first.iter().any(|a| second.iter().any(|b| clash(a, b))) {
        return None;
    }
    let mut out = String::new();
    for at in 0..=pieces.len() {
        let of_first = first.iter().find(|c| c.from == at && c.from == c.to);
        let of_second = second.iter().find(|c| c.from == at && c.from == c.to);
        out.extend(of_first.iter().flat_map(|c| &c.pieces).copied());
        if let Some(insertion) = of_second {
            let known = of_first.map_or(&[][..], |c| c.pieces.as_slice());
            out.extend(without(&insertion.pieces, known));
        }
        let replaced = first.iter().chain(&second).find(|c| c.from == at && c.from < c.to);
        out.extend(replaced.iter().flat_map(|c| &c.pieces).copied());
        if let Some(piece) = pieces.get(at)
            && !first.iter().chain(&second).any(|c| (c.from..c.to).contains(&at))
        {
            out.push_str(piece);
        }
    }
    Some(out)
}

/// Inserted pieces without the clauses that are there already, and what stood beside them.
fn without<'a>(inserted: &[&'a str], known: &[&str]) -> Vec<&'a str> {
    let mark = |piece: &str| piece.starts_with([',', ';', '.', ':', '!', '?']);
    let mut left = Vec::new();
    let mut skipped = false;
    for piece in inserted {
        if mark(piece) {
            if !skipped {
                left.push(*piece);
            }
            skipped = false;
        } else if known.contains(piece) {
            skipped = true;
            // The mark before it belongs to it.
            if left.last().is_some_and(|last| mark(last)) {
                left.pop();
                skipped = false;
            }
        } else {
            left.push(*piece);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_insertions_stand_in_the_merged_line_and_what_both_add_stands_once() {
        let merged = |one, other| merge("- red, blue: warm", one, other);
        assert_eq!(merged("- red, blue, pink: warm", "- red, blue, gold: warm").as_deref(), Some("- red, blue, pink, gold: warm"));
        assert_eq!(merged("- red, blue, pink: warm", "- red, blue, pink, gold: warm").as_deref(), Some("- red, blue, pink, gold: warm"));
        assert_eq!(merged("- red: warm", "- red, blue, gold: warm"), Some("- red, gold: warm".into()), "one drops what the other leaves");
        assert_eq!(merged("- red, blue: cold", "- red, blue: hot"), None);
    }

    #[test]
    fn sentences_of_a_paragraph_are_merged() {
        let base = "Read the letter. Name the queue. Be brief.";
        let merged = merge(base, "Read the letter. Name one queue. Be brief.", "Read the letter. Name the queue. Be brief. Never guess.");
        assert_eq!(merged.as_deref(), Some("Read the letter. Name one queue. Be brief. Never guess."));
    }

    #[test]
    fn lines_that_say_the_same_share_most() {
        assert!(shared("- red, blue: warm", "- red, blue, pink: warm") > 0.5);
        assert!(shared("You route letters.", "Answer with one word.") < 0.1);
        assert_eq!(shared("", "a"), 0.0);
    }

    proptest! {
        #[test]
        fn a_change_merged_with_none_is_the_change(base in "[ab]{1,3}(, [ab]{1,3}){0,4}", changed in "[ab]{1,3}(, [ab]{1,3}){0,4}") {
            prop_assert_eq!(merge(&base, &changed, &base), Some(changed.clone()));
            prop_assert_eq!(merge(&base, &base, &changed), Some(changed));
        }
    }
}
