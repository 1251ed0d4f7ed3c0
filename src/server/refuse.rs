//! A refusal as a response: what is wrong, the section, what a right request looks like, and **the request as it
//! arrived**. Behind a proxy the last is the diagnosis: it shows what the proxy took away.
//!
//! Secrets are starred here whatever `--show-secrets` says: the answer goes over the wire, to whoever asked.

use super::route::{Route, listed, route};
use crate::protocol::head::Request;
use crate::protocol::refusal::Refusal;
use crate::protocol::response::{Response, phrase};
use crate::wire::inspected::Inspected;
use crate::wire::lines;
use crate::wire::secrets::starred;
use serde::Serialize;

/// What every right opening handshake has after its request line (RFC 6455 s4.1).
const HANDSHAKE: &str = "    Host: localhost:8080
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Version: 13
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
";

const HOST: &str = "    Host: localhost:8080\n";

const PROXY_HEADER: &str = "    PROXY TCP4 203.0.113.9 192.0.2.1 56324 8080\n";

const BODY: &str = "    Content-Length: 5\n\n    Hello\n";

/// The response to a refused request. `arrived` are the bytes of its head, or what had come of it. `request` is there
/// when they could be read. `inspect` tells how it arrived, for who wants JSON.
pub fn response(
    refusal: &Refusal,
    arrived: &[u8],
    request: Option<&Request<'_>>,
    inspect: impl FnOnce() -> Inspected,
) -> Response {
    let wants_json = request.is_some_and(|request| {
        request.list("accept").any(|range| range.to_ascii_lowercase().starts_with(b"application/json"))
    });
    let mut response = if wants_json {
        Response::new(refusal.status, "application/json", json(refusal, request, inspect()))
    } else {
        Response::new(refusal.status, "text/plain; charset=utf-8", text(refusal, arrived, request))
    };
    response.fields.extend(refusal.fields.iter().cloned());
    response
}

fn text(refusal: &Refusal, arrived: &[u8], request: Option<&Request<'_>>) -> String {
    let Refusal { status, section, why, .. } = refusal;
    let phrase = phrase(*status);
    let right = example(refusal, request);
    let arrived = lines::head_as_it_arrived(&starred(arrived));
    format!(
        "{status} {phrase}: {why}.\nAsked for by {section}.\n\n\
         A right request:\n\n{right}\nThe request as it arrived:\n\n{arrived}"
    )
}

/// A refusal in JSON, with all that is told of a request.
#[derive(Serialize)]
struct Told<'a> {
    status: u16,
    phrase: &'static str,
    reason: &'static str,
    why: &'a str,
    section: &'static str,
    right_request: Vec<&'a str>,
    #[serde(flatten)]
    inspected: Inspected,
}

fn json(refusal: &Refusal, request: Option<&Request<'_>>, inspected: Inspected) -> String {
    let Refusal { status, reason, section, .. } = *refusal;
    let right = example(refusal, request);
    let right_request = unindented(&right);
    let told = Told { status, phrase: phrase(status), reason, why: &refusal.why, section, right_request, inspected };
    serde_json::to_string_pretty(&told).unwrap_or_default() + "\n"
}

/// A right request for the path that was asked for, if there is one, and what must stand before it.
fn example(refusal: &Refusal, request: Option<&Request<'_>>) -> String {
    let header = if refusal.show_proxy_header { PROXY_HEADER } else { "" };
    format!("{header}{}", right_request(refusal, request))
}

