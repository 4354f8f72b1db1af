//! The current dataset: lists, changes that make versions, what the data says, and what runs keep of it.

use std::{collections::HashMap, path::Path};

use mlprompt_core::{
    ErrorCode,
    api::{
        EditExamples, ListCompared, ListDoubts, ListExamples, NoRequest, ProjectId, ResolveDoubt, ResolveRepeats, RestoreDatasetVersion,
        RunId, SplitDataset,
    },
    dataset::{
        ColumnFilter, ColumnOp, ColumnRoles, DatasetInfo, DoubtAction, Example, ExampleEdit, ExampleFilter, ExamplePage, ExampleSelection,
        ExampleSort, OnlyExamples, RepeatKind, RepeatResolution, Split, SplitFilter, SplitPlan, SplitSizes,
    },
    engine::{Engine, ImportFiles},
    run::SplitScores,
    stats::Score,
    store::{Portion, Store},
};

use crate::{
    fixtures::{Bench, Outcome, SIZES, config, csv, eventful, mean},
    scripted_model::ScriptedModel,
    world::World,
};

async fn list(engine: &Engine, project: i64, filter: ExampleFilter, sort: Option<(&str, bool)>) -> ExamplePage {
    let sort = sort.map(|(column, descending)| ExampleSort { column: column.into(), descending });
    engine.list_examples(ListExamples { project, filter, sort, offset: 0, limit: 500 }).await.unwrap()
}

async fn all(bench: &Bench) -> Vec<Example> {
    list(&bench.engine, bench.project, ExampleFilter::default(), None).await.rows
}

async fn edit(bench: &Bench, edit: ExampleEdit) -> DatasetInfo {
    bench.engine.edit_examples(EditExamples { project: bench.project, edit }).await.unwrap()
}

fn ids(ids: Vec<i64>) -> ExampleSelection {
    ExampleSelection::Ids { ids }
}

fn numbers(rows: &[Example]) -> Vec<u32> {
    rows.iter().map(|r| r.number).collect()
}

fn only(only: OnlyExamples) -> ExampleFilter {
    ExampleFilter { only: Some(only), ..ExampleFilter::default() }
}

/// A project of its own from a CSV text, divided by the default.
async fn import(bench: &Bench, name: &str, text: &str, input: &str, truth: &str) -> i64 {
    let file = bench.folder.path().join(format!("{name}.csv"));
    std::fs::write(&file, text).unwrap();
    let roles = ColumnRoles { input: Some(input.into()), truth: Some(truth.into()), ..ColumnRoles::default() };
    let request = ImportFiles { project: name.into(), files: vec![file], roles, ..ImportFiles::default() };
    bench.engine.import_files(request).await.unwrap().project.id
}

