//! `ws101 quiz`: questions, or their answers, on stdout; with `--ask`, answers from stdin.

use crate::cli::Quiz;
use crate::quiz::ask::{self, Failure};
use crate::quiz::{json, sheet};
use anstream::ColorChoice;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

/// Seeds that are drawn are below this, so that they can be told to somebody.
const SEEDS: u64 = 1_000_000;

/// Runs it. 0: it was written, or asked to the end; 1: it could not be written; 2: answers can't be read.
pub fn run(options: &Quiz) -> ExitCode {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..SEEDS));
    let done = if options.ask { asked(options, seed) } else { printed(options, seed).map_err(Failure::Output) };
    let (error, status) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        // A reader that has gone away, as `head` does, has read what it wanted.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(Failure::Output(error)) => (error.to_string(), 1),
        Err(Failure::Input(error)) => (format!("stdin: {error}"), 2),
    };
    let _ = writeln!(anstream::stderr(), "ws101: {error}");
    ExitCode::from(status)
}

fn ink() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

fn printed(options: &Quiz, seed: u64) -> io::Result<()> {
    let mut out = BufWriter::new(anstream::stdout());
    if options.json {
        for asked in sheet(options.topic(), options.level, seed, options.count()) {
            out.write_all(json::line(&asked).as_bytes())?;
        }
    } else {
        for part in options.sheet(seed, ink()).parts() {
            out.write_all(part.as_bytes())?;
        }
    }
    out.flush()
}

fn asked(options: &Quiz, seed: u64) -> Result<(), Failure> {
    let stdin = io::stdin();
    let asking = options.asking(seed, !stdin.is_terminal(), ink());
    ask::run(&asking, &mut stdin.lock(), &mut anstream::stdout()).map(|_| ())
}
