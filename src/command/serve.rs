//! `ws101 serve`: start the server, say what to try, wait for a signal, stop.

use crate::cli::Serve;
use crate::server::{self, Handle};
use anstyle::Style;
use crossbeam_channel::{Receiver, bounded, select};
use log::info;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::thread::Builder;

/// Runs the server until it is told to stop. 0: it stopped as told; 1: it could not run, or a second signal cut it off.
pub fn run(options: &Serve) -> ExitCode {
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
    let _ = write_banner(&mut anstream::stderr(), options, &handle);
    log_policy(options);
    // The sender lives as long as the handler, which is as long as the process.
    let _ = signals.recv();
    stop(handle, options, &signals)
}

/// Drains in a thread, so that a second signal is heard meanwhile.
fn stop(mut handle: Handle, options: &Serve, signals: &Receiver<()>) -> io::Result<ExitCode> {
    let grace = options.grace;
    let (done, stopped) = bounded(1);
    Builder::new().name("drain".to_owned()).spawn(move || {
        handle.stop(grace);
        let _ = done.send(());
    })?;
    Ok(select! {
        recv(stopped) -> _ => ExitCode::SUCCESS,
        recv(signals) -> _ => {
            info!("server ! second signal: ending at once");
            ExitCode::FAILURE
        }
    })
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

/// What to try next, ready to be copied.
fn write_banner(out: &mut impl Write, options: &Serve, handle: &Handle) -> io::Result<()> {
    let bold = Style::new().bold();
    let (version, host) = (env!("CARGO_PKG_VERSION"), reachable(handle.addr));
    writeln!(out, "{bold}ws101 {version} serves http://{host}{bold:#}   (Ctrl-C stops it)")?;
    for addr in &handle.addrs[1..] {
        writeln!(out, "      and http://{}", reachable(*addr))?;
    }
    writeln!(out, "\nTry, from another terminal:\n")?;
    writeln!(out, "  curl -iN --max-time 3 -H 'Connection: Upgrade' -H 'Upgrade: websocket' \\")?;
    writeln!(out, "       -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \\")?;
    writeln!(out, "       http://{host}/ws")?;
    writeln!(out, "  npx wscat -c ws://{host}/ws        or: websocat ws://{host}/ws")?;
    writeln!(out, "  a browser's console, on http://{host}/ :")?;
    writeln!(out, "       ws = new WebSocket('/ws'); ws.onmessage = e => console.log(e.data)")?;
    writeln!(out, "       ws.send('Hello')\n")?;
    if std::env::var_os("RUST_LOG").is_none() && options.log_file.is_none() {
        writeln!(out, "Every byte: stop it and start it again with RUST_LOG=trace.\n")?;
    }
    Ok(())
}

/// An address for a URL: the one that was listened on, or localhost where that means "any" or "this machine".
fn reachable(addr: SocketAddr) -> String {
    let ip = addr.ip();
    let is_local = ip.is_unspecified() || addr.port() == 8080 && ip.is_loopback();
    if is_local { format!("localhost:{}", addr.port()) } else { addr.to_string() }
}

fn log_policy(options: &Serve) {
    if options.origin.is_empty() {
        info!(
            "server = any Origin is let in: every page that a visitor of this machine opens may connect \
             (--origin narrows that; RFC 6455 s10.2)"
        );
    } else {
        info!("server = pages from {} may connect; clients that are no browsers always may", options.origin.join(", "));
    }
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
