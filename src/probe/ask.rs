//! Plain requests of a probe: to what stands beside its WebSocket on the same server, as `/feed/stream` beside `/ws`.
//!
//! They carry what the user wants every handshake to carry (`-H`, the password of the URL, the parameters of its query),
//! but not what makes a handshake of them. Each goes over a connection of its own, so that a balancer chooses anew.

use super::settings::Settings;
use crate::client::exchange::Answer;
use crate::client::response::Head;
use crate::client::socket::Connection;
use crate::client::{Error, Exchange, Request, Url};
use crate::wire::escape;
use percent_encoding::percent_decode;
use std::time::{Duration, Instant};

/// Fields of a handshake that a plain request does without, and those that every request has of its own.
const NOT_PASSED_ON: [&str; 12] = [
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "host",
    "accept",
    "accept-encoding",
    "user-agent",
    "content-length",
    "content-type",
];

/// Where WebSockets are on a ws101. Another path ends with a segment of its own.
const ENDPOINTS: [&str; 4] = ["/feed/ws", "/ws", "/mymsg", "/live"];

/// The most characters that are kept of a name that a server has: as many as the name of a host may have, and one.
const LONGEST_NAME: usize = 64;

/// The most characters that are kept of a status.
const LONGEST_STATUS: usize = 40;

/// A request that was written, and its connection.
pub struct Asked {
    /// The connection.
    pub connection: Connection,
    /// What has come of the answer.
    pub exchange: Exchange,
}

/// What stands beside the WebSocket of the URL: `/feed` beside `/demo/ws` is `/demo/feed`. `parameters` are added to the
/// query that the URL has: a hop may ask for it.
pub fn beside(url: &Url, path: &str, parameters: &str) -> Url {
    let known = ENDPOINTS.iter().find_map(|endpoint| url.path.strip_suffix(endpoint));
    let prefix = known.or(url.path.rsplit_once('/').map(|(prefix, _)| prefix)).unwrap_or_default();
    let own = url.query.as_deref().unwrap_or_default();
    let query: Vec<&str> = [own, parameters].into_iter().filter(|part| !part.is_empty()).collect();
    Url { path: format!("{prefix}{path}"), query: (!query.is_empty()).then(|| query.join("&")), ..url.clone() }
}

impl Asked {
    /// Asks for something beside the WebSocket. `cookie`: what a hop wants to have back. `body`: it is a POST.
    pub fn start(settings: &Settings, url: &Url, cookie: Option<&str>, body: Option<&[u8]>) -> Result<Asked, Error> {
        let deadline = Instant::now() + settings.timeout;
        let mut connection = Connection::open_with(url, &settings.trust, deadline)?;
        let given = |name: &str| settings.offer.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        let mut url = url.clone();
        if let Some((_, host)) = given("host").filter(|(_, host)| !host.is_empty()) {
            url.authority.clone_from(host);
        }
        let method = if body.is_some() { "POST" } else { "GET" };
        let request = Request { method, target: url.target(), fields: fields(settings, cookie), body };
        let exchange = Exchange::start(&mut connection, &url, &request, deadline)?;
        Ok(Asked { connection, exchange })
    }

    /// Waits for the whole answer.
    pub fn answer(mut self, timeout: Duration) -> Result<Answer, Error> {
        self.exchange.answer(&mut self.connection, Instant::now() + timeout)
    }
}

fn fields<'a>(settings: &'a Settings, cookie: Option<&str>) -> Vec<(&'a str, String)> {
    let mut fields: Vec<(&str, String)> = vec![("Accept-Encoding", "identity".to_owned())];
    fields.extend(settings.url.authorization().map(|value| ("Authorization", value)));
    for (name, value) in &settings.offer.fields {
        let is_own = NOT_PASSED_ON.iter().any(|own| name.eq_ignore_ascii_case(own));
        if is_own || value.is_empty() || (cookie.is_some() && is_cookie(name)) {
            continue;
        }
        fields.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        fields.push((name, value.clone()));
    }
    fields.extend(cookie.map(|cookie| ("Cookie", beside_own_cookies(settings, cookie))));
    fields
}

fn is_cookie(field: &str) -> bool {
    field.eq_ignore_ascii_case("cookie")
}

/// The cookies of a hop behind those of the user, who may not get in without. Of two with one name the hop's is newer.
fn beside_own_cookies(settings: &Settings, cookie: &str) -> String {
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().trim().to_owned();
    let set: Vec<String> = cookie.split(';').map(name).collect();
    let given = settings.offer.fields.iter().filter(|(field, _)| is_cookie(field));
    let own = given.flat_map(|(_, value)| value.split(';')).map(str::trim);
    let kept = own.filter(|pair| !pair.is_empty() && !set.contains(&name(pair)));
    kept.chain([cookie]).collect::<Vec<_>>().join("; ")
}

