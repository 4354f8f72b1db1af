//! The texts of large imports, packed: pieces of half a megabyte in which every cell ends with a zero byte, which no cell has. A text is
//! found by passing over the bytes, at some gigabytes a second; the zero bytes before it tell in which row and cell it stands.

use memchr::memmem::Finder;
use rusqlite::Connection;

use super::{
    super::{
        cells::{Place, Shape},
        rows::{Rows, damaged},
    },
    conditions::{JsonTexts, TextTest},
    needle::fold_into,
};
use crate::{dataset::ColumnOp, error::Result};

/// Bytes after which a piece is full: few enough to stay close to the processor.
const PIECE_BYTES: usize = 512 << 10;

/// Rows that follow each other, with their texts.
#[derive(Debug)]
pub(in crate::store) struct Piece {
    first: u32,
    count: u32,
    texts: String,
}

impl Piece {
    /// The place after its last row.
    pub fn end(&self) -> u32 {
        self.first + self.count
    }
}

/// Cells of a row: input, ground truth, the others.
fn width(shape: &Shape) -> usize {
    2 + shape.columns.len().saturating_sub(if shape.roles().is_some() { 2 } else { 0 })
}

fn push_cell(texts: &mut String, cell: &str) {
    // Only a file of another program's making could hold one.
    if cell.contains('\0') {
        texts.push_str(&cell.replace('\0', "\u{fffd}"))
    } else {
        texts.push_str(cell)
    }
    texts.push('\0');
}

/// The next piece of an import's rows, beginning at a place.
pub(in crate::store) fn pack(c: &Connection, rows: &Rows, from: u32) -> Result<Piece> {
    let others = width(&Shape::of(c, rows.import)?) - 2;
    let mut piece = Piece { first: from, count: 0, texts: String::with_capacity(PIECE_BYTES + 4_096) };
    piece.texts.push('\0');
    let sql = "SELECT id, user_input, ground_truth_output, others FROM example WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
    let mut statement = c.prepare_cached(sql)?;
    for stretch in rows.stretches(from) {
        let mut found = statement.query(stretch)?;
        while let Some(row) = found.next()? {
            if piece.texts.len() >= PIECE_BYTES {
                return Ok(piece);
            }
            if row.get::<_, i64>(0)? != rows.id(from + piece.count) {
                return Err(damaged("an example that a dataset lists is not there"));
            }
            let text = |at: usize| row.get_ref(at)?.as_str_or_null().map_err(|e| damaged(&e.to_string()));
            push_cell(&mut piece.texts, text(1)?.unwrap_or_default());
            push_cell(&mut piece.texts, text(2)?.unwrap_or_default());
            let mut cells = JsonTexts(text(3)?.unwrap_or_default());
            for _ in 0..others {
                push_cell(&mut piece.texts, &cells.next().unwrap_or_default());
            }
            piece.count += 1;
        }
    }
    if piece.count == 0 {
        return Err(damaged("the last examples that a dataset lists are not there"));
    }
    Ok(piece)
}

/// Adds a piece; one that another process added meanwhile stays.
pub(in crate::store) fn add(c: &Connection, import: i64, piece: &Piece) -> Result<()> {
    c.prepare_cached("INSERT OR IGNORE INTO packed_text (dataset_id, first_place, row_count, texts) VALUES (?1, ?2, ?3, ?4)")?
        .execute((import, piece.first, piece.count, piece.texts.as_bytes()))?;
    Ok(())
}

