//! For HAProxy.

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
    "HAProxy passes an upgrade on by itself, in mode http as in mode tcp. Look for rules that take it away, in \
     frontend and backend, and then for another proxy:",
    "  http-request del-header Upgrade",
    "  http-request set-header Connection close",
];

const UPGRADE_FORBIDDEN: &[&str] =
    &["HAProxy refuses no upgrade by itself: look for http-request deny in `frontend` and `backend`."];

const PROXY_PROTOCOL_UNASKED: &[&str] = &[
    "The `server` line says send-proxy (or send-proxy-v2). Take it away:",
    "  server a 127.0.0.1:8081 check",
    "Or the server is told to expect it: ws101 serve --proxy-protocol.",
];

const PROXY_PROTOCOL_MISSING: &[&str] = &[
    "If HAProxy waits for it, take accept-proxy out of the `bind` line:",
    "  bind :80                         # and not: bind :80 accept-proxy",
    "If the server behind it does, HAProxy has to send it:",
    "  server a 127.0.0.1:8081 check send-proxy",
];

const NO_BACKEND: &[&str] = &[
    "No server is up, or all are full: the stats page tells, and the two letters in the log (SC: no connection, \
     sQ: waited too long).",
    "  option httpchk GET /readyz",
    "  server a 127.0.0.1:8081 check maxconn 10000",
    "With `timeout queue` a connection above maxconn waits so long for its 503. In mode tcp there is only an end, \
     no status.",
];

const REFUSED: &[&str] =
    &["The log tells who answered: a server named <NOSRV> was never asked. Look for http-request deny, use_backend \
     and ACLs."];

const BAD_101: &[&str] =
    &["HAProxy passes the fields of a 101 on. Look for http-response del-header and set-header, then behind HAProxy."];

const FIELD_LOST: &[&str] = &[
    "Look for a rule with the name of the field, in `frontend` and `backend`:",
    "  http-request del-header Origin",
    "  http-request set-header Origin https://example.org",
];

const IDLE_LIMIT: &[&str] = &[
    "`timeout tunnel` ends a silent connection after the upgrade; without it `timeout client` and `timeout \
     server` do.",
    "In `defaults` or `backend` (a `frontend` ignores it):",
    "  timeout tunnel 1h",
    "Or let the client or the server ping more often than that (a ws101: --ping-interval).",
];

const LIFETIME_LIMIT: &[&str] = &[
    "HAProxy has no such limit, until it is reloaded: then `hard-stop-after` ends what is still open. In `global`:",
    "  hard-stop-after 1h",
    "A server that is marked down loses its connections with `on-marked-down shutdown-sessions`.",
    "Look in front of HAProxy and behind it too. Whatever it is, a client must reconnect, with jittered backoff.",
];

const BUFFERED: &[&str] = &[
    "HAProxy passes on what has come. Look for compression, which may hold it back, and then for another proxy:",
    "  filter compression",
    "  compression algo gzip",
    "Against delays of up to 200 ms for each part, in `frontend` or `backend`:",
    "  option http-no-delay",
];

const LONG_POLL_CUT: &[&str] = &[
    "`timeout server` ends a request that is not answered for so long, with 504. In `backend` or `defaults`:",
    "  timeout server 1h",
];

const STREAM_CUT: &[&str] = &[
    "`timeout server` ends an answer that says nothing for so long. In `backend` or `defaults`:",
    "  timeout server 1h",
    "Or let the server say something more often (a ws101: --ping-interval).",
];

const SIZE_LIMIT: &[&str] =
    &["HAProxy has no limit for messages (tune.bufsize is one for heads). Look behind it: ws101 serve --max-message."];

const BACKEND_FAILS: &[&str] = &[
    "Without `check` HAProxy asks servers that are down. In `backend`:",
    "  option httpchk GET /readyz",
    "  option redispatch",
    "  retries 3",
    "  server a 127.0.0.1:8081 check inter 2s fall 2 rise 1 on-marked-down shutdown-sessions",
];

const CONNECTION_MOVES: &[&str] =
    &["HAProxy keeps an open WebSocket with one server. Look for what spreads messages behind it."];

const CLOSE_LOST: &[&str] = &[
    "HAProxy passes a Close on as it comes, and sends none itself: its timers and hard-stop-after end without one.",
    "Look behind it.",
];
