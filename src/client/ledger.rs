//! Who the bytes belong to. The socket's own count stands beside the parts, and the two must agree.

use std::ops::AddAssign;

/// What a byte is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A start line and header fields, of an opening handshake too.
    Head,
    /// A request's or an answer's content, with the framing of chunks.
    Body,
    /// What follows a 101.
    Frames,
}

/// The bytes of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Of heads.
    pub heads: u64,
    /// Of bodies.
    pub bodies: u64,
    /// Of frames.
    pub frames: u64,
}

impl Parts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.heads + self.bodies + self.frames
    }

    pub(super) fn add(&mut self, part: Part, bytes: usize) {
        let share = match part {
            Part::Head => &mut self.heads,
            Part::Body => &mut self.bodies,
            Part::Frames => &mut self.frames,
        };
        *share += bytes as u64;
    }
}

impl AddAssign for Parts {
    fn add_assign(&mut self, other: Parts) {
        self.heads += other.heads;
        self.bodies += other.bodies;
        self.frames += other.frames;
    }
}

/// The bytes of one connection, or of many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What write calls took.
    pub written: u64,
    /// What read calls brought.
    pub read: u64,
    /// What was written, by part.
    pub up: Parts,
    /// What was read, by part.
    pub down: Parts,
}

impl Ledger {
    /// Whether every byte of the socket belongs to a part, and the other way round.
    pub fn balances(&self) -> bool {
        self.written == self.up.total() && self.read == self.down.total()
    }

    /// Both directions.
    pub fn total(&self) -> u64 {
        self.written + self.read
    }
}

impl AddAssign for Ledger {
    fn add_assign(&mut self, other: Ledger) {
        self.written += other.written;
        self.read += other.read;
        self.up += other.up;
        self.down += other.down;
    }
}
