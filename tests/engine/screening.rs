//! What is wrong with a proposal of a search is said before a call is spent on it: every static check, one after the other.

use std::sync::Arc;

use mlprompt_core::{
    api::GetEpoch,
    prompt::{Half, LockedSpan},
    run::{Budget, EditFate, EpochSummary, RunConfig, SearchParts, StrategyKind, Technique},
};

use crate::{
    fixtures::{Bench, config, prompt},
    scripted_model::{Scripted, ScriptedModel},
    world::{World, input, proposal, truth},
};

/// The first prompt: a template variable, a line that is locked.
const START: &str = "skill 3/3/3 of {{note}}\nKeep this.";

/// Runs an optimizer that writes these prompts, epoch by epoch, and compares what is said of each; of those without words nothing.
async fn each_is_refused(replies: &[(String, &str)]) -> Vec<EpochSummary> {
    let mut world = World::proposing([]);
    world.replies = replies.iter().map(|(system, _)| proposal(system)).collect();
    // More different answers than labels would have.
    let bench = Bench::new(Arc::new(Scripted(ScriptedModel::new(world))), [60, 10, 0]).await;
    let view = bench
        .run(RunConfig {
            prompt: prompt(START),
            strategy: StrategyKind::Pareto,
            // Nothing of its own, so that what is said is about the replies.
            parts: SearchParts { examples: false, pruning: false, restart: false, front: false, ..SearchParts::default() },
            locked: vec![LockedSpan { half: Half::System, text: "Keep this.".into() }],
            max_prompt_chars: 400,
            budget: Budget { max_calls: Some(5_000), ..Budget::default() },
            ..config(u32::try_from(replies.len()).unwrap())
        })
        .await;
    assert_eq!(view.epochs.len(), replies.len() + 1, "{:?}", view.summary.stop_reason);
    for (epoch, (reply, words)) in (1..).zip(replies) {
        let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch }).await.unwrap();
        let written = detail.edits.iter().filter(|e| e.technique == Technique::Edit);
        let refused: Vec<&str> = written.filter(|e| e.fate == EditFate::Refused).map(|e| e.reason.as_str()).collect();
        if words.is_empty() {
            assert!(refused.is_empty(), "epoch {epoch}: {reply:?} was refused: {refused:?}");
        } else {
            assert!(refused.len() == 1 && refused[0].starts_with(words), "epoch {epoch}: {refused:?} instead of {words:?}");
        }
    }
    view.epochs
}

fn primary_calls(epoch: &EpochSummary) -> u64 {
    epoch.usage.by_role.primary.calls
}

#[tokio::test]
async fn what_no_prompt_may_have_is_refused_with_its_reason_and_costs_no_call_of_the_model() {
    let with = |line: &str| format!("{START}\n{line}");
    let long = "very ".repeat(100);
    let epochs = each_is_refused(&[
        (START.replace("Keep this.", "Keep that."), "The proposal changes \"Keep this.\", which is locked in the system prompt."),
        (START.replace(" of {{note}}", ""), "The proposal lost the template variable {{note}}."),
        (with(&long), "The proposed system prompt has 5"),
        (with(&format!("Mind {}.", input(3))), "The proposal copies a training example (\"row 3 of the train split\")"),
        (with(&format!("Answer {} there.", truth(3))), "The proposal gives away the answer of a training example (\"truth-3-train\")"),
        (with("See {{ground_truth_output}}."), "The proposal brings in {{ground_truth_output}}, the ground truth"),
        (START.to_owned(), ""),
    ])
    .await;
    assert_eq!(epochs[7].reason, "The proposals change nothing.");
    assert_eq!(primary_calls(&epochs[7]), primary_calls(&epochs[1]), "nothing was asked of the model after the first look at what fails");
}

#[tokio::test]
async fn what_was_tried_stands_already_or_is_known_is_refused_with_its_reason() {
    let better = |skill: &str, more: &str| START.replace("3/3/3", skill) + more;
    each_is_refused(&[
        (better("3/3/3", "\nBe calm and polite."), ""),
        (better("3/3/3", "\nBe calm and polite."), "This prompt is a known candidate."),
        // Under another lead it is heard once more, and then no more.
        (better("6/6/6", ""), ""),
        (better("6/6/6", "\nBe calm and polite."), ""),
        (better("9/9/9", ""), ""),
        (better("9/9/9", "\nBe calm and polite."), "Epoch 4 tried this edit already; it was dropped."),
        (better("9/9/9", "\nKeep this."), "The prompt has this line already."),
        (START.to_owned(), "This prompt is a known candidate."),
    ])
    .await;
}

#[tokio::test]
async fn a_reply_with_hundreds_of_changes_is_tested_as_a_whole() {
    let lines = |many: usize| (0..many).map(|n| format!("- rule {n}")).collect::<Vec<_>>().join("\n");
    for (many, whole) in [(20, false), (400, true)] {
        let world = World::proposing([&format!("{START}\n{}", lines(many))]);
        let bench = Bench::new(Arc::new(Scripted(ScriptedModel::new(world))), [60, 10, 0]).await;
        let parts = SearchParts { examples: false, pruning: false, restart: false, front: false, ..SearchParts::default() };
        let view = bench.run(RunConfig { prompt: prompt(START), strategy: StrategyKind::Pareto, parts, ..config(1) }).await;
        let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: 1 }).await.unwrap();
        let written: Vec<_> = detail.edits.iter().filter(|e| e.added.iter().any(|line| line.starts_with("- rule"))).collect();
        assert_eq!(written.len(), if whole { 1 } else { many }, "{many} lines more");
        assert!(written.iter().all(|e| (e.technique == Technique::Rewrite) == whole), "{many} lines more: {written:?}");
    }
}
