//! Dates, amounts, codes, names and addresses in a text: world skills any language model has.

use super::text::{is_common, words};

/// Sorts of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    /// A calendar day.
    Date,
    /// A sum of money, else any number.
    Amount,
    /// An identifier with digits.
    Code,
    /// One to four capitalised words.
    Name,
    /// An e-mail address.
    Email,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    /// As it stands in the text.
    pub written: String,
    /// Normal form: ISO date, plain number, code without `#`.
    pub normal: String,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset behind its last character.
    pub end: usize,
}

/// All values of a text, found once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found<'a> {
    /// The text.
    pub text: &'a str,
    dates: Vec<Value>,
    amounts: Vec<Value>,
    codes: Vec<Value>,
    names: Vec<Value>,
    emails: Vec<Value>,
}

impl<'a> Found<'a> {
    /// Looks through a text.
    pub(crate) fn new(text: &'a str) -> Self {
        let emails = emails(text);
        let dates = dates(text);
        let taken: Vec<(usize, usize)> = dates.iter().chain(&emails).map(|v| (v.start, v.end)).collect();
        let free = |v: &Value| taken.iter().all(|&(s, e)| v.end <= s || v.start >= e);
        let mut amounts = numbers(text);
        amounts.retain(|v| free(v) && !inside_code(text, v));
        let is_money = |v: &Value| v.written.contains(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','));
        if amounts.iter().any(is_money) {
            amounts.retain(is_money);
        }
        let mut codes = codes(text);
        codes.retain(|v| free(v) && with_currency(text, v.start, v.end) == (v.start, v.end));
        Self { text, names: names(text), dates, amounts, codes, emails }
    }

    /// Values of one sort, in order.
    pub(crate) fn of(&self, sort: Sort) -> &[Value] {
        match sort {
            Sort::Date => &self.dates,
            Sort::Amount => &self.amounts,
            Sort::Code => &self.codes,
            Sort::Name => &self.names,
            Sort::Email => &self.emails,
        }
    }

    /// What one would name when asked for "the data" without a word on which.
    pub(crate) fn sights(&self) -> Vec<(&'static str, String)> {
        [("date", &self.dates), ("amount", &self.amounts), ("number", &self.codes), ("name", &self.names), ("email", &self.emails)]
            .into_iter()
            .filter_map(|(name, values)| values.first().map(|v| (name, v.written.clone())))
            .collect()
    }
}

fn emails(text: &str) -> Vec<Value> {
    let mut out = Vec::new();
    let mut from = 0;
    for token in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')')) {
        let start = from;
        from += token.len() + text[start + token.len()..].chars().next().map_or(0, char::len_utf8);
        let trimmed = token.trim_end_matches(['.', '?', '!', ':']);
        if let Some((user, host)) = trimmed.split_once('@')
            && !user.is_empty()
            && host.contains('.')
        {
            out.push(Value { written: trimmed.to_owned(), normal: trimmed.to_lowercase(), start, end: start + trimmed.len() });
        }
    }
    out
}

/// Numbers with `.` or `,` inside; currency is not part of them.
pub(crate) fn numbers(text: &str) -> Vec<Value> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if !bytes[i].is_ascii_digit() {
            i += 1;
            continue;
        }
        let start = i;
        while i < bytes.len()
            && (bytes[i].is_ascii_digit() || (matches!(bytes[i], b'.' | b',') && bytes.get(i + 1).is_some_and(u8::is_ascii_digit)))
        {
            i += 1;
        }
        if let Some(normal) = plain_number(&text[start..i]) {
            let (s, e) = with_currency(text, start, i);
            out.push(Value { written: text[s..e].to_owned(), normal, start: s, end: e });
        }
    }
    out
}

