//! 4. Unmask: the payload of a client, made readable as it arrives.
//!
//! Goal: take the mask off payloads that come in pieces, frame after frame.
//! Read: chapter 08, "The mask" and "A frame is not a read"; RFC 6455 s5.3.
//! Test: `cargo test unmask`
//! Time: 15 minutes. There are hints at the end of this file.

/// Takes the mask off the payloads of one connection. There is one of these for each connection, not for each frame.
#[derive(Debug, Default)]
pub struct Unmasker {
    /// The masking key of the frame that is being read.
    pub key: [u8; 4],
    /// Which byte of the key is due, from 0 to 3.
    pub next: usize,
}

impl Unmasker {
    /// A frame begins: its header has been read, and `key` is its masking key.
    pub fn begin_frame(&mut self, key: [u8; 4]) {
        // s5.3: octet i of the payload goes with octet i modulo 4 of the key, and each frame has an octet 0.
        self.key = key;
        self.next = 0;
    }

    /// Unmasks the next piece of this frame's payload, in place. A piece is what one read brought: any number of bytes.
    pub fn unmask(&mut self, piece: &mut [u8]) {
        for byte in piece {
            // s5.3: "transformed-octet-i = original-octet-i XOR masking-key-octet-j", where "j = i MOD 4".
            *byte ^= self.key[self.next];
            self.next = (self.next + 1) % 4;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    /// "Hello" with that key (RFC 6455 s5.7).
    const HELLO: [u8; 5] = [0x7f, 0x9f, 0x4d, 0x51, 0x58];

    /// One frame, whose payload comes in these pieces.
    fn frame(unmasker: &mut Unmasker, key: [u8; 4], pieces: &[&[u8]]) -> Vec<u8> {
        let mut payload = Vec::new();
        unmasker.begin_frame(key);
        for piece in pieces {
            let mut piece = piece.to_vec();
            unmasker.unmask(&mut piece);
            payload.extend(piece);
        }
        payload
    }

    #[track_caller]
    fn is(came: &[u8], expected: &[u8], why: &str) {
        assert!(came == expected, "{why}\n  came     {came:02x?}\n  expected {expected:02x?}");
    }

    #[test]
    fn the_example_of_the_rfc() {
        let came = frame(&mut Unmasker::default(), KEY, &[&HELLO]);
        is(
            &came,
            b"Hello",
            "s5.3: each byte XOR a byte of the key; the fifth goes with the first byte of the key again",
        );
    }

    #[test]
    fn any_length() {
        for length in 0..=9 {
            let masked: Vec<u8> = KEY.into_iter().cycle().take(length).collect();
            let came = frame(&mut Unmasker::default(), KEY, &[&masked]);
            is(&came, &vec![0; length], "s5.3: a payload need not be a multiple of four bytes");
        }
    }

    #[test]
    fn a_payload_cut_anywhere() {
        for cut in 0..=HELLO.len() {
            let (first, second) = HELLO.split_at(cut);
            let came = frame(&mut Unmasker::default(), KEY, &[first, second]);
            is(
                &came,
                b"Hello",
                &format!("s5.3 counts from the beginning of the payload; this one was cut after {cut}"),
            );
        }
        let single: Vec<&[u8]> = HELLO.chunks(1).collect();
        is(
            &frame(&mut Unmasker::default(), KEY, &single),
            b"Hello",
            "the payload came byte by byte, and s5.3 is the same",
        );
    }

    #[test]
    fn the_next_frame_begins_with_the_first_byte_of_its_key() {
        let mut unmasker = Unmasker::default();
        let first = frame(&mut unmasker, KEY, &[&HELLO]);
        let second = frame(&mut unmasker, KEY, &[&HELLO]);
        is(&first, b"Hello", "the first of two frames");
        is(&second, b"Hello", "the second frame: the count begins anew with each frame (s5.3)");
    }

    #[test]
    fn each_frame_has_its_own_key() {
        let mut unmasker = Unmasker::default();
        frame(&mut unmasker, KEY, &[&HELLO]);
        let second = frame(&mut unmasker, [0x01, 0x02, 0x03, 0x04], &[&[0x49, 0x67, 0x6f, 0x68, 0x6e]]);
        is(&second, b"Hello", "the second frame came with another key, as s5.3 demands of the client");
    }

    #[test]
    fn a_key_of_zeros_changes_nothing() {
        is(&frame(&mut Unmasker::default(), [0; 4], &[b"Hello"]), b"Hello", "XOR with 0 gives the byte that was there");
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
// 1. Do the fifth byte of the first test on paper: `0x58` XOR which byte of the key?
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
// 2. `for byte in piece` gives each byte as a `&mut u8`, and `*byte ^= 0x37` changes it. What has to be remembered from one
//    piece to the next, and what must be forgotten when a frame begins?
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
// 3. `self.key[self.next]` is the byte that is due. After it the next one is due, and after the last the first:
//    `(self.next + 1) % 4`.
