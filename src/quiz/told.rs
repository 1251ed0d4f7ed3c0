//! An answer in the words of the other commands: what `ws101 decode`, `ws101 encode` and the server's log say of the bytes.

use crate::decode::input::{Form, Input};
use crate::decode::{self, Settings, Show};
use crate::protocol::upgrade::Decision;
use crate::wire::{hex, lines};
use std::io::Cursor;
use tungstenite::protocol::Role;

/// What is told, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Bytes by `ws101 decode`, which is told who has sent them.
    Frames(Vec<u8>, Role),
    /// Heads by `ws101 decode`.
    Heads(Vec<u8>),
    /// A frame by `ws101 encode` with these arguments, and its bytes.
    Encoded(String, Vec<u8>),
    /// The decision on a request, as the log of a server with these options has it at `debug`.
    Log(String, String),
}

impl Told {
    /// What the log of a server with these options says of a request.
    pub(super) fn log(options: impl Into<String>, decision: &Decision) -> Told {
        Told::Log(options.into(), lines::decision(decision))
    }

    /// A line that says what is told: a command where there is one that can be typed, or words with a colon behind them.
    pub fn title(&self) -> String {
        match self {
            Told::Frames(bytes, from) => format!("ws101 decode --from {} {}", lines::role(*from), hex::pairs(bytes)),
            Told::Heads(_) => "ws101 decode says of these bytes:".to_owned(),
            Told::Encoded(words, _) => format!("ws101 encode {words}"),
            Told::Log(options, _) => format!("The log of RUST_LOG=debug ws101{options} says:"),
        }
    }

    /// What is told, in lines that end with a line break. `ink`: in colour.
    pub fn text(&self, ink: bool) -> String {
        match self {
            Told::Frames(bytes, from) => decoded(hex::pairs(bytes).into_bytes(), Form::Hex, Some(*from), ink),
            Told::Heads(bytes) => decoded(bytes.clone(), Form::Raw, None, ink),
            Told::Encoded(_, bytes) => format!("{}\n", hex::pairs(bytes)),
            Told::Log(_, text) => format!("{text}\n"),
        }
    }
}

/// What `ws101 decode` prints.
fn decoded(input: Vec<u8>, form: Form, from: Option<Role>, ink: bool) -> String {
    let show = Show { ink, ..Settings::default().show };
    let settings = Settings { from, show, ..Settings::default() };
    let mut out = Vec::new();
    let mut input = Input::new(Box::new(Cursor::new(input)), Some(form));
    match decode::run(&mut input, &settings, &mut out) {
        Ok(_) => String::from_utf8_lossy(&out).into_owned(),
        // Bytes at hand can be read, and a Vec can be written.
        Err(_) => String::new(),
    }
}
