//! Several runs as one report: figures of each, held against the baseline, repeats told apart.

use mlprompt_core::{
    api::{Compare, ExportComparison, ExportRuns},
    dataset::{ColumnRoles, Split},
    engine::ImportFiles,
    metric::{MetricKind, MetricSpec},
    run::{Repeat, RunConfig, RunPoint, RunSummary},
};

use crate::{
    fixtures::{Bench, config, csv, eventful, prompt},
    reports::{line, told, told_apart},
    scripted_model::ScriptedModel,
};

#[tokio::test]
async fn the_overview_of_a_run_set_has_the_figures_of_each_run() {
    let bench = Bench::scripted(&ScriptedModel::new(told_apart().0)).await;
    let mut runs = Vec::new();
    for (name, epochs) in [("short", 0), ("long", 3)] {
        runs.push(bench.run(RunConfig { name: name.into(), epochs, ..told_apart().1 }).await);
    }
    let report = async |runs: Vec<i64>, format: &str| {
        bench.engine.export_runs(ExportRuns { runs, baseline: None, format: format.into() }).await.map(|t| t.text)
    };
    let ids = || runs.iter().map(|view| view.summary.id).collect::<Vec<_>>();
    let text = report(ids(), "md").await.unwrap();
    for (view, opened) in runs.iter().zip(["", ", opened before"]) {
        let run = &view.summary;
        let cells = [told(run.baseline.validation), told(run.best.validation), told(run.best.test) + opened].join(" | ");
        let expected = format!("| {}, simulated | {cells} | {} | {} | 0.0000 |", run.name, run.best.epoch, run.usage.calls);
        assert_eq!(line(&text, &format!("{}, simulated", run.name)), expected);
    }
    let long = text.split("## Run long").nth(1).unwrap();
    assert!(
        long.contains("**Better on a test split")
            && long.contains("### Best prompts (epoch 3)\n\nSystem prompt:\n\n```text\nskill 5/6/8\n```"),
        "{long}"
    );
    assert!(long.contains(runs[1].summary.stop_reason.as_deref().unwrap()), "{long}");
    let html = report(ids(), "html").await.unwrap();
    assert!(html.contains("aria-label=\"short, simulated: 40.0%; long, simulated: 60.0%\""), "{html}");
    let many = report([ids()[0]].repeat(51), "md").await.unwrap_err();
    assert!(many.message.contains("1 to 50 runs"), "{}", many.message);
}

#[tokio::test]
async fn a_run_set_is_one_report() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let mut runs = Vec::new();
    for (name, epochs, examples) in [("one", 1, 5), ("two", 3, 3), ("three", 5, 3)] {
        let mut config = config(epochs);
        (config.name, config.examples) = (name.into(), examples);
        runs.push(bench.run(config).await.summary.id);
    }
    let report = async |runs: &[i64], format: &str| {
        bench.engine.export_runs(ExportRuns { runs: runs.to_vec(), baseline: None, format: format.into() }).await.map(|t| t.text)
    };
    let markdown = report(&runs, "md").await.unwrap();
    for part in [
        "# 3 runs side by side",
        "| run | baseline, validation | best, validation | best, test | best epoch | calls | dollars |",
        "| test split | sealed until this run | 10 of 10 opened by an earlier run | 10 of 10 opened by an earlier run |",
        "| project | bench | bench | bench |",
        "| examples shown | 5 | 3 | 3 |",
        "## Run three",
        "### Best prompts (epoch 5)",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    assert!(!markdown.contains('≠'), "all are measured alike: {markdown}");
    assert_eq!(markdown.matches("*10 of 10 test examples were opened by an earlier run").count(), 2, "each says so of itself: {markdown}");
    assert_eq!(markdown.matches(", opened before |").count(), 2, "only the first run found its test split sealed: {markdown}");
    let html = report(&runs, "html").await.unwrap();
    assert_eq!((html.matches("class=\"val\"").count(), html.matches("class=\"range\"").count()), (3, 3));
    assert!(report(&[], "md").await.unwrap_err().message.contains("at least one"));
    assert!(report(&runs, "pdf").await.unwrap_err().message.contains("choose md or html"));
}

#[tokio::test]
async fn runs_with_other_metrics_are_not_ranked_together() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let mut runs = Vec::new();
    for (name, metric) in [("one", MetricKind::Exact), ("two", MetricKind::Contains), ("three", MetricKind::Exact)] {
        let mut config = config(1);
        (config.name, config.metrics) = (name.into(), vec![MetricSpec { metric, weight: 1.0 }]);
        runs.push(bench.run(config).await.summary.id);
    }
    let report = async |runs: &[i64], format: &str| {
        bench.engine.export_runs(ExportRuns { runs: runs.to_vec(), baseline: None, format: format.into() }).await.unwrap().text
    };
    let markdown = report(&runs, "md").await;
    for part in [
        "| run | metric | baseline, validation |",
        "| two, simulated | contains (weight 1) | ≠ ",
        "*≠: measured differently from one, so scores with this mark do not compare with those of it.*",
        "- two: metric exact match (weight 1), here contains (weight 1).",
        "Best validation, scored by contains (weight 1).\n\n| run | score and 95 % interval |\n| --- | --- |\n| ≠ two, simulated | ",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    assert!(!markdown.contains("| three, simulated | exact match (weight 1) | ≠"), "{markdown}");
    let html = report(&runs, "html").await;
    let charts: Vec<usize> = html.split("<svg").map(|chart| chart.matches("class=\"range\"").count()).filter(|&n| n > 0).collect();
    assert_eq!(charts, [2, 1], "a chart for each metric");
}

