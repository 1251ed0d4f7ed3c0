//! Every way to be refused, over a socket: the status line, the header fields, the body that says why and shows the
//! request as it arrived, the line of the log, and the label in `/metrics`.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::peer::{Peer, Response, handshake};
use common::program::Program;
use common::{PATIENCE, serve, spawn};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};
use ws101::server::Config;

/// Small limits, so that a row can break them in a line.
const OPTIONS: [&str; 8] =
    ["--max-head", "1KiB", "--max-fields", "8", "--max-body", "100", "--origin", "https://example.org"];

const UPGRADE: &str = "Upgrade: websocket";
const CONNECTION: &str = "Connection: Upgrade";
const VERSION: &str = "Sec-WebSocket-Version: 13";
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/// With a 426: RFC 9110 s15.5.22.
const TO_WEBSOCKET: &[(&str, &str)] = &[("Upgrade", "websocket"), ("Connection", "Upgrade, close")];

const RIGHT_FIELDS: &str = "    Upgrade: websocket\n    Connection: Upgrade\n    Sec-WebSocket-Version: 13\n    \
     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n";

/// A request and its refusal.
struct Row {
    request: Vec<u8>,
    /// Method and target, as the log names the request.
    asked: String,
    status: &'static str,
    reason: &'static str,
    section: &'static str,
    why: &'static str,
    fields: &'static [(&'static str, &'static str)],
    /// Whether the example that is shown is an opening handshake.
    handshake: bool,
    /// Whether another request may follow on the same connection.
    goes_on: bool,
}

impl Row {
    fn with(self, fields: &'static [(&'static str, &'static str)]) -> Row {
        Row { fields, ..self }
    }

    fn ends(self) -> Row {
        Row { goes_on: false, ..self }
    }

    /// Who wanted a WebSocket has no other request to send: the connection ends.
    fn wanted_websocket(self) -> Row {
        Row { handshake: true, goes_on: false, ..self }
    }
}

/// A head that can't be read: the connection ends, because nobody knows where the next request begins.
fn unreadable(
    request: impl Into<Vec<u8>>,
    status: &'static str,
    reason: &'static str,
    section: &'static str,
    why: &'static str,
) -> Row {
    let (request, asked) = (request.into(), "(no readable request)".to_owned());
    Row { request, asked, status, reason, section, why, fields: &[], handshake: false, goes_on: false }
}

/// A head that can be read, and is refused for what it says.
fn refused(
    request: String,
    status: &'static str,
    reason: &'static str,
    section: &'static str,
    why: &'static str,
) -> Row {
    let asked = request.rsplit_once(" HTTP/1.").expect("a version").0.rsplit("\r\n").next().expect("a line").to_owned();
    let request = request.into_bytes();
    Row { request, asked, status, reason, section, why, fields: &[], handshake: false, goes_on: true }
}

/// A head that can be read, but not answered for any host.
fn no_host(request: &str, why: &'static str) -> Row {
    refused(request.to_owned(), "400 Bad Request", "host", "RFC 9112 s3.2", why).ends()
}

/// A head: request line, Host, more lines.
fn head(request_line: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{request_line}\r\nHost: a\r\n{lines}\r\n")
}

fn ws(lines: &[&str]) -> String {
    head("GET /ws HTTP/1.1", lines)
}

