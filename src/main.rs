//! Parse the command line, start the logger, run one command, turn its result into an exit code.

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;
use ws101::cli::{Cli, Command};
use ws101::command;
use ws101::wire::logger;

fn main() -> ExitCode {
    // clap answers --help with 0 and wrong use with 2, and ends the process itself.
    let Cli { command, serve } = Cli::parse();
    let serve = match command {
        Some(Command::Serve(options)) => *options,
        None => serve,
    };
    if let Err(error) = logger::start(serve.log_file.as_deref()) {
        let file = serve.log_file.unwrap_or_default();
        let _ = writeln!(anstream::stderr(), "ws101: the log cannot be written to {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    command::serve::run(&serve)
}
