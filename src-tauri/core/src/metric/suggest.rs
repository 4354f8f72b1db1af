//! A metric proposed from the ground truths.

use serde_json::Value;

use super::{MetricKind, MetricSuggestion, number::whole_number};

/// Most different truths that are taken for labels; with more there is no confusion matrix.
const MOST_LABELS: usize = 50;
/// Most different numbers that are taken for labels, such as ratings.
const MOST_NUMBER_LABELS: usize = 10;
/// Characters up to which a truth is short.
const SHORT: usize = 60;

/// Proposes a metric. `truths` is a sample of the ground truths, `distinct` and `total` count them all.
pub fn suggest(truths: &[String], distinct: usize, total: usize) -> MetricSuggestion {
    let suggestion = |metric, reason: String| MetricSuggestion { metric, reason, from_file: Vec::new() };
    if truths.is_empty() || total == 0 {
        return suggestion(MetricKind::Normalised, "There is no expected answer to look at yet.".to_owned());
    }
    if let Some(found) = json(truths) {
        return found;
    }
    let numbers: Option<Vec<_>> = truths.iter().map(|t| whole_number(t)).collect();
    let (most_labels, repeats) = if numbers.is_some() { (MOST_NUMBER_LABELS, 5) } else { (MOST_LABELS, 2) };
    let one_line = truths.iter().all(|t| !t.trim().contains('\n') && t.trim().chars().count() <= SHORT);
    if one_line && (2..=most_labels).contains(&distinct) && total >= repeats * distinct {
        return suggestion(
            MetricKind::Label,
            format!(
                "The expected answers are {distinct} labels over {total} examples. An answer counts when it is the label and nothing else."
            ),
        );
    }
    if let Some(numbers) = numbers {
        let decimals = numbers.iter().map(|n| n.decimals).max().unwrap_or(0).min(12);
        let tolerance = if decimals == 0 { 0.0 } else { format!("5e-{}", decimals + 1).parse().unwrap_or(0.0) };
        let reason = if decimals == 0 {
            "The expected answers are whole numbers. An answer counts when its only number is the same, however it is written.".to_owned()
        } else {
            let places = if decimals == 1 { "1 decimal" } else { &format!("{decimals} decimals") };
            format!("The expected answers are numbers with up to {places}. An answer counts when it rounds to the same number.")
        };
        return suggestion(MetricKind::Number { tolerance }, reason);
    }
    let share = |test: &dyn Fn(&str) -> bool| truths.iter().filter(|t| test(t.trim())).count() as f64 / truths.len() as f64;
    let is_code = |t: &str| !t.contains(char::is_whitespace) && t.chars().any(char::is_numeric);
    if one_line && share(&is_code) >= 0.9 {
        return suggestion(MetricKind::Exact, "The expected answers are codes or dates, where every character counts.".to_owned());
    }
    if share(&|t| !t.contains('\n') && t.chars().count() <= SHORT) >= 0.8 {
        return suggestion(
            MetricKind::Normalised,
            "The expected answers are short. An answer counts when it is the same apart from case, blanks and outer punctuation."
                .to_owned(),
        );
    }
    suggestion(MetricKind::F1, "The expected answers are longer texts. The score is the share of words that agree.".to_owned())
}

/// For truths that are all JSON objects or arrays.
fn json(truths: &[String]) -> Option<MetricSuggestion> {
    let values = truths
        .iter()
        .map(|t| serde_json::from_str::<Value>(t).ok().filter(|v| v.is_object() || v.is_array()))
        .collect::<Option<Vec<_>>>()?;
    let most_fields = values.iter().map(|v| v.as_object().map_or(0, serde_json::Map::len)).max().unwrap_or(0);
    let (metric, reason) = if values.iter().all(Value::is_object) && most_fields > 1 {
        (
            MetricKind::JsonFields { fields: Vec::new() },
            "The expected answers are JSON objects with several fields. The score is the share of fields that are right.",
        )
    } else {
        (MetricKind::Json, "The expected answers are JSON. An answer counts when it is the same value, whatever the order of its keys.")
    };
    Some(MetricSuggestion { metric, reason: reason.to_owned(), from_file: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(truths: &[&str], times: usize) -> MetricKind {
        let truths: Vec<String> = truths.iter().map(|&t| t.to_owned()).collect();
        let suggestion = suggest(&truths, truths.len(), truths.len() * times);
        assert!(suggestion.reason.ends_with('.'), "{}", suggestion.reason);
        suggestion.metric
    }

    #[test]
    fn the_data_decides() {
        let number = |tolerance| MetricKind::Number { tolerance };
        assert_eq!(of(&["billing", "tech", "sales"], 20), MetricKind::Label);
        assert_eq!(of(&["billing", "tech", "sales"], 1), MetricKind::Normalised);
        assert_eq!(of(&["yes"], 20), MetricKind::Normalised);
        assert_eq!(of(&["1", "2", "3", "4", "5"], 20), MetricKind::Label);
        assert_eq!(of(&["12", "1,200", "7", "-3"], 2), number(0.0));
        assert_eq!(of(&["3.14", "2.5", "$1,200.00"], 1), number(0.005));
        assert_eq!(of(&["0.1", "2"], 1), number(0.05));
        assert_eq!(of(&["007", "008", "123"], 1), MetricKind::Exact);
        assert_eq!(of(&["2024-01-05", "2023-12-31"], 1), MetricKind::Exact);
        assert_eq!(of(&["Paris", "New York", "Rome"], 1), MetricKind::Normalised);
        assert_eq!(of(&["{\"a\":1,\"b\":2}", "{}"], 20), MetricKind::JsonFields { fields: vec![] });
        assert_eq!(of(&["{\"a\":1}", "{\"a\":2}"], 1), MetricKind::Json);
        assert_eq!(of(&["[1]", "[2]"], 1), MetricKind::Json);
        assert_eq!(of(&["true", "false"], 20), MetricKind::Label);
        let long = "The committee met on Tuesday and decided to postpone the vote until the report is complete.";
        assert_eq!(of(&[long, "Nobody came, so that the meeting was held again a week later in the town hall."], 1), MetricKind::F1);
        assert_eq!(of(&[long, "no"], 20), MetricKind::F1);
        assert_eq!(of(&[], 1), MetricKind::Normalised);
    }

    #[test]
    fn many_values_are_no_labels() {
        let words: Vec<String> = (0..51).map(|i| format!("label {}", "x".repeat(i))).collect();
        assert_eq!(suggest(&words[..50], 50, 1_000).metric, MetricKind::Label);
        assert_eq!(suggest(&words, 51, 1_000).metric, MetricKind::Normalised);
    }
}
