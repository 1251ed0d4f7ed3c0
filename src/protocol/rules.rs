//! Which frames are legal: every rule that a header alone, or a header and the message in progress, can break.
//!
//! tungstenite asks most of these questions too, but only once the whole payload is there, and it answers with an
//! error that names no section. Asked here, at the header, a frame that announces 2^62 bytes is refused after fourteen.
//!
//! Left out on purpose: what needs the payload. UTF-8 stands in [`super::utf8`], Close payloads in [`super::close`].

use super::close::{self, Close, Fault};
use super::header::{Header, LengthForm};
use super::opcode::Opcode;
use tungstenite::protocol::Role;

/// s5.5: "All control frames MUST have a payload length of 125 bytes or less".
pub const MAX_CONTROL_PAYLOAD: u64 = 125;

/// Why the connection must fail (RFC 6455 s7.1.7): what the Close frame says, and the section that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The close code to send: 1002, 1007 or 1009.
    pub code: u16,
    /// What was wrong, in few words: it has to fit into a Close frame.
    pub why: String,
    /// The section of RFC 6455, as `s5.2`.
    pub section: &'static str,
}

impl Violation {
    /// A frame that breaks the protocol: 1002.
    pub fn protocol(section: &'static str, why: impl Into<String>) -> Violation {
        Violation { code: close::PROTOCOL_ERROR, why: why.into(), section }
    }

    /// Text that is no UTF-8: 1007.
    pub fn not_utf8(why: impl Into<String>) -> Violation {
        Violation { code: close::INVALID_PAYLOAD, why: why.into(), section: "s8.1" }
    }

    /// The byte that ended a text's being UTF-8, and where in its frame's payload it stands.
    pub fn bad_byte(byte: u8, at: u64) -> Violation {
        Violation::not_utf8(format!("text is not UTF-8: byte {byte:02x} at {at} of its frame"))
    }

    /// A text whose last frame ends before its last character does.
    pub fn half_a_character() -> Violation {
        Violation::not_utf8("the text ends inside a character")
    }

    /// More than this endpoint takes: 1009.
    pub fn too_big(limit: u64) -> Violation {
        Violation { code: close::TOO_BIG, why: format!("message over the limit of {limit} bytes"), section: "s7.4.1" }
    }

    /// A Close whose payload can't be read.
    pub fn of_close(fault: Fault) -> Violation {
        match fault {
            // s5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer".
            Fault::HalfACode => Violation::protocol("s5.5.1", "a Close of one byte: a code has two"),
            Fault::MayNotTravel(code) => {
                Violation::protocol("s7.4", format!("close code {code} must not be sent in a frame"))
            }
            // s5.5.1: "the body MAY contain UTF-8-encoded data". s8.1 says what happens when it is not.
            Fault::ReasonNotUtf8 => Violation::not_utf8("the reason of a Close is not UTF-8"),
        }
    }

    /// The Close frame that says it.
    pub fn close(&self) -> Close {
        Close::new(self.code, &format!("{} ({})", self.why, self.section))
    }
}

/// What the frames so far add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageInProgress {
    /// The opcode of its first frame; `None` between messages.
    pub opcode: Option<Opcode>,
    /// Payload bytes announced so far, over all its fragments.
    pub length: u64,
}

impl MessageInProgress {
    /// Takes note of a legal header: a message begins, goes on, or has its last frame.
    pub fn advance(&mut self, header: &Header) {
        if header.opcode.is_control() {
            return; // s5.4: control frames MAY be injected in the middle of a fragmented message.
        }
        if header.fin {
            *self = MessageInProgress::default();
        } else {
            self.opcode = self.opcode.or(Some(header.opcode));
            self.length = self.length.saturating_add(header.length);
        }
    }
}

/// Judges the header of a frame that `receiver` has got. `limit` is the largest message it takes, in bytes.
///
/// It stops at the first rule that is broken: an endpoint has to fail the connection anyway. [`all`] goes on.
pub fn check(header: &Header, receiver: Role, message: &MessageInProgress, limit: u64) -> Result<(), Violation> {
    check_rsv(header)?;
    check_opcode(header)?;
    check_mask(header, receiver)?;
    check_top_bit(header)?;
    check_form(header)?;
    if header.opcode.is_control() {
        check_control_fin(header)?;
        check_control_length(header)
    } else {
        check_order(header, message)?;
        check_limit(header, message, limit)
    }
}

