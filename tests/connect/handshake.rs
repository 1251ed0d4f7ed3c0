//! The opening handshake: the bytes that ask, and what is made of a 101.

use crate::common::client::Client;
use crate::common::script::{self, field, granted};

/// The request of a run, its key and the address in words.
fn request(arguments: &[&str]) -> String {
    let (server, script) = script::serve(|server| {
        let request = server.upgrade("", b"");
        server.closes();
        request
    });
    let run = arguments.iter().fold(Client::to(server).args("-w 0"), |run, argument| run.arg(argument)).run();
    let request = script.join().unwrap();
    assert_eq!(run.code, Some(0), "{}", run.talk());
    request.replace(&server.to_string(), "ADDRESS").replace(field(&request, "Sec-WebSocket-Key"), "KEY")
}

#[test]
fn the_request_of_a_plain_run() {
    assert_eq!(
        request(&[]),
        concat!(
            "GET /ws HTTP/1.1\r\nHost: ADDRESS\r\nUser-Agent: ws101/",
            env!("CARGO_PKG_VERSION"),
            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\n\r\n"
        )
    );
}

#[test]
fn fields_are_replaced_taken_away_sent_empty_and_repeated() {
    let asked = request(&[
        "-H",
        "host: example.org",
        "-H",
        "User-Agent:",
        "-H",
        "X-Empty;",
        "-H",
        "Cookie: a=1",
        "-H",
        "Cookie: b=2",
        "--origin",
        "https://example.org",
    ]);
    assert_eq!(
        asked,
        "GET /ws HTTP/1.1\r\nhost: example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\nOrigin: https://example.org\r\nX-Empty:\r\n\
         Cookie: a=1\r\nCookie: b=2\r\n\r\n"
    );
}

