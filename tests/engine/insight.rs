//! What a run teaches beside its scores: the learning map, failures by cause, the raw log, notes, its outcome and its parent.

use std::time::Duration;

use mlprompt_core::{
    ErrorCode,
    api::{
        ArchiveRun, ConfusionCell, CreateProject, ExportRun, GetCall, GetEpoch, GetHistory, GetLearningMap, ListCalls, ListFailures,
        ListMissing, MarkEpoch, NoRequest, ProjectId, RunId, StartRun,
    },
    chat::ChatErrorKind,
    dataset::Split,
    engine::Engine,
    metric::{MetricKind, MetricSpec},
    run::{
        Budget, CallEnd, CallFilter, Decision, EpochMark, Failure, MissingCause, NextAction, Outcome, Parent, ParentKind, RunConfig,
        RunStatus,
    },
    store::Role,
};

use crate::{
    fixtures::{Bench, SIZES, config, csv, eventful, settled},
    scripted_model::{Act, Scripted, ScriptedModel, Wish, transient},
    world::{self, World},
};

fn map_of(run: i64, split: Split) -> GetLearningMap {
    GetLearningMap { run, split }
}

fn log(run: i64, filter: CallFilter) -> ListCalls {
    ListCalls { run, filter, offset: 0, limit: 500 }
}

fn failures(run: i64, epoch: u32, only: Option<Failure>, cell: Option<ConfusionCell>) -> ListFailures {
    ListFailures { run, epoch, only, cell, before: false, offset: 0, limit: 500 }
}

#[tokio::test]
async fn the_learning_map_shows_every_flip_and_leaves_what_was_not_asked_open() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let view = bench.run(config(5)).await;
    let run = view.summary.id;
    let map = bench.engine.learning_map(map_of(run, Split::Validation)).await.unwrap();
    // Accepted 5, tied 5, invalid, rejected 2, accepted 7.
    assert_eq!(map.epochs, [0, 1, 2, 4, 5], "an invalid epoch was never evaluated");
    let cells: Vec<&str> = map.rows.iter().map(|r| r.cells.as_str()).collect();
    assert_eq!(cells, ["11111", "11111", "11101", "01101", "01101", "00001", "00001", "00000", "00000", "00000"]);
    assert_eq!(map.rows.iter().map(|r| r.flips).collect::<Vec<_>>(), [0, 0, 2, 3, 3, 1, 1, 0, 0, 0]);
    assert_eq!(
        (map.rows[0].input.as_str(), map.rows[0].truth.as_str(), map.rows[0].number),
        ("row 1000 of the validation split", "truth-1000-validation", 11)
    );
    let train = bench.engine.learning_map(map_of(run, Split::Train)).await.unwrap();
    assert_eq!(train.epochs, [0, 1], "training is asked again only under a new best that goes on");
    let sealed = bench.engine.learning_map(map_of(run, Split::Test)).await.unwrap_err();
    assert_eq!(sealed.code, ErrorCode::Invalid);

    let example = map.rows[3].example;
    let history = bench.engine.example_history(GetHistory { run, example }).await.unwrap();
    let answers: Vec<(u32, &str)> = history.answers.iter().map(|a| (a.epoch, a.prediction.answer.as_str())).collect();
    let right = "truth-1003-validation";
    assert_eq!(answers, [(0, "wrong 1003"), (1, right), (2, right), (4, "wrong 1003"), (5, right)]);
    assert_eq!(history.example.id, example);
    assert!(bench.engine.example_history(GetHistory { run, example: 9_999 }).await.is_err());
}

