//! A browser that watches its own connection: what the tap tells the log, handed to a page.
//!
//! A page makes a [`Token`], opens its WebSocket with it and asks to watch whatever carries it. Either may come first: a
//! [`Watch`] is what the two share, and what has passed from the head on waits in its [ring](super::ring).
//!
//! ```text
//! the connection's thread ─▶ Recorder ─▶ Watch (ring, one lock) ◀─ Watcher ◀─ the thread of who watches
//! ```
//!
//! The recorder copies and rings a bell; it never waits for a watcher, who holds the lock for no longer than a copy. A
//! watcher that does not read loses what leaves the ring, and is told so.
//!
//! Requests that carry a token without becoming a WebSocket are counted and not shown.

use super::events;
use super::frames::Frames;
use super::ring::{KEPT_OF_PAYLOAD, Part, Record, Ring, What};
use super::told;
use crate::protocol::opcode::Opcode;
use crate::protocol::upgrade::Decision;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tungstenite::protocol::Role;

/// How long what passed is kept while nobody watches.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// How many may watch one connection: its own thread wakes each of them.
const MOST_WATCHERS: usize = 16;

/// How many connections are told apart when they are counted.
const MOST_CONNECTIONS: usize = 1024;

/// What a page and its connections have in common, and nobody else knows: 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; 32]);

impl Token {
    /// Reads one. Other digits than `0` to `9` and `a` to `f`, or another number of them, are none.
    pub fn parse(text: &str) -> Option<Token> {
        let digits: [u8; 32] = text.as_bytes().try_into().ok()?;
        let are_digits = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        are_digits.then_some(Token(digits))
    }
}

/// A secret is not shown, not even by accident.
impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(****)")
    }
}

/// What is known about one token.
#[derive(Debug)]
pub struct Watch {
    state: Mutex<State>,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

#[derive(Debug)]
struct State {
    ring: Ring,
    /// What the `connection` record says, once a WebSocket has come.
    connection: Option<String>,
    /// What the last record says, once it has ended.
    end: Option<String>,
    /// Nobody watched for so long that nothing is kept any more.
    forgotten: bool,
    bells: Vec<Sender<()>>,
    /// When somebody watched, or a request came: what passed is kept for a minute more.
    last_watched: Instant,
    /// When somebody asked for anything, the counters among it.
    last_wanted: Instant,
    requests: u64,
    connections: BTreeSet<u64>,
}

/// What was counted under a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Requests that carried it.
    pub requests: u64,
    /// Connections on which they came; no more than 1,024 are told apart.
    pub connections: u64,
    /// Bytes read from sockets for them.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
}

impl Default for Watch {
    fn default() -> Watch {
        let state = State {
            ring: Ring::default(),
            connection: None,
            end: None,
            forgotten: false,
            bells: Vec::new(),
            last_watched: Instant::now(),
            last_wanted: Instant::now(),
            requests: 0,
            connections: BTreeSet::new(),
        };
        Watch { state: Mutex::new(state), bytes_in: AtomicU64::new(0), bytes_out: AtomicU64::new(0) }
    }
}

impl Watch {
    /// A request that carries the token has come on connection `number`.
    pub fn count_request(&self, number: u64) {
        let mut state = self.lock();
        state.requests += 1;
        state.last_wanted = Instant::now();
        if state.connections.len() < MOST_CONNECTIONS {
            state.connections.insert(number);
        }
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        let mut state = self.lock();
        state.last_wanted = Instant::now();
        Counts {
            requests: state.requests,
            connections: state.connections.len() as u64,
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
        }
    }

    /// Whether it can go once nobody has it: nothing came that carried the token, or nobody has wanted anything of it for so
    /// long. A connection that lives is still counted, but what passed on it is not kept any longer.
    pub fn is_forgotten(&self) -> bool {
        let mut state = self.lock();
        state.forget_if_unwatched();
        state.requests == 0 || state.is_unwatched() && state.last_wanted.elapsed() > FORGOTTEN_AFTER
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whatever a thread that panicked was about to keep, what is kept is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_unwatched(&self) -> bool {
        self.bells.is_empty() && self.last_watched.elapsed() > FORGOTTEN_AFTER
    }

    fn forget_if_unwatched(&mut self) {
        if self.is_unwatched() && !self.forgotten {
            self.forgotten = true;
            self.ring = Ring::default();
        }
    }

    /// Wakes everybody who watches. A bell that was rung already stays rung.
    fn ring_bells(&self) {
        for bell in &self.bells {
            let _ = bell.try_send(());
        }
    }
}

/// The connection's side: it is shown all that passes, and keeps what a watcher is to be told.
#[derive(Debug)]
pub struct Recorder {
    watch: Arc<Watch>,
    /// The connection that is watched; `None` where requests are only counted.
    story: Option<Story>,
}

#[derive(Debug)]
struct Story {
    since: Instant,
    /// The two directions, from the 101 on.
    frames: Option<(Frames, Frames)>,
    given_up: bool,
}

impl Recorder {
    /// Counts requests that will not be a WebSocket.
    pub fn counting(watch: Arc<Watch>) -> Recorder {
        Recorder { watch, story: None }
    }