#[tokio::test]
async fn every_change_is_a_version_that_can_be_undone_and_done_again_after_a_restart() {
    let bench = Bench::eventful().await.0;
    let before = all(&bench).await;
    let first = &before[0];
    let cell = |text: &str| ExampleEdit::SetCell { example: first.id, column: "note".into(), text: text.into() };
    let texts = ["007", " =1+1\r\n\t", "null \"quoted\" \\ ünïcödé \u{1F600} \u{200F}", ""];
    let edited = edit(&bench, cell(texts[1])).await;
    assert_eq!((edited.version, edited.rows, edited.can_redo.clone()), (2, 30, None));
    assert_eq!(edited.can_undo.as_deref(), Some("edited note of example 1"));
    let now = all(&bench).await;
    assert_eq!((now[0].number, now[0].variables[3].as_str(), now[0].split), (1, texts[1], first.split));
    assert_ne!(now[0].id, first.id, "the row that runs know stays as it was");
    assert_eq!((&now[0].user_input, &now[0].ground_truth_output), (&first.user_input, &first.ground_truth_output));
    for text in texts {
        let example = all(&bench).await[0].id;
        edit(&bench, ExampleEdit::SetCell { example, column: "note".into(), text: text.into() }).await;
        assert_eq!(all(&bench).await[0].variables[3], text);
    }
    let moved = edit(&bench, ExampleEdit::MoveToSplit { selection: ids(vec![before[4].id, before[5].id]), split: Some(Split::Test) }).await;
    assert_eq!(moved.sizes, SplitSizes { train: 8, validation: 10, test: 12 });
    let excluded = edit(&bench, ExampleEdit::Exclude { selection: ids(vec![before[12].id]), excluded: true }).await;
    assert_eq!((excluded.sizes.validation, excluded.excluded, excluded.rows), (9, 1, 30));
    let deleted = edit(&bench, ExampleEdit::Delete { selection: ids(vec![before[29].id, before[20].id]) }).await;
    assert_eq!((deleted.rows, deleted.sizes.test), (28, 10));
    let last = all(&bench).await;

    let engine = bench.another_engine().await;
    let project = ProjectId { project: bench.project };
    while engine.undo_edit(project.clone()).await.is_ok() {}
    assert_eq!(list(&engine, bench.project, ExampleFilter::default(), None).await.rows, before, "as it was imported");
    assert_eq!(engine.undo_edit(project.clone()).await.unwrap_err().message, "There is nothing to undo.");
    while engine.redo_edit(project.clone()).await.is_ok() {}
    assert_eq!(list(&engine, bench.project, ExampleFilter::default(), None).await.rows, last);
    assert_eq!(engine.redo_edit(project.clone()).await.unwrap_err().code, ErrorCode::Invalid);

    // A change after undo starts a branch; what was undone is still a version, and can be had again.
    for _ in 0..3 {
        engine.undo_edit(project.clone()).await.unwrap();
    }
    let branch = edit(&bench, ExampleEdit::Exclude { selection: ids(vec![before[7].id]), excluded: true }).await;
    assert_eq!((branch.can_redo, branch.excluded, branch.rows), (None, 1, 30));
    let versions = engine.list_dataset_versions(project.clone()).await.unwrap();
    let find = |version: u32| versions.iter().find(|v| v.version == version).unwrap();
    assert!(find(branch.version).current && !find(deleted.version).current);
    let restore = RestoreDatasetVersion { project: bench.project, version: find(deleted.version).id };
    let restored = engine.restore_dataset_version(restore).await.unwrap();
    assert_eq!((restored.rows, restored.sizes, restored.excluded), (28, deleted.sizes, 1));
    assert_eq!(list(&engine, bench.project, ExampleFilter::default(), None).await.rows, last);
    let undone = engine.undo_edit(project).await.unwrap();
    assert_eq!((undone.version, undone.rows), (branch.version, 30), "going back can be undone too");
    assert_eq!(engine.check_database(NoRequest {}).await.unwrap().problems, [""; 0]);
}

#[tokio::test]
async fn a_change_that_cannot_be_made_changes_nothing_and_says_why() {
    let bench = Bench::eventful().await.0;
    let before = all(&bench).await;
    let refused =
        async |edit: ExampleEdit| bench.engine.edit_examples(EditExamples { project: bench.project, edit }).await.unwrap_err().message;
    let cell = |column: &str, text: &str| ExampleEdit::SetCell { example: before[0].id, column: column.into(), text: text.into() };
    assert!(refused(cell("user_input", "")).await.contains("is the input, which cannot be empty"));
    assert!(refused(cell("ground_truth_output", "")).await.contains("is the ground truth"));
    assert!(refused(cell("nothing", "x")).await.contains("no column `nothing`"));
    assert!(refused(cell("note", "a\0b")).await.contains("NUL"));
    assert!(refused(ExampleEdit::Delete { selection: ids(Vec::new()) }).await.contains("No example is selected"));
    assert!(refused(ExampleEdit::Delete { selection: ids(vec![before[0].id, 999_999]) }).await.contains("999999"));
    let every = ExampleSelection::Filter { filter: ExampleFilter::default() };
    assert!(refused(ExampleEdit::Delete { selection: every }).await.contains("delete every example"));
    assert_eq!(all(&bench).await, before);
    let same = edit(&bench, cell("note", &before[0].variables[3])).await;
    assert_eq!(same.version, 1, "the same text is no change");
    let there = edit(&bench, ExampleEdit::MoveToSplit { selection: ids(vec![before[0].id]), split: before[0].split }).await;
    assert_eq!(there.version, 1, "nor is the split it is in");
}

