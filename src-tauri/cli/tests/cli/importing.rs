//! Imports that are broken off by the machine: killed at any moment, and on a disk that runs full. What was there stays as it was.

#![cfg(unix)]

use std::{fmt::Write, path::Path, process::Command, time::Duration};

use serde_json::Value;

use crate::program::{Ended, Program, reviews};

/// A file that takes longer to import than a test waits for anything.
fn large(rows: usize) -> String {
    let mut text = String::from("text,label\n");
    for row in 0..rows {
        writeln!(text, "Message {row} about an order that has not come although it was promised for Monday,label {}", row % 9).unwrap();
    }
    text
}

/// Rows of the tables that an import fills.
fn on_disk(database: &Path) -> Vec<i64> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let count = |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
    ["project", "dataset", "example", "example_block", "example_hashes", "packed_text", "example_order"].map(count).to_vec()
}

fn projects(program: &Program) -> Value {
    program.run(&["--json", "projects"]).done().last()
}

#[test]
fn a_kill_at_any_moment_of_an_import_leaves_the_database_as_it_was() {
    let program = Program::new();
    let first = program.file("first.csv", reviews(40));
    program.run(&["import", &first, "--project", "first"]).done();
    let file = program.file("large.csv", large(300_000));
    let (before, listed) = (on_disk(&program.database()), projects(&program));
    for blocks in [0, 1, 4, 12] {
        for project in ["first", "second"] {
            let mut child = program.spawn(&["import", &file, "--project", project]);
            while on_disk(&program.database())[3] < before[3] + blocks {
                assert!(child.try_wait().unwrap().is_none(), "it ended before the kill after {blocks} blocks");
                std::thread::sleep(Duration::from_millis(1));
            }
            child.kill().unwrap();
            child.wait().unwrap();
            // What the killed process left is nobody's: it is not listed, and the next start removes it.
            assert_eq!(projects(&program), listed, "killed after {blocks} blocks");
            assert_eq!(on_disk(&program.database()), before, "killed after {blocks} blocks");
            let left: Vec<_> = std::fs::read_dir(program.path("test.db-locks")).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert!(left.iter().all(|name| !name.to_string_lossy().starts_with("reserve")), "{left:?}");
        }
    }
    let ended = program.run(&["--json", "import", &file, "--project", "second"]).done();
    assert_eq!(ended.last()["report"]["rows_ready"], 300_000);
    program.run(&["check"]).done();
}

/// Runs a script that may mount, where a file system of its own can be had without asking anybody; none elsewhere.
fn with_mounts(program: &Program, script: &str, arguments: &[&str]) -> Option<Ended> {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).args(arguments).current_dir(program.folder.path());
    let ended: Ended = command.output().ok()?.into();
    (ended.code != Some(77) && !ended.err.contains("unshare")).then_some(ended)
}

#[test]
fn a_disk_that_runs_full_during_an_import_is_said_and_leaves_the_database_as_it_was() {
    let program = Program::new();
    let (first, file) = (program.file("first.csv", reviews(40)), program.file("large.csv", large(300_000)));
    let disk = program.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let script = r#"
        mount -t tmpfs -o size=24m tmpfs "$1" 2>/dev/null || exit 77
        p="$2"; db="$1/test.db"
        "$p" --db "$db" import "$3" --project first >/dev/null || exit 1
        for project in first second; do
            "$p" --db "$db" import "$4" --project "$project" && exit 2
        done
        "$p" --db "$db" --json projects || exit 3
        "$p" --db "$db" check >/dev/null || exit 4
        "$p" --db "$db" --json import "$3" --project third || exit 5
    "#;
    let program_path = env!("CARGO_BIN_EXE_mlprompt-cli");
    let Some(ended) = with_mounts(&program, script, &[disk.to_str().unwrap(), program_path, &first, &file]) else {
        return eprintln!("No file system can be mounted here: the test is left out.");
    };
    let ended = ended.done();
    let said: Vec<&str> = ended.err.lines().collect();
    assert_eq!(said.len(), 2, "{}", ended.err);
    assert!(said[0].contains("nothing of it was kept, and the project is as it was"), "{}", ended.err);
    // The second finds the disk as full as the first left it: it may not even begin.
    assert!(said.iter().all(|line| line.to_lowercase().contains("free some space, then try again")), "{}", ended.err);
    let listed = &ended.lines()[0].to_string();
    assert!(listed.contains("first") && !listed.contains("second"), "{listed}");
    assert_eq!(ended.last()["report"]["rows_ready"], 40, "and there is room again");
}
