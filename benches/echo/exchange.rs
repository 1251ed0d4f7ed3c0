//! What the client writes and what it must read back, made once, before the clock runs.

use crate::common::frames::{masked, unmasked};
use crate::common::server::Speaks;

pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;

/// Some messages on their way out together, and their echoes.
pub struct Exchange {
    pub request: Vec<u8>,
    pub reply: Vec<u8>,
    pub messages: u64,
}

impl Exchange {
    /// `in_flight` messages of `size` bytes each.
    pub fn new(speaks: Speaks, opcode: u8, size: usize, in_flight: usize) -> Self {
        let payload = vec![b'*'; size];
        let request = masked(opcode, &payload).repeat(in_flight);
        let reply = match speaks {
            Speaks::Tcp => request.clone(),
            Speaks::WebSocket => unmasked(opcode, &payload).repeat(in_flight),
        };
        Self { request, reply, messages: in_flight as u64 }
    }

    /// s5.5.1: Close with code 1000, and the same from the server.
    pub fn closing() -> Self {
        let code = 1000_u16.to_be_bytes();
        Self { request: masked(CLOSE, &code), reply: unmasked(CLOSE, &code), messages: 0 }
    }
}
