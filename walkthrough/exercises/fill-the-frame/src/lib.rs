//! Fill the frame: eight small pieces of a WebSocket server, in the order of the chapters that explain them.
//!
//! Each file tells its goal, what to read and how to test it. None of them needs another one.

/// 1. The server's answer to the key of an opening handshake.
pub mod accept_key;

/// 2. The first 2 to 14 bytes of a frame, taken apart and judged.
pub mod header;

/// 3. The header in front of what a server sends.
pub mod lengths;

/// 4. The payload of a client, made readable as it arrives.
pub mod unmask;

/// 5. Frames go in, messages come out.
pub mod fragments;

/// 6. A text is checked while it arrives.
pub mod utf8;

/// 7. What a Close says, and what to answer.
pub mod close_code;

/// 8. What `Connection`, `Upgrade` and `Sec-WebSocket-Protocol` hold.
pub mod token_list;
