//! `ws101 decode` as a person meets it: what it says of right bytes and of wrong ones, its exit status, and that nothing
//! that comes in makes it hang, grow or write to the terminal what it was given.
//!
//! Most tests run the real program. Those that try thousands of inputs call the library.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/fences.rs"]
mod fences;

use proptest::prelude::*;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use ws101::decode::input::{Form, Input};
use ws101::decode::{self, Outcome, Settings, Show};
use ws101::protocol::inspector::{Frame, Inspector};

/// Longer than any of this takes on the slowest machine.
const DEADLINE: Duration = Duration::from_secs(60);

// --- running it ---

struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Ends a child that would go on.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    command.arg("decode").args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command.env_remove("RUST_LOG").envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running(command.spawn().unwrap())
}

fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    Builder::new().spawn(work).unwrap()
}

fn read_all(mut output: impl Read + Send + 'static) -> JoinHandle<String> {
    on_a_thread(move || {
        let mut text = Vec::new();
        output.read_to_end(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    })
}

fn wait(child: &mut Running) -> Option<i32> {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.0.try_wait().unwrap() {
            return status.code();
        }
        assert!(Instant::now() < end, "ws101 decode goes on");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

fn decode_in(environment: &[(&str, &str)], arguments: &[&str], input: &[u8]) -> Finished {
    let mut child = start(arguments, environment);
    let (stdout, stderr) = (read_all(child.0.stdout.take().unwrap()), read_all(child.0.stderr.take().unwrap()));
    let (mut stdin, input) = (child.0.stdin.take().unwrap(), input.to_vec());
    // It may have seen enough before all is written.
    let writer = on_a_thread(move || drop(stdin.write_all(&input)));
    let code = wait(&mut child);
    writer.join().unwrap();
    Finished { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn decode(arguments: &[&str], input: &[u8]) -> Finished {
    decode_in(&[], arguments, input)
}

/// What it prints, with its exit status; nothing may be on stderr.
fn told(arguments: &[&str], input: &[u8]) -> (i32, String) {
    let run = decode(arguments, input);
    assert_eq!(run.stderr, "", "{arguments:?}");
    (run.code.unwrap(), run.stdout)
}

/// The lines between these two, the first included.
fn lines_from<'a>(text: &'a str, from: &str, count: usize) -> Vec<&'a str> {
    let at = text.lines().position(|line| line.starts_with(from)).unwrap_or_else(|| panic!("no {from:?} in\n{text}"));
    text.lines().skip(at).take(count).collect()
}

// --- what it says of right bytes ---

const HELLO: &str = "\
0000  TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"
      81           1... .... FIN   last frame of the message
      ..           .000 .... RSV   no extension in use
      ..           .... 0001 opcode text
      85           1... .... MASK  a client always masks (s5.1)
      ..           .000 0101 length 5, so no extended length
      37 fa 21 3d  masking key
      7f 9f 4d 51 58 -> 48 65 6c 6c 6f  payload, unmasked: \"Hello\"
";

#[test]
fn the_masked_hello_from_wherever_it_comes() {
    let bytes = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    let end = |form| {
        format!("= 11 bytes ({form}), 1 frame, 1 message, no fault; from the client (guessed by the first MASK bit)\n")
    };
    let as_hex = (0, format!("{HELLO}{}", end("hex")));
    let as_raw = (0, format!("{HELLO}{}", end("raw")));
    assert_eq!(told(&["81", "85", "37", "fa", "21", "3d", "7f", "9f", "4d", "51", "58"], b""), as_hex);
    assert_eq!(told(&["818537fa213d7f9f4d5158"], b""), as_hex);
    assert_eq!(told(&[], b"81 85 37 fa 21 3d 7f 9f 4d 51 58\n"), as_hex);
    assert_eq!(told(&["-"], bytes), as_raw);
    assert_eq!(told(&["--input", "raw"], bytes), as_raw);
    let file = std::env::temp_dir().join(format!("ws101-decode-{}.bin", std::process::id()));
    std::fs::write(&file, bytes).unwrap();
    let of_file = told(&[file.to_str().unwrap()], b"");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(of_file, as_raw);
}

#[test]
fn the_eight_frames_of_section_5_7_under_their_captions() {
    let (code, text) = told(&["--example", "--dump-bytes", "16"], b"");
    assert_eq!(code, 0);
    let titles: Vec<&str> = text.lines().filter(|line| line.starts_with("---")).collect();
    assert_eq!(
        titles,
        [
            "--- a single-frame unmasked text message, from the server ---",
            "--- a single-frame masked text message, from the client ---",
            "--- a fragmented unmasked text message, from the server ---",
            "--- unmasked Ping request, from the server ---",
            "--- masked Ping response, from the client ---",
            "--- 256 bytes binary message in a single unmasked frame, from the server ---",
            "--- 64KiB binary message in a single unmasked frame, from the server ---",
        ]
    );
    let of_section: Vec<&str> = text.lines().filter(|line| line.starts_with("000")).collect();
    assert_eq!(
        of_section,
        [
            "0000  TEXT fin=1 rsv=000 mask=none len=5 \"Hello\"",
            "0000  TEXT fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"",
            "0000  TEXT fin=0 rsv=000 mask=none len=3 \"Hel\"",
            "0005  CONTINUATION fin=1 rsv=000 mask=none len=2 \"lo\"",
            "0000  PING fin=1 rsv=000 mask=none len=5 \"Hello\"",
            "0000  PONG fin=1 rsv=000 mask=37fa213d len=5 \"Hello\"",
            "0000  BINARY fin=1 rsv=000 mask=none len=256 [00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ...]",
            "0000  BINARY fin=1 rsv=000 mask=none len=65536 [00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f ...]",
        ]
    );
    assert_eq!(
        lines_from(&text, "0005", 7),
        [
            "0005  CONTINUATION fin=1 rsv=000 mask=none len=2 \"lo\"",
            "      80           1... .... FIN   last frame of the message",
            "      ..           .000 .... RSV   no extension in use",
            "      ..           .... 0000 opcode continuation",
            "      02           0... .... MASK  a server never masks (s5.1)",
            "      ..           .000 0010 length 2, so no extended length",
            "      6c 6f  payload: \"lo\"",
        ]
    );
    assert!(text.contains("\n      = message: text, 2 frames, 5 bytes \"Hello\"\n"), "{text}");
    assert!(text.contains("\n      00 00 00 00 00 01 00 00  extended length 65536\n"), "{text}");
    assert!(text.ends_with("\n      ... 65520 more bytes of payload\n"), "{text}");
    assert!(!text.contains('!'), "{text}");
}

#[test]
fn headers_only_is_one_line_a_frame() {
    let (code, text) = told(&["--headers-only"], b"\x01\x03Hel\x89\x00\x80\x02lo\x88\x02\x03\xe8");
    let expected = "\
0000  TEXT fin=0 rsv=000 mask=none len=3
0005  PING fin=1 rsv=000 mask=none len=0
0007  CONTINUATION fin=1 rsv=000 mask=none len=2
000b  CLOSE fin=1 rsv=000 mask=none len=2
= 15 bytes (raw), 4 frames, 1 message, no fault; from the server (guessed by the first MASK bit)
";
    assert_eq!((code, text.as_str()), (0, expected));
}

const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nCookie: biscuit\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

#[test]
fn a_request_and_its_frames() {
    let (code, text) = told(&["--headers-only"], format!("{REQUEST}\u{1}").as_bytes());
    let expected = "\
0000  GET /chat HTTP/1.1
0014      Host: server.example.com                              the server that is meant (RFC 9112 s3.2)
002e      Upgrade: websocket                                    the protocol to change to (RFC 9110 s7.8)
0042      Connection: Upgrade                                   fields and wishes for this hop only (RFC 9110 s7.6.1)
0057      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==           16 random bytes; their hash comes back (RFC 6455 s4.1)
0084      Sec-WebSocket-Version: 13                             13 is the only one (RFC 6455 s4.1)
009f      Cookie: *******                                       state of an earlier visit: a secret (RFC 6265 s4.2)
      = a right opening handshake, if this server and path take it
00b2  01
      ... at least 1 byte more needed: 1 byte of a frame header is here
= 179 bytes (raw), 0 frames, 0 messages, no fault; from the client (by its head)
";
    assert_eq!((code, text.as_str()), (0, expected));
    let (code, text) = told(&["--show-secrets"], &[REQUEST.as_bytes(), b"\x81\x80abcd"].concat());
    assert!(code == 0 && text.contains("Cookie: biscuit"), "{text}");
    assert!(text.contains("\n          yes Upgrade: websocket "), "{text}");
    assert!(text.contains("\n          in base64                   s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n"), "{text}");
    assert!(text.contains("\n00b2  TEXT fin=1 rsv=000 mask=61626364 len=0\n"), "{text}");
}

#[test]
fn an_answer_and_its_frames() {
    let (code, text) = told(&[], &[ANSWER.as_bytes(), b"\x81\x00"].concat());
    let expected = "\
      = right in form as an answer to an opening handshake
          yes Upgrade: websocket                                    the protocol that begins behind this head (RFC 6455 s4.1)
          yes Connection: Upgrade                                   Upgrade is meant for this connection (RFC 6455 s4.1)
          yes Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=    20 bytes in base64; the request's key is not here, so not compared (RFC 6455 s4.1)
0081  TEXT fin=1 rsv=000 mask=none len=0
";
    assert_eq!((code, text.contains(expected)), (0, true), "{text}");
    assert!(text.ends_with("from the server (by its head)\n"), "{text}");
    // With the request before it, the accept value is held to the key.
    let both = |answer: &str| told(&[], format!("{REQUEST}{answer}").as_bytes());
    let (code, text) = both(ANSWER);
    assert!(code == 0 && text.contains("= a right answer to the opening handshake\n"), "{text}");
    assert!(text.contains("the hash of the key in the request before it (RFC 6455 s4.1)"), "{text}");
    let (code, text) = both(&ANSWER.replace("s3pP", "S3pP"));
    let wrong = "! in a 101, Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo= is not the hash of the request's key";
    assert_eq!((code, text.contains(wrong)), (1, true), "{text}");
}

#[test]
fn a_head_that_begins_no_websocket_has_a_body_behind_it() {
    for (head, says) in [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "= no opening handshake: it asks for no WebSocket"),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\n",
            "= no opening handshake: only a 101 begins a WebSocket",
        ),
    ] {
        let (code, text) = told(&[], &[head.as_bytes(), b"\x81\x05no"].concat());
        assert_eq!((code, text.contains(says)), (0, true), "{text}");
        assert!(text.contains("\n      = what follows this head is a body, not frames\n"), "{text}");
        assert!(text.contains(", 0 frames, 0 messages, no fault, 4 bytes of body; from the "), "{text}");
    }
}

