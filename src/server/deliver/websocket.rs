//! The feed over a WebSocket. Its connection has two threads: the first reads, as on every connection, and answers what
//! it read; the second, the courier, follows the log and writes the frames of events, which were made once for all.
//!
//! ```text
//!              read ─▶ the connection's thread ─┐
//!                                               ├─▶ outbound (one lock) ─▶ socket
//! log ─▶ reader.wait ─▶ the courier's thread ───┘
//! ```
//!
//! Both write whole frames under the lock of [`outbound`](super::super::outbound), so no frame is torn and nothing follows
//! a Close. The courier ends when its [`Handle`] is dropped by the connection's thread, when somebody else has sent a
//! Close, when a write fails, or when the client is too slow: then it sends the Close itself, and ends TCP when the
//! client does not.

use super::super::Server;
use super::super::ending::write_failed;
use super::super::listener::STACK;
use super::super::metrics::ClosedBy;
use super::super::outbound::{Locked, Phase};
use super::super::plan::no_second_thread;
use super::super::registry::{CourierPlace, Entry, Place};
use super::super::route::Endpoint;
use super::encoded::Encoded;
use crate::feed::Notice;
use crate::feed::hub::MOST_WAITING;
use crate::feed::log::Backlog;
use crate::feed::reader::{Ender, News, Reader, WhenSlow};
use crate::protocol::close::{Close, TRY_AGAIN_LATER, meaning};
use crate::protocol::frame;
use crate::protocol::refusal::Refusal;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::net::Shutdown;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

/// The connection's hold of its courier. Dropping it ends the courier and waits for it: at most for the write in which it
/// may be.
pub struct Handle {
    ender: Option<Ender<Encoded>>,
    /// Nothing is ever sent: its end is the sign.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        drop((self.ender.take(), self.alive.take()));
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Starts a courier for an endpoint that events are pushed to. It takes a thread of those that are allowed. It writes once
/// the outbound's lock is free, if the 101 was written by then.
#[inline(never)]
pub fn start_courier(place: &Place, endpoint: Endpoint, after: Option<u64>) -> Result<Handle, Refusal> {
    let thread_place = CourierPlace::take(&place.server).ok_or_else(no_second_thread)?;
    let when_slow = WhenSlow::LeftOut(place.server.config.slow_timeout);
    let reader = Reader::new(&place.server.feed, after, when_slow).told_of_source();
    let (alive, connection) = bounded(0);
    let ender = Some(reader.ender());
    let courier = Courier {
        server: Arc::clone(&place.server),
        entry: Arc::clone(&place.entry),
        frame: if endpoint == Endpoint::Live { Encoded::text_frame } else { Encoded::json_frame },
        notice: if endpoint == Endpoint::Live { Notice::words } else { Notice::json },
        reader,
        connection,
        _place: thread_place,
    };
    let thread = Builder::new().name(format!("courier-{}", place.entry.number)).stack_size(STACK);
    match thread.spawn(move || courier.run()) {
        Ok(thread) => Ok(Handle { ender, alive: Some(alive), thread: Some(thread) }),
        Err(error) => {
            let why = format!("the system has no thread left for the events: {error}; try again later");
            Err(Refusal::new(503, "no-thread", "RFC 9110 s15.6.4", why).with_field("Retry-After", "1"))
        }
    }
}

/// What the courier's thread owns.
struct Courier {
    server: Arc<Server>,
    entry: Arc<Entry>,
    frame: fn(&Encoded) -> &[u8],
    notice: fn(&Notice) -> String,
    reader: Reader<Encoded>,
    /// Ends when the connection's thread has no more use for a courier.
    connection: Receiver<()>,
    _place: CourierPlace,
}

impl Courier {
    fn run(mut self) {
        loop {
            match self.reader.wait(None) {
                News::Backlog(backlog) if self.deliver(&backlog) => {}
                News::TooSlow => return self.close_too_slow(),
                News::Backlog(_) | News::Nothing | News::Ended => return,
            }
        }
    }

    /// Writes all of it at once. Whether there may be more.
    fn deliver(&self, backlog: &Backlog<Encoded>) -> bool {
        match (backlog.notices.as_slice(), backlog.events.as_slice()) {
            ([], [one]) => self.write((self.frame)(&one.encoded), 1),
            _ => self.deliver_many(backlog),
        }
    }

    #[inline(never)]
    fn deliver_many(&self, backlog: &Backlog<Encoded>) -> bool {
        let mut frames = Vec::new();
        for notice in &backlog.notices {
            frames.extend_from_slice(&frame::text((self.notice)(notice).as_bytes()));
        }
        for published in &backlog.events {
            frames.extend_from_slice((self.frame)(&published.encoded));
        }
        self.write(&frames, backlog.notices.len() + backlog.events.len())
    }

    fn write(&self, frames: &[u8], count: usize) -> bool {
        let mut half = self.entry.outbound.lock();
        // The 101 was not written, a Close was, or the connection is gone.
        if half.phase() != Phase::WebSocket {
            return false;
        }
        let written = self.write_to(&mut half, frames, false);
        if written {
            self.entry.outbound.traffic.count_messages(0, count as u64);
        }
        written
    }

    fn write_to(&self, half: &mut Locked<'_>, frames: &[u8], last: bool) -> bool {
        match self.reader.in_write(|| half.write(frames, last)) {
            Ok(()) => true,
            Err(error) => {
                write_failed(&self.server, &self.entry, half, &error);
                false
            }
        }
    }

    /// 1013, "try again later", is registered with IANA (s7.4.2 leaves that open). What still waits is not written: the
    /// client says with `after` where it was.
    #[inline(never)]
    fn close_too_slow(&self) {
        let mut half = self.entry.outbound.lock();
        if half.phase() != Phase::WebSocket {
            return;
        }
        let why = format!("too slow: more than {MOST_WAITING} events wait");
        let meaning = meaning(TRY_AGAIN_LATER);
        let words = format!("{why} (--slow-timeout): close {TRY_AGAIN_LATER} {meaning}, by this server");
        half.tell(&self.entry.who, '!', &words);
        self.server.metrics.count_close(&mut half, ClosedBy::Server, TRY_AGAIN_LATER);
        let written = self.write_to(&mut half, &frame::close(&Close::new(TRY_AGAIN_LATER, &why)), true);
        drop(half);
        if written {
            self.end_tcp();
        }
    }

    /// Whoever sends the Close sees to the end: the connection's thread reads on for the client's answer, and is woken if
    /// none comes.
    fn end_tcp(&self) {
        let timeout = self.server.config.close_timeout;
        if self.connection.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
            self.entry.outbound.shut_down(Shutdown::Both);
        }
    }
}
