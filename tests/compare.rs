//! `ws101 compare`: its counts held against a relay that counts too, its arithmetic against what must be on the wire, and
//! what it says to whom it cannot measure.
//!
//! Nothing here sleeps: a run ends by itself, and everything else has a deadline.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{PATIENCE, serve, spawn, wait_until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use ws101::client::Url;
use ws101::compare::{self, Column, Kind, Rate, Report, Round, Settings};
use ws101::server::Config;

/// A server that publishes nothing by itself.
fn quiet() -> Config {
    Config { tick: None, ..Config::default() }
}

fn settings(addr: SocketAddr) -> Settings {
    Settings {
        url: Some(Url::parse(&format!("http://{addr}")).unwrap()),
        time: Duration::from_secs(1),
        poll_intervals: vec![Duration::from_millis(100)],
        rates: vec![Rate::parse("20/s").unwrap()],
        payload: 64,
        clients: 1,
    }
}

fn measure(settings: &Settings) -> Report {
    compare::run(settings, &mut |_| {}).expect("a measurement")
}

/// Every event that was published arrived, and every byte belongs to a part. On a busy machine the publisher may be late,
/// and then it is not all twenty.
fn holds(column: &Column, round: &Round) {
    let (label, published) = (column.kind.label(), round.published);
    assert!((1..=round.planned).contains(&published), "{round:?}");
    assert_eq!((column.missed, column.in_order), (0, true), "{label}");
    assert_eq!(column.events - column.foreign, column.clients * published, "{label}");
    assert!(column.ledger.balances(), "{label}: {:?}", column.ledger);
    let delay = column.delay.expect("delays");
    assert!(delay.p50 <= delay.p95 && delay.p95 <= delay.max, "{label}: {delay:?}");
}

// --- the counter ---

/// Passes bytes on between clients and a server, and counts them by what a connection first asked for.
struct Relay {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// By path: bytes up, bytes down, connections.
    counts: Mutex<BTreeMap<String, (u64, u64, u64)>>,
    /// Both ends of every connection.
    streams: Mutex<Vec<TcpStream>>,
    pumps: Mutex<Vec<JoinHandle<()>>>,
}

impl Relay {
    fn start(server: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        // It ends with the test's process.
        spawn("relay", move || {
            for client in listener.incoming().map_while(Result::ok) {
                accepting.connect(client, server);
            }
        });
        Relay { addr, shared }
    }

    /// Waits until both ends of all connections have ended: what each path cost.
    fn counts(&self) -> BTreeMap<String, (u64, u64, u64)> {
        let pumps = std::mem::take(&mut *self.shared.pumps.lock().unwrap());
        wait_until("all connections have ended", || pumps.iter().all(JoinHandle::is_finished));
        self.shared.counts.lock().unwrap().clone()
    }

    /// Ends every connection there is, as a network that fails.
    fn cut(&self) {
        for stream in self.shared.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn connect(self: &Arc<Shared>, client: TcpStream, server: SocketAddr) {
        let server = TcpStream::connect_timeout(&server, PATIENCE).unwrap();
        for stream in [&client, &server] {
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            self.streams.lock().unwrap().push(stream.try_clone().unwrap());
        }
        let shared = Arc::clone(self);
        self.pumps.lock().unwrap().push(spawn("pump", move || shared.pump(client, server)));
    }

    fn pump(self: Arc<Shared>, client: TcpStream, server: TcpStream) {
        // A server may answer a request that it held when the client has gone. That is nobody's any more.
        let has_left = Arc::new(AtomicBool::new(false));
        let (client_again, server_again) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let gone = Arc::clone(&has_left);
        let down = spawn("pump down", move || {
            let (down, _) = pass(&server_again, &client_again, &gone);
            let _ = client_again.shutdown(Shutdown::Write);
            down
        });
        let (up, first) = pass(&client, &server, &AtomicBool::new(false));
        has_left.store(true, Ordering::SeqCst);
        let _ = server.shutdown(Shutdown::Write);
        let down = down.join().unwrap();
        let path = first.split(['?', ' ']).nth(1).unwrap_or_default().to_owned();
        let mut counts = self.counts.lock().unwrap();
        let (all_up, all_down, connections) = counts.entry(path).or_default();
        (*all_up, *all_down, *connections) = (*all_up + up, *all_down + down, *connections + 1);
    }
}

/// Passes on until the end: how many bytes before `gone`, and the first line.
fn pass(mut from: &TcpStream, mut to: &TcpStream, gone: &AtomicBool) -> (u64, String) {
    let (mut count, mut first, mut buffer) = (0, Vec::new(), [0; 4096]);
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        // Before it is passed on: who has it may leave at once.
        if !gone.load(Ordering::SeqCst) {
            count += len as u64;
        }
        if first.len() < 100 {
            first.extend_from_slice(&buffer[..len]);
        }
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    (count, String::from_utf8_lossy(&first).lines().next().unwrap_or_default().to_owned())
}

fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::ShortPoll(_) => "/feed/poll",
        Kind::LongPoll => "/feed/long-poll",
        Kind::Stream => "/feed/stream",
        Kind::WebSocket => "/feed/ws",
    }
}

