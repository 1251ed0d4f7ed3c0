//! What the connections have in common: who is there, and that it is time to stop. And what they must not have in common,
//! for the bugs of several clients.

use super::Id;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most clients at once; who comes then is cut off.
const MOST: usize = 256;

/// How many sockets [`Id::KeepsTheLost`] holds: it shall show a fault, and not run out of them.
const MOST_LOST: usize = 32;

/// One for the whole server.
pub struct Shared {
    pub bug: Id,
    stopping: AtomicBool,
    clients: Mutex<BTreeMap<u64, Known>>,
    /// [`Id::BlocksOnSlow`] holds it while it writes.
    writing: Mutex<()>,
    /// [`Id::KeepsTheLost`] holds the sockets of those that have gone last.
    lost: Mutex<VecDeque<Arc<TcpStream>>>,
    /// [`Id::SharedMessage`] collects the fragments of all clients here.
    pub message: Mutex<Vec<u8>>,
}

struct Known {
    socket: Arc<TcpStream>,
    /// The opening handshake is over.
    is_open: bool,
}

/// A client as long as it is served.
pub struct Client {
    pub number: u64,
    pub socket: Arc<TcpStream>,
    shared: Arc<Shared>,
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.shared.bug == Id::KeepsTheLost {
            let mut lost = locked(&self.shared.lost);
            lost.truncate(MOST_LOST - 1);
            lost.push_front(Arc::clone(&self.socket));
        }
        locked(&self.shared.clients).remove(&self.number);
    }
}

impl Shared {
    pub fn new(bug: Id) -> Shared {
        Shared {
            bug,
            stopping: AtomicBool::new(false),
            clients: Mutex::default(),
            writing: Mutex::default(),
            lost: Mutex::default(),
            message: Mutex::default(),
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Ends every connection, and has nobody welcomed any more.
    pub fn stop(&self) {
        // Under the lock: nobody is welcomed between the two.
        let clients = locked(&self.clients);
        self.stopping.store(true, Ordering::SeqCst);
        for client in clients.values() {
            let _ = client.socket.shutdown(Shutdown::Both);
        }
    }

    pub fn welcome(self: &Arc<Shared>, socket: TcpStream) -> Option<Client> {
        let mut clients = locked(&self.clients);
        let most = if self.bug == Id::FewClients { 30 } else { MOST };
        if self.is_stopping() || clients.len() >= most {
            return None;
        }
        let number = clients.last_key_value().map_or(0, |(last, _)| last + 1);
        let socket = Arc::new(socket);
        clients.insert(number, Known { socket: Arc::clone(&socket), is_open: false });
        Some(Client { number, socket, shared: Arc::clone(self) })
    }

    /// The opening handshake of this client is over, or the session is.
    pub fn set_open(&self, number: u64, is_open: bool) {
        if let Some(client) = locked(&self.clients).get_mut(&number) {
            client.is_open = is_open;
        }
    }

    /// Writes the bytes of a frame to the client they are for.
    pub fn write(&self, to: &Arc<TcpStream>, bytes: &[u8]) -> io::Result<()> {
        if self.bug == Id::BlocksOnSlow {
            let _all_others_wait = locked(&self.writing);
            return (&**to).write_all(bytes);
        }
        (&**to).write_all(bytes)
    }

    /// Writes an echo, which is for the client that has sent the message.
    pub fn echo(&self, to: &Arc<TcpStream>, bytes: &[u8]) -> io::Result<()> {
        // Texts: the bytes that a client sent in plenty before it went away would reach the one that comes after it.
        let is_text = bytes.first() == Some(&0x81);
        let written = match self.bug {
            Id::EchoesToAll if is_text => {
                for other in self.open().iter().filter(|other| !Arc::ptr_eq(other, to)) {
                    let _ = self.write(other, bytes); // it may be gone
                }
                self.write(to, bytes)
            }
            Id::EchoesToNewest if is_text => self.write(self.open().last().unwrap_or(to), bytes),
            _ => self.write(to, bytes),
        };
        if self.bug == Id::EndsWithClient && written.is_err() {
            self.stop();
        }
        written
    }

    /// Everybody whose WebSocket is open, who came first before the others.
    fn open(&self) -> Vec<Arc<TcpStream>> {
        let clients = locked(&self.clients);
        clients.values().filter(|client| client.is_open).map(|client| Arc::clone(&client.socket)).collect()
    }
}

/// A thread that has panicked leaves nothing half done in here.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
