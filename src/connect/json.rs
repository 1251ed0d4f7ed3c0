//! Events as JSON, one object a line. Bytes are lower-case hex, text is text; what would move a terminal's cursor or hide on
//! it is written as `\uXXXX`, wherever the line goes.

use super::cause;
use super::ending::Ending;
use super::tell::Told;
use crate::client::error::{Error, Refusal};
use crate::client::response::Head;
use crate::protocol::close::Close;
use crate::protocol::session::Message;
use crate::wire::escape;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use std::time::SystemTime;

/// The line, without its end. `None`: not an event, but words for a person.
pub fn line(told: &Told<'_>) -> Option<String> {
    let (event, facts) = match told {
        Told::Open { address, tls, protocol } => {
            ("open", json!({ "address": address.to_string(), "tls": tls, "protocol": protocol }))
        }
        Told::Received(message) => ("message", message_facts(message)),
        Told::Greeting(message) => ("greeting", message_facts(message)),
        Told::Sent(message) => ("sent", message_facts(message)),
        Told::Ping(payload, answered) => {
            let mut facts = payload_facts(payload);
            facts["answered"] = json!(answered);
            ("ping", facts)
        }
        Told::Pong(payload, after) => {
            let mut facts = payload_facts(payload);
            facts["milliseconds"] = json!(after.map(|after| after.as_micros() as f64 / 1000.0));
            ("pong", facts)
        }
        Told::PingSent(payload) => ("ping_sent", payload_facts(payload)),
        Told::PongSent(payload) => ("pong_sent", payload_facts(payload)),
        Told::FrameSent(frame) => ("frame_sent", json!({ "hex": hex(&frame.encode()) })),
        Told::CloseSent(close) => ("close_sent", close_facts(close)),
        Told::NotOpened(error) => ("failed", failure_facts(error)),
        Told::Ended(ending, after) => {
            let mut facts = ending_facts(ending);
            facts["seconds"] = json!(after.as_millis() as f64 / 1000.0);
            ("end", facts)
        }
        Told::Misread(_) | Told::Help(_) => return None,
    };
    let mut object = json!({ "event": event, "time": now() });
    if let (Value::Object(object), Value::Object(facts)) = (&mut object, facts) {
        object.extend(facts);
    }
    Some(escape::json(&object.to_string()))
}

fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

fn message_facts(message: &Message) -> Value {
    match message {
        Message::Text(text) => json!({ "kind": "text", "bytes": text.len(), "text": text.as_str() }),
        Message::Binary(bytes) => json!({ "kind": "binary", "bytes": bytes.len(), "hex": hex(bytes) }),
    }
}

/// A control frame's payload may be anything. As text only when it is.
fn payload_facts(payload: &[u8]) -> Value {
    json!({ "bytes": payload.len(), "hex": hex(payload), "text": std::str::from_utf8(payload).ok() })
}

fn close_facts(close: &Close) -> Value {
    json!({ "code": close.code, "reason": close.reason })
}

fn ending_facts(ending: &Ending) -> Value {
    let close = match ending {
        Ending::ServerClosed(close) | Ending::WeClosed { answer: close, .. } => Some(close),
        _ => None,
    };
    let reason = close.map(|close| close.reason.as_str());
    json!({ "clean": ending.is_clean(), "by": ending.by(), "code": ending.code(), "reason": reason, "why": ending.words() })
}

fn failure_facts(error: &Error) -> Value {
    match error {
        Error::Refused(refusal) => refusal_facts(refusal),
        Error::Handshake { section, head, .. } => json!({
            "why": error.to_string(),
            "section": section,
            "status": head.status,
            "status_line": head.status_line(),
            "fields": fields(head),
        }),
        other => json!({ "why": other.to_string() }),
    }
}

