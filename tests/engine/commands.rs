//! What a window asks of the engine besides running: projects, data, prompts, connections, results.

use mlprompt_core::{
    ErrorCode,
    api::{
        Compare, ConnectionId, CreateProject, ExportRun, FindElsewhere, GetEpoch, ListCompared, ListExamples, NoRequest, ProjectId,
        RenameProject, RenameRun, RunId, SaveConnection, SaveDraft, SavePromptVersion, Settings, SplitDataset, StartRun, TryPrompt,
    },
    connection::{Connection, ConnectionKind, KeyReference},
    dataset::{ExampleFilter, Split, SplitFilter, SplitPlan},
    keys::KeyStore,
    metric::{MetricKind, MetricSpec},
    prompt::{Half, LockedSpan, PromptDraft},
    run::{Bucket, RunConfig, RunEvent, RunPoint, RunStatus},
    store::Role,
};
use serde_json::{Value, json};

use crate::{
    fixtures::{Bench, SIZES, config, csv, eventful, mean, model, prompt, settled},
    scripted_model::{Act, ScriptedModel},
    world::{self, World},
};

#[tokio::test]
async fn projects_are_made_renamed_and_deleted_with_all_that_is_theirs() {
    let (bench, _) = Bench::eventful().await;
    let engine = &bench.engine;
    let made = engine.create_project(CreateProject { name: "  New task ".into() }).await.unwrap();
    assert_eq!((made.project.name.as_str(), made.project.rows, made.version), ("New task", 0, 0));
    assert!(made.draft.optimizer_system_prompt.contains("improve the prompts"), "the optimizer's own prompt is there from the start");
    let id = made.project.id;
    let renamed = engine.rename_project(RenameProject { project: id, name: "Task".into() }).await.unwrap();
    assert_eq!(renamed.name, "Task");
    let renamed = engine.rename_project(RenameProject { project: id, name: "Two\nlines\r\n".into() }).await.unwrap();
    assert_eq!(renamed.name, "Two lines", "a name is one line");
    for name in ["", " \t", &"x".repeat(301)] {
        assert_eq!(engine.create_project(CreateProject { name: name.into() }).await.unwrap_err().code, ErrorCode::Invalid);
        assert_eq!(engine.rename_project(RenameProject { project: id, name: name.into() }).await.unwrap_err().code, ErrorCode::Invalid);
    }
    bench.run(config(1)).await;
    engine.delete_project(ProjectId { project: bench.project }).await.unwrap();
    let left: Vec<i64> = engine.list_projects(NoRequest {}).await.unwrap().iter().map(|p| p.id).collect();
    assert_eq!(left, [id]);
    assert!(engine.all_runs().await.unwrap().is_empty(), "its runs went with it");
    assert_eq!(engine.open_project(ProjectId { project: bench.project }).await.unwrap_err().code, ErrorCode::NotFound);
    let without_data = engine.start_run(StartRun { project: id, config: config(1) }).await.unwrap_err();
    assert!(without_data.message.contains("no data yet"), "{}", without_data.message);
}

#[tokio::test]
async fn a_command_is_reached_by_its_name_and_answers_in_json() {
    let (bench, _) = Bench::eventful().await;
    let said = |name: &str, request: Value| bench.engine.command(name, &request).unwrap();
    let made: Value = serde_json::from_str(&said("create_project", json!({ "name": "By its name" })).await.unwrap()).unwrap();
    assert_eq!(made["project"]["name"], "By its name");
    let listed: Value = serde_json::from_str(&said("list_projects", json!({})).await.unwrap()).unwrap();
    let names: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|project| project["name"].as_str()).collect();
    assert!(names.contains(&"By its name"), "{names:?}");

    for nonsense in [Value::Null, json!({}), json!({ "name": 7 }), json!("By its name")] {
        let refused = said("create_project", nonsense).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Invalid);
        assert!(refused.message.starts_with("create_project was asked with what it does not understand"), "{}", refused.message);
    }
    assert_eq!(said("open_project", json!({ "project": 404 })).await.unwrap_err().code, ErrorCode::NotFound);
    assert!(bench.engine.command("drop_all", &json!({})).is_none(), "a name that is no command's leads nowhere");
}

