//! What makes lists of large imports quick: an index of all runs of three characters (FTS5), and the order of the rows by each column.
//! Both are built after an import, in small steps; until then, and for small imports, lists are worked out without them and are the same.

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension, functions::FunctionFlags};

use super::{
    Store,
    datasets::{Place, Shape},
    grid::{JsonTexts, fold_into},
    rows::{Rows, damaged},
};
use crate::error::Result;

/// Imports with fewer rows than this are searched and sorted quickly enough as they are.
pub const LARGE: usize = 50_000;
/// Rows that go into the index in one transaction: others write in between.
const STEP: u32 = 10_000;
/// Columns whose order is kept; the others are sorted when somebody asks.
const MOST_ORDERS: usize = 12;

/// How far an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexing {
    /// Steps done.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
}

fn table(import: i64) -> String {
    format!("example_text_{import}")
}

/// Removes the indexes of imports that are gone.
pub(super) fn sweep(c: &Connection) -> Result<()> {
    let mut statement = c.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' AND name GLOB 'example_text_[0-9]*'
         AND NOT EXISTS (SELECT 1 FROM search_index WHERE 'example_text_' || dataset_id = name)",
    )?;
    let names = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    for name in names {
        c.execute_batch(&format!("DROP TABLE \"{name}\""))?;
    }
    Ok(())
}

fn indexed_rows(c: &Connection, import: i64) -> Result<u32> {
    Ok(c.prepare_cached("SELECT rows FROM search_index WHERE dataset_id = ?1")?.query_row([import], |r| r.get(0)).optional()?.unwrap_or(0))
}

