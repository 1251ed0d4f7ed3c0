//! Clients that do what no client should: slow, silent, rude, many, wrong. The server says what is wrong, lets go of
//! them, and serves the next one meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::peer::{Close, Peer, frame, handshake};
use common::program::Program;
use common::{PATIENCE, serve, spawn, wait_until};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use ws101::server::Config;

const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const ECHO: &[u8] = b"\x81\x05Hello";

fn close(code: u16, reason: &str) -> Close {
    Close { code, reason: reason.to_owned() }
}

// Slow.

#[test]
fn half_heads_in_hundreds_do_not_keep_a_new_client_waiting() {
    let server = serve(Config::default());
    let half = |number| {
        let mut peer = Peer::connect(server.addr);
        peer.send(HALVES[number % HALVES.len()]);
        peer
    };
    let slow: Vec<Peer> = (0..500).map(half).collect();
    let mut peer = Peer::open(server.addr, "/ws");
    peer.send(HELLO);
    peer.expect(ECHO);
    assert_eq!(Peer::get(server.addr, "/healthz").text(), "alive\n");
    assert!(server.connections() > slow.len(), "they are all still there");
}

const HALVES: [&str; 4] =
    ["", "G", "GET /ws HTTP/1.1\r\nHost: a\r\nUpgr", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234"];

/// A timeout that starts anew with every byte would never end this one.
#[test]
fn a_head_that_trickles_ends_at_its_deadline() {
    let server = serve(Config { handshake_timeout: Duration::from_millis(600), ..Config::default() });
    let mut peer = Peer::connect(server.addr);
    let start = Instant::now();
    peer.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    while !peer.hears_within(Duration::from_millis(100)) {
        assert!(start.elapsed() < PATIENCE, "it goes on and on");
        peer.send("x");
    }
    assert_eq!(peer.response().status, "408 Request Timeout");
    assert!(start.elapsed() >= Duration::from_millis(600), "{:?}", start.elapsed());
}

#[test]
fn a_body_that_trickles_ends_at_its_deadline() {
    let server = serve(Config { handshake_timeout: Duration::from_millis(600), ..Config::default() });
    let mut peer = Peer::connect(server.addr);
    let start = Instant::now();
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    while !peer.hears_within(Duration::from_millis(100)) {
        assert!(start.elapsed() < PATIENCE, "it goes on and on");
        peer.send("x");
    }
    let response = peer.response();
    assert_eq!((response.status.as_str(), response.field("Connection")), ("408 Request Timeout", "close"));
    assert!(start.elapsed() >= Duration::from_millis(600), "{:?}", start.elapsed());
}

/// It would hold its memory for ever.
#[test]
fn a_message_that_trickles_ends_at_its_deadline() {
    let server = serve(Config { message_timeout: Duration::from_millis(600), ..Config::default() });
    let mut peer = Peer::open(server.addr, "/ws");
    let start = Instant::now();
    peer.send(b"\x82\xfe\xff\xff\0\0\0\0");
    while !peer.hears_within(Duration::from_millis(100)) {
        assert!(start.elapsed() < PATIENCE, "it goes on and on");
        peer.send("x");
    }
    assert_eq!(peer.close(), close(1008, "a message not complete in time"));
    assert!(start.elapsed() >= Duration::from_millis(600), "{:?}", start.elapsed());
    peer.ends();
}

/// The deadline is for each message: who always has one on its way may go on as long as each comes to its end.
#[test]
fn messages_without_a_pause_are_each_in_time() {
    let timeout = Duration::from_millis(1500);
    let server = serve(Config { message_timeout: timeout, ..Config::default() });
    let mut peer = Peer::open(server.addr, "/ws");
    let (first, second) = HELLO.split_at(8);
    let start = Instant::now();
    peer.send(first);
    while start.elapsed() < timeout * 3 / 2 {
        // Each read ends inside a message.
        peer.send([second, first].concat());
        peer.expect(ECHO);
        peer.hears_within(Duration::from_millis(50));
    }
    peer.send(second);
    peer.expect(ECHO);
}

#[test]
#[cfg(target_os = "linux")]
fn a_peer_that_writes_and_never_reads_ends_by_the_write_timeout() {
    let program = Program::start("info", &["--write-timeout", "700ms"]);
    let mut peer = narrow(program.addr);
    let message = frame(0x82, &vec![7; 256 << 10]);
    let start = Instant::now();
    // Its end is an error of this write: the server has cut it off and reads no more.
    while peer.try_send(&message).is_ok() {
        assert!(start.elapsed() < PATIENCE, "it is still served");
    }
    program.wait_for("ws-1 ! the client did not take what was written in 700ms (--write-timeout): cut off");
    wait_until("its thread is gone", || program.connection_threads() == 0);
}

/// The deadline is for a part of 256 KiB, not for each of the writes that it takes: who sips does not live forever.
#[test]
#[cfg(unix)]
fn a_peer_that_sips_ends_by_the_write_timeout_too() {
    let program = Program::start("info", &["--write-timeout", "700ms"]);
    let mut peer = narrow(program.addr);
    let mut writer = peer.writer();
    let message = frame(0x82, &vec![7; 12 << 20]);
    let writing = spawn("writer", move || writer.try_send(&message));
    assert_eq!(peer.peek(), 0x82);
    // A kilobyte at a time, a hundred and more of them a second.
    wait_until("the server gives up", || {
        peer.sip(1024);
        program.lines().iter().any(|line| line.contains("(--write-timeout): cut off"))
    });
    writing.join().unwrap().ok();
}

/// Who takes its time, but takes what is written, is no enemy.
#[test]
#[cfg(unix)]
fn a_peer_that_reads_slowly_gets_all_of_a_large_message() {
    let server = serve(Config { write_timeout: Duration::from_secs(2), ..Config::default() });
    let mut peer = narrow(server.addr);
    let mut writer = peer.writer();
    let message = vec![7; 4 << 20];
    let bytes = frame(0x82, &message);
    let writing = spawn("writer", move || writer.send(&bytes));
    assert!(peer.payload(0x82) == message);
    writing.join().unwrap();
}

#[cfg(unix)]
fn narrow(addr: SocketAddr) -> Peer {
    let mut peer = Peer::connect_narrowly(addr);
    peer.send(handshake("/ws", &[]));
    peer.expect_101();
    peer
}

// Rude.

#[test]
fn a_reset_at_any_moment_leaves_nothing_behind() {
    let server = serve(Config::default());
    let stages: [(&str, &[u8]); 8] = [
        ("after the 101", b""),
        ("inside a header", b"\x81"),
        ("inside a payload", b"\x81\x85\x37\xfa\x21\x3d\x7f"),
        ("between fragments", b"\x01\x81\x37\xfa\x21\x3d\x7f"),
        ("after a message", HELLO),
        ("after a Ping", b"\x89\x80\0\0\0\0"),
        ("after a violation", b"\xff\xff\xff\xff"),
        ("after a Close", b"\x88\x82\0\0\0\0\x03\xe8"),
    ];
    for (_, bytes) in stages {
        let mut peer = Peer::open(server.addr, "/ws");
        peer.send(bytes);
        peer.reset();
    }
    for request in ["", "GET /ws HT", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", &handshake("/ws", &[])] {
        let mut peer = Peer::connect(server.addr);
        peer.send(request);
        peer.reset();
    }
    wait_until("all of them are gone", || server.connections() == 0);
    let mut peer = Peer::open(server.addr, "/ws");
    peer.send(HELLO);
    peer.expect(ECHO);
}

#[test]
fn a_reset_while_much_is_written_leaves_nothing_behind() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/ws");
    let mut writer = peer.writer();
    let message = frame(0x82, &vec![7; 8 << 20]);
    let writing = spawn("writer", move || writer.try_send(&message));
    // The echo has begun.
    assert_eq!(peer.peek(), 0x82);
    peer.reset();
    drop(writing.join().unwrap());
    wait_until("it is gone", || server.connections() == 0);
}

