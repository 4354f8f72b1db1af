//! Runs and comparisons as reports: everything a reader needs is in them, nothing in a prompt becomes markup, and no key is there.

use mlprompt_core::{
    api::{ExportComparison, ExportRun, ExportRuns, MarkEpoch},
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
            "30.0 % (",
            "70.0 % (",
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
        "| project | bench | bench | bench |",
        "| examples shown to the optimizer | 5, mixed | 3, mixed | 3, mixed |",
        "## Run three",
        "### Best prompts (epoch 5)",
    ] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
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
