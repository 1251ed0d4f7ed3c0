//! The options of the server, and what they mean to it.

use super::values::{
    Feed, address, duration, duration_or_zero, feed, feed_pace, head_size, name, origin, origin_or_any, path, size,
    token,
};
use crate::feed::ticker::Pace;
use crate::protocol::head::Limits;
use crate::protocol::upgrade::Policy;
use crate::server::Config;
use crate::wire::tap::Settings;
use clap::Args;
use clap::builder::BoolishValueParser;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A pace or none. clap would take a plain `Option` for "may be left out".
type MaybePace = Option<Pace>;

/// Options of the server.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address to listen on; repeatable. Port 0: the system chooses
    #[arg(long, value_name = "HOST:PORT", env = "WS101_LISTEN", value_delimiter = ',', default_value = "127.0.0.1:8080", value_parser = address)]
    pub listen: Vec<String>,

    /// Greet with this name and put it before text echoes, to tell backends apart; `host`: the host's name
    #[arg(long, env = "WS101_NAME", value_parser = name)]
    pub name: Option<String>,

    /// Origin whose pages may connect, as https://example.org; repeatable. Default: any
    #[arg(long, env = "WS101_ORIGIN", value_delimiter = ',', value_parser = origin)]
    pub origin: Vec<String>,

    /// Subprotocol to accept when it is offered; repeatable
    #[arg(long, value_name = "NAME", env = "WS101_SUBPROTOCOL", value_delimiter = ',', value_parser = token)]
    pub subprotocol: Vec<String>,

    /// Origin whose scripts may read the feed's answers (CORS), or * for any; repeatable. Default: none
    #[arg(long, value_name = "ORIGIN", env = "WS101_ALLOW_ORIGIN", value_delimiter = ',', value_parser = origin_or_any)]
    pub allow_origin: Vec<String>,

    /// Where the feed is kept: memory, or redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], for many servers together
    #[arg(long, value_name = "WHERE", env = "WS101_FEED", hide_env_values = true, default_value = "memory", value_parser = feed)]
    pub feed: Feed,

    /// Time the feed's Redis may take to answer
    #[arg(long, value_name = "TIME", env = "WS101_FEED_TIMEOUT", default_value = "2s", value_parser = duration)]
    pub feed_timeout: Duration,

    /// Moments at which the feed gets an event of its own: after a random time in LOW..HIGH, or off. Default: 500ms..3s, and
    /// off with Redis
    #[arg(long, value_name = "LOW..HIGH", env = "WS101_TICK", value_parser = feed_pace)]
    pub tick: Option<MaybePace>,

    /// Number that makes the moments and texts of these events the same each time
    #[arg(long, value_name = "N", env = "WS101_SEED")]
    pub seed: Option<u64>,

    /// How many of the feed's events are kept for readers that come later
    #[arg(long, value_name = "N", env = "WS101_FEED_KEEP", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub feed_keep: u32,

    /// Longest text of an event
    #[arg(long, value_name = "SIZE", env = "WS101_MAX_EVENT", default_value = "4KiB", value_parser = size)]
    pub max_event: u64,

    /// Most connections at a time, a thread each, and a second where events are pushed
    #[arg(long, value_name = "N", env = "WS101_MAX_CONNECTIONS", default_value = "10000", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,

    /// Largest message, over all its fragments
    #[arg(long, value_name = "SIZE", env = "WS101_MAX_MESSAGE", default_value = "16MiB", value_parser = size)]
    pub max_message: u64,

    /// Longest request head
    #[arg(long, value_name = "SIZE", env = "WS101_MAX_HEAD", default_value = "16KiB", value_parser = head_size)]
    pub max_head: u64,

    /// Most header fields in a request
    #[arg(long, value_name = "N", env = "WS101_MAX_FIELDS", default_value = "100", value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub max_fields: u16,

    /// Largest request body
    #[arg(long, value_name = "SIZE", env = "WS101_MAX_BODY", default_value = "64KiB", value_parser = size)]
    pub max_body: u64,

    /// Most connections watched by a page at a time, each with up to 256 KiB of frames; 0: none
    #[arg(long, value_name = "N", env = "WS101_MAX_WATCHED", default_value = "1000")]
    pub max_watched: u32,

    /// Tell addresses of clients at /connections
    #[arg(long, env = "WS101_SHOW_PEERS", value_parser = BoolishValueParser::new())]
    pub show_peers: bool,

    /// Take the last address in X-Forwarded-For for the client's. Only behind a proxy that adds it
    #[arg(long, env = "WS101_BEHIND_PROXY", value_parser = BoolishValueParser::new())]
    pub behind_proxy: bool,

    /// Expect a PROXY protocol header, version 1 or 2, before the first byte of each connection
    #[arg(long, env = "WS101_PROXY_PROTOCOL", value_parser = BoolishValueParser::new())]
    pub proxy_protocol: bool,

    /// Time for a request head to be complete
    #[arg(long, value_name = "TIME", env = "WS101_HANDSHAKE_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub handshake_timeout: Duration,

    /// Time an HTTP connection may wait for its next request
    #[arg(long, value_name = "TIME", env = "WS101_KEEP_ALIVE_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub keep_alive_timeout: Duration,

    /// Silence after which a WebSocket is pinged, and a stream gets a comment; 0: never
    #[arg(long, value_name = "TIME", env = "WS101_PING_INTERVAL", default_value = "20s", value_parser = duration_or_zero)]
    pub ping_interval: Duration,

    /// Silence after a Ping that ends the connection
    #[arg(long, value_name = "TIME", env = "WS101_PING_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub ping_timeout: Duration,

    /// Time for a message to be complete
    #[arg(long, value_name = "TIME", env = "WS101_MESSAGE_TIMEOUT", default_value = "5m", value_parser = duration)]
    pub message_timeout: Duration,

    /// Time one write of events to a WebSocket may last while more than 64 wait
    #[arg(long, value_name = "TIME", env = "WS101_SLOW_TIMEOUT", default_value = "1s", value_parser = duration)]
    pub slow_timeout: Duration,

    /// Time a client may take to accept what is written
    #[arg(long, value_name = "TIME", env = "WS101_WRITE_TIMEOUT", default_value = "10s", value_parser = duration)]
    pub write_timeout: Duration,

    /// Time a client may take to end TCP once all is said
    #[arg(long, value_name = "TIME", env = "WS101_CLOSE_TIMEOUT", default_value = "5s", value_parser = duration)]
    pub close_timeout: Duration,

    /// Time to end all connections after Ctrl-C or SIGTERM; a second signal ends at once
    #[arg(long, value_name = "TIME", env = "WS101_GRACE", default_value = "10s", value_parser = duration_or_zero)]
    pub grace: Duration,

    /// Show watch tokens and values of Authorization, Proxy-Authorization, Cookie and Set-Cookie in the log instead of stars
    #[arg(long, env = "WS101_SHOW_SECRETS", value_parser = BoolishValueParser::new())]
    pub show_secrets: bool,

    /// Bytes of a payload shown at trace; 0: all
    #[arg(long, value_name = "N", env = "WS101_DUMP_BYTES", default_value = "256")]
    pub dump_bytes: usize,

    /// Show debug and trace lines of connections to this path only; repeatable
    #[arg(long, value_name = "PATH", env = "WS101_TRACE_PATH", value_delimiter = ',', value_parser = path)]
    pub trace_path: Vec<String>,

    /// Show debug and trace lines of connections from this address only; repeatable
    #[arg(long, value_name = "ADDR", env = "WS101_TRACE_PEER", value_delimiter = ',')]
    pub trace_peer: Vec<IpAddr>,

    /// Write the log to this file (appended to) instead of stderr
    #[arg(long, value_name = "FILE", env = "WS101_LOG_FILE")]
    pub log_file: Option<PathBuf>,
}

