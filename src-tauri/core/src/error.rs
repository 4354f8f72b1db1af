//! Typed errors. A code exists only where someone acts on it; the message names the row, file or host and the next step.

use serde::{Deserialize, Serialize};

/// What a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ErrorCode {
    /// The request itself cannot be carried out; the user changes something and tries again.
    Invalid,
    /// The thing named does not exist (any more).
    NotFound,
    /// A file could not be read as a dataset.
    FileUnreadable,
    /// The database was written by a newer version of the program.
    DatabaseTooNew,
    /// The database could not be read or written.
    Database,
    /// No connection to the model's host.
    Unreachable,
    /// The host refused the key.
    Unauthorized,
    /// The host answered, but not as a model does.
    ModelError,
    /// Another process drives this run.
    RunHeld,
    /// The operating system's keychain refused or is absent.
    Keychain,
    /// The user stopped it.
    Cancelled,
    /// A defect of this program.
    Internal,
}

/// An error as every door of the engine reports it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, rename = "ApiError"))]
pub struct Error {
    /// What a caller can act on.
    pub code: ErrorCode,
    /// One or two sentences: what happened, where, what to do next.
    pub message: String,
}

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with this code and sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
    /// The request cannot be carried out as it stands.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, message)
    }
    /// The thing named does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }
    /// A defect of this program.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::ErrorCode as Sqlite;
        let advice = match error.sqlite_error_code() {
            Some(Sqlite::DiskFull) => " The disk is full: free some space, then try again.",
            Some(Sqlite::ReadOnly | Sqlite::CannotOpen | Sqlite::PermissionDenied) => {
                " The file or its folder cannot be written: check its permissions."
            }
            Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => " Another program holds it: close that program and try again.",
            Some(Sqlite::DatabaseCorrupt | Sqlite::NotADatabase) => " The file is damaged or is no MLprompt database: restore a copy.",
            Some(Sqlite::SystemIoFailure) => " The disk could not be read or written: check that it is connected and has space.",
            _ => "",
        };
        Self::new(ErrorCode::Database, format!("The database said: {error}.{advice}"))
    }
}

impl From<tokio_rusqlite::Error<Error>> for Error {
    fn from(error: tokio_rusqlite::Error<Error>) -> Self {
        match error {
            tokio_rusqlite::Error::Error(inner) => inner,
            other => Self::new(ErrorCode::Database, format!("The database connection ended: {other}. Start the program again.")),
        }
    }
}
