//! A WebSocket after its opening handshake, in memory: a server's session fed with literal bytes, and a client's and a
//! server's session joined without a socket between them.
//!
//! Most literal frames have a masking key of four zeros: it is legal, and the payload stays readable.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tungstenite::Bytes;
use tungstenite::protocol::Role;
use ws101::protocol::close::Close;
use ws101::protocol::frame::Handmade;
use ws101::protocol::header::{Header, LengthForm};
use ws101::protocol::opcode::Opcode;
use ws101::protocol::rules::{self, MessageInProgress};
use ws101::protocol::session::{Event, Message, Session};
use ws101::protocol::splitter::{Piece, Splitter};

const LIMIT: u64 = 1024 * 1024;

/// A frame as it was sent: opcode and unmasked payload.
type Said = (Opcode, Vec<u8>);

fn server() -> Session {
    Session::new(Role::Server, LIMIT)
}

fn client() -> Session {
    Session::new(Role::Client, LIMIT)
}

fn text(text: &str) -> Message {
    Message::Text(text.into())
}

fn binary(bytes: &[u8]) -> Message {
    Message::Binary(Bytes::copy_from_slice(bytes))
}

/// Hands over what one read brought and sends every message back.
fn echo(session: &mut Session, bytes: &[u8]) -> Vec<Event> {
    let mut received = session.receive(bytes);
    let mut events = Vec::new();
    while let Some(event) = received.next_event() {
        if let Event::Message(message) = &event {
            received.session().send(message.clone());
        }
        events.push(event);
    }
    events
}

/// The same without an answer of ours.
fn listen(session: &mut Session, bytes: &[u8]) -> Vec<Event> {
    let mut received = session.receive(bytes);
    std::iter::from_fn(|| received.next_event()).collect()
}

/// Takes what a session has to send.
fn outgoing(session: &mut Session) -> Vec<u8> {
    let bytes = session.bytes_to_send().to_vec();
    session.sent();
    bytes
}

/// Carries bytes from one end to the other; the other echoes.
fn carry(from: &mut Session, to: &mut Session) -> Vec<Event> {
    let bytes = outgoing(from);
    echo(to, &bytes)
}

/// The frames of a server's bytes. Each must be legal for a client, and no half frame may be left.
fn said(bytes: &[u8]) -> Vec<Said> {
    frames(bytes, Role::Client)
}

fn frames(mut bytes: &[u8], receiver: Role) -> Vec<Said> {
    let mut splitter = Splitter::default();
    let mut message = MessageInProgress::default();
    let (mut frames, mut key): (Vec<Said>, _) = (Vec::new(), None);
    while let Some(piece) = splitter.next(&mut bytes) {
        match piece {
            Piece::Header(header) => {
                assert_eq!(rules::check(&header, receiver, &message, u64::MAX), Ok(()), "{header:?}");
                message.advance(&header);
                key = header.mask;
                frames.push((header.opcode, Vec::new()));
            }
            Piece::Payload { bytes, .. } => frames.last_mut().expect("a header comes first").1.extend_from_slice(bytes),
        }
        if let (Some(key), Some((_, payload)), Piece::Payload { last: true, .. }) = (key, frames.last_mut(), &piece) {
            ws101::protocol::mask::apply(key, 0, payload);
        }
    }
    assert!(splitter.between_frames(), "half a frame was sent");
    frames
}

/// What a fresh server says to these bytes, in one read.
fn answers(bytes: &[u8]) -> Vec<Said> {
    let mut session = server();
    echo(&mut session, bytes);
    said(&outgoing(&mut session))
}

fn closes(said: &[Said]) -> Vec<Close> {
    let closes = said.iter().filter(|(opcode, _)| *opcode == Opcode::Close);
    closes.map(|(_, payload)| Close::decode(payload).expect("a legal Close")).collect()
}

/// A masked frame, with the key of RFC 6455 s5.7.
fn frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let opcode = Opcode::decode(first_byte);
    let header = Header { fin: first_byte & 0x80 != 0, mask: Some(KEY), ..Header::new(opcode, payload.len() as u64) };
    let mut bytes = Vec::new();
    header.encode(&mut bytes);
    let start = bytes.len();
    bytes.extend_from_slice(payload);
    ws101::protocol::mask::apply(KEY, 0, &mut bytes[start..]);
    bytes
}

