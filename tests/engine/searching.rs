//! The strategy `pareto` on simulated tasks: it finds what `greedy` does not, spends what it is told, ends well, and resumes.

use std::sync::Arc;

use mlprompt_core::{
    api::{ExportRun, GetEpoch, ListCalls, RunId},
    engine::Engine,
    metric::{MetricKind, MetricSpec},
    prompt::{Half, LockedSpan, Prompt},
    run::{
        Budget, CallFilter, Decision, EditFate, Phase, RunConfig, RunStatus, RunSummary, SearchParts, StrategyKind, Technique, TriedEdit,
    },
    store::Role,
};

use crate::{
    fixtures::{Bench, Outcome, config, settled},
    scripted_model::{Act, ScriptedModel},
    tasks::{Kind, Only, Optimizer, Task, Twist},
    world::World,
};

/// A bench with a task's data.
async fn bench(task: &Arc<Task>, rows: u64, test: u64) -> Bench {
    let mut bench = Bench::new(Arc::new(Only(Arc::clone(task))), [1, 1, 1]).await;
    bench.project = bench.import("task", &task.csv(rows, rows, test)).await;
    bench
}

fn search(task: &Task, calls: u64) -> RunConfig {
    let metric = if task.kind == Kind::Extraction {
        MetricKind::JsonFields { fields: ["date", "amount", "name", "city", "urgent"].map(str::to_owned).to_vec() }
    } else {
        MetricKind::Exact
    };
    RunConfig {
        prompt: task.start(),
        strategy: StrategyKind::Pareto,
        metrics: vec![MetricSpec { metric, weight: 1.0 }],
        budget: Budget { max_calls: Some(calls), ..Budget::default() },
        patience: 5,
        epochs: 10,
        seed: task.seed,
        concurrency: 16,
        ..config(10)
    }
}

async fn best(engine: &Engine, run: i64) -> Prompt {
    let best = engine.get_run(RunId { run }).await.unwrap().summary.best;
    Prompt { system_prompt: best.system_prompt, output_prompt: best.output_prompt }
}

#[tokio::test]
async fn it_ends_far_above_greedy_on_every_kind_of_task_with_the_same_calls() {
    // One seed alone may be lucky or not.
    const SEEDS: u64 = 3;
    for kind in [Kind::Labels, Kind::Format, Kind::Extraction] {
        let mut worth = [0.0, 0.0];
        for seed in 1..=SEEDS {
            let task = Arc::new(Task::new(kind, seed));
            let bench = bench(&task, 100, 0).await;
            for (n, strategy) in [StrategyKind::Greedy, StrategyKind::Pareto].into_iter().enumerate() {
                let view = bench.run(RunConfig { strategy, use_cache: false, ..search(&task, 1_200) }).await;
                assert_eq!(view.summary.status, RunStatus::Completed, "{:?}", view.summary.stop_reason);
                worth[n] += task.worth(&best(&bench.engine, view.summary.id).await) / SEEDS as f64;
                assert!(view.summary.usage.calls <= 1_200, "{kind:?} {strategy:?} spent {}", view.summary.usage.calls);
            }
        }
        assert!(worth[1] > worth[0] + 0.1, "{kind:?}: greedy {:.3}, pareto {:.3}", worth[0], worth[1]);
    }
}

#[tokio::test]
async fn every_rule_of_the_whole_task_is_found_though_harmful_lines_come_with_it() {
    // One test of all lines of a round says little of each: what helps and what spoils it come together.
    for (kind, calls, enough) in [(Kind::Extraction, 1_500, 0.945), (Kind::Format, 3_000, 0.9)] {
        for seed in 1..=2 {
            let task = Arc::new(Task::new(kind, seed));
            let bench = bench(&task, 100, 0).await;
            let view = bench.run(RunConfig { epochs: 100, patience: 0, ..search(&task, calls) }).await;
            let worth = task.worth(&best(&bench.engine, view.summary.id).await);
            assert!(worth >= enough, "{kind:?} with seed {seed} ends at {worth:.3}");
        }
    }
}

