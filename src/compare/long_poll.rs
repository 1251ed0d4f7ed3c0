//! Long polling: ask, and the server keeps the answer back until it has something to say. Then ask again.

use super::follower::{Transport, soon};
use super::plan::wait_until;
use super::short_poll::{take_answer, usable};
use super::tally::Tally;
use crate::client::{Connection, Error, Exchange, Request};
use std::time::{Duration, Instant};

/// A server holds an answer for at most a minute. One that takes longer is lost.
const HELD_AT_MOST: Duration = Duration::from_secs(90);

/// An answer without an event that was held for less was not held.
const BRIEF: Duration = Duration::from_secs(1);

/// A client that asks and waits.
#[derive(Default)]
pub struct LongPoll {
    connection: Option<Connection>,
    held: Option<Held>,
}

/// A request that is not answered yet.
struct Held {
    exchange: Exchange,
    since: Instant,
}

impl LongPoll {
    fn ask(&mut self, tally: &mut Tally<'_>) -> Result<Held, Error> {
        usable(&mut self.connection, tally)?;
        let Some(connection) = &mut self.connection else { return Err(Error::Ended) };
        let url = &tally.plan.url;
        let target = format!("{}?after={}", url.below("/feed/long-poll"), tally.reached);
        tally.requests += 1;
        let exchange = Exchange::start(connection, url, &Request::get(target), soon())?;
        Ok(Held { exchange, since: Instant::now() })
    }
}

impl Transport for LongPoll {
    fn open(&mut self, tally: &mut Tally<'_>, _deadline: Instant) -> Result<(), Error> {
        self.held = Some(self.ask(tally)?);
        Ok(())
    }

    fn step(&mut self, tally: &mut Tally<'_>, until: Instant) -> Result<(), Error> {
        let mut held = match self.held.take() {
            Some(held) => held,
            None => self.ask(tally)?,
        };
        let Some(connection) = &mut self.connection else { return Err(Error::Ended) };
        let answer = match held.exchange.answer(connection, until) {
            Err(Error::TimedOut) if held.since.elapsed() < HELD_AT_MOST => {
                self.held = Some(held);
                return Ok(());
            }
            answer => answer?,
        };
        let at = connection.read_at();
        if !answer.keeps_alive {
            tally.close(self.connection.take());
        }
        let before = tally.events();
        take_answer(tally, &answer, at)?;
        // A server that does not hold an empty answer back would be asked without end.
        if tally.events() == before && held.since.elapsed() < BRIEF {
            wait_until(until.min(held.since + BRIEF));
        }
        Ok(())
    }

    fn abandon(&mut self, tally: &mut Tally<'_>) {
        self.held = None;
        tally.close(self.connection.take());
    }

    fn leave(&mut self, tally: &mut Tally<'_>) {
        tally.held += u64::from(self.held.is_some());
        self.abandon(tally);
    }
}
