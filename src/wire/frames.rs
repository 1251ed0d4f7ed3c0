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