// --- two ends, joined ---

const SIZES: [usize; 9] = [0, 1, 125, 126, 127, 65534, 65535, 65536, 65537];

#[test]
fn messages_of_every_size_arrive_and_come_back() {
    let (mut client, mut server) = (client(), server());
    for size in SIZES {
        for message in [text(&"x".repeat(size)), binary(&vec![0xfe; size])] {
            assert!(client.send(message.clone()));
            assert_eq!(
                carry(&mut client, &mut server),
                [Event::Message(message.clone())],
                "{size} bytes to the server"
            );
            let bytes = outgoing(&mut server);
            assert_eq!(listen(&mut client, &bytes), [Event::Message(message)], "{size} bytes back");
        }
    }
}

/// s5.3: a client masks all it sends, each frame with a new key; a server masks nothing.
#[test]
fn the_client_masks_and_the_server_does_not() {
    let mut client = client();
    for _ in 0..2 {
        client.send(text("Hello"));
        client.ping(b"?");
    }
    let bytes = outgoing(&mut client);
    let (first, second) = bytes.split_at(bytes.len() / 2);
    assert_ne!(first, second, "the same key twice");
    let said = frames(&bytes, Role::Server);
    assert_eq!(said[..2], [(Opcode::Text, b"Hello".to_vec()), (Opcode::Ping, b"?".to_vec())]);

    let mut server = server();
    server.send(text("Hello"));
    assert_eq!(outgoing(&mut server), b"\x81\x05Hello");
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    for (mut asks, mut answers) in [(client(), server()), (server(), client())] {
        for payload in [&b""[..], b"?", &[0xff; 125]] {
            assert!(asks.ping(payload));
            assert_eq!(carry(&mut asks, &mut answers), [Event::Ping(Bytes::copy_from_slice(payload))]);
            assert_eq!(carry(&mut answers, &mut asks), [Event::Pong(Bytes::copy_from_slice(payload))]);
            assert_eq!(asks.bytes_to_send(), b"", "a Pong is not answered");
        }
    }
}

#[test]
fn a_ping_that_is_too_long_is_cut_to_what_is_legal() {
    let mut server = server();
    assert!(server.ping(&[7; 200]));
    assert_eq!(said(&outgoing(&mut server)), [(Opcode::Ping, vec![7; 125])]);
}

#[test]
fn a_close_from_either_side_is_echoed_without_its_reason() {
    for (mut asks, mut answers) in [(client(), server()), (server(), client())] {
        asks.close(&Close::new(4000, "that was it"));
        assert!(asks.close_sent() && !asks.ended() && !asks.send(text("late")) && !asks.ping(b""));
        assert_eq!(carry(&mut asks, &mut answers), [Event::Close(Close::new(4000, "that was it"))]);
        assert!(answers.ended() && !answers.send(text("late")));
        assert_eq!(carry(&mut answers, &mut asks), [Event::Close(Close::new(4000, ""))]);
        assert!(asks.ended());
        assert_eq!((asks.bytes_to_send(), answers.bytes_to_send()), (&b""[..], &b""[..]));
    }
}

#[test]
fn both_may_close_at_once() {
    let (mut client, mut server) = (client(), server());
    client.close(&Close::new(1001, "leaving"));
    server.close(&Close::new(1001, "stopping"));
    let (from_client, from_server) = (outgoing(&mut client), outgoing(&mut server));
    assert_eq!(echo(&mut client, &from_server), [Event::Close(Close::new(1001, "stopping"))]);
    assert_eq!(echo(&mut server, &from_client), [Event::Close(Close::new(1001, "leaving"))]);
    assert!(client.ended() && server.ended());
    // Each has sent its one Close already.
    assert_eq!((client.bytes_to_send(), server.bytes_to_send()), (&b""[..], &b""[..]));
}

#[test]
fn a_second_close_says_nothing() {
    let mut server = server();
    server.close(&Close::new(1001, ""));
    server.close(&Close::new(1000, ""));
    assert_eq!(outgoing(&mut server), b"\x88\x02\x03\xe9");
}