/// `1.249,00` and `1,249.00` as `1249`; a single separator with one or two digits behind it is the decimal mark.
fn plain_number(written: &str) -> Option<String> {
    let last = written.rfind(['.', ',']);
    let decimal = last.filter(|&at| (1..=2).contains(&(written.len() - at - 1)) && written.matches(&written[at..=at]).count() == 1);
    let plain: String = written
        .char_indices()
        .filter_map(|(at, c)| if c.is_ascii_digit() { Some(c) } else { (Some(at) == decimal).then_some('.') })
        .collect();
    let value: f64 = plain.parse().ok()?;
    Some(format!("{value}"))
}

const CURRENCY_SIGNS: [char; 4] = ['€', '$', '£', '¥'];
const CURRENCY_WORDS: [&str; 12] = ["eur", "usd", "gbp", "chf", "euro", "euros", "dollar", "dollars", "pounds", "bucks", "cents", "yen"];

fn with_currency(text: &str, start: usize, end: usize) -> (usize, usize) {
    let before = &text[..start];
    let after = &text[end..];
    let lead = before.trim_end_matches(' ');
    if let Some(sign) = lead.chars().next_back().filter(|c| CURRENCY_SIGNS.contains(c)) {
        return (lead.len() - sign.len_utf8(), end);
    }
    let from = lead.rfind(|c: char| !c.is_alphabetic()).map_or(0, |at| at + lead[at..].chars().next().map_or(1, char::len_utf8));
    if CURRENCY_WORDS.contains(&lead[from..].to_lowercase().as_str()) {
        return (from, end);
    }
    let trail = after.trim_start_matches(' ');
    let gap = after.len() - trail.len();
    if gap <= 1 {
        if let Some(sign) = trail.chars().next().filter(|c| CURRENCY_SIGNS.contains(c)) {
            return (start, end + gap + sign.len_utf8());
        }
        let len = trail.find(|c: char| !c.is_alphabetic()).unwrap_or(trail.len());
        if CURRENCY_WORDS.contains(&trail[..len].to_lowercase().as_str()) {
            return (start, end + gap + len);
        }
    }
    (start, end)
}

fn inside_code(text: &str, value: &Value) -> bool {
    let joined = |c: char| c.is_alphanumeric() || matches!(c, '-' | '#' | '_');
    text[..value.start].chars().next_back().is_some_and(joined) || text[value.end..].chars().next().is_some_and(|c| joined(c) && c != '-')
}

fn codes(text: &str) -> Vec<Value> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/');
    let mut out = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if part(c) {
            start.get_or_insert(at);
        } else if let Some(from) = start.take() {
            let token = text[from..at].trim_end_matches(['-', '/', '_']);
            let digits = token.bytes().filter(u8::is_ascii_digit).count();
            if digits >= 2 && token.chars().count() >= 4 {
                out.push(Value { written: token.to_owned(), normal: token.to_owned(), start: from, end: from + token.len() });
            }
        }
    }
    out
}

fn names(text: &str) -> Vec<Value> {
    let all = words(text);
    let capital = |start: usize| text[start..].chars().next().is_some_and(char::is_uppercase);
    let mut out = Vec::new();
    let mut i = 0;
    while i < all.len() {
        let mut j = i;
        while j < all.len()
            && capital(all[j].start)
            && !is_common(&all[j].lower)
            && !all[j].lower.bytes().any(|b| b.is_ascii_digit())
            && (j == i || text[all[j - 1].end..all[j].start] == *" ")
            && j - i < 4
        {
            j += 1;
        }
        if j > i {
            let (start, end) = (all[i].start, all[j - 1].end);
            out.push(Value { written: text[start..end].to_owned(), normal: text[start..end].to_owned(), start, end });
        }
        i = j.max(i + 1);
    }
    out
}

const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

fn month(word: &str) -> Option<u32> {
    let at = MONTHS.iter().position(|m| *m == word || (word.len() >= 3 && m.starts_with(word) && word.len() <= 4))?;
    Some(at as u32 + 1)
}

