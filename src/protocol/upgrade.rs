//! The opening handshake, from the server's side (RFC 6455 s4.2): a request head in, a decision out.
//!
//! The decision is a list of steps, one a requirement, each with what was found, the section that asks for it, and the
//! verdict. The log prints them; the first that fails is the refusal.

use super::head::Request;
use super::refusal::Refusal;
use super::response::Response;
use tungstenite::handshake::derive_accept_key;

/// s1.3: the text that is appended to the key before it is hashed. Only a server that knows the protocol would do it.
pub const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// s4.1: the only version of the protocol.
pub const VERSION: &str = "13";

/// What this server lets in.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Allowed values of `Origin`. Empty: any.
    pub origins: Vec<String>,
    /// Subprotocols this server speaks. Empty: none.
    pub subprotocols: Vec<String>,
}

/// One requirement, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whether it is met.
    pub met: bool,
    /// What was looked at and what was found. Safe to show: what it quotes of the request is escaped.
    pub found: String,
    /// Why it is asked for, in few words.
    pub why: &'static str,
    /// The section that asks for it.
    pub section: &'static str,
}

/// The whole decision.
#[derive(Debug)]
pub struct Decision {
    /// Every requirement, in the order in which they were checked.
    pub steps: Vec<Step>,
    /// The outcome.
    pub outcome: Result<Accepted, Refusal>,
}

/// A granted upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The client's `Sec-WebSocket-Key`, as it came.
    pub key: String,
    /// What it becomes: the value of `Sec-WebSocket-Accept`.
    pub accept: String,
    /// The subprotocol chosen, one of those the client offered.
    pub subprotocol: Option<String>,
    /// The extensions that were offered and declined, escaped; empty when there were none.
    pub declined_extensions: String,
}

impl Accepted {
    /// The 101 (s4.2.2).
    pub fn response(&self) -> Response {
        let mut response = Response::head_only(101)
            .with_field("Upgrade", "websocket")
            .with_field("Connection", "Upgrade")
            .with_field("Sec-WebSocket-Accept", self.accept.as_str());
        if let Some(subprotocol) = &self.subprotocol {
            response = response.with_field("Sec-WebSocket-Protocol", subprotocol.as_str());
        }
        response
    }
}

/// Decides on a request for a WebSocket. The method has to be looked at by the caller's router as well: this function
/// only says that it is not GET.
pub fn decide(request: &Request<'_>, policy: &Policy) -> Decision {
    let mut steps = Steps { list: Vec::with_capacity(10), refusal: None };
    check_method_and_version(request, &mut steps);
    check_upgrade(request, &mut steps);
    check_websocket_version(request, &mut steps);
    let key = check_key(request, &mut steps);
    check_origin(request, policy, &mut steps);
    check_no_body(request, &mut steps);
    let subprotocol = choose_subprotocol(request, policy, &mut steps);
    let declined_extensions = decline_extensions(request, &mut steps);
    let outcome = match steps.refusal {
        Some(refusal) => Err(refusal.with_handshake()),
        None => Ok(Accepted { accept: derive_accept_key(key.as_bytes()), key, subprotocol, declined_extensions }),
    };
    Decision { steps: steps.list, outcome }
}

/// The steps so far, and the first refusal among them.
struct Steps {
    list: Vec<Step>,
    refusal: Option<Refusal>,
}

impl Steps {
    fn met(&mut self, section: &'static str, why: &'static str, found: impl Into<String>) {
        self.list.push(Step { met: true, found: found.into(), why, section });
    }

    fn not_met(&mut self, why: &'static str, found: impl Into<String>, refusal: Refusal) {
        self.list.push(Step { met: false, found: found.into(), why, section: refusal.section });
        self.refusal.get_or_insert(refusal);
    }
}