#[tokio::test]
async fn a_card_shows_the_best_score_and_the_last_run() {
    let (bench, _) = Bench::eventful().await;
    let run = bench.run(config(5)).await.summary.id;
    let card = bench.engine.list_projects(NoRequest {}).await.unwrap().remove(0);
    assert_eq!((card.rows, card.runs, mean(card.best)), (30, 1, 0.7));
    assert_eq!(card.last_run.map(|r| (r.id, r.status)), Some((run, RunStatus::Completed)));
    assert_eq!(card.best_run.as_deref(), Some("run"));
    assert_eq!(card.sparkline.first().copied(), Some(0.3));
    // A later run that is worse, or ends before its first epoch, takes nothing away from the card.
    let worse = bench.run(RunConfig { name: "worse".into(), ..config(0) }).await.summary.id;
    let after = bench.engine.list_projects(NoRequest {}).await.unwrap().remove(0);
    assert_eq!(after.last_run.map(|run| run.id), Some(worse));
    assert_eq!((mean(after.best), after.best_run, after.sparkline), (0.7, card.best_run, card.sparkline));
}

#[tokio::test]
async fn a_card_says_whose_the_best_score_is_whatever_ran_last() {
    let (bench, _) = Bench::eventful().await;
    bench.run(config(5)).await;
    let real =
        Connection { name: "real".into(), kind: ConnectionKind::Openai, base_url: "http://127.0.0.1:9/v1".into(), ..Connection::blank() };
    let real = bench.engine.save_connection(SaveConnection { connection: real, secret: None }).await.unwrap().id;
    let mut later = RunConfig { name: "later".into(), ..config(0) };
    (later.primary.connection, later.optimizer.connection) = (real, real);
    bench.run(later).await;
    let card = bench.engine.list_projects(NoRequest {}).await.unwrap().remove(0);
    assert_eq!((card.best_run.as_deref(), card.last_run.map(|run| run.simulated_roles)), (Some("run"), Some(vec![])));
    assert_eq!(card.best_roles, [Role::Primary, Role::Optimizer]);
    assert_eq!(card.best_simulated, [Role::Primary, Role::Optimizer], "the last run says nothing of it");
}

#[tokio::test]
async fn runs_and_versions_of_other_projects_are_found_by_words_and_numbers() {
    let (bench, _) = Bench::eventful().await;
    let run = bench.run(RunConfig { name: "Short answers".into(), ..config(1) }).await.summary.id;
    let other = bench.engine.create_project(CreateProject { name: "Other".into() }).await.unwrap().project.id;
    let find = async |text: &str, project| {
        let found = bench.engine.find_elsewhere(FindElsewhere { text: text.into(), project }).await.unwrap();
        let runs: Vec<i64> = found.runs.iter().map(|run| run.id).collect();
        (runs, found.versions.iter().map(|version| (version.project, version.number)).collect::<Vec<_>>())
    };
    assert_eq!(find("short", Some(other)).await, (vec![run], vec![]));
    assert_eq!(find(&format!("SHORT #{run}"), None).await.0, [run]);
    let line = format!("Open run “Short answers” bench, #{run}, completed");
    for part in ["open short", "open run", "open run short answers", "completed short", &line] {
        assert_eq!(find(part, Some(other)).await.0, [run], "{part}: every word of its line finds it");
    }
    assert_eq!(find("Show prompt version 1 bench", Some(other)).await.1, [(bench.project, 1)]);
    assert_eq!(find("show v1", Some(other)).await.1, [(bench.project, 1)]);
    assert_eq!(find("short nowhere", None).await.0, [0; 0]);
    assert_eq!(find("short", Some(bench.project)).await.0, [0; 0], "those of the open project are known");
    assert_eq!(find("v1", Some(other)).await.1, [(bench.project, 1)]);
    assert_eq!(find("version 1", Some(bench.project)).await.1, [(0, 0); 0]);
    assert_eq!(find("v1 bench", None).await.1, [(bench.project, 1)], "words beside the number are those of its project");
    assert_eq!(find("v1 nowhere", None).await.1, [(0, 0); 0]);
    assert_eq!(find("  ", None).await, (vec![], vec![]));
    bench.engine.delete_run(RunId { run }).await.unwrap();
    assert_eq!(find("short", None).await.0, [0; 0]);
}

#[tokio::test]
async fn the_grid_pages_filters_and_searches_without_changing_a_cell() {
    let (bench, _) = Bench::eventful().await;
    let page = async |split, search: &str, offset, limit| {
        let filter = ExampleFilter { split, search: search.into(), ..ExampleFilter::default() };
        let request = ListExamples { project: bench.project, filter, sort: None, offset, limit };
        bench.engine.list_examples(request).await.unwrap()
    };
    let all = page(None, "", 0, 500).await;
    assert_eq!((all.total, all.rows.len()), (30, 30));
    assert_eq!(all.rows[0].user_input, world::input(0));
    assert_eq!(all.rows[0].variables[3], world::note(0), "every column stays");
    let second = page(Some(SplitFilter::Validation), "", 8, 5).await;
    assert_eq!((second.total, second.rows.len()), (10, 2), "the last page is short");
    assert!(second.rows.iter().all(|r| r.split == Some(Split::Validation)));
    let found = page(None, "TRUTH-2003", 0, 10).await;
    assert_eq!((found.total, found.rows[0].ground_truth_output.as_str()), (1, "truth-2003-test"), "case aside");
    assert_eq!(page(None, "%", 0, 10).await.total, 0, "a percent sign is a letter like any other");
}

