use std::fs;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> (TempDir, Vec<Input>) {
    let folder = tempfile::tempdir().unwrap();
    let write = |(name, text): &(&str, &str)| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        Input::File(path)
    };
    let paths = files.iter().map(write).collect();
    (folder, paths)
}
fn look(files: &[(&str, &str)]) -> ImportPreview {
    let (_folder, paths) = folder(files);
    preview(&paths, &AskedImport::default(), &mut |_, _| ControlFlow::Continue(())).unwrap()
}
/// An example that outlives its row.
struct Kept {
    line: u64,
    file_index: usize,
    user_input: String,
    ground_truth_output: String,
    others: Vec<String>,
    split: Option<Split>,
}
fn read(files: &[(&str, &str)], plan: Option<&SplitPlan>) -> (Vec<Kept>, Imported) {
    let (_folder, paths) = folder(files);
    let mut examples = Vec::new();
    let mut visit = |example: NewExample<'_>| {
        examples.push(Kept {
            line: example.line,
            file_index: example.file_index,
            user_input: example.user_input.to_owned(),
            ground_truth_output: example.ground_truth_output.to_owned(),
            others: example.others.into_iter().map(str::to_owned).collect(),
            split: example.split,
        });
        Ok(())
    };
    let keep_on = &mut |_, _| ControlFlow::Continue(());
    let asked = AskedImport { plan: plan.cloned(), ..AskedImport::default() };
    let imported = read_examples(&paths, &asked, &mut visit, keep_on).unwrap();
    (examples, imported)
}
fn failed(files: &[(&str, &str)], roles: &ColumnRoles, plan: Option<&SplitPlan>) -> Error {
    let (_folder, paths) = folder(files);
    let asked = AskedImport { roles: roles.clone(), plan: plan.cloned(), ..AskedImport::default() };
    let shown = preview(&paths, &asked, &mut |_, _| ControlFlow::Continue(())).err();
    let mut visit = |_: NewExample<'_>| Ok(());
    let read = read_examples(&paths, &asked, &mut visit, &mut |_, _| ControlFlow::Continue(())).err();
    assert!(shown.is_none() || shown == read, "{shown:?} {read:?}");
    read.unwrap()
}
fn role(name: &str) -> Option<String> {
    Some(name.to_owned())
}

const MESSY: &str = "id,text,label,note\n\
    1, Where is it? ,ship,\n\
    2,Charged twice,bill,x\n\
    3,,bill,\n\
    4,No answer,,\n\
    5,Charged twice,bill,y\n\
    6,Charged twice,ship,\n\
    7,007,1e5,null\n\
    8,\"open,bill,\n\
    9,short row\n\
    10,too,many,cells,here\n\
    11, ,bill,\n";

#[test]
fn the_report_counts_everything_once() {
    let seen = look(&[("tickets.csv", MESSY)]);
    assert_eq!(seen.columns, ["id", "text", "label", "note"]);
    assert_eq!(seen.roles, ColumnRoles { input: role("text"), truth: role("label"), split: None, id: role("id") });
    let report = &seen.report;
    assert_eq!((report.rows_read, report.rows_ready, report.set_aside_count), (11, 6, 5));
    assert_eq!((report.duplicates, report.contradictions, report.empty_inputs, report.empty_truths), (1, 1, 1, 2));
    assert_eq!(report.distinct_truths, 3);
    let labels: Vec<(&str, u64)> = report.labels.iter().map(|l| (l.label.as_str(), l.count)).collect();
    assert_eq!(labels, [("bill", 3), ("ship", 2), ("1e5", 1)]);
    let aside: Vec<(u64, &str, &str)> = report.set_aside.iter().map(|row| (row.line, &*row.reason, &*row.text)).collect();
    assert_eq!(aside[0], (4, "The input (`text`) is empty.", "3 |  | bill | "));
    assert_eq!(aside[1], (5, "The ground truth (`label`) is empty.", "4 | No answer |  | "));
    assert!(aside[2].0 == 9 && aside[2].1.contains("never closes") && aside[2].2 == "8,\"open,bill,", "{:?}", aside[2]);
    assert!(aside[3].0 == 10 && aside[3].1.contains("is empty; the row has fewer cells"), "{:?}", aside[3]);
    assert!(aside[4].0 == 11 && aside[4].1.contains("5 cells, but there are 4 columns"), "{:?}", aside[4]);
    assert!(report.set_aside.iter().all(|row| row.file == "tickets.csv"));
    assert!(report.notes.iter().any(|note| note.starts_with("6 examples are few")), "{:?}", report.notes);
    assert_eq!(seen.rows[0], ["1", " Where is it? ", "ship", ""]);
    assert_eq!(seen.rows.len(), 9, "rows that stand in the file as rows");
    assert_eq!((seen.files[0].name.as_str(), seen.files[0].split), ("tickets.csv", None));
    assert_eq!(seen.plan, split::default_plan(6));
    assert_eq!((seen.sizes.train + seen.sizes.validation, seen.sizes.test), (6, 0));
}

