//! The PROXY protocol: a header before the first byte of a connection, in which a proxy that passes bytes on says who has
//! connected to it. Its document is HAProxy's `proxy-protocol.txt`; version 1 is a line of text (its section 2.1), version 2
//! is binary (its section 2.2).
//!
//! Bytes come in whatever parts TCP makes of them, so there are four answers: more bytes are needed, the header is complete,
//! this is something else, or it is refused. The crate ppp reads the header. It is given a line only once it is whole, since
//! it calls one wrong that ends with the blank before its last port, and what it lets pass though it is wrong is looked for
//! before.

use super::refusal::Refusal;
use ppp::v1::{self, BinaryParseError};
use ppp::v2;
use std::fmt;
use std::net::SocketAddr;

/// How version 1 begins.
pub const V1: &[u8] = b"PROXY ";

/// How version 2 begins: bytes that no other protocol begins with.
pub const V2: &[u8] = v2::PROTOCOL_PREFIX;

/// Section 2.1: "a 108-byte buffer is always enough to store all the line and a trailing zero".
const LONGEST_V1: usize = 107;

/// Version 2 could announce 64 KiB. What proxies send is some hundred bytes, and a little more with a certificate's names.
const LONGEST_V2: usize = 4096;

/// Signature, command, family, length: what every header of version 2 has.
const START_OF_V2: usize = 16;

const SECTION_2_1: &str = "PROXY protocol, section 2.1";
const SECTION_2_2: &str = "PROXY protocol, section 2.2";

/// What the bytes so far amount to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// Not an error: the header is not whole.
    NeedMore,
    /// It is whole.
    Complete(Header),
    /// These bytes begin something else, a request perhaps.
    Missing,
    /// It is a header, and not a right one.
    Refused(Refusal),
}

/// A header that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// 1 or 2.
    pub version: u8,
    /// Its length in bytes.
    pub len: usize,
    /// What is proxied: `TCP4`, `TCP6`, or why no address is told: `UNKNOWN`, `LOCAL`.
    pub what: &'static str,
    /// Who connected to the proxy, and where. `None`: the header does not say, and the connection's own ends count.
    pub ends: Option<(SocketAddr, SocketAddr)>,
    /// What else it says: type and length of each value.
    pub tlvs: Vec<(u8, usize)>,
}

/// `v1, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443`
impl fmt::Display for Header {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "v{}, {}", self.version, self.what)?;
        self.ends.map_or(Ok(()), |(source, destination)| write!(formatter, " from {source} to {destination}"))
    }
}

/// What a value behind the addresses is (section 2.2), by its type.
pub fn name_of_value(kind: u8) -> &'static str {
    match kind {
        0x01 => "ALPN: the protocol above TLS",
        0x02 => "AUTHORITY: the host that was asked for",
        0x03 => "CRC32C: a checksum of the header",
        0x04 => "NOOP: filling",
        0x05 => "UNIQUE_ID: a name of the connection",
        0x20 => "SSL: what the proxy knows of TLS",
        0x30 => "NETNS: a network namespace",
        0xe0..=0xef => "an application's own",
        0xf0..=0xf7 => "an experiment",
        _ => "not known here",
    }
}

/// Reads a header from the start of `bytes`: all that has come on the connection.
pub fn parse(bytes: &[u8]) -> Parsed {
    let parsed = if bytes.starts_with(V2) {
        parse_v2(bytes).map_err(|why| malformed(SECTION_2_2, why))
    } else if bytes.starts_with(V1) {
        parse_v1(bytes).map_err(|why| malformed(SECTION_2_1, why))
    } else if V2.starts_with(bytes) || V1.starts_with(bytes) {
        Ok(None)
    } else {
        return Parsed::Missing;
    };
    match parsed {
        Ok(None) => Parsed::NeedMore,
        Ok(Some(header)) => Parsed::Complete(header),
        Err(refusal) => Parsed::Refused(refusal),
    }
}

