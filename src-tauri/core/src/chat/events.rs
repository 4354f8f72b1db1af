//! An answer that comes in pieces: events of a stream, out of bytes that are cut anywhere.

use serde_json::Value;

/// Reads the events of a stream: server-sent ones, whose data is JSON, or JSON by the line.
#[derive(Default)]
pub struct Events {
    /// The line that has not ended.
    line: Vec<u8>,
    /// The data of the event that has not ended.
    data: String,
}

/// What a stream held.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A value.
    Json(Value),
    /// The word that ends a stream of OpenAI.
    Done,
    /// Data that is no JSON.
    Unreadable,
}

impl Events {
    /// Takes the next bytes in, and hands out what is whole.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for &byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.end_line(line.strip_suffix(b"\r").unwrap_or(&line), &mut events);
                }
                byte => self.line.push(byte),
            }
        }
        events
    }

    /// What is left when the stream has ended.
    pub fn finish(mut self) -> Vec<Event> {
        let mut events = self.take(b"\n");
        self.end_line(b"", &mut events);
        events
    }

    fn end_line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        if line.is_empty() {
            if !self.data.is_empty() {
                events.push(read(&std::mem::take(&mut self.data)));
            }
        } else if let Some(data) = line.strip_prefix(b"data:") {
            if !self.data.is_empty() {
                self.data.push('\n');
            }
            self.data.push_str(String::from_utf8_lossy(data.strip_prefix(b" ").unwrap_or(data)).as_ref());
        } else if line.starts_with(b"{") {
            events.push(read(&String::from_utf8_lossy(line)));
        }
        // Names and numbers of events and comments that keep a connection alive say nothing that the data does not.
    }
}

fn read(data: &str) -> Event {
    match data.trim() {
        "[DONE]" => Event::Done,
        text => serde_json::from_str(text).map_or(Event::Unreadable, Event::Json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_in(pieces: &[&[u8]]) -> Vec<Event> {
        let mut events = Events::default();
        let mut all: Vec<Event> = pieces.iter().flat_map(|piece| events.take(piece)).collect();
        all.extend(events.finish());
        all
    }

    #[test]
    fn events_are_the_same_wherever_the_bytes_are_cut() {
        let stream = ": ping\r\nevent: x\r\ndata: {\"a\": \"é😀\"}\r\n\r\ndata:{\"b\":\ndata: 2}\n\n{\"line\": 3}\ndata: [DONE]\n\ndata: <html>\n\ndata: {\"last\": 4}".as_bytes();
        let expected = [
            Event::Json(json!({"a": "é😀"})),
            Event::Json(json!({"b": 2})),
            Event::Json(json!({"line": 3})),
            Event::Done,
            Event::Unreadable,
            Event::Json(json!({"last": 4})),
        ];
        assert_eq!(read_in(&[stream]), expected);
        for at in 0..stream.len() {
            assert_eq!(read_in(&[&stream[..at], &stream[at..]]), expected, "cut at {at}");
        }
        assert_eq!(read_in(&stream.chunks(1).collect::<Vec<_>>()), expected);
    }
}