    /// Watches a WebSocket from its request on. `None`: the token had one already.
    pub fn watching(watch: Arc<Watch>, number: u64, path: &str, name: Option<&str>) -> Option<Recorder> {
        let mut state = watch.lock();
        if state.connection.is_some() {
            return None;
        }
        state.connection = Some(told::connection(number, path, name));
        state.last_watched = Instant::now(); // who opens it is about to watch, however long the token was known
        state.forgotten = false;
        drop(state);
        Some(Recorder { watch, story: Some(Story { since: Instant::now(), frames: None, given_up: false }) })
    }

    /// Counts bytes of the request that were taken: its head, its body. A read may bring those of the next one, too.
    pub fn count_in(&self, count: usize) {
        self.watch.bytes_in.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Counts the bytes of frames, and keeps them. While requests come, who takes them counts them.
    pub fn read(&mut self, bytes: &[u8]) {
        if self.story.as_ref().is_some_and(|story| story.frames.is_some()) {
            self.count_in(bytes.len());
            self.keep_frames(Role::Client, bytes);
        }
    }

    /// Counts bytes that were written, whole or not.
    pub fn count_out(&self, count: usize) {
        self.watch.bytes_out.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// The request's head has come.
    pub fn head(&mut self, head: &[u8]) {
        self.count_in(head.len());
        self.keep_opening(What::Head(Role::Client), |_, _| head.to_vec());
    }

    /// What came of an opening handshake.
    pub fn decision(&mut self, decision: &Decision) {
        self.keep_opening(What::Decision, |n, at| told::decision(n, at, decision).into_bytes());
    }

    /// Keeps what was written: the response to the opening handshake, or frames.
    pub fn wrote(&mut self, bytes: &[u8]) {
        match &self.story {
            Some(Story { frames: None, .. }) => {
                self.keep_opening(What::Head(Role::Server), |_, _| bytes.to_vec());
            }
            _ => self.keep_frames(Role::Server, bytes),
        }
    }

    /// From here on the bytes are frames.
    pub fn upgraded(&mut self) {
        if let Some(story) = &mut self.story {
            story.frames = Some(Default::default());
        }
    }

    /// What else comes in is no frame any more.
    pub fn give_up_on_incoming(&mut self) {
        if let Some(story) = &mut self.story {
            story.given_up = true;
        }
    }

    /// A line of the log about this connection.
    pub fn told(&mut self, mark: char, words: &str) {
        let Some(story) = &self.story else { return };
        let mut state = self.watch.lock();
        state.ring.keep(story.since.elapsed(), What::Told(mark), words.as_bytes());
        state.ring_bells();
    }

    /// The connection has ended; messages and bytes in and out.
    pub fn ended(&mut self, after: Duration, messages: (u64, u64), bytes: (u64, u64)) {
        let end = told::end(&events::ended(after, messages, bytes), messages, bytes);
        self.end_with(end);
    }

    fn end_with(&mut self, end: String) {
        let Some(Story { since, frames, given_up }) = self.story.take() else { return };
        let mut state = self.watch.lock();
        if let Some((incoming, outgoing)) = frames {
            let unfinished = [incoming.unfinished().filter(|_| !given_up), outgoing.unfinished()];
            for words in unfinished.into_iter().flatten() {
                state.ring.keep(since.elapsed(), What::Told('!'), words.as_bytes());
            }
        }
        state.end = Some(end);
        state.last_watched = Instant::now();
        state.ring_bells();
    }

    fn keep_opening(&mut self, what: What, bytes: impl FnOnce(u64, Duration) -> Vec<u8>) {
        let Some(story) = &self.story else { return };
        let at = story.since.elapsed();
        let mut state = self.watch.lock();
        let bytes = bytes(state.ring.next(), at);
        state.ring.keep_opening(at, what, &bytes);
        state.ring_bells();
    }

    fn keep_frames(&mut self, sender: Role, bytes: &[u8]) {
        let Some(Story { since, frames: Some((incoming, outgoing)), given_up }) = &mut self.story else { return };
        let frames = if sender == Role::Client { incoming } else { outgoing };
        if sender == Role::Client && *given_up || bytes.is_empty() {
            return;
        }
        let mut state = self.watch.lock();
        state.forget_if_unwatched();
        let at = since.elapsed();
        let mut rest = bytes;
        while let Some(piece) = frames.splitter.next(&mut rest) {
            let Some((header, payload)) = frames.take(piece, KEPT_OF_PAYLOAD) else { continue };
            if !state.forgotten {
                state.ring.keep(at, What::Frame { sender, header }, payload);
            }
            // s5.5.1: after a Close nothing of interest can come, and the log doesn't look at it either.
            if sender == Role::Client && header.opcode == Opcode::Close {
                *given_up = true;
                break;
            }
        }
        state.ring_bells();
    }
}

/// The thread may have panicked: who watches is told that it is over all the same.
impl Drop for Recorder {
    fn drop(&mut self) {
        if self.story.is_some() {
            self.end_with(told::end("ended", (0, 0), (0, 0)));
        }
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub struct Watcher {
    watch: Arc<Watch>,
    rings: Sender<()>,
    bell: Receiver<()>,
    /// The last record that was taken.
    seen: u64,
    /// What the connection is was said.
    introduced: bool,
}

/// What there is for somebody who watches.
#[derive(Debug)]
pub enum Look {
    /// No WebSocket with the token is here.
    NotHere,
    /// Nobody watched for so long that nothing is kept.
    Forgotten,
    /// JSON, each with its number if it has one.
    News(Vec<(Option<u64>, String)>),
    /// All of it was taken, and this is the last.
    End(String),
}

impl Watcher {
    /// Watches from after record `seen`; 0: from the head on. `None`: as many watch it as may.
    pub fn new(watch: Arc<Watch>, seen: u64) -> Option<Watcher> {
        let (rings, bell) = bounded(1);
        let mut state = watch.lock();
        if state.bells.len() >= MOST_WATCHERS {
            return None;
        }
        state.forget_if_unwatched();
        state.bells.push(rings.clone());
        drop(state);
        Some(Watcher { watch, rings, bell, seen, introduced: false })
    }

    /// What has come since the last look, at most about `most` bytes of it.
    pub fn look(&mut self, most: usize) -> Look {
        let state = self.watch.lock();
        let Some(connection) = &state.connection else { return Look::NotHere };
        if state.forgotten {
            return Look::Forgotten;
        }
        let mut news = Vec::new();
        if !std::mem::replace(&mut self.introduced, true) {
            news.push((None, connection.clone()));
        }
        let part = state.ring.after(self.seen, most);
        let end = state.end.clone();
        drop(state); // words take their time, and the connection does not wait for them
        self.tell(part, &mut news);
        match end {
            Some(end) if news.is_empty() => Look::End(end),
            _ => Look::News(news),
        }
    }

    fn tell(&mut self, part: Part, news: &mut Vec<(Option<u64>, String)>) {
        let Part { opening, gap, records } = part;
        self.tell_records(&opening, news);
        news.extend(gap.map(|(from, to)| (Some(to), told::gap(from, to))));
        self.tell_records(&records, news);
    }

    fn tell_records(&mut self, records: &[Record], news: &mut Vec<(Option<u64>, String)>) {
        for record in records {
            self.seen = record.mark.n;
            news.push((Some(record.mark.n), told::record(record)));
        }
    }

    /// Waits for something new, until `deadline`.
    pub fn wait(&self, deadline: Instant) {
        // Rung or not: the next look says.
        let _ = self.bell.recv_deadline(deadline);
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut state = self.watch.lock();
        state.last_watched = Instant::now();
        state.bells.retain(|bell| !bell.same_channel(&self.rings));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if everybody had left more than a minute ago.
    fn leave_alone(watch: &Watch) {
        let past =
            Instant::now().checked_sub(FORGOTTEN_AFTER + Duration::from_secs(1)).expect("a machine that ran so long");
        let mut state = watch.lock();
        (state.last_watched, state.last_wanted) = (past, past);
    }

    #[test]
    fn what_nobody_watches_is_forgotten_and_counted_all_the_same() {
        let watch = Arc::new(Watch::default());
        watch.count_request(1);
        leave_alone(&watch);
        assert!(watch.is_forgotten());
        // The token's WebSocket comes late, and begins anew.
        let mut recorder = Recorder::watching(Arc::clone(&watch), 1, "/ws", None).expect("the first one");
        recorder.upgraded();
        recorder.read(b"\x81\x80\0\0\0\0");
        let look = || Watcher::new(Arc::clone(&watch), 0).expect("room").look(usize::MAX);
        assert!(matches!(look(), Look::News(news) if news.len() == 2), "the connection and a frame");
        leave_alone(&watch);
        recorder.read(b"\x81\x80\0\0\0\0");
        assert!(matches!(look(), Look::Forgotten));
        assert_eq!(watch.counts().bytes_in, 12);
    }
}
