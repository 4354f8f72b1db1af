//! Runs and comparisons as reports: everything a reader needs is in them, nothing in a prompt becomes markup, and no key is there.

use mlprompt_core::{
    api::{ExportComparison, ExportRun, ExportRuns, MarkEpoch, SaveConnection},
    connection::{Connection, ConnectionKind, KeyReference},
    dataset::Split,
    metric::{MetricKind, MetricSpec},
    run::RunPoint,
};

use crate::{
    fixtures::{Bench, config, eventful},
    scripted_model::ScriptedModel,
    world::World,
};

async fn exported(bench: &Bench, run: i64, format: &str) -> String {
    bench.engine.export_run(ExportRun { run, format: format.into() }).await.unwrap().text
}

#[tokio::test]
async fn a_run_is_told_from_its_result_to_its_cost() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let view = bench.run(config(5)).await;
    let run = view.summary.id;
    bench.engine.mark_epoch(MarkEpoch { run, epoch: 2, starred: true, note: "look again".into() }).await.unwrap();
    let (markdown, html) = (exported(&bench, run, "md").await, exported(&bench, run, "html").await);
    for text in [&markdown, &html] {
        for part in [
            "30.0% (",
            "70.0% (",
            "Certificate",
            "BLAKE3",
            "Epoch 1: accepted",
            "Epoch 3: invalid",
            "It knows more.",
            "Tried skill 5/5/5.",
            "look again",
            "skill 7/7/7",
            "Settings",
            "greedy",
            "Cost",
            "Sealed test: ",
            "p = ",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    assert!(markdown.contains("- skill 3/3/3\n+ skill 5/5/5"), "{markdown}");
    assert!(html.contains("<del>skill 3/3/3</del><ins>skill 5/5/5</ins>") && html.contains("<svg role=\"img\""), "{html}");
    for row in 0..10 {
        assert!(!html.contains(&format!("row {} of", 2000 + row)), "no example is in a report");
    }
}

#[tokio::test]
async fn a_prompt_that_looks_like_a_page_stays_a_text() {
    let hostile = "skill 6/6/6 </pre><script>alert(1)</script><img src=x onerror=alert(1)> ``` | # x";
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing([hostile]))).await;
    let mut config = config(1);
    config.name = "<b>run</b> | `x`".into();
    let run = bench.run(config).await.summary.id;
    let html = exported(&bench, run, "html").await;
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    let markdown = exported(&bench, run, "md").await;
    assert!(markdown.starts_with("# \\<b\\>run\\</b\\> \\| \\`x\\`\n") && markdown.contains("````text\n"), "{markdown}");
}

#[tokio::test]
async fn two_runs_are_compared_in_one_report() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let first = bench.run(config(1)).await.summary.id;
    let mut other = config(5);
    (other.name, other.examples) = ("the other".into(), 3);
    let second = bench.run(other).await.summary.id;
    let point = |run, epoch| RunPoint { run, epoch };
    let report = async |split, format: &str| {
        let request = ExportComparison { first: point(first, Some(0)), second: point(second, None), split, format: format.into() };
        bench.engine.export_comparison(request).await.map(|t| t.text)
    };
    let markdown = report(Split::Test, "md").await.unwrap();
    for part in [
        "# the other, epoch 5 against run, baseline",
        "on the test split",
        "| fixed | broken |",
        "| 4 | 0 | 3 | 3 | 0 |",
        "- skill 3/3/3\n+ skill 7/7/7",
        "| examples shown to the optimizer | 5, mixed | 3, mixed |",
        "Two-sided and paired, p = ",
        "| project | ",
        "| dataset | ",
        "| primary model | primary | primary |",
        "| metrics | exact match",
        "| started | ",
        "Written ",
        "## Fixed: right only under the second",
        "| row | input | ground truth | answer under the first | answer under the second |",
        "### Epochs of the other",
        "### Cost of the other",
        " seconds.",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    assert!(!markdown.contains("0.0 minutes") && !markdown.contains("\n## Cost"), "costs belong to their run: {markdown}");
    let html = report(Split::Validation, "html").await.unwrap();
    assert_eq!(html.matches("class=\"val\"").count(), 2, "a curve for each run");
    assert!(html.contains("class=\"range\"") && html.contains("Run the other"), "{html}");
    assert!(report(Split::Validation, "pdf").await.unwrap_err().message.contains("choose md or html"));
}

#[tokio::test]
async fn a_comparison_names_its_level_and_says_where_two_runs_are_measured_differently() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let first = bench.run(config(1)).await.summary.id;
    let mut other = config(5);
    other.metrics = vec![MetricSpec { metric: MetricKind::Contains, weight: 1.0 }];
    let second = bench.run(other).await.summary.id;
    let report = async |first, second| {
        let point = |run| RunPoint { run, epoch: None };
        let request = ExportComparison { first: point(first), second: point(second), split: Split::Validation, format: "md".into() };
        bench.engine.export_comparison(request).await.unwrap().text
    };
    let unlike = report(first, second).await;
    assert!(unlike.contains("measured differently") && unlike.contains("(level 0.05)"), "{unlike}");
    assert!(!report(first, first).await.contains("measured differently"));
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
        bench.engine.export_runs(ExportRuns { runs: runs.to_vec(), format: format.into() }).await.map(|t| t.text)
    };
    let markdown = report(&runs, "md").await.unwrap();
    for part in [
        "# 3 runs side by side",
        "| run | baseline, validation | best, validation | best, test | best epoch | calls | dollars |",
        "| test split | sealed until this run | 10 of 10 opened by an earlier run | 10 of 10 opened by an earlier run |",
        "| project | bench | bench | bench |",
        "| examples shown to the optimizer | 5, mixed | 3, mixed | 3, mixed |",
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
async fn a_certificate_says_what_it_is_about() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(5)).await.summary;
    let text = exported(&bench, run.id, "certificate").await;
    assert!(text.starts_with(&format!("# Certificate of {}\n", run.name)), "{text}");
    for part in ["| dataset | ", "| metrics | exact match", "| started | ", "Written "] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Heights of a line of a chart, from its path.
