//! A small world in which everything is known: which rows a prompt gets right, and what the optimizer writes.
//!
//! The prompt carries its quality in plain sight, `skill 3/4/5`: of every ten training, validation and test rows the model
//! gets that many right, and beside them `knows 1003 ` and `forgets 1000 ` single rows. Both models are pure functions of their messages, so every run can be foretold.

use mlprompt_core::prompt::{Message, MessageRole};
use serde_json::{Value, json};

/// What the optimizer writes, epoch by epoch.
#[derive(Clone, Default)]
pub struct World {
    /// Its reply in each epoch, from 1; the last one again when there are more.
    pub replies: Vec<String>,
    /// Its reply when it is asked to repair.
    pub repair: String,
    /// A row that every prompt gets wrong in a way of its own.
    pub disputed: Option<u32>,
}

impl World {
    /// An optimizer that proposes these system prompts, one an epoch.
    pub fn proposing<const N: usize>(prompts: [&str; N]) -> Self {
        Self { replies: prompts.map(proposal).to_vec(), repair: "I cannot.".into(), ..Self::default() }
    }

    /// The answer to a request.
    pub fn answer(&self, model: &str, messages: &[Message]) -> String {
        if model.starts_with("optimizer") {
            return self.optimize(messages);
        }
        let user = &messages.last().expect("a request has messages").content;
        if model.starts_with("judge") {
            let material: Value = serde_json::from_str(user).expect("the judge gets JSON");
            let good = material["given_answer"] == material["expected_answer"];
            return json!({"score": if good { 1.0 } else { 0.25 }, "feedback": if good { "Right." } else { "Name the truth." }})
                .to_string();
        }
        let system = messages.iter().find(|m| m.role == MessageRole::System).map(|m| m.content.as_str()).unwrap_or_default();
        match row_of(user) {
            Some(row) if system.contains(&format!("forgets {row} ")) => format!("wrong {row}"),
            Some(row) if row % 10 < skill(system)[place(row)] || system.contains(&format!("knows {row} ")) => truth(row),
            Some(row) if self.disputed == Some(row) => format!("wrong {row} {system}"),
            Some(row) => format!("wrong {row}"),
            None => "no row".into(),
        }
    }

    fn optimize(&self, messages: &[Message]) -> String {
        if messages.len() > 2 {
            return self.repair.clone();
        }
        let material = material(messages);
        let epoch = material["earlier_epochs"].as_array().expect("the optimizer is told what was tried").len();
        self.replies.get(epoch).or(self.replies.last()).expect("the world has replies").clone()
    }
}

/// The JSON object at the end of the optimizer's request.
pub fn material(messages: &[Message]) -> Value {
    let user = &messages[1].content;
    let start = user.find("\n\n{").expect("the request ends in a JSON object");
    serde_json::from_str(&user[start..]).expect("the JSON is whole")
}

/// A readable reply that proposes this system prompt.
pub fn proposal(system_prompt: &str) -> String {
    json!({
        "system_prompt": system_prompt,
        "system_prompt_reasoning": "It knows more.",
        "output_prompt": "Name it.",
        "output_prompt_reasoning": "It was fine.",
        "explanation": format!("Tried {system_prompt}."),
    })
    .to_string()
}

/// Index of the split a row belongs to: rows count from 0 in training, from 1000 in validation, from 2000 in test.
fn place(row: u32) -> usize {
    (row / 1000) as usize
}

pub fn split_name(row: u32) -> &'static str {
    ["train", "validation", "test"][place(row)]
}

/// 24 characters and more, so that a copy of it counts as learnt by heart.
pub fn input(row: u32) -> String {
    format!("row {row} of the {} split", split_name(row))
}

pub fn truth(row: u32) -> String {
    format!("truth-{row}-{}", split_name(row))
}

/// A further column that no prompt names.
pub fn note(row: u32) -> String {
    format!("note-{row}-{}", split_name(row))
}

pub fn row_of(text: &str) -> Option<u32> {
    text.split("row ").nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn skill(system: &str) -> [u32; 3] {
    let numbers = system.split("skill ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("0/0/0");
    let mut parts = numbers.split('/').map(|n| n.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}
