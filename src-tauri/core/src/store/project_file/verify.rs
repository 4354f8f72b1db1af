//! Whether a file is a project file of ours, before anything of it is believed.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig, limits::Limit};

use super::{APPLICATION_ID, Leftover, VerifiedFile};
use crate::{
    dataset,
    error::{Error, ErrorCode, Result},
    store::{cells::Shape, datasets, migrations, rows::Rows, runs},
};

/// Bytes of the longest cell, answer or event that is taken over.
const LONGEST_VALUE: i32 = 256 * 1024 * 1024;
const HEADER: usize = 100;

/// What is said of the file, by its name.
struct Refusal<'a>(&'a str);

impl Refusal<'_> {
    fn not_ours(&self, what: &str) -> Error {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("{} is {what}, no MLprompt project. Choose a .mlprompt file that was exported with Export project.", self.0),
        )
    }
    fn damaged(&self, what: &str) -> Error {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("{} is damaged: {what}. Export the project again where it came from; nothing was changed here.", self.0),
        )
    }
    fn newer(&self) -> Error {
        Error::new(
            ErrorCode::DatabaseTooNew,
            format!("{} was written by a newer MLprompt. Update this program, then import it; nothing was changed here.", self.0),
        )
    }
    /// What SQLite said of it.
    fn said(&self, error: &Error) -> Error {
        self.damaged(error.message.trim_start_matches("The database said: ").split(". ").next().unwrap_or_default().trim_end_matches('.'))
    }
}

/// Opens a file for reading alone and checks it from the outside in. One of an earlier program is copied beside `database` and brought
/// up to date there.
pub(super) fn open(path: &Path, database: &Path) -> Result<VerifiedFile> {
    dataset::check_place(path)?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |n| n.to_string_lossy().into_owned());
    let say = Refusal(&name);
    let version = header(path, &say)?;
    let connection = guarded(path, true).map_err(|e| say.said(&e))?;
    same_schema(&connection, version, &say)?;
    whole(&connection).map_err(|what| say.damaged(&what))?;
    let (connection, updated) = if version == migrations::latest() {
        (connection, None)
    } else {
        drop(connection);
        let copy = up_to_date(path, database)?;
        (guarded(&copy.0, false)?, Some(copy))
    };
    let project = readable(&connection).map_err(|e| say.said(&e))?;
    Ok(VerifiedFile { connection, project, _updated: updated })
}

/// Reads what SQLite's file format keeps in front, without opening it as a database. Gives the schema version.
fn header(path: &Path, say: &Refusal<'_>) -> Result<usize> {
    let mut bytes = Vec::with_capacity(HEADER);
    let file = File::open(path).map_err(|e| dataset::io_error(path, &e))?;
    file.take(HEADER as u64).read_to_end(&mut bytes).map_err(|e| dataset::io_error(path, &e))?;
    if !bytes.starts_with(b"SQLite format 3\0") {
        return Err(say.not_ours("another kind of file"));
    }
    let number = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(i32::from_be_bytes);
    let (Some(application), Some(version)) = (number(68), number(60)) else { return Err(say.damaged("it ends in its first lines")) };
    if application != APPLICATION_ID {
        return Err(say.not_ours("another database"));
    }
    match usize::try_from(version) {
        Ok(version) if version > migrations::latest() => Err(say.newer()),
        Ok(version) if version > 0 => Ok(version),
        _ => Err(say.damaged("it does not say which version wrote it")),
    }
}

/// A connection on which nothing of the file is run and nothing is written.
fn guarded(path: &Path, immutable: bool) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    // Without this a file that says it has a journal would get one beside it.
    let connection =
        if immutable { Connection::open_with_flags(address(path)?, flags)? } else { Connection::open_with_flags(path, flags)? };
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The path as SQLite's own address, for reading a file that nobody changes.
fn address(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| Error::invalid(format!("The name of {} is not Unicode. Rename the file.", path.display())))?;
    let escaped: String = text
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect();
    // A drive letter stands behind a slash.
    let slash = if escaped.starts_with('/') { "" } else { "/" };
    Ok(format!("file:{slash}{escaped}?mode=ro&immutable=1"))
}

/// Tables, indexes, triggers and views as text, without what another release of SQLite may write otherwise.
fn schema(c: &Connection) -> rusqlite::Result<Vec<(String, String, String)>> {
    let mut statement = c.prepare(
        "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name",
    )?;
    let plain = |sql: String| sql.chars().filter(|c| !c.is_whitespace() && *c != '"').collect::<String>();
    statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, plain(r.get(2)?))))?.collect()
}

fn same_schema(c: &Connection, version: usize, say: &Refusal<'_>) -> Result<()> {
    let theirs = schema(c).map_err(|e| say.said(&e.into()))?;
    let mut fresh = Connection::open_in_memory()?;
    migrations::to_version(&mut fresh, version)?;
    let ours = schema(&fresh)?;
    if let Some((kind, name, _)) = theirs.iter().find(|entry| !ours.contains(entry)) {
        return Err(say.damaged(&format!("the {kind} {name} in it is not MLprompt's")));
    }
    if let Some((kind, name, _)) = ours.iter().find(|entry| !theirs.contains(entry)) {
        return Err(say.damaged(&format!("the {kind} {name} is not in it")));
    }
    Ok(())
}

