//! What stands before a run (preflight) and after it (the certificate).

use mlprompt_core::{
    api::{ExportRun, RunId, StartRun},
    connection::Connection,
    metric::{MetricKind, MetricSpec},
    run::RunConfig,
};

use crate::{
    fixtures::{Bench, config, csv, eventful},
    scripted_model::{Act, Scripted, ScriptedModel, transient},
    world,
};

async fn certificate(bench: &Bench, run: i64) -> mlprompt_core::Result<String> {
    Ok(bench.engine.export_run(ExportRun { run, format: "certificate".into() }).await?.text)
}

#[tokio::test]
async fn the_certificate_sets_baseline_against_best_and_names_data_prompts_and_spending() {
    let bench = Bench::new(std::sync::Arc::new(Scripted(ScriptedModel::new(eventful()))), [10, 10, 40]).await;
    let view = bench.run(config(5)).await;
    let text = certificate(&bench, view.summary.id).await.unwrap();
    for words in [
        "A real improvement was shown on the sealed test split.",
        "| score | 30.0% | 70.0% |",
        "| 95 % interval | ",
        "| examples | 40 | 40 |",
        "| prompt (BLAKE3) | ",
        "Paired on 40 test examples: +40.0 points (95 % interval +22.6 points to +57.4 points), 16 won, 0 lost, p ",
        "Test split opened: once, at the end of this run.",
        "Test data (BLAKE3 of inputs and expected answers): ",
        "Models: primary, optimizer. Seed 0.",
        &format!("Spent: {} calls, ", view.summary.usage.calls),
    ] {
        assert!(text.contains(words), "{words:?} is missing in\n{text}");
    }
    let hashes = |text: &str| text.split(|c: char| !c.is_ascii_hexdigit()).filter(|w| w.len() == 64).map(str::to_owned).collect::<Vec<_>>();
    let seen = hashes(&text);
    assert!(seen.len() == 3 && seen[0] != seen[1], "two prompts and the data: {seen:?}");
    let again = bench.run(config(5)).await;
    let second = certificate(&bench, again.summary.id).await.unwrap();
    assert_eq!(hashes(&second), seen, "the same prompts and the same data");
    assert!(second.contains("opened by an earlier run"), "the test split is opened a second time:\n{second}");
    // From then on nothing calls it sealed, and the first run's stays as it was.
    assert_eq!((view.summary.test_opened_before, again.summary.test_opened_before), (0, 40));
    assert!(second.contains("A real improvement was shown on a test split that an earlier run had opened."), "{second}");
    assert!(again.verdict.is_some_and(|v| v.starts_with("Better on a test split that an earlier run had opened: ")));
    let next = bench.engine.run_outcome(RunId { run: again.summary.id }).await.unwrap().next;
    assert_eq!(next[0].reason, "The gain holds on a test split that an earlier run had opened.");
    assert_eq!(next[1].reason, "New test examples, which no run has seen, would confirm it.");
    assert!(again.warnings.iter().any(|w| w.starts_with("40 of 40 test examples were opened by an earlier run")), "{:?}", again.warnings);
    let report = bench.engine.export_run(ExportRun { run: again.summary.id, format: "md".into() }).await.unwrap().text;
    assert!(report.contains("Test, opened before") && !report.contains("ealed test"), "{report}");
    let first = certificate(&bench, view.summary.id).await.unwrap();
    assert!(first.contains("on the sealed test split."), "what was sealed then stays so");
}

#[tokio::test]
async fn the_certificate_knows_prompts_and_data_by_their_texts_and_names_every_model() {
    let hashes = |text: &str| text.split(|c: char| !c.is_ascii_hexdigit()).filter(|w| w.len() == 64).map(str::to_owned).collect::<Vec<_>>();
    let rule = |_: usize, request: &mlprompt_core::chat::ChatRequest| {
        if request.messages.last().unwrap().content.contains("row 2009 ") { transient("It burns.") } else { Act::Answer }
    };
    let certified = async |config: RunConfig, text: &str| {
        let mut bench = Bench::scripted(&ScriptedModel::with_rule(eventful(), rule)).await;
        bench.project = bench.import("certified", text).await;
        let run = bench.run(config).await.summary.id;
        certificate(&bench, run).await.unwrap()
    };
    let rows = csv([10, 10, 10]);
    let plain = certified(config(1), &rows).await;
    assert!(plain.contains("| missing | 1 | 1 |") && plain.contains("Simulated: ") && plain.contains("\nRun number 1.\n"), "{plain}");
    let plain = hashes(&plain);
    let other_truth = hashes(&certified(config(1), &rows.replace("truth-2008-test", "other-2008-test")).await);
    assert_eq!((other_truth[..2] == plain[..2], other_truth[2] == plain[2]), (true, false), "an expected answer is part of the data");
    let other_validation = hashes(&certified(config(1), &rows.replace("truth-1008-validation", "other-1008-validation")).await);
    assert_eq!(other_validation, plain, "no other split is part of it");
    let mut other_output = config(1);
    other_output.prompt.output_prompt = "Name it well.".into();
    let other_output = hashes(&certified(other_output, &rows).await);
    assert_eq!((other_output[0] == plain[0], other_output[1] == plain[1]), (false, true), "both halves of a prompt count");

    let metrics = vec![MetricSpec { metric: MetricKind::Judge { rubric: "Is it right?".into() }, weight: 1.0 }];
    let judge = Some(crate::fixtures::model("judge", Connection::DEMO));
    let judged = certified(RunConfig { metrics, judge, seed: 7, ..config(1) }, &rows).await;
    assert!(judged.contains("Models: primary, optimizer, judge. Seed 7."), "{judged}");
}

