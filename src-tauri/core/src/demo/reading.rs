//! What a prompt tells the demo model: labels, rules, worked examples and the form of the answer.

use std::collections::HashMap;

use super::text::{bare, content_words, find_ignoring_case, is_common, items, sentences, stem, unbullet, words};

/// A worked example of the prompt.
#[derive(Debug, Clone)]
pub(crate) struct Worked {
    /// Stems of its input.
    pub stems: Vec<String>,
    /// Its answer.
    pub answer: String,
}

/// One cue of a rule: these stems, near each other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cue {
    /// At least one.
    pub stems: Vec<String>,
    /// Index of the label it speaks for.
    pub label: usize,
    /// How much it says: 1, less under a heading that speaks of hints.
    pub weight: f64,
}

/// How the answer should look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Form {
    /// Nothing but the answer.
    pub bare: bool,
    /// A reason beside the answer.
    pub explain: bool,
    /// In lower case.
    pub lower: bool,
    /// In capitals.
    pub upper: bool,
    /// As JSON.
    pub json: bool,
    /// As a number.
    pub number: bool,
}

/// Everything learnt from reading a prompt.
#[derive(Debug, Clone, Default)]
pub(crate) struct Knowledge {
    /// Labels in order of first mention, spelled as in the prompt.
    pub labels: Vec<String>,
    /// Cues of all rules.
    pub cues: Vec<Cue>,
    /// The answer for anything no rule speaks about.
    pub otherwise: Option<usize>,
    /// Worked examples.
    pub worked: Vec<Worked>,
    /// Form of the answer.
    pub form: Form,
    /// Words of instruction altogether: long prompts are followed a little worse.
    pub length: usize,
}

/// A line of a prompt understood as a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule<'a> {
    /// What to look for, as written.
    pub phrases: Vec<&'a str>,
    /// What to answer, as written.
    pub label: &'a str,
    /// It holds when nothing else does.
    pub otherwise: bool,
}

const LIST_CUES: [&str; 14] = [
    "one of",
    "label",
    "categor",
    "class",
    "option",
    "choose",
    "pick",
    "queue",
    "topic",
    "following",
    "which",
    "either",
    "whether",
    "decide",
];
const NOT_A_RULE: [&str; 18] = [
    "note",
    "labels",
    "label",
    "format",
    "example",
    "examples",
    "input",
    "output",
    "answer",
    "important",
    "rules",
    "hint",
    "text",
    "message",
    "task",
    "warning",
    "json",
    "options",
];
const VERDICTS: [&str; 16] = [
    " answer with ",
    " answer ",
    " say ",
    " reply with ",
    " reply ",
    " write ",
    " label it ",
    " choose ",
    " use ",
    " return ",
    " classify it as ",
    " output ",
    " it is ",
    " it's ",
    " pick ",
    " give ",
];

impl Knowledge {
    /// Reads the instructions, in order.
    pub(crate) fn read(texts: &[&str]) -> Self {
        let mut this = Self::default();
        for line in texts.iter().flat_map(|t| t.lines()) {
            this.length += line.split_whitespace().count();
            if !is_rule_line(line) {
                this.form.read(line);
            }
        }
        // Enumerations of a prompt that asks for JSON name fields; only what is plainly said to be a label counts there.
        this.read_lists(texts, this.form.json);
        for text in texts {
            this.read_rules(text);
        }
        this
    }

    /// Index of a label, whatever its case.
    pub(crate) fn label(&self, name: &str) -> Option<usize> {
        let name = bare(name);
        let folded = name.to_lowercase();
        self.labels.iter().position(|l| l == name || l.to_lowercase() == folded)
    }

    /// Index of a label, added when it is new.
    pub(crate) fn add_label(&mut self, name: &str) -> usize {
        self.label(name).unwrap_or_else(|| {
            self.labels.push(bare(name).to_owned());
            self.labels.len() - 1
        })
    }