/// s5.5.1 forbids data after a Close, not reading it: the peer may not have seen ours yet.
#[test]
fn after_our_close_the_peer_is_heard_and_not_answered() {
    let mut server = server();
    server.close(&Close::new(1001, ""));
    outgoing(&mut server);
    let events = echo(&mut server, b"\x81\x82\0\0\0\0hi\x89\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe9");
    assert_eq!(events, [Event::Message(text("hi")), Event::Ping(Bytes::new()), Event::Close(Close::new(1001, ""))]);
    assert!(server.ended());
    assert_eq!(server.bytes_to_send(), b"");
}

/// The Close that is owed was sent already: a violation after it ends the session without a second one.
#[test]
fn a_violation_after_our_close_ends_it_without_another() {
    let mut server = server();
    server.close(&Close::new(1001, ""));
    outgoing(&mut server);
    assert!(matches!(&echo(&mut server, b"\x83\x80\0\0\0\0")[..], [Event::Failed(_)]));
    assert!(server.ended() && server.bytes_to_send().is_empty());
}

#[test]
fn a_client_refuses_a_masked_frame() {
    let mut client = client();
    assert!(matches!(&echo(&mut client, b"\x81\x82\0\0\0\0hi")[..], [Event::Failed(_)]));
    let closes = closes(&frames(&outgoing(&mut client), Role::Server));
    assert_eq!(closes.len(), 1);
    assert!(closes[0].code == Some(1002) && closes[0].reason.ends_with("(s5.1)"));
}

// --- a server, from literal bytes ---

