//! Two prompts, whoever wrote them, on the same validation rows.

use std::sync::Arc;

use mlprompt_core::{
    api::{ComparePrompts, MeasureProgress, MeasureState},
    metric::{MetricKind, MetricSpec},
    run::{Bucket, RunConfig},
};

use crate::{
    fixtures::{Bench, config, eventful, prompt},
    scripted_model::{Scripted, ScriptedModel},
};

async fn asked(bench: &Bench, request: &ComparePrompts) -> MeasureProgress {
    let job = bench.engine.start_comparing(request.clone()).await.unwrap();
    loop {
        let progress = bench.engine.measure_progress(job.clone()).await.unwrap();
        if !matches!(progress.state, MeasureState::Running) {
            return progress;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn two_versions_by_hand_are_compared_as_epochs_of_runs_are() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&model))), [10, 30, 10]).await;
    let config = RunConfig { epochs: 0, ..config(1) };
    bench.run(config.clone()).await;
    let bought = model.calls();
    let request = ComparePrompts {
        project: bench.project,
        first: config.prompt.clone(),
        second: prompt("skill 6/6/6 forgets 1000 "),
        config: config.clone(),
        rows: None,
        seed: 0,
    };

    let before = bench.engine.compare_prompts(request.clone()).await.unwrap();
    assert_eq!(model.calls(), bought, "to look costs nothing");
    assert_eq!((before.rows, before.of, before.comparison.buckets.not_compared), (30, 30, 30));
    assert_eq!(before.open.calls, 30, "what a run bought of the first prompt is not bought again");
    assert!(before.comparison.verdict.starts_with("not compared"), "{}", before.comparison.verdict);

    let ended = asked(&bench, &request).await;
    assert!(matches!(ended.state, MeasureState::Done), "{ended:?}");
    assert_eq!((ended.calls, ended.total, model.calls()), (30, 30, bought + 30));

    // Of every ten rows three were right, six are; one that was right is not any more.
    let after = bench.engine.compare_prompts(request.clone()).await.unwrap();
    let compared = &after.comparison;
    let buckets = compared.buckets;
    assert_eq!((buckets.fixed, buckets.broken, buckets.still_right, buckets.still_wrong, buckets.not_compared), (9, 1, 8, 12, 0));
    assert_eq!(after.open.calls, 0);
    let (first, second) = (compared.first_score.unwrap(), compared.second_score.unwrap());
    assert!((first.score - 9.0 / 30.0).abs() < 1e-9 && (second.score - 17.0 / 30.0).abs() < 1e-9, "{first:?} {second:?}");
    // McNemar: twice the tail of one and none in ten.
    assert!((compared.p.unwrap() - 22.0 / 1024.0).abs() < 1e-9, "{:?}", compared.p);
    assert!(compared.verdict.starts_with("better: +26.7 points (") && compared.verdict.contains("p = 0.021"), "{}", compared.verdict);
    assert_eq!(
        (compared.rows.len(), compared.rows[0].bucket, compared.rows[0].example.user_input.as_str()),
        (30, Bucket::Broken, "row 1000 of the validation split")
    );
    assert_eq!(compared.rows[0].after.as_ref().unwrap().answer, "wrong 1000");

    // Some of the rows are some of those: they are known already.
    let few = bench.engine.compare_prompts(ComparePrompts { rows: Some(20), seed: 3, ..request.clone() }).await.unwrap();
    assert_eq!((few.rows, few.open.calls, few.comparison.buckets.not_compared), (20, 0, 0));
    assert!(few.comparison.rows.iter().all(|row| row.example.user_input.ends_with("validation split")));

    let labels = RunConfig { metrics: vec![MetricSpec { metric: MetricKind::Label, weight: 1.0 }], ..config };
    let scored_otherwise = bench.engine.compare_prompts(ComparePrompts { config: labels, ..request.clone() }).await.unwrap();
    assert_eq!(scored_otherwise.open.calls, 0, "an answer is bought once, however it is scored");
    let refused = bench.engine.compare_prompts(ComparePrompts { rows: Some(0), ..request }).await.unwrap_err();
    assert!(refused.message.contains("at least one row"), "{refused:?}");
}
