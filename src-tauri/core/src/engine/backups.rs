//! Copies of the database in a folder beside it: one for every day it changed on, the newest few of them kept, and those made by hand.

use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{Engine, door};
use crate::{
    api::{Backup, NoRequest},
    clock::day,
    error::{Error, ErrorCode, Result},
    store::{REPLACED, backups_of, beside},
};

/// More copies than this are a matter for the machine's own backup.
pub(super) const MOST_BACKUPS: u32 = 30;
/// How the names of copies begin that the user asked for.
const BY_HAND: &str = "by-hand-";
const DAY_MS: i64 = 86_400_000;

impl Engine {
    /// Copies the database if it changed since the newest copy and none was made today, then lets go of the oldest beyond what the
    /// settings keep. Gives the new copy.
    #[door]
    pub async fn back_up(&self) -> Result<Option<PathBuf>> {
        let keep = self.get_settings(NoRequest {}).await?.backups;
        if keep == 0 {
            return Ok(None);
        }
        let database = self.store().path().to_owned();
        let folder = backups_of(&database);
        let target = folder.join(format!("{}.db", day(self.now().div_euclid(DAY_MS))));
        let copies = daily(&folder);
        let newest = copies.iter().filter_map(|copy| changed(copy)).max();
        let touched = [database.clone(), beside(&database, "-wal")].iter().filter_map(|file| changed(file)).max();
        if target.exists() || newest >= touched {
            return Ok(None);
        }
        make_folder(&folder)?;
        self.store().save_copy(&target).await?;
        // Names are days, so their order is that of time.
        let mut copies = daily(&folder);
        copies.sort();
        let old = copies.len().saturating_sub(keep as usize);
        for copy in &copies[..old] {
            if let Err(error) = std::fs::remove_file(copy) {
                tracing::warn!(%error, copy = %copy.display(), "an old copy of the database could not be removed");
            }
        }
        Ok(Some(target))
    }

    /// Copies the database now, whatever the settings keep. Such a copy is the user's: no later one takes its place.
    #[door]
    pub async fn back_up_now(&self, _: NoRequest) -> Result<Backup> {
        let folder = backups_of(self.store().path());
        make_folder(&folder)?;
        let start = format!("{BY_HAND}{}", day(self.now().div_euclid(DAY_MS)));
        let free = (1..).map(|number| folder.join(format!("{start}-{number}.db"))).find(|file| !file.exists());
        let target = free.ok_or_else(|| Error::internal("every name of a backup is taken"))?;
        self.store().save_copy(&target).await?;
        described(&target).ok_or_else(|| Error::invalid(format!("{} was written and cannot be read.", target.display())))
    }

    /// Copies of the database in the folder beside it, the newest first: those of days and those made by hand, those before a
    /// migration, and databases that gave way to a backup.
    #[door]
    pub async fn list_backups(&self, _: NoRequest) -> Result<Vec<Backup>> {
        Ok(copies_of(self.store().path()))
    }

    /// Lets a backup take the place of the database when it is opened the next time; the present one is kept among the backups. Refused
    /// while this process drives a run. Whoever asks for it starts the program again.
    #[door]
    pub async fn prepare_restore(&self, path: &str) -> Result<()> {
        self.refuse_while_running()?;
        let known = self.list_backups(NoRequest {}).await?;
        let backup = known.into_iter().find(|backup| backup.path == path);
        let backup = backup.ok_or_else(|| Error::not_found(format!("{path} is no backup of this database (any more). Choose another.")))?;
        self.store().lay_ready(Path::new(&backup.path)).await
    }

    /// The same with a copy that lies anywhere: the user has chosen the file.
    #[door]
    pub async fn prepare_restore_of(&self, file: &Path) -> Result<()> {
        self.refuse_while_running()?;
        self.store().refuse_foreign(file).await?;
        self.store().lay_ready(file).await
    }

    /// What is known of a copy that the user has chosen; a file that is none is refused.
    #[door]
    pub async fn describe_copy(&self, file: &Path) -> Result<Backup> {
        self.store().refuse_foreign(file).await?;
        described(file).ok_or_else(|| Error::invalid(format!("{} cannot be read. Choose another file.", file.display())))
    }

    fn refuse_while_running(&self) -> Result<()> {
        if self.driven_runs().is_empty() {
            return Ok(());
        }
        Err(Error::invalid("A run is active. Pause or stop it first; the backup takes the place of everything."))
    }
}

/// What is said of a database that cannot be opened names its newest copy, where there is one.
pub(super) fn beside_its_copy(error: Error, database: &Path) -> Error {
    match copies_of(database).first() {
        Some(Backup { path, .. }) if error.code == ErrorCode::Database && database.is_file() => Error::new(
            ErrorCode::Database,
            format!("{} Its newest copy is {path}: open that one with --db, or let it take the file's place.", error.message),
        ),
        _ => error,
    }
}

/// The newest first.
fn copies_of(database: &Path) -> Vec<Backup> {
    let mut files = daily(&backups_of(database));
    files.extend(named(&backups_of(database), REPLACED));
    files.extend(named(&backups_of(database), BY_HAND));
    files.extend(before_migrations(database));
    let mut backups: Vec<Backup> = files.iter().filter_map(|file| described(file)).collect();
    backups.sort_by_key(|backup| std::cmp::Reverse(backup.made_at));
    backups
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Error::invalid(format!("{} cannot be made: {e}. Copies of the database go there.", folder.display())))
}

fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    // A folder that is not there holds nothing.
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Copies named after a day, as in `2026-09-05.db`; nothing else in the folder is touched.
fn daily(folder: &Path) -> Vec<PathBuf> {
    let is_day = |name: &str| {
        let shape = |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
        name.strip_suffix(".db").is_some_and(|day| day.len() == 10 && day.bytes().enumerate().all(shape))
    };
    files_in(folder).filter(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(is_day)).collect()
}

fn named(folder: &Path, start: &str) -> Vec<PathBuf> {
    let is_one = |name: &str| name.starts_with(start) && name.ends_with(".db");
    files_in(folder).filter(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(is_one)).collect()
}

fn before_migrations(database: &Path) -> Vec<PathBuf> {
    let Some((folder, name)) = database.parent().zip(database.file_name().and_then(|name| name.to_str())) else { return Vec::new() };
    let start = format!("{name}.version-");
    let is_copy = |name: &str| name.starts_with(&start) && name.ends_with(".backup");
    files_in(folder).filter(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(is_copy)).collect()
}

fn changed(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file).and_then(|about| about.modified()).ok()
}

fn described(file: &Path) -> Option<Backup> {
    let about = std::fs::metadata(file).ok()?;
    let made = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Backup { path: file.display().to_string(), made_at: i64::try_from(made.as_millis()).ok()?, bytes: about.len() })
}