#[test]
fn hello_of_section_5_7_is_echoed_unmasked() {
    let mut session = server();
    let events = echo(&mut session, &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    assert_eq!(events, [Event::Message(text("Hello"))]);
    assert_eq!(outgoing(&mut session), [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
}

#[test]
fn answers_stand_in_the_order_of_the_questions() {
    let bytes = b"\x81\x81\0\0\0\0a\x89\x81\0\0\0\0p\x81\x81\0\0\0\0b\x89\x81\0\0\0\0q\x89\x81\0\0\0\0r\x88\x82\0\0\0\0\x03\xe8";
    let mut session = server();
    echo(&mut session, bytes);
    assert_eq!(outgoing(&mut session), b"\x81\x01a\x8a\x01p\x81\x01b\x8a\x01q\x8a\x01r\x88\x02\x03\xe8");
    assert!(session.ended());
}

/// s5.4: control frames may stand between fragments, and are answered where they stand.
#[test]
fn a_ping_between_fragments_is_answered_first() {
    let bytes = b"\x01\x83\0\0\0\0Hel\x89\x81\0\0\0\0?\x00\x80\0\0\0\0\x8a\x81\0\0\0\0!\x80\x82\0\0\0\0lo";
    let mut session = server();
    let events = echo(&mut session, bytes);
    let (question, exclamation) = (Bytes::from_static(b"?"), Bytes::from_static(b"!"));
    assert_eq!(events, [Event::Ping(question), Event::Pong(exclamation), Event::Message(text("Hello"))]);
    assert_eq!(outgoing(&mut session), b"\x8a\x01?\x81\x05Hello");
}

#[test]
fn what_was_good_before_a_violation_is_still_answered() {
    let said = answers(b"\x81\x81\0\0\0\0a\x89\x81\0\0\0\0p\x83\x80\0\0\0\0\x81\x81\0\0\0\0b");
    assert_eq!(said[..2], [(Opcode::Text, b"a".to_vec()), (Opcode::Pong, b"p".to_vec())]);
    assert_eq!(said.len(), 3, "nothing after the Close");
    assert_eq!(closes(&said)[0].code, Some(1002));
}

#[test]
fn nothing_is_said_after_a_close() {
    let mut session = server();
    let events = echo(&mut session, b"\x88\x82\0\0\0\0\x03\xe8\x81\x81\0\0\0\0a\x89\x80\0\0\0\0\x83\0");
    assert_eq!(events, [Event::Close(Close::new(1000, ""))]);
    assert_eq!(outgoing(&mut session), b"\x88\x02\x03\xe8");
    assert_eq!(echo(&mut session, b"\x81\x81\0\0\0\0a\x88\x80\0\0\0\0"), []);
    assert!(!session.send(text("late")) && !session.ping(b""));
    session.close(&Close::new(1000, ""));
    assert_eq!(session.bytes_to_send(), b"");
}

/// The Pong is queued when the Ping is told, so what is said about the Ping comes after it; and a Close is the last word.
#[test]
fn what_is_said_when_a_ping_is_told_stands_behind_its_pong() {
    let mut session = server();
    let mut received = session.receive(b"\x89\x81\0\0\0\0p");
    assert_eq!(received.next_event(), Some(Event::Ping(Bytes::from_static(b"p"))));
    received.session().send(text("hi"));
    assert_eq!(received.next_event(), None);
    assert_eq!(outgoing(&mut session), b"\x8a\x01p\x81\x02hi");

    let mut received = session.receive(b"\x89\x81\0\0\0\0p");
    assert_eq!(received.next_event(), Some(Event::Ping(Bytes::from_static(b"p"))));
    received.session().close(&Close::new(1001, ""));
    assert_eq!(received.next_event(), None);
    assert_eq!(outgoing(&mut session), b"\x8a\x01p\x88\x02\x03\xe9");
}

/// s5.5: a control frame has 125 bytes at most, whoever filled in the reason.
#[test]
fn a_close_with_a_long_reason_is_still_a_legal_frame() {
    let mut session = server();
    session.close(&Close { code: Some(1000), reason: "é".repeat(100) });
    let said = said(&outgoing(&mut session));
    assert!(matches!(&said[..], [(Opcode::Close, payload)] if payload.starts_with(b"\x03\xe8\xc3\xa9")), "{said:?}");
}

/// s5.5.1: "the endpoint typically echos the status code it received".
#[test]
fn a_close_code_that_may_travel_is_echoed() {
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999_u16] {
        let payload = [&code.to_be_bytes()[..], b"bye"].concat();
        assert_eq!(answers(&frame(0x88, &payload)), [(Opcode::Close, code.to_be_bytes().to_vec())], "{code}");
    }
    assert_eq!(answers(b"\x88\x80\0\0\0\0"), [(Opcode::Close, Vec::new())]);
}

/// Every way to break the protocol: the bytes, the code and the section that the Close must name.
const VIOLATIONS: [(&[u8], u16, &str); 34] = [
    // A header alone. None of these has its payload: the header is enough.
    (b"\xc1\x82\0\0\0\0", 1002, "s5.2"),
    (b"\xa1\x82\0\0\0\0", 1002, "s5.2"),
    (b"\x91\x82\0\0\0\0", 1002, "s5.2"),
    (b"\xc9\x80\0\0\0\0", 1002, "s5.2"),
    (b"\x83\x80\0\0\0\0", 1002, "s5.2"),
    (b"\x87\x80\0\0\0\0", 1002, "s5.2"),
    (b"\x8b\x80\0\0\0\0", 1002, "s5.2"),
    (b"\x8f\x80\0\0\0\0", 1002, "s5.2"),
    (b"\x81\x02", 1002, "s5.1"),
    (b"\x89\x00", 1002, "s5.1"),
    (b"\x88\x00", 1002, "s5.1"),
    (b"\x81\xfe\x00\x7d\0\0\0\0", 1002, "s5.2"),
    (b"\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0", 1002, "s5.2"),
    (b"\x89\xfe\x00\x05\0\0\0\0", 1002, "s5.2"),
    (b"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 1002, "s5.2"),
    (b"\x09\x80\0\0\0\0", 1002, "s5.5"),
    (b"\x08\x80\0\0\0\0", 1002, "s5.5"),
    (b"\x89\xfe\x00\x7e\0\0\0\0", 1002, "s5.5"),
    (b"\x88\xff\0\0\0\0\0\x01\0\0\0\0\0\0", 1002, "s5.5"),
    (b"\x80\x80\0\0\0\0", 1002, "s5.4"),
    (b"\x00\x81\0\0\0\0", 1002, "s5.4"),
    (b"\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 1002, "s5.4"),
    (b"\x02\x80\0\0\0\0\x01\x80\0\0\0\0", 1002, "s5.4"),
    (b"\x01\x80\0\0\0\0\x82\x80\0\0\0\0", 1002, "s5.4"),
    (b"\x82\xff\0\0\0\0\0\x10\0\x01\0\0\0\0", 1009, "s7.4.1"),
    (b"\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009, "s7.4.1"),
    // What a Close says.
    (b"\x88\x81\0\0\0\0\x03", 1002, "s5.5.1"),
    (b"\x88\x82\0\0\0\0\x03\xed", 1002, "s7.4"),
    (b"\x88\x82\0\0\0\0\0\0", 1002, "s7.4"),
    (b"\x88\x82\0\0\0\0\x13\x88", 1002, "s7.4"),
    (b"\x88\x83\0\0\0\0\x03\xe8\xff", 1007, "s8.1"),
    // Text that is none.
    (b"\x81\x81\0\0\0\0\xff", 1007, "s8.1"),
    (b"\x81\x82\0\0\0\0\xe2\x82", 1007, "s8.1"),
    (b"\x01\x81\0\0\0\0\xe2\x80\x81\0\0\0\0\x82", 1007, "s8.1"),
];

#[test]
fn every_violation_has_its_code_and_names_its_section() {
    for (bytes, code, section) in VIOLATIONS {
        let mut session = server();
        let events = echo(&mut session, bytes);
        let [Event::Failed(violation)] = &events[..] else { panic!("{bytes:02x?}: {events:?}") };
        assert_eq!((violation.code, violation.section), (code, section), "{bytes:02x?}");
        let said = said(&outgoing(&mut session));
        let expected = Close::new(code, &format!("{} ({section})", violation.why));
        assert_eq!((said.len(), closes(&said)), (1, vec![expected]), "{bytes:02x?}");
        assert!(session.ended() && !violation.why.is_empty());
    }
}

/// Whatever follows it, and however long it goes on.
#[test]
fn a_violation_is_answered_once() {
    for (bytes, ..) in VIOLATIONS {
        let mut session = server();
        let mut sent = Vec::new();
        for _ in 0..3 {
            echo(&mut session, bytes);
            sent.extend(outgoing(&mut session));
        }
        assert_eq!(said(&sent).len(), 1, "{bytes:02x?}");
    }
}

// --- cuts ---

/// What a fresh server sends when the bytes come in these parts, and whether it has ended.
fn sent_for<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, bool) {
    let mut session = server();
    let mut sent = Vec::new();
    for part in parts {
        echo(&mut session, part);
        sent.extend(outgoing(&mut session));
    }
    (sent, session.ended())
}

/// Good frames of every kind, and a Close. Characters are cut by fragments.
fn conversation() -> Vec<u8> {
    let close = frame(0x88, b"\x03\xe8bye");
    let text = frame(0x01, b"\xf0\x9f\x98\x80\xc3");
    let parts: [&[u8]; 10] = [
        b"\x81\x83\x01\x02\x03\x04ikj",
        &text,
        b"\x89\x82\0\0\0\0pi",
        b"\x00\x82\0\0\0\0\xa4\xe2",
        b"\x80\x82\0\0\0\0\x82\xac",
        b"\x82\xfe\x00\x7e\0\0\0\0",
        &[7; 126],
        b"\x8a\x80\0\0\0\0",
        b"\x82\x80\0\0\0\0",
        &close,
    ];
    parts.concat()
}

#[test]
fn a_conversation_cut_twice_anywhere_gives_the_same_bytes() {
    let stream = conversation();
    let whole = sent_for([&stream[..]]);
    let opcodes: Vec<Opcode> = said(&whole.0).iter().map(|(opcode, _)| *opcode).collect();
    let (text, binary) = (Opcode::Text, Opcode::Binary);
    assert_eq!(opcodes, [text, Opcode::Pong, text, binary, binary, Opcode::Close]);
    assert_eq!(sent_for(stream.chunks(1)), whole, "byte by byte");
    for first in 0..stream.len() {
        // Every place is cut at; of the pairs, every third.
        for second in (first..stream.len()).step_by(3) {
            let parts = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(sent_for(parts), whole, "cut at {first} and {second}");
        }
    }
}

#[test]
fn a_violation_cut_anywhere_gives_the_same_answer() {
    for (bytes, ..) in VIOLATIONS {
        let stream = [b"\x81\x82\0\0\0\0hi", bytes, b"\x81\x82\0\0\0\0no"].concat();
        let whole = sent_for([&stream[..]]);
        assert_eq!(said(&whole.0).len(), 2);
        assert_eq!(sent_for(stream.chunks(1)), whole, "{bytes:02x?} byte by byte");
        for cut in 0..stream.len() {
            assert_eq!(sent_for([&stream[..cut], &stream[cut..]]), whole, "{bytes:02x?} cut at {cut}");
        }
    }
}

// --- UTF-8, at once ---

/// Feeds one byte at a time and tells after which one the session failed.
fn fails_at(bytes: &[u8]) -> Option<usize> {
    let mut session = server();
    let at = bytes.chunks(1).position(|byte| !echo(&mut session, byte).is_empty())?;
    assert_eq!(closes(&said(session.bytes_to_send()))[0].code, Some(1007));
    Some(at)
}

#[test]
fn bad_utf8_in_a_frame_that_goes_on_fails_at_its_byte() {
    // A frame that announces 100 bytes of which only these come; its header has six.
    for (payload, at) in [(&b"\xff"[..], 0), (b"ab\x80", 2), (b"\xce\xba\xf4\x90", 3), (b"\xed\xa0", 1), (b"\xc3(", 1)]
    {
        let bytes = [b"\x81\xe4\0\0\0\0", payload].concat();
        assert_eq!(fails_at(&bytes), Some(6 + at), "{payload:02x?}");
        // The same without FIN, really masked, and whole.
        assert_eq!(fails_at(&frame(0x01, payload)), Some(6 + at), "{payload:02x?}, masked");
    }
    assert_eq!(fails_at(b"\x81\xe4\0\0\0\0\xf0\x9f\x98\x80\xe2\x82"), None);
}

#[test]
fn bad_utf8_across_fragments_fails_at_its_byte() {
    // The first two fragments end inside a character, and a Ping comes between.
    let good = b"\x01\x81\0\0\0\0\xf0\x00\x81\0\0\0\0\x9f\x8a\x81\0\0\0\0\xff\x00\x82\0\0\0\0\x98";
    for (next, fails) in [(b'\x80', None), (b'a', Some(good.len()))] {
        let bytes = [&good[..], &[next]].concat();
        let mut session = server();
        let events: Vec<Event> = bytes.chunks(1).flat_map(|byte| echo(&mut session, byte)).collect();
        assert_eq!(events[0], Event::Pong(Bytes::from_static(b"\xff")), "a Pong may carry anything");
        assert_eq!(events.len() - 1, fails.map_or(0, |_| 1));
        assert_eq!(session.ended(), fails.is_some());
    }
}

/// s5.6: only text is text.
#[test]
fn bad_utf8_in_binary_is_nobodys_business() {
    let bytes = b"\x02\x81\0\0\0\0\xff\x80\x81\0\0\0\0\xfe";
    assert_eq!(said(&sent_for(bytes.chunks(1)).0), [(Opcode::Binary, vec![0xff, 0xfe])]);
}

#[test]
fn the_reason_names_the_byte_wherever_the_frame_is_cut() {
    // `f4` may begin a character, `f4 90` may not: the byte that decides is the one at 3.
    let (bad, half) = (b"\xce\xba\xf4\x90x", b"\xce\xba\xf4");
    let (byte, end) =
        ("text is not UTF-8: byte 90 at 3 of its frame (s8.1)", "the text ends inside a character (s8.1)");
    let good = [frame(0x81, "κόσμε".as_bytes()), frame(0x82, bad), frame(0x89, b"\xff")].concat();
    let in_parts = [frame(0x01, &half[..2]), frame(0x80, &half[2..])].concat();
    for (frames, expected) in
        [(frame(0x01, bad), byte), (frame(0x81, bad), byte), (frame(0x81, half), end), (in_parts, end)]
    {
        let stream = [&good[..], &frames, &frame(0x81, b"\xff")].concat();
        for cut in 0..stream.len() {
            let (sent, _) = sent_for([&stream[..cut], &stream[cut..]]);
            assert_eq!(closes(&said(&sent))[0].reason, expected, "{frames:02x?} cut at {cut}");
        }
    }
}

// --- limits ---

fn limited(bytes: &[u8]) -> Vec<Event> {
    echo(&mut Session::new(Role::Server, 5), bytes)
}

#[test]
fn a_message_at_the_limit_passes_and_a_byte_more_does_not() {
    assert_eq!(limited(b"\x81\x85\0\0\0\0Hello"), [Event::Message(text("Hello"))]);
    assert_eq!(limited(b"\x01\x83\0\0\0\0Hel\x80\x82\0\0\0\0lo"), [Event::Message(text("Hello"))]);
    let over: [&[u8]; 4] = [
        // Refused at the header: no payload has come.
        b"\x81\x86\0\0\0\0",
        b"\x01\x83\0\0\0\0Hel\x80\x83\0\0\0\0",
        b"\x02\x85\0\0\0\0Hello\x00\x81\0\0\0\0",
        b"\x02\x80\0\0\0\0\x00\x82\0\0\0\0lo\x00\x80\0\0\0\0\x80\x84\0\0\0\0",
    ];
    for bytes in over {
        let events = limited(bytes);
        assert!(
            matches!(&events[..], [Event::Failed(violation)] if violation.code == 1009),
            "{bytes:02x?}: {events:?}"
        );
    }
}

/// The limit is a message's: a control frame does not count, and the next message starts at nothing.
#[test]
fn the_limit_counts_one_message_at_a_time() {
    let bytes = b"\x02\x85\0\0\0\0Hello\x89\x87\0\0\0\0control\x80\x80\0\0\0\0\x82\x85\0\0\0\0again";
    let events = limited(bytes);
    let control = Event::Ping(Bytes::from_static(b"control"));
    assert_eq!(events, [control, Event::Message(binary(b"Hello")), Event::Message(binary(b"again"))]);
}

// --- memory ---

/// Forty sessions that live at the same time and have each echoed a message of 4 MiB would hold at least 160 MiB if they
/// kept their buffers. What the process holds tells whether they did: counting single allocations would need an
/// allocator of our own, and that `unsafe`, which this crate forbids.
#[cfg(target_os = "linux")]
#[test]
fn a_large_message_leaves_no_large_buffers_behind() {
    const SESSIONS: usize = 40;
    let message = frame(0x82, &vec![0; 4 << 20]);
    let before = resident_kib();
    let mut sessions = Vec::new();
    for nth in 0..SESSIONS {
        let mut session = Session::new(Role::Server, 16 << 20);
        let chunk = if nth % 2 == 0 { message.len() } else { 64 << 10 };
        for part in message.chunks(chunk) {
            echo(&mut session, part);
        }
        assert!(session.bytes_to_send().len() > 4 << 20);
        session.sent();
        sessions.push(session);
    }
    let kept = resident_kib().saturating_sub(before);
    assert!(kept < 80 << 10, "{kept} KiB kept by {} sessions", sessions.len());
}

#[cfg(target_os = "linux")]
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line of VmRSS");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number of KiB")
}

// --- any conversation ---

/// A control frame: opcode and payload.
type Control = (u8, Vec<u8>);

/// A message in any number of fragments, with control frames between them.
#[derive(Debug, Clone)]
struct Spoken {
    is_text: bool,
    payload: Vec<u8>,
    /// Where it is cut, and the control frame that stands there.
    cuts: Vec<(usize, Option<Control>)>,
}

impl Spoken {
    fn frames(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut start = 0;
        for (nth, (end, control)) in self.cuts.iter().enumerate() {
            bytes.extend(frame(self.opcode(nth), &self.payload[start..*end]));
            bytes.extend(control.iter().flat_map(|(opcode, payload)| frame(0x80 | opcode, payload)));
            start = *end;
        }
        bytes.extend(frame(0x80 | self.opcode(self.cuts.len()), &self.payload[start..]));
        bytes
    }

    fn opcode(&self, nth: usize) -> u8 {
        match (nth, self.is_text) {
            (0, true) => 1,
            (0, false) => 2,
            _ => 0,
        }
    }

    fn events(&self) -> Vec<Event> {
        let controls = self.cuts.iter().filter_map(|(_, control)| control.clone());
        let mut events: Vec<Event> = controls
            .map(|(opcode, payload)| match opcode {
                9 => Event::Ping(payload.into()),
                _ => Event::Pong(payload.into()),
            })
            .collect();
        events.push(Event::Message(match std::str::from_utf8(&self.payload) {
            Ok(words) if self.is_text => text(words),
            _ => binary(&self.payload),
        }));
        events
    }
}

fn spoken() -> impl Strategy<Value = Spoken> {
    let payload = prop_oneof![
        "\\PC{0,80}".prop_map(|text| (true, text.into_bytes())),
        vec(any::<u8>(), 0..300).prop_map(|bytes| (false, bytes)),
    ];
    let control = proptest::option::of((select(vec![9_u8, 10]), vec(any::<u8>(), 0..=125)));
    (payload, vec((any::<usize>(), control), 0..5)).prop_map(|((is_text, payload), mut cuts)| {
        cuts.iter_mut().for_each(|(at, _)| *at %= payload.len() + 1);
        cuts.sort_by_key(|(at, _)| *at);
        Spoken { is_text, payload, cuts }
    })
}

/// What an echo answers to these events.
fn echoes(events: &[Event]) -> Vec<Said> {
    let answer = |event: &Event| match event {
        Event::Message(Message::Text(text)) => Some((Opcode::Text, text.as_bytes().to_vec())),
        Event::Message(Message::Binary(bytes)) => Some((Opcode::Binary, bytes.to_vec())),
        Event::Ping(payload) => Some((Opcode::Pong, payload.to_vec())),
        _ => None,
    };
    events.iter().filter_map(answer).collect()
}

fn parts<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(bytes.len());
    let mut start = 0;
    ends.into_iter().map(|end| &bytes[std::mem::replace(&mut start, end)..end]).collect()
}

/// Frames of every kind with all bits free, so that most break a rule somewhere.
fn careless_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![8 => select(vec![0x81_u8, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a]), 1 => Just(0x88), 1 => any::<u8>()];
    let payload = prop_oneof![vec(any::<u8>(), 0..140), "\\PC{0,40}".prop_map(String::into_bytes)];
    (first, payload).prop_map(|(first, payload)| frame(first, &payload))
}

