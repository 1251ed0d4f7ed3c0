//! Frames out, and the mask of those that come in (RFC 6455 s5.2 and s5.3).

use super::Id;
use super::header::{BINARY, CLOSE, Header, PONG, TEXT};

/// Takes the mask off. `from` is where in the payload these bytes stand: the key goes on where it has stopped.
pub fn unmask(bytes: &mut [u8], header: &Header, from: u64, bug: Id) {
    let key = header.key;
    let key = match bug {
        Id::NoUnmask => [0; 4],
        Id::FirstByteKey => [key[0]; 4],
        Id::KeyReversed => [key[3], key[2], key[1], key[0]],
        Id::KeyAsText => key.map(|byte| byte & 0x7f),
        Id::UnmasksTextOnly if header.opcode == BINARY => [0; 4],
        _ => key,
    };
    let end = match bug {
        Id::FirstFourBytes => 4,
        // The shortest messages are tried first, and there somebody would see it.
        Id::LastBytesMasked if header.length > 4 => header.length / 4 * 4,
        _ => u64::MAX,
    };
    let start = (from % 4) as usize; // less than 4
    for (at, byte) in bytes.iter_mut().enumerate() {
        if from + at as u64 >= end {
            return;
        }
        *byte ^= key[(start + at) % 4];
    }
}

/// A frame of the server: whole, and not masked.
pub fn encode(opcode: u8, payload: &[u8], bug: Id) -> Vec<u8> {
    let is_data = opcode < CLOSE;
    if bug == Id::NoFrame && is_data {
        return payload.to_vec();
    }
    let first = match bug {
        Id::FinMissing if is_data => opcode,
        Id::RsvSet if is_data => 0xc0 | opcode,
        Id::TextAsBinary if opcode == TEXT => 0x80 | BINARY,
        Id::BinaryAsText if opcode == BINARY => 0x80 | TEXT,
        Id::EchoIsContinuation if is_data => 0x80,
        Id::PongWithoutFin if opcode == PONG => opcode,
        _ => 0x80 | opcode,
    };
    let mut frame = vec![first];
    let counted = match bug {
        Id::LengthInCharacters if opcode == TEXT => String::from_utf8_lossy(payload).chars().count(),
        _ => payload.len(),
    };
    frame.extend(length(counted as u64, bug));
    match bug {
        Id::MaskedFrames => {
            let key = [0x37, 0xfa, 0x21, 0x3d]; // the one of RFC 6455 s5.7
            frame[1] |= 0x80;
            frame.extend(key);
            frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        }
        // The second byte of the client's frame, taken over as it was.
        Id::EchoWithMaskBit => {
            frame[1] |= 0x80;
            frame.extend_from_slice(payload);
        }
        _ => frame.extend_from_slice(payload),
    }
    frame
}

/// The second byte, and what else the length needs: as few bytes as can hold it, the most significant first.
fn length(length: u64, bug: Id) -> Vec<u8> {
    let two = || match bug {
        Id::LittleEndianLength => (length as u16).to_le_bytes(),
        _ => (length as u16).to_be_bytes(), // the caller has looked, but for one bug
    };
    let eight = || match bug {
        Id::LittleEndianLength => length.to_le_bytes(),
        _ => length.to_be_bytes(),
    };
    match length {
        0..=125 if bug == Id::NeverSevenBits => [&[126][..], &two()].concat(),
        0..=125 => vec![length as u8],
        126..=65_535 if bug == Id::NonMinimalLength => [&[127][..], &eight()].concat(),
        65_535 if bug == Id::BoundaryOffByOne => [&[127][..], &eight()].concat(),
        126..=65_535 => [&[126][..], &two()].concat(),
        _ if bug == Id::SixteenBitsOnly => [&[126][..], &two()].concat(),
        _ if bug == Id::FourByteLength => [&[127][..], &(length as u32).to_be_bytes()].concat(),
        _ => [&[127][..], &eight()].concat(),
    }
}
