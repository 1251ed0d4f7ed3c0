//! The answer to an opening handshake, judged as a client has to (RFC 6455 s4.1). With the request before it, its accept
//! value is held to the key, and its subprotocol and its extensions to what was offered. Without it they can be asked for
//! their form alone.

use super::head::Head;
use crate::client::response::{self, Head as Answer};
use crate::protocol::head::Request;
use crate::protocol::upgrade::{Accepted, Step};

const SECTION: &str = "RFC 6455 s4.1";

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The accept value that its key has to become, if it is a right one.
    accept: Option<String>,
    subprotocols: Vec<Vec<u8>>,
    /// Names, without parameters, in lower case.
    extensions: Vec<Vec<u8>>,
}

impl Asked {
    /// What `request` asks for, which was `accepted` if it is right.
    pub fn of(request: &Request<'_>, accepted: Option<&Accepted>) -> Asked {
        Asked {
            accept: accepted.map(|accepted| accepted.accept.clone()),
            subprotocols: request.list("sec-websocket-protocol").map(<[u8]>::to_vec).collect(),
            extensions: request.list("sec-websocket-extensions").map(name).collect(),
        }
    }
}

/// Judges the answer in `bytes`. `asked` is what the request before it asks for; `None`: that is not known.
pub(super) fn answer(bytes: &[u8], mut judged: Head, asked: Option<&Asked>) -> Head {
    match response::parse(bytes) {
        response::Parsed::Complete(answer, _) => {
            if bytes.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r') {
                judged.wrong("a line ends in LF alone, not in CR LF", "RFC 9112 s2.2");
            }
            // RFC 9110 s15.2: "Since interim 1xx responses" end with the head, another answer follows.
            judged.has_no_body = (100..200).contains(&answer.status);
            // s4.1, 1: another status is HTTP's, a redirect or a refusal, and breaks nothing.
            if answer.status == 101 { switching(&answer, judged, asked) } else { judged }
        }
        response::Parsed::Refused(why) => {
            judged.wrong(why, "RFC 9112 s4");
            judged.is_handshake = bytes.starts_with(b"HTTP/1.1 101");
            judged.frames_follow = judged.is_handshake;
            judged
        }
        response::Parsed::NeedMore => {
            judged.wrong("this is no answer", "RFC 9112 s4");
            judged
        }
    }
}

/// s4.1: what a client has to ask of a 101.
fn switching(answer: &Answer, mut judged: Head, asked: Option<&Asked>) -> Head {
    let upgrade = answer.has_token("upgrade", "websocket");
    step(
        &mut judged,
        answer,
        upgrade,
        "Upgrade",
        "the protocol that begins behind this head",
        "is not Upgrade: websocket",
    );
    let connection = answer.has_token("connection", "upgrade");
    let wrong = "is not Connection: Upgrade";
    step(&mut judged, answer, connection, "Connection", "Upgrade is meant for this connection", wrong);
    accept(answer, &mut judged, asked);
    if answer.value("sec-websocket-extensions").is_some() {
        extensions(answer, &mut judged, asked);
    }
    if answer.value("sec-websocket-protocol").is_some() {
        subprotocol(answer, &mut judged, asked);
    }
    judged.is_compared = asked.is_some_and(|asked| asked.accept.is_some());
    judged.is_handshake = true;
    judged.frames_follow = true;
    judged
}

/// s4.1, 4: the value is the hash of the key.
fn accept(answer: &Answer, judged: &mut Head, asked: Option<&Asked>) {
    // s11.3.3: the field "MUST NOT appear more than once in an HTTP response."
    let mut accepts = answer.values("sec-websocket-accept");
    let accept = accepts.next().filter(|_| accepts.next().is_none());
    let expected = asked.and_then(|asked| asked.accept.as_deref());
    let is_right = accept.is_some_and(|accept| match expected {
        Some(expected) => accept == expected.as_bytes(),
        None => is_accept(accept),
    });
    let (why, wrong) = match expected {
        Some(_) => ("the hash of the key in the request before it", "is not the hash of the request's key"),
        None => (
            "20 bytes in base64; the request's key is not here, so not compared",
            "is not 20 bytes in base64: 27 characters and `=`",
        ),
    };
    step(judged, answer, is_right, "Sec-WebSocket-Accept", why, wrong);
}

