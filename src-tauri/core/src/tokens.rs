//! Estimated tokens, for figures before a run and for servers that count none. What is paid is what the server says.

/// Tokens of a text under OpenAI's `o200k` vocabulary; other models differ by some ten percent.
pub fn count(text: &str) -> u64 {
    bpe_openai::o200k_base().count(text) as u64
}

/// A number that no vocabulary exceeds: every token has at least one byte, and each message a few of its own.
pub fn upper_bound<'a>(texts: impl IntoIterator<Item = &'a str>) -> u64 {
    texts.into_iter().map(|text| text.len() as u64 + 16).sum::<u64>() + 16
}
