//! Bytes alone: what they are on a WebSocket, and what is wrong with them.
//!
//! [`input`] makes bytes of what people paste: hex in all its forms, or the bytes themselves. [`handmade`] makes a frame of
//! words.

pub mod handmade;
pub mod input;