/// A 101 that names an extension hands it the RSV bits, and an offer may have been taken.
#[test]
fn an_extension_owns_the_rsv_bits() {
    let field = "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let answer = ANSWER.replace("\r\n\r\n", field);
    let (code, text) = told(&[], &[answer.as_bytes(), b"\xc1\x01\xff"].concat());
    assert_eq!(
        (code, text.contains("set by an extension, which may have changed the payload (s5.2)")),
        (0, true),
        "{text}"
    );
    let offer = REQUEST.replace("\r\n\r\n", field);
    assert_eq!(told(&[], &[offer.as_bytes(), b"\xc1\x81abcd\xff"].concat()).0, 0);
    assert_eq!(told(&[], &[ANSWER.as_bytes(), b"\xc1\x01\xff"].concat()).0, 1);
}

/// s4.1: what was not offered may not be taken. Without the request nobody knows.
#[test]
fn an_answer_is_held_to_what_was_offered() {
    let with = |head: &str, field: &str| head.replace("\r\n\r\n", &format!("\r\n{field}\r\n\r\n"));
    let protocol = "Sec-WebSocket-Protocol: chat";
    let deflate = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover";
    let twice = format!("{protocol}\r\n{protocol}");
    let cases = [
        (None, with(ANSWER, protocol), None),
        (None, with(ANSWER, deflate), None),
        (Some(with(REQUEST, protocol)), with(ANSWER, protocol), None),
        (Some(with(REQUEST, deflate)), with(ANSWER, "Sec-WebSocket-Extensions: Permessage-Deflate"), None),
        (
            Some(REQUEST.to_owned()),
            with(ANSWER, protocol),
            Some("Sec-WebSocket-Protocol: chat is a subprotocol that was not offered (RFC 6455 s4.1)"),
        ),
        (
            Some(with(REQUEST, "Sec-WebSocket-Protocol: Chat, b")),
            with(ANSWER, protocol),
            Some("chat is a subprotocol that was not offered (RFC 6455 s4.1)"),
        ),
        (
            Some(REQUEST.to_owned()),
            with(ANSWER, deflate),
            Some("server_no_context_takeover names an extension that was not offered (RFC 6455 s4.1)"),
        ),
        (None, with(ANSWER, &twice), Some("chat, chat stands there more than once (RFC 6455 s11.3.4)")),
        (None, with(ANSWER, "Sec-WebSocket-Protocol: a, b"), Some("is not one subprotocol (RFC 6455 s4.2.2)")),
    ];
    for (request, answer, fault) in cases {
        let (code, text) = told(&[], [request.clone().unwrap_or_default(), answer.clone()].concat().as_bytes());
        let faults: Vec<&str> = text.lines().filter(|line| line.trim().starts_with('!')).collect();
        match fault {
            None => assert_eq!((code, faults), (0, vec![]), "{request:?} {answer}"),
            Some(fault) => assert!(code == 1 && faults.len() == 1 && faults[0].ends_with(fault), "{text}"),
        }
    }
    // RSV bits belong to an extension only if it could be agreed on.
    let unasked = [REQUEST.as_bytes(), with(ANSWER, deflate).as_bytes(), b"\xc1\x01\xff"].concat();
    assert!(told(&[], &unasked).1.contains("! RSV bits 100 without an extension (RFC 6455 s5.2)"));
}