#[tokio::test]
async fn lines_that_carry_nothing_are_taken_away_again() {
    let mut lines = [0, 0];
    // An optimizer that mostly pads.
    let optimizer = Optimizer { helpful: 35, harmful: 5, ..Optimizer::USUAL };
    for seed in 1..=4 {
        for (n, pruning) in [true, false].into_iter().enumerate() {
            let task = Arc::new(Task { optimizer, ..Task::new(Kind::Format, seed) });
            let bench = bench(&task, 60, 0).await;
            let parts = SearchParts { pruning, ..SearchParts::default() };
            let view = bench.run(RunConfig { parts, epochs: 100, patience: 0, ..search(&task, 2_000) }).await;
            lines[n] += best(&bench.engine, view.summary.id).await.system_prompt.lines().count();
        }
    }
    assert!(lines[0] < lines[1], "{lines:?} lines with and without pruning");
}

#[tokio::test]
async fn a_search_that_is_stuck_begins_anew_and_keeps_what_was_proven() {
    // A sentence of the first prompt spoils every second answer, and the optimizer never touches it.
    let task = Arc::new(Task { twist: Twist::Trap, ..Task::new(Kind::Extraction, 1) });
    let bench = bench(&task, 60, 0).await;
    let view = bench.run(RunConfig { epochs: 100, patience: 0, ..search(&task, 1_500) }).await;
    let (mut kept, mut anew): (Vec<String>, Vec<Vec<String>>) = Default::default();
    for epoch in view.epochs.iter().skip(1) {
        let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: epoch.epoch }).await.unwrap();
        anew.extend(detail.edits.iter().filter(|e| e.technique == Technique::Restart).map(|e| e.added.clone()));
        kept.extend(
            detail.edits.iter().filter(|e| e.fate == EditFate::Kept && e.technique == Technique::Edit).flat_map(|e| e.added.clone()),
        );
    }
    assert!(!anew.is_empty(), "nothing was begun anew in {} epochs", view.epochs.len());
    assert!(anew.iter().any(|lines| kept.iter().filter(|k| lines.contains(k)).count() > 2), "{anew:?} keep little of {kept:?}");
}

/// Runs a search whole, then paused after so many calls and resumed by another engine: both have to come to the same with the same
/// calls. Gives what it came to.
async fn resumes_anywhere(make: impl Fn() -> Task, rows: u64, settings: impl Fn(&Task) -> RunConfig, every: usize) -> Outcome {
    let task = Arc::new(make());
    let whole = bench(&task, rows, 10).await;
    let view = whole.run(settings(&task)).await;
    let (expected, calls) = (Outcome::of(&whole.engine, view.summary.id).await, view.summary.usage.calls);
    assert!(calls > 100, "the search does something");
    for at in (5..calls).step_by(every) {
        let task = Arc::new(make());
        let bench = bench(&task, rows, 10).await;
        let run = bench.start(settings(&task)).await;
        while *task.answered.lock().unwrap() < at && bench.engine.driven_runs().contains(&run) {
            tokio::task::yield_now().await;
        }
        // It may have ended this instant; then there is nothing to resume.
        let _ended = bench.engine.pause_run(RunId { run }).await;
        if settled(&bench.engine, run).await.summary.status == RunStatus::Paused {
            let engine = bench.another_engine().await;
            engine.resume_run(RunId { run }).await.unwrap();
            settled(&engine, run).await;
        }
        assert_eq!(Outcome::of(&bench.engine, run).await, expected, "paused after {at} calls");
        assert_eq!(bench.engine.run(run).await.unwrap().usage.calls, calls, "paused after {at} calls");
    }
    expected
}

#[tokio::test]
async fn a_search_paused_anywhere_and_resumed_ends_like_an_uninterrupted_one() {
    let settings = |task: &Task| RunConfig { epochs: 2, budget: Budget::default(), concurrency: 4, ..search(task, 0) };
    resumes_anywhere(|| Task::new(Kind::Labels, 2), 30, settings, 17).await;
}

#[tokio::test]
async fn a_round_that_is_repeated_knows_no_more_than_it_did_the_first_time() {
    // A line about the whole task makes earlier answers say nothing of the new best, so its round asks for some of its own: which,
    // follows from what is known already.
    let settings = |task: &Task| RunConfig { epochs: 3, budget: Budget::default(), concurrency: 4, ..search(task, 0) };
    resumes_anywhere(|| Task::new(Kind::Format, 2), 90, settings, 58).await;
}

