//! A prompt that a file brings, in the two halves that prompts have here.

use serde::{Deserialize, Serialize};

use super::row::Brings;
use crate::prompt::Prompt;

/// Where a prompt of a file stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum PromptOrigin {
    /// It was a system message.
    SystemMessage,
    /// It was a message without the input in it.
    Message,
    /// It was a message around the input.
    AroundInput,
}

/// A prompt that a file brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct BroughtPrompt {
    /// Both halves; one may be empty.
    pub prompt: Prompt,
    /// Where it stood.
    pub origin: PromptOrigin,
}

/// The prompt of a file whose input is in this column. Here the input goes to the model by itself, so a message around it is taken apart:
/// what stands before it and what follows it become the two halves, and the input is sent no more often than the file would send it.
pub(super) fn in_halves(brings: &Brings, input: Option<&str>) -> Option<BroughtPrompt> {
    let system = brings.system_prompt.clone();
    let Some(user) = &brings.user_prompt else {
        let prompt = Prompt { system_prompt: system?, output_prompt: String::new() };
        return Some(BroughtPrompt { prompt, origin: PromptOrigin::SystemMessage });
    };
    let around = input.and_then(|column| user.split_once(&format!("{{{{{column}}}}}")));
    let (origin, before, after) = match around {
        Some((before, after)) => (PromptOrigin::AroundInput, before.trim(), after.trim()),
        None => (PromptOrigin::Message, user.trim(), ""),
    };
    let parts: Vec<&str> = [system.as_deref().unwrap_or_default(), before].into_iter().filter(|part| !part.is_empty()).collect();
    let prompt = Prompt { system_prompt: parts.join("\n\n"), output_prompt: after.to_owned() };
    // The input alone says nothing.
    (!prompt.system_prompt.is_empty() || !prompt.output_prompt.is_empty()).then_some(BroughtPrompt { prompt, origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(system: Option<&str>, user: Option<&str>, input: Option<&str>) -> Option<(String, String, PromptOrigin)> {
        let [system_prompt, user_prompt] = [system, user].map(|text| text.map(str::to_owned));
        let found = in_halves(&Brings { system_prompt, user_prompt, ..Brings::default() }, input)?;
        Some((found.prompt.system_prompt, found.prompt.output_prompt, found.origin))
    }

    #[test]
    fn a_message_around_the_input_is_taken_apart() {
        let own = |system: &str, output: &str, origin| Some((system.to_owned(), output.to_owned(), origin));
        let input = Some("ticket");
        assert_eq!(
            halves(None, Some("Route this: {{ticket}}\n\nAnswer with a queue."), input),
            own("Route this:", "Answer with a queue.", PromptOrigin::AroundInput)
        );
        assert_eq!(
            halves(Some("Be brief."), Some("Ticket: {{ticket}}"), input),
            own("Be brief.\n\nTicket:", "", PromptOrigin::AroundInput)
        );
        assert_eq!(halves(Some("Be brief."), Some("{{ticket}}"), input), own("Be brief.", "", PromptOrigin::AroundInput));
        assert_eq!(halves(None, Some("{{a}} and {{ticket}}"), None), own("{{a}} and {{ticket}}", "", PromptOrigin::Message));
        assert_eq!(halves(Some("Be brief."), None, input), own("Be brief.", "", PromptOrigin::SystemMessage));
        // Twice in the file, twice in what is sent.
        assert_eq!(halves(None, Some("{{ticket}} x {{ticket}}"), input), own("", "x {{ticket}}", PromptOrigin::AroundInput));
        assert_eq!((halves(None, Some("{{ticket}}"), input), halves(None, None, input)), (None, None));
    }
}
