//! What a run of `connect` is told to do.

use super::command::Reading;
use super::template::Template;
use crate::client::handshake::Offer;
use crate::client::tls::Trust;
use crate::client::url::Url;
use crate::protocol::close::Close;
use crate::wire::tap;
use std::time::Duration;

/// How long to go on when there is nothing more to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until no message has come for a while. See [`super::patience`].
    UntilQuiet,
    /// So long after the last byte was written.
    For(Duration),
    /// Until the server or a signal ends it.
    Forever,
}

/// Everything that the command line chooses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to.
    pub url: Url,
    /// Which certificates are accepted.
    pub trust: Trust,
    /// What the opening handshake asks for.
    pub offer: Offer,
    /// For the name, TCP, TLS and the opening handshake together.
    pub connect_timeout: Duration,
    /// How lines become messages.
    pub reading: Reading,
    /// Messages to send instead of what stdin says.
    pub execute: Vec<String>,
    /// How long to wait for answers.
    pub wait: Wait,
    /// End with the first message after a greeting.
    pub one: bool,
    /// Send every message back.
    pub echo: bool,
    /// Messages on a timer.
    pub every: Option<(Duration, Template)>,
    /// Pings on a timer.
    pub ping_interval: Option<Duration>,
    /// How long after a Ping something must have come.
    pub ping_timeout: Duration,
    /// What the Close says when this end closes by itself.
    pub close: Close,
    /// Largest message that is taken, in bytes.
    pub max_message: u64,
    /// How long the server may take to accept what is written.
    pub write_timeout: Duration,
    /// How long to wait for the server's Close and for its end of TCP.
    pub close_timeout: Duration,
    /// How much the log shows.
    pub tap: tap::Settings,
}

impl Settings {
    /// Whether there is something to say besides what stdin brings.
    pub fn talks_by_itself(&self) -> bool {
        self.echo || self.every.is_some()
    }
}