#[tokio::test]
async fn runs_keep_the_examples_they_used_and_new_ones_use_what_is_there() {
    let bench = Bench::eventful().await.0;
    let run = bench.run(config(5)).await.summary.id;
    let outcome = Outcome::of(&bench.engine, run).await;
    let export = mlprompt_core::api::ExportRun { run, format: "csv".into() };
    let text = bench.engine.export_run(export.clone()).await.unwrap().text;
    let before = all(&bench).await;
    edit(&bench, ExampleEdit::Delete { selection: ids(before[..5].iter().map(|e| e.id).collect()) }).await;
    edit(&bench, ExampleEdit::SetCell { example: before[10].id, column: "ground_truth_output".into(), text: "other".into() }).await;
    edit(&bench, ExampleEdit::Exclude { selection: ids(vec![before[11].id]), excluded: true }).await;
    assert_eq!(Outcome::of(&bench.engine, run).await, outcome);
    assert_eq!(bench.engine.export_run(export).await.unwrap().text, text);
    let compared = ListCompared { run, epoch: 1, bucket: None, offset: 0, limit: 50 };
    let compared = bench.engine.list_compared(compared).await.unwrap().rows;
    assert!(compared.iter().all(|row| row.example.split == Some(Split::Validation)), "what is gone keeps the split it stood in");
    assert!(compared.iter().any(|row| row.example == before[10]) && compared.len() == 10);
    let next = bench.run(config(1)).await.summary;
    assert_eq!(next.splits, SplitSizes { train: 5, validation: 9, test: 10 });
    let versions = bench.engine.list_dataset_versions(ProjectId { project: bench.project }).await.unwrap();
    assert_eq!(versions.iter().map(|v| v.runs).collect::<Vec<_>>(), [1, 0, 0, 1], "newest first");
    // The seal that was broken stays broken, whatever is corrected in the example.
    let test = before.iter().find(|e| e.split == Some(Split::Test)).unwrap();
    edit(&bench, ExampleEdit::SetCell { example: test.id, column: "user_input".into(), text: "row 2000 in other words".into() }).await;
    let again = bench.run(config(1)).await;
    assert!(again.warnings.iter().any(|w| w.starts_with("10 of 10 test examples")), "{:?}", again.warnings);
}

#[tokio::test]
async fn the_list_filters_by_column_and_sorts_by_any() {
    let bench = Bench::eventful().await.0;
    let text = "text,label,size\nWhere is it?,ship,10\n\"Ärger, sagte er\",Bill,9\nwhere is IT?,ship,\nlast,bill,-1.5\nsome,Ship,text\n";
    let project = import(&bench, "columns", text, "text", "label").await;
    let column = |column: &str, op, text: &str| ExampleFilter {
        columns: vec![ColumnFilter { column: column.into(), op, text: text.into() }],
        ..ExampleFilter::default()
    };
    let found = async |filter: ExampleFilter| numbers(&list(&bench.engine, project, filter, None).await.rows);
    assert_eq!(found(column("text", ColumnOp::Contains, "WHERE")).await, [1, 3]);
    assert_eq!(found(column("text", ColumnOp::Contains, "ärger,")).await, [2]);
    assert_eq!(found(column("label", ColumnOp::Equals, "ship")).await, [1, 3], "equality keeps case");
    assert_eq!(found(column("label", ColumnOp::StartsWith, "b")).await, [2, 4]);
    assert_eq!(found(column("size", ColumnOp::Empty, "")).await, [3]);
    assert_eq!(found(column("size", ColumnOp::NotEmpty, "")).await, [1, 2, 4, 5]);
    assert_eq!(found(column("size", ColumnOp::Contains, "1")).await, [1, 4]);
    assert_eq!(found(ExampleFilter { search: "9".into(), ..ExampleFilter::default() }).await, [2], "every column is searched");
    for (text, numbers) in [("\"", vec![]), (",", vec![2]), ("%", vec![]), ("_", vec![]), ("\\", vec![]), ("TEXT", vec![5])] {
        assert_eq!(found(ExampleFilter { search: text.into(), ..ExampleFilter::default() }).await, numbers, "{text}");
    }
    assert_eq!(found(ExampleFilter { number: Some(4), ..ExampleFilter::default() }).await, [4]);
    let out = ExampleSelection::Ids { ids: vec![list(&bench.engine, project, ExampleFilter::default(), None).await.rows[1].id] };
    let edit = ExampleEdit::Exclude { selection: out, excluded: true };
    bench.engine.edit_examples(EditExamples { project, edit }).await.unwrap();
    let excluded = |excluded| ExampleFilter { excluded: Some(excluded), ..ExampleFilter::default() };
    assert_eq!((found(excluded(true)).await, found(excluded(false)).await), (vec![2], vec![1, 3, 4, 5]));
    let sorted = async |column: &str, descending| {
        numbers(&list(&bench.engine, project, ExampleFilter::default(), Some((column, descending))).await.rows)
    };
    assert_eq!(sorted("size", false).await, [4, 2, 1, 3, 5], "numbers by value, then words");
    assert_eq!(sorted("size", true).await, [5, 3, 1, 2, 4]);
    assert_eq!(sorted("label", false).await, [2, 4, 5, 1, 3], "case aside, then as it is");
    assert_eq!(sorted("", true).await, [5, 4, 3, 2, 1]);
    let unknown = ListExamples { project, filter: column("nothing", ColumnOp::Empty, ""), sort: None, offset: 0, limit: 5 };
    assert!(bench.engine.list_examples(unknown).await.unwrap_err().message.contains("`nothing`"));
}

