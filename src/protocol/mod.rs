//! The protocol, and nothing else: bytes in, values out.
//!
//! Nothing in here knows a socket, a thread, a clock or a log, so every rule can be tried from literal bytes and two
//! ends can be joined in memory. The one source of randomness is the masking key that tungstenite draws for a *client*
//! session (RFC 6455 s5.3 demands an unpredictable one); a server session never draws any.
//!
//! Read in this order:
//!
//! 1. the opening handshake: [`head`] (a request as it arrives), [`body`], [`refusal`] and [`response`] (an answer),
//!    [`upgrade`] (the decision and the accept key);
//! 2. the frame, part by part: [`opcode`], [`header`], [`mask`], [`close`], [`utf8`];
//! 3. frames in a row: [`splitter`] (where one ends and the next begins), [`rules`] (which are legal),
//!    [`inspector`] (all that is wrong with them);
//! 4. the whole: [`session`], and the gate before it;
//! 5. what proxies say of the client: [`proxy`] (before the first request), [`forwarded`] (in each).

pub mod body;
pub mod chunked;
pub mod close;
pub mod forwarded;
pub mod frame;
mod gate;
pub mod head;
pub mod header;
pub mod inspector;
pub mod mask;
pub mod opcode;
pub mod proxy;
pub mod refusal;
pub mod response;
pub mod rules;
pub mod session;
pub mod splitter;
mod truncated;
pub mod upgrade;
pub mod utf8;
