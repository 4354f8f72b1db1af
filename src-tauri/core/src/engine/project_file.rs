//! A whole project as one file, there and back.

use std::path::Path;

use secrecy::SecretString;

use super::{Engine, door};
use crate::{
    api::{ArrivedProject, ImportProject, ProjectId},
    connection::{Connection, KeyReference},
    error::{Error, ErrorCode, Result},
    store::Secret,
};

/// Headers whose value opens a door.
const SECRET_HEADERS: &[&str] = &["auth", "key", "token", "secret", "cookie", "password", "credential", "signature"];

impl Engine {
    /// Writes a project into a file, as it is at this moment, while runs go on; a file of that name is replaced once the new one is
    /// whole. No key is in it. Gives the bytes of the file.
    #[door]
    pub async fn export_project(&self, request: ProjectId, target: &Path) -> Result<u64> {
        let secrets = self.secrets().await?;
        self.store().export_project(request.project, target, secrets).await
    }

    /// Takes a project in from a file: everything or nothing.
    #[door]
    pub async fn import_project(&self, request: ImportProject) -> Result<ArrivedProject> {
        let path =
            std::path::absolute(&request.path).map_err(|e| Error::new(ErrorCode::FileUnreadable, format!("{}: {e}.", request.path)))?;
        let arrived = self.store().import_project(&path, self.now()).await?;
        Ok(ArrivedProject {
            view: self.open_project(ProjectId { project: arrived.project }).await?,
            new_connections: arrived.new_connections,
        })
    }

    /// Everything that must be in no file: the keys of all connections, and headers that open a door.
    async fn secrets(&self) -> Result<Vec<Secret>> {
        let mut secrets = Vec::new();
        for connection in self.store().all_connections().await? {
            for header in &connection.network.headers {
                let name = header.name.to_ascii_lowercase();
                if SECRET_HEADERS.iter().any(|part| name.contains(part)) {
                    secrets.push(Secret {
                        text: header_secret(&header.value),
                        owner: format!("The header {} of the connection \"{}\"", header.name, connection.name),
                    });
                }
            }
            if connection.key != KeyReference::None
                && let Some(key) = self.key_if_there(&connection).await
            {
                secrets.push(Secret { text: key, owner: format!("The key of the connection \"{}\"", connection.name) });
            }
        }
        Ok(secrets)
    }

    /// A key that cannot be had is in nothing that could be exported.
    async fn key_if_there(&self, connection: &Connection) -> Option<SecretString> {
        self.key_of(connection).await.ok().flatten()
    }
}

/// The secret part of a header: what follows its scheme.
fn header_secret(value: &str) -> SecretString {
    let value = value.trim();
    let secret = match value.split_once(' ') {
        Some((scheme, rest)) if scheme.chars().all(|c| c.is_ascii_alphabetic()) => rest.trim(),
        _ => value,
    };
    secret.to_owned().into()
}
