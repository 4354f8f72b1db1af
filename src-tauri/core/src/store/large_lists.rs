//! What makes lists of large imports quick: their texts packed for searching, and the order of the rows by each column. Both are made
//! after an import, in small steps; until then, and for small imports, lists are worked out without them and are the same.

use rusqlite::Connection;

use super::{
    Store,
    cells::Shape,
    grid::{order, packed},
    rows::{Rows, import_of},
};
use crate::error::Result;

/// Imports with fewer rows than this are searched and sorted quickly enough as they are.
pub const LARGE: usize = 50_000;
/// Columns whose order is made ahead; that of another is kept once somebody asked for it.
const MOST_ORDERS: usize = 12;
/// How many times as long as packing an order takes.
const ORDER_TAKES: u64 = 2;

/// How far the making of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indexing {
    /// Steps done.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
}

/// Removes the search indexes of earlier programs.
pub(super) fn sweep(c: &Connection) -> Result<()> {
    let mut statement = c.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%' AND name GLOB 'example_text_[0-9]*'",
    )?;
    let names = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    for name in names {
        c.execute_batch(&format!("DROP TABLE \"{name}\""))?;
    }
    Ok(())
}

/// What an import has and lacks.
struct Plan {
    rows: Rows,
    packed: u32,
    missing: Option<String>,
    orders: usize,
    orders_done: usize,
}

impl Plan {
    fn of(c: &Connection, version: i64) -> Result<Self> {
        let rows = Rows::stored(c, import_of(c, version)?.0)?;
        let packed = packed::pieces(c, rows.import)?.last().map_or(0, |last| last.1);
        let mut kept = c.prepare_cached("SELECT count(*) FROM example_order WHERE dataset_id = ?1 AND column = ?2")?;
        let mut missing = Vec::new();
        let columns = Shape::of(c, rows.import)?.columns;
        let orders = columns.len().min(MOST_ORDERS);
        for column in columns.into_iter().take(MOST_ORDERS) {
            if kept.query_row((rows.import, &column), |r| r.get::<_, u32>(0))? == 0 {
                missing.push(column);
            }
        }
        Ok(Self { packed, orders_done: orders - missing.len(), orders, missing: missing.into_iter().next(), rows })
    }

    fn progress(&self) -> Indexing {
        let rows = self.rows.len() as u64;
        let done = u64::from(self.packed) + ORDER_TAKES * rows * self.orders_done as u64;
        Indexing { done, total: rows + ORDER_TAKES * rows * self.orders as u64 }
    }
}

impl Store {
    /// The import whose rows a version shows: its versions share what is made of them.
    pub async fn import_of(&self, version: i64) -> Result<i64> {
        self.read(move |c| Ok(import_of(c, version)?.0)).await
    }

    /// Does one step of what a large import still lacks, and tells how far it is; none when nothing is left to do.
    pub async fn index_step(&self, version: i64) -> Result<Option<Indexing>> {
        let plan = self.read(move |c| Plan::of(c, version)).await?;
        let (import, rows) = (plan.rows.import, plan.rows.len());
        if rows < LARGE {
            return Ok(None);
        }
        if (plan.packed as usize) < rows {
            let (mut plan, piece) = self.read(move |c| packed::pack(c, &plan.rows, plan.packed).map(|piece| (plan, piece))).await?;
            plan.packed = piece.end();
            self.write(move |c| packed::add(c, import, &piece)).await?;
            return Ok(Some(plan.progress()));
        }
        if let Some(column) = plan.missing.clone() {
            let by = column.clone();
            let (mut plan, order) = self.read(move |c| order::order(c, &plan.rows, &by).map(|order| (plan, order))).await?;
            plan.orders_done += 1;
            self.write(move |c| order::keep_order(c, import, &column, &order)).await?;
            return Ok(Some(plan.progress()));
        }
        Ok(None)
    }
}
