//! Every path a decision can take, and every reason a run ends by itself.

use mlprompt_core::{
    ErrorCode,
    api::{GetEpoch, ListCalls, ProjectId, RunId, SavePromptVersion, StartRun},
    connection::Connection,
    metric::{MetricKind, MetricSpec},
    prompt::{MessageRole, PromptAuthor},
    run::{AcceptRule, CallFilter, Decision, NextAction, RunConfig, RunStatus},
    store::Role,
};

use crate::{
    fixtures::{Bench, SIZES, config, csv, decisions, mean, model as model_at, prompt},
    scripted_model::{Act, Scripted, ScriptedModel},
    world::{World, input, material, proposal},
};

async fn bench(world: World) -> (Bench, std::sync::Arc<ScriptedModel>) {
    let model = ScriptedModel::new(world);
    (Bench::scripted(&model).await, model)
}

#[tokio::test]
async fn a_better_proposal_becomes_the_best_and_a_numbered_version_and_is_tested_once() {
    let (bench, model) = bench(World::proposing(["skill 6/5/4"])).await;
    let view = bench.run(config(1)).await;
    assert_eq!(decisions(&view), [Decision::Accepted]);
    let run = &view.summary;
    assert_eq!(run.status, RunStatus::Completed);
    assert_eq!(run.stop_reason.as_deref(), Some("The one epoch asked for is done."));
    assert_eq!((run.best.epoch, run.best.system_prompt.as_str()), (1, "skill 6/5/4"));
    assert_eq!((mean(run.baseline.validation), mean(run.best.validation)), (0.3, 0.5));
    assert_eq!((mean(run.baseline.test), mean(run.best.test)), (0.3, 0.4), "both prompts are measured on the test split");
    let epoch = &view.epochs[1];
    assert_eq!((epoch.fixed, epoch.broken, epoch.delta), (2, 0, Some(0.2)));
    assert_eq!(mean(epoch.train), 0.3, "the training score is that of the prompt before the proposal");
    // 20 for the baseline, 1 proposal, 10 for its validation, 10 test examples under each of two prompts.
    assert_eq!((model.calls(), run.usage.calls), (51, 51));
    let versions = bench.engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!((versions[0].author, versions[0].epoch, versions[0].run), (PromptAuthor::Optimizer, Some(1), Some(run.id)));
    assert!(view.verdict.is_some_and(|v| !v.starts_with("Nothing beat")));
}

#[tokio::test]
async fn a_gain_that_the_rule_does_not_take_is_told_as_one_with_what_would_show_it() {
    let (bench, _) = bench(World::proposing(["skill 9/4/9"])).await;
    let view = bench.run(RunConfig { accept: AcceptRule::Significant, ..config(1) }).await;
    let verdict = view.verdict.unwrap();
    let told = "The first prompts stay. Epoch 1 scored 10.0 points more on validation with 40.0%, which was not taken for a gain: Better, but not \
                beyond chance at level 0.1: ";
    assert!(verdict.starts_with(told), "{verdict}");
    let next = bench.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
    assert_eq!((next[0].action, &next[0].reason[..14]), (NextAction::MoreExamples, "Epoch 1 may be"), "{next:?}");
}

#[tokio::test]
async fn a_worse_proposal_is_rejected_and_the_best_stays() {
    let (bench, _) = bench(World::proposing(["skill 9/2/9"])).await;
    let view = bench.run(config(1)).await;
    assert_eq!(decisions(&view), [Decision::Rejected], "validation decides, not training");
    assert!(view.epochs[1].reason.starts_with("Worse than the best:"), "{}", view.epochs[1].reason);
    assert_eq!((view.summary.best.epoch, view.summary.best.system_prompt.as_str()), (0, "skill 3/3/3"));
    assert_eq!(view.summary.baseline.test, view.summary.best.test, "the baseline is the best, so it is tested once for both");
    // What to try instead is said by the next steps, which know why nothing did.
    assert_eq!(view.verdict.as_deref(), Some("Nothing beat the baseline: the first prompts are still the best."));
}

