//! 7. The close code: what a Close says, and what to answer.
//!
//! Goal: read the payload of a Close, refuse what must not stand there, and write the payload of the Close that answers.
//! Read: chapter 10, "Each end says Close once" and "What the code says"; RFC 6455 s5.5.1 and s7.4.
//! Test: `cargo test close_code`
//! Time: 20 minutes. There are hints at the end of this file.

/// What a Close says. Without a code there is no reason either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// `None`: the payload is empty, which is legal.
    pub code: Option<u16>,
    /// The reason, often empty.
    pub reason: String,
}

/// Why a Close cannot be taken as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A payload of one byte.
    HalfACode,
    /// A code that must not stand in a frame.
    MayNotTravel(u16),
    /// A reason that is not UTF-8.
    ReasonNotText,
}

/// Whether a frame may carry this code. 1012, 1013 and 1014 were registered after the RFC, and may.
pub fn may_travel(code: u16) -> bool {
    todo!("7: say whether {code} may travel")
}

/// Reads the payload of a Close, unmasked.
pub fn read(payload: &[u8]) -> Result<Close, Fault> {
    todo!("7: read the payload {payload:02x?}")
}

/// The payload of the Close that answers this payload.
///
/// The code that came goes back, and the reason does not. A Close without a code is answered without one. A fault is
/// answered with the code that names it.
pub fn answer(payload: &[u8]) -> Vec<u8> {
    todo!("7: answer the payload {payload:02x?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(code: u16, reason: &str) -> Result<Close, Fault> {
        Ok(Close { code: Some(code), reason: reason.to_owned() })
    }

    #[test]
    fn a_code_and_a_reason() {
        let came = read(&[0x0f, 0xa0, b'b', b'y', b'e']);
        assert_eq!(
            came,
            close(4000, "bye"),
            "s5.5.1: two bytes of code, the most significant first, and then the reason"
        );
        assert_eq!(read(&[0x03, 0xe8]), close(1000, ""), "s5.5.1: the reason may be left out");
        let accent = read(b"\x03\xe9caf\xc3\xa9");
        assert_eq!(accent, close(1001, "caf\u{e9}"), "s5.5.1: the reason is UTF-8");
    }

    #[test]
    fn an_empty_close_is_legal() {
        let empty = Close { code: None, reason: String::new() };
        assert_eq!(read(&[]), Ok(empty), "s5.5.1: a Close may have no payload, and then there is no code");
    }

    #[test]
    fn one_byte_is_half_a_code() {
        assert_eq!(
            read(&[0x03]),
            Err(Fault::HalfACode),
            "s5.5.1: if there is anything, the first two bytes are a code"
        );
    }

    #[test]
    fn codes_that_may_travel() {
        for code in (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4999]) {
            assert!(may_travel(code), "{code} may stand in a Close (s7.4.1, s7.4.2)");
        }
    }

    #[test]
    fn codes_that_never_travel() {
        for code in [1005, 1006, 1015] {
            assert!(!may_travel(code), "s7.4.1: {code} is a report to the own application, and must not be sent");
        }
        for code in [0, 999, 1004, 1016, 1100, 2000, 2999, 5000, 65_535] {
            assert!(!may_travel(code), "{code} is reserved, or outside of all ranges (s7.4.1, s7.4.2)");
        }
    }

    #[test]
    fn a_code_that_may_not_travel_is_a_fault() {
        for code in [0_u16, 999, 1005, 1006, 1015, 5000] {
            let came = read(&code.to_be_bytes());
            assert_eq!(came, Err(Fault::MayNotTravel(code)), "s7.4: a Close must not say {code}");
        }
    }

    #[test]
    fn a_reason_is_text() {
        let came = read(b"\x03\xe8by\xff");
        assert_eq!(
            came,
            Err(Fault::ReasonNotText),
            "s5.5.1: the reason is UTF-8, and ff is not; nothing is put in its place"
        );
    }

    #[test]
    fn the_code_goes_back() {
        assert_eq!(answer(&[0x03, 0xe8]), [0x03, 0xe8], "1000 is answered with 1000 (s5.5.1)");
        let bye = answer(&[0x0f, 0xa0, b'b', b'y', b'e']);
        assert_eq!(bye, [0x0f, 0xa0], "4000 is answered with 4000, and the reason stays here");
    }

    #[test]
    fn no_code_is_answered_with_none() {
        let came = answer(&[]);
        assert!(
            came.is_empty(),
            "an empty Close is answered with an empty one, and never with 1005 (s7.4.1); came {came:02x?}"
        );
    }

    #[test]
    fn a_fault_is_named_in_the_answer() {
        for payload in [&[0x03][..], &1005_u16.to_be_bytes(), &1006_u16.to_be_bytes(), &999_u16.to_be_bytes()] {
            let came = answer(payload);
            assert_eq!(came, [0x03, 0xea], "s7.4.1: {payload:02x?} is a protocol error, 1002");
        }
        let came = answer(b"\x03\xe8by\xff");
        let is_named = [[0x03, 0xef], [0x03, 0xea]].iter().any(|code| came == code);
        assert!(is_named, "a reason that is not UTF-8 is 1007, or a protocol error, 1002 (s7.4.1); came {came:02x?}");
    }
}

// Hints. Read one, try, and come back for the next.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 1. Begin with `may_travel`; the other two need it. The table in chapter 10 has all the codes, and the text below it
//    those that are in no frame.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 2. A payload has three shapes: nothing, one byte, and two bytes or more. A `match` on the slice can tell them apart:
//    `[]`, `[_]`, and `[high, low, reason @ ..]`.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 3. `u16::from_be_bytes([*high, *low])` is the code. `std::str::from_utf8(reason)` is an `Err` when the reason is no text;
//    `String::from_utf8_lossy` would hide it.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 4. `answer` can ask `read`, and needs one code or none: `code.to_be_bytes().to_vec()`, or `Vec::new()`.