fn heights(html: &str, class: &str) -> Vec<f64> {
    let path = html.split(&format!("<path class=\"{class}\" d=\"M")).nth(1).unwrap().split('"').next().unwrap();
    path.split('L').map(|point| point.split(' ').nth(1).unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn a_training_score_stands_at_the_epoch_that_brought_it() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 5/5/5", "skill 2/2/2", "skill 7/7/7"]))).await;
    let view = bench.run(config(3)).await;
    let markdown = exported(&bench, view.summary.id, "md").await;
    for row in ["| 0 | baseline | 30.0% |", "| 1 | accepted | 50.0% |", "| 2 | rejected | 50.0% |", "| 3 | accepted | – |"] {
        assert!(markdown.contains(row), "{row}: {markdown}");
    }
    let drawn = heights(&exported(&bench, view.summary.id, "html").await, "trained");
    assert!(
        drawn.len() == 3 && drawn[1] < drawn[0] && drawn[2] == drawn[1],
        "up in epoch 1, then level; the last was not measured: {drawn:?}"
    );
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
        bench.engine.export_runs(ExportRuns { runs: runs.to_vec(), format: format.into() }).await.unwrap().text
    };
    let markdown = report(&runs, "md").await;
    for part in [
        "| run | metric | baseline, validation |",
        "| two, simulated | contains (weight 1) | ≠ ",
        "*≠: measured differently from one, so scores with this mark do not compare with those of it.*",
        "- two: metric exact match (weight 1), here contains (weight 1).",
        "Scored by contains (weight 1):",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    assert!(!markdown.contains("| three, simulated | exact match (weight 1) | ≠"), "{markdown}");
    let html = report(&runs, "html").await;
    let charts: Vec<usize> = html.split("<svg").map(|chart| chart.matches("class=\"range\"").count()).filter(|&n| n > 0).collect();
    assert_eq!(charts, [2, 1], "a chart for each metric");
}

#[tokio::test]
async fn every_place_of_a_report_says_that_a_run_is_simulated() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let connection = Connection { kind: ConnectionKind::Openai, base_url: "http://127.0.0.1:9/v1".into(), ..Connection::blank() };
    let connection = Connection { name: "real".into(), key: KeyReference::None, ..connection };
    let saved = bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap();
    let mut config_of_real = config(1);
    (config_of_real.primary.connection, config_of_real.optimizer.connection) = (saved.id, saved.id);
    let real = bench.run(config_of_real).await.summary.id;
    let mut demo = config(1);
    demo.name = "demo run".into();
    let demo = bench.run(demo).await.summary;
    assert!(demo.simulated);
    let set =
        async |format: &str| bench.engine.export_runs(ExportRuns { runs: vec![real, demo.id], format: format.into() }).await.unwrap().text;
    let markdown = set("md").await;
    for part in [
        "*Simulated: the demo model took part in demo run;",
        "| demo run, simulated |",
        "| simulated | no | yes, the demo model took part |",
        "## Run demo run\n\n*Simulated: the demo model took part;",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    let html = set("html").await;
    assert!(
        html.contains(">demo run, simulated</text>") && html.contains("<figcaption dir=\"auto\">Simulated. Validation score"),
        "{html}"
    );
    assert_eq!(html.matches("Simulated. Validation score over").count(), 1, "the curve of the real run is not");
}

#[tokio::test]
async fn a_mark_of_direction_is_shown_by_its_sign() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 5/5/5 \u{202e}live"]))).await;
    let mut config = config(1);
    config.name = "\u{202e}live".into();
    let run = bench.run(config).await.summary.id;
    for format in ["md", "html"] {
        let point = |epoch| RunPoint { run, epoch: Some(epoch) };
        let pair = ExportComparison { first: point(0), second: point(1), split: Split::Validation, format: format.into() };
        for text in [
            exported(&bench, run, format).await,
            bench.engine.export_comparison(pair).await.unwrap().text,
            bench.engine.export_runs(ExportRuns { runs: vec![run], format: format.into() }).await.unwrap().text,
        ] {
            assert!(text.contains("⟨RLO⟩live") && !text.contains('\u{202e}'), "{text}");
        }
    }
}

#[tokio::test]
async fn what_to_do_next_is_something_to_do() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let markdown = exported(&bench, bench.run(config(5)).await.summary.id, "md").await;
    let date = markdown.lines().position(|line| line.starts_with("Written "));
    assert_eq!(date, Some(2), "the date stands under the title: {markdown}");
    if let Some((_, next)) = markdown.split_once("What would help most now") {
        assert!(!next.split("\n#").next().unwrap().contains("The gain"), "{next}");
    }
}
