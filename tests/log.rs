//! What the program says about what passes: to the letter where it is a lesson, never what a client wants a terminal to
//! do, and no secrets.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::peer::{Peer, frame, handshake};
use common::program::Program;
use std::path::PathBuf;

const HELLO: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
const ECHO: &[u8] = b"\x81\x05Hello";

/// One Hello and a Close, and all that was said about it.
fn conversation(rust_log: &str, options: &[&str]) -> Vec<String> {
    let program = Program::start(rust_log, options);
    talk(&program, "/ws");
    program.wait_for("ws-1 = ended after ");
    program.lines()
}

fn talk(program: &Program, target: &str) {
    let mut peer = program.open(target);
    peer.send(HELLO);
    peer.payload(0x81);
    peer.send(b"\x88\x82\0\0\0\0\x03\xe8");
    peer.expect(b"\x88\x02\x03\xe8");
    peer.ends();
}

/// The lines from one that contains `first` to the next that contains `last`, without either.
fn between<'a>(lines: &'a [String], first: &str, last: &str) -> Vec<&'a str> {
    let from = lines.iter().position(|line| line.contains(first)).expect("the first line") + 1;
    let to = lines[from..].iter().position(|line| line.contains(last)).expect("the last line") + from;
    lines[from..to].iter().map(String::as_str).collect()
}

// To the letter.

/// The frame of RFC 6455 s5.7, in full.
#[test]
fn at_trace_every_byte_and_every_bit_of_a_frame() {
    let lines = conversation("trace", &[]);
    let expected = [
        "TRACE ws-1 < 11 bytes",
        "    0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=..MQX",
        "DEBUG ws-1 < TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"",
        "TRACE ws-1 < 81           1... .... FIN   last frame of the message",
        "             ..           .000 .... RSV   no extension in use",
        "             ..           .... 0001 opcode text",
        "             85           1... .... MASK  a client always masks (s5.1)",
        "             ..           .000 0101 length 5, so no extended length",
        "             37 fa 21 3d  masking key",
        "             7f 9f 4d 51 58 -> 48 65 6c 6c 6f  payload, unmasked: \"Hello\"",
    ];
    assert_eq!(between(&lines, "ws-1 = open /ws from 127.0.0.1:", "ws-1 = message text 5 bytes"), expected);
    let expected = [
        "TRACE ws-1 > 7 bytes",
        "    0000  81 05 48 65 6c 6c 6f                              ..Hello",
        "DEBUG ws-1 > TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"",
        "TRACE ws-1 > 81           1... .... FIN   last frame of the message",
        "             ..           .000 .... RSV   no extension in use",
        "             ..           .... 0001 opcode text",
        "             05           0... .... MASK  a server never masks (s5.1)",
        "             ..           .000 0101 length 5, so no extended length",
        "             48 65 6c 6c 6f  payload: \"Hello\"",
    ];
    assert_eq!(between(&lines, "ws-1 = message text 5 bytes", "ws-1 < 8 bytes"), expected);
}

