//! A WebSocket from its 101 to its end: read, let the session make events of it, answer all of them, write once.
//!
//! ```text
//!              bytes                 a rule broken
//!   ┌─ open ◀────────┐    ┌─▶ our Close (1002 ... 1011) ────┐
//!   │  silent: Ping ─┘    │                                 ▼
//!   ├─────────────────────┤                            linger: read to the peer's end, close
//!   │                     └─▶ the peer's Close, our reply ──▲
//!   └─▶ FIN or reset without a Close, a write that fails ──▶ gone
//! ```

use super::Server;
use super::buffer::Buffer;
use super::deliver::websocket;
use super::ending::{Ending, NO_CLOSE, write_failed};
use super::endpoint::{self, Reaction};
use super::metrics::ClosedBy;
use super::outbound::{Locked, Phase};
use super::plan::Pings;
use super::registry::Entry;
use super::route::Endpoint;
use super::socket::{self, TCP_KEEPALIVE};
use crate::protocol::close::{Close, POLICY_VIOLATION, meaning};
use crate::protocol::rules::Violation;
use crate::protocol::session::{Event, Message, Session};
use crate::wire::events;
use log::info;
use serde_json::Value;
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, Read};
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// s7.1.5: the close code that is reported, never sent, when a Close had none.
const NO_CODE: u16 = 1005;

/// s7.4.1: "it encountered an unexpected condition".
const INTERNAL_ERROR: u16 = 1011;

/// Why a message is not waited for any longer.
const OVERDUE: &str = "a message not complete in time";

/// How TCP ends without a Close at the first message of a client that asks for that (`?cut=`): what it sees is what the
/// clients of a server see that dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// In order, as the system ends the connections of a program that was killed.
    Fin,
    /// With a reset, as a machine answers that has forgotten the connection.
    Reset,
}

/// A WebSocket that was just granted.
pub struct Opened {
    /// The protocol's state; a greeting may have been sent from it.
    pub session: Session,
    /// What to reply.
    pub endpoint: Endpoint,
    /// Whether a silent peer is pinged.
    pub pings: Pings,
    /// Whether it ends at its first message, and how.
    pub cut: Option<Cut>,
    /// Who pushes events to it.
    pub courier: Option<websocket::Handle>,
}

/// Talks until the end. Bytes in `buffer` came glued to the head: they are frames.
#[inline(never)]
pub fn run(server: &Server, entry: &Entry, opened: &mut Opened, buffer: &mut Buffer) -> Ending {
    let keepalive = Keepalive::new(server, opened.pings);
    let endpoint = opened.endpoint;
    let (session, cut) = (&mut opened.session, opened.cut);
    let mut conversation =
        Conversation { server, entry, session, endpoint, cut, ended: None, keepalive, message_since: None };
    let ending = match conversation.start(buffer).and_then(|()| conversation.talk(buffer)) {
        Ok(ending) => ending,
        Err(error) => conversation.write_failed(&error),
    };
    drop(opened.courier.take());
    ending
}

struct Conversation<'a> {
    server: &'a Server,
    entry: &'a Entry,
    session: &'a mut Session,
    endpoint: Endpoint,
    cut: Option<Cut>,
    /// How it has ended, once it was cut off.
    ended: Option<Ending>,
    keepalive: Keepalive,
    /// When a read ended inside a message for the first time.
    message_since: Option<Instant>,
}

