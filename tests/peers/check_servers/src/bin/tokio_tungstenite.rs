//! An echo server with tokio-tungstenite: `tokio_tungstenite [PORT]`, on 127.0.0.1. It says `ready PORT`.

use futures_util::{StreamExt, TryStreamExt, future};
use std::{env, io::Result};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let port = env::args().nth(1).unwrap_or_else(|| "0".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("ready {}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream));
    }
}

/// Pings and Close frames are the library's own matter.
async fn echo(stream: TcpStream) -> tokio_tungstenite::tungstenite::Result<()> {
    let (write, read) = tokio_tungstenite::accept_async(stream).await?.split();
    read.try_filter(|message| future::ready(message.is_text() || message.is_binary())).forward(write).await
}
