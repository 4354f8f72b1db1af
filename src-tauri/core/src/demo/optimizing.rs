//! The optimizer side: reads the failures it is given and rewrites the two prompts. It knows nothing but the request.

use serde_json::{Value as Json, json};

use super::{dice::Dice, field_rules, label_rules};
use crate::{
    chat::ChatRequest,
    prompt::{MessageRole, Prompt},
};

/// Most examples looked at; a request shows a handful.
const MOST_EXAMPLES: usize = 64;
/// Most places tried when looking for the JSON object in a message.
const MOST_STARTS: usize = 64;
/// Length from which a shown input may not reappear in a prompt.
const COPY_LIMIT: usize = 16;

/// A shown example.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The input.
    pub input: String,
    /// What it should have been.
    pub truth: String,
    /// What it was.
    pub response: String,
    /// It did not match.
    pub failed: bool,
}

/// What the optimizer side is asked.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    /// Both current prompts.
    pub prompt: Prompt,
    /// Shown examples.
    pub examples: Vec<Seen>,
    /// Explanations of earlier epochs that were rejected.
    pub rejected: Vec<String>,
    /// Columns whose `{{name}}` may stand in the prompts.
    pub variables: Vec<String>,
    /// Upper limit for both prompts together, in characters.
    pub max_chars: usize,
    /// A first reply was sent back.
    pub careful: bool,
    /// Rolls for this very request.
    pub dice: Dice,
}

/// New prompts with their reasons.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proposal {
    /// Both prompts.
    pub prompt: Prompt,
    /// Why the system prompt is what it is now.
    pub system_reason: String,
    /// Why the output prompt is what it is now.
    pub output_reason: String,
    /// What was seen and what follows from it.
    pub explanation: String,
    /// Why single lines changed, each with the words of the change.
    pub hypotheses: Vec<(String, String)>,
}

/// Whether a request is meant for the optimizer side: by what it asks, not by the model's name.
pub(crate) fn is_asked(request: &ChatRequest) -> bool {
    request.schema.as_ref().is_some_and(|s| s.name == "proposal") || read(request).is_some()
}

/// The reply to an optimizer request; a plain sentence when there is nothing to work on.
pub(crate) fn reply(request: &ChatRequest) -> String {
    let Some(task) = read(request) else {
        return "I could not find the JSON object with the current prompts and the examples in this message.".to_owned();
    };
    let structured = task.examples.iter().filter(|e| truth_object(&e.truth).is_some()).count();
    let mut proposal = if structured * 2 > task.examples.len() { field_rules::propose(&task) } else { label_rules::propose(&task) };
    finish(&task, &mut proposal);
    let mut reply = json!({
        "system_prompt": proposal.prompt.system_prompt,
        "system_prompt_reasoning": proposal.system_reason,
        "output_prompt": proposal.prompt.output_prompt,
        "output_prompt_reasoning": proposal.output_reason,
        "explanation": proposal.explanation,
    });
    let wanted = request.schema.as_ref().is_some_and(|s| s.schema["properties"].get("hypotheses").is_some());
    if wanted {
        reply["hypotheses"] = proposal.hypotheses.iter().map(|(cause, change)| json!({"cause": cause, "change": change})).collect();
    }
    reply.to_string()
}

/// A ground truth that is a JSON object.
pub(crate) fn truth_object(truth: &str) -> Option<serde_json::Map<String, Json>> {
    match serde_json::from_str(truth.trim()) {
        Ok(Json::Object(map)) => Some(map),
        _ => None,
    }
}

