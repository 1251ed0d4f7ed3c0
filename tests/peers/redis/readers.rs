//! Readers of the feed that listen on threads of their own, and keep all that they are told, with the moment at which it
//! came.
//!
//! What they were told must be a chain: the next number, or a gap that says which numbers are missing.

use crate::common::feed::{Item, item, items, request};
use crate::common::peer::{Peer, frame, handshake};
use crate::common::{PATIENCE, spawn};
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// A transport that is told at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Socket,
    Stream,
    LongPoll,
}

pub const KINDS: [Kind; 3] = [Kind::Socket, Kind::Stream, Kind::LongPoll];

/// What a reader is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Item(Item),
    /// Redis is away.
    Away,
    /// It is back.
    Back,
    /// So many texts that it sent were not published.
    Unpublished(u64),
}

/// A reader. Its thread ends with its connection.
pub struct Reader {
    what: String,
    after: u64,
    heard: Arc<Heard>,
    /// Of a WebSocket: another handle, to publish.
    writer: Option<Peer>,
}

/// What was told, and the news that there is more.
#[derive(Default)]
struct Heard {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    told: Vec<Told>,
    /// When each of them came.
    moments: Vec<Instant>,
    visits: usize,
    ended: Option<String>,
}

impl Reader {
    /// Follows the feed after the event with this number, over one connection.
    pub fn new(kind: Kind, addr: SocketAddr, after: u64) -> Reader {
        let mut peer = Peer::connect(addr);
        begin(&mut peer, kind, after, false).expect("a reader is taken");
        let writer = (kind == Kind::Socket).then(|| peer.writer());
        let reader = Reader { what: format!("{kind:?} at {addr}"), after, heard: Arc::default(), writer };
        let heard = Arc::clone(&reader.heard);
        spawn("reader", move || {
            let why = listen(peer, kind, after, usize::MAX, &heard);
            heard.change(|state| state.ended = Some(why.to_string()));
        });
        reader
    }

    /// The same, but it drops its connection whenever it was told so many things, or when it is cut off, and comes back
    /// with its last number.
    pub fn restless(kind: Kind, addr: SocketAddr, after: u64, every: usize) -> Reader {
        let what = format!("restless {kind:?} at {addr}");
        let reader = Reader { what, after, heard: Arc::default(), writer: None };
        let heard = Arc::clone(&reader.heard);
        spawn("restless", move || {
            loop {
                let has = heard.look(|state| has(after, &state.told));
                let mut peer = Peer::connect(addr);
                heard.change(|state| state.visits += 1);
                match begin(&mut peer, kind, has, has > 0) {
                    Ok(()) => drop(listen(peer, kind, has, every, &heard)),
                    // A proxy that has no answer of a backend, a moment after it was killed.
                    Err(_) => park_timeout(Duration::from_millis(20)),
                }
            }
        });
        reader
    }

    /// A reader of each kind on each of these.
    pub fn all(addrs: &[SocketAddr], after: u64) -> Vec<Reader> {
        addrs.iter().flat_map(|addr| KINDS.map(|kind| Reader::new(kind, *addr, after))).collect()
    }

    /// Publishes: every message to `/feed/ws` is an event.
    pub fn publish(&mut self, text: &str) {
        self.writer.as_mut().expect("a WebSocket").send(frame(0x81, text.as_bytes()));
    }

