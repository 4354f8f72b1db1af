//! Fields of a JSON answer: what a prompt says about each, and the value that fits it best.

use serde_json::Value as Json;

use super::{
    dice::Dice,
    text::{bare, find_ignoring_case, items, unbullet, words},
    values::{Found, Sort, Value, shape},
};

/// A field and what the prompt says about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Field {
    /// Key in the answer.
    pub key: String,
    /// Free words about it, as written.
    pub note: String,
    /// It is found behind these words.
    pub after: Vec<String>,
    /// It is not the one behind these words.
    pub never_after: Vec<String>,
    /// Forms of codes.
    pub shapes: Vec<String>,
    /// It may stand on a line of its own.
    pub own_line: bool,
}

/// Markers the optimizer side writes and both sides read.
const AFTER: &str = "usually after ";
const NEVER_AFTER: &str = "never after ";
const SHAPED: &str = "shaped like ";
/// Words that say nothing about a field.
pub(crate) const VAGUE: [&str; 2] = ["as asked", "as written in the text"];
const OWN_LINE: &str = "may stand on a line of its own";

impl Field {
    /// The line of a prompt that says all of it.
    pub(crate) fn line(&self) -> String {
        let quoted = |list: &[String]| list.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        if !self.note.is_empty() {
            parts.push(self.note.clone());
        }
        if !self.shapes.is_empty() {
            parts.push(format!("{SHAPED}{}", quoted(&self.shapes)));
        }
        if !self.after.is_empty() {
            parts.push(format!("{AFTER}{}", quoted(&self.after)));
        }
        if !self.never_after.is_empty() {
            parts.push(format!("{NEVER_AFTER}{}", quoted(&self.never_after)));
        }
        if self.own_line {
            parts.push(OWN_LINE.to_owned());
        }
        format!("- {}: {}", self.key, parts.join("; "))
    }

    fn from_spec(key: &str, spec: &str) -> Self {
        let mut field = Self { key: key.to_owned(), ..Self::default() };
        let mut note = Vec::new();
        for part in spec.split(';') {
            let part = part.trim().trim_end_matches('.');
            let list = |marker: &str| {
                find_ignoring_case(part, marker)
                    .map(|at| items(&part[at + marker.len()..]).into_iter().map(str::to_owned).collect::<Vec<_>>())
            };
            if let Some(found) = list(NEVER_AFTER) {
                field.never_after = found;
            } else if let Some(found) = list(AFTER) {
                field.after = found;
            } else if let Some(found) = list(SHAPED) {
                field.shapes = found;
            } else if part.contains("line of its own") || part.contains("own line") {
                field.own_line = true;
            } else if let Some(found) = list("after ").filter(|_| part.contains('"')) {
                field.after = found;
            } else if !part.is_empty() && !VAGUE.contains(&part) {
                note.push(part);
            }
        }
        field.note = note.join("; ");
        field
    }

    /// The prompt says nothing about it but its name.
    pub(crate) fn is_plain(&self) -> bool {
        self.note.is_empty() && self.after.is_empty() && self.shapes.is_empty()
    }

    /// The sort of value meant: by the words about it, else by its name.
    pub(crate) fn sort(&self) -> Option<Sort> {
        sort_named(&self.note).or_else(|| sort_named(&self.key.replace('_', " ")))
    }

    fn wants_iso(&self) -> bool {
        let note = self.note.to_uppercase();
        note.contains("YYYY-MM-DD") || note.contains("ISO")
    }

    fn wants_number(&self) -> bool {
        let note = self.note.to_lowercase();
        ["plain number", "number without", "as a number", "without currency", "json number", "no currency"].iter().any(|n| note.contains(n))
    }

