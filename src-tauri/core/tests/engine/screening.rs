//! What is wrong with a proposal of a search is said before a call is spent on it: every static check, one after the other.

use std::sync::Arc;

use mlprompt_core::{
    api::GetEpoch,
    prompt::{Half, LockedSpan},
    run::{Budget, EditFate, RunConfig, SearchParts, StrategyKind, Technique},
};

use crate::{
    fixtures::{Bench, config, prompt},
    scripted_model::{Scripted, ScriptedModel},
    world::{World, input, truth},
};

/// The first prompt: a template variable, a line that is locked.
const START: &str = "skill 3/3/3 of {{note}}\nKeep this.";

#[tokio::test]
async fn every_static_check_refuses_with_its_reason_and_costs_no_call_of_the_model() {
    let with = |line: &str| format!("{START}\n{line}");
    let better = |skill: &str, more: &str| START.replace("3/3/3", skill) + more;
    let long = "very ".repeat(100);
    // What the optimizer writes, epoch by epoch, and what is said of it.
    let replies = [
        (START.replace("Keep this.", "Keep that."), "The proposal changes \"Keep this.\", which is locked in the system prompt."),
        (START.replace(" of {{note}}", ""), "The proposal lost the template variable {{note}}."),
        (with(&long), "The proposed system prompt has 5"),
        (with(&format!("Mind {}.", input(3))), "The proposal copies a training example (\"row 3 of the train split\")"),
        (with(&format!("Answer {} there.", truth(3))), "The proposal gives away the answer of a training example (\"truth-3-train\")"),
        (with("Be calm and polite."), ""),
        (with("Be calm and polite."), "This prompt is a known candidate."),
        // Under another lead it is heard once more, and then no more.
        (better("6/6/6", ""), ""),
        (better("6/6/6", "\nBe calm and polite."), ""),
        (better("9/9/9", ""), ""),
        (better("9/9/9", "\nBe calm and polite."), "Epoch 9 tried this edit already; it was dropped."),
        (better("9/9/9", "\nKeep this."), "The prompt has this line already."),
        (better("9/9/9", ""), ""),
        (START.to_owned(), "This prompt is a known candidate."),
    ];
    let mut world = World::proposing([]);
    world.replies = replies.iter().map(|(system, _)| crate::world::proposal(system)).collect();
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
    let run = view.summary.id;
    assert_eq!(view.epochs.len(), replies.len() + 1, "{:?}", view.summary.stop_reason);
    for (epoch, (reply, words)) in (1..).zip(&replies) {
        let detail = bench.engine.get_epoch(GetEpoch { run, epoch }).await.unwrap();
        let written = detail.edits.iter().filter(|e| e.technique == Technique::Edit);
        let refused: Vec<&str> = written.filter(|e| e.fate == EditFate::Refused).map(|e| e.reason.as_str()).collect();
        if words.is_empty() {
            assert!(refused.is_empty(), "epoch {epoch}: {reply:?} was refused: {refused:?}");
            continue;
        }
        assert!(refused.len() == 1 && refused[0].starts_with(words), "epoch {epoch}: {refused:?}");
        let primary = |epoch: usize| view.epochs[epoch].usage.by_role.primary.calls;
        let epoch = usize::try_from(epoch).unwrap();
        assert_eq!(primary(epoch), primary(epoch - 1), "epoch {epoch} asks the model nothing");
    }
    assert_eq!(view.epochs[13].reason, "The proposals change nothing.");
}