#[tokio::test]
async fn fresh_answers_are_there_again_when_a_search_is_resumed() {
    let make = || Task { moody: true, ..Task::new(Kind::Labels, 6) };
    let settings = |task: &Task| RunConfig { epochs: 4, budget: Budget::default(), concurrency: 4, ..search(task, 0) };
    let outcome = resumes_anywhere(make, 30, settings, 37).await;
    let held = outcome.epochs.iter().position(|e| e.reason.contains("It held on fresh answers"));
    assert!(held.is_some_and(|at| at + 1 < outcome.epochs.len()), "an epoch follows one that is confirmed: {:?}", outcome.epochs);
}

#[tokio::test]
async fn the_limit_on_calls_is_kept_and_the_test_split_is_paid_for() {
    let task = Arc::new(Task::new(Kind::Labels, 3));
    let bench = bench(&task, 60, 40).await;
    let view = bench.run(search(&task, 600)).await;
    assert!(view.summary.usage.calls <= 600 && *task.answered.lock().unwrap() <= 600);
    assert!(view.summary.best.test.is_some() && view.summary.baseline.test.is_some(), "{:?}", view.summary.stop_reason);
    assert!(view.summary.best.epoch > 0, "{:?}", view.summary.stop_reason);
}

#[tokio::test]
async fn optimizers_that_cannot_help_end_a_search_in_words_and_leave_the_baseline() {
    for (optimizer, decision) in [(Optimizer::NONSENSE, Decision::Invalid), (Optimizer::HARMFUL, Decision::Rejected)] {
        let task = Arc::new(Task { optimizer, noise: 0.0, ..Task::new(Kind::Labels, 4) });
        let bench = bench(&task, 60, 0).await;
        // Worked examples would help whatever the optimizer writes.
        let parts = SearchParts { examples: false, ..SearchParts::default() };
        let view = bench.run(RunConfig { budget: Budget::default(), parts, ..search(&task, 0) }).await;
        assert_eq!(view.summary.status, RunStatus::Completed);
        assert_eq!(view.summary.best.epoch, 0, "{optimizer:?}: {:?}", view.epochs.last().unwrap().reason);
        assert!(view.epochs.iter().skip(1).all(|e| e.decision == decision), "{optimizer:?}");
        assert!(!view.summary.stop_reason.unwrap().is_empty());
        assert!(view.summary.usage.calls < 900, "{optimizer:?} took {}", view.summary.usage.calls);
    }
}

#[tokio::test]
async fn few_examples_and_a_perfect_start_end_well() {
    let task = Arc::new(Task::new(Kind::Labels, 5));
    let few = bench(&task, 4, 0).await;
    let view = few.run(RunConfig { budget: Budget::default(), epochs: 3, ..search(&task, 0) }).await;
    ended_well(&view.summary);
    assert!(view.epochs.iter().all(|e| e.reason.ends_with('.')), "{:?}", view.epochs.iter().map(|e| &e.reason).collect::<Vec<_>>());

    let perfect = Arc::new(Task { noise: 0.0, ..Task::new(Kind::Extraction, 5) });
    let bench = bench(&perfect, 3, 0).await;
    let everything = Prompt { system_prompt: perfect.everything(), ..perfect.start() };
    let view = bench.run(RunConfig { prompt: everything, match_threshold: 0.1, ..search(&perfect, 500) }).await;
    assert_eq!(view.summary.stop_reason.as_deref(), Some("Every training and validation example matches."));
    assert_eq!(view.summary.usage.by_role.optimizer.calls, 0, "nothing to improve, nobody asked");
}

/// Ends in words, and says so without a claim that luck alone would make.
fn ended_well(run: &RunSummary) -> &str {
    assert_eq!(run.status, RunStatus::Completed, "{:?}", run.stop_reason);
    let reason = run.stop_reason.as_deref().unwrap();
    assert!(reason.ends_with('.') && reason.len() > 20, "{reason}");
    reason
}

#[tokio::test]
async fn an_optimizer_of_empty_words_ends_the_search_when_nothing_is_left_to_try() {
    let task = Arc::new(Task { optimizer: Optimizer::EMPTY, noise: 0.0, ..Task::new(Kind::Labels, 6) });
    let bench = bench(&task, 30, 0).await;
    let view = bench.run(RunConfig { budget: Budget::default(), patience: 0, epochs: 60, ..search(&task, 0) }).await;
    let reason = ended_well(&view.summary);
    assert!(reason.contains("nothing left to try"), "{reason}");
    assert!(view.epochs.len() < 40, "it took {} epochs", view.epochs.len());
}

