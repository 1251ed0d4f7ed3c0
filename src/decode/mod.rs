//! Bytes alone: what they are on a WebSocket, and what is wrong with them.
