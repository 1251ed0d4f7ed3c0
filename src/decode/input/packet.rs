//! Packets as a network card sees them: recognised, so that nobody takes the headers of IP and TCP for frames.

/// Whether the bytes begin with a header of IPv4 or IPv6 with TCP inside, alone, in Ethernet or in Linux's own capture
/// header. So much has to fit that frames, even odd ones, are not taken for packets.
pub fn has_headers(bytes: &[u8]) -> bool {
    let behind = |at: usize, ethertype: &[u8]| bytes.get(at - 2..at) == Some(ethertype);
    is_ip4(bytes)
        || is_ip6(bytes)
        || [14, 16].iter().any(|&at| {
            let packet = bytes.get(at..).unwrap_or_default();
            behind(at, &[0x08, 0x00]) && is_ip4(packet) || behind(at, &[0x86, 0xdd]) && is_ip6(packet)
        })
}

const TCP: u8 = 6;

/// Version 4 and a header of twenty bytes, room for a header of TCP, and a checksum that is right or left to the card.
fn is_ip4(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<20>() else { return false };
    let words = header.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]));
    let sum: u32 = words.sum();
    let is_right = (sum & 0xffff) + (sum >> 16) == 0xffff;
    let has_none = header[10..12] == [0, 0];
    let length = u16::from_be_bytes([header[2], header[3]]);
    header[0] == 0x45 && length >= 40 && header[9] == TCP && (is_right || has_none)
}

/// Version 6, room for a header of TCP, and addresses that are in use.
fn is_ip6(bytes: &[u8]) -> bool {
    let Some(header) = bytes.first_chunk::<40>() else { return false };
    // Global, unique local, link local, or this machine.
    let is_used = |first: u8| matches!(first, 0x20..=0x3f | 0xfc | 0xfd | 0xfe | 0);
    let length = u16::from_be_bytes([header[4], header[5]]);
    header[0] >> 4 == 6
        && length >= 20
        && header[6] == TCP
        && header[7] > 0
        && is_used(header[8])
        && is_used(header[24])
}

/// Whether the bytes begin as a pcap or pcapng file.
pub fn is_capture_file(bytes: &[u8]) -> bool {
    const MAGIC: [[u8; 4]; 5] = [
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x0a, 0x0d, 0x0d, 0x0a],
    ];
    bytes.first_chunk().is_some_and(|start| MAGIC.contains(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP4: [u8; 20] = *b"\x45\x00\x00\x2f\x12\x34\x00\x00\xff\x06\x92\x8f\x0a\x02\x02\x02\x0a\x01\x01\x01";

    #[test]
    fn packets_are_known_alone_and_in_what_the_card_puts_around_them() {
        let ip6 = [&b"\x60\x00\x00\x00\x00\x20\x06\x40"[..], &[0; 15], &[1], &[0; 15], &[1]].concat();
        assert!(has_headers(&IP4) && has_headers(&ip6));
        assert!(has_headers(&[&[0; 12][..], &[0x08, 0x00], &IP4].concat()));
        assert!(has_headers(&[&[0; 14][..], &[0x86, 0xdd], &ip6].concat()));
    }

    #[test]
    fn frames_are_no_packets() {
        for (at, value) in [(0, 0x46), (2, 0xff), (9, 17), (10, 0x93)] {
            let mut other = IP4;
            other[at] = value;
            assert!(!has_headers(&other), "byte {at}");
        }
        // FIN 0, RSV 6, and a masking key that has TCP's number in the right place.
        assert!(!has_headers(&[&[0x62, 0xa8, 1, 2, 3, 4, 6, 64][..], &[0x80; 40]].concat()));
        assert!(!has_headers(b"\x81\x05Hello"));
    }
}
