//! curl: the plain HTTP side, and the opening handshake by hand.

use crate::run::{Said, Talk, to_end};
use crate::server::Server;
use crate::tools::program;
use std::process::Command;

/// The key of RFC 6455 s1.3, and the answer that the section works out for it.
const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

fn curl(arguments: &[&str]) -> Said {
    to_end(&mut command(arguments), b"", 20)
}

fn command(arguments: &[&str]) -> Command {
    let mut command = program("curl", "apt-get install curl");
    // -q first: the settings of whoever runs the tests are not ours.
    command.args(["-q", "-sS", "--noproxy", "*", "--max-time", "10"]).args(arguments);
    command
}

#[test]
#[ignore = "needs curl"]
fn upgrades_by_hand() {
    let server = Server::start(&[]);
    let mut command = vec!["-iN", "--max-time", "1"];
    for header in ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", KEY] {
        command.extend(["-H", header]);
    }
    let url = server.http("/ws");
    command.push(&url);
    let said = curl(&command);
    // The connection stays open after a 101, so curl waits for its own limit: exit 28.
    assert_eq!(said.status.code(), Some(28), "{}", said.all());
    assert!(said.text().starts_with("HTTP/1.1 101 "), "{}", said.all());
    assert_eq!(header(&said, "sec-websocket-accept").as_deref(), Some(ACCEPT), "{}", said.all());
}

#[test]
#[ignore = "needs curl"]
fn gets_pages() {
    let server = Server::start(&[]);
    for path in ["/", "/healthz", "/readyz", "/metrics"] {
        let said = curl(&["-i", &server.http(path)]).succeeded();
        assert!(said.text().starts_with("HTTP/1.1 200 "), "{path}: {}", said.all());
        assert!(!body(&said).is_empty(), "{path} has a body: {}", said.all());
    }
}

#[test]
#[ignore = "needs curl"]
fn head_has_the_headers_of_get_and_no_body() {
    let server = Server::start(&[]);
    let get = curl(&["-i", &server.http("/")]).succeeded();
    // curl -I fails when a body follows, or when the length promises one to a connection kept open.
    let head = curl(&["-I", &server.http("/")]).succeeded();
    assert!(head.text().starts_with("HTTP/1.1 200 "), "{}", head.all());
    assert_eq!(body(&head), "", "{}", head.all());
    assert_eq!(header(&head, "content-length"), header(&get, "content-length"));
    assert_eq!(header(&head, "content-type"), header(&get, "content-type"));
}

#[test]
#[ignore = "needs curl"]
fn one_connection_serves_two_requests() {
    let server = Server::start(&[]);
    let said = curl(&["-v", &server.http("/"), &server.http("/healthz")]).succeeded();
    let told = String::from_utf8_lossy(&said.err).to_lowercase();
    assert!(told.contains("re-using existing"), "{}", said.all());
}

#[test]
#[ignore = "needs curl"]
fn a_plain_get_of_a_websocket_is_told_to_upgrade() {
    let server = Server::start(&[]);
    let said = curl(&["-i", &server.http("/ws")]).succeeded();
    assert!(said.text().starts_with("HTTP/1.1 426 "), "{}", said.all());
    // RFC 9110 s15.5.22: a 426 names the protocol in Upgrade.
    assert_eq!(header(&said, "upgrade").as_deref(), Some("websocket"), "{}", said.all());
    assert_says_why(&said);
}

#[test]
#[ignore = "needs curl"]
fn a_post_is_refused() {
    let server = Server::start(&[]);
    let said = curl(&["-i", "-d", "data", &server.http("/")]).succeeded();
    assert!(said.text().starts_with("HTTP/1.1 405 "), "{}", said.all());
    // RFC 9110 s15.5.6: a 405 lists what is allowed.
    assert!(header(&said, "allow").is_some_and(|methods| methods.contains("GET")), "{}", said.all());
    assert_says_why(&said);
}

/// As its output is not held back, a person sees each event when it comes. The end is an end, and no broken transfer:
/// curl would exit with 18.
#[test]
#[ignore = "needs curl"]
fn follows_the_stream_to_its_end() {
    for version in ["--http1.1", "--http1.0"] {
        let server = Server::start(&["--tick", "off"]);
        let url = server.http("/feed/stream?after=0");
        let mut curl = Talk::start(&mut command(&["--no-buffer", "-i", version, &url]), 30);
        curl.hear("HTTP/1.1 200 OK");
        curl.hear("retry: 1000");
        for id in 1..=3 {
            assert!(post(&server, "Hello").text().starts_with(&format!("{{\"id\":{id},")));
            curl.hear(&format!("id: {id}"));
            curl.hear("\"text\":\"Hello\"}");
        }
        server.terminate();
        assert!(curl.finish().success(), "{version}: the end of the body was no end");
        assert!(server.ended().success());
    }
}

#[test]
#[ignore = "needs curl"]
fn polls_and_publishes() {
    let server = Server::start(&["--tick", "off", "--max-event", "1KiB"]);
    let poll = curl(&["-i", &server.http("/feed/poll")]).succeeded();
    assert!(poll.text().starts_with("HTTP/1.1 204 "), "{}", poll.all());
    assert_eq!(header(&poll, "feed-last-id").as_deref(), Some("0"));
    let mut held = Talk::start(&mut command(&[&server.http("/feed/long-poll?after=0&wait=9s")]), 30);
    let posted = post(&server, "naïve, \"quoted\" 🙂").text();
    held.hear(&format!("[{}]", posted.trim_end()));
    assert!(held.finish().success());
    let poll = curl(&[&server.http("/feed/poll?after=0")]).succeeded();
    assert_eq!(poll.text(), format!("[{}]\n", posted.trim_end()));
    let too_long = post(&server, &"x".repeat(1025));
    assert!(too_long.text().starts_with("413 "), "{}", too_long.all());
}

/// curl waits for a 100 when the body is long, or when it is told to.
#[test]
#[ignore = "needs curl"]
fn is_told_to_continue() {
    let server = Server::start(&["--tick", "off"]);
    let url = server.http("/feed");
    let said = curl(&["-v", "-H", "Expect: 100-continue", "--expect100-timeout", "9", "-d", "Hello", &url]).succeeded();
    let told = String::from_utf8_lossy(&said.err).into_owned();
    assert!(told.contains("< HTTP/1.1 100 Continue") && told.contains("< HTTP/1.1 200 OK"), "{}", said.all());
    let chunked = curl(&["-i", "-H", "Transfer-Encoding: chunked", "-d", "Hello", &url]).succeeded();
    assert!(chunked.text().contains("HTTP/1.1 411 "), "{}", chunked.all());
}

fn post(server: &Server, text: &str) -> Said {
    curl(&["--data-raw", text, &server.http("/feed")]).succeeded()
}

fn assert_says_why(said: &Said) {
    let kind = header(said, "content-type").unwrap_or_default();
    assert!(kind.starts_with("text/plain"), "{}", said.all());
    assert!(!body(said).trim().is_empty(), "{}", said.all());
}

fn body(said: &Said) -> String {
    let text = said.text();
    text.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned())
}

fn header(said: &Said, name: &str) -> Option<String> {
    let text = said.text();
    let fields = text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    let mut named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
    named.next().map(|(_, value)| value.trim().to_owned())
}
