//! Exit codes, and sentences on stderr that name the file and the next step.

use crate::program::{Ended, Program, reviews, text};

fn failed(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.code, Some(1), "stdout: {}\nstderr: {}", ended.out, ended.err);
    assert_eq!(ended.out, "", "nothing goes to standard output");
    for word in words {
        assert!(ended.err.contains(word), "{word:?} is missing in: {}", ended.err);
    }
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

#[test]
fn files_that_are_no_data_are_named_with_what_to_do() {
    let program = Program::new();
    std::fs::create_dir(program.path("folder.csv")).unwrap();
    let picture: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";
    let cases = [
        (program.file("picture.csv", picture), vec!["picture.csv", "picture"]),
        (program.file("binary.csv", [0u8, 1, 2, 3].repeat(500)), vec!["binary.csv", "binary data"]),
        (program.file("table.xlsx", "PK\x03\x04"), vec!["table.xlsx", "no whole workbook", "save it again"]),
        (program.file("empty.csv", ""), vec!["empty.csv", "is empty", "at least one row"]),
        (program.file("blank.csv", "\n\n \n"), vec!["blank.csv", "empty lines"]),
        (program.file("header.csv", "input,output\n"), vec!["header.csv"]),
        (program.file("one.csv", "input\nfirst\nsecond\nthird\n"), vec!["one.csv"]),
        (text(&program.path("folder.csv")), vec!["folder.csv", "is a folder"]),
        (text(&program.path("nowhere.csv")), vec!["nowhere.csv", "does not exist", "Check the name"]),
    ];
    for (file, words) in cases {
        for command in ["train", "eval"] {
            failed(&program.run(&[command, "--data", &file]), &words);
        }
        failed(&program.run(&["import", &file, "--project", "p"]), &words);
    }
    assert!(program.run(&["projects"]).done().out.contains("No projects yet"), "what failed left nothing behind");
}

#[test]
fn columns_that_are_not_there_are_named_with_those_that_are() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    failed(&program.run(&["train", "--data", &file, "--input", "text"]), &["reviews.csv has no column `text`", "`review`, `sentiment`"]);
    failed(&program.run(&["train", "--data", &file, "--truth", "label"]), &["reviews.csv has no column `label`", "`sentiment`"]);
    failed(&program.run(&["train", "--data", &file, "--split-column", "part"]), &["reviews.csv has no column `part`", "Choose one of"]);
}

#[test]
fn missing_cells_and_doubled_headers_are_no_errors_but_said() {
    let program = Program::new();
    let holes = program.file("holes.csv", format!("{}\nonly an input,\n,positive\n", reviews(40).trim_end()));
    let report = program.run(&["import", &holes, "--project", "holes"]).done().out;
    assert!(
        report.contains("Imported 40 examples") && report.contains("2 rows set aside") && report.contains("holes.csv line 42"),
        "{report}"
    );
    let doubled = program.file("doubled.csv", "input,output,input\na,x,1\nb,y,2\nc,x,3\nd,y,4\n");
    let report = program.run(&["import", &doubled, "--project", "doubled", "--input", "input", "--truth", "output"]).done().out;
    assert!(report.contains("Imported 4 examples") && report.contains("Note:") && report.contains("input"), "{report}");
    let all_missing = program.file("all-missing.csv", "input,output\na,\nb,\nc,\n");
    let ended = program.run(&["train", "--data", &all_missing]);
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert!(!ended.err.trim().is_empty());
}

#[test]
fn wrong_usage_ends_with_2() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    for wrong in [
        vec!["train"],
        vec!["fly"],
        vec![],
        vec!["train", "--data", &file, "--epochs", "many"],
        vec!["train", "--data", &file, "--epochs", "0"],
        vec!["train", "--data", &file, "--train", &file],
        vec!["train", "--train", &file],
        vec!["train", "--data", &file, "--strategy", "magic"],
        vec!["export", "1", "--format", "pdf"],
        vec!["show", "first"],
    ] {
        let ended = program.run(&wrong);
        assert_eq!(ended.code, Some(2), "{wrong:?}: {}", ended.err);
        assert!(!ended.err.is_empty() && ended.out.is_empty(), "{wrong:?}");
    }
    assert_eq!(program.run(&["--help"]).code, Some(0));
    assert_eq!(program.run(&["--version"]).code, Some(0));
}

