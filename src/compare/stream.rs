//! An event stream: one request, and an answer that does not end.

use super::follower::{Transport, soon};
use super::tally::Tally;
use crate::client::sse::{EventStream, Item};
use crate::client::{Connection, Error, Exchange, Request};
use std::time::Instant;

/// A client that listens.
#[derive(Default)]
pub struct Stream {
    listening: Option<Listening>,
}

struct Listening {
    connection: Connection,
    exchange: Exchange,
    events: EventStream,
}

impl Stream {
    fn start(&mut self, tally: &mut Tally<'_>, deadline: Instant) -> Result<(), Error> {
        let mut connection = tally.connect(deadline)?;
        match request(&mut connection, tally, deadline) {
            Ok(exchange) => {
                self.listening = Some(Listening { connection, exchange, events: EventStream::default() });
                Ok(())
            }
            Err(error) => {
                tally.close(Some(connection));
                Err(error)
            }
        }
    }
}

fn request(connection: &mut Connection, tally: &mut Tally<'_>, deadline: Instant) -> Result<Exchange, Error> {
    let url = &tally.plan.url;
    let request = Request::get(format!("{}?after={}", url.below("/feed/stream"), tally.reached));
    tally.requests += 1;
    let mut exchange = Exchange::start(connection, url, &request, deadline)?;
    let head = exchange.head(connection, deadline)?;
    let is_stream = head.value("content-type").is_some_and(|kind| kind.starts_with(b"text/event-stream"));
    match head.status {
        200 if is_stream => Ok(exchange),
        200 => Err(Error::Malformed("the answer is no text/event-stream".to_owned())),
        status => {
            let answer = exchange.answer(connection, deadline);
            Err(Error::status(status, &answer.map(|answer| answer.body).unwrap_or_default()))
        }
    }
}

impl Transport for Stream {
    fn open(&mut self, tally: &mut Tally<'_>, deadline: Instant) -> Result<(), Error> {
        self.start(tally, deadline)
    }

    fn step(&mut self, tally: &mut Tally<'_>, until: Instant) -> Result<(), Error> {
        if self.listening.is_none() {
            self.start(tally, soon())?;
        }
        let Some(Listening { connection, exchange, events }) = &mut self.listening else { return Err(Error::Ended) };
        let mut data = Vec::new();
        let is_done = match exchange.more(connection, &mut data, until) {
            Err(Error::TimedOut) => return Ok(()),
            more => more?,
        };
        let (at, before) = (connection.read_at(), tally.events());
        events.push(&data).map_err(Error::Malformed)?;
        while let Some(item) = events.next_item() {
            if let Item::Event { name, data, .. } = item {
                // The notices have their name in a field of their own, and not around their facts.
                let json = if name.is_empty() { data } else { format!("{{\"{name}\":{data}}}") };
                tally.take_json(&json, at)?;
            }
        }
        if tally.events() > before {
            tally.deliveries += 1;
        }
        if is_done { Err(Error::Ended) } else { Ok(()) }
    }

    fn abandon(&mut self, tally: &mut Tally<'_>) {
        tally.close(self.listening.take().map(|listening| listening.connection));
    }
}
