//! Numbers as people and models write them.

/// A number found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number {
    /// As written, before a percent sign is applied.
    pub(crate) written: f64,
    /// A percent sign follows.
    pub(crate) percent: bool,
    /// Digits after the decimal sign.
    pub(crate) decimals: usize,
}

impl Number {
    /// With the percent sign applied: 50 % is 0.5.
    pub(crate) fn value(self) -> f64 {
        if self.percent { self.written / 100.0 } else { self.written }
    }

    /// Whether `self` is within the tolerance of `truth`, both ends included. When both or neither carry a percent sign
    /// the tolerance is in units as written (percent points), otherwise in units of the value.
    pub(crate) fn is_near(self, truth: Self, tolerance: f64) -> bool {
        let (a, b) = if self.percent == truth.percent { (self.written, truth.written) } else { (self.value(), truth.value()) };
        // 0.4 and 0.3 differ by a little more than 0.1 in binary; that is no miss.
        (a - b).abs() <= tolerance + 4.0 * f64::EPSILON * a.abs().max(b.abs())
    }
}

/// Every number of a text, in order.
///
/// Read: a sign (`-`, `+`, `−`) that does not follow a letter or digit; digits of ASCII, full width, Arabic, Persian and
/// Devanagari; thousands in groups of three (or, with commas, the Indian two) parted by `,` `.` `'` `’` `_` or a blank; a
/// decimal point or comma; an exponent; a percent sign. `1,234` is one thousand and some, `1.234` a little over one,
/// `3,14` three and some, `1.234,56` and `1,234.56` the same; `1,2,3` are three numbers. Digits that follow a letter
/// (`H2O`, `Q3`) are part of a name.
pub(crate) fn numbers(text: &str) -> Vec<Number> {
    let characters: Vec<char> = text.chars().map(plain).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let follows_digit = at > 0 && characters[at - 1].is_ascii_digit();
        let starts = characters[at].is_ascii_digit()
            || (characters[at] == '.' && !follows_digit && characters.get(at + 1).is_some_and(char::is_ascii_digit));
        if !starts {
            at += 1;
            continue;
        }
        let (number, end) = read(&characters, at);
        found.extend(number);
        at = end;
    }
    found
}

/// The one value of a text: its only number, or one that it repeats.
pub(crate) fn only_number(text: &str) -> Result<Number, usize> {
    let all = numbers(text);
    match all.split_first() {
        Some((first, rest)) if rest.iter().all(|n| n.value() == first.value()) => Ok(*first),
        _ => Err(all.len()),
    }
}

/// The text when it is a number and nothing else, a currency sign and blanks aside. Leading zeros make it a code.
pub(crate) fn whole_number(text: &str) -> Option<Number> {
    let trimmed = text.trim();
    let unsigned = trimmed.trim_start_matches(['-', '+', '−', '$', '€', '£', '¥', ' ']);
    let code = unsigned.len() > 1 && unsigned.starts_with('0') && unsigned[1..].starts_with(|c: char| c.is_ascii_digit());
    let only_numeric = trimmed.char_indices().all(|(i, c)| {
        plain(c).is_ascii_digit()
            || matches!(plain(c), '-' | '+' | '.' | ',' | '\'' | '_' | '%' | '$' | '€' | '£' | '¥')
            || is_group_blank(c)
            || (i > 0 && matches!(c, 'e' | 'E'))
    });
    match numbers(trimmed).as_slice() {
        [number] if only_numeric && !code => Some(*number),
        _ => None,
    }
}

/// One spelling for digits and signs of other scripts.
fn plain(c: char) -> char {
    let digit = |zero: u32| char::from_digit(c as u32 - zero, 10).unwrap_or(c);
    match c {
        '０'..='９' => digit(0xff10),
        '٠'..='٩' => digit(0x660),
        '۰'..='۹' => digit(0x6f0),
        '०'..='९' => digit(0x966),
        '−' | '－' => '-',
        '＋' => '+',
        '．' | '٫' => '.',
        '，' | '٬' => ',',
        '％' | '٪' => '%',
        '’' => '\'',
        _ => c,
    }
}

fn is_group_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// Groups of digits of one number; a longer row is a list, and is read as one in linear time.
const MOST_RUNS: usize = 12;