/// In a log the request is in the other stream of the same connection.
#[test]
fn a_log_holds_the_answer_to_the_key_of_its_own_connection() {
    let record = |name: &str, mark: char, bytes: &[u8]| {
        format!("TRACE {name} {mark} {} bytes{}\n", bytes.len(), ws101::wire::lines::hex_dump(bytes, 0))
    };
    let wrong = ANSWER.replace("s3pP", "S3pP");
    let other = REQUEST.replace("dGhl", "DGhl");
    let log = [
        record("ws-1", '<', REQUEST.as_bytes()),
        record("ws-2", '<', other.as_bytes()),
        record("ws-1", '>', ANSWER.as_bytes()),
        record("ws-2", '>', wrong.as_bytes()),
        record("ws-3", '>', wrong.as_bytes()),
    ];
    let (code, text) = told(&[], log.concat().as_bytes());
    assert_eq!((code, text.matches("= a right answer to the opening handshake").count()), (1, 1), "{text}");
    assert_eq!(text.matches("is not the hash of the request's key").count(), 1, "{text}");
    assert_eq!(text.matches("= right in form as an answer").count(), 1, "{text}");
}

/// RFC 9112 s6.3: neither a 1xx nor a request without a length has a body.
#[test]
fn behind_a_head_without_a_body_stands_another_head() {
    let interim = format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n{ANSWER}");
    let (code, text) = told(&["--headers-only"], &[interim.as_bytes(), b"\x81\x02ok"].concat());
    assert!(code == 0 && text.contains("  TEXT fin=1 rsv=000 mask=none len=2\n"), "{text}");
    let kept_alive = format!("GET / HTTP/1.1\r\nHost: a\r\n\r\n{REQUEST}");
    let (code, text) = told(&["--headers-only"], &[kept_alive.as_bytes(), b"\x89\x80abcd"].concat());
    assert!(code == 0 && text.contains("  PING fin=1 rsv=000 mask=61626364 len=0\n"), "{text}");
    let body = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n{REQUEST}");
    assert!(told(&[], body.as_bytes()).1.contains(" bytes of body"));
}

#[test]
fn a_101_that_cannot_be_read_is_an_answer_all_the_same() {
    let (code, text) = told(&[], b"HTTP/1.1 101 \x1b[31mX\r\n\r\n\x81\x02ok");
    assert!(code == 1 && text.contains("= an answer to an opening handshake that is not right\n"), "{text}");
    assert!(!text.contains("no opening handshake") && text.contains(" len=2 \"ok\"\n"), "{text}");
}

#[test]
fn json_has_an_object_for_everything() {
    let (code, text) =
        told(&["--json"], &[ANSWER.as_bytes(), b"\x01\x02He\x80\x03llo\x88\x03\x03\xe8\xff\x82\x09ab"].concat());
    let objects: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<&str> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    assert_eq!((code, kinds), (1, vec!["head", "frame", "frame", "message", "frame", "missing", "summary"]));
    assert!(text.lines().all(|line| line.starts_with("{\"type\":\"")), "{text}");
    assert_eq!(objects[0]["lines"][3]["offset"], 75);
    assert_eq!((&objects[0]["handshake"], &objects[0]["frames_follow"]), (&true.into(), &true.into()));
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let expected = [
        r#"{"type":"frame","offset":129,"header_length":2,"fin":false,"rsv":0,"opcode":1,"name":"text","mask":null,"length":2,"length_bits":7,"payload":"4865","faults":[]}"#,
        r#"{"type":"frame","offset":133,"header_length":2,"fin":true,"rsv":0,"opcode":0,"name":"continuation","mask":null,"length":3,"length_bits":7,"payload":"6c6c6f","faults":[]}"#,
        r#"{"type":"message","offset":129,"kind":"text","frames":2,"length":5,"payload":"48656c6c6f","text":"Hello"}"#,
        r#"{"type":"frame","offset":138,"header_length":2,"fin":true,"rsv":0,"opcode":8,"name":"close","mask":null,"length":3,"length_bits":7,"payload":"03e8ff","close":{"code":1000,"reason":"�"},"faults":[{"close_code":1007,"in_payload":2,"offset":142,"section":"RFC 6455 s8.1","why":"the reason of a Close is not UTF-8"}]}"#,
    ];
    assert_eq!(lines[..4], expected);
    let missing = &objects[5];
    assert_eq!(
        (&missing["of"], &missing["needed"], &missing["payload"]),
        (&"payload".into(), &7.into(), &"6162".into())
    );
    assert_eq!(
        lines[5],
        r#"{"type":"summary","input":"raw","bytes":147,"frames":3,"messages":1,"faults":2,"from":"server","from_known_by":"head","contradicted":false,"rest":null}"#
    );
}

/// A log has both directions of its connections: a stream each, and a title where the stream changes.
#[test]
fn streams_of_a_log_are_told_apart() {
    let log = "\
TRACE ws-1 < 11 bytes
    0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ..7.!=..MQX
TRACE ws-1 > 7 bytes
    0000  81 05 48 65 6c 6c 6f                              ..Hello
TRACE ws-1 < 2 bytes
    0000  88 00                                             ..
";
    let expected = "\
--- ws-1, from the client ---
0000  TEXT fin=1 rsv=000 mask=37fa213d len=5

--- ws-1, from the server ---
0000  TEXT fin=1 rsv=000 mask=none len=5

--- ws-1, from the client ---
000b  CLOSE fin=1 rsv=000 mask=none len=0
      ! a frame from a client must be masked (RFC 6455 s5.1)
= 13 bytes (hex), 2 frames, 1 message, 1 fault; from the client (told)

--- ws-1, from the server ---
= 7 bytes (hex), 1 frame, 1 message, no fault; from the server (told)
";
    assert_eq!(told(&["--headers-only"], log.as_bytes()), (1, expected.to_owned()));
    let (_, json) = told(&["--json"], log.as_bytes());
    assert!(json.lines().all(|line| line.contains(",\"stream\":\"ws-1\",\"sender\":\"")), "{json}");
}

