//! 1,000 subscribers and a publisher, in one thread.
//!
//! The connections stay open from turn to turn: with so many threads on the server's side, it evens out where they lie.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::bare;
use crate::common::Outcome;
use crate::common::client::{connect, expect, in_words, upgrade};
use crate::common::server::{Server, Speaks};
use crate::listeners::Listeners;
use crate::transcript::request;

/// Events that may be under way at a time: half of what a bare subscriber's queue holds, so that nobody is left out.
pub const UNDER_WAY: usize = 32;

pub struct Audience {
    speaks: Speaks,
    listeners: Listeners,
    publisher: TcpStream,
    /// The number of the last event published.
    last: u64,
}

impl Audience {
    /// `last`: the number of the last event this server had. A WebSocket that publishes is a subscriber too, beyond
    /// `count`.
    pub fn open(server: &Server, count: usize, last: u64) -> Outcome<Self> {
        let publisher = open(server, bare::PUBLISHER, last)?;
        let also_reads = (server.speaks == Speaks::WebSocket).then(|| publisher.try_clone()).transpose()?;
        let streams = (0..count).map(|_| open(server, bare::SUBSCRIBER, last));
        let streams = streams.chain(also_reads.map(Ok)).collect::<Outcome<Vec<_>>>()?;
        publisher.set_nonblocking(true)?;
        let listeners = Listeners::new(streams, server.speaks, last)?;
        Ok(Self { speaks: server.speaks, listeners, publisher, last })
    }

    /// Publishes so that at most `window` events are not everywhere, until the time is up and everybody has all of
    /// them. Says how many events that were and how long it took.
    pub fn keep_publishing(&mut self, window: usize, time: Duration) -> Outcome<(u64, Duration)> {
        self.listeners.begin(self.speaks, self.last);
        let (start, before) = (Instant::now(), self.last);
        let until = start + time;
        while Instant::now() < until {
            self.publish(window - self.listeners.under_way(), Instant::now())?;
            self.listeners.read(None)?;
        }
        self.listeners.finish()?;
        Ok((self.last - before, start.elapsed()))
    }

    /// Publishes an event each `interval`, and then waits until everybody has all of them. Says how long each event
    /// took to each subscriber. One that must wait because too many are under way counts from when it was due.
    pub fn publish_at(&mut self, interval: Duration, time: Duration) -> Outcome<Vec<Duration>> {
        self.listeners.begin(self.speaks, self.last);
        let start = Instant::now();
        let mut due = start;
        while due < start + time {
            while Instant::now() < due {
                self.listeners.read(Some(due))?;
            }
            let mut since = Instant::now();
            while self.listeners.under_way() >= UNDER_WAY {
                since = due;
                self.listeners.read(None)?;
            }
            self.publish(1, since)?;
            due += interval;
        }
        self.listeners.finish()?;
        let [_, all] = self.listeners.delays(0);
        Ok(all)
    }

    /// So many events, in one write. Their delay counts from `since`.
    fn publish(&mut self, count: usize, since: Instant) -> Outcome<()> {
        if count == 0 {
            return Ok(());
        }
        let numbers = self.last + 1..=self.last + count as u64;
        let requests: Vec<u8> = numbers.flat_map(|number| request(self.speaks, number)).collect();
        self.last += count as u64;
        self.listeners.expect(count, since);
        self.publisher.write_all(&requests).map_err(in_words)
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
