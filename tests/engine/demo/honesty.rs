//! The demo model knows only what it is told: names do not matter, wrong truths teach nothing, unseen labels stay unknown.

use super::training::{Row, ask, rows, score, shuffled, train};
use mlprompt_core::{
    prompt::Prompt,
    sample::{sample, samples},
};

const SEEDS: u64 = 4;

fn mean_gain(mut run: impl FnMut(u64) -> f64) -> f64 {
    (0..SEEDS).map(&mut run).sum::<f64>() / SEEDS as f64
}

/// Label names and what they are renamed to.
fn renaming(id: &str) -> Vec<(&'static str, &'static str)> {
    match id {
        "tickets" => vec![
            ("billing", "zorp"),
            ("delivery", "quemm"),
            ("returns", "bliff"),
            ("technical", "drux"),
            ("account", "snarp"),
            ("sales", "wibbo"),
        ],
        "sentiment" => vec![("positive", "frolg"), ("negative", "kibnu"), ("neutral", "vesht")],
        _ => vec![("order", "zorp"), ("date", "quemm"), ("total", "bliff"), ("customer", "drux")],
    }
}

fn renamed(id: &str) -> (Vec<Row>, Prompt) {
    let sample = sample(id).unwrap();
    let names = renaming(id);
    let swap = |text: &str, quote: &str| {
        names.iter().fold(text.to_owned(), |t, (from, to)| t.replace(&format!("{quote}{from}{quote}"), &format!("{quote}{to}{quote}")))
    };
    // In JSON truths only the keys are names; the values stand in the text.
    let quote = if id == "extraction" { "\"" } else { "" };
    let rows = rows(sample).into_iter().map(|(input, truth)| (input, swap(&truth, quote))).collect();
    let prompt = Prompt { system_prompt: swap(&sample.prompt.system_prompt, ""), output_prompt: sample.prompt.output_prompt.clone() };
    (rows, prompt)
}

#[test]
fn nonsense_names_keep_the_gain() {
    for sample in samples() {
        let plain = mean_gain(|seed| train(rows(sample), &sample.prompt, seed).gain());
        let (rows, prompt) = renamed(sample.id);
        let nonsense = mean_gain(|seed| train(rows.clone(), &prompt, seed).gain());
        println!("{}: {plain:.1} points as named, {nonsense:.1} with nonsense names", sample.id);
        assert!(nonsense >= plain - 10.0, "{}: {plain} against {nonsense}", sample.id);
    }
}

#[test]
fn shuffled_truths_teach_nothing() {
    for sample in samples() {
        let rows = rows(sample);
        let gains: Vec<f64> = (0..SEEDS).map(|seed| train(shuffled(&rows, 99 + seed), &sample.prompt, seed).gain()).collect();
        let gain = gains.iter().sum::<f64>() / gains.len() as f64;
        println!("{}: {gain:.1} points from shuffled truths {gains:.1?}", sample.id);
        assert!(gain < 8.0, "{}: {gain}", sample.id);
    }
}

#[test]
fn a_label_the_prompt_never_names_is_answered_no_better_than_by_chance() {
    for id in ["tickets", "sentiment"] {
        let sample = sample(id).unwrap();
        let labels = renaming(id);
        let (hidden, _) = labels[1];
        let known: Vec<Row> = rows(sample).into_iter().filter(|(_, truth)| truth != hidden).collect();
        let unseen: Vec<Row> = rows(sample).into_iter().filter(|(_, truth)| truth == hidden).collect();
        let others: Vec<&str> = labels.iter().map(|l| l.0).filter(|l| *l != hidden).collect();
        let first = Prompt { system_prompt: format!("Which one is it: {}?", others.join(", ")), output_prompt: String::new() };
        let out = train(known, &first, 0);
        let hits = unseen.iter().map(|(input, truth)| score(truth, &ask(&out.prompt, input))).sum::<f64>();
        let share = hits / unseen.len() as f64;
        assert!(share <= 1.0 / labels.len() as f64, "{id}: {share}");
        assert!(out.best > 50.0, "{id}: the labels it did see were learnt, {}", out.best);
    }
}

#[test]
fn a_label_that_is_listed_but_never_explained_is_a_guess() {
    // Nonsense names share no word with the texts, so nothing but a rule could speak for one of them.
    let (rows, _) = renamed("tickets");
    let names: Vec<&str> = renaming("tickets").into_iter().map(|n| n.1).collect();
    let prompt =
        Prompt { system_prompt: "Sort the message.".into(), output_prompt: format!("Answer with exactly one of: {}.", names.join(", ")) };
    let right = rows.iter().map(|(input, truth)| score(truth, &ask(&prompt, input))).sum::<f64>() / rows.len() as f64;
    assert!((right - 1.0 / 6.0).abs() < 0.07, "{right}");
}

#[test]
fn without_labels_it_talks() {
    let sample = sample("tickets").unwrap();
    let prompt = Prompt { system_prompt: "Handle this message.".into(), output_prompt: String::new() };
    for (input, truth) in rows(sample) {
        let response = ask(&prompt, &input);
        assert!(score(&truth, &response) == 0.0 && response.split_whitespace().count() > 5, "{response}");
    }
}

#[test]
fn proposals_copy_no_input_and_always_change_something() {
    for sample in samples() {
        let out = train(rows(sample), &sample.prompt, 1);
        let mut last = &sample.prompt;
        for proposal in &out.proposals {
            assert_ne!(proposal, last);
            for (input, _) in out.train.iter().filter(|r| r.0.chars().count() >= 20) {
                assert!(!proposal.system_prompt.contains(input.as_str()) && !proposal.output_prompt.contains(input.as_str()), "{input}");
            }
            last = proposal;
        }
    }
}
