//! What real proxies do with open connections: who gets them, what ends them, and what a reload, a crash, a frozen backend
//! and a drain leave of them.

use crate::common::peer::{Peer, frame, handshake};
use crate::common::{spawn, wait_until};
use crate::lab::{Lab, Part, greeted};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A masked Close without a code, which any Close may be answered with.
const CLOSE: u8 = 0x88;
const TEXT: u8 = 0x81;

/// Sends a message, and the backend that puts its name before the echo.
fn echo(peer: &mut Peer, text: &str) -> char {
    peer.send(frame(TEXT, text.as_bytes()));
    let echo = String::from_utf8(peer.payload(TEXT)).expect("UTF-8");
    let (name, echoed) = echo.split_once("] ").expect("a name in brackets");
    assert_eq!(echoed, text);
    name.chars().nth(1).expect("a name")
}

/// Two connections, one with each backend: with A, with B.
fn one_each(proxy: &Part) -> (Peer, Peer) {
    let ((first, name), (second, other)) = (proxy.open(), proxy.open());
    assert_ne!(name, other, "in turn");
    if name == 'A' { (first, second) } else { (second, first) }
}

/// Opens connections until one is with that backend; the others end at once. An Envoy that draws lots gives a backend with
/// more connections one of four new ones: none in twenty is seen, none in a hundred is not.
fn open_with(proxy: &Part, wanted: char) -> Peer {
    let opened = (0..100).map(|_| proxy.open()).find(|(_, name)| *name == wanted);
    opened.unwrap_or_else(|| panic!("a hundred connections, none with {wanted}")).0
}

/// The next connections are all with this backend.
fn all_with(proxy: &Part, wanted: char) {
    let names: String = (0..4).map(|_| proxy.open().1).collect();
    assert!(names.chars().all(|name| name == wanted), "{names} instead of {wanted} alone");
}

#[test]
#[ignore = "needs nginx, haproxy, envoy and caddy"]
fn connections_are_dealt_out_in_turn_and_each_stays() {
    for (proxy, name) in
        [("nginx", "right"), ("haproxy", "http"), ("haproxy", "tcp"), ("envoy", "right"), ("caddy", "right")]
    {
        let lab = Lab::start(proxy, name);
        let mut all: Vec<(Peer, char)> = (0..6).map(|_| lab.proxy.open()).collect();
        let names: String = all.iter().map(|(_, name)| name).collect();
        assert!(["ABABAB", "BABABA"].contains(&names.as_str()), "{proxy}: {names}");
        let (peer, name) = &mut all[0];
        let stays: String = (0..6).map(|number| echo(peer, &format!("message {number}"))).collect();
        assert_eq!(stays, name.to_string().repeat(6), "{proxy}: one connection, one backend");
    }
}

#[test]
#[ignore = "needs nginx and haproxy"]
fn sticky_means_one_backend_for_one_client() {
    let lab = Lab::start("nginx", "sticky");
    let (_, name) = lab.proxy.open();
    all_with(&lab.proxy, name);
    let lab = Lab::start("haproxy", "sticky");
    for name in ['A', 'B'] {
        for _ in 0..3 {
            let mut peer = Peer::connect(lab.proxy.addr);
            let cookie = format!("Cookie: backend={name}");
            peer.send(handshake("/ws", &[&cookie]));
            peer.expect_101();
            assert_eq!(greeted(&mut peer), name);
        }
    }
}

/// Round robin deals out half of what comes; who has the fewest connections gets all, until it has as many.
#[test]
#[ignore = "needs nginx and haproxy"]
fn the_fewest_connections_count_those_that_stay() {
    for (proxy, name) in [("nginx", "least-conn"), ("haproxy", "leastconn")] {
        let lab = Lab::start(proxy, name);
        let mut with_a = Vec::new();
        let mut with_b = Vec::new();
        for _ in 0..6 {
            let (peer, name) = lab.proxy.open();
            if name == 'A' { with_a.push(peer) } else { with_b.push(peer) }
        }
        assert_eq!((with_a.len(), with_b.len()), (3, 3), "{proxy}");
        drop(with_b);
        // The proxy has seen the ends when B has none left.
        wait_until("B has nobody", || Peer::get(lab.b.addr, "/connections").text().matches("\"/ws\"").count() == 0);
        let names: String = (0..3).map(|_| hold(lab.proxy.open(), &mut with_a)).collect();
        assert_eq!(names, "BBB", "{proxy}");
    }
}

fn hold((peer, name): (Peer, char), held: &mut Vec<Peer>) -> char {
    held.push(peer);
    name
}

