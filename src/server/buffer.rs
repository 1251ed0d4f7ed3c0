//! The bytes that were read and not used yet. Tiny while nothing much comes, since every connection has one; larger
//! while reads fill it; tiny again afterwards.

/// What a connection reads into most of the time: enough for most heads and most messages.
const SMALL: usize = 1024;

/// The most it reads at once.
const LARGE: usize = 64 * 1024;

/// How much larger a buffer becomes that a read has filled: 1 KiB, 8 KiB, 64 KiB.
const GROWTH: usize = 8;

/// After so many reads that would have fitted into the small buffer, a larger one is given back.
const SMALL_READS: u8 = 16;

/// Space to read into, and what is in it.
#[derive(Debug)]
pub struct Buffer {
    bytes: Vec<u8>,
    filled: usize,
    small_reads: u8,
}

impl Buffer {
    /// An empty buffer, small.
    pub fn new() -> Buffer {
        Buffer { bytes: vec![0; SMALL], filled: 0, small_reads: 0 }
    }

    /// What was read and not used.
    pub fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Where the next read goes: never empty. A buffer that is full doubles; how much may come before it is used is
    /// the caller's limit to keep.
    pub fn room(&mut self) -> &mut [u8] {
        if self.filled == self.bytes.len() {
            self.bytes.resize(self.bytes.len() * 2, 0);
        }
        &mut self.bytes[self.filled..]
    }

    /// A read brought `count` bytes.
    pub fn add(&mut self, count: usize) {
        self.filled = (self.filled + count).min(self.bytes.len());
    }

    /// The first `count` bytes are used.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.filled);
        self.bytes.copy_within(count..self.filled, 0);
        self.filled -= count;
    }

    /// All is used. Chooses the size for the next read by what the last one brought.
    pub fn clear(&mut self) {
        let (brought, size) = (self.filled, self.bytes.len());
        self.filled = 0;
        if brought == size && size < LARGE {
            self.resize((size * GROWTH).min(LARGE));
        } else if brought > SMALL {
            self.small_reads = 0;
        } else if size > SMALL {
            self.small_reads += 1;
            if self.small_reads == SMALL_READS {
                self.give_back();
            }
        }
    }

    /// Nothing comes at the moment: an empty large buffer becomes a small one.
    pub fn give_back(&mut self) {
        if self.filled == 0 && self.bytes.len() > SMALL {
            self.resize(SMALL);
        }
    }

    fn resize(&mut self, size: usize) {
        self.bytes = vec![0; size];
        self.small_reads = 0;
    }
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(buffer: &mut Buffer, count: usize) {
        let count = count.min(buffer.room().len());
        buffer.add(count);
        buffer.clear();
    }

    #[test]
    fn it_grows_for_large_messages_and_shrinks_again() {
        let mut buffer = Buffer::new();
        for size in [SMALL, SMALL * GROWTH, LARGE, LARGE] {
            assert_eq!(buffer.room().len(), size);
            read(&mut buffer, LARGE);
        }
        for _ in 0..SMALL_READS - 1 {
            read(&mut buffer, 10);
            assert_eq!(buffer.room().len(), LARGE);
        }
        read(&mut buffer, 10);
        assert_eq!(buffer.room().len(), SMALL);
    }

    #[test]
    fn what_is_not_used_moves_to_the_front() {
        let mut buffer = Buffer::new();
        buffer.room()[..5].copy_from_slice(b"abcde");
        buffer.add(5);
        buffer.consume(2);
        assert_eq!(buffer.filled(), b"cde");
        buffer.consume(9);
        assert!(buffer.filled().is_empty());
    }
}
