//! Request heads from literal bytes: cut anywhere, read, and judged. A head that means one thing in one read and another
//! in two would let whoever cuts it choose.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ws101::protocol::body;
use ws101::protocol::head::{Field, Limits, Parsed, Request, check_host, parse};
use ws101::protocol::upgrade::{Accepted, Decision, Policy, decide};

const LIMITS: Limits = Limits { max_head: 512, max_fields: 8 };

/// The opening handshake of RFC 6455 s1.3.
const HANDSHAKE: &[u8] = b"GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// What a head amounts to, in words that do not borrow from it.
#[derive(Debug, Clone, PartialEq)]
enum Verdict {
    NeedMore,
    /// The request as it prints itself, and its length.
    Complete(String, usize),
    /// Status and reason.
    Refused(u16, &'static str),
}

fn verdict(bytes: &[u8]) -> Verdict {
    match parse(bytes, &LIMITS) {
        Parsed::NeedMore => Verdict::NeedMore,
        Parsed::Complete(request, len) => match check_host(&request) {
            Ok(()) => Verdict::Complete(format!("{request:?}"), len),
            Err(refusal) => Verdict::Refused(refusal.status, refusal.reason),
        },
        Parsed::Refused(refusal) => Verdict::Refused(refusal.status, refusal.reason),
    }
}

fn request(bytes: &[u8]) -> Request<'_> {
    match parse(bytes, &Limits { max_head: 4096, max_fields: 50 }) {
        Parsed::Complete(request, len) if len == bytes.len() => request,
        other => panic!("{}: {other:?}", bytes.escape_ascii()),
    }
}

// --- cuts ---

const GOOD: [&[u8]; 8] = [
    HANDSHAKE,
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"\r\n\r\nGET /?a=b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://a:1/ws HTTP/1.1\r\nhost: a:1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nX:  \t spaced out \t \r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nX: \xff\xfe \"quoted\"\r\nContent-Length: 3\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\n\r\n",
];

#[test]
fn a_good_head_needs_more_until_its_last_byte() {
    for head in GOOD {
        for cut in 0..head.len() {
            assert_eq!(verdict(&head[..cut]), Verdict::NeedMore, "{} cut at {cut}", head.escape_ascii());
        }
        assert!(matches!(verdict(head), Verdict::Complete(_, len) if len == head.len()), "{}", head.escape_ascii());
    }
}

/// What comes after the head is not the head's: a body, frames, another request, or anything.
#[test]
fn what_follows_a_head_changes_nothing() {
    for head in GOOD {
        for next in [&b"\x81\x80\0\0\0\0"[..], b"GET / HTTP/1.1\r\n", b"\n\n\0\0", b" folded\r\n", &[b'a'; 600]] {
            assert_eq!(verdict(&[head, next].concat()), verdict(head));
        }
    }
}

