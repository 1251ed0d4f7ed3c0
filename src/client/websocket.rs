//! A WebSocket from the client's side: the opening handshake ([`handshake`]), then the frames of a [`Session`].
//!
//! Like an exchange, it borrows its connection for each step. A wait that ran out of time can be taken up again; a write
//! that did cannot, since a part of a frame may be out. So the two have times of their own.

use super::error::Error;
use super::handshake;
use super::ledger::Part;
use super::offer::Offer;
use super::socket::Connection;
use super::url::Url;
use crate::protocol::close::Close;
use crate::protocol::frame::Handmade;
use crate::protocol::session::{Event, Message, Session};
use std::io;
use std::time::{Duration, Instant};
use tungstenite::protocol::Role;

/// How long the server may take to take an answer to what it said.
const ANSWER: Duration = Duration::from_secs(10);

/// One end of a WebSocket, open until its session has ended.
pub struct WebSocket {
    session: Session,
    /// Why the last answer was not written. What came with the question is handed out first.
    broken: Option<Error>,
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
        Ok(WebSocket::after_handshake(max_message))
    }

    /// A WebSocket whose opening handshake went well ([`handshake::open`]). `max_message` is the largest message it will take.
    pub fn after_handshake(max_message: u64) -> WebSocket {
        WebSocket { session: Session::new(Role::Client, max_message), broken: None }
    }

    /// What has come or what one read brings, as events; none when the bytes end inside a frame. `deadline` ends the wait
    /// for them. Pongs and the answer to a Close are written on the way, and have time for that when it has passed.
    pub fn receive(&mut self, connection: &mut Connection, deadline: Instant) -> Result<Vec<Event>, Error> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        if connection.unread().is_empty() && connection.read(deadline)? == 0 {
            return Err(Error::Ended);
        }
        let bytes = connection.take(connection.unread().len(), Part::Frames);
        let mut received = self.session.receive(&bytes);
        let events: Vec<Event> = std::iter::from_fn(|| received.next_event()).collect();
        self.broken = self.flush(connection, Instant::now() + ANSWER).err();
        Ok(events)
    }

    /// Sends a message. When it is not written by the deadline, the connection is of no more use.
    pub fn send(&mut self, connection: &mut Connection, message: Message, deadline: Instant) -> Result<(), Error> {
        self.session.send(message);
        self.flush(connection, deadline)
    }

    /// Sends a Ping. What [`WebSocket::send`] says of the deadline is true here too.
    pub fn ping(&mut self, connection: &mut Connection, payload: &[u8], deadline: Instant) -> Result<(), Error> {
        self.session.ping(payload);
        self.flush(connection, deadline)
    }

    /// Sends a frame as it is, legal or not.
    pub fn send_handmade(
        &mut self,
        connection: &mut Connection,
        frame: &Handmade,
        deadline: Instant,
    ) -> Result<(), Error> {
        self.session.send_handmade(frame);
        self.flush(connection, deadline)
    }

    /// Says Close and does not wait.
    pub fn begin_close(&mut self, connection: &mut Connection, close: &Close, deadline: Instant) -> Result<(), Error> {
        self.session.close(close);
        self.flush(connection, deadline)
    }

    /// Says Close and reads until the server has said it too and ended TCP, or the deadline has come. What comes in
    /// between is dropped.
    pub fn close(&mut self, connection: &mut Connection, close: &Close, deadline: Instant) -> Result<(), Error> {
        self.begin_close(connection, close, deadline)?;
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
        written.map_err(|error| match error {
            Error::TimedOut => Error::Lost(io::Error::other("the server did not take what was written in time")),
            error => error,
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    /// A text and a Ping, as a server sends them.
    const BOTH: &[u8] = b"\x81\x02Hi\x89\x01p";

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    /// A WebSocket that is open, without a handshake, and what came from the server and was not looked at.
    fn with_unread(came: &[u8]) -> (WebSocket, Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut connection = Connection::open(&Url::parse(&url).expect("a URL"), soon()).expect("a connection");
        let mut server = listener.accept().expect("a server").0;
        server.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        server.write_all(came).expect("written");
        while connection.unread().len() < came.len() {
            connection.read(soon()).expect("bytes");
        }
        (WebSocket { session: Session::new(Role::Client, 1000), broken: None }, connection, server)
    }

    fn is_both(events: &[Event]) -> bool {
        matches!(events, [Event::Message(Message::Text(text)), Event::Ping(payload)] if text.as_str() == "Hi" && payload[..] == *b"p")
    }

    #[test]
    fn a_ping_that_comes_as_the_wait_ends_is_answered() {
        let (mut websocket, mut connection, mut server) = with_unread(BOTH);
        let events = websocket.receive(&mut connection, Instant::now()).expect("what came in time");
        assert!(is_both(&events), "{events:?}");
        let mut pong = [0; 7];
        server.read_exact(&mut pong).expect("a Pong");
        assert_eq!((&pong[..2], pong[6] ^ pong[2]), (&b"\x8a\x81"[..], b'p'));
        assert!(websocket.receive(&mut connection, Instant::now()).expect_err("silence").is_timeout());
    }

    #[test]
    fn what_came_is_told_before_an_answer_that_could_not_be_written() {
        let (mut websocket, mut connection, server) = with_unread(BOTH);
        // A socket that is closed with bytes unread sends a reset.
        connection.write(b"unread", Part::Frames, soon()).expect("written");
        while server.peek(&mut [0; 6]).expect("bytes") < 6 {}
        drop(server);
        assert!(matches!(connection.read(soon()), Err(Error::Lost(_))));
        let events = websocket.receive(&mut connection, soon()).expect("what came before");
        assert!(is_both(&events), "{events:?}");
        assert!(matches!(websocket.receive(&mut connection, soon()), Err(Error::Lost(_))));
    }

    #[test]
    fn a_write_that_is_late_is_no_wait_to_be_taken_up_again() {
        let (mut websocket, mut connection, _server) = with_unread(b"");
        let late = websocket.send(&mut connection, Message::Text("Hi".into()), Instant::now()).expect_err("late");
        assert!(matches!(late, Error::Lost(_)) && late.to_string().contains("in time"), "{late}");
    }
}
