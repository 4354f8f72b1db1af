//! A validation ends as soon as its proposal cannot beat the best any more, exactly and however the run goes on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mlprompt_core::{
    api::{Blame, Compare, GetEpoch, RunId},
    dataset::Split,
    run::{AcceptRule, Bound, Decision, RunConfig, RunPoint, RunStatus, StrategyKind},
};

use crate::{
    fixtures::{Bench, Outcome, config, decisions, eventful, mean, settled},
    scripted_model::{Act, ScriptedModel, Wish},
    world::{World, material},
};

fn racing(epochs: u32, concurrency: u32) -> RunConfig {
    RunConfig { early_stop: true, concurrency, ..config(epochs) }
}

async fn bench(world: World) -> (Bench, Arc<ScriptedModel>) {
    let model = ScriptedModel::new(world);
    (Bench::scripted(&model).await, model)
}

#[tokio::test]
async fn a_hopeless_proposal_is_not_asked_to_the_end() {
    let (bench, model) = bench(World::proposing(["skill 9/0/9"])).await;
    let view = bench.run(racing(1, 1)).await;
    let epoch = &view.epochs[1];
    assert_eq!(epoch.decision, Decision::Rejected);
    // The best fails on 7 of 10. The proposal fails on the same 7, which come first: three more right answers make a tie at most.
    assert_eq!(epoch.bound, Some(Bound { score: 0.3, best: 0.3, n: 7, of: 10 }));
    assert_eq!((epoch.validation, epoch.delta, epoch.p, epoch.fixed, epoch.broken), (None, None, None, 0, 0), "a bound is no score");
    assert!(epoch.reason.starts_with("Cannot beat the best: at most a tie at 30.0% after 7 of 10"), "{}", epoch.reason);
    // Baseline, proposal, what decided it, the test split once; the answer that was under way meanwhile is kept, not counted.
    let (needed, calls) = (20 + 1 + 7 + 10, model.calls() as u64);
    assert!((needed..=needed + 1).contains(&calls), "{calls} calls");
    assert_eq!((epoch.usage.spared, view.summary.usage.spared), (3 - (calls - needed), 3 - (calls - needed)));
    let told = view.verdict.unwrap();
    assert!(told.starts_with("Nothing beat the baseline"), "{told}");
}

#[tokio::test]
async fn what_was_answered_until_then_says_what_it_fixed_and_broke() {
    // The best fails on seven of ten, which come first: one of them is fixed, and the first that is broken decides.
    let (bench, _) = bench(World::proposing(["skill 9/3/9 knows 1003 forgets 1000 forgets 1001 forgets 1002 "])).await;
    let view = bench.run(racing(1, 1)).await;
    let epoch = &view.epochs[1];
    assert_eq!((epoch.bound.map(|b| (b.n, b.of)), epoch.fixed, epoch.broken), (Some((8, 10)), 1, 1));
    assert_eq!((epoch.changes(), epoch.delta, epoch.validation), (Some((1, 1)), None, None));
    let detail = bench.engine.get_epoch(GetEpoch { run: view.summary.id, epoch: 1 }).await.unwrap();
    assert_eq!((detail.buckets.fixed, detail.buckets.broken, detail.summary.fixed), (1, 1, 1), "card, table and lists agree");
    let blame = Blame { project: bench.project, prompt: detail.proposed.clone().unwrap() };
    let taken = bench.engine.blame(blame).await.unwrap().into_iter().find(|sentence| sentence.taken).unwrap();
    assert_eq!((taken.fixed, taken.broken, taken.bound.map(|b| (b.n, b.of))), (Some(1), Some(1), Some((8, 10))), "not of all ten");
    let told = bench.engine.watch(view.summary.id, 0).next().await;
    assert!(told.is_ok());
}

