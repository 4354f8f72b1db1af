//! From the response to the answer that is scored.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use crate::{
    Error, Result,
    metric::{ExtractRule, compile_pattern, json::at_path},
    tolerant_json,
};

/// What was taken out of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The answer; empty when nothing was found.
    pub answer: String,
    /// Whether the response had what the rule asks for.
    pub found: bool,
}

/// An extraction rule, checked and compiled once.
///
/// Without a rule the answer is the response as it stands, to the last blank. Every rule first drops thinking blocks, so
/// that a draft inside one is never taken for the answer, and ends without outer blanks.
#[derive(Debug)]
pub struct Extractor(Option<Rule>);

#[derive(Debug)]
enum Rule {
    DropThinking,
    LastLine,
    /// The whole `<tag>...</tag>`, and whether the tag is itself one of thinking.
    Tag(Regex, bool),
    Pattern(Regex),
    JsonPath(String),
}

impl Extractor {
    /// Checks a rule; none is a rule too.
    pub fn new(rule: Option<&ExtractRule>) -> Result<Self> {
        Ok(Self(match rule {
            None => None,
            Some(ExtractRule::DropThinking) => Some(Rule::DropThinking),
            Some(ExtractRule::LastLine) => Some(Rule::LastLine),
            Some(ExtractRule::Tag { tag }) => Some(compile_tag(tag)?),
            Some(ExtractRule::Regex { pattern }) => Some(Rule::Pattern(compile_pattern(pattern)?)),
            Some(ExtractRule::JsonPath { path }) => Some(Rule::JsonPath(path.trim().to_owned())),
        }))
    }

    /// Takes the answer out of a response.
    ///
    /// Of several tags or pattern matches the last one counts, since models correct themselves forwards.
    pub fn extract(&self, response: &str) -> Extracted {
        let answer = match &self.0 {
            None => return Extracted { answer: response.to_owned(), found: true },
            Some(Rule::Tag(tag, true)) => last_group(tag, response),
            Some(Rule::JsonPath(path)) => json_at(response, path),
            Some(rule) => {
                let text = drop_thinking(response);
                let text = text.trim();
                match rule {
                    Rule::LastLine => text.lines().next_back().map(|line| line.trim().to_owned()),
                    Rule::Tag(pattern, _) | Rule::Pattern(pattern) => last_group(pattern, text),
                    Rule::DropThinking | Rule::JsonPath(_) => (!text.is_empty()).then(|| text.to_owned()),
                }
            }
        };
        Extracted { found: answer.is_some(), answer: answer.unwrap_or_default() }
    }
}

/// Reads a rule of the command line: `thinking`, `last-line`, `tag:NAME`, `regex:PATTERN` or `json:PATH`.
pub fn parse_rule(text: &str) -> Result<ExtractRule> {
    let rule = match text.split_once(':') {
        None if text == "thinking" => ExtractRule::DropThinking,
        None if text == "last-line" => ExtractRule::LastLine,
        Some(("tag", tag)) => ExtractRule::Tag { tag: tag.to_owned() },
        Some(("regex", pattern)) => ExtractRule::Regex { pattern: pattern.to_owned() },
        Some(("json", path)) => ExtractRule::JsonPath { path: path.to_owned() },
        _ => {
            return Err(Error::invalid(format!(
                "\"{text}\" is no extraction rule. Write one of: thinking, last-line, tag:NAME, regex:PATTERN, json:PATH."
            )));
        }
    };
    Extractor::new(Some(&rule))?;
    Ok(rule)
}

