//! An upgrade that is refused: status, fields and body as they came, and what to try.

use super::handshake::is_safe;
use crate::common::client::Client;
use crate::common::script;
use crate::common::serve;
use ws101::server::Config;

/// What is told of an answer.
#[track_caller]
fn refused(answer: &str, words: &str) {
    let (server, script) = script::answer(answer);
    Client::to(server).run().expect(1, "", words);
    script.join().unwrap();
}

#[test]
fn status_fields_and_body_are_shown_as_they_came() {
    refused(
        "HTTP/1.1 404 Not Found\r\nserver: nginx\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 20\r\n\r\n<h1>404</h1>\r\nnginx\n",
        "! refused: HTTP/1.1 404 Not Found\n    server: nginx\n    X-Two: a\n    X-Two: b\n    Content-Length: 20\n\n    \
         <h1>404</h1>\n    nginx\n  likely cause: no WebSocket is served at this path, or a proxy in between has no route \
         to it\n",
    );
}

/// Each status has its own hint; what is behind the colon stands in the unit tests of the words.
#[test]
fn every_status_that_servers_and_proxies_use_has_a_likely_cause() {
    for (status, fields, cause) in [
        ("200 OK", "", "an ordinary page: the path is not one of a WebSocket"),
        (
            "301 Moved Permanently",
            "Location: https://example.org/ws\r\n",
            "connect to https://example.org/ws (with ws:// or wss://)",
        ),
        ("302 Found", "", "a redirect without a Location"),
        ("400 Bad Request", "", "proxy_set_header Upgrade $http_upgrade"),
        ("400 Bad Request", "Sec-WebSocket-Version: 8, 7\r\n", "other versions of the protocol: 8, 7"),
        ("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "ws://USER:PASSWORD@HOST/"),
        ("403 Forbidden", "", "--origin"),
        ("404 Not Found", "", "no WebSocket is served at this path"),
        ("426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n", "a proxy in between took Upgrade away"),
        ("429 Too Many Requests", "Retry-After: 30\r\n", "it asks to wait: Retry-After: 30"),
        ("500 Oops", "", "the server failed"),
        ("502 Bad Gateway", "", "a proxy in between found nobody behind it"),
        ("503 Service Unavailable", "", "takes no connections now"),
        ("504 Gateway Timeout", "", "a proxy in between found nobody"),
        ("599 What", "", "the server failed"),
        ("299 What", "", "an ordinary page"),
        ("999 What", "", "the server's own reason"),
    ] {
        let (server, script) = script::answer(format!("HTTP/1.1 {status}\r\n{fields}Content-Length: 0\r\n\r\n"));
        let run = Client::to(server).run();
        script.join().unwrap();
        assert_eq!((run.code, run.data().as_str()), (Some(1), ""), "{status}");
        let talk = run.talk();
        assert!(talk.starts_with(&format!("! refused: HTTP/1.1 {status}\n")), "{talk}");
        let (_, told) = talk.split_once("\n  likely cause: ").unwrap_or_else(|| panic!("no cause: {talk}"));
        assert!(told.contains(cause), "{status}: {told}");
    }
}

#[test]
fn this_servers_own_refusals_read_well() {
    let server = serve(Config::default());
    let url = format!("ws://{}/nothing", server.addr);
    let run = Client::with(&[&url]).run();
    assert_eq!(run.code, Some(1));
    assert!(run.talk().starts_with("! refused: HTTP/1.1 404 Not Found\n"), "{}", run.talk());
    let run = Client::to(server.addr).args("-H Upgrade:").run();
    assert!(run.talk().starts_with("! refused: HTTP/1.1 426 Upgrade Required\n"), "{}", run.talk());
    assert!(run.talk().contains("RFC 6455"), "its own words are shown: {}", run.talk());
}

#[test]
fn a_body_ends_as_its_head_says() {
    let chunked = "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n5;x=y\r\n five\r\n0\r\n\r\n";
    let oops = "  likely cause: the server failed; its own log knows why\n";
    refused(chunked, &format!("! refused: HTTP/1.1 500 Oops\n    Transfer-Encoding: chunked\n\n    four five\n{oops}"));
    let unknown = "HTTP/1.1 500 Oops\r\n\r\nto the end";
    refused(unknown, &format!("! refused: HTTP/1.1 500 Oops\n\n    to the end\n{oops}"));
    let cut = "HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nnot all";
    refused(
        cut,
        &format!(
            "! refused: HTTP/1.1 500 Oops\n    Content-Length: 100\n\n    not all\n  \
             that is not the whole body: the server ended the connection before its end\n{oops}"
        ),
    );
}

#[test]
fn a_body_without_end_is_cut_and_the_cut_is_told() {
    let (server, script) = script::serve(|server| {
        server.request();
        server.send("HTTP/1.1 500 Oops\r\n\r\n");
        let page = vec![b'x'; 1 << 20];
        while server.try_send(&page).is_ok() {}
    });
    let run = Client::to(server).run();
    script.join().unwrap();
    assert_eq!(run.code, Some(1));
    let talk = run.talk();
    assert!(talk.len() < 6000, "{} bytes", talk.len());
    assert!(
        talk.contains("\n    ... 12288 more bytes\n  that is not the whole body: it is longer than 16384 bytes\n"),
        "{talk}"
    );
}

#[test]
fn a_body_that_does_not_come_is_given_up_in_time_and_its_head_is_told() {
    let (server, script) = script::serve(|server| {
        server.request();
        server.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno");
        server.rest()
    });
    let run = Client::to(server).args("--connect-timeout 300ms").run();
    script.join().unwrap();
    assert_eq!(run.code, Some(1));
    let expected = "! refused: HTTP/1.1 403 Forbidden\n    Content-Length: 100\n\n    no\n  \
                    that is not the whole body: no answer in time\n  likely cause: mostly the Origin";
    assert!(run.talk().starts_with(expected), "{}", run.talk());
}

#[test]
fn a_hostile_refusal_cannot_touch_the_terminal() {
    // Of what moves the cursor, a header may only have what is no ASCII.
    let answer = "HTTP/1.1 301 \u{9b}2J\r\nLocation: \u{9d}0;owned\u{9c}\u{202e}\r\nX: \u{9b}31m\r\n\r\n\
                  \u{1b}[2J\u{1b}[H\rforged\u{202e}\n\u{7}";
    let (server, script) = script::answer(answer);
    let run = Client::to(server).run();
    script.join().unwrap();
    assert_eq!(run.code, Some(1));
    is_safe(run.raw_talk());
    assert!(run.talk().contains("\\u{1b}[2J\\u{1b}[H\\rforged"), "{}", run.talk());
}

#[test]
fn a_page_that_speaks_of_tls_names_the_scheme() {
    let body = "<center>The plain HTTP request was sent to HTTPS port</center>";
    let (server, script) =
        script::answer(format!("HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    let run = Client::to(server).run();
    script.join().unwrap();
    assert!(run.talk().contains("likely cause: this port speaks TLS: wss:// instead of ws://\n"), "{}", run.talk());
}

#[test]
fn a_refusal_as_json_has_all_of_it() {
    let (server, script) =
        script::answer("HTTP/1.1 403 Forbidden\r\nX: a\r\nX: \u{9b}\r\nContent-Length: 3\r\n\r\nno\u{1b}");
    let run = Client::to(server).args("--json").run();
    script.join().unwrap();
    assert_eq!((run.code, run.raw_talk()), (Some(1), &b""[..]));
    let line: serde_json::Value = serde_json::from_str(run.data().trim_end()).unwrap();
    assert_eq!(line["event"], "failed");
    assert_eq!(line["why"], "refused");
    assert_eq!(line["status"], 403);
    assert_eq!(line["status_line"], "HTTP/1.1 403 Forbidden");
    assert_eq!(line["fields"], serde_json::json!([["X", "a"], ["X", "\u{9b}"], ["Content-Length", "3"]]));
    assert_eq!((&line["body"], &line["body_cut"]), (&"no\u{1b}".into(), &serde_json::Value::Null));
    assert!(line["likely_cause"].as_str().unwrap().contains("--origin"));
}

#[test]
fn a_cookie_that_the_answer_sets_is_nobodys_business() {
    let wrong = "HTTP/1.1 101 Switching Protocols\r\nset-cookie: id=opensesame\r\n\r\n";
    for answer in ["HTTP/1.1 401 Unauthorized\r\nSet-Cookie: id=opensesame; Path=/\r\n\r\n", wrong] {
        for (options, is_shown) in
            [("", false), ("--json", false), ("--show-secrets", true), ("--json --show-secrets", true)]
        {
            let (server, script) = script::answer(answer);
            let run = Client::to(server).args(options).run();
            script.join().unwrap();
            let said = run.data() + &run.talk();
            assert_eq!(
                (said.contains("opensesame"), said.contains("****")),
                (is_shown, !is_shown),
                "{options}: {said}"
            );
        }
    }
}