/// Every rule that the header breaks, in the order of [`check`]. Nothing is allocated when it breaks none.
pub fn all(header: &Header, receiver: Role, message: &MessageInProgress, limit: u64) -> Vec<Violation> {
    let of_its_kind = if header.opcode.is_control() {
        [check_control_fin(header), check_control_length(header)]
    } else {
        [check_order(header, message), check_limit(header, message, limit)]
    };
    let of_every_frame = [
        check_rsv(header),
        check_opcode(header),
        check_mask(header, receiver),
        check_top_bit(header),
        check_form(header),
    ];
    of_every_frame.into_iter().chain(of_its_kind).filter_map(Result::err).collect()
}

fn check_rsv(header: &Header) -> Result<(), Violation> {
    // s5.2: RSV1, RSV2, RSV3 "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values.
    // If a nonzero value is received [...] the receiving endpoint MUST _Fail the WebSocket Connection_." We never
    // negotiate an extension.
    if header.rsv != 0 {
        return Err(Violation::protocol("s5.2", format!("RSV bits {:03b} without an extension", header.rsv)));
    }
    Ok(())
}

fn check_opcode(header: &Header) -> Result<(), Violation> {
    // s5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
    if let Opcode::Reserved(bits) = header.opcode {
        return Err(Violation::protocol("s5.2", format!("reserved opcode {bits:X}")));
    }
    Ok(())
}

fn check_mask(header: &Header, receiver: Role) -> Result<(), Violation> {
    match (receiver, header.mask) {
        // s5.1: "The server MUST close the connection upon receiving a frame that is not masked."
        (Role::Server, None) => Err(Violation::protocol("s5.1", "a frame from a client must be masked")),
        // s5.1: "A client MUST close a connection if it detects a masked frame."
        (Role::Client, Some(_)) => Err(Violation::protocol("s5.1", "a frame from a server must not be masked")),
        _ => Ok(()),
    }
}

fn check_top_bit(header: &Header) -> Result<(), Violation> {
    // s5.2, of the 64-bit form: "the most significant bit MUST be 0".
    if header.length >> 63 != 0 {
        return Err(Violation::protocol("s5.2", "the top bit of a 64-bit length must be 0"));
    }
    Ok(())
}

fn check_form(header: &Header) -> Result<(), Violation> {
    // s5.2: "in all cases, the minimal number of bytes MUST be used to encode the length".
    if header.form != LengthForm::minimal(header.length) {
        let bits = if header.form == LengthForm::Extended16 { 16 } else { 64 };
        let why = format!("length {} written with {bits} bits, not in its minimal form", header.length);
        return Err(Violation::protocol("s5.2", why));
    }
    Ok(())
}

fn check_control_fin(header: &Header) -> Result<(), Violation> {
    // s5.5: control frames "MUST NOT be fragmented".
    if !header.fin {
        return Err(Violation::protocol("s5.5", "a control frame may not be fragmented"));
    }
    Ok(())
}

fn check_control_length(header: &Header) -> Result<(), Violation> {
    if header.length > MAX_CONTROL_PAYLOAD {
        return Err(Violation::protocol("s5.5", format!("a control frame of {} bytes, over 125", header.length)));
    }
    Ok(())
}

fn check_order(header: &Header, message: &MessageInProgress) -> Result<(), Violation> {
    // s5.4: a fragmented message is one frame with an opcode, then continuation frames, the last with FIN; and
    // "the fragments of one message MUST NOT be interleaved between the fragments of another message".
    match (header.opcode, message.opcode) {
        (Opcode::Continuation, None) => Err(Violation::protocol("s5.4", "a continuation, but no message to continue")),
        (Opcode::Text | Opcode::Binary, Some(_)) => {
            Err(Violation::protocol("s5.4", "a new message inside an unfinished one"))
        }
        _ => Ok(()),
    }
}

