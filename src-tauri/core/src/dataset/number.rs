//! Numbers as text: the shortest that reads back as the same number, with the parts of a number format that change what a cell means.

/// What a number format does to a number, as far as it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Look {
    /// The plain number; decimals and thousands of the format aside.
    #[default]
    Plain,
    /// A percentage with at least so many decimals.
    Percent { decimals: usize },
    /// At least so many digits, zeros in front.
    Padded { digits: usize },
    /// Text around the number, which is not applied.
    Dressed,
    /// A date, a time or both.
    Date { day: bool, time: bool },
}

/// What a format code of Excel does; of several sections the first.
pub(super) fn look(code: &str) -> Look {
    if code.eq_ignore_ascii_case("general") || code == "@" || code.is_empty() {
        return Look::Plain;
    }
    let (mut percent, mut dressed, mut point, mut optional) = (false, false, false, false);
    let (mut zeros, mut decimals, mut digits) = (0_usize, 0_usize, 0_usize);
    let (mut day, mut clock, mut month) = (false, false, false);
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ';' => break,
            '"' => dressed |= chars.by_ref().take_while(|&c| c != '"').any(|c| !c.is_whitespace()),
            '\\' => dressed |= chars.next().is_some_and(|c| !c.is_whitespace()),
            '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inside: String = chars.by_ref().take_while(|&c| c != ']').collect();
                dressed |= inside.starts_with('$') && !inside.starts_with("$-");
            }
            '0' if point => decimals += 1,
            '0' => {
                zeros += 1;
                digits += 1;
            }
            '#' | '?' => {
                optional = true;
                digits += 1;
            }
            '.' => point = true,
            ',' | ' ' | '@' | '+' | '(' | ')' => optional |= c == ',',
            '%' => percent = true,
            'E' | 'e' if digits > 0 => optional = true,
            'y' | 'Y' | 'd' | 'D' => day = true,
            'h' | 'H' | 's' | 'S' => clock = true,
            'm' | 'M' => month = true,
            // A minus in front belongs to the number, one between digits does not.
            '-' => dressed |= digits > 0,
            _ => dressed = true,
        }
    }
    if day || clock || month {
        return Look::Date { day: day || (month && !clock), time: clock };
    }
    match () {
        () if dressed => Look::Dressed,
        () if percent => Look::Percent { decimals },
        () if zeros > 1 && !optional && !point => Look::Padded { digits: zeros },
        // Zeros in front of a number with decimals or groups are not written here.
        () if zeros > 1 => Look::Dressed,
        () => Look::Plain,
    }
}

/// The shortest text that reads back as the same number.
pub(super) fn shortest(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 {
        "0".to_owned()
    } else if (1e-7..1e21).contains(&size) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

/// A number under a look.
pub(super) fn text(number: f64, look: Look) -> String {
    match look {
        Look::Percent { decimals } => percent(number, decimals),
        Look::Padded { digits } if number.fract() == 0.0 && number.abs() < 1e15 => {
            let sign = if number < 0.0 { "-" } else { "" };
            format!("{sign}{:0digits$}", number.abs())
        }
        _ => shortest(number),
    }
}

/// The number times a hundred, by its digits: multiplying would turn 0.07 into 7.000000000000001.
fn percent(number: f64, decimals: usize) -> String {
    let plain = shortest(number);
    if plain.contains('e') {
        return format!("{}%", shortest(number * 100.0));
    }
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let shifted = format!("{fraction:0<2}");
    let (up, rest) = shifted.split_at(2);
    let whole = format!("{whole}{up}");
    let whole = Some(whole.trim_start_matches('0')).filter(|whole| !whole.is_empty()).unwrap_or("0");
    let rest = format!("{rest:0<decimals$}");
    if rest.is_empty() { format!("{sign}{whole}%") } else { format!("{sign}{whole}.{rest}%") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        for (number, expected) in
            [(7.0, "7"), (0.1, "0.1"), (-0.0, "0"), (0.1 + 0.2, "0.30000000000000004"), (1e21, "1e21"), (1e-9, "1e-9")]
        {
            assert_eq!(shortest(number), expected);
            assert_eq!(shortest(number).parse::<f64>(), Ok(number));
        }
    }

    #[test]
    fn formats_say_percent_padding_dates_and_dress() {
        for (code, expected) in [
            ("General", Look::Plain),
            ("0.00", Look::Plain),
            ("#,##0", Look::Plain),
            ("0.00E+00", Look::Plain),
            ("0%", Look::Percent { decimals: 0 }),
            ("0.00%", Look::Percent { decimals: 2 }),
            ("00000", Look::Padded { digits: 5 }),
            ("000;-000", Look::Padded { digits: 3 }),
            ("000\\-00", Look::Dressed),
            ("0.0\" kg\"", Look::Dressed),
            ("[$€-407] 0.00", Look::Dressed),
            ("$#,##0.00", Look::Dressed),
            ("00.00", Look::Dressed),
            ("0,000", Look::Dressed),
            ("yyyy-mm-dd", Look::Date { day: true, time: false }),
            ("[$-409]h:mm AM/PM", Look::Date { day: false, time: true }),
            ("d/m/yy h:mm", Look::Date { day: true, time: true }),
            ("mmm", Look::Date { day: true, time: false }),
        ] {
            assert_eq!(look(code), expected, "{code}");
        }
    }

    #[test]
    fn percent_moves_the_point_and_padding_fills_up() {
        let percent = |number, decimals| text(number, Look::Percent { decimals });
        assert_eq!(percent(0.07, 0), "7%");
        assert_eq!(percent(0.5, 2), "50.00%");
        assert_eq!(percent(0.1234, 0), "12.34%");
        assert_eq!(percent(-1.0, 0), "-100%");
        assert_eq!(percent(0.001, 0), "0.1%");
        assert_eq!(percent(0.0, 1), "0.0%");
        assert_eq!(text(7.0, Look::Padded { digits: 5 }), "00007");
        assert_eq!(text(-7.0, Look::Padded { digits: 3 }), "-007");
        assert_eq!(text(7.5, Look::Padded { digits: 5 }), "7.5");
    }
}
