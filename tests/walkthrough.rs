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
//! The last runs any page, and says what belongs into the table below. The pages of the exercises and of their answers are
//! run like chapters, where there is something to run; for the rest they have a form of their own.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

#[path = "common/fences.rs"]
mod fences;

#[path = "common/links.rs"]
mod links;

#[path = "common/pages/mod.rs"]
mod pages;

#[path = "common/rfc.rs"]
mod rfc;

#[path = "common/walk/mod.rs"]
mod walk;

use links::{Page, dead_links, files, missing_paths};
use pages::page;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{Write, stderr};
use std::path::Path;
use walk::bless::edited;
use walk::contents::{citation_faults, definition_faults, glossary_faults, summary_faults, table_faults};
use walk::form::{chapter_faults, lab_faults, page_faults};
use walk::listing::checked;
use walk::run::Run;
use walk::script::{Counts, What, script};
use walk::tools;
use walk::unrun::{self, Manifests};

/// A chapter as this file knows it, or a page of an exercise.
struct Chapter {
    /// Below `walkthrough`, or, where it begins with `answers`, below `docs`.
    file: &'static str,
    /// What keeps it out of a plain `cargo test`.
    ignored: &'static str,
    counts: Counts,
}

/// The chapters, each with a test of its own. The numbers are those of commands, of lines typed and shown in windows, of
/// logs, of listings, of what else is done with windows, servers and files, and of the commands that are not run: one
/// that is lost is seen. What is not on every machine stands in `ignore`; the chapters are written for Linux, whose `date`, `/proc` and `ss` they use.
macro_rules! chapters {
    ($($(#[ignore = $ignored:literal])? $name:ident: $file:literal, $counts:expr;)*) => {
        const CHAPTERS: &[Chapter] =
            &[$(Chapter { file: $file, ignored: concat!($($ignored)?), counts: Counts::new($counts) }),*];
        // By this name `.ci/run` finds them.
        mod chapters {
            $(
                #[test]
                #[cfg_attr(not(target_os = "linux"), ignore = "needs Linux")]
                $(#[cfg_attr(target_os = "linux", ignore = $ignored)])?
                fn $name() {
                    super::run(&super::path($file));
                }
            )*
        }
    };
}

chapters! {
    c00: "00-how-to-use-this.md", [2, 0, 0, 1, 0, 0, 0];
    #[ignore = "needs nc, ss, sudo and tcpdump"]
    c01: "01-a-tcp-connection.md", [18, 0, 3, 6, 2, 10, 0];
    #[ignore = "needs nc and ss"]
    c02: "02-an-http-request-by-hand.md", [12, 4, 5, 1, 1, 4, 0];
    c03: "03-short-polling.md", [13, 0, 0, 2, 1, 4, 0];
    #[ignore = "needs ss"]
    c04: "04-long-polling.md", [13, 0, 1, 1, 2, 7, 0];
    #[ignore = "needs nc and xxd"]
    c05: "05-http-streaming.md", [19, 0, 1, 1, 2, 6, 0];
    #[ignore = "needs sudo and tcpdump"]
    c06: "06-what-each-costs.md", [12, 0, 2, 0, 2, 2, 0];
    #[ignore = "needs nc, openssl and xxd"]
    c07: "07-the-upgrade.md", [19, 0, 0, 3, 1, 3, 0];
    #[ignore = "needs nc"]
    c08: "08-frames.md", [23, 0, 0, 3, 2, 4, 0];
    #[ignore = "needs nc"]
    c09: "09-messages.md", [24, 0, 0, 3, 2, 4, 0];
    #[ignore = "needs nc and ss"]
    c10: "10-closing.md", [22, 0, 3, 2, 2, 7, 0];
    #[ignore = "needs nc and xxd"]
    c11: "11-inside-the-server.md", [22, 0, 0, 2, 3, 10, 0];
    #[ignore = "needs haproxy, nc, nginx and ss"]
    c12: "12-proxies.md", [27, 0, 0, 0, 1, 27, 0];
    #[ignore = "needs haproxy, lsof, nc, nginx and ps"]
    c13: "13-load-balancers.md", [34, 0, 5, 2, 1, 28, 0];
    #[ignore = "needs nc, nginx and openssl"]
    c14: "14-security.md", [26, 0, 0, 3, 1, 9, 0];
    #[ignore = "needs envoy and sudo"]
    c15: "15-containers-and-kubernetes.md", [17, 2, 4, 0, 7, 16, 18];
    #[ignore = "needs lsof, nginx, redis-cli and redis-server"]
    c16: "16-many-backends-one-feed.md", [34, 0, 11, 0, 1, 11, 0];
    #[ignore = "needs nc and python3"]
    c17: "17-where-next.md", [8, 0, 0, 1, 1, 6, 0];
    #[ignore = "needs nginx"]
    exercises_behind_the_proxy: "exercises/behind-the-proxy.md", [5, 0, 0, 0, 0, 2, 0];
    exercises_predict_the_cost: "exercises/predict-the-cost.md", [1, 0, 0, 0, 0, 0, 0];
    exercises_which_rule_is_broken: "exercises/which-rule-is-broken.md", [5, 0, 0, 0, 0, 1, 0];
    #[ignore = "needs haproxy and nginx"]
    answers_behind_the_proxy: "answers/behind-the-proxy.md", [26, 0, 0, 0, 0, 8, 0];
    answers_predict_the_cost: "answers/predict-the-cost.md", [6, 0, 0, 0, 0, 0, 0];
    #[ignore = "needs nc and xxd"]
    answers_which_rule_is_broken: "answers/which-rule-is-broken.md", [47, 0, 1, 0, 0, 15, 0];
}

// --- the text ---

#[test]
fn the_table_has_every_chapter_as_it_is() {
    let pages = walkthrough().into_iter().chain(answers());
    let is_run = |text: &str| Counts::of(&script(text).0) != Counts::default();
    let found: String =
        pages.filter(|(file, text)| is_chapter(file) || is_run(text)).map(|(file, text)| row(&file, &text)).collect();
    let known = CHAPTERS.iter().map(|Chapter { file, ignored, counts }| line(file, ignored, counts));
    assert_eq!(known.collect::<String>(), found, "the table should be\n{found}");
}

/// What the table should say of a page.
fn row(file: &str, text: &str) -> String {
    let (acts, _) = script(text);
    line(file, &tools::reason(&tools::used(&acts)).unwrap_or_default(), &Counts::of(&acts))
}

fn line(file: &str, ignored: &str, counts: &Counts) -> String {
    let ignore = if ignored.is_empty() { String::new() } else { format!("    #[ignore = {ignored:?}]\n") };
    let name = match is_chapter(file) {
        true => format!("c{}", file.split('-').next().unwrap_or_default()),
        false => file.trim_end_matches(".md").to_lowercase().replace(['-', '/'], "_"),
    };
    format!("{ignore}    {name}: {file:?}, {counts};\n")
}

#[test]
fn pages_have_the_form_that_readers_know() {
    let pages = walkthrough();
    let chapters: Vec<&str> = pages.keys().map(String::as_str).filter(|file| is_chapter(file)).collect();
    let mut faults = Vec::new();
    for (file, text) in pages.iter().chain(&answers()) {
        let mut found = page_faults(text);
        if let Some(at) = chapters.iter().position(|chapter| chapter == file).filter(|at| *at > 0) {
            found.extend(chapter_faults(text, chapters.get(at + 1).copied()));
        }
        // A page of its own, and not one of a folder, which has an order of its own.
        if let Some(name) = file.strip_prefix("exercises/").filter(|name| !name.contains('/') && *name != "README.md") {
            found.extend(lab_faults(text, name));
        }
        faults.extend(found.iter().map(|fault| format!("{file}: {fault}")));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn what_stands_around_the_chapters_agrees_with_them() {
    let pages = walkthrough();
    let mut faults = summary_faults(&page("walkthrough/SUMMARY.md"), &pages);
    faults.extend(glossary_faults(&page("walkthrough/glossary.md")));
    faults.extend(definition_faults(&page("walkthrough/glossary.md"), &pages));
    faults.extend(table_faults(&page("walkthrough/seen-in-print.md")));
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn cited_sections_exist() {
    let pages = walkthrough().into_iter().chain(answers()).collect();
    let faults = citation_faults(&page("tests/data/rfc-sections.txt"), &pages);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A run holds them too, but that of most chapters is not everywhere.
#[test]
fn listings_are_the_source() {
    let mut count = 0;
    for (path, text) in walkthrough().into_iter().chain(answers()) {
        for act in script(&text).0 {
            let What::Listing { file, item, lines } = act.what else { continue };
            let found = checked(&page(&file), &item, &lines);
            assert!(found == Ok(None), "{path}, line {}: {item} of {file}: {found:#?}", act.at);
            count += 1;
        }
    }
    assert!(count >= 11, "{count} listings");
}

/// The table says how many there are.
#[test]
fn what_is_not_run_names_what_there_is() {
    let known = Manifests::all();
    for (path, text) in walkthrough().into_iter().chain(answers()) {
        for act in script(&text).0 {
            let What::Unrun { commands, .. } = act.what else { continue };
            let faults = unrun::faults(&commands, &known);
            assert!(faults.is_empty(), "{path}, line {}: {faults:#?}", act.at);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    let pages = walkthrough().into_iter().map(|(file, text)| Page { path: format!("walkthrough/{file}"), text });
    let faults: Vec<String> = pages.flat_map(|page| [dead_links(&page), missing_paths(&page)].concat()).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The pages of the walkthrough, but for the summary.
fn walkthrough() -> BTreeMap<String, String> {
    let paths = files("walkthrough", "md").into_iter();
    let pages = paths.map(|path| (path.replace("walkthrough/", ""), page(&path)));
    pages.filter(|(file, _)| file != "SUMMARY.md").collect()
}

/// The pages with the answers to the exercises.
fn answers() -> BTreeMap<String, String> {
    files("docs/answers", "md").into_iter().map(|path| (path.replace("docs/", ""), page(&path))).collect()
}

/// Where a page of the table is.
fn path(file: &str) -> String {
    format!("{}/{file}", if file.starts_with("answers/") { "docs" } else { "walkthrough" })
}

fn is_chapter(file: &str) -> bool {
    file.starts_with(|first: char| first.is_ascii_digit())
}

// --- running it ---

/// A page that has one of each, so that all of this is tried where no chapter does.
#[test]
fn a_page_with_one_of_each() {
    run("tests/data/chapter.md");
}

/// Runs any page, and says what there is in it. Of itself it takes the one with one of each.
#[test]
#[ignore = "is told which by CHAPTER"]
fn any_chapter() {
    let path = env::var("CHAPTER").unwrap_or_else(|_| "tests/data/chapter.md".to_owned());
    tell(&row(path.trim_start_matches("walkthrough/").trim_start_matches("docs/"), &page(&path)));
    run(&path);
}

/// Runs a chapter to its end, or says why not.
fn run(path: &str) {
    let text = page(path);
    let (acts, faults) = script(&text);
    assert!(faults.is_empty(), "{path}\n{}", faults.join("\n"));
    let missing = tools::missing(&tools::used(&acts), rustix::process::geteuid().is_root());
    if !tools::is_ready(path, &missing) {
        return;
    }
    let bless = env::var_os("BLESS").is_some();
    let run = Run::new(&path.replace('/', "-"), &text);
    let mut run = if bless { run.hurried(pages::PATIENCE / 3) } else { run };
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