/// The page about it shows what happens.
#[test]
fn the_commands_of_the_page_print_what_it_says() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/decode.md")).unwrap();
    let consoles: Vec<fences::Fence> =
        fences::fences(&page).into_iter().filter(|fence| fence.kind == "console").collect();
    assert_eq!(consoles.len(), 3);
    for fence in consoles {
        let arguments: Vec<&str> = fence.lines[0].strip_prefix("$ ws101 decode ").unwrap().split(' ').collect();
        let (_, text) = told(&arguments, b"");
        let came: Vec<String> = text.lines().map(str::to_owned).collect();
        assert!(fences::matches(&fence.lines[1..], &came), "{arguments:?}\n{text}");
    }
}

// --- what it says of wrong bytes ---

/// Each fault alone: hex, who sends, and the line that names it.
const FAULTS: [(&str, &str, &str); 26] = [
    ("91 00", "server", "! RSV bits 001 without an extension (RFC 6455 s5.2)"),
    ("a1 00", "server", "! RSV bits 010 without an extension (RFC 6455 s5.2)"),
    ("c1 00", "server", "! RSV bits 100 without an extension (RFC 6455 s5.2)"),
    ("83 00", "server", "! reserved opcode 3 (RFC 6455 s5.2)"),
    ("8b 00", "server", "! reserved opcode B (RFC 6455 s5.2)"),
    ("81 80 00000000", "server", "! a frame from a server must not be masked (RFC 6455 s5.1)"),
    ("81 00", "client", "! a frame from a client must be masked (RFC 6455 s5.1)"),
    ("82 7e 0001 61", "server", "! length 1 written with 16 bits, not in its minimal form (RFC 6455 s5.2)"),
    ("82 7f 0000000000000001 61", "server", "! length 1 written with 64 bits, not in its minimal form (RFC 6455 s5.2)"),
    ("82 7f 8000000000000000 61", "server", "! the top bit of a 64-bit length must be 0 (RFC 6455 s5.2)"),
    ("09 00", "server", "! a control frame may not be fragmented (RFC 6455 s5.5)"),
    ("89 7e 007e", "server", "! a control frame of 126 bytes, over 125 (RFC 6455 s5.5)"),
    ("80 00", "server", "! a continuation, but no message to continue (RFC 6455 s5.4)"),
    ("01 00 81 00", "server", "! a new message inside an unfinished one (RFC 6455 s5.4)"),
    ("88 00 81 00", "server", "! a data frame after the Close (RFC 6455 s5.5.1)"),
    ("88 01 03", "server", "! a Close of one byte: a code has two (RFC 6455 s5.5.1)"),
    ("88 02 03 e7", "server", "! close code 999 must not be sent in a frame (RFC 6455 s7.4)"),
    ("88 02 03 ec", "server", "! close code 1004 must not be sent in a frame (RFC 6455 s7.4)"),
    ("88 02 03 ee", "server", "! close code 1006 must not be sent in a frame (RFC 6455 s7.4)"),
    ("88 02 03 f7", "server", "! close code 1015 must not be sent in a frame (RFC 6455 s7.4)"),
    ("88 02 13 88", "server", "! close code 5000 must not be sent in a frame (RFC 6455 s7.4)"),
    ("88 04 03 e8 c3 28", "server", "! the reason of a Close is not UTF-8, offset 0005 (RFC 6455 s8.1)"),
    ("89 00 81 02 61 ff", "server", "! text is not UTF-8: byte ff at 1 of its frame, offset 0005 (RFC 6455 s8.1)"),
    (
        "01 02 ce ba 80 02 ce 41",
        "server",
        "! text is not UTF-8: byte 41 at 1 of its frame, offset 0007 (RFC 6455 s8.1)",
    ),
    ("81 02 61 ce", "server", "! the text ends inside a character, offset 0004 (RFC 6455 s8.1)"),
    ("16 03 01 02 00", "server", "! these bytes are records of TLS, which hide the frames inside (RFC 8446 s5.1)"),
];

#[test]
fn every_fault_is_named_with_its_section_and_ends_with_1() {
    for (hex, from, fault) in FAULTS {
        let (code, text) = told(&["--from", from, hex], b"");
        let faults: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with('!')).collect();
        assert_eq!((code, faults), (1, vec![fault]), "{hex}: {text}");
        assert!(text.contains(" 1 fault"), "{text}");
    }
}

#[test]
fn codes_that_iana_has_registered_since_may_travel() {
    for code in [1000, 1001, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999] {
        let (status, text) = told(&["--from", "server", &format!("8802{code:04x}")], b"");
        assert_eq!(status, 0, "{text}");
        assert!(text.starts_with(&format!("0000  CLOSE fin=1 rsv=000 mask=none len=2 {code} ")), "{text}");
    }
}

#[test]
fn a_head_says_what_is_wrong_with_it() {
    let without = |line: &str| REQUEST.replace(line, "");
    for (head, fault) in [
        (without("Host: server.example.com\r\n"), "! an HTTP/1.1 request without Host (RFC 9112 s3.2)"),
        (without("Sec-WebSocket-Version: 13\r\n"), "! no Sec-WebSocket-Version: 13 (RFC 6455 s4.2.1)"),
        (
            REQUEST.replace("==", "="),
            "! Sec-WebSocket-Key is not 16 bytes in base64: 22 characters and `==` (RFC 6455 s4.2.1)",
        ),
        (REQUEST.replace("GET", "POST"), "! a WebSocket begins with GET, not POST (RFC 6455 s4.2.1)"),
        (REQUEST.replace("\r\n", "\n"), "CR LF (with nc, use `nc -C`, or printf '...\\r\\n' | nc) (RFC 9112 s2.2)"),
        (ANSWER.replace("\r\n", "\n"), "! a line ends in LF alone, not in CR LF (RFC 9112 s2.2)"),
        (ANSWER.replace("Connection: Upgrade\r\n", ""), "! a 101 without Connection: Upgrade (RFC 6455 s4.1)"),
        (
            ANSWER.replace("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", ""),
            "! a 101 without Sec-WebSocket-Accept (RFC 6455 s4.1)",
        ),
        (ANSWER.replace("Upgrade: websocket\r\n", ""), "! a 101 without Upgrade: websocket (RFC 6455 s4.1)"),
        (ANSWER.replace("=", ""), "is not 20 bytes in base64: 27 characters and `=` (RFC 6455 s4.1)"),
        (
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(20_000)),
            "! no empty line ends this head in its first 16384 bytes (RFC 9112 s2.1)",
        ),
        ("PRI * HTTP/2.0\r\n\r\n".to_owned(), "(RFC 9113 s3.4)"),
    ] {
        let (code, text) = told(&["--input", "raw"], head.as_bytes());
        assert!(text.lines().any(|line| line.trim().starts_with('!') && line.ends_with(fault)), "{fault}\n{text}");
        assert_eq!(code, 1, "{text}");
    }
}