#[test]
fn the_import_gives_the_same_report_and_untouched_cells() {
    let seen = look(&[("tickets.csv", MESSY)]);
    let (examples, imported) = read(&[("tickets.csv", MESSY)], None);
    assert_eq!(imported.report, seen.report);
    assert_eq!((imported.sizes, &imported.plan, &imported.roles), (seen.sizes, &seen.plan, &seen.roles));
    assert_eq!((examples.len(), imported.splits.len()), (6, 6));
    let example = &examples[0];
    assert_eq!((example.line, &*example.user_input, &*example.ground_truth_output), (2, " Where is it? ", "ship"));
    assert_eq!((&*examples[4].user_input, &*examples[4].ground_truth_output), ("007", "1e5"));
    assert_eq!(examples[4].others, ["7", "null"]);
    assert_eq!((examples[5].line, &*examples[5].user_input), (12, " "), "a blank is not nothing");
    assert!(examples.iter().all(|e| e.split.is_none()) && imported.splits.iter().all(Option::is_some));
    assert_eq!(imported.leaks, 0);
}

#[test]
fn files_named_after_splits_divide_the_data() {
    let files =
        [("train.csv", "text,label\na,x\nb,y\n"), ("tickets-val.csv", "label;text\nx;c\ny;a\n"), ("test.tsv", "text\tlabel\nd\tx\n")];
    let (examples, imported) = read(&files, None);
    assert_eq!(imported.plan, SplitPlan::Files);
    assert_eq!(imported.files.iter().map(|f| f.split).collect::<Vec<_>>(), [Split::Train, Split::Validation, Split::Test].map(Some));
    assert_eq!(imported.sizes, SplitSizes { train: 2, validation: 2, test: 1 });
    assert_eq!((&*examples[2].user_input, &*examples[2].ground_truth_output), ("c", "x"), "cells stand in the order of the first file");
    assert_eq!((examples[2].file_index, examples[2].line, examples[2].split), (1, 2, Some(Split::Validation)));
    assert_eq!(imported.leaks, 1);
    assert!(imported.report.notes.iter().any(|n| n.starts_with("1 input stands in more than one split")), "{:?}", imported.report.notes);
    assert_eq!(look(&files).report, imported.report);
}

#[test]
fn files_with_other_names_are_one_dataset() {
    let files = [("a.csv", "text,label\na,x\n"), ("b.csv", "text,label\nb,y\n\"c\n")];
    let seen = look(&files);
    assert_eq!(seen.plan, split::default_plan(2));
    assert_eq!(seen.report.rows_ready, 2);
    assert_eq!(seen.report.set_aside[0].file, "b.csv");
    assert_eq!(
        look(&[("train-1.csv", files[0].1), ("train-2.csv", files[1].1)]).plan,
        split::default_plan(2),
        "only training would be useless"
    );
}

