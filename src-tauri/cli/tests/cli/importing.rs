//! Imports that are broken off by the machine: killed at any moment, and on a disk that runs full. What was there stays as it was.

#![cfg(unix)]

use std::{fmt::Write, path::Path, process::Command, time::Duration};

use serde_json::{Value, json};

use crate::program::{Ended, Program, reviews, text};

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

#[test]
fn a_file_that_may_not_be_read_is_named_and_leaves_the_project_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let program = Program::new();
    let (first, secret) = (program.file("first.csv", reviews(40)), program.file("secret.csv", reviews(40)));
    program.run(&["import", &first, "--project", "first"]).done();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
    let (before, listed) = (on_disk(&program.database()), projects(&program));
    let import = ["import", &secret, "--project", "first"];
    let ended: Ended = if std::fs::File::open(&secret).is_err() {
        program.run(&import)
    } else {
        // The superuser may read everything, unless it gives that away first.
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]);
        command.arg(env!("CARGO_BIN_EXE_mlprompt-cli")).arg("--db").arg(program.database()).args(import);
        let Ok(output) = command.output() else { return eprintln!("Nothing here gives rights away: the test is left out.") };
        output.into()
    };
    assert_eq!(ended.code, Some(1), "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("secret.csv may not be read. Allow reading it"), "{}", ended.err);
    assert_eq!((on_disk(&program.database()), projects(&program)), (before, listed));
}

#[test]
fn every_option_of_reading_is_obeyed() {
    let program = Program::new();
    // Bytes of Cyrillic that look like accents, cells divided by `~`, quotes of another kind, no header, a split of its own.
    let mut bytes = Vec::new();
    for row in 0..40 {
        let split = ["train", "train", "dev", "test"][row % 4];
        bytes.extend_from_slice(b"'\xd4~");
        bytes.extend_from_slice(format!("{row}'~{}~{split}~00{row}\n", ["a", "b"][row % 2]).as_bytes());
    }
    let file = program.file("odd.txt", bytes);
    let report = program.path("report.json");
    let reading = ["--encoding", "iso-8859-5", "--delimiter", "~", "--quote", "'", "--no-header"];
    let roles = ["--input", "column 1", "--truth", "column 2", "--split-column", "column 3", "--id-column", "column 4"];
    let more = ["--project", "odd", "--report", report.to_str().unwrap()];
    let imported = program.run(&[&["--json", "import", &file][..], &reading, &roles, &more].concat()).done().last();
    assert_eq!(imported["sizes"], json!({"train": 20, "validation": 10, "test": 10}));
    assert_eq!(imported["roles"], json!({"input": "column 1", "truth": "column 2", "split": "column 3", "id": "column 4"}));
    assert_eq!(serde_json::from_slice::<Value>(&std::fs::read(&report).unwrap()).unwrap(), imported["report"]);
    let out = text(&program.path("out.jsonl"));
    program.run(&["export-data", "odd", "-o", &out]).done();
    let rows: Vec<Value> = std::fs::read_to_string(&out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), &rows[7]["column 1"], &rows[7]["column 4"]), (40, &json!("д~7"), &json!("007")));

    // A later file is known by those ids, when the project is named.
    let later = program.file("later.csv", "column 1,column 2,column 3,column 4\nother,a,train,000\nnew,b,dev,0040\n");
    let stranger = program.run(&["merge", &later]);
    assert!(stranger.code == Some(1) && stranger.err.contains("Import it as new data"), "{}", stranger.err);
    let merged = program.run(&["--json", "merge", &later, "--project", "odd"]).done().last();
    assert_eq!((&merged["updated"], &merged["added"]), (&json!(1), &json!(1)));
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_made_safe_on_request_only() {
    let program = Program::new();
    let file = program.file("sums.csv", "text,label\n=1+1,a\n\"@SUM(A1),b\",b\n-5,+c\n'plain,d\n");
    program.run(&["import", &file, "--project", "sums", "--input", "text", "--truth", "label"]).done();
    let out = text(&program.path("out.csv"));
    let lines = |more: &[&str]| -> Vec<String> {
        program.run(&[&["export-data", "sums", "-o", &out, "--replace"], more].concat()).done();
        std::fs::read_to_string(&out).unwrap().lines().skip(1).map(str::to_owned).collect()
    };
    let plain = lines(&[]);
    assert!(plain[0].starts_with("\"=1+1\",\"a\"") && plain[1].starts_with("\"@SUM(A1),b\""), "{plain:?}");
    let safe = lines(&["--safe-for-spreadsheets"]);
    for (line, begins) in safe.iter().zip(["\"'=1+1\",\"a\"", "\"'@SUM(A1),b\",\"b\"", "\"-5\",\"'+c\"", "\"'plain\",\"d\""]) {
        assert!(line.starts_with(begins), "{safe:?}");
    }
}