// Many.

#[test]
fn one_too_many_may_only_ask_for_health_and_when_one_leaves_another_is_served() {
    let server = serve(Config { max_connections: 2, close_timeout: 4 * PATIENCE, ..Config::default() });
    let _first = Peer::open(server.addr, "/ws");
    let mut second = Peer::open(server.addr, "/ws");
    for path in ["/ws", "/", "/metrics"] {
        let response = Peer::get(server.addr, path);
        assert_eq!((response.status.as_str(), response.field("Retry-After")), ("503 Service Unavailable", "1"));
    }
    assert_eq!(Peer::get(server.addr, "/healthz").text(), "alive\n");
    // It was told, and does not go: no place is lost to it.
    let mut stays = Peer::connect(server.addr);
    stays.send(handshake("/ws", &[]));
    assert_eq!(stays.response().status, "503 Service Unavailable");
    second.send(b"\x88\x80\0\0\0\0");
    second.expect(b"\x88\x00");
    second.ends();
    drop(second);
    wait_until("the next client is served", || {
        let mut next = Peer::connect(server.addr);
        next.send(handshake("/ws", &[]));
        next.head().status == "101 Switching Protocols"
    });
    drop(stays);
}

#[test]
fn far_too_many_are_told_so_at_the_door() {
    let server = serve(Config { max_connections: 1, ..Config::default() });
    let _first = Peer::open(server.addr, "/ws");
    // These get a thread and a second to say what they want.
    let waiting: Vec<Peer> = (0..32).map(|_| Peer::connect(server.addr)).collect();
    let mut peer = Peer::connect(server.addr);
    let response = peer.response();
    assert_eq!(response.status, "503 Service Unavailable");
    assert_eq!((response.field("Retry-After"), response.field("Connection")), ("1", "close"));
    peer.ends();
    for mut peer in waiting {
        assert_eq!(peer.response().status, "408 Request Timeout");
    }
    wait_until("all but the first are gone", || server.connections() == 1);
}