/// The kernel of a process that was killed sends a FIN; the proxy passes it on, and there is no Close: 1006.
#[test]
#[ignore = "needs nginx, haproxy, envoy and caddy"]
fn a_backend_that_is_killed_takes_only_its_own_connections_along() {
    for (proxy, name) in
        [("nginx", "right"), ("haproxy", "http"), ("haproxy", "tcp"), ("envoy", "right"), ("caddy", "right")]
    {
        eprintln!("{proxy} {name}");
        let lab = Lab::start(proxy, name);
        let (mut with_a, mut with_b) = one_each(&lab.proxy);
        lab.a.signal("KILL");
        with_a.is_cut_off();
        // The kernel closes a dead process's sockets one by one. A listening one that is still there takes a connection, and ends
        // it: no proxy tries that request again elsewhere.
        wait_until("nobody listens there", || TcpStream::connect(lab.a.addr).is_err());
        assert_eq!(echo(&mut with_b, "still here"), 'B', "{proxy}");
        all_with(&lab.proxy, 'B');
    }
}

/// The old worker keeps what it has. With `worker_shutdown_timeout` it ends it, without a Close.
#[test]
#[ignore = "needs nginx"]
fn a_reload_of_nginx_keeps_connections_unless_it_is_told_a_time() {
    let lab = Lab::start("nginx", "right");
    let reload = |count: usize| {
        lab.proxy.signal("HUP");
        let ending = || lab.file("error.log").matches("gracefully shutting down").count() >= count;
        wait_until("the old worker takes nobody new", ending);
    };
    let (mut before, _) = lab.proxy.open();
    lab.insert("daemon off;", "worker_shutdown_timeout 1s;");
    reload(1);
    echo(&mut before, "after a reload");

    let (mut timed, _) = lab.proxy.open();
    echo(&mut timed, "with the new worker");
    reload(2);
    timed.ends();
    echo(&mut before, "its worker was not told a time");
    lab.proxy.open();
}

/// The same: the old process keeps what it has, and `hard-stop-after` ends it.
#[test]
#[ignore = "needs haproxy"]
fn a_reload_of_haproxy_keeps_connections_unless_it_is_told_a_time() {
    let lab = Lab::start("haproxy", "http");
    let reload = |count: usize| {
        let (mut again, pause) = (Instant::now(), Duration::from_secs(2));
        wait_until("the new worker is there", || {
            let loaded = lab.file("proxy.log").matches("Loading success").count() >= count;
            // The master hears no signal for a moment after a reload.
            if !loaded && Instant::now() >= again {
                lab.proxy.signal("USR2");
                again = Instant::now() + pause;
            }
            loaded
        });
    };
    let (mut before, _) = lab.proxy.open();
    lab.insert("global", "    hard-stop-after 1s");
    reload(2);
    echo(&mut before, "after a reload");

    let (mut timed, _) = lab.proxy.open();
    echo(&mut timed, "with the new worker");
    reload(3);
    timed.is_cut_off();
    echo(&mut before, "its worker was not told a time");
    lab.proxy.open();
}

/// The only one of the four that says a word at the end.
#[test]
#[ignore = "needs caddy"]
fn a_reload_of_caddy_ends_each_connection_with_a_close() {
    let lab = Lab::start("caddy", "right");
    let (mut peer, _) = lab.proxy.open();
    let mut reload = crate::tools::program("caddy", "apt-get install caddy");
    reload.current_dir(&lab.folder).args(["reload", "--force", "--adapter", "caddyfile", "--config"]);
    crate::run::to_end(reload.arg(&lab.configuration), b"", 60).succeeded();
    assert_eq!(peer.close().code, 1001);
    peer.send(frame(CLOSE, &1001_u16.to_be_bytes()));
    peer.is_cut_off();
    lab.proxy.open();
}

/// Its kernel still takes connections and bytes, so that nothing looks wrong from outside. nginx asks nobody for their
/// health: every second client waits.
#[test]
#[ignore = "needs nginx"]
fn behind_nginx_a_frozen_backend_lets_its_clients_wait() {
    let lab = Lab::start("nginx", "right");
    let (mut with_a, mut with_b) = one_each(&lab.proxy);
    lab.a.signal("STOP");
    with_a.send(frame(TEXT, b"are you there?"));
    let mut new: Vec<Peer> = (0..2).map(|_| asking(&lab.proxy)).collect();
    assert_eq!(echo(&mut with_b, "I am"), 'B');
    let answered = new.iter_mut().filter_map(|peer| peer.hears_within(Duration::from_secs(1)).then_some(()));
    assert_eq!(answered.count(), 1, "one of two new clients is answered");
    lab.a.signal("CONT");
    assert_eq!(with_a.payload(TEXT), b"[A] are you there?");
    new.iter_mut().for_each(Peer::expect_101);
}

