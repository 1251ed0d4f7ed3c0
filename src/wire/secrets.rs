//! Values that nobody should read over a shoulder: `Authorization`, `Proxy-Authorization`, `Cookie` and `Set-Cookie` are
//! shown as stars of the same length, in text and in hex dumps alike. So are watch tokens, in a target or anywhere else: who
//! knows one sees what passes on its connection ([`super::watch`]).
//!
//! A value may be cut by a read anywhere, even inside the field's name, so the stars are put in byte by byte, by a
//! reader of lines that remembers where in a line it is. It has no notion of a body: a line in there that looks like a
//! secret is starred too, and that is the safe mistake.

/// The names, in lower case.
const SECRET: [&[u8]; 4] = [b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"];

/// Longer than any of the names: a longer name is none of them.
const NAME_MAX: usize = 24;

/// What stands before a watch token: in a query, or in the path of who watches.
const BEFORE_TOKEN: [&[u8; 7]; 3] = [b"?watch=", b"&watch=", b"/watch/"];

/// Stars out secrets in a stream of header lines.
#[derive(Debug, Clone, Default)]
pub struct Stars {
    name: Vec<u8>,
    place: Place,
    tokens: Tokens,
}

/// Stars out watch tokens, wherever they stand.
#[derive(Debug, Clone, Default)]
struct Tokens {
    /// The last bytes, to know what stands before a token.
    last: [u8; 7],
    in_token: bool,
}

impl Tokens {
    fn next(&mut self, byte: u8) -> u8 {
        self.in_token = byte.is_ascii_hexdigit() && (self.in_token || BEFORE_TOKEN.contains(&&self.last));
        self.last.rotate_left(1);
        self.last[6] = byte;
        if self.in_token { b'*' } else { byte }
    }
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
        bytes.iter().map(|byte| self.star(*byte)).collect()
    }

    fn star(&mut self, byte: u8) -> u8 {
        let token = self.tokens.next(byte);
        let value = self.next(byte);
        if token == b'*' { token } else { value }
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

/// Whether the value of a field of this name is a secret.
pub fn is_secret(name: &str) -> bool {
    SECRET.contains(&name.to_ascii_lowercase().as_bytes())
}

/// The value of one field, with stars if it is a secret.
pub fn starred_value(name: &str, value: &[u8]) -> Vec<u8> {
    let star = |byte: &u8| if matches!(byte, b' ' | b'\t') { *byte } else { b'*' };
    if is_secret(name) { value.iter().map(star).collect() } else { value.to_vec() }
}

/// A request's target with stars.
pub fn starred_target(target: &str) -> String {
    let mut tokens = Tokens::default();
    // An ASCII byte stays one, and any other stays what it is.
    target.chars().map(|shown| u8::try_from(shown).map_or(shown, |byte| char::from(tokens.next(byte)))).collect()
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
    fn a_watch_token_is_starred_wherever_a_read_cuts() {
        let head: &[u8] =
            b"GET /ws?a=b&watch=00ff&c=d HTTP/1.1\r\nReferer: http://a/watch/0A1b/\r\nX: watch=00\r\n\r\n";
        let shown: &[u8] =
            b"GET /ws?a=b&watch=****&c=d HTTP/1.1\r\nReferer: http://a/watch/****/\r\nX: watch=00\r\n\r\n";
        for cut in 0..=head.len() {
            let mut stars = Stars::default();
            assert_eq!([stars.apply(&head[..cut]), stars.apply(&head[cut..])].concat(), shown, "cut at {cut}");
        }
        assert_eq!(starred_target("/ws?watch=0123&é=\u{7f}"), "/ws?watch=****&é=\u{7f}");
        assert_eq!(starred_target("/watch/TOKEN"), "/watch/TOKEN");
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
