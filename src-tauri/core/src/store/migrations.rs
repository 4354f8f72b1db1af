//! The schema, step by step. Files are only ever added.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{Error as MigrationError, M, Migrations, MigrationDefinitionError};

use crate::error::{Error, ErrorCode, Result};

const STEPS: &[M<'static>] = &[M::up(include_str!("migrations/0001_init.sql"))];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// Brings the database up to date in one transaction; a newer one is refused, untouched.
pub(super) fn apply(connection: &mut Connection, path: &Path) -> Result<()> {
    MIGRATIONS.to_latest(connection).map_err(|error| match error {
        MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => Error::new(
            ErrorCode::DatabaseTooNew,
            format!("{} was written by a newer MLprompt. Update this program, or open another database; the file was left as it is.", path.display()),
        ),
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
