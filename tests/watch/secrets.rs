//! A token opens what passes on a connection, so it is shown to nobody: not in the log, not in an answer, not to the watch
//! itself. Nor are the secrets of a head.

use crate::common::feed::request;
use crate::common::peer::{Peer, handshake};
use crate::common::program::Program;
use crate::common::serve;
use crate::common::watch::{Watching, bytes, watched};
use ws101::server::Config;

/// Of all digits, so that it would be found wherever it stands.
const TOKEN: &str = "0123456789abcdeffedcba9876543210";

const COOKIE: &str = "id=chocolate-and-nuts";
const AUTHORIZATION: &str = "Bearer of-bad-news-only";

fn lines() -> [String; 3] {
    let referer = format!("Referer: http://localhost/?x=y&watch={TOKEN}&z");
    [format!("Cookie: {COOKIE}"), format!("Authorization: {AUTHORIZATION}"), referer]
}

/// What must not be seen.
fn secrets() -> [&'static str; 4] {
    [TOKEN, "chocolate", "bad-news", "fedcba98765"]
}

fn stars(text: &str) -> String {
    text.replace(TOKEN, &"*".repeat(TOKEN.len()))
}

/// The hex columns of all dumps in a row, as bytes, and their ASCII columns.
fn dumped(lines: &[String]) -> (Vec<u8>, String) {
    let (mut bytes, mut ascii) = (Vec::new(), String::new());
    let offset =
        |line: &str| line.len() > 60 && line.starts_with("    ") && line[4..8].bytes().all(|b| b.is_ascii_hexdigit());
    for line in lines.iter().filter(|line| offset(line) && &line[8..10] == "  ") {
        let pairs = line[10..58].split_whitespace();
        bytes.extend(pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")));
        ascii.push_str(&line[60..]);
    }
    (bytes, ascii)
}

#[test]
fn the_log_at_trace_has_stars_in_every_column() {
    let program = Program::start("trace", &[]);
    let [cookie, authorization, referer] = lines();
    let more = [cookie.as_str(), authorization.as_str(), referer.as_str()];
    // In one read, and in as many as there are bytes; then refused, then watched, then counted.
    program.connect().send(handshake(&watched("/ws", TOKEN), &more));
    program.wait_for("ws-1 = open /ws?watch=**** from ".replace("****", &"*".repeat(32)).as_str());
    let mut peer = program.connect();
    for byte in handshake(&watched("/ws", TOKEN), &more).bytes() {
        peer.send([byte]);
    }
    assert_eq!(peer.response().status, "409 Conflict");
    let mut watch = Watching::over(program.connect(), &request(&format!("/watch/{TOKEN}"), &more), 0);
    watch.rest();
    Peer::ask(program.addr, request(&watched("/feed/poll", TOKEN), &more));
    Peer::ask(program.addr, request(&format!("/connections?watch={TOKEN}&watch={TOKEN}"), &more));
    Peer::ask(program.addr, request(&format!("/watch/{TOKEN}0"), &more));
    program.wait_until_quiet();
    let lines = program.lines();
    let (bytes, ascii) = dumped(&lines);
    let bytes = String::from_utf8_lossy(&bytes).into_owned();
    let log = lines.join("\n");
    for secret in secrets() {
        for (what, text) in [("the log", &log), ("hex", &bytes), ("ASCII", &ascii)] {
            assert!(!text.contains(secret), "{secret} in {what}");
        }
    }
    // What the watch was told is told of its connection, and once.
    assert_eq!(log.matches("what goes out on this stream is not told here").count(), 1);
    assert!(!log.contains("\"type\":\"") && !bytes.contains("\"type\":\"connection\""));
    let shown = stars(&format!("GET /ws?watch={TOKEN} HTTP/1.1"));
    assert!(bytes.contains(&shown) && ascii.contains(&shown) && log.contains(&shown), "{shown}");
}

#[test]
fn the_watch_itself_is_shown_stars() {
    let server = serve(Config::default());
    let [cookie, authorization, referer] = lines();
    let mut peer = Peer::connect(server.addr);
    let sent = handshake(&watched("/ws", TOKEN), &[&cookie, &authorization, &referer]);
    peer.send(&sent);
    peer.expect_101();
    let mut watch = Watching::start(server.addr, TOKEN);
    watch.expect("connection");
    let head = watch.expect("head");
    let shown = String::from_utf8(bytes(&head)).unwrap();
    let starred = stars(&sent).replace(COOKIE, &"*".repeat(COOKIE.len()));
    assert_eq!(shown, starred.replace(AUTHORIZATION, "****** ****************"));
    let text = head.to_string();
    for secret in secrets() {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let lines: Vec<&str> =
        head["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(lines.join("\r\n") + "\r\n\r\n", shown);
}

#[test]
fn answers_that_show_the_request_show_stars() {
    let [cookie, authorization, referer] = lines();
    for accept in ["Accept: */*", "Accept: application/json"] {
        let server = serve(Config::default());
        for (target, status) in [
            (format!("/ws?watch={TOKEN}"), "426 Upgrade Required"),
            (format!("/feed/poll?after=x&watch={TOKEN}"), "400 Bad Request"),
            (format!("/feed/poll?watch={TOKEN}0"), "400 Bad Request"),
            (format!("/watch/{TOKEN}0"), "400 Bad Request"),
            (format!("/connections?watch=x&watch={TOKEN}"), "400 Bad Request"),
            (format!("/nowhere?watch={TOKEN}"), "404 Not Found"),
            (format!("http://localhost/nowhere?a&watch={TOKEN}"), "404 Not Found"),
        ] {
            let response = Peer::ask(server.addr, request(&target, &[accept, &cookie, &authorization, &referer]));
            assert_eq!(response.status, status, "{target}");
            let said = format!("{response:?}{}", response.text());
            for secret in secrets() {
                assert!(!said.contains(secret), "{secret} in {said}");
            }
            // A digit too many is as secret as those before it.
            let shown = stars(&target).replace("*0", "**");
            assert!(response.text().contains(&format!("GET {shown} HTTP/1.1")), "{shown} in {}", response.text());
        }
    }
}