/// Who sends is a guess where no head says it, and the frames may say something else.
#[test]
fn a_guess_that_the_frames_contradict_is_called_one() {
    let hint = "; from the server (guessed by the first MASK bit, which other frames contradict: if both directions are in one \
                input, decode them apart; if not, say --from)\n";
    for bytes in
        ["81 05 48 65 6c 6c 6f 81 85 37 fa 21 3d 7f 9f 4d 51 58", "89 00 81 fe 00", "89 00 81 85 37 fa 21 3d 7f"]
    {
        let (code, text) = told(&[bytes], b"");
        assert!(code == 1 && text.ends_with(hint), "{text}");
    }
    let (_, text) = told(&["88 80 37 fa 21 3d 88 00"], b"");
    assert!(text.contains("; from the client (guessed by the first MASK bit, which other frames contradict"), "{text}");
    // What was told is no guess, and another fault is no contradiction.
    let (code, text) = told(&["--from", "server", "89 00 89 80 37 fa 21 3d"], b"");
    assert!(code == 1 && text.ends_with("; from the server (told)\n"), "{text}");
    let (code, text) = told(&["83 00 89 00"], b"");
    assert!(code == 1 && text.ends_with("; from the server (guessed by the first MASK bit)\n"), "{text}");
    let (_, json) = told(&["--json", "89 00 89 80 37 fa 21 3d"], b"");
    assert!(json.contains(r#""from":"server","from_known_by":"guess","contradicted":true"#), "{json}");
}

#[test]
fn after_a_fault_it_goes_on() {
    let (code, text) = told(&["--from", "server", "83 01 61 80 00 01 01 61 81 01 62 88 00"], b"");
    let marks: Vec<&str> = text.lines().filter(|line| line.starts_with("00") || line.contains('!')).collect();
    assert_eq!(
        marks,
        [
            "0000  RESERVED(3) fin=1 rsv=000 mask=none len=1 [61]",
            "      ! reserved opcode 3 (RFC 6455 s5.2)",
            "0003  CONTINUATION fin=1 rsv=000 mask=none len=0",
            "      ! a continuation, but no message to continue (RFC 6455 s5.4)",
            "0005  TEXT fin=0 rsv=000 mask=none len=1 \"a\"",
            "0008  TEXT fin=1 rsv=000 mask=none len=1 \"b\"",
            "      ! a new message inside an unfinished one (RFC 6455 s5.4)",
            "000b  CLOSE fin=1 rsv=000 mask=none len=0 no code",
        ]
    );
    assert!(
        code == 1 && text.ends_with("= 13 bytes (hex), 5 frames, 1 message, 3 faults; from the server (told)\n"),
        "{text}"
    );
}

// --- the end ---

#[test]
fn what_is_missing_is_said_and_is_no_fault() {
    let (code, text) = told(&["81 fe 00"], b"");
    assert_eq!(
        (code, lines_from(&text, "0000", 3)),
        (
            0,
            vec![
                "0000  81 fe 00",
                "      ... 5 bytes more needed: 3 bytes of a frame header are here",
                "= 3 bytes (hex), 0 frames, 0 messages, no fault",
            ]
        )
    );
    let (code, text) = told(&["01 03 48 65 6c 80 05 6c 6f"], b"");
    assert_eq!(code, 0);
    assert_eq!(
        lines_from(&text, "0005", 10),
        [
            "0005  CONTINUATION fin=1 rsv=000 mask=none len=5 \"lo\" ... -- 2 of 5 payload bytes",
            "      80           1... .... FIN   last frame of the message",
            "      ..           .000 .... RSV   no extension in use",
            "      ..           .... 0000 opcode continuation",
            "      05           0... .... MASK  a server never masks (s5.1)",
            "      ..           .000 0101 length 5, so no extended length",
            "      6c 6f  payload: \"lo\"",
            "      ... 3 bytes more needed: this payload has 2 of 5",
            "      ... no frame with FIN has ended the message that began at 0000: text, 1 frame, 5 bytes \"Hello\" so far",
            "= 9 bytes (hex), 1 frame, 0 messages, no fault; from the server (guessed by the first MASK bit)",
        ]
    );
    let (code, text) = told(&[], b"GET / HTTP/1.1\r\nHost: a\r\n");
    assert!(code == 0 && text.contains("... the empty line that ends a head has not come (RFC 9112 s2.1)\n"), "{text}");
}

/// In the library, because there are many.
fn in_memory(bytes: &[u8], settings: &Settings) -> (Outcome, String) {
    let mut out = Vec::new();
    let mut input = Input::new(Box::new(Cursor::new(bytes.to_vec())), Some(Form::Raw));
    let outcome = decode::run(&mut input, settings, &mut out).expect("raw bytes can be read");
    (outcome, String::from_utf8(out).expect("text"))
}

#[test]
fn a_capture_cut_anywhere_has_no_fault() {
    let capture = [
        ANSWER.as_bytes(),
        b"\x01\x03Hel\x89\x02ab\x80\x02lo\x82\x7e\x00\x80",
        &[7; 128],
        "\u{1}\u{2}κ".as_bytes(),
        b"\x80\x02\xce\xba\x88\x05\x03\xe8bye",
    ]
    .concat();
    for cut in 1..=capture.len() {
        let (outcome, text) = in_memory(&capture[..cut], &Settings::default());
        assert_eq!(outcome, Outcome { bytes: cut as u64, faults: 0 }, "{text}");
        assert!(
            text.contains(" more needed") || text.contains(" has not come") || text.contains("no fault;"),
            "{text}"
        );
    }
}

/// What is there of a header can be wrong already.
#[test]
fn a_header_that_is_cut_off_is_judged_as_far_as_it_is_there() {
    let (code, text) = told(&["83"], b"");
    let expected = "\
0000  83
      ! reserved opcode 3 (RFC 6455 s5.2)
      ... at least 1 byte more needed: 1 byte of a frame header is here
= 1 byte (hex), 0 frames, 0 messages, 1 fault
";
    assert_eq!((code, text.as_str()), (1, expected));
    for (hex, from, faults) in [
        ("f3 7e", "server", &["! RSV bits 111 without an extension", "! reserved opcode 3"][..]),
        ("81 7e 01", "client", &["! a frame from a client must be masked"]),
        ("89 7e", "server", &["! a control frame of more than 125 bytes"]),
        ("01 00 81", "server", &["! a new message inside an unfinished one"]),
        ("88 00 81 7f", "server", &["! a data frame after the Close"]),
        ("88 00 89", "server", &[]),
    ] {
        let (code, text) = told(&["--from", from, hex], b"");
        let found: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with('!')).collect();
        assert_eq!((code, found.len()), (i32::from(!faults.is_empty()), faults.len()), "{hex}: {text}");
        assert!(found.iter().zip(faults).all(|(found, fault)| found.starts_with(fault)), "{hex}: {text}");
    }
    let (_, json) = told(&["--json", "83"], b"");
    assert!(json.contains("\"of\":\"header\"") && json.contains("reserved opcode 3"), "{json}");
}

/// A program writes a line and goes on: what it has written is told before the next one comes.
#[test]
fn what_comes_is_told_as_it_comes() {
    let record =
        |bytes: &[u8]| format!("TRACE ws-1 < {} bytes{}\n", bytes.len(), ws101::wire::lines::hex_dump(bytes, 0));
    let log = record(b"\x81\x82abcd\x0e\x09") + "DEBUG ws-1 < TEXT fin=1\n    more of it";
    let cases: [(&[&str], &[u8], &str); 5] = [
        (&["--headers-only"], ANSWER.as_bytes(), "HTTP/1.1 101"),
        (&["--json"], REQUEST.as_bytes(), "\"type\":\"head\""),
        (&["--json"], b"\x81\x02ok\x81", "\"type\":\"frame\""),
        (&["--headers-only"], b"\x81\x02ok\x81", "TEXT fin=1"),
        (&["--headers-only"], log.as_bytes(), "--- ws-1, from the client ---"),
    ];
    for (arguments, first, says) in cases {
        let mut child = start(arguments, &[]);
        let mut stdin = child.0.stdin.take().unwrap();
        stdin.write_all(first).unwrap();
        // It stays open: only what is told now can be read.
        let stdout = child.0.stdout.take().unwrap();
        let (said, line) = std::sync::mpsc::sync_channel(1);
        let reader = on_a_thread(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).unwrap();
            said.send(line).unwrap();
        });
        let line = line.recv_timeout(DEADLINE);
        drop(stdin);
        reader.join().unwrap();
        assert!(line.as_ref().is_ok_and(|line| line.contains(says)), "{arguments:?}: {line:?}");
    }
}

