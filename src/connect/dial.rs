//! From a URL to an open WebSocket, and words for every way in which that fails.

use super::settings::Settings;
use crate::client::Error;
use crate::client::handshake::{self, Opened};
use crate::client::socket::{Connection, Halves};
use crate::wire::tap::Tap;
use log::info;
use std::net::SocketAddr;
use std::time::Instant;

/// The name of the connection in the log. A server's are called `ws-1`, `http-2`.
pub const WHO: &str = "connect";

/// An open WebSocket.
pub struct Dialled {
    /// The socket, twice, and what stands between it and the frames.
    pub halves: Halves,
    /// The answer, and what was chosen with it.
    pub opened: Opened,
    /// The server's address.
    pub address: SocketAddr,
    /// TLS's version and cipher, if there is TLS.
    pub tls: Option<String>,
}

/// Connects and upgrades.
pub fn dial(settings: &Settings) -> Result<Dialled, Error> {
    let deadline = Instant::now() + settings.connect_timeout;
    let mut connection = Connection::open_with(&settings.url, &settings.trust, deadline)?;
    let (address, tls) = (connection.peer(), connection.tls_facts());
    info!("{WHO} = connected to {address}{}", tls.as_deref().map_or(String::new(), |facts| format!(", {facts}")));
    if let Some(tap) = Tap::of_client(WHO, &settings.tap) {
        connection.watch(tap);
    }
    let opened = handshake::open(&mut connection, &settings.url, &settings.offer, deadline)?;
    info!("{WHO} = open {} at {address}", settings.url.target());
    Ok(Dialled { halves: connection.split()?, opened, address, tls })
}
