//! Our own export comes back: examples are known again, and only what changed is taken over.

use std::path::{Path, PathBuf};

use mlprompt_core::{
    api::{EditExamples, ExampleFilter, ExportState, KnownFile, ListExamples, MergeFile, NoRequest, RecogniseFile},
    dataset::{ColumnRoles, Example, ExampleEdit, ExampleSelection, ReadOptions, Split, SplitPlan},
    engine::ImportFiles,
    export::ExportFormat,
};

use crate::{
    fixtures::{Bench, Outcome, config, export_of},
    world,
};

async fn exported(bench: &Bench) -> PathBuf {
    exported_as(bench, ExportFormat::Csv).await
}

async fn exported_as(bench: &Bench, format: ExportFormat) -> PathBuf {
    let file = bench.folder.path().join(format!("out.{}", format.extension()));
    let (_, state) = bench.export(export_of(bench.project, format), &file).await;
    assert!(matches!(state, ExportState::Done { .. }), "{state:?}");
    file
}

async fn examples(bench: &Bench) -> Vec<Example> {
    let all = ListExamples { project: bench.project, filter: ExampleFilter::default(), sort: None, offset: 0, limit: 500 };
    bench.engine.list_examples(all).await.unwrap().rows
}

async fn recognised(bench: &Bench, file: &Path) -> Option<KnownFile> {
    let project = Some(bench.project);
    bench.engine.recognise_file(RecogniseFile { path: file.display().to_string(), options: ReadOptions::default(), project }).await.unwrap()
}

async fn merge(bench: &Bench, file: &Path, update: bool, append: bool) -> (u64, u64) {
    let project = Some(bench.project);
    let request = MergeFile { path: file.display().to_string(), options: ReadOptions::default(), project, update, append };
    let merged = bench.engine.merge_file(request).await.unwrap();
    (merged.updated, merged.added)
}

/// Somebody works on the file: one truth corrected, one example moved to training, one row added, one row copied, one taken out.
fn edited(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[4] = lines[4].replace(&world::truth(3), "corrected");
    let moved = lines[13].rfind("\"validation\"").unwrap();
    lines[13].replace_range(moved..moved + 12, "\"train\"");
    lines.remove(1);
    lines.push("\"a new input\",\"new truth\",\"train\",\"n\",\"train\",\"\"".into());
    let copy = lines[5].clone();
    lines.push(copy);
    std::fs::write(file, lines.join("\n")).unwrap();
}

#[tokio::test]
async fn an_unchanged_file_is_known_and_changes_nothing() {
    let bench = Bench::eventful().await.0;
    let file = exported(&bench).await;
    let known = recognised(&bench, &file).await.expect("it is ours");
    assert_eq!((known.project, known.name.as_str(), known.known, known.changed, known.new), (bench.project, "bench", 30, 0, 0));
    let before = bench.engine.open_project(mlprompt_core::api::ProjectId { project: bench.project }).await.unwrap().dataset.unwrap();
    assert_eq!(merge(&bench, &file, true, true).await, (0, 0));
    let after = bench.engine.open_project(mlprompt_core::api::ProjectId { project: bench.project }).await.unwrap().dataset.unwrap();
    assert_eq!(before.id, after.id, "nothing to take over makes no version");
}

#[tokio::test]
async fn changed_rows_are_updated_new_ones_added_and_runs_keep_what_they_used() {
    let bench = Bench::eventful().await.0;
    let run = bench.run(config(2)).await.summary.id;
    let outcome = Outcome::of(&bench.engine, run).await;
    let (before, file) = (examples(&bench).await, exported(&bench).await);
    edited(&file);
    let known = recognised(&bench, &file).await.expect("it is ours");
    assert_eq!((known.known, known.changed, known.new), (29, 2, 2));
    assert_eq!(merge(&bench, &file, true, true).await, (2, 2));
    let after = examples(&bench).await;
    assert_eq!(after.len(), 32, "the row that was taken out of the file stays");
    for (old, new) in before.iter().zip(&after) {
        let expected_truth = if old.number == 4 { "corrected" } else { &old.ground_truth_output };
        assert_eq!((new.number, &new.user_input, new.ground_truth_output.as_str()), (old.number, &old.user_input, expected_truth));
        let expected_split = if old.number == 13 { Some(Split::Train) } else { old.split };
        assert_eq!(new.split, expected_split, "example {}", old.number);
    }
    assert_eq!((after[30].user_input.as_str(), after[30].split), ("a new input", Some(Split::Train)));
    assert_eq!(Outcome::of(&bench.engine, run).await, outcome);
    // It is one change, and can be taken back and done again.
    let project = mlprompt_core::api::ProjectId { project: bench.project };
    bench.engine.undo_edit(project.clone()).await.unwrap();
    assert_eq!(examples(&bench).await, before);
    bench.engine.redo_edit(project).await.unwrap();
    assert_eq!(examples(&bench).await, after);
    // The same file again: its rows are known still, and what it adds has no identity there.
    let again = recognised(&bench, &file).await.expect("it is ours still");
    assert_eq!((again.known, again.changed), (29, 0));
    let fresh = exported(&bench).await;
    assert_eq!(recognised(&bench, &fresh).await.map(|k| (k.known, k.changed, k.new)), Some((32, 0, 0)));
}

