//! How connections end, and what is said of it.

use super::Server;
use super::metrics::ClosedBy;
use super::outbound::Locked;
use super::registry::Entry;
use super::socket;
use log::info;
use std::io;
use std::net::Shutdown;
use std::time::Duration;

/// s7.1.5: the close code that is reported, never sent, when there was no Close.
pub const NO_CLOSE: u16 = 1006;

/// How long one of too many may take to end TCP.
const TURNED_AWAY_LINGER: Duration = Duration::from_millis(100);

/// How a connection's last word was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Both sides know that it is over: end TCP cleanly.
    Linger,
    /// The socket is dead already.
    Gone,
}

/// The clean end (RFC 6455 s7.1.1, RFC 9112 s9.6): stop writing, read what still comes until the peer ends, close.
#[inline(never)]
pub fn linger(server: &Server, entry: &Entry, buffer: &mut [u8]) {
    let outbound = &entry.outbound;
    outbound.shut_down(Shutdown::Write);
    let close_timeout = server.config.close_timeout;
    // One of too many holds a place that somebody else may need to ask for health.
    let timeout = if entry.turned_away { close_timeout.min(TURNED_AWAY_LINGER) } else { close_timeout };
    socket::drain(outbound.stream(), buffer, timeout, |bytes| outbound.lock().has_read(bytes));
}

/// The last line of a connection.
#[inline(never)]
pub fn say_goodbye(entry: &Entry) {
    let [messages_in, messages_out, bytes_in, bytes_out] = entry.outbound.traffic.read();
    let (messages, bytes) = ((messages_in, messages_out), (bytes_in, bytes_out));
    let words = entry.outbound.lock().eyes().ended(entry.since.elapsed(), messages, bytes);
    info!("{} = {words}", entry.who);
}

/// A write to a WebSocket failed, and with it the connection. Whoever wrote says so, under the lock of that write, so that
/// nobody says it again.
#[inline(never)]
pub fn write_failed(server: &Server, entry: &Entry, half: &mut Locked<'_>, error: &io::Error) {
    let who = &entry.who;
    let by = if entry.was_cut_off() {
        half.tell(who, '!', "cut off: this server stops");
        ClosedBy::Server
    } else if socket::is_timeout(error) {
        let timeout = server.config.write_timeout;
        let words = format!("the client did not take what was written in {timeout:?} (--write-timeout): cut off");
        half.tell(who, '!', &words);
        ClosedBy::Server
    } else {
        half.tell(who, '!', &format!("writing failed: {error}"));
        ClosedBy::Client
    };
    server.metrics.count_close(half, by, NO_CLOSE);
}