fn refusal_facts(refusal: &Refusal) -> Value {
    json!({
        "why": "refused",
        "status": refusal.head.status,
        "status_line": refusal.head.status_line(),
        "fields": fields(&refusal.head),
        "body": String::from_utf8_lossy(&refusal.body),
        "body_cut": refusal.cut,
        "likely_cause": cause::of(refusal),
    })
}

/// Pairs of name and value, in order.
fn fields(head: &Head) -> Vec<Value> {
    head.fields().map(|(name, value)| json!([name, String::from_utf8_lossy(value)])).collect()
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::ending::Cut;
    use crate::protocol::frame::Handmade;
    use crate::protocol::opcode::Opcode;
    use crate::protocol::rules::Violation;
    use std::time::Duration;

    /// The event without its time.
    fn told(told: &Told<'_>) -> Value {
        let mut event: Value = serde_json::from_str(&line(told).expect("an event")).expect("an object");
        let time = event.as_object_mut().and_then(|event| event.remove("time")).expect("a time");
        humantime::parse_rfc3339(time.as_str().expect("text")).expect("a time");
        event
    }

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let text = Message::Text("a\r\nb\u{2028}\"\u{1b}\u{9b}2J\u{202e}".into());
        let said = line(&Told::Received(&text)).expect("an event");
        assert!(said.is_ascii() && !said.contains(['\n', '\r', '\u{1b}']), "{said}");
        assert_eq!(told(&Told::Received(&text))["text"], "a\r\nb\u{2028}\"\u{1b}\u{9b}2J\u{202e}");
    }

    #[test]
    fn bytes_are_hex_and_text_only_when_they_are_text() {
        let ping = told(&Told::PingSent(b"a\xff"));
        assert_eq!(ping, json!({ "event": "ping_sent", "bytes": 2, "hex": "61ff", "text": null }));
        let pong = told(&Told::PongSent(b"a"));
        assert_eq!(pong, json!({ "event": "pong_sent", "bytes": 1, "hex": "61", "text": "a" }));
        let frame = Handmade { fin: false, ..Handmade::new(Opcode::Ping, vec![0xff]) };
        assert_eq!(told(&Told::FrameSent(&frame)), json!({ "event": "frame_sent", "hex": "0901ff" }));
        let pong = told(&Told::Pong(b"", Some(Duration::from_micros(1500))));
        assert_eq!((&pong["event"], &pong["milliseconds"]), (&json!("pong"), &json!(1.5)));
        assert_eq!(told(&Told::Ping(b"", false))["answered"], false);
    }

    #[test]
    fn an_end_says_who_why_and_whether_it_was_clean() {
        let facts = |ending: Ending| {
            let end = told(&Told::Ended(&ending, Duration::from_millis(1500)));
            assert_eq!((&end["event"], &end["seconds"]), (&json!("end"), &json!(1.5)));
            assert_eq!(end["why"], ending.words());
            json!([end["clean"], end["by"], end["code"], end["reason"]])
        };
        let close = Close::new(1001, "later");
        assert_eq!(facts(Ending::ServerClosed(close.clone())), json!([true, "server", 1001, "later"]));
        assert_eq!(facts(Ending::ServerClosed(Close::default())), json!([true, "server", 1005, ""]));
        let violation = Violation::protocol("s5.1", "masked");
        assert_eq!(facts(Ending::Broken(violation.clone())), json!([false, "client", 1006, null]));
        assert_eq!(facts(Ending::BrokenAfterClose(violation)), json!([false, "client", 1006, null]));
        let fin = Cut::Fin { silence: Duration::ZERO, close_notify: None };
        assert_eq!(facts(Ending::Cut(fin)), json!([false, null, 1006, null]));
        let closed = Ending::WeClosed { ours: Close::new(1000, ""), answer: close };
        assert_eq!(facts(closed), json!([true, "client", 1001, "later"]));
    }

    #[test]
    fn words_for_a_person_are_no_event() {
        assert_eq!((line(&Told::Help("x")), line(&Told::Misread("x"))), (None, None));
    }
}
