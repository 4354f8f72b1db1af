use proptest::prelude::*;

use super::*;

fn ratio(train: u32, validation: u32, test: u32, seed: u64) -> SplitPlan {
    SplitPlan::Ratio { train, validation, test, seed }
}
fn key(input: usize, truth: usize) -> SplitKey {
    SplitKey::of(&format!("input {input}"), &format!("truth {truth}"))
}
fn counted(splits: &[Option<Split>]) -> [u32; 3] {
    let sizes = SplitSizes::count(splits.iter().copied());
    [sizes.train, sizes.validation, sizes.test]
}

#[test]
fn words_and_file_names_say_their_split() {
    for (word, split) in [
        ("train", Split::Train),
        (" Training ", Split::Train),
        ("validation", Split::Validation),
        ("VALID", Split::Validation),
        ("val", Split::Validation),
        ("dev", Split::Validation),
        ("test", Split::Test),
        ("testing", Split::Test),
        ("eval", Split::Test),
        ("Evaluation", Split::Test),
    ] {
        assert_eq!(split_of_word(word), Some(split), "{word}");
    }
    assert_eq!(split_of_word("trains"), None);
    for (name, split) in [
        ("train.csv", Some(Split::Train)),
        ("tickets_val.tsv", Some(Split::Validation)),
        ("test-00000-of-00001.csv", Some(Split::Test)),
        ("dev2.csv", Some(Split::Validation)),
        ("My Training Data.csv", Some(Split::Train)),
        ("train-test.csv", None),
        ("latest.csv", None),
        ("constrained.csv", None),
        ("tickets.csv", None),
        ("data.train", None),
    ] {
        assert_eq!(split_of_file_name(name), split, "{name}");
    }
}

#[test]
fn the_plan_follows_the_number_of_rows() {
    assert_eq!(default_plan(100), ratio(60, 20, 20, 0));
    assert_eq!(default_plan(99), ratio(50, 50, 0, 0));
    assert_eq!(default_plan(3), ratio(50, 50, 0, 0));
}

#[test]
fn a_plan_must_make_sense() {
    assert!(ratio(60, 20, 20, 0).check().is_ok() && ratio(50, 50, 0, 0).check().is_ok() && SplitPlan::Files.check().is_ok());
    assert!(ratio(60, 20, 10, 0).check().unwrap_err().message.contains("60/20/10"));
    assert!(ratio(100, 0, 0, 0).check().is_err() && ratio(0, 100, 0, 0).check().is_err());
    assert!(ratio(u32::MAX, u32::MAX, 2, 0).check().is_err());
}

#[test]
fn sizes_are_those_of_the_largest_remainder() {
    assert_eq!(sizes(100, [60, 20, 20]), [60, 20, 20]);
    assert_eq!(sizes(101, [60, 20, 20]), [61, 20, 20]);
    assert_eq!(sizes(103, [60, 20, 20]), [62, 21, 20]);
    assert_eq!(sizes(104, [60, 20, 20]), [62, 21, 21]);
    assert_eq!(sizes(31, [50, 50, 0]), [16, 15, 0]);
    assert_eq!(sizes(1, [50, 50, 0]), [1, 0, 0]);
    assert_eq!(sizes(0, [60, 20, 20]), [0, 0, 0]);
}

#[test]
fn free_text_is_divided_exactly() {
    let keys: Vec<SplitKey> = (0..1_003).map(|i| key(i, i)).collect();
    let splits = assign(&ratio(60, 20, 20, 7), &keys);
    assert_eq!(counted(&splits).map(|n| n as usize), sizes(1_003, [60, 20, 20]));
}

#[test]
fn labels_are_divided_one_by_one_and_the_whole_stays_exact() {
    // Labels of very different frequency, the rarest with two examples.
    let counts = [100, 57, 23, 9, 5, 4, 3, 2];
    let keys: Vec<SplitKey> =
        counts.iter().enumerate().flat_map(|(label, &n)| (0..n).map(move |i| key(label * 1_000 + i, label))).collect();
    for seed in 0..20 {
        let splits = assign(&ratio(60, 20, 20, seed), &keys);
        assert_eq!(counted(&splits).map(|n| n as usize), sizes(keys.len(), [60, 20, 20]));
        let mut start = 0;
        for n in counts {
            let of_label = counted(&splits[start..start + n]);
            start += n;
            for (split, percent) in of_label.iter().zip([60.0, 20.0, 20.0]) {
                assert!((f64::from(*split) - n as f64 * percent / 100.0).abs() < 2.0, "{n}: {of_label:?}");
            }
            assert!(of_label[0] > 0 && of_label[1] > 0, "{n}: {of_label:?}");
            assert!(n < 3 || of_label[2] > 0, "{n}: {of_label:?}");
        }
    }
}

#[test]
fn a_truth_that_stands_alone_ends_stratifying() {
    // 40 examples of one label and one of another: the single one must not decide anything, the sizes hold.
    let mut keys: Vec<SplitKey> = (0..40).map(|i| key(i, 0)).collect();
    keys.push(key(99, 1));
    let sides: HashSet<Option<Split>> = (0..30).map(|seed| *assign(&ratio(50, 50, 0, seed), &keys).last().unwrap()).collect();
    assert_eq!(sides.len(), 2, "the lonely example goes where chance puts it");
}