    /// Waits until what it was told is enough, and gives it.
    pub fn wait(&self, what: &str, mut enough: impl FnMut(&[Told]) -> bool) -> Vec<Told> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.heard.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let told = &state.told;
            check(self.after, told).unwrap_or_else(|why| panic!("{}: {why}", self.what));
            if enough(told) {
                return told.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let last = &told[told.len().saturating_sub(5)..];
            let ended = &state.ended;
            assert!(!left.is_zero() && ended.is_none(), "{}, {what}: {last:?}, ended: {ended:?}", self.what);
            state = self.heard.news.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until it has the event with this number, or was told that it is gone.
    pub fn reaches(&self, number: u64) -> Vec<Told> {
        self.wait(&format!("up to event {number}"), |told| has(self.after, told) >= number)
    }

    /// Waits until it was told that Redis is away so many times, and back as often.
    pub fn was_away(&self, times: usize) -> Vec<Told> {
        self.wait("away and back", |told| {
            let count = |what: &Told| told.iter().filter(|told| *told == what).count();
            (count(&Told::Away), count(&Told::Back)) == (times, times)
        })
    }

    /// The moment at which it was told this for the first time.
    pub fn moment(&self, what: &Told) -> Instant {
        self.wait(&format!("{what:?}"), |told| told.contains(what));
        self.heard.look(|state| {
            let place = state.told.iter().position(|told| told == what).expect("it was told");
            state.moments[place]
        })
    }

    /// The events it has, in the order in which they came.
    pub fn events(&self) -> Vec<Item> {
        events(&self.wait("what there is", |_| true))
    }

    /// How often it has come.
    pub fn visits(&self) -> usize {
        self.heard.look(|state| state.visits)
    }

    /// Why its connection has ended; `None`: it is there.
    pub fn ended(&self) -> Option<String> {
        self.heard.look(|state| state.ended.clone())
    }
}

/// Waits until all of them have this number.
pub fn all_reach(readers: &[Reader], number: u64) {
    readers.iter().for_each(|reader| drop(reader.reaches(number)));
}

/// Waits until all of them were told this.
pub fn all_are_told(readers: &[Reader], what: &Told) {
    for reader in readers {
        reader.moment(what);
    }
}

/// The events among what was told.
pub fn events(told: &[Told]) -> Vec<Item> {
    told.iter()
        .filter_map(|told| if let Told::Item(item @ Item::Event { .. }) = told { Some(item.clone()) } else { None })
        .collect()
}

/// The gaps among what was told, each from its first number to its last.
pub fn gaps(told: &[Told]) -> Vec<(u64, u64)> {
    told.iter()
        .filter_map(|told| if let Told::Item(Item::Gap { from, to }) = told { Some((*from, *to)) } else { None })
        .collect()
}

/// The number that a reader has.
fn has(after: u64, told: &[Told]) -> u64 {
    told.iter()
        .rev()
        .find_map(|told| if let Told::Item(item) = told { Some(item.reached()) } else { None })
        .unwrap_or(after)
}

/// Whether what was told is a chain, and Redis came back as often as it went away, but for the last time.
fn check(after: u64, told: &[Told]) -> Result<(), String> {
    let (mut has, mut is_away) = (after, false);
    for told in told {
        let follows = match told {
            Told::Item(Item::Event { id, .. }) => *id == has + 1,
            Told::Item(Item::Gap { from, to }) => *from == has + 1 && from <= to,
            // Numbers never go back.
            Told::Item(Item::Reset { .. }) => false,
            Told::Away => !is_away,
            Told::Back => is_away,
            Told::Unpublished(count) => *count > 0,
        };
        if !follows {
            return Err(format!("{told:?} after {has}, away: {is_away}"));
        }
        match told {
            Told::Item(item) => has = item.reached(),
            Told::Away => is_away = true,
            Told::Back => is_away = false,
            Told::Unpublished(_) => {}
        }
    }
    Ok(())
}

impl Heard {
    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.notify_all();
    }

    fn tell(&self, told: Told) {
        self.change(|state| {
            state.told.push(told);
            state.moments.push(Instant::now());
        });
    }
}

/// Asks for what comes after an event. A stream asks as a browser does that comes back, or as one that is new.
fn begin(peer: &mut Peer, kind: Kind, after: u64, comes_back: bool) -> io::Result<()> {
    match kind {
        Kind::LongPoll => return Ok(()),
        Kind::Socket => peer.try_send(handshake(&format!("/feed/ws?after={after}&ping=off"), &[]).as_bytes())?,
        Kind::Stream if comes_back => {
            let id = format!("Last-Event-ID: {after}");
            peer.try_send(request("/feed/stream?after=0", &[&id]).as_bytes())?;
        }
        Kind::Stream => peer.try_send(request(&format!("/feed/stream?after={after}"), &[]).as_bytes())?,
    }
    let head = peer.head();
    let wanted = if kind == Kind::Socket { "101 Switching Protocols" } else { "200 OK" };
    if head.status == wanted { Ok(()) } else { Err(io::Error::other(head.status)) }
}