#[test]
fn at_debug_a_line_a_frame_and_the_heads_field_by_field() {
    let lines = conversation("debug", &[]);
    let shown = between(&lines, "ws-1 = connected from ", "ws-1 = open /ws from ");
    assert_eq!(shown[0], "DEBUG ws-1 < GET /ws HTTP/1.1");
    for (field, section) in [
        ("    Host: localhost ", "(RFC 9112 s3.2)"),
        ("    Upgrade: websocket ", "(RFC 9110 s7.8)"),
        ("    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== ", "(RFC 6455 s4.1)"),
        ("    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo= ", "(RFC 6455 s4.2.2)"),
        ("    yes Sec-WebSocket-Version: 13 ", "(RFC 6455 s4.2.1)"),
        ("    Sec-WebSocket-Key  ", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("    SHA-1 of the two, 20 bytes ", "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea"),
    ] {
        let found = shown.iter().any(|line| line.starts_with(field) && line.ends_with(section));
        assert!(found, "{field} ... {section} in {shown:#?}");
    }
    assert_eq!(
        between(&lines, "ws-1 = open /ws from ", "ws-1 = close 1000 normal closure, by the client"),
        [
            "DEBUG ws-1 < TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"",
            "INFO  ws-1 = message text 5 bytes",
            "DEBUG ws-1 > TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"",
            "DEBUG ws-1 < CLOSE fin=1 rsv=000 mask=00000000 len=2 1000 normal closure",
        ]
    );
    assert!(!lines.iter().any(|line| line.starts_with("TRACE")), "{lines:#?}");
}

#[test]
fn at_info_the_story_of_a_connection_in_five_lines() {
    let lines = conversation("info", &[]);
    let story: Vec<&String> = lines.iter().filter(|line| line.contains(" ws-1 ")).collect();
    let starts = [
        "INFO  ws-1 = connected from 127.0.0.1:",
        "INFO  ws-1 = open /ws from 127.0.0.1:",
        "INFO  ws-1 = message text 5 bytes",
        "INFO  ws-1 = close 1000 normal closure, by the client",
        "INFO  ws-1 = ended after ",
    ];
    assert_eq!(story.len(), starts.len(), "{story:#?}");
    for (line, start) in story.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    let bytes = format!("bytes: {} in, 140 out", handshake("/ws", &[]).len() + 11 + 8);
    assert!(story[4].ends_with(&format!("; messages: 1 in, 1 out; {bytes}")), "{}", story[4]);
}

#[test]
fn off_is_silent() {
    let program = Program::start("off", &[]);
    talk(&program, "/ws");
    Peer::get(program.addr, "/nowhere");
    Peer::ask(program.addr, "no request\r\n\r\n");
    let said = String::from_utf8(program.killed()).unwrap();
    assert!(said.trim_end().ends_with(" lists all paths"), "more than the banner: {said}");
}

/// Its trace lines say in other words what ours say.
#[test]
fn tungstenite_is_heard_only_when_it_is_named() {
    let ours = |line: &&String| [" ws-1 ", " server "].iter().any(|who| line.contains(who));
    let lines = conversation("trace", &[]);
    let log = lines.iter().filter(|line| ["TRACE", "DEBUG", "INFO "].iter().any(|level| line.starts_with(level)));
    assert_eq!(log.clone().filter(ours).count(), log.count(), "{lines:#?}");
    let lines = conversation("info,tungstenite=trace", &[]);
    assert!(lines.iter().any(|line| line == "TRACE First: 10000001"), "{lines:#?}");
}

#[test]
fn no_colour_when_nobody_looks() {
    let program = Program::start("trace", &[]);
    talk(&program, "/ws");
    program.wait_for("ws-1 = ended after ");
    assert!(!program.killed().contains(&0x1b));
}

// Nothing that a terminal would obey.

/// Bytes that clear the screen, ring the bell, forge a line or turn the text around, wherever a client can put them.
/// Colours are forced, because without them every escape would be taken out on the way.
#[test]
fn nothing_from_outside_reaches_a_terminal_unescaped() {
    let program = Program::start_in(&[("RUST_LOG", "trace"), ("CLICOLOR_FORCE", "1")], &[]);
    for head in BAD_HEADS {
        let mut peer = program.connect();
        peer.send(head);
        peer.response();
    }
    let mut peer = Peer::connect(program.addr);
    peer.send(handshake("/ws?\u{202e}", &["X: \u{9b}2J \u{202e}\u{200b}", "Origin: \u{2066}"]));
    peer.expect_101();
    peer.send(frame(0x81, EVIL));
    peer.send(frame(0x89, EVIL));
    peer.send(frame(0x8a, EVIL));
    peer.send(frame(0x82, EVIL));
    peer.send(frame(0x88, &[b"\x0f\xa0", EVIL].concat()));
    peer.payload(0x81);
    program.wait_for("by the client");
    let said = program.killed();
    check_harmless(&said);
    let said = String::from_utf8(said).unwrap();
    // It was shown, but as words.
    for shown in ["\\u{1b}[2J", "\\r\\nINFO  forged", "\\u{7}", "\\u{202e}", "\\u{9b}2J", "\\u{2066}", "\\xff"] {
        assert!(said.contains(shown), "{shown} in {said}");
    }
}

const EVIL: &[u8] = b"\x1b[2J\r\nINFO  forged\x07\x08\0\xe2\x80\xae\xc2\x9b\x7f";

const BAD_HEADS: [&[u8]; 8] = [
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \x1b[2J\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rINFO  forged\r\n\r\n",
    b"GET /\x07 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x1b[2J\r\n\r\n",
    b"GET /nowhere/\xe2\x80\xae HTTP/1.1\r\nHost: a\r\nX: \xff\xe2\x80\xae\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\x1b: b\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: \xc2\x9b\xe2\x80\xae\r\nConnection: \xe2\x80\xae\r\nSec-WebSocket-Version: \xe2\x80\xae\r\nSec-WebSocket-Protocol: \xe2\x80\xae\r\nOrigin: \xe2\x80\xae\r\n\r\n",
    b"\x16\x03\x01\x1b[2J",
];

/// Of all that moves a cursor only line ends and the logger's own colours.
fn check_harmless(said: &[u8]) {
    let said = std::str::from_utf8(said).expect("UTF-8");
    let mut plain = said.to_owned();
    for colour in ["0", "1", "31", "32", "33", "34", "35", "36"] {
        plain = plain.replace(&format!("\x1b[{colour}m"), "");
    }
    for line in plain.lines() {
        let bad = line.chars().find(|c| c.is_control() || ('\u{200b}'..='\u{202e}').contains(c) || *c == '\u{2066}');
        assert!(bad.is_none(), "{bad:?} in {line:?}");
        assert!(!line.starts_with("INFO  forged"), "a forged line");
    }
}

// No secrets.

const SECRET_HEAD: &str = "GET /nowhere HTTP/1.1\r\nHost: a\r\nAuthorization: Basic hunter2\r\n\
                           proxy-authorization: hunter2\r\nCookie: a=hunter2; b=c\r\nX: plain\r\n\r\n";

#[test]
fn secrets_are_stars_in_words_and_in_dumps() {
    let program = Program::start("trace", &[]);
    Peer::ask(program.addr, SECRET_HEAD);
    program.wait_for("ws-1 ! GET /nowhere -> 404");
    let lines = program.lines();
    assert!(!lines.join("\n").contains("hunter2"), "{lines:#?}");
    let dumped = dumped_bytes(&lines);
    assert!(contains(&dumped, b"Authorization: ***** *******\r\n"), "{}", dumped.escape_ascii());
    assert!(contains(&dumped, b"X: plain\r\n"));
    assert!(!contains(&dumped, b"hunter2") && !contains(&ascii_column(&lines), b"hunter2"));
}

/// Cut at every byte of the secret lines: the first part is in the log before the second is sent.
#[test]
fn secrets_are_stars_wherever_two_writes_cut_them() {
    let program = Program::start("trace", &[]);
    let begin = SECRET_HEAD.find("Authorization").unwrap();
    let end = SECRET_HEAD.find("Cookie").unwrap();
    for (number, cut) in (1..).zip(begin..end) {
        let mut peer = program.connect();
        peer.send(&SECRET_HEAD[..cut]);
        program.wait_for(&format!("TRACE ws-{number} < {cut} bytes"));
        peer.send(&SECRET_HEAD[cut..]);
        assert!(!contains(&peer.response().body, b"hunter2"));
    }
    let lines = program.lines();
    assert!(!lines.join("\n").contains("hunter2"));
    assert!(!contains(&dumped_bytes(&lines), b"hunter2") && !contains(&ascii_column(&lines), b"hunter2"));
}

#[test]
fn show_secrets_shows_them() {
    let program = Program::start("trace", &["--show-secrets"]);
    let answer = Peer::ask(program.addr, SECRET_HEAD);
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    program.wait_for("ws-1 ! GET /nowhere -> 404");
    let lines = program.lines();
    assert!(lines.iter().any(|line| line.starts_with("    Authorization: Basic hunter2 ")), "{lines:#?}");
    assert!(contains(&dumped_bytes(&lines), b"proxy-authorization: hunter2\r\n"));
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// All hex dumps of a log, as the bytes they show, one after the other.
fn dumped_bytes(lines: &[String]) -> Vec<u8> {
    let hex = dump_rows(lines).map(|row| row.get(..48).unwrap_or(row));
    let pairs = hex.flat_map(str::split_whitespace);
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two hex digits")).collect()
}

/// Their right-hand columns.
fn ascii_column(lines: &[String]) -> Vec<u8> {
    dump_rows(lines).filter_map(|row| row.get(50..)).collect::<String>().into_bytes()
}

/// `    0010  48 6f ...`: what stands behind the offset.
fn dump_rows(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().filter_map(|line| {
        let (offset, row) = line.strip_prefix("    ")?.split_once("  ")?;
        (offset.len() == 4 && u16::from_str_radix(offset, 16).is_ok()).then_some(row)
    })
}

// How much, of whom, and where to.

#[test]
fn a_long_payload_is_elided_and_says_so() {
    let message = frame(0x82, &[b'a'; 1000]);
    let say = |options: &[&str]| {
        let program = Program::start("trace", options);
        let mut peer = program.open("/ws");
        peer.send(&message);
        peer.payload(0x82);
        peer.send(b"\x88\x80\0\0\0\0");
        peer.expect(b"\x88\x00");
        program.wait_for("by the client");
        program.lines()
    };
    let sizes = |lines: &[String]| dump_rows(&between_owned(lines, "ws-1 < 1008 bytes", "ws-1 <")).count();

    let lines = say(&[]);
    assert_eq!(sizes(&lines), 256 / 16);
    assert!(lines.contains(&"    ... 752 more bytes (--dump-bytes 0 shows all)".to_owned()), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("... 744 more bytes of payload")), "{lines:#?}");
    let lines = say(&["--dump-bytes", "32"]);
    assert_eq!(sizes(&lines), 2);
    assert!(lines.contains(&"    ... 976 more bytes (--dump-bytes 0 shows all)".to_owned()), "{lines:#?}");
    let lines = say(&["--dump-bytes", "0"]);
    assert_eq!(sizes(&lines), 1008 / 16);
    assert!(!lines.iter().any(|line| line.contains("more bytes")), "{lines:#?}");
}

fn between_owned(lines: &[String], first: &str, last: &str) -> Vec<String> {
    between(lines, first, last).into_iter().map(str::to_owned).collect()
}

/// Only debug and trace lines are narrowed: the story of each connection is told.
#[test]
fn trace_path_narrows_the_bytes_and_not_the_story() {
    let program = Program::start("trace", &["--trace-path", "/ws", "--trace-path", "/readyz"]);
    talk(&program, "/mymsg");
    program.wait_for("ws-1 = ended");
    talk(&program, "/ws?x=1");
    program.wait_for("ws-2 = ended");
    Peer::get(program.addr, "/healthz");
    program.wait_for("ws-3 = ended");
    Peer::get(program.addr, "/readyz");
    program.wait_for("ws-4 = ended");
    let lines = program.lines();
    for (who, wanted) in [("ws-1", false), ("ws-2", true), ("ws-3", false), ("ws-4", true)] {
        assert_eq!(has(&lines, "TRACE", who) && has(&lines, "DEBUG", who), wanted, "{who}");
        assert_eq!(has(&lines, "TRACE", who) || has(&lines, "DEBUG", who), wanted, "{who}");
        assert!(has(&lines, "INFO ", who), "{who}");
    }
    // What came before the path was known is told as well, and first.
    let first = lines.iter().find(|line| line.starts_with("TRACE ws-2")).unwrap();
    assert_eq!(*first, format!("TRACE ws-2 < {} bytes", handshake("/ws?x=1", &[]).len()));
}

/// Proxies send one request after another on a connection, for whatever path.
#[test]
fn trace_path_is_asked_of_each_request() {
    let program = Program::start("trace", &["--trace-path", "/ws"]);
    let mut peer = program.connect();
    peer.send("GET /healthz?first HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(peer.response().text(), "alive\n");
    peer.send(handshake("/ws?second", &[]));
    peer.expect_101();
    peer.send(HELLO);
    peer.expect(ECHO);
    program.wait_for("ws-1 > TEXT fin=1");
    let lines = program.lines();
    assert!(lines.contains(&"DEBUG ws-1 < GET /ws?second HTTP/1.1".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"TRACE ws-1 < 11 bytes".to_owned()), "{lines:#?}");
    let first = lines.iter().filter(|line| line.contains("first") && !line.starts_with("INFO ")).count();
    assert_eq!(first, 0, "{lines:#?}");
    assert!(!contains(&dumped_bytes(&lines), b"first"), "{lines:#?}");
}

#[test]
fn trace_peer_narrows_the_bytes_and_not_the_story() {
    for (peer, wanted) in [("127.0.0.1", true), ("192.0.2.1", false)] {
        let lines = conversation("trace", &["--trace-peer", peer]);
        assert_eq!(has(&lines, "TRACE", "ws-1"), wanted);
        assert_eq!(has(&lines, "DEBUG", "ws-1"), wanted);
        assert!(has(&lines, "INFO ", "ws-1"));
    }
}

fn has(lines: &[String], level: &str, who: &str) -> bool {
    lines.iter().any(|line| line.starts_with(&format!("{level} {who} ")))
}

#[test]
fn log_file_is_appended_to_and_has_no_colour() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("log_file_is_appended_to.log");
    std::fs::write(&path, "before\n").unwrap();
    let options = ["--log-file", path.to_str().unwrap()];
    let program = Program::start_in(&[("RUST_LOG", "trace"), ("CLICOLOR_FORCE", "1")], &options);
    talk(&program, "/ws");
    let read = || std::fs::read_to_string(&path).unwrap();
    common::wait_until("the end is in the file", || read().contains("ws-1 = ended after "));
    assert!(read().starts_with("before\nDEBUG server = "), "{}", read());
    assert!(read().contains("TRACE ws-1 < 11 bytes\n    0000  81 85"), "{}", read());
    assert!(!read().contains('\x1b'), "{}", read());
    let said = String::from_utf8(program.killed()).unwrap();
    assert!(said.contains(" serves http://") && !said.contains("ws-1"), "{said}");
}

// At the edges.

#[test]
fn a_frame_that_comes_in_parts_is_told_when_it_begins_and_when_it_is_complete() {
    let program = Program::start("debug", &[]);
    let mut peer = program.open("/ws");
    peer.send(&HELLO[..8]);
    program.wait_for("DEBUG ws-1 < TEXT fin=1 rsv=000 mask=37fa213d len=5 \"He\" ... -- 2 of 5 payload bytes so far");
    peer.send(&HELLO[8..]);
    program.wait_for("DEBUG ws-1 < TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\" -- complete");
    peer.expect(ECHO);
    peer.send(&HELLO[..8]);
    peer.finish();
    program.wait_for("DEBUG ws-1 ! ended inside a frame: 2 of 5 payload bytes had come");
}

#[test]
fn the_bits_of_a_frame_that_comes_in_parts_show_what_has_come_and_count_the_rest() {
    let program = Program::start("trace", &[]);
    let mut peer = program.open("/ws");
    peer.send(&HELLO[..6]);
    program.wait_for("ws-1 < TEXT fin=1 rsv=000 mask=37fa213d len=5 \"\" ... -- 0 of 5 payload bytes so far");
    program.wait_for("  ... 5 more bytes of payload");
    peer.send(&HELLO[6..]);
    peer.expect(ECHO);
    peer.send(&HELLO[..8]);
    let row = program.wait_for("  7f 9f -> 48 65  payload, unmasked: \"He\"");
    let rest = program.wait_for("  ... 3 more bytes of payload");
    assert_eq!(row.find("7f 9f"), rest.find("..."), "{row}\n{rest}");
}

#[test]
fn a_long_poll_is_said_to_be_held_when_it_is() {
    let program = Program::start("info", &["--tick", "off"]);
    let mut peer = program.connect();
    let post = "POST /feed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nGoal".to_owned();
    let get = |query: &str| format!("GET /feed/long-poll?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // There is no time to wait; there is news at once; there is neither.
    for request in [post, get("wait=0s"), get("after=0"), get("wait=1ms")] {
        peer.send(request);
        peer.response();
    }
    program.wait_for("wait=1ms -> 204");
    let said: Vec<String> = program.lines().into_iter().filter(|line| line.contains("long-poll")).collect();
    let expected = [
        "INFO  ws-1 = GET /feed/long-poll?wait=0s -> 204 No Content",
        "INFO  ws-1 = GET /feed/long-poll?after=0 -> 200 OK: event 1",
        "INFO  ws-1 = GET /feed/long-poll?wait=1ms held for at most 1ms",
        "INFO  ws-1 = GET /feed/long-poll?wait=1ms -> 204 No Content",
    ];
    assert_eq!(said, expected);
}

#[test]
fn an_end_without_a_close_is_told() {
    let program = Program::start("info", &[]);
    let peer = program.open("/ws");
    peer.finish();
    program.wait_for("INFO  ws-1 ! the client ended TCP without a Close (1006 abnormal closure");
    let peer = program.open("/ws");
    peer.reset();
    program.wait_for("INFO  ws-2 ! the client reset the connection without a Close (1006 abnormal closure");
}

#[test]
fn a_violation_is_told_with_its_section() {
    let program = Program::start("debug", &[]);
    let mut peer = program.open("/ws");
    peer.send([b"\x81\x05Hello".as_slice(), HELLO].concat());
    peer.close();
    let line = "INFO  ws-1 ! error a frame from a client must be masked (RFC 6455 s5.1): close 1002 protocol error, \
                by this server";
    program.wait_for(line);
    program.wait_for("DEBUG ws-1 > CLOSE fin=1 rsv=000 mask=none len=");
}