/// Keeps a proposal within the rules of the game: variables stay, inputs are not copied, limits hold, something changes.
fn finish(task: &Task, proposal: &mut Proposal) {
    for example in &task.examples {
        let input = example.input.trim();
        if input.chars().count() < COPY_LIMIT {
            continue;
        }
        for (new, old) in [
            (&mut proposal.prompt.system_prompt, &task.prompt.system_prompt),
            (&mut proposal.prompt.output_prompt, &task.prompt.output_prompt),
        ] {
            if new.contains(input) && !old.contains(input) {
                new.clone_from(old);
            }
        }
    }
    let over = |p: &Prompt| p.system_prompt.chars().count() + p.output_prompt.chars().count() > task.max_chars;
    if over(&proposal.prompt) {
        proposal.prompt = task.prompt.clone();
    }
    if proposal.prompt == task.prompt {
        const HABIT: &str = "Read the whole text before you answer.";
        let system = &mut proposal.prompt.system_prompt;
        if system.contains(HABIT) {
            *system = system.replace(HABIT, "").trim().to_owned();
            proposal.system_reason =
                "The reminder to read everything did not change any of the shown answers, so I took it out.".to_owned();
        } else {
            *system = joined(system, HABIT);
            proposal.system_reason = "The shown examples hold no cue the prompt lacks; I only ask for a closer reading.".to_owned();
        }
        if over(&proposal.prompt) {
            let kept = proposal.prompt.system_prompt.chars().take(task.max_chars / 2).collect();
            proposal.prompt = Prompt { system_prompt: kept, output_prompt: String::new() };
        }
    }
    for name in &task.variables {
        let place = format!("{{{{{name}}}}}");
        let both = |p: &Prompt| p.system_prompt.contains(&place) || p.output_prompt.contains(&place);
        if both(&task.prompt) && !both(&proposal.prompt) {
            proposal.prompt.system_prompt = joined(&proposal.prompt.system_prompt, &place);
        }
    }
}

/// Two texts on lines of their own.
pub(crate) fn joined(a: &str, b: &str) -> String {
    match (a.trim_end().is_empty(), b.is_empty()) {
        (true, _) => b.to_owned(),
        (_, true) => a.trim_end().to_owned(),
        _ => format!("{}\n{b}", a.trim_end()),
    }
}

fn read(request: &ChatRequest) -> Option<Task> {
    let users: Vec<&str> = request.messages.iter().filter(|m| m.role == MessageRole::User).map(|m| m.content.as_str()).collect();
    let object = users.iter().find_map(|text| find_object(text))?;
    let text = |v: Option<&Json>| match v {
        Some(Json::String(s)) => s.clone(),
        Some(Json::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let list = |key: &str| object.get(key).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let examples = list("examples")
        .iter()
        .filter(|e| e.is_object())
        .take(MOST_EXAMPLES)
        .map(|e| Seen {
            input: text(e.get("user_input")),
            truth: text(e.get("ground_truth_output")),
            response: text(e.get("model_response")),
            failed: match e.get("match_status").and_then(Json::as_str) {
                Some(status) => status != "match",
                None => e.get("score").and_then(Json::as_f64).unwrap_or(0.0) < 1.0,
            },
        })
        .collect();
    let rejected = list("earlier_epochs")
        .iter()
        .filter(|e| e.get("decision").and_then(Json::as_str) == Some("rejected"))
        .map(|e| text(e.get("explanation")))
        .collect();
    let seed = request.seed.unwrap_or(0).to_le_bytes();
    let parts = request.messages.iter().map(|m| m.content.as_bytes());
    Some(Task {
        prompt: Prompt {
            system_prompt: text(object.get("current_system_prompt")),
            output_prompt: text(object.get("current_output_prompt")),
        },
        examples,
        rejected,
        variables: list("template_variables").iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        max_chars: object.get("max_prompt_chars").and_then(Json::as_u64).map_or(8_000, |n| n.min(1_000_000) as usize),
        careful: users.len() > 1,
        dice: Dice::new(parts.chain([&seed[..]])),
    })
}

/// The JSON object with the current prompts, wherever it starts; what stands behind it does not matter.
fn find_object(text: &str) -> Option<serde_json::Map<String, Json>> {
    if !text.contains("\"current_system_prompt\"") {
        return None;
    }
    text.match_indices('{').take(MOST_STARTS).find_map(|(at, _)| {
        match serde_json::Deserializer::from_str(&text[at..]).into_iter::<Json>().next() {
            Some(Ok(Json::Object(map))) if map.contains_key("current_system_prompt") => Some(map),
            _ => None,
        }
    })
}
