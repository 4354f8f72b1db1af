//! A JSON object out of a model's reply.

use serde_json::Value;

use crate::extract::thinking_tag_at;

/// An object found in a reply.
struct Found<'t> {
    text: &'t str,
    fenced: bool,
    /// Read without repair.
    value: Option<Value>,
}

/// What scanning a reply ended with.
struct Scan<'t> {
    found: Vec<Found<'t>>,
    /// An object that begins and never ends.
    cut: Option<&'t str>,
    /// The reply ends inside a thinking block.
    thinking: bool,
}

/// Reads the JSON object of a reply; the error says what was wrong with the reply, ready to be quoted to the model.
///
/// Thinking blocks are skipped. An object in a code fence is preferred to one outside, a valid one to one that needs
/// repair (comments, single quotes, trailing commas, line ends inside strings), one with content to `{}`, and the first
/// to later ones. What stands inside an object's strings never counts as a fence or a thinking tag. An object that is
/// never closed is refused: closing it by guess would pass off a fragment as the whole.
pub fn read_object(text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("The reply is empty. Reply with one JSON object.".to_owned());
    }
    // The usual case, and the only one in which a reply is taken as it stands.
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        return Ok(value);
    }
    let mut scan = scan(text);
    let mut problem = None;
    for fenced in [true, false] {
        let filled = |found: &&mut Found<'_>| {
            found.fenced == fenced && found.value.as_ref().is_some_and(|v| v.as_object().is_some_and(|m| !m.is_empty()))
        };
        if let Some(value) = scan.found.iter_mut().find(filled).and_then(|found| found.value.take()) {
            return Ok(value);
        }
        for found in scan.found.iter().filter(|f| f.fenced == fenced && f.value.is_none()) {
            match repaired(found.text) {
                Ok(value) => return Ok(value),
                Err(error) => problem = problem.or(Some(error)),
            }
        }
    }
    if let Some(value) = scan.found.iter_mut().find_map(|found| found.value.take()) {
        return Ok(value);
    }
    Err(if let Some(start) = scan.cut {
        format!(
            "The JSON object that begins with {} is never closed: the reply was cut off, or a quote inside a string is not escaped. Reply with one complete JSON object.",
            beginning(start)
        )
    } else if let Some(problem) = problem {
        problem
    } else if scan.thinking {
        "The reply ends inside its thinking block. Reply with one JSON object after it.".to_owned()
    } else {
        format!("There is no JSON object in the reply, which begins with {}. Reply with one JSON object.", beginning(text))
    })
}

/// Goes through a reply once, jumping over objects and thinking blocks.
fn scan(text: &str) -> Scan<'_> {
    let bytes = text.as_bytes();
    let last_close = closing_tags(text).next();
    let last_standing = closing_tags(text).find(|&at| stands_alone(text, at));
    let mut scan = Scan { found: Vec::new(), cut: None, thinking: false };
    let mut fenced = false;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'`' if text[at..].starts_with("```") => {
                fenced = !fenced;
                at += 3;
                while bytes.get(at) == Some(&b'`') {
                    at += 1;
                }
                continue;
            }
            b'<' => {
                if let Some(tag) = thinking_tag_at(text, at) {
                    if tag.closing {
                        // All before it was thinking, though nothing said so at its beginning.
                        scan.found.clear();
                        fenced = false;
                    } else if last_close.is_some_and(|close| close > at) {
                        at = end_of_thinking(text, tag.end);
                        continue;
                    } else {
                        scan.thinking = true;
                        return scan;
                    }
                    at = tag.end;
                    continue;
                }
            }
            b'{' if begins_object(&text[at + 1..]) => match object_end(&text[at..]) {
                Some(length) => {
                    let object = &text[at..at + length];
                    let value = serde_json::from_str(object).ok();
                    // Braces of a thought can swallow the tag that ends it; a valid object only quotes one.
                    if value.is_some() || !last_standing.is_some_and(|close| (at..at + length).contains(&close)) {
                        scan.found.push(Found { text: object, fenced, value });
                        at += length;
                        continue;
                    }
                }
                None => match last_standing.filter(|&close| close > at) {
                    Some(close) => {
                        at = close;
                        continue;
                    }
                    None => {
                        scan.cut = Some(&text[at..]);
                        return scan;
                    }
                },
            },
            _ => {}
        }
        at += 1;
    }
    scan
}