#[tokio::test]
async fn a_tie_is_rejected() {
    let (bench, _) = bench(World::proposing(["skill 3/3/3 in other words"])).await;
    let view = bench.run(config(1)).await;
    assert_eq!(decisions(&view), [Decision::Rejected]);
    assert!(view.epochs[1].reason.starts_with("No better than the best:"), "{}", view.epochs[1].reason);
    assert_eq!(view.epochs[1].delta, Some(0.0));
}

#[tokio::test]
async fn a_gain_within_chance_is_rejected_by_the_significant_rule_alone() {
    for (accept, expected) in [(AcceptRule::Any, Decision::Accepted), (AcceptRule::Significant, Decision::Rejected)] {
        let (bench, _) = bench(World::proposing(["skill 4/4/4"])).await;
        let view = bench.run(RunConfig { accept, ..config(1) }).await;
        assert_eq!(decisions(&view), [expected], "one example of ten under {accept:?}");
    }
    let (bench, _) = bench(World::proposing(["skill 10/10/10"])).await;
    let view = bench.run(RunConfig { accept: AcceptRule::Significant, ..config(1) }).await;
    assert_eq!(decisions(&view), [Decision::Accepted], "seven of ten fixed is beyond chance");
}

#[tokio::test]
async fn an_unreadable_reply_that_stays_unreadable_is_invalid_and_costs_no_validation() {
    let (bench, model) =
        bench(World { replies: vec!["I would rather not.".into()], repair: "Still not.".into(), ..World::default() }).await;
    let view = bench.run(config(1)).await;
    assert_eq!(decisions(&view), [Decision::Invalid]);
    assert_eq!(view.epochs[1].validation, None);
    assert_eq!(model.optimizer_requests().len(), 2, "one repair, no more");
    assert_eq!(model.calls(), 20 + 2 + 10, "baseline, two turns, the test split once; nothing was validated");
    let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: 1 }).await.unwrap();
    assert_eq!(detail.exchange.iter().map(|t| t.reply.as_str()).collect::<Vec<_>>(), ["I would rather not.", "Still not."]);
    assert_eq!(detail.proposed, None);
}

#[tokio::test]
async fn a_repaired_reply_is_used_and_the_repair_quotes_what_was_wrong() {
    let (bench, model) =
        bench(World { replies: vec!["{\"system_prompt\": \"skill".into()], repair: proposal("skill 8/8/8"), ..World::default() }).await;
    let view = bench.run(config(1)).await;
    assert_eq!(decisions(&view), [Decision::Accepted]);
    let requests = model.optimizer_requests();
    let roles: Vec<MessageRole> = requests[1].messages.iter().map(|m| m.role).collect();
    assert_eq!(roles, [MessageRole::System, MessageRole::User, MessageRole::Assistant, MessageRole::User]);
    assert_eq!(requests[1].messages[2].content, "{\"system_prompt\": \"skill", "the bad reply is shown to its author");
    assert!(requests[1].messages[3].content.starts_with("Your reply could not be used:"));
    let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: 1 }).await.unwrap();
    assert!(detail.exchange[0].error.is_some() && detail.exchange[1].error.is_none(), "both turns are kept");
}

#[tokio::test]
async fn a_proposal_that_breaks_a_rule_is_invalid_with_the_rule_named() {
    let copying = format!("skill 9/9/9 and {} is answered so", input(4));
    let cases = [
        (proposal("skill 3/3/3"), "skill 3/3/3", "changes nothing"),
        (proposal(&format!("skill 9/9/9 {}", "x".repeat(500))), "skill 3/3/3", "the limit is 400"),
        (proposal("skill 9/9/9"), "skill 3/3/3 {{note}}", "lost the template variable {{note}}"),
        (proposal(&copying), "skill 3/3/3", "copies a training example"),
        (proposal("skill 9/9/9 {{ground_truth_output}}"), "skill 3/3/3", "brings in {{ground_truth_output}}, the ground truth"),
    ];
    for (reply, first, words) in cases {
        let (bench, model) = bench(World { replies: vec![reply.clone()], repair: reply, ..World::default() }).await;
        let view = bench.run(RunConfig { prompt: prompt(first), max_prompt_chars: 400, ..config(1) }).await;
        assert_eq!(decisions(&view), [Decision::Invalid], "{words}");
        assert!(view.epochs[1].reason.contains(words), "{} should say {words:?}", view.epochs[1].reason);
        assert!(!model.seen().iter().any(|r| r.model == "primary" && r.messages[0].content.contains("9/9/9")), "no money goes into it");
    }
}

