//! What stands nearest to the client, by the marks it leaves. A mark is a hint: a proxy can be told to leave none, and any
//! server can wear another's. What is a guess is called one. Of several hops in a row at most two are told apart.

use super::diff::{Change, Row};
use super::head;
use crate::client::response::Head;
use crate::wire::escape;
use crate::wire::inspected::Inspected;
use std::net::SocketAddr;

/// The longest name of a hop that is repeated.
const NAME_MAX: usize = 40;

/// What HAProxy's own page says when it has no server.
const HAPROXY_PAGE: &[u8] = b"No server is available to handle this request.";

/// What a ws101 says in each refusal that is text, whose head it writes with capitals.
const WS101_REFUSAL: &[u8] = b"\nAsked for by ";

/// The hop nearest to the client, as far as it shows itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    /// nginx, with what it says of its version.
    Nginx(String),
    /// HAProxy, or another that changes the same and says nothing of itself.
    HaProxy,
    /// Envoy, which is Istio's and Knative's data plane too.
    Envoy,
    /// Caddy.
    Caddy,
    /// Something that leaves a mark of its own, as it stands there.
    Other(String),
    /// Something that changed the request and left no mark.
    Http,
    /// Something that ends TCP, or gives out other addresses, and passes every byte on.
    Bytes,
    /// Two in a row, the nearer one first: one that names itself, and one that is known by what it did.
    Two(Box<Hop>, Box<Hop>),
    /// Nothing: the server has this end's own address on the other side.
    Nothing,
    /// Nothing to be seen: no proxy, one that passes bytes on, or one that leaves no marks.
    Unseen,
}

/// What there is to guess from.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// The head of the answer.
    pub answer: Option<&'a Head>,
    /// The text of an answer that was no 101.
    pub body: &'a [u8],
    /// How the request arrived.
    pub arrived: Option<&'a Inspected>,
    /// The same beside what was sent.
    pub rows: &'a [Row],
    /// This end's address.
    pub local: SocketAddr,
}

impl Hop {
    /// What the marks tell.
    pub fn guess(marks: &Marks<'_>) -> Hop {
        let named = marks.answer.and_then(|answer| by_answer(answer, marks.arrived));
        let named = named.map(|named| with_another(named, marks));
        named
            .or_else(|| by_body(marks))
            .or_else(|| marks.arrived.map(|arrived| by_request(marks, arrived)))
            .unwrap_or(Hop::Unseen)
    }

    /// Its name for a person.
    pub fn words(&self) -> String {
        let words = match self {
            Hop::Nginx(words) | Hop::Other(words) => words,
            Hop::Two(near, far) => return format!("{}; behind it {}", near.words(), far.words()),
            Hop::HaProxy => "probably HAProxy (no mark of its own)",
            Hop::Envoy => "Envoy",
            Hop::Caddy => "Caddy",
            Hop::Http => "one that speaks HTTP and leaves no mark",
            Hop::Bytes => "one that passes bytes on (L4), or a NAT",
            Hop::Nothing => "none, the connection goes straight to the server",
            Hop::Unseen => "nothing that shows itself",
        };
        words.to_owned()
    }

    /// What it says of itself.
    pub fn name_mut(&mut self) -> Option<&mut String> {
        match self {
            Hop::Nginx(name) | Hop::Other(name) => Some(name),
            _ => None,
        }
    }

    /// One that is told by its name.
    fn named(text: &[u8]) -> Hop {
        let lower = text.to_ascii_lowercase();
        let has = |name: &[u8]| lower.windows(name.len()).any(|part| part == name);
        let shown: String = escape::text(text).chars().take(NAME_MAX).collect();
        if lower.starts_with(b"nginx") {
            Hop::Nginx(shown)
        } else if has(b"envoy") {
            Hop::Envoy
        } else if has(b"caddy") {
            Hop::Caddy
        } else if has(b"haproxy") {
            Hop::HaProxy
        } else {
            Hop::Other(shown)
        }
    }
}

/// A ws101 says nothing of `Server`, so with one behind it that field is a hop's. Of any other server it may be its own,
/// and only the names of proxies count. What Envoy adds passes through others that write their own name into `Server`.
fn by_answer(answer: &Head, arrived: Option<&Inspected>) -> Option<Hop> {
    let server = answer.value("server").map(Hop::named);
    let server = server.filter(|hop| arrived.is_some() || is_proxy(hop));
    let via = || answer.values("via").last().and_then(|via| via.rsplit(|byte| *byte == b',').next());
    server
        .or_else(|| is_of_envoy(answer).then_some(Hop::Envoy))
        .or_else(|| via().map(|via| Hop::named(received_by(via))))
}

