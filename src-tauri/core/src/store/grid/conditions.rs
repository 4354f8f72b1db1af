//! What a filter asks of a row: of its state, and of its texts.

use std::borrow::Cow;

use super::{
    super::{
        cells::{Place, Shape},
        rows::State,
    },
    needle::Needle,
};
use crate::{
    dataset::{ColumnOp, ExampleFilter, Split, SplitFilter},
    error::{Error, Result},
};

/// Whether a filter lets rows of this state through.
pub(super) fn state_passes(filter: &ExampleFilter, state: State) -> bool {
    let split = match filter.split {
        None => true,
        Some(SplitFilter::Train) => state.split() == Some(Split::Train),
        Some(SplitFilter::Validation) => state.split() == Some(Split::Validation),
        Some(SplitFilter::Test) => state.split() == Some(Split::Test),
        Some(SplitFilter::None) => state.split().is_none(),
    };
    split && filter.excluded.is_none_or(|excluded| excluded == state.excluded())
}

/// A condition on the cells of a column.
#[derive(Debug)]
pub(super) struct CellTest {
    pub place: Place,
    pub op: ColumnOp,
    pub exact: String,
    pub needle: Needle,
}

/// Conditions on the texts of a row.
#[derive(Debug)]
pub(super) struct TextTest {
    /// Stands in some cell.
    pub search: Option<Needle>,
    pub cells: Vec<CellTest>,
}

impl TextTest {
    /// What a filter asks of texts; none when it asks nothing.
    pub fn of(filter: &ExampleFilter, shape: &Shape) -> Result<Option<Self>> {
        if filter.search.contains('\0') || filter.columns.iter().any(|wanted| wanted.text.contains('\0')) {
            return Err(Error::invalid("No cell holds a zero byte (NUL). Search for something else."));
        }
        let cells = filter.columns.iter().map(|wanted| {
            let (place, needle) = (shape.place(&wanted.column)?, Needle::new(&wanted.text));
            Ok(CellTest { place, op: wanted.op, exact: wanted.text.clone(), needle })
        });
        let cells = cells.collect::<Result<Vec<_>>>()?;
        let search = (!filter.search.is_empty()).then(|| Needle::new(&filter.search));
        Ok((search.is_some() || !cells.is_empty()).then_some(Self { search, cells }))
    }

    /// Whether a row passes: id, input, ground truth, other cells.
    pub fn passes(&self, row: &rusqlite::Row<'_>, scratch: &mut Vec<u8>) -> Result<bool> {
        let text = |at: usize| -> Result<&str> { row.get_ref(at)?.as_str().map_err(|e| Error::internal(e.to_string())) };
        let (user_input, ground_truth_output) = (text(1)?, text(2)?);
        let others = row.get_ref(3)?.as_str_or_null().map_err(|e| Error::internal(e.to_string()))?;
        for CellTest { place, op, exact, needle } in &self.cells {
            let cell = match place {
                Place::Input => Cow::Borrowed(user_input),
                Place::Truth => Cow::Borrowed(ground_truth_output),
                Place::Other(at) => others.and_then(|others| JsonTexts(others).nth(*at)).unwrap_or_default(),
            };
            let passes = match op {
                ColumnOp::Contains => needle.folded.is_empty() || needle.stands_in(&cell, scratch),
                ColumnOp::Equals => *cell == **exact,
                ColumnOp::StartsWith => needle.starts(&cell, scratch),
                ColumnOp::Empty => cell.is_empty(),
                ColumnOp::NotEmpty => !cell.is_empty(),
            };
            if !passes {
                return Ok(false);
            }
        }
        let Some(needle) = &self.search else { return Ok(true) };
        Ok(needle.stands_in(user_input, scratch)
            || needle.stands_in(ground_truth_output, scratch)
            || others.is_some_and(|others| JsonTexts(others).any(|cell| needle.stands_in(&cell, scratch))))
    }
}

/// The strings of a JSON array of strings, one after another; a string without escapes is not copied.
pub(super) struct JsonTexts<'a>(pub &'a str);

impl<'a> Iterator for JsonTexts<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.0[self.0.find('"')? + 1..];
        let bytes = rest.as_bytes();
        let (mut end, mut escaped) = (0, false);
        loop {
            end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
            if bytes[end] == b'"' {
                break;
            }
            escaped = true;
            end += 2;
        }
        self.0 = &rest[end + 1..];
        let text = &rest[..end];
        Some(if escaped { Cow::Owned(serde_json::from_str(&format!("\"{text}\"")).ok()?) } else { Cow::Borrowed(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_beside_input_and_truth_come_one_by_one() {
        let array = serde_json::json!(["plain", "a \"quoted\" \\ one", "", "zwei\nZeilen, \u{1}", "ü"]).to_string();
        let cells: Vec<String> = JsonTexts(&array).map(Cow::into_owned).collect();
        assert_eq!(cells, ["plain", "a \"quoted\" \\ one", "", "zwei\nZeilen, \u{1}", "ü"]);
        assert_eq!(JsonTexts("[]").next(), None);
        assert_eq!(JsonTexts("[\"cut\\").count(), 0, "what is cut off ends the list");
    }
}
