//! How long a silent connection lives, who ends it and how, and which Ping keeps it alive.

use super::{Bench, Section};

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    bench.section()
}