/// The pieces of an import: first place and place after the last.
pub(in crate::store) fn pieces(c: &Connection, import: i64) -> Result<Vec<(u32, u32)>> {
    let mut statement =
        c.prepare_cached("SELECT first_place, first_place + row_count FROM packed_text WHERE dataset_id = ?1 ORDER BY first_place")?;
    Ok(statement.query_map([import], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?)
}

/// What rows of a share of pieces pass a test, by place.
pub(super) fn search(c: &Connection, import: i64, share: (u32, u32), test: &TextTest) -> Result<Vec<u32>> {
    let width = width(&Shape::of(c, import)?);
    let conditions = Condition::all_of(test);
    let sql = "SELECT first_place, row_count, texts FROM packed_text WHERE dataset_id = ?1 AND first_place >= ?2 AND first_place < ?3";
    let mut statement = c.prepare_cached(sql)?;
    let mut pieces = statement.query((import, share.0, share.1))?;
    let (mut found, mut folded) = (Vec::new(), Vec::new());
    while let Some(piece) = pieces.next()? {
        let (first, count): (u32, u32) = (piece.get(0)?, piece.get(1)?);
        let texts = std::str::from_utf8(piece.get_ref(2)?.as_blob().map_err(|e| damaged(&e.to_string()))?);
        let texts = texts.map_err(|_| damaged("packed texts are no text"))?;
        if conditions.iter().any(|condition| !condition.exact) {
            folded.clear();
            fold_into(texts, &mut folded);
        }
        let mut passes = vec![true; count as usize];
        for condition in &conditions {
            let mut met = vec![condition.negated; count as usize];
            let texts = if condition.exact { texts.as_bytes() } else { &folded };
            condition.rows(texts, width, |row| {
                if let Some(met) = met.get_mut(row) {
                    *met = !condition.negated;
                }
            });
            passes.iter_mut().zip(met).for_each(|(passes, met)| *passes &= met);
        }
        found.extend((first..).zip(passes).filter_map(|(place, passes)| passes.then_some(place)));
    }
    Ok(found)
}

/// A condition on packed texts.
#[derive(Debug)]
struct Condition {
    finder: Finder<'static>,
    /// The cell that it must stand in; none: any.
    cell: Option<usize>,
    /// What is looked for begins with the zero byte in front of the cell.
    from_start: bool,
    /// Case counts.
    exact: bool,
    /// It must not be found.
    negated: bool,
}

impl Condition {
    fn anywhere(text: &[u8], cell: Option<usize>) -> Self {
        Self { finder: Finder::new(text).into_owned(), cell, from_start: false, exact: false, negated: false }
    }

    fn from_start(text: &[u8], cell: usize) -> Self {
        Self { from_start: true, ..Self::anywhere(&[&b"\0"[..], text].concat(), Some(cell)) }
    }

    /// Conditions that all have to hold where a test passes.
    fn all_of(test: &TextTest) -> Vec<Self> {
        let cells = test.cells.iter().filter_map(|wanted| {
            let cell = match wanted.place {
                Place::Input => 0,
                Place::Truth => 1,
                Place::Other(at) => 2 + at,
            };
            let folded = &wanted.needle.folded;
            match wanted.op {
                ColumnOp::Contains | ColumnOp::StartsWith if folded.is_empty() => None,
                ColumnOp::Contains => Some(Self::anywhere(folded, Some(cell))),
                ColumnOp::StartsWith => Some(Self::from_start(folded, cell)),
                ColumnOp::Equals => Some(Self { exact: true, ..Self::from_start(format!("{}\0", wanted.exact).as_bytes(), cell) }),
                ColumnOp::Empty => Some(Self::from_start(b"\0", cell)),
                ColumnOp::NotEmpty => Some(Self { negated: true, ..Self::from_start(b"\0", cell) }),
            }
        });
        cells.chain(test.search.iter().map(|needle| Self::anywhere(&needle.folded, None))).collect()
    }

    /// Tells the rows in which it is found, in their order, each once.
    fn rows(&self, texts: &[u8], width: usize, mut found: impl FnMut(usize)) {
        // Up to `at`, cells have begun this many times.
        let (mut at, mut begun) = (0, 0);
        while let Some(distance) = texts.get(at..).and_then(|rest| self.finder.find(rest)) {
            let hit = at + distance + usize::from(self.from_start);
            begun += memchr::memchr_iter(0, &texts[at..hit]).count();
            let (row, cell) = ((begun - 1) / width, (begun - 1) % width);
            let next_row = match self.cell {
                None => width - cell,
                Some(wanted) if cell < wanted => wanted - cell,
                Some(wanted) => width - cell + wanted,
            };
            if self.cell.is_none_or(|wanted| wanted == cell) {
                found(row);
            }
            // On to the zero byte in front of the next cell in which it may stand.
            let Some(distance) = memchr::memchr_iter(0, &texts[hit..]).nth(next_row - 1) else { return };
            (at, begun) = (hit + distance, begun + next_row - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(condition: &Condition, texts: &str, width: usize) -> Vec<usize> {
        let mut rows = Vec::new();
        condition.rows(texts.as_bytes(), width, |row| rows.push(row));
        rows
    }

    #[test]
    fn a_text_is_found_in_its_row_and_cell() {
        let texts = "\0aa b\0b\0\0c\0bb b\0\0b\0\0\0\0ab\0b\0";
        let find = |text: &str, cell| rows(&Condition::anywhere(text.as_bytes(), cell), texts, 3);
        assert_eq!(find("b", None), [0, 1, 2, 3]);
        assert_eq!(find("b", Some(0)), [0, 2]);
        assert_eq!(find("b", Some(1)), [0, 1, 3]);
        assert_eq!(find("b", Some(2)), [3]);
        assert_eq!(find("aa", None), [0]);
        assert_eq!(find("nowhere", None), [0; 0]);
        let starts = |text: &str, cell| rows(&Condition::from_start(text.as_bytes(), cell), texts, 3);
        assert_eq!((starts("b", 0), starts("b", 1), starts("a", 1)), (vec![2], vec![0, 1], vec![3]));
        assert_eq!((starts("\0", 0), starts("\0", 1), starts("\0", 2)), (vec![3], vec![2], vec![0, 1, 2]));
        assert_eq!((starts("b\0", 0), starts("b\0", 1)), (vec![2], vec![0]));
    }
}
