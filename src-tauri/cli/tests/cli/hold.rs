//! What other programs may do to the database while a process has it open.

#![cfg(target_os = "linux")]

use std::{fs::File, process::Command};

use mlprompt_core::{
    api::{CreateProject, NoRequest},
    engine::{Engine, Parts},
};

use crate::program::Program;

/// The database that `a_program_that_reads_and_closes` is told to read.
const READ: &str = "MLPROMPT_TEST_READ";

/// Not a test of its own: another process, which opens and closes a database as any program with SQLite does.
#[test]
#[ignore = "started by the test below"]
fn a_program_that_reads_and_closes() {
    let file = std::env::var_os(READ).unwrap();
    let connection = rusqlite::Connection::open(file).unwrap();
    let projects: i64 = connection.query_row("SELECT count(*) FROM project", [], |r| r.get(0)).unwrap();
    println!("{projects} projects");
}

#[tokio::test]
async fn a_file_dialog_that_reads_the_database_does_not_open_it_to_other_programs() {
    let program = Program::new();
    let database = program.database();
    let engine = Engine::open(Parts::real(&database).unwrap()).await.unwrap();
    let make = async |name: &str| engine.create_project(CreateProject { name: name.into() }).await.unwrap();
    make("first").await;
    // As the file chooser of the desktop does with every file it lists: this ends the locks that SQLite holds.
    for ending in ["", "-wal", "-shm"] {
        drop(File::open(format!("{}{ending}", database.display())).unwrap());
    }
    let read = || {
        let other = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "hold::a_program_that_reads_and_closes", "--nocapture"])
            .env(READ, &database)
            .output()
            .unwrap();
        String::from_utf8(other.stdout).unwrap()
    };
    assert!(read().contains("1 projects"));
    make("second").await;
    assert!(read().contains("2 projects"), "what is written after the other program has closed is in the database");
    assert_eq!(engine.list_projects(NoRequest {}).await.unwrap().len(), 2);
}
