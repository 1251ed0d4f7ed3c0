//! Events as JSON, one object a line. Bytes are lower-case hex, text is text.

use super::cause;
use super::ending::Ending;
use super::tell::Told;
use crate::client::error::{Error, Refusal};
use crate::protocol::close::Close;
use crate::protocol::session::Message;
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
    Some(object.to_string())
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
        other => json!({ "why": other.to_string() }),
    }
}

fn refusal_facts(refusal: &Refusal) -> Value {
    let fields: Vec<Value> =
        refusal.head.fields().map(|(name, value)| json!([name, String::from_utf8_lossy(value)])).collect();
    json!({
        "why": "refused",
        "status": refusal.head.status,
        "status_line": refusal.head.status_line(),
        "fields": fields,
        "body": String::from_utf8_lossy(&refusal.body),
        "body_cut": refusal.cut,
        "likely_cause": cause::of(refusal),
    })
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
