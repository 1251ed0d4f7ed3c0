//! From a name to a TCP connection, by a deadline.

use super::error::Error;
use super::url::Url;
use crossbeam_channel::{RecvTimeoutError, bounded};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

/// The most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;

/// Connects to the server of a URL, by the first of its addresses that answers.
pub(super) fn dial(url: &Url, deadline: Instant) -> Result<TcpStream, Error> {
    let addresses = addresses(url, deadline)?;
    let mut tried = Vec::new();
    for (count, address) in addresses.iter().enumerate() {
        // An address that is silent must not use up the time of those after it.
        let Ok(left) = remaining(deadline) else { break };
        let share = left / (addresses.len() - count) as u32;
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(stream),
            Err(error) => tried.push((*address, error)),
        }
    }
    Err(Error::Connect { address: url.place(), tried })
}

fn addresses(url: &Url, deadline: Instant) -> Result<Vec<SocketAddr>, Error> {
    if let Ok(address) = url.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, url.port)]);
    }
    let unknown = |error| Error::Unknown { host: url.host.clone(), error };
    let (host, port) = (url.host.clone(), url.port);
    let found = within(deadline, move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect))?;
    let mut addresses: Vec<SocketAddr> = found.and_then(|found| found).map_err(unknown)?;
    addresses.truncate(MAX_ADDRESSES);
    if addresses.is_empty() { Err(unknown(io::Error::other("the name has none"))) } else { Ok(addresses) }
}

/// Does a work that knows no deadline in a thread of its own. Who comes too late works on for nobody: the system offers
/// no way to call a lookup back, and ends it by itself.
fn within<T: Send + 'static>(
    deadline: Instant,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<io::Result<T>, Error> {
    let (sender, receiver) = bounded(1);
    let answer = move || {
        // Nobody may be there to hear it any more.
        let _ = sender.send(work());
    };
    if let Err(error) = thread::Builder::new().name("lookup".to_owned()).spawn(answer) {
        return Ok(Err(error));
    }
    match receiver.recv_deadline(deadline) {
        Ok(answer) => Ok(Ok(answer)),
        Err(RecvTimeoutError::Timeout) => Err(Error::Late("name lookup")),
        Err(RecvTimeoutError::Disconnected) => Ok(Err(io::Error::other("the lookup ended without an answer"))),
    }
}

/// What remains of the time. A socket's timeout starts anew with every call, so an instant is kept instead.
pub(super) fn remaining(deadline: Instant) -> io::Result<Duration> {
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

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn a_refused_connection_says_by_whom() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let error = dial(&url(&format!("http://{address}")), soon()).expect_err("nobody listens");
        let said = error.to_string();
        assert!(said.contains(&address.to_string()) && said.contains("refused"), "{said}");
        let Error::Connect { tried, .. } = error else { panic!("{said}") };
        assert_eq!(tried.iter().map(|(address, _)| *address).collect::<Vec<_>>(), [address]);
    }

    #[test]
    fn every_address_of_a_name_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        // localhost is ::1 first on many machines, where nobody listens.
        let stream = dial(&url(&format!("http://localhost:{port}")), soon()).expect("a connection");
        assert_eq!(stream.peer_addr().expect("an address").port(), port);
    }

    #[test]
    fn a_lookup_that_takes_too_long_is_left_alone() {
        let (_never, silence) = bounded::<()>(0);
        let error = within(Instant::now() + Duration::from_millis(5), move || silence.recv()).expect_err("too late");
        assert!(error.is_timeout() && error.to_string().contains("name lookup"), "{error}");
        assert_eq!(within(soon(), || 7).expect("in time").expect("an answer"), 7);
    }

    #[test]
    fn a_deadline_that_has_passed_tries_nothing() {
        let error = dial(&url("http://127.0.0.1:1"), Instant::now()).expect_err("too late");
        assert!(matches!(&error, Error::Connect { tried, .. } if tried.is_empty()), "{error}");
    }
}
