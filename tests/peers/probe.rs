//! `ws101 probe` in every lab of deploy/: it names the fault that the configuration states, and no other; where none is
//! stated it finds none. The table of docs/probe.md is what these runs have said.
//!
//! ```text
//! BLESS=1 cargo test --test peers -- --ignored probe::    rewrites the table
//! LAB=nginx/right cargo test --test peers -- --ignored --nocapture probe::    one lab, and the whole report
//! ```

use crate::lab::{Lab, labs};
use crate::run::to_end;
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

/// Labs that run at the same time. They wait most of it.
const AT_ONCE: usize = 3;

/// All sections, with times that are long beside the two to four seconds of the labs.
const SHORT: [&str; 10] = ["--json", "-k", "--idle", "9s", "--long-poll", "6s", "--max", "1MiB", "--connections", "8"];

const PAGE: &str = "docs/probe.md";
const BEGIN: &str = "<!-- table: labs -->\n\n";

/// What a lab's run came to.
struct Seen {
    /// The faults, as `idle-limit`, each with what is said of it.
    faults: Vec<(String, String)>,
    status: Option<i32>,
    all: String,
}

#[test]
#[ignore = "needs nginx, haproxy, envoy, caddy and redis-server"]
fn each_lab_has_the_fault_that_it_states_and_no_other() {
    let wanted = env::var("LAB").ok();
    let labs: Vec<_> =
        labs().into_iter().filter(|lab| wanted.as_ref().is_none_or(|wanted| *wanted == lab.path())).collect();
    assert!(!labs.is_empty(), "no such lab: {wanted:?}");
    let waiting = Mutex::new(labs.iter().collect::<Vec<_>>());
    let seen = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(lab) = waiting.lock().expect("the list").pop() else { return };
                    let found = probed(&Lab::start(&lab.proxy, &lab.name));
                    seen.lock().expect("the results").insert(lab.path(), found);
                }
            });
        }
    });
    let seen = seen.into_inner().expect("the results");
    let mut wrong = Vec::new();
    for lab in &labs {
        let found = &seen[&lab.path()];
        let names: Vec<&str> = found.faults.iter().map(|(name, _)| name.as_str()).collect();
        let stated: Vec<&str> = lab.fault.as_deref().into_iter().collect();
        let status = i32::from(!stated.is_empty());
        if names != stated || found.status != Some(status) || wanted.is_some() {
            wrong.push(format!(
                "{}: {names:?}, stated {stated:?}, status {:?}\n{}",
                lab.path(),
                found.status,
                found.all
            ));
        }
    }
    if wanted.is_some() {
        println!("{}", wrong.join("\n"));
        return;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let rows = labs.iter().map(|lab| row(&lab.proxy, &lab.name, &lab.headline, &seen[&lab.path()]));
    check_table(&rows.collect::<String>());
}

fn probed(lab: &Lab) -> Seen {
    let mut probe = Command::new(env!("CARGO_BIN_EXE_ws101"));
    let said = to_end(probe.arg("probe").args(SHORT).arg(lab.ws("/ws")), b"", 180);
    let report: Value = serde_json::from_slice(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.all()));
    let sections = report["sections"].as_array().expect("sections");
    let found = sections.iter().flat_map(|section| section["faults"].as_array().expect("faults"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let faults = found.map(|found| (text(&found["fault"]), text(&found["says"]))).collect();
    Seen { faults, status: said.status.code(), all: said.all() }
}

fn row(proxy: &str, name: &str, headline: &str, seen: &Seen) -> String {
    let (fault, says) = match seen.faults.first() {
        Some((fault, says)) => (format!("`{fault}`"), says.as_str()),
        None => ("none".to_owned(), ""),
    };
    let file = file_of(proxy, name);
    let cell = |text: &str| text.replace('|', "\\|");
    format!("| [{proxy} {name}](../{file}) | {} | {fault} | {} |\n", cell(headline), cell(says))
}

fn file_of(proxy: &str, name: &str) -> String {
    let ending = match proxy {
        "nginx" => "conf",
        "haproxy" => "cfg",
        "envoy" => "yaml",
        _ => "Caddyfile",
    };
    format!("deploy/{proxy}/{name}.{ending}")
}

/// The table stands on the page as these runs have made it, but for their figures.
fn check_table(rows: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("the table's mark");
    let (table, after) = rest.split_once("\n\n").map_or((rest, ""), |(table, after)| (table, after));
    let wanted = format!("| lab | what it is | fault | what the probe says of it |\n|---|---|---|---|\n{rows}");
    if without_figures(table.trim_end()) == without_figures(wanted.trim_end()) {
        return;
    }
    if env::var_os("BLESS").is_some() {
        let after = if after.is_empty() { String::new() } else { format!("\n{after}") };
        fs::write(&path, format!("{before}{BEGIN}{wanted}{after}")).expect("the page is written");
        return;
    }
    panic!("{PAGE} says\n{table}\nand the runs say\n{wanted}\nBLESS=1 writes it");
}

fn without_figures(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '0'..='9' if out.ends_with('N') => {}
            '0'..='9' => out.push('N'),
            other => out.push(other),
        }
    }
    out.replace("N.N", "N")
}
