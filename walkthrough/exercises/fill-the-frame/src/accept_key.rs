//! 1. The accept key: the server's answer to the key of an opening handshake.
//!
//! Goal: what stands behind `Sec-WebSocket-Accept` in a 101.
//! Read: chapter 07, "The answer to the key"; RFC 6455 s1.3 and s4.2.2.
//! Test: `cargo test accept_key`
//! Time: 10 minutes. There are hints at the end of this file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The fixed text of RFC 6455 s1.3.
pub const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Accept`, 28 characters, for a value of `Sec-WebSocket-Key`.
///
/// `key` is what stood behind the colon of the field, so there may be blanks around it. Whether it is a good key is not
/// asked here. The two functions below are done, and you may use them.
pub fn accept_key(key: &str) -> String {
    todo!("1: answer the key {key:?}")
}

/// Done for you: the SHA-1 hash of some bytes.
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

/// Done for you: some bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(
            accept_key("dGhlIHNhbXBsZSBub25jZQ=="),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "s1.3: SHA-1 over the 24 characters of the key and the 36 of the GUID, and its 20 bytes in base64. \
             40 hexadecimal digits are the hash as text; the key must not be decoded, and it comes before the GUID"
        );
    }

    #[test]
    fn blanks_around_the_key_are_not_part_of_it() {
        assert_eq!(
            accept_key(" dGhlIHNhbXBsZSBub25jZQ==\t"),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "s1.3: the key \"minus any leading and trailing whitespace\""
        );
    }

    /// A key of the RFC's own (s4.1), which a strict decoder refuses.
    #[test]
    fn the_key_is_not_decoded() {
        assert_eq!(
            accept_key("AQIDBAUGBwgJCgsMDQ4PEC=="),
            "OfS0wDaT5NoxF2gqm7Zj2YtetzM=",
            "s4.2.2: \"It is not necessary for the server to base64-decode\" the key, and the hash is over the text"
        );
    }
}

// Hints. Read one, try, and come back for the next.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 1. Three steps: put two texts together, hash them, write the hash in base64. Chapter 07 does them in a shell.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 2. The hash is 20 bytes, and most of them are no letters. Do not make a text of it before `base64` has it.
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
//
// 3. `format!("{key}{GUID}")` puts them together, and `as_bytes` gives the bytes of a text. `str::trim` takes blanks away.
