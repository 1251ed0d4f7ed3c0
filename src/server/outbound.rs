//! The write half of a connection: whole frames only, one lock, nothing after a Close.
//!
//! The lock guards three things that must not drift apart: what is written, what the eyes are told, and whether a Close was
//! sent. The connection's own thread takes it when `read` returns and holds it through its answer; a courier takes it
//! to push events, and a thread that drains the server for its one Close. So the log's order is the wire's order, and a
//! message that the tap saw come in is answered before any Close.
//!
//! A write that fails poisons the half: the peer may have got half a frame, so nothing can follow, not even a Close.
//! The socket is shut down, which also wakes the thread that reads.

use super::metrics::Traffic;
use super::socket::{self, AT_ONCE};
use crate::protocol::chunked::chunk;
use crate::wire::eyes::Eyes;
use log::info;
use socket2::SockRef;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// The write timeout is for so many bytes: a peer must take 256 KiB in that time, not the 16 MiB of the largest message,
/// which would need a fast line.
const PART: usize = 256 * 1024;

/// One connection's socket with the lock around its write half.
#[derive(Debug)]
pub struct Outbound {
    stream: TcpStream,
    write_timeout: Duration,
    /// What has passed on this connection.
    pub traffic: Traffic,
    half: Mutex<Half>,
}

#[derive(Debug)]
struct Half {
    eyes: Eyes,
    phase: Phase,
    end_counted: bool,
}

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Requests and responses.
    Http,
    /// The 101 was sent.
    WebSocket,
    /// A Close was sent: nothing may follow (RFC 6455 s5.5.1).
    Closed,
    /// A write failed, or TCP ended.
    Broken,
}

impl Outbound {
    /// Takes the connection's only handle of the socket: one file descriptor a connection.
    pub fn new(stream: TcpStream, eyes: Eyes, write_timeout: Duration) -> Outbound {
        let half = Mutex::new(Half { eyes, phase: Phase::Http, end_counted: false });
        Outbound { stream, write_timeout, traffic: Traffic::default(), half }
    }

    /// The socket, to read from. Only the connection's own thread does.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Waits for the lock. A writer holds it for at most the write timeout, once for each 256 KiB.
    pub fn lock(&self) -> Locked<'_> {
        // A thread that panicked with the lock left a phase and a tap that are still true.
        Locked { outbound: self, half: self.half.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The lock, if nobody has it: for a thread that must not wait for a slow peer.
    pub fn try_lock(&self) -> Option<Locked<'_>> {
        match self.half.try_lock() {
            Ok(half) => Some(Locked { outbound: self, half }),
            Err(TryLockError::Poisoned(half)) => Some(Locked { outbound: self, half: half.into_inner() }),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Ends the connection in both directions, whoever is reading or writing. Needs no lock.
    pub fn shut_down(&self, how: Shutdown) {
        // The peer may have ended it before: that is what was wanted.
        let _ = self.stream.shutdown(how);
    }
}

/// The write half, held.
pub struct Locked<'a> {
    outbound: &'a Outbound,
    half: MutexGuard<'a, Half>,
}

impl Locked<'_> {
    /// How far the connection is.
    pub fn phase(&self) -> Phase {
        self.half.phase
    }

    /// Who looks at what passes.
    pub fn eyes(&mut self) -> &mut Eyes {
        &mut self.half.eyes
    }

    /// A line of the log about this connection, which whoever watches it sees as well.
    pub fn tell(&mut self, who: &str, mark: char, words: &str) {
        info!("{who} {mark} {words}");
        self.half.eyes.told(mark, words);
    }

    /// Whether the WebSocket's end is counted now for the first time. It may end in two ways: a Close, and then a reset.
    pub fn end_is_new(&mut self) -> bool {
        !std::mem::replace(&mut self.half.end_counted, true)
    }

    /// Counts and shows bytes that a read brought.
    pub fn has_read(&mut self, bytes: &[u8]) {
        Traffic::add(&self.outbound.traffic.bytes_in, bytes.len() as u64);
        self.half.eyes.read(bytes);
    }

    /// Writes the 101 and the frames that follow it at once, in one write. From now on the bytes are frames.
    pub fn upgrade(&mut self, head: &[u8], frames: &[u8]) -> io::Result<()> {
        self.half.eyes.close_if_muted();
        self.send(&[head, frames].concat(), |eyes| {
            eyes.wrote(head);
            eyes.upgraded();
            eyes.wrote(frames);
        })?;
        self.half.phase = Phase::WebSocket;
        Ok(())
    }