/// Starts of the closing thinking tags, last first.
fn closing_tags(text: &str) -> impl Iterator<Item = usize> {
    text.rmatch_indices("</").map(|(at, _)| at).filter(|&at| thinking_tag_at(text, at).is_some())
}

/// Whether a line begins or ends at this tag. Only such a tag can end a thought in which a brace is open: the line ends
/// of a JSON string are escaped, so that a tag beside a line end is not quoted by one.
fn stands_alone(text: &str, at: usize) -> bool {
    let behind = thinking_tag_at(text, at).map_or("", |tag| &text[tag.end..]);
    let is_blank = |c| c == ' ' || c == '\t' || c == '\r';
    text[..at].trim_end_matches(is_blank).ends_with('\n') || behind.trim_start_matches(is_blank).starts_with('\n')
}

/// Byte offset behind the next closing thinking tag.
fn end_of_thinking(text: &str, from: usize) -> usize {
    text[from..].match_indices("</").find_map(|(offset, _)| thinking_tag_at(text, from + offset)).map_or(text.len(), |tag| tag.end)
}

/// Whether what follows a brace looks like an object rather than like a `{placeholder}` or a brace in prose.
fn begins_object(rest: &str) -> bool {
    let rest = rest.trim_start();
    let Some(first) = rest.chars().next() else { return true };
    if matches!(first, '"' | '\'' | '}') || rest.starts_with("//") || rest.starts_with("/*") {
        return true;
    }
    let word = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    word.len() < rest.len() && word.trim_start().starts_with(':')
}

/// Length of the object that begins the text, strings respected; None when it never ends.
fn object_end(text: &str) -> Option<usize> {
    // Single quotes are quotes only where keys are written with them; elsewhere they are apostrophes.
    let single = text[1..].trim_start().starts_with('\'');
    let (mut open, mut quote, mut escaped) = (Vec::new(), None, false);
    for (at, byte) in text.bytes().enumerate() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if byte == b'\\' => escaped = true,
            Some(mark) if byte == mark => quote = None,
            Some(_) => {}
            None => match byte {
                b'"' => quote = Some(byte),
                b'\'' if single => quote = Some(byte),
                b'{' | b'[' => open.push(byte),
                // A bracket too many is left to the repair; one that is missing ends with its object.
                b']' if open.last() == Some(&b'[') => {
                    open.pop();
                }
                b'}' => {
                    while open.pop() == Some(b'[') {}
                    if open.is_empty() {
                        return Some(at + 1);
                    }
                }
                _ => {}
            },
        }
    }
    None
}

/// An object that is complete but not valid.
fn repaired(object: &str) -> Result<Value, String> {
    let error = match serde_json::from_str::<Value>(object) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match jsonrepair_rs::jsonrepair(object).ok().and_then(|text| serde_json::from_str(&text).ok()) {
        Some(value @ Value::Object(_)) => Ok(value),
        _ => {
            Err(format!("The JSON object that begins with {} is not valid: {error}. Reply with one valid JSON object.", beginning(object)))
        }
    }
}

