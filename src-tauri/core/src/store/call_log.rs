//! The log of a run's calls as it is read: filtered and paged by SQLite, each with its answer and its example.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::{Store, answer_keys::Answers, calls::KeyStart, from_word, word};
use crate::{
    error::Result,
    run::{CallEnd, CallPage, CallRow},
    store::{AskedKey, CallState, Role},
};

/// Characters of an answer that a row of the log shows.
const SHOWN_CHARACTERS: u32 = 2_000;

/// Which calls to read. An epoch's are those made from the decision before it until its own.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// Made at this moment or later, in Unix milliseconds.
    pub after: Option<i64>,
    /// Made before this moment.
    pub until: Option<i64>,
    /// Of this role.
    pub role: Option<Role>,
    /// That ended like this.
    pub end: Option<CallEnd>,
    /// That were sent again.
    pub retries: bool,
    /// First row, from 0.
    pub offset: u32,
    /// Most rows.
    pub limit: u32,
}

impl Store {
    /// A page of a run's calls, newest first; the epochs of its rows are still to be found.
    pub async fn call_log(&self, project: i64, run: i64, query: LogQuery) -> Result<CallPage> {
        self.read_answers(move |c, keys| {
            let (state, failed) = match query.end {
                None => (None, None),
                Some(CallEnd::Answered) => (Some(word(&CallState::Settled)?), Some(false)),
                Some(CallEnd::Failed) => (Some(word(&CallState::Settled)?), Some(true)),
                Some(CallEnd::Cached) => (Some(word(&CallState::Cached)?), None),
                Some(CallEnd::Unsettled) => (Some(word(&CallState::Reserved)?), None),
            };
            let role = query.role.map(|role| word(&role)).transpose()?;
            let retries = query.retries.then_some(true);
            let filter: [&dyn ToSql; 7] = [&run, &query.after, &query.until, &role, &state, &failed, &retries];
            const WHERE: &str = "run_id = ?1 AND (?2 IS NULL OR created_at >= ?2) AND (?3 IS NULL OR created_at < ?3)
                                 AND (?4 IS NULL OR role = ?4) AND (?5 IS NULL OR state = ?5)
                                 AND (?6 IS NULL OR (error IS NOT NULL) = ?6) AND (?7 IS NULL OR retry = ?7)";
            let cached = word(&CallState::Cached)?;
            let mut counted: Vec<&dyn ToSql> = filter.to_vec();
            counted.push(&cached);
            let (total, calls) = c
                .prepare_cached(&format!("SELECT count(*), count(*) FILTER (WHERE state <> ?8) FROM call WHERE {WHERE}"))?
                .query_row(&counted[..], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let mut statement = c.prepare_cached(&format!(
                "SELECT id, created_at, role, state, retry, prompt_tokens, cached_tokens, completion_tokens, estimated, error, key, example_id
                 FROM call WHERE {WHERE} ORDER BY id DESC LIMIT ?9 OFFSET ?8"
            ))?;
            let mut all: Vec<&dyn ToSql> = filter.to_vec();
            all.extend([&query.offset as &dyn ToSql, &query.limit]);
            let mut found = statement.query(&all[..])?;
            let mut rows = Vec::new();
            let mut about: HashMap<KeyStart, Vec<usize>> = HashMap::new();
            let answers = keys.of(c, project)?;
            while let Some(row) = found.next()? {
                let state: CallState = from_word(&row.get::<_, String>(3)?)?;
                let error: Option<String> = row.get(9)?;
                let key = row.get::<_, Option<Vec<u8>>>(10)?.and_then(|key| KeyStart::try_from(key).ok());
                let mut call = CallRow {
                    id: row.get(0)?,
                    at: row.get(1)?,
                    epoch: None,
                    role: from_word(&row.get::<_, String>(2)?)?,
                    end: match (state, &error) {
                        (CallState::Cached, _) => CallEnd::Cached,
                        (CallState::Reserved, _) => CallEnd::Unsettled,
                        (CallState::Settled, Some(_)) => CallEnd::Failed,
                        (CallState::Settled, None) => CallEnd::Answered,
                    },
                    retry: row.get(4)?,
                    example: None,
                    example_id: row.get(11)?,
                    prompt_tokens: row.get(5)?,
                    cached_tokens: row.get(6)?,
                    completion_tokens: row.get(7)?,
                    estimated: row.get(8)?,
                    latency_ms: None,
                    model: None,
                    response: None,
                    cut: false,
                    error,
                };
                if let Some(key) = key {
                    if matches!(call.end, CallEnd::Answered | CallEnd::Cached) {
                        answer(c, &answers, run, key, &mut call)?;
                    }
                    if call.role == Role::Primary && call.example_id.is_none() {
                        about.entry(key).or_default().push(rows.len());
                    }
                }
                rows.push(call);
            }
            // Runs that go on look for answers meanwhile.
            drop(answers);
            examples(c, run, about, &mut rows)?;
            Ok(CallPage { total, calls, rows })
        })
        .await
    }
}

/// How long an answer took, and its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedAnswer {
    /// Milliseconds from request to answer.
    pub latency_ms: u32,
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
}

