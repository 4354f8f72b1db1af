//! The engine of MLprompt: data, prompts, models, metrics and the training loop. It knows no window.
//!
//! Invariants, which tests hold to:
//! - nothing here knows tauri, a window, a terminal or an argument;
//! - clock, randomness, keys, environment and models are handed in ([`engine::Parts`]);
//! - SQL stands below [`store`] alone, HTTP below [`chat`] alone;
//! - a call is on disk before it is sent, an answer before it counts, an event before it is told;
//! - the optimizer's request is built in `train::request` alone, from training examples and aggregates.

pub mod api;
pub mod calls;
pub mod chat;
pub mod clock;
pub mod connection;
pub mod context;
pub mod dataset;
pub mod demo;
pub mod engine;
pub mod error;
pub mod export;
pub mod extract;
pub mod heap;
mod judge;
pub mod keys;
pub mod metric;
mod new_file;
pub mod price;
pub mod project;
pub mod prompt;
pub mod random;
pub mod report;
pub mod run;
pub mod sample;
pub mod ship;
pub mod stats;
pub mod store;
pub mod tokens;
pub mod tolerant_json;
pub mod train;

pub use error::{Error, ErrorCode, Result};