#[tokio::test]
async fn a_noisy_metric_ends_without_a_claim_that_is_luck_alone() {
    let mut claims = 0;
    for seed in 1..=5 {
        let task = Arc::new(Task { optimizer: Optimizer::EMPTY, noise: 1.0, ..Task::new(Kind::Labels, seed) });
        let bench = bench(&task, 60, 100).await;
        // Worked examples would help whatever the optimizer writes.
        let parts = SearchParts { examples: false, ..SearchParts::default() };
        let view = bench.run(RunConfig { parts, ..search(&task, 1_500) }).await;
        ended_well(&view.summary);
        let request = ExportRun { run: view.summary.id, format: "certificate".into() };
        let certificate = bench.engine.export_run(request).await.unwrap().text;
        assert!(certificate.contains("No real improvement") || certificate.contains("A real improvement"), "{certificate}");
        claims += u32::from(certificate.contains("A real improvement"));
        let worth = task.worth(&best(&bench.engine, view.summary.id).await) - task.worth(&task.start());
        assert!(worth.abs() < 1e-9, "empty words change nothing: {worth}");
    }
    assert!(claims <= 1, "{claims} of 5 claims of an improvement are luck alone, at a level of one in twenty");
}

#[tokio::test]
async fn a_metric_that_saturates_ends_the_search_whether_all_can_match_or_none() {
    let task = Arc::new(Task::new(Kind::Labels, 7));
    let bench = bench(&task, 30, 0).await;
    let regex = |pattern: &str| MetricSpec { metric: MetricKind::Regex { pattern: pattern.into() }, weight: 1.0 };
    let view = bench.run(RunConfig { metrics: vec![regex(".")], ..search(&task, 2_000) }).await;
    assert_eq!(ended_well(&view.summary), "Every training and validation example matches.");
    assert_eq!(view.summary.usage.by_role.optimizer.calls, 0);
    let view = bench.run(RunConfig { metrics: vec![regex("^never$")], ..search(&task, 2_000) }).await;
    ended_well(&view.summary);
    assert_eq!(view.summary.best.epoch, 0, "nothing can get better");
    assert!(view.summary.usage.calls < 900, "it took {}", view.summary.usage.calls);
}

#[tokio::test]
async fn the_reasons_of_an_epoch_are_those_of_the_edits_in_it() {
    let task = Arc::new(Task::new(Kind::Labels, 8));
    let bench = bench(&task, 60, 0).await;
    let view = bench.run(RunConfig { epochs: 6, ..search(&task, 3_000) }).await;
    let mut together = 0;
    for epoch in view.epochs.iter().filter(|e| e.decision == Decision::Accepted) {
        let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: epoch.epoch }).await.unwrap();
        if !detail.explanation.starts_with("Edits of several proposals") {
            continue;
        }
        together += 1;
        // All that went to the optimizer in the epoch is there, not only what came of its first proposal.
        assert!(detail.exchange.len() > 1, "epoch {}: {} exchanges", epoch.epoch, detail.exchange.len());
        let mut shown: Vec<i64> = detail.shown.iter().map(|e| e.example).collect();
        shown.sort_unstable();
        shown.dedup();
        assert!(shown.len() == detail.shown.len() && shown.len() > 10, "{} examples were shown, each once", detail.shown.len());
        let after = detail.proposed.unwrap();
        let (before, after) = (detail.before.system_prompt, after.system_prompt);
        let only_in = |one: &str, other: &str| -> Vec<String> {
            one.lines().filter(|line| !other.lines().any(|known| known == *line)).map(str::to_owned).collect()
        };
        let (added, removed) = (only_in(&after, &before), only_in(&before, &after));
        let told: Vec<&str> = detail.system_reasoning.lines().collect();
        assert!(!told.is_empty() || added.is_empty(), "epoch {}: no reason for {added:?}", epoch.epoch);
        for reason in told {
            // Of a proposal that is not there as a whole.
            let reason = reason.strip_prefix("Part of a proposal whose reason was: ").unwrap_or(reason);
            // One that only takes a line away has its reason too.
            let changes =
                |e: &TriedEdit| e.added.iter().any(|line| added.contains(line)) || e.removed.iter().any(|line| removed.contains(line));
            let meant = |e: &&TriedEdit| e.hypothesis == reason && changes(e);
            let mut all = Vec::new();
            for number in 1..=epoch.epoch {
                all.extend(bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: number }).await.unwrap().edits);
            }
            assert!(all.iter().any(|edit| meant(&edit)), "epoch {}: {reason:?} belongs to none of {added:?}", epoch.epoch);
        }
    }
    assert!(together > 0, "several proposals were put together");
}

