//! UTF-8 looked at byte by byte, so that it can be told at the first byte that no text can have there (RFC 3629 s4).

use super::Id;

/// Where in a character the text is.
#[derive(Debug, Clone)]
pub struct Utf8 {
    bug: Id,
    /// How many more bytes this character has.
    needed: u8,
    /// What the next one of them may be.
    low: u8,
    high: u8,
}

impl Utf8 {
    pub fn new(bug: Id) -> Utf8 {
        Utf8 { bug, needed: 0, low: 0x80, high: 0xbf }
    }

    /// False where the text can't go on like this.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.byte(*byte))
    }

    /// True where a text may end.
    pub fn is_whole(&self) -> bool {
        self.needed == 0
    }

    fn byte(&mut self, byte: u8) -> bool {
        if self.needed > 0 {
            let fits = (self.low..=self.high).contains(&byte);
            *self = Utf8 { needed: self.needed - 1, ..Utf8::new(self.bug) };
            return fits;
        }
        let overlong = self.bug == Id::OverlongAccepted;
        (self.needed, self.low, self.high) = match byte {
            0x00..=0x7f => return true,
            0xc0..=0xc1 if overlong => (1, 0x80, 0xbf), // 7 bits would have done
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 if overlong => (2, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf), // less could be written with two bytes
            0xed if self.bug == Id::EdRefused => return false,
            0xed if self.bug == Id::SurrogatesAccepted => (2, 0x80, 0xbf),
            0xed => (2, 0x80, 0x9f), // more is a surrogate, half a character of UTF-16
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0..=0xf4 if self.bug == Id::FourBytesRefused => return false,
            0xf0 if overlong => (3, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf4 if self.bug == Id::BeyondUnicode => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f), // the last character is U+10FFFF
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf5..=0xf7 if self.bug == Id::BeyondUnicode => (3, 0x80, 0xbf),
            0xf8..=0xfb if self.bug == Id::FiveBytesAccepted => (4, 0x80, 0xbf),
            0xfc..=0xfd if self.bug == Id::FiveBytesAccepted => (5, 0x80, 0xbf),
            _ => return false,
        };
        true
    }
}

/// Of [`Id::NoncharactersRefused`]: U+FDD0 to U+FDEF, and the last two of each plane.
pub fn has_noncharacters(text: &[u8]) -> bool {
    let letters = std::str::from_utf8(text).unwrap_or_default().chars().map(u32::from);
    letters.into_iter().any(|letter| (0xfdd0..=0xfdef).contains(&letter) || letter & 0xfffe == 0xfffe)
}
