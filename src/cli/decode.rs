//! The options of `decode`, and what they mean to it.

use crate::decode::input::Form;
use crate::decode::{MOST_KEPT, Settings, Show};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use tungstenite::protocol::Role;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 decode 81 05 48 65 6c 6c 6f      the bytes of a frame, as hex
  ws101 decode capture.bin               a file: hex, a dump, or the bytes as they are
  xclip -o | ws101 decode                what was copied
  ws101 decode --example                 the eight frames of RFC 6455 s5.7
  ws101 decode --from server dump.txt    bytes that a server has sent
  ws101 decode --json capture.bin        the same for a program, an object a line

Status 0: nothing is wrong. 1: something broke the protocol. 2: wrong use, or something could not be read.";

/// Options of `decode`.
#[derive(Debug, Clone, Args)]
pub struct Decode {
    /// A file's name, or hex; without it, or with -: what comes on stdin
    #[arg(value_name = "INPUT", conflicts_with = "example")]
    pub words: Vec<OsString>,

    /// What the input is; without it, it is guessed
    #[arg(long = "input", value_name = "FORM", value_enum)]
    pub form: Option<InputForm>,

    /// Who has sent the bytes; without it, a head or the first frame tells. Of a log, only these are told
    #[arg(long, value_name = "WHO", value_enum)]
    pub from: Option<Sender>,

    /// Print a JSON object a line instead of text
    #[arg(long)]
    pub json: bool,

    /// Print one line a frame, without bits and payload; a head before the frames keeps its lines
    #[arg(long)]
    pub headers_only: bool,

    /// Bytes of a payload that are shown; 0: all, up to 1 MiB
    #[arg(long, value_name = "N", default_value = "256", value_parser = clap::value_parser!(u32).range(0..=MOST_KEPT as i64))]
    pub dump_bytes: u32,

    /// Frames that are shown; those after them are judged all the same. 0: all
    #[arg(long, value_name = "N", default_value = "1000")]
    pub max_frames: u64,

    /// Decode the eight examples of RFC 6455 s5.7
    #[arg(long)]
    pub example: bool,

    /// Show values of Authorization, Proxy-Authorization, Cookie and Set-Cookie instead of stars
    #[arg(long)]
    pub show_secrets: bool,
}

/// How bytes are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputForm {
    /// Hex, in any of the forms that people have it in
    Hex,
    /// The bytes themselves
    Raw,
}

/// One of the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sender {
    /// The end that has opened the connection
    Client,
    /// The end that was connected to
    Server,
}

impl Decode {
    /// What is to be told. `ink`: in colour.
    pub fn settings(&self, ink: bool) -> Settings {
        let role = |sender| if sender == Sender::Client { Role::Client } else { Role::Server };
        let show = Show {
            ink,
            headers_only: self.headers_only,
            dump_bytes: self.dump_bytes as usize,
            secrets: self.show_secrets,
        };
        Settings { from: self.from.map(role), show, max_frames: self.max_frames, json: self.json }
    }

    /// What the input was said to be.
    pub fn form(&self) -> Option<Form> {
        self.form.map(|form| if form == InputForm::Hex { Form::Hex } else { Form::Raw })
    }
}
