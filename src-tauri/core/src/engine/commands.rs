//! One door to every command of the list in `api.rs`, by its name: what a window says is read here and what it is told is written here.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Engine;
use crate::{
    api::*,
    error::{Error, Result},
    with_commands,
};

impl Engine {
    /// A command's answer as JSON, once it is awaited; `None` where no command of the engine has that name.
    ///
    /// # Errors
    /// `Invalid` when the request is not that of the command; else what the command itself refuses.
    pub fn command(&self, name: &str, request: &Value) -> Option<BoxFuture<'static, Result<String>>> {
        let engine = self.clone();
        macro_rules! commands {
            ($($command:ident($request:ty) -> $response:ty;)*) => {
                match name {
                    $(stringify!($command) => {
                        let request = read(stringify!($command), request);
                        Some(Box::pin(async move { written::<$response>(engine.$command(request?).await?) }))
                    })*
                    _ => None,
                }
            };
        }
        with_commands!(commands)
    }
}

fn read<'request, T: Deserialize<'request>>(name: &str, request: &'request Value) -> Result<T> {
    T::deserialize(request).map_err(|error| Error::invalid(format!("{name} was asked with what it does not understand: {error}.")))
}

fn written<T: Serialize>(response: T) -> Result<String> {
    serde_json::to_string(&response).map_err(|error| Error::internal(format!("An answer could not be written: {error}.")))
}
