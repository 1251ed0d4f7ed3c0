//! "Build your own server" in Rust: the starter, and the answer of each stage.
