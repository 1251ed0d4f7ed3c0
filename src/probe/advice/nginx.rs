//! For nginx. What an upgrade needs: <https://nginx.org/en/docs/http/websocket.html>.

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
    "nginx passes an upgrade on only when it is told to. In `location`:",
    "  proxy_http_version 1.1;          # the default from 1.29.7 on",
    "  proxy_set_header Upgrade $http_upgrade;",
    "  proxy_set_header Connection $connection_upgrade;",
    "and in `http`:",
    "  map $http_upgrade $connection_upgrade { default upgrade; '' close; }",
    "Once a `location` has a proxy_set_header, those of `server` and `http` no longer count there.",
];

const UPGRADE_FORBIDDEN: &[&str] = &["nginx refuses no upgrade by itself: look for deny, return 403 or auth_request."];

const PROXY_PROTOCOL_UNASKED: &[&str] = &[
    "nginx sends the header from `stream`. There:",
    "  proxy_protocol off;",
    "Or the server is told to expect it: ws101 serve --proxy-protocol.",
];

const PROXY_PROTOCOL_MISSING: &[&str] = &[
    "If nginx waits for it, take the word proxy_protocol out of its `listen`:",
    "  listen 80;                       # and not: listen 80 proxy_protocol;",
    "If the server behind it does: nginx sends the header from a server in `stream`, not in `http`:",
    "  proxy_protocol on;",
];

const NO_BACKEND: &[&str] = &[
    "Its error_log says why: connect() failed (nobody listens at the address of proxy_pass), no live upstreams, a \
     timeout.",
    "A name in proxy_pass or `upstream` is looked up once, when nginx starts: when its address has changed, reload nginx.",
    "It says 502 as well when each server in `upstream` has its max_conns.",
];

const REFUSED: &[&str] = &[
    "Find out who answered: `up` is what the server said, or - when nobody was asked. In `http`:",
    "  log_format who '$request $status up=$upstream_status at $upstream_addr';",
    "  access_log /var/log/nginx/who.log who;",
    "A server that did not see the upgrade may refuse with any status. To see what came there, put a ws101 in its place.",
    "A path behind the address of proxy_pass replaces that of `location`. Without one the path stays as it came:",
    "  proxy_pass http://127.0.0.1:8081;",
];

const BAD_101: &[&str] =
    &["nginx passes the fields of a 101 on, but for those of proxy_hide_header. Look for that, then behind nginx."];

const FIELD_LOST: &[&str] = &[
    "Look for a proxy_set_header with the name of the field, and for proxy_pass_request_headers off.",
    "A name with an underscore is dropped, unless `http` or `server` allows it:",
    "  underscores_in_headers on;",
];

const IDLE_LIMIT: &[&str] = &[
    "proxy_read_timeout (60 s) ends a connection on which nothing passes, in either direction. In `location`:",
    "  proxy_read_timeout 1h;",
    "For a server in `stream` it is proxy_timeout (10 min).",
    "Or let the client or the server ping more often than that (a ws101: --ping-interval).",
];

const LIFETIME_LIMIT: &[&str] = &[
    "nginx has no such limit, until it is reloaded: then worker_shutdown_timeout ends what is still open. In the \
     main part:",
    "  worker_shutdown_timeout 1h;",
    "Look in front of nginx and behind it too. Whatever it is, a client must reconnect, with jittered backoff.",
];

const BUFFERED: &[&str] = &[
    "nginx collects an answer before it sends it. In `location`:",
    "  proxy_buffering off;",
    "  proxy_http_version 1.1;",
    "  gzip off;",
    "Or the server says X-Accel-Buffering: no, and no proxy_ignore_headers makes nginx deaf to it.",
];

const LONG_POLL_CUT: &[&str] = &[
    "proxy_read_timeout (60 s) ends an answer that says nothing for so long, with 504. In `location`:",
    "  proxy_read_timeout 1h;",
];

const STREAM_CUT: &[&str] = &[
    "proxy_read_timeout (60 s) ends an answer that says nothing for so long. In `location`:",
    "  proxy_read_timeout 1h;",
    "Or let the server say something more often (a ws101: --ping-interval).",
];

const SIZE_LIMIT: &[&str] =
    &["nginx has no limit for messages: after the 101 it passes bytes on. Look behind it: ws101 serve --max-message."];

const BACKEND_FAILS: &[&str] = &[
    "nginx finds out by failing, and then leaves a server out for fail_timeout (10 s, unless max_fails=0). In `upstream`:",
    "  server 127.0.0.1:8081 max_fails=1 fail_timeout=30s;",
    "and in `location`, don't wait long for one (60 s), and ask the next:",
    "  proxy_connect_timeout 2s;",
    "  proxy_next_upstream error timeout http_502 http_503;",
];

const CONNECTION_MOVES: &[&str] =
    &["nginx keeps an open WebSocket with one server. Look for what spreads messages behind it."];

const CLOSE_LOST: &[&str] = &[
    "nginx passes a Close on as it comes, and sends none itself: its timers end with FIN alone, and so does a \
     reload.",
    "Look for worker_shutdown_timeout, and behind nginx.",
];