#[test]
fn a_note_about_one_of_several_files_names_it() {
    let seen = look(&[("a.csv", "text,label\na,x\n"), ("b.csv", "text,label\nb\nc,y\n")]);
    assert!(seen.report.notes.iter().any(|n| n.starts_with("b.csv: 1 row has fewer cells")), "{:?}", seen.report.notes);
}

#[test]
fn files_must_have_the_same_columns() {
    let none = ColumnRoles::default();
    let error = failed(&[("a.csv", "text,label\na,x\n"), ("b.csv", "text,topic\nb,y\n")], &none, None);
    assert_eq!(error.code, ErrorCode::FileUnreadable);
    assert!(error.message.contains("b.csv has a column `topic`, which a.csv does not have"), "{}", error.message);
    let error = failed(&[("a.csv", "text,label\na,x\n"), ("b.csv", "text\nb\n")], &none, None);
    assert!(error.message.contains("b.csv has no column `label`, which a.csv has"), "{}", error.message);
    assert!(failed(&[], &none, None).message.contains("No file was given"));
}

#[test]
fn a_split_column_is_obeyed_not_moved() {
    let text = "text,label,split\na,x,train\nb,y,Training\nc,x,dev\nd,y,test\na,x,test\n";
    let (examples, imported) = read(&[("d.csv", text)], None);
    assert_eq!(imported.plan, SplitPlan::Column { column: "split".into() });
    assert_eq!(imported.sizes, SplitSizes { train: 2, validation: 1, test: 2 });
    assert_eq!(imported.leaks, 1);
    assert_eq!(examples[2].split, Some(Split::Validation));
    let ratio = SplitPlan::Ratio { train: 80, validation: 20, test: 0, seed: 1 };
    assert_eq!(read(&[("d.csv", text)], Some(&ratio)).1.sizes, SplitSizes { train: 4, validation: 1, test: 0 });
}

#[test]
fn words_that_name_no_split_are_reported() {
    let plan = SplitPlan::Column { column: "part".into() };
    let (examples, imported) = read(&[("d.csv", "text,label,part\na,x,train\nb,y,spare\nc,x,\n")], Some(&plan));
    assert_eq!((examples.len(), imported.splits[1]), (3, None));
    let notes = imported.report.notes.join("\n");
    assert!(notes.contains("2 rows are in no split, because the split column says `spare`, nothing there"), "{notes}");
    assert!(notes.contains("No example is in validation"), "{notes}");
}

#[test]
fn labels_that_a_split_hardly_has_are_named() {
    let rows: String = (0..120).map(|i| format!("text {i},{}\n", if i < 3 { "rare" } else { "common" })).collect();
    let (_, imported) = read(&[("d.csv", &format!("text,label\n{rows}"))], None);
    assert_eq!(imported.sizes, SplitSizes { train: 72, validation: 24, test: 24 });
    let notes = imported.report.notes.join("\n");
    assert!(notes.contains("Fewer than 2 examples of `rare` in train, validation and test."), "{notes}");
    assert!(!notes.contains("common"), "{notes}");
}

#[test]
fn roles_must_be_columns_and_differ() {
    let file = [("d.csv", "text,label\na,x\n")];
    let roles = ColumnRoles { input: role("texts"), ..Default::default() };
    let error = failed(&file, &roles, None);
    assert_eq!((error.code, &*error.message), (ErrorCode::Invalid, "d.csv has no column `texts`. Choose one of `text`, `label`."));
    let roles = ColumnRoles { input: role("text"), truth: role("text"), split: None, id: None };
    assert!(failed(&file, &roles, None).message.contains("`text` cannot be both the input and the ground truth"));
    let plan = SplitPlan::Column { column: "fold".into() };
    assert!(failed(&file, &ColumnRoles::default(), Some(&plan)).message.contains("no column `fold`"));
    let plan = SplitPlan::Ratio { train: 70, validation: 20, test: 20, seed: 0 };
    assert!(failed(&file, &ColumnRoles::default(), Some(&plan)).message.contains("70/20/20"));
}

