//! What each command prints, as the contract has it.

use mlprompt_core::{
    api::{NoRequest, SaveConnection},
    connection::{Connection, ConnectionKind},
};
use serde_json::{Value, json};

use crate::program::{Program, reviews};

/// A short training on the demo model.
fn train<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["train", "--data", file, "--system-prompt", "Is this review positive or negative?", "--epochs", "3"];
    all.extend(more);
    all
}

fn is_score(value: &Value) -> bool {
    let mut names: Vec<&String> = value.as_object().map(|o| o.keys().collect()).unwrap_or_default();
    names.sort();
    names == ["high", "low", "missing", "n", "score"] && value["low"].as_f64() <= value["score"].as_f64()
}

#[test]
fn json_lines_begin_with_started_and_end_with_finished_and_hold_what_the_contract_names() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(120));
    let ended = program.run(&[&["--json"], train(&file, &[]).as_slice()].concat()).done();
    assert_eq!(ended.err, "", "nothing goes to stderr");
    let lines = ended.lines();
    let names: Vec<&str> = lines.iter().map(|l| l["event"].as_str().unwrap()).collect();
    assert_eq!((names.first(), names.last()), (Some(&"started"), Some(&"finished")));
    assert!(lines.iter().all(|l| l["run"] == 1), "every line names its run");
    assert!(names.iter().all(|n| ["started", "progress", "epoch", "proposal", "warning", "finished"].contains(n)), "{names:?}");
    let started = &lines[0];
    assert_eq!(started["splits"], json!({"train": 72, "validation": 24, "test": 24}));
    assert!(started["config"]["epochs"] == 3 && started["estimate"]["calls_high"].is_u64());
    let epoch = lines.iter().find(|l| l["event"] == "epoch" && l["epoch"] == 1).unwrap();
    for name in ["decision", "reason", "train", "validation", "delta", "p", "fixed", "broken", "usage"] {
        assert!(epoch.get(name).is_some(), "an epoch has {name}");
    }
    let proposal = lines.iter().find(|l| l["event"] == "proposal").unwrap();
    for name in ["epoch", "system_prompt", "output_prompt", "system_reasoning", "output_reasoning", "explanation", "status"] {
        assert!(proposal.get(name).is_some(), "a proposal has {name}");
    }
    let finished = lines.last().unwrap();
    assert_eq!(finished["status"], "completed");
    assert!(finished["stop_reason"].as_str().is_some_and(|r| !r.is_empty()));
    for side in ["baseline", "best"] {
        for split in ["train", "validation", "test"] {
            let score = &finished[side][split];
            assert!(score.is_null() && side == "best" && split == "train" || is_score(score), "{side} {split}: {score}");
        }
    }
    assert!(
        finished["best"]["epoch"].is_u64()
            && finished["best"]["system_prompt"].is_string()
            && finished["best"]["output_prompt"].is_string()
    );
    for name in ["calls", "cached", "retries", "failed", "prompt_tokens", "completion_tokens"] {
        assert!(finished["usage"][name].is_u64(), "usage has {name}");
    }
    assert!(finished["usage"].get("cost").is_some());
    for role in ["primary", "optimizer", "judge"] {
        assert!(finished["usage"]["by_role"][role]["calls"].is_u64(), "usage has {role}");
    }
    let by_role: u64 = ["primary", "optimizer", "judge"].iter().map(|r| finished["usage"]["by_role"][r]["calls"].as_u64().unwrap()).sum();
    assert_eq!(finished["usage"]["calls"], by_role);
}

#[test]
fn the_same_seed_gives_the_same_result_and_the_report_is_for_people() {
    let file = reviews(120);
    let finished = || {
        let program = Program::new();
        let path = program.file("reviews.csv", &file);
        program.run(&[&["--json"], train(&path, &["--seed", "7"]).as_slice()].concat()).done().last()
    };
    let (first, second) = (finished(), finished());
    for part in ["baseline", "best", "stop_reason"] {
        assert_eq!(first[part], second[part]);
    }
    let program = Program::new();
    let path = program.file("reviews.csv", &file);
    let ended = program.run(&train(&path, &[])).done();
    for words in ["Epoch  0", "baseline", "best (epoch", "calls", "Simulated: the demo model took part", "What to do next:\n- "] {
        assert!(ended.out.contains(words), "{words:?} is missing in:\n{}", ended.out);
    }
}

