//! A hop that reads the head of the first request on each connection, and does what a test says: passes it on to a server
//! of its choice, holds back what the server says, ends it early, or answers in its place.

use super::grant::read_head;
use super::spawn;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// What becomes of a connection.
pub enum Fate {
    /// Bytes pass in both directions.
    To(SocketAddr),
    /// What the server says is collected, and passed on after so long each time.
    Late(SocketAddr, Duration),
    /// Both ways, until that many bytes have come from the client; then FIN.
    Most(SocketAddr, usize),
    /// Both ways, until the server has been silent for so long; then FIN.
    Silent(SocketAddr, Duration),
    /// This, after so long, and FIN.
    Answer(String, Duration),
}

/// Runs to the end of the process. `choose` gets the number of the connection, from 0, and its first head.
pub fn balance(choose: impl Fn(usize, &str) -> Fate + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    spawn("balancer", move || {
        for (number, client) in listener.incoming().enumerate() {
            let choose = choose.clone();
            spawn("balanced", move || serve(client.expect("a connection"), |head| choose(number, head)));
        }
    });
    addr
}

fn serve(mut client: TcpStream, choose: impl FnOnce(&str) -> Fate) {
    client.set_nodelay(true).expect("no delay");
    let head = read_head(&mut client);
    match choose(&head) {
        Fate::To(server) => pass(client, server, &head, usize::MAX, Duration::ZERO, None),
        Fate::Late(server, pause) => pass(client, server, &head, usize::MAX, pause, None),
        Fate::Most(server, most) => pass(client, server, &head, most, Duration::ZERO, None),
        Fate::Silent(server, time) => pass(client, server, &head, usize::MAX, Duration::ZERO, Some(time)),
        Fate::Answer(text, after) => {
            wait(after);
            // The client may have gone.
            let _ = client.write_all(text.as_bytes());
        }
    }
}

fn pass(mut client: TcpStream, to: SocketAddr, head: &str, most: usize, pause: Duration, silence: Option<Duration>) {
    // A server that is gone ends the connection.
    let Ok(mut server) = TcpStream::connect(to) else { return };
    server.write_all(head.as_bytes()).expect("a server that takes a head");
    let (mut from_server, mut to_client) =
        (server.try_clone().expect("a handle"), client.try_clone().expect("a handle"));
    from_server.set_read_timeout(silence).expect("a timeout");
    spawn("down", move || {
        let _ = copy(&mut from_server, &mut to_client, usize::MAX, pause);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let _ = copy(&mut client, &mut server, most, Duration::ZERO);
    let _ = server.shutdown(Shutdown::Both);
}

fn copy(from: &mut TcpStream, to: &mut TcpStream, most: usize, pause: Duration) -> io::Result<()> {
    let (mut buffer, mut copied) = (vec![0; 64 * 1024], 0);
    loop {
        let count = from.read(&mut buffer)?;
        copied += count;
        if count == 0 || copied > most {
            return Ok(());
        }
        wait(pause);
        to.write_all(&buffer[..count])?;
    }
}

/// What a slow hop does.
fn wait(time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        park_timeout(until.saturating_duration_since(Instant::now()));
    }
}
