//! The head of an answer, and how long the body is that follows it (RFC 9112 s6.3).
//!
//! httparse reads the head. A head that is too long, or whose body would end in two places, is refused: who guesses there
//! reads one answer's end as the next one's beginning.

use crate::protocol::chunked::Chunked;
use crate::wire::secrets::starred_value;

/// The longest head that is taken.
pub const MAX_HEAD: usize = 32 * 1024;

/// The most header fields that are taken.
const MAX_FIELDS: usize = 128;

/// What the bytes so far amount to.
#[derive(Debug)]
pub enum Parsed {
    /// Not an error: the empty line has not come yet.
    NeedMore,
    /// The head is whole. The second value is its length in bytes.
    Complete(Head, usize),
    /// It will not become a good head.
    Refused(String),
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The three digits.
    pub status: u16,
    /// Its length in bytes, the empty line included.
    pub len: usize,
    status_line: String,
    minor_version: u8,
    fields: Vec<(String, Vec<u8>)>,
}

/// Reads a head from the start of `bytes`.
pub fn parse(bytes: &[u8]) -> Parsed {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let len = match response.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => bytes.len() + 1,
        Err(error) => return Parsed::Refused(format!("the answer is no HTTP/1.1: {error}")),
    };
    if len > MAX_HEAD {
        return Parsed::Refused(format!("the head of the answer is longer than {MAX_HEAD} bytes"));
    }
    let (Some(status), Some(minor_version), true) = (response.code, response.version, len <= bytes.len()) else {
        return Parsed::NeedMore;
    };
    let fields = response.headers.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
    Parsed::Complete(Head { status, len, status_line: first_line(bytes), minor_version, fields }, len)
}

/// The first line that is not empty: empty ones before it are passed over (RFC 9112 s2.2).
fn first_line(head: &[u8]) -> String {
    let line = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    String::from_utf8_lossy(line.unwrap_or_default()).into_owned()
}

impl Head {
    /// The same with stars where a value is a secret, for showing it.
    pub fn with_stars(mut self) -> Head {
        for (name, value) in &mut self.fields {
            *value = starred_value(name, value);
        }
        self
    }

    /// The status line as it came: `HTTP/1.1 404 Not Found`. It may hold what a terminal must not be given.
    pub fn status_line(&self) -> &str {
        &self.status_line
    }

    /// The fields as they came: names in their case, in their order. Values may hold any byte but line breaks.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The first value of a field, whatever the case of its name.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.values(name).next()
    }

    /// All values of a field, whatever the case of its name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice())
    }

    /// The elements of a comma-separated list, in lower case.
    fn list(&self, name: &str) -> impl Iterator<Item = Vec<u8>> {
        let elements = self.values(name).flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        elements.filter(|element| !element.is_empty()).map(<[u8]>::to_ascii_lowercase)
    }

    /// Whether a list field has this token.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|element| element == token.as_bytes())
    }

    /// A field that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.value(name).and_then(decimal)
    }

    /// Whether the connection may be asked again once the body is read (RFC 9112 s9.3).
    pub fn keeps_alive(&self) -> bool {
        match self.minor_version {
            0 => self.has_token("connection", "keep-alive"),
            _ => !self.has_token("connection", "close"),
        }
    }

    /// How the body ends.
    pub fn body(&self) -> Result<Body, String> {
        // RFC 9112 s6.3, 1: these have none, whatever the fields say.
        if self.status < 200 || self.status == 204 || self.status == 304 {
            return Ok(Body::Counted(0));
        }
        if self.list("content-encoding").any(|coding| coding != b"identity") {
            return Err("the answer has a content coding that was not asked for".to_owned());
        }
        let codings: Vec<Vec<u8>> = self.list("transfer-encoding").collect();
        // RFC 9112 s6.3, 3: such a message "might indicate an attempt to perform request smuggling [...] or response
        // splitting [...] and ought to be handled as an error".
        if !codings.is_empty() && self.value("content-length").is_some() {
            return Err("the answer has both Transfer-Encoding and Content-Length: where does it end?".to_owned());
        }
        match codings.last().map(Vec::as_slice) {
            Some(b"chunked") if codings.len() == 1 => return Ok(Body::Chunked(Chunked::default())),
            Some(_) => return Err("the answer has a transfer coding that was not asked for".to_owned()),
            None => {}
        }
        let mut lengths = self.values("content-length").flat_map(|value| value.split(|byte| *byte == b','));
        let Some(first) = lengths.next() else { return Ok(Body::UntilEnd) };
        match decimal(first) {
            // RFC 9112 s6.3, 5: the same length twice is one length.
            Some(length) if lengths.all(|other| decimal(other) == Some(length)) => Ok(Body::Counted(length)),
            _ => Err("the answer's Content-Length is no length".to_owned()),
        }
    }
}