    fn read_lists(&mut self, texts: &[&str], explicit_only: bool) {
        for text in texts {
            let mut in_list = false;
            for raw in text.lines() {
                let (line, bullet) = unbullet(raw);
                if in_list && bullet && line.split_whitespace().count() <= 3 && !line.contains(':') {
                    self.add_label(line);
                    continue;
                }
                let lower = line.to_lowercase();
                in_list = lower.ends_with(':')
                    && ["label", "categor", "class", "options", "one of", "queues", "topics"].iter().any(|c| lower.contains(c));
                if parse_rule(line, bullet, &self.labels).is_some() && !(lower.contains("one of") || lower.starts_with("label")) {
                    continue;
                }
                for sentence in sentences(line) {
                    if explicit_only && !(sentence.to_lowercase().contains("one of") || lower.starts_with("label")) {
                        continue;
                    }
                    for item in label_list(sentence) {
                        self.add_label(item);
                    }
                }
            }
        }
    }

    fn read_rules(&mut self, text: &str) {
        let mut input: Option<&str> = None;
        let mut weight = 1.0;
        for raw in text.lines() {
            let (line, bullet) = unbullet(raw);
            if !bullet && line.ends_with(':') {
                weight = if speaks_of_hints(line) { HINT } else { 1.0 };
            }
            if let Some((key, value)) = line.split_once(':') {
                let key = key.trim().to_lowercase();
                if ["input", "text", "message", "example", "question", "user"].contains(&key.as_str()) {
                    input = Some(value.trim());
                    continue;
                }
                if let (Some(shown), true) = (input, ["output", "label", "answer", "response", "expected"].contains(&key.as_str())) {
                    self.add_worked(shown, value);
                    input = None;
                    continue;
                }
            }
            let Some(rule) = parse_rule(line, bullet, &self.labels) else { continue };
            if self.form.json && self.label(rule.label).is_none() {
                continue;
            }
            if let [quoted] = rule.phrases.as_slice()
                && quoted.split_whitespace().count() > 5
                && !rule.otherwise
            {
                let (quoted, label) = (*quoted, rule.label);
                self.add_worked(quoted, label);
                continue;
            }
            let label = self.add_label(rule.label);
            if rule.otherwise {
                self.otherwise = Some(label);
            }
            for phrase in rule.phrases {
                let all = words(phrase);
                let mut stems: Vec<String> = all.iter().filter(|w| !is_common(&w.lower)).map(|w| w.stem.clone()).collect();
                if stems.is_empty() {
                    stems = all.into_iter().map(|w| w.stem).collect();
                }
                let cue = Cue { stems, label, weight };
                let known = self.cues.iter().any(|c| c.label == label && c.stems == cue.stems);
                if !cue.stems.is_empty() && cue.stems.len() <= 6 && !known {
                    self.cues.push(cue);
                }
            }
        }
    }

    fn add_worked(&mut self, input: &str, answer: &str) {
        let answer = bare(answer);
        if !answer.starts_with('{') && answer.split_whitespace().count() <= 4 && !answer.is_empty() {
            self.add_label(answer);
        }
        let stems = content_words(input).into_iter().map(|w| w.stem).collect();
        self.worked.push(Worked { stems, answer: answer.to_owned() });
    }

    /// How many labels list a cue: what speaks for everything speaks for little.
    pub(crate) fn rivals(&self) -> HashMap<&[String], f64> {
        let mut count: HashMap<&[String], f64> = HashMap::new();
        for cue in &self.cues {
            *count.entry(cue.stems.as_slice()).or_default() += 1.0;
        }
        count
    }
}

impl Form {
    fn read(&mut self, text: &str) {
        let lower = text.to_lowercase();
        let has = |needles: &[&str]| needles.iter().any(|n| lower.contains(n));
        self.bare |= has(&[
            "only the",
            "only with",
            "nothing else",
            "nothing more",
            "just the",
            "exactly one",
            "one word",
            "single word",
            "no explanation",
            "no other text",
            "without explanation",
            "label only",
            "word only",
            "not explain",
            "no extra",
            "json only",
            "only json",
            "no prose",
            "number only",
        ]);
        for ask in ["explain", "give a reason", "say why", "a short reason"] {
            if let Some(at) = lower.find(ask) {
                let before = lower[..at].split_whitespace().next_back().unwrap_or("");
                self.explain |= !["not", "no", "without", "don't", "never"].contains(&before);
            }
        }
        self.lower |= has(&["lower case", "lowercase", "lower-case", "small letters"]);
        self.upper |= has(&["upper case", "uppercase", "upper-case", "capital letters"]);
        self.json |= has(&["json"]);
        self.number |= has(&["a number", "number only", "as number", "only the number"]);
    }
}

