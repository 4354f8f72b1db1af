//! What is known before a run starts: the form, what it would cost, and whether its budget suffices.

use mlprompt_core::{
    ErrorCode,
    api::{DuplicateProject, ProjectId, SaveDraft, SavePreparedRun, StartRun},
    engine::first_config,
    prompt::{Half, LockedSpan, Prompt, PromptDraft},
    run::{Budget, PreparedRun, RunConfig, StrategyKind},
};

use crate::fixtures::{Bench, config, model};

#[tokio::test]
async fn the_next_run_is_offered_with_the_settings_of_the_last_and_the_draft() {
    let (bench, _) = Bench::eventful().await;
    bench.run(RunConfig { epochs: 2, patience: 7, use_cache: false, ..config(2) }).await;
    let draft = PromptDraft {
        prompt: Prompt { system_prompt: "Draft.".into(), output_prompt: String::new() },
        optimizer_system_prompt: "O".into(),
        locked: vec![LockedSpan { half: Half::System, text: "Draft".into() }],
        taken: None,
    };
    bench.engine.save_draft(SaveDraft { project: bench.project, draft }).await.unwrap();
    let offered = bench.engine.default_run_config(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!((offered.name.as_str(), offered.epochs, offered.patience), ("Run 2", 2, 7));
    assert!(offered.use_cache, "paying for everything anew is meant for one run");
    assert_eq!((offered.prompt.system_prompt.as_str(), offered.optimizer_system_prompt.as_str()), ("Draft.", "O"));
    assert_eq!(offered.locked, [LockedSpan { half: Half::System, text: "Draft".into() }]);
    let first = bench.engine.first_run_config(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!((first.name.as_str(), first.strategy, first.epochs), ("Run 2", StrategyKind::Pareto, first_config().epochs));
    assert_eq!(first.prompt, offered.prompt, "what a project begins with has nothing of the last run, and the prompts of now");
}

#[tokio::test]
async fn a_long_first_prompt_has_room_to_grow_and_a_limit_that_leaves_none_is_said() {
    let (bench, _) = Bench::eventful().await;
    let prompt = Prompt { system_prompt: "Route it. ".repeat(2_000), output_prompt: String::new() };
    let draft = PromptDraft { prompt: prompt.clone(), optimizer_system_prompt: String::new(), locked: vec![], taken: None };
    bench.engine.save_draft(SaveDraft { project: bench.project, draft }).await.unwrap();
    let offered = bench.engine.default_run_config(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!(offered.max_prompt_chars, 30_000);
    let warned = async |max_prompt_chars| {
        let config = RunConfig { prompt: prompt.clone(), max_prompt_chars, ..config(2) };
        let request = StartRun { project: bench.project, config };
        bench.engine.estimate_run(request).await.unwrap().warnings.into_iter().find(|w| w.contains("longest proposed prompt"))
    };
    let said = warned(12_000).await.expect("a warning");
    assert!(said.starts_with("The system prompt has 20,000 characters, and a proposed one may have 20,000:"), "{said}");
    assert_eq!(warned(30_000).await, None);
}

#[tokio::test]
async fn the_form_of_a_new_run_is_kept_until_the_run_is_started() {
    let (bench, _) = Bench::eventful().await;
    let (engine, project) = (&bench.engine, bench.project);
    assert_eq!(engine.prepared_run(ProjectId { project }).await.unwrap(), None, "nothing was filled in yet");

    let prepared = PreparedRun { config: RunConfig { epochs: 3, patience: 0, ..config(2) }, own_prompts: true, repeats: 5 };
    let save = |prepared| SavePreparedRun { project, prepared };
    engine.save_prepared_run(save(Some(prepared.clone()))).await.unwrap();
    assert_eq!(engine.prepared_run(ProjectId { project }).await.unwrap(), Some(prepared.clone()), "what cannot be started is kept as well");
    let copy = engine.duplicate_project(DuplicateProject { project, name: "Copy".into(), data_only: false }).await.unwrap().project.id;
    assert_eq!(engine.prepared_run(ProjectId { project: copy }).await.unwrap(), None, "it is no part of a copy");

    // A model whose connection is gone is no model to start with.
    let mut lost = prepared.clone();
    lost.config.primary.connection = 4_711;
    engine.save_prepared_run(save(Some(lost))).await.unwrap();
    let found = engine.prepared_run(ProjectId { project }).await.unwrap().unwrap();
    assert_ne!(found.config.primary.connection, 4_711);
    assert_eq!(found.config.epochs, 3);

    engine.save_prepared_run(save(None)).await.unwrap();
    assert_eq!(engine.prepared_run(ProjectId { project }).await.unwrap(), None);
    engine.save_prepared_run(save(Some(prepared))).await.unwrap();
    bench.run(config(1)).await;
    assert_eq!(engine.prepared_run(ProjectId { project }).await.unwrap(), None, "the next form begins with what is usual by then");
    let gone = engine.save_prepared_run(SavePreparedRun { project: 99_999, prepared: None }).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_form_that_cannot_be_read_or_whose_judge_is_gone_is_no_hindrance() {
    let (bench, _) = Bench::eventful().await;
    let (engine, project) = (&bench.engine, bench.project);
    let judged = RunConfig { judge: Some(model("judge", 4_711)), ..config(2) };
    let prepared = PreparedRun { config: judged, own_prompts: false, repeats: 1 };
    engine.save_prepared_run(SavePreparedRun { project, prepared: Some(prepared) }).await.unwrap();
    let found = engine.prepared_run(ProjectId { project }).await.unwrap().unwrap();
    assert_eq!(found.config.judge, None, "a judge whose connection is gone scores nothing");

    let database = rusqlite::Connection::open(bench.database()).unwrap();
    database.execute("UPDATE project SET prepared = '{\"of\": \"an earlier program\"}' WHERE id = ?1", [project]).unwrap();
    assert_eq!(engine.prepared_run(ProjectId { project }).await.unwrap(), None);

    engine.delete_project(ProjectId { project }).await.unwrap();
    let refused = engine.save_prepared_run(SavePreparedRun { project, prepared: None }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound);
    assert_eq!(engine.prepared_run(ProjectId { project }).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn an_estimate_bounds_what_a_run_uses() {
    let (bench, model) = Bench::eventful().await;
    let estimate = bench.engine.estimate_run(StartRun { project: bench.project, config: config(5) }).await.unwrap();
    assert_eq!(model.calls(), 0, "an estimate costs nothing");
    let view = bench.run(config(5)).await;
    assert!(
        (estimate.calls_low..=estimate.calls_high).contains(&view.summary.usage.calls),
        "{estimate:?} against {}",
        view.summary.usage.calls
    );
    assert_eq!((estimate.splits.train, estimate.hosts.len()), (10, 0));
}

#[tokio::test]
async fn a_budget_too_small_for_an_epoch_says_which_one_would_do() {
    for strategy in [StrategyKind::Greedy, StrategyKind::Pareto] {
        let (bench, _) = Bench::eventful().await;
        let with = |max_calls| RunConfig { strategy, budget: Budget { max_calls: Some(max_calls), ..Budget::default() }, ..config(5) };
        let estimated = async |calls| bench.engine.estimate_run(StartRun { project: bench.project, config: with(calls) }).await.unwrap();
        let warned = estimated(20).await;
        let warning = warned.warnings.iter().find(|w| w.starts_with("20 calls do not suffice for one epoch.")).expect("a warning");
        let enough: u64 = warning.rsplit(' ').nth(2).unwrap().parse().expect(warning);
        let says = |warnings: &[String]| warnings.iter().any(|w| w.contains("suffice"));
        assert!(says(&estimated(enough * 7 / 10).await.warnings), "{strategy:?}: {enough} is not far from the least");
        assert!(!says(&estimated(enough).await.warnings), "{strategy:?}: {enough} suffice");
        let view = bench.run(with(enough)).await;
        assert!(view.epochs.len() > 1, "{strategy:?}: {enough} calls, {:?}", view.summary.stop_reason);
    }
}
