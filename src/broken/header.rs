//! The header of a frame that comes in, and the rules that can be held before a byte of its payload is there (RFC 6455 s5.2).

use super::Id;
use super::input::Input;
use super::session::{Step, Stop};

/// A further frame of a message.
pub const CONTINUATION: u8 = 0x0;
/// A message of text.
pub const TEXT: u8 = 0x1;
/// A message of bytes.
pub const BINARY: u8 = 0x2;
/// The end.
pub const CLOSE: u8 = 0x8;
/// Asks for a Pong.
pub const PING: u8 = 0x9;
/// Answers a Ping.
pub const PONG: u8 = 0xa;

/// The longest message, whether it comes as one frame or as many.
pub const LONGEST: u64 = 16 << 20;
/// What bounds a bug that knows no limit: it shall show a fault, and not take the machine down.
pub const LONGEST_WITHOUT_LIMIT: u64 = 256 << 20;

/// A header that keeps the rules.
#[derive(Debug, Clone, Copy)]
pub struct Header {
    pub fin: bool,
    pub opcode: u8,
    pub length: u64,
    pub key: [u8; 4],
}

impl Header {
    pub fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }
}

/// The next header. `so_far` is how much of a message has come already.
pub fn read(input: &mut Input, so_far: u64) -> Step<Header> {
    let bug = input.bug;
    let [first, second] = input.exactly()?;
    let (fin, rsv, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    let (is_masked, short) = (second & 0x80 != 0, second & 0x7f);
    check_rsv(rsv, opcode, bug)?;
    check_opcode(opcode, bug)?;
    if opcode >= CLOSE {
        check_control(fin, short, opcode, bug)?;
    }
    // RFC 6455 s5.1: a server must not go on with a frame that has no mask.
    let is_let_pass = bug == Id::AcceptsUnmasked || bug == Id::AcceptsUnmaskedControl && opcode >= CLOSE;
    if !is_masked && !is_let_pass {
        return Err(Stop::Broken(1002, "a client masks its frames"));
    }
    let length = length(input, short)?;
    if length > room(so_far, bug) {
        if bug == Id::LateLimit {
            input.skip(length)?;
        }
        return Err(Stop::Broken(1009, "the message is too long"));
    }
    let has_key = is_masked && !(bug == Id::EmptyHasNoKey && length == 0);
    let key = if has_key { input.exactly()? } else { [0; 4] };
    Ok(Header { fin, opcode, length, key })
}

/// RSV bits belong to extensions, and none was agreed on.
fn check_rsv(rsv: u8, opcode: u8, bug: Id) -> Step<()> {
    let looked_at = match bug {
        Id::IgnoresRsv => 0,
        Id::ChecksRsv1Only => 0x40,
        Id::IgnoresRsvInControl if opcode >= CLOSE => 0,
        Id::IgnoresRsvInContinuation if opcode == CONTINUATION => 0,
        _ => 0x70,
    };
    if rsv & looked_at == 0 { Ok(()) } else { Err(Stop::Broken(1002, "an RSV bit is set")) }
}

fn check_opcode(opcode: u8, bug: Id) -> Step<()> {
    match opcode {
        CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG => Ok(()),
        0x3..=0x7 if matches!(bug, Id::IgnoresOpcode | Id::ReservedAsBinary) => Ok(()),
        0xb..=0xf if bug == Id::IgnoresReservedControl => Ok(()),
        _ => Err(Stop::Broken(1002, "the opcode is reserved")),
    }
}

/// RFC 6455 s5.5: a control frame has at most 125 bytes, and is not fragmented.
fn check_control(fin: bool, short: u8, opcode: u8, bug: Id) -> Step<()> {
    let fragment_passes = match bug {
        Id::FragmentedPingAccepted => true,
        Id::FragmentedCloseLost => opcode == CLOSE,
        _ => false,
    };
    if !fin && !fragment_passes {
        return Err(Stop::Broken(1002, "a control frame is fragmented"));
    }
    let length_passes = match bug {
        Id::LongPingAccepted => true,
        Id::LongCloseAccepted => opcode == CLOSE,
        _ => false,
    };
    if short > 125 && !length_passes {
        return Err(Stop::Broken(1002, "a control frame is too long"));
    }
    Ok(())
}

/// Seven bits, or 126 and two bytes, or 127 and eight, the most significant first and no more of them than are needed.
fn length(input: &mut Input, short: u8) -> Step<u64> {
    let bug = input.bug;
    let (length, least) = match short {
        126 if bug == Id::Literal126 => return Ok(126),
        126 => (two_bytes(input.exactly()?, bug), 126),
        127 if bug == Id::HeaderSizeFromLength => (u64::from_be_bytes(input.exactly()?), 65_536),
        127 if bug == Id::ReadsFourBytes => (u64::from(u32::from_be_bytes(input.exactly()?)), 65_536),
        127 => (eight_bytes(input.exactly()?, bug)?, 65_536),
        short => return Ok(u64::from(short)),
    };
    match bug {
        _ if length >= least => {}
        // A server may refuse it, and who reads it wrong does not see that it is longer than it need be.
        Id::LittleEndianLength | Id::ReadsFourBytes | Id::SignedLength | Id::LowHalfOfLength => {}
        Id::HeaderSizeFromLength => put_back(input, short, length),
        _ => return Err(Stop::Broken(1002, "the length could have been written shorter")),
    }
    Ok(length)
}

/// Of [`Id::HeaderSizeFromLength`]: a short length is thought to have had fewer bytes, and the others to follow it.
fn put_back(input: &mut Input, short: u8, length: u64) {
    let bytes = length.to_be_bytes();
    let taken_for_more = match (short, length) {
        (126, _) => &bytes[6..],
        (_, 0..=125) => &bytes[..],
        _ => &bytes[2..],
    };
    input.put_back(taken_for_more);
}

fn two_bytes(bytes: [u8; 2], bug: Id) -> u64 {
    match bug {
        Id::SignedShort => i64::from(i16::from_be_bytes(bytes)).cast_unsigned(),
        Id::LittleEndianLength => u64::from(u16::from_le_bytes(bytes)),
        // In Java a byte goes from -128 to 127.
        Id::SignedBytes => {
            let [high, low] = bytes.map(|byte| i64::from(byte.cast_signed()));
            ((high << 8) + low).cast_unsigned()
        }
        _ => u64::from(u16::from_be_bytes(bytes)),
    }
}

fn eight_bytes(bytes: [u8; 8], bug: Id) -> Step<u64> {
    let length = match bug {
        Id::LittleEndianLength => u64::from_le_bytes(bytes),
        Id::LowHalfOfLength => u64::from_be_bytes(bytes) & 0xffff_ffff,
        _ => u64::from_be_bytes(bytes),
    };
    match length.cast_signed() {
        0.. => Ok(length),
        _ if bug == Id::SignedLength => Ok(0), // less than the limit, and nothing is left to read
        _ => Err(Stop::Broken(1002, "the first bit of a length is 0")),
    }
}

/// How much more a message may bring.
fn room(so_far: u64, bug: Id) -> u64 {
    match bug {
        Id::AllocatesLength => u64::MAX,
        Id::NoLimit => LONGEST_WITHOUT_LIMIT.saturating_sub(so_far),
        Id::LimitPerFrame if so_far < LONGEST_WITHOUT_LIMIT => LONGEST,
        _ => LONGEST.saturating_sub(so_far),
    }
}
