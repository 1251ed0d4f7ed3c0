//! The largest message that passes, and whether fragments stay fragments.

use super::{Bench, Section};

/// Runs the section.
pub fn run(bench: &mut Bench<'_>) -> Section {
    bench.section()
}
