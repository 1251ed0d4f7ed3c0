//! A hop between a client and a server: it passes bytes on, and ends connections by the rules that a test gives it.
//!
//! Timers of real hops count in minutes; these count in the tenths of seconds that a test has. Who wants to know what nginx
//! does asks nginx (`tests/peers`).

use super::spawn;
use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// How often the relay looks at its sockets.
const LOOK: Duration = Duration::from_millis(2);

/// What it does to what a server says: what is passed on of these bytes, and whether the connection ends behind them.
pub type Change = fn(&[u8]) -> (Vec<u8>, bool);

/// What it does.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Ends a connection on which nothing has passed for so long.
    pub silence: Option<Duration>,
    /// Ends a connection of this age.
    pub lifetime: Option<Duration>,
    /// Ends all connections so long after the second was opened: the first is that of the look.
    pub restart: Option<Duration>,
    /// By RST instead of FIN.
    pub resets: bool,
    /// Forgets a connection instead of ending it: nothing passes any more, and an RST answers what comes, or nothing.
    pub forgets: bool,
    /// What it does to what comes from the server.
    pub change: Change,
}

impl Default for Rules {
    fn default() -> Rules {
        let change: Change = |bytes| (bytes.to_vec(), false);
        Rules { silence: None, lifetime: None, restart: None, resets: false, forgets: false, change }
    }
}

/// A relay that runs until it is dropped.
pub struct Relay {
    pub addr: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Relay {
    pub fn start(server: SocketAddr, rules: Rules) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let addr = listener.local_addr().expect("an address");
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        spawn("relay", move || accept_all(&listener, server, rules, &stop));
        Relay { addr, stopped }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

fn accept_all(listener: &TcpListener, server: SocketAddr, rules: Rules, stopped: &Arc<AtomicBool>) {
    let (mut opened, mut restart_at) = (0, None);
    while !stopped.load(Ordering::Relaxed) {
        let Ok((client, _)) = listener.accept() else {
            park_timeout(LOOK);
            continue;
        };
        opened += 1;
        if opened == 2 {
            restart_at = rules.restart.map(|after| Instant::now() + after);
        }
        let server = TcpStream::connect(server).expect("the server");
        let (stopped, pair) = (Arc::clone(stopped), Pair { client, server, rules, restart_at });
        spawn("relayed", move || pair.run(&stopped));
    }
}

struct Pair {
    client: TcpStream,
    server: TcpStream,
    rules: Rules,
    restart_at: Option<Instant>,
}

impl Pair {
    fn run(mut self, stopped: &AtomicBool) {
        for socket in [&self.client, &self.server] {
            socket.set_nonblocking(true).expect("a socket that does not block");
            socket.set_nodelay(true).expect("small segments");
        }
        let begun = Instant::now();
        let mut passed = begun;
        while !stopped.load(Ordering::Relaxed) {
            match self.pass() {
                None => return,
                Some(0) => park_timeout(LOOK),
                Some(_) => passed = Instant::now(),
            }
            let over = |since: Instant, limit: Option<Duration>| limit.is_some_and(|limit| since.elapsed() >= limit);
            let restarted = self.restart_at.is_some_and(|at| Instant::now() >= at);
            if self.rules.forgets && over(passed, self.rules.silence) {
                self.forget(stopped);
                break;
            }
            if restarted || over(passed, self.rules.silence) || over(begun, self.rules.lifetime) {
                break;
            }
        }
        if self.rules.resets {
            // Closing sends RST then.
            SockRef::from(&self.client).set_linger(Some(Duration::ZERO)).expect("linger");
        }
    }

    /// Until the client speaks and is to be told, or goes.
    fn forget(&mut self, stopped: &AtomicBool) {
        while !stopped.load(Ordering::Relaxed) {
            match read(&mut self.client) {
                None => return,
                Some(bytes) if !bytes.is_empty() && self.rules.resets => return,
                Some(_) => park_timeout(LOOK),
            }
        }
    }

    /// Passes on what has come, in both directions. `None`: one of them has ended, or is to end.
    fn pass(&mut self) -> Option<usize> {
        let up = read(&mut self.client)?;
        self.server.write_all(&up).ok()?;
        let down = read(&mut self.server)?;
        let (changed, ends) = (self.rules.change)(&down);
        self.client.write_all(&changed).ok()?;
        (!ends).then_some(up.len() + down.len())
    }
}

fn read(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut buffer = [0; 16 * 1024];
    match socket.read(&mut buffer) {
        Ok(0) => None,
        Ok(count) => Some(buffer[..count].to_vec()),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Some(Vec::new()),
        Err(_) => None,
    }
}