#[tokio::test]
async fn the_optimizer_is_shown_training_examples_alone() {
    let (bench, model) = bench(World::proposing(["skill 4/4/4", "skill 5/5/5"])).await;
    bench.run(config(2)).await;
    for request in model.optimizer_requests() {
        let examples = material(&request.messages)["examples"].to_string();
        assert!(
            examples.contains("of the train split")
                && !examples.contains("of the validation split")
                && !examples.contains("of the test split")
        );
    }
}

#[tokio::test]
async fn when_every_example_matches_there_is_nothing_to_propose() {
    let (bench, model) = bench(World::proposing(["skill 1/1/1"])).await;
    let view = bench.run(RunConfig { prompt: prompt("skill 10/10/10"), ..config(3) }).await;
    assert_eq!(view.summary.stop_reason.as_deref(), Some("Every training and validation example matches."));
    assert_eq!((view.epochs.len(), model.optimizer_requests().len()), (1, 0), "the optimizer is not paid for nothing");
    assert_eq!(view.summary.status, RunStatus::Completed);
}

#[tokio::test]
async fn a_perfect_training_split_alone_ends_the_run_in_other_words() {
    let (bench, model) = bench(World::proposing(["skill 1/1/1"])).await;
    let view = bench.run(RunConfig { prompt: prompt("skill 10/6/6"), ..config(3) }).await;
    let reason = view.summary.stop_reason.unwrap();
    assert!(reason.contains("nothing left to learn from") && reason.contains("60.0%"), "{reason}");
    assert_eq!(model.optimizer_requests().len(), 0);
}

#[tokio::test]
async fn the_training_score_of_the_best_is_kept_when_it_turns_out_perfect() {
    let (bench, _) = bench(World::proposing(["skill 10/10/10"])).await;
    let view = bench.run(config(5)).await;
    assert_eq!(view.summary.stop_reason.as_deref(), Some("Every training and validation example matches."));
    assert_eq!(mean(view.summary.best.train), 1.0, "it was measured to find that out");
}

#[tokio::test]
async fn without_a_validation_or_training_split_nothing_starts() {
    for (sizes, word) in [([10, 0, 10], "validation"), ([0, 10, 10], "training")] {
        let model = ScriptedModel::new(World::default());
        let bench = Bench::new(std::sync::Arc::new(Scripted(std::sync::Arc::clone(&model))), sizes).await;
        let refused = bench.engine.start_run(StartRun { project: bench.project, config: config(1) }).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Invalid);
        assert!(refused.message.contains(&format!("The {word} split is empty")), "{}", refused.message);
        assert!(bench.engine.list_runs(ProjectId { project: bench.project }).await.unwrap().is_empty(), "nothing is recorded");
        assert_eq!(model.calls(), 0);
    }
}

#[tokio::test]
async fn without_a_test_split_every_test_figure_is_null() {
    let model = ScriptedModel::new(World::proposing(["skill 6/6/6"]));
    let bench = Bench::new(std::sync::Arc::new(Scripted(std::sync::Arc::clone(&model))), [10, 10, 0]).await;
    let view = bench.run(config(1)).await;
    assert_eq!((view.summary.status, view.summary.best.epoch), (RunStatus::Completed, 1));
    assert_eq!((view.summary.baseline.test, view.summary.best.test), (None, None));
    assert!(view.verdict.is_some_and(|v| v.contains("no test figures")));
}

#[tokio::test]
async fn patience_counts_rejected_and_invalid_epochs_and_starts_anew_after_an_accepted_one() {
    let mut world = World::proposing(["skill 2/2/2", "skill 5/5/5", "", "skill 1/1/1", "skill 9/9/9"]);
    world.replies[2] = "nothing".into();
    let (bench, _) = bench(world).await;
    let view = bench.run(RunConfig { patience: 2, ..config(9) }).await;
    assert_eq!(decisions(&view), [Decision::Rejected, Decision::Accepted, Decision::Invalid, Decision::Rejected]);
    assert_eq!(view.summary.stop_reason.as_deref(), Some("No improvement for 2 epochs."));
}

