//! An open WebSocket between its two threads: what a read brought becomes events, what is sent becomes bytes that wait for
//! the writer.
//!
//! ```text
//!   thread "read" ──▶ TLS ──▶ tap ──▶ session ──▶ events
//!   thread "write" ◀── waiting ◀── TLS ◀── tap ◀── session ◀── messages
//! ```

use super::dial::Dialled;
use super::pump::{self, Incoming, Writer};
use super::settings::Settings;
use crate::client::Error;
use crate::client::tls::Layer;
use crate::protocol::session::{Event, Session};
use crate::wire::tap::Tap;
use crossbeam_channel::Receiver;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};
use tungstenite::protocol::Role;

/// So many bytes may wait for the writer before no more input is taken.
const FULL: usize = 256 * 1024;

/// So many bytes of answers may wait, echoes and Pongs, before nothing more is read. What *we* want to say does not stop
/// the reading: a server that waits for us to read would never read it.
const STUFFED: usize = 4 * 1024 * 1024;

/// What the session said, and whether it was sent back in its place.
#[derive(Debug)]
pub struct Heard {
    /// What the session said.
    pub event: Event,
    /// It is a message, and its echo waits to be written.
    pub is_echoed: bool,
}

/// One end of an open WebSocket.
pub struct Link {
    /// The protocol's state.
    pub session: Session,
    layer: Layer,
    tap: Option<Box<Tap>>,
    /// What the reading thread says.
    pub incoming: Receiver<Incoming>,
    /// The writing thread.
    pub writer: Writer,
    socket: TcpStream,
    /// Bytes for the writer.
    waiting: Vec<u8>,
    /// How many of them answer what was read.
    answers: usize,
    /// How many bytes the writer was ever given, and how many it has written.
    given: u64,
    written: u64,
    /// When the last byte came.
    pub read_at: Instant,
    /// When the writer had written everything, or was last given something.
    pub written_at: Instant,
    /// Bytes of frames in and out.
    pub bytes: (u64, u64),
    echo: bool,
}

impl Link {
    /// Starts both threads. The second value is what came glued to the 101.
    pub fn start(dialled: Dialled, settings: &Settings) -> io::Result<(Link, Vec<u8>)> {
        let halves = dialled.halves;
        let now = Instant::now();
        let socket = halves.writer.try_clone()?;
        let link = Link {
            session: Session::new(Role::Client, settings.max_message),
            layer: halves.layer,
            tap: halves.tap,
            incoming: pump::read(halves.reader)?,
            writer: Writer::start(halves.writer, settings.write_timeout)?,
            socket,
            waiting: Vec::new(),
            answers: 0,
            given: 0,
            written: 0,
            read_at: now,
            written_at: now,
            bytes: (0, 0),
            // The one message of `-1` is answered by a Close.
            echo: settings.echo && !settings.one,
        };
        Ok((link, halves.unread))
    }

    /// Frames that came in the same read as the 101. The tap has seen them.
    pub fn glued(&mut self, bytes: &[u8]) -> Vec<Heard> {
        self.events(bytes)
    }

    /// What one read brought. An error is TLS's; what came before it is good.
    pub fn receive(&mut self, bytes: &[u8], at: Instant) -> (Vec<Heard>, Result<(), String>) {
        self.read_at = at;
        let mut plain = Vec::new();
        let result = self.layer.incoming(bytes, &mut plain).map_err(|error| match error {
            Error::Tls(why) => why,
            other => other.to_string(),
        });
        if let Some(tap) = &mut self.tap {
            tap.read(&plain);
        }
        (self.events(&plain), result.map(drop))
    }

    /// An echo goes where the event stands: behind a violation or a Close in the same bytes it could not be sent.
    fn events(&mut self, plain: &[u8]) -> Vec<Heard> {
        self.bytes.0 += plain.len() as u64;
        let before = self.session.bytes_to_send().len();
        let mut received = self.session.receive(plain);
        let mut all = Vec::new();
        while let Some(event) = received.next_event() {
            let is_echoed = match &event {
                Event::Message(message) if self.echo => received.session().send(message.clone()),
                _ => false,
            };
            all.push(Heard { event, is_echoed });
        }
        self.answers += self.session.bytes_to_send().len() - before;
        if matches!(all.last(), Some(Heard { event: Event::Failed(_), .. }))
            && let Some(tap) = &mut self.tap
        {
            tap.give_up_on_incoming();
        }
        all
    }

    /// Hands the writer what waits, when it can take it.
    pub fn flush(&mut self, now: Instant) {
        let plain = self.session.bytes_to_send();
        if !plain.is_empty() {
            self.bytes.1 += plain.len() as u64;
            if let Some(tap) = &mut self.tap {
                tap.wrote(plain);
            }
            self.layer.outgoing(plain, &mut self.waiting);
            self.session.sent();
        }
        self.layer.pending(&mut self.waiting);
        if !self.waiting.is_empty() && !self.writer.is_busy() {
            self.written_at = now;
            self.answers = 0;
            self.given += self.waiting.len() as u64;
            self.writer.write(&mut self.waiting);
        }
    }

    /// The writer has answered.
    pub fn wrote(&mut self, now: Instant) {
        self.writer.is_done();
        self.written = self.given;
        self.written_at = now;
    }

    /// Whether everything is written.
    pub fn is_idle(&self) -> bool {
        self.session.bytes_to_send().is_empty() && self.waiting.is_empty() && !self.writer.is_busy()
    }

    /// How many bytes were ever meant for the writer.
    pub fn queued(&self) -> u64 {
        self.given + self.waiting.len() as u64
    }

    /// How many of them are written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Whether more should not be sent now.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= FULL
    }

    /// Whether nothing more should be read now.
    pub fn is_stuffed(&self) -> bool {
        self.answers >= STUFFED
    }

    /// Whether the reading thread has brought something that nobody has looked at.
    pub fn has_more_to_hear(&self) -> bool {
        !self.incoming.is_empty()
    }

    /// Since when nothing has passed, in either direction.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.read_at.max(self.written_at))
    }

    /// Whether TLS was ended in good order; `None`: there is no TLS.
    pub fn close_notify(&self) -> Option<bool> {
        self.layer.is_tls().then_some(self.layer.has_ended())
    }

    /// Sends no more.
    pub fn finish(&mut self, now: Instant) {
        self.layer.close_notify(&mut self.waiting);
        self.flush(now);
        if self.is_idle() {
            // It may be gone already, and then there is nothing to finish.
            let _ = self.socket.shutdown(Shutdown::Write);
        }
    }

    /// The last word of the log about its bytes.
    pub fn ended(&mut self) {
        if let Some(tap) = &mut self.tap {
            tap.ended();
        }
    }
}
