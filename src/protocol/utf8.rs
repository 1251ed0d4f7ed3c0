//! UTF-8, checked as it arrives (RFC 6455 s8.1).
//!
//! A character may be cut anywhere: by a read, by a frame, by a fragment. So the checker keeps the one to three bytes
//! of a character that has begun. It answers `Err` with the first byte that can no longer become UTF-8, at once.

use super::mask;

/// How much masked text is unmasked at a time, on the stack.
const PIECE: usize = 512;

/// The state between two parts of one text message.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Utf8Checker {
    begun: [u8; 4],
    begun_len: usize,
}

/// Where the bytes stopped being UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadByte {
    /// How many bytes of the part given were good.
    pub at: usize,
}

impl Utf8Checker {
    /// Checks the next part of the text.
    pub fn push(&mut self, part: &[u8]) -> Result<(), BadByte> {
        let mut used = 0;
        // First finish the character that the last part began, a byte at a time.
        while self.begun_len > 0 {
            let Some(byte) = part.get(used) else { return Ok(()) };
            self.begun[self.begun_len] = *byte;
            match std::str::from_utf8(&self.begun[..=self.begun_len]) {
                Ok(_) => self.begun_len = 0,
                Err(error) if error.error_len().is_some() => return Err(BadByte { at: used }),
                Err(_) => self.begun_len += 1,
            }
            used += 1;
        }
        self.check_from_a_boundary(&part[used..]).map_err(|bad| BadByte { at: used + bad.at })
    }

    /// The same for text that is masked with `key` (zeros: it is not); `offset` is where in its frame's payload it stands.
    /// It is not copied where it is ASCII, as most text is.
    pub fn push_masked(&mut self, key: [u8; 4], offset: u64, part: &[u8]) -> Result<(), BadByte> {
        let mut at = 0;
        for piece in part.chunks(PIECE) {
            let offset = offset + at as u64;
            if !(self.is_complete() && mask::is_ascii(key, offset, piece)) {
                let mut plain = [0; PIECE];
                let plain = &mut plain[..piece.len()];
                plain.copy_from_slice(piece);
                mask::apply(key, offset, plain);
                self.push(plain).map_err(|bad| BadByte { at: at + bad.at })?;
            }
            at += piece.len();
        }
        Ok(())
    }

    /// Whether the text may end here: no character is half done.
    pub fn is_complete(&self) -> bool {
        self.begun_len == 0
    }

    fn check_from_a_boundary(&mut self, part: &[u8]) -> Result<(), BadByte> {
        let Err(error) = std::str::from_utf8(part) else { return Ok(()) };
        let rest = &part[error.valid_up_to()..];
        if error.error_len().is_some() {
            return Err(BadByte { at: error.valid_up_to() + deciding_byte(rest) });
        }
        self.begun[..rest.len()].copy_from_slice(rest);
        self.begun_len = rest.len();
        Ok(())
    }
}

/// `rest` begins with bytes that can never be a character. Which of them decided it: the last of the shortest prefix
/// that is already hopeless. A character has at most four bytes.
fn deciding_byte(rest: &[u8]) -> usize {
    let is_hopeless = |len: &usize| {
        let prefix = &rest[..(*len).min(rest.len())];
        std::str::from_utf8(prefix).is_err_and(|error| error.error_len().is_some())
    };
    (1..=4).find(is_hopeless).unwrap_or(1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_verdict_of_the_whole() {
        let texts: [&[u8]; 6] = [
            "κόσμε \u{10ffff} \u{1f600}".as_bytes(),
            b"\xce\xba\xf4\x90\x80\x80x",
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            b"ascii only",
            b"\xf0\x9f\x98",
        ];
        for text in texts {
            let mut whole = Utf8Checker::default();
            let verdict = (whole.push(text).is_ok(), whole.is_complete());
            for cut in 0..=text.len() {
                let mut parts = Utf8Checker::default();
                let ok = parts.push(&text[..cut]).is_ok() && parts.push(&text[cut..]).is_ok();
                assert_eq!(ok, verdict.0, "{text:02x?} cut at {cut}");
                assert!(!ok || parts.is_complete() == verdict.1);
            }
        }
    }

    /// The sequence of Autobahn's case 6.4: `f4 90` cannot begin a character, and that is known at the `90`.
    #[test]
    fn the_bad_byte_is_named_as_soon_as_it_is_there() {
        let mut checker = Utf8Checker::default();
        assert_eq!(checker.push(b"\xce\xba\xf4"), Ok(()));
        assert!(!checker.is_complete());
        assert_eq!(checker.push(b"\x90"), Err(BadByte { at: 0 }));
    }
}
