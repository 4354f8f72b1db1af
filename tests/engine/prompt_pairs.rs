//! Two prompts, whoever wrote them, on the same validation rows.

use std::sync::Arc;

use mlprompt_core::{
    api::{ComparePrompts, ComparedPrompts, ExportPrompts, MeasureProgress, MeasureState, ProjectId, SaveConnection, SavePromptVersion},
    connection::{Connection, ConnectionKind, KeyReference},
    error::ErrorCode,
    keys::MemoryKeys,
    metric::{MetricKind, MetricSpec},
    run::{Bucket, ModelConfig, RunConfig},
};

use crate::{
    fake_server::{Act, FakeServer},
    fixtures::{Bench, config, eventful, model, over_http, prompt},
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
    let scripted = ScriptedModel::new(eventful());
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&scripted))), [10, 30, 10]).await;
    let config = RunConfig { epochs: 0, ..config(1) };
    bench.run(config.clone()).await;
    let bought = scripted.calls();
    let request = ComparePrompts {
        project: bench.project,
        first: config.prompt.clone(),
        second: prompt("skill 6/6/6 forgets 1000 "),
        config: config.clone(),
        rows: None,
        seed: 0,
    };

    let before = bench.engine.compare_prompts(request.clone()).await.unwrap();
    assert_eq!(scripted.calls(), bought, "to look costs nothing");
    assert_eq!((before.rows, before.of, before.comparison.buckets.not_compared), (30, 30, 30));
    assert_eq!(before.open.calls, 30, "what a run bought of the first prompt is not bought again");
    assert!(before.comparison.verdict.starts_with("not compared"), "{}", before.comparison.verdict);

    let ended = asked(&bench, &request).await;
    assert!(matches!(ended.state, MeasureState::Done), "{ended:?}");
    assert_eq!((ended.calls, ended.total, scripted.calls()), (30, 30, bought + 30));

    // Of every ten rows three were right, six are; one that was right is not any more.
    let after = bench.engine.compare_prompts(request.clone()).await.unwrap();
    let compared = &after.comparison;
    let buckets = compared.buckets;
    assert_eq!((buckets.fixed, buckets.broken, buckets.still_right, buckets.still_wrong, buckets.not_compared), (9, 1, 8, 12, 0));
    assert_eq!(after.open.calls, 0);
    // What was asked outside of a run is the version's score too, until a run measures it.
    let save = SavePromptVersion { project: bench.project, prompt: request.second.clone(), note: String::new() };
    let version = bench.engine.save_prompt_version(save).await.unwrap();
    let outside = bench.engine.scores_outside_runs(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!(outside.iter().map(|o| (o.version, Some(o.score))).collect::<Vec<_>>(), [(version.id, compared.second_score)]);
    assert_eq!(outside[0].model, config.primary);
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

/// Both prompts measured by runs of their own, and what is asked to hold one against the other.
async fn measured_by_runs(server: &FakeServer) -> (Bench, ComparePrompts) {
    let (bench, config) = over_http(server, [10, 30, 10], 0).await;
    let second = prompt("skill 6/6/6 forgets 1000 ");
    bench.run(RunConfig { name: "the first".into(), ..config.clone() }).await;
    bench.run(RunConfig { name: "the second".into(), prompt: second.clone(), ..config.clone() }).await;
    let first = config.prompt.clone();
    let request = ComparePrompts { project: bench.project, first, second, config, rows: None, seed: 0 };
    (bench, request)
}

fn sides_changed(compared: &ComparedPrompts) -> (u32, u32, u32, u32, u32) {
    let b = compared.comparison.buckets;
    (b.fixed, b.broken, b.still_right, b.still_wrong, b.not_compared)
}

/// The connection of these settings, led to another server.
async fn moved(bench: &Bench, config: &RunConfig, server: &FakeServer) {
    let connection = Connection { id: config.primary.connection, ..server.connection(ConnectionKind::Openai, KeyReference::Keychain) };
    bench.engine.save_connection(SaveConnection { connection, secret: Some(crate::fixtures::KEY.into()) }).await.unwrap();
}

#[tokio::test]
async fn what_was_measured_is_compared_without_a_key_and_after_the_connection_moved() {
    let server = FakeServer::start(eventful(), |_| Act::Answer).await;
    let (mut bench, request) = measured_by_runs(&server).await;
    let bought = server.count();
    let known = bench.engine.compare_prompts(request.clone()).await.unwrap();
    assert_eq!((sides_changed(&known), known.elsewhere.clone()), ((9, 1, 8, 12, 0), None));

    // Looking needs no key, asking does.
    bench.keys = Arc::new(MemoryKeys::new("Another machine."));
    let keyless = bench.another_engine().await;
    let told = keyless.compare_prompts(request.clone()).await.unwrap();
    assert_eq!((&told.comparison.verdict, sides_changed(&told)), (&known.comparison.verdict, sides_changed(&known)));
    assert_eq!(keyless.start_comparing(request.clone()).await.unwrap_err().code, ErrorCode::Unauthorized);

    // The answers are still those of the address that gave them, and it is said that they are.
    let other = FakeServer::start(eventful(), |_| Act::Answer).await;
    moved(&bench, &request.config, &other).await;
    let told = bench.engine.compare_prompts(request.clone()).await.unwrap();
    assert_eq!((&told.comparison.verdict, sides_changed(&told)), (&known.comparison.verdict, sides_changed(&known)));
    assert_eq!(told.open.calls, 60, "of the server that is asked from now on nothing is known");
    let words = format!(
        "These answers are of Fake at http://{}/v1, as it was in \"the second\". Where it is now, 0 of 30 rows are answered under both.",
        server.address
    );
    assert_eq!(told.elsewhere, Some(words.clone()));
    let report = ExportPrompts { pair: request.clone(), first: "v1".into(), second: "v2".into(), format: "html".into() };
    let report = bench.engine.export_prompts(report).await.unwrap().text;
    assert!(report.contains(&words.replace('"', "&quot;")), "{report}");
    assert_eq!((server.count(), other.count()), (bought, 0));

    // Once as much is known of where it is now, that is what is told.
    let ended = asked(&bench, &request).await;
    assert!(matches!(ended.state, MeasureState::Done), "{ended:?}");
    let told = bench.engine.compare_prompts(request).await.unwrap();
    assert_eq!((told.elsewhere, told.open.calls, server.count(), other.count()), (None, 0, bought, 60));
}

#[tokio::test]
async fn two_prompts_measured_at_two_places_say_so() {
    let (server, other) = (FakeServer::start(eventful(), |_| Act::Answer).await, FakeServer::start(eventful(), |_| Act::Answer).await);
    let (bench, config) = over_http(&server, [10, 30, 10], 0).await;
    bench.run(RunConfig { name: "there".into(), ..config.clone() }).await;
    moved(&bench, &config, &other).await;
    let second = prompt("skill 6/6/6 forgets 1000 ");
    bench.run(RunConfig { name: "here".into(), prompt: second.clone(), ..config.clone() }).await;
    let request = ComparePrompts { project: bench.project, first: config.prompt.clone(), second, config, rows: None, seed: 0 };
    let told = bench.engine.compare_prompts(request).await.unwrap();
    assert_eq!((sides_changed(&told), told.open.calls), ((9, 1, 8, 12, 0), 30));
    let words = format!(
        "The first is answered by Fake at http://{}/v1, as it was in \"there\"; the second by Fake at http://{}/v1, as it is now. The \
         difference need not come from the prompts. Where it is now, 0 of 30 rows are answered under both.",
        server.address, other.address
    );
    assert_eq!(told.elsewhere, Some(words));
}

#[tokio::test]
async fn the_model_that_is_offered_is_the_one_that_most_is_known_of() {
    let server = FakeServer::start(eventful(), |_| Act::Answer).await;
    let (bench, request) = measured_by_runs(&server).await;
    let measured = request.config.primary.clone();
    let newest = ModelConfig { temperature: Some(0.5), ..measured.clone() };
    bench.run(RunConfig { primary: newest.clone(), prompt: request.first.clone(), ..request.config.clone() }).await;
    let bought = server.count();
    let demo = RunConfig { primary: model("demo", Connection::DEMO), ..request.config.clone() };
    let request = ComparePrompts { config: demo, ..request };
    assert_eq!(bench.engine.known_model(request.clone()).await.unwrap(), measured, "both prompts were answered by it");
    let unknown = ComparePrompts { first: prompt("skill 1/1/1"), second: prompt("skill 2/2/2"), ..request };
    assert_eq!(bench.engine.known_model(unknown).await.unwrap(), newest, "of no model anything is known: the newest run's");
    assert_eq!(server.count(), bought);
}

#[tokio::test]
async fn a_comparison_of_two_prompts_is_told_from_its_verdict_to_its_rows() {
    let scripted = ScriptedModel::new(eventful());
    let bench = Bench::new(Arc::new(Scripted(Arc::clone(&scripted))), [10, 30, 10]).await;
    let request = ComparePrompts {
        project: bench.project,
        first: prompt("skill 3/3/3"),
        second: prompt("skill 6/6/6 forgets 1000 \u{202e}<b>`"),
        config: RunConfig { epochs: 0, ..config(1) },
        rows: Some(20),
        seed: 3,
    };
    let export = |format: &str| {
        let (pair, second) = (request.clone(), "v2 \u{202e}x".to_owned());
        bench.engine.export_prompts(ExportPrompts { pair, first: "v1".into(), second, format: format.into() })
    };
    let refused = export("md").await.unwrap_err();
    assert!(refused.message.contains("Ask both first"), "{refused:?}");
    asked(&bench, &request).await;
    let compared = bench.engine.compare_prompts(request.clone()).await.unwrap().comparison;
    let (markdown, html) = (export("md").await.unwrap().text, export("html").await.unwrap().text);
    let buckets = compared.buckets;
    for text in [&markdown, &html] {
        for part in [
            "Simulated: the demo model took part",
            compared.verdict.trim_end_matches('.'),
            "Fixed: right only under the second",
            "drawn with seed 3",
            "20 of 20",
            "primary",
            "exact",
            "bench",
            "What changed from the first prompts to the second",
            "Prompts of v1",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains('\u{202e}') && text.contains("v2 \u{27e8}RLO\u{27e9}x against v1"), "{text}");
    }
    let counts = [buckets.fixed, buckets.broken, buckets.still_wrong, buckets.still_right, 0].map(|n| n.to_string()).join(" | ");
    assert!(buckets.fixed > 0 && markdown.contains(&format!("| {counts} |")), "{counts}: {markdown}");
    assert!(markdown.contains("- skill 3/3/3\n+ skill 6/6/6"), "{markdown}");
    assert!(html.contains("<svg role=\"img\"") && !html.contains("<b>`") && html.contains("&lt;b&gt;`"), "{html}");
    assert!(export("csv").await.unwrap_err().message.contains("md or html"));
}
