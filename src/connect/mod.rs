//! The other end of a WebSocket, for a person, a pipe or a script.