/// Heads with one fault each, and nothing wrong before it.
const BAD: [(&[u8], u16, &str); 24] = [
    (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "bare-lf"),
    (b"GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "bare-lf"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "bare-lf"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "obs-fold"),
    (b"GET / HTTP/1.1\r\nHost: a\r\n\tfolded\r\n\r\n", 400, "obs-fold"),
    (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "space-before-colon"),
    (b"GET / HTTP/1.1\r\nHost\t: a\r\n\r\n", 400, "space-before-colon"),
    (b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 400, "nul"),
    (b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "nul"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "host"),
    (b"GET / HTTP/1.1\r\nX: a\r\n\r\n", 400, "host"),
    (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "field-name"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nb@d: a\r\n\r\n", 400, "field-name"),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400, "field-value"),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http-version"),
    (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "http-version"),
    (b"GET / HTTP/3\r\nHost: a\r\n\r\n", 400, "request-line"),
    (b"GET /\r\nHost: a\r\n\r\n", 400, "request-line"),
    (b"G\x7fT / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request-line"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "tls"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2"),
    (b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", 400, "proxy-protocol"),
    (b"\r\n\r\n\0\r\nQUIT\n\x21\x11", 400, "proxy-protocol"),
];

#[test]
fn a_bad_head_is_refused_whole() {
    for (head, status, reason) in BAD {
        assert_eq!(verdict(head), Verdict::Refused(status, reason), "{}", head.escape_ascii());
    }
}

/// However it is cut: first more is needed, then it is refused, once and for the same reason.
#[test]
fn a_bad_head_is_refused_for_the_same_reason_wherever_it_is_cut() {
    let mut other = Vec::new();
    for (head, status, reason) in BAD {
        for cut in 0..head.len() {
            let verdict = verdict(&head[..cut]);
            if verdict != Verdict::NeedMore && verdict != Verdict::Refused(status, reason) {
                other.push(format!("{} is {verdict:?}, and not {status} {reason}", head[..cut].escape_ascii()));
            }
        }
    }
    assert!(other.is_empty(), "\n{}", other.join("\n"));
}

/// RFC 9112 s3, RFC 6585 s5. A limit is reached at its byte, not some reads later.
#[test]
fn what_is_too_long_is_refused_at_the_limit() {
    let line = [b"GET /", &[b'a'; 600][..]].concat();
    let fields = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ", &[b'a'; 600][..]].concat();
    for (head, expected) in
        [(line, Verdict::Refused(414, "target-too-long")), (fields, Verdict::Refused(431, "head-too-long"))]
    {
        for cut in 1..head.len() {
            let expected = if cut < LIMITS.max_head { Verdict::NeedMore } else { expected.clone() };
            assert_eq!(verdict(&head[..cut]), expected, "after {cut} bytes");
        }
    }
}

#[test]
fn a_head_of_exactly_the_limit_passes() {
    let padding = LIMITS.max_head - b"GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len();
    for (extra, passes) in [(0, true), (1, false)] {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(padding + extra));
        assert_eq!(matches!(verdict(head.as_bytes()), Verdict::Complete(..)), passes);
    }
}

#[test]
fn the_most_fields_pass_and_one_more_does_not() {
    for (count, passes) in [(LIMITS.max_fields, true), (LIMITS.max_fields + 1, false)] {
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: b\r\n".repeat(count - 1));
        let expected = if passes { None } else { Some(Verdict::Refused(431, "too-many-fields")) };
        assert_eq!(Some(verdict(head.as_bytes())).filter(|verdict| matches!(verdict, Verdict::Refused(..))), expected);
    }
}

/// RFC 9110 s5.6.1: a list may be spread over fields, and its empty elements do not count.
#[test]
fn a_list_is_its_elements_wherever_they_stand() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nX: , b,,\r\nY: z\r\nx:\r\nx:\tc d \t,e\r\n\r\n";
    let elements: Vec<&[u8]> = request(head).list("x").collect();
    assert_eq!(elements, [&b"b"[..], b"c d", b"e"]);
    assert!(request(head).has_token("X", "E") && !request(head).has_token("X", "c"));
}

/// Bytes that are nearly a head.
fn nearly_a_head() -> impl Strategy<Value = Vec<u8>> {
    let usual: Vec<&[u8]> = vec![
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.0\r\n",
        b"Host: a\r\n",
        b"Upgrade: websocket\r\n",
        b"Connection: Upgrade\r\n",
        b"Sec-WebSocket-Version: 13\r\n",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"X:\r\n",
        b"\r\n",
        b"\r\n\r\n",
    ];
    let odd: Vec<&[u8]> = vec![
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b":",
        b",",
        b"PRI * HTTP/2.0\r\n",
        b"HTTP/1.2\r\n",
        b"PROXY ",
        b"\x16\x03",
    ];
    let piece = prop_oneof![
        12 => select(usual).prop_map(<[u8]>::to_vec),
        1 => select(odd).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..4),
    ];
    let start = prop_oneof![8 => Just(b"GET /ws HTTP/1.1\r\nHost: a\r\n".to_vec()), 2 => Just(Vec::new())];
    (start, vec(piece, 0..12)).prop_map(|(start, pieces)| [start, pieces.concat()].concat())
}

