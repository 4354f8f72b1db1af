//! Metrics on plain text.

use std::collections::HashMap;

use rapidfuzz::distance::levenshtein;
use unicode_normalization::UnicodeNormalization;

use super::normalise::{fold, normalise};

/// 1 when the normalised answer contains the normalised truth as a piece of text (`cat` is in `category`), else 0.
/// A truth that normalises to nothing is contained in an empty answer only.
pub(crate) fn contains(answer: &str, truth: &str) -> bool {
    let (answer, truth) = (normalise(answer), normalise(truth));
    if truth.is_empty() { answer.is_empty() } else { answer.contains(&truth) }
}

/// Token F1 in [0, 1], as the evaluation script of SQuAD defines it (Rajpurkar et al. 2016; empty sides as in SQuAD 2.0):
/// lower case, punctuation deleted, `a`, `an`, `the` dropped, then the harmonic mean of precision and recall over the two
/// bags of words.
///
/// Beyond SQuAD: punctuation of any script counts, characters of scripts without blanks are words of their own (as MLQA
/// does, Lewis et al. 2020), articles stay where a text consists of nothing else, and two texts without any word score 1
/// only when they are equal normalised.
pub(super) fn token_f1(answer: &str, truth: &str) -> TokenF1 {
    let (answered, expected) = (tokens(answer), tokens(truth));
    if answered.is_empty() && expected.is_empty() {
        return TokenF1 { score: f64::from(normalise(answer) == normalise(truth)), absent: Vec::new(), extra: Vec::new() };
    }
    let mut balance: HashMap<&str, i64> = HashMap::new();
    for token in &expected {
        *balance.entry(token).or_default() += 1;
    }
    let mut common = 0_usize;
    let mut extra = Vec::new();
    for token in &answered {
        let left = balance.entry(token).or_default();
        if *left > 0 {
            common += 1;
            *left -= 1;
        } else {
            extra.push(token.clone());
        }
    }
    let mut absent = Vec::new();
    for token in &expected {
        if let Some(left) = balance.get_mut(token.as_str())
            && *left > 0
        {
            *left -= 1;
            absent.push(token.clone());
        }
    }
    TokenF1 { score: 2.0 * common as f64 / (answered.len() + expected.len()) as f64, absent, extra }
}

/// Token F1 with the words behind it.
pub(super) struct TokenF1 {
    /// In [0, 1].
    pub(super) score: f64,
    /// Words of the truth that the answer lacks.
    pub(super) absent: Vec<String>,
    /// Words of the answer that the truth lacks.
    pub(super) extra: Vec<String>,
}

fn tokens(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in fold(text).split_whitespace() {
        let mut token = String::new();
        for c in word.chars().filter(|&c| !is_punctuation(c)) {
            if is_written_without_blanks(c) {
                if !token.is_empty() {
                    all.push(std::mem::take(&mut token));
                }
                all.push(c.to_string());
            } else {
                token.push(c);
            }
        }
        if !token.is_empty() {
            all.push(token);
        }
    }
    let is_article = |token: &String| matches!(token.as_str(), "a" | "an" | "the");
    if !all.iter().all(is_article) {
        all.retain(|token| !is_article(token));
    }
    all
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c,
            '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '・'
            | '،' | '؛' | '؟' | '۔' | '।' | '॥' | '։' | '׃')
}

