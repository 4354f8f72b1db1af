//! Settings by name.

use rusqlite::OptionalExtension;

use super::{Store, from_json, json};
use crate::error::Result;

impl Store {
    /// A setting, none when it was never saved.
    pub async fn setting<T: serde::de::DeserializeOwned + Send + 'static>(&self, key: &'static str) -> Result<Option<T>> {
        let text = self
            .read(move |c| Ok(c.query_row("SELECT value FROM setting WHERE key = ?1", [key], |r| r.get::<_, String>(0)).optional()?))
            .await?;
        text.map(|t| from_json(&t)).transpose()
    }

    /// Saves a setting.
    pub async fn save_setting<T: serde::Serialize>(&self, key: &'static str, value: &T) -> Result<()> {
        let text = json(value)?;
        self.write(move |c| {
            c.execute(
                "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                (key, text),
            )?;
            Ok(())
        })
        .await
    }

    /// This database's own name, under which keys are kept.
    pub async fn database_id(&self) -> Result<String> {
        self.read(|c| Ok(c.query_row("SELECT value FROM setting WHERE key = 'database_id'", [], |r| r.get(0))?)).await
    }
}