#[test]
fn the_counter_and_a_relay_agree_byte_for_byte() {
    let mut server = serve(quiet());
    let relay = Relay::start(server.addr);
    let report = measure(&Settings { clients: 2, ..settings(relay.addr) });
    // A request that is held ends with the server at the latest.
    server.stop(Duration::from_secs(5));
    let counts = relay.counts();
    for column in &report.rounds[0].columns {
        holds(column, &report.rounds[0]);
        let (up, down, connections) = counts[path(column.kind)];
        let counted = (column.ledger.written, column.ledger.read, column.connections);
        assert_eq!(counted, (up, down, connections), "{}", column.kind.label());
    }
    assert_eq!(counts["/feed"].2, 1, "the publisher keeps its connection: {counts:?}");
}

#[test]
fn clients_that_lose_their_connections_come_back_and_miss_nothing() {
    let server = serve(quiet());
    let relay = Relay::start(server.addr);
    let mut was_cut = false;
    let report = compare::run(&settings(relay.addr), &mut |progress| {
        if !was_cut && progress.published >= 5 {
            relay.cut();
            was_cut = true;
        }
    });
    let round = &report.expect("a measurement").rounds[0];
    assert!(was_cut);
    for column in &round.columns {
        let label = column.kind.label();
        assert_eq!((column.missed, column.in_order), (0, true), "{label}");
        assert!(column.connections >= 2 && column.ledger.balances(), "{label}: {column:?}");
    }
    assert!(round.columns.iter().any(|column| column.lost > 0), "{round:?}");
}

#[test]
fn a_server_that_goes_away_ends_the_run() {
    let mut server = serve(quiet());
    let settings = Settings { time: Duration::from_secs(3600), ..settings(server.addr) };
    let run = spawn("compare", move || {
        compare::run(&settings, &mut |progress| {
            if progress.published >= 3 {
                server.stop(Duration::ZERO);
            }
        })
    });
    wait_until("the end of the run", || run.is_finished());
    let failure = run.join().unwrap().expect_err("no server, no figures").to_string();
    assert!(failure.contains("no connection to 127.0.0.1") || failure.contains("ended early"), "{failure}");
}

// --- the arithmetic ---

#[test]
fn what_is_on_the_wire_adds_up() {
    let server = serve(quiet());
    let report = measure(&Settings { clients: 3, ..settings(server.addr) });
    let round = &report.rounds[0];
    let (planned, events) = (round.planned, 3 * round.published);
    assert_eq!(planned, 20);
    let json = (round.event_bytes * round.published as f64).round() as u64 * 3;
    let column = |kind: fn(&Kind) -> bool| round.columns.iter().find(|column| kind(&column.kind)).unwrap();
    let (poll, long_poll) = (column(|kind| matches!(kind, Kind::ShortPoll(_))), column(|kind| *kind == Kind::LongPoll));
    let (stream, socket) = (column(|kind| *kind == Kind::Stream), column(|kind| *kind == Kind::WebSocket));
    for column in [poll, long_poll, stream, socket] {
        holds(column, round);
        assert_eq!((column.connections, column.lost, column.clients), (3, 0, 3));
        assert_eq!(column.ledger.up.bodies, 0);
    }
    for column in [poll, long_poll] {
        // `[`, `]`, a line break and the commas: two bytes an answer and one an event.
        assert_eq!(column.ledger.down.bodies, json + events + 2 * column.deliveries);
        assert_eq!((column.ledger.up.frames, column.ledger.down.frames), (0, 0));
        assert!(column.requests - column.empty - column.deliveries <= 3, "{column:?}");
    }
    for column in [stream, socket] {
        assert_eq!((column.requests, column.empty), (3, 0));
    }
    // Each chunk of the stream has at least "id: 1", "data: ", three line breaks, and its own size around the JSON.
    assert!(stream.ledger.down.bodies > json + events * 14);
    // A header of two bytes a frame. At the end a Close with a code, masked, and its unmasked answer.
    let frames = (socket.ledger.up.frames, socket.ledger.down.frames, socket.ledger.down.bodies);
    assert_eq!(frames, (3 * 8, json + events * 2 + 3 * 4, 0));
    assert!(socket.bytes_an_event() < long_poll.bytes_an_event());
}

