//! The opening handshake of a client (RFC 6455 s4.1): what is asked, and whether the answer is one to it.

use super::error::{Error, Refusal};
use super::exchange::read_head;
use super::ledger::Part;
use super::response::{Body, Head};
use super::socket::Connection;
use super::url::Url;
use crate::wire::{escape, lines};
use std::time::Instant;
use tungstenite::handshake::derive_accept_key;

pub use super::offer::{Asked, Offer};

/// The most that is kept of the content of a refusal.
const MAX_BODY: usize = 16 * 1024;

/// The most that is repeated of an answer that is no HTTP.
const MAX_FIRST: usize = 64;

/// What of a wrong value is repeated.
const EXCERPT: usize = 80;

/// The answer to an opening handshake that went well. From here on the bytes are frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The subprotocol that the server chose of those offered.
    pub protocol: Option<String>,
    /// The head of the answer.
    pub head: Head,
    /// The same as it came.
    pub raw_head: Vec<u8>,
}

/// Opens a WebSocket. Frames that came behind the head stay unread on the connection.
///
/// An answer that is no 101 is [`Error::Refused`], a 101 that RFC 6455 does not allow [`Error::Handshake`], and what is no
/// HTTP at all [`Error::NotHttp`].
pub fn open(connection: &mut Connection, url: &Url, offer: &Offer, deadline: Instant) -> Result<Opened, Error> {
    open_asked(connection, &offer.request(url).map_err(Error::Malformed)?, deadline)
}

/// The same with a request that was made before, for who wants to show it.
pub fn open_asked(connection: &mut Connection, asked: &Asked, deadline: Instant) -> Result<Opened, Error> {
    connection.next_is(Part::Head);
    connection.write(&asked.encode(), Part::Head, deadline)?;
    let (head, raw_head) = answer(connection, deadline)?;
    if head.status != 101 {
        return Err(Error::Refused(Box::new(refusal(connection, head, raw_head, deadline))));
    }
    match judge(&head, asked) {
        Ok(protocol) => {
            connection.next_is(Part::Frames);
            upgraded(connection, asked.key().unwrap_or_default());
            Ok(Opened { protocol, head, raw_head })
        }
        Err((section, why)) => Err(Error::Handshake { section, why, head: Box::new(head), raw_head }),
    }
}

/// The head that answers. Interim ones (100 Continue, 103 Early Hints) are passed over, as RFC 9110 s15.2 has it.
fn answer(connection: &mut Connection, deadline: Instant) -> Result<(Head, Vec<u8>), Error> {
    loop {
        let (head, raw) = read_head(connection, deadline).map_err(|error| no_head(connection, error))?;
        if let Some(tap) = connection.tap() {
            tap.head(&raw);
        }
        if head.status >= 200 || head.status == 101 {
            return Ok((head, raw));
        }
    }
}

/// The bytes behind the 101 are frames: the tap is told, and shown those that came with the head.
fn upgraded(connection: &mut Connection, key: &str) {
    let glued = connection.unread().to_vec();
    if let Some(tap) = connection.tap() {
        tap.state(&lines::accept_key(key, &derive_accept_key(key.as_bytes())));
        tap.upgraded();
        tap.glued(&glued);
    }
}

/// What could not be read as a head may be no HTTP at all. httparse passes over empty lines before a head.
fn no_head(connection: &Connection, error: Error) -> Error {
    let came = connection.unread();
    // A server of TLS that gets a request in plain text ends the connection, in one way or another.
    let hint = if connection.tls_facts().is_none() { "; is it a port for wss:// or https://?" } else { "" };
    match error {
        Error::Ended if came.is_empty() => {
            return Error::Malformed(format!("the server ended the connection without an answer{hint}"));
        }
        Error::Lost(error) if came.is_empty() => {
            return Error::Malformed(format!("the connection broke before there was an answer: {error}{hint}"));
        }
        _ => {}
    }
    let start = came.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(came.len());
    let is_http = came[start..].iter().zip(b"HTTP/").all(|(came, http)| came == http);
    if is_http || !matches!(error, Error::Malformed(_) | Error::Ended) {
        return error;
    }
    Error::NotHttp { first: came[start..].iter().take(MAX_FIRST).copied().collect() }
}

/// The rest of an answer that says no, as far as it comes.
fn refusal(connection: &mut Connection, head: Head, raw_head: Vec<u8>, deadline: Instant) -> Refusal {
    connection.next_is(Part::Body);
    let mut body = Vec::new();
    let cut = match head.body() {
        Ok(reading) => read_body(connection, reading, &mut body, deadline).err(),
        Err(why) => Some(why),
    };
    body.truncate(MAX_BODY);
    Refusal { head, raw_head, body, cut }
}

