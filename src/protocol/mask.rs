//! Masking (RFC 6455 s5.3): byte `i` of the payload is XORed with byte `i mod 4` of the key. Doing it twice undoes it,
//! so one function is both the encoder and the decoder.
//!
//! The key travels in front of the payload, so this hides nothing. It keeps a script in a browser from choosing the
//! bytes that go over the wire, and so from writing a request that a proxy in between would understand (s10.3).

/// Masks or unmasks `payload` in place. `offset` is where in the frame's payload these bytes stand: 0 for a whole
/// payload, more when it comes in parts.
pub fn apply(key: [u8; 4], offset: u64, payload: &mut [u8]) {
    let turn = (offset % 4) as usize;
    let key = [key[turn], key[(turn + 1) % 4], key[(turn + 2) % 4], key[(turn + 3) % 4]];
    // Four bytes a step: the compiler turns this into vector instructions, which it does not for `key[i % 4]`.
    let mut steps = payload.chunks_exact_mut(4);
    for step in &mut steps {
        for (byte, key_byte) in step.iter_mut().zip(key) {
            *byte ^= key_byte;
        }
    }
    for (byte, key_byte) in steps.into_remainder().iter_mut().zip(key) {
        *byte ^= key_byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    #[test]
    fn hello_of_section_5_7() {
        let mut payload = *b"Hello";
        apply(KEY, 0, &mut payload);
        assert_eq!(payload, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        apply(KEY, 0, &mut payload);
        assert_eq!(&payload, b"Hello");
    }

    #[test]
    fn a_payload_masked_in_parts_is_the_payload_masked_at_once() {
        let plain: Vec<u8> = (0..=40).collect();
        let mut whole = plain.clone();
        apply(KEY, 0, &mut whole);
        for cut in 0..plain.len() {
            let mut parts = plain.clone();
            let (left, right) = parts.split_at_mut(cut);
            apply(KEY, 0, left);
            apply(KEY, cut as u64, right);
            assert_eq!(parts, whole, "cut at {cut}");
        }
    }
}