/// s4.1, 5: "[...] indicates the use of an extension that was not present in the client's handshake (the server has indicated
/// an extension not requested by the client), the client MUST _Fail the WebSocket Connection_."
fn extensions(answer: &Answer, judged: &mut Head, asked: Option<&Asked>) {
    let values = answer.values("sec-websocket-extensions").flat_map(|value| value.split(|byte| *byte == b','));
    let names: Vec<Vec<u8>> = values.map(name).filter(|name| !name.is_empty()).collect();
    let is_offered = |name: &Vec<u8>| asked.is_none_or(|asked| asked.extensions.contains(name));
    let why = "extensions agreed on; RSV bits are their business";
    let wrong = "names an extension that was not offered";
    step(judged, answer, names.iter().all(is_offered), "Sec-WebSocket-Extensions", why, wrong);
    judged.extension = names.iter().any(is_offered);
}

/// s4.1, 6: the same of a subprotocol.
fn subprotocol(answer: &Answer, judged: &mut Head, asked: Option<&Asked>) {
    const NAME: &str = "Sec-WebSocket-Protocol";
    let values: Vec<&[u8]> = answer.values("sec-websocket-protocol").collect();
    let value = values.first().copied().unwrap_or_default();
    let is_offered = asked.is_none_or(|asked| asked.subprotocols.iter().any(|offered| offered == value));
    // s11.3.4: it "MUST NOT appear more than once in an HTTP response." s4.2.2, 4: it is "a single value".
    let wrong = match (values.len(), value.contains(&b',') || value.is_empty(), is_offered) {
        (2.., ..) => Some(("stands there more than once", "RFC 6455 s11.3.4")),
        (_, true, _) => Some(("is not one subprotocol", "RFC 6455 s4.2.2")),
        (_, _, false) => Some(("is a subprotocol that was not offered", SECTION)),
        _ => None,
    };
    let why = match asked {
        Some(_) => "the subprotocol, one of those offered",
        None => "the subprotocol; the request is not here, so not compared",
    };
    let found = shown(answer, NAME);
    if let Some((wrong, section)) = wrong {
        judged.wrong(format!("in a 101, {found} {wrong}"), section);
    }
    let section = wrong.map_or(SECTION, |(_, section)| section);
    judged.steps.push(Step { met: wrong.is_none(), found, why, section });
}

fn step(judged: &mut Head, answer: &Answer, met: bool, name: &str, why: &'static str, wrong: &str) {
    let found = shown(answer, name);
    if !met && answer.value(name).is_none() {
        let value = match name {
            "Upgrade" => ": websocket",
            "Connection" => ": Upgrade",
            _ => "",
        };
        judged.wrong(format!("a 101 without {name}{value}"), SECTION);
    } else if !met {
        judged.wrong(format!("in a 101, {found} {wrong}"), SECTION);
    }
    judged.steps.push(Step { met, found, why, section: SECTION });
}

/// The name of an extension, without its parameters.
fn name(element: &[u8]) -> Vec<u8> {
    element.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase()
}

fn shown(answer: &Answer, name: &str) -> String {
    let values: Vec<String> = answer.values(name).map(|value| value.escape_ascii().to_string()).collect();
    if values.is_empty() { format!("no {name}") } else { format!("{name}: {}", values.join(", ")) }
}

/// 20 bytes are 160 bits, 27 characters of six bits and one `=`. The bits left over are not looked at.
fn is_accept(accept: &[u8]) -> bool {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    accept.strip_suffix(b"=").is_some_and(|digits| digits.len() == 27 && digits.iter().all(base64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accept_value_has_the_form_of_twenty_bytes() {
        assert!(is_accept(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        for wrong in
            ["", "=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo", "s3pPLMBiTxaQ9kYGzzhZRbK+xO==", "s3pPLMBiTxaQ9kYGzzhZRbK-xOo="]
        {
            assert!(!is_accept(wrong.as_bytes()), "{wrong}");
        }
    }
}
