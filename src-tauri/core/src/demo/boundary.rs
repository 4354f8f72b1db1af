//! Where the input ends and the output prompt begins: a model sees one message and is not told.

use super::text::{unbullet, words};

/// Where the input of a user message ends and instruction begins: the trailing paragraphs that read like instruction.
/// The model is not told; like a real one it goes by how the text sounds.
pub(crate) fn split_input(user: &str, has_system: bool) -> (&str, &str) {
    let mut cut = user.len();
    let mut end = user.len();
    while let Some(at) = user[..end].rfind("\n\n") {
        if !sounds_like_instruction(&user[at + 2..end]) {
            break;
        }
        cut = at;
        end = at;
    }
    if cut == user.len() && !has_system {
        // A single text without any frame: a prompt and an input in one.
        return (user, if sounds_like_instruction(user) { user } else { "" });
    }
    (&user[..cut], &user[cut..])
}

fn sounds_like_instruction(paragraph: &str) -> bool {
    const OPENERS: [&str; 30] = [
        "answer", "reply", "return", "respond", "output", "write", "label", "labels", "only", "choose", "classify", "pick", "use", "give",
        "do", "decide", "say", "name", "your", "format", "rules", "extract", "which", "what", "is", "the", "one", "json", "fields", "keys",
    ];
    const SUBJECTS: [&str; 13] = [
        "answer",
        "label",
        "one of",
        "json",
        "format",
        "classif",
        "categor",
        "keys",
        "field",
        "nothing else",
        "the text above",
        "respond",
        "reply",
    ];
    let Some(line) = paragraph.lines().find(|l| !l.trim().is_empty()) else { return true };
    let (line, bullet) = unbullet(line);
    let first = words(line).into_iter().next().map(|w| w.lower).unwrap_or_default();
    let lower = paragraph.to_lowercase();
    let subject = SUBJECTS.iter().any(|s| lower.contains(s));
    (OPENERS.contains(&first.as_str()) && subject) || (bullet && line.contains(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_prompt_is_told_from_the_input_by_its_sound() {
        let (input, rest) = split_input("Hello,\n\nwhere is it?\n\nAnswer with exactly one of: a, b.\n\nLabels: a, b", true);
        assert_eq!(input, "Hello,\n\nwhere is it?");
        assert!(rest.contains("Labels"));
        assert_eq!(split_input("Hello,\n\nwhere is it?", true).1, "");
    }
}
