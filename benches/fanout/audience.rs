//! 1,000 subscribers and a publisher, in one thread that waits for all of them at once.
//!
//! The connections stay open from turn to turn: with so many threads on the server's side, it evens out where they lie.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::bare;
use crate::common::Outcome;
use crate::common::client::{TIMEOUT, connect, expect, in_words, upgrade};
use crate::common::server::{Server, Speaks};
use crate::transcript::{Transcript, request};

/// Events are published and read in blocks; a subscriber's share of a burst fits in one.
const BUFFER: usize = 64 * 1024;

/// Events that may be under way at a time: half of what a queue holds, so that nobody is left out.
pub const UNDER_WAY: usize = 32;

pub struct Audience {
    speaks: Speaks,
    poll: Poll,
    ready: Events,
    subscribers: Vec<Subscriber>,
    publisher: TcpStream,
    /// The number of the last event published.
    last: u64,
    buffer: Vec<u8>,
    turn: Turn,
}

struct Subscriber {
    stream: mio::net::TcpStream,
    /// Bytes and complete events it has read in this turn.
    offset: usize,
    events: usize,
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
    /// From when an event was published to when it was read, for each delivery.
    delays: Vec<Duration>,
}

impl Audience {
    /// `last`: the number of the last event this server had. A WebSocket that publishes is a subscriber too, beyond
    /// `count`.
    pub fn open(server: &Server, count: usize, last: u64) -> Outcome<Self> {
        let poll = Poll::new()?;
        let publisher = open(server, bare::PUBLISHER, last)?;
        let also_reads = (server.speaks == Speaks::WebSocket).then(|| publisher.try_clone()).transpose()?;
        let streams = (0..count).map(|_| open(server, bare::SUBSCRIBER, last));
        let streams = streams.chain(also_reads.map(Ok)).collect::<Outcome<Vec<_>>>()?;
        publisher.set_nonblocking(true)?;
        let subscribers = streams.into_iter().enumerate().map(|(token, stream)| Subscriber::new(stream, &poll, token));
        Ok(Self {
            speaks: server.speaks,
            subscribers: subscribers.collect::<Outcome<Vec<_>>>()?,
            poll,
            ready: Events::with_capacity(count),
            publisher,
            last,
            buffer: vec![0; BUFFER],
            turn: Turn::new(server.speaks, last),
        })
    }

    /// Publishes so that at most `window` events are not everywhere, until the time is up and everybody has all of
    /// them. Says how many events that were and how long it took.
    pub fn keep_publishing(&mut self, window: usize, time: Duration) -> Outcome<(u64, Duration)> {
        self.begin()?;
        let start = Instant::now();
        let until = start + time;
        while Instant::now() < until {
            self.publish(window - self.under_way(), Instant::now())?;
            self.read(None)?;
        }
        self.finish()?;
        Ok((self.turn.published.len() as u64, start.elapsed()))
    }

    /// Publishes an event each `interval`, and then waits until everybody has all of them. Says how long each event
    /// took to each subscriber. One that must wait because too many are under way counts from when it was due.
    pub fn publish_at(&mut self, interval: Duration, time: Duration) -> Outcome<Vec<Duration>> {
        self.begin()?;
        let start = Instant::now();
        let mut due = start;
        while due < start + time {
            while Instant::now() < due {
                self.read(Some(due))?;
            }
            let mut since = Instant::now();
            while self.under_way() >= UNDER_WAY {
                since = due;
                self.read(None)?;
            }
            self.publish(1, since)?;
            due += interval;
        }
        self.finish()?;
        Ok(std::mem::take(&mut self.turn.delays))
    }

    fn begin(&mut self) -> Outcome<()> {
        self.turn = Turn::new(self.speaks, self.last);
        for subscriber in &mut self.subscribers {
            (subscriber.offset, subscriber.events) = (0, 0);
        }
        Ok(())
    }

    /// Events that not everybody has yet.
    fn under_way(&self) -> usize {
        self.turn.missing.len() - self.turn.everywhere
    }

    /// So many events, in one write. Their delay counts from `since`.
    fn publish(&mut self, count: usize, since: Instant) -> Outcome<()> {
        if count == 0 {
            return Ok(());
        }
        let numbers = self.last + 1..=self.last + count as u64;
        let requests: Vec<u8> = numbers.flat_map(|number| request(self.speaks, number)).collect();
        self.last += count as u64;
        let turn = &mut self.turn;
        turn.missing.resize(turn.missing.len() + count, self.subscribers.len());
        turn.published.resize(turn.missing.len(), since);
        self.publisher.write_all(&requests).map_err(in_words)
    }

    fn finish(&mut self) -> Outcome<()> {
        while self.under_way() > 0 {
            self.read(None)?;
        }
        // Whole events came, and no byte after them.
        let len = self.turn.transcript.len();
        let odd = self.subscribers.iter().find(|subscriber| subscriber.offset != len);
        odd.map_or(Ok(()), |odd| Err(format!("{} bytes of {len} at a subscriber", odd.offset).into()))
    }

    /// Waits until something can be read, until `deadline` at the latest, and reads it. Without a deadline there must
    /// be something before long.
    fn read(&mut self, deadline: Option<Instant>) -> Outcome<()> {
        let wait = deadline.map_or(TIMEOUT, |deadline| deadline.saturating_duration_since(Instant::now()));
        match self.poll.poll(&mut self.ready, Some(wait)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        if self.ready.is_empty() && deadline.is_none() {
            let missing = self.turn.missing.get(self.turn.everywhere).copied().unwrap_or_default();
            let event = self.turn.everywhere + 1;
            return Err(format!("nothing came for {TIMEOUT:?}; event {event} is missing at {missing}").into());
        }
        for event in &self.ready {
            let Token(number) = event.token();
            self.subscribers[number]
                .read(&mut self.buffer, &mut self.turn)
                .map_err(|error| format!("subscriber {number}: {error}"))?;
        }
        Ok(())
    }
}

/// Open, and sure to get every event after the one numbered `last`.
fn open(server: &Server, role: u8, last: u64) -> Outcome<TcpStream> {
    let mut stream = connect(server.address)?;
    if server.speaks == Speaks::WebSocket {
        expect("bytes after the head", &upgrade(&stream, &format!("/feed/ws?after={last}"))?, b"")?;
    } else {
        let mut answer = [0; 1];
        stream.write_all(&[role])?;
        stream.read_exact(&mut answer).map_err(in_words)?;
        expect("answer", &answer, &[role])?;
    }
    Ok(stream)
}

impl Subscriber {
    fn new(stream: TcpStream, poll: &Poll, token: usize) -> Outcome<Self> {
        stream.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(token), Interest::READABLE)?;
        Ok(Self { stream, offset: 0, events: 0 })
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
            turn.delivered(event, now);
        }
        self.events = events;
    }
}

impl Turn {
    fn new(speaks: Speaks, last: u64) -> Self {
        let transcript = Transcript::new(speaks, last + 1);
        Self { transcript, published: Vec::new(), missing: Vec::new(), everywhere: 0, delays: Vec::new() }
    }

    fn delivered(&mut self, event: usize, now: Instant) {
        self.delays.push(now - self.published[event]);
        self.missing[event] -= 1;
        while self.missing.get(self.everywhere) == Some(&0) {
            self.everywhere += 1;
        }
    }
}
