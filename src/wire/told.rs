//! The records of a watched connection as JSON, one object each. What `decode --json` has as well is called the same here,
//! and the words are those of the log.
//!
//! Bytes are lower-case hex, as they passed; times are milliseconds since the request's head had come. Secrets are
//! starred whatever `--show-secrets` says: this goes over the wire.

use super::escape;
use super::fields::{self, Field};
use super::frames::unmasked;
use super::lines::{self, role};
use super::purpose;
use super::ring::{Record, What};
use super::secrets::starred;
use crate::protocol::close::{Close, meaning};
use crate::protocol::header::Header;
use crate::protocol::opcode::Opcode;
use crate::protocol::upgrade::{Decision, GUID, Step};
use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::Duration;
use tungstenite::protocol::Role;

/// How much is quoted of what one requirement of the handshake has found, in characters.
const MOST_FOUND: usize = 1000;

/// Which connection it is.
pub fn connection(number: u64, path: &str, name: Option<&str>) -> String {
    written(&json!({ "type": "connection", "number": number, "path": path, "name": name }))
}

/// A head, with what stands behind it as text: the body of a refusal.
fn head(n: u64, at: f64, sender: Role, bytes: &[u8]) -> Value {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let shown = starred(bytes);
    let (head, body) = shown.split_at(end);
    let line = |line: &String| {
        let name = line.split(':').next().unwrap_or_default();
        json!({ "text": line, "purpose": purpose::of(name) })
    };
    let lines: Vec<Value> = lines::escape_lines(head).iter().filter(|line| !line.is_empty()).map(line).collect();
    json!({
        "type": "head", "n": n, "at": at, "sender": role(sender),
        "bytes": HEXLOWER.encode(head), "lines": lines, "body": String::from_utf8_lossy(body),
    })
}

/// The decision on the upgrade, and how the accept key comes about (RFC 6455 s4.2.2, 5).
pub fn decision(n: u64, at: Duration, decision: &Decision) -> String {
    let steps: Vec<Value> = decision.steps.iter().map(step).collect();
    let accept = decision.outcome.as_ref().ok().map(|accepted| {
        let sha1 = BASE64.decode(accepted.accept.as_bytes()).unwrap_or_default();
        json!({
            "key": accepted.key, "guid": GUID, "sha1": HEXLOWER.encode(&sha1), "accept": accepted.accept,
        })
    });
    written(&json!({
        "type": "decision", "n": n, "at": milliseconds(at), "granted": decision.outcome.is_ok(),
        "steps": steps, "accept": accept,
    }))
}

fn step(step: &Step) -> Value {
    json!({ "met": step.met, "found": shortened(&step.found), "why": step.why, "section": step.section })
}

/// A record of the opening handshake is cut when it is too long, and half a JSON is none. All of the value stands in the
/// head.
fn shortened(found: &str) -> String {
    let shown: String = found.chars().take(MOST_FOUND).collect();
    if shown.len() == found.len() { shown } else { shown + " ..." }
}

/// A record of the ring.
pub fn record(record: &Record) -> String {
    let (n, at) = (record.mark.n, milliseconds(record.mark.at));
    match record.mark.what {
        What::Head(sender) => written(&head(n, at, sender, &record.bytes)),
        What::Decision => String::from_utf8_lossy(&record.bytes).into_owned(),
        What::Frame { sender, header } => written(&frame(n, at, sender, &header, &record.bytes)),
        What::Told(mark) => {
            let text = String::from_utf8_lossy(&record.bytes);
            written(&json!({ "type": "told", "n": n, "at": at, "mark": mark, "text": text }))
        }
    }
}

/// The one record of which there may be thousands in a second: written from a type, it costs a fifth of what it would as
/// a [`Value`].
#[derive(Serialize)]
struct Frame {
    r#type: &'static str,
    n: u64,
    at: f64,
    sender: &'static str,
    line: String,
    name: String,
    control: bool,
    fin: bool,
    rsv: u8,
    opcode: u8,
    mask: Option<String>,
    length: u64,
    length_bits: u8,
    header_length: usize,
    bytes: String,
    left_out: u64,
    fields: Vec<Field>,
    close: Option<Value>,
}

fn frame(n: u64, at: f64, sender: Role, header: &Header, payload: &[u8]) -> Frame {
    let plain = unmasked(header, payload);
    let mut bytes = Vec::with_capacity(header.encoded_len() + payload.len());
    header.encode(&mut bytes);
    bytes.extend_from_slice(payload);
    let mut fields = fields::of_header(header, sender, false);
    if header.length > 0 {
        fields.push(fields::of_payload(header, &plain));
    }
    Frame {
        r#type: "frame",
        n,
        at,
        sender: role(sender),
        line: lines::frame(header, &plain),
        name: name(header.opcode),
        control: header.opcode.is_control(),
        fin: header.fin,
        rsv: header.rsv,
        opcode: header.opcode.encode(),
        mask: header.mask.map(|key| HEXLOWER.encode(&key)),
        length: header.length,
        length_bits: header.form.bits(),
        header_length: header.encoded_len(),
        bytes: HEXLOWER.encode(&bytes),
        left_out: header.length - payload.len() as u64,
        fields,
        close: close(header, &plain),
    }
}

