//! What a paid answer is remembered by.

use crate::{
    chat::{ChatRequest, endpoint},
    connection::Connection,
    store::{AskedKey, CompletionKey, Role},
};

/// Hash of wire, address, exact model, all parameters, all messages and the sample index. Every part is length-prefixed or
/// of fixed size, so that no two requests share a key by moving a boundary.
pub fn completion_key(identity: &str, request: &ChatRequest, sample: u32) -> CompletionKey {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(b"mlprompt completion 1");
    part(identity.as_bytes());
    part(request.model.as_bytes());
    for message in &request.messages {
        part(format!("{:?}", message.role).as_bytes());
        part(message.content.as_bytes());
    }
    part(&request.temperature.map(f64::to_le_bytes).unwrap_or_default());
    part(&[u8::from(request.temperature.is_some())]);
    part(format!("{:?} {:?}", request.max_output_tokens, request.seed).as_bytes());
    if let Some(schema) = &request.schema {
        part(schema.name.as_bytes());
        part(schema.schema.to_string().as_bytes());
    }
    part(&sample.to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// Who was asked: the role, the endpoint and the model's exact name. None for a connection without an address, whose answers tell
/// nothing of how long another one takes.
pub fn asked_key(role: Role, connection: &Connection, model: &str) -> Option<AskedKey> {
    let mut hasher = blake3::Hasher::new();
    for part in ["mlprompt asked 1", &format!("{role:?}"), &endpoint(connection).ok()?, model] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().as_bytes().first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::{Message, MessageRole};

    #[test]
    fn everything_that_can_change_the_answer_changes_the_key() {
        let request = ChatRequest {
            model: "m".into(),
            messages: vec![Message::new(MessageRole::System, "ab"), Message::new(MessageRole::User, "c")],
            temperature: None,
            max_output_tokens: None,
            seed: None,
            schema: None,
        };
        let variants: Vec<ChatRequest> = vec![
            request.clone(),
            ChatRequest { model: "n".into(), ..request.clone() },
            ChatRequest {
                messages: vec![Message::new(MessageRole::System, "a"), Message::new(MessageRole::User, "bc")],
                ..request.clone()
            },
            ChatRequest { temperature: Some(0.0), ..request.clone() },
            ChatRequest { max_output_tokens: Some(1), ..request.clone() },
            ChatRequest { seed: Some(1), ..request.clone() },
        ];
        let mut keys: Vec<_> = variants.iter().map(|r| completion_key("openai http://h/v1", r, 0)).collect();
        keys.push(completion_key("openai http://h/v2", &request, 0));
        keys.push(completion_key("openai http://h/v1", &request, 1));
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all, "two different requests share a key");
    }
}