#[tokio::test]
async fn a_new_split_leaves_earlier_runs_their_examples() {
    let (bench, _) = Bench::eventful().await;
    let run = bench.run(config(1)).await;
    let split = async |seed| {
        let plan = SplitPlan::Ratio { train: 50, validation: 50, test: 0, seed };
        bench.engine.split_dataset(SplitDataset { project: bench.project, plan }).await.unwrap()
    };
    let first = split(1).await;
    assert_eq!((first.sizes.train, first.sizes.validation, first.sizes.test), (15, 15, 0));
    let ids = async || {
        let filter = ExampleFilter { split: Some(SplitFilter::Train), ..ExampleFilter::default() };
        let request = ListExamples { project: bench.project, filter, sort: None, offset: 0, limit: 50 };
        bench.engine.list_examples(request).await.unwrap().rows.into_iter().map(|r| r.id).collect::<Vec<_>>()
    };
    let drawn = ids().await;
    split(2).await;
    assert_ne!(ids().await, drawn, "another seed draws anew");
    split(1).await;
    assert_eq!(ids().await, drawn, "the same seed draws the same");
    let after = bench.engine.get_run(RunId { run: run.summary.id }).await.unwrap();
    assert_eq!((after.summary.splits.test, after.summary.best.test), (10, run.summary.best.test));
    for plan in [SplitPlan::Files, SplitPlan::Ratio { train: 90, validation: 90, test: 0, seed: 0 }] {
        let refused = bench.engine.split_dataset(SplitDataset { project: bench.project, plan }).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Invalid);
    }
    assert_eq!(ids().await, drawn, "what was refused changed nothing");
}

#[tokio::test]
async fn test_examples_that_were_opened_stay_known_after_a_new_split_and_a_new_import() {
    let (bench, _) = Bench::eventful().await;
    bench.run(config(1)).await;
    let plan = SplitPlan::Ratio { train: 30, validation: 30, test: 40, seed: 3 };
    bench.engine.split_dataset(SplitDataset { project: bench.project, plan }).await.unwrap();
    let view = bench.run(config(1)).await;
    assert!(view.warnings.iter().any(|w| w.contains("of 12 test examples were opened by an earlier run")), "{:?}", view.warnings);
    assert_eq!(bench.import("bench", &csv(SIZES)).await, bench.project, "the same project");
    let opened = async |project| {
        let request = StartRun { project, config: config(1) };
        bench.engine.estimate_run(request).await.unwrap().test_opened
    };
    assert_eq!(opened(bench.project).await, 10, "before it starts the same is known, though the rows are new ones");
    let again = bench.run(config(1)).await;
    assert!(again.warnings.iter().any(|w| w.starts_with("10 of 10 test examples")), "{:?}", again.warnings);
    let other = bench.import("other", &csv(SIZES)).await;
    assert_eq!((opened(bench.project).await, opened(other).await), (10, 0));
    let run = bench.engine.start_run(StartRun { project: other, config: config(1) }).await.unwrap().id;
    let view = settled(&bench.engine, run).await;
    assert_eq!((view.summary.test_opened_before, view.warnings), (0, Vec::new()), "another project has test examples of its own");
}

#[tokio::test]
async fn drafts_are_kept_and_an_unchanged_prompt_gives_the_same_version() {
    let (bench, _) = Bench::eventful().await;
    let engine = &bench.engine;
    let draft = PromptDraft { prompt: prompt("half a sent"), optimizer_system_prompt: "Mine.".into(), ..PromptDraft::default() };
    engine.save_draft(SaveDraft { project: bench.project, draft: draft.clone() }).await.unwrap();
    assert_eq!(bench.another_engine().await.open_project(ProjectId { project: bench.project }).await.unwrap().draft, draft);
    let save = async |text: &str, note: &str| {
        let request = SavePromptVersion { project: bench.project, prompt: prompt(text), note: note.into() };
        engine.save_prompt_version(request).await.unwrap()
    };
    let first = save("one", "first").await;
    let same = save("one", "").await;
    assert_eq!((first.number, same.number, same.id, same.note.as_str()), (1, 1, first.id, "first"));
    let second = save("two", "").await;
    let third = save("one", "").await;
    assert_eq!((second.number, third.number), (2, 3), "going back is a new version");
    assert_eq!(save("one", "another").await.note, "another", "it had none yet");
    assert_eq!(save("one", "and another").await.note, "another", "what was written stays");
    let versions = engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!(versions.iter().map(|v| v.number).collect::<Vec<_>>(), [3, 2, 1], "newest first");
}

