//! A server's answer as the client reads it: head, body in whatever coding, and its content as an event stream. Once whole
//! and once cut in two.
//!
//! Never a panic, and the cut changes nothing: TCP may cut anywhere.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws101::client::response::{Body, Parsed, parse};
use ws101::client::sse::{EventStream, Item};

/// What an answer came to.
#[derive(Debug, PartialEq)]
struct Told {
    head: String,
    content: Vec<u8>,
    items: Vec<Item>,
    done: bool,
}

fuzz_target!(|input: &[u8]| {
    // The first byte chooses the cut, the others are the stream.
    let Some((&cut, bytes)) = input.split_first() else { return };
    let (first, second) = bytes.split_at(usize::from(cut).min(bytes.len()));
    let (whole, in_two) = (read(&[bytes]), read(&[first, second]));
    match (&whole, &in_two) {
        (Err(_), Err(_)) => {}
        _ => assert_eq!(whole, in_two, "cut at {cut}"),
    }
});

fn read(parts: &[&[u8]]) -> Result<Option<Told>, String> {
    let (mut unread, mut told, mut events) = (Vec::new(), None, EventStream::default());
    let mut body = None;
    for part in parts {
        unread.extend_from_slice(part);
        if body.is_none() {
            match parse(&unread) {
                Parsed::NeedMore => continue,
                Parsed::Refused(why) => return Err(why),
                Parsed::Complete(head, len) => {
                    assert_eq!(head.len, len);
                    unread.drain(..len);
                    body = Some(head.body()?);
                    told =
                        Some(Told { head: format!("{head:?}"), content: Vec::new(), items: Vec::new(), done: false });
                }
            }
        }
        if let (Some(body), Some(told)) = (&mut body, &mut told) {
            take(body, &mut unread, told, &mut events)?;
        }
    }
    Ok(told)
}

fn take(body: &mut Body, unread: &mut Vec<u8>, told: &mut Told, events: &mut EventStream) -> Result<(), String> {
    let mut data = Vec::new();
    let used = body.decode(unread, &mut data)?;
    assert!(used <= unread.len() && data.len() <= used, "more content than bytes");
    unread.drain(..used);
    events.push(&data)?;
    told.items.extend(std::iter::from_fn(|| events.next_item()));
    told.content.extend_from_slice(&data);
    told.done = body.is_done();
    Ok(())
}
