//! What a server does so that what stands before it can be found out: it tells how a request arrived, says who answers, and
//! ends a connection as a server does that dies.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::feed::{post, quiet, request};
use common::peer::{Peer, frame, handshake};
use common::serve;
use common::watch::{Watching, token};
use serde_json::Value;
use std::io::ErrorKind;
use std::net::SocketAddr;
use ws101::server::Config;
use ws101::wire::inspected::Inspected;

fn named(name: &str) -> Config {
    Config { name: Some(name.to_owned()), ..quiet() }
}

fn lines(text: &str) -> Vec<String> {
    text.trim_end().split("\r\n").map(str::to_owned).collect()
}

#[test]
fn every_websocket_tells_first_how_its_request_arrived() {
    let server = serve(named("A"));
    post(server.addr, "Goal");
    for path in ["/ws", "/mymsg", "/live", "/feed/ws"] {
        let target = format!("{path}?after=0&inspect=1");
        let asked = handshake(&target, &["cookie: secret", "X-Odd: \u{1b}"]);
        let mut peer = Peer::connect(server.addr);
        // A control character can't be in a head; what is no ASCII can.
        let asked = asked.replace('\u{1b}', "é");
        peer.send(&asked);
        peer.expect_101();
        let told = Inspected::parse(&peer.payload(0x81)).expect("what arrived comes first");
        assert_eq!((told.name.as_deref(), told.ws101.as_str()), (Some("A"), env!("CARGO_PKG_VERSION")), "{path}");
        assert_eq!((told.peer, told.client.as_str()), (peer.addr().to_string(), "127.0.0.1"));
        assert_eq!(told.proxy_protocol, None);
        assert_eq!(told.request_as_it_arrived, lines(&asked.replace(": secret", ": ******")), "{path}");
        let next = String::from_utf8(peer.payload(0x81)).unwrap();
        let expected = if path == "/feed/ws" { "Goal" } else { "[A] hello" };
        assert!(next.contains(expected), "{path}: {next}");
    }
}

#[test]
fn a_refusal_in_json_tells_the_same() {
    let server = serve(named("A"));
    let asked = "GET /ws HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nAuthorization: Basic dTpw\r\n\r\n";
    let response = Peer::ask(server.addr, asked);
    assert_eq!(
        (response.status.as_str(), response.field("Content-Type")),
        ("426 Upgrade Required", "application/json")
    );
    let told = Inspected::parse(&response.body).expect("it is a part of it");
    assert_eq!((told.name.as_deref(), told.client.as_str()), (Some("A"), "127.0.0.1"));
    assert_eq!(told.request_as_it_arrived[3], "Authorization: ***** ****");
    let all: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!((&all["status"], &all["reason"]), (&Value::from(426), &Value::from("no-upgrade")));
    assert_eq!(all["right_request"][0], "GET /ws HTTP/1.1");
    // An event that is no text is refused when its head is long gone.
    let asked = "POST /feed HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nContent-Length: 1\r\n\r\n";
    let response = Peer::ask(server.addr, [asked.as_bytes(), b"\xff"].concat());
    assert_eq!(Inspected::parse(&response.body).expect("JSON").request_as_it_arrived[0], "POST /feed HTTP/1.1");
}

#[test]
fn parameters_that_mean_nothing_are_refused() {
    let server = serve(quiet());
    for (target, right) in [
        ("/ws?inspect=2", "right is inspect=1"),
        ("/feed/ws?inspect", "right is inspect=1"),
        ("/ws?inspect=1&inspect=1", "inspect is given more than once"),
        ("/live?cut=", "right are cut=fin and cut=reset"),
        ("/ws?cut=kill", "right are cut=fin and cut=reset"),
    ] {
        let response = Peer::ask(server.addr, handshake(target, &[]));
        assert_eq!(response.status, "400 Bad Request", "{target}");
        assert!(response.text().contains(right), "{target}: {}", response.text());
        assert!(response.text().contains("Sec-WebSocket-Version: 13"), "a right handshake is shown");
    }
    assert_eq!(Peer::get(server.addr, "/healthz?inspect=2").status, "200 OK", "elsewhere it is passed over");
}

#[test]
fn every_answer_says_which_server_it_is_of() {
    let server = serve(Config { max_connections: 4, ..named("A") });
    for path in ["/", "/healthz", "/metrics", "/nowhere", "/ws", "/feed/poll?after=0"] {
        assert_eq!(Peer::get(server.addr, path).field("X-Served-By"), "A", "{path}");
    }
    assert_eq!(Peer::ask(server.addr, "no request\r\n\r\n").field("X-Served-By"), "A");
    for (path, status) in [("/feed/stream", "200 OK"), (&*format!("/watch/{}", token('a')), "200 OK")] {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(path, &[]));
        let head = peer.head();
        assert_eq!((head.status.as_str(), head.field("X-Served-By")), (status, "A"), "{path}");
    }
    let mut peer = Peer::connect(server.addr);
    peer.send(handshake("/ws", &[]));
    assert_eq!(peer.head().field("X-Served-By"), "A");
}

#[test]
fn a_name_is_ascii_in_a_field_and_no_name_is_no_field() {
    let served_by = |addr: SocketAddr| Peer::get(addr, "/healthz").field("X-Served-By").to_owned();
    assert_eq!(served_by(serve(named(" zwölf 12%\r\nX: y")).addr), "%20zw%C3%B6lf%2012%25%0D%0AX:%20y");
    assert_eq!(served_by(serve(quiet()).addr), "");
}

#[test]
fn cut_off_as_asked_in_order_and_with_a_reset() {
    let server = serve(quiet());
    let mut bystander = Peer::open(server.addr, "/ws");
    for path in ["/ws", "/feed/ws", "/live"] {
        let mut peer = Peer::open(server.addr, &format!("{path}?cut=fin"));
        peer.send(frame(0x89, b"a Ping is no message"));
        assert_eq!(peer.payload(0x8a), b"a Ping is no message");
        peer.send([frame(0x81, b"first"), frame(0x81, b"second")].concat());
        peer.ends();
        let mut peer = Peer::open(server.addr, &format!("{path}?cut=reset"));
        peer.send(frame(0x81, b"first"));
        assert_eq!(peer.try_take(1).unwrap_err().kind(), ErrorKind::ConnectionReset, "{path}");
    }
    // A message that comes with the handshake is a first message, too.
    let mut peer = Peer::connect(server.addr);
    peer.send([handshake("/ws?cut=fin", &[]).as_bytes(), &frame(0x81, b"glued")].concat());
    peer.expect_101();
    peer.ends();
    bystander.send(frame(0x81, b"still here"));
    assert_eq!(bystander.payload(0x81), b"still here", "nobody else is cut off");
    let metrics = Peer::get(server.addr, "/metrics");
    assert!(metrics.text().contains("ws101_closes_total{by=\"server\",code=\"1006\"} 7\n"), "{}", metrics.text());
    assert!(metrics.text().contains("ws101_feed_events_total 0\n"), "what was sent became no event");
}

#[test]
fn who_watches_is_told_of_the_cut() {
    let server = serve(quiet());
    let mut watch = Watching::start(server.addr, &token('b'));
    let mut peer = Peer::open(server.addr, &format!("/ws?cut=fin&watch={}", token('b')));
    peer.send(frame(0x81, b"first"));
    peer.ends();
    watch.opening();
    watch.frame("client", "TEXT fin=1 rsv=000 mask=37fa213d len=5 \"first\"");
    watch.told("=", "cut off as asked (?cut=fin)");
    drop(peer);
    watch.last("end");
}
