//! A small training loop in the shape of `greedy`, and what it reaches on the samples.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value as Json, json};

use mlprompt_core::{
    chat::{AnswerSchema, ChatRequest},
    demo::{DEMO_MODEL, DEMO_OPTIMIZER, DemoModel},
    prompt::{Message, MessageRole, Prompt, RenderedPrompt},
    sample::{Sample, samples},
};

/// An input and its truth.
pub(super) type Row = (String, String);

pub(super) fn rows(sample: &Sample) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(sample.csv.as_bytes());
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|h| h == name).unwrap();
    let (input, truth) = (at(sample.input), at(sample.truth));
    reader.records().map(|r| r.unwrap()).map(|r| (r[input].to_owned(), r[truth].to_owned())).collect()
}

pub(super) fn request(model: &str, system: &str, user: &str) -> ChatRequest {
    let mut messages = vec![Message::new(MessageRole::System, system)];
    messages.push(Message::new(MessageRole::User, user));
    ChatRequest { model: model.into(), messages, temperature: None, max_output_tokens: None, seed: None, schema: None }
}

pub(super) fn ask(prompt: &Prompt, input: &str) -> String {
    let messages = RenderedPrompt::new(prompt, &[]).messages(&[], input);
    let mut request = request(DEMO_MODEL, "", "");
    request.messages = messages;
    DemoModel.respond(&request).text
}

/// Share of matching fields for JSON truths, else whether the answer is the label and nothing else.
pub(super) fn score(truth: &str, response: &str) -> f64 {
    if let Ok(Json::Object(truth)) = serde_json::from_str(truth) {
        let Ok(Json::Object(answer)) = serde_json::from_str::<Json>(response) else { return 0.0 };
        return truth.iter().filter(|(k, v)| answer.get(*k) == Some(v)).count() as f64 / truth.len() as f64;
    }
    f64::from(u8::from(response.trim().trim_end_matches('.').eq_ignore_ascii_case(truth)))
}

fn mean(prompt: &Prompt, rows: &[Row]) -> f64 {
    rows.iter().map(|(input, truth)| score(truth, &ask(prompt, input))).sum::<f64>() / rows.len() as f64
}

/// Seeded 60/20/20, stratified where truths repeat.
fn split(mut rows: Vec<Row>, seed: u64) -> [Vec<Row>; 3] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    rows.shuffle(&mut rng);
    let distinct = rows.iter().map(|r| &r.1).collect::<std::collections::BTreeSet<_>>().len();
    if distinct < 20 {
        rows.sort_by(|a, b| a.1.cmp(&b.1));
    }
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    for (i, row) in rows.into_iter().enumerate() {
        parts[[0, 1, 0, 2, 0][i % 5]].push(row);
    }
    parts
}

/// What a run ended with; scores in points of 100.
#[derive(Debug)]
pub(super) struct Outcome {
    pub baseline: f64,
    pub best: f64,
    pub rejected: usize,
    pub prompt: Prompt,
    pub curve: Vec<(bool, f64)>,
    pub proposals: Vec<Prompt>,
    pub train: Vec<Row>,
}

impl Outcome {
    pub(super) fn gain(&self) -> f64 {
        self.best - self.baseline
    }
}

