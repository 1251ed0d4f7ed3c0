//! The head of an HTTP/1.1 request: request line and header fields, up to the empty line (RFC 9112).
//!
//! Bytes come in whatever parts TCP makes of them, so there are three answers: more bytes are needed, the head is
//! complete, or it is refused. httparse reads the head; what it lets pass and this server does not is looked for first,
//! line by line. Bytes after the head belong to the next layer: a body, another request, or WebSocket frames.

use super::proxy;
use super::refusal::Refusal;
use httparse::Error;

const TOO_MANY_FIELDS: &str = "too-many-fields";

/// One header field: a name as it was written, and its value, which may be any bytes but NUL, CR and LF.
pub type Field<'a> = httparse::Header<'a>;

/// How much of a head is read before it is refused.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest head in bytes, empty line included.
    pub max_head: usize,
    /// The most header fields.
    pub max_fields: usize,
}

/// What the bytes so far amount to.
#[derive(Debug)]
pub enum Parsed<'a> {
    /// Not an error: the empty line has not come yet.
    NeedMore,
    /// The head is whole. The second value is its length in bytes.
    Complete(Request<'a>, usize),
    /// It will not become a good head, whatever follows.
    Refused(Refusal),
}

/// A request head. It borrows from the bytes it was read from.
#[derive(Debug)]
pub struct Request<'a> {
    /// `GET`. Methods are case-sensitive (RFC 9110 s9.1).
    pub method: &'a str,
    /// What stands between method and version, as it was sent.
    pub target: &'a str,
    /// The minor version: 0 for HTTP/1.0, 1 for HTTP/1.1.
    pub minor_version: u8,
    /// The header fields in the order of the wire.
    pub fields: Vec<Field<'a>>,
}

impl<'a> Request<'a> {
    /// The values of every field with this name, whatever its case (RFC 9110 s5.1).
    pub fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    /// The first value of a field.
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// The elements of a comma-separated list, over all fields of that name, without blanks around them. Empty
    /// elements are left out (RFC 9110 s5.6.1).
    pub fn list(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|element| !element.is_empty())
    }

    /// Whether the list has this token, compared without case: how `Connection` and `Upgrade` are read.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The path of the target, without its query. RFC 9112 s3.2.2: a server "MUST accept the absolute-form in
    /// requests", `GET http://host/ws`, as proxies send it.
    pub fn path(&self) -> &'a str {
        self.origin_form().split('?').next().unwrap_or_default()
    }

    /// The query of the target: what stands after the first `?`, or nothing.
    pub fn query(&self) -> &'a str {
        self.origin_form().split_once('?').map_or("", |(_, query)| query)
    }

    /// The value of a query parameter: `off` for `ping` in `?ping=off`. Not percent-decoded.
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.query().split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Whether the peer wants to send another request on this connection (RFC 9112 s9.3).
    pub fn wants_keep_alive(&self) -> bool {
        match self.minor_version {
            0 => self.has_token("connection", "keep-alive") && !self.has_token("connection", "close"),
            _ => !self.has_token("connection", "close"),
        }
    }

    fn origin_form(&self) -> &'a str {
        let Some((scheme, rest)) = self.target.split_once("://") else { return self.target };
        if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
            return self.target;
        }
        rest.find(['/', '?']).map_or("/", |start| &rest[start..])
    }
}

/// Reads a head from the start of `bytes`: all that has come and is not used yet.
///
/// Only whole lines are judged, so the verdict is the same wherever a read has cut the head.
pub fn parse<'a>(bytes: &'a [u8], limits: &Limits) -> Parsed<'a> {
    match another_protocol(bytes) {
        Another::Maybe => return Parsed::NeedMore,
        Another::Yes(refusal) => return Parsed::Refused(refusal),
        Another::No => {}
    }
    let lines = match check_lines(bytes) {
        Ok(lines) => lines,
        Err(refusal) => return Parsed::Refused(refusal),
    };
    let len = if lines.whole { lines.len } else { bytes.len() + 1 };
    if len > limits.max_head {
        return Parsed::Refused(too_long(bytes, limits));
    }
    if lines.len == 0 { Parsed::NeedMore } else { parse_fields(&bytes[..lines.len], limits) }
}

/// Most heads have few fields, so there is room for a few first, and for all that are allowed if that is not enough.
fn parse_fields<'a>(bytes: &'a [u8], limits: &Limits) -> Parsed<'a> {
    const FEW: usize = 32;
    match parse_up_to(FEW.min(limits.max_fields), bytes, limits) {
        Parsed::Refused(refusal) if refusal.reason == TOO_MANY_FIELDS => parse_up_to(limits.max_fields, bytes, limits),
        parsed => parsed,
    }
}

