//! Short polling: ask, get what there is or nothing, wait for the interval, ask again.
//!
//! The connection is kept between polls, as browsers keep theirs. A server or a proxy that closes it after each answer makes
//! each poll a TCP connection.

use super::follower::{Transport, soon};
use super::plan::wait_until;
use super::tally::Tally;
use crate::client::exchange::Answer;
use crate::client::{Connection, Error, Exchange, Request};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A client that polls.
pub struct ShortPoll {
    interval: Duration,
    /// When it asks next.
    next: Instant,
    connection: Option<Connection>,
}

impl ShortPoll {
    /// One that asks once in this interval.
    pub fn new(interval: Duration) -> ShortPoll {
        ShortPoll { interval, next: Instant::now(), connection: None }
    }

    fn poll(&mut self, tally: &mut Tally<'_>) -> Result<(), Error> {
        let was_used = usable(&mut self.connection, tally)?;
        match self.ask(tally) {
            // The server may have ended a connection at the moment it was used again. A GET may be repeated (RFC 9110
            // s9.2.2), on a fresh one.
            Err(Error::Lost(_) | Error::Ended) if was_used => {
                self.abandon(tally);
                usable(&mut self.connection, tally)?;
                self.ask(tally)
            }
            asked => asked,
        }
    }

    fn ask(&mut self, tally: &mut Tally<'_>) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else { return Err(Error::Ended) };
        let url = &tally.plan.url;
        let target = format!("{}?after={}", url.below("/feed/poll"), tally.reached);
        tally.requests += 1;
        let mut exchange = Exchange::start(connection, url, &Request::get(target), soon())?;
        let answer = exchange.answer(connection, soon())?;
        let at = connection.read_at();
        if !answer.keeps_alive {
            tally.close(self.connection.take());
        }
        take_answer(tally, &answer, at)
    }
}

impl Transport for ShortPoll {
    /// Nothing: a server gives up a connection on which nothing is asked for some seconds.
    fn open(&mut self, _tally: &mut Tally<'_>, _deadline: Instant) -> Result<(), Error> {
        Ok(())
    }

    /// The first poll is at a random moment of the first interval: the interval's beat began at some time that has nothing
    /// to do with ours, and several clients do not ask all at once.
    fn begin(&mut self, at: Instant) {
        self.next = at + self.interval.mul_f64(fastrand::f64());
    }

    fn step(&mut self, tally: &mut Tally<'_>, until: Instant) -> Result<(), Error> {
        wait_until(self.next.min(until));
        let now = Instant::now();
        if now < self.next {
            return Ok(());
        }
        // The beat is kept, however long an answer takes; polls that it took the time of are left out.
        self.poll(tally)?;
        let now = Instant::now();
        while self.next <= now {
            self.next += self.interval;
        }
        Ok(())
    }

    fn abandon(&mut self, tally: &mut Tally<'_>) {
        tally.close(self.connection.take());
    }
}

/// Sees to a connection that can be asked. `true`: it has been used before.
pub fn usable(connection: &mut Option<Connection>, tally: &mut Tally<'_>) -> Result<bool, Error> {
    if connection.as_ref().is_some_and(|connection| !connection.is_stale()) {
        return Ok(true);
    }
    tally.close(connection.take());
    *connection = Some(tally.connect(soon())?);
    Ok(false)
}

/// What a poll brought: 200 with events and notices, or 204.
pub fn take_answer(tally: &mut Tally<'_>, answer: &Answer, at: Instant) -> Result<(), Error> {
    let before = tally.events();
    match answer.head.status {
        200 => {
            let news: Vec<Value> = serde_json::from_slice(&answer.body)
                .map_err(|error| Error::Malformed(format!("the answer is no JSON array: {error}")))?;
            news.iter().try_for_each(|news| tally.take(news, at))?;
        }
        204 => {}
        status => return Err(Error::status(status, &answer.body)),
    }
    // The server says which number the reader has reached; after a reset that is not the one it asked with.
    if let Some(last) = answer.head.number("feed-last-id") {
        tally.reached = last;
    }
    tally.answered(before, answer.head.len as u64);
    Ok(())
}
