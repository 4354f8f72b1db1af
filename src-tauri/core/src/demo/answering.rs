//! The primary side: answers by what the prompt says, and by nothing else.

use std::collections::{HashMap, HashSet};

use super::{
    boundary::split_input,
    dice::Dice,
    fields::{self, Field},
    reading::{Form, Knowledge},
    text::{content_words, is_common, stem, words},
    values,
};
use crate::{
    chat::ChatRequest,
    prompt::{Message, MessageRole},
};

/// Share of answers that go wrong for no reason one could see.
const SLIP: f64 = 0.02;
/// Chance that a cue is overlooked, before the length of the prompt adds to it.
const OVERLOOK: f64 = 0.02;
/// Chance to talk when the prompt never asked for the bare answer.
const CHATTER: f64 = 0.3;

/// The response to a request.
pub(crate) fn answer(request: &ChatRequest) -> String {
    let system = joined(&request.messages, MessageRole::System);
    let user = request.messages.iter().rev().find(|m| m.role == MessageRole::User).map_or("", |m| m.content.as_str());
    let (input, tail) = split_input(user, !system.is_empty());
    let temperature = request.temperature.unwrap_or(0.0).clamp(0.0, 4.0);
    let seed = request.seed.unwrap_or(0).to_le_bytes();
    let heat = if temperature > 0.0 { temperature.to_le_bytes() } else { [0; 8] };
    let parts = request.messages.iter().map(|m| m.content.as_bytes());
    let dice = Dice::new(parts.chain([&seed[..], &heat[..]]));
    let known = Knowledge::read(&[&system, tail]);
    let slip = SLIP * (1.0 + temperature);
    let reader = Reader { known: &known, dice, slip, overlook: OVERLOOK + (known.length as f64 / 12_000.0).min(0.08) };
    if known.form.json {
        return reader.object(input, fields::read(&[&system, tail]));
    }
    if known.form.number && known.labels.is_empty() {
        return reader.number(input);
    }
    match reader.label(input) {
        Some(choice) => reader.phrase_label(input, choice),
        None => reader.wonder(input),
    }
}

fn joined(messages: &[Message], role: MessageRole) -> String {
    messages.iter().filter(|m| m.role == role).map(|m| m.content.as_str()).collect::<Vec<_>>().join("\n")
}

/// A chosen label.
struct Choice {
    label: usize,
    /// The next best one.
    second: Option<usize>,
    /// Something in the input spoke for it.
    grounded: bool,
}

struct Reader<'a> {
    known: &'a Knowledge,
    dice: Dice,
    slip: f64,
    overlook: f64,
}