#[test]
fn the_same_input_stays_on_one_side() {
    // Every third input occurs three times, once with another truth.
    let mut keys: Vec<SplitKey> = (0..300).map(|i| key(i, i % 4)).collect();
    keys.extend((0..300).step_by(3).flat_map(|i| [key(i, i % 4), key(i, (i + 1) % 4)]));
    let splits = assign(&ratio(60, 20, 20, 3), &keys);
    assert_eq!(leaks(&keys, &splits), 0);
    assert_eq!(counted(&splits), [300, 100, 100]);
}

#[test]
fn one_huge_group_goes_where_it_fits_best() {
    let mut keys = vec![key(0, 0); 70];
    keys.extend((1..31).map(|i| key(i, i)));
    let splits = assign(&ratio(60, 20, 20, 0), &keys);
    assert_eq!(leaks(&keys, &splits), 0);
    assert_eq!(counted(&splits)[0], 70);
    assert_eq!(counted(&splits)[1] + counted(&splits)[2], 30);
}

#[test]
fn chance_is_fair() {
    let keys: Vec<SplitKey> = (0..200).map(|i| key(i, i)).collect();
    let mut in_test = vec![0; 200];
    for seed in 0..400 {
        for (row, split) in assign(&ratio(60, 20, 20, seed), &keys).iter().enumerate() {
            in_test[row] += usize::from(*split == Some(Split::Test));
        }
    }
    // 80 expected each; six standard deviations are 48.
    assert!(in_test.iter().all(|&n| (32..=128).contains(&n)), "{in_test:?}");
}

#[test]
fn a_seed_gives_this_division_on_every_machine() {
    let keys: Vec<SplitKey> = (0..40).map(|i| key(i, i % 2)).collect();
    let letter = |split: &Option<Split>| match split {
        Some(Split::Train) => 't',
        Some(Split::Validation) => 'v',
        Some(Split::Test) => 'T',
        None => '-',
    };
    let letters = |seed| -> String { assign(&ratio(60, 20, 20, seed), &keys).iter().map(letter).collect() };
    assert_eq!(letters(0), "tTttTTvvTtTttTTtttttvttttvvttttTtttvttvv");
    assert_eq!(letters(1), "vvTtttvtTTtttTtTvttttvtttTtvTttttvvtTttt");
}

#[test]
fn other_plans_leave_the_rows_alone() {
    assert_eq!(assign(&SplitPlan::Files, &[key(0, 0)]), [None]);
    assert_eq!(assign(&ratio(0, 0, 0, 0), &[key(0, 0)]), [None]);
    assert_eq!(assign(&ratio(60, 20, 20, 0), &[]), []);
}

#[test]
fn leaks_are_counted_by_input() {
    let keys = [key(1, 0), key(1, 1), key(1, 0), key(2, 0), key(2, 0), key(3, 0), key(3, 0)];
    let splits =
        [Some(Split::Train), Some(Split::Test), Some(Split::Validation), Some(Split::Train), Some(Split::Train), None, Some(Split::Test)];
    assert_eq!(leaks(&keys, &splits), 1);
}

#[test]
fn keys_tell_input_from_truth() {
    let a = SplitKey::of("a", "b");
    assert_ne!(pair_hash("a", "b"), pair_hash("b", "a"));
    assert_ne!(pair_hash("a", "b"), pair_hash("ab", ""));
    assert_eq!(a.input_hash, SplitKey::of("b", "a").truth_hash);
}

#[test]
fn samples_are_nested_and_in_order() {
    let ids: Vec<i64> = (0..1_000).map(|i| i * 7).collect();
    let small = sample_rows(&ids, 100, 5);
    let large = sample_rows(&ids, 200, 5);
    assert_eq!((small.len(), large.len()), (100, 200));
    assert!(small.iter().all(|id| large.contains(id)));
    assert!(small.is_sorted() && large.is_sorted());
    assert_ne!(small, sample_rows(&ids, 100, 6));
    assert_ne!(small, ids[..100]);
    assert_eq!(sample_rows(&ids, 0, 5), ids);
    assert_eq!(sample_rows(&ids, 5_000, 5), ids);
}

proptest! {
    #[test]
    fn any_dataset_is_divided_whole_and_without_leaks(
        rows in proptest::collection::vec((0_usize..60, 0_usize..70), 0..200),
        train in 1_u32..99, seed in any::<u64>(),
    ) {
        let keys: Vec<SplitKey> = rows.iter().map(|&(input, truth)| key(input, truth)).collect();
        let validation = (100 - train).div_ceil(2);
        let plan = ratio(train, validation, 100 - train - validation, seed);
        let splits = assign(&plan, &keys);
        prop_assert!(splits.iter().all(Option::is_some));
        prop_assert_eq!(leaks(&keys, &splits), 0);
        prop_assert_eq!(&splits, &assign(&plan, &keys));
    }

    #[test]
    fn sizes_are_exact_whatever_the_labels(
        labels in proptest::collection::vec(0_usize..20, 1..300), train in 1_u32..99, seed in any::<u64>(),
    ) {
        let keys: Vec<SplitKey> = labels.iter().enumerate().map(|(row, &label)| key(row, label)).collect();
        let validation = (100 - train).div_ceil(2);
        let percents = [train, validation, 100 - train - validation];
        let splits = assign(&ratio(percents[0], percents[1], percents[2], seed), &keys);
        prop_assert_eq!(counted(&splits).map(|n| n as usize), sizes(labels.len(), percents));
    }
}
