//! Exports of data and whole projects, from one database to another.

use serde_json::Value;

use crate::program::{Program, reviews, text};

fn trained(program: &Program) {
    let file = program.file("reviews.csv", reviews(120));
    program.run(&["train", "--data", &file, "--system-prompt", "Is this review positive or negative?", "--epochs", "2"]).done();
}

#[test]
fn a_project_goes_to_another_database_with_its_run() {
    let (here, there) = (Program::new(), Program::new());
    trained(&here);
    let file = text(&here.path("reviews.mlprompt"));
    here.run(&["export-project", "reviews", &file]).done();
    let again = here.run(&["export-project", "reviews", &file]);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("is there already") && again.err.contains("--replace"), "{}", again.err);
    here.run(&["export-project", "reviews", &file, "--replace"]).done();
    let line: Value = there.run(&["--json", "import-project", &file]).done().lines().remove(0);
    assert_eq!((&line["event"], &line["runs"], &line["rows"]), (&"imported".into(), &1.into(), &120.into()));
    let shown = |program: &Program| program.run(&["show", "1"]).done().out;
    assert_eq!(shown(&there), shown(&here));
    let letter = here.file("letter.mlprompt", "Dear reader");
    let refused = there.run(&["import-project", &letter]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("letter.mlprompt is another kind of file"), "{}", refused.err);
}

#[test]
fn the_best_prompts_are_shipped_and_runs_are_reported() {
    let program = Program::new();
    trained(&program);
    let best = program.run(&["--json", "show", "1"]).done().lines().remove(0)["summary"]["best"].clone();
    let text = program.run(&["ship", "1"]).done().out;
    assert!(text.contains("Sealed test: ") && text.contains(best["system_prompt"].as_str().unwrap()), "{text}");
    let messages: Value = serde_json::from_str(&program.run(&["ship", "1", "--format", "messages"]).done().out).unwrap();
    assert_eq!(messages[0]["content"], best["system_prompt"]);
    let python = program.run(&["ship", "1", "--format", "python"]);
    assert!(python.code == Some(1) && python.err.contains("no server"), "{}", python.err);
    let file = program.path("report.html");
    program.run(&["export", "1", "--format", "html", "-o", file.to_str().unwrap()]).done();
    let report = std::fs::read_to_string(file).unwrap();
    assert!(report.starts_with("<!doctype html>") && report.contains("<svg role=\"img\""));
    let compared = program.run(&["compare", "1", "1", "--test"]).done().out;
    assert!(compared.contains("No difference") || compared.contains("no difference"), "{compared}");
}

#[test]
fn examples_are_written_in_the_format_the_name_says() {
    let program = Program::new();
    trained(&program);
    let file = text(&program.path("out.jsonl"));
    let line: Value =
        program.run(&["--json", "export-data", "reviews", "-o", &file, "--split", "validation", "--run", "1"]).done().lines().remove(0);
    assert_eq!((&line["event"], &line["rows"]), (&"exported".into(), &24.into()));
    let written = std::fs::read_to_string(&file).unwrap();
    for line in written.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert!(row["split"] == "validation" && row["run 1 outcome"] != "", "{row}");
    }
    let unknown = program.run(&["export-data", "reviews", "-o", &text(&program.path("out.doc"))]);
    assert!(unknown.code == Some(1) && unknown.err.contains("--format"), "{}", unknown.err);
}

#[test]
fn projects_are_put_away_and_come_back() {
    let program = Program::new();
    trained(&program);
    program.run(&["project", "duplicate", "reviews", "second", "--data-only"]).done();
    program.run(&["project", "delete", "reviews"]).done();
    let names = |program: &Program| -> Vec<Value> {
        program.run(&["--json", "projects"]).done().lines().into_iter().map(|p| p["name"].clone()).collect()
    };
    assert_eq!(names(&program), ["second"]);
    program.run(&["project", "restore", "reviews"]).done();
    assert_eq!(names(&program).len(), 2);
    program.run(&["project", "delete", "second"]).done();
    let emptied = program.run(&["--json", "project", "empty"]).done().lines().remove(0);
    assert_eq!(emptied["removed"], 1);
    assert_eq!(program.run(&["project", "restore", "second"]).code, Some(1));
}
