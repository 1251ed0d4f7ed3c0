//! The other end of a WebSocket, for a person, a pipe or a script.

pub mod command;
pub mod input;
pub mod prompt;
pub mod screen;
pub mod template;
