//! One feed, four ways to follow it, at the same time: what each costs and how long each makes an event wait.
//!
//! ```text
//!   publisher ── POST /feed ──▶ server ──▶ short poll, every interval asked for
//!   (not in the table)                 ──▶ long poll
//!                                      ──▶ stream
//!                                      ──▶ WebSocket
//! ```
//!
//! **The clock.** All of it runs in one process. An event's delay is the time from the instant before its POST is written
//! to the instant at which a client has read its last byte, by one monotonic clock. The server's own time stamps are not
//! used: they are another machine's.
//!
//! **The start.** A marker is published, and every client begins behind its number; those that are held open are connected
//! before the first event. So all follow the same events.
//!
//! **The moments.** The time is cut into as many slots as there are events, and each event is published at a random moment
//! of its own slot. A strict beat would lock with the beat of a poll: once a second against once a second, every event of a
//! run would wait equally long, and another run would say something else.
//!
//! **The end.** Publishing stops; each client goes on until it has the last event, for at most the longest poll interval
//! and a second. What it has not by then is missed. What it reads and writes in that time counts: those are the bytes that
//! bring the last events. A request that is held then is cut off, and was paid for.
//!
//! Read [`scenario`] (how often), [`plan`] (what the threads share), [`publisher`], [`follower`] (one client), the
//! transports [`short_poll`], [`long_poll`], [`stream`], [`socket`], then [`tally`] (what one counted), [`figures`] (what
//! all counted), and how it is told: [`table`], [`bars`], [`reading`], [`json`].

pub mod bars;
pub mod failure;
pub mod figures;
pub mod follower;
pub mod json;
pub mod long_poll;
pub mod plan;
pub mod publisher;
pub mod reading;
pub mod round;
pub mod scenario;
pub mod short_poll;
pub mod socket;
pub mod stream;
pub mod table;
pub mod tally;
pub mod words;

pub use failure::Failure;
pub use figures::{Column, Kind, Round};
pub use scenario::Rate;

use crate::client::Url;
use crate::server::{self, Config, Handle, limits};
use std::time::Duration;

/// What is to be measured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The server; `None`: one of its own.
    pub url: Option<Url>,
    /// How long events are published for, in each scenario.
    pub time: Duration,
    /// A client that polls for each of them.
    pub poll_intervals: Vec<Duration>,
    /// A scenario for each of them.
    pub rates: Vec<Rate>,
    /// The length of an event's text.
    pub payload: usize,
    /// How many clients each transport has.
    pub clients: usize,
}

/// How far a scenario has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Which of the rates.
    pub scenario: usize,
    /// Since its first slot began.
    pub elapsed: Duration,
    /// Events that the server has confirmed.
    pub published: u64,
    /// Events that arrived, over all clients.
    pub received: u64,
    /// Whether publishing is over, and what is still due is waited for.
    pub waiting: bool,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct Report {
    /// What was asked for.
    pub settings: Settings,
    /// The server's URL.
    pub url: String,
    /// One for each rate.
    pub rounds: Vec<Round>,
}

/// Measures. `observe` is told about ten times a second how far it is.
pub fn run(settings: &Settings, observe: &mut dyn FnMut(Progress)) -> Result<Report, Failure> {
    let own = match settings.url {
        None => Some(own_server(settings)?),
        Some(_) => {
            limits::raise_fd_limit(connections(settings));
            None
        }
    };
    let text = own.as_ref().map(|handle| format!("http://{}", handle.addr));
    let url = match (&settings.url, &text) {
        (Some(url), _) => url.clone(),
        (None, text) => Url::parse(text.as_deref().unwrap_or_default()).map_err(Failure::new)?,
    };
    let mut rounds = Vec::new();
    for (scenario, rate) in settings.rates.iter().enumerate() {
        let mut observe = |progress: Progress| observe(Progress { scenario, ..progress });
        rounds.push(round::run(settings, &url, *rate, &mut observe)?);
    }
    let url = text.unwrap_or_else(|| format!("http://{}{}", url.authority, url.below("")));
    Ok(Report { settings: settings.clone(), url, rounds })
}

/// A server in this process. It publishes nothing by itself, and takes events as long as they were asked for.
fn own_server(settings: &Settings) -> Result<Handle, Failure> {
    let defaults = Config::default();
    let payload = settings.payload as u64;
    let config = Config {
        listen: vec!["127.0.0.1:0".to_owned()],
        tick: None,
        max_event: defaults.max_event.max(payload),
        max_body: defaults.max_body.max(payload),
        // The WebSocket's courier is a thread too, and those that were just left may still be ending.
        max_connections: 3 * connections(settings),
        ..defaults
    };
    server::start(config).map_err(|error| Failure::new(format!("no server could be started: {error}")))
}

fn connections(settings: &Settings) -> usize {
    settings.clients * (settings.poll_intervals.len() + 3) + 1
}
