//! One log for many servers: a stream in Redis, of which each server's log is a copy.
//!
//! ```text
//! this server                                          Redis, the stream ws101:feed
//!   publisher ─▶ writer ── a script: next number, add ──▶ 41-0 at … text … mark … prev …
//!                                                         42-0 at … text … mark … prev …
//!   hub.log  ◀── follower ◀──────── XREAD BLOCK ────────┘
//! ```
//!
//! A number is the first half of an entry's id, so it is the same on every server, and Redis itself refuses one that
//! was used before. Each entry has a mark of its own and names that of the entry before. A stream that came back empty, or
//! as it was an hour ago, breaks that chain: then numbers go on beyond all that were seen, and every reader is told a
//! gap. Nothing of this is known to the hub's readers: they follow the log as if it were at home.
//!
//! Read [`address`], then [`entry`] (an event as Redis has it) and [`chain`] (what follows from the next one), both pure;
//! [`mod@line`] (a connection to Redis with deadlines, and the two scripts), [`follower`] and [`writer`] (a thread each).

pub mod address;
pub mod chain;
pub mod entry;
pub mod follower;
pub mod line;
pub mod writer;

pub use address::Address;

use super::hub::Hub;
use crate::wire::escape;
use crossbeam_channel::{Sender, bounded};
use follower::Follower;
use line::{Line, Trouble};
use log::info;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use writer::Writer;

/// The key of the stream.
pub const STREAM: &str = "ws101:feed";

/// How to follow a stream.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where Redis is.
    pub address: Address,
    /// How many events are kept, here and there.
    pub keep: usize,
    /// Longest text that is handed out, in bytes. Somebody else may have written a longer one.
    pub longest: u64,
    /// How long Redis may take to answer.
    pub timeout: Duration,
}

/// A followed stream. Dropping it ends the follower, at the latest when Redis has answered it or has not in time.
#[derive(Debug)]
pub struct Link {
    /// Nothing is ever sent: its end is the sign.
    _alive: Sender<()>,
}

/// Takes over what the stream has, and follows it in a thread from then on. The writer that comes with it publishes there.
pub fn start<E: Send + Sync + 'static>(hub: &Arc<Hub<E>>, settings: Settings) -> io::Result<(Link, Writer)> {
    let address = settings.address.clone();
    let unusable = |trouble: Trouble| io::Error::other(trouble.at_start(&address));
    let mut line = Line::open(&settings).map_err(unusable)?;
    let connections = Arc::new(AtomicU64::new(1));
    let mut follower = Follower::new(Arc::clone(hub), settings.clone(), Arc::clone(&connections));
    follower.catch_up(&mut line).map_err(unusable)?;
    info!("feed = {address}, stream {STREAM}; the last event is {}", hub.last());
    let (alive, stopped) = bounded(0);
    follower.spawn(line, stopped)?;
    let writer = Writer::start(settings, Arc::clone(hub), connections)?;
    Ok((Link { _alive: alive }, writer))
}

impl Trouble {
    /// For who starts a server that can't have its feed.
    fn at_start(&self, address: &Address) -> String {
        match self {
            Trouble::Away(why) => format!(
                "no Redis at {address}: {why}\n  Start one (apt install redis-server; redis-server), or leave --feed out: \
                 then the feed is kept in memory."
            ),
            Trouble::Refused(why) => format!("the Redis at {address} can't keep the feed: {why}"),
        }
    }
}

/// What Redis or the network said, for a log and for an answer: escaped, in one line, and not too long.
fn shown(error: &redis::RedisError) -> String {
    const MOST: usize = 200;
    let words: String = error.to_string().chars().take(MOST).collect();
    escape::text(words.as_bytes())
}
