//! What somebody is told of a run's end who does not look at the window.

use mlprompt_core::{
    api::{RenameProject, RenameRun, RunId},
    run::RunStatus,
};

use crate::{
    fake_server::{Act, FakeServer},
    fixtures::{Bench, config, eventful, over_http, settled},
    scripted_model::{ScriptedModel, Wish},
    world::World,
};

#[tokio::test]
async fn a_notice_has_the_result_with_its_certainty_and_says_what_limits_it() {
    let (bench, _) = Bench::eventful().await;
    for (number, split) in ["the sealed test split", "a test split that an earlier run had opened"].into_iter().enumerate() {
        let view = bench.run(config(5)).await;
        let notice = bench.engine.notice(view.summary.id).await.unwrap().expect("an end");
        assert_eq!(notice.title, "run is done");
        let verdict = view.verdict.expect("a verdict");
        let simulated = "Simulated: the demo model took part; its figures say nothing about a real model.";
        assert_eq!(notice.body, format!("bench: {verdict} {simulated}"));
        assert!(notice.body.contains(split) && notice.body.contains("p = "), "run {number}: {}", notice.body);
    }
    let measured = bench.run(config(0)).await.summary.id;
    let notice = bench.engine.notice(measured).await.unwrap().expect("an end");
    assert!(
        notice.body.starts_with("bench: The prompts reach 30.0% (") && notice.body.contains("n = 10) on validation."),
        "{}",
        notice.body
    );
}

#[tokio::test]
async fn a_run_that_waits_for_its_user_is_told_unless_the_user_made_it_wait() {
    let server = FakeServer::start(World::default(), |_| Act::status(502, "bad gateway")).await;
    let (bench, config) = over_http(&server, [2, 2, 2], 1).await;
    let view = bench.run(config).await;
    assert_eq!(view.summary.status, RunStatus::Paused);
    let notice = bench.engine.notice(view.summary.id).await.unwrap().expect("news");
    assert_eq!(notice.title, "run is paused");
    assert!(notice.body.ends_with(&view.summary.stop_reason.unwrap()), "{}: nothing is simulated", notice.body);

    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(9, Wish::Pause, &bench.engine);
    let run = bench.start(crate::fixtures::config(2)).await;
    assert_eq!(settled(&bench.engine, run).await.summary.status, RunStatus::Paused);
    assert_eq!(bench.engine.notice(run).await.unwrap(), None);
    bench.engine.stop_run(RunId { run }).await.unwrap();
    assert_eq!(bench.engine.notice(run).await.unwrap(), None);
}

#[tokio::test]
async fn long_and_hostile_names_in_a_notice_are_short_and_shown_by_signs() {
    let (bench, _) = Bench::eventful().await;
    let long = format!("\u{202e}{}", "n".repeat(299));
    bench.engine.rename_project(RenameProject { project: bench.project, name: long.clone() }).await.unwrap();
    let run = bench.run(config(1)).await.summary.id;
    bench.engine.rename_run(RenameRun { run, name: long }).await.unwrap();
    let notice = bench.engine.notice(run).await.unwrap().expect("an end");
    let name = format!("⟨RLO⟩{}…", "n".repeat(59));
    assert_eq!(notice.title, format!("{name} is done"));
    assert!(notice.body.starts_with(&format!("{name}: ")), "{}", notice.body);
}
