//! Metrics on JSON values.
//!
//! JSON is read strictly (RFC 8259): a code fence or a sentence around it is part of the answer and makes it no JSON. Of
//! a repeated key the last value counts. More than 128 levels, `NaN` and numbers beyond the range of a double are refused.

use serde_json::{Number, Value};

use super::normalise::normalise;

/// Score of a JSON metric, with what is wrong.
pub(super) struct JsonScore {
    /// In [0, 1].
    pub(super) score: f64,
    /// What differs, in words.
    pub(super) difference: Option<String>,
}

impl JsonScore {
    fn of(same: bool, difference: impl FnOnce() -> Option<String>) -> Self {
        Self { score: f64::from(same), difference: if same { None } else { difference() } }
    }
}

/// 1 when both are the same JSON value: key order and the spelling of numbers (`1`, `1.0`, `1e0`) do not matter.
/// A truth that is no JSON is compared normalised.
pub(super) fn equality(answer: &str, truth: &str) -> JsonScore {
    let Ok(truth_value) = serde_json::from_str::<Value>(truth) else {
        return normalised(answer, truth);
    };
    match serde_json::from_str::<Value>(answer) {
        Ok(value) => {
            let difference = first_difference(&mut String::new(), &value, &truth_value);
            JsonScore::of(difference.is_none(), || difference)
        }
        Err(error) => JsonScore { score: 0.0, difference: Some(no_json(answer, &error)) },
    }
}

/// Share of fields that the answer has with the same value, in [0, 1].
///
/// Without `fields`, the top-level fields of the truth. A named field that the truth lacks must be absent from the answer
/// or null. Further fields of the answer cost nothing. A truth without fields (no object, or an empty one) is compared
/// as a whole, one that is no JSON normalised.
pub(super) fn fields(answer: &str, truth: &str, fields: &[String]) -> JsonScore {
    let Ok(truth_value) = serde_json::from_str::<Value>(truth) else {
        return normalised(answer, truth);
    };
    let expected: Vec<(&str, Option<&Value>)> = if fields.is_empty() {
        truth_value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), Some(value))).collect()
    } else {
        fields.iter().map(|path| (path.as_str(), at_path(&truth_value, path))).collect()
    };
    if expected.is_empty() {
        return equality(answer, truth);
    }
    let value = match serde_json::from_str::<Value>(answer) {
        Ok(value) => value,
        Err(error) => return JsonScore { score: 0.0, difference: Some(no_json(answer, &error)) },
    };
    let mut differences = Vec::new();
    for &(path, expected) in &expected {
        let got = if fields.is_empty() { value.get(path) } else { at_path(&value, path) };
        let same = match (expected, got) {
            (Some(expected), Some(got)) => same(expected, got),
            (None, None | Some(Value::Null)) => true,
            _ => false,
        };
        if !same {
            let words = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), shown);
            differences.push(format!("{path}: expected {}, got {}", words(expected), words(got)));
        }
    }
    let wrong = differences.len();
    let score = (expected.len() - wrong) as f64 / expected.len() as f64;
    if wrong > MOST_DIFFERENCES {
        differences.truncate(MOST_DIFFERENCES);
        differences.push(format!("and {} more", wrong - MOST_DIFFERENCES));
    }
    JsonScore { score, difference: (wrong > 0).then(|| differences.join("; ")) }
}

/// Paths of the fields that are wrong in the answer; none when it is no JSON. Of the truth's top level where `fields` is empty.
pub(crate) fn wrong_fields(answer: &str, truth: &str, fields: &[String]) -> Option<Vec<String>> {
    let value = serde_json::from_str::<Value>(answer).ok()?;
    let Ok(expected) = serde_json::from_str::<Value>(truth) else { return Some(Vec::new()) };
    let named: Vec<String> =
        if fields.is_empty() { expected.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect() } else { fields.to_vec() };
    let wrong = |path: &String| match (at_path(&expected, path), at_path(&value, path)) {
        (Some(expected), Some(got)) => !same(expected, got),
        (None, None | Some(Value::Null)) => false,
        _ => true,
    };
    Some(named.into_iter().filter(wrong).collect())
}

