//! Optimizing prompts whose answers are JSON objects: which keys, what each holds, where it stands in the text.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{
    fields::{self, Field, alone},
    optimizing::{Proposal, Seen, Task, joined, truth_object},
    reading::Knowledge,
    text::{unbullet, words},
    values::{Found, Sort, Value, shape},
};
use crate::prompt::Prompt;

const HEADING: &str = "Fields:";
const REASON: &str = "Then explain where you found each value.";
const BARE: &str = "Reply with one JSON object and nothing else.";
/// Chance of a change that may well do harm.
const GAMBLE: f64 = 0.25;
/// Most cue words of a field.
const MOST_CUES: usize = 24;

const WIDEN: &str = "I let any small word lead to the value";
const FORGET: &str = "I cut what was said about one field";
const EXPLAIN: &str = "I asked for an explanation of the values";

type Object = serde_json::Map<String, Json>;

/// New prompts for JSON answers.
pub(crate) fn propose(task: &Task) -> Proposal {
    let known = Knowledge::read(&[&task.prompt.system_prompt, &task.prompt.output_prompt]);
    let mut all = if known.form.json { fields::read(&[&task.prompt.system_prompt, &task.prompt.output_prompt]) } else { Vec::new() };
    let shown: Vec<(&Seen, Object)> = task.examples.iter().filter_map(|e| truth_object(&e.truth).map(|t| (e, t))).collect();
    let keys: Vec<String> = shown.iter().flat_map(|(_, t)| t.keys().cloned()).fold(Vec::new(), |mut keys, key| {
        if !keys.contains(&key) {
            keys.push(key);
        }
        keys
    });
    let mut new_keys = Vec::new();
    // Keys nobody's ground truth has are what the first prompt guessed; they go as soon as the real ones are seen.
    all.retain(|f| keys.contains(&f.key) || !f.is_plain());
    for key in &keys {
        if !all.iter().any(|f| &f.key == key) {
            all.push(Field { key: key.clone(), ..Field::default() });
            new_keys.push(key.clone());
        }
    }
    let wrong = wrong_by_field(&shown, &keys);
    let mut order: Vec<&String> = keys.iter().collect();
    order.sort_by_key(|key| std::cmp::Reverse((wrong.get(key.as_str()).copied().unwrap_or(0), (task.dice.roll(key) * 100.0) as u32)));
    let gamble = gamble(task, &all);
    let mut learnt = Vec::new();
    // One field an epoch, so that each decision says something about one change.
    for key in order.into_iter().filter(|k| wrong.get(k.as_str()).is_some_and(|n| *n > 0)) {
        if !learnt.is_empty() {
            break;
        }
        if let Some(field) = all.iter_mut().find(|f| &f.key == key) {
            let before = field.clone();
            study(field, &shown);
            if *field != before {
                learnt.push(difference(&before, field));
            }
        }
    }
    let mut output = task.prompt.output_prompt.clone();
    let prose = shown.iter().filter(|(e, _)| serde_json::from_str::<Json>(e.response.trim()).is_err()).count();
    if prose > 0 && !known.form.bare {
        output = joined(&output, BARE);
    }
    if prose * 2 > shown.len() && output.contains(REASON) {
        // An accepted bet that now shows its price is taken back.
        output = output.replace(REASON, "").trim_end().to_owned();
    }
    let mut notes = Vec::new();
    match gamble {
        Some(WIDEN) => {
            let at = task.dice.pick("field", all.len());
            all[at].after = ["of", "the", "on", "is", "for"].map(str::to_owned).to_vec();
        }
        Some(FORGET) => {
            let at = task.dice.pick("field", all.len());
            all[at] = Field { key: all[at].key.clone(), note: fields::VAGUE[1].to_owned(), ..Field::default() };
        }
        Some(EXPLAIN) => output = joined(&output, REASON),
        _ => {}
    }
    if let Some(gamble) = gamble {
        notes.push(format!("{gamble} to see whether that generalises better."));
    }
    let kept = without_fields(&task.prompt.system_prompt, &all);
    let mut system = render(&kept, &all);
    let room = task.max_chars.saturating_sub(output.chars().count());
    while system.chars().count() > room && all.iter_mut().max_by_key(|f| f.after.len()).is_some_and(|f| f.after.pop().is_some()) {
        system = render(&kept, &all);
    }
    let worst: Vec<String> = wrong.iter().filter(|(_, n)| **n > 0).map(|(key, n)| format!("{key} {n} times")).collect();
    let mut explanation = format!("{} of {} shown examples failed", shown.iter().filter(|(e, _)| e.failed).count(), shown.len());
    explanation.push_str(&if worst.is_empty() { ".".to_owned() } else { format!("; wrong fields: {}.", worst.join(", ")) });
    if prose > 0 {
        explanation.push_str(&format!(" {prose} responses were not JSON alone."));
    }
    for part in learnt.iter().chain(&notes) {
        explanation.push(' ');
        explanation.push_str(part);
    }
    let system_reason = if learnt.is_empty() && new_keys.is_empty() {
        "The shown examples name no cue the fields lack.".to_owned()
    } else {
        let keys = if new_keys.is_empty() {
            String::new()
        } else {
            format!("Keys of the ground truths that were missing: {}. ", new_keys.join(", "))
        };
        format!("{keys}{}", learnt.join(" ")).trim().to_owned()
    };
    let output_reason = if output == task.prompt.output_prompt {
        "The form of the answers was right, so this part stays.".to_owned()
    } else if prose > 0 && !known.form.bare {
        format!("{prose} of {} responses wrapped the object in sentences, so the prompt now asks for the object alone.", shown.len())
    } else {
        "Naming the place of each value might make the model look more closely.".to_owned()
    };
    Proposal {
        prompt: Prompt { system_prompt: system, output_prompt: output },
        system_reason,
        output_reason,
        explanation,
        ..Proposal::default()
    }
}

