//! Runs and prompt versions of all projects by a few words, for who knows a name and not its place.

use rusqlite::{Connection, Row};

use super::Store;
use crate::{
    api::{FoundElsewhere, FoundRun, FoundVersion},
    error::Result,
    run::RunStatus,
};

/// As many of each as anyone reads; more words narrow them down.
const MOST: usize = 50;

impl Store {
    /// What is called by all of these words outside a project, the newest first.
    pub async fn find_elsewhere(&self, text: &str, project: Option<i64>) -> Result<FoundElsewhere> {
        // As they stand in a line of the palette: quotes and commas are no part of a name.
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#').to_owned();
        let words: Vec<String> = text.to_lowercase().split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Ok(FoundElsewhere { runs: Vec::new(), versions: Vec::new() });
        }
        self.read(move |c| Ok(FoundElsewhere { runs: runs(c, &words, project)?, versions: versions(c, &words, project)? })).await
    }
}

fn runs(c: &Connection, words: &[String], project: Option<i64>) -> Result<Vec<FoundRun>> {
    let mut statement = c.prepare_cached(
        "SELECT run.id, run.project_id, run.name, p.name, run.status, json_extract(run.best, '$.validation.score'), run.archived
         FROM run JOIN project p ON p.id = run.project_id
         WHERE run.deleted_at IS NULL AND p.deleted_at IS NULL AND p.archived_at IS NULL AND run.project_id IS NOT ?1
         ORDER BY run.id DESC",
    )?;
    let read = |r: &Row<'_>| -> rusqlite::Result<(FoundRun, String)> {
        let run = FoundRun {
            id: r.get(0)?,
            project: r.get(1)?,
            name: r.get(2)?,
            project_name: r.get(3)?,
            status: RunStatus::Interrupted,
            best: r.get(5)?,
            archived: r.get(6)?,
        };
        Ok((run, r.get(4)?))
    };
    let mut found = Vec::new();
    for row in statement.query_map([project], read)? {
        let (run, status) = row?;
        // What a line of the palette says of it, and the word for what it is.
        let archived = if run.archived { "archived" } else { "" };
        let text = format!("open run {} {} #{} {status} {archived}", run.name, run.project_name, run.id).to_lowercase();
        if words.iter().all(|word| text.contains(word.as_str())) {
            found.push(FoundRun { status: super::from_word(&status)?, ..run });
        }
        if found.len() == MOST {
            break;
        }
    }
    Ok(found)
}

/// A version is asked for by its number, as `v7` or `version 7`, with words of its project beside it.
fn versions(c: &Connection, words: &[String], project: Option<i64>) -> Result<Vec<FoundVersion>> {
    let Some((number, others)) = numbered(words) else { return Ok(Vec::new()) };
    let mut statement = c.prepare_cached(
        "SELECT v.number, v.project_id, p.name, v.note FROM prompt_version v JOIN project p ON p.id = v.project_id
         WHERE v.number = ?1 AND p.deleted_at IS NULL AND p.archived_at IS NULL AND v.project_id IS NOT ?2
         ORDER BY p.updated_at DESC, p.id DESC",
    )?;
    let read = |r: &Row<'_>| Ok(FoundVersion { number: r.get(0)?, project: r.get(1)?, project_name: r.get(2)?, note: r.get(3)? });
    let mut found = Vec::new();
    for version in statement.query_map((number, project), read)? {
        let version = version?;
        let text = format!("show prompt version {} {}", version.project_name, version.note).to_lowercase();
        if others.iter().all(|word| text.contains(word)) {
            found.push(version);
        }
        if found.len() == MOST {
            break;
        }
    }
    Ok(found)
}

/// The number of a version among some words, and the words beside it.
fn numbered(words: &[String]) -> Option<(u32, Vec<&str>)> {
    let short = |word: &String| word.strip_prefix('v').and_then(|digits| digits.parse().ok());
    if let Some((at, number)) = words.iter().enumerate().find_map(|(at, word)| short(word).map(|number| (at, number))) {
        return Some((number, words.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| word.as_str()).collect()));
    }
    let at = words.iter().position(|word| word == "version")?;
    let number = words.get(at + 1)?.parse().ok()?;
    let beside = |other: usize| other != at && other != at + 1 && !matches!(words[other].as_str(), "prompt" | "show");
    Some((number, (0..words.len()).filter(|other| beside(*other)).map(|other| words[other].as_str()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_known_by_its_number() {
        let read = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            numbered(&words).map(|(number, others)| (number, others.join(" ")))
        };
        assert_eq!(read("v7"), Some((7, String::new())));
        assert_eq!(read("tickets v7"), Some((7, "tickets".into())));
        assert_eq!(read("prompt version 12 short titles"), Some((12, "short titles".into())));
        assert_eq!(read("version"), None);
        assert_eq!(read("version short"), None);
    }
}