#[tokio::test]
async fn what_is_locked_in_the_draft_is_locked_in_the_version_made_of_it_and_in_the_run() {
    let (bench, _) = Bench::eventful().await;
    let engine = &bench.engine;
    let span = |text: &str| LockedSpan { half: Half::System, text: text.into() };
    let draft = PromptDraft { prompt: prompt("one"), locked: vec![span("on"), span("gone")], ..PromptDraft::default() };
    engine.save_draft(SaveDraft { project: bench.project, draft }).await.unwrap();
    let save = SavePromptVersion { project: bench.project, prompt: prompt("one"), note: String::new() };
    let version = engine.save_prompt_version(save).await.unwrap();
    assert_eq!(version.locked, [span("on")], "what it does not say cannot be locked in it");
    let offered = engine.default_run_config(ProjectId { project: bench.project }).await.unwrap();
    bench.run(mlprompt_core::run::RunConfig { locked: offered.locked, prompt: prompt("on and on"), ..config(0) }).await;
    let versions = engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!((versions[0].number, &versions[0].locked), (2, &vec![span("on")]), "the run's first prompt");
}

#[tokio::test]
async fn a_run_from_an_old_text_starts_from_the_version_that_has_it() {
    let (bench, _) = Bench::eventful().await;
    let save = async |text: &str| {
        let request = SavePromptVersion { project: bench.project, prompt: prompt(text), note: String::new() };
        bench.engine.save_prompt_version(request).await.unwrap().number
    };
    assert_eq!((save("skill 3/3/3").await, save("something else").await), (1, 2));
    bench.run(RunConfig { prompt: prompt("skill 3/3/3"), ..config(0) }).await;
    let slower = RunConfig { prompt: prompt("skill 3/3/3"), primary: model("slower", Connection::DEMO), ..config(0) };
    let last = bench.run(slower).await.summary.id;
    let versions = bench.engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!(versions.iter().map(|v| v.number).collect::<Vec<_>>(), [2, 1], "no copy of an old text");
    // Each model has its own figure, the newest first.
    let measured: Vec<&str> = versions[1].measured.iter().map(|m| m.model.as_str()).collect();
    assert_eq!(measured, ["slower", "primary"]);
    assert_eq!((versions[1].measured[0].run, versions[1].validation), (last, Some(versions[1].measured[0].score)));
}

#[tokio::test]
async fn a_version_is_measured_by_its_newest_run_on_each_connection_and_not_by_deleted_ones() {
    let (bench, _) = Bench::eventful().await;
    let save = async |text: &str| {
        let request = SavePromptVersion { project: bench.project, prompt: prompt(text), note: String::new() };
        bench.engine.save_prompt_version(request).await.unwrap().number
    };
    // The same text twice in the history: a run is of the newer one.
    assert_eq!((save("skill 3/3/3").await, save("something else").await, save("skill 3/3/3").await), (1, 2, 3));
    let elsewhere = Connection { name: "Elsewhere".into(), base_url: "http://localhost:9/v1".into(), ..Connection::blank() };
    let elsewhere = bench.engine.save_connection(SaveConnection { connection: elsewhere, secret: None }).await.unwrap().id;
    let on = |connection, validation_rows| RunConfig { primary: model("primary", connection), validation_rows, ..config(0) };
    let first = bench.run(on(Connection::DEMO, 10)).await.summary.id;
    let other = bench.run(on(elsewhere, 10)).await.summary.id;
    let newer = bench.run(on(Connection::DEMO, 5)).await.summary;
    let measured = async || {
        let versions = bench.engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
        assert_eq!(versions.iter().map(|v| v.number).collect::<Vec<_>>(), [3, 2, 1], "no run adds a copy");
        assert!(versions[1].measured.is_empty(), "{versions:?}");
        assert_eq!(versions[2].measured, versions[0].measured, "a score is one of the text");
        let version = versions.into_iter().next().unwrap();
        (version.measured.iter().map(|m| (m.run, m.connection)).collect::<Vec<_>>(), version.validation)
    };
    assert_eq!(measured().await, (vec![(newer.id, Connection::DEMO), (other, elsewhere)], newer.baseline.validation));
    bench.engine.delete_run(RunId { run: newer.id }).await.unwrap();
    let (runs, validation) = measured().await;
    assert_eq!(runs, [(other, elsewhere), (first, Connection::DEMO)]);
    assert_eq!(validation.map(|score| score.n), Some(10));
}

