//! The walkthrough, run as a reader would run it: every command, every window, every piece of log and of source.
//!
//! `common/walk/script.rs` says which comments a chapter has for this. A chapter has a server of its own: `localhost:8080`
//! on the page is its port in the run, and what is printed is turned back. `[..]` in a line stands for any part of it, a
//! line `...` for any number of lines; what differs from run to run is not compared.
//!
//! ```text
//! cargo test --test walkthrough c07                                      one chapter
//! BLESS=1 cargo test --test walkthrough c07                              its fences are rewritten where they are wrong
//! CHAPTER=walkthrough/07-the-upgrade.md cargo test --test walkthrough any_chapter -- --ignored --nocapture
//! ```
//!
//! The last runs any page, and says what belongs into the table below.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

#[path = "common/fences.rs"]
mod fences;

#[path = "common/pages/mod.rs"]
mod pages;

#[path = "common/walk/mod.rs"]
mod walk;

use pages::page;
use std::env;
use std::fs;
use std::io::{Write, stderr};
use std::path::Path;
use walk::bless::edited;
use walk::run::Run;
use walk::script::{Counts, script};
use walk::tools;

/// A page that has one of each, so that all of this is tried where no chapter does.
#[test]
fn a_page_with_one_of_each() {
    run("tests/data/chapter.md");
}

/// Runs any page, and says what there is in it.
#[test]
#[ignore = "is told which by CHAPTER"]
fn any_chapter() {
    let Ok(path) = env::var("CHAPTER") else { return };
    let (acts, _) = script(&page(&path));
    let Counts { commands, typed, shown, logs, listings } = Counts::of(&acts);
    tell(&format!("{path}: counts {commands} {typed} {shown} {logs} {listings}, needs {:?}", tools::used(&acts)));
    run(&path);
}

/// Runs a chapter to its end, or says why not.
fn run(path: &str) {
    let text = page(path);
    let (acts, faults) = script(&text);
    assert!(faults.is_empty(), "{path}\n{}", faults.join("\n"));
    let missing = tools::missing(&tools::used(&acts), rustix::process::geteuid().is_root());
    if !missing.is_empty() {
        assert!(env::var_os("CI").is_none(), "{path}: missing: {}", missing.join(", "));
        return tell(&format!("{path} was not run: missing: {}", missing.join(", ")));
    }
    let bless = env::var_os("BLESS").is_some();
    let mut run = Run::new(&path.replace('/', "-"), bless);
    run.all(&acts);
    if bless && !run.edits.is_empty() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(path), edited(&text, &run.edits)).expect("a page");
        tell(&format!("{path}: rewritten in {} places", run.edits.len()));
    }
    assert!(run.faults.is_empty(), "{path}\n{}", run.faults.join("\n"));
}

/// On the real stderr: what tests print is shown only when they fail.
fn tell(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}
