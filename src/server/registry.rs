//! Who is connected: an entry a connection, from `accept` to the end of its thread. It is what the limit counts, what a
//! drain walks through, and what `/metrics` adds up.

use super::Server;
use super::client::Client;
use super::outbound::Outbound;
use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// One connection, as other threads see it.
#[derive(Debug)]
pub struct Entry {
    /// Counted from 1, in the order of `accept`.
    pub number: u64,
    /// `ws-17`: the name of its thread and of its lines in the log.
    pub who: String,
    /// The other end.
    pub peer: SocketAddr,
    /// When it was accepted.
    pub since: Instant,
    /// Its socket.
    pub outbound: Outbound,
    /// It is one too many, and may only ask whether the server is healthy.
    pub turned_away: bool,
    doing: Mutex<Doing>,
    client: Mutex<Client>,
    waiting_for_request: AtomicBool,
    cut_off: AtomicBool,
}

/// What a connection is used for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doing {
    /// The path of its last request, if this server knows it.
    pub path: Option<&'static str>,
    /// Whether it is a WebSocket, and not HTTP.
    pub websocket: bool,
}

impl Entry {
    /// A connection just accepted.
    pub fn new(number: u64, who: String, peer: SocketAddr, outbound: Outbound, turned_away: bool) -> Entry {
        let (waiting_for_request, cut_off) = (AtomicBool::new(false), AtomicBool::new(false));
        let (since, doing, client) = (Instant::now(), Mutex::default(), Mutex::default());
        Entry { number, who, peer, since, outbound, turned_away, doing, client, waiting_for_request, cut_off }
    }

    /// What it is used for.
    pub fn doing(&self) -> Doing {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what it is used for.
    pub fn does(&self, doing: Doing) {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner) = doing;
    }

    /// What proxies have said of who asks. The lock is to be held for a look, or a word.
    pub fn client(&self) -> MutexGuard<'_, Client> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether the thread waits for the first byte of a request: then a drain may end the connection.
    pub fn set_waiting(&self, waiting: bool) {
        self.waiting_for_request.store(waiting, Ordering::SeqCst);
    }

    /// Ends the connection, whatever it does: the grace is over.
    pub fn cut_off(&self) {
        self.cut_off.store(true, Ordering::SeqCst);
        self.outbound.shut_down(Shutdown::Both);
    }

    /// Whether this server has cut it off.
    pub fn was_cut_off(&self) -> bool {
        self.cut_off.load(Ordering::SeqCst)
    }

    /// Whether it waits for the first byte of a request.
    pub fn is_waiting(&self) -> bool {
        self.waiting_for_request.load(Ordering::SeqCst)
    }
}

/// All connections.
#[derive(Debug, Default)]
pub struct Registry {
    inner: Mutex<Inner>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    last_number: u64,
    turned_away: usize,
    couriers: usize,
    entries: BTreeMap<u64, Arc<Entry>>,
}

impl Inner {
    fn busy(&self) -> usize {
        self.entries.len() - self.turned_away + self.couriers
    }
}

impl Registry {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.lock().entries.len()
    }

    /// How many threads serve connections, couriers among them, and how many connections are turned away.
    pub fn busy_and_turned_away(&self) -> (usize, usize) {
        let inner = self.lock();
        (inner.busy(), inner.turned_away)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next connection's number.
    pub fn next_number(&self) -> u64 {
        let mut inner = self.lock();
        inner.last_number += 1;
        inner.last_number
    }

    /// All of them, in the order in which they came. Weak: who walks through them must not keep their sockets open.
    pub fn all(&self) -> Vec<Weak<Entry>> {
        self.lock().entries.values().map(Arc::downgrade).collect()
    }

    /// Shows all of them to `look`, and lets none end meanwhile.
    pub fn look<T>(&self, look: impl FnOnce(&mut dyn Iterator<Item = &Entry>) -> T) -> T {
        let inner = self.lock();
        look(&mut inner.entries.values().map(Arc::as_ref))
    }

    /// Waits until all have ended, for at most `timeout`. Whether they have.
    pub fn wait_until_empty(&self, timeout: Duration) -> bool {
        let wait = self.ended.wait_timeout_while(self.lock(), timeout, |inner| !inner.entries.is_empty());
        wait.unwrap_or_else(PoisonError::into_inner).0.entries.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The map is whole at every moment at which a thread could panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the registry. Dropping it gives the place back, also when the connection's thread panics.
#[derive(Debug)]
pub struct Place {
    /// The server it is a place in.
    pub server: Arc<Server>,
    /// Its entry.
    pub entry: Arc<Entry>,
}

impl Place {
    /// Takes a place.
    pub fn take(server: &Arc<Server>, entry: Entry) -> Place {
        let entry = Arc::new(entry);
        let mut inner = server.registry.lock();
        inner.turned_away += usize::from(entry.turned_away);
        inner.entries.insert(entry.number, Arc::clone(&entry));
        drop(inner);
        Place { server: Arc::clone(server), entry }
    }
}

impl Drop for Place {
    /// The place first, then the socket: who is told of the end by the closed socket finds the place free.
    fn drop(&mut self) {
        let registry = &self.server.registry;
        let mut inner = registry.lock();
        inner.entries.remove(&self.entry.number);
        inner.turned_away -= usize::from(self.entry.turned_away);
        self.server.metrics.add_ended(&self.entry.outbound.traffic);
        if inner.entries.is_empty() {
            registry.ended.notify_all();
        }
    }
}

/// A courier's place among the threads that serve connections. Dropping it gives it back.
#[derive(Debug)]
pub struct CourierPlace {
    server: Arc<Server>,
}

impl CourierPlace {
    /// Takes one, if there is one left.
    pub fn take(server: &Arc<Server>) -> Option<CourierPlace> {
        let mut inner = server.registry.lock();
        let is_left = inner.busy() < server.config.max_connections;
        inner.couriers += usize::from(is_left);
        is_left.then(|| CourierPlace { server: Arc::clone(server) })
    }
}

impl Drop for CourierPlace {
    fn drop(&mut self) {
        self.server.registry.lock().couriers -= 1;
    }
}
