//! A TCP socket that counts: every byte, at the read or write call that moved it.
//!
//! Bytes that were read wait in `unread` until the layer above takes them and says what they were. What nobody took when
//! the connection closes belongs to the part that was expected next.
//!
//! Under TLS the counts are of plain bytes, as they were handed to TLS and came from it: records, keys and alerts are not
//! counted. Nor is, with TLS or without, what no socket sees: the headers of TCP and IP, and TCP's own opening and end.

use super::dial::{dial, remaining};
use super::error::Error;
use super::ledger::{Ledger, Part};
use super::tls::{Layer, LayerState, Trust};
use super::url::Url;
use crate::wire::tap::Tap;
use socket2::SockRef;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What one read can bring.
const READ: usize = 16 * 1024;

/// What is handed to TLS at once.
const SEAL: usize = 64 * 1024;

/// How long an end may take to be said, to a server that does not listen.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection to a server. Closing it gives its counts; dropping it loses them.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    local: SocketAddr,
    layer: Layer,
    /// Ciphertext that is not written yet. What was handed to TLS must be written before anything else.
    sealed: Vec<u8>,
    unread: Vec<u8>,
    /// What the next byte belongs to.
    expected: Part,
    ledger: Ledger,
    read_at: Instant,
    ending: Option<Ending>,
    tap: Option<Box<Tap>>,
}

/// How the server ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// TCP's FIN, without TLS.
    Fin,
    /// close_notify, under TLS: all that was said has come.
    CloseNotify,
    /// TCP's FIN without close_notify, under TLS: the end may have been cut off, by anybody in between.
    Truncated,
}

/// A connection taken apart, so that one thread can read while another writes. It counts no more.
#[derive(Debug)]
pub struct Halves {
    /// To read from. The same socket as the other; neither has a timeout.
    pub reader: TcpStream,
    /// To write to.
    pub writer: TcpStream,
    /// What lies between these and plain bytes. There may be bytes to send in it.
    pub layer: Layer,
    /// Who watched. It has seen the unread bytes.
    pub tap: Option<Box<Tap>>,
    /// Plain bytes that came and were not taken.
    pub unread: Vec<u8>,
}

impl Connection {
    /// Connects to the server of a URL that has no TLS.
    pub fn open(url: &Url, deadline: Instant) -> Result<Connection, Error> {
        if url.tls {
            return Err(Error::Tls("this kind of connection has none: use http:// or ws://".to_owned()));
        }
        Connection::of(dial(url, deadline)?, Layer::plain())
    }

    /// Connects to the server of a URL, under TLS if it says so.
    pub fn open_with(url: &Url, trust: &Trust, deadline: Instant) -> Result<Connection, Error> {
        if !url.tls {
            return Connection::open(url, deadline);
        }
        // Made first: who trusts nobody need not connect.
        let layer = Layer::client(&url.host, trust)?;
        let mut connection = Connection::of(dial(url, deadline)?, layer)?;
        connection.shake_hands(deadline).map_err(in_handshake)?;
        Ok(connection)
    }

    fn of(stream: TcpStream, layer: Layer) -> Result<Connection, Error> {
        // A request is written at once and whole: nothing is gained by waiting for more.
        stream.set_nodelay(true)?;
        let (peer, local) = (stream.peer_addr()?, stream.local_addr()?);
        let (ledger, read_at, expected) = (Ledger::default(), Instant::now(), Part::Head);
        let (sealed, unread) = (Vec::new(), Vec::new());
        Ok(Connection {
            stream,
            peer,
            local,
            layer,
            sealed,
            unread,
            expected,
            ledger,
            read_at,
            ending: None,
            tap: None,
        })
    }

    fn shake_hands(&mut self, deadline: Instant) -> Result<(), Error> {
        loop {
            self.flush(deadline)?;
            if self.layer.is_ready() {
                return Ok(());
            }
            if self.read_once(deadline)? == 0 {
                return Err(Error::Ended);
            }
        }
    }

    /// The server's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// This end's address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// What both ends of TLS agreed on, as `TLSv1.3, AES_256_GCM_SHA384`; `None` without TLS.
    pub fn tls_facts(&self) -> Option<String> {
        self.layer.facts()
    }

    /// How the server ended the connection, once a read has brought 0.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// From here on `tap` sees every plain byte that is read or written.
    pub fn watch(&mut self, tap: Box<Tap>) {
        self.tap = Some(tap);
    }

