//! What is published, and what every subscriber must read of it.
//!
//! All get the same bytes in the same order, so whoever reads a byte first is checked against the event it must be part
//! of, and everybody after that against the bytes of the first.

use crate::common::Outcome;
use crate::common::client::expect;
use crate::common::frames::{TEXT, masked, unmasked};
use crate::common::server::Speaks;

/// Bytes of an event's text.
const SIZE: usize = 64;

/// Bytes of an event in the bare fan-out: as many as a frame of ws101's with a number of four digits.
pub const RECORD: usize = 106;

/// Milliseconds since 1970 have 13 digits until the year 2286. It is all of an event that the client cannot know.
const TIME_DIGITS: usize = 13;

/// What a publisher sends for the event of this number.
pub fn request(speaks: Speaks, number: u64) -> Vec<u8> {
    match speaks {
        Speaks::Tcp => record(number),
        Speaks::WebSocket => masked(TEXT, text(number).as_bytes()),
    }
}

/// The text of the event of this number.
pub fn text(number: u64) -> String {
    format!("{:*<SIZE$}", format!("event {number} "))
}

fn record(number: u64) -> Vec<u8> {
    format!("{:-<RECORD$}", text(number)).into_bytes()
}

/// The bytes that a subscriber gets from some event on.
pub struct Transcript {
    speaks: Speaks,
    /// The number of the next event that will be complete.
    next: u64,
    bytes: Vec<u8>,
    /// Where each complete event ends.
    ends: Vec<usize>,
}

impl Transcript {
    /// From the event of this number on.
    pub fn new(speaks: Speaks, next: u64) -> Self {
        Self { speaks, next, bytes: Vec::new(), ends: Vec::new() }
    }

    /// Compares what one subscriber has read with what belongs at `offset` of its stream.
    pub fn compare(&mut self, offset: usize, read: &[u8]) -> Outcome<()> {
        let known = &self.bytes[offset..];
        let (old, new) = read.split_at(read.len().min(known.len()));
        expect("bytes of events", old, &known[..old.len()])?;
        self.bytes.extend_from_slice(new);
        if new.is_empty() { Ok(()) } else { self.check() }
    }

    /// How many events are complete at `offset`, if `at_least` are.
    pub fn complete(&self, offset: usize, at_least: usize) -> usize {
        at_least + self.ends[at_least..].iter().take_while(|end| **end <= offset).count()
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    fn check(&mut self) -> Outcome<()> {
        loop {
            let start = self.ends.last().copied().unwrap_or_default();
            let rest = &self.bytes[start..];
            let expected = self.expected(rest);
            let Some(event) = rest.get(..expected.len()) else { return Ok(()) };
            expect(&format!("event {}", self.next), event, &expected)?;
            self.ends.push(start + expected.len());
            self.next += 1;
        }
    }

    /// The next event. Its time is taken from the bytes that came: it need only be a number.
    fn expected(&self, came: &[u8]) -> Vec<u8> {
        if self.speaks == Speaks::Tcp {
            return record(self.next);
        }
        let start = format!("{{\"id\":{},\"at\":", self.next);
        let time = came.iter().skip(2 + start.len()).take(TIME_DIGITS);
        let time: String = time.map(|byte| if byte.is_ascii_digit() { char::from(*byte) } else { '?' }).collect();
        let json = format!("{start}{time:?<TIME_DIGITS$},\"text\":\"{}\"}}", text(self.next));
        unmasked(TEXT, json.as_bytes())
    }
}