fn iso(year: u32, month: u32, day: u32) -> Option<String> {
    let year = if year < 100 { 2000 + year } else { year };
    ((1900..2200).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Dates with a year, in figures (`2024-03-14`, `14.03.2024`, `3/14/2024`) or with the month's English name.
fn dates(text: &str) -> Vec<Value> {
    let all = words(text);
    let number = |lower: &str| -> Option<u32> {
        let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        (digits.len() <= 4 && lower.len() - digits.len() <= 2).then(|| digits.parse().ok()).flatten()
    };
    let mut out = Vec::new();
    let mut i = 0;
    while i < all.len() {
        let found = figures(&all[i].lower).map(|d| (d, i)).or_else(|| {
            let w = |k: usize| all.get(i + k).map_or("", |w| w.lower.as_str());
            let of = usize::from(w(1) == "of");
            if let (Some(d), Some(m), Some(y)) = (number(w(0)), month(w(1 + of)), number(w(2 + of))) {
                return iso(y, m, d).map(|s| (s, i + 2 + of));
            }
            if let (Some(m), Some(d), Some(y)) = (month(w(0)), number(w(1)), number(w(2))) {
                return iso(y, m, d).map(|s| (s, i + 2));
            }
            let (a, b, y) = (number(w(0))?, number(w(1))?, number(w(2))?);
            let between = |k: usize| all.get(i + k + 1).map_or("", |next| &text[all[i + k].end..next.start]);
            let (m, d) = match (between(0), between(1)) {
                (".", ".") => (b, a),
                ("/", "/") if a > 12 => (b, a),
                ("/", "/") => (a, b),
                _ => return None,
            };
            iso(y, m, d).map(|s| (s, i + 2))
        });
        if let Some((normal, last)) = found {
            let (start, end) = (all[i].start, all[last].end);
            out.push(Value { written: text[start..end].to_owned(), normal, start, end });
            i = last;
        }
        i += 1;
    }
    out
}

fn figures(word: &str) -> Option<String> {
    let mut parts = word.split('-');
    let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
    (y.len() == 4 && parts.next().is_none()).then(|| iso(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?)).flatten()
}

/// The form of a code: `A` for a capital, `a` for a small letter, `9` for a digit.
pub(crate) fn shape(code: &str) -> String {
    code.chars()
        .map(|c| match c {
            c if c.is_ascii_digit() => '9',
            c if c.is_uppercase() => 'A',
            c if c.is_alphabetic() => 'a',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_many_spellings_mean_the_same_day() {
        for text in [
            "on 2024-03-14 we",
            "14.03.2024",
            "3/14/2024",
            "14 March 2024",
            "March 14th, 2024",
            "the 14th of March 2024",
            "Mar 14 2024",
            "14.3.24",
        ] {
            let found = dates(text);
            assert_eq!(found.first().map(|v| v.normal.as_str()), Some("2024-03-14"), "{text}");
        }
        assert!(dates("order 2024 of 12 may or may not").is_empty());
    }

    #[test]
    fn amounts_lose_currency_and_thousands() {
        for (text, normal) in
            [("€1,249.50", "1249.5"), ("1.249,50 €", "1249.5"), ("EUR 120", "120"), ("89 dollars", "89"), ("$ 0.99", "0.99")]
        {
            let found = Found::new(text);
            assert_eq!(found.of(Sort::Amount).first().map(|v| v.normal.as_str()), Some(normal), "{text}");
        }
        let found = Found::new("Order KD-48213 of 03.04.2024 cost 20 EUR, 3 boxes");
        assert_eq!(found.of(Sort::Amount).len(), 1);
        assert_eq!(found.of(Sort::Code).iter().map(|v| v.normal.as_str()).collect::<Vec<_>>(), ["KD-48213"]);
        assert_eq!(shape("Kd-48"), "Aa-99");
    }

    #[test]
    fn odd_texts_do_no_harm() {
        for text in ["", "€", "#", "1", "-", "é€12é", "12€é34", "a@b.c,@,d@", "\u{0}9\u{0}", "99999999999999999999999999999999"] {
            let _ = Found::new(text);
        }
    }
}