/// Appends to `data` what comes of a body. The error says why that is not all.
fn read_body(connection: &mut Connection, mut body: Body, data: &mut Vec<u8>, deadline: Instant) -> Result<(), String> {
    while !body.is_done() {
        if connection.unread().is_empty() {
            match connection.read(deadline) {
                Ok(0) if body.ends_with_connection() => return Ok(()),
                Ok(0) => return Err("the server ended the connection before its end".to_owned()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        let used = body.decode(connection.unread(), data)?;
        connection.take(used, Part::Body);
        if data.len() > MAX_BODY {
            return Err(format!("it is longer than {MAX_BODY} bytes"));
        }
    }
    Ok(())
}

/// A section of RFC 6455, and what of it was broken.
pub type Fault = (&'static str, String);

/// s4.1: what a client must find in the 101. The answer is the subprotocol that was chosen.
pub fn judge(head: &Head, asked: &Asked) -> Result<Option<String>, Fault> {
    upgrade_is_websocket(head)?;
    // s4.1, 3: "If the response lacks a |Connection| header field or the |Connection| header field doesn't contain a token
    // that is an ASCII case-insensitive match for the value "Upgrade", the client MUST _Fail the WebSocket Connection_."
    if !head.has_token("connection", "upgrade") {
        return Err(("s4.1, 3", lacks(head, "Connection", "Upgrade")));
    }
    accept_fits(head, asked)?;
    extensions_were_offered(head, asked)?;
    protocol(head, asked)
}

/// s4.1, 2: "If the response lacks an |Upgrade| header field or the |Upgrade| header field contains a value that is not an
/// ASCII case-insensitive match for the value "websocket", the client MUST _Fail the WebSocket Connection_."
fn upgrade_is_websocket(head: &Head) -> Result<(), Fault> {
    let values: Vec<&[u8]> = head.values("upgrade").collect();
    match values.as_slice() {
        [value] if value.eq_ignore_ascii_case(b"websocket") => Ok(()),
        [] | [_] => Err(("s4.1, 2", lacks(head, "Upgrade", "websocket"))),
        _ => Err(("s4.1, 2", "Upgrade stands there more than once".to_owned())),
    }
}

/// s4.1, 4: "If the response lacks a |Sec-WebSocket-Accept| header field or the |Sec-WebSocket-Accept| contains a value
/// other than the base64-encoded SHA-1 of the concatenation of the |Sec-WebSocket-Key| [...] the client MUST _Fail the
/// WebSocket Connection_."
fn accept_fits(head: &Head, asked: &Asked) -> Result<(), Fault> {
    let values: Vec<&[u8]> = head.values("sec-websocket-accept").collect();
    let value = match values.as_slice() {
        [value] => *value,
        [] => return Err(("s4.1, 4", "there is no Sec-WebSocket-Accept".to_owned())),
        // s11.3.3: "The |Sec-WebSocket-Accept| header MUST NOT appear more than once in an HTTP response."
        _ => return Err(("s11.3.3", "Sec-WebSocket-Accept stands there more than once".to_owned())),
    };
    let Some(key) = asked.key() else {
        return Err(("s4.1, 4", "no key was sent, so no Sec-WebSocket-Accept can be right".to_owned()));
    };
    let expected = derive_accept_key(key.as_bytes());
    if value == expected.as_bytes() {
        return Ok(());
    }
    let why = format!("Sec-WebSocket-Accept is not the hash of the key: it is {}, and not {expected}", shown(value));
    Err(("s4.1, 4", why))
}

/// s4.1, 5: "If the response includes a |Sec-WebSocket-Extensions| header field and this header field indicates the use of
/// an extension that was not present in the client's handshake [...], the client MUST _Fail the WebSocket Connection_."
fn extensions_were_offered(head: &Head, asked: &Asked) -> Result<(), Fault> {
    for element in head.values("sec-websocket-extensions").flat_map(|value| value.split(|byte| *byte == b',')) {
        let name = element.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let is_offered = std::str::from_utf8(name).is_ok_and(|name| asked.offers_extension(name));
        if !name.is_empty() && !is_offered {
            return Err(("s4.1, 5", format!("it has the extension {}, which was not offered", shown(name))));
        }
    }
    Ok(())
}

/// s4.1, 6: "If the response includes a |Sec-WebSocket-Protocol| header field and this header field indicates the use of a
/// subprotocol that was not present in the client's handshake [...], the client MUST _Fail the WebSocket Connection_."
fn protocol(head: &Head, asked: &Asked) -> Result<Option<String>, Fault> {
    let values: Vec<&[u8]> = head.values("sec-websocket-protocol").collect();
    let value = match values.as_slice() {
        [] => return Ok(None),
        [value] => *value,
        // s11.3.4: "the |Sec-WebSocket-Protocol| header field MUST NOT appear more than once in an HTTP response."
        _ => return Err(("s11.3.4", "Sec-WebSocket-Protocol stands there more than once".to_owned())),
    };
    match std::str::from_utf8(value) {
        Ok(name) if asked.offers_protocol(name) => Ok(Some(name.to_owned())),
        // s4.2.2, 4: "Either a single value representing the subprotocol the server is ready to use or null."
        _ if value.contains(&b',') => Err(("s4.2.2, 4", format!("it has several subprotocols: {}", shown(value)))),
        _ => Err(("s4.1, 6", format!("it has the subprotocol {}, which was not offered", shown(value)))),
    }
}

fn lacks(head: &Head, name: &str, token: &str) -> String {
    match head.value(name) {
        None => format!("there is no {name}"),
        Some(value) => format!("{name} is {} and does not say {token}", shown(value)),
    }
}

fn shown(value: &[u8]) -> String {
    escape::quoted(value, value.len() as u64, EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::super::response::{Parsed, parse};
    use super::*;

    const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    /// What a client that offered the subprotocol "chat" and the key of s1.3 thinks of an answer.
    fn judged(text: &str) -> Result<Option<String>, Fault> {
        let Parsed::Complete(head, _) = parse(text.as_bytes()) else { panic!("{text}") };
        let key = Offer::field("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").expect("a field");
        let extension = Offer::field("Sec-WebSocket-Extensions: x").expect("a field");
        let offer = Offer { origin: None, protocols: vec!["chat".to_owned()], fields: vec![key, extension] };
        judge(&head, &offer.request(&Url::parse("ws://a").expect("a URL")).expect("a request"))
    }

    fn with(field: &str) -> String {
        GOOD.replacen("\r\n\r\n", &format!("\r\n{field}\r\n\r\n"), 1)
    }

    #[test]
    fn the_101_of_the_rfc_is_accepted() {
        assert_eq!(judged(GOOD), Ok(None));
        assert_eq!(judged(&with("Sec-WebSocket-Protocol: chat")), Ok(Some("chat".to_owned())));
        assert_eq!(judged(&with("Sec-WebSocket-Extensions: x;y, ")), Ok(None));
        assert_eq!(judged(&GOOD.replacen("Accept: s3", "Accept:   s3", 1)), Ok(None));
    }

    #[test]
    fn a_101_that_is_not_ours_is_refused_with_the_rule() {
        for (text, rule, said) in [
            (GOOD.replacen("Upgrade: WebSocket\r\n", "", 1), "s4.1, 2", "no Upgrade"),
            (GOOD.replacen("WebSocket", "h2c", 1), "s4.1, 2", "h2c"),
            (GOOD.replacen("WebSocket", "WebSocket, h2c", 1), "s4.1, 2", "h2c"),
            (with("Upgrade: websocket"), "s4.1, 2", "more than once"),
            (GOOD.replacen("Connection: keep-alive, Upgrade\r\n", "", 1), "s4.1, 3", "no Connection"),
            (GOOD.replacen("keep-alive, Upgrade", "close", 1), "s4.1, 3", "close"),
            (GOOD.replacen("Sec-WebSocket-Accept", "X", 1), "s4.1, 4", "no Sec-WebSocket-Accept"),
            (GOOD.replacen("s3pPLMB", "S3pPLMB", 1), "s4.1, 4", "S3pPLMB"),
            (with("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "s11.3.3", "more than once"),
            (with("Sec-WebSocket-Extensions: x, y;z"), "s4.1, 5", "\"y\""),
            (with("Sec-WebSocket-Extensions: X"), "s4.1, 5", "\"X\""),
            (with("Sec-WebSocket-Protocol: Chat"), "s4.1, 6", "Chat"),
            (with("Sec-WebSocket-Protocol:"), "s4.1, 6", "\"\""),
            (with("Sec-WebSocket-Protocol: chat, talk"), "s4.2.2, 4", "several"),
            (with("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat"), "s11.3.4", "more than once"),
        ] {
            let (section, why) = judged(&text).expect_err(&text);
            assert!(section == rule && why.contains(said), "{text}: {why} ({section})");
        }
    }

    #[test]
    fn nothing_of_an_answer_reaches_a_terminal_unescaped() {
        let long = format!("Sec-WebSocket-Protocol: \u{202e}{}", "a".repeat(1000));
        let (_, why) = judged(&with(&long)).expect_err("not offered");
        assert!(!why.contains('\u{202e}') && why.len() < 300, "{why}");
    }
}