#[test]
fn events_of_others_count_as_received_and_not_as_missed() {
    let pace = Duration::from_millis(20);
    let server = serve(Config { tick: Some(pace..=pace), ..Config::default() });
    let round = measure(&settings(server.addr)).rounds.remove(0);
    for column in &round.columns {
        holds(column, &round);
        assert!(column.foreign > 0, "{column:?}");
    }
}

/// The server keeps five events. Who asks twice in all gets ten of twenty at most; who is told at once, all.
#[test]
fn events_that_were_no_longer_kept_are_missed_and_said() {
    let server = serve(Config { feed_keep: 5, ..quiet() });
    let poll_intervals = vec![Duration::from_secs(1)];
    let round = measure(&Settings { poll_intervals, ..settings(server.addr) }).rounds.remove(0);
    let (poll, socket) = (&round.columns[0], &round.columns[3]);
    assert!(poll.events <= 10 && poll.missed + poll.events == round.published, "{poll:?}");
    assert_eq!(socket.missed, 0);
    let said = format!("poll 1s missed {} event", poll.missed);
    assert!(poll.missed > 0 && compare::reading::sentences(&round).iter().any(|sentence| sentence.contains(&said)));
}

#[test]
fn a_server_that_ends_idle_connections_costs_one_a_poll() {
    let server = serve(Config { keep_alive_timeout: Duration::from_millis(1), ..quiet() });
    let round = measure(&settings(server.addr)).rounds.remove(0);
    round.columns.iter().for_each(|column| holds(column, &round));
    assert!(round.columns[0].connections > 2, "{:?}", round.columns[0]);
}

// --- the program ---