    /// Writes all of `bytes`, or nothing when a Close was sent before. `last`: they end with a Close.
    pub fn write(&mut self, bytes: &[u8], last: bool) -> io::Result<()> {
        match self.half.phase {
            Phase::Closed => return Ok(()),
            Phase::Broken => return Err(io::ErrorKind::BrokenPipe.into()),
            Phase::Http | Phase::WebSocket if bytes.is_empty() => return Ok(()),
            Phase::Http | Phase::WebSocket => {}
        }
        self.send(bytes, |eyes| eyes.wrote(bytes))?;
        if last {
            self.half.phase = Phase::Closed;
        }
        Ok(())
    }

    /// Writes the head of a response whose body comes in parts, and the first part with it, in one write.
    pub fn begin_stream(&mut self, head: &[u8], part: &[u8], chunked: bool) -> io::Result<()> {
        let framed = if chunked { chunk(part) } else { part.to_vec() };
        self.send(&[head, &framed].concat(), |eyes| {
            eyes.wrote(head);
            eyes.wrote_part(&framed, part);
        })
    }

    /// Writes a part of a response's body: a chunk, or the bytes as they are.
    pub fn write_part(&mut self, part: &[u8], chunked: bool) -> io::Result<()> {
        let framed = if chunked { chunk(part) } else { part.to_vec() };
        self.send(&framed, |eyes| eyes.wrote_part(&framed, part))
    }

    /// Writes what ends a body in chunks.
    pub fn end_parts(&mut self, last_chunk: &[u8]) -> io::Result<()> {
        self.send(last_chunk, |eyes| eyes.wrote_part(last_chunk, b""))
    }

    /// The connection is over, whatever was said on it: nothing more is written.
    pub fn give_up(&mut self) {
        self.half.phase = Phase::Broken;
        self.outbound.shut_down(Shutdown::Both);
    }

    /// The connection ends here, without a Close: nothing more is written. With `reset` the peer gets a reset as soon as the
    /// socket is closed, whatever was not read or written yet is lost; else the end of TCP comes in order.
    pub fn abandon(&mut self, reset: bool) -> io::Result<()> {
        self.half.phase = Phase::Broken;
        // A socket that lingers for no time at all is closed with a reset (RFC 9293 s3.10.4, ABORT).
        if reset { SockRef::from(&self.outbound.stream).set_linger(Some(Duration::ZERO)) } else { Ok(()) }
    }

    /// Sends a Close if the peer can take it at once. `false`: its buffer is full, or it has no WebSocket that is open.
    /// For a thread that has many connections to close and must not wait for one.
    pub fn close_now(&mut self, frame: &[u8]) -> io::Result<bool> {
        if self.half.phase != Phase::WebSocket {
            return Ok(false);
        }
        self.outbound.stream.set_write_timeout(Some(AT_ONCE))?;
        let (written, result) = socket::write_all(&self.outbound.stream, frame, AT_ONCE);
        self.outbound.stream.set_write_timeout(Some(self.outbound.write_timeout))?;
        if written == 0 && result.as_ref().is_err_and(socket::is_timeout) {
            return Ok(false);
        }
        self.sent(written, result, |eyes| eyes.wrote(frame))?;
        self.half.phase = Phase::Closed;
        Ok(true)
    }

    fn send(&mut self, bytes: &[u8], show: impl FnOnce(&mut Eyes)) -> io::Result<()> {
        let mut sent = (0, Ok(()));
        for part in bytes.chunks(PART) {
            let (written, result) = socket::write_all(&self.outbound.stream, part, self.outbound.write_timeout);
            sent = (sent.0 + written, result);
            if sent.1.is_err() {
                break;
            }
        }
        self.sent(sent.0, sent.1, show)
    }

    fn sent(&mut self, written: usize, result: io::Result<()>, show: impl FnOnce(&mut Eyes)) -> io::Result<()> {
        Traffic::add(&self.outbound.traffic.bytes_out, written as u64);
        self.half.eyes.count_out(written);
        if result.is_err() {
            self.give_up();
        } else {
            show(&mut self.half.eyes);
        }
        result
    }
}
