//! The subcommands: a thin file each, between the command line and the library.

pub mod broken;
pub mod check;
pub mod compare;
pub mod connect;
pub mod decode;
pub mod encode;
pub mod healthcheck;
pub mod probe;
mod program;
pub mod quiz;
pub mod serve;