/// Differing fields that are spelled out.
const MOST_DIFFERENCES: usize = 8;

fn normalised(answer: &str, truth: &str) -> JsonScore {
    JsonScore::of(normalise(answer) == normalise(truth), || None)
}

/// The value at a dotted path such as `items.0.name`. A key that holds dots itself is found when it stands last.
pub(crate) fn at_path<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(found) = value.get(path) {
        return Some(found);
    }
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let inner = match value {
        Value::Array(items) => items.get(first.parse::<usize>().ok()?)?,
        Value::Object(map) => map.get(first)?,
        _ => return None,
    };
    rest.map_or(Some(inner), |rest| at_path(inner, rest))
}

fn same(a: &Value, b: &Value) -> bool {
    first_difference(&mut String::new(), a, b).is_none()
}

/// Where two values differ first, as `path: expected ..., got ...`. Depth is bounded by the reader's 128 levels.
fn first_difference(path: &mut String, got: &Value, expected: &Value) -> Option<String> {
    let differ = |path: &str, expected: &str, got: &str| {
        let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
        Some(format!("{place}expected {expected}, got {got}"))
    };
    match (got, expected) {
        (Value::Number(a), Value::Number(b)) if same_number(a, b) => None,
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| below(path, &i.to_string(), a, b))
        }
        (Value::Array(a), Value::Array(b)) => differ(path, &items(b.len()), &items(a.len())),
        (Value::Object(a), Value::Object(b)) => b
            .iter()
            .find_map(|(key, expected)| match a.get(key) {
                Some(got) => below(path, key, got, expected),
                None => differ(&joined(path, key), &shown(expected), "nothing"),
            })
            .or_else(|| {
                a.iter().find(|(key, _)| !b.contains_key(*key)).and_then(|(key, got)| differ(&joined(path, key), "nothing", &shown(got)))
            }),
        _ if got == expected => None,
        _ => differ(path, &shown(expected), &shown(got)),
    }
}