#[test]
fn without_a_truth_there_is_a_preview_but_no_import() {
    for (text, said) in
        [("text\nHello, you\nBye\n", "has one column alone"), ("text,note,when\nHello,,\nBye,,\n", "looks like the ground truth")]
    {
        let file = [("d.csv", text)];
        let seen = look(&file);
        assert_eq!((seen.report.rows_read, seen.report.rows_ready, seen.roles.truth), (2, 0, None));
        assert!(seen.report.notes.iter().any(|note| note.contains(said)), "{:?}", seen.report.notes);
        let failed = failed(&file, &ColumnRoles::default(), None).message;
        assert!(failed.starts_with("d.csv") || failed.contains("of d.csv"), "{failed}");
        assert!(failed.contains(said), "{failed}");
    }
}

#[test]
fn only_the_first_hundred_set_aside_rows_are_listed() {
    let text = format!("text,label\nfirst,x\n{}", "empty,\n".repeat(150));
    let report = look(&[("d.csv", &text)]).report;
    assert_eq!((report.set_aside_count, report.set_aside.len(), report.rows_ready), (150, 100, 1));
}

#[test]
fn long_or_many_truths_are_no_labels() {
    let many: String = (0..51).map(|i| format!("t{i},answer {i}\n")).collect();
    let report = look(&[("d.csv", &format!("text,answer\n{many}"))]).report;
    assert_eq!((report.distinct_truths, report.labels.len()), (51, 0));
    let long = "x".repeat(1_001);
    let report = look(&[("d.csv", &format!("text,answer\na,b\nc,{long}\nd,b\n"))]).report;
    assert_eq!((report.distinct_truths, report.labels.len()), (2, 0));
}

#[test]
fn progress_rises_to_the_end_and_can_stop_the_reading() {
    let text = format!("text,label\n{}", "some words of a row,label\n".repeat(40_000));
    let (_folder, paths) = folder(&[("a.csv", &text), ("b.csv", &text)]);
    let asked = AskedImport::default();
    let mut heard = Vec::new();
    let mut keep_on = |done, total| {
        heard.push((done, total));
        ControlFlow::Continue(())
    };
    read_examples(&paths, &asked, &mut |_| Ok(()), &mut keep_on).unwrap();
    let total = 2 * text.len() as u64;
    assert!(heard.len() > 20 && heard.is_sorted() && heard.iter().all(|&(done, all)| done <= all && all == total));
    assert_eq!(heard.last(), Some(&(total, total)));
    assert!(heard[heard.len() / 4].0 < total / 2, "progress is spread over the files");

    let mut taken = 0;
    let mut count = |_: NewExample<'_>| {
        taken += 1;
        Ok(())
    };
    let mut stop = |done, _| if done > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let error = read_examples(&paths, &asked, &mut count, &mut stop).unwrap_err();
    assert_eq!(error.code, ErrorCode::Cancelled);
    assert!(taken < 40_000, "{taken}");
}

#[test]
fn an_error_of_the_visitor_ends_the_reading() {
    let (_folder, paths) = folder(&[("a.csv", "text,label\na,x\nb,y\n")]);
    let mut visit = |_: NewExample<'_>| Err(Error::internal("disk full"));
    let keep_on = &mut |_, _| ControlFlow::Continue(());
    let error = read_examples(&paths, &AskedImport::default(), &mut visit, keep_on).unwrap_err();
    assert_eq!(error.message, "disk full");
}

#[test]
fn fifty_megabytes_are_read_whole() {
    let mut text = String::from("id,user_input,ground_truth_output,note\n");
    let mut row = 0;
    while text.len() < 50_000_000 {
        text.push_str(&format!(
            "{row},\"My parcel {row} never came, and \"\"support\"\" does not answer. What now?\",label {},seen by nobody yet\n",
            row % 7
        ));
        row += 1;
    }
    let (_folder, paths) = folder(&[("big.csv", &text)]);
    let seen = preview(&paths, &AskedImport::default(), &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!((seen.report.rows_ready, seen.report.distinct_truths), (row, 7));
}