#[test]
fn files_named_as_splits_by_their_options_may_be_called_anything() {
    let program = Program::new();
    let (a, b, c) = (
        program.file("alpha.csv", reviews(20)),
        // The option says what a file is, not its name.
        program.file("train-but-not-really.csv", reviews(30).replace("Order", "Parcel")),
        program.file("gamma.txt", reviews(40).replace("Order", "Letter")),
    );
    let all = ["--json", "train", "--train", &a, "--validation", &b, "--test", &c, "--epochs", "1", "--project", "three"];
    assert_eq!(program.run(&all).done().lines()[0]["splits"], json!({"train": 20, "validation": 30, "test": 40}));
    let two = ["--json", "train", "--train", &a, "--validation", &b, "--epochs", "1", "--project", "two"];
    let finished = program.run(&two).done();
    assert_eq!(finished.lines()[0]["splits"]["test"], 0);
    assert_eq!(finished.last()["best"]["test"], Value::Null, "without a test split its figures are null");
}

#[test]
fn eval_measures_every_row_and_writes_one_prediction_each() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    let out = program.path("predictions.csv");
    let all = ["--json", "eval", "--data", &file, "--system-prompt", "positive or negative?", "--predictions", out.to_str().unwrap()];
    let finished = program.run(&all).done().last();
    assert_eq!(finished["event"], "finished");
    assert!(is_score(&finished["score"]) && finished["score"]["n"] == 40, "{finished}");
    let predictions = std::fs::read_to_string(&out).unwrap();
    let mut lines = predictions.lines();
    assert_eq!(lines.next(), Some("number,user_input,ground_truth_output,model_response,answer,score,outcome,missing"));
    assert_eq!(lines.count(), 40);
    assert!(predictions.contains("\"Order 7: a terrible thing, truly terrible.\",negative"));
}

#[test]
fn runs_projects_show_and_export_tell_of_what_was_done() {
    let program = Program::new();
    assert!(program.run(&["projects"]).done().out.contains("No projects yet"));
    assert!(program.run(&["runs"]).done().out.contains("No runs yet"));
    let file = program.file("reviews.csv", reviews(120));
    program.run(&train(&file, &["--project", "Shop", "--run-name", "first try"])).done();
    let project = program.run(&["--json", "projects"]).done().last();
    assert_eq!((&project["name"], &project["rows"], &project["runs"]), (&json!("Shop"), &json!(120), &json!(1)));
    let run = program.run(&["--json", "runs", "--project", "Shop"]).done().last();
    assert_eq!((&run["id"], &run["name"], &run["status"]), (&json!(1), &json!("first try"), &json!("completed")));
    assert!(program.run(&["runs"]).done().out.contains("first try"));
    assert!(program.run(&["projects"]).done().out.contains("Shop"));
    let shown = program.run(&["show", "1"]).done().out;
    assert!(shown.contains("first try") && shown.contains("What to do next:\n- "), "{shown}");
    let view = program.run(&["--json", "show", "1"]).done().last();
    assert_eq!(view["epochs"][0]["decision"], "baseline");
    let export = |format: &str| program.run(&["export", "1", "--format", format]).done().out;
    let exported: Value = serde_json::from_str(&export("json")).unwrap();
    assert_eq!(exported["run"]["best"], view["summary"]["best"]);
    assert_eq!(export("csv").lines().count(), 1 + view["epochs"].as_array().unwrap().len());
    assert!(export("md").starts_with("# first try"));
    let target = program.path("run.md");
    program.run(&["export", "1", "--format", "md", "--output", target.to_str().unwrap()]).done();
    assert_eq!(std::fs::read_to_string(target).unwrap().trim_end(), export("md").trim_end());
}

