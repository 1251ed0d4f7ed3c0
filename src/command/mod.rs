//! The subcommands: a thin file each, between the command line and the library.

pub mod compare;
pub mod serve;
