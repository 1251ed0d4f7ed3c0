//! A frame header that the end of a stream has cut off, judged as far as it is there. Whatever comes, a bit that is wrong
//! stays wrong: what is missing is taken for whatever breaks no rule, and the rules of [`super::rules`] are asked.

use super::header::{Header, MAX_LEN};
use super::rules::{self, MAX_CONTROL_PAYLOAD, MessageInProgress, Violation};
use tungstenite::protocol::Role;

/// A header that is not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartialHeader {
    /// Where in the stream it begins.
    pub offset: u64,
    /// What is there of it.
    pub bytes: Vec<u8>,
    /// How many bytes more it needs, at least: a first byte alone does not tell.
    pub missing: usize,
    /// What is wrong with those that are there.
    pub faults: Vec<Violation>,
}

/// Which rules the first `bytes` of a header break. `receiver` is `None` while nothing has told who sends; with the second
/// byte its MASK bit does (s5.1). `extension`: RSV bits are not judged.
pub fn judge(bytes: &[u8], receiver: Option<Role>, extension: bool, message: &MessageInProgress) -> Vec<Violation> {
    let Some(&first) = bytes.first() else { return Vec::new() };
    let second = bytes.get(1).copied();
    let mask_bit = second.map_or(receiver == Some(Role::Server), |second| second & 0x80 != 0);
    let receiver = receiver.unwrap_or(if mask_bit { Role::Server } else { Role::Client });
    // A length that begins as this one does: the largest, which needs the form it has, without the top bit.
    let mut whole = [0xff; MAX_LEN];
    whole[..2].copy_from_slice(&[first, second.unwrap_or(if mask_bit { 0x80 } else { 0 })]);
    if whole[1] & 0x7f == 127 {
        whole[2] = 0x7f;
    }
    whole[..bytes.len().min(MAX_LEN)].copy_from_slice(&bytes[..bytes.len().min(MAX_LEN)]);
    let Some((header, _)) = Header::decode(&whole) else { return Vec::new() };
    let rsv = if extension { 0 } else { header.rsv };
    let mut found = rules::all(&Header { rsv, ..header }, receiver, message, u64::MAX);
    let has_length = bytes.len() >= 2 + header.form.extra_bytes();
    let is_too_long = header.opcode.is_control() && header.length > MAX_CONTROL_PAYLOAD;
    // It is the last rule that is asked. How long the frame is has not come yet.
    if let Some(violation) = found.last_mut().filter(|_| is_too_long && !has_length) {
        violation.why = format!("a control frame of more than {MAX_CONTROL_PAYLOAD} bytes");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::opcode::Opcode;

    fn judged(bytes: &[u8], receiver: Option<Role>) -> Vec<String> {
        let found = judge(bytes, receiver, false, &MessageInProgress::default());
        found.into_iter().map(|violation| format!("{} ({})", violation.why, violation.section)).collect()
    }

    #[test]
    fn what_is_there_is_judged() {
        let (server, client) = (Some(Role::Server), Some(Role::Client));
        let cases: [(&[u8], Option<Role>, &[&str]); 11] = [
            (b"\x83", None, &["reserved opcode 3 (s5.2)"]),
            (b"\xc1", server, &["RSV bits 100 without an extension (s5.2)"]),
            (b"\x09", client, &["a control frame may not be fragmented (s5.5)"]),
            (b"\x80", None, &["a continuation, but no message to continue (s5.4)"]),
            (b"\x81\x7e\x01", server, &["a frame from a client must be masked (s5.1)"]),
            (b"\x81\xfe", client, &["a frame from a server must not be masked (s5.1)"]),
            (b"\x89\x7e", client, &["a control frame of more than 125 bytes (s5.5)"]),
            (
                b"\x09\x7f\x00",
                None,
                &["a control frame may not be fragmented (s5.5)", "a control frame of more than 125 bytes (s5.5)"],
            ),
            (b"\x82\x7f\x80", None, &["the top bit of a 64-bit length must be 0 (s5.2)"]),
            (b"\x82\xfe\x00\x05\x01", None, &["length 5 written with 16 bits, not in its minimal form (s5.2)"]),
            (b"\xf3\x7e", None, &["RSV bits 111 without an extension (s5.2)", "reserved opcode 3 (s5.2)"]),
        ];
        for (bytes, receiver, expected) in cases {
            assert_eq!(judged(bytes, receiver), expected, "{bytes:02x?}");
        }
        assert!(judge(b"\xc1", None, true, &MessageInProgress::default()).is_empty());
    }

    /// A legal header has no fault, wherever it is cut.
    #[test]
    fn what_is_right_stays_right_wherever_it_is_cut() {
        let lengths = [0, 125, 126, 255, 256, 65535, 65536, 1 << 40, u64::MAX >> 1];
        for (length, mask) in lengths.iter().flat_map(|length| [None, Some([0; 4])].map(|mask| (*length, mask))) {
            let header = Header { mask, ..Header::new(Opcode::Binary, length) };
            let mut bytes = Vec::new();
            header.encode(&mut bytes);
            let receiver = if mask.is_some() { Role::Server } else { Role::Client };
            for cut in 0..bytes.len() {
                assert_eq!(judged(&bytes[..cut], Some(receiver)), [""; 0], "{length} cut at {cut}");
                assert_eq!(judged(&bytes[..cut], None), [""; 0], "{length} cut at {cut}");
            }
        }
    }
}