/// Takes in what comes, until it is so much, or the connection ends: how.
fn listen(mut peer: Peer, kind: Kind, mut after: u64, most: usize, heard: &Heard) -> io::Error {
    let (mut cut, mut count, mut is_away) = (String::new(), 0, false);
    while count < most {
        let came = match kind {
            Kind::Socket => of_socket(&mut peer),
            Kind::Stream => of_stream(&mut peer, &mut cut),
            Kind::LongPoll => of_poll(&mut peer, after, &mut is_away),
        };
        let came = match came {
            Ok(came) => came,
            Err(why) => return why,
        };
        for told in came {
            if let Told::Item(item) = &told {
                after = item.reached();
            }
            count += 1;
            heard.tell(told);
        }
    }
    io::Error::other("enough was told")
}

fn of_socket(peer: &mut Peer) -> io::Result<Vec<Told>> {
    match peer.frame()? {
        (0x81, payload) => Ok(vec![told(std::str::from_utf8(&payload).expect("UTF-8"))]),
        (0x88, payload) => {
            peer.try_send(&frame(0x88, &payload))?;
            peer.finish();
            Err(io::Error::other(format!("Close {}", payload.escape_ascii())))
        }
        (first, payload) => panic!("a frame {first:02x} of {} bytes", payload.len()),
    }
}

fn of_stream(peer: &mut Peer, cut: &mut String) -> io::Result<Vec<Told>> {
    let chunk = peer.chunk()?;
    if chunk.is_empty() {
        return Err(io::Error::other("the last chunk"));
    }
    cut.push_str(std::str::from_utf8(&chunk).expect("whole characters in a chunk"));
    let mut came = Vec::new();
    while let Some(end) = cut.find("\n\n") {
        let rest = cut.split_off(end + 2);
        came.extend(of_record(&std::mem::replace(cut, rest)));
    }
    Ok(came)
}

/// A record of a stream. Those that bring nothing (the first one and comments) are nothing.
fn of_record(record: &str) -> Option<Told> {
    let field = |name: &str| record.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let data = field("data")?;
    let told = match field("event") {
        None => told(data),
        Some(name) => told(&format!("{{\"{name}\":{data}}}")),
    };
    // Only what has a number has an id: a browser comes back with the last one.
    let number = if let Told::Item(item) = &told { Some(item.reached().to_string()) } else { None };
    assert_eq!(field("id"), number.as_deref(), "{record}");
    Some(told)
}

/// One poll, which is held for a second at most. Whether Redis is away is said by a field of the answer.
fn of_poll(peer: &mut Peer, after: u64, is_away: &mut bool) -> io::Result<Vec<Told>> {
    peer.try_send(request(&format!("/feed/long-poll?after={after}&wait=1s"), &[]).as_bytes())?;
    // A backend that ends is no fault of the reader's.
    if !peer.hears_more() {
        return Err(io::Error::other("no answer"));
    }
    let response = peer.response();
    let mut came = Vec::new();
    match response.status.as_str() {
        "200 OK" => came.extend(items(response.text()).into_iter().map(Told::Item)),
        "204 No Content" => {}
        other => return Err(io::Error::other(other.to_owned())),
    }
    let state = response.field("Feed-State");
    assert!(["", "away"].contains(&state), "Feed-State: {state}");
    let was_away = std::mem::replace(is_away, state == "away");
    match (was_away, *is_away) {
        (false, true) => came.push(Told::Away),
        (true, false) => came.insert(0, Told::Back),
        _ => {}
    }
    Ok(came)
}

/// What this JSON tells. Numbers in it are checked, and no more is made of them.
fn told(json: &str) -> Told {
    let value: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    if let Some(since) = value["away"]["since"].as_u64() {
        assert_eq!(json, format!("{{\"away\":{{\"since\":{since}}}}}"));
        Told::Away
    } else if let Some(time) = value["back"]["away_ms"].as_u64() {
        assert_eq!(json, format!("{{\"back\":{{\"away_ms\":{time}}}}}"));
        Told::Back
    } else if let Some(count) = value["unpublished"]["texts"].as_u64() {
        assert!(value["unpublished"]["why"].as_str().is_some_and(|why| why.contains("Redis")), "{json}");
        Told::Unpublished(count)
    } else {
        Told::Item(item(json))
    }
}