impl Reader<'_> {
    /// Weighs rules, worked examples and the labels' own names against the input; guesses when nothing speaks.
    fn label(&self, input: &str) -> Option<Choice> {
        let known = self.known;
        let n = known.labels.len();
        if n == 0 {
            return None;
        }
        let mut weight = vec![0.0; n];
        let all = words(input);
        let mut places: HashMap<&str, Vec<usize>> = HashMap::with_capacity(all.len());
        for (at, w) in all.iter().enumerate() {
            places.entry(w.stem.as_str()).or_default().push(at);
        }
        let rivals = known.rivals();
        for cue in &known.cues {
            if matches(&cue.stems, &places) && !self.dice.chance(&cue.stems.join(" "), self.overlook) {
                let share = rivals.get(cue.stems.as_slice()).copied().unwrap_or(1.0);
                weight[cue.label] += cue.weight * if cue.stems.len() > 1 { 1.6 } else { 1.0 } / share;
            }
        }
        for (i, label) in known.labels.iter().enumerate() {
            let name: Vec<String> = words(&label.replace(['_', '-'], " ")).into_iter().map(|w| w.stem).collect();
            if !name.is_empty() && name.iter().all(|s| places.contains_key(s.as_str())) {
                weight[i] += 0.6;
            }
        }
        if !known.worked.is_empty() {
            let shown: HashSet<&str> = all.iter().filter(|w| !is_common(&w.lower)).map(|w| w.stem.as_str()).collect();
            for worked in &known.worked {
                let Some(label) = known.label(&worked.answer) else { continue };
                let common = worked.stems.iter().filter(|s| shown.contains(s.as_str())).count() as f64;
                weight[label] += 2.0 * common / ((worked.stems.len() * shown.len()) as f64).sqrt().max(1.0);
            }
        }
        let mut order: Vec<usize> = (0..n).collect();
        // Equal weights fall to a roll; with no evidence at all this is the guess.
        let tie: Vec<f64> = known.labels.iter().map(|l| self.dice.roll(l)).collect();
        order.sort_by(|&a, &b| weight[b].total_cmp(&weight[a]).then(tie[a].total_cmp(&tie[b])));
        let grounded = weight[order[0]] > 0.0;
        if !grounded && let Some(label) = known.otherwise {
            return Some(Choice { label, second: None, grounded: true });
        }
        let slipped = n > 1 && self.dice.chance("slip", self.slip);
        let place = if slipped { 1 } else { 0 };
        Some(Choice { label: order[place], second: order.get(1 - place).copied(), grounded })
    }

    fn phrase_label(&self, input: &str, choice: Choice) -> String {
        let form = self.known.form;
        let label = cased(&self.known.labels[choice.label], form);
        let explains = form.explain && !(form.bare && self.dice.chance("terse", 0.5));
        if explains {
            return format!("{label}. The text is about {}, which is why I would say {label}.", self.subject(input));
        }
        if form.bare {
            return if self.dice.chance("slack", 0.01) { format!("I would say {label}.") } else { label };
        }
        if !self.dice.chance("chatter", CHATTER) {
            return label;
        }
        let second = choice.second.filter(|_| !choice.grounded).map(|i| self.known.labels[i].as_str());
        match (self.dice.pick("opening", 3), second) {
            (0, Some(second)) => format!("I think this could be {label}, but {second} would be possible as well."),
            (1, Some(second)) => format!("Hard to tell. It sounds like {label} to me, or maybe {second}."),
            (0, None) => format!("I think this could be {label}, because it mentions {}.", self.subject(input)),
            (1, None) => format!("This sounds like {label} to me."),
            _ => format!("Sure! My best guess is \"{label}\". Let me know if you need anything else."),
        }
    }

    /// No label is known: all that is left is to talk about the text.
    fn wonder(&self, input: &str) -> String {
        let subject = self.subject(input);
        match self.dice.pick("wonder", 3) {
            0 => format!("I think this is about {subject}. I am not sure which answer you expect."),
            1 => format!("This seems to be a text about {subject}. How would you like me to answer?"),
            _ => format!("Thank you for the text. It mentions {subject}; could you tell me what to do with it?"),
        }
    }

    fn subject(&self, input: &str) -> String {
        let content = content_words(input);
        if content.is_empty() { "something".to_owned() } else { content[self.dice.pick("subject", content.len())].lower.clone() }
    }

    fn number(&self, input: &str) -> String {
        match values::numbers(input).first() {
            Some(n) if self.known.form.bare => n.written.clone(),
            Some(n) => format!("The number I see is {}.", n.written),
            None => "I see no number in this text.".to_owned(),
        }
    }

    fn object(&self, input: &str, fields: Vec<Field>) -> String {
        let mut object = serde_json::Map::new();
        let found = values::Found::new(input);
        if fields.is_empty() {
            // Nobody said which keys: name what can be seen.
            for (name, value) in found.sights() {
                object.insert(name.to_owned(), value.into());
            }
        }
        for field in &fields {
            let choices = (!self.known.labels.is_empty() && field.is_plain()).then(|| self.label(input)).flatten();
            let value = match choices {
                Some(choice) if fields.len() == 1 => cased(&self.known.labels[choice.label], self.known.form).into(),
                _ => field.value(&found, self.dice, self.overlook, self.slip),
            };
            object.insert(field.key.clone(), value);
        }
        let json = serde_json::Value::Object(object).to_string();
        if self.known.form.explain && !(self.known.form.bare && self.dice.chance("terse", 0.5)) {
            return format!("{json}\n\nI took these values from the text because they stand next to the words that name them.");
        }
        if self.known.form.bare || !self.dice.chance("chatter", CHATTER) {
            return json;
        }
        match self.dice.pick("opening", 2) {
            0 => format!("Here is what I found in the text: {json} Let me know if anything is missing."),
            _ => format!("Sure! The text mentions {}. As JSON that would be {json}", self.subject(input)),
        }
    }
}

fn cased(label: &str, form: Form) -> String {
    if form.lower {
        label.to_lowercase()
    } else if form.upper {
        label.to_uppercase()
    } else {
        label.to_owned()
    }
}

/// All stems stand in the text, in this order, with at most two words between neighbours.
fn matches(stems: &[String], places: &HashMap<&str, Vec<usize>>) -> bool {
    let Some(mut reached) = stems.first().and_then(|s| places.get(s.as_str())).cloned() else { return false };
    for next in &stems[1..] {
        let Some(at) = places.get(next.as_str()) else { return false };
        // Both lists ascend: the nearest reached place in front of a word is the one to measure from.
        reached =
            at.iter().copied().filter(|&a| reached[..reached.partition_point(|&r| r < a)].last().is_some_and(|&r| a - r <= 3)).collect();
        if reached.is_empty() {
            return false;
        }
    }
    true
}

/// Whether an answer is this label and nothing more, as the optimizer side judges it.
pub(crate) fn same_answer(a: &str, b: &str) -> bool {
    let fold = |t: &str| super::text::bare(t).to_lowercase();
    fold(a) == fold(b) || stem(&fold(a)) == stem(&fold(b)) && !fold(a).contains(' ')
}
