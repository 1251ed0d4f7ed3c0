//! What a run of `probe` is told to do.

use crate::client::handshake::Offer;
use crate::client::tls::Trust;
use crate::client::url::Url;
use crossbeam_channel::Receiver;
use std::time::Duration;

/// A section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// What the opening handshake looks like when it arrives.
    Handshake,
    /// How long a silent connection lives.
    Idle,
    /// Whether events come as they happen.
    Stream,
    /// How large a message may be.
    Size,
    /// Who answers.
    Backends,
    /// What is left of a Close.
    Close,
}

impl Name {
    /// All of them, in the order in which they are run.
    pub const ALL: [Name; 6] = [Name::Handshake, Name::Idle, Name::Stream, Name::Size, Name::Backends, Name::Close];

    /// As it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Name::Handshake => "handshake",
            Name::Idle => "idle",
            Name::Stream => "stream",
            Name::Size => "size",
            Name::Backends => "backends",
            Name::Close => "close",
        }
    }

    /// Reads what [`Name::word`] writes.
    pub fn parse(text: &str) -> Result<Name, String> {
        let known = || Name::ALL.map(Name::word).join(", ");
        Name::ALL.into_iter().find(|name| name.word() == text).ok_or_else(|| format!("the sections are {}", known()))
    }
}

/// Everything that the command line chooses.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to: the URL of a WebSocket that echoes.
    pub url: Url,
    /// Which certificates are accepted.
    pub trust: Trust,
    /// What every opening handshake asks for.
    pub offer: Offer,
    /// The sections to run; none named: all.
    pub only: Vec<Name>,
    /// How long a silent connection is held.
    pub idle: Duration,
    /// How long a long poll is held.
    pub long_poll: Duration,
    /// Largest message to try, in bytes.
    pub max: u64,
    /// How many WebSockets, and how many requests, are made to see who answers.
    pub connections: usize,
    /// Whether to go on after that, until somebody stops it.
    pub watch: bool,
    /// Ends the watch: somebody sends, or drops the other end.
    pub stop: Receiver<()>,
    /// For the name, TCP, TLS and the answer of the server together, and for each answer after that.
    pub timeout: Duration,
}
