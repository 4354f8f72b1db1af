//! Connections, without keys.

use rusqlite::OptionalExtension;

use super::{Store, from_json, json};
use crate::{
    connection::Connection,
    error::{Error, Result},
};

impl Store {
    /// All connections, the demo model first.
    pub async fn connections(&self) -> Result<Vec<Connection>> {
        self.read(|c| {
            let mut statement = c.prepare_cached("SELECT connection FROM connection WHERE deleted_at IS NULL ORDER BY id")?;
            let rows = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            rows.iter().map(|text| from_json(text)).collect()
        })
        .await
    }

    /// Every connection there ever was, those off the list as well, and those that runs froze.
    pub async fn all_connections(&self) -> Result<Vec<Connection>> {
        self.read(|c| {
            let list = |sql: &str| -> Result<Vec<String>> {
                Ok(c.prepare_cached(sql)?.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?)
            };
            let mut found: Vec<Connection> =
                list("SELECT connection FROM connection ORDER BY id")?.iter().map(|text| from_json(text)).collect::<Result<_>>()?;
            for text in list("SELECT DISTINCT connections FROM run")? {
                for connection in from_json::<Vec<Connection>>(&text)? {
                    if !found.contains(&connection) {
                        found.push(connection);
                    }
                }
            }
            Ok(found)
        })
        .await
    }

    /// Connections as runs of a project froze them, those of the newest run first, each with the name of the newest run that had them so.
    pub async fn frozen_connections(&self, project: i64) -> Result<Vec<(String, Vec<Connection>)>> {
        self.read(move |c| {
            let sql = "SELECT name, connections, max(id) FROM run WHERE project_id = ?1 AND deleted_at IS NULL
                       GROUP BY connections ORDER BY max(id) DESC";
            let mut statement = c.prepare_cached(sql)?;
            let rows = statement.query_map([project], |r| Ok((r.get(0)?, r.get::<_, String>(1)?)))?.collect::<Result<Vec<_>, _>>()?;
            rows.into_iter().map(|(name, text)| Ok((name, from_json(&text)?))).collect()
        })
        .await
    }

    /// One connection.
    pub async fn connection(&self, id: i64) -> Result<Connection> {
        let text = self
            .read(move |c| {
                let sql = "SELECT connection FROM connection WHERE id = ?1 AND deleted_at IS NULL";
                Ok(c.query_row(sql, [id], |r| r.get::<_, String>(0)).optional()?)
            })
            .await?;
        from_json(&text.ok_or_else(|| Error::not_found("That connection was deleted. Choose another one."))?)
    }

    /// Saves a connection and gives it its id.
    pub async fn save_connection(&self, mut connection: Connection) -> Result<Connection> {
        self.write(move |c| {
            if connection.id == 0 {
                c.execute("INSERT INTO connection (connection) VALUES ('{}')", [])?;
                connection.id = c.last_insert_rowid();
            }
            let changed = c.execute(
                "UPDATE connection SET connection = ?2 WHERE id = ?1 AND deleted_at IS NULL",
                (connection.id, json(&connection)?),
            )?;
            if changed == 0 {
                return Err(Error::not_found("That connection was deleted. Make a new one."));
            }
            Ok(connection)
        })
        .await
    }

    /// Takes a connection off the list; finished runs keep what they need of it.
    pub async fn delete_connection(&self, id: i64, now: i64) -> Result<()> {
        self.write(move |c| {
            c.execute("UPDATE connection SET deleted_at = ?2 WHERE id = ?1", (id, now))?;
            Ok(())
        })
        .await
    }

    /// Names of the runs that go on or wait to, newest first, which ask a model of this connection.
    pub async fn unended_on(&self, connection: i64) -> Result<Vec<String>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT r.name FROM run r JOIN project p ON p.id = r.project_id
                 WHERE r.status IN ('queued', 'running', 'paused', 'interrupted') AND r.deleted_at IS NULL AND p.deleted_at IS NULL
                   AND ?1 IN (json_extract(r.config, '$.primary.connection'), json_extract(r.config, '$.optimizer.connection'),
                              json_extract(r.config, '$.judge.connection'))
                 ORDER BY r.id DESC",
            )?;
            Ok(statement.query_map([connection], |r| r.get(0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Puts a connection back on the list.
    pub async fn restore_connection(&self, id: i64) -> Result<Connection> {
        self.write(move |c| {
            let text = c
                .query_row("UPDATE connection SET deleted_at = NULL WHERE id = ?1 RETURNING connection", [id], |r| r.get::<_, String>(0))
                .optional()?;
            from_json(&text.ok_or_else(|| Error::not_found("That connection is not there any more. Make a new one."))?)
        })
        .await
    }
}
