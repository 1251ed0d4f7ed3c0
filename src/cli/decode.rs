//! The options of `decode`, and what they mean to it.

use clap::Args;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 decode";

/// Options of `decode`.
#[derive(Debug, Clone, Args)]
pub struct Decode {}
