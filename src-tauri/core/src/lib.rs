//! The engine of MLprompt: data, prompts, models, metrics and the training loop. It knows no window.

pub mod api;
pub mod chat;
pub mod connection;
pub mod dataset;
pub mod demo;
pub mod error;
pub mod metric;
pub mod project;
pub mod prompt;
pub mod run;
pub mod sample;
pub mod stats;

pub use error::{Error, ErrorCode, Result};
