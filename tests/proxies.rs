//! Who the client is when a proxy stands between: the header of the PROXY protocol, in every form and cut anywhere, and the
//! last hop of `X-Forwarded-For`, whatever stands before it. No proxy is needed: its bytes are written here.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::feed::{quiet, request};
use common::peer::{Peer, Response, frame, handshake};
use common::program::Program;
use common::serve;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use ws101::server::{Config, Handle};
use ws101::wire::inspected::Inspected;

const V1: &[u8] = b"PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n";

/// Version 2 with a command, a family, and what follows the length.
fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
    let length = (rest.len() as u16).to_be_bytes();
    [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[command, family], &length, rest].concat()
}

fn v4_ends() -> Vec<u8> {
    vec![203, 0, 113, 9, 192, 0, 2, 1, 0xdc, 0x04, 0x01, 0xbb]
}

fn v6_ends() -> Vec<u8> {
    let mut ends = vec![0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
    ends.extend([0; 15]);
    ends.extend([1, 0xdc, 0x04, 0x01, 0xbb]);
    ends
}

fn expecting_headers() -> Handle {
    serve(Config { proxy_protocol: true, ..quiet() })
}

/// What the server says of a request, which it refuses: nothing is at this path.
fn inspected(peer: &mut Peer, lines: &[&str]) -> Inspected {
    peer.send(request("/nowhere", &[lines, &["Accept: application/json"]].concat()));
    let response = peer.response();
    assert_eq!(response.status, "404 Not Found", "{}", response.text());
    Inspected::parse(&response.body).expect("how it arrived")
}

fn reason(response: &Response) -> String {
    let told: Value = serde_json::from_slice(&response.body).unwrap_or_else(|_| panic!("no JSON: {}", response.text()));
    told["reason"].as_str().expect("a reason").to_owned()
}

// The header of the PROXY protocol.

#[test]
fn every_form_of_the_header_is_read_and_names_the_client() {
    let server = expecting_headers();
    let values = [v4_ends(), b"\x02\0\x0bexample.org\x04\0\0\xe0\0\x01x".to_vec()].concat();
    for (header, client, words) in [
        (V1.to_vec(), "203.0.113.9", "v1, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443"),
        (b"PROXY TCP6 2001:db8::9 ::1 1 2\r\n".to_vec(), "2001:db8::9", "v1, TCP6 from [2001:db8::9]:1 to [::1]:2"),
        (b"PROXY UNKNOWN\r\n".to_vec(), "127.0.0.1", "v1, UNKNOWN"),
        (v2(0x21, 0x11, &v4_ends()), "203.0.113.9", "v2, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443"),
        (v2(0x21, 0x21, &v6_ends()), "2001:db8::9", "v2, TCP6 from [2001:db8::9]:56324 to [::1]:443"),
        (v2(0x21, 0x11, &values), "203.0.113.9", "v2, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443"),
        (v2(0x20, 0x00, b""), "127.0.0.1", "v2, LOCAL"),
        (v2(0x20, 0x11, &v4_ends()), "127.0.0.1", "v2, LOCAL"),
    ] {
        let mut peer = Peer::connect(server.addr);
        peer.send(&header);
        // It stands at the head of the connection, and is believed for each request on it.
        for _ in 0..2 {
            let told = inspected(&mut peer, &[]);
            assert_eq!((told.client.as_str(), told.proxy_protocol.as_deref()), (client, Some(words)));
            assert_eq!(told.peer, peer.addr().to_string(), "the peer stays who it is");
            assert_eq!(told.request_as_it_arrived[0], "GET /nowhere HTTP/1.1", "the header is no part of the request");
        }
    }
}

#[test]
fn a_header_may_be_cut_anywhere_and_glued_to_what_follows() {
    let server = expecting_headers();
    let hello = frame(0x81, b"Hello");
    for header in [V1.to_vec(), v2(0x21, 0x21, &v6_ends())] {
        let all = [header.as_slice(), handshake("/ws", &[]).as_bytes(), hello.as_slice()].concat();
        for cut in 0..=header.len() + 1 {
            let mut peer = Peer::connect(server.addr);
            peer.send(&all[..cut]);
            peer.send(&all[cut..]);
            peer.expect_101();
            assert_eq!(peer.payload(0x81), b"Hello", "cut at {cut}");
        }
        let mut peer = Peer::connect(server.addr);
        all[..header.len() + 4].iter().for_each(|byte| peer.send([*byte]));
        peer.send(&all[header.len() + 4..]);
        peer.expect_101();
        assert_eq!(peer.payload(0x81), b"Hello", "byte by byte");
    }
}

#[test]
fn a_header_that_is_wrong_is_refused_and_explained() {
    let server = expecting_headers();
    let endless = [b"PROXY TCP4 ".as_slice(), &[b'1'; 200]].concat();
    let mut huge = v2(0x21, 0x11, &v4_ends());
    huge[14..16].copy_from_slice(&[0xff, 0xff]);
    for (header, why) in [
        (b"PROXY TCP9 203.0.113.9 192.0.2.1 1 2\r\n".to_vec(), "its protocol is none of TCP4, TCP6 and UNKNOWN"),
        (b"PROXY TCP4 203.0.113.999 192.0.2.1 1 2\r\n".to_vec(), "its first address"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 99999\r\n".to_vec(), "its second port"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2 \x1b[2J\r\n".to_vec(), "behind its ports"),
        (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n".to_vec(), "no CR"),
        (endless, "107 bytes and no end of its line"),
        (v2(0x31, 0x11, &v4_ends()), "its version is not 2"),
        (v2(0x2f, 0x11, &v4_ends()), "neither LOCAL nor PROXY"),
        (v2(0x21, 0x51, &v4_ends()), "its address family is none"),
        (v2(0x21, 0x11, b"\x7f\0\0\x01"), "its addresses take 12 bytes, and it has 4"),
        (v2(0x21, 0x11, &[v4_ends(), vec![1, 0, 9]].concat()), "do not end where it does"),
        (huge, "it announces 65551 bytes, and 4096 is the most"),
    ] {
        let mut peer = Peer::connect(server.addr);
        peer.send(&header);
        let response = peer.response();
        assert_eq!((response.status.as_str(), response.field("Connection")), ("400 Bad Request", "close"));
        assert!(response.text().contains(why), "{why}: {}", response.text());
        assert!(response.text().contains("PROXY protocol, section 2."), "{}", response.text());
        assert!(!response.text().contains('\x1b'), "what arrived is escaped: {}", response.text());
        peer.finish();
        peer.ends();
    }
    let metrics = Peer::ask(server.addr, [V1, request("/metrics", &[]).as_bytes()].concat());
    assert!(
        metrics.text().contains("ws101_refusals_total{reason=\"proxy-protocol-malformed\"} 12\n"),
        "{}",
        metrics.text()
    );
}

#[test]
fn a_header_that_does_not_come_is_missed() {
    let server = expecting_headers();
    for target in ["/ws", "/healthz"] {
        let mut peer = Peer::connect(server.addr);
        peer.send(request(target, &["Accept: application/json"]));
        let response = peer.response();
        assert_eq!((response.status.as_str(), response.field("Connection")), ("400 Bad Request", "close"), "{target}");
        assert_eq!(reason(&response), "proxy-protocol-missing");
        let told = Inspected::parse(&response.body).expect("how it arrived");
        assert_eq!((told.proxy_protocol, told.request_as_it_arrived.len()), (None, 3));
    }
    let response = Peer::get(server.addr, "/healthz");
    assert!(response.text().contains("turn it on in the proxy (HAProxy: send-proxy"), "{}", response.text());
    assert!(response.text().contains("    GET /healthz HTTP/1.1\n"), "what arrived is shown");
}

#[test]
fn a_header_that_is_slow_is_not_waited_for() {
    let server = serve(Config { proxy_protocol: true, handshake_timeout: Duration::from_millis(100), ..quiet() });
    for part in [&b""[..], b"PRO", &V1[..40], b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f"] {
        let mut peer = Peer::connect(server.addr);
        peer.send(part);
        let response = peer.response();
        assert_eq!(response.status, "408 Request Timeout");
        assert!(
            response.text().contains("the header of the PROXY protocol did not come in time"),
            "{}",
            response.text()
        );
    }
}

#[test]
fn a_header_that_nobody_asked_for_is_explained() {
    let server = serve(quiet());
    for (header, says) in [
        (V1.to_vec(), "HAProxy: remove send-proxy;"),
        (v2(0x21, 0x11, &v4_ends()), "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a"),
    ] {
        let response = Peer::ask(server.addr, [header.as_slice(), request("/ws", &[]).as_bytes()].concat());
        assert_eq!(response.status, "400 Bad Request");
        assert!(response.text().contains(says) && response.text().contains("--proxy-protocol"), "{}", response.text());
    }
    // Nor is a second one.
    let server = expecting_headers();
    let response = Peer::ask(server.addr, [V1, V1, request("/ws", &[]).as_bytes()].concat());
    assert!(response.text().contains("not told to expect here"), "{}", response.text());
}

// X-Forwarded-For.

#[test]
fn the_last_hop_alone_is_believed_and_for_its_request_alone() {
    let server = serve(Config { behind_proxy: true, ..quiet() });
    let mut peer = Peer::connect(server.addr);
    for (lines, client) in [
        (&["X-Forwarded-For: 203.0.113.9"][..], "203.0.113.9"),
        (&[], "127.0.0.1"),
        // As nginx passes a forged field on, and as HAProxy does.
        (&["X-Forwarded-For: 198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        (&["X-Forwarded-For: 198.51.100.1", "x-forwarded-for: 203.0.113.9"], "203.0.113.9"),
        (&["X-Forwarded-For: 203.0.113.9, unknown"], "127.0.0.1"),
        (&["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: "], "127.0.0.1"),
        (&["X-Forwarded-For: [2001:db8::9]:4000"], "2001:db8::9"),
        (&["X-Forwarded-For: 203.0.113.9, é"], "127.0.0.1"),
    ] {
        assert_eq!(inspected(&mut peer, lines).client, client, "{lines:?}");
    }
    let unasked = serve(quiet());
    assert_eq!(inspected(&mut Peer::connect(unasked.addr), &["X-Forwarded-For: 203.0.113.9"]).client, "127.0.0.1");
}

#[test]
fn connections_tell_the_client_to_who_may_see_addresses() {
    let server = serve(Config { behind_proxy: true, show_peers: true, ..quiet() });
    let mut socket = Peer::connect(server.addr);
    socket.send(handshake("/ws", &["X-Forwarded-For: 203.0.113.9"]));
    socket.expect_101();
    let told: Value = serde_json::from_str(Peer::get(server.addr, "/connections").text()).unwrap();
    let connection = &told["connections"][1];
    assert_eq!(
        (&connection["client"], &connection["peer"]),
        (&Value::from("203.0.113.9"), &Value::from(socket.addr().to_string()))
    );
    let told: Value = serde_json::from_str(Peer::get(serve(quiet()).addr, "/connections").text()).unwrap();
    assert_eq!(told["connections"][0].get("client"), None);
}

// The log.

fn talk(addr: SocketAddr, header: &[u8], target: &str, lines: &[&str]) -> SocketAddr {
    let mut peer = Peer::connect(addr);
    peer.send([header, handshake(target, lines).as_bytes()].concat());
    peer.expect_101();
    peer.send(frame(0x88, b"\x03\xe8"));
    peer.close();
    peer.ends();
    peer.addr()
}

#[test]
fn the_log_says_from_whom_and_by_way_of_whom() {
    let program = Program::start("info", &["--tick", "off", "--behind-proxy"]);
    let peer = talk(program.addr, b"", "/ws", &["X-Forwarded-For: 203.0.113.9"]);
    program.wait_for(&format!("INFO  ws-1 = open /ws from 203.0.113.9, by way of {peer}"));
    let peer = talk(program.addr, b"", "/ws", &[]);
    program.wait_for(&format!("INFO  ws-2 = open /ws from {peer} (no X-Forwarded-For)"));
    let evil = "X-Forwarded-For: 203.0.113.9, \u{9b}2J\\n\"INFO  ws-1 = forged";
    let peer = talk(program.addr, b"", "/ws", &[evil]);
    program.wait_for("INFO  ws-3 ! X-Forwarded-For ends with \"\\u{9b}2J\\\\n\\\"INFO  ws-1 = forged\", no address: it is passed over");
    program.wait_for(&format!("INFO  ws-3 = open /ws from {peer}"));
    Peer::ask(program.addr, request("/healthz", &["X-Forwarded-For: 203.0.113.9", "Connection: close"]));
    program.wait_for("INFO  ws-4 = GET /healthz from 203.0.113.9, by way of 127.0.0.1:");
}

#[test]
fn the_bytes_of_a_header_are_told_as_what_they_are() {
    let program = Program::start("trace", &["--tick", "off", "--proxy-protocol"]);
    let values = [v4_ends(), b"\x02\0\x0bexample.org\xe1\0\x01x".to_vec()].concat();
    let peer = talk(program.addr, &v2(0x21, 0x11, &values), "/ws", &[]);
    let told = "DEBUG ws-1 < PROXY header, 46 bytes: v2, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443";
    program.wait_for(told);
    program.wait_for(&format!("INFO  ws-1 = open /ws from 203.0.113.9:56324, by way of {peer}"));
    program.wait_for("ws-1 = ended after ");
    let lines = program.lines();
    let at = lines.iter().position(|line| line == told).unwrap();
    assert_eq!(lines[at + 1], "    type 0x02 AUTHORITY: the host that was asked for, 11 bytes");
    assert_eq!(lines[at + 2], "    type 0xe1 an application's own, 1 byte");
    assert_eq!(lines[at + 3], "DEBUG ws-1 < GET /ws HTTP/1.1", "the head begins behind it");
    let dump = lines.iter().position(|line| line.starts_with("TRACE ws-1 < ")).unwrap();
    assert!(
        dump < at && lines[dump + 1].starts_with("    0000  0d 0a 0d 0a 00 0d 0a 51  55 49 54 0a 21 11"),
        "{lines:#?}"
    );
    let mut peer = Peer::connect(program.addr);
    peer.send(b"PROXY TCP4 \x1b[2J\r\n");
    peer.response();
    let line = program.wait_for("ws-2 ! (no readable request)");
    assert!(line.contains("a header of the PROXY protocol, and not a right one"), "{line}");
}

#[test]
fn trace_peer_asks_for_the_client_that_proxies_name() {
    for (option, header, lines) in [
        ("--behind-proxy", &b""[..], &["X-Forwarded-For: 198.51.100.1, 203.0.113.9"][..]),
        ("--proxy-protocol", V1, &["X-Forwarded-For: 127.0.0.1"]),
    ] {
        for (peer, wanted) in [("203.0.113.9", true), ("127.0.0.1", false), ("198.51.100.1", false)] {
            let program = Program::start("trace", &["--tick", "off", option, "--trace-peer", peer]);
            talk(program.addr, header, "/ws", lines);
            program.wait_for("ws-1 = ended after ");
            let has = |level: &str| program.lines().iter().any(|line| line.starts_with(&format!("{level} ws-1 ")));
            assert_eq!((has("TRACE"), has("DEBUG"), has("INFO ")), (wanted, wanted, true), "{option} {peer}");
        }
    }
    // And for the path as well; on the same connection the next request may be another client's.
    let program =
        Program::start("debug", &["--behind-proxy", "--trace-peer", "203.0.113.9", "--trace-path", "/healthz"]);
    let mut peer = Peer::connect(program.addr);
    for (target, client) in
        [("/healthz?a", "203.0.113.9"), ("/healthz?b", "198.51.100.1"), ("/readyz?c", "203.0.113.9")]
    {
        peer.send(request(target, &[&format!("X-Forwarded-For: {client}")]));
        peer.response();
    }
    program.wait_for("INFO  ws-1 = GET /readyz?c from");
    let shown = program.lines().into_iter().filter(|line| line.starts_with("DEBUG ws-1 < ")).collect::<Vec<_>>();
    assert_eq!(shown, ["DEBUG ws-1 < GET /healthz?a HTTP/1.1"]);
}