fn careless_stream() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(careless_frame(), 0..12).prop_map(|frames| frames.concat()),
        vec(any::<u8>(), 0..400),
        (vec(careless_frame(), 0..4), vec(any::<u8>(), 0..40))
            .prop_map(|(frames, junk)| [frames.concat(), junk].concat()),
    ]
}

proptest! {
    #[test]
    fn legal_frames_are_all_delivered_and_answered(spoken in vec(spoken(), 0..6), cuts in vec(any::<usize>(), 0..10)) {
        let stream: Vec<u8> = spoken.iter().flat_map(Spoken::frames).collect();
        let expected: Vec<Event> = spoken.iter().flat_map(Spoken::events).collect();
        let mut session = server();
        let events: Vec<Event> = parts(&stream, &cuts).into_iter().flat_map(|part| echo(&mut session, part)).collect();
        prop_assert_eq!(&events, &expected);
        prop_assert_eq!(said(&outgoing(&mut session)), echoes(&expected));
        prop_assert!(!session.ended());
    }

    #[test]
    fn whatever_comes_the_answer_is_legal_short_and_ends_with_its_close(
        stream in careless_stream(),
        cuts in vec(any::<usize>(), 0..10),
    ) {
        let (sent, ended) = sent_for(parts(&stream, &cuts));
        prop_assert!(sent.len() <= stream.len() + 129, "{} bytes for {}", sent.len(), stream.len());
        let said = said(&sent);
        let closes = said.iter().filter(|(opcode, _)| *opcode == Opcode::Close).count();
        prop_assert_eq!(closes, usize::from(ended));
        prop_assert!(!ended || said.last().is_some_and(|(opcode, _)| *opcode == Opcode::Close), "not the last word");
        prop_assert_eq!((sent, ended), sent_for([&stream[..]]));
    }
}

/// s5.5.1 forbids what follows a Close. What is no Close yet forbids nothing.
#[test]
fn only_a_whole_close_made_by_hand_is_our_close() {
    let close = |payload: &[u8]| Handmade::new(Opcode::Close, payload.to_vec());
    for (frame, is_ours) in [
        (close(b""), true),
        (close(b"\x03\xed"), true),
        (close(&[b'x'; 126]), true),
        (Handmade { form: Some(LengthForm::Extended64), ..close(b"\x03\xe8") }, true),
        (Handmade { length: Some(2), ..close(b"\x03\xe8bye") }, true),
        (Handmade { length: Some(100), ..close(b"x") }, false),
        (Handmade { form: Some(LengthForm::Short), ..close(&[b'x'; 127]) }, false),
        (Handmade { fin: false, ..close(b"\x03\xe8") }, false),
        (Handmade::new(Opcode::Ping, Vec::new()), false),
    ] {
        let mut session = client();
        session.send_handmade(&frame);
        assert_eq!(session.close_sent(), is_ours, "{frame:?}");
        assert_eq!(session.send(text("more")), !is_ours, "{frame:?}");
    }
}