#[tokio::test]
async fn five_unusable_proposals_in_a_row_end_a_run_without_patience() {
    let (bench, _) = bench(World { replies: vec!["no".into()], repair: "no".into(), ..World::default() }).await;
    let view = bench.run(config(9)).await;
    assert_eq!(decisions(&view), [Decision::Invalid; 5]);
    assert!(view.verdict.is_some_and(|v| v.starts_with("No proposal could be used, so nothing was compared")));
    assert!(
        view.summary
            .stop_reason
            .is_some_and(|r| r.starts_with("The optimizer wrote 5 unusable proposals in a row; each epoch says what was wrong"))
    );
}

#[tokio::test]
async fn a_run_whose_proposals_all_change_what_is_locked_says_so() {
    let mut world = World::proposing(["skill 9/9/9"]);
    // Asked to repair it, the optimizer writes the same again.
    world.repair = world.replies[0].clone();
    let (bench, _) = bench(world).await;
    let locked = vec![mlprompt_core::prompt::LockedSpan { half: mlprompt_core::prompt::Half::System, text: "skill 3/3/3".into() }];
    let view = bench.run(RunConfig { locked, ..config(9) }).await;
    assert_eq!(decisions(&view), [Decision::Invalid; 5]);
    let next = bench.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
    assert_eq!(next[0].reason, "5 of 5 proposals changed a text that is locked. Lock less, or lock it in shorter parts.");
}

#[tokio::test]
async fn a_reached_target_ends_the_run() {
    let (bench, model) = bench(World::proposing(["skill 6/6/6", "skill 9/9/9"])).await;
    let view = bench.run(RunConfig { target_score: Some(0.6), ..config(5) }).await;
    assert_eq!(view.summary.stop_reason.as_deref(), Some("The target of 60.0% on validation is reached."));
    assert_eq!(model.optimizer_requests().len(), 1);
}

#[tokio::test]
async fn no_epochs_measure_the_baseline_alone() {
    let (bench, model) = bench(World::default()).await;
    let view = bench.run(config(0)).await;
    assert_eq!((view.epochs.len(), model.optimizer_requests().len()), (1, 0));
    assert_eq!(view.summary.status, RunStatus::Completed);
}

#[tokio::test]
async fn too_many_missing_examples_keep_an_epoch_from_being_accepted() {
    let rule = |_: usize, request: &mlprompt_core::chat::ChatRequest| {
        let proposed = request.model == "primary" && request.messages[0].content.contains("9/9/9");
        let lost = ["row 1000 ", "row 1001 "].iter().any(|row| request.messages.last().unwrap().content.starts_with(row));
        if proposed && lost { crate::scripted_model::transient("overloaded") } else { Act::Answer }
    };
    let model = ScriptedModel::with_rule(World::proposing(["skill 9/9/9"]), rule);
    let bench = Bench::scripted(&model).await;
    let view = bench.run(config(1)).await;
    assert_eq!(decisions(&view), [Decision::Rejected], "two of ten are more than one example and more than 2 %");
    assert!(view.epochs[1].reason.contains("2 of 10 validation examples have no answer"), "{}", view.epochs[1].reason);
    let validation = view.epochs[1].validation.unwrap();
    assert_eq!((validation.n, validation.missing), (8, 2), "missing ones stand beside the score, not in it");
    assert_eq!(view.summary.usage.failed, 2);
}

