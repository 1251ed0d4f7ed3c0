//! A stream of one direction, judged: once whole and once in parts, and told in text.
//!
//! Never a panic; the verdict does not depend on how the stream is cut; no more is kept than was asked for; and what is
//! told has as many faults as were counted, in lines that no terminal minds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use tungstenite::protocol::Role;
use ws101::decode::input::{Form, Input};
use ws101::decode::{self, Settings};
use ws101::protocol::inspector::{Frame, Inspector};

fuzz_target!(|input: &[u8]| {
    // The first byte chooses how long the parts are and what is known, the others are the stream.
    let Some((&choice, bytes)) = input.split_first() else { return };
    let (size, keep) = (usize::from(choice >> 4) + 1, usize::from(choice & 0b1100));
    let sender = [None, Some(Role::Client), Some(Role::Server), None][usize::from(choice & 0b11)];
    let inspector = || Inspector::new(sender, 0, keep);
    let whole = inspect(inspector(), std::iter::once(bytes), keep);
    assert_eq!(inspect(inspector(), bytes.chunks(size), keep), whole);
    tell(bytes, sender);
});

/// All frames, and what the end has cut off.
fn inspect<'a>(mut inspector: Inspector, parts: impl Iterator<Item = &'a [u8]>, keep: usize) -> (Vec<Frame>, String) {
    let mut frames = Vec::new();
    for part in parts {
        let mut rest = part;
        while let Some(frame) = inspector.next(&mut rest) {
            let message = frame.message.as_ref();
            assert!(frame.payload.len() <= keep && message.is_none_or(|message| message.payload.len() <= keep));
            frames.push(frame);
        }
        assert!(rest.is_empty());
    }
    (frames, format!("{:?}", inspector.finish()))
}

fn tell(bytes: &[u8], from: Option<Role>) {
    let settings = Settings { from, ..Settings::default() };
    let mut input = Input::new(Box::new(Cursor::new(bytes.to_vec())), Some(Form::Raw));
    let mut out = Vec::new();
    let outcome = decode::run(&mut input, &settings, &mut out).expect("raw bytes can be read");
    let text = String::from_utf8(out).expect("text");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    let faults = text.lines().filter(|line| line.starts_with("      ! ")).count() as u64;
    assert_eq!((outcome.bytes, outcome.faults), (bytes.len() as u64, faults), "{text}");
}
