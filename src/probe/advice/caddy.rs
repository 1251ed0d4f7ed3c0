//! For Caddy.

use super::Fault;

/// What to do.
pub fn lines(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::NoUpgrade | Fault::Http10 => NO_UPGRADE,
        Fault::UpgradeForbidden => UPGRADE_FORBIDDEN,
        Fault::ProxyProtocolUnasked => PROXY_PROTOCOL_UNASKED,
        Fault::ProxyProtocolMissing => PROXY_PROTOCOL_MISSING,
        Fault::NoBackend => NO_BACKEND,
        Fault::Refused => REFUSED,
        Fault::Bad101 => BAD_101,
        Fault::FieldLost => FIELD_LOST,
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

const NO_UPGRADE: &[&str] = &[
    "reverse_proxy passes an upgrade on by itself. Look for lines that take it away, and then for another proxy:",
    "  header_up -Upgrade",
    "  header_up -Connection",
];

const UPGRADE_FORBIDDEN: &[&str] = &["Caddy refuses no upgrade by itself: look for respond 403 and forward_auth."];

const PROXY_PROTOCOL_UNASKED: &[&str] = &[
    "`transport http` of reverse_proxy says so. Take it away, or tell the server to expect it (ws101 serve \
     --proxy-protocol):",
    "  proxy_protocol v1",
];

const PROXY_PROTOCOL_MISSING: &[&str] = &[
    "If Caddy waits for it, take proxy_protocol out of listener_wrappers in the global options, under `servers`.",
    "If the server behind it does (Caddy 2.7 and later), in reverse_proxy:",
    "  transport http {",
    "      proxy_protocol v1",
    "  }",
];

const NO_BACKEND: &[&str] = &[
    "Nobody answers at the address of reverse_proxy: Caddy's log has the error. With several servers:",
    "  health_uri /readyz",
    "  lb_try_duration 2s",
];

const REFUSED: &[&str] =
    &["Look for the route: `handle`, `respond` and matchers before reverse_proxy. Caddy's access log (the directive \
     log) has the rest."];

const BAD_101: &[&str] =
    &["reverse_proxy passes the fields of a 101 on. Look for header_down, and for the directive header, then behind \
     Caddy."];

const FIELD_LOST: &[&str] =
    &["Look for header_up with the name of the field in reverse_proxy, and for request_header:", "  header_up -Origin"];

const IDLE_LIMIT: &[&str] = &[
    "Caddy ends no silent WebSocket by itself: look in front of it and behind it.",
    "Let the client or the server ping more often than the limit (a ws101: --ping-interval).",
];

const LIFETIME_LIMIT: &[&str] = &[
    "stream_timeout of reverse_proxy (Caddy 2.7 and later; off by default) ends every WebSocket of that age. Take \
     it away.",
    "A reload of the configuration ends all of them at once with a Close 1001; from 2.7 on it can wait, in \
     reverse_proxy:",
    "  stream_close_delay 5m",
    "Whatever it is, a client must reconnect, with jittered backoff.",
];

const BUFFERED: &[&str] = &[
    "reverse_proxy passes text/event-stream on at once, unless it is to have the whole answer first. Take that away:",
    "  response_buffers unlimited       # before Caddy 2.7: buffer_responses",
    "For any other type than text/event-stream, in reverse_proxy:",
    "  flush_interval -1",
    "Look for `encode` too: leave streams out of it.",
];

const LONG_POLL_CUT: &[&str] = &[
    "Caddy has no such limit by default. Look in `transport http` of reverse_proxy, and for timeouts of `servers`:",
    "  response_header_timeout 1h",
    "  read_timeout 1h",
];

const STREAM_CUT: &[&str] = &[
    "Caddy has no such limit by default. Look in `transport http` of reverse_proxy, for write under timeouts of \
     `servers`, and behind Caddy:",
    "  read_timeout 1h",
];

const SIZE_LIMIT: &[&str] =
    &["Caddy has no limit for messages: after the 101 it passes bytes on. Look behind it: ws101 serve --max-message."];

const BACKEND_FAILS: &[&str] = &[
    "Without health checks Caddy asks servers that are down. In reverse_proxy:",
    "  health_uri /readyz",
    "  health_interval 2s",
    "  fail_duration 10s",
    "  lb_try_duration 2s",
];

const CONNECTION_MOVES: &[&str] =
    &["Caddy keeps an open WebSocket with one server. Look for what spreads messages behind it."];

const CLOSE_LOST: &[&str] =
    &["Caddy passes a Close on as it comes, and sends a Close 1001 itself when its configuration is reloaded. Look \
     behind it."];