/// The name of the server that has answered, as a ws101 with `--name` says it. Safe for a terminal.
pub fn served_by(head: &Head) -> Option<String> {
    let name = head.value("x-served-by").filter(|name| !name.is_empty())?;
    let name: Vec<u8> = percent_decode(name).collect(); // a field has no room for every byte that a name may have
    Some(short_name(&escape::text(&name)))
}

/// A name without its middle, if it is long: those of a cluster begin alike and differ at their end.
pub fn short_name(name: &str) -> String {
    let (count, half) = (name.chars().count(), LONGEST_NAME / 2);
    if count <= LONGEST_NAME {
        return name.to_owned();
    }
    name.chars().take(half - 1).chain(['…']).chain(name.chars().skip(count - half)).collect()
}

/// A status in words: `502 Bad Gateway`. Safe for a terminal.
pub fn status(head: &Head) -> String {
    let line = escape::text(head.status_line().as_bytes());
    let words: String = line.split_once(' ').map_or("", |(_, words)| words).chars().take(LONGEST_STATUS).collect();
    if words.is_empty() { head.status.to_string() } else { words }
}

/// The cookies that an answer sets, as a client sends them back: `NAME=VALUE`, without their attributes.
pub fn cookies(head: &Head) -> Vec<String> {
    let pairs = head.values("set-cookie").filter_map(|value| std::str::from_utf8(value).ok());
    let pairs = pairs.filter_map(|value| value.split(';').next()).map(str::trim);
    pairs.filter(|pair| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty())).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::response;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    fn head(lines: &str) -> Head {
        match response::parse(format!("HTTP/1.1 502 Bad\u{9b}2J Gateway\r\n{lines}\r\n").as_bytes()) {
            response::Parsed::Complete(head, _) => head,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_hop_says_is_safe_to_show() {
        let head = head("x-served-by: h%C3%A9%1b[2J\r\n");
        assert_eq!(served_by(&head).as_deref(), Some("h\u{e9}\\u{1b}[2J"));
        assert_eq!(status(&head), "502 Bad\\u{9b}2J Gateway");
        assert_eq!(served_by(&self::head("X-Served-By:\r\n")), None);
    }

    #[test]
    fn long_names_that_differ_at_their_end_stay_two() {
        let pod = |end: &str| short_name(&format!("{}-{end}", "a-very-long-name-of-a-deployment".repeat(3)));
        assert_ne!(pod("7d9f8b6c5d-x7k2p"), pod("7d9f8b6c5d-q4w9z"));
        assert_eq!((pod("x7k2p").chars().count(), short_name("A")), (LONGEST_NAME, "A".to_owned()));
    }

    #[test]
    fn a_cookie_of_a_hop_stands_beside_those_of_the_user() {
        use crate::cli::{Cli, Command};
        use clap::Parser;
        let words = ["ws101", "probe", "-H", "Cookie: session=secret; node=1", "ws://a/ws"];
        let Some(Command::Probe(probe)) = Cli::parse_from(words).command else { panic!("{words:?}") };
        let settings = probe.settings().expect("settings");
        let fields = |cookie| fields(&settings, cookie).pop();
        assert_eq!(fields(Some("node=2")), Some(("Cookie", "session=secret; node=2".to_owned())));
        assert_eq!(fields(None), Some(("Cookie", "session=secret; node=1".to_owned())));
    }

    #[test]
    fn cookies_are_sent_back_without_their_attributes() {
        let head =
            head("Set-Cookie: a=1; Path=/; HttpOnly\r\nset-cookie: b=2=3\r\nSet-Cookie: =4\r\nSet-Cookie: c\r\n");
        assert_eq!(cookies(&head), ["a=1", "b=2=3"]);
    }

    #[test]
    fn what_stands_beside_a_websocket() {
        for (text, path, parameters, target) in [
            ("ws://a/ws", "/feed/stream", "", "/feed/stream"),
            ("ws://a/demo/ws", "/feed", "", "/demo/feed"),
            ("ws://a/feed/ws", "/feed/stream", "", "/feed/stream"),
            ("ws://a/x/feed/ws", "/healthz", "", "/x/healthz"),
            ("ws://a", "/healthz", "", "/healthz"),
            ("ws://a/x/", "/healthz", "", "/x/healthz"),
            ("ws://a/ws?k=1", "/feed/long-poll", "wait=3s", "/feed/long-poll?k=1&wait=3s"),
        ] {
            assert_eq!(beside(&url(text), path, parameters).target(), target, "{text}");
        }
    }
}
