//! Calls and the answers they bought. A call is on disk before it is sent, an answer before it counts.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{
    Store,
    answer_keys::{self, Answers},
    from_word, word,
};
use crate::{
    chat::{Completion, TokenUsage},
    dataset::pair_hash,
    error::Result,
    run::RoleUsage,
};

/// What an answer is found by: a hash of connection kind, base URL, request and sample index.
pub type CompletionKey = [u8; 32];

/// Who was asked for an answer: eight bytes of a hash of role, endpoint and model.
pub type AskedKey = [u8; 8];

/// The first bytes of a key name an answer all but surely; the index of answers and the log of calls hold no more.
pub(super) type KeyStart = [u8; 8];

/// The start of a key.
pub(super) fn key_start(key: &CompletionKey) -> KeyStart {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    [a, b, c, d, e, f, g, h]
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum Role {
    /// Answers the examples.
    Primary,
    /// Writes proposals.
    Optimizer,
    /// Scores.
    Judge,
}

/// State of a call on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// May have been sent; counts as spent.
    Reserved,
    /// Ended, with the server's figures.
    Settled,
    /// No request: the answer was on disk.
    Cached,
}

/// A call that is about to be made, or that an answer on disk made unnecessary.
#[derive(Debug, Clone, Copy)]
pub struct NewCall {
    /// The run it is made for.
    pub run: i64,
    /// Who asks.
    pub role: Role,
    /// It is sent again.
    pub retry: bool,
    /// What its answer is found by.
    pub key: CompletionKey,
    /// The example it is about; none of the optimizer's is about one.
    pub example: Option<i64>,
    /// Tokens in: an upper bound, or what an answer from disk would have used.
    pub prompt_tokens: u64,
    /// Tokens out, likewise.
    pub completion_tokens: u64,
}

/// What a role of a run has used, and what answers from disk saved it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Used {
    /// Calls and tokens; dollars are the meter's.
    pub usage: RoleUsage,
    /// Tokens in that were not paid for.
    pub saved_prompt_tokens: u64,
    /// Tokens out that were not paid for.
    pub saved_completion_tokens: u64,
}

fn read_completion(row: &rusqlite::Row<'_>) -> Result<Completion> {
    Ok(Completion {
        text: row.get(0)?,
        finish: from_word(&row.get::<_, String>(1)?)?,
        usage: TokenUsage {
            prompt_tokens: row.get(2)?,
            cached_tokens: row.get(3)?,
            completion_tokens: row.get(4)?,
            estimated: row.get(5)?,
        },
        model: row.get(6)?,
        latency_ms: row.get(7)?,
    })
}

const COMPLETION_COLUMNS: &str = "text, finish, prompt_tokens, cached_tokens, completion_tokens, estimated, model, latency_ms";

/// Which answers of other runs count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// None of them.
    None,
    /// Those that were not cleared.
    Current,
    /// The cleared ones as well: to show what a run came to.
    Retired,
}

/// An answer of the project: the run's own, else (when others count) one that another run bought.
pub(super) fn find(
    c: &Connection,
    answers: &Answers<'_>,
    project: i64,
    run: i64,
    key: &CompletionKey,
    others: Others,
) -> Result<Option<(Completion, bool)>> {
    let most_retired = match others {
        Others::None => -1,
        Others::Current => 0,
        Others::Retired => 1,
    };
    let mut statement = c.prepare_cached(&format!(
        "SELECT {COMPLETION_COLUMNS}, run_id FROM completion WHERE id = ?1 AND key = ?2 AND project_id = ?3 AND (run_id = ?4 OR retired <= ?5)"
    ))?;
    let mut best: Option<(Completion, i64)> = None;
    for id in answers.candidates(key_start(key))? {
        let mut rows = statement.query(params![id, key, project, run, most_retired])?;
        let Some(row) = rows.next()? else { continue };
        let by: i64 = row.get(8)?;
        // The first of several of one run: they come in the order in which they arrived.
        if best.as_ref().is_none_or(|(_, best)| (by != run, by) < (*best != run, *best)) {
            best = Some((read_completion(row)?, by));
        }
    }
    Ok(best.map(|(completion, by)| (completion, by == run)))
}