/// s4.2.1, 1: "An HTTP/1.1 or higher GET request". Host, 2, is asked for wherever a head is read.
fn check_method_and_version(request: &Request<'_>, steps: &mut Steps) {
    let found = format!("{} with HTTP/1.{}", request.method, request.minor_version);
    let why = "an HTTP/1.1 GET begins a WebSocket";
    if request.method != "GET" {
        let says = format!("a WebSocket begins with GET, not {}", request.method);
        let refusal = Refusal::new(405, "method", "RFC 6455 s4.2.1", says).with_field("Allow", "GET");
        steps.not_met(why, found, refusal);
    } else if request.minor_version == 0 {
        // RFC 9110 s7.8: "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request."
        let says = "the request is HTTP/1.0, which has no Upgrade; behind nginx, set `proxy_http_version 1.1;`";
        steps.not_met(why, found, upgrade_required("http-1.0", "RFC 9110 s7.8", says));
    } else {
        steps.met("RFC 6455 s4.2.1", why, found);
        steps.met("RFC 6455 s4.2.1", "the server that is meant", shown(request, "Host"));
    }
}

/// s4.2.1, 3 and 4: both headers are lists of tokens, compared without case.
fn check_upgrade(request: &Request<'_>, steps: &mut Steps) {
    let found = shown(request, "Upgrade");
    if request.has_token("upgrade", "websocket") {
        steps.met("RFC 6455 s4.2.1", "the protocol asked for", found);
    } else {
        let says = match request.value("upgrade") {
            None => {
                "no Upgrade header. A browser or curl without it, or a proxy in between that took it away: Upgrade \
                     is hop-by-hop, and each proxy must be told to pass it on"
                    .to_owned()
            }
            Some(value) => format!("Upgrade asks for \"{}\"; this address speaks `websocket`", value.escape_ascii()),
        };
        steps.not_met("the protocol asked for", found, upgrade_required("no-upgrade", "RFC 6455 s4.2.1", &says));
    }
    let found = shown(request, "Connection");
    let why = "Upgrade is meant for this hop";
    if request.has_token("connection", "upgrade") {
        steps.met("RFC 6455 s4.2.1", why, found);
    } else {
        let says = "Connection does not list `Upgrade`. A proxy in between may have replaced it; nginx: \
                    `proxy_set_header Connection \"upgrade\";`";
        steps.not_met(why, found, upgrade_required("no-connection-upgrade", "RFC 6455 s4.2.1", says));
    }
}

/// RFC 9110 s15.5.22: a 426 "MUST" name the protocol in `Upgrade`, and RFC 9110 s7.8 wants it listed in `Connection`.
fn upgrade_required(reason: &'static str, section: &'static str, says: &str) -> Refusal {
    Refusal::new(426, reason, section, says).with_field("Upgrade", "websocket").with_field("Connection", "Upgrade")
}

/// s4.2.1, 6, and s4.4: a server that does not speak the version answers with the one it speaks.
fn check_websocket_version(request: &Request<'_>, steps: &mut Steps) {
    const NAME: &str = "Sec-WebSocket-Version";
    let mut values = request.values(NAME);
    let (found, why) = (shown(request, NAME), "the protocol's version");
    match (values.next(), values.next()) {
        (Some(b"13"), None) => steps.met("RFC 6455 s4.2.1", why, found),
        (Some(_), Some(_)) => {
            let says = "Sec-WebSocket-Version more than once";
            steps.not_met(why, found, Refusal::new(400, "version", "RFC 6455 s11.3.5", says));
        }
        (Some(other), None) => {
            let says = format!("version \"{}\" asked for; this server speaks 13", other.escape_ascii());
            let refusal = upgrade_required("version", "RFC 6455 s4.4", &says).with_field(NAME, VERSION);
            steps.not_met(why, found, refusal);
        }
        (None, _) => {
            let says = "no Sec-WebSocket-Version: 13";
            let refusal = Refusal::new(400, "version", "RFC 6455 s4.2.1", says).with_field(NAME, VERSION);
            steps.not_met(why, found, refusal);
        }
    }
}