/// A client that has asked for a WebSocket, and waits.
fn asking(proxy: &Part) -> Peer {
    let mut peer = Peer::connect(proxy.addr);
    peer.send(handshake("/ws", &[]));
    peer
}

/// How many new clients in a row are with B only if A is out. In turn, two would say it. An Envoy that draws lots gives B six
/// in a row once in 64 times, and A is still in: these many, once in a billion.
const IN_A_ROW: usize = 30;

/// Whoever asks the backends for their health lets new clients wait until the answer stays away, and then no more.
#[test]
#[ignore = "needs haproxy, envoy and caddy"]
fn a_health_check_finds_the_frozen_one() {
    for (proxy, name) in [("haproxy", "http"), ("envoy", "right"), ("envoy", "istio"), ("caddy", "right")] {
        eprintln!("{proxy} {name}");
        let lab = Lab::start(proxy, name);
        lab.a.signal("STOP");
        let mut answered = 0;
        wait_until("new clients are with B, one after the other", || {
            let quick = asking(&lab.proxy).hears_within(Duration::from_secs(1));
            answered = if quick { answered + 1 } else { 0 };
            answered == IN_A_ROW
        });
        all_with(&lab.proxy, 'B');
        lab.a.signal("CONT");
    }
}

/// HAProxy asks, and gives nothing new to who does not answer. What is open there hangs, unless it is told to end it.
#[test]
#[ignore = "needs haproxy"]
fn behind_haproxy_a_frozen_backend_gets_nothing_new() {
    for (name, is_ended) in [("http", false), ("marked-down", true)] {
        let lab = Lab::start("haproxy", name);
        let (mut with_a, _with_b) = one_each(&lab.proxy);
        lab.a.signal("STOP");
        wait_until("A is marked down", || lab.file("proxy.log").contains("Server ws101/A is DOWN"));
        all_with(&lab.proxy, 'B');
        if is_ended {
            with_a.is_cut_off();
        } else {
            with_a.send(frame(TEXT, b"are you there?"));
            assert!(!with_a.hears_within(Duration::from_secs(1)), "{name}: it hangs");
            lab.a.signal("CONT");
            assert_eq!(with_a.payload(TEXT), b"[A] are you there?");
        }
    }
}

/// How many clients send while a backend stops, and how many messages each has in hand at a time.
const CLIENTS: usize = 6;
const IN_HAND: usize = 8;

/// A client that sends until it is told that the server goes away. Every message that A has read is answered, in order.
fn send_until_close(peer: &mut Peer) -> usize {
    let (mut sent, mut came) = (0, 0);
    loop {
        while sent < came + IN_HAND {
            peer.send(frame(TEXT, format!("{sent}").as_bytes()));
            sent += 1;
        }
        match peer.frame().expect("an echo or a Close") {
            (TEXT, payload) => {
                assert_eq!(String::from_utf8_lossy(&payload), format!("[A] {came}"), "no echo is lost");
                came += 1;
            }
            (CLOSE, payload) => {
                assert_eq!(payload, b"\x03\xe9server is stopping");
                peer.send(frame(CLOSE, &1001_u16.to_be_bytes()));
                peer.is_cut_off();
                return came;
            }
            (first, _) => panic!("a frame {first:02x}"),
        }
    }
}

/// Of lines such as `ws-7 = ended after 4.3s; messages: 8 in, 9 out; bytes: ...`.
fn messages_out(log: &str) -> usize {
    let counts = log.lines().filter_map(|line| line.split_once("; messages: ")?.1.split_once(" in, "));
    counts.filter_map(|(_, rest)| rest.split(' ').next()?.parse::<usize>().ok()).sum()
}

