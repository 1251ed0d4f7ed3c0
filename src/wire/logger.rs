//! The logger: `RUST_LOG` or an option chooses, stderr or a file shows.
//!
//! A line is `LEVEL who mark words`. Nothing else stands on it, so that two logs of the same bytes are the same text.

use super::escape;
use anstyle::{AnsiColor, Style};
use env_logger::fmt::Formatter;
use env_logger::{Builder, Target, WriteStyle};
use log::Record;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Starts the logger: to stderr, coloured when that is a terminal and `NO_COLOR` is not set, or to a file. `default` is
/// what is shown when `RUST_LOG` is not set.
pub fn start(log_file: Option<&Path>, default: &str) -> io::Result<()> {
    let mut builder = chosen(default);
    if let Some(path) = log_file {
        let file = File::options().create(true).append(true).open(path)?;
        builder.target(Target::Pipe(Box::new(file)));
    }
    builder.try_init().map_err(io::Error::other)
}

/// The same to a target that is given whole records, with or without colours. `asked` is what the command line asks for, a
/// level or a filter as `RUST_LOG` has them: an option wins over a variable.
pub fn start_on(target: Box<dyn Write + Send>, colour: bool, asked: Option<&str>, default: &str) -> io::Result<()> {
    let style = if colour { WriteStyle::Always } else { WriteStyle::Never };
    asked
        .map_or_else(|| chosen(default), filtered)
        .target(Target::Pipe(target))
        .write_style(style)
        .try_init()
        .map_err(io::Error::other)
}

/// What `RUST_LOG` chooses, or else `default`.
fn chosen(default: &str) -> Builder {
    let chosen = std::env::var(env_logger::DEFAULT_FILTER_ENV).unwrap_or_default();
    filtered(if chosen.trim().is_empty() { default } else { &chosen })
}

/// tungstenite has trace lines of its own. They say the same as ours in other words, so they are shown only when
/// the filters name tungstenite. Those of rustyline never are: it would have to print them above the line whose every key
/// they tell of, and waits for itself.
fn filtered(filters: &str) -> Builder {
    let mut builder = Builder::new();
    if !filters.contains("tungstenite") {
        builder.filter_module("tungstenite", log::LevelFilter::Off);
    }
    builder.parse_filters(filters).filter_module("rustyline", log::LevelFilter::Off).format(write_line);
    builder
}

fn write_line(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let level = record.level();
    let style = out.default_level_style(level);
    let mut message = record.args().to_string();
    if !record.target().starts_with(env!("CARGO_CRATE_NAME")) {
        // Another crate's line, maybe with a peer's bytes in it as they came.
        message = escape::text(message.as_bytes());
    }
    let mark = mark_style(&message);
    let (first, rest) = message.split_at(message.find('\n').unwrap_or(message.len()));
    writeln!(out, "{style}{level:<5}{style:#} {mark}{first}{mark:#}{rest}")
}

/// `ws-17 < ...`: the mark after the first word gives the line its colour, so that the directions are told apart.
fn mark_style(message: &str) -> Style {
    let colour = match message.split(' ').nth(1) {
        Some("<") => AnsiColor::Green,
        Some(">") => AnsiColor::Blue,
        Some("%") => AnsiColor::Magenta,
        Some("!") => AnsiColor::Red,
        _ => return Style::new(),
    };
    colour.on_default()
}
