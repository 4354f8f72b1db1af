//! Lists in the order of a column. Of large imports the order of all rows is kept; what is edited later finds its place in it.

use std::{cmp::Ordering, sync::Arc};

use rusqlite::{Connection, OptionalExtension, functions::FunctionFlags, params};

use super::{
    super::{
        LARGE, Store,
        cells::{Place, Shape},
        rows::{Rows, damaged},
    },
    FEW,
};
use crate::{dataset::ExampleSort, error::Result};

/// The number that a cell is, if it is one.
fn number(cell: &str) -> Option<f64> {
    let cell = cell.trim();
    let first = cell.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    cell.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Gives a connection what sorting needs.
pub(in crate::store) fn prepare(c: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    c.create_scalar_function("number_of", 1, flags, |context| Ok(context.get_raw(0).as_str_or_null().ok().flatten().and_then(number)))
}

/// What a row is sorted by: numbers by value before words, words with the case of ASCII aside, then character by character, then the
/// order of arrival. The same as [`order`] has it.
#[derive(Debug, Clone)]
struct SortKey {
    number: Option<f64>,
    text: String,
    id: i64,
}

impl SortKey {
    fn of(text: String, id: i64) -> Self {
        Self { number: number(&text), text, id }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let numbers = match (self.number, other.number) {
            (Some(own), Some(others)) => own.total_cmp(&others),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let folded = |text: &str| text.to_ascii_lowercase();
        let texts = || folded(&self.text).cmp(&folded(&other.text)).then_with(|| self.text.cmp(&other.text));
        numbers.then_with(texts).then_with(|| self.id.cmp(&other.id))
    }
}

/// A cell of a row in SQL.
fn cell_expression(place: Place) -> String {
    match place {
        Place::Input => "user_input".to_owned(),
        Place::Truth => "ground_truth_output".to_owned(),
        Place::Other(at) => format!("coalesce(json_extract(others, '$[{at}]'), '')"),
    }
}

/// The keys of rows, one after another.
struct Keys<'c>(rusqlite::Statement<'c>);

impl<'c> Keys<'c> {
    fn of(c: &'c Connection, import: i64, column: &str) -> Result<Self> {
        let cell = cell_expression(Shape::of(c, import)?.place(column)?);
        Ok(Self(c.prepare(&format!("SELECT {cell} FROM example WHERE id = ?1"))?))
    }

    fn key(&mut self, id: i64) -> Result<SortKey> {
        let text: Option<String> = self.0.query_row(params![id], |r| r.get(0)).optional()?.flatten();
        Ok(SortKey::of(text.unwrap_or_default(), id))
    }
}

/// The places of all rows in the order of a column.
pub(in crate::store) fn order(c: &Connection, rows: &Rows, column: &str) -> Result<Vec<u32>> {
    let cell = cell_expression(Shape::of(c, rows.import)?.place(column)?);
    let stretches = rows.stretches(0);
    let (Some((first, _)), Some((_, last))) = (stretches.first(), stretches.last()) else { return Ok(Vec::new()) };
    let mut statement = c.prepare(&format!(
        "SELECT id FROM (SELECT id, {cell} AS cell FROM example WHERE id BETWEEN ?1 AND ?2 AND dataset_id = ?3)
         ORDER BY number_of(cell) IS NULL, number_of(cell), cell COLLATE NOCASE, cell, id"
    ))?;
    let mut found = statement.query((first, last, rows.import))?;
    let mut places = Vec::with_capacity(rows.len());
    while let Some(row) = found.next()? {
        places.extend(rows.place(row.get(0)?));
    }
    Ok(places)
}

/// Keeps the order of a column; one that another process kept meanwhile is the same.
pub(in crate::store) fn keep_order(c: &Connection, import: i64, column: &str, order: &[u32]) -> Result<()> {
    let bytes: Vec<u8> = order.iter().flat_map(|place| place.to_le_bytes()).collect();
    c.execute("INSERT OR REPLACE INTO example_order (dataset_id, column, places) VALUES (?1, ?2, ?3)", (import, column, bytes))?;
    Ok(())
}

/// The kept order of a column; places beyond its length came later.
fn stored_order(c: &Connection, import: i64, column: &str) -> Result<Option<Vec<u32>>> {
    let mut statement = c.prepare_cached("SELECT places FROM example_order WHERE dataset_id = ?1 AND column = ?2")?;
    let bytes: Option<Vec<u8>> = statement.query_row((import, column), |r| r.get(0)).optional()?;
    let Some(bytes) = bytes else { return Ok(None) };
    let places: Vec<u32> = bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    let count = places.len() as u32;
    if places.iter().any(|&place| place >= count) {
        return Err(damaged("the kept order of a column names rows that are not there"));
    }
    Ok(Some(places))
}

/// Rows in the order of a column, none of which has a kept place.
fn sorted_alone(c: &Connection, rows: &Rows, places: &[u32], column: &str) -> Result<Vec<u32>> {
    let mut keys = Keys::of(c, rows.import, column)?;
    let mut keyed = places.iter().map(|&place| Ok((keys.key(rows.id(place))?, place))).collect::<Result<Vec<_>>>()?;
    keyed.sort_unstable_by(|(a, _), (b, _)| a.compare(b));
    Ok(keyed.into_iter().map(|(_, place)| place).collect())
}

/// Puts rows that were edited since the order was kept into their places.
fn merged(c: &Connection, rows: &Rows, mut ordered: Vec<u32>, fresh: &[u32], column: &str) -> Result<Vec<u32>> {
    let mut keys = Keys::of(c, rows.import, column)?;
    for &place in fresh {
        let own = keys.key(rows.id(place))?;
        let (mut low, mut high) = (0, ordered.len());
        while low < high {
            let middle = (low + high) / 2;
            if keys.key(rows.id(ordered[middle]))?.compare(&own).is_lt() { low = middle + 1 } else { high = middle }
        }
        ordered.insert(low, place);
    }
    Ok(ordered)
}

/// Of all rows in an order, those of a list.
fn only(order: Vec<u32>, places: &[u32], rows: &Rows) -> Vec<u32> {
    let mut wanted = vec![false; rows.len()];
    for &place in places {
        wanted[place as usize] = true;
    }
    order.into_iter().filter(|&place| wanted[place as usize]).collect()
}

impl Store {
    /// The rows of a list in the order asked for.
    pub(super) async fn sorted(&self, rows: &Arc<Rows>, mut places: Vec<u32>, sort: &ExampleSort) -> Result<Vec<u32>> {
        if !sort.column.is_empty() {
            places = self.by_column(rows, places, sort.column.clone()).await?;
        }
        if sort.descending {
            places.reverse();
        }
        Ok(places)
    }

    async fn by_column(&self, rows: &Arc<Rows>, places: Vec<u32>, column: String) -> Result<Vec<u32>> {
        let (of, by) = (Arc::clone(rows), column.clone());
        let known = self.read(move |c| {
            if places.len() <= FEW {
                return Ok(Ok(sorted_alone(c, &of, &places, &by)?));
            }
            let Some(order) = stored_order(c, of.import, &by)? else { return Ok(Err(places)) };
            let fresh: Vec<u32> = places.iter().copied().filter(|&place| place as usize >= order.len()).collect();
            Ok(Ok(merged(c, &of, only(order, &places, &of), &fresh, &by)?))
        });
        let places = match known.await? {
            Ok(sorted) => return Ok(sorted),
            Err(places) => places,
        };
        let (of, by) = (Arc::clone(rows), column.clone());
        let order = self.read(move |c| order(c, &of, &by)).await?;
        let sorted = only(order.clone(), &places, rows);
        if rows.len() >= LARGE {
            let import = rows.import;
            // The next list in this order is there at once. A list does not fail with it.
            let kept = self.write(move |c| keep_order(c, import, &column, &order));
            if let Err(error) = kept.await {
                tracing::warn!(import, error = %error.message, "the order of a column could not be kept");
            }
        }
        Ok(sorted)
    }
}
