//! The payload of a Close frame: nothing, or a code of two bytes and a reason in UTF-8 (RFC 6455 s5.5.1, s7.4).

use std::fmt;

/// s5.5: a control frame carries at most 125 bytes, two of which are the code.
pub const MAX_REASON: usize = 123;

/// Normal closure.
pub const NORMAL: u16 = 1000;
/// Going away: a server that stops, a browser that leaves the page.
pub const GOING_AWAY: u16 = 1001;
/// The peer broke the protocol.
pub const PROTOCOL_ERROR: u16 = 1002;
/// A type of data that this endpoint does not take: binary where only text is understood.
pub const UNSUPPORTED_DATA: u16 = 1003;
/// Not the data its message type promised: text that is no UTF-8.
pub const INVALID_PAYLOAD: u16 = 1007;
/// A message that breaks this endpoint's rules.
pub const POLICY_VIOLATION: u16 = 1008;
/// A message too big to process.
pub const TOO_BIG: u16 = 1009;
/// "Try again later" (registered with IANA): this end can't go on with this connection, and another may do better.
pub const TRY_AGAIN_LATER: u16 = 1013;

/// What a Close frame says. `code: None` is an empty payload, which is legal and gives no reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Close {
    /// The close code, when the frame has one.
    pub code: Option<u16>,
    /// The reason, often empty. Bytes of the peer: escape it before showing it.
    pub reason: String,
}

/// Why a Close payload can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// One byte: half a code.
    HalfACode,
    /// A code that must not be sent in a frame.
    MayNotTravel(u16),
    /// The reason is not UTF-8.
    ReasonNotUtf8,
}

impl Close {
    /// A code and a reason. A reason over [`MAX_REASON`] bytes is cut at a character, so that the frame stays legal.
    pub fn new(code: u16, reason: &str) -> Close {
        let mut end = reason.len().min(MAX_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        Close { code: Some(code), reason: reason[..end].to_owned() }
    }

    /// Reads an unmasked payload.
    pub fn decode(payload: &[u8]) -> Result<Close, Fault> {
        let (code, reason) = match payload {
            [] => return Ok(Close::default()),
            [_] => return Err(Fault::HalfACode),
            // s5.5.1: "the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order)"
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        if !may_travel(code) {
            return Err(Fault::MayNotTravel(code));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| Fault::ReasonNotUtf8)?;
        Ok(Close { code: Some(code), reason: reason.to_owned() })
    }

    /// The payload's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(2 + self.reason.len());
        if let Some(code) = self.code {
            payload.extend_from_slice(&code.to_be_bytes());
            payload.extend_from_slice(self.reason.as_bytes());
        }
        payload
    }
}

/// Code, meaning and reason, as the log and an error message say it. The reason is escaped.
impl fmt::Display for Close {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => write!(out, "no code"),
            Some(code) => write!(out, "{code} {}", meaning(code)),
        }?;
        if !self.reason.is_empty() {
            write!(out, " \"{}\"", self.reason.escape_debug())?;
        }
        Ok(())
    }
}

/// Whether a Close frame may carry this code.
///
/// s7.4.1 reserves 1004, 1005, 1006 and 1015: they are for a program's own report of how a connection ended. s7.4.2
/// leaves 0 to 999 unused, keeps 1000 to 2999 for the protocol, 3000 to 3999 for libraries (registered with IANA) and
/// 4000 to 4999 for private use. Of the protocol's own, 1012 to 1014 were registered after the RFC and may travel.
pub fn may_travel(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// A few words for a code: the RFC's own (s7.4.1), or IANA's registry where it knows more.
pub fn meaning(code: u16) -> &'static str {
    match code {
        0..=999 => "not used",
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1004 => "reserved",
        1005 => "no status received; never sent in a frame",
        1006 => "abnormal closure; never sent in a frame",
        1007 => "invalid payload data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "extension expected",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS handshake failed; never sent in a frame",
        1016..=2999 => "unassigned",
        3000..=3999 => "a library's own",
        4000..=4999 => "an application's own",
        5000.. => "outside the ranges",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_survive_the_round_trip() {
        for payload in [&b""[..], b"\x03\xe8", b"\x0f\xa0bye", "\u{13}\u{89}\u{e9}".as_bytes()] {
            if let Ok(close) = Close::decode(payload) {
                assert_eq!(close.encode(), payload);
            }
        }
        assert_eq!(Close::decode(b"\x0f\xa0bye"), Ok(Close::new(4000, "bye")));
    }

    /// The codes that Autobahn sends as legal (7.7.x) and as illegal (7.9.x), and 1012 to 1014 of IANA's registry.
    #[test]
    fn which_codes_may_travel() {
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
            assert!(may_travel(code), "{code}");
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            assert!(!may_travel(code), "{code}");
        }
    }

    #[test]
    fn faults_are_told_apart() {
        assert_eq!(Close::decode(&[3]), Err(Fault::HalfACode));
        assert_eq!(Close::decode(&1005u16.to_be_bytes()), Err(Fault::MayNotTravel(1005)));
        assert_eq!(Close::decode(b"\x03\xe8\xff"), Err(Fault::ReasonNotUtf8));
    }

    #[test]
    fn a_long_reason_is_cut_at_a_character() {
        let close = Close::new(1000, &"é".repeat(100));
        assert_eq!(close.reason.len(), 122);
        assert!(close.encode().len() <= 125);
    }
}