fn parse_up_to<'a>(max_fields: usize, bytes: &'a [u8], limits: &Limits) -> Parsed<'a> {
    let mut fields = vec![httparse::EMPTY_HEADER; max_fields];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(httparse::Status::Partial) => Parsed::NeedMore,
        Err(error) => Parsed::Refused(unreadable(error, bytes, limits)),
        Ok(httparse::Status::Complete(len)) => {
            // httparse fills all three in when it answers Complete.
            let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
            let minor_version = request.version.unwrap_or_default();
            let count = request.headers.len();
            fields.truncate(count);
            Parsed::Complete(Request { method, target, minor_version, fields }, len)
        }
    }
}

/// Whether the bytes are another protocol than HTTP/1.
enum Another {
    Yes(Refusal),
    /// They may become one: so far they are its first bytes.
    Maybe,
    No,
}

const TLS: &[u8] = &[0x16, 0x03];
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n";

/// Something that is no HTTP/1 at all, told by its first bytes: worth a better answer than "bad request".
fn another_protocol(bytes: &[u8]) -> Another {
    let (status, reason, section, why) = if bytes.starts_with(TLS) {
        let why = "this is a TLS ClientHello, and this port speaks plain HTTP: use http:// and ws://, or put a proxy \
                   that ends TLS in front";
        (400, "tls", "RFC 8446 s4.1.2", why)
    } else if bytes.starts_with(HTTP_2) {
        let why = "this is the preface of HTTP/2, and this port speaks HTTP/1.1: set the client or proxy to HTTP/1.1";
        (505, "http2", "RFC 9113 s3.4", why)
    } else if bytes.starts_with(proxy::V1) || bytes.starts_with(proxy::V2) {
        return Another::Yes(proxy::unasked(bytes));
    } else if [TLS, HTTP_2, proxy::V1, proxy::V2].iter().any(|first_bytes| first_bytes.starts_with(bytes)) {
        return Another::Maybe;
    } else {
        return Another::No;
    };
    Another::Yes(Refusal::new(status, reason, section, why))
}

/// How far the lines of a head have come.
struct Lines {
    /// The length of all whole lines, their ends included.
    len: usize,
    /// Whether the empty line is one of them.
    whole: bool,
}

/// Walks the lines of the head and refuses what httparse would let pass or call by a vaguer name.
fn check_lines(bytes: &[u8]) -> Result<Lines, Refusal> {
    let mut start = 0;
    let mut lines = 0;
    while let Some(len) = bytes[start..].iter().position(|byte| *byte == b'\n') {
        let end = start + len;
        let Some(line) = bytes[start..end].strip_suffix(b"\r") else { return Err(bare_lf()) };
        start = end + 1;
        match (line, lines) {
            ([], 0) => continue, // RFC 9112 s2.2: an empty line before the request line is ignored.
            ([], _) => return Ok(Lines { len: start, whole: true }),
            (_, 0) => check_bytes(line)?,
            _ => check_field_line(line)?,
        }
        lines += 1;
    }
    Ok(Lines { len: start, whole: false })
}

fn check_bytes(line: &[u8]) -> Result<(), Refusal> {
    // RFC 9110 s5.5: "Field values containing CR, LF, or NUL characters are invalid and dangerous".
    if line.contains(&0) {
        return Err(bad_request("nul", "RFC 9110 s5.5", "a NUL byte in the head"));
    }
    Ok(())
}

fn check_field_line(line: &[u8]) -> Result<(), Refusal> {
    // RFC 9112 s5.2: "A server that receives an obs-fold in a request message [...] MUST either reject the message by
    // sending a 400 (Bad Request) [...] or replace each received obs-fold with one or more SP".
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        let why = "a header line that begins with a blank (line folding is obsolete): put the value on one line";
        return Err(bad_request("obs-fold", "RFC 9112 s5.2", why));
    }
    // RFC 9112 s5.1: "No whitespace is allowed between the field name and colon. [...] A server MUST reject, with a
    // response status code of 400 (Bad Request), any received request message that contains" it.
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    if name.len() < line.len() && name.last().is_some_and(u8::is_ascii_whitespace) {
        return Err(bad_request("space-before-colon", "RFC 9112 s5.1", "a blank between a field's name and its colon"));
    }
    check_bytes(line)
}

