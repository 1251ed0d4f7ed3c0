//! The eight frames of RFC 6455 s5.7, byte by byte.
//!
//! The RFC does not say what its two binary messages carry; here they count.

use tungstenite::protocol::Role;

const UNMASKED_TEXT: &[u8] = &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
const MASKED_TEXT: &[u8] = &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const TWO_FRAGMENTS: &[u8] = &[0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f];
const UNMASKED_PING: &[u8] = &[0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f];
const MASKED_PONG: &[u8] = &[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const HEADER_OF_256: &[u8] = &[0x82, 0x7e, 0x01, 0x00];
const HEADER_OF_64_KIB: &[u8] = &[0x82, 0x7f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00];

/// Each example with the RFC's caption and who may send it: only a client masks.
pub fn all() -> [(&'static str, Role, Vec<u8>); 7] {
    let (client, server) = (Role::Client, Role::Server);
    [
        ("a single-frame unmasked text message", server, UNMASKED_TEXT.to_vec()),
        ("a single-frame masked text message", client, MASKED_TEXT.to_vec()),
        ("a fragmented unmasked text message", server, TWO_FRAGMENTS.to_vec()),
        ("unmasked Ping request", server, UNMASKED_PING.to_vec()),
        ("masked Ping response", client, MASKED_PONG.to_vec()),
        ("256 bytes binary message in a single unmasked frame", server, [HEADER_OF_256, &counting(256)].concat()),
        ("64KiB binary message in a single unmasked frame", server, [HEADER_OF_64_KIB, &counting(65_536)].concat()),
    ]
}

fn counting(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 256) as u8).collect()
}