#[tokio::test]
async fn one_missing_example_leaves_both_sides_of_the_comparison() {
    let rule = |_: usize, request: &mlprompt_core::chat::ChatRequest| {
        let proposed = request.model == "primary" && request.messages[0].content.contains("4/4/4");
        // Row 1003 is the one that the proposal would fix.
        let lost = request.messages.last().unwrap().content.starts_with("row 1003 ");
        if proposed && lost { crate::scripted_model::transient("overloaded") } else { Act::Answer }
    };
    let model = ScriptedModel::with_rule(World::proposing(["skill 4/4/4"]), rule);
    let bench = Bench::scripted(&model).await;
    let view = bench.run(config(1)).await;
    assert_eq!(view.epochs[1].delta, Some(0.0), "3 of 9 before and after; counted as wrong it would be a loss, left on one side a gain");
    assert_eq!(decisions(&view), [Decision::Rejected]);
}

#[tokio::test]
async fn the_scores_of_a_verdict_are_those_of_the_examples_it_compares() {
    // The best has no answer to a test example that the first prompts get right.
    let rule = |_: usize, request: &mlprompt_core::chat::ChatRequest| {
        let proposed = request.model == "primary" && request.messages[0].content.contains("6/6/6");
        let lost = request.messages.last().unwrap().content.starts_with("row 2001 ");
        if proposed && lost { crate::scripted_model::transient("overloaded") } else { Act::Answer }
    };
    let bench = Bench::scripted(&ScriptedModel::with_rule(World::proposing(["skill 6/6/6"]), rule)).await;
    let run = bench.run(config(1)).await.summary;
    assert_eq!(run.baseline.test.map(|s| s.n), Some(10));
    let test = bench.engine.run_outcome(RunId { run: run.id }).await.unwrap().test.unwrap();
    assert_eq!((test.n, test.before.n, test.after.n, test.before.missing), (9, 9, 9, 1));
    let scores = (test.before.score, test.after.score);
    assert!((scores.0 - 2.0 / 9.0).abs() < 1e-9 && (scores.1 - 5.0 / 9.0).abs() < 1e-9, "{scores:?}");
    assert!((scores.1 - scores.0 - test.delta).abs() < 1e-9);
}

#[tokio::test]
async fn a_test_that_fell_is_not_called_a_gain_and_says_which_prompts_to_use() {
    let (bench, _) = bench(World::proposing(["skill 6/6/2"])).await;
    let view = bench.run(config(1)).await;
    let verdict = view.verdict.unwrap();
    assert!(verdict.contains("but not on the sealed test split: -10.0 points") && verdict.contains("keep the first prompts"), "{verdict}");
    let next = bench.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
    assert!(next.iter().any(|step| step.reason.starts_with("10 test examples are too few to tell this loss from chance.")), "{next:?}");
}

