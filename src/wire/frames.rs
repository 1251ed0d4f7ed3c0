//! The frames of one direction, put together from the pieces in which reads and writes bring them, as far as they are
//! shown: the header whole, of the payload the first bytes.

use crate::protocol::header::Header;
use crate::protocol::mask;
use crate::protocol::splitter::{Piece, Splitter};

/// Frames in the making.
#[derive(Debug, Default)]
pub struct Frames {
    /// Cuts the bytes.
    pub splitter: Splitter,
    header: Option<Header>,
    payload: Vec<u8>,
}

impl Frames {
    /// Takes in a piece, and keeps at most `most` bytes of its payload. A frame that is complete with it is given back:
    /// its header and the bytes kept, as they passed. They stay until its successor begins.
    pub fn take(&mut self, piece: Piece<'_>, most: usize) -> Option<(Header, &[u8])> {
        match piece {
            Piece::Header(header) => {
                self.header = Some(header);
                self.payload.clear();
                // One large frame must not hold its memory for as long as the connection lives.
                self.payload.shrink_to(SMALL);
                None
            }
            Piece::Payload { bytes, last, .. } => {
                let taken = bytes.len().min(most.saturating_sub(self.payload.len()));
                self.payload.extend_from_slice(&bytes[..taken]);
                let header = if last { self.header.take() } else { None };
                header.map(|header| (header, self.payload.as_slice()))
            }
        }
    }

    /// What was kept of the payload that is passing, as it passed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The end came here: what was left unfinished, in words.
    pub fn unfinished(&self) -> Option<String> {
        let held = self.splitter.header_in_progress();
        if let Some((header, passed)) = self.splitter.frame_in_progress() {
            return Some(format!("ended inside a frame: {passed} of {} payload bytes had come", header.length));
        }
        (!held.is_empty()).then(|| {
            let needed = Header::bytes_needed(held);
            format!("ended inside a frame header: {} of at least {needed} bytes had come", held.len())
        })
    }
}

/// The memory that a payload may keep until the next one.
const SMALL: usize = 4096;

/// The first bytes of a payload without their mask.
pub fn unmasked(header: &Header, payload: &[u8]) -> Vec<u8> {
    let mut plain = payload.to_vec();
    if let Some(key) = header.mask {
        mask::apply(key, 0, &mut plain);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes in these parts, and keeps 3 bytes of each payload: length and payload of every frame that became whole.
    fn taken(frames: &mut Frames, parts: &[&[u8]]) -> Vec<(u64, Vec<u8>)> {
        let mut whole = Vec::new();
        for part in parts {
            let mut rest = *part;
            while let Some(piece) = frames.splitter.next(&mut rest) {
                whole.extend(frames.take(piece, 3).map(|(header, payload)| (header.length, payload.to_vec())));
            }
        }
        whole
    }

    #[test]
    fn frames_become_whole_wherever_they_are_cut() {
        let stream = b"\x81\x05Hello\x89\x00\x82\x01x";
        let expected = [(5, b"Hel".to_vec()), (0, Vec::new()), (1, b"x".to_vec())];
        for cut in 0..=stream.len() {
            let mut frames = Frames::default();
            assert_eq!(taken(&mut frames, &[&stream[..cut], &stream[cut..]]), expected, "cut at {cut}");
            assert_eq!(frames.unfinished(), None);
        }
    }

    #[test]
    fn what_is_left_unfinished_is_said() {
        for (bytes, words) in [
            (&b"\x81"[..], "ended inside a frame header: 1 of at least 2 bytes had come"),
            (b"\x81\xfe\x01", "ended inside a frame header: 3 of at least 8 bytes had come"),
            (b"\x81\x05Hell", "ended inside a frame: 4 of 5 payload bytes had come"),
        ] {
            let mut frames = Frames::default();
            assert_eq!(taken(&mut frames, &[bytes]), []);
            assert_eq!(frames.unfinished().as_deref(), Some(words));
        }
    }

    #[test]
    fn a_large_payload_holds_its_memory_no_longer_than_to_the_next() {
        let mut frames = Frames::default();
        let header = Header::new(crate::protocol::opcode::Opcode::Binary, 100_000);
        frames.take(Piece::Header(header), usize::MAX);
        frames.take(Piece::Payload { bytes: &[7; 100_000], offset: 0, last: true }, usize::MAX);
        assert_eq!(frames.payload().len(), 100_000);
        frames.take(Piece::Header(header), usize::MAX);
        assert!(frames.payload.capacity() <= SMALL, "{}", frames.payload.capacity());
    }
}