// Wrong. Each breaks one rule, and is told which.

const VIOLATIONS: [(&[u8], u16, &str); 25] = [
    (b"\x81\x05Hello", 1002, "a frame from a client must be masked (s5.1)"),
    (b"\xc1\x80\0\0\0\0", 1002, "RSV bits 100 without an extension (s5.2)"),
    (b"\xa1\x80\0\0\0\0", 1002, "RSV bits 010 without an extension (s5.2)"),
    (b"\x91\x80\0\0\0\0", 1002, "RSV bits 001 without an extension (s5.2)"),
    (b"\x83\x80\0\0\0\0", 1002, "reserved opcode 3 (s5.2)"),
    (b"\x84\x80\0\0\0\0", 1002, "reserved opcode 4 (s5.2)"),
    (b"\x85\x80\0\0\0\0", 1002, "reserved opcode 5 (s5.2)"),
    (b"\x86\x80\0\0\0\0", 1002, "reserved opcode 6 (s5.2)"),
    (b"\x87\x80\0\0\0\0", 1002, "reserved opcode 7 (s5.2)"),
    (b"\x8b\x80\0\0\0\0", 1002, "reserved opcode B (s5.2)"),
    (b"\x8c\x80\0\0\0\0", 1002, "reserved opcode C (s5.2)"),
    (b"\x8d\x80\0\0\0\0", 1002, "reserved opcode D (s5.2)"),
    (b"\x8e\x80\0\0\0\0", 1002, "reserved opcode E (s5.2)"),
    (b"\x8f\x80\0\0\0\0", 1002, "reserved opcode F (s5.2)"),
    (b"\x81\xfe\x00\x7d\0\0\0\0", 1002, "length 125 written with 16 bits, not in its minimal form (s5.2)"),
    (
        b"\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0",
        1002,
        "length 65535 written with 64 bits, not in its minimal form (s5.2)",
    ),
    (b"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 1002, "the top bit of a 64-bit length must be 0 (s5.2)"),
    (b"\x09\x80\0\0\0\0", 1002, "a control frame may not be fragmented (s5.5)"),
    (b"\x08\x80\0\0\0\0", 1002, "a control frame may not be fragmented (s5.5)"),
    (b"\x89\xfe\x00\x7e\0\0\0\0", 1002, "a control frame of 126 bytes, over 125 (s5.5)"),
    (b"\x88\xfe\x00\x7e\0\0\0\0", 1002, "a control frame of 126 bytes, over 125 (s5.5)"),
    (b"\x80\x80\0\0\0\0", 1002, "a continuation, but no message to continue (s5.4)"),
    (b"\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 1002, "a new message inside an unfinished one (s5.4)"),
    (b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009, "message over the limit of 1000 bytes (s7.4.1)"),
    (b"\x82\xfe\x03\xe9\0\0\0\0", 1009, "message over the limit of 1000 bytes (s7.4.1)"),
];

#[test]
fn each_violation_has_its_close_and_then_an_orderly_end() {
    let server = serve(Config { max_message: 1000, ..Config::default() });
    for (bytes, code, reason) in VIOLATIONS {
        let mut peer = Peer::open(server.addr, "/ws");
        // What came before in the same write is answered first.
        peer.send([HELLO, bytes].concat());
        peer.expect(ECHO);
        assert_eq!(peer.close(), close(code, reason), "{}", bytes.escape_ascii());
        // s7.1.1: the server closes first, and the client has not closed yet.
        peer.ends();
    }
}

/// A socket that is closed with bytes unread sends a reset, which can take the Close away from the client.
#[test]
fn a_close_arrives_though_much_more_was_sent_after_the_violation() {
    let server = serve(Config { max_message: 1000, ..Config::default() });
    for (bytes, code, reason) in VIOLATIONS {
        let mut peer = Peer::open(server.addr, "/ws");
        peer.send([bytes, &[0x55; 1 << 20]].concat());
        assert_eq!(peer.close(), close(code, reason), "{}", bytes.escape_ascii());
        peer.ends();
    }
}

#[test]
fn what_follows_a_close_is_ignored() {
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/ws");
    // A message before it, a message after it, and then what is no frame at all.
    peer.send([HELLO, b"\x88\x82\0\0\0\0\x03\xe8", HELLO, b"\xff\xff\xff", &[0x55; 1 << 20]].concat());
    peer.expect(ECHO);
    peer.expect(b"\x88\x02\x03\xe8");
    peer.ends();
}

/// s5.5.1: the code is echoed, an empty Close by an empty one. A reason is not.
#[test]
fn a_close_is_answered_with_its_code() {
    let server = serve(Config::default());
    let reason = [b"\x03\xe8".as_slice(), &[b'x'; 123]].concat();
    let cases: [(&[u8], &[u8]); 9] = [
        (b"", b""),
        (b"\x03\xe8", b"\x03\xe8"),
        (b"\x03\xe9", b"\x03\xe9"),
        (b"\x03\xf6", b"\x03\xf6"), // 1014
        (b"\x0b\xb8", b"\x0b\xb8"), // 3000
        (b"\x13\x87", b"\x13\x87"), // 4999
        (b"\x0f\xa0bye", b"\x0f\xa0"),
        (b"\x03\xf3\xc3\xa9", b"\x03\xf3"), // 1011 "é"
        (&reason, b"\x03\xe8"),
    ];
    for (payload, answer) in cases {
        let mut peer = Peer::open(server.addr, "/ws");
        peer.send(frame(0x88, payload));
        assert_eq!(peer.payload(0x88), answer, "{}", payload.escape_ascii());
        peer.ends();
    }
}

#[test]
fn a_close_that_breaks_a_rule_is_answered_with_that_rule() {
    let server = serve(Config::default());
    let half = (b"\x03".as_slice(), 1002, "a Close of one byte: a code has two (s5.5.1)".to_owned());
    let not_utf8 = (b"\x03\xe8\xff".as_slice(), 1007, "the reason of a Close is not UTF-8 (s8.1)".to_owned());
    let codes = [0u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map(u16::to_be_bytes);
    let illegal = codes.iter().map(|bytes| {
        let code = u16::from_be_bytes(*bytes);
        (bytes.as_slice(), 1002, format!("close code {code} must not be sent in a frame (s7.4)"))
    });
    for (payload, code, reason) in [half, not_utf8].into_iter().chain(illegal) {
        let mut peer = Peer::open(server.addr, "/ws");
        peer.send(frame(0x88, payload));
        assert_eq!(peer.close(), close(code, &reason));
        peer.ends();
    }
}

/// s8.1, as soon as it is known: the rest of the frame never comes.
#[test]
fn bad_utf8_in_a_frame_that_is_not_complete_fails_at_its_byte() {
    let server = serve(Config::default());
    let cases: [(&[u8], &[u8], &str); 4] = [
        (b"", b"\x81\xfe\x40\x00\0\0\0\0good \xff", "text is not UTF-8: byte ff at 5 of its frame"),
        // Autobahn 6.4.3: above U+10FFFF, which the second byte of the character tells.
        (b"", b"\x81\x94\0\0\0\0\xce\xba\xf4\x90", "text is not UTF-8: byte 90 at 3 of its frame"),
        // A character cut by a fragment's end.
        (b"\x01\x81\0\0\0\0\xe2", b"\x80\x85\0\0\0\0\x28", "text is not UTF-8: byte 28 at 0 of its frame"),
        // A Ping in between changes nothing.
        (
            b"\x01\x81\0\0\0\0\xe2\x89\x80\0\0\0\0",
            b"\x00\x82\0\0\0\0\xc0",
            "text is not UTF-8: byte c0 at 0 of its frame",
        ),
    ];
    for (before, bad, why) in cases {
        let mut peer = Peer::open(server.addr, "/ws");
        peer.send([before, bad].concat());
        if before.contains(&0x89) {
            peer.expect(b"\x8a\x00");
        }
        let Close { code, reason } = peer.close();
        assert!(code == 1007 && reason.starts_with(why) && reason.ends_with("(s8.1)"), "{code} {reason}");
        peer.ends();
    }
}

#[test]
fn bad_utf8_in_a_whole_message_is_1007_too() {
    let server = serve(Config::default());
    let cases: [(&[u8], &str); 4] = [
        (b"\x81\x82\0\0\0\0a\xff", "text is not UTF-8: byte ff at 1 of its frame (s8.1)"),
        // Half of a surrogate pair.
        (b"\x81\x83\0\0\0\0\xed\xa0\x80", "text is not UTF-8: byte a0 at 1 of its frame (s8.1)"),
        (b"\x01\x81\0\0\0\0\xe2\x80\x81\0\0\0\0\x82", "the text ends inside a character (s8.1)"),
        // Longer than needed.
        (b"\x81\x82\0\0\0\0\xc0\xaf", "text is not UTF-8: byte c0 at 0 of its frame (s8.1)"),
    ];
    for (bytes, reason) in cases {
        let mut peer = Peer::open(server.addr, "/ws");
        peer.send(bytes);
        assert_eq!(peer.close(), close(1007, reason));
        peer.ends();
    }
    // In a binary message it is nobody's business.
    let mut peer = Peer::open(server.addr, "/ws");
    peer.send(b"\x82\x81\0\0\0\0\xff");
    peer.expect(b"\x82\x01\xff");
}

// Big.

#[test]
#[cfg(target_os = "linux")]
fn a_length_beyond_all_limits_costs_no_memory() {
    let program = Program::start("off", &[]);
    let header = b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0";
    let ask = |count| {
        for _ in 0..count {
            let mut peer = program.open("/ws");
            peer.send([header.as_slice(), b"the beginning of it"].concat());
            assert_eq!(peer.close().code, 1009);
        }
    };
    ask(20);
    let before = program.resident();
    ask(100);
    let grown = program.resident().saturating_sub(before);
    assert!(grown < 2048, "{grown} KiB more");
}

#[test]
fn fragments_without_end_are_1009_at_the_limit() {
    let server = serve(Config { max_message: 64 << 10, ..Config::default() });
    for opcode in [0x01, 0x02] {
        let mut peer = Peer::open(server.addr, "/ws");
        peer.send(frame(opcode, &[b'a'; 1024]));
        peer.send(frame(0x00, &[b'a'; 1024]).repeat(200));
        assert_eq!(peer.close(), close(1009, "message over the limit of 65536 bytes (s7.4.1)"));
        peer.ends();
    }
    // One that stays within it is a message.
    let mut peer = Peer::open(server.addr, "/ws");
    peer.send([frame(0x02, b"a"), frame(0x00, b"").repeat(20_000), frame(0x80, b"b")].concat());
    peer.expect(b"\x82\x02ab");
}

#[test]
fn the_largest_message_is_echoed_and_one_byte_more_is_not() {
    let server = serve(Config { max_message: 1 << 20, ..Config::default() });
    let mut peer = Peer::open(server.addr, "/ws");
    let message = vec![b'a'; 1 << 20];
    let mut writer = peer.writer();
    let bytes = frame(0x81, &message);
    let writing = spawn("writer", move || writer.send(bytes));
    assert!(peer.payload(0x81) == message);
    writing.join().unwrap();
    peer.send(&frame(0x81, &vec![b'a'; (1 << 20) + 1])[..100]);
    assert_eq!(peer.close().code, 1009);
    peer.ends();
}

/// s5.5.3: "an endpoint MUST send a Pong frame in response" to a Ping, though it may answer only the last of several.
#[test]
fn a_flood_of_pings_is_answered() {
    const PINGS: u32 = 50_000;
    let server = serve(Config::default());
    let mut peer = Peer::open(server.addr, "/ws");
    let mut writer = peer.writer();
    let flood: Vec<u8> = (1..=PINGS).flat_map(|number| frame(0x89, &number.to_be_bytes())).collect();
    let writing = spawn("writer", move || writer.send(flood));
    let mut last = 0;
    while last < PINGS {
        let payload = peer.payload(0x8a);
        let number = u32::from_be_bytes(payload.try_into().expect("four bytes"));
        assert!(number > last, "{number} after {last}");
        last = number;
    }
    writing.join().unwrap();
    peer.send(HELLO);
    peer.expect(ECHO);
}

// Too little.

/// Neither files nor threads without end: whoever comes when there are none left is told so, and the server lives.
#[test]
#[cfg(target_os = "linux")]
fn without_files_a_client_is_told_so_and_served_when_there_are_some_again() {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 40 && exec \"$0\" --listen 127.0.0.1:0", env!("CARGO_BIN_EXE_ws101")]);
    let program = Program::run(command);
    let mut crowd = Vec::new();
    let mut told = loop {
        let mut peer = program.connect();
        peer.send(handshake("/ws", &[]));
        let response = peer.head();
        if response.status == "503 Service Unavailable" {
            break response;
        }
        crowd.push(peer);
        assert!(crowd.len() < 60, "a limit of 40 files");
    };
    assert_eq!(told.field("Retry-After"), "1");
    assert!(crowd.len() > 20, "only {} were served", crowd.len());
    crowd.clear();
    wait_until("a new client is served", || {
        let mut peer = program.connect();
        peer.send(handshake("/ws", &[]));
        told = peer.head();
        told.status == "101 Switching Protocols"
    });
}
