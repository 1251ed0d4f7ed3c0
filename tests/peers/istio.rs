//! What two Envoys in a row, told as Istio tells them, leave of a connection: gateway, sidecar, server.

use crate::common::peer::{Peer, frame, handshake};
use crate::common::wait_until;
use crate::lab::Lab;
use crate::run::to_end;
use crate::tools::program;
use serde_json::Value;

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

/// The request as the server saw it, which its first message tells.
fn seen_by_the_server(lab: &Lab) -> (String, Value) {
    let mut peer = Peer::connect(lab.proxy.addr);
    peer.send(handshake("/ws?inspect=1", &["X-Forwarded-For: 203.0.113.9"]));
    let answer = peer.raw_head();
    (answer, serde_json::from_slice(&peer.payload(TEXT)).expect("JSON"))
}

/// The server sees one address, whoever the client is, and learns of the client from a field alone. Only the gateway writes
/// into it: the sidecar hands it on.
#[test]
#[ignore = "needs envoy"]
fn the_server_sees_its_sidecar_and_is_told_of_the_client() {
    let lab = Lab::start("envoy", "istio");
    let (answer, seen) = seen_by_the_server(&lab);
    assert!(answer.contains("\r\nserver: istio-envoy\r\n"), "{answer}");
    let told = seen.to_string();
    let all = told.to_lowercase();
    assert!(all.contains("127.0.0.6"), "{told}");
    for field in ["x-forwarded-proto", "x-request-id", "x-envoy-attempt-count"] {
        assert!(all.contains(field), "{field}: {told}");
    }
    let forwarded = all.split("203.0.113.9,").nth(1).expect("the forged name stands first");
    let last = forwarded.split(['"', '\\']).next().expect("the last name");
    assert!(!last.contains(','), "one hop has written a name: {told}");
}

/// Pages of the admin, as `/clusters`.
fn admin(lab: &Lab, page: &str) -> String {
    let mut curl = program("curl", "apt-get install curl");
    curl.args(["-s", "--unix-socket"]).arg(lab.folder.join("admin.sock")).arg(format!("http://envoy{page}"));
    to_end(&mut curl, b"", 60).succeeded().text()
}

/// A WebSocket server ends TCP first (RFC 6455 s7.1.1), which Envoy takes for a failure. With outlier detection five of them
/// in a row keep new clients from a pod that has nothing; without it nobody minds.
#[test]
#[ignore = "needs envoy and curl"]
fn websockets_that_end_speak_against_no_pod() {
    let lab = Lab::start("envoy", "istio");
    let mut peers: Vec<Peer> = (0..20).map(|_| lab.proxy.open().0).collect();
    for peer in &mut peers {
        peer.send(frame(CLOSE, &1000_u16.to_be_bytes()));
    }
    for peer in &mut peers {
        assert_eq!(peer.close().code, 1000);
        peer.is_cut_off();
    }
    let stats = admin(&lab, "/stats?filter=^cluster.ws101.");
    let number = |name: &str| {
        let line =
            stats.lines().find_map(|line| line.strip_prefix("cluster.ws101.")?.strip_prefix(name)?.strip_prefix(": "));
        line.map_or(0, |number| number.parse::<u32>().expect("a number"))
    };
    assert!(number("upstream_cx_destroy_remote_with_active_rq") >= 20, "failures, in Envoy's eyes: {stats}");
    assert_eq!(number("outlier_detection.ejections_enforced_total"), 0, "{stats}");
}

/// Least request: whoever has more WebSockets open gets fewer of the new ones. Of two that are drawn by lot, the same one may
/// be drawn twice, so the emptier one gets three of four and not all; taking turns would give it half of them.
#[test]
#[ignore = "needs envoy"]
fn an_emptier_pod_gets_more() {
    const NEW: usize = 60;
    let lab = Lab::start("envoy", "istio");
    let open = |count: usize| (0..count).map(|_| lab.proxy.open()).collect::<Vec<_>>();
    let (with_a, with_b): (Vec<_>, Vec<_>) = open(2 * NEW).into_iter().partition(|(_, name)| *name == 'A');
    assert!(with_a.len() > NEW / 2 && with_b.len() > NEW / 2, "{} with A, {} with B", with_a.len(), with_b.len());
    drop(with_b);
    wait_until("B has nobody", || Peer::get(lab.b.addr, "/connections").text().matches("\"/ws\"").count() == 0);
    let with_b = open(NEW).iter().filter(|(_, name)| *name == 'B').count();
    assert!(with_b > NEW / 2, "{with_b} of {NEW} went to the empty pod");
}
