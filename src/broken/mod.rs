//! A small echo server that breaks one rule on purpose, or none.
//!
//! It is written by hand, a blocking thread a connection, about as a student writes a first one. It takes nothing from the
//! rest of this crate, and shares with it only the libraries for base64 and SHA-1: a grader that is held against it would
//! otherwise be held against itself. Each rule that can be broken is broken by an `if` at the place where the rule stands:
//!
//! 1. `input`: bytes from TCP, which come in pieces.
//! 2. `head` and `answer`: the opening handshake.
//! 3. `header` and `frame`: frames in, and frames out.
//! 4. `session`, `control` and `utf8`: messages, and what stands between them.
//! 5. `closing`: the end of TCP.
//! 6. `shared`: what the connections have in common.
//!
//! [`BUGS`] names them all.

mod answer;
mod bugs;
mod closing;
mod control;
mod frame;
mod head;
mod header;
mod input;
mod list;
mod session;
mod shared;
mod utf8;

pub use bugs::{Bug, NONE, chosen_by, find, nearest};
pub use list::{BUGS, Id};

use input::Input;
use session::Session;
use shared::Shared;
use std::io::{self, ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, Builder, JoinHandle};
use std::time::Duration;

/// How long a client may leave bytes unread before its connection is given up.
const UNREAD: Duration = Duration::from_secs(10);
/// How long nobody is accepted when that has failed.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the wake-up of the thread that accepts may take.
const WAKE: Duration = Duration::from_secs(1);

/// A server that runs. Dropping it ends it, and every connection with it.
pub struct Handle {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

/// Starts the server that has this bug, or [`NONE`], on an address as `127.0.0.1:0`. It echoes at every path.
pub fn start(bug: &Bug, listen: &str) -> io::Result<Handle> {
    let listener = TcpListener::bind(listen)?;
    let addr = listener.local_addr()?;
    let shared = Arc::new(Shared::new(bug.id));
    let for_clients = Arc::clone(&shared);
    let accepting = Builder::new().name("broken-accept".to_owned()).spawn(move || accept(&listener, &for_clients))?;
    Ok(Handle { addr, shared, accepting: Some(accepting) })
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.stop();
        // The thread waits in `accept`, and looks whether it is to stop when a client has come.
        let here = match self.addr {
            SocketAddr::V4(addr) if addr.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, addr.port()).into(),
            SocketAddr::V6(addr) if addr.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, addr.port()).into(),
            addr => addr,
        };
        let woken = TcpStream::connect_timeout(&here, WAKE);
        if let (Ok(_), Some(thread)) = (woken, self.accepting.take()) {
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for socket in listener.incoming() {
        if shared.is_stopping() {
            return;
        }
        let Ok(socket) = socket else {
            // A client that has gone again, or no descriptor left: the next one may fare better, a moment later.
            thread::park_timeout(PAUSE);
            continue;
        };
        let Some(client) = shared.welcome(socket) else { continue };
        if shared.bug == Id::OneClientAtATime {
            let _ = converse(&client.socket, shared, client.number);
            continue;
        }
        let shared = Arc::clone(shared);
        // The thread gives the client up when it ends, and so does a thread that can't be started.
        let _ = Builder::new().name("broken-client".to_owned()).spawn(move || {
            let _ = converse(&client.socket, &shared, client.number);
        });
    }
}

/// One connection from its first byte to its last. An error ends this one alone.
fn converse(socket: &Arc<TcpStream>, shared: &Arc<Shared>, number: u64) -> io::Result<()> {
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(UNREAD))?;
    let mut input = Input::new(Arc::clone(socket), shared.bug);
    let asked = head::read(&mut input);
    if let Err(error) = &asked {
        let is_caught = match shared.bug {
            Id::GoneClientStops => error.kind() != ErrorKind::UnexpectedEof || input.waiting().is_empty(),
            Id::NoiseStops => error.kind() != ErrorKind::InvalidData,
            _ => true,
        };
        if !is_caught {
            shared.stop();
        }
    }
    let asked = asked?;
    match asked.and_then(|request| answer::accept(&request, shared.bug)) {
        Ok(answer) => {
            (&**socket).write_all(answer.as_bytes())?;
            shared.set_open(number, true);
            let ending = Session::new(&mut input, shared).run();
            shared.set_open(number, false);
            closing::end(input, ending, shared.bug)
        }
        Err(_) if shared.bug == Id::SilentRefusal => Ok(()),
        Err(refusal) => {
            (&**socket).write_all(refusal.text(shared.bug).as_bytes())?;
            closing::end(input, closing::Ending::Refused, shared.bug)
        }
    }
}