fn ws101(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws101"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if ["WS101_", "CLICOLOR", "RUST_LOG", "NO_COLOR"].iter().any(|start| name_text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    command.arg("compare").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = ws101(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn json_has_the_settings_and_every_figure() {
    let (code, stdout, stderr) =
        run(&["--json", "--for", "1s", "--rate", "20/s", "--poll-interval", "500ms,100ms", "--payload", "100"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&stdout).expect("one JSON document");
    assert_eq!(report["own_server"], true);
    assert_eq!(report["settings"]["for_ms"], 1000.0);
    assert_eq!(report["settings"]["poll_intervals_ms"], serde_json::json!([500.0, 100.0]));
    let scenario = &report["scenarios"][0];
    assert_eq!((&scenario["rate"], &scenario["planned"]), (&"20/s".into(), &20.into()));
    let published = &scenario["published"];
    let transports = scenario["transports"].as_array().expect("transports");
    let names: Vec<_> = transports.iter().filter_map(|transport| transport["transport"].as_str()).collect();
    assert_eq!(names, ["short-poll", "short-poll", "long-poll", "stream", "websocket"]);
    for transport in transports {
        assert_eq!((&transport["events"], &transport["missed"]), (published, &0.into()), "{transport}");
        assert_eq!(transport["in_order"], true);
        for direction in ["up", "down"] {
            let bytes = |part: &str| transport[direction][part].as_u64().expect("a count");
            assert_eq!(bytes("total"), bytes("heads") + bytes("bodies") + bytes("frames"), "{transport}");
        }
        assert!(transport["delay_ms"]["max"].as_f64() > Some(0.0), "{transport}");
    }
    assert!(transports[1]["requests"].as_u64() > transports[0]["requests"].as_u64());
    assert!(scenario["reading"].as_array().is_some_and(|reading| reading.len() >= 7), "{}", scenario["reading"]);
}

/// The width of Rust's own padding ends at 65,535.
#[test]
fn the_longest_text_is_published_and_read() {
    let (code, stdout, stderr) = run(&["--json", "--for", "300ms", "--rate", "5/s", "--payload", "1MiB"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let report: Value = serde_json::from_str(&stdout).expect("one JSON document");
    for transport in report["scenarios"][0]["transports"].as_array().expect("transports") {
        assert_eq!(transport["missed"], 0, "{transport}");
        assert!(transport["bytes_an_event"].as_f64() > Some(1048576.0), "{transport}");
    }
}

#[test]
fn a_table_bars_and_a_reading_for_each_rate_in_80_columns() {
    let (code, stdout, stderr) =
        run(&["--for", "500ms", "--rate", "10/s", "--rate", "1/m", "--poll-interval", "100ms"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("once a minute is slower than one event in 500ms"), "{stderr}");
    assert!(stdout.is_ascii() && stdout.lines().all(|line| line.len() <= 80), "{stdout}");
    for title in [
        "10 times a second: ",
        " of 64 bytes text in 500ms, a server in this process",
        "once a minute: 1 event of 64 bytes text",
    ] {
        assert!(stdout.contains(title), "{stdout}");
    }
    let rows = |name: &str| stdout.lines().filter(|line| line.starts_with(name)).count();
    for name in ["events received  ", "events missed  ", "HTTP requests  ", "empty answers  ", "TCP connections  "] {
        assert_eq!(rows(name), 2, "{name}\n{stdout}");
    }
    for name in ["bytes up  ", "bytes down  ", "bytes an event  ", "delay p50  ", "delay p95  ", "delay max  "] {
        assert_eq!(rows(name), 2, "{name}\n{stdout}");
    }
    let heads =
        stdout.lines().filter(|line| line.split_whitespace().eq("poll 100ms long poll stream WebSocket".split(' ')));
    assert_eq!(heads.count(), 2, "{stdout}");
    assert!(stdout.contains("  WebSocket   #"), "{stdout}");
    assert!(stdout.contains("Polling is right") && stdout.contains("not in them"), "{stdout}");
}

#[test]
fn colour_and_blocks_are_for_terminals() {
    for (variables, fancy) in
        [(&[("CLICOLOR_FORCE", "1")][..], true), (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false)]
    {
        let output = ws101(&["--for", "200ms", "--rate", "10/s"]).envs(variables.iter().copied()).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!((stdout.contains('\u{1b}'), stdout.contains('█')), (fancy, fancy), "{variables:?}\n{stdout}");
    }
}

/// A server that answers every request with this.
fn stub(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    spawn("stub", move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            // A thread each: some connect long before they ask.
            spawn("stub", move || {
                client.set_read_timeout(Some(PATIENCE)).unwrap();
                let _ = client.read(&mut [0; 4096]);
                let _ = client.write_all(answer.as_bytes());
            });
        }
    });
    addr
}

#[test]
fn what_cannot_be_measured_says_why_and_what_to_do() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (code, stdout, stderr) = run(&[&format!("http://{nobody}")]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&nobody.to_string()) && stderr.contains("ws101 --listen"), "{stderr}");
    for (answer, hint) in [
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nnope\n",
            "There is no feed at http://127",
        ),
        ("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", "--payload"),
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "--clients"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n", "no event"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "hex"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "no HTTP/1.1"),
        ("", "ended the connection"),
    ] {
        let (code, stdout, stderr) = run(&[&format!("http://{}", stub(answer))]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{answer}: {stderr}");
        assert!(stderr.starts_with("ws101: POST /feed: ") && stderr.contains(hint), "{answer}: {stderr}");
    }
}

/// The publisher is served, the clients are not: they all end, those that are connected too.
#[test]
fn a_feed_that_half_the_clients_cannot_follow_is_not_measured() {
    let event = "HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{\"id\":1,\"at\":1,\"text\":\"a\"}";
    let (code, stdout, stderr) = run(&[&format!("http://{}", stub(event))]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    assert!(stderr.contains("event-stream") || stderr.contains("the answer was 200"), "{stderr}");
}

#[test]
fn wrong_use_ends_with_2_and_a_hint() {
    for (arguments, hint) in [
        (&["https://example.org"][..], "TLS"),
        (&["wss://example.org"], "TLS"),
        (&["localhost:8080"], "http://"),
        (&["http://localhost:8080/?a"], "query"),
        (&["--rate", "fast"], "20/s"),
        (&["--rate", "0/s"], "20/s"),
        (&["--rate", "1/s,2000/s"], "1000"),
        (&["--for", "10"], "500ms, 10s"),
        (&["--for", "0"], "more than 0"),
        (&["--poll-interval", "2h"], "1h"),
        (&["--payload", "3"], "32 bytes"),
        (&["--clients", "0"], "1..=1000"),
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains(hint), "{arguments:?}: {stderr}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_at_once() {
    let server = serve(quiet());
    let mut child = ws101(&[&format!("http://{}", server.addr), "--for", "1h"]).spawn().unwrap();
    wait_until("five connections", || server.connections() >= 5);
    let sent = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    wait_until("its end", || child.try_wait().unwrap().is_some());
}
