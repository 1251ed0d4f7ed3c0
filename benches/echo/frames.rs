//! What the client writes and what it must read back, made once, before the clock runs.

/// s5.3 wants a new, unpredictable masking key for every frame. One fixed key
/// here: the server's work is the same, and the client's is next to none.
const MASKING_KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What a server expects of the bytes it is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Any bytes, from the first one on; the same bytes come back.
    Tcp,
    /// An opening handshake, then frames; they come back unmasked.
    WebSocket,
}

#[derive(Clone, Copy)]
pub enum Opcode {
    Text = 0x1,
    Binary = 0x2,
}

/// Some messages on their way out together, and their echoes.
pub struct Exchange {
    pub request: Vec<u8>,
    pub reply: Vec<u8>,
    pub messages: u64,
}

impl Exchange {
    /// `in_flight` messages of `size` bytes each.
    pub fn new(speaks: Speaks, opcode: Opcode, size: usize, in_flight: usize) -> Self {
        let payload = vec![b'*'; size];
        let request = masked(opcode, &payload).repeat(in_flight);
        let reply = match speaks {
            Speaks::Tcp => request.clone(),
            Speaks::WebSocket => unmasked(opcode, &payload).repeat(in_flight),
        };
        Self { request, reply, messages: in_flight as u64 }
    }
}

/// s5.5.1: Close with code 1000, from a client.
pub fn close_request() -> Vec<u8> {
    let code = 1000_u16.to_be_bytes();
    let mut frame = vec![FIN | 0x8, MASKED | 2];
    frame.extend(MASKING_KEY);
    frame.extend([code[0] ^ MASKING_KEY[0], code[1] ^ MASKING_KEY[1]]);
    frame
}

/// The echo of that code, from a server.
pub const CLOSE_REPLY: [u8; 4] = [FIN | 0x8, 2, 0x03, 0xe8];

/// s5.1: a client masks all frames it sends.
fn masked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, MASKED, payload.len());
    frame.extend(MASKING_KEY);
    frame.extend(payload.iter().zip(MASKING_KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

/// s5.1: a server masks none.
fn unmasked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, 0, payload.len());
    frame.extend(payload);
    frame
}

/// s5.2: the length in 7 bits, or 126 and 16 bits, or 127 and 64 bits.
fn header(opcode: Opcode, mask_bit: u8, len: usize) -> Vec<u8> {
    let mut header = vec![FIN | opcode as u8];
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