/// s4.2.1, 5: "a base64-encoded (see Section 4 of [RFC4648]) value that, when decoded, is 16 bytes in length".
fn check_key(request: &Request<'_>, steps: &mut Steps) -> String {
    const NAME: &str = "Sec-WebSocket-Key";
    let mut values = request.values(NAME);
    let (found, why) = (shown(request, NAME), "16 random bytes in base64, to be answered with their hash");
    let says = match (values.next(), values.next()) {
        (Some(key), None) if is_key(key) => {
            steps.met("RFC 6455 s4.2.1", why, found);
            return key.escape_ascii().to_string(); // base64 only: nothing in it is escaped
        }
        (Some(_), None) => "Sec-WebSocket-Key is not 16 bytes in base64: 22 characters and `==`",
        (Some(_), Some(_)) => "Sec-WebSocket-Key more than once",
        (None, _) => "no Sec-WebSocket-Key",
    };
    steps.not_met(why, found, Refusal::new(400, "bad-key", "RFC 6455 s4.2.1", says));
    String::new()
}

/// 16 bytes are 128 bits; 22 characters of six bits hold 132. The four bits left over are not looked at, or the sample
/// of s4.1 itself, `AQIDBAUGBwgJCgsMDQ4PEC==`, would be refused.
fn is_key(key: &[u8]) -> bool {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.strip_suffix(b"==").is_some_and(|digits| digits.len() == 22 && digits.iter().all(base64))
}

/// s4.2.2, 4: a server that does not accept the origin "MUST return an appropriate HTTP error code (e.g., 403 Forbidden)".
fn check_origin(request: &Request<'_>, policy: &Policy, steps: &mut Steps) {
    let (found, why) = (shown(request, "Origin"), "which page's script asks; browsers always send it");
    match policy.check(request) {
        Err(refusal) => steps.not_met(why, found, refusal),
        // s10.2: a client that is no browser can send any Origin or none; the check protects browsers' users.
        Ok(()) => steps.met("RFC 6455 s10.2", why, found),
    }
}

impl Policy {
    /// Whether the page whose script asks is let in. A request without Origin is.
    pub fn check(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let mut values = request.values("origin");
        match (values.next(), values.next()) {
            (Some(_), Some(_)) => Err(Refusal::new(403, "origin", "RFC 6454 s7.3", "more than one Origin")),
            (Some(origin), None) if !self.allows(origin) => {
                let (shown, allowed) = (origin.escape_ascii(), self.origins.join(", "));
                let says = format!("pages from \"{shown}\" may not connect here; allowed: {allowed}");
                Err(Refusal::new(403, "origin", "RFC 6455 s4.2.2", says))
            }
            _ => Ok(()),
        }
    }

    fn allows(&self, origin: &[u8]) -> bool {
        self.origins.is_empty() || self.origins.iter().any(|allowed| origin.eq_ignore_ascii_case(allowed.as_bytes()))
    }
}

/// A GET with a body is legal, but the bytes after this head must be frames.
fn check_no_body(request: &Request<'_>, steps: &mut Steps) {
    let no_length = request.values("content-length").all(|value| value == b"0");
    if !no_length || request.value("transfer-encoding").is_some() {
        let says = "an opening handshake has no body: what follows the head are frames";
        steps.not_met("no body", "a body is announced", Refusal::new(400, "body", "RFC 6455 s4.1", says));
    }
}