#[tokio::test]
async fn a_bulk_change_takes_all_that_the_filter_leaves_and_no_more() {
    let bench = Bench::eventful().await.0;
    let filter = ExampleFilter { split: Some(SplitFilter::Train), ..ExampleFilter::default() };
    let selection = ExampleSelection::Filter { filter: filter.clone() };
    let moved = edit(&bench, ExampleEdit::MoveToSplit { selection, split: None }).await;
    assert_eq!(
        (moved.sizes, moved.can_undo.as_deref()),
        (SplitSizes { train: 0, validation: 10, test: 10 }, Some("moved 10 examples to no split"))
    );
    let none = ExampleFilter { split: Some(SplitFilter::None), ..ExampleFilter::default() };
    assert_eq!(list(&bench.engine, bench.project, none, None).await.total, 10);
    assert_eq!(list(&bench.engine, bench.project, filter, None).await.total, 0);
    // Decided on a version that is not the current one any more: another window was quicker.
    let store = bench.store().await;
    let rows = all(&bench).await;
    let stale = store.exclude(bench.project, 1, vec![rows[0].id], true, 0).await.unwrap_err();
    assert!(stale.message.contains("changed in another window"), "{}", stale.message);
}

const REPEATING: &str = "text,label\na,x\nb,x\na,x\na,y\nc,z\nc,w\na,x\nd,x\nd,x\nc,z\nc,z\n";

#[tokio::test]
async fn repeats_are_counted_listed_and_resolved_in_one_go() {
    let bench = Bench::eventful().await.0;
    let project = import(&bench, "repeating", REPEATING, "text", "label").await;
    let engine = &bench.engine;
    let profile = async || engine.data_profile(ProjectId { project }).await.unwrap();
    let fresh = profile().await;
    assert_eq!((fresh.duplicates.groups, fresh.duplicates.examples), (3, 8), "{fresh:?}");
    assert_eq!((fresh.contradictions.groups, fresh.contradictions.examples), (2, 8));
    assert_eq!(numbers(&list(engine, project, only(OnlyExamples::Duplicates), None).await.rows), [1, 3, 5, 7, 8, 9, 10, 11]);
    assert_eq!(numbers(&list(engine, project, only(OnlyExamples::Contradictions), None).await.rows), [1, 3, 4, 5, 6, 7, 10, 11]);
    let resolve = async |kind, how| engine.resolve_repeats(ResolveRepeats { project, kind, how }).await;
    let wrong = resolve(RepeatKind::Duplicates, RepeatResolution::KeepMajority).await.unwrap_err();
    assert_eq!(wrong.code, ErrorCode::Invalid);
    let majority = resolve(RepeatKind::Contradictions, RepeatResolution::KeepMajority).await.unwrap();
    assert_eq!((majority.excluded, majority.can_undo.as_deref()), (2, Some("excluded 2 examples (contradictions)")));
    let after = profile().await;
    assert_eq!((after.contradictions.groups, after.examples, after.excluded), (0, 9, 2));
    let deleted = resolve(RepeatKind::Duplicates, RepeatResolution::DeleteLater).await.unwrap();
    assert_eq!((deleted.rows, deleted.excluded), (6, 2));
    assert_eq!(numbers(&list(engine, project, ExampleFilter::default(), None).await.rows), [1, 2, 4, 5, 6, 8], "the first of each stays");
    assert_eq!(profile().await.duplicates.groups, 0);
    engine.undo_edit(ProjectId { project }).await.unwrap();
    engine.undo_edit(ProjectId { project }).await.unwrap();
    assert_eq!(profile().await, fresh);
    let none = resolve(RepeatKind::Contradictions, RepeatResolution::ExcludeAll).await.unwrap();
    assert_eq!(none.excluded, 8);
}

#[tokio::test]
async fn inputs_in_several_splits_are_counted_and_their_examples_listed() {
    let bench = Bench::eventful().await.0;
    let project = import(&bench, "leaking", "text,label\na,x\na,y\na,z\nb,x\nb,y\nc,x\nd,x\n", "text", "label").await;
    let engine = &bench.engine;
    let ids: Vec<i64> = list(engine, project, ExampleFilter::default(), None).await.rows.iter().map(|row| row.id).collect();
    let change = async |edit| engine.edit_examples(EditExamples { project, edit }).await.unwrap();
    let put = async |places: &[usize], split| {
        let selection = ExampleSelection::Ids { ids: places.iter().map(|&place| ids[place]).collect() };
        change(ExampleEdit::MoveToSplit { selection, split }).await
    };
    put(&[0, 1, 3, 4, 5], Some(Split::Train)).await;
    put(&[6], None).await;
    let leaking = put(&[2], Some(Split::Test)).await;
    assert_eq!(leaking.leaks, 1);
    let found = async || numbers(&list(engine, project, only(OnlyExamples::Leaks), None).await.rows);
    assert_eq!(found().await, [1, 2, 3], "an input twice in one split leaks nowhere");
    let selection = ExampleSelection::Ids { ids: vec![ids[2]] };
    let excluded = change(ExampleEdit::Exclude { selection, excluded: true }).await;
    assert_eq!((excluded.leaks, found().await), (0, Vec::new()), "what is excluded is in no split");
}

