//! ws101 and the programs that people already have: do they understand each other?
//!
//! Every test here needs a program that is not part of this crate, so all are ignored unless asked for:
//! `bash .ci/peers` installs the programs under `target/peers`, then
//! `cargo test --test peers -- --ignored --test-threads=1` runs the tests.
//! A program that is missing fails its tests with a sentence that says how to install it: a test that was
//! asked for never passes by doing nothing.

// A helper of a test may give up as loudly as the test itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "peers/client.rs"]
mod client;
mod common;
#[path = "peers/dns.rs"]
mod dns;
#[path = "common/dockerfile.rs"]
mod dockerfile;
#[path = "common/fences.rs"]
mod fences;
#[path = "peers/lab.rs"]
mod lab;
#[path = "peers/limit.rs"]
mod limit;
#[path = "common/links.rs"]
mod links;
#[path = "peers/nginx.rs"]
mod nginx;
#[path = "peers/redis_server.rs"]
mod redis_server;
#[path = "peers/run.rs"]
mod run;
#[path = "peers/server.rs"]
mod server;
#[path = "peers/terminal.rs"]
mod terminal;
#[path = "peers/tools.rs"]
mod tools;

#[path = "peers/advice.rs"]
mod advice;
#[path = "peers/autobahn.rs"]
mod autobahn;
#[path = "peers/browser.rs"]
mod browser;
#[path = "peers/check.rs"]
mod check;
#[path = "peers/connect_autobahn.rs"]
mod connect_autobahn;
#[path = "peers/connect_nginx.rs"]
mod connect_nginx;
#[path = "peers/connect_node.rs"]
mod connect_node;
#[path = "peers/connect_python.rs"]
mod connect_python;
#[path = "peers/connect_terminal.rs"]
mod connect_terminal;
#[path = "peers/connect_tools.rs"]
mod connect_tools;
#[path = "peers/curl.rs"]
mod curl;
#[path = "peers/hijack.rs"]
mod hijack;
#[cfg(target_os = "linux")]
#[path = "peers/images.rs"]
mod images;
#[path = "peers/istio.rs"]
mod istio;
#[path = "peers/labs.rs"]
mod labs;
#[path = "peers/manifests.rs"]
mod manifests;
#[path = "peers/mermaid.rs"]
mod mermaid;
#[path = "peers/nc.rs"]
mod nc;
#[path = "peers/node.rs"]
mod node;
#[path = "peers/page.rs"]
mod page;
#[path = "peers/probe.rs"]
mod probe;
#[path = "peers/proxies.rs"]
mod proxies;
#[path = "peers/python.rs"]
mod python;
#[cfg(target_os = "linux")]
#[path = "peers/redis.rs"]
mod redis;
#[cfg(target_os = "linux")]
#[path = "peers/soak.rs"]
mod soak;
#[path = "peers/websocat.rs"]
mod websocat;
#[path = "peers/wscat.rs"]
mod wscat;
