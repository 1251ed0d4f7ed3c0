//! What passed, told to a person: the point of the program.
//!
//! The [`eyes`] on a connection are two. The [`tap`] sees every byte of a connection, both ways, in the order of the wire. It changes nothing. [`lines`] has
//! its words, and [`events`] those for what happened; they are the same wherever either is shown. Bytes from outside reach
//! the screen only through [`escape`], and the values of some header fields only as stars ([`secrets`]). [`purpose`] knows
//! what a header field is for, [`logger`] puts the lines on stderr or into a file, and [`hex`] goes the other way: it reads
//! what people type.
//!
//! The marks are those of curl, seen from this program: `<` came in, `>` went out, `=` is a state, `%` keepalive, `!`
//! trouble.

pub mod escape;
pub mod events;
pub mod eyes;
pub mod fields;
pub mod frames;
pub mod hex;
pub mod lines;
pub mod logger;
pub mod purpose;
pub mod ring;
pub mod secrets;
pub mod tap;
pub mod told;
pub mod watch;