fn check_limit(header: &Header, message: &MessageInProgress, limit: u64) -> Result<(), Violation> {
    // s10.4: implementations should "impose a limit on frame sizes and the total message size after reassembly".
    if message.length.saturating_add(header.length) > limit {
        return Err(Violation::too_big(limit));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_client(opcode: Opcode, length: u64) -> Header {
        Header { mask: Some([1, 2, 3, 4]), ..Header::new(opcode, length) }
    }

    fn verdict(header: Header, message: &MessageInProgress) -> Option<(u16, &'static str)> {
        check(&header, Role::Server, message, 1000).err().map(|violation| (violation.code, violation.section))
    }

    #[test]
    fn every_rule_has_a_frame_that_breaks_it() {
        let idle = MessageInProgress::default();
        let inside = MessageInProgress { opcode: Some(Opcode::Text), length: 999 };
        let text = from_client(Opcode::Text, 5);
        let long = Header { form: LengthForm::Extended64, ..text };
        let huge = Header { length: 1 << 63, form: LengthForm::Extended64, ..text };
        let cases = [
            (text, &idle, None),
            (Header { rsv: 4, ..text }, &idle, Some((1002, "s5.2"))),
            (from_client(Opcode::Reserved(3), 0), &idle, Some((1002, "s5.2"))),
            (from_client(Opcode::Reserved(0xb), 0), &idle, Some((1002, "s5.2"))),
            (Header { mask: None, ..text }, &idle, Some((1002, "s5.1"))),
            (long, &idle, Some((1002, "s5.2"))),
            (huge, &idle, Some((1002, "s5.2"))),
            (Header { fin: false, ..from_client(Opcode::Ping, 0) }, &idle, Some((1002, "s5.5"))),
            (from_client(Opcode::Ping, 126), &idle, Some((1002, "s5.5"))),
            (from_client(Opcode::Close, 125), &inside, None),
            (from_client(Opcode::Continuation, 1), &idle, Some((1002, "s5.4"))),
            (from_client(Opcode::Continuation, 1), &inside, None),
            (from_client(Opcode::Continuation, 2), &inside, Some((1009, "s7.4.1"))),
            (text, &inside, Some((1002, "s5.4"))),
            (from_client(Opcode::Binary, 1001), &idle, Some((1009, "s7.4.1"))),
        ];
        for (header, message, expected) in cases {
            assert_eq!(verdict(header, message), expected, "{header:?}");
        }
    }

    /// Every header of two opcode-and-flag bytes and a choice of lengths, in both directions: the two functions agree.
    #[test]
    fn the_first_of_all_rules_broken_is_the_one_that_check_names() {
        let inside = MessageInProgress { opcode: Some(Opcode::Text), length: 999 };
        let lengths = [0, 5, 125, 126, 1001, 65535, 65536, u64::MAX >> 1, u64::MAX];
        let forms = [LengthForm::Short, LengthForm::Extended16, LengthForm::Extended64];
        let mut most = 0;
        for first in 0..=u8::MAX {
            for (length, form) in lengths.iter().flat_map(|length| forms.map(|form| (*length, form))) {
                for (mask, receiver) in [
                    (None, Role::Server),
                    (Some([1; 4]), Role::Server),
                    (None, Role::Client),
                    (Some([1; 4]), Role::Client),
                ] {
                    for message in [&MessageInProgress::default(), &inside] {
                        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 7, Opcode::decode(first));
                        let header = Header { fin, rsv, opcode, mask, length, form };
                        let all = all(&header, receiver, message, 1000);
                        assert_eq!(all.first().cloned(), check(&header, receiver, message, 1000).err(), "{header:?}");
                        most = most.max(all.len());
                    }
                }
            }
        }
        // RSV, opcode, mask, top bit, form, and two of a control frame.
        assert_eq!(most, 7);
    }

    #[test]
    fn a_frame_with_several_faults_has_them_all() {
        let header = Header { fin: false, rsv: 5, mask: None, ..from_client(Opcode::Reserved(0xb), 126) };
        let all = all(&header, Role::Server, &MessageInProgress::default(), 1000);
        let sections: Vec<&str> = all.iter().map(|violation| violation.section).collect();
        assert_eq!(sections, ["s5.2", "s5.2", "s5.1", "s5.5", "s5.5"]);
        assert!(
            super::all(&from_client(Opcode::Text, 5), Role::Server, &MessageInProgress::default(), 1000).is_empty()
        );
    }

    #[test]
    fn a_masked_frame_from_a_server_is_refused_by_a_client() {
        let header = from_client(Opcode::Text, 5);
        let violation = check(&header, Role::Client, &MessageInProgress::default(), 1000).expect_err("masked");
        assert_eq!(violation.section, "s5.1");
    }

    #[test]
    fn every_reason_fits_into_a_close_frame() {
        let longest = Header { form: LengthForm::Extended64, ..from_client(Opcode::Text, u64::from(u16::MAX)) };
        let violation = check(&longest, Role::Server, &MessageInProgress::default(), u64::MAX).expect_err("long form");
        assert!(violation.close().reason.ends_with("(s5.2)"), "{}", violation.close().reason);
    }
}
