//! The program itself: what it prints, how it ends.

use crate::common::serve;
use serde_json::Value;
use std::net::SocketAddr;
use std::process::{Command, Output};
use ws101::server::Config;

fn probe(arguments: &[&str], columns: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    for name in ["RUST_LOG", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.arg("probe").args(arguments).env("COLUMNS", columns).output().expect("it runs")
}

fn url(server: SocketAddr, path: &str) -> String {
    format!("ws://{server}{path}")
}

#[test]
fn a_person_gets_two_columns_and_a_summary() {
    let server = serve(Config { name: Some("A".to_owned()), ..Config::default() });
    let run = probe(&["--only", "handshake", &url(server.addr, "/ws")], "100");
    let told = String::from_utf8(run.stdout).expect("UTF-8");
    assert_eq!(run.status.code(), Some(0), "{told}");
    for part in [
        "\n  nearest hop: none, the connection goes straight to the server\n",
        "handshake  well  ",
        "    GET /ws?inspect=1 HTTP/1.1\n",
        "\nSummary, for a ticket\n",
        "\n  handshake  well     a WebSocket was granted; the request arrived as it was sent\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains('\u{1b}'), "no colours in a pipe: {told}");
}

#[test]
fn a_program_gets_one_document_and_a_status() {
    let server = serve(Config::default());
    let run = probe(&["--json", "--only", "handshake", &url(server.addr, "/nowhere")], "40");
    assert_eq!(run.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(told["faults"], serde_json::json!(["refused"]), "{told}");
    let section = &told["sections"][0];
    assert!(section["faults"][0]["fix"].as_array().is_some_and(|lines| !lines.is_empty()), "{told}");
    let first = &section["facts"]["head"][0];
    assert_eq!(first["mark"], "kept", "{told}");
    assert_eq!(first["sent"], "GET /nowhere?inspect=1 HTTP/1.1", "{told}");
    assert_eq!(first["arrived"], first["sent"], "{told}");
}

#[test]
fn what_cannot_be_reached_is_no_report() {
    let nobody = { std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address") };
    let run = probe(&[&url(nobody, "/ws")], "80");
    assert_eq!((run.status.code(), run.stdout.as_slice()), (Some(2), &b""[..]));
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("refused: nothing listens there"), "{said}");
}
