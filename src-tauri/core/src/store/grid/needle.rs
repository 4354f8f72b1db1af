//! A text that is looked for, case aside.

use std::sync::LazyLock;

/// Characters of two bytes in UTF-8, in lower case; where that is no single character, a zero.
static TWO_BYTES: LazyLock<Vec<char>> = LazyLock::new(|| {
    let lower = |c: char| {
        let mut lower = c.to_lowercase();
        lower.next().filter(|_| lower.next().is_none()).unwrap_or('\0')
    };
    ('\u{80}'..'\u{800}').map(lower).collect()
});

fn fold_character(c: char, folded: &mut String) {
    match c {
        // Chinese, Japanese and Korean have no case.
        '\u{3000}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => folded.push(c),
        _ => match TWO_BYTES.get((c as usize).wrapping_sub(0x80)) {
            Some(&lower) if lower != '\0' => folded.push(lower),
            _ => folded.extend(c.to_lowercase()),
        },
    }
}

/// Bytes in ASCII at the beginning of a text.
fn ascii_bytes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let at_once = bytes.chunks(32).take_while(|chunk| chunk.is_ascii()).map(<[u8]>::len).sum::<usize>();
    at_once + bytes[at_once..].iter().take_while(|b| b.is_ascii()).count()
}

/// Lower case, character by character: unlike a whole text's, it does not depend on what stands around.
pub(super) fn fold_into(text: &str, folded: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = ascii_bytes(rest);
        let start = folded.len();
        folded.push_str(&rest[..ascii]);
        folded[start..].make_ascii_lowercase();
        rest = &rest[ascii..];
        let others = rest.bytes().position(|b| b.is_ascii()).unwrap_or(rest.len());
        rest[..others].chars().for_each(|c| fold_character(c, folded));
        rest = &rest[others..];
    }
}

/// A text that is looked for, case aside.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    /// The text in lower case.
    pub folded: String,
    /// Both cases of its first byte, when it is ASCII alone.
    ascii: Option<(u8, u8)>,
}

impl Needle {
    pub fn new(text: &str) -> Self {
        let mut folded = String::new();
        fold_into(text, &mut folded);
        let first = folded.bytes().next().filter(|_| folded.is_ascii());
        Self { ascii: first.map(|first| (first, first.to_ascii_uppercase())), folded }
    }

    fn folded_text<'a>(&self, text: &'a str, scratch: &'a mut String) -> &'a str {
        scratch.clear();
        fold_into(text, scratch);
        scratch
    }

    pub fn stands_in(&self, text: &str, scratch: &mut String) -> bool {
        match self.ascii {
            Some((lower, upper)) if text.is_ascii() => {
                let (text, needle) = (text.as_bytes(), self.folded.as_bytes());
                let Some(last_start) = text.len().checked_sub(needle.len()) else { return false };
                memchr::memchr2_iter(lower, upper, &text[..=last_start]).any(|at| text[at..at + needle.len()].eq_ignore_ascii_case(needle))
            }
            _ => self.folded_text(text, scratch).contains(&self.folded),
        }
    }

    pub fn starts(&self, text: &str, scratch: &mut String) -> bool {
        self.folded_text(text, scratch).starts_with(&self.folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_is_found_case_aside_in_any_script() {
        let mut scratch = String::new();
        let mut found = |needle: &str, text: &str| Needle::new(needle).stands_in(text, &mut scratch);
        assert!(found("CARD", "my card was lost") && found("lost", "LOST") && !found("cards", "card"));
        assert!(found("ärger", "ÄRGER mit der Karte") && found("карта", "Моя КАРТА") && found("100%_\\", "at 100%_\\ of"));
        assert!(found("x", "é x") && !found("y", "é x") && !found("longer", "long"));
    }

    #[test]
    fn every_character_is_folded_as_the_standard_says() {
        let all: String = ('\0'..=char::MAX).collect();
        let mut folded = String::new();
        fold_into(&all, &mut folded);
        assert!(folded == all.chars().flat_map(char::to_lowercase).collect::<String>());
    }
}
