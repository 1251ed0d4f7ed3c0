//! A reader for each of the feed's four transports. All give the same: event after event, and what is told about those
//! that are gone.
//!
//! They are strict. What is not exactly as the server means to write it (a blank, another order of keys, half a record)
//! fails the test that reads it.

use super::peer::{Peer, handshake};
use super::wait_until;
use serde_json::Value;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use ws101::server::Config;

/// A server whose feed says only what it is told.
pub fn quiet() -> Config {
    Config { tick: None, ..Config::default() }
}

/// Publishes by `POST`, on a connection of its own: the event as JSON.
pub fn post(addr: SocketAddr, text: impl AsRef<[u8]>) -> String {
    let response = Peer::ask(addr, post_request(text.as_ref()));
    assert_eq!((response.status.as_str(), response.field("Content-Type")), ("200 OK", "application/json"));
    let json = response.text().strip_suffix('\n').expect("a line");
    assert!(matches!(item(json), Item::Event { .. }), "{json}");
    json.to_owned()
}

/// The request that publishes this.
pub fn post_request(text: &[u8]) -> Vec<u8> {
    let head = format!("POST /feed HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", text.len());
    [head.as_bytes(), text].concat()
}

/// Waits until so many follow the log: then what is published next reaches them all.
pub fn wait_for_readers(addr: SocketAddr, count: usize) {
    let line = format!("ws101_feed_waiting {count}\n");
    wait_until("all readers are there", || Peer::get(addr, "/metrics").text().contains(&line));
}

/// A request without a body, and with more header lines if there are any.
pub fn request(target: &str, lines: &[&str]) -> String {
    let more: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n")
}

/// What a stream begins with, in its chunk, for a reader that has this number.
pub fn beginning_of_stream(has: u64) -> Vec<u8> {
    let text = format!("retry: 1000\nid: {has}\n\n");
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

/// What a reader of the feed is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Event { id: u64, at: u64, text: String },
    Gap { from: u64, to: u64 },
    Reset { after: u64, last: u64 },
}

impl Item {
    /// The number that a reader has with it.
    pub fn reached(&self) -> u64 {
        match self {
            Item::Event { id, .. } => *id,
            Item::Gap { to, .. } => *to,
            Item::Reset { .. } => 0,
        }
    }

    /// An event's text.
    pub fn text(&self) -> &str {
        let Item::Event { text, .. } = self else { panic!("no event: {self:?}") };
        text
    }

    fn json(&self) -> String {
        match self {
            Item::Event { id, at, text } => {
                format!("{{\"id\":{id},\"at\":{at},\"text\":{}}}", Value::from(text.as_str()))
            }
            Item::Gap { from, to } => format!("{{\"gap\":{{\"from\":{from},\"to\":{to}}}}}"),
            Item::Reset { after, last } => format!("{{\"reset\":{{\"after\":{after},\"last\":{last}}}}}"),
        }
    }
}

/// An item from its JSON.
pub fn item(json: &str) -> Item {
    let item = item_of(&value(json));
    assert!(item.json() == json, "not as it is meant to be written: {}", beginning(json));
    item
}

/// The items of a poll's answer.
pub fn items(body: &str) -> Vec<Item> {
    let Value::Array(values) = value(body) else { panic!("no array: {}", beginning(body)) };
    let items: Vec<Item> = values.iter().map(item_of).collect();
    let written: Vec<String> = items.iter().map(Item::json).collect();
    assert!(body == format!("[{}]\n", written.join(",")), "not as it is meant to be written: {}", beginning(body));
    items
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {}", beginning(json)))
}

/// What of a text is shown: some are long.
fn beginning(text: &str) -> String {
    text.chars().take(300).collect()
}

fn item_of(value: &Value) -> Item {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no number in {value}"));
    if let Some(gap) = value.get("gap") {
        Item::Gap { from: number(&gap["from"]), to: number(&gap["to"]) }
    } else if let Some(reset) = value.get("reset") {
        Item::Reset { after: number(&reset["after"]), last: number(&reset["last"]) }
    } else {
        let text = value["text"].as_str().unwrap_or_else(|| panic!("no text in {value}"));
        Item::Event { id: number(&value["id"]), at: number(&value["at"]), text: text.to_owned() }
    }
}

/// A record of a stream, as item.
fn record(record: &str) -> Item {
    let lines: Vec<&str> = record.trim_end().lines().collect();
    let (item, id) = match lines[..] {
        [id, data] => (item(data.strip_prefix("data: ").expect("data")), id),
        [event, id, data] => {
            let name = event.strip_prefix("event: ").expect("a name");
            (item(&format!("{{\"{name}\":{}}}", data.strip_prefix("data: ").expect("data"))), id)
        }
        _ => panic!("no record: {:?}", beginning(record)),
    };
    assert_eq!(id, format!("id: {}", item.reached()));
    item
}

/// How events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    ShortPoll,
    LongPoll,
    Stream,
    Socket,
}

pub const ALL: [Transport; 4] = [Transport::ShortPoll, Transport::LongPoll, Transport::Stream, Transport::Socket];

/// A reader of the feed that knows where it is.
pub struct Follower {
    pub transport: Transport,
    addr: SocketAddr,
    pub peer: Peer,
    has: u64,
    waiting: VecDeque<Item>,
    /// Of a stream: what has come and is no whole record yet.
    cut: String,
    visits: usize,
}

impl Follower {
    /// Begins after the event with this number.
    pub fn new(transport: Transport, addr: SocketAddr, after: u64) -> Follower {
        Follower::over(Peer::connect(addr), transport, after)
    }

