//! The program where no window comes of it: what it says, and what it leaves behind. With a window it is in `tests/e2e`, which needs this
//! test as well: it is what makes Cargo build the program for it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mlprompt"))
}

#[test]
fn what_it_does_not_know_is_named_beside_what_it_does() {
    for (arguments, words) in [(&["--bogus"][..], "--bogus is not known. Usage: mlprompt [--db FILE]"), (&["--db"], "--db needs a value.")]
    {
        let output = program().args(arguments).output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).starts_with(words), "{}", said(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_display_it_says_what_to_use_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = program();
    program.arg("--db").arg(folder.path().join("a.db")).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let output = program.output().expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("Is there a display? Without one, use mlprompt-cli."), "{}", said(&output));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
