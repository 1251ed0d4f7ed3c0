//! A server's session that echoes, fed with any bytes in parts of any length.
//!
//! Never a panic. What it says are legal frames, with at most one Close, and nothing after it. It says that one Close
//! when a Close or a violation came, and is silent and deaf from then on. It owes no more bytes than it was given and
//! one message. How the bytes were cut changes neither the answers nor the Close, with its words.
//! Its own buffers cannot be seen from here: `.ci/fuzz` limits what one allocation and the whole process may take.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tungstenite::protocol::Role;
use ws101::protocol::close::Close;
use ws101::protocol::header::{Header, MAX_LEN};
use ws101::protocol::opcode::Opcode;
use ws101::protocol::rules::{self, MessageInProgress};
use ws101::protocol::session::{Event, Session};
use ws101::protocol::splitter::{Piece, Splitter};

/// Small, so that the limit is reached too.
const MAX_MESSAGE: u64 = 1024;

fuzz_target!(|input: &[u8]| {
    // The first byte chooses how long the parts are, the others are the stream.
    let Some((&size, bytes)) = input.split_first() else { return };
    let whole = echo(std::iter::once(bytes));
    let parts = echo(bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole, parts);
});

/// What the peer of the session would get: data and Pongs, then the Close if there was one.
type Said = (Vec<(Opcode, Vec<u8>)>, Option<Close>);

fn echo<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Said {
    let mut session = Session::new(Role::Server, MAX_MESSAGE);
    let mut said = Vec::new();
    for part in parts {
        let was_over = session.ended();
        let is_over = answer(&mut session, part);
        assert!(!was_over || (!is_over && session.bytes_to_send().is_empty()), "it spoke after its end");
        assert!(session.bytes_to_send().len() as u64 <= at_most(part), "more bytes than it owes");
        said.extend_from_slice(session.bytes_to_send());
        session.sent();
    }
    let said = frames(&said);
    assert_eq!(session.ended(), said.1.is_some(), "an end has its Close, and a Close is the end");
    said
}

/// Hands it one part, echoes every message, and tells whether an event ended the session.
fn answer(session: &mut Session, part: &[u8]) -> bool {
    let mut received = session.receive(part);
    let mut is_over = false;
    while let Some(event) = received.next_event() {
        assert!(!is_over, "an event after the end: {event:?}");
        match event {
            Event::Message(message) => assert!(received.session().send(message), "an open session takes an answer"),
            Event::Ping(_) | Event::Pong(_) => {}
            Event::Close(_) | Event::Failed(_) => is_over = true,
        }
    }
    is_over
}

/// A message that this part completed, an answer to everything in it, and one Close.
fn at_most(part: &[u8]) -> u64 {
    MAX_MESSAGE + 2 * part.len() as u64 + 2 * (MAX_LEN as u64 + rules::MAX_CONTROL_PAYLOAD)
}

fn frames(mut bytes: &[u8]) -> Said {
    let mut splitter = Splitter::default();
    let mut message = MessageInProgress::default();
    let mut frames: Vec<(Opcode, Vec<u8>)> = Vec::new();
    while let Some(piece) = splitter.next(&mut bytes) {
        match piece {
            Piece::Header(header) => {
                check(&header, &message);
                message.advance(&header);
                assert!(frames.last().is_none_or(|(opcode, _)| *opcode != Opcode::Close), "a frame after the Close");
                frames.push((header.opcode, Vec::new()));
            }
            Piece::Payload { bytes, .. } => frames.last_mut().expect("a header comes first").1.extend_from_slice(bytes),
        }
    }
    assert!(splitter.between_frames(), "it said half a frame");
    let close = frames.pop_if(|(opcode, _)| *opcode == Opcode::Close);
    (frames, close.map(|(_, payload)| Close::decode(&payload).expect("a legal Close")))
}

/// What a server sends must be legal for a client.
fn check(header: &Header, message: &MessageInProgress) {
    if let Err(violation) = rules::check(header, Role::Client, message, u64::MAX) {
        panic!("it sent {header:?}: {violation:?}");
    }
}