/// RFC 9112 s3.2: a server "MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that
/// lacks a Host header field and to any request message that contains more than one Host header field line or a Host
/// header field with an invalid field value."
///
/// Asked of a head that could be read, so that the answer can follow its method and its `Accept`.
pub fn check_host(request: &Request<'_>) -> Result<(), Refusal> {
    let mut hosts = request.values("host");
    let why = match (hosts.next(), hosts.next()) {
        (None, _) if request.minor_version == 0 => return Ok(()),
        (None, _) => "an HTTP/1.1 request without Host",
        (Some(_), Some(_)) => "more than one Host",
        (Some(host), None) if !is_host(host) => "Host is not a name or address with an optional port",
        (Some(_), None) => return Ok(()),
    };
    Err(bad_request("host", "RFC 9112 s3.2", why))
}

/// RFC 9110 s7.2: `uri-host [ ":" port ]`, where the host is a name, an IPv4 address or an IPv6 address in brackets. It
/// may be empty.
fn is_host(value: &[u8]) -> bool {
    let Ok(value) = std::str::from_utf8(value) else { return false };
    let (host_is_good, after) = match value.strip_prefix('[') {
        Some(literal) => match literal.split_once(']') {
            Some((address, after)) => (is_ipv6(address), after),
            None => return false,
        },
        None => {
            let (name, after) = value.split_at(value.find(':').unwrap_or(value.len()));
            (name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte)), after)
        }
    };
    let port_is_good =
        after.is_empty() || after.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    host_is_good && port_is_good
}

/// Near enough: what else it is, is not this server's to say.
fn is_ipv6(address: &str) -> bool {
    address.contains(':') && address.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte))
}

/// RFC 9112 s3: 414 for a request line that is too long; RFC 6585 s5: 431 for the header fields.
fn too_long(bytes: &[u8], limits: &Limits) -> Refusal {
    let limit = limits.max_head;
    let start = bytes.iter().position(|byte| !b"\r\n".contains(byte)).unwrap_or(0);
    let first_line_ends = bytes[start..].iter().take(limit).any(|byte| *byte == b'\n');
    if first_line_ends {
        let why = format!("the head is longer than {limit} bytes (--max-head)");
        Refusal::new(431, "head-too-long", "RFC 6585 s5", why)
    } else {
        let why = format!("the request line is longer than {limit} bytes (--max-head)");
        Refusal::new(414, "target-too-long", "RFC 9112 s3", why)
    }
}

fn unreadable(error: Error, bytes: &[u8], limits: &Limits) -> Refusal {
    match error {
        Error::TooManyHeaders => {
            let why = format!("more than {} header fields (--max-fields)", limits.max_fields);
            Refusal::new(431, TOO_MANY_FIELDS, "RFC 6585 s5", why)
        }
        Error::Version if names_a_version(bytes) => {
            let why = "this server speaks HTTP/1.0 and HTTP/1.1";
            Refusal::new(505, "http-version", "RFC 9110 s15.6.6", why)
        }
        Error::HeaderName => bad_request("field-name", "RFC 9112 s5", "a header line without a valid name and a colon"),
        Error::HeaderValue => bad_request("field-value", "RFC 9110 s5.5", "a header value with a control character"),
        Error::NewLine => bad_request("newline", "RFC 9112 s2.2", "a CR that is not followed by LF"),
        _ => {
            let why = "the first line is no request line: METHOD, one space, target, one space, HTTP/1.1";
            bad_request("request-line", "RFC 9112 s3", why)
        }
    }
}

