//! Estimates held against runs: the range of calls that is told before a run holds what the run sends, whatever limits it, and there are no
//! more proposals than it tells. The figures are printed, as a table for `docs/benchmarks.md`.

use std::fmt::Write;

use mlprompt_core::{
    api::{SavePrices, StartRun},
    metric::{MetricKind, MetricSpec},
    price::ModelPrice,
    run::{Budget, ModelConfig, RunConfig, StrategyKind},
};
use serde_json::json;

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::over_http,
    world::World,
};

const SIZES: [u32; 3] = [60, 30, 30];

/// An optimizer that finds something better every other time.
fn learning() -> World {
    let mut world =
        World::proposing(["skill 4/4/4", "skill 2/2/2", "skill 5/5/5", "skill 5/4/4", "skill 6/6/6", "skill 7/7/7", "skill 1/1/1"]);
    world.replies.insert(3, "no JSON".into());
    world
}

/// The world's answers with tokens of some four characters each, as of English.
fn counted(seen: &Seen) -> Act {
    let asked = seen.json();
    let messages = asked["messages"].as_array().expect("a request has messages");
    let characters: usize = messages.iter().filter_map(|message| message["content"].as_str()).map(|text| text.chars().count()).sum();
    let written = match seen.model().as_str() {
        "optimizer" => 60,
        "judge" => 12,
        _ => 7,
    };
    Act::Counting(json!({"prompt_tokens": characters / 4 + 4 * messages.len(), "completion_tokens": written}))
}

fn limits() -> Vec<(&'static str, Budget)> {
    let none = Budget::default();
    vec![
        ("none", none),
        ("100 calls", Budget { max_calls: Some(100), ..none }),
        ("150 calls", Budget { max_calls: Some(150), ..none }),
        ("300 calls", Budget { max_calls: Some(300), ..none }),
        ("2,000 tokens", Budget { max_tokens: Some(2_000), ..none }),
        ("6,000 tokens", Budget { max_tokens: Some(6_000), ..none }),
        ("20,000 tokens", Budget { max_tokens: Some(20_000), ..none }),
        ("$0.05", Budget { max_cost: Some(0.05), ..none }),
        ("$0.20", Budget { max_cost: Some(0.20), ..none }),
    ]
}

#[tokio::test]
async fn an_estimate_holds_the_calls_and_proposals_of_a_run_under_every_limit() {
    let server = FakeServer::start(learning(), counted).await;
    let (bench, plain) = over_http(&server, SIZES, 4).await;
    let price = |model: &str| ModelPrice { model: model.into(), input: 10.0, output: 20.0, cached_input: None };
    bench.engine.save_prices(SavePrices { prices: ["primary", "optimizer", "judge"].map(price).to_vec() }).await.unwrap();
    let writing = |model: &str, most: u32| ModelConfig { model: model.into(), max_output_tokens: Some(most), ..plain.primary.clone() };
    let judge = MetricSpec { metric: MetricKind::Judge { rubric: "Is it right?".into() }, weight: 1.0 };
    let mut table = String::from(
        "| search | judge | epochs | limit | calls, told | calls, sent | proposals, at most | proposals |\n| --- | --- | ---: | --- | ---: | ---: | ---: | ---: |\n",
    );
    let (mut outside, mut perhaps) = (Vec::new(), 0);
    for (strategy, judged, epochs) in [
        (StrategyKind::Greedy, false, 4),
        (StrategyKind::Greedy, true, 4),
        (StrategyKind::Pareto, false, 4),
        (StrategyKind::Pareto, true, 8),
    ] {
        for (limit, budget) in limits() {
            let config = RunConfig {
                strategy,
                epochs,
                budget,
                early_stop: true,
                use_cache: false,
                primary: writing("primary", 20),
                optimizer: writing("optimizer", 300),
                judge: judged.then(|| writing("judge", 40)),
                metrics: if judged { vec![judge.clone()] } else { plain.metrics.clone() },
                ..plain.clone()
            };
            let told = bench.engine.estimate_run(StartRun { project: bench.project, config: config.clone() }).await.unwrap();
            let run = bench.run(config).await.summary;
            let (low, high, sent) = (told.calls_low, told.calls_high, run.usage.calls);
            let proposed = run.usage.proposals.max(run.epochs_done.into());
            let row =
                format!("| {strategy:?} | {judged} | {epochs} | {limit} | {low} to {high} | {sent} | {} | {proposed} |", told.proposals);
            let says = |words: &str| told.warnings.iter().any(|warning| warning.contains(words));
            assert!(!says("may not suffice for one epoch") || told.proposals > 0, "{row} {:?}", told.warnings);
            assert!(!says("will hardly suffice for one epoch") || told.proposals == 0, "{row} {:?}", told.warnings);
            perhaps += usize::from(says("may not suffice for one epoch"));
            if !(low..=high).contains(&sent) || proposed > told.proposals.into() {
                outside.push(row.clone());
            }
            writeln!(table, "{row}").unwrap();
        }
    }
    println!("{table}");
    assert!(perhaps > 0, "no limit between too little and enough was tried");
    assert!(outside.is_empty(), "{outside:#?}");
}
