//! The chunked transfer coding (RFC 9112 s7.1): a body whose length nobody knows when it begins.
//!
//! Each chunk is its length in hex, CRLF, its bytes, CRLF. A chunk of length 0 ends the body, then trailer fields, which
//! nobody here asks for, and an empty line: so a cut connection is not taken for an end. Chunks are of one hop: a proxy
//! may join or split them.
//!
//! ```text
//! 5 CRLF Hello CRLF  0 CRLF  CRLF
//! ```

/// The body's end: a chunk of no bytes and no trailer.
pub const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// `bytes` as one chunk. Empty bytes would be the end of the body, so they become nothing.
pub fn chunk(bytes: &[u8]) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// The longest line: a size with its extensions, or a trailer field.
const MAX_LINE: usize = 4 * 1024;

/// The most bytes of trailer fields.
const MAX_TRAILER: usize = 16 * 1024;

/// A body in chunks that is being read.
#[derive(Debug, Default)]
pub struct Chunked {
    state: State,
    /// The line so far, when the bytes ended inside one.
    line: Vec<u8>,
    trailer: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(u64),
    /// The empty line behind a chunk.
    DataEnd,
    Trailer,
    Done,
}

impl Chunked {
    /// Appends to `data` what stands in the chunks of `input`. The answer is how many bytes of `input` were used: all,
    /// unless the body ends before.
    pub fn decode(&mut self, input: &[u8], data: &mut Vec<u8>) -> Result<usize, String> {
        let mut rest = input;
        while !rest.is_empty() && self.state != State::Done {
            match self.state {
                State::Data(left) => {
                    let count = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    data.extend_from_slice(&rest[..count]);
                    rest = &rest[count..];
                    let left = left - count as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                }
                _ => {
                    if let Some(line) = self.line(&mut rest)? {
                        self.state = self.after(&line)?;
                    }
                }
            }
        }
        Ok(input.len() - rest.len())
    }

    /// Whether the last chunk and the trailer were read.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The next line without its end, once it is whole.
    fn line(&mut self, rest: &mut &[u8]) -> Result<Option<Vec<u8>>, String> {
        let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
        let (part, after) = rest.split_at(end);
        self.line.extend_from_slice(part);
        *rest = after;
        if self.line.len() > MAX_LINE {
            return Err(format!("a line between chunks is longer than {MAX_LINE} bytes"));
        }
        if self.line.last() != Some(&b'\n') {
            return Ok(None);
        }
        match std::mem::take(&mut self.line).strip_suffix(b"\r\n") {
            Some(line) => Ok(Some(line.to_vec())),
            None => Err("a line between chunks does not end with CRLF".to_owned()),
        }
    }

    fn after(&mut self, line: &[u8]) -> Result<State, String> {
        match self.state {
            State::Size => match size(line)? {
                0 => Ok(State::Trailer),
                size => Ok(State::Data(size)),
            },
            State::DataEnd if line.is_empty() => Ok(State::Size),
            State::DataEnd => Err("a chunk is longer than its size says".to_owned()),
            State::Trailer if line.is_empty() => Ok(State::Done),
            State::Trailer => {
                self.trailer += line.len();
                if self.trailer > MAX_TRAILER {
                    return Err(format!("the trailer is longer than {MAX_TRAILER} bytes"));
                }
                Ok(State::Trailer)
            }
            state @ (State::Data(_) | State::Done) => Ok(state),
        }
    }
}

/// RFC 9112 s7.1: `chunk-size = 1*HEXDIG`, and after a semicolon extensions, which are ignored.
fn size(line: &[u8]) -> Result<u64, String> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is_hex = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let size = std::str::from_utf8(digits).ok().filter(|_| is_hex).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    size.ok_or_else(|| "the size of a chunk is no number of up to 16 hex digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_begins_with_its_length_in_hex() {
        assert_eq!(chunk(b"Hello, chunked world"), b"14\r\nHello, chunked world\r\n");
        assert_eq!(chunk(b""), b"");
    }

    fn decode(parts: &[&[u8]]) -> Result<(Vec<u8>, bool), String> {
        let (mut chunked, mut data) = (Chunked::default(), Vec::new());
        for part in parts {
            chunked.decode(part, &mut data)?;
        }
        Ok((data, chunked.is_done()))
    }

    #[test]
    fn chunks_cut_anywhere_twice_give_the_same_bytes() {
        let stream = b"5\r\nHello\r\nA;why=not\r\n, world 12\r\n0\r\nX: y\r\n\r\n";
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let parts = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(decode(&parts), Ok((b"Hello, world 12".to_vec(), true)), "{first} {second}");
            }
        }
    }

    #[test]
    fn what_follows_belongs_to_somebody_else() {
        let (mut chunked, mut data) = (Chunked::default(), Vec::new());
        assert_eq!(chunked.decode(b"0\r\n\r\nHTTP/1.1", &mut data), Ok(5));
        assert!(chunked.is_done() && data.is_empty());
        assert_eq!(chunked.decode(b"more", &mut data), Ok(0));
    }

    #[test]
    fn bad_and_endless_chunks_are_refused() {
        for bad in ["\r\n", "g\r\n", "-1\r\n", "0x5\r\n", "5\nHello", "5\r\nHello!\r\n", "11111111111111111\r\n"] {
            assert!(decode(&[bad.as_bytes()]).is_err(), "{bad:?}");
        }
        assert!(decode(&[&[b'1'; MAX_LINE + 1]]).is_err());
        let trailer = format!("0\r\n{}", "a: b\r\n".repeat(MAX_TRAILER));
        assert!(decode(&[trailer.as_bytes()]).is_err());
        // A size that memory could not hold is no error until its bytes come.
        assert_eq!(decode(&[b"ffffffffffffffff\r\nabc"]), Ok((b"abc".to_vec(), false)));
    }
}