proptest! {
    #[test]
    fn any_bytes_have_one_verdict_wherever_they_are_cut(
        bytes in prop_oneof![4 => nearly_a_head(), 1 => vec(any::<u8>(), 0..700)],
    ) {
        let whole = verdict(&bytes);
        for cut in 0..bytes.len() {
            match verdict(&bytes[..cut]) {
                Verdict::NeedMore => {}
                complete @ Verdict::Complete(..) => prop_assert_eq!(&complete, &whole),
                Verdict::Refused(..) => prop_assert!(matches!(whole, Verdict::Refused(..)), "cut at {}: {:?}", cut, whole),
            }
        }
    }

    #[test]
    fn a_request_that_is_complete_says_what_its_bytes_say(bytes in nearly_a_head()) {
        if let Parsed::Complete(request, len) = parse(&bytes, &LIMITS) {
            prop_assert!(bytes[..len].ends_with(b"\r\n\r\n") && len <= LIMITS.max_head);
            prop_assert!(request.fields.len() <= LIMITS.max_fields);
            let lines = bytes[..len].trim_ascii_start().split(|byte| *byte == b'\n').filter(|line| line.len() > 1);
            prop_assert_eq!(request.fields.len() + 1, lines.count(), "one field a line");
            prop_assert!(request.fields.iter().all(|field| !field.value.contains(&0)));
        }
    }
}

// --- the upgrade ---

/// The handshake of s1.3 with these lines in place of those of the same name; a name alone takes the line away.
fn handshake_with(lines: &[&str]) -> Vec<u8> {
    let mut head = String::from("GET /chat HTTP/1.1\r\nHost: server.example.com\r\n");
    let usual = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
    ];
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let kept = usual.into_iter().filter(|line| !lines.iter().any(|other| name(other) == name(line)));
    for line in kept.chain(lines.iter().copied().filter(|line| line.contains(':'))) {
        head.push_str(line);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    head.into_bytes()
}

fn decision(lines: &[&str], policy: &Policy) -> Decision {
    decide(&request(&handshake_with(lines)), policy)
}

fn outcome(lines: &[&str]) -> Result<Accepted, (u16, &'static str)> {
    decision(lines, &Policy::default()).outcome.map_err(|refusal| (refusal.status, refusal.reason))
}

#[test]
fn the_handshake_of_section_1_3_gets_the_accept_of_section_1_3() {
    let policy = Policy { origins: vec!["http://example.com".into()], subprotocols: vec!["chat".into()] };
    let accepted = decide(&request(HANDSHAKE), &policy).outcome.unwrap();
    let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n";
    assert_eq!(accepted.response().encode(false), expected.as_bytes());
}