#[tokio::test]
async fn the_profile_of_a_version_is_that_of_its_examples() {
    let bench = Bench::eventful().await.0;
    let text = "text,label\nfour,a\n\"héé\",b\nlonger than that,a\nx,a\n";
    let project = import(&bench, "profile", text, "text", "label").await;
    let profile = async || bench.engine.data_profile(ProjectId { project }).await.unwrap();
    let imported = profile().await;
    let lengths = &imported.input_characters;
    assert_eq!((lengths.shortest, lengths.median, lengths.longest, lengths.mean), (1, 3, 16, 6.0), "characters, not bytes");
    assert_eq!(imported.labels.iter().map(|l| (l.label.as_str(), l.count)).collect::<Vec<_>>(), [("a", 3), ("b", 1)]);
    assert_eq!(imported.input_tokens.longest, 3);
    let rows = list(&bench.engine, project, ExampleFilter::default(), None).await.rows;
    let longest = ExampleEdit::SetCell { example: rows[2].id, column: "label".into(), text: "c".into() };
    bench.engine.edit_examples(EditExamples { project, edit: longest }).await.unwrap();
    let edited = profile().await;
    assert_eq!(edited.labels.iter().map(|l| (l.label.as_str(), l.count)).collect::<Vec<_>>(), [("a", 2), ("b", 1), ("c", 1)]);
    assert_eq!(edited.input_characters, imported.input_characters, "worked out from the rows as the import did");
    assert_eq!(edited.input_tokens, imported.input_tokens);
    let undone = bench.engine.undo_edit(ProjectId { project }).await.unwrap();
    assert_eq!((undone.version, profile().await), (1, imported));
}

#[tokio::test]
async fn doubts_are_what_most_prompts_and_the_best_answer_alike_and_corrections_are_scored_anew() {
    let bench = Bench::eventful().await.0;
    let run = bench.run(config(5)).await.summary;
    let (engine, project) = (&bench.engine, bench.project);
    let doubts = async || engine.list_doubts(ListDoubts { project, run: run.id }).await.unwrap();
    let found = doubts().await;
    // The best prompt misses the last three of ten validation rows, and so does every other one; it has not seen the training rows.
    let numbers: Vec<u32> = found.iter().map(|d| d.example.number).collect();
    assert_eq!(numbers, [18, 19, 20]);
    assert!(found.iter().all(|d| d.example.split != Some(Split::Test)), "test examples stay sealed");
    let doubt = found.iter().find(|d| d.answer == "wrong 1007").expect("row 1007 is in doubt");
    assert!(doubt.prompts >= 3 && doubt.agreeing == doubt.prompts, "{doubt:?}");
    assert_eq!(list(engine, project, only(OnlyExamples::Doubts), None).await.total, 3);
    let own = engine.rescored(RunId { run: run.id }).await.unwrap();
    let figure = |score: Option<Score>| score.map(|s| (s.score, s.n, s.missing));
    let figures = |scores: &SplitScores| [scores.train, scores.validation, scores.test].map(figure);
    assert_eq!((figures(&own.baseline), own.corrected), (figures(&run.baseline), 0));
    assert_eq!((figure(own.best.validation), figure(own.best.test)), (figure(run.best.validation), figure(run.best.test)));
    let resolve = async |example, action| engine.resolve_doubt(ResolveDoubt { project, example, action }).await.unwrap();
    let kept = resolve(found.iter().find(|d| d.answer == "wrong 1008").unwrap().example.id, DoubtAction::Keep).await;
    assert_eq!((kept.version, doubts().await.len()), (1, 2), "what was found right is not asked again");
    let other = found.iter().find(|d| d.answer == "wrong 1009").unwrap().example.id;
    resolve(other, DoubtAction::Keep).await;
    resolve(other, DoubtAction::Reopen).await;
    assert_eq!(doubts().await.len(), 2, "unless that was taken back");
    resolve(doubt.example.id, DoubtAction::Correct { text: "wrong 1007".into() }).await;
    resolve(found.iter().find(|d| d.answer == "wrong 1009").unwrap().example.id, DoubtAction::Exclude).await;
    assert_eq!(doubts().await.len(), 0);
    let anew = engine.rescored(RunId { run: run.id }).await.unwrap();
    assert_eq!((anew.version, anew.corrected, anew.gone, anew.note.clone()), (3, 1, 1, None));
    assert_eq!((mean(run.best.validation), mean(run.baseline.validation)), (0.7, 0.3));
    assert_eq!((mean(anew.best.validation), mean(anew.baseline.validation)), (8.0 / 9.0, 4.0 / 9.0));
    assert_eq!(anew.best.validation.map(|s| s.n), Some(9));
    assert_eq!(figure(anew.best.test), figure(run.best.test));
    let now = engine.get_run(RunId { run: run.id }).await.unwrap().summary;
    assert_eq!((now.best, now.baseline, now.usage), (run.best, run.baseline, run.usage), "the run's own figures stand, nothing was bought");
    bench.import("bench", &csv(SIZES)).await;
    let other = engine.rescored(RunId { run: run.id }).await.unwrap();
    assert!(other.best.validation.is_none() && other.note.is_some_and(|n| n.contains("None of the run's examples")));
}