#[test]
#[ignore = "needs nginx, haproxy, envoy and caddy"]
fn a_drain_loses_no_echo() {
    for (proxy, name) in
        [("nginx", "right"), ("haproxy", "http"), ("envoy", "right"), ("envoy", "istio"), ("caddy", "right")]
    {
        eprintln!("{proxy} {name}");
        let mut lab = Lab::start(proxy, name);
        let clients: Vec<Peer> = (0..CLIENTS).map(|_| open_with(&lab.proxy, 'A')).collect();
        let clients: Vec<_> = clients
            .into_iter()
            .map(|mut peer| {
                echo(&mut peer, "0");
                spawn("client", move || send_until_close(&mut peer))
            })
            .collect();
        lab.a.signal("TERM");
        let came: usize = clients.into_iter().map(|client| client.join().expect("no panic")).sum();
        lab.says("A has ended");
        // Each was greeted, and has said one word before. What A has sent is what came.
        assert_eq!(came + 2 * CLIENTS, messages_out(&lab.file("A.log")), "{proxy}");
        all_with(&lab.proxy, 'B');
        assert_eq!(lab.stop().code(), Some(130));
    }
}

/// Who the backends say has opened a WebSocket, in order: `= open /ws from 203.0.113.9, by way of ...`.
fn who_opened(lab: &Lab) -> Vec<String> {
    let logs = lab.file("A.log") + &lab.file("B.log");
    let opened = logs.lines().filter_map(|line| line.split_once(" = open /ws from ")?.1.split_once(", by way of "));
    opened.map(|(who, _)| who.to_owned()).collect()
}

/// A client writes what it likes into X-Forwarded-For. The last name there is the proxy's own word, whether the proxy adds
/// it to the line or puts a second line below. Past the proxy nobody adds anything, and the forgery is believed.
#[test]
#[ignore = "needs nginx and haproxy"]
fn behind_a_proxy_a_forged_x_forwarded_for_is_not_believed() {
    let forged = handshake("/ws", &["X-Forwarded-For: 203.0.113.9"]);
    for (proxy, name) in [("nginx", "right"), ("haproxy", "http")] {
        let lab = Lab::start_in(proxy, name, &[("WS101_BEHIND_PROXY", "true")]);
        for (addr, client) in [(lab.proxy.addr, "127.0.0.1"), (lab.a.addr, "203.0.113.9")] {
            let mut peer = Peer::connect(addr);
            peer.send(&forged);
            peer.expect_101();
            let told = || who_opened(&lab).iter().any(|who| who == client);
            wait_until("the backend has told whom it takes for the client", told);
        }
        assert_eq!(who_opened(&lab).len(), 2, "{proxy}: {:?}", who_opened(&lab));
    }
}

/// HAProxy tells the address and the port of its client, and they are those of the client's own socket.
#[test]
#[ignore = "needs haproxy"]
fn the_proxy_protocol_tells_who_the_client_is() {
    let lab = Lab::start("haproxy", "proxy-protocol-right");
    let (mut peer, _) = lab.proxy.open();
    assert_eq!(echo(&mut peer, "who am I?"), greeted_by(&lab, &peer));
    // Without HAProxy whoever connects writes the header. Who may connect is for a firewall to say.
    let mut forged = Peer::connect(lab.a.addr);
    forged.send(b"PROXY TCP4 203.0.113.9 127.0.0.1 4000 80\r\n");
    forged.send(handshake("/ws", &[]));
    forged.expect_101();
    wait_until("the forged address is told", || who_opened(&lab).iter().any(|who| who == "203.0.113.9:4000"));
}

/// The backend whose log names the address of this socket.
fn greeted_by(lab: &Lab, peer: &Peer) -> char {
    let line = format!(" = open /ws from {}, by way of ", peer.addr());
    let backends = [('A', "A.log"), ('B', "B.log")];
    let found = backends.into_iter().find(|(_, log)| lab.file(log).contains(&line));
    found.unwrap_or_else(|| panic!("no log has {line}")).0
}

#[test]
#[ignore = "needs haproxy"]
fn a_wrong_proxy_header_is_refused_and_explained() {
    let lab = Lab::start("haproxy", "proxy-protocol-right");
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (header, why) in [
        ("", "began without a header of the PROXY protocol"),
        ("PROXY TCP4 203.0.113.9\r\n", "it has too few parts"),
        ("PROXY TCP4 203.0.113.999 127.0.0.1 4000 80\r\n", "not a right one"),
        ("PROXY TCP4 203.0.113.9 127.0.0.1 70000 80\r\n", "not a right one"),
    ] {
        let response = Peer::ask(lab.a.addr, format!("{header}{request}"));
        assert_eq!(response.status, "400 Bad Request", "{header}");
        assert!(response.text().contains(why), "{header}: {}", response.text());
    }
    let unasked = Lab::start("haproxy", "proxy-protocol");
    let response = Peer::ask(unasked.proxy.addr, request);
    assert_eq!(response.status, "400 Bad Request");
    assert!(response.text().contains("which this server was not told to expect"), "{}", response.text());
}
