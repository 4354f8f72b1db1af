//! The rows of one project, carried from one database to another or to a second place in the same one.
//!
//! Every row gets a new number, one after the other in the old order: nothing depends on where a number was free, and an order by
//! number stays what it was. A number that names a row which does not come along ends the transfer.

mod rewrite;
mod tables;

pub(super) use tables::{Extent, Table};

use rusqlite::{
    Connection, Row, Statement, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};

use super::answer_keys;
use crate::{
    connection::Connection as ModelConnection,
    error::{Error, ErrorCode, Result},
};
use tables::{Kind, Link, TABLES};

/// Where the rows come from and what is to become of them.
pub(super) struct Transfer<'a> {
    /// The database that is read.
    pub from: &'a Connection,
    /// The database that is written, within a transaction of the caller's.
    pub to: &'a Connection,
    /// The project in `from`.
    pub project: i64,
    /// How much of it.
    pub extent: Extent,
    /// The number a connection has in `to`.
    pub connection: &'a dyn Fn(i64) -> Option<i64>,
    /// What is kept of a connection that a run froze.
    pub frozen: &'a dyn Fn(&mut ModelConnection) -> Result<()>,
    /// Looks at every text; an error ends the transfer.
    pub inspect: &'a dyn Fn(&str, &Table, &str) -> Result<()>,
}

/// New numbers by old ones.
struct Numbers {
    old: Vec<i64>,
    first: i64,
}

impl Numbers {
    fn of(&self, old: i64) -> Option<i64> {
        let place = self.old.binary_search(&old).ok()?;
        Some(self.first + i64::try_from(place).ok()?)
    }
}

/// New numbers of every kind of row.
pub(super) struct Renumbered {
    numbers: Vec<(Kind, Numbers)>,
}

impl Renumbered {
    fn number(&self, kind: Kind, old: i64) -> Option<i64> {
        self.numbers.iter().find(|(k, _)| *k == kind)?.1.of(old)
    }
}

/// Something names a row that is not there.
fn broken(table: &str, column: &str) -> Error {
    Error::new(ErrorCode::Invalid, format!("it is damaged: the {column} of a {table} names nothing in it"))
}