impl Conversation<'_> {
    /// An error here and in what follows means that writing failed.
    fn start(&mut self, buffer: &mut Buffer) -> io::Result<()> {
        let stream = self.entry.outbound.stream();
        stream.set_read_timeout(Some(self.longest_silence()))?;
        if self.keepalive.interval.is_none() {
            SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(TCP_KEEPALIVE))?;
        }
        let glued = buffer.filled().len();
        if glued > 0 {
            let mut half = self.entry.outbound.lock();
            half.eyes().glued(buffer.filled());
            self.take_in(buffer.filled(), &mut half)?;
        }
        buffer.clear();
        buffer.give_back();
        Ok(())
    }

    fn talk(&mut self, buffer: &mut Buffer) -> io::Result<Ending> {
        while !self.session.close_sent() {
            if let Some(ending) = self.ended {
                return Ok(ending);
            }
            match self.entry.outbound.stream().read(buffer.room()) {
                Ok(0) => return Ok(self.gone("ended TCP")),
                Ok(count) => {
                    buffer.add(count);
                    self.heard()?;
                    let mut half = self.entry.outbound.lock();
                    half.has_read(buffer.filled());
                    if half.phase() == Phase::Broken {
                        return Ok(Ending::Gone); // whoever failed to write has said so
                    }
                    self.take_in(buffer.filled(), &mut half)?;
                    buffer.clear();
                    if self.message_is_overdue() && half.phase() == Phase::WebSocket {
                        return self.close(&mut half, POLICY_VIOLATION, OVERDUE, "--message-timeout");
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if socket::is_silence(&error) => {
                    buffer.give_back();
                    if let Some(ending) = self.silence()? {
                        return Ok(ending);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Ok(self.gone("can't be reached any more"));
                }
                Err(_) => return Ok(self.gone("reset the connection")),
            }
        }
        Ok(Ending::Linger)
    }

    /// What one read brought: every event answered, then one write.
    fn take_in(&mut self, bytes: &[u8], half: &mut Locked<'_>) -> io::Result<()> {
        let Conversation { server, entry, session, endpoint, cut, ended, keepalive, message_since } = self;
        let (mut messages_in, mut messages_out) = (0, 0);
        let mut texts = Vec::new();
        let mut received = session.receive(bytes);
        while let Some(event) = received.next_event() {
            match event {
                Event::Message(message) => {
                    info!("{} = {}", entry.who, events::message(&message));
                    messages_in += 1;
                    if let Some(cut) = *cut
                        && half.phase() == Phase::WebSocket
                    {
                        entry.outbound.traffic.count_messages(messages_in, 0);
                        *ended = Some(cut_off(server, entry, half, cut)?);
                        return Ok(());
                    }
                    // A drain or a courier may have sent a Close; its phase says so, the session does not know.
                    if half.phase() == Phase::WebSocket && !received.session().close_sent() {
                        match endpoint::react(*endpoint, server.config.name.as_deref(), message) {
                            Reaction::Reply(reply) => messages_out += u64::from(received.session().send(reply)),
                            Reaction::Publish(text) => texts.push(text),
                            Reaction::Refuse(close) => refuse(server, entry, half, received.session(), &close),
                        }
                    }
                }
                Event::Ping(_) => {} // its Pong is queued
                Event::Pong(payload) => half.tell(&entry.who, '%', &events::pong(keepalive.pong(&payload))),
                Event::Close(close) => peer_closed(server, entry, half, &close),
                Event::Failed(violation) => failed(server, entry, half, &violation),
            }
        }
        if !texts.is_empty()
            && let Some(unpublished) = publish(server, &entry.who, texts)
        {
            messages_out += u64::from(session.send(unpublished));
        }
        if messages_in > 0 {
            *message_since = None; // what has begun since is another one
        }
        entry.outbound.traffic.count_messages(messages_in, messages_out);
        half.write(session.bytes_to_send(), session.close_sent())?;
        session.sent();
        Ok(())
    }

    /// How long to wait for bytes before a look at what is due.
    fn longest_silence(&self) -> Duration {
        self.keepalive.interval.unwrap_or(self.server.config.message_timeout)
    }

    /// Bytes came: the peer lives.
    fn heard(&mut self) -> io::Result<()> {
        if self.keepalive.stop_waiting() {
            self.entry.outbound.stream().set_read_timeout(Some(self.longest_silence()))?;
        }
        Ok(())
    }

    /// Nothing came for as long as the socket's read timeout: time for a Ping, or for the end if there was one.
    fn silence(&mut self) -> io::Result<Option<Ending>> {
        let entry = self.entry;
        let mut half = entry.outbound.lock();
        if half.phase() != Phase::WebSocket {
            return Ok(None); // a drain has sent the Close, and ends the wait for the peer's
        }
        if self.message_is_overdue() {
            return self.close(&mut half, POLICY_VIOLATION, OVERDUE, "--message-timeout").map(Some);
        }
        if self.keepalive.is_waiting() {
            return self.close(&mut half, INTERNAL_ERROR, "no answer to a Ping", "--ping-timeout").map(Some);
        }
        if self.keepalive.interval.is_some() {
            let payload = self.keepalive.next_ping();
            half.tell(&entry.who, '%', &format!("silent: Ping \"{payload}\" sent"));
            self.session.ping(payload.as_bytes());
            half.write(self.session.bytes_to_send(), false)?;
            self.session.sent();
            entry.outbound.stream().set_read_timeout(Some(self.keepalive.timeout))?;
        }
        Ok(None)
    }

    /// TCP ended before the closing handshake did.
    fn gone(&self, how: &str) -> Ending {
        let who = &self.entry.who;
        // Before the lock: a courier may have it, in a write that nobody takes any more.
        self.entry.outbound.shut_down(Shutdown::Both);
        let mut half = self.entry.outbound.lock();
        match half.phase() {
            Phase::Broken => return Ending::Gone, // whoever failed to write has said so
            Phase::Closed => half.tell(who, '!', "the connection ended before the client answered our Close"),
            Phase::Http | Phase::WebSocket if self.entry.was_cut_off() => {
                half.tell(who, '!', "cut off without a Close: this server stops");
            }
            Phase::Http | Phase::WebSocket => {
                half.tell(who, '!', &format!("the client {how} without a Close ({NO_CLOSE} {})", meaning(NO_CLOSE)));
            }
        }
        let by = if self.entry.was_cut_off() { ClosedBy::Server } else { ClosedBy::Client };
        self.server.metrics.count_close(&mut half, by, NO_CLOSE);
        half.give_up();
        Ending::Gone
    }

    fn write_failed(&self, error: &io::Error) -> Ending {
        write_failed(self.server, self.entry, &mut self.entry.outbound.lock(), error);
        Ending::Gone
    }

    /// Whether a message has begun so long ago that its end is not waited for any longer. A trickle of bytes would
    /// otherwise hold its memory for ever.
    fn message_is_overdue(&mut self) -> bool {
        if !self.session.is_inside_message() {
            self.message_since = None;
            return false;
        }
        self.message_since.get_or_insert_with(Instant::now).elapsed() > self.server.config.message_timeout
    }

    /// Closes from our side.
    fn close(&mut self, half: &mut Locked<'_>, code: u16, why: &str, flag: &str) -> io::Result<Ending> {
        half.tell(&self.entry.who, '!', &format!("{why} ({flag}): close {code} {}, by this server", meaning(code)));
        self.session.close(&Close::new(code, why));
        self.server.metrics.count_close(half, ClosedBy::Server, code);
        half.write(self.session.bytes_to_send(), true)?;
        Ok(Ending::Linger)
    }
}

/// Ends TCP without a Close, as the client has asked. It gets no answer to its message.
#[inline(never)]
fn cut_off(server: &Server, entry: &Entry, half: &mut Locked<'_>, cut: Cut) -> io::Result<Ending> {
    let (parameter, ending) = match cut {
        Cut::Fin => ("?cut=fin", Ending::Linger),
        Cut::Reset => ("?cut=reset", Ending::Gone),
    };
    half.tell(&entry.who, '=', &format!("cut off as asked ({parameter})"));
    server.metrics.count_close(half, ClosedBy::Server, NO_CLOSE);
    half.abandon(cut == Cut::Reset)?;
    Ok(ending)
}

/// All that one read brought together: who follows the feed is woken once for it. A message for the client if they could
/// not be published.
#[inline(never)]
fn publish(server: &Server, who: &str, texts: Vec<String>) -> Option<Message> {
    let count = texts.len() as u64;
    match server.publisher.publish_all(texts) {
        Ok(last) => {
            ((last + 1).saturating_sub(count)..=last).for_each(|id| info!("{who} = event {id} published"));
            None
        }
        Err(why) => {
            info!("{who} ! texts not published: {count}; {why}");
            let why = Value::from(why);
            Some(Message::Text(format!("{{\"unpublished\":{{\"texts\":{count},\"why\":{why}}}}}").into()))
        }
    }
}

/// A message that is legal, but not taken here.
#[inline(never)]
fn refuse(server: &Server, entry: &Entry, half: &mut Locked<'_>, session: &mut Session, close: &Close) {
    half.tell(&entry.who, '!', &events::close(close, "this server"));
    server.metrics.count_close(half, ClosedBy::Server, close.code.unwrap_or(NO_CODE));
    session.close(close);
}

fn peer_closed(server: &Server, entry: &Entry, half: &mut Locked<'_>, close: &Close) {
    if half.phase() == Phase::WebSocket {
        half.tell(&entry.who, '=', &events::close(close, "the client"));
        server.metrics.count_close(half, ClosedBy::Client, close.code.unwrap_or(NO_CODE));
    } else {
        half.tell(&entry.who, '=', &events::close_answered(close, "the client"));
    }
}

fn failed(server: &Server, entry: &Entry, half: &mut Locked<'_>, violation: &Violation) {
    let words = match half.phase() {
        Phase::WebSocket => events::failed(violation, "this server"),
        _ => events::failed_after_close(violation),
    };
    half.tell(&entry.who, '!', &words);
    server.metrics.count_close(half, ClosedBy::Server, violation.code);
    half.eyes().give_up_on_incoming();
}

/// When to ping, and what was pinged. The socket's read timeout is the clock: it runs from the last byte that came.
struct Keepalive {
    /// Silence after which to ping; `None`: never.
    interval: Option<Duration>,
    /// Silence after a Ping that ends the connection.
    timeout: Duration,
    pings: u64,
    pinged_at: Option<Instant>,
    waiting: bool,
}

impl Keepalive {
    fn new(server: &Server, pings: Pings) -> Keepalive {
        let interval = server.config.ping_interval;
        let interval = (pings == Pings::AsConfigured && !interval.is_zero()).then_some(interval);
        Keepalive { interval, timeout: server.config.ping_timeout, pings: 0, pinged_at: None, waiting: false }
    }

    /// Whether a Ping was sent and nothing at all has come since.
    fn is_waiting(&self) -> bool {
        self.waiting
    }

    /// Whether it was waiting. Any byte is a sign of life: a Pong may stand behind a large message.
    fn stop_waiting(&mut self) -> bool {
        std::mem::take(&mut self.waiting)
    }

    /// s5.5.2 leaves the payload free. A number tells which Ping a Pong answers.
    fn next_ping(&mut self) -> String {
        self.pings += 1;
        self.waiting = true;
        self.pinged_at = Some(Instant::now());
        self.pings.to_string()
    }

    /// How long ago the Ping was sent that this answers; `None`: it answers none of ours.
    fn pong(&mut self, payload: &[u8]) -> Option<Duration> {
        let pinged_at = self.pinged_at.take_if(|_| payload == self.pings.to_string().as_bytes());
        pinged_at.map(|sent| sent.elapsed())
    }
}
