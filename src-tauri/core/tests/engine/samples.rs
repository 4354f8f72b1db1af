//! The three samples under the settings that are offered for them.

use std::sync::Arc;

use mlprompt_core::{
    api::{CreateSample, NoRequest, ProjectId},
    clock::SystemClock,
    engine::RealModels,
    run::{Decision, RunStatus},
};

use crate::fixtures::{Bench, SIZES, mean};

#[tokio::test]
async fn every_sample_trains_by_25_points_on_its_test_split_and_not_every_epoch_is_accepted() {
    let bench = Bench::new(Arc::new(RealModels::new(SystemClock::shared()).unwrap()), SIZES).await;
    let samples = bench.engine.list_samples(NoRequest {}).await.unwrap();
    assert_eq!(samples.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["tickets", "sentiment", "extraction"]);
    let mut rejected = 0;
    for sample in samples {
        let project = bench.engine.create_sample(CreateSample { sample: sample.id.clone() }).await.unwrap();
        assert_eq!((project.project.rows, project.version), (sample.rows, 1), "the sample comes whole, with its prompt as version 1");
        let id = project.project.id;
        let config = bench.engine.default_run_config(ProjectId { project: id }).await.unwrap();
        assert_eq!((config.seed, &config.prompt), (0, &project.draft.prompt));
        let started = bench.engine.start_run(mlprompt_core::api::StartRun { project: id, config }).await.unwrap();
        let view = crate::fixtures::settled(&bench.engine, started.id).await;
        assert_eq!(view.summary.status, RunStatus::Completed, "{}", sample.id);
        let gain = mean(view.summary.best.test) - mean(view.summary.baseline.test);
        assert!(gain >= 0.25, "{}: {:.1} points on the test split", sample.id, gain * 100.0);
        let told: Vec<_> = view.warnings.iter().filter(|w| w.contains("answers as")).collect();
        assert!(told.is_empty(), "the demo model goes by the name it is asked for: {told:?}");
        assert!(view.summary.simulated, "the demo model's figures are labelled as such");
        rejected += view.epochs.iter().filter(|e| e.decision == Decision::Rejected).count();
    }
    assert!(rejected > 0, "a curve that only rises is not believable");
}

#[tokio::test]
async fn an_unknown_sample_leaves_no_project() {
    let bench = Bench::new(Arc::new(RealModels::new(SystemClock::shared()).unwrap()), SIZES).await;
    let refused = bench.engine.create_sample(CreateSample { sample: "poems".into() }).await.unwrap_err();
    assert!(refused.message.contains("poems"));
    assert_eq!(bench.engine.list_projects(NoRequest {}).await.unwrap().len(), 1, "the bench's own");
}

#[tokio::test]
async fn a_sample_that_is_opened_twice_is_two_projects_that_can_be_told_apart() {
    let bench = Bench::new(Arc::new(RealModels::new(SystemClock::shared()).unwrap()), SIZES).await;
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(bench.engine.create_sample(CreateSample { sample: "tickets".into() }).await.unwrap().project.name);
    }
    assert_eq!(names, ["Ticket routing", "Ticket routing (2)", "Ticket routing (3)"]);
}
