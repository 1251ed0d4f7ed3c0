//! What passed, told to a person: the point of the program.
//!
//! A connection of the server has [`eyes`], and two may look through them: the log and a page. The log's [`tap`] sees every
//! byte, both ways, in the order of the wire, and changes nothing. For a page a [`watch`] keeps the newest of it in a
//! [`ring`], a [`watcher`] takes it out, and [`told`] makes JSON of it. Both put pieces together to [`frames`], and take
//! those apart into [`fields`].
//!
//! [`lines`] has the words for bytes, and [`events`] those for what happened; they are the same wherever either is shown.
//! Bytes from outside reach the screen only through [`escape`], and the values of some header fields, and watch tokens, only
//! as stars ([`secrets`]). [`purpose`] knows what a header field is for, [`logger`] puts the lines on stderr or into a file,
//! [`inspected`] tells a client how its own request arrived, [`prose`] wraps what a report says, and [`hex`] goes the other way:
//! it reads what people type.
//!
//! The marks are those of curl, seen from this program: `<` came in, `>` went out, `=` is a state, `%` keepalive, `!`
//! trouble.

pub mod escape;
pub mod events;
pub mod eyes;
pub mod fields;
pub mod frames;
pub mod hex;
pub mod inspected;
pub mod lines;
pub mod logger;
pub mod prose;
pub mod purpose;
pub mod ring;
pub mod secrets;
pub mod tap;
pub mod told;
pub mod watch;
pub mod watcher;