#[tokio::test]
async fn what_every_prompt_gets_wrong_in_its_own_way_is_no_doubt() {
    let world = World { disputed: Some(1_009), ..eventful() };
    let bench = Bench::scripted(&ScriptedModel::new(world)).await;
    let run = bench.run(config(5)).await.summary;
    let found = bench.engine.list_doubts(ListDoubts { project: bench.project, run: run.id }).await.unwrap();
    assert_eq!(found.iter().map(|d| d.example.number).collect::<Vec<_>>(), [18, 19], "no two prompts agree on the twentieth");
}

/// As many rows as make an index worth building.
const MANY: u32 = 60_000;

fn many() -> String {
    let mut text = String::from("id,text,label,note\n");
    for row in 0..MANY {
        if row == 777 {
            text.push_str("\"a \"\"12\\ 99%_, b\",with a quote and a bar,label 0,n\n");
            continue;
        }
        let (message, order, parcel, label) = (row % 977, (row * 7919) % MANY, row % 13, row % 7);
        let note = if row % 3 == 0 { "" } else { "n" };
        text.push_str(&format!("{row},Message {message} about order {order}: wo ist Paket Ä{parcel}?,label {label},{note}\n"));
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_list_is_the_same_with_and_without_its_index() {
    let bench = Bench::eventful().await.0;
    let project = import(&bench, "many", &many(), "text", "label").await;
    let engine = &bench.engine;
    let info = engine.open_project(ProjectId { project }).await.unwrap().dataset.unwrap();
    assert_eq!(info.rows, MANY);
    let search = |text: &str| ExampleFilter { search: text.into(), ..ExampleFilter::default() };
    let column = |text: &str, op| ExampleFilter {
        columns: vec![ColumnFilter { column: "text".into(), op, text: text.into() }],
        split: Some(SplitFilter::Validation),
        ..ExampleFilter::default()
    };
    let cell = |name: &str, op, text: &str| ColumnFilter { column: name.into(), op, text: text.into() };
    let cells = |search: &str, columns: Vec<ColumnFilter>| ExampleFilter { columns, search: search.into(), ..ExampleFilter::default() };
    let questions = [
        (search("ORDER 31415"), None),
        (search("paket ä12"), Some("text")),
        (search("59999"), Some("id")),
        (search("zz"), None),
        (search("\",\""), None),
        (search("\"12\\"), None),
        (search("99%_"), None),
        (search(","), None),
        (search("nothing like it"), None),
        (search("message"), Some("label")),
        (column("Message 97", ColumnOp::StartsWith), Some("id")),
        (column("order 5", ColumnOp::Contains), Some("text")),
        (cells("", vec![cell("label", ColumnOp::Equals, "label 3")]), None),
        (cells("", vec![cell("label", ColumnOp::Equals, "LABEL 3")]), None),
        (cells("", vec![cell("label", ColumnOp::StartsWith, "LABEL")]), Some("note")),
        (cells("", vec![cell("note", ColumnOp::Empty, "")]), Some("text")),
        (cells("", vec![cell("note", ColumnOp::NotEmpty, "")]), None),
        (cells("", vec![cell("id", ColumnOp::StartsWith, "59"), cell("note", ColumnOp::Contains, "")]), None),
        (cells("order 1", vec![cell("text", ColumnOp::Contains, "ä1"), cell("label", ColumnOp::Equals, "label 2")]), Some("note")),
        // What is looked for in a later cell stands in an earlier one as well.
        (cells("", vec![cell("id", ColumnOp::Contains, "77")]), None),
        (cells("", vec![cell("label", ColumnOp::Contains, "2"), cell("id", ColumnOp::Contains, "5")]), Some("id")),
    ];
    let answers = async |store: &Store| {
        let mut answers = Vec::new();
        for (filter, sort) in &questions {
            let sort = sort.map(|column: &str| ExampleSort { column: column.into(), descending: true });
            let version = store.dataset(project).await.unwrap().unwrap().id;
            answers.push(store.listed_ids(version, filter.clone(), sort, None).await.unwrap());
        }
        answers
    };
    // A store of its own each time: lists that were worked out are kept.
    let without = answers(&bench.store().await).await;
    let counts: Vec<usize> = without.iter().map(Vec::len).collect();
    assert_eq!(counts[..10], [1, counts[1], 2, 0, 0, 1, 1, 1, 0, MANY as usize - 1], "{counts:?}");
    assert!(counts[1] > 1_000 && counts[10] > 50 && counts[11] > 100, "{counts:?}");
    assert_eq!(counts[12..18], [8_571, 0, MANY as usize, 20_000 - 1, 40_001, 1_111], "{counts:?}");
    assert!(counts[18] > 100, "{counts:?}");
    let with_77 = (0..MANY).filter(|row| *row != 777 && row.to_string().contains("77")).count();
    assert_eq!(counts[19], with_77, "{counts:?}");
    let store = bench.store().await;
    let mut last = 0;
    while let Some(step) = store.index_step(info.id).await.unwrap() {
        assert!(step.done > last && step.done <= step.total, "it goes on and comes to an end: {step:?}");
        last = step.done;
    }
    assert!(last > 0, "a large import has an index");
    assert!(answers(&bench.store().await).await == without);
    // Rows edited after the index was built are found and stand where they belong.
    let edited = list(engine, project, search("order 31415"), None).await.rows.remove(0);
    let text = "Message 0 about order 31415, corrected".to_owned();
    engine
        .edit_examples(EditExamples { project, edit: ExampleEdit::SetCell { example: edited.id, column: "text".into(), text } })
        .await
        .unwrap();
    assert_eq!(list(engine, project, search("corrected"), None).await.rows[0].number, edited.number);
    assert_eq!(list(engine, project, search("order 31415"), None).await.total, 1);
    let sorted = list(engine, project, ExampleFilter::default(), Some(("text", false))).await;
    assert_eq!(sorted.total, MANY);
    let texts: Vec<String> = sorted.rows.iter().map(|r| r.user_input.to_ascii_lowercase()).collect();
    assert!(texts.is_sorted() && texts.iter().any(|t| t.ends_with("corrected")), "{texts:?}");
    let plain = list(engine, project, ExampleFilter { number: Some(edited.number), ..ExampleFilter::default() }, None).await;
    assert_eq!(plain.rows.len(), 1);
    let end = ListExamples { project, filter: ExampleFilter::default(), sort: None, offset: MANY - 2, limit: 10 };
    assert_eq!(numbers(&engine.list_examples(end).await.unwrap().rows), [MANY - 1, MANY], "the last rows are there");
    assert_eq!(engine.check_database(NoRequest {}).await.unwrap().problems, [""; 0]);
}

fn rows_on_disk(database: &Path) -> (i64, i64, i64) {
    let connection = rusqlite::Connection::open(database).unwrap();
    let count = |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)).unwrap();
    (count("dataset"), count("example"), count("example_block"))
}