#[tokio::test]
async fn a_validation_says_from_its_start_how_many_examples_it_may_come_to() {
    // Answers that take their time, so that what is told meanwhile can be seen.
    let rule = |_: usize, request: &mlprompt_core::chat::ChatRequest| {
        let proposed = request.messages.iter().any(|m| m.content.contains("skill 9/9/9"));
        if proposed { Act::After(std::time::Duration::from_millis(15)) } else { Act::Answer }
    };
    let bench = Bench::scripted(&ScriptedModel::with_rule(World::proposing(["skill 9/9/9", "skill 9/9/9"]), rule)).await;
    let run = bench.start(RunConfig { strategy: StrategyKind::Pareto, concurrency: 1, early_stop: true, ..config(1) }).await;
    let mut told = Vec::new();
    loop {
        let summary = bench.engine.run(run).await.unwrap();
        told.extend(summary.progress.filter(|p| (p.epoch, p.phase) == (1, Phase::Validate)).map(|p| (p.done, p.total)));
        if summary.status == RunStatus::Completed {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert!(!told.is_empty() && told.iter().all(|(done, total)| *total == 10 && done <= total), "{told:?}");
}

#[tokio::test]
async fn a_search_that_could_spend_more_says_what_would_spend_it() {
    let task = Arc::new(Task::new(Kind::Labels, 8));
    let bench = bench(&task, 40, 0).await;
    let view = bench.run(RunConfig { epochs: 2, ..search(&task, 5_000) }).await;
    let reason = ended_well(&view.summary);
    assert!(
        reason.starts_with("All 2 epochs are done. When the search ended, the limit left 4,")
            && reason.ends_with("more epochs would spend them."),
        "{reason}"
    );
}

#[tokio::test]
async fn a_model_that_does_not_always_answer_the_same_has_its_champions_confirmed_on_fresh_answers() {
    let (mut refused, mut held) = (0, 0);
    for seed in 1..=8 {
        let task =
            Arc::new(Task { optimizer: Optimizer { helpful: 10, ..Optimizer::EMPTY }, moody: true, ..Task::new(Kind::Labels, seed) });
        let bench = bench(&task, 40, 0).await;
        let view = bench.run(search(&task, 900)).await;
        ended_well(&view.summary);
        refused += view.epochs.iter().filter(|e| e.reason.starts_with("Not confirmed on fresh answers")).count();
        for offset in [0, 500] {
            let filter = CallFilter { role: Some(Role::Primary), ..CallFilter::default() };
            let log = bench.engine.list_calls(ListCalls { run: view.summary.id, filter, offset, limit: 500 }).await.unwrap();
            assert!(log.total <= 1_000 && log.rows.iter().all(|call| call.example.is_some()), "a fresh answer is about an example as well");
        }
        for epoch in view.epochs.iter().filter(|e| e.reason.contains("It held on fresh answers to 40 of them")) {
            let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: epoch.epoch }).await.unwrap();
            let (told, of_the_rows) = (epoch.validation.unwrap().score, detail.metrics[0].after.unwrap().score);
            assert!((told - of_the_rows).abs() < 1e-9, "epoch {}: {told} is told, its rows say {of_the_rows}", epoch.epoch);
            assert!((told * 80.0).fract().abs() < 1e-6 || (told * 80.0).fract() > 1.0 - 1e-6, "forty examples, two answers each");
            // Whoever it had to beat is counted by as many answers, wherever the two meet: in the epoch, its rows and the curve.
            let (before, gain) = (detail.metrics[0].before.unwrap().score, epoch.delta.unwrap());
            let changed = i64::from(detail.buckets.fixed) - i64::from(detail.buckets.broken);
            assert!((told - before - gain).abs() < 1e-9, "epoch {}: {before} to {told} is told as {gain:+}", epoch.epoch);
            assert_eq!(changed, i64::from(epoch.fixed) - i64::from(epoch.broken), "epoch {}", epoch.epoch);
            let mut earlier = view.epochs[..epoch.epoch as usize].iter().rev();
            let beaten = earlier.find(|e| matches!(e.decision, Decision::Accepted | Decision::Baseline)).unwrap();
            assert!((beaten.validation.unwrap().score - before).abs() < 1e-9, "epoch {} is told as {before}", beaten.epoch);
            held += 1;
        }
    }
    assert!(refused > 0, "luck that does not last was taken for a gain every time");
    assert!(held > 0, "nothing was ever confirmed");
}

