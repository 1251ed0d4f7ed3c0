//! What it costs to be watched by a page: ws101 against itself, with connections that nobody can watch.
//!
//! Two threads pay. The connection's own copies each frame: that is all where there is a token and nobody looks, and where
//! who looks does not read. The thread of who watches makes JSON of the copies, more than 1 KB of it for a frame of 32
//! bytes, and a client that reads it shares the machine with both.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::client::Client;
use crate::common::Outcome;
use crate::common::benchmark::Part;
use crate::common::client::{connect, connect_narrow, expect};
use crate::common::report;
use crate::common::rounds::{Contender, Sample, alternate};
use crate::common::server::{Server, Speaks};
use crate::exchange::{BINARY, Exchange};
use crate::rounds::{Plan, exchange_on, open};
use crate::rows::{ping_pong, pipelined};

const UNWATCHED: &str = "no token";

/// What fills the sockets of those who never read, before the clock runs, and the time for it with each connection: a
/// socket holds some MB, and the frames of a message of this size are a quarter of one as JSON.
const FILL_SIZE: usize = 64 * 1024;
const FILL: Duration = Duration::from_millis(25);

/// Who looks at the connections of a turn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watchers {
    Impossible,
    Absent,
    /// One for each, who never reads: what is written to it blocks.
    Deaf,
    /// One for each, who reads all that comes.
    Reading,
}

struct Watched {
    server: Server,
    watchers: Watchers,
    /// The number of the last token: each connection needs a new one.
    last_token: u128,
}

impl Contender for Watched {
    fn label(&self) -> &'static str {
        self.server.label
    }
}

pub fn pipelined(plan: &Plan) -> Outcome<Part> {
    run("watch-pipelined", plan, pipelined::CONNECTIONS, &pipelined::exchange(Speaks::WebSocket), plan.turn)
}

/// Twice as long, as in the row ping-pong.
pub fn ping_pong(plan: &Plan) -> Outcome<Part> {
    run("watch-ping-pong", plan, ping_pong::CONNECTIONS, &ping_pong::exchange(Speaks::WebSocket), 2 * plan.turn)
}

fn run(name: &str, plan: &Plan, connections: usize, exchange: &Exchange, turn: Duration) -> Outcome<Part> {
    let kinds = [
        (UNWATCHED, Watchers::Impossible),
        ("nobody watches", Watchers::Absent),
        ("watched, not read", Watchers::Deaf),
        ("watched and read", Watchers::Reading),
    ];
    let start = |(label, watchers)| Ok(Watched { server: Server::ws101_watched(label)?, watchers, last_token: 0 });
    let mut contenders = kinds.into_iter().map(start).collect::<Outcome<Vec<_>>>()?;
    let series =
        alternate(name, &mut contenders, plan.rounds, |contender| contender.turn(connections, exchange, turn))?;
    let figures = [report::rate("messages", &series, &[UNWATCHED]), report::cpu("message", &series, &[UNWATCHED])];
    Ok(Part { table: report::table(&figures), goals: Vec::new() })
}

impl Watched {
    fn turn(&mut self, connections: usize, exchange: &Exchange, turn: Duration) -> Outcome<Sample> {
        if self.watchers == Watchers::Impossible {
            return exchange_on(&self.server, &mut open(&self.server, connections)?, exchange, turn);
        }
        let mut clients = Vec::new();
        let (mut deaf, mut readers) = (Vec::new(), Vec::new());
        for _ in 0..connections {
            self.last_token += 1;
            let token = format!("{:032x}", self.last_token);
            clients.push(Client::upgraded(self.server.address, &format!("/ws?watch={token}"))?);
            match self.watchers {
                Watchers::Impossible | Watchers::Absent => {}
                Watchers::Deaf => deaf.push(watch(connect_narrow(self.server.address)?, &token)?),
                Watchers::Reading => readers.push(read_on(watch(connect(self.server.address)?, &token)?)?),
            }
        }
        if self.watchers == Watchers::Deaf {
            let large = Exchange::new(Speaks::WebSocket, BINARY, FILL_SIZE, 1);
            exchange_on(&self.server, &mut clients, &large, FILL * connections as u32)?;
        }
        let sample = exchange_on(&self.server, &mut clients, exchange, turn)?;
        // The watch of a connection that has ended ends too, once all is told.
        drop(clients);
        for reader in readers {
            reader.join().map_err(|_| "a reader panicked")??;
        }
        Ok(sample)
    }
}

/// Asks to watch, and reads no more than shows that it is granted.
fn watch(mut stream: TcpStream, token: &str) -> Outcome<TcpStream> {
    write!(stream, "GET /watch/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")?;
    let granted = b"HTTP/1.1 200 OK\r\n";
    let mut begin = [0; 17];
    stream.read_exact(&mut begin)?;
    expect("answer", &begin, granted)?;
    Ok(stream)
}

fn read_on(mut stream: TcpStream) -> io::Result<JoinHandle<io::Result<u64>>> {
    thread::Builder::new().name("reader".into()).spawn(move || io::copy(&mut stream, &mut io::sink()))
}