impl Store {
    /// Answers on disk among these keys, each with whether the run bought it itself.
    pub async fn find_completions(
        &self,
        project: i64,
        run: i64,
        keys: Arc<[CompletionKey]>,
        others: Others,
    ) -> Result<HashMap<CompletionKey, (Completion, bool)>> {
        self.read_answers(move |c, known| {
            let answers = known.of(c, project)?;
            let mut found = HashMap::new();
            for key in keys.iter() {
                if let Some(answer) = find(c, &answers, project, run, key, others)? {
                    found.insert(*key, answer);
                }
            }
            Ok(found)
        })
        .await
    }

    /// The text of an answer, whoever bought it; the run's own first.
    pub async fn completion_texts(&self, project: i64, run: i64, keys: Vec<CompletionKey>) -> Result<HashMap<CompletionKey, Completion>> {
        let found = self.find_completions(project, run, keys.into(), Others::Retired).await?;
        Ok(found.into_iter().map(|(key, (completion, _))| (key, completion)).collect())
    }

    /// Reserves a call; it may be sent once this returns. The tokens are upper bounds.
    pub async fn reserve_call(&self, call: NewCall, now: i64) -> Result<i64> {
        self.append(move |c| insert_call(c, &call, CallState::Reserved, now)).await
    }

    /// Settles a call that brought no answer; what it cost in tokens is unknown and counted as none.
    pub async fn settle_failed_call(&self, call: i64, error: String) -> Result<()> {
        self.append(move |c| {
            settle(c, call, TokenUsage::default())?;
            c.prepare_cached("UPDATE call SET error = ?2 WHERE id = ?1")?.execute((call, error))?;
            Ok(())
        })
        .await
    }

    /// Takes a call back that no server got: nothing was sent, so it is none.
    pub async fn take_back_call(&self, call: i64) -> Result<()> {
        self.append(move |c| {
            c.prepare_cached("DELETE FROM call WHERE id = ?1")?.execute([call])?;
            Ok(())
        })
        .await
    }

    /// Keeps an answer and settles its call, in one transaction; an answer whose call cannot be settled stays.
    pub async fn settle_call(&self, call: i64, project: i64, run: i64, key: CompletionKey, completion: Completion, now: i64) -> Result<()> {
        self.append(move |c| {
            insert_completion(c, project, Buyer::Run(run), &key, &completion, now)?;
            settle(c, call, completion.usage)
        })
        .await
    }

    /// Keeps an answer that was bought outside a run, with who was asked.
    pub async fn save_completion(
        &self,
        project: i64,
        key: CompletionKey,
        asked: Option<AskedKey>,
        completion: Completion,
        now: i64,
    ) -> Result<()> {
        self.append(move |c| insert_completion(c, project, Buyer::Nobody(asked), &key, &completion, now)).await
    }

    /// Notes an answer that cost nothing, with the tokens it would have used.
    pub async fn note_cached(&self, call: NewCall, now: i64) -> Result<()> {
        self.append(move |c| insert_call(c, &call, CallState::Cached, now).map(|_| ())).await
    }

    /// Keeps the answers of a project from being used again. Runs that hold them go on showing them, and go on with their own.
    /// Gives how many there were.
    pub async fn retire_completions(&self, project: i64) -> Result<u64> {
        self.write(move |c| {
            let sql = "UPDATE completion SET retired = 1 WHERE project_id = ?1 AND retired = 0";
            Ok(c.execute(sql, [project])? as u64)
        })
        .await
    }

    /// What a run has used per role, reservations included.
    pub async fn usage_by_role(&self, run: i64) -> Result<HashMap<Role, Used>> {
        self.usage_since(run, i64::MIN).await
    }

