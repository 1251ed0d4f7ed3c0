//! Why nothing could be measured, and what to do about it.

use crate::client::{Error, Url};
use std::fmt;

/// A sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(String);

impl Failure {
    /// Says it as it is.
    pub fn new(why: impl Into<String>) -> Failure {
        Failure(why.into())
    }

    /// What asking a feed's address came to.
    pub fn of(url: &Url, asked: &str, error: &Error) -> Failure {
        let base = format!("http://{}{}", url.authority, url.below(""));
        let advice = match error {
            Error::Connect { .. } => {
                "\n  Start a server there (ws101 --listen HOST:PORT), or leave the URL away: then compare starts its own"
                    .to_owned()
            }
            Error::Unknown { .. } => {
                "\n  The name in the URL is wrong, or this machine can't look it up: try an address, as http://127.0.0.1:8080"
                    .to_owned()
            }
            Error::Status { status: 413, .. } => {
                "\n  The server takes no events as long as that: choose a smaller --payload, or start it with a larger \
                 --max-event"
                    .to_owned()
            }
            Error::Status { status: 503, .. } => {
                "\n  The server is stopping, or has all the connections it takes: fewer --clients, or a larger \
                 --max-connections there"
                    .to_owned()
            }
            Error::Status { status: 404 | 405 | 501, .. } | Error::Malformed(_) => format!(
                "\n  There is no feed at {base}. It needs a ws101 server; when a proxy has put it under a path, that path \
                 belongs into the URL: ws101 compare http://HOST:PORT/PATH"
            ),
            // The rest are not told by what compare asks: it has no TLS, and its handshake says Status or Malformed.
            Error::Status { .. } | Error::TimedOut | Error::Lost(_) | Error::Ended | Error::Late(_) | Error::Tls(_) => {
                String::new()
            }
            Error::Refused(_) | Error::NotHttp { .. } | Error::Handshake { .. } => String::new(),
        };
        let is_about_connecting = matches!(error, Error::Connect { .. } | Error::Unknown { .. } | Error::Late(_));
        let asked = if is_about_connecting { String::new() } else { format!("{asked}: ") };
        Failure(format!("{asked}{error}{advice}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
