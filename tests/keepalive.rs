//! Is the other end still there? A silent peer is pinged, and one that stays silent is let go.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::peer::{Close, Peer, frame, handshake};
use common::program::Program;
use common::{PATIENCE, serve, wait_until};
use std::time::{Duration, Instant};
use ws101::server::Config;

const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const ECHO: &[u8] = b"\x81\x05Hello";

const INTERVAL: Duration = Duration::from_millis(150);

/// Pings soon, and has all the patience of the test for a Pong.
fn pinging() -> Config {
    Config { ping_interval: INTERVAL, ping_timeout: PATIENCE, ..Config::default() }
}

#[test]
fn a_silent_peer_is_pinged_and_a_pong_keeps_it() {
    let server = serve(pinging());
    let mut peer = Peer::open(server.addr, "/ws");
    peer.expect(b"\x89\x011");
    for (pong, ping) in [(b"1", b"2"), (b"2", b"3")] {
        let silent_since = Instant::now();
        peer.send(frame(0x8a, pong));
        assert_eq!(peer.payload(0x89), ping);
        assert!(silent_since.elapsed() >= INTERVAL / 2, "pinged again too soon");
    }
    peer.send(HELLO);
    peer.expect(ECHO);
}

#[test]
fn whoever_answers_nothing_is_closed_and_the_log_says_why() {
    let program = Program::start("info", &["--ping-interval", "100ms", "--ping-timeout", "200ms"]);
    let mut peer = program.open("/ws");
    peer.expect(b"\x89\x011");
    assert_eq!(peer.close(), Close { code: 1011, reason: "no answer to a Ping".to_owned() });
    peer.ends();
    drop(peer);
    program.wait_for("INFO  ws-1 % silent: Ping \"1\" sent");
    program.wait_for("INFO  ws-1 ! no answer to a Ping (--ping-timeout): close 1011 internal error, by this server");
    program.wait_for("INFO  ws-1 = ended after ");
    let metrics = Peer::get(program.addr, "/metrics");
    assert!(metrics.text().contains("ws101_closes_total{by=\"server\",code=\"1011\"} 1\n"), "{}", metrics.text());
}

#[test]
fn the_log_tells_pongs_apart() {
    let program = Program::start("info", &["--ping-interval", "100ms", "--ping-timeout", "1h"]);
    let mut peer = program.open("/ws");
    peer.expect(b"\x89\x011");
    // s5.5.3: one that is unsolicited is not an error.
    peer.send([frame(0x8a, b"heartbeat"), frame(0x8a, b"1")].concat());
    program.wait_for("INFO  ws-1 % a Pong that was not asked for");
    program.wait_for("INFO  ws-1 % Pong after ");
    peer.expect(b"\x89\x012");
}

/// A Pong may stand behind a large message that is still on its way: whatever comes, the peer lives.
#[test]
fn data_after_a_ping_is_a_sign_of_life_too() {
    let server = serve(pinging());
    let mut peer = Peer::open(server.addr, "/ws");
    peer.expect(b"\x89\x011");
    peer.send(HELLO);
    peer.expect(ECHO);
    // Half a frame, and a Pong with another payload.
    peer.expect(b"\x89\x012");
    peer.send(&HELLO[..3]);
    peer.expect(b"\x89\x013");
    peer.send([&HELLO[3..], &frame(0x8a, b"1")].concat());
    peer.expect(ECHO);
    peer.expect(b"\x89\x014");
}

/// With life, the wait for the Pong is over: the timeout runs from the last Ping, not from the first.
#[test]
fn the_ping_timeout_begins_anew_with_each_ping() {
    let timeout = Duration::from_secs(1);
    let server = serve(Config { ping_interval: INTERVAL, ping_timeout: timeout, ..Config::default() });
    let mut peer = Peer::open(server.addr, "/ws");
    let start = Instant::now();
    while start.elapsed() < timeout * 3 / 2 {
        peer.payload(0x89);
        peer.send(HELLO);
        peer.expect(ECHO);
    }
    peer.payload(0x89);
    assert_eq!(peer.close().code, 1011);
}

/// No Ping comes sooner than the interval after the last byte that was sent.
#[test]
fn who_talks_is_not_pinged() {
    let interval = Duration::from_millis(500);
    let server = serve(Config { ping_interval: interval, ..pinging() });
    let mut peer = Peer::open(server.addr, "/ws");
    let start = Instant::now();
    let mut last = Instant::now();
    while start.elapsed() < 3 * interval {
        if peer.hears_within(interval / 20) {
            // On a machine that is busy enough this client was silent after all.
            assert!(last.elapsed() >= interval * 9 / 10, "pinged after {:?}", last.elapsed());
            peer.payload(0x89);
        }
        last = Instant::now();
        peer.send(frame(0x8a, b""));
    }
}

#[test]
fn ping_off_in_the_query_turns_it_off() {
    let server = serve(pinging());
    let mut silent = Peer::open(server.addr, "/ws?ping=off");
    let mut pinged = Peer::open(server.addr, "/ws?ping=on");
    for number in [b"1", b"2", b"3"] {
        assert_eq!(pinged.payload(0x89), number);
        pinged.send(frame(0x8a, number));
    }
    // After all this time, the first thing to come is the echo.
    silent.send(HELLO);
    silent.expect(ECHO);
}

#[test]
fn an_interval_of_zero_turns_it_off() {
    let server = serve(Config { ping_interval: Duration::ZERO, ping_timeout: Duration::from_millis(1), ..pinging() });
    let mut peer = Peer::open(server.addr, "/ws");
    assert!(!peer.hears_within(3 * INTERVAL), "pinged all the same");
    peer.send(HELLO);
    peer.expect(ECHO);
}

/// The peer is gone without a word, and the Ping finds it out.
#[test]
fn a_peer_that_is_not_there_any_more_frees_its_thread() {
    let server = serve(Config { ping_timeout: INTERVAL, close_timeout: INTERVAL, ..pinging() });
    // It neither answers nor ends its connection.
    let peer = Peer::open(server.addr, "/ws");
    wait_until("its thread has ended", || server.connections() == 0);
    drop(peer);
}

/// A half-open HTTP connection is no WebSocket: nobody pings it.
#[test]
fn pings_begin_with_the_101() {
    let server = serve(pinging());
    let mut peer = Peer::connect(server.addr);
    peer.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(peer.response().text(), "alive\n");
    assert!(!peer.hears_within(3 * INTERVAL), "pinged before the 101");
    peer.send(handshake("/ws", &[]));
    peer.expect_101();
    peer.expect(b"\x89\x011");
}
