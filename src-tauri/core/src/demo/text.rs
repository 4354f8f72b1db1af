//! Words, stems and enumerations: the reading skills the demo model brings along. Nothing here knows a task.

/// A word with its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case.
    pub lower: String,
    /// Without common English endings.
    pub stem: String,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
}

/// Splits a text into words: runs of letters and digits, with hyphens and apostrophes kept inside.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut out = Vec::with_capacity(text.len() / 6 + 1);
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inner = matches!(c, '-' | '\'' | '’') && start.is_some() && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if c.is_alphanumeric() || inner {
            start.get_or_insert(at);
        } else if let Some(from) = start.take() {
            out.push(word(text, from, at));
        }
    }
    if let Some(from) = start {
        out.push(word(text, from, text.len()));
    }
    out
}

fn word(text: &str, start: usize, end: usize) -> Word {
    let mut lower = text[start..end].to_lowercase();
    if lower.contains('’') {
        lower = lower.replace('’', "'");
    }
    Word { stem: stem(&lower), lower, start, end }
}

/// Cuts common English endings off a lower-case word, so that `charge`, `charged` and `charges` meet.
pub(crate) fn stem(lower: &str) -> String {
    let mut w = lower.strip_suffix("'s").unwrap_or(lower);
    if w.len() < 4 || !w.bytes().all(|b| b.is_ascii_lowercase()) {
        return w.to_owned();
    }
    if let Some(base) = w.strip_suffix("ies") {
        return format!("{base}y");
    }
    for hiss in ["sses", "shes", "ches", "xes"] {
        if w.ends_with(hiss) {
            w = &w[..w.len() - 2];
        }
    }
    if w.ends_with('s') && !w.ends_with("ss") && !w.ends_with("us") && !w.ends_with("is") {
        w = &w[..w.len() - 1];
    }
    for ending in ["ing", "ed", "ment"] {
        if let Some(base) = w.strip_suffix(ending)
            && base.len() >= 3
            && base.bytes().any(|b| b"aeiouy".contains(&b))
        {
            w = base;
            break;
        }
    }
    let bytes = w.as_bytes();
    if bytes.len() > 3 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2] && !b"lsz".contains(&bytes[bytes.len() - 1]) {
        w = &w[..w.len() - 1];
    }
    if w.len() > 3 {
        w = w.strip_suffix('e').unwrap_or(w);
    }
    w.to_owned()
}

/// Words that carry grammar or courtesy rather than a subject.
const COMMON: &str = " a about above after again all already also always am an and another any anybody anymore anyone anything are aren't as \
    ask asked at away be because been before being below between both but by came can can't cannot come could couldn't day days dear did didn't do \
    does doesn't doesnt doing don't done dont down each either else even ever every everyone everything few first for from get gets getting give \
    given go goes going gone good got had has hasn't have haven't having he hello help her here hey hi him his how however i i'd i'll i'm \
    i've if in instead into is isn't it it's its itself just kind kindly know last least less let like little look looks made make many \
    may me might mine more most much must my myself need needs never new next no nobody none nor not nothing now of off often ok on once one \
    ones only onto or other others otherwise our ours out over own please pls put quite rather really regards same say says see seems she should since \
    so some somebody someone something soon still such take taken team tell than thank thanks thanx that that's the their them then there \
    there's these they they're thing things this those though three through thx till time times to today together told too took two \
    under until up upon us use used using very via want wanted wants was wasn't way we we'd we're we've week weeks well went were what \
    what's when where which while who whole whom whose why will with within without won't would wouldn't year years yes yesterday yet you \
    you'd you're you've your yours best cheers sincerely morning evening afternoon sir madam mr ms mrs monday tuesday wednesday \
    thursday friday saturday sunday january february march april may june july august september october november december month \
    hour hours minute minutes tomorrow four five six seven eight nine ten ";

/// Whether a lower-case word says nothing about the subject.
pub(crate) fn is_common(lower: &str) -> bool {
    use std::{collections::HashSet, sync::LazyLock};
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split_whitespace().collect());
    lower.chars().count() < 2 || lower.starts_with(|c: char| c.is_ascii_digit()) || WORDS.contains(lower)
}

/// The words of a text that carry its subject.
pub(crate) fn content_words(text: &str) -> Vec<Word> {
    words(text).into_iter().filter(|w| !is_common(&w.lower)).collect()
}

/// Takes a bullet or a number off the front of a line; says whether there was one.
pub(crate) fn unbullet(line: &str) -> (&str, bool) {
    let line = line.trim();
    for mark in ["- ", "* ", "• ", "– "] {
        if let Some(rest) = line.strip_prefix(mark) {
            return (rest.trim(), true);
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits)
        && let Some(rest) = line[digits..].strip_prefix(". ").or_else(|| line[digits..].strip_prefix(") "))
    {
        return (rest.trim(), true);
    }
    (line, false)
}

/// Trims blanks, quotes, emphasis and closing punctuation.
pub(crate) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '*' | '“' | '”' | '‘' | '’' | '.' | '?' | '!' | ';' | ',')
    })
}

/// The items of `a, b, c or d`.
pub(crate) fn items(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for part in text.split([',', ';', '/', '|']) {
        let mut rest = part;
        loop {
            let cut = [" or ", " and "].into_iter().filter_map(|j| find_ignoring_case(rest, j).map(|at| (at, j.len()))).min();
            let (head, tail) = match cut {
                Some((at, len)) => (&rest[..at], Some(&rest[at + len..])),
                None => (rest, None),
            };
            let mut item = bare(head);
            for joint in ["or ", "and ", "the ", "a ", "an "] {
                if item.len() > joint.len() && item.is_char_boundary(joint.len()) && item[..joint.len()].eq_ignore_ascii_case(joint) {
                    item = bare(&item[joint.len()..]);
                }
            }
            if !item.is_empty() {
                out.push(item);
            }
            match tail {
                Some(tail) => rest = tail,
                None => break,
            }
        }
    }
    out
}

/// Byte offset of an ASCII needle, whatever its case.
pub(crate) fn find_ignoring_case(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    if needle.is_empty() || text.len() < needle.len() {
        return None;
    }
    (0..=text.len() - needle.len()).find(|&i| text[i..i + needle.len()].eq_ignore_ascii_case(needle))
}

/// Sentences of a line, each with its closing mark.
pub(crate) fn sentences(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut from = 0;
    let bytes = line.as_bytes();
    for i in 0..bytes.len() {
        if matches!(bytes[i], b'.' | b'?' | b'!') && bytes.get(i + 1).is_none_or(u8::is_ascii_whitespace) {
            out.push(line[from..=i].trim());
            from = i + 1;
        }
    }
    if !line[from..].trim().is_empty() {
        out.push(line[from..].trim());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_meet_in_one_stem() {
        for family in [
            ["charge", "charged", "charges"],
            ["ship", "shipped", "shipping"],
            ["delivery", "deliveries", "delivery"],
            ["bill", "bills", "billing"],
        ] {
            assert!(family.iter().all(|w| stem(w) == stem(family[0])), "{family:?} {:?}", family.map(stem));
        }
        assert_ne!(stem("address"), stem("add"));
    }

    #[test]
    fn enumerations_lose_their_joints_and_quotes() {
        assert_eq!(items("the order, \"date\" and a total"), ["order", "date", "total"]);
        assert_eq!(items("one or two words"), ["one", "two words"]);
        assert_eq!(unbullet("12) so be it"), ("so be it", true));
        assert_eq!(sentences("One. Two v1.5? Three"), ["One.", "Two v1.5?", "Three"]);
    }
}
