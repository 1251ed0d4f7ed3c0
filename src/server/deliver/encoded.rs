//! The forms in which events are sent. What goes to many is made once, when the event is published.

use crate::feed::log::{Backlog, Published};
use crate::feed::{Event, Notice};
use crate::protocol::frame;
use std::sync::Arc;

/// One event, ready to be written.
#[derive(Debug)]
pub struct Encoded {
    json_frame: Box<[u8]>,
    json_start: usize,
    text_frame: Box<[u8]>,
}

impl Encoded {
    /// Makes all forms of an event.
    pub fn new(event: &Event) -> Encoded {
        let json = event.json();
        let json_frame = frame::text(json.as_bytes()).into_boxed_slice();
        let json_start = json_frame.len() - json.len();
        Encoded { json_frame, json_start, text_frame: frame::text(event.text.as_bytes()).into_boxed_slice() }
    }

    /// The event as JSON.
    pub fn json(&self) -> &[u8] {
        &self.json_frame[self.json_start..]
    }

    /// The same in a text frame of a server: what `/feed/ws` sends.
    pub fn json_frame(&self) -> &[u8] {
        &self.json_frame
    }

    /// Its text alone in a text frame of a server: what `/live` sends.
    pub fn text_frame(&self) -> &[u8] {
        &self.text_frame
    }
}

/// A JSON array in one line: what polls answer with.
pub fn json_array(backlog: &Backlog<Encoded>) -> Vec<u8> {
    let mut array = vec![b'['];
    let mut push = |json: &[u8]| {
        if array.len() > 1 {
            array.push(b',');
        }
        array.extend_from_slice(json);
    };
    backlog.notices.iter().for_each(|notice| push(notice.json().as_bytes()));
    backlog.events.iter().for_each(|published| push(published.encoded.json()));
    array.extend_from_slice(b"]\n");
    array
}

/// Notices and events in the event-stream format (WHATWG HTML, "Server-sent events"): lines of `field: value`, an empty
/// line after each. JSON has no line breaks in it, so one `data` line is enough.
pub fn event_stream(backlog: &Backlog<Encoded>) -> Vec<u8> {
    let mut text = Vec::new();
    for notice in &backlog.notices {
        let (name, facts) = (notice.name(), notice.facts());
        let id = notice.reached().map(|id| format!("id: {id}\n")).unwrap_or_default();
        text.extend_from_slice(format!("event: {name}\n{id}data: {facts}\n\n").as_bytes());
    }
    for published in &backlog.events {
        text.extend_from_slice(format!("id: {}\ndata: ", published.event.id).as_bytes());
        text.extend_from_slice(published.encoded.json());
        text.extend_from_slice(b"\n\n");
    }
    text
}

/// `events 4 to 7`: what the log says of them.
pub fn in_words(backlog: &Backlog<Encoded>) -> String {
    let id = |published: Option<&Arc<Published<Encoded>>>| published.map(|published| published.event.id);
    let mut words: Vec<String> = backlog.notices.iter().map(Notice::json).collect();
    match (id(backlog.events.first()), id(backlog.events.last())) {
        (Some(first), Some(last)) if first == last => words.push(format!("event {first}")),
        (Some(first), Some(last)) => words.push(format!("events {first} to {last}")),
        _ => {}
    }
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::log::Log;

    fn backlog() -> Backlog<Encoded> {
        let mut log = Log::new(2);
        for (id, text) in [(1, "a"), (2, "b"), (3, "\u{e9}\n")] {
            let event = Event { id, at: 5, text: text.to_owned() };
            log.push(Arc::new(Published { encoded: Encoded::new(&event), event }));
        }
        log.after(0, usize::MAX)
    }

    #[test]
    fn every_form_of_the_same_events() {
        let backlog = backlog();
        let array = "[{\"gap\":{\"from\":1,\"to\":1}},{\"id\":2,\"at\":5,\"text\":\"b\"},\
                     {\"id\":3,\"at\":5,\"text\":\"\u{e9}\\n\"}]\n";
        assert_eq!(String::from_utf8_lossy(&json_array(&backlog)), array);
        let stream = "event: gap\nid: 1\ndata: {\"from\":1,\"to\":1}\n\n\
                      id: 2\ndata: {\"id\":2,\"at\":5,\"text\":\"b\"}\n\n\
                      id: 3\ndata: {\"id\":3,\"at\":5,\"text\":\"\u{e9}\\n\"}\n\n";
        assert_eq!(String::from_utf8_lossy(&event_stream(&backlog)), stream);
        assert_eq!(backlog.events[1].encoded.text_frame(), b"\x81\x03\xc3\xa9\n");
        assert_eq!(backlog.events[0].encoded.json_frame(), b"\x81\x1a{\"id\":2,\"at\":5,\"text\":\"b\"}");
        assert_eq!(in_words(&backlog), "{\"gap\":{\"from\":1,\"to\":1}}, events 2 to 3");
    }
}
