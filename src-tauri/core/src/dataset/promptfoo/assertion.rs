//! What promptfoo's assertions expect, as a ground truth and a metric.

use std::{borrow::Cow, collections::HashMap};

use crate::{
    dataset::{
        row::LONGEST_CELL,
        yaml::{Node, Value},
    },
    metric::{MetricKind, MetricSpec},
};

/// The rubric of tests that say what a good answer is instead of giving one.
const BY_RUBRIC: &str = "The ground truth says what a good answer does. Judge whether the answer does it.";
/// The rubric of tests whose answers must agree with a reference.
const BY_FACTS: &str = "The answer agrees with the facts of the ground truth and contradicts none of them.";

/// Kinds of assertion that promptfoo knows, for its CSV: there a text that begins with none of them is the expected answer itself.
const KINDS: &[&str] = &[
    "answer-relevance",
    "bleu",
    "classifier",
    "contains",
    "contains-all",
    "contains-any",
    "contains-html",
    "contains-json",
    "contains-sql",
    "contains-xml",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "conversation-relevance",
    "cost",
    "equals",
    "factuality",
    "finish-reason",
    "g-eval",
    "gleu",
    "guardrails",
    "icontains",
    "icontains-all",
    "icontains-any",
    "is-html",
    "is-json",
    "is-refusal",
    "is-sql",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "is-xml",
    "javascript",
    "latency",
    "levenshtein",
    "llm-rubric",
    "meteor",
    "model-graded-closedqa",
    "model-graded-factuality",
    "moderation",
    "perplexity",
    "perplexity-score",
    "pi",
    "python",
    "regex",
    "rouge-n",
    "ruby",
    "similar",
    "starts-with",
    "trace-error-spans",
    "webhook",
    "word-count",
];

/// One assertion of a test.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Assertion {
    kind: String,
    text: String,
    /// The expected value is JSON, no text.
    is_json: bool,
}

/// What an assertion comes to.
enum Meaning {
    /// The ground truth with its metric; a sentence when the metric stands in for something else.
    Truth(MetricKind, Option<&'static str>),
    Pattern,
    Rubric,
    None,
}

impl Assertion {
    /// Adds an assertion as YAML has it; a set of them as its members. `room` is how many bytes a test may still assert: aliases and
    /// templates can make many of a few.
    pub fn gather(node: &Node, vars: &HashMap<&str, &str>, into: &mut Vec<Self>, room: &mut usize) -> Result<(), String> {
        let too_much = || "Written out, what it asserts is too long. Shorten it, or leave the test out.".to_owned();
        let mut take = |bytes: usize| room.checked_sub(bytes).map(|left| *room = left).ok_or_else(too_much);
        take(size_of::<Self>())?;
        let kind = node.get("type").and_then(Node::text).unwrap_or_default().trim().to_ascii_lowercase();
        if kind == "assert-set" {
            let members = node.get("assert").map(Node::items).unwrap_or_default();
            return members.iter().try_for_each(|member| Self::gather(member, vars, into, room));
        }
        let value = node.get("value");
        let is_json = value.is_some_and(|value| !matches!(value.value, Value::Text { .. }));
        let template = value.map_or(Some(String::new()), |value| value.to_text(LONGEST_CELL)).ok_or_else(too_much)?;
        let text = filled_in(&template, |name| vars.get(name).map(|text| Cow::Borrowed(*text))).ok_or_else(too_much)?;
        take(kind.len() + text.len())?;
        into.push(Self { kind, text, is_json });
        Ok(())
    }

    /// An assertion as a cell of promptfoo's CSV writes it: `contains: Paris`, `similar(0.8): a text`, or just the answer.
    pub fn of_cell(cell: &str) -> Option<Self> {
        if cell.trim().is_empty() {
            return None;
        }
        let new = |kind: &str, text: &str| Some(Self { kind: kind.to_owned(), text: text.to_owned(), is_json: false });
        for (prefix, kind) in [
            ("javascript:", "javascript"),
            ("fn:", "javascript"),
            ("eval:", "javascript"),
            ("file://", "javascript"),
            ("python:", "python"),
            ("grade:", "llm-rubric"),
        ] {
            if let Some(rest) = cell.strip_prefix(prefix) {
                return new(kind, rest.trim());
            }
        }
        let (head, text) = cell.split_once(':').unwrap_or((cell, ""));
        let named = head.split_once('(').map_or(head, |(name, argument)| if argument.trim_end().ends_with(')') { name } else { head });
        let plain = named.strip_prefix("not-").unwrap_or(named);
        let alone = ["is-json", "contains-json", "is-refusal", "is-xml", "is-html", "is-sql"].contains(&plain);
        if KINDS.contains(&plain) && (cell.contains(':') || alone || head.ends_with(')')) {
            return new(named, text.trim());
        }
        new("equals", cell)
    }