/// Han, kana, Thai, Lao, Burmese and Khmer.
fn is_written_without_blanks(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Texts whose lengths multiply to more than its square are compared to this length only.
const EDIT_CAP: usize = 20_000;

/// Edit similarity in [0, 1]: 1 - Levenshtein distance (Levenshtein 1966) / length of the longer, in characters, after
/// Unicode NFC, with CRLF as LF and outer blanks removed. Two empty texts score 1.
///
/// Two very long texts (both beyond 20,000 characters, or one as much longer as the other is shorter) are compared on
/// their first 20,000 differing characters, and every character of the longer rest counts as an edit: never above the
/// true similarity, and some milliseconds at most.
pub(super) fn edit_similarity(answer: &str, truth: &str) -> f64 {
    let characters = |text: &str| text.trim().replace("\r\n", "\n").nfc().collect::<Vec<char>>();
    let (answer, truth) = (characters(answer), characters(truth));
    let longer = answer.len().max(truth.len());
    if longer == 0 {
        return 1.0;
    }
    // Common ends cost nothing and are no part of the cap.
    let start = answer.iter().zip(&truth).take_while(|(a, b)| a == b).count();
    let (a, b) = (&answer[start..], &truth[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let distance = if a.len().saturating_mul(b.len()) <= EDIT_CAP * EDIT_CAP {
        levenshtein::distance(a.iter().copied(), b.iter().copied())
    } else {
        let (head_a, rest_a) = a.split_at(a.len().min(EDIT_CAP));
        let (head_b, rest_b) = b.split_at(b.len().min(EDIT_CAP));
        levenshtein::distance(head_a.iter().copied(), head_b.iter().copied()) + rest_a.len().max(rest_b.len())
    };
    1.0 - distance.min(longer) as f64 / longer as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn contains_by_hand() {
        assert!(contains("The answer is: Billing.", "billing"));
        assert!(contains("in Category 5", "cat"));
        assert!(!contains("bil ling", "billing"));
        assert!(!contains("anything", "") && contains(" ", ""));
        assert!(contains("line one\r\nline two", "one line"));
    }

    /// Figures of SQuAD's published definition, computed with an independent Python version of it.
    #[test]
    fn token_f1_agrees_with_squad() {
        for (answer, truth, f1) in [
            ("The cat sat on the mat.", "a cat on a mat", 6.0 / 7.0),
            ("Paris, France", "Paris", 2.0 / 3.0),
            ("no", "yes", 0.0),
            ("the the dog dog dog", "dog cat dog", 2.0 / 3.0),
            ("Denver Broncos won, 24-10!", "The Denver Broncos", 2.0 / 3.0),
            ("", "x", 0.0),
        ] {
            assert!((token_f1(answer, truth).score - f1).abs() < 1e-12, "{answer:?} {truth:?}");
        }
    }

    #[test]
    fn token_f1_beyond_squad() {
        // By hand: 2 of 3 characters common, 2 * 2 / (3 + 2).
        assert!((token_f1("日本語", "日本。").score - 0.8).abs() < 1e-12);
        assert_eq!(token_f1("A", "the").score, 0.0);
        assert_eq!(token_f1("a.", "A").score, 1.0);
        assert_eq!((token_f1("+", "-").score, token_f1("", "").score), (0.0, 1.0));
        let difference = token_f1("red green green", "red green blue");
        assert_eq!((difference.absent, difference.extra), (vec!["blue".to_owned()], vec!["green".to_owned()]));
    }

    /// RapidFuzz 3.14.6 (Python), `Levenshtein.normalized_similarity`.
    #[test]
    fn edit_similarity_agrees_with_rapidfuzz() {
        for (a, b, similarity) in [
            ("kitten", "sitting", 4.0 / 7.0),
            ("", "abc", 0.0),
            ("flaw", "lawn", 0.5),
            ("Grüße", "Grusse", 0.5),
            ("intention", "execution", 4.0 / 9.0),
            ("日本語", "日本", 2.0 / 3.0),
        ] {
            assert!((edit_similarity(a, b) - similarity).abs() < 1e-12, "{a} {b}");
        }
        assert_eq!(edit_similarity("", " \n"), 1.0);
        assert_eq!(edit_similarity("caf\u{e9}\r\nx", "cafe\u{301}\nx "), 1.0);
    }

    #[test]
    fn long_texts_come_to_an_end_and_never_flatter() {
        let pattern = |step: usize, length: usize| (0..length).map(|i| char::from(b'a' + (i * step % 23) as u8)).collect::<String>();
        let (a, b) = (pattern(7, 1_000_000), pattern(5, 900_000));
        let similarity = edit_similarity(&a, &b);
        assert!((0.0..0.1).contains(&similarity), "{similarity}");
        // One change in the middle of a million characters is still found exactly.
        let mut c = a.clone();
        c.replace_range(500_000..500_001, "#");
        assert!((edit_similarity(&a, &c) - (1.0 - 1e-6)).abs() < 1e-12);
    }

    /// The textbook recurrence, for comparison.
    fn plain_distance(a: &[char], b: &[char]) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, ca) in a.iter().enumerate() {
            let mut corner = std::mem::replace(&mut row[0], i + 1);
            for (j, cb) in b.iter().enumerate() {
                let next = (row[j] + 1).min(row[j + 1] + 1).min(corner + usize::from(ca != cb));
                corner = std::mem::replace(&mut row[j + 1], next);
            }
        }
        row[b.len()]
    }

    proptest! {
        #[test]
        fn edit_similarity_is_levenshtein(a in "[abcé]{0,90}", b in "[abcé]{0,90}") {
            let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            let expected = if a == b { 1.0 } else { 1.0 - plain_distance(&x, &y) as f64 / x.len().max(y.len()) as f64 };
            prop_assert!((edit_similarity(&a, &b) - expected).abs() < 1e-12);
        }

        #[test]
        fn symmetric_and_within_bounds(a in any::<String>(), b in any::<String>()) {
            for (there, back) in [(edit_similarity(&a, &b), edit_similarity(&b, &a)), (token_f1(&a, &b).score, token_f1(&b, &a).score)] {
                prop_assert_eq!(there, back);
                prop_assert!((0.0..=1.0).contains(&there));
            }
            prop_assert_eq!(edit_similarity(&a, &a), 1.0);
            prop_assert_eq!(token_f1(&a, &a).score, 1.0);
        }
    }
}
