//! Rows on their way into the database.

use super::rows::BLOCK_ROWS;

/// Rows on their way to the database, their texts in one piece.
#[derive(Debug, Default)]
pub struct Portion {
    text: String,
    /// Where input, ground truth and other cells of each row end; where the last two are the same there are no other cells.
    ends: Vec<[usize; 3]>,
}

/// Bytes of text after which a portion is full.
const PORTION_BYTES: usize = 4 << 20;

impl Portion {
    /// Adds a row. `others` are its cells without input and ground truth, in column order.
    pub fn add<'a>(&mut self, user_input: &str, ground_truth_output: &str, others: impl IntoIterator<Item = &'a str>) {
        self.text.push_str(user_input);
        let input = self.text.len();
        self.text.push_str(ground_truth_output);
        let truth = self.text.len();
        for (at, cell) in others.into_iter().enumerate() {
            self.text.push(if at == 0 { '[' } else { ',' });
            push_json(&mut self.text, cell);
        }
        if self.text.len() > truth {
            self.text.push(']');
        }
        self.ends.push([input, truth, self.text.len()]);
    }

    /// Whether it is time to hand it over.
    pub fn full(&self) -> bool {
        self.ends.len() >= BLOCK_ROWS || self.text.len() >= PORTION_BYTES
    }

    /// Rows in it.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no row is in it.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|ends| ends[2]));
        starts.zip(&self.ends).map(|(start, &[input, truth, others])| {
            (&self.text[start..input], &self.text[input..truth], (others > truth).then(|| &self.text[truth..others]))
        })
    }
}

/// A string as JSON, as serde_json writes it.
fn push_json(text: &mut String, cell: &str) {
    text.push('"');
    let mut rest = cell;
    while let Some(at) = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\') {
        text.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            other => text.push_str(&format!("\\u{other:04x}")),
        }
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
    text.push('"');
}
