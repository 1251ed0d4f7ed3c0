//! Masking (RFC 6455 s5.3): byte `i` of the payload is XORed with byte `i mod 4` of the key. Doing it twice undoes it,
//! so one function is both the encoder and the decoder.
//!
//! The key travels in front of the payload, so this hides nothing. It keeps a script in a browser from choosing the
//! bytes that go over the wire, and so from writing a request that a proxy in between would understand (s10.3).

/// Masks or unmasks `payload` in place. `offset` is where in the frame's payload these bytes stand: 0 for a whole
/// payload, more when it comes in parts.
pub fn apply(key: [u8; 4], offset: u64, payload: &mut [u8]) {
    let key = turned(key, offset);
    // Four bytes a step: the compiler turns this into vector instructions, which it does not for `key[i % 4]`.
    let (steps, rest) = payload.as_chunks_mut::<4>();
    for step in steps {
        for (byte, key_byte) in step.iter_mut().zip(key) {
            *byte ^= key_byte;
        }
    }
    for (byte, key_byte) in rest.iter_mut().zip(key) {
        *byte ^= key_byte;
    }
}

/// Whether the payload, once unmasked, is ASCII only. Asked without unmasking: a byte's top bit is its own XOR the key's.
pub fn is_ascii(key: [u8; 4], offset: u64, payload: &[u8]) -> bool {
    let [a, b, c, d] = turned(key, offset);
    // Eight bytes a step, as one number; which end of it comes first makes no difference here.
    let key = [a, b, c, d, a, b, c, d];
    let (steps, rest) = payload.as_chunks::<8>();
    let seen = steps.iter().fold(0, |seen, step| seen | (u64::from_ne_bytes(*step) ^ u64::from_ne_bytes(key)));
    let rest_seen = rest.iter().zip(key).fold(0, |seen, (byte, key_byte)| seen | (byte ^ key_byte));
    seen & 0x8080_8080_8080_8080 == 0 && rest_seen & 0x80 == 0
}

/// The key as it meets the byte at `offset`.
fn turned(key: [u8; 4], offset: u64) -> [u8; 4] {
    let turn = (offset % 4) as usize;
    [key[turn], key[(turn + 1) % 4], key[(turn + 2) % 4], key[(turn + 3) % 4]]
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
    fn ascii_is_seen_through_the_mask() {
        for len in 0..20 {
            let mut plain = vec![b'z'; len];
            apply(KEY, 3, &mut plain);
            assert!(is_ascii(KEY, 3, &plain), "{len}");
            for at in 0..len {
                let mut spoilt = plain.clone();
                spoilt[at] ^= 0x80;
                assert!(!is_ascii(KEY, 3, &spoilt), "{len}, {at}");
            }
        }
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
