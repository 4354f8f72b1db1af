//! Estimated tokens, for figures before a run and for servers that count none. What is paid is what the server says.

/// Tokens of a text under OpenAI's `o200k` vocabulary; other models differ by some ten percent.
pub fn count(text: &str) -> u64 {
    bpe_openai::o200k_base().count(text) as u64
}

/// Tokens of a text without a vocabulary, some twenty percent off: English words of up to six letters and each further six
/// letters are one, as are three digits, two other letters and every mark. The vocabulary takes 60 MB and a tenth of a second
/// to load, too much for a figure that is shown as an estimate of a whole run.
pub fn rough(text: &str) -> u64 {
    #[derive(PartialEq, Clone, Copy)]
    enum Kind {
        Blank,
        Word,
        Digit,
        Letter,
        Mark,
    }
    let kind = |c: char| match c {
        c if c.is_whitespace() => Kind::Blank,
        'a'..='z' | 'A'..='Z' => Kind::Word,
        c if c.is_numeric() => Kind::Digit,
        c if c.is_alphabetic() => Kind::Letter,
        _ => Kind::Mark,
    };
    let together = |kind: Kind| match kind {
        Kind::Word => 6,
        Kind::Digit => 3,
        Kind::Letter => 2,
        Kind::Blank | Kind::Mark => 1,
    };
    let (mut tokens, mut last, mut run) = (0, Kind::Blank, 0);
    for now in text.chars().map(kind) {
        run = if now == last && run < together(now) { run + 1 } else { 1 };
        last = now;
        // A blank belongs to the word behind it.
        tokens += u64::from(run == 1 && now != Kind::Blank);
    }
    tokens
}

/// A number that no vocabulary exceeds: every token has at least one byte, and each message a few of its own.
pub fn upper_bound<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    texts.into_iter().map(|text| text.len() as u64 + 16).sum::<u64>() + 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rough_count_is_near_the_vocabulary_s() {
        let texts = [
            "My card still hasn't arrived after 2 weeks. Is it lost? I ordered it on 2024-05-12 and nobody answers.",
            "Classify the message into exactly one of these labels: billing, account, shipping. Answer with only the label.",
            "Ich habe meine Karte verloren und möchte sie so schnell wie möglich sperren lassen. Können Sie mir helfen?",
            "{\"order\": {\"id\": 48213, \"items\": [\"lamp\", \"chair\"], \"total\": 129.90}}",
        ];
        for text in texts {
            let (rough, exact) = (rough(text) as f64, count(text) as f64);
            assert!((0.7..1.4).contains(&(rough / exact)), "{rough} for {exact} tokens: {text}");
        }
        assert_eq!(rough("  \n "), 0);
    }
}