#[tokio::test]
async fn failures_stand_in_groups_with_one_cause() {
    let model = ScriptedModel::with_rule(eventful(), |_, request| {
        // One validation example never gets an answer.
        if request.messages.last().unwrap().content.contains("row 1009 ") { transient("It burns.") } else { Act::Answer }
    });
    let bench = Bench::scripted(&model).await;
    let run = bench.run(config(1)).await.summary.id;
    let all = bench.engine.list_failures(failures(run, 1, None, None)).await.unwrap();
    let groups: Vec<(&Failure, u32, u32)> = all.groups.iter().map(|g| (&g.failure, g.count, g.broken)).collect();
    let missing = Failure::Missing { cause: MissingCause::ServerError };
    assert_eq!(groups, [(&Failure::Other, 4, 0), (&missing, 1, 0)]);
    assert_eq!((all.total, all.rows.len()), (5, 5));
    let only = bench.engine.list_failures(failures(run, 1, Some(missing), None)).await.unwrap();
    assert_eq!(only.rows.iter().map(|r| r.example.user_input.clone()).collect::<Vec<_>>(), [world::input(1009)]);
    assert_eq!(only.rows[0].after.as_ref().unwrap().outcome, Outcome::Missing);
    assert_eq!(bench.engine.list_failures(failures(run, 1, Some(Failure::Cut), None)).await.unwrap().total, 0);
    assert_eq!(bench.engine.list_failures(failures(run, 9, None, None)).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_cell_of_the_confusion_matrix_leads_to_its_rows() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let metrics = vec![MetricSpec { metric: MetricKind::Label, weight: 1.0 }];
    let run = bench.run(RunConfig { metrics, ..config(1) }).await.summary.id;
    let cell = |answered: Option<String>| ConfusionCell { truth: world::truth(1000), answered };
    let matches = bench.engine.list_failures(failures(run, 1, None, Some(cell(Some(world::truth(1000)))))).await.unwrap();
    assert_eq!((matches.total, matches.rows[0].example.number), (1, 11), "the diagonal counts matches");
    assert_eq!(bench.engine.list_failures(failures(run, 1, None, Some(cell(None)))).await.unwrap().total, 0);
    // Row 1004 is right in epoch 1 and was wrong before it.
    let fixed = |before| ListFailures {
        before,
        ..failures(run, 1, None, Some(ConfusionCell { truth: world::truth(1004), answered: Some(world::truth(1004)) }))
    };
    assert_eq!(bench.engine.list_failures(fixed(false)).await.unwrap().total, 1);
    assert_eq!(bench.engine.list_failures(fixed(true)).await.unwrap().total, 0, "the cells of the best before are its own");
    let unknown = ConfusionCell { truth: world::truth(1009), answered: None };
    assert_eq!(bench.engine.list_failures(failures(run, 1, None, Some(unknown))).await.unwrap().total, 1);
    let all = bench.engine.list_failures(failures(run, 1, None, None)).await.unwrap();
    assert!(all.groups.iter().all(|g| matches!(&g.failure, Failure::Confused { answered: None, .. })), "{:?}", all.groups);
}

#[tokio::test]
async fn every_example_without_an_answer_is_listed_with_its_cause() {
    let model = ScriptedModel::with_rule(eventful(), |_, request| {
        let text = &request.messages.last().unwrap().content;
        match text {
            text if text.contains("row 3 ") => Act::Fail(ChatErrorKind::Example(MissingCause::ContentFilter), "Filtered."),
            text if text.contains("row 1009 ") => transient("It burns."),
            _ => Act::Answer,
        }
    });
    let bench = Bench::scripted(&model).await;
    let view = bench.run(config(1)).await;
    let run = view.summary.id;
    let ask = async |only| bench.engine.list_missing(ListMissing { run, only, offset: 0, limit: 500 }).await.unwrap();
    let all = ask(None).await;
    assert_eq!(u64::from(all.total), view.summary.usage.failed, "as many as the run counts");
    let row = |at: usize| {
        let row = &all.rows[at];
        (row.example.number, row.split, row.cause, row.left_out, row.prompts, row.said.as_deref())
    };
    assert_eq!(row(0), (4, Split::Train, MissingCause::ContentFilter, true, 1, Some("Filtered.")));
    assert_eq!(row(1), (20, Split::Validation, MissingCause::ServerError, false, 2, Some("It burns.")));
    let groups: Vec<(MissingCause, u32, u32)> = all.groups.iter().map(|g| (g.cause, g.count, g.left_out)).collect();
    assert_eq!(groups, [(MissingCause::ContentFilter, 1, 1), (MissingCause::ServerError, 1, 0)]);
    let only = ask(Some(MissingCause::ContentFilter)).await;
    assert_eq!((only.total, only.rows[0].example.number, only.groups.len()), (1, 4, 2));
    let gone = bench.engine.list_missing(ListMissing { run: 99, only: None, offset: 0, limit: 1 }).await.unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn missing_examples_come_in_pages_the_most_frequent_cause_first_and_say_the_latest() {
    let model = ScriptedModel::with_rule(eventful(), |_, request| {
        let text = &request.messages.last().unwrap().content;
        match text {
            text if text.contains("row 3 ") => Act::Fail(ChatErrorKind::Example(MissingCause::ContentFilter), "Filtered."),
            text if text.contains("row 5 ") => Act::Fail(ChatErrorKind::Transient(MissingCause::Timeout), "Too late."),
            text if text.contains("row 1009 ") || text.contains("row 1019 ") => {
                transient(if request.messages[0].content.contains("skill 5/5/5") { "It burns on." } else { "It burns." })
            }
            _ => Act::Answer,
        }
    });
    let bench = Bench::new(std::sync::Arc::new(Scripted(model)), [100, 100, 0]).await;
    let run = bench.run(config(1)).await.summary.id;
    let ask = async |offset, limit| bench.engine.list_missing(ListMissing { run, only: None, offset, limit }).await.unwrap();
    let all = ask(0, 500).await;
    let groups: Vec<(MissingCause, u32)> = all.groups.iter().map(|g| (g.cause, g.count)).collect();
    assert_eq!(groups, [(MissingCause::ServerError, 2), (MissingCause::ContentFilter, 1), (MissingCause::Timeout, 1)]);
    let numbers = |page: &mlprompt_core::api::MissingPage| page.rows.iter().map(|row| row.example.number).collect::<Vec<_>>();
    assert_eq!(numbers(&all), [4, 6, 110, 120]);
    assert_eq!((all.rows[2].prompts, all.rows[2].said.as_deref()), (2, Some("It burns on.")), "both prompts, and what was said last");
    let page = ask(1, 2).await;
    assert_eq!((page.total, numbers(&page)), (4, vec![6, 110]));
}

#[tokio::test]
async fn what_was_not_measured_is_neither_zero_nor_a_matrix() {
    // The prompt that epoch 1 brings gets no answers in training: epoch 2 is turned down before it asks the optimizer.
    let model = ScriptedModel::with_rule(eventful(), |_, request| {
        let of = |text: &str| request.messages.iter().any(|m| m.content.contains(text));
        if of("skill 5/5/5") && of("of the train split") && request.model == "primary" { transient("It burns.") } else { Act::Answer }
    });
    let bench = Bench::scripted(&model).await;
    let metrics = vec![MetricSpec { metric: MetricKind::Label, weight: 1.0 }];
    // So many at once that these failures alone do not mean that the server went away.
    let view = bench.run(RunConfig { metrics, concurrency: 16, ..config(2) }).await;
    let run = view.summary.id;
    assert_eq!((view.epochs[2].decision, view.epochs[2].validation, view.epochs[2].changes()), (Decision::Rejected, None, None));
    let epoch = async |epoch| bench.engine.get_epoch(GetEpoch { run, epoch }).await.unwrap();
    let (baseline, first, second) = (epoch(0).await, epoch(1).await, epoch(2).await);
    assert!(baseline.confusion_before.is_none() && baseline.confusion_after.is_some());
    assert!(first.confusion_before.is_some() && first.confusion_after.is_some());
    assert!(second.confusion_before.is_none() && second.confusion_after.is_none(), "there is nothing to set beside the best");
    let table = bench.engine.export_run(ExportRun { run, format: "csv".into() }).await.unwrap().text;
    let line = table.lines().find(|line| line.starts_with("2,")).unwrap();
    // From the validation score to what was broken: nine columns.
    assert_eq!(line.split(',').skip(3).take(9).collect::<String>(), "", "no figure is made up: {line}");
}

#[tokio::test]
async fn what_each_epoch_and_the_test_split_used_adds_up_to_the_run() {
    let bench = ticking().await;
    let view = bench.run(RunConfig { concurrency: 1, ..config(2) }).await;
    let run = RunId { run: view.summary.id };
    let used = bench.engine.test_usage(run.clone()).await.unwrap();
    let test = used.usage.expect("the test split was opened");
    assert_eq!(used.ended, Some(view.summary.usage), "nothing was asked since");
    let epochs = view.epochs.last().unwrap().usage;
    assert_eq!((test.calls, epochs.calls + test.calls), (20, view.summary.usage.calls), "baseline and best on ten examples");
    assert_eq!((test.cost, test.by_role.primary.calls), (Some(0.0), 20), "what the demo model costs is known");
    let budget = Budget { max_calls: Some(38), ..Budget::default() };
    let stopped = bench.run(RunConfig { budget, use_cache: false, test_rows: 1, concurrency: 1, ..config(2) }).await;
    let test = bench.engine.test_usage(RunId { run: stopped.summary.id }).await.unwrap().usage.map_or(0, |usage| usage.calls);
    let decided = stopped.epochs.last().unwrap().usage.calls;
    assert!(decided + test < stopped.summary.usage.calls, "the rest went into an epoch that was not decided");
    let sealed = Bench::new(std::sync::Arc::new(Scripted(ScriptedModel::new(eventful()))), [10, 10, 0]).await;
    let run = sealed.run(config(1)).await.summary.id;
    assert!(sealed.engine.test_usage(RunId { run }).await.unwrap().usage.is_none());
}

#[tokio::test]
async fn a_long_answer_begins_in_the_log_and_is_given_whole_on_request() {
    let long = format!("skill 5/5/5 {}", "é of many words ".repeat(400));
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing([long.as_str()]))).await;
    let run = bench.run(config(1)).await.summary.id;
    let optimizer = CallFilter { role: Some(Role::Optimizer), ..CallFilter::default() };
    let call = bench.engine.list_calls(log(run, optimizer)).await.unwrap().rows.remove(0);
    let begun = call.response.unwrap();
    assert_eq!((begun.chars().count(), call.cut), (2_000, true));
    let whole = bench.engine.call_answer(GetCall { run, call: call.id }).await.unwrap().text;
    assert!(whole.len() > begun.len() && whole.starts_with(&begun) && whole.trim_end().ends_with('}'), "{whole}");
    let other = bench.run(config(0)).await.summary.id;
    let refused = bench.engine.call_answer(GetCall { run: other, call: call.id }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::NotFound, "a call of another run: {refused:?}");
}

