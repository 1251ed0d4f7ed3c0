//! What can go wrong with a server, in words that a person can act on.

use super::response::Head;
use crate::wire::escape;
use crate::wire::secrets::starred;
use std::fmt;
use std::io;
use std::net::SocketAddr;

/// The most of an answer's text that is repeated in a message.
const EXCERPT: usize = 200;

/// Why a step did not succeed.
#[derive(Debug)]
pub enum Error {
    /// The name in the URL has no address.
    Unknown {
        /// The name.
        host: String,
        /// What the system says.
        error: io::Error,
    },
    /// There is no TCP connection.
    Connect {
        /// `HOST:PORT`, as it was asked for.
        address: String,
        /// What came of each of its addresses, in the order in which they were tried. Empty: no time was left.
        tried: Vec<(SocketAddr, io::Error)>,
    },
    /// The deadline came first. The step may be tried again where it stopped.
    TimedOut,
    /// The deadline came before there was a connection. Says what took so long; it cannot be taken up again.
    Late(&'static str),
    /// There is no TLS, or no more of it. In words for a person, safe for a terminal.
    Tls(String),
    /// The connection broke.
    Lost(io::Error),
    /// The server ended the connection before all was said.
    Ended,
    /// What came is not what the protocol allows, or more than is taken.
    Malformed(String),
    /// Another status than the one that was hoped for.
    Status {
        /// The three digits.
        status: u16,
        /// The beginning of the answer's text, escaped.
        says: String,
    },
    /// The opening handshake was answered with another status than 101.
    Refused(Box<Refusal>),
    /// The opening handshake was answered by something that does not speak HTTP.
    NotHttp {
        /// Its first bytes, as they came.
        first: Vec<u8>,
    },
    /// The opening handshake was answered with a 101 that RFC 6455 tells a client to fail.
    Handshake {
        /// The section that says so, as `s4.1`.
        section: &'static str,
        /// What is wrong, safe for a terminal.
        why: String,
        /// The head of the answer.
        head: Box<Head>,
        /// The same as it came.
        raw_head: Vec<u8>,
    },
}

/// An answer that says no to an opening handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its head: status line and fields.
    pub head: Head,
    /// The same as it came.
    pub raw_head: Vec<u8>,
    /// The beginning of its content, without the framing of chunks.
    pub body: Vec<u8>,
    /// Why that is not all of its content, if it is not.
    pub cut: Option<String>,
}

impl Error {
    /// An answer with a status that was not hoped for.
    pub fn status(status: u16, body: &[u8]) -> Error {
        let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        let says: String = escape::text(line).chars().take(EXCERPT).collect();
        Error::Status { status, says }
    }

    /// The same with stars where the answer's head has a secret, for showing it.
    pub fn with_stars(self) -> Error {
        match self {
            Error::Refused(mut refusal) => {
                refusal.raw_head = starred(&refusal.raw_head);
                refusal.head = refusal.head.with_stars();
                Error::Refused(refusal)
            }
            Error::Handshake { section, why, head, raw_head } => {
                let (head, raw_head) = (Box::new(head.with_stars()), starred(&raw_head));
                Error::Handshake { section, why, head, raw_head }
            }
            other => other,
        }
    }

    /// Whether the deadline came first.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::TimedOut | Error::Late(_))
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::TimedOut,
            _ => Error::Lost(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unknown { host, error } => write!(out, "no address of {host} is known: {error}"),
            Error::Connect { address, tried } => write!(out, "no connection to {address}: {}", attempts(tried)),
            Error::TimedOut => write!(out, "no answer in time"),
            Error::Late(what) => write!(out, "no answer in time: the {what} took too long"),
            Error::Tls(why) => write!(out, "TLS: {why}"),
            Error::Lost(error) => write!(out, "the connection broke: {error}"),
            Error::Ended => write!(out, "the server ended the connection in the middle of its answer"),
            Error::Malformed(why) => write!(out, "{why}"),
            Error::Status { status, says } if says.is_empty() => write!(out, "the answer was {status}"),
            Error::Status { status, says } => write!(out, "the answer was {status}: {says}"),
            Error::Refused(refusal) => {
                write!(out, "the upgrade was refused: {}", escape::text(refusal.head.status_line().as_bytes()))
            }
            Error::NotHttp { first } => {
                let hint = if looks_like_tls(first) {
                    ": it looks like TLS, so try wss://"
                } else if looks_like_http2(first) {
                    ": it looks like HTTP/2, and HTTP/1.1 is asked for here"
                } else {
                    ""
                };
                write!(
                    out,
                    "the answer is no HTTP: it begins with {}{hint}",
                    escape::quoted(first, first.len() as u64, 32)
                )
            }
            Error::Handshake { section, why, .. } => {
                write!(out, "the 101 is not one for a WebSocket: {why} (RFC 6455 {section})")
            }
        }
    }
}

/// A TLS record that carries an alert or a handshake (RFC 8446 s5.1).
fn looks_like_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 0x03, ..])
}

/// The frame SETTINGS, with which a server of HTTP/2 begins (RFC 9113 s3.4, s4.1).
fn looks_like_http2(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, _, 4, _, 0, 0, 0, 0, ..])
}

/// What came of each address. One alone needs no name: it was said before.
fn attempts(tried: &[(SocketAddr, io::Error)]) -> String {
    match tried {
        [] => "no time was left".to_owned(),
        [(_, error)] => attempt(error),
        several => {
            let each = several.iter().map(|(address, error)| format!("{address} {}", attempt(error)));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

fn attempt(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "refused: nothing listens there".to_owned(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "timed out: no answer at all".to_owned(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => format!("no route: {error}"),
        io::ErrorKind::ConnectionReset => "reset: the connection was cut off as it began".to_owned(),
        _ => error.to_string(),
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_repeated_safely_and_not_whole() {
        let error = Error::status(503, b"\x1b[2J too many\r\nsecond line");
        assert_eq!(error.to_string(), "the answer was 503: \\u{1b}[2J too many");
        assert_eq!(Error::status(404, b"").to_string(), "the answer was 404");
        assert!(Error::status(500, &[b'a'; 10_000]).to_string().len() < 300);
    }

    #[test]
    fn a_sockets_timeout_is_no_loss() {
        assert!(Error::from(io::Error::from(io::ErrorKind::WouldBlock)).is_timeout());
        assert!(!Error::from(io::Error::from(io::ErrorKind::ConnectionReset)).is_timeout());
    }

    #[test]
    fn each_address_that_was_tried_is_told() {
        let refused = |address: &str| (address.parse().expect("an address"), io::ErrorKind::ConnectionRefused.into());
        let said = |tried| Error::Connect { address: "a:1".to_owned(), tried }.to_string();
        assert_eq!(said(vec![refused("127.0.0.1:1")]), "no connection to a:1: refused: nothing listens there");
        let silent = ("[::1]:1".parse().expect("an address"), io::ErrorKind::TimedOut.into());
        assert_eq!(
            said(vec![silent, refused("127.0.0.1:1")]),
            "no connection to a:1: [::1]:1 timed out: no answer at all; 127.0.0.1:1 refused: nothing listens there"
        );
        assert!(said(Vec::new()).contains("no time"));
    }

    #[test]
    fn what_is_no_http_is_shown_safely() {
        let said = |first: &[u8]| Error::NotHttp { first: first.to_vec() }.to_string();
        assert!(said(b"SSH-2.0\x1b[2J").ends_with("\"SSH-2.0\\u{1b}[2J\""), "{}", said(b"SSH-2.0\x1b[2J"));
        assert!(said(b"\x15\x03\x03\x00\x02").contains("wss://"));
    }
}
