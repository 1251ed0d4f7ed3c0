//! Where a program listens: Linux shows it in `/proc`. So nobody has to connect to see it, which a server that can't bear
//! a client without a request would not survive; and another program on the same port is not taken for this one.

use super::super::memory;
use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, SocketAddr};

/// The state LISTEN, as `/proc/net/tcp` writes it.
const LISTEN: &str = "0A";

/// Where anybody of a process group listens. Nothing where the system does not tell.
pub(super) fn places(leader: u32) -> BTreeSet<SocketAddr> {
    let inodes: BTreeSet<String> = memory::group(leader).into_iter().flat_map(sockets).collect();
    let tables = tables().unwrap_or_default();
    let own = tables.lines().filter_map(listener).filter(|(_, inode)| inodes.contains(*inode));
    own.map(|(place, _)| place).collect()
}

/// Whether anybody listens on this port, at whatever address. `None` where the system does not tell.
pub(super) fn is_taken(port: u16) -> Option<bool> {
    Some(tables()?.lines().filter_map(listener).any(|(place, _)| place.port() == port))
}

/// Those of IPv4 and of IPv6, where there is one.
fn tables() -> Option<String> {
    let six = fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    Some(fs::read_to_string("/proc/net/tcp").ok()? + &six)
}

/// Whether who listens there is surely met by who connects to one of those. `::` may be for IPv6 alone.
pub(super) fn is_met(listens: &BTreeSet<SocketAddr>, connects: &[SocketAddr]) -> bool {
    let is_same = |own: &SocketAddr, other: &SocketAddr| {
        let is_any = own.ip().is_unspecified() && own.is_ipv4() == other.is_ipv4();
        own.port() == other.port() && (is_any || own.ip() == other.ip())
    };
    listens.iter().any(|own| connects.iter().any(|other| is_same(own, other)))
}

/// The sockets of a process: its files that are links to `socket:[1234]`.
fn sockets(pid: u32) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let links = files.filter_map(|file| fs::read_link(file.path()).ok());
    links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect()
}

/// A line is `0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4242 ...`: number, own
/// address, the other's, state, queues, timer, retries, user, another timer, inode.
fn listener(line: &str) -> Option<(SocketAddr, &str)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let (address, port) = fields.get(1)?.split_once(':')?;
    let place = SocketAddr::new(ip(address)?, u16::from_str_radix(port, 16).ok()?);
    (*fields.get(3)? == LISTEN).then_some((place, *fields.get(9)?))
}

/// An address is written as numbers of 32 bits, each as the machine keeps it: `0100007F` is 127.0.0.1 on most.
fn ip(hex: &str) -> Option<IpAddr> {
    let word = |from: usize| Some(u32::from_str_radix(hex.get(from..from + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(IpAddr::from(word(0)?)),
        32 => {
            let bytes = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
            Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> SocketAddr {
        text.parse().expect("an address and a port")
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_listener_is_told_from_a_connection() {
        let listens = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000   0 4242 1 0";
        assert_eq!(listener(listens), Some((place("127.0.0.1:8080"), "4242")));
        let six = listens.replace("0100007F", "00000000000000000000000001000000");
        assert_eq!(listener(&six), Some((place("[::1]:8080"), "4242")));
        assert_eq!(listener(&listens.replace(" 0A ", " 01 ")), None);
        assert_eq!(listener(&listens.replace("0100007F", "0100007")), None);
        assert_eq!(listener("  sl  local_address rem_address   st tx_queue"), None);
        assert_eq!(listener(""), None);
    }

    #[test]
    fn who_listens_at_all_addresses_of_a_family_is_met_at_each() {
        let is_met = |own: &str, other: &str| is_met(&BTreeSet::from([place(own)]), &[place(other)]);
        assert!(is_met("127.0.0.1:9", "127.0.0.1:9") && is_met("0.0.0.0:9", "127.0.0.1:9"));
        assert!(is_met("[::]:9", "[::1]:9") && !is_met("[::]:9", "127.0.0.1:9"));
        assert!(!is_met("127.0.0.1:8", "127.0.0.1:9") && !is_met("127.0.0.2:9", "127.0.0.1:9"));
    }
}
