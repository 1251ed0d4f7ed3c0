//! All subscribers of a feed, in one thread that waits for all of them at once, and what has come to them.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mio::event::Source;
use mio::{Events, Interest, Poll, Token};

use crate::common::Outcome;
use crate::common::client::TIMEOUT;
use crate::common::server::Speaks;
use crate::transcript::Transcript;

/// Events are published and read in blocks; a subscriber's share of a burst fits in one.
const BUFFER: usize = 64 * 1024;

/// The token of a socket that waits with them and is nobody's subscription.
const OTHER: Token = Token(usize::MAX);

pub struct Listeners {
    poll: Poll,
    ready: Events,
    subscribers: Vec<Subscriber>,
    buffer: Vec<u8>,
    turn: Turn,
}

struct Subscriber {
    stream: mio::net::TcpStream,
    /// Bytes and complete events it has read in this turn.
    offset: usize,
    events: usize,
    /// From when an event was published to when it was read, for each event.
    delays: Vec<Duration>,
}

/// What happened since the turn began.
struct Turn {
    transcript: Transcript,
    /// When the delay of each event began: just before it was written.
    published: Vec<Instant>,
    /// For each event, how many have not got it yet.
    missing: Vec<usize>,
    /// Events that everybody has.
    everywhere: usize,
}

impl Listeners {
    /// Their connections, all of which get every event after the one numbered `last`.
    pub fn new(streams: Vec<TcpStream>, speaks: Speaks, last: u64) -> Outcome<Self> {
        let poll = Poll::new()?;
        let ready = Events::with_capacity(streams.len());
        let subscribers = streams.into_iter().enumerate().map(|(token, stream)| Subscriber::new(stream, &poll, token));
        let subscribers = subscribers.collect::<Outcome<Vec<_>>>()?;
        Ok(Self { poll, ready, subscribers, buffer: vec![0; BUFFER], turn: Turn::new(speaks, last) })
    }

    /// Waits for this one's bytes as well.
    pub fn also_wait_for(&self, other: &mut impl Source) -> Outcome<()> {
        Ok(self.poll.registry().register(other, OTHER, Interest::READABLE)?)
    }

    /// From here on what was, up to the event numbered `last`, is forgotten.
    pub fn begin(&mut self, speaks: Speaks, last: u64) {
        self.turn = Turn::new(speaks, last);
        for subscriber in &mut self.subscribers {
            (subscriber.offset, subscriber.events) = (0, 0);
            subscriber.delays.clear();
        }
    }

    /// So many events are going to be written. Their delay counts from `since`.
    pub fn expect(&mut self, count: usize, since: Instant) {
        let turn = &mut self.turn;
        turn.missing.resize(turn.missing.len() + count, self.subscribers.len());
        turn.published.resize(turn.missing.len(), since);
    }

    /// Events that not everybody has yet.
    pub fn under_way(&self) -> usize {
        self.turn.missing.len() - self.turn.everywhere
    }

    /// Waits until something can be read, until `deadline` at the latest, and reads it. Without a deadline there must
    /// be something before long. Whether the other one has something.
    pub fn read(&mut self, deadline: Option<Instant>) -> Outcome<bool> {
        let wait = deadline.map_or(TIMEOUT, |deadline| deadline.saturating_duration_since(Instant::now()));
        match self.poll.poll(&mut self.ready, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(false),
            polled => polled?,
        }
        if self.ready.is_empty() && deadline.is_none() {
            let missing = self.turn.missing.get(self.turn.everywhere).copied().unwrap_or_default();
            let event = self.turn.everywhere + 1;
            return Err(format!("nothing came for {TIMEOUT:?}; event {event} is missing at {missing}").into());
        }
        let mut other = false;
        for event in &self.ready {
            let Token(number) = event.token();
            match self.subscribers.get_mut(number) {
                Some(subscriber) => subscriber
                    .read(&mut self.buffer, &mut self.turn)
                    .map_err(|error| format!("subscriber {number}: {error}"))?,
                None => other = true,
            }
        }
        Ok(other)
    }

    /// Waits until everybody has everything.
    pub fn finish(&mut self) -> Outcome<()> {
        while self.under_way() > 0 {
            self.read(None)?;
        }
        // Whole events came, and no byte after them.
        let len = self.turn.transcript.len();
        let odd = self.subscribers.iter().find(|subscriber| subscriber.offset != len);
        odd.map_or(Ok(()), |odd| Err(format!("{} bytes of {len} at a subscriber", odd.offset).into()))
    }

    /// How long each event of this turn took, to each of so many subscribers and then to each of the others.
    pub fn delays(&self, count: usize) -> [Vec<Duration>; 2] {
        let (first, rest) = self.subscribers.split_at(count);
        [first, rest].map(|part| part.iter().flat_map(|subscriber| &subscriber.delays).copied().collect())
    }
}

impl Subscriber {
    fn new(stream: TcpStream, poll: &Poll, token: usize) -> Outcome<Self> {
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(token), Interest::READABLE)?;
        Ok(Self { stream, offset: 0, events: 0, delays: Vec::new() })
    }

    /// Reads until there is no more: the poll tells of it only once.
    fn read(&mut self, buffer: &mut [u8], turn: &mut Turn) -> Outcome<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err(format!("cut off after {} events", self.events).into()),
                Ok(count) => {
                    turn.transcript.compare(self.offset, &buffer[..count])?;
                    self.offset += count;
                    self.count_events(turn);
                    // epoll(7): a read of less than was asked for has emptied the socket. What comes later is told.
                    if cfg!(target_os = "linux") && count < buffer.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn count_events(&mut self, turn: &mut Turn) {
        let now = Instant::now();
        let events = turn.transcript.complete(self.offset, self.events);
        for event in self.events..events {
            self.delays.push(now - turn.published[event]);
            turn.delivered(event);
        }
        self.events = events;
    }
}

impl Turn {
    fn new(speaks: Speaks, last: u64) -> Self {
        let transcript = Transcript::new(speaks, last + 1);
        Self { transcript, published: Vec::new(), missing: Vec::new(), everywhere: 0 }
    }

    fn delivered(&mut self, event: usize) {
        self.missing[event] -= 1;
        while self.missing.get(self.everywhere) == Some(&0) {
            self.everywhere += 1;
        }
    }
}
