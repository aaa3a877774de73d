//! Behaviour tests of the workspace; see `tests/`.
