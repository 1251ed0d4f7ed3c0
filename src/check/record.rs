//! What passed during a case, on all its connections, for the person who has to find out why it failed.
//!
//! Little is kept of each thing and of all things together, whatever a server sends: the first of them and the last ones
//! tell the story.

use crate::protocol::header::Header;
use std::collections::VecDeque;
use std::time::Duration;

/// So many things are kept from the beginning, and as many from the end.
const KEPT: usize = 24;

/// So many bytes are kept of a head or of bytes that are nothing in particular.
pub const FIRST: usize = 2048;

/// So many bytes are kept of a payload.
pub const PAYLOAD: usize = 64;

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The checker.
    Sent,
    /// The server.
    Came,
}

/// Something that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// A head of HTTP, as it was.
    Head(Vec<u8>),
    /// A frame: its header, and the first bytes of its payload as they passed, still masked.
    Frame(Header, Vec<u8>),
    /// Bytes that are neither, or a part of one: the first of them, and how many there were.
    Bytes(Vec<u8>, usize),
    /// TCP's FIN (under TLS close_notify): no more comes from there.
    Fin,
    /// A reset, in the system's words.
    Reset(String),
    /// Nothing, for so long.
    Silence(Duration),
    /// Words about how something was sent, as "in 5 pieces".
    Remark(String),
}

/// One line of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which connection of the case, from 1.
    pub link: usize,
    /// Who sent it.
    pub way: Way,
    /// What it was.
    pub passed: Passed,
}

/// The story.
#[derive(Debug, Clone, Default)]
pub struct Record {
    first: Vec<Entry>,
    last: VecDeque<Entry>,
    /// How many between the two are forgotten.
    pub left_out: usize,
    /// How often nothing came in time.
    pub silences: usize,
}

impl Record {
    /// One more.
    pub fn push(&mut self, link: usize, way: Way, passed: Passed) {
        self.silences += usize::from(matches!(passed, Passed::Silence(_)));
        let entry = Entry { link, way, passed };
        if self.first.len() < KEPT {
            return self.first.push(entry);
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(entry);
    }

    /// The first ones, and behind those left out the last ones.
    pub fn entries(&self) -> (&[Entry], impl Iterator<Item = &Entry>) {
        (&self.first, self.last.iter())
    }
}

/// The first `most` of these bytes.
pub fn first(bytes: &[u8], most: usize) -> Vec<u8> {
    bytes[..bytes.len().min(most)].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        let mut record = Record::default();
        for link in 0..100 {
            record.push(link, Way::Came, Passed::Fin);
        }
        let (first, last) = record.entries();
        assert_eq!(first.iter().map(|entry| entry.link).collect::<Vec<_>>(), (0..KEPT).collect::<Vec<_>>());
        assert_eq!(last.map(|entry| entry.link).collect::<Vec<_>>(), (100 - KEPT..100).collect::<Vec<_>>());
        assert_eq!(record.left_out, 100 - 2 * KEPT);
    }
}
