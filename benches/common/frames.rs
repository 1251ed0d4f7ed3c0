//! WebSocket frames, made before the clock runs: as a client sends them, and as it must read them.

/// s5.2: the opcodes of text messages, of binary ones and of a Close are 1, 2 and 8.
pub const TEXT: u8 = 0x1;

/// s5.3 wants a new, unpredictable masking key for every frame. One fixed key
/// here: the server's work is the same, and the client's is next to none.
const MASKING_KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// s5.1: a client masks all frames it sends.
pub fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, MASKED, payload.len());
    frame.extend(MASKING_KEY);
    frame.extend(payload.iter().zip(MASKING_KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// s5.1: a server masks none.
pub fn unmasked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, 0, payload.len());
    frame.extend(payload);
    frame
}

/// s5.2: the length in 7 bits, or 126 and 16 bits, or 127 and 64 bits.
fn header(opcode: u8, mask_bit: u8, len: usize) -> Vec<u8> {
    let mut header = vec![FIN | opcode];
    if len < 126 {
        header.push(mask_bit | len as u8);
    } else if let Ok(len) = u16::try_from(len) {
        header.push(mask_bit | 126);
        header.extend(len.to_be_bytes());
    } else {
        header.push(mask_bit | 127);
        header.extend((len as u64).to_be_bytes());
    }
    header
}
