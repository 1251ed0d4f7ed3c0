//! What is kept of a watched connection: the opening handshake, and of what followed it the last 256 KiB. What is older
//! leaves, and who has not read it by then is told how much it was.
//!
//! A frame costs the connection two copies into memory that is there already, and no allocation: it is told in words by
//! the thread of who watches.

use crate::protocol::header::Header;
use std::collections::VecDeque;
use std::time::Duration;
use tungstenite::protocol::Role;

/// How many bytes are kept, besides the opening handshake. The frames' own places in the list count.
pub const KEPT: usize = 256 << 10;

/// How many bytes of one payload are kept: one large frame must not drive out everything else.
pub const KEPT_OF_PAYLOAD: usize = 64 << 10;

/// How many records are kept. A power of two, as the list's memory grows.
const MOST_MARKS: usize = 1024;

/// How many bytes of them.
const MOST_BYTES: usize = KEPT - MOST_MARKS * size_of::<Mark>();

/// One thing that passed or happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Counted from 1 on each connection.
    pub n: u64,
    /// When, since the request's head had come.
    pub at: Duration,
    /// What it was.
    pub what: What,
    /// How many bytes are kept of it.
    kept: usize,
}

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A head of the opening handshake, and the body of a refusal behind it. Its bytes are these.
    Head(Role),
    /// What came of the opening handshake. Its bytes are JSON.
    Decision,
    /// A frame. Its bytes are those of its payload, as they passed.
    Frame {
        /// Who sent it.
        sender: Role,
        /// Its header.
        header: Header,
    },
    /// A line of the log: the mark. Its bytes are the words.
    Told(char),
}

/// A record with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub mark: Mark,
    /// See [`What`].
    pub bytes: Vec<u8>,
}

/// What there is after a number.
#[derive(Debug, Default)]
pub struct Part {
    /// Of the opening handshake.
    pub opening: Vec<Record>,
    /// These records were not read in time, the first and the last of them.
    pub gap: Option<(u64, u64)>,
    /// What followed, in order.
    pub records: Vec<Record>,
}

/// The keeper.
#[derive(Debug, Default)]
pub struct Ring {
    last: u64,
    opening: Vec<Record>,
    marks: VecDeque<Mark>,
    bytes: VecDeque<u8>,
}

impl Ring {
    /// The number of what is kept next.
    pub fn next(&self) -> u64 {
        self.last + 1
    }

    /// Keeps a part of the opening handshake for good.
    pub fn keep_opening(&mut self, at: Duration, what: What, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(KEPT_OF_PAYLOAD)];
        self.last += 1;
        let mark = Mark { n: self.last, at, what, kept: bytes.len() };
        self.opening.push(Record { mark, bytes: bytes.to_vec() });
    }

    /// Keeps a record for as long as there is room.
    pub fn keep(&mut self, at: Duration, what: What, bytes: &[u8]) {
        let bytes = &bytes[..bytes.len().min(KEPT_OF_PAYLOAD)];
        while self.bytes.len() + bytes.len() > MOST_BYTES || self.marks.len() >= MOST_MARKS {
            self.drop_oldest();
        }
        // Growing by itself it would take up to twice of what is allowed.
        if self.bytes.capacity() < self.bytes.len() + bytes.len() {
            let wanted = (2 * (self.bytes.len() + bytes.len())).min(MOST_BYTES);
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        self.last += 1;
        self.marks.push_back(Mark { n: self.last, at, what, kept: bytes.len() });
        self.bytes.extend(bytes);
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.marks.pop_front() {
            self.bytes.drain(..oldest.kept);
        }
    }

    /// What has come after record `seen`, at most about `most` bytes of it.
    pub fn after(&self, seen: u64, most: usize) -> Part {
        let opening: Vec<Record> = self.opening.iter().filter(|record| record.mark.n > seen).cloned().collect();
        let seen = seen.max(self.opening.last().map_or(0, |record| record.mark.n));
        let first_kept = self.last + 1 - self.marks.len() as u64;
        // The number comes from outside, and may be the largest there is.
        let next = seen.saturating_add(1);
        let gap = (next < first_kept).then_some((next, first_kept - 1));
        let skipped = next.saturating_sub(first_kept) as usize;
        let mut start: usize = self.marks.iter().take(skipped).map(|mark| mark.kept).sum();
        let (mut records, mut taken) = (Vec::new(), 0);
        for mark in self.marks.iter().skip(skipped) {
            if taken > most {
                break;
            }
            let bytes: Vec<u8> = self.bytes.range(start..start + mark.kept).copied().collect();
            start += mark.kept;
            taken += mark.kept + size_of::<Mark>();
            records.push(Record { mark: *mark, bytes });
        }
        Part { opening, gap, records }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::opcode::Opcode;

    const NOW: Duration = Duration::ZERO;

    fn frame(length: usize) -> What {
        What::Frame { sender: Role::Client, header: Header::new(Opcode::Binary, length as u64) }
    }

    fn numbers(part: &Part) -> Vec<u64> {
        part.records.iter().map(|record| record.mark.n).collect()
    }

    #[test]
    fn what_passed_is_read_from_anywhere() {
        let mut ring = Ring::default();
        ring.keep_opening(NOW, What::Head(Role::Client), b"GET");
        for byte in 0..3 {
            ring.keep(NOW, frame(2), &[byte; 2]);
        }
        let part = ring.after(0, usize::MAX);
        assert_eq!((part.opening.len(), part.opening[0].mark.n, part.opening[0].bytes.as_slice()), (1, 1, &b"GET"[..]));
        assert_eq!((part.gap, numbers(&part)), (None, vec![2, 3, 4]));
        assert_eq!(part.records[1].bytes, [1, 1]);
        let part = ring.after(3, usize::MAX);
        assert_eq!((part.opening.len(), part.records[0].bytes.as_slice()), (0, &[2, 2][..]));
        assert!(ring.after(4, usize::MAX).records.is_empty());
        for unreached in [9, u64::MAX] {
            let part = ring.after(unreached, usize::MAX);
            assert_eq!((part.gap, numbers(&part)), (None, vec![]), "{unreached} is not reached yet");
        }
        assert_eq!(numbers(&ring.after(0, 0)), [2], "one at least");
    }

    #[test]
    fn what_is_too_old_leaves_a_gap() {
        let mut ring = Ring::default();
        ring.keep_opening(NOW, What::Head(Role::Client), b"GET");
        for _ in 0..10 {
            ring.keep(NOW, frame(100_000), &[7; 100_000]);
        }
        let part = ring.after(0, usize::MAX);
        assert_eq!((part.opening.len(), part.gap, numbers(&part)), (1, Some((2, 8)), vec![9, 10, 11]));
        assert!(part.records.iter().all(|record| record.bytes.len() == KEPT_OF_PAYLOAD));
        assert_eq!(ring.after(10, usize::MAX).gap, None);
    }

    #[test]
    fn memory_is_bounded_whatever_passes() {
        let mut ring = Ring::default();
        for (length, count) in [(0, 100_000), (70_000, 20), (1, 100_000), (1000, 1000)] {
            for _ in 0..count {
                ring.keep(NOW, frame(length), &vec![0; length]);
            }
            let marks = ring.marks.capacity() * size_of::<Mark>();
            assert!(ring.bytes.capacity() + marks <= KEPT, "{length}: {} and {marks}", ring.bytes.capacity());
        }
    }
}