    fn meaning(&self) -> Meaning {
        let truth = |metric| Meaning::Truth(metric, None);
        match self.kind.as_str() {
            "equals" if self.is_json => truth(MetricKind::Json),
            "equals" => truth(MetricKind::Exact),
            "icontains" => truth(MetricKind::Contains),
            "contains" => Meaning::Truth(MetricKind::Contains, Some("it is compared without case here")),
            "levenshtein" => Meaning::Truth(MetricKind::Edit, Some("edit similarity stands in for its distance")),
            "similar" => Meaning::Truth(MetricKind::F1, Some("token F1 stands in for embeddings")),
            "rouge-n" | "bleu" | "gleu" | "meteor" => Meaning::Truth(MetricKind::F1, Some("token F1 stands in for it")),
            "factuality" | "model-graded-factuality" => truth(MetricKind::Judge { rubric: BY_FACTS.to_owned() }),
            "regex" => Meaning::Pattern,
            "llm-rubric" | "model-graded-closedqa" | "g-eval" => Meaning::Rubric,
            _ => Meaning::None,
        }
    }
}

/// A template with something in place of the names between its braces; what else stands there stays. None when it would be longer than a
/// cell may be. Goes through the text once, whatever braces stand in it.
pub(super) fn filled_in<'v>(text: &str, value_of: impl Fn(&str) -> Option<Cow<'v, str>>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, behind)) = rest.split_once("}}") {
        let named = head.rsplit_once("{{").and_then(|(before, name)| Some((before, value_of(name.trim())?)));
        match named {
            Some((before, value)) => out.extend([before, &value]),
            None => out.extend([head, "}}"]),
        }
        if out.len() > LONGEST_CELL {
            return None;
        }
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

/// What a test expects.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Expected {
    /// The ground truth, empty when it has none.
    pub text: String,
    /// It says what a good answer is instead of giving one.
    pub is_rubric: bool,
}

/// What the assertions of all tests came to.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// Metrics of ground truths, with the number of tests.
    truths: Vec<(MetricKind, u64)>,
    /// Patterns and rubrics that stand beside a ground truth or alone.
    patterns: Vec<(String, u64)>,
    rubrics: Vec<(String, u64)>,
    by_rubric: u64,
    /// Sentences about kinds, with the number of tests.
    remarks: Vec<(String, u64)>,
    tests: u64,
}

fn count<T: PartialEq>(list: &mut Vec<(T, u64)>, item: T) {
    match list.iter_mut().find(|(known, _)| *known == item) {
        Some((_, count)) => *count += 1,
        None => list.push((item, 1)),
    }
}

impl Findings {
    /// Takes the assertions of one test; returns what it expects.
    pub fn add(&mut self, assertions: &[Assertion]) -> Expected {
        self.tests += 1;
        let mut truth: Option<&str> = None;
        let mut rubric: Option<&str> = None;
        for assertion in assertions {
            let kind = &assertion.kind;
            match assertion.meaning() {
                Meaning::Truth(metric, remark) if truth.is_none() => {
                    truth = Some(&assertion.text);
                    count(&mut self.truths, metric);
                    if let Some(remark) = remark {
                        count(&mut self.remarks, format!("`{kind}`: {remark}"));
                    }
                }
                Meaning::Truth(..) => count(&mut self.remarks, format!("`{kind}` beside another expected answer: left out")),
                Meaning::Pattern if self.patterns.len() < 100 => count(&mut self.patterns, assertion.text.clone()),
                Meaning::Rubric if rubric.is_none() => rubric = Some(&assertion.text),
                Meaning::Rubric => count(&mut self.remarks, format!("`{kind}` beside another rubric: left out")),
                Meaning::Pattern | Meaning::None => count(&mut self.remarks, format!("`{kind}`: no counterpart, left out")),
            }
        }
        match (truth, rubric) {
            (Some(truth), rubric) => {
                if let Some(rubric) = rubric.filter(|_| self.rubrics.len() < 100) {
                    count(&mut self.rubrics, rubric.to_owned());
                }
                Expected { text: truth.to_owned(), is_rubric: false }
            }
            (None, Some(rubric)) => {
                self.by_rubric += 1;
                Expected { text: rubric.to_owned(), is_rubric: true }
            }
            (None, None) => Expected::default(),
        }
    }