/// Whether a line is a bullet about something. Its words are what to look for, no instructions on the form of the answer.
fn is_rule_line(line: &str) -> bool {
    let (line, bullet) = unbullet(line);
    bullet && line.split_once(':').is_some_and(|(key, _)| !NOT_A_RULE.contains(&bare(key).to_lowercase().as_str()))
}

/// Weight of a cue that is called a hint.
const HINT: f64 = 0.4;

/// Whether a heading calls what follows weak.
pub(crate) fn speaks_of_hints(heading: &str) -> bool {
    let lower = heading.to_lowercase();
    ["hint", "weak", "may point", "less sure"].iter().any(|w| lower.contains(w))
}

/// Reads a line as a rule: `a or b: label`, `label: a, b`, `a -> label`, `If it mentions a, answer label`.
/// What is no known label is taken as one only where the line can hardly mean anything else.
pub(crate) fn parse_rule<'a>(line: &'a str, bullet: bool, labels: &[String]) -> Option<Rule<'a>> {
    let known = |text: &str| labels.iter().any(|l| l.to_lowercase() == bare(text).to_lowercase());
    for arrow in ["->", "→", "=>"] {
        if let Some((cues, label)) = line.split_once(arrow) {
            return short_label(label).then(|| rule(cues, bare(label)));
        }
    }
    let first = line.split_whitespace().next().unwrap_or("").to_lowercase();
    if ["if", "when", "otherwise", "else"].contains(&first.trim_end_matches(','))
        && let Some((cues, label)) = verdict(line)
        && (known(label) || short_label(label))
    {
        return Some(rule(cues, bare(label)));
    }
    let (left, right) = line.split_once(':')?;
    let left_name = bare(left).to_lowercase();
    if right.trim().is_empty() || NOT_A_RULE.contains(&left_name.as_str()) {
        return None;
    }
    if known(right) {
        return Some(rule(left, bare(right)));
    }
    if known(left) {
        return Some(Rule { phrases: phrases(right), label: bare(left), otherwise: false });
    }
    let several = items(right).len() > 1;
    if several {
        let definition = bullet && left.split_whitespace().count() <= 2 && !LIST_CUES.iter().any(|c| left_name.contains(c));
        return definition.then(|| Rule { phrases: phrases(right), label: bare(left), otherwise: false });
    }
    let plain = bullet || items(left).len() > 1;
    (plain && short_label(right) && right.split_whitespace().count() <= 2).then(|| rule(left, bare(right)))
}

fn rule<'a>(cues: &'a str, label: &'a str) -> Rule<'a> {
    let lower = cues.to_lowercase();
    let otherwise = items(cues).len() <= 2
        && ["otherwise", "anything else", "everything else", "unsure", "nothing fits", "not sure", "no rule"]
            .iter()
            .any(|o| lower.contains(o));
    Rule { phrases: if otherwise { Vec::new() } else { phrases(cues) }, label, otherwise }
}

fn short_label(text: &str) -> bool {
    let text = bare(text);
    !text.is_empty() && text.split_whitespace().count() <= 4 && !text.contains(',')
}

/// The cues and the label of `If the text mentions a or b, answer c`.
fn verdict(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end_matches('.');
    let (at, len) = VERDICTS.iter().filter_map(|v| find_ignoring_case(line, v).map(|at| (at, v.len()))).max()?;
    let (cues, label) = (&line[..at], &line[at + len..]);
    let from = ["mentions ", "mention ", "contains ", "contain ", "says ", "about ", "talks of ", "such as ", "words like ", "includes "]
        .iter()
        .filter_map(|v| find_ignoring_case(cues, v).map(|at| at + v.len()))
        .max()
        .unwrap_or(0);
    Some((&cues[from..], label))
}

