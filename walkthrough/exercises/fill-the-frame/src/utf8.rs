//! 6. UTF-8 over a cut: a text is checked while it arrives.
//!
//! Goal: find bytes that are no UTF-8 as early as possible, although a character may be cut by a read or by a fragment.
//! Read: chapter 09, "Text over a cut"; RFC 6455 s5.6 and s8.1.
//! Test: `cargo test utf8`
//! Time: 20 minutes. There are hints at the end of this file.

/// The text is not UTF-8, and nothing that follows can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8;

/// Checks one text message.
#[derive(Debug, Default)]
pub struct Checker {
    /// The first bytes of a character that is not whole yet: three at most, because the longest character has four.
    pub begun: Vec<u8>,
}

impl Checker {
    /// Takes the next piece of the text. A piece may end anywhere, and may be empty.
    ///
    /// `Err` as soon as the text cannot become UTF-8 any more, whatever follows. What is whole is not kept.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), NotUtf8> {
        todo!("6: check {piece:02x?} after {self:02x?}")
    }

    /// The message is over. `Err` when its last character is not whole.
    pub fn end(&self) -> Result<(), NotUtf8> {
        todo!("6: end the text after {self:02x?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A character of each length: 1, 2, 3 and 4 bytes.
    const TEXT: &str = "a\u{e9}\u{26bd}\u{1f600}";

    fn check(pieces: &[&[u8]]) -> Result<(), NotUtf8> {
        let mut checker = Checker::default();
        for piece in pieces {
            checker.push(piece)?;
        }
        checker.end()
    }

    #[track_caller]
    fn is_text(pieces: &[&[u8]], why: &str) {
        assert_eq!(check(pieces), Ok(()), "{why}; the pieces are {pieces:02x?}");
    }

    #[test]
    fn a_text_in_one_piece() {
        is_text(&[], "s5.6: a text may be empty");
        is_text(&[b""], "a piece may be empty");
        is_text(&[b"Hello"], "ASCII is UTF-8");
        is_text(&[TEXT.as_bytes()], "characters of one to four bytes");
    }

    #[test]
    fn a_text_cut_anywhere() {
        let bytes = TEXT.as_bytes();
        for cut in 0..=bytes.len() {
            let (first, second) = bytes.split_at(cut);
            is_text(&[first, second], "s5.6: the message is UTF-8; a part of it need not be");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        is_text(&single, "s5.6: a text may come byte by byte");
    }

    /// Each of these ends with the byte that decides it.
    #[test]
    fn bad_bytes_are_found_at_once() {
        let hopeless: [(&[u8], &str); 8] = [
            (&[0xff], "a byte that stands in no UTF-8"),
            (&[0x80], "a byte that only continues a character, and none has begun"),
            (&[0xc0], "c0 would begin a character in more bytes than it needs"),
            (&[0xe2, 0x9a, 0x78], "e2 9a begins a character of three bytes, and an x does not end it"),
            (&[0xf0, 0x9f, 0x98, 0x61], "f0 9f 98 begins a character of four bytes, and an a does not end it"),
            (&[0xed, 0xa0], "ed a0 would begin half of a pair of UTF-16"),
            (&[0xf4, 0x90], "f4 90 would begin a number over 10ffff"),
            (&[0x61, 0xe0, 0x80], "e0 80 would begin a character in more bytes than it needs"),
        ];
        for (bytes, why) in hopeless {
            let mut checker = Checker::default();
            let (last, before) = bytes.split_last().expect("bytes");
            for byte in before {
                assert_eq!(
                    checker.push(&[*byte]),
                    Ok(()),
                    "{byte:02x} of {bytes:02x?} may still be followed by the right byte"
                );
            }
            let verdict = checker.push(&[*last]);
            assert_eq!(verdict, Err(NotUtf8), "s8.1: {why}; that is known at {last:02x}, before the text ends");
            assert_eq!(Checker::default().push(bytes), Err(NotUtf8), "the same bytes in one piece: {why} (s8.1)");
        }
    }

    #[test]
    fn a_bad_byte_after_good_ones_is_found() {
        let mut checker = Checker::default();
        assert_eq!(checker.push("Goal \u{26bd} by ".as_bytes()), Ok(()), "these are whole characters");
        assert_eq!(checker.push(b"Ada\xff and more"), Err(NotUtf8), "s8.1: ff is no UTF-8, whatever stands around it");
    }

    #[test]
    fn a_text_does_not_end_inside_a_character() {
        for end in [1, 2, 3] {
            let part = &"\u{1f600}".as_bytes()[..end];
            let mut checker = Checker::default();
            assert_eq!(checker.push(part), Ok(()), "{part:02x?} may become a character: wait for the end (s5.6)");
            assert_eq!(checker.end(), Err(NotUtf8), "s5.6: the message ended after {part:02x?}, inside a character");
        }
    }

    #[test]
    fn little_is_kept() {
        let mut checker = Checker::default();
        assert_eq!(checker.push(b"Goal! \xe2\x9a"), Ok(()), "it ends inside a character, which may come (s5.6)");
        for _ in 0..1000 {
            assert_eq!(checker.push(b"\xbd Goal! \xe2\x9a"), Ok(()), "it ends inside the next one (s5.6)");
            let kept = checker.begun.len();
            assert!(kept <= 3, "{kept} bytes are kept, and a character that is not whole has three at most");
        }
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
// 1. You need not know the rules of UTF-8: `std::str::from_utf8` does. It needs to see a character as a whole, so put the
//    bytes that were left over in front of the new ones.
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
// 2. Its error can be asked twice: `valid_up_to()` says how many bytes are whole characters, and `error_len()` is `None`
//    when the rest is only too short.
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
// 3. Append the piece to `self.begun`, check all of it, and take away what is whole: `self.begun.drain(..whole)`. The end
//    is right when nothing is left.
