//! For a server without anything in between: what is found is the server's, or the network's.

use super::Fault;

/// What to do.
pub fn lines(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::NoUpgrade | Fault::Http10 | Fault::UpgradeForbidden | Fault::FieldLost => NO_UPGRADE,
        Fault::ProxyProtocolUnasked => PROXY_PROTOCOL_UNASKED,
        Fault::ProxyProtocolMissing => PROXY_PROTOCOL_MISSING,
        Fault::NoBackend => NO_BACKEND,
        Fault::Refused => REFUSED,
        Fault::Bad101 => BAD_101,
        Fault::IdleLimit => IDLE_LIMIT,
        Fault::LifetimeLimit => LIFETIME_LIMIT,
        Fault::Buffered => BUFFERED,
        Fault::LongPollCut => LONG_POLL_CUT,
        Fault::StreamCut => STREAM_CUT,
        Fault::SizeLimit => SIZE_LIMIT,
        Fault::BackendFails => BACKEND_FAILS,
        Fault::ConnectionMoves => CONNECTION_MOVES,
        Fault::CloseLost => CLOSE_LOST,
    }
}

const NO_UPGRADE: &[&str] =
    &["Nothing in between shows itself, and still the request arrived changed: look for what intercepts it on this \
     machine."];

const PROXY_PROTOCOL_UNASKED: &[&str] =
    &["Somebody sends a header of the PROXY protocol on this machine. Or the server is told to expect it: ws101 \
     serve --proxy-protocol."];

const PROXY_PROTOCOL_MISSING: &[&str] =
    &["The server waits for a proxy that is not there. Start it without --proxy-protocol, or go by way of the proxy."];

const NO_BACKEND: &[&str] = &["The server is too busy to answer, or going away. Its own log knows why."];

const REFUSED: &[&str] = &["The server itself refused. What it says is the reason, and its own log has it too."];

const BAD_101: &[&str] = &["The server itself answered so."];

const IDLE_LIMIT: &[&str] = &[
    "No proxy is there: it is the server's own limit, or that of a NAT or firewall on the way.",
    "Let the client or the server ping more often than that (a ws101: --ping-interval).",
];

const LIFETIME_LIMIT: &[&str] =
    &["No proxy is there: it is the server's own limit. A client must reconnect, with jittered backoff."];

const BUFFERED: &[&str] = &["No proxy is there: the server itself sends late, or the network is slow."];

const LONG_POLL_CUT: &[&str] = &["No proxy is there: the server's own limit for a request is shorter."];

const STREAM_CUT: &[&str] = &["No proxy is there: the server itself ended the stream, or the network did."];

const SIZE_LIMIT: &[&str] = &["No proxy is there: it is the server's own limit (ws101 serve --max-message)."];

const BACKEND_FAILS: &[&str] =
    &["No proxy is there: the server itself failed, or has as many connections as it takes (ws101 serve \
     --max-connections)."];

const CONNECTION_MOVES: &[&str] = &["No proxy is there: the server itself answers under several names."];

const CLOSE_LOST: &[&str] = &["No proxy is there: the server ended without a Close, as one does that dies."];
