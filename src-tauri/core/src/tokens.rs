//! Estimated tokens, for figures before a run and for servers that count none. What is paid is what the server says.

/// Tokens of a text under OpenAI's `o200k` vocabulary; other models differ by some ten percent.
pub fn count(text: &str) -> u64 {
    bpe_openai::o200k_base().count(text) as u64
}

/// Tokens of a text without a vocabulary, for very many texts: some twenty percent off where they are words of a European language, and
/// far off where they are none. English words of up to six letters and each further six letters are one, as are three digits, two other
/// letters and every mark.
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

/// Counts texts that are much alike: some by the vocabulary, the others by what those came to for their rough count.
#[derive(Debug, Default)]
pub struct Counter {
    exact: u64,
    rough: u64,
    bytes: usize,
}

impl Counter {
    /// Bytes that are counted by the vocabulary: a few milliseconds.
    const COUNTED: usize = 200_000;

    /// Tokens of the next text.
    pub fn tokens(&mut self, text: &str) -> u64 {
        if self.bytes >= Self::COUNTED && self.rough > 0 {
            return (rough(text) as f64 * self.exact as f64 / self.rough as f64).round() as u64;
        }
        let exact = count(text);
        *self = Self { exact: self.exact + exact, rough: self.rough + rough(text), bytes: self.bytes + text.len() };
        exact
    }
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

    #[test]
    fn many_texts_alike_are_counted_by_some_of_them() {
        let text = "SGVsbG8gd29ybGQhIEhvdyBhcmUgeW91Pw".repeat(300);
        let (exact, mut counter) = (count(&text), Counter::default());
        for _ in 0..40 {
            let counted = counter.tokens(&text);
            assert!(counted.abs_diff(exact) <= 1, "{counted} for {exact}, and {} roughly", rough(&text));
        }
        assert!(counter.bytes < 40 * text.len(), "not all of it was counted");
    }
}
