//! What the macros accept, and what they say about what they do not: see `tests/compile.rs`.
