//! Everything about a server that can be chosen, with the defaults that the command line has too.

use crate::feed::redis::Address;
use crate::feed::ticker::Pace;
use crate::protocol::head;
use crate::protocol::upgrade::Policy;
use crate::wire::tap;
use std::time::Duration;

/// How a server is to run. Fields are named after the flags of the command line.
#[derive(Debug, Clone)]
pub struct Config {
    /// Addresses to listen on, as `host:port`. Port 0 lets the system choose.
    pub listen: Vec<String>,
    /// A name to greet with and to put before text echoes.
    pub name: Option<String>,
    /// Which origins are let in and which subprotocols are spoken.
    pub policy: Policy,
    /// Origins whose scripts may read what the feed answers (CORS); `*`: any. Empty: none, no field is sent.
    pub allow_origin: Vec<String>,
    /// Where the feed is kept, if not in this process.
    pub feed: Option<Address>,
    /// How long that place may take to answer.
    pub feed_timeout: Duration,
    /// How often the feed gets an event of its own. `None`: never.
    pub tick: Option<Pace>,
    /// What the moments and texts of these events are drawn from. `None`: another one each time.
    pub seed: Option<u64>,
    /// How many events are kept.
    pub feed_keep: usize,
    /// Longest text of an event in bytes.
    pub max_event: u64,
    /// Most threads that serve a connection: one each, and a second for one that events are pushed to.
    pub max_connections: usize,
    /// Largest WebSocket message in bytes, over all its fragments.
    pub max_message: u64,
    /// Largest request body in bytes.
    pub max_body: u64,
    /// Most connections that are watched, or counted by a token, at a time. Each takes up to 256 KiB for its frames, as much
    /// again while large ones are in the making, and for its opening handshake a few KiB from a browser, at most 160.
    pub max_watched: usize,
    /// Whether `/connections` tells addresses.
    pub show_peers: bool,
    /// Whether each connection begins with a header of the PROXY protocol, which names the client.
    pub proxy_protocol: bool,
    /// Whether the last hop of `X-Forwarded-For` names the client.
    pub behind_proxy: bool,
    /// Longest request head, most header fields.
    pub head: head::Limits,
    /// From the first byte of a request (or the start of the connection) to the end of its head and body.
    pub handshake_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub keep_alive_timeout: Duration,
    /// How long one write of events to a WebSocket may last while more than 64 wait.
    pub slow_timeout: Duration,
    /// Silence after which a WebSocket is pinged and a stream gets a comment. Zero: never.
    pub ping_interval: Duration,
    /// How long a Ping may stay unanswered.
    pub ping_timeout: Duration,
    /// How long a message may take from its first byte to its last.
    pub message_timeout: Duration,
    /// How long a peer may take to accept what is written, for each 256 KiB of it.
    pub write_timeout: Duration,
    /// How long a peer may take to end the connection once all is said.
    pub close_timeout: Duration,
    /// What is told about the bytes, and of whom.
    pub tap: tap::Settings,
}

impl Config {
    /// Whether the client is known by what a proxy says, and not by the connection.
    pub fn believes_proxies(&self) -> bool {
        self.proxy_protocol || self.behind_proxy
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: vec!["127.0.0.1:8080".to_owned()],
            name: None,
            policy: Policy::default(),
            allow_origin: Vec::new(),
            feed: None,
            feed_timeout: Duration::from_secs(2),
            tick: Some(Duration::from_millis(500)..=Duration::from_secs(3)),
            seed: None,
            feed_keep: 1000,
            max_event: 4 << 10,
            max_connections: 10_000,
            max_message: 16 << 20,
            max_body: 64 << 10,
            max_watched: 1000,
            show_peers: false,
            proxy_protocol: false,
            behind_proxy: false,
            head: head::Limits { max_head: 16 << 10, max_fields: 100 },
            handshake_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(60),
            slow_timeout: Duration::from_secs(1),
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            message_timeout: Duration::from_secs(300),
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            tap: tap::Settings::default(),
        }
    }
}