#[tokio::test]
async fn the_truth_and_unknown_names_in_a_prompt_are_told_before_a_run() {
    let (bench, _) = Bench::eventful().await;
    let truth = bench.engine.open_project(ProjectId { project: bench.project }).await.unwrap().dataset.unwrap().roles.truth.unwrap();
    let warnings = async |text: &str| {
        let request = StartRun { project: bench.project, config: RunConfig { prompt: prompt(text), ..config(1) } };
        let estimate = bench.engine.estimate_run(request.clone()).await.unwrap().warnings;
        assert_eq!(bench.engine.preflight(request).await.unwrap().warnings, estimate);
        estimate.join(" ")
    };
    let told = warnings(&format!("{{{{{truth}}}}} {{{{nope}}}}")).await;
    assert!(told.contains("the column of the ground truth") && told.contains("No column is called nope"), "{told}");
    let told = warnings("{{nope}} {{neither}} {{nor this}}").await;
    assert!(told.contains("No column is called nope, nor 2 more between double braces"), "{told}");
    let told = warnings("{{note}}").await;
    assert!(!told.contains("ground truth") && !told.contains("No column"), "{told}");
}

fn trying(bench: &Bench, example: Option<i64>, system: &str) -> TryPrompt {
    TryPrompt {
        project: bench.project,
        prompt: prompt(system),
        example,
        input: "row 5 typed by hand".into(),
        model: model("primary", Connection::DEMO),
        metrics: config(1).metrics,
        extract: None,
        sample: 0,
    }
}

#[tokio::test]
async fn a_prompt_can_be_tried_on_any_example_but_a_sealed_one() {
    let (bench, model) = Bench::eventful().await;
    let rows = bench
        .engine
        .list_examples(ListExamples { project: bench.project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 50 })
        .await
        .unwrap()
        .rows;
    let of = |split| rows.iter().find(|r| r.split == Some(split)).unwrap().id;
    let tried = bench.engine.try_prompt(trying(&bench, Some(of(Split::Validation)), "skill 5/5/5 {{note}}")).await.unwrap();
    assert_eq!(tried.messages[0].content, format!("skill 5/5/5 {}", world::note(1000)));
    assert_eq!((tried.prediction.score, tried.ground_truth_output, tried.cached), (Some(1.0), Some(world::truth(1000)), false));
    let again = bench.engine.try_prompt(trying(&bench, Some(of(Split::Validation)), "skill 5/5/5 {{note}}")).await.unwrap();
    assert_eq!((again.cached, model.calls()), (true, 1), "the same question is paid once");
    let typed = bench.engine.try_prompt(trying(&bench, None, "skill 9/9/9 {{user_input}}|{{note}}|")).await.unwrap();
    assert_eq!(typed.messages[0].content, "skill 9/9/9 row 5 typed by hand||", "what was typed stands in its own column");
    assert_eq!((typed.prediction.response.as_str(), typed.outcome, typed.prediction.score), ("truth-5-train", None, None));
    let refused = bench.engine.try_prompt(trying(&bench, Some(of(Split::Test)), "skill 5/5/5")).await.unwrap_err();
    assert!(refused.message.contains("sealed"), "{}", refused.message);
    assert_eq!(model.calls(), 2, "nothing was sent");
    assert!(bench.engine.try_prompt(trying(&bench, Some(9_999), "x")).await.is_err());
}

#[tokio::test]
async fn an_answer_bought_by_trying_is_not_bought_again_by_a_run() {
    let (bench, model) = Bench::eventful().await;
    let filter = ExampleFilter { split: Some(SplitFilter::Train), ..ExampleFilter::default() };
    let rows = ListExamples { project: bench.project, filter, sort: None, offset: 0, limit: 1 };
    let example = bench.engine.list_examples(rows).await.unwrap().rows[0].id;
    bench.engine.try_prompt(trying(&bench, Some(example), "skill 3/3/3")).await.unwrap();
    let usage = bench.run(config(0)).await.summary.usage;
    assert_eq!(usage.cached, 1);
    assert_eq!(model.most_answers_to_one_request(), 1);
}