/// Ids of the rows that have all these runs of three characters, and how many rows of the import the index knows; none when it cannot
/// tell, or when every run is so frequent that passing over all rows is quicker.
pub(super) fn candidates(c: &Connection, import: i64, trigrams: &[String], few: usize) -> Result<Option<(Vec<i64>, u32)>> {
    let indexed = indexed_rows(c, import)?;
    if indexed == 0 || trigrams.is_empty() {
        return Ok(None);
    }
    let table = table(import);
    let quoted = |trigram: &String| format!("\"{}\"", trigram.replace('"', "\"\""));
    let mut count =
        c.prepare_cached(&format!("SELECT count(*) FROM (SELECT 1 FROM \"{table}\" WHERE \"{table}\" MATCH ?1 LIMIT {})", few + 1))?;
    let mut rare = None;
    for trigram in trigrams {
        let found: usize = count.query_row([quoted(trigram)], |r| r.get(0))?;
        if rare.is_none_or(|(least, _)| found < least) {
            rare = Some((found, trigram));
        }
        // Rare enough to look at every row that has it.
        if found <= few / 20 {
            break;
        }
    }
    let Some((least, rarest)) = rare.filter(|(least, _)| *least <= few) else { return Ok(None) };
    let wanted = if least <= few / 20 { quoted(rarest) } else { trigrams.iter().map(quoted).collect::<Vec<_>>().join(" AND ") };
    let mut statement = c.prepare_cached(&format!("SELECT rowid FROM \"{table}\" WHERE \"{table}\" MATCH ?1"))?;
    let ids = statement.query_map([wanted], |r| r.get(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(Some((ids, indexed)))
}

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
pub(super) fn prepare(c: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    c.create_scalar_function("number_of", 1, flags, |context| Ok(context.get_raw(0).as_str_or_null().ok().flatten().and_then(number)))
}

/// What a row is sorted by: numbers by value before words, words with the case of ASCII aside, then character by character, then the
/// order of arrival. The same as [`order`] has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SortKey {
    number: Option<f64>,
    text: String,
    id: i64,
}

impl SortKey {
    pub fn of(text: String, id: i64) -> Self {
        Self { number: number(&text), text, id }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let numbers = match (self.number, other.number) {
            (Some(own), Some(others)) => own.total_cmp(&others),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let folded = |text: &str| text.to_ascii_lowercase();
        let texts = || folded(&self.text).cmp(&folded(&other.text)).then_with(|| self.text.cmp(&other.text));
        Some(numbers.then_with(texts).then_with(|| self.id.cmp(&other.id)))
    }
}

/// A cell of a row in SQL.
pub(super) fn cell_expression(place: Place) -> String {
    match place {
        Place::Input => "user_input".to_owned(),
        Place::Truth => "ground_truth_output".to_owned(),
        Place::Other(at) => format!("coalesce(json_extract(others, '$[{at}]'), '')"),
    }
}

/// The places of all rows in the order of a column.
pub(super) fn order(c: &Connection, rows: &Rows, column: &str) -> Result<Vec<u32>> {
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

/// The kept order of a column; places beyond its length came later.
pub(super) fn stored_order(c: &Connection, import: i64, column: &str) -> Result<Option<Vec<u32>>> {
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

/// Puts the next rows into the index; tells how many stand in it then.
fn index_rows(c: &Connection, import: i64) -> Result<u32> {
    let table = table(import);
    let done = indexed_rows(c, import)?;
    if done == 0 {
        // Contentless, and without positions: only which rows have which three characters. What it finds is compared with the row.
        c.execute_batch(&format!(
            "DROP TABLE IF EXISTS \"{table}\";
             CREATE VIRTUAL TABLE \"{table}\" USING fts5(text, tokenize = 'trigram case_sensitive 1', detail = none, content = '', columnsize = 0)"
        ))?;
    }
    let rows = super::rows::in_one_view(c, || Rows::stored(c, import))?;
    let mut insert = c.prepare(&format!("INSERT INTO \"{table}\" (rowid, text) VALUES (?1, ?2)"))?;
    let mut select = c.prepare_cached("SELECT user_input, ground_truth_output, others FROM example WHERE id = ?1")?;
    let end = (rows.len() as u32).min(done + STEP);
    let mut text = String::new();
    for place in done..end {
        let id = rows.id(place);
        text.clear();
        let mut found = select.query([id])?;
        let Some(row) = found.next()? else { return Err(damaged("an example that a dataset lists is not there")) };
        let cell =
            |at: usize| row.get_ref(at).map_err(crate::Error::from).and_then(|v| v.as_str_or_null().map_err(|e| damaged(&e.to_string())));
        fold_into(cell(0)?.unwrap_or_default(), &mut text);
        text.push('\n');
        fold_into(cell(1)?.unwrap_or_default(), &mut text);
        if let Some(others) = cell(2)? {
            for other in JsonTexts(others) {
                text.push('\n');
                fold_into(&other, &mut text);
            }
        }
        insert.execute((id, &text))?;
    }
    c.execute(
        "INSERT INTO search_index (dataset_id, rows) VALUES (?1, ?2) ON CONFLICT (dataset_id) DO UPDATE SET rows = ?2",
        (import, end),
    )?;
    Ok(end)
}

impl Store {
    /// The import whose rows a version shows: its versions share one index.
    pub async fn import_of(&self, version: i64) -> Result<i64> {
        self.read(move |c| Ok(super::rows::import_of(c, version)?.0)).await
    }

    /// Does one step of what a large import still lacks, and tells how far it is; none when nothing is left to do.
    pub async fn index_step(&self, version: i64) -> Result<Option<Indexing>> {
        let plan = self
            .read(move |c| {
                let (import, _) = super::rows::import_of(c, version)?;
                let rows = Rows::stored(c, import)?;
                let shape = Shape::of(c, import)?;
                let mut kept = c.prepare_cached("SELECT count(*) FROM example_order WHERE dataset_id = ?1 AND column = ?2")?;
                let mut missing = Vec::new();
                for column in shape.columns.iter().take(MOST_ORDERS) {
                    if kept.query_row((import, column), |r| r.get::<_, u32>(0))? == 0 {
                        missing.push(column.clone());
                    }
                }
                Ok((rows, missing, shape.columns.len().min(MOST_ORDERS), indexed_rows(c, import)?))
            })
            .await?;
        let (rows, missing, orders, indexed) = plan;
        let import = rows.import;
        if rows.len() < LARGE {
            return Ok(None);
        }
        // An order takes about as long as an eighth of the index.
        let worth = (rows.len() / 8) as u64;
        let total = rows.len() as u64 + worth * orders as u64;
        let done = |indexed: u32, missing: usize| u64::from(indexed) + worth * (orders - missing) as u64;
        if let Some(column) = missing.first() {
            let wanted = column.clone();
            let order = self.read(move |c| order(c, &rows, &wanted)).await?;
            let bytes: Vec<u8> = order.into_iter().flat_map(u32::to_le_bytes).collect();
            let column = column.clone();
            self.write(move |c| {
                c.execute(
                    "INSERT OR REPLACE INTO example_order (dataset_id, column, places) VALUES (?1, ?2, ?3)",
                    (import, column, bytes),
                )?;
                Ok(())
            })
            .await?;
            return Ok(Some(Indexing { done: done(indexed, missing.len() - 1), total }));
        }
        if (indexed as usize) < rows.len() {
            let indexed = self.write(move |c| index_rows(c, import)).await?;
            return Ok(Some(Indexing { done: done(indexed, 0), total }));
        }
        Ok(None)
    }
}
