//! What is left of a Close, in both directions, and what the client sees when the server dies.

use super::{Bench, Section};

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    bench.section()
}