#[tokio::test]
async fn only_updating_and_only_adding_do_only_that() {
    for (update, append, expected) in [(true, false, (2, 0)), (false, true, (0, 2))] {
        let bench = Bench::eventful().await.0;
        let file = exported(&bench).await;
        edited(&file);
        assert_eq!(merge(&bench, &file, update, append).await, expected);
        let after = examples(&bench).await;
        assert_eq!(after.len(), 30 + usize::try_from(expected.1).unwrap());
        assert_eq!(after[3].ground_truth_output == "corrected", update);
    }
}

#[tokio::test]
async fn files_of_others_and_of_other_projects_are_not_known() {
    let (bench, stranger) = (Bench::eventful().await.0, Bench::eventful().await.0);
    let file = exported(&stranger).await;
    assert!(recognised(&bench, &file).await.is_none(), "another database's project");
    let plain = bench.folder.path().join("bench.csv");
    assert!(recognised(&bench, &plain).await.is_none(), "no export at all");
    let own = exported(&bench).await;
    // A row that came from elsewhere has a number that is known here, and is another example all the same.
    let (ours, theirs) = (std::fs::read_to_string(&own).unwrap(), std::fs::read_to_string(&file).unwrap());
    let project =
        |text: &str| text.split(['"', '-']).find(|part| part.len() == 16 && u64::from_str_radix(part, 16).is_ok()).unwrap().to_owned();
    let mut lines: Vec<String> = ours.lines().map(str::to_owned).collect();
    lines[7] = lines[7].replace(&project(&ours), &project(&theirs));
    let mixed = bench.folder.path().join("mixed.csv");
    std::fs::write(&mixed, lines.join("\n")).unwrap();
    let known = recognised(&bench, &mixed).await.expect("most of it is ours");
    assert_eq!((known.known, known.changed, known.new), (29, 0, 1));
    bench.engine.delete_project(mlprompt_core::api::ProjectId { project: bench.project }).await.unwrap();
    let asked = RecogniseFile { path: own.display().to_string(), options: ReadOptions::default(), project: None };
    assert!(bench.engine.recognise_file(asked).await.unwrap().is_none(), "its project is deleted");
    let refused = bench
        .engine
        .merge_file(MergeFile {
            path: own.display().to_string(),
            options: ReadOptions::default(),
            project: None,
            update: true,
            append: true,
        })
        .await;
    assert!(refused.unwrap_err().message.contains("Import it as new data"));
    assert!(bench.engine.list_projects(NoRequest {}).await.unwrap().is_empty());
}

async fn exclude(bench: &Bench, numbers: &[u32], excluded: bool) {
    let ids = examples(bench).await.into_iter().filter(|e| numbers.contains(&e.number)).map(|e| e.id).collect();
    let edit = ExampleEdit::Exclude { selection: ExampleSelection::Ids { ids }, excluded };
    bench.engine.edit_examples(EditExamples { project: bench.project, edit }).await.unwrap();
}

#[tokio::test]
async fn every_format_of_ours_is_known_again_and_brings_what_is_excluded() {
    for format in ExportFormat::ALL {
        let bench = Bench::eventful().await.0;
        exclude(&bench, &[2, 5, 21], true).await;
        let (before, file) = (examples(&bench).await, exported_as(&bench, format).await);
        let known = recognised(&bench, &file).await.unwrap_or_else(|| panic!("{format:?} is ours"));
        assert_eq!((known.project, known.known, known.changed, known.new), (bench.project, 30, 0, 0), "{format:?}");
        exclude(&bench, &[2, 7], true).await;
        exclude(&bench, &[5], false).await;
        let known = recognised(&bench, &file).await.expect("it is ours");
        assert_eq!((known.changed, known.new), (2, 0), "{format:?}: the file knows another exclusion of 5 and 7");
        assert_eq!(merge(&bench, &file, true, true).await, (2, 0), "{format:?}");
        let told = |examples: Vec<Example>| examples.into_iter().map(|e| (e.number, e.excluded, e.split, e.variables)).collect::<Vec<_>>();
        assert_eq!(told(examples(&bench).await), told(before), "{format:?}");
        // Where nobody knows it, it is a dataset with the same examples kept out.
        let stranger = self::Bench::eventful().await.0;
        let request = mlprompt_core::engine::ImportFiles { project: "fresh".into(), files: vec![file], ..Default::default() };
        let fresh = stranger.engine.import_files(request).await.unwrap();
        let dataset = fresh.dataset.unwrap();
        assert_eq!((dataset.rows, dataset.excluded), (30, 3), "{format:?}");
        assert_eq!((dataset.sizes.train, dataset.sizes.validation, dataset.sizes.test), (8, 10, 9), "{format:?}: without those");
        assert_eq!(dataset.roles.input.as_deref(), Some("user_input"), "{format:?}");
        assert_eq!(dataset.roles.truth.as_deref(), Some("ground_truth_output"), "{format:?}");
        let profile = stranger.engine.data_profile(mlprompt_core::api::ProjectId { project: fresh.project.id }).await.unwrap();
        assert_eq!((profile.examples, profile.excluded), (27, 3), "{format:?}");
        // And it comes back from there, too.
        let mut again = stranger;
        again.project = fresh.project.id;
        let file = exported_as(&again, format).await;
        let known = recognised(&again, &file).await.unwrap_or_else(|| panic!("{format:?} is ours"));
        assert_eq!((known.known, known.changed, known.new), (30, 0, 0), "{format:?} of what an export brought");
    }
}