/// A bench whose dataset is divided by seeds, with these runs of one group, each on a division of its own.
async fn repeated(names: &[String]) -> (Bench, Vec<RunSummary>) {
    let mut bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let file = bench.folder.path().join("divided.csv");
    // Without the columns that say where a row belongs.
    let rows: Vec<String> = csv([60, 60, 0]).lines().map(|row| row.split(',').take(2).collect::<Vec<_>>().join(",")).collect();
    std::fs::write(&file, rows.join("\n")).unwrap();
    let roles = ColumnRoles { input: Some("user_input".into()), truth: Some("ground_truth_output".into()), ..ColumnRoles::default() };
    let request = ImportFiles { project: "divided".into(), files: vec![file], roles, ..ImportFiles::default() };
    bench.project = bench.engine.import_files(request).await.unwrap().project.id;
    let mut runs = Vec::new();
    for (name, number) in names.iter().zip(1..) {
        let repeat = Repeat { group: 1, number, of: 3, split_seed: u64::from(number) };
        runs.push(bench.run(RunConfig { name: name.clone(), repeat: Some(repeat), ..config(1) }).await.summary);
    }
    (bench, runs)
}

#[tokio::test]
async fn a_pair_on_two_divisions_says_so_and_calls_nothing_missing_that_nobody_asked() {
    let (bench, runs) = repeated(&["one".into(), "two".into()]).await;
    let [first, second] = [runs[0].id, runs[1].id].map(|run| RunPoint { run, epoch: None });
    let compared = bench.engine.compare(Compare { first, second, split: Split::Validation }).await.unwrap();
    let scores = [compared.first_score, compared.second_score].map(Option::unwrap);
    assert!(compared.buckets.not_compared > 0, "the divisions differ: {:?}", compared.buckets);
    assert!(scores.iter().all(|score| score.n > 0 && score.missing == 0), "no answer failed: {scores:?}");
    let request = ExportComparison { first, second, split: Split::Validation, format: "md".into() };
    let text = bench.engine.export_comparison(request).await.unwrap().text;
    assert!(
        text.contains("*Not on the same data: division seed 1 against seed 2. Only examples that both were asked are compared.*"),
        "{text}"
    );
    assert_eq!(line(&text, "second"), format!("| second | two, epoch 1 | ≠ {} |", told(compared.second_score)));
    assert!(text.contains("were asked on one side alone, are compared on neither") && !text.contains(" missing)"), "{text}");
}

#[tokio::test]
async fn a_run_set_is_held_against_its_baseline_and_tells_repeats_apart() {
    let long = "the longest name that anybody gave a run";
    let names: Vec<String> = (1..=3).map(|number| format!("{long}, repeat {number} of 3")).collect();
    let (bench, runs) = repeated(&names).await;
    let report = async |baseline, format: &str| {
        let runs = runs.iter().map(|run| run.id).collect();
        bench.engine.export_runs(ExportRuns { runs, baseline, format: format.into() }).await.map(|t| t.text)
    };
    let markdown = report(Some(runs[1].id), "md").await.unwrap();
    let marked = |name: &String| line(&markdown, &format!("{name}, simulated")).contains("| ≠ ");
    assert_eq!(names.iter().map(marked).collect::<Vec<_>>(), [true, false, true], "{markdown}");
    assert!(markdown.contains(&format!("- {}: division seed 2, here seed 1.", names[0])), "{markdown}");
    assert_eq!(line(&markdown, "seed of the division"), "| seed of the division | 1 | 2 | 3 |");
    let html = report(Some(runs[1].id), "html").await.unwrap();
    for (number, mark) in [(1, "≠ "), (2, ""), (3, "≠ ")] {
        let drawn = html.split("</text>").filter(|text| text.ends_with(&format!("repeat {number} of 3"))).count();
        assert_eq!(drawn, 1, "a label of its own: {html}");
        assert!(html.contains(&format!("<title>{mark}{long}, repeat {number} of 3, simulated: ")), "{html}");
    }
    assert!(html.contains("≠ and hollow: measured differently"), "{html}");
    assert!(report(Some(0), "md").await.unwrap_err().message.contains("not one of the runs"));
}

#[tokio::test]
async fn settings_that_differ_are_those_of_the_window() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let first = bench.run(config(1)).await.summary.id;
    let other = RunConfig { early_stop: true, concurrency: 3, max_prompt_chars: 9_000, prompt: prompt("skill 4/4/4"), ..config(1) };
    let second = bench.run(other).await.summary.id;
    let request = ExportRuns { runs: vec![first, second], baseline: None, format: "md".into() };
    let text = bench.engine.export_runs(request).await.unwrap().text;
    let table = text.split("### Settings that differ").nth(1).unwrap().split("\n## ").next().unwrap();
    let names: Vec<&str> = table.lines().skip(4).filter_map(|line| line.split(" | ").next()).collect();
    assert_eq!(names, ["| starting system prompt", "| early stop of a validation", "| calls at once", "| longest prompt"], "{table}");
}
