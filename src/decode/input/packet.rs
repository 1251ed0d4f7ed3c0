//! Packets as a network card sees them: recognised, so that nobody takes the headers of IP and TCP for frames.

/// Whether the bytes begin with a header of IPv4 or IPv6 with TCP inside, alone, in Ethernet or in Linux's own capture
/// header. A first byte of `45` or `60` would be a frame with a reserved opcode or reserved bits.
pub fn has_headers(bytes: &[u8]) -> bool {
    let behind = |at: usize, ethertype: &[u8]| bytes.get(at - 2..at) == Some(ethertype);
    is_ip(bytes)
        || [14, 16]
            .iter()
            .any(|&at| (behind(at, &[0x08, 0x00]) || behind(at, &[0x86, 0xdd])) && bytes.get(at..).is_some_and(is_ip))
}

fn is_ip(bytes: &[u8]) -> bool {
    const TCP: u8 = 6;
    match bytes {
        // IPv4: version and length of the header, total length at 2, protocol at 9.
        [0x45, _, high, low, _, _, _, _, _, TCP, ..] => u16::from_be_bytes([*high, *low]) >= 40,
        // IPv6: version 6, next header at 6.
        [first, _, _, _, _, _, TCP, ..] => first >> 4 == 6,
        _ => false,
    }
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