    /// The metric of most tests.
    fn main(&self) -> Option<&(MetricKind, u64)> {
        self.truths.iter().rev().max_by_key(|(_, count)| *count)
    }

    /// A pattern or rubric that is common to most tests.
    fn common<'l>(&self, list: &'l [(String, u64)]) -> Option<&'l str> {
        list.iter().find(|(_, count)| count * 2 > self.tests).map(|(text, _)| text.as_str())
    }

    fn judged(&self) -> bool {
        self.by_rubric > self.main().map_or(0, |(_, count)| *count)
    }

    /// Why a test with a rubric in place of an answer is no example here; none when a judge scores all of them. Taken in, its rubric
    /// would be an answer that no model ever gives.
    pub fn unjudged(&self) -> Option<String> {
        let (metric, _) = self.main().filter(|_| self.by_rubric > 0 && !self.judged())?;
        Some(format!(
            "It has a rubric in place of an answer, and the metric of the other tests ({metric}) cannot judge by one. Import such tests from a file of their own."
        ))
    }

    /// The metrics that the tests ask for.
    pub fn metrics(&self) -> Vec<MetricSpec> {
        let spec = |metric| MetricSpec { metric, weight: 1.0 };
        let mut metrics = Vec::new();
        match self.main() {
            _ if self.judged() => metrics.push(spec(MetricKind::Judge { rubric: BY_RUBRIC.to_owned() })),
            Some((metric, _)) => metrics.push(spec(metric.clone())),
            None => {}
        }
        let usable = |pattern: &&str| crate::metric::compile_pattern(pattern).is_ok();
        metrics.extend(self.common(&self.patterns).filter(usable).map(|pattern| spec(MetricKind::Regex { pattern: pattern.to_owned() })));
        if !self.judged() {
            metrics.extend(self.common(&self.rubrics).map(|rubric| spec(MetricKind::Judge { rubric: rubric.to_owned() })));
        }
        metrics
    }

    /// What cannot be mapped, one sentence each.
    pub fn unmapped(&self) -> Vec<String> {
        let of = super::tests;
        let mut sentences: Vec<String> = self.remarks.iter().map(|(remark, count)| format!("{remark} ({}).", of(*count))).collect();
        let main = self.main().map(|(metric, _)| metric);
        for (metric, count) in self.truths.iter().filter(|(metric, _)| self.judged() || Some(metric) != main) {
            let others = if self.judged() { "the judge".to_owned() } else { main.map(ToString::to_string).unwrap_or_default() };
            sentences.push(format!("{} would be scored by {metric}; like the others they are scored by {others}.", of(*count)));
        }
        if self.by_rubric > 0 && !self.judged() {
            sentences.push(format!(
                "{} with a rubric in place of an answer: set aside, for {} cannot judge by it.",
                of(self.by_rubric),
                main.map(ToString::to_string).unwrap_or_default()
            ));
        }
        let rare = |list: &[(String, u64)], common: Option<&str>| {
            list.iter().filter(|(text, _)| Some(text.as_str()) != common).map(|(_, count)| count).sum::<u64>()
        };
        let usable = self.common(&self.patterns).filter(|pattern| crate::metric::compile_pattern(pattern).is_ok());
        let patterns = rare(&self.patterns, usable);
        if patterns > 0 {
            sentences.push(format!("`regex` of {}: patterns differ from test to test, or are not understood; left out.", of(patterns)));
        }
        let rubrics = rare(&self.rubrics, self.common(&self.rubrics).filter(|_| !self.judged()));
        if rubrics > 0 {
            sentences
                .push(format!("`llm-rubric` of {}: rubrics beside an expected answer differ from test to test; left out.", of(rubrics)));
        }
        sentences
    }
}
