//! A WebSocket from the client's side: the opening handshake (RFC 6455 s4.1), then the frames of a [`Session`].
//!
//! Like an exchange, it borrows its connection for each step, and a step that ran out of time can be taken up again.

use super::error::Error;
use super::exchange::{Exchange, Request};
use super::ledger::Part;
use super::response::Head;
use super::socket::Connection;
use super::url::Url;
use crate::protocol::close::Close;
use crate::protocol::session::{Event, Message, Session};
use crate::protocol::upgrade::VERSION;
use std::time::Instant;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;
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
        let key = generate_key();
        let mut request = Request::get(target);
        request.fields = vec![
            ("Upgrade", "websocket".to_owned()),
            ("Connection", "Upgrade".to_owned()),
            ("Sec-WebSocket-Version", VERSION.to_owned()),
            ("Sec-WebSocket-Key", key.clone()),
        ];
        let mut exchange = Exchange::start(connection, url, &request, deadline)?;
        let head = exchange.head(connection, deadline)?;
        if head.status != 101 {
            let status = head.status;
            let answer = exchange.answer(connection, deadline);
            return Err(Error::status(status, &answer.map(|answer| answer.body).unwrap_or_default()));
        }
        check(head, &key).map_err(Error::Malformed)?;
        connection.next_is(Part::Frames);
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

/// s4.1: what a client must find in the 101. Nothing was offered, so nothing may be chosen.
fn check(head: &Head, key: &str) -> Result<(), String> {
    let refused = |why: &str| Err(format!("the 101 is not one for a WebSocket: {why}"));
    if !head.has_token("upgrade", "websocket") {
        return refused("Upgrade does not say websocket (s4.1, 2)");
    }
    if !head.has_token("connection", "upgrade") {
        return refused("Connection does not say Upgrade (s4.1, 3)");
    }
    if head.value("sec-websocket-accept") != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
        return refused("Sec-WebSocket-Accept is not the hash of the key (s4.1, 4)");
    }
    for (name, why) in [
        ("sec-websocket-extensions", "an extension that was not offered (s4.1, 5)"),
        ("sec-websocket-protocol", "a subprotocol that was not offered (s4.1, 6)"),
    ] {
        if head.value(name).is_some_and(|value| !value.is_empty()) {
            return refused(why);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::response::{Parsed, parse};
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    fn checked(text: &str) -> Result<(), String> {
        let Parsed::Complete(head, _) = parse(text.as_bytes()) else { panic!("{text}") };
        check(&head, KEY)
    }

    #[test]
    fn the_101_of_the_rfc_is_accepted() {
        assert_eq!(checked(GOOD), Ok(()));
    }

    #[test]
    fn a_101_that_is_not_ours_is_refused_with_the_rule() {
        for (from, to, rule) in [
            ("WebSocket", "h2c", "s4.1, 2"),
            ("keep-alive, Upgrade", "close", "s4.1, 3"),
            ("s3pPLMB", "S3pPLMB", "s4.1, 4"),
            ("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n", "s4.1, 5"),
            ("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n", "s4.1, 6"),
        ] {
            let why = checked(&GOOD.replacen(from, to, 1)).expect_err(rule);
            assert!(why.contains(rule), "{why}");
        }
    }
}