impl Store {
    /// The newest answers that a role of a run bought.
    pub async fn timed_answers(&self, project: i64, run: i64, role: Role, most: u32) -> Result<Vec<TimedAnswer>> {
        self.read_answers(move |c, keys| {
            let mut calls = c.prepare_cached(
                "SELECT key, prompt_tokens, completion_tokens FROM call
                 WHERE run_id = ?1 AND role = ?2 AND state = ?3 AND error IS NULL AND key IS NOT NULL ORDER BY id DESC LIMIT ?4",
            )?;
            let mut latency =
                c.prepare_cached("SELECT latency_ms FROM completion WHERE id = ?1 AND run_id = ?2 AND substr(key, 1, 8) = ?3")?;
            let answers = keys.of(c, project)?;
            let mut rows = calls.query(params![run, word(&role)?, word(&CallState::Settled)?, most])?;
            let mut timed = Vec::new();
            while let Some(row) = rows.next()? {
                let key: KeyStart = row.get(0)?;
                for id in answers.candidates(key)? {
                    if let Some(latency_ms) = latency.query_row(params![id, run, key], |r| r.get(0)).optional()? {
                        timed.push(TimedAnswer { latency_ms, prompt_tokens: row.get(1)?, completion_tokens: row.get(2)? });
                        break;
                    }
                }
            }
            Ok(timed)
        })
        .await
    }

    /// What the model answered in a call of a run, whole; none when there is no answer to it any more.
    pub async fn call_answer(&self, project: i64, run: i64, call: i64) -> Result<Option<String>> {
        self.read_answers(move |c, keys| {
            let key = c
                .prepare_cached("SELECT key FROM call WHERE id = ?1 AND run_id = ?2 AND error IS NULL")?
                .query_row([call, run], |r| r.get::<_, Option<KeyStart>>(0))
                .optional()?
                .flatten();
            let Some(key) = key else { return Ok(None) };
            let mut statement = c.prepare_cached("SELECT text, run_id FROM completion WHERE id = ?1 AND substr(key, 1, 8) = ?2")?;
            let mut found = None;
            for id in keys.of(c, project)?.candidates(key)? {
                let Some((text, of)) = statement.query_row(params![id, key], |r| Ok((r.get(0)?, r.get::<_, i64>(1)?))).optional()? else {
                    continue;
                };
                if of == run {
                    return Ok(Some(text));
                }
                found = found.or(Some(text));
            }
            Ok(found)
        })
        .await
    }

