//! A WebSocket from the client's side: the opening handshake ([`handshake`]), then the frames of a [`Session`].
//!
//! Like an exchange, it borrows its connection for each step, and a step that ran out of time can be taken up again.

use super::error::Error;
use super::handshake;
use super::ledger::Part;
use super::offer::Offer;
use super::socket::Connection;
use super::url::Url;
use crate::protocol::close::Close;
use crate::protocol::session::{Event, Message, Session};
use std::time::Instant;
use tungstenite::protocol::Role;

/// One end of a WebSocket, open until its session has ended.
pub struct WebSocket {
    session: Session,
}

impl WebSocket {
    /// The opening handshake. `max_message` is the largest message it will take.
    pub fn open(
        connection: &mut Connection,
        url: &Url,
        target: String,
        max_message: u64,
        deadline: Instant,
    ) -> Result<WebSocket, Error> {
        let (path, query) = target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
        let url = Url { path: path.to_owned(), query: query.map(str::to_owned), ..url.clone() };
        // What requests say that are compared with this one: it shall not be shorter by what it leaves out.
        let offer = Offer { fields: vec![("Accept".to_owned(), "*/*".to_owned())], ..Offer::default() };
        handshake::open(connection, &url, &offer, deadline).map_err(in_short)?;
        Ok(WebSocket { session: Session::new(Role::Client, max_message) })
    }

    /// What has come or what one read brings, as events. Pongs and the answer to a Close are written on the way. None
    /// when the bytes end inside a frame.
    pub fn receive(&mut self, connection: &mut Connection, deadline: Instant) -> Result<Vec<Event>, Error> {
        if connection.unread().is_empty() && connection.read(deadline)? == 0 {
            return Err(Error::Ended);
        }
        let bytes = connection.take(connection.unread().len(), Part::Frames);
        let mut received = self.session.receive(&bytes);
        let events: Vec<Event> = std::iter::from_fn(|| received.next_event()).collect();
        self.flush(connection, deadline)?;
        Ok(events)
    }

    /// Sends a message.
    pub fn send(&mut self, connection: &mut Connection, message: Message, deadline: Instant) -> Result<(), Error> {
        self.session.send(message);
        self.flush(connection, deadline)
    }

    /// Says Close and reads until the server has said it too and ended TCP, or the deadline has come. What comes in
    /// between is dropped.
    pub fn close(&mut self, connection: &mut Connection, close: &Close, deadline: Instant) -> Result<(), Error> {
        self.session.close(close);
        self.flush(connection, deadline)?;
        loop {
            match self.receive(connection, deadline) {
                // s7.1.1: the server ends TCP first.
                Err(Error::Ended) => return Ok(()),
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        }
    }

    /// Whether all is said.
    pub fn ended(&self) -> bool {
        self.session.ended()
    }

    fn flush(&mut self, connection: &mut Connection, deadline: Instant) -> Result<(), Error> {
        let written = connection.write(self.session.bytes_to_send(), Part::Frames, deadline);
        self.session.sent();
        written
    }
}

/// The errors of a handshake, as those of any request: for who does not show the answer.
fn in_short(error: Error) -> Error {
    match error {
        Error::Refused(refusal) => Error::status(refusal.head.status, &refusal.body),
        Error::NotHttp { .. } | Error::Handshake { .. } => Error::Malformed(error.to_string()),
        error => error,
    }
}