#[tokio::test]
async fn a_tie_that_the_last_answer_decides_has_a_score_since_nothing_was_left_to_ask() {
    // One of the seven the best fails on is fixed, one of the three it has right is broken: by the order one of these is the last.
    let mut to_the_end = 0;
    for broken in [1000, 1001, 1002] {
        let (bench, model) = bench(World::proposing([format!("skill 9/3/9 knows 1003 forgets {broken} ").as_str()])).await;
        let view = bench.run(racing(1, 1)).await;
        let epoch = &view.epochs[1];
        assert_eq!((epoch.decision, epoch.fixed, epoch.broken), (Decision::Rejected, 1, 1));
        assert!(epoch.bound.is_none_or(|b| b.n < b.of), "there is no rest: {:?}", epoch.bound);
        if let Some(score) = epoch.validation {
            to_the_end += 1;
            assert_eq!((score.n, mean(epoch.validation), epoch.delta, epoch.p), (10, 0.3, Some(0.0), Some(1.0)));
            assert!(epoch.reason.starts_with("No better than the best: +0.0 points, 1 fixed, 1 broken of 10"), "{}", epoch.reason);
            assert_eq!((model.calls(), epoch.usage.spared), (20 + 1 + 10 + 10, 0));
        }
    }
    assert_eq!(to_the_end, 1);
}

#[tokio::test]
async fn switched_off_or_under_the_significant_rule_every_example_is_asked() {
    for settings in [RunConfig { early_stop: false, ..racing(1, 1) }, RunConfig { accept: AcceptRule::Significant, ..racing(1, 1) }] {
        let (bench, model) = bench(World::proposing(["skill 9/0/9"])).await;
        let view = bench.run(settings).await;
        assert_eq!((view.epochs[1].bound, mean(view.epochs[1].validation)), (None, 0.0));
        assert_eq!((model.calls(), view.summary.usage.spared), (20 + 1 + 10 + 10, 0));
    }
}

#[tokio::test]
async fn what_is_accepted_has_been_asked_to_the_end_with_the_same_figures() {
    let (raced, _) = bench(eventful()).await;
    let (full, _) = bench(eventful()).await;
    let (raced, full) = (raced.run(racing(5, 4)).await, full.run(config(5)).await);
    assert_eq!(decisions(&raced), decisions(&full));
    for (with, without) in raced.epochs.iter().zip(&full.epochs) {
        match with.decision {
            Decision::Rejected => assert!(with.bound.is_some() && with.validation.is_none(), "epoch {}", with.epoch),
            _ => assert_eq!((with.validation, with.delta, with.p), (without.validation, without.delta, without.p)),
        }
    }
    assert_eq!((raced.summary.best, raced.summary.baseline), (full.summary.best, full.summary.baseline));
}

#[tokio::test]
async fn the_order_of_answers_changes_nothing_of_the_outcome() {
    let mut outcomes = Vec::new();
    for (concurrency, slow) in [(1, 1000), (8, 2), (8, 3), (10, 7)] {
        let rule = move |number: usize, _: &mlprompt_core::chat::ChatRequest| match number % slow {
            0 => Act::After(Duration::from_millis(4)),
            _ => Act::Answer,
        };
        let model = ScriptedModel::with_rule(eventful(), rule);
        let bench = Bench::scripted(&model).await;
        let run = bench.run(racing(5, concurrency)).await.summary.id;
        outcomes.push(Outcome::of(&bench.engine, run).await);
        let detail = bench.engine.get_epoch(GetEpoch { run, epoch: 2 }).await.unwrap();
        let bound = detail.summary.bound.unwrap();
        let answered = detail.buckets.fixed + detail.buckets.broken + detail.buckets.still_wrong + detail.buckets.still_right;
        assert_eq!(answered, bound.n, "answers beyond what decided it are no part of the epoch");
        assert_eq!(detail.confusion_after, None);
    }
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:#?}");
}

#[tokio::test]
async fn paused_at_any_call_it_ends_like_an_uninterrupted_run_and_buys_nothing_twice() {
    for concurrency in [1, 3] {
        let settings = racing(5, concurrency);
        let (whole, model) = bench(eventful()).await;
        let run = whole.run(settings.clone()).await.summary.id;
        let (expected, calls) = (Outcome::of(&whole.engine, run).await, model.calls());
        assert!(expected.epochs.iter().any(|e| e.bound.is_some()));
        for at in 1..=calls {
            let (bench, model) = bench(eventful()).await;
            model.wish_at(at, Wish::Pause, &bench.engine);
            let run = bench.start(settings.clone()).await;
            if settled(&bench.engine, run).await.summary.status != RunStatus::Completed {
                let engine = bench.another_engine().await;
                engine.resume_run(RunId { run }).await.unwrap();
                settled(&engine, run).await;
            }
            assert_eq!(Outcome::of(&bench.engine, run).await, expected, "paused at call {at}, {concurrency} at once");
            assert_eq!(model.most_answers_to_one_request(), 1, "an answer was bought twice after a pause at call {at}");
        }
    }
}