impl Serve {
    /// The server's configuration.
    pub fn config(&self) -> Config {
        let options = self.clone();
        let feed = options.feed.ok().flatten();
        Config {
            listen: options.listen,
            name: options.name,
            policy: Policy { origins: options.origin, subprotocols: options.subprotocol },
            allow_origin: options.allow_origin,
            tick: options.tick.unwrap_or_else(|| if feed.is_some() { None } else { Config::default().tick }),
            feed,
            feed_timeout: options.feed_timeout,
            seed: options.seed,
            feed_keep: options.feed_keep as usize,
            max_event: options.max_event,
            max_connections: options.max_connections as usize,
            max_message: options.max_message,
            max_body: options.max_body,
            max_watched: options.max_watched as usize,
            show_peers: options.show_peers,
            behind_proxy: options.behind_proxy,
            proxy_protocol: options.proxy_protocol,
            head: Limits { max_head: options.max_head as usize, max_fields: usize::from(options.max_fields) },
            handshake_timeout: options.handshake_timeout,
            keep_alive_timeout: options.keep_alive_timeout,
            ping_interval: options.ping_interval,
            ping_timeout: options.ping_timeout,
            message_timeout: options.message_timeout,
            slow_timeout: options.slow_timeout,
            write_timeout: options.write_timeout,
            close_timeout: options.close_timeout,
            tap: Settings {
                paths: options.trace_path,
                peers: options.trace_peer.iter().map(IpAddr::to_canonical).collect(),
                dump_bytes: options.dump_bytes,
                show_secrets: options.show_secrets,
            },
        }
    }
}
