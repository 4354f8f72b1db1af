//! The built command line: exit codes, JSON lines, errors, and runs that are killed at any moment.

// Helpers outside of test functions may fail loudly as well: there is nobody to hand an error to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/errors.rs"]
mod errors;
#[path = "cli/fake_server.rs"]
mod fake_server;
#[path = "cli/hold.rs"]
mod hold;
#[path = "cli/importing.rs"]
mod importing;
#[path = "cli/interrupted.rs"]
mod interrupted;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/sharing.rs"]
mod sharing;
#[path = "cli/soak.rs"]
mod soak;
