//! The streams of one text: whose bytes each has, and which of them have ended. What is kept of a stream is its label, and
//! that only while it goes on, so a log may have any number of connections one after the other.

use std::collections::{BTreeMap, VecDeque};
use tungstenite::protocol::Role;

/// How many streams may go on at once: a connection has two.
pub const MAX_STREAMS: usize = 256;

/// Whose bytes a stream has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Label {
    /// The connection, as a log names it; from outside, so escape it. Empty when the text names none.
    pub name: String,
    /// Who sent them, if the text says so.
    pub from: Option<Role>,
}

/// Streams by their number, in the order in which they began.
#[derive(Debug, Default)]
pub struct Streams {
    open: BTreeMap<usize, Label>,
    next: usize,
    ended: VecDeque<(usize, Label)>,
    passed_over: u64,
}

impl Streams {
    /// Whose bytes a stream has, until its end is told.
    pub fn label(&self, stream: usize) -> Option<&Label> {
        let of_ended = || self.ended.iter().find(|(ended, _)| *ended == stream).map(|(_, label)| label);
        self.open.get(&stream).or_else(of_ended)
    }

    /// The stream that has this label, or a new one. `None`: too many go on.
    pub fn named(&mut self, label: Label) -> Option<usize> {
        match self.open.iter().find(|(_, known)| **known == label) {
            Some((stream, _)) => Some(*stream),
            None if self.open.len() >= MAX_STREAMS => None,
            None => Some(self.begin(label)),
        }
    }

    /// A new stream.
    pub fn begin(&mut self, label: Label) -> usize {
        let stream = self.next;
        self.next += 1;
        self.open.insert(stream, label);
        stream
    }

    /// Whose bytes a stream has is known by now.
    pub fn is_from(&mut self, stream: usize, from: Role) {
        if let Some(label) = self.open.get_mut(&stream) {
            label.from = Some(from);
        }
    }

    /// A connection has ended, and both of its streams with it.
    pub fn end(&mut self, name: &str) {
        let of_it = self.open.iter().filter(|(_, label)| label.name == name);
        let of_it: Vec<usize> = of_it.map(|(stream, _)| *stream).collect();
        self.ended.extend(of_it.into_iter().filter_map(|stream| Some((stream, self.open.remove(&stream)?))));
    }

    /// The next of those that have ended, each once.
    pub fn next_ended(&mut self) -> Option<usize> {
        self.ended.pop_front().map(|(stream, _)| stream)
    }

    /// Bytes of a stream that there was no room for.
    pub fn pass_over(&mut self, bytes: usize) {
        self.passed_over += bytes as u64;
    }

    /// How many bytes there was no room for.
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }
}
