//! What `ws101 probe` advises, put into a configuration and read by the proxy that it is for: a line that nginx does not take
//! is no cure.
//!
//! The words of an advice say where its lines belong. A new line of configuration has to be put into one of these frames.

use crate::client::free_port;
use crate::nginx::folder;
use crate::run::to_end;
use crate::tools::{first_of, installed};
use std::fs;
use std::path::Path;
use std::process::Command;
use ws101::probe::advice::fix;
use ws101::probe::{Fault, Hop};

/// The lines of configuration of an advice, with their indent among each other and without the comments behind them.
fn configuration(fault: Fault, hop: &Hop) -> Vec<String> {
    let lines = fix(fault, hop);
    let lines = lines.iter().filter_map(|line| line.strip_prefix("  "));
    lines.map(|line| line.split(" #").next().unwrap_or_default().trim_end().to_owned()).collect()
}

/// All lines of a hop that one of these words begins.
fn beginning<'a>(lines: &'a [String], words: &[&str]) -> Vec<&'a str> {
    let begins = |line: &&str| words.iter().any(|word| line.split_whitespace().next() == Some(word));
    lines.iter().map(String::as_str).filter(begins).collect()
}

/// Each line of a hop once, of all its advice.
fn lines(hop: &Hop) -> Vec<String> {
    let mut lines: Vec<String> = Fault::ALL.iter().flat_map(|fault| configuration(*fault, hop)).collect();
    lines.sort();
    lines.dedup();
    lines
}

/// Asserts that each line stands in exactly one of the frames.
fn each_has_its_place(lines: &[String], places: &[&[&str]]) {
    for line in lines {
        let count = places.iter().filter(|words| !beginning(std::slice::from_ref(line), words).is_empty()).count();
        assert_eq!(count, 1, "in which part of a configuration is this to be put? {line}");
    }
}

/// Asserts that a program takes a configuration. `arguments` come before the file's name, which no other test has.
fn takes(program: &Path, arguments: &[&str], name: &str, text: &str) -> String {
    let folder = folder(&format!("advice-{name}"));
    let file = folder.join(name);
    fs::write(&file, text).expect("the configuration is written");
    let mut command = Command::new(program);
    command.args(arguments).arg(&file).current_dir(&folder);
    let said = to_end(&mut command, b"", 60);
    assert!(said.status.success(), "{}\n{text}", said.all());
    fs::remove_dir_all(&folder).expect("the folder is removed");
    said.all()
}

#[test]
#[ignore = "needs nginx"]
fn nginx_takes_its_lines() {
    let hop = Hop::Nginx("nginx".to_owned());
    let lines = lines(&hop);
    let stream = ["proxy_protocol"];
    let (main, format, http) = (["worker_shutdown_timeout"], ["log_format"], ["map", "access_log"]);
    let (server, upstream) = (["listen", "underscores_in_headers"], ["server"]);
    let location = [
        "proxy_pass",
        "proxy_http_version",
        "proxy_set_header",
        "proxy_read_timeout",
        "proxy_connect_timeout",
        "proxy_next_upstream",
        "proxy_buffering",
        "gzip",
    ];
    each_has_its_place(&lines, &[&stream, &main, &format, &http, &server, &upstream, &location]);
    let part = |words: &[&str]| beginning(&lines, words).join("\n");
    let text = format!(
        "{}\nevents {{ }}\nhttp {{\n{}\n{}\nupstream two {{\n{}\n}}\nserver {{\n{}\nlocation / {{\n{}\n}}\n}}\n}}\n",
        part(&main),
        part(&format),
        // Who is not root may not write there.
        part(&http).replace("/var/log/nginx/", ""),
        part(&upstream),
        // Nor listen at 80.
        part(&server).replace("listen 80;", &format!("listen 127.0.0.1:{};", free_port())),
        part(&location)
    );
    let nginx = first_of(&["nginx", "/usr/sbin/nginx"], "bash .ci/peers");
    let arguments = ["-t", "-e", "stderr", "-g", "pid nginx.pid;", "-p", ".", "-c"];
    takes(&nginx, &arguments, "nginx.conf", &text);
    // A module of its own in Debian: libnginx-mod-stream.
    let module = Path::new("/usr/lib/nginx/modules/ngx_stream_module.so");
    let load = if module.exists() { format!("load_module {};\n", module.display()) } else { String::new() };
    for line in beginning(&lines, &stream) {
        let server = format!("listen 127.0.0.1:{};\nproxy_pass 127.0.0.1:2;\nproxy_timeout 1h;\n{line}", free_port());
        let text = format!("{load}events {{ }}\nstream {{\nserver {{\n{server}\n}}\n}}\n");
        takes(&nginx, &arguments, "stream.conf", &text);
    }
}