fn right_request(refusal: &Refusal, request: Option<&Request<'_>>) -> String {
    let path = request.and_then(|request| listed(request.path()));
    // Who asks an unknown path for a WebSocket wants one that is there.
    let is_lost = path.is_none() && request.is_some_and(|request| request.has_token("upgrade", "websocket"));
    let is_endpoint = path.is_some_and(|path| matches!(route("GET", path), Ok(Route::WebSocket(_))));
    if refusal.show_handshake || is_lost || is_endpoint {
        return format!("    GET {} HTTP/1.1\n{HANDSHAKE}", path.unwrap_or("/ws"));
    }
    match path.unwrap_or("/") {
        "/feed" => format!("    POST /feed HTTP/1.1\n{HOST}{BODY}"),
        "/feed/long-poll" => format!("    GET /feed/long-poll?after=41&wait=25s HTTP/1.1\n{HOST}"),
        path @ ("/feed/poll" | "/feed/stream") => format!("    GET {path}?after=41 HTTP/1.1\n{HOST}"),
        path => format!("    GET {path} HTTP/1.1\n{HOST}"),
    }
}

fn unindented(lines: &str) -> Vec<&str> {
    lines.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::head::{Limits, Parsed, parse};

    #[test]
    fn a_refusal_shows_the_request_escaped_and_starred() {
        let head = b"GET /ws HTTP/1.1\r\nHost: a\r\nCookie: secret\r\nX: \x80\x1b\r\n\r\n";
        let refusal = Refusal::new(426, "no-upgrade", "RFC 6455 s4.2.1", "no Upgrade").with_handshake();
        let body = String::from_utf8(response(&refusal, head, None, || panic!("it is text")).body).expect("UTF-8");
        assert!(body.starts_with("426 Upgrade Required: no Upgrade.\nAsked for by RFC 6455 s4.2.1.\n"), "{body}");
        assert!(body.contains("    Upgrade: websocket\n"));
        assert!(
            body.ends_with("    GET /ws HTTP/1.1\n    Host: a\n    Cookie: ******\n    X: \\x80\\u{1b}\n"),
            "{body}"
        );
    }

    #[test]
    fn json_for_those_who_ask_for_it() {
        let head = b"GET /x HTTP/1.1\r\nHost: a\r\nAccept: text/html, application/json;q=0.5\r\n\r\n";
        let Parsed::Complete(request, _) = parse(head, &Limits { max_head: 200, max_fields: 9 }) else { panic!() };
        let refusal = Refusal::new(404, "not-found", "RFC 9110 s15.5.5", "nothing");
        let told = Inspected {
            ws101: "1".to_owned(),
            name: None,
            peer: "[::1]:4000".to_owned(),
            client: "::1".to_owned(),
            proxy_protocol: None,
            request_as_it_arrived: vec!["GET /x HTTP/1.1".to_owned()],
        };
        let response = response(&refusal, head, Some(&request), || told.clone());
        let answer: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!(answer["reason"], "not-found");
        assert_eq!(answer["request_as_it_arrived"][0], "GET /x HTTP/1.1");
        assert_eq!(Inspected::parse(&response.body), Some(told), "and all the rest of what is told");
    }

    #[test]
    fn the_right_request_is_one_for_the_same_path() {
        let right = |target, refusal: &Refusal| {
            let request = Request { method: "GET", target, minor_version: 1, fields: Vec::new() };
            example(refusal, Some(&request)).lines().next().map(|line| line.trim().to_owned())
        };
        let refusal = Refusal::new(400, "parameter", "RFC 9110 s15.5.1", "wrong");
        assert_eq!(right("/feed/poll?after=x", &refusal).as_deref(), Some("GET /feed/poll?after=41 HTTP/1.1"));
        assert_eq!(right("/feed", &refusal).as_deref(), Some("POST /feed HTTP/1.1"));
        assert_eq!(right("/watch/x", &refusal).as_deref(), Some("GET /watch/TOKEN HTTP/1.1"));
        assert_eq!(right("/nowhere", &refusal).as_deref(), Some("GET / HTTP/1.1"));
        let fields = vec![httparse::Header { name: "Upgrade", value: b"websocket" }];
        let lost = Request { method: "GET", target: "/chat", minor_version: 1, fields };
        assert!(example(&refusal, Some(&lost)).starts_with("    GET /ws HTTP/1.1\n"));
        assert_eq!(right("/mymsg", &refusal.with_handshake()).as_deref(), Some("GET /mymsg HTTP/1.1"));
    }
}