#[test]
fn what_is_asked_for_and_cannot_be_done_ends_with_1_and_a_sentence() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    let with = |more: &[&str]| program.run(&[&["train", "--data", &file], more].concat());
    failed(&with(&["--provider", "openai", "--base-url", "http://127.0.0.1:9/v1"]), &["--model"]);
    failed(&with(&["--provider", "openai", "--model", "m", "--base-url", "nonsense"]), &["base URL"]);
    failed(&with(&["--provider", "openai", "--model", "m"]), &["OPENAI_API_KEY is not set"]);
    failed(&with(&["--system-prompt", "@nowhere.txt"]), &["nowhere.txt", "Check the path"]);
    failed(&with(&["--metric", "accuracy"]), &["\"accuracy\" is no metric", "exact"]);
    failed(&with(&["--split", "most"]), &["60/20/20"]);
    failed(&with(&["--max-calls", "0"]), &["allows nothing"]);
    failed(&program.run(&["train", "--sample", "poems"]), &["poems", "tickets"]);
    failed(&program.run(&["show", "77"]), &["run"]);
    failed(&program.run(&["resume", "77"]), &["run"]);
    failed(&program.run(&["export", "77"]), &["run"]);
    failed(&program.run(&["runs", "--project", "Nobody"]), &["Nobody"]);
}

#[test]
fn an_ended_run_is_not_resumed() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    program.run(&["train", "--data", &file, "--epochs", "1"]).done();
    failed(&program.run(&["resume", "1"]), &["has ended", "new run"]);
}

#[test]
fn databases_that_cannot_be_opened_are_named() {
    let program = Program::new();
    std::fs::create_dir(program.database()).unwrap();
    failed(&program.run(&["projects"]), &["test.db", "Check the path"]);
    std::fs::remove_dir(program.database()).unwrap();
    std::fs::write(program.database(), "no database at all, ".repeat(100)).unwrap();
    failed(&program.run(&["projects"]), &["test.db"]);
}

#[test]
fn an_unreachable_server_pauses_with_its_address_and_how_to_go_on() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    let url = format!("http://{address}/v1");
    let all = ["--json", "train", "--data", &file, "--provider", "openai", "--base-url", &url, "--model", "m", "--concurrency", "4"];
    let ended = program.run(&all);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(ended.last()["status"], "paused");
    assert!(ended.err.contains(&address) && ended.err.contains("mlprompt-cli resume 1"), "{}", ended.err);
    assert!(program.run(&["projects"]).done().out.contains("reviews"), "the project stays usable");
}

#[test]
fn a_key_in_the_address_is_refused_and_not_repeated() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    for address in ["http://127.0.0.1:9/v1?key=AIza-canary", "http://127.0.0.1:9/v1#AIza-canary", "http://me:AIza-canary@127.0.0.1:9/v1"] {
        let ended = program.run(&["train", "--data", &file, "--provider", "openai", "--base-url", address, "--model", "m"]);
        failed(&ended, &["The base URL of 127.0.0.1:9 must"]);
        assert!(!ended.err.contains("canary"), "{}", ended.err);
    }
    let database = std::fs::read(program.database()).unwrap();
    assert!(!database.windows(6).any(|bytes| bytes == b"canary"), "it is in the database");
}

#[test]
fn a_reader_that_goes_ends_the_program_without_a_word() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(60));
    program.run(&["import", &file, "--project", "p"]).done();
    let train = vec!["train", "--data", &file, "--epochs", "1"];
    for command in [vec!["projects"], vec!["data", "p", "profile"], train] {
        let mut child = program.spawn(&command);
        drop(child.stdout.take());
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(130), "{command:?}: {}", ended.err);
        assert!(!ended.err.contains("panicked") && !ended.err.contains("os error"), "{command:?}: {}", ended.err);
    }
}
