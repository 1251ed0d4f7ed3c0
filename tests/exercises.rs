//! The exercises of the course, done: each starter fails where it should, each answer passes, and a class is graded.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod common;

#[path = "common/fences.rs"]
mod fences;

#[path = "common/pages/mod.rs"]
mod pages;

#[path = "exercises/build.rs"]
mod build;

#[path = "exercises/build_python.rs"]
mod build_python;

#[path = "exercises/build_rust.rs"]
mod build_rust;

#[path = "exercises/build_sheets.rs"]
mod build_sheets;

#[path = "exercises/frame.rs"]
mod frame;

#[path = "exercises/grading.rs"]
mod grading;

#[path = "exercises/labs.rs"]
mod labs;
