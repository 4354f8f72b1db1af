//! The engine through its public doors: the loop over a scripted model, the wires and the desk over a fake server.

// Helpers outside of test functions may fail loudly as well: there is nobody to hand an error to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod bad_files;
mod bad_servers;
mod blame;
mod budget;
mod certificate;
mod commands;
mod database;
mod decisions;
mod demo;
mod early_stop;
mod estimates;
mod exports;
mod fake_server;
mod faults;
mod fixtures;
mod importing;
mod insight;
mod keeping;
mod large;
mod limits;
mod merging;
mod money;
mod moved;
mod nearby;
mod networks;
mod notices;
mod planning;
mod prompt_history;
mod prompt_pairs;
mod quick_tries;
mod reports;
mod resume;
mod run_set_reports;
mod same_examples;
mod samples;
mod screening;
mod scripted_model;
mod searching;
mod secrets;
mod shared_calls;
mod sharing;
mod shipping;
mod silence;
mod starting;
mod steering;
mod storage;
mod streaming;
// The bench uses more of it.
#[allow(dead_code)]
#[path = "search/tasks.rs"]
mod tasks;
mod versions;
mod wires;
mod world;
