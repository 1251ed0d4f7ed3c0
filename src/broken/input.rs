//! Bytes from TCP. They come in pieces that have nothing to do with requests and frames, and here they are put together.

use super::Id;
use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most that one read brings.
const PIECE: usize = 16 << 10;
/// How long a client may be silent.
const SILENCE: Duration = Duration::from_secs(600);

/// What has come and has not been used yet.
pub struct Input {
    pub socket: Arc<TcpStream>,
    pub bug: Id,
    bytes: Vec<u8>,
    deadline: Option<Instant>,
}

impl Input {
    pub fn new(socket: Arc<TcpStream>, bug: Id) -> Input {
        Input { socket, bug, bytes: Vec::new(), deadline: None }
    }

    /// From now on everything together has this long; `None` is [`SILENCE`] for each read.
    pub fn within(&mut self, time: Option<Duration>) {
        self.deadline = time.map(|time| Instant::now() + time);
    }

    pub fn waiting(&self) -> &[u8] {
        &self.bytes
    }

    /// One read. The end of the stream is an error.
    pub fn more(&mut self) -> io::Result<()> {
        let left = self.deadline.map_or(SILENCE, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.socket.set_read_timeout(Some(left))?;
        let mut piece = [0; PIECE];
        match (&*self.socket).read(&mut piece)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => {
                self.bytes.extend_from_slice(&piece[..count]);
                Ok(())
            }
        }
    }

    /// The first `count` bytes, which are there.
    pub fn take(&mut self, count: usize) -> Vec<u8> {
        self.bytes.drain(..count.min(self.bytes.len())).collect()
    }

    /// Puts bytes before those that are there.
    pub fn put_back(&mut self, bytes: &[u8]) {
        self.bytes.splice(..0, bytes.iter().copied());
    }

    /// Waits for so many bytes, and throws them away.
    pub fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            count -= self.some(count)?.len() as u64;
        }
        Ok(())
    }

    pub fn forget(&mut self) {
        self.bytes.clear();
    }

    /// The next `N` bytes, waited for.
    pub fn exactly<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        while self.bytes.len() < N {
            if self.bug == Id::DropsPartial {
                self.forget(); // not enough for a header: away with it
            }
            self.more()?;
        }
        let mut taken = [0; N];
        taken.copy_from_slice(&self.bytes[..N]);
        self.bytes.drain(..N);
        Ok(taken)
    }

    /// At least one byte, and at most so many: whatever is there.
    pub fn some(&mut self, most: u64) -> io::Result<Vec<u8>> {
        if self.bytes.is_empty() {
            self.more()?;
        }
        Ok(self.take(usize::try_from(most).unwrap_or(usize::MAX)))
    }
}