/// Section 2.1: the word PROXY, a protocol, two addresses, two ports, CR LF; one blank between two of them.
fn parse_v1(bytes: &[u8]) -> Result<Option<Header>, String> {
    let Some(end) = bytes.iter().take(LONGEST_V1).position(|byte| *byte == b'\n') else {
        let is_too_long = bytes.len() >= LONGEST_V1;
        return if is_too_long { Err(format!("{LONGEST_V1} bytes and no end of its line")) } else { Ok(None) };
    };
    let line = &bytes[..=end];
    if !line.ends_with(b"\r\n") {
        return Err("its line ends with LF and no CR before it".to_owned());
    }
    let header = |what, ends| Ok(Some(Header { version: 1, len: line.len(), what, ends, tlvs: Vec::new() }));
    // Section 2.1: "the receiver must ignore anything presented before the CRLF is found".
    if line.starts_with(b"PROXY UNKNOWN ") || line == b"PROXY UNKNOWN\r\n" {
        return header("UNKNOWN", None);
    }
    // ppp reads numbers as Rust does, where "+80" is one.
    if line.contains(&b'+') {
        return Err("a port has digits alone".to_owned());
    }
    match v1::Header::try_from(line).map_err(wrong_in_v1)?.addresses {
        v1::Addresses::Tcp4(ip) => header(
            "TCP4",
            Some(((ip.source_address, ip.source_port).into(), (ip.destination_address, ip.destination_port).into())),
        ),
        v1::Addresses::Tcp6(ip) => header(
            "TCP6",
            Some(((ip.source_address, ip.source_port).into(), (ip.destination_address, ip.destination_port).into())),
        ),
        v1::Addresses::Unknown => header("UNKNOWN", None),
    }
}

/// Words for what ppp has found: its own are for programmers, and have line breaks in them.
fn wrong_in_v1(error: BinaryParseError) -> String {
    use v1::ParseError::{
        InvalidDestinationAddress, InvalidDestinationPort, InvalidProtocol, InvalidSourceAddress, InvalidSourcePort,
        InvalidSuffix,
    };
    let BinaryParseError::Parse(error) = error else { return "its line is no text".to_owned() };
    match error {
        InvalidProtocol => "its protocol is none of TCP4, TCP6 and UNKNOWN",
        InvalidSourceAddress(_) => "its first address is none of that protocol",
        InvalidDestinationAddress(_) => "its second address is none of that protocol",
        InvalidSourcePort(_) => "its first port is none",
        InvalidDestinationPort(_) => "its second port is none",
        InvalidSuffix => "something stands behind its ports",
        _ => "it has too few parts",
    }
    .to_owned()
}

/// Section 2.2: signature, version and command, family, length, addresses, and values with type and length.
fn parse_v2(bytes: &[u8]) -> Result<Option<Header>, String> {
    let Some(start) = bytes.get(..START_OF_V2) else { return Ok(None) };
    let len = START_OF_V2 + usize::from(u16::from_be_bytes([start[14], start[15]]));
    if len > LONGEST_V2 {
        return Err(format!("it announces {len} bytes, and {LONGEST_V2} is the most"));
    }
    // Section 2.2: of LOCAL, version 2 with command 0, a receiver must "discard the protocol block including the family".
    if start[12] == 0x20 {
        let local = Header { version: 2, len, what: "LOCAL", ends: None, tlvs: Vec::new() };
        return Ok((bytes.len() >= len).then_some(local));
    }
    let header = match v2::Header::try_from(bytes) {
        Ok(header) => header,
        Err(v2::ParseError::Partial(..) | v2::ParseError::Incomplete(_)) => return Ok(None),
        Err(error) => return Err(wrong_in_v2(&error)),
    };
    let (what, ends) = (proxied(&header)?, ends(header.addresses));
    let tlvs = header.tlvs().map(|tlv| tlv.map(|tlv| (tlv.kind, tlv.value.len()))).collect::<Result<_, _>>();
    Ok(Some(Header { version: 2, len, what, ends, tlvs: tlvs.map_err(|error| wrong_in_v2(&error))? }))
}