    /// Who watches.
    pub(super) fn tap(&mut self) -> Option<&mut Tap> {
        self.tap.as_deref_mut()
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
        let (written, result) = match self.layer.is_tls() {
            true => self.write_sealed(bytes, deadline),
            false => push(&mut self.stream, bytes, deadline),
        };
        self.ledger.written += written as u64;
        if let Some(tap) = &mut self.tap {
            tap.wrote(&bytes[..written]);
        }
        (written, result)
    }

    /// What was handed to TLS counts as written: it can't be taken back.
    fn write_sealed(&mut self, bytes: &[u8], deadline: Instant) -> (usize, Result<(), Error>) {
        let mut written = 0;
        for piece in bytes.chunks(SEAL) {
            self.layer.outgoing(piece, &mut self.sealed);
            written += piece.len();
            if let Err(error) = self.flush(deadline) {
                return (written, Err(error));
            }
        }
        (written, Ok(()))
    }

    /// Writes what TLS has to say.
    fn flush(&mut self, deadline: Instant) -> Result<(), Error> {
        self.layer.pending(&mut self.sealed);
        let (written, result) = push(&mut self.stream, &self.sealed, deadline);
        self.sealed.drain(..written);
        result
    }

    /// Waits for more of what the server says, in one read without TLS. 0: the server has ended the connection, and
    /// [`Connection::ending`] says how.
    pub fn read(&mut self, deadline: Instant) -> Result<usize, Error> {
        let before = self.unread.len();
        // A record of TLS may come in pieces, or say nothing to the layers above.
        while self.ending.is_none() && self.unread.len() == before {
            self.read_once(deadline)?;
        }
        Ok(self.unread.len() - before)
    }

    /// Reads once from the socket. The answer is what came there, in ciphertext if it is one.
    fn read_once(&mut self, deadline: Instant) -> Result<usize, Error> {
        let mut buffer = [0; READ];
        let count = loop {
            self.stream.set_read_timeout(Some(remaining(deadline)?))?;
            match self.stream.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.read_at = Instant::now();
        if count == 0 {
            self.ending = Some(if self.layer.is_tls() { Ending::Truncated } else { Ending::Fin });
            return Ok(0);
        }
        let before = self.unread.len();
        let state = self.layer.incoming(&buffer[..count], &mut self.unread);
        self.ledger.read += (self.unread.len() - before) as u64;
        if let Some(tap) = self.tap.as_mut().filter(|_| self.unread.len() > before) {
            tap.read(&self.unread[before..]);
        }
        if self.layer.is_tls() {
            // A step of the handshake, new keys, the alert that says why not; mostly nothing. What has come is good,
            // whether this can be written or not.
            let _ = self.flush(deadline);
        }
        if state? == LayerState::Closed {
            self.ending = Some(Ending::CloseNotify);
        }
        Ok(count)
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
    pub fn finish(&mut self) {
        self.layer.close_notify(&mut self.sealed);
        // It may be gone already, and then there is nothing to finish.
        let _ = push(&mut self.stream, &self.sealed, Instant::now() + GOODBYE);
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Ends the connection with a reset, as a client does that was killed (RFC 9293 s3.10.4, ABORT).
    pub fn reset(self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }

    /// Takes the connection apart.
    pub fn split(mut self) -> Result<Halves, Error> {
        self.stream.set_read_timeout(None)?;
        self.stream.set_write_timeout(None)?;
        let reader = self.stream.try_clone()?;
        self.layer.keep(self.sealed);
        Ok(Halves { reader, writer: self.stream, layer: self.layer, tap: self.tap, unread: self.unread })
    }

    /// Ends the connection and gives what it counted.
    pub fn close(mut self) -> Ledger {
        let rest = self.unread.len();
        self.take(rest, self.expected);
        debug_assert!(self.ledger.balances(), "{:?}", self.ledger);
        self.ledger
    }
}

/// What an error means when it comes in the middle of TLS's handshake.
fn in_handshake(error: Error) -> Error {
    match error {
        Error::TimedOut => Error::Late("TLS handshake"),
        Error::Ended => {
            Error::Tls("the server ended the connection during the handshake: does it speak TLS?".to_owned())
        }
        Error::Lost(error) => Error::Tls(format!("the connection broke during the handshake: {error}")),
        other => other,
    }
}

/// Writes all of it, or says how much was written before it failed.
fn push(stream: &mut TcpStream, bytes: &[u8], deadline: Instant) -> (usize, Result<(), Error>) {
    let mut written = 0;
    while written < bytes.len() {
        let wrote = remaining(deadline)
            .and_then(|left| stream.set_write_timeout(Some(left)))
            .and_then(|()| stream.write(&bytes[written..]));
        match wrote {
            Ok(0) => return (written, Err(Error::Ended)),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error.into())),
        }
    }
    (written, Ok(()))
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
}