/// What can't be read, or must not be: `protocol::head`.
fn heads() -> Vec<Row> {
    const BAD: &str = "400 Bad Request";
    let long = "a".repeat(1100);
    let many: String = ('A'..='H').map(|name| format!("{name}: 1\r\n")).collect();
    vec![
        unreadable(b"\x16\x03\x01\x02\x00\x01\x00", BAD, "tls", "RFC 8446 s4.1.2", "this is a TLS ClientHello"),
        unreadable(
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "505 HTTP Version Not Supported",
            "http2",
            "RFC 9113 s3.4",
            "this is the preface of HTTP/2",
        ),
        unreadable(
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
            BAD,
            "proxy-protocol",
            "RFC 9112 s2.1",
            "this is a header of the PROXY protocol",
        ),
        unreadable(
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c",
            BAD,
            "proxy-protocol",
            "RFC 9112 s2.1",
            "this is a header of the PROXY protocol",
        ),
        unreadable("GET / HTTP/1.1\nHost: a\n\n", BAD, "bare-lf", "RFC 9112 s2.2", "a line that ends in LF alone"),
        unreadable("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", BAD, "nul", "RFC 9110 s5.5", "a NUL byte in the head"),
        unreadable(
            "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
            BAD,
            "obs-fold",
            "RFC 9112 s5.2",
            "a header line that begins with a blank",
        ),
        unreadable(
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            BAD,
            "space-before-colon",
            "RFC 9112 s5.1",
            "a blank between a field's name and its colon",
        ),
        no_host("GET / HTTP/1.1\r\n\r\n", "an HTTP/1.1 request without Host"),
        no_host("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "more than one Host"),
        no_host("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "Host is not a name or address with an optional port"),
        unreadable(
            "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
            BAD,
            "field-name",
            "RFC 9112 s5",
            "a header line without a valid name and a colon",
        ),
        unreadable(
            "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
            BAD,
            "field-value",
            "RFC 9110 s5.5",
            "a header value with a control character",
        ),
        unreadable("GET /\r\n\r\n", BAD, "request-line", "RFC 9112 s3", "the first line is no request line"),
        unreadable(
            "GET / HTTP/3.0\r\nHost: a\r\n\r\n",
            "505 HTTP Version Not Supported",
            "http-version",
            "RFC 9110 s15.6.6",
            "this server speaks HTTP/1.0 and HTTP/1.1",
        ),
        unreadable(
            format!("GET /{long}"),
            "414 URI Too Long",
            "target-too-long",
            "RFC 9112 s3",
            "the request line is longer than 1024 bytes (--max-head)",
        ),
        unreadable(
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}"),
            "431 Request Header Fields Too Large",
            "head-too-long",
            "RFC 6585 s5",
            "the head is longer than 1024 bytes (--max-head)",
        ),
        unreadable(
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
            "431 Request Header Fields Too Large",
            "too-many-fields",
            "RFC 6585 s5",
            "more than 8 header fields (--max-fields)",
        ),
    ]
}

/// No such page, no such method: `server::route`, and what `server::connection` refuses itself.
fn routes() -> Vec<Row> {
    vec![
        refused(
            head("GET /nowhere HTTP/1.1", &[]),
            "404 Not Found",
            "not-found",
            "RFC 9110 s15.5.5",
            "nothing is here; there are / /ws /mymsg /live /feed/poll /feed/long-poll /feed/stream /feed/ws /feed /healthz",
        ),
        refused(
            head("DELETE / HTTP/1.1", &[]),
            "405 Method Not Allowed",
            "method",
            "RFC 9110 s15.5.6",
            "this path takes GET, HEAD only",
        )
        .with(&[("Allow", "GET, HEAD")]),
        refused(
            head("POST /ws HTTP/1.1", &[UPGRADE, CONNECTION, VERSION, KEY]),
            "405 Method Not Allowed",
            "method",
            "RFC 6455 s4.2.1",
            "this path takes GET only",
        )
        .with(&[("Allow", "GET")])
        .wanted_websocket(),
        refused(
            head("BREW / HTTP/1.1", &[]),
            "501 Not Implemented",
            "method-unknown",
            "RFC 9110 s15.6.2",
            "a method this server does not know",
        ),
        // It waits for an interim answer before it sends a body, or not: where the next request begins is not known.
        refused(
            head("GET / HTTP/1.1", &["Expect: 200-ok"]),
            "417 Expectation Failed",
            "expectation",
            "RFC 9110 s10.1.1",
            "an expectation other than 100-continue",
        )
        .ends(),
    ]
}

/// Bodies whose length is not plain: `protocol::body`. Where they end is not known, so the connection ends.
fn bodies() -> Vec<Row> {
    const BAD: &str = "400 Bad Request";
    let bad = |request_line: &str, lines: &[&str], why| {
        refused(head(request_line, lines), BAD, "body-length", "RFC 9112 s6.3", why).ends()
    };
    let get = "GET / HTTP/1.1";
    vec![
        bad(get, &["Content-Length: 5, 6"], "two Content-Lengths that differ"),
        bad(get, &["Content-Length: 5", "Content-Length: 6"], "two Content-Lengths that differ"),
        bad(get, &["Content-Length: +5"], "Content-Length is not a decimal number"),
        bad(get, &["Content-Length:"], "Content-Length is not a decimal number"),
        bad(
            get,
            &["Content-Length: 5", "Transfer-Encoding: chunked"],
            "Content-Length together with Transfer-Encoding: which one counts?",
        ),
        bad("GET / HTTP/1.0", &["Transfer-Encoding: chunked"], "Transfer-Encoding in an HTTP/1.0 request"),
        refused(
            head(get, &["Content-Length: 101"]),
            "413 Content Too Large",
            "body-too-long",
            "RFC 9110 s15.5.14",
            "a body of 101 bytes, over the limit of 100 (--max-body)",
        )
        .ends(),
        refused(
            head(get, &["Transfer-Encoding: chunked"]),
            "411 Length Required",
            "length-required",
            "RFC 9110 s15.5.12",
            "a chunked body: this server wants its length first (Content-Length)",
        )
        .ends(),
        refused(
            head(get, &["Transfer-Encoding: gzip, chunked"]),
            "501 Not Implemented",
            "transfer-coding",
            "RFC 9112 s6.1",
            "a Transfer-Encoding other than chunked",
        )
        .ends(),
    ]
}

/// Requests for a WebSocket that can't be granted, and that have to say so with 426: `protocol::upgrade`.
fn no_upgrades() -> Vec<Row> {
    let row = |request, reason, section, why| {
        refused(request, "426 Upgrade Required", reason, section, why).with(TO_WEBSOCKET).wanted_websocket()
    };
    vec![
        row(
            head("GET /ws HTTP/1.0", &[UPGRADE, "Connection: Upgrade, keep-alive", VERSION, KEY]),
            "http-1.0",
            "RFC 9110 s7.8",
            "the request is HTTP/1.0, which has no Upgrade",
        ),
        row(ws(&[]), "no-upgrade", "RFC 6455 s4.2.1", "no Upgrade header"),
        row(
            ws(&["Upgrade: h2c", CONNECTION, VERSION, KEY]),
            "no-upgrade",
            "RFC 6455 s4.2.1",
            "Upgrade asks for \"h2c\"; this address speaks `websocket`",
        ),
        row(
            ws(&[UPGRADE, VERSION, KEY]),
            "no-connection-upgrade",
            "RFC 6455 s4.2.1",
            "Connection does not list `Upgrade`",
        ),
        row(
            ws(&[UPGRADE, "Connection: keep-alive", VERSION, KEY]),
            "no-connection-upgrade",
            "RFC 6455 s4.2.1",
            "Connection does not list `Upgrade`",
        ),
        row(
            ws(&[UPGRADE, CONNECTION, "Sec-WebSocket-Version: 8", KEY]),
            "version",
            "RFC 6455 s4.4",
            "version \"8\" asked for; this server speaks 13",
        )
        .with(&[("Upgrade", "websocket"), ("Connection", "Upgrade, close"), ("Sec-WebSocket-Version", "13")]),
    ]
}

/// Opening handshakes with a fault: `protocol::upgrade`.
fn faulty_handshakes() -> Vec<Row> {
    let bad = |lines: &[&str], reason, section, why| {
        refused(ws(lines), "400 Bad Request", reason, section, why).wanted_websocket()
    };
    let more = |line| [UPGRADE, CONNECTION, VERSION, KEY, line];
    let key = |line| [UPGRADE, CONNECTION, VERSION, line];
    let bad_key = "Sec-WebSocket-Key is not 16 bytes in base64: 22 characters and `==`";
    vec![
        bad(&[UPGRADE, CONNECTION, KEY], "version", "RFC 6455 s4.2.1", "no Sec-WebSocket-Version: 13")
            .with(&[("Sec-WebSocket-Version", "13")]),
        bad(&more(VERSION), "version", "RFC 6455 s11.3.5", "Sec-WebSocket-Version more than once"),
        bad(&[UPGRADE, CONNECTION, VERSION], "bad-key", "RFC 6455 s4.2.1", "no Sec-WebSocket-Key"),
        bad(&key("Sec-WebSocket-Key: c2hvcnQ="), "bad-key", "RFC 6455 s4.2.1", bad_key),
        bad(&key("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!="), "bad-key", "RFC 6455 s4.2.1", bad_key),
        bad(&more(KEY), "bad-key", "RFC 6455 s4.2.1", "Sec-WebSocket-Key more than once"),
        bad(&more("Content-Length: 5"), "body", "RFC 6455 s4.1", "an opening handshake has no body"),
        bad(&more("Transfer-Encoding: chunked"), "body", "RFC 6455 s4.1", "an opening handshake has no body"),
        bad(
            &more("Sec-WebSocket-Protocol: a b"),
            "subprotocol",
            "RFC 6455 s4.3",
            "\"a b\" in Sec-WebSocket-Protocol is not a token",
        ),
        refused(
            ws(&more("Origin: https://evil.example")),
            "403 Forbidden",
            "origin",
            "RFC 6455 s4.2.2",
            "pages from \"https://evil.example\" may not connect here; allowed: https://example.org",
        )
        .wanted_websocket(),
        refused(
            ws(&[UPGRADE, CONNECTION, VERSION, KEY, "Origin: https://example.org", "Origin: null"]),
            "403 Forbidden",
            "origin",
            "RFC 6454 s7.3",
            "more than one Origin",
        )
        .wanted_websocket(),
    ]
}

fn table() -> Vec<Row> {
    [heads(), routes(), bodies(), no_upgrades(), faulty_handshakes()].into_iter().flatten().collect()
}

/// What every response has, and a refusal above all.
fn check_fields(response: &Response, row: &Row, content_type: &str) {
    let date = httpdate::parse_http_date(response.field("Date")).expect("a Date");
    let age = SystemTime::now().duration_since(date).unwrap_or_default();
    assert!(age < Duration::from_secs(120), "{response:?}");
    assert_eq!(response.field("Content-Type"), content_type);
    let connection = if row.goes_on { "keep-alive" } else { "close" };
    let wanted = [("Allow", ""), ("Upgrade", ""), ("Sec-WebSocket-Version", ""), ("Connection", connection)];
    for (name, value) in wanted {
        let value = row.fields.iter().find(|(field, _)| *field == name).map_or(value, |(_, value)| value);
        assert_eq!(response.field(name), value, "{name} of {response:?}");
    }
}

/// The request as the body shows it: a line a line, indented, escaped, and no more of it than the longest head. What
/// stands behind the head is not shown, nor is the empty line at its end.
fn shown(request: &[u8]) -> String {
    let text = String::from_utf8(request[..request.len().min(1024)].to_vec()).unwrap();
    let begin = text.find(|c| !"\r\n".contains(c)).unwrap();
    let end = text[begin..].find("\r\n\r\n").map_or(text.len(), |at| begin + at);
    let head = text[..end].trim_end_matches(['\r', '\n']);
    head.lines().map(|line| format!("    {}\n", line.escape_debug())).collect()
}

fn check_text(response: &Response, row: &Row) {
    let text = response.text();
    let Row { status, why, section, .. } = row;
    assert!(text.starts_with(&format!("{status}: {why}")), "{text}");
    let (_, rest) = text.split_once(&format!(".\nAsked for by {section}.\n\n")).expect("the section");
    let fields = if row.handshake { RIGHT_FIELDS } else { "" };
    let right = format!("A right request:\n\n    {}\n    Host: localhost:8080\n{fields}\n", right_line(row));
    let arrived = rest.strip_prefix(&right).unwrap_or_else(|| panic!("a right request in\n{text}"));
    let arrived = arrived.strip_prefix("The request as it arrived:\n\n").expect("the request");
    assert_eq!(arrived, shown(&row.request));
}

/// The path that was asked for, if there is such a path, in a right request.
fn right_line(row: &Row) -> String {
    let path = row.asked.split(' ').nth(1).and_then(|target| target.split('?').next()).unwrap_or_default();
    let known = ["/", "/ws", "/mymsg", "/healthz", "/readyz", "/metrics"].contains(&path);
    let path = if known {
        path
    } else if row.handshake {
        "/ws"
    } else {
        "/"
    };
    format!("GET {path} HTTP/1.1")
}

/// The connection does what its header field says.
fn check_what_follows(peer: &mut Peer, goes_on: bool) {
    if goes_on {
        peer.send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(peer.response().text(), "alive\n");
    }
    peer.ends();
}

/// The first row is connection 1, and so on.
fn check_log(program: &Program, number: usize, row: &Row) {
    let Row { asked, status, why, section, .. } = row;
    let line = program.wait_for(&format!("ws-{number} ! {asked} -> {status}: "));
    assert!(line.starts_with(&format!("INFO  ws-{number} ! {asked} -> {status}: {why}")), "{line}");
    assert!(line.ends_with(&format!(" ({section})")), "{line}");
}

#[test]
fn every_refusal_says_why_to_the_peer_and_to_the_log() {
    let program = Program::start("info", &OPTIONS);
    for (number, row) in (1..).zip(table()) {
        let mut peer = program.connect();
        peer.send(&row.request);
        let response = peer.response();
        assert_eq!(response.status, row.status, "{}", row.asked);
        check_fields(&response, &row, "text/plain; charset=utf-8");
        check_text(&response, &row);
        check_what_follows(&mut peer, row.goes_on);
        check_log(&program, number, &row);
    }
}

#[test]
fn json_for_those_who_accept_it() {
    let program = Program::start("off", &OPTIONS);
    for row in table().into_iter().filter(|row| !row.asked.starts_with('(')) {
        let request = String::from_utf8(row.request.clone()).unwrap();
        let request = request.replacen("\r\n", "\r\nAccept: application/json\r\n", 1);
        let mut peer = program.connect();
        peer.send(&request);
        let response = peer.response();
        assert_eq!(response.status, row.status, "{}", row.asked);
        check_fields(&response, &row, "application/json");
        check_json(&response, &row, &request);
    }
}

fn check_json(response: &Response, row: &Row, request: &str) {
    let answer: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(format!("{} {}", answer["status"], answer["phrase"].as_str().unwrap()), row.status);
    assert_eq!(answer["reason"], row.reason);
    assert_eq!(answer["section"], row.section);
    assert!(answer["why"].as_str().unwrap().starts_with(row.why), "{answer}");
    let right = answer["right_request"].as_array().unwrap();
    assert_eq!(right[0], right_line(row).as_str());
    let arrived: Vec<_> =
        answer["request_as_it_arrived"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(arrived.join("\n").trim_end(), request.replace("\r\n", "\n").trim_end());
}

/// RFC 9110 s9.3.2: the same header fields as with GET, and no content.
#[test]
fn an_answer_to_head_has_no_body() {
    let server = serve(Config::default());
    let cases = [
        ("HEAD /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "404 Not Found"),
        ("HEAD /ws HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed"),
        ("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n", "400 Bad Request"),
        ("HEAD / HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n", "417 Expectation Failed"),
    ];
    for (request, status) in cases {
        let mut peer = Peer::connect(server.addr);
        peer.send(request);
        let response = peer.head();
        assert_eq!(response.status, status);
        assert!(response.field("Content-Length").parse::<u32>().unwrap() > 100, "{response:?}");
        peer.ends();
    }
}

#[test]
fn secrets_in_the_answer_are_stars_whatever_the_log_may_show() {
    let program = Program::start("info", &["--show-secrets"]);
    let request = "GET /nowhere HTTP/1.1\r\nHost: a\r\nAuthorization: Basic aHVudGVyMg==\r\n\
                   Proxy-authorization: Bearer hunter2\r\nCOOKIE: id=hunter2; b=c\r\nX: seen\r\n\r\n";
    let text = String::from_utf8(Peer::ask(program.addr, request).body).unwrap();
    let stars = "    Authorization: ***** ************\n    Proxy-authorization: ****** *******\n    \
                 COOKIE: *********** ***\n    X: seen\n";
    assert!(text.contains(stars), "{text}");
    let json = request.replace("Host: a", "Host: a\r\nAccept: application/json");
    let json = String::from_utf8(Peer::ask(program.addr, json).body).unwrap();
    assert!(json.contains("\"Authorization: ***** ************\"") && !json.contains("hunter2"), "{json}");
}

#[test]
fn a_head_that_cannot_be_read_hides_its_secrets_too() {
    let server = serve(Config::default());
    let text = Peer::ask(server.addr, "GET / HTTP/1.1\r\nHost: a\r\nCookie : hunter2\r\n more\r\n\r\n").body;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("    Cookie : *******\n     ****\n"), "{text}");
}

#[test]
fn what_a_terminal_would_obey_is_escaped_in_the_answer() {
    let server = serve(Config::default());
    let request = b"GET /\xe2\x80\xae HTTP/1.1\r\nHost: a\r\nX: \xc2\x9b2J \xff \xe2\x80\x8b \xc3\xa9\r\n\r\n";
    let text = String::from_utf8(Peer::ask(server.addr, request).body).unwrap();
    assert!(text.contains("    GET /\\u{202e} HTTP/1.1\n"), "{text}");
    assert!(text.contains("    X: \\u{9b}2J \\xff \\u{200b} é\n"), "{text}");
    let text = Peer::ask(server.addr, b"GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[2J\r\n\r\n").body;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("    X: \\u{1b}[2J\n"), "{text}");
}

#[test]
fn each_refusal_is_counted_under_its_reason() {
    let program = Program::start("off", &OPTIONS);
    let mut expected = BTreeMap::new();
    for row in table() {
        *expected.entry(row.reason).or_insert(0) += 1;
        let mut peer = program.connect();
        peer.send(&row.request);
        peer.response();
    }
    let metrics = Peer::get(program.addr, "/metrics");
    for (reason, count) in expected {
        let line = format!("ws101_refusals_total{{reason=\"{reason}\"}} {count}");
        assert!(metrics.text().lines().any(|found| found == line), "{line} in\n{}", metrics.text());
    }
}

#[test]
fn a_head_that_does_not_come_is_told_so() {
    let program = Program::start("info", &["--handshake-timeout", "200ms"]);
    let mut peer = program.connect();
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n");
    let response = peer.response();
    assert_eq!(response.status, "408 Request Timeout");
    assert_eq!(response.field("Connection"), "close");
    assert!(response.text().starts_with(
        "408 Request Timeout: the request head did not come in time (--handshake-timeout).\nAsked for by RFC 9110 s15.5.9."
    ));
    assert!(response.text().ends_with("The request as it arrived:\n\n    GET / HTTP/1.1\n    Host: a\n"));
    peer.ends();
    let line = "ws-1 ! (no readable request) -> 408 Request Timeout: the request head did not come in time \
                (--handshake-timeout) (RFC 9110 s15.5.9)";
    program.wait_for(line);
}

#[test]
fn one_connection_too_many_is_told_so() {
    let program = Program::start("info", &["--max-connections", "1"]);
    let _first = program.open("/ws");
    let response = Peer::ask(program.addr, handshake("/ws", &[]));
    assert_eq!(response.status, "503 Service Unavailable");
    assert_eq!((response.field("Retry-After"), response.field("Connection")), ("1", "close"));
    assert!(response.text().starts_with("503 Service Unavailable: as many connections as this server takes"));
    let line = program.wait_for("ws-2 ! GET /ws -> 503 Service Unavailable: as many connections");
    assert!(line.ends_with(" (RFC 9110 s15.6.4)"), "{line}");
}

#[test]
fn a_server_that_stops_tells_so() {
    let mut server = serve(Config::default());
    // A client that does not answer the Close keeps the server from ending.
    let mut slow = Peer::open(server.addr, "/ws");
    let addr = server.addr;
    let stop = spawn("stop", move || server.stop(PATIENCE));
    assert_eq!(slow.close().code, 1001);
    let response = Peer::ask(addr, handshake("/ws", &[]));
    assert_eq!(response.status, "503 Service Unavailable");
    assert_eq!((response.field("Retry-After"), response.field("Connection")), ("1", "close"));
    assert!(
        response.text().starts_with("503 Service Unavailable: this server is stopping; try again, or another one.")
    );
    assert!(response.text().contains("Asked for by RFC 9110 s15.6.4."));
    drop(slow);
    stop.join().unwrap();
}