    /// Whether a server ever answered one of these roles in a run.
    pub async fn was_answered(&self, run: i64, roles: Vec<Role>) -> Result<bool> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM call WHERE run_id = ?1 AND role = ?2 AND state = 'settled' AND error IS NULL)",
            )?;
            for role in roles {
                if statement.query_row(params![run, word(&role)?], |r| r.get(0))? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .await
    }

    /// The same of the calls made at this moment or later, in Unix milliseconds.
    pub async fn usage_since(&self, run: i64, since: i64) -> Result<HashMap<Role, Used>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT role, sum(state <> 'cached'), sum(state = 'cached'), sum(retry),
                        sum(iif(state = 'cached', 0, prompt_tokens)), sum(cached_tokens), sum(iif(state = 'cached', 0, completion_tokens)),
                        sum(estimated), sum(iif(state = 'cached', prompt_tokens, 0)), sum(iif(state = 'cached', completion_tokens, 0))
                 FROM call WHERE run_id = ?1 AND created_at >= ?2 GROUP BY role",
            )?;
            let mut rows = statement.query((run, since))?;
            let mut usage = HashMap::new();
            while let Some(row) = rows.next()? {
                let role: Role = from_word(&row.get::<_, String>(0)?)?;
                let used = Used {
                    usage: RoleUsage {
                        calls: row.get(1)?,
                        cached: row.get(2)?,
                        retries: row.get(3)?,
                        prompt_tokens: row.get(4)?,
                        cached_tokens: row.get(5)?,
                        completion_tokens: row.get(6)?,
                        estimated: row.get(7)?,
                        ..RoleUsage::default()
                    },
                    saved_prompt_tokens: row.get(8)?,
                    saved_completion_tokens: row.get(9)?,
                };
                usage.insert(role, used);
            }
            Ok(usage)
        })
        .await
    }

    /// Records that test examples were opened by a run. Gives how many of them an earlier run had opened by then.
    pub async fn record_test_opening(&self, run: i64, now: i64) -> Result<u32> {
        self.write(move |c| {
            let recorded: bool = c.query_row("SELECT EXISTS (SELECT 1 FROM test_opening WHERE run_id = ?1)", [run], |r| r.get(0))?;
            if !recorded {
                let before = opened_before(c, run)?;
                c.execute("UPDATE run SET test_opened_before = ?2 WHERE id = ?1", (run, before))?;
                let mut insert = c.prepare_cached(
                    "INSERT OR IGNORE INTO test_opening (example_id, run_id, opened_at, pair_hash) VALUES (?1, ?2, ?3, ?4)",
                )?;
                for (example, pair) in test_pairs(c, run)? {
                    insert.execute((example, run, now, pair))?;
                }
            }
            Ok(c.query_row("SELECT test_opened_before FROM run WHERE id = ?1", [run], |r| r.get(0))?)
        })
        .await
    }

    /// How many of these examples a run of the project has opened, by their content too.
    pub async fn opened_of(&self, project: i64, examples: Vec<i64>) -> Result<u32> {
        self.read(move |c| {
            let mut example = c.prepare_cached("SELECT user_input, ground_truth_output FROM example WHERE id = ?1")?;
            let mut opened = c.prepare_cached(
                "SELECT 1 FROM test_opening o CROSS JOIN example e ON e.id = o.example_id
                 CROSS JOIN dataset d ON d.id = e.dataset_id WHERE (o.example_id = ?1 OR o.pair_hash = ?2) AND d.project_id = ?3",
            )?;
            let mut count = 0;
            for id in examples {
                let pair = |r: &rusqlite::Row<'_>| Ok(pair_hash(&r.get::<_, String>(0)?, &r.get::<_, String>(1)?));
                let Some(pair) = example.query_row([id], pair).optional()? else { continue };
                count += u32::from(opened.exists((id, pair, project))?);
            }
            Ok(count)
        })
        .await
    }

    /// When a run opened its test examples, in Unix milliseconds; none while they are sealed.
    pub async fn test_opened_at(&self, run: i64) -> Result<Option<i64>> {
        self.read(move |c| {
            let sql = "SELECT min(o.opened_at) FROM run_example e CROSS JOIN test_opening o ON o.example_id = e.example_id AND o.run_id = e.run_id
                       WHERE e.run_id = ?1 AND e.split = 2";
            Ok(c.query_row(sql, [run], |r| r.get(0))?)
        })
        .await
    }
}