#[tokio::test]
async fn the_log_holds_every_call_with_its_answer_example_and_error() {
    let model = ScriptedModel::with_rule(eventful(), |number, _| if number == 3 { transient("It burns.") } else { Act::Answer });
    let bench = Bench::scripted(&model).await;
    let view = bench.run(RunConfig { concurrency: 1, ..config(1) }).await;
    let run = view.summary.id;
    let engine = &bench.engine;
    let all = engine.list_calls(log(run, CallFilter::default())).await.unwrap();
    assert_eq!((all.total, all.calls), (view.summary.usage.calls, view.summary.usage.calls), "as many as were counted");
    assert!(all.rows.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first");
    let failed = engine.list_calls(log(run, CallFilter { end: Some(CallEnd::Failed), ..CallFilter::default() })).await.unwrap();
    assert_eq!((failed.total, failed.rows[0].error.as_deref(), failed.rows[0].response.as_deref()), (1, Some("It burns."), None));
    let again = engine.list_calls(log(run, CallFilter { retries: true, ..CallFilter::default() })).await.unwrap();
    assert_eq!((again.total, again.rows[0].end), (1, CallEnd::Answered));
    assert_eq!(again.rows[0].example, failed.rows[0].example, "the same example was asked again");
    let first = all.rows.last().unwrap();
    assert_eq!((first.role, first.example, first.response.as_deref()), (Role::Primary, Some(1), Some(world::truth(0).as_str())));
    assert_eq!((first.prompt_tokens, first.completion_tokens, first.latency_ms), (7, 3, Some(1)));
    let optimizer = engine.list_calls(log(run, CallFilter { role: Some(Role::Optimizer), ..CallFilter::default() })).await.unwrap();
    assert_eq!((optimizer.total, optimizer.rows[0].example), (1, None));
    assert!(optimizer.rows[0].response.as_ref().unwrap().contains("skill 5/5/5"));
    assert!(!optimizer.rows[0].cut);
    let page = engine.list_calls(ListCalls { offset: 5, limit: 3, ..log(run, CallFilter::default()) }).await.unwrap();
    assert_eq!(page.rows.iter().map(|r| r.id).collect::<Vec<_>>(), all.rows[5..8].iter().map(|r| r.id).collect::<Vec<_>>());

    let second = bench.run(config(0)).await.summary.id;
    let cached = engine.list_calls(log(second, CallFilter { end: Some(CallEnd::Cached), ..CallFilter::default() })).await.unwrap();
    assert_eq!(
        (cached.total, cached.rows[0].response.is_some(), cached.rows[0].example.is_some()),
        (30, true, true),
        "answers from disk are listed"
    );
    let third = bench.run(config(2)).await.summary;
    let mixed = engine.list_calls(log(third.id, CallFilter::default())).await.unwrap();
    assert!(third.usage.calls > 0 && third.usage.cached > 0, "{:?}", third.usage);
    assert_eq!(
        (mixed.calls, mixed.total),
        (third.usage.calls, third.usage.calls + third.usage.cached),
        "an answer from disk is a row of the log and no call"
    );
}

/// A bench on which every call takes a millisecond of the test's time.
async fn ticking() -> Bench {
    let clock = std::sync::Arc::new(std::sync::Mutex::new(None::<std::sync::Arc<crate::fixtures::TestClock>>));
    let ticking = std::sync::Arc::clone(&clock);
    let model = ScriptedModel::with_rule(eventful(), move |_, _| {
        if let Some(clock) = ticking.lock().unwrap().as_ref() {
            drop(mlprompt_core::clock::Clock::sleep(clock.as_ref(), std::time::Duration::from_millis(1)));
        }
        Act::Answer
    });
    let bench = Bench::scripted(&model).await;
    *clock.lock().unwrap() = Some(std::sync::Arc::clone(&bench.clock));
    bench
}

#[tokio::test]
async fn calls_are_told_apart_by_the_epoch_they_were_made_for() {
    let bench = ticking().await;
    let run = bench.run(RunConfig { concurrency: 1, ..config(2) }).await.summary.id;
    let of = async |epoch| bench.engine.list_calls(log(run, CallFilter { epoch: Some(epoch), ..CallFilter::default() })).await;
    let (baseline, first, second) = (of(0).await.unwrap(), of(1).await.unwrap(), of(2).await.unwrap());
    assert_eq!((baseline.total, first.total), (20, 11), "the baseline asks training and validation, an epoch the optimizer and validation");
    assert!(first.rows.iter().all(|r| r.epoch == Some(1)));
    assert!(second.rows.iter().any(|r| r.role == Role::Optimizer));
    let after = of(3).await.unwrap();
    assert!(after.total > 0 && after.rows.iter().all(|r| r.epoch.is_none()), "the test split comes after the last decision");
    assert_eq!(of(7).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn what_a_project_has_is_known_briefly() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let known = async || bench.engine.known_runs(ProjectId { project: bench.project }).await.unwrap();
    let before = known().await;
    assert_eq!((before.count, before.last), (0, None));
    // As the command line adds to it: a file and a run.
    let other = bench.another_engine().await;
    let run = bench.run(config(1)).await.summary.id;
    assert_eq!((known().await.count, known().await.last, known().await.dataset), (1, Some(run), before.dataset));
    bench.import("bench", &crate::fixtures::csv(crate::fixtures::SIZES)).await;
    let ended = known().await;
    assert_eq!((ended.moving, ended.waiting, ended.ended_at.is_some()), (vec![], vec![], true));
    let dataset = other.known_runs(ProjectId { project: bench.project }).await.unwrap().dataset;
    assert!(dataset.is_some() && dataset != before.dataset);
    bench.engine.delete_run(RunId { run }).await.unwrap();
    assert_eq!((known().await.count, known().await.last), (0, None));
}

#[tokio::test]
async fn what_home_lists_is_known_briefly() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let known = async || bench.engine.known_projects(NoRequest {}).await.unwrap();
    let before = known().await;
    assert_eq!((before.runs, before.last_run, before.ended_at), (0, None, None));
    let run = bench.run(config(1)).await.summary.id;
    let after = known().await;
    assert_eq!((after.count, after.runs, after.last_run), (before.count, 1, Some(run)));
    assert!(after.ended_at.is_some());
    // As the command line makes one.
    let other = bench.another_engine().await;
    other.create_project(CreateProject { name: "another".into() }).await.unwrap();
    assert_eq!(known().await.count, before.count + 1);
    bench.engine.delete_run(RunId { run }).await.unwrap();
    assert_eq!((known().await.runs, known().await.ended_at), (0, None));
}

#[tokio::test]
async fn stars_and_notes_stay_with_their_epoch() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(2)).await.summary.id;
    let mark = |epoch, starred, note: &str| MarkEpoch { run, epoch, starred, note: note.into() };
    let kept = bench.engine.mark_epoch(mark(1, true, "  the one with the rule ")).await.unwrap();
    assert_eq!(kept, EpochMark { epoch: 1, starred: true, note: "the one with the rule".into() });
    bench.engine.mark_epoch(mark(2, false, "later")).await.unwrap();
    let marks = async || bench.another_engine().await.get_run(RunId { run }).await.unwrap().marks;
    assert_eq!(marks().await.iter().map(|m| m.epoch).collect::<Vec<_>>(), [1, 2]);
    bench.engine.mark_epoch(mark(1, false, "")).await.unwrap();
    assert_eq!(marks().await.iter().map(|m| m.epoch).collect::<Vec<_>>(), [2], "what is empty is no mark");
    assert_eq!(bench.engine.mark_epoch(mark(9, true, "")).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(bench.engine.mark_epoch(mark(1, true, &"x".repeat(2_001))).await.unwrap_err().code, ErrorCode::Invalid);
}