fn gamble(task: &Task, all: &[Field]) -> Option<&'static str> {
    if task.careful || all.iter().filter(|f| !f.is_plain()).count() < 3 || !task.dice.chance("gamble", GAMBLE) {
        return None;
    }
    let open: Vec<&str> = [WIDEN, FORGET, EXPLAIN].into_iter().filter(|g| !task.rejected.iter().any(|e| e.contains(g))).collect();
    open.get(task.dice.pick("which gamble", open.len())).copied()
}

fn wrong_by_field<'a>(shown: &[(&Seen, Object)], keys: &'a [String]) -> BTreeMap<&'a str, usize> {
    let mut wrong = BTreeMap::new();
    for (example, truth) in shown {
        let answered = object_within(&example.response);
        for key in keys {
            let right = answered.as_ref().is_some_and(|a| a.get(key) == truth.get(key));
            *wrong.entry(key.as_str()).or_default() += usize::from(!right);
        }
    }
    wrong
}

/// The first JSON object of a response, whatever surrounds it.
fn object_within(response: &str) -> Option<Object> {
    response.match_indices('{').take(8).find_map(|(at, _)| {
        match serde_json::Deserializer::from_str(&response[at..]).into_iter::<Json>().next() {
            Some(Ok(Json::Object(map))) => Some(map),
            _ => None,
        }
    })
}

/// Learns from the shown examples what a field holds and where it stands.
fn study(field: &mut Field, shown: &[(&Seen, Object)]) {
    for (example, truth) in shown {
        let Some(value) = truth.get(&field.key) else { continue };
        let found = Found::new(&example.input);
        let Some((sort, place)) = locate(&found, value) else {
            if value.is_null() && !field.note.contains("null") {
                field.note = join_note(&field.note, "null when the text has none");
            }
            continue;
        };
        let words_for_it = match (sort, value) {
            (Sort::Date, _) if place.normal == text_of(value) => "date, written as YYYY-MM-DD",
            (Sort::Date, _) => "date as it stands in the text",
            (Sort::Amount, Json::Number(_)) => "amount as a plain number without currency",
            (Sort::Amount, _) => "amount as it stands in the text",
            (Sort::Code, Json::Number(_)) => "code as a number",
            (Sort::Code, _) => "identifier with digits, without signs around it",
            (Sort::Name, _) => "full name as it stands in the text",
            (Sort::Email, _) => "e-mail address",
        };
        if field.note.is_empty() {
            field.note = words_for_it.to_owned();
        }
        if field.sort() != Some(sort) {
            continue;
        }
        if sort == Sort::Code && !field.shapes.contains(&shape(&place.normal)) && field.shapes.len() < 8 {
            field.shapes.push(shape(&place.normal));
        }
        match cue_before(&example.input, place) {
            Some(cue) if field.after.len() < MOST_CUES && !field.after.contains(&cue) => field.after.push(cue),
            _ => field.own_line |= alone(&example.input, place),
        }
    }
}

