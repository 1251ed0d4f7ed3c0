//! An opening handshake that is refused, and frames that no client may send: both are what a page is watched for.

use super::shown::close;
use crate::common::peer::{Peer, frame, handshake};
use crate::common::serve;
use crate::common::watch::{Watching, bytes, token, watched};
use serde_json::Value;
use ws101::protocol::upgrade::Policy;
use ws101::server::Config;

/// Sends a handshake that is refused. Its status and body, and the records of it.
fn refused(config: Config, handshake: &str) -> (String, String, Vec<Value>) {
    let server = serve(config);
    let mut watch = Watching::start(server.addr, &token('a'));
    let mut peer = Peer::connect(server.addr);
    peer.send(handshake);
    let response = peer.response();
    assert_eq!(response.field("Connection").split(", ").last(), Some("close"));
    drop(peer);
    watch.expect("connection");
    let records = watch.rest();
    let kinds: Vec<&str> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["head", "decision", "head", "end"]);
    (response.status.clone(), response.text().to_owned(), records)
}

/// The step of the decision that was not met.
fn not_met(decision: &Value) -> &Value {
    assert_eq!((&decision["granted"], &decision["accept"]), (&Value::Bool(false), &Value::Null));
    let mut steps = decision["steps"].as_array().unwrap().iter().filter(|step| step["met"] == false);
    let step = steps.next().expect("what was wrong");
    assert_eq!(steps.next(), None);
    step
}

#[test]
fn a_handshake_without_a_key_is_shown_with_the_answer() {
    let handshake = handshake(&watched("/ws", &token('a')), &["Cookie: secret"]);
    let handshake = handshake.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "");
    let (status, body, records) = refused(Config::default(), &handshake);
    assert_eq!(status, "400 Bad Request");
    let step = not_met(&records[1]);
    assert_eq!(
        (step["found"].as_str(), step["section"].as_str()),
        (Some("no Sec-WebSocket-Key"), Some("RFC 6455 s4.2.1"))
    );
    assert_eq!((records[2]["sender"].as_str(), records[2]["body"].as_str()), (Some("server"), Some(body.as_str())));
    assert_eq!(records[2]["lines"][0]["text"], "HTTP/1.1 400 Bad Request");
    assert!(bytes(&records[2]).ends_with(b"\r\n\r\n"), "the head alone");
    assert!(body.contains(&format!("    GET /ws?watch={} HTTP/1.1\n", "*".repeat(32))), "{body}");
    assert!(body.contains("    Cookie: ******\n"), "{body}");
}

#[test]
fn the_page_of_another_origin_is_shown_why() {
    let policy = Policy { origins: vec!["https://a.example".to_owned()], ..Policy::default() };
    let handshake = handshake(&watched("/ws", &token('a')), &["Origin: https://b.example"]);
    let (status, body, records) = refused(Config { policy, ..Config::default() }, &handshake);
    assert_eq!(status, "403 Forbidden");
    let step = not_met(&records[1]);
    assert_eq!(step["found"], "Origin: https://b.example");
    assert_eq!(records[2]["body"], body);
}

/// What comes from outside is no markup, no escape of a terminal and no line break of the stream.
#[test]
fn hostile_values_of_a_head_stay_values() {
    let line = "X-Evil: <img src=x onerror=alert(1)>\u{1b}[2J\u{202e} data: \"}\u{2028}";
    let handshake = handshake(&watched("/nowhere", &token('a')), &[]).replace("/nowhere", "/ws");
    let handshake = handshake
        .replace("Upgrade: websocket\r\n", &format!("Upgrade: wobsocket\r\n{}\r\n", line.replace('\u{1b}', "\t")));
    let (status, _, records) = refused(Config::default(), &handshake);
    assert_eq!(status, "426 Upgrade Required");
    let lines: Vec<&str> =
        records[0]["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert!(lines.contains(&"X-Evil: <img src=x onerror=alert(1)>\\t[2J\\u{202e} data: \"}\\u{2028}"), "{lines:?}");
}

/// s5.1. The frame is shown, and then what is wrong with it.
#[test]
fn a_frame_without_a_mask_is_told_with_its_section() {
    let server = serve(Config::default());
    let mut watch = Watching::start(server.addr, &token('a'));
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    watch.opening();
    peer.send(b"\x81\x05Hello");
    assert_eq!(peer.close().code, 1002);
    let record = watch.frame("client", "TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"");
    let mask = record["fields"].as_array().unwrap().iter().find(|field| field["name"] == "MASK").unwrap();
    assert_eq!(mask["words"], "not set, but a client must mask (s5.1)");
    let why = "error a frame from a client must be masked (RFC 6455 s5.1): close 1002 protocol error, by this server";
    watch.told("!", why);
    let close = watch.expect("frame");
    assert_eq!((&close["sender"], &close["close"]["code"]), (&Value::from("server"), &Value::from(1002)));
    // From here on nobody knows where a frame begins, so nothing more is told of what comes.
    peer.send([7; 100]);
    peer.ends();
    drop(peer);
    watch.last("end");
}

#[test]
fn a_frame_that_is_left_unfinished_is_told() {
    let server = serve(Config::default());
    for (cut, words) in [
        (1, "ended inside a frame header: 1 of at least 2 bytes had come"),
        (4, "ended inside a frame header: 4 of at least 6 bytes had come"),
        (9, "ended inside a frame: 3 of 5 payload bytes had come"),
    ] {
        let token = token(char::from(b'a' + cut as u8 % 6));
        let mut peer = Peer::open(server.addr, &watched("/ws", &token));
        let mut watch = Watching::start(server.addr, &token);
        watch.opening();
        peer.send(&frame(0x81, b"Hello")[..cut]);
        peer.finish();
        peer.ends();
        watch.told("!", "the client ended TCP without a Close (1006 abnormal closure; never sent in a frame)");
        watch.told("!", words);
        watch.last("end");
    }
}

#[test]
fn a_reset_is_told() {
    let server = serve(Config::default());
    let mut watch = Watching::start(server.addr, &token('a'));
    let peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    watch.opening();
    peer.reset();
    watch.told("!", "the client reset the connection without a Close (1006 abnormal closure; never sent in a frame)");
    watch.last("end");
}

/// RFC 6455 s7.1.5: what closes properly before anybody can look is told all the same.
#[test]
fn the_other_paths_are_watched_too() {
    let server = serve(Config::default());
    for (path, digit) in [("/ws", 'a'), ("/mymsg", 'b'), ("/live", 'c'), ("/feed/ws", 'd')] {
        let mut watch = Watching::start(server.addr, &token(digit));
        close(Peer::open(server.addr, &format!("{path}?ping=off&watch={}", token(digit))));
        assert_eq!(watch.opening()["path"], path);
        assert_eq!(watch.rest().last().unwrap()["type"], "end");
    }
}