fn is_of_envoy(answer: &Head) -> bool {
    answer.fields().any(|(name, _)| name.to_ascii_lowercase().starts_with("x-envoy-"))
}

/// nginx and Caddy write `Server` with a capital, and leave the names of a request as they were or give them capitals. When
/// that is otherwise there is another hop: nearer, when it changed the answer, and behind, when it changed the request.
fn with_another(named: Hop, marks: &Marks<'_>) -> Hop {
    let Some(answer) = marks.answer.filter(|_| matches!(named, Hop::Nginx(_) | Hop::Caddy)) else { return named };
    let is_nearer = answer.fields().any(|(name, _)| name == "server");
    let other = match marks.arrived.map(|arrived| by_request(marks, arrived)) {
        _ if is_of_envoy(answer) => Hop::Envoy,
        Some(hop @ (Hop::HaProxy | Hop::Envoy)) => hop,
        _ if is_nearer => Hop::HaProxy,
        _ => return named,
    };
    let (near, far) = if is_nearer { (other, named) } else { (named, other) };
    Hop::Two(Box::new(near), Box::new(far))
}

fn is_proxy(hop: &Hop) -> bool {
    const PROXIES: [&str; 6] = ["cloudflare", "awselb", "google frontend", "amazons3", "cloudfront", "varnish"];
    match hop {
        Hop::Other(name) => PROXIES.iter().any(|proxy| name.to_ascii_lowercase().starts_with(proxy)),
        _ => true,
    }
}

/// Of `1.1 Caddy`, an element of `Via`, who says it (RFC 9110 s7.6.3). Each hop adds one behind the others: so the nearest
/// one's is the last of an answer, and the first of a request.
fn received_by(element: &[u8]) -> &[u8] {
    let element = element.trim_ascii();
    element.split(|byte| *byte == b' ').nth(1).unwrap_or(element)
}

/// A page of HAProxy's own, or a head that a ws101 did not write like this.
fn by_body(marks: &Marks<'_>) -> Option<Hop> {
    let says = |part: &[u8]| marks.body.windows(part.len()).any(|window| window == part);
    let is_lowered = |head: &Head| head::capitals(head.fields().map(|(name, _)| name)).0 == 0;
    let is_haproxy = says(HAPROXY_PAGE) || says(WS101_REFUSAL) && marks.answer.is_some_and(is_lowered);
    is_haproxy.then_some(Hop::HaProxy)
}

