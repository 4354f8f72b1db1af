//! Runs and comparisons as reports: everything a reader needs is in them, nothing in a prompt becomes markup, and no key is there.

use mlprompt_core::{
    api::{ExportComparison, ExportRun, ExportRuns, MarkEpoch, RenameDataset, RunId, SaveConnection, SplitDataset},
    chat::{ChatError, ChatModel, ChatRequest, Completion, Finish, SharedModel, TokenUsage},
    connection::{Connection, ConnectionKind, KeyReference},
    dataset::{Split, SplitPlan},
    engine::Models,
    metric::{MetricKind, MetricSpec},
    run::{Parent, ParentKind, RoleUsage, RunConfig, RunPoint},
    stats::Score,
};

use crate::{
    fake_server::{Act as Answering, FakeServer},
    fixtures::{Bench, SIZES, config, csv, eventful, over_http, prompt},
    scripted_model::{Act, Scripted, ScriptedModel, transient},
    world::{self, World},
};

/// Takes label-0 for label-1 under its first prompt, and label-1 for label-2 under every one.
struct Mistaken;

impl ChatModel for Mistaken {
    fn complete<'a>(&'a self, request: &'a ChatRequest) -> Answer<'a, Completion> {
        Box::pin(async move {
            let text = match (request.model.as_str(), world::row_of(&request.messages.last().unwrap().content)) {
                ("optimizer", _) | (_, None) => world::proposal("two"),
                (_, Some(row)) if row % 3 == 0 && request.messages[0].content == "one" => "label-1".into(),
                (_, Some(row)) if row % 3 == 1 => "label-2".into(),
                (_, Some(row)) => format!("label-{}", row % 3),
            };
            Ok(Completion { text, finish: Finish::Stop, usage: TokenUsage::default(), model: None, latency_ms: 1 })
        })
    }

    fn models(&self) -> Answer<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn identity(&self) -> String {
        "mistaken".into()
    }
}

type Answer<'a, T> = std::pin::Pin<Box<dyn Future<Output = Result<T, ChatError>> + Send + 'a>>;

struct Handed;

impl Models for Handed {
    fn open(&self, _: &Connection, _: Option<secrecy::SecretString>) -> mlprompt_core::Result<SharedModel> {
        Ok(std::sync::Arc::new(Mistaken))
    }
}

/// The line of a table in Markdown that begins with these cells.
pub fn line<'t>(text: &'t str, begins: &str) -> &'t str {
    text.lines().find(|line| line.starts_with(&format!("| {begins} |"))).unwrap_or_else(|| panic!("no line {begins}: {text}"))
}

/// A score as a report tells it.
pub fn told(score: Option<Score>) -> String {
    let Some(Score { score, low, high, n, missing }) = score else { return "not measured".into() };
    let missing = if missing > 0 { format!(", {missing} missing") } else { String::new() };
    let [score, low, high] = [score, low, high].map(|share| format!("{:.1}%", share * 100.0));
    format!("{score} ({low} to {high}, n = {n}{missing})")
}

async fn exported(bench: &Bench, run: i64, format: &str) -> String {
    bench.engine.export_run(ExportRun { run, format: format.into() }).await.unwrap().text
}

