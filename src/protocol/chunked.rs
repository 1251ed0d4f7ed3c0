//! The chunked transfer coding (RFC 9112 s7.1): a body whose length nobody knows when it begins.
//!
//! Each chunk is its length in hex, CRLF, its bytes, CRLF. A chunk of length 0 ends the body, so that a cut connection is
//! not taken for an end. Chunks are of one hop: a proxy may join or split them.

/// The body's end: a chunk of no bytes and no trailer.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// `bytes` as one chunk. Empty bytes would be the end of the body, so they become nothing.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_begins_with_its_length_in_hex() {
        assert_eq!(chunk(b"Hello, chunked world"), b"14\r\nHello, chunked world\r\n");
        assert_eq!(chunk(b""), b"");
    }
}