#[tokio::test]
async fn an_import_that_was_killed_leaves_nothing_a_user_sees_and_is_swept() {
    let bench = Bench::eventful().await.0;
    let whole = rows_on_disk(&bench.database());
    let store = bench.store().await;
    let left = store.begin_dataset(bench.project, false, 0).await.unwrap();
    let mut portion = Portion::default();
    for row in 0..500 {
        portion.add(&format!("input {row}"), "truth", ["other"]);
    }
    store.add_examples(left, 1, portion).await.unwrap();
    // Another one was about to fill a project that it had made.
    let made = store.create_project("half", &Default::default(), 0).await.unwrap();
    store.begin_dataset(made, true, 0).await.unwrap();
    drop(store);
    assert_eq!(rows_on_disk(&bench.database()), (whole.0 + 2, whole.1 + 500, whole.2 + 1));
    assert_eq!(all(&bench).await.len(), 30);
    let engine = bench.another_engine().await;
    assert_eq!(engine.list_dataset_versions(ProjectId { project: bench.project }).await.unwrap().len(), 1);
    assert_eq!(engine.list_projects(NoRequest {}).await.unwrap().len(), 1, "the project goes with it");
    assert_eq!(rows_on_disk(&bench.database()), whole, "swept when the database is opened next");
}