fn join_note(note: &str, more: &str) -> String {
    if note.is_empty() { more.to_owned() } else { format!("{note}, {more}") }
}

fn text_of(value: &Json) -> String {
    match value {
        Json::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// Where a true value stands in the input, and what sort of value that makes it.
fn locate<'a>(found: &'a Found<'_>, truth: &Json) -> Option<(Sort, &'a Value)> {
    let text = text_of(truth);
    let number = truth.as_f64();
    [Sort::Date, Sort::Amount, Sort::Email, Sort::Code, Sort::Name].into_iter().find_map(|sort| {
        let fits = |v: &&Value| match (sort, number) {
            (Sort::Amount | Sort::Code, Some(n)) => v.normal.parse::<f64>().is_ok_and(|x| x == n),
            _ => v.normal == text || v.written == text,
        };
        found.of(sort).iter().find(fits).map(|v| (sort, v))
    })
}

/// The one or two words right before a value; a small word takes its neighbour along.
fn cue_before(input: &str, value: &Value) -> Option<String> {
    const SMALL: [&str; 16] = ["on", "of", "is", "for", "the", "a", "no", "to", "was", "i'm", "by", "it", "from", "at", "in", "were"];
    let before = &input[..value.start];
    let tail = before.char_indices().rev().nth(60).map_or(before, |(at, _)| &before[at..]);
    let heard = words(tail);
    let last = heard.last()?;
    // A paragraph break cuts the tie between a word and what follows.
    if tail[last.end..].contains("\n\n") || last.lower.len() > 18 || last.lower.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if !SMALL.contains(&last.lower.as_str()) {
        return Some(last.lower.clone());
    }
    let pair = heard.len().checked_sub(2).map(|at| &heard[at])?;
    (pair.lower.len() + last.lower.len() < 18 && !pair.lower.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| format!("{} {}", pair.lower, last.lower))
}

fn difference(before: &Field, after: &Field) -> String {
    let new: Vec<String> = after.after.iter().filter(|c| !before.after.contains(c)).take(4).map(|c| format!("\"{c}\"")).collect();
    let mut parts = Vec::new();
    if before.note != after.note {
        parts.push(format!("is now described as {}", after.note));
    }
    if before.shapes.len() < after.shapes.len() {
        parts.push(format!("has {} known shapes", after.shapes.len()));
    }
    if !new.is_empty() {
        parts.push(format!("was found after {}", new.join(", ")));
    }
    if before.own_line != after.own_line {
        parts.push("was found alone on its line".to_owned());
    }
    format!("The field {} {}.", after.key, parts.join(" and "))
}

/// The system prompt without the lines that describe fields.
fn without_fields(system: &str, all: &[Field]) -> String {
    let lines: Vec<&str> = system
        .lines()
        .filter(|raw| {
            let (line, bullet) = unbullet(raw);
            let key = line.split(':').next().unwrap_or("").trim();
            raw.trim() != HEADING && !(bullet && line.contains(':') && all.iter().any(|f| f.key == key))
        })
        .collect();
    lines.join("\n").trim().to_owned()
}

fn render(kept: &str, all: &[Field]) -> String {
    let mut head = kept.to_owned();
    if !head.to_lowercase().contains("json") {
        head = joined(&head, "Answer as JSON.");
    }
    let lines: Vec<String> = all
        .iter()
        .map(|f| if f.is_plain() && !f.own_line { Field { note: fields::VAGUE[0].to_owned(), ..f.clone() }.line() } else { f.line() })
        .collect();
    joined(&joined(&head, &format!("\n{HEADING}")), &lines.join("\n"))
}
