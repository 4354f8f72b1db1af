//! A text that is looked for, case aside.

use std::sync::LazyLock;

/// What characters of two bytes in UTF-8 become in lower case, by their number; zeros where that is no single character of two bytes.
static TWO_BYTES: LazyLock<Vec<[u8; 2]>> = LazyLock::new(|| {
    let lower = |number: u32| {
        let mut bytes = [0; 2];
        let mut lower = char::from_u32(number).into_iter().flat_map(char::to_lowercase);
        match (lower.next(), lower.next()) {
            (Some(c), None) if c.len_utf8() == 2 => {
                c.encode_utf8(&mut bytes);
                bytes
            }
            _ => [0; 2],
        }
    };
    (0..0x800).map(lower).collect()
});

/// Lower case, character by character: unlike a whole text's, it does not depend on what stands around.
pub(super) fn fold_into(text: &str, folded: &mut Vec<u8>) {
    let table = TWO_BYTES.as_slice();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&first) = bytes.get(at) {
        match (first, bytes.get(at + 1)) {
            (..0x80, _) => {
                let ascii = ascii_bytes(&bytes[at..]);
                let start = folded.len();
                folded.extend_from_slice(&bytes[at..at + ascii]);
                folded[start..].make_ascii_lowercase();
                at += ascii;
                continue;
            }
            (..0xE0, Some(&second)) => {
                let lower = table[(usize::from(first & 0x1F) << 6) | usize::from(second & 0x3F)];
                if lower != [0; 2] {
                    folded.extend_from_slice(&lower);
                    at += 2;
                    continue;
                }
            }
            // Chinese, Japanese and Korean have no case.
            (0xE3..=0xE9, _) => {
                folded.extend_from_slice(&bytes[at..at + 3]);
                at += 3;
                continue;
            }
            _ => {}
        }
        let Some(c) = text[at..].chars().next() else { return };
        at += c.len_utf8();
        for lower in c.to_lowercase() {
            folded.extend_from_slice(lower.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// Bytes of ASCII at the beginning.
fn ascii_bytes(bytes: &[u8]) -> usize {
    let at_once = bytes.chunks_exact(32).take_while(|chunk| chunk.is_ascii()).count() * 32;
    at_once + bytes[at_once..].iter().take_while(|b| b.is_ascii()).count()
}

/// A text that is looked for, case aside.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    /// The text in lower case.
    pub folded: Vec<u8>,
    /// Both cases of its first byte, when it is ASCII alone.
    ascii: Option<(u8, u8)>,
}

impl Needle {
    pub fn new(text: &str) -> Self {
        let mut folded = Vec::new();
        fold_into(text, &mut folded);
        let first = folded.first().copied().filter(|_| folded.is_ascii());
        Self { ascii: first.map(|first| (first, first.to_ascii_uppercase())), folded }
    }

    fn folded_text<'a>(&self, text: &str, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        scratch.clear();
        fold_into(text, scratch);
        scratch
    }

    pub fn stands_in(&self, text: &str, scratch: &mut Vec<u8>) -> bool {
        match self.ascii {
            Some((lower, upper)) if text.is_ascii() => {
                let (text, needle) = (text.as_bytes(), &self.folded);
                let Some(last_start) = text.len().checked_sub(needle.len()) else { return false };
                memchr::memchr2_iter(lower, upper, &text[..=last_start]).any(|at| text[at..at + needle.len()].eq_ignore_ascii_case(needle))
            }
            _ => memchr::memmem::find(self.folded_text(text, scratch), &self.folded).is_some(),
        }
    }

    pub fn starts(&self, text: &str, scratch: &mut Vec<u8>) -> bool {
        self.folded_text(text, scratch).starts_with(&self.folded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_is_found_case_aside_in_any_script() {
        let mut scratch = Vec::new();
        let mut found = |needle: &str, text: &str| Needle::new(needle).stands_in(text, &mut scratch);
        assert!(found("CARD", "my card was lost") && found("lost", "LOST") && !found("cards", "card"));
        assert!(found("ärger", "ÄRGER mit der Karte") && found("карта", "Моя КАРТА") && found("100%_\\", "at 100%_\\ of"));
        assert!(found("x", "é x") && !found("y", "é x") && !found("longer", "long"));
    }

    #[test]
    fn every_character_is_folded_as_the_standard_says() {
        let all: String = ('\0'..=char::MAX).collect();
        let mut folded = Vec::new();
        fold_into(&all, &mut folded);
        assert!(folded == all.chars().flat_map(char::to_lowercase).collect::<String>().into_bytes());
    }
}
