//! `ws101 probe`: look, tell, and say by the exit status whether something is to be fixed. The report on stdout, section by
//! section, everything else on stderr.

use crate::cli::Probe;
use crate::client::Error;
use crate::probe::{self, Progress, Report, Settings, Step, json, text};
use crossbeam_channel::{Sender, bounded};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Wrong use, or nothing that could be reached.
const COULD_NOT_RUN: u8 = 2;

/// Runs it. 0: all well; 1: something to fix; 2: could not run.
pub fn run(options: &Probe) -> ExitCode {
    let (stop, stopped) = bounded(1);
    let settings = match options.settings() {
        Ok(settings) => Settings { stop: stopped, ..settings },
        Err(why) => return could_not_run(&format!("error: {why}\n\nFor more information, try '--help'.")),
    };
    let report = match look(&settings, options.json, &stop) {
        Ok(report) => report,
        Err(error) => return could_not_run(&format!("ws101: {}", error.with_stars())),
    };
    let last = if options.json { format!("{:#}\n", json::document(&report)) } else { text::summary(&report, width()) };
    match print(&last) {
        Err(error) => could_not_run(&format!("ws101: {error}")),
        Ok(()) if report.faults().next().is_some() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
    }
}

fn could_not_run(why: &str) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "{why}");
    ExitCode::from(COULD_NOT_RUN)
}

/// A reader that has gone away, as `head` does, has read what it wanted.
fn print(text: &str) -> io::Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

fn look(settings: &Settings, is_json: bool, stop: &Sender<()>) -> Result<Report, Error> {
    let bar = new_bar();
    let mut observe = |step: Step<'_>| match step {
        Step::Progress(progress) => show(&bar, &progress),
        Step::Looked(report) if !is_json => bar.suspend(|| drop(print(&text::title(report)))),
        Step::Done(section, hop) if !is_json => bar.suspend(|| drop(print(&text::section(section, hop, width())))),
        Step::Watching => stop_on_a_signal(stop.clone()),
        Step::Seen(line) => bar.suspend(|| tell(line, is_json)),
        Step::Looked(_) | Step::Done(..) => {}
    };
    let report = probe::run(settings, &mut observe);
    bar.finish_and_clear();
    report
}

/// How wide the report may be: what the user says, or the terminal.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(seen).unwrap_or(text::WIDTH)
}

/// From here on Ctrl-C ends the watch. Before, it ends the process, and it still does where no handler can be had.
fn stop_on_a_signal(stop: Sender<()>) {
    let _ = ctrlc::set_handler(move || {
        // One is enough.
        let _ = stop.try_send(());
    });
}

/// A line of the watch. JSON is one document, so nothing may stand beside it.
fn tell(line: &str, is_json: bool) {
    let line = format!("{line}\n");
    if is_json {
        let _ = anstream::stderr().write_all(line.as_bytes());
    } else {
        let _ = print(&line);
    }
}

/// A bar on stderr, and only when that is a terminal.
fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{prefix:>9} [{bar:30}] {wide_msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}

fn show(bar: &ProgressBar, progress: &Progress) {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let Progress { section, elapsed, of, says } = progress;
    bar.set_prefix(section.word());
    bar.set_length(milliseconds(of.unwrap_or(*elapsed)));
    bar.set_position(milliseconds(*elapsed));
    let time = match of {
        Some(of) => format!("{:.0} of {:.0} s", elapsed.as_secs_f64(), of.as_secs_f64()),
        None => format!("{:.0} s", elapsed.as_secs_f64()),
    };
    bar.set_message(format!("{time}  {says}"));
}
