//! Headless Chromium, and a page that opens a WebSocket to a server that is not its own: chapter 14 of the walkthrough tells
//! the same steps for a browser's console.

use crate::run::to_end;
use crate::server::Server;
use crate::tools::{chromium, node};

#[test]
#[ignore = "needs chromium"]
fn only_the_look_at_origin_keeps_a_strangers_page_out() {
    let elsewhere = Server::start(&["--tick", "off"]);
    let any = Server::start(&["--tick", "off"]);
    let narrow = Server::start(&["--tick", "off", "--origin", "https://scores.example"]);
    let mut script = node("hijack.js", "playwright-core");
    script.arg(chromium()).args([&elsewhere, &any, &narrow].map(|server| server.port().to_string()));
    let said = to_end(&mut script, b"", 120).succeeded();
    let passed: Vec<String> = said.text().lines().map(str::to_owned).collect();
    assert_eq!(passed, ["ok another-origin", "ok another-site", "ok refused"], "{}", said.all());
    narrow.logs("403 Forbidden");
}
