//! Headless Chromium: the APIs that pages use, on a page that ws101 itself serves.

use crate::run::{Talk, to_end};
use crate::server::{Server, publish};
use crate::tools::{chromium, node};
use std::process::Command;

#[test]
#[ignore = "needs chromium"]
fn a_page_talks_to_its_server() {
    let server = Server::start(&[]);
    let mut script = node("browser.js", "playwright-core");
    let said = to_end(script.arg(chromium()).arg(server.http("/")), b"", 120).succeeded();
    let passed: Vec<String> = said.text().lines().map(str::to_owned).collect();
    assert_eq!(passed, ["ok text", "ok mebibyte", "ok close_4001", "ok several"], "{}", said.all());
}

#[test]
#[ignore = "needs chromium"]
fn an_event_source_misses_nothing_when_its_line_is_cut() {
    let server = Server::start(&["--tick", "30ms..90ms"]);
    feed_case("cut-lines", &[&server.port().to_string()]);
}

/// The number that the page has is ahead of the new server's log, so it is told to begin anew.
#[test]
#[ignore = "needs chromium"]
fn an_event_source_learns_that_its_server_was_started_again() {
    let start = |port, events| {
        let server = Server::start_on(port, &["--tick", "off"]);
        (0..events).for_each(|_| publish(&server, "x"));
        server
    };
    let mut server = start(0, 5);
    let port = server.port();
    let mut page = Talk::start(&mut script("restart", &[&port.to_string()]), 120);
    page.hear("please kill");
    drop(server);
    server = start(port, 3);
    page.hear("please stop");
    server.terminate();
    assert!(server.ended().success(), "ws101 ended well");
    server = start(port, 1);
    page.hear("ok restart");
    assert!(page.finish().success());
    drop(server);
}

#[test]
#[ignore = "needs chromium"]
fn a_page_reads_the_feed_of_a_server_that_allows_it() {
    let home = Server::start(&[]);
    let feed = Server::start(&["--tick", "off", "--allow-origin", &home.http("")]);
    publish(&feed, "one");
    feed_case("allowed", &[&home.http("/"), &feed.http("")]);
}

#[test]
#[ignore = "needs chromium"]
fn a_page_does_not_read_the_feed_of_a_server_that_does_not_allow_it() {
    let home = Server::start(&[]);
    let feed = Server::start(&["--tick", "off"]);
    publish(&feed, "one");
    feed_case("not-allowed", &[&home.http("/"), &feed.http("")]);
}

#[test]
#[ignore = "needs chromium"]
fn a_page_that_may_read_may_be_kept_from_publishing() {
    let home = Server::start(&[]);
    let feed = Server::start(&["--tick", "off", "--origin", "https://example.org", "--allow-origin", &home.http("")]);
    feed_case("foreign", &[&home.http("/"), &feed.http("")]);
}

fn feed_case(name: &str, parameters: &[&str]) {
    let said = to_end(&mut script(name, parameters), b"", 120).succeeded();
    assert_eq!(said.text(), format!("ok {name}\n"), "{}", said.all());
}

fn script(name: &str, parameters: &[&str]) -> Command {
    let mut script = node("browser_feed.js", "playwright-core");
    script.arg(chromium()).arg(name).args(parameters);
    script
}
