//! `ws101 broken`: an echo server that breaks one rule, until a signal comes. The list is on stdout, everything else on stderr.

use crate::broken::{self, BUGS, Bug};
use crate::cli::Broken;
use crossbeam_channel::{Receiver, bounded};
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// How far a line of the list is set in.
const INDENT: &str = "    ";

/// Runs it. 0: it was told to end, or the list was printed; 1: it could not; 2: wrong use.
pub fn run(options: &Broken) -> ExitCode {
    if options.list {
        return print(&list());
    }
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    match options.bug(seed) {
        Err(words) => {
            let _ = writeln!(anstream::stderr(), "ws101: {words}");
            ExitCode::from(2)
        }
        Ok(bug) if options.reveal => print(&entry(bug)),
        Ok(bug) => serve(options, bug, seed),
    }
}

fn serve(options: &Broken, bug: &Bug, seed: u64) -> ExitCode {
    let served = signals().and_then(|signals| Ok((signals, broken::start(bug, &options.listen)?)));
    let (signals, server) = match served {
        Ok(served) => served,
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "ws101: {}: {error}{}", options.listen, advice(&error));
            return ExitCode::FAILURE;
        }
    };
    let _ = writeln!(anstream::stderr(), "listening on ws://{}/", server.addr);
    if options.name.as_deref() == Some("any") {
        let _ = writeln!(anstream::stderr(), "which rule it breaks: ws101 broken any --seed {seed} --reveal");
    }
    // The sender lives as long as the handler, which is as long as the process.
    let _ = signals.recv();
    drop(server);
    ExitCode::SUCCESS
}

/// Ctrl-C, SIGTERM and SIGHUP.
fn signals() -> io::Result<Receiver<()>> {
    let (sender, receiver) = bounded(1);
    ctrlc::set_handler(move || {
        let _ = sender.try_send(());
    })
    .map_err(io::Error::other)?;
    Ok(receiver)
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "\n  Another program listens there. Choose another port, or one that is free: --listen 127.0.0.1:0"
        }
        ErrorKind::PermissionDenied => "\n  Ports below 1024 are the administrator's. Choose a higher one.",
        ErrorKind::AddrNotAvailable => "\n  This machine has no such address.",
        _ => "",
    }
}

/// A line for each, with tabs between its columns, so that `cut` and `awk` can read it.
fn list() -> String {
    let head = "name\tstage\tsection\trule\twhat is wrong\toptions of check\n".to_owned();
    BUGS.iter().fold(head, |mut list, bug| {
        let Bug { name, stage, section, rule, hint, flags, .. } = bug;
        let _ = writeln!(list, "{name}\t{stage}\t{section}\t{rule}\t{hint}\t{flags}");
        list
    })
}

fn entry(bug: &Bug) -> String {
    let flags = if bug.flags.is_empty() { String::new() } else { format!("\n{INDENT}shows with {}", bug.flags) };
    format!("{}, stage {}, {}\n{INDENT}{}\n{INDENT}{}{flags}\n", bug.name, bug.stage, bug.section, bug.rule, bug.hint)
}

fn print(text: &str) -> ExitCode {
    match anstream::stdout().write_all(text.as_bytes()) {
        // A reader that has gone away, as `head` does, has read what it wanted.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let _ = writeln!(anstream::stderr(), "ws101: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
