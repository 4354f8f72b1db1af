//! A whole project as one file: a SQLite database with our schema, our application id and this one project in it. Never a key.

mod portable;
mod verify;

pub use portable::Secret;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use super::{
    Store, from_json, json, migrations,
    transfer::{Extent, Transfer},
    upkeep,
};
use crate::{
    connection::{Connection as ModelConnection, ConnectionKind},
    error::{Error, ErrorCode, Result},
    new_file::NewFile,
};

/// "MLpt" in the header of a project file.
pub(super) const APPLICATION_ID: i32 = i32::from_be_bytes(*b"MLpt");

/// A project that came in from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedProject {
    /// Its number here.
    pub project: i64,
    /// Connections that came with it and have no key here yet.
    pub new_connections: Vec<String>,
}

/// A project file that passed every check.
pub struct VerifiedFile {
    connection: Connection,
    project: i64,
    /// A copy that was brought up to date; it goes with this.
    _updated: Option<Leftover>,
}

/// Removed when it is dropped.
struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        // A copy that stays is only room on the disk.
        let _stays = std::fs::remove_file(&self.0);
    }
}

impl Store {
    /// Writes a project into a file, as it is at this moment, while runs go on. Gives the bytes of the file.
    pub async fn export_project(&self, project: i64, target: &Path, secrets: Vec<Secret>) -> Result<u64> {
        let (source, target) = (self.path().to_owned(), target.to_owned());
        upkeep::aside(move || {
            upkeep::refuse_itself(&source, &target)?;
            let (new, _) = NewFile::beside(&target)?;
            write(&source, new.partial(), project, &secrets).map_err(|e| match e.code {
                ErrorCode::Database => new.refusal(&e.message.trim_end_matches('.')),
                _ => e,
            })?;
            new.arrive()
        })
        .await
    }

    /// Checks a file and takes its project in: everything or nothing.
    pub async fn import_project(&self, path: &Path, now: i64) -> Result<ArrivedProject> {
        let (path, beside) = (path.to_owned(), self.path().to_owned());
        let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
        let file = upkeep::aside(move || verify::open(&path, &beside)).await?;
        self.write(move |c| {
            take_in(c, &file, now).map_err(|e| match e.code {
                ErrorCode::Invalid => Error::invalid(format!(
                    "{name} cannot be taken over: {}. Export the project again where it came from; nothing was changed here.",
                    e.message
                )),
                _ => e,
            })
        })
        .await
    }

    /// Makes a second project of a project, or of its data alone, under another name.
    pub async fn duplicate_project(&self, project: i64, data_only: bool, name: &str, now: i64) -> Result<i64> {
        let path = self.path().to_owned();
        // What is read stands still, whatever is written meanwhile.
        let from = upkeep::aside(move || {
            let from = upkeep::read_only(&path)?;
            from.execute_batch("BEGIN")?;
            let live: bool =
                from.query_row("SELECT count(*) FROM project WHERE id = ?1 AND deleted_at IS NULL", [project], |r| r.get(0))?;
            if live { Ok(from) } else { Err(super::projects::gone()) }
        })
        .await?;
        let name = name.to_owned();
        self.write(move |c| {
            let extent = if data_only { Extent::Data } else { Extent::Whole };
            let all = |id| Some(id);
            let project =
                Transfer { from: &from, to: c, project, extent, connection: &all, frozen: &|_| Ok(()), inspect: &|_, _, _| Ok(()) }
                    .run()?;
            c.execute(
                "UPDATE project SET name = ?2, created_at = ?3, updated_at = ?3, identity = lower(hex(randomblob(8))) WHERE id = ?1",
                (project, name, now),
            )?;
            if data_only {
                c.execute("UPDATE project SET defaults = NULL, last_version = 0 WHERE id = ?1", [project])?;
            }
            Ok(project)
        })
        .await
    }
}

fn write(source: &Path, partial: &Path, project: i64, secrets: &[Secret]) -> Result<()> {
    let mut to = Connection::open(partial)?;
    migrations::apply(&mut to, partial)?;
    // The file is flushed as a whole before it takes its place.
    to.pragma_update(None, "synchronous", "OFF")?;
    to.pragma_update(None, "application_id", APPLICATION_ID)?;
    let from = upkeep::read_only(source)?;
    from.execute_batch("BEGIN")?;
    let live: bool = from.query_row("SELECT count(*) FROM project WHERE id = ?1 AND deleted_at IS NULL", [project], |r| r.get(0))?;
    if !live {
        return Err(super::projects::gone());
    }
    let transaction = to.transaction()?;
    let connections = portable::connections_of(&from, project)?;
    for connection in &connections {
        if connection.kind != ConnectionKind::Demo {
            let text = portable::without_secrets(&json(&portable::travelling(connection))?, secrets);
            transaction.execute("INSERT INTO connection (id, connection) VALUES (?1, ?2)", (connection.id, text))?;
        }
    }
    let known = |id| connections.iter().any(|c| c.id == id).then_some(id);
    let frozen = |connection: &mut ModelConnection| {
        *connection = from_json(&portable::without_secrets(&json(&portable::travelling(connection))?, secrets))?;
        Ok(())
    };
    let inspect = |text: &str, table: &super::transfer::Table, column: &str| portable::refuse_secrets(text, secrets, table.name, column);
    Transfer { from: &from, to: &transaction, project, extent: Extent::Whole, connection: &known, frozen: &frozen, inspect: &inspect }
        .run()?;
    transaction.commit()?;
    Ok(())
}

fn take_in(c: &Connection, file: &VerifiedFile, now: i64) -> Result<ArrivedProject> {
    let mut numbers: Vec<(i64, ModelConnection)> = Vec::new();
    let mut new_connections = Vec::new();
    for theirs in portable::connections_of(&file.connection, file.project)? {
        let (ours, new) = portable::ours(c, &theirs)?;
        if new {
            new_connections.push(ours.name.clone());
        }
        numbers.push((theirs.id, ours));
    }
    let ours = |id: i64| numbers.iter().find(|(theirs, _)| *theirs == id).map(|(_, ours)| ours);
    let number = |id: i64| ours(id).map(|c| c.id);
    let frozen = |connection: &mut ModelConnection| {
        portable::arrive(connection, numbers.iter().find(|(_, ours)| ours.id == connection.id).map(|(_, ours)| ours));
        Ok(())
    };
    let project = Transfer {
        from: &file.connection,
        to: c,
        project: file.project,
        extent: Extent::Whole,
        connection: &number,
        frozen: &frozen,
        inspect: &|_, _, _| Ok(()),
    }
    .run()?;
    let (name, identity): (String, String) =
        c.query_row("SELECT name, identity FROM project WHERE id = ?1", [project], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let taken: Option<i64> =
        c.query_row("SELECT 1 FROM project WHERE identity = ?1 AND id <> ?2", (&identity, project), |r| r.get(0)).optional()?;
    if taken.is_some() || !crate::dataset::is_project_identity(&identity) {
        c.execute("UPDATE project SET identity = lower(hex(randomblob(8))) WHERE id = ?1", [project])?;
    }
    c.execute(
        "UPDATE project SET name = ?2, updated_at = ?3 WHERE id = ?1",
        (project, super::projects::free_name(c, &name, Some(project))?, now),
    )?;
    Ok(ArrivedProject { project, new_connections })
}
