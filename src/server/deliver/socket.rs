//! The feed over a WebSocket. Its connection has two threads: the first reads, as on every connection, and answers what
//! it read; the second, the courier, waits on its queue and writes the frames of events, which were made once for all.
//!
//! Both write through the same [outbound](super::super::outbound), whole frames under its lock, so no frame is torn and
//! nothing follows a Close.
//!
//! ```text
//!                             ┌──────────────────────────── connection's thread ◀── read
//! hub ─▶ queue of 64 ─▶ courier ─▶ outbound (one lock) ─▶ socket
//! ```
//!
//! The courier ends when its [`Courier`] is dropped by the connection's thread, when something else has sent a Close, or
//! when the client is too slow: then it sends the Close itself, and ends TCP when the client does not.

use super::super::Server;
use super::super::conversation::write_failed;
use super::super::listener::STACK;
use super::super::metrics::ClosedBy;
use super::super::outbound::Phase;
use super::super::plan::no_second_thread;
use super::super::registry::{CourierPlace, Entry, Place};
use super::super::route::Endpoint;
use super::encoded::{Encoded, notice_frames};
use crate::feed::hub::{Subscription, WhenFull};
use crate::feed::log::{Backlog, Published};
use crate::protocol::close::{Close, TRY_AGAIN_LATER, meaning};
use crate::protocol::header::Header;
use crate::protocol::opcode::Opcode;
use crate::protocol::refusal::Refusal;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use log::info;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};

/// How many events may wait for a client that is slow.
pub const QUEUE: usize = 64;

/// The connection's hold of its courier. Dropping it ends the courier and waits for it: at most for the write in which it
/// may be.
pub struct Courier {
    subscription: Option<Subscription<Encoded>>,
    /// Nothing is ever sent: its end is the sign.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Courier {
    /// Starts a courier for an endpoint that events are pushed to. It takes a thread of those that are allowed. It begins
    /// to write when the outbound's lock is free and the 101 was written.
    #[inline(never)]
    pub fn start(place: &Place, endpoint: Endpoint, after: Option<u64>) -> Result<Courier, Refusal> {
        let thread_place = CourierPlace::take(&place.server).ok_or_else(no_second_thread)?;
        let (subscription, backlog) = Subscription::new(&place.server.feed, after, QUEUE, WhenFull::LeaveOut);
        let (alive, gone) = bounded(0);
        let route = Route {
            server: Arc::clone(&place.server),
            entry: Arc::clone(&place.entry),
            frame: if endpoint == Endpoint::Live { Encoded::text_frame } else { Encoded::json_frame },
            queue: subscription.queue().clone(),
            too_slow: subscription.too_slow(),
            gone,
            _place: thread_place,
        };
        // A name has 15 bytes on Linux.
        let name = format!("courier-{}", place.entry.number);
        let thread = Builder::new().name(name).stack_size(STACK).spawn(move || route.run(backlog));
        let thread = thread.map_err(|error| {
            let why = format!("the system has no thread left for the events: {error}; try again later");
            Refusal::new(503, "no-thread", "RFC 9110 s15.6.4", why).with_field("Retry-After", "1")
        })?;
        Ok(Courier { subscription: Some(subscription), alive: Some(alive), thread: Some(thread) })
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        drop((self.subscription.take(), self.alive.take()));
        if let Some(thread) = self.thread.take() {
            // A panic in there was reported when it happened.
            let _ = thread.join();
        }
    }
}

/// Why a courier can write no more.
enum Stop {
    /// The 101 was not written, or somebody has sent a Close or failed to write.
    Closed,
    /// Its own write failed.
    Failed(io::Error),
}

/// What the courier's thread owns.
struct Route {
    server: Arc<Server>,
    entry: Arc<Entry>,
    frame: fn(&Encoded) -> &[u8],
    queue: Receiver<Arc<Published<Encoded>>>,
    too_slow: Arc<AtomicBool>,
    gone: Receiver<()>,
    _place: CourierPlace,
}

impl Route {
    fn run(self, backlog: Backlog<Encoded>) {
        let delivered = self.deliver_backlog(backlog).and_then(|()| self.deliver());
        let too_slow = self.too_slow.load(Ordering::SeqCst);
        match delivered.and_then(|()| if too_slow { self.close_too_slow() } else { Ok(()) }) {
            Ok(()) if too_slow => self.end_tcp(),
            Err(Stop::Failed(error)) => write_failed(&self.server, &self.entry, &error),
            Ok(()) | Err(Stop::Closed) => {}
        }
    }

    #[inline(never)]
    fn deliver_backlog(&self, backlog: Backlog<Encoded>) -> Result<(), Stop> {
        let mut frames = notice_frames(&backlog.notices);
        for published in &backlog.events {
            frames.extend_from_slice((self.frame)(&published.encoded));
        }
        self.write(&frames, backlog.notices.len() + backlog.events.len())
    }

    /// Until the queue ends: it waits for an event, and writes it with all that are queued behind it.
    fn deliver(&self) -> Result<(), Stop> {
        while let Ok(first) = self.queue.recv() {
            if self.queue.is_empty() {
                self.write((self.frame)(&first.encoded), 1)?;
            } else {
                self.deliver_many(&first)?;
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn deliver_many(&self, first: &Published<Encoded>) -> Result<(), Stop> {
        let mut frames = (self.frame)(&first.encoded).to_vec();
        let mut count = 1;
        // No more than the queue holds: under a flood others could go on filling it.
        for published in self.queue.try_iter().take(QUEUE) {
            frames.extend_from_slice((self.frame)(&published.encoded));
            count += 1;
        }
        self.write(&frames, count)
    }

    fn write(&self, frames: &[u8], count: usize) -> Result<(), Stop> {
        let mut half = self.entry.outbound.lock();
        if half.phase() != Phase::WebSocket {
            return Err(Stop::Closed);
        }
        half.write(frames, false).map_err(Stop::Failed)?;
        self.entry.outbound.traffic.count_messages(0, count as u64);
        Ok(())
    }

    /// s7.4.2: 1013, "try again later", as registered with IANA.
    fn close_too_slow(&self) -> Result<(), Stop> {
        let mut half = self.entry.outbound.lock();
        if half.phase() != Phase::WebSocket {
            return Err(Stop::Closed);
        }
        let why = format!("too slow: {QUEUE} events were waiting");
        let (who, meaning) = (&self.entry.who, meaning(TRY_AGAIN_LATER));
        info!("{who} ! {why}: close {TRY_AGAIN_LATER} {meaning}, by this server");
        self.server.metrics.count_close(&mut half, ClosedBy::Server, TRY_AGAIN_LATER);
        half.write(&close_frame(&Close::new(TRY_AGAIN_LATER, &why)), true).map_err(Stop::Failed)
    }

    /// Whoever sends the Close sees to the end: the connection's thread reads on for the client's answer, and is woken if
    /// none comes.
    fn end_tcp(&self) {
        let timeout = self.server.config.close_timeout;
        if self.gone.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout) {
            self.entry.outbound.shut_down(Shutdown::Both);
        }
    }
}

/// A Close of a server that did not come out of a session.
pub fn close_frame(close: &Close) -> Vec<u8> {
    let payload = close.encode();
    let mut frame = Vec::new();
    Header::new(Opcode::Close, payload.len() as u64).encode(&mut frame);
    frame.extend_from_slice(&payload);
    frame
}
