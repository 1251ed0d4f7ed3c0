//! For Envoy, and for Istio, Knative and Contour, which configure one.

use super::Fault;

/// What to do.
pub fn lines(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::NoUpgrade => NO_UPGRADE,
        Fault::UpgradeForbidden => UPGRADE_FORBIDDEN,
        Fault::Http10 => HTTP_10,
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
    "Envoy passes an upgrade on as it came, or refuses it with 403. Look for another proxy behind it or in front of it, and \
     for request_headers_to_remove.",
];

const UPGRADE_FORBIDDEN: &[&str] = &[
    "Envoy allows an upgrade only when it is told to. In HttpConnectionManager:",
    "  upgrade_configs:",
    "  - upgrade_type: websocket",
    "or in the `route` of one path, under the same name. Istio has it on.",
    "%RESPONSE_CODE_DETAILS% in the access log is upgrade_failed then. Is it via_upstream, the server itself refused (the \
     Origin?); with ext_authz it may be that.",
];

const HTTP_10: &[&str] = &["Envoy asks servers in HTTP/1.1: look for another proxy behind it."];

const PROXY_PROTOCOL_UNASKED: &[&str] = &[
    "The `cluster` has a transport_socket named like this one. Take it away:",
    "  transport_socket: { name: envoy.transport_sockets.upstream_proxy_protocol }",
    "Or the server is told to expect it: ws101 serve --proxy-protocol.",
];

const PROXY_PROTOCOL_MISSING: &[&str] = &[
    "If Envoy waits for it, take this out of the `listener`:",
    "  listener_filters: [{ name: envoy.filters.listener.proxy_protocol }]",
    "If the server behind it does, wrap the transport_socket of the `cluster` in this one:",
    "  transport_socket:",
    "    name: envoy.transport_sockets.upstream_proxy_protocol",
    "    typed_config:",
    "      \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport",
    "      config: { version: V1 }",
    "      transport_socket:",
    "        name: envoy.transport_sockets.raw_buffer",
    "        typed_config:",
    "          \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
];

const NO_BACKEND: &[&str] =
    &["The access log says why in %RESPONSE_FLAGS% (UF: no connection, UH: no healthy server, UT: too slow), and \
     /clusters of the admin port shows each server."];

const REFUSED: &[&str] = &[
    "The access log says who answered: NR in %RESPONSE_FLAGS% is no route, - the server's own answer.",
    "  routes: [{ match: { prefix: \"/\" }, route: { cluster: ws } }]",
    "With ext_authz, RBAC or an Istio AuthorizationPolicy the refusal is theirs.",
];

const BAD_101: &[&str] =
    &["Envoy passes the fields of a 101 on, in lower case. Look for response_headers_to_remove and \
     response_headers_to_add."];

const FIELD_LOST: &[&str] = &[
    "Look for these in `route_config`, in its virtual hosts and routes, with the name of the field:",
    "  request_headers_to_remove: [\"origin\"]",
    "  request_headers_to_add: []",
    "A name with an underscore is dropped when headers_with_underscores_action says DROP_HEADER.",
];

const IDLE_LIMIT: &[&str] = &[
    "stream_idle_timeout (5 min) ends a silent connection. In HttpConnectionManager:",
    "  stream_idle_timeout: 3600s",
    "or in the `route` of one path:",
    "  idle_timeout: 3600s",
    "Or let the client or the server ping more often than that (a ws101: --ping-interval).",
];

const LIFETIME_LIMIT: &[&str] = &[
    "max_stream_duration ends every WebSocket of that age. In the `route` of the WebSockets:",
    "  max_stream_duration: { max_stream_duration: 0s }",
    "or in HttpConnectionManager, take it out of common_http_protocol_options. Under Knative it is timeoutSeconds.",
    "Where it has to stay, a client must reconnect, with jittered backoff.",
];

const BUFFERED: &[&str] =
    &["Envoy passes on what has come. Look for envoy.filters.http.compressor and for filters that read whole \
     answers, and then for another proxy."];

const LONG_POLL_CUT: &[&str] = &[
    "The `timeout` of a route (15 s) is one for the whole answer: 504. In the `route`:",
    "  timeout: 0s",
    "  idle_timeout: 0s",
];

const STREAM_CUT: &[&str] = &[
    "The `timeout` of a route (15 s) ends an answer however alive it is, and idle_timeout a silent one. In the \
     `route`:",
    "  timeout: 0s",
    "  idle_timeout: 0s",
];

const SIZE_LIMIT: &[&str] =
    &["Envoy has no limit for messages: after the 101 it passes bytes on. Look behind it: ws101 serve --max-message."];

const BACKEND_FAILS: &[&str] = &[
    "Without health checks Envoy asks servers that are down. In the `cluster`:",
    "  health_checks:",
    "  - timeout: 1s",
    "    interval: 2s",
    "    unhealthy_threshold: 2",
    "    healthy_threshold: 1",
    "    http_health_check: { path: /readyz }",
    "and in the `route`, to ask the next one:",
    "  retry_policy: { retry_on: connect-failure, num_retries: 2 }",
];

const CONNECTION_MOVES: &[&str] =
    &["Envoy keeps an open WebSocket with one server. Look for what spreads messages behind it."];

const CLOSE_LOST: &[&str] =
    &["Envoy passes a Close on as it comes, and sends none itself: its timers end without one. Look behind it."];
