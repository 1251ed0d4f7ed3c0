//! Whether events come when they happen, and whether a request that is held comes to its end.

use super::{Bench, Section};

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    bench.section()
}