/// Every page and every reference.
fn whole(c: &Connection) -> Result<(), String> {
    let words = |e: rusqlite::Error| e.to_string();
    let answer: String = c.query_row("PRAGMA quick_check(1)", [], |r| r.get(0)).map_err(words)?;
    if answer != "ok" {
        return Err(answer);
    }
    let mut orphans = c.prepare("PRAGMA foreign_key_check").map_err(words)?;
    let mut rows = orphans.query([]).map_err(words)?;
    match rows.next().map_err(words)? {
        None => Ok(()),
        Some(row) => Err(format!("a row of {} names a row that is not there", row.get::<_, String>(0).map_err(words)?)),
    }
}

fn up_to_date(path: &Path, database: &Path) -> Result<Leftover> {
    let mut copy = database.as_os_str().to_owned();
    copy.push(format!(".{}-import.partial", std::process::id()));
    let copy = Leftover(PathBuf::from(copy));
    let refused = |e: std::io::Error| {
        Error::invalid(format!("{} cannot be copied beside the database: {e}. Free some space and try again.", path.display()))
    };
    std::fs::copy(path, &copy.0).map_err(refused)?;
    let mut connection = Connection::open(&copy.0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    migrations::to_version(&mut connection, migrations::latest())?;
    Ok(copy)
}

/// Whether everything in it can be shown. Gives its only project.
fn readable(c: &Connection) -> Result<i64> {
    let damaged = |what: String| Error::invalid(what);
    let mut statement = c.prepare("SELECT id FROM project LIMIT 2")?;
    let projects = statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    let [project] = projects[..] else {
        return Err(damaged(if projects.is_empty() {
            "there is no project in it".into()
        } else {
            "there is more than one project in it".into()
        }));
    };
    let ids = |sql: &str| -> Result<Vec<i64>> { Ok(c.prepare(sql)?.query_map([project], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?) };
    for dataset in ids("SELECT id FROM dataset WHERE project_id = ?1 AND complete = 1")? {
        datasets::info(c, dataset)?;
    }
    for run in ids("SELECT id FROM run WHERE project_id = ?1")? {
        runs::summary(c, run)?;
    }
    datasets_fit(c)?;
    for import in ids("SELECT id FROM dataset WHERE project_id = ?1 AND complete = 1 AND import_id = id")? {
        rows_fit(c, import)?;
    }
    for version in ids("SELECT id FROM dataset WHERE project_id = ?1 AND complete = 1")? {
        Rows::at(c, version)?;
    }
    Ok(project)
}

/// Whether every version comes from an import and leads back to it.
fn datasets_fit(c: &Connection) -> Result<()> {
    let sql = "SELECT count(*) FROM dataset v LEFT JOIN dataset i ON i.id = v.import_id LEFT JOIN dataset b ON b.id = v.base_id
               LEFT JOIN dataset h ON h.id = i.head_id
               WHERE v.complete = 1 AND NOT coalesce(i.import_id = i.id AND h.import_id = i.id
                 AND CASE WHEN v.id = i.id THEN v.base_id IS NULL ELSE b.import_id = i.id AND b.id < v.id END, 0)";
    match c.query_row(sql, [], |r| r.get::<_, u32>(0))? {
        0 => Ok(()),
        _ => Err(Error::invalid("a version of its dataset comes from nowhere")),
    }
}

/// Whether the rows of an import are there, with as many cells as it has columns.
fn rows_fit(c: &Connection, import: i64) -> Result<()> {
    let rows = Rows::stored(c, import)?;
    rows.keys(c)?;
    let sql = "SELECT coalesce(sum(count), 0), coalesce(sum((SELECT count(*) FROM example e WHERE e.id BETWEEN b.first_id AND b.first_id + b.count - 1
                 AND e.dataset_id = b.dataset_id AND e.number = b.first_number + e.id - b.first_id)), 0),
               (SELECT count(*) FROM example WHERE dataset_id = ?1)
               FROM example_block b WHERE b.dataset_id = ?1";
    let (said, there, all): (i64, i64, i64) = c.query_row(sql, [import], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    if said != there || there != all {
        return Err(Error::invalid("some of its examples are missing"));
    }
    let shape = Shape::of(c, import)?;
    let others = shape.columns.len().saturating_sub(if shape.roles().is_some() { 2 } else { 0 });
    let sql = "SELECT count(*) FROM example WHERE dataset_id = ?1
               AND NOT coalesce(CASE WHEN others IS NULL THEN ?2 = 0 WHEN json_valid(others) THEN json_array_length(others) = ?2 END, 0)";
    match c.query_row(sql, (import, others), |r| r.get::<_, u32>(0))? {
        0 => Ok(()),
        broken => Err(Error::invalid(format!("{broken} of its examples cannot be read"))),
    }
}
