//! What a run told, kept for replay.

use rusqlite::{Connection, OptionalExtension};

use super::{Store, from_json, json};
use crate::{
    error::Result,
    run::{NumberedEvent, RunEvent, Usage},
};

/// Appends an event and gives its number.
pub(super) fn append(c: &Connection, run: i64, event: &RunEvent) -> Result<u64> {
    let seq: u64 = c.prepare_cached("SELECT coalesce(max(seq), 0) + 1 FROM event WHERE run_id = ?1")?.query_row([run], |r| r.get(0))?;
    c.prepare_cached("INSERT INTO event (run_id, seq, event) VALUES (?1, ?2, ?3)")?.execute((run, seq, json(event)?))?;
    Ok(seq)
}

impl Store {
    /// Keeps an event; it may be sent once this returns.
    pub async fn append_event(&self, run: i64, event: RunEvent) -> Result<NumberedEvent> {
        self.write(move |c| Ok(NumberedEvent { seq: append(c, run, &event)?, event })).await
    }

    /// The events after a number, in order.
    pub async fn events_after(&self, run: i64, seq: u64) -> Result<Vec<NumberedEvent>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT seq, event FROM event WHERE run_id = ?1 AND seq > ?2 ORDER BY seq")?;
            let mut rows = statement.query((run, seq))?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                events.push(NumberedEvent { seq: row.get(0)?, event: from_json(&row.get::<_, String>(1)?)? });
            }
            Ok(events)
        })
        .await
    }

    /// What a run had used when it ended first; none until then. It is asked for while answers come in, so no other event is read.
    pub async fn usage_at_end(&self, run: i64) -> Result<Option<Usage>> {
        self.read(move |c| {
            let sql = "SELECT event -> '$.usage' FROM event WHERE run_id = ?1 AND event ->> '$.event' = 'finished' ORDER BY seq LIMIT 1";
            let usage: Option<String> = c.prepare_cached(sql)?.query_row([run], |r| r.get(0)).optional()?;
            usage.map(|usage| from_json(&usage)).transpose()
        })
        .await
    }

    /// Number of the last event, 0 without one.
    pub async fn last_seq(&self, run: i64) -> Result<u64> {
        self.read(move |c| Ok(c.query_row("SELECT coalesce(max(seq), 0) FROM event WHERE run_id = ?1", [run], |r| r.get(0))?)).await
    }
}
