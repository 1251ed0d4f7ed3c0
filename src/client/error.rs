//! What can go wrong with a server, in words that a person can act on.

use crate::wire::escape;
use std::fmt;
use std::io;

/// The most of an answer's text that is repeated in a message.
const EXCERPT: usize = 200;

/// Why a step did not succeed.
#[derive(Debug)]
pub enum Error {
    /// There is no TCP connection.
    Connect {
        /// `HOST:PORT`, as it was asked for.
        address: String,
        /// What the system says.
        error: io::Error,
    },
    /// The deadline came first. The step may be tried again where it stopped.
    TimedOut,
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
}

impl Error {
    /// An answer with a status that was not hoped for.
    pub fn status(status: u16, body: &[u8]) -> Error {
        let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        let says: String = escape::text(line).chars().take(EXCERPT).collect();
        Error::Status { status, says }
    }

    /// Whether the deadline came first.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Error::TimedOut)
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
            Error::Connect { address, error } => write!(out, "no connection to {address}: {error}"),
            Error::TimedOut => write!(out, "no answer in time"),
            Error::Lost(error) => write!(out, "the connection broke: {error}"),
            Error::Ended => write!(out, "the server ended the connection in the middle of its answer"),
            Error::Malformed(why) => write!(out, "{why}"),
            Error::Status { status, says } if says.is_empty() => write!(out, "the answer was {status}"),
            Error::Status { status, says } => write!(out, "the answer was {status}: {says}"),
        }
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
}
