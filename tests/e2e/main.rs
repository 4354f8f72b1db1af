//! The main job in the real window: drop, train, read, compare, be killed, come back. One window at a time, on a display of its own
//! (`make e2e`). Files are dragged by a real pointer, dialogs are the toolkit's own, the program is the built one.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accessible;
mod app;
mod away;
mod close;
mod connections;
mod data;
mod dataset;
mod desktop;
mod drop;
mod endurance;
mod fake_model;
mod flows;
mod grid;
mod growing;
mod hostile;
mod job;
mod keyboard;
mod keys;
mod large_text;
mod leaving;
mod responsive;
mod screenshots;
mod screenshots_data;
mod setup;
mod sharing;
mod speed;
mod still;
mod streaming;
mod under_fire;

/// The program is one at a time on a session's bus, so the tests take turns.
pub static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
