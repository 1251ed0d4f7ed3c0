//! What the servers to compare with share: a listener, and mostly one named thread a connection.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use socket2::{Domain, Socket, Type};

use super::Outcome;

/// As ws101's: a thread's stack is most of what an idle connection could cost.
const STACK: usize = 64 * 1024;

/// std listens with a backlog of 128; 5,000 connects overflow that and wait for a second try.
const BACKLOG: i32 = 4096;

/// A thread for each connection.
pub fn accept_loop(name: &'static str, serve: impl Fn(TcpStream) + Clone + Send + 'static) -> Outcome<()> {
    until_stdin_ends(name, "accept", move |listener| {
        for (number, stream) in (1..).zip(listener.incoming()) {
            if let Err(error) = stream.and_then(|stream| start(name, number, stream, serve.clone())) {
                eprintln!("{name}: {error}");
            }
        }
    })
}

/// Says on stderr where it listens, as ws101 does, and serves in a thread until stdin ends:
/// the benchmark holds the other end, so a server never outlives it.
pub fn until_stdin_ends(
    name: &'static str,
    thread: &str,
    serve: impl FnOnce(TcpListener) + Send + 'static,
) -> Outcome<()> {
    let listener = listen()?;
    eprintln!("{name} http://{}", listener.local_addr()?);
    thread::Builder::new().name(thread.into()).spawn(move || serve(listener))?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn listen() -> Outcome<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn start(
    name: &str,
    number: u64,
    stream: TcpStream,
    serve: impl Fn(TcpStream) + Send + 'static,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let thread = thread::Builder::new().name(format!("{name}-{number}")).stack_size(STACK);
    thread.spawn(move || serve(stream))?;
    Ok(())
}
