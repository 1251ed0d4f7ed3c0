//! tungstenite as its own example uses it: straight on the socket, default configuration.

use std::net::TcpStream;

use crate::common::Outcome;
use crate::common::accept::accept_loop;

pub fn serve() -> Outcome<()> {
    accept_loop("tungstenite", |stream| {
        // ConnectionClosed is how it says that all went well; the client checks the rest.
        let _ended = echo(stream);
    })
}

fn echo(stream: TcpStream) -> Outcome<()> {
    let mut socket = tungstenite::accept(stream)?;
    loop {
        let message = socket.read()?;
        if message.is_text() || message.is_binary() {
            socket.send(message)?;
        }
    }
}