#[tokio::test]
async fn an_outcome_has_its_gain_with_an_interval_and_the_best_next_step() {
    let bench = Bench::new(std::sync::Arc::new(crate::scripted_model::Scripted(ScriptedModel::new(eventful()))), [20, 40, 40]).await;
    let run = bench.run(config(5)).await.summary.id;
    let outcome = bench.engine.run_outcome(RunId { run }).await.unwrap();
    let test = outcome.test.unwrap();
    assert!((test.delta - 0.4).abs() < 1e-9 && test.low < test.delta && test.delta < test.high && test.low > 0.2, "{test:?}");
    assert_eq!((test.fixed, test.broken, test.n), (16, 0, 40));
    assert_eq!(outcome.validation.unwrap().fixed, 16);
    assert_eq!(outcome.next[0].action, NextAction::UsePrompts);
    assert!(outcome.next.iter().any(|n| n.action == NextAction::GoOn), "the best came last: {:?}", outcome.next);

    let hopeless = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 1/1/1"]))).await;
    let run = hopeless.run(config(2)).await.summary.id;
    let outcome = hopeless.engine.run_outcome(RunId { run }).await.unwrap();
    assert_eq!((outcome.validation, outcome.test), (None, None));
    assert_eq!(outcome.next.iter().map(|n| n.action).collect::<Vec<_>>(), [NextAction::OtherSettings, NextAction::ReviewLabels]);
    assert!(outcome.next[0].reason.starts_with("2 epochs are few: run it again with more of them"), "{:?}", outcome.next);
    let longer = hopeless.run(config(6)).await.summary.id;
    let outcome = hopeless.engine.run_outcome(RunId { run: longer }).await.unwrap();
    assert_eq!(outcome.next.iter().map(|n| n.action).collect::<Vec<_>>(), [NextAction::ReviewLabels, NextAction::OtherSettings]);
    let proposals = ["skill 1/1/1 a", "skill 1/1/1 b", "skill 1/1/1 c", "skill 1/1/1 d"];
    let short = Bench::scripted(&ScriptedModel::new(World::proposing(proposals))).await;
    let budget = Budget { max_calls: Some(75), ..Budget::default() };
    let view = short.run(RunConfig { budget, ..config(8) }).await;
    assert!(view.epochs.len() < 9, "the limit ended it early");
    let outcome = short.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap();
    assert_eq!(outcome.next[0].action, NextAction::MoreBudget, "{:?}", outcome.next);

    // Stopped by hand in its fourth epoch: more budget helps only the one that had hardly any left.
    for (most, helps) in [(75, true), (500, false)] {
        let model = ScriptedModel::new(World::proposing(proposals));
        let bench = Bench::scripted(&model).await;
        model.wish_at(54, crate::scripted_model::Wish::Stop, &bench.engine);
        let budget = Budget { max_calls: Some(most), ..Budget::default() };
        let view = bench.run(RunConfig { budget, concurrency: 1, ..config(8) }).await;
        assert_eq!((view.summary.status, view.epochs.len()), (RunStatus::Cancelled, 4));
        let next = bench.engine.run_outcome(RunId { run: view.summary.id }).await.unwrap().next;
        assert_eq!(next.iter().any(|step| step.action == NextAction::MoreBudget), helps, "{most}: {next:?}");
    }
}

