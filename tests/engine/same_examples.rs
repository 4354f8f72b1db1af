//! Runs on a file that was imported more than once are compared on the examples that stand in both imports.

use mlprompt_core::{
    api::{Compare, RunPoint},
    dataset::Split,
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
