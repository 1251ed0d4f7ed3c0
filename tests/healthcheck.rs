//! `ws101 healthcheck`: what it asks for, what it makes of good answers, bad ones and none, and where it says so.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

use common::peer::Peer;
use common::program::without_options;
use common::script::{self, Script, answer};
use common::tls::{config, self_signed, serve_tls};
use common::{PATIENCE, Stop, serve};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use ws101::server::Config;

/// Its exit status, and what it has said on stdout and on stderr.
type Said = (i32, String, String);

/// Each of these servers lets it end by itself: the longest `--timeout` is the longest that it may take.
fn healthcheck(arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    without_options(&mut command);
    command.arg("healthcheck").args(arguments).env_remove("RUST_LOG").stdin(Stdio::null());
    let output = command.output().expect("ws101 runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("an exit status"), text(output.stdout), text(output.stderr))
}

fn good(status_line: &str) -> Said {
    (0, format!("{status_line}\n"), String::new())
}

fn bad(words: &str) -> Said {
    (1, String::new(), format!("ws101: {words}\n"))
}

#[test]
fn a_server_that_is_well_is_a_0_and_its_status_line() {
    let server = serve(Config::default());
    for path in ["/healthz", "/readyz", "/feed/stream"] {
        assert_eq!(healthcheck(&[&format!("http://{}{path}", server.addr)]), good("HTTP/1.1 200 OK"), "{path}");
    }
    // The URL of a WebSocket means the same server; what is asked for is not a WebSocket.
    let said = healthcheck(&[&format!("ws://{}/ws", server.addr)]);
    assert_eq!((said.0, said.2.contains("the answer was 426")), (1, true), "{said:?}");
}

#[test]
fn a_server_that_stops_is_alive_and_not_ready_and_its_reason_is_told() {
    let server = serve(Config::default());
    let addr = server.addr;
    let mut slow = Peer::open(addr, "/ws");
    let stop = Stop::begin(server, PATIENCE);
    slow.expect(b"\x88\x14\x03\xe9server is stopping");
    let said = healthcheck(&[&format!("http://{addr}/readyz")]);
    assert_eq!(said, bad("GET /readyz: the answer was 503: stopping: no new work"));
    assert_eq!(healthcheck(&[&format!("http://{addr}/healthz")]), good("HTTP/1.1 200 OK"));
    slow.send(b"\x88\x82\0\0\0\0\x03\xe9");
    slow.ends();
    drop(slow);
    assert!(stop.took() < PATIENCE);
}

#[test]
fn the_request_is_one_get_of_what_is_written() {
    let (server, request) = answer("HTTP/1.1 204 No Content\r\n\r\n");
    let said = healthcheck(&[&format!("http://Aladdin:open%20sesame@{server}/a/b?c=d")]);
    assert_eq!(said, good("HTTP/1.1 204 No Content"));
    let request = request.join().expect("a request");
    assert!(request.starts_with(&format!("GET /a/b?c=d HTTP/1.1\r\nHost: {server}\r\n")), "{request}");
    for line in ["Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Connection: close"] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "no {line} in {request}");
    }
}

#[test]
fn every_other_answer_is_a_1_and_its_first_line() {
    for (bytes, words) in [
        ("404 Not Found\r\nContent-Length: 0\r\n\r\n", "the answer was 404"),
        ("302 Found\r\nLocation: /login\r\nContent-Length: 6\r\n\r\nlogin\n", "the answer was 302: login"),
        ("101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "the answer was 101"),
        ("503 Busy\r\nContent-Length: 9\r\n\r\n\x1b[2J\nmore", "the answer was 503: \\u{1b}[2J"),
        ("503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsic\r\n1\r\nk\r\n0\r\n\r\n", "the answer was 503: sick"),
        ("503 Busy\r\nContent-Length: 99\r\n\r\ncut off", "the answer was 503: cut off"),
        ("100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "the answer was 500"),
    ] {
        let (server, _) = answer(format!("HTTP/1.1 {bytes}"));
        assert_eq!(healthcheck(&[&format!("http://{server}/x?y=secret")]), bad(&format!("GET /x: {words}")));
    }
}

#[test]
fn what_is_no_answer_is_a_1_and_says_what_came_instead() {
    for (bytes, words) in [
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "the answer is no HTTP/1.1"),
        ("\x15\x03\x03\0\x02\x02\x28".to_owned(), "the answer is no HTTP/1.1"),
        (String::new(), "ended the connection in the middle"),
        ("HTTP/1.1 200 O".to_owned(), "ended the connection in the middle"),
        (format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(64 << 10)), "longer than"),
    ] {
        let (server, _) = script::serve(move |script| {
            script.request();
            // It may have heard enough before the last byte.
            let _ = script.try_send(bytes.as_bytes());
            script.finish();
            script.rest();
        });
        let (status, stdout, stderr) = healthcheck(&[&format!("http://{server}/")]);
        assert_eq!((status, stdout.as_str()), (1, ""), "{stderr}");
        assert!(stderr.starts_with("ws101: GET /: ") && stderr.contains(words), "{words}: {stderr}");
    }
}

