//! `ws101 connect`: the other end, for a person, a pipe or a script. What comes on stdout, everything else on stderr.

use crate::cli::Connect;
use crate::connect::dial::{Dialled, dial};
use crate::connect::input::{self, Hurry, Input};
use crate::connect::prompt::{self, Prompt, Spare};
use crate::connect::screen::Screen;
use crate::connect::settings::Settings;
use crate::connect::talk::{self, Lines};
use crate::connect::tell::{Form, Teller, Told};
use crate::wire::logger;
use crossbeam_channel::{Receiver, bounded, select};
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// Lines that wait to be sent. More stay where they come from.
const LINES_WAITING: usize = 16;

/// How long after a second signal, or a second Ctrl-C, the conversation may go on. A prompt needs a second more to give
/// the terminal back.
const LAST_RESORT: Duration = Duration::from_secs(2);

/// Wrong use.
const USAGE: u8 = 2;

/// Runs it. 0: closed cleanly; 1: it was never open, or ended otherwise; 2: wrong use.
pub fn run(options: &Connect) -> ExitCode {
    let screen = Screen::new(options.quiet);
    let settings = match options.settings() {
        Ok(settings) => settings,
        Err(why) => {
            screen.warn(&format!("error: {why}\n\nFor more information, try '--help'."));
            return ExitCode::from(USAGE);
        }
    };
    let asked = (options.verbose > 0).then(|| options.level());
    if let Err(error) = logger::start_on(screen.log_target(), screen.has_colour(), asked, options.level()) {
        screen.warn(&format!("ws101: the log cannot be started: {error}"));
        return ExitCode::FAILURE;
    }
    let form = if options.json { Form::Json } else { Form::Text };
    let teller = Teller::new(screen.clone(), form, settings.reading);
    match connect(settings, &screen, &teller) {
        Ok(code) => code,
        Err(why) => {
            screen.warn(&format!("ws101: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn connect(settings: Settings, screen: &Screen, teller: &Teller) -> Result<ExitCode, String> {
    let dialled = match dial(&settings) {
        Ok(dialled) => dialled,
        Err(error) => {
            let error = if settings.tap.show_secrets { error } else { error.with_stars() };
            // stdout may be gone, and the status says the same.
            let _ = teller.tell(&Told::NotOpened(&error));
            return Ok(ExitCode::FAILURE);
        }
    };
    // Whoever reads that it is open may send a signal, and wants a closing handshake.
    let (to_signals, signals) = bounded(2);
    let (to_hurry, hurry) = Hurry::new();
    input::signals(to_signals, to_hurry.clone()).map_err(|error| format!("signals cannot be caught: {error}"))?;
    let at_terminal = Arc::new(OnceLock::new());
    let (done, ended) = bounded(1);
    let (screen, teller, spare) = (screen.clone(), teller.clone(), Arc::clone(&at_terminal));
    // A thread of its own, from the first line to the last: it may wait for a stdout that nobody reads, and then two
    // signals must end the process all the same.
    let talk = move || {
        let begun = begin(&settings, &dialled, &screen, &teller, signals, to_hurry);
        let _ = done.send(begun.map(|(lines, prompt)| {
            if let Some(prompt) = &prompt {
                // The first, and the only one.
                let _ = spare.set(prompt.spare());
            }
            converse(&settings, dialled, lines, prompt, &teller)
        }));
    };
    Builder::new().name("talk".to_owned()).spawn(talk).map_err(|error| format!("no thread to talk: {error}"))?;
    select! {
        recv(ended) -> code => code.unwrap_or(Ok(ExitCode::FAILURE)),
        recv(hurry) -> _ => ended.recv_timeout(LAST_RESORT).unwrap_or_else(|_| Ok(give_up(at_terminal.get()))),
    }
}

/// Says that it is open, and opens where lines come from.
fn begin(
    settings: &Settings,
    dialled: &Dialled,
    screen: &Screen,
    teller: &Teller,
    signals: Receiver<Input>,
    hurry: Hurry,
) -> Result<(Lines, Option<Prompt>), String> {
    let (tls, protocol) = (dialled.tls.as_deref(), dialled.opened.protocol.as_deref());
    let open = Told::Open { address: dialled.address, tls, protocol };
    teller.tell(&open).or_else(gone).map_err(|error| format!("stdout: {error}"))?;
    lines(settings, screen, signals, hurry)
}

/// The conversation stands still, with the prompt in its hands: it will not give the terminal back.
fn give_up(terminal: Option<&Spare>) -> ExitCode {
    if let Some(terminal) = terminal {
        terminal.restore();
    }
    ExitCode::FAILURE
}

/// From the 101 to the last line.
fn converse(settings: &Settings, dialled: Dialled, lines: Lines, prompt: Option<Prompt>, teller: &Teller) -> ExitCode {
    let opened = Instant::now();
    let ending = talk::run(settings, dialled, lines, teller);
    // Before the last line: the terminal is as it was, and the line stands below the prompt.
    drop(prompt);
    let _ = teller.tell(&Told::Ended(&ending, opened.elapsed()));
    if ending.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A reader of stdout that has gone away, as `head` does, has read what it wanted.
fn gone(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

/// Where lines come from: the command line, a prompt, or a pipe.
fn lines(
    settings: &Settings,
    screen: &Screen,
    signals: Receiver<Input>,
    hurry: Hurry,
) -> Result<(Lines, Option<Prompt>), String> {
    if !settings.execute.is_empty() {
        let input = from_the_command_line(&settings.execute);
        return Ok((Lines { input, signals, at_prompt: false }, None));
    }
    let (to_input, input) = bounded(LINES_WAITING);
    if screen.is_interactive() {
        let prompt = prompt::start(screen, to_input, hurry)?;
        return Ok((Lines { input, signals, at_prompt: true }, Some(prompt)));
    }
    input::from_pipe(settings.max_message, to_input).map_err(|error| format!("no thread to read stdin: {error}"))?;
    Ok((Lines { input, signals, at_prompt: false }, None))
}

fn from_the_command_line(messages: &[String]) -> Receiver<Input> {
    let (to, from) = bounded(messages.len() + 1);
    // There is room for all of them.
    for message in messages {
        let _ = to.send(Input::Line(message.clone().into_bytes()));
    }
    let _ = to.send(Input::End);
    from
}
