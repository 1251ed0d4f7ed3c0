//! The labs: a seed of an exercise means what its answer says. Their pages are run by `tests/walkthrough.rs`, like chapters.

use crate::pages::page;
use ws101::broken::{NONE, chosen_by, find};

const PAGE: &str = "walkthrough/exercises/which-rule-is-broken.md";
const ANSWERS: &str = "docs/answers/which-rule-is-broken.md";

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
}