/// Trains with the defaults: 10 epochs, 5 examples, mixed selection, patience 5, any strict improvement accepted.
pub(super) fn train(rows: Vec<Row>, first: &Prompt, seed: u64) -> Outcome {
    let [train, validation, test] = split(rows, seed);
    let mut best = first.clone();
    let mut best_score = mean(&best, &validation);
    let mut earlier: Vec<Json> = Vec::new();
    let (mut rejected, mut idle) = (0, 0);
    let mut curve = vec![(true, best_score)];
    let mut proposals = Vec::new();
    let mut answers: Vec<String> = train.iter().map(|(input, _)| ask(&best, input)).collect();
    for epoch in 1..=10u64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed * 1000 + epoch);
        let (mut bad, mut good): (Vec<usize>, Vec<usize>) = (0..train.len()).partition(|&i| score(&train[i].1, &answers[i]) < 1.0);
        bad.shuffle(&mut rng);
        good.shuffle(&mut rng);
        let mut chosen: Vec<usize> = bad.iter().take(3).copied().collect();
        chosen.extend(good.iter().take(5 - chosen.len()));
        chosen.extend(bad.iter().skip(3).take(5 - chosen.len()));
        let examples: Vec<Json> = chosen
            .iter()
            .map(|&i| {
                let score = score(&train[i].1, &answers[i]);
                let status = if score >= 1.0 { "match" } else { "no match" };
                json!({"user_input": train[i].0, "ground_truth_output": train[i].1, "model_response": answers[i], "score": score, "match_status": status})
            })
            .collect();
        let task = json!({
            "current_system_prompt": best.system_prompt, "current_output_prompt": best.output_prompt,
            "metrics": {"score": 0.5, "n": train.len(), "missing": 0}, "examples": examples, "earlier_epochs": earlier,
            "template_variables": [], "max_prompt_chars": 8000
        });
        let text = format!("Improve both prompts.\n\n{}", serde_json::to_string_pretty(&task).unwrap());
        let mut request = request(DEMO_OPTIMIZER, "You improve prompts.", &text);
        request.schema = Some(AnswerSchema { name: "proposal".into(), schema: json!({}) });
        let reply: Json = serde_json::from_str(&DemoModel.respond(&request).text).unwrap();
        let text = |key: &str| reply[key].as_str().unwrap().to_owned();
        let proposal = Prompt { system_prompt: text("system_prompt"), output_prompt: text("output_prompt") };
        let validation_score = mean(&proposal, &validation);
        let accepted = validation_score > best_score;
        curve.push((accepted, validation_score));
        earlier
            .push(json!({"epoch": epoch, "decision": if accepted { "accepted" } else { "rejected" }, "explanation": text("explanation")}));
        proposals.push(proposal.clone());
        if accepted {
            best = proposal;
            best_score = validation_score;
            idle = 0;
            answers = train.iter().map(|(input, _)| ask(&best, input)).collect();
        } else {
            rejected += 1;
            idle += 1;
            if idle >= 5 {
                break;
            }
        }
    }
    let (baseline, after) = (100.0 * mean(first, &test), 100.0 * mean(&best, &test));
    Outcome { baseline, best: after, rejected, prompt: best, curve, proposals, train }
}

/// The same rows with truths dealt out anew.
pub(super) fn shuffled(rows: &[Row], seed: u64) -> Vec<Row> {
    let mut truths: Vec<String> = rows.iter().map(|r| r.1.clone()).collect();
    truths.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    rows.iter().zip(truths).map(|(r, t)| (r.0.clone(), t)).collect()
}

#[test]
fn every_sample_gains_at_least_25_points_with_seeds_0_to_9() {
    let mut any_rejected = false;
    for sample in samples() {
        let mut gains = Vec::new();
        for seed in 0..10 {
            let out = train(rows(sample), &sample.prompt, seed);
            println!(
                "{} {seed}: {:.1} -> {:.1}, {} rejected, {}",
                sample.id,
                out.baseline,
                out.best,
                out.rejected,
                out.curve.iter().map(|(a, s)| format!("{}{:.0}", if *a { "" } else { "x" }, 100.0 * s)).collect::<Vec<_>>().join(" ")
            );
            if seed == 0 {
                println!("---\n{}\n---\n{}\n---", out.prompt.system_prompt, out.prompt.output_prompt);
                any_rejected |= out.rejected > 0;
            }
            assert!(out.gain() >= 25.0, "{} {seed}: {} -> {}", sample.id, out.baseline, out.best);
            assert!(out.best < 100.0, "{} {seed}", sample.id);
            gains.push(out.gain());
        }
        let least = gains.iter().copied().fold(f64::INFINITY, f64::min);
        println!("{}: least {least:.1}, mean gain {:.1}", sample.id, gains.iter().sum::<f64>() / gains.len() as f64);
    }
    assert!(any_rejected, "no epoch was rejected at seed 0");
}

#[test]
fn the_samples_are_large_and_varied() {
    for sample in samples() {
        let rows = rows(sample);
        assert!(rows.len() >= 240, "{} has {} rows", sample.id, rows.len());
        let distinct: std::collections::BTreeSet<_> = rows.iter().map(|r| r.0.to_lowercase()).collect();
        assert_eq!(distinct.len(), rows.len(), "{} repeats an input", sample.id);
        let openings: std::collections::BTreeSet<String> = rows.iter().map(|r| r.0.chars().take(24).collect()).collect();
        assert!(openings.len() * 10 >= rows.len() * 5, "{}: {} openings", sample.id, openings.len());
    }
}

#[test]
fn a_run_repeats_exactly() {
    let sample = &samples()[1];
    let once = train(rows(sample), &sample.prompt, 3);
    let again = train(rows(sample), &sample.prompt, 3);
    assert_eq!((once.curve, once.prompt), (again.curve, again.prompt));
}
