//! The labs: a seed of an exercise means what its answer says. Their pages are run by `tests/walkthrough.rs`, like chapters.

use crate::pages::page;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use ws101::broken::{NONE, chosen_by, find};

const COSTS: &str = "docs/answers/predict-the-cost.md";
const COMPLAINTS: &str = "walkthrough/exercises/behind-the-proxy.md";
const CURES: &str = "docs/answers/behind-the-proxy.md";
const PAGE: &str = "walkthrough/exercises/which-rule-is-broken.md";
const ANSWERS: &str = "docs/answers/which-rule-is-broken.md";

// --- which server ---

/// What a seed means depends on how many servers the list has: `chosen_by` draws from all of them.
const WAY_OUT: &str = "The list has grown or shrunk, and each seed means another server now. \
    `for n in $(seq 300); do echo $n $(ws101 broken any --seed $n --reveal | head -n 1); done` finds new seeds for the same \
    servers. Put them into both pages, for the old ones.";

/// Of headings as `### 4. Seed 33`.
fn seeds(page: &str) -> Vec<u64> {
    let headings = page.lines().filter(|line| line.starts_with('#')).filter_map(|line| line.split_once(". Seed "));
    headings.map(|(_, seed)| seed.parse().expect("a number")).collect()
}

#[test]
fn each_seed_stands_for_the_server_that_its_answer_names() {
    let answers = page(ANSWERS);
    let sections: Vec<&str> = answers.split("\n## ").filter(|section| section.contains(". Seed ")).collect();
    assert_eq!(sections.len(), seeds(&answers).len());
    for (section, seed) in sections.iter().zip(seeds(&answers)) {
        let reveal = format!("\n$ ws101 broken any --seed {seed} --reveal\n");
        let (_, revealed) = section.split_once(&reveal).unwrap_or_else(|| panic!("{ANSWERS}: no {reveal}"));
        let name = revealed.split(',').next().unwrap_or_default();
        assert!(find(name).is_some_and(|bug| bug.id != NONE.id), "{ANSWERS}: no server is called {name:?}");
        assert_eq!(chosen_by(seed).name, name, "seed {seed}. {WAY_OUT}");
    }
}

#[test]
fn each_server_to_be_found_has_its_answer() {
    let (asked, answered) = (seeds(&page(PAGE)), seeds(&page(ANSWERS)));
    assert_eq!(asked, answered);
    assert!(asked.len() >= 10, "{asked:?}");
    for seed in asked {
        assert!(page(PAGE).contains(&format!("\n`ws101 broken any --seed {seed}`\n")), "{seed}");
    }
    // Enough draws for each of them to come.
    let servers: BTreeSet<&str> = (0..4000).map(|seed| chosen_by(seed).name).collect();
    let some = format!("one of some {} echo servers", servers.len() / 10 * 10);
    assert!(page(PAGE).contains(&some), "{PAGE}: {some}, {} in all", servers.len());
}

// --- which lab of a proxy ---

/// What `deploy/lab any` stands for: its proxy, its name, its fault and its headline, as the lab itself tells it.
fn revealed(seed: usize) -> String {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/lab");
    let said =
        Command::new(lab).args(["any", "--reveal", "--seed", &seed.to_string()]).output().expect("bash is there");
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).expect("text")
}

fn fault(revealed: &str) -> String {
    revealed.lines().next().and_then(|line| line.split_once(": ")).expect("a fault").1.to_owned()
}

/// The seeds of lines as "Start it: `deploy/lab any --seed 4`".
fn complaints() -> Vec<usize> {
    let text = page(COMPLAINTS);
    let seeds =
        text.lines().filter_map(|line| line.strip_prefix("Start it: `deploy/lab any --seed ")?.strip_suffix('`'));
    seeds.map(|seed| seed.parse().expect("a number")).collect()
}

/// Needs no proxy: one that is added to the labs, or taken away, is noticed wherever the tests run.
#[test]
fn each_complaint_is_about_the_lab_that_its_answer_names() {
    let (asked, cures) = (complaints(), page(CURES));
    assert_eq!(asked.len(), page(COMPLAINTS).matches("\n### ").count(), "a complaint without a lab");
    for seed in asked {
        let reveal = format!("\n$ deploy/lab any --seed {seed} --reveal\n");
        let (_, shown) = cures.split_once(&reveal).unwrap_or_else(|| panic!("{CURES}: no {reveal}"));
        let stands_for = revealed(seed);
        assert!(
            shown.starts_with(&stands_for),
            "{CURES}: seed {seed} is now {stands_for}The labs that are wrong have changed. `for n in $(seq 0 20); do echo $n \
             $(deploy/lab any --seed $n --reveal | head -n 1); done` finds new seeds for the same labs. Put them into both \
             pages, for the old ones."
        );
    }
}

/// "Seven labs are wrong, two of them in ways that you have not seen above."
#[test]
fn what_is_left_of_the_labs_is_counted() {
    let word = |count: usize| ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][count];
    let labs: BTreeMap<String, String> = (0..20).map(revealed).map(|lab| (lab.clone(), fault(&lab))).collect();
    let seen: Vec<String> = complaints().into_iter().map(|seed| fault(&revealed(seed))).collect();
    let unseen = labs.values().filter(|fault| !seen.contains(fault)).count();
    let wanted = format!("{} labs are wrong, {} of them in ways", word(labs.len()), word(unseen));
    let text = page(COMPLAINTS).to_lowercase().replace('\n', " ");
    assert!(text.contains(&wanted), "{COMPLAINTS}: {wanted}");
}

// --- what four ways cost ---

/// The numbers of a line, such as `bytes an event       2,409   11,449`, without what they are.
fn numbers(line: &str) -> Vec<f64> {
    let words = line.split([' ', '|']).map(|word| word.replace(',', ""));
    words.filter_map(|word| word.parse().ok()).collect()
}

/// What is computed on the page for one event, for 20 and for 200: the table's rows, which begin with that number.
fn computed(events: &str, what: &str) -> Vec<f64> {
    let text = page(COSTS);
    let row = text.lines().find(|line| line.starts_with(&format!("| {events}: {what} |"))).expect("a row");
    numbers(row.split_once(": ").expect("a title").1)
}

/// What is measured, in the same order: by two short polls, the long poll, the stream and the WebSocket.
fn measured(rate: &str) -> String {
    let mut compare = Command::new(env!("CARGO_BIN_EXE_ws101"));
    compare.args(["compare", "--for", "10s", "--poll-interval", "1s,200ms", "--rate", rate]);
    let said = compare.env("NO_COLOR", "1").output().expect("ws101 starts");
    assert!(said.status.success(), "{said:?}");
    String::from_utf8(said.stdout).expect("text")
}

#[test]
#[ignore = "measures for half a minute"]
fn what_is_computed_of_the_costs_is_what_is_measured() {
    for (events, rate) in [("1 event", "6/m"), ("20 events", "2/s"), ("200 events", "20/s")] {
        let said = measured(rate);
        for (what, line, off) in [("requests", "HTTP requests", 1.0), ("bytes an event", "bytes an event", 0.0)] {
            let is_row = |text: &&str| text.starts_with(line) && !numbers(text).is_empty();
            let found = numbers(said.lines().find(is_row).expect("a row"));
            let wanted = computed(events, what);
            assert_eq!((wanted.len(), found.len()), (5, 5), "{events}, {what}: {said}");
            for (wanted, found) in wanted.iter().zip(&found) {
                let is_near = (wanted - found).abs() <= off + wanted * 0.1;
                assert!(is_near, "{events}, {what}: {wanted} are computed, {found} are measured\n{said}");
            }
        }
    }
}