#[test]
fn nobody_there_is_a_1_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let said = healthcheck(&[&format!("http://{address}/healthz"), "--timeout", "30s"]);
    assert_eq!(said, bad(&format!("GET /healthz: no connection to {address}: refused: nothing listens there")));
}

#[test]
fn silence_ends_with_the_timeout() {
    let (server, _) = script::serve(|script| script.rest());
    let start = Instant::now();
    let said = healthcheck(&[&format!("http://{server}/healthz"), "--timeout", "200ms"]);
    assert_eq!(said, bad("GET /healthz: no answer in time (--timeout)"));
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
}

/// A byte now and then is no progress: the timeout is for all of it.
#[test]
fn an_answer_that_drips_ends_with_the_timeout_too() {
    let (server, _) = script::serve(|script| {
        script.request();
        while script.try_send(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
            std::thread::park_timeout(Duration::from_millis(10));
        }
    });
    let said = healthcheck(&[&format!("http://{server}/healthz"), "--timeout", "300ms"]);
    assert_eq!(said, bad("GET /healthz: no answer in time (--timeout)"));
}

#[test]
fn an_endless_body_is_not_waited_for() {
    for (status, code) in [("200 OK", 0), ("500 Oh", 1)] {
        let (server, sent) = script::serve(move |script| {
            script.request();
            script.send(format!("HTTP/1.1 {status}\r\n\r\n"));
            while script.try_send(&[b'x'; 1 << 10]).is_ok() {}
        });
        let start = Instant::now();
        let (found, stdout, stderr) = healthcheck(&[&format!("http://{server}/"), "--timeout", "60s"]);
        assert_eq!(found, code, "{stdout}{stderr}");
        assert!(start.elapsed() < PATIENCE && stderr.len() < 300, "{:?}: {stderr}", start.elapsed());
        sent.join().expect("it has hung up");
    }
}

#[test]
fn tls_is_checked_unless_it_is_not_wanted() {
    let serve = || {
        serve_tls(config(self_signed(&["127.0.0.1"], |_| {})), |stream| {
            let mut script = Script::of(stream);
            // A client that trusts nobody goes without a request.
            if script.try_send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok() {
                script.rest();
            }
        })
    };
    let (server, _) = serve();
    let (status, stdout, stderr) = healthcheck(&[&format!("https://{server}/")]);
    assert_eq!((status, stdout.as_str()), (1, ""), "{stderr}");
    assert!(stderr.contains("GET /: TLS: "), "{stderr}");
    let (server, _) = serve();
    assert_eq!(healthcheck(&["-k", &format!("https://{server}/")]), good("HTTP/1.1 200 OK"));
}

#[test]
fn wrong_use_is_a_2_with_a_hint_and_without_the_password() {
    let cases: [(&[&str], &str); 5] = [
        (&["me:opensesame@localhost/healthz"], "http://"),
        (&["http://me:opensesame@localhost:99999/"], "65535"),
        (&["http://a/", "http://b/"], "unexpected argument"),
        (&["--timeout", "0"], "more than 0"),
        (&["--timeout", "2"], "500ms, 10s, 2m"),
    ];
    for (arguments, hint) in cases {
        let (status, stdout, stderr) = healthcheck(arguments);
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(hint) && stderr.contains("--help"), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("opensesame"), "{stderr}");
    }
}
