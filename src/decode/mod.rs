//! Bytes alone: what they are on a WebSocket, and what is wrong with them.
//!
//! [`input`] makes bytes of what people paste; [`decoder`] makes a [`head`] and frames of bytes, and judges them;
//! [`text`] and [`json`] tell them. [`run`] puts these in a row, and holds of all that comes one part at a time.
//! [`handmade`] goes the other way and makes a frame of words. Nothing here knows a file or a terminal: where the bytes
//! come from and where the words go is said by the caller.

pub mod answer;
pub mod decoder;
pub mod example;
pub mod handmade;
pub mod head;
pub mod input;
pub mod json;
pub mod summary;
mod telling;
pub mod text;

use input::{Event, Form, Input, Label};
use std::io::{self, Write};
use telling::Telling;
use tungstenite::protocol::Role;

/// The most that is kept of one payload, when all of it is asked for: what tells a byte takes up to twenty.
pub const MOST_KEPT: usize = 1 << 20;

/// What is to be told, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who sends, when that is known better than by the bytes.
    pub from: Option<Role>,
    /// How much of each item is shown.
    pub show: Show,
    /// How many frames are shown; 0: all.
    pub max_frames: u64,
    /// JSON lines instead of text.
    pub json: bool,
}

/// How much of an item is shown.
#[derive(Debug, Clone)]
pub struct Show {
    /// Colours.
    pub ink: bool,
    /// A line a frame, without bits and payload.
    pub headers_only: bool,
    /// Bytes of a payload; 0: all, up to [`MOST_KEPT`].
    pub dump_bytes: usize,
    /// Values of secret header fields, instead of stars.
    pub secrets: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        let show = Show { ink: false, headers_only: false, dump_bytes: 256, secrets: false };
        Settings { from: None, show, max_frames: 1000, json: false }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many bytes there were.
    pub bytes: u64,
    /// How often a rule was broken.
    pub faults: u64,
}

/// Why it could not go on.
#[derive(Debug)]
pub enum Failure {
    /// What was given can't be read.
    Input(input::Error),
    /// The words can't be written. So many rules were broken up to there.
    Output {
        /// What went wrong.
        error: io::Error,
        /// Rules broken.
        faults: u64,
    },
}

/// Decodes all of `input` and writes what is to be told to `out`, part by part.
pub fn run(input: &mut Input, settings: &Settings, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut telling = Telling::new(settings, out);
    let mut part = Vec::new();
    let failed = loop {
        part.clear();
        match input.next(&mut part) {
            Ok(Event::Bytes(at)) => telling.take(at, input.label(at).unwrap_or(&Label::default()), &part)?,
            Ok(Event::Ended(at)) => telling.end(at, form(input))?,
            Ok(Event::Waits) => telling.flush()?,
            Ok(Event::End) => break None,
            Err(error) => break Some(error),
        }
    };
    // Of what can be read only in part there is no sum.
    let outcome = telling.finish(form(input), failed.is_none(), input.passed_over())?;
    failed.map_or(Ok(outcome), |error| Err(Failure::Input(error)))
}

fn form(input: &Input) -> &'static str {
    match input.form() {
        Some(Form::Hex) => "hex",
        Some(Form::Raw) | None => "raw",
    }
}

/// Tells the eight frames of s5.7, each under its caption and as its sender's.
pub fn run_example(settings: &Settings, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut telling = Telling::new(settings, out);
    for (at, (name, from, bytes)) in example::all().into_iter().enumerate() {
        let label = Label { name: name.to_owned(), from: Some(from) };
        telling.take(at, &label, &bytes)?;
    }
    telling.finish("example", settings.json, 0)
}

/// `1 byte`, `2 bytes`.
fn count(many: u64, thing: &str) -> String {
    if many == 1 { format!("1 {thing}") } else { format!("{many} {thing}s") }
}
