//! What is told of a connection: its opening handshake, its frames, its end.

use crate::common::feed::{post, quiet, request};
use crate::common::peer::{Peer, frame, handshake};
use crate::common::serve;
use crate::common::watch::{Watching, bytes, token, watched};
use serde_json::{Value, json};
use std::time::Duration;
use ws101::server::Config;

/// The frame of RFC 6455 s5.7, and its echo.
const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const ECHO: &[u8] = b"\x81\x05Hello";

const CLOSE: &[u8] = b"\x88\x02\x03\xe8";

/// A client's Close, and the end of its connection.
pub fn close(mut peer: Peer) {
    peer.send(frame(0x88, &1000_u16.to_be_bytes()));
    peer.expect(CLOSE);
    peer.ends();
}

/// The records of a Close that the client sent, of the answer, and of the end.
fn closed(watch: &mut Watching) -> Value {
    watch.frame("client", "CLOSE fin=1 rsv=000 mask=37fa213d len=2 1000 normal closure");
    watch.told("=", "close 1000 normal closure, by the client");
    watch.frame("server", "CLOSE fin=1 rsv=000 mask=none len=2 1000 normal closure");
    watch.last("end")
}

fn without_time(mut record: Value) -> Value {
    record["at"].take();
    record
}

#[test]
fn the_hello_of_the_rfc_to_the_letter() {
    let server = serve(Config::default());
    let mut watch = Watching::start(server.addr, &token('a'));
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    peer.send(HELLO);
    peer.expect(ECHO);
    let connection = watch.opening();
    assert_eq!(connection, json!({ "type": "connection", "number": 2, "path": "/ws", "name": null }));
    let field = |name: &str, bit: u64, bits: u64, value: &str, words: &str, section: &str| json!({ "name": name, "bit": bit, "bits": bits, "value": value, "words": words, "section": section });
    let s5_2 = "RFC 6455 s5.2";
    assert_eq!(
        without_time(watch.expect("frame")),
        json!({
            "type": "frame", "n": 4, "at": null, "sender": "client",
            "line": "TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"", "name": "text", "control": false,
            "fin": true, "rsv": 0, "opcode": 1, "mask": "37fa213d", "length": 5, "length_bits": 7, "header_length": 6,
            "bytes": "818537fa213d7f9f4d5158", "left_out": 0,
            "fields": [
                field("FIN", 0, 1, "1", "last frame of the message", s5_2),
                field("RSV", 1, 3, "000", "no extension in use", s5_2),
                field("opcode", 4, 4, "1", "text", s5_2),
                field("MASK", 8, 1, "1", "a client always masks (s5.1)", "RFC 6455 s5.1"),
                field("length", 9, 7, "5", "5, so no extended length", s5_2),
                field("masking key", 16, 32, "37 fa 21 3d",
                    "byte i of the payload is XORed with byte i mod 4 of the key", "RFC 6455 s5.3"),
                field("payload", 48, 40, "\"Hello\"",
                    "text in UTF-8, or a first part of it; masked on the wire (s5.3)", "RFC 6455 s5.6"),
            ],
            "close": null,
        })
    );
    let echo = watch.frame("server", "TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"");
    assert_eq!((bytes(&echo), &echo["mask"]), (ECHO.to_vec(), &Value::Null));
    let names: Vec<&str> =
        echo["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["FIN", "RSV", "opcode", "MASK", "length", "payload"]);
    let written = peer.sent;
    close(peer);
    let end = closed(&mut watch);
    let text = format!("; messages: 1 in, 1 out; bytes: {} in, 140 out", written + 8);
    assert!(
        end["text"].as_str().unwrap().starts_with("ended after ") && end["text"].as_str().unwrap().ends_with(&text),
        "{end}"
    );
    let numbers = ["messages_in", "messages_out", "bytes_in", "bytes_out"].map(|name| end[name].as_u64().unwrap());
    assert_eq!(numbers, [1, 1, written + 8, 140]);
}

#[test]
fn the_opening_handshake_to_the_letter() {
    let server = serve(Config { name: Some("A".to_owned()), ..Config::default() });
    let target = watched("/mymsg", &token('a'));
    let mut peer = Peer::open(server.addr, &target);
    let mut watch = Watching::start(server.addr, &token('a'));
    assert_eq!(watch.expect("connection")["name"], "A");

    let starred = handshake(&watched("/mymsg", &"*".repeat(32)), &[]);
    let head = watch.expect("head");
    assert_eq!((bytes(&head), &head["body"]), (starred.into_bytes(), &json!("")));
    assert_eq!(
        head["lines"],
        json!([
            { "text": "GET /mymsg?watch=******************************** HTTP/1.1", "purpose": "" },
            { "text": "Host: localhost", "purpose": "the server that is meant (RFC 9112 s3.2)" },
            { "text": "Upgrade: websocket", "purpose": "the protocol to change to (RFC 9110 s7.8)" },
            { "text": "Connection: Upgrade", "purpose": "fields and wishes for this hop only (RFC 9110 s7.6.1)" },
            { "text": "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "purpose": "16 random bytes; their hash comes back (RFC 6455 s4.1)" },
            { "text": "Sec-WebSocket-Version: 13", "purpose": "13 is the only one (RFC 6455 s4.1)" },
        ])
    );
    let decision = watch.expect("decision");
    assert_eq!(
        decision["accept"],
        json!({
            "key": "dGhlIHNhbXBsZSBub25jZQ==", "guid": "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
            "sha1": "b37a4f2cc0624f1690f64606cf385945b2bec4ea",
            "accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        })
    );
    let steps = decision["steps"].as_array().unwrap();
    assert!(!steps.is_empty() && steps.iter().all(|step| step["met"] == true), "{decision}");
    assert_eq!(steps[0]["section"], "RFC 6455 s4.2.1");
    let head = watch.expect("head");
    let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Served-By: A\r\n\r\n";
    assert_eq!(String::from_utf8(bytes(&head)).unwrap(), text);

    // The greeting went out with the 101, in one write, and is a frame of its own.
    let greeting = peer.payload(0x81);
    let record = watch.expect("frame");
    assert_eq!(bytes(&record), [&[0x81, greeting.len() as u8], greeting.as_slice()].concat());
}

#[test]
fn a_watch_that_comes_when_all_is_over_is_told_the_same() {
    let server = serve(Config::default());
    let mut early = Watching::start(server.addr, &token('a'));
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    peer.send(HELLO);
    peer.expect(ECHO);
    let mut between = Watching::start(server.addr, &token('a'));
    close(peer);
    let records = early.rest();
    assert_eq!(records.last().unwrap()["type"], "end");
    assert_eq!(between.rest(), records);
    for _ in 0..2 {
        assert_eq!(Watching::start(server.addr, &token('a')).rest(), records);
    }
}

/// RFC 6455 s5.2: 125 is the last length that fits into seven bits, 65,535 the last one for two bytes.
#[test]
fn longer_payloads_have_an_extended_length() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    for (length, length_bits, extra) in
        [(125, 7, None), (126, 16, Some(16)), (65_535, 16, Some(16)), (65_536, 64, Some(64))]
    {
        let payload = vec![b'x'; length];
        let sent = frame(0x82, &payload);
        peer.send(&sent);
        assert!(peer.payload(0x82) == payload);
        let record = watch.expect("frame");
        assert!(bytes(&record) == sent, "{length} bytes");
        assert_eq!((&record["length"], &record["length_bits"]), (&json!(length), &json!(length_bits)));
        let extended = record["fields"].as_array().unwrap().iter().find(|field| field["name"] == "extended length");
        let place = extended.map(|field| (field["bit"].clone(), field["bits"].clone(), field["value"].clone()));
        assert_eq!(place, extra.map(|bits| (json!(16), json!(bits), json!(length.to_string()))));
        let echo = watch.expect("frame");
        assert_eq!(
            (&echo["sender"], &echo["length"], &echo["left_out"]),
            (&json!("server"), &json!(length), &json!(0))
        );
    }
}

#[test]
fn of_a_long_payload_the_first_64_kib_are_told() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    let sent = frame(0x82, &vec![7; 100_000]);
    peer.send(&sent);
    peer.payload(0x82);
    let record = watch.expect("frame");
    assert!(bytes(&record) == sent[..14 + 65_536]);
    assert_eq!((&record["length"], &record["left_out"]), (&json!(100_000), &json!(100_000 - 65_536)));
    let payload = record["fields"].as_array().unwrap().last().unwrap();
    assert_eq!((&payload["bit"], &payload["bits"]), (&json!(8 * 14), &json!(800_000)));
}

/// However the bytes are cut: a frame is one record, told when it is whole.
#[test]
fn fragments_and_what_comes_between_them() {
    let server = serve(Config::default());
    let mut watch = Watching::start(server.addr, &token('a'));
    let mut peer = Peer::connect(server.addr);
    let glued = [handshake(&watched("/ws", &token('a')), &[]).into_bytes(), frame(0x01, b"Hel")].concat();
    peer.send(&glued);
    peer.expect_101();
    for (sent, answer) in [(frame(0x89, b"?"), &b"\x8a\x01?"[..]), (frame(0x80, b"lo"), ECHO), (frame(0x8a, b""), b"")]
    {
        sent.iter().for_each(|byte| peer.send([*byte]));
        peer.expect(answer);
    }
    watch.opening();
    watch.frame("client", "TEXT fin=0 rsv=000 mask=37fa213d len=3 \"Hel\"");
    watch.frame("client", "PING fin=1 rsv=000 mask=37fa213d len=1 \"?\"");
    let pong = watch.frame("server", "PONG fin=1 rsv=000 mask=none len=1 \"?\"");
    assert_eq!((&pong["name"], &pong["control"], &pong["opcode"]), (&json!("pong"), &json!(true), &json!(10)));
    let last = watch.frame("client", "CONTINUATION fin=1 rsv=000 mask=37fa213d len=2 \"lo\"");
    assert_eq!((&last["name"], &last["fin"]), (&json!("continuation"), &json!(true)));
    watch.frame("server", "TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"");
    let empty = watch.frame("client", "PONG fin=1 rsv=000 mask=37fa213d len=0");
    assert!(empty["fields"].as_array().unwrap().iter().all(|field| field["name"] != "payload"), "{empty}");
    watch.told("%", "a Pong that was not asked for");
    close(peer);
    closed(&mut watch);
}

/// RFC 6455 s7.1.4: who closes first says why.
#[test]
fn a_close_is_told_with_who_sent_it() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/feed/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    peer.send(frame(0x82, b"\0"));
    assert_eq!(peer.close().code, 1003);
    watch.expect("frame");
    let why = "an event is text; this message was binary (s7.4.1)";
    watch.told("!", &format!("close 1003 unsupported data \"{why}\", by this server"));
    let close = watch.expect("frame");
    assert_eq!(close["sender"], "server");
    assert_eq!(close["close"], json!({ "code": 1003, "meaning": "unsupported data", "reason": why }));
    peer.send(frame(0x88, b"\x03\xebwell"));
    peer.ends();
    drop(peer);
    let close = watch.expect("frame");
    assert_eq!(close["close"], json!({ "code": 1003, "meaning": "unsupported data", "reason": "well" }));
    watch.last("end");
}

#[test]
fn a_close_without_a_code_has_none() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    peer.send(frame(0x88, b""));
    peer.expect(b"\x88\x00");
    peer.ends();
    drop(peer);
    assert_eq!(watch.expect("frame")["close"], json!({ "code": null, "meaning": null, "reason": "" }));
    watch.expect("told");
    watch.expect("frame");
    watch.last("end");
}

/// s5.5.1: what stands behind a Close is not looked at, by nobody.
#[test]
fn nothing_is_told_of_what_follows_a_close() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    peer.send([&frame(0x88, &1000_u16.to_be_bytes()), HELLO, &HELLO[..7]].concat());
    peer.expect(CLOSE);
    peer.send(HELLO);
    peer.ends();
    drop(peer);
    closed(&mut watch);
}

#[test]
fn pings_of_the_server_are_told() {
    let ping_interval = Duration::from_millis(50);
    let server = serve(Config { ping_interval, ping_timeout: crate::common::PATIENCE, ..Config::default() });
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    peer.expect(b"\x89\x011");
    watch.told("%", "silent: Ping \"1\" sent");
    watch.frame("server", "PING fin=1 rsv=000 mask=none len=1 \"1\"");
    peer.send(frame(0x8a, b"1"));
    watch.frame("client", "PONG fin=1 rsv=000 mask=37fa213d len=1 \"1\"");
    let told = watch.expect("told");
    assert!(told["text"].as_str().unwrap().starts_with("Pong after "), "{told}");
}

/// What a second thread writes is shown as well, whole frames in their order.
#[test]
fn events_that_are_pushed_are_told() {
    let server = serve(quiet());
    let mut peer = Peer::open(server.addr, &watched("/feed/ws", &token('a')));
    let mut watch = Watching::start(server.addr, &token('a'));
    watch.opening();
    for text in ["one", "two"] {
        let json = post(server.addr, text);
        assert_eq!(peer.payload(0x81), json.as_bytes());
        let record = watch.expect("frame");
        assert_eq!((&record["sender"], &bytes(&record)[2..]), (&json!("server"), json.as_bytes()));
    }
}

/// RFC 9112 s6.3: without chunks the body lasts to the end of the connection.
#[test]
fn a_watcher_of_http_1_0_gets_no_chunks() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    let old = request(&format!("/watch/{}", token('a')), &[]).replace("HTTP/1.1", "HTTP/1.0");
    let mut watch = Watching::over(Peer::connect(server.addr), &old, 0);
    watch.opening();
    peer.send(HELLO);
    watch.frame("client", "TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"");
    watch.expect("frame");
    peer.expect(ECHO);
    close(peer);
    closed(&mut watch);
}

#[test]
fn a_watch_that_was_cut_off_goes_on_where_it_was() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, &watched("/ws", &token('a')));
    peer.send(HELLO);
    peer.expect(ECHO);
    let path = format!("/watch/{}", token('a'));
    let again = |target: &str, line: &str, seen| {
        let request = if line.is_empty() { request(target, &[]) } else { request(target, &[line]) };
        let mut watch = Watching::over(Peer::connect(server.addr), &request, seen);
        watch.expect("connection");
        watch
    };
    // In the middle of the opening handshake, and behind the first frame.
    assert_eq!(again(&format!("{path}?after=2"), "", 2).expect("head")["n"], 3);
    assert_eq!(again(&path, "Last-Event-ID: 1", 1).expect("decision")["n"], 2);
    assert_eq!(again(&path, "Last-Event-ID: 4", 4).expect("frame")["n"], 5);
    // A browser comes back with the address it has always had, and says in the field how far it got.
    assert_eq!(again(&format!("{path}?after=1"), "Last-Event-ID: 4", 4).expect("frame")["n"], 5);
    // Of a number that was never given, or that is none, nothing breaks.
    let mut ahead = again(&path, "Last-Event-ID: 18446744073709551615", u64::MAX);
    let mut garbled = again(&path, "Last-Event-ID: \u{e9}18446744073709551616", 0);
    assert_eq!(garbled.expect("head")["n"], 1);
    close(peer);
    ahead.last("end");
}