fn phrases(text: &str) -> Vec<&str> {
    items(text).into_iter().filter(|p| p.split_whitespace().count() <= 12).collect()
}

/// The labels a sentence enumerates, as in `Is this a, b or c?` or `exactly one of: a, b, c`.
fn label_list(sentence: &str) -> Vec<&str> {
    let lower = sentence.to_lowercase();
    let cue = LIST_CUES.iter().any(|c| lower.contains(c));
    let choice = lower.contains(" or ");
    let colon = sentence.rfind(':').map(|at| at + 1);
    if !(choice || (cue && (colon.is_some() || lower.contains("one of")))) {
        return Vec::new();
    }
    if lower.split_whitespace().any(|w| ["not", "no", "without", "never", "don't", "if"].contains(&w)) && !lower.contains("one of") {
        return Vec::new();
    }
    let anchor = ["one of", "for example", "e.g.", "either ", "whether ", "such as"]
        .iter()
        .filter_map(|a| find_ignoring_case(sentence, a).map(|at| at + a.len()))
        .max();
    let from = colon.or(anchor);
    let list = &sentence[from.unwrap_or(0)..];
    let mut found = items(list);
    if found.len() < 2 {
        return Vec::new();
    }
    // Without a colon the first item trails the sentence in front of it, the last one the sentence behind it.
    if from.is_none()
        && let Some(word) = found[0].split_whitespace().next_back()
    {
        found[0] = bare(word);
    }
    if let Some(last) = found.last_mut()
        && last.split_whitespace().count() > 2
    {
        *last = bare(last.split_whitespace().next().unwrap_or(""));
    }
    if found.iter().any(|item| item.is_empty() || item.split_whitespace().count() > 4 || item.len() > 48) {
        return Vec::new();
    }
    found.retain(|item| !["etc", "so on", "similar"].contains(&stem(&item.to_lowercase()).as_str()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<String> {
        Knowledge::read(&[text]).labels
    }

    #[test]
    fn label_lists_are_found_in_the_ways_people_write_them() {
        for text in [
            "Which box should it go to: red, green or blue?",
            "Is this shade red, green or blue?",
            "Answer with exactly one of: red, green, blue. Nothing else.",
            "Labels: red, green, blue",
            "Labels:\n- red\n- green\n- blue",
            "Choose one of red, green, blue.",
        ] {
            assert_eq!(labels(text), ["red", "green", "blue"], "{text}");
        }
        assert!(labels("Do not add a greeting or an explanation.").is_empty());
        assert!(labels("Be kind and brief.").is_empty());
    }

    #[test]
    fn rules_come_in_several_shapes() {
        for text in [
            "refund or charged twice: billing",
            "- refund, charged twice: billing",
            "refund or charged twice -> billing",
            "If the message mentions refund or charged twice, answer billing.",
            "Labels: billing, other\n- billing: refund, charged twice",
        ] {
            let known = Knowledge::read(&[text]);
            let cues: Vec<_> = known.cues.iter().filter(|c| known.labels[c.label] == "billing").map(|c| c.stems.join(" ")).collect();
            assert_eq!(cues, ["refund", "charg twic"], "{text}: {known:?}");
        }
        let known = Knowledge::read(&["Labels: a1, b2\nAnything else: b2"]);
        assert_eq!(known.otherwise, Some(1));
    }

    #[test]
    fn words_to_look_for_are_no_instructions() {
        let prompt = "Labels: a1, b2\n- explain, json, one word, lower case: a1\n- a number, capital letters: b2";
        assert_eq!(Knowledge::read(&[prompt]).form, Form::default());
        assert!(Knowledge::read(&["- Format: JSON, nothing else"]).form.json);
    }

    #[test]
    fn worked_examples_and_form_are_read() {
        let known =
            Knowledge::read(&["Input: the lid fell off again\nOutput: zorp\n\nWrite only the label, in lower case. Do not explain."]);
        assert_eq!(known.worked[0].answer, "zorp");
        assert_eq!(known.labels, ["zorp"]);
        assert!(known.form.bare && known.form.lower && !known.form.explain);
    }
}
