//! The two threads at the socket: one blocks in `read`, one in `write`. What lies between is the [`super::talk`] loop,
//! which never blocks on the network.
//!
//! A client that reads and writes in one thread stops reading while it writes. A server that does the same, and has
//! much to say, then waits for a client that waits for it. With a thread each, one direction never holds the other.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread::Builder;
use std::time::{Duration, Instant};

/// What one read can bring.
const READ: usize = 16 * 1024;

/// Reads that wait to be looked at. When there are so many, reading stops, and TCP slows the server down.
const WAITING: usize = 8;

/// The write timeout is for so many bytes, not for the largest message.
const PART: usize = 256 * 1024;

/// What the reading thread has to say.
#[derive(Debug)]
pub enum Incoming {
    /// A read brought bytes, at this moment.
    Bytes(Vec<u8>, Instant),
    /// The server has ended its half of TCP.
    Fin(Instant),
    /// Reading failed: mostly a reset.
    Failed(io::Error, Instant),
}

/// Starts the thread that reads until the end.
pub fn read(mut stream: TcpStream) -> io::Result<Receiver<Incoming>> {
    let (to, from) = bounded(WAITING);
    Builder::new().name("read".to_owned()).spawn(move || {
        let mut buffer = [0; READ];
        loop {
            let result = stream.read(&mut buffer);
            let now = Instant::now();
            let (told, is_last) = match result {
                Ok(0) => (Incoming::Fin(now), true),
                Ok(count) => (Incoming::Bytes(buffer[..count].to_vec(), now), false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => (Incoming::Failed(error, now), true),
            };
            if to.send(told).is_err() || is_last {
                return;
            }
        }
    })?;
    Ok(from)
}

/// Hands bytes to the thread that writes, one lot at a time, and learns how it went.
#[derive(Debug)]
pub struct Writer {
    to: Sender<Vec<u8>>,
    /// An answer for each lot.
    pub done: Receiver<io::Result<()>>,
    /// Whether a lot is being written.
    busy: bool,
}

impl Writer {
    /// Starts the thread. `timeout` is for each 256 KiB.
    pub fn start(mut stream: TcpStream, timeout: Duration) -> io::Result<Writer> {
        stream.set_write_timeout(Some(timeout))?;
        let (to, lots) = bounded::<Vec<u8>>(1);
        let (answers, done) = bounded(1);
        Builder::new().name("write".to_owned()).spawn(move || {
            for lot in lots {
                let result = lot.chunks(PART).try_for_each(|part| write_part(&mut stream, part, timeout));
                if answers.send(result).is_err() {
                    return;
                }
            }
        })?;
        Ok(Writer { to, done, busy: false })
    }

    /// Whether the last lot is still being written.
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Writes, when nothing is being written. The lot is taken out of `bytes`.
    pub fn write(&mut self, bytes: &mut Vec<u8>) {
        if !self.busy && !bytes.is_empty() {
            // The thread lives as long as this end of the channel, and there is room for one lot.
            self.busy = self.to.send(std::mem::take(bytes)).is_ok();
        }
    }

    /// The answer to the last lot has been received.
    pub fn is_done(&mut self) {
        self.busy = false;
    }
}

/// A socket's timeout starts anew with every call, and a server that takes a byte now and then would never pass it.
fn write_part(stream: &mut TcpStream, part: &[u8], timeout: Duration) -> io::Result<()> {
    let deadline = Instant::now() + timeout;
    let mut rest = part;
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if !rest.is_empty() && Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    Ok(())
}