/// Wireshark's window shows no word of who is who before the other end's first row.
#[test]
fn a_long_first_side_of_a_dump_learns_whose_it_is() {
    let rows = |bytes: &[u8], from: usize, indent: &str| -> String {
        let row = |(number, row): (usize, &[u8])| {
            let pairs: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{indent}{:08x}  {}\n", from + number * 16, pairs.join(" "))
        };
        bytes.chunks(16).enumerate().map(row).collect()
    };
    let long = [&b"\x82\xff\0\0\0\0\0\x02\0\0abcd"[..], &vec![7; 0x20000]].concat();
    let first = long.len().next_multiple_of(16);
    let long = [&long[..], &b"\x89\x80abcd\x89\x80abcd"[..]].concat();
    assert!(first < long.len());
    let text = [rows(&long, 0, ""), rows(b"\x81\x02ok", 0, "    "), rows(b"\x8a\x80abcd", long.len(), "")].concat();
    let (code, told) = told(&["--headers-only"], text.as_bytes());
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("\n--- from the server ---\n0000  TEXT fin=1 rsv=000 mask=none len=2\n"), "{told}");
    assert!(told.contains("\n--- from the client ---\n2001a  PONG fin=1"), "{told}");
    assert!(told.ends_with("= 4 bytes (hex), 1 frame, 1 message, no fault; from the server (told)\n"), "{told}");
}

/// `--from` chooses a side where the input says who is who.
#[test]
fn from_chooses_the_streams_of_one_end() {
    let log = "TRACE ws-1 < 6 bytes\n    0000  89 80 61 62 63 64                                 ..abcd\n\
               TRACE ws-1 > 2 bytes\n    0000  8a 00                                             ..\n";
    for (from, says, not) in [("client", "PING", "PONG"), ("server", "PONG", "PING")] {
        let (code, text) = told(&["--headers-only", "--from", from], log.as_bytes());
        assert!(code == 0 && text.contains(says) && !text.contains(not), "{text}");
    }
    let run = decode(&["--from", "server"], log.lines().take(2).collect::<Vec<_>>().join("\n").as_bytes());
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("no bytes from the server"), "{}", run.stderr);
}

/// More connections at once than there is room for: those that were first are told, and it is said.
#[test]
fn streams_without_room_are_counted() {
    let record = |number: usize| format!("TRACE ws-{number} > 2 bytes\n    0000  8a 00  ..\n");
    let log: String = (0..ws101::decode::input::MAX_STREAMS + 3).map(record).collect();
    let (code, text) = told(&["--headers-only"], log.as_bytes());
    let words = "\n= 6 bytes of further streams are not told: more than 256 streams went on at once\n";
    assert!(code == 0 && text.ends_with(words), "{text}");
    let (_, json) = told(&["--json"], log.as_bytes());
    assert!(json.ends_with("{\"type\":\"passed_over\",\"bytes\":6}\n"), "{json}");
}

/// A log of a busy day: what is kept is what is open.
#[test]
fn ten_thousand_connections_one_after_the_other_need_no_memory() {
    let mut child = start(&["--headers-only", "--max-frames", "1"], &[]);
    let mut stdin = child.0.stdin.take().unwrap();
    let output = read_all(child.0.stdout.take().unwrap());
    for number in 0..10_000 {
        let log = format!(
            "INFO  ws-{number} = connected from 127.0.0.1:47736\nTRACE ws-{number} > 2 bytes\n    0000  8a 00  ..\n\
             INFO  ws-{number} = ended after 2.0s; messages: 0 in, 0 out; bytes: 0 in, 2 out\n"
        );
        stdin.write_all(log.as_bytes()).unwrap();
    }
    let peak = peak_kib(child.0.id());
    drop(stdin);
    assert_eq!(wait(&mut child), Some(0));
    let text = output.join().unwrap();
    assert_eq!(text.matches("= 2 bytes (hex), 1 frame, 0 messages, no fault; from the server (told)").count(), 10_000);
    assert!(peak < 40 << 10, "{peak} KiB");
}

// --- input that cannot be used ---

