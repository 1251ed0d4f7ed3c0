//! Values that nobody should read over a shoulder: `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie` are
//! shown as stars of the same length, in text and in hex dumps alike.
//!
//! A value may be cut by a read anywhere, even inside the field's name, so the stars are put in byte by byte, by a
//! reader of lines that remembers where in a line it is. It has no notion of a body: a line in there that looks like a
//! secret is starred too, and that is the safe mistake.

/// The names, in lower case.
const SECRET: [&[u8]; 4] = [b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"];

/// Longer than any of the names: a longer name is none of them.
const NAME_MAX: usize = 24;

/// Stars out secrets in a stream of header lines.
#[derive(Debug, Clone, Default)]
pub struct Stars {
    name: Vec<u8>,
    place: Place,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Name,
    /// In a value; the flag says whether it is secret.
    Value { secret: bool },
    /// After a line's end: a blank here continues a secret value before it (obsolete line folding).
    LineStart { secret: bool },
}

impl Stars {
    /// The next bytes, with stars where a secret stands. Same length.
    pub fn apply(&mut self, bytes: &[u8]) -> Vec<u8> {
        bytes.iter().map(|byte| self.next(*byte)).collect()
    }

    fn next(&mut self, byte: u8) -> u8 {
        let is_blank = matches!(byte, b' ' | b'\t');
        match (self.place, byte) {
            (Place::LineStart { .. }, b'\r' | b'\n') => {}
            (Place::LineStart { secret: true }, _) if is_blank => self.place = Place::Value { secret: true },
            (Place::LineStart { .. }, _) => {
                self.name.clear();
                self.place = Place::Name;
                return self.next(byte);
            }
            // A CR alone ends no line, but it may be meant to.
            (place, b'\r' | b'\n') => {
                let secret = place == Place::Value { secret: true };
                self.place = Place::LineStart { secret };
            }
            (Place::Name, b':') => self.place = Place::Value { secret: self.name_is_secret() },
            // Blanks before a name are wrong, and hide nothing.
            (Place::Name, _) if is_blank && self.name.is_empty() => {}
            (Place::Name, _) if self.name.len() < NAME_MAX => self.name.push(byte.to_ascii_lowercase()),
            (Place::Value { secret: true }, _) if is_blank => {}
            (Place::Value { secret: true }, _) => return b'*',
            _ => {}
        }
        byte
    }

    fn name_is_secret(&self) -> bool {
        SECRET.contains(&self.name.trim_ascii())
    }
}

/// The value of one field, with stars if it is a secret.
pub fn starred_value(name: &str, value: &[u8]) -> Vec<u8> {
    let is_secret = SECRET.contains(&name.to_ascii_lowercase().as_bytes());
    let star = |byte: &u8| if matches!(byte, b' ' | b'\t') { *byte } else { b'*' };
    if is_secret { value.iter().map(star).collect() } else { value.to_vec() }
}

/// A whole head with stars.
pub fn starred(head: &[u8]) -> Vec<u8> {
    Stars::default().apply(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"GET / HTTP/1.1\r\nHost: a:80\r\nauthorization: Basic dTpw\r\nCOOKIE:a=b; c=d\r\nX: y\r\n\r\n";
    const STARRED: &[u8] =
        b"GET / HTTP/1.1\r\nHost: a:80\r\nauthorization: ***** ****\r\nCOOKIE:**** ***\r\nX: y\r\n\r\n";

    #[test]
    fn secrets_become_stars_wherever_a_read_cuts() {
        for cut in 0..=HEAD.len() {
            let mut stars = Stars::default();
            let shown = [stars.apply(&HEAD[..cut]), stars.apply(&HEAD[cut..])].concat();
            assert_eq!(shown, STARRED, "cut at {cut}");
        }
    }

    #[test]
    fn malformed_lines_hide_nothing_less() {
        assert_eq!(starred(b"x\nCookie : a\n b\nX: c\n"), b"x\nCookie : *\n *\nX: c\n");
        assert_eq!(starred(b"Set-Cookie: a=b; Path=/\r\n"), b"Set-Cookie: **** ******\r\n");
        assert_eq!(starred(b"Cookies: plain\r\n"), b"Cookies: plain\r\n");
        assert_eq!(starred(b"Host: a\r\n  \t Cookie: ab\r\n"), b"Host: a\r\n  \t Cookie: **\r\n");
        assert_eq!(starred(b"Host: a\rCookie: ab\r\n"), b"Host: a\rCookie: **\r\n");
    }
}