    /// Different answers that a run went by, of each role; none when they were cleared, so that they are bought anew.
    pub async fn usable_answers(&self, project: i64, run: i64) -> Result<HashMap<Role, u64>> {
        self.read_answers(move |c, keys| {
            let bought = "SELECT key FROM call WHERE run_id = ?1 AND state = ?2 AND error IS NULL AND key IS NOT NULL ORDER BY id LIMIT 1";
            let first: Option<KeyStart> =
                c.prepare_cached(bought)?.query_row(params![run, word(&CallState::Settled)?], |r| r.get(0)).optional()?;
            if let Some(first) = first {
                let mut retired = c.prepare_cached("SELECT retired FROM completion WHERE id = ?1 AND substr(key, 1, 8) = ?2")?;
                let answers = keys.of(c, project)?;
                // Clearing is of all that there are.
                let mut usable = false;
                for id in answers.candidates(first)? {
                    usable |= retired.query_row(params![id, first], |r| r.get::<_, bool>(0)).optional()? == Some(false);
                }
                if !usable {
                    return Ok(HashMap::new());
                }
            }
            let mut statement = c.prepare_cached(
                "SELECT role, count(DISTINCT key) FROM call WHERE run_id = ?1 AND error IS NULL AND state <> ?2 GROUP BY role",
            )?;
            let mut rows = statement.query(params![run, word(&CallState::Reserved)?])?;
            let mut answers = HashMap::new();
            while let Some(row) = rows.next()? {
                answers.insert(from_word(&row.get::<_, String>(0)?)?, row.get(1)?);
            }
            Ok(answers)
        })
        .await
    }

    /// The newest answers of an endpoint's model in a role that were bought outside runs.
    pub async fn timed_tries(&self, project: i64, asked: AskedKey, most: u32) -> Result<Vec<TimedAnswer>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT latency_ms, prompt_tokens, completion_tokens FROM completion
                 WHERE project_id = ?1 AND asked = ?2 ORDER BY id DESC LIMIT ?3",
            )?;
            let answer =
                |r: &rusqlite::Row<'_>| Ok(TimedAnswer { latency_ms: r.get(0)?, prompt_tokens: r.get(1)?, completion_tokens: r.get(2)? });
            let rows = statement.query_map(params![project, asked, most], answer)?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }
}

/// Puts in what the model answered; the run's own answer first.
fn answer(c: &Connection, answers: &Answers<'_>, run: i64, key: KeyStart, call: &mut CallRow) -> Result<()> {
    let mut statement = c.prepare_cached(
        "SELECT substr(text, 1, ?2), model, latency_ms, run_id, length(text) > ?2 FROM completion
         WHERE id = ?1 AND substr(key, 1, 8) = ?3",
    )?;
    for id in answers.candidates(key)? {
        let mut rows = statement.query(params![id, SHOWN_CHARACTERS, key])?;
        let Some(row) = rows.next()? else { continue };
        let own = row.get::<_, i64>(3)? == run;
        if own || call.response.is_none() {
            call.response = Some(row.get(0)?);
            call.model = row.get(1)?;
            call.latency_ms = Some(row.get(2)?);
            call.cut = row.get(4)?;
        }
        if own {
            break;
        }
    }
    Ok(())
}

/// Puts in the examples the calls were about. Those that do not name theirs were made before calls did: one pass over the run's predictions,
/// which hold the key of their answer, finds it.
fn examples(c: &Connection, run: i64, mut about: HashMap<KeyStart, Vec<usize>>, rows: &mut [CallRow]) -> Result<()> {
    let mut statement = c.prepare_cached("SELECT substr(key, 1, 8), example_id FROM prediction WHERE run_id = ?1")?;
    let mut number = c.prepare_cached("SELECT number FROM example WHERE id = ?1")?;
    let mut found = statement.query([run])?;
    while !about.is_empty()
        && let Some(row) = found.next()?
    {
        let Some(places) = about.remove(&row.get::<_, KeyStart>(0)?) else { continue };
        let example: i64 = row.get(1)?;
        for place in places {
            rows[place].example_id = Some(example);
        }
    }
    for row in rows {
        if let Some(example) = row.example_id {
            row.example = number.query_row([example], |r| r.get(0)).optional()?;
        }
    }
    Ok(())
}