#[tokio::test]
async fn what_is_locked_no_proposal_changes_under_either_strategy() {
    for strategy in [StrategyKind::Greedy, StrategyKind::Pareto] {
        let task = Arc::new(Task { optimizer: Optimizer::REWRITING, ..Task::new(Kind::Labels, 9) });
        let bench = bench(&task, 40, 0).await;
        let span = LockedSpan { half: Half::System, text: "You route letters.\nThe labels are:".into() };
        let view = bench.run(RunConfig { strategy, locked: vec![span.clone()], ..search(&task, 900) }).await;
        ended_well(&view.summary);
        let run = view.summary.id;
        assert!(span.stands_in(&best(&bench.engine, run).await), "{strategy:?}");
        let mut said = false;
        for epoch in view.epochs.iter().skip(1) {
            let detail = bench.engine.get_epoch(GetEpoch { run, epoch: epoch.epoch }).await.unwrap();
            let refusals = detail.edits.iter().filter(|e| e.fate == EditFate::Refused).map(|e| e.reason.as_str());
            said |= refusals.chain([epoch.reason.as_str()]).any(|r| r.contains("which is locked in the system prompt"));
        }
        assert!(said, "{strategy:?} refuses it with its reason");
    }
}

#[tokio::test]
async fn the_tree_of_a_search_has_every_candidate_under_earlier_ones_and_what_techniques_earned() {
    let task = Arc::new(Task::new(Kind::Labels, 1));
    let bench = bench(&task, 60, 0).await;
    let view = bench.run(search(&task, 1_000)).await;
    let tree = bench.engine.search_tree(RunId { run: view.summary.id }).await.unwrap();
    assert_eq!(tree.candidates.len() as u64, view.summary.usage.candidates);
    assert!(tree.candidates.iter().all(|c| !c.parents.is_empty() && c.parents.iter().all(|p| *p < c.number)), "{:?}", tree.candidates);
    let edit = tree.techniques.iter().find(|t| t.technique == Technique::Edit).unwrap();
    assert!(edit.kept > 0 && edit.kept <= edit.tried && edit.calls > 0.0 && edit.gain > 0.0, "{edit:?}");
    let greedy = bench.run(RunConfig { strategy: StrategyKind::Greedy, ..search(&task, 400) }).await;
    assert!(bench.engine.search_tree(RunId { run: greedy.summary.id }).await.unwrap().candidates.is_empty());
}

#[tokio::test]
async fn a_report_gives_the_reasons_of_what_was_put_together_as_the_epoch_does() {
    let task = Arc::new(Task::new(Kind::Labels, 1));
    let bench = bench(&task, 100, 0).await;
    let view = bench.run(search(&task, 1_200)).await;
    let run = view.summary.id;
    let report = bench.engine.export_run(ExportRun { run, format: "md".into() }).await.unwrap().text;
    let (mut together, mut from) = (0, 0);
    for epoch in view.epochs.iter().map(|e| e.epoch).filter(|epoch| *epoch > 0) {
        let told = bench.engine.get_epoch(GetEpoch { run, epoch }).await.unwrap();
        let at = from + report[from..].find(&format!("Epoch {epoch}: ")).expect("the epoch is told");
        from = at;
        let end = report[at..].find(&format!("Epoch {}: ", epoch + 1)).map_or(report.len(), |end| at + end);
        let part = &report[at..end];
        together += u32::from(told.explanation.starts_with("Edits of several proposals"));
        for words in [told.explanation, told.system_reasoning, told.output_reasoning] {
            assert!(words.lines().all(|line| part.contains(line.trim())), "epoch {epoch}: {words:?} is not in {part}");
        }
    }
    assert!(together > 0, "no epoch put edits of several proposals together");
}
