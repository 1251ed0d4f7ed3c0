//! `ws101 compare`: measure, and tell what was measured. Figures on stdout, everything else on stderr.

use crate::cli::Compare;
use crate::compare::bars::{self, Ink};
use crate::compare::{self, Failure, Progress, Rate, Report, Round, Settings, json, reading, table, words};
use anstream::ColorChoice;
use anstyle::Style;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Write};
use std::process::ExitCode;

/// The longest line of prose.
const WIDTH: usize = 79;

/// Runs it. 0: measured; 1: it could not.
pub fn run(options: &Compare) -> ExitCode {
    let settings = options.settings();
    match measure(&settings) {
        Ok(report) => {
            let text = if options.json { format!("{:#}\n", json::document(&report)) } else { text(&report, ink()) };
            // A reader that has gone away, as `head` does, has read what it wanted.
            match anstream::stdout().write_all(text.as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    let _ = writeln!(anstream::stderr(), "ws101: {error}");
                    ExitCode::FAILURE
                }
                _ => ExitCode::SUCCESS,
            }
        }
        Err(failure) => {
            let _ = writeln!(anstream::stderr(), "ws101: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn measure(settings: &Settings) -> Result<Report, Failure> {
    for rate in settings.rates.iter().filter(|rate| rate.is_too_slow_for(settings.time)) {
        let _ = writeln!(anstream::stderr(), "{}", too_slow(*rate, settings));
    }
    let mut bar: Option<(usize, ProgressBar)> = None;
    let mut observe = |progress: Progress| {
        let (_, bar) = match bar.take() {
            Some(shown) if shown.0 == progress.scenario => bar.insert(shown),
            shown => {
                finish(shown);
                bar.insert((progress.scenario, new_bar(settings)))
            }
        };
        show(bar, settings, &progress);
    };
    let report = compare::run(settings, &mut observe);
    finish(bar);
    report
}

fn too_slow(rate: Rate, settings: &Settings) -> String {
    format!(
        "ws101: {} is slower than one event in {}. One is published all the same; to measure that rate, take a longer --for.",
        rate.words(),
        words::interval(settings.time)
    )
}

/// A bar on stderr, and only when that is a terminal.
fn new_bar(settings: &Settings) -> ProgressBar {
    let length = u64::try_from(settings.time.as_millis()).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{prefix:>8} [{bar:30}] {msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

fn show(bar: &ProgressBar, settings: &Settings, progress: &Progress) {
    let Progress { elapsed, published, received, .. } = *progress;
    let rate = settings.rates.get(progress.scenario).map_or(String::new(), Rate::to_string);
    bar.set_prefix(rate);
    bar.set_position(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    let last = if progress.waiting { ", waiting for the last" } else { "" };
    bar.set_message(format!("{published} published, {received} received{last}"));
}

fn finish(shown: Option<(usize, ProgressBar)>) {
    if let Some((_, bar)) = shown {
        bar.finish_and_clear();
    }
}

/// Blocks and colour where stdout is a terminal that wants them.
fn ink() -> Ink {
    if anstream::AutoStream::choice(&io::stdout()) == ColorChoice::Never { Ink::Plain } else { Ink::Blocks }
}

fn text(report: &Report, ink: Ink) -> String {
    let rounds: Vec<String> = report.rounds.iter().map(|round| round_text(round, report, ink)).collect();
    format!("{}\nBytes are those of the sockets: the headers of TCP and IP are not in them.\n", rounds.join("\n\n"))
}

fn round_text(round: &Round, report: &Report, ink: Ink) -> String {
    let bold = Style::new().bold();
    let mut lines = vec![format!("{bold}{}{bold:#}", title(round, report)), String::new()];
    lines.extend(table::lines(round));
    lines.push(String::new());
    lines.extend(bars::lines(round, ink));
    lines.push(String::new());
    lines.extend(reading::sentences(round).iter().map(|sentence| words::wrapped(sentence, WIDTH)));
    lines.push(String::new());
    lines.join("\n")
}

fn title(round: &Round, report: &Report) -> String {
    let Settings { payload, clients, .. } = report.settings;
    let (events, time) = (words::of(round.published, "event"), words::interval(round.time));
    let many = if clients == 1 { String::new() } else { format!(", {clients} clients each") };
    format!(
        "{}: {events} of {} text in {time}{many}, {}",
        round.rate.words(),
        words::of(payload as u64, "byte"),
        if report.settings.url.is_none() { "a server in this process" } else { report.url.as_str() }
    )
}