#[tokio::test]
async fn the_demo_connection_is_protected_and_keys_go_to_the_key_store_alone() {
    let (bench, _) = Bench::eventful().await;
    let engine = &bench.engine;
    let demo = engine.list_connections(NoRequest {}).await.unwrap().remove(0);
    assert_eq!((demo.id, demo.kind), (Connection::DEMO, ConnectionKind::Demo));
    assert!(engine.delete_connection(ConnectionId { connection: Connection::DEMO }).await.is_err());
    assert!(engine.save_connection(SaveConnection { connection: demo.clone(), secret: None }).await.is_err());
    let own = Connection {
        name: " Mine ".into(),
        kind: ConnectionKind::Openai,
        base_url: "https://models.example/v1/ ".into(),
        key: KeyReference::Keychain,
        timeout_seconds: 0,
        concurrency: 0,
        default_model: "m".into(),
        ..Connection::blank()
    };
    let saved = engine.save_connection(SaveConnection { connection: own.clone(), secret: Some(" key-1 ".into()) }).await.unwrap();
    assert_eq!((saved.name.as_str(), saved.base_url.as_str()), ("Mine", "https://models.example/v1"));
    assert_eq!((saved.timeout_seconds, saved.concurrency), (1, 1), "limits that make sense");
    assert!(!serde_json::to_string(&engine.list_connections(NoRequest {}).await.unwrap()).unwrap().contains("key-1"));
    let name = key_name(&bench, saved.id).await;
    let kept = || bench.keys.get(&name).unwrap().map(|k| secrecy::ExposeSecret::expose_secret(&k).to_owned());
    assert_eq!(kept().as_deref(), Some("key-1"));
    engine.save_connection(SaveConnection { connection: saved.clone(), secret: None }).await.unwrap();
    assert_eq!(kept().as_deref(), Some("key-1"), "no new key leaves the kept one");
    engine.delete_connection(ConnectionId { connection: saved.id }).await.unwrap();
    assert_eq!(kept(), None, "the key is forgotten with its connection");
    assert_eq!(engine.list_connections(NoRequest {}).await.unwrap().len(), 1);
    let back = engine.restore_connection(ConnectionId { connection: saved.id }).await.unwrap();
    assert_eq!(back, saved);
    assert_eq!(engine.list_connections(NoRequest {}).await.unwrap(), [demo, saved.clone()]);
    assert_eq!(kept().as_deref(), Some("key-1"), "taken back, the key is where it was");
    engine.delete_connection(ConnectionId { connection: saved.id }).await.unwrap();
    let reopened = bench.another_engine().await;
    reopened.restore_connection(ConnectionId { connection: saved.id }).await.unwrap();
    assert_eq!(kept(), None, "no key outlives the process that took it away");
    let refused = engine.restore_connection(ConnectionId { connection: 99 }).await.unwrap_err();
    assert!(refused.message.contains("Make a new one"), "{}", refused.message);
    for base_url in ["", "models.example", "ftp://models.example", "https://user:secret@models.example/v1"] {
        let connection = Connection { base_url: base_url.into(), ..own.clone() };
        let refused = engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap_err();
        assert!(refused.message.contains("base URL") && !refused.message.contains("secret"), "{}", refused.message);
    }
}

async fn key_name(bench: &Bench, connection: i64) -> String {
    mlprompt_core::keys::key_name(&bench.store().await.database_id().await.unwrap(), connection)
}

#[tokio::test]
async fn a_run_without_its_key_does_not_start_and_says_where_the_key_belongs() {
    let (bench, _) = Bench::eventful().await;
    let server = crate::fake_server::FakeServer::start(World::default(), |_| crate::fake_server::Act::Answer).await;
    for (key, words) in [
        (KeyReference::Keychain, "Open Connections and enter it"),
        (KeyReference::Environment { variable: "NO_SUCH_KEY".into() }, "NO_SUCH_KEY is not set"),
    ] {
        let connection = server.connection(ConnectionKind::Openai, key);
        let saved = bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
        let mut config = config(1);
        config.primary.connection = saved.id;
        let refused = bench.engine.start_run(StartRun { project: bench.project, config }).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Unauthorized);
        assert!(refused.message.contains(words), "{}", refused.message);
    }
    assert!(bench.engine.all_runs().await.unwrap().is_empty() && server.count() == 0);
}

#[tokio::test]
async fn a_watcher_that_comes_late_and_a_second_one_are_told_the_same() {
    let model = ScriptedModel::with_rule(eventful(), |_, _| Act::After(std::time::Duration::from_millis(1)));
    let bench = Bench::scripted(&model).await;
    let run = bench.start(config(3)).await;
    let kept = async |after: u64, other: bool| {
        let engine = if other { bench.another_engine().await } else { bench.engine.clone() };
        let (mut watch, mut told) = (engine.watch(run, after), Vec::new());
        while let Some(event) = watch.next().await.unwrap() {
            if event.seq > 0 {
                told.push(event);
            }
        }
        told
    };
    // Two at once while it runs, one of them as another process would; one after its end.
    let (first, second) = tokio::join!(kept(0, false), kept(0, true));
    assert_eq!(first, second);
    assert!(matches!(first[0].event, RunEvent::Started { .. }) && matches!(first.last().unwrap().event, RunEvent::Finished { .. }));
    settled(&bench.engine, run).await;
    assert_eq!(kept(0, false).await, first);
    assert_eq!(kept(first[2].seq, true).await, first[3..], "only what came after the number");
}

