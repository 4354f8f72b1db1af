//! Metrics as they are written on the command line, and their names.

use std::{fmt, io};

use super::{MetricKind, MetricSpec, compile_pattern};
use crate::{Error, Result};

/// Every way to write a metric, for error messages.
const FORMS: &str =
    "exact, normalised, contains, regex:PATTERN, number:TOLERANCE, f1, edit, json, json:FIELD,FIELD, label, judge:@FILE or judge:RUBRIC";

/// The name of the metric for people.
impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact match",
            Self::Normalised => "normalised match",
            Self::Contains => "contains",
            Self::Regex { .. } => "regex",
            Self::Number { tolerance } if *tolerance == 0.0 => "number",
            Self::Number { tolerance } => return write!(f, "number within {tolerance}"),
            Self::F1 => "token F1",
            Self::Edit => "edit similarity",
            Self::Json => "JSON equality",
            Self::JsonFields { .. } => "JSON fields",
            Self::Label => "label accuracy",
            Self::Judge { .. } => "judge",
        })
    }
}

/// Reads a metric such as `label`, `number:0.5`, `json:name,age=2` or `judge:@rubric.txt`.
///
/// `=WEIGHT` counts when what follows the last `=` is written as a number; a pattern that ends so itself needs a weight
/// behind it (`regex:x=5=1`). `read_file` reads the file after `@`.
pub fn parse_spec(text: &str, read_file: impl Fn(&str) -> io::Result<String>) -> Result<MetricSpec> {
    let (metric, weight) = match text.rsplit_once('=') {
        Some((metric, weight)) => written_number(weight).map_or((text, 1.0), |weight| (metric, weight)),
        None => (text, 1.0),
    };
    if !(weight > 0.0 && weight.is_finite()) {
        let hint =
            if metric.starts_with("regex:") { " A pattern that ends in = and a number needs its own weight, such as =1." } else { "" };
        return Err(Error::invalid(format!("The weight of the metric \"{text}\" is {weight}. It must be a number above 0.{hint}")));
    }
    let (name, argument) = metric.split_once(':').map_or((metric, None), |(name, argument)| (name, Some(argument)));
    let unknown =
        || Error::invalid(format!("\"{text}\" is no metric. Write one of: {FORMS}; with =WEIGHT behind it where there are several."));
    let metric = match (name.trim(), argument) {
        ("exact", None) => MetricKind::Exact,
        ("normalised", None) => MetricKind::Normalised,
        ("contains", None) => MetricKind::Contains,
        ("f1", None) => MetricKind::F1,
        ("edit", None) => MetricKind::Edit,
        ("label", None) => MetricKind::Label,
        ("json", None) => MetricKind::Json,
        ("json", Some(fields)) => {
            let fields: Vec<String> = fields.split(',').map(|f| f.trim().to_owned()).filter(|f| !f.is_empty()).collect();
            if fields.is_empty() {
                return Err(Error::invalid(format!("\"{text}\" names no field. Write json:name,age or just json.")));
            }
            MetricKind::JsonFields { fields }
        }
        ("number", None) => MetricKind::Number { tolerance: 0.0 },
        ("number", Some(tolerance)) => match written_number(tolerance.trim()).filter(|t| t.is_finite() && *t >= 0.0) {
            Some(tolerance) => MetricKind::Number { tolerance },
            None => {
                return Err(Error::invalid(format!(
                    "The tolerance in \"{text}\" is no number of 0 or more. Write for instance number:0.5."
                )));
            }
        },
        ("regex", Some(pattern)) => {
            compile_pattern(pattern)?;
            MetricKind::Regex { pattern: pattern.to_owned() }
        }
        ("judge", Some(rubric)) => {
            let rubric = match rubric.strip_prefix('@') {
                Some(file) => read_file(file).map_err(|error| {
                    Error::invalid(format!("The rubric file {file} could not be read: {error}. Check the path after judge:@."))
                })?,
                None => rubric.to_owned(),
            };
            if rubric.trim().is_empty() {
                return Err(Error::invalid(format!("The rubric of \"{text}\" is empty. Write what a good answer is.")));
            }
            MetricKind::Judge { rubric }
        }
        _ => return Err(unknown()),
    };
    Ok(MetricSpec { metric, weight })
}

/// A number in digits; the words `inf` and `nan`, which Rust reads too, are none.
fn written_number(text: &str) -> Option<f64> {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<MetricSpec> {
        parse_spec(text, |file| match file {
            "good.txt" => Ok("Polite.\n".into()),
            _ => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
        })
    }

    #[test]
    fn every_form_is_read() {
        let regex = |pattern: &str| MetricKind::Regex { pattern: pattern.into() };
        for (text, metric, weight) in [
            ("exact", MetricKind::Exact, 1.0),
            ("normalised=2", MetricKind::Normalised, 2.0),
            ("contains=0.5", MetricKind::Contains, 0.5),
            ("f1=1e1", MetricKind::F1, 10.0),
            ("edit", MetricKind::Edit, 1.0),
            ("label", MetricKind::Label, 1.0),
            ("json", MetricKind::Json, 1.0),
            ("json:name, address.city=3", MetricKind::JsonFields { fields: vec!["name".into(), "address.city".into()] }, 3.0),
            ("number", MetricKind::Number { tolerance: 0.0 }, 1.0),
            ("number:0.5=2", MetricKind::Number { tolerance: 0.5 }, 2.0),
            ("regex:^a=b$", regex("^a=b$"), 1.0),
            ("regex:x=5", regex("x"), 5.0),
            ("regex:x=5=1", regex("x=5"), 1.0),
            ("regex:a=inf", regex("a=inf"), 1.0),
            ("regex:(?:a:b)", regex("(?:a:b)"), 1.0),
            ("judge:@good.txt=2", MetricKind::Judge { rubric: "Polite.\n".into() }, 2.0),
            ("judge:is it kind?", MetricKind::Judge { rubric: "is it kind?".into() }, 1.0),
        ] {
            assert_eq!(read(text).unwrap(), MetricSpec { metric, weight }, "{text}");
        }
    }

    #[test]
    fn what_is_no_metric_is_named() {
        for (text, part) in [
            ("accuracy", "\"accuracy\" is no metric. Write one of: exact,"),
            ("", "is no metric"),
            ("exact=", "\"exact=\" is no metric"),
            ("exact:5", "is no metric"),
            ("regex", "is no metric"),
            ("exact=0", "is 0. It must be a number above 0."),
            ("label=-1", "is -1"),
            ("regex:x=0", "needs its own weight"),
            ("number:five", "number:0.5"),
            ("number:-1", "number:0.5"),
            ("regex:(", "at character 1: unclosed group"),
            ("regex:", "empty"),
            ("json:", "names no field"),
            ("judge:", "rubric"),
            ("judge:@nowhere.txt", "nowhere.txt could not be read: no such file"),
        ] {
            let message = read(text).unwrap_err().message;
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn names_are_for_people() {
        assert_eq!(read("number:0.5").unwrap().metric.to_string(), "number within 0.5");
        assert_eq!(read("number").unwrap().metric.to_string(), "number");
        assert_eq!(read("label").unwrap().metric.to_string(), "label accuracy");
    }
}
