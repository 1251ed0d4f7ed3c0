//! Parse the command line, start the logger, run one command, turn its result into an exit code.

use clap::Parser;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use ws101::cli::{Cli, Command};
use ws101::command;
use ws101::wire::logger;

fn main() -> ExitCode {
    // clap answers --help with 0 and wrong use with 2, and ends the process itself.
    let Cli { command, serve } = Cli::parse();
    let command = command.unwrap_or_else(|| Command::Serve(Box::new(serve)));
    if let Err(words) = start_logger(&command) {
        let _ = writeln!(anstream::stderr(), "ws101: {words}");
        return ExitCode::FAILURE;
    }
    match &command {
        Command::Serve(options) => command::serve::run(options),
        Command::Check(options) => command::check::run(options),
        Command::Broken(options) => command::broken::run(options),
        Command::Compare(options) => command::compare::run(options),
        Command::Connect(options) => command::connect::run(options),
        Command::Decode(options) => command::decode::run(options),
        Command::Encode(options) => command::encode::run(options),
        Command::Healthcheck(options) => command::healthcheck::run(options),
        Command::Probe(options) => command::probe::run(options),
        Command::Quiz(options) => command::quiz::run(options),
    }
}

fn start_logger(command: &Command) -> Result<(), String> {
    // A server is there to be listened to. What another command starts on its way should not talk into its figures.
    let (log_file, level) = match command {
        Command::Serve(serve) => (serve.log_file.as_deref(), "info"),
        Command::Check(_)
        | Command::Broken(_)
        | Command::Compare(_)
        | Command::Decode(_)
        | Command::Encode(_)
        | Command::Healthcheck(_)
        | Command::Probe(_)
        | Command::Quiz(_) => (None, "warn"),
        // It has a screen of its own, and starts the logger on that.
        Command::Connect(_) => return Ok(()),
    };
    logger::start(log_file, level).map_err(|error| {
        let file = log_file.unwrap_or(Path::new("stderr"));
        format!("the log cannot be written to {}: {error}", file.display())
    })
}
