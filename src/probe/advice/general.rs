//! For a hop that does not say what it is: where the commonest of them have it.

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
    "Upgrade is a field of one connection (RFC 9110 s7.6.1): each proxy has to pass it on, and some only when \
     told to:",
    "nginx: proxy_http_version 1.1, proxy_set_header Upgrade and Connection. Apache (2.4.47 and \
     later): ProxyPass with upgrade=websocket.",
    "Envoy: upgrade_configs. An AWS classic load balancer with HTTP listeners can't at all: give it TCP ones.",
];

const UPGRADE_FORBIDDEN: &[&str] =
    &["Envoy does so without upgrade_configs. Other proxies have rules: a web application firewall, an access list."];

const PROXY_PROTOCOL_UNASKED: &[&str] =
    &["Whoever is before the server sends it: HAProxy with send-proxy, nginx with proxy_protocol on, an AWS NLB as \
     an attribute of the target group. Turn it off there, or tell the server to expect it: ws101 serve \
     --proxy-protocol."];

const PROXY_PROTOCOL_MISSING: &[&str] = &[
    "Somebody waits for it: HAProxy with accept-proxy, nginx with listen ... proxy_protocol, ws101 with \
     --proxy-protocol.",
    "Turn that off, or let what stands before it send one: HAProxy send-proxy, nginx proxy_protocol on, an AWS \
     NLB's target group.",
];

const NO_BACKEND: &[&str] =
    &["Is the server running, at this address and port, and does it answer when it is asked without what stands in \
     between? Do health checks find it well? In Kubernetes: do the Service's selector and targetPort fit (kubectl \
     get endpointslices)?"];

const REFUSED: &[&str] =
    &["Find out who answered: the server's own log has the request, or it never came there and a hop has the reason."];

const BAD_101: &[&str] =
    &["Some hop, or the server, changes the answer: compare it with that of the server asked directly (ws101 \
     connect -v)."];

const FIELD_LOST: &[&str] =
    &["Look for rules that change requests, and for a firewall. Names with an underscore are dropped by many."];

const IDLE_LIMIT: &[&str] = &[
    "Ping more often than the limit, from either end: ws101 serve --ping-interval 20s beats those below. Or raise \
     it:",
    "nginx, ingress-nginx: proxy_read_timeout (60 s). HAProxy: timeout tunnel. Envoy: stream_idle_timeout (5 min).",
    "AWS ALB: idle_timeout.timeout_seconds (60 s). AWS NLB: tcp.idle_timeout.seconds (350 s). Heroku: 55 s. Docker Swarm: 900 s.",
];

const LIFETIME_LIMIT: &[&str] = &[
    "No Ping helps: a client must reconnect, with jittered backoff. Some limits can be raised:",
    "Envoy: max_stream_duration. Knative, Cloud Run: timeoutSeconds (300 s). Google Cloud's classic load balancer: \
     timeoutSec of the backend service (30 s).",
    "A reload ends connections too: nginx worker_shutdown_timeout, HAProxy hard-stop-after, any reload of Caddy.",
];

const BUFFERED: &[&str] = &[
    "nginx, ingress-nginx: proxy_buffering off, or X-Accel-Buffering: no from the server. Apache: flushpackets=on.",
    "Compression holds events back as well: leave text/event-stream out of it.",
];

const LONG_POLL_CUT: &[&str] =
    &["Ask for less time than the limit, or raise it: nginx proxy_read_timeout (60 s), HAProxy timeout server, \
     Envoy's timeout of the route (15 s), AWS ALB idle_timeout.timeout_seconds (60 s), Heroku 30 s for the first \
     byte."];

const STREAM_CUT: &[&str] =
    &["Say something more often than the limit (ws101 serve --ping-interval 20s), or raise it: nginx \
     proxy_read_timeout (60 s), HAProxy timeout server. Envoy's timeout of the route (15 s) and Google Cloud's \
     timeoutSec (30 s) end even a lively one."];

const SIZE_LIMIT: &[&str] =
    &["Proxies that pass bytes on have no limit for messages; those that read frames do (API gateways, firewalls: \
     AWS API Gateway takes 128 KiB, frames of 32 KiB). Then the server: ws101 serve --max-message."];

const BACKEND_FAILS: &[&str] =
    &["Health checks leave a bad server out: HAProxy option httpchk and check, Envoy health_checks, nginx \
     max_fails, a readiness probe in Kubernetes. ws101 answers /readyz for them."];

const CONNECTION_MOVES: &[&str] =
    &["No proxy that passes a WebSocket on as it comes does so: look for a gateway that takes messages apart."];

const CLOSE_LOST: &[&str] =
    &["Some hop ends TCP without passing the Close on, or the server dies without one. A client takes 1006 as \
     normal and reconnects."];