#[tokio::test]
async fn a_disk_that_fills_up_during_an_import_leaves_the_project_as_it_was() {
    let bench = Bench::eventful().await.0;
    let whole = rows_on_disk(&bench.database());
    let store = bench.store().await;
    let engine = bench.engine_over(store.clone()).await;
    let pages = async |more: i64| {
        let set = move |c: &rusqlite::Connection| {
            let used: i64 = c.query_row("PRAGMA page_count", [], |r| r.get(0))?;
            Ok(c.pragma_update(None, "max_page_count", used + more)?)
        };
        store.write(set).await.unwrap();
    };
    pages(200).await;
    let file = bench.folder.path().join("large.csv");
    std::fs::write(&file, many()).unwrap();
    for project in ["bench", "a new project"] {
        let roles = ColumnRoles { input: Some("text".into()), truth: Some("label".into()), ..ColumnRoles::default() };
        let request = ImportFiles { project: project.into(), files: vec![file.clone()], roles, ..ImportFiles::default() };
        let error = engine.import_files(request).await.unwrap_err();
        assert!(error.message.contains("nothing of it was kept") && error.message.contains("disk is full"), "{}", error.message);
    }
    assert_eq!(rows_on_disk(&bench.database()), whole);
    assert_eq!(engine.list_projects(NoRequest {}).await.unwrap().len(), 1, "no project without data is left");
    assert_eq!(all(&bench).await.len(), 30);
    pages(1_000_000).await;
    let plan = SplitPlan::Ratio { train: 50, validation: 50, test: 0, seed: 1 };
    engine.split_dataset(SplitDataset { project: bench.project, plan }).await.unwrap();
}

#[tokio::test]
async fn after_any_walk_through_changes_every_version_is_as_it_was_made() {
    let bench = Bench::eventful().await.0;
    let (engine, project) = (&bench.engine, bench.project);
    let id = ProjectId { project };
    let mut seen: HashMap<i64, Vec<Example>> = HashMap::new();
    let first = engine.open_project(id.clone()).await.unwrap().dataset.unwrap();
    seen.insert(first.id, all(&bench).await);
    let mut state = 7_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for step in 0..120 {
        let rows = all(&bench).await;
        let some: Vec<i64> = (0..1 + draw(4)).map(|_| rows[draw(rows.len())].id).collect();
        let edited = |edit| engine.edit_examples(EditExamples { project, edit });
        let done = match draw(9) {
            0 => edited(ExampleEdit::Exclude { selection: ids(some), excluded: draw(2) == 0 }).await,
            1 => {
                edited(ExampleEdit::MoveToSplit { selection: ids(some), split: [None, Some(Split::Train), Some(Split::Test)][draw(3)] })
                    .await
            }
            2 if rows.len() > 12 => edited(ExampleEdit::Delete { selection: ids(some) }).await,
            3 => edited(ExampleEdit::SetCell { example: some[0], column: "note".into(), text: format!("step {step}") }).await,
            4 => {
                let plan = SplitPlan::Ratio { train: 40, validation: 40, test: 20, seed: step };
                engine.split_dataset(SplitDataset { project, plan }).await
            }
            5 => {
                let versions: Vec<i64> = seen.keys().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
                let version = versions[draw(versions.len())];
                let restored = engine.restore_dataset_version(RestoreDatasetVersion { project, version }).await.unwrap();
                let as_it_was = seen[&version].clone();
                seen.entry(restored.id).or_insert(as_it_was);
                Ok(restored)
            }
            6 | 7 => engine.undo_edit(id.clone()).await,
            _ => engine.redo_edit(id.clone()).await,
        };
        // Nothing to undo or redo is no version.
        let Ok(info) = done else { continue };
        let now = all(&bench).await;
        assert_eq!(seen.entry(info.id).or_insert_with(|| now.clone()), &now, "step {step}, version {}", info.version);
        let there = now.iter().filter(|e| !e.excluded);
        let of = |split| there.clone().filter(|e| e.split == Some(split)).count() as u32;
        let sizes = SplitSizes { train: of(Split::Train), validation: of(Split::Validation), test: of(Split::Test) };
        assert_eq!((info.sizes, info.rows), (sizes, now.len() as u32), "step {step}");
        assert_eq!(info.excluded as usize, now.len() - there.count());
    }
    assert!(seen.len() > 30, "the walk made {} versions", seen.len());
}
