//! "Build your own server" in Python: the starter, and the answer of each stage.