fn compile_tag(tag: &str) -> Result<Rule> {
    let name = tag.trim().trim_start_matches('<').trim_end_matches('>');
    if name.is_empty() || name.contains(['<', '>', '/']) || name.contains(char::is_whitespace) {
        return Err(Error::invalid(format!("\"{tag}\" is no name of a tag. Write the name alone, for instance answer.")));
    }
    let escaped = regex::escape(name);
    // The greedy start makes it the last opening tag that is closed.
    let pattern = RegexBuilder::new(&format!("(?s).*<{escaped}>(.*?)</{escaped}>")).case_insensitive(true).build();
    let pattern = pattern.map_err(|error| Error::invalid(format!("The tag \"{tag}\" cannot be used: {error}. Choose a shorter name.")))?;
    Ok(Rule::Tag(pattern, THINKING_TAGS.iter().any(|t| t.eq_ignore_ascii_case(name))))
}

/// The first group of the last match that has one, or that match.
fn last_group(pattern: &Regex, text: &str) -> Option<String> {
    let found = pattern.captures_iter(text).last()?;
    found.get(1).or_else(|| found.get(0)).map(|m| m.as_str().trim().to_owned())
}

/// The value at the path; strings without their quotes, everything else as JSON. An empty path is the whole value.
fn json_at(response: &str, path: &str) -> Option<String> {
    let strict = |text: &str| serde_json::from_str::<Value>(text.trim()).ok();
    // Thinking is dropped here only to reach an array or a bare value; an object's strings may speak of such tags.
    let value = match strict(response).or_else(|| strict(&drop_thinking(response)).filter(|value| !value.is_object())) {
        Some(value) => value,
        None => tolerant_json::read_object(response).ok()?,
    };
    let found = if path.is_empty() { &value } else { at_path(&value, path)? };
    Some(match found {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// Names of the tags that models think in.
pub(crate) const THINKING_TAGS: [&str; 2] = ["think", "thinking"];

/// The text without thinking blocks.
///
/// A block that is never closed reaches to the end (the response was cut while thinking). A closing tag without an
/// opening one ends a block that began before the response, as with templates that open it in the prompt.
pub(crate) fn drop_thinking(text: &str) -> Cow<'_, str> {
    if thinking_tag(text, 0).is_none() {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut at = 0;
    while let Some(tag) = thinking_tag(text, at) {
        if tag.closing {
            kept.clear();
            at = tag.end;
            continue;
        }
        kept.push_str(&text[at..tag.start]);
        let mut close = thinking_tag(text, tag.end);
        while close.as_ref().is_some_and(|c| !c.closing) {
            close = close.and_then(|c| thinking_tag(text, c.end));
        }
        match close {
            Some(close) => at = close.end,
            None => return Cow::Owned(kept),
        }
    }
    kept.push_str(&text[at..]);
    Cow::Owned(kept)
}

/// A `<think>` or `</think>` in a text, as byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThinkingTag {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) closing: bool,
}

/// The first thinking tag at or after a byte offset.
pub(crate) fn thinking_tag(text: &str, from: usize) -> Option<ThinkingTag> {
    let mut at = from;
    while let Some(offset) = text[at..].find('<') {
        let start = at + offset;
        if let Some(tag) = thinking_tag_at(text, start) {
            return Some(tag);
        }
        at = start + 1;
    }
    None
}

/// The thinking tag whose `<` stands at this byte offset.
pub(crate) fn thinking_tag_at(text: &str, start: usize) -> Option<ThinkingTag> {
    let inner = text[start..].strip_prefix('<')?;
    let closing = inner.starts_with('/');
    let name = inner.strip_prefix('/').unwrap_or(inner);
    THINKING_TAGS.iter().find_map(|tag| {
        let (head, rest) = name.split_at_checked(tag.len())?;
        let matches = head.eq_ignore_ascii_case(tag) && rest.starts_with('>');
        matches.then(|| ThinkingTag { start, end: start + 1 + usize::from(closing) + tag.len() + 1, closing })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extract(rule: &str, response: &str) -> Option<String> {
        let extracted = Extractor::new(Some(&parse_rule(rule).unwrap())).unwrap().extract(response);
        assert!(extracted.found || extracted.answer.is_empty());
        extracted.found.then_some(extracted.answer)
    }

    #[test]
    fn without_a_rule_nothing_is_touched() {
        let response = " <think>a</think>\r\nb \n";
        assert_eq!(Extractor::new(None).unwrap().extract(response), Extracted { answer: response.into(), found: true });
    }

    #[test]
    fn each_rule_by_hand() {
        for (rule, response, answer) in [
            ("thinking", "<think>\nhm\n</think>\n\nbilling\n", Some("billing")),
            ("thinking", "a<thinking>x</thinking>b<THINK>y</THINK>c", Some("abc")),
            ("thinking", "still thinking</think> billing", Some("billing")),
            ("thinking", "a<think>x</think>b</think>c", Some("c")),
            ("thinking", "<think>never closed", None),
            ("thinking", "done <think>never closed", Some("done")),
            ("thinking", "<think>a <think> b</think>c", Some("c")),
            ("thinking", "a < b, <thinker>", Some("a < b, <thinker>")),
            ("last-line", "Because.\r\n\r\n billing \r\n\r\n", Some("billing")),
            ("last-line", " \n ", None),
            ("tag:answer", "<answer>a</answer> no: <Answer>\n b \n</Answer>.", Some("b")),
            ("tag:answer", "<think><answer>draft</answer></think><answer>final</answer>", Some("final")),
            ("tag:answer", "<answer>cut", None),
            ("tag:answer", "<answer>first <answer>second</answer>", Some("second")),
            ("tag:<answer>", "<answer></answer>", Some("")),
            ("tag:think", "<think>why</think> b", Some("why")),
            ("regex:label: (\\w+)", "label: a, label: b", Some("b")),
            ("regex:[0-9]+", "in 12 days", Some("12")),
            ("regex:x", "y", None),
            ("json:label", "Sure:\n```json\n{\"label\": \"billing\"}\n```", Some("billing")),
            ("json:result.items.1", "{\"result\": {\"items\": [1, {\"a\": true}]}}", Some("{\"a\":true}")),
            ("json:0", "[\"a\"]", Some("a")),
            ("json:", "<think>{}</think>{\"a\": 1}", Some("{\"a\":1}")),
            ("json:", "<think>{}</think>[{\"a\": 1}]", Some("[{\"a\":1}]")),
            ("json:p", "<think>x</think> {\"p\": \"a <think>b</think> c\"}", Some("a <think>b</think> c")),
            ("json:label", "{\"other\": 1}", None),
            ("json:label", "no JSON", None),
        ] {
            assert_eq!(extract(rule, response).as_deref(), answer, "{rule} {response:?}");
        }
    }

    #[test]
    fn rules_that_cannot_work_are_refused() {
        for (rule, part) in [
            ("last line", "\"last line\" is no extraction rule. Write one of: thinking,"),
            ("thinking:x", "is no extraction rule"),
            ("tag:", "is no name of a tag"),
            ("tag:a b", "\"a b\" is no name of a tag"),
            ("regex:(", "at character 1: unclosed group"),
        ] {
            let message = parse_rule(rule).unwrap_err().message;
            assert!(message.contains(part), "{rule}: {message}");
        }
    }

    proptest! {
        #[test]
        fn any_response_can_be_searched(text in any::<String>(), tags in "(<|</|think|>|<think>|</think>|a|é| ){0,20}") {
            for rule in ["thinking", "last-line", "tag:a", "tag:think", "regex:(.)", "json:a"] {
                for response in [&text, &tags] {
                    if let Some(answer) = extract(rule, response) {
                        prop_assert!(rule.starts_with("json") || answer.trim() == answer);
                    }
                }
            }
            prop_assert!(thinking_tag(&drop_thinking(&text), 0).is_none_or(|_| text.contains('<')));
        }

        #[test]
        fn thinking_is_dropped_and_the_rest_kept(before in "[a-z \n]{0,20}", thought in "[a-z{}<\n ]{0,20}", after in "[a-z \n]{0,20}") {
            let response = format!("{before}<think>{thought}</think>{after}");
            let kept = format!("{before}{after}");
            prop_assert_eq!(drop_thinking(&response), kept);
        }
    }
}