    /// The same over a connection that is there already.
    pub fn over(peer: Peer, transport: Transport, after: u64) -> Follower {
        let (addr, waiting, cut) = (peer.server(), VecDeque::new(), String::new());
        let mut follower = Follower { transport, addr, peer, has: after, waiting, cut, visits: 0 };
        follower.begin();
        follower
    }

    /// The number of the last item it gave.
    pub fn has(&self) -> u64 {
        self.has
    }

    /// The next item, however long it takes to come.
    pub fn next(&mut self) -> Item {
        self.try_next().unwrap_or_else(|error| panic!("{:?} after {}: {error}", self.transport, self.has))
    }

    /// The next item, or the end of the connection. A Close is an end, too.
    pub fn try_next(&mut self) -> io::Result<Item> {
        let mut found = Ok(());
        wait_until("an item of the feed", || {
            if found.is_ok() && self.waiting.is_empty() {
                found = self.hear();
            }
            found.is_err() || !self.waiting.is_empty()
        });
        found?;
        let item = self.waiting.pop_front().expect("an item");
        self.has = item.reached();
        Ok(item)
    }

    /// So many items.
    pub fn take(&mut self, count: usize) -> Vec<Item> {
        (0..count).map(|_| self.next()).collect()
    }

    /// Drops its connection, with all that was on its way, and comes back with its last number. It leaves in one of the
    /// ways in which clients leave.
    pub fn come_back(&mut self) {
        self.visits += 1;
        let mut old = std::mem::replace(&mut self.peer, Peer::connect(self.addr));
        match (self.visits % 3, self.transport) {
            (0, _) => old.reset(),
            // It may have been closed already.
            (1, Transport::Socket) => drop(old.try_send(b"\x88\x82\0\0\0\0\x03\xe8")),
            _ => drop(old),
        }
        self.waiting.clear();
        self.cut.clear();
        self.begin();
    }

    fn begin(&mut self) {
        let has = self.has;
        match self.transport {
            Transport::ShortPoll | Transport::LongPoll => {}
            Transport::Stream if self.visits.is_multiple_of(2) => {
                self.peer.send(request(&format!("/feed/stream?after={has}"), &[]));
                self.begin_stream();
            }
            // As a browser comes back: with the address it has always had.
            Transport::Stream => {
                self.peer.send(request("/feed/stream?after=0", &[&format!("Last-Event-ID: {has}")]));
                self.begin_stream();
            }
            Transport::Socket => {
                self.peer.send(handshake(&format!("/feed/ws?after={has}"), &[]));
                self.peer.expect_101();
            }
        }
    }

    fn begin_stream(&mut self) {
        let head = self.peer.head();
        assert_eq!((head.status.as_str(), head.field("Content-Type")), ("200 OK", "text/event-stream"));
        let id = self.has.to_string();
        assert_eq!((head.field("Transfer-Encoding"), head.field("Feed-Last-Id")), ("chunked", id.as_str()));
        self.peer.expect(&beginning_of_stream(self.has));
    }

    /// Takes in whatever comes next: nothing, one item or many.
    fn hear(&mut self) -> io::Result<()> {
        let has = self.has;
        match self.transport {
            Transport::ShortPoll => self.poll(&format!("/feed/poll?after={has}")),
            Transport::LongPoll => self.poll(&format!("/feed/long-poll?after={has}&wait=60s")),
            Transport::Stream => self.hear_stream()?,
            Transport::Socket => self.hear_socket()?,
        }
        Ok(())
    }

    fn poll(&mut self, target: &str) {
        self.peer.send(request(target, &[]));
        let response = self.peer.response();
        if response.status == "200 OK" {
            self.waiting.extend(items(response.text()));
        } else {
            assert_eq!(response.status, "204 No Content");
        }
        let reached = self.waiting.back().map_or(self.has, Item::reached);
        assert_eq!(response.field("Feed-Last-Id"), reached.to_string());
    }

    fn hear_stream(&mut self) -> io::Result<()> {
        let chunk = self.peer.chunk()?;
        if chunk.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the last chunk"));
        }
        self.cut.push_str(std::str::from_utf8(&chunk).expect("whole characters in a chunk"));
        while let Some(end) = self.cut.find("\n\n") {
            let rest = self.cut.split_off(end + 2);
            let part = std::mem::replace(&mut self.cut, rest);
            if part != ": still here\n\n" {
                self.waiting.push_back(record(&part));
            }
        }
        Ok(())
    }

    fn hear_socket(&mut self) -> io::Result<()> {
        match self.peer.frame()? {
            (0x81, payload) => self.waiting.push_back(item(std::str::from_utf8(&payload).expect("UTF-8"))),
            (0x89, _) => {} // who is pinged and stays silent will be closed one day
            (0x88, payload) => {
                let why = String::from_utf8_lossy(&payload[2..]).into_owned();
                return Err(io::Error::new(io::ErrorKind::ConnectionAborted, why));
            }
            (first, payload) => panic!("a frame {first:02x} of {} bytes", payload.len()),
        }
        Ok(())
    }
}

/// How long nothing must come. For what must not happen: the only waits here that are always waited for.
const SILENCE: Duration = Duration::from_millis(250);

/// Whether nothing comes for a while.
pub fn stays_silent(peer: &mut Peer) -> bool {
    all_stay_silent([peer])
}

/// The same for several, in the same while.
pub fn all_stay_silent<'a>(peers: impl IntoIterator<Item = &'a mut Peer>) -> bool {
    let end = Instant::now() + SILENCE;
    peers.into_iter().all(|peer| !peer.hears_within(end.saturating_duration_since(Instant::now())))
}
