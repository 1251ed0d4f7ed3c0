//! The rim: sockets and threads.
//!
//! ```text
//! accept ─▶ thread "ws-17"
//!   read ─▶ eyes ─▶ head? ── need more ─▶ read
//!                    │
//!                  route ──▶ plain answer ─▶ write ─▶ next request on the same connection
//!                    │
//!                  upgrade ─▶ refused: status and why, in the body and in the log
//!                    │
//!                   101, then: read ─▶ eyes ─▶ session.receive ─▶ for each event: reply
//!                                ─▶ session.bytes_to_send ─▶ write ─▶ eyes ─▶ read ...
//! ```
//!
//! The [eyes](crate::wire::eyes) are the log's, and those of a page that watches.
//!
//! One thread a connection, which blocks in `read`; a second one where events are pushed. [`start`] runs a server inside
//! any program; what it gives back stops it again.
//!
//! Read in this order: [`config`], [`listener`] (accept, limits, threads), [`client`] (whom proxies name), [`connection`]
//! (one request after another), [`plan`] (what a request gets), [`route`], [`pages`], [`site`] (the page's files), [`refuse`],
//! [`inspect`] (how a request arrived), [`conversation`] (frames), [`endpoint`] (what is replied), [`deliver`] (the feed, in
//! four ways), [`event_stream`], [`watches`] and [`watching`] (a page that sees its own connection), [`outbound`] (the write
//! half), [`registry`] and [`metrics`] (who is here, what was counted), [`connections`] (both, for the page), [`ending`] (of a
//! connection), [`drain`] (of the server).

pub mod buffer;
pub mod client;
pub mod config;
pub mod connection;
pub mod connections;
pub mod conversation;
pub mod cors;
pub mod deliver;
pub mod drain;
pub mod ending;
pub mod endpoint;
pub mod event_stream;
pub mod inspect;
pub mod limits;
pub mod listener;
pub mod metrics;
pub mod outbound;
pub mod pages;
pub mod plan;
pub mod refuse;
pub mod registry;
pub mod route;
pub mod site;
pub mod socket;
pub mod watches;
pub mod watching;

pub use config::Config;
pub use drain::Handle;

use crate::feed::redis::{self, Link};
use crate::feed::ticker::Ticker;
use crate::feed::{Publisher, Source};
use deliver::Feed;
use deliver::encoded::Encoded;
use log::info;
use metrics::Metrics;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use registry::Registry;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use watches::Watches;

/// What a name may not have as it is in a field's value: it is percent-encoded there. Bytes that are not ASCII always are.
const UNSAFE_IN_A_FIELD: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// What all threads of one server share.
#[derive(Debug)]
pub struct Server {
    /// How it was started.
    pub config: Config,
    /// Who is connected.
    pub registry: Registry,
    /// What was counted.
    pub metrics: Metrics,
    /// Who watches.
    pub watches: Watches,
    /// The events, and who waits for them.
    pub feed: Arc<Feed>,
    /// Where events go in.
    pub publisher: Publisher<Encoded>,
    draining: AtomicBool,
    stopped: AtomicBool,
}

impl Server {
    /// Whether a stop has begun: nothing new is started, `/readyz` says 503.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Which backend answers: a field that is in common use, in every response of a server that has a name. Its value is
    /// ASCII without blanks, whatever the name is.
    pub fn served_by(&self) -> Option<(&'static str, String)> {
        let name = self.config.name.as_deref()?;
        Some(("X-Served-By", utf8_percent_encode(name, UNSAFE_IN_A_FIELD).to_string()))
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

/// Starts a server: binds every address of `config.listen` and accepts in threads of their own. It runs until the
/// handle is stopped or dropped.
pub fn start(config: Config) -> io::Result<Handle> {
    limits::raise_fd_limit(config.max_connections);
    let sockets = listener::bind_all(&config.listen)?;
    log_policy(&config.policy.origins);
    let (feed, publisher, link) = feed(&config)?;
    let ticker = match &config.tick {
        Some(pace) => Some(Ticker::start(publisher.clone(), pace.clone(), config.seed)?),
        None => None,
    };
    let server = Arc::new(Server {
        watches: Watches::new(config.max_watched),
        config,
        registry: Registry::default(),
        metrics: Metrics::default(),
        feed,
        publisher,
        draining: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
    });
    Handle::accept_on(server, sockets, ticker, link)
}

/// The feed, who publishes on it, and what keeps it level with a log elsewhere.
fn feed(config: &Config) -> io::Result<(Arc<Feed>, Publisher<Encoded>, Option<Link>)> {
    let Some(address) = config.feed.clone() else {
        let feed = Arc::new(Feed::new(config.feed_keep, Source::here(), Encoded::new));
        return Ok((Arc::clone(&feed), Publisher::Here(feed), None));
    };
    let feed = Arc::new(Feed::new(config.feed_keep, Source::elsewhere(), Encoded::new));
    let (keep, longest, timeout) = (config.feed_keep, config.max_event, config.feed_timeout);
    let (link, writer) = redis::start(&feed, redis::Settings { address, keep, longest, timeout })?;
    Ok((Arc::clone(&feed), Publisher::Redis(feed, writer), Some(link)))
}

/// Said before the first connection, since it is about all of them.
fn log_policy(origins: &[String]) {
    if origins.is_empty() {
        info!(
            "server = any Origin is let in: every page that a visitor of this machine opens may connect \
             (--origin narrows that; RFC 6455 s10.2)"
        );
    } else {
        info!("server = pages from {} may connect; clients that are no browsers always may", origins.join(", "));
    }
}
