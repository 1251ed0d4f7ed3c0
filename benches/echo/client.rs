//! One client for all servers, as cheap as it can be: it shares the machine
//! with the server, and what it spends the server cannot have.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use crate::common::Outcome;
use crate::common::client::{connect, expect, in_words, upgrade};
use crate::common::server::Speaks;
use crate::exchange::Exchange;

pub struct Client {
    stream: TcpStream,
    speaks: Speaks,
}

impl Client {
    /// Connects, and upgrades if the server speaks WebSocket.
    pub fn open(address: SocketAddr, speaks: Speaks) -> Outcome<Self> {
        match speaks {
            Speaks::Tcp => Ok(Self { stream: connect(address)?, speaks }),
            Speaks::WebSocket => Self::upgraded(address, "/ws"),
        }
    }

    /// Connects, and upgrades at this target.
    pub fn upgraded(address: SocketAddr, target: &str) -> Outcome<Self> {
        let stream = connect(address)?;
        // This client speaks first: nothing follows the head.
        expect("bytes after the head", &upgrade(&stream, target)?, b"")?;
        Ok(Self { stream, speaks: Speaks::WebSocket })
    }

    /// One write, then the echoes, every byte compared. `scratch` holds them;
    /// the caller keeps it, so that a message costs no allocation.
    pub fn exchange(&mut self, exchange: &Exchange, scratch: &mut Vec<u8>) -> Outcome<()> {
        scratch.resize(exchange.reply.len(), 0);
        self.stream.write_all(&exchange.request).map_err(in_words)?;
        self.stream.read_exact(scratch).map_err(in_words)?;
        expect("echo", scratch, &exchange.reply)
    }

    /// The closing handshake, then the end of the stream. TCP alone has only the end.
    pub fn close(mut self) -> Outcome<()> {
        match self.speaks {
            Speaks::Tcp => self.stream.shutdown(Shutdown::Write)?,
            Speaks::WebSocket => self.exchange(&Exchange::closing(), &mut Vec::new())?,
        }
        match self.stream.read(&mut [0; 1]).map_err(in_words)? {
            0 => Ok(()),
            _ => Err("bytes after the end".into()),
        }
    }
}
