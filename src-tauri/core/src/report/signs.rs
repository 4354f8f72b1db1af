//! What cannot be seen, shown by a sign. A mark of direction in a name would turn round the words and figures beside it, and a control
//! character means something to a terminal. A report is read, so every text in it has signs, prompts too: the letters themselves are
//! shipped, exported and copied elsewhere. The window does the same (`format/marks.ts`), and the command line.

use std::borrow::Cow;

/// The sign of a character that has no shape of its own and is neither a blank, a tab nor the end of a line.
fn sign(c: char) -> Option<Cow<'static, str>> {
    let named = match c {
        '\u{61c}' => "⟨ALM⟩",
        '\u{200b}' => "⟨ZWSP⟩",
        '\u{200e}' => "⟨LRM⟩",
        '\u{200f}' => "⟨RLM⟩",
        '\u{202a}' => "⟨LRE⟩",
        '\u{202b}' => "⟨RLE⟩",
        '\u{202c}' => "⟨PDF⟩",
        '\u{202d}' => "⟨LRO⟩",
        '\u{202e}' => "⟨RLO⟩",
        '\u{2060}' => "⟨WJ⟩",
        '\u{2066}' => "⟨LRI⟩",
        '\u{2067}' => "⟨RLI⟩",
        '\u{2068}' => "⟨FSI⟩",
        '\u{2069}' => "⟨PDI⟩",
        '\u{feff}' => "⟨BOM⟩",
        '\u{7f}' => "␡",
        '\t' | '\n' => return None,
        // The signs of control characters stand in Unicode in the same order.
        '\0'..='\u{1f}' => return char::from_u32(0x2400 + u32::from(c)).map(|sign| sign.to_string().into()),
        '\u{80}'..='\u{9f}' => return Some(format!("⟨U+{:04X}⟩", u32::from(c)).into()),
        _ => return None,
    };
    Some(named.into())
}

/// The text with signs. Joiners stay: emoji and several scripts are built with them.
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| sign(c).is_none()) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match sign(c) {
            Some(sign) => out.push_str(&sign),
            None => out.push(c),
        }
    }
    out.into()
}

/// The first characters of a text on one line, with signs, and an ellipsis where more follow: a name where room is small.
pub fn beginning(text: &str, characters: usize) -> String {
    let mut first: String = text.chars().take(characters).collect();
    if first.len() < text.len() {
        first.push('…');
    }
    shown(&first).replace(['\n', '\t'], " ")
}