/// Code and reason of a Close that can be read.
fn close(header: &Header, plain: &[u8]) -> Option<Value> {
    if header.opcode != Opcode::Close || plain.len() as u64 != header.length {
        return None;
    }
    let close = Close::decode(plain).ok()?;
    Some(json!({ "code": close.code, "meaning": close.code.map(meaning), "reason": close.reason }))
}

/// Records that were not read while they were kept.
pub fn gap(from: u64, to: u64) -> String {
    let why = "more passed than is kept, and the oldest left before it was read here";
    written(&json!({ "type": "gap", "from": from, "to": to, "why": why }))
}

/// The connection has ended.
pub fn end(text: &str, messages: (u64, u64), bytes: (u64, u64)) -> String {
    written(&json!({
        "type": "end", "text": text, "messages_in": messages.0, "messages_out": messages.1,
        "bytes_in": bytes.0, "bytes_out": bytes.1,
    }))
}

/// There is nothing to watch.
pub fn none(why: &str) -> String {
    written(&json!({ "type": "none", "why": why }))
}

fn written(value: &impl Serialize) -> String {
    // Writing to memory cannot fail, nor can the keys of these records: they are words.
    let json = serde_json::to_string(value).unwrap_or_default();
    // Also for who looks at it on a terminal.
    escape::json(&json)
}

/// To the microsecond.
fn milliseconds(at: Duration) -> f64 {
    at.as_micros() as f64 / 1000.0
}

fn name(opcode: Opcode) -> String {
    opcode.name().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::ring::KEPT_OF_PAYLOAD;
    use super::*;
    use crate::protocol::head::Request;
    use crate::protocol::upgrade::{self, Policy};

    fn told(text: &str) -> Value {
        assert!(!text.contains('\n'), "one line: {text}");
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn of_a_refusal_the_body_stands_apart_and_both_have_stars() {
        let token = "0a".repeat(16);
        let answer = format!("HTTP/1.1 400 Bad Request\r\nSet-Cookie: a\r\n\r\nGET /ws?watch={token}\n    Cookie: b\n");
        let head = head(3, 1.5, Role::Server, answer.as_bytes());
        assert_eq!((&head["n"], &head["at"], &head["sender"]), (&json!(3), &json!(1.5), &json!("server")));
        assert_eq!(head["body"], format!("GET /ws?watch={}\n    Cookie: *\n", "*".repeat(32)));
        let purpose = "state to be sent back: a secret (RFC 6265 s4.1)";
        let field = json!({ "text": "Set-Cookie: *", "purpose": purpose });
        assert_eq!(head["lines"], json!([{ "text": "HTTP/1.1 400 Bad Request", "purpose": "" }, field]));
        let bytes = HEXLOWER.encode(b"HTTP/1.1 400 Bad Request\r\nSet-Cookie: *\r\n\r\n");
        assert_eq!(head["bytes"], bytes);
    }

    /// A head of 16 KiB may be one value, and each of its bytes becomes four when it is escaped, and five as JSON.
    #[test]
    fn a_decision_is_whole_json_however_long_its_head_is() {
        let values = [b"\xff".repeat(15_000), b"\"".repeat(15_000)];
        for (long, name) in values.iter().flat_map(|value| ["Origin", "Sec-WebSocket-Key"].map(|name| (value, name))) {
            let fields = vec![httparse::Header { name, value: long }];
            let request = Request { method: "GET", target: "/ws", minor_version: 1, fields };
            let text = decision(2, Duration::ZERO, &upgrade::decide(&request, &Policy::default()));
            assert!(text.len() < KEPT_OF_PAYLOAD / 4, "{}", text.len());
            let steps = told(&text)["steps"].clone();
            let found = |step: &Value| step["found"].as_str().map(str::to_owned).unwrap_or_default();
            let cut: Vec<String> =
                steps.as_array().expect("a list").iter().map(found).filter(|found| found.len() > 500).collect();
            assert_eq!(cut.len(), 1, "{steps}");
            assert!(cut[0].starts_with(name) && cut[0].ends_with(" ..."), "{cut:?}");
        }
    }

    #[test]
    fn a_close_that_cannot_be_read_has_no_code() {
        let shown = |payload: &[u8], length: u64| close(&Header::new(Opcode::Close, length), payload);
        let bye = json!({ "code": 1000, "meaning": "normal closure", "reason": "bye" });
        assert_eq!(shown(b"\x03\xe8bye", 5), Some(bye));
        assert_eq!(shown(b"", 0), Some(json!({ "code": null, "meaning": null, "reason": "" })));
        for (payload, length) in [(&b"\x03"[..], 1), (b"\x03\xe8\xff", 3), (b"\x03\xe8", 200)] {
            assert_eq!(shown(payload, length), None, "{payload:?}");
        }
        assert_eq!(close(&Header::new(Opcode::Ping, 2), b"\x03\xe8"), None);
    }

    /// A page reads JSON, and so may somebody on a terminal.
    #[test]
    fn nothing_from_outside_leaves_its_string() {
        let hostile = "\u{1b}[2J\"}\n\ndata: \u{202e}\u{2028}</script>\u{9b}";
        for text in [connection(1, "/ws", Some(hostile)), end(hostile, (0, 0), (0, 0)), none(hostile)] {
            let value = told(&text);
            assert!([&value["name"], &value["text"], &value["why"]].contains(&&json!(hostile)), "{value}");
            assert!(text.chars().all(|shown| shown == ' ' || shown.is_ascii_graphic()), "{text}");
        }
    }
}
