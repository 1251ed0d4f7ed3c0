//! Reading and writing with deadlines.
//!
//! A socket's timeout starts anew with every call, so a peer that takes a byte every nine seconds would live forever
//! under a timeout of ten. Here a deadline is an instant, and each call gets what remains of it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// With pings off, TCP itself asks a silent peer after this time whether it is still there.
pub const TCP_KEEPALIVE: Duration = Duration::from_secs(60);

/// As short as a timeout can be and still be one.
pub const AT_ONCE: Duration = Duration::from_millis(1);

/// How much is read of a peer that should say nothing.
const READS_AT_A_LOOK: usize = 16;

/// Reads once, and no later than `deadline`. Past it: `TimedOut`.
pub fn read_before(mut stream: &TcpStream, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
    loop {
        stream.set_read_timeout(Some(remaining(deadline)?))?;
        match stream.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(plain_timeout),
        }
    }
}

/// Writes all of `bytes` within `timeout`, which must be the socket's own write timeout as well. Answers how many were
/// written, and whether that was all.
pub fn write_all(mut stream: &TcpStream, bytes: &[u8], timeout: Duration) -> (usize, io::Result<()>) {
    let deadline = Instant::now() + timeout;
    match stream.write(bytes) {
        Ok(written) if written == bytes.len() => (written, Ok(())),
        // Only a part: the peer is slow. Each further call gets what remains of the time.
        Ok(written) => write_slowly(stream, bytes, written, timeout, deadline),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => write_slowly(stream, bytes, 0, timeout, deadline),
        Err(error) => (0, Err(plain_timeout(error))),
    }
}

fn write_slowly(
    stream: &TcpStream,
    bytes: &[u8],
    written: usize,
    timeout: Duration,
    deadline: Instant,
) -> (usize, io::Result<()>) {
    let (written, result) = write_rest(stream, bytes, written, deadline);
    let restored = stream.set_write_timeout(Some(timeout));
    (written, result.and(restored))
}

fn write_rest(mut stream: &TcpStream, bytes: &[u8], mut written: usize, deadline: Instant) -> (usize, io::Result<()>) {
    while written < bytes.len() {
        let result = remaining(deadline)
            .and_then(|left| stream.set_write_timeout(Some(left)))
            .and_then(|()| stream.write(&bytes[written..]));
        match result {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(more) => written += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(plain_timeout(error))),
        }
    }
    (written, Ok(()))
}

/// Reads and drops what comes until the peer ends, for at most `timeout`. `seen` is shown every part.
///
/// A socket that is closed with bytes unread sends a reset, which can destroy what the peer has not read yet. So the
/// end is: stop writing, read to the peer's end, then close.
pub fn drain(stream: &TcpStream, buffer: &mut [u8], timeout: Duration, mut seen: impl FnMut(&[u8])) {
    let deadline = Instant::now() + timeout;
    while let Ok(count @ 1..) = read_before(stream, buffer, deadline) {
        seen(&buffer[..count]);
    }
}

/// Whether the peer has sent its end, or a reset. What it sent before is read and dropped, a little of it at a time;
/// `seen` is shown every part.
pub fn has_finished(mut stream: &TcpStream, mut seen: impl FnMut(&[u8])) -> bool {
    let mut buffer = [0; 512];
    for _ in 0..READS_AT_A_LOOK {
        let read = stream.set_read_timeout(Some(AT_ONCE)).and_then(|()| stream.read(&mut buffer));
        match read {
            Ok(0) => return true,
            Ok(count) => seen(&buffer[..count]),
            Err(error) => return !is_timeout(&error),
        }
    }
    false
}

/// Whether a call of this module ended by its deadline, or a plain read or write by the socket's timeout.
pub fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Whether a plain read ended by the socket's timeout. Unix says `WouldBlock`; there `TimedOut` means that TCP has given
/// the peer up. Windows says `TimedOut` for both.
pub fn is_silence(error: &io::Error) -> bool {
    error.kind() == if cfg!(unix) { io::ErrorKind::WouldBlock } else { io::ErrorKind::TimedOut }
}

fn plain_timeout(error: io::Error) -> io::Error {
    if is_timeout(&error) { io::ErrorKind::TimedOut.into() } else { error }
}

fn remaining(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A timeout of zero would mean "none".
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}
