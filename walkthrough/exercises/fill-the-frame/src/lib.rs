//! Fill the frame: eight small pieces of a WebSocket server, in the order in which a connection needs them, and one more.
//!
//! Each file tells its goal, what to read and how to test it. None of them needs another one.

pub mod accept_key; // 1
pub mod close_code; // 7
pub mod fragments; // 5
pub mod header; // 2
pub mod lengths; // 3
pub mod token_list;
pub mod unmask; // 4
pub mod utf8; // 6 // 8