/// How many of a run's test examples another run has opened.
fn opened_before(c: &Connection, run: i64) -> Result<u32> {
    // By content too, so that importing the same file again does not seal anew what was opened.
    let mut opened = c.prepare_cached(
        "SELECT count(*) FROM test_opening o CROSS JOIN example e ON e.id = o.example_id CROSS JOIN dataset d ON d.id = e.dataset_id
         WHERE (o.example_id = ?2 OR o.pair_hash = ?3) AND o.run_id <> ?1
           AND d.project_id = (SELECT project_id FROM run WHERE id = ?1)",
    )?;
    let mut count = 0;
    for (example, pair) in test_pairs(c, run)? {
        count += u32::from(opened.query_row((run, example, pair), |r| r.get::<_, i64>(0))? > 0);
    }
    Ok(count)
}

/// The test examples of a run, and what each is known by.
fn test_pairs(c: &Connection, run: i64) -> Result<Vec<(i64, [u8; 8])>> {
    let mut statement = c.prepare_cached(
        "SELECT e.id, e.user_input, e.ground_truth_output FROM run_example r CROSS JOIN example e ON e.id = r.example_id
         WHERE r.run_id = ?1 AND r.split = 2",
    )?;
    let mut found = statement.query([run])?;
    let mut pairs = Vec::new();
    while let Some(row) = found.next()? {
        pairs.push((row.get(0)?, pair_hash(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?)));
    }
    Ok(pairs)
}

fn insert_call(c: &Connection, call: &NewCall, state: CallState, now: i64) -> Result<i64> {
    c.prepare_cached(
        "INSERT INTO call (run_id, role, state, retry, key, example_id, prompt_tokens, completion_tokens, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        call.run,
        word(&call.role)?,
        word(&state)?,
        call.retry,
        key_start(&call.key),
        call.example,
        call.prompt_tokens,
        call.completion_tokens,
        now
    ])?;
    Ok(c.last_insert_rowid())
}

fn settle(c: &Connection, call: i64, usage: TokenUsage) -> Result<()> {
    c.prepare_cached(
        "UPDATE call SET state = ?2, prompt_tokens = ?3, cached_tokens = ?4, completion_tokens = ?5, estimated = ?6 WHERE id = ?1",
    )?
    .execute(params![
        call,
        word(&CallState::Settled)?,
        usage.prompt_tokens,
        usage.cached_tokens,
        usage.completion_tokens,
        usage.estimated
    ])?;
    Ok(())
}

/// Who an answer is bought for.
enum Buyer {
    Run(i64),
    /// No run; whose answer it is.
    Nobody(Option<AskedKey>),
}

fn insert_completion(c: &Connection, project: i64, buyer: Buyer, key: &CompletionKey, completion: &Completion, now: i64) -> Result<()> {
    let (run, asked) = match buyer {
        Buyer::Run(run) => (run, None),
        Buyer::Nobody(asked) => (0, asked),
    };
    c.prepare_cached(
        "INSERT INTO completion (project_id, key, run_id, text, finish, prompt_tokens, cached_tokens, completion_tokens, estimated, model, latency_ms, created_at, asked)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        project,
        key,
        run,
        completion.text,
        word(&completion.finish)?,
        completion.usage.prompt_tokens,
        completion.usage.cached_tokens,
        completion.usage.completion_tokens,
        completion.usage.estimated,
        completion.model,
        completion.latency_ms,
        now,
        asked
    ])?;
    answer_keys::written(c, c.last_insert_rowid())
}
