//! Optimizing prompts whose answers are labels: which labels there are, which words decide, how to answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    answering::same_answer,
    optimizing::{Proposal, Seen, Task, joined},
    reading::{Knowledge, parse_rule, speaks_of_hints},
    text::{content_words, stem, unbullet, words},
};
use crate::prompt::Prompt;

const SURE: &str = "Words that decide:";
const HINTS: &str = "Words that hint:";
const CHOICE: &str = "Answer with exactly one of:";
const REASON: &str = "Then explain your choice in one short sentence.";
const BARE: &str = "Write only the label and nothing else.";
/// Chance of a change that may well do harm.
const GAMBLE: f64 = 0.12;
/// Longest word worth a rule.
const LONGEST_WORD: usize = 18;
/// Most words for one label.
const MOST_TERMS: usize = 60;

/// Most words an explanation names for one label.
const MOST_NOTED: usize = 12;

/// A word or two that speak for a label.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    text: String,
    /// More than one example spoke for it.
    sure: bool,
}

/// Terms by label, in order of first mention.
type Rules = Vec<(String, Vec<Term>)>;

/// A bold change, and the sentence by which later epochs know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gamble {
    Shorten,
    DropRule,
    Explain,
    Widen,
}

impl Gamble {
    const ALL: [Self; 4] = [Self::Shorten, Self::DropRule, Self::Explain, Self::Widen];

    fn sentence(self) -> &'static str {
        match self {
            Self::Shorten => "I shortened every rule to its first words",
            Self::DropRule => "I removed a rule that kept winning wrongly",
            Self::Explain => "I asked for a short reason with the label",
            Self::Widen => "I let one frequent word decide",
        }
    }
}

/// New prompts for labels.
pub(crate) fn propose(task: &Task) -> Proposal {
    let known = Knowledge::read(&[&task.prompt.system_prompt, &task.prompt.output_prompt]);
    let (kept, mut rules) = take_rules(&task.prompt.system_prompt, &known.labels);
    let before = rules.clone();
    let shown: Vec<&Seen> = task.examples.iter().filter(|e| is_label(&e.truth)).collect();
    let mut labels = known.labels.clone();
    let mut new_labels = Vec::new();
    for example in &shown {
        let truth = example.truth.trim();
        if !labels.iter().any(|l| l == truth) {
            // A spelling that differs only in case gives way to the one of the ground truth.
            match labels.iter().position(|l| l.to_lowercase() == truth.to_lowercase()) {
                Some(at) => labels[at] = truth.to_owned(),
                None => labels.push(truth.to_owned()),
            }
            new_labels.push(truth.to_owned());
        }
    }
    let failures: Vec<&&Seen> = shown.iter().filter(|e| e.failed).collect();
    let chatter = shown.iter().filter(|e| e.response.split_whitespace().count() > e.truth.split_whitespace().count() + 1).count();
    let gamble = gamble(task, &rules);
    let mut dropped = drop_misleading(task, &shown, &mut rules);
    let noted = noted(task, &labels);
    let added = learn(task, &shown, &mut rules, &noted);
    let mut output = task.prompt.output_prompt.clone();
    let mut notes = Vec::new();
    match gamble {
        Some(Gamble::Shorten) => {
            for (_, terms) in &mut rules {
                terms.sort_by_key(|t| !t.sure);
                terms.truncate(3);
            }
        }
        Some(Gamble::DropRule) => {
            let wrong = rules.iter().position(|(l, _)| failures.iter().any(|e| same_answer(&e.response, l)));
            let at = wrong.unwrap_or_else(|| task.dice.pick("which rule", rules.len()));
            if at < rules.len() {
                dropped.extend(rules.remove(at).1.into_iter().take(3).map(|t| t.text));
            }
        }
        Some(Gamble::Widen) => widen(task, &shown, &mut rules),
        Some(Gamble::Explain) | None => {}
    }
    let form_missing = chatter > 0 && !known.form.bare;
    let list_missing = !new_labels.is_empty() || (form_missing && !labels.is_empty());
    if list_missing || form_missing {
        output = with_choice(&output, &labels, known.form.bare || form_missing);
    }
    if chatter * 2 > shown.len() && output.contains(REASON) {
        // An accepted bet that now shows its price is taken back.
        output = output.replace(REASON, "").trim_end().to_owned();
    } else if gamble == Some(Gamble::Explain) {
        output = joined(&output, REASON);
    }
    if let Some(gamble) = gamble {
        notes.push(format!("{} to see whether that generalises better.", gamble.sentence()));
    }
    let mut system = render(&kept, &rules);
    let room = task.max_chars.saturating_sub(output.chars().count());
    while system.chars().count() > room && shrink(&mut rules) {
        system = render(&kept, &rules);
    }
    let system_reason = system_reason(&added, &dropped, &rules);
    let output_reason = output_reason(chatter, shown.len(), &new_labels, output == task.prompt.output_prompt);
    let mut hypotheses = of_rules(&before, &rules, &added, &notes);
    if output != task.prompt.output_prompt {
        hypotheses.push((output_reason.clone(), output.clone()));
    }
    Proposal {
        prompt: Prompt { system_prompt: system, output_prompt: output },
        system_reason,
        output_reason,
        hypotheses,
        explanation: explanation(task, &shown, &added, &new_labels, chatter, &notes),
    }
}

