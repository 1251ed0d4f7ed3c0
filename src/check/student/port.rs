//! Ports on this machine: one that is free, and whether somebody listens on one.

use socket2::{Domain, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

/// How long an answer is waited for. On this machine it comes at once.
const KNOCK: Duration = Duration::from_millis(250);

/// How often a free port is asked for.
const TRIES: u32 = 16;

/// A port that is free for IPv4, and for IPv6 where that is known. Nobody keeps it: whoever is quicker may take it.
pub(super) fn free() -> io::Result<u16> {
    let mut last = io::Error::other("no port is free");
    for _ in 0..TRIES {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
            _ => return Ok(port),
        }
    }
    Err(last)
}

/// Where a server on this machine may listen when the URL has this host. `None`: that is a name, and may be anywhere.
pub(super) fn places(host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    if host.eq_ignore_ascii_case("localhost") {
        return Some(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    let address: IpAddr = host.parse().ok()?;
    Some(vec![(address, port).into()])
}

/// Whether somebody listens there.
pub(super) fn is_listened_on(places: &[SocketAddr]) -> bool {
    places.iter().any(|place| knock(*place).unwrap_or(false))
}

/// Connects, and hangs up. The port on this side is chosen first: were it the same, TCP would connect it to itself, and
/// the program could not listen there any more.
fn knock(place: SocketAddr) -> io::Result<bool> {
    let socket = Socket::new(Domain::for_address(place), Type::STREAM, None)?;
    let any: IpAddr = if place.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    socket.bind(&SocketAddr::new(any, 0).into())?;
    let own = socket.local_addr()?.as_socket().map(|own| own.port());
    Ok(own != Some(place.port()) && socket.connect_timeout(&place.into(), KNOCK).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_listened_on_and_then_is_not_free() {
        let port = free().expect("a port");
        let places = places("localhost", port).expect("this machine");
        assert!(!is_listened_on(&places));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("it is free");
        assert!(is_listened_on(&places));
        drop(listener);
    }

    #[test]
    fn hosts_of_this_machine_are_known() {
        assert_eq!(places("LocalHost", 9).map(|places| places.len()), Some(2));
        assert_eq!(places("::1", 9), Some(vec![(Ipv6Addr::LOCALHOST, 9).into()]));
        assert_eq!(places("example.org", 9), None);
    }
}
