//! What all clients of a transport have counted, as one column.

use super::publisher::{Publications, Published};
use super::scenario::Rate;
use super::tally::Tally;
use super::words;
use crate::client::Ledger;
use std::time::Duration;

/// A way to follow the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Asks once in this interval.
    ShortPoll(Duration),
    /// Asks and is kept waiting.
    LongPoll,
    /// An answer that does not end.
    Stream,
    /// Frames.
    WebSocket,
}

impl Kind {
    /// What stands above its column.
    pub fn label(&self) -> String {
        match self {
            Kind::ShortPoll(interval) => format!("poll {}", words::interval(*interval)),
            Kind::LongPoll => "long poll".to_owned(),
            Kind::Stream => "stream".to_owned(),
            Kind::WebSocket => "WebSocket".to_owned(),
        }
    }

    /// Its name for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::ShortPoll(_) => "short-poll",
            Kind::LongPoll => "long-poll",
            Kind::Stream => "stream",
            Kind::WebSocket => "websocket",
        }
    }
}

/// One scenario, measured.
#[derive(Debug, Clone)]
pub struct Round {
    /// How often.
    pub rate: Rate,
    /// How long publishing lasted.
    pub time: Duration,
    /// How many events were to be published.
    pub planned: u64,
    /// How many the server has confirmed.
    pub published: u64,
    /// How many were sent and not confirmed.
    pub refused: u64,
    /// An event's length as JSON, on average.
    pub event_bytes: f64,
    /// Each transport.
    pub columns: Vec<Column>,
}

/// One transport, over all its clients.
#[derive(Debug, Clone)]
pub struct Column {
    /// Which.
    pub kind: Kind,
    /// How many clients.
    pub clients: u64,
    /// Events received, ours and others'.
    pub events: u64,
    /// Those that somebody else published.
    pub foreign: u64,
    /// Our events that did not arrive.
    pub missed: u64,
    /// Whether every event's number was above the one before.
    pub in_order: bool,
    /// HTTP requests; an opening handshake is one.
    pub requests: u64,
    /// Answers without an event.
    pub empty: u64,
    /// Answers, or reads of a stream, with at least one event.
    pub deliveries: u64,
    /// Bytes of the heads of such answers, where they are answers to polls.
    pub heads_with_news: u64,
    /// TCP connections.
    pub connections: u64,
    /// Events of ours that came more than once.
    pub repeated: u64,
    /// How often a client was told that the log is another one.
    pub resets: u64,
    /// Events that the server said are gone, over all clients.
    pub gone: u64,
    /// Requests that had no answer yet when the round was over.
    pub held: u64,
    /// Connections or answers that failed before the end.
    pub lost: u64,
    /// Why the first of them did.
    pub first_error: Option<String>,
    /// Every byte.
    pub ledger: Ledger,
    /// How long our events took. `None`: none arrived.
    pub delay: Option<Delay>,
}

impl Column {
    /// What an event cost, everything included. `None`: none arrived.
    pub fn bytes_an_event(&self) -> Option<f64> {
        (self.events > 0).then(|| self.ledger.total() as f64 / self.events as f64)
    }

    /// Adds up the clients of a transport.
    pub fn of(kind: Kind, tallies: &[Tally<'_>], publications: &Publications) -> Column {
        let sum = |count: fn(&Tally<'_>) -> u64| tallies.iter().map(count).sum::<u64>();
        let mut ledger = Ledger::default();
        tallies.iter().for_each(|tally| ledger += tally.ledger);
        let mut delays: Vec<Duration> = tallies.iter().flat_map(|tally| delays(tally, publications)).collect();
        let clients = tallies.len() as u64;
        let due = clients * publications.confirmed().count() as u64;
        Column {
            kind,
            clients,
            events: sum(|tally| tally.events()),
            foreign: sum(|tally| tally.foreign),
            missed: due.saturating_sub(delays.len() as u64),
            in_order: sum(|tally| tally.disorder) == 0,
            requests: sum(|tally| tally.requests),
            empty: sum(|tally| tally.empty),
            deliveries: sum(|tally| tally.deliveries),
            heads_with_news: sum(|tally| tally.heads_with_news),
            connections: sum(|tally| tally.connections),
            repeated: sum(|tally| tally.repeated),
            resets: sum(|tally| tally.resets),
            gone: sum(|tally| tally.gone),
            held: sum(|tally| tally.held),
            lost: sum(|tally| tally.lost),
            first_error: tallies.iter().find_map(|tally| tally.first_error.clone()),
            ledger,
            delay: Delay::of(&mut delays),
        }
    }
}

/// From the instant before the POST was written to the instant at which the client had it. An event whose POST was not
/// confirmed has no such instant.
fn delays(tally: &Tally<'_>, publications: &Publications) -> Vec<Duration> {
    let delay = |(number, at): (&usize, &std::time::Instant)| -> Option<Duration> {
        let published: &Published = publications.events.get(*number)?.as_ref()?;
        Some(at.saturating_duration_since(published.at))
    };
    tally.arrivals.iter().filter_map(delay).collect()
}

/// How long events took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// Half of them took no longer.
    pub p50: Duration,
    /// Nineteen of twenty took no longer.
    pub p95: Duration,
    /// None took longer.
    pub max: Duration,
}

impl Delay {
    fn of(delays: &mut [Duration]) -> Option<Delay> {
        delays.sort_unstable();
        let max = *delays.last()?;
        Some(Delay { p50: percentile(delays, 50)?, p95: percentile(delays, 95)?, max })
    }
}

/// The smallest that at least so many of a hundred do not exceed (the nearest rank): always one that was measured.
fn percentile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_values() {
        let delays = |most: u64| (1..=most).map(Duration::from_millis).rev().collect::<Vec<_>>();
        let all =
            |most| Delay::of(&mut delays(most)).map(|Delay { p50, p95, max }| [p50, p95, max].map(|d| d.as_millis()));
        assert_eq!(all(100), Some([50, 95, 100]));
        assert_eq!(all(10), Some([5, 10, 10]));
        assert_eq!(all(1), Some([1, 1, 1]));
        assert_eq!(all(0), None);
    }
}