fn is_label(truth: &str) -> bool {
    let words = truth.split_whitespace().count();
    (1..=4).contains(&words) && truth.chars().count() <= 40 && !truth.contains(['\n', ',', ':', '{'])
}

/// The prompt without its rule lines, and the rules.
fn take_rules(system: &str, labels: &[String]) -> (String, Rules) {
    let mut kept = Vec::new();
    let mut rules: Rules = Vec::new();
    let mut sure = true;
    for raw in system.lines() {
        let (line, bullet) = unbullet(raw);
        if !bullet && line.ends_with(':') {
            sure = !speaks_of_hints(line);
        }
        if [SURE, HINTS].contains(&raw.trim()) {
            continue;
        }
        let rule = parse_rule(line, bullet, labels).filter(|r| bullet && !r.otherwise && !r.phrases.is_empty());
        match rule.filter(|r| line.ends_with(r.label) && labels.iter().any(|l| l == r.label)) {
            Some(rule) => {
                let terms = entry(&mut rules, rule.label);
                terms.extend(rule.phrases.iter().map(|p| Term { text: (*p).to_owned(), sure }));
            }
            None => kept.push(raw),
        }
    }
    (kept.join("\n").trim().to_owned(), rules)
}

fn entry<'a>(rules: &'a mut Rules, label: &str) -> &'a mut Vec<Term> {
    let at = rules.iter().position(|(l, _)| l == label).unwrap_or_else(|| {
        rules.push((label.to_owned(), Vec::new()));
        rules.len() - 1
    });
    &mut rules[at].1
}