#[tokio::test]
async fn an_epoch_shows_what_was_seen_and_what_changed() {
    let (bench, model) = Bench::eventful().await;
    let run = bench.run(config(4)).await.summary.id;
    let detail = bench.engine.get_epoch(GetEpoch { run, epoch: 1 }).await.unwrap();
    assert_eq!((detail.before, detail.proposed), (prompt("skill 3/3/3"), Some(prompt("skill 5/5/5"))));
    assert_eq!((detail.explanation.as_str(), detail.exchange.len(), detail.shown.len()), ("Tried skill 5/5/5.", 1, 5));
    assert_eq!(detail.exchange[0].messages, model.optimizer_requests()[0].messages, "exactly what was sent");
    assert!(detail.shown.iter().all(|s| s.user_input.ends_with("of the train split")));
    assert_eq!((detail.buckets.fixed, detail.buckets.broken, detail.buckets.still_wrong, detail.buckets.still_right), (2, 0, 5, 3));
    let page =
        async |bucket, offset, limit| bench.engine.list_compared(ListCompared { run, epoch: 4, bucket, offset, limit }).await.unwrap();
    assert_eq!((page(None, 0, 500).await.total, page(Some(Bucket::Broken), 0, 500).await.total), (10, 3), "5 right before, 2 after");
    assert_eq!(page(None, 8, 500).await.rows.len(), 2);
    let invalid = bench.engine.get_epoch(GetEpoch { run, epoch: 3 }).await.unwrap();
    assert!(invalid.proposed.is_none() && invalid.exchange.len() == 2);
    assert_eq!(bench.engine.get_epoch(GetEpoch { run, epoch: 77 }).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn two_prompts_are_compared_on_the_examples_answered_under_both() {
    let (bench, _) = Bench::eventful().await;
    let run = bench.run(config(5)).await.summary.id;
    let point = |epoch| RunPoint { run, epoch };
    let compare = async |first, second, split| bench.engine.compare(Compare { first: point(first), second: point(second), split }).await;
    let gained = compare(Some(0), None, Split::Validation).await.unwrap();
    assert_eq!((gained.first_epoch, gained.second_epoch), (Some(0), Some(5)), "without an epoch the best is meant");
    assert_eq!((mean(gained.first_score), mean(gained.second_score)), (0.3, 0.7));
    assert_eq!((gained.buckets.fixed, gained.buckets.broken, gained.rows.len()), (4, 0, 10));
    let lost = compare(Some(5), Some(4), Split::Validation).await.unwrap();
    assert_eq!(lost.buckets.broken, 5);
    assert_eq!(lost.rows[0].bucket, Bucket::Broken, "broken ones come first");
    let tested = compare(Some(0), None, Split::Test).await.unwrap();
    assert_eq!((mean(tested.first_score), mean(tested.second_score)), (0.3, 0.7));
    assert!(compare(Some(0), None, Split::Train).await.is_err());
    let invalid = compare(Some(0), Some(3), Split::Validation).await.unwrap_err();
    assert!(invalid.message.contains("no usable prompt"), "{}", invalid.message);
}

#[tokio::test]
async fn a_score_has_the_same_interval_beside_another_one_as_alone() {
    let (bench, _) = Bench::eventful().await;
    let metrics = vec![MetricSpec { metric: MetricKind::Edit, weight: 1.0 }];
    let of = |seed, text: &str| RunConfig { metrics: metrics.clone(), seed, prompt: prompt(text), ..config(0) };
    let runs = [bench.run(of(1, "skill 3/3/3")).await.summary, bench.run(of(2, "skill 6/6/6")).await.summary];
    let [one, other] = runs.map(|run| (RunPoint { run: run.id, epoch: Some(0) }, run.baseline.validation));
    assert!(one.1.is_some_and(|score| score.score > 0.0 && score.score < 1.0), "{:?}", one.1);
    for (first, second) in [(one, other), (other, one)] {
        let compare = Compare { first: first.0, second: second.0, split: Split::Validation };
        let compared = bench.engine.compare(compare).await.unwrap();
        for (beside, alone) in [(compared.first_score, first.1), (compared.second_score, second.1)] {
            let (beside, alone) = (beside.unwrap(), alone.unwrap());
            assert_eq!((beside.score, beside.n), (alone.score, alone.n));
            // As text on disk they lose their last digit.
            assert!((beside.low - alone.low).abs() < 1e-12 && (beside.high - alone.high).abs() < 1e-12, "{beside:?} {alone:?}");
        }
    }
}

#[tokio::test]
async fn a_run_is_exported_as_json_csv_and_markdown() {
    let (bench, _) = Bench::eventful().await;
    let view = bench.run(config(5)).await;
    let run = view.summary.id;
    let export = async |format: &str| bench.engine.export_run(ExportRun { run, format: format.into() }).await.map(|t| t.text);
    let json: serde_json::Value = serde_json::from_str(&export("json").await.unwrap()).unwrap();
    assert_eq!(json["run"]["best"]["system_prompt"], "skill 7/7/7");
    assert_eq!(json["epochs"].as_array().map(Vec::len), Some(6));
    let csv = export("csv").await.unwrap();
    let decisions: Vec<String> = csv.lines().skip(1).map(|l| l.split(',').nth(1).unwrap().to_owned()).collect();
    assert_eq!(decisions, ["baseline", "accepted", "rejected", "invalid", "rejected", "accepted"]);
    let column = |name: &str| -> Vec<u64> {
        let at = csv.lines().next().unwrap().split(',').position(|head| head == name).unwrap();
        csv.lines().skip(1).map(|l| l.split(',').nth(at).unwrap().parse().unwrap()).collect()
    };
    let (calls, so_far) = (column("calls"), column("calls_so_far"));
    assert_eq!(so_far, view.epochs.iter().map(|e| e.usage.calls).collect::<Vec<_>>());
    assert!(
        calls
            .iter()
            .scan(0, |sum, n| {
                *sum += n;
                Some(*sum)
            })
            .eq(so_far.iter().copied()),
        "{calls:?} {so_far:?}"
    );
    let markdown = export("md").await.unwrap();
    assert!(markdown.contains("skill 7/7/7") && markdown.contains("| best (epoch 5) |"));
    assert!(export("pdf").await.unwrap_err().message.contains("json, csv, md, html or certificate"));
}

#[tokio::test]
async fn runs_are_renamed_listed_and_deleted() {
    let (bench, _) = Bench::eventful().await;
    let (first, second) = (bench.run(config(1)).await.summary.id, bench.run(config(1)).await.summary.id);
    let renamed = bench.engine.rename_run(RenameRun { run: first, name: " Better name ".into() }).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.config.name.as_str()), ("Better name", "Better name"));
    let listed: Vec<i64> = bench.engine.list_runs(ProjectId { project: bench.project }).await.unwrap().iter().map(|r| r.id).collect();
    assert_eq!(listed, [second, first], "newest first");
    bench.engine.delete_run(RunId { run: second }).await.unwrap();
    assert_eq!(bench.engine.get_run(RunId { run: second }).await.unwrap_err().code, ErrorCode::NotFound);
    let third = bench.run(config(1)).await;
    assert_ne!(third.summary.id, second, "a number is never given twice");
}

