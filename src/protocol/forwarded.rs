//! `X-Forwarded-For`: for whom a proxy says that it sends a request. It is older than `Forwarded` (RFC 7239), which was made
//! to take its place, and far more common.
//!
//! Each proxy adds the address that connected to *it*, behind what stands there already: in the same line, as nginx does, or
//! in a line of its own, as HAProxy does. So the proxy that has sent the request wrote the last element of the last line.
//! Anybody may have written what stands before that, the client among them.

use super::head::Request;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// What the last proxy has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastHop<'a> {
    /// There is no such field.
    Absent,
    /// The address that connected to the proxy.
    Address(IpAddr),
    /// No address stands where one should; this does. RFC 7239 s6 has words for a hop that is not told: `unknown`, `_hidden`.
    Unreadable(&'a [u8]),
}

/// The last element of the last line. An empty one is what the last proxy wrote, too, and is not passed over.
pub fn last_hop<'a>(request: &Request<'a>) -> LastHop<'a> {
    let Some(line) = request.values("x-forwarded-for").last() else { return LastHop::Absent };
    let hop = line.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
    let address = std::str::from_utf8(hop).ok().and_then(address);
    address.map_or(LastHop::Unreadable(hop), |address| LastHop::Address(address.to_canonical()))
}

/// `203.0.113.9`, `203.0.113.9:4000`, `2001:db8::9`, `[2001:db8::9]`, `[2001:db8::9]:4000`: all of these are written.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    text.parse().ok().or_else(with_port).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::head::Field;

    /// What is found in lines of `X-Forwarded-For`.
    fn found(lines: &[&str]) -> Result<String, String> {
        let fields = lines.iter().map(|line| Field { name: "x-forwarded-for", value: line.as_bytes() }).collect();
        match last_hop(&Request { method: "GET", target: "/", minor_version: 1, fields }) {
            LastHop::Absent => Err("absent".to_owned()),
            LastHop::Address(address) => Ok(address.to_string()),
            LastHop::Unreadable(bytes) => Err(bytes.escape_ascii().to_string()),
        }
    }

    #[test]
    fn the_last_element_of_the_last_line_counts() {
        for (lines, last) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            (&["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (&["198.51.100.1,203.0.113.9\t"], "203.0.113.9"),
            (&["198.51.100.1, 198.51.100.2", "203.0.113.9"], "203.0.113.9"),
            (&["garbage", "203.0.113.9:4000"], "203.0.113.9"),
            (&["2001:db8::9"], "2001:db8::9"),
            (&["[2001:db8::9]"], "2001:db8::9"),
            (&["[2001:db8::9]:4000"], "2001:db8::9"),
            (&["::ffff:203.0.113.9"], "203.0.113.9"),
        ] {
            assert_eq!(found(lines).as_deref(), Ok(last), "{lines:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_none_whatever_stands_before_it() {
        for (lines, shown) in [
            (&[][..], "absent"),
            (&[""], ""),
            (&["203.0.113.9,"], ""),
            (&["203.0.113.9", ""], ""),
            (&["203.0.113.9, unknown"], "unknown"),
            (&["203.0.113.9, _hidden"], "_hidden"),
            (&["203.0.113.9 198.51.100.1"], "203.0.113.9 198.51.100.1"),
            (&["203.0.113.256"], "203.0.113.256"),
            (&["203.0.113.9:70000"], "203.0.113.9:70000"),
            (&["[203.0.113.9]"], "[203.0.113.9]"),
            (&["localhost"], "localhost"),
            (&["\u{1b}[2J"], "\\x1b[2J"),
        ] {
            assert_eq!(found(lines), Err(shown.to_owned()), "{lines:?}");
        }
    }
}
