//! The engine of MLprompt: data, prompts, models, metrics and the training loop. It knows no window.

pub mod api;
pub mod chat;
pub mod connection;
pub mod dataset;
pub mod error;
pub mod extract;
pub mod metric;
pub mod project;
pub mod prompt;
pub mod run;
pub mod stats;
pub mod tolerant_json;

pub use error::{Error, ErrorCode, Result};