#[tokio::test]
async fn deleting_a_run_does_not_seal_its_test_examples_anew() {
    let (bench, _) = Bench::eventful().await;
    let first = bench.run(config(1)).await.summary.id;
    bench.engine.delete_run(RunId { run: first }).await.unwrap();
    let again = bench.run(config(1)).await.summary.id;
    let warnings = bench.engine.get_run(RunId { run: again }).await.unwrap().warnings;
    assert!(warnings.iter().any(|w| w.starts_with("10 of 10 test examples")), "{warnings:?}");
    // With the project they are gone, and do not stick to other examples that get their numbers.
    bench.engine.delete_run(RunId { run: again }).await.unwrap();
    bench.engine.delete_project(ProjectId { project: bench.project }).await.unwrap();
    bench.engine.empty_deleted(NoRequest {}).await.unwrap();
    let other = bench.import("other", &csv(SIZES)).await;
    let run = bench.engine.start_run(StartRun { project: other, config: config(1) }).await.unwrap();
    assert_eq!(settled(&bench.engine, run.id).await.warnings, Vec::<String>::new());
}

#[tokio::test]
async fn settings_are_kept_and_nonsense_is_refused() {
    let (bench, _) = Bench::eventful().await;
    let saved =
        bench.engine.save_settings(Settings { theme: "dark".into(), text_size: 900, backups: 900, ..Settings::default() }).await.unwrap();
    assert_eq!((saved.text_size, saved.backups), (200, 30));
    assert_eq!(bench.another_engine().await.get_settings(NoRequest {}).await.unwrap().theme, "dark");
    assert!(bench.engine.save_settings(Settings { theme: "pink".into(), ..Settings::default() }).await.is_err());
}