#[tokio::test]
async fn a_text_that_was_a_version_before_stays_the_one_it_was() {
    let (bench, _) = bench(World::proposing(["skill 4/4/4", "skill 5/5/5"])).await;
    let first = bench.run(config(2)).await;
    let before = bench.engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
    let again = bench.run(config(2)).await;
    assert_eq!(again.summary.usage.calls, 0, "all of it is on disk");
    assert_eq!((again.summary.best.epoch, decisions(&again)), (first.summary.best.epoch, decisions(&first)));
    let after = bench.engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
    let numbers = |versions: &[mlprompt_core::prompt::PromptVersion]| versions.iter().map(|v| (v.number, v.run)).collect::<Vec<_>>();
    assert_eq!(numbers(&after), numbers(&before), "nothing is new");
    // Restored it is a version of its own, with the score of its text.
    let oldest = after.last().unwrap();
    let restore = SavePromptVersion { project: bench.project, prompt: oldest.prompt.clone(), note: String::new() };
    let restored = bench.engine.save_prompt_version(restore).await.unwrap();
    assert!(restored.number > after[0].number && restored.validation.is_some());
    assert_eq!(restored.validation, oldest.validation);
    let listed = bench.engine.list_prompt_versions(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!((listed[0].number, listed[0].validation), (restored.number, oldest.validation));
}

#[tokio::test]
async fn later_requests_tell_what_was_tried_in_aggregates() {
    let (bench, model) = bench(crate::fixtures::eventful()).await;
    bench.run(config(5)).await;
    let last = model.optimizer_requests().pop().unwrap();
    let earlier = material(&last.messages)["earlier_epochs"].clone();
    let told: Vec<&str> = earlier.as_array().unwrap().iter().map(|e| e["decision"].as_str().unwrap()).collect();
    assert_eq!(told, ["accepted", "rejected", "invalid", "rejected"]);
    assert_eq!((&earlier[0]["validation"], &earlier[0]["gain"]), (&serde_json::json!(0.5), &serde_json::json!(0.2)));
    assert_eq!(earlier[3]["explanation"], "Tried skill 2/2/2.");
}

#[tokio::test]
async fn what_the_optimizer_sees_does_not_depend_on_the_order_of_answers() {
    let mut seen = Vec::new();
    for (concurrency, slow) in [(1, 7), (8, 2), (8, 3)] {
        let rule = move |number: usize, _: &mlprompt_core::chat::ChatRequest| match number % slow {
            0 => Act::After(std::time::Duration::from_millis(3)),
            _ => Act::Answer,
        };
        let model = ScriptedModel::with_rule(crate::fixtures::eventful(), rule);
        let bench = Bench::scripted(&model).await;
        bench.run(RunConfig { concurrency, ..config(5) }).await;
        seen.push(model.optimizer_requests());
    }
    assert!(seen[0].len() >= 5 && seen[0] == seen[1] && seen[1] == seen[2], "the requests differ");
}

#[tokio::test]
async fn the_judge_scores_and_its_words_reach_the_optimizer() {
    let (bench, model) = bench(World::proposing(["skill 6/6/6"])).await;
    let judged = RunConfig {
        metrics: vec![MetricSpec { metric: MetricKind::Judge { rubric: "Is it the truth?".into() }, weight: 1.0 }],
        judge: Some(model_at("judge", Connection::DEMO)),
        ..config(1)
    };
    let view = bench.run(judged).await;
    assert_eq!(decisions(&view), [Decision::Accepted]);
    let baseline = mean(view.summary.baseline.validation);
    assert!((baseline - (3.0 + 7.0 * 0.25) / 10.0).abs() < 1e-9, "three right, seven with a quarter: {baseline}");
    let examples = material(&model.optimizer_requests()[0].messages)["examples"].clone();
    assert!(examples.as_array().unwrap().iter().any(|e| e["judge_feedback"] == "Name the truth."), "{examples}");
    assert!(view.summary.usage.by_role.judge.calls > 0 && view.summary.usage.calls == model.calls() as u64);
    let filter = CallFilter { role: Some(Role::Judge), ..CallFilter::default() };
    let log = bench.engine.list_calls(ListCalls { run: view.summary.id, filter, offset: 0, limit: 500 }).await.unwrap();
    assert!(log.total > 0 && log.rows.iter().all(|call| call.example.is_some()), "a judgement is about an example");
}

#[tokio::test]
async fn a_judge_that_gave_no_score_is_asked_anew() {
    let judged = std::sync::atomic::AtomicUsize::new(0);
    // Of ten training answers the judge scores six at first; when it is asked again it has learnt to.
    let rule = move |_, request: &mlprompt_core::chat::ChatRequest| {
        let is_judge = request.model == "judge";
        let early = is_judge && judged.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 4;
        if early { Act::Say("I think it is fine.") } else { Act::Answer }
    };
    let model = ScriptedModel::with_rule(World::proposing(["skill 6/6/6"]), rule);
    let bench = Bench::scripted(&model).await;
    let config = RunConfig {
        metrics: vec![MetricSpec { metric: MetricKind::Judge { rubric: "Is it the truth?".into() }, weight: 1.0 }],
        judge: Some(model_at("judge", Connection::DEMO)),
        concurrency: 1,
        ..config(1)
    };
    let run = bench.start(config).await;
    let paused = crate::fixtures::settled(&bench.engine, run).await.summary;
    let reason = paused.stop_reason.unwrap();
    assert!(reason.contains("the judge, which gave no score") && reason.ends_with("Resume asks for them again."), "{reason}");
    let before = model.seen().len();
    bench.engine.resume_run(RunId { run }).await.unwrap();
    let ended = crate::fixtures::settled(&bench.engine, run).await.summary;
    assert_eq!((ended.status, ended.baseline.train.map(|score| (score.n, score.missing))), (RunStatus::Completed, Some((10, 0))));
    let asked = model.seen()[before..].iter().take(4).filter(|request| request.model == "judge").count();
    assert_eq!(asked, 4, "what was scored is not asked again, and no answer that is on disk");
}

#[tokio::test]
async fn a_weighted_score_leaves_each_metric_visible() {
    let (bench, _) = bench(World::proposing(["skill 6/6/6"])).await;
    let judge = MetricKind::Judge { rubric: "Is it the truth?".into() };
    let settings = RunConfig {
        metrics: vec![MetricSpec { metric: MetricKind::Exact, weight: 3.0 }, MetricSpec { metric: judge, weight: 1.0 }],
        judge: Some(model_at("judge", Connection::DEMO)),
        ..config(1)
    };
    let view = bench.run(settings).await;
    let detail = |epoch| bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch });
    let (baseline, epoch) = (detail(0).await.unwrap(), detail(1).await.unwrap());
    let means = |d: &mlprompt_core::run::EpochDetail| -> Vec<(Option<f64>, Option<f64>)> {
        d.metrics.iter().map(|m| (m.before.map(|s| s.score), m.after.map(|s| s.score))).collect()
    };
    // The judge gives a quarter for what is not the truth.
    assert_eq!(means(&baseline), [(None, Some(0.3)), (None, Some(0.475))]);
    assert_eq!(means(&epoch), [(Some(0.3), Some(0.6)), (Some(0.475), Some(0.7))]);
    let exact = epoch.metrics[0].after.unwrap();
    assert!(exact.n == 10 && exact.low < 0.6 && 0.6 < exact.high, "{exact:?}");
    assert!((mean(epoch.summary.validation) - (0.75 * 0.6 + 0.25 * 0.7)).abs() < 1e-9, "the score is their weighted mean");
}