#[tokio::test]
async fn nothing_is_asked_when_the_best_is_right_everywhere_on_validation() {
    for strategy in [StrategyKind::Greedy, StrategyKind::Pareto] {
        let (bench, model) = bench(World::proposing(["skill 9/10/9"])).await;
        let view = bench.run(RunConfig { prompt: crate::fixtures::prompt("skill 3/10/3"), strategy, ..racing(3, 4) }).await;
        assert_eq!((view.epochs.len(), view.summary.status), (1, RunStatus::Completed), "{strategy:?}");
        let reason = view.summary.stop_reason.unwrap();
        assert!(reason.starts_with("Every validation example has the full score, so no proposal can be accepted any more."), "{reason}");
        assert_eq!((model.calls(), model.optimizer_requests().len()), (20 + 10, 0), "{strategy:?}: training, validation and test");
    }
}

#[tokio::test]
async fn the_optimizer_is_told_the_bound_and_no_score() {
    let (bench, model) = bench(World::proposing(["skill 9/0/9", "skill 5/5/5"])).await;
    bench.run(racing(2, 2)).await;
    let last = model.optimizer_requests().pop().unwrap();
    let earlier = material(&last.messages)["earlier_epochs"][0].clone();
    assert_eq!(earlier["validation_at_most"], 0.3);
    assert!(earlier.get("validation").is_none() && earlier.get("gain").is_none(), "{earlier}");
}

#[tokio::test]
async fn a_bound_is_compared_with_nothing() {
    let (bench, _) = bench(World::proposing(["skill 9/0/9"])).await;
    let run = bench.run(racing(1, 2)).await.summary.id;
    let point = |epoch| RunPoint { run, epoch: Some(epoch) };
    let refused = bench.engine.compare(Compare { first: point(0), second: point(1), split: Split::Validation }).await.unwrap_err();
    assert!(refused.message.contains("a bound and no score"), "{}", refused.message);
}

#[tokio::test]
async fn a_judge_is_not_asked_about_answers_that_are_no_longer_needed() {
    // The third answer to the proposal takes far longer than deciding with two does, so it alone is under way then.
    let proposals = AtomicUsize::new(0);
    let rule = move |_: usize, request: &mlprompt_core::chat::ChatRequest| {
        let proposed = request.model == "primary" && request.messages.iter().any(|m| m.content.contains("skill 9/0/9"));
        if proposed && proposals.fetch_add(1, Ordering::Relaxed) >= 2 { Act::After(Duration::from_secs(2)) } else { Act::Answer }
    };
    let model = ScriptedModel::with_rule(World::proposing(["skill 9/0/9"]), rule);
    let bench = Bench::scripted(&model).await;
    let judge = Some(crate::fixtures::model("judge", mlprompt_core::connection::Connection::DEMO));
    let rubric = mlprompt_core::metric::MetricKind::Judge { rubric: "Is it the truth?".into() };
    let metrics = vec![mlprompt_core::metric::MetricSpec { metric: rubric, weight: 1.0 }];
    let prompt = crate::fixtures::prompt("skill 3/8/3");
    let view = bench.run(RunConfig { judge, metrics, prompt, ..racing(1, 1) }).await;
    assert_eq!(view.epochs[1].bound.map(|b| b.n), Some(2));
    // The two answers that decided it were judged with the baseline. Of the other eight one was under way: it is kept, not judged.
    assert_eq!(view.summary.usage.by_role.judge.calls, 30, "an answer was judged for nothing");
    assert_eq!(view.summary.usage.spared, 7 * 2, "seven answers, each with its judgement");
    assert_eq!(model.calls() as u64, view.summary.usage.calls);
}
