//! `ws101 serve`: start the server, say what to try, wait for a signal, stop.

use crate::cli::Serve;
use crate::server::{self, Handle};
use anstyle::Style;
use crossbeam_channel::{Receiver, Sender, after, bounded, select};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::thread::Builder;
use std::time::Duration;

/// How long after the grace the process ends, whatever happens.
const LATEST: Duration = Duration::from_secs(2);

/// What the banner says with `--proxy-protocol`, where nothing of what it tells to try works as it stands.
const PROXY_PROTOCOL: &str =
    "A connection must begin with a PROXY header (--proxy-protocol): come by way of the proxy that writes it, or give
curl --haproxy-protocol.

";

/// Runs the server until it is told to stop. 0: it stopped as told; 1: it could not run, or a second signal cut it off.
pub fn run(options: &Serve) -> ExitCode {
    if let Err(why) = &options.feed {
        let _ = writeln!(anstream::stderr(), "error: invalid value for '--feed <WHERE>': {why}");
        return ExitCode::from(2);
    }
    match start_and_wait(options) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "ws101: {error}{}", advice(&error));
            ExitCode::FAILURE
        }
    }
}

fn start_and_wait(options: &Serve) -> io::Result<ExitCode> {
    // Before the socket: from the moment it listens, a signal is a wish to stop in order.
    let signals = signals()?;
    let handle = server::start(options.config())?;
    // A terminal that is gone is no reason not to serve.
    let _ = anstream::stderr().write_all(banner(options, &handle).as_bytes());
    let (stop, stopped) = stopper(handle, options.grace)?;
    // The sender lives as long as the handler, which is as long as the process.
    let _ = signals.recv();
    let _ = stop.send(());
    // Nothing is logged from here on: whoever reads the log may have stopped doing so, and this must end all the same.
    Ok(select! {
        recv(stopped) -> _ => ExitCode::SUCCESS,
        recv(signals) -> _ => ExitCode::FAILURE,
        recv(after(options.grace + LATEST)) -> _ => ExitCode::FAILURE,
    })
}

/// A thread that stops the server when it is told to, and says when it has. It is started now: when the time comes, there
/// may be no thread left to start.
fn stopper(mut handle: Handle, grace: Duration) -> io::Result<(Sender<()>, Receiver<()>)> {
    let (stop, told) = bounded(1);
    let (done, stopped) = bounded(1);
    Builder::new().name("drain".to_owned()).spawn(move || {
        if told.recv().is_ok() {
            handle.stop(grace);
            let _ = done.send(());
        }
    })?;
    Ok((stop, stopped))
}

/// Ctrl-C, SIGTERM and SIGHUP. Two are remembered: the second is the one that hurries.
fn signals() -> io::Result<Receiver<()>> {
    let (sender, receiver) = bounded(2);
    ctrlc::set_handler(move || {
        let _ = sender.try_send(());
    })
    .map_err(io::Error::other)?;
    Ok(receiver)
}

/// What to try next, ready to be copied. One text, written at once, so that no line of the log falls into it.
fn banner(options: &Serve, handle: &Handle) -> String {
    let bold = Style::new().bold();
    let (version, host) = (env!("CARGO_PKG_VERSION"), reachable(handle.addr));
    let others: String =
        handle.addrs[1..].iter().map(|addr| format!("      and http://{}\n", reachable(*addr))).collect();
    let is_default_log = std::env::var_os("RUST_LOG").is_none() && options.log_file.is_none();
    let more = if is_default_log { "Every byte: stop it and start it again with RUST_LOG=trace.\n\n" } else { "" };
    let header = if options.proxy_protocol { PROXY_PROTOCOL } else { "" };
    format!(
        "{bold}ws101 {version} serves http://{host}{bold:#}   (Ctrl-C stops it)
{others}
In a browser: http://{host}/ shows the bytes of its own connection. Or try, from another terminal:

  curl -iN --max-time 3 -H 'Connection: Upgrade' -H 'Upgrade: websocket' \\
       -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \\
       http://{host}/ws
  npx wscat -c ws://{host}/ws        or: websocat ws://{host}/ws
  curl -N http://{host}/feed/stream      events as they happen; {host}/ lists all paths

{header}{more}"
    )
}

/// An address for a URL: the one that was listened on, or localhost where that means "any" or "this machine".
fn reachable(addr: SocketAddr) -> String {
    let ip = addr.ip();
    let is_local = ip.is_unspecified() || addr.port() == 8080 && ip.is_loopback();
    if is_local { format!("localhost:{}", addr.port()) } else { addr.to_string() }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "\n  Another program listens there, maybe another ws101. Choose another port, or one that is free: \
             ws101 --listen 127.0.0.1:0"
        }
        io::ErrorKind::PermissionDenied => {
            "\n  Ports below 1024 are the administrator's. Choose a higher one: ws101 --listen 127.0.0.1:8080"
        }
        io::ErrorKind::AddrNotAvailable => {
            "\n  This machine has no such address. All of them: ws101 --listen 0.0.0.0:8080"
        }
        _ => "",
    }
}
