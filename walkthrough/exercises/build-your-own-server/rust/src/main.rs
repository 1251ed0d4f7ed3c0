//! A server that accepts connections. What it should say on them is yours to write.
//!
//! ```text
//! cargo run -- 9001
//! cargo build && ws101 check --run 'target/debug/server {port}'
//! ```

use std::env;
use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

fn main() -> ExitCode {
    let port = env::args().nth(1).unwrap_or("9001".to_string());
    if let Err(error) = listen(&port) {
        // Most often another server has this port.
        eprintln!("port {port}: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Accepts clients, without end.
fn listen(port: &str) -> io::Result<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("listening on ws://{}/", listener.local_addr()?);
    for stream in listener.incoming() {
        // A client that has left before it was accepted is no reason to stop.
        let Ok(stream) = stream else { continue };
        if let Err(error) = serve(&stream) {
            println!("{error}");
        }
    }
    Ok(())
}

/// Serves one client, from its first byte to its last.
fn serve(mut stream: &TcpStream) -> io::Result<()> {
    let mut bytes = [0; 4096];
    let count = stream.read(&mut bytes)?;
    println!("read {count} bytes: {}", bytes[..count].escape_ascii());
    // TODO: stage 1. Is that a whole request? Read until it is, and answer it.
    Ok(())
}
