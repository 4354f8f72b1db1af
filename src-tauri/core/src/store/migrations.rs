//! The schema, step by step. Files are only ever added.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};

use crate::error::{Error, ErrorCode, Result};

const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_init.sql")),
    M::up(include_str!("migrations/0002_search.sql")),
    M::up(include_str!("migrations/0003_usage.sql")),
];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// Refuses a database of a newer program before anything is written to it, the journal mode in its header included.
pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Result<()> {
    let version: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|e| super::cannot_open(path, &e.to_string()))?;
    if usize::try_from(version).is_ok_and(|version| version > STEPS.len()) { Err(too_new(path)) } else { Ok(()) }
}

fn too_new(path: &Path) -> Error {
    Error::new(
        ErrorCode::DatabaseTooNew,
        format!(
            "{} was written by a newer MLprompt. Update this program, or open another database; the file was left as it is.",
            path.display()
        ),
    )
}

/// Brings the database up to date in one transaction; a newer one is refused, untouched.
pub(super) fn apply(connection: &mut Connection, path: &Path) -> Result<()> {
    MIGRATIONS.to_latest(connection).map_err(|error| match error {
        MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => too_new(path),
        other => Error::new(
            ErrorCode::Database,
            format!("{} could not be brought up to date: {other}. It was left as it was; restore a copy or report this.", path.display()),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_valid_sql() {
        MIGRATIONS.validate().expect("a fresh database takes every step");
    }
}
