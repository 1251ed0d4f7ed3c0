//! The least a thread-per-connection server can do: read, write all, repeat.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::common::Outcome;
use crate::common::accept::accept_loop;

pub fn serve() -> Outcome<()> {
    accept_loop("bare", |stream| {
        // A peer that resets the connection has ended it too: nothing to report.
        let _ended = echo(stream);
    })
}

fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => stream.write_all(&buffer[..read])?,
        }
    }
}
