//! Whom a request comes from. Who opened the TCP connection is certain, and is called the peer; behind a proxy that is the
//! proxy. For whom it did so it can say in two places: in a header of the PROXY protocol, once for the whole connection
//! (`--proxy-protocol`), and in `X-Forwarded-For`, with each request (`--behind-proxy`).
//!
//! Where both are asked for and both say something, `X-Forwarded-For` wins: the PROXY header is that of the last proxy, and
//! names who connected there, which is the proxy before it if that has added the field. Neither is looked at unless it was
//! asked for: whoever reaches the server can write both.

use crate::protocol::forwarded::LastHop;
use crate::protocol::proxy::Header;
use std::net::{IpAddr, SocketAddr};

/// What the proxies have said of the request that is served.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Of the whole connection. On the heap, since most connections have none.
    header: Option<Box<Header>>,
    forwarded: Forwarded,
}

/// What became of `X-Forwarded-For`.
#[derive(Debug, Clone, Copy, Default)]
enum Forwarded {
    /// It was not looked at, or there is no request that could be read.
    #[default]
    Unread,
    Absent,
    Unreadable,
    By(IpAddr),
}

impl Client {
    /// The connection began with this header.
    pub fn came_with(&mut self, header: Header) {
        self.header = Some(Box::new(header));
    }

    /// A request has come, with this in `X-Forwarded-For`; `None`: it was not looked at.
    pub fn asks(&mut self, hop: Option<LastHop<'_>>) {
        self.forwarded = match hop {
            None => Forwarded::Unread,
            Some(LastHop::Absent) => Forwarded::Absent,
            Some(LastHop::Unreadable(_)) => Forwarded::Unreadable,
            Some(LastHop::Address(address)) => Forwarded::By(address),
        };
    }

    /// Who is taken for the client.
    pub fn address(&self, peer: SocketAddr) -> IpAddr {
        match self.forwarded {
            Forwarded::By(address) => address,
            _ => self.source().unwrap_or(peer).ip().to_canonical(),
        }
    }

    /// The same for the log, and by way of whom: `203.0.113.9, by way of 127.0.0.1:4000`.
    pub fn words(&self, peer: SocketAddr) -> String {
        let first = match self.forwarded {
            Forwarded::By(address) => Some(address.to_string()),
            _ => None,
        };
        let hops = [first, self.source().map(|source| source.to_string()), Some(peer.to_string())];
        let hops: Vec<String> = hops.into_iter().flatten().collect();
        let absent = if matches!(self.forwarded, Forwarded::Absent) { " (no X-Forwarded-For)" } else { "" };
        hops.join(", by way of ") + absent
    }

    /// What the PROXY header said.
    pub fn header_words(&self) -> Option<String> {
        self.header.as_ref().map(ToString::to_string)
    }

    fn source(&self) -> Option<SocketAddr> {
        self.header.as_ref().and_then(|header| header.ends).map(|(source, _)| source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::proxy::{Parsed, parse};

    #[test]
    fn the_last_proxy_that_names_a_client_is_believed() {
        let peer: SocketAddr = "127.0.0.1:4000".parse().expect("an address");
        let forwarded = Some(LastHop::Address("203.0.113.9".parse().expect("an address")));
        let told = |header: &str, hop: Option<LastHop<'_>>| {
            let mut client = Client::default();
            if let Parsed::Complete(header) = parse(header.as_bytes()) {
                client.came_with(header);
            }
            client.asks(hop);
            (client.address(peer).to_string(), client.words(peer))
        };
        let header = "PROXY TCP4 192.0.2.7 192.0.2.1 5000 443\r\n";
        for (header, hop, address, words) in [
            ("", None, "127.0.0.1", "127.0.0.1:4000"),
            ("", Some(LastHop::Absent), "127.0.0.1", "127.0.0.1:4000 (no X-Forwarded-For)"),
            ("", Some(LastHop::Unreadable(b"x")), "127.0.0.1", "127.0.0.1:4000"),
            ("", forwarded, "203.0.113.9", "203.0.113.9, by way of 127.0.0.1:4000"),
            (header, None, "192.0.2.7", "192.0.2.7:5000, by way of 127.0.0.1:4000"),
            (header, forwarded, "203.0.113.9", "203.0.113.9, by way of 192.0.2.7:5000, by way of 127.0.0.1:4000"),
            ("PROXY UNKNOWN\r\n", None, "127.0.0.1", "127.0.0.1:4000"),
        ] {
            assert_eq!(told(header, hop), (address.to_owned(), words.to_owned()), "{header:?} {hop:?}");
        }
    }
}
