//! The chapters of the walkthrough, run as a reader would run them, and their form.
//!
//! [`script`] reads a chapter into what is to be done, [`run`] does it: with a [`server`] of the chapter's own, behind
//! [`doors`] of the run's, [`window`]s that stay open, and [`listing`]s that are held against the source. What is not run
//! is looked at by [`unrun`]. [`bless`] writes into the chapter what really came.

#![allow(dead_code, reason = "what a chapter does not use, another does")]

pub mod bless;
pub mod contents;
pub mod doors;
pub mod form;
pub mod listing;
pub mod outline;
pub mod run;
pub mod script;
pub mod server;
pub mod tools;
pub mod unrun;
pub mod window;
mod wrong_pages;
mod wrong_runs;
