//! What it takes to run the commands of a page as a reader would, and to hold what they print against the page.
//!
//! [`steps`] cuts a fence into commands, [`shell`] runs one, mostly on a [`screen`] and always in a [`group`] of
//! processes, [`log`] picks a connection's lines out of a server's log, and [`compare`] says whether what came is what
//! the page shows. What a marker means, and which server a command meets, is the business of those who use it:
//! `console.rs` for the pages of docs, `walkthrough.rs` for the chapters.

#![allow(dead_code, reason = "each test file is a program of its own and uses its own part of this")]

pub mod compare;
pub mod group;
pub mod log;
pub mod screen;
pub mod shell;
pub mod steps;

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Nothing on the pages comes near it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A file of the crate as text, with the line ends of Unix.
pub fn page(path: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}")).replace("\r\n", "\n")
}