/// The pairs of family and protocol that section 2.2 knows.
fn proxied(header: &v2::Header<'_>) -> Result<&'static str, String> {
    use v2::Protocol::{Datagram, Stream, Unspecified};
    match (header.addresses, header.protocol) {
        (v2::Addresses::Unspecified, Unspecified) => Ok("UNSPEC"),
        (v2::Addresses::IPv4(_), Stream) => Ok("TCP4"),
        (v2::Addresses::IPv4(_), Datagram) => Ok("UDP4"),
        (v2::Addresses::IPv6(_), Stream) => Ok("TCP6"),
        (v2::Addresses::IPv6(_), Datagram) => Ok("UDP6"),
        (v2::Addresses::Unix(_), Stream | Datagram) => Ok("UNIX"),
        _ => Err("its family and protocol are no pair".to_owned()),
    }
}

fn ends(addresses: v2::Addresses) -> Option<(SocketAddr, SocketAddr)> {
    match addresses {
        v2::Addresses::IPv4(ip) => {
            Some(((ip.source_address, ip.source_port).into(), (ip.destination_address, ip.destination_port).into()))
        }
        v2::Addresses::IPv6(ip) => {
            Some(((ip.source_address, ip.source_port).into(), (ip.destination_address, ip.destination_port).into()))
        }
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
    }
}

fn wrong_in_v2(error: &v2::ParseError) -> String {
    use v2::ParseError::{AddressFamily, Command, InvalidAddresses, InvalidTLV, Leftovers, Protocol, Version};
    match error {
        Version(_) => "its version is not 2".to_owned(),
        Command(_) => "its command is neither LOCAL nor PROXY".to_owned(),
        AddressFamily(_) => "its address family is none".to_owned(),
        Protocol(_) => "its protocol is none".to_owned(),
        InvalidAddresses(has, takes) => format!("its addresses take {takes} bytes, and it has {has}"),
        InvalidTLV(..) | Leftovers(_) => "its values (TLV) do not end where it does".to_owned(),
        _ => "it can't be read".to_owned(),
    }
}

fn malformed(section: &'static str, why: String) -> Refusal {
    let why = format!("this is a header of the PROXY protocol, and not a right one: {why}");
    Refusal::new(400, "proxy-protocol-malformed", section, why)
}

/// No header came, where one must come.
pub fn missing() -> Refusal {
    let why = "this connection began without a header of the PROXY protocol, and this server was told to expect one \
               (--proxy-protocol): turn it on in the proxy (HAProxy: send-proxy, nginx's stream: proxy_protocol on;), come \
               by way of the proxy, or start the server without the option";
    Refusal::new(400, "proxy-protocol-missing", "PROXY protocol, section 2", why)
}

/// It did not come, or not all of it.
pub fn too_late() -> Refusal {
    let why = "the header of the PROXY protocol did not come in time (--handshake-timeout), and this server was told to \
               expect one (--proxy-protocol)";
    Refusal::new(408, "proxy-protocol-timeout", "PROXY protocol, section 2", why)
}

/// One came where none was asked for, or a second one.
pub fn unasked(bytes: &[u8]) -> Refusal {
    let (form, how) = if bytes.starts_with(V2) {
        (
            ", version 2, whose binary form begins with the twelve bytes 0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a",
            "send-proxy-v2",
        )
    } else {
        ("", "send-proxy")
    };
    let why = format!(
        "this is a header of the PROXY protocol{form}, which this server was not told to expect here: start it with \
         --proxy-protocol, or turn the header off in the proxy (HAProxy: remove {how}; nginx's stream: proxy_protocol off;)"
    );
    Refusal::new(400, "proxy-protocol", "RFC 9112 s2.1", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 2 with this command, this family, and what follows the length.
    fn v2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).expect("short").to_be_bytes();
        [V2, &[command, family], &length, rest].concat()
    }

    const V4_ENDS: &[u8] = &[203, 0, 113, 9, 192, 0, 2, 1, 0xdc, 0x04, 0x01, 0xbb];

    fn v6_ends() -> Vec<u8> {
        let mut ends = vec![0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        ends.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        ends.extend([0xdc, 0x04, 0x01, 0xbb]);
        ends
    }

    fn right() -> Vec<(Vec<u8>, &'static str)> {
        vec![
            (
                b"PROXY TCP4 203.0.113.9 192.0.2.1 56324 443\r\n".to_vec(),
                "v1, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443",
            ),
            (b"PROXY TCP6 2001:db8::9 ::1 56324 443\r\n".to_vec(), "v1, TCP6 from [2001:db8::9]:56324 to [::1]:443"),
            (b"PROXY UNKNOWN\r\n".to_vec(), "v1, UNKNOWN"),
            (b"PROXY UNKNOWN a b c + d e f g h\r\n".to_vec(), "v1, UNKNOWN"),
            (v2(0x21, 0x11, V4_ENDS), "v2, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443"),
            (v2(0x21, 0x12, V4_ENDS), "v2, UDP4 from 203.0.113.9:56324 to 192.0.2.1:443"),
            (v2(0x21, 0x21, &v6_ends()), "v2, TCP6 from [2001:db8::9]:56324 to [::1]:443"),
            (v2(0x21, 0x31, &[0; 216]), "v2, UNIX"),
            (v2(0x21, 0x00, b""), "v2, UNSPEC"),
            (v2(0x20, 0x00, b""), "v2, LOCAL"),
            (v2(0x20, 0x11, b"anything"), "v2, LOCAL"),
            (
                v2(0x21, 0x11, &[V4_ENDS, b"\x02\0\x01a\x04\0\0"].concat()),
                "v2, TCP4 from 203.0.113.9:56324 to 192.0.2.1:443",
            ),
        ]
    }

    #[test]
    fn a_header_is_complete_at_its_last_byte_and_not_before() {
        for (bytes, words) in right() {
            for cut in 0..bytes.len() {
                assert_eq!(parse(&bytes[..cut]), Parsed::NeedMore, "{words} cut at {cut}");
            }
            for glued in [&b""[..], b"GET / HTTP/1.1\r\n", b"\r\n\r\n", b"PROXY "] {
                let Parsed::Complete(header) = parse(&[&bytes[..], glued].concat()) else { panic!("{words}") };
                assert_eq!((header.to_string().as_str(), header.len), (words, bytes.len()));
            }
        }
    }

    #[test]
    fn values_are_counted_with_their_types() {
        let Parsed::Complete(header) = parse(&right().pop().expect("the last").0) else { panic!() };
        assert_eq!(header.tlvs, [(0x02, 1), (0x04, 0)]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let too_long = [b"PROXY TCP4 203.0.113.9 192.0.2.1 1 ".as_slice(), &[b'2'; 80]].concat();
        let long_line = [b"PROXY UNKNOWN ".as_slice(), &[b'a'; 92], b"\r\n"].concat();
        let mut announces = v2(0x21, 0x11, b"");
        announces[14..].copy_from_slice(&4081_u16.to_be_bytes());
        for (bytes, why) in [
            (b"PROXY TCP5 203.0.113.9 192.0.2.1 1 2\r\n".to_vec(), "none of TCP4"),
            (b"PROXY tcp4 203.0.113.9 192.0.2.1 1 2\r\n".to_vec(), "none of TCP4"),
            (b"PROXY  TCP4 203.0.113.9 192.0.2.1 1 2\r\n".to_vec(), "none of TCP4"),
            (b"PROXY TCP4 ::1 192.0.2.1 1 2\r\n".to_vec(), "first address"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.256 1 2\r\n".to_vec(), "second address"),
            (b"PROXY TCP6 203.0.113.9 ::1 1 2\r\n".to_vec(), "first address"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 65536 2\r\n".to_vec(), "first port"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 02\r\n".to_vec(), "second port"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 +2\r\n".to_vec(), "digits alone"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 \r\n".to_vec(), "second port"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1\r\n".to_vec(), "port"),
            (b"PROXY TCP4\r\n".to_vec(), "too few"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2 \r\n".to_vec(), "behind its ports"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2 3\r\n".to_vec(), "behind its ports"),
            (b"PROXY TCP4 203.0.113.9 192.0.2.1 1 2\n".to_vec(), "LF and no CR"),
            (b"PROXY TCP4 203.0.113.9\r192.0.2.1 1 2\r\n".to_vec(), ""),
            (b"PROXY \xff\r\n".to_vec(), "no text"),
            (b"PROXY \r\n".to_vec(), "none of TCP4"),
            (too_long, "107 bytes"),
            (long_line, "107 bytes"),
            (v2(0x11, 0x11, V4_ENDS), "version is not 2"),
            (v2(0x22, 0x11, V4_ENDS), "neither LOCAL nor PROXY"),
            (v2(0x21, 0x41, V4_ENDS), "address family"),
            (v2(0x21, 0x13, V4_ENDS), "protocol is none"),
            (v2(0x21, 0x10, V4_ENDS), "no pair"),
            (v2(0x21, 0x01, V4_ENDS), "no pair"),
            (v2(0x21, 0x11, &V4_ENDS[..11]), "take 12 bytes, and it has 11"),
            (v2(0x21, 0x21, V4_ENDS), "take 36 bytes, and it has 12"),
            (v2(0x21, 0x11, &[V4_ENDS, b"\x02\0\x05a"].concat()), "do not end"),
            (v2(0x21, 0x11, &[V4_ENDS, b"\x02\0"].concat()), "do not end"),
            (announces, "announces 4097 bytes"),
        ] {
            let Parsed::Refused(refusal) = parse(&bytes) else {
                panic!("{}: {:?}", bytes.escape_ascii(), parse(&bytes))
            };
            assert_eq!((refusal.status, refusal.reason), (400, "proxy-protocol-malformed"));
            assert!(refusal.why.contains(why), "{}: {}", bytes.escape_ascii(), refusal.why);
            assert!(!refusal.why.contains(['\r', '\n']), "{}", refusal.why);
        }
    }

    #[test]
    fn something_else_is_no_header() {
        for other in ["GET / HTTP/1.1\r\n", "PUT", "PROXYTCP4", "proxy ", "\r\nGET", "\r\n\r\n\r", "\x16\x03\x01"] {
            assert_eq!(parse(other.as_bytes()), Parsed::Missing, "{other:?}");
        }
    }
}