/// s4.2.2, 4: the subprotocol is one "derived from the client's handshake" that the server is ready to use, or none.
fn choose_subprotocol(request: &Request<'_>, policy: &Policy, steps: &mut Steps) -> Option<String> {
    const NAME: &str = "Sec-WebSocket-Protocol";
    request.value(NAME)?;
    let why = "subprotocols the client speaks, best first";
    if let Some(odd) = request.list(NAME).find(|offer| !offer.iter().all(|byte| is_token(*byte))) {
        // s11.3.4 with s4.3: the elements are tokens.
        let says = format!("\"{}\" in Sec-WebSocket-Protocol is not a token", odd.escape_ascii());
        steps.not_met(why, shown(request, NAME), Refusal::new(400, "subprotocol", "RFC 6455 s4.3", says));
        return None;
    }
    let spoken = |offer: &[u8]| policy.subprotocols.iter().find(|ours| ours.as_bytes() == offer).cloned();
    let chosen = request.list(NAME).find_map(spoken);
    let outcome = chosen.as_deref().map_or("none of them is spoken here".to_owned(), |name| format!("chosen: {name}"));
    steps.met("RFC 6455 s4.2.2", why, format!("{}; {outcome}", shown(request, NAME)));
    chosen
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// s4.2.2, 4: extensions may be accepted or not; none is accepted by not naming it. But s9.1: an offer that breaks the
/// grammar fails the handshake, whoever would have declined it.
fn decline_extensions(request: &Request<'_>, steps: &mut Steps) -> String {
    const NAME: &str = "Sec-WebSocket-Extensions";
    if request.value(NAME).is_none() {
        return String::new();
    }
    let found = shown(request, NAME);
    if !request.values(NAME).all(is_extension_list) {
        let says = "Sec-WebSocket-Extensions is not a list of extensions: name; parameter=value, name";
        steps.not_met("extensions offered", found, Refusal::new(400, "extensions", "RFC 6455 s9.1", says));
        return String::new();
    }
    let offered = found.trim_start_matches(NAME).trim_start_matches(": ").to_owned();
    steps.met("RFC 6455 s4.2.2", "extensions offered; all are declined by not naming them", found);
    offered
}

/// s9.1: `extension-list = 1#extension`, `extension = extension-token *( ";" extension-param )`, `extension-param = token
/// [ "=" (token | quoted-string) ]`, where "the value after quoted-string unescaping MUST conform to the 'token' ABNF".
/// So no comma and no semicolon can stand inside quotes, and the list may be cut at each of them.
fn is_extension_list(value: &[u8]) -> bool {
    let is_good = |token: &[u8]| !token.is_empty() && token.iter().all(|byte| is_token(*byte));
    let is_parameter = |parameter: &[u8]| match parameter.iter().position(|byte| *byte == b'=') {
        None => is_good(parameter.trim_ascii()),
        Some(at) => {
            let (name, value) = (parameter[..at].trim_ascii(), parameter[at + 1..].trim_ascii());
            let inner = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
            is_good(name) && is_good(inner.unwrap_or(value))
        }
    };
    let is_extension = |extension: &[u8]| {
        let mut parts = extension.split(|byte| *byte == b';');
        parts.next().is_some_and(|name| is_good(name.trim_ascii())) && parts.all(is_parameter)
    };
    let mut extensions =
        value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|part| !part.is_empty()).peekable();
    extensions.peek().is_some() && extensions.all(is_extension)
}

