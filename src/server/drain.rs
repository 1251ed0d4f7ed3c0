//! The end: a server that stops without losing what it has taken on.
//!
//! In this order: `/readyz` says 503, so that load balancers look elsewhere; held polls are answered, streams and idle
//! HTTP connections end; every WebSocket gets a Close 1001, spread over the first half of the grace so that not all
//! clients come back at the same moment; whoever answers is done; what is left when the grace is over is cut off; the
//! listeners go last, because until then somebody may still ask for `/readyz`.

use super::Server;
use super::ending::write_failed;
use super::listener;
use super::metrics::ClosedBy;
use super::outbound::Phase;
use super::registry::Entry;
use crate::feed::redis::Link;
use crate::feed::ticker::Ticker;
use crate::protocol::close::{Close, GOING_AWAY};
use crate::protocol::frame;
use log::info;
use std::collections::VecDeque;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How long threads get to notice that their connection was cut off.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// A year. A longer grace would leave the range of the clock.
const LONGEST_GRACE: Duration = Duration::from_secs(365 * 24 * 3600);

/// A connection that has said nothing for so long is not about to.
const SETTLED: Duration = Duration::from_millis(500);

/// Between two looks at connections that could not be closed at once.
const RETRY: Duration = Duration::from_millis(20);

/// A running server. Dropping it stops the server without grace.
#[derive(Debug)]
pub struct Handle {
    /// The first address that is listened on, with the port the system chose if it was asked to.
    pub addr: SocketAddr,
    /// All of them.
    pub addrs: Vec<SocketAddr>,
    server: Arc<Server>,
    acceptors: Vec<JoinHandle<()>>,
    ticker: Option<Ticker>,
    /// What follows the feed if it is kept elsewhere.
    link: Option<Link>,
}

impl Handle {
    /// Starts a thread that accepts on each of the listeners.
    pub(super) fn accept_on(
        server: Arc<Server>,
        listeners: Vec<TcpListener>,
        ticker: Option<Ticker>,
        link: Option<Link>,
    ) -> io::Result<Handle> {
        let addrs = listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        let addr =
            *addrs.first().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no address to listen on"))?;
        let mut handle = Handle { addr, addrs, server, acceptors: Vec::new(), ticker, link };
        for (number, socket) in listeners.into_iter().enumerate() {
            let server = Arc::clone(&handle.server);
            let thread = Builder::new().name(format!("accept-{number}"));
            handle.acceptors.push(thread.spawn(move || listener::accept_all(&server, &socket))?);
        }
        Ok(handle)
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.server.registry.len()
    }

    /// Publishes an event on the feed, and answers its number. An error is why it could not: the feed is kept elsewhere, and
    /// that place can't be reached.
    pub fn publish(&self, text: String) -> Result<u64, String> {
        Ok(self.server.publisher.publish(text)?.id)
    }

    /// Stops the server, and comes back when it has stopped: at once if nobody is connected, after `grace` and a
    /// second at the latest. A second call does nothing.
    pub fn stop(&mut self, grace: Duration) {
        if self.acceptors.is_empty() {
            return;
        }
        let grace = grace.min(LONGEST_GRACE);
        let deadline = Instant::now() + grace;
        self.server.draining.store(true, Ordering::SeqCst);
        let entries = self.server.registry.all();
        info!("server = stopping; connections: {}, grace: {grace:?}", entries.len());
        self.ticker = None;
        self.server.feed.end_patient_readers();
        self.end_idle_requests();
        self.close_all(entries, grace / 2, deadline);
        if !self.wait(deadline) {
            self.cut_off();
        }
        self.stop_accepting();
        self.link = None;
        info!("server = stopped");
    }

    /// Sends each a Close, the last one `spread` after the first.
    fn close_all(&self, entries: Vec<Weak<Entry>>, spread: Duration, deadline: Instant) {
        let start = Instant::now();
        let count = entries.len().max(1) as u32;
        let mut later = VecDeque::new();
        for (number, entry) in (0..).zip(entries) {
            if self.wait_for_turn(start + spread * number / count, &mut later) {
                return;
            }
            if !self.close(&entry) {
                later.push_back(entry);
            }
        }
        // The slow ones: somebody is writing to them, or they don't read.
        while !later.is_empty() && Instant::now() < deadline && !self.server.registry.wait_until_empty(RETRY) {
            later.retain(|entry| Instant::now() < deadline && !self.close(entry));
        }
    }

    /// Waits for `due`, and meanwhile tries those again that could not be closed when it was their turn. Whether all have
    /// ended.
    fn wait_for_turn(&self, due: Instant, later: &mut VecDeque<Weak<Entry>>) -> bool {
        loop {
            later.retain(|entry| !self.close(entry));
            let left = due.saturating_duration_since(Instant::now());
            let wait = if later.is_empty() { left } else { left.min(RETRY) };
            if self.server.registry.wait_until_empty(wait) {
                return true;
            }
            if left.is_zero() || wait == left {
                return false;
            }
        }
    }

    /// Waits until all have ended. Whether they have.
    fn wait(&self, deadline: Instant) -> bool {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if self.server.registry.wait_until_empty(left.min(SETTLED)) {
                return true;
            }
            if left.is_zero() {
                return false;
            }
            self.end_idle_requests();
        }
    }

    /// Connections that have not begun a request: the end of input wakes them, and they have nothing to say. One that was
    /// accepted just now may have its first request on the way, and is left alone for a moment.
    fn end_idle_requests(&self) {
        let entries = self.server.registry.all();
        let idle = |entry: &Arc<Entry>| entry.is_waiting() && entry.since.elapsed() >= SETTLED;
        for entry in entries.iter().filter_map(Weak::upgrade).filter(idle) {
            entry.outbound.shut_down(Shutdown::Read);
        }
    }

    /// Whether nothing more is to be done for this one.
    fn close(&self, entry: &Weak<Entry>) -> bool {
        let Some(entry) = entry.upgrade() else { return true };
        let Some(mut half) = entry.outbound.try_lock() else { return false };
        if half.phase() != Phase::WebSocket {
            return true; // a request that is being answered ends the connection itself
        }
        match half.close_now(&going_away()) {
            Ok(false) => false,
            Ok(true) => {
                half.tell(&entry.who, '=', "close 1001 going away, by this server: it stops");
                self.server.metrics.count_close(&mut half, ClosedBy::Server, GOING_AWAY);
                true
            }
            Err(error) => {
                write_failed(&self.server, &entry, &mut half, &error);
                true
            }
        }
    }

    fn cut_off(&self) {
        let left = self.server.registry.all();
        info!("server ! the grace is over; connections cut off: {}", left.len());
        left.iter().filter_map(Weak::upgrade).for_each(|entry| entry.cut_off());
        self.server.registry.wait_until_empty(LAST_WAIT);
    }

    fn stop_accepting(&mut self) {
        self.server.stopped.store(true, Ordering::SeqCst);
        for (thread, addr) in self.acceptors.drain(..).zip(&self.addrs) {
            thread.thread().unpark();
            listener::wake(*addr);
            // A panic in there was reported when it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

/// The same bytes for everybody.
fn going_away() -> Vec<u8> {
    frame::close(&Close::new(GOING_AWAY, "server is stopping"))
}
