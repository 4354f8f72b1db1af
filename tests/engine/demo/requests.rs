//! Requests as they come: repeated, hostile, malformed.

use serde_json::{Value as Json, json};

use super::training::request;
use mlprompt_core::{
    chat::{AnswerSchema, ChatModel, ChatRequest, Finish},
    demo::{DEMO_MODEL, DEMO_OPTIMIZER, DemoModel},
    prompt::{Message, MessageRole},
};

fn optimizer(body: &str) -> ChatRequest {
    let mut request = request(DEMO_OPTIMIZER, "You improve prompts.", body);
    request.schema = Some(AnswerSchema { name: "proposal".into(), schema: json!({}) });
    request
}

fn task() -> Json {
    json!({
        "current_system_prompt": "Write in {{lang}}. Sort the text: a1 or b2?", "current_output_prompt": "",
        "metrics": {},
        "examples": [
            {"user_input": "the quick marmot sleeps in the meadow", "ground_truth_output": "a1", "model_response": "I think this could be b2.", "score": 0.0, "match_status": "no match"},
            {"user_input": "a slow tractor rattles through the village", "ground_truth_output": "c3", "model_response": "b2", "score": 0.0, "match_status": "no match"},
            {"user_input": "marmot whistles loudly", "ground_truth_output": "a1", "model_response": "a1", "score": 1.0, "match_status": "match"}
        ],
        "earlier_epochs": [], "template_variables": ["lang"], "max_prompt_chars": 8000
    })
}

fn reply(body: &str) -> Json {
    serde_json::from_str(&DemoModel.respond(&optimizer(body)).text).unwrap()
}

#[test]
fn the_same_request_gets_the_same_answer() {
    let mut request = request(DEMO_MODEL, "Is it red, green or blue?", "the sky over the sea");
    let first = DemoModel.respond(&request);
    assert_eq!(first, DemoModel.respond(&request));
    assert!(first.usage.estimated && first.usage.prompt_tokens > 0);
    request.model = "another name".into();
    assert_eq!(first, DemoModel.respond(&request));
    let answers: std::collections::BTreeSet<String> = (0..40)
        .map(|seed| {
            request.seed = Some(seed);
            DemoModel.respond(&request).text
        })
        .collect();
    assert!(answers.len() > 3, "a guess depends on the seed: {answers:?}");
}

#[test]
fn rules_are_followed() {
    let system = "Labels: billing, other\nrefund or charged twice: billing\nAnything else: other\nWrite only the label.";
    let right = (0..200)
        .filter(|i| {
            let (input, truth) =
                if i % 2 == 0 { (format!("I was charged twice, case {i}"), "billing") } else { (format!("The door {i} squeaks"), "other") };
            DemoModel.respond(&request(DEMO_MODEL, system, &input)).text == truth
        })
        .count();
    assert!((170..200).contains(&right), "{right} of 200");
}

#[test]
fn what_is_asked_decides_the_side() {
    let body = format!("Please improve.\n\n{}", serde_json::to_string_pretty(&task()).unwrap());
    let by_body = DemoModel.respond(&request(DEMO_MODEL, "", &body)).text;
    assert!(serde_json::from_str::<Json>(&by_body).unwrap()["explanation"].is_string());
    let primary = DemoModel.respond(&request(DEMO_OPTIMIZER, "Is it red or blue?", "the sky")).text;
    assert!(serde_json::from_str::<Json>(&primary).is_err());
}

#[test]
fn a_proposal_names_what_it_saw_and_keeps_what_it_must() {
    let reply = reply(&serde_json::to_string_pretty(&task()).unwrap());
    let text = |key: &str| reply[key].as_str().unwrap();
    assert!(text("system_prompt").contains("{{lang}}"));
    assert!(text("system_prompt").contains("marmot"), "{}", text("system_prompt"));
    assert!(text("output_prompt").contains("c3") && text("output_prompt").contains("only the label"));
    assert!(text("explanation").contains("2 of 3"), "{}", text("explanation"));
    assert!(!text("system_prompt_reasoning").is_empty() && !text("output_prompt_reasoning").is_empty());
}

#[test]
fn limits_hold() {
    let mut task = task();
    task["max_prompt_chars"] = json!(110);
    let reply = reply(&task.to_string());
    let size = |key: &str| reply[key].as_str().unwrap().chars().count();
    assert!(size("system_prompt") + size("output_prompt") <= 110, "{reply}");
    let mut request = request(DEMO_MODEL, "Handle it.", "one two three four");
    request.max_output_tokens = Some(4);
    let cut = DemoModel.respond(&request);
    assert_eq!(cut.finish, Finish::Length);
    assert_eq!(cut.text.split_whitespace().count(), 3);
}

#[test]
fn a_repair_turn_gets_a_proposal_again() {
    let mut request = optimizer(&task().to_string());
    request.messages.push(Message::new(MessageRole::Assistant, "no JSON"));
    request.messages.push(Message::new(MessageRole::User, "Send the JSON object alone: {\"system_prompt\": …}"));
    let text = DemoModel.respond(&request).text;
    assert!(serde_json::from_str::<Json>(&text).unwrap()["system_prompt"].is_string());
}

#[test]
fn hostile_requests_do_no_harm() {
    let huge = "{\"current_system_prompt\":".repeat(5_000);
    let deep = "[".repeat(50_000);
    let wrong = json!({"current_system_prompt": 7, "current_output_prompt": [1], "examples": [3, null, {"user_input": {}, "score": "x"}],
        "earlier_epochs": {"a": 1}, "template_variables": "lang", "max_prompt_chars": -3});
    let inside = json!({"current_system_prompt": "Give {\"a\": \"…\", \"b\": 1} as JSON é€", "current_output_prompt": "{}{{}}", "examples": [
        {"user_input": "ü", "ground_truth_output": "{\"a\": null, \"ö\": [1]}", "model_response": "{", "score": null}], "max_prompt_chars": 1});
    let bodies = ["", "{", "}", "\n\n\n\n", "\u{0}", "not JSON at all", &huge, &deep, &wrong.to_string(), &inside.to_string()];
    for body in bodies {
        let _ = DemoModel.respond(&optimizer(body));
        let _ = DemoModel.respond(&request(DEMO_MODEL, body, body));
        let _ = DemoModel.respond(&request(DEMO_MODEL, "Answer as JSON with the keys a, b.", body));
    }
    let none = ChatRequest { messages: Vec::new(), ..optimizer("") };
    let _ = DemoModel.respond(&none);
}

#[test]
fn it_lists_its_two_names() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(DemoModel.models()).unwrap(), ["demo", "demo-optimizer"]);
    assert_eq!(DemoModel.identity(), "demo");
    let answer = runtime.block_on(DemoModel.complete(&request(DEMO_MODEL, "Is it red or blue?", "sky"))).unwrap();
    assert_eq!(answer.model, None, "it claims no name, so nobody is warned of another one");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(200))]

    #[test]
    fn any_text_is_survived(system in "\\PC{0,200}", user in "(\\PC|\n){0,200}", as_json in proptest::bool::ANY) {
        let system = if as_json { format!("{system} as JSON, the date: €, keys a, {system}") } else { format!("one of: {system}\n- {system}: x") };
        let _ = DemoModel.respond(&request(DEMO_MODEL, &system, &user));
        let body = json!({"current_system_prompt": system, "current_output_prompt": user, "examples": [
            {"user_input": user, "ground_truth_output": if as_json { "{\"a\": \"x\"}" } else { "x" }, "model_response": user, "score": 0.0}]});
        let _ = DemoModel.respond(&optimizer(&body.to_string()));
    }
}
