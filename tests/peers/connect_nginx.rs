//! `ws101 connect` through nginx: told rightly, told wrongly, too patient or not enough, with TLS and with a password.

use crate::client::{connect, connected, free_port, talk};
use crate::nginx::{Nginx, UPGRADE, certificate, folder};
use crate::run::to_end;
use crate::server::Server;
use crate::tools::program;
use std::fs;
use std::time::Instant;

/// Everything goes to this server, with these rules.
fn pass(server: &Server, rules: &str) -> String {
    format!("location / {{ proxy_pass http://127.0.0.1:{}; {rules} }}", server.port())
}

#[test]
#[ignore = "needs nginx"]
fn what_is_passed_on_is_echoed() {
    let server = Server::start(&[]);
    let nginx = Nginx::start("passed", "", &pass(&server, UPGRADE));
    let said = connected(&[&nginx.at("ws", "/ws")], "Hello\nκόσμε\n").succeeded();
    assert_eq!(said.text(), "Hello\nκόσμε\n");
    assert!(talk(&said).contains("closed: 1000 normal closure, answered by the server"), "{}", said.all());
}

/// Without a word about Upgrade nginx speaks HTTP/1.0 and says `Connection: close`.
#[test]
#[ignore = "needs nginx"]
fn an_upgrade_that_is_lost_on_the_way_names_the_proxy() {
    let server = Server::start(&[]);
    for (name, rules) in [("lost", ""), ("half", "proxy_http_version 1.1;")] {
        let nginx = Nginx::start(name, "", &pass(&server, rules));
        let said = connected(&[&nginx.at("ws", "/ws")], "Hello\n");
        assert_eq!((said.status.code(), said.text().as_str()), (Some(1), ""), "{}", said.all());
        for part in
            ["! refused: HTTP/1.1 4", "proxy", "proxy_http_version 1.1", "proxy_set_header Upgrade $http_upgrade"]
        {
            assert!(talk(&said).contains(part), "{name}: {part}: {}", said.all());
        }
    }
}

/// The question of many: why does an idle socket die behind a proxy?
#[test]
#[ignore = "needs nginx"]
fn an_idle_timeout_is_recognized_and_pings_prevent_it() {
    let server = Server::start(&["--ping-interval", "0"]);
    let nginx = Nginx::start("idle", "", &pass(&server, &format!("{UPGRADE} proxy_read_timeout 5s;")));
    let url = nginx.at("ws", "/ws");
    let said = connected(&["-w", "forever", &url], "Hello\n");
    assert_eq!((said.status.code(), said.text().as_str()), (Some(1), "Hello\n"), "{}", said.all());
    let words = talk(&said);
    assert!(words.contains("server sent FIN without a Close frame after 5."), "{}", said.all());
    assert!(words.contains("idle timeout; a --ping-interval below it"), "{}", said.all());

    let started = Instant::now();
    let said = connected(&["-w", "7s", "--ping-interval", "2s", &url], "Hello\n").succeeded();
    assert!(started.elapsed().as_secs() >= 7, "it stayed open");
    assert!(talk(&said).contains("< Pong \"3\" after "), "{}", said.all());
}

#[test]
#[ignore = "needs nginx"]
fn a_proxy_with_nobody_behind_it_says_so() {
    let nginx = Nginx::start("nobody", "", &format!("location / {{ proxy_pass http://127.0.0.1:{}; }}", free_port()));
    let said = connected(&[&nginx.at("ws", "/ws")], "");
    assert_eq!(said.status.code(), Some(1));
    assert!(talk(&said).contains("! refused: HTTP/1.1 502 Bad Gateway"), "{}", said.all());
    assert!(talk(&said).contains("a proxy in between found nobody behind it"), "{}", said.all());
}

#[test]
#[ignore = "needs nginx"]
fn a_certificate_is_believed_when_its_authority_is() {
    let keys = folder("keys");
    certificate(&keys);
    let server = Server::start(&[]);
    let key = |name: &str| keys.join(name).display().to_string();
    let rules = format!("ssl_certificate {}; ssl_certificate_key {};", key("server.pem"), key("server.key"));
    let nginx = Nginx::start("tls", "ssl", &format!("{rules} {}", pass(&server, UPGRADE)));
    let url = nginx.at("wss", "/ws");

    let said = connected(&[&url], "Hello\n");
    assert_eq!((said.status.code(), said.text().as_str()), (Some(1), ""), "{}", said.all());
    assert!(talk(&said).contains("! TLS: ") && talk(&said).contains("-k"), "{}", said.all());

    let said = connected(&["-k", &url], "Hello\n").succeeded();
    assert_eq!(said.text(), "Hello\n");

    let trusting = &mut connect(&[&url]);
    let said = to_end(trusting.env("SSL_CERT_FILE", key("ca.pem")), b"Hello\n", 30).succeeded();
    assert_eq!(said.text(), "Hello\n");
    assert!(talk(&said).contains(", TLSv1."), "{}", said.all());

    let said = connected(&[&nginx.at("ws", "/ws")], "");
    assert!(talk(&said).contains("this port speaks TLS: wss://"), "{}", said.all());
    let plain = Nginx::start("plain", "", &pass(&server, UPGRADE));
    let said = connected(&[&plain.at("wss", "/ws")], "");
    assert!(talk(&said).contains("! TLS: ") && talk(&said).contains("ws://"), "{}", said.all());
    let _ = fs::remove_dir_all(keys);
}

#[test]
#[ignore = "needs nginx"]
fn a_name_and_a_password_of_the_url_are_shown() {
    let keys = folder("password");
    // The colon and the @ of the password must survive the URL.
    let hash = to_end(program("openssl", "bash .ci/peers").args(["passwd", "-apr1", "se:cr@t"]), b"", 30).succeeded();
    fs::write(keys.join("users"), format!("me:{}", hash.text())).expect("the users are written");
    let server = Server::start(&[]);
    let rules = format!("{UPGRADE} auth_basic peers; auth_basic_user_file {};", keys.join("users").display());
    let nginx = Nginx::start("basic", "", &pass(&server, &rules));
    let url = |user: &str| format!("ws://{user}127.0.0.1:{}/ws", nginx.port);
    let said = connected(&["-vv", &url("me:se%3Acr%40t@")], "Hello\n").succeeded();
    assert_eq!(said.text(), "Hello\n");
    assert!(!talk(&said).contains("se:cr@t") && !talk(&said).contains("bWU6c2U6Y3JAdA"), "{}", said.all());
    for user in ["", "me:wrong@"] {
        let said = connected(&[&url(user)], "Hello\n");
        assert_eq!(said.status.code(), Some(1));
        assert!(talk(&said).contains("! refused: HTTP/1.1 401 Unauthorized"), "{}", said.all());
        assert!(talk(&said).contains("ws://USER:PASSWORD@HOST/"), "{}", said.all());
    }
    let _ = fs::remove_dir_all(keys);
}