#[test]
#[ignore = "needs haproxy"]
fn haproxy_takes_its_lines_without_a_warning() {
    let lines = lines(&Hop::HaProxy);
    let (global, frontend) = (["hard-stop-after"], ["bind"]);
    let backend = ["timeout", "http-request", "option", "retries", "filter", "compression"];
    // Each is another server of the same name.
    let server = ["server"];
    each_has_its_place(&lines, &[&global, &frontend, &backend, &server]);
    let part = |words: &[&str]| beginning(&lines, words).join("\n");
    let servers = beginning(&lines, &server);
    let servers = servers.iter().enumerate().map(|(at, line)| line.replacen("server a", &format!("server a{at}"), 1));
    let text = format!(
        "global\n{}\ndefaults\nmode http\ntimeout connect 2s\ntimeout client 60s\ntimeout server 60s\nfrontend front\n{}\n\
         default_backend back\nbackend back\n{}\n{}\n",
        part(&global),
        part(&frontend),
        part(&backend),
        servers.collect::<Vec<_>>().join("\n")
    );
    let haproxy = first_of(&["haproxy", "/usr/sbin/haproxy"], "bash .ci/peers");
    let said = takes(&haproxy, &["-c", "-f"], "haproxy.cfg", &text);
    assert!(!said.contains("ignored"), "{said}\n{text}");
}

#[test]
#[ignore = "needs caddy"]
fn caddy_takes_its_lines() {
    let lines = lines(&Hop::Caddy);
    // Of Caddy 2.7 and later, as the advice says: the 2.6 of Debian knows none of them.
    let newer = ["proxy_protocol", "stream_close_delay", "response_buffers", "transport", "}"];
    let proxy = ["header_up", "health_uri", "health_interval", "fail_duration", "lb_try_duration", "flush_interval"];
    let transport = ["response_header_timeout", "read_timeout"];
    each_has_its_place(&lines, &[&newer, &proxy, &transport]);
    let part = |words: &[&str]| beginning(&lines, words).join("\n");
    let text = format!(
        "{{\nadmin off\n}}\nhttp://127.0.0.1:1 {{\nreverse_proxy 127.0.0.1:2 {{\n{}\ntransport http {{\n{}\n}}\n}}\n}}\n",
        part(&proxy),
        part(&transport)
    );
    let caddy = first_of(&["caddy", "/usr/bin/caddy"], "bash .ci/peers");
    takes(&caddy, &["validate", "--adapter", "caddyfile", "--config"], "Caddyfile", &text);
}

/// An Envoy with these lines in its parts.
fn envoy(connections: &str, route: &str, routes: &str, cluster: &str, listener: &str) -> String {
    let indented = |text: &str, by: usize| text.lines().map(|line| format!("{:by$}{line}\n", "")).collect::<String>();
    format!(
        "static_resources:
  listeners:
  - name: front
    address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }}
{}    filter_chains:
    - filters:
      - name: http
        typed_config:
          \"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          http_filters:
          - name: router
            typed_config: {{ \"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
{}          route_config:
{}            virtual_hosts:
            - name: all
              domains: [\"*\"]
              routes:
              - match: {{ prefix: \"/\" }}
                route:
                  cluster: ws
{}  clusters:
  - name: ws
    load_assignment: {{ cluster_name: ws }}
{}",
        indented(listener, 4),
        indented(connections, 10),
        indented(routes, 12),
        indented(route, 18),
        indented(cluster, 4)
    )
}

#[test]
#[ignore = "needs envoy"]
fn envoy_takes_its_lines() {
    let of = |fault: Fault| configuration(fault, &Hop::Envoy);
    let idle = of(Fault::IdleLimit);
    let (manager, route) = (idle[0].as_str(), idle[1..].join("\n"));
    let missing = of(Fault::ProxyProtocolMissing);
    let retry = of(Fault::BackendFails);
    let (checks, retry) = retry.split_at(retry.len() - 1);
    let upgrade = of(Fault::UpgradeForbidden).join("\n");
    let refused = of(Fault::Refused);
    assert!(refused[0].starts_with("routes: [{ match: { prefix: \"/\" }"), "{refused:?}");
    let texts = [
        envoy(&upgrade, "", "", "", ""),
        envoy("", &upgrade, "", "", ""),
        envoy(manager, "", "", "", ""),
        envoy("", &route, "", "", ""),
        envoy("", &of(Fault::LifetimeLimit).join("\n"), "", "", ""),
        envoy("", &of(Fault::LongPollCut).join("\n"), "", "", ""),
        envoy("", &of(Fault::StreamCut).join("\n"), "", "", ""),
        envoy("", "", &of(Fault::FieldLost).join("\n"), "", ""),
        envoy("", &retry.join("\n"), "", &checks.join("\n"), ""),
        envoy("", "", "", &missing[1..].join("\n"), ""),
    ];
    let envoy = installed("venv/bin/envoy");
    for text in texts {
        takes(&envoy, &["--mode", "validate", "-l", "error", "-c"], "envoy.yaml", &text);
    }
}