#[tokio::test]
async fn training_far_ahead_of_validation_is_told_where_it_is_more_than_chance() {
    for (train, told) in [(20, true), (10, false)] {
        let model = ScriptedModel::new(World::proposing(["skill 8/5/7", "skill 1/1/1"]));
        let bench = Bench::new(std::sync::Arc::new(crate::scripted_model::Scripted(model)), [train, 40, 40]).await;
        let summary = bench.run(config(2)).await.summary;
        assert_eq!((summary.best.train.unwrap().score, summary.best.validation.unwrap().score), (0.8, 0.5));
        let next = bench.engine.run_outcome(RunId { run: summary.id }).await.unwrap().next;
        let words = "Training stands at 80.0%, validation at 50.0%";
        assert_eq!(next.iter().any(|step| step.reason.starts_with(words)), told, "of {train} examples: {next:?}");
    }
}

#[tokio::test]
async fn more_budget_goes_on_without_buying_an_answer_twice() {
    let model = ScriptedModel::new(eventful());
    let bench = Bench::scripted(&model).await;
    let short = RunConfig { budget: Budget { max_calls: Some(75), ..Budget::default() }, ..config(5) };
    let estimated = async |config: RunConfig| bench.engine.estimate_run(StartRun { project: bench.project, config }).await.unwrap();
    let anew = estimated(RunConfig { budget: Budget { max_calls: Some(500), ..Budget::default() }, ..short.clone() }).await;
    let stopped = bench.run(short.clone()).await;
    assert!(stopped.epochs.len() < 6, "the limit ended it early");
    let parent = Some(Parent { run: stopped.summary.id, epoch: 0, kind: ParentKind::MoreBudget });
    let longer = RunConfig { budget: Budget { max_calls: Some(500), ..Budget::default() }, parent, ..short };
    let on_disk = estimated(longer.clone()).await;
    assert_eq!(estimated(RunConfig { parent: None, ..longer.clone() }).await, on_disk, "whichever way it was asked for");
    let went_on = bench.run(longer).await;
    let (bought, sent) = (stopped.summary.usage.calls, went_on.summary.usage.calls);
    assert!(on_disk.calls_high + bought <= anew.calls_high, "what is on disk is not bought again: {on_disk:?} {anew:?}");
    assert!((on_disk.calls_low..=on_disk.calls_high).contains(&sent), "{sent} of {on_disk:?}");
    assert_eq!((went_on.summary.status, went_on.epochs.len()), (RunStatus::Completed, 6));
    assert_eq!(model.most_answers_to_one_request(), 1, "what the first run bought costs nothing");
    let known = stopped.epochs.len();
    let decisions = |epochs: &[mlprompt_core::run::EpochSummary]| epochs.iter().map(|e| e.decision).collect::<Vec<Decision>>();
    assert_eq!(decisions(&went_on.epochs)[..known], decisions(&stopped.epochs)[..], "it came the same way");
    assert_eq!(bench.engine.run(went_on.summary.id).await.unwrap().config.parent, parent, "its parent is kept");
    let next = bench.engine.default_run_config(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!(next.parent, None, "a further run stands alone again");
}

#[tokio::test]
async fn an_archived_run_is_only_out_of_sight() {
    let bench = Bench::scripted(&ScriptedModel::new(eventful())).await;
    let run = bench.run(config(1)).await.summary.id;
    assert!(bench.engine.archive_run(ArchiveRun { run, archived: true }).await.unwrap().archived);
    let listed = bench.another_engine().await.list_runs(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!((listed.len(), listed[0].archived), (1, true));
    assert_eq!(bench.engine.get_run(RunId { run }).await.unwrap().epochs.len(), 2);
    assert!(!bench.engine.archive_run(ArchiveRun { run, archived: false }).await.unwrap().archived);
    assert_eq!(bench.engine.archive_run(ArchiveRun { run: 999, archived: true }).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_run_on_ground_truths_that_are_all_the_same_says_that_it_says_nothing() {
    let (mut bench, _) = Bench::eventful().await;
    let same: Vec<String> = csv(SIZES)
        .lines()
        .enumerate()
        .map(|(at, row)| {
            let mut cells: Vec<&str> = row.split(',').collect();
            if at > 0 {
                cells[1] = "yes";
            }
            cells.join(",")
        })
        .collect();
    bench.project = bench.import("same", &same.join("\n")).await;
    let run = bench.run(config(1)).await.summary.id;
    let next = bench.engine.run_outcome(RunId { run }).await.unwrap().next;
    assert!(next[0].reason.starts_with("Every ground truth of its data is the same"), "{next:?}");
    assert_eq!(next.iter().filter(|step| step.action == NextAction::MoreExamples).count(), 1, "{next:?}");
    let preflight = bench.engine.preflight(StartRun { project: bench.project, config: config(1) }).await.unwrap();
    assert!(preflight.verdict.starts_with("Every ground truth is the same"), "{}", preflight.verdict);
}

#[tokio::test]
async fn what_a_run_does_in_another_program_is_known_briefly() {
    let model =
        ScriptedModel::with_rule(eventful(), |number, _| if number > 25 { Act::After(Duration::from_secs(600)) } else { Act::Answer });
    let bench = Bench::scripted(&model).await;
    let known = async |engine: &Engine| {
        let known = engine.known_runs(ProjectId { project: bench.project }).await.unwrap();
        (known.moving, known.waiting, known.ended_at.is_some())
    };
    let other = bench.another_engine().await;
    model.wish_at(9, Wish::Pause, &bench.engine);
    let run = bench.start(config(1)).await;
    settled(&bench.engine, run).await;
    assert_eq!(known(&other).await, (vec![], vec![run], false));
    other.resume_run(RunId { run }).await.unwrap();
    assert_eq!(known(&bench.engine).await, (vec![run], vec![], false));
    other.stop_run(RunId { run }).await.unwrap();
    settled(&other, run).await;
    assert_eq!(known(&bench.engine).await, (vec![], vec![], true));
}
