//! What was counted since the start, as text for Prometheus (`GET /metrics`).
//!
//! A connection counts its own messages and bytes ([`Traffic`]) so that no two threads write to one number; what it
//! counted is added here when it ends, and a scrape adds up those that live.

use super::outbound::Locked;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Messages and bytes of one connection, or of all that have ended.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Messages received.
    pub messages_in: AtomicU64,
    /// Messages sent.
    pub messages_out: AtomicU64,
    /// Bytes read from the socket, heads included.
    pub bytes_in: AtomicU64,
    /// Bytes written to the socket, heads included.
    pub bytes_out: AtomicU64,
}

impl Traffic {
    /// Adds to one of the numbers.
    pub fn add(counter: &AtomicU64, more: u64) {
        counter.fetch_add(more, Ordering::Relaxed);
    }

    /// Counts messages received and sent.
    pub fn count_messages(&self, received: u64, sent: u64) {
        Traffic::add(&self.messages_in, received);
        Traffic::add(&self.messages_out, sent);
    }

    /// The four numbers: messages in and out, bytes in and out.
    pub fn read(&self) -> [u64; 4] {
        [&self.messages_in, &self.messages_out, &self.bytes_in, &self.bytes_out].map(|n| n.load(Ordering::Relaxed))
    }

    fn add_all(&self, other: &Traffic) {
        let [messages_in, messages_out, bytes_in, bytes_out] = other.read();
        Traffic::add(&self.messages_in, messages_in);
        Traffic::add(&self.messages_out, messages_out);
        Traffic::add(&self.bytes_in, bytes_in);
        Traffic::add(&self.bytes_out, bytes_out);
    }
}

/// Who sent the Close that ended a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClosedBy {
    /// The peer.
    Client,
    /// This program.
    Server,
}

/// The counters of a server.
#[derive(Debug, Default)]
pub struct Metrics {
    connections: AtomicU64,
    upgrades: AtomicU64,
    ended: Traffic,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    /// By who closed and code. `None` stands for a Close without a code and is shown as 1005, an end without any Close
    /// as 1006 (RFC 6455 s7.1.5). At most as many rows as there are codes that may travel.
    closed: Mutex<BTreeMap<(ClosedBy, u16), u64>>,
}

impl Metrics {
    /// Counts a connection accepted.
    pub fn count_connection(&self) {
        Traffic::add(&self.connections, 1);
    }

    /// Counts an opening handshake granted.
    pub fn count_upgrade(&self) {
        Traffic::add(&self.upgrades, 1);
    }

    /// Counts a refusal under its one-word reason.
    pub fn count_refusal(&self, reason: &'static str) {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner).entry(reason).or_default() += 1;
    }

    /// Counts the end of a WebSocket, unless it was counted before.
    pub fn count_close(&self, half: &mut Locked<'_>, by: ClosedBy, code: u16) {
        if half.end_is_new() {
            self.add_close(by, code);
        }
    }

    fn add_close(&self, by: ClosedBy, code: u16) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner).entry((by, code)).or_default() += 1;
    }

    /// Takes over what a connection has counted.
    pub fn add_ended(&self, traffic: &Traffic) {
        self.ended.add_all(traffic);
    }

    /// The text of `/metrics`. `open` are the connections that live.
    pub fn text<'a>(&self, open: impl Iterator<Item = &'a Traffic>) -> String {
        let sum = Traffic::default();
        sum.add_all(&self.ended);
        let mut count = 0;
        for traffic in open {
            count += 1;
            sum.add_all(traffic);
        }
        let mut text = Text::default();
        text.family("ws101_connections_open", "gauge", "Connections at this moment.", [(String::new(), count)]);
        self.totals(&mut text);
        let [messages_in, messages_out, bytes_in, bytes_out] = sum.read();
        let messages = [(label("direction", "in"), messages_in), (label("direction", "out"), messages_out)];
        text.family("ws101_messages_total", "counter", "WebSocket messages.", messages);
        let bytes = [(label("direction", "in"), bytes_in), (label("direction", "out"), bytes_out)];
        text.family("ws101_bytes_total", "counter", "Bytes on the sockets, heads and frame headers included.", bytes);
        self.reasons(&mut text);
        text.0
    }

    fn totals(&self, text: &mut Text) {
        let connections = [(String::new(), self.connections.load(Ordering::Relaxed))];
        text.family("ws101_connections_total", "counter", "Connections accepted.", connections);
        let upgrades = [(String::new(), self.upgrades.load(Ordering::Relaxed))];
        text.family("ws101_upgrades_total", "counter", "Opening handshakes granted.", upgrades);
    }

    fn reasons(&self, text: &mut Text) {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows = refused.into_iter().map(|(reason, n)| (label("reason", reason), n));
        text.family("ws101_refusals_total", "counter", "Requests and handshakes refused, by reason.", rows);
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let rows = closed.into_iter().map(|((by, code), n)| {
            let by = if by == ClosedBy::Client { "client" } else { "server" };
            (format!("{{by=\"{by}\",code=\"{code}\"}}"), n)
        });
        let help = "WebSockets ended, by who sent the first Close and its code; 1005: no code, 1006: no Close.";
        text.family("ws101_closes_total", "counter", help, rows);
    }
}

/// The rows of the feed: events published, and polls, streams and WebSockets that wait for the next one.
pub fn of_feed(events: u64, waiting: u64) -> String {
    let mut text = Text::default();
    text.family("ws101_feed_events_total", "counter", "Events published.", [(String::new(), events)]);
    let help = "Held polls, streams and WebSockets that wait for the next event.";
    text.family("ws101_feed_waiting", "gauge", help, [(String::new(), waiting)]);
    text.0
}

/// The row of a feed that is kept elsewhere.
pub fn of_source(is_up: bool) -> String {
    let mut text = Text::default();
    let help = "Whether the place that the feed is kept in can be reached.";
    text.family("ws101_feed_source_up", "gauge", help, [(String::new(), u64::from(is_up))]);
    text.0
}

/// Prometheus' text format: HELP, TYPE, and a line a value.
#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str, rows: impl IntoIterator<Item = (String, u64)>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
    }
}

fn label(name: &str, value: &str) -> String {
    format!("{{{name}=\"{value}\"}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_adds_up_what_lives_and_what_has_ended() {
        let metrics = Metrics::default();
        let (one, two) = (Traffic::default(), Traffic::default());
        Traffic::add(&one.messages_in, 3);
        Traffic::add(&two.messages_in, 4);
        metrics.add_ended(&one);
        metrics.count_refusal("no-upgrade");
        metrics.add_close(ClosedBy::Client, 1000);
        let text = metrics.text([&two].into_iter());
        for line in [
            "ws101_connections_open 1",
            "ws101_messages_total{direction=\"in\"} 7",
            "ws101_refusals_total{reason=\"no-upgrade\"} 1",
            "ws101_closes_total{by=\"client\",code=\"1000\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
    }
}
