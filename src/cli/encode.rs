//! The options of `encode`, and what they mean to it.

use clap::Args;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 encode";

/// Options of `encode`.
#[derive(Debug, Clone, Args)]
pub struct Encode {}