    /// The value for this field in a text, as the prompt asks for it.
    pub(crate) fn value(&self, found: &Found<'_>, dice: Dice, overlook: f64, slip: f64) -> Json {
        let sort = self.sort();
        let candidates = found.of(sort.unwrap_or(Sort::Code));
        let heeded = |rule: &str| !dice.chance(&format!("{}/{rule}", self.key), overlook);
        let weigh = |value: &Value| {
            let mut weight = -0.01 * value.start as f64 / (found.text.len() + 1) as f64;
            for cue in &self.after {
                if heeded(cue) {
                    weight += 3.0 * closeness(found.text, value, cue);
                }
            }
            for cue in &self.never_after {
                if heeded(cue) {
                    weight -= 3.0 * closeness(found.text, value, cue);
                }
            }
            weight += 0.8 * closeness(found.text, value, &self.key.replace('_', " "));
            if !self.shapes.is_empty() && self.shapes.contains(&shape(&value.normal)) {
                weight += 1.5;
            }
            if self.own_line && alone(found.text, value) {
                weight += 1.2;
            }
            if sort == Some(Sort::Name) {
                // Names of people mostly have two parts or more; a lone capitalised word often just opens a sentence.
                weight += if value.written.contains(' ') && !self.is_plain() { 0.5 } else { 0.0 };
            }
            weight
        };
        let mut ranked: Vec<(&Value, f64)> = candidates.iter().map(|v| (v, weigh(v))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let place = usize::from(ranked.len() > 1 && dice.chance(&format!("slip/{}", self.key), slip));
        let Some((chosen, _)) = ranked.get(place) else {
            return if self.note.contains("null") { Json::Null } else { Json::String(String::new()) };
        };
        self.form(sort, chosen)
    }

    fn form(&self, sort: Option<Sort>, value: &Value) -> Json {
        match sort {
            Some(Sort::Date) if self.wants_iso() => value.normal.clone().into(),
            Some(Sort::Amount) if self.wants_number() => number(&value.normal),
            Some(Sort::Code) if self.wants_number() => number(&value.normal),
            Some(Sort::Name) if self.note.contains("first name") => value.written.split(' ').next().unwrap_or("").into(),
            Some(Sort::Email | Sort::Code) => value.normal.clone().into(),
            _ => value.written.clone().into(),
        }
    }
}

fn number(plain: &str) -> Json {
    match plain.parse::<i64>() {
        Ok(whole) => whole.into(),
        Err(_) => plain.parse::<f64>().map_or_else(|_| plain.into(), Into::into),
    }
}

fn sort_named(text: &str) -> Option<Sort> {
    words(text).iter().find_map(|w| match w.stem.as_str() {
        "dat" | "date" | "day" | "when" | "yyyy-mm-dd" => Some(Sort::Date),
        "amount" | "pric" | "total" | "cost" | "sum" | "paid" | "fee" | "currency" | "money" => Some(Sort::Amount),
        "e-mail" | "email" | "mail" => Some(Sort::Email),
        "cod" | "code" | "id" | "order" | "referenc" | "number" | "identifier" | "ticket" | "invoic" => Some(Sort::Code),
        "nam" | "name" | "person" | "customer" | "who" | "contact" | "sender" => Some(Sort::Name),
        _ => None,
    })
}

/// 1 when the cue ends right before the value, less with every word between, 0 from three on.
pub(crate) fn closeness(text: &str, value: &Value, cue: &str) -> f64 {
    let mut from = value.start.saturating_sub(60);
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    let before = &text[from..value.start];
    let cue = words(cue);
    let heard = words(before);
    if cue.is_empty() || heard.len() < cue.len() {
        return 0.0;
    }
    (0..=2usize.min(heard.len() - cue.len()))
        .find(|gap| {
            let end = heard.len() - gap;
            heard[end - cue.len()..end].iter().zip(&cue).all(|(a, b)| a.lower == b.lower)
        })
        .map_or(0.0, |gap| 1.0 - 0.3 * gap as f64)
}

/// The value is all there is on its line.
pub(crate) fn alone(text: &str, value: &Value) -> bool {
    let before = text[..value.start].rsplit('\n').next().unwrap_or("");
    let after = text[value.end..].split('\n').next().unwrap_or("");
    before.trim().is_empty() && bare(after).is_empty()
}

/// The fields a prompt asks for, in order of first mention.
pub(crate) fn read(texts: &[&str]) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for text in texts {
        for raw in text.lines() {
            let (line, bullet) = unbullet(raw);
            if let Some((key, spec)) = spec_line(line, bullet) {
                let field = Field::from_spec(key, spec);
                match fields.iter_mut().find(|f| f.key == field.key) {
                    Some(known) if known.is_plain() => *known = field,
                    Some(_) => {}
                    None => fields.push(field),
                }
            } else {
                for key in listed_keys(line) {
                    if !fields.iter().any(|f| f.key == key) {
                        fields.push(Field { key, ..Field::default() });
                    }
                }
            }
        }
    }
    if fields.is_empty() {
        for key in texts.iter().flat_map(|t| t.lines()).flat_map(named_things) {
            if !fields.iter().any(|f: &Field| f.key == key) {
                fields.push(Field { key, ..Field::default() });
            }
        }
    }
    fields
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 40
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn spec_line(line: &str, bullet: bool) -> Option<(&str, &str)> {
    const OTHER: [&str; 10] = ["note", "example", "input", "output", "format", "json", "keys", "fields", "rules", "labels"];
    let (key, spec) = line.split_once(':')?;
    let quoted = key.trim().starts_with('"');
    let key = bare(key);
    (is_key(key) && (bullet || quoted) && !OTHER.contains(&key.to_lowercase().as_str()) && !spec.trim().is_empty())
        .then(|| (key, spec.trim()))
}

/// Keys in `with the keys a, b and c` or in a skeleton `{"a": …, "b": …}`.
fn listed_keys(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(open) = line.find('{') {
        for part in line[open + 1..].split(',') {
            if let Some((key, _)) = part.split_once(':')
                && key.contains('"')
                && is_key(bare(key.trim_start_matches('{')))
            {
                out.push(bare(key).to_owned());
            }
        }
    }
    for cue in ["keys ", "keys: ", "fields ", "fields: ", "properties "] {
        let Some(at) = find_ignoring_case(line, cue) else { continue };
        let list = &line[at + cue.len()..];
        let end = list.find(['.', ';', '(']).unwrap_or(list.len());
        out.extend(items(&list[..end]).into_iter().filter(|i| is_key(i)).map(str::to_owned));
        break;
    }
    out
}

/// Keys made from what a sentence asks for: `give me the order number and the date as JSON`.
fn named_things(line: &str) -> Vec<String> {
    const VERBS: [&str; 11] =
        ["extract ", "pull out ", "pull ", "find ", "give me ", "get ", "return ", "collect ", "note down ", "tell me ", "json with "];
    let Some(from) = VERBS.iter().filter_map(|v| find_ignoring_case(line, v).map(|at| at + v.len())).min() else { return Vec::new() };
    let rest = &line[from..];
    let end = [" as json", " in json", " out of", " from ", " of this", " of the", " in this", ". "]
        .iter()
        .filter_map(|stop| find_ignoring_case(rest, stop))
        .min()
        .unwrap_or(rest.trim_end_matches('.').len());
    items(&rest[..end])
        .into_iter()
        .map(|item| item.to_lowercase().replace("'s ", " ").split_whitespace().collect::<Vec<_>>().join("_"))
        .filter(|key| is_key(key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(prompt: &str, text: &str) -> Json {
        let dice = Dice::new([&b"x"[..]]);
        let found = Found::new(text);
        read(&[prompt]).iter().map(|f| (f.key.clone(), f.value(&found, dice, 0.0, 0.0))).collect::<serde_json::Map<_, _>>().into()
    }

    #[test]
    fn a_spec_line_is_read_as_it_was_written() {
        let field = Field {
            key: "zorp".into(),
            note: "a code".into(),
            after: vec!["order no".into(), "nr".into()],
            never_after: vec!["parcel".into()],
            shapes: vec!["AA-99999".into()],
            own_line: true,
        };
        assert_eq!(read(&[&field.line()]), [field]);
    }

    #[test]
    fn keys_are_found_in_lists_skeletons_and_wishes() {
        let keys = |text| read(&[text]).into_iter().map(|f| f.key).collect::<Vec<_>>();
        assert_eq!(keys("Reply as JSON with the keys order, date and total."), ["order", "date", "total"]);
        assert_eq!(keys("{\"order\": \"…\", \"date\": \"…\"}"), ["order", "date"]);
        assert_eq!(keys("Give me the order number, the date and the customer's name as JSON."), ["order_number", "date", "customer_name"]);
    }

    #[test]
    fn only_what_the_prompt_says_shapes_the_values() {
        let text = "Parcel XX-11111 came, but I ordered KD-48213 on 3 March 2024 for 1.249,50 €.";
        assert_eq!(ask("Give me order, date and total as JSON.", text)["date"], "3 March 2024");
        let told = ask("- order: the code; usually after \"ordered\"\n- date: date as YYYY-MM-DD\n- total: amount as a plain number", text);
        assert_eq!(told, serde_json::json!({"order": "KD-48213", "date": "2024-03-03", "total": 1249.5}));
    }
}
