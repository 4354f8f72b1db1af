//! The log: warnings and errors of the engine, on standard error. It never holds texts of users, models or keys.

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging; `MLPROMPT_LOG` takes a filter such as `info`.
pub fn start() {
    let filter = EnvFilter::try_from_env("MLPROMPT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let layer = fmt::layer().with_writer(std::io::stderr).with_target(false);
    // Started twice only in tests; the first one stays.
    let _already_started = tracing_subscriber::registry().with(filter).with(layer).try_init();
}
