//! A stream of frames, cut anywhere.
//!
//! Never a panic, no byte is lost or invented, and the frames do not depend on how the stream is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws101::protocol::header::Header;
use ws101::protocol::splitter::{Piece, Splitter};

fuzz_target!(|input: &[u8]| {
    // The first byte chooses how long the parts are, the others are the stream.
    let Some((&size, bytes)) = input.split_first() else { return };
    let whole = split(std::iter::once(bytes));
    let parts = split(bytes.chunks(usize::from(size).max(1)));
    assert_eq!(whole.frames, parts.frames);
    assert_eq!(whole.unfinished, parts.unfinished);
    assert_eq!(joined(&whole), bytes);
});

/// What came out of the splitter.
#[derive(Default)]
struct Split {
    /// Each header with as much of its payload as there was.
    frames: Vec<(Header, Vec<u8>)>,
    /// The bytes of the last header, when it is not whole.
    unfinished: Vec<u8>,
}

fn split<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Split {
    let mut splitter = Splitter::default();
    let mut split = Split::default();
    for mut rest in parts {
        while let Some(piece) = splitter.next(&mut rest) {
            split.add(piece);
        }
        assert!(rest.is_empty(), "it takes all it is given");
    }
    split.unfinished = splitter.header_in_progress().to_vec();
    split
}

impl Split {
    fn add(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Header(header) => self.frames.push((header, Vec::new())),
            Piece::Payload { bytes, offset, last } => {
                let (header, payload) = self.frames.last_mut().expect("a header comes first");
                assert_eq!(offset, payload.len() as u64);
                payload.extend_from_slice(bytes);
                assert_eq!(last, payload.len() as u64 == header.length);
            }
        }
    }
}

/// The stream again: a header says everything that its bytes said.
fn joined(split: &Split) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (header, payload) in &split.frames {
        header.encode(&mut bytes);
        bytes.extend_from_slice(payload);
    }
    bytes.extend_from_slice(&split.unfinished);
    bytes
}
