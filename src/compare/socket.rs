//! A WebSocket: one opening handshake, then a frame for each event.

use super::follower::{Transport, soon};
use super::tally::Tally;
use crate::client::{Connection, Error, WebSocket};
use crate::protocol::close::{Close, NORMAL};
use crate::protocol::session::{Event, Message};
use std::time::{Duration, Instant};

/// The largest message that is taken.
const MAX_MESSAGE: u64 = 16 << 20;

/// How long the closing handshake may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// A client that listens.
#[derive(Default)]
pub struct Socket {
    open: Option<(Connection, WebSocket)>,
}

impl Socket {
    fn start(&mut self, tally: &mut Tally<'_>, deadline: Instant) -> Result<(), Error> {
        let mut connection = tally.connect(deadline)?;
        let url = &tally.plan.url;
        let target = format!("{}?after={}", url.below("/feed/ws"), tally.reached);
        tally.requests += 1;
        match WebSocket::open(&mut connection, url, target, MAX_MESSAGE, deadline) {
            Ok(websocket) => {
                self.open = Some((connection, websocket));
                Ok(())
            }
            Err(error) => {
                tally.close(Some(connection));
                Err(error)
            }
        }
    }
}

impl Transport for Socket {
    fn open(&mut self, tally: &mut Tally<'_>, deadline: Instant) -> Result<(), Error> {
        self.start(tally, deadline)
    }

    fn step(&mut self, tally: &mut Tally<'_>, until: Instant) -> Result<(), Error> {
        if self.open.is_none() {
            self.start(tally, soon())?;
        }
        let Some((connection, websocket)) = &mut self.open else { return Err(Error::Ended) };
        let events = match websocket.receive(connection, until) {
            Err(Error::TimedOut) => return Ok(()),
            events => events?,
        };
        let (at, before) = (connection.read_at(), tally.events());
        for event in events {
            match event {
                Event::Message(Message::Text(text)) => tally.take_json(&text, at)?,
                Event::Message(Message::Binary(_)) => {
                    return Err(Error::Malformed("a binary message on the feed".to_owned()));
                }
                Event::Close(close) => return Err(Error::Malformed(format!("the server closed: {close:?}"))),
                Event::Failed(violation) => return Err(Error::Malformed(violation.why)),
                Event::Ping(_) | Event::Pong(_) => {}
            }
        }
        if tally.events() > before {
            tally.deliveries += 1;
        }
        Ok(())
    }

    fn abandon(&mut self, tally: &mut Tally<'_>) {
        tally.close(self.open.take().map(|(connection, _)| connection));
    }

    /// The closing handshake belongs to what a WebSocket costs.
    fn leave(&mut self, tally: &mut Tally<'_>) {
        if let Some((connection, websocket)) = &mut self.open {
            // Whatever comes of it, the connection is closed next.
            let _ = websocket.close(connection, &Close::new(NORMAL, ""), Instant::now() + GOODBYE);
        }
        self.abandon(tally);
    }
}
