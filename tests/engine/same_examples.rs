//! Runs on a file that was imported more than once are compared on the examples that stand in both imports.

use mlprompt_core::{
    api::{Compare, RunPoint},
    dataset::Split,
    metric::{MetricKind, MetricSpec},
    run::RunConfig,
};

use crate::{
    fixtures::{Bench, SIZES, config, csv, eventful, mean, prompt},
    scripted_model::ScriptedModel,
    world::{input, truth},
};

fn best(run: i64) -> RunPoint {
    RunPoint { run, epoch: None }
}

#[tokio::test]
async fn two_imports_of_a_file_are_compared_on_the_rows_that_say_the_same() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let first = bench.run(config(5)).await.summary;
    // Once more, with a row that is new, one that is there twice now, and one whose ground truth was mended.
    let (new, twice) = (
        format!("{},{},validation,note", input(1010), truth(1010)),
        format!("{},{},validation,note-1003-validation", input(1003), truth(1003)),
    );
    let again = csv(SIZES).replace(&truth(1001), "mended") + &new + "\n" + &twice + "\n";
    assert_eq!(bench.import("bench", &again).await, bench.project);
    let measured = RunConfig { epochs: 0, prompt: prompt("skill 3/3/3"), ..config(0) };
    let second = bench.run(measured).await.summary;

    let compared =
        bench.engine.compare(Compare { first: best(first.id), second: best(second.id), split: Split::Validation }).await.unwrap();
    // The best has 7 of 10 right, the other 3. Of the ten one says something else now; three of the second's rows are its own.
    let buckets = compared.buckets;
    assert_eq!((buckets.fixed, buckets.broken, buckets.still_right, buckets.still_wrong), (0, 4, 2, 3));
    assert_eq!((buckets.not_compared, compared.rows.len()), (1 + 3, 13));
    assert_eq!((compared.first_score.unwrap().n, compared.first_score.unwrap().missing), (9, 0), "what only one was asked is not missing");
    assert!((mean(compared.first_score) - 6.0 / 9.0).abs() < 1e-9 && (mean(compared.second_score) - 2.0 / 9.0).abs() < 1e-9);
    let broken = &compared.rows[0];
    assert_eq!(broken.before.as_ref().unwrap().example, broken.example.id);
    assert_eq!(broken.after.as_ref().unwrap().example, broken.example.id, "its answer is to the row that is shown");

    let turned = bench.engine.compare(Compare { first: best(second.id), second: best(first.id), split: Split::Validation }).await.unwrap();
    assert_eq!((turned.buckets.fixed, turned.buckets.broken, turned.rows.len()), (4, 0, 13));
}

#[tokio::test]
async fn where_nothing_was_answered_under_both_no_label_has_a_figure() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let labelled = |from: u32| {
        let rows = (from..from + 9).map(|row| format!("{},{},validation,x\n", input(1000 + row), ["a", "b", "c"][row as usize % 3]));
        csv([3, 0, 0]) + &rows.collect::<String>()
    };
    let metrics = vec![MetricSpec { metric: MetricKind::Label, weight: 1.0 }];
    let measured = async |from: u32| {
        bench.import("bench", &labelled(from)).await;
        bench.run(RunConfig { epochs: 0, metrics: metrics.clone(), ..config(0) }).await.summary.id
    };
    let (first, second) = (measured(0).await, measured(50).await);
    let compare = async |first, second| {
        let request = Compare { first: best(first), second: best(second), split: Split::Validation };
        bench.engine.compare(request).await.unwrap()
    };
    let itself = compare(first, first).await;
    assert_eq!(itself.first_score.map(|score| score.n), Some(9));
    assert!(itself.first_confusion.is_some() && itself.second_confusion.is_some());
    let apart = compare(first, second).await;
    assert_eq!((apart.first_score, apart.second_score, apart.p, apart.rows.len()), (None, None, None, 18));
    assert!(apart.first_confusion.is_none() && apart.second_confusion.is_none(), "0 % was measured nowhere");
}
