//! A TCP socket that counts: every byte, at the read or write call that moved it.
//!
//! Bytes that were read wait in `unread` until the layer above takes them and says what they were. What nobody took when
//! the connection closes belongs to the part that was expected next.
//!
//! Not counted, because no socket sees it: the headers of TCP and IP, and TCP's own opening and end.

use super::error::Error;
use super::ledger::{Ledger, Part};
use super::url::Url;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// What one read can bring.
const READ: usize = 16 * 1024;

/// A connection to a server. Closing it gives its counts; dropping it loses them.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    /// What the next byte belongs to.
    expected: Part,
    ledger: Ledger,
    read_at: Instant,
}

impl Connection {
    /// Connects to the server of a URL, by one of its addresses. The system looks the name up in its own time.
    pub fn open(url: &Url, deadline: Instant) -> Result<Connection, Error> {
        let address = format!("{}:{}", url.host, url.port);
        let failed = |error| Error::Connect { address: url.authority.clone(), error };
        let addresses: Vec<SocketAddr> = (url.host.as_str(), url.port).to_socket_addrs().map_err(failed)?.collect();
        let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{address} has no address"));
        for (tried, address) in addresses.iter().enumerate() {
            // An address that is silent must not use up the time of those after it.
            let share = remaining(deadline).map_err(failed)? / (addresses.len() - tried) as u32;
            match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
                Ok(stream) => return Connection::of(stream),
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    fn of(stream: TcpStream) -> Result<Connection, Error> {
        // A request is written at once and whole: nothing is gained by waiting for more.
        stream.set_nodelay(true)?;
        let (ledger, read_at) = (Ledger::default(), Instant::now());
        Ok(Connection { stream, unread: Vec::new(), expected: Part::Head, ledger, read_at })
    }

    /// Writes all of it.
    pub fn write(&mut self, bytes: &[u8], part: Part, deadline: Instant) -> Result<(), Error> {
        let (written, result) = self.write_all(bytes, deadline);
        self.ledger.up.add(part, written);
        result
    }

    /// Writes a head and the body behind it, at once: in two writes they would travel in two segments.
    pub fn write_message(&mut self, head: &[u8], body: &[u8], deadline: Instant) -> Result<(), Error> {
        let (written, result) = self.write_all(&[head, body].concat(), deadline);
        self.ledger.up.add(Part::Head, written.min(head.len()));
        self.ledger.up.add(Part::Body, written.saturating_sub(head.len()));
        result
    }

    fn write_all(&mut self, bytes: &[u8], deadline: Instant) -> (usize, Result<(), Error>) {
        let mut written = 0;
        while written < bytes.len() {
            let wrote = remaining(deadline)
                .and_then(|left| self.stream.set_write_timeout(Some(left)))
                .and_then(|()| self.stream.write(&bytes[written..]));
            match wrote {
                Ok(0) => return (written, Err(Error::Ended)),
                Ok(count) => {
                    self.ledger.written += count as u64;
                    written += count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (written, Err(error.into())),
            }
        }
        (written, Ok(()))
    }

    /// Reads once. 0: the server has ended the connection.
    pub fn read(&mut self, deadline: Instant) -> Result<usize, Error> {
        let mut buffer = [0; READ];
        loop {
            self.stream.set_read_timeout(Some(remaining(deadline)?))?;
            match self.stream.read(&mut buffer) {
                Ok(count) => {
                    self.read_at = Instant::now();
                    self.ledger.read += count as u64;
                    self.unread.extend_from_slice(&buffer[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What has come and was not taken.
    pub fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// When the last read came back.
    pub fn read_at(&self) -> Instant {
        self.read_at
    }

    /// Takes so many of the unread bytes, and says what they were.
    pub fn take(&mut self, count: usize, part: Part) -> Vec<u8> {
        let rest = self.unread.split_off(count.min(self.unread.len()));
        let taken = std::mem::replace(&mut self.unread, rest);
        self.ledger.down.add(part, taken.len());
        taken
    }

    /// Says what comes next, in case that nobody takes it.
    pub fn next_is(&mut self, part: Part) {
        self.expected = part;
    }

    /// Whether the server has ended a connection that it owes nothing. Such a connection must not be asked again.
    pub fn is_stale(&self) -> bool {
        if !self.unread.is_empty() || self.stream.set_nonblocking(true).is_err() {
            return true;
        }
        let silent = matches!(self.stream.peek(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        self.stream.set_nonblocking(false).is_err() || !silent
    }

    /// Sends no more, but still reads.
    pub fn finish(&self) {
        // It may be gone already, and then there is nothing to finish.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection and gives what it counted.
    pub fn close(mut self) -> Ledger {
        let rest = self.unread.len();
        self.take(rest, self.expected);
        debug_assert!(self.ledger.balances(), "{:?}", self.ledger);
        self.ledger
    }
}

/// What remains of the time. A socket's timeout starts anew with every call, so an instant is kept instead.
fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let connection = Connection::open(&Url::parse(&url).expect("a URL"), soon()).expect("a connection");
        (connection, listener.accept().expect("a peer").0)
    }

    #[test]
    fn every_byte_is_counted_once_and_belongs_to_a_part() {
        let (mut connection, mut peer) = pair();
        connection.write_message(b"POST /", b"body", soon()).expect("written");
        connection.write(b"frame", Part::Frames, soon()).expect("written");
        peer.write_all(b"headbodyrest").expect("written");
        while connection.unread().len() < 12 {
            connection.read(soon()).expect("bytes");
        }
        assert_eq!(connection.take(4, Part::Head), b"head");
        assert_eq!(connection.take(4, Part::Body), b"body");
        connection.next_is(Part::Frames);
        let ledger = connection.close();
        assert_eq!((ledger.written, ledger.up.heads, ledger.up.bodies, ledger.up.frames), (15, 6, 4, 5));
        assert_eq!((ledger.read, ledger.down.heads, ledger.down.bodies, ledger.down.frames), (12, 4, 4, 4));
    }

    #[test]
    fn a_wait_ends_and_can_be_taken_up_again() {
        let (mut connection, mut peer) = pair();
        assert!(connection.read(Instant::now() + Duration::from_millis(5)).expect_err("silence").is_timeout());
        assert!(connection.read(Instant::now()).expect_err("too late").is_timeout());
        peer.write_all(b"a").expect("written");
        assert_eq!(connection.read(soon()).expect("a byte"), 1);
    }

    #[test]
    fn a_connection_that_ended_meanwhile_is_stale() {
        let (connection, peer) = pair();
        assert!(!connection.is_stale());
        drop(peer);
        // The end takes a moment to arrive; a read that waits for it sees it first.
        let mut waiting = connection.stream.try_clone().expect("a second handle");
        assert_eq!(waiting.read(&mut [0]).expect("the end"), 0);
        assert!(connection.is_stale());
    }

    #[test]
    fn a_refused_connection_says_by_whom() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        drop(listener);
        let url = Url::parse(&format!("http://{address}")).expect("a URL");
        let error = Connection::open(&url, soon()).expect_err("nobody listens");
        assert!(error.to_string().contains(&address), "{error}");
    }
}
