//! Bytes alone: what they are on a WebSocket, and what is wrong with them.
//!
//! [`input`] makes bytes of what people paste; [`decoder`] makes a [`head`] and frames of bytes, and judges them;
//! [`text`] and [`json`] tell them. [`run`] puts these in a row, and holds of all that comes one part at a time.
//! [`handmade`] goes the other way and makes a frame of words. Nothing here knows a file or a terminal: where the bytes
//! come from and where the words go is said by the caller.

pub mod decoder;
pub mod example;
pub mod handmade;
pub mod head;
pub mod input;
pub mod json;
mod telling;
pub mod text;

use input::{Form, Input, Label};
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
    /// The words can't be written.
    Output(io::Error),
}

/// Decodes all of `input` and writes what is to be told to `out`, part by part.
pub fn run(input: &mut Input, settings: &Settings, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut telling = Telling::new(settings, out);
    let mut part = Vec::new();
    let failed = loop {
        part.clear();
        match input.next(&mut part) {
            Ok(Some(stream)) => telling.take(stream, |stream| input.label(stream).cloned(), &part)?,
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let form = match input.form() {
        Some(Form::Hex) => "hex",
        Some(Form::Raw) | None => "raw",
    };
    match failed {
        None => telling.finish(form, true),
        Some(error) => {
            telling.flush()?;
            Err(Failure::Input(error))
        }
    }
}

/// Tells the eight frames of s5.7, each under its caption and as its sender's.
pub fn run_example(settings: &Settings, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut telling = Telling::new(settings, out);
    for (at, (name, from, bytes)) in example::all().into_iter().enumerate() {
        let label = Label { name: name.to_owned(), from: Some(from) };
        telling.take(at, |_| Some(label.clone()), &bytes)?;
    }
    telling.finish("example", settings.json)
}

/// `1 byte`, `2 bytes`.
fn count(many: u64, thing: &str) -> String {
    if many == 1 { format!("1 {thing}") } else { format!("{many} {thing}s") }
}