/// Whether the request line ends in `HTTP/digit.digit`: then the version is the fault, not the line.
fn names_a_version(bytes: &[u8]) -> bool {
    let line = bytes.trim_ascii_start().split(|byte| *byte == b'\r').next().unwrap_or_default();
    let last_word = line.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    matches!(last_word, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// RFC 9112 s2.2: a recipient MAY take a single LF as a line's end. We don't: two readers that disagree about where a
/// line ends can be played against each other.
fn bare_lf() -> Refusal {
    let why =
        "a line that ends in LF alone: HTTP lines end in CR LF (with nc, use `nc -C`, or printf '...\\r\\n' | nc)";
    bad_request("bare-lf", "RFC 9112 s2.2", why)
}

fn bad_request(reason: &'static str, section: &'static str, why: &str) -> Refusal {
    Refusal::new(400, reason, section, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { max_head: 512, max_fields: 8 };

    fn refused(bytes: &[u8]) -> (u16, &'static str) {
        match parse(bytes, &LIMITS) {
            Parsed::Refused(refusal) => (refusal.status, refusal.reason),
            Parsed::Complete(request, _) => {
                check_host(&request).map(|()| (0, "")).unwrap_or_else(|r| (r.status, r.reason))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_head_byte_by_byte_is_complete_at_its_last_byte_and_not_before() {
        let head = b"\r\nGET /ws?ping=off HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive,  Upgrade\r\n\r\n";
        for cut in 0..head.len() {
            assert!(matches!(parse(&head[..cut], &LIMITS), Parsed::NeedMore), "cut at {cut}");
        }
        let mut glued = head.to_vec();
        glued.extend(b"\x81\x80\0\0\0\0");
        let Parsed::Complete(request, len) = parse(&glued, &LIMITS) else { panic!("not complete") };
        assert_eq!((len, request.method, request.path()), (head.len(), "GET", "/ws"));
        assert_eq!(request.parameter("ping"), Some("off"));
        assert!(request.has_token("Connection", "upgrade") && !request.has_token("connection", "close"));
    }

    #[test]
    fn every_fault_has_its_own_answer() {
        let cases: [(&[u8], u16, &str); 19] = [
            (b"GET / HTTP/1.1\nHost: a\n\n", 400, "bare-lf"),
            (b"GET / HTTP/1.1\r\nHost: a\n", 400, "bare-lf"),
            (b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "obs-fold"),
            (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "space-before-colon"),
            (b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 400, "nul"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "host"),
            (b"GET / HTTP/1.1\r\n\r\n", 400, "host"),
            (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "host"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "field-name"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400, "field-value"),
            (b"GET / HTTP/2.0\r\n", 505, "http-version"),
            (b"GET / HTTP/1.2\r\n", 505, "http-version"),
            (b"GET /\r\n", 400, "request-line"),
            (b"G\x7fT / HTTP/1.1\r\n", 400, "request-line"),
            (b"\x16\x03\x01\x02\x00", 400, "tls"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http2"),
            (b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", 400, "proxy-protocol"),
            (b"\r\n\r\n\0\r\nQUIT\n!", 400, "proxy-protocol"),
            (b"GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nH:\r\nI:\r\n\r\n", 431, "too-many-fields"),
        ];
        for (bytes, status, reason) in cases {
            assert_eq!(refused(bytes), (status, reason), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn hosts() {
        for good in ["", "a", "a.b:80", "127.0.0.1:8080", "[::1]:8080", "[::1]", "a:"] {
            assert!(is_host(good.as_bytes()), "{good}");
        }
        for bad in ["a:b:c", "[[[%zz", "[::1", "[::g]", "a b", "a/b", "u@h", "[::1]80", "a:8o"] {
            assert!(!is_host(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn what_is_too_long_is_told_apart() {
        let target = [b"GET /".as_slice(), &[b'a'; 600]].concat();
        assert_eq!(refused(&target), (414, "target-too-long"));
        let fields = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ".as_slice(), &[b'a'; 600]].concat();
        assert_eq!(refused(&fields), (431, "head-too-long"));
        let whole = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ".as_slice(), &[b'a'; 600], b"\r\n\r\n"].concat();
        assert_eq!(refused(&whole), (431, "head-too-long"));
    }

    #[test]
    fn the_absolute_form_has_a_path_too() {
        for (target, path, query) in [
            ("http://localhost:8080/ws?a=1", "/ws", "a=1"),
            ("HTTP://localhost", "/", ""),
            ("http://localhost?ping=off", "", "ping=off"),
            ("/a://b", "/a://b", ""),
            ("*", "*", ""),
        ] {
            let request = Request { method: "GET", target, minor_version: 1, fields: Vec::new() };
            assert_eq!((request.path(), request.query()), (path, query), "{target}");
        }
    }

    #[test]
    fn persistence_follows_version_and_connection() {
        let cases: [(u8, &[u8], bool); 5] = [
            (1, b"", true),
            (1, b"Close", false),
            (0, b"", false),
            (0, b"Keep-Alive", true),
            (0, b"keep-alive, close", false),
        ];
        for (minor_version, value, expected) in cases {
            let fields = vec![Field { name: "Connection", value }];
            let request = Request { method: "GET", target: "/", minor_version, fields };
            assert_eq!(request.wants_keep_alive(), expected);
        }
    }
}