/// What was done to the request. When nothing was, whose address the server saw.
fn by_request(marks: &Marks<'_>, arrived: &Inspected) -> Hop {
    let lines = &arrived.request_as_it_arrived;
    if head::names(lines).any(|name| name.to_ascii_lowercase().starts_with("x-envoy-")) {
        return Hop::Envoy;
    }
    if let Some(via) = head::values(lines, "via").next().and_then(|via| via.split(',').next()) {
        return Hop::named(received_by(via.as_bytes()));
    }
    let (capitals, names) = head::capitals(head::names(lines));
    let is_lowered = marks.rows.iter().any(|row| row.change == Change::Recased);
    if capitals == 0 && names > 0 && is_lowered {
        Hop::HaProxy
    } else if marks.rows.iter().any(|row| !row.is_same()) {
        Hop::Http
    } else if arrived.proxy_protocol.is_some() {
        Hop::Bytes
    } else if arrived.peer == marks.local.to_string() {
        Hop::Nothing
    } else {
        Hop::Bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::diff::diff;
    use super::super::head::lines;
    use super::*;
    use crate::client::response::{Parsed, parse};

    const SENT: &str = "GET /ws HTTP/1.1\nHost: a\nUpgrade: websocket";
    const LOCAL: &str = "127.0.0.1:50000";

    fn answer(fields: &str) -> Head {
        let text = format!("HTTP/1.1 101 Switching Protocols\r\n{}\r\n", fields.replace('\n', "\r\n"));
        let Parsed::Complete(head, _) = parse(text.as_bytes()) else { panic!("{text}") };
        head
    }

    fn inspected(peer: &str, text: &str) -> Inspected {
        let (name, proxy_protocol) = (None, None);
        let (ws101, client, request_as_it_arrived) = ("0".to_owned(), "127.0.0.1".to_owned(), lines(text));
        Inspected { ws101, name, peer: peer.to_owned(), client, proxy_protocol, request_as_it_arrived }
    }

    fn guess(fields: &str, body: &[u8], arrived: Option<&Inspected>) -> Hop {
        let answer = answer(fields);
        let rows = arrived.map_or(Vec::new(), |arrived| diff(&lines(SENT), &arrived.request_as_it_arrived));
        let local = LOCAL.parse().expect("an address");
        Hop::guess(&Marks { answer: Some(&answer), body, arrived, rows: &rows, local })
    }

    #[test]
    fn a_proxy_that_names_itself_is_believed() {
        for (fields, hop) in [
            ("Server: nginx/1.22.1\n", Hop::Nginx("nginx/1.22.1".to_owned())),
            ("server: envoy\n", Hop::Envoy),
            ("server: istio-envoy\n", Hop::Envoy),
            ("x-envoy-upstream-service-time: 1\n", Hop::Envoy),
            (
                "Server: nginx\nx-envoy-upstream-service-time: 1\n",
                Hop::Two(Box::new(Hop::Nginx("nginx".to_owned())), Box::new(Hop::Envoy)),
            ),
            ("Server: gunicorn\nx-envoy-upstream-service-time: 1\n", Hop::Envoy),
            ("Server: Caddy\n", Hop::Caddy),
            ("Via: 1.1 Caddy\n", Hop::Caddy),
            ("Via: 1.1 inner, 1.1 outer\n", Hop::Other("outer".to_owned())),
            ("Server: cloudflare\n", Hop::Other("cloudflare".to_owned())),
            ("Server: awselb/2.0\n", Hop::Other("awselb/2.0".to_owned())),
            ("Server: \u{202e}\n", Hop::Unseen),
            // Of a server that is no ws101 it may be the server's own.
            ("Server: TornadoServer/6\n", Hop::Unseen),
            ("", Hop::Unseen),
        ] {
            assert_eq!(guess(fields, b"", None), hop, "{fields}");
        }
        assert_eq!(guess("content-type: text/plain\n", b"400 Bad Request\nAsked for by RFC\n", None), Hop::HaProxy);
        assert_eq!(guess("Content-Type: text/plain\n", b"400 Bad Request\nAsked for by RFC\n", None), Hop::Unseen);
        assert_eq!(guess("", b"<h1>503</h1>\nNo server is available to handle this request.\n", None), Hop::HaProxy);
    }

    #[test]
    fn two_in_a_row_are_told_apart_by_capitals() {
        let nginx = || Box::new(Hop::Nginx("nginx".to_owned()));
        let lowered = inspected("127.0.0.1:4000", &SENT.replace("Host", "host").replace("Up", "up"));
        let half = inspected("127.0.0.1:4000", &SENT.replace("Up", "up"));
        for (fields, arrived, hop) in [
            ("Server: nginx\n", &lowered, Hop::Two(nginx(), Box::new(Hop::HaProxy))),
            ("server: nginx\n", &half, Hop::Two(Box::new(Hop::HaProxy), nginx())),
            ("Server: nginx\nx-envoy-a: 1\n", &lowered, Hop::Two(nginx(), Box::new(Hop::Envoy))),
            ("server: nginx\nx-envoy-a: 1\n", &half, Hop::Two(Box::new(Hop::Envoy), nginx())),
            ("Server: nginx\n", &half, *nginx()),
            ("server: envoy\n", &lowered, Hop::Envoy),
        ] {
            assert_eq!(guess(fields, b"", Some(arrived)), hop, "{fields}");
        }
        assert_eq!(
            guess("server: nginx\n", b"", None).words(),
            "probably HAProxy (no mark of its own); behind it nginx"
        );
        assert_eq!(guess("Server: nginx\n", b"", None), *nginx());
    }

    #[test]
    fn one_that_does_not_is_known_by_what_it_did() {
        let elsewhere = "127.0.0.1:4000";
        for (peer, arrived, hop) in [
            (LOCAL, SENT.to_owned(), Hop::Nothing),
            (elsewhere, SENT.to_owned(), Hop::Bytes),
            (elsewhere, format!("{SENT}\nX-Forwarded-For: 1.2.3.4"), Hop::Http),
            (elsewhere, format!("{SENT}\nX-Envoy-Internal: true"), Hop::Envoy),
            (elsewhere, format!("{SENT}\nVia: 1.1 varnish, 1.1 inner"), Hop::Other("varnish".to_owned())),
            (elsewhere, SENT.replace("Host", "host").replace("Up", "up"), Hop::HaProxy),
        ] {
            assert_eq!(guess("", b"", Some(&inspected(peer, &arrived))), hop, "{arrived}");
        }
        let behind = inspected(elsewhere, SENT);
        assert_eq!(guess("Server: \u{202e}odd\n", b"", Some(&behind)), Hop::Other("\\u{202e}odd".to_owned()));
    }

    #[test]
    fn a_name_is_cut() {
        let long = format!("Via: 1.1 {}\n", "a".repeat(1000));
        assert_eq!(guess(&long, b"", None).words().len(), NAME_MAX);
    }
}
