//! The client's side of HTTP/1.1 and of the WebSocket, blocking, with a deadline for every wait and a count of every byte.
//!
//! A [`Connection`] is a TCP socket that counts what its read and write calls moved. What speaks over it borrows it for
//! each step: an [`Exchange`] is one request and its answer, a [`WebSocket`] what follows a 101. Each tells the connection
//! whose bytes it takes, so that a [`Ledger`] can tell heads, bodies and frames apart and still add up to what passed.
//!
//! A connection may be one of TLS ([`tls`]). [`handshake`] opens a WebSocket with what a person wants to send, and judges the
//! answer by the book; [`Connection::split`] then takes the connection apart, for a thread that reads and one that writes.
//!
//! The parsers ([`url`], [`response`], [`sse`]) are values: bytes in, facts out, cut anywhere. What comes from
//! a server is from outside: it is bounded, and refused with words.
//!
//! Left out on purpose: certificates of the client, proxies that are asked by name, redirects, cookies, content codings.
//! The client shows a server; it does not browse.

mod dial;
mod tls_words;
mod trust;

pub mod error;
pub mod exchange;
pub mod handshake;
pub mod ledger;
pub mod offer;
pub mod random;
pub mod response;
pub mod socket;
pub mod sse;
pub mod tls;
pub mod url;
pub mod websocket;

pub use error::{Error, Refusal};
pub use exchange::{Exchange, Request};
pub use handshake::Opened;
pub use ledger::{Ledger, Part, Parts};
pub use offer::Offer;
pub use socket::{Connection, Ending, Halves};
pub use tls::{Layer, LayerState, Trust};
pub use url::Url;
pub use websocket::WebSocket;
