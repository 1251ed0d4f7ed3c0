//! `ws101 decode`: bytes, told and judged. The telling is on stdout, everything else on stderr.

use crate::cli::{Decode, Sender};
use crate::decode::input::{Error, Form, Input};
use crate::decode::{self, Failure, Outcome};
use crate::wire::escape;
use anstream::ColorChoice;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// A smaller file is decoded before a bar could be read.
const WORTH_A_BAR: u64 = 256 << 20;

/// Wrong use, or nothing to decode.
const UNUSABLE: u8 = 2;

/// Runs it. 0: nothing is wrong; 1: something broke the protocol, or stdout could not be written; 2: there was nothing that
/// could be read.
pub fn run(options: &Decode) -> ExitCode {
    match decoded(options) {
        Ok(Outcome { bytes: 0, .. }) => refuse(&nothing(options)),
        Ok(Outcome { faults: 0, .. }) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        // A reader that has gone away, as `head` does, has read what it wanted; what is wrong up to there is wrong.
        Err(Failure::Output { error, faults: 0 }) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Output { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(Failure::Output { error, .. }) => {
            let _ = writeln!(anstream::stderr(), "ws101: {error}");
            ExitCode::FAILURE
        }
        Err(Failure::Input(error)) => refuse(&unreadable(options, &error)),
    }
}

/// Why there was nothing.
fn nothing(options: &Decode) -> String {
    let sender = options.from.map_or(String::new(), |sender| match sender {
        Sender::Client => ", or has no bytes from the client".to_owned(),
        Sender::Server => ", or has no bytes from the server".to_owned(),
    });
    format!("nothing to decode: the input is empty{sender}")
}

/// Why it can't be read. Words that are no hex were meant for the names of files, perhaps, and first of all a word with a dot
/// or a slash.
fn unreadable(options: &Decode, error: &Error) -> String {
    let is_file = |word: &&OsString| *word != "-" && Path::new(word).exists();
    let shown = |word: &OsString| escape::text(word.as_encoded_bytes());
    match options.words.as_slice() {
        _ if matches!(error, Error::Io(_)) => error.to_string(),
        [word] if word != "-" && !is_file(&word) => {
            let is_name = word.as_encoded_bytes().iter().any(|byte| matches!(byte, b'.' | b'/'));
            match is_name {
                true => format!("{}: no such file; and as hex, {error}", shown(word)),
                false => format!("{error}; there is no file of that name either"),
            }
        }
        words @ [_, _, ..] => match words.iter().find(is_file) {
            Some(word) => format!("{error}; {} is a file, and files are read one at a time", shown(word)),
            None => error.to_string(),
        },
        _ => error.to_string(),
    }
}

fn refuse(words: &str) -> ExitCode {
    let _ = writeln!(anstream::stderr(), "ws101: {words}");
    ExitCode::from(UNUSABLE)
}

fn decoded(options: &Decode) -> Result<Outcome, Failure> {
    // Colour costs a look at every byte, so it is put in only where it is seen.
    let ink = !options.json && anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    let mut out: Box<dyn Write> =
        if ink { Box::new(anstream::stdout()) } else { Box::new(BufWriter::new(io::stdout())) };
    let settings = options.settings(ink);
    if options.example {
        return decode::run_example(&settings, &mut *out);
    }
    let mut source = source(options)?;
    let outcome = decode::run(&mut source.input, &settings, &mut *out);
    source.bar.iter().for_each(ProgressBar::finish_and_clear);
    outcome
}

/// Where the bytes come from.
struct Source {
    input: Input,
    bar: Option<ProgressBar>,
}

fn source(options: &Decode) -> Result<Source, Failure> {
    let form = options.form();
    let without_bar = |input| Source { input, bar: None };
    match options.words.as_slice() {
        [] => Ok(without_bar(stdin(form))),
        [word] if word == "-" => Ok(without_bar(stdin(form))),
        [word] if Path::new(word).exists() => file(Path::new(word), form),
        words if form == Some(Form::Raw) => Err(no_file(words)),
        words => Ok(without_bar(hex(words))),
    }
}

/// The bytes themselves are in a file or come on stdin, so words that name no file are a mistake.
fn no_file(words: &[OsString]) -> Failure {
    let name = escape::text(words.join(std::ffi::OsStr::new(" ")).as_encoded_bytes());
    let words = match words {
        [_] => format!("{name}: no such file (--input raw reads a file or stdin; words are hex)"),
        _ => format!("{name}: --input raw reads one file, or stdin; words are hex"),
    };
    Failure::Input(Error::Io(io::Error::new(io::ErrorKind::NotFound, words)))
}

fn stdin(form: Option<Form>) -> Input {
    if io::stdin().is_terminal() {
        let _ = writeln!(anstream::stderr(), "ws101: paste hex or a dump, then press Ctrl-D on a line of its own");
    }
    Input::new(Box::new(io::stdin()), form)
}

/// Words that name no file are hex.
fn hex(words: &[OsString]) -> Input {
    let text = words.join(std::ffi::OsStr::new(" ")).into_encoded_bytes();
    Input::new(Box::new(Cursor::new(text)), Some(Form::Hex))
}

fn file(path: &Path, form: Option<Form>) -> Result<Source, Failure> {
    let named = |error: io::Error| {
        let words = format!("{}: {error}", escape::text(path.as_os_str().as_encoded_bytes()));
        Failure::Input(Error::Io(io::Error::new(error.kind(), words)))
    };
    let file = File::open(path).map_err(named)?;
    let metadata = file.metadata().map_err(named)?;
    if metadata.is_dir() {
        return Err(named(io::ErrorKind::IsADirectory.into()));
    }
    let length = metadata.len();
    let bar = (length > WORTH_A_BAR && io::stderr().is_terminal() && !io::stdout().is_terminal()).then(|| bar(length));
    // The bar counts what is read of the file, which for hex is more than the bytes it stands for.
    let file: Box<dyn Read> = match &bar {
        Some(bar) => Box::new(bar.wrap_read(file)),
        None => Box::new(file),
    };
    Ok(Source { input: Input::new(file, form), bar })
}

fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("[{bar:30}] {bytes} of {total_bytes}, {eta} left") {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
