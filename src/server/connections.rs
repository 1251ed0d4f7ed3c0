//! `GET /connections`: who is here, and what was counted under a token, as JSON for the page.

use super::Server;
use super::registry::{Doing, Entry};
use super::watching;
use crate::protocol::head::Request;
use crate::protocol::refusal::Refusal;
use crate::protocol::response::Response;
use crate::wire::watch::Token;
use serde_json::{Value, json};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

/// How many connections are listed.
const MOST_LISTED: usize = 500;

/// How many tokens may be asked for at once.
const MOST_TOKENS: usize = 16;

/// The answer: counters of the tokens that are named, or all connections.
pub fn answer(server: &Server, request: &Request<'_>) -> Result<Response, Refusal> {
    let tokens = tokens(request)?;
    let told = if tokens.is_empty() { everybody(server) } else { watched(server, &tokens) };
    Ok(Response::new(200, "application/json", format!("{told}\n"))
        .with_field("Cache-Control", "no-store")
        .with_field("X-Content-Type-Options", "nosniff"))
}

fn tokens(request: &Request<'_>) -> Result<Vec<Token>, Refusal> {
    let named = request.query().split('&').filter_map(|pair| pair.strip_prefix("watch="));
    let tokens: Vec<Token> = named.map(watching::token).collect::<Result<_, _>>()?;
    if tokens.len() > MOST_TOKENS {
        let why = format!("{} tokens at once, and {MOST_TOKENS} is the most", tokens.len());
        return Err(Refusal::new(400, "parameter", "RFC 9110 s15.5.1", why));
    }
    Ok(tokens)
}

/// What is told of one connection.
struct Listed {
    number: u64,
    peer: SocketAddr,
    client: IpAddr,
    since: Instant,
    doing: Doing,
    traffic: [u64; 4],
}

/// The newest first: of a crowd, those that have just come.
fn everybody(server: &Server) -> Value {
    // Who comes or goes waits for the registry meanwhile, so no JSON is made in there.
    let (open, listed) = server.registry.look(|entries| {
        let entries: Vec<&Entry> = entries.collect();
        let listed: Vec<Listed> = entries.iter().rev().take(MOST_LISTED).map(|entry| listed(entry)).collect();
        (entries.len(), listed)
    });
    let show_peers = server.config.show_peers;
    let connections: Vec<Value> = listed.iter().map(|listed| connection(listed, show_peers)).collect();
    json!({ "open": open, "left_out": open - listed.len(), "connections": connections })
}

fn listed(entry: &Entry) -> Listed {
    let Entry { number, peer, since, .. } = *entry;
    let client = entry.client().address(peer);
    Listed { number, peer, client, since, doing: entry.doing(), traffic: entry.outbound.traffic.read() }
}

fn connection(listed: &Listed, show_peer: bool) -> Value {
    let [messages_in, messages_out, bytes_in, bytes_out] = listed.traffic;
    let mut told = json!({
        "number": listed.number, "path": listed.doing.path, "websocket": listed.doing.websocket,
        "age": listed.since.elapsed().as_millis() as f64 / 1000.0,
        "messages_in": messages_in, "messages_out": messages_out, "bytes_in": bytes_in, "bytes_out": bytes_out,
    });
    if show_peer {
        told["peer"] = listed.peer.to_string().into();
        told["client"] = listed.client.to_string().into();
    }
    told
}

fn watched(server: &Server, tokens: &[Token]) -> Value {
    let counted = |token: &Token| {
        server.watches.find(*token).map_or(Value::Null, |watch| {
            let counts = watch.counts();
            json!({
                "requests": counts.requests, "connections": counts.connections,
                "bytes_in": counts.bytes_in, "bytes_out": counts.bytes_out,
            })
        })
    };
    json!({ "watched": tokens.iter().map(counted).collect::<Vec<_>>() })
}
