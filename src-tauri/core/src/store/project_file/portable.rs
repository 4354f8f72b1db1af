//! What of a connection may leave this machine, and what of one that arrives is believed.

use rusqlite::Connection;
use secrecy::{ExposeSecret, SecretString};

use super::super::{from_json, json};
use crate::{
    connection::{Connection as ModelConnection, ConnectionKind, KeyReference, Network},
    error::{Error, Result},
    run::RunConfig,
};

/// A key or a secret header, with what it belongs to in words. It must be in no file.
#[derive(Debug, Clone)]
pub struct Secret {
    /// The text that must not leave.
    pub text: SecretString,
    /// Whose it is: `The key of "OpenAI"`.
    pub owner: String,
}

/// Shorter texts are no keys, and stand in ordinary words.
const SHORTEST: usize = 6;

impl Secret {
    /// The text as it stands, and as JSON writes it.
    fn forms(&self) -> Vec<String> {
        let text = self.text.expose_secret();
        if text.len() < SHORTEST {
            return Vec::new();
        }
        let quoted = serde_json::Value::from(text).to_string();
        let inner = quoted[1..quoted.len() - 1].to_owned();
        if inner == text { vec![inner] } else { vec![text.to_owned(), inner] }
    }
}

/// Takes secrets out of a text about a connection.
pub(super) fn without_secrets(text: &str, secrets: &[Secret]) -> String {
    secrets.iter().flat_map(Secret::forms).fold(text.to_owned(), |text, form| text.replace(&form, ""))
}

/// A text of the user's or a model's is never changed, so one that holds a secret stays here.
pub(super) fn refuse_secrets(text: &str, secrets: &[Secret], table: &str, column: &str) -> Result<()> {
    for secret in secrets {
        if secret.forms().iter().any(|form| text.contains(form.as_str())) {
            let place = match table {
                "example" => "an example",
                "prompt_version" => "a prompt version",
                "completion" => "a model's answer",
                "project" => "the draft or the settings",
                _ => column,
            };
            return Err(Error::invalid(format!(
                "{} stands in {place} of this project. A project file never holds a key: take it out there, or replace the key, then export again. No file was written.",
                secret.owner
            )));
        }
    }
    Ok(())
}

/// A connection as it travels: where it leads, and nothing that opens a door.
pub(super) fn travelling(connection: &ModelConnection) -> ModelConnection {
    let mut travelling = connection.clone();
    for header in &mut travelling.network.headers {
        header.value.clear();
    }
    connection.address().clone_into(&mut travelling.base_url);
    if connection.key != KeyReference::None {
        // The name of a variable may be a key that was typed into the wrong field.
        travelling.key = KeyReference::Keychain;
    }
    travelling
}

/// The connections that a project's runs were made with or its settings name.
pub(super) fn connections_of(c: &Connection, project: i64) -> Result<Vec<ModelConnection>> {
    let mut found: Vec<ModelConnection> = Vec::new();
    let mut statement = c.prepare("SELECT connections FROM run WHERE project_id = ?1 AND deleted_at IS NULL ORDER BY id")?;
    let frozen = statement.query_map([project], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut named = Vec::new();
    for text in frozen {
        named.extend(from_json::<Vec<ModelConnection>>(&text)?);
    }
    let mut ids: Vec<i64> = named.iter().map(|c| c.id).collect();
    let defaults: Option<String> = c.query_row("SELECT defaults FROM project WHERE id = ?1", [project], |r| r.get(0))?;
    if let Some(text) = defaults {
        let config: RunConfig = from_json(&text)?;
        ids.extend([Some(&config.primary), Some(&config.optimizer), config.judge.as_ref()].into_iter().flatten().map(|m| m.connection));
    }
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let mut statement = c.prepare_cached("SELECT connection FROM connection WHERE id = ?1")?;
        let mut rows = statement.query([id])?;
        let listed = rows.next()?.map(|row| from_json::<ModelConnection>(&row.get::<_, String>(0)?)).transpose()?;
        // One that is gone from the list is still what its runs froze.
        if let Some(mut connection) = listed.or_else(|| named.iter().rev().find(|c| c.id == id).cloned()) {
            connection.id = id;
            found.push(connection);
        }
    }
    Ok(found)
}

/// Our connection to the same place; made, without a key, when there is none. The second says whether it was made.
pub(super) fn ours(c: &Connection, theirs: &ModelConnection) -> Result<(ModelConnection, bool)> {
    let mut statement = c.prepare_cached("SELECT connection FROM connection WHERE deleted_at IS NULL ORDER BY id")?;
    let listed = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let listed: Vec<ModelConnection> = listed.iter().map(|text| from_json(text)).collect::<Result<_>>()?;
    let is_demo = theirs.kind == ConnectionKind::Demo;
    let mut near: Vec<&ModelConnection> =
        listed.iter().filter(|ours| if is_demo { ours.id == ModelConnection::DEMO } else { ours.is_where(theirs) }).collect();
    near.sort_by_key(|ours| ours.name != theirs.name);
    if let Some(ours) = near.first() {
        return Ok(((*ours).clone(), false));
    }
    let mut made = travelling(theirs);
    made.name = made.name.chars().take(300).collect();
    // What this machine trusts is not for a file to say.
    made.network = Network { headers: made.network.headers, root_certificate: None, accept_self_signed: false };
    c.execute("INSERT INTO connection (connection) VALUES ('{}')", [])?;
    made.id = c.last_insert_rowid();
    c.execute("UPDATE connection SET connection = ?2 WHERE id = ?1", (made.id, json(&made)?))?;
    Ok((made, true))
}

/// What a run froze, as it is believed here: a key of ours goes to the place that our connection names, and nowhere a file says.
pub(super) fn arrive(frozen: &mut ModelConnection, ours: Option<&ModelConnection>) {
    let safe = travelling(frozen);
    *frozen = ModelConnection {
        key: match ours {
            Some(ours) if ours.is_where(&safe) => ours.key.clone(),
            _ => KeyReference::None,
        },
        network: Network { headers: safe.network.headers, root_certificate: None, accept_self_signed: false },
        base_url: safe.base_url,
        ..frozen.clone()
    };
}
