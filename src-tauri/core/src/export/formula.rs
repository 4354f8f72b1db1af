//! Cells that a spreadsheet program runs instead of showing them (CSV injection, as OWASP describes it).

use std::borrow::Cow;

/// What a formula starts with, the full-width forms that some programs take for them included.
const STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

fn is_plain_number(cell: &str) -> bool {
    cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E')) && cell.parse::<f64>().is_ok()
}

/// The cell as a spreadsheet shows it without running it. A number keeps its sign.
pub(super) fn safe(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(STARTS) && !is_plain_number(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}