/// The first characters of a text, quoted on one line.
fn beginning(text: &str) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    let more = if text.trim().chars().count() > 40 { "…" } else { "" };
    format!("\"{line}{more}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn objects_are_found_where_models_put_them() {
        for (text, value) in [
            ("{\"a\": 1}", json!({"a": 1})),
            ("Here you are:\n```json\n{\"a\": 1}\n```\nHope it helps {smile}.", json!({"a": 1})),
            ("Instead of {\"a\": 0} I propose\n```\n{\"a\": 1}\n```", json!({"a": 1})),
            ("<think>{\"a\": 0}</think>{\"a\": 1}", json!({"a": 1})),
            ("maybe {\"a\": 0}, or {\"b\n</think>{\"a\": 1}", json!({"a": 1})),
            ("{x: \"</think>\nFinal: {\"a\": 1}", json!({"a": 1})),
            ("The {placeholder} stays. {\"a\": \"{x} }\"} done", json!({"a": "{x} }"})),
            ("{\"a\": \"use <think> and ```json\\n{}\\n``` here\"} ok", json!({"a": "use <think> and ```json\n{}\n``` here"})),
            ("text {\"p\": \"close with </think> please\"}", json!({"p": "close with </think> please"})),
            ("An empty {} first, then {\"a\": 1}", json!({"a": 1})),
            ("only {} here", json!({})),
            ("{{\"a\": 1}}", json!({"a": 1})),
            ("{'a': 'it is } fine', 'b': True,}", json!({"a": "it is } fine", "b": true})),
            ("{\"a\": \"two\nlines\", \"b\": {\"c\": 1},}", json!({"a": "two\nlines", "b": {"c": 1}})),
            ("{a: 1, // why\n b: 2}", json!({"a": 1, "b": 2})),
            ("{\n// note\n\"a\": 1}", json!({"a": 1})),
            ("{\"a\": [1, 2}", json!({"a": [1, 2]})),
            ("\u{feff}{\"a\": 1}", json!({"a": 1})),
        ] {
            assert_eq!(read_object(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn a_fragment_is_never_passed_off_as_the_whole() {
        for text in [
            "{\"system_prompt\": \"You are",
            "{\"a\": {\"b\": 1}, \"c\": \"foo",
            "```json\n{\"a\": {\"b\": 1},\n",
            "{'a': {'b': 1}, 'c': 'foo",
            "{a: {\"b\": 1}, c: ",
            "Sure! {\"a\": [1, {\"b\": 2}",
            "Sure! {",
            "<think>x</think>{\"a\": \"b\"",
            "{\"a\": \"end with </think>\", \"b\": {\"c\": 1}, \"d\": \"",
        ] {
            let error = read_object(text).unwrap_err();
            assert!(error.contains("is never closed: the reply was cut off"), "{text}: {error}");
        }
    }

    #[test]
    fn errors_say_what_was_wrong() {
        for (text, part) in [
            ("  ", "The reply is empty."),
            ("I cannot do that.", "There is no JSON object in the reply, which begins with \"I cannot do that.\"."),
            ("[1, 2]", "There is no JSON object"),
            ("<think>so {\"a\": 1}", "ends inside its thinking block"),
            ("use {name} here", "There is no JSON object"),
        ] {
            let error = read_object(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn hostile_replies_come_to_an_end() {
        for unit in ["{", "{\"", "{a:", "[", "{\"a\":", "```", "<think>", "</think>", "{}", "{'", "{\"</think>"] {
            let _ = read_object(&unit.repeat(100_000));
        }
        assert!(read_object(&format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000))).is_err());
    }

    fn any_json(depth: u32) -> impl Strategy<Value = Value> {
        let text = "([a-zé\"\\\\{}\\[\\]` \n<>/:,']|```|<think>|</think>|\\{\"){0,12}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(depth, 24, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(text, inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), shaped in "([{}\\[\\]\"':,a1\n\\\\`]|```|</?think>|//){0,40}") {
            for text in [&text, &shaped] {
                if let Err(error) = read_object(text) {
                    prop_assert!(error.ends_with('.') && !error.contains('\n'));
                }
            }
        }

        #[test]
        fn a_valid_object_comes_back_equal(
            map in prop::collection::hash_map("[a-z\"{}` ]{0,8}", any_json(3), 0..5),
            before in "[a-zé.,:'\"!? \n]{0,20}",
            after in "[a-zé.,:'\"!?}{ \n]{0,20}",
            thought in "[a-z{}\": \n]{0,20}",
            pretty: bool,
        ) {
            let value = Value::Object(map.into_iter().collect());
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            for reply in [
                text.clone(),
                format!("{before}\n{text}\n{before}"),
                format!("{before}\n```json\n{text}\n```\n{before}"),
                format!("<think>{thought}</think>\n{text}"),
                format!("{thought}</think>\n{before}```\n{text}\n```"),
            ] {
                prop_assert_eq!(read_object(&reply), Ok(value.clone()), "{}", reply);
            }
            if value != json!({}) {
                prop_assert_eq!(read_object(&format!("{text}{after}")), Ok(value));
            }
        }

        #[test]
        fn a_beginning_is_never_enough(map in prop::collection::hash_map("[a-z]{1,8}", any_json(3), 1..5), at in 0.0..1.0_f64) {
            let text = Value::Object(map.into_iter().collect()).to_string();
            let mut end = 1 + (at * (text.len() - 1) as f64) as usize;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            prop_assert!(read_object(&text[..end]).unwrap_err().contains("cut off"));
        }
    }
}
