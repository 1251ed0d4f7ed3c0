//! Headless Chromium: the API that pages use, on a page that ws101 itself serves.

use crate::run::to_end;
use crate::server::Server;
use crate::tools::{first_of, node};

#[test]
#[ignore = "needs chromium"]
fn a_page_talks_to_its_server() {
    let server = Server::start(&[]);
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let chromium = first_of(&names, "apt-get install chromium");
    let mut script = node("browser.js", "playwright-core");
    let said = to_end(script.arg(chromium).arg(server.http("/")), b"", 120).succeeded();
    let passed: Vec<String> = said.text().lines().map(str::to_owned).collect();
    assert_eq!(passed, ["ok text", "ok mebibyte", "ok close_4001", "ok several"], "{}", said.all());
}
