//! A prompt as sentences: what blame speaks of.

/// The sentences of a text in order, without the blanks around them. A line end ends a sentence; so does a full stop, an
/// exclamation or a question mark with a blank behind it, but for the dot of a list number or an abbreviation of one letter.
pub fn sentences(text: &str) -> Vec<&str> {
    text.lines().flat_map(of_line).map(str::trim).filter(|s| !s.is_empty()).collect()
}

fn of_line(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut marks = line.char_indices().peekable();
    while let Some((at, c)) = marks.next() {
        let blank_follows = marks.peek().is_some_and(|(_, next)| next.is_whitespace());
        let ends = matches!(c, '.' | '!' | '?') && blank_follows || matches!(c, '。' | '！' | '？');
        if !ends {
            continue;
        }
        let word = line[start..at].rsplit(char::is_whitespace).next().unwrap_or_default();
        if c == '.' && (word.chars().all(|c| c.is_ascii_digit()) || word.chars().count() == 1) {
            continue;
        }
        let end = at + c.len_utf8();
        found.push(&line[start..end]);
        start = end;
    }
    found.push(&line[start..]);
    found
}

#[cfg(test)]
mod tests {
    use super::sentences;

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        let text = "You route mail. Answer at once!\n1. Cards go to security.\n- e.g. a refund: billing\n\nVersion 1.5 is fine? Yes";
        let expected = [
            "You route mail.",
            "Answer at once!",
            "1. Cards go to security.",
            "- e.g.",
            "a refund: billing",
            "Version 1.5 is fine?",
            "Yes",
        ];
        assert_eq!(sentences(text), expected);
        assert_eq!(sentences(" \n\n "), Vec::<&str>::new());
        assert_eq!(sentences("请分类。只写标签。"), ["请分类。", "只写标签。"]);
    }
}