#[test]
fn import_reports_what_it_found_and_keeps_every_cell() {
    let program = Program::new();
    let file = program.file("odd.csv", "input,output\n007,1e5\n TRUE,null\n\"two\r\nlines\",x\n,empty input\nempty truth,\n007,1e5\n");
    let report = program.path("report.json");
    let ended = program.run(&["--json", "import", &file, "--project", "odd", "--report", report.to_str().unwrap()]).done();
    let written: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let imported = ended.last();
    assert_eq!((&imported["event"], &imported["report"]), (&json!("imported"), &written));
    assert_eq!((&written["rows_read"], &written["rows_ready"], &written["set_aside_count"]), (&json!(6), &json!(4), &json!(2)));
    assert_eq!((&written["duplicates"], &written["empty_inputs"], &written["empty_truths"]), (&json!(1), &json!(1), &json!(1)));
    let plain = program.run(&["import", &file, "--project", "odd"]).done().out;
    assert!(plain.contains("Imported 4 examples") && plain.contains("line"), "{plain}");
}

#[test]
fn a_sheet_of_a_workbook_is_imported_by_name() {
    let program = Program::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/libreoffice.ods");
    let options = ["--sheet", "Zweites Blatt", "--input", "Frage", "--truth", "Antwort"];
    let ended = program.run(&[&["import", file, "--project", "sheet"][..], &options].concat()).done();
    assert!(ended.out.contains("Imported 1 example ") && ended.out.contains("Read as ODS, sheet Zweites Blatt"), "{}", ended.out);
    let refused = program.run(&["import", file, "--project", "sheet", "--sheet", "none"]);
    assert!(refused.code == Some(1) && refused.err.contains("has no sheet `none`"), "{}", refused.err);
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_cancels_an_import_and_leaves_nothing_behind() {
    let program = Program::new();
    let file = program.file("long.csv", reviews(600_000));
    program.run(&["projects"]).done();
    let child = program.spawn(&["import", &file, "--project", "long"]);
    let store = mlprompt_core::store::Store::open(&program.database()).await.unwrap();
    while store.incomplete_datasets().await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let ended: crate::program::Ended = child.wait_with_output().unwrap().into();
    assert_eq!((ended.code, ended.err.trim()), (Some(130), "The import was cancelled; nothing was kept."));
    assert!(program.run(&["projects"]).done().out.contains("No projects yet"));
    assert!(store.incomplete_datasets().await.unwrap().is_empty());
}

#[test]
fn the_data_of_a_project_is_described_changed_and_undone() {
    let program = Program::new();
    let file = program.file("data.csv", "text,label\na,x\nb,y\na,x\na,y\nlonger,x\n");
    program.run(&["import", &file, "--project", "data"]).done();
    let data = |more: &[&str]| program.run(&[&["--json", "data", "data"], more].concat()).done().last();
    let profile = data(&[]);
    assert_eq!(profile["duplicates"], json!({"groups": 1, "examples": 2}));
    assert_eq!(profile["contradictions"], json!({"groups": 1, "examples": 3}));
    assert_eq!((&profile["labels"][0], &profile["input_characters"]["longest"]), (&json!({"label": "x", "count": 3}), &json!(6)));
    let resolved = data(&["resolve", "keep-majority"]);
    assert_eq!((&resolved["version"], &resolved["excluded"]), (&json!(2), &json!(1)));
    assert_eq!(data(&["undo"])["excluded"], 0);
    assert_eq!(data(&["redo"])["excluded"], 1);
    assert_eq!(data(&["restore", "1"])["excluded"], 0);
    let versions = program.run(&["--json", "data", "data", "versions"]).done().lines();
    let told: Vec<(&str, bool)> = versions.iter().map(|v| (v["change"].as_str().unwrap(), v["current"] == true)).collect();
    assert_eq!(told, [("went back to version 1", true), ("excluded 1 example (contradictions)", false), ("imported data.csv", false)]);
    let people = program.run(&["data", "data"]).done().out;
    assert!(people.contains("5 examples, 0 excluded") && people.contains("inputs, characters"), "{people}");
    let none = program.run(&["data", "data", "restore", "9"]);
    assert!(none.code == Some(1) && none.err.contains("no dataset version 9"), "{}", none.err);
}

#[test]
fn prompts_are_read_from_files_and_a_sample_needs_none() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    program.file("prompt.txt", "Is it positive or negative?\n");
    let started =
        program.run(&["--json", "train", "--data", &file, "--system-prompt", "@prompt.txt", "--epochs", "1"]).done().lines().remove(0);
    assert_eq!(started["config"]["prompt"]["system_prompt"], "Is it positive or negative?\n", "byte for byte");
    let sample = program.run(&["--json", "train", "--sample", "sentiment", "--epochs", "1"]).done().lines().remove(0);
    assert_eq!(sample["config"]["prompt"]["system_prompt"], "Is this review positive, negative or neutral?");
}