impl Transfer<'_> {
    /// Carries everything and gives the number the project has now.
    pub fn run(&self) -> Result<i64> {
        // Projects and datasets, runs and prompt versions name each other; at the end of the transaction all of them are there.
        self.to.pragma_update(None, "defer_foreign_keys", true)?;
        let renumbered = self.renumber()?;
        for table in TABLES.iter().filter(|t| t.extent <= self.extent) {
            self.carry(table, &renumbered)?;
        }
        answer_keys::sort_in(self.to)?;
        renumbered.number(Kind::Project, self.project).ok_or_else(|| broken("project", "number"))
    }

    fn renumber(&self) -> Result<Renumbered> {
        let mut numbers = Vec::new();
        for table in TABLES.iter().filter(|t| t.extent <= self.extent) {
            let Some(kind) = table.numbers else { continue };
            let sql = format!("SELECT id FROM {} WHERE {} ORDER BY id", table.name, table.rows(self.extent));
            let old = self.from.prepare(&sql)?.query_map([self.project], |r| r.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
            let mut last: i64 = self.to.query_row(&format!("SELECT coalesce(max(id), 0) FROM {}", table.name), [], |r| r.get(0))?;
            if table.never_again {
                // Numbers of deleted rows are not given again.
                let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?1), 0)";
                last = last.max(self.to.query_row(sql, [table.name], |r| r.get(0))?);
            }
            numbers.push((kind, Numbers { old, first: last + 1 }));
        }
        Ok(Renumbered { numbers })
    }

    fn carry(&self, table: &Table, renumbered: &Renumbered) -> Result<()> {
        let columns: Vec<String> = columns(self.to, table.name)?.into_iter().filter(|c| !table.left_behind.contains(&c.as_str())).collect();
        let links: Vec<Option<&Link>> = columns.iter().map(|c| table.links.iter().find(|l| l.column == c)).collect();
        let names = columns.join(", ");
        let marks = vec!["?"; columns.len()].join(", ");
        let order = table.order.unwrap_or("1");
        let mut select =
            self.from.prepare(&format!("SELECT {names} FROM {} WHERE {} ORDER BY {order}", table.name, table.rows(self.extent)))?;
        let mut insert = self.to.prepare(&format!("INSERT INTO {} ({names}) VALUES ({marks})", table.name))?;
        let mut rows = select.query([self.project])?;
        while let Some(row) = rows.next()? {
            self.carry_row(table, &columns, &links, row, &mut insert, renumbered)?;
        }
        Ok(())
    }

    fn carry_row(
        &self,
        table: &Table,
        columns: &[String],
        links: &[Option<&Link>],
        row: &Row<'_>,
        insert: &mut Statement<'_>,
        renumbered: &Renumbered,
    ) -> Result<()> {
        let mut cells = Vec::with_capacity(columns.len());
        for (place, (column, link)) in columns.iter().zip(links).enumerate() {
            let value = row.get_ref(place)?;
            let cell = match (value, link) {
                (ValueRef::Null, _) | (_, None) => ToSqlOutput::Borrowed(value),
                (ValueRef::Integer(old), Some(link)) => match (link.kind.and_then(|kind| renumbered.number(kind, old)), link.otherwise) {
                    (Some(new), _) => ToSqlOutput::Owned(Value::Integer(new)),
                    (None, tables::Otherwise::Broken) => return Err(broken(table.name, column)),
                    (None, tables::Otherwise::Null) => ToSqlOutput::Owned(Value::Null),
                    (None, tables::Otherwise::Zero) => ToSqlOutput::Owned(Value::Integer(0)),
                    (None, tables::Otherwise::Negative) => ToSqlOutput::Owned(Value::Integer(old.saturating_abs().saturating_neg())),
                    (None, tables::Otherwise::WithoutRow) => return Ok(()),
                },
                (ValueRef::Text(bytes), Some(Link { json: Some(rewrite), .. })) => {
                    let text = std::str::from_utf8(bytes).map_err(|_| broken(table.name, column))?;
                    let numbers = rewrite::Numbering { renumbered, connection: self.connection, frozen: self.frozen };
                    ToSqlOutput::Owned(Value::Text(rewrite(&numbers, text)?))
                }
                (_, Some(_)) => return Err(broken(table.name, column)),
            };
            let text = match &cell {
                ToSqlOutput::Borrowed(ValueRef::Text(bytes)) => Some(std::str::from_utf8(bytes).map_err(|_| broken(table.name, column))?),
                ToSqlOutput::Owned(Value::Text(text)) => Some(text.as_str()),
                _ => None,
            };
            if let Some(text) = text {
                (self.inspect)(text, table, column)?;
            }
            cells.push(cell);
        }
        insert.execute(params_from_iter(cells))?;
        Ok(())
    }
}

/// The columns of a table, in their order.
pub(super) fn columns(c: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = c.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    let names = statement.query_map([table], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table that a migration adds belongs to a project, and travels with it, or is named here as one that does not.
    // Packed texts, orders and keys are worked out anew where they are needed.
    const STAY: &[&str] = &["setting", "connection", "packed_text", "example_order", "answer_key", "answer_key_batch"];

    #[test]
    fn every_table_and_every_reference_is_thought_of() {
        let mut c = Connection::open_in_memory().unwrap();
        super::super::migrations::apply(&mut c, std::path::Path::new("memory")).unwrap();
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let names: Vec<String> = c.prepare(names).unwrap().query_map([], |r| r.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
        for name in names.iter().filter(|n| !STAY.contains(&n.as_str())) {
            let table =
                TABLES.iter().find(|t| t.name == name).unwrap_or_else(|| panic!("say in store/transfer/tables.rs how {name} travels"));
            let own = columns(&c, name).unwrap();
            for column in table.links.iter().map(|l| l.column).chain(table.left_behind.iter().copied()) {
                assert!(own.iter().any(|o| o == column), "{name} has no column {column}");
            }
            let sql = "SELECT \"from\" FROM pragma_foreign_key_list(?1)";
            let mut statement = c.prepare(sql).unwrap();
            let references: Vec<String> = statement.query_map([name], |r| r.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
            for column in references {
                assert!(table.links.iter().any(|l| l.column == column && l.kind.is_some()), "{name}.{column} must get a new number");
            }
        }
    }
}
