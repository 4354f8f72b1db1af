//! The daily copy of the database, made while nobody waits for anything.

use std::time::Duration;

use mlprompt_core::engine::Engine;

/// The start of the program belongs to its window.
const FIRST: Duration = Duration::from_secs(120);
/// A program that stays open for days is asked again.
const EVERY: Duration = Duration::from_secs(3600);

/// Makes the copy of the day as long as the program runs.
pub async fn keep(engine: Engine) {
    tokio::time::sleep(FIRST).await;
    loop {
        match engine.back_up().await {
            Ok(Some(copy)) => tracing::info!(copy = %copy.display(), "the database was copied"),
            Ok(None) => {}
            Err(error) => tracing::warn!(error = %error.message, "the database could not be copied"),
        }
        tokio::time::sleep(EVERY).await;
    }
}