#[test]
fn the_defaults_are_those_of_the_contract() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    let config = program.run(&["--json", "train", "--data", &file]).done().lines()[0]["config"].clone();
    let expected = json!({"strategy": "greedy", "accept": "any", "alpha": 0.1, "early_stop": true, "epochs": 10, "examples": 5, "select": "mixed", "patience": 5,
        "target_score": null, "concurrency": 16, "samples": 1, "seed": 0, "use_cache": true,
        "budget": {"max_calls": null, "max_tokens": null, "max_cost": null, "max_seconds": null}});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&config[name], value, "{name}");
    }
    assert_eq!((&config["primary"]["temperature"], &config["primary"]["max_output_tokens"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_search_tells_what_it_made_and_spends_its_calls() {
    let program = Program::new();
    let train = ["--json", "train", "--sample", "tickets", "--strategy", "pareto"];
    let ended = program.run(&[&train[..], &["--max-calls", "900", "--lock", "Which queue should this message go to"]].concat()).done();
    let (lines, last) = (ended.lines(), ended.last());
    assert_eq!((&lines[0]["config"]["epochs"], &lines[0]["config"]["locked"][0]["half"]), (&json!(100), &json!("system")));
    let made = |name: &str| last["usage"][name].as_u64().unwrap();
    let [candidates, proposals, gated, validated] = ["candidates", "proposals", "gated", "validated"].map(made);
    assert!(candidates >= gated + validated && validated > 0 && proposals > 0, "{}", last["usage"]);
    // Those of a round that the limit cut short were told, but belong to no epoch.
    assert!(proposals <= lines.iter().filter(|l| l["event"] == "proposal").count() as u64);
    assert!(made("calls") <= 900 && last["best"]["system_prompt"].as_str().unwrap().contains("Which queue should this message go to"));
    let refused = program.run(&[&train[..], &["--lock", "no such text"]].concat());
    assert!(refused.code == Some(1) && refused.err.contains("--lock \"no such text\": neither prompt has this text"), "{}", refused.err);
}

#[test]
fn preflight_says_before_a_run_whether_it_is_worth_its_money() {
    let program = Program::new();
    let asked = |more: &[&str]| {
        program.run(&[more, &["preflight", "--sample", "tickets", "--strategy", "pareto", "--epochs", "2"]].concat()).done()
    };
    let report = asked(&["--json"]).last();
    assert_eq!((&report["event"], &report["noise"]), (&json!("preflight"), &json!(0.0)), "{report}");
    for name in ["headroom", "detectable"] {
        assert!(report[name].as_f64().is_some_and(|x| x > 0.0 && x < 1.0), "{name} in {report}");
    }
    assert!(report["proposals"].as_u64() > Some(2) && report["calls_high"].as_u64() > report["calls_low"].as_u64(), "{report}");
    assert!(report["suspects"].is_array() && report["duplicates"].is_u64(), "{report}");
    let verdict = report["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("Worth training: "), "{verdict}");
    assert!(asked(&[]).out.contains(verdict));
}

#[test]
fn the_certificate_of_a_search_is_written_as_markdown() {
    let program = Program::new();
    program.run(&["train", "--sample", "extraction", "--strategy", "pareto", "--max-calls", "700"]).done();
    let text = program.run(&["export", "1", "--format", "certificate"]).done().out;
    assert!(text.starts_with("# Certificate of ") && text.contains("Paired on ") && text.contains("BLAKE3"), "{text}");
    assert!(text.contains("real improvement was shown on the sealed test split."), "{text}");
}

#[test]
fn a_sample_is_divided_by_the_seed_that_is_given() {
    let program = Program::new();
    let baseline = |options: &[&str]| {
        let train = ["--json", "train", "--sample", "tickets", "--epochs", "1", "--max-calls", "500"];
        program.run(&[&train[..], options].concat()).done().last()["baseline"]["validation"]["score"].as_f64().unwrap()
    };
    let (first, other) = (baseline(&["--split-seed", "1"]), baseline(&["--split-seed", "2"]));
    assert!((first - other).abs() > 1e-9, "another division has other validation examples");
    assert!((baseline(&["--split-seed", "1"]) - first).abs() < 1e-9, "the same seed divides the same way");
    assert!((baseline(&[]) - first).abs() < 1e-9, "without a seed the division stays");
}

#[tokio::test]
async fn repeats_divide_the_file_anew_and_end_with_mean_and_spread() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(120));
    let ended = program.run(&["--json", "train", "--data", &file, "--repeats", "3", "--epochs", "2", "--run-name", "Trial"]).done();
    let lines = ended.lines();
    assert_eq!(lines.iter().filter(|l| l["event"] == "finished").count(), 3);
    let group = ended.last();
    assert_eq!(
        (&group["event"], &group["name"], &group["of"], &group["completed"]),
        (&"repeats".into(), &"Trial".into(), &3.into(), &3.into())
    );
    let tests: Vec<f64> = lines.iter().filter(|l| l["event"] == "finished").map(|l| l["best"]["test"]["score"].as_f64().unwrap()).collect();
    let mean = tests.iter().sum::<f64>() / 3.0;
    assert!((group["best_test"]["mean"].as_f64().unwrap() - mean).abs() < 1e-12 && group["best_test"]["n"] == 3, "{group}");
    assert!(group["gain_validation"]["spread"].is_number(), "{group}");

    let store = mlprompt_core::store::Store::open(&program.database()).await.unwrap();
    let mut divisions = Vec::new();
    for run in 1..=3 {
        let validation = store.run_example_ids(run, mlprompt_core::dataset::Split::Validation).await.unwrap();
        let training = store.run_example_ids(run, mlprompt_core::dataset::Split::Train).await.unwrap();
        assert!(validation.iter().all(|e| !training.contains(e)), "no example trains and validates one run");
        divisions.push(validation);
    }
    assert!(divisions[0] != divisions[1] && divisions[1] != divisions[2], "every repeat has a division of its own");
    assert_eq!(store.split_ids(1, mlprompt_core::dataset::Split::Validation).await.unwrap().len(), divisions[0].len());
    let kept = store.split_ids(1, mlprompt_core::dataset::Split::Validation).await.unwrap();
    assert_eq!(kept, divisions[0], "the dataset keeps its division");
}

#[test]
fn repeats_of_a_division_that_stands_in_the_file_are_refused() {
    let program = Program::new();
    let file = program.file("rows.csv", crate::fake_server::rows(20));
    let ended = program.run(&["train", "--data", &file, "--split-column", "split", "--repeats", "2", "--epochs", "1"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("Divide it by ratio"), "{}", ended.err);
}

#[tokio::test]
async fn the_database_is_checked_and_copied() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    program.run(&["train", "--data", &file, "--epochs", "1"]).done();
    assert!(program.run(&["check"]).done().out.starts_with("The database is sound"));
    let copy = program.path("copy.db");
    program.run(&["copy", copy.to_str().unwrap()]).done();
    let runs = async |file: &std::path::Path| {
        let store = mlprompt_core::store::Store::open(file).await.unwrap();
        store.all_runs().await.unwrap().into_iter().map(|r| (r.id, r.name, r.best.validation)).collect::<Vec<_>>()
    };
    assert_eq!(runs(&copy).await, runs(&program.database()).await);
    assert_eq!(runs(&copy).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_through_the_proxy_of_the_system() {
    let (program, proxy) = (Program::new(), crate::fake_server::FakeServer::start().await);
    let file = program.file("rows.csv", crate::fake_server::rows(4));
    // No name server knows this host: only the proxy can be reached.
    let mut command = program.command(&["--json", "eval", "--data", &file, "--metric", "exact", "--system-prompt", "skill 10"]);
    command.args(["--provider", "openai", "--base-url", "http://models.company.invalid/v1", "--model", "primary"]);
    command
        .env_remove("NO_PROXY")
        .env("HTTP_PROXY", format!("http://{}", proxy.address))
        .env("http_proxy", format!("http://{}", proxy.address));
    let ended: crate::program::Ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap().into();
    assert_eq!(ended.done().last()["score"]["score"], 1.0);
    assert_eq!(proxy.answered(), 12);
}

#[test]
fn a_project_keeps_the_prompt_it_was_trained_with_first() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(60));
    let system = |arguments: &[&str]| {
        let ended = program.run(arguments).done();
        ended.lines()[0]["config"]["prompt"]["system_prompt"].clone()
    };
    let first = "Is this review positive or negative?";
    assert_eq!(system(&[&["--json"], train(&file, &[]).as_slice()].concat()), first);
    assert_eq!(system(&["--json", "train", "--data", &file, "--epochs", "1"]), first, "the window would show it, too");
    let other = ["--json", "train", "--data", &file, "--epochs", "1", "--system-prompt", "Another one."];
    assert_eq!(system(&other), "Another one.");
    assert_eq!(system(&["--json", "train", "--data", &file, "--epochs", "1"]), first, "what is there stays");
}

#[test]
fn names_turn_nothing_round_and_leave_a_table_its_columns() {
    let program = Program::new();
    let file = program.file("reviews.csv", reviews(40));
    let turned = format!("gnp\u{202e}exe {}", "long ".repeat(50));
    let name = turned.trim();
    let imported = program.run(&["import", &file, "--project", "marks \u{2067}"]).done().out;
    assert!(imported.contains("into \"marks ⟨RLI⟩\""), "{imported}");
    program.run(&["train", "--data", &file, "--epochs", "1", "--run-name", name]).done();
    let listed = program.run(&["runs"]).done().out;
    assert!(listed.contains("gnp⟨RLO⟩exe long") && listed.contains('…') && !listed.contains('\u{202e}'), "{listed}");
    let widths: Vec<usize> = listed.lines().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|width| *width < 140), "{widths:?}");
    let place = |line: &str, word: &str| line.split(word).next().map(|before| before.chars().count());
    let (head, row) = listed.split_once('\n').unwrap();
    assert_eq!(place(head, "status"), place(row, "completed"), "{listed}");
    assert!(program.run(&["show", "1"]).done().out.contains("gnp⟨RLO⟩exe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_connection_stays_as_it_is_but_for_what_is_asked_for() {
    let (program, server) = (Program::new(), crate::fake_server::FakeServer::start().await);
    let file = program.file("rows.csv", crate::fake_server::rows(4));
    let url = server.url();
    let engine = program.engine().await;
    let mine = Connection {
        name: "Mine".into(),
        kind: ConnectionKind::Ollama,
        base_url: url.clone(),
        timeout_seconds: 600,
        concurrency: 1,
        default_model: "primary".into(),
        ..Connection::blank()
    };
    let saved = engine.save_connection(SaveConnection { connection: mine, secret: None }).await.unwrap();
    for (options, expected) in [(&[][..], (600, 1)), (&["--timeout", "90"], (90, 1)), (&["--concurrency", "3"], (90, 3))] {
        let mut arguments = vec!["--json", "eval", "--data", &file, "--metric", "exact", "--provider", "ollama", "--base-url", &url];
        arguments.extend(["--model", "primary"]);
        arguments.extend(options);
        program.run(&arguments).done();
        let known = engine.list_connections(NoRequest {}).await.unwrap();
        let found = known.iter().find(|c| c.id == saved.id).unwrap();
        assert_eq!((found.timeout_seconds, found.concurrency), expected, "after {options:?}");
        assert_eq!(known.iter().filter(|c| c.base_url == url).count(), 1, "no second one is made");
    }
}
