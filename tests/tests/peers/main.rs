//! Powertools for Python and TypeScript beside this logger, on the same calls: keys and values are the
//! same but for what the table in `differences.rs` says.
//!
//! `./check peers` installs them and names them in the environment. Without that these tests fail; they
//! never pass unseen.

#[cfg(test)]
mod cases;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod differences;
#[cfg(test)]
#[path = "../lambda/mod.rs"]
mod lambda;
#[cfg(test)]
mod lines;