#[tokio::test]
async fn answers_of_another_run_cost_nothing_unless_the_cache_is_off() {
    let (bench, model) = bench(World::proposing(["skill 6/6/6"])).await;
    bench.run(config(1)).await;
    let bought = model.calls();
    let again = bench.run(config(1)).await;
    assert_eq!((model.calls(), again.summary.usage.calls, again.summary.usage.cached), (bought, 0, bought as u64));
    assert!(again.warnings.iter().any(|w| w.contains("opened by an earlier run")), "{:?}", again.warnings);
    let fresh = bench.run(RunConfig { use_cache: false, ..config(1) }).await;
    assert_eq!((model.calls(), fresh.summary.usage.cached), (2 * bought, 0));
    let other = bench.import("other", &csv(SIZES)).await;
    let elsewhere = bench.engine.start_run(StartRun { project: other, config: config(1) }).await.unwrap();
    crate::fixtures::settled(&bench.engine, elsewhere.id).await;
    assert_eq!(model.calls(), 3 * bought, "answers belong to their project");
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_before_any_call() {
    let (bench, model) = bench(World::default()).await;
    let cases = [
        (RunConfig { name: "  ".into(), ..config(1) }, "needs a name"),
        (RunConfig { primary: model_at(" ", 1), ..config(1) }, "primary model has no name"),
        (RunConfig { primary: model_at("m", 99), ..config(1) }, "connection was deleted"),
        (RunConfig { concurrency: 0, ..config(1) }, "at least 1"),
        (RunConfig { examples: 0, ..config(1) }, "at least one"),
        (RunConfig { target_score: Some(1.5), ..config(1) }, "target score"),
        (RunConfig { alpha: 0.0, ..config(1) }, "Alpha"),
        (RunConfig { metrics: Vec::new(), ..config(1) }, "metric"),
        (
            RunConfig { metrics: vec![MetricSpec { metric: MetricKind::Judge { rubric: "r".into() }, weight: 1.0 }], ..config(1) },
            "no judge model",
        ),
    ];
    for (config, words) in cases {
        let refused = bench.engine.start_run(StartRun { project: bench.project, config }).await.unwrap_err();
        assert!(refused.message.contains(words), "{} should say {words:?}", refused.message);
    }
    assert_eq!(model.calls(), 0);
    assert!(bench.engine.all_runs().await.unwrap().is_empty());
}