/// A body that is being read.
#[derive(Debug)]
pub enum Body {
    /// So many bytes are still to come.
    Counted(u64),
    /// In chunks.
    Chunked(Chunked),
    /// To the end of the connection.
    UntilEnd,
}

impl Body {
    /// Appends to `data` what `input` says of the body. The answer is how many bytes of `input` were the body's.
    pub fn decode(&mut self, input: &[u8], data: &mut Vec<u8>) -> Result<usize, String> {
        let count = match self {
            Body::Chunked(chunked) => return chunked.decode(input, data),
            Body::Counted(left) => {
                let count = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                *left -= count as u64;
                count
            }
            Body::UntilEnd => input.len(),
        };
        data.extend_from_slice(&input[..count]);
        Ok(count)
    }

    /// Whether all of it is there. One that ends with the connection never knows.
    pub fn is_done(&self) -> bool {
        match self {
            Body::Counted(left) => *left == 0,
            Body::Chunked(chunked) => chunked.is_done(),
            Body::UntilEnd => false,
        }
    }

    /// Whether the end of the connection is the end of the body.
    pub fn ends_with_connection(&self) -> bool {
        matches!(self, Body::UntilEnd)
    }
}

fn decimal(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| is_number).and_then(|digits| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        match parse(text.as_bytes()) {
            Parsed::Complete(head, len) if len == text.len() => head,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_head_cut_anywhere_asks_for_more() {
        let text = "HTTP/1.1 200 OK\r\nFeed-Last-Id: 42\r\nContent-Length: 3\r\n\r\n";
        for cut in 0..text.len() {
            assert!(matches!(parse(&text.as_bytes()[..cut]), Parsed::NeedMore), "{cut}");
        }
        let head = head(text);
        assert_eq!((head.status, head.number("feed-last-id"), head.keeps_alive()), (200, Some(42), true));
        assert!(matches!(head.body(), Ok(Body::Counted(3))));
    }

    #[test]
    fn a_head_is_kept_as_it_came() {
        let head = head("\r\nHTTP/1.1 403  Not  here \r\nX-b: 2\r\nx-A:  1 \r\nX-b: 3\r\n\r\n");
        assert_eq!(head.status_line(), "HTTP/1.1 403  Not  here");
        let fields: Vec<(&str, &[u8])> = head.fields().collect();
        assert_eq!(fields, [("X-b", &b"2"[..]), ("x-A", b"1"), ("X-b", b"3")]);
        assert_eq!(head.values("X-B").count(), 2);
    }

    #[test]
    fn how_a_body_ends() {
        let body = |fields: &str| head(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n")).body();
        assert!(matches!(body("Transfer-Encoding: Chunked\r\n"), Ok(Body::Chunked(_))));
        assert!(matches!(body(""), Ok(Body::UntilEnd)));
        assert!(matches!(body("Content-Length: 3, 3\r\n"), Ok(Body::Counted(3))));
        for refused in
            ["Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: +3\r\n", "Content-Length: -1\r\n"]
        {
            assert!(body(refused).is_err(), "{refused}");
        }
        assert!(body("Content-Length: 99999999999999999999\r\n").is_err());
        assert!(body("Transfer-Encoding: gzip, chunked\r\n").is_err());
        assert!(body("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n").is_err());
        assert!(body("Content-Encoding: gzip\r\nContent-Length: 3\r\n").is_err());
        let none = head("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n").body();
        assert!(matches!(none, Ok(Body::Counted(0))));
    }

    #[test]
    fn who_keeps_a_connection() {
        for (text, keeps) in [
            ("HTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", true),
        ] {
            assert_eq!(head(text).keeps_alive(), keeps, "{text}");
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        assert!(matches!(parse(b"SSH-2.0-OpenSSH_9.2\r\n"), Parsed::Refused(_)));
        assert!(matches!(parse(b"HTTP/1.1 200 OK\r\na b: c\r\n\r\n"), Parsed::Refused(_)));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MAX_FIELDS + 1));
        assert!(matches!(parse(many.as_bytes()), Parsed::Refused(_)));
        for endless in [format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(MAX_HEAD)), "\r\n".repeat(MAX_HEAD)] {
            assert!(matches!(parse(endless.as_bytes()), Parsed::Refused(_)));
        }
    }
}