fn render(kept: &str, rules: &Rules) -> String {
    let section = |heading: &str, sure: bool| {
        let lines: Vec<String> = rules
            .iter()
            .filter_map(|(label, terms)| {
                let words: Vec<&str> = terms.iter().filter(|t| t.sure == sure).map(|t| t.text.as_str()).collect();
                (!words.is_empty()).then(|| format!("- {}: {label}", words.join(", ")))
            })
            .collect();
        if lines.is_empty() { None } else { Some(format!("{heading}\n{}", lines.join("\n"))) }
    };
    let parts = [(!kept.is_empty()).then(|| kept.to_owned()), section(SURE, true), section(HINTS, false)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// Takes a word off the longest rule, a hint where there is one.
fn shrink(rules: &mut Rules) -> bool {
    let Some((_, terms)) = rules.iter_mut().max_by_key(|(_, terms)| terms.len()) else { return false };
    let at = terms.iter().position(|t| !t.sure).unwrap_or(0);
    (!terms.is_empty()).then(|| terms.remove(at)).is_some()
}

/// The output prompt with the list of labels brought up to date.
fn with_choice(output: &str, labels: &[String], bare: bool) -> String {
    let list = format!("{CHOICE} {}.{}{}", labels.join(", "), if bare { " " } else { "" }, if bare { BARE } else { "" });
    let mut found = false;
    let lines: Vec<&str> = output
        .lines()
        .map(|line| {
            if line.starts_with(CHOICE) && !found {
                found = true;
                list.as_str()
            } else {
                line
            }
        })
        .collect();
    let text = lines.join("\n");
    if found { text } else { joined(&text, &list) }
}

fn gamble(task: &Task, rules: &Rules) -> Option<Gamble> {
    if task.careful || rules.len() < 2 || !task.dice.chance("gamble", GAMBLE) {
        return None;
    }
    // What was tried and rejected is not tried again.
    let open: Vec<Gamble> = Gamble::ALL.into_iter().filter(|g| !task.rejected.iter().any(|e| e.contains(g.sentence()))).collect();
    open.get(task.dice.pick("which gamble", open.len())).copied()
}

/// Takes words out of rules that led shown examples astray.
fn drop_misleading(task: &Task, shown: &[&Seen], rules: &mut Rules) -> Vec<String> {
    let mut dropped = Vec::new();
    for example in shown.iter().filter(|e| e.failed) {
        let stems: BTreeSet<String> = words(&example.input).into_iter().map(|w| w.stem).collect();
        for (label, terms) in rules.iter_mut() {
            if same_answer(label, &example.truth) || !example.response.to_lowercase().contains(&label.to_lowercase()) {
                continue;
            }
            // A word that earns its keep in another shown example stays.
            let useful: BTreeSet<String> = shown
                .iter()
                .filter(|e| same_answer(&e.truth, label))
                .flat_map(|e| content_words(&e.input).into_iter().map(|w| w.stem))
                .collect();
            terms.retain(|term| {
                let root = stem(&term.text);
                let misled = !term.text.contains(' ') && stems.contains(&root) && !useful.contains(&root);
                let goes = misled && task.dice.chance(&format!("drop {}", term.text), if term.sure { 0.1 } else { 0.8 });
                if goes {
                    dropped.push(term.text.clone());
                }
                !goes
            });
        }
    }
    dropped
}

/// Cues that rejected epochs named in their explanations: stems by label.
fn noted(task: &Task, labels: &[String]) -> BTreeMap<String, BTreeSet<String>> {
    let mut noted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for text in task.rejected.iter().filter_map(|e| e.split_once(" cues: ")).map(|(_, list)| list) {
        for label in labels {
            let Some(at) = text.find(&format!("{label} (\"")) else { continue };
            let list = &text[at + label.len() + 2..];
            let list = &list[..list.find(')').unwrap_or(list.len())];
            noted.entry(label.clone()).or_default().extend(list.split('"').skip(1).step_by(2).map(stem));
        }
    }
    noted
}

/// Adds words of the shown examples to the rules of their labels; returns what was added.
fn learn(task: &Task, shown: &[&Seen], rules: &mut Rules, noted: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, Vec<String>> {
    let mut by_label: HashMap<String, BTreeMap<String, usize>> = HashMap::new();
    for example in shown {
        let stems: BTreeSet<String> = content_words(&example.input).into_iter().map(|w| w.stem).collect();
        let seen = by_label.entry(example.truth.trim().to_owned()).or_default();
        for stem in stems {
            *seen.entry(stem).or_default() += 1;
        }
    }
    let mut added: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for example in shown {
        let truth = example.truth.trim();
        let all = content_words(&example.input);
        let mut scored: Vec<(f64, String, bool)> = Vec::new();
        let mut seen = BTreeSet::new();
        for (at, word) in all.iter().enumerate() {
            if !seen.insert(word.stem.clone()) || word.lower.chars().count() > LONGEST_WORD {
                continue;
            }
            let own = by_label.get(truth).and_then(|m| m.get(&word.stem)).copied().unwrap_or(0);
            let elsewhere = by_label.iter().any(|(l, m)| l != truth && m.contains_key(&word.stem));
            if let Some(term) = entry(rules, truth).iter_mut().find(|t| stem(&t.text) == word.stem) {
                // Said before, seen again: no accident.
                term.sure |= !elsewhere;
                continue;
            }
            let mut weight = 1.0 + 3.0 * own.saturating_sub(1) as f64 - 0.03 * at as f64 + task.dice.roll(&word.lower);
            weight += 0.08 * word.lower.chars().count().min(9) as f64;
            if elsewhere {
                weight -= 4.0;
            }
            let mut text = word.lower.clone();
            let rival = rules.iter_mut().filter(|(l, _)| l != truth).find_map(|(_, terms)| {
                let at = terms.iter().position(|t| stem(&t.text) == word.stem)?;
                Some((terms, at))
            });
            if let Some((terms, place)) = rival {
                // Another label owns this word. A mere hint is given up; a sure one may only speak for this label with its neighbour.
                if !terms[place].sure {
                    terms.remove(place);
                    continue;
                }
                let Some(next) = all.get(at + 1).filter(|n| n.start == word.end + 1 && n.lower.len() + word.lower.len() < LONGEST_WORD)
                else {
                    continue;
                };
                text = format!("{} {}", word.lower, next.lower);
                weight -= 0.5;
            }
            // A rejected epoch saw it too: the epoch failed as a whole, the word may still be right.
            let seen_before = noted.get(truth).is_some_and(|stems| stems.contains(&word.stem));
            let contested = noted.iter().any(|(l, stems)| l != truth && stems.contains(&word.stem));
            if seen_before {
                weight += 2.0;
            } else if contested {
                weight -= 1.5;
            }
            scored.push((weight, text, (own > 1 || seen_before) && !elsewhere && !contested));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let most = match (example.failed, task.careful) {
            (_, true) => 1,
            (true, false) => 8,
            (false, false) => 4,
        };
        let input = example.input.trim();
        for (_, text, sure) in scored.into_iter().filter(|(w, t, _)| *w > 0.0 && t != input).take(most) {
            let terms = entry(rules, truth);
            if terms.len() < MOST_TERMS && !terms.iter().any(|t| t.text == text) {
                terms.push(Term { text: text.clone(), sure });
                added.entry(truth.to_owned()).or_default().push(text);
            }
        }
    }
    added
}

/// Makes the most frequent word of the shown examples decide, which mostly claims too much.
fn widen(task: &Task, shown: &[&Seen], rules: &mut Rules) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for word in shown.iter().flat_map(|e| words(&e.input)).filter(|w| w.lower.len() > 2) {
        *count.entry(word.lower).or_default() += 1;
    }
    let most = count.values().copied().max().unwrap_or(0);
    let Some(word) = count.into_iter().find(|(_, n)| *n == most).map(|(w, _)| w).filter(|w| w.len() <= LONGEST_WORD) else { return };
    if let Some(example) = shown.get(task.dice.pick("widen", shown.len())) {
        entry(rules, example.truth.trim()).push(Term { text: word, sure: true });
    }
}

fn quoted(list: &[String], most: usize) -> String {
    let mut text = list.iter().take(most).map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ");
    if list.len() > most {
        text.push_str(&format!(" and {} more", list.len() - most));
    }
    text
}

/// Why each line of the rules changed, with what it says now, or said where it is gone.
fn of_rules(before: &Rules, after: &Rules, added: &BTreeMap<String, Vec<String>>, notes: &[String]) -> Vec<(String, String)> {
    let texts = |rules: &Rules, label: &str, sure: bool| -> Vec<String> {
        let terms = rules.iter().filter(|(l, _)| l == label).flat_map(|(_, terms)| terms);
        terms.filter(|t| t.sure == sure).map(|t| t.text.clone()).collect()
    };
    let without = |words: &[String], others: &[String]| -> Vec<String> { words.iter().filter(|w| !others.contains(w)).cloned().collect() };
    let gone = before.iter().map(|(label, _)| label).filter(|label| after.iter().all(|(l, _)| l != *label));
    let labels: Vec<&String> = after.iter().map(|(label, _)| label).chain(gone).collect();
    let mut reasons = Vec::new();
    for (label, sure) in labels.into_iter().flat_map(|label| [(label, true), (label, false)]) {
        let (old, new) = (texts(before, label, sure), texts(after, label, sure));
        let (come, left) = (without(&new, &old), without(&old, &new));
        let (learnt, risen): (Vec<String>, Vec<String>) =
            come.into_iter().partition(|word| added.get(label).is_some_and(|words| words.contains(word)));
        let mut parts = Vec::new();
        if !learnt.is_empty() {
            let words = quoted(&learnt, 3);
            parts.push(format!("Words of the shown examples of {label} that occur under no other label became cues: {words}."));
        }
        if !risen.is_empty() && sure {
            parts.push(format!("Seen again for {label}, so they decide now: {}.", quoted(&risen, 3)));
        }
        if !left.is_empty() {
            let (moved, out): (Vec<String>, Vec<String>) = left.into_iter().partition(|word| texts(after, label, !sure).contains(word));
            if !moved.is_empty() {
                parts.push(format!("No mere hints for {label} any more: {}.", quoted(&moved, 3)));
            }
            if !out.is_empty() {
                parts.push(format!("Left out of {label}: {}.", quoted(&out, 3)));
                parts.extend(notes.iter().cloned());
            }
        }
        if !parts.is_empty() {
            let says = if new.is_empty() { &old } else { &new };
            reasons.push((parts.join(" "), format!("{}: {label}", says.join(", "))));
        }
    }
    reasons
}

fn system_reason(added: &BTreeMap<String, Vec<String>>, dropped: &[String], rules: &Rules) -> String {
    let mut parts = Vec::new();
    if !added.is_empty() {
        let list: Vec<String> = added.iter().map(|(label, terms)| format!("{} for {label}", quoted(terms, 3))).collect();
        parts.push(format!("Words of the shown examples that occur under no other label became cues: {}.", list.join("; ")));
    }
    if !dropped.is_empty() {
        parts.push(format!("Words that led to a wrong label were taken out: {}.", quoted(dropped, 4)));
    }
    if parts.is_empty() {
        parts.push(format!("The {} rules stand; only their length or order changed.", rules.len()));
    }
    parts.join(" ")
}

fn output_reason(chatter: usize, shown: usize, new_labels: &[String], unchanged: bool) -> String {
    if unchanged {
        return "The form of the answers was right, so this part stays.".to_owned();
    }
    let mut parts = Vec::new();
    if chatter > 0 {
        parts.push(format!("{chatter} of {shown} shown responses talked around the label, so the prompt now asks for the label alone."));
    }
    if !new_labels.is_empty() {
        parts.push(format!("The list now names {}, seen in the ground truths.", quoted(new_labels, 6)));
    }
    if parts.is_empty() {
        parts.push("A reason beside the label might make the model weigh it more carefully.".to_owned());
    }
    parts.join(" ")
}

fn explanation(
    task: &Task,
    shown: &[&Seen],
    added: &BTreeMap<String, Vec<String>>,
    new_labels: &[String],
    chatter: usize,
    notes: &[String],
) -> String {
    let wrong = shown.iter().filter(|e| e.failed).count();
    let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
    for example in shown.iter().filter(|e| e.failed) {
        *missed.entry(example.truth.trim()).or_default() += 1;
    }
    let mut parts = Vec::new();
    if shown.is_empty() {
        parts.push(format!("None of the {} shown ground truths is a short label, so there was little to learn from.", task.examples.len()));
    } else {
        let list: Vec<String> = missed.iter().map(|(label, n)| format!("{n} should have been {label}")).collect();
        let list = if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) };
        parts.push(format!("{wrong} of {} shown examples failed{list}.", shown.len()));
    }
    if chatter > 0 {
        parts.push(format!("{chatter} responses said more than the label."));
    }
    if !added.is_empty() {
        let words: usize = added.values().map(Vec::len).sum();
        let list: Vec<String> = added.iter().map(|(label, terms)| format!("{label} ({})", quoted(terms, MOST_NOTED))).collect();
        parts.push(format!("So I added {words} cues: {}.", list.join("; ")));
    }
    if !new_labels.is_empty() {
        parts.push(format!("New labels: {}.", new_labels.join(", ")));
    }
    parts.extend(notes.iter().cloned());
    parts.join(" ")
}
