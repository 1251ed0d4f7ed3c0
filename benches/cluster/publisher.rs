//! Who publishes: `POST /feed`, one after the other, over a connection that stays. It never waits: the subscribers are
//! waited for in the same place.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use crate::common::Outcome;
use crate::common::client::{connect, in_words};
use crate::transcript::text;

/// An answer is much shorter; this bounds what is read of a wrong one.
const LONGEST_ANSWER: usize = 4096;

pub struct Publisher {
    pub stream: TcpStream,
    /// What has come of the answer.
    answer: Vec<u8>,
    /// The event that is not answered yet, and when it was written.
    waiting: Option<(u64, Instant)>,
    /// From when an event was written to when its answer was read, for each one of this turn.
    pub round_trips: Vec<Duration>,
}

impl Publisher {
    pub fn connect(address: SocketAddr) -> Outcome<Publisher> {
        let stream = connect(address)?;
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream);
        Ok(Publisher { stream, answer: Vec::new(), waiting: None, round_trips: Vec::new() })
    }

    /// Whether the last event is not answered yet: no other may be written.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Writes the event of this number.
    pub fn publish(&mut self, number: u64) -> Outcome<()> {
        let text = text(number);
        let request = format!("POST /feed HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        self.waiting = Some((number, Instant::now()));
        self.stream.write_all(request.as_bytes()).map_err(in_words)
    }

    /// Reads what has come of the answer.
    pub fn read(&mut self) -> Outcome<()> {
        let mut buffer = [0; LONGEST_ANSWER];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err("the publisher was cut off".into()),
                Ok(count) => self.answer.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return self.check(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The event has the number that was expected: nobody else publishes.
    fn check(&mut self) -> Outcome<()> {
        let answer = String::from_utf8_lossy(&self.answer);
        let Some((number, since)) = self.waiting else { return Err(format!("not asked for: {answer}").into()) };
        let Some((head, body)) = answer.split_once("\r\n\r\n") else { return too_long(&answer) };
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(format!("event {number} was refused: {answer}").into());
        }
        if !body.ends_with("}\n") {
            return too_long(&answer);
        }
        if !body.starts_with(&format!("{{\"id\":{number},")) {
            return Err(format!("event {number} is another one: {body}").into());
        }
        self.round_trips.push(since.elapsed());
        self.waiting = None;
        self.answer.clear();
        Ok(())
    }
}

/// Half an answer is none yet, within reason.
fn too_long(answer: &str) -> Outcome<()> {
    if answer.len() < LONGEST_ANSWER { Ok(()) } else { Err(format!("an answer without an end: {answer}").into()) }
}
