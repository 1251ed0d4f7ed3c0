//! An echo server with fastwebsockets, on hyper: `fastwebsockets [PORT]`, on 127.0.0.1. It says `ready PORT`.

use fastwebsockets::upgrade::{UpgradeFut, is_upgrade_request, upgrade};
use fastwebsockets::{FragmentCollector, OpCode, WebSocketError};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, env, io::Result};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let port = env::args().nth(1).unwrap_or_else(|| "0".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("ready {}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        tokio::spawn(serving.with_upgrades());
    }
}

/// The library looks at the key and the version; whether an upgrade was asked for is left to who calls it.
async fn answer(mut request: Request<Incoming>) -> std::result::Result<Response<Empty<Bytes>>, Infallible> {
    let upgraded = is_upgrade_request(&request).then(|| upgrade(&mut request));
    let Some(Ok((response, connection))) = upgraded else {
        let mut refusal = Response::new(Empty::new());
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(refusal);
    };
    tokio::spawn(echo(connection));
    Ok(response)
}

/// Pings and Close frames are answered while the next message is awaited.
async fn echo(connection: UpgradeFut) -> std::result::Result<(), WebSocketError> {
    let mut connection = FragmentCollector::new(connection.await?);
    loop {
        let message = connection.read_frame().await?;
        match message.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => connection.write_frame(message).await?,
            _ => {}
        }
    }
}
