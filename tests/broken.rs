//! The servers that break one rule, by themselves: what they say to literal bytes, each beside the server that breaks none.
//!
//! A client sends everything, ends its side of TCP and reads to the end: nothing is waited for that does not come.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::PATIENCE;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Command, Output, Stdio};
use ws101::broken::{self, BUGS, Handle};

/// The handshake of RFC 6455 s1.3.
const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

fn start(name: &str) -> Handle {
    let bug = broken::find(name).unwrap_or_else(|| panic!("no server {name}"));
    broken::start(bug, "127.0.0.1:0").unwrap()
}

/// All that comes back for these bytes. A reset is told as such: it is what one server is there for.
fn exchange(addr: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket.write_all(bytes).unwrap();
    let _ = socket.shutdown(Shutdown::Write); // it may have ended already
    let mut answer = Vec::new();
    match socket.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => answer.extend(b"RST"),
        Err(error) => panic!("{error} after {answer:?}"),
    }
    answer
}

/// What comes behind the head of the answer.
fn frames(addr: SocketAddr, frames: &[u8]) -> Vec<u8> {
    let answer = exchange(addr, &[HEAD.as_bytes(), frames].concat());
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    assert!(answer.starts_with(b"HTTP/1.1 101 "));
    answer[head..].to_vec()
}