fn below(path: &mut String, key: &str, got: &Value, expected: &Value) -> Option<String> {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(key);
    let difference = first_difference(path, got, expected);
    path.truncate(length);
    difference
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn items(count: usize) -> String {
    format!("{count} {}", if count == 1 { "item" } else { "items" })
}

fn same_number(a: &Number, b: &Number) -> bool {
    a == b || (!(a.is_i64() && b.is_i64() || a.is_u64() && b.is_u64()) && a.as_f64() == b.as_f64())
}

/// A value as JSON, short enough for a sentence.
fn shown(value: &Value) -> String {
    super::clip(&value.to_string(), 60)
}

/// Why an answer cannot be read as JSON.
fn no_json(answer: &str, error: &serde_json::Error) -> String {
    let trimmed = answer.trim();
    if trimmed.is_empty() {
        return "the answer is empty, JSON was expected".to_owned();
    }
    if trimmed.starts_with("```") {
        return "not plain JSON: it is wrapped in a code fence".to_owned();
    }
    if !trimmed.starts_with(['{', '[']) && trimmed.contains('{') {
        return "not plain JSON: there is text before it".to_owned();
    }
    format!("not valid JSON: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equality_by_hand() {
        for (answer, truth) in [
            (r#"{"b": 2, "a": 1}"#, r#"{"a":1,"b":2}"#),
            ("1.0", "1"),
            ("1e2", "100"),
            (r#""\u0041""#, r#""A""#),
            (" [1, 2] \n", "[1,2]"),
            ("{\"a\":1,\"a\":2}", r#"{"a":2}"#),
            ("Billing.", "billing"),
            ("-0", "0"),
        ] {
            assert_eq!(equality(answer, truth).score, 1.0, "{answer} {truth}");
        }
        for (answer, truth, difference) in [
            (r#"{"a": {"b": [1, 3]}}"#, r#"{"a": {"b": [1, 2]}}"#, "a.b.1: expected 2, got 3"),
            (r#"{"a": 1, "c": 1}"#, r#"{"a": 1}"#, "c: expected nothing, got 1"),
            (r#"{}"#, r#"{"a": "x"}"#, "a: expected \"x\", got nothing"),
            ("[1]", "[1, 2]", "expected 2 items, got 1 item"),
            ("\"1\"", "1", "expected 1, got \"1\""),
            ("```json\n{}\n```", "{}", "not plain JSON: it is wrapped in a code fence"),
            ("Here: {}", "{}", "not plain JSON: there is text before it"),
            ("", "{}", "the answer is empty, JSON was expected"),
            ("9007199254740993", "9007199254740992", "expected 9007199254740992, got 9007199254740993"),
        ] {
            let score = equality(answer, truth);
            assert_eq!((score.score, score.difference.as_deref()), (0.0, Some(difference)), "{answer}");
        }
        assert!(equality("{\"a\": NaN}", "{}").difference.unwrap().starts_with("not valid JSON: "));
        assert_eq!(equality("shipping", "billing").score, 0.0);
    }

    #[test]
    fn fields_by_hand() {
        let truth = r#"{"name": "Ann", "age": 30, "tags": ["a"], "address": {"city": "Bern"}}"#;
        let answer = r#"{"name": "Ann", "age": "30", "tags": ["a"], "address": {"city": "Basel"}, "more": 1}"#;
        let all = fields(answer, truth, &[]);
        assert_eq!(all.score, 0.5);
        assert_eq!(
            all.difference.unwrap(),
            "age: expected 30, got \"30\"; address: expected {\"city\":\"Bern\"}, got {\"city\":\"Basel\"}"
        );
        let named = |names: &[&str], answer: &str| fields(answer, truth, &names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        assert_eq!(named(&["name", "address.city", "tags.0"], answer).score, 2.0 / 3.0);
        assert_eq!(named(&["phone"], answer).score, 1.0);
        assert_eq!(named(&["phone"], r#"{"phone": null}"#).score, 1.0);
        assert_eq!(named(&["phone"], r#"{"phone": "1"}"#).difference.unwrap(), "phone: expected nothing, got \"1\"");
        assert_eq!(named(&["name"], "[]").score, 0.0);
        assert_eq!(fields("[1]", "[1]", &[]).score, 1.0);
        assert_eq!(fields("x", "{}", &[]).score, 0.0);
        assert_eq!(fields("YES", "yes", &["a".into()]).score, 1.0);
    }

    #[test]
    fn many_differences_are_counted() {
        let truth = format!("{{{}}}", (0..20).map(|i| format!("\"k{i}\": {i}")).collect::<Vec<_>>().join(","));
        assert!(fields("{}", &truth, &[]).difference.unwrap().ends_with("; and 12 more"));
    }

    #[test]
    fn deep_nesting_is_refused_not_followed() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(equality(&deep, "[]").score, 0.0);
        assert_eq!(equality(&deep, &deep).score, 1.0);
        assert_eq!(fields(&deep, "{\"a\":1}", &[]).score, 0.0);
    }

    #[test]
    fn paths() {
        let value: Value = serde_json::from_str(r#"{"a.b": 1, "c": [{"d.e": 2}], "f": {"g": 3}, "0": 4}"#).unwrap();
        for (path, expected) in
            [("a.b", Some(1)), ("c.0.d.e", Some(2)), ("f.g", Some(3)), ("0", Some(4)), ("c.1", None), ("f.g.h", None), ("", None)]
        {
            assert_eq!(at_path(&value, path).and_then(Value::as_i64), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn any_texts_score_within_bounds(answer in "[\\[\\]{}\":,a0-9. -]{0,30}", truth in "[\\[\\]{}\":,a0-9. -]{0,30}") {
            let score = fields(&answer, &truth, &[]).score;
            prop_assert!((0.0..=1.0).contains(&score));
            // A truth that is no JSON is compared as text, an answer that is none is wrong: the two change places only where both are or neither is.
            let is_json = |text: &str| serde_json::from_str::<Value>(text).is_ok();
            if is_json(&answer) == is_json(&truth) {
                prop_assert_eq!(equality(&answer, &truth).score, equality(&truth, &answer).score);
            }
            prop_assert_eq!(equality(&answer, &answer).score, 1.0);
        }
    }
}
