//! How a request arrived, for who sent it: the first message of a WebSocket opened with `?inspect=1`, and a part of every
//! refusal in JSON.

use super::Server;
use super::registry::Entry;
use crate::wire::inspected::Inspected;
use crate::wire::lines;
use crate::wire::secrets::starred;

/// Tells of the request whose head this is. Secrets are starred whatever `--show-secrets` says: it goes over the wire.
#[inline(never)]
pub fn inspected(server: &Server, entry: &Entry, head: &[u8]) -> Inspected {
    let lines = lines::escape_lines(&starred(head)).into_iter().filter(|line| !line.is_empty());
    let client = entry.client().clone();
    Inspected {
        ws101: env!("CARGO_PKG_VERSION").to_owned(),
        name: server.config.name.clone(),
        peer: entry.peer.to_string(),
        client: client.address(entry.peer).to_string(),
        proxy_protocol: client.header_words(),
        request_as_it_arrived: lines.collect(),
    }
}
