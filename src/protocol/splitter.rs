//! A byte stream, cut into frames as it passes.
//!
//! TCP keeps no borders: one read may bring half a header, or three frames and a bit. The splitter takes whatever came
//! and hands out pieces: a header as soon as it is whole, then its payload in the parts in which it arrived. It copies
//! no payload and keeps none; between two reads it remembers at most 13 bytes of an unfinished header.

use super::header::{Header, MAX_LEN};

/// One piece of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A header is complete.
    Header(Header),
    /// The next part of that frame's payload, still masked. A frame without payload has one empty part.
    Payload {
        /// The bytes, as they arrived.
        bytes: &'a [u8],
        /// How many bytes of this payload came before these.
        offset: u64,
        /// Whether the frame ends with them.
        last: bool,
    },
}

/// Where in a frame the stream stands.
#[derive(Debug, Default, Clone)]
pub struct Splitter {
    /// The first bytes of a header that is not whole yet.
    partial: [u8; MAX_LEN],
    partial_len: usize,
    frame: Option<Progress>,
}

#[derive(Debug, Clone, Copy)]
struct Progress {
    header: Header,
    passed: u64,
}

impl Splitter {
    /// The next piece of `rest`, which is moved past it. `None`: all of it is used up.
    pub fn next<'a>(&mut self, rest: &mut &'a [u8]) -> Option<Piece<'a>> {
        match self.frame.take() {
            None => self.header(rest).map(|header| {
                self.frame = Some(Progress { header, passed: 0 });
                Piece::Header(header)
            }),
            Some(progress) => self.payload(progress, rest),
        }
    }

    /// The frame whose payload is not complete, and how many bytes of it have passed.
    pub fn frame_in_progress(&self) -> Option<(Header, u64)> {
        self.frame.map(|progress| (progress.header, progress.passed))
    }

    /// The bytes of a header that is not complete, empty between frames.
    pub fn header_in_progress(&self) -> &[u8] {
        &self.partial[..self.partial_len]
    }

    /// Whether the stream stands between two frames.
    pub fn between_frames(&self) -> bool {
        self.partial_len == 0 && self.frame.is_none()
    }

    fn header(&mut self, rest: &mut &[u8]) -> Option<Header> {
        // The common case: nothing is left over from before and the header is whole.
        if self.partial_len == 0
            && let Some((header, len)) = Header::decode(rest)
        {
            *rest = &rest[len..];
            return Some(header);
        }
        self.header_from_parts(rest)
    }

    fn header_from_parts(&mut self, rest: &mut &[u8]) -> Option<Header> {
        loop {
            if let Some((header, _)) = Header::decode(self.header_in_progress()) {
                self.partial_len = 0;
                return Some(header);
            }
            let missing = Header::bytes_needed(self.header_in_progress()) - self.partial_len;
            let taken = missing.min(rest.len());
            if taken == 0 {
                return None;
            }
            self.partial[self.partial_len..self.partial_len + taken].copy_from_slice(&rest[..taken]);
            self.partial_len += taken;
            *rest = &rest[taken..];
        }
    }

    fn payload<'a>(&mut self, progress: Progress, rest: &mut &'a [u8]) -> Option<Piece<'a>> {
        let missing = progress.header.length - progress.passed;
        if rest.is_empty() && missing > 0 {
            self.frame = Some(progress);
            return None;
        }
        // A length may exceed what memory can address; what is here cannot.
        let taken = usize::try_from(missing).unwrap_or(usize::MAX).min(rest.len());
        let (bytes, after) = rest.split_at(taken);
        *rest = after;
        let passed = progress.passed + taken as u64;
        let last = passed == progress.header.length;
        if !last {
            self.frame = Some(Progress { passed, ..progress });
        }
        Some(Piece::Payload { bytes, offset: progress.passed, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each frame as (header, payload as it was on the wire).
    fn frames(parts: &[&[u8]]) -> Vec<(Header, Vec<u8>)> {
        let mut splitter = Splitter::default();
        let mut frames = Vec::new();
        for part in parts {
            let mut rest = *part;
            while let Some(piece) = splitter.next(&mut rest) {
                match piece {
                    Piece::Header(header) => frames.push((header, Vec::new())),
                    Piece::Payload { bytes, offset, last } => {
                        let (header, payload) = frames.last_mut().expect("a header came first");
                        assert_eq!(offset, payload.len() as u64);
                        payload.extend_from_slice(bytes);
                        assert_eq!(last, payload.len() as u64 == header.length);
                    }
                }
            }
            assert!(rest.is_empty());
        }
        assert!(splitter.between_frames());
        frames
    }

    #[test]
    fn a_stream_cut_anywhere_twice_gives_the_same_frames() {
        let mut stream = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x00\x82\x7e\x00\x80".to_vec();
        stream.extend([7; 128]);
        stream.extend(b"\x88\x02\x03\xe8");
        let whole = frames(&[&stream]);
        assert_eq!(whole.len(), 4);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let parts = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(frames(&parts), whole, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn an_unfinished_frame_is_told_with_what_has_passed() {
        let mut splitter = Splitter::default();
        let mut rest = &b"\x81\x05He"[..];
        while splitter.next(&mut rest).is_some() {}
        assert_eq!(splitter.frame_in_progress(), Some((Header::new(super::super::opcode::Opcode::Text, 5), 2)));
        assert!(!splitter.between_frames());
    }
}
