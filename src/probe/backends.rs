//! Who answers: how many servers there are, and where a connection stays.

use super::{Bench, Section};

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    bench.section()
}