/// A project whose rows have an id of their own, divided by a column of theirs.
async fn with_ids() -> Bench {
    let mut bench = Bench::eventful().await.0;
    let text = "nr,text,label,part\n7,seven,a,train\n008,eight,b,train\n9,nine,a,dev\n10,ten,b,dev\n";
    std::fs::write(bench.folder.path().join("ids.csv"), text).unwrap();
    let roles = ColumnRoles { input: Some("text".into()), truth: Some("label".into()), id: Some("nr".into()), ..ColumnRoles::default() };
    let plan = Some(SplitPlan::Column { column: "part".into() });
    let files = vec![bench.folder.path().join("ids.csv")];
    let request = ImportFiles { project: "ids".into(), files, roles, plan, ..ImportFiles::default() };
    bench.project = bench.engine.import_files(request).await.unwrap().project.id;
    bench
}

#[tokio::test]
async fn rows_are_known_again_by_the_id_column_of_the_dataset() {
    let bench = with_ids().await;
    let write = |text: &str| {
        let file = bench.folder.path().join("later.csv");
        std::fs::write(&file, text).unwrap();
        file
    };
    // Other columns, another order: one truth corrected, one row unchanged, one new, one without an id.
    let file = write("part;label;nr;text;more\ntrain;corrected;008;eight;x\ndev;a;9;nine;x\ntest;a;11;eleven;x\ntrain;b;;none;x\n");
    let known = recognised(&bench, &file).await.expect("its ids are known");
    assert_eq!((known.project, known.id_column.as_deref(), known.known, known.changed, known.new), (bench.project, Some("nr"), 2, 1, 2));
    assert_eq!(merge(&bench, &file, true, true).await, (1, 2));
    let told: Vec<_> = examples(&bench).await.into_iter().map(|e| (e.variables.join("|"), e.split)).collect();
    let (train, validation) = (Some(Split::Train), Some(Split::Validation));
    let expected = [
        ("7|seven|a|train", train),
        ("008|eight|corrected|train", train),
        ("9|nine|a|dev", validation),
        ("10|ten|b|dev", validation),
        ("11|eleven|a|test", Some(Split::Test)),
        ("|none|b|train", train),
    ];
    assert_eq!(told, expected.map(|(cells, split)| (cells.to_owned(), split)));
    let asked = |project| RecogniseFile { path: file.display().to_string(), options: ReadOptions::default(), project };
    assert!(bench.engine.recognise_file(asked(None)).await.unwrap().is_none(), "an id says nothing without its project");
    // A number is another text than the same number with zeros before it.
    let file = write("nr,text,label,part\n07,seven,a,train\n8,eight,b,train\n");
    assert!(recognised(&bench, &file).await.is_none());
    let file = write("nr,text,label\n7,seven,a\n");
    assert!(recognised(&bench, &file).await.is_none(), "a column of the dataset is missing");
    // An id that stands twice says nothing of which example is meant.
    let twin = examples(&bench).await[0].id;
    let edit = ExampleEdit::SetCell { example: twin, column: "nr".into(), text: "9".into() };
    bench.engine.edit_examples(EditExamples { project: bench.project, edit }).await.unwrap();
    let file = write("nr,text,label,part\n9,nine,z,dev\n");
    assert!(recognised(&bench, &file).await.is_none());
    let request = MergeFile {
        path: file.display().to_string(),
        options: ReadOptions::default(),
        project: Some(bench.project),
        update: true,
        append: true,
    };
    assert!(bench.engine.merge_file(request).await.unwrap_err().message.contains("Import it as new data"));
}
