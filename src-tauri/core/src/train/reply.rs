//! Step 4, reading: an optimizer's reply becomes a proposal or a reason why not; never a fragment of one.

use serde_json::Value;

use crate::{
    chat::{Completion, Finish},
    prompt::Prompt,
    tolerant_json,
};

/// A reply that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Both new prompts.
    pub prompt: Prompt,
    /// Why the system prompt changed.
    pub system_reasoning: String,
    /// Why the output prompt changed.
    pub output_reasoning: String,
    /// The change as a whole.
    pub explanation: String,
}

/// Reads a reply. The error is a sentence that can be quoted back to the model and shown to the user.
pub fn read(completion: &Completion) -> Result<Reply, String> {
    if completion.finish == Finish::Length {
        return Err("The reply was cut by the length limit before it was complete.".into());
    }
    if completion.text.trim().is_empty() {
        return Err("The reply was empty.".into());
    }
    let value = tolerant_json::read_object(&completion.text).map_err(sentence)?;
    let text = |name: &str| match &value[name] {
        Value::String(text) => Ok(text.clone()),
        Value::Null => Err(format!("The field \"{name}\" is missing.")),
        _ => Err(format!("The field \"{name}\" is not a string.")),
    };
    // Reasons are for people: a reply without them is still a proposal.
    let words = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Ok(Reply {
        prompt: Prompt { system_prompt: text("system_prompt")?, output_prompt: text("output_prompt")? },
        system_reasoning: words("system_prompt_reasoning"),
        output_reasoning: words("output_prompt_reasoning"),
        explanation: words("explanation"),
    })
}

fn sentence(error: String) -> String {
    let mut letters = error.chars();
    let mut text: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    text.push_str(letters.as_str());
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::TokenUsage;

    fn completion(text: &str, finish: Finish) -> Completion {
        Completion { text: text.into(), finish, usage: TokenUsage::default(), model: None, latency_ms: 0 }
    }

    const GOOD: &str =
        r#"{"system_prompt":"S","system_prompt_reasoning":"r","output_prompt":"O","output_prompt_reasoning":"q","explanation":"e"}"#;

    #[test]
    fn text_fences_and_thinking_around_the_object_are_tolerated() {
        for text in [
            GOOD.to_owned(),
            format!("Here you are:\n```json\n{GOOD}\n```\nGood luck!"),
            format!("<think>maybe {{\"system_prompt\": 1}}</think>\n{GOOD}"),
        ] {
            let reply = read(&completion(&text, Finish::Stop)).expect(&text);
            assert_eq!(reply.prompt, Prompt { system_prompt: "S".into(), output_prompt: "O".into() }, "{text}");
        }
    }

    #[test]
    fn a_cut_or_partial_reply_is_an_error_and_never_a_fragment() {
        assert!(read(&completion(&GOOD[..40], Finish::Stop)).is_err(), "an object that never closes");
        assert!(read(&completion(GOOD, Finish::Length)).unwrap_err().contains("length limit"));
        assert!(read(&completion(r#"{"system_prompt":"S"}"#, Finish::Stop)).unwrap_err().contains("output_prompt"));
        assert!(read(&completion(r#"{"system_prompt":"S","output_prompt":["O"]}"#, Finish::Stop)).unwrap_err().contains("not a string"));
        assert!(read(&completion("  ", Finish::Stop)).unwrap_err().contains("empty"));
        assert!(read(&completion("I would rather not.", Finish::Stop)).is_err());
    }
}