/// s4.1, 7: whoever chooses the key gets the accept value of that key.
#[test]
fn a_key_of_the_users_is_the_one_that_is_answered() {
    let asked = request(&["-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]);
    assert!(asked.contains("Sec-WebSocket-Key: KEY\r\n"), "{asked}");
}

#[test]
fn a_user_of_the_url_is_sent_as_basic_and_never_shown() {
    let (server, script) = script::serve(|server| {
        let request = server.upgrade("", b"");
        server.closes();
        request
    });
    let url = format!("ws://me:sec%40ret@{server}/ws?a=b");
    let run = Client::with(&["-vvv", "-w", "0", &url]).run();
    let request = script.join().unwrap();
    assert_eq!(run.code, Some(0), "{}", run.talk());
    // RFC 7617 s2: base64 of me:sec@ret
    assert_eq!(field(&request, "Authorization"), "Basic bWU6c2VjQHJldA==");
    assert!(request.starts_with(&format!("GET /ws?a=b HTTP/1.1\r\nHost: {server}\r\n")), "{request}");
    for secret in ["sec@ret", "sec%40ret", "bWU6c2Vj"] {
        assert!(!run.talk().contains(secret), "{secret}: {}", run.talk());
    }
}

#[test]
fn no_password_is_repeated_when_something_else_is_wrong() {
    for url in ["ws://me:s3cret@127.0.0.1:0/", "ws://me:s3cret@[::1/", "xs://me:s3cret@a/", "ws://me:s3cret@a/#b"] {
        let run = Client::with(&["-vvv", url]).run();
        assert_eq!(run.code, Some(2), "{url}: {}", run.talk());
        assert!(!run.talk().contains("s3cret"), "{url}: {}", run.talk());
    }
    // Nobody listens there.
    let run = Client::with(&["-vvv", "ws://me:s3cret@127.0.0.1:1/"]).run();
    assert_eq!(run.code, Some(1), "{}", run.talk());
    assert!(!run.talk().contains("s3cret"), "{}", run.talk());
}

#[test]
fn a_subprotocol_that_was_offered_may_be_chosen_or_not() {
    for (chosen, told) in [("Sec-WebSocket-Protocol: talk\r\n", ", subprotocol talk"), ("", "")] {
        let (server, script) = script::serve(move |server| {
            let request = server.upgrade(chosen, b"");
            server.closes();
            request
        });
        Client::to(server).args("-w 0 --protocol chat --protocol talk").run().expect(
            0,
            "",
            &format!(
                "= open, connected to ADDRESS{told}\n> Close 1000 normal closure\n\
                 = closed: 1000 normal closure, answered by the server\n"
            ),
        );
        assert_eq!(field(&script.join().unwrap(), "Sec-WebSocket-Protocol"), "chat, talk");
    }
}

// --- a 101 that is none ---

const GOOD: [(&str, &str); 3] =
    [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", "ACCEPT")];

/// What is told of a 101 whose fields are these; `ACCEPT` is the right one.
#[track_caller]
fn failed(fields: &[(&str, &str)], words: &str) {
    let fields: Vec<(String, String)> =
        fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let (server, script) = script::serve(move |server| {
        let good = granted(&server.request(), "");
        let accept = field(&good, "Sec-WebSocket-Accept");
        let lines = fields.iter().map(|(name, value)| format!("{name}: {}\r\n", value.replace("ACCEPT", accept)));
        server.send(format!("HTTP/1.1 101 Switching Protocols\r\n{}\r\n", lines.collect::<String>()));
        // It is not a WebSocket, so no frame comes, not even a Close.
        (accept.to_owned(), server.rest())
    });
    let run = Client::to(server).args("-H").arg("Sec-WebSocket-Protocol: chat").run();
    let (accept, rest) = script.join().unwrap();
    assert_eq!((run.code, run.data().as_str(), rest.as_slice()), (Some(1), "", &b""[..]), "{}", run.talk());
    let talk = run.talk().replace(&accept, "ACCEPT");
    assert!(talk.starts_with(&format!("! the 101 is not one for a WebSocket: {words}\n")), "{words}\n{talk}");
    assert!(talk.contains("HTTP/1.1 101 Switching Protocols"), "the head is shown: {talk}");
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&GOOD, more].concat()
}

#[test]
fn a_101_that_breaks_a_rule_fails_with_the_section() {
    failed(&GOOD[1..], "there is no Upgrade (RFC 6455 s4.1, 2)");
    failed(&[GOOD[0], GOOD[2]], "there is no Connection (RFC 6455 s4.1, 3)");
    failed(&GOOD[..2], "there is no Sec-WebSocket-Accept (RFC 6455 s4.1, 4)");
    failed(
        &with(&[("Sec-WebSocket-Protocol", "Chat")]),
        "it has the subprotocol \"Chat\", which was not offered (RFC 6455 s4.1, 6)",
    );
    failed(
        &with(&[("Sec-WebSocket-Extensions", "permessage-deflate")]),
        "it has the extension \"permessage-deflate\", which was not offered (RFC 6455 s4.1, 5)",
    );
}

#[test]
fn a_wrong_accept_value_is_shown_beside_the_right_one() {
    failed(
        &[GOOD[0], GOOD[1], ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")],
        "Sec-WebSocket-Accept is not the hash of the key: it is \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\", and not ACCEPT (RFC 6455 s4.1, 4)",
    );
}

#[test]
fn nothing_of_a_wrong_101_reaches_the_terminal_as_it_is() {
    let (server, script) = script::answer(
        "HTTP/1.1 101 \u{1b}]0;x\u{7}\r\nUpgrade: \u{1b}[2J\r\nX: \u{9b}2J\u{202e}\r\nConnection: Upgrade\r\n\r\n",
    );
    let run = Client::to(server).run();
    script.join().unwrap();
    assert_eq!(run.code, Some(1));
    is_safe(run.raw_talk());
}

/// Nothing but printable characters and line ends.
pub fn is_safe(talk: &[u8]) {
    let text = std::str::from_utf8(talk).unwrap();
    let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
    assert_eq!(bad, None, "{}", talk.escape_ascii());
}

// --- what is no answer ---

#[test]
fn interim_answers_are_passed_over() {
    let (server, script) = script::serve(|server| {
        let request = server.request();
        server.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        server.send(granted(&request, ""));
        server.closes()
    });
    let run = Client::to(server).args("-w 0").run();
    assert_eq!(run.code, Some(0), "{}", run.talk());
    assert_eq!(script.join().unwrap(), "1000");
}

#[test]
fn what_is_no_http_is_told_with_its_beginning() {
    for (answer, words) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "! the answer is no HTTP: it begins with \"SSH-2.0-OpenSSH_9.2\\r\\n\"\n"),
        (
            b"\x15\x03\x03\x00\x02\x02\x28",
            "! the answer is no HTTP: it begins with \"\\u{15}\\u{3}\\u{3}\\0\\u{2}\\u{2}(\": it looks like TLS, so try wss://\n",
        ),
        (b"", "! the server ended the connection without an answer; is it a port for wss:// or https://?\n"),
        (b"HTTP/1.1 101 Swi", "! the server ended the connection in the middle of its answer\n"),
    ] {
        let (server, script) = script::answer(answer);
        Client::to(server).run().expect(1, "", words);
        script.join().unwrap();
    }
}

#[test]
fn a_reset_instead_of_an_answer_is_told() {
    let (server, script) = script::serve(|server| {
        server.request();
        server.reset();
    });
    Client::to(server).run().expect(1, "", "! the connection broke before there was an answer: Connection reset by peer (os error 104); is it a port for wss:// or https://?\n");
    script.join().unwrap();
}

#[test]
fn nobody_who_listens_is_told() {
    // Bound and let go: nothing listens on that port now.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    Client::to(address).run().expect(1, "", "! no connection to ADDRESS: refused: nothing listens there\n");
}

#[test]
fn a_name_that_nobody_has_is_told() {
    // A label has at most 63 bytes (RFC 1035 s2.3.4), so nobody need be asked.
    let name = format!("{}.invalid", "x".repeat(64));
    let run = Client::with(&[&format!("ws://{name}/")]).run();
    assert_eq!((run.code, run.data().as_str()), (Some(1), ""));
    assert!(run.talk().starts_with(&format!("! no address of {name} is known: ")), "{}", run.talk());
}

#[test]
fn a_server_that_never_answers_or_only_trickles_is_given_up_in_time() {
    for trickles in [false, true] {
        let (server, script) = script::serve(move |server| {
            server.request();
            let answer = "HTTP/1.1 101 Switching Protocols\r\nX: ".chars().chain(std::iter::repeat('x'));
            for byte in answer.take_while(|_| trickles) {
                if server.try_send(&[byte as u8]).is_err() {
                    return;
                }
                std::thread::park_timeout(std::time::Duration::from_millis(20));
            }
            server.rest();
        });
        Client::to(server).args("--connect-timeout 300ms").run().expect(1, "", "! no answer in time\n");
        script.join().unwrap();
    }
}

#[test]
fn a_head_without_end_is_given_up() {
    let (server, script) = script::serve(|server| {
        server.request();
        server.send("HTTP/1.1 101 Switching Protocols\r\n");
        while server.try_send(format!("X: {}\r\n", "x".repeat(1000)).as_bytes()).is_ok() {}
    });
    Client::to(server).run().expect(1, "", "! the head of the answer is longer than 32768 bytes\n");
    script.join().unwrap();
}