/// A field as a line for a person: `Upgrade: websocket`, or that it is missing.
fn shown(request: &Request<'_>, name: &str) -> String {
    let values: Vec<_> = request.values(name).map(|value| value.escape_ascii().to_string()).collect();
    if values.is_empty() { format!("no {name}") } else { format!("{name}: {}", values.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::super::head::{Limits, Parsed, parse};
    use super::*;

    /// The handshake of s1.3, with lines replaced or added.
    fn decide_on(change: &[(&str, &str)], policy: &Policy) -> Result<Accepted, (u16, &'static str)> {
        let mut lines = vec![
            ("Host", "server.example.com"),
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
        ];
        let mut request_line = "GET /chat HTTP/1.1";
        for (name, value) in change {
            match *name {
                "" => request_line = value,
                "+" => lines.extend(value.split_once(": ")),
                name => lines.retain_mut(|line| {
                    if line.0 == name {
                        line.1 = value;
                    }
                    line.0 != name || !value.is_empty()
                }),
            }
        }
        let fields: String = lines.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!("{request_line}\r\n{fields}\r\n");
        let Parsed::Complete(request, _) = parse(head.as_bytes(), &Limits { max_head: 4096, max_fields: 50 }) else {
            panic!("{head}")
        };
        decide(&request, policy).outcome.map_err(|refusal| (refusal.status, refusal.reason))
    }

    #[test]
    fn the_sample_of_section_1_3_is_answered_as_the_rfc_answers_it() {
        let accepted = decide_on(&[], &Policy::default()).expect("accepted");
        let response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        assert_eq!(accepted.response().encode(false), response.as_bytes());
    }

    #[test]
    fn what_is_legal_is_accepted() {
        let chat = Policy { origins: vec!["https://example.com".into()], subprotocols: vec!["chat".into()] };
        for change in [
            [("Upgrade", "h2c, WebSocket")],
            [("Connection", "keep-alive, uPGRADE")],
            [("Sec-WebSocket-Key", "AQIDBAUGBwgJCgsMDQ4PEC==")],
            [("+", "Origin: https://example.com")],
            [("+", "Origin: HTTPS://EXAMPLE.com")],
            [("+", "Content-Length: 0")],
            [("+", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")],
            [("+", "Sec-WebSocket-Extensions: a;b=1; c=\"d\" , , e")],
            [("", "GET http://server.example.com/chat HTTP/1.1")],
        ] {
            assert!(decide_on(&change, &chat).is_ok(), "{change:?}");
        }
    }

    #[test]
    fn every_fault_is_refused_with_its_own_status() {
        let policy = Policy { origins: vec!["https://example.com".into()], subprotocols: Vec::new() };
        let cases = [
            (("", "POST /chat HTTP/1.1"), 405, "method"),
            (("", "GET /chat HTTP/1.0"), 426, "http-1.0"),
            (("Upgrade", ""), 426, "no-upgrade"),
            (("Upgrade", "WebSockets"), 426, "no-upgrade"),
            (("Connection", ""), 426, "no-connection-upgrade"),
            (("Connection", "keep-alive"), 426, "no-connection-upgrade"),
            (("Sec-WebSocket-Version", ""), 400, "version"),
            (("Sec-WebSocket-Version", "12"), 426, "version"),
            (("+", "Sec-WebSocket-Version: 13"), 400, "version"),
            (("Sec-WebSocket-Key", ""), 400, "bad-key"),
            (("Sec-WebSocket-Key", "short=="), 400, "bad-key"),
            (("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=!"), 400, "bad-key"),
            (("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ======"), 400, "bad-key"),
            (("+", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "bad-key"),
            (("+", "Origin: https://evil.example"), 403, "origin"),
            (("+", "Content-Length: 5"), 400, "body"),
            (("+", "Transfer-Encoding: chunked"), 400, "body"),
            (("+", "Sec-WebSocket-Protocol: a b"), 400, "subprotocol"),
            (("+", "Sec-WebSocket-Extensions: =;;,,\""), 400, "extensions"),
            (("+", "Sec-WebSocket-Extensions: a; b=\"c d\""), 400, "extensions"),
            (("+", "Sec-WebSocket-Extensions: ,"), 400, "extensions"),
        ];
        for (change, status, reason) in cases {
            assert_eq!(decide_on(&[change], &policy), Err((status, reason)), "{change:?}");
        }
    }

    #[test]
    fn a_subprotocol_is_one_of_those_offered_or_none() {
        let policy = Policy { origins: Vec::new(), subprotocols: vec!["soap".into(), "chat".into()] };
        for (offer, chosen) in [("chat, soap", Some("chat")), ("wamp", None), ("Chat", None), (",, soap", Some("soap"))]
        {
            let line = format!("Sec-WebSocket-Protocol: {offer}");
            let accepted = decide_on(&[("+", &line)], &policy).expect("accepted");
            assert_eq!(accepted.subprotocol.as_deref(), chosen, "{offer}");
        }
    }
}