/// RFC 9110 s5.1: names have no case. s4.2.1: neither have the values of Upgrade and Connection. s5.6.1: lists may hold
/// blanks and empty elements, and may be spread over lines.
#[test]
fn one_handshake_in_many_spellings() {
    let spellings: [&[&str]; 14] = [
        &["UPGRADE: WEBSOCKET"],
        &["upgrade: webSocket"],
        &["Upgrade:websocket"],
        &["Upgrade: \t websocket \t "],
        &["Upgrade: h2c, websocket"],
        &["Upgrade: , ,websocket,"],
        &["Upgrade: h2c", "Upgrade: websocket"],
        &["Connection: upgrade"],
        &["Connection: keep-alive,UPGRADE"],
        &["Connection: keep-alive", "Connection: Upgrade"],
        &["connection: \tUpgrade\t, keep-alive"],
        &["SEC-WEBSOCKET-VERSION:  13 "],
        &["sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==   "],
        &["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-webkit-deflate-frame"],
    ];
    for lines in spellings {
        let accept = outcome(lines).map(|accepted| accepted.accept);
        assert_eq!(accept.as_deref(), Ok("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{lines:?}");
    }
}

#[test]
fn what_is_only_like_a_handshake_is_refused() {
    let cases: [(&[&str], u16, &str); 19] = [
        (&["Upgrade"], 426, "no-upgrade"),
        (&["Upgrade:"], 426, "no-upgrade"),
        (&["Upgrade: websocket2"], 426, "no-upgrade"),
        (&["Upgrade: web socket"], 426, "no-upgrade"),
        (&["Connection"], 426, "no-connection-upgrade"),
        (&["Connection: close"], 426, "no-connection-upgrade"),
        (&["Connection: \"Upgrade\""], 426, "no-connection-upgrade"),
        (&["Sec-WebSocket-Version: 013"], 426, "version"),
        (&["Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"], 400, "version"),
        (&["Sec-WebSocket-Key:"], 400, "bad-key"),
        (&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"], 400, "bad-key"),
        (&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ=="], 400, "bad-key"),
        (&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=="], 400, "bad-key"),
        (&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="], 400, "bad-key"),
        (&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j=Q=="], 400, "bad-key"),
        (&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j Q=="], 400, "bad-key"),
        (&["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-_=="], 400, "bad-key"),
        (&["Content-Length: 1"], 400, "body"),
        (&["Transfer-Encoding: chunked"], 400, "body"),
    ];
    for (lines, status, reason) in cases {
        assert_eq!(outcome(lines).map(|_| ()), Err((status, reason)), "{lines:?}");
    }
}

/// What follows this head are frames. A length that somebody else on the way may believe would make a body of them.
#[test]
fn a_handshake_with_a_body_is_refused_however_its_length_is_written() {
    let cases: [&[&str]; 6] = [
        &["Content-Length: 0", "Content-Length: 5"],
        &["Content-Length: 5", "Content-Length: 0"],
        &["Content-Length: 0, 5"],
        &["Content-Length: +0"],
        &["Content-Length: 0", "Transfer-Encoding: chunked"],
        &["Transfer-Encoding: identity"],
    ];
    for lines in cases {
        assert_eq!(outcome(lines).map(|_| ()), Err((400, "body")), "{lines:?}");
    }
}

#[test]
fn origins_are_compared_whole_and_without_case() {
    let policy = Policy { origins: vec!["https://example.org".into(), "null".into()], subprotocols: Vec::new() };
    let cases: [(&[&str], bool); 11] = [
        (&[], true),
        (&["Origin: https://example.org"], true),
        (&["origin: HTTPS://Example.ORG"], true),
        (&["Origin: null"], true),
        (&["Origin:"], false),
        (&["Origin: http://example.org"], false),
        (&["Origin: https://example.org:443"], false),
        (&["Origin: https://example.org.evil.example"], false),
        (&["Origin: https://evil.example https://example.org"], false),
        (&["Origin: https://evil.example, https://example.org"], false),
        (&["Origin: https://example.org", "Origin: https://example.org"], false),
    ];
    for (lines, allowed) in cases {
        let refused = decision(lines, &policy).outcome.err().map(|refusal| (refusal.status, refusal.reason));
        assert_eq!(refused, (!allowed).then_some((403, "origin")), "{lines:?}");
    }
}

/// s4.1: the client lists subprotocols "ordered by preference", and they have case.
#[test]
fn the_clients_preference_decides() {
    let policy = Policy { origins: Vec::new(), subprotocols: vec!["soap".into(), "chat".into()] };
    let cases: [(&[&str], Option<&str>); 7] = [
        (&[], None),
        (&["Sec-WebSocket-Protocol: chat, soap"], Some("chat")),
        (&["Sec-WebSocket-Protocol: soap,chat"], Some("soap")),
        (&["Sec-WebSocket-Protocol: wamp", "sec-websocket-protocol: chat"], Some("chat")),
        (&["Sec-WebSocket-Protocol:  , wamp ,,\tchat "], Some("chat")),
        (&["Sec-WebSocket-Protocol: CHAT"], None),
        (&["Sec-WebSocket-Protocol:"], None),
    ];
    for (lines, chosen) in cases {
        let accepted = decision(lines, &policy).outcome.unwrap();
        assert_eq!(accepted.subprotocol.as_deref(), chosen, "{lines:?}");
        let answer = String::from_utf8(accepted.response().encode(false)).unwrap();
        assert_eq!(answer.contains("Sec-WebSocket-Protocol"), chosen.is_some());
    }
}

/// Each step says what it found and which section asked; the refusal is the first that fails.
#[test]
fn the_first_step_that_is_not_met_is_the_refusal() {
    let decision = decision(&["Upgrade", "Sec-WebSocket-Key: bad", "Sec-WebSocket-Version: 12"], &Policy::default());
    let failed: Vec<&str> = decision.steps.iter().filter(|step| !step.met).map(|step| step.section).collect();
    assert_eq!(failed, ["RFC 6455 s4.2.1", "RFC 6455 s4.4", "RFC 6455 s4.2.1"]);
    let refusal = decision.outcome.unwrap_err();
    assert!(refusal.reason == "no-upgrade" && refusal.show_handshake);
    assert!(decision.steps.iter().all(|step| step.section.starts_with("RFC ") && !step.why.is_empty()));
}

proptest! {
    /// Nothing of the request breaks out of a line of the answer, and none of it is copied but what was offered.
    #[test]
    fn an_answer_is_one_head(value in "[ -~]{0,40}", name in select(vec!["Sec-WebSocket-Protocol", "Sec-WebSocket-Key", "Origin"])) {
        let line = format!("{name}: {value}");
        let policy = Policy { origins: Vec::new(), subprotocols: vec!["chat".into()] };
        if let Ok(accepted) = decision(&[&line], &policy).outcome {
            let answer = accepted.response().encode(false);
            let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            prop_assert_eq!(end.map(|at| at + 4), Some(answer.len()));
            prop_assert!(answer.iter().filter(|byte| **byte == b'\n').count() <= 6);
        }
    }
}

// --- the body's length ---

fn length(minor_version: u8, fields: &[(&str, &[u8])]) -> Result<u64, u16> {
    let fields = fields.iter().map(|(name, value)| Field { name, value }).collect();
    let request = Request { method: "POST", target: "/", minor_version, fields };
    body::length(&request, u64::MAX - 1, "--max-body").map_err(|refusal| refusal.status)
}

/// RFC 9110 s8.6: `Content-Length = 1*DIGIT`. RFC 9112 s6.3: several are an error unless they are the same.
#[test]
fn a_length_is_digits_and_nothing_else() {
    let cases: [(&[&[u8]], Option<u64>); 14] = [
        (&[], Some(0)),
        (&[b"0"], Some(0)),
        (&[b"5"], Some(5)),
        (&[b"005"], Some(5)),
        (&[b"5, 5"], Some(5)),
        (&[b"5", b"5"], Some(5)),
        (&[b"5", b"6"], None),
        (&[b"5, 6"], None),
        (&[b"-1"], None),
        (&[b"0x5"], None),
        (&[b"5 5"], None),
        (&[b"\xd9\xa5"], None), // an Arabic five
        (&[b""], None),
        (&[b",,"], None),
    ];
    for (values, expected) in cases {
        let fields: Vec<_> = values.iter().map(|value| ("content-LENGTH", *value)).collect();
        assert_eq!(length(1, &fields), expected.ok_or(400), "{values:?}");
    }
}

/// An empty field line is no length, beside a good one as well as alone.
#[test]
fn an_empty_length_beside_a_good_one_is_not_overlooked() {
    for values in [[&b""[..], b"5"], [b"5", b""], [b",", b"5"]] {
        assert_eq!(length(1, &values.map(|value| ("Content-Length", value))), Err(400), "{values:?}");
    }
}

fn length_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => select(vec!["0", "5", "05", "6", " 5 ", "5,5", "5, 6", "+5", "", ",", "5,", "18446744073709551616", "chunked"])
            .prop_map(|value| value.as_bytes().to_vec()),
        2 => "[0-9, ]{0,12}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..8),
    ]
}

/// The numbers that a reader could find in a value, whatever it thinks of the rest.
fn numbers(value: &[u8]) -> Vec<u128> {
    let digits = value.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    digits.map(|digits| std::str::from_utf8(digits).unwrap().parse().unwrap_or(u128::MAX)).collect()
}

proptest! {
    #[test]
    fn differing_lengths_are_never_accepted(
        minor_version in 0..2_u8,
        fields in vec((select(vec!["Content-Length", "content-length", "Transfer-Encoding", "X"]), length_value()), 0..5),
    ) {
        let borrowed: Vec<(&str, &[u8])> = fields.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        let lengths = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let announced: Vec<u128> = lengths.flat_map(|(_, value)| numbers(value)).collect();
        if let Ok(accepted) = length(minor_version, &borrowed) {
            let accepted = u128::from(accepted);
            prop_assert!(announced.iter().all(|number| *number == accepted));
            prop_assert!(!announced.is_empty() || accepted == 0);
            prop_assert!(fields.iter().all(|(name, _)| *name != "Transfer-Encoding"));
        }
    }
}
