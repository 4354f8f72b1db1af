//! One normal form of text, so that metrics agree on what is the same word.

use unicode_normalization::UnicodeNormalization;

/// Normal form of an answer or a truth: Unicode NFKC, case folded, invisible characters dropped, each run of blanks (line
/// ends included) one space, outer punctuation, quotes and markdown emphasis removed.
///
/// Outer signs that carry meaning stay (`-5`, `C++`, `$5`, `50%`, `#1`, `.5`), and a text of nothing but punctuation stays
/// as it is, so that `!` and `?` differ.
pub fn normalise(text: &str) -> String {
    let folded = fold(text);
    let mut spaced = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    let bare = strip_outer(&spaced);
    if bare.is_empty() { spaced } else { bare.to_owned() }
}

/// NFKC and case folding, without invisible characters.
///
/// Lower, upper, lower, each character on its own, makes `ß` and `ẞ` equal `SS` and a final sigma equal any other, as
/// Unicode's full case folding does. Case mapping can take a composed character apart, hence the second NFKC.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfkc()
        .filter(|c| !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

/// Soft hyphen, zero-width space, word joiner and byte order mark: seen by nobody, and no part of a word.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn strip_outer(text: &str) -> &str {
    let mut rest = text.trim_end_matches(|c: char| c == ' ' || is_outer(c));
    loop {
        let mut characters = rest.chars();
        match characters.next() {
            // `.5` is a number.
            Some('.' | ',') if characters.next().is_some_and(|c| c.is_ascii_digit()) => return rest,
            Some(c) if c == ' ' || is_outer(c) => rest = &rest[c.len_utf8()..],
            _ => return rest,
        }
    }
}

/// Sentence punctuation, quotes, brackets and markdown emphasis: what stands around an answer without being part of it.
fn is_outer(c: char) -> bool {
    matches!(
        c,
        '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '`' | '*' | '_' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>'
            | '¡' | '¿' | '«' | '»' | '‹' | '›' | '‘' | '’' | '‚' | '‛' | '“' | '”' | '„' | '‟' | '…'
            | '、' | '。' | '〈'..='】' | '〔'..='〟' | '،' | '؛' | '؟' | '۔' | '।' | '॥'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_form_for_what_reads_the_same() {
        for (text, normal) in [
            ("  Billing.\r\n", "billing"),
            ("**\"Billing\"**", "billing"),
            ("`refund`!", "refund"),
            ("“Ja”", "ja"),
            ("Cafe\u{301}", "café"),
            ("ﬁne", "fine"),
            ("ＡＢＣ", "abc"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδος", "οδοσ"),
            ("a\u{a0}\t b\r\nc", "a b c"),
            ("ship\u{ad}ping\u{200b}", "shipping"),
            ("「はい」。", "はい"),
            ("", ""),
            (" \n ", ""),
        ] {
            assert_eq!(normalise(text), normal, "{text:?}");
        }
    }

    #[test]
    fn signs_that_mean_something_stay() {
        for text in ["-5", "c++", "c#", "$5", "50%", "#1", ".5", ".net"] {
            let expected = text.strip_prefix('.').filter(|t| *t == "net").unwrap_or(text);
            assert_eq!(normalise(text), expected);
        }
        assert_ne!(normalise("!"), normalise("?"));
        assert_ne!(normalise("5"), normalise("-5"));
        assert_ne!(normalise("5"), normalise(".5"));
    }

    #[test]
    fn the_form_of_every_character_is_its_own() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let once = normalise(&format!("x{c}x"));
            assert_eq!(normalise(&once), once, "U+{:04X}", c as u32);
        }
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own(text in any::<String>()) {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once);
        }

        #[test]
        fn case_and_surroundings_do_not_matter(word in "[a-zA-Zäöüéßñ]{1,12}( [a-zA-Zäöüéßñ]{1,12})?") {
            prop_assert_eq!(normalise(&format!(" \"**{}**.\" \r\n", word.to_uppercase())), normalise(&word));
        }
    }
}