/// What stands before the mistake is told.
#[test]
fn what_was_read_before_an_error_is_told() {
    for (arguments, input, place) in [
        (&["--headers-only", "81 05 48 65 6c 6c 6f 83 00 zz"][..], "", "line 1, column 28: `zz`"),
        (&["--headers-only"], "0000  81 05 48 65 6c 6c 6f\n0007  83 00\n0009  zz\n", "line 3, column 7: `zz`"),
        (&["--headers-only"], "char a[] = { 0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x83, 0x00, zz };", "`zz`"),
        (&["--headers-only"], "b'\\x81\\x05Hello\\x83\\x00\\zz'", "`zz'`"),
    ] {
        let run = decode(arguments, input.as_bytes());
        let expected = "0000  TEXT fin=1 rsv=000 mask=none len=5\n0007  RESERVED(3) fin=1 rsv=000 mask=none len=0\n      \
                        ! reserved opcode 3 (RFC 6455 s5.2)\n";
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), expected), "{input}");
        assert!(run.stderr.contains(place), "{}", run.stderr);
    }
}

/// Bytes themselves come from a file or stdin, and one file at a time.
#[test]
fn names_of_files_are_no_bytes() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (arguments, says) in [
        (&["--input", "raw", "captur.bin"][..], "captur.bin: no such file (--input raw reads a file or stdin"),
        (&["--input", "raw", "81", "05"], "81 05: --input raw reads one file, or stdin"),
        (&[manifest, "b.bin"], "is a file, and files are read one at a time"),
        (&["b.bin", manifest], "is a file, and files are read one at a time"),
        (&["\u{1b}[2J.bin", "--input", "raw"], "\\u{1b}[2J.bin: no such file"),
    ] {
        let run = decode(arguments, b"");
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.contains(says), "{}", run.stderr);
    }
}

/// A word with a dot or a slash was meant for a file.
#[test]
fn a_file_that_is_not_there_is_said_first() {
    for (word, expected) in [
        (
            "nofile.bin",
            "ws101: nofile.bin: no such file; and as hex, line 1, column 1: `nofile.bin` is no hex: bytes are \
                        written as 0a ff, 0x0a or \\x0a\n",
        ),
        (
            "no/such",
            "ws101: no/such: no such file; and as hex, line 1, column 1: `no/such` is no hex: bytes are written as \
                     0a ff, 0x0a or \\x0a\n",
        ),
        (
            "abc",
            "ws101: line 1, column 3: `c` is half a byte: each byte is two hex digits, as 0a; there is no file of that \
                 name either\n",
        ),
    ] {
        let run = decode(&[word], b"");
        assert_eq!((run.code, run.stderr.as_str()), (Some(2), expected));
    }
}

/// With `| head` a fault that was seen by then still counts.
#[test]
fn a_reader_that_goes_away_does_not_undo_a_fault() {
    let mut child = start(&["--max-frames", "0", "--headers-only"], &[]);
    let mut stdin = child.0.stdin.take().unwrap();
    let writer = on_a_thread(move || drop(stdin.write_all(&b"\x83\x00".repeat(200_000))));
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    assert_eq!(wait(&mut child), Some(1));
    writer.join().unwrap();
}

#[test]
fn an_output_that_cannot_be_written_ends_with_1() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    let run = command.args(["decode", "8900"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(run.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&run.stderr).contains("ws101: "), "{run:?}");
}

#[test]
fn what_cannot_be_read_ends_with_2_and_says_what_would_be_right() {
    let cases: [(&[&str], &[u8], &str); 8] = [
        (&[], b"", "nothing to decode: the input is empty"),
        (&["81 0"], b"", "line 1, column 4"),
        (&["no-such-file.bin"], b"", "no-such-file.bin: no such file"),
        (&["--input", "hex"], b"81 05\nHello", "line 2, column 1"),
        (&["/"], b"", "directory"),
        (&["--from", "proxy", "81 00"], b"", "client, server"),
        (&["--input", "base64", "81 00"], b"", "hex, raw"),
        (&["--example", "81 00"], b"", "--example"),
    ];
    for (arguments, input, says) in cases {
        let run = decode(arguments, input);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.stderr.contains(says), "{arguments:?}: {}", run.stderr);
    }
}

/// `head -1` has read what it wanted.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = start(&["--max-frames", "0"], &[]);
    let mut stdin = child.0.stdin.take().unwrap();
    let writer = on_a_thread(move || drop(stdin.write_all(&b"\x89\x00".repeat(200_000))));
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "0000  PING fin=1 rsv=000 mask=none len=0\n");
    let code = wait(&mut child);
    writer.join().unwrap();
    assert_eq!((code, read_all(child.0.stderr.take().unwrap()).join().unwrap().as_str()), (Some(0), ""));
}

#[test]
fn frames_past_the_limit_are_judged_and_shown_where_something_is_wrong() {
    let bytes = [&b"\x89\x00".repeat(5)[..], b"\x81\x01\xff", &b"\x8a\x00".repeat(3)].concat();
    let expected = "\
0000  PING fin=1 rsv=000 mask=none len=0
0002  PING fin=1 rsv=000 mask=none len=0
      = more than 2 frames: the others are judged, and shown only where something is wrong (--max-frames 0 shows all)
000a  TEXT fin=1 rsv=000 mask=none len=1
      ! text is not UTF-8: byte ff at 0 of its frame, offset 000c (RFC 6455 s8.1)
= 19 bytes (raw), 9 frames, 1 message, 1 fault; from the server (guessed by the first MASK bit)
";
    assert_eq!(told(&["--headers-only", "--max-frames", "2"], &bytes), (1, expected.to_owned()));
    let (_, all) = told(&["--headers-only", "--max-frames", "0"], &bytes);
    assert_eq!(all.lines().count(), 9 + 1 + 1, "{all}");
}

// --- hostile input ---

#[test]
fn lengths_that_no_memory_holds() {
    for (length, faults) in [((1_u64 << 63) - 1, 0), (1 << 63, 1), (u64::MAX, 1)] {
        let bytes = [&b"\x82\x7f"[..], &length.to_be_bytes(), b"abc"].concat();
        let (code, text) = told(&[], &bytes);
        assert_eq!(code, faults, "{text}");
        assert!(
            text.contains(&format!("... {} bytes more needed: this payload has 3 of {length}\n", length - 3)),
            "{text}"
        );
    }
}

#[test]
fn nothing_that_was_given_reaches_the_terminal_as_it_was() {
    let evil = b"\x81\x0b\x1b[2J\r\n\xe2\x80\xae\x7f\x9b\x88\x06\x03\xe8\x1b[2J";
    let head = "GET /\u{1b}[2J HTTP/1.1\r\nUpgrade: websocket\u{1b}[2J\r\nX: \u{202e}\r\n\r\n";
    for arguments in [&[][..], &["--json"], &["--headers-only"]] {
        for input in [&evil[..], head.as_bytes()] {
            let (_, text) = told(&[arguments, &["--input", "raw"]].concat(), input);
            assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
        }
    }
    let coloured = decode_in(&[("CLICOLOR_FORCE", "1")], &["88 01 03"], b"").stdout;
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31m! a Close of one byte"), "{coloured:?}");
    assert!(!decode_in(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &["88 01 03"], b"").stdout.contains('\u{1b}'));
}