#[tokio::test]
async fn runs_compare_by_what_their_examples_say_and_not_by_how_their_data_is_called() {
    let (bench, _) = Bench::eventful().await;
    let engine = &bench.engine;
    let first = bench.run(config(1)).await.summary;
    let caution = async |second: i64| {
        let point = |run| RunPoint { run, epoch: None };
        let request = ExportComparison { first: point(first.id), second: point(second), split: Split::Validation, format: "md".into() };
        let text = engine.export_comparison(request).await.unwrap().text;
        text.lines().find(|line| line.contains("Not on the same data")).map(str::to_owned)
    };
    let unlike = async |second: i64| {
        let request = ExportRuns { runs: vec![first.id, second], baseline: None, format: "md".into() };
        engine.export_runs(request).await.unwrap().text.contains('≠')
    };
    bench.import("bench", &csv(SIZES)).await;
    let renamed = engine.rename_dataset(RenameDataset { project: bench.project, name: "again.csv".into() }).await.unwrap();
    let again = bench.run(config(1)).await.summary;
    assert_eq!((renamed.name.as_str(), again.dataset.as_str()), ("again.csv", "again.csv"));
    assert_eq!((again.measured_on.is_some(), &again.measured_on), (true, &first.measured_on));
    assert_eq!((caution(again.id).await, unlike(again.id).await), (None, false), "the same examples under another name");
    let plan = SplitPlan::Ratio { train: 34, validation: 33, test: 33, seed: 5 };
    engine.rename_dataset(RenameDataset { project: bench.project, name: first.dataset.clone() }).await.unwrap();
    engine.split_dataset(SplitDataset { project: bench.project, plan }).await.unwrap();
    let divided = bench.run(config(1)).await.summary;
    assert_eq!((&divided.dataset, divided.splits.validation), (&first.dataset, first.splits.validation));
    assert_ne!(divided.measured_on, first.measured_on);
    let said = caution(divided.id).await.expect("other examples under the same name");
    assert!(said.contains("validation examples 10 against 10 others"), "{said}");
    assert!(unlike(divided.id).await);
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

/// Epoch 1 is stopped early (row 1004 fixed, row 1000 broken, five wrong as before), 2 is invalid, 3 is accepted; row 9 never gets an
/// answer. Every split has a score of its own.
pub fn told_apart() -> (World, RunConfig) {
    let first = "skill 9/4/9 knows 1004 forgets 1000 forgets 1001 forgets 1002 forgets 1003 ";
    let mut world = World::proposing([first, "", "skill 5/6/8"]);
    world.replies[1] = "no JSON".into();
    (world, RunConfig { early_stop: true, concurrency: 1, prompt: prompt("skill 3/4/2"), ..config(3) })
}

#[tokio::test]
async fn the_report_of_a_run_names_the_run_it_was_made_from() {
    let (bench, _) = Bench::eventful().await;
    let run = bench.run(config(1)).await;
    let made = async |kind| {
        let parent = Some(Parent { run: run.summary.id, epoch: 1, kind });
        let child = bench.run(RunConfig { parent, ..config(0) }).await.summary.id;
        exported(&bench, child, "md").await
    };
    assert!(!exported(&bench, run.summary.id, "md").await.contains("made from"));
    let (edited, again) = (made(ParentKind::TakeOver).await, made(ParentKind::Again).await);
    assert!(edited.contains("| made from | epoch 1 of “run”, taken over and edited |"), "{edited}");
    assert!(again.contains("| made from | “run”, run again |"), "{again}");
}

#[tokio::test]
async fn every_figure_of_a_run_stands_where_it_belongs() {
    let (world, config) = told_apart();
    let model = ScriptedModel::with_rule(world, |_, request| {
        if request.messages.last().unwrap().content.contains("row 9 ") { transient("It burns.") } else { Act::Answer }
    });
    let bench = Bench::scripted(&model).await;
    let view = bench.run(config.clone()).await;
    let run = &view.summary;
    let text = exported(&bench, run.id, "md").await;
    let scores = |s: [Option<Score>; 3]| s.map(told).join(" | ");
    let (baseline, best) = (run.baseline, &run.best);
    let shares =
        [baseline.train, baseline.validation, baseline.test, best.validation, best.test].map(|s| (s.unwrap().score * 10.0).round());
    assert_eq!((shares, best.train, baseline.train.unwrap().missing), ([3.0, 4.0, 2.0, 6.0, 8.0], None, 1), "no two figures are alike");
    assert_eq!(line(&text, "baseline"), format!("| baseline | {} |", scores([baseline.train, baseline.validation, baseline.test])));
    assert_eq!(line(&text, "best (epoch 3)"), format!("| best (epoch 3) | {} |", scores([best.train, best.validation, best.test])));

    let epochs = ["0 | baseline", "1 | rejected", "2 | invalid", "3 | accepted"].map(|begins| line(&text, begins));
    assert!(
        epochs[1].starts_with("| 1 | rejected | 33.3% | stopped early: at most 40.0% |  | 1 / 1 of 7 answered | Cannot beat the best"),
        "{}",
        epochs[1]
    );
    assert!(epochs[2].starts_with("| 2 | invalid | 33.3% | not measured |  | – | "), "{}", epochs[2]);
    let accepted = format!("| 3 | accepted | – | {} | \\+20.0 points | 2 / 0 | Better", told(best.validation));
    assert!(epochs[3].starts_with(&accepted), "{} {accepted}", epochs[3]);

    let outcome = bench.engine.run_outcome(RunId { run: run.id }).await.unwrap();
    for (split, gain) in [("Validation", outcome.validation.unwrap()), ("Sealed test", outcome.test.unwrap())] {
        let [delta, low, high] = [gain.delta, gain.low, gain.high].map(|points| format!("{:+.1} points", points * 100.0));
        let (fixed, n, p) = (gain.fixed, gain.n, gain.p);
        let words = format!("- {split}: {delta} (95 % interval {low} to {high}), {fixed} fixed, 0 broken of {n}, p = {p:.4}.");
        assert!(fixed > 0 && low != delta && text.contains(&words), "{words} {text}");
    }
    assert!(text.contains("### What would help most now"), "{text}");
    assert!(!outcome.next.is_empty() && outcome.next.iter().all(|step| text.contains(&step.reason)), "{:?}", outcome.next);

    let usage = &run.usage;
    assert!(text.contains(&format!("{} calls, {} answers from disk, 1 example missing.", usage.calls, usage.cached)), "{text}");
    let of = |name: &str, u: RoleUsage| {
        let counts = [u.calls, u.cached, u.retries, u.prompt_tokens, u.completion_tokens].map(|n| n.to_string());
        format!("| {name} | {} | 0.0000 |", counts.join(" | "))
    };
    let roles = usage.by_role;
    assert!(usage.retries > 0 && roles.optimizer.calls == 4 && usage.cached == 0, "{usage:?}");
    let cost = text.split("## Cost").nth(1).unwrap();
    for (name, role) in [("primary", roles.primary), ("optimizer", roles.optimizer), ("judge", roles.judge)] {
        assert_eq!(line(cost, name), of(name, role));
    }
    let all = [usage.calls, usage.cached, usage.retries, usage.prompt_tokens, usage.completion_tokens].map(|n| n.to_string()).join(" | ");
    assert_eq!(line(&text, "all"), format!("| all | {all} | 0.0000 |"));
    assert!(text.contains("Simulated: the demo model took part"), "{text}");
    assert_eq!(line(&text, "examples"), "| examples | 10 training, 10 validation, 10 test |");
    assert_eq!(
        (line(&text, "primary model"), line(&text, "optimizer model")),
        ("| primary model | primary |", "| optimizer model | optimizer |")
    );
    for dated in ["started", "ended"] {
        assert!(line(&text, dated).contains(" 2023 "), "the test's clock begins in 2023: {}", line(&text, dated));
    }
    assert!(text.lines().any(|line| line.starts_with("Written ") && line.contains(" 2023 ")), "{text}");
    let changed = text.split("## What changed from the first prompts to the best").nth(1).unwrap();
    assert!(changed.split("##").next().unwrap().contains("- skill 3/4/2\n+ skill 5/6/8"), "{changed}");

    let html = exported(&bench, run.id, "html").await;
    for (mark, count) in [("accepted", 2), ("rejected", 0), ("bound", 1), ("invalid", 1), ("trained", 1)] {
        assert_eq!(html.matches(&format!("class=\"{mark}\"")).count(), count, "{mark}");
    }
    assert!(html.contains("<title>epoch 1: at most 40.0%</title>"), "{html}");

    // What was told while it ran stands in its report: the test split is opened a second time.
    let again = bench.run(RunConfig { use_cache: false, ..config }).await;
    assert!(again.warnings.iter().any(|w| w.starts_with("10 of 10 test examples were opened")), "{:?}", again.warnings);
    let second = exported(&bench, again.summary.id, "md").await;
    let warned = second.split("## Warnings").nth(1).expect("a section of warnings");
    assert!(again.warnings.iter().all(|warning| warned.contains(warning)), "{warned}");
}

#[tokio::test]
async fn a_cost_that_is_not_known_is_not_told_as_nothing() {
    let server = FakeServer::start(World::proposing(["skill 5/5/5"]), |_| Answering::Answer).await;
    let (bench, config) = over_http(&server, SIZES, 1).await;
    let run = bench.run(config).await.summary;
    assert_eq!(run.usage.cost, None);
    let text = exported(&bench, run.id, "md").await;
    assert!(line(&text, "primary").ends_with("| unknown |") && line(&text, "all").ends_with("| unknown |"), "{text}");
    let certificate = exported(&bench, run.id, "certificate").await;
    assert!(certificate.contains(", cost unknown.") && !certificate.contains("Simulated"), "{certificate}");
    let set = bench.engine.export_runs(ExportRuns { runs: vec![run.id], baseline: None, format: "md".into() }).await.unwrap().text;
    assert!(set.lines().any(|line| line.starts_with("| run | ") && line.ends_with(" | unknown |")), "{set}");
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
        "the other: 10 of 10 test examples were opened by an earlier run",
        "| fixed | broken |",
        "| 4 | 0 | 3 | 3 | 0 |",
        "- skill 3/3/3\n+ skill 7/7/7",
        "| examples shown | 5 | 3 |",
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
    assert!(unlike.contains("Measured differently") && unlike.contains("(level 0.05)"), "{unlike}");
    assert!(!report(first, first).await.contains("Measured differently"));
}

#[tokio::test]
async fn a_comparison_shows_each_side_under_its_own_name() {
    // 60 validation rows: the best is right on 42 of them, 24 more than the first prompts.
    let bench = Bench::new(std::sync::Arc::new(Scripted(ScriptedModel::new(eventful()))), [10, 60, 0]).await;
    let run = bench.run(config(5)).await.summary;
    let report = async |first, second, format: &str| {
        let point = |epoch| RunPoint { run: run.id, epoch };
        let (first, second) = (point(first), point(second));
        let request = ExportComparison { first, second, split: Split::Validation, format: format.into() };
        bench.engine.export_comparison(request).await.unwrap().text
    };
    let gained = report(Some(0), None, "md").await;
    assert_eq!(line(&gained, "first"), format!("| first | run, baseline | {} |", told(run.baseline.validation)));
    assert_eq!(line(&gained, "second"), format!("| second | run, epoch 5 | {} |", told(run.best.validation)));
    assert!(gained.contains("Simulated: ") && gained.contains("The second against the first, on the validation split: better"), "{gained}");
    assert!(gained.contains("## Prompts of run, baseline\n\nSystem prompt:\n\n```text\nskill 3/3/3\n```"), "{gained}");
    assert!(gained.contains("## Prompts of run, epoch 5\n\nSystem prompt:\n\n```text\nskill 7/7/7\n```"), "{gained}");
    let scores = |best: Option<Score>, validation| format!("{} | {} | not measured |", told(best), told(validation));
    assert_eq!(line(&gained, "best (epoch 5)"), format!("| best (epoch 5) | {}", scores(run.best.train, run.best.validation)));
    // Of 24 fixed rows all are written out, of more the first 25.
    assert!(gained.contains("| 24 | 0 | 18 | 18 | 0 |") && !gained.contains("The first 25 of"), "{gained}");
    assert_eq!(
        line(&gained, "14"),
        "| 14 | row 1003 of the validation split | truth-1003-validation | wrong 1003 | truth-1003-validation |"
    );

    let lost = report(None, Some(4), "md").await;
    assert!(lost.contains("## Broken: right only under the first\n\nThe first 25 of 30.") && !lost.contains("## Fixed"), "{lost}");
    assert_eq!(lost.lines().filter(|line| line.contains(" of the validation split |")).count(), 25);
    assert_eq!(line(&lost, "13"), "| 13 | row 1002 of the validation split | truth-1002-validation | truth-1002-validation | wrong 1002 |");

    let html = report(Some(0), None, "html").await;
    for score in [run.baseline.validation, run.best.validation].map(Option::unwrap) {
        let [share, low, high] = [score.score, score.low, score.high].map(|share| format!("{:.1}%", share * 100.0));
        assert!(html.contains(&format!(": {share} ({low} to {high})</title>")), "{html}");
    }
    assert!(html.contains("aria-label=\"run, baseline, simulated: 30.0%; run, epoch 5, simulated: 70.0%\""), "{html}");
    let same = report(None, None, "md").await;
    assert!(same.contains("Nothing: both are the same."), "{same}");
}

#[tokio::test]
async fn a_comparison_tells_labels_apart_and_shortens_what_is_long() {
    let long = "long words ".repeat(40);
    let mut rows = String::from("user_input,ground_truth_output,split,note\n");
    for row in (0..12).chain(1000..1012) {
        rows.push_str(&format!("row {row} {long},label-{},{},\n", row % 3, world::split_name(row)));
    }
    let mut bench = Bench::new(std::sync::Arc::new(Handed), SIZES).await;
    bench.project = bench.import("labels", &rows).await;
    let metrics = vec![MetricSpec { metric: MetricKind::Label, weight: 1.0 }];
    let run = bench.run(RunConfig { metrics, prompt: prompt("one"), ..config(1) }).await.summary;
    assert_eq!(run.best.epoch, 1, "{:?}", run.stop_reason);
    let point = |epoch| RunPoint { run: run.id, epoch };
    let request = ExportComparison { first: point(Some(0)), second: point(None), split: Split::Validation, format: "md".into() };
    let text = bench.engine.export_comparison(request).await.unwrap().text;
    // Four rows of each label: the first prompts answer label-0 and label-1 wrongly, the second ones label-1 alone.
    for row in ["label-0 | 4 | 0 | 4 |", "label-1 | 4 | 0 | 0 |", "label-2 | 4 | 4 | 4 |"] {
        assert!(text.contains(&format!("| {row}")), "{row} {text}");
    }
    let confusions = text.split("### Confusions").nth(1).unwrap();
    assert!(
        confusions.starts_with(
            "\n\n| true label | answered | under the first | under the second |\n| --- | --- | --- | --- |\n| label-1 | label-2 | 4 | 4 |\n| label-0 | label-1 | 4 | 0 |\n"
        ),
        "{confusions}"
    );
    assert!(text.contains("… |") && !text.contains(long.trim()), "an input of 440 characters is shortened: {text}");
}

#[tokio::test]
async fn what_sets_two_measurements_apart_is_named() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let first = bench.run(config(0)).await.summary.id;
    let second = bench.run(RunConfig { match_threshold: 0.5, ..config(0) }).await.summary.id;
    // As many validation examples, one of which is another one.
    let another = csv(SIZES).replace(&world::truth(1009), "something else");
    bench.import_file("bench", "another.csv", &another).await;
    let third = bench.run(config(0)).await.summary.id;
    let report = async |first, second| {
        let point = |run| RunPoint { run, epoch: None };
        let request = ExportComparison { first: point(first), second: point(second), split: Split::Validation, format: "md".into() };
        bench.engine.export_comparison(request).await.unwrap().text
    };
    let threshold = report(first, second).await;
    assert!(
        threshold.contains("Measured differently: match from 1 against 0.5. The difference need not come from the prompts."),
        "{threshold}"
    );
    let data = report(first, third).await;
    assert!(
        data.contains("Not on the same data: dataset bench.csv against another.csv. Only examples that both were asked are compared."),
        "{data}"
    );
    assert_eq!(line(&data, "dataset"), "| dataset | bench.csv | another.csv |");
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
    assert!(!demo.simulated_roles.is_empty());
    let set = async |format: &str| {
        bench.engine.export_runs(ExportRuns { runs: vec![real, demo.id], baseline: None, format: format.into() }).await.unwrap().text
    };
    let markdown = set("md").await;
    for part in [
        "*Simulated: the demo model took part; its figures say nothing about a real model. That is so for demo run.*",
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
            bench.engine.export_runs(ExportRuns { runs: vec![run], baseline: None, format: format.into() }).await.unwrap().text,
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

#[tokio::test]
async fn a_report_gives_one_interval_for_one_gain() {
    let bench = Bench::new(std::sync::Arc::new(Scripted(ScriptedModel::new(eventful()))), [10, 10, 40]).await;
    let run = bench.run(config(5)).await.summary.id;
    let gain = bench.engine.run_outcome(RunId { run }).await.unwrap().test.unwrap();
    let [delta, low, high] = [gain.delta, gain.low, gain.high].map(|points| format!("{:+.1} points", points * 100.0));
    let told = format!("{delta} (95 % interval {low} to {high})");
    let html = exported(&bench, run, "html").await;
    let (result, certificate) = html.split_once("Certificate").expect("a certificate");
    assert!(result.contains(&told), "{told} {result}");
    assert!(certificate.contains(&told), "the same interval as in the result: {told} {certificate}");
}
