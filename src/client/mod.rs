//! The client's side of HTTP/1.1 and of the WebSocket, blocking, with a deadline for every wait and a count of every byte.
//!
//! A [`Connection`] is a TCP socket that counts what its read and write calls moved. What speaks over it borrows it for
//! each step: an [`Exchange`] is one request and its answer, a [`WebSocket`] what follows a 101. Each tells the connection
//! whose bytes it takes, so that a [`Ledger`] can tell heads, bodies and frames apart and still add up to what passed.
//!
//! The parsers ([`url`], [`response`], [`sse`]) are values: bytes in, facts out, cut anywhere. What comes from
//! a server is from outside: it is bounded, and refused with words.
//!
//! Left out on purpose: TLS, proxies that are asked by name, redirects, cookies, content codings. The client shows a
//! server; it does not browse.

pub mod error;
pub mod exchange;
pub mod ledger;
pub mod response;
pub mod socket;
pub mod sse;
pub mod url;
pub mod websocket;

pub use error::Error;
pub use exchange::{Exchange, Request};
pub use ledger::{Ledger, Part, Parts};
pub use socket::Connection;
pub use url::Url;
pub use websocket::WebSocket;