/// 100 MB of zeros, as Linux counts memory: the most that was ever resident.
#[cfg(target_os = "linux")]
#[test]
fn a_hundred_megabytes_of_zeros_in_bounded_memory_and_time() {
    for arguments in [&[][..], &["--dump-bytes", "0"], &["--json"]] {
        let mut child = start(arguments, &[]);
        let (stdout, stderr) = (read_all(child.0.stdout.take().unwrap()), read_all(child.0.stderr.take().unwrap()));
        let mut stdin = child.0.stdin.take().unwrap();
        let megabyte = vec![0; 1_000_000];
        for _ in 0..100 {
            stdin.write_all(&megabyte).unwrap();
        }
        let peak = peak_kib(child.0.id());
        drop(stdin);
        let code = wait(&mut child);
        let (text, errors) = (stdout.join().unwrap(), stderr.join().unwrap());
        assert_eq!((code, errors.as_str()), (Some(1), ""));
        assert!(peak < 64 * 1024, "{peak} KiB");
        let end = text.lines().last().unwrap();
        assert!(end.contains("100000000") && end.contains("99800000"), "{end}");
        assert!(text.len() < 10_000_000, "{} bytes of text", text.len());
    }
}

/// Payloads of 100 MB, asked for whole: what is kept of each has its limit.
#[cfg(target_os = "linux")]
#[test]
fn payloads_asked_for_whole_are_kept_up_to_a_limit() {
    let mut child = start(&["--dump-bytes", "0"], &[]);
    let (stdout, stderr) = (read_all(child.0.stdout.take().unwrap()), read_all(child.0.stderr.take().unwrap()));
    let mut stdin = child.0.stdin.take().unwrap();
    for frame in [&b"\x01\x7f\x00\x00\x00\x00\x02\xfa\xf0\x80"[..], b"\x80\x7f\x00\x00\x00\x00\x02\xfa\xf0\x80"] {
        stdin.write_all(frame).unwrap();
        (0..50).for_each(|_| stdin.write_all(&vec![b'a'; 1_000_000]).unwrap());
    }
    // The last frame is told once it is whole; what comes after it has to wait for that.
    stdin.write_all(&[0; 300_000]).unwrap();
    let peak = peak_kib(child.0.id());
    drop(stdin);
    assert_eq!((wait(&mut child), stderr.join().unwrap().as_str()), (Some(1), ""));
    let text = stdout.join().unwrap();
    assert!(text.contains("... 48951424 more bytes of payload"), "{}", &text[..1000]);
    assert!(peak < 128 * 1024, "{peak} KiB");
}

#[cfg(target_os = "linux")]
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// All frames of a stream that comes in these parts, and what is left.
fn inspect(parts: &[&[u8]], keep: usize) -> (Vec<Frame>, String) {
    let mut inspector = Inspector::new(None, 0, keep);
    let mut frames = Vec::new();
    for part in parts {
        let mut rest = *part;
        frames.extend(std::iter::from_fn(|| inspector.next(&mut rest)));
        assert!(rest.is_empty());
    }
    let end = inspector.finish();
    let kept = [end.frame.as_ref().map(|frame| &frame.payload), end.message.as_ref().map(|message| &message.payload)];
    assert!(kept.iter().flatten().all(|payload| payload.len() <= keep));
    (frames, format!("{end:?}"))
}

/// Bytes that are frames more often than chance makes them.
fn nearly_frames() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![Just(0x81), Just(0x01), Just(0x80), Just(0x00), Just(0x82), Just(0x88), any::<u8>()];
    let second = prop_oneof![Just(0x00), Just(0x85), 0..10_u8, any::<u8>()];
    let piece = (first, second, prop::collection::vec(any::<u8>(), 0..12)).prop_map(|(first, second, rest)| {
        let mut piece = vec![first, second];
        piece.extend(rest);
        piece
    });
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

const HEADS: &[&str] = &[
    REQUEST,
    ANSWER,
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 \u{1b}\r\n\r\n",
    "HTTP/1.1 403 Forbidden\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    "GE",
    "\u{16}\u{3}",
];

/// So many bytes a read.
struct Parts {
    bytes: Cursor<Vec<u8>>,
    size: usize,
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.size);
        self.bytes.read(&mut buffer[..most])
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_told_the_same_however_it_is_cut(bytes in nearly_frames(), cut in any::<prop::sample::Index>(), keep in 0..20_usize) {
        let whole = inspect(&[&bytes], keep);
        let at = cut.index(bytes.len() + 1);
        prop_assert_eq!(&inspect(&[&bytes[..at], &bytes[at..]], keep), &whole);
        let one_by_one: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&inspect(&one_by_one, keep), &whole);
        for frame in &whole.0 {
            prop_assert!(frame.payload.len() <= keep && frame.is_complete());
            prop_assert!(frame.message.as_ref().is_none_or(|message| message.payload.len() <= keep));
            prop_assert!(frame.faults.len() <= 12);
        }
    }

    /// Heads in any order, right and wrong, and frames behind them: the counts are right, wherever a read ends.
    #[test]
    fn heads_and_frames_add_up_wherever_a_read_ends(
        heads in prop::collection::vec(prop::sample::select(HEADS), 0..4), bytes in nearly_frames(), size in 1..40_usize,
    ) {
        let stream = [heads.concat().as_bytes(), &bytes].concat();
        let (outcome, text) = in_memory(&stream, &Settings::default());
        prop_assert_eq!(outcome.bytes, stream.len() as u64, "{}", &text);
        let marks = text.lines().filter(|line| line.starts_with("      ! ")).count() as u64;
        prop_assert_eq!(marks, outcome.faults, "{}", &text);
        let mut in_parts = Vec::new();
        let parts = Parts { bytes: Cursor::new(stream), size };
        decode::run(&mut Input::new(Box::new(parts), Some(Form::Raw)), &Settings::default(), &mut in_parts).unwrap();
        prop_assert_eq!(String::from_utf8(in_parts).unwrap(), text);
    }

    #[test]
    fn whatever_comes_is_told_in_text_that_a_terminal_may_have(bytes in nearly_frames(), json in any::<bool>()) {
        let settings = Settings { json, show: Show { dump_bytes: 0, ..Settings::default().show }, ..Settings::default() };
        let (outcome, text) = in_memory(&bytes, &settings);
        prop_assert_eq!(outcome.bytes, bytes.len() as u64);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", text);
        let marks = text.lines().filter(|line| line.starts_with("      ! ")).count() as u64;
        prop_assert!(json || marks == outcome.faults, "{} of {}", marks, outcome.faults);
    }
}