#[tokio::test]
async fn test_examples_that_training_has_as_well_are_no_proof() {
    let copied = async |sizes| {
        let mut bench = Bench::new(std::sync::Arc::new(Scripted(ScriptedModel::new(eventful()))), sizes).await;
        let copies = (0..3).fold(csv(sizes), |text, row| {
            text.replace(&world::input(2000 + row), &world::input(row)).replace(&world::truth(2000 + row), &world::truth(row))
        });
        bench.project = bench.import("copies", &copies).await;
        bench
    };
    let bench = copied([10, 10, 40]).await;
    let preflight = bench.engine.preflight(StartRun { project: bench.project, config: config(5) }).await.unwrap();
    assert!(preflight.verdict.contains(" But 3 inputs stand in more than one split, "), "{}", preflight.verdict);
    let view = bench.run(config(5)).await;
    let words = "3 of 40 test examples have inputs that stand in training or validation too and prove nothing: ";
    let verdict = view.verdict.unwrap();
    assert!(
        verdict.starts_with("Better on ") && verdict.contains(&format!("But {words}")) && !verdict.contains("ready to use"),
        "{verdict}"
    );
    let text = certificate(&bench, view.summary.id).await.unwrap();
    assert!(text.contains(&format!("An improvement was shown on the sealed test split. {words}")), "{text}");
    let report = bench.engine.export_run(ExportRun { run: view.summary.id, format: "md".into() }).await.unwrap().text;
    assert!(report.contains(words), "{report}");

    // Where little was shown, little would be shown by more of the kind.
    let few = copied([10, 10, 10]).await;
    let view = few.run(config(5)).await;
    let words = "3 of 10 test examples have inputs that stand in training or validation too and prove nothing: ";
    let verdict = view.verdict.unwrap();
    assert!(verdict.contains("not beyond chance") && verdict.contains(&format!(". {words}")), "{verdict}");
    let next = few.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
    assert!(next[0].reason.starts_with(words), "{next:?}");
    let none = few.run(RunConfig { prompt: crate::fixtures::prompt("skill 9/9/9"), ..config(1) }).await;
    let verdict = none.verdict.unwrap();
    assert!(verdict.starts_with("Nothing beat the baseline") && verdict.contains(words), "{verdict}");
}

#[tokio::test]
async fn a_run_that_did_not_complete_has_no_certificate() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    model.wish_at(25, crate::scripted_model::Wish::Stop, &bench.engine);
    let run = bench.run(config(5)).await.summary.id;
    assert!(certificate(&bench, run).await.unwrap_err().message.contains("Finish the run first"));
}

#[tokio::test]
async fn what_few_examples_cannot_show_is_no_real_improvement_and_without_a_test_there_is_no_certificate() {
    let few = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = few.run(config(5)).await.summary.id;
    let text = certificate(&few, run).await.unwrap();
    assert!(text.contains("No real improvement was shown") && text.contains("4 won, 0 lost, p = 0.1250."), "{text}");
    let untested = Bench::new(std::sync::Arc::new(Scripted(ScriptedModel::new(eventful()))), [10, 10, 0]).await;
    let run = untested.run(config(1)).await.summary.id;
    assert!(certificate(&untested, run).await.unwrap_err().message.contains("no certificate without a test split"));
}

#[tokio::test]
async fn preflight_tells_noise_headroom_doubtful_data_price_and_a_verdict() {
    let mut bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    // A training input stands in validation as well, another one has two expected answers.
    let text = csv([20, 30, 0]) + "row 0 of the train split,truth-0-train,validation,\nrow 5 of the train split,something else,train,\n";
    bench.project = bench.import("doubtful", &text).await;
    let ask = || bench.engine.preflight(StartRun { project: bench.project, config: config(3) });
    let before = ask().await.unwrap();
    assert_eq!((before.score, before.noise, before.headroom), (None, None, None), "nothing was measured yet");
    assert!(before.verdict.starts_with("Ready to train. A gain of "), "{}", before.verdict);
    assert_eq!((before.duplicates, before.suspects.len()), (1, 1), "{before:?}");
    assert_eq!(before.suspects[0].truths.len(), 2, "{:?}", before.suspects);
    // 2.8 standard errors of a difference on a fifth of 31 examples.
    assert!((before.detectable - 2.8 * (0.2_f64 / 31.0).sqrt()).abs() < 0.01, "{}", before.detectable);
    assert!(before.calls_low > 0 && before.calls_high >= before.calls_low && before.proposals == 3, "{before:?}");
    bench.run(RunConfig { samples: 2, ..config(1) }).await;
    let after = ask().await.unwrap();
    assert_eq!(after.noise, Some(0.0), "two answers to the same are the same here");
    let score = after.score.unwrap().score;
    assert!((after.headroom.unwrap() - (1.0 - score)).abs() < 1e-9 && score < 0.4, "{after:?}");
    assert!(after.verdict.starts_with("Worth training: ") && after.detectable < before.detectable, "{}", after.verdict);
}
