//! `ws101 check`: run the cases, tell, and say by the exit status how it went. The report on stdout, progress on stderr.

use super::program::Started;
use crate::check::choose::Choice;
use crate::check::text::{self, Telling};
use crate::check::{self, Report, Settings, Step, Unable, json, junit, list, points};
use crate::cli::Check;
use crate::server::limits;
use crate::wire::escape;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Wrong use, or nothing that could be reached.
const COULD_NOT_RUN: u8 = 2;

/// What a shell says of a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Runs it. 0: passed; 1: failed; 2: could not run, or nothing matched.
pub fn run(options: &Check) -> ExitCode {
    if let Some(done) = without_a_server(options) {
        return done;
    }
    let settings = match options.settings() {
        Ok(settings) => settings,
        Err(why) => return could_not_run(&format!("error: {why}\n\nFor more information, try '--help'.")),
    };
    // Some cases hold many connections.
    limits::raise_open_files();
    let started = match options.plan(&settings).map(|plan| Started::new(&plan)).transpose() {
        Ok(started) => started.unwrap_or_default(),
        Err(None) => return ExitCode::from(INTERRUPTED),
        Err(Some(early)) => return absent(options, &settings, &early.to_string()),
    };
    let call = options.call(&settings);
    let settings = started.known(settings);
    let result = look(options, &settings, &Telling { call: &call, width: width() }, &started);
    if started.is_interrupted() {
        return ExitCode::from(INTERRUPTED);
    }
    if let Some(words) = started.obituary() {
        let _ = writeln!(anstream::stderr(), "ws101: {words}");
    }
    let report = match result {
        Ok(report) => report,
        Err(why) => return absent(options, &settings, &words(why)),
    };
    match publish(options, &report, &Telling { call: &call, width: width() }) {
        Err(why) => could_not_run(&format!("ws101: {why}")),
        Ok(()) if report.is_passed() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
    }
}

/// What is only about the cases.
fn without_a_server(options: &Check) -> Option<ExitCode> {
    if options.points_header {
        print(&points::header());
        return Some(ExitCode::SUCCESS);
    }
    if let Some((wrong, nearest)) = list::unknown(options.only.iter().chain(&options.exclude)) {
        let (wrong, nearest) = (escape::text(wrong.as_bytes()), nearest.join(", "));
        return Some(could_not_run(&format!("ws101: there is no case below {wrong}; the nearest are {nearest}")));
    }
    let stages = options.stages();
    let (profile, only, exclude) = (options.profile, &options.only, &options.exclude);
    let choice = Choice { profile, stages: &stages, only, exclude };
    if choice.cases().is_empty() {
        return Some(could_not_run("ws101: no case is in these stages and below these addresses"));
    }
    match (options.list, options.dry_run) {
        (true, _) => print(&list::addresses(&choice)),
        (_, true) => print(&list::plan(&choice, width())),
        _ => return None,
    }
    Some(ExitCode::SUCCESS)
}

fn words(why: Unable) -> String {
    match why {
        Unable::NothingMatched => "no case was chosen".to_owned(),
        Unable::Connect(error) => error.with_stars().to_string(),
        Unable::Thread(error) => format!("no thread can be had: {error}"),
    }
}

fn could_not_run(why: &str) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "{why}");
    ExitCode::from(COULD_NOT_RUN)
}

/// A reader that has gone away, as `head` does, has read what it wanted.
fn print(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Runs the cases and tells each stage.
fn look(options: &Check, settings: &Settings, telling: &Telling<'_>, started: &Started) -> Result<Report, Unable> {
    let is_text = !options.json && options.points.is_none();
    let bar = new_bar();
    let mut is_titled = false;
    let report = check::run(settings, &mut |step| match step {
        // What the program fails from here on is not its fault.
        _ if started.is_interrupted() => {}
        Step::Case(outcome, done, total) => {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
            bar.set_message(outcome.case.address);
        }
        Step::Stage(stage) if is_text => bar.suspend(|| {
            if !std::mem::replace(&mut is_titled, true) {
                print(&telling.title());
            }
            print(&telling.stage(stage));
        }),
        Step::Stage(_) => {}
    });
    bar.finish_and_clear();
    report
}

/// What is told when all is over.
fn publish(options: &Check, report: &Report, telling: &Telling<'_>) -> Result<(), String> {
    match &options.points {
        _ if options.json => print(&escape::json(&format!("{:#}\n", json::document(report)))),
        Some(name) => print(&points::line(name, report)),
        None => print(&telling.ending(report)),
    }
    let Some(path) = &options.junit else { return Ok(()) };
    let xml = junit::document(report, &Telling { width: text::WIDTH, ..*telling });
    write(path, &xml)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{} can't be written: {error}", path.display()))
}

/// Nothing could be checked. In a list of grades that is a line as well, and a program that waits for a report gets one.
fn absent(options: &Check, settings: &Settings, why: &str) -> ExitCode {
    if let Some(name) = &options.points {
        print(&points::line_of_nothing(name, settings));
    }
    if options.json {
        print(&escape::json(&format!("{:#}\n", json::of_nothing(settings, why))));
    }
    if let Some(path) = &options.junit
        && let Err(error) = write(path, &junit::of_nothing(&options.call(settings).server, why))
    {
        let _ = writeln!(anstream::stderr(), "ws101: {error}");
    }
    could_not_run(&format!("ws101: {why}"))
}

/// How wide the report may be: what the user says, or the terminal.
fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    said.or_else(seen).unwrap_or(text::WIDTH)
}

/// A bar on stderr, and only when that is a terminal.
fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("[{bar:30}] {pos} of {len}  {wide_msg}") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
