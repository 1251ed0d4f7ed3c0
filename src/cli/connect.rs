//! The options of `connect`, and what they mean to it.

use clap::Args;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 connect";

/// Options of `connect`.
#[derive(Debug, Clone, Args)]
pub struct Connect {}