/// A frame of a client, its length in the form that `length` has.
fn masked(first: u8, length: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    frame.extend(length);
    frame[1] |= 0x80;
    frame.extend(KEY);
    frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

fn frame(first: u8, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let length = match payload.len() {
        0..=125 => vec![payload.len() as u8],
        126..=65_535 => [&[126][..], &(payload.len() as u16).to_be_bytes()].concat(),
        _ => [&[127][..], &(payload.len() as u64).to_be_bytes()].concat(),
    };
    masked(first, &length, payload)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

#[test]
fn the_server_without_a_bug_keeps_the_rules() {
    let server = start("none");
    let answer = exchange(server.addr, HEAD.as_bytes());
    let wanted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    assert_eq!(String::from_utf8(answer).unwrap(), wanted);
    let reason = |code: &str, why: &str| [hex(code), why.as_bytes().to_vec()].concat();
    let rows = [
        (frame(TEXT, "Hello"), hex("81 05 48 65 6c 6c 6f")),
        (frame(BINARY, [0xff, 0]), hex("82 02 ff 00")),
        (frame(TEXT, ""), hex("81 00")),
        (frame(PING, "x"), hex("8a 01 78")),
        (frame(PONG, "x"), vec![]),
        ([frame(0x01, "a"), frame(PING, "p"), frame(0x80, "b")].concat(), hex("8a 01 70 81 02 61 62")),
        ([frame(0x01, [0xc3]), frame(0x80, [0xa9])].concat(), hex("81 02 c3 a9")),
        (frame(CLOSE, ""), hex("88 00")),
        ([frame(CLOSE, b"\x03\xe8bye"), frame(TEXT, "late")].concat(), hex("88 02 03 e8")),
        (frame(CLOSE, [3]), reason("88 1c 03 ea", "a close code has two bytes")),
        (frame(TEXT, b"a\xff"), reason("88 0b 03 ef", "not UTF-8")),
        // It is told before the frame is whole.
        (masked(TEXT, &[100], b"abc\xf4\x90"), reason("88 0b 03 ef", "not UTF-8")),
        (hex("81 01 61"), reason("88 1b 03 ea", "a client masks its frames")),
        (masked(TEXT, &hex("7f 00 00 00 00 01 00 00 01"), b""), reason("88 19 03 f1", "the message is too long")),
    ];
    for (sent, wanted) in rows {
        assert_eq!(frames(server.addr, &sent), wanted, "{sent:02x?}");
    }
}

/// Name, what is sent, what comes back. The rows are in the order of the list.
fn frame_rows() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let hello = || frame(TEXT, "Hello");
    let mid = |first: u8| [frame(first, "a"), frame(PING, "p"), frame(0x80, "b")].concat();
    let long = |head: &str, length: usize| [hex(head), vec![b'a'; length]].concat();
    vec![
        ("masked-frames", hello(), hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")),
        ("echo-with-mask-bit", hello(), hex("81 85 48 65 6c 6c 6f")),
        ("fin-missing", hello(), hex("01 05 48 65 6c 6c 6f")),
        ("rsv-set", hello(), hex("c1 05 48 65 6c 6c 6f")),
        ("text-as-binary", hello(), hex("82 05 48 65 6c 6c 6f")),
        ("binary-as-text", frame(BINARY, "a"), hex("81 01 61")),
        ("echo-is-continuation", hello(), hex("80 05 48 65 6c 6c 6f")),
        ("two-frames", frame(TEXT, "a"), hex("81 01 61 81 01 61")),
        ("no-frame", hello(), hex("48 65 6c 6c 6f")),
        ("zip-unmask", hello(), hex("81 04 48 65 6c 6c")),
        ("nul-appended", hello(), hex("81 06 48 65 6c 6c 6f 00")),
        ("length-in-characters", frame(TEXT, "Grüße"), hex("81 05 47 72 c3 bc c3 9f 65")),
        ("payload-trimmed", frame(TEXT, " a\n"), hex("81 01 61")),
        ("one-message-only", [frame(TEXT, "a"), frame(TEXT, "b")].concat(), hex("81 01 61")),
        ("no-unmask", hello(), hex("81 05 7f 9f 4d 51 58")),
        ("first-byte-key", hello(), hex("81 05 48 a8 7a 66 6f")),
        ("first-four-bytes", hello(), hex("81 05 48 65 6c 6c 58")),
        ("key-reversed", frame(BINARY, "Hi"), hex("82 02 42 b2")),
        ("first-frame-key", [hex("81 81 00 00 00 00 61"), frame(BINARY, "a")].concat(), hex("81 01 61 82 01 56")),
        ("key-goes-on", [frame(TEXT, "a"), hex("81 81 01 02 04 08 62")].concat(), hex("81 01 61 81 01 60")),
        ("last-bytes-masked", frame(TEXT, "Hello"), hex("81 05 48 65 6c 6c 58")),
        ("key-as-text", frame(BINARY, "ab"), hex("82 02 61 e2")),
        ("unmasks-text-only", frame(BINARY, "a"), hex("82 01 56")),
        ("empty-has-no-key", hex("81 80"), hex("81 00")),
        ("accepts-unmasked", hex("81 01 61"), hex("81 01 61")),
        ("accepts-unmasked-control", hex("89 01 61"), hex("8a 01 61")),
        ("empty-message-lost", [frame(TEXT, ""), frame(TEXT, "a")].concat(), hex("81 01 61")),
        ("nul-ends-message", frame(TEXT, "a\0b"), hex("81 01 61")),
        ("little-endian-length", masked(TEXT, &hex("7e 7e 00"), &[b'a'; 126]), long("81 7e 7e 00", 126)),
        ("four-byte-length", frame(TEXT, [b'a'; 65_536]), long("81 7f 00 01 00 00", 65_536)),
        ("non-minimal-length", frame(TEXT, [b'a'; 126]), long("81 7f 00 00 00 00 00 00 00 7e", 126)),
        ("boundary-off-by-one", frame(TEXT, [b'a'; 65_535]), long("81 7f 00 00 00 00 00 00 ff ff", 65_535)),
        ("sixteen-bits-only", frame(TEXT, [b'a'; 65_536]), long("81 7e 00 00", 65_536)),
        ("never-seven-bits", frame(TEXT, "a"), hex("81 7e 00 01 61")),
        ("one-read-payload", frame(TEXT, [b'a'; 2000]), long("81 7e 03 f8", 1016)),
        ("header-size-from-length", hex("81 fe 00 01 00 00 61"), hex("81 01 61")),
        ("no-pong", [frame(PING, "x"), frame(TEXT, "a")].concat(), hex("81 01 61")),
        ("empty-pong", frame(PING, "x"), hex("8a 00")),
        ("literal-pong", frame(PING, "x"), hex("8a 04 70 6f 6e 67")),
        ("short-pong", frame(PING, "0123456789abcdefg"), [hex("8a 10"), b"0123456789abcdef".to_vec()].concat()),
        ("lossy-pong", frame(PING, [0xff]), hex("8a 03 ef bf bd")),
        ("ping-as-text", frame(PING, [0xff]), vec![]),
        ("ping-answered-with-ping", frame(PING, "x"), hex("89 01 78")),
        ("ping-echoed-as-text", frame(PING, "x"), hex("81 01 78")),
        ("pong-echoed", frame(PONG, "x"), hex("81 01 78")),
        ("long-ping-accepted", frame(PING, [b'a'; 126]), long("8a 7e 00 7e", 126)),
        ("fragmented-ping-accepted", frame(0x09, "x"), hex("8a 01 78")),
        ("fragments-as-messages", [frame(0x01, "a"), frame(0x80, "b")].concat(), hex("81 01 61 81 01 62")),
        ("opcode-overwritten", [frame(0x01, "a"), frame(0x80, "b")].concat(), hex("80 02 61 62")),
        ("last-fragment-only", [frame(0x01, "a"), frame(0x80, "b")].concat(), hex("81 01 62")),
        ("fragmented-binary-as-text", [frame(0x02, "a"), frame(0x80, "b")].concat(), hex("81 02 61 62")),
        ("empty-final-lost", [frame(0x01, "a"), frame(0x80, ""), frame(TEXT, "c")].concat(), hex("81 01 63")),
        ("control-in-fragment-lost", mid(0x01), hex("81 02 61 62")),
        ("pong-after-message", mid(0x01), hex("81 02 61 62 8a 01 70")),
        ("control-ends-message", mid(0x01), hex("8a 01 70 81 01 62")),
        ("ping-joined", mid(0x01), hex("8a 01 70 81 03 61 70 62")),
        ("orphan-accepted", frame(0x80, "a"), hex("81 01 61")),
        ("new-message-midway", [frame(0x01, "a"), frame(TEXT, "b")].concat(), hex("81 01 62")),
        ("utf8-lossy", frame(TEXT, [0xff]), hex("81 03 ef bf bd")),
        ("utf8-unchecked", frame(TEXT, [0xff]), hex("81 01 ff")),
        ("utf8-open-end", frame(TEXT, [0xc3]), hex("81 01 c3")),
        ("surrogates-accepted", frame(TEXT, [0xed, 0xa0, 0x80]), hex("81 03 ed a0 80")),
        ("overlong-accepted", frame(TEXT, [0xc0, 0xaf]), hex("81 02 c0 af")),
        ("beyond-unicode", frame(TEXT, [0xf4, 0x90, 0x80, 0x80]), hex("81 04 f4 90 80 80")),
        ("bom-stripped", frame(TEXT, "\u{feff}a"), hex("81 01 61")),
        ("utf8-late", masked(TEXT, &[100], b"\xff"), vec![]),
        ("close-without-reply", frame(CLOSE, [3, 0xe8]), vec![]),
        ("close-1005", frame(CLOSE, ""), hex("88 02 03 ed")),
        ("close-code-swapped", frame(CLOSE, [3, 0xe8]), hex("88 02 e8 03")),
        ("one-byte-close-accepted", frame(CLOSE, [3]), hex("88 01 03")),
        ("reserved-codes-accepted", frame(CLOSE, [3, 0xed]), hex("88 02 03 ed")),
        ("unknown-codes-accepted", frame(CLOSE, [0, 1]), hex("88 02 00 01")),
        ("private-codes-refused", frame(CLOSE, [0x0f, 0xa0]), vec![]),
        ("close-reason-unchecked", frame(CLOSE, [3, 0xe8, 0xff]), hex("88 03 03 e8 ff")),
        ("data-after-close", frame(CLOSE, ""), hex("88 00 81 03 62 79 65")),
        ("close-needs-code", frame(CLOSE, ""), vec![]),
        ("two-closes", frame(CLOSE, ""), hex("88 00 88 00")),
        ("goes-on-after-close", [frame(CLOSE, ""), frame(TEXT, "a")].concat(), hex("88 00 81 01 61")),
        ("ignores-rsv", frame(0xc1, "a"), hex("81 01 61")),
        ("checks-rsv1-only", frame(0xa1, "a"), hex("81 01 61")),
        ("ignores-rsv-in-control", frame(0xc9, "a"), hex("8a 01 61")),
        ("ignores-rsv-in-continuation", [frame(0x01, "a"), frame(0xc0, "b")].concat(), hex("81 02 61 62")),
        ("ignores-opcode", [frame(0x83, "a"), frame(TEXT, "b")].concat(), hex("81 01 62")),
        ("reserved-as-binary", frame(0x83, "a"), hex("82 01 61")),
        ("ignores-reserved-control", [frame(0x8b, "a"), frame(TEXT, "b")].concat(), hex("81 01 62")),
        ("signed-length", masked(TEXT, &hex("7f 80 00 00 00 00 00 00 00"), b""), hex("81 00")),
        ("low-half-of-length", masked(TEXT, &hex("7f 00 00 00 01 00 00 00 01"), b"a"), hex("81 01 61")),
    ]
}

#[test]
fn a_bug_shows_in_the_frames_that_come_back() {
    let right = start("none");
    for (name, sent, wanted) in frame_rows() {
        assert_eq!(frames(start(name).addr, &sent), wanted, "{name}");
        assert_ne!(frames(right.addr, &sent), wanted, "{name}: no bug");
    }
}

/// Name, what is changed in the handshake, what the answer begins with or has in it.
const HEADS: [(&str, &str, &str, &str); 45] = [
    ("empty-line-first", "GET", "\r\nGET", "HTTP/1.1 400 "),
    ("blank-before-colon", "Host:", "Host :", "HTTP/1.1 101 "),
    ("control-in-value", "Host: a", "Host: a\0", "HTTP/1.1 101 "),
    ("no-host", "Host", "Guest", "HTTP/1.1 101 "),
    ("exact-connection-token", "Connection: ", "Connection: keep-alive, ", "HTTP/1.1 426 "),
    ("case-sensitive-connection", "Connection: U", "Connection: u", "HTTP/1.1 426 "),
    ("case-sensitive-upgrade", ": websocket", ": WebSocket", "HTTP/1.1 426 "),
    ("case-sensitive-field-names", "Upgrade:", "UPGRADE:", "HTTP/1.1 426 "),
    ("splits-at-comma-blank", "Connection: ", "Connection: keep-alive,", "HTTP/1.1 426 "),
    ("first-field-only", "Connection: ", "Connection: close\r\nConnection: ", "HTTP/1.1 426 "),
    ("substring-tokens", "Connection: ", "Connection: x-", "HTTP/1.1 101 "),
    ("ignores-connection", "Connection: Upgrade\r\n", "", "HTTP/1.1 101 "),
    ("any-upgrade", ": websocket", ": h2c", "HTTP/1.1 101 "),
    ("upgrades-everything", "Upgrade: websocket\r\n", "", "HTTP/1.1 101 "),
    ("key-not-trimmed", "Key: ", "Key:  ", "Accept: s3mCG3XUBfFRrUGpYOBQiHm5i8g=\r\n"),
    ("missing-key-accepted", "Sec-WebSocket-Key", "X", "HTTP/1.1 101 "),
    ("any-key", "dGhl", "", "HTTP/1.1 101 "),
    ("two-keys-accepted", "Host", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nHost", "HTTP/1.1 101 "),
    ("any-method", "GET", "POST", "HTTP/1.1 101 "),
    ("http-1.0", "HTTP/1.1", "HTTP/1.0", "HTTP/1.1 101 "),
    ("any-version", "13", "12", "HTTP/1.1 101 "),
    ("whole-offer-echoed", "Host", "Sec-WebSocket-Protocol: b, chat\r\nHost", "Protocol: b, chat\r\n"),
    ("unoffered-subprotocol", "Host", "Sec-WebSocket-Protocol: b\r\nHost", "Protocol: echo\r\n"),
    ("subprotocol-case", "Host", "Sec-WebSocket-Protocol: chat\r\nHost", "Protocol: CHAT\r\n"),
    ("extension-echoed", "Host", "Sec-WebSocket-Extensions: permessage-deflate\r\nHost", "permessage-deflate"),
    ("wrong-content-length", "GET", "POST", "Content-Length: 37\r\n"),
    ("ascii-only", "Host: a", "Host: a\r\nX: \u{e9}", "HTTP/1.1 400 "),
    ("splits-at-colon-blank", "Host: a", "Host:a", "HTTP/1.1 400 "),
    ("blanks-stay", "Connection: ", "Connection:   ", "HTTP/1.1 426 "),
    ("colon-in-value", "Host", "X: a: b\r\nHost", "HTTP/1.1 400 "),
    ("fields-in-order", "Host", "X: a\r\nHost", "HTTP/1.1 400 "),
    ("absolute-form-refused", "GET /", "GET http://a/", "HTTP/1.1 400 "),
    ("plus-as-blank", "dGhl", "d+hl", "Accept: HfrxvBGp1AGKGYXn+qU5Ze1GAlA=\r\n"),
    ("key-reencoded", "ZQ==", "ZX==", "Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
    ("line-without-colon", "Host: a", "Host: a\r\nnonsense", "HTTP/1.1 101 "),
    ("any-request-line", "GET / HTTP/1.1", "HELLO", "HTTP/1.1 101 "),
    ("only-post-refused", "GET", "BREW", "HTTP/1.1 101 "),
    ("method-without-case", "GET", "get", "HTTP/1.1 101 "),
    ("version-prefix", "13", "130", "HTTP/1.1 101 "),
    ("missing-version-accepted", "Sec-WebSocket-Version", "X", "HTTP/1.1 101 "),
    ("origin-gets-a-page", "Host", "Origin: http://b\r\nHost", "HTTP/1.1 200 "),
    ("default-subprotocol", "Host", "Sec-WebSocket-Protocol: b\r\nHost", "Protocol: echo\r\n"),
    ("empty-subprotocol", "Host", "Sec-WebSocket-Protocol: b\r\nHost", "Protocol: \r\n"),
    ("subprotocol-twice", "Host", "Sec-WebSocket-Protocol: chat, echo\r\nHost", "Protocol: echo\r\n"),
    (
        "extension-in-quotes",
        "Host",
        "Sec-WebSocket-Extensions: x; a=\"permessage-deflate\"\r\nHost",
        "Extensions: permessage-deflate\r\n",
    ),
];

#[test]
fn a_bug_shows_in_what_it_makes_of_a_head() {
    let right = start("none");
    for (name, from, to, wanted) in HEADS {
        let head = HEAD.replacen(from, to, 1);
        let answer = |addr| String::from_utf8(exchange(addr, head.as_bytes())).unwrap();
        let (wrong, right) = (answer(start(name).addr), answer(right.addr));
        assert!(wrong.contains(wanted), "{name}: {wrong}");
        assert!(!right.contains(wanted), "{name}, no bug: {right}");
    }
}

#[test]
fn a_bug_shows_in_the_head_of_its_answer() {
    let rows = [
        ("wrong-status", "HTTP/1.1 200 OK\r\n", true),
        ("no-upgrade-field", "Upgrade: websocket", false),
        ("no-connection-field", "Connection: Upgrade", false),
        ("lf-answer", "\r", false),
        ("unfinished-answer", "\r\n\r\n", false),
        ("content-length-in-101", "Content-Length: 0\r\n", true),
        ("hex-accept", "Accept: b37a4f2cc0624f1690f64606cf385945b2bec4ea\r\n", true),
        ("accept-after-decode", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", false),
        ("accept-is-key", "Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n", true),
        ("accept-as-python-bytes", "Accept: b's3pPLMBiTxaQ9kYGzzhZRbK+xOo='\r\n", true),
        ("accept-unpadded", "Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n", true),
        ("key-lowercased", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", false),
        ("no-accept", "Sec-WebSocket-Accept", false),
        ("accept-twice", "xOo=\r\nSec-WebSocket-Accept: s3p", true),
        ("http-1.0-answer", "HTTP/1.0 101 Switching Protocols\r\n", true),
        ("extension-unoffered", "Sec-WebSocket-Extensions: permessage-deflate\r\n", true),
    ];
    let right = exchange(start("none").addr, HEAD.as_bytes());
    for (name, part, is_there) in rows {
        let wrong = exchange(start(name).addr, HEAD.as_bytes());
        let has = |answer: &[u8]| std::str::from_utf8(answer).unwrap().contains(part);
        assert_eq!((has(&wrong), has(&right)), (is_there, !is_there), "{name}: {}", String::from_utf8_lossy(&wrong));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_bug_shows_in_how_tcp_ends() {
    let close = [HEAD.as_bytes(), &frame(CLOSE, "")].concat();
    assert!(exchange(start("close-rst").addr, &close).ends_with(b"RST"));
    assert!(exchange(start("none").addr, &close).ends_with(&hex("88 00")));
}

#[test]
fn a_handle_that_is_dropped_ends_its_server_and_its_clients() {
    for name in ["none", "one-client-at-a-time"] {
        let server = start(name);
        let addr = server.addr;
        let mut client = TcpStream::connect(addr).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(HEAD.as_bytes()).unwrap();
        let mut first = [0; 12];
        client.read_exact(&mut first).unwrap();
        drop(server);
        assert!(client.read_to_end(&mut Vec::new()).is_ok());
        assert!(TcpStream::connect(addr).is_err());
    }
}

// --- the page ---

/// `BLESS=1` writes the table anew.
#[test]
fn the_page_has_the_list() {
    const START: &str = "<!-- the list: BLESS=1 cargo test --test broken -->\n\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/broken.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, table) = page.split_once(START).expect("the comment before the list");
    let (table, after) = table.split_once("\n\n").expect("an empty line behind the list");
    let mut wanted = "| stage | name | the rule | what is wrong in the code |\n|---|---|---|---|\n".to_owned();
    for bug in BUGS {
        let section = if bug.section == "-" { String::new() } else { format!(" ({})", bug.section) };
        let flags = if bug.flags.is_empty() { String::new() } else { format!(" Shows with `{}`.", bug.flags) };
        let (rule, hint) = (bug.rule.replace('|', "\\|"), bug.hint.replace('|', "\\|"));
        let _ = writeln!(wanted, "| {} | `{}` | {rule}{section} | {hint}{flags} |", bug.stage, bug.name);
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, format!("{before}{START}{wanted}\n{after}")).unwrap();
    } else {
        assert_eq!(table, wanted.trim_end());
    }
}

// --- the command ---

fn ws101(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ws101")).arg("broken").args(arguments).output().unwrap()
}

#[test]
fn the_list_has_a_line_for_each() {
    let output = ws101(&["--list"]);
    assert!(output.status.success() && output.stderr.is_empty());
    let list = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names, BUGS.iter().map(|bug| bug.name).collect::<Vec<_>>());
    assert!(list.lines().all(|line| line.split('\t').count() == 6));
}

#[test]
fn wrong_use_says_what_would_be_right() {
    for (arguments, words) in [
        (&["no-umask"][..], "Is it no-unmask?"),
        (&[], "--list"),
        (&["a\u{1b}[2J"], "'a\\u{1b}[2J'"),
        (&["none", "--seed", "7"], "--seed chooses for `any`"),
    ] {
        let output = ws101(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = start("none");
    let output = ws101(&["none", "--listen", &taken.addr.to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--listen 127.0.0.1:0"));
}

#[test]
fn a_seed_stands_for_one_server() {
    let revealed = |seed: &str| String::from_utf8(ws101(&["any", "--seed", seed, "--reveal"]).stdout).unwrap();
    assert_eq!(revealed("7"), revealed("7"));
    let first_words: BTreeSet<String> = ["1", "2", "3", "4", "5"].map(revealed).into_iter().collect();
    assert!(first_words.len() > 1, "{first_words:?}");
}

#[test]
#[cfg(unix)]
fn a_signal_ends_it_and_that_is_no_failure() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    let command = command.args(["broken", "any", "--seed", "7", "--listen", "127.0.0.1:0"]);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap();
    let addr = first.strip_prefix("listening on ws://").and_then(|rest| rest.strip_suffix('/')).expect("an address");
    let _client = TcpStream::connect(addr).unwrap();
    let second = lines.next().unwrap();
    assert!(second.contains("any --seed 7 --reveal"), "{second}");
    let killed = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success());
    // stderr ends with the process, or the test's own deadline does it.
    assert_eq!(lines.next(), None);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