/// The number that starts at `start`, and where it ends. None for what is part of a name, or too large to hold.
fn read(characters: &[char], start: usize) -> (Option<Number>, usize) {
    let at = |i: usize| characters.get(i).copied().unwrap_or('\0');
    let digits_end = |from: usize| (from..characters.len()).find(|&i| !characters[i].is_ascii_digit()).unwrap_or(characters.len());
    let text = |from: usize, to: usize| characters[from..to].iter().collect::<String>();

    // Runs of digits with the signs between them, as far as they may be one number. In `.5` the first run is empty.
    let first_end = digits_end(start);
    let mut runs = vec![(start, first_end)];
    let mut end = first_end;
    while runs.len() < MOST_RUNS && (matches!(at(end), ',' | '.' | '\'' | '_') || is_group_blank(at(end))) && at(end + 1).is_ascii_digit() {
        let next = (end + 1, digits_end(end + 1));
        runs.push(next);
        end = next.1;
    }
    let length = |run: (usize, usize)| run.1 - run.0;
    let sign_before = |i: usize| at(runs[i].0 - 1);

    // The longest beginning whose groups share one separator and have the right sizes.
    let separator = if runs.len() > 1 { sign_before(1) } else { '\0' };
    let leads = (1..=3).contains(&length(runs[0])) && at(start) != '0';
    let mut groups = 1;
    if leads {
        let mut reach = 1;
        while reach < runs.len() && sign_before(reach) == separator && matches!(length(runs[reach]), 2 | 3) {
            reach += 1;
            let sized = runs[1..reach].iter().all(|&r| length(r) == 3)
                || (separator == ','
                    && length(runs[0]) <= 2
                    && length(runs[reach - 1]) == 3
                    && runs[1..reach - 1].iter().all(|&r| length(r) == 2));
            if sized {
                groups = reach;
            }
        }
        // `1.234` alone is a decimal fraction; dots part thousands only where there are several, or a comma follows.
        let comma_follows = groups == 2 && runs.len() > 2 && sign_before(2) == ',';
        if separator == '.' && groups == 2 && !comma_follows {
            groups = 1;
        }
        // A list such as `1.234.56` or `1,2,345` is no number with thousands.
        if groups < runs.len() && groups > 1 && sign_before(groups) == separator && separator != ' ' {
            groups = 1;
        }
    }
    let mut whole = String::new();
    for &run in &runs[..groups] {
        whole.push_str(&text(run.0, run.1));
    }
    let mut stop = runs[groups - 1].1;

    // The decimal part: after a point always, after a comma where it cannot be a list.
    let mut decimals = String::new();
    if let Some(&run) = runs.get(groups) {
        let sign = sign_before(groups);
        let again = runs.len() > groups + 1 && sign_before(groups + 1) == sign;
        let listed = start >= 2 && at(start - 1) == ',' && at(start - 2).is_ascii_digit();
        let comma = sign == ',' && (groups == 1 || separator != ',') && !again && !listed;
        let is_decimal = comma || (sign == '.' && (groups == 1 || separator != '.'));
        if is_decimal {
            decimals = text(run.0, run.1);
            stop = run.1;
        }
    }

    let mut exponent = String::new();
    if matches!(at(stop), 'e' | 'E') {
        let signed = usize::from(matches!(at(stop + 1), '-' | '+'));
        let to = digits_end(stop + 1 + signed);
        if to > stop + 1 + signed && !at(to).is_alphanumeric() {
            exponent = text(stop, to);
            stop = to;
        }
    }
    let percent_at = if is_group_blank(at(stop)) { stop + 1 } else { stop };
    let percent = at(percent_at) == '%';
    let end = if percent { percent_at + 1 } else { stop };

    let before = if start == 0 { '\0' } else { at(start - 1) };
    if before.is_alphabetic() || before == '_' {
        return (None, end);
    }
    let before_sign = if start < 2 { '\0' } else { at(start - 2) };
    let negative = before == '-' && !before_sign.is_alphanumeric() || matches!(before, '$' | '€' | '£' | '¥') && before_sign == '-';
    let spelled = format!("{}{whole}.{decimals}0{exponent}", if negative { "-" } else { "" });
    let spelled = if whole.is_empty() { spelled.replacen('.', "0.", 1) } else { spelled };
    let number = spelled.parse::<f64>().ok().filter(|v| v.is_finite()).map(|written| Number { written, percent, decimals: decimals.len() });
    (number, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<f64> {
        numbers(text).into_iter().map(Number::value).collect()
    }

    #[test]
    fn spellings_of_one_number() {
        for (text, value) in [
            ("42", 42.0),
            ("The answer is 42.", 42.0),
            ("1,234", 1234.0),
            ("1,234,567.89", 1_234_567.89),
            ("1.234.567,89", 1_234_567.89),
            ("1.234,5", 1234.5),
            ("1.234", 1.234),
            ("1.234.567", 1_234_567.0),
            ("12,34,567", 1_234_567.0),
            ("1 234 567", 1_234_567.0),
            ("1\u{202f}234,5", 1234.5),
            ("1'234.50", 1234.5),
            ("1_000", 1000.0),
            ("3,75", 3.75),
            ("0,125", 0.125),
            (".5", 0.5),
            ("-.5", -0.5),
            ("5.", 5.0),
            ("-7", -7.0),
            ("−7", -7.0),
            ("+7", 7.0),
            ("-$1,200.50", -1200.5),
            ("$-3", -3.0),
            ("1e5", 1e5),
            ("1.5E-3", 0.0015),
            ("50%", 0.5),
            ("12.5 %", 0.125),
            ("５０", 50.0),
            ("٣٫٥", 3.5),
            ("5kg", 5.0),
            ("(12)", 12.0),
            ("**12**", 12.0),
            ("007", 7.0),
        ] {
            assert_eq!(values(text), vec![value], "{text:?}");
        }
    }

    #[test]
    fn several_numbers_stay_apart() {
        for (text, expected) in [
            ("12 + 30 = 42", vec![12.0, 30.0, 42.0]),
            ("1,2,3", vec![1.0, 2.0, 3.0]),
            ("10-20", vec![10.0, 20.0]),
            ("2024-01-05", vec![2024.0, 1.0, 5.0]),
            ("2020 500", vec![2020.0, 500.0]),
            ("1, 2", vec![1.0, 2.0]),
            ("H2O and Q3", vec![]),
            ("3/4", vec![3.0, 4.0]),
            ("1e999", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(values(text), expected, "{text:?}");
        }
        assert_eq!(only_number("5 (that is, 5.0)").map(Number::value), Ok(5.0));
        assert_eq!(only_number("5 or 6"), Err(2));
        assert_eq!(only_number("five"), Err(0));
    }

    #[test]
    fn tolerance_is_inclusive_and_in_written_units() {
        let near = |a: &str, b: &str, tolerance| only_number(a).unwrap().is_near(only_number(b).unwrap(), tolerance);
        assert!(near("0.4", "0.3", 0.1));
        assert!(!near("0.41", "0.3", 0.1));
        assert!(near("51%", "50%", 1.0));
        assert!(!near("52%", "50%", 1.0));
        assert!(near("50%", "0.5", 0.0));
        assert!(!near("50", "50%", 0.0));
        assert!(near("9007199254740992", "9007199254740992", 0.0));
        assert!(!near("1000001", "1000000", 0.0));
    }

    #[test]
    fn codes_and_words_are_no_numbers() {
        for text in ["007", "5 kg", "A5", "", "e5", "1 or 2", "2024-01-05"] {
            assert!(whole_number(text).is_none(), "{text}");
        }
        for text in ["0", "0.5", "-3", "$1,200.50", " 12 ", "1e5", "45%"] {
            assert!(whole_number(text).is_some(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printed_numbers_read_back(value in -1e15..1e15_f64) {
            prop_assert_eq!(values(&value.to_string()), vec![value]);
            prop_assert_eq!(values(&format!("x = {value:e}.")), vec![value]);
        }

        #[test]
        fn grouped_thousands_read_back(value in 0_u64..1_000_000_000_000) {
            let digits = value.to_string();
            let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
            for separator in [",", "'", " ", "\u{a0}", "_"] {
                prop_assert_eq!(values(&format!("{}.5", groups.join(separator))), vec![value as f64 + 0.5]);
            }
        }

        #[test]
        fn any_text_can_be_searched(text in "[0-9.,' eE%+-]{0,40}", other in any::<String>()) {
            prop_assert!(numbers(&text).iter().chain(&numbers(&other)).all(|n| n.written.is_finite()));
        }
    }
}
