//! Items for programs: one JSON object a line. Offsets and lengths are numbers, bytes are lower-case hex.
//!
//! Every object has a `type`: `head`, `frame`, `message`, `missing`, `rest`, `hidden`, `summary`,
//! `passed_over`. Where the input names a
//! connection or who sends, as a log does, it has `stream` and `sender` as well.

use super::Show;
use super::decoder::{self, End, KnownBy, Rest, Summary};
use super::head::{Head, Wrong};
use super::input::Label;
use crate::protocol::inspector::{Fault, Frame, Message};
use crate::protocol::opcode::Opcode;
use crate::protocol::rules::Violation;
use crate::wire::lines::role;
use crate::wire::secrets::starred;
use crate::wire::{escape, purpose};
use serde_json::{Value, json};
use tungstenite::protocol::Role;

/// Lines in the making.
#[derive(Debug)]
pub struct Objects<'a> {
    /// How much is shown.
    pub show: &'a Show,
    /// Whose bytes they are, when the input says so.
    pub stream: Option<&'a Label>,
    /// Where they are written.
    pub out: &'a mut String,
}

impl Objects<'_> {
    /// A head with its lines, the steps of the decision, and what is wrong.
    pub fn head(&mut self, head: &Head) {
        let step = |step: &crate::protocol::upgrade::Step| json!({ "met": step.met, "found": step.found, "why": step.why, "section": step.section });
        self.object(
            "head",
            vec![
                ("offset", head.offset.into()),
                ("length", head.bytes.len().into()),
                ("kind", if head.sender == Role::Client { "request" } else { "response" }.into()),
                ("complete", head.whole.into()),
                ("handshake", head.is_handshake.into()),
                ("lines", self.lines(head).into()),
                ("steps", head.steps.iter().map(step).collect::<Vec<_>>().into()),
                ("compared", head.is_compared.into()),
                ("accept", head.accepted.as_ref().map(|accepted| accepted.accept.clone()).into()),
                ("frames_follow", head.frames_follow.into()),
                ("faults", head.faults.iter().map(wrong).collect::<Vec<_>>().into()),
            ],
        );
    }

    /// A frame, and the message it completes in an object of its own.
    pub fn frame(&mut self, frame: &Frame) {
        let header = &frame.header;
        let mut members: Vec<(&str, Value)> = Vec::with_capacity(16);
        if !frame.is_complete() {
            members.extend([("of", "payload".into()), ("needed", (header.length - frame.passed).into())]);
        }
        members.extend([
            ("offset", frame.offset.into()),
            ("header_length", header.encoded_len().into()),
            ("fin", header.fin.into()),
            ("rsv", header.rsv.into()),
            ("opcode", header.opcode.encode().into()),
            ("name", header.opcode.name().to_lowercase().into()),
            ("mask", header.mask.map(|key| hex(&key)).into()),
            ("length", header.length.into()),
            ("length_bits", header.form.bits().into()),
        ]);
        if !self.show.headers_only {
            members.push(("payload", hex(self.part(&frame.plain())).into()));
        }
        if header.opcode == Opcode::Close && !self.show.headers_only {
            members.push(("close", close(&frame.plain())));
        }
        members.push(("faults", frame.faults.iter().map(fault).collect::<Vec<_>>().into()));
        self.object(if frame.is_complete() { "frame" } else { "missing" }, members);
        if let Some(message) = &frame.message {
            let members = self.message(message);
            self.object("message", members);
        }
    }

    /// From here on bytes are only counted.
    pub fn rest(&mut self, rest: Rest) {
        let faults = if rest == Rest::Tls { vec![wrong(&decoder::tls())] } else { Vec::new() };
        self.object("rest", vec![("what", what(rest).into()), ("faults", faults.into())]);
    }

    /// Frames from here on are judged and not shown, but for faulty ones.
    pub fn hidden(&mut self, most: u64) {
        self.object("hidden", vec![("after", most.into())]);
    }

    /// Bytes of streams for which there was no room.
    pub fn passed_over(&mut self, bytes: u64) {
        self.object("passed_over", vec![("bytes", bytes.into())]);
    }

    /// What the end has cut off, each as `missing`, and the counts.
    pub fn end(&mut self, end: &End, form: &str) {
        if let Some(head) = &end.head {
            self.head(head);
            self.object("missing", vec![("of", "head".into()), ("offset", head.offset.into())]);
        }
        if let Some(header) = &end.unfinished.header {
            self.object(
                "missing",
                vec![
                    ("of", "header".into()),
                    ("offset", header.offset.into()),
                    ("bytes", hex(&header.bytes).into()),
                    ("needed", header.missing.into()),
                    ("faults", header.faults.iter().map(violation).collect::<Vec<_>>().into()),
                ],
            );
        }
        if let Some(frame) = &end.unfinished.frame {
            self.frame(frame);
        }
        if let Some(message) = &end.unfinished.message {
            let mut members = vec![("of", "message".into())];
            members.extend(self.message(message));
            self.object("missing", members);
        }
        self.summary(&end.summary, form);
    }

    fn summary(&mut self, summary: &Summary, form: &str) {
        let known_by = match summary.known_by {
            KnownBy::Told => "told",
            KnownBy::Head => "head",
            KnownBy::Guess => "guess",
        };
        self.object(
            "summary",
            vec![
                ("input", form.into()),
                ("bytes", summary.bytes.into()),
                ("frames", summary.frames.into()),
                ("messages", summary.messages.into()),
                ("faults", summary.faults.into()),
                ("from", summary.sender.map(role).into()),
                ("from_known_by", summary.sender.map(|_| known_by).into()),
                ("contradicted", summary.contradicted.into()),
                ("rest", summary.rest.map(|(rest, bytes)| json!({ "what": what(rest), "bytes": bytes })).into()),
            ],
        );
    }

    fn message<'a>(&self, message: &Message) -> Vec<(&'a str, Value)> {
        let mut members: Vec<(&str, Value)> = vec![
            ("offset", message.offset.into()),
            ("kind", message.opcode.name().to_lowercase().into()),
            ("frames", message.frames.into()),
            ("length", message.length.into()),
        ];
        if !self.show.headers_only {
            let part = self.part(&message.payload);
            let text = std::str::from_utf8(part).ok().filter(|_| message.opcode == Opcode::Text);
            members.push(("payload", hex(part).into()));
            members.extend(text.filter(|_| part.len() as u64 == message.length).map(|text| ("text", text.into())));
        }
        members
    }

    fn lines(&self, head: &Head) -> Vec<Value> {
        let bytes = if self.show.secrets { head.bytes.clone() } else { starred(&head.bytes) };
        let mut offset = head.offset;
        let line = |line: &[u8]| {
            let at = offset;
            offset += line.len() as u64;
            let bare = line.strip_suffix(b"\n").unwrap_or(line);
            let text = escape::text(bare.strip_suffix(b"\r").unwrap_or(bare));
            let name = text.split(':').next().unwrap_or_default();
            json!({ "offset": at, "text": text, "purpose": purpose::of(name) })
        };
        bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect()
    }

    /// As much of a payload as is to be shown.
    fn part<'a>(&self, payload: &'a [u8]) -> &'a [u8] {
        let most = if self.show.dump_bytes == 0 { payload.len() } else { self.show.dump_bytes };
        &payload[..payload.len().min(most)]
    }

    /// Written member by member, so that they stand in this order and the type comes first.
    fn object(&mut self, kind: &str, members: Vec<(&str, Value)>) {
        self.out.push_str("{\"type\":");
        self.out.push_str(&Value::from(kind).to_string());
        let stream = self.stream.map(|label| label.name.as_str()).filter(|name| !name.is_empty());
        let sender = self.stream.and_then(|label| label.from).map(role);
        let whose = [("stream", stream), ("sender", sender)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.into())));
        for (name, value) in whose.chain(members) {
            self.out.push_str(&format!(",\"{name}\":{}", escape::json(&value.to_string())));
        }
        self.out.push_str("}\n");
    }
}

fn fault(fault: &Fault) -> Value {
    let mut told = violation(&fault.violation);
    told["in_payload"] = fault.place.map(|place| place.in_payload).into();
    told["offset"] = fault.place.map(|place| place.in_stream).into();
    told
}

fn violation(violation: &Violation) -> Value {
    json!({
        "why": violation.why,
        "section": format!("RFC 6455 {}", violation.section),
        "close_code": violation.code,
    })
}

fn wrong(wrong: &Wrong) -> Value {
    json!({ "why": wrong.why, "section": wrong.section })
}

fn close(payload: &[u8]) -> Value {
    match payload {
        [high, low, reason @ ..] => {
            json!({ "code": u16::from_be_bytes([*high, *low]), "reason": String::from_utf8_lossy(reason) })
        }
        _ => Value::Null,
    }
}

fn what(rest: Rest) -> &'static str {
    match rest {
        Rest::Body => "body",
        Rest::NoHead => "no head",
        Rest::Tls => "TLS",
        Rest::Hopeless => "no frames",
    }
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
