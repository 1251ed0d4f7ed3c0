//! Accepting: bind, accept, a named thread a connection; and what happens when there are too many, or no more files,
//! threads or memory for one. Whatever `accept` says, the server lives.

use super::Server;
use super::connection;
use super::outbound::Outbound;
use super::pages;
use super::registry::{Entry, Place};
use crate::wire::eyes::Eyes;
use crate::wire::tap::Tap;
use log::{info, warn};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread::{Builder, park_timeout};
use std::time::Duration;

/// Connections that the system keeps for us until we accept them. std asks for 128; with 256 clients at once, opening
/// 5,000 connections then took seconds, with 4,096 less than half of one.
const BACKLOG: i32 = 4096;

/// The stack of a connection's thread. It is address space: only pages that were touched take memory.
pub const STACK: usize = if cfg!(debug_assertions) { 512 << 10 } else { 128 << 10 };

/// How many connections over the limit get a thread all the same, to be told so and to be asked for `/healthz`.
const TURNED_AWAY_AT_ONCE: usize = 32;

/// How many clients are told in one go that there are no more files.
const REFUSED_AT_ONCE: usize = 64;

/// The longest pause after an `accept` that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Binds every address; a name with several addresses (`localhost`) is bound on each of them that this machine has.
pub fn bind_all(listen: &[String]) -> io::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for text in listen {
        let addresses = text.to_socket_addrs().map_err(|error| about(text, &error))?;
        let mut bound = 0;
        let mut trouble = io::Error::new(io::ErrorKind::NotFound, "no address of that name");
        for address in addresses {
            match bind(address) {
                Ok(listener) => {
                    listeners.push(listener);
                    bound += 1;
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(about(text, &error)),
                // A machine without IPv6 still knows that localhost is ::1.
                Err(error) => trouble = error,
            }
        }
        if bound == 0 {
            return Err(about(text, &trouble));
        }
    }
    Ok(listeners)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?; // so that 0.0.0.0 and [::] can both be listened on
    }
    // Unix: a server that was just stopped can start again though old connections are in TIME_WAIT. On Windows the
    // option means something else (another program could take the port), so it stays off there.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn about(address: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
}

/// Accepts until the server has stopped.
pub fn accept_all(server: &Arc<Server>, listener: &TcpListener) {
    let mut spare = listener.try_clone().ok();
    let mut pause = Duration::ZERO;
    while !server.is_stopped() {
        match listener.accept() {
            Ok((stream, peer)) => {
                pause = Duration::ZERO;
                admit(server, stream, peer);
            }
            // The peer left before we took it.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                pause = longer(pause);
                let refused = refuse_with_spare(server, listener, &mut spare);
                warn!("server ! accept: {error}; {refused} clients told 503; next try in {pause:?}");
            }
        }
        if !pause.is_zero() {
            park_timeout(pause);
        }
    }
}

fn longer(pause: Duration) -> Duration {
    (pause * 2).clamp(Duration::from_millis(10), LONGEST_PAUSE)
}

/// No descriptor is left, so nobody can be accepted, and clients would wait in the queue without a word. One that was
/// kept in reserve is given up, used to say 503 to one after the other, and taken back.
fn refuse_with_spare(server: &Server, listener: &TcpListener, spare: &mut Option<TcpListener>) -> usize {
    let mut refused = 0;
    if spare.take().is_some() && listener.set_nonblocking(true).is_ok() {
        for _ in 0..REFUSED_AT_ONCE {
            let Ok((stream, _)) = listener.accept() else { break };
            refuse_at_the_door(server, "no-files", &stream);
            refused += 1;
        }
    }
    // Should this fail, `accept` blocks no more: the pauses above keep it from spinning, and the next round tries again.
    let _ = listener.set_nonblocking(false);
    *spare = listener.try_clone().ok();
    refused
}

/// Gives a connection its thread, or tells the peer that it gets none.
fn admit(server: &Arc<Server>, stream: TcpStream, peer: SocketAddr) {
    if server.is_stopped() {
        return; // the connection to ourselves that woke us up
    }
    server.metrics.count_connection();
    let (busy, turned_away) = server.registry.busy_and_turned_away();
    let is_one_too_many = busy >= server.config.max_connections;
    if is_one_too_many && turned_away >= TURNED_AWAY_AT_ONCE {
        info!("server ! {peer} told 503 unread: too many connections (--max-connections)");
        refuse_at_the_door(server, "too-many-connections", &stream);
        return;
    }
    let place = Place::take(server, entry(server, stream, peer, is_one_too_many));
    let entry = Arc::clone(&place.entry);
    let thread = Builder::new().name(entry.who.clone()).stack_size(STACK);
    let started = thread.spawn(move || connection::run(&place));
    if let Err(error) = started {
        warn!("server ! no thread for {}, told 503: {error}", entry.who);
        refuse_at_the_door(server, "no-thread", entry.outbound.stream());
    }
}

fn entry(server: &Server, stream: TcpStream, peer: SocketAddr, turned_away: bool) -> Entry {
    let number = server.registry.next_number();
    let who = format!("ws-{number}");
    info!("{who} = connected from {peer}");
    // Behind a proxy the client is known later than the peer.
    let client = (!server.config.believes_proxies()).then(|| peer.ip());
    let tap = Tap::new(&who, client, &server.config.tap);
    // A frame that waits for the acknowledgement of the one before it (Nagle) would make ping-pong slow.
    let _ = stream.set_nodelay(true);
    let _ = stream.set_write_timeout(Some(server.config.write_timeout));
    let outbound = Outbound::new(stream, Eyes::new(tap), server.config.write_timeout);
    Entry::new(number, who, peer, outbound, turned_away)
}

/// Says 503 without having read the request. The answer fits into an empty send buffer, so this does not block; a
/// client that was still writing may see a reset instead.
fn refuse_at_the_door(server: &Server, reason: &'static str, mut stream: &TcpStream) {
    server.metrics.count_refusal(reason);
    let mut response = pages::overloaded();
    response.fields.extend(server.served_by());
    let _ = stream.write(&response.encode(false));
    let _ = stream.shutdown(Shutdown::Write);
}

/// Wakes a thread that blocks in `accept` on this address.
pub fn wake(mut address: SocketAddr) {
    if address.ip().is_unspecified() {
        let loopback = if address.is_ipv4() { "127.0.0.1" } else { "::1" };
        if let Ok(ip) = loopback.parse() {
            address.set_ip(ip);
        }
    }
    let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
}
